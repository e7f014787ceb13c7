"""From what passes to the rows of a picture: what belongs together stands in one row.

A row says that all of its sources reach all of its destinations on all of its ports. What is put
together is exactly what the rows say: a test takes them apart again and finds the flows.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.catalog import BY_ID, CatalogSection
from exchange_ports.differences import Effect, compare_declared
from exchange_ports.flows import Endpoint, Flow, Reason, in_order
from exchange_ports.flows.flow import reason_order
from exchange_ports.planning import Plans
from exchange_ports.reports.diagram.layout import Landscape, PicturePlace, Stand
from exchange_ports.traffic.ports import Ports, joined
from exchange_ports.traffic.regroup import regroup

#: The reasons that rows are told apart by. Those of the ground rules stand in one row.
Family: TypeAlias = tuple[Reason, ...]
FABRIC: Final[Family] = (Reason("no restriction"),)
#: How the ground rules are called in the catalog.
_GROUND: Final = ("R1", "R2", "R3")


class Passing(NamedTuple):
    """One thing that passes from one place to another: one protocol, one range of ports."""

    source: PicturePlace
    destination: PicturePlace
    ports: Ports
    stand: Stand
    reasons: tuple[Reason, ...]

    @property
    def family(self) -> Family:
        """What a row may have in common."""
        ground = all(reason.entry in _GROUND for reason in self.reasons)
        return FABRIC if ground else self.reasons


_STANDS: Final = {None: Stand.KEPT, Effect.OPENED: Stand.NEW, Effect.CUT: Stand.CUT}


def passings(
    land: Landscape, before: Sequence[Flow] | None, now: Sequence[Flow]
) -> tuple[Passing, ...]:
    """All that passes, in a fixed order; without flows of before, all of it is kept."""

    def places(end: Endpoint, was: bool) -> Sequence[PicturePlace]:
        return land.of_end(end, before=was)

    rows = compare_declared(before, now, places)
    found = {Passing(*row.ends, row.ports, _STANDS[row.effect], row.reasons) for row in rows}
    return tuple(sorted(found, key=_connection_order))


def _connection_order(one: Passing) -> tuple[object, ...]:
    ends = (one.source.lane, one.source.servers, one.destination.lane, one.destination.servers)
    outside = tuple(
        (end.outside.name, tuple(map(str, end.outside.ranges))) if end.outside else ("", ())
        for end in (one.source, one.destination)
    )
    return (*ends, outside, one.ports, one.stand)


#: With whom Exchange servers talk without restriction, by the ground rule that says so.
FABRIC_WORDS: Final = {
    "R1": "other Exchange servers",
    "R2": "Lync servers",
    "R3": "domain controllers",
}


@dataclass(frozen=True, slots=True)
class PictureRow:
    """All of `source` reach all of `destination` on all of `ports`."""

    source: frozenset[PicturePlace]
    destination: frozenset[PicturePlace]
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
    rows: tuple[PictureRow, ...]
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
class _PictureCell:
    """A row to be. Its ends are places of the first site of a class, for all of the class."""

    source: frozenset[PicturePlace]
    destination: frozenset[PicturePlace]
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
        by_kind: dict[tuple[str, str], list[PicturePlace]] = {}
        ends = {end for one in passing for end in (one.source, one.destination)}
        for end in ends:
            by_kind.setdefault((end.site, end.kind), []).append(end)
        self._stands: dict[PicturePlace, PicturePlace] = {}
        self.members: dict[PicturePlace, set[PicturePlace]] = {}
        self.alike = {members[0] for members in first.values() if len(members[1]) > 1}
        for end in ends:
            found, members = first.get(end.site, (end.site, ()))
            if len(members) > 1:
                (other,) = by_kind[found, end.kind]
            else:
                other = end
            self._stands[end] = other
            self.members.setdefault(other, set()).add(end)

    def of(self, place: PicturePlace) -> PicturePlace:
        return self._stands[place]

    def all_of(self, places: Iterable[PicturePlace]) -> frozenset[PicturePlace]:
        return frozenset(one for place in places for one in self.members[place])


def _rows(
    passing: tuple[Passing, ...], classes: Iterable[tuple[str, ...]]
) -> tuple[PictureRow, ...]:
    stands = _Classes(passing, classes)
    reasons: dict[tuple[PicturePlace, PicturePlace, Stand, Family], set[Reason]] = {}
    ports: dict[tuple[PicturePlace, PicturePlace, Stand, Family], set[Ports]] = {}
    sites: dict[tuple[PicturePlace, PicturePlace, Stand, Family], set[bool]] = {}
    for one in passing:
        ends = stands.of(one.source), stands.of(one.destination)
        key = (*ends, one.stand, one.family)
        reasons.setdefault(key, set()).update(one.reasons)
        ports.setdefault(key, set()).add(one.ports)
        sites.setdefault(key, set()).add(one.source.site == one.destination.site)
    cells = [
        _PictureCell(
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
        PictureRow(
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


def _among(cell: _PictureCell) -> bool:
    return cell.source == cell.destination


def _apart(cell: _PictureCell) -> Iterator[_PictureCell]:
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
            yield _PictureCell(source, destination, cell.ports, cell.stand, cell.family, cell.own)


def _both_ways(cells: Iterable[_PictureCell]) -> Iterator[tuple[_PictureCell, bool]]:
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


def _order(row: PictureRow) -> tuple[object, ...]:
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


def _names(places: Iterable[PicturePlace]) -> list[tuple[object, ...]]:
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


# ---- which sites are alike ----
#
# Which sites are alike: equal but for their names, and for how many servers they have.
#
# By refinement, as partitions of a graph are found: sites begin in one class if they have the same lanes
# on the same platform, and part where something passes at one that does not pass at the other. What
# remains in one class is then looked at once more: between the members of two classes everything or
# nothing may pass, and inside a class also each member to itself alone. Where that does not hold, the
# class is no class, and each of its sites stands for itself.

_Colors = dict[str, int]
_Members = tuple[str, ...]


def alike(land: Landscape, passing: Iterable[Passing]) -> tuple[tuple[str, ...], ...]:
    """The sites in classes, by identity, in the order in which they were declared."""
    all_ = tuple(passing)
    singles = _in_pieces(land, all_)
    while True:
        classes = _refined(land, all_, singles)
        broken = _broken(classes, all_)
        if not broken:
            return classes
        singles |= broken


def _in_pieces(land: Landscape, passing: Iterable[Passing]) -> set[str]:
    """Sites of which something passes for a part only: names are part of what they are."""
    seen: set[tuple[str, str, str]] = set()
    found: set[str] = set()
    for place in land.places():
        if place.lane in seen:
            found.add(place.site)
        seen.add(place.lane)
    neighbors: dict[tuple[str, str], set[PicturePlace]] = {}
    for one in passing:
        for end in (one.source, one.destination):
            if end.site and end.outside is not None:
                neighbors.setdefault((end.site, end.kind), set()).add(end)
    return found | {site for (site, _), ends in neighbors.items() if len(ends) > 1}


def _lanes(land: Landscape, site: str) -> Hashable:
    """What a site is before anything passes."""
    mine = [lane for (of, *_), lane in land.lanes.items() if of == site]
    home = {lane.network for lane in mine if lane.kind != "Edge Transport"}
    return frozenset((lane.kind, lane.platform, lane.network in home) for lane in mine)


def _refined(
    land: Landscape, passing: Iterable[Passing], singles: Iterable[str]
) -> tuple[tuple[str, ...], ...]:
    alone = set(singles)
    sites = list(dict.fromkeys((*land.sites, *_standing(land))))
    first = {site: (site if site in alone else "", _lanes(land, site)) for site in sites}
    colors = _numbered(first)
    while True:
        seen: dict[str, set[Hashable]] = {site: set() for site in sites}
        for one in passing:
            what = (one.ports, one.stand, one.family)
            for out, mine, other in (
                (True, one.source, one.destination),
                (False, one.destination, one.source),
            ):
                if mine.site:
                    seen[mine.site].add(
                        (out, _kind(land, mine), *what, _seen(land, mine, other, colors))
                    )
        finer = _numbered({site: (colors[site], frozenset(seen[site])) for site in sites})
        if len(set(finer.values())) == len(set(colors.values())):
            break
        colors = finer
    order = sorted(sites, key=lambda site: (colors[site], sites.index(site)))
    groups = [tuple(group) for _, group in groupby(order, key=colors.__getitem__)]
    return tuple(sorted(groups, key=lambda group: sites.index(group[0])))


def _standing(land: Landscape) -> list[str]:
    """Sites that only servers name."""
    return [site for site, *_ in land.lanes]


def _numbered(signatures: Mapping[str, Hashable]) -> _Colors:
    numbers: dict[Hashable, int] = {}
    return {site: numbers.setdefault(of, len(numbers)) for site, of in signatures.items()}


def _kind(land: Landscape, place: PicturePlace) -> Hashable:
    """A lane without the names that tell its site from others; two Edge lanes by their networks."""
    if place.outside is not None or place.kind != "Edge Transport":
        return place.kind
    edges = [key for key in land.lanes if key[:2] == (place.site, place.kind)]
    return place.kind, place.network if len(edges) > 1 else ""


def _seen(land: Landscape, mine: PicturePlace, other: PicturePlace, colors: _Colors) -> Hashable:
    """The other end, as a site sees it that does not know names of sites."""
    if not other.site:
        return other
    return "own" if other.site == mine.site else colors[other.site], _kind(land, other)


def _broken(classes: Iterable[tuple[str, ...]], passing: Iterable[Passing]) -> set[str]:
    """The sites of classes between which something passes for some and not for others."""
    of = {site: members for members in classes for site in members}
    pairs: dict[tuple[_Members, _Members, Hashable], set[tuple[str, str]]] = {}
    for one in passing:
        source, destination = one.source, one.destination
        ends = (of.get(source.site, ()), of.get(destination.site, ()))
        if all(len(members) <= 1 for members in ends):
            continue
        outside = tuple(None if end.site else end for end in (source, destination))
        what = (source.kind, destination.kind, *outside, one.ports, one.stand, one.family)
        pairs.setdefault((*ends, what), set()).add((source.site, destination.site))
    broken: set[str] = set()
    for (first, second, _), found in pairs.items():
        every = max(1, len(first)) * max(1, len(second))
        own = first == second and found == {(site, site) for site in first}
        if len(found) != every and not own:
            broken |= {site for members in (first, second) if len(members) > 1 for site in members}
    return broken
