"""The plugin registers what the component registers in Python, whatever language the inputs come from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml

from exchange_ports.component import ExchangeFirewall
from exchange_ports.offline import UNKNOWN, Registration, record
from exchange_ports.plugin.spelling import camel_case
from exchange_ports.protocol import OUTPUT, REFERENCE, SECRET, SIGNATURE
from exchange_ports.protocol import UNKNOWN as UNKNOWN_VALUE
from tests.component.firewalls import VNET, VPC, topology
from tests.plugin.hosting import PROJECT, STACK, Host, hosted
from tests.support.paths import ROOT
from tests.support.resource_types import GROUP

pytestmark = pytest.mark.slow

AWS: Final[dict[str, Any]] = {
    "topology": topology(),
    "awsNetworks": {"corp": {"vpcId": "vpc-1"}},
}
AZURE: Final[dict[str, Any]] = {
    "topology": topology("azure"),
    "azureNetworks": {"corp": {"resourceGroupName": "rg", "location": "westeurope"}},
}


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosted() as running:
        yield running


def in_python(args: Any) -> tuple[Registration, ...]:
    made = record(
        lambda: ExchangeFirewall("exchange", args), project=PROJECT, stack=STACK, config={}
    )
    return made.registrations


def without_outputs(registrations: tuple[Registration, ...]) -> list[dict[str, Any]]:
    fields = [f for f in Registration.__dataclass_fields__ if f not in ("outputs", "source")]
    found = [{f: getattr(one, f) for f in fields} for one in registrations]
    # The options of a constructed component are always sent, "no" where nothing is set.
    for one in found:
        for option in ("protect", "retain_on_delete"):
            one[option] = one[option] or None
    return sorted(found, key=lambda one: str(one["urn"]))


def compared(host: Host, args: Any) -> None:
    assert without_outputs(host.registrations) == without_outputs(in_python(args))


# ---- the same resources ----


@pytest.mark.parametrize(
    "inputs, args",
    [
        (AWS, {"topology": topology(), "aws_networks": {"corp": VPC}}),
        (AZURE, {"topology": topology("azure"), "azure_networks": {"corp": VNET}}),
    ],
)
def test_the_plugin_registers_what_the_component_does(host: Host, inputs: Any, args: Any) -> None:
    host.construct(inputs)
    compared(host, args)


def in_camel_case(data: Any, fields: frozenset[str]) -> Any:
    if isinstance(data, dict):
        mapping = cast("dict[str, Any]", data)
        return {
            camel_case(key) if key in fields else key: in_camel_case(value, fields)
            for key, value in mapping.items()
        }
    if isinstance(data, list):
        return [in_camel_case(each, fields) for each in cast("list[Any]", data)]
    return data


def test_fields_of_a_topology_can_be_in_the_case_of_the_language(host: Host) -> None:
    declared = topology()
    declared["sites"]["hq"]["servers"]["own_group"] = {"roles": ["mailbox"], "own_group": True}
    fields = frozenset(
        {"edge_servers", "subscribed_site", "domain_controllers", "mail_flow", "next_hop"}
        | {"additional_flows", "accept_risk", "name_servers", "sender_reputation"}
    )
    camel = in_camel_case(declared, fields)
    # What users name themselves stays as it is.
    camel["sites"]["hq"]["servers"]["own_group"] = {"roles": ["mailbox"], "ownGroup": True}
    assert "edgeServers" in camel
    host.construct({**AWS, "topology": camel})
    compared(host, {"topology": declared, "aws_networks": {"corp": VPC}})


def test_a_field_in_both_cases_is_refused(host: Host) -> None:
    declared = topology()
    declared["edgeServers"] = declared["edge_servers"]
    text = host.refused({**AWS, "topology": declared})
    assert "error[unknown-key] Unknown key `edgeServers`." in text


def test_arguments_can_be_in_either_case(host: Host) -> None:
    host.construct({"topology": topology(), "aws_networks": {"corp": {"vpc_id": "vpc-1"}}})
    compared(host, {"topology": topology(), "aws_networks": {"corp": VPC}})


def test_whole_numbers_are_integers_and_others_are_refused_as_numbers(host: Host) -> None:
    # A Struct has floats only: 587 of the topology came as 587.0 above.
    declared = topology()
    declared["mail_flow"]["outbound"]["next_hop"][0]["port"] = 587.5
    assert "error[wrong-type] Expected a port" in host.refused({**AWS, "topology": declared})


def test_a_stack_file_is_read_by_its_path(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.prod.yaml"
    config = {"exchange-ports:topology": topology(), "exchange-ports:tags": {"cost": "1"}}
    path.write_text(yaml.safe_dump({"config": config}))
    host.construct({"topologyFile": str(path), "awsNetworks": {"corp": {"vpcId": "vpc-1"}}})
    compared(host, {"topology": topology(), "tags": {"cost": "1"}, "aws_networks": {"corp": VPC}})


# ---- outputs ----


def test_outputs_are_in_the_case_of_the_schema(host: Host) -> None:
    outputs: Any = host.construct(AWS)
    assert outputs["servers"]["edge1"] == {
        "securityGroupIds": [
            f"exchange-corp-{group}.id"
            for group in ("edge.hq", "edge-receiving.hq", "edge-sending.hq", "edge-synced.hq")
        ]
    }
    assert outputs["groups"]["corp"]["mailbox.hq"] == "exchange-corp-mailbox.hq.id"
    assert outputs["zones"] == {}
    assert {"withoutAddress", "addresses", "name", "servers"} <= set(
        outputs["handover"][0]["source"]
    )
    outputs = host.construct(AZURE)
    assert set(outputs["servers"]["ex1"]) == {
        "networkSecurityGroupId",
        "applicationSecurityGroupIds",
    }
    assert outputs["zones"]["corp"]["internal"] == "exchange-corp-internal.id"


# ---- values of other resources, secrets and providers ----


def vpc(value: Any) -> dict[str, Any]:
    return {"topology": topology(), "awsNetworks": {"corp": {"vpcId": value}}}


def groups(host: Host) -> list[Registration]:
    return [one for one in host.registrations if one.type == GROUP]


def test_an_id_that_a_preview_does_not_know_changes_nothing_else(host: Host) -> None:
    for unknown in (UNKNOWN_VALUE, {SIGNATURE: OUTPUT, "dependencies": ["urn:pulumi:a::b::c::d"]}):
        host.construct(vpc(unknown))
        assert {one.inputs["vpcId"] for one in groups(host)} == {UNKNOWN}
        names = {one.name for one in host.registrations}
        host.construct(AWS)
        assert names == {one.name for one in host.registrations}


def test_a_secret_id_is_secret_at_every_group(host: Host) -> None:
    for secret in (
        {SIGNATURE: SECRET, "value": "vpc-1"},
        {SIGNATURE: OUTPUT, "value": "vpc-1", "secret": True},
    ):
        host.construct(vpc(secret))
        assert groups(host)
        assert all(one.secrets == ("vpcId",) for one in groups(host))


def test_what_an_id_depends_on_is_known_at_every_group(host: Host) -> None:
    urn = f"urn:pulumi:{STACK}::{PROJECT}::aws:ec2/vpc:Vpc::landing"
    output = {SIGNATURE: OUTPUT, "value": "vpc-1", "dependencies": [urn]}
    host.construct(vpc(output))
    assert all(one.property_dependencies["vpcId"] == (urn,) for one in groups(host))
    # A caller that knows dependencies of whole arguments only.
    host.construct(vpc("vpc-1"), {"awsNetworks": [urn]})
    assert all(one.property_dependencies["vpcId"] == (urn,) for one in groups(host))


def test_the_real_address_of_a_server_is_compared(host: Host) -> None:
    def args(real: Any) -> dict[str, Any]:
        return {**AWS, "addresses": {"ex1": real}}

    for right in ("10.20.0.11", UNKNOWN_VALUE, {SIGNATURE: SECRET, "value": "10.20.0.11"}):
        host.construct(args(right))
        compared(host, {"topology": topology(), "aws_networks": {"corp": VPC}})
    for wrong in ("10.20.0.99", {SIGNATURE: OUTPUT, "value": "10.20.0.99"}):
        text = host.refused(args(wrong))
        assert text.startswith("error[address-differs] The address of ex1 is 10.20.0.99;")
        assert "Traceback" not in text
        assert groups(host) == []
    text = host.refused(args({SIGNATURE: SECRET, "value": "10.20.0.98"}))
    assert "error[address-differs]" in text
    assert "10.20.0.98" not in text


def test_a_network_can_have_its_own_provider(host: Host) -> None:
    urn = f"urn:pulumi:{STACK}::{PROJECT}::pulumi:providers:aws::euw1"
    for id_ in ("4711", UNKNOWN_VALUE):
        reference = {SIGNATURE: REFERENCE, "urn": urn, "id": id_}
        inputs = vpc("vpc-1")
        inputs["awsNetworks"]["corp"]["provider"] = reference
        host.construct(inputs)
        assert {one.provider for one in host.registrations if one.custom} == {urn}


def test_the_options_of_the_component_reach_its_children(host: Host) -> None:
    urn = f"urn:pulumi:{STACK}::{PROJECT}::pulumi:providers:aws::euw1"
    host.construct(AWS, providers={"aws": f"{urn}::4711"}, protect=True)
    assert {one.provider for one in host.registrations if one.custom} == {urn}
    assert {one.protect for one in host.registrations} == {True}


@pytest.mark.parametrize(
    "value", [{SIGNATURE: SECRET, "value": "hush"}, UNKNOWN_VALUE, {SIGNATURE: OUTPUT}]
)
def test_a_topology_must_be_known_and_a_secret_in_it_is_not_shown(host: Host, value: Any) -> None:
    text = host.refused({**AWS, "topology": {**topology(), "organization": value}})
    assert "error[unresolved-output]" in text
    assert "topology.organization" in text
    assert "hush" not in text


# ---- errors ----


def test_findings_are_the_whole_error(host: Host) -> None:
    wrong = topology()
    wrong["sites"]["hq"]["servers"]["ex1"]["roles"] = ["client_access", "mailbx"]
    wrong["networks"]["corp"]["internal"] = ["10.20.0.1/20"]
    text = host.refused({"topology": wrong})
    assert text.startswith("error[")
    for code in ("unknown-word", "host-bits", "missing-cloud-id"):
        assert f"error[{code}]" in text
    assert text.endswith("; no resource of this component was registered")
    assert "Traceback" not in text
    assert host.registrations == ()


def test_another_type_is_refused(host: Host) -> None:
    with pytest.raises(Exception, match="Unknown resource type"):
        host.construct(AWS, type="exchange-ports:index:Nothing")


def test_warnings_are_logged_about_the_component(host: Host) -> None:
    unwise = topology()
    unwise["clients"]["internet"]["services"] = ["https", "http"]
    host.construct({**AWS, "topology": unwise})
    (top,) = (one for one in host.registrations if one.type.endswith(":ExchangeFirewall"))
    assert "[plain-text-from-internet]" in host.logs[0].message
    assert host.logs[0].urn == top.urn


# ---- which SDK is loaded, and how much may be asked for at once ----


def test_fifty_components_in_one_plugin(host: Host) -> None:
    for at in range(50):
        host.construct(AWS, name=f"exchange-{at}")
    assert len(host.registrations) > 10


@pytest.mark.parametrize(
    "inputs, loaded, not_loaded",
    [(AWS, "pulumi_aws", "pulumi_azure_native"), (AZURE, "pulumi_azure_native", "pulumi_aws")],
)
def test_the_plugin_loads_the_sdk_of_a_cloud_only_for_its_networks(
    inputs: Any, loaded: str, not_loaded: str, tmp_path: Path
) -> None:
    main = tmp_path / "__main__.py"
    listed = tmp_path / "modules.json"
    main.write_text(
        "import atexit, json, sys, threading, time\n"
        "from exchange_ports.plugin import host\n"
        "real = host.outputs\n"
        "def outputs(made):\n"
        f"    open({str(listed)!r}, 'w').write(json.dumps(sorted(sys.modules)))\n"
        "    return real(made)\n"
        "host.outputs = outputs\n"
        "host.serve()\n"
    )
    with hosted(tmp_path) as running:
        running.construct(inputs)
    modules = json.loads(listed.read_text())
    assert loaded in modules
    assert not_loaded not in modules


def test_the_folder_of_the_plugin_is_whole() -> None:
    folder = ROOT / "plugin"
    project = yaml.safe_load((folder / "PulumiPlugin.yaml").read_text())
    assert project["runtime"]["name"] == "python"
    assert "..[aws,azure]" in (folder / "requirements.txt").read_text().splitlines()
    assert (folder / "__main__.py").is_file()
