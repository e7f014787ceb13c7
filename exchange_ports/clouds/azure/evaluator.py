"""What Azure network security groups let through: at a network interface, at its subnet, or at both.

Knows: priorities, the six default rules, tags, application security groups (azure.md 1 to 4). Reads
any rule set. Must not know: our planner, nor what anyone meant by a rule.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Final, NamedTuple, Self

from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.azure.shadowing import shadowed
from exchange_ports.clouds.base import (
    AllowRule,
    Direction,
    NamedRule,
    NeighborEffect,
    PlannedRule,
    RedundantRule,
    Way,
)
from exchange_ports.topology.fields import ANY_WORD
from exchange_ports.topology.models import Attachment, Zone
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    Address,
    AddressSet,
    address_at,
    network,
)
from exchange_ports.traffic.ports import ANY_PORTS, Ports, Protocol
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Packet, Traffic

#: Where load-balancer probes come from; the VirtualNetwork tag contains it (azure.md 3).
PROBE: Final = azure.PROBES.addresses


@dataclass(frozen=True, slots=True)
class Unfiltered:
    """A service of the platform that bypasses the groups, but for rules that name its own tag."""

    summary: str
    addresses: AddressSet
    cite: str


_CITE: Final = "Azure NSG overview, platform considerations; azure.md 3"

UNFILTERED: Final = (
    Unfiltered("DHCP, DNS and health at the virtual address of the host", PROBE, _CITE),
    Unfiltered("instance metadata", AddressSet.of([network("169.254.169.254/32")]), _CITE),
)


def _default(
    priority: int,
    name: str,
    direction: Direction,
    source: azure.Side,
    destination: azure.Side,
    access: azure.Access,
) -> azure.SecurityRule:
    return azure.SecurityRule(name, priority, direction, access, ANY_PORTS, source, destination, ())


_VNET: Final = azure.Tag("VirtualNetwork")
_INTERNET: Final = azure.Tag("Internet")
_ANY: Final = azure.Anything()

#: The six that every group ends with. They cannot be removed, only overridden (azure.md 2).
DEFAULT_RULES: Final = (
    _default(65000, "AllowVnetInBound", Direction.IN, _VNET, _VNET, azure.Access.ALLOW),
    _default(
        65001,
        "AllowAzureLoadBalancerInBound",
        Direction.IN,
        azure.Tag("AzureLoadBalancer"),
        _ANY,
        azure.Access.ALLOW,
    ),
    _default(65500, "DenyAllInBound", Direction.IN, _ANY, _ANY, azure.Access.DENY),
    _default(65000, "AllowVnetOutBound", Direction.OUT, _VNET, _VNET, azure.Access.ALLOW),
    _default(65001, "AllowInternetOutBound", Direction.OUT, _ANY, _INTERNET, azure.Access.ALLOW),
    _default(65500, "DenyAllOutBound", Direction.OUT, _ANY, _ANY, azure.Access.DENY),
)

#: The priorities that a rule of one's own may have (azure.md 1).
_PRIORITIES: Final = range(100, 4097)


def usual_tags(space: AddressSet) -> dict[str, AddressSet]:
    """The tags of the default rules in a VNet of this address space without peers or gateways.

    Peered VNets, on-premises ranges and routes add to VirtualNetwork, up to everything
    (`forced_tags`): who has them gives the tags himself.
    """
    # The host's address is in it; the Internet is what is under no other tag (azure.md 3).
    inside = space | PROBE
    return {_VNET.name: inside, "AzureLoadBalancer": PROBE, _INTERNET.name: ~inside}


def forced_tags() -> dict[str, AddressSet]:
    """The same under forced tunneling: a default route makes VirtualNetwork everything (azure.md 3)."""
    return usual_tags(AddressSet.everything())


class Ruling(NamedTuple):
    """The one rule of a network security group that decides over a packet, and where the group hangs."""

    at: Attachment
    rule: azure.SecurityRule


@dataclass(frozen=True, slots=True)
class AzureDecision:
    """Whether a packet passes, and what each group on its way rules, in the order in which it meets them.

    Where one denies, the packet goes no further, so that one is the last. None where no group is.
    """

    passes: bool
    rulings: tuple[Ruling, ...] = ()

    @property
    def rules(self) -> tuple[azure.SecurityRule, ...]:
        """Those by which it came to that: all that let it pass, or the one that stops it."""
        decisive = self.rulings if self.passes else self.rulings[-1:]
        return tuple(ruling.rule for ruling in decisive)


#: What a packet meets, in its order: inbound the subnet's group and then the interface's, outbound
#: the other way round. Both must allow it, and a place without a group stops nothing (azure.md 3).
#: Nothing is excepted: traffic inside one subnet meets the subnet's group twice, on its way out of
#: the sender and on its way into the receiver (azure.md 3).
_ON_THE_WAY: Final = {
    Direction.IN: (Attachment.SUBNETS, Attachment.NETWORK_INTERFACES),
    Direction.OUT: (Attachment.NETWORK_INTERFACES, Attachment.SUBNETS),
}


class _Place(NamedTuple):
    """One group in one direction."""

    zone: Zone
    at: Attachment
    direction: Direction


class _Passing(NamedTuple):
    """What one group lets through, and whether a tag of the network's own had a say in it."""

    traffic: Traffic
    by_tag: bool


class AzureFilters:
    """The filters of all servers of one rule set, and of the other hosts in their subnets.

    `members` are the private addresses of the interfaces in each application security group, by its
    key; a group that is not in it has none. `tags` says what each service tag holds. A server stands
    in a subnet of its zone, with each of its addresses.
    """

    def __init__(
        self,
        rules: azure.AzureRuleSet,
        members: Mapping[str, AddressSet],
        tags: Mapping[str, AddressSet],
    ) -> None:
        """Look at every rule once.

        :raises ValueError: Azure would refuse a rule, or it names a group or tag that is not known.
        """
        self._memberships = rules.memberships
        self._zones = rules.zones
        self._members = members
        self._tags = tags
        self._keys = {group.key for group in rules.application_groups}
        #: What each rule names, by identity: to hash a rule takes longer than to read it.
        self._reach: dict[
            int, tuple[azure.SecurityRule, tuple[tuple[AddressSet, ServiceSet], ...]]
        ] = {}
        self._services: dict[Ports, ServiceSet] = {}
        #: The rules of each group and direction by the application security group at our side.
        self._rules: dict[_Place, dict[str | None, list[azure.SecurityRule]]] = {}
        #: Where a rule asks for the address of the server itself.
        self._by_address: set[_Place] = set()
        self._passing: dict[tuple[_Place, frozenset[str], Address | None], _Passing] = {}
        self._both: dict[tuple[Zone, Direction, frozenset[str], Address | None], Traffic] = {}
        for group in rules.groups:
            # A subnet and an interface have at most one group each (azure.md 3, 5).
            if any((place.zone, place.at) == (group.zone, group.at) for place in self._rules):
                raise ValueError(f"two groups at the {group.at} of the {group.zone} zone")
            _refuse_conflicts(group)
            for direction in Direction:
                place = _Place(group.zone, group.at, direction)
                by_side = self._rules[place] = {}
                for rule in _in_order(group, direction):
                    ours, _ = _sides(rule)
                    self.addresses(ours)
                    self.reach(rule)
                    key = ours.key if isinstance(ours, azure.GroupRef) else None
                    by_side.setdefault(key, []).append(rule)
                    if _asks_for_address(ours):
                        self._by_address.add(place)

    def where_tags_hold(self, tags: Mapping[str, AddressSet]) -> Self:
        """The same groups in a network whose tags hold something else.

        :raises ValueError: a rule names a tag that is not among them.
        """
        other = copy(self)
        other._tags = tags
        other._passing, other._both = {}, {}
        held = self._reach.values()
        naming = [
            rule for rule, _ in held if any(isinstance(side, azure.Tag) for side in _sides(rule))
        ]
        other._reach = {key: known for key, known in self._reach.items() if known[0] not in naming}
        for rule in naming:
            ours, _ = _sides(rule)
            other.addresses(ours)
            other.reach(rule)
        return other

    def permitted(self, server: str, direction: Direction, own: Address | None = None) -> Traffic:
        """What the groups of the server's interface and subnet let through, as (peer address, service).

        :raises ValueError: a rule's own side is a range or tag, and `own`, the server's address, is
            not given.
        """
        zone, member_of = self._zones[server], frozenset(self._memberships[server])
        met = self._met(zone, direction)
        if not met:
            # No group at all: everything is allowed (azure.md 3).
            return Traffic.everything()
        first, *others = (self._passes(place, member_of, own).traffic for place in met)
        if not others:
            return first
        by_address = any(place in self._by_address for place in met)
        key = (zone, direction, member_of, own if by_address else None)
        if key not in self._both:
            # Both must allow it (azure.md 3).
            self._both[key] = first & others[0]
        return self._both[key]

    def hangs_on_tags(self, server: str, direction: Direction, own: Address | None = None) -> bool:
        """Whether a rule that names VirtualNetwork or Internet has a say over the server's traffic.

        Where it has none, the server permits the same whatever these hold.
        """
        zone, member_of = self._zones[server], frozenset(self._memberships[server])
        return any(
            self._passes(place, member_of, own).by_tag for place in self._met(zone, direction)
        )

    def beside(
        self, zone: Zone, direction: Direction, addresses: AddressSet
    ) -> Iterator[tuple[AddressSet, Traffic]]:
        """What the group at a zone's subnets lets through for a host there that is in no group of these.

        Of a group at its interface nothing is known. Yields the given addresses in parts that are
        treated alike; nothing where the subnets have no group.
        """
        place = _Place(zone, Attachment.SUBNETS, direction)
        if place not in self._rules:
            return
        asked = (_sides(rule)[0] for rule in self._rules[place].get(None, ()))
        parts = [addresses] if addresses else []
        for side in {side for side in asked if _asks_for_address(side)}:
            named = self.addresses(side)
            halves = (half for part in parts for half in (part & named, part - named))
            parts = [half for half in halves if half]
        for part in parts:
            own = address_at(part.smallest())
            yield part, self._passes(place, frozenset(), own).traffic

    def decided_by(
        self, server: str, direction: Direction, packet: Packet, own: Address | None = None
    ) -> AzureDecision:
        """The rules that decide over one packet, one of each group that it meets."""
        zone, member_of = self._zones[server], frozenset(self._memberships[server])
        return self._decided(self._met(zone, direction), member_of, packet, own)

    def decided_beside(
        self, zone: Zone, direction: Direction, packet: Packet, own: Address
    ) -> AzureDecision:
        """The rule of a zone's subnets that decides over a packet of a host with no group of these."""
        place = _Place(zone, Attachment.SUBNETS, direction)
        return self._decided((place,) if place in self._rules else (), (), packet, own)

    def _decided(
        self, met: Iterable[_Place], member_of: Iterable[str], packet: Packet, own: Address | None
    ) -> AzureDecision:
        rulings: list[Ruling] = []
        for place in met:
            # The last default rule matches everything.
            rule = next(
                rule
                for rule in self._of(place, member_of, own)
                if any(packet.address in a and packet.service in s for a, s in self.reach(rule))
            )
            rulings.append(Ruling(place.at, rule))
            if rule.access is azure.Access.DENY:
                return AzureDecision(False, tuple(rulings))
        return AzureDecision(True, tuple(rulings))

    def reach(self, rule: azure.SecurityRule) -> tuple[tuple[AddressSet, ServiceSet], ...]:
        """The peer addresses with the services that a rule names, whichever side ours is."""
        known = self._reach.get(id(rule))
        if known is None:
            known = self._reach[id(rule)] = (rule, self._read(rule))
        return known[1]

    def _read(self, rule: azure.SecurityRule) -> tuple[tuple[AddressSet, ServiceSet], ...]:
        _, peer = _sides(rule)
        addresses, ports = self.addresses(peer), rule.ports
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

    def _met(self, zone: Zone, direction: Direction) -> tuple[_Place, ...]:
        places = (_Place(zone, at, direction) for at in _ON_THE_WAY[direction])
        return tuple(place for place in places if place in self._rules)

    def _passes(self, place: _Place, member_of: frozenset[str], own: Address | None) -> _Passing:
        key = (place, member_of, own if place in self._by_address else None)
        if key not in self._passing:
            self._passing[key] = self._evaluated(self._of(place, member_of, own))
        return self._passing[key]

    def _evaluated(self, rules: Iterable[azure.SecurityRule]) -> _Passing:
        # In the order of priority the first match decides (azure.md 1): a rule has a say only over
        # what none before it named. Where the same access follows, order decides nothing.
        allowed = decided = Traffic()
        by_tag = False
        for (access, tagged), run in groupby(rules, key=lambda r: (r.access, _names_network(r))):
            if decided == _EVERYTHING:
                break
            by_tag |= tagged
            named = Traffic.of(pair for rule in run for pair in self.reach(rule))
            if access is azure.Access.ALLOW:
                allowed |= named - decided
            # Most groups end with a deny of everything: what comes after it has no say.
            if named == _EVERYTHING:
                break
            decided |= named
        return _Passing(allowed, by_tag)

    def _of(
        self, place: _Place, member_of: Iterable[str], own: Address | None
    ) -> Iterator[azure.SecurityRule]:
        """The rules that are applied to an interface, in the order of priority."""
        by_side = self._rules[place]
        # A rule with a group at our side is applied only to interfaces in that group, at a subnet as
        # well (azure.md 1).
        found = [rule for key in member_of for rule in by_side.get(key, ())]
        found += [rule for rule in by_side.get(None, ()) if self._at_ours(rule, own)]
        return iter(sorted(found, key=lambda rule: rule.priority))

    def _at_ours(self, rule: azure.SecurityRule, own: Address | None) -> bool:
        ours, _ = _sides(rule)
        # An interface of a VNet is in it, whatever its address (azure.md 3).
        if not _asks_for_address(ours):
            return True
        if own is None:
            raise ValueError(f"{rule.name} depends on the address of the server")
        return own in self.addresses(ours)

    def addresses(self, side: azure.Side) -> AddressSet:
        """The addresses that a side stands for.

        :raises ValueError: there is no such group, or what a tag holds is not known.
        """
        if isinstance(side, azure.GroupRef):
            # Interfaces in the group only; with none in it the rule matches no address
            # (azure.md 1).
            if side.key not in self._keys:
                raise ValueError(f"there is no application security group {side.key}")
            return self._members.get(side.key, AddressSet())
        if isinstance(side, azure.Prefixes):
            return _without_overlap(side)
        if isinstance(side, azure.Tag):
            # What a tag holds is the network's business, so there is no default (azure.md 3, 4).
            if side.name not in self._tags:
                raise ValueError(f"what the tag {side.name} holds is not known")
            return self._tags[side.name]
        # `*` is any address of either family, platform addresses included (azure.md 1, 3).
        return AddressSet.everything()


_EVERYTHING: Final = Traffic.everything()


def _asks_for_address(ours: azure.Side) -> bool:
    """Whether it takes an interface's address to know that a side names it, and its groups do not say."""
    return not isinstance(ours, azure.GroupRef | azure.Anything) and ours != _VNET


def _names_network(rule: azure.SecurityRule) -> bool:
    """Whether a rule names a tag that holds more or less from network to network (azure.md 3).

    The probe's does not. An interface of a VNet is in VirtualNetwork, whatever else that holds.
    """
    ours, peer = _sides(rule)
    return peer in (_VNET, _INTERNET) or ours == _INTERNET


def _without_overlap(side: azure.Prefixes) -> AddressSet:
    """Ranges of which none holds another, and at least one (azure.md 1). Host bits no range has."""
    addresses = AddressSet.of(side.ranges)
    size = sum(last - first + 1 for first, last in addresses.spans)
    if not side.ranges or size != sum(range_.num_addresses for range_ in side.ranges):
        ranges = ", ".join(map(str, side.ranges))
        raise ValueError(f"ranges that overlap, or none: {ranges or 'none'}")
    return addresses


def _refuse_conflicts(group: azure.NetworkSecurityGroup) -> None:
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


def _in_order(group: azure.NetworkSecurityGroup, direction: Direction) -> list[azure.SecurityRule]:
    rules = [r for r in (*group.rules, *DEFAULT_RULES) if r.direction is direction]
    return sorted(rules, key=lambda rule: rule.priority)


def _sides(rule: azure.SecurityRule) -> tuple[azure.Side, azure.Side]:
    """Our side and the peer's: the interface behind the group is one end of every packet."""
    if rule.direction is Direction.IN:
        return rule.destination, rule.source
    return rule.source, rule.destination


_V4: Final = AddressSet.of([EVERYTHING_V4])
_V6: Final = AddressSet.of([EVERYTHING_V6])


#: Without its probes a load balancer takes every server out of service (azure.md 3).
_ALWAYS: Final[Mapping[Way, Traffic]] = {
    "in": Traffic.of([(PROBE, ServiceSet.everything())]),
    "out": Traffic(),
}


def evaluator(
    rules: azure.AzureRuleSet, members: Mapping[str, AddressSet], space: AddressSet
) -> "AzureEvaluator":
    """What a rule set allows; `members` are the addresses of each group's members, `space` the VNet's.

    :raises ValueError: Azure would refuse the rule set.
    """
    return AzureEvaluator(rules, members, space)


class AzureEvaluator:
    """What the network security groups of one VNet allow; see `base.Evaluator`."""

    def __init__(
        self, plan: azure.AzureRuleSet, members: Mapping[str, AddressSet], space: AddressSet
    ) -> None:
        """Read the plan.

        :raises ValueError: Azure would refuse it.
        """
        self._plan = plan
        # Peers, gateways and forced tunneling add to the tags: `elsewhere` and `harm` ask about that.
        self._tags = usual_tags(space)
        self._filters = AzureFilters(plan, members, self._tags)

    @cached_property
    def _forced(self) -> AzureFilters:
        """The same under forced tunneling, where VirtualNetwork is everything."""
        return self._filters.where_tags_hold(forced_tags())

    @property
    def rules(self) -> int:
        """How many rules of our own there are, default rules not counted."""
        return sum(len(group.rules) for group in self._plan.groups)

    @property
    def places(self) -> frozenset[Attachment]:
        """What its groups hang on."""
        return frozenset(group.at for group in self._plan.groups)

    @property
    def always(self) -> Mapping[Way, Traffic]:
        """The health probes of load balancers."""
        return _ALWAYS

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        """What the server's own filter lets through at one of its addresses."""
        return self._filters.permitted(server, Direction(way), own)

    def elsewhere(self, server: str, way: Way, own: Address) -> Traffic:
        """The same under forced tunneling: the most that the tags can hold.

        Where no rule that names them has a say there is nothing to ask, and that is so wherever our
        denies stand before the default rules.
        """
        asked = (server, Direction(way), own)
        hangs = self._filters.hangs_on_tags(*asked)
        return (self._forced if hangs else self._filters).permitted(*asked)

    def decided(
        self, server: str, way: Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        """Whether one packet passes there, and the rule that decides."""
        decision = self._filters.decided_by(server, Direction(way), packet, own)
        at_subnet = {r.rule for r in decision.rulings if r.at is Attachment.SUBNETS}
        return decision.passes, tuple(
            NamedRule(rule.name + " at the subnet" * (rule in at_subnet), rule.reasons)
            for rule in decision.rules
        )

    def harm(self, zone: str, way: Way, others: AddressSet) -> Iterator[NeighborEffect]:
        """Where our groups are not as Azure's default rules alone, for a host of a zone's subnets.

        Groups at interfaces are at those of our servers only. The probe's rule lets in what a
        default rule lets in.
        """
        if Attachment.SUBNETS not in self.places:
            return
        asked = (Zone(zone), Direction(way), others)
        bare = replace(self._plan, groups=tuple(replace(g, rules=()) for g in self._plan.groups))
        for tags, filters, when in (
            (self._tags, self._filters, ""),
            (forced_tags(), self._forced, "under forced tunneling"),
        ):
            # The same groups with nothing of ours in them.
            defaults = AzureFilters(bare, {}, tags)
            for part, permitted in filters.beside(*asked):
                for same, usual in defaults.beside(*asked[:2], part):
                    if permitted != usual:
                        own = address_at(same.smallest())
                        yield NeighborEffect(own, permitted - usual, usual - permitted, when)

    def reach(self, rule: azure.SecurityRule) -> tuple[tuple[AddressSet, ServiceSet], ...]:
        """The peer addresses with the services that a rule names."""
        return self._filters.reach(rule)

    def written(self) -> Iterator[AllowRule]:
        """The allow rules at our own groups: not the probe's and not the denies."""
        for group in self._plan.groups:
            for rule in group.rules:
                ours, peer = _sides(rule)
                if rule.access is not azure.Access.ALLOW or not isinstance(ours, azure.GroupRef):
                    continue
                reach = self._filters.reach(rule)
                addresses, services = AddressSet(), ServiceSet()
                for some, carried in reach:
                    if some:
                        addresses, services = addresses | some, services | carried
                yield AllowRule(
                    rule.name,
                    group.zone.value,
                    ours.key,
                    "in" if rule.direction is Direction.IN else "out",
                    peer.key if isinstance(peer, azure.GroupRef) else None,
                    addresses,
                    services,
                )

    def planned_rules(self) -> Iterator[PlannedRule]:
        """Every rule of our own, the probe's and the denies too."""
        for group in self._plan.groups:
            for rule in group.rules:
                ours, theirs = _sides(rule)
                if isinstance(theirs, azure.GroupRef):
                    peer = theirs.key
                elif isinstance(theirs, azure.Prefixes):
                    peer = ""
                else:
                    peer = f"the tag {theirs.name}" if isinstance(theirs, azure.Tag) else ANY_WORD
                known = isinstance(theirs, azure.GroupRef | azure.Prefixes)
                yield PlannedRule(
                    self._plan.network,
                    group.zone.value,
                    rule.name,
                    ours.key if isinstance(ours, azure.GroupRef) else None,
                    "in" if rule.direction is Direction.IN else "out",
                    rule.ports,
                    self._filters.addresses(theirs) if known else AddressSet.everything(),
                    peer,
                    rule.access is azure.Access.ALLOW,
                    rule.description,
                    rule.reasons,
                    isinstance(theirs, azure.Tag),
                )

    def shadowed(self, implied_groups: Mapping[str, Iterable[str]]) -> Iterator[RedundantRule]:
        """Allow rules that denies before them leave nothing of, and denies that another one holds."""
        return shadowed(self._plan, self._filters.reach, implied_groups)
