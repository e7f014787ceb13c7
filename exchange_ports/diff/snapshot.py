"""One of both topologies: who wears each group at which addresses, and what flows mean for a group."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from exchange_ports.diff.change import PROBES, Way
from exchange_ports.findings import Path
from exchange_ports.flows import ExternalEndpoint, FieldOrigins, Flow, Reason
from exchange_ports.pipeline import Plans
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer, addresses_of
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.addresses import EVERYTHING_V4, EVERYTHING_V6, AddressSet
from exchange_ports.traffic.ports import ANY_PORTS, Ports, Protocol
from exchange_ports.traffic.services import ServiceSet

#: The end from which Azure probes, as it is named among flows.
_BALANCERS: Final = "azure-load-balancer"

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
        if PROBES in flow.reasons:
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


def probes(group: Group) -> FlowTraffic:
    """What Azure asks of every filter, beside the flows."""
    from exchange_ports.clouds.azure.evaluator import PROBE

    tag = EndpointKind.SERVICE_TAG
    balancers = ExternalEndpoint(_BALANCERS, PROBE.prefixes(), "Azure's load balancers", kind=tag)
    flow = Flow(balancers, group, ANY_PORTS, (PROBES,))
    return FlowTraffic(flow, PROBE, _services(ANY_PORTS, 4))


def on_azure(server: ExchangeServer | None) -> bool:
    """Whether Azure filters for it."""
    return server is not None and server.platform is Platform.AZURE
