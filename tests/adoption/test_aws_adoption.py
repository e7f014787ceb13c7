"""Adopting what our own program made in EC2: exactly what the engine forgot, and nothing twice.

The outputs are boto3's, of the guarded moto; the import is made by the test provider, as an engine
would ask it to.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_ports.clouds.existing import ResourceStatus
from exchange_ports.findings import Refused
from exchange_ports.offline import Recording, record
from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.adoption import printed
from tests.adoption.asking import Asked
from tests.engine import ec2_server
from tests.engine.aws_provider import AwsProvider
from tests.engine.control import Control
from tests.engine.deployment import Deployment
from tests.engine.stacks import STACKS, Topology, changed
from tests.support.paths import ROOT
from tests.support.recordings import declared
from tests.support.resource_types import GROUP, LIST
from tests.support.resource_types import INGRESS as IN

pytestmark = pytest.mark.slow

Json = dict[str, Any]

#: Names of what the stack dev has.
EXCHANGE = "exchange-lab-exchange"
CLIENTS = "exchange-lab-client-access.lab/in/tcp/443/10.64.0.0/16"


@dataclass
class Made:
    """A stack in an account, made by the test provider."""

    stack: str
    topology: Topology
    ec2: Any
    vpcs: dict[str, str]
    deployment: Deployment
    recording: Recording
    tags: Mapping[str, str]

    def run(self, topology: Topology) -> Recording:
        """What the program registers for a topology."""
        networks = {name: {"vpc_id": f"made-up-{name}"} for name in topology["networks"]}
        settings = {"topology": topology, "networks": networks, "tags": self.tags}
        config = {f"{NAMESPACE}:{name}": json.dumps(value) for name, value in settings.items()}
        return record(ROOT, project=NAMESPACE, stack=self.stack, config=config)

    def asked(self, *, without: Collection[str] = (), **more: Any) -> Asked:
        """What the command is given, when the engine has forgotten the URNs in `without`."""
        state = printed.export(self.recording, self.deployment, without=without, **more)
        networks = {name: {"vpc_id": vpc} for name, vpc in self.vpcs.items()}
        return Asked(self.topology, networks, state, printed.aws(self.ec2), tags=self.tags)

    def made(self, *tokens: str) -> dict[str, str]:
        """The ids of what was made, by URN."""
        return {
            urn: one.id
            for urn, one in self.deployment.resources.items()
            if not tokens or urn.split("::")[2].rpartition("$")[2] in tokens
        }

    def one(self, token: str, name: str) -> str:
        """The URN of what was made under a name."""
        (urn,) = (urn for urn in self.made(token) if urn.endswith(f"::{name}"))
        return urn

    def group(self, name: str, tags: Mapping[str, str]) -> str:
        """A group in the only VPC, made by somebody else."""
        (vpc,) = self.vpcs.values()
        made = self.ec2.create_security_group(GroupName=name, Description="by hand", VpcId=vpc)
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        if pairs:
            self.ec2.create_tags(Resources=[made["GroupId"]], Tags=pairs)
        return made["GroupId"]

    def revoke(self, id_: str) -> Json:
        """A rule that somebody takes away, as it was."""
        (rule,) = self.ec2.describe_security_group_rules(SecurityGroupRuleIds=[id_])[
            "SecurityGroupRules"
        ]
        self.ec2.revoke_security_group_ingress(GroupId=rule["GroupId"], SecurityGroupRuleIds=[id_])
        return rule

    def authorize(self, rule: Json) -> str:
        """The same rule, made again. Its id."""
        permission = {
            **{key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort")},
            "IpRanges": [{"CidrIp": rule["CidrIpv4"], "Description": "again"}],
        }
        made = self.ec2.authorize_security_group_ingress(
            GroupId=rule["GroupId"], IpPermissions=[permission]
        )
        return made["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def entries(self, id_: str) -> list[str]:
        """The ranges of a prefix list."""
        found = self.ec2.get_managed_prefix_list_entries(PrefixListId=id_)["Entries"]
        return sorted(each["Cidr"] for each in found)

    def adopt(self, asked: Asked) -> None:
        """Import what the file says, as an engine would."""
        registered = {one.name: one for one in self.recording.registrations if one.custom}
        for each in asked.file()["resources"]:
            if "id" in each:
                self.deployment.adopt(registered[each["name"]], each["id"])


@pytest.fixture
def making(tmp_path: Path) -> Iterator[Callable[..., Made]]:
    def made(stack: str, tags: Mapping[str, str] | None = None) -> Made:
        first, again = _made(stack, tuple((tags or {}).items()))
        again()
        deployment = Deployment(AwsProvider(Control(tmp_path)), _places(first.vpcs))
        deployment.as_made_by(first.deployment)
        return replace(first, deployment=deployment, topology=declared(stack, "aws"))

    yield made
    ec2_server.forget_everything()


@cache
def _made(stack: str, tags: tuple[tuple[str, str], ...]) -> tuple[Made, Callable[[], None]]:
    """A stack in an account, made once, and what makes the account hold it again."""
    ec2_server.forget_everything()
    ec2 = ec2_server.client()
    topology = declared(stack, "aws")
    vpcs = {
        name: ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        for name in topology["networks"]
    }
    with TemporaryDirectory() as directory:
        deployment = Deployment(
            AwsProvider(Control(Path(directory))),
            _places(vpcs),
        )
        blank = Recording(NAMESPACE, stack, (), {}, (), ())
        there = Made(stack, topology, ec2, vpcs, deployment, blank, dict(tags))
        there.recording = there.run(topology)
        deployment.up(there.recording)
    return there, ec2_server.kept()


def _places(vpcs: Mapping[str, str]) -> dict[str, str]:
    """The ids of the networks, by those that the program makes up."""
    return {f"made-up-{name}": vpc_id for name, vpc_id in vpcs.items()}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("tags", [{}, {"owner": "mail"}], ids=["untagged", "tagged"])
def test_what_the_state_has_is_known_and_nothing_is_to_be_done(
    stack: str, tags: Mapping[str, str], making: Callable[..., Made]
) -> None:
    there = making(stack, tags)
    asked = there.asked()
    assert asked.ids(ResourceStatus.KNOWN) == there.made()
    assert asked.answer().clear
    assert asked.commands() == []


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("tags", [{}, {"owner": "mail"}], ids=["untagged", "tagged"])
def test_a_lost_state_comes_back_whole_and_then_nothing_changes(
    stack: str, tags: Mapping[str, str], making: Callable[..., Made]
) -> None:
    there = making(stack, tags)
    everything = {one.urn for one in there.recording.registrations}
    asked = there.asked(without=everything)
    assert asked.ids(ResourceStatus.IMPORT) == there.made()
    assert asked.answer().clear
    assert {
        edit for each in asked.answer().verdicts(*ResourceStatus) for edit in each.edits
    } == set()
    components = [each["name"] for each in asked.file()["resources"] if each.get("component")]
    assert components[0] == "exchange"
    assert len(components) == 1 + len(there.topology["networks"])

    there.deployment.resources.clear()
    there.adopt(asked)
    assert there.deployment.up(there.recording) == []


@pytest.mark.parametrize("stack", ["dev", "prod-aws"])
def test_what_is_adopted_is_what_was_forgotten(stack: str, making: Callable[..., Made]) -> None:
    there = making(stack)
    made = there.made()
    asked = there.asked()

    @given(forgotten=st.sets(st.sampled_from([one.urn for one in there.recording.registrations])))
    def law(forgotten: set[str]) -> None:
        state = printed.export(there.recording, there.deployment, without=forgotten)
        then = replace(asked, state=state)
        assert then.ids(ResourceStatus.IMPORT) == {
            urn: made[urn] for urn in forgotten if urn in made
        }
        assert then.ids(ResourceStatus.KNOWN) == {urn: made[urn] for urn in made.keys() - forgotten}
        assert then.answer().clear

    law()


# ---- updates that were cut off ----


def test_a_rule_that_the_state_never_heard_of_is_imported_by_its_id(
    making: Callable[..., Made],
) -> None:
    there = making("dev")
    urn = there.one(IN, CLIENTS)
    asked = there.asked(without={urn}, pending=[("creating", urn)])
    assert asked.ids(ResourceStatus.IMPORT) == {urn: there.made()[urn]}
    file = asked.file()
    (rule,) = file["resources"]
    assert (rule["type"], rule["name"], rule["id"]) == (IN, CLIENTS, there.made()[urn])
    assert rule["version"] == "7.51.1"
    # The default provider is no one's to name.
    assert "provider" not in rule
    assert file["nameTable"][rule["parent"]].endswith("::exchange-lab")
    assert asked.commands() == [
        "pulumi cancel --yes",
        "pulumi refresh --yes --skip-preview --clear-pending-creates",
        "pulumi import --file adopt.json --yes --skip-preview --protect=false --generate-code=false",
        "pulumi preview --diff",
        "pulumi up",
    ]


def test_a_rule_that_was_begun_and_never_made_is_left_to_the_update(
    making: Callable[..., Made],
) -> None:
    there = making("dev")
    urn = there.one(IN, CLIENTS)
    there.revoke(there.made()[urn])
    asked = there.asked(without={urn}, pending=[("creating", urn)])
    assert asked.ids(ResourceStatus.IMPORT) == {}
    assert asked.ids(ResourceStatus.MISSING) == {urn: ""}
    assert "pulumi import" not in " ".join(asked.commands())


def test_a_group_cut_off_before_its_default_egress_went_is_imported_and_that_is_revoked_first(
    making: Callable[..., Made],
) -> None:
    there = making("dev")
    urn = there.one(GROUP, EXCHANGE)
    group = there.made()[urn]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    there.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=everything)
    asked = there.asked(without={urn}, pending=[("creating", urn)])
    assert asked.ids(ResourceStatus.IMPORT) == {urn: group}
    ((rule,),) = (found.unwanted for found in asked.answer().found)
    assert rule.summary == "out all protocols to 0.0.0.0/0"
    commands = asked.commands()
    assert commands.index(rule.revoke) < commands.index("pulumi up")
    # By a state that has long had the group, somebody may need it until all rules stand.
    commands = there.asked().commands()
    assert commands[-1] == rule.revoke
    assert not there.asked().answer().clear


def test_a_group_made_twice_is_left_over_and_not_imported(making: Callable[..., Made]) -> None:
    there = making("dev")
    twice = there.group("exchange-lab-exchange-0123abc", {})
    asked = there.asked()
    assert asked.ids(ResourceStatus.KNOWN) == there.made()
    ((left,),) = (found.leftovers for found in asked.answer().found)
    assert left.id == twice
    assert asked.commands() == [f"aws ec2 delete-security-group --group-id {twice}"]


def test_of_two_groups_under_one_name_none_is_imported_until_somebody_says_which(
    making: Callable[..., Made],
) -> None:
    there = making("dev")
    urn = there.one(GROUP, EXCHANGE)
    first = there.made()[urn]
    second = there.group("made-by-hand", {"Name": EXCHANGE})
    asked = there.asked(without={urn})
    assert asked.ids(ResourceStatus.IMPORT) == {}
    (several,) = asked.answer().verdicts(ResourceStatus.SEVERAL)
    assert {several.id, *several.because} == {first, second}
    assert "pulumi up" not in asked.commands()
    asked = replace(asked, told={EXCHANGE: first})
    assert asked.ids(ResourceStatus.IMPORT) == {urn: first}
    assert [left.id for found in asked.answer().found for left in found.leftovers] == [second]


def test_a_rule_made_anew_while_the_state_holds_the_old_one_blocks(
    making: Callable[..., Made],
) -> None:
    """A replacement that was cut off after the new rule was made: the group is another one already."""
    there = making("dev")
    urn = there.one(GROUP, EXCHANGE)
    new = there.group("exchange-lab-exchange-0123abc", {"Name": EXCHANGE})
    (inside, *_) = there.ec2.authorize_security_group_ingress(
        GroupId=new,
        IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": new}]}],
    )["SecurityGroupRules"]
    there.deployment.resources[urn] = replace(there.deployment.resources[urn], id=new)
    asked = there.asked()
    blocked = asked.answer().verdicts(ResourceStatus.BLOCKED)
    assert [each.id for each in blocked] == [inside["SecurityGroupRuleId"]]
    commands = asked.commands()
    assert commands == [
        f"pulumi state delete '{blocked[0].wanted.urn}' --yes",
        "pulumi stack export --file state.json",
    ]


def test_an_id_that_another_resource_of_the_state_holds_is_never_imported(
    making: Callable[..., Made],
) -> None:
    there = making("dev")
    urn = there.one(IN, CLIENTS)
    state = printed.export(there.recording, there.deployment)
    (held,) = (one for one in state["deployment"]["resources"] if one["urn"] == urn)
    held["urn"] = held["urn"].replace(CLIENTS, "exchange-lab-called-otherwise-before")
    asked = replace(there.asked(), state=state)
    (verdict,) = asked.answer().verdicts(ResourceStatus.HELD)
    assert (str(verdict.wanted.urn), verdict.because) == (urn, (held["urn"],))
    assert asked.ids(ResourceStatus.IMPORT) == {}


@pytest.mark.parametrize("external", [True, False])
def test_who_only_looks_at_a_group_does_not_hold_it(
    external: bool, making: Callable[..., Made]
) -> None:
    """A group that a program reads; and the resource that goes by the id of the group whose rules it manages."""
    there = making("dev")
    urn = there.one(GROUP, EXCHANGE)
    state = printed.export(there.recording, there.deployment)
    (held,) = (one for one in state["deployment"]["resources"] if one["urn"] == urn)
    if external:
        held |= {"urn": f"{there.recording.stack_urn}-read", "external": True}
    else:
        kind = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
        held["urn"] = held["urn"].replace(GROUP, kind)
    asked = replace(there.asked(), state=state)
    assert asked.ids(ResourceStatus.IMPORT) == {urn: held["id"]}


def test_a_name_takes_only_an_id_of_its_kind(making: Callable[..., Made]) -> None:
    there = making("prod-aws")
    ((_, list_id),) = there.made(LIST).items()
    for name, id_ in (("exchange-corp-exchange", list_id), ("exchange-corp-list.internet", "sg-1")):
        with pytest.raises(Refused, match="is not in the export, or has another type"):
            replace(there.asked(), told={name: id_}).answer()


def test_what_is_gone_from_the_cloud_leaves_the_state_by_a_refresh_first(
    making: Callable[..., Made],
) -> None:
    there = making("dev")
    urn = there.one(IN, CLIENTS)
    id_ = there.made()[urn]
    rule = there.revoke(id_)
    asked = there.asked()
    assert asked.ids(ResourceStatus.GONE) == {urn: id_}
    assert asked.commands() == [
        "pulumi refresh --yes --skip-preview --clear-pending-creates",
        "pulumi stack export --file state.json",
    ]
    # Somebody made it again by hand: that is said, and imported once the state has let go.
    again = there.authorize(rule)
    assert there.asked().answer().verdicts(ResourceStatus.GONE)[0].because == (
        f"{again} exists in its place",
    )
    assert there.asked(without={urn}).ids(ResourceStatus.IMPORT) == {urn: again}


def test_what_an_update_had_still_to_do_needs_an_update(making: Callable[..., Made]) -> None:
    """Whatever was cut off: a deletion, an edit, or all that the state has and no one wants any more."""
    there = making("dev")
    urn = there.one(IN, CLIENTS)
    for operation in ("deleting", "updating"):
        commands = there.asked(pending=[(operation, urn)]).commands()
        assert commands == ["pulumi cancel --yes", "pulumi preview --diff", "pulumi up"]
    before = there.asked()
    there.topology = changed(there.topology)
    after = there.asked()
    assert before.answer().no_longer_wanted == ()
    gone = {each.urn.name for each in after.answer().no_longer_wanted}
    assert gone
    assert gone.isdisjoint(each.wanted.name for each in after.answer().verdicts(*ResourceStatus))
    assert after.commands() == ["pulumi preview --diff", "pulumi up"]


# ---- groups that people made ----


def test_a_group_made_by_hand_keeps_its_description_and_its_own_rules_are_named(
    making: Callable[..., Made],
) -> None:
    there = making("dev")
    urn = there.one(GROUP, EXCHANGE)
    by_hand = there.group("mailbox servers", {"Name": "mail", "owner": "Jo"})
    there.ec2.authorize_security_group_ingress(
        GroupId=by_hand,
        IpPermissions=[
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": by_hand}]},
            {
                "IpProtocol": "tcp",
                "FromPort": 3389,
                "ToPort": 3389,
                "IpRanges": [{"CidrIp": "10.9.9.0/24", "Description": "Jo"}],
            },
        ],
    )
    empty = {one.urn for one in there.recording.registrations if one.custom}
    asked = replace(there.asked(without=empty), told={EXCHANGE: by_hand})
    imported = {
        str(each.wanted.urn): each for each in asked.answer().verdicts(ResourceStatus.IMPORT)
    }
    group = imported[urn]
    assert group.id == by_hand
    assert group.edits == ("changes its tags Name, owner", "keeps its description: by hand")
    # Its rule between internal servers is what ours would be; the other one is no one's.
    at_it = {urn: each.wanted.name for urn, each in imported.items() if EXCHANGE + "/" in urn}
    assert set(at_it.values()) == {"exchange-lab-exchange/in/any/all/exchange"}
    unwanted = [each.summary for found in asked.answer().found for each in found.unwanted]
    assert unwanted == ["in 3389/tcp from 10.9.9.0/24 (Jo)", "out all protocols to 0.0.0.0/0"]


def test_a_group_of_another_vpc_would_be_replaced_and_is_left_out(
    making: Callable[..., Made],
) -> None:
    there = making("dev")
    elsewhere = there.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    other = there.ec2.create_security_group(GroupName="mail", Description="x", VpcId=elsewhere)
    urn = there.one(GROUP, EXCHANGE)
    asked = replace(there.asked(without={urn}), told={EXCHANGE: other["GroupId"]})
    (verdict,) = asked.answer().verdicts(ResourceStatus.REPLACED)
    assert verdict.because == (f"it is in {elsewhere}",)
    assert urn not in asked.ids(ResourceStatus.IMPORT)


def test_a_prefix_list_is_adopted_with_what_its_import_changes(making: Callable[..., Made]) -> None:
    there = making("prod-aws")
    ((urn, id_),) = there.made(LIST).items()
    gone = there.entries(id_)[0]
    there.ec2.modify_managed_prefix_list(
        PrefixListId=id_, CurrentVersion=1, RemoveEntries=[{"Cidr": gone}]
    )
    asked = there.asked(without={urn})
    (verdict,) = asked.answer().verdicts(ResourceStatus.IMPORT)
    assert (verdict.id, verdict.edits) == (id_, (f"adds {gone}",))
    without = [each for each in asked.aws if "Entries" not in each]
    (verdict,) = replace(asked, aws=without).answer().verdicts(ResourceStatus.IMPORT)
    assert verdict.edits == ("may change its entries, which are not in the export",)
