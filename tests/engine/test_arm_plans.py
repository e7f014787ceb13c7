"""Whatever we plan for Azure, Azure takes: the planner and the small ARM know nothing of each other."""

from typing import Any, Final

import pytest
from hypothesis import given

from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.azure.limits import check_names
from exchange_ports.planning import compile_plans
from exchange_ports.traffic.addresses import network
from exchange_ports.traffic.ports import Protocol, tcp
from tests.engine.arm_rules import fault_of_name, faults_of_rules
from tests.support.planning import in_azure, planned
from tests.support.strategies import GONE, WITH_EDGE, Data, declared, edited, topologies

pytestmark = pytest.mark.slow

PROTOCOLS: Final = {
    Protocol.ANY: "*",
    Protocol.TCP: "Tcp",
    Protocol.UDP: "Udp",
    Protocol.ICMP: "Icmp",
    Protocol.ESP: "Esp",
    Protocol.AH: "Ah",
}


def sent(rule: azure.SecurityRule) -> dict[str, Any]:
    """A rule in ARM's form, with lists where one value would do."""
    ports = [str(each) for each in rule.ports.ranges]
    return {
        "name": rule.name,
        "properties": {
            "priority": rule.priority,
            "direction": "Inbound" if rule.direction is azure.Direction.IN else "Outbound",
            "access": "Allow" if rule.access is azure.Access.ALLOW else "Deny",
            "protocol": PROTOCOLS[rule.ports.protocol],
            "description": rule.description,
            "sourcePortRange": "*",
            **({"destinationPortRanges": ports} if ports else {"destinationPortRange": "*"}),
            **side("source", rule.source),
            **side("destination", rule.destination),
        },
    }


def side(which: str, of: azure.Side) -> dict[str, Any]:
    match of:
        case azure.GroupRef(key):
            return {f"{which}ApplicationSecurityGroups": [{"id": key}]}
        case azure.Prefixes(ranges):
            return {f"{which}AddressPrefixes": [str(each) for each in ranges]}
        case azure.Tag(name):
            return {f"{which}AddressPrefix": name}
        case azure.Anything():
            return {f"{which}AddressPrefix": "*"}


def faults(plan: azure.AzureRuleSet) -> list[str]:
    """What Azure would refuse, once servers are in every group: all in one VNet."""
    vnets: dict[str, str | None] = {group.key.lower(): "vnet" for group in plan.application_groups}
    found = [
        each for group in plan.groups for each in faults_of_rules([*map(sent, group.rules)], vnets)
    ]
    found += filter(None, map(fault_of_name, names_in(plan)))
    return [f"{each.code}: {each.message}" for each in found]


def names_in(plan: azure.AzureRuleSet) -> list[str]:
    """The physical names of its groups, behind the default name of the component."""
    names = [group.key for group in plan.application_groups] + [group.zone for group in plan.groups]
    return [f"exchange-{plan.network}-{name}" for name in names]


@given(topologies("azure"))
def test_azure_takes_every_plan_that_we_make(data: Data) -> None:
    for plan in in_azure(planned(data)):
        # Names never change, so the component refuses what is too long for Azure: that, and no more.
        refused = [*check_names(f"exchange-{plan.network}", plan)]
        too_long = [fault for name in names_in(plan) if (fault := fault_of_name(name))]
        assert {finding.kind.code for finding in refused} <= {"name-too-long"}
        assert len(refused) == len(too_long)
        assert faults(plan) == [f"{each.code}: {each.message}" for each in too_long]


def test_azure_takes_long_names_and_many_reasons() -> None:
    site, ports = (
        "a-site-with-a-name-of-forty-characters-x",
        [f"{at}/tcp" for at in range(2000, 2040, 2)],
    )
    data = edited(
        WITH_EDGE,
        {
            "networks.corp.platform": "azure",
            f"sites.{site}": WITH_EDGE["sites"]["hq"],
            "sites.hq": GONE,
            "edge_servers.edge1.subscribed_site": site,
            "additional_flows": [
                {"from": "10.99.0.0/16", "to": "exchange", "ports": ports, "reason": "why " * 40},
                {"from": "10.99.0.0/16", "to": "exchange", "ports": ports, "reason": "that " * 30},
            ],
        },
    )
    (plan,) = in_azure(compile_plans(declared(data)))
    names = [rule.name for group in plan.groups for rule in group.rules]
    assert max(map(len, names)) == 80
    assert faults(plan) == []


TEN: Final = network("10.0.0.0/8")


@pytest.mark.parametrize(
    "source, code",
    [
        (azure.Prefixes((TEN, network("10.1.0.0/16"))), "OverlappingSubnets"),
        (azure.Prefixes(()), "SecurityRuleParameterMissing"),
        (azure.Tag("Office365"), "SecurityRuleInvalidAddressPrefix"),
        (azure.Prefixes((TEN,)), None),
    ],
)
def test_the_law_sees_what_azure_would_refuse(source: azure.Side, code: str | None) -> None:

    rule = azure.SecurityRule(
        "in-25", 100, azure.Direction.IN, azure.Access.ALLOW, tcp(25), source, azure.Anything(), ()
    )
    plan = azure.AzureRuleSet(
        "corp", (azure.NetworkSecurityGroup(azure.Zone.INTERNAL, (rule,)),), (), {}, {}
    )
    assert [each.startswith(code or "") for each in faults(plan)] == [True] * bool(code)
