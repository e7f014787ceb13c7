"""Findings for a terminal: the text of `findings.render`, with what is hardest in colour."""

from collections.abc import Iterable, Iterator
from typing import Final

from exchange_ports.findings import Finding, Severity, in_order, render
from exchange_ports.reports.document import Code, Document, Line, Look, Section, Text

_LOOKS: Final = {Severity.ERROR: Look.RISK, Severity.WARNING: Look.NOTE}


def findings_report(findings: Iterable[Finding]) -> Document:
    """The findings, hardest first, and a line that counts them; no word is another than `render` has."""
    ordered = in_order(findings)
    return Document(
        (Section("", (Code(list(_lines(ordered))),)),),
        data=lambda: [each.as_data() for each in ordered],
    )


def _lines(findings: Iterable[Finding]) -> Iterator[Line]:
    rest = render(findings).splitlines()
    for finding in findings:
        head = f"{finding.kind.severity}[{finding.kind.code}]"
        first, *others = str(finding).splitlines()
        yield Text(head, _LOOKS[finding.kind.severity]), Text(first.removeprefix(head))
        yield from others
        rest = rest[1 + len(others) :]
    yield from rest
