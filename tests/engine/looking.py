"""What an update cut or opened, told from what stood in the cloud after every single call.

Knows: the semantics of the clouds, and what an update promises (docs/updates.md): what both
topologies mean passes in every state, and nothing passes in any that neither means.
Must not know: `exchange_ports.rollout`, whose claims are tried here; nor an engine or a cloud.

Who passes is asked of each state alone: servers are there as their interfaces are, and have what
those have.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import product
from typing import Final, NamedTuple

from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.azure.rules import AzureRuleSet
from exchange_ports.clouds.base import Way
from exchange_ports.planning import Plans
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic
from tests.support.rule_sets import NetworkPlan, evaluator, networks_of

__all__ = ["Look", "Trouble", "agree", "outside_the_model", "troubles"]

_WAYS: Final[tuple[Way, Way]] = ("out", "in")

#: Class E is no one's (RFC 1112 4): it stands for addresses that are not declared.
_FIRST_PLACEHOLDER: Final = int(IPv4Address("240.0.0.1"))


@dataclass(frozen=True, slots=True)
class Look:
    """What stood after a call: each network's rules, and in `wears` who is there with what on."""

    call: str
    stood: Mapping[str, NetworkPlan]


class Trouble(NamedTuple):
    """Traffic that was cut or open after a call; `at` is the number of the look."""

    effect: str
    at: int
    call: str
    source: str
    target: str
    services: str

    def __str__(self) -> str:
        return (
            f"{self.source} -> {self.target} {self.services}: {self.effect} after call {self.at}, "
            f"{self.call}"
        )


def troubles(old: Plans | None, new: Plans, looks: Iterable[Look]) -> list[Trouble]:
    """Whatever any look shows as cut or open on the way from one topology to the other.

    Without an `old` one, nothing was meant before. A server keeps its address while it keeps its
    name.
    """
    both = [new] if old is None else [old, new]
    at = _addresses(both)
    space = _space(both)
    before = _passing({} if old is None else networks_of(old), at, space)
    after = _passing(networks_of(new), at, space)
    found: list[Trouble] = []
    known = _Known({}, {})
    last: Mapping[str, NetworkPlan] | None = None
    for number, look in enumerate(looks, 1):
        if look.stood == last:
            # Only words changed, or nothing of ours.
            continue
        last = look.stood
        for what in _against(before, after, _passing(look.stood, at, space), known):
            found.append(Trouble(what.effect, number, look.call, *what[1:]))
    return found


def outside_the_model(
    old: Mapping[str, NetworkPlan], new: Mapping[str, NetworkPlan], looks: Iterable[Look]
) -> list[str]:
    """States that are none of those in between which docs/updates.md speaks of.

    On AWS: first rules only come, and when all have come, rules only go; a prefix list is the old
    one or the new one. Of a group without members, rules of EC2's own do no harm. On Azure every
    network security group is the old one or the new one, whole.
    """
    return [
        f"after call {number}, {look.call}: {what}"
        for number, look in enumerate(looks, 1)
        for key, stood in look.stood.items()
        for what in _outside(old.get(key), new.get(key), stood)
    ]


def _outside(
    old: "NetworkPlan | None", new: "NetworkPlan | None", stood: NetworkPlan
) -> Iterator[str]:
    if isinstance(stood, AwsRuleSet):
        assert old is None or isinstance(old, AwsRuleSet)
        assert new is None or isinstance(new, AwsRuleSet)
        first, last, there = (set(() if each is None else each.rules) for each in (old, new, stood))
        if len(there) < len(stood.rules):
            yield "a rule stands twice"
        attached = {group for groups in stood.memberships.values() for group in groups}
        if strange := {rule for rule in there - (first | last) if rule.group in attached}:
            yield f"{len(strange)} rules are of neither topology"
        if not first <= there and not last <= there:
            yield f"{len(first - there)} old rules are gone and {len(last - there)} new ones missing"
        known = set[object]().union(*(_lists(each) for each in (old, new) if each))
        for key, _ in sorted(_lists(stood) - known, key=str):
            yield f"the prefix list {key} is neither the old one nor the new one"
        return
    assert old is None or isinstance(old, AzureRuleSet)
    assert new is None or isinstance(new, AzureRuleSet)
    for group in stood.groups:
        written = {
            each.rules
            for plan in (old, new)
            if plan is not None
            for each in plan.groups
            if each.zone == group.zone
        }
        if group.rules not in written:
            yield f"the group of the {group.zone} zone is neither the old one nor the new one"


def agree(one: Mapping[str, NetworkPlan], other: Mapping[str, NetworkPlan]) -> bool:
    """Whether the same stands in both, in whatever order, and servers have the same."""
    return {key: _unordered(each) for key, each in one.items()} == {
        key: _unordered(each) for key, each in other.items()
    }


def _unordered(plan: NetworkPlan) -> tuple[object, ...]:
    memberships = {server: set(groups) for server, groups in plan.memberships.items()}
    if isinstance(plan, AwsRuleSet):
        return (set(plan.groups), _lists(plan), set(plan.rules), memberships)
    return (set(plan.groups), set(plan.application_groups), memberships)


def _lists(plan: AwsRuleSet) -> set[tuple[str, frozenset[object]]]:
    return {(each.key, frozenset[object](each.entries)) for each in plan.prefix_lists}


# ---- what passes ----


class _Passing(NamedTuple):
    #: Of each server that is there, what its own filter lets through, but for our own addresses.
    strangers: Mapping[tuple[str, Way], Traffic]
    #: Between two servers that are there, by the address of each: what both ends let through.
    ours: Mapping[tuple[str, str, Address, Address], ServiceSet]


def _addresses(several: Iterable[Plans]) -> dict[str, tuple[Address, ...]]:
    found: dict[str, tuple[Address, ...]] = {}
    for plans in several:
        for member in plans.inventory.servers:
            declared = tuple(sorted(each.network_address for each in member.ranges))
            known = found.setdefault(member.name, declared)
            assert known == declared, f"{member.name} has two addresses"
    placeholders = iter(range(_FIRST_PLACEHOLDER, _FIRST_PLACEHOLDER + len(found)))
    return {
        name: declared or (IPv4Address(next(placeholders)),) for name, declared in found.items()
    }


def _space(several: Iterable[Plans]) -> Mapping[str, AddressSet]:
    found: dict[str, AddressSet] = defaultdict(AddressSet)
    for plans in several:
        for key, network in plans.topology.networks.items():
            found[key] |= AddressSet.of((*network.internal, *network.perimeter))
    return found


def _set_of(addresses: Iterable[Address]) -> AddressSet:
    found = AddressSet()
    for each in addresses:
        found |= AddressSet.between(each, each)
    return found


def _passing(
    networks: Mapping[str, NetworkPlan],
    at: Mapping[str, Sequence[Address]],
    space: Mapping[str, AddressSet],
) -> _Passing:
    lets: dict[tuple[str, Way], Traffic] = {}
    for key, plan in networks.items():
        members: dict[str, AddressSet] = defaultdict(AddressSet)
        for server, groups in plan.memberships.items():
            for group in groups:
                members[group] |= _set_of(at[server])
        seen = evaluator(plan, members, space[key])
        for server in plan.memberships:
            for way in _WAYS:
                lets[server, way] = seen.permitted(server, way, at[server][0])
    there = list(dict.fromkeys(server for server, _ in lets))
    strangers = Traffic.of([(~_set_of(a for one in at.values() for a in one), _EVERYTHING)])
    return _Passing(
        {key: traffic & strangers for key, traffic in lets.items()},
        {
            (source, target, own, far): lets[source, "out"].at(far) & lets[target, "in"].at(own)
            for source, target in product(there, repeat=2)
            if source != target
            for own, far in product(at[source], at[target])
            if own.version == far.version
        },
    )


_EVERYTHING: Final = ServiceSet.everything()


class _What(NamedTuple):
    effect: str
    source: str
    target: str
    services: str


class _Known(NamedTuple):
    """What earlier looks showed already."""

    strangers: dict[tuple[str, str, Way], Traffic]
    ours: dict[tuple[str, str, str, Address, Address], ServiceSet]


def _against(before: _Passing, after: _Passing, now: _Passing, known: _Known) -> Iterator[_What]:
    """What is cut or open now and was not at any look before."""
    nothing, none = Traffic(), ServiceSet()
    for key in {**before.strangers, **after.strangers, **now.strangers}:
        first, last = (each.strangers.get(key, nothing) for each in (before, after))
        passing = now.strangers.get(key, nothing)
        wrong = {"blocked": (first & last) - passing, "allowed": passing - (first | last)}
        for effect, traffic in wrong.items():
            seen = known.strangers.get((effect, *key), nothing)
            if new := traffic - seen:
                known.strangers[effect, *key] = seen | new
                address = new.example().address
                ends = (key[0], str(address))
                source, target = ends if key[1] == "out" else ends[::-1]
                yield _What(effect, source, target, str(new.at(address)))
    for line in {**before.ours, **after.ours, **now.ours}:
        one, other = (each.ours.get(line, none) for each in (before, after))
        both = now.ours.get(line, none)
        for effect, services in (
            ("blocked", (one & other) - both),
            ("allowed", both - (one | other)),
        ):
            done = known.ours.get((effect, *line), none)
            if fresh := services - done:
                known.ours[effect, *line] = done | fresh
                yield _What(effect, line[0], line[1], str(fresh))
