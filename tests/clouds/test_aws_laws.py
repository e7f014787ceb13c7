"""What holds for every security group of every topology."""

from itertools import permutations

import pytest
from hypothesis import given

from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.clouds.aws.rules import AwsRuleSet, GroupRef, ListRef
from exchange_ports.clouds.aws.rules import SecurityGroupRule as AwsRule
from tests.support.expand import (
    narrower,
)
from tests.support.planning import in_aws, planned, slow, with_office
from tests.support.strategies import (
    Data,
    topologies,
)

pytestmark = pytest.mark.slow


def duplicate_key(rule: AwsRule) -> tuple[object, ...]:
    """What EC2 compares: the group, direction, protocol, ports and the peer."""
    peer = rule.peer
    kind = type(peer).__name__ if isinstance(peer, GroupRef | ListRef) else "range"
    return (
        rule.group,
        rule.direction,
        rule.ip_protocol,
        rule.port_range,
        kind,
        str(peer.key if isinstance(peer, GroupRef | ListRef) else peer),
    )


@given(topologies("aws"))
def test_two_rules_of_one_name_are_one_rule(data: Data) -> None:
    for plan in in_aws(planned(data)):
        assert len({rule_name(rule) for rule in plan.rules}) == len(plan.rules)
        assert len({duplicate_key(rule) for rule in plan.rules}) == len(plan.rules)


@slow
@given(topologies("aws"), topologies("aws"))
def test_equal_names_are_equal_rules_across_topologies(one: Data, other: Data) -> None:
    """Else an update would edit one rule into another in place."""
    rules = [
        [rule for plan in in_aws(planned(data)) for rule in plan.rules] for data in (one, other)
    ]
    by_name = {rule_name(rule): duplicate_key(rule) for rule in rules[0]}
    by_key = {key: name for name, key in by_name.items()}
    for rule in rules[1]:
        assert by_name.get(rule_name(rule), duplicate_key(rule)) == duplicate_key(rule)
        assert by_key.get(duplicate_key(rule), rule_name(rule)) == rule_name(rule)


def covered_by(rule: AwsRule, other: AwsRule, plan: AwsRuleSet) -> bool:
    """Naively: the same members or more, the same ports or more, the same peers or more."""
    if rule.direction != other.direction or not narrower(rule.group, other.group, plan.memberships):
        return False
    wide, narrow = other.ports, rule.ports
    if str(wide) != "all protocols":
        if wide.protocol is not narrow.protocol:
            return False
        ports = {port for a, b in wide.ranges for port in range(a, b + 1)}
        if not {port for a, b in narrow.ranges for port in range(a, b + 1)} <= ports:
            return False
    lists = {each.key: each.entries for each in plan.prefix_lists}
    if isinstance(rule.peer, GroupRef):
        return isinstance(other.peer, GroupRef) and narrower(
            rule.peer.key, other.peer.key, plan.memberships
        )
    if isinstance(other.peer, GroupRef):
        return False
    inner = lists[rule.peer.key] if isinstance(rule.peer, ListRef) else (rule.peer,)
    outer = lists[other.peer.key] if isinstance(other.peer, ListRef) else (other.peer,)
    return all(
        any(
            one.version == whole.version and one[0] in whole and one[-1] in whole for whole in outer
        )
        for one in inner
    )


@slow
@given(topologies("aws"))
def test_no_rule_is_covered_by_a_single_other_one(data: Data) -> None:
    for plan in in_aws(planned(data)):
        for rule, other in permutations(plan.rules, 2):
            assert not covered_by(rule, other, plan), (rule_name(rule), rule_name(other))


@slow
@given(topologies("aws"))
def test_a_new_client_source_moves_no_other_rule(data: Data) -> None:
    """A rule goes only where the new one covers it; what stays keeps its name, and reasons grow."""
    before_and_after = zip(in_aws(planned(data)), in_aws(planned(with_office(data))), strict=True)
    for before, after in before_and_after:
        names = {rule_name(rule) for rule in after.rules}
        gone = [rule for rule in before.rules if rule_name(rule) not in names]
        added = [rule for rule in after.rules if rule not in before.rules]
        assert all(str(rule.peer) == "10.96.0.0/16" for rule in added)
        assert all(any(covered_by(rule, new, after) for new in added) for rule in gone)
        assert before.groups == after.groups
        assert before.prefix_lists == after.prefix_lists
        assert before.memberships == after.memberships
