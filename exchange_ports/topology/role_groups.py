"""The groups that stand for each role of the catalog, and the pairs of Mailbox and Edge groups."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from exchange_ports.topology.groups import (
    Group,
    GroupKind,
    delivers_apart,
    identity,
    syncs_apart,
)
from exchange_ports.topology.models import EdgeServer, Outbound, OutboundPath, Topology
from exchange_ports.topology.roles import mailbox_servers


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
        topology: Topology,
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
        """Client Access servers of these sites, or of all."""
        return self._of(GroupKind.CLIENT_ACCESS, self._ids(sites))

    def mailbox(self, sites: Iterable[str] | None = None) -> tuple[Group, ...]:
        """Mailbox servers of these sites, or of all."""
        return self._of(GroupKind.MAILBOX, self._ids(sites))

    def edge(self, sites: Iterable[str] | None = None) -> tuple[Group, ...]:
        """Edge servers of these sites, or all."""
        return self._of(GroupKind.EDGE, self._ids(sites))

    def senders(self, connector: Outbound) -> tuple[Group, ...]:
        """The servers that hand mail out by a connector."""
        if connector.through is OutboundPath.MAILBOX:
            if connector.servers is not None:
                return tuple(group for name in connector.servers for group in self.server(name))
            return self.mailbox(connector.sites)
        if connector.through is OutboundPath.CLIENT_ACCESS:
            # Any Client Access server in the site of the source Mailbox server may be picked (V8).
            return self.client_access(self._sites_of(connector))
        return self._sending_edges(connector) if connector.through is OutboundPath.EDGE else ()

    def _sending_edges(self, connector: Outbound) -> tuple[Group, ...]:
        if connector.servers is not None:
            return tuple(group for name in connector.servers for group in self.server(name))
        return self._of(GroupKind.EDGE_SENDING, self._ids(connector.sites))

    def _sites_of(self, connector: Outbound) -> tuple[str, ...] | None:
        if connector.servers is None:
            return connector.sites
        named = set(connector.servers)
        return tuple(k for k, site in self._topology.sites.items() if named & set(site.servers))

    def sending_pairs(self, connector: Outbound) -> Iterator[EdgePair]:
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
            # Nobody is excepted by these, so whoever is of the site takes part with them.
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
                ids = self._server_ids(key, mailbox_servers(site))
                return self._of(GroupKind.EDGESYNC_SERVER, ids)
        return ()

    def _alone(self, key: str, edge: EdgeServer) -> tuple[Group, ...]:
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
