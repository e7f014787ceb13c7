"""The report of `adopt`: what exists, and how it is imported into the state."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from exchange_ports.adoption.compare import Adoption
from exchange_ports.adoption.import_file import Step
from exchange_ports.clouds.existing import Found, Held, ResourceStatus, ResourceVerdict
from exchange_ports.reports import document as doc

#: More of one kind than these are counted, unless all are asked for.
_COUNTS: Final = {
    ResourceStatus.KNOWN: "in the state",
    ResourceStatus.IMPORT: "to import",
    ResourceStatus.MISSING: "to be created by the next update",
    ResourceStatus.GONE: "in the state, but no longer in the cloud",
    ResourceStatus.REPLACED: "not imported, because they would be replaced",
    ResourceStatus.HELD: "in the state as another resource",
    ResourceStatus.BLOCKED: "in the state with another id",
    ResourceStatus.SEVERAL: "with several candidates",
}
#: The text of a verdict, with its id and its reasons.
_TEXTS: Final = {
    ResourceStatus.GONE: "the state contains {id}, which no longer exists",
    ResourceStatus.REPLACED: "{id} would be replaced, because {because}; it is not imported",
    ResourceStatus.HELD: "{id} is in the state as {because}",
    ResourceStatus.BLOCKED: "{id} exists, but the state contains {because} in its place",
    ResourceStatus.SEVERAL: "the candidates are {id} and {because}",
}


def adoption_report(
    adoption: Adoption, steps: Sequence[Step], file: Mapping[str, Any] | None, last: str = ""
) -> doc.Document:
    """Each network: counts, imports with their edits, and what to resolve first; then the next steps.

    `file` is the import file, for programs; `last` is the line about it, for people.
    """
    return doc.Document(
        lambda: _sections(adoption, steps, last), data=lambda: _adoption_data(adoption, steps, file)
    )


def _sections(adoption: Adoption, steps: Sequence[Step], last: str) -> Iterator[doc.Section]:
    for found in adoption.found:
        blocks = [
            doc.Items(_counts(found)),
            *_items("To import", _imports(found), doc.Look.STRONG),
            *_items("Changed outside Pulumi", _changed(found), doc.Look.RISK),
            *_items("Also managed by CloudFormation", _owned(found), doc.Look.RISK),
            *_items("To resolve first", _in_the_way(found), doc.Look.RISK),
            *_items(
                "Left over from an interrupted update, not in the state",
                _leftovers(found),
                doc.Look.RISK,
            ),
            *_items("Rules in these groups that are not planned", _unwanted(found), doc.Look.RISK),
        ]
        yield doc.Section(f"{found.network}: {found.urn.name}", blocks)
    for network in adoption.not_looked_at:
        summary = f"{network}: not compared, because no output of its cloud is given"
        yield doc.Section("", (doc.Paragraph(summary),))
    later = [
        block
        for heading, items in (
            ("Interrupted operations", _pending(adoption)),
            ("Replaced, to be deleted by the next update", _ids(adoption.going)),
            (
                "No longer planned, to be deleted by the next update",
                _ids(adoption.no_longer_wanted),
            ),
        )
        for block in _items(heading, items, doc.Look.NOTE)
    ]
    if later:
        yield doc.Section("", later)
    if steps:
        yield doc.Section("Next steps", [each for at in enumerate(steps, 1) for each in _step(*at)])
    else:
        yield doc.Section("Nothing to do: all planned resources are in the state")
    if last:
        yield doc.Section("", (doc.Paragraph(last),))


def _step(number: int, step: Step) -> Iterator[doc.Paragraph]:
    yield doc.Paragraph(f"{number}. {_shown(step.command or step.why)}", indent=2)
    if step.command:
        yield doc.Paragraph(doc.Text(_shown(step.why), doc.Look.ASIDE), indent=5)


def _shown(text: str) -> str:
    """Text from clouds and people, without control characters. Ids are not shortened: they are to be copied."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _items(heading: str, items: Iterable[str], look: doc.Look) -> list[doc.Items]:
    """A list under its heading, unless it is empty."""
    listed = tuple(map(_shown, items))
    return [doc.Items(listed, doc.Text(heading, look))] if listed else []


def _ids(several: Iterable[Held]) -> Iterator[str]:
    return (f"{each.urn.name}  {each.id}" for each in several)


def _counts(found: Found) -> Iterator[str]:
    counts = Counter(verdict.stand for verdict in found.verdicts)
    for stand, words in _COUNTS.items():
        if counts[stand]:
            yield f"{counts[stand]} {words}"


def _imports(found: Found) -> Iterator[str]:
    for verdict in found.verdicts:
        if verdict.stand is ResourceStatus.IMPORT:
            yield f"{verdict.wanted.kind} {verdict.wanted.name}  {verdict.id}"
            yield from (f"  then {edit}" for edit in verdict.edits)
            yield from (f"  then removes the rule {rule}" for rule in verdict.removes)


def _changed(found: Found) -> Iterator[str]:
    for verdict in found.verdicts:
        if verdict.stand is ResourceStatus.KNOWN and verdict.edits:
            yield f"{verdict.wanted.kind} {verdict.wanted.name}  {verdict.id}"
            yield from (f"  {edit}" for edit in verdict.edits)


def _owned(found: Found) -> Iterator[str]:
    for verdict in found.verdicts:
        if verdict.owner:
            yield f"{verdict.wanted.kind} {verdict.wanted.name}  {verdict.id}"
            yield f"  {verdict.owner}"


def _in_the_way(found: Found) -> Iterator[str]:
    for verdict in found.verdicts:
        if verdict.in_the_way:
            because = " and ".join(verdict.because)
            yield f"{verdict.wanted.kind} {verdict.wanted.name}"
            yield f"  {_TEXTS[verdict.stand].format(id=verdict.id, because=because)}"
            if verdict.stand is ResourceStatus.GONE:
                yield from (f"  {each}" for each in verdict.because)


def _leftovers(found: Found) -> Iterator[str]:
    for left in found.leftovers:
        yield f"{left.wanted.kind} {left.wanted.name}  {left.id}"


def _unwanted(found: Found) -> Iterator[str]:
    for each in found.unwanted:
        yield f"{each.group}  {each.id}  {each.summary}"


def _pending(adoption: Adoption) -> Iterator[str]:
    stands = {verdict.wanted.urn: verdict for found in adoption.found for verdict in found.verdicts}
    for each in adoption.pending:
        verdict = stands.get(each.urn)
        yield f"{each.operation} {each.urn.name}: {_known_of(verdict)}"


def _known_of(verdict: ResourceVerdict | None) -> str:
    if verdict is None:
        return "not a resource of the plan"
    if verdict.stand is ResourceStatus.MISSING:
        return "it does not exist"
    return (
        f"{verdict.id} exists"
        if verdict.stand is not ResourceStatus.GONE
        else f"{verdict.id} no longer exists"
    )


def _adoption_data(
    adoption: Adoption, steps: Iterable[Step], file: Mapping[str, Any] | None
) -> dict[str, object]:
    """The same for JSON, with the import file in it: keys and their order are always the same."""
    return {
        "ready": adoption.clear,
        "component": str(adoption.component),
        "networks": {found.network: _data(found) for found in adoption.found},
        "not_checked": list(adoption.not_looked_at),
        "pending": [
            {"operation": each.operation, "urn": str(each.urn)} for each in adoption.pending
        ],
        "pending_deletion": [{"urn": str(each.urn), "id": each.id} for each in adoption.going],
        "no_longer_wanted": [
            {"urn": str(each.urn), "id": each.id} for each in adoption.no_longer_wanted
        ],
        "steps": [{"command": each.command, "why": each.why} for each in steps],
        "import_file": file,
    }


def _data(found: Found) -> dict[str, object]:
    return {
        "resources": [
            {
                "name": verdict.wanted.name,
                "urn": str(verdict.wanted.urn),
                "kind": verdict.wanted.kind,
                "status": verdict.stand.value,
                "id": verdict.id,
                "edits": list(verdict.edits),
                "removes": list(verdict.removes),
                "owner": verdict.owner,
                "why": list(verdict.because),
            }
            for verdict in found.verdicts
        ],
        "left_over": [
            {"name": left.wanted.name, "kind": left.wanted.kind, "id": left.id}
            for left in found.leftovers
        ],
        "unwanted_rules": [
            {"group": each.group, "id": each.id, "summary": each.summary} for each in found.unwanted
        ],
    }
