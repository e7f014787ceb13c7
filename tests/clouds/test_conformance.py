"""What every cloud must do: the same suite for AWS, Azure and the tiny cloud of `tests/support`.

CONTRIBUTING.md, "Add a cloud", lists these steps. Nothing here knows which cloud it is.
"""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, Final

import pytest

from exchange_ports.clouds import cloud, cloud_of, platforms
from exchange_ports.clouds.base import Cloud, below
from exchange_ports.component import ExchangeFirewall, NetworkArgs
from exchange_ports.differences import diff_plans
from exchange_ports.findings import Refused
from exchange_ports.offline import Recording, record
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.proof.cross_cloud import swap
from exchange_ports.proof.explain import Explainer, without
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.reports.diagram import Heading, draw_picture, mermaid, svg
from exchange_ports.reports.document import Origin
from exchange_ports.reports.handover_report import handover, handover_report
from exchange_ports.reports.plan_report import plan_report
from exchange_ports.reports.rulebook import rulebook, rulebook_data
from exchange_ports.reports.writers import write
from exchange_ports.rollout import plan_rollout
from exchange_ports.topology.models import Platform
from exchange_ports.topology.validate import load_topology
from tests.support import tiny_cloud

CLOUDS: Final = {
    "aws": (Platform.AWS, nullcontext),
    "azure": (Platform.AZURE, nullcontext),
    "tiny": (Platform.AWS, tiny_cloud.as_aws),
}
IDS: Final[dict[Platform, NetworkArgs]] = {
    Platform.AWS: {"vpc_id": "vpc-0123456789abcdef0"},
    Platform.AZURE: {"resource_group_name": "rg-x", "location": "westeurope"},
}
ORIGIN: Final = Origin("Pulumi.dev.yaml", "0" * 64, "0")


@pytest.fixture(params=CLOUDS)
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    """The platform under which a cloud can be declared, while it is registered there."""
    found, registered = CLOUDS[request.param]
    with registered():
        yield found


def declared(platform: Platform, **changes: object) -> dict[str, Any]:
    return {
        "organization": "contoso",
        "networks": {
            "corp": {
                "platform": platform.value,
                "internal": ["10.10.0.0/22"],
                "perimeter": ["10.10.8.0/24"],
            }
        },
        "private_blocks": ["10.0.0.0/8"],
        "sites": {
            "hq": {
                "network": "corp",
                "servers": {
                    "ex1": {"roles": ["client_access", "mailbox"], "address": "10.10.0.11"},
                    "ex2": {"roles": ["client_access", "mailbox"], "address": "10.10.0.12"},
                },
                "domain_controllers": {"addresses": ["10.10.1.10"]},
            }
        },
        "edge_servers": {
            "edge1": {"subscribed_site": "hq", "network": "corp", "address": "10.10.8.5"}
        },
        "clients": {"office": {"from": ["10.64.0.0/16"]}},
        "mail_flow": {
            "inbound": {"from": ["10.20.2.25"]},
            "outbound": {"through": "mailbox", "next_hop": [{"address": "10.20.2.25"}]},
        },
        "name_servers": {"internal": "domain_controllers", "edge": "domain_controllers"},
        **changes,
    }


def planned(platform: Platform, **changes: object) -> Plans:
    return compile_plans(load_topology(declared(platform, **changes))[0])


def only(plans: Plans) -> tuple[Any, Cloud[Any]]:
    rules = plans.networks["corp"]
    return rules, cloud_of(rules)


WIDER: Final = {"clients": {"office": {"from": ["10.64.0.0/16", "10.65.0.0/16"]}}}


def test_a_plan_has_the_declared_servers_in_groups_that_exist(platform: Platform) -> None:
    plans = planned(platform)
    rules, found = only(plans)
    assert found is cloud(platform)
    assert set(rules.memberships) == {"ex1", "ex2", "edge1"}
    assert {key for keys in rules.memberships.values() for key in keys} <= set(rules.member_groups)
    assert bool(rules.zones) is found.capabilities.groups_by_zone
    assert planned(platform).networks == plans.networks


def test_limits_are_counted_and_none_is_passed(platform: Platform) -> None:
    rules, found = only(planned(platform))
    uses = found.limits.uses(rules, {})
    assert uses
    assert {use.limit.cloud for use in uses} == {found.name}
    assert not [each for each in found.limits.check(rules, "corp", {}) if each.is_error]
    assert not list(found.limits.check_names("exchange-corp", rules))
    assert list(found.limits.check_names("x" * 300, rules))


def test_the_evaluator_allows_exactly_what_is_declared(platform: Platform) -> None:
    proof = prove(planned(platform))
    assert proof.holds, proof.failures


def test_the_other_clouds_allow_the_same(platform: Platform) -> None:
    swaps = swap(planned(platform))
    assert len(swaps) == len(platforms()) - 1
    for each in swaps:
        assert not each.refused
        assert each.servers
        assert each.holds, each.failures


def test_every_rule_is_listed_and_can_be_left_out(platform: Platform) -> None:
    plans = planned(platform)
    rules = Explainer(plans).rules
    model = NetworkModel(plans)
    assert {rule.name for rule in rules} >= {rule.name for rule in model.views["corp"].written()}
    assert model.views["corp"].rules == len(rules)
    assert {rule.allows for rule in rules} == (
        {True, False} if cloud(platform).capabilities.deny_rules else {True}
    )
    one = next(rule for rule in rules if rule.allows and rule.reasons and rule.group)
    cut = Explainer(plans).explain([one])
    assert cut.cut or cut.covered
    left = [each for each in Explainer(without(plans, rules)).rules if each.name == one.name]
    assert not left
    assert not prove(without(plans, rules)).holds


def test_the_diff_is_that_of_any_cloud(platform: Platform) -> None:
    changes = diff_plans(planned(platform), planned(platform, **WIDER)).all
    reference = diff_plans(planned(Platform.AZURE), planned(Platform.AZURE, **WIDER)).all
    assert changes
    assert [each.destination.summary for each in changes] == [
        each.destination.summary for each in reference
    ]


def test_an_update_begins_with_the_old_rules_and_ends_with_the_new_ones(platform: Platform) -> None:
    old, new = (planned(platform, **changes) for changes in ({}, WIDER))
    rules, found = only(new)
    before, _ = only(old)
    states = list(found.transitions.transient_states(before, rules, memberships_change=False))
    assert states[-1].rules == rules
    assert states[0].members == "before"
    assert plan_rollout(old, new).at_once.clean
    nothing = found.transitions.empty(rules.network)
    assert not nothing.memberships
    assert not list(found.names.planned_resources(nothing))
    assert found.transitions.merged(before, rules, lambda _: (True, False)).memberships == (
        before.memberships
    )


def test_reports_and_pictures_are_written(platform: Platform) -> None:
    plans = planned(platform)
    rules, found = only(plans)
    text = write(plan_report(plans, ()), "text")
    number, noun = found.names.counts(rules)[0]
    assert f"{number} {noun}" in text
    assert set(found.names.as_data(rules)) <= set(
        plan_report(plans, ()).data()["networks"]["corp"]  # type: ignore[index]
    )
    book = rulebook(plans, prove(plans), (), ORIGIN)
    assert len(book.rules) >= len(found.names.as_data(rules))
    assert rulebook_data(book)
    assert write(handover_report(handover(plans), "contoso", ORIGIN), "markdown")
    picture = draw_picture(plans)
    assert "ex1" in mermaid(picture, Heading("dev"))
    assert "edge1" in svg(picture, Heading("dev"))


def registered(platform: Platform) -> Recording:
    def program() -> None:
        ExchangeFirewall("exchange", topology=declared(platform), networks={"corp": IDS[platform]})

    return record(program, project="exchange-ports", stack="dev", config={})


@pytest.mark.filterwarnings(r"ignore:aws\..*has been deprecated:DeprecationWarning")
def test_what_is_registered_is_what_is_named(platform: Platform) -> None:
    recording = registered(platform)
    rules, found = only(planned(platform))
    named = {
        (each.token, below("exchange-corp", each.name))
        for each in found.names.planned_resources(rules)
    }
    assert {(each.type, each.name) for each in recording.registrations if each.custom} == named
    network = next(each for each in recording.registrations if each.type == found.network_type)
    assert network.name == "exchange-corp"


def test_over_a_limit_of_its_own_the_tiny_cloud_refuses_the_plan() -> None:
    flows = [
        {"from": "10.64.8.0/24", "to": "exchange", "ports": [f"{port}/tcp"], "reason": "tools"}
        for port in range(7001, 7030)
    ]
    with tiny_cloud.as_aws(), pytest.raises(Refused, match="Tiny"):
        planned(Platform.AWS, additional_flows=flows)
    assert planned(Platform.AWS, additional_flows=flows)
    assert "tests.support.tiny_cloud" in sys.modules
