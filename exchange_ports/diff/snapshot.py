"""One of both topologies: who wears each group at which addresses, and what flows mean for a group."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from exchange_ports.clouds import asked_by_platform, cloud
from exchange_ports.clouds.base import PlatformTraffic, Way
from exchange_ports.findings import Path
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.declared_at import FieldOrigins
from exchange_ports.pipeline import Plans
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer, addresses_of
from exchange_ports.traffic.addresses import EVERYTHING_V4, EVERYTHING_V6, AddressSet
from exchange_ports.traffic.ports import ANY_PORTS, Ports, Protocol
from exchange_ports.traffic.services import ServiceSet

_FAMILIES: Final[tuple[tuple[Literal[4, 6], AddressSet], ...]] = (
    (4, AddressSet.of([EVERYTHING_V4])),
    (6, AddressSet.of([EVERYTHING_V6])),
)


@dataclass(frozen=True, slots=True)
class FlowTraffic:
    """What a flow asks of the filter at one of its ends: these services with these addresses."""

    flow: Flow
    addresses: AddressSet
    services: ServiceSet


class Snapshot:
    """A topology as it is compared."""

    def __init__(self, plans: Plans, servers: Iterable[ExchangeServer]) -> None:
        """Know who wears what, and where."""
        self.plans = plans
        self.servers = tuple(servers)
        worn: dict[Group, list[ExchangeServer]] = defaultdict(list)
        for server in self.servers:
            for group in server.groups:
                worn[group].append(server)
        self.worn: Mapping[Group, tuple[ExchangeServer, ...]] = {
            g: tuple(s) for g, s in worn.items()
        }
        self.groups = {group: addresses_of(several) for group, several in self.worn.items()}
        self._flows: dict[tuple[Group, Way], list[Flow]] = defaultdict(list)
        for flow in plans.flows:
            if isinstance(flow.source, Group):
                self._flows[flow.source, "out"].append(flow)
            if isinstance(flow.destination, Group):
                self._flows[flow.destination, "in"].append(flow)
        self._asks: dict[tuple[Group, Way], tuple[FlowTraffic, ...]] = {}
        self._ends: dict[int, tuple[ExternalEndpoint, AddressSet]] = {}
        self._askers: FieldOrigins | None = None

    def asks(self, group: Group, way: Way) -> tuple[FlowTraffic, ...]:
        """What flows ask of the filter of whoever wears a group."""
        known = self._asks.get((group, way))
        if known is None:
            flows = self._flows.get((group, way), ())
            known = tuple(asks for flow in flows for asks in self._of(flow, way))
            self._asks[group, way] = known
        return known

    def end(self, end: Group | ExternalEndpoint) -> AddressSet:
        """The addresses of one end of a flow."""
        if isinstance(end, Group):
            return self.groups.get(end, AddressSet())
        # By identity: to hash an end with many ranges takes longer than to read them.
        known = self._ends.get(id(end))
        if known is None:
            known = self._ends[id(end)] = (end, AddressSet.of(end.ranges))
        return known[1]

    def asked(self, flow: Flow, reasons: Iterable[Reason]) -> Iterator[Path]:
        """The fields that ask for a flow."""
        if any(map(asked_by_platform, flow.reasons)):
            return
        if self._askers is None:
            self._askers = FieldOrigins(self.plans.inventory)
        for reason in reasons:
            yield from self._askers.of(flow, reason)

    def _of(self, flow: Flow, way: Way) -> Iterator[FlowTraffic]:
        end = self.end(flow.destination if way == "out" else flow.source)
        if flow.ports.protocol is not Protocol.ICMP:
            yield FlowTraffic(flow, end, _services(flow.ports, 4))
            return
        # ICMP is another protocol in each family.
        for version, family in _FAMILIES:
            if end & family:
                yield FlowTraffic(flow, end & family, _services(flow.ports, version))


def _services(ports: Ports, version: Literal[4, 6]) -> ServiceSet:
    return ServiceSet.of(ports, version)


def of_platform(group: Group, needed: PlatformTraffic) -> FlowTraffic:
    """What a platform needs every filter to allow, beside the flows."""
    flow = Flow(needed.source, group, ANY_PORTS, (needed.reason,))
    return FlowTraffic(flow, needed.addresses, _services(ANY_PORTS, 4))


def platform_needs(server: ExchangeServer | None) -> tuple[PlatformTraffic, ...]:
    """What the platform of a server's network needs its filter to allow."""
    if server is None or not server.managed:
        return ()
    return cloud(server.platform).platform_traffic
