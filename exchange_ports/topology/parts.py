"""Who plays which part of the catalog: the one place where the version of Exchange decides.

Here it is Exchange 2013, with Client Access and Mailbox as roles that can be apart. In 2016 and
later the Mailbox server plays Client Access too (exchange.md 14): only this file would differ.
"""

from collections.abc import Iterable

from exchange_ports.topology.groups import Group, GroupKind, Wearer, identity, wearers
from exchange_ports.topology.models import Outbound, OutboundPath, Role, Site, Topology

__all__ = ["Parts", "mailbox_servers", "outbound_path", "sites_with"]


def sites_with(topology: Topology, role: Role) -> tuple[str, ...]:
    """The keys of the sites that have a server in this role, in order."""
    return tuple(
        sorted(
            key
            for key, site in topology.sites.items()
            if any(role in server.roles for server in site.servers.values())
        )
    )


def mailbox_servers(site: Site) -> tuple[str, ...]:
    """The keys of a site's Mailbox servers, in order."""
    return tuple(sorted(k for k, server in site.servers.items() if Role.MAILBOX in server.roles))


def outbound_path(topology: Topology) -> Outbound:
    """The declared Send connector, or what an installation has that declares none.

    Without Edge, Exchange makes no Send connector; a subscription makes one to the Internet.
    """
    declared = topology.mail_flow.outbound
    if isinstance(declared, Outbound):
        return declared
    through = OutboundPath.EDGE if topology.edge_servers else OutboundPath.NONE
    return Outbound(through=through)


class Parts:
    """The groups that stand for each part, of one topology."""

    def __init__(self, topology: Topology) -> None:
        """Ask the wardrobe once."""
        self._topology = topology
        self.wearers: tuple[Wearer, ...] = wearers(topology)
        worn = {group for wearer in self.wearers for group in wearer.groups}
        self.groups: tuple[Group, ...] = tuple(sorted(worn))

    def _of(self, kind: GroupKind, of: Iterable[str] | None = None) -> tuple[Group, ...]:
        wanted = None if of is None else set(of)
        return tuple(
            g for g in self.groups if g.kind is kind and (wanted is None or g.of in wanted)
        )

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
        """Edge servers subscribed to these sites, or all."""
        return self._of(GroupKind.EDGE, self._ids(sites))

    def edge_with_subscribed(self) -> tuple[tuple[Group, Group], ...]:
        """Each Edge group with the Mailbox group of the site it is subscribed to."""
        return tuple(
            (edge, mailbox)
            for edge in self.edge()
            for mailbox in self.mailbox()
            if edge.of == mailbox.of
        )

    def edgesync_pairs(self) -> tuple[tuple[Group, Group], ...]:
        """Who takes part in EdgeSync with whom: Mailbox side, Edge side."""
        pairs = [
            (together, edge)
            for edge in self.edge()
            for together in self._of(GroupKind.EDGESYNC, [edge.of])
        ]
        # A server with an exception takes part with the Edge servers that do not name it.
        sites = self._topology.sites
        for key, edge in self._topology.edge_servers.items():
            site = sites[edge.subscribed_site or ""]
            for mailbox in mailbox_servers(site):
                server_id = identity(mailbox, site.servers[mailbox])
                apart = self._of(GroupKind.EDGESYNC_SERVER, [server_id])
                if mailbox not in edge.edgesync_except:
                    alone = self._of(GroupKind.EDGE_SERVER, [identity(key, edge)])
                    pairs += [(one, other) for one in apart for other in alone]
        return tuple(pairs)

    def server(self, name: str) -> tuple[Group, ...]:
        """The group that this one server wears alone; none where it has none."""
        return tuple(
            group
            for wearer in self.wearers
            if wearer.name == name
            for group in wearer.groups
            if group.kind in (GroupKind.SERVER, GroupKind.EDGE_SERVER)
        )

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
