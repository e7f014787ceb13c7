"""What the engine does when one stack file takes the place of another: in each network, and at neighbors' groups.

Knows: what besides the plans decides about a resource (cloud ids, tags, settings of providers), as Pulumi's
engine and the providers compare them. Must not know: where the settings were read.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import RuleSet
from exchange_ports.differences.registration_diff import (
    NO_TARGET,
    PROVIDER,
    ROLLOUT,
    TAG,
    Registration,
    Target,
)
from exchange_ports.planning import RegisteredNetwork
from exchange_ports.rollout.update import (
    Does,
    Operation,
    changed_ids,
    network_name,
    nothing_like,
    operations,
)


class NetworkOperations(NamedTuple):
    """What is done in one network, which is named with its cloud; sorted."""

    place: str
    done: tuple[Operation, ...]


def stack_operations(
    old: Registration | None, new: Registration | None
) -> tuple[NetworkOperations, ...]:
    """What the engine does in each network of either side, those without an operation too.

    Without one of the sides, all is created or deleted. What no file shows is in `unlisted`.
    """
    before, after = _by_place(old), _by_place(new)
    was, now = (NO_TARGET if side is None else side.target for side in (old, new))
    return tuple(
        NetworkOperations(
            place,
            tuple(sorted(_in_network(before.get(place), after.get(place), was, now))),
        )
        for place in sorted({*before, *after})
    )


def _by_place(side: Registration | None) -> dict[str, RegisteredNetwork]:
    return {} if side is None else {network_name(each.plan): each for each in side.networks}


def _in_network(
    old: RegisteredNetwork | None, new: RegisteredNetwork | None, was: Target, now: Target
) -> Iterator[Operation]:
    plan = _there(old, new).plan
    ends = (nothing_like(plan) if old is None else old.plan, plan)
    if new is None:
        ends = (plan, nothing_like(plan))
    both = old is not None and new is not None
    elsewhere = any(changed_ids(plan, _ids(old, was), _ids(new, now)))
    anew = both and _replaces_all(plan, was, now)
    retagged = both and _tags(plan, was) != _tags(plan, now)
    done = operations(*ends, elsewhere=elsewhere, retagged=retagged)
    yield from _all(Does.REPLACE, *ends, done) if anew else done
    theirs, ours = _bound(old, was), _bound(new, now)
    for name in sorted({*theirs, *ours}):
        one, other = _added(old, theirs, name, plan), _added(new, ours, name, plan)
        moved = theirs.get(name) != ours.get(name)
        done = operations(one, other, elsewhere=moved, retagged=retagged)
        if anew:
            done = _all(Does.REPLACE, one, other, done)
        elif elsewhere:
            # A rule that names a replaced group of ours gets the id of the new one.
            done = _all(Does.CHANGE, one, other, done)
        yield from done


def _ids(network: RegisteredNetwork | None, target: Target) -> Mapping[str, object]:
    return {} if network is None else target.ids(network.key)


def _bound(network: RegisteredNetwork | None, target: Target) -> Mapping[str, object]:
    return {} if network is None else target.neighbors(network.key)


def _there(old: RegisteredNetwork | None, new: RegisteredNetwork | None) -> RegisteredNetwork:
    there = new or old
    if there is None:
        raise ValueError("a network is on one side at least")
    return there


def _added(
    network: RegisteredNetwork | None, bound: Mapping[str, object], neighbor: str, plan: RuleSet
) -> RuleSet:
    """The rules that are added to the group of one neighbor."""
    if network is None or neighbor not in bound:
        return nothing_like(plan)
    planner = cloud_of(network.plan).plan
    return planner.rules_at_neighbors(network.plan, network.flows, frozenset([neighbor]))


def _all(
    does: Does, one: RuleSet, other: RuleSet, done: Iterable[Operation]
) -> tuple[Operation, ...]:
    """What is done, and this to all else that both have: replaced, or edited where it is not replaced."""
    named = {(each.kind, each.name): each for each in done}
    before, after = (
        {(each.kind, each.name) for each in cloud_of(rules).names.planned_resources(rules)}
        for rules in (one, other)
    )
    for key in before & after:
        if key not in named or does is Does.REPLACE:
            named[key] = Operation(*key, does)
    return tuple(named.values())


# ---- settings of providers ----


def _settings(target: Target) -> dict[str, str]:
    """The settings of providers and of Pulumi, by their whole names."""
    return {
        name.removeprefix(PROVIDER): value
        for name, value in target.settings.items()
        if name.startswith(PROVIDER)
    }


def _replaces_all(plan: RuleSet, was: Target, now: Target) -> bool:
    """Whether the provider replaces all its resources: it gets another region, and the one before is known."""
    name = _place(plan)
    one, other = (_settings(target).get(name) for target in (was, now))
    return one is not None and other is not None and one != other


def _place(plan: RuleSet) -> str:
    return f"{cloud_of(plan).provider_package}:{cloud_of(plan).place_setting}"


def _tags(plan: RuleSet, target: Target) -> object:
    name = f"{cloud_of(plan).provider_package}:{cloud_of(plan).tags_setting}"
    tags = {key: value for key, value in target.settings.items() if key.startswith(TAG)}
    return tags, _settings(target).get(name)


def replaced_wholes(old: Registration, new: Registration) -> tuple[str, ...]:
    """The networks in which a setting of the provider replaces everything, in words."""
    before = _by_place(old)
    return tuple(
        f"every group of {place}: {_place(each.plan)} from {was[_place(each.plan)]} "
        f"to {now[_place(each.plan)]}"
        for was, now in [(_settings(old.target), _settings(new.target))]
        for place, each in _by_place(new).items()
        if place in before and _replaces_all(each.plan, old.target, new.target)
    )


def unlisted(old: Registration, new: Registration) -> tuple[str, ...]:
    """What changes where the files do not show the operations, each in a sentence."""
    was, now = old.target.settings, new.target.settings
    changed = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    plans = [each.plan for each in (*old.networks, *new.networks)]
    packages = {cloud_of(plan).provider_package for plan in plans}
    listed = {f"{cloud_of(p).provider_package}:{cloud_of(p).tags_setting}" for p in plans}
    listed |= {_place(p) for p in plans if _replaces_all(p, old.target, new.target)}
    settings = [
        name.removeprefix(PROVIDER)
        for name in changed
        if name.startswith(PROVIDER) and name.removeprefix(PROVIDER) not in listed
    ]
    texts = (
        (_NOT_SEEN, [name for name in settings if name.partition(":")[0] in packages]),
        (_REFUSED, [name for name in settings if name == _DENIED]),
        (_STATE, [name for name in changed if not name.startswith((PROVIDER, TAG, ROLLOUT))]),
    )
    return tuple(text.format(", ".join(names)) for text, names in texts if names)


_DENIED: Final = "pulumi:disable-default-providers"
_NOT_SEEN: Final = (
    "{}: the engine lists no operation for it. It compares inputs with its state, and finds that resources "
    "are not in the new target only when it reads them (`pulumi refresh`)"
)
_REFUSED: Final = "{}: the engine rejects every resource of a package in this list"
_STATE: Final = (
    "{}: the files do not determine the account or the state that Pulumi then uses. With another state, all "
    "resources are created, and the existing ones do not change"
)
