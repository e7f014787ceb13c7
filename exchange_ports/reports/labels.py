"""Ends of what passes, as people call them: by role and site where all of these are meant.

Knows: servers by name, and whoever is outside. Must not know: the rows of any report.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from exchange_ports.flows import ExternalEndpoint
from exchange_ports.topology.models import Topology
from exchange_ports.topology.roles import ServerRole, roles_of
from exchange_ports.traffic.addresses import brief

#: More ranges than this are counted: the Internet has up to 30.
_MOST_RANGES: Final = 3

#: Servers by name, and ends outside.
LabeledEnd: TypeAlias = frozenset["str | ExternalEndpoint"]


class EndpointLabels:
    """What ends are called, and who comes first."""

    def __init__(self, topology: Topology) -> None:
        """Work out what servers are called together."""
        self._edges = frozenset(topology.edge_servers)
        self._kinds = list(_kinds(topology))

    def rank(self, end: LabeledEnd) -> int:
        """The Internet first, then others outside, Edge servers, and the inside last."""
        if any(isinstance(one, ExternalEndpoint) and one.is_everyone for one in end):
            return 0
        if any(isinstance(one, ExternalEndpoint) for one in end):
            return 1
        return 2 if end <= self._edges else 3

    def name(self, end: LabeledEnd, *, ranges: bool = True) -> str:
        """All of an end in words; `ranges`: neighbours with their addresses."""
        left = {one for one in end if isinstance(one, str)}
        said: list[str] = []
        for words, members in self._kinds:
            if members and members <= left:
                left -= members
                said.append(words)
        outside = sorted(one for one in end if isinstance(one, ExternalEndpoint))
        names = (_with_ranges(one) if ranges else _alone(one) for one in outside)
        return ", ".join(dict.fromkeys([*said, *sorted(left), *names]))


def _kinds(topology: Topology) -> Iterator[tuple[str, frozenset[str]]]:
    """What servers are called together, the widest first."""
    sites = topology.sites
    inside = {site: frozenset(declared.servers) for site, declared in sites.items()}
    yield "internal Exchange servers", frozenset().union(*inside.values())
    if topology.edge_servers:
        yield "Edge servers", frozenset(topology.edge_servers)
    playing: dict[str, dict[str, frozenset[str]]] = {
        words: {
            site: frozenset(
                name for name, server in each.servers.items() if role in roles_of(server)
            )
            for site, each in sites.items()
        }
        for role, words in (
            (ServerRole.CLIENT_ACCESS, "Client Access"),
            (ServerRole.MAILBOX, "Mailbox"),
        )
    }
    for words, of_site in playing.items():
        yield f"{words} servers", frozenset().union(*of_site.values())
    # Where all servers of a site have both roles, either word alone would mislead.
    yield from ((f"Exchange servers of {site}", names) for site, names in inside.items())
    for words, of_site in playing.items():
        yield from ((f"{words} servers of {site}", names) for site, names in of_site.items())
    for site in sites:
        names = (n for n, edge in topology.edge_servers.items() if edge.site == site)
        yield f"Edge servers of {site}", frozenset(names)


def _alone(end: ExternalEndpoint) -> str:
    """A neighbour by name; one that has no other name by its range."""
    if end.is_internet:
        return end.summary
    return _ranges(end) if end.summary == str(end.ranges[0]) else end.summary


def _with_ranges(end: ExternalEndpoint) -> str:
    if end.is_internet:
        return end.summary
    ranges = _ranges(end)
    if end.is_any or len(end.ranges) > _MOST_RANGES:
        return end.summary
    return ranges if end.summary in (ranges, str(end.ranges[0])) else f"{end.summary} ({ranges})"


def _ranges(end: ExternalEndpoint) -> str:
    return ", ".join(map(brief, end.ranges))


def parts_of(end: LabeledEnd) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Its servers by name, and its ranges in CIDR form."""
    servers = tuple(sorted(one for one in end if isinstance(one, str)))
    outside = sorted(one for one in end if isinstance(one, ExternalEndpoint))
    return servers, tuple(str(range_) for one in outside for range_ in one.ranges)
