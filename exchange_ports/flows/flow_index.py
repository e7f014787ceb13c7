"""Flows by the group that they are of: what each server's filter must allow, with whom and for which reasons.

The flow side of every comparison. The proof holds what the clouds' rules allow against it, and the
diff compares two of them. Must not know: rules.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, Literal, NamedTuple, TypeAlias

from exchange_ports.flows.flow import ExternalEndpoint, Flow
from exchange_ports.topology.groups import Group
from exchange_ports.traffic.addresses import EVERYTHING_V4, EVERYTHING_V6, AddressSet
from exchange_ports.traffic.ports import Ports, Protocol
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic

#: Seen from the server whose filter it is.
Way: TypeAlias = Literal["in", "out"]
WAYS: Final[tuple[Way, Way]] = ("out", "in")
OPPOSITE: Final[Mapping[Way, Way]] = {"out": "in", "in": "out"}

_FAMILIES: Final[tuple[tuple[Literal[4, 6], AddressSet], ...]] = (
    (4, AddressSet.of([EVERYTHING_V4])),
    (6, AddressSet.of([EVERYTHING_V6])),
)


def carried(addresses: AddressSet, ports: Ports) -> Iterator[tuple[AddressSet, ServiceSet]]:
    """What ports mean at these addresses: ICMP is another protocol in each family."""
    if ports.protocol is not Protocol.ICMP:
        yield addresses, ServiceSet.of(ports, 4)
        return
    for version, family in _FAMILIES:
        if addresses & family:
            yield addresses & family, ServiceSet.of(ports, version)


def services_of(several: Iterable[Ports], addresses: AddressSet | None = None) -> ServiceSet:
    """All that several ports mean at these addresses; left out, at any."""
    found = ServiceSet()
    for ports in several:
        for _, services in carried(addresses or AddressSet.everything(), ports):
            found |= services
    return found


class PeerTraffic(NamedTuple):
    """What a flow needs the filter at one of its ends to allow: these services with these addresses."""

    addresses: AddressSet
    services: ServiceSet
    flow: Flow


class FlowIndex:
    """The flows of one topology, with every end as addresses."""

    def __init__(self, flows: Iterable[Flow], members: Mapping[Group, AddressSet]) -> None:
        """Sort the flows by group. `members` are the addresses of the members of each group."""
        self.members = members
        self.flows = tuple(flows)
        self._by_group: dict[tuple[Group, Way], list[Flow]] = defaultdict(list)
        for flow in self.flows:
            if isinstance(flow.source, Group):
                self._by_group[flow.source, "out"].append(flow)
            if isinstance(flow.destination, Group):
                self._by_group[flow.destination, "in"].append(flow)
        self._of_group: dict[tuple[Group, Way], tuple[PeerTraffic, ...]] = {}
        self._ends: dict[int, tuple[ExternalEndpoint, AddressSet]] = {}
        self._services: dict[Ports, ServiceSet] = {}

    @cached_property
    def outside(self) -> tuple[ExternalEndpoint, ...]:
        """Every end that is no group, each once, in order."""
        ends = {end for flow in self.flows for end in (flow.source, flow.destination)}
        return tuple(sorted(end for end in ends if isinstance(end, ExternalEndpoint)))

    def end(self, end: Group | ExternalEndpoint) -> AddressSet:
        """The addresses of one end: those of a group are its members', in whatever network."""
        if isinstance(end, Group):
            return self.members.get(end, AddressSet())
        # By identity: to hash an end with many ranges takes longer than to read them.
        known = self._ends.get(id(end))
        if known is None:
            known = self._ends[id(end)] = (end, AddressSet.of(end.ranges))
        return known[1]

    def flows_of(self, groups: Iterable[Group], way: Way) -> Iterator[Flow]:
        """The flows that leave the members of these groups, or enter them."""
        for group in groups:
            yield from self._by_group.get((group, way), ())

    def of_group(self, group: Group, way: Way) -> tuple[PeerTraffic, ...]:
        """What flows need the filter of every member of a group to allow."""
        # Many servers are in a group, each in others besides: what it means is looked up once.
        known = self._of_group.get((group, way))
        if known is None:
            flows = self._by_group.get((group, way), ())
            known = tuple(each for flow in flows for each in self.peers(flow, way))
            self._of_group[group, way] = known
        return known

    def peers(self, flow: Flow, way: Way) -> Iterator[PeerTraffic]:
        """The other end of a flow, with what must be allowed there."""
        end = self.end(flow.destination if way == "out" else flow.source)
        if flow.ports.protocol is Protocol.ICMP:
            for addresses, services in carried(end, flow.ports):
                yield PeerTraffic(addresses, services, flow)
            return
        # Few ports are asked for again and again.
        services = self._services.get(flow.ports)
        if services is None:
            services = self._services[flow.ports] = ServiceSet.of(flow.ports, 4)
        yield PeerTraffic(end, services, flow)

    def traffic(self, flows: Iterable[Flow], way: Way) -> Traffic:
        """What these flows need the filter at one of their ends to allow."""
        return traffic_of(each for flow in flows for each in self.peers(flow, way))


def traffic_of(several: Iterable[PeerTraffic]) -> Traffic:
    """All of it together."""
    return Traffic.of((each.addresses, each.services) for each in several)
