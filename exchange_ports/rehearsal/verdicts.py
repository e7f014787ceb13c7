"""Each connection asked of the plan: of the rules, as `check` does, and of the flows that declare it.

Addresses and services that no rule and no flow tells apart have one answer, which is looked up once.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from exchange_ports.flows import Flow
from exchange_ports.flows.flow_index import WAYS, PeerTraffic, Way
from exchange_ports.planning import Plans
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.rehearsal.connections import Connection
from exchange_ports.rehearsal.folding import bare
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import Address, place_of
from exchange_ports.traffic.services import (
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    PortSet,
    ProtocolSet,
    ServicePoint,
    ServiceSet,
)


class Verdict(StrEnum):
    """What the plan would do with a connection."""

    BLOCKED = "blocked"
    #: Allowed if one end opened it, blocked if the other did, and the log does not say which.
    UNDECIDED = "undecided"
    ALLOWED = "allowed"
    #: It is refused already, whatever the plan does.
    REFUSED = "refused"


class Reading(NamedTuple):
    """One answer: whether a connection passes, who blocks it, and the flows that declare it."""

    passes: bool
    blocked_at: tuple[tuple[str, Way], ...]
    flows: tuple[Flow, ...]


class CheckedConnection(NamedTuple):
    """A connection with its answer. `flows` are of the readings that pass."""

    connection: Connection
    verdict: Verdict
    blocked_at: tuple[tuple[str, Way], ...]
    flows: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class _Service:
    """What a connection is of: one service, or any of several where the log does not say it."""

    services: ServiceSet

    @property
    def key(self) -> tuple[tuple[int, int], ...]:
        return self.services.spans


class PlanChecker:
    """The plan of every network, for connections."""

    def __init__(self, plans: Plans) -> None:
        """Read every plan.

        :raises ValueError: a cloud would refuse a plan.
        """
        self.model = plans.once(NetworkModel)
        self.servers: Mapping[str, ExchangeServer] = {
            str(address): server
            for server in self.model.managed()
            for address in server.declared_addresses
        }
        self._peers: dict[tuple[str, Way], tuple[PeerTraffic, ...]] = {}
        self._cuts = sorted(self._bounds())
        self._known: dict[tuple[object, ...], tuple[bool, tuple[Flow, ...]]] = {}

    def _bounds(self) -> Iterator[int]:
        """Where addresses begin to have another answer."""
        seen: set[int] = set()
        for server in self.model.managed():
            for way in WAYS:
                for own in server.addresses:
                    for first, last, _ in self.model.usable(server, way, own).steps:
                        seen |= {first, last + 1}
                for peer in self._peers_of(server, way):
                    for first, last in peer.addresses.spans:
                        seen |= {first, last + 1}
        yield from seen

    def _peers_of(self, server: ExchangeServer, way: Way) -> tuple[PeerTraffic, ...]:
        key = (server.name, way)
        if key not in self._peers:
            flows = self.model.flows
            self._peers[key] = tuple(
                each for flow in self.model.flows_of(server, way) for each in flows.peers(flow, way)
            )
        return self._peers[key]

    def check(self, connection: Connection) -> CheckedConnection:
        """What the plan would do with a connection, in each reading that the log allows."""
        first = self._reading(connection)
        readings = [first]
        if not connection.decided:
            readings.append(self._reading(connection.turned()))
        passing = [each for each in readings if each.passes]
        flows = tuple(dict.fromkeys(flow for each in passing for flow in each.flows))
        if connection.refused:
            verdict = Verdict.REFUSED
        elif len(passing) == len(readings):
            verdict = Verdict.ALLOWED
        else:
            verdict = Verdict.UNDECIDED if passing else Verdict.BLOCKED
        blocked_at = next((each.blocked_at for each in readings if not each.passes), ())
        return CheckedConnection(connection, verdict, blocked_at, flows)

    def _reading(self, connection: Connection) -> Reading:
        client, server = self.servers.get(connection.client), self.servers.get(connection.server)
        if client is server:
            return Reading(True, (), ())
        service = _service(connection.protocol, bare(connection.port))
        blocked: list[tuple[str, Way]] = []
        flows: tuple[Flow, ...] = ()
        ends = (
            (client, connection.client, connection.server),
            (server, connection.server, connection.client),
        )
        for way, (mine, own, peer) in zip(WAYS, ends, strict=True):
            if mine is None:
                continue
            passes, declared = self._end(mine, way, own, peer, service)
            flows = flows or declared
            if not passes:
                blocked.append((mine.name, way))
        return Reading(not blocked, tuple(blocked), flows)

    def _end(
        self, server: ExchangeServer, way: Way, own: str, peer: str, service: _Service
    ) -> tuple[bool, tuple[Flow, ...]]:
        address = address_of(peer)
        place = place_of(address)
        key = (own, way, bisect_right(self._cuts, place), service.key)
        known = self._known.get(key)
        if known is None:
            usable = self.model.usable(server, way, address_of(own))
            passes = bool(usable.at(address) & service.services)
            flows = tuple(
                each.flow
                for each in self._peers_of(server, way)
                if address in each.addresses and each.services & service.services
            )
            known = self._known[key] = (passes, flows if passes else ())
        return known


@lru_cache(maxsize=1 << 16)
def address_of(text: str) -> Address:
    """The address that a text is."""
    return ip_address(text)


@lru_cache(maxsize=1 << 16)
def _service(protocol: int, port: int | None) -> _Service:
    """What a protocol with a port is. ICMP is any message: logs do not say the type."""
    if protocol in (TCP, UDP):
        if port is None:
            return _Service(ServiceSet.of_protocols(ProtocolSet.of([protocol])))
        return _Service(ServiceSet.on(protocol, PortSet.of([port])))
    if protocol in (ICMP, ICMPV6):
        return _Service(ServiceSet.of_protocols(ProtocolSet.of([protocol])))
    place = ServiceSet.place(ServicePoint(protocol))
    return _Service(ServiceSet(((place, place),)))
