"""An update at once, or in the fewest phases that cut and open nothing while they run.

A server that changes groups must find the rules of its new group as they will be, and must have
left its old group before that one's rules change. So: first the rules, each group's as its members
need them (`add_rules`), then the servers, then what is no longer wanted (`remove_rules`). And a rule that goes
and names a list of ranges that changes must go before the list does (`remove_list_rules`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product, starmap
from typing import Final, NamedTuple

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import RuleSet
from exchange_ports.differences import Standing, StandingRules
from exchange_ports.findings import Finding
from exchange_ports.planning import Plans
from exchange_ports.rollout import update
from exchange_ports.rollout.examine import Examination, examine


class ServersIn(StrEnum):
    """Where servers take their groups from the outputs."""

    THIS_STACK = "this_stack"
    """In the same program: between the last rule that is added and the first that goes."""
    OTHER_STACK = "other_stack"
    """In another stack: at any time after the update."""


class Phase(StrEnum):
    """One phase of an update: what is done in it."""

    AT_ONCE = "at_once"
    """The topology as it will be."""
    REMOVE_LIST_RULES = "remove_list_rules"
    """Take away the rules that go and name a list of ranges that changes."""
    ADD_RULES = "add_rules"
    """Add what is new, keep what servers still need."""
    SWITCH_GROUPS = "switch_groups"
    """Attach their new groups to the servers."""
    REMOVE_SERVERS = "remove_servers"
    """Take away the servers that go."""
    ATTACH_GROUPS = "attach_groups"
    """Attach their new groups to the servers beside the old ones."""
    DETACH_GROUPS = "detach_groups"
    """Take their old groups from the servers, and add the servers that come."""
    REMOVE_RULES = "remove_rules"
    """Delete what is no longer wanted. Servers that still change their groups do it here."""


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """One step: what each network gets, and the groups of its servers when the step is done.

    Networks are named as `place_of` names them.
    """

    phase: Phase
    plans: Mapping[str, RuleSet]


@dataclass(frozen=True, slots=True)
class Rollout:
    """What an update does at once, and in which steps it is clean."""

    at_once: Examination
    #: The fewest steps found that cut and open nothing; one step where doing it at once is clean.
    #: None where no such steps were found.
    steps: tuple[PhasePlan, ...] | None
    stepwise: Examination
    #: The servers that come, go, or change groups or addresses.
    moves: tuple[str, ...]
    #: The limits that doing it at once would pass in the middle, so that the cloud refuses it there.
    refused: tuple[Finding, ...] = ()
    #: The groups that would be deleted while servers of another stack may still be in them.
    held: tuple[str, ...] = ()
    #: The same of groups that all servers of a zone have: the network security groups of Azure.
    held_zones: tuple[str, ...] = ()
    #: The groups that would be replaced whichever servers are in them, in words: there are no steps for that.
    replaced: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether it can be done at once."""
        stays = self.refused or self.held or self.held_zones or self.replaced
        return self.at_once.clean and not stays


_Way = Callable[[update.NetworkPair], Iterator[update.TransientState]]


def plan_rollout(
    old: Plans,
    new: Plans,
    servers_in: ServersIn = ServersIn.THIS_STACK,
    ids: tuple[update.Ids, update.Ids] = ({}, {}),
    wholes: Iterable[str] = (),
) -> Rollout:
    """What passes on the way from one to the other, at once and in steps.

    Networks are matched by identity; one that changes its cloud goes in the one and comes in the
    other. One whose key changes without an `id` is another network: its servers change from the groups of
    the one to those of the other, one after the other. `ids` are the cloud ids that stand beside the one and the other, by network.
    `wholes`: the networks in which something else replaces everything, in words.
    """
    pairs = tuple(update.network_pairs(old, new))
    everyone = update.server_interfaces(old, new)
    spaces = update.spaces_of(old, new)

    shifts = update.network_shifts(old, new, everyone)
    quotas = update.quotas_of(new)

    def look(
        pairs: Iterable[update.NetworkPair], way: _Way
    ) -> tuple[Examination, tuple[Finding, ...]]:
        moments = {pair.place: tuple(way(pair)) for pair in pairs}
        states = ((place, each.rules) for place, several in moments.items() for each in several)
        over = update.refused(states, quotas)
        if _stands_still(pairs, everyone):
            return Examination(sum(map(len, moments.values())), 0, ()), over
        return examine(moments, everyone, spaces, shifts), over

    # What takes foreign rules away takes old ones of ours away, perhaps before servers of the same
    # program have changed their groups: then that may be at any time, as in another stack.
    exclusive = any(pair.new.exclusive for pair in pairs)
    at_once, over = look(pairs, _at_once(servers_in, exclusive=exclusive))
    # Lists change whole in one of the steps, so no steps make such a change smaller.
    over += update.changed_at_once(pairs)
    stays: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    if servers_in is ServersIn.OTHER_STACK:
        stays = (update.held(pairs, everyone), update.held_zones(pairs, everyone))
    moves = tuple(dict.fromkeys(interface.name for interface in everyone if interface.moves))
    apart = {issue.when for issue in at_once.issues}
    replaced = (
        *wholes,
        *update.reattached(pairs),
        *update.moved_elsewhere(old, new, ids),
        *update.renamed_networks(old, new, (each for each in shifts if each.when in apart)),
    )
    if replaced:
        return Rollout(at_once, None, at_once, moves, over, *stays, replaced)
    if at_once.clean and not any(stays):
        # Where a limit is in the way, more steps are no way round it.
        steps = None if over else _steps(pairs, (Phase.AT_ONCE,), everyone)
        return Rollout(at_once, steps, at_once, moves, over)
    stepwise = at_once
    if update.changed_at_once(pairs):
        return Rollout(at_once, None, at_once, moves, over, *stays)
    short = [replace(pair, old=update.trimmed(pair.old, pair.new)) for pair in pairs]
    for way, phases in _ways(servers_in, trims=short != list(pairs), exclusive=exclusive):
        starts = short if Phase.REMOVE_LIST_RULES in phases else pairs
        for spare in _SPARES if Phase.ADD_RULES in phases else _SPARES[:1]:
            expanded = [
                replace(pair, trimmed=start.old, middle=_middle(start, everyone, spare))
                for pair, start in zip(pairs, starts, strict=True)
            ]
            stepwise, in_passing = look(expanded, way)
            steps = _steps(expanded, phases, everyone)
            in_passing += update.refused(_of_steps(steps), quotas)
            if stepwise.clean and not in_passing:
                return Rollout(at_once, steps, stepwise, moves, over, *stays)
    return Rollout(at_once, None, stepwise, moves, over, *stays)


def _ways(
    servers_in: ServersIn, *, trims: bool, exclusive: bool
) -> list[tuple[_Way, tuple[Phase, ...]]]:
    """What is tried, the fewest steps first."""
    ways = list(_WAYS)
    if trims:
        at_once = (_at_once(servers_in, exclusive=exclusive), (Phase.AT_ONCE,))
        ways += [
            (_trim_and(way), (Phase.REMOVE_LIST_RULES, *phases))
            for way, phases in (at_once, *_WAYS)
        ]
    if servers_in is ServersIn.OTHER_STACK or exclusive:
        # Servers of another stack change their groups in a step of their own.
        ways = [each for each in ways if each[1][-2:] != (Phase.ADD_RULES, Phase.REMOVE_RULES)]
    return sorted(ways, key=lambda each: len(each[1]))


def _stands_still(
    pairs: Iterable[update.NetworkPair], everyone: Iterable[update.ServerInterface]
) -> bool:
    """Whether no rule changes, and no server that stays is in other groups.

    Then servers come to rules that stand, or leave them: whatever passes at a moment passes before
    or after, and there is no moment to look at. Not so where one comes and another goes: for a
    moment they may speak with each other.
    """
    moving = [interface for interface in everyone if interface.moves]
    return (
        all(interface.comes for interface in moving) or all(interface.goes for interface in moving)
    ) and not any(
        update.operations(pair.old, other)
        for pair in pairs
        for other in (pair.trimmed, pair.middle, pair.new)
        if other is not pair.old
    )


def _of_steps(steps: Iterable[PhasePlan]) -> Iterator[tuple[str, RuleSet]]:
    return (each for step in steps for each in step.plans.items())


def _steps(
    pairs: Sequence[update.NetworkPair],
    phases: Iterable[Phase],
    everyone: Sequence[update.ServerInterface],
) -> tuple[PhasePlan, ...]:
    return tuple(
        PhasePlan(phase, {pair.place: _at_end_of(phase, pair, everyone) for pair in pairs})
        for phase in phases
    )


def _at_end_of(
    phase: Phase, pair: update.NetworkPair, everyone: Iterable[update.ServerInterface]
) -> RuleSet:
    """What a network has when a step is done, with the memberships of then."""
    if phase in (Phase.AT_ONCE, Phase.REMOVE_RULES):
        return pair.new
    here = [interface for interface in everyone if interface.place == pair.place]
    states = {
        interface.name: state
        for interface in here
        if (state := interface.state_with(_MEMBERSHIP[phase](interface))) is not None
    }
    rules = pair.trimmed if phase is Phase.REMOVE_LIST_RULES else pair.middle
    return cloud_of(rules).transitions.with_memberships(
        rules,
        {name: state.groups for name, state in states.items()},
        {name: state.zone for name, state in states.items()},
    )


#: What a server is attached to at the end of each step between the first and the last.
_MEMBERSHIP: Final[Mapping[Phase, Callable[[update.ServerInterface], update.Membership]]] = {
    Phase.REMOVE_LIST_RULES: lambda _: "before",
    Phase.ADD_RULES: lambda _: "before",
    Phase.REMOVE_SERVERS: lambda interface: "after" if interface.goes else "before",
    Phase.ATTACH_GROUPS: lambda interface: "after" if interface.goes else "both",
    Phase.SWITCH_GROUPS: lambda _: "after",
    Phase.DETACH_GROUPS: lambda _: "after",
}


def standing_after(old: Plans | None, new: Plans, step: PhasePlan | None) -> Standing:
    """What stands at the end of a phase; without one, and after the last one, the new topology."""
    if old is None or step is None or step.phase not in _MEMBERSHIP:
        return Standing.of(new)
    when = _MEMBERSHIP[step.phase]
    managed = [
        server
        for interface in update.server_interfaces(old, new)
        if (server := interface.server_with(when(interface))) is not None
    ]
    every = (*new.inventory.servers, *old.inventory.servers)
    there = {server.identity: server for server in managed}
    for server in every:
        if not server.managed:
            there.setdefault(server.identity, server)
    spaces = update.spaces_of(old, new)
    rules = {
        (plan.network, plan.platform): StandingRules(plan, spaces[place])
        for place, plan in step.plans.items()
    }
    flows = tuple(dict.fromkeys((*new.flows, *old.flows)))
    return Standing(new, flows, tuple(there.values()), every, rules)


def _at_once(servers_in: ServersIn, *, exclusive: bool) -> _Way:
    def way(pair: update.NetworkPair) -> Iterator[update.TransientState]:
        if servers_in is ServersIn.THIS_STACK:
            yield from update.transition(1, pair.old, pair.new, ("before", "after"))
            if not exclusive:
                return
        yield from update.transition(1, pair.old, pair.new, ("before", "before"))
        yield from update.standing(2, update.holding(pair.old, pair.new), "changing")
        yield from _end(3, pair.new)

    return way


def _trim_and(way: _Way) -> _Way:
    def ways(pair: update.NetworkPair) -> Iterator[update.TransientState]:
        yield from update.transition(0, pair.old, pair.trimmed, ("before", "before"))
        yield from way(replace(pair, old=pair.trimmed))

    return ways


def _two_steps(pair: update.NetworkPair) -> Iterator[update.TransientState]:
    yield from update.transition(1, pair.old, pair.middle, ("before", "before"))
    yield from update.transition(2, pair.middle, pair.new, ("before", "after"))


def _three_steps(pair: update.NetworkPair) -> Iterator[update.TransientState]:
    yield from update.transition(1, pair.old, pair.middle, ("before", "before"))
    yield from update.standing(2, pair.middle, "changing")
    yield from update.transition(3, pair.middle, pair.new, ("after", "after"))


def _phase_by_phase(pair: update.NetworkPair) -> Iterator[update.TransientState]:
    yield from update.transition(1, pair.old, pair.middle, ("before", "before"))
    yield from update.standing(2, pair.middle, "leaving")
    yield from update.standing(3, pair.middle, "joining")
    yield from update.standing(4, pair.middle, "shedding")
    yield from update.transition(5, pair.middle, pair.new, ("after", "after"))


#: The moments of each way, and its steps.
_WAYS: Final[tuple[tuple[_Way, tuple[Phase, ...]], ...]] = (
    (_two_steps, (Phase.ADD_RULES, Phase.REMOVE_RULES)),
    (_three_steps, (Phase.ADD_RULES, Phase.SWITCH_GROUPS, Phase.REMOVE_RULES)),
    (
        _phase_by_phase,
        (
            Phase.ADD_RULES,
            Phase.REMOVE_SERVERS,
            Phase.ATTACH_GROUPS,
            Phase.DETACH_GROUPS,
            Phase.REMOVE_RULES,
        ),
    ),
)


def _end(step: int, rules: RuleSet) -> Iterator[update.TransientState]:
    after: update.Memberships = "after"
    yield update.TransientState(step, "at its end", rules, after)


class _Spare(NamedTuple):
    """Which groups keep old rules, or have new ones, beside those that their movers need."""

    left_groups_have_new: bool
    joined_groups_keep_old: bool


_SPARES: Final = tuple(starmap(_Spare, product((False, True), repeat=2)))


def _middle(
    pair: update.NetworkPair, everyone: Iterable[update.ServerInterface], spare: _Spare
) -> RuleSet:
    """The rules that every server can live with while some change their groups.

    A group that servers will come to has its new rules already, one that they will leave has its
    old ones still, and one whose members stay has both. That may be too few for those who stay in
    a group that others leave, so `spare` has more.
    """
    comes: set[str] = set()
    goes: set[str] = set()
    for interface in everyone:
        if interface.place == pair.place:
            before = set(interface.before.groups) if interface.before else set[str]()
            after = set(interface.after.groups) if interface.after else set[str]()
            comes |= after - before
            goes |= before - after

    def keep(group: str) -> tuple[bool, bool]:
        only_left = group in goes and group not in comes
        only_joined = group in comes and group not in goes
        old = not only_joined or spare.joined_groups_keep_old
        return (old, not only_left or spare.left_groups_have_new)

    return update.merged(pair.old, pair.new, keep)
