"""What holds for every plan of every topology."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from exchange_ports.aws.names import rule_name
from exchange_ports.aws.rules import GroupRef, ListRef
from exchange_ports.aws.rules import Rule as AwsRule
from exchange_ports.aws.rules import RuleSet as AwsRuleSet
from exchange_ports.azure.names import BANDS
from exchange_ports.azure.rules import Access, Prefixes
from exchange_ports.azure.rules import GroupRef as AzureGroupRef
from exchange_ports.azure.rules import Rule as AzureRule
from exchange_ports.azure.rules import RuleSet as AzureRuleSet
from exchange_ports.findings import Finding, Refused
from exchange_ports.plans import NetworkPlan, Plans, compile_plans
from tests.laws.expand import (
    narrower,
    of_flow,
    packets,
    passes,
    passes_flows,
)
from tests.strategies import Data, declared, edited, shuffled, slightly_wrong, topologies

#: For laws that look at every packet of a topology, or at two topologies.
slow = settings(
    max_examples=settings().max_examples // 2, suppress_health_check=[HealthCheck.too_slow]
)


def attempted(data: Data) -> tuple[Plans | None, tuple[Finding, ...]]:
    """The plans of a topology, or why there are none."""
    topology = declared(data)
    try:
        return compile_plans(topology), ()
    except Refused as refused:
        return None, refused.findings


def planned(data: Data) -> Plans:
    """The plans of a topology that fits into its cloud's limits; others are not looked at."""
    plans, _ = attempted(data)
    assume(plans is not None)
    assert plans is not None
    return plans


def only(plans: Plans) -> NetworkPlan:
    (plan,) = plans.networks.values()
    return plan


def aws(plans: Plans) -> AwsRuleSet:
    plan = only(plans)
    assert isinstance(plan, AwsRuleSet)
    return plan


def azure(plans: Plans) -> AzureRuleSet:
    plan = only(plans)
    assert isinstance(plan, AzureRuleSet)
    return plan


@given(topologies())
def test_every_topology_compiles_or_is_over_a_limit(data: Data) -> None:
    plans, findings = attempted(data)
    event("compiled" if plans else "over a limit")
    assert {finding.kind.code for finding in findings} <= {"over-limit"}
    if plans is None:
        assert findings
    else:
        assert set(plans.networks) == set(data["networks"])
        assert plans.flows


@given(st.data())
def test_one_thing_wrong_is_refused_by_its_own_code(draw: st.DataObject) -> None:
    broken, code = draw.draw(slightly_wrong(draw.draw(topologies())))
    with pytest.raises(Refused) as refused:
        declared(broken)
    assert code in {f.kind.code for f in refused.value.findings if f.is_error}


@slow
@given(topologies())
def test_each_flow_is_written_at_each_managed_end(data: Data) -> None:
    plans = planned(data)
    plan = only(plans)
    for flow in plans.flows:
        for packet in of_flow(flow, plan.wears):
            assert passes(plan, packet), (flow, packet)


@slow
@given(topologies(), st.data())
def test_nothing_passes_that_no_flow_says(data: Data, draw: st.DataObject) -> None:
    plans = planned(data)
    plan = only(plans)
    near = packets(plans.flows, plan.wears)
    for packet in draw.draw(st.lists(near, min_size=30, max_size=30)):
        assert passes(plan, packet) == passes_flows(plans.flows, plan.wears, packet), packet


@slow
@given(topologies(), st.data())
def test_the_order_in_which_things_are_declared_changes_nothing(
    data: Data, draw: st.DataObject
) -> None:
    other = draw.draw(shuffled(data))
    before, after = planned(data), planned(other)
    assert repr(before.flows) == repr(after.flows)
    # As text, since reasons and descriptions are no part of equality.
    assert repr(before.networks) == repr(after.networks)


@given(topologies())
def test_every_server_wears_groups_that_exist_and_every_rule_names_some(data: Data) -> None:
    plan = only(planned(data))
    if isinstance(plan, AwsRuleSet):
        keys = {group.key for group in plan.groups}
        named = {rule.group for rule in plan.rules}
        named |= {rule.peer.key for rule in plan.rules if isinstance(rule.peer, GroupRef)}
        lists = {rule.peer.key for rule in plan.rules if isinstance(rule.peer, ListRef)}
        assert lists == {each.key for each in plan.prefix_lists}
    else:
        keys = {group.key for group in plan.application_groups}
        named = {
            side.key
            for group in plan.groups
            for rule in group.rules
            for side in (rule.source, rule.destination)
            if isinstance(side, AzureGroupRef)
        }
        assert {group.zone for group in plan.groups} == set(plan.zones.values())
    worn = {key for groups in plan.wears.values() for key in groups}
    assert worn == keys
    assert named <= keys


# AWS.


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
    rules = aws(planned(data)).rules
    assert len({rule_name(rule) for rule in rules}) == len(rules)
    assert len({duplicate_key(rule) for rule in rules}) == len(rules)


@slow
@given(topologies("aws"), topologies("aws"))
def test_equal_names_are_equal_rules_across_topologies(one: Data, other: Data) -> None:
    """Else an update would edit one rule into another in place."""
    by_name = {rule_name(rule): duplicate_key(rule) for rule in aws(planned(one)).rules}
    by_key = {key: name for name, key in by_name.items()}
    for rule in aws(planned(other)).rules:
        assert by_name.get(rule_name(rule), duplicate_key(rule)) == duplicate_key(rule)
        assert by_key.get(duplicate_key(rule), rule_name(rule)) == rule_name(rule)


def covered_by(rule: AwsRule, other: AwsRule, plan: AwsRuleSet) -> bool:
    """Naively: the same wearers or more, the same ports or more, the same peers or more."""
    if rule.direction != other.direction or not narrower(rule.group, other.group, plan.wears):
        return False
    wide, narrow = other.ports, rule.ports
    if str(wide) != "everything":
        if wide.protocol is not narrow.protocol:
            return False
        ports = {port for a, b in wide.ranges for port in range(a, b + 1)}
        if not {port for a, b in narrow.ranges for port in range(a, b + 1)} <= ports:
            return False
    lists = {each.key: each.entries for each in plan.prefix_lists}
    if isinstance(rule.peer, GroupRef):
        return isinstance(other.peer, GroupRef) and narrower(
            rule.peer.key, other.peer.key, plan.wears
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
    plan = aws(planned(data))
    for rule in plan.rules:
        for other in plan.rules:
            if other is not rule:
                assert not covered_by(rule, other, plan), (rule_name(rule), rule_name(other))


@slow
@given(topologies("aws"))
def test_a_new_client_source_moves_no_other_rule(data: Data) -> None:
    """A rule goes only where the new one covers it; what stays keeps its name, and reasons grow."""
    before = aws(planned(data))
    office = {"from": ["10.96.0.0/16"], "services": ["https", "imap"]}
    after = aws(planned(edited(data, {"clients": {**data.get("clients", {}), "office": office}})))
    names = {rule_name(rule) for rule in after.rules}
    gone = [rule for rule in before.rules if rule_name(rule) not in names]
    added = [rule for rule in after.rules if rule not in before.rules]
    assert all(str(rule.peer) == "10.96.0.0/16" for rule in added)
    assert all(any(covered_by(rule, new, after) for new in added) for rule in gone)
    assert before.groups == after.groups
    assert before.prefix_lists == after.prefix_lists
    assert before.wears == after.wears


# Azure.


@given(topologies("azure"))
def test_priorities_are_unique_in_a_direction_and_stay_in_their_band(data: Data) -> None:
    for group in azure(planned(data)).groups:
        taken = Counter((rule.direction, rule.priority) for rule in group.rules)
        assert set(taken.values()) == {1}
        for rule in group.rules:
            (band,) = (name for name, b in BANDS.items() if b.first <= rule.priority <= b.last)
            assert (rule.access is Access.DENY) == (band == "denies"), rule.name


@given(topologies("azure"))
def test_rules_sorted_by_name_stand_in_the_order_of_their_priority(data: Data) -> None:
    for group in azure(planned(data)).groups:
        assert list(group.rules) == sorted(group.rules, key=lambda rule: rule.name)
        assert list(group.rules) == sorted(
            group.rules, key=lambda rule: (rule.direction, rule.priority)
        )
        assert len({rule.name for rule in group.rules}) == len(group.rules)


@given(topologies("azure"))
def test_no_rule_names_overlapping_addresses(data: Data) -> None:
    for group in azure(planned(data)).groups:
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
    before = azure(planned(data))
    office = {"from": ["10.96.0.0/16"], "services": ["https", "imap"]}
    after = azure(planned(edited(data, {"clients": {**data.get("clients", {}), "office": office}})))
    for old, new in zip(before.groups, after.groups, strict=True):
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


# The same on both clouds.


def on(platform: str, data: Data) -> Data:
    network = next(iter(data["networks"]))
    return edited(data, {f"networks.{network}.platform": platform})


@slow
@given(topologies(), st.data())
def test_both_clouds_let_the_same_through(data: Data, draw: st.DataObject) -> None:
    plans = [planned(on(platform, data)) for platform in ("aws", "azure")]
    one, other = map(only, plans)
    assert plans[0].flows == plans[1].flows
    assert one.wears == other.wears
    for packet in draw.draw(st.lists(packets(plans[0].flows, one.wears), min_size=20, max_size=20)):
        assert passes(one, packet) == passes(other, packet), packet


def test_the_laws_are_about_topologies_that_differ() -> None:
    """The strategy reaches what the laws are for."""
    reached: set[str] = set()

    @settings(max_examples=150, phases=[Phase.generate], database=None, derandomize=True)
    @given(topologies())
    def look(data: Data) -> None:
        edges = data.get("edge_servers", {})
        found = {
            "three Edge servers": len(edges) == 3,
            "no Edge server": not edges,
            "an EdgeSync exception": any(edge.get("edgesync_except") for edge in edges.values()),
            "IPv6": "2001:db8:20::" in str(data["networks"]),
            "four sites on Azure": "azure" in str(data["networks"]) and len(data["sites"]) == 4,
            "a name kept by an id": "'id': 'was-" in str(data),
            "a server's own group": "own_group" in str(data),
            "three additional flows": len(data.get("additional_flows", ())) == 3,
            "smart hosts": "'next_hop': [" in str(data),
            "direct probes": data.get("sender_reputation") == "direct",
            "over a limit": attempted(data)[0] is None,
        }
        reached.update(what for what, is_there in found.items() if is_there)
        looked.update(found)

    looked: set[str] = set()
    look()
    assert reached == looked
