"""Which sites are alike: equal but for their names, and for how many servers they have.

By refinement, as partitions of a graph are found: sites begin in one class if they have the same lanes
on the same platform, and part where something passes at one that does not pass at the other. What
remains in one class is then looked at once more: between the members of two classes everything or
nothing may pass, and inside a class also each member to itself alone. Where that does not hold, the
class is no class, and each of its sites stands for itself.
"""

from collections.abc import Hashable, Iterable, Mapping
from itertools import groupby

from exchange_ports.reports.diagram.layout import Landscape, Place
from exchange_ports.reports.diagram.picture_diff import Passing

__all__ = ["alike"]

_Colours = dict[str, int]
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
    neighbours: dict[tuple[str, str], set[Place]] = {}
    for one in passing:
        for end in (one.source, one.destination):
            if end.site and end.outside is not None:
                neighbours.setdefault((end.site, end.kind), set()).add(end)
    return found | {site for (site, _), ends in neighbours.items() if len(ends) > 1}


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
    colours = _numbered(first)
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
                        (out, _kind(land, mine), *what, _seen(land, mine, other, colours))
                    )
        finer = _numbered({site: (colours[site], frozenset(seen[site])) for site in sites})
        if len(set(finer.values())) == len(set(colours.values())):
            break
        colours = finer
    order = sorted(sites, key=lambda site: (colours[site], sites.index(site)))
    groups = [tuple(group) for _, group in groupby(order, key=colours.__getitem__)]
    return tuple(sorted(groups, key=lambda group: sites.index(group[0])))


def _standing(land: Landscape) -> list[str]:
    """Sites that only servers name."""
    return [site for site, *_ in land.lanes]


def _numbered(signatures: Mapping[str, Hashable]) -> _Colours:
    numbers: dict[Hashable, int] = {}
    return {site: numbers.setdefault(of, len(numbers)) for site, of in signatures.items()}


def _kind(land: Landscape, place: Place) -> Hashable:
    """A lane without the names that tell its site from others; two Edge lanes by their networks."""
    if place.outside is not None or place.kind != "Edge Transport":
        return place.kind
    edges = [key for key in land.lanes if key[:2] == (place.site, place.kind)]
    return place.kind, place.network if len(edges) > 1 else ""


def _seen(land: Landscape, mine: Place, other: Place, colours: _Colours) -> Hashable:
    """The other end, as a site sees it that does not know names of sites."""
    if not other.site:
        return other
    return "own" if other.site == mine.site else colours[other.site], _kind(land, other)


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
