"""The programs in examples/ run offline, and their servers have the groups of the firewall.

Programs in TypeScript and Go are not compiled here: their SDKs are generated and fetched by the Pulumi CLI. What
they pass to the component is run instead, and the names that they use are compared with the plugin's schema.
On an engine, tests/engine/test_languages_engine.py runs them.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import pulumi
import pytest
import yaml

from exchange_ports.component import ExchangeFirewall
from exchange_ports.offline import Recording, Registration, record
from exchange_ports.plugin.host import arguments
from exchange_ports.plugin.schema import plugin_schema
from tests.support.paths import ROOT
from tests.support.resource_types import EGRESS, GROUP, INGRESS, NSG
from tests.support.sdk import faults

pytestmark = pytest.mark.slow

EXAMPLES: Final = ROOT / "examples"
#: The configuration of each program in Python.
PROGRAMS: Final[Mapping[str, Mapping[str, str]]] = {
    "aws-landing-zone": {"transitGateway": "tgw-1", "image": "ami-1"},
    "azure-landing-zone": {},
    "two-clouds": {},
    "stack-reference/firewall": {"vpc": "vpc-1"},
    "stack-reference/servers": {"firewall": "contoso/firewall/prod", "subnet": "subnet-1"},
}
#: Programs in other languages.
OTHERS: Final = ("typescript", "go", "yaml")
every_example = pytest.mark.parametrize("example", PROGRAMS)

NETWORKS: Final = ("exchange-ports:index:AwsNetwork", "exchange-ports:index:AzureNetwork")


class OtherStack:
    """The firewall's stack, as the program of the servers reads it."""

    def __init__(self, name: str) -> None:
        assert name == "contoso/firewall/prod"

    def require_output(self, name: str) -> pulumi.Output[Any]:
        return pulumi.Output.from_input(recording("stack-reference/firewall").outputs[name])


@cache
def recording(example: str) -> Recording:
    project = yaml.safe_load((EXAMPLES / example / "Pulumi.yaml").read_text())["name"]
    config = {f"{project}:{key}": value for key, value in PROGRAMS[example].items()}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pulumi, "StackReference", OtherStack)
        if example.endswith("/servers"):
            recording("stack-reference/firewall")
        return record(EXAMPLES / example, project=project, stack="prod", config=config)


def made(example: str) -> tuple[Registration, ...]:
    """What the firewall made in the clouds."""
    found = recording(example)
    return tuple(
        one
        for token in NETWORKS
        for network in found.of_type(token)
        for one in found.children(network.urn)
    )


def interfaces(example: str) -> dict[str, Registration]:
    return {
        one.name: one
        for one in recording(example).registrations
        if one.type.endswith(":NetworkInterface")
    }


def test_every_example_is_tested_and_has_a_readme() -> None:
    there = {path.parent for path in EXAMPLES.glob("*/**/Pulumi.yaml")}
    assert there == {EXAMPLES / name for name in (*PROGRAMS, *OTHERS)}
    listed = (EXAMPLES / "README.md").read_text()
    for folder in EXAMPLES.iterdir():
        if folder.is_dir():
            assert (folder / "README.md").is_file(), folder
            assert f"({folder.name}/README.md)" in listed, folder


@every_example
def test_the_real_sdk_understands_every_registration(example: str) -> None:
    found = [fault for one in recording(example).registrations for fault in faults(one)]
    assert found == []


@every_example
def test_an_example_is_without_warnings(example: str) -> None:
    logs = [logged.message.splitlines()[0] for logged in recording(example).logs]
    # EC2 blocks port 25 for every account that has not asked AWS to remove this.
    assert [summary for summary in logs if "[port-25-blocked]" not in summary] == []


@pytest.mark.parametrize(
    "example, token, key",
    [
        ("aws-landing-zone", "aws:ec2/vpc:Vpc", "vpcId"),
        ("azure-landing-zone", "azure-native:resources:ResourceGroup", "resourceGroupName"),
    ],
)
def test_the_firewall_waits_for_the_network_of_the_same_program(
    example: str, token: str, key: str
) -> None:
    (network,) = recording(example).of_type(token)
    groups = [one for one in made(example) if key in one.inputs]
    assert groups
    assert all(network.urn in one.property_dependencies[key] for one in groups)


@pytest.mark.parametrize("example", ["aws-landing-zone", "azure-landing-zone"])
def test_interfaces_wait_for_every_rule(example: str) -> None:
    rules = {one.urn for one in made(example) if one.type in (INGRESS, EGRESS, NSG)}
    at_neighbors = {one.urn for one in made(example) if "/domain-controllers" in one.urn}
    for name in ("ex1", "ex2", "edge1"):
        assert rules - at_neighbors <= set(interfaces(example)[name].dependencies)


def ids(*groups: str) -> list[str]:
    """The ids of groups of the network, by their keys."""
    return [f"exchange-corp-{group}.id" for group in groups]


INSIDE: Final = ("exchange", "client-access.hq", "mailbox.hq", "edgesync.hq")
EDGE: Final = ("edge.hq", "edge-receiving.hq", "edge-sending.hq", "edge-synced.hq")


def test_servers_on_aws_have_their_groups_addresses_and_instances() -> None:
    found = {name: one.inputs for name, one in interfaces("aws-landing-zone").items()}
    assert found["ex1"]["securityGroups"] == ids(*INSIDE)
    assert found["ex1"]["subnetId"] == "corp-inside.id"
    assert found["ex1"]["privateIps"] == ["10.20.0.11"]
    assert found["edge1"]["securityGroups"] == ids(*EDGE)
    assert found["edge1"]["subnetId"] == "corp-perimeter.id"
    instances = recording("aws-landing-zone").of_type("aws:ec2/instance:Instance")
    assert {one.name for one in instances} == {"dc1", "ex1", "ex2", "edge1"}
    assert found["dc1"]["securityGroups"] == ["controllers.id"]
    targets = recording("aws-landing-zone").of_type(
        "aws:lb/targetGroupAttachment:TargetGroupAttachment"
    )
    assert [one.inputs["targetId"] for one in targets] == ["ex1.id", "ex2.id"]


def test_rules_for_exchange_are_added_to_the_group_of_the_domain_controllers() -> None:
    added = [
        one
        for one in made("aws-landing-zone")
        if one.inputs.get("securityGroupId") == "controllers.id"
    ]
    assert {one.name for one in added} == {
        f"exchange-corp-domain-controllers.hq/{way}/any/all/exchange" for way in ("in", "out")
    }


def test_every_subnet_on_azure_has_a_network_security_group() -> None:
    subnets = recording("azure-landing-zone").of_type("azure-native:network:Subnet")
    assert {one.name: one.inputs["networkSecurityGroup"] for one in subnets} == {
        "corp-inside": {"id": "exchange-corp-internal-subnets.id"},
        "corp-perimeter": {"id": "exchange-corp-perimeter-subnets.id"},
        "corp-shared": {"id": "shared.id"},
    }


def test_servers_on_azure_have_their_groups_and_addresses() -> None:
    def configuration(name: str) -> Any:
        inputs: Any = interfaces("azure-landing-zone")[name].inputs
        (only,) = inputs["ipConfigurations"]
        return only

    for name, groups in (("ex1", INSIDE), ("edge1", EDGE)):
        members = configuration(name)["applicationSecurityGroups"]
        assert members == [{"id": each} for each in ids(*groups)]
    assert configuration("edge1")["subnet"]["id"] == "corp-perimeter.id"
    assert configuration("edge1")["privateIPAddress"] == "10.20.240.5"
    assert len(configuration("ex1")["loadBalancerBackendAddressPools"]) == 1
    assert not configuration("edge1").get("loadBalancerBackendAddressPools")


def test_the_rules_of_two_clouds_allow_each_others_servers_by_address() -> None:
    rules = [one for one in made("two-clouds") if one.type in (INGRESS, EGRESS)]
    far = {one.name for one in rules if one.inputs.get("cidrIpv4") == "10.40.0.11/32"}
    assert far == {f"exchange-dublin-exchange/{way}/any/all/10.40.0.11/32" for way in ("in", "out")}
    (nsg,) = [one for one in made("two-clouds") if one.type == NSG]
    assert "10.20.0.11/32" in json.dumps(nsg.inputs["securityRules"])
    handover: Any = recording("two-clouds").outputs["handover"]
    assert {row["ports"] for row in handover} == {"all protocols"}


def test_servers_have_the_groups_of_another_stack() -> None:
    found = interfaces("stack-reference/servers")
    assert {name: one.inputs["securityGroups"] for name, one in found.items()} == {
        name: ids(*INSIDE) for name in ("ex1", "ex2")
    }


# ---- programs in other languages ----


def of_yaml(vpc: str) -> dict[str, Any]:
    """What the program in YAML passes to the component."""
    program = yaml.safe_load((EXAMPLES / "yaml/Pulumi.yaml").read_text())
    firewall = program["resources"]["firewall"]
    assert firewall["type"] == "exchange-ports:ExchangeFirewall"
    text = json.dumps(firewall["properties"]).replace("${vpc.id}", vpc)
    return json.loads(text)


def of_file(folder: str, vpc: str) -> dict[str, Any]:
    """What the programs in TypeScript and Go pass to the component."""
    path = str(EXAMPLES / folder / "Pulumi.topology.yaml")
    return {"topologyFile": path, "awsNetworks": {"corp": {"vpcId": vpc}}}


def test_the_programs_in_other_languages_register_the_same_resources() -> None:
    several = [of_yaml("vpc-1"), of_file("typescript", "vpc-1"), of_file("go", "vpc-1")]
    recordings = [
        record(
            lambda given=given: ExchangeFirewall("exchange", arguments(given)),  # pyright: ignore[reportArgumentType]
            project="other",
            stack="prod",
            config={},
        )
        for given in several
    ]
    first, *others = [
        [(one.urn, one.inputs) for one in found.registrations] for found in recordings
    ]
    assert [name for name, _ in first if GROUP in name]
    assert all(other == first for other in others)
    assert all(not found.logs for found in recordings)


def _word(name: str) -> str:
    return name[:1].lower() + name[1:]


@pytest.mark.parametrize(
    "file, fields",
    [
        (
            "typescript/index.ts",
            r"\b(\w+): (?:\"Pulumi\.topology|\{ corp|vpc\.id \} )|\.(servers|securityGroupIds)\b",
        ),
        ("go/main.go", r"\b(TopologyFile|AwsNetworks|VpcId):|\.(Servers|SecurityGroupIds)\b"),
    ],
)
def test_the_names_that_a_program_uses_are_in_the_schema(file: str, fields: str) -> None:
    schema: Any = json.loads(plugin_schema())
    firewall = schema["resources"]["exchange-ports:index:ExchangeFirewall"]
    known = {*firewall["inputProperties"], *firewall["properties"]}
    known |= {name for kind in schema["types"].values() for name in kind["properties"]}
    text = (EXAMPLES / file).read_text()
    used = {_word(name) for found in re.findall(fields, text) for name in found if name}
    assert used >= {"topologyFile", "awsNetworks", "servers", "securityGroupIds"}
    assert used <= known


def test_the_program_in_go_is_formatted_and_parses() -> None:
    gofmt = shutil.which("gofmt") or shutil.which("gofmt", path="/usr/local/go/bin")
    if gofmt is None:
        pytest.skip("NOT RUN: gofmt is not installed, so examples/go was not parsed")
    command = [gofmt, "-l", "-e", str(EXAMPLES / "go/main.go")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == ""


# ---- policy ----

PERIMETER: Final = "exchange-corp-perimeter-subnets"


@cache
def policy_rules() -> Any:
    import runpy

    return runpy.run_path(str(EXAMPLES / "policy/pack/rules.py"))


def as_policies_see_them(found: Recording, *, known: bool = True) -> list[Any]:
    return [
        policy_rules()["Resource"](
            urn=one.urn,
            type=one.type,
            name=one.name,
            parent=one.parent or "",
            id=one.id if known else "",
            inputs=one.inputs,
            depends_on=one.property_dependencies,
        )
        for one in found.registrations
    ]


def violations(found: Recording, *, known: bool = True) -> list[str]:
    resources = as_policies_see_them(found, known=known)
    checks = ("foreign_rules", "open_perimeters")
    return [reason for check in checks for _, reason in policy_rules()[check](resources)]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("example", ["aws-landing-zone", "azure-landing-zone", "two-clouds"])
def test_the_policies_accept_the_examples(example: str, known: bool) -> None:
    assert violations(recording(example), known=known) == []


def _with_a_rule(group: str, source: str) -> Recording:
    from tests.component.firewalls import firewall, run

    def program() -> None:
        import pulumi_aws as aws

        aws.vpc.SecurityGroupIngressRule(
            "by-hand",
            security_group_id=firewall().groups["corp"][group],
            ip_protocol="tcp",
            from_port=25,
            to_port=25,
            cidr_ipv4=source,
        )

    return run(program)


def test_the_policies_refuse_a_rule_that_the_component_did_not_make() -> None:
    found = _with_a_rule("mailbox.hq", "10.0.0.0/8")
    (reason,) = violations(found)
    assert reason.startswith("by-hand adds a rule to exchange-corp-mailbox.hq.")
    # In a preview of new groups, ids are unknown.
    (reason,) = violations(found, known=False)
    assert reason.startswith("by-hand adds a rule to a group of Exchange servers.")


def test_the_policies_refuse_any_address_at_a_perimeter() -> None:
    reasons = violations(_with_a_rule("edge-receiving.hq", "0.0.0.0/0"))
    assert "by-hand allows any address at a group of Edge servers." in reasons
    assert len(reasons) == 2
    # The rules of the component at the perimeter of Azure, with one of them opened.
    resources = as_policies_see_them(recording("azure-landing-zone"))
    (perimeter,) = [one for one in resources if one.name == PERIMETER]
    rule = next(one for one in perimeter.inputs["securityRules"] if one["direction"] == "Inbound")
    rule = {**rule, "sourceAddressPrefix": "*"}
    opened = policy_rules()["Resource"](
        perimeter.urn,
        perimeter.type,
        perimeter.name,
        perimeter.parent,
        perimeter.id,
        {"securityRules": [rule]},
    )
    networks = [one for one in resources if one.type in NETWORKS]
    (found,) = policy_rules()["open_perimeters"]([*networks, opened])
    assert found[1] == f"{rule['name']} in {PERIMETER} allows any address."


def test_the_policy_pack_is_whole() -> None:
    pack = EXAMPLES / "policy/pack"
    project = yaml.safe_load((pack / "PulumiPolicy.yaml").read_text())
    assert project["runtime"]["name"] == "python"
    assert "pulumi-policy" in (pack / "requirements.txt").read_text()
    compile((pack / "__main__.py").read_text(), "__main__.py", "exec")
