"""Flows -> the network security groups of one VNet.

One group a zone, for the network interfaces of managed servers or for their subnets, with inline
rules: probe, internal servers, flows, then a deny of everything both ways, since Azure's default rules let the
perimeter into the internal network and out to the Internet (azure.md 2). At a subnet the denies are for our own
groups, so that others there have the default rules and nothing else. No deny names the VirtualNetwork
tag: it holds the load balancer's probe address. No rule that a single other one covers: its reasons move there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.azure.names import BANDS, Identity, priorities, rule_name
from exchange_ports.clouds.base import Direction
from exchange_ports.findings import Finding
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.flow import by_address, described, in_order
from exchange_ports.topology.groups import Group, GroupKind
from exchange_ports.topology.inventory import ExchangeServer, Inventory
from exchange_ports.topology.models import Attachment, Zone
from exchange_ports.traffic.addresses import spans_of
from exchange_ports.traffic.covering import LabeledBox, Tiers, widest
from exchange_ports.traffic.ports import ANY_PORTS, Ports
from exchange_ports.traffic.spans import NOTHING, Spans

#: Azure takes 140 characters (azure.md 1).
_DESCRIPTION_LENGTH: Final = 140

_DENY: Final = Reason("all traffic that no rule above allows")


class _Draft(NamedTuple):
    """A rule that has no priority yet. A tuple, since there are many of them for a moment."""

    zone: Zone
    direction: Direction
    ports: Ports
    source: azure.Side
    destination: azure.Side
    source_name: str
    destination_name: str
    band: str
    access: azure.Access = azure.Access.ALLOW
    #: Those of the other side, where it is no group.
    addresses: Spans = NOTHING

    def __hash__(self) -> int:
        # Addresses take long to hash, and few drafts differ in nothing but them.
        return hash((self.source_name, self.destination_name, self.ports.ranges))

    @property
    def ours(self) -> str:
        """The name of the side at which the rule stands: a group's key."""
        return self.destination_name if self.direction is Direction.IN else self.source_name

    @property
    def theirs(self) -> str | None:
        """The group on the other side; none where that is addresses."""
        other = self.source if self.direction is Direction.IN else self.destination
        return other.key if isinstance(other, azure.GroupRef) else None

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
    network: str, flows: Iterable[Flow], inventory: Inventory
) -> azure.AzureRuleSet:
    """The rule set of the VNet `network`, by its identity, from the flows that touch its groups.

    Retired groups get their rules, and their zone its network security group; the plan knows no members
    of them. Deterministic: the same flows in any order give the same rule set, rules sorted by name.
    """
    here = {group.key: group for group in inventory.groups if group.network == network}
    servers = inventory.in_network(network)
    _, declared = inventory.networks[network]
    at = declared.attach_to
    located = [
        *((group, server.zone) for server in servers for group in server.groups),
        *((each.group, each.zone) for each in inventory.retired if each.group.network == network),
    ]
    zones: dict[Group, set[Zone]] = defaultdict(set)
    for group, zone in located:
        zones[group].add(zone)
    used = {zone for _, zone in located}
    sides = _Sides(network, inventory.members)
    reasons: dict[_Draft, list[Reason]] = defaultdict(list)
    for flow in flows:
        for draft in _written(flow, network, zones, sides):
            reasons[draft].extend(flow.reasons)
    kept = _without_covered(reasons, here)
    for zone in used:
        denied = _denied(zone, at, zones)
        kept |= {draft: {reason} for draft, reason in _always(zone, denied)}
    return azure.AzureRuleSet(
        network=network,
        groups=tuple(_group(zone, at, kept) for zone in Zone if zone in used),
        application_groups=tuple(azure.ApplicationGroup(key) for key in sorted(here)),
        memberships={
            server.name: tuple(group.key for group in server.groups) for server in servers
        },
        zones={server.name: server.zone for server in servers},
    )


def _group(
    zone: Zone, at: Attachment, kept: Mapping[_Draft, Collection[Reason]]
) -> azure.NetworkSecurityGroup:
    drafts = {draft.identity: draft for draft in kept if draft.zone is zone}
    rules = [
        azure.SecurityRule(
            name=rule_name(identity, priority),
            priority=priority,
            direction=(draft := drafts[identity]).direction,
            access=draft.access,
            ports=draft.ports,
            source=draft.source,
            destination=draft.destination,
            reasons=(why := in_order(kept[draft])),
            description=described(why, _DESCRIPTION_LENGTH),
        )
        for identity, priority in priorities(drafts).items()
    ]
    return azure.NetworkSecurityGroup(zone, tuple(sorted(rules, key=lambda rule: rule.name)), at)


def _denied(
    zone: Zone, at: Attachment, zones: Mapping[Group, Collection[Zone]]
) -> tuple[tuple[azure.Side, str], ...]:
    """Whom the denies are for: at an interface any server, at a subnet our servers in it.

    Every server is in one group that implies no other, so these few are enough. One group a rule: a
    rule that names several groups does not work while one of them is empty (azure.md 1).
    """
    if at is Attachment.NETWORK_INTERFACES:
        return ((azure.Anything(), "all"),)
    keys = {
        group.key for group, where in zones.items() if zone in where and not group.implied_groups
    }
    return tuple((azure.GroupRef(key), key) for key in sorted(keys))


def _always(
    zone: Zone, denied: Iterable[tuple[azure.Side, str]]
) -> Iterator[tuple[_Draft, Reason]]:
    """What stands in every group: the probe's way in, and the denies."""
    any_ = azure.Anything()
    probe = azure.Tag("AzureLoadBalancer")
    yield (
        _Draft(zone, Direction.IN, ANY_PORTS, probe, any_, "load-balancer", "all", "probe"),
        azure.PROBES.reason,
    )
    for ours, name in denied:
        sides = (any_, ours, "all", name), (ours, any_, name, "all")
        for direction, ends in zip((Direction.IN, Direction.OUT), sides, strict=True):
            yield _Draft(zone, direction, ANY_PORTS, *ends, "denies", azure.Access.DENY), _DENY


class _Named(NamedTuple):
    """A side with its name, and its addresses where it is no group."""

    side: azure.Side
    name: str
    addresses: Spans = NOTHING


class _Sides:
    """The ends of flows as rules of one network name them, each worked out once."""

    def __init__(self, network: str, members: Mapping[Group, tuple[ExchangeServer, ...]]) -> None:
        self._network = network
        self._members = members
        self._known: dict[Group | ExternalEndpoint, tuple[_Named, ...]] = {}

    def of(self, end: Group | ExternalEndpoint) -> tuple[_Named, ...]:
        known = self._known.get(end)
        if known is None:
            known = self._known[end] = tuple(self._sides(end))
        return known

    def _sides(self, end: Group | ExternalEndpoint) -> Iterator[_Named]:
        if isinstance(end, Group):
            if end.network == self._network:
                yield _Named(azure.GroupRef(end.key), end.key)
                return
            end = by_address(end, self._members.get(end, ()))
        # No declared name has a dot, so no other end is called so.
        for version, suffix in ((4, ""), (6, ".v6")):
            ranges = tuple(range_ for range_ in end.ranges if range_.version == version)
            if ranges:
                yield _Named(azure.Prefixes(ranges), end.name + suffix, spans_of(ranges))


def _written(
    flow: Flow, network: str, zones: Mapping[Group, set[Zone]], sides: _Sides
) -> Iterator[_Draft]:
    """One flow as rules at each of its ends that is ours, one for each family of addresses."""
    for ours, direction in ((flow.source, Direction.OUT), (flow.destination, Direction.IN)):
        if not isinstance(ours, Group) or ours.network != network:
            continue
        band = "internal" if _between_internal_servers(flow) else "flows"
        for zone in sorted(zones.get(ours, ())):
            for source in sides.of(flow.source):
                for destination in sides.of(flow.destination):
                    yield _Draft(
                        zone,
                        direction,
                        flow.ports,
                        source.side,
                        destination.side,
                        source.name,
                        destination.name,
                        band,
                        # Our own side is a group and has none.
                        addresses=source.addresses or destination.addresses,
                    )


def _between_internal_servers(flow: Flow) -> bool:
    return flow.ports == ANY_PORTS and all(
        end.kind is GroupKind.EXCHANGE if isinstance(end, Group) else end.unrestricted
        for end in (flow.source, flow.destination)
    )


#: A zone, a direction, the group at which a rule stands, and the group on the other side; none
#: where that is addresses.
_Label: TypeAlias = tuple[Zone, Direction, str, str | None]


def _without_covered(
    reasons: Mapping[_Draft, list[Reason]], groups: Mapping[str, Group]
) -> dict[_Draft, Collection[Reason]]:
    """The drafts without those that a single other one covers: it has their reasons too.

    A rule of our side's group, or of one that all its members are in too, can cover one. Of equal sets
    under two names, one stays: the first by name.
    """

    def above(label: _Label) -> Tiers[_Label]:
        zone, direction, ours, theirs = label
        them = [theirs] if theirs is None else [theirs, *groups[theirs].implied_groups]
        ourselves = (ours, *groups[ours].implied_groups)
        return [[(zone, direction, each, other) for each in ourselves for other in them]]

    ordered = sorted(reasons, key=_sort_key)
    covered = widest(map(_box, ordered), above)
    for place, wide in covered.items():
        reasons[ordered[wide]].extend(reasons[ordered[place]])
    return {draft: reasons[draft] for place, draft in enumerate(ordered) if place not in covered}


def _box(draft: _Draft) -> LabeledBox[_Label]:
    label = (draft.zone, draft.direction, draft.ours, draft.theirs)
    return LabeledBox(label, draft.ports, draft.addresses)


def _sort_key(draft: _Draft) -> tuple[int, str, str, str, str]:
    return (
        BANDS[draft.band].first,
        draft.source_name,
        draft.destination_name,
        draft.ports.protocol,
        str(draft.ports),
    )


def check_neighbors(
    _rules: azure.AzureRuleSet,
    _flows: Iterable[Flow],
    _bound: Collection[str],
    _key: str,
    _quotas: Mapping[str, int],
) -> Iterator[Finding]:
    """Nothing: no rule of ours is added to a neighbor's network security group (azure.md 5)."""
    return iter(())


def rules_at_neighbors(
    rules: azure.AzureRuleSet, _flows: Iterable[Flow], _bound: Collection[str]
) -> azure.AzureRuleSet:
    """None: no rule of ours is added to a neighbor's network security group (azure.md 5)."""
    return azure.AzureRuleSet(rules.network, (), (), {}, {})
