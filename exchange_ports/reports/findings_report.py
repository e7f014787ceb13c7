"""Findings for a terminal: the text of `findings.render`, with what is hardest in colour."""

from collections.abc import Iterable
from typing import Final

from exchange_ports.findings import Finding, Severity, in_order, render
from exchange_ports.reports.lines import Line, Span, Style, line

__all__ = ["found_lines"]

_STYLES: Final = {Severity.ERROR: Style.RISK, Severity.WARNING: Style.WARNING}


def found_lines(findings: Iterable[Finding]) -> list[Line]:
    """The findings, hardest first, and a line that counts them; no word is another than `render` has."""
    lines: list[Line] = []
    left = render(in_order(findings)).splitlines()
    for finding in in_order(findings):
        head = f"{finding.kind.severity}[{finding.kind.code}]"
        first, *others = str(finding).splitlines()
        lines.append((Span(head, _STYLES[finding.kind.severity]), Span(first.removeprefix(head))))
        lines += map(line, others)
    return [*lines, *map(line, left[len(lines) :])]
