"""Which groups a server wears: a function of what is declared of that server alone.

A group stands for what its wearers are (a Mailbox server of site hq), never for a rule, so that
rules come and go without moving a server between groups. Both clouds use the same groups: security
groups on AWS, application security groups on Azure. Identities come from `id`, or the key where
there is none, so a rename that keeps its `id` keeps every group.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from exchange_ports.topology.models import EdgeServer, Role, Server, Site, Topology

__all__ = ["Group", "GroupKind", "Wearer", "group", "identity", "wearers"]


class GroupKind(StrEnum):
    """What a group stands for. The words are part of released names and never change."""

    EXCHANGE = "exchange"
    CLIENT_ACCESS = "client-access"
    MAILBOX = "mailbox"
    EDGESYNC = "edgesync"
    EDGESYNC_SERVER = "edgesync-server"
    SERVER = "server"
    EDGE = "edge"
    EDGE_SERVER = "edge-server"


_SAYS: Final = {
    GroupKind.EXCHANGE: "Exchange servers inside",
    GroupKind.CLIENT_ACCESS: "Client Access servers of site {}",
    GroupKind.MAILBOX: "Mailbox servers of site {}",
    GroupKind.EDGESYNC: "Mailbox servers of site {} that take part in EdgeSync with every Edge",
    GroupKind.EDGESYNC_SERVER: "Mailbox server {} for EdgeSync with some Edge servers only",
    GroupKind.SERVER: "Exchange server {} alone",
    GroupKind.EDGE: "Edge Transport servers subscribed to site {}",
    GroupKind.EDGE_SERVER: "Edge Transport server {} alone",
}

#: The groups of the perimeter zone; all others are of the internal zone.
PERIMETER_KINDS: Final = frozenset({GroupKind.EDGE, GroupKind.EDGE_SERVER})


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """One group of a network. `of` is the identity of the site or server it stands for.

    `wider` are the keys of the groups that every wearer of this one wears too: a rule of theirs
    reaches the same servers, so a rule here that says no more is not needed.
    """

    network: str
    kind: GroupKind
    of: str = ""
    wider: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def key(self) -> str:
        """The group's name inside its network: `mailbox.hq`. A dot can be in no declared name."""
        return f"{self.kind}.{self.of}" if self.of else self.kind.value

    @property
    def says(self) -> str:
        """Who wears it, in words made of identities only: clouds cannot change a description."""
        return _SAYS[self.kind].format(self.of)

    @property
    def in_perimeter(self) -> bool:
        """Whether its wearers stand in the perimeter zone."""
        return self.kind in PERIMETER_KINDS


@dataclass(frozen=True, slots=True)
class Wearer:
    """A managed server: its name, the network it stands in, and its groups, the widest first."""

    name: str
    network: str
    groups: tuple[Group, ...]

    @property
    def in_perimeter(self) -> bool:
        """Whether it is an Edge server."""
        return any(worn.in_perimeter for worn in self.groups)


def identity(key: str, declared: object) -> str:
    """The `id` that was declared, or the key."""
    return getattr(declared, "id", None) or key


def group(network: str, kind: GroupKind, of: str = "", *wider: str) -> Group:
    """A group with what its wearers wear besides."""
    return Group(network, kind, of, frozenset(wider))


def _internal(
    network: str, site_key: str, site: Site, key: str, server: Server, topology: Topology
) -> Wearer:
    site_id, server_id = identity(site_key, site), identity(key, server)
    everyone = group(network, GroupKind.EXCHANGE)
    roles: list[Group] = []
    worn = [everyone]
    if Role.CLIENT_ACCESS in server.roles:
        roles.append(group(network, GroupKind.CLIENT_ACCESS, site_id, everyone.key))
    if Role.MAILBOX in server.roles:
        mailbox = group(network, GroupKind.MAILBOX, site_id, everyone.key)
        # Whoever is named in no exception takes part with every Edge server of the site, so one
        # group serves them all, Edge or no Edge; an exception gives the server a group of its own.
        apart = any(
            key in edge.edgesync_except
            for edge in topology.edge_servers.values()
            if edge.subscribed_site == site_key
        )
        kind, of = (
            (GroupKind.EDGESYNC_SERVER, server_id) if apart else (GroupKind.EDGESYNC, site_id)
        )
        roles += [mailbox, group(network, kind, of, everyone.key, mailbox.key)]
    worn += roles
    if server.own_group:
        besides = (everyone.key, *(role.key for role in roles))
        worn.append(group(network, GroupKind.SERVER, server_id, *besides))
    return Wearer(key, network, tuple(worn))


def _edge(network: str, key: str, edge: EdgeServer, topology: Topology) -> Wearer:
    site = topology.sites.get(edge.subscribed_site or "")
    site_id = identity(edge.subscribed_site or "", site)
    together = group(network, GroupKind.EDGE, site_id)
    alone = group(network, GroupKind.EDGE_SERVER, identity(key, edge), together.key)
    return Wearer(key, network, (together, alone))


def wearers(topology: Topology) -> tuple[Wearer, ...]:
    """Every managed server with its groups, internal servers first, each kind by name."""

    def everyone() -> Iterator[Wearer]:
        ids: Mapping[str, str] = {key: identity(key, n) for key, n in topology.networks.items()}
        for site_key, site in topology.sites.items():
            for key, server in site.servers.items():
                yield _internal(ids[site.network], site_key, site, key, server, topology)
        for key, edge in topology.edge_servers.items():
            yield _edge(ids[edge.network], key, edge, topology)

    return tuple(sorted(everyone(), key=lambda wearer: (wearer.in_perimeter, wearer.name)))
