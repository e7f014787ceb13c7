"""Versions of Exchange: roles that a version has, versions that exclude each other, published servers."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import NamedTuple

from exchange_ports.findings import Finding, Path
from exchange_ports.findings.command_kinds import OUT_OF_SUPPORT
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology import models
from exchange_ports.topology.checks.naming import (
    NamedServers,
    inbound_ways,
    listed,
    servers,
    sites_or_servers,
)
from exchange_ports.topology.fields import ends_of
from exchange_ports.topology.groups import (
    ServerRole,
    is_published,
    published_sites,
    roles_of,
    sites_with,
    version_of,
)
from exchange_ports.versions import Version, coexistence, together, why_not


def roles(topology: models.Topology) -> Iterator[Finding]:
    """Roles that a version does not have, and servers of Exchange 2013 without a role."""
    for site, _, key, server in servers(topology):
        path: Path = ("sites", site, "servers", key)
        version = version_of(topology, server)
        if not version.facts.combined and server.roles is None:
            yield BY_CODE["roles-missing"].at(path, server=key, version=version.full_name)
        if version.facts.combined and models.Role.CLIENT_ACCESS in (server.roles or ()):
            yield BY_CODE["role-of-another-version"].at(
                (*path, "roles"), server=key, version=version.full_name
            )


class _Versioned(NamedTuple):
    path: Path
    name: str
    version: Version
    is_edge: bool = False


def _versioned(topology: models.Topology) -> Iterator[_Versioned]:
    """Every server with its version, and older Exchange servers that declare one."""
    for site, _, key, server in servers(topology):
        path: Path = ("sites", site, "servers", key)
        named = () if server.version is None else ("version",)
        yield _Versioned((*path, *named), key, version_of(topology, server))
    for key, declared in topology.sites.items():
        others = declared.other_exchange
        if others is not None and others.version is not None:
            path = ("sites", key, "other_exchange", "version")
            yield _Versioned(path, f"other_exchange of {key}", others.version)
    for key, edge in topology.edge_servers.items():
        named = () if edge.version is None else ("version",)
        path = ("edge_servers", key, *named)
        yield _Versioned(path, key, version_of(topology, edge), is_edge=True)


def mixed(topology: models.Topology) -> Iterator[Finding]:
    """Versions that cannot be in one organization, and what those that can need."""
    first: dict[Version, _Versioned] = {}
    edges: list[_Versioned] = []
    for each in _versioned(topology):
        if each.is_edge:
            edges.append(each)
        else:
            first.setdefault(each.version, each)
    pairs = combinations(sorted(first), 2)
    for older, newer in pairs:
        # The organization's own version is usually right, so a deviation from it is the place.
        at = first[newer] if older == topology.version else first[older]
        yield _pair(at, first[older], first[newer])
    yield from _edges(edges, first)


def _edges(edges: Iterable[_Versioned], inside: Mapping[Version, _Versioned]) -> Iterator[Finding]:
    """Edge servers that the servers inside, or the Edge servers before them, exclude; or that need updates.

    "All servers in the organization" includes Edge servers (exchange-later.md 5).
    """
    known = dict(inside)
    reported = set(combinations(sorted(inside), 2))
    for edge in edges:
        excluded = [each for each in known if not together(edge.version, each)]
        if excluded:
            other = excluded[0]
            able = [each.value for each in Version if all(together(each, one) for one in known)]
            yield BY_CODE["edge-version-unsupported"].at(
                edge.path,
                edge=edge.name,
                version=edge.version.full_name,
                name=known[other].name,
                other=other.full_name,
                why=why_not(edge.version, other),
                able=listed(able),
            )
            continue
        for each in sorted(known):
            pair = (min(edge.version, each), max(edge.version, each))
            if edge.version != each and pair not in reported:
                reported.add(pair)
                both = (edge, known[each])
                yield _pair(edge, *sorted(both, key=lambda one: one.version))
        known.setdefault(edge.version, edge)


def _pair(at: _Versioned, older: _Versioned, newer: _Versioned) -> Finding:
    """What the documents say about two versions in one organization."""
    facts = {
        "older": older.version.full_name,
        "newer": newer.version.full_name,
        "one": older.name,
        "other": newer.name,
    }
    known = coexistence(older.version, newer.version)
    if known is None:
        why = why_not(older.version, newer.version)
        return BY_CODE["versions-exclude-each-other"].at(at.path, why=why, **facts)
    return BY_CODE["versions-need-updates"].at(
        at.path, minimum=known.minimum, source=known.source, **facts
    )


def availability_groups(topology: models.Topology) -> Iterator[Finding]:
    """Witness servers of Mailbox servers of several versions: one group has one version."""
    for key, witness in topology.witness_servers.items():
        found = {
            version_of(topology, server)
            for site, _, _, server in servers(topology)
            if (witness.sites is None or site in witness.sites)
            and ServerRole.MAILBOX in roles_of(topology, server)
        }
        if len(found) > 1:
            versions = listed(each.full_name for each in sorted(found))
            yield BY_CODE["availability-group-of-several-versions"].at(
                ("witness_servers", key), name=key, versions=versions
            )


def published(topology: models.Topology) -> Iterator[Finding]:
    """Servers and sites that clients or mail must reach and that are not published."""
    reached, able = published_sites(topology), sites_with(topology, ServerRole.CLIENT_ACCESS)
    internal = {key: (site, server) for _, site, key, server in servers(topology)}
    for path, named in sites_or_servers(topology):
        for index, name in enumerate(named or ()):
            closed = name in able and name not in reached
            if name not in topology.sites and name in internal:
                closed = not is_published(topology, *internal[name]) and (
                    ServerRole.CLIENT_ACCESS in roles_of(topology, internal[name][1])
                )
            if closed:
                what = "Site" if name in topology.sites else "Server"
                yield BY_CODE["not-published"].at((*path, index), what=what, name=name)
    if able and not reached:
        for key, client in topology.clients.items():
            if client.to is None:
                yield BY_CODE["nothing-published"].at(("clients", key), what=f"clients {key}")
        for path, way in inbound_ways(topology):
            if way.to is None and not topology.edge_servers:
                yield BY_CODE["nothing-published"].at(path, what="inbound mail")


def published_without_effect(topology: models.Topology) -> Iterator[Finding]:
    """`published` of servers and sites without Client Access services."""
    for site, _, key, server in servers(topology):
        serves = ServerRole.CLIENT_ACCESS in roles_of(topology, server)
        # Where roles are missing, that is another finding.
        if server.published is not None and not serves and server.roles:
            path: Path = ("sites", site, "servers", key, "published")
            yield BY_CODE["published-without-effect"].at(path, what="Server", name=key)
    able = sites_with(topology, ServerRole.CLIENT_ACCESS)
    for key, declared in topology.sites.items():
        if not declared.published and key not in able:
            path = ("sites", key, "published")
            yield BY_CODE["published-without-effect"].at(path, what="Site", name=key)


def needs(topology: models.Topology) -> Iterator[Finding]:
    """Needs of additional flows from servers of which none has it: by version, or since they are Edge servers."""
    known = {each.name: each for each in _versioned(topology)}
    servers_named = NamedServers(topology)
    for index, flow in enumerate(topology.additional_flows):
        need = flow.need
        if need is None:
            continue
        for source in ends_of(flow.source):
            named = [known[each.name] for each in servers_named.by(source) if each.name in known]
            able = [
                each
                for each in named
                if each.version in need.versions and not (each.is_edge and need.of_mailbox_servers)
            ]
            if named and not able:
                edges = need.of_mailbox_servers and all(each.is_edge for each in named)
                versions = listed(each.full_name for each in need.versions)
                yield BY_CODE["need-of-other-servers"].at(
                    ("additional_flows", index, "need"),
                    source=source,
                    need=need,
                    who="an Edge Transport server" if edges else named[0].version.full_name,
                    why="Only Mailbox servers have it." if edges else f"It exists in {versions}.",
                )


def out_of_support(topology: models.Topology, as_of: date) -> Iterator[Finding]:
    """The versions that are out of support on a day, each at its first server."""
    if OUT_OF_SUPPORT.code in topology.acknowledge:
        return
    first: dict[Version, _Versioned] = {}
    count: dict[Version, int] = {}
    for each in _versioned(topology):
        first.setdefault(each.version, each)
        count[each.version] = count.get(each.version, 0) + 1
    for version in sorted(first):
        ended = version.facts.support_ended
        if ended is not None and as_of > ended:
            yield OUT_OF_SUPPORT.at(
                ("topology", *first[version].path),
                version=version.full_name,
                ended=ended,
                servers=first[version].name,
                more=f" and {count[version] - 1} more" if count[version] > 1 else "",
            )
