"""Every state of a small update, one after the other: what the extremal ones are held against.

Written apart from `exchange_ports.rollout`: operations, their order, and who passes in each state.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, product
from typing import Any, Final, Literal, NamedTuple

from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.azure.rules import AzureRuleSet
from exchange_ports.clouds.base import Evaluator
from exchange_ports.rollout.update import Membership, ServerInterface
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic
from tests.support.rule_sets import NetworkPlan, evaluator

__all__ = ["Operation", "operations", "walk"]


class Operation(NamedTuple):
    """One call to a cloud, or one server that changes what it has."""

    turn: int
    kind: Literal["create", "delete", "list", "write", "move"]
    what: Any


_AFTERWARDS: Final = 4


def operations(
    old: NetworkPlan, new: NetworkPlan, interfaces: Iterable[ServerInterface], *, elsewhere: bool
) -> list[Operation]:
    """What an update of one network does, in turns: a turn begins when the one before is done."""
    moves = [Operation(_AFTERWARDS if elsewhere else 2, "move", b) for b in interfaces if b.moves]
    if isinstance(old, AwsRuleSet):
        assert isinstance(new, AwsRuleSet)
        before = {each.key: each for each in old.prefix_lists}
        found = [Operation(1, "create", rule) for rule in new.rules if rule not in set(old.rules)]
        found += [
            Operation(1, "list", each)
            for each in new.prefix_lists
            if each.key in before and before[each.key] != each
        ]
        found += [Operation(3, "delete", rule) for rule in old.rules if rule not in set(new.rules)]
        return found + moves
    assert isinstance(old, AzureRuleSet)
    assert isinstance(new, AzureRuleSet)
    there = {group.key: group for group in old.groups}
    coming = {group.key: group for group in new.groups}
    written = [key for key in {**there, **coming} if there.get(key) != coming.get(key)]
    # Azure deletes no network security group that an interface has, so a deletion comes after the moves.
    last = _AFTERWARDS + 1 if elsewhere else 3
    return [Operation(1 if key in coming else last, "write", key) for key in written] + moves


def _done(
    several: Sequence[Operation], *, elsewhere: bool
) -> Iterator[tuple[bool, tuple[Operation, ...]]]:
    """What may be done at some time: whole turns, and any part of the one that is under way.

    With it whether the update has ended: servers of another stack change their groups after that.
    """
    turns = {each.turn for each in several} | {1} | ({_AFTERWARDS} if elsewhere else set[int]())
    for turn in sorted(turns):
        before = [each for each in several if each.turn < turn]
        now = [each for each in several if each.turn == turn]
        for part in chain.from_iterable(combinations(now, n) for n in range(len(now) + 1)):
            if not any(_waits(each, part, now) for each in part):
                yield elsewhere and turn >= _AFTERWARDS, (*before, *part)


def _waits(op: Operation, done: Sequence[Operation], turn: Sequence[Operation]) -> bool:
    """Whether a rule is made before its list has changed: it takes the list's id from there."""
    named = getattr(getattr(op.what, "peer", None), "key", None)
    return op.kind == "create" and any(
        each.kind == "list" and each.what.key == named and each not in done for each in turn
    )


@dataclass(frozen=True)
class _State:
    rules: NetworkPlan
    memberships: Mapping[int, Membership]


def _after(done: Sequence[Operation], old: NetworkPlan, new: NetworkPlan) -> NetworkPlan:
    if isinstance(old, AwsRuleSet):
        assert isinstance(new, AwsRuleSet)
        rules = [r for r in old.rules if Operation(3, "delete", r) not in done]
        rules += [op.what for op in done if op.kind == "create"]
        lists = {each.key: each for each in (*new.prefix_lists, *old.prefix_lists)}
        lists |= {op.what.key: op.what for op in done if op.kind == "list"}
        groups = {each.key: each for each in (*old.groups, *new.groups)}
        return replace(
            old,
            rules=tuple(rules),
            prefix_lists=tuple(lists.values()),
            groups=tuple(groups.values()),
        )
    assert isinstance(old, AzureRuleSet)
    assert isinstance(new, AzureRuleSet)
    groups = {each.key: each for each in old.groups}
    coming = {each.key: each for each in new.groups}
    for op in done:
        if op.kind == "write":
            groups.pop(op.what, None)
            if op.what in coming:
                groups[op.what] = coming[op.what]
    applications = {each.key: each for each in (*old.application_groups, *new.application_groups)}
    return replace(
        old, groups=tuple(groups.values()), application_groups=tuple(applications.values())
    )


def walk(
    plans: Mapping[str, tuple[NetworkPlan, NetworkPlan]],
    interfaces: Sequence[ServerInterface],
    spaces: Mapping[str, AddressSet],
    *,
    elsewhere: bool = False,
) -> dict[tuple[str, str, str], Traffic]:
    """All that is cut or opened in any state, by effect, server and direction."""
    by_place: dict[str, list[_Look]] = {}
    for place, (old, new) in plans.items():
        here = [(n, b) for n, b in enumerate(interfaces) if b.place == place]
        several = operations(old, new, [b for _, b in here], elsewhere=elsewhere)
        seen: list[_Look] = []
        for ended, done in _done(several, elsewhere=elsewhere):
            moved = {id(op.what) for op in done if op.kind == "move"}
            memberships: dict[int, Membership] = {
                n: "after" if id(b) in moved or not b.moves else "before" for n, b in here
            }
            look = _look(_after(done, old, new), here, memberships, spaces[place])
            seen.append(look._replace(ended=ended))
        by_place[place] = [seen[0], *seen[1:]]
    return _compared(by_place, interfaces)


class _Look(NamedTuple):
    """Who is there in a state, and what each filter lets through."""

    out: Mapping[int, Traffic]
    into: Mapping[int, Traffic]
    at: Mapping[int, tuple[Address, ...]]
    ended: bool = False


def _look(
    rules: NetworkPlan,
    here: Sequence[tuple[int, ServerInterface]],
    memberships: Mapping[int, Membership],
    space: AddressSet,
) -> _Look:
    members: dict[str, AddressSet] = defaultdict(AddressSet)
    clothes: dict[str, tuple[str, ...]] = {}
    zones: dict[str, Any] = {}
    for n, interface in here:
        attached = interface.state_with(memberships[n])
        if attached is None:
            continue
        for group in attached.groups:
            for address in attached.addresses:
                members[group] |= AddressSet.between(address, address)
        clothes[str(n)] = attached.groups
        zones[str(n)] = attached.zone
    if isinstance(rules, AwsRuleSet):
        known = {g.key for g in rules.groups}
        clothes = {n: tuple(g for g in attached if g in known) for n, attached in clothes.items()}
        seen: Evaluator = evaluator(replace(rules, memberships=clothes), members, space)
    else:
        from exchange_ports.clouds.azure.rules import Zone

        placed = {n: Zone(zone) for n, zone in zones.items()}
        seen = evaluator(replace(rules, memberships=clothes, zones=placed), members, space)
    there = {
        n: attached.addresses
        for n, b in here
        if (attached := b.state_with(memberships[n])) is not None
    }
    return _Look(
        {n: seen.permitted(str(n), "out", at[0]) for n, at in there.items()},
        {n: seen.permitted(str(n), "in", at[0]) for n, at in there.items()},
        there,
    )


def _compared(
    by_place: Mapping[str, Sequence[_Look]], interfaces: Sequence[ServerInterface]
) -> dict[tuple[str, str, str], Traffic]:
    ours = AddressSet()
    for interface in interfaces:
        for attached in filter(None, (interface.before, interface.after)):
            for address in attached.addresses:
                ours |= AddressSet.between(address, address)
    strangers = Traffic.of([(~ours, ServiceSet.everything())])
    found: dict[tuple[str, str, str], Traffic] = defaultdict(Traffic)
    for n, interface in enumerate(interfaces):
        looks = by_place[interface.place]
        for way in ("out", "in"):
            lets = [(look.out if way == "out" else look.into).get(n) for look in looks]
            first, last = lets[0], lets[-1]
            before, after = first or Traffic(), last or Traffic()
            for each in lets:
                if each is not None:
                    if first is not None and last is not None:
                        found["blocked", interface.name, way] |= (
                            (before & after) - each
                        ) & strangers
                    found["allowed", interface.name, way] |= (each - (before | after)) & strangers
    for (n, source), (m, target) in product(enumerate(interfaces), repeat=2):
        if n != m:
            for effect, far, services in _between(by_place, (n, source), (m, target)):
                at = AddressSet.between(far, far)
                found[effect, source.name, "out"] |= Traffic.of([(at, services)])
    return {key: traffic for key, traffic in found.items() if traffic}


def _between(
    by_place: Mapping[str, Sequence[_Look]],
    source: tuple[int, ServerInterface],
    target: tuple[int, ServerInterface],
) -> Iterator[tuple[str, Address, ServiceSet]]:
    (n, one), (m, other) = source, target
    ours, theirs = by_place[one.place], by_place[other.place]
    together = one.place == other.place
    # No network waits for another one, but an update ends in all of them at once.
    seen = (
        list(zip(ours, theirs, strict=True))
        if together
        else [(a, b) for a, b in product(ours, theirs) if a.ended == b.ended]
    )
    most = [max(len(w.addresses) for w in (b.before, b.after) if w) for b in (one, other)]
    there = None not in (one.before, one.after, other.before, other.after)
    for i, j in product(*map(range, most)):
        passing = [_lets(a, n, i, b, m, j) for a, b in seen]
        before, after = (_services(passing[k]) for k in (0, -1))
        for far, services in filter(None, passing):
            if there:
                yield "blocked", far, (before & after) - services
            yield "allowed", far, services - (before | after)


def _services(passing: tuple[Address, ServiceSet] | None) -> ServiceSet:
    return passing[1] if passing else ServiceSet()


def _lets(a: _Look, n: int, i: int, b: _Look, m: int, j: int) -> tuple[Address, ServiceSet] | None:
    """What passes from one server's i-th address to another's j-th, if both are there."""
    if n not in a.out or m not in b.into or i >= len(a.at[n]) or j >= len(b.at[m]):
        return None
    own, far = a.at[n][i], b.at[m][j]
    if own.version != far.version or own == far:
        return None
    return far, a.out[n].at(far) & b.into[m].at(own)
