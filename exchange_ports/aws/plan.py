"""Flows -> the security groups of one VPC.

Every flow is written at each managed end. Standalone rules of one source each (aws.md 3.1, 5); the
Internet is one prefix list, everything else goes by group or by range. No rule that a single other
one covers: its reasons move to the one that does.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from exchange_ports.aws.names import rule_name, safe
from exchange_ports.aws.rules import (
    Direction,
    GroupRef,
    ListRef,
    Peer,
    PrefixList,
    Rule,
    RuleSet,
    SecurityGroup,
)
from exchange_ports.flows import INTERNET, Flow, Outside, Reason, by_address, described, in_order
from exchange_ports.topology.groups import Group, Wearer
from exchange_ports.traffic.addresses import Network, covers
from exchange_ports.traffic.ports import Ports, Protocol

__all__ = ["compile_network"]

#: EC2 takes 255 characters (aws.md 2.3; the number itself is checked in `limits`).
_DESCRIPTION_LENGTH: Final = 255


def compile_network(
    network: str, flows: Iterable[Flow], groups: Collection[Group], wearers: Iterable[Wearer]
) -> RuleSet:
    """The rule set of the VPC `network`, from the flows that touch its groups.

    Deterministic: the same flows in any order give the same rule set, rules sorted by name.
    """
    dressed = tuple(wearers)
    here = {group.key: group for group in groups if group.network == network}
    far = {g: by_address(g, dressed) for g in groups if g.network != network}
    families = {group: _families(group, dressed) for group in here.values()}
    lists: dict[str, PrefixList] = {}
    reasons: dict[Rule, set[Reason]] = defaultdict(set)
    for flow in flows:
        for rule in _written(flow, network, far, lists, families):
            reasons[rule].update(rule.reasons)
    kept = _without_covered(reasons, here, lists)
    rules = [
        replace(
            rule,
            reasons=in_order(why),
            description=safe(described(why, _DESCRIPTION_LENGTH)),
        )
        for rule, why in kept.items()
    ]
    used = {rule.peer.key for rule in rules if isinstance(rule.peer, ListRef)}
    return RuleSet(
        network=network,
        groups=tuple(SecurityGroup(key, safe(group.says)) for key, group in sorted(here.items())),
        prefix_lists=tuple(lists[key] for key in sorted(used)),
        rules=tuple(sorted(rules, key=rule_name)),
        wears={
            wearer.name: tuple(group.key for group in wearer.groups)
            for wearer in dressed
            if wearer.network == network
        },
    )


def _families(group: Group, wearers: Iterable[Wearer]) -> set[int]:
    """The families in which a group's wearers have addresses; undeclared ones are IPv4."""
    return {
        version
        for wearer in wearers
        if group in wearer.groups
        for version in ({each.version for each in wearer.addresses} or {_IPV4})
    }


_IPV4: Final = 4
_IPV6: Final = 6


def _written(
    flow: Flow,
    network: str,
    far: Mapping[Group, Outside],
    lists: dict[str, PrefixList],
    families: Mapping[Group, set[int]],
) -> Iterator[Rule]:
    """One flow as rules at each of its ends that is ours."""
    ends = (
        (flow.source, Direction.OUT, flow.destination),
        (flow.destination, Direction.IN, flow.source),
    )
    for ours, direction, theirs in ends:
        if isinstance(ours, Group) and ours.network == network:
            peers = far.get(theirs, theirs) if isinstance(theirs, Group) else theirs
            theirs_in = families[peers] if isinstance(peers, Group) else set[int]()
            for peer in _peers(peers, lists):
                for ports in _by_family(flow.ports, peer, theirs_in):
                    yield Rule(ours.key, direction, ports, peer, flow.reasons)


def _by_family(ports: Ports, peer: Peer, families: set[int]) -> Iterator[Ports]:
    """Ports one by one; ICMP once for each family, which EC2 filters as two protocols."""
    if ports.protocol is not Protocol.ICMP:
        yield from ports.one_by_one()
        return
    versions = {_IPV4} if isinstance(peer, ListRef) else families
    if not isinstance(peer, GroupRef | ListRef):
        versions = {peer.version}
    if _IPV4 in versions:
        yield ports
    if _IPV6 in versions:
        yield Ports(Protocol.ICMPV6)


def _peers(end: Group | Outside, lists: dict[str, PrefixList]) -> Iterator[Peer]:
    if isinstance(end, Group):
        yield GroupRef(end.key)
        return
    if end.name != INTERNET:
        yield from end.ranges
        return
    # The Internet of IPv4 has a hole for each private block, so it is many prefixes; that of IPv6
    # is one.
    lists[INTERNET] = PrefixList(INTERNET, tuple(r for r in end.ranges if r.version == _IPV4))
    yield ListRef(INTERNET)
    yield from (range_ for range_ in end.ranges if range_.version == _IPV6)


def _without_covered(
    reasons: Mapping[Rule, set[Reason]],
    groups: Mapping[str, Group],
    lists: Mapping[str, PrefixList],
) -> dict[Rule, set[Reason]]:
    # By their ports, which are few and tell most rules apart.
    beside: dict[tuple[str, Direction], dict[Ports, list[Rule]]] = defaultdict(dict)
    for rule in sorted(reasons, key=rule_name):
        beside[rule.group, rule.direction].setdefault(rule.ports, []).append(rule)

    def ranges(peer: Peer) -> tuple[Network, ...]:
        if isinstance(peer, ListRef):
            return lists[peer.key].entries
        return () if isinstance(peer, GroupRef) else (peer,)

    def reaches(wide: Peer, narrow: Peer) -> bool:
        if wide == narrow:
            return True
        if isinstance(narrow, GroupRef):
            # A range may hold a group's members today; only a group holds them by what it means.
            return isinstance(wide, GroupRef) and wide.key in groups[narrow.key].wider
        return not isinstance(wide, GroupRef) and covers(ranges(wide), ranges(narrow))

    def says_the_same(one: Rule, other: Rule) -> bool:
        return (
            (one.group, one.ports) == (other.group, other.ports)
            and reaches(one.peer, other.peer)
            and reaches(other.peer, one.peer)
        )

    def covering(rule: Rule) -> Iterator[Rule]:
        for group in (rule.group, *sorted(groups[rule.group].wider)):
            found = (
                other
                for ports, others in beside[group, rule.direction].items()
                if ports.covers(rule.ports)
                for other in others
                if other is not rule
                and reaches(other.peer, rule.peer)
                # A list of one range says what the range says: the first by name stays.
                and not (says_the_same(other, rule) and rule_name(rule) < rule_name(other))
            )
            yield from sorted(found, key=rule_name)

    kept = {rule: set(why) for rule, why in reasons.items()}
    for rule, why in reasons.items():
        above = list(covering(rule))
        if above:
            # Covering is transitive, so one of those above is itself not covered.
            widest = next(other for other in above if not any(True for _ in covering(other)))
            kept.pop(rule)
            kept[widest] |= why
    return kept
