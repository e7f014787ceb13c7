"""Groups that servers of another stack have, and that an update would replace or delete: no rule is lost.

Without an engine: the recorded program is made by the provider in the order of an engine. The same on an
engine is in test_groups_of_other_stacks_engine.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports.clouds.aws.rules import AwsRuleSet, GroupRef
from exchange_ports.clouds.aws.transitions import deletion_order
from exchange_ports.offline import Recording, record
from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.engine import ec2_server
from tests.engine.aws_provider import AwsProvider
from tests.engine.control import Control
from tests.engine.deployment import Deployment, Refused
from tests.engine.elsewhere import CHANGES, Elsewhere
from tests.engine.updating import planned
from tests.support.paths import ROOT
from tests.support.recordings import declared
from tests.support.rule_sets import networks_of

pytestmark = pytest.mark.slow

NAMED: Final = ROOT / "tests" / "programs" / "named" / "__main__.py"

#: The larger stacks take minutes; a real engine runs them (test_groups_of_other_stacks_engine).
STACKS: Final = ("dev",)


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["Stack"]:
    ec2_server.forget_everything()
    with ec2_server.watched() as snapshots:
        yield Stack(request.param, lambda: snapshots, tmp_path)
    ec2_server.forget_everything()


class Stack(Elsewhere):
    """A stack of the smallest program, whose servers are elsewhere."""

    def __init__(self, name: str, snapshots: Any, directory: Path) -> None:
        self.topology: dict[str, Any] = declared(name, "aws")
        super().__init__(ec2_server.client(), snapshots, list(self.topology["networks"]))
        self.deployment = Deployment(AwsProvider(Control(directory)), {})
        self._name = name

    def up(self, settings: Mapping[str, str]) -> Mapping[str, Any]:
        """Make it so. The output `servers`."""
        recording = self.recorded(settings)
        self.deployment.up(recording)
        return self.deployment.known(recording.outputs["servers"])

    def recorded(self, settings: Mapping[str, str]) -> Recording:
        vpcs = dict.fromkeys(self.vpcs, self.another) if "vpc_id" in settings else self.vpcs
        ours = {"topology": self.topology, "networks": {k: {"vpc_id": v} for k, v in vpcs.items()}}
        config = {f"{NAMESPACE}:{name}": json.dumps(value) for name, value in ours.items()}
        test = {key: value for key, value in settings.items() if key.startswith("test:")}
        return record(NAMED, project=NAMESPACE, stack=self._name, config={**config, **test})


@pytest.mark.parametrize("change", CHANGES)
def test_no_rule_goes_while_a_server_of_another_stack_has_its_group(
    stack: Stack, change: str
) -> None:
    stack.attach(stack.up({}))
    stood = stack.rules()
    with pytest.raises(Refused, match="DependencyViolation"):
        stack.up(CHANGES[change])
    assert stack.lost(stood) == []


@pytest.mark.parametrize("change", ["renamed", "moved below another component"])
def test_the_update_is_done_once_the_servers_have_left(stack: Stack, change: str) -> None:
    stack.attach(stack.up({}))
    stood = stack.rules()
    with pytest.raises(Refused):
        stack.up(CHANGES[change])
    new = stack.deployment.known(stack.recorded(CHANGES[change]).outputs["servers"])
    stack.attach(new)
    stack.up(CHANGES[change])
    assert stood.keys() & stack.rules().keys() == set()
    assert stack.up(CHANGES[change]) == new


def test_all_is_taken_away_where_no_server_is_left(stack: Stack) -> None:
    stack.attach(stack.up({}))
    stack.leave()
    stack.deployment.destroy()
    assert stack.rules() == {}


def test_a_rule_that_an_edit_takes_away_is_deleted_while_its_group_stays(stack: Stack) -> None:
    stack.attach(stack.up({}))
    stood = stack.rules()
    del stack.topology["additional_flows"]
    stack.up({})
    assert stood.keys() - stack.rules().keys() != set()


def across(rules: AwsRuleSet) -> set[tuple[str, str]]:
    """Which group's rules name which other group."""
    return {
        (rule.group, rule.peer.key)
        for rule in rules.rules
        if isinstance(rule.peer, GroupRef) and rule.peer.key != rule.group
    }


@pytest.mark.parametrize("name", ["dev", "prod-aws", "both", "proxied"])
def test_groups_that_go_first_are_named_by_no_other_and_every_server_is_in_one(name: str) -> None:
    for rules in networks_of(planned(declared(name, "aws"))).values():
        assert isinstance(rules, AwsRuleSet)
        order = deletion_order(rules)
        first = {group.key for group in order.first}
        assert first & {peer for _, peer in across(rules)} == set()
        assert {*order.first, *order.last} == {*rules.groups}
        # EC2 refuses these as long as any server is there, and nothing else has gone then.
        assert all(first & {*groups} for groups in rules.memberships.values())
        # When the first have gone with their rules, and then the separate rules, no group is named.
        left = {rule for rule in rules.rules if rule.group not in first} - {*order.separate}
        assert across(AwsRuleSet("", (), (), tuple(left), {})) == set()


def test_rules_at_a_neighbors_group_wait_for_the_groups_that_no_other_names() -> None:
    topology = declared("dev", "aws")
    (rules,) = networks_of(planned(topology)).values()
    assert isinstance(rules, AwsRuleSet)
    alone = deletion_order(rules)
    assert {group.key for group in alone.last} == set()
    (sample, *_) = (rule for rule in rules.rules if rule.peer == GroupRef("exchange"))
    there = replace(sample, group="domain-controllers.lab")
    order = deletion_order(rules, [there])
    assert [group.key for group in order.last] == ["exchange"]
    assert order.separate == (there,)
    # Both servers of the stack are in each of these, too.
    assert {group.key for group in order.first} == {
        "client-access.lab",
        "edgesync.lab",
        "mailbox.lab",
    }
