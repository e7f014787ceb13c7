"""From what passes to the rows of a picture: what belongs together stands in one row.

A row says that all of its sources reach all of its destinations on all of its ports. What is put
together is exactly what the rows say: a test takes them apart again and finds the flows.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from exchange_ports.catalog import BY_ID, CatalogSection
from exchange_ports.flows import Reason, in_order
from exchange_ports.flows.flow import reason_order
from exchange_ports.pipeline import Plans
from exchange_ports.reports.diagram.layout import Landscape, Place, Stand
from exchange_ports.reports.diagram.picture_diff import Family, Passing, passings
from exchange_ports.reports.diagram.similar_sites import alike
from exchange_ports.traffic.ports import Ports, joined
from exchange_ports.traffic.regroup import regroup

#: With whom Exchange servers talk without restriction, by the ground rule that says so.
FABRIC_WORDS: Final = {
    "R1": "other Exchange servers",
    "R2": "Lync servers",
    "R3": "domain controllers",
}


@dataclass(frozen=True, slots=True)
class Row:
    """All of `source` reach all of `destination` on all of `ports`."""

    source: frozenset[Place]
    destination: frozenset[Place]
    ports: tuple[Ports, ...]
    reasons: tuple[Reason, ...]
    stand: Stand
    both_ways: bool = False
    """Whether the destinations reach the sources as well."""
    own_site: bool = False
    """Whether each reaches only those of its own site."""

    @property
    def is_risky(self) -> bool:
        """Whether somebody accepted a risk for it."""
        return any(reason.accepted_risk for reason in self.reasons)

    @property
    def section(self) -> CatalogSection:
        """What it stands under."""
        entry = self.reasons[0].entry
        return CatalogSection.ADDITIONAL if entry is None else BY_ID[entry].section


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture shows: who is there, which sites are alike, and the rows."""

    land: Landscape
    sites: tuple[tuple[str, ...], ...]
    """Sites by identity; those in one tuple are drawn as one."""
    rows: tuple[Row, ...]
    compared: bool

    def sites_of(self, lanes: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, ...]]:
        """The sites of these lanes, like ones together; Edge servers may be of no declared site."""
        yield from self.sites
        known = {site for members in self.sites for site in members}
        yield from dict.fromkeys((site,) for site, *_ in lanes if site not in known)


def draw_picture(now: Plans, before: Plans | None = None) -> Picture:
    """What the picture of a topology shows, or that of the change from another one to it."""
    land = Landscape((before or now).topology, now.topology)
    passing = passings(land, None if before is None else before.flows, now.flows)
    classes = alike(land, passing)
    rows = _rows(passing, classes)
    return Picture(land, classes, rows, before is not None)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A row to be. Its ends are places of the first site of a class, for all of the class."""

    source: frozenset[Place]
    destination: frozenset[Place]
    ports: frozenset[Ports]
    stand: Stand
    family: Family
    own: bool

    @property
    def what(self) -> tuple[Hashable, ...]:
        return self.ports, self.stand, self.family


class _Classes:
    """Places by the place that stands for them."""

    def __init__(self, passing: Iterable[Passing], classes: Iterable[tuple[str, ...]]) -> None:
        first = {site: (members[0], members) for members in classes for site in members}
        by_kind: dict[tuple[str, str], list[Place]] = {}
        ends = {end for one in passing for end in (one.source, one.destination)}
        for end in ends:
            by_kind.setdefault((end.site, end.kind), []).append(end)
        self._stands: dict[Place, Place] = {}
        self.members: dict[Place, set[Place]] = {}
        self.alike = {members[0] for members in first.values() if len(members[1]) > 1}
        for end in ends:
            found, members = first.get(end.site, (end.site, ()))
            if len(members) > 1:
                (other,) = by_kind[found, end.kind]
            else:
                other = end
            self._stands[end] = other
            self.members.setdefault(other, set()).add(end)

    def of(self, place: Place) -> Place:
        return self._stands[place]

    def all_of(self, places: Iterable[Place]) -> frozenset[Place]:
        return frozenset(one for place in places for one in self.members[place])


def _rows(passing: tuple[Passing, ...], classes: Iterable[tuple[str, ...]]) -> tuple[Row, ...]:
    stands = _Classes(passing, classes)
    reasons: dict[tuple[Place, Place, Stand, Family], set[Reason]] = {}
    ports: dict[tuple[Place, Place, Stand, Family], set[Ports]] = {}
    sites: dict[tuple[Place, Place, Stand, Family], set[bool]] = {}
    for one in passing:
        ends = stands.of(one.source), stands.of(one.destination)
        key = (*ends, one.stand, one.family)
        reasons.setdefault(key, set()).update(one.reasons)
        ports.setdefault(key, set()).add(one.ports)
        sites.setdefault(key, set()).add(one.source.site == one.destination.site)
    cells = [
        _Cell(
            frozenset([source]),
            frozenset([destination]),
            frozenset(ports[source, destination, stand, family]),
            stand,
            family,
            source.site in stands.alike and own == {True},
        )
        for (source, destination, stand, family), own in sites.items()
    ]
    for column in ("destination", "source"):
        cells = regroup(cells, column, alone=lambda c: c.own)
    cells = [part for cell in cells for part in _apart(cell)]
    # What was taken apart may have come to the ends of others.
    cells = regroup(cells, "destination", alone=lambda c: c.own or _among(c))
    rows = [
        Row(
            stands.all_of(cell.source),
            stands.all_of(cell.destination),
            joined(sorted(cell.ports)),
            in_order(
                reason
                for source in cell.source
                for destination in cell.destination
                for reason in reasons[source, destination, cell.stand, cell.family]
            ),
            cell.stand,
            both,
            cell.own,
        )
        for cell, both in _both_ways(cells)
    ]
    return tuple(sorted(rows, key=_order))


def _among(cell: _Cell) -> bool:
    return cell.source == cell.destination


def _apart(cell: _Cell) -> Iterator[_Cell]:
    """A cell whose ends overlap as cells whose ends are the same or have nothing in common."""
    shared = cell.source & cell.destination
    if cell.own or not shared or _among(cell):
        yield cell
        return
    for source, destination in (
        (shared, shared),
        (shared, cell.destination - shared),
        (cell.source - shared, cell.destination),
    ):
        if source and destination:
            yield _Cell(source, destination, cell.ports, cell.stand, cell.family, cell.own)


def _both_ways(cells: Iterable[_Cell]) -> Iterator[tuple[_Cell, bool]]:
    """Each cell, and whether its other way is in it; that one is left out."""
    all_ = list(cells)
    known = {(c.source, c.destination, c.own, *c.what) for c in all_}
    done: set[Hashable] = set()
    for cell in all_:
        back = (cell.destination, cell.source, cell.own, *cell.what)
        if back in done:
            continue
        done.add((cell.source, cell.destination, cell.own, *cell.what))
        yield cell, _among(cell) or back in known


_SECTION_ORDER = {section: rank for rank, section in enumerate(CatalogSection)}
_STAND_ORDER = {stand: rank for rank, stand in enumerate((Stand.KEPT, Stand.NEW, Stand.CUT))}


def _order(row: Row) -> tuple[object, ...]:
    """By section, risks last, then as the reasons stand in the document."""
    return (
        _SECTION_ORDER[row.section],
        row.is_risky,
        [reason_order(reason) for reason in row.reasons],
        _names(row.source),
        _names(row.destination),
        _STAND_ORDER[row.stand],
        row.ports,
    )


def _names(places: Iterable[Place]) -> list[tuple[object, ...]]:
    return sorted(
        (
            place.site,
            place.kind,
            place.network,
            place.servers,
            "" if place.outside is None else place.outside.name,
            () if place.outside is None else tuple(map(str, place.outside.ranges)),
        )
        for place in places
    )
