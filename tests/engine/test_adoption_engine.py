"""Adoption on a real engine: after every kind of interruption the command's own steps end it, on either cloud.

Each row of the table of interruptions (docs/adopting.md), a state that was lost, and groups that people
made. What the command says is run as it says it; then the proof is made on what stands.
"""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.adoption import printed
from tests.engine import arm_server, ec2_server
from tests.engine.adopting import Adopter
from tests.engine.arm import Arm
from tests.engine.aws_account import AWS
from tests.engine.aws_account import EngineAccount as Account
from tests.engine.aws_provider import ENDPOINT as EC2
from tests.engine.azure_provider import ENDPOINT as ARM
from tests.engine.azure_subscription import AZURE
from tests.engine.azure_subscription import EngineSubscription as Subscription
from tests.engine.control import Fault
from tests.engine.workspace import Workspace, workspace

pytestmark = pytest.mark.pulumi_engine

EXCHANGE: Final = "exchange-lab-exchange"


# ---- AWS ----


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with (
        ec2_server.served() as endpoint,
        workspace(tmp_path, "dev", [AWS], {EC2: endpoint}) as engine,
    ):
        yield Account(engine, ec2_server.client(endpoint))


def adopter(account: Account) -> Adopter:
    """A person with the AWS CLI."""

    def cloud(words: list[str]) -> None:
        assert words[:2] == ["aws", "ec2"]
        given = dict(zip(words[3::2], words[4::2], strict=True))
        if words[2] == "delete-security-group":
            account.ec2.delete_security_group(GroupId=given["--group-id"])
            return
        revoke = {
            "revoke-security-group-ingress": account.ec2.revoke_security_group_ingress,
            "revoke-security-group-egress": account.ec2.revoke_security_group_egress,
        }[words[2]]
        revoke(
            GroupId=given["--group-id"],
            SecurityGroupRuleIds=[given["--security-group-rule-ids"]],
        )

    return Adopter(account.engine, "--aws", lambda: printed.aws(account.ec2), cloud)


def killed(engine: Workspace, call: str, *, nth: int = 1, after: bool, urn: str = "*") -> None:
    """An update that is killed at a call to the cloud."""
    engine.control.forget()
    engine.control.disturb(Fault("die", (call,), nth=nth, after=after, urn=urn))
    # One by one: what else is under way when an engine is killed may be made as well.
    one_by_one = ("--parallel", "1", "--stack", engine.stack)
    engine.pulumi("up", "--yes", "--skip-preview", *one_by_one, fails=True)
    engine.end_what_is_left()
    engine.control.disturb()
    assert [one for one in engine.control.calls() if not one.answered] != []
    engine.pulumi("cancel", "--yes", "--stack", engine.stack)


def ends_well(there: Account | Subscription) -> None:
    engine = there.engine
    assert there.failures() == ()
    engine.pulumi("preview", "--expect-no-changes", "--stack", engine.stack)
    state = engine.pulumi("stack", "export", "--stack", engine.stack)
    assert '"pending_operations"' not in state
    assert '"delete": true' not in state


def groups_of(account: Account) -> list[str]:
    found = account.ec2.describe_security_groups()["SecurityGroups"]
    return [each["GroupName"] for each in found if each["GroupName"] != "default"]


def edit(account: Account | Subscription) -> None:
    """Clients read mail by IMAP, and no longer submit any."""
    edited = copy.deepcopy(account.topology)
    edited["clients"]["office"]["services"] = ["https", "imap"]
    account.declare(edited)


def move(account: Account) -> None:
    """The servers are to be in another VPC: every group is replaced, and all its rules."""
    account.vpcs["lab"] = account.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    account.declare(account.topology)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"])
def test_an_edit_that_was_cut_off_is_ended(account: Account, call: str, after: bool) -> None:
    account.engine.up()
    edit(account)
    killed(account.engine, call, after=after)
    adopter(account).recover()
    ends_well(account)


@pytest.mark.parametrize("after", [False, True])
def test_a_change_in_place_that_was_cut_off_is_ended(account: Account, after: bool) -> None:
    account.engine.up()
    edited = copy.deepcopy(account.topology)
    edited["additional_flows"][0]["reason"] = "other words"
    account.declare(edited)
    killed(account.engine, "ModifySecurityGroupRules", after=after)
    adopter(account).recover()
    ends_well(account)


@pytest.mark.parametrize(
    "call, after",
    [
        ("CreateSecurityGroup", False),
        ("CreateSecurityGroup", True),
        ("RevokeSecurityGroupEgress", True),
    ],
)
def test_a_first_group_that_was_cut_off_is_adopted_and_not_made_twice(
    account: Account, call: str, after: bool
) -> None:
    killed(account.engine, call, after=after, urn=f"*::{EXCHANGE}")
    answers = adopter(account).recover()
    assert (EXCHANGE in answers[0].names("import")) is after
    ends_well(account)
    assert len(groups_of(account)) == 4
    assert answers[0].code == (1 if call == "CreateSecurityGroup" and after else 0)


@pytest.mark.parametrize("after", [False, True])
def test_a_group_made_again_by_a_replacement_that_was_cut_off_is_found_and_deleted(
    account: Account, after: bool
) -> None:
    account.engine.up()
    move(account)
    killed(account.engine, "CreateSecurityGroup", after=after, urn=f"*::{EXCHANGE}")
    answers = adopter(account).recover()
    left = [
        each for network in answers[0].data["networks"].values() for each in network["left_over"]
    ]
    assert [each["name"] for each in left] == ([EXCHANGE] if after else [])
    ends_well(account)
    assert len(groups_of(account)) == 4


@pytest.mark.parametrize("after", [False, True])
def test_a_rule_made_again_by_a_replacement_that_was_cut_off_is_adopted(
    account: Account, after: bool
) -> None:
    engine = account.engine
    engine.up()
    move(account)
    rule = f"{EXCHANGE}/in/any/all/exchange"
    killed(engine, "AuthorizeSecurityGroupIngress", after=after, urn=f"*::{rule}")
    answers = adopter(account).recover()
    assert answers[0].names("other_id_in_state") == ({rule} if after else set())
    ends_well(account)
    assert len(groups_of(account)) == 4


@pytest.mark.parametrize("after", [False, True])
def test_what_a_replacement_had_still_to_delete_is_deleted(account: Account, after: bool) -> None:
    account.engine.up()
    move(account)
    # Rules are gone with their group: no call is made for them.
    killed(account.engine, "DeleteSecurityGroup", after=after)
    adopter(account).recover()
    ends_well(account)
    assert len(groups_of(account)) == 4


def test_a_lost_state_is_found_again_and_nothing_is_changed(account: Account) -> None:
    engine = account.engine
    engine.up()
    engine.pulumi("stack", "rm", "--force", "--yes", "--preserve-config", engine.stack)
    engine.pulumi("stack", "init", engine.stack)
    engine.control.forget()
    answers = adopter(account).recover()
    assert len(answers[0].names("import")) == 15
    assert engine.control.writes() == []
    ends_well(account)


def test_groups_that_people_made_become_ours_without_a_moment_without_them(
    account: Account,
) -> None:
    ec2, (vpc,) = account.ec2, account.vpcs.values()
    by_hand = ec2.create_security_group(GroupName="mail", Description="mail (Jo)", VpcId=vpc)
    group = by_hand["GroupId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])
    among_us = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    rdp = {"IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389}
    ranges = [{"CidrIp": "10.64.8.0/24"}, {"CidrIp": "10.9.9.9/32"}]
    permissions = [among_us, {**rdp, "IpRanges": ranges}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)
    answers = adopter(account).recover({EXCHANGE: group})
    assert answers[0].names("import") == {
        EXCHANGE,
        f"{EXCHANGE}/in/any/all/exchange",
        f"{EXCHANGE}/in/tcp/3389/10.64.8.0/24",
    }
    # The group itself stayed, attached all the time; what is not planned was deleted last.
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert found["Description"] == "mail (Jo)"
    attached = ec2.describe_network_interfaces()["NetworkInterfaces"][0]["Groups"]
    assert [each["GroupId"] for each in attached] == [group]
    assert interface
    made = [call.call for call in account.engine.control.writes()]
    assert "RevokeSecurityGroupIngress" not in made
    ends_well(account)


def test_exclusive_rules_revoke_when_every_new_rule_stands_and_what_others_add(
    account: Account,
) -> None:
    engine = account.engine
    account.topology["networks"]["lab"]["exclusive_rules"] = True
    account.declare(account.topology)
    engine.up()
    engine.pulumi("preview", "--expect-no-changes", "--stack", engine.stack)
    edit(account)
    engine.control.forget()
    engine.up()
    calls = [call.call for call in engine.control.writes()]
    first_gone = calls.index("RevokeSecurityGroupIngress")
    assert {call for call in calls[:first_gone] if "Authorize" in call} != set()
    assert not any("Authorize" in call for call in calls[first_gone:])
    assert account.failures() == ()

    rule = account.rule(443)
    more = {**{key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort")}}
    more["IpRanges"] = [{"CidrIp": "8.8.8.8/32"}]
    account.ec2.authorize_security_group_ingress(GroupId=rule["GroupId"], IpPermissions=[more])
    (unwanted,) = adopter(account).ask().data["networks"]["lab"]["unwanted_rules"]
    assert unwanted["summary"] == "in 443/tcp from 8.8.8.8/32"
    engine.pulumi("preview", "--expect-no-changes", "--stack", engine.stack)
    engine.pulumi("refresh", "--yes", "--skip-preview", "--stack", engine.stack)
    engine.up()
    assert account.failures() == ()
    ends_well(account)


# ---- Azure ----


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Subscription]:
    arm = Arm()
    with (
        arm_server.serving(arm) as endpoint,
        arm_server.client(endpoint) as client,
        workspace(tmp_path, "dev", [AZURE], {ARM: endpoint}) as engine,
    ):
        yield Subscription(engine, arm, client)


def adopter_of(there: Subscription) -> Adopter:
    """A person with the Azure CLI."""

    def cloud(words: list[str]) -> None:
        # A rule of a group that is known, and that the plan does not have: all that is ever to be run by hand.
        assert words[:6] == ["az", "network", "nsg", "rule", "delete", "--ids"]
        part = words[6].split("/")
        there.client.security_rules.begin_delete(part[4], part[8], part[10]).result()

    groups = there.tenant.resource_groups.values()
    return Adopter(there.engine, "--azure", lambda: printed.azure(there.client, groups), cloud)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", [EXCHANGE, "exchange-lab-internal"])
def test_a_first_group_of_azure_that_was_cut_off_is_adopted(
    tenant: Subscription, name: str, after: bool
) -> None:
    engine = tenant.engine
    killed(engine, "PUT", after=after, urn=f"*::{name}")
    answers = adopter_of(tenant).recover()
    assert answers[0].names("import") == ({name} if after else set())
    tenant.dress()
    ends_well(tenant)


@pytest.mark.parametrize("after", [False, True])
def test_an_edit_of_azure_that_was_cut_off_is_ended(tenant: Subscription, after: bool) -> None:
    tenant.engine.up()
    tenant.dress()
    edit(tenant)
    killed(tenant.engine, "PUT", after=after)
    adopter_of(tenant).recover()
    ends_well(tenant)


def test_a_replacement_on_azure_is_refused_before_anything_is_changed(tenant: Subscription) -> None:
    """The engine deletes first, and an application security group that rules name cannot go."""
    engine = tenant.engine
    engine.up()
    tenant.dress()
    moved = {
        name: {**places, "location": "northeurope"} for name, places in tenant.tenant.places.items()
    }
    engine.configure({}, {"networks": moved, "topology": tenant.topology})
    engine.control.forget()
    engine.pulumi("up", "--yes", "--skip-preview", "--stack", engine.stack, fails=True)
    assert all(call.call == "DELETE" and call.error for call in engine.control.writes())
    assert tenant.failures() == ()
    tenant.declare(tenant.topology)
    assert adopter_of(tenant).ask().commands == []
    ends_well(tenant)


def test_a_lost_state_of_azure_is_found_again_and_nothing_is_changed(tenant: Subscription) -> None:
    engine = tenant.engine
    engine.up()
    tenant.dress()
    engine.pulumi("stack", "rm", "--force", "--yes", "--preserve-config", engine.stack)
    engine.pulumi("stack", "init", engine.stack)
    engine.control.forget()
    answers = adopter_of(tenant).recover()
    assert answers[0].code == 0
    assert engine.control.writes() == []
    ends_well(tenant)
