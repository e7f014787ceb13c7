"""Exclusive rules on AWS, by the test provider without an engine: who else writes there, and in which order.

What is asked of the provider is in the order of an engine (tests/engine/deployment.py); that an engine
keeps it, too, is shown in test_adoption_engine.
"""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from exchange_ports.proof import prove
from tests.engine.aws_account import Account
from tests.engine.stacks import STACKS, Topology, changed
from tests.support.recordings import declared
from tests.support.resource_types import EXCLUSIVE

pytestmark = pytest.mark.slow


def exclusive(topology: Topology) -> Topology:
    made = copy.deepcopy(topology)
    for network in made["networks"].values():
        network["exclusive_rules"] = True
    return made


def by_hand(there: Account) -> str:
    """A rule that somebody adds to one of our groups."""
    group = next(
        each["GroupId"]
        for each in there.ec2.describe_security_groups()["SecurityGroups"]
        if each["GroupName"] != "default"
    )
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "8.8.8.8/32"}]}
    made = there.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    return made["SecurityGroupRules"][0]["SecurityGroupRuleId"]


def rules(there: Account) -> set[str]:
    found = there.ec2.describe_security_group_rules()["SecurityGroupRules"]
    return {each["SecurityGroupRuleId"] for each in found}


@pytest.mark.parametrize("stack", STACKS)
def test_old_rules_go_only_when_every_new_one_of_the_network_stands(
    stack: str, account: Callable[[str], Account]
) -> None:
    there = account(stack)
    before = exclusive(declared(stack, "aws"))
    first = there.run(before)
    there.deployment.up(first)
    assert prove(there.stands(before, first)).failures == ()
    assert there.deployment.up(first) == []

    after = exclusive(changed(before))
    second = there.run(after)
    there.control.forget()
    there.deployment.up(second)
    assert prove(there.stands(after, second)).failures == ()
    calls = [call.call for call in there.control.writes()]
    last_made = max(at for at, call in enumerate(calls) if call.startswith("Authorize"))
    first_gone = min(at for at, call in enumerate(calls) if call.startswith("Revoke"))
    networks = {one.parent for one in second.of_type(EXCLUSIVE)}
    if len(networks) == 1:
        assert last_made < first_gone
    # A rule that is gone already is deleted without a word.
    assert [call for call in there.control.calls() if call.error] != []
    assert there.deployment.up(second) == []
    there.deployment.destroy()


def test_each_waits_for_all_rules_of_its_network_and_names_those_of_its_group(
    account: Callable[[str], Account],
) -> None:
    there = account("both")
    recording = there.run(exclusive(declared("both", "aws")))
    found = recording.of_type(EXCLUSIVE)
    groups = recording.of_type("aws:ec2/securityGroup:SecurityGroup")
    assert {one.inputs["securityGroupId"] for one in found} == {one.id for one in groups}
    for one in found:
        inputs: Any = one.inputs
        rules = [
            each for each in recording.children(one.parent or "") if "GroupIngress" in each.type
        ]
        rules += [
            each for each in recording.children(one.parent or "") if "GroupEgress" in each.type
        ]
        assert {each.urn for each in rules} <= set(one.dependencies)
        here = [
            each for each in rules if each.inputs["securityGroupId"] == inputs["securityGroupId"]
        ]
        assert {*inputs["ingressRuleIds"], *inputs["egressRuleIds"]} == {each.id for each in here}
        assert {
            "GroupIngress" in each.type for each in here if each.id in inputs["ingressRuleIds"]
        } <= {True}


def test_a_rule_made_by_hand_goes_with_the_update_after_a_refresh(
    account: Callable[[str], Account],
) -> None:
    there = account("dev")
    wanted = there.run(exclusive(declared("dev", "aws")))
    there.deployment.up(wanted)
    foreign = by_hand(there)
    # An update alone does not look: what Pulumi has in its state is what was asked for.
    assert there.deployment.up(wanted) == []
    assert foreign in rules(there)
    assert len(there.deployment.refresh()) == 1
    assert [word for word, _ in there.deployment.up(wanted)] == ["update"]
    assert foreign not in rules(there)
    assert there.deployment.refresh() == []


def test_without_it_a_rule_made_by_hand_stays_and_is_not_seen(
    account: Callable[[str], Account],
) -> None:
    there = account("dev")
    wanted = there.run(declared("dev", "aws"))
    there.deployment.up(wanted)
    foreign = by_hand(there)
    assert there.deployment.refresh() == []
    assert there.deployment.up(wanted) == []
    assert foreign in rules(there)


def test_taking_the_option_away_revokes_nothing(account: Callable[[str], Account]) -> None:
    there = account("dev")
    there.deployment.up(there.run(exclusive(declared("dev", "aws"))))
    stood = rules(there)
    there.deployment.up(there.run(declared("dev", "aws")))
    assert rules(there) == stood
