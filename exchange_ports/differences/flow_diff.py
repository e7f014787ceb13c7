"""Which part of a declared flow another topology allows as well, filter by filter.

The traffic diff tells what changes at each filter. A picture draws the flows of both topologies, and
asks here which part of each is traffic that the other topology allows too, whatever flow declares it there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.differences.standing import Standing
from exchange_ports.differences.topology_diff import pairs
from exchange_ports.differences.traffic_diff import Snapshot
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows.flow_index import Way, carried
from exchange_ports.planning import Plans
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.ports import PortRange, Ports, Protocol
from exchange_ports.traffic.services import TCP, UDP, PortSet, ServiceSet
from exchange_ports.traffic.traffic import Traffic

#: One end of a flow: a server by its identity, or an end outside.
FlowEnd: TypeAlias = "str | ExternalEndpoint"


class FlowPart(NamedTuple):
    """A part of a flow, and whether the other topology allows it as well."""

    ports: Ports
    shared: bool
    #: The addresses of the external end that the part is about; None: all of them, or servers.
    addresses: AddressSet | None = None


class _Filters:
    """What the filters of the servers of one topology must allow."""

    def __init__(self, plans: Plans, servers: Iterable[ExchangeServer]) -> None:
        self._snapshot = Snapshot(Standing.of(plans), servers)
        self.servers = {server.identity: server for server in self._snapshot.servers}
        self._allowed: dict[tuple[tuple[Group, ...], Way], Traffic] = {}

    def allowed(self, server: ExchangeServer, way: Way) -> Traffic:
        """The traffic of one server in one direction, by the address of the other end."""
        key = (server.groups, way)
        if key not in self._allowed:
            flows = self._snapshot.flows
            self._allowed[key] = flows.traffic(flows.flows_of(server.groups, way), way)
        return self._allowed[key]

    def addresses(self, end: ExternalEndpoint) -> AddressSet:
        return self._snapshot.flows.end(end)

    def alike(self) -> dict[str, object]:
        every = AddressSet.at(a for s in self.servers.values() for a in s.addresses)
        # Most ends outside contain no server, or all of them.
        outside = dict.fromkeys(map(self.addresses, self._snapshot.flows.outside))
        some = [end for end in outside if end & every not in (AddressSet(), every)]
        return {
            identity: (
                server.groups,
                tuple(tuple(own in end for end in some) for own in server.addresses),
            )
            for identity, server in self.servers.items()
        }


class FlowDiff:
    """The flows of two topologies, each held against what the other one allows."""

    def __init__(self, old: Plans, new: Plans) -> None:
        """Match the servers of both."""
        found = pairs(old, new)
        self._old = _Filters(old, (pair.before for pair in found if pair.before is not None))
        self._new = _Filters(new, (pair.after for pair in found if pair.after is not None))

    @cached_property
    def alike(self) -> tuple[Mapping[str, object], Mapping[str, object]]:
        """For each server a value, before and after: servers with equal values have equal flows.

        These are in the same groups, and the same ends outside contain their addresses.
        """
        return self._old.alike(), self._new.alike()

    @cached_property
    def readdressed(self) -> tuple[str, ...]:
        """The servers with another declared address than before, by name."""
        both = self._old.servers.keys() & self._new.servers.keys()
        return tuple(
            sorted(
                self._new.servers[server].name
                for server in both
                if self._old.servers[server].declared_addresses
                != self._new.servers[server].declared_addresses
            )
        )

    def addresses(self, end: FlowEnd) -> AddressSet:
        """The addresses of an end: those of a server as it is now."""
        if isinstance(end, ExternalEndpoint):
            return self._new.addresses(end)
        server = self._new.servers.get(end)
        return AddressSet() if server is None else AddressSet.at(server.addresses)

    def parts(
        self, source: FlowEnd, destination: FlowEnd, ports: Ports, *, of_old: bool
    ) -> Iterator[FlowPart]:
        """A flow of one topology in parts: those that the other one allows, and those that it does not."""
        mine, other = (self._old, self._new) if of_old else (self._new, self._old)
        if isinstance(source, ExternalEndpoint):
            if isinstance(destination, ExternalEndpoint):
                raise TypeError("one end of a flow is a server")
            yield from self._outside(mine, other, destination, source, ports, "in")
        elif isinstance(destination, ExternalEndpoint):
            yield from self._outside(mine, other, source, destination, ports, "out")
        else:
            yield from self._servers(other, source, destination, ports)

    def _servers(
        self, other: _Filters, source: str, destination: str, ports: Ports
    ) -> Iterator[FlowPart]:
        here, there = other.servers.get(source), other.servers.get(destination)
        if here is None or there is None:
            yield FlowPart(ports, shared=False)
            return
        leaving, entering = other.allowed(here, "out"), other.allowed(there, "in")
        shared = [
            _shared(ports, address, filter_.at(address))
            for filter_, peer in ((leaving, there), (entering, here))
            for address in peer.addresses
        ]
        yield from (FlowPart(*part) for part in _split(ports, shared))

    def _outside(
        self,
        mine: _Filters,
        other: _Filters,
        server: str,
        end: ExternalEndpoint,
        ports: Ports,
        way: Way,
    ) -> Iterator[FlowPart]:
        known = other.servers.get(server)
        if known is None:
            yield FlowPart(ports, shared=False)
            return
        whole = mine.addresses(end)
        parts: dict[tuple[Ports, bool], AddressSet] = defaultdict(AddressSet)
        for addresses, _ in carried(whole, ports):
            left = addresses
            for there, services in other.allowed(known, way).within(addresses).groups():
                left -= there
                for part in _split(ports, [_shared(ports, there.example(), services)]):
                    parts[part] |= there
            if left:
                parts[ports, False] |= left
        for (each, shared), addresses in parts.items():
            yield FlowPart(each, shared, None if addresses == whole else addresses)


_NUMBERS: Final = {Protocol.TCP: TCP, Protocol.UDP: UDP}


def _shared(ports: Ports, address: Address, allowed: ServiceSet) -> PortSet:
    """The ports that are allowed too; of a protocol without ports all, or none."""
    if ports.protocol in _NUMBERS:
        return allowed.ports(_NUMBERS[ports.protocol])
    version = 4 if address.version == 4 else 6  # noqa: PLR2004
    whole = ServiceSet.of(ports, version) <= allowed
    return PortSet.everything() if whole else PortSet()


def _split(ports: Ports, allowed: Sequence[PortSet]) -> Iterator[tuple[Ports, bool]]:
    """One range of ports in what every one of these sets has, and the rest."""
    if not ports.protocol.has_ports:
        yield ports, all(allowed)
        return
    whole = PortSet.of((range_.first, range_.last) for range_ in ports.ranges)
    both = whole
    for each in allowed:
        both &= each
    for part, shared in ((both, True), (whole - both, False)):
        for first, last in part.spans:
            yield Ports(ports.protocol, (PortRange(first, last),)), shared
