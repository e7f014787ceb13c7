"""What AWS security groups let through.

Knows: groups, rules and prefix lists as EC2 evaluates them (aws.md 2.4). Reads any rule set.
Must not know: our planner, nor what anyone meant by a rule.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from exchange_ports.clouds import base
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.topology.models import Attachment
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    Address,
    AddressSet,
    network,
)
from exchange_ports.traffic.services import (
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    IcmpSet,
    PortSet,
    ProtocolSet,
    ServiceSet,
)
from exchange_ports.traffic.traffic import Packet, Traffic


@dataclass(frozen=True, slots=True)
class Unfiltered:
    """A service of the platform that no group filters: no rule is needed, none can block it."""

    summary: str
    #: None where the address depends on the VPC.
    addresses: AddressSet | None
    cite: str


_CITE: Final = 'VPC user guide, security-group-rules "Limitation"; EC2 user guide; aws.md 2.4'
_LINK_LOCAL: Final = AddressSet.of([network("169.254.0.0/16")])

UNFILTERED: Final = (
    Unfiltered("AmazonProvidedDNS, at the VPC's own address", None, _CITE),
    Unfiltered(
        "AmazonProvidedDNS at 169.254.169.253, and all that is link-local", _LINK_LOCAL, _CITE
    ),
    Unfiltered("instance and task metadata, at link-local addresses", _LINK_LOCAL, _CITE),
    Unfiltered("Amazon Time Sync and Windows license activation", _LINK_LOCAL, _CITE),
    Unfiltered("DHCP, and the VPC router's reserved addresses", None, _CITE),
)


@dataclass(frozen=True, slots=True)
class AwsDecision:
    """Whether a packet passes, and the rules that let it: none of them decides alone."""

    passes: bool
    rules: tuple[aws.SecurityGroupRule, ...]


class AwsFilters:
    """The filters of all servers of one rule set.

    `members` are the private addresses of the members of each group, by its key; a group that is
    not in it has none.
    """

    def __init__(self, rules: aws.AwsRuleSet, members: Mapping[str, AddressSet]) -> None:
        """Look at every reference once.

        :raises ValueError: a rule names a group or list that there is not, or ports that EC2 refuses.
        """
        self._memberships = rules.memberships
        self._members = members
        self._lists = {each.key: AddressSet.of(each.entries) for each in rules.prefix_lists}
        self._keys = {group.key for group in rules.groups}
        self._services: dict[tuple[str, tuple[int, int] | None], ServiceSet] = {}
        self._rules: dict[tuple[str, base.Direction], list[aws.SecurityGroupRule]] = {}
        self._reach: dict[
            tuple[str, base.Direction], tuple[tuple[AddressSet, ServiceSet], ...]
        ] = {}
        #: What each rule names, by identity: to hash a rule takes longer than to read it.
        self._named: dict[int, tuple[aws.SecurityGroupRule, tuple[AddressSet, ServiceSet]]] = {}
        self._permitted: dict[tuple[frozenset[str], base.Direction], Traffic] = {}
        for rule in rules.rules:
            if rule.group not in self._keys:
                raise ValueError(f"there is no group {rule.group}")
            self.reach(rule)
            self._rules.setdefault((rule.group, rule.direction), []).append(rule)

    def permitted(self, server: str, direction: base.Direction) -> Traffic:
        """What the server's own groups let through, as (peer address, service)."""
        member_of = frozenset(self._memberships[server])
        key = (member_of, direction)
        if key not in self._permitted:
            # All groups on an interface are one set of rules; rules only allow, and no rule means
            # no (aws.md 2.4). So order decides nothing. Replies need no rule: groups are stateful.
            self._permitted[key] = Traffic.of(
                pair for group in sorted(member_of) for pair in self._pairs(group, direction)
            )
        return self._permitted[key]

    def decided_by(self, server: str, direction: base.Direction, packet: Packet) -> AwsDecision:
        """Every rule that lets the packet through; it does not pass where there is none."""
        member_of = frozenset(self._memberships[server])
        allowing = tuple(
            rule for rule in self._of(member_of, direction) if self._names(rule, packet)
        )
        return AwsDecision(bool(allowing), allowing)

    def reach(self, rule: aws.SecurityGroupRule) -> tuple[AddressSet, ServiceSet]:
        """The peer addresses and the services that a rule names."""
        known = self._named.get(id(rule))
        if known is None:
            known = self._named[id(rule)] = (rule, self._read(rule))
        return known[1]

    def _read(self, rule: aws.SecurityGroupRule) -> tuple[AddressSet, ServiceSet]:
        asked = (rule.ip_protocol, rule.port_range)
        if asked not in self._services:
            self._services[asked] = services(*asked)
        addresses = self.addresses(rule.peer)
        # ICMP is a protocol of IPv4 and ICMPv6 one of IPv6 (RFC 792, RFC 4443): there is no packet of
        # either between addresses of the other family, whatever a group's members have.
        family = _ICMP_FAMILIES.get(rule.ip_protocol)
        return addresses if family is None else addresses & family, self._services[asked]

    def _pairs(
        self, group: str, direction: base.Direction
    ) -> tuple[tuple[AddressSet, ServiceSet], ...]:
        # Many servers are in a group, each with other groups beside it: its rules are looked at once.
        key = (group, direction)
        if key not in self._reach:
            self._reach[key] = tuple(map(self.reach, self._of([group], direction)))
        return self._reach[key]

    def _of(
        self, member_of: Iterable[str], direction: base.Direction
    ) -> Iterator[aws.SecurityGroupRule]:
        for group in sorted(member_of):
            if group not in self._keys:
                raise ValueError(f"there is no group {group}")
            yield from self._rules.get((group, direction), ())

    def _names(self, rule: aws.SecurityGroupRule, packet: Packet) -> bool:
        addresses, services = self.reach(rule)
        return packet.address in addresses and packet.service in services

    def addresses(self, peer: aws.Peer) -> AddressSet:
        """The addresses that a peer stands for.

        :raises ValueError: there is no such group or list.
        """
        if isinstance(peer, aws.GroupRef):
            # The private addresses, of both families, of the interfaces in the group, and
            # nothing where it has no members (aws.md 2.4).
            if peer.key not in self._keys:
                raise ValueError(f"there is no group {peer.key}")
            return self._members.get(peer.key, AddressSet())
        if isinstance(peer, aws.ListRef):
            # A prefix list is its entries (aws.md 2.2).
            if peer.key not in self._lists:
                raise ValueError(f"there is no prefix list {peer.key}")
            return self._lists[peer.key]
        # The families are apart: 0.0.0.0/0 does not cover ::/0 (aws.md 2.4).
        return AddressSet.of([peer])


_ICMP_FAMILIES: Final = {
    "icmp": AddressSet.of([EVERYTHING_V4]),
    "icmpv6": AddressSet.of([EVERYTHING_V6]),
}

#: `-1` is every protocol; names and IANA's numbers mean the same (aws.md 2.4).
_NUMBERS: Final = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": ICMPV6}
_ALL: Final = -1


def services(protocol: str, ports: tuple[int, int] | None) -> ServiceSet:
    """What EC2 filters by protocol and ports, as they are written in a rule."""
    if protocol == "-1":
        return ServiceSet.everything()
    number = _NUMBERS.get(protocol) or int(protocol)
    if number in (TCP, UDP):
        # These need ports (aws.md 2.4).
        if ports is None:
            raise ValueError(f"a rule for {protocol} without ports")
        return ServiceSet.on(number, PortSet.of([ports]))
    if number in (ICMP, ICMPV6) and ports is not None:
        # Type and code: -1 for the code is all codes, and -1 for the type requires that (aws.md 2.4).
        kind, code = ports
        if kind == _ALL and code != _ALL:
            raise ValueError(f"a rule for {protocol} with code {code} of every type")
        if kind != _ALL:
            return ServiceSet.icmp(number, IcmpSet.of([kind if code == _ALL else (kind, code)]))
    # Any other number means all ports, whatever ports are given (aws.md 2.4).
    return ServiceSet.of_protocols(ProtocolSet.of([number]))


_NOTHING_ALWAYS: Final[Mapping[base.Way, Traffic]] = {"in": Traffic(), "out": Traffic()}


def evaluator(
    rules: aws.AwsRuleSet, members: Mapping[str, AddressSet], space: AddressSet
) -> "AwsEvaluator":
    """What a rule set allows, where `members` are the addresses of each group's members.

    :raises ValueError: EC2 would refuse the rule set.
    """
    return AwsEvaluator(rules, members)


class AwsEvaluator:
    """What the security groups of one VPC allow; see `base.Evaluator`."""

    def __init__(self, rules: aws.AwsRuleSet, members: Mapping[str, AddressSet]) -> None:
        """Read the rule set.

        :raises ValueError: EC2 would refuse it.
        """
        self._plan = rules
        self._filters = AwsFilters(rules, members)

    @property
    def rules(self) -> int:
        """How many rules there are."""
        return len(self._plan.rules)

    @property
    def places(self) -> frozenset[Attachment]:
        """There is nothing else that a security group is associated with (aws.md 2.4)."""
        return frozenset({Attachment.NETWORK_INTERFACES})

    @property
    def always(self) -> Mapping[base.Way, Traffic]:
        """The platform needs no rule."""
        return _NOTHING_ALWAYS

    def permitted(self, server: str, way: base.Way, own: Address) -> Traffic:
        """What the server's groups allow."""
        return self._filters.permitted(server, base.Direction(way))

    def elsewhere(self, server: str, way: base.Way, own: Address) -> Traffic:
        """The same: security groups know no tags."""
        return self.permitted(server, way, own)

    def decided(
        self, server: str, way: base.Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[base.NamedRule, ...]]:
        """Whether one packet is allowed, and all rules that allow it."""
        decision = self._filters.decided_by(server, base.Direction(way), packet)
        named = (base.NamedRule(rule_name(rule), rule.reasons) for rule in decision.rules)
        return decision.passes, tuple(sorted(named, key=lambda rule: rule.name))

    def harm(self, zone: str, way: base.Way, others: AddressSet) -> Iterator[base.NeighborEffect]:
        """Nothing: security groups filter only the interfaces that are in them."""
        return iter(())

    def written(self) -> Iterator[base.AllowRule]:
        """Every rule."""
        for rule in self._plan.rules:
            addresses, services = self._filters.reach(rule)
            peer = rule.peer.key if isinstance(rule.peer, aws.GroupRef) else None
            way: base.Way = "in" if rule.direction is base.Direction.IN else "out"
            yield base.AllowRule(rule_name(rule), "", rule.group, way, peer, addresses, services)

    def planned_rules(self) -> Iterator[base.PlannedRule]:
        """Every rule; the other end of one for ICMP has the addresses of both families."""
        for rule in self._plan.rules:
            peer = rule.peer.key if isinstance(rule.peer, aws.GroupRef) else ""
            yield base.PlannedRule(
                self._plan.network,
                "",
                rule_name(rule),
                rule.group,
                "in" if rule.direction is base.Direction.IN else "out",
                rule.ports,
                self._filters.addresses(rule.peer),
                peer,
                True,
                rule.description,
                rule.reasons,
            )

    def shadowed(self, implied_groups: Mapping[str, Iterable[str]]) -> Iterator[base.RedundantRule]:
        """None: security groups have no order and deny nothing (aws.md 2.4)."""
        return iter(())
