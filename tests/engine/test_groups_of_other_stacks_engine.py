"""Groups that servers of another stack have, on a real engine: what stands after every single call.

The engine is real, and so is its order. The provider and EC2 are those of tests: nothing here was tried
against an account.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.engine import ec2_server
from tests.engine.aws_account import AWS
from tests.engine.aws_provider import ENDPOINT
from tests.engine.elsewhere import CHANGES, Elsewhere
from tests.engine.snapshots import kept_in
from tests.engine.workspace import Workspace, workspace
from tests.support.paths import ROOT
from tests.support.recordings import declared

pytestmark = pytest.mark.pulumi_engine

NAMED: Final = ROOT / "tests" / "programs" / "named" / "__main__.py"

STACKS: Final = ("dev", "prod-aws")


class Stack(Elsewhere):
    """A stack of the smallest program on an engine, whose servers are elsewhere."""

    def __init__(self, engine: Workspace, endpoint: str, journal: Path) -> None:
        self.engine = engine
        self.topology: dict[str, Any] = declared(engine.stack, "aws")
        networks = list(self.topology["networks"])
        super().__init__(ec2_server.client(endpoint), lambda: kept_in(journal), networks)
        self.declare({})
        engine.pulumi("stack", "init", engine.stack)

    def declare(self, settings: Mapping[str, str]) -> None:
        """What the next update makes."""
        vpcs = dict.fromkeys(self.vpcs, self.another) if "vpc_id" in settings else self.vpcs
        test = {key: value for key, value in settings.items() if key.startswith("test:")}
        self.engine.configure(
            {"aws:region": ec2_server.REGION, **test},
            {"topology": self.topology, "networks": {k: {"vpc_id": v} for k, v in vpcs.items()}},
        )

    def run(self, *command: str, fails: bool = False) -> str:
        """A command of the CLI about this stack."""
        return self.engine.pulumi(*command, "--stack", self.engine.stack, fails=fails)

    def up(self, *options: str, fails: bool = False) -> str:
        """Make it so."""
        return self.run("up", "--yes", "--skip-preview", *options, fails=fails)

    def servers(self) -> Mapping[str, Any]:
        """The output `servers`."""
        return self.engine.outputs()["servers"]

    def groups(self) -> list[str]:
        """The URNs of the groups that are there and wanted."""
        kind = "aws:ec2/securityGroup:SecurityGroup"
        return [
            each["urn"]
            for each in self.engine.export()
            if each["type"] == kind and not each.get("delete")
        ]


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    journal = tmp_path / "journal.jsonl"
    with (
        ec2_server.served(journal=journal) as endpoint,
        workspace(tmp_path, request.param, [AWS], {ENDPOINT: endpoint}, NAMED) as engine,
    ):
        made = Stack(engine, endpoint, journal)
        made.up()
        made.attach(made.servers())
        yield made


@pytest.mark.parametrize("change", CHANGES)
def test_no_rule_goes_while_a_server_of_another_stack_has_its_group(
    stack: Stack, change: str
) -> None:
    stood = stack.rules()
    stack.declare(CHANGES[change])
    assert "DependencyViolation" in stack.up(fails=True)
    assert stack.lost(stood) == []
    # Nor by trying it again.
    assert "DependencyViolation" in stack.up(fails=True)
    assert stack.lost(stood) == []

    if "vpc_id" in CHANGES[change]:
        stack.leave()
    else:
        stack.attach(stack.servers())
    stack.up()
    assert stood.keys() & stack.rules().keys() == set()
    stack.run("preview", "--expect-no-changes")
    assert stack.engine.pending() == []


@pytest.mark.parametrize("stack", ["prod-aws"], indirect=True)
def test_all_groups_replaced_by_hand_lose_no_rule_while_servers_have_them(stack: Stack) -> None:
    stood = stack.rules()
    options = [option for urn in stack.groups() for option in ("--replace", urn)]
    assert "DependencyViolation" in stack.up(*options, fails=True)
    assert stack.lost(stood) == []
    stack.attach(stack.servers())
    stack.up()
    assert stood.keys() & stack.rules().keys() == set()
    stack.run("preview", "--expect-no-changes")


def test_with_an_alias_a_renamed_component_keeps_every_group_and_rule(stack: Stack) -> None:
    stood, servers = stack.rules(), stack.servers()
    stack.declare({"test:component": "mail", "test:formerly": "exchange"})
    stack.up()
    assert stack.rules() == stood
    assert stack.servers() == servers
    stack.run("preview", "--expect-no-changes")


@pytest.mark.parametrize("stack", ["dev"], indirect=True)
def test_going_back_after_a_refused_deletion_adds_a_rule_that_stands_and_loses_none(
    stack: Stack,
) -> None:
    # docs/updates.md says so, and that `adopt` finds the rules again.
    stood = stack.rules()
    stack.declare(CHANGES["renamed"])
    stack.up(fails=True)
    stack.declare({})
    assert "InvalidPermission.Duplicate" in stack.up(fails=True)
    assert stack.lost(stood) == []


@pytest.mark.parametrize("stack", ["dev"], indirect=True)
def test_a_rule_taken_away_while_a_replaced_group_waits_for_deletion_stays(stack: Stack) -> None:
    # What docs/updates.md warns of: an engine knows a group by its name, which both have.
    stack.declare(CHANGES["in another VPC"])
    stack.up(fails=True)
    stood = stack.rules()
    stack.topology["additional_flows"] = []
    stack.declare(CHANGES["in another VPC"])
    stack.up(fails=True)
    assert stack.rules() == stood
