"""What a topology must not say, and what it had better not: checks across its fields.

Each check is one small function from the topology to its findings; the tables at the end list
them. The documented rules V1 to V12 stand in `exchange.md` 3. Must not know: flows or clouds'
rules.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import Final

from exchange_ports.catalog import BY_ID, MANAGEMENT, PLAIN_TEXT_PORTS, SERVICES, Part
from exchange_ports.findings import Finding, Path
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.models import (
    AdditionalFlow,
    Addresses,
    ClientSource,
    EdgeServer,
    Inbound,
    NameServers,
    Network,
    OutboundPath,
    Platform,
    Role,
    Server,
    Site,
    Topology,
)
from exchange_ports.topology.parts import mailbox_servers, outbound_path, sites_with
from exchange_ports.topology.values import INTERNET_WORD, ROLE_WORDS, End, ends_of
from exchange_ports.traffic.addresses import Network as Range
from exchange_ports.traffic.addresses import covers, inside, network, overlap

__all__ = ["check"]

Check = Callable[[Topology], Iterator[Finding]]


def check(topology: Topology, at: Path = ("topology",)) -> tuple[Finding, ...]:
    """Everything that is wrong or unwise; `at` is where the topology stands.

    Later checks take for granted what earlier ones found to hold, so they are made only then.
    """
    found: list[Finding] = []
    for stage in _STAGES:
        found += [finding for each in stage for finding in each(topology)]
        if any(finding.is_error for finding in found):
            break
    return tuple(finding.under(at) for finding in found)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


def _servers(topology: Topology) -> Iterator[tuple[str, Site, str, Server]]:
    for site_key, site in topology.sites.items():
        for key, server in site.servers.items():
            yield site_key, site, key, server


# --- What cannot be realised yet -------------------------------------------------------------


def _not_realised(topology: Topology) -> Iterator[Finding]:
    kind = BY_CODE["not-realised"]
    for key, declared in topology.networks.items():
        if declared.platform is Platform.EXTERNAL:
            yield kind.at(
                ("networks", key, "platform"),
                what="an external network",
                fix="leave it out: neighbours elsewhere are declared by address at their site",
            )
    managed = {site.network for site in topology.sites.values() if site.servers}
    managed |= {edge.network for edge in topology.edge_servers.values()}
    if len(managed) > 1:
        yield kind.at(
            ("networks",),
            what=f"servers in more than one network ({_listed(sorted(managed))})",
            fix="declare the servers of one network; neighbours elsewhere go by address",
        )
    for key, edge in topology.edge_servers.items():
        if edge.subscribed_site is None:
            yield kind.at(
                ("edge_servers", key),
                what="an Edge server without a subscription",
                fix="add `subscribed_site:` with the site it is subscribed to",
            )
    outbound = topology.mail_flow.outbound
    if isinstance(outbound, tuple):
        yield kind.at(
            ("mail_flow", "outbound"),
            what="more than one Send connector",
            fix="declare one: {through: ..., next_hop: ...}",
        )
    elif outbound is not None and outbound.servers is not None:
        yield kind.at(
            ("mail_flow", "outbound", "servers"),
            what="a Send connector of some Mailbox servers only",
            fix="leave `servers` out: every Mailbox server may send",
        )
    for side in ("internal", "edge"):
        if isinstance(getattr(topology.name_servers, side), dict):
            yield kind.at(
                ("name_servers", side),
                what="name servers by network",
                fix="list the addresses: [...]",
            )


# --- Names -----------------------------------------------------------------------------------


def _undeclared(path: Path, name: str, what: str, known: Iterable[str]) -> Finding:
    there = _listed(sorted(known)) or "nothing yet"
    return BY_CODE["undeclared"].at(path, name=name, what=what, fix=f"declared are: {there}")


def _names(topology: Topology) -> Iterator[Finding]:
    networks, sites = topology.networks, topology.sites
    for key, site in sites.items():
        if site.network not in networks:
            yield _undeclared(("sites", key, "network"), site.network, "a network", networks)
    for key, edge in topology.edge_servers.items():
        path = ("edge_servers", key)
        if edge.network not in networks:
            yield _undeclared((*path, "network"), edge.network, "a network", networks)
        if edge.subscribed_site is not None and edge.subscribed_site not in sites:
            yield _undeclared((*path, "subscribed_site"), edge.subscribed_site, "a site", sites)
        elif edge.subscribed_site is not None:
            known = mailbox_servers(sites[edge.subscribed_site])
            what = f"a Mailbox server of site {edge.subscribed_site}"
            for index, name in enumerate(edge.edgesync_except):
                if name not in known:
                    yield _undeclared((*path, "edgesync_except", index), name, what, known)
    for key, client in topology.clients.items():
        yield from _sites_named(("clients", key, "to"), client.to, sites)
    inbound = topology.mail_flow.inbound
    if isinstance(inbound, Inbound):
        yield from _sites_named(("mail_flow", "inbound", "to"), inbound.to, sites)
    for path, end in _ends(topology):
        yield from _end_named(topology, path, end)


def _sites_named(
    path: Path, named: tuple[str, ...] | None, sites: dict[str, Site]
) -> Iterator[Finding]:
    for index, name in enumerate(named or ()):
        if name not in sites:
            yield _undeclared((*path, index), name, "a site", sites)


def _ends(topology: Topology) -> Iterator[tuple[Path, End]]:
    for index, flow in enumerate(topology.additional_flows):
        for key, declared in (("from", flow.source), ("to", flow.to)):
            for place, end in enumerate(ends_of(declared)):
                one = isinstance(declared, End)
                yield ("additional_flows", index, key, *(() if one else (place,))), end


def _end_named(topology: Topology, path: Path, end: End) -> Iterator[Finding]:
    if end.site is not None and end.site not in topology.sites:
        yield _undeclared(path, end.site, "a site", topology.sites)
        return
    if end.range_ is not None or end.word == INTERNET_WORD:
        return
    if end.word in ROLE_WORDS:
        if not _plays(topology, end):
            yield BY_CODE["flow-to-nobody"].at(path, end=end)
        return
    servers = {key: server for _, _, key, server in _servers(topology)}
    if end.word in servers:
        if not servers[end.word].own_group:
            role = servers[end.word].roles[0]
            yield BY_CODE["server-without-group"].at(path, server=end.word, role=role)
    elif end.word not in topology.edge_servers:
        known = [*ROLE_WORDS, INTERNET_WORD, *servers, *topology.edge_servers]
        yield _undeclared(path, end.word, "a server or a role", known)


def _plays(topology: Topology, end: End) -> bool:
    """Whether any server plays the role that an end names."""
    if end.word == "edge":
        return any(
            end.site in (None, edge.subscribed_site) for edge in topology.edge_servers.values()
        )
    return any(
        end.site in (None, site) and (end.word == "exchange" or end.word in server.roles)
        for site, _, _, server in _servers(topology)
    )


def _reserved(topology: Topology) -> Iterator[Finding]:
    taken = {*ROLE_WORDS, INTERNET_WORD}
    for site, _, key, _ in _servers(topology):
        if key.lower() in taken:
            yield BY_CODE["reserved-name"].at(("sites", site, "servers", key), name=key)
    for key in topology.edge_servers:
        if key.lower() in taken:
            yield BY_CODE["reserved-name"].at(("edge_servers", key), name=key)


def _twice(topology: Topology) -> Iterator[Finding]:
    """Names and identities that clouds or people could not tell apart."""
    servers: list[tuple[str, str, Path]] = []
    for site, _, key, server in _servers(topology):
        path: Path = ("sites", site, "servers", key)
        servers += [(name, f"a server of site {site}", path) for name in _identities(key, server)]
    for key, edge in topology.edge_servers.items():
        names = _identities(key, edge)
        servers += [(name, "an Edge server", ("edge_servers", key)) for name in names]
    yield from _repeated(servers)
    for field, what in (("sites", "a site"), ("networks", "a network")):
        declared: dict[str, Site | Network] = getattr(topology, field)
        yield from _repeated(
            (name, what, (field, key))
            for key, each in declared.items()
            for name in _identities(key, each)
        )


def _identities(key: str, declared: Server | EdgeServer | Site | Network) -> set[str]:
    return {key, declared.id or key}


def _repeated(named: Iterable[tuple[str, str, Path]]) -> Iterator[Finding]:
    first: dict[str, tuple[str, str, Path]] = {}
    for name, what, path in named:
        before = first.setdefault(name.lower(), (name, what, path))
        if before[2] == path:
            continue
        if {what, before[1]} > {"an Edge server"}:
            yield BY_CODE["edge-shares-role"].at(
                path,
                server=name,
                role=what,
                fix="remove it from `servers`: `edge_servers` already has it",
            )
        else:
            other = before[1] if before[0] == name else f"{before[1]} as {before[0]}"
            yield BY_CODE["name-used-twice"].at(path, name=name, one=what, other=other)


# --- Roles -----------------------------------------------------------------------------------


def _roles(topology: Topology) -> Iterator[Finding]:
    served = sites_with(topology, Role.CLIENT_ACCESS)
    stored = sites_with(topology, Role.MAILBOX)
    for role, sites in ((Role.CLIENT_ACCESS, served), (Role.MAILBOX, stored)):
        if not sites:
            yield BY_CODE["organization-without-role"].at(("sites",), role=role)
    if served:
        for site in stored:
            if site not in served:
                yield BY_CODE["mailbox-without-client-access"].at(("sites", site), site=site)
    for key, edge in topology.edge_servers.items():
        site = edge.subscribed_site
        if site is not None and site not in stored:
            path = ("edge_servers", key, "subscribed_site")
            yield BY_CODE["subscription-without-mailbox"].at(path, edge=key, site=site)
    if not any(site.domain_controllers for site in topology.sites.values()):
        yield BY_CODE["no-domain-controller"].at(("sites",))


def _asked_sites(topology: Topology) -> Iterator[Finding]:
    served = sites_with(topology, Role.CLIENT_ACCESS)
    asked: list[tuple[Path, tuple[str, ...] | None]] = [
        (("clients", key, "to"), client.to) for key, client in topology.clients.items()
    ]
    inbound = topology.mail_flow.inbound
    if isinstance(inbound, Inbound):
        asked.append((("mail_flow", "inbound", "to"), inbound.to))
    for path, sites in asked:
        for index, site in enumerate(sites or ()):
            if site not in served:
                yield BY_CODE["no-server-to-serve"].at((*path, index), site=site)


# --- Zones and addresses ---------------------------------------------------------------------


def _zones(topology: Topology) -> Iterator[tuple[Path, str, str, Range]]:
    for key, declared in topology.networks.items():
        for zone in ("internal", "perimeter"):
            ranges: tuple[Range, ...] = getattr(declared, zone)
            for index, range_ in enumerate(ranges):
                yield ("networks", key, zone, index), f"{zone} of {key}", zone, range_


def _ranges(topology: Topology) -> Iterator[Finding]:
    blocks = topology.private_blocks
    for path, _, _, range_ in _zones(topology):
        # IPv6 has no private blocks to speak of: its Internet is one prefix, and holds the zones.
        if range_.version == blocks[0].version and not covers(blocks, (range_,)):
            yield BY_CODE["zone-outside-private-blocks"].at(
                path, range=range_, blocks=_listed(blocks)
            )
    for (_, one, _, a), (path, other, _, b) in combinations(_zones(topology), 2):
        if overlap(a, b):
            yield BY_CODE["zones-overlap"].at(
                path, range=b, zone=other, other_range=a, other_zone=one
            )


def _places(topology: Topology) -> Iterator[Finding]:
    for site_key, site, key, server in _servers(topology):
        declared = topology.networks[site.network]
        path: Path = ("sites", site_key, "servers", key, "address")
        if server.address is None:
            continue
        address = network(str(server.address))
        if covers(declared.perimeter, (address,)):
            yield BY_CODE["internal-server-in-perimeter"].at(
                path, server=key, roles=_listed(server.roles), network=site.network
            )
        elif not covers(declared.internal, (address,)):
            yield _outside(path, key, address, "internal", site.network, declared.internal)
    for key, edge in topology.edge_servers.items():
        declared = topology.networks[edge.network]
        path = ("edge_servers", key)
        if not declared.perimeter:
            yield BY_CODE["no-perimeter"].at((*path, "network"), edge=key, network=edge.network)
        elif edge.address is not None:
            address = network(str(edge.address))
            if not covers(declared.perimeter, (address,)):
                yield _outside(
                    (*path, "address"), key, address, "perimeter", edge.network, declared.perimeter
                )


def _outside(
    path: Path, server: str, address: Range, zone: str, key: str, ranges: Iterable[Range]
) -> Finding:
    return BY_CODE["address-outside-zone"].at(
        path,
        server=server,
        address=address.network_address,
        zone=zone,
        network=key,
        ranges=_listed(ranges),
    )


def _same_address(topology: Topology) -> Iterator[Finding]:
    first: dict[object, str] = {}
    everyone: list[tuple[Path, str, Server | EdgeServer]] = [
        (("sites", site, "servers", key), key, server)
        for site, _, key, server in _servers(topology)
    ]
    everyone += [(("edge_servers", key), key, e) for key, e in topology.edge_servers.items()]
    for path, key, server in everyone:
        if server.address is not None and first.setdefault(server.address, key) != key:
            yield BY_CODE["address-used-twice"].at(
                (*path, "address"), server=key, other=first[server.address], address=server.address
            )


def _fabric(topology: Topology) -> Iterator[Finding]:
    """Neighbours of the fabric must not reach into a perimeter: everything passes to them."""
    perimeters = [each for each in _zones(topology) if each[2] == "perimeter"]
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


# --- Mail, names, sender reputation ----------------------------------------------------------


def _mail(topology: Topology) -> Iterator[Finding]:
    outbound = outbound_path(topology)
    path = ("mail_flow", "outbound", "through")
    if outbound.through is OutboundPath.EDGE and not topology.edge_servers:
        yield BY_CODE["outbound-without-edge"].at(path)
    if outbound.through is OutboundPath.CLIENT_ACCESS:
        for site in sorted({e.subscribed_site or "" for e in topology.edge_servers.values()}):
            yield BY_CODE["proxied-past-edge"].at(path, site=site)
    if topology.edge_servers and topology.name_servers.edge is None:
        yield BY_CODE["edge-without-name-servers"].at(("name_servers",))
    if topology.sender_reputation is not None and not topology.edge_servers:
        yield BY_CODE["proxy-without-edge"].at(("sender_reputation",))


# --- Additional flows ------------------------------------------------------------------------


def _additional(topology: Topology) -> Iterator[Finding]:
    for index, flow in enumerate(topology.additional_flows):
        path: Path = ("additional_flows", index)
        for source in ends_of(flow.source):
            for to in ends_of(flow.to):
                if not any(_ours(end) for end in (source, to)):
                    yield BY_CODE["flow-without-us"].at(path, source=source, to=to)
                elif not flow.accept_risk:
                    why = _risk(topology, source, to)
                    if why is not None:
                        yield BY_CODE["needs-accept-risk"].at(path, source=source, to=to, why=why)


def _ours(end: End) -> bool:
    return end.range_ is None and end.word != INTERNET_WORD


def _risk(topology: Topology, source: End, to: End) -> str | None:
    """Why a flow needs its risk accepted; none where it does not."""
    for end in (source, to):
        if end.word == "edge" or end.word in topology.edge_servers or _in_perimeter(topology, end):
            return f"{end} is in the perimeter, which is there to be closed"
    if _from_internet(topology, source) and _reaches_mailbox(topology, to):
        return f"{to} includes a Mailbox server, and those are not for the Internet (V4)"
    return None


def _in_perimeter(topology: Topology, end: End) -> bool:
    range_ = end.range_
    return range_ is not None and any(
        zone == "perimeter" and overlap(range_, other) for _, _, zone, other in _zones(topology)
    )


def _from_internet(topology: Topology, end: End) -> bool:
    """Whether an end holds any address outside the organization's own."""
    if end.range_ is None:
        return end.word == INTERNET_WORD
    zones = tuple(range_ for _, _, _, range_ in _zones(topology))
    own = (*topology.private_blocks, *zones)
    return not covers([each for each in own if each.version == end.range_.version], (end.range_,))


def _reaches_mailbox(topology: Topology, end: End) -> bool:
    return any(
        Role.MAILBOX in server.roles
        and (
            end.word == key
            or ((end.word == "exchange" or end.word in server.roles) and end.site in (None, site))
        )
        for site, _, key, server in _servers(topology)
    )


# --- Legal, but unwise -----------------------------------------------------------------------


def _port_25(topology: Topology) -> Iterator[Finding]:
    outbound = outbound_path(topology)
    if outbound.through is OutboundPath.NONE or outbound.next_hop != "internet":
        return
    who, entry = {
        OutboundPath.EDGE: (Part.EDGE, BY_ID["E4"]),
        OutboundPath.MAILBOX: (Part.MAILBOX, BY_ID["M2"]),
        OutboundPath.CLIENT_ACCESS: (Part.CLIENT_ACCESS, BY_ID["M3"]),
    }[outbound.through]
    path = ("mail_flow", "outbound") if topology.mail_flow.outbound else ("edge_servers",)
    for platform in sorted({n.platform for n in topology.networks.values()}):
        if platform in _PORT_25:
            cloud, why, fix = _PORT_25[platform]
            yield BY_CODE["port-25-blocked"].at(
                path, who=who.value, port=_listed(entry.ports), cloud=cloud, why=why, fix=fix
            )
        if platform is Platform.AZURE:
            yield BY_CODE["azure-sends-directly"].at(path)


_PORT_25: Final = {
    Platform.AWS: (
        "AWS",
        "EC2 drops such mail to public addresses whatever the rules say, until AWS lifts it for the "
        "account and Region",
        'send AWS a "Request to remove email sending limitations", or use a smart host',
    ),
    Platform.AZURE: (
        "Azure",
        "Azure lets it out under an Enterprise Agreement only",
        "use a smart host, or make sure of the subscription's agreement",
    ),
}


def _plain_text(topology: Topology) -> Iterator[Finding]:
    for key, client in topology.clients.items():
        if not _public(topology, client):
            continue
        for index, service in enumerate(client.services):
            if service in PLAIN_TEXT_PORTS:
                protocol = SERVICES[service].ports[0].protocol
                yield BY_CODE["plain-text-from-internet"].at(
                    ("clients", key, "services", index),
                    name=key,
                    service=service,
                    port=f"{PLAIN_TEXT_PORTS[service]}/{protocol}",
                )


def _public(topology: Topology, client: ClientSource) -> bool:
    if isinstance(client.source, str):
        return True
    return any(
        _from_internet(topology, End("", None, range_))
        # An organization's own IPv6 addresses are public ones too; a range of a registry's usual
        # allocation or longer is taken to be somebody's in particular.
        and (range_.version == _V4 or range_.prefixlen < _USUAL_IPV6_ALLOCATION)
        for range_ in client.source
    )


_V4: Final = 4
#: What an Internet registry hands to a provider at least (RIPE-738, ARIN NRPM 6.5).
_USUAL_IPV6_ALLOCATION: Final = 32


def _edge_resolver(topology: Topology) -> Iterator[Finding]:
    declared: NameServers = topology.name_servers
    path = ("name_servers", "edge")
    if declared.edge == "domain_controllers":
        yield BY_CODE["edge-asks-domain-controller"].at(path, server="domain_controllers")
    if not isinstance(declared.edge, tuple):
        return
    controllers = [
        range_
        for site in topology.sites.values()
        if site.domain_controllers
        for range_ in site.domain_controllers.addresses
    ]
    for index, address in enumerate(declared.edge):
        if any(inside(network(str(address)), range_) for range_ in controllers):
            yield BY_CODE["edge-asks-domain-controller"].at((*path, index), server=address)


def _management(topology: Topology) -> Iterator[Finding]:
    ways_in = [flow for flow in topology.additional_flows if _administers(flow)]
    asked: list[tuple[str, tuple[str, ...], Path]] = [
        ("internal Exchange servers", ("exchange", "client_access", "mailbox"), ("sites",))
    ]
    if topology.edge_servers:
        asked.append(("Edge servers", ("edge", *topology.edge_servers), ("edge_servers",)))
    internal = {key for _, _, key, _ in _servers(topology)}
    for who, words, path in asked:
        named = {end.word for flow in ways_in for end in ends_of(flow.to)}
        if not named & ({*words} | (internal if path == ("sites",) else set())):
            ports = f"{MANAGEMENT.ranges[-2]}/{MANAGEMENT.protocol}"
            yield BY_CODE["no-management"].at(path, who=who, ports=ports)


def _administers(flow: AdditionalFlow) -> bool:
    return any(ports.covers(single) for ports in flow.ports for single in MANAGEMENT.one_by_one())


def _reputation(topology: Topology) -> Iterator[Finding]:
    if not topology.edge_servers:
        return
    if topology.sender_reputation is None:
        yield BY_CODE["sender-reputation-open"].at(())
    if topology.sender_reputation == "direct":
        ports = _listed(BY_ID["E8d"].ports)
        yield BY_CODE["probes-to-anywhere"].at(("sender_reputation",), ports=ports)


#: Each stage takes for granted that the one before found no error.
_STAGES: Final[tuple[tuple[Check, ...], ...]] = (
    (_not_realised, _names, _reserved, _twice, _roles, _ranges),
    (_asked_sites, _places, _same_address, _fabric, _mail, _additional),
    (_port_25, _plain_text, _edge_resolver, _management, _reputation),
)
