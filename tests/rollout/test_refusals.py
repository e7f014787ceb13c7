"""What a cloud would refuse half-way, known before the update begins."""

from typing import Any

from exchange_ports.planning import Plans, compile_plans
from exchange_ports.reports.rollout_report import rollout_report
from exchange_ports.reports.text_writer import to_text
from exchange_ports.rollout import ServersIn, plan_rollout
from tests.support.strategies import GONE, SMALL, WITH_EDGE, Data, declared, edited


def planned(data: Data) -> Plans:
    return compile_plans(declared(data))


def with_flows(first_port: int, count: int, **network: Any) -> Data:
    """So many rules of the group of internal servers, and some more that are always there."""
    flows = [
        {
            "from": "exchange",
            "to": f"10.{30 + n // 256}.{n % 256}.0/24",
            "ports": [f"{first_port}/tcp"],
            "reason": "backup",
        }
        for n in range(count)
    ]
    edit = {"additional_flows": flows, **{f"networks.corp.{k}": v for k, v in network.items()}}
    return edited(SMALL, edit)


def test_a_group_at_its_limit_cannot_hold_old_and_new_rules_together() -> None:
    found = plan_rollout(planned(with_flows(9000, 50)), planned(with_flows(9001, 50)))
    assert found.at_once.clean
    assert not found.clean
    assert [finding.summary for finding in found.refused] == [
        "exchange, out, IPv4 needs 102 rules, and AWS allows 60 per security group, direction and "
        "address family."
    ]
    assert found.steps is None


def test_a_raised_quota_makes_room_for_both() -> None:
    quota = {"quotas": {"rules_per_security_group": 110}}
    found = plan_rollout(planned(with_flows(9000, 50)), planned(with_flows(9001, 50, **quota)))
    assert found.clean


def test_on_azure_the_rules_change_at_once_and_need_no_room() -> None:
    old, new = (with_flows(port, 600, platform="azure") for port in (9000, 9001))
    assert plan_rollout(planned(old), planned(new)).clean


def flow(to: object, port: int) -> dict[str, object]:
    return {"from": "exchange", "to": to, "ports": [f"{port}/tcp"], "reason": "updates"}


def test_a_list_that_shrinks_weighs_its_old_size_until_it_is_written() -> None:
    """30 prefixes in the old list and 9 in the new one, beside 30 new rules of other ranges."""
    others = [flow([f"10.64.{number}.0/24" for number in range(30)], 443)]
    long = edited(SMALL, {"private_blocks": GONE, "additional_flows": [flow("internet", 443)]})
    short = edited(
        SMALL,
        {"private_blocks": ["10.0.0.0/8"], "additional_flows": [flow("internet", 443), *others]},
    )
    found = plan_rollout(planned(long), planned(short))
    # The list is one of many things that are made and changed in any order.
    assert [finding.summary.split(" (")[0] for finding in found.refused] == [
        "exchange, out, IPv4 needs 62 rules, and AWS allows 60 per security group, direction and "
        "address family."
    ]


def test_a_rule_is_added_when_its_list_is_written() -> None:
    """It takes the list's id from the list: so two rules never weigh 30 each."""
    long = edited(SMALL, {"private_blocks": GONE, "additional_flows": [flow("internet", 80)]})
    both = [flow("internet", 80), flow("internet", 443)]
    short = edited(SMALL, {"private_blocks": ["10.0.0.0/8"], "additional_flows": both})
    assert plan_rollout(planned(long), planned(short)).clean


def test_a_group_that_another_stack_may_still_have_as_members_is_held() -> None:
    both = {"roles": ["client_access", "mailbox"], "address": "10.21.0.11", "own_group": True}
    far = {"platform": "aws", "internal": ["10.21.0.0/20"]}
    site = {"network": "far", "servers": {"ex2": both}}
    two = edited(SMALL, {"networks.far": far, "sites.paris": site})
    one = edited(two, {"sites.paris.servers.ex2.own_group": False})
    old, new = planned(two), planned(one)
    assert plan_rollout(old, new, ServersIn.THIS_STACK).held == ()
    found = plan_rollout(old, new, ServersIn.OTHER_STACK)
    assert found.held == ("server.ex2 of far on AWS",)
    assert not found.clean


def test_the_group_of_a_zone_stays_as_long_as_servers_of_another_stack_are_in_it() -> None:
    """Azure deletes no network security group that an interface has, so nothing is opened at the end."""
    perimeter = WITH_EDGE["networks"]["corp"]["perimeter"]
    azure = {"networks.corp.platform": "azure", "networks.corp.perimeter": perimeter}
    old, new = (planned(edited(data, azure)) for data in (WITH_EDGE, SMALL))
    found = plan_rollout(old, new, ServersIn.OTHER_STACK)
    zone = "the network security group of the perimeter zone of corp on Azure"
    assert found.held_zones == (zone,)
    text = to_text(rollout_report(old, new, found))
    assert f"  {zone}\n" in text
    assert "list one of its groups in `retired_groups`" in " ".join(text.split())
    assert plan_rollout(old, new, ServersIn.THIS_STACK).held_zones == ()
    # Each of the two that the text offers keeps it.
    retired = {"networks.corp.retired_groups": ["edge.hq"]}
    kept = planned(edited(SMALL, {**azure, **retired}))
    assert plan_rollout(old, kept, ServersIn.OTHER_STACK).held_zones == ()
    declared_apart = edited(WITH_EDGE, {**azure, "edge_servers.edge1.sends": False})
    assert plan_rollout(old, planned(declared_apart), ServersIn.OTHER_STACK).held_zones == ()
    assert [str(issue) for issue in found.at_once.issues] == []
    assert not found.clean
