"""Retired groups: kept for servers of another stack, without declared members (DESIGN 5, Updates)."""

from typing import Any

import pytest

from exchange_ports.clouds.aws.rules import AwsRuleSet, GroupRef
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.rollout import Does, ServersIn, network_pairs, operations, plan_rollout
from exchange_ports.topology.validate import parse_topology
from exchange_ports.traffic.ports import Protocol
from tests.support.rule_sets import NetworkPlan, networks_of
from tests.support.strategies import SMALL, WITH_EDGE, Data, declared, edited

#: Paris has Mailbox servers of its own in the same network.
PARIS: Data = edited(
    SMALL,
    {
        "sites.paris": {
            "network": "corp",
            "servers": {"px1": {"roles": ["client_access", "mailbox"]}},
        },
        "additional_flows": [
            {"from": "mailbox@hq", "to": "10.20.6.0/24", "ports": ["9100/tcp"], "reason": "backup"},
        ],
        "mail_flow.outbound": {"through": "mailbox"},
    },
)
OF_PARIS = ["client-access.paris", "edgesync.paris", "mailbox.paris"]
#: The same when the last server of Paris has gone.
LEFT: Data = edited(PARIS, {"sites.paris.servers": {}})


def planned(data: Data, platform: str = "aws", **network: Any) -> Plans:
    edit = {f"networks.corp.{key}": value for key, value in network.items()}
    return compile_plans(declared(edited(data, {"networks.corp.platform": platform, **edit})))


def group_keys(plan: NetworkPlan) -> set[str]:
    several = plan.groups if isinstance(plan, AwsRuleSet) else plan.application_groups
    return {group.key for group in several}


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_a_retired_group_is_kept_with_all_of_its_rules(platform: str) -> None:
    """Nothing is done when the last server leaves: whoever still has the groups is no worse off."""
    before = planned(PARIS, platform)
    after = planned(LEFT, platform, retired_groups=OF_PARIS)
    assert set(OF_PARIS) <= group_keys(networks_of(after)["corp"])
    assert [operations(pair.old, pair.new) for pair in network_pairs(before, after)] == [()]


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_no_server_is_reported_as_a_member(platform: str) -> None:
    plan = networks_of(planned(LEFT, platform, retired_groups=OF_PARIS))["corp"]
    assert set(plan.memberships) == {"ex1"}
    assert not {key for attached in plan.memberships.values() for key in attached} & set(OF_PARIS)


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_what_is_not_retired_goes_and_is_held_for_who_may_be_a_member(platform: str) -> None:
    before, after = planned(PARIS, platform), planned(LEFT, platform)
    assert plan_rollout(before, after, ServersIn.OTHER_STACK).held == tuple(
        f"{group} of {pair.place}" for pair in network_pairs(before, after) for group in OF_PARIS
    )
    kept = planned(LEFT, platform, retired_groups=OF_PARIS)
    assert plan_rollout(before, kept, ServersIn.OTHER_STACK).held == ()
    assert plan_rollout(before, kept, ServersIn.OTHER_STACK).clean


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_taken_from_the_list_it_is_deleted(platform: str) -> None:
    before, after = planned(LEFT, platform, retired_groups=OF_PARIS), planned(LEFT, platform)
    (pair,) = network_pairs(before, after)
    done = operations(pair.old, pair.new)
    groups = [each.name for each in done if each.kind.endswith("security group")]
    assert [name for name in groups if name in OF_PARIS] == OF_PARIS
    assert {each.does for each in done} <= {Does.DELETE, Does.CHANGE}
    assert plan_rollout(before, after, ServersIn.OTHER_STACK).clean


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_its_rules_follow_the_flows_like_those_of_any_group(platform: str) -> None:
    """A flow that is closed is closed for whoever still has the group, too."""
    flow = {"from": "mailbox", "to": "10.20.7.0/24", "ports": ["9200/tcp"], "reason": "backup"}
    with_flow = edited(LEFT, {"additional_flows": [flow]})
    there = networks_of(planned(with_flow, platform, retired_groups=OF_PARIS))["corp"]
    gone = networks_of(planned(LEFT, platform, retired_groups=OF_PARIS))["corp"]
    assert [("mailbox.paris" in text, "9200" in text) for text in _rules(there)].count(
        (True, True)
    ) == 1
    assert not [text for text in _rules(gone) if "9200" in text]


def _rules(plan: NetworkPlan) -> list[str]:
    if isinstance(plan, AwsRuleSet):
        return [f"{rule.group} {rule.ports}" for rule in plan.rules]
    return [f"{rule.source} {rule.ports}" for group in plan.groups for rule in group.rules]


def test_an_edge_group_is_somebodys_peer_while_it_is_retired() -> None:
    """EC2 has a rule of ICMP for each family in which somebody is there."""
    pings = {"from": "edge", "to": "mailbox", "ports": ["icmp"], "reason": "pings"}
    data = edited(
        WITH_EDGE,
        {"sites.paris": {}, "additional_flows": [{**pings, "accept_risk": True}]},
    )
    plan = networks_of(planned(data, retired_groups=["edge.paris"]))["corp"]
    assert isinstance(plan, AwsRuleSet)
    found = {
        (rule.group, rule.peer.key)
        for rule in plan.rules
        if isinstance(rule.peer, GroupRef) and rule.ports.protocol is Protocol.ICMP
    }
    there = {("edge.hq", "mailbox.hq"), ("mailbox.hq", "edge.hq")}
    assert found == there | {("edge.paris", "mailbox.hq"), ("mailbox.hq", "edge.paris")}


#: Paris is in another network, which the first knows by addresses.
FAR: Data = edited(
    PARIS,
    {
        "networks.far": {"platform": "aws", "internal": ["10.30.0.0/20"]},
        "sites.paris.network": "far",
        "sites.paris.servers.px1.address": "10.30.0.11",
        "sites.hq.servers.ex1.address": "10.20.0.11",
    },
)


def test_rules_by_address_at_other_networks_go_with_the_server() -> None:
    """Of whoever has a retired group no address is declared any more."""
    retired = {"networks.far.retired_groups": ["exchange", *OF_PARIS]}
    left = edited(FAR, {"sites.paris.servers": {}, **retired})
    before, after = compile_plans(declared(FAR)), compile_plans(declared(left))
    done = {pair.place: operations(pair.old, pair.new) for pair in network_pairs(before, after)}
    assert done["far on AWS"] == ()
    assert {(each.does, each.name) for each in done["corp on AWS"]} == {
        (Does.DELETE, "exchange/in/any/all/10.30.0.11/32"),
        (Does.DELETE, "exchange/out/any/all/10.30.0.11/32"),
    }


def test_a_retired_group_makes_no_group_of_its_zone_in_another_network() -> None:
    """On Azure a zone has its network security group as long as a group of the zone is kept."""
    dmz = {
        "platform": "azure",
        "internal": ["10.30.0.0/20"],
        "perimeter": ["10.30.240.0/24"],
        "retired_groups": ["edge.hq"],
    }
    plans = networks_of(planned(edited(SMALL, {"networks.dmz": dmz}), "azure"))
    zones = {
        key: [str(group.zone) for group in plan.groups]
        for key, plan in plans.items()
        if not isinstance(plan, AwsRuleSet)
    }
    assert zones == {"corp": ["internal"], "dmz": ["perimeter"]}


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_the_proof_takes_the_rules_of_a_retired_group_for_needed(platform: str) -> None:
    kept = planned(LEFT, platform, retired_groups=OF_PARIS)
    assert prove(kept).holds, [str(each) for each in prove(kept).failures]


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_a_network_that_everybody_left_keeps_what_is_retired(platform: str) -> None:
    """Azure keeps the zone's network security group as well: interfaces still have it."""
    network = {"platform": platform, "internal": ["10.30.0.0/20"], "retired_groups": ["exchange"]}
    plan = networks_of(compile_plans(declared(edited(SMALL, {"networks.far": network}))))["far"]
    assert group_keys(plan) == {"exchange"}
    assert plan.memberships == {}
    if isinstance(plan, AwsRuleSet):
        unrestricted = [rule for rule in plan.rules if rule.peer == GroupRef("exchange")]
        assert [rule.direction.value for rule in unrestricted] == ["in", "out"]
    else:
        assert [group.zone.value for group in plan.groups] == ["internal"]
        assert any("exchange-to-exchange" in rule.name for rule in plan.groups[0].rules)


@pytest.mark.parametrize("network, zone", [({}, "perimeter"), ({"perimeter": []}, "internal")])
def test_a_retired_group_of_edge_servers_keeps_the_group_of_their_zone(
    network: Data, zone: str
) -> None:
    plan = networks_of(planned(LEFT, "azure", retired_groups=["edge.hq"], **network))["corp"]
    assert not isinstance(plan, AwsRuleSet)
    assert [group.zone.value for group in plan.groups] == sorted({"internal", zone})


def reported(data: Data) -> list[tuple[str, bool]]:
    _, findings = parse_topology(data)
    return [(finding.kind.code, finding.is_error) for finding in findings]


def test_a_group_that_has_members_is_not_retired_and_is_reported_as_attached() -> None:
    attached = edited(PARIS, {"networks.corp.retired_groups": ["mailbox.paris"]})
    assert ("retired-group-attached", False) in reported(attached)
    assert repr(networks_of(planned(attached))) == repr(networks_of(planned(PARIS)))


@pytest.mark.parametrize("key", ["mailbox.lyon", "mailboxes.paris", "exchange.paris", "mailbox"])
def test_a_group_that_there_cannot_be_is_refused(key: str) -> None:
    assert ("undeclared", True) in reported(edited(LEFT, {"networks.corp.retired_groups": [key]}))


def test_nothing_is_kept_in_an_external_network() -> None:
    far = {"platform": "external", "internal": ["10.30.0.0/20"], "retired_groups": ["exchange"]}
    assert ("undeclared", True) in reported(edited(LEFT, {"networks.far": far}))


def test_groups_of_one_server_and_of_edge_servers_can_be_retired() -> None:
    data = edited(SMALL, {"networks.corp.retired_groups": ["server.ex1", "edge-sending.hq"]})
    assert [code for code, error in reported(data) if error] == []
    assert {"server.ex1", "edge-sending.hq"} <= group_keys(networks_of(planned(data))["corp"])
