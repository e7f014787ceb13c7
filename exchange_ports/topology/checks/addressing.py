"""Zones, and who may stand or reach where (exchange.md 3: V1)."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from itertools import combinations
from typing import Final

from exchange_ports.findings import Finding, Path
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology import models
from exchange_ports.topology.checks.naming import (
    NamedServers,
    ends,
    inbound_ways,
    listed,
    managed,
    neighbors,
    nowhere,
    servers,
    zones,
)
from exchange_ports.topology.fields import ends_of
from exchange_ports.topology.groups import ServerRole, roles_of
from exchange_ports.traffic.addresses import EVERYTHING_V4, covers, inside, network, overlap
from exchange_ports.traffic.addresses import Network as Range

#: All of IPv4 that a host can have as its address.
_UNICAST = (network("0.0.0.0/1"), network("128.0.0.0/2"), network("192.0.0.0/3"))


def ranges(topology: models.Topology) -> Iterator[Finding]:
    """Zones that overlap, or that the Internet would reach."""
    blocks = topology.private_blocks
    nothing_left = covers([b for b in blocks if b.version == EVERYTHING_V4.version], _UNICAST)
    for index, block in enumerate(blocks):
        if block.version != EVERYTHING_V4.version:
            yield BY_CODE["private-block-not-ipv4"].at(("private_blocks", index), range=block)
    if nothing_left:
        yield BY_CODE["no-public-addresses"].at(("private_blocks",))
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


def special(topology: models.Topology) -> Iterator[Finding]:
    """Ranges of which no rule could be about a host: special addresses."""
    for path, range_ in (*_sources(topology), *_neighbors(topology), *_range_ends(topology)):
        what = nowhere(range_)
        if what is not None:
            yield BY_CODE["unusable-range"].at(path, range=range_, what=what)


def _sources(topology: models.Topology) -> Iterator[tuple[Path, Range]]:
    """Every range of clients, relays and inbound mail, with its place."""
    flow = topology.mail_flow
    declared: list[tuple[Path, str | tuple[Range, ...]]] = [
        (("clients", key), client.source) for key, client in topology.clients.items()
    ]
    declared += [(path, way.source) for path, way in inbound_ways(topology)]
    declared += [(("mail_flow", "relays", key), each.source) for key, each in flow.relays.items()]
    for path, ranges in declared:
        for index, range_ in enumerate(() if isinstance(ranges, str) else ranges):
            yield (*path, "from", index), range_


def _neighbors(topology: models.Topology) -> Iterator[tuple[Path, Range]]:
    return ((path, range_) for path, _, range_ in neighbors(topology))


def _range_ends(topology: models.Topology) -> Iterator[tuple[Path, Range]]:
    return ((path, end.range_) for path, end in ends(topology) if end.range_ is not None)


def over_perimeter(topology: models.Topology) -> Iterator[Finding]:
    """Sources that reach further than meant: into a perimeter zone, whose hosts are then sources too."""
    perimeters = [range_ for _, _, zone, range_ in zones(topology) if zone == "perimeter"]
    to_edge = {path for path, way in inbound_ways(topology) if way.to is None}
    for path, range_ in _sources(topology):
        if topology.edge_servers and path[:-2] in to_edge:
            # Whoever delivers to Edge servers may be in the perimeter.
            continue
        for zone in perimeters:
            # A range inside the zone names its hosts on purpose, such as a reverse proxy.
            if overlap(range_, zone) and not covers(perimeters, (range_,)):
                whole = not range_.prefixlen and "relays" not in path
                instead = ", or write `internet` for all public addresses" if whole else ""
                facts = {"range": range_, "zone": zone, "instead": instead}
                yield BY_CODE["range-covers-perimeter"].at(path, **facts)


def swapped(topology: models.Topology) -> Iterator[Finding]:
    """Networks whose internal servers are all in the perimeter, and whose Edge servers are all inside."""
    for key in _swapped(topology):
        yield BY_CODE["zones-swapped"].at(("networks", key), network=key)


def with_zones_as_meant(topology: models.Topology) -> models.Topology:
    """The topology with the zones changed back where they look swapped, for what else is wrong with it."""
    turned = {
        key: network.model_copy(
            update={"internal": network.perimeter, "perimeter": network.internal}
        )
        for key, network in topology.networks.items()
        if key in set(_swapped(topology))
    }
    return topology.model_copy(update={"networks": {**topology.networks, **turned}})


def _swapped(topology: models.Topology) -> Iterator[str]:
    for key, declared in topology.networks.items():
        internal = [
            network(str(address))
            for _, site, _, server in servers(topology)
            if site.network == key
            for address in server.addresses
        ]
        edges = [
            network(str(address))
            for edge in topology.edge_servers.values()
            if edge.network == key
            for address in edge.addresses
        ]
        if not (internal and edges and declared.perimeter):
            continue
        if covers(declared.perimeter, internal) and covers(declared.internal, edges):
            yield key


def families(topology: models.Topology) -> Iterator[Finding]:
    """Servers that must reach each other and have no IP version in common."""
    internal = [
        (("sites", site, "servers", key, "address"), key, site, server)
        for site, _, key, server in servers(topology)
        if server.addresses
    ]
    for path, key, site, server in internal:
        versions = {address.version for address in server.addresses}
        others = [
            (name, {address.version for address in other.addresses}, "R1")
            for _, name, _, other in internal
            if name < key
        ]
        others += [
            (name, {address.version for address in edge.addresses}, "E2, E3")
            for name, edge in topology.edge_servers.items()
            if edge.site == site
            and edge.addresses
            and ServerRole.MAILBOX in roles_of(topology, server)
        ]
        for name, theirs, rows in others:
            if not versions & theirs:
                yield BY_CODE["no-common-ip-version"].at(path, server=key, other=name, rows=rows)


def places(topology: models.Topology) -> Iterator[Finding]:
    """Servers outside their zone."""
    for site_key, site, key, server in servers(topology):
        where = site.network or ""
        declared = topology.networks.get(where)
        path: Path = ("sites", site_key, "servers", key, "address")
        if declared is None:
            continue
        for address in map(network, map(str, server.addresses)):
            if covers(declared.perimeter, (address,)):
                yield BY_CODE["internal-server-in-perimeter"].at(
                    path,
                    server=key,
                    roles=listed(sorted(roles_of(topology, server))),
                    network=where,
                )
            elif not covers(declared.internal, (address,)):
                yield _outside(path, key, address, "internal", where, declared.internal)
    for key, edge in topology.edge_servers.items():
        declared = topology.networks.get(edge.network)
        if declared is not None:
            yield from _edge_places(key, edge, declared)


def _edge_places(key: str, edge: models.EdgeServer, declared: models.Network) -> Iterator[Finding]:
    path: Path = ("edge_servers", key)
    if not declared.perimeter:
        yield BY_CODE["edge-outside-perimeter"].at(
            (*path, "network"), edge=key, network=edge.network
        )
    inside = [a for a in edge.addresses if covers(declared.internal, (network(str(a)),))]
    for address in edge.addresses:
        place = network(str(address))
        if covers(declared.perimeter, (place,)):
            continue
        if address in inside:
            # With one adapter in the perimeter, the other one is how the internal network reaches it.
            if declared.perimeter and len(inside) == len(edge.addresses):
                yield BY_CODE["edge-outside-perimeter"].at(
                    (*path, "address"), edge=key, network=edge.network
                )
        else:
            zone = "perimeter" if declared.perimeter else "internal"
            ranges = declared.perimeter or declared.internal
            yield _outside((*path, "address"), key, place, zone, edge.network, ranges)


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


def same_address(topology: models.Topology) -> Iterator[Finding]:
    """Addresses that two servers have, or that no server can have in a cloud."""
    first: dict[object, str] = {}
    for path, key, address, declared in _addresses(topology):
        if first.setdefault(address, key) != key:
            yield BY_CODE["address-used-twice"].at(
                path, server=key, other=first[address], address=address
            )
        if declared is not None and declared.platform is not models.Platform.EXTERNAL:
            yield from _reserved(path, key, network(str(address)), declared)


def _addresses(
    topology: models.Topology,
) -> Iterator[tuple[Path, str, IPv4Address | IPv6Address, models.Network | None]]:
    for site_key, site, key, server in servers(topology):
        for address in server.addresses:
            path: Path = ("sites", site_key, "servers", key, "address")
            yield path, key, address, topology.networks.get(site.network or "")
    for key, edge in topology.edge_servers.items():
        for address in edge.addresses:
            path = ("edge_servers", key, "address")
            yield path, key, address, topology.networks.get(edge.network)


def _reserved(
    path: Path, server: str, address: Range, declared: models.Network
) -> Iterator[Finding]:
    """Both clouds keep the first four addresses of a subnet and the last one for themselves.

    Subnets are not declared, but a zone begins and ends where one does.
    """
    for zone in (*declared.internal, *declared.perimeter):
        if zone.version != EVERYTHING_V4.version or not inside(address, zone):
            continue
        offset = int(address.network_address) - int(zone.network_address)
        if offset < _KEPT_AT_THE_START or address.network_address == zone.broadcast_address:
            cloud = declared.platform.summary
            yield BY_CODE["reserved-address"].at(
                path, server=server, address=address.network_address, zone=zone, cloud=cloud
            )


#: VPC user guide, "Subnet CIDR reservations"; Azure Virtual Network FAQ.
_KEPT_AT_THE_START: Final = 4


def unrestricted(topology: models.Topology) -> Iterator[Finding]:
    """Domain controllers and Lync servers in a perimeter: all protocols are allowed to them."""
    perimeters = [each for each in zones(topology) if each[2] == "perimeter"]
    for path, what, range_ in neighbors(topology):
        for zone_path, _, _, zone in perimeters:
            if overlap(range_, zone):
                yield BY_CODE["neighbor-in-perimeter"].at(
                    path, what=what, range=range_, network=zone_path[1], zone=zone
                )


def connections(topology: models.Topology) -> Iterator[Finding]:
    """What is between Exchange servers and the other internal servers of another network."""
    for key, declared in topology.networks.items():
        if declared.connected_through is models.ConnectedThrough.ROUTING or not _reaches_out(
            topology, key, declared
        ):
            continue
        path: Path = ("networks", key, "connected_through")
        if declared.connected_through is models.ConnectedThrough.NAT:
            yield BY_CODE["internal-traffic-translated"].at(path, network=key)
        else:
            yield BY_CODE["internal-traffic-inspected"].at(path, network=key)


def _reaches_out(topology: models.Topology, key: str, declared: models.Network) -> bool:
    """Whether some of the internal servers of an organization are in another network."""
    if not any(site.network == key for _, site, _, _ in servers(topology)):
        return False
    if any(site.network != key for _, site, _, _ in servers(topology)):
        return True
    return any(not covers(declared.internal, (range_,)) for _, _, range_ in neighbors(topology))


def addresses_needed(topology: models.Topology) -> Iterator[Finding]:
    """Servers without an address that servers of another network must reach."""
    # A network that is declared nowhere is another finding.
    internal = {site.network for _, site, _, _ in servers(topology)} & {*topology.networks}
    for site_key, site, key, server in servers(topology):
        if not server.addresses and site.network in internal:
            path: Path = ("sites", site_key, "servers", key)
            mailbox = ServerRole.MAILBOX in roles_of(topology, server)
            others = sorted(str(other) for other in internal if other != site.network)
            apart = [
                name
                for name, edge in topology.edge_servers.items()
                if mailbox and edge.site == site_key and edge.network != site.network
            ]
            if others:
                flow = f"Exchange servers in {listed(others)} reach it without restriction (row R1)"
                yield BY_CODE["address-needed"].at(path, server=key, flow=flow)
            elif apart:
                flow = f"It exchanges mail with {listed(apart)} in another network (E2, E3)"
                yield BY_CODE["address-needed"].at(path, server=key, flow=flow)
    for key, edge in topology.edge_servers.items():
        site = topology.sites.get(edge.site)
        if not edge.addresses and site is not None and site.network not in (None, edge.network):
            flow = f"It exchanges mail with site {edge.site} in network {site.network} (E2, E3)"
            yield BY_CODE["address-needed"].at(("edge_servers", key), server=key, flow=flow)


def addresses_for_flows(topology: models.Topology) -> Iterator[Finding]:
    """Servers without an address at an end of an additional flow that crosses networks."""
    named = NamedServers(topology)
    for flow in topology.additional_flows:
        for source in ends_of(flow.source):
            for to in ends_of(flow.to):
                first, second = named.by(source), named.by(to)
                networks = {each.network for each in (*first, *second)}
                if not (first and second) or len(networks) == 1:
                    continue
                for each in (*first, *second):
                    if not each.addressed:
                        crossing = f"the flow from {source} to {to} crosses networks"
                        yield BY_CODE["address-needed"].at(
                            each.path, server=each.name, flow=crossing
                        )


def unused(topology: models.Topology) -> Iterator[Finding]:
    """Networks in which nothing stands, and topologies of which nothing is ours to filter."""
    if all(each.platform is models.Platform.EXTERNAL for each in topology.networks.values()):
        yield BY_CODE["no-managed-network"].at(("networks",))
    used = {site.network for site in topology.sites.values()}
    used |= {edge.network for edge in topology.edge_servers.values()}
    if any(site.network is None and site.servers for site in topology.sites.values()):
        return
    # A misspelled network is another finding, and the one that was meant is not unused.
    for key in topology.networks if used - {None} <= set(topology.networks) else ():
        if key not in used:
            yield BY_CODE["unused-network"].at(("networks", key), network=key)


def listed_twice(topology: models.Topology) -> Iterator[Finding]:
    """Neighbors listed twice, or whose ranges hold a server of ours."""
    seen: dict[Range, Path] = {}
    ours = [(key, address) for _, key, address, _ in _addresses(topology)]
    for path, what, range_ in neighbors(topology):
        if range_ in seen:
            yield BY_CODE["neighbor-listed-twice"].at(path, what=range_)
        seen.setdefault(range_, path)
        for key, address in ours:
            if address in range_:
                yield BY_CODE["neighbor-contains-server"].at(
                    path, what=what, range=range_, server=key, address=address
                )


def subnets(topology: models.Topology) -> Iterator[Finding]:
    """Networks whose groups hang on subnets: those that have no such groups, and what it does to others."""
    for key, declared in topology.networks.items():
        if declared.attach_to is not models.Attachment.SUBNETS:
            continue
        path: Path = ("networks", key, "attach_to")
        why = declared.platform.facts.no_subnets
        if why:
            yield BY_CODE["cannot-attach-to-subnets"].at(
                path, network=key, why=why, fix="Remove `attach_to`."
            )
        elif managed(topology, key) and _is_used(topology, key):
            yield BY_CODE["subnet-attachment"].at(path, network=key)


def _is_used(topology: models.Topology, key: str) -> bool:
    sites = (site for site in topology.sites.values() if site.network == key)
    return any(site.servers for site in sites) or any(
        edge.network == key for edge in topology.edge_servers.values()
    )


def subnets_of_one_server(topology: models.Topology) -> Iterator[Finding]:
    """Edge servers with an adapter in each zone: the group of a subnet is that of one zone."""
    for key, edge in topology.edge_servers.items():
        declared = topology.networks.get(edge.network)
        if declared is None or declared.attach_to is not models.Attachment.SUBNETS:
            continue
        places = [network(str(address)) for address in edge.addresses]
        inside = [place for place in places if covers(declared.internal, (place,))]
        if inside and any(covers(declared.perimeter, (place,)) for place in places):
            yield BY_CODE["cannot-attach-to-subnets"].at(
                ("edge_servers", key, "address"),
                network=edge.network,
                why=f"the Edge server has a NIC in each zone. The subnet of "
                f"{listed(place.network_address for place in inside)} would have no rules for it, so "
                "Azure's default rules would apply.",
                fix=f"Remove `attach_to`, or give {key} addresses of the perimeter only.",
            )
