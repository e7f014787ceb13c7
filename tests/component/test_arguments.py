"""The typed arguments that are the same in every language, and the outputs under their names."""

import json
from pathlib import Path
from typing import Any, Final, cast

import pulumi
import pytest
import yaml

from exchange_ports.component import (
    ExchangeFirewall,
    ExchangeFirewallArgs,
    TopologyError,
)
from exchange_ports.component.arguments import networks_argument
from exchange_ports.offline import ProgramFailed, Recording
from exchange_ports.stackfile.stack_file import SETTINGS
from exchange_ports.topology.models import Platform
from tests.component.firewalls import VNET, VPC, firewall, run, topology

pytestmark = pytest.mark.slow

AWS: Final[ExchangeFirewallArgs] = {"topology": topology(), "aws_networks": {"corp": VPC}}
AZURE: Final[ExchangeFirewallArgs] = {
    "topology": topology("azure"),
    "azure_networks": {"corp": VNET},
}


def created(args: Any, **options: Any) -> Recording:
    return run(lambda: ExchangeFirewall("exchange", args, **options))


def refused(args: Any) -> str:
    with pytest.raises(ProgramFailed) as failed:
        created(args)
    assert isinstance(failed.value.__cause__, TopologyError)
    assert failed.value.registrations == ()
    return failed.value.text


def only_error(text: str) -> str:
    assert text.count("error[") == 1, text
    return text


# ---- the same as the keywords ----


@pytest.mark.parametrize("args, platform", [(AWS, "aws"), (AZURE, "azure")])
def test_arguments_and_keywords_register_the_same(args: Any, platform: str) -> None:
    assert created(args) == run(lambda: firewall(topology(platform)))


def test_every_setting_has_an_argument_and_every_cloud_one_for_its_networks() -> None:
    named = set(ExchangeFirewallArgs.__annotations__)
    of_clouds = {networks_argument(each) for each in Platform if each.facts.ids}
    assert named == {*SETTINGS, *of_clouds, "topology_file", "skip_proof", "addresses"} - {
        "networks"
    }


def test_tags_and_an_update_in_phases_are_arguments_too() -> None:
    args = {**AWS, "tags": {"cost": "1"}, "previous": topology(), "servers_in": "other_stack"}
    rest: Any = {"tags": {"cost": "1"}, "previous": topology(), "servers_in": "other_stack"}
    assert created(args) == run(lambda: firewall(**rest))


def test_options_are_the_third_argument() -> None:
    def program() -> None:
        ExchangeFirewall("exchange", AWS, pulumi.ResourceOptions(protect=True))

    (top, *_) = run(program).of_type("exchange-ports:index:ExchangeFirewall")
    assert top.protect is True


def test_networks_of_two_clouds_have_an_argument_each() -> None:
    declared = topology()
    declared["networks"]["north"] = {"platform": "azure", "internal": ["10.40.0.0/20"]}
    declared["sites"]["oslo"] = {
        "network": "north",
        "servers": {"ex3": {"roles": ["client_access", "mailbox"], "address": "10.40.0.11"}},
        "domain_controllers": ["10.40.2.10"],
    }
    for server, address in (("ex1", "10.20.0.11"), ("ex2", "10.20.1.11")):
        declared["sites"]["hq"]["servers"][server]["address"] = address
    args: ExchangeFirewallArgs = {
        "topology": declared,
        "aws_networks": {"corp": VPC},
        "azure_networks": {"north": VNET},
    }
    assert created(args) == run(lambda: firewall(declared, {"corp": VPC, "north": VNET}))


def test_a_network_that_changes_its_cloud_is_under_both_arguments() -> None:
    args = {
        "topology": topology("azure"),
        "previous": topology(),
        "phase": "add_rules",
        "aws_networks": {"corp": VPC},
        "azure_networks": {"corp": VNET},
        "servers_in": "other_stack",
    }
    ids: Any = {"corp": {**VPC, **VNET}}
    rest: Any = {key: args[key] for key in ("previous", "phase", "servers_in")}
    assert created(args) == run(lambda: firewall(topology("azure"), ids, **rest))


# ---- what is refused ----


def test_a_network_under_the_argument_of_another_cloud_is_one_error() -> None:
    text = only_error(refused({"topology": topology(), "azure_networks": {"corp": VNET}}))
    assert "error[network-of-other-cloud] Network corp is on AWS" in text
    assert "\n  azure_networks.corp\n" in text
    assert "fix: Move it to `aws_networks`." in text


def test_an_external_network_belongs_under_no_argument() -> None:
    declared = topology()
    declared["networks"]["office"] = {"platform": "external", "internal": ["10.64.0.0/20"]}
    args = {"topology": declared, "aws_networks": {"corp": VPC, "office": VPC}}
    text = only_error(refused(args))
    assert "Network office is on external" in text
    assert "fix: Remove it." in text


def test_findings_about_cloud_ids_name_the_argument() -> None:
    text = refused({**AWS, "aws_networks": {"corp": {"vpc_id": "vpc-1", "vpcid": "vpc-2"}}})
    assert "\n  aws_networks.corp.vpcid\n" in only_error(text)


@pytest.mark.parametrize("key, near", [("aws_network", "aws_networks"), ("networks", "networks")])
def test_an_unknown_argument_is_refused_with_a_suggestion(key: str, near: str) -> None:
    text = only_error(refused({**AWS, key: {"corp": VPC}}))
    assert f"error[unknown-key] Unknown key `{key}`." in text
    assert near in text.partition("fix: ")[2]


def test_networks_that_are_no_mapping_are_refused() -> None:
    text = refused({**AWS, "azure_networks": ["corp"]})
    assert "error[wrong-type] Expected a mapping; got a list.\n  azure_networks\n" in text


def test_without_a_topology_both_ways_to_declare_one_are_named() -> None:
    text = refused({"aws_networks": {"corp": VPC}})
    assert "error[missing-key] The key `topology` is missing." in text
    assert "`topology_file`" in text


def test_an_argument_of_none_is_not_given() -> None:
    assert created({**AWS, "azure_networks": None, "phase": None}) == created(AWS)


def test_arguments_and_keywords_exclude_each_other() -> None:
    with pytest.raises(ProgramFailed, match="takes `args` or keywords, not both"):
        created(AWS, tags={"cost": "1"})


# ---- a stack file ----


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    config = {
        "exchange-ports:topology": topology(),
        "exchange-ports:networks": {"corp": VPC},
        "exchange-ports:tags": {"cost": "2"},
    }
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(yaml.safe_dump({"config": config}, sort_keys=False))
    return path


def test_a_stack_file_has_all_settings(stack_file: Path) -> None:
    args: ExchangeFirewallArgs = {"topology_file": str(stack_file)}
    assert created(args) == run(lambda: firewall(tags={"cost": "2"}))


def test_an_argument_replaces_the_setting_of_the_file(stack_file: Path) -> None:
    args: ExchangeFirewallArgs = {
        "topology_file": str(stack_file),
        "aws_networks": {"corp": {"vpc_id": "vpc-2"}},
        "tags": {"cost": "3"},
    }
    other: Any = {"corp": {"vpc_id": "vpc-2"}}
    assert created(args) == run(lambda: firewall(networks=other, tags={"cost": "3"}))


def test_findings_about_a_stack_file_have_its_lines(stack_file: Path) -> None:
    text = stack_file.read_text().replace("platform: aws", "platform: awz")
    stack_file.write_text(text)
    line = text[: text.index("platform: awz")].count("\n") + 1
    reported = refused({"topology_file": str(stack_file)})
    assert f"\n  {stack_file}:{line}  topology.networks.corp.platform\n" in reported


def test_findings_about_an_argument_beside_a_stack_file_have_no_line(stack_file: Path) -> None:
    reported = refused({"topology_file": str(stack_file), "tags": {"cost": 5}})
    assert "\n  tags.cost\n" in reported


def test_a_stack_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    reported = refused({"topology_file": str(tmp_path / "none.yaml")})
    assert reported.startswith("error[cannot-read-file] ")
    assert "error[wrong-type]" in refused({"topology_file": 5})


# ---- outputs ----


def test_handover_is_what_the_command_lists() -> None:
    found: list[Any] = []
    run(lambda: found.extend(firewall().handover))
    mail = [each for each in found if each["boundary"] == "zones" and each["ports"] == "25/tcp"]
    assert [(each["source"]["servers"], each["destination"]["servers"]) for each in mail] == [
        (("ex1", "ex2"), ("edge1",)),
        (("edge1",), ("ex1", "ex2")),
    ]
    assert mail[0]["source"]["zone"] == "internal"
    assert mail[0]["destination"]["addresses"] == ("10.20.240.5",)
    assert all(each["reasons"] for each in found)


def test_handover_can_be_exported() -> None:
    recording = run(lambda: pulumi.export("handover", firewall().handover))
    rows = cast("list[Any]", recording.outputs["handover"])
    assert rows
    assert json.dumps(rows)
