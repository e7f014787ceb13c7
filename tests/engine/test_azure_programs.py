"""Our program's own resources, made, changed and taken away in Azure by the test provider, without an engine.

Each recorded stack meets what Azure refuses. Then azure-mgmt-network, which knows nothing of the
provider, puts servers there, reads what stands, and the proof is made on that.
"""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from azure.mgmt.network import NetworkManagementClient

from exchange_ports.clouds.azure.rules import AzureRuleSet
from exchange_ports.offline import Recording, record
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.engine import arm_server
from tests.engine.arm import Arm
from tests.engine.azure_provider import AzureProvider
from tests.engine.control import Control
from tests.engine.deployment import Deployment, Refused
from tests.engine.live_azure import as_it_stands
from tests.engine.stacks import STACKS, Topology, changed
from tests.engine.tenant import Tenant
from tests.support.recordings import ROOT, declared
from tests.support.strategies import declared as understood

NSG: Final = "azure-native:network:NetworkSecurityGroup"


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


def with_groups_on(place: str, topology: Topology) -> Topology:
    for network in topology["networks"].values():
        network["attach_to"] = place
    return topology


@pytest.mark.parametrize("place", ["network_interfaces", "subnets"])
@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_is_made_proved_changed_and_taken_away(
    stack: str, place: str, tmp_path: Path
) -> None:
    before = with_groups_on(place, declared(stack, "azure"))
    with subscription(stack, before, tmp_path) as there:
        first = there.run(before)
        steps = there.deployment.up(first)
        assert {word for word, _ in steps} == {"create"}
        assert len(steps) == sum(one.custom for one in first.registrations)
        # What is read is what was registered: the second time there is nothing to do.
        assert there.deployment.refresh() == []
        assert there.deployment.up(first) == []
        there.puts()

        there.dress(before, first)
        assert prove(there.stands(before)).failures == ()
        # Who hangs on a group is told as well, and is no difference.
        assert {urn.split("$")[-1].split("::")[0] for urn in there.deployment.refresh()} == {NSG}
        assert there.deployment.up(first) == []

        after = changed(before)
        second = there.run(after)
        steps = there.deployment.up(second)
        assert {word for word, _ in steps} == {"update"}
        # Each changed group is one call: no moment has half of its rules.
        assert there.puts() == [urn.rpartition("::")[2] for _, urn in steps]
        there.dress(after, second)
        stood = there.stands(after)
        assert prove(stood).failures == ()
        assert there.deployment.up(second) == []
        assert [call for call in there.control.calls() if call.error] == []

        # While a server wears it, no group goes.
        with pytest.raises(Refused, match="InUseNetworkSecurityGroupCannotBeDeleted"):
            there.deployment.destroy()
        assert there.stands(after) == stood
        there.tenant.undress()
        there.deployment.destroy()
        assert there.tenant.holds_nothing()


def test_a_rule_that_somebody_deletes_shows_in_the_proof_and_comes_back(tmp_path: Path) -> None:
    topology = declared("dev", "azure")
    with subscription("dev", topology, tmp_path) as there:
        wanted = there.run(topology)
        there.deployment.up(wanted)
        there.dress(topology, wanted)
        (group,) = there.tenant.resource_groups.values()
        client: Any = there.client
        (nsg,) = client.network_security_groups.list(group)
        clients = next(one.name for one in nsg.security_rules if "-tcp-443-" in one.name)
        client.security_rules.begin_delete(group, nsg.name, clients).result()
        assert prove(there.stands(topology)).failures != ()

        assert [urn.rpartition("::")[2] for urn in there.deployment.refresh()] == [nsg.name]
        assert [word for word, _ in there.deployment.up(wanted)] == ["update"]
        assert prove(there.stands(topology)).failures == ()


def test_a_server_without_its_application_group_shows_in_the_proof(tmp_path: Path) -> None:
    topology = declared("dev", "azure")
    with subscription("dev", topology, tmp_path) as there:
        wanted = there.run(topology)
        there.deployment.up(wanted)
        there.dress(topology, wanted)
        (group,) = there.tenant.resource_groups.values()
        client: Any = there.client
        nic = next(iter(client.network_interfaces.list(group)))
        nic.ip_configurations[0].application_security_groups = []
        client.network_interfaces.begin_create_or_update(group, nic.name, nic).result()
        assert prove(there.stands(topology)).failures != ()
