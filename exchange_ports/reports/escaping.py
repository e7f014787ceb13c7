"""A user's words in Markdown and in spreadsheets: words, and nothing that is obeyed."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["in_markdown", "markdown_table", "sheet"]

#: What would be markup or HTML, tell somebody (@), or become a link (bare addresses do).
_OBEYED: Final = re.compile(r"[\\`*_{}\[\]|~$!#&<>@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
#: What Markdown takes a backslash before; the rest is written by its number.
_ESCAPABLE: Final = frozenset("\\`*_{}[]|~$!#")

#: Spreadsheets take a cell that begins so for a formula; the last four are what East Asian ones take.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def in_markdown(text: str) -> str:
    """The text as Markdown that shows it and does nothing: no markup, HTML, mention or link."""
    return _OBEYED.sub(lambda found: _escaped(found[0]), text)


def _escaped(char: str) -> str:
    return f"\\{char}" if char in _ESCAPABLE else f"&#{ord(char)};"


def markdown_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table whose cells are Markdown already."""
    heads = tuple(columns)
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def sheet(rows: Iterable[Iterable[str]], *, ends: str = "\r\n") -> str:
    """Rows as CSV (RFC 4180), in which no cell is a formula: a quote before it makes it text."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator=ends)
    for row in rows:
        writer.writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row)
    return written.getvalue()
