"""What a person does with an adoption, command by command, in an order in which nothing is cut.

Source of the order: pulumi.md 4, run on an engine. What the state holds wrongly goes out of it first,
and then everything is printed anew; what is imported is looked at before the update; what nobody
wants goes last, as it may be what traffic passes by until then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exchange_ports.adoption.compare import Adoption
from exchange_ports.clouds.existing import ResourceStatus

CANCEL: Final = "pulumi cancel --yes"
REFRESH: Final = "pulumi refresh --yes --skip-preview --clear-pending-creates"
_EXPORT: Final = "pulumi stack export --file state.json"

_CREATING: Final = "creating"


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and when or why it is run."""

    command: str
    why: str


def steps(adoption: Adoption, file: str) -> tuple[Step, ...]:
    """The commands, in order. `file` is the import file's name. Nothing to do gives none."""
    mended = [*_out_of_the_state(adoption)]
    begun = any(each.operation == _CREATING for each in adoption.pending)
    if begun or adoption.verdicts(ResourceStatus.GONE):
        mended = [Step(REFRESH, "the state forgets what is gone, and what was begun"), *mended]
    if adoption.verdicts(
        ResourceStatus.GONE, ResourceStatus.BLOCKED, ResourceStatus.HELD, ResourceStatus.SEVERAL
    ):
        several = [
            Step("", f"choose one for {each.wanted.name}: --is {each.wanted.name}=ID")
            for each in adoption.verdicts(ResourceStatus.SEVERAL)
        ]
        again = Step(_EXPORT, "then adopt again, before any update")
        return (*_unlocked(adoption, mended), *mended, *several, again)
    listed = [*mended]
    if adoption.verdicts(ResourceStatus.IMPORT):
        command = f"pulumi import --file {file} --yes --skip-preview --protect=false"
        listed.append(Step(f"{command} --generate-code=false", "the state learns what exists"))
    early, late = _unwanted(adoption)
    listed += early
    unfinished = (*adoption.pending, *adoption.going, *adoption.no_longer_wanted)
    if listed or unfinished or adoption.verdicts(ResourceStatus.MISSING):
        listed.append(
            Step("pulumi preview --diff", "look at it: nothing that was imported is replaced")
        )
        listed.append(
            Step(
                "pulumi up",
                "creates what is missing, edits what was named, deletes what is not wanted",
            )
        )
    listed += late
    listed += [
        Step(left.delete, f"nobody holds it: {left.wanted.name} is another {left.wanted.kind}")
        for found in adoption.found
        for left in found.leftovers
    ]
    return (*_unlocked(adoption, listed), *listed)


def _unlocked(adoption: Adoption, listed: list[Step]) -> Iterator[Step]:
    if adoption.pending and listed:
        yield Step(CANCEL, "only where the stack is still locked, and nobody updates it")


def _out_of_the_state(adoption: Adoption) -> Iterator[Step]:
    """What the state has to let go of; no cloud is touched by that."""
    for verdict in adoption.verdicts(ResourceStatus.BLOCKED):
        why = f"lets go of {', '.join(verdict.because)}, so that {verdict.id} can be imported"
        yield Step(f"pulumi state delete '{verdict.wanted.urn}' --yes", why)
    for verdict in adoption.verdicts(ResourceStatus.HELD):
        for holder in verdict.because:
            why = f"only where that is what {verdict.wanted.name} was called before"
            yield Step(f"pulumi state delete '{holder}' --yes", why)


def _unwanted(adoption: Adoption) -> tuple[list[Step], list[Step]]:
    """Revocations before the update and after it.

    A group whose creation was cut off is worn by nobody yet, as ids are given out when all rules
    stand: what EC2 put into it goes before. In any other, what nobody wants may be what traffic
    still passes by.
    """
    begun = {each.urn.name for each in adoption.pending if each.operation == _CREATING}
    early: list[Step] = []
    late: list[Step] = []
    for found in adoption.found:
        for each in found.unwanted:
            step = Step(each.revoke, f"{each.group}: {each.summary}")
            (early if each.group in begun else late).append(step)
    return early, late
