"""Text for a terminal as data: lines of spans, each with a style, and tables made of them.

Plain text is the spans joined; colour is added only where a terminal shows it (`terminal`).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Line", "Span", "Style", "line", "plain", "table"]


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
    return [
        (
            Span(" " * indent),
            *(
                Span(span.text if last else span.text.ljust(width + 2), span.style)
                for span, width, last in zip(
                    row, widths, [False] * (len(columns) - 1) + [True], strict=True
                )
            ),
        )
        for row in (*head, *body)
    ]
