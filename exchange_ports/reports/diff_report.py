"""What an edit of stack files comes to: the headline, and for each stack what differs, for people and programs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from exchange_ports.differences import Change, ChangeEndpoint, Effect, Gate, held_by
from exchange_ports.findings import printable
from exchange_ports.flows.labels import few
from exchange_ports.reports import document as doc
from exchange_ports.reports import headline
from exchange_ports.reports.reasons import reason_data
from exchange_ports.reports.review import Comparison, Review, worst_use
from exchange_ports.topology.renames import RenamedWithoutId

#: Characters of a line.
_WIDTH: Final = 98
#: More notes and warnings of a kind than this are counted.
_MOST: Final = 20
#: Columns. Longer ends have their services behind them, and move no others.
_MOST_ALIGNED: Final = 70
_LOOKS: Final = {
    Effect.OPENED: doc.Look.GOOD,
    Effect.CUT: doc.Look.BAD,
    Effect.REASON: doc.Look.PLAIN,
}
_HEADINGS: Final = {
    Effect.OPENED: "newly allowed",
    Effect.CUT: "newly blocked",
    Effect.REASON: "same traffic, other reason",
}


def diff_report(found: Comparison) -> doc.Document:
    """The headline, the code that changed, and for each stack that differs what does."""
    return doc.Document(
        lambda: _sections(found), width=_WIDTH, data=lambda: _comparison_data(found)
    )


def _sections(found: Comparison) -> Iterator[doc.Section]:
    yield doc.Section(headline.headline(found))
    for each in found.not_reviewed:
        text = f"{each.summary} {each.why}"
        yield doc.Section("", (doc.Paragraph(doc.Text(text, doc.Look.BAD)),))
    code = headline.code_changed(found)
    if code:
        yield doc.Section("", (doc.Paragraph(doc.Text(code, doc.Look.RISK)),))
    yield from (doc.Section(_title(each), list(_of_stack(each))) for each in found.told)


def _of_stack(review: Review) -> Iterator[doc.Block]:
    for side, summary in ((review.new, "not valid"), (review.old, "not valid before")):
        if side is not None and side.plans is None:
            found = (line for finding in side.errors for line in str(finding).splitlines())
            yield _at(2, doc.Text(summary, doc.Look.BAD))
            yield from (_at(4, each.lstrip(), 4 + len(each) - len(each.lstrip())) for each in found)
    for each in review.target:
        yield _at(2, doc.Text(f"target: {printable(str(each))}", doc.Look.RISK))
    yield from (_at(2, each) for each in _counted(headline.edits(review)))
    for effect, summary in _HEADINGS.items():
        several = headline.rows(review.changes.of(effect))
        if several:
            yield _at(2, doc.Text(summary, doc.Look.ASIDE))
            yield from _of_rows(several, review)
    yield from (_at(2, each) for each in _counted(headline.update(review)))
    issues = () if review.update is None else review.update.at_once.issues
    yield from (_at(4, doc.Text(issue, doc.Look.RISK)) for issue in _counted(issues))
    for place, done in review.operations:
        none = not done and review.unlisted
        yield _at(2, f"{place}: {headline.UNLISTED if none else headline.done_words(done)}")
    for summary, warnings in (("new", review.warnings_new), ("resolved", review.warnings_gone)):
        for warning in _counted(f"[{each.kind.code}] {each.summary}" for each in warnings):
            yield _at(2, doc.Text(f"{summary} warning: {warning}", doc.Look.NOTE))
    use = None if review.new is None or review.new.plans is None else worst_use(review.new.plans)
    if use is not None:
        used = f"{use.used} of {use.limit.most} {use.limit.what}"
        yield _at(2, f"nearest limit: {use.where}: {used}")


def _at(indent: int, line: str | doc.Text, first: int | None = None) -> doc.Paragraph:
    """A paragraph, what follows of it two blanks further in."""
    return doc.Paragraph(line, indent if first is None else first, indent + 2)


def _title(review: Review) -> str:
    name = printable(review.stack.file)
    if review.edit == "changed" and review.old is not None and review.old.file != name:
        return f"{printable(review.old.file)} -> {name}"
    return f"{name}: {review.edit}"


def _of_rows(several: Sequence[headline.HeadlineRow], review: Review) -> Iterator[doc.Block]:
    texts = [_ends(row) for row in several]
    # Services stand under each other where the ends leave room for them.
    width = max((len(text) for text in texts if len(text) <= _MOST_ALIGNED), default=0)
    for text, row in zip(texts, several, strict=True):
        look = _LOOKS[row.change.effect]
        yield doc.Paragraph(
            doc.Text(f"{text:{width}}  {headline.ports(row.change.services)}", look), 2, 6
        )
        yield from _of_row(row, review)


def _ends(row: headline.HeadlineRow) -> str:
    one, other = map(headline.who, row.ends)
    return f"{row.sign} {one} {row.arrow} {other}"


def _of_row(row: headline.HeadlineRow, review: Review) -> Iterator[doc.Block]:
    if row.labels:
        yield _at(6, doc.Text(", ".join(row.labels), doc.Look.RISK))
    for start, reasons in (("", row.change.reasons), ("no longer for: ", row.change.former)):
        for each in _counted(
            f"{each.summary}: {printable(headline.cited(each))}" for each in reasons
        ):
            yield _at(6, f"{start}{each}")
    places = review.places(row.change)
    if places:
        numbers = few([str(number) for _, number in places])
        yield _at(6, doc.Text(f"{printable(places[0][0])}:{numbers}", doc.Look.ASIDE))


def _counted(several: Iterable[object]) -> list[str]:
    """The first ones, and how many more."""
    return doc.shortened([printable(each) for each in several], _MOST)


def _comparison_data(found: Comparison) -> dict[str, object]:
    """Everything that differs between two sides, for JSON; `gates` counts what each would hold."""
    return {
        "base": found.base,
        "head": found.head,
        "code_changed": list(found.code),
        "not_reviewed": [each.as_data() for each in found.not_reviewed],
        "gates": {
            **{
                gate.value: sum(len(held_by(gate, each.changes.all)) for each in found.reviews)
                for gate in Gate
                if gate.compares_traffic
            },
            Gate.TARGET.value: sum(len(each.target) for each in found.reviews),
            Gate.CODE.value: len(found.code),
        },
        "text_only": [each.stack.file for each in found.text_only],
        "stacks": [_review(each) for each in found.told],
    }


def _review(review: Review) -> dict[str, object]:
    update = review.update
    return {
        "stack": review.name,
        "file": None if review.new is None else review.new.file,
        "old_file": None if review.old is None else review.old.file,
        "edit": review.edit,
        "valid": not review.fails,
        "old_valid": not review.old_fails,
        "target": [
            {"setting": each.setting, "old": each.old, "new": each.new} for each in review.target
        ],
        "same_traffic": review.changes.same_traffic and not review.fails,
        "changes": [_change(review, each) for each in review.changes.all],
        "servers": {
            "added": [each.name for each in review.changes.comes],
            "removed": [each.name for each in review.changes.goes],
            "address_changed": [each.name for each in review.changes.moves],
            "groups_changed": [each.name for each in review.changes.regrouped],
            "version_changed": [each.name for each in review.changes.upgraded],
        },
        "renamed": [
            {"what": each.what, "old": each.old, "new": each.new} for each in review.changes.renamed
        ],
        "renamed_without_id": [_without_id(each) for each in review.changes.without_id],
        "operations": {
            place: [
                {"action": each.does.value, "kind": each.kind, "name": each.name} for each in done
            ]
            for place, done in review.operations
        },
        "operations_unlisted": list(review.unlisted),
        "at_once": None if update is None else update.clean,
        "transient_issues": [] if update is None else [str(each) for each in update.at_once.issues],
        "phases": None
        if update is None or update.steps is None
        else [step.phase.value for step in update.steps],
        "warnings": {
            "new": [each.as_data() for each in review.warnings_new],
            "resolved": [each.as_data() for each in review.warnings_gone],
            "unchanged": review.warnings_kept,
        },
        "findings": [each.as_data() for each in review.new.errors]
        if review.new is not None and review.fails
        else [],
        "old_findings": [each.as_data() for each in review.old.errors]
        if review.old is not None and review.old_fails
        else [],
    }


def _without_id(each: RenamedWithoutId) -> dict[str, str]:
    return {"what": each.what, "old": each.old, "new": each.new, "id": each.identity}


def _change(review: Review, change: Change) -> dict[str, object]:
    return {
        "effect": change.effect.value,
        "cause": change.cause.value,
        "source": _end(change.source),
        "destination": _end(change.destination),
        "ports": str(change.services),
        "directions": list(change.ways),
        "existing_group": bool(change.bound),
        "from_internet": change.from_internet,
        "perimeter": change.perimeter,
        "accepted_risk": change.accepted_risk,
        "every_protocol": change.every_protocol,
        "reasons": [reason_data(each) for each in change.reasons],
        "former_reasons": [reason_data(each) for each in change.former],
        "affected_servers": list(change.about),
        "already_allowed": [
            {
                "direction": each.way,
                "sources": str(each.sources),
                "destinations": str(each.destinations),
                "ports": str(each.services),
            }
            for each in change.already
        ],
        "lines": [{"file": file, "line": line} for file, line in review.places(change)],
    }


def _end(end: ChangeEndpoint) -> dict[str, object]:
    return {
        "name": end.summary,
        "zone": end.zone,
        "servers": list(end.servers),
        "addresses": str(end.addresses),
    }
