"""What Azure network security groups at a network interface let through.

Knows: priorities, the six default rules, tags, application security groups (azure.md 1 to 4). Reads
any rule set. Must not know: our planner, nor what anyone meant by a rule.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from exchange_ports.azure.rules import (
    Access,
    Anything,
    Direction,
    GroupRef,
    Prefixes,
    Rule,
    RuleSet,
    SecurityGroup,
    Side,
    Tag,
    Zone,
)
from exchange_ports.traffic.address_set import AddressSet
from exchange_ports.traffic.addresses import EVERYTHING_V4, EVERYTHING_V6, Address, network
from exchange_ports.traffic.ports import ANY_PORTS, Ports, Protocol
from exchange_ports.traffic.service_set import ServiceSet
from exchange_ports.traffic.traffic import Packet, Traffic

__all__ = [
    "DEFAULT_RULES",
    "PROBE",
    "UNFILTERED",
    "Decision",
    "Filters",
    "Unfiltered",
    "decided_by",
    "permitted",
    "usual_tags",
]

#: Where load-balancer probes come from; the VirtualNetwork tag contains it (azure.md 3).
PROBE: Final = AddressSet.of([network("168.63.129.16/32")])


@dataclass(frozen=True, slots=True)
class Unfiltered:
    """A service of the platform that bypasses the groups, but for rules that name its own tag."""

    says: str
    addresses: AddressSet
    cite: str


_CITE: Final = "Azure NSG overview, platform considerations; azure.md 3"

UNFILTERED: Final = (
    Unfiltered("DHCP, DNS and health at the virtual address of the host", PROBE, _CITE),
    Unfiltered("instance metadata", AddressSet.of([network("169.254.169.254/32")]), _CITE),
)


def _default(
    priority: int, name: str, direction: Direction, source: Side, destination: Side, access: Access
) -> Rule:
    return Rule(name, priority, direction, access, ANY_PORTS, source, destination, ())


_VNET: Final = Tag("VirtualNetwork")
_ANY: Final = Anything()

#: The six that every group ends with. They cannot be removed, only overridden (azure.md 2).
DEFAULT_RULES: Final = (
    _default(65000, "AllowVnetInBound", Direction.IN, _VNET, _VNET, Access.ALLOW),
    _default(
        65001,
        "AllowAzureLoadBalancerInBound",
        Direction.IN,
        Tag("AzureLoadBalancer"),
        _ANY,
        Access.ALLOW,
    ),
    _default(65500, "DenyAllInBound", Direction.IN, _ANY, _ANY, Access.DENY),
    _default(65000, "AllowVnetOutBound", Direction.OUT, _VNET, _VNET, Access.ALLOW),
    _default(65001, "AllowInternetOutBound", Direction.OUT, _ANY, Tag("Internet"), Access.ALLOW),
    _default(65500, "DenyAllOutBound", Direction.OUT, _ANY, _ANY, Access.DENY),
)

#: The priorities that a rule of one's own may have (azure.md 1).
_PRIORITIES: Final = range(100, 4097)


def usual_tags(space: AddressSet) -> dict[str, AddressSet]:
    """The tags of the default rules in a VNet of this address space without peers or gateways.

    Peered VNets, on-premises ranges and routes add to VirtualNetwork, up to everything under forced
    tunnelling (azure.md 3): who has them gives the tags himself.
    """
    # The host's address is in it; the Internet is what is under no other tag (azure.md 3).
    inside = space | PROBE
    return {"VirtualNetwork": inside, "AzureLoadBalancer": PROBE, "Internet": ~inside}


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a packet passes, and the one rule that decided; none where no group is there."""

    passes: bool
    rules: tuple[Rule, ...]


class Filters:
    """The filters of all servers of one rule set.

    `members` are the private addresses of the interfaces in each application security group, by its
    key; a group that is not in it has none. `tags` says what each service tag holds.
    """

    def __init__(
        self,
        rules: RuleSet,
        members: Mapping[str, AddressSet],
        tags: Mapping[str, AddressSet],
    ) -> None:
        """Look at every rule once.

        :raises ValueError: Azure would refuse a rule, or it names a group or tag that is not known.
        """
        self._wears = rules.wears
        self._zones = rules.zones
        self._members = members
        self._tags = tags
        self._keys = {group.key for group in rules.application_groups}
        #: What each rule names, by identity: to hash a rule takes longer than to read it.
        self._reach: dict[int, tuple[Rule, tuple[tuple[AddressSet, ServiceSet], ...]]] = {}
        self._services: dict[Ports, ServiceSet] = {}
        #: The rules of each group and direction by the application security group at our side.
        self._rules: dict[tuple[Zone, Direction], dict[str | None, list[Rule]]] = {}
        #: Where a rule asks for the address of the server itself.
        self._by_address: set[tuple[Zone, Direction]] = set()
        self._permitted: dict[tuple[Zone, Direction, frozenset[str], Address | None], Traffic] = {}
        for group in rules.groups:
            if any(zone is group.zone for zone, _ in self._rules):
                raise ValueError(f"two groups of the {group.zone} zone")
            _refuse_conflicts(group)
            for direction in Direction:
                by_side = self._rules[group.zone, direction] = {}
                for rule in _in_order(group, direction):
                    ours, _ = _sides(rule)
                    self._addresses(ours)
                    self.reach(rule)
                    key = ours.key if isinstance(ours, GroupRef) else None
                    by_side.setdefault(key, []).append(rule)
                    if not isinstance(ours, GroupRef | Anything) and ours != _VNET:
                        self._by_address.add((group.zone, direction))

    def permitted(self, server: str, direction: Direction, own: Address | None = None) -> Traffic:
        """What the server's own group lets through, as (peer address, service).

        :raises ValueError: a rule's own side is a range or tag, and `own`, the server's address, is
            not given.
        """
        zone, worn = self._zones[server], frozenset(self._wears[server])
        if (zone, direction) not in self._rules:
            # No group at all: everything is allowed (azure.md 3).
            return Traffic.everything()
        key = (zone, direction, worn, own if (zone, direction) in self._by_address else None)
        if key not in self._permitted:
            self._permitted[key] = self._evaluated(self._of(zone, direction, worn, own))
        return self._permitted[key]

    def decided_by(
        self, server: str, direction: Direction, packet: Packet, own: Address | None = None
    ) -> Decision:
        """The rule that decides over one packet."""
        zone, worn = self._zones[server], frozenset(self._wears[server])
        if (zone, direction) not in self._rules:
            return Decision(True, ())
        for rule in self._of(zone, direction, worn, own):
            if any(packet.address in a and packet.service in s for a, s in self.reach(rule)):
                return Decision(rule.access is Access.ALLOW, (rule,))
        raise AssertionError("the last default rule matches everything")

    def reach(self, rule: Rule) -> tuple[tuple[AddressSet, ServiceSet], ...]:
        """The peer addresses with the services that a rule names, whichever side ours is."""
        known = self._reach.get(id(rule))
        if known is None:
            known = self._reach[id(rule)] = (rule, self._read(rule))
        return known[1]

    def _read(self, rule: Rule) -> tuple[tuple[AddressSet, ServiceSet], ...]:
        _, peer = _sides(rule)
        addresses, ports = self._addresses(peer), rule.ports
        if ports.protocol is Protocol.ICMP:
            # `Icmp` is taken whole (azure.md 1). That it means ICMPv6 towards IPv6 addresses is our
            # reading: no document says.
            return (
                (addresses & _V4, ServiceSet.of(ports, 4)),
                (addresses & _V6, ServiceSet.of(ports, 6)),
            )
        if ports not in self._services:
            self._services[ports] = ServiceSet.of(ports, 4)
        return ((addresses, self._services[ports]),)

    def _evaluated(self, rules: Iterable[Rule]) -> Traffic:
        # In the order of priority the first match decides (azure.md 1): a rule has a say only over
        # what none before it named. Where the same access follows, order decides nothing.
        allowed = decided = Traffic()
        for access, run in groupby(rules, key=lambda rule: rule.access):
            named = Traffic.of(pair for rule in run for pair in self.reach(rule))
            if access is Access.ALLOW:
                allowed |= named - decided
            # Most groups end with a deny of everything: what comes after it has no say.
            if named == _EVERYTHING:
                break
            decided |= named
        return allowed

    def _of(
        self, zone: Zone, direction: Direction, worn: Iterable[str], own: Address | None
    ) -> Iterator[Rule]:
        """The rules that are applied to an interface, in the order of priority."""
        by_side = self._rules[zone, direction]
        # A rule with a group at our side is applied only to interfaces in that group (azure.md 1).
        found = [rule for key in worn for rule in by_side.get(key, ())]
        found += [rule for rule in by_side.get(None, ()) if self._at_ours(rule, own)]
        return iter(sorted(found, key=lambda rule: rule.priority))

    def _at_ours(self, rule: Rule, own: Address | None) -> bool:
        ours, _ = _sides(rule)
        # An interface of a VNet is in it, whatever its address (azure.md 3).
        if isinstance(ours, Anything) or ours == _VNET:
            return True
        if own is None:
            raise ValueError(f"{rule.name} depends on the address of the server")
        return own in self._addresses(ours)

    def _addresses(self, side: Side) -> AddressSet:
        if isinstance(side, GroupRef):
            # Interfaces in the group and nobody else; with none in it the rule names nobody
            # (azure.md 1).
            if side.key not in self._keys:
                raise ValueError(f"there is no application security group {side.key}")
            return self._members.get(side.key, AddressSet())
        if isinstance(side, Prefixes):
            return AddressSet.of(side.ranges)
        if isinstance(side, Tag):
            # What a tag holds is the network's business, so there is no default (azure.md 3, 4).
            if side.name not in self._tags:
                raise ValueError(f"what the tag {side.name} holds is not known")
            return self._tags[side.name]
        # `*` is any address of either family, platform addresses included (azure.md 1, 3).
        return AddressSet.everything()


def permitted(
    rules: RuleSet,
    server: str,
    direction: Direction,
    members: Mapping[str, AddressSet],
    tags: Mapping[str, AddressSet],
    own: Address | None = None,
) -> Traffic:
    """What the server's own group lets through, as (peer address, service)."""
    return Filters(rules, members, tags).permitted(server, direction, own)


def decided_by(
    rules: RuleSet,
    server: str,
    direction: Direction,
    packet: Packet,
    members: Mapping[str, AddressSet],
    tags: Mapping[str, AddressSet],
    own: Address | None = None,
) -> Decision:
    """Which rule lets one packet through, or does not."""
    return Filters(rules, members, tags).decided_by(server, direction, packet, own)


def _refuse_conflicts(group: SecurityGroup) -> None:
    """What Azure refuses: the order would not be known, or not be a rule's own (azure.md 1)."""
    slots: set[tuple[Direction, int]] = set()
    names: set[str] = set()
    for rule in group.rules:
        if rule.priority not in _PRIORITIES:
            raise ValueError(f"{rule.name} has the priority {rule.priority}")
        if (rule.direction, rule.priority) in slots:
            raise ValueError(f"two rules have the priority {rule.priority}: one is {rule.name}")
        # Names are the same whatever their letters' case, as all names of resources are.
        if rule.name.lower() in names:
            raise ValueError(f"two rules are called {rule.name}")
        if rule.ports.protocol.has_ports and not rule.ports.ranges:
            raise ValueError(f"{rule.name} has no ports")
        slots.add((rule.direction, rule.priority))
        names.add(rule.name.lower())


def _in_order(group: SecurityGroup, direction: Direction) -> list[Rule]:
    rules = [r for r in (*group.rules, *DEFAULT_RULES) if r.direction is direction]
    return sorted(rules, key=lambda rule: rule.priority)


def _sides(rule: Rule) -> tuple[Side, Side]:
    """Our side and the peer's: the interface behind the group is one end of every packet."""
    if rule.direction is Direction.IN:
        return rule.destination, rule.source
    return rule.source, rule.destination


_EVERYTHING: Final = Traffic.everything()
_V4: Final = AddressSet.of([EVERYTHING_V4])
_V6: Final = AddressSet.of([EVERYTHING_V6])
