"""The test provider for AWS does what pulumi-aws does: what replaces, which calls, what is read back.

Rows and orders are written from aws.md 2.6 and 3 and pulumi.md 4 and 5.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as proto

from exchange_ports.offline import Recording, Registration
from tests.engine import ec2_server
from tests.engine.aws_provider import ENDPOINT, VERSION, AwsProvider
from tests.engine.control import CONTROL, Control, Fault, runs
from tests.engine.deployment import Deployment, Refused
from tests.engine.made_up import Context, Died, program, registered, urn, words
from tests.engine.plugin import Plugin
from tests.engine.provider import DEFAULTS, UNKNOWN, plain, struct
from tests.support.paths import PATIENCE
from tests.support.resource_types import EGRESS, GROUP, INGRESS, LIST

Program = Callable[..., Recording]


def group(name: str = "edge", description: str = "Edge servers", **rest: Any) -> Registration:
    return registered(GROUP, name, description=description, vpcId="vpc", **rest)


def rule(name: str = "edge/in/25", of: str = "edge", **rest: Any) -> Registration:
    wanted = {"ipProtocol": "tcp", "fromPort": 25, "toPort": 25, "description": "mail", **rest}
    if not {"cidrIpv6", "prefixListId", "referencedSecurityGroupId"} & rest.keys():
        wanted.setdefault("cidrIpv4", "10.0.0.0/8")
    needs = [urn(GROUP, of)]
    return registered(INGRESS, name, *needs, securityGroupId=f"{of}.id", **wanted)


def entries(*cidrs: str, **described: str) -> list[dict[str, str]]:
    return [{"cidr": one} for one in cidrs] + [
        {"cidr": one, "description": text} for one, text in described.items()
    ]


@pytest.fixture(scope="module")
def ec2() -> Any:
    return ec2_server.client()


@pytest.fixture
def stack(ec2: Any, control: Control) -> Iterator[Deployment]:
    ec2_server.forget_everything()
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    yield Deployment(AwsProvider(control), {"vpc": vpc})
    ec2_server.forget_everything()


def rules(ec2: Any) -> list[Any]:
    found = ec2.describe_security_group_rules()["SecurityGroupRules"]
    return [one for one in found if not one["IsEgress"]]


# ---- what an update does ----


@pytest.mark.slow
def test_a_new_group_lets_nothing_out(stack: Deployment, control: Control, ec2: Any) -> None:
    stack.up(program(group()))
    assert words(control) == [
        "CreateSecurityGroup edge",
        "RevokeSecurityGroupEgress edge",
    ]
    made = stack.resources[urn(GROUP, "edge")]
    (found,) = ec2.describe_security_groups(GroupIds=[made.id])["SecurityGroups"]
    assert found["IpPermissionsEgress"] == []


def test_an_autoname_is_the_logical_name_and_seven_digits_and_stays(stack: Deployment) -> None:
    stack.up(program(group()))
    name = stack.resources[urn(GROUP, "edge")].outputs["name"]
    assert name.startswith("edge-")
    assert len(name) == len("edge-") + 7
    assert stack.resources[urn(GROUP, "edge")].inputs[DEFAULTS] == ["name"]
    assert stack.up(program(group(tags={"Name": "edge"}))) == [("update", urn(GROUP, "edge"))]
    assert stack.resources[urn(GROUP, "edge")].outputs["name"] == name


IN_PLACE: Final = [
    {"fromPort": 587, "toPort": 587},
    {"description": "submission"},
    {"description": None},
    {"cidrIpv4": "10.64.0.0/12"},
    {"ipProtocol": "udp"},
    {"ipProtocol": "-1", "fromPort": None, "toPort": None},
]


@pytest.mark.slow
@pytest.mark.parametrize("change", IN_PLACE, ids=str)
def test_a_rule_is_edited_in_place(
    stack: Deployment, control: Control, ec2: Any, change: dict[str, Any]
) -> None:
    stack.up(program(group(), rule()))
    (before,) = rules(ec2)
    words(control)
    wanted = {key: value for key, value in change.items() if value is not None}
    edited = rule(**wanted)
    kept = {
        key: value for key, value in edited.inputs.items() if change.get(key, value) is not None
    }
    second = program(group(), registered(INGRESS, edited.name, *edited.dependencies, **kept))
    assert [word for word, _ in stack.up(second)] == ["update"]
    assert words(control) == ["ModifySecurityGroupRules edge/in/25"]
    (after,) = rules(ec2)
    assert before["SecurityGroupRuleId"] == after["SecurityGroupRuleId"]
    assert stack.up(second) == []
    assert stack.refresh() == []


@pytest.mark.parametrize(
    "change",
    [
        {"cidrIpv6": "2001:db8::/32"},
        {"referencedSecurityGroupId": "edge.id"},
        {"prefixListId": "internet.id"},
    ],
    ids=str,
)
def test_another_type_of_source_is_another_rule_made_first(
    stack: Deployment, control: Control, change: dict[str, Any]
) -> None:
    internet = registered(LIST, "internet", addressFamily="IPv4", maxEntries=3, entries=[])
    stack.up(program(group(), internet, rule()))
    words(control)
    stack.up(program(group(), internet, rule(**change)))
    assert words(control) == [
        "AuthorizeSecurityGroupIngress edge/in/25",
        "RevokeSecurityGroupIngress edge/in/25",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("key, value", [("description", "Edge Transport"), ("vpcId", "other")])
def test_a_replaced_group_and_its_rules_are_made_first(
    stack: Deployment, control: Control, ec2: Any, key: str, value: str
) -> None:
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    wanted = {"description": "Edge servers", "vpcId": "vpc"}
    stack.up(program(registered(GROUP, "edge", **wanted), rule()))
    old = stack.resources[urn(GROUP, "edge")]
    words(control)
    wanted[key] = other if value == "other" else value
    stack.up(program(registered(GROUP, "edge", **wanted), rule()))
    assert words(control) == [
        "CreateSecurityGroup edge",
        "RevokeSecurityGroupEgress edge",
        "AuthorizeSecurityGroupIngress edge/in/25",
        "RevokeSecurityGroupIngress edge/in/25",
        "DeleteSecurityGroup edge",
    ]
    assert stack.resources[urn(GROUP, "edge")].id != old.id


def diff(control: Control, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
    provider = AwsProvider(control)
    provider.Configure(proto.ConfigureRequest(), None)
    return provider.Diff(
        proto.DiffRequest(id="sg-1", urn=urn(GROUP, "edge"), olds=struct(olds), news=struct(news)),
        None,
    )


def test_a_group_with_a_chosen_name_is_deleted_before_it_is_replaced(control: Control) -> None:
    olds = {"name": "edge", "description": "Edge servers", "vpcId": "vpc-1"}
    news = {**olds, "description": "Edge"}
    autonamed = diff(control, olds, {**news, DEFAULTS: ["name"]})
    assert (list(autonamed.replaces), autonamed.deleteBeforeReplace) == (["description"], False)
    chosen = diff(control, olds, {**news, DEFAULTS: []})
    assert (list(chosen.replaces), chosen.deleteBeforeReplace) == (["description"], True)


def test_in_a_preview_an_unknown_group_replaces_its_rules(control: Control) -> None:
    provider = AwsProvider(control)
    provider.Configure(proto.ConfigureRequest(), None)
    olds = {"securityGroupId": "sg-1", "ipProtocol": "-1", "referencedSecurityGroupId": "sg-1"}

    def asked(**news: str) -> list[str]:
        request = proto.DiffRequest(
            id="sgr-1",
            urn=urn(EGRESS, "edge/out"),
            olds=struct(olds),
            news=struct({**olds, **news}),
        )
        return list(provider.Diff(request, None).replaces)

    assert asked(securityGroupId=UNKNOWN) == ["securityGroupId"]
    # A peer that is made anew is edited in place.
    assert asked(referencedSecurityGroupId=UNKNOWN) == []


def test_a_preview_makes_no_call(stack: Deployment, control: Control) -> None:
    provider = AwsProvider(control)
    provider.Configure(proto.ConfigureRequest(), None)
    inputs = {"description": "Edge servers", "name": "edge-1234567"}
    made = provider.Create(
        proto.CreateRequest(urn=urn(GROUP, "edge"), properties=struct(inputs), preview=True), None
    )
    assert (made.id, plain(made.properties)["arn"]) == ("", UNKNOWN)
    assert control.calls() == []


@pytest.mark.slow
def test_entries_of_a_list_change_in_the_order_that_keeps_room(
    stack: Deployment, control: Control, ec2: Any
) -> None:
    def up(most: int, wanted: list[dict[str, str]]) -> list[list[str]]:
        listed = registered(LIST, "internet", addressFamily="IPv4", maxEntries=most, entries=wanted)
        stack.up(program(listed))
        assert stack.up(program(listed)) == []
        sent = [call.sent for call in control.writes()]
        control.forget()
        words = ("MaxEntries", "Entry", "AddEntry", "RemoveEntry")
        return [[word for word in words if any(k.startswith(word) for k in each)] for each in sent]

    net = {"192.0.2.0/24": "", "198.51.100.0/24": "", "203.0.113.0/24": ""}
    assert up(1, entries("192.0.2.0/24")) == [["MaxEntries", "Entry"]]
    # Room first.
    assert up(3, entries(*net)) == [["MaxEntries"], ["AddEntry"]]
    # The order of entries is none.
    assert up(3, entries(*reversed(net))) == []
    # An entry with another text is away for a moment.
    again = entries("198.51.100.0/24", "203.0.113.0/24", **{"192.0.2.0/24": "mine"})
    assert up(3, again) == [["RemoveEntry"], ["AddEntry"]]
    # Less room last.
    assert up(1, entries("203.0.113.0/24")) == [["RemoveEntry"], ["MaxEntries"]]


def test_tags_of_a_rule_cost_a_call_of_their_own(stack: Deployment, control: Control) -> None:
    stack.up(program(group(), rule(tags={"cost": "mail"})))
    assert words(control)[-2:] == [
        "AuthorizeSecurityGroupIngress edge/in/25",
        "CreateTags edge/in/25",
    ]
    assert stack.refresh() == []
    stack.up(program(group(), rule(tags={"owner": "mail"})))
    assert words(control) == ["DeleteTags edge/in/25", "CreateTags edge/in/25"]


# ---- what EC2 refuses reaches the user ----


def test_the_same_rule_under_another_name_is_a_duplicate(stack: Deployment) -> None:
    stack.up(program(group(), rule()))
    with pytest.raises(Refused, match=r"InvalidPermission\.Duplicate"):
        stack.up(program(group(), rule("edge/in/smtp", description="the same")))


@pytest.mark.slow
def test_the_sixty_first_rule_is_refused(stack: Deployment, ec2: Any) -> None:
    def many(number: int) -> Recording:
        return program(
            group(), *(rule(f"edge/in/{n}", fromPort=n, toPort=n) for n in range(1, number + 1))
        )

    stack.up(many(60))
    with pytest.raises(Refused, match="RulesPerSecurityGroupLimitExceeded"):
        stack.up(many(61))
    assert len(rules(ec2)) == 60


def test_a_group_in_use_is_not_deleted(stack: Deployment, ec2: Any) -> None:
    stack.up(program(group()))
    made = stack.resources[urn(GROUP, "edge")]
    vpc = made.outputs["vpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    ec2.create_network_interface(SubnetId=subnet, Groups=[made.id])
    with pytest.raises(Refused, match="DependencyViolation"):
        stack.up(program())


@pytest.mark.slow
@pytest.mark.parametrize(
    "wanted, why",
    [
        (rule(cidrIpv4="10.0.0.0/8", cidrIpv6="::/0"), "exactly one of these attributes"),
        (registered(INGRESS, "edge/in/25", ipProtocol="tcp"), "securityGroupId"),
        (rule(fromPort=70000), "between -1 and 65535"),
        (rule(port=25), "not expected here"),
        (registered(GROUP, "edge", name="sg-edge"), "cannot begin with sg-"),
        (group(ingress=[]), "not expected here"),
    ],
)
def test_what_the_provider_itself_refuses_makes_no_call(
    stack: Deployment, control: Control, wanted: Registration, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        stack.up(program(wanted))
    assert control.calls() == []


# ---- drift, import, what is gone ----


def test_what_was_changed_by_hand_is_found_and_mended(stack: Deployment, ec2: Any) -> None:
    wanted = program(group(), rule(), rule("edge/in/443", fromPort=443, toPort=443))
    stack.up(wanted)
    by_port = {one["FromPort"]: one["SecurityGroupRuleId"] for one in rules(ec2)}
    edge = stack.resources[urn(GROUP, "edge")].id
    ec2.modify_security_group_rules(
        GroupId=edge,
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": by_port[25],
                "SecurityGroupRule": {
                    "IpProtocol": "tcp",
                    "FromPort": 25,
                    "ToPort": 26,
                    "CidrIpv4": "0.0.0.0/0",
                },
            }
        ],
    )
    ec2.revoke_security_group_ingress(GroupId=edge, SecurityGroupRuleIds=[by_port[443]])
    assert stack.refresh() == [urn(INGRESS, "edge/in/25"), urn(INGRESS, "edge/in/443")]
    assert stack.up(wanted) == [
        ("update", urn(INGRESS, "edge/in/25")),
        ("create", urn(INGRESS, "edge/in/443")),
    ]
    assert sorted((one["FromPort"], one["ToPort"]) for one in rules(ec2)) == [(25, 25), (443, 443)]
    assert stack.refresh() == []


def test_what_stands_is_adopted_and_then_nothing_changes(
    stack: Deployment, control: Control, ec2: Any
) -> None:
    wanted = program(
        group(tags={"Name": "edge"}),
        registered(
            LIST, "internet", addressFamily="IPv4", maxEntries=2, entries=entries("192.0.2.0/24")
        ),
        rule(),
        rule("edge/in/internet", prefixListId="internet.id"),
        registered(
            INGRESS,
            "edge/in/all",
            urn(GROUP, "edge"),
            securityGroupId="edge.id",
            referencedSecurityGroupId="edge.id",
            ipProtocol="-1",
        ),
    )
    stack.up(wanted)
    ids = {one: made.id for one, made in stack.resources.items()}
    names = {one: made.outputs.get("name") for one, made in stack.resources.items()}
    stack.resources.clear()
    words(control)
    for one in wanted.registrations:
        stack.adopt(one, ids[one.urn])
    assert stack.up(wanted) == []
    assert words(control) == []
    assert {one: made.outputs.get("name") for one, made in stack.resources.items()} == names
    with pytest.raises(Refused, match="does not exist"):
        stack.adopt(wanted.registrations[2], "sgr-0123456789abcdef0")


def test_an_adopted_group_with_another_description_is_replaced(stack: Deployment) -> None:
    stack.up(program(group()))
    id_ = stack.resources[urn(GROUP, "edge")].id
    stack.resources.clear()
    stack.adopt(group(), id_)
    steps = stack.up(program(group(description="Edge Transport servers")))
    assert [word for word, _ in steps] == ["create", "delete"]


def test_what_is_gone_is_deleted_without_a_word(stack: Deployment, ec2: Any) -> None:
    listed = registered(LIST, "internet", addressFamily="IPv4", maxEntries=2)
    stack.up(program(group(), rule(), listed))
    ec2_server.forget_everything()
    stack.destroy()
    assert stack.resources == {}


# ---- what goes wrong on purpose ----


@pytest.mark.slow
def test_a_call_that_is_throttled_is_tried_again(stack: Deployment, control: Control) -> None:
    control.disturb(Fault("throttle", ("AuthorizeSecurityGroup*",), times=1))
    stack.up(program(group(), rule()))
    tried = [call for call in control.writes() if call.call.startswith("Authorize")]
    assert [call.error for call in tried] == ["RequestLimitExceeded", None]


def test_a_call_that_fails_once_fails_the_update_and_the_next_one_ends_it(
    stack: Deployment, control: Control, ec2: Any
) -> None:
    control.disturb(Fault("fail", ("AuthorizeSecurityGroup*",), urn="*443", times=1))
    wanted = program(group(), rule(), rule("edge/in/443", fromPort=443, toPort=443))
    with pytest.raises(Refused, match="UnauthorizedOperation"):
        stack.up(wanted)
    assert [one["FromPort"] for one in rules(ec2)] == [25]
    assert stack.up(wanted) == [("create", urn(INGRESS, "edge/in/443"))]


def test_a_call_that_fails_always_fails_every_update(stack: Deployment, control: Control) -> None:
    control.disturb(Fault("fail", ("CreateSecurityGroup",), times=None, code="OptInRequired"))
    for _ in range(2):
        with pytest.raises(Refused, match="OptInRequired"):
            stack.up(program(group()))


def test_the_nth_call_is_the_one_that_goes_wrong(stack: Deployment, control: Control) -> None:
    control.disturb(Fault("fail", ("Authorize*",), nth=2))
    with pytest.raises(Refused):
        stack.up(program(group(), *(rule(f"edge/{n}", fromPort=n, toPort=n) for n in range(5))))
    failed = [call.name for call in control.calls() if call.error]
    assert failed == ["edge/1"]


@pytest.mark.parametrize("after, stands", [(False, 0), (True, 1)])
def test_who_dies_at_a_call_leaves_it_unanswered(
    stack: Deployment, control: Control, ec2: Any, after: bool, stands: int
) -> None:
    control.disturb(Fault("die", ("Authorize*",), after=after))
    with pytest.raises(Died):
        stack.up(program(group(), rule()))
    *_, last = control.calls()
    assert (last.call, last.name, last.answered) == (
        "AuthorizeSecurityGroupIngress",
        "edge/in/25",
        False,
    )
    assert len(rules(ec2)) == stands


@pytest.mark.slow
def test_a_rule_whose_tags_fail_is_not_forgotten(stack: Deployment, control: Control) -> None:
    provider = AwsProvider(control)
    provider.Configure(proto.ConfigureRequest(), None)
    stack.up(program(group()))
    control.disturb(Fault("fail", ("CreateTags",)))
    context = Context()
    inputs = stack.known(rule(tags={"cost": "mail"}).inputs)
    with pytest.raises(Refused, match="UnauthorizedOperation"):
        provider.Create(
            proto.CreateRequest(urn=urn(INGRESS, "edge/in/25"), properties=struct(inputs)),
            context,
        )
    assert b"sgr-" in context.details()


# ---- as a process ----


@pytest.mark.slow
def test_two_plugins_share_a_cloud_and_a_log_and_end_when_told(tmp_path: Path) -> None:
    with ec2_server.served() as endpoint:
        vpc = ec2_server.client(endpoint).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        plugins = [
            Plugin("tests.engine.aws_provider", tmp_path, **{ENDPOINT: endpoint}) for _ in range(2)
        ]
        try:
            inputs: dict[str, str] = {}
            for number, plugin in enumerate(plugins):
                assert (
                    plugin.ask.Handshake(proto.ProviderHandshakeRequest())
                    == proto.ProviderHandshakeResponse()
                )
                assert plugin.ask.GetPluginInfo(empty_pb2.Empty()).version == VERSION
                assert plugin.ask.Configure(
                    proto.ConfigureRequest(variables={"aws:config:region": ec2_server.REGION})
                ).supportsPreview
                inputs = {"name": f"g{number}", "description": "Edge servers", "vpcId": vpc}
                made = plugin.ask.Create(
                    proto.CreateRequest(urn=urn(GROUP, f"g{number}"), properties=struct(inputs))
                )
                # The other one sees it.
                read = plugins[1 - number].ask
                read.Configure(proto.ConfigureRequest())
                found = read.Read(proto.ReadRequest(urn=urn(GROUP, f"g{number}"), id=made.id))
                assert plain(found.properties)["name"] == f"g{number}"
            control = Control(tmp_path)
            assert sorted(control.processes()) == sorted(each.process.pid for each in plugins)
            calls = control.calls()
            assert [call.number for call in calls] == list(range(1, len(calls) + 1))
            assert {call.process for call in calls} == set(control.processes())
            with pytest.raises(grpc.RpcError) as met:
                plugins[0].ask.Create(
                    proto.CreateRequest(urn=urn(GROUP, "g0"), properties=struct(inputs))
                )
            assert "InvalidGroup.Duplicate" in str(met.value)
            plugins[0].ask.Cancel(empty_pb2.Empty())
            plugins[1].process.send_signal(signal.SIGINT)
            assert [plugin.process.wait(PATIENCE) for plugin in plugins] == [0, 0]
        finally:
            for plugin in plugins:
                plugin.close()


def test_a_plugin_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time\n"
            "subprocess.Popen([sys.executable, '-m', 'tests.engine.aws_provider', '127.0.0.1:1'])\n"
            "time.sleep(600)",
        ],
        cwd=ec2_server.ROOT,
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            "PYTHONPATH": str(ec2_server.ROOT),
            CONTROL: str(tmp_path),
            ENDPOINT: "http://127.0.0.1:1",
        },
    )
    assert starter.stdout is not None
    assert int(starter.stdout.readline())
    (provider,) = Control(tmp_path).processes()
    starter.kill()
    starter.wait(PATIENCE)
    starter.stdout.close()
    deadline = time.monotonic() + PATIENCE
    while runs(provider) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not runs(provider)
