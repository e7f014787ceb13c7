"""Text for a terminal as data: lines of spans, each with a style, and tables made of them.

Plain text is the spans joined; colour is added only where a terminal shows it (`terminal`).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Line", "Span", "Style", "TableLine", "line", "plain", "table"]


class Style(StrEnum):
    """What a span is, not how it looks."""

    PLAIN = ""
    HEADING = "bold"
    COLUMN = "dim"
    IN = "green"
    OUT = "cyan"
    RISK = "bold red"
    WARNING = "yellow"


class Span(NamedTuple):
    """Text in one style."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Span, ...]


class TableLine(tuple[Span, ...]):
    """A row of a table as a line: the indent, then its cells, padded to their columns.

    Rows of one table have one `table`, so that who has less room can lay them out anew.
    """

    table: object


def line(text: str = "", style: Style = Style.PLAIN) -> Line:
    """A line in one style."""
    return (Span(text, style),)


def plain(lines: Iterable[Line]) -> str:
    """The lines as text without colour, no blanks at their ends."""
    return "\n".join("".join(span.text for span in each).rstrip() for each in lines)


def table(columns: Sequence[str], rows: Iterable[Sequence[Span]], indent: int = 2) -> list[Line]:
    """Rows under their columns, aligned; the last column runs on."""
    body = [tuple(row) for row in rows]
    head: list[Line] = [tuple(Span(column, Style.COLUMN) for column in columns)]
    widths = [max(len(row[index].text) for row in (*head, *body)) for index in range(len(columns))]
    last = [False] * (len(columns) - 1) + [True]
    lines: list[Line] = []
    for row in (*head, *body):
        cells = (
            Span(span.text if is_last else span.text.ljust(width + 2), span.style)
            for span, width, is_last in zip(row, widths, last, strict=True)
        )
        made = TableLine((Span(" " * indent), *cells))
        made.table = widths
        lines.append(made)
    return lines
