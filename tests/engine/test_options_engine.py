"""What the options of the component do to its children on a real engine, on AWS.

The provider and EC2 are those of tests. tests/component/test_options.py has what recordings show.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.engine import ec2_server
from tests.engine.aws_account import AWS, EngineAccount
from tests.engine.aws_provider import ENDPOINT
from tests.engine.workspace import workspace
from tests.support.paths import ROOT
from tests.support.resource_types import GROUP

pytestmark = pytest.mark.pulumi_engine

PROGRAM: Final = ROOT / "tests" / "programs" / "options" / "__main__.py"


class Stack(EngineAccount):
    """The stack dev, with the firewall under options."""

    options = ""
    tags: dict[str, str]

    def declare(self, topology: dict[str, Any]) -> None:
        self.topology = topology
        networks = {name: {"vpc_id": self.vpcs[name]} for name in topology["networks"]}
        config = {"aws:region": ec2_server.REGION, "test:options": self.options}
        tags = getattr(self, "tags", {})
        self.engine.configure(config, {"networks": networks, "topology": topology, "tags": tags})

    def up(self, *options: str, **tags: str) -> None:
        self.options, self.tags = " ".join(options), tags
        self.declare(self.topology)
        self.engine.control.forget()
        self.run("up", "--yes", "--skip-preview")

    def run(self, *command: str, fails: bool = False) -> str:
        return self.engine.pulumi(*command, "--stack", self.engine.stack, fails=fails)

    def destroy(self, fails: bool = False) -> str:
        return self.run("destroy", "--yes", "--skip-preview", fails=fails)

    def children(self) -> list[dict[str, Any]]:
        """The resources of the component in the cloud, as the state has them."""
        return [each for each in self.engine.export() if "ExchangeFirewall$" in each["urn"]]

    def groups(self) -> list[dict[str, Any]]:
        """Our groups in EC2."""
        found = self.ec2.describe_security_groups()["SecurityGroups"]
        return [each for each in found if each["GroupName"].startswith("exchange-")]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with (
        ec2_server.served() as endpoint,
        workspace(tmp_path, "dev", [AWS], {ENDPOINT: endpoint}, PROGRAM) as engine,
    ):
        yield Stack(engine, ec2_server.client(endpoint))


def test_protect_keeps_every_child_from_being_deleted(stack: Stack) -> None:
    stack.up("protect")
    assert {each["protect"] for each in stack.children()} == {True}
    assert "protected" in stack.destroy(fails=True)
    assert stack.failures() == ()
    stack.up()
    stack.destroy()
    assert stack.groups() == []


def test_retained_children_stay_in_the_cloud_and_leave_the_state(stack: Stack) -> None:
    stack.up("retain_on_delete")
    before = {each["GroupId"] for each in stack.groups()}
    stack.destroy()
    assert stack.engine.export() == []
    assert {each["GroupId"] for each in stack.groups()} == before != set()


def test_ignored_changes_of_the_component_are_none_of_its_children(stack: Stack) -> None:
    stack.up("ignore_changes", cost="1")
    stack.up("ignore_changes", cost="2")
    tags = [{tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in stack.groups()]
    assert {each["cost"] for each in tags} == {"2"}


def test_children_wait_for_what_the_component_depends_on_and_go_before_it(stack: Stack) -> None:
    stack.up("depends_on")
    created = [call.name for call in stack.engine.control.writes()]
    assert created[0] == "landing"
    stack.engine.control.forget()
    stack.destroy()
    assert [call.name for call in stack.engine.control.writes()][-1] == "landing"


def test_providers_reach_every_child(stack: Stack) -> None:
    stack.up("providers")
    custom = [each for each in stack.children() if each["custom"]]
    names = {each["provider"].rpartition("::")[0].rpartition("::")[2] for each in custom}
    assert names == {"mine"}


def test_transforms_reach_every_child_and_change_what_is_created(stack: Stack) -> None:
    stack.up("transforms")
    groups = stack.groups()
    assert groups
    for each in groups:
        tags = {tag["Key"]: tag["Value"] for tag in each["Tags"]}
        assert tags["owner"] == "network team"
    assert [each["type"] for each in stack.children()].count(GROUP) == len(groups)
    stack.run("preview", "--expect-no-changes")


@pytest.mark.parametrize("options", [(), ("depends_on",)])
def test_adding_an_option_replaces_nothing(stack: Stack, options: tuple[str, ...]) -> None:
    stack.up(*options)
    before = {each["urn"]: each.get("id") for each in stack.children()}
    stack.up("protect", "depends_on", "retain_on_delete")
    assert {each["urn"]: each.get("id") for each in stack.children()} == before
    steps: Callable[[], list[tuple[str, str]]] = stack.engine.steps
    assert steps() == []
