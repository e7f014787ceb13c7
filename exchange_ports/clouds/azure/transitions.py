"""The rule sets of a VNet that an update passes through, and rule sets made of two.

A network security group is written whole, so the cloud itself never holds a part of two; a step that is
asked for does. Must not know: the planner, nor in which order an engine works.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.azure.names import band_of, renumbered
from exchange_ports.clouds.base import Direction, TransientRules, subsets
from exchange_ports.topology.models import Attachment, Zone
from exchange_ports.traffic.ports import Ports


def empty(network: str) -> azure.AzureRuleSet:
    """The rule set of a VNet that holds nothing of ours."""
    return azure.AzureRuleSet(network, (), (), {}, {})


def trimmed(old: azure.AzureRuleSet, new: azure.AzureRuleSet) -> azure.AzureRuleSet:
    """The old rules: nothing must be gone first, as a network security group is written whole."""
    return old


def transient_states(
    old: azure.AzureRuleSet, new: azure.AzureRuleSet, *, memberships_change: bool
) -> Iterator[TransientRules]:
    """The extremal states of one run of the engine, in the order of time."""
    # Azure deletes no network security group that an interface has (azure.md 3): one that goes is there until
    # servers have left it.
    written_ones = {group.key: group for group in new.groups}
    for written in subsets(list(written_ones)):
        names = " and ".join(f"the {written_ones[key].zone} zone" for key in written) or "none"
        summary = f"when the security group of {names} is written"
        yield TransientRules(summary, _mixed(old, new, written), "before")
    if memberships_change:
        summary = "when rules are written and servers change their groups"
        yield TransientRules(summary, _mixed(old, new, written_ones), "changing")
    yield TransientRules("at its end", new, "after")


def holding(old: azure.AzureRuleSet, new: azure.AzureRuleSet) -> azure.AzureRuleSet:
    """The new rules, with the groups of both: Azure deletes no group that an interface has (azure.md 3)."""
    return _mixed(old, new, {group.key for group in new.groups})


def zones_left(old: azure.AzureRuleSet, new: azure.AzureRuleSet) -> Iterator[Zone]:
    """The zones whose network security group is deleted."""
    kept = {group.zone for group in new.groups}
    return (group.zone for group in old.groups if group.zone not in kept)


def with_memberships(
    rules: azure.AzureRuleSet, memberships: Mapping[str, tuple[str, ...]], zones: Mapping[str, str]
) -> azure.AzureRuleSet:
    """The same rules with these servers as members, as far as their groups exist."""
    known = set(rules.member_groups)
    return replace(
        rules,
        memberships={
            who: tuple(key for key in groups if key in known) for who, groups in memberships.items()
        },
        zones={who: Zone(zone) for who, zone in zones.items()},
    )


def without(rules: azure.AzureRuleSet, gone: frozenset[tuple[str, str]]) -> azure.AzureRuleSet:
    """The same without these rules, each given by the zone of its group and its name."""
    groups = (
        replace(
            group, rules=tuple(r for r in group.rules if (group.zone.value, r.name) not in gone)
        )
        for group in rules.groups
    )
    return replace(rules, groups=tuple(groups))


def reattached(
    old: azure.AzureRuleSet, new: azure.AzureRuleSet
) -> Iterator[tuple[Zone, Attachment, Attachment]]:
    """The zones whose network security groups change what they are associated with."""
    before = {group.zone: group.at for group in old.groups}
    for group in new.groups:
        at = before.get(group.zone, group.at)
        if at is not group.at:
            yield group.zone, at, group.at


def _mixed(
    old: azure.AzureRuleSet, new: azure.AzureRuleSet, written: Collection[str]
) -> azure.AzureRuleSet:
    """The network security groups with the keys of `written` as in `new`, the others as they were."""
    groups = [group for group in old.groups if group.key not in written]
    groups += [group for group in new.groups if group.key in written]
    return _with_groups(old, new, groups)


def merged(
    old: azure.AzureRuleSet, new: azure.AzureRuleSet, keep: Callable[[str], tuple[bool, bool]]
) -> azure.AzureRuleSet:
    """The groups of both, and of each application security group the rules that `keep` asks for.

    A rule belongs to the application security group at our side. A rule that is in both is the new
    one. An old one whose priority is taken gets the next free one of its band. Memberships and zones
    stay as in `old`.
    """
    groups = {group.key: group for group in (*old.groups, *new.groups)}
    found = _with_groups(old, new, [_group(each, old, new, keep) for each in groups.values()])
    return replace(found, memberships=old.memberships, zones=old.zones)


def _with_groups(
    old: azure.AzureRuleSet, new: azure.AzureRuleSet, groups: Iterable[azure.NetworkSecurityGroup]
) -> azure.AzureRuleSet:
    order = list(Zone)
    applications = {each.key: each for each in (*old.application_groups, *new.application_groups)}
    return replace(
        new,
        groups=tuple(sorted(groups, key=lambda group: (order.index(group.zone), group.key))),
        application_groups=tuple(applications[key] for key in sorted(applications)),
    )


def _group(
    group: azure.NetworkSecurityGroup,
    old: azure.AzureRuleSet,
    new: azure.AzureRuleSet,
    keep: Callable[[str], tuple[bool, bool]],
) -> azure.NetworkSecurityGroup:
    rules: dict[_Content, azure.SecurityRule] = {}
    for rule in _rules_of(group, new):
        if _kept(rule, keep, of_new=True):
            rules[_content(rule)] = rule
    taken: dict[Direction, set[int]] = defaultdict(set)
    for rule in rules.values():
        taken[rule.direction].add(rule.priority)
    names = {rule.name for rule in rules.values()}
    for rule in _rules_of(group, old):
        if _content(rule) in rules or not _kept(rule, keep, of_new=False):
            continue
        free = rule
        if rule.priority in taken[rule.direction] or rule.name in names:
            free = _elsewhere(rule, taken[rule.direction])
        taken[free.direction].add(free.priority)
        names.add(free.name)
        rules[_content(free)] = free
    return replace(group, rules=tuple(sorted(rules.values(), key=lambda rule: rule.name)))


_Content = tuple[Direction, azure.Access, Ports, azure.Side, azure.Side]


def _content(rule: azure.SecurityRule) -> _Content:
    return (rule.direction, rule.access, rule.ports, rule.source, rule.destination)


def _rules_of(
    group: azure.NetworkSecurityGroup, rules: azure.AzureRuleSet
) -> Iterable[azure.SecurityRule]:
    return (rule for each in rules.groups if each.key == group.key for rule in each.rules)


def _kept(
    rule: azure.SecurityRule, keep: Callable[[str], tuple[bool, bool]], *, of_new: bool
) -> bool:
    ours = rule.destination if rule.direction is Direction.IN else rule.source
    # Probe and denies say the same as long as the group is there; a deny of one of our groups is
    # about its members.
    if rule.access is azure.Access.DENY or not isinstance(ours, azure.GroupRef):
        return True
    return keep(ours.key)[of_new]


def _elsewhere(rule: azure.SecurityRule, taken: Collection[int]) -> azure.SecurityRule:
    band = band_of(rule.priority)
    for step in range(1, band.size):
        priority = band.first + (rule.priority - band.first + step) % band.size
        if priority not in taken:
            return replace(rule, priority=priority, name=renumbered(rule.name, priority))
    # A full band is over the limit of rules as well, which says so.
    return rule
