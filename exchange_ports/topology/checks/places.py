"""Zones, and who may stand or reach where (exchange.md 3: V1)."""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from exchange_ports.findings import Finding, Path
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.checks.walk import listed, servers, zones
from exchange_ports.topology.models import Addresses, EdgeServer, Server, Topology
from exchange_ports.traffic.addresses import EVERYTHING_V4, covers, network, overlap
from exchange_ports.traffic.addresses import Network as Range

__all__ = ["fabric", "places", "ranges", "same_address"]


def ranges(topology: Topology) -> Iterator[Finding]:
    """Zones that overlap, or that the Internet would reach."""
    blocks = topology.private_blocks
    for index, block in enumerate(blocks):
        if block.version != EVERYTHING_V4.version:
            yield BY_CODE["private-block-not-ipv4"].at(("private_blocks", index), range=block)
    for path, _, _, range_ in zones(topology):
        # IPv6 has no private blocks to speak of: its Internet is one prefix, and holds the zones.
        if range_.version == EVERYTHING_V4.version and not covers(blocks, (range_,)):
            yield BY_CODE["zone-outside-private-blocks"].at(
                path, range=range_, blocks=listed(blocks)
            )
    for (_, one, _, a), (path, other, _, b) in combinations(zones(topology), 2):
        if overlap(a, b):
            yield BY_CODE["zones-overlap"].at(
                path, range=b, zone=other, other_range=a, other_zone=one
            )


def places(topology: Topology) -> Iterator[Finding]:
    """Servers outside their zone."""
    for site_key, site, key, server in servers(topology):
        declared = topology.networks.get(site.network)
        path: Path = ("sites", site_key, "servers", key, "address")
        if server.address is None or declared is None:
            continue
        address = network(str(server.address))
        if covers(declared.perimeter, (address,)):
            yield BY_CODE["internal-server-in-perimeter"].at(
                path, server=key, roles=listed(server.roles), network=site.network
            )
        elif not covers(declared.internal, (address,)):
            yield _outside(path, key, address, "internal", site.network, declared.internal)
    for key, edge in topology.edge_servers.items():
        declared = topology.networks.get(edge.network)
        path = ("edge_servers", key)
        if declared is None:
            continue
        if not declared.perimeter:
            yield BY_CODE["no-perimeter"].at((*path, "network"), edge=key, network=edge.network)
        elif edge.address is not None:
            address = network(str(edge.address))
            if not covers(declared.perimeter, (address,)):
                yield _outside(
                    (*path, "address"), key, address, "perimeter", edge.network, declared.perimeter
                )


def same_address(topology: Topology) -> Iterator[Finding]:
    """Addresses that two servers have."""
    first: dict[object, str] = {}
    everyone: list[tuple[Path, str, Server | EdgeServer]] = [
        (("sites", site, "servers", key), key, server) for site, _, key, server in servers(topology)
    ]
    everyone += [(("edge_servers", key), key, e) for key, e in topology.edge_servers.items()]
    for path, key, server in everyone:
        if server.address is not None and first.setdefault(server.address, key) != key:
            yield BY_CODE["address-used-twice"].at(
                (*path, "address"), server=key, other=first[server.address], address=server.address
            )


def fabric(topology: Topology) -> Iterator[Finding]:
    """Neighbours of the fabric must not reach into a perimeter: everything passes to them."""
    perimeters = [each for each in zones(topology) if each[2] == "perimeter"]
    for key, site in topology.sites.items():
        for kind, what in _FABRIC.items():
            declared: Addresses | None = getattr(site, kind)
            for index, range_ in enumerate(declared.addresses if declared else ()):
                for path, _, _, zone in perimeters:
                    if overlap(range_, zone):
                        yield BY_CODE["fabric-in-perimeter"].at(
                            ("sites", key, kind, "addresses", index),
                            what=what,
                            range=range_,
                            network=path[1],
                            zone=zone,
                        )


_FABRIC: Final = {
    "domain_controllers": "domain controllers",
    "lync": "Lync servers",
    "other_exchange": "other Exchange servers",
}


def _outside(
    path: Path, server: str, address: Range, zone: str, key: str, ranges: Iterable[Range]
) -> Finding:
    return BY_CODE["address-outside-zone"].at(
        path,
        server=server,
        address=address.network_address,
        zone=zone,
        network=key,
        ranges=listed(ranges),
    )
