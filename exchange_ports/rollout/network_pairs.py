"""Each network as it was, half-way, and as it will be."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import RuleSet
from exchange_ports.pipeline import Plans
from exchange_ports.rollout.interfaces import network_name
from exchange_ports.traffic.addresses import AddressSet

__all__ = ["NetworkPair", "network_pairs", "spaces_of"]


@dataclass(frozen=True, slots=True)
class NetworkPair:
    """One network before, without what must go first, half-way, and after."""

    place: str
    old: RuleSet
    trimmed: RuleSet
    middle: RuleSet
    new: RuleSet


def network_pairs(old: Plans, new: Plans) -> Iterator[NetworkPair]:
    """Each network as it was and as it will be: nothing goes first, and half-way is as it will be."""
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
