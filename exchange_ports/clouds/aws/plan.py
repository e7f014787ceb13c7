"""Flows -> the security groups of one VPC.

Every flow is written at each managed end. Standalone rules of one source each (aws.md 3.1, 5); the
Internet is one prefix list, everything else goes by group or by range. No rule that a single other
one covers: its reasons move to the one that does.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.clouds.aws import limits
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.aws.names import name_of, peer_name, rule_name, safe
from exchange_ports.clouds.base import Direction
from exchange_ports.findings import Finding
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.flow import by_address, described, in_order
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer, Inventory
from exchange_ports.traffic.addresses import span_of, spans_of
from exchange_ports.traffic.covering import LabeledBox, Tiers, widest
from exchange_ports.traffic.ports import Ports, Protocol
from exchange_ports.traffic.spans import NOTHING, Spans

#: EC2 takes 255 characters (aws.md 2.3; the number itself is checked in `limits`).
_DESCRIPTION_LENGTH: Final = 255


def compile_network(network: str, flows: Iterable[Flow], inventory: Inventory) -> aws.AwsRuleSet:
    """The rule set of the VPC `network`, by its identity, from the flows that touch its groups.

    Retired groups get their rules too; the plan knows no members of them.
    Deterministic: the same flows in any order give the same rule set, rules sorted by name.
    """
    here = {group.key: group for group in inventory.groups if group.network == network}
    _, declared = inventory.networks[network]
    peers = _Peers(network, inventory.members)
    drafts: dict[str, _Draft] = {}
    for flow in flows:
        for name, draft in _written(flow, network, peers):
            before = drafts.setdefault(name, draft)
            if before is not draft:
                before.also(flow.reasons)
    rules = [
        aws.SecurityGroupRule(
            group=draft.group,
            direction=draft.direction,
            ports=draft.ports,
            peer=draft.peer.written,
            reasons=(why := in_order(draft.reasons)),
            description=safe(described(why, _DESCRIPTION_LENGTH)),
        )
        for draft in _without_covered(drafts, here)
    ]
    used = {rule.peer.key for rule in rules if isinstance(rule.peer, aws.ListRef)}
    return aws.AwsRuleSet(
        network=network,
        groups=tuple(
            aws.SecurityGroup(key, safe(group.summary)) for key, group in sorted(here.items())
        ),
        prefix_lists=tuple(peers.lists[key] for key in sorted(used)),
        rules=tuple(rules),
        memberships={
            server.name: tuple(group.key for group in server.groups)
            for server in inventory.in_network(network)
        },
        exclusive=declared.exclusive_rules,
        other_groups=declared.other_groups or 0,
    )


_IPV4: Final = 4
_IPV6: Final = 6
_ONLY: Final = {version: frozenset((version,)) for version in (_IPV4, _IPV6)}


class _Peer(NamedTuple):
    """A peer with what is asked of it in every rule that names it."""

    written: aws.Peer
    name: str
    #: What it stands for: addresses, or a group, of which the addresses say nothing.
    addresses: Spans
    group: str | None
    #: The families in which somebody is there: EC2 filters ICMP as a protocol of each.
    families: frozenset[int]


@dataclass(slots=True, eq=False)
class _Draft:
    """A rule that gathers its reasons: those of one flow, mostly."""

    group: str
    direction: Direction
    ports: Ports
    peer: _Peer
    reasons: Sequence[Reason]

    def also(self, reasons: Sequence[Reason]) -> None:
        """It is there for these as well."""
        if not isinstance(self.reasons, list):
            self.reasons = [*self.reasons]
        self.reasons.extend(reasons)


class _Peers:
    """The ends of flows as rules of one network name them, each worked out once."""

    def __init__(self, network: str, members: Mapping[Group, tuple[ExchangeServer, ...]]) -> None:
        self._network = network
        self._members = members
        self._known: dict[Group | ExternalEndpoint, tuple[_Peer, ...]] = {}
        #: The lists that flows name.
        self.lists: dict[str, aws.PrefixList] = {}

    def of(self, end: Group | ExternalEndpoint) -> tuple[_Peer, ...]:
        known = self._known.get(end)
        if known is None:
            known = self._known[end] = tuple(self._peers(end))
        return known

    def _peers(self, end: Group | ExternalEndpoint) -> Iterator[_Peer]:
        if isinstance(end, Group):
            members = self._members.get(end, ())
            if end.network == self._network:
                group = aws.GroupRef(end.key)
                yield _Peer(group, peer_name(group), NOTHING, end.key, _families(members))
                return
            end = by_address(end, members)
        ranges = end.ranges
        if end.is_shared_set:
            # The Internet of IPv4 has a hole for each private block, so it is many prefixes; that
            # of IPv6 is one, and needs no list. No declared name has a dot before "v6".
            for version, key in ((_IPV4, end.name), (_IPV6, f"{end.name}.v6")):
                entries = tuple(each for each in ranges if each.version == version)
                if len(entries) > 1:
                    self.lists[key] = aws.PrefixList(key, entries)
                    several = aws.ListRef(key)
                    yield _Peer(
                        several, peer_name(several), spans_of(entries), None, _ONLY[version]
                    )
                    ranges = tuple(each for each in ranges if each.version != version)
        for each in ranges:
            yield _Peer(each, peer_name(each), (span_of(each),), None, _ONLY[each.version])


def _families(members: Iterable[ExchangeServer]) -> frozenset[int]:
    """The families in which members have addresses; undeclared ones are IPv4.

    The members of a retired group are unknown: none is declared, so they are IPv4.
    """
    found = {
        version
        for server in members
        for version in ({each.version for each in server.declared_addresses} or {_IPV4})
    }
    return frozenset(found or {_IPV4})


def _written(flow: Flow, network: str, peers: _Peers) -> Iterator[tuple[str, _Draft]]:
    """One flow as rules at each of its ends that is ours, by their names."""
    ends = (
        (flow.source, Direction.OUT, flow.destination),
        (flow.destination, Direction.IN, flow.source),
    )
    for ours, direction, theirs in ends:
        if isinstance(ours, Group) and ours.network == network:
            key = ours.key
            for peer in peers.of(theirs):
                for ports in _by_family(flow.ports, peer.families):
                    name = name_of(key, direction, ports, peer.name)
                    yield name, _Draft(key, direction, ports, peer, flow.reasons)


def _by_family(ports: Ports, families: frozenset[int]) -> Iterable[Ports]:
    """Ports one by one; ICMP once for each family, which EC2 filters as two protocols."""
    if ports.protocol is not Protocol.ICMP:
        return ports.one_by_one()
    both = ((_IPV4, ports), (_IPV6, Ports(Protocol.ICMPV6)))
    return [each for version, each in both if version in families]


#: A group, a direction, and the group that is the peer; none where it is addresses.
_Label: TypeAlias = tuple[str, Direction, str | None]


def _without_covered(drafts: Mapping[str, _Draft], groups: Mapping[str, Group]) -> Iterator[_Draft]:
    """The drafts by name, without those that a single other one covers: it has their reasons too.

    A range may hold a group's members today; only a group holds them by what it means. A list of one
    range says what the range says: the first by name stays.
    """

    def above(label: _Label) -> Tiers[_Label]:
        ours, direction, theirs = label
        them = [theirs] if theirs is None else [theirs, *groups[theirs].implied_groups]
        ourselves = (ours, *sorted(groups[ours].implied_groups))
        return [[(each, direction, other) for other in them] for each in ourselves]

    ordered = [draft for _, draft in sorted(drafts.items())]
    covered = widest(
        (
            LabeledBox((d.group, d.direction, d.peer.group), d.ports, d.peer.addresses)
            for d in ordered
        ),
        above,
    )
    for place, wide in covered.items():
        ordered[wide].also(ordered[place].reasons)
    return (draft for place, draft in enumerate(ordered) if place not in covered)


def at_neighbors(
    network: str, flows: Iterable[Flow], bound: Collection[str]
) -> tuple[aws.SecurityGroupRule, ...]:
    """The rules at the groups of the neighbors `bound`, by their names, sorted by name.

    The group of a rule is the neighbor's name, its peer a group of ours in `network`. What our
    servers send is let in there, and what is sent to them let out; nothing that a rule for a wider
    group of ours says already.
    """
    reasons: dict[tuple[str, Direction, Group, Ports], tuple[Reason, ...]] = {}
    for flow in flows:
        for ours, theirs, direction in (
            (flow.source, flow.destination, Direction.IN),
            (flow.destination, flow.source, Direction.OUT),
        ):
            if (
                isinstance(ours, Group)
                and ours.network == network
                and isinstance(theirs, ExternalEndpoint)
                and theirs.name in bound
            ):
                for ports in _ports_at_neighbor(flow.ports):
                    key = (theirs.name, direction, ours, ports)
                    reasons[key] = (*reasons.get(key, ()), *flow.reasons)
    rules = [
        aws.SecurityGroupRule(
            name,
            direction,
            ports,
            aws.GroupRef(ours.key),
            in_order(why),
            safe(described(in_order(why), _DESCRIPTION_LENGTH)),
        )
        for (name, direction, ours, ports), why in reasons.items()
        if not any(
            (name, direction) == other[:2]
            and other[3].covers(ports)
            and (other[2].key in ours.implied_groups or (other[2] == ours and other[3] != ports))
            for other in reasons
        )
    ]
    return tuple(sorted(rules, key=rule_name))


def _ports_at_neighbor(ports: Ports) -> Iterator[Ports]:
    """Ports one by one; ICMP as EC2 filters it, as two protocols."""
    if ports.protocol is Protocol.ICMP:
        yield ports
        yield Ports(Protocol.ICMPV6)
        return
    yield from ports.one_by_one()


def check_neighbors(
    rules: aws.AwsRuleSet,
    flows: Iterable[Flow],
    bound: Collection[str],
    key: str,
    quotas: Mapping[str, int],
) -> Iterator[Finding]:
    """What EC2 would refuse of our rules alone at the groups of the neighbors `bound`.

    The groups may have others. Findings are at the network's `key`.
    """
    added = at_neighbors(rules.network, flows, bound)
    theirs = tuple(aws.SecurityGroup(neighbor, "") for neighbor in bound)
    alone = aws.AwsRuleSet(rules.network, (*rules.groups, *theirs), (), added, {})
    return (found for found in limits.check(alone, key, quotas) if found.is_error)


def rules_at_neighbors(
    rules: aws.AwsRuleSet, flows: Iterable[Flow], bound: Collection[str]
) -> aws.AwsRuleSet:
    """The rules that are added to the groups of the neighbors `bound`; the groups are not ours."""
    added = at_neighbors(rules.network, flows, bound)
    return aws.AwsRuleSet(rules.network, (), (), added, {})
