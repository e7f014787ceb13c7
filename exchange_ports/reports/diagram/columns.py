"""The columns of a picture: zones from left to right, and the lanes in them.

First whoever is on the Internet, then each perimeter with whoever else stands there, then the
internal zone of each site with its neighbors, and last everybody else.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from exchange_ports.findings import counted
from exchange_ports.flows import Reason
from exchange_ports.flows.labels import label
from exchange_ports.reports.diagram.layout import Landscape, Lane, LaneKind, PicturePlace, Stand
from exchange_ports.reports.diagram.picture import FABRIC_WORDS, Picture, PictureRow
from exchange_ports.reports.reasons import reason_data
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.models import Platform

#: More neighbors than these share lanes by what they are.
_MOST_NEIGHBORS: Final = 6
#: More names than these are counted.
_MOST_NAMES: Final = 3


class ColumnKind(StrEnum):
    """What a column is; it has its color from that."""

    INTERNET = "internet"
    PERIMETER = "perimeter"
    INTERNAL = "internal"
    NEIGHBORS = "neighbors"


@dataclass(slots=True)
class Strip:
    """One lane: a head of a title and names below it, and the places of the scene that are in it."""

    title: str
    names: str
    ours: bool
    places: list[PicturePlace] = field(default_factory=list["PicturePlace"])
    every: tuple[str, ...] = ()
    """All names, for whoever asks."""


@dataclass(slots=True)
class Column:
    """A zone: its title, a line on the network and its cloud, and its lanes."""

    kind: ColumnKind
    title: str
    below: str
    strips: list[Strip]


def columns(scene: Picture) -> list[Column]:
    """All columns in which anybody stands."""
    return [column for column in _Stage(scene).columns() if column.strips]


class _Stage:
    def __init__(self, scene: Picture) -> None:
        self._scene = scene
        self._land = scene.land
        ends = {end for row in scene.rows for end in (*row.source, *row.destination)}
        self._outside = sorted(
            (end for end in ends if end.outside is not None),
            key=lambda end: (end.site, end.kind, end.outside.name if end.outside else "", end),
        )
        self._servers = self._land.places()

    def columns(self) -> Iterator[Column]:
        yield Column(ColumnKind.INTERNET, "Internet", "", list(self._internet()))
        perimeters = {lane.network for lane in self._lanes(LaneKind.EDGE)}
        several = len(perimeters) > 1
        placed: set[PicturePlace] = set()
        for network in dict.fromkeys(key[2] for key in self._land.lanes if self._is_edge(key)):
            here = [
                end
                for end in self._free()
                if end.outside and self._land.perimeter_of(end.outside.ranges) == network
            ]
            placed.update(here)
            name, declared = self._land.network(network)
            title = f"Perimeter: {name}" if several else "Perimeter"
            strips = [*self._edges(network), *_shared(here, "in the perimeter")]
            yield Column(ColumnKind.PERIMETER, title, self._below(name, declared.platform), strips)
        for members in self._scene.sites:
            yield self._site(members)
        rest = [end for end in self._free() if end not in placed]
        yield Column(ColumnKind.NEIGHBORS, "Neighbors", "", list(_neighbors(rest)))

    def _is_edge(self, key: tuple[str, str, str]) -> bool:
        return self._land.lanes[key].kind is LaneKind.EDGE

    def _lanes(self, kind: LaneKind) -> Iterator[Lane]:
        return (lane for lane in self._land.lanes.values() if lane.kind is kind)

    def _below(self, network: str, platform: Platform) -> str:
        whose = "not ours" if platform is Platform.EXTERNAL else platform.summary
        return f"{network}, {whose}"

    def _internet(self) -> Iterator[Strip]:
        for kind, title in ((EndpointKind.INTERNET, "Internet"), (EndpointKind.ANY, "Anywhere")):
            there = [end for end in self._free(everybody=True) if _kind(end) is kind]
            if there:
                yield Strip(title, "", ours=False, places=there)

    def _free(self, *, everybody: bool = False) -> list[PicturePlace]:
        """Whoever is outside and no neighbor of a site."""
        return [
            end
            for end in self._outside
            if not end.site
            and (everybody or _kind(end) not in (EndpointKind.INTERNET, EndpointKind.ANY))
        ]

    def _edges(self, network: str) -> Iterator[Strip]:
        """The Edge lanes of one network, those of like sites in one."""
        for members in self._scene.sites_of(self._land.lanes):
            keys = [
                key
                for key in self._land.lanes
                if key[0] in members and key[2] == network and self._is_edge(key)
            ]
            if keys:
                yield self._strip("Edge", keys)

    def _site(self, members: tuple[str, ...]) -> Column:
        names = [self._land.site(site) for site in members]
        title = f"Internal: {names[0]}" if len(names) == 1 else f"Internal: {len(names)} like sites"
        strips: list[Strip] = []
        networks: dict[str, Platform] = {}
        for kind in (LaneKind.CLIENT_ACCESS, LaneKind.MAILBOX, LaneKind.EXCHANGE):
            keys = [k for k in self._land.lanes if k[0] in members and k[1] == kind.value]
            if keys:
                strips.append(self._strip(kind.value, keys))
                networks |= {
                    self._land.lanes[k].network: self._land.lanes[k].platform for k in keys
                }
        there = [end for end in self._outside if end.site in members]
        if there:
            strips.append(_fabric(there, self._land))
        below = "; ".join(self._below(*each) for each in networks.items())
        if len(names) > 1:
            below = f"{_named(names)}; {below}"
        return Column(ColumnKind.INTERNAL, title, below, strips)

    def _strip(self, title: str, keys: Sequence[tuple[str, str, str]]) -> Strip:
        names = [
            _MARKS[member.stand] + member.name
            for key in keys
            for member in self._land.lanes[key].members
        ]
        places = [place for place in self._servers if place.lane in keys]
        ours = any(self._land.lanes[key].platform is not Platform.EXTERNAL for key in keys)
        return Strip(title, _named(names, "server"), ours, places, tuple(names))


#: What stands before a server that comes or goes.
_MARKS: Final = {Stand.KEPT: "", Stand.NEW: "+", Stand.CUT: "\N{MINUS SIGN}"}


def _kind(end: PicturePlace) -> EndpointKind | None:
    return None if end.outside is None else end.outside.kind


def _says(end: PicturePlace) -> str:
    return label(end.outside) if end.outside is not None else ""


def _named(names: Sequence[str], what: str = "") -> str:
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    return (
        counted(len(names), what) if what else f"{', '.join(names[:2])} and {len(names) - 2} more"
    )


_FABRIC: Final = {
    "domain-controllers": "DCs",
    "accounts-domain-controllers": "DCs",
    "lync": "Lync",
    "other-exchange": "other Exchange",
}


def _fabric(there: Sequence[PicturePlace], land: Landscape) -> Strip:
    """The neighbors of a site, or of like sites, with whom nothing is restricted."""
    title = ", ".join(dict.fromkeys(_FABRIC.get(end.kind, end.kind) for end in there))
    ranges = {range_ for end in there if end.outside for range_ in end.outside.ranges}
    alone = all(range_.num_addresses == 1 for range_ in ranges)
    names = counted(len(ranges), "range") if not alone else _addresses(len(ranges))
    return Strip(title, names, False, list(there), tuple(sorted({_says(end) for end in there})))


def _shared(there: Sequence[PicturePlace], what: str) -> Iterator[Strip]:
    """One lane for several."""
    if len(there) == 1:
        yield from _each(there)
    elif there:
        names = list(dict.fromkeys(map(_says, there)))
        title = f"{len(names)} others" if len(names) > 1 else names[0]
        yield Strip(title, what, False, list(there), tuple(names))


def _each(there: Iterable[PicturePlace]) -> Iterator[Strip]:
    by_name: dict[str, list[PicturePlace]] = {}
    for end in there:
        by_name.setdefault(_says(end), []).append(end)
    for summary, ends in by_name.items():
        yield Strip(summary, "", False, ends, (summary,))


def _neighbors(rest: Sequence[PicturePlace]) -> Iterator[Strip]:
    """A lane for each, or, where there are too many, for each kind."""
    if len({_says(end) for end in rest}) <= _MOST_NEIGHBORS:
        yield from _each(rest)
        return
    kinds: dict[str, list[PicturePlace]] = {}
    for end in rest:
        kinds.setdefault(_KINDS.get(_kind(end), "others"), []).append(end)
    for kind, ends in kinds.items():
        names = tuple(dict.fromkeys(map(_says, ends)))
        if len(names) == 1:
            yield from _each(ends)
        else:
            yield Strip(kind, f"{len(names)} of them", False, ends, names)


_KINDS: Final[Mapping[EndpointKind | None, str]] = {
    EndpointKind.CLIENTS: "clients",
    EndpointKind.RELAY: "relays",
    EndpointKind.WITNESS: "witness_servers",
}


def partly(strip: Strip, there: Iterable[PicturePlace], land: Landscape) -> tuple[str, ...]:
    """The names of those in a lane that a row is about, where it is not about all of them."""
    found = [place for place in strip.places if place in set(there)]
    if any(place.servers for place in strip.places):
        every = {server for place in strip.places for server in place.servers}
        some = {server for place in found for server in place.servers}
        return () if some == every else tuple(sorted(land.server(each) for each in some))
    names = tuple(dict.fromkeys(map(_says, found)))
    if len(names) < len({_says(place) for place in strip.places}):
        return names
    # One name with other addresses than before: which of them.
    return () if len(found) == len(strip.places) else tuple(map(_ranges, found))


def _ranges(end: PicturePlace) -> str:
    ranges = end.outside.ranges if end.outside is not None else ()
    return ", ".join(map(str, ranges)) if len(ranges) <= _MOST_NAMES else f"{len(ranges)} ranges"


def _addresses(number: int) -> str:
    return "1 address" if number == 1 else f"{number} addresses"


# ---- what a picture says in words: beside a row, on its line, and to whoever cannot see it ----

_SIGNS: Final = {Stand.KEPT: "", Stand.NEW: "+ ", Stand.CUT: "\N{MINUS SIGN} "}
_SPOKEN: Final = {Stand.KEPT: "", Stand.NEW: "New: ", Stand.CUT: "Cut: "}
#: More reasons than these are counted.
_MOST: Final = 3


def title(scene: Picture, name: str) -> str:
    """What the picture is of."""
    verb = "What changes in what" if scene.compared else "What"
    return f"{verb} {name} lets through"


def tag(row: PictureRow) -> str:
    """What stands on the line: the ports."""
    return _SIGNS[row.stand] + ", ".join(map(str, row.ports))


def note(
    row: PictureRow,
    land: Landscape,
    strips: Iterable[tuple[Strip, list[PicturePlace], list[PicturePlace]]],
) -> str:
    """What stands beside a row: why it is there, and of whom it is, where not of a whole lane."""
    words = _SIGNS[row.stand] + _reasons(row.reasons)
    if row.is_risky:
        words += "; accepted risk"
    some: dict[str, None] = {}
    for strip, sources, targets in strips:
        for names in (partly(strip, sources, land), partly(strip, targets, land)):
            if names:
                some[", ".join(names)] = None
    if some:
        words += f": {' and '.join(some)}"
    if row.own_site:
        words += "; each in its own site"
    return words


def _reasons(reasons: Sequence[Reason]) -> str:
    if all(reason.entry in FABRIC_WORDS for reason in reasons):
        marks = ", ".join(reason.entry or "" for reason in reasons)
        if marks == "R1":
            return f"among Exchange servers ({marks})"
        whom = ", ".join(FABRIC_WORDS[reason.entry or ""] for reason in reasons)
        return f"between Exchange servers and {whom} ({marks})"
    several: dict[str, list[str]] = {}
    for reason in reasons:
        several.setdefault(reason.summary, []).append(reason.entry or reason.ticket or "")
    said_ = [
        f"{summary} ({', '.join(marks)})" if (marks := [m for m in all_ if m]) else summary
        for summary, all_ in several.items()
    ]
    if len(said_) > _MOST:
        said_ = [*said_[: _MOST - 1], counted(len(said_) - _MOST + 1, "reason") + " more"]
    return "; ".join(said_)


def spoken(scene: Picture) -> str:
    """Every row as a sentence."""
    return " ".join(_sentence(row, scene.land) for row in scene.rows)


def _sentence(row: PictureRow, land: Landscape) -> str:
    verb = "and" if row.both_ways and row.source != row.destination else "to"
    ends = f"{_who(row.source, land)} {verb} {_who(row.destination, land)}"
    if row.source == row.destination:
        ends = f"Among {_who(row.source, land)}"
    return f"{_SPOKEN[row.stand]}{ends}: {tag(row).lstrip('+ ')}, {_reasons(row.reasons)}."


def _who(places: Iterable[PicturePlace], land: Landscape) -> str:
    names: dict[str, None] = {}
    by_kind: dict[str, dict[str, None]] = {}
    for place in sorted(places, key=lambda p: (p.outside is not None, p.site, p.kind, p.servers)):
        if place.outside is not None:
            names[label(place.outside)] = None
        else:
            by_kind.setdefault(place.kind, {})[land.site(place.site)] = None
    ours = [f"{kind} of {', '.join(sites)}" for kind, sites in by_kind.items()]
    return ", ".join((*ours, *names))


# ---- the same for programs ----


def as_json(scene: Picture, name: str) -> str:
    """The columns, their lanes and the rows of a picture; keys and their order are always the same."""
    shown = columns(scene)
    lanes = [(column.title, strip) for column in shown for strip in column.strips]
    data = {
        "title": title(scene, name),
        "compared": scene.compared,
        "columns": [
            {
                "kind": column.kind.value,
                "title": column.title,
                "network": column.below,
                "lanes": [
                    {"title": strip.title, "names": list(strip.every), "ours": strip.ours}
                    for strip in column.strips
                ],
            }
            for column in shown
        ],
        "rows": [
            {
                "section": row.section.value,
                "status": row.stand.value,
                "from": _ends_data(row.source, lanes, scene.land),
                "to": _ends_data(row.destination, lanes, scene.land),
                "both_ways": row.both_ways,
                "own_site": row.own_site,
                "ports": list(map(str, row.ports)),
                "reasons": [reason_data(reason) for reason in row.reasons],
            }
            for row in scene.rows
        ],
    }
    return json.dumps(data, indent=2) + "\n"


def _ends_data(
    ends: Iterable[PicturePlace], lanes: Iterable[tuple[str, Strip]], land: Landscape
) -> list[dict[str, object]]:
    """The lanes of one side of a row, and who of each lane it is about."""
    there = set(ends)
    return [
        {
            "column": column,
            "lane": strip.title,
            "servers": sorted({land.server(each) for place in found for each in place.servers}),
            "ranges": [str(r) for place in found if place.outside for r in place.outside.ranges],
        }
        for column, strip in lanes
        if (found := [place for place in strip.places if place in there])
    ]
