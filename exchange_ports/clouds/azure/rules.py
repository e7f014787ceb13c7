"""Azure network security groups as plain data.

Knows: what Azure knows of a rule, a network security group and an application security group. Must
not know: how a rule set came about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from exchange_ports.clouds.base import Direction, PlatformTraffic
from exchange_ports.flows import ExternalEndpoint, Reason
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.models import Attachment, Platform, Zone
from exchange_ports.traffic.addresses import Network, network
from exchange_ports.traffic.ports import Ports

#: Where load-balancer probes come from; the VirtualNetwork tag contains it (azure.md 3). Without them a
#: load balancer takes every server out of service.
PROBES: Final = PlatformTraffic(
    ExternalEndpoint(
        "azure-load-balancer",
        (network("168.63.129.16/32"),),
        "Azure's load balancers",
        kind=EndpointKind.SERVICE_TAG,
    ),
    Reason("health probes of Azure load balancers"),
    "Azure platform considerations",
    "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#azure-platform-considerations",
)


class Access(StrEnum):
    """What a rule does with what it matches."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class GroupRef:
    """The interfaces in an application security group, by the group's key."""

    key: str


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Ranges of one family, none inside another (Azure refuses overlap in a rule)."""

    ranges: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class Tag:
    """A service tag."""

    name: str


@dataclass(frozen=True, slots=True)
class Anything:
    """`*`: any address of either family, platform addresses included."""


#: Exactly one kind a side. One application security group only: a rule that names several does not
#: work while one of them is empty (azure.md 1).
Side = GroupRef | Prefixes | Tag | Anything


@dataclass(frozen=True, slots=True)
class ApplicationGroup:
    """An application security group."""

    key: str


@dataclass(frozen=True, slots=True)
class SecurityRule:
    """One security rule. `name` and `priority` are unique in their group and direction."""

    name: str
    priority: int
    direction: Direction
    access: Access
    ports: Ports
    source: Side
    destination: Side
    reasons: tuple[Reason, ...] = field(compare=False)
    description: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class NetworkSecurityGroup:
    """A network security group: its rules sorted by name, which is the order of priority.

    It hangs on the interfaces of the servers in its zone, or on the subnets of the zone. A zone may
    have one of each.
    """

    zone: Zone
    rules: tuple[SecurityRule, ...]
    at: Attachment = Attachment.NETWORK_INTERFACES

    @property
    def key(self) -> str:
        """Its name inside its network: another one for each place that it may hang on.

        A group that is attached is so never turned into one for the other place, whose denies would
        cut off whoever else is behind it: Azure keeps it as long as it is attached to anything (azure.md 3).
        """
        if self.at is Attachment.NETWORK_INTERFACES:
            return self.zone.value
        return f"{self.zone}-{self.at}"


@dataclass(frozen=True, slots=True)
class AzureRuleSet:
    """All that one VNet gets, which groups each server is in, and in which zone it is."""

    network: str
    groups: tuple[NetworkSecurityGroup, ...]
    application_groups: tuple[ApplicationGroup, ...]
    memberships: Mapping[str, tuple[str, ...]]
    zones: Mapping[str, Zone]

    @property
    def platform(self) -> Platform:
        """Azure."""
        return Platform.AZURE

    @property
    def exclusive(self) -> bool:
        """False: a network security group is written whole, so nothing that others add to it stays."""
        return False

    @property
    def member_groups(self) -> tuple[str, ...]:
        """The keys of the application security groups."""
        return tuple(group.key for group in self.application_groups)
