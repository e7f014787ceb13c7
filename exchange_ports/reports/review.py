"""A review: what an edit of a stack file means, joined of changes, operations, update and warnings.

Pure: reading files and revisions is the command's affair.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from exchange_ports.clouds.base import NEVER, Use
from exchange_ports.differences import (
    Change,
    Effect,
    RegisteredPlans,
    Standing,
    TopologyDiff,
    diff_standing,
    neighbor_changes,
)
from exchange_ports.differences.registration_diff import (
    NO_TARGET,
    Registration,
    Target,
    TargetChange,
    target_changes,
)
from exchange_ports.findings import Finding, Path, Place
from exchange_ports.findings.file_kinds import NOT_REVIEWED
from exchange_ports.planning import Plans, RegisteredNetwork
from exchange_ports.rollout import (
    NetworkOperations,
    Rollout,
    plan_rollout,
    replaced_wholes,
    stack_operations,
    unlisted,
)

#: What was done to a stack file.
Edit: TypeAlias = Literal["changed", "added", "deleted", "renamed"]


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack file as it was read: its plans, or, where it does not load, the findings."""

    #: As people know it, with `/`.
    file: str
    plans: Plans | None
    #: Warnings, and errors where there are no plans.
    findings: tuple[Finding, ...]
    locate: Callable[[Path], Place | None]
    #: Where it is registered; None where it is compared by its topology alone.
    target: Target | None = None
    #: What is registered, and what stands then; None where the plans are, whole.
    registered: tuple[RegisteredNetwork, ...] | None = None
    stands: Standing | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps it from loading; warnings of a file that does not load are no news."""
        return tuple(each for each in self.findings if each.is_error)

    def line(self, path: Path) -> int | None:
        """The line of a field of the topology."""
        return self.line_of_setting(("topology", *path))

    def line_of_setting(self, path: Path) -> int | None:
        """The line of a field of our settings."""
        place = self.locate(path)
        return None if place is None or place.file != self.file else place.line

    @property
    def standing(self) -> Standing | None:
        """What stands when it is registered; None where it does not load."""
        return self.stands or (None if self.plans is None else Standing.of(self.plans))

    @property
    def side(self) -> RegisteredPlans | None:
        """What it registers, and where; None where it does not load."""
        if self.plans is None:
            return None
        networks = self.plans.registered if self.registered is None else self.registered
        return RegisteredPlans(self.plans, Registration(networks, self.target or NO_TARGET))


@dataclass(frozen=True, slots=True)
class Review:
    """One stack file, before and after."""

    old: Stack | None
    new: Stack | None
    edit: Edit
    changes: TopologyDiff
    #: What is done in each network, by its name and cloud.
    operations: tuple[NetworkOperations, ...] = ()
    #: What changes, where the files do not show the operations.
    unlisted: tuple[str, ...] = ()
    #: None where one side is not there.
    update: Rollout | None = None
    warnings_new: tuple[Finding, ...] = ()
    warnings_gone: tuple[Finding, ...] = ()
    warnings_kept: int = 0
    #: What of the place where it is registered is another.
    target: tuple[TargetChange, ...] = ()
    #: Whether the bytes of the file differ: a comment, another order, or a setting of another program.
    text_differs: bool = False

    @property
    def stack(self) -> Stack:
        """The new side, or the old one where there is no new one."""
        found = self.new or self.old
        if found is None:
            raise ValueError("a review has a side")
        return found

    @property
    def name(self) -> str:
        """The stack's name: `prod-aws`, of `stacks/Pulumi.prod-aws.yaml`."""
        last = self.stack.file.rpartition("/")[2]
        return last.removeprefix("Pulumi.").rpartition(".")[0]

    @property
    def fails(self) -> bool:
        """Whether the new side does not load."""
        return self.new is not None and self.new.plans is None

    @property
    def not_reviewed(self) -> bool:
        """Whether it does not load because the files do not show what Pulumi reads."""
        return self.fails and any(each.kind is NOT_REVIEWED for each in self.stack.findings)

    @property
    def old_fails(self) -> bool:
        """Whether the old side does not load, so that everything counts as new."""
        return self.old is not None and self.old.plans is None

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to say at all."""
        return (
            self.edit == "changed"
            and not (self.fails or self.old_fails)
            and self.changes == TopologyDiff(())
            and not self.target
            and not any(done for _, done in self.operations)
            and not (self.warnings_new or self.warnings_gone)
        )

    def places(self, change: Change) -> tuple[tuple[str, int], ...]:
        """File and line of each field that asks for a change: the old file's for what is cut."""
        side = self.old if change.effect is Effect.CUT else self.new
        if side is None:
            return ()
        lines = [side.line(path) for path in change.asked]
        if change.bound:
            lines.insert(0, side.line_of_setting(change.bound))
        return tuple(dict.fromkeys((side.file, line) for line in lines if line is not None))


def review(old: Stack | None, new: Stack | None, edit: Edit | None = None) -> Review:
    """What differs between both sides of a stack file; a side that is not there is None.

    What was done to the file is seen from its names, unless `edit` says so.
    Where the old side does not load, everything counts as new. Where the new side does not, there
    are its findings and nothing else. Pure.
    """
    edit = edit or _edit(old, new)
    if new is not None and new.plans is None:
        return Review(old, new, edit, TopologyDiff(()))
    before, after = (None if side is None else side.standing for side in (old, new))
    warned = _warnings(old, new)
    target = _target(old, new)
    one, other = (None if side is None else side.side for side in (old, new))
    regs = [None if side is None else side.registration for side in (one, other)]
    done = stack_operations(*regs)
    more = neighbor_changes(one, other)
    found = diff_standing(before, after).with_changes(more)
    if one is None or other is None:
        return Review(old, new, edit, found, done, (), None, *warned)
    was, now = one.registration, other.registration
    ids = (was.target.networks, now.target.networks)
    update = plan_rollout(one.plans, other.plans, ids=ids, wholes=replaced_wholes(was, now))
    return Review(old, new, edit, found, done, unlisted(was, now), update, *warned, target)


def _target(old: Stack | None, new: Stack | None) -> tuple[TargetChange, ...]:
    """What of the target is another, where both sides say where they are registered."""
    sides = [
        (side.plans, side.target)
        for side in (old, new)
        if side is not None and side.plans is not None and side.target is not None
    ]
    return target_changes(*sides) if len(sides) == 2 else ()  # noqa: PLR2004


def _edit(old: Stack | None, new: Stack | None) -> Edit:
    if old is None or new is None:
        return "added" if old is None else "deleted"
    return "changed" if old.file == new.file else "renamed"


def _warnings(
    old: Stack | None, new: Stack | None
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], int]:
    """Warnings that come, that go, and how many stay: the same are those that say the same."""
    before, after = (_by_words(side) for side in (old, new))
    come = tuple(each for key, each in after.items() if key not in before)
    go = tuple(each for key, each in before.items() if key not in after)
    return come, go, len(after) - len(come)


def _by_words(side: Stack | None) -> dict[object, Finding]:
    found: Iterable[Finding] = () if side is None else side.findings
    # Not by line: a warning that moved down the file is the same.
    return {(each.kind.code, each.field, each.summary): each for each in found if not each.is_error}


@dataclass(frozen=True, slots=True)
class Comparison:
    """All reviews between two sides, and what is to be known of the whole."""

    #: New stacks are last: none of them hides one that changed. Of both, those that are not valid are first.
    reviews: tuple[Review, ...]
    #: What each side is: a commit, or what else it was read from.
    base: str
    head: str
    #: The project's folder in its repository; `.` at the top.
    folder: str = "."
    #: Changed files that are no stack files and can decide what is registered.
    code: tuple[str, ...] = ()
    #: Why what Pulumi reads on either side is not known, so that the rest is not the whole.
    not_reviewed: tuple[Finding, ...] = ()

    @property
    def told(self) -> tuple[Review, ...]:
        """The reviews of which there is something to say."""
        return tuple(each for each in self.reviews if not each.quiet)

    @property
    def text_only(self) -> tuple[Review, ...]:
        """The reviews of files that differ in text, not in effect."""
        return tuple(each for each in self.reviews if each.quiet and each.text_differs)


def compared(
    reviews: Iterable[Review],
    base: str,
    head: str,
    folder: str = ".",
    code: Iterable[str] = (),
) -> Comparison:
    """The comparison, with the reviews in the order in which people read them."""
    ordered = sorted(reviews, key=lambda each: (each.edit == "added", not each.fails))
    return Comparison(tuple(ordered), base, head, folder, tuple(code))


def worst_use(plans: Plans) -> Use | None:
    """The limit that is nearest."""
    uses: Sequence[Use] = [
        use for key in plans.networks for use in plans.uses(key) if use.limit.near < NEVER
    ]
    return max(uses, key=lambda use: (use.share, use.where), default=None)
