"""Names: declared where they are used, told apart by people and clouds."""

from collections.abc import Collection, Iterable, Iterator

from exchange_ports.findings import Finding, Path, nearest
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.checks.walk import ends, listed, servers
from exchange_ports.topology.models import EdgeServer, Inbound, Network, Server, Site, Topology
from exchange_ports.topology.parts import mailbox_servers
from exchange_ports.topology.values import INTERNET_WORD, ROLE_WORDS, End

__all__ = ["reserved", "undeclared", "used_twice"]


def undeclared(topology: Topology) -> Iterator[Finding]:
    """Names that are used and declared nowhere."""
    networks, sites = topology.networks, topology.sites
    for key, site in sites.items():
        if site.network not in networks:
            yield _unknown(("sites", key, "network"), site.network, "a network", networks)
    for key, edge in topology.edge_servers.items():
        path = ("edge_servers", key)
        if edge.network not in networks:
            yield _unknown((*path, "network"), edge.network, "a network", networks)
        if edge.subscribed_site is not None and edge.subscribed_site not in sites:
            yield _unknown((*path, "subscribed_site"), edge.subscribed_site, "a site", sites)
        elif edge.subscribed_site is not None:
            known = mailbox_servers(sites[edge.subscribed_site])
            what = f"a Mailbox server of site {edge.subscribed_site}"
            for index, name in enumerate(edge.edgesync_except):
                if name not in known:
                    yield _unknown((*path, "edgesync_except", index), name, what, known)
    for key, client in topology.clients.items():
        yield from _sites_named(("clients", key, "to"), client.to, sites)
    inbound = topology.mail_flow.inbound
    if isinstance(inbound, Inbound):
        yield from _sites_named(("mail_flow", "inbound", "to"), inbound.to, sites)
    for path, end in ends(topology):
        yield from _end_named(topology, path, end)


def reserved(topology: Topology) -> Iterator[Finding]:
    """Servers called by a word that means something else in a flow."""
    taken = {*ROLE_WORDS, INTERNET_WORD}
    for site, _, key, _ in servers(topology):
        if key.lower() in taken:
            yield BY_CODE["reserved-name"].at(("sites", site, "servers", key), name=key)
    for key in topology.edge_servers:
        if key.lower() in taken:
            yield BY_CODE["reserved-name"].at(("edge_servers", key), name=key)


def used_twice(topology: Topology) -> Iterator[Finding]:
    """Names and identities that clouds or people could not tell apart."""
    named: list[tuple[str, str, Path]] = []
    for site, _, key, server in servers(topology):
        path: Path = ("sites", site, "servers", key)
        named += [(name, f"a server of site {site}", path) for name in _identities(key, server)]
    for key, edge in topology.edge_servers.items():
        names = _identities(key, edge)
        named += [(name, "an Edge server", ("edge_servers", key)) for name in names]
    yield from _repeated(named)
    for field, what in (("sites", "a site"), ("networks", "a network")):
        declared: dict[str, Site | Network] = getattr(topology, field)
        yield from _repeated(
            (name, what, (field, key))
            for key, each in declared.items()
            for name in _identities(key, each)
        )


def _unknown(path: Path, name: str, what: str, known: Collection[str]) -> Finding:
    there = listed(sorted(known)) or "nothing yet"
    meant = nearest(name, known)
    fix = f"did you mean {meant}?" if meant else f"declared are: {there}"
    return BY_CODE["undeclared"].at(path, name=name, what=what, fix=fix)


def _sites_named(
    path: Path, named: tuple[str, ...] | None, sites: dict[str, Site]
) -> Iterator[Finding]:
    for index, name in enumerate(named or ()):
        if name not in sites:
            yield _unknown((*path, index), name, "a site", sites)


def _end_named(topology: Topology, path: Path, end: End) -> Iterator[Finding]:
    if end.site is not None and end.site not in topology.sites:
        yield _unknown(path, end.site, "a site", topology.sites)
        return
    if end.range_ is not None or end.word == INTERNET_WORD:
        return
    if end.word in ROLE_WORDS:
        if not _plays(topology, end):
            yield BY_CODE["flow-to-nobody"].at(path, end=end)
        return
    internal = {key: server for _, _, key, server in servers(topology)}
    if end.word in internal:
        if not internal[end.word].own_group:
            role = internal[end.word].roles[0]
            yield BY_CODE["server-without-group"].at(path, server=end.word, role=role)
    elif end.word not in topology.edge_servers:
        known = [*ROLE_WORDS, INTERNET_WORD, *internal, *topology.edge_servers]
        yield _unknown(path, end.word, "a server or a role", known)


def _plays(topology: Topology, end: End) -> bool:
    """Whether any server plays the role that an end names."""
    if end.word == "edge":
        return any(
            end.site in (None, edge.subscribed_site) for edge in topology.edge_servers.values()
        )
    return any(
        end.site in (None, site) and (end.word == "exchange" or end.word in server.roles)
        for site, _, _, server in servers(topology)
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
            inside = what if before[1] == "an Edge server" else before[1]
            yield BY_CODE["edge-shares-role"].at(
                path,
                server=name,
                role=inside,
                fix="remove it from `servers`: `edge_servers` already has it",
            )
        else:
            other = before[1] if before[0] == name else f"{before[1]} as {before[0]}"
            yield BY_CODE["name-used-twice"].at(path, name=name, one=what, other=other)
