"""Where a network can be, and all that a topology must know of each place: one entry a platform.

A cloud's rules, limits and resources are in `clouds/`; what can be declared for it, and what is unwise
there, is here as data, so that no check asks which platform it is.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Platform(StrEnum):
    """Where a network is."""

    AWS = "aws"
    AZURE = "azure"
    EXTERNAL = "external"

    @property
    def facts(self) -> "PlatformFacts":
        """What a topology must know of it."""
        return PLATFORMS[self]

    @property
    def summary(self) -> str:
        """It as people write it."""
        return self.facts.title


class Port25(NamedTuple):
    """How a cloud treats mail to public addresses on port 25 (exchange.md 12)."""

    why: str
    fix: str
    #: The warning for mail straight to the Internet, where Microsoft says something of its own.
    direct: str = ""


class Starter(NamedTuple):
    """What a first stack file says of a network beside the topology (`topology.starter`)."""

    #: The settings of the cloud's provider, one a line.
    settings: tuple[str, ...]
    #: The cloud ids of the network, in flow style.
    ids: str


class PlatformFacts(NamedTuple):
    """What a topology must know of a platform."""

    #: As people write it.
    title: str
    #: What must be given for a network.
    ids: tuple[str, ...] = ()
    #: What may be given besides.
    optional_ids: tuple[str, ...] = ("provider",)
    #: Which of these have an id for each server, by its name.
    server_ids: tuple[str, ...] = ()
    #: Why groups cannot be associated with subnets; empty where they can.
    no_subnets: str = ""
    #: Why no limit can be raised; empty where some can.
    no_quotas: str = ""
    #: Why groups of others beside ours mean nothing; empty where they are counted.
    no_other_groups: str = ""
    #: What filters the same traffic at the subnets of servers, beside our groups at their interfaces; empty where
    #: nothing does.
    also_at_subnets: str = ""
    port_25: Port25 | None = None
    starter: Starter = Starter((), "{}")


PLATFORMS: Final[Mapping[Platform, PlatformFacts]] = {
    Platform.AWS: PlatformFacts(
        "AWS",
        ids=("vpc_id",),
        # Security groups of neighbors, for what is opened at their end, and network interfaces of servers
        # that are created elsewhere.
        optional_ids=("provider", "neighbor_security_groups", "network_interfaces"),
        server_ids=("network_interfaces",),
        no_subnets="AWS attaches security groups to network interfaces only.",
        port_25=Port25(
            "EC2 blocks this port to public addresses regardless of the rules, until AWS removes the "
            "restriction for the account and Region.",
            'Send AWS a "Request to remove email sending limitations", or use a smart host on another port.',
        ),
        starter=Starter(
            ("aws:region: eu-west-1  # TODO",), "{vpc_id: vpc-0123456789abcdef0}  # TODO"
        ),
    ),
    # A network security group is written whole by whoever owns it, so nothing can be added to that of a
    # neighbor, and a network interface by whoever creates it (azure.md 5).
    Platform.AZURE: PlatformFacts(
        "Azure",
        ids=("resource_group_name", "location"),
        no_quotas="Azure does not raise its limits on network security groups and application security "
        "groups.",
        no_other_groups="A network interface in Azure has one network security group, so it cannot have "
        "others.",
        also_at_subnets="Azure evaluates the network security group of a subnet too.",
        port_25=Port25(
            "Azure allows the port only in subscriptions under an Enterprise Agreement.",
            "Use a smart host on another port. With an Enterprise Agreement, acknowledge this warning.",
            direct="azure-without-smart-host",
        ),
        starter=Starter(
            ("azure-native:location: westeurope  # TODO",),
            "{resource_group_name: rg-exchange, location: westeurope}  # TODO",
        ),
    ),
    Platform.EXTERNAL: PlatformFacts(
        "external",
        no_subnets="No groups are created for an external network.",
        no_quotas="No resources are created in an external network.",
        no_other_groups="No resources are created in an external network.",
    ),
}
