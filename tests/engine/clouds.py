"""The two clouds of the engine tests, each with a look at what stands after every call.

Knows: how a place is made for the networks of a topology, what the program with interfaces
(tests/programs/attached) must be told of it, and how what stood is read.
Must not know: an engine. The provider may be one that an engine started, or be called as it is.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from exchange_ports.clouds.azure.rules import Attachment
from exchange_ports.planning import Plans
from tests.engine import arm_server, aws_provider, azure_provider, ec2_server, live, live_azure
from tests.engine.arm import SUBSCRIPTION, Arm
from tests.engine.control import Control
from tests.engine.looking import Look
from tests.engine.provider import Provider
from tests.engine.snapshots import Snapshot, kept_in, taken
from tests.engine.tenant import LOCATION, Tenant
from tests.engine.workspace import Plugin
from tests.support.paths import ROOT
from tests.support.recordings import PLATFORMS, Platform
from tests.support.rule_sets import networks_of

if TYPE_CHECKING:
    from azure.mgmt.network import NetworkManagementClient

__all__ = ["ATTACHED", "HASTY", "PLATFORMS", "Cloud", "opened"]

#: The program with interfaces, and the same with outputs that do not wait for the rules.
ATTACHED: Final = ROOT / "tests" / "programs" / "attached" / "__main__.py"
HASTY: Final = ROOT / "tests" / "programs" / "hasty" / "__main__.py"


class Cloud(Protocol):
    """A cloud with a place for each network."""

    #: The provider as an engine finds it.
    plugin: ClassVar[Plugin]

    @property
    def environment(self) -> Mapping[str, str]:
        """What the provider must be told in its environment."""
        ...

    @property
    def config(self) -> dict[str, Any]:
        """What the program with interfaces is told beside topology and networks, by full keys."""
        ...

    @property
    def networks(self) -> dict[str, dict[str, str]]:
        """Where each network is."""
        ...

    def provider(self, control: Control) -> Provider:
        """The provider, to be called as it is."""
        ...

    def ids(self) -> dict[str, str]:
        """The id of everything that stands, by the logical name that it has with us."""
        ...

    def taken_away(self, type_: str, id_: str) -> bool:
        """Whether it is better made anew than imported, and so was deleted."""
        ...

    def now(self, plans: Plans) -> Look:
        """What stands now."""
        ...

    def looks(self, plans: Plans) -> list[Look]:
        """What stood after each call since these were last asked for, in the networks of `plans`."""
        ...


class _Aws:
    """`snapshots` are all there were since the beginning."""

    plugin: ClassVar = Plugin("aws", aws_provider.VERSION, "tests.engine.aws_provider")

    def __init__(
        self,
        ec2: Any,
        endpoint: str | None,
        snapshots: Callable[[], Sequence[Snapshot]],
        networks: Sequence[str],
    ) -> None:
        self.ec2 = ec2
        self._endpoint = endpoint
        self.environment = {} if endpoint is None else {aws_provider.ENDPOINT: endpoint}
        self._snapshots = snapshots
        self.vpcs = {
            name: str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]) for name in networks
        }
        self._subnets = {
            name: str(ec2.create_subnet(VpcId=one, CidrBlock="10.0.0.0/20")["Subnet"]["SubnetId"])
            for name, one in self.vpcs.items()
        }
        self._told = len(snapshots())

    @property
    def config(self) -> dict[str, Any]:
        return {"aws:region": ec2_server.REGION, "test:subnets": self._subnets}

    @property
    def networks(self) -> dict[str, dict[str, str]]:
        return {name: {"vpc_id": one} for name, one in self.vpcs.items()}

    def provider(self, control: Control) -> Provider:
        return aws_provider.AwsProvider(control, self._endpoint)

    def ids(self) -> dict[str, str]:
        return {
            name: one
            for network, vpc_id in self.vpcs.items()
            for name, one in live.ids(self.ec2, vpc_id, network).items()
        }

    def taken_away(self, type_: str, id_: str) -> bool:
        # EC2 lets everything out of a new group, and the provider takes that away when it makes one,
        # not when it imports one (aws.md 3.4). No server is in a group that no state knows.
        if type_ != "aws:ec2/securityGroup:SecurityGroup":
            return False
        self.ec2.delete_security_group(GroupId=id_)
        return True

    def now(self, plans: Plans) -> Look:
        return self._look(taken(self.ec2, "now"), plans)

    def looks(self, plans: Plans) -> list[Look]:
        fresh = self._snapshots()[self._told :]
        self._told += len(fresh)
        return [self._look(each, plans) for each in fresh]

    def _look(self, snapshot: Snapshot, plans: Plans) -> Look:
        servers = {
            name: attached
            for vpc_id in self.vpcs.values()
            for name, attached in live.interfaces(snapshot, vpc_id).items()
        }
        there = {
            key: replace(
                plan, memberships=dict.fromkeys(live.interfaces(snapshot, self.vpcs[key]), ())
            )
            for key, plan in networks_of(plans).items()
        }
        stood = live.as_it_stands(snapshot, replace(plans, networks=there), self.vpcs, servers)
        return Look(snapshot.call, networks_of(stood))


class _Azure:
    """An ARM of this process, that each call is followed by a copy of."""

    plugin: ClassVar = Plugin("azure-native", azure_provider.VERSION, "tests.engine.azure_provider")

    def __init__(
        self,
        arm: Arm,
        endpoint: str,
        client: "NetworkManagementClient",
        networks: Sequence[str],
    ) -> None:
        self.client: Any = client
        self._endpoint = endpoint
        self.environment = {azure_provider.ENDPOINT: endpoint}
        self.tenant = Tenant(arm, client, networks)
        self._arm = arm
        self._fresh: list[tuple[str, Arm]] = []
        arm.watching.append(
            lambda method, path: self._fresh.append((f"{method} {path.split('/')[-1]}", arm.copy()))
        )

    @property
    def config(self) -> dict[str, Any]:
        vnet = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/virtualNetworks/{}"
        subnets = {
            network: {
                zone: f"{vnet.format(SUBSCRIPTION, group, 'exchange')}/subnets/{zone}"
                for zone in ("internal", "perimeter")
            }
            for network, group in self.tenant.resource_groups.items()
        }
        config = {"azure-native:location": LOCATION, "test:location": LOCATION}
        return {**config, "test:subnets": subnets}

    @property
    def networks(self) -> dict[str, dict[str, str]]:
        return self.tenant.places

    def provider(self, control: Control) -> Provider:
        return azure_provider.AzureProvider(control, self._endpoint)

    def ids(self) -> dict[str, str]:
        return {one.rpartition("/")[2]: one for one in self._arm.ids}

    def taken_away(self, type_: str, id_: str) -> bool:
        return False

    def now(self, plans: Plans) -> Look:
        return self._look("now", self.client, plans)

    def looks(self, plans: Plans) -> list[Look]:
        fresh, self._fresh = self._fresh, []
        found: list[Look] = []
        for call, arm in fresh:
            with arm_server.serving(arm) as endpoint, arm_server.client(endpoint) as client:
                found.append(self._look(call, client, plans))
        return found

    def _look(self, call: str, client: Any, plans: Plans) -> Look:
        groups = self.tenant.resource_groups
        stood = live_azure.as_it_stands(client, plans, groups, Attachment.NETWORK_INTERFACES)
        return Look(call, networks_of(stood))


@contextmanager
def opened(
    platform: Platform, networks: Sequence[str], journal: Path | None = None
) -> Generator[Cloud]:
    """A cloud while the block runs. EC2 is a process of its own where there is a `journal`."""
    if platform == "azure":
        arm = Arm()
        with arm_server.serving(arm) as endpoint, arm_server.client(endpoint) as client:
            yield _Azure(arm, endpoint, client, networks)
    elif journal is None:
        ec2_server.forget_everything()
        with ec2_server.watched() as snapshots:
            yield _Aws(ec2_server.client(), None, lambda: snapshots, networks)
        ec2_server.forget_everything()
    else:
        with ec2_server.served(journal=journal) as endpoint:
            ec2 = ec2_server.client(endpoint)
            yield _Aws(ec2, endpoint, lambda: kept_in(journal), networks)
