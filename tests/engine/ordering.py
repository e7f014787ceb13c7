"""The order of an update, told from the calls that were made, and held against what docs/updates.md says.

Knows: creations and edits come first, as their dependencies allow; what servers attach comes after
every rule; deletions come last, dependents first; a replacement creates first, or deletes first
where the provider says so.
Must not know: any cloud, or who made the calls.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from tests.engine.control import Call

__all__ = ["ATTACHMENTS", "Done", "done", "faults"]

Word = Literal["create", "update", "delete"]
Dependencies = Mapping[str, Collection[str]]

#: The types of resources that have our groups.
ATTACHMENTS = (
    "aws:ec2/networkInterface:NetworkInterface",
    "azure-native:network:NetworkInterface",
)


class Done(NamedTuple):
    """What was done with one resource, and where in the log its first call began and its last ended."""

    word: Word
    urn: str
    began: int
    ended: int

    @property
    def type(self) -> str:
        return self.urn.split("::")[2].rpartition("$")[2]

    def __str__(self) -> str:
        return f"{self.word} {self.urn.rpartition('::')[2]}"


def done(calls: Iterable[Call]) -> list[Done]:
    """What the calls of one update did, in the order in which it began.

    :raises ValueError: a call has no answer: the update was cut off.
    """
    found: dict[tuple[str, str], Done] = {}
    for call in calls:
        if call.doing not in ("create", "update", "delete"):
            continue
        if call.ended is None:
            raise ValueError(f"{call.call} for {call.name} has no answer")
        key = (call.doing, call.urn)
        known = found.get(key, Done(call.doing, call.urn, call.began, call.ended))
        found[key] = known._replace(ended=max(known.ended, call.ended))
    return list(found.values())


def faults(
    several: Collection[Done],
    before: Dependencies,
    after: Dependencies,
    deletes_first: Collection[str] = (),
) -> list[str]:
    """What was done in another order than is promised.

    `before` and `after` are what depends on what, by URN, in the state before the update and in the
    one after it. `deletes_first` are the types that are deleted before they are replaced.
    """
    return [
        *_last(several, deletes_first),
        *_dependencies(several, before, after),
        *_attached(several, after),
    ]


def _last(several: Collection[Done], deletes_first: Collection[str]) -> Iterator[str]:
    made = [one for one in several if one.word != "delete"]
    creations = {one.urn: one for one in made if one.word == "create"}
    for gone in (one for one in several if one.word == "delete"):
        replacement = creations.get(gone.urn)
        if replacement is not None and gone.type in deletes_first:
            if gone.ended > replacement.began:
                yield f"{replacement} began before {gone} had ended"
            continue
        for one in made:
            # What waits for a deletion that comes first cannot come before it.
            if one.ended > gone.began and not _waits(one, several, deletes_first):
                yield f"{gone} began before {one} had ended"


def _waits(one: Done, several: Collection[Done], deletes_first: Collection[str]) -> bool:
    return one.type in deletes_first and any(
        other.word == "delete" and other.urn == one.urn for other in several
    )


def _dependencies(
    several: Collection[Done], before: Dependencies, after: Dependencies
) -> Iterator[str]:
    made = {one.urn: one for one in several if one.word != "delete"}
    gone = {one.urn: one for one in several if one.word == "delete"}
    for urn, one in made.items():
        for needed in after.get(urn, ()):
            if needed in made and made[needed].ended > one.began:
                yield f"{one} began before {made[needed]} had ended, which it needs"
    for urn, one in gone.items():
        for needed in before.get(urn, ()):
            if needed in gone and gone[needed].began < one.ended:
                yield f"{gone[needed]} began before {one} had ended, which needed it"


def _attached(several: Collection[Done], after: Dependencies) -> Iterator[str]:
    """Whether servers changed their groups between the last rule that came and the first that went.

    Outputs wait for the rules of their own network only.
    """
    ours = [one for one in several if one.type not in ATTACHMENTS]
    for one in several:
        if one.type not in ATTACHMENTS or one.word == "delete":
            continue
        networks = {_network(needed) for needed in after.get(one.urn, ())}
        for other in ours:
            if other.word == "delete" and other.began < one.ended:
                yield f"{other} began before {one} had ended"
            elif (
                other.word != "delete"
                and other.ended > one.began
                and (_network(other.urn) in networks or not networks)
            ):
                yield f"{one} began before {other} had ended"


def _network(urn: str) -> tuple[str, ...]:
    """What the names of all resources of a network begin with: `exchange-corp`."""
    return tuple(urn.rpartition("::")[2].split("-")[:2])
