"""Our program on a real Pulumi engine, on Azure: made, unchanged, refreshed, mended, taken away.

The engine is real, and so is the order in which it asks. The provider and ARM are those of tests
(tests/engine/azure_provider.py, arm.py): nothing here was tried against an account of Azure.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine import arm_server
from tests.engine.arm import Arm
from tests.engine.azure_provider import ENDPOINT
from tests.engine.azure_subscription import AZURE
from tests.engine.azure_subscription import EngineSubscription as Subscription
from tests.engine.checking import created, unchanged
from tests.engine.stacks import STACKS
from tests.engine.workspace import workspace
from tests.support.strategies import edited

pytestmark = pytest.mark.pulumi_engine


@pytest.fixture
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subscription]:
    arm = Arm()
    with (
        arm_server.serving(arm) as endpoint,
        arm_server.client(endpoint) as client,
        workspace(tmp_path, request.param, [AZURE], {ENDPOINT: endpoint}) as engine,
    ):
        yield Subscription(engine, arm, client)


@pytest.mark.parametrize("there", STACKS, indirect=True)
def test_a_stack_from_first_preview_to_nothing(there: Subscription) -> None:
    engine = there.engine
    created(engine)
    unchanged(engine)
    there.dress()
    assert there.failures() == ()

    destroy = ("destroy", "--yes", "--skip-preview", "--stack", engine.stack)
    reported = engine.pulumi(*destroy, fails=True)
    assert "InUseNetworkSecurityGroupCannotBeDeleted" in reported
    assert there.failures() == ()
    there.tenant.undress()
    engine.pulumi(*destroy)
    assert there.tenant.holds_nothing()
    assert engine.export() == []
    assert engine.left() == []


@pytest.mark.parametrize("there", ["dev"], indirect=True)
def test_drift_by_hand_is_found_by_a_refresh_and_mended(there: Subscription) -> None:
    engine = there.engine
    engine.up()
    there.dress()
    (group,) = there.tenant.resource_groups.values()
    (nsg,) = there.client.network_security_groups.list(group)
    clients = next(one.name for one in nsg.security_rules if "-tcp-443-" in one.name)
    there.client.security_rules.begin_delete(group, nsg.name, clients).result()
    assert there.failures() != ()
    engine.pulumi("refresh", "--yes", "--skip-preview", "--stack", engine.stack)
    engine.control.forget()
    assert engine.up() == [("update", nsg.name)]
    assert there.failures() == ()


def edit(there: Subscription) -> None:
    """Clients read mail by IMAP as well, and no longer submit any."""
    there.declare(edited(there.topology, {"clients.office.services": ["https", "imap"]}))


@pytest.mark.parametrize("there", ["dev"], indirect=True)
def test_an_edit_of_rules_is_one_put(there: Subscription) -> None:
    engine = there.engine
    engine.up()
    there.dress()
    edit(there)
    engine.control.forget()
    engine.up()
    assert [call.call for call in engine.control.writes()] == ["PUT"]
    assert there.failures() == ()
