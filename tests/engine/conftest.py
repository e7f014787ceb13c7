"""What several tests of engines and clouds begin with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from azure.mgmt.network import NetworkManagementClient

from tests.engine import arm_server, ec2_server
from tests.engine.arm import Arm
from tests.engine.aws_account import Account
from tests.engine.aws_provider import AwsProvider
from tests.engine.chain import BEGINNING
from tests.engine.clouds import PLATFORMS
from tests.engine.control import Control
from tests.engine.deployment import Deployment
from tests.engine.made_up import die
from tests.engine.running import Begun, Started, running
from tests.support.recordings import declared

# Its assertions say what they saw, as those of tests do.
pytest.register_assert_rewrite("tests.engine.checking")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Started]:
    """A stack with interfaces on a real engine, in the cloud that is named."""
    with ExitStack() as running_ones:
        yield lambda platform: running_ones.enter_context(running(platform, tmp_path))


@pytest.fixture(params=PLATFORMS)
def begun(request: pytest.FixtureRequest, stack: Started) -> Begun:
    """One in each cloud, with the stack's first topology made."""
    there, topology = stack(request.param), declared(BEGINNING, request.param)
    there.up(topology)
    return Begun(there, request.param, topology)


@pytest.fixture
def control(tmp_path: Path) -> Control:
    """The log of a provider in this process, which cannot be killed: it raises `Died`."""
    return Control(tmp_path, die=die)


@pytest.fixture(scope="module")
def arm() -> Arm:
    """The small ARM of a file of tests."""
    return Arm()


@pytest.fixture(scope="module")
def endpoint(arm: Arm) -> Iterator[str]:
    """Where it is served."""
    with arm_server.serving(arm) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def client(endpoint: str) -> Iterator[NetworkManagementClient]:
    """azure-mgmt-network before it."""
    with arm_server.client(endpoint) as client:
        yield client


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
