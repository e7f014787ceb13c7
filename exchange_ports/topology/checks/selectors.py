"""What checks walk over: servers, zones and the ends of additional flows, each with its place."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from exchange_ports.findings import Path
from exchange_ports.topology.fields import EndpointKind, FlowEnd, ends_of
from exchange_ports.topology.models import (
    Addresses,
    EdgeServer,
    Outbound,
    Platform,
    Server,
    Site,
    Topology,
)
from exchange_ports.topology.roles import roles_of
from exchange_ports.traffic.addresses import Network as Range
from exchange_ports.traffic.addresses import covers, inside, network

__all__ = [
    "Named",
    "named_by",
    "neighbours",
    "nowhere",
    "connectors",
    "ends",
    "from_internet",
    "listed",
    "servers",
    "zones",
    "managed",
    "managed_edges",
]


def listed(values: Iterable[object]) -> str:
    """Values as a person lists them."""
    return ", ".join(map(str, values))


def servers(topology: Topology) -> Iterator[tuple[str, Site, str, Server]]:
    """Every internal server: its site's key, the site, its own key, itself."""
    for site_key, site in topology.sites.items():
        for key, server in site.servers.items():
            yield site_key, site, key, server


def managed(topology: Topology, network: str | None) -> bool:
    """Whether servers in a network are ours to filter: it is declared, and in a cloud."""
    declared = topology.networks.get(network or "")
    return declared is not None and declared.platform is not Platform.EXTERNAL


def managed_edges(topology: Topology) -> dict[str, EdgeServer]:
    """The Edge servers that are ours to filter."""
    edges = topology.edge_servers
    return {key: edge for key, edge in edges.items() if managed(topology, edge.network)}


def connectors(topology: Topology) -> Iterator[tuple[Path, Outbound]]:
    """Every declared Send connector, with its place."""
    declared = topology.mail_flow.outbound
    path: Path = ("mail_flow", "outbound")
    if isinstance(declared, Outbound):
        yield path, declared
    elif not isinstance(declared, str):
        for index, connector in enumerate(declared or ()):
            yield (*path, index), connector


def zones(topology: Topology) -> Iterator[tuple[Path, str, str, Range]]:
    """Every range of every zone: its place, words for it, the zone, the range."""
    for key, declared in topology.networks.items():
        for zone in ("internal", "perimeter"):
            ranges: tuple[Range, ...] = getattr(declared, zone)
            for index, range_ in enumerate(ranges):
                yield ("networks", key, zone, index), f"{zone} of {key}", zone, range_


def neighbours(topology: Topology) -> Iterator[tuple[Path, str, Range]]:
    """Every range of the fabric's neighbours: its place, what they are, the range."""
    for key, site in topology.sites.items():
        for field, what in _FABRIC.items():
            declared: Addresses | None = getattr(site, field)
            for index, range_ in enumerate(declared.addresses if declared else ()):
                yield ("sites", key, field, "addresses", index), what, range_
        controllers = site.domain_controllers
        for index, range_ in enumerate(controllers.accounts_forest if controllers else ()):
            path = ("sites", key, "domain_controllers", "accounts_forest", index)
            yield path, "domain controllers", range_


_FABRIC: Final = {
    "domain_controllers": "domain controllers",
    "lync": "Lync servers",
    "other_exchange": "other Exchange servers",
}


def ends(topology: Topology) -> Iterator[tuple[Path, FlowEnd]]:
    """Every end of every additional flow, with its place."""
    for index, flow in enumerate(topology.additional_flows):
        for key, declared in (("from", flow.source), ("to", flow.to)):
            for place, end in enumerate(ends_of(declared)):
                one = isinstance(declared, FlowEnd)
                yield ("additional_flows", index, key, *(() if one else (place,))), end


class Named(NamedTuple):
    """A server that an end of a flow names: its place, name and network, and if it has an address."""

    path: Path
    name: str
    network: str | None
    addressed: bool


def named_by(topology: Topology, end: FlowEnd) -> list[Named]:
    """The servers that an end of an additional flow names; none for ranges and the Internet."""
    if end.is_external:
        return []
    internal = [
        Named(("sites", site_key, "servers", key), key, site.network, server.address is not None)
        for site_key, site, key, server in servers(topology)
        if end.site in (None, site_key) and end.word in ("exchange", key, *roles_of(server))
    ]
    edges = [
        Named(("edge_servers", key), key, edge.network, bool(edge.addresses))
        for key, edge in topology.edge_servers.items()
        if end.site in (None, edge.site) and end.word in ("edge", key)
    ]
    return internal + edges


def nowhere(range_: Range) -> str | None:
    """Which kind of addresses a range has, if no connection has such a source."""
    return next((what for what, block in _NOWHERE if inside(range_, block)), None)


#: IANA's special-purpose registries.
_NOWHERE: Final = tuple(
    (what, network(block))
    for what, blocks in {
        "multicast": ("224.0.0.0/4", "ff00::/8"),
        "loopback": ("127.0.0.0/8", "::1/128"),
        "link-local": ("169.254.0.0/16", "fe80::/10"),
    }.items()
    for block in blocks
)


def from_internet(topology: Topology, end: FlowEnd) -> bool:
    """Whether an end holds any address outside the organization's own."""
    if end.range_ is None:
        return end.kind is EndpointKind.INTERNET
    if nowhere(end.range_) is not None:
        return False
    own = (*topology.private_blocks, *(zone for _, _, _, zone in zones(topology)))
    return not covers([each for each in own if each.version == end.range_.version], (end.range_,))
