"""Reasons and findings, alike in every report: on one line, in cells and as JSON-ready data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from exchange_ports.catalog import BY_ID
from exchange_ports.clouds import declared_by_platform
from exchange_ports.findings import Finding, Severity, in_order, render
from exchange_ports.flows import Reason
from exchange_ports.reports.document import (
    Document,
    Items,
    Line,
    Look,
    Paragraph,
    Section,
    Text,
    shortened,
    words,
)
from exchange_ports.versions import Article

#: More findings than this are counted: each is a warning of its own as well.
_MOST_UNUSABLE: Final = 12


def not_usable(findings: Iterable[Finding]) -> Section:
    """The findings about flows that cannot work as declared, as every report names them."""
    named: list[Line] = [Text(each.summary, Look.NOTE) for each in findings]
    return Section("Not usable as declared", (Items(shortened(named, _MOST_UNUSABLE)),))


def why(reasons: Iterable[Reason]) -> str:
    """The reasons on one line, each with its row of the published tables or its ticket."""
    return "; ".join(map(_marked, reasons))


def _marked(reason: Reason) -> str:
    marks = [reason.entry or reason.ticket or "", "accepted risk" if reason.accepted_risk else ""]
    details = ", ".join(mark for mark in marks if mark)
    return f"{reason.summary} ({details})" if details else reason.summary


def source_of(reason: Reason) -> str:
    """Where a reason is from: the published row, the page of the cloud's platform, or an additional flow."""
    platform = declared_by_platform(reason)
    return platform.citation if platform else reason.source


def risk_look(reasons: Iterable[Reason]) -> Look:
    """How a row for these reasons is marked: as a risk where somebody accepted one."""
    return Look.RISK if any(reason.accepted_risk for reason in reasons) else Look.PLAIN


def each_once(several: Iterable[str | None]) -> str:
    """The texts, each once, for a cell of a spreadsheet."""
    return "; ".join(dict.fromkeys(each for each in several if each))


#: The label of each published row, by its id and the address of its table.
RowLabels: TypeAlias = Mapping[tuple[str, str], str]


def linked(reasons: Iterable[Reason], labels: RowLabels) -> Line:
    """The reasons, each with all its details; rows are known by their labels."""
    return _joined("; ", (_linked(reason, labels) for reason in reasons))


def _linked(reason: Reason, labels: RowLabels) -> Line:
    marks: list[Line] = []
    if reason.entry is not None:
        for url in dict.fromkeys(reason.urls):
            marks.append(Text(labels[reason.entry, url], Look.REFERENCE, url))
    if reason.accepted_risk:
        marks.append(Text("accepted risk", Look.RISK))
    marks += [f"{name}{value}" for name, value in operator_marks(reason)]
    if not marks:
        return reason.summary
    return (Text(f"{reason.summary} ("), *words(_joined(", ", marks)), Text(")"))


def _joined(between: str, several: Iterable[Line]) -> Line:
    made: list[Text] = []
    for each in several:
        made += [*([Text(between)] if made else []), *words(each)]
    return tuple(made)


def operator_marks(reason: Reason) -> Iterator[tuple[str, str]]:
    """What the operator wrote of a reason, with the word that stands before it."""
    for name, value in (
        ("", reason.ticket),
        ("owner ", reason.owner),
        ("review by ", reason.review_by),
    ):
        if value:
            yield name, value


def row_labels(reasons: Iterable[Reason]) -> dict[tuple[str, str], str]:
    """The labels of all rows of a report, in the order of the catalog.

    The label of a row is its id. A row that is cited from two articles has a second label, with the title of
    the later article.
    """
    articles: dict[str, dict[Article, str]] = {}
    for reason in reasons:
        if reason.entry is not None:
            cited = zip(reason.articles, reason.urls, strict=True)
            articles.setdefault(reason.entry, {}).update(cited)
    found: dict[tuple[str, str], str] = {}
    for entry in BY_ID:
        known = articles.get(entry, {})
        for article in Article:
            if article in known:
                several = any(row == entry for row, _ in found)
                label = f"{entry}, {article.title}" if several else entry
                found.setdefault((entry, known[article]), label)
    return found


def reason_data(reason: Reason) -> dict[str, object]:
    """What a reason says, and where it stands: the row with its table and address, or its operator."""
    entry = None if reason.entry is None else BY_ID[reason.entry]
    return {
        "summary": reason.summary,
        "entry": reason.entry,
        "source": source_of(reason),
        "table": None if entry is None else entry.cite.where.value,
        "row": None if entry is None else entry.cite.row,
        "urls": list(reason.urls),
        "accepted_risk": reason.accepted_risk,
        "owner": reason.owner,
        "ticket": reason.ticket,
        "review_by": reason.review_by,
    }


# ---- findings ----

_LOOKS: Final = {Severity.ERROR: Look.BAD, Severity.WARNING: Look.NOTE}


def findings_report(findings: Iterable[Finding]) -> Document:
    """The findings, hardest first, and a line that counts them; no word is another than `render` has."""
    ordered = in_order(findings)
    return Document(
        (Section("", [*_lines(ordered)]),),
        data=lambda: [each.as_data() for each in ordered],
    )


def _lines(findings: Sequence[Finding]) -> Iterator[Paragraph]:
    rest = render(findings).splitlines()
    for finding in findings:
        head = f"{finding.kind.severity}[{finding.kind.code}]"
        first, *others = str(finding).splitlines()
        marked = Text(head, _LOOKS[finding.kind.severity]), Text(first.removeprefix(head))
        yield Paragraph(marked, 0, 2)
        yield from (Paragraph(each.lstrip(), 2, 4) for each in others)
        rest = rest[1 + len(others) :]
    yield from map(Paragraph, rest)
