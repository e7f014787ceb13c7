"""From drawn flows to the rows of a section: flows that belong together share one row.

A row states that all of its sources reach all of its destinations on all of its ports. Rows state no more
and no less than the flows: a test takes them apart again.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from exchange_ports.flows import Reason, in_order
from exchange_ports.flows.flow import reason_order
from exchange_ports.reports.diagram.drawn_flows import UNRESTRICTED, DrawnFlow, Family
from exchange_ports.reports.diagram.endpoints import DrawnEndpoint, Status
from exchange_ports.reports.diagram.like_sites import SiteClass
from exchange_ports.traffic.ports import Ports, joined
from exchange_ports.traffic.regroup import regroup


@dataclass(frozen=True, slots=True)
class PictureRow:
    """All of `source` reach all of `destination` on all of `ports`."""

    source: frozenset[DrawnEndpoint]
    destination: frozenset[DrawnEndpoint]
    ports: tuple[Ports, ...]
    reasons: tuple[Reason, ...]
    status: Status
    both_ways: bool = False
    """Whether the destinations reach the sources as well."""
    own_site: bool = False
    """Whether each reaches only those of its own site."""

    @property
    def is_risky(self) -> bool:
        """Whether an operator accepted a risk for it."""
        return any(reason.accepted_risk for reason in self.reasons)

    @property
    def among(self) -> bool:
        """Whether its sources reach each other."""
        return self.source == self.destination

    @property
    def ends(self) -> frozenset[DrawnEndpoint]:
        """Everyone in the row."""
        return self.source | self.destination


@dataclass(frozen=True, slots=True)
class _Cell:
    """A row to be. Its ends are endpoints of the first site of a class, for all sites of the class."""

    source: frozenset[DrawnEndpoint]
    destination: frozenset[DrawnEndpoint]
    ports: frozenset[Ports]
    status: Status
    family: Family
    own: bool

    @property
    def what(self) -> tuple[Hashable, ...]:
        return self.ports, self.status, self.family

    @property
    def among(self) -> bool:
        return self.source == self.destination


class _Representatives:
    """For each endpoint of a class of sites that of the first site."""

    def __init__(self, flows: Iterable[DrawnFlow], classes: Iterable[SiteClass]) -> None:
        first = {site: (members[0], members) for members in classes for site in members}
        by_kind: dict[tuple[str, str], list[DrawnEndpoint]] = {}
        ends = {end for flow in flows for end in (flow.source, flow.destination)}
        for end in ends:
            by_kind.setdefault((end.site, end.kind), []).append(end)
        self._of: dict[DrawnEndpoint, DrawnEndpoint] = {}
        self._members: dict[DrawnEndpoint, set[DrawnEndpoint]] = {}
        self.alike = {members[0] for _, members in first.values() if len(members) > 1}
        for end in ends:
            found, members = first.get(end.site, (end.site, ()))
            if len(members) > 1:
                (other,) = by_kind[found, end.kind]
            else:
                other = end
            self._of[end] = other
            self._members.setdefault(other, set()).add(end)

    def of(self, end: DrawnEndpoint) -> DrawnEndpoint:
        return self._of[end]

    def all_of(self, ends: Iterable[DrawnEndpoint]) -> frozenset[DrawnEndpoint]:
        return frozenset(one for end in ends for one in self._members[end])


_Key: TypeAlias = tuple[DrawnEndpoint, DrawnEndpoint, Status, Family]


def rows_of(flows: tuple[DrawnFlow, ...], classes: Iterable[SiteClass]) -> tuple[PictureRow, ...]:
    """The rows of one section, in order."""
    first = _Representatives(flows, classes)
    reasons: dict[_Key, set[Reason]] = {}
    ports: dict[_Key, set[Ports]] = {}
    same_site: dict[_Key, set[bool]] = {}
    for flow in flows:
        key = (first.of(flow.source), first.of(flow.destination), flow.status, flow.family)
        reasons.setdefault(key, set()).update(flow.reasons)
        ports.setdefault(key, set()).add(flow.ports)
        same_site.setdefault(key, set()).add(flow.source.site == flow.destination.site)
    cells = [
        _Cell(
            frozenset([source]),
            frozenset([destination]),
            frozenset(ports[source, destination, status, family]),
            status,
            family,
            source.site in first.alike and own == {True},
        )
        for (source, destination, status, family), own in same_site.items()
    ]
    for column in ("destination", "source"):
        cells = regroup(cells, column, alone=lambda c: c.own)
    cells = [part for cell in cells for part in _disjoint(cell)]
    # Cells that were divided may have the ends of others.
    cells = regroup(cells, "destination", alone=lambda c: c.own or c.among)
    found = [
        PictureRow(
            first.all_of(cell.source),
            first.all_of(cell.destination),
            joined(sorted(cell.ports)),
            in_order(
                reason
                for source in cell.source
                for destination in cell.destination
                for reason in reasons[source, destination, cell.status, cell.family]
            ),
            cell.status,
            both,
            cell.own,
        )
        for cell, both in _both_ways(cells)
    ]
    return tuple(sorted(found, key=_order))


def _disjoint(cell: _Cell) -> Iterator[_Cell]:
    """A cell whose ends overlap as cells whose ends are the same or have nothing in common."""
    shared = cell.source & cell.destination
    if cell.own or not shared or cell.among:
        yield cell
        return
    for source, destination in (
        (shared, shared),
        (shared, cell.destination - shared),
        (cell.source - shared, cell.destination),
    ):
        if source and destination:
            yield _Cell(source, destination, cell.ports, cell.status, cell.family, cell.own)


def _both_ways(cells: Iterable[_Cell]) -> Iterator[tuple[_Cell, bool]]:
    """Each cell, and whether its reverse is in it; that one is left out.

    Several sources with several destinations in both directions are two rows: one row would read as if
    the sources reached each other. Internal servers do.
    """
    all_ = list(cells)
    known = {(c.source, c.destination, c.own, *c.what) for c in all_}
    done: set[Hashable] = set()
    for cell in all_:
        back = (cell.destination, cell.source, cell.own, *cell.what)
        pair = len(cell.source) == len(cell.destination) == 1
        joins = back in known and (pair or cell.family == UNRESTRICTED)
        if joins and back in done:
            continue
        done.add((cell.source, cell.destination, cell.own, *cell.what))
        yield cell, cell.among or joins


_RANKS = {status: rank for rank, status in enumerate(Status)}


def _order(row: PictureRow) -> tuple[object, ...]:
    """Accepted risks last, then by the reasons in the order of the catalog."""
    return (
        row.is_risky,
        [reason_order(reason) for reason in row.reasons],
        sorted(end.order for end in row.source),
        sorted(end.order for end in row.destination),
        _RANKS[row.status],
        row.ports,
    )
