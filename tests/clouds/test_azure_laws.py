"""What holds for every network security group of every topology."""

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import event, given

from exchange_ports.clouds.azure.names import BANDS
from exchange_ports.clouds.azure.rules import Access, AzureRuleSet, Prefixes, Side, Tag
from exchange_ports.clouds.azure.rules import GroupRef as AzureGroupRef
from exchange_ports.clouds.azure.rules import SecurityRule as AzureRule
from exchange_ports.traffic.ports import Protocol
from tests.support.expand import (
    narrower,
)
from tests.support.planning import groups_of, in_azure, planned, slow, with_office
from tests.support.strategies import (
    Data,
    topologies,
)

pytestmark = pytest.mark.slow


def azure_covered_by(rule: AzureRule, other: AzureRule, plan: AzureRuleSet) -> bool:
    """Naively, of two rules of one group that allow."""
    if rule.direction is not other.direction:
        return False
    wide, narrow = other.ports, rule.ports
    if wide.protocol is not Protocol.ANY:
        if wide.protocol is not narrow.protocol:
            return False
        if not all(any(c <= a and b <= d for c, d in wide.ranges) for a, b in narrow.ranges):
            return False
    return all(
        side_covered(mine, theirs, plan)
        for mine, theirs in (
            (rule.source, other.source),
            (rule.destination, other.destination),
        )
    )


def side_covered(narrow: Side, wide: Side, plan: AzureRuleSet) -> bool:
    if isinstance(narrow, AzureGroupRef) and isinstance(wide, AzureGroupRef):
        return narrower(narrow.key, wide.key, plan.memberships)
    if isinstance(narrow, Prefixes) and isinstance(wide, Prefixes):
        return all(
            any(a.version == b.version and a[0] in b and a[-1] in b for b in wide.ranges)
            for a in narrow.ranges
        )
    return narrow == wide


@slow
@given(topologies("azure"))
def test_no_rule_of_a_zone_is_covered_by_a_single_other_one(data: Data) -> None:
    for plan in in_azure(planned(data)):
        for group in plan.groups:
            written = [rule for rule in group.rules if not is_always_there(rule)]
            for rule, other in permutations(written, 2):
                assert not azure_covered_by(rule, other, plan), (rule.name, other.name)


def is_always_there(rule: AzureRule) -> bool:
    return rule.access is Access.DENY or isinstance(rule.source, Tag)


@given(topologies("azure"))
def test_priorities_are_unique_in_a_direction_and_stay_in_their_band(data: Data) -> None:
    for group in groups_of(planned(data)):
        taken = Counter((rule.direction, rule.priority) for rule in group.rules)
        assert set(taken.values()) == {1}
        for rule in group.rules:
            (band,) = (name for name, b in BANDS.items() if b.first <= rule.priority <= b.last)
            assert (rule.access is Access.DENY) == (band == "denies"), rule.name


@given(topologies("azure"))
def test_rules_sorted_by_name_stand_in_the_order_of_their_priority(data: Data) -> None:
    for group in groups_of(planned(data)):
        assert list(group.rules) == sorted(group.rules, key=lambda rule: rule.name)
        assert list(group.rules) == sorted(
            group.rules, key=lambda rule: (rule.direction, rule.priority)
        )
        assert len({rule.name for rule in group.rules}) == len(group.rules)


@given(topologies("azure"))
def test_no_rule_names_overlapping_addresses(data: Data) -> None:
    for group in groups_of(planned(data)):
        for rule in group.rules:
            for side in (rule.source, rule.destination):
                if isinstance(side, Prefixes):
                    ranges = side.ranges
                    assert len({range_.version for range_ in ranges}) == 1
                    for index, one in enumerate(ranges):
                        assert not [o for o in ranges[index + 1 :] if one[0] in o or o[0] in one]


@slow
@given(topologies("azure"))
def test_a_new_client_source_moves_a_rule_only_where_its_place_is_taken(data: Data) -> None:
    before, after = groups_of(planned(data)), groups_of(planned(with_office(data)))
    for old, new in zip(before, after, strict=True):
        places = {content(rule): rule for rule in new.rules}
        taken = {(rule.direction, rule.priority) for rule in new.rules}
        for rule in old.rules:
            kept = places[content(rule)]
            if kept.name != rule.name:
                event("a rule was moved")
                assert kept.priority != rule.priority
                assert (rule.direction, rule.priority) in taken


def content(rule: AzureRule) -> tuple[object, ...]:
    """What a rule says, without its place."""
    return (rule.direction, rule.access, rule.ports, rule.source, rule.destination)
