"""ExchangeFirewall inside small programs: what it registers, hands on, waits for and refuses.

Checked over recordings of whole programs, never inside an `apply`. What the plans themselves hold is
tested elsewhere; here it only matters that the component passes it on.
"""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final

import pulumi
import pulumi_aws as aws
import pulumi_azure_native as azure
import pytest
from pulumi.runtime.proto import resource_pb2

from exchange_ports.component import ExchangeFirewall, NetworkArgs, TopologyError
from exchange_ports.offline import (
    UNKNOWN,
    ProgramFailed,
    Recording,
    Registration,
    engine,
    record,
)
from exchange_ports.topology.validate import load_topology
from tests.component.firewalls import VNET, VPC, firewall, run, topology
from tests.support.resource_types import ASG, EGRESS, GROUP, INGRESS, LIST, NSG

pytestmark = pytest.mark.slow

FIREWALL: Final = "exchange-ports:index:ExchangeFirewall"
AWS_NETWORK: Final = "exchange-ports:index:AwsNetwork"
AZURE_NETWORK: Final = "exchange-ports:index:AzureNetwork"
NIC: Final = "aws:ec2/networkInterface:NetworkInterface"


def everywhere() -> dict[str, Any]:
    """hq in a VPC, oslo in a VNet, and an office on premises, filtered by others."""
    declared = topology()
    declared["networks"] |= {
        "north": {
            "platform": "azure",
            "internal": ["10.40.0.0/20"],
            "perimeter": ["10.40.240.0/24"],
        },
        "office": {"platform": "external", "internal": ["10.64.0.0/20"]},
    }
    declared["sites"] |= {
        "oslo": {
            "network": "north",
            "servers": {"ex3": {"roles": ["client_access", "mailbox"], "address": "10.40.0.11"}},
            "domain_controllers": {"addresses": ["10.40.2.10"]},
        },
        "office": {
            "network": "office",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.64.0.11"}},
            "domain_controllers": {"addresses": ["10.64.2.10"]},
        },
    }
    declared["edge_servers"]["edge2"] = {
        "network": "north",
        "address": "10.40.240.5",
        "subscribed_site": "oslo",
    }
    return declared


IN_BOTH: Final[dict[str, NetworkArgs]] = {"corp": VPC, "north": VNET}


def in_both_clouds() -> ExchangeFirewall:
    return firewall(everywhere(), IN_BOTH)


def cloud_resources(recording: Recording) -> tuple[Registration, ...]:
    """What the component made in a cloud."""
    networks = [*recording.of_type(AWS_NETWORK), *recording.of_type(AZURE_NETWORK)]
    return tuple(one for network in networks for one in recording.children(network.urn))


def only(found: tuple[Registration, ...]) -> Registration:
    (one,) = found
    return one


# ---- the tree ----


@pytest.mark.parametrize("platform, kind", [("aws", AWS_NETWORK), ("azure", AZURE_NETWORK)])
def test_one_component_holds_one_component_for_each_network(platform: str, kind: str) -> None:
    recording = run(lambda: firewall(topology(platform)))
    top = only(recording.of_type(FIREWALL))
    network = only(recording.of_type(kind))
    assert (top.name, top.parent, top.custom) == ("exchange", recording.stack_urn, False)
    assert (network.name, network.parent, network.custom) == ("exchange-corp", top.urn, False)
    assert recording.children(top.urn) == (network,)
    rest = [one for one in recording.registrations if one not in (top, network)]
    assert {one.parent for one in rest} == {network.urn}
    assert all(one.custom and one.name.startswith("exchange-corp-") for one in rest)


def test_networks_of_two_clouds_stand_side_by_side_and_external_ones_are_not_registered() -> None:
    recording = run(in_both_clouds)
    top = only(recording.of_type(FIREWALL))
    vpc, vnet = recording.children(top.urn)
    assert (vpc.type, vpc.name) == (AWS_NETWORK, "exchange-corp")
    assert (vnet.type, vnet.name) == (AZURE_NETWORK, "exchange-north")
    for network, package in ((vpc, "aws"), (vnet, "azure-native")):
        made = recording.children(network.urn)
        assert {one.type.partition(":")[0] for one in made} == {package}
        assert all(one.name.startswith(f"{network.name}-") for one in made)
    assert len(recording.registrations) == 3 + len(cloud_resources(recording))


def test_a_renamed_network_with_its_id_registers_the_same() -> None:
    renamed = json.loads(json.dumps(topology()).replace('"corp"', '"company"'))
    renamed["networks"]["company"]["id"] = "corp"

    def program() -> None:
        ExchangeFirewall("exchange", topology=renamed, networks={"company": VPC})

    one, other = run(firewall), run(program)
    assert cloud_resources(one) == cloud_resources(other)


def test_aws_resources_have_no_physical_name_and_say_who_they_are_in_a_tag() -> None:
    recording = run(firewall)
    for one in cloud_resources(recording):
        assert not {"name", "namePrefix"} & set(one.inputs), one.name
        if one.type in (GROUP, LIST):
            assert one.inputs["tags"] == {"Name": one.name}
        else:
            assert "tags" not in one.inputs


def test_azure_resources_have_the_physical_name_of_their_component() -> None:
    recording = run(lambda: firewall(topology("azure")))
    for one in cloud_resources(recording):
        key = "networkSecurityGroupName" if one.type == NSG else "applicationSecurityGroupName"
        assert one.inputs[key] == one.name
        assert one.inputs["resourceGroupName"] == "rg"
        assert one.inputs["location"] == "westeurope"


def test_descriptions_of_aws_groups_depend_on_identities_alone() -> None:
    """EC2 cannot change one: it would replace an attached group."""
    grown = topology()
    grown["networks"]["corp"]["internal"].append("10.30.0.0/20")
    grown["sites"]["hq"]["servers"]["ex3"] = {"roles": ["mailbox"]}
    grown["sites"]["hq"]["domain_controllers"]["addresses"].append("10.20.3.10")
    grown["clients"]["branch"] = {"from": ["10.64.0.0/12"], "services": ["imap"]}
    del grown["additional_flows"]

    def described(recording: Recording) -> dict[str, object]:
        return {one.name: one.inputs["description"] for one in recording.of_type(GROUP)}

    before, after = described(run(firewall)), described(run(lambda: firewall(grown)))
    assert before == after
    assert before["exchange-corp-mailbox.hq"] == "Mailbox servers of site hq"


# ---- providers and tags ----


def aws_provider(name: str) -> aws.Provider:
    return aws.Provider(name, region="eu-west-1")


def azure_provider(name: str) -> azure.Provider:
    return azure.Provider(name, location="westeurope")


def on_both_clouds(opts: pulumi.ResourceOptions | None = None) -> None:
    """One component for each cloud, under the same options."""
    firewall(name="here", opts=opts)
    firewall(topology("azure"), name="there", opts=opts)


def providers_of(recording: Recording) -> dict[str, set[str]]:
    """The names of the providers that each network's resources go to."""
    networks = [*recording.of_type(AWS_NETWORK), *recording.of_type(AZURE_NETWORK)]
    return {
        one.name: {child.provider.rpartition("::")[2] for child in recording.children(one.urn)}
        for one in networks
    }


def test_no_provider_is_built_and_the_default_one_is_used() -> None:
    recording = run(on_both_clouds)
    kinds = {one.type for one in recording.registrations}
    assert not {kind for kind in kinds if kind.startswith("pulumi:providers:")}
    assert providers_of(recording) == {"here-corp": {""}, "there-corp": {""}}


@pytest.mark.parametrize("form", ["list", "dict", "parent"])
def test_the_providers_of_the_options_reach_every_child(form: str) -> None:
    def program() -> None:
        given = {"aws": aws_provider("mine"), "azure-native": azure_provider("yours")}
        options = pulumi.ResourceOptions(
            providers=list(given.values()) if form == "list" else given
        )
        if form == "parent":
            above = pulumi.ComponentResource("sample:index:Zone", "zone", None, options)
            options = pulumi.ResourceOptions(parent=above)
        on_both_clouds(options)

    assert providers_of(run(program)) == {"here-corp": {"mine"}, "there-corp": {"yours"}}


def test_the_one_provider_of_the_options_reaches_every_child() -> None:
    def program() -> None:
        firewall(opts=pulumi.ResourceOptions(provider=aws_provider("mine")))

    assert providers_of(run(program)) == {"exchange-corp": {"mine"}}


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_a_networks_own_provider_goes_before_that_of_the_options(platform: str) -> None:
    make = aws_provider if platform == "aws" else azure_provider

    def program() -> None:
        ids: Any = {**(VPC if platform == "aws" else VNET), "provider": make("own")}
        firewall(
            topology(platform),
            {"corp": ids},
            opts=pulumi.ResourceOptions(providers=[make("fallback")]),
        )

    assert providers_of(run(program)) == {"exchange-corp": {"own"}}


def test_a_provider_of_another_cloud_is_refused_not_passed_over() -> None:
    def program() -> None:
        firewall(networks={"corp": {**VPC, "provider": azure_provider("other")}})

    failed = refused(program)
    assert failed.text == (
        "error[wrong-type] Expected a provider of aws; got a provider of azure-native.\n"
        "  networks.corp.provider\n"
        "  fix: Pass a provider of aws.\n"
        "  see docs/findings/wrong-type.md\n"
        "1 error; no resource of this component was registered"
    )
    assert [one.type for one in failed.registrations] == ["pulumi:providers:azure-native"]


def test_text_is_no_provider() -> None:
    networks: Any = {"corp": {"vpc_id": "vpc-1", "provider": "euw1"}}
    failed = refused(lambda: firewall(networks=networks))
    assert "Expected a provider of aws; got no provider." in failed.text


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_tags_reach_every_child(platform: str) -> None:
    def program() -> None:
        owner = pulumi.Output.from_input("us")
        firewall(topology(platform), tags={"application": "exchange", "owner": owner})

    recording = run(program)
    for one in cloud_resources(recording):
        expected = {"application": "exchange", "owner": "us"}
        if one.type in (GROUP, LIST):
            expected["Name"] = one.name
        assert one.inputs["tags"] == expected, one.name


# ---- outputs ----


def attached_by(attach: Callable[[ExchangeFirewall], None], **arguments: Any) -> Recording:
    """A program in which something of the user's takes what the component gives."""
    return run(lambda: attach(firewall(**arguments)))


def test_a_server_on_aws_gets_the_ids_of_its_groups_as_one_object() -> None:
    recording = run(lambda: pulumi.export("servers", firewall().servers))
    servers: Any = recording.outputs["servers"]
    assert set(servers) == {"ex1", "ex2", "edge1"}
    assert servers["ex1"] == {
        "security_group_ids": [
            "exchange-corp-exchange.id",
            "exchange-corp-client-access.hq.id",
            "exchange-corp-mailbox.hq.id",
            "exchange-corp-edgesync.hq.id",
        ]
    }
    assert servers["edge1"] == {
        "security_group_ids": [
            "exchange-corp-edge.hq.id",
            "exchange-corp-edge-receiving.hq.id",
            "exchange-corp-edge-sending.hq.id",
            "exchange-corp-edge-synced.hq.id",
        ]
    }


def test_a_server_on_azure_gets_both_kinds_of_groups_as_one_object() -> None:
    def program() -> None:
        made = firewall(topology("azure"))
        pulumi.export("servers", made.servers)
        pulumi.export("zones", made.zones)

    recording = run(program)
    servers: Any = recording.outputs["servers"]
    assert servers["ex2"] == {
        "network_security_group_id": "exchange-corp-internal.id",
        "application_security_group_ids": [
            "exchange-corp-exchange.id",
            "exchange-corp-mailbox.hq.id",
            "exchange-corp-edgesync.hq.id",
        ],
    }
    assert servers["edge1"] == {
        "network_security_group_id": "exchange-corp-perimeter.id",
        "application_security_group_ids": [
            "exchange-corp-edge.hq.id",
            "exchange-corp-edge-receiving.hq.id",
            "exchange-corp-edge-sending.hq.id",
            "exchange-corp-edge-synced.hq.id",
        ],
    }
    zones = {"internal": "exchange-corp-internal.id", "perimeter": "exchange-corp-perimeter.id"}
    assert recording.outputs["zones"] == {"corp": zones}


def test_groups_are_given_by_network_and_key_and_zones_only_where_there_are_any() -> None:
    def program() -> None:
        made = in_both_clouds()
        pulumi.export("groups", made.groups)
        pulumi.export("zones", made.zones)

    recording = run(program)
    groups: Any = recording.outputs["groups"]
    assert set(groups) == {"corp", "north"}
    for network, token in (("corp", GROUP), ("north", ASG)):
        prefix = f"exchange-{network}-"
        made = {one.name.removeprefix(prefix): one.id for one in recording.of_type(token)}
        assert groups[network] == made
    zones = {zone: f"exchange-north-{zone}.id" for zone in ("internal", "perimeter")}
    assert recording.outputs["zones"] == {"north": zones}


def test_each_server_of_two_clouds_gets_what_its_own_cloud_attaches() -> None:
    recording = run(lambda: pulumi.export("servers", in_both_clouds().servers))
    servers: Any = recording.outputs["servers"]
    assert set(servers) == {"ex1", "ex2", "edge1", "ex3", "edge2"}, "ex9 is not ours to filter"
    on_aws = {name for name, attached in servers.items() if set(attached) == {"security_group_ids"}}
    assert on_aws == {"ex1", "ex2", "edge1"}
    assert servers["ex3"] == {
        "network_security_group_id": "exchange-north-internal.id",
        "application_security_group_ids": [
            "exchange-north-exchange.id",
            "exchange-north-client-access.oslo.id",
            "exchange-north-mailbox.oslo.id",
            "exchange-north-edgesync.oslo.id",
        ],
    }
    assert servers["edge2"]["network_security_group_id"] == "exchange-north-perimeter.id"


def test_the_outputs_are_registered_as_the_components_own() -> None:
    recording = run(lambda: pulumi.export("servers", firewall().servers))
    own = only(recording.of_type(FIREWALL)).outputs
    assert set(own) == {"servers", "groups", "zones"}
    assert own["servers"] == recording.outputs["servers"]


def attach_on_aws(made: ExchangeFirewall, server: str = "ex1") -> None:
    groups = made.servers[server]["security_group_ids"]
    aws.ec2.NetworkInterface("nic", subnet_id="subnet-1", security_groups=groups)


def attach_on_azure(made: ExchangeFirewall, server: str = "ex1") -> None:
    attached = made.servers[server]
    groups = attached["application_security_group_ids"].apply(
        lambda ids: [azure.network.ApplicationSecurityGroupArgs(id=each) for each in ids]
    )
    azure.network.NetworkInterface(
        "nic",
        resource_group_name="rg",
        network_security_group=azure.network.NetworkSecurityGroupArgs(
            id=attached["network_security_group_id"]
        ),
        ip_configurations=[
            azure.network.NetworkInterfaceIPConfigurationArgs(
                name="main", application_security_groups=groups
            )
        ],
    )


def test_who_attaches_a_server_on_aws_waits_for_every_rule_of_the_network() -> None:
    recording = attached_by(attach_on_aws)
    rules = {one.urn for one in (*recording.of_type(INGRESS), *recording.of_type(EGRESS))}
    assert len(rules) > 10
    nic = only(recording.of_type(NIC))
    assert rules <= set(nic.property_dependencies["securityGroups"])
    assert rules <= set(nic.dependencies)


def test_who_attaches_a_server_on_azure_waits_for_every_group_of_the_network() -> None:
    recording = attached_by(attach_on_azure, declared=topology("azure"))
    nic = only(recording.of_type("azure-native:network:NetworkInterface"))
    groups = {one.urn for one in cloud_resources(recording)}
    assert {NSG, ASG} == {one.type for one in cloud_resources(recording)}
    for key in ("networkSecurityGroup", "ipConfigurations"):
        assert groups <= set(nic.property_dependencies[key])


def attach_at_subnet(made: ExchangeFirewall) -> None:
    azure.network.Subnet(
        "inside",
        resource_group_name="rg",
        virtual_network_name="vnet",
        address_prefix="10.20.0.0/20",
        network_security_group=azure.network.NetworkSecurityGroupArgs(
            id=made.zones["corp"]["internal"]
        ),
    )


def test_a_subnet_that_takes_the_group_of_its_zone_waits_for_every_group_of_the_network() -> None:
    data = topology("azure")
    data["networks"]["corp"]["attach_to"] = "subnets"
    recording = attached_by(attach_at_subnet, declared=data)
    subnet = only(recording.of_type("azure-native:network:Subnet"))
    assert subnet.inputs["networkSecurityGroup"] == {"id": "exchange-corp-internal-subnets.id"}
    groups = {one.urn for one in cloud_resources(recording)} - {subnet.urn}
    assert len(groups) > 2
    assert groups <= set(subnet.property_dependencies["networkSecurityGroup"])
    reported = [log.message for log in recording.logs]
    assert sum("[subnet-attachment]" in message for message in reported) == 1


def test_a_server_waits_for_the_rules_of_its_own_network_and_of_no_other() -> None:
    def program() -> None:
        made = in_both_clouds()
        attach_on_aws(made, "ex1")
        attach_on_azure(made, "ex3")

    recording = run(program)
    vpc, vnet = (only(recording.of_type(token)) for token in (AWS_NETWORK, AZURE_NETWORK))
    for network, token in ((vpc, NIC), (vnet, "azure-native:network:NetworkInterface")):
        own = {one.urn for one in recording.children(network.urn)}
        waits = set(only(recording.of_type(token)).dependencies)
        # Of AWS's lists a rule speaks, and the rule is waited for.
        lists = {one.urn for one in recording.of_type(LIST)}
        assert own - lists <= waits
        assert waits <= own


#: Stands for the answer of a cloud, given the name of what is registered and the usual answer.
Answer = Callable[
    [str, resource_pb2.RegisterResourceResponse], resource_pb2.RegisterResourceResponse
]


def answering(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    original = engine.Monitor.RegisterResource

    def register(
        self: engine.Monitor, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        return answer(request.name, original(self, request))

    monkeypatch.setattr(engine.Monitor, "RegisterResource", register)


KINDS_THAT_FILTER: Final = [("aws", INGRESS), ("aws", EGRESS), ("azure", NSG)]


@pytest.mark.parametrize("platform, kind", KINDS_THAT_FILTER)
@pytest.mark.parametrize("which", [0, -1])
def test_nothing_is_attached_when_one_rule_does_not_come_to_stand(
    platform: str, kind: str, which: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def program() -> None:
        made = firewall(topology(platform))
        attach_on_aws(made) if platform == "aws" else attach_on_azure(made)

    late = run(program).of_type(kind)[which].name

    def fail(
        name: str, usual: resource_pb2.RegisterResourceResponse
    ) -> resource_pb2.RegisterResourceResponse:
        if name == late:
            raise pulumi.RunError("the cloud said no")
        return usual

    answering(monkeypatch, fail)
    with pytest.raises(ProgramFailed, match="the cloud said no") as failed:
        run(program)
    assert "nic" not in [one.name for one in failed.value.registrations]


@pytest.mark.parametrize("platform, kind", KINDS_THAT_FILTER)
def test_a_preview_of_a_new_rule_still_knows_what_is_attached(
    platform: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new rule has no id yet. That is no change to the servers behind it."""

    def program() -> None:
        servers = firewall(topology(platform)).servers
        for name in ("ex1", "edge1"):
            pulumi.export(name, servers[name])

    before = run(program)
    new = before.of_type(kind)[-1].name

    def unknown(
        name: str, usual: resource_pb2.RegisterResourceResponse
    ) -> resource_pb2.RegisterResourceResponse:
        if name == new:
            usual.id = ""
        return usual

    answering(monkeypatch, unknown)
    # On Azure the rules come in a group that is itself attached.
    expected = {
        name: UNKNOWN if f"'{new}.id'" in str(attached) else attached
        for name, attached in before.outputs.items()
    }
    assert list(expected.values()).count(UNKNOWN) == (platform == "azure")
    assert run(program).outputs == expected


@pytest.mark.parametrize("platform, kind", [("aws", GROUP), ("azure", ASG)])
def test_a_preview_of_a_new_group_does_not_make_up_its_id(
    platform: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(
        name: str, usual: resource_pb2.RegisterResourceResponse
    ) -> resource_pb2.RegisterResourceResponse:
        if name == "exchange-corp-mailbox.hq":
            usual.id = ""
        return usual

    answering(monkeypatch, unknown)

    def program() -> None:
        groups = firewall(topology(platform)).groups
        pulumi.export("new", groups["corp"]["mailbox.hq"])
        pulumi.export("old", groups["corp"]["exchange"])

    recording = run(program)
    assert "exchange-corp-mailbox.hq" in [one.name for one in recording.of_type(kind)]
    assert recording.outputs == {"new": UNKNOWN, "old": "exchange-corp-exchange.id"}


# ---- cloud ids ----


def test_a_vpc_of_the_same_program_is_waited_for() -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("landing", cidr_block="10.20.0.0/16")
        firewall(networks={"corp": {"vpc_id": vpc.id}})

    recording = run(program)
    vpc = only(recording.of_type("aws:ec2/vpc:Vpc"))
    for group in recording.of_type(GROUP):
        assert group.inputs["vpcId"] == "landing.id"
        assert group.property_dependencies["vpcId"] == (vpc.urn,)


def test_an_id_that_a_preview_does_not_know_changes_nothing_else() -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("landing", cidr_block="10.20.0.0/16")
        firewall(networks={"corp": {"vpc_id": vpc.owner_id}})  # only a cloud could tell

    recording = run(program)
    assert {group.inputs["vpcId"] for group in recording.of_type(GROUP)} == {UNKNOWN}
    names = {one.name for one in cloud_resources(recording)}
    assert names == {one.name for one in cloud_resources(run(firewall))}


def test_a_resource_group_of_the_same_program_is_waited_for() -> None:
    def program() -> None:
        group = azure.resources.ResourceGroup("landing", location="westeurope")
        firewall(
            topology("azure"),
            {"corp": {"resource_group_name": group.name, "location": group.location}},
        )

    recording = run(program)
    group = only(recording.of_type("azure-native:resources:ResourceGroup"))
    for one in cloud_resources(recording):
        assert one.property_dependencies["resourceGroupName"] == (group.urn,)
        assert one.inputs["location"] == "westeurope"


# ---- what is refused ----


def refused(program: Callable[[], object], secret_keys: tuple[str, ...] = (), **config: str) -> Any:
    """How a program fails whose topology is refused."""
    with pytest.raises(ProgramFailed) as failed:
        record(program, project="sample", stack="dev", config=config, secret_keys=secret_keys)
    stopped = failed.value
    assert isinstance(stopped.__cause__, TopologyError)
    assert "Traceback" not in stopped.text
    assert stopped.text.endswith("; no resource of this component was registered")
    return stopped


@pytest.mark.parametrize(
    "platform, networks, missing",
    [
        ("aws", {"corp": {}}, ["vpc_id"]),
        ("aws", {"corp": {"vpc_id": ""}}, ["vpc_id"]),
        ("aws", {"corp": None}, ["vpc_id"]),
        ("azure", {"corp": {"location": "x"}}, ["resource_group_name"]),
        ("azure", {"corp": {"provider": None}}, ["resource_group_name", "location"]),
    ],
)
def test_a_missing_cloud_id_is_named_with_its_network(
    platform: str, networks: Any, missing: list[str]
) -> None:
    failed = refused(lambda: firewall(topology(platform), networks))
    assert re.findall(r"Network corp has no `(\w+)`", failed.text) == missing
    assert failed.text.count("error[") == len(missing)
    assert failed.registrations == ()


def test_an_external_network_needs_no_cloud_ids_and_takes_none() -> None:
    empty: Any = {**IN_BOTH, "office": {}}
    assert run(lambda: firewall(everywhere(), empty)) == run(in_both_clouds)
    given: Any = {**IN_BOTH, "office": {"vpc_id": "vpc-9"}}
    text = refused(lambda: firewall(everywhere(), given)).text
    assert "error[unknown-key] Unknown key `vpc_id`.\n  networks.office.vpc_id\n" in text


def test_an_external_network_has_no_provider() -> None:
    def program() -> None:
        office: Any = {"provider": aws_provider("mine")}
        firewall(everywhere(), {**IN_BOTH, "office": office})

    text = refused(program).text
    assert "error[unknown-key] Unknown key `provider`.\n  networks.office.provider\n" in text
    assert "fix: Remove the key: no resources are created for an external network." in text


def test_a_network_of_a_clouds_own_platform_needs_its_ids_beside_an_external_one() -> None:
    text = refused(lambda: firewall(everywhere(), {"corp": VPC})).text
    assert re.findall(r"Network (\w+) has no `(\w+)`", text) == [
        ("north", "resource_group_name"),
        ("north", "location"),
    ]


def test_no_networks_at_all_is_a_missing_cloud_id() -> None:
    def program() -> None:
        ExchangeFirewall("exchange", topology=topology(), networks={})

    assert "Network corp has no `vpc_id`." in refused(program).text


@pytest.mark.parametrize(
    "networks, summary, field",
    [
        (
            {"corp": VPC, "crop": VPC},
            'error[undeclared] Unknown network "crop".',
            "networks.crop",
        ),
        (
            {"corp": {**VPC, "vpcid": "vpc-2"}},
            "error[unknown-key] Unknown key `vpcid`.",
            "networks.corp.vpcid",
        ),
        (
            {"corp": {"vpc_id": 5}},
            "error[wrong-type] Expected text; got a number.",
            "networks.corp.vpc_id",
        ),
        ({"corp": "vpc-1"}, "error[wrong-type] Expected a mapping; got text.", "networks.corp"),
        (["corp"], "error[wrong-type] Expected a mapping; got a list.", "networks"),
    ],
)
def test_what_does_not_belong_among_cloud_ids_is_refused(
    networks: Any, summary: str, field: str
) -> None:
    failed = refused(lambda: firewall(networks=networks))
    assert summary in failed.text
    assert f"\n  {field}\n" in failed.text
    assert failed.registrations == ()


def test_a_wrong_topology_registers_nothing_and_tells_everything_at_once() -> None:
    wrong = topology()
    wrong["sites"]["hq"]["servers"]["ex1"]["roles"] = ["client_access", "mailbx"]
    wrong["networks"]["corp"]["internal"] = ["10.20.0.1/20"]
    wrong["edge_servers"]["edge1"]["subscribed_site"] = "paris"
    nothing: Any = {"corp": {}}
    failed = refused(lambda: firewall(wrong, nothing, tags={"cost": 1}))
    assert failed.registrations == ()
    for code in ("unknown-word", "host-bits", "undeclared", "missing-cloud-id", "wrong-type"):
        assert f"error[{code}]" in failed.text


def test_the_error_keeps_its_findings_as_data() -> None:
    wrong = topology()
    del wrong["sites"]["hq"]["domain_controllers"]
    failed = refused(lambda: firewall(wrong))
    assert [finding.kind.code for finding in failed.__cause__.findings] == ["no-domain-controller"]


def test_a_plan_over_a_limit_registers_nothing() -> None:
    wide = topology()
    places = [f"10.{at}.0.0/16" for at in range(64, 64 + 61)]
    wide["clients"]["branches"] = {"from": places, "services": ["imap"]}
    failed = refused(lambda: firewall(wide))
    assert "error[over-limit] client-access.hq" in failed.text
    assert failed.registrations == ()


def test_a_plan_over_a_limit_keeps_the_warnings() -> None:
    wide = topology()
    places = [f"10.{at}.0.0/16" for at in range(64, 64 + 61)]
    wide["clients"] |= {
        "branches": {"from": places, "services": ["imap"]},
        "internet": {"services": ["https", "http"]},
    }
    failed = refused(lambda: firewall(wide))
    assert re.findall(r"^(?:error|warning)\[.*?\]", failed.text, flags=re.MULTILINE) == [
        "error[over-limit]",
        "warning[plain-text-from-internet]",
    ]
    assert failed.text.endswith("1 error, 1 warning; no resource of this component was registered")


def test_a_plan_near_a_limit_is_registered_and_the_log_says_so() -> None:
    near = topology()
    places = [f"10.{at}.0.0/16" for at in range(64, 64 + 25)]
    near["clients"]["branches"] = {"from": places, "services": ["imap"]}
    near["private_blocks"] = ["10.0.0.0/8"]
    recording = run(lambda: firewall(near))
    (reported,) = (each.message for each in recording.logs if "[near-limit]" in each.message)
    assert reported.startswith("warning[near-limit] client-access.hq, in, IPv4 uses ")
    near["acknowledge"] = {"near-limit": "known"}
    logs = run(lambda: firewall(near)).logs
    assert not [each for each in logs if "near-limit" in each.message]


SETTINGS: Final = {
    "exchange-ports:topology": json.dumps(topology()),
    "exchange-ports:networks": json.dumps({"corp": VPC}),
    "exchange-ports:tags": json.dumps({"cost": "contoso"}),
}


@pytest.mark.parametrize(
    "keys", [("topology",), ("networks",), ("tags",), ("topology", "networks", "tags")]
)
def test_a_secret_setting_is_refused_without_showing_it(keys: tuple[str, ...]) -> None:
    def program() -> None:
        ExchangeFirewall.from_config("exchange", pulumi.Config("exchange-ports"))

    secret_keys = tuple(f"exchange-ports:{key}" for key in keys)
    failed = refused(program, secret_keys=secret_keys, **SETTINGS)
    assert re.findall(r"error\[secret-topology\] `(\S+)` is a secret", failed.text) == sorted(
        secret_keys
    )
    assert "contoso" not in failed.text
    assert "vpc-1" not in failed.text
    assert failed.registrations == ()


def test_findings_beside_a_secret_do_not_show_it() -> None:
    def program() -> None:
        ExchangeFirewall.from_config("exchange", pulumi.Config("exchange-ports"))

    secret = {"exchange-ports:networks": json.dumps({"hush": {"hush": 5}})}
    failed = refused(program, secret_keys=tuple(secret), **{**SETTINGS, **secret})
    assert "hush" not in failed.text


@pytest.mark.parametrize("tags", [{"cost": 1}, {"cost": None}, {"cost": ["a"]}, ["cost"], "cost"])
def test_what_cannot_be_a_tag_is_refused(tags: Any) -> None:
    failed = refused(lambda: firewall(tags=tags))
    assert "error[wrong-type]" in failed.text
    assert failed.registrations == ()


# ---- names ----


@pytest.mark.parametrize(
    "platform, name, meant",
    [
        ("aws", "sg-exchange", "exchange"),
        ("aws", "SG-exchange", "exchange"),
        ("aws", "com.amazonaws.mail", "exchange"),
        ("aws", "büro", "b-ro"),
        ("aws", "mail\n", "mail"),
        ("aws", " ", "exchange"),
        ("azure", "büro", "b-ro"),
        ("azure", "mail servers", "mail-servers"),
        ("azure", "-mail", "mail"),
        ("azure", ".", "exchange"),
    ],
)
def test_a_components_name_that_the_cloud_refuses_is_refused_before(
    platform: str, name: str, meant: str
) -> None:
    failed = refused(lambda: firewall(topology(platform), name=name))
    assert f'error[bad-name] Invalid name "{name.replace(chr(10), chr(92) + "n")}".' in failed.text
    assert (
        "\n  name\n  why: The name becomes part of cloud resource names. Allowed: letters"
        in failed.text
    )
    assert f"\n  fix: Use a name such as `{meant}`.\n" in failed.text
    assert failed.registrations == ()


@pytest.mark.parametrize("name", ["mail", "mail servers", "sgx", "a-sg-b", "com.example"])
def test_other_names_are_fine_on_aws(name: str) -> None:
    assert only(run(lambda: firewall(name=name)).of_type(FIREWALL)).name == name


# The longest name of the topology is `<component>-corp-edge-receiving.hq`.
LONGEST: Final = len("-corp-edge-receiving.hq")


@pytest.mark.parametrize("platform, most", [("aws", 247), ("azure", 80)])
def test_a_name_may_be_as_long_as_the_cloud_takes_and_no_longer(platform: str, most: int) -> None:
    """AWS takes 255, of which Pulumi needs 8 for what makes a name unique."""
    fits = "x" * (most - LONGEST)
    recording = run(lambda: firewall(topology(platform), name=fits))
    kinds = (GROUP, LIST, ASG, NSG)
    assert max(len(one.name) for kind in kinds for one in recording.of_type(kind)) == most

    failed = refused(lambda: firewall(topology(platform), name=fits + "x"))
    cloud = "AWS" if platform == "aws" else "Azure"
    # Other findings would show that a shorter name was refused too.
    assert failed.text.count("error[") == 1
    assert f"has {most + 1} characters; the limit is {most}." in failed.text
    assert f"why: {cloud} rejects longer names" in failed.text
    assert "\n  topology.networks.corp\n" in failed.text
    assert failed.registrations == ()


def test_a_renamed_network_is_named_by_its_key_where_its_names_are_too_long() -> None:
    renamed = json.loads(json.dumps(topology("azure")).replace('"corp"', '"company"'))
    renamed["networks"]["company"]["id"] = "corp"

    def program() -> None:
        ExchangeFirewall("x" * 60, topology=renamed, networks={"company": VNET})

    assert "\n  topology.networks.company\n" in refused(program).text


# ---- forms, and company ----


def test_a_model_and_plain_data_register_the_same() -> None:
    declared, _ = load_topology(topology())

    def program() -> None:
        ExchangeFirewall("exchange", topology=declared, networks={"corp": VPC})

    assert run(program) == run(firewall)


def test_a_model_is_checked_as_plain_data_is() -> None:
    """A model can be copied into nonsense that `declare` would never have let through."""
    declared, _ = load_topology(topology())
    site = declared.sites["hq"].model_copy(update={"domain_controllers": None})
    broken = declared.model_copy(update={"sites": {"hq": site}})

    def program() -> None:
        ExchangeFirewall("exchange", topology=broken, networks={"corp": VPC})

    assert "error[no-domain-controller]" in refused(program).text


def test_the_given_topology_is_left_as_it_was() -> None:
    given = topology()
    before = deepcopy(given)
    run(lambda: firewall(given))
    assert given == before


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_two_components_in_one_program_share_nothing(platform: str) -> None:
    def program() -> None:
        firewall(topology(platform), name="first")
        firewall(topology(platform), name="second")

    recording = run(program)
    one, other = (
        {
            resource.name.removeprefix(f"{name}-")
            for resource in cloud_resources(recording)
            if resource.name.startswith(f"{name}-")
        }
        for name in ("first", "second")
    )
    assert one == other
    assert len(cloud_resources(recording)) == 2 * len(one)
    physical = [
        (resource.type, value)
        for resource in recording.registrations
        for key, value in resource.inputs.items()
        if key.endswith("GroupName") and key != "resourceGroupName"
    ]
    assert len(physical) == len(set(physical))


def test_warnings_are_logged_once_each_about_the_component() -> None:
    unwise = topology()
    unwise["clients"]["internet"]["services"] = ["https", "http", "pop"]
    recording = run(lambda: firewall(unwise))
    top = only(recording.of_type(FIREWALL))
    assert {(logged.severity, logged.urn) for logged in recording.logs} == {("warning", top.urn)}
    codes = [logged.message.partition("]")[0] for logged in recording.logs]
    assert codes == ["warning[plain-text-from-internet"] * 2
    assert len(set(recording.logs)) == 2
