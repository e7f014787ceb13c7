"""The landing zones in examples/ run, and their servers wear what the firewall says."""

from functools import cache
from typing import Any, Final

import pytest
import yaml

from exchange_ports.offline import Recording, Registration, record
from tests.support.paths import ROOT
from tests.support.sdk import faults

pytestmark = pytest.mark.slow

EXAMPLES: Final = ROOT / "examples"
PROGRAMS: Final = sorted(path.parent.name for path in EXAMPLES.glob("*/__main__.py"))
every_example = pytest.mark.parametrize("example", PROGRAMS)

NETWORKS: Final = {
    "aws-landing-zone": ("exchange-ports:index:AwsNetwork", "aws:ec2/vpc:Vpc", "vpcId"),
    "azure-landing-zone": (
        "exchange-ports:index:AzureNetwork",
        "azure-native:resources:ResourceGroup",
        "resourceGroupName",
    ),
}


@cache
def recording(example: str) -> Recording:
    project = yaml.safe_load((EXAMPLES / example / "Pulumi.yaml").read_text())
    return record(EXAMPLES / example, project=project["name"], stack="dev", config={})


def made(example: str) -> tuple[Registration, ...]:
    """What the firewall made in the cloud."""
    (network,) = recording(example).of_type(NETWORKS[example][0])
    return recording(example).children(network.urn)


def interfaces(example: str) -> dict[str, Registration]:
    found = {
        one.name: one
        for one in recording(example).registrations
        if one.type.endswith(":NetworkInterface")
    }
    assert set(found) == {"ex1", "ex2", "edge1"}
    return found


def test_every_example_is_tested() -> None:
    assert set(PROGRAMS) == set(NETWORKS)
    readme = (EXAMPLES / "README.md").read_text()
    assert all(f"({example}/__main__.py)" in readme for example in PROGRAMS)


@every_example
def test_the_real_sdk_understands_every_registration(example: str) -> None:
    found = [fault for one in recording(example).registrations for fault in faults(one)]
    assert found == []


@every_example
def test_an_example_is_without_warnings(example: str) -> None:
    logs = [logged.message.splitlines()[0] for logged in recording(example).logs]
    # EC2 blocks port 25 for everybody who has not asked.
    assert [summary for summary in logs if "[port-25-blocked]" not in summary] == []


@every_example
def test_the_firewall_waits_for_the_network_of_the_same_program(example: str) -> None:
    _, token, key = NETWORKS[example]
    (network,) = recording(example).of_type(token)
    groups = [one for one in made(example) if key in one.inputs]
    assert groups
    assert all(network.urn in one.property_dependencies[key] for one in groups)


@every_example
def test_interfaces_wait_for_every_rule(example: str) -> None:
    standing = {one.urn for one in made(example)} - {
        # The list comes before the rules that name it.
        one.urn
        for one in made(example)
        if one.type == "aws:ec2/managedPrefixList:ManagedPrefixList"
    }
    for one in interfaces(example).values():
        assert standing <= set(one.dependencies)


def ids(*groups: str) -> list[str]:
    """The ids of groups of the network, by their keys."""
    return [f"exchange-corp-{group}.id" for group in groups]


def test_interfaces_on_aws_have_their_servers_groups_and_addresses() -> None:
    attached = {name: one.inputs for name, one in interfaces("aws-landing-zone").items()}
    assert attached["ex1"]["securityGroups"] == ids(
        "exchange", "client-access.hq", "mailbox.hq", "edgesync.hq"
    )
    assert attached["ex1"]["subnetId"] == "corp-inside.id"
    assert attached["ex1"]["privateIps"] == ["10.20.0.11"]
    assert attached["edge1"]["securityGroups"] == ids(
        "edge.hq", "edge-receiving.hq", "edge-sending.hq", "edge-synced.hq"
    )
    assert attached["edge1"]["subnetId"] == "corp-perimeter.id"


def test_interfaces_on_azure_have_their_servers_groups_and_addresses() -> None:
    attached: dict[str, Any] = {
        name: one.inputs for name, one in interfaces("azure-landing-zone").items()
    }

    def configuration(name: str) -> dict[str, Any]:
        (only,) = attached[name]["ipConfigurations"]
        return only

    assert attached["ex1"]["networkSecurityGroup"] == {"id": "exchange-corp-internal.id"}
    assert attached["edge1"]["networkSecurityGroup"] == {"id": "exchange-corp-perimeter.id"}
    assert configuration("ex1")["applicationSecurityGroups"] == [
        {"id": "exchange-corp-exchange.id"},
        {"id": "exchange-corp-client-access.hq.id"},
        {"id": "exchange-corp-mailbox.hq.id"},
        {"id": "exchange-corp-edgesync.hq.id"},
    ]
    assert configuration("edge1")["applicationSecurityGroups"] == [
        {"id": "exchange-corp-edge.hq.id"},
        {"id": "exchange-corp-edge-receiving.hq.id"},
        {"id": "exchange-corp-edge-sending.hq.id"},
        {"id": "exchange-corp-edge-synced.hq.id"},
    ]
    assert configuration("edge1")["subnet"]["id"] == "corp-perimeter.id"
    assert configuration("edge1")["privateIPAddress"] == "10.20.240.5"
