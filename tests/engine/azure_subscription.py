"""A subscription of Azure for a stack, and the stack in it: by the test provider alone, or on an engine."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from azure.mgmt.network import NetworkManagementClient

from exchange_ports.clouds.azure.rules import AzureRuleSet
from exchange_ports.offline import Recording, record
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.engine import arm_server
from tests.engine.arm import Arm
from tests.engine.azure_provider import VERSION, AzureProvider
from tests.engine.control import Control
from tests.engine.deployment import Deployment
from tests.engine.live_azure import as_it_stands
from tests.engine.stacks import Topology
from tests.engine.tenant import LOCATION, Tenant
from tests.engine.workspace import Plugin, Workspace
from tests.support.paths import ROOT
from tests.support.recordings import declared
from tests.support.strategies import declared as understood


@dataclass
class Subscription:
    """A subscription with a resource group for each network of a stack, and the stack in it."""

    stack: str
    client: NetworkManagementClient
    tenant: Tenant
    control: Control
    deployment: Deployment

    def run(self, topology: Topology, tags: Mapping[str, str] | None = None) -> Recording:
        """What the program registers for a topology."""
        settings = {"topology": topology, "networks": self.tenant.places, "tags": dict(tags or {})}
        config = {f"{NAMESPACE}:{name}": json.dumps(value) for name, value in settings.items()}
        return record(ROOT, project=NAMESPACE, stack=self.stack, config=config)

    def dress(self, topology: Topology, recording: Recording) -> None:
        """Put the servers there."""
        outputs: Any = self.deployment.known(recording.outputs)
        for network, plan in compile_plans(understood(topology)).networks.items():
            assert isinstance(plan, AzureRuleSet)
            self.tenant.dress(network, plan.zones, outputs)

    def stands(self, topology: Topology) -> Plans:
        """The plans, with what azure-mgmt-network finds in the place of what was planned."""
        plans = compile_plans(understood(topology))
        return as_it_stands(self.client, plans, self.tenant.resource_groups)

    def puts(self) -> list[str]:
        """What was put since the last look, in order."""
        put = [call.name for call in self.control.writes()]
        self.control.forget()
        return put


@contextmanager
def subscription(stack: str, topology: Topology, directory: Path) -> Generator[Subscription]:
    arm = Arm()
    with arm_server.serving(arm) as endpoint, arm_server.client(endpoint) as client:
        tenant = Tenant(arm, client, topology["networks"])
        control = Control(directory)
        deployment = Deployment(AzureProvider(control, endpoint), {})
        yield Subscription(stack, client, tenant, control, deployment)


AZURE: Final = Plugin("azure-native", VERSION, "tests.engine.azure_provider")


class EngineSubscription:
    """A subscription with a resource group for each network of a stack, and an engine beside it."""

    def __init__(self, engine: Workspace, arm: Arm, client: NetworkManagementClient) -> None:
        self.engine = engine
        self.client: Any = client
        self.topology = declared(engine.stack, "azure")
        self.tenant = Tenant(arm, client, self.topology["networks"])
        self.declare(self.topology)
        engine.pulumi("stack", "init", engine.stack)

    def declare(self, topology: Topology) -> None:
        self.topology = topology
        self.engine.configure(
            {"azure-native:location": LOCATION},
            {"networks": self.tenant.places, "topology": topology},
        )

    def dress(self) -> None:
        """Put the servers there."""
        outputs = self.engine.outputs()
        for network, plan in compile_plans(understood(self.topology)).networks.items():
            assert isinstance(plan, AzureRuleSet)
            self.tenant.dress(network, plan.zones, outputs)

    def failures(self) -> Any:
        """What the proof says of the rules that stand, read by azure-mgmt-network."""
        plans = compile_plans(understood(self.topology))
        return prove(as_it_stands(self.client, plans, self.tenant.resource_groups)).failures
