"""What passes in every moment of an update, held against what passes before and after it.

Cut: it passes before and after, and in some moment not. Open: it passes in some moment, and neither
before nor after. With two managed ends both decide; of an end that is not ours nothing is claimed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations, product
from typing import Final, NamedTuple

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import Evaluator
from exchange_ports.flows.flow_index import WAYS, Way
from exchange_ports.rollout.update import (
    Membership,
    NetworkShift,
    ServerInterface,
    TransientState,
)
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic


class TransientEffect(StrEnum):
    """What a moment does to traffic that it should not do."""

    CUT = "blocked"
    OPEN = "allowed"


_MEMBERSHIPS: Final[tuple[Membership, ...]] = ("before", "both", "after")


@dataclass(frozen=True, slots=True)
class TransientIssue:
    """Traffic that an update cuts or opens while it runs, and when.

    `server` is ours, and `way` is seen from it. `traffic` has the other ends. Where both ends are
    ours it is reported once, of the source.
    """

    effect: TransientEffect
    server: str
    way: Way
    traffic: Traffic
    when: str

    def __str__(self) -> str:
        # One address of them, with all that there is at it.
        address = self.traffic.example().address
        ends = (self.server, str(address))
        source, destination = ends if self.way == "out" else ends[::-1]
        effect = "blocked" if self.effect is TransientEffect.CUT else "allowed"
        return f"{source} -> {destination} {self.traffic.at(address)}: {effect} {self.when}"


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at, and what was found."""

    moments: int
    pairs: int
    issues: tuple[TransientIssue, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is cut or opened while it runs."""
        return not self.issues


def examine(
    moments: Mapping[str, Sequence[TransientState]],
    interfaces: Iterable[ServerInterface],
    spaces: Mapping[str, AddressSet],
    shifts: Iterable[NetworkShift] = (),
) -> Examination:
    """Look at every moment of every network.

    `moments` are given for each network in the order of time, the first one before anything is
    changed and the last one when all is done. `spaces` are the addresses of each network's zones.
    `shifts` are the servers that change their network: one after the other, in any order.
    """
    return _Examiner(moments, tuple(interfaces), spaces).examined(tuple(shifts))


@dataclass(frozen=True, slots=True)
class _State:
    """One end in one state: its groups, and what its filter allows."""

    moment: int
    step: int
    membership: Membership
    addresses: tuple[Address, ...]
    #: Its filter's traffic, by the groups of its peers.
    lets: Mapping[Membership, Traffic]


class _Examiner:
    def __init__(
        self,
        moments: Mapping[str, Sequence[TransientState]],
        interfaces: tuple[ServerInterface, ...],
        spaces: Mapping[str, AddressSet],
    ) -> None:
        self._moments = moments
        self._interfaces = interfaces
        self._ours = _addresses(interfaces)
        self._views: dict[tuple[str, int, Membership], Evaluator] = {}
        for place, several in moments.items():
            here = [interface for interface in interfaces if interface.place == place]
            members = {when: _members(here, when) for when in _MEMBERSHIPS}
            groups_of, zones = _memberships(here)
            for number, moment in enumerate(several):
                cloud = cloud_of(moment.rules)
                state = cloud.transitions.with_memberships(moment.rules, groups_of, zones)
                for when in _MEMBERSHIPS:
                    self._views[place, number, when] = cloud.evaluator.evaluator(
                        state, members[when], spaces[place]
                    )
        self._states = {
            (interface.key, way): tuple(self._of(interface, way))
            for interface in interfaces
            for way in WAYS
        }
        self._pairs = 0
        self._places = {interface.key: _addresses([interface]) for interface in interfaces}
        self._alike: dict[frozenset[int], frozenset[tuple[str, str]]] = {}

    def examined(self, shifts: Sequence[NetworkShift]) -> Examination:
        issues = [
            *self._with_strangers(),
            *self._among_ours(),
            *self._between_networks(shifts),
        ]
        count = sum(len(several) for several in self._moments.values())
        return Examination(count, self._pairs, tuple(issues))

    def _of(self, interface: ServerInterface, way: Way) -> Iterator[_State]:
        for number, moment in enumerate(self._moments[interface.place]):
            for membership in moment.memberships_of(interface):
                state = interface.state_with(membership)
                if state is not None:
                    lets: dict[Membership, Traffic] = {
                        peers: self._views[interface.place, number, peers].permitted(
                            _named(interface, membership), way, state.addresses[0]
                        )
                        for peers in _MEMBERSHIPS
                    }
                    yield _State(number, moment.step, membership, state.addresses, lets)

    def _first_and_last(
        self, interface: ServerInterface, way: Way
    ) -> tuple[_State | None, _State | None]:
        states = self._states[interface.key, way]
        last = len(self._moments[interface.place]) - 1
        before = next((s for s in states if s.moment == 0 and s.membership == "before"), None)
        after = next((s for s in states if s.moment == last and s.membership == "after"), None)
        return before, after

    # ---- one end is ours ----

    def _with_strangers(self) -> Iterator[TransientIssue]:
        strangers = Traffic.of([(~self._ours, ServiceSet.everything())])
        known: dict[tuple[int, ...], list[tuple[TransientEffect, Traffic, int]]] = {}
        for interface in self._interfaces:
            for way in WAYS:
                states = self._states[interface.key, way]
                ends = self._first_and_last(interface, way)
                before, after = (Traffic() if s is None else s.lets[s.membership] for s in ends)
                # Servers of one role share all of it, and are looked at once.
                key = (id(before), id(after), *(id(s.lets[s.membership]) for s in states))
                exists = None not in ends
                if key not in known or not exists:
                    known[key] = list(self._against(states, before, after, exists, strangers))
                for effect, traffic, moment in known[key]:
                    summary = self._moments[interface.place][moment].summary
                    yield TransientIssue(effect, interface.name, way, traffic, summary)

    # Three states are held against each other here, not two topologies, and by what rules allow: so this
    # is no second `diff`, which knows flows and reasons, and no rules.

    def _against(
        self,
        states: Sequence[_State],
        before: Traffic,
        after: Traffic,
        exists: bool,
        strangers: Traffic,
    ) -> Iterator[tuple[TransientEffect, Traffic, int]]:
        found: dict[TransientEffect, Traffic] = {}
        for state in states:
            passing = state.lets[state.membership]
            if passing is before or passing is after:
                continue
            missing = (before & after) - passing if exists else Traffic()
            surplus = passing - (before | after)
            for effect, traffic in (
                (TransientEffect.CUT, missing),
                (TransientEffect.OPEN, surplus),
            ):
                new = (traffic & strangers) - found.get(effect, Traffic())
                if new:
                    found[effect] = found.get(effect, Traffic()) | new
                    yield effect, new, state.moment

    # ---- both ends are ours ----

    def _among_ours(self) -> Iterator[TransientIssue]:
        touched = {
            (interface.key, way): self._touched(interface, way)
            for interface in self._interfaces
            for way in WAYS
        }
        for source in self._interfaces:
            found: dict[tuple[TransientEffect, str], list[tuple[AddressSet, ServiceSet]]] = (
                defaultdict(list)
            )
            for target in self._interfaces:
                if source.key == target.key or not (
                    target.key in touched[source.key, "out"]
                    or source.key in touched[target.key, "in"]
                    or source.moves
                    or target.moves
                ):
                    continue
                for line in _lines(source, target):
                    self._pairs += 1
                    for effect, far, services, summary in self._between(source, target, line):
                        found[effect, summary].append((AddressSet.between(far, far), services))
            for (effect, summary), pairs in found.items():
                yield TransientIssue(effect, source.name, "out", Traffic.of(pairs), summary)

    def _touched(self, interface: ServerInterface, way: Way) -> frozenset[tuple[str, str]]:
        """Of whom not all states of a filter say the same."""
        seen = {
            id(traffic): traffic
            for state in self._states[interface.key, way]
            for traffic in state.lets.values()
        }
        # Servers of one role share all of it, and are looked at once.
        known = frozenset(seen)
        if known not in self._alike:
            changing = self._changing(list(seen.values()))
            self._alike[known] = frozenset(
                other.key for other in self._interfaces if changing & self._places[other.key]
            )
        return self._alike[known]

    def _changing(self, every: Sequence[Traffic]) -> AddressSet:
        """At which of our addresses they do not say the same."""
        if not every:
            return AddressSet()
        whole = common = every[0]
        for traffic in every[1:]:
            whole |= traffic
            common &= traffic
        return (whole - common).addresses() & self._ours

    def _between(
        self, source: ServerInterface, target: ServerInterface, line: "_Line"
    ) -> Iterator[tuple[TransientEffect, Address, ServiceSet, str]]:
        ends = (self._first_and_last(source, "out"), self._first_and_last(target, "in"))
        before, after = (
            ServiceSet() if a is None or b is None else _passing(a, b, line)
            for a, b in zip(*ends, strict=True)
        )
        # There is something to cut only between servers that are there all the time.
        exist = all(None not in each for each in ends)
        done: dict[tuple[TransientEffect, Address], ServiceSet] = defaultdict(ServiceSet)
        for a, b in product(self._states[source.key, "out"], self._states[target.key, "in"]):
            together = a.step == b.step and (source.place != target.place or a.moment == b.moment)
            if not together or not line.fits(a, b):
                continue
            passing = _passing(a, b, line)
            missing = (before & after) - passing if exist else ServiceSet()
            surplus = passing - (before | after)
            far = b.addresses[line.target]
            for effect, services in (
                (TransientEffect.CUT, missing),
                (TransientEffect.OPEN, surplus),
            ):
                new = services - done[effect, far]
                if new:
                    done[effect, far] |= new
                    yield effect, far, new, self._moments[source.place][a.moment].summary

    # ---- both ends change their network ----

    def _between_networks(self, shifts: Sequence[NetworkShift]) -> Iterator[TransientIssue]:
        """What happens between two servers while one has changed its network and the other has not.

        All groups and rules of both networks stand then: the one's until every server has left it.
        """
        found: dict[tuple[TransientEffect, str, str], list[tuple[AddressSet, ServiceSet]]] = (
            defaultdict(list)
        )
        for source, target in permutations(shifts, 2):
            for line in _lines(source.after, target.after):
                self._pairs += 1
                for effect, far, services in self._while_apart(source, target, line):
                    key = (effect, source.after.name, source.when)
                    found[key].append((AddressSet.between(far, far), services))
        for (effect, name, when), pairs in found.items():
            yield TransientIssue(effect, name, "out", Traffic.of(pairs), when)

    def _while_apart(
        self, source: NetworkShift, target: NetworkShift, line: "_Line"
    ) -> Iterator[tuple[TransientEffect, Address, ServiceSet]]:
        sources, targets = self._ends(source, "out"), self._ends(target, "in")
        if sources[0] is None or sources[1] is None or targets[0] is None or targets[1] is None:
            return
        before = _passing(sources[0], targets[0], line)
        after = _passing(sources[1], targets[1], line)
        far = targets[0].addresses[line.target]
        ends = ((sources[1], targets[0]), (sources[0], targets[1]))
        missing, surplus = ServiceSet(), ServiceSet()
        for one, other in ends:
            passing = _passing(one, other, line)
            missing |= (before & after) - passing
            surplus |= passing - (before | after)
        if missing:
            yield TransientEffect.CUT, far, missing
        if surplus:
            yield TransientEffect.OPEN, far, surplus

    def _ends(self, shift: NetworkShift, way: Way) -> tuple[_State | None, _State | None]:
        """The server as it was in the one network, and as it will be in the other."""
        before, _ = self._first_and_last(shift.before, way)
        _, after = self._first_and_last(shift.after, way)
        return before, after


class _Line(NamedTuple):
    """By which of its addresses each of two servers speaks with the other."""

    source: int
    target: int

    def fits(self, source: _State, target: _State) -> bool:
        """Whether both have such an address then, of one family."""
        if self.source >= len(source.addresses) or self.target >= len(target.addresses):
            return False
        own, far = source.addresses[self.source], target.addresses[self.target]
        return own.version == far.version and own != far


def _passing(source: _State, target: _State, line: _Line) -> ServiceSet:
    if not line.fits(source, target):
        return ServiceSet()
    out = source.lets[target.membership].at(target.addresses[line.target])
    return out & target.lets[source.membership].at(source.addresses[line.source])


def _lines(source: ServerInterface, target: ServerInterface) -> Iterator[_Line]:
    most = [
        max(
            len(state.addresses)
            for state in (interface.before, interface.after)
            if state is not None
        )
        for interface in (source, target)
    ]
    return (_Line(*pair) for pair in product(*map(range, most)))


def _addresses(interfaces: Iterable[ServerInterface]) -> AddressSet:
    found = AddressSet()
    for interface in interfaces:
        for state in (interface.before, interface.after):
            if state is not None:
                found |= AddressSet.at(state.addresses)
    return found


def _members(interfaces: Iterable[ServerInterface], when: Membership) -> dict[str, AddressSet]:
    found: dict[str, AddressSet] = defaultdict(AddressSet)
    for interface in interfaces:
        state = interface.state_with(when)
        if state is not None:
            for group in state.groups:
                found[group] |= AddressSet.at(state.addresses)
    return found


def _named(interface: ServerInterface, membership: Membership) -> str:
    # No declared name has a blank.
    return f"{interface.name} {membership}"


def _memberships(
    interfaces: Iterable[ServerInterface],
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    groups_of: dict[str, tuple[str, ...]] = {}
    zones: dict[str, str] = {}
    for interface in interfaces:
        for when in _MEMBERSHIPS:
            state = interface.state_with(when)
            if state is not None:
                groups_of[_named(interface, when)] = state.groups
                zones[_named(interface, when)] = state.zone
    return groups_of, zones
