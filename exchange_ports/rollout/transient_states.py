"""The states of one network's cloud on the way from one rule set to another: the extremal ones.

What the engine does in which order is in pulumi.md 3: creates and edits in place first, as their
dependencies allow and otherwise in any order; what servers attach resolves when all of these stand;
deletions come last. Rules on AWS only allow, so between the fewest and the most of them that can
stand together lies everything that passes in between: these are the states that matter. A network
security group is written whole, and a prefix list changes whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Final, Literal, TypeAlias, TypeVar

from exchange_ports.clouds.aws import transitions as aws
from exchange_ports.clouds.aws.rules import AwsRuleSet, ListRef
from exchange_ports.clouds.aws.rules import SecurityGroupRule as AwsRule
from exchange_ports.clouds.azure import transitions as azure
from exchange_ports.clouds.azure.rules import AzureRuleSet
from exchange_ports.pipeline import NetworkPlan
from exchange_ports.rollout.interfaces import Membership, ServerInterface

__all__ = ["Memberships", "TransientState", "merged", "standing", "transition", "trimmed"]

#: What servers wear in a moment. `before` and `after`: all of them what they wore, or will wear.
#: `changing`: each either. In three turns instead: `leaving`, those that go, and nobody else, may be
#: gone; `joining`, those that change their groups may wear both; `shedding`, they may have taken off
#: the old ones, and those that come may be there.
Memberships: TypeAlias = Literal["before", "changing", "leaving", "joining", "shedding", "after"]

_Worn: TypeAlias = tuple[Membership, ...]
_STAYING: Final[Mapping[Memberships, _Worn]] = {
    "before": ("before",),
    "changing": ("before", "after"),
    "leaving": ("before",),
    "joining": ("before", "both"),
    "shedding": ("both", "after"),
    "after": ("after",),
}
_GOING: Final[Mapping[Memberships, _Worn]] = {
    **_STAYING,
    "leaving": ("before", "after"),
    "joining": ("after",),
    "shedding": ("after",),
}


@dataclass(frozen=True, slots=True)
class TransientState:
    """One state of a network: the step of the update that it is in, the rules, and who wears what."""

    step: int
    summary: str
    rules: NetworkPlan
    memberships: Memberships

    def worn_by(self, body: ServerInterface) -> _Worn:
        """What a server may be wearing in this moment, if it is there at all."""
        return (_GOING if body.goes else _STAYING)[self.memberships]


def standing(step: int, rules: NetworkPlan, memberships: Memberships) -> Iterator[TransientState]:
    """A network whose rules do not change while servers change what they wear."""
    yield TransientState(step, "while servers change their groups", rules, memberships)


def transition(
    step: int,
    old: NetworkPlan,
    new: NetworkPlan,
    memberships: tuple[Memberships, Memberships],
) -> Iterator[TransientState]:
    """One run of the engine from `old` to `new`.

    `memberships` are what servers wear while things are created and edited, and while what is no
    longer wanted is deleted; where these differ, servers change their groups in between.

    :raises TypeError: the two are of different clouds.
    """
    if isinstance(old, AwsRuleSet) and isinstance(new, AwsRuleSet):
        yield from _aws(step, old, new, memberships)
    elif isinstance(old, AzureRuleSet) and isinstance(new, AzureRuleSet):
        yield from _azure(step, old, new, memberships)
    else:
        raise TypeError("a network cannot be in two clouds")


def merged(
    old: NetworkPlan, new: NetworkPlan, keep: Callable[[str], tuple[bool, bool]]
) -> NetworkPlan:
    """A rule set with the rules of both that `keep` names for each group, worn as before.

    :raises TypeError: the two are of different clouds.
    """
    if isinstance(old, AwsRuleSet) and isinstance(new, AwsRuleSet):
        # Lists change when the rules that named them as they were are gone.
        return replace(aws.merged(old, new, keep, new_lists=()), memberships=old.memberships)
    if isinstance(old, AzureRuleSet) and isinstance(new, AzureRuleSet):
        return replace(azure.merged(old, new, keep), memberships=old.memberships, zones=old.zones)
    raise TypeError("a network cannot be in two clouds")


def _aws(
    step: int,
    old: AwsRuleSet,
    new: AwsRuleSet,
    memberships: tuple[Memberships, Memberships],
) -> Iterator[TransientState]:
    first, last = memberships
    both = aws.merged(old, new)
    changing = _lists_that_change(old, new)
    stays = set(old.rules)
    for changed in _subsets(changing):
        lists = aws.merged(old, new, new_lists=changed).prefix_lists
        # A rule takes the id of its list from the list, so it is added when that has changed.
        waiting = set(changing) - set(changed)
        added = tuple(r for r in both.rules if r in stays or _list_of(r) not in waiting)
        for summary, rules in (
            ("before the first rule is added", old.rules),
            ("when every rule is added and none is gone", added),
        ):
            yield TransientState(
                step, summary, replace(both, rules=rules, prefix_lists=lists), first
            )
    if first != last:
        yield TransientState(
            step, "when every rule is added and servers change their groups", both, "changing"
        )
    yield TransientState(step, "when every rule is added and none is gone", both, last)
    yield TransientState(step, "at its end", new, last)


def trimmed(old: NetworkPlan, new: NetworkPlan) -> NetworkPlan:
    """The old rules without those that go and name a list of ranges that changes.

    A list changes in place while such a rule still stands, and what is new in the list would pass by
    it although neither rule set says so. Worn as before.
    """
    if not isinstance(old, AwsRuleSet) or not isinstance(new, AwsRuleSet):
        return old
    changing = _lists_that_change(old, new)
    stays = set(new.rules)
    rules = tuple(r for r in old.rules if r in stays or _list_of(r) not in changing)
    return old if len(rules) == len(old.rules) else replace(old, rules=rules)


def _lists_that_change(old: AwsRuleSet, new: AwsRuleSet) -> list[str]:
    after = {each.key: each for each in new.prefix_lists}
    return sorted(each.key for each in old.prefix_lists if after.get(each.key, each) != each)


def _list_of(rule: AwsRule) -> str | None:
    """The key of the prefix list that a rule names, if it names one."""
    return rule.peer.key if isinstance(rule.peer, ListRef) else None


def _azure(
    step: int,
    old: AzureRuleSet,
    new: AzureRuleSet,
    memberships: tuple[Memberships, Memberships],
) -> Iterator[TransientState]:
    first, last = memberships
    groups = {group.key: group for group in (*old.groups, *new.groups)}
    for written in _subsets(list(groups)):
        names = " and ".join(f"the {groups[key].zone} zone" for key in written) or "none"
        summary = f"when the security group of {names} is written"
        yield TransientState(step, summary, azure.mixed(old, new, written), first)
    if first != last:
        all_written = azure.mixed(old, new, groups)
        yield TransientState(
            step, "when rules are written and servers change their groups", all_written, "changing"
        )
    yield TransientState(step, "at its end", new, last)


_Item = TypeVar("_Item")


def _subsets(items: list[_Item]) -> Iterable[tuple[_Item, ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))
