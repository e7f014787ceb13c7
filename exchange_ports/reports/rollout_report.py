"""What an update does while it runs, for people and for programs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from exchange_ports.differences.registration_diff import Registration
from exchange_ports.findings import counted
from exchange_ports.planning import Plans
from exchange_ports.reports import document as doc
from exchange_ports.reports.headline import UNLISTED
from exchange_ports.rollout import (
    Does,
    Operation,
    Phase,
    PhasePlan,
    Rollout,
    TransientEffect,
    stack_operations,
    unlisted,
)
from exchange_ports.topology.renames import RenamedWithoutId, renamed_without_id

#: More issues than this are counted: servers of one role share theirs.
_MOST = 12

_DOES = {
    Does.CREATE: "to create",
    Does.CHANGE: "to change in place",
    Does.REPLACE: "to replace",
    Does.DELETE: "to delete",
}
_EFFECTS = {
    TransientEffect.CUT: "blocked during the update",
    TransientEffect.OPEN: "allowed during the update",
}

#: What to do in each phase of an update.
_PHASES = {
    Phase.AT_ONCE: "the new topology",
    Phase.REMOVE_LIST_RULES: "delete the rules that are no longer declared and use a list of ranges that changes",
    Phase.ADD_RULES: "add the rules that servers need before and after the update",
    Phase.SWITCH_GROUPS: "attach the new groups to the servers in place of the old ones",
    Phase.REMOVE_SERVERS: "remove the servers that are no longer declared",
    Phase.ATTACH_GROUPS: "attach the new groups to the servers beside the old ones",
    Phase.DETACH_GROUPS: "detach the old groups from the servers, and add the new servers",
    Phase.REMOVE_RULES: "delete the rules and groups that are no longer declared; servers with other changes change now",
}


def _what(phase: Phase) -> str:
    return _PHASES[phase] if phase is Phase.AT_ONCE else f"{phase}: {_PHASES[phase]}"


def rollout_report(
    old: Plans,
    new: Plans,
    update: Rollout,
    registered: tuple[Registration, Registration] | None = None,
) -> doc.Document:
    """The operations of each network, what one step blocks or allows during the update, and the phases offered.

    `registered`: what both sides register, and where; without it, their plans in the same place.
    """
    was, now = registered or (Registration(old.registered), Registration(new.registered))
    done = dict(stack_operations(was, now))
    more = unlisted(was, now)
    renamed = renamed_without_id(old.inventory, new.inventory)
    return doc.Document(
        lambda: _sections(done, more, update, renamed),
        data=lambda: _update_data(done, more, update, renamed),
    )


_Done: TypeAlias = Mapping[str, tuple[Operation, ...]]


def _sections(
    done: _Done, more: Sequence[str], update: Rollout, alike: Iterable[RenamedWithoutId]
) -> Iterator[doc.Section]:
    yield doc.Section("", [*_networks(done, more), doc.Items([_moves(update)])])
    if more:
        yield _risk("Operations that the files do not show", more)
    renamed = [each.text() for each in alike]
    if renamed:
        yield _risk("Looks renamed without an `id`", renamed)
    if update.clean:
        yield doc.Section(
            "One step is enough: nothing is blocked or allowed only during the update"
        )
        return
    for effect in TransientEffect:
        found = [str(each) for each in update.at_once.issues if each.effect is effect]
        if found:
            yield _risk(f"In one step: {_EFFECTS[effect]}", doc.shortened(found, _MOST))
    if update.refused:
        refused = [finding.summary for finding in update.refused]
        yield _risk("In one step: over a limit during the update", refused)
    if held := [*update.held_zones, *update.held]:
        if update.held:
            held.append(_KEEP_GROUPS)
        if update.held_zones:
            held.append(_KEEP_ZONES)
        yield _risk("Groups that servers of another stack may still have", held)
    if update.replaced:
        yield _risk("Groups that would be replaced while servers may have them", update.replaced)
    if update.steps is None:
        yield _risk(
            "No sequence of phases without blocked or additionally allowed traffic was found", ()
        )
    else:
        steps = [f"{at}. {_what(step.phase)}" for at, step in enumerate(update.steps, 1)]
        yield doc.Section(
            f"Without interruption in {counted(len(update.steps), 'phase')}", (doc.Items(steps),)
        )


_KEEP_GROUPS: Final = (
    "To keep a group until those servers have left it, add it to `retired_groups` of its network"
)
_KEEP_ZONES: Final = (
    "To keep the network security group of a zone, leave a server of the zone declared, or list one of its "
    "groups in `retired_groups`"
)


def _risk(heading: str, items: Iterable[str]) -> doc.Section:
    return doc.Section(doc.Text(heading, doc.Look.BAD), (doc.Items(items),))


def _networks(done: _Done, more: Sequence[str]) -> Iterator[doc.Items]:
    none = UNLISTED if more else "nothing to do"
    for place, several in done.items():
        lines = list(_operations(several)) or [none]
        yield doc.Items(lines, doc.Text(f"Update of {place}", doc.Look.STRONG))


def phase_text(update: Rollout, step: PhasePlan) -> str:
    """Which phase is done, and what comes after it."""
    steps = update.steps or ()
    at = steps.index(step)
    after = f", after `{steps[at - 1].phase}`" if at else ""
    text = f"phase {at + 1} of {len(steps)} of this update{after}: {_what(step.phase)}"
    following = steps[at + 1].phase if at + 1 < len(steps) else None
    if following is None:
        return f"{text}; then remove `previous` and `phase`"
    if following is Phase.AT_ONCE:
        return f"{text}; then remove `previous` and `phase`, and the rest is done in one step"
    return f"{text}; then `{following}`"


def _operations(done: Iterable[Operation]) -> Iterator[str]:
    kinds = Counter((each.does, each.kind) for each in done)
    for does, summary in _DOES.items():
        several = [counted(n, kind) for (what, kind), n in sorted(kinds.items()) if what is does]
        if several:
            yield f"{', '.join(several)} {summary}"


def _moves(update: Rollout) -> str:
    if not update.moves:
        return "no server is added, removed or changes its groups"
    return f"servers added, removed or changed: {', '.join(update.moves)}"


def _update_data(
    done: _Done, more: Sequence[str], update: Rollout, alike: Iterable[RenamedWithoutId]
) -> dict[str, object]:
    """The same for JSON: keys and their order are always the same."""
    return {
        "clean": update.clean,
        "operations": {
            place: [
                {"action": each.does.value, "kind": each.kind, "name": each.name}
                for each in several
            ]
            for place, several in done.items()
        },
        "operations_unlisted": list(more),
        "changed_servers": list(update.moves),
        "renamed_without_id": [
            {"what": each.what, "old": each.old, "new": each.new, "id": each.identity}
            for each in alike
        ],
        "issues": [
            {
                "effect": each.effect.value,
                "server": each.server,
                "direction": each.way,
                "traffic": str(each.traffic),
                "when": each.when,
            }
            for each in update.at_once.issues
        ],
        "over_limit": [finding.as_data() for finding in update.refused],
        "held_groups": [*update.held_zones, *update.held],
        "replaced_groups": list(update.replaced),
        "phases": None if update.steps is None else [step.phase.value for step in update.steps],
    }
