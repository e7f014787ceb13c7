"""The rule sets of a VPC that an update passes through, and rule sets made of two.

Creates and edits in place come first, in any order that dependencies allow; servers change their groups
when all of these exist; deletions come last (pulumi.md 3). Rules only allow, so the states with the fewest
and with the most rules include everything that is allowed in between. A prefix list changes whole. Must
not know: the planner.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.clouds.aws.rules import (
    AwsRuleSet,
    GroupRef,
    ListRef,
    PrefixList,
    SecurityGroup,
    SecurityGroupRule,
)
from exchange_ports.clouds.base import TransientRules, subsets
from exchange_ports.topology.models import Attachment, Zone


def empty(network: str) -> AwsRuleSet:
    """The rule set of a VPC that holds nothing of ours."""
    return AwsRuleSet(network, (), (), (), {})


def merged(
    old: AwsRuleSet, new: AwsRuleSet, keep: Callable[[str], tuple[bool, bool]]
) -> AwsRuleSet:
    """The groups of both, and of each group the old and the new rules that `keep` asks for.

    Memberships stay as in `old`. Lists change when the rules that named them as they were are gone.
    """
    return replace(_together(old, new, keep, new_lists=()), memberships=old.memberships)


def trimmed(old: AwsRuleSet, new: AwsRuleSet) -> AwsRuleSet:
    """The old rules without those that go and name a prefix list that changes.

    A list changes in place while such a rule still exists, and what is new in the list would be allowed
    by it although neither rule set allows it.
    """
    changing = _lists_that_change(old, new)
    stays = set(new.rules)
    rules = tuple(r for r in old.rules if r in stays or _list_of(r) not in changing)
    return old if len(rules) == len(old.rules) else replace(old, rules=rules)


def transient_states(
    old: AwsRuleSet, new: AwsRuleSet, *, memberships_change: bool
) -> Iterator[TransientRules]:
    """The extremal states of one run of the engine, in the order of time."""
    both = _together(old, new)
    changing = _lists_that_change(old, new)
    stays = set(old.rules)
    for changed in subsets(changing):
        lists = _together(old, new, new_lists=changed).prefix_lists
        # A rule takes the id of its list from the list, so it is added when that has changed.
        waiting = set(changing) - set(changed)
        added = tuple(r for r in both.rules if r in stays or _list_of(r) not in waiting)
        for summary, rules in (("before the first rule is added", old.rules), (_ALL_ADDED, added)):
            yield TransientRules(summary, replace(both, rules=rules, prefix_lists=lists), "before")
    if memberships_change:
        summary = "when every rule is added and servers change their groups"
        yield TransientRules(summary, both, "changing")
    yield TransientRules(_ALL_ADDED, both, "after")
    yield TransientRules("at its end", new, "after")


_ALL_ADDED = "when every rule is added and none is gone"


def holding(old: AwsRuleSet, new: AwsRuleSet) -> AwsRuleSet:
    """The new rules, with the groups of both: EC2 deletes no group that an interface has (aws.md 2.6).

    The rules of such a group are deleted before the deletion of the group itself fails.
    """
    groups = {group.key: group for group in (*old.groups, *new.groups)}
    return replace(new, groups=tuple(groups[key] for key in sorted(groups)))


def zones_left(old: AwsRuleSet, new: AwsRuleSet) -> Iterator[Zone]:
    """None: a security group is of no zone."""
    return iter(())


def with_memberships(
    rules: AwsRuleSet, memberships: Mapping[str, tuple[str, ...]], zones: Mapping[str, str]
) -> AwsRuleSet:
    """The same rules with these servers as members, as far as their groups exist."""
    known = set(rules.member_groups)
    found = {
        who: tuple(key for key in groups if key in known) for who, groups in memberships.items()
    }
    return replace(rules, memberships=found)


def without(rules: AwsRuleSet, gone: frozenset[tuple[str, str]]) -> AwsRuleSet:
    """The same without these rules, each given by its place, which is none, and its name."""
    return replace(rules, rules=tuple(r for r in rules.rules if ("", rule_name(r)) not in gone))


def reattached(old: AwsRuleSet, new: AwsRuleSet) -> Iterator[tuple[Zone, Attachment, Attachment]]:
    """Nothing: security groups are associated with network interfaces only."""
    return iter(())


def _together(
    old: AwsRuleSet,
    new: AwsRuleSet,
    keep: Callable[[str], tuple[bool, bool]] = lambda _: (True, True),
    new_lists: Collection[str] | None = None,
) -> AwsRuleSet:
    """The groups of both, and of each group the rules that `keep` asks for: the old ones, the new ones.

    A rule that is in both is the new one, with its description. Of the prefix lists that change,
    `new_lists` has the keys of those that have changed already; left out, all have. Memberships are
    those of `new`.
    """
    groups = {group.key: group for group in (*old.groups, *new.groups)}
    rules: dict[SecurityGroupRule, SecurityGroupRule] = {}
    for each, of_new in ((old, False), (new, True)):
        for rule in each.rules:
            if keep(rule.group)[of_new]:
                rules.pop(rule, None)
                rules[rule] = rule
    return AwsRuleSet(
        network=new.network,
        groups=tuple(groups[key] for key in sorted(groups)),
        prefix_lists=_lists(old, new, new_lists),
        rules=tuple(sorted(rules, key=rule_name)),
        memberships=new.memberships,
        exclusive=new.exclusive,
        other_groups=max(old.other_groups, new.other_groups),
    )


def _lists(
    old: AwsRuleSet, new: AwsRuleSet, changed: Collection[str] | None
) -> tuple[PrefixList, ...]:
    before: Mapping[str, PrefixList] = {each.key: each for each in old.prefix_lists}
    after: Mapping[str, PrefixList] = {each.key: each for each in new.prefix_lists}
    found = {**before, **after}
    if changed is not None:
        found |= {key: each for key, each in before.items() if key not in changed}
    return tuple(replace(found[key]) for key in sorted(found))


def _lists_that_change(old: AwsRuleSet, new: AwsRuleSet) -> list[str]:
    after = {each.key: each for each in new.prefix_lists}
    return sorted(each.key for each in old.prefix_lists if after.get(each.key, each) != each)


def _list_of(rule: SecurityGroupRule) -> str | None:
    """The key of the prefix list that a rule names, if it names one."""
    return rule.peer.key if isinstance(rule.peer, ListRef) else None


@dataclass(frozen=True, slots=True)
class DeletionOrder:
    """The order in which a VPC's groups and rules can go, so that no rule goes before its group is known to be free.

    EC2 refuses to delete a group that an interface has, or that a rule of another group names; the rules
    of a group that it deletes are gone with the group (aws.md 2.6).
    """

    #: No rule of another group names these. They are deleted first, and their rules with them.
    first: tuple[SecurityGroup, ...]
    #: The rules that hold the other groups back: they name another group, so each needs a call of its own.
    separate: tuple[SecurityGroupRule, ...]
    #: The groups that rules of other groups name. They are deleted last.
    last: tuple[SecurityGroup, ...]


def deletion_order(
    rules: AwsRuleSet, at_neighbors: Iterable[SecurityGroupRule] = ()
) -> DeletionOrder:
    """The order for a rule set and the rules that are added at neighbors' groups."""
    across = [
        (rule, rule.peer.key)
        for rule in (*rules.rules, *at_neighbors)
        if isinstance(rule.peer, GroupRef) and rule.peer.key != rule.group
    ]
    named = {peer for _, peer in across}
    first = tuple(group for group in rules.groups if group.key not in named)
    free = {group.key for group in first}
    return DeletionOrder(
        first,
        tuple(rule for rule, _ in across if rule.group not in free),
        tuple(group for group in rules.groups if group.key in named),
    )
