"""The zones of a section from left to right, and the columns in them.

First the Internet and the neighbors that open connections, then each perimeter, then the internal zone of
each site with its domain controllers and Lync servers, and last the neighbors that servers connect to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from exchange_ports.findings import counted
from exchange_ports.flows.labels import label
from exchange_ports.reports.diagram.endpoints import (
    ColumnKey,
    ColumnRole,
    DrawnEndpoint,
    EndpointMap,
    Status,
)
from exchange_ports.reports.diagram.neighbors import ELLIPSIS, NeighborKind, without_site
from exchange_ports.reports.diagram.picture import PictureSection
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.addresses import Network, brief

#: More names than these are counted.
MOST_NAMES: Final = 4


class ZoneKind(StrEnum):
    """What a zone is, which decides its background."""

    INTERNET = "internet"
    PERIMETER = "perimeter"
    INTERNAL = "internal"
    NEIGHBORS = "neighbors"


@dataclass(slots=True)
class Column:
    """One column: a box with a title and names, and the endpoints that it stands for."""

    title: str
    names: str
    managed: bool
    endpoints: list[DrawnEndpoint] = field(default_factory=list["DrawnEndpoint"])
    every: tuple[str, ...] = ()
    """All names, without counting any."""


@dataclass(slots=True)
class Zone:
    """A zone: its title, a line about its network and cloud, and its columns."""

    kind: ZoneKind
    title: str
    below: str
    columns: list[Column]


def zones(section: PictureSection) -> list[Zone]:
    """All zones that have a column."""
    return [zone for zone in _Zones(section).all() if zone.columns]


#: The sign before a server that is added or removed, and before a row that changed.
SIGNS: Final = {Status.UNCHANGED: "", Status.ALLOWED: "+", Status.BLOCKED: "\N{MINUS SIGN}"}


#: How the names of servers that are added or removed begin.
CHANGED: Final = (SIGNS[Status.ALLOWED], SIGNS[Status.BLOCKED])


class _Zones:
    def __init__(self, section: PictureSection) -> None:
        self._section = section
        self._endpoints = section.endpoints
        ends = {end for row in section.rows for end in row.ends}
        self._outside = sorted(
            (end for end in ends if end.outside is not None), key=lambda end: end.order
        )
        drawn = {end.column for end in ends if end.outside is None}
        self._columns = {key: c for key, c in self._endpoints.columns.items() if key in drawn}
        self._reasons: dict[str, dict[str, None]] = {}
        for row in section.rows:
            for end in row.ends:
                if end.outside is not None:
                    words = self._reasons.setdefault(end.outside.name, {})
                    words |= {reason.summary: None for reason in row.reasons}

    def all(self) -> Iterator[Zone]:
        yield Zone(ZoneKind.INTERNET, "Internet", "", list(self._internet()))
        perimeters = list(dict.fromkeys(key[2] for key in self._columns if _is_edge(key)))
        neighbors = [end for end in self._outside if end.kind in _NEIGHBORS]
        inside: set[DrawnEndpoint] = set()
        of_perimeters: list[Zone] = []
        for network in perimeters:
            here = [end for end in neighbors if self._endpoints.perimeter_of(end.ranges) == network]
            inside.update(here)
            of_perimeters.append(self._perimeter(network, here, several=len(perimeters) > 1))
        rest = [end for end in neighbors if end not in inside]
        kinds = {
            kind: list(self._neighbors([end for end in rest if end.kind == kind]))
            for kind in NeighborKind
        }
        for kind, columns in kinds.items():
            if kind.opens_connections:
                yield Zone(ZoneKind.NEIGHBORS, kind.value, "", columns)
        yield from of_perimeters
        for members in self._section.sites:
            yield self._site(members)
        for kind, columns in kinds.items():
            if not kind.opens_connections:
                yield Zone(ZoneKind.NEIGHBORS, kind.value, "", columns)

    def _internet(self) -> Iterator[Column]:
        for kind, title in (
            (EndpointKind.INTERNET, "Public addresses"),
            (EndpointKind.ANY, "Any address"),
        ):
            there = [end for end in self._outside if _outside_kind(end) is kind]
            if there:
                yield Column(title, "", managed=False, endpoints=there, every=(title,))

    def _below(self, network: str, platform: Platform) -> str:
        return f"{network}, {'not managed' if platform is Platform.EXTERNAL else platform.summary}"

    def _perimeter(self, network: str, here: Sequence[DrawnEndpoint], *, several: bool) -> Zone:
        name, declared = self._endpoints.network(network)
        edges: list[Column] = []
        for members in self._section.sites_of(self._columns):
            keys = [
                key
                for key in self._columns
                if key[0] in members and key[2] == network and _is_edge(key)
            ]
            if keys:
                edges.append(self._servers("Edge Transport", keys))
        before, after = (
            [end for end in here if NeighborKind(end.kind).opens_connections is opening]
            for opening in (True, False)
        )
        columns = [
            *self._neighbors(before, with_kind=True),
            *edges,
            *self._neighbors(after, with_kind=True),
        ]
        title = f"Perimeter: {name}" if several else "Perimeter"
        return Zone(ZoneKind.PERIMETER, title, self._below(name, declared.platform), columns)

    def _site(self, members: Sequence[str]) -> Zone:
        names = [self._endpoints.site(site) for site in members]
        several = f"Internal: {len(names)} similar sites"
        columns: list[Column] = []
        networks: dict[str, Platform] = {}
        for role in (ColumnRole.CLIENT_ACCESS, ColumnRole.MAILBOX, ColumnRole.EXCHANGE):
            keys = [k for k in self._columns if k[0] in members and k[1] == role]
            if keys:
                columns.append(self._servers(self._role(role, keys), keys))
                networks |= {
                    self._columns[key].network: self._columns[key].platform for key in keys
                }
        there = [end for end in self._outside if end.site in members and end.kind in _INTERNAL]
        columns += _internal_servers(there)
        below = "; ".join(self._below(*each) for each in networks.items())
        if len(names) > 1:
            below = "; ".join(filter(None, (counted_names(names), below)))
        title = f"Internal: {names[0]}" if len(names) == 1 else several
        return Zone(ZoneKind.INTERNAL, title, below, columns)

    def _role(self, role: ColumnRole, keys: Sequence[ColumnKey]) -> str:
        """The title of a column: from Exchange 2016 on, servers with both roles are Mailbox servers."""
        servers = [
            server
            for end in self._endpoints.servers()
            if end.column in keys
            for server in end.servers
        ]
        if role is ColumnRole.EXCHANGE and all(map(self._endpoints.combined, servers)):
            return ColumnRole.MAILBOX.value
        return role.value

    def _servers(self, title: str, keys: Sequence[ColumnKey]) -> Column:
        names = [
            SIGNS[member.status] + member.name
            for key in keys
            for member in self._columns[key].members
        ]
        endpoints = [end for end in self._endpoints.servers() if end.column in keys]
        managed = any(self._columns[key].platform is not Platform.EXTERNAL for key in keys)
        shown = ", ".join(names)
        if len(names) > MOST_NAMES:
            changed = [name for name in names if name.startswith(CHANGED)]
            shown = ": ".join(filter(None, (counted(len(names), "server"), counted_names(changed))))
        return Column(title, shown, managed, endpoints, tuple(names))

    def _neighbors(
        self, there: Sequence[DrawnEndpoint], *, with_kind: bool = False
    ) -> Iterator[Column]:
        """A column for each neighbor; neighbors of like sites share one."""
        found: dict[object, list[DrawnEndpoint]] = {}
        classes = {site: members for members in self._section.sites for site in members}
        for end in there:
            members = classes.get(end.site, ())
            key = (end.kind, members) if len(members) > 1 else (end.kind, self._title([end]))
            found.setdefault(key, []).append(end)
        for ends in found.values():
            title = self._title(ends)
            if with_kind:
                title = _with_kind(title, NeighborKind(ends[0].kind))
            ranges = _all_ranges(ends)
            names = list(dict.fromkeys(self._name(end) for end in ends))
            every = tuple(dict.fromkeys((*names, *ranges)))
            below = "" if counted_names(ranges) in title else counted_names(ranges)
            yield Column(title, below, managed=False, endpoints=ends, every=every)

    def _title(self, ends: Sequence[DrawnEndpoint]) -> str:
        """What neighbors are called together."""
        names = list(dict.fromkeys(self._name(end) for end in ends))
        sites = [self._endpoints.site(end.site) if end.site else "" for end in ends]
        masked = {
            without_site(self._name(end), site) if site else self._name(end)
            for end, site in zip(ends, sites, strict=True)
        }
        if len(names) > 1 and len(masked) == 1:
            return masked.pop()
        return counted_names(names)

    def _name(self, end: DrawnEndpoint) -> str:
        """A neighbor by its key, or else by the reason that the operator gives for it."""
        if end.outside is None:
            return ""
        if end.outside.kind in _BY_ADDRESS:
            return _ranges(end.ranges)
        if end.outside.is_called_by_name:
            return end.outside.of or label(end.outside)
        reasons = self._reasons_of(end)
        if not reasons:
            return label(end.outside)
        return reasons[0] if len(reasons) == 1 else f"{reasons[0]} {ELLIPSIS} +{len(reasons) - 1}"

    def _reasons_of(self, end: DrawnEndpoint) -> list[str]:
        """The reasons for a neighbor; of those of like sites the ones with the name of its own site."""
        every = list(self._reasons.get(end.outside.name, {})) if end.outside else []
        site = self._endpoints.site(end.site) if end.site else ""
        own = [text for text in every if site and without_site(text, site) != text]
        return own or every


#: Neighbors of which their zone's title tells enough: no stack file has a name for them.
_BY_ADDRESS: Final = (
    EndpointKind.SMART_HOSTS,
    EndpointKind.NAME_SERVERS,
    EndpointKind.EDGE_NAME_SERVERS,
    EndpointKind.REPUTATION_PROXY,
    EndpointKind.INBOUND_MAIL,
)


_NEIGHBORS: Final = frozenset(kind.value for kind in NeighborKind)


def _is_edge(key: ColumnKey) -> bool:
    return key[1] == ColumnRole.EDGE


def _outside_kind(end: DrawnEndpoint) -> EndpointKind | None:
    return None if end.outside is None else end.outside.kind


def _with_kind(title: str, kind: NeighborKind) -> str:
    """In a zone of servers the title of a neighbor states its kind, unless the operator's words do."""
    known = kind.value.lower().removesuffix("s") in title.lower()
    return title if known else f"{kind.value}: {title}"


def counted_names(names: Sequence[str]) -> str:
    """A few names, or the first two and how many more."""
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:2])} {ELLIPSIS} +{len(names) - 2}"


#: The internal servers of a site that are no servers of the topology.
_INTERNAL: Final[Mapping[str, str]] = {
    "domain-controllers": "Domain controllers",
    "accounts-domain-controllers": "Accounts forest DCs",
    "lync": "Lync",
    "other-exchange": "Other Exchange servers",
}


def _internal_servers(there: Sequence[DrawnEndpoint]) -> Iterator[Column]:
    for kind, title in _INTERNAL.items():
        ends = [end for end in there if end.kind == kind]
        if ends:
            ranges = sorted({r for end in ends for r in end.ranges}, key=str)
            names = [brief(each) for each in ranges]
            shown = ", ".join(names) if len(names) <= MOST_NAMES else _number(ranges)
            yield Column(title, shown, managed=False, endpoints=ends, every=tuple(names))


def _number(ranges: Sequence[Network]) -> str:
    if all(each.num_addresses == 1 for each in ranges):
        return f"{len(ranges)} addresses"
    return counted(len(ranges), "range")


def partly(
    column: Column, there: Iterable[DrawnEndpoint], endpoints: EndpointMap
) -> tuple[str, ...]:
    """The names of those in a column that a row is about, where it is not about all of them."""
    wanted = set(there)
    found = [end for end in column.endpoints if end in wanted]
    if any(end.servers for end in column.endpoints):
        every = {server for end in column.endpoints for server in end.servers}
        some = {server for end in found for server in end.servers}
        return () if some == every else tuple(sorted(endpoints.server(each) for each in some))
    if {end.outside.name for end in found if end.outside} == {
        end.outside.name for end in column.endpoints if end.outside
    }:
        whole = {end.ranges for end in column.endpoints if not end.part}
        if len(whole) <= len({end.outside.name for end in found if end.outside}):
            return tuple(end.part for end in found if end.part)
    return tuple(end.part or _ranges(end.ranges) for end in found)


def _all_ranges(ends: Sequence[DrawnEndpoint]) -> list[str]:
    """The addresses of neighbors; parts of them only where a picture has no whole."""
    whole = [end for end in ends if not end.part] or ends
    return list(dict.fromkeys(brief(each) for end in whole for each in end.ranges))


def _ranges(ranges: Sequence[Network]) -> str:
    return counted_names([brief(each) for each in ranges])
