"""Flows -> the network security groups of one VNet.

One group a zone, for the network interfaces of managed servers, with inline rules: probe, fabric,
flows, then a deny of everything both ways, since Azure's default rules let the perimeter into the
inside and out to the Internet (azure.md 2). No deny names the VirtualNetwork tag: it holds the
load balancer's probe address. No rule that a single other one covers: its reasons move there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from exchange_ports.azure.names import BANDS, Identity, priorities, rule_name
from exchange_ports.azure.rules import (
    Access,
    Anything,
    ApplicationGroup,
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
from exchange_ports.flows import Flow, Outside, Reason, by_address, described, in_order
from exchange_ports.topology.groups import Group, GroupKind, Wearer
from exchange_ports.traffic.addresses import covers
from exchange_ports.traffic.ports import ANY_PORTS, Ports

__all__ = ["compile_network"]

#: Azure takes 140 characters (azure.md 1).
_DESCRIPTION_LENGTH: Final = 140

_PROBE: Final = Reason("health probes of Azure load balancers")
_DENY: Final = Reason("whatever no rule above lets through")


@dataclass(frozen=True, slots=True)
class _Draft:
    """A rule that has no priority yet."""

    zone: Zone
    direction: Direction
    ports: Ports
    source: Side
    destination: Side
    source_name: str
    destination_name: str
    band: str
    access: Access = Access.ALLOW

    @property
    def ours(self) -> str:
        """The name of the side at which the rule stands: a group's key."""
        return self.destination_name if self.direction is Direction.IN else self.source_name

    @property
    def identity(self) -> Identity:
        ports = "_".join(map(str, self.ports.ranges)) or "all"
        return Identity(
            self.band,
            self.direction,
            self.access,
            self.ports.protocol,
            ports,
            self.source_name,
            self.destination_name,
        )


def compile_network(
    network: str, flows: Iterable[Flow], groups: Collection[Group], wearers: Iterable[Wearer]
) -> RuleSet:
    """The rule set of the VNet `network`, from the flows that touch its groups.

    Deterministic: the same flows in any order give the same rule set, rules sorted by name.
    """
    everyone = tuple(wearers)
    here = {group.key: group for group in groups if group.network == network}
    far = {g: by_address(g, everyone) for g in groups if g.network != network}
    dressed = tuple(wearer for wearer in everyone if wearer.network == network)
    zones = {wearer.name: _zone(wearer.in_perimeter) for wearer in dressed}
    reasons: dict[_Draft, set[Reason]] = defaultdict(set)
    for flow in flows:
        for draft in _written(flow, far, _zones_of(dressed)):
            reasons[draft].update(flow.reasons)
    kept = _without_covered(reasons, here)
    for zone in set(zones.values()):
        kept |= {draft: {reason} for draft, reason in _always(zone)}
    return RuleSet(
        network=network,
        groups=tuple(_group(zone, kept) for zone in Zone if zone in zones.values()),
        application_groups=tuple(ApplicationGroup(key) for key in sorted(here)),
        wears={wearer.name: tuple(group.key for group in wearer.groups) for wearer in dressed},
        zones=zones,
    )


def _zone(in_perimeter: bool) -> Zone:
    return Zone.PERIMETER if in_perimeter else Zone.INTERNAL


def _group(zone: Zone, kept: Mapping[_Draft, set[Reason]]) -> SecurityGroup:
    drafts = {draft.identity: draft for draft in kept if draft.zone is zone}
    rules = [
        Rule(
            name=rule_name(identity, priority),
            priority=priority,
            direction=(draft := drafts[identity]).direction,
            access=draft.access,
            ports=draft.ports,
            source=draft.source,
            destination=draft.destination,
            reasons=in_order(kept[draft]),
            description=described(kept[draft], _DESCRIPTION_LENGTH),
        )
        for identity, priority in priorities(drafts).items()
    ]
    return SecurityGroup(zone, tuple(sorted(rules, key=lambda rule: rule.name)))


def _always(zone: Zone) -> Iterator[tuple[_Draft, Reason]]:
    """What stands in every group: the probe's way in, and the denies."""
    any_ = Anything()
    probe = Tag("AzureLoadBalancer")
    yield (
        _Draft(zone, Direction.IN, ANY_PORTS, probe, any_, "load-balancer", "all", "probe"),
        _PROBE,
    )
    for direction in Direction:
        yield (
            _Draft(zone, direction, ANY_PORTS, any_, any_, "all", "all", "denies", Access.DENY),
            _DENY,
        )


def _zones_of(wearers: Iterable[Wearer]) -> dict[Group, set[Zone]]:
    """The zones in which a group's wearers stand: each zone's network security group needs its rules."""
    zones: dict[Group, set[Zone]] = defaultdict(set)
    for wearer in wearers:
        for group in wearer.groups:
            zones[group].add(_zone(wearer.in_perimeter))
    return zones


def _written(
    flow: Flow, far: Mapping[Group, Outside], zones: Mapping[Group, set[Zone]]
) -> Iterator[_Draft]:
    """One flow as rules at each of its ends that is ours, one for each family of addresses."""
    band = "fabric" if _in_fabric(flow) else "flows"
    for ours, direction in ((flow.source, Direction.OUT), (flow.destination, Direction.IN)):
        if not isinstance(ours, Group):
            continue
        for zone in sorted(zones.get(ours, ())):
            for source, source_name in _sides(flow.source, far):
                for destination, destination_name in _sides(flow.destination, far):
                    yield _Draft(
                        zone,
                        direction,
                        flow.ports,
                        source,
                        destination,
                        source_name,
                        destination_name,
                        band,
                    )


def _in_fabric(flow: Flow) -> bool:
    return flow.ports == ANY_PORTS and all(
        end.kind is GroupKind.EXCHANGE if isinstance(end, Group) else end.fabric
        for end in (flow.source, flow.destination)
    )


def _sides(end: Group | Outside, far: Mapping[Group, Outside]) -> Iterator[tuple[Side, str]]:
    if isinstance(end, Group):
        end = far.get(end, end)
    if isinstance(end, Group):
        yield GroupRef(end.key), end.key
        return
    # No declared name has a dot, so no other end is called so.
    for version, suffix in ((4, ""), (6, ".v6")):
        ranges = tuple(range_ for range_ in end.ranges if range_.version == version)
        if ranges:
            yield Prefixes(ranges), end.name + suffix


def _without_covered(
    reasons: Mapping[_Draft, set[Reason]], groups: Mapping[str, Group]
) -> dict[_Draft, set[Reason]]:
    beside: dict[tuple[Zone, Direction, str], list[_Draft]] = defaultdict(list)
    for draft in sorted(reasons, key=_sort_key):
        beside[draft.zone, draft.direction, draft.ours].append(draft)

    def reaches(wide: Side, narrow: Side) -> bool:
        if wide == narrow:
            return True
        if isinstance(wide, GroupRef) and isinstance(narrow, GroupRef):
            return wide.key in groups[narrow.key].wider
        return (
            isinstance(wide, Prefixes)
            and isinstance(narrow, Prefixes)
            and covers(wide.ranges, narrow.ranges)
        )

    def covering(draft: _Draft) -> Iterator[_Draft]:
        # A rule of our side's group, or of one that all its wearers wear too, can cover it.
        for ours in (draft.ours, *groups[draft.ours].wider):
            yield from (
                other for other in beside[draft.zone, draft.direction, ours] if over(other, draft)
            )

    def over(other: _Draft, draft: _Draft) -> bool:
        return (
            other != draft
            and other.ports.covers(draft.ports)
            and reaches(other.source, draft.source)
            and reaches(other.destination, draft.destination)
            # Equal sets under two names: one of them stays, the first by name.
            and not (_same(other, draft) and _sort_key(draft) < _sort_key(other))
        )

    kept = {draft: set(why) for draft, why in reasons.items()}
    for draft, why in reasons.items():
        above = list(covering(draft))
        if above:
            # Covering is transitive, so one of those above is itself not covered.
            widest = min(
                (other for other in above if not any(True for _ in covering(other))), key=_sort_key
            )
            kept.pop(draft)
            kept[widest] |= why
    return kept


def _same(one: _Draft, other: _Draft) -> bool:
    return (one.ports, one.source, one.destination) == (
        other.ports,
        other.source,
        other.destination,
    )


def _sort_key(draft: _Draft) -> tuple[int, str, str, str, str]:
    return (
        BANDS[draft.band].first,
        draft.source_name,
        draft.destination_name,
        draft.ports.protocol,
        str(draft.ports),
    )
