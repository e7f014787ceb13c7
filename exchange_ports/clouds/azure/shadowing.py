"""Rules of Azure that never decide, because rules of a higher priority cover them.

Allow rules that others cover in any order are found by `proof.redundancy`. This module adds the effect of
order and denies. Must not know: the planner.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, permutations
from typing import Final, Literal

from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.base import Direction, RedundantRule
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic

#: The peer addresses with the services that a rule names.
Reach = Callable[[azure.SecurityRule], tuple[tuple[AddressSet, ServiceSet], ...]]


def shadowed(
    plan: azure.AzureRuleSet, reach: Reach, implied_groups: Mapping[str, Iterable[str]]
) -> Iterator[RedundantRule]:
    """Allow rules that denies before them cover, and denies that another one covers.

    `implied_groups` are the groups that every member of a group is in too. Our plans have a handful of
    denies, after all allow rules: there only the denies are looked at.
    """
    for group in plan.groups:
        for direction in Direction:
            rules = sorted(
                (rule for rule in group.rules if rule.direction is direction), key=_priority
            )
            runs = [list(run) for _, run in groupby(rules, key=lambda rule: rule.access)]
            asked = _ShadowedGroup(plan, group, direction, reach, implied_groups)
            for at, run in enumerate(runs):
                if run[0].access is azure.Access.DENY:
                    yield from asked.held(run)
                elif at:
                    before = [rule for earlier in runs[:at] for rule in earlier]
                    yield from asked.left_nothing(run, before)


class _ShadowedGroup:
    """One network security group, one way."""

    def __init__(
        self,
        plan: azure.AzureRuleSet,
        group: azure.NetworkSecurityGroup,
        direction: Direction,
        reach: Reach,
        implied_groups: Mapping[str, Iterable[str]],
    ) -> None:
        self._reach = reach
        self._direction = direction
        self._wider = implied_groups
        self._here = {
            name: frozenset(member_of)
            for name, member_of in plan.memberships.items()
            if plan.zones.get(name) is group.zone
        }

    def left_nothing(
        self, rules: Sequence[azure.SecurityRule], before: Sequence[azure.SecurityRule]
    ) -> Iterator[RedundantRule]:
        """Allow rules of which, at every server that they are applied to, all is decided before."""
        for rule in rules:
            everyone = [
                member_of for member_of in self._here.values() if self._is_applied(rule, member_of)
            ]
            named = Traffic.of(self._reach(rule))
            denies: list[azure.SecurityRule] = []
            for member_of in set(everyone):
                applied = [one for one in before if self._is_applied(one, member_of)]
                if not named <= self._of(applied):
                    break
                denies += [one for one in applied if self._takes(one, named)]
            else:
                # Without a deny, `proof.redundancy` finds it.
                if denies:
                    yield RedundantRule(
                        rule.name,
                        f"rules of higher priority decide all of its traffic, such as {denies[0].name}",
                    )

    def held(self, denies: Sequence[azure.SecurityRule]) -> Iterator[RedundantRule]:
        """Denies that an adjacent one covers: with no allow rule between, their order does not matter."""
        found: dict[str, str] = {}
        for rule, other in permutations(denies, 2):
            if (
                self._side_held(self._ours(rule), self._ours(other))
                and self._side_held(self._peer(rule), self._peer(other))
                and all(
                    ServiceSet.of(rule.ports, version) <= ServiceSet.of(other.ports, version)
                    for version in _VERSIONS
                )
            ):
                found.setdefault(rule.name, other.name)
        yield from (RedundantRule(name, f"{other} covers it") for name, other in found.items())

    def _of(self, rules: Sequence[azure.SecurityRule]) -> Traffic:
        return Traffic.of(pair for rule in rules for pair in self._reach(rule))

    def _takes(self, rule: azure.SecurityRule, named: Traffic) -> bool:
        return rule.access is azure.Access.DENY and bool(self._of([rule]) & named)

    def _is_applied(self, rule: azure.SecurityRule, member_of: Collection[str]) -> bool:
        ours = self._ours(rule)
        return ours.key in member_of if isinstance(ours, azure.GroupRef) else True

    def _ours(self, rule: azure.SecurityRule) -> azure.Side:
        return rule.destination if self._direction is Direction.IN else rule.source

    def _peer(self, rule: azure.SecurityRule) -> azure.Side:
        return rule.source if self._direction is Direction.IN else rule.destination

    def _side_held(self, side: azure.Side, other: azure.Side) -> bool:
        """Whether a side is in another one by definition."""
        if isinstance(other, azure.Anything) or side == other:
            return True
        if isinstance(side, azure.GroupRef) and isinstance(other, azure.GroupRef):
            return other.key in self._wider.get(side.key, ())
        if isinstance(side, azure.Prefixes) and isinstance(other, azure.Prefixes):
            return AddressSet.of(side.ranges) <= AddressSet.of(other.ranges)
        return False


_VERSIONS: Final[tuple[Literal[4, 6], ...]] = (4, 6)


def _priority(rule: azure.SecurityRule) -> int:
    return rule.priority
