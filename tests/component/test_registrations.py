"""What the program registers: understood by the real SDKs, and exactly what the plans say.

`planned` is written from the plan's plain data, `registered` from what was recorded. They meet as
plain tuples, so that a rule which `resources` adds, drops or changes shows by its words.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import pytest

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.offline import Recording, record
from exchange_ports.planning import compile_plans
from exchange_ports.stackfile.stack_file import NAMESPACE, read_stack_file
from exchange_ports.topology.groups import identity
from exchange_ports.topology.validate import load_topology
from tests.component.registered import (
    RULES,
    custom,
    planned_aws,
    planned_azure,
    registered_aws,
    registered_azure,
)
from tests.support.paths import ROOT
from tests.support.recordings import PLATFORMS, Platform, declared, recorded
from tests.support.resource_types import ASG, GROUP, LIST, NSG
from tests.support.rule_sets import NetworkPlan, networks_of
from tests.support.sdk import faults

pytestmark = pytest.mark.slow

STACKS: Final = ("dev", "prod-aws", "prod-azure", "proxied")


every_stack = pytest.mark.parametrize("stack", STACKS)
both_clouds = pytest.mark.parametrize("platform", PLATFORMS)


def plan(stack: str, platform: Platform) -> tuple[str, NetworkPlan]:
    """The plan of the one network of a stack, and what its names begin with."""
    topology, _ = load_topology(declared(stack, platform))
    ((key, planned),) = networks_of(compile_plans(topology)).items()
    return f"exchange-{identity(key, topology.networks[key])}", planned


# ---- as the SDKs and an engine see it ----


@every_stack
@both_clouds
def test_the_real_sdk_understands_every_registration(stack: str, platform: Platform) -> None:
    registrations = recorded(stack, platform).registrations
    assert [fault for one in registrations for fault in faults(one)] == []


@every_stack
@both_clouds
def test_no_resource_is_registered_twice(stack: str, platform: Platform) -> None:
    registrations = recorded(stack, platform).registrations
    assert len({one.urn for one in registrations}) == len(registrations)
    assert len({(one.type, one.name) for one in registrations}) == len(registrations)


@every_stack
@both_clouds
def test_the_number_of_resources_is_that_of_the_plan(stack: str, platform: Platform) -> None:
    recording, (_, planned) = recorded(stack, platform), plan(stack, platform)
    if isinstance(planned, aws.AwsRuleSet):
        parts = (planned.groups, planned.prefix_lists, planned.rules)
    else:
        parts = (planned.groups, planned.application_groups)
    assert len(custom(recording)) == sum(map(len, parts))
    assert len(recording.registrations) - len(custom(recording)) == 2  # the components


@every_stack
@both_clouds
def test_nothing_is_set_that_would_change_how_the_engine_orders_an_update(
    stack: str, platform: Platform
) -> None:
    for one in recorded(stack, platform).registrations:
        assert one.delete_before_replace is None
        # An adopted group keeps its description: EC2 cannot change it, and replaces nothing for it.
        kept = ("description",) if one.type == "aws:ec2/securityGroup:SecurityGroup" else ()
        assert (one.ignore_changes, one.replace_on_changes) == (kept, ())
        # Azure's SDK names the API versions of the same type. Nothing is aliased by us: an alias
        # across keys would edit one rule into another, in place.
        assert {key for alias in one.aliases for key in alias} <= {"type"}
        assert (one.protect, one.retain_on_delete, one.import_id) == (None, None, "")
        assert one.secrets == ()


@every_stack
@both_clouds
def test_only_resources_of_the_right_cloud_are_registered(stack: str, platform: Platform) -> None:
    package = {"aws": "aws", "azure": "azure-native"}[platform]
    kinds = {one.type.partition(":")[0] for one in custom(recorded(stack, platform))}
    assert kinds == {package}


# ---- as the plan says it ----


@every_stack
@both_clouds
def test_each_rule_is_registered_once_as_planned_and_on_azure_in_order(
    stack: str, platform: Platform
) -> None:
    recording, (prefix, rules) = recorded(stack, platform), plan(stack, platform)
    if platform == "aws":
        assert isinstance(rules, aws.AwsRuleSet)
        assert registered_aws(recording, prefix) == planned_aws(rules)
    else:
        assert isinstance(rules, azure.AzureRuleSet)
        assert registered_azure(recording, prefix) == planned_azure(rules)


@every_stack
def test_each_aws_rule_has_nothing_but_what_was_planned(stack: str) -> None:
    known = {
        "securityGroupId",
        "ipProtocol",
        "fromPort",
        "toPort",
        "description",
        "tags",
        "referencedSecurityGroupId",
        "prefixListId",
        "cidrIpv4",
        "cidrIpv6",
    }
    for token in RULES:
        for one in recorded(stack, "aws").of_type(token):
            assert set(one.inputs) <= known


@every_stack
def test_aws_groups_and_lists_are_registered_as_planned(stack: str) -> None:
    recording, (prefix, rules) = recorded(stack, "aws"), plan(stack, "aws")
    assert isinstance(rules, aws.AwsRuleSet)
    groups = {one.name: one.inputs for one in recording.of_type(GROUP)}
    assert {name: inputs["description"] for name, inputs in groups.items()} == {
        f"{prefix}-{group.key}": group.description for group in rules.groups
    }
    for inputs in groups.values():
        assert set(inputs) == {"description", "vpcId", "tags"}  # no rule inline
        assert inputs["vpcId"] == "vpc-0123456789abcdef0"
    lists = {
        one.name: (one.inputs["addressFamily"], one.inputs["maxEntries"], one.inputs["entries"])
        for one in recording.of_type(LIST)
    }
    assert lists == {
        f"{prefix}-list.{each.key}": (
            "IPv4",
            len(each.entries),
            [{"cidr": str(entry)} for entry in each.entries],
        )
        for each in rules.prefix_lists
    }


@every_stack
def test_azure_groups_are_registered_as_planned(stack: str) -> None:
    recording, (prefix, rules) = recorded(stack, "azure"), plan(stack, "azure")
    assert isinstance(rules, azure.AzureRuleSet)
    names = [one.name for one in recording.of_type(ASG)]
    assert sorted(names) == sorted(f"{prefix}-{group.key}" for group in rules.application_groups)
    for one in recording.of_type(NSG):
        assert set(one.inputs) <= {
            "networkSecurityGroupName",
            "resourceGroupName",
            "location",
            "securityRules",
            "tags",
        }
    for one in custom(recording):
        assert one.inputs["resourceGroupName"] == "rg-x"
        assert one.inputs["location"] == "westeurope"


@every_stack
@both_clouds
def test_each_server_is_given_the_groups_that_were_planned(stack: str, platform: Platform) -> None:
    recording, (prefix, rules) = recorded(stack, platform), plan(stack, platform)

    def attached(server: str) -> dict[str, object]:
        groups = [f"{prefix}-{key}.id" for key in rules.memberships[server]]
        if isinstance(rules, aws.AwsRuleSet):
            return {"security_group_ids": groups}
        zone = f"{prefix}-{rules.zones[server].value}.id"
        return {"network_security_group_id": zone, "application_security_group_ids": groups}

    assert recording.outputs["servers"] == {
        server: attached(server) for server in rules.memberships
    }


# ---- a stack in both clouds ----


@cache
def both() -> tuple[Recording, Mapping[str, NetworkPlan]]:
    """The stack `both` as its file says it: every other test has all networks in one cloud."""
    file = ROOT / "stacks" / "Pulumi.both.yaml"
    settings = read_stack_file(file.read_bytes(), file.name).config
    config = {f"{NAMESPACE}:{key}": json.dumps(value) for key, value in settings.items()}
    topology, _ = load_topology(settings["topology"])
    return (
        record(ROOT, project=NAMESPACE, stack="both", config=config),
        networks_of(compile_plans(topology)),
    )


def test_a_stack_in_both_clouds_is_understood_by_both_sdks_and_registers_nothing_twice() -> None:
    registrations = both()[0].registrations
    assert [fault for one in registrations for fault in faults(one)] == []
    assert len({one.urn for one in registrations}) == len(registrations)
    packages = {one.type.partition(":")[0] for one in registrations if one.custom}
    assert packages == {"aws", "azure-native"}


def test_a_stack_in_both_clouds_registers_each_network_as_planned_and_no_other() -> None:
    recording, plans = both()
    assert set(plans) == {"corp", "north"}, "office is external"
    corp, north = plans["corp"], plans["north"]
    assert isinstance(corp, aws.AwsRuleSet)
    assert isinstance(north, azure.AzureRuleSet)
    assert registered_aws(recording, "exchange-corp") == planned_aws(corp)
    assert registered_azure(recording, "exchange-north") == planned_azure(north)
    aws_parts = (corp.groups, corp.prefix_lists, corp.rules)
    azure_parts = (north.groups, north.application_groups)
    assert len(custom(recording)) == sum(map(len, (*aws_parts, *azure_parts)))
    assert len(recording.registrations) - len(custom(recording)) == 3  # the components


def test_what_crosses_the_clouds_goes_by_address() -> None:
    recording, plans = both()
    corp, north = plans["corp"], plans["north"]
    # A group of one cloud has no meaning in the other, so no id of one is in the other's inputs.
    for network, other in (
        ("exchange-corp", "exchange-north"),
        ("exchange-north", "exchange-corp"),
    ):
        (component,) = (one for one in recording.registrations if one.name == network)
        (stranger,) = (one for one in recording.registrations if one.name == other)
        foreign = {one.id for one in recording.children(stranger.urn)}
        reported = json.dumps([one.inputs for one in recording.children(component.urn)])
        assert foreign
        assert not [id_ for id_ in foreign if f'"{id_}"' in reported]
    assert isinstance(corp, aws.AwsRuleSet)
    assert isinstance(north, azure.AzureRuleSet)
    for address in ("10.40.0.11/32", "10.40.0.12/32", "10.64.0.11/32"):
        assert sum(str(rule.peer) == address for rule in corp.rules) == 2  # in and out
    inside = json.dumps([one.inputs for one in recording.of_type(NSG)])
    for address in ("10.20.0.11/32", "10.20.0.21/32", "10.20.1.21/32", "10.64.0.11/32"):
        assert address in inside


def test_each_server_of_a_stack_in_both_clouds_is_given_its_own_networks_groups() -> None:
    recording, plans = both()
    servers: Any = recording.outputs["servers"]
    corp, north = plans["corp"], plans["north"]
    assert set(servers) == {*corp.memberships, *north.memberships}
    assert "ex9" not in servers, "on premises"
    for server, attached in corp.memberships.items():
        groups = [f"exchange-corp-{key}.id" for key in attached]
        assert servers[server] == {"security_group_ids": groups}
    assert isinstance(north, azure.AzureRuleSet)
    for server, attached in north.memberships.items():
        assert servers[server] == {
            "network_security_group_id": f"exchange-north-{north.zones[server].value}.id",
            "application_security_group_ids": [f"exchange-north-{key}.id" for key in attached],
        }


# ---- which SDK is loaded ----

_FRESH: Final = """\
import json, sys
from exchange_ports.offline import record
from exchange_ports.stackfile.stack_file import NAMESPACE, read_stack_file

stack = sys.argv[1]
file = f"stacks/Pulumi.{stack}.yaml"
with open(file, "rb") as opened:
    config = read_stack_file(opened.read(), file).config
given = {f"{NAMESPACE}:{key}": json.dumps(value) for key, value in config.items()}
recording = record(".", project=NAMESPACE, stack=stack, config=given)
assert len(recording.registrations) > 2
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize(
    "stack, loaded, not_loaded",
    [
        ("dev", "pulumi_aws", "pulumi_azure_native"),
        ("prod-azure", "pulumi_azure_native", "pulumi_aws"),
    ],
)
def test_a_program_for_one_cloud_never_loads_the_sdk_of_the_other(
    stack: str, loaded: str, not_loaded: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FRESH, stack], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = done.stdout.split()
    assert loaded in modules
    assert not_loaded not in modules
