"""What checks walk over: servers, zones and the ends of additional flows, each with its place."""

from collections.abc import Iterable, Iterator

from exchange_ports.findings import Path
from exchange_ports.topology.models import Server, Site, Topology
from exchange_ports.topology.values import INTERNET_WORD, End, ends_of
from exchange_ports.traffic.addresses import Network as Range
from exchange_ports.traffic.addresses import covers

__all__ = ["ends", "from_internet", "listed", "servers", "zones"]


def listed(values: Iterable[object]) -> str:
    """Values as a person lists them."""
    return ", ".join(map(str, values))


def servers(topology: Topology) -> Iterator[tuple[str, Site, str, Server]]:
    """Every internal server: its site's key, the site, its own key, itself."""
    for site_key, site in topology.sites.items():
        for key, server in site.servers.items():
            yield site_key, site, key, server


def zones(topology: Topology) -> Iterator[tuple[Path, str, str, Range]]:
    """Every range of every zone: its place, words for it, the zone, the range."""
    for key, declared in topology.networks.items():
        for zone in ("internal", "perimeter"):
            ranges: tuple[Range, ...] = getattr(declared, zone)
            for index, range_ in enumerate(ranges):
                yield ("networks", key, zone, index), f"{zone} of {key}", zone, range_


def ends(topology: Topology) -> Iterator[tuple[Path, End]]:
    """Every end of every additional flow, with its place."""
    for index, flow in enumerate(topology.additional_flows):
        for key, declared in (("from", flow.source), ("to", flow.to)):
            for place, end in enumerate(ends_of(declared)):
                one = isinstance(declared, End)
                yield ("additional_flows", index, key, *(() if one else (place,))), end


def from_internet(topology: Topology, end: End) -> bool:
    """Whether an end holds any address outside the organization's own."""
    if end.range_ is None:
        return end.word == INTERNET_WORD
    inside = (range_ for _, _, _, range_ in zones(topology))
    own = (*topology.private_blocks, *inside)
    return not covers([each for each in own if each.version == end.range_.version], (end.range_,))
