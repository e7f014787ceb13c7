"""Our program's own resources, made, changed and taken away in EC2 by the test provider, without an engine.

Each recorded stack meets what EC2 refuses. Then boto3, which knows nothing of the provider, reads what
stands, and the proof is made on that.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exchange_ports.offline import Recording, record
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.engine import ec2_server
from tests.engine.aws_provider import AwsProvider
from tests.engine.control import Control
from tests.engine.deployment import Deployment
from tests.engine.live import as_it_stands, without_ours
from tests.engine.stacks import STACKS, Topology, changed
from tests.support.recordings import ROOT, declared
from tests.support.strategies import declared as understood

pytestmark = pytest.mark.filterwarnings(r"ignore:aws\..*has been deprecated:DeprecationWarning")


@dataclass
class Account:
    """An account with a VPC for each network of a stack, and the stack in it."""

    stack: str
    ec2: Any
    vpcs: Mapping[str, str]
    control: Control
    deployment: Deployment

    def run(self, topology: Topology, tags: Mapping[str, str] | None = None) -> Recording:
        """What the program registers for a topology."""
        networks = {name: {"vpc_id": f"made-up-{name}"} for name in topology["networks"]}
        settings = {"topology": topology, "networks": networks, "tags": dict(tags or {})}
        config = {f"{NAMESPACE}:{name}": json.dumps(value) for name, value in settings.items()}
        return record(ROOT, project=NAMESPACE, stack=self.stack, config=config)

    def stands(self, topology: Topology, recording: Recording) -> Plans:
        """The plans, with what boto3 finds in the place of what was planned."""
        servers: Any = self.deployment.known(recording.outputs["servers"])
        return as_it_stands(self.ec2, compile_plans(understood(topology)), self.vpcs, servers)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Callable[[str], Account]]:
    ec2_server.forget_everything()

    def opened(stack: str) -> Account:
        ec2 = ec2_server.client()
        vpcs = {
            name: ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
            for name in declared(stack, "aws")["networks"]
        }
        control = Control(tmp_path)
        places = {f"made-up-{name}": vpc_id for name, vpc_id in vpcs.items()}
        return Account(stack, ec2, vpcs, control, Deployment(AwsProvider(control), places))

    yield opened
    ec2_server.forget_everything()


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_is_made_proved_changed_and_taken_away(
    stack: str, account: Callable[[str], Account]
) -> None:
    there = account(stack)
    before = declared(stack, "aws")
    first = there.run(before)

    steps = there.deployment.up(first)
    assert {word for word, _ in steps} == {"create"}
    assert len(steps) == sum(one.custom for one in first.registrations)
    assert prove(there.stands(before, first)).failures == ()

    # What is read is what was registered: the second time there is nothing to do.
    assert there.deployment.refresh() == []
    assert there.deployment.up(first) == []

    after = changed(before)
    second = there.run(after)
    steps = there.deployment.up(second)
    assert {word for word, _ in steps} == {"create", "update", "delete"}
    assert prove(there.stands(after, second)).failures == ()
    assert there.deployment.up(second) == []

    there.deployment.destroy()
    assert without_ours(there.ec2)
    assert [call for call in there.control.calls() if call.error] == []
