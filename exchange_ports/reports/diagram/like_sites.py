"""Which sites share one column: those that differ by their names and their number of servers only.

By partition refinement, as for graphs: sites begin in one class if they have the same columns on the same
platform, and part where one has traffic that another has not. The classes that remain are then checked:
between two classes all pairs of sites or none must have the traffic, and inside a class also each site with
itself alone. A class for which that does not hold is dissolved into single sites.
"""

from collections.abc import Hashable, Iterable, Mapping
from itertools import groupby
from typing import TypeAlias

from exchange_ports.reports.diagram.drawn_flows import DrawnFlow
from exchange_ports.reports.diagram.endpoints import ColumnRole, DrawnEndpoint, EndpointMap

#: Sites by identity.
SiteClass: TypeAlias = tuple[str, ...]
#: The class of each site, as a number.
_Numbers: TypeAlias = dict[str, int]


def like_sites(endpoints: EndpointMap, flows: Iterable[DrawnFlow]) -> tuple[SiteClass, ...]:
    """All sites in classes, in the order of their declaration."""
    all_ = tuple(flows)
    singles = _divided(endpoints, all_)
    while True:
        classes = _refined(endpoints, all_, singles)
        broken = _broken(classes, all_)
        if not broken:
            return classes
        singles |= broken


def _ends(flows: Iterable[DrawnFlow]) -> set[DrawnEndpoint]:
    return {end for flow in flows for end in (flow.source, flow.destination)}


def _divided(endpoints: EndpointMap, flows: Iterable[DrawnFlow]) -> set[str]:
    """Sites with traffic for some servers of a column only: there the names of servers matter."""
    seen: set[tuple[str, str, str]] = set()
    found: set[str] = set()
    for endpoint in endpoints.servers():
        if endpoint.column in seen:
            found.add(endpoint.site)
        seen.add(endpoint.column)
    neighbors: dict[tuple[str, str], int] = {}
    for end in _ends(flows):
        if end.site and end.outside is not None:
            neighbors[end.site, end.kind] = neighbors.get((end.site, end.kind), 0) + 1
    return found | {site for (site, _), number in neighbors.items() if number > 1}


def _columns(endpoints: EndpointMap, site: str, drawn: set[tuple[str, str, str]]) -> Hashable:
    """What a site is before any traffic is looked at."""
    mine = [endpoints.columns[key] for key in endpoints.columns if key[0] == site and key in drawn]
    home = {column.network for column in mine if column.role is not ColumnRole.EDGE}
    return frozenset((column.role, column.platform, column.network in home) for column in mine)


def _refined(
    endpoints: EndpointMap, flows: tuple[DrawnFlow, ...], singles: Iterable[str]
) -> tuple[SiteClass, ...]:
    alone = set(singles)
    sites = list(dict.fromkeys((*endpoints.sites, *(site for site, *_ in endpoints.columns))))
    drawn = {end.column for end in _ends(flows) if end.outside is None}
    numbers = _numbered(
        {site: (site if site in alone else "", _columns(endpoints, site, drawn)) for site in sites}
    )
    while True:
        seen: dict[str, set[Hashable]] = {site: set() for site in sites}
        for flow in flows:
            what = (flow.ports, flow.status, flow.family)
            for way, mine, other in (
                ("out", flow.source, flow.destination),
                ("in", flow.destination, flow.source),
            ):
                if mine.site:
                    peer = _peer(endpoints, mine, other, numbers)
                    seen[mine.site].add((way, _kind(endpoints, mine), *what, peer))
        finer = _numbered({site: (numbers[site], frozenset(seen[site])) for site in sites})
        if len(set(finer.values())) == len(set(numbers.values())):
            break
        numbers = finer
    order = sorted(sites, key=lambda site: (numbers[site], sites.index(site)))
    classes = [tuple(group) for _, group in groupby(order, key=numbers.__getitem__)]
    return tuple(sorted(classes, key=lambda group: sites.index(group[0])))


def _numbered(signatures: Mapping[str, Hashable]) -> _Numbers:
    numbers: dict[Hashable, int] = {}
    return {site: numbers.setdefault(of, len(numbers)) for site, of in signatures.items()}


def _kind(endpoints: EndpointMap, end: DrawnEndpoint) -> Hashable:
    """A column without the name of its site; two Edge columns differ by their networks."""
    if end.outside is not None or end.kind != ColumnRole.EDGE:
        return end.kind
    edges = [key for key in endpoints.columns if key[:2] == (end.site, end.kind)]
    return end.kind, end.network if len(edges) > 1 else ""


def _peer(
    endpoints: EndpointMap, mine: DrawnEndpoint, other: DrawnEndpoint, numbers: _Numbers
) -> Hashable:
    """The other end without names of sites."""
    if not other.site:
        return other
    return "own" if other.site == mine.site else numbers[other.site], _kind(endpoints, other)


def _broken(classes: Iterable[SiteClass], flows: Iterable[DrawnFlow]) -> set[str]:
    """The sites of classes between which some pairs of sites have traffic and others do not."""
    of = {site: members for members in classes for site in members}
    pairs: dict[tuple[SiteClass, SiteClass, Hashable], set[tuple[str, str]]] = {}
    for flow in flows:
        source, destination = flow.source, flow.destination
        ends = (of.get(source.site, ()), of.get(destination.site, ()))
        if all(len(members) <= 1 for members in ends):
            continue
        outside = tuple(None if end.site else end for end in (source, destination))
        what = (source.kind, destination.kind, *outside, flow.ports, flow.status, flow.family)
        pairs.setdefault((*ends, what), set()).add((source.site, destination.site))
    broken: set[str] = set()
    for (first, second, _), found in pairs.items():
        every = max(1, len(first)) * max(1, len(second))
        own = first == second and found == {(site, site) for site in first}
        if len(found) != every and not own:
            broken |= {site for members in (first, second) if len(members) > 1 for site in members}
    return broken
