"""Each thing that a look is for turns it red, and is told as what it is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.azure.rules import AzureRuleSet
from tests.engine.chain import BEGINNING, Topology
from tests.engine.looking import Look, agree, outside_the_model, troubles
from tests.engine.updating import planned
from tests.support.recordings import PLATFORMS, Platform, declared
from tests.support.rule_sets import networks_of

pytestmark = pytest.mark.slow

both_clouds = pytest.mark.parametrize("platform", PLATFORMS)


def there(platform: Platform) -> Any:
    """The one network of the smallest stack, as it was planned."""
    return networks_of(planned(declared(BEGINNING, platform)))["lab"]


def seen(platform: Platform, *stood: Any) -> list[str]:
    """What is said where the topology stays, and this stood one after the other."""
    plans = planned(declared(BEGINNING, platform))
    return [
        str(trouble)
        for trouble in troubles(plans, plans, (Look("Call", {"lab": each}) for each in stood))
    ]


def without_clients(network: Any) -> Any:
    """Without the rules for HTTPS from the office."""

    def others(rules: Any) -> tuple[Any, ...]:
        return tuple(rule for rule in rules if str(rule.ports) != "443/tcp")

    if isinstance(network, AwsRuleSet):
        return replace(network, rules=others(network.rules))
    (group,) = network.groups
    return replace(network, groups=(replace(group, rules=others(group.rules)),))


def with_a_mistake(network: Any) -> Any:
    """With the rule for submission from the office at the wrong port as well, or on Azure only."""

    def wrong(rules: Any) -> tuple[Any, ...]:
        return tuple(
            replace(rule, ports=_other(rule.ports))
            for rule in rules
            if str(rule.ports) == "587/tcp"
        )

    if isinstance(network, AwsRuleSet):
        return replace(network, rules=(*network.rules, *wrong(network.rules)))
    (group,) = network.groups
    rules = [rule for rule in group.rules if str(rule.ports) != "587/tcp"]
    return replace(network, groups=(replace(group, rules=(*wrong(group.rules), *rules)),))


def _other(ports: Any) -> Any:
    (one,) = ports.ranges
    return replace(ports, ranges=(one._replace(first=one.first + 1, last=one.last + 1),))


@both_clouds
def test_nothing_is_reported_of_what_was_planned(platform: Platform) -> None:
    network = there(platform)
    assert seen(platform, network, network) == []
    assert agree({"lab": network}, {"lab": network})


@both_clouds
def test_a_rule_that_is_gone_for_a_moment_is_a_cut_at_that_moment(platform: Platform) -> None:
    network = there(platform)
    assert seen(platform, network, without_clients(network), network) == [
        f"10.64.0.1 -> {server} 443/tcp: blocked after call 2, Call" for server in ("ex1", "ex2")
    ]


@both_clouds
def test_a_rule_that_no_topology_declares_is_open_at_that_moment(platform: Platform) -> None:
    network = there(platform)
    reported = seen(platform, with_a_mistake(network))
    assert [one for one in reported if ": allowed" in one] == [
        f"10.64.0.1 -> {server} 588/tcp: allowed after call 1, Call" for server in ("ex1", "ex2")
    ]


@both_clouds
def test_a_server_without_an_interface_is_cut_from_everyone(platform: Platform) -> None:
    network = there(platform)
    alone = replace(network, memberships={"ex1": network.memberships["ex1"]})
    reported = seen(platform, alone)
    assert "10.10.1.10 -> ex2 all protocols: blocked after call 1, Call" in reported
    assert "ex1 -> ex2 all protocols: blocked after call 1, Call" in reported
    assert "10.10.1.10 -> ex1 all protocols: blocked after call 1, Call" not in reported
    assert not agree({"lab": alone}, {"lab": network})


@both_clouds
def test_a_server_without_one_of_its_groups_is_cut_from_those_who_need_it(
    platform: Platform,
) -> None:
    network = there(platform)
    attached = tuple(group for group in network.memberships["ex2"] if group != "exchange")
    reported = seen(
        platform, replace(network, memberships={**network.memberships, "ex2": attached})
    )
    assert "ex1 -> ex2 all protocols: blocked after call 1, Call" in reported


def test_what_comes_and_what_goes_is_neither_cut_nor_open() -> None:
    def with_services(*services: str) -> Topology:
        topology = declared(BEGINNING, "aws")
        topology["clients"]["office"]["services"] = list(services)
        return topology

    old, new = planned(with_services("https", "imap")), planned(with_services("https", "pop"))
    first, last = (networks_of(plans)["lab"] for plans in (old, new))
    assert isinstance(first, AwsRuleSet)
    assert isinstance(last, AwsRuleSet)
    between = replace(first, rules=tuple({*first.rules, *last.rules}))
    states = [Look("Call", {"lab": each}) for each in (first, between, last)]
    assert troubles(old, new, states) == []
    assert outside_the_model(networks_of(old), networks_of(new), states) == []


# ---- states that the model does not have ----


def outside(platform: Platform, change: Callable[[Any], Any]) -> list[str]:
    network = there(platform)
    return outside_the_model(
        {"lab": network}, {"lab": network}, [Look("Call", {"lab": change(network)})]
    )


@both_clouds
def test_a_state_with_fewer_rules_than_both_topologies_is_outside_the_model(
    platform: Platform,
) -> None:
    (reported,) = outside(platform, without_clients)
    assert (
        reported
        == {
            "aws": "after call 1, Call: 1 old rules are gone and 1 new ones missing",
            "azure": "after call 1, Call: "
            "the group of the internal zone is neither the old one nor the new one",
        }[platform]
    )


def test_a_rule_of_neither_topology_is_outside_the_model_where_it_has_members() -> None:
    assert outside("aws", with_a_mistake)[-1].endswith("rules are of neither topology")
    assert outside("aws", lambda network: replace(with_a_mistake(network), memberships={})) == []


def test_a_prefix_list_of_other_ranges_is_outside_the_model() -> None:
    network = networks_of(planned(declared("prod-aws", "aws")))["corp"]
    assert isinstance(network, AwsRuleSet)
    (one, *others) = network.prefix_lists
    shorter = replace(network, prefix_lists=(replace(one, entries=one.entries[1:]), *others))
    reported = outside_the_model(
        {"lab": network}, {"lab": network}, [Look("Call", {"lab": shorter})]
    )
    assert reported == [
        f"after call 1, Call: the prefix list {one.key} is neither the old one nor the new one"
    ]


def test_a_group_of_azure_with_half_of_its_rules_is_outside_the_model() -> None:
    def half(network: AzureRuleSet) -> AzureRuleSet:
        (group,) = network.groups
        return replace(network, groups=(replace(group, rules=group.rules[::2]),))

    assert len(outside("azure", half)) == 1
