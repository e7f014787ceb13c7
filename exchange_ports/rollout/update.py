"""An update: each server and each network before and after, what the engine does, and the states between.

Only the extremal states are made. Which rules can be there together depends on the cloud and stands in its
`transitions`; which groups servers are in at each moment is decided here.

EC2 has no call that adds and removes, so while an update runs a group holds the rules of both (aws.md
2.2); and it deletes no group that a server is in (aws.md 2.6). Azure is written whole, and takes no
application security group away that an interface is in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from exchange_ports.clouds import cloud, cloud_of
from exchange_ports.clouds.base import Cloud, RuleSet, WhenMembers
from exchange_ports.findings import Finding
from exchange_ports.planning import Plans
from exchange_ports.topology.inventory import (
    ExchangeServer,
    ServerPair,
    match_servers,
    with_addresses,
)
from exchange_ports.topology.validate import as_mapping
from exchange_ports.traffic.addresses import Address, AddressSet

#: A server's groups: those from before, those from before and after, or those from after.
Membership: TypeAlias = Literal["before", "both", "after"]


class InterfaceState(NamedTuple):
    """The groups on a server's interfaces, their addresses, and their zone (Azure)."""

    groups: tuple[str, ...]
    addresses: tuple[Address, ...]
    zone: str = ""


@dataclass(frozen=True, slots=True)
class ServerInterface:
    """A managed server: its groups before and after, None where it is not there."""

    name: str
    #: Keeps a server one server where it gets another name or another address.
    identity: str
    #: The network and its cloud, as `place_of` says them.
    place: str
    before: InterfaceState | None
    after: InterfaceState | None
    #: The server in both topologies.
    servers: ServerPair

    def state_with(self, membership: Membership) -> InterfaceState | None:
        """Its groups then. With `both`, whoever goes is gone and whoever comes is not there."""
        if membership == "both":
            if self.before is None or self.after is None:
                return None
            groups = dict.fromkeys((*self.after.groups, *self.before.groups))
            return self.before._replace(groups=tuple(groups))
        return self.before if membership == "before" else self.after

    def server_with(self, membership: Membership) -> ExchangeServer | None:
        """The server as it is then, by the name and at the place in the file that it has afterwards."""
        state = self.state_with(membership)
        one = self.servers.after if membership == "after" else self.servers.before
        if state is None or one is None:
            return None
        known = {each.key: each for pair in self.servers if pair for each in pair.groups}
        latest = self.servers.latest
        return replace(
            one,
            name=latest.name,
            identity=latest.identity,
            path=latest.path,
            groups=tuple(known[key] for key in state.groups),
        )

    @property
    def comes(self) -> bool:
        """Whether it was not there before."""
        return self.before is None

    @property
    def goes(self) -> bool:
        """Whether it is not there afterwards."""
        return self.after is None

    @property
    def moves(self) -> bool:
        """Whether it comes, goes, or changes groups or addresses."""
        return self.before != self.after

    @property
    def key(self) -> tuple[str, str]:
        """Which one it is."""
        return (self.place, self.identity)


def network_name(one: RuleSet | ExchangeServer) -> str:
    """A network and its cloud: in another cloud it is another network."""
    return f"{one.network} on {cloud(one.platform).name}"


def server_interfaces(old: Plans, new: Plans) -> tuple[ServerInterface, ...]:
    """Every server that is in a group of ours before or after, matched by identity, then by address."""
    before, after = (
        {name: plan for plan in plans.networks.values() for name in plan.memberships}
        for plans in (old, new)
    )
    pairs = match_servers(
        (old.inventory.by_name[name] for name in before),
        (new.inventory.by_name[name] for name in after),
        network_name,
    )
    pairs.sort(key=lambda pair: (network_name(pair.latest), pair.latest.name, pair.before is None))
    return tuple(
        ServerInterface(
            pair.latest.name,
            pair.latest.identity,
            network_name(pair.latest),
            _state(pair.before, before),
            _state(pair.after, after),
            pair,
        )
        for pair in with_addresses(pairs)
    )


def _state(server: ExchangeServer | None, plans: Mapping[str, RuleSet]) -> InterfaceState | None:
    if server is None:
        return None
    plan = plans[server.name]
    zone = str(plan.zones.get(server.name, ""))
    return InterfaceState(plan.memberships[server.name], server.addresses, zone)


class NetworkShift(NamedTuple):
    """A server that keeps its addresses and takes the groups of another network instead of those that it had.

    A network whose key changes and that has no `id` is another network: its groups are made anew, and no
    rule of one network names a group of the other.
    """

    before: ServerInterface
    after: ServerInterface

    @property
    def when(self) -> str:
        """The moment at which servers of both networks' groups meet."""
        places = f"{self.before.place} and another those of {self.after.place}"
        return f"while one server has the groups of {places}"


def network_shifts(
    old: Plans, new: Plans, interfaces: Iterable[ServerInterface]
) -> tuple[NetworkShift, ...]:
    """The servers that are removed from one network and added to another of the same cloud where they were."""
    everyone = tuple(interfaces)
    going = {one.name: one for one in everyone if one.goes}
    coming = {one.name: one for one in everyone if one.comes}
    pairs = match_servers(
        (old.inventory.by_name[name] for name in going),
        (new.inventory.by_name[name] for name in coming),
        lambda server: (server.platform, server.declared_addresses),
    )
    return tuple(
        NetworkShift(going[pair.before.name], coming[pair.after.name])
        for pair in pairs
        if pair.before and pair.after
    )


def renamed_networks(old: Plans, new: Plans, shifts: Iterable[NetworkShift]) -> Iterator[str]:
    """The networks that become others because their key changes, in words."""
    before = {network_name(plan): plan.network for plan in old.networks.values()}
    after = {network_name(plan): key for key, plan in new.networks.items()}
    for one, other in dict.fromkeys((shift.before.place, shift.after.place) for shift in shifts):
        if one not in after and other not in before:
            key, kept = after[other], before[one]
            yield (
                f"every group of {one}: its network is declared as {key}; "
                f"with `id: {kept}` at {key} no group is replaced"
            )


@dataclass(frozen=True, slots=True)
class NetworkPair:
    """One network before, without what must go first, in the middle, and after."""

    place: str
    old: RuleSet
    trimmed: RuleSet
    middle: RuleSet
    new: RuleSet


def network_pairs(old: Plans, new: Plans) -> Iterator[NetworkPair]:
    """Each network as it was and as it will be: nothing goes first, and in the middle is as it will be."""
    before = {network_name(plan): plan for plan in old.networks.values()}
    after = {network_name(plan): plan for plan in new.networks.values()}
    for place in sorted({*before, *after}):
        there = [plans[place] for plans in (before, after) if place in plans]
        one = before.get(place) or nothing_like(there[0])
        other = after.get(place) or nothing_like(there[0])
        yield NetworkPair(place, one, one, other, other)


def nothing_like(plan: RuleSet) -> RuleSet:
    """The rule set of the same network on the same cloud that holds nothing of ours."""
    return cloud_of(plan).transitions.empty(plan.network)


def spaces_of(*several: Plans) -> dict[str, AddressSet]:
    """The addresses that each network's zones have before or after."""
    found: dict[str, AddressSet] = defaultdict(AddressSet)
    for plans in several:
        for key, plan in plans.networks.items():
            declared = plans.topology.networks[key]
            ranges = (*declared.internal, *declared.perimeter)
            found[network_name(plan)] |= AddressSet.of(ranges)
    return dict(found)


# ---- what the engine does ----
# It tells resources apart by their logical names (pulumi.md 3), and names say what a thing is: so a change
# of words is an edit in place, and a change of meaning is one more and one less.


class Does(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    CHANGE = "change"
    REPLACE = "replace"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """One resource that is created, changed in place, replaced or deleted.

    `kind` is the resource in the cloud's own words, `name` its logical name inside its network.
    """

    kind: str
    name: str
    does: Does


def operations(
    old: RuleSet, new: RuleSet, *, elsewhere: bool = False, retagged: bool = False
) -> tuple[Operation, ...]:
    """What is done in one network, sorted by kind and name; nothing where the plans agree.

    `elsewhere`: the cloud ids of the network are others, so what is in it is replaced. `retagged`: the tags
    of the stack are others.
    """
    before, after = (
        {(each.kind, each.name): each for each in cloud_of(plan).names.planned_resources(plan)}
        for plan in (old, new)
    )
    found = [Operation(*key, Does.DELETE) for key in before.keys() - after.keys()]
    found += [Operation(*key, Does.CREATE) for key in after.keys() - before.keys()]
    for key in before.keys() & after.keys():
        one, other = before[key], after[key]
        if one.fixed != other.fixed or (elsewhere and other.in_network):
            found.append(Operation(*key, Does.REPLACE))
        elif one.editable != other.editable or (retagged and other.tagged):
            found.append(Operation(*key, Does.CHANGE))
    return tuple(sorted(found))


# ---- what the cloud would refuse in the middle ----

#: The quotas that a customer had raised, by place and by the name that a topology gives them.
Quotas: TypeAlias = Mapping[str, Mapping[str, int]]


def quotas_of(plans: Plans) -> Quotas:
    """What each network declares of quotas."""
    return {
        network_name(plan): plans.topology.networks[key].quotas.raised
        for key, plan in plans.networks.items()
    }


def refused(states: Iterable[tuple[str, RuleSet]], quotas: Quotas) -> tuple[Finding, ...]:
    """Every limit that is passed in any of these states, each once."""
    found: dict[Finding, None] = {}
    for place, rules in states:
        for finding in cloud_of(rules).limits.check(rules, None, quotas.get(place, {})):
            if finding.is_error:
                found[finding] = None
    return tuple(found)


def changed_at_once(pairs: Iterable[NetworkPair]) -> tuple[Finding, ...]:
    """Every limit on what one update changes that doing each pair's change at once would pass."""
    return tuple(
        finding
        for pair in pairs
        for finding in cloud_of(pair.new).limits.check_change(pair.old, pair.new, None)
    )


def held(pairs: Iterable[NetworkPair], interfaces: Iterable[ServerInterface]) -> tuple[str, ...]:
    """The groups that would be deleted while servers of another stack may still be members."""
    everyone = tuple(interfaces)
    return tuple(
        f"{group} of {pair.place}"
        for pair in pairs
        for group in sorted({*pair.old.member_groups} - {*pair.new.member_groups})
        if any(
            interface.place == pair.place and interface.before and group in interface.before.groups
            for interface in everyone
        )
    )


def held_zones(
    pairs: Iterable[NetworkPair], interfaces: Iterable[ServerInterface]
) -> tuple[str, ...]:
    """The groups of whole zones that would be deleted while servers of another stack may still have them."""
    everyone = tuple(interfaces)
    return tuple(
        f"the network security group of the {zone} zone of {pair.place}"
        for pair in pairs
        for zone in cloud_of(pair.old).transitions.zones_left(pair.old, pair.new)
        if any(
            interface.place == pair.place and interface.before and interface.before.zone == zone
            for interface in everyone
        )
    )


# Replaced groups: a group is at one place: an AWS security group in its VPC, a network security group of
# Azure in its resource group and location (aws.md 3.3, azure.md 3); and one for subnets is another than
# one for interfaces. AWS creates the new one first. Azure's provider deletes first where the program
# gives the name, as ours does, and Azure refuses that as long as a server is in the group (azure.md 3).

#: Cloud ids by network, as they stand beside a topology; one that only Pulumi knows is left out.
Ids: TypeAlias = Mapping[str, object]


def reattached(pairs: Iterable[NetworkPair]) -> Iterator[str]:
    """The network security groups that change what they hang on (`attach_to`), in words."""
    for pair in pairs:
        for zone, *ends in cloud_of(pair.new).transitions.reattached(pair.old, pair.new):
            from_, to = (each.value.replace("_", " ") for each in ends)
            yield f"the {zone} zone of {pair.place}: from {from_} to {to}"


def moved_elsewhere(old: Plans, new: Plans, ids: tuple[Ids, Ids]) -> Iterator[str]:
    """The networks whose groups are at another place afterwards, in words."""
    for place, name, one, other in _other_ids(old, new, ids):
        yield f"every group of {place}: {name} from {one} to {other}"


def _other_ids(old: Plans, new: Plans, ids: tuple[Ids, Ids]) -> Iterator[tuple[str, str, str, str]]:
    """Each cloud id that is another: the network, the id's name, the id before and after."""
    before = {network_name(plan): key for key, plan in old.networks.items()}
    for key, plan in sorted(new.networks.items()):
        place = network_name(plan)
        if place in before:
            was = as_mapping(ids[0].get(before[place])) or {}
            will = as_mapping(ids[1].get(key)) or {}
            yield from ((place, *each) for each in changed_ids(plan, was, will))


def changed_ids(
    plan: RuleSet, was: Mapping[str, object], will: Mapping[str, object]
) -> Iterator[tuple[str, str, str]]:
    """Each cloud id of a network that is another: the id's name, the id before and after."""
    for name in plan.platform.facts.ids if plan.member_groups else ():
        one, other = was.get(name), will.get(name)
        if isinstance(one, str) and isinstance(other, str) and one != other:
            yield name, one, other


#: The groups of servers in a state. `before` and `after`: all of them those from before, or after.
#: `changing`: each either. In three phases instead: `leaving`, those that go, and no others, may be
#: gone; `joining`, those that change their groups may be in both; `shedding`, they may have taken off
#: the old ones, and those that come may be there.
Memberships: TypeAlias = Literal["before", "changing", "leaving", "joining", "shedding", "after"]

_Possible: TypeAlias = tuple[Membership, ...]
_STAYING: Final[Mapping[Memberships, _Possible]] = {
    "before": ("before",),
    "changing": ("before", "after"),
    "leaving": ("before",),
    "joining": ("before", "both"),
    "shedding": ("both", "after"),
    "after": ("after",),
}
_GOING: Final[Mapping[Memberships, _Possible]] = {
    **_STAYING,
    "leaving": ("before", "after"),
    "joining": ("after",),
    "shedding": ("after",),
}


@dataclass(frozen=True, slots=True)
class TransientState:
    """One state of a network: the step of the update that it is in, the rules, and the groups of servers."""

    step: int
    summary: str
    rules: RuleSet
    memberships: Memberships

    def memberships_of(self, interface: ServerInterface) -> _Possible:
        """The groups that a server may be in, if it is there at all."""
        return (_GOING if interface.goes else _STAYING)[self.memberships]


def standing(step: int, rules: RuleSet, memberships: Memberships) -> Iterator[TransientState]:
    """A network whose rules do not change while servers change their groups."""
    yield TransientState(step, "while servers change their groups", rules, memberships)


def transition(
    step: int, old: RuleSet, new: RuleSet, memberships: tuple[Memberships, Memberships]
) -> Iterator[TransientState]:
    """One run of the engine from `old` to `new`.

    `memberships` are the groups of servers while things are created and edited, and while what is no
    longer wanted is deleted; where these differ, servers change their groups in between.

    :raises TypeError: the two are of different clouds.
    """
    first, last = memberships
    when: Mapping[WhenMembers, Memberships] = {
        "before": first,
        "changing": "changing",
        "after": last,
    }
    transitions = _one_cloud(old, new).transitions
    for state in transitions.transient_states(old, new, memberships_change=first != last):
        # Servers of another stack keep their groups until that stack changes them.
        held = state.members == "after" and last == "before"
        rules = transitions.holding(old, state.rules) if held else state.rules
        yield TransientState(step, state.summary, rules, when[state.members])


def holding(old: RuleSet, new: RuleSet) -> RuleSet:
    """The new rules, with the groups of both: no cloud deletes a group that a server is in."""
    return _one_cloud(old, new).transitions.holding(old, new)


def merged(old: RuleSet, new: RuleSet, keep: Callable[[str], tuple[bool, bool]]) -> RuleSet:
    """A rule set with the rules of both that `keep` names for each group, with the memberships from before.

    :raises TypeError: the two are of different clouds.
    """
    return _one_cloud(old, new).transitions.merged(old, new, keep)


def trimmed(old: RuleSet, new: RuleSet) -> RuleSet:
    """The old rules but for those that must go before anything else changes; memberships as before."""
    return cloud_of(old).transitions.trimmed(old, new)


def _one_cloud(old: RuleSet, new: RuleSet) -> Cloud[Any]:
    if old.platform is not new.platform:
        raise TypeError("a network cannot be in two clouds")
    return cloud_of(new)
