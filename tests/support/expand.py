"""What flows and plans let through, packet by packet: slow, naive, and sharing nothing with plans.

A packet is seen at one end of ours. Its other end is either a server of the same network, by name, or
an address: a rule by group is about the first, a rule by range about the second. Between networks
there are addresses only.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple, TypeAlias

from hypothesis import strategies as st

from exchange_ports.clouds.aws.rules import AwsRuleSet, ListRef, PrefixList
from exchange_ports.clouds.aws.rules import GroupRef as AwsGroupRef
from exchange_ports.clouds.aws.rules import Peer as AwsPeer
from exchange_ports.clouds.azure.rules import Access, Anything, AzureRuleSet, Prefixes, Side, Tag
from exchange_ports.clouds.azure.rules import GroupRef as AzureGroupRef
from exchange_ports.flows import ExternalEndpoint, Flow
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer, Inventory
from exchange_ports.topology.models import Platform, Topology
from exchange_ports.traffic.addresses import Network
from exchange_ports.traffic.ports import HIGHEST_PORT, Ports, Protocol
from tests.support.rule_sets import NetworkPlan

__all__ = [
    "MEANING",
    "Packet",
    "View",
    "Memberships",
    "narrower",
    "of_flow",
    "packets",
    "passes",
    "passes_flows",
    "view",
]

Ip: TypeAlias = IPv4Address | IPv6Address
Memberships: TypeAlias = Mapping[str, tuple[str, ...]]


class View(NamedTuple):
    """What one network sees: its own servers by group, and those of the others by address."""

    network: str
    memberships: Memberships
    members: tuple[ExchangeServer, ...]

    def addresses(self, group: Group) -> list[Network]:
        """Of the members of a group in another network."""
        return [each for member in self.members if group in member.groups for each in member.ranges]


def view(plan: NetworkPlan, topology: Topology) -> View:
    # The platform makes no difference to what is compared here.
    servers = (replace(each, platform=Platform.AWS) for each in Inventory(topology).servers)
    return View(plan.network, plan.memberships, tuple(servers))


class Packet(NamedTuple):
    """`protocol` ANY is one that has no name here, such as GRE."""

    server: str
    direction: str
    peer: str | Ip
    protocol: Protocol
    port: int | None


#: A member of a group of this kind is, by what the group is for, a member of one of these too.
MEANING: Final[Mapping[str, frozenset[str]]] = {
    "exchange": frozenset(),
    "client-access": frozenset({"exchange"}),
    "unpublished": frozenset({"exchange"}),
    "mailbox": frozenset({"exchange"}),
    "edgesync": frozenset({"exchange", "mailbox"}),
    "edgesync-server": frozenset({"exchange", "mailbox"}),
    "server": frozenset(
        {
            "exchange",
            "client-access",
            "unpublished",
            "mailbox",
            "edgesync",
            "edgesync-server",
        }
    ),
    "edge": frozenset(),
    "edge-receiving": frozenset({"edge"}),
    "edge-sending": frozenset({"edge"}),
    "edge-synced": frozenset({"edge"}),
    "edge-server": frozenset({"edge", "edge-receiving", "edge-sending", "edge-synced"}),
}


def _kind(key: str) -> str:
    return key.partition(".")[0]


def narrower(one: str, other: str, memberships: Memberships) -> bool:
    """Whether every member of group `one` has `other` because of what the two mean."""
    if one == other:
        return True
    members = [keys for keys in memberships.values() if one in keys]
    return _kind(other) in MEANING[_kind(one)] and all(other in keys for keys in members)


def _matches(ports: Ports, packet: Packet) -> bool:
    if ports.protocol is Protocol.ANY:
        return True
    if ports.protocol is Protocol.ICMPV6:
        # EC2 filters the ICMP of IPv6 as a protocol of its own.
        ipv6 = isinstance(packet.peer, str) or packet.peer.version == 6
        return packet.protocol is Protocol.ICMP and ipv6
    if ports.protocol is not packet.protocol:
        return False
    return packet.port is None or any(a <= packet.port <= b for a, b in ports.ranges)


def _in(ranges: Iterable[Network], peer: str | Ip) -> bool:
    return not isinstance(peer, str) and any(peer in range_ for range_ in ranges)


def _is_member(key: str, peer: str | Ip, memberships: Memberships) -> bool:
    return isinstance(peer, str) and key in memberships[peer]


# What is meant.


def passes_flows(flows: Iterable[Flow], here: View, packet: Packet) -> bool:
    """Whether a flow says so."""
    return any(_says(flow, here, packet) for flow in flows)


def _says(flow: Flow, here: View, packet: Packet) -> bool:
    out = packet.direction == "out"
    ours, theirs = (flow.source, flow.destination) if out else (flow.destination, flow.source)
    if not isinstance(ours, Group) or ours.network != here.network:
        return False
    if ours.key not in here.memberships[packet.server] or not _matches(flow.ports, packet):
        return False
    if isinstance(theirs, ExternalEndpoint):
        return _in(theirs.ranges, packet.peer)
    if theirs.network == here.network:
        return _is_member(theirs.key, packet.peer, here.memberships)
    return _in(here.addresses(theirs), packet.peer)


def _peers(end: Group | ExternalEndpoint, here: View) -> list[str | Ip]:
    if isinstance(end, Group) and end.network == here.network:
        return [server for server, keys in here.memberships.items() if end.key in keys]
    ranges = here.addresses(end) if isinstance(end, Group) else end.ranges
    return [address for range_ in ranges for address in (range_[0], range_[-1])]


def _ports(ports: Ports) -> list[tuple[Protocol, int | None]]:
    """The corners of some ports."""
    if ports.protocol is Protocol.ANY:
        return [(Protocol.ANY, None), (Protocol.TCP, 1), (Protocol.UDP, HIGHEST_PORT)]
    if not ports.protocol.has_ports:
        return [(ports.protocol, None)]
    return [(ports.protocol, port) for range_ in ports.ranges for port in range_]


def of_flow(flow: Flow, here: View) -> Iterator[Packet]:
    """Packets at the corners of a flow, seen at each end that is of this network."""
    for ours, theirs, direction in (
        (flow.source, flow.destination, "out"),
        (flow.destination, flow.source, "in"),
    ):
        if isinstance(ours, Group) and ours.network == here.network:
            for server in _peers(ours, here):
                for peer in _peers(theirs, here):
                    for protocol, port in _ports(flow.ports):
                        yield Packet(str(server), direction, peer, protocol, port)


def packets(flows: Iterable[Flow], here: View) -> st.SearchStrategy[Packet]:
    """Packets between servers of ours and whoever flows are about, ports and addresses near them."""
    peers: set[str | Ip] = {*here.memberships}
    ports: set[tuple[Protocol, int | None]] = {(Protocol.ANY, None), (Protocol.ESP, None)}
    for flow in flows:
        for end in (flow.source, flow.destination):
            for corner in _peers(end, here):
                peers |= {corner} if isinstance(corner, str) else _near(corner)
        for protocol, port in _ports(flow.ports):
            ports.add((protocol, port))
            if port is not None:
                near = (port - 1, port + 1)
                ports |= {(protocol, each) for each in near if 0 < each <= HIGHEST_PORT}
    return st.tuples(
        st.sampled_from(sorted(here.memberships)),
        st.sampled_from(("in", "out")),
        st.sampled_from(sorted(peers, key=str)),
        st.sampled_from(sorted(ports, key=str)),
    ).map(lambda drawn: Packet(drawn[0], drawn[1], drawn[2], *drawn[3]))


def _near(address: Ip) -> set[str | Ip]:
    numbers = (int(address) + step for step in (-1, 0, 1))
    return {type(address)(each) for each in numbers if 0 <= each < 1 << address.max_prefixlen}


# What is written.


def passes(plan: NetworkPlan, packet: Packet) -> bool:
    """Whether the server's own filter lets it through."""
    return _aws(plan, packet) if isinstance(plan, AwsRuleSet) else _azure(plan, packet)


def _aws(plan: AwsRuleSet, packet: Packet) -> bool:
    lists = {each.key: each for each in plan.prefix_lists}
    return any(
        rule.group in plan.memberships[packet.server]
        and rule.direction == packet.direction
        and _matches(rule.ports, packet)
        and _aws_peer(rule.peer, packet.peer, plan.memberships, lists)
        for rule in plan.rules
    )


def _aws_peer(
    named: AwsPeer, peer: str | Ip, memberships: Memberships, lists: Mapping[str, PrefixList]
) -> bool:
    if isinstance(named, AwsGroupRef):
        return _is_member(named.key, peer, memberships)
    return _in(lists[named.key].entries if isinstance(named, ListRef) else (named,), peer)


def _azure(plan: AzureRuleSet, packet: Packet) -> bool:
    (group,) = (each for each in plan.groups if each.zone is plan.zones[packet.server])
    for rule in sorted(group.rules, key=lambda rule: rule.priority):
        if rule.direction != packet.direction or not _matches(rule.ports, packet):
            continue
        source, destination = (
            (packet.server, packet.peer)
            if packet.direction == "out"
            else (packet.peer, packet.server)
        )
        if _azure_side(rule.source, source, plan.memberships) and _azure_side(
            rule.destination, destination, plan.memberships
        ):
            return rule.access is Access.ALLOW
    raise AssertionError("no rule decides: the explicit deny is missing")


def _azure_side(side: Side, end: str | Ip, memberships: Memberships) -> bool:
    if isinstance(side, AzureGroupRef):
        return _is_member(side.key, end, memberships)
    if isinstance(side, Prefixes):
        return _in(side.ranges, end)
    # The one tag in use is the load balancer's probe, which is no address of ours or others.
    return isinstance(side, Anything) and not isinstance(side, Tag)
