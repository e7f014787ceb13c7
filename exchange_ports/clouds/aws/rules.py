"""AWS security groups as plain data.

Knows: what EC2 knows of a group, a rule and a prefix list. Must not know: how a rule set came about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from exchange_ports.clouds.base import Direction
from exchange_ports.flows import Reason
from exchange_ports.topology.models import Platform, Zone
from exchange_ports.traffic.addresses import Network
from exchange_ports.traffic.ports import Ports, Protocol


@dataclass(frozen=True, slots=True)
class GroupRef:
    """The members of a group of the same network, by the group's key."""

    key: str


@dataclass(frozen=True, slots=True)
class ListRef:
    """The entries of a prefix list of the same network, by the list's key."""

    key: str


#: Exactly one source or destination a rule: a group, a prefix list, or one range.
Peer = GroupRef | ListRef | Network


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A security group. EC2 cannot change a description, so it is made of identities only."""

    key: str
    description: str


@dataclass(frozen=True, slots=True)
class PrefixList:
    """A customer-managed prefix list of one family."""

    key: str
    entries: tuple[Network, ...]

    @property
    def max_entries(self) -> int:
        """What the list weighs in every rule that names it: EC2 counts this, not the entries."""
        return len(self.entries)


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """One rule: a group, a direction, one protocol with one port range, and one peer.

    Equality is EC2's own duplicate key, so reasons and description are no part of it.
    """

    group: str
    direction: Direction
    ports: Ports
    peer: Peer
    reasons: tuple[Reason, ...] = field(compare=False)
    description: str = field(default="", compare=False)

    @property
    def ip_protocol(self) -> str:
        """The protocol as EC2 spells it (aws.md 2.4)."""
        return _IP_PROTOCOLS[self.ports.protocol]

    @property
    def port_range(self) -> tuple[int, int] | None:
        """`from_port` and `to_port`; none where EC2 wants none, as 0 would show as a change for ever.

        For ICMP these are type and code, and -1 is all of them.
        """
        if self.ports.ranges:
            return self.ports.ranges[0]
        icmp = self.ports.protocol in (Protocol.ICMP, Protocol.ICMPV6)
        return (-1, -1) if icmp else None


#: Names where EC2 has them, IANA's numbers otherwise; -1 is every protocol, not tcp and udp.
_IP_PROTOCOLS: Final = {
    Protocol.ANY: "-1",
    Protocol.TCP: "tcp",
    Protocol.UDP: "udp",
    Protocol.ICMP: "icmp",
    Protocol.ICMPV6: "icmpv6",
    Protocol.ESP: "50",
    Protocol.AH: "51",
}


@dataclass(frozen=True, slots=True)
class AwsRuleSet:
    """All that one VPC gets: groups, lists, rules, and which groups each server is in."""

    network: str
    groups: tuple[SecurityGroup, ...]
    prefix_lists: tuple[PrefixList, ...]
    rules: tuple[SecurityGroupRule, ...]
    memberships: Mapping[str, tuple[str, ...]]
    #: Whether rules that others add to the groups are to be taken away.
    exclusive: bool = False
    #: How many security groups of others each server keeps beside these.
    other_groups: int = 0

    @property
    def platform(self) -> Platform:
        """AWS."""
        return Platform.AWS

    @property
    def zones(self) -> Mapping[str, Zone]:
        """Nothing: a security group has no zone."""
        return {}

    @property
    def member_groups(self) -> tuple[str, ...]:
        """The keys of the security groups."""
        return tuple(group.key for group in self.groups)
