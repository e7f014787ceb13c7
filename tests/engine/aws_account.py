"""An account of AWS for a stack, and the stack in it: by the test provider alone, or on an engine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from exchange_ports.offline import Recording, record
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.engine import ec2_server
from tests.engine.aws_provider import VERSION
from tests.engine.control import Control
from tests.engine.deployment import Deployment
from tests.engine.live import as_it_stands
from tests.engine.stacks import Topology
from tests.engine.workspace import Plugin, Workspace
from tests.support.paths import ROOT
from tests.support.recordings import declared
from tests.support.strategies import declared as understood


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


AWS: Final = Plugin("aws", VERSION, "tests.engine.aws_provider")


class EngineAccount:
    """An account with a VPC for each network of a stack, and an engine beside it."""

    def __init__(self, engine: Workspace, ec2: Any) -> None:
        self.engine, self.ec2 = engine, ec2
        self.topology = declared(engine.stack, "aws")
        self.vpcs = {
            name: ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
            for name in self.topology["networks"]
        }
        self.declare(self.topology)
        engine.pulumi("stack", "init", engine.stack)

    def declare(self, topology: dict[str, Any]) -> None:
        self.topology = topology
        networks = {name: {"vpc_id": self.vpcs[name]} for name in topology["networks"]}
        self.engine.configure(
            {"aws:region": ec2_server.REGION}, {"networks": networks, "topology": topology}
        )

    def failures(self) -> Any:
        """What the proof says of the rules that stand, read by boto3."""
        plans = compile_plans(understood(self.topology))
        servers = self.engine.outputs()["servers"]
        return prove(as_it_stands(self.ec2, plans, self.vpcs, servers)).failures

    def rule(self, port: int) -> Any:
        """The one rule that lets a port in."""
        found = self.ec2.describe_security_group_rules()["SecurityGroupRules"]
        (rule,) = (one for one in found if one["FromPort"] == port and not one["IsEgress"])
        return rule
