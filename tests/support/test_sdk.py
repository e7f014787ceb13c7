"""The check against the real SDK classes finds what is wrong, and only that."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

import pytest

from exchange_ports.offline import Registration, record
from tests.support.paths import PROGRAMS
from tests.support.resource_types import INGRESS as RULE
from tests.support.resource_types import LIST, NSG
from tests.support.sdk import faults

CONFIG: Final = {"sample:vpc": "vpc-1", "sample:clients": '["10.0.0.0/8"]', "sample:owner": "us"}


RULE_INPUTS: Final = {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 25, "toPort": 25}
NSG_INPUTS: Final = {
    "resourceGroupName": "rg",
    "securityRules": [
        {
            "name": "in-1000-smtp",
            "priority": 1000,
            "access": "Allow",
            "direction": "Inbound",
            "protocol": "*",
            "destinationApplicationSecurityGroups": [{"id": "asg"}],
            "destinationPortRanges": ["25"],
        }
    ],
}


def registered(
    token: str, inputs: Mapping[str, object], *, custom: bool = True, read: bool = False
) -> Registration:
    return Registration(
        urn="urn:x",
        type=token,
        name="x",
        parent=None,
        custom=custom,
        id="",
        inputs=inputs,
        read=read,
    )


@pytest.mark.parametrize("program", ["aws", "azure", "component"])
def test_what_the_sample_programs_register_is_without_fault(program: str) -> None:
    recording = record(PROGRAMS / program, project="sample", stack="dev", config=CONFIG)
    assert [fault for one in recording.registrations for fault in faults(one)] == []


@pytest.mark.parametrize(
    "token, why",
    [
        (
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRul",
            "no class of pulumi_aws has the token",
        ),
        ("aws:ec2/securityGroupIngressRule:SecurityGroupIngressRule", "no class of pulumi_aws"),
        ("azure-native:network/v1:NetworkSecurityGroup", "no class of pulumi_azure_native"),
        ("gcp:compute/firewall:Firewall", "no SDK is known for the token"),
        ("nonsense", "no SDK is known for the token"),
    ],
)
def test_a_token_without_a_class_is_a_fault(token: str, why: str) -> None:
    (fault,) = faults(registered(token, RULE_INPUTS))
    assert fault.startswith(f"x: {why}")


def test_a_class_that_registers_under_another_token_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import pulumi_aws as aws

    monkeypatch.setattr(aws.vpc.SecurityGroupIngressRule, "pulumi_type", "aws:vpc/other:Other")
    (fault,) = faults(registered(RULE, RULE_INPUTS))
    assert (
        fault == f"x: SecurityGroupIngressRule registers as 'aws:vpc/other:Other', not as {RULE!r}"
    )


@pytest.mark.parametrize(
    "change, fault",
    [
        ({"cidrIPv4": "10.0.0.0/8"}, "SecurityGroupIngressRuleArgs has no input 'cidrIPv4'"),
        ({"cidr_ipv4": "10.0.0.0/8"}, "SecurityGroupIngressRuleArgs has no input 'cidr_ipv4'"),
        ({"arn": "arn:x"}, "SecurityGroupIngressRuleArgs has no input 'arn'"),
        (
            {"securityGroupId": None},
            "securityGroupId is None, not str",
        ),
        ({"fromPort": "25"}, "fromPort is '25', not int"),
        ({"fromPort": True}, "fromPort is True, not int"),
        ({"tags": {"Name": 1}}, "tags.Name is 1, not str"),
        ({"tags": ["Name"]}, "tags is ['Name'], not Mapping"),
    ],
)
def test_a_wrong_input_is_a_fault(change: dict[str, object], fault: str) -> None:
    assert faults(registered(RULE, RULE_INPUTS)) == []
    assert f"x ({RULE}): {fault}" in faults(registered(RULE, RULE_INPUTS | change))


@pytest.mark.parametrize("key", ["securityGroupId", "ipProtocol"])
def test_a_missing_required_input_is_a_fault(key: str) -> None:
    left = {name: value for name, value in RULE_INPUTS.items() if name != key}
    (fault,) = faults(registered(RULE, left))
    assert fault.endswith(f"SecurityGroupIngressRuleArgs lacks the required input {key!r}")
    # Of what exists only the id is told.
    assert faults(registered(RULE, left, read=True)) == []


def test_a_misspelled_key_of_a_prefix_list_entry_is_a_fault() -> None:
    inputs = {"addressFamily": "IPv4", "maxEntries": 1, "entries": [{"cidrBlock": "10.0.0.0/8"}]}
    assert [fault.partition("): ")[2] for fault in faults(registered(LIST, inputs))] == [
        "entries[0] has no input 'cidrBlock'",
        "entries[0] lacks the required input 'cidr'",
    ]


@pytest.mark.parametrize(
    "key, value, fault",
    [
        ("sourcePrefix", "*", "securityRules[0] has no input 'sourcePrefix'"),
        ("priority", "1000", "securityRules[0].priority is '1000', not int"),
        (
            "access",
            "allow",
            "securityRules[0].access is 'allow', not one of ['Allow', 'Deny']",
        ),
        ("direction", None, "securityRules[0] lacks the required input 'direction'"),
        (
            "protocol",
            "TCP",
            "securityRules[0].protocol is 'TCP', "
            "not one of ['Tcp', 'Udp', 'Icmp', 'Esp', '*', 'Ah']",
        ),
        (
            "destinationPortRanges",
            "25",
            "securityRules[0].destinationPortRanges is '25', not Sequence",
        ),
        (
            "destinationApplicationSecurityGroups",
            [{"ID": "asg"}],
            "securityRules[0].destinationApplicationSecurityGroups[0] has no input 'ID'",
        ),
    ],
)
def test_a_wrong_inline_rule_is_a_fault(key: str, value: object, fault: str) -> None:
    assert faults(registered(NSG, NSG_INPUTS)) == []
    inputs: dict[str, Any] = deepcopy(NSG_INPUTS)
    if value is None:
        del inputs["securityRules"][0][key]
    else:
        inputs["securityRules"][0][key] = value
    assert f"x ({NSG}): {fault}" in faults(registered(NSG, inputs))


def test_a_component_has_no_class_to_be_held_against() -> None:
    assert faults(registered("sample:index:Any", {"what": "ever"}, custom=False)) == []


def test_an_explicit_provider_is_held_against_its_class() -> None:
    assert faults(registered("pulumi:providers:aws", {"region": "eu-west-1"})) == []
    (fault,) = faults(registered("pulumi:providers:aws", {"regoin": "eu-west-1"}))
    assert fault.endswith("ProviderArgs has no input 'regoin'")
