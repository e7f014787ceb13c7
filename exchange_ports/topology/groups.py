"""Which groups a server is a member of: a function of what is declared of that server alone.

A group stands for what its members are (a Mailbox server of site hq), never for a rule, so that
rules come and go without moving a server between groups. Both clouds use the same groups: security
groups on AWS, application security groups on Azure. Identities come from `id`, or the key where
there is none, so a rename that keeps its `id` keeps every group.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from exchange_ports.catalog import EDGESYNC_PORT, SMTP_PORT
from exchange_ports.topology.models import EdgeServer, Topology
from exchange_ports.topology.roles import ServerRole

__all__ = [
    "EDGE_KINDS",
    "Group",
    "GroupKind",
    "delivers_apart",
    "edge_groups",
    "group",
    "has_own_group",
    "identity",
    "internal_groups",
    "retirable_groups",
    "syncs_apart",
]


class GroupKind(StrEnum):
    """What a group stands for. The words are part of released names and never change."""

    EXCHANGE = "exchange"
    CLIENT_ACCESS = "client-access"
    MAILBOX = "mailbox"
    EDGESYNC = "edgesync"
    EDGESYNC_SERVER = "edgesync-server"
    SERVER = "server"
    EDGE = "edge"
    EDGE_RECEIVING = "edge-receiving"
    EDGE_SENDING = "edge-sending"
    EDGE_SYNCED = "edge-synced"
    EDGE_SERVER = "edge-server"


_SAYS: Final = {
    GroupKind.EXCHANGE: "Exchange servers inside",
    GroupKind.CLIENT_ACCESS: "Client Access servers of site {}",
    GroupKind.MAILBOX: "Mailbox servers of site {}",
    GroupKind.EDGESYNC: "Mailbox servers of site {} that take part in EdgeSync with every Edge",
    GroupKind.EDGESYNC_SERVER: "Mailbox server {} for EdgeSync with some Edge servers only",
    GroupKind.SERVER: "Exchange server {} alone",
    GroupKind.EDGE: "Edge Transport servers of site {}",
    GroupKind.EDGE_RECEIVING: "Edge Transport servers of site {} that take mail from outside",
    GroupKind.EDGE_SENDING: "Edge Transport servers of site {} that send mail to the outside",
    GroupKind.EDGE_SYNCED: "Edge Transport servers of site {} that every Mailbox server syncs with",
    GroupKind.EDGE_SERVER: "Edge Transport server {} alone",
}


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """One group of a network. `of` is the identity of the site or server it stands for.

    `implied_groups` are the keys of the groups that every member of this one is in too: a rule of theirs
    reaches the same servers, so a rule here that says no more is not needed.
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
        """Its members, in words made of identities only: clouds cannot change a description."""
        return _SAYS[self.kind].format(self.of)


def identity(key: str, declared: object) -> str:
    """The `id` that was declared, or the key."""
    return getattr(declared, "id", None) or key


def group(network: str, kind: GroupKind, of: str = "", *implied_groups: str) -> Group:
    """A group with the keys of the groups that its members are in too."""
    return Group(network, kind, of, frozenset(implied_groups))


def internal_groups(
    network: str,
    site: str,
    server: str,
    roles: Collection[ServerRole],
    *,
    own_group: bool,
    edgesync_exception: bool,
) -> tuple[Group, ...]:
    """The groups of an internal Exchange server, the widest first.

    `network`, `site` and `server` are identities. `edgesync_exception`: whether an Edge server of its
    site does not synchronize with it.
    """
    everyone = group(network, GroupKind.EXCHANGE)
    by_role: list[Group] = []
    if ServerRole.CLIENT_ACCESS in roles:
        by_role.append(group(network, GroupKind.CLIENT_ACCESS, site, everyone.key))
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


def edge_groups(network: str, site: str, server: str, edge: EdgeServer) -> tuple[Group, ...]:
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
    GroupKind.CLIENT_ACCESS,
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


def retirable_groups(topology: Topology, network: str) -> dict[str, Group]:
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


def delivers_apart(edge: EdgeServer) -> bool:
    """Whether an Edge server delivers by a port of its own."""
    return edge.receives and edge.delivery_port != SMTP_PORT


def syncs_apart(edge: EdgeServer) -> bool:
    """Whether EdgeSync reaches an Edge server in a way of its own."""
    usual = edge.edgesync_port == EDGESYNC_PORT and not edge.edgesync_except
    return edge.subscribed_site is not None and not usual


def has_own_group(edge: EdgeServer) -> bool:
    """Whether an Edge server has a group of its own."""
    return edge.own_group or delivers_apart(edge) or syncs_apart(edge)
