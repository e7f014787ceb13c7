"""The semantics of both clouds on hostile rule sets, against z3: for every packet there is.

`tests/clouds/test_semantics_laws.py` and `tests/clouds/test_boundaries.py` ask packet by packet; here the solver
looks for one that the semantics and the encoding of `tests/support/smt/clouds.py` evaluate differently.
"""

from dataclasses import replace
from ipaddress import ip_network
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings

from exchange_ports.clouds.aws import evaluator as aws_semantics
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import evaluator as azure_semantics
from exchange_ports.clouds.azure import rules as azure
from tests.support.hostile import MEMBERS, MEMBERSHIPS, OWN, TAGS, aws_sets, azure_sets
from tests.support.smt import logic
from tests.support.smt.algebra import formula_of
from tests.support.smt.clouds import Cloud

pytestmark = pytest.mark.slow

WAYS = ("in", "out")

solved = settings(
    max_examples=settings().max_examples * 2 // 5, suppress_health_check=[HealthCheck.too_slow]
)


def cloud(rules: aws.AwsRuleSet | azure.AzureRuleSet) -> Cloud:
    return Cloud(rules, OWN, (ip_network("10.0.0.0/8"),))


@solved
@given(aws_sets)
def test_security_groups_permit_what_z3_says(rules: aws.AwsRuleSet) -> None:
    filters = aws_semantics.AwsFilters(rules, MEMBERS)
    for server, way in product(MEMBERSHIPS, WAYS):
        permitted = filters.permitted(server, aws.Direction(way))
        for own in OWN[server][:1]:
            seen = logic.apart(formula_of(permitted), cloud(rules).permits(server, way, own))
            assert seen is None, f"{server} {way}: {seen}"


@solved
@given(azure_sets())
def test_network_security_groups_permit_what_z3_says(rules: azure.AzureRuleSet) -> None:
    filters = azure_semantics.AzureFilters(rules, MEMBERS, TAGS)
    for server, way in product(MEMBERSHIPS, WAYS):
        for own in OWN[server]:
            permitted = filters.permitted(server, azure.Direction(way), own)
            seen = logic.apart(formula_of(permitted), cloud(rules).permits(server, way, own))
            assert seen is None, f"{server} at {own} {way}: {seen}"


@solved
@given(azure_sets())
def test_z3_sees_a_deny_that_was_left_out(rules: azure.AzureRuleSet) -> None:
    """The independent checker can say no: whenever the semantics of a changed rule set differ, z3 finds a packet."""
    group = rules.groups[0]
    fewer = replace(rules, groups=(replace(group, rules=group.rules[1:]),))
    both = [azure_semantics.AzureFilters(each, MEMBERS, TAGS) for each in (rules, fewer)]
    for server, way in product("stu", WAYS):
        own = OWN[server][0]
        whole, less = (each.permitted(server, azure.Direction(way), own) for each in both)
        seen = logic.apart(formula_of(whole), cloud(fewer).permits(server, way, own))
        assert (seen is None) == (whole == less)


def test_a_packet_that_z3_finds_is_readable() -> None:
    rules = azure.AzureRuleSet("n", (), (), {"s": ()}, {"s": azure.Zone.INTERNAL})
    everything = cloud(rules).permits("s", "in", OWN["s"][0])
    only = logic.all_of(
        logic.within(logic.PEER, ip_network("10.0.0.2/32")),
        logic.is_number(logic.PROTOCOL, logic.TCP),
        logic.is_number(logic.PORT, 25),
    )
    seen = logic.apart(logic.all_of(only, everything), logic.NO)
    assert (str(seen), seen and seen.first) == ("10.0.0.2 25/tcp", True)


@pytest.mark.parametrize(
    "priorities", [(100, 100), (99,), (4097,)], ids=["twice", "too small", "too great"]
)
def test_what_azure_refuses_is_refused_before_it_is_evaluated(priorities: tuple[int, ...]) -> None:
    from exchange_ports.traffic.ports import ANY_PORTS
    from tests.support.checker import NotUnderstood
    from tests.support.registering import checker_of

    rules = tuple(
        azure.SecurityRule(
            f"r{at}",
            priority,
            azure.Direction.IN,
            azure.Access.ALLOW,
            ANY_PORTS,
            azure.Anything(),
            azure.Anything(),
            (),
        )
        for at, priority in enumerate(priorities)
    )
    group = azure.NetworkSecurityGroup(azure.Zone.INTERNAL, rules)
    written = azure.AzureRuleSet("n", (group,), (), {"s": ()}, {"s": azure.Zone.INTERNAL})
    with pytest.raises(ValueError, match="priority"):
        azure_semantics.AzureFilters(written, {}, TAGS)
    with pytest.raises(NotUnderstood, match="priority"):
        checker_of(written, {"10.0.0.1": "s"}, ()).into("10.0.0.9", "10.0.0.1", "tcp", 25)


@pytest.mark.parametrize("text", ["10.0.0.1/24", "2001:db8::1/64"])
def test_no_rule_can_have_host_bits(text: str) -> None:
    """AWS would make another range of it (aws.md 2.4), Azure refuse it (azure.md 1): it has no type here."""
    from tests.support.checker import Checker, NotUnderstood
    from tests.support.registering import Resource

    with pytest.raises(ValueError, match="host bits"):
        ip_network(text)
    group = Resource("aws:ec2/securityGroup:SecurityGroup", "a", {})
    family = "cidrIpv6" if ":" in text else "cidrIpv4"
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"  # noqa: S105 - a type, no secret
    rule = Resource(token, "r", {"securityGroupId": "a", "ipProtocol": "-1", family: text})
    checker = Checker([group, rule], {"s": {"security_group_ids": ["a"]}}, {"10.0.0.1": "s"})
    with pytest.raises((NotUnderstood, ValueError)):
        checker.into("10.0.0.9", "10.0.0.1", "tcp", 25)
