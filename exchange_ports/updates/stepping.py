"""An update as one step, or as the fewest steps that cut and open nothing in passing.

A server that changes groups must find the rules of its new group as they will be, and must have
left its old group before that one's rules change. So: first the rules, each group's as its members
need them (expand), then the servers, then what is no longer wanted (contract).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product, starmap
from typing import Final, NamedTuple

from exchange_ports.aws import merging as aws
from exchange_ports.aws.rules import RuleSet as AwsRuleSet
from exchange_ports.plans import NetworkPlan, Plans
from exchange_ports.traffic.address_set import AddressSet
from exchange_ports.updates.bodies import Body, bodies, place_of
from exchange_ports.updates.examining import Examined, examine
from exchange_ports.updates.moments import Memberships, Moment, merged, standing, transition

__all__ = ["Attached", "Pair", "Step", "Update", "pairs_of", "spaces_of", "update"]


class Attached(StrEnum):
    """Where servers take their groups from the outputs."""

    HERE = "here"
    """In the same program: between the last rule that is added and the first that goes."""
    ELSEWHERE = "elsewhere"
    """In another stack: at any time after the update."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: the plan that each network gets, or what others have to do."""

    does: str
    #: None where the rules stay as they are.
    plans: Mapping[str, NetworkPlan] | None


@dataclass(frozen=True, slots=True)
class Update:
    """What an update does at once, and in which steps it is clean."""

    at_once: Examined
    #: The fewest steps found that cut and open nothing; one step where doing it at once is clean.
    #: None where no steps were found.
    steps: tuple[Step, ...] | None
    stepwise: Examined
    moves: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether it can be done at once."""
        return self.at_once.clean


EXPAND: Final = "expand: add what is new, keep what servers still need"
CHANGE: Final = "change: let the servers wear their new groups"
LEAVE: Final = "leave: take away the servers that go"
JOIN: Final = "join: let the servers wear their new groups beside the old ones"
SHED: Final = "shed: take their old groups from the servers, and add the servers that come"
CONTRACT: Final = "contract: delete what is no longer wanted"
MOVE_AND_CONTRACT: Final = "move and contract: the topology as it will be"
AT_ONCE: Final = "the topology as it will be"


def update(old: Plans, new: Plans, attached: Attached = Attached.HERE) -> Update:
    """What passes on the way from one to the other, at once and in steps.

    Networks are matched by identity; one that changes its cloud goes in the one and comes in the
    other.
    """
    pairs = tuple(pairs_of(old, new))
    everyone = bodies(old, new)
    spaces = spaces_of(old, new)

    def look(pairs: Iterable[Pair], way: _Way) -> Examined:
        return examine({pair.place: tuple(way(pair)) for pair in pairs}, everyone, spaces)

    moves = tuple(dict.fromkeys(body.name for body in everyone if body.moves))
    wanted = _by_network(pair.new for pair in pairs)
    stepwise = at_once = look(pairs, _at_once(attached))
    if at_once.clean:
        return Update(at_once, (Step(AT_ONCE, wanted),), at_once, moves)
    for way, turns in _WAYS:
        if way is _two_steps and attached is Attached.ELSEWHERE:
            continue
        for spare in _SPARES:
            expanded = [replace(pair, middle=_middle(pair, everyone, spare)) for pair in pairs]
            stepwise = look(expanded, way)
            if stepwise.clean:
                first = Step(EXPAND, _by_network(pair.middle for pair in expanded))
                between = (Step(turn, None) for turn in turns[:-1])
                return Update(at_once, (first, *between, Step(turns[-1], wanted)), stepwise, moves)
    return Update(at_once, None, stepwise, moves)


@dataclass(frozen=True, slots=True)
class Pair:
    """One network before, half-way, and after."""

    place: str
    old: NetworkPlan
    middle: NetworkPlan
    new: NetworkPlan


_Way = Callable[[Pair], Iterator[Moment]]


def _at_once(attached: Attached) -> _Way:
    def way(pair: Pair) -> Iterator[Moment]:
        if attached is Attached.HERE:
            yield from transition(1, pair.old, pair.new, ("before", "after"))
            return
        yield from transition(1, pair.old, pair.new, ("before", "before"))
        yield from standing(2, pair.new, "changing")
        yield from _end(3, pair.new)

    return way


def _two_steps(pair: Pair) -> Iterator[Moment]:
    yield from transition(1, pair.old, pair.middle, ("before", "before"))
    yield from transition(2, pair.middle, pair.new, ("before", "after"))


def _three_steps(pair: Pair) -> Iterator[Moment]:
    yield from transition(1, pair.old, pair.middle, ("before", "before"))
    yield from standing(2, pair.middle, "changing")
    yield from transition(3, pair.middle, pair.new, ("after", "after"))


def _turn_by_turn(pair: Pair) -> Iterator[Moment]:
    yield from transition(1, pair.old, pair.middle, ("before", "before"))
    yield from standing(2, pair.middle, "leaving")
    yield from standing(3, pair.middle, "joining")
    yield from standing(4, pair.middle, "shedding")
    yield from transition(5, pair.middle, pair.new, ("after", "after"))


#: What is tried, the fewest steps first: the moments of each way, and what is done after expanding.
_WAYS: Final[tuple[tuple[_Way, tuple[str, ...]], ...]] = (
    (_two_steps, (MOVE_AND_CONTRACT,)),
    (_three_steps, (CHANGE, CONTRACT)),
    (_turn_by_turn, (LEAVE, JOIN, SHED, CONTRACT)),
)


def _end(step: int, rules: NetworkPlan) -> Iterator[Moment]:
    after: Memberships = "after"
    yield Moment(step, "at its end", rules, after)


def _by_network(plans: Iterable[NetworkPlan]) -> dict[str, NetworkPlan]:
    return {plan.network: plan for plan in plans}


def pairs_of(old: Plans, new: Plans) -> Iterator[Pair]:
    """Each network as it was and as it will be; half-way is as it will be."""
    before = {place_of(plan): plan for plan in old.networks.values()}
    after = {place_of(plan): plan for plan in new.networks.values()}
    for place in sorted({*before, *after}):
        there = [plans[place] for plans in (before, after) if place in plans]
        one = before.get(place) or _nothing_like(there[0])
        other = after.get(place) or _nothing_like(there[0])
        yield Pair(place, one, other, other)


def _nothing_like(plan: NetworkPlan) -> NetworkPlan:
    if isinstance(plan, AwsRuleSet):
        return aws.empty(plan.network)
    from exchange_ports.azure import merging as azure

    return azure.empty(plan.network)


class _Spare(NamedTuple):
    """Which groups keep old rules, or have new ones, beside those that their movers need."""

    left_groups_have_new: bool
    joined_groups_keep_old: bool


_SPARES: Final = tuple(starmap(_Spare, product((False, True), repeat=2)))


def _middle(pair: Pair, everyone: Iterable[Body], spare: _Spare) -> NetworkPlan:
    """The rules that every server can live with while some change their groups.

    A group that servers will come to has its new rules already, one that they will leave has its
    old ones still, and one whose wearers stay has both. That may be too few for those who stay in
    a group that others leave, so `spare` has more.
    """
    comes: set[str] = set()
    goes: set[str] = set()
    for body in everyone:
        if body.place == pair.place:
            before = set(body.before.groups) if body.before else set[str]()
            after = set(body.after.groups) if body.after else set[str]()
            comes |= after - before
            goes |= before - after

    def keep(group: str) -> tuple[bool, bool]:
        only_left = group in goes and group not in comes
        only_joined = group in comes and group not in goes
        old = not only_joined or spare.joined_groups_keep_old
        return (old, not only_left or spare.left_groups_have_new)

    return merged(pair.old, pair.new, keep)


def spaces_of(*several: Plans) -> dict[str, AddressSet]:
    """The addresses that each network's zones have before or after."""
    found: dict[str, AddressSet] = defaultdict(AddressSet)
    for plans in several:
        for key, plan in plans.networks.items():
            declared = plans.topology.networks[key]
            ranges = (*declared.internal, *declared.perimeter)
            found[place_of(plan)] |= AddressSet.of(ranges)
    return dict(found)
