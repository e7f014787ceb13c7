"""A server that the same program creates, on a real engine, on AWS: its address is compared, and groups attached.

The provider and EC2 are those of tests. tests/component/test_addresses.py and test_attaching.py have what
recordings show.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.engine import ec2_server
from tests.engine.aws_account import AWS, EngineAccount
from tests.engine.aws_provider import ENDPOINT
from tests.engine.workspace import workspace
from tests.support.paths import ROOT
from tests.support.strategies import edited

pytestmark = pytest.mark.pulumi_engine

PROGRAM: Final = ROOT / "tests" / "programs" / "made_here" / "__main__.py"


class Stack(EngineAccount):
    """The stack dev in the range of its VPC, with a network interface whose address EC2 chooses."""

    subnet = ""

    def declare(self, topology: dict[str, Any]) -> None:
        self.topology = topology
        ((network, vpc),) = self.vpcs.items()
        if not self.subnet:
            made = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
            self.subnet = made["Subnet"]["SubnetId"]
        config = {"aws:region": ec2_server.REGION, "test:subnet": self.subnet}
        networks = {network: {"vpc_id": vpc}}
        self.engine.configure(config, {"networks": networks, "topology": topology})

    def run(self, *command: str, fails: bool = False) -> str:
        return self.engine.pulumi(*command, "--stack", self.engine.stack, fails=fails)

    def up(self, *, fails: bool = False) -> str:
        self.engine.control.forget()
        return self.run("up", "--yes", "--skip-preview", fails=fails)

    def writes(self) -> list[str]:
        """The calls that changed something in EC2."""
        return [each.call for each in self.engine.control.writes()]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with (
        ec2_server.served() as endpoint,
        workspace(tmp_path, "dev", [AWS], {ENDPOINT: endpoint}, PROGRAM) as engine,
    ):
        yield Stack(engine, ec2_server.client(endpoint))


def test_another_address_creates_no_group_and_the_right_one_attaches_the_groups(
    stack: Stack,
) -> None:
    (network,) = stack.vpcs
    first = edited(stack.topology, {f"networks.{network}.internal": ["10.0.0.0/22"]})
    (site,) = first["sites"].values()
    site["servers"] = {"ex1": {**site["servers"]["ex1"], "address": "10.0.3.250"}}
    site["domain_controllers"] = {"addresses": ["10.0.1.10"]}
    stack.declare(first)

    # A preview cannot know the address, and shows every rule.
    assert "SecurityGroupIngressRule" in stack.run("preview")

    said = stack.up(fails=True)
    found = re.search(r"The address of ex1 is (\S+); the topology declares 10\.0\.3\.250\.", said)
    assert found is not None, said
    assert "error[address-differs]" in said
    assert "Traceback" not in said.partition("error[address-differs]")[0]
    assert stack.writes() == ["CreateNetworkInterface"]

    site["servers"]["ex1"]["address"] = found[1]
    stack.declare(first)
    stack.up()
    (interface,) = stack.ec2.describe_network_interfaces()["NetworkInterfaces"]
    ours = {each["GroupName"] for each in interface["Groups"]}
    assert sum(name.startswith("exchange-") for name in ours) > 1
    assert stack.run("preview", "--expect-no-changes", "--diff")

    stack.engine.control.forget()
    stack.run("destroy", "--yes", "--skip-preview")
    calls = stack.writes()
    detached = max(at for at, name in enumerate(calls) if name.startswith("Modify"))
    deleted = min(
        at for at, name in enumerate(calls) if name.startswith(("RevokeSec", "DeleteSec"))
    )
    assert detached < deleted
    assert [call for call in stack.engine.control.calls() if call.error] == []
