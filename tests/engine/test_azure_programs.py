"""Our program's own resources, made, changed and taken away in Azure by the test provider, without an engine.

Each recorded stack meets what Azure refuses. Then azure-mgmt-network, which knows nothing of the
provider, puts servers there, reads what stands, and the proof is made on that.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from exchange_ports.offline import Recording
from exchange_ports.proof import prove
from tests.engine.azure_subscription import Subscription, subscription
from tests.engine.deployment import Refused
from tests.engine.stacks import STACKS, Topology, changed
from tests.support.recordings import declared
from tests.support.resource_types import NSG

pytestmark = pytest.mark.slow


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

        # While a server has it, no group goes.
        with pytest.raises(Refused, match="InUseNetworkSecurityGroupCannotBeDeleted"):
            there.deployment.destroy()
        assert there.stands(after) == stood
        there.tenant.undress()
        there.deployment.destroy()
        assert there.tenant.holds_nothing()


@contextmanager
def dev(directory: Path) -> Generator[tuple[Subscription, Topology, Recording]]:
    """The stack dev in a subscription, made, with its servers there."""
    topology = declared("dev", "azure")
    with subscription("dev", topology, directory) as there:
        wanted = there.run(topology)
        there.deployment.up(wanted)
        there.dress(topology, wanted)
        yield there, topology, wanted


def test_a_rule_that_somebody_deletes_shows_in_the_proof_and_comes_back(tmp_path: Path) -> None:
    with dev(tmp_path) as (there, topology, wanted):
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
    with dev(tmp_path) as (there, topology, _):
        (group,) = there.tenant.resource_groups.values()
        client: Any = there.client
        nic = next(iter(client.network_interfaces.list(group)))
        nic.ip_configurations[0].application_security_groups = []
        client.network_interfaces.begin_create_or_update(group, nic.name, nic).result()
        assert prove(there.stands(topology)).failures != ()
