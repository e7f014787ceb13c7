"""From flows to what a picture draws: one protocol and port range from one endpoint to another.

With a comparison each is marked by its traffic: allowed before and after, newly allowed, newly blocked.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.catalog import BY_ID, CatalogSection
from exchange_ports.differences import FlowDiff
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.between_others import between_others
from exchange_ports.flows.flow_index import Way, carried
from exchange_ports.flows.labels import few_addresses
from exchange_ports.reports.diagram.endpoints import DrawnEndpoint, EndpointMap, Status
from exchange_ports.topology.models import Topology
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.traffic import Traffic

#: The reasons that rows are told apart by. Those of the ground rules share one row.
Family: TypeAlias = tuple[Reason, ...]
UNRESTRICTED: Final[Family] = (Reason("unrestricted traffic between internal servers"),)
#: The ground rules in the catalog, with the servers to which Exchange servers have unrestricted traffic.
UNRESTRICTED_PEERS: Final = {
    "R1": "other Exchange servers",
    "R2": "Lync servers",
    "R3": "domain controllers",
}


class DrawnFlow(NamedTuple):
    """One protocol and one range of ports of it, from one endpoint to another."""

    source: DrawnEndpoint
    destination: DrawnEndpoint
    ports: Ports
    status: Status
    reasons: tuple[Reason, ...]
    family: Family

    @property
    def section(self) -> CatalogSection:
        """The section of the picture that shows it."""
        return section_of(self.reasons)


def section_of(reasons: Sequence[Reason]) -> CatalogSection:
    """The section for a row with these reasons: that of the first."""
    entry = reasons[0].entry
    return CatalogSection.ADDITIONAL if entry is None else BY_ID[entry].section


def drawn_flows(
    endpoints: EndpointMap, now: Sequence[Flow], before: Sequence[Flow], diff: FlowDiff | None
) -> tuple[DrawnFlow, ...]:
    """Everything to draw, in a fixed order; without a `diff` all of it is unchanged.

    Traffic that both topologies allow is drawn as the flows of before declare it, with the reasons of now
    where the same flow is declared now. A flow that is no longer declared, but whose traffic another flow
    still allows, is therefore unchanged.
    """
    if diff is None:
        found = {
            one for flow in now for pair in _pairs(endpoints, flow) for one in _whole(flow, pair)
        }
    else:
        found = set(_Comparison(endpoints, diff, before, now).flows())
    return tuple(sorted(found, key=_order))


_Pair: TypeAlias = tuple[DrawnEndpoint, DrawnEndpoint]


def _pairs(endpoints: EndpointMap, flow: Flow, *, of_old: bool = False) -> Iterator[_Pair]:
    sources, destinations = (
        endpoints.of_end(end, before=of_old) for end in (flow.source, flow.destination)
    )
    return product(sources, destinations)


def _whole(flow: Flow, pair: _Pair, status: Status = Status.UNCHANGED) -> Iterator[DrawnFlow]:
    for ports in flow.ports.one_by_one():
        yield _drawn(flow, pair, ports, status)


def _drawn(flow: Flow, pair: _Pair, ports: Ports, status: Status) -> DrawnFlow:
    ground = all(reason.entry in UNRESTRICTED_PEERS for reason in flow.reasons)
    return DrawnFlow(*pair, ports, status, flow.reasons, UNRESTRICTED if ground else flow.reasons)


class _Comparison:
    def __init__(
        self, endpoints: EndpointMap, diff: FlowDiff, before: Sequence[Flow], now: Sequence[Flow]
    ) -> None:
        self._endpoints, self._diff = endpoints, diff
        self._flows = {True: before, False: now}
        self._reasons = {flow: flow.reasons for flow in now}
        self._known = frozenset(before)
        #: The unchanged traffic that is drawn already, at each endpoint of servers.
        self._unchanged: dict[tuple[DrawnEndpoint, Way], Traffic] = {}

    def flows(self) -> Iterator[DrawnFlow]:
        for of_old in (True, False):
            alone = Status.BLOCKED if of_old else Status.ALLOWED
            for flow in self._flows[of_old]:
                for pair in _pairs(self._endpoints, flow, of_old=of_old):
                    if self._in_both(flow, pair):
                        # Drawn once, with the reasons of now.
                        if of_old:
                            same = replace(flow, reasons=self._reasons[flow])
                            yield from self._noted(_whole(same, pair))
                    else:
                        yield from self._parts(flow, pair, alone)

    def _in_both(self, flow: Flow, pair: _Pair) -> bool:
        """Whether a flow of both topologies is one of both between these endpoints."""
        return (
            flow in self._reasons
            and flow in self._known
            and all(pair in _pairs(self._endpoints, flow, of_old=old) for old in (True, False))
        )

    def _parts(self, flow: Flow, pair: _Pair, alone: Status) -> Iterator[DrawnFlow]:
        """A flow between two endpoints: what both topologies allow, and what only one allows."""
        of_old = alone is Status.BLOCKED
        source, destination = (end.outside or self._endpoints.kept(end) for end in pair)
        if source is None or destination is None:
            # A server that only one topology has.
            yield from _whole(flow, pair, alone)
            return
        for ports in flow.ports.one_by_one():
            for part in self._diff.parts(source, destination, ports, of_old=of_old):
                status = Status.UNCHANGED if part.shared else alone
                ends = (_only(self._endpoints, end, part.addresses, status) for end in pair)
                one = _drawn(flow, (next(ends), next(ends)), part.ports, status)
                if not part.shared:
                    yield one
                elif of_old and all(map(self._endpoints.in_both, pair)):
                    yield from self._noted([one])
                elif not of_old and not self._is_drawn(one):
                    yield one

    def _noted(self, flows: Iterable[DrawnFlow]) -> Iterator[DrawnFlow]:
        for flow in flows:
            for end, way, traffic in self._traffic(flow):
                known = self._unchanged.get((end, way), Traffic())
                self._unchanged[end, way] = known | traffic
            yield flow

    def _is_drawn(self, flow: DrawnFlow) -> bool:
        return all(
            traffic <= self._unchanged.get((end, way), Traffic())
            for end, way, traffic in self._traffic(flow)
        )

    def _traffic(self, flow: DrawnFlow) -> Iterator[tuple[DrawnEndpoint, Way, Traffic]]:
        """The traffic of a flow at the filters of its servers."""
        ways: tuple[Way, Way] = ("out", "in")
        ends = (flow.source, flow.destination)
        for way, end, other in zip(ways, ends, reversed(ends), strict=True):
            if end.outside is None:
                peers = AddressSet.of(other.ranges)
                for server in other.servers:
                    peers |= self._diff.addresses(server)
                yield end, way, Traffic.of(carried(peers, flow.ports))


#: What a row is not about, where these are many addresses.
_OTHERS: Final = {
    Status.UNCHANGED: "except those newly blocked",
    Status.ALLOWED: "except those allowed before",
    Status.BLOCKED: "except those still allowed",
}


def _only(
    endpoints: EndpointMap, end: DrawnEndpoint, addresses: AddressSet | None, status: Status
) -> DrawnEndpoint:
    """An endpoint; of an end outside only these addresses."""
    if end.outside is None or addresses is None:
        return end
    missing = AddressSet.of(end.outside.ranges) - addresses
    words = few_addresses(addresses, missing) or _OTHERS[status]
    return endpoints.of_outside(replace(end.outside, ranges=addresses.prefixes()), words)


def drawn_between_others(endpoints: EndpointMap, topology: Topology) -> Iterator[DrawnFlow]:
    """The traffic between hosts of others. No rule of ours allows it, so a comparison has no change of it."""
    for row in between_others(topology):
        source, destination = (
            endpoints.of_outside(
                ExternalEndpoint(each.name, each.ranges, each.name, kind=each.kind, of=each.name)
            )
            for each in (row.source, row.destination)
        )
        for ports in row.ports:
            yield DrawnFlow(
                source, destination, ports, Status.UNCHANGED, (row.reason,), (row.reason,)
            )


_RANKS: Final = {status: rank for rank, status in enumerate(Status)}


def _order(flow: DrawnFlow) -> tuple[object, ...]:
    ends = (flow.source.order, flow.destination.order)
    return (*ends, flow.ports, _RANKS[flow.status])


def sections(flows: Iterable[DrawnFlow]) -> dict[CatalogSection, tuple[DrawnFlow, ...]]:
    """The flows of each section that has any, in the order of the catalog."""
    all_ = tuple(flows)
    found = {each: tuple(f for f in all_ if f.section is each) for each in CatalogSection}
    return {section: theirs for section, theirs in found.items() if theirs}
