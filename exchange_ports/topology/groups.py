"""Which groups a server wears: a function of what is declared of that server alone.

A group stands for what its wearers are (a Mailbox server of site hq), never for a rule, so that
rules come and go without moving a server between groups. Both clouds use the same groups: security
groups on AWS, application security groups on Azure. Identities come from `id`, or the key where
there is none, so a rename that keeps its `id` keeps every group.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final

from exchange_ports.catalog import EDGESYNC_PORT, SMTP_PORT
from exchange_ports.topology.models import EdgeServer, Role, Server, Site, Topology
from exchange_ports.traffic.addresses import Address, covers, sort_key
from exchange_ports.traffic.addresses import Network as Range

__all__ = [
    "Group",
    "GroupKind",
    "GroupMember",
    "delivers_apart",
    "group",
    "has_own_group",
    "identity",
    "retired_members",
    "retirable_groups",
    "syncs_apart",
    "group_members",
    "members_of",
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

    `wider` are the keys of the groups that every wearer of this one wears too: a rule of theirs
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
        """Who wears it, in words made of identities only: clouds cannot change a description."""
        return _SAYS[self.kind].format(self.of)


@dataclass(frozen=True, slots=True)
class GroupMember:
    """An Exchange server: its name, network, zone and addresses, and its groups, the widest first."""

    name: str
    network: str
    in_perimeter: bool
    addresses: tuple[Range, ...]
    groups: tuple[Group, ...]

    @property
    def hosts(self) -> tuple[Address, ...]:
        """Its addresses, sorted: the order in which they are declared says nothing."""
        ranges = sorted(self.addresses, key=sort_key)
        return tuple(range_.network_address for range_ in ranges)


def members_of(wearers: Iterable[GroupMember]) -> dict[Group, list[GroupMember]]:
    """The wearers of each group that anybody wears, in order."""
    worn: dict[Group, list[GroupMember]] = {}
    for wearer in wearers:
        for group in wearer.groups:
            worn.setdefault(group, []).append(wearer)
    return worn


def identity(key: str, declared: object) -> str:
    """The `id` that was declared, or the key."""
    return getattr(declared, "id", None) or key


def group(network: str, kind: GroupKind, of: str = "", *implied_groups: str) -> Group:
    """A group with what its wearers wear besides."""
    return Group(network, kind, of, frozenset(implied_groups))


def _internal(
    network: str, site_key: str, site: Site, key: str, server: Server, topology: Topology
) -> GroupMember:
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
    addresses = () if server.address is None else (server.address,)
    return GroupMember(key, network, False, _ranges(addresses), tuple(worn))


def _edge(network: str, key: str, edge: EdgeServer, topology: Topology) -> GroupMember:
    site_id = identity(edge.site, topology.sites.get(edge.site))
    together = group(network, GroupKind.EDGE, site_id)
    worn = [together]
    # What an Edge server does like the others it does as one of a group; where it says something
    # else of itself, its own group has the rules, and those of the others stay as they are.
    for kind, wears in (
        (GroupKind.EDGE_RECEIVING, edge.receives and not delivers_apart(edge)),
        (GroupKind.EDGE_SENDING, edge.sends),
        (GroupKind.EDGE_SYNCED, edge.subscribed_site is not None and not syncs_apart(edge)),
    ):
        if wears:
            worn.append(group(network, kind, site_id, together.key))
    if has_own_group(edge):
        besides = (each.key for each in worn)
        worn.append(group(network, GroupKind.EDGE_SERVER, identity(key, edge), *besides))
    return GroupMember(
        key, network, _in_perimeter(edge, topology), _ranges(edge.addresses), tuple(worn)
    )


#: The kinds of group that a site's servers wear together, and those that one server wears alone.
_OF_SITES: Final = (
    GroupKind.CLIENT_ACCESS,
    GroupKind.MAILBOX,
    GroupKind.EDGESYNC,
    GroupKind.EDGE,
    GroupKind.EDGE_RECEIVING,
    GroupKind.EDGE_SENDING,
    GroupKind.EDGE_SYNCED,
)
_OF_EDGES: Final = frozenset(kind for kind in GroupKind if kind.value.startswith("edge")) - {
    GroupKind.EDGESYNC,
    GroupKind.EDGESYNC_SERVER,
}


def retirable_groups(topology: Topology, network: str) -> dict[str, Group]:
    """Every group that servers of a network may have worn, by key, as far as what it is of is declared.

    `network` is the network's identity. Of what one server wears alone, only what all such servers
    wear besides is known.
    """
    everyone = group(network, GroupKind.EXCHANGE)
    found = [everyone]
    for site_key, site in topology.sites.items():
        of = identity(site_key, site)
        inside, edge = (
            group(network, kind, of).key for kind in (GroupKind.MAILBOX, GroupKind.EDGE)
        )
        for kind in _OF_SITES:
            implied_groups = (edge,) if kind in _OF_EDGES else (everyone.key,)
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


def retired_members(topology: Topology) -> tuple[GroupMember, ...]:
    """The retired groups, each as somebody who wears it alone and of whom nothing else is known.

    One that somebody declared wears is not retired. Must not be shown: nobody declared them.
    """
    worn = set(members_of(group_members(topology)))
    return tuple(
        GroupMember("", here, bool(network.perimeter) and one.kind in _OF_EDGES, (), (one,))
        for key, network in sorted(topology.networks.items())
        if network.retired_groups
        for here in (identity(key, network),)
        for known in (retirable_groups(topology, here),)
        for named in sorted(set(network.retired_groups))
        if (one := known.get(named)) is not None and one not in worn
    )


def delivers_apart(edge: EdgeServer) -> bool:
    """Whether an Edge server delivers by a port of its own."""
    return edge.receives and edge.delivery_port != SMTP_PORT


def syncs_apart(edge: EdgeServer) -> bool:
    """Whether EdgeSync reaches an Edge server in a way of its own."""
    usual = edge.edgesync_port == EDGESYNC_PORT and not edge.edgesync_except
    return edge.subscribed_site is not None and not usual


def has_own_group(edge: EdgeServer) -> bool:
    """Whether an Edge server wears a group of its own."""
    return edge.own_group or delivers_apart(edge) or syncs_apart(edge)


def _in_perimeter(edge: EdgeServer, topology: Topology) -> bool:
    """Where an Edge server stands: in the perimeter, unless there is none or its address says so."""
    zone = topology.networks[edge.network].perimeter
    ranges = _ranges(edge.addresses)
    return bool(zone) and (not ranges or any(covers(zone, (each,)) for each in ranges))


def _ranges(addresses: Iterable[IPv4Address | IPv6Address]) -> tuple[Range, ...]:
    return tuple(ip_network(address) for address in addresses)


def group_members(topology: Topology) -> tuple[GroupMember, ...]:
    """Every Exchange server with its groups, internal servers first, each kind by name."""

    def everyone() -> Iterator[GroupMember]:
        ids: Mapping[str, str] = {key: identity(key, n) for key, n in topology.networks.items()}
        for site_key, site in topology.sites.items():
            for key, server in site.servers.items():
                yield _internal(ids[site.network or ""], site_key, site, key, server, topology)
        for key, edge in topology.edge_servers.items():
            yield _edge(ids[edge.network], key, edge, topology)

    return tuple(sorted(everyone(), key=lambda wearer: (wearer.in_perimeter, wearer.name)))
