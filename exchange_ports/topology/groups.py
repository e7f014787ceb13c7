"""Which groups a server is a member of: a function of what is declared of that server alone.

A group represents what its members are (Mailbox servers of site hq), never a rule, so that rules
can be added and removed without a change of memberships. Both clouds use the same groups: security
groups on AWS, application security groups on Azure. Identities come from `id`, or the key where
there is none, so a rename that keeps its `id` keeps every group.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from exchange_ports.catalog import EDGESYNC_PORT, SMTP_PORT
from exchange_ports.topology import models
from exchange_ports.versions import Version

# ---- which roles a server plays: the one place where the version of Exchange decides ----


class ServerRole(StrEnum):
    """What a server does. The words are those of additional flows."""

    CLIENT_ACCESS = "client_access"
    MAILBOX = "mailbox"
    EDGE = "edge"


def version_of(topology: models.Topology, server: models.Server | models.EdgeServer) -> Version:
    """The version of Exchange of a server: its own, or that of the organization."""
    return server.version or topology.version


_INTERNAL_ROLES: Final = frozenset((ServerRole.CLIENT_ACCESS, ServerRole.MAILBOX))


def roles_of(topology: models.Topology, server: models.Server) -> frozenset[ServerRole]:
    """What an internal Exchange server does: from Exchange 2016 on, every one does both."""
    if version_of(topology, server).facts.combined:
        return _INTERNAL_ROLES
    return frozenset(ServerRole(role.value) for role in server.roles or ())


def is_published(topology: models.Topology, site: models.Site, server: models.Server) -> bool:
    """Whether clients and inbound mail reach the Client Access services of a server."""
    declared = site.published if server.published is None else server.published
    return declared and ServerRole.CLIENT_ACCESS in roles_of(topology, server)


def sites_with(topology: models.Topology, role: ServerRole) -> tuple[str, ...]:
    """The keys of the sites that have a server in this role, in order."""
    return tuple(
        sorted(
            key
            for key, site in topology.sites.items()
            if any(role in roles_of(topology, server) for server in site.servers.values())
        )
    )


def published_sites(topology: models.Topology) -> tuple[str, ...]:
    """The keys of the sites that have a published server, in order."""
    return tuple(
        sorted(
            key
            for key, site in topology.sites.items()
            if any(is_published(topology, site, server) for server in site.servers.values())
        )
    )


def mailbox_servers(topology: models.Topology, site: models.Site) -> tuple[str, ...]:
    """The keys of a site's Mailbox servers, in order."""
    return tuple(
        sorted(
            key
            for key, server in site.servers.items()
            if ServerRole.MAILBOX in roles_of(topology, server)
        )
    )


def send_connectors(topology: models.Topology) -> tuple[models.Outbound, ...]:
    """The Send connectors to the outside, as declared, or as an installation has them.

    Without Edge, Exchange makes no Send connector; a subscription makes one to the Internet, and
    who declares an Edge server without one says by it that its connectors were made by hand.
    """
    declared = topology.mail_flow.connectors
    if declared is None:
        sending = any(edge.sends for edge in topology.edge_servers.values())
        return (models.Outbound(through=models.OutboundPath.EDGE),) if sending else ()
    return declared


def hybrid_mail_by_edge(topology: models.Topology) -> bool:
    """Whether Edge servers exchange mail with Exchange Online. A site's name comes before a server's."""
    hybrid = topology.hybrid
    if hybrid is None or not topology.edge_servers:
        return False
    named = {*hybrid.mail_names} & {*topology.edge_servers} - {*topology.sites}
    return hybrid.mail == "edge" or bool(named)


def edges_receive_mail(topology: models.Topology) -> bool:
    """Whether Edge servers receive inbound mail other than hybrid mail.

    Not where Exchange Online receives the mail of the Internet (`hybrid.mx`) and no route is declared, nor
    where each route of inbound mail names others and Edge servers have hybrid mail.
    """
    ways = topology.mail_flow.inbound_ways
    if topology.hybrid is None or ways:
        elsewhere = bool(ways) and all(way.to is not None for way in ways)
        passed = elsewhere and hybrid_mail_by_edge(topology)
        return topology.mail_flow.inbound != "none" and not passed
    return topology.mail_flow.inbound is None and topology.hybrid.mx == "on_premises"


class GroupKind(StrEnum):
    """What a group stands for. The words are part of released names and never change."""

    EXCHANGE = "exchange"
    CLIENT_ACCESS = "client-access"
    UNPUBLISHED = "unpublished"
    MAILBOX = "mailbox"
    EDGESYNC = "edgesync"
    EDGESYNC_SERVER = "edgesync-server"
    SERVER = "server"
    EDGE = "edge"
    EDGE_RECEIVING = "edge-receiving"
    EDGE_SENDING = "edge-sending"
    EDGE_SYNCED = "edge-synced"
    EDGE_SERVER = "edge-server"


_SUMMARIES: Final = {
    GroupKind.EXCHANGE: "internal Exchange servers",
    GroupKind.CLIENT_ACCESS: "Client Access servers of site {}",
    GroupKind.UNPUBLISHED: "Client Access servers of site {} that are not published",
    GroupKind.MAILBOX: "Mailbox servers of site {}",
    GroupKind.EDGESYNC: "Mailbox servers of site {} in EdgeSync with all its Edge Transport servers",
    GroupKind.EDGESYNC_SERVER: "Mailbox server {} in EdgeSync with some Edge Transport servers",
    GroupKind.SERVER: "Exchange server {}",
    GroupKind.EDGE: "Edge Transport servers of site {}",
    GroupKind.EDGE_RECEIVING: "Edge Transport servers of site {} that receive inbound mail",
    GroupKind.EDGE_SENDING: "Edge Transport servers of site {} that send outbound mail",
    GroupKind.EDGE_SYNCED: "Edge Transport servers of site {} in EdgeSync with all its Mailbox servers",
    GroupKind.EDGE_SERVER: "Edge Transport server {}",
}


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """One group of a network. `of` is the identity of the site or server it stands for.

    `implied_groups` are the keys of the groups that every member of this one is in too: a rule of theirs
    applies to the same servers, so a rule here that allows no more is not needed.
    """

    network: str
    kind: GroupKind
    of: str = ""
    implied_groups: frozenset[str] = field(default=frozenset(), compare=False)

    def __hash__(self) -> int:
        # By text: an enum's own hash is slow, and a group is looked up at each end of each flow.
        return hash((self.network, str.__hash__(self.kind), self.of))

    @property
    def key(self) -> str:
        """The group's name inside its network: `mailbox.hq`. A dot can be in no declared name."""
        return f"{self.kind}.{self.of}" if self.of else self.kind.value

    @property
    def summary(self) -> str:
        """The members, described by identities only: a cloud cannot change a description."""
        return _SUMMARIES[self.kind].format(self.of)


def identity(key: str, declared: object) -> str:
    """The `id` that was declared, or the key."""
    return getattr(declared, "id", None) or key


def group(network: str, kind: GroupKind, of: str = "", *implied_groups: str) -> Group:
    """A group with the keys of the groups that its members are in too."""
    return Group(network, kind, of, frozenset(implied_groups))


#: The group of servers with Client Access services, by whether they are published.
_CLIENT_ACCESS: Final = {
    True: GroupKind.CLIENT_ACCESS,
    False: GroupKind.UNPUBLISHED,
}


def internal_groups(
    network: str,
    site: str,
    server: str,
    roles: Collection[ServerRole],
    *,
    published: bool,
    own_group: bool,
    edgesync_exception: bool,
) -> tuple[Group, ...]:
    """The groups of an internal Exchange server, the widest first.

    `network`, `site` and `server` are identities. `published`: whether clients and inbound mail reach it.
    `edgesync_exception`: whether an Edge server of its site does not synchronize with it.
    """
    everyone = group(network, GroupKind.EXCHANGE)
    by_role: list[Group] = []
    if ServerRole.CLIENT_ACCESS in roles:
        by_role.append(group(network, _CLIENT_ACCESS[published], site, everyone.key))
    if ServerRole.MAILBOX in roles:
        mailbox = group(network, GroupKind.MAILBOX, site, everyone.key)
        # A server without exceptions takes part with every Edge server of the site, so one group is
        # enough for all of them, with or without Edge; an exception gives the server its own group.
        kind, of = (
            (GroupKind.EDGESYNC_SERVER, server)
            if edgesync_exception
            else (GroupKind.EDGESYNC, site)
        )
        by_role += [mailbox, group(network, kind, of, everyone.key, mailbox.key)]
    found = [everyone, *by_role]
    if own_group:
        implied = (everyone.key, *(role.key for role in by_role))
        found.append(group(network, GroupKind.SERVER, server, *implied))
    return tuple(found)


def edge_groups(network: str, site: str, server: str, edge: models.EdgeServer) -> tuple[Group, ...]:
    """The groups of an Edge server, the widest first. `network`, `site` and `server` are identities."""
    together = group(network, GroupKind.EDGE, site)
    found = [together]
    # What an Edge server does like the others it does as a member of a shared group. Where its
    # declaration differs, the rules go to its own group, and those of the others do not change.
    for kind, is_member in (
        (GroupKind.EDGE_RECEIVING, edge.receives and not delivers_apart(edge)),
        (GroupKind.EDGE_SENDING, edge.sends),
        (GroupKind.EDGE_SYNCED, edge.subscribed_site is not None and not syncs_apart(edge)),
    ):
        if is_member:
            found.append(group(network, kind, site, together.key))
    if has_own_group(edge):
        implied = (each.key for each in found)
        found.append(group(network, GroupKind.EDGE_SERVER, server, *implied))
    return tuple(found)


#: The kinds of group that the servers of a site share, and the kinds of Edge servers.
_OF_SITES: Final = (
    *_CLIENT_ACCESS.values(),
    GroupKind.MAILBOX,
    GroupKind.EDGESYNC,
    GroupKind.EDGE,
    GroupKind.EDGE_RECEIVING,
    GroupKind.EDGE_SENDING,
    GroupKind.EDGE_SYNCED,
)
EDGE_KINDS: Final = frozenset(kind for kind in GroupKind if kind.value.startswith("edge")) - {
    GroupKind.EDGESYNC,
    GroupKind.EDGESYNC_SERVER,
}


def retirable_groups(topology: models.Topology, network: str) -> dict[str, Group]:
    """Every group that servers of a network may have been in, by key, where its site or server is declared.

    `network` is the network's identity. Of a group of one server, only those groups are implied in
    which all such servers are.
    """
    everyone = group(network, GroupKind.EXCHANGE)
    found = [everyone]
    for site_key, site in topology.sites.items():
        of = identity(site_key, site)
        inside, edge = (
            group(network, kind, of).key for kind in (GroupKind.MAILBOX, GroupKind.EDGE)
        )
        for kind in _OF_SITES:
            implied_groups = (edge,) if kind in EDGE_KINDS else (everyone.key,)
            if kind is GroupKind.EDGESYNC:
                implied_groups = (everyone.key, inside)
            found.append(group(network, kind, of, *(set(implied_groups) - {f"{kind}.{of}"})))
        for key, server in site.servers.items():
            alone = identity(key, server)
            found.append(group(network, GroupKind.SERVER, alone, everyone.key))
            found.append(group(network, GroupKind.EDGESYNC_SERVER, alone, everyone.key, inside))
    for key, edge_server in topology.edge_servers.items():
        site_id = identity(edge_server.site, topology.sites.get(edge_server.site))
        besides = group(network, GroupKind.EDGE, site_id).key
        found.append(group(network, GroupKind.EDGE_SERVER, identity(key, edge_server), besides))
    return {each.key: each for each in found}


def delivers_apart(edge: models.EdgeServer) -> bool:
    """Whether an Edge server delivers by a port of its own."""
    return edge.receives and edge.delivery_port != SMTP_PORT


def syncs_apart(edge: models.EdgeServer) -> bool:
    """Whether EdgeSync reaches an Edge server in a way of its own."""
    usual = edge.edgesync_port == EDGESYNC_PORT and not edge.edgesync_except
    return edge.subscribed_site is not None and not usual


def has_own_group(edge: models.EdgeServer) -> bool:
    """Whether an Edge server has a group of its own."""
    return edge.own_group or delivers_apart(edge) or syncs_apart(edge)


# ---- the groups that stand for each role of the catalog, and the pairs of Mailbox and Edge groups ----


class EdgePair(NamedTuple):
    """A Mailbox side and an Edge side, and the port where it is not the usual one."""

    mailbox: Group
    edge: Group
    port: int | None = None


#: The kinds of groups that have one member.
_OF_ONE: Final = (GroupKind.SERVER, GroupKind.EDGE_SERVER)


class RoleGroups:
    """The groups that stand for each role, of one topology."""

    def __init__(
        self,
        topology: models.Topology,
        groups: Iterable[Group],
        servers: Iterable[tuple[str, Iterable[Group]]],
    ) -> None:
        """Sort the groups by kind, site and server once: every flow and every site asks for them.

        `groups` are those that are planned for, and `servers` has those of each server by its name.
        """
        self._topology = topology
        self._by_kind: dict[GroupKind, list[Group]] = {}
        self._by_site: dict[tuple[GroupKind, str], list[Group]] = {}
        for group in groups:
            self._by_kind.setdefault(group.kind, []).append(group)
            self._by_site.setdefault((group.kind, group.of), []).append(group)
        self._own_of: dict[str, list[Group]] = {}
        for name, own in servers:
            self._own_of.setdefault(name, []).extend(g for g in own if g.kind in _OF_ONE)

    def _of(self, kind: GroupKind, of: Iterable[str] | None = None) -> tuple[Group, ...]:
        if of is None:
            return tuple(self._by_kind.get(kind, ()))
        found = [group for each in set(of) for group in self._by_site.get((kind, each), ())]
        return tuple(found if len(found) <= 1 else sorted(found))

    def _ids(self, sites: Iterable[str] | None) -> tuple[str, ...] | None:
        if sites is None:
            return None
        declared = self._topology.sites
        return tuple(identity(key, declared[key]) for key in sites)

    def exchange(self) -> tuple[Group, ...]:
        """Every internal Exchange server, one group a network."""
        return self._of(GroupKind.EXCHANGE)

    def client_access(self, sites: Iterable[str] | None = None) -> tuple[Group, ...]:
        """Client Access servers of these sites, or of all, published or not."""
        ids = self._ids(sites)
        return tuple(found for kind in _CLIENT_ACCESS.values() for found in self._of(kind, ids))

    def published_to(self, names: Iterable[str] | None) -> tuple[Group, ...]:
        """Published servers of the sites with these names, and single servers; None is all sites."""
        if names is None:
            return self._of(GroupKind.CLIENT_ACCESS)
        several = tuple(names)
        alone = (name for name in several if name not in self._topology.sites)
        sites = self._ids(name for name in several if name in self._topology.sites)
        return (
            *self._of(GroupKind.CLIENT_ACCESS, sites),
            *(group for name in alone for group in self.server(name)),
        )

    def mailbox(self, sites: Iterable[str] | None = None) -> tuple[Group, ...]:
        """Mailbox servers of these sites, or of all."""
        return self._of(GroupKind.MAILBOX, self._ids(sites))

    def edge(self, sites: Iterable[str] | None = None) -> tuple[Group, ...]:
        """Edge servers of these sites, or all."""
        return self._of(GroupKind.EDGE, self._ids(sites))

    def senders(self, connector: models.Outbound) -> tuple[Group, ...]:
        """The servers that hand mail out by a connector."""
        if connector.through is models.OutboundPath.MAILBOX:
            if connector.servers is not None:
                return tuple(group for name in connector.servers for group in self.server(name))
            return self.mailbox(connector.sites)
        if connector.through is models.OutboundPath.CLIENT_ACCESS:
            # Any Client Access server in the site of the source Mailbox server may be picked (V8).
            return self.client_access(self._sites_of(connector))
        return (
            self._sending_edges(connector) if connector.through is models.OutboundPath.EDGE else ()
        )

    def _sending_edges(self, connector: models.Outbound) -> tuple[Group, ...]:
        if connector.servers is not None:
            return tuple(group for name in connector.servers for group in self.server(name))
        return self._of(GroupKind.EDGE_SENDING, self._ids(connector.sites))

    # ---- hybrid mail ----

    def sending_edges(self) -> tuple[Group, ...]:
        """Edge servers that send mail to the outside."""
        return self._of(GroupKind.EDGE_SENDING)

    def pairs_of(self, edges: Iterable[Group]) -> Iterator[EdgePair]:
        """Groups of Edge servers with the Mailbox servers of their sites, and the port of delivery."""
        for edge in edges:
            for site in self._edge_sites(edge):
                for mailbox in self._of(GroupKind.MAILBOX, [site]):
                    yield EdgePair(mailbox, edge, self._port(edge, "delivery_port"))

    def _sites_of(self, connector: models.Outbound) -> tuple[str, ...] | None:
        if connector.servers is None:
            return connector.sites
        named = set(connector.servers)
        return tuple(k for k, site in self._topology.sites.items() if named & set(site.servers))

    def sending_pairs(self, connector: models.Outbound) -> Iterator[EdgePair]:
        """Who hands mail to the Edge servers of a connector: Mailbox servers of their site."""
        for edge in self._sending_edges(connector):
            for site in self._edge_sites(edge):
                for mailbox in self._of(GroupKind.MAILBOX, [site]):
                    yield EdgePair(mailbox, edge)

    def receiving(self) -> tuple[Group, ...]:
        """Edge servers that take mail from outside."""
        apart = (
            each
            for key, edge in self._topology.edge_servers.items()
            if delivers_apart(edge)
            for each in self._alone(key, edge)
        )
        return (*self._of(GroupKind.EDGE_RECEIVING), *apart)

    def receiving_pairs(self) -> Iterator[EdgePair]:
        """To whom the Edge servers deliver that take mail from outside."""
        for edge in self.receiving():
            for site in self._edge_sites(edge):
                for mailbox in self._of(GroupKind.MAILBOX, [site]):
                    yield EdgePair(mailbox, edge, self._port(edge, "delivery_port"))

    def edgesync_pairs(self) -> Iterator[EdgePair]:
        """Who takes part in EdgeSync with whom, each pair of Mailbox and Edge server in one."""
        for together in self._of(GroupKind.EDGE_SYNCED):
            # These except no server, so every server of the site takes part.
            for mailbox in self._of(GroupKind.EDGESYNC, [together.of]):
                yield EdgePair(mailbox, together)
            for mailbox in self._apart_of(together.of):
                yield EdgePair(mailbox, together)
        for key, edge in self._topology.edge_servers.items():
            if not syncs_apart(edge):
                continue
            site_id = identity(edge.site, self._topology.sites[edge.site])
            excepted = self._server_ids(edge.site, edge.edgesync_except)
            taking_part = [
                *self._of(GroupKind.EDGESYNC, [site_id]),
                *(each for each in self._apart_of(site_id) if each.of not in excepted),
            ]
            for alone in self._alone(key, edge):
                for mailbox in taking_part:
                    yield EdgePair(mailbox, alone, self._port(alone, "edgesync_port"))

    def _server_ids(self, site: str, names: Iterable[str]) -> set[str]:
        servers = self._topology.sites[site].servers
        return {identity(name, servers[name]) for name in names}

    def _apart_of(self, site_id: str) -> tuple[Group, ...]:
        """The groups of the site's Mailbox servers that some Edge server excepts."""
        for key, site in self._topology.sites.items():
            if identity(key, site) == site_id:
                ids = self._server_ids(key, mailbox_servers(self._topology, site))
                return self._of(GroupKind.EDGESYNC_SERVER, ids)
        return ()

    def _alone(self, key: str, edge: models.EdgeServer) -> tuple[Group, ...]:
        return self._of(GroupKind.EDGE_SERVER, [identity(key, edge)])

    def _edge_sites(self, group: Group) -> set[str]:
        """The identities of the sites of a group's members: one, for every group of Edge servers."""
        if group.kind is not GroupKind.EDGE_SERVER:
            return {group.of}
        declared = self._topology
        return {
            identity(edge.site, declared.sites.get(edge.site))
            for key, edge in declared.edge_servers.items()
            if identity(key, edge) == group.of
        }

    def _port(self, group: Group, which: str) -> int | None:
        """The port that a single Edge server says of itself; none for groups of several."""
        if group.kind is not GroupKind.EDGE_SERVER:
            return None
        for key, edge in self._topology.edge_servers.items():
            if identity(key, edge) == group.of:
                return int(getattr(edge, which))
        return None

    def server(self, name: str) -> tuple[Group, ...]:
        """The group of this one server; none where it has none."""
        return tuple(self._own_of.get(name, ()))

    def role(self, word: str, site: str | None) -> tuple[Group, ...]:
        """The groups that a role word of an additional flow stands for."""
        sites = None if site is None else (site,)
        if word == "client_access":
            return self.client_access(sites)
        if word == "mailbox":
            return self.mailbox(sites)
        if word == "edge":
            return self.edge(sites)
        # No group stands for all servers of a site: both roles together do.
        return self.exchange() if sites is None else self.client_access(sites) + self.mailbox(sites)
