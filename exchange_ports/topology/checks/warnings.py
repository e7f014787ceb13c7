"""Legal, but unwise: warnings."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from exchange_ports.catalog import (
    BY_ID,
    MANAGEMENT,
    PLAIN_TEXT_PORTS,
    SERVICES,
    SMTP_PORT,
    UPDATES,
    Need,
    Part,
    Service,
)
from exchange_ports.findings import Finding, Path, nearest
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology import models
from exchange_ports.topology.checks.naming import (
    NamedServers,
    connectors,
    from_internet,
    listed,
    managed,
    managed_edges,
    neighbors,
    servers,
)
from exchange_ports.topology.fields import FlowEnd, ends_of
from exchange_ports.topology.groups import (
    ServerRole,
    identity,
    retirable_groups,
    roles_of,
    send_connectors,
    version_of,
)
from exchange_ports.topology.inventory import Inventory
from exchange_ports.traffic.addresses import GLOBAL_UNICAST, inside, network, overlap
from exchange_ports.traffic.ports import Ports
from exchange_ports.versions import Article, Version


def port_25(topology: models.Topology) -> Iterator[Finding]:
    """Mail straight to the Internet, which clouds block or do not support (exchange.md 12)."""
    usual = ((("edge_servers",), connector) for connector in send_connectors(topology))
    for path, connector in list(connectors(topology)) or usual:
        blocked = list(_blocked_hops(topology, path, connector))
        who, entry = _SENDERS[connector.through]
        if all(version_of(topology, each).facts.combined for _, _, _, each in servers(topology)):
            who = who.within(Article.LATER)
        for platform in sorted(_platforms(topology, connector)) if blocked else ():
            facts = platform.facts.port_25
            if facts is None:
                continue
            for place in blocked:
                yield BY_CODE["port-25-blocked"].at(
                    place,
                    who=who.value,
                    port=listed(entry.ports),
                    cloud=platform.summary,
                    why=facts.why,
                    fix=facts.fix,
                )
            if facts.direct and isinstance(connector.next_hop, str):
                yield BY_CODE[facts.direct].at(path)


def _blocked_hops(
    topology: models.Topology, path: Path, connector: models.Outbound
) -> Iterator[Path]:
    """Where a connector sends to public addresses on the port that clouds block."""
    if isinstance(connector.next_hop, str):
        yield path
        return
    for index, hop in enumerate(connector.next_hop):
        place = network(str(hop.address))
        if hop.port == SMTP_PORT and from_internet(topology, FlowEnd("", None, place)):
            yield (*path, "next_hop", index)


def _platforms(topology: models.Topology, connector: models.Outbound) -> set[models.Platform]:
    """The clouds that mail of a connector leaves from."""
    named = connector.servers
    if connector.through is models.OutboundPath.EDGE:
        used = {
            edge.network
            for key, edge in topology.edge_servers.items()
            if edge.sends
            and (named is None or key in named)
            and (connector.sites is None or edge.site in connector.sites)
        }
    else:
        used = {
            site.network or ""
            for key, site, name, _ in servers(topology)
            if (named is None or name in named)
            and (connector.sites is None or key in connector.sites)
        }
    return {topology.networks[key].platform for key in used if key in topology.networks}


_SENDERS: Final = {
    models.OutboundPath.EDGE: (Part.EDGE, BY_ID["E4"]),
    models.OutboundPath.MAILBOX: (Part.MAILBOX, BY_ID["M2"]),
    models.OutboundPath.CLIENT_ACCESS: (Part.CLIENT_ACCESS, BY_ID["M3"]),
}


def plain_text(topology: models.Topology) -> Iterator[Finding]:
    """Services that send passwords in the clear, offered to the Internet."""
    for key, client in topology.clients.items():
        if not _public(topology, client):
            continue
        for index, service in enumerate(client.services):
            ports = _plain_ports(topology, service)
            if ports:
                known = not isinstance(client.source, str)
                yield BY_CODE["plain-text-from-internet"].at(
                    ("clients", key, "services", index),
                    name=key,
                    service=service,
                    port=" or ".join(ports),
                    fix="connect these clients through a private network"
                    if known
                    else "allow only known ranges: `from: [203.0.113.0/24]`",
                )


def _plain_ports(topology: models.Topology, service: Service) -> list[str]:
    """The ports of a service that may carry a password in the clear."""
    plain = PLAIN_TEXT_PORTS.get(service)
    if plain is None:
        return []
    usual = SERVICES[service].ports[0]
    rebound = topology.service_ports.get(service)
    if rebound is None:
        return [f"{plain}/{usual.protocol}"]
    # Which of them is the plain one is not declared; the product's own secure port is not.
    secure = [each for each in usual.one_by_one() if each.ranges[0].first != plain]
    return [str(each) for each in rebound if each not in secure]


def _public(topology: models.Topology, client: models.ClientSource) -> bool:
    if isinstance(client.source, str):
        return True
    return any(
        from_internet(topology, FlowEnd("", None, range_))
        # An organization's own IPv6 addresses are public ones too; a range of a registry's usual
        # allocation or longer is taken to be somebody's in particular.
        and (range_.version == _V4 or range_.prefixlen < _USUAL_IPV6_ALLOCATION)
        for range_ in client.source
    )


_V4: Final = 4


#: What an Internet registry hands to a provider at least (RIPE-738, ARIN NRPM 6.5).
_USUAL_IPV6_ALLOCATION: Final = 32


def edge_name_servers(topology: models.Topology) -> Iterator[Finding]:
    """Edge servers that ask a domain controller for names."""
    declared = topology.name_servers.edge
    path: Path = ("name_servers", "edge")
    if isinstance(declared, dict):
        for network_key, one in declared.items():
            yield from _asks_controller(topology, (*path, network_key), one)
    elif declared is not None:
        yield from _asks_controller(topology, path, declared)


def _asks_controller(
    topology: models.Topology, path: Path, declared: str | tuple[IPv4Address | IPv6Address, ...]
) -> Iterator[Finding]:
    if declared == "domain_controllers":
        yield BY_CODE["edge-uses-domain-controller-dns"].at(path, server="domain_controllers")
    if isinstance(declared, str):
        return
    controllers = [r for _, what, r in neighbors(topology) if what == "domain controllers"]
    for index, address in enumerate(declared):
        if any(inside(network(str(address)), range_) for range_ in controllers):
            yield BY_CODE["edge-uses-domain-controller-dns"].at((*path, index), server=address)


def unsubscribed_edge(topology: models.Topology) -> Iterator[Finding]:
    """Edge servers that exchange mail by connectors made by hand."""
    for key, edge in topology.edge_servers.items():
        if edge.subscribed_site is None and edge.manual_connectors_site in topology.sites:
            path: Path = ("edge_servers", key, "manual_connectors_site")
            yield BY_CODE["edge-unsubscribed"].at(path, edge=key, site=edge.manual_connectors_site)


def older_edge(topology: models.Topology) -> Iterator[Finding]:
    """Older Edge servers that deliver to servers on which the front end owns the port (A-05)."""
    both = {ServerRole.CLIENT_ACCESS, ServerRole.MAILBOX}
    for key, edge in topology.edge_servers.items():
        if (
            version_of(topology, edge) not in _WITHOUT_FRONT_END
            or edge.delivery_port != SMTP_PORT
            or not edge.receives
        ):
            continue
        site = topology.sites.get(edge.site)
        for name, server in site.servers.items() if site else ():
            if both <= roles_of(topology, server):
                yield BY_CODE["older-edge-delivery-port"].at(
                    ("edge_servers", key, "version"),
                    edge=key,
                    version=version_of(topology, edge),
                    server=name,
                    port=edge.delivery_port,
                )
                break


#: Edge servers of later versions deliver to the Front End Transport service.
_WITHOUT_FRONT_END: Final = (Version.EXCHANGE_2007, Version.EXCHANGE_2010)


def ipv6_residue(topology: models.Topology) -> Iterator[Finding]:
    """Networks whose own IPv6 addresses are Internet addresses too (A-22)."""
    for key, declared in topology.networks.items():
        own = [z for z in (*declared.internal, *declared.perimeter) if overlap(z, GLOBAL_UNICAST)]
        if own and managed(topology, key):
            yield BY_CODE["ipv6-internet-covers-zones"].at(
                ("networks", key), network=key, zones=listed(own), internet=GLOBAL_UNICAST
            )


def internet_any(topology: models.Topology) -> Iterator[Finding]:
    """Networks in which the Internet is any address: two such ends meet inside."""
    for key, declared in topology.networks.items():
        if declared.internet == "any":
            yield BY_CODE["internet-any"].at(("networks", key, "internet"), network=key)


def management(topology: models.Topology) -> Iterator[Finding]:
    """Servers that no rule allows to administer."""
    ways_in = [
        flow for flow in topology.additional_flows if _serves(flow, Need.REMOTE_DESKTOP, MANAGEMENT)
    ]
    asked: list[tuple[str, tuple[str, ...], Path]] = [
        ("internal Exchange servers", ("exchange", "client_access", "mailbox"), ("sites",))
    ]
    edges = managed_edges(topology)
    if edges:
        asked.append(("Edge servers", ("edge", *edges), ("edge_servers",)))
    internal = {key for _, site, key, _ in servers(topology) if managed(topology, site.network)}
    if not internal:
        asked = [each for each in asked if each[2] != ("sites",)]
    for who, words, path in asked:
        named = {end.word for flow in ways_in for end in ends_of(flow.to)}
        if not named & ({*words} | (internal if path == ("sites",) else set())):
            ports = f"{MANAGEMENT.ranges[-2]}/{MANAGEMENT.protocol}"
            to = "exchange" if path == ("sites",) else "edge"
            # From the internal zone to the perimeter, it is risky traffic.
            accept = "" if path == ("sites",) else ", accept_risk: true"
            facts = {"who": who, "to": to, "ports": ports, "accept": accept}
            yield BY_CODE["no-administration"].at(path, **facts)


def _serves(flow: models.AdditionalFlow, need: Need, ports: Ports) -> bool:
    """Whether a flow names a need, or meets the ports by which it is usually met."""
    return flow.need is need or any(each.meets(ports) for each in flow.ports or ())


def updates(topology: models.Topology) -> Iterator[Finding]:
    """Servers that can fetch no updates."""
    outgoing = [
        flow for flow in topology.additional_flows if _serves(flow, Need.WINDOWS_UPDATE, UPDATES)
    ]
    named = NamedServers(topology)
    sources = [each for flow in outgoing for end in ends_of(flow.source) for each in named.by(end)]
    reached = {each.path[0] for each in sources}
    for who, where, there, facts in (
        (
            "internal Exchange servers",
            "sites",
            _managed_inside(topology),
            {"source": "exchange", "accept": ""},
        ),
        (
            "Edge servers",
            "edge_servers",
            bool(managed_edges(topology)),
            # From the perimeter, it is risky traffic.
            {"source": "edge", "accept": ", accept_risk: true"},
        ),
    ):
        if there and where not in reached:
            yield BY_CODE["no-updates"].at((where,), who=who, **facts)


def _managed_inside(topology: models.Topology) -> bool:
    return any(managed(topology, site.network) for _, site, _, _ in servers(topology))


def sender_reputation(topology: models.Topology) -> Iterator[Finding]:
    """Open proxy detection that nothing is declared for, or that probes anywhere."""
    if not managed_edges(topology):
        return
    if topology.sender_reputation is None:
        yield BY_CODE["sender-reputation-undeclared"].at(())
    if topology.sender_reputation == "direct":
        ports = listed(BY_ID["E8d"].ports)
        yield BY_CODE["probes-to-any"].at(("sender_reputation",), ports=ports)


def groups(topology: models.Topology) -> Iterator[Finding]:
    """Keys of groups that cannot exist, and groups that still have declared servers as members."""
    for key, declared in topology.networks.items():
        if not declared.retired_groups:
            continue
        here = identity(key, declared)
        known, member_of = retirable_groups(topology, here), _groups_with_members(topology, here)
        for place, group in enumerate(declared.retired_groups):
            path: Path = ("networks", key, "retired_groups", place)
            if declared.platform is models.Platform.EXTERNAL:
                what, fix = "group", "Remove the entry: an external network has no groups."
                yield BY_CODE["undeclared"].at(path, name=group, what=what, fix=fix)
            elif group not in known:
                meant = nearest(group, known)
                fix = (
                    f'Did you mean "{meant}"?'
                    if meant
                    else "Remove the entry before you remove the site or server from the topology."
                )
                what = "group of a declared site or server"
                yield BY_CODE["undeclared"].at(path, name=group, what=what, fix=fix)
            elif group in member_of:
                yield BY_CODE["retired-group-attached"].at(path, group=group, network=key)


def _groups_with_members(topology: models.Topology, network: str) -> set[str]:
    """The keys of the groups with members in a network; none where a server's network is unknown."""
    places = [site.network for site in topology.sites.values() if site.servers]
    places += [edge.network for edge in topology.edge_servers.values()]
    if not set(places) <= set(topology.networks):
        return set()
    return {group.key for group in Inventory(topology).members if group.network == network}
