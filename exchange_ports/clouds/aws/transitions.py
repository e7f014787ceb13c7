"""Two rule sets of one VPC as one: what an update holds on its way from the one to the other.

Rules only allow, so what two sets let through together is their union. Must not know: the planner,
nor in which order an engine works.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.clouds.aws.rules import AwsRuleSet, PrefixList, SecurityGroupRule

__all__ = ["empty", "merged"]


def empty(network: str) -> AwsRuleSet:
    """The rule set of a VPC that holds nothing of ours."""
    return AwsRuleSet(network, (), (), (), {})


def merged(
    old: AwsRuleSet,
    new: AwsRuleSet,
    keep: Callable[[str], tuple[bool, bool]] = lambda _: (True, True),
    new_lists: Collection[str] | None = None,
) -> AwsRuleSet:
    """The groups of both, and of each group the rules that `keep` says: the old ones, the new ones.

    A rule that is in both is the new one, with its words. Of a prefix list that changes, `new_lists`
    has the keys of those that have changed already; left out, all have. `wears` is that of `new`.
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
