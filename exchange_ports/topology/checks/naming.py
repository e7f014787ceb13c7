"""Names: declared where they are used, told apart by people and clouds."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, cast

from exchange_ports.findings import Finding, Path, nearest
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology import models
from exchange_ports.topology.fields import (
    INTERNET_WORD,
    ROLE_WORDS,
    EndpointKind,
    FlowEnd,
    cloud_name,
    ends_of,
)
from exchange_ports.topology.groups import (
    ServerRole,
    has_own_group,
    is_published,
    mailbox_servers,
    roles_of,
)
from exchange_ports.traffic.addresses import Network as Range
from exchange_ports.traffic.addresses import covers, inside, network


def undeclared(topology: models.Topology) -> Iterator[Finding]:
    """Names that are used and declared nowhere."""
    networks, sites = topology.networks, topology.sites
    for key, site in sites.items():
        if site.network is not None and site.network not in networks:
            yield unknown(("sites", key, "network"), site.network, "network", networks)
        elif site.network is None and site.servers:
            network = min(networks, default="...")
            yield BY_CODE["site-without-network"].at(("sites", key), site=key, network=network)
    for key, edge in topology.edge_servers.items():
        yield from _of_edge(topology, ("edge_servers", key), edge)
    for path, named in _sites_named(topology):
        yield from _all_known(path, named, "site", sites)
    yield from _taking(topology)
    yield from _connectors(topology)
    yield from _telephony(topology)
    for side in ("internal", "edge"):
        by_network = getattr(topology.name_servers, side)
        if isinstance(by_network, dict):
            for name in cast("dict[str, object]", by_network):
                if name not in networks:
                    yield unknown(("name_servers", side, name), name, "network", networks)
    named = NamedServers(topology)
    internal = {key: server for _, _, key, server in servers(topology)}
    for path, end in ends(topology):
        yield from _end_named(topology, path, end, named, internal)


def _of_edge(topology: models.Topology, path: Path, edge: models.EdgeServer) -> Iterator[Finding]:
    networks, sites = topology.networks, topology.sites
    if edge.network not in networks:
        yield unknown((*path, "network"), edge.network, "network", networks)
    for field in ("subscribed_site", "manual_connectors_site"):
        named: str | None = getattr(edge, field)
        if named is not None and named not in sites:
            yield unknown((*path, field), named, "site", sites)
    if edge.site in sites:
        what = f"Mailbox server of site {edge.site}"
        known = mailbox_servers(topology, sites[edge.site])
        yield from _all_known((*path, "edgesync_except"), edge.edgesync_except, what, known)


def _all_known(
    path: Path, named: Iterable[str], what: str, known: Collection[str]
) -> Iterator[Finding]:
    for index, name in enumerate(named):
        if name not in known:
            yield unknown((*path, index), name, what, known)


def _sites_named(topology: models.Topology) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Every list of sites alone, with its place."""
    for key, relay in topology.mail_flow.relays.items():
        yield ("mail_flow", "relays", key, "sites"), relay.sites or ()
    for key, witness in topology.witness_servers.items():
        yield ("witness_servers", key, "sites"), witness.sites or ()
    for path, connector in connectors(topology):
        yield (*path, "sites"), connector.sites or ()
    if topology.unified_messaging is not None:
        yield ("unified_messaging", "sites"), topology.unified_messaging.sites or ()


def sites_or_servers(
    topology: models.Topology,
) -> Iterator[tuple[Path, tuple[str, ...] | None]]:
    """Every list of sites or single Client Access servers, with its place."""
    for key, client in topology.clients.items():
        yield ("clients", key, "to"), client.to
    for path, way in inbound_ways(topology):
        yield (*path, "to"), way.to


def _taking(topology: models.Topology) -> Iterator[Finding]:
    """Single servers that clients or mail from outside go to."""
    internal = {key: server for _, _, key, server in servers(topology)}
    able = [
        k for k, each in internal.items() if ServerRole.CLIENT_ACCESS in roles_of(topology, each)
    ]
    what = "site or Client Access server"
    for path, named in sites_or_servers(topology):
        for index, name in enumerate(named or ()):
            at = (*path, index)
            if name in topology.sites:
                continue
            edge = name in topology.edge_servers or (name == "edge" and topology.edge_servers)
            if edge and path[0] == "mail_flow":
                fix = (
                    "Remove `to`: without it, Edge servers receive the mail. Set `receives: false` for Edge "
                    "servers that receive no mail."
                )
                yield BY_CODE["undeclared"].at(at, name=name, what=what, fix=fix)
            elif name not in able:
                yield unknown(at, name, what, {*topology.sites, *able})
            elif not internal[name].own_group:
                instead = f"its site {next(s for s, _, k, _ in servers(topology) if k == name)}"
                yield BY_CODE["server-without-group"].at(at, server=name, instead=instead)


def _connectors(topology: models.Topology) -> Iterator[Finding]:
    """The source servers of Send connectors, which need a group of their own to send alone."""
    internal = {key: server for _, _, key, server in servers(topology)}
    mailbox = [
        key for key, server in internal.items() if ServerRole.MAILBOX in roles_of(topology, server)
    ]
    for path, connector in connectors(topology):
        at_edge = connector.through is models.OutboundPath.EDGE
        known = list(topology.edge_servers) if at_edge else mailbox
        what = "Edge server" if at_edge else "Mailbox server"
        named = connector.servers or ()
        yield from _all_known((*path, "servers"), named, what, known)
        if connector.through is models.OutboundPath.CLIENT_ACCESS:
            continue
        for index, name in enumerate(named):
            edge = topology.edge_servers.get(name)
            alone = has_own_group(edge) if edge else name in internal and internal[name].own_group
            if name in known and not alone:
                yield BY_CODE["server-without-group"].at(
                    (*path, "servers", index), server=name, instead="its site in `sites`"
                )


def _telephony(topology: models.Topology) -> Iterator[Finding]:
    """Sites and single servers that peers of Unified Messaging name."""
    internal = {key: (site, server) for site, _, key, server in servers(topology)}
    for path, peer in sip_peers(topology):
        for index, name in enumerate(peer.to or ()):
            at: Path = (*path, "to", index)
            if name in topology.sites:
                continue
            if name not in internal:
                known = {*topology.sites, *internal}
                yield unknown(at, name, "site or internal Exchange server", known)
            elif not internal[name][1].own_group:
                instead = f"its site {internal[name][0]}"
                yield BY_CODE["server-without-group"].at(at, server=name, instead=instead)


def reserved(topology: models.Topology) -> Iterator[Finding]:
    """Servers called by a word that means something else in a flow."""
    taken = {*ROLE_WORDS, INTERNET_WORD}
    for site, _, key, _ in servers(topology):
        if key.lower() in taken:
            yield BY_CODE["reserved-name"].at(("sites", site, "servers", key), name=key)
    for key in topology.edge_servers:
        if key.lower() in taken:
            yield BY_CODE["reserved-name"].at(("edge_servers", key), name=key)


def used_twice(topology: models.Topology) -> Iterator[Finding]:
    """Names and identities that clouds or people could not tell apart."""
    named: list[tuple[str, str, Path]] = []
    for site, _, key, server in servers(topology):
        path: Path = ("sites", site, "servers", key)
        named += [(name, f"a server of site {site}", path) for name in _identities(key, server)]
    for key, edge in topology.edge_servers.items():
        names = _identities(key, edge)
        named += [(name, "an Edge server", ("edge_servers", key)) for name in names]
    yield from _repeated(named)
    for field, what in (("sites", "site"), ("networks", "network")):
        declared: dict[str, models.Site | models.Network] = getattr(topology, field)
        yield from _repeated(
            (name, f"{what} {key}", (field, key))
            for key, each in declared.items()
            for name in _identities(key, each)
        )


def unknown(path: Path, name: str, what: str, known: Collection[str]) -> Finding:
    """That a name is declared nowhere, with the one that is most like it."""
    meant = nearest(name, known)
    fix = (
        f'Did you mean "{meant}"?'
        if meant
        else f"Known names are {listed(sorted(known)) or 'none'}."
    )
    return BY_CODE["undeclared"].at(path, name=name, what=what, fix=fix)


def _end_named(
    topology: models.Topology,
    path: Path,
    end: FlowEnd,
    named: "NamedServers",
    internal: Mapping[str, models.Server],
) -> Iterator[Finding]:
    if end.site is not None and end.site not in topology.sites:
        yield unknown(path, end.site, "site", topology.sites)
        return
    if end.is_external:
        return
    if end.kind is EndpointKind.ROLE:
        if not named.by(end):
            yield BY_CODE["endpoint-without-servers"].at(path, end=end)
        return
    if end.word in internal:
        if not internal[end.word].own_group:
            role = f"its role, `{_first_role(topology, internal[end.word])}`"
            yield BY_CODE["server-without-group"].at(path, server=end.word, instead=role)
    elif end.word in topology.edge_servers:
        if not has_own_group(topology.edge_servers[end.word]):
            yield BY_CODE["server-without-group"].at(
                path, server=end.word, instead="its role, `edge`"
            )
    elif (pasted := cloud_name(end.word)) is not None:
        yield BY_CODE["cloud-name"].at(path, end=end.word, what=pasted.what, fix=pasted.fix)
    else:
        known = [*ROLE_WORDS, INTERNET_WORD, *internal, *topology.edge_servers]
        yield unknown(path, end.word, "server or role", known)


def _identities(
    key: str, declared: models.Server | models.EdgeServer | models.Site | models.Network
) -> set[str]:
    return {key, declared.id or key}


def _repeated(named: Iterable[tuple[str, str, Path]]) -> Iterator[Finding]:
    first: dict[str, tuple[str, str, Path]] = {}
    for name, what, path in named:
        before = first.setdefault(name.lower(), (name, what, path))
        if before[2] == path:
            continue
        if {what, before[1]} > {"an Edge server"}:
            inside = what if before[1] == "an Edge server" else before[1]
            yield BY_CODE["edge-shares-role"].at(
                path,
                server=name,
                role=inside,
                fix=f"Remove {name} from `servers`: it is in `edge_servers`.",
            )
        else:
            other = before[1] if before[0] == name else f'{before[1]} (as "{before[0]}")'
            yield BY_CODE["name-used-twice"].at(path, name=name, one=what, other=other)


# ---- what checks walk over: servers, zones and the ends of additional flows, each with its place ----


def listed(values: Iterable[object]) -> str:
    """Values as a person lists them."""
    return ", ".join(map(str, values))


def servers(topology: models.Topology) -> Iterator[tuple[str, models.Site, str, models.Server]]:
    """Every internal server: its site's key, the site, its own key, itself."""
    for site_key, site in topology.sites.items():
        for key, server in site.servers.items():
            yield site_key, site, key, server


def managed(topology: models.Topology, network: str | None) -> bool:
    """Whether servers in a network are ours to filter: it is declared, and in a cloud."""
    declared = topology.networks.get(network or "")
    return declared is not None and declared.platform is not models.Platform.EXTERNAL


def managed_edges(topology: models.Topology) -> dict[str, models.EdgeServer]:
    """The Edge servers that are ours to filter."""
    edges = topology.edge_servers
    return {key: edge for key, edge in edges.items() if managed(topology, edge.network)}


def connectors(topology: models.Topology) -> Iterator[tuple[Path, models.Outbound]]:
    """Every declared Send connector, with its place."""
    declared = topology.mail_flow.outbound
    path: Path = ("mail_flow", "outbound")
    if isinstance(declared, models.Outbound):
        yield path, declared
    elif not isinstance(declared, str):
        for index, connector in enumerate(declared or ()):
            yield (*path, index), connector


def inbound_ways(topology: models.Topology) -> Iterator[tuple[Path, models.Inbound]]:
    """Every declared way of inbound mail, with its place."""
    declared = topology.mail_flow.inbound
    path: Path = ("mail_flow", "inbound")
    for index, way in enumerate(topology.mail_flow.inbound_ways):
        yield (path if isinstance(declared, models.Inbound) else (*path, index)), way


def sip_peers(topology: models.Topology) -> Iterator[tuple[Path, models.SipPeer]]:
    """Every IP gateway and fax partner server, with its place."""
    declared = topology.unified_messaging
    if declared is None:
        return
    for key, gateway in declared.ip_gateways.items():
        yield ("unified_messaging", "ip_gateways", key), gateway
    for key, server in declared.fax_partner_servers.items():
        yield ("unified_messaging", "fax_partner_servers", key), server


def zones(topology: models.Topology) -> Iterator[tuple[Path, str, str, Range]]:
    """Every range of every zone: its place, words for it, the zone, the range."""
    for key, declared in topology.networks.items():
        for zone in ("internal", "perimeter"):
            ranges: tuple[Range, ...] = getattr(declared, zone)
            for index, range_ in enumerate(ranges):
                yield ("networks", key, zone, index), f"{zone} of {key}", zone, range_


def neighbors(topology: models.Topology) -> Iterator[tuple[Path, str, Range]]:
    """Every range of neighboring internal servers: its place, what they are, the range."""
    for key, site in topology.sites.items():
        for field, what in _INTERNAL_NEIGHBORS.items():
            declared: models.Addresses | None = getattr(site, field)
            for index, range_ in enumerate(declared.addresses if declared else ()):
                yield ("sites", key, field, "addresses", index), what, range_
        controllers = site.domain_controllers
        for index, range_ in enumerate(controllers.accounts_forest if controllers else ()):
            path = ("sites", key, "domain_controllers", "accounts_forest", index)
            yield path, "domain controllers", range_


_INTERNAL_NEIGHBORS: Final = {
    "domain_controllers": "domain controllers",
    "lync": "Lync servers",
    "other_exchange": "other Exchange servers",
}


def ends(topology: models.Topology) -> Iterator[tuple[Path, FlowEnd]]:
    """Every end of every additional flow, with its place."""
    for index, flow in enumerate(topology.additional_flows):
        for key, declared in (("from", flow.source), ("to", flow.to)):
            for place, end in enumerate(ends_of(declared)):
                one = isinstance(declared, FlowEnd)
                yield ("additional_flows", index, key, *(() if one else (place,))), end


def _first_role(topology: models.Topology, server: models.Server) -> str:
    """The role by which a flow can name a server and others; as declared where it is."""
    return server.roles[0] if server.roles else min(roles_of(topology, server))


class Named(NamedTuple):
    """A server that an end of a flow names: its place, name and network, and if it has an address."""

    path: Path
    name: str
    network: str | None
    addressed: bool
    is_mailbox: bool = False
    #: It has Client Access services that neither clients nor inbound mail reach.
    is_unpublished: bool = False


class NamedServers:
    """The servers of a topology by what names them: each looked up once, however many flows there are."""

    def __init__(self, topology: models.Topology) -> None:
        """Know every server."""
        self._by_word: dict[tuple[str, str | None], list[Named]] = {}
        for site_key, site, key, server in servers(topology):
            path = ("sites", site_key, "servers", key)
            roles = roles_of(topology, server)
            one = Named(
                path,
                key,
                site.network,
                bool(server.addresses),
                ServerRole.MAILBOX in roles,
                ServerRole.CLIENT_ACCESS in roles and not is_published(topology, site, server),
            )
            self._add(one, site_key, {"exchange", key, *roles})
        for key, edge in topology.edge_servers.items():
            one = Named(("edge_servers", key), key, edge.network, bool(edge.addresses))
            self._add(one, edge.site, {"edge", key})

    def _add(self, one: Named, site: str | None, words: Iterable[str]) -> None:
        for word in words:
            for where in {None, site}:
                self._by_word.setdefault((word, where), []).append(one)

    def by(self, end: FlowEnd) -> Sequence[Named]:
        """The servers that an end of an additional flow names; none for ranges and the Internet."""
        return () if end.is_external else self._by_word.get((end.word, end.site), ())


def nowhere(range_: Range) -> str | None:
    """Which kind of special addresses a range has, if no host that a rule could name has one of them."""
    return next((what for what, block in _NOWHERE if inside(range_, block)), None)


#: IANA's special-purpose registries; and the addresses at which every cloud's own host answers, which are
#: its platform's, whoever asks (metadata, name resolution, health probes).
_NOWHERE: Final = tuple(
    (what, network(block))
    for what, blocks in {
        "unspecified": ("0.0.0.0/8", "::/128"),
        "multicast": ("224.0.0.0/4", "ff00::/8"),
        "reserved": ("240.0.0.0/4",),
        "loopback": ("127.0.0.0/8", "::1/128"),
        "link-local": ("169.254.0.0/16", "fe80::/10"),
        "a cloud's own": ("168.63.129.16/32", "fd00:ec2::/32"),
    }.items()
    for block in blocks
)


def from_internet(topology: models.Topology, end: FlowEnd) -> bool:
    """Whether an end holds any address outside the organization's own."""
    if end.range_ is None:
        return end.kind is EndpointKind.INTERNET
    if nowhere(end.range_) is not None:
        return False
    own = (*topology.private_blocks, *(zone for _, _, _, zone in zones(topology)))
    return not covers([each for each in own if each.version == end.range_.version], (end.range_,))
