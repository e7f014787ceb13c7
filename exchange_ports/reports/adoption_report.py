"""What exists and how it comes into the engine's state, for people and for programs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from exchange_ports.adoption.compare import Adoption
from exchange_ports.adoption.steps import Step
from exchange_ports.clouds.existing import Found, ResourceStatus, ResourceVerdict
from exchange_ports.reports.lines import Line, Style, line

__all__ = ["adoption_data", "adoption_lines"]

#: More of one kind than these are counted, unless all are asked for.
_COUNTS: Final = {
    ResourceStatus.KNOWN: "known to the state",
    ResourceStatus.IMPORT: "to import",
    ResourceStatus.MISSING: "to be created by the next update",
    ResourceStatus.GONE: "in the state and gone",
    ResourceStatus.REPLACED: "that an import would have replaced",
    ResourceStatus.HELD: "held by others",
    ResourceStatus.BLOCKED: "known by another id",
    ResourceStatus.SEVERAL: "of which there are several",
}
#: What is said of each verdict of a kind, with its id and what is because of it.
_SAYS: Final = {
    ResourceStatus.GONE: "the state has {id}, which is gone",
    ResourceStatus.REPLACED: "{id} would be replaced, as {because}; it is left out",
    ResourceStatus.HELD: "{id} is held by {because}",
    ResourceStatus.BLOCKED: "{id} exists, and the state has {because} for it",
    ResourceStatus.SEVERAL: "it could be {id} or {because}",
}


def adoption_lines(adoption: Adoption, steps: Iterable[Step]) -> list[Line]:
    """Each network: counts, what is imported and then edited, and what is in the way; then what to do."""
    lines: list[Line] = []
    for found in adoption.found:
        lines += [line(f"{found.network}: {found.urn.name}", Style.HEADING)]
        lines += [line(f"  {each}") for each in _counts(found)]
        lines += _section("To import", _imports(found), Style.HEADING)
        lines += _section("In the way", _in_the_way(found), Style.RISK)
        lines += _section("Left over by an update, held by nobody", _leftovers(found), Style.RISK)
        lines += _section("Rules at groups of ours that nobody wants", _unwanted(found), Style.RISK)
        lines.append(line())
    for network in adoption.not_looked_at:
        lines += [line(f"{network}: not looked at, nothing was given of its cloud"), line()]
    lines += _section("Begun, and not ended", _pending(adoption), Style.WARNING)
    going = [f"{each.urn.name}  {each.id}" for each in adoption.going]
    lines += _section("Replaced, to be deleted by the next update", going, Style.WARNING)
    old = [f"{each.urn.name}  {each.id}" for each in adoption.no_longer_wanted]
    lines += _section("No longer wanted, to be deleted by the next update", old, Style.WARNING)
    if adoption.pending or going or old:
        lines.append(line())
    listed = list(steps)
    if not listed:
        return [*lines, line("Nothing to do: all that is wanted is known", Style.HEADING)]
    lines.append(line("What to do", Style.HEADING))
    for number, step in enumerate(listed, 1):
        lines.append(line(f"  {number}. {_shown(step.command or step.why)}"))
        if step.command:
            lines.append(line(f"     {_shown(step.why)}", Style.COLUMN))
    return lines


def _shown(text: str) -> str:
    """What clouds and people wrote, as it may stand in a terminal. Nothing is cut: ids are to be copied."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _section(heading: str, items: Iterable[str], style: Style) -> list[Line]:
    listed = [line(f"  {_shown(each)}") for each in items]
    return [line(heading, style), *listed] if listed else []


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


def _in_the_way(found: Found) -> Iterator[str]:
    for verdict in found.verdicts:
        if verdict.in_the_way:
            because = " and ".join(verdict.because)
            yield f"{verdict.wanted.kind} {verdict.wanted.name}"
            yield f"  {_SAYS[verdict.stand].format(id=verdict.id, because=because)}"
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
        return "nothing that this firewall wants"
    if verdict.stand is ResourceStatus.MISSING:
        return "it does not exist"
    return (
        f"{verdict.id} exists"
        if verdict.stand is not ResourceStatus.GONE
        else f"{verdict.id} is gone"
    )


def adoption_data(
    adoption: Adoption, steps: Iterable[Step], file: Mapping[str, Any] | None
) -> dict[str, object]:
    """The same for JSON, with the import file in it: keys and their order are always the same."""
    return {
        "clear": adoption.clear,
        "component": str(adoption.component),
        "networks": {found.network: _data(found) for found in adoption.found},
        "not_looked_at": list(adoption.not_looked_at),
        "pending": [
            {"operation": each.operation, "urn": str(each.urn)} for each in adoption.pending
        ],
        "going": [{"urn": str(each.urn), "id": each.id} for each in adoption.going],
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
                "stand": verdict.stand.value,
                "id": verdict.id,
                "edits": list(verdict.edits),
                "because": list(verdict.because),
            }
            for verdict in found.verdicts
        ],
        "left_over": [
            {"name": left.wanted.name, "kind": left.wanted.kind, "id": left.id}
            for left in found.leftovers
        ],
        "unwanted_rules": [
            {"group": each.group, "id": each.id, "says": each.summary} for each in found.unwanted
        ],
    }
