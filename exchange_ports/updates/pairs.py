"""Each network as it was, half-way, and as it will be."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from exchange_ports.aws import merging as aws
from exchange_ports.aws.rules import RuleSet as AwsRuleSet
from exchange_ports.plans import NetworkPlan, Plans
from exchange_ports.traffic.address_set import AddressSet
from exchange_ports.updates.bodies import place_of

__all__ = ["Pair", "pairs_of", "spaces_of"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One network before, without what must go first, half-way, and after."""

    place: str
    old: NetworkPlan
    trimmed: NetworkPlan
    middle: NetworkPlan
    new: NetworkPlan


def pairs_of(old: Plans, new: Plans) -> Iterator[Pair]:
    """Each network as it was and as it will be: nothing goes first, and half-way is as it will be."""
    before = {place_of(plan): plan for plan in old.networks.values()}
    after = {place_of(plan): plan for plan in new.networks.values()}
    for place in sorted({*before, *after}):
        there = [plans[place] for plans in (before, after) if place in plans]
        one = before.get(place) or _nothing_like(there[0])
        other = after.get(place) or _nothing_like(there[0])
        yield Pair(place, one, one, other, other)


def _nothing_like(plan: NetworkPlan) -> NetworkPlan:
    if isinstance(plan, AwsRuleSet):
        return aws.empty(plan.network)
    from exchange_ports.azure import merging as azure

    return azure.empty(plan.network)


def spaces_of(*several: Plans) -> dict[str, AddressSet]:
    """The addresses that each network's zones have before or after."""
    found: dict[str, AddressSet] = defaultdict(AddressSet)
    for plans in several:
        for key, plan in plans.networks.items():
            declared = plans.topology.networks[key]
            ranges = (*declared.internal, *declared.perimeter)
            found[place_of(plan)] |= AddressSet.of(ranges)
    return dict(found)
