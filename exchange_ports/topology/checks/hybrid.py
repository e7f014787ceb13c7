"""Hybrid deployments with Exchange Online: what contradicts the documents, and what is unwise.

Loaded where one is declared. Must not know: flows.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from exchange_ports.catalog import BY_ID, NEEDS, Need, Part
from exchange_ports.findings import Finding, Path, Refused
from exchange_ports.findings import hybrid_kinds as kinds
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology import microsoft_365, models
from exchange_ports.topology.checks.naming import (
    NamedServers,
    from_internet,
    inbound_ways,
    listed,
    managed,
    managed_edges,
    nowhere,
    servers,
    unknown,
    zones,
)
from exchange_ports.topology.fields import EndpointKind, FlowEnd, ends_of
from exchange_ports.topology.groups import (
    ServerRole,
    has_own_group,
    hybrid_mail_by_edge,
    is_published,
    published_sites,
    roles_of,
    send_connectors,
    sites_with,
    version_of,
)
from exchange_ports.topology.hybrid import Hybrid, HybridMode
from exchange_ports.traffic.addresses import Network as Range
from exchange_ports.traffic.addresses import covers, overlap
from exchange_ports.traffic.ports import Ports
from exchange_ports.versions import Version, hybrid_fits

_AT: Final[Path] = ("hybrid",)


def check(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Everything about a hybrid deployment."""
    for each in _CHECKS:
        yield from each(topology, hybrid)


def endpoints(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """A snapshot that is not known, or that the stack file has in itself and that is wrong."""
    del topology
    try:
        microsoft_365.snapshot(hybrid)
    except Refused as refused:
        yield from refused.findings


# ---- names ----


def _internal(topology: models.Topology) -> dict[str, tuple[str, models.Site, models.Server]]:
    return {key: (site_key, site, server) for site_key, site, key, server in servers(topology)}


def mail_servers(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Sites and single servers that are named for hybrid mail."""
    internal = _internal(topology)
    able = published_sites(topology)
    for index, name in enumerate(hybrid.mail_names):
        at: Path = (*_AT, "mail", index)
        if name in topology.sites:
            if name not in able:
                yield from _site_that_does_not_serve(topology, at, name)
        elif name in topology.edge_servers:
            if not has_own_group(topology.edge_servers[name]):
                yield BY_CODE["server-without-group"].at(at, server=name, instead="`mail: edge`")
        elif name not in internal:
            known = {*topology.sites, *internal, *topology.edge_servers}
            yield unknown(at, name, "site, internal server or Edge server", known)
        else:
            yield from _single(topology, at, name, internal[name])


def _single(
    topology: models.Topology,
    at: Path,
    name: str,
    server: tuple[str, models.Site, models.Server],
    *,
    published: bool = True,
) -> Iterator[Finding]:
    """A single internal server that needs a group of its own and, if `published`, must be published."""
    site_key, site, declared = server
    if not declared.own_group:
        yield BY_CODE["server-without-group"].at(at, server=name, instead=f"its site {site_key}")
    does = ServerRole.CLIENT_ACCESS in roles_of(topology, declared)
    if published and does and not is_published(topology, site, declared):
        yield BY_CODE["not-published"].at(at, what="Server", name=name)


def _site_that_does_not_serve(
    topology: models.Topology, at: Path, name: str, *, published: bool = True
) -> Iterator[Finding]:
    if name not in sites_with(topology, ServerRole.CLIENT_ACCESS):
        yield BY_CODE["site-without-role"].at(
            at,
            site=name,
            role="Client Access",
            word=ServerRole.CLIENT_ACCESS.value,
            why="Exchange Online connects to Client Access servers.",
        )
    elif published:
        yield BY_CODE["not-published"].at(at, what="Site", name=name)


def web_services(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Sites and single servers that publish EWS and Autodiscover."""
    internal = _internal(topology)
    classic = microsoft_365.is_classic(hybrid)
    able = published_sites(topology)
    serving = able if classic else sites_with(topology, ServerRole.CLIENT_ACCESS)
    named = hybrid.web_services.to
    if named is None and classic and sites_with(topology, ServerRole.CLIENT_ACCESS) and not able:
        what = "requests of Exchange Online"
        yield BY_CODE["nothing-published"].at((*_AT, "mode"), what=what)
    for index, name in enumerate(named or ()):
        at: Path = (*_AT, "web_services", "to", index)
        if name in topology.sites:
            if name not in serving:
                yield from _site_that_does_not_serve(topology, at, name, published=classic)
        elif name not in internal or (
            ServerRole.CLIENT_ACCESS not in roles_of(topology, internal[name][2])
        ):
            known = {*topology.sites}
            known |= {
                key
                for key, (_, _, server) in internal.items()
                if ServerRole.CLIENT_ACCESS in roles_of(topology, server)
            }
            yield unknown(at, name, "site or Client Access server", known)
        else:
            yield from _single(topology, at, name, internal[name], published=classic)


def agent(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Hosts of the Hybrid Agent, and what it excludes."""
    internal = _internal(topology)
    modern = not microsoft_365.is_classic(hybrid)
    if modern and not hybrid.agent_hosts:
        server = min(internal, default="ex1")
        yield kinds.AGENT_MISSING.at((*_AT, "mode"), server=server)
    if not modern and hybrid.agent_hosts:
        yield kinds.AGENT_IN_CLASSIC.at((*_AT, "agent_hosts"), mode=hybrid.mode)
    if modern and hybrid.instance.value != "worldwide":
        yield kinds.AGENT_IN_INSTANCE.at((*_AT, "mode"), instance=hybrid.instance.label)
    if modern and hybrid.modern_authentication:
        yield kinds.AGENT_WITH_MODERN_AUTHENTICATION.at((*_AT, "modern_authentication"))
    for index, end in enumerate(hybrid.agent_hosts):
        at: Path = (*_AT, "agent_hosts", index)
        if end.range_ is not None:
            continue
        if end.kind is EndpointKind.SERVER and end.word in topology.edge_servers:
            yield kinds.AGENT_ON_EDGE.at(at, server=end.word)
        elif end.word not in internal:
            yield unknown(at, str(end), "internal server", internal)
        else:
            yield from _single(topology, at, end.word, internal[end.word], published=False)


# ---- mail ----


def mail(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Whether the mode has mail, and who exchanges it."""
    at: Path = (*_AT, "mail")
    if hybrid.mode is HybridMode.CLASSIC_FULL and hybrid.mail is None:
        site = min(sites_with(topology, ServerRole.MAILBOX), default="hq")
        yield kinds.MAIL_MISSING.at((*_AT, "mode"), site=site)
    if hybrid.mode is HybridMode.CLASSIC_MINIMAL and hybrid.mail is not None:
        yield kinds.MAIL_IN_MINIMAL.at(at)
    edges = [name for name in hybrid.mail_names if _is_edge(topology, name)]
    inside = [name for name in hybrid.mail_names if name not in edges]
    if edges and inside:
        yield kinds.MAIL_AT_BOTH.at(at, edges=listed(edges), inside=listed(inside))
    yield from _edge_mail(topology, hybrid)


def _is_edge(topology: models.Topology, name: str) -> bool:
    return name in topology.edge_servers and name not in topology.sites


def _edge_mail(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    at: Path = (*_AT, "mail")
    every = topology.edge_servers
    if hybrid.mail == "edge":
        if not every:
            fix = "Declare the Edge servers, or name the sites or servers that exchange it: `mail: [hq]`."
            yield kinds.MAIL_WITHOUT_EDGE.at(
                at, what="no Edge server is declared", do="exchange", fix=fix
            )
        for field, do in (("receives", "receive"), ("sends", "send")):
            if every and not any(getattr(edge, field) for edge in every.values()):
                yield kinds.MAIL_WITHOUT_EDGE.at(
                    at,
                    what=f"no Edge server has `{field}: true`",
                    do=do,
                    fix=f"Set `{field}: true` for an Edge server, or name it: `mail: [{min(every)}]`.",
                )
    carriers = every if hybrid.mail == "edge" else hybrid.mail_names
    for name in carriers:
        if _is_edge(topology, name) and every[name].subscribed_site is None:
            site = every[name].manual_connectors_site or min(topology.sites, default="hq")
            yield kinds.EDGE_UNSUBSCRIBED.at(("edge_servers", name), edge=name, site=site)


def mx(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Mail from the Internet that bypasses Exchange Online."""
    if hybrid.mx != "exchange_online":
        return
    for path, way in inbound_ways(topology):
        wide = not isinstance(way.source, str) and any(not each.prefixlen for each in way.source)
        if isinstance(way.source, str) or wide:
            by_edge = way.to is None and topology.edge_servers
            who = "Edge servers" if by_edge else listed(way.to or ("Client Access servers",))
            yield kinds.MX_AND_INTERNET.at(path, who=who)


def centralized_transport(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Centralized mail transport without the servers that it needs."""
    if not hybrid.centralized_transport:
        return
    at: Path = (*_AT, "centralized_transport")
    if hybrid.mail is None:
        yield kinds.CENTRALIZED_WITHOUT_MAIL.at(at)
    if not send_connectors(topology):
        through = "edge" if topology.edge_servers else "mailbox"
        yield kinds.CENTRALIZED_WITHOUT_OUTBOUND.at(at, through=through)


def port_25(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Clouds that block hybrid mail to Exchange Online: its addresses are public."""
    by_edge = hybrid_mail_by_edge(topology)
    who = Part.EDGE if by_edge else Part.MAILBOX
    for platform in sorted(set(_platforms(topology, hybrid))):
        facts = platform.facts.port_25
        if facts is not None:
            yield BY_CODE["port-25-blocked"].at(
                (*_AT, "mail"),
                who=who.value,
                port=listed(BY_ID["H2"].ports),
                cloud=platform.summary,
                why=facts.why,
                fix=facts.fix,
            )


def _platforms(topology: models.Topology, hybrid: Hybrid) -> Iterator[models.Platform]:
    """The clouds that hybrid mail leaves from."""
    places: list[str | None] = []
    for name, edge in topology.edge_servers.items():
        everyone = hybrid.mail == "edge" and edge.sends
        if everyone or (name in hybrid.mail_names and _is_edge(topology, name)):
            places.append(edge.network)
    for site_key, site, name, _ in servers(topology):
        if {site_key, name} & {*hybrid.mail_names}:
            places.append(site.network)
    for key in places:
        if key in topology.networks:
            yield topology.networks[key].platform


# ---- sources ----


def requests(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Sources of requests that Microsoft does not publish."""
    declared = hybrid.web_services.source
    at: Path = (*_AT, "web_services", "from")
    if declared == "exchange_ranges":
        what = "the published ranges of Exchange Online"
        yield kinds.REQUESTS_RESTRICTED.at(at, what=what)
    elif declared is not None and not isinstance(declared, str):
        public = [each for each in declared if from_internet(topology, FlowEnd("", None, each))]
        # Of addresses inside, such as those of a load balancer, Exchange Online is not the source.
        if public and not any(not each.prefixlen for each in public):
            yield kinds.REQUESTS_RESTRICTED.at(at, what=listed(declared))


def ranges(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Ranges that no host has, and sources that reach into a perimeter zone."""
    perimeters = [range_ for _, _, zone, range_ in zones(topology) if zone == "perimeter"]
    for path, range_ in _ranges(hybrid):
        what = nowhere(range_)
        if what is not None:
            yield BY_CODE["unusable-range"].at(path, range=range_, what=what)
        if path[1] == "ad_fs" or covers(perimeters, (range_,)):
            continue
        for zone in perimeters:
            if overlap(range_, zone):
                yield BY_CODE["range-covers-perimeter"].at(
                    path, range=range_, zone=zone, instead=""
                )


def _ranges(hybrid: Hybrid) -> Iterator[tuple[Path, Range]]:
    """Every range that is declared for a hybrid deployment, with its place."""
    source = hybrid.web_services.source
    for index, range_ in enumerate(() if isinstance(source, str) else source or ()):
        yield (*_AT, "web_services", "from", index), range_
    for index, end in enumerate(hybrid.agent_hosts):
        if end.range_ is not None:
            yield (*_AT, "agent_hosts", index), end.range_
    if hybrid.ad_fs is not None:
        for field in ("servers", "proxies", "entra_connect"):
            several: tuple[Range, ...] = getattr(hybrid.ad_fs, field)
            for index, range_ in enumerate(several):
                yield (*_AT, "ad_fs", field, index), range_


# ---- versions ----


def versions(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Hybrid servers whose version does not fit the organization, and servers that cannot use Graph."""
    present: dict[Version, str] = {}
    for _, _, key, server in servers(topology):
        present.setdefault(version_of(topology, server), key)
    for key, site in topology.sites.items():
        others = site.other_exchange
        if others is not None and others.version is not None:
            present.setdefault(others.version, f"other_exchange of {key}")
    publishing = set(_versions_of(topology, hybrid))
    newest = max(publishing, default=None)
    if newest is not None:
        unfit = [each for each in sorted(present) if not hybrid_fits(newest, each)]
        able = [v for v in Version if all(hybrid_fits(v, each) for each in present)]
        for each in unfit[-1:]:
            yield kinds.SERVER_VERSION.at(
                (*_AT, "web_services" if hybrid.web_services.to else "mode"),
                version=newest.full_name,
                other=each.full_name,
                name=present[each],
                able=listed(v.full_name for v in able) or "a version that fits all of them",
            )
    old = [v for v in sorted(present) if v is not Version.SE and v >= Version.EXCHANGE_2013]
    if old:
        names = [key for v in old for key in [present[v]]]
        yield kinds.WITHOUT_GRAPH.at(
            (*_AT, "mode"),
            version=" and ".join(v.full_name for v in old),
            name=listed(names),
        )


def _versions_of(topology: models.Topology, hybrid: Hybrid) -> Iterator[Version]:
    """The versions of those that publish EWS and Autodiscover."""
    named = hybrid.web_services.to
    for site_key, site, key, server in servers(topology):
        if ServerRole.CLIENT_ACCESS not in roles_of(topology, server):
            continue
        reached = is_published(topology, site, server) or not microsoft_365.is_classic(hybrid)
        if (named is None and reached) or (named is not None and {site_key, key} & {*named}):
            yield version_of(topology, server)


# ---- certificates ----


def certificate_checks(topology: models.Topology, hybrid: Hybrid) -> Iterator[Finding]:
    """Servers that cannot fetch revocation lists, which every mode needs (exchange.md 9.2)."""
    ports = BY_ID["G4"].ports
    outgoing = [
        flow
        for flow in topology.additional_flows
        if flow.need is Need.CERTIFICATE_CHECKS
        or any(each.meets(one) for each in _ports(flow) for one in ports)
    ]
    named = NamedServers(topology)
    reached = {
        each.path[0] for flow in outgoing for end in ends_of(flow.source) for each in named.by(end)
    }
    inside = any(managed(topology, site.network) for _, site, _, _ in servers(topology))
    by_edge = bool(managed_edges(topology)) and hybrid_mail_by_edge(topology)
    who: Iterable[tuple[str, str, str, str, bool]] = (
        ("internal Exchange servers", "sites", "exchange", "", inside),
        ("Edge servers", "edge_servers", "edge", ", accept_risk: true", by_edge),
    )
    for words, where, source, accept, there in who:
        if there and where not in reached:
            yield kinds.WITHOUT_CERTIFICATE_CHECKS.at(
                (*_AT, "mode"), who=words, source=source, accept=accept
            )


def _ports(flow: models.AdditionalFlow) -> Iterable[Ports]:
    return flow.ports or (NEEDS[flow.need].ports if flow.need else ())


_CHECKS: Final[tuple[Callable[[models.Topology, Hybrid], Iterator[Finding]], ...]] = (
    endpoints,
    mail_servers,
    web_services,
    agent,
    mail,
    mx,
    centralized_transport,
    port_25,
    requests,
    ranges,
    versions,
    certificate_checks,
)
