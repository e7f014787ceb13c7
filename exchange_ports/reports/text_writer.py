"""Documents as text: as wide as the terminal, or as wide as the document says in a file.

One place breaks lines. No word is broken, so a name, a range or a list of ports stays whole; a line is
longer than the width only where one word is.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final, TextIO

from exchange_ports.reports import document as doc

#: Colors have one meaning: green is allowed, red is blocked or refused, yellow is a risk.
_STYLES: Final[Mapping[doc.Look, str]] = {
    doc.Look.STRONG: "bold",
    doc.Look.ASIDE: "dim",
    doc.Look.GOOD: "green",
    doc.Look.BAD: "red",
    doc.Look.RISK: "bold yellow",
    doc.Look.NOTE: "yellow",
}
#: Names of facts have at least so much room: those of several blocks stand under each other.
_NAMES: Final = 11
_WORD: Final = re.compile(r"\w")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
#: Blanks between two columns.
_GAP: Final = 2
#: What is below the others is so much further in.
_BELOW: Final = 4
#: Columns of a terminal that does not tell.
_USUAL: Final = 80


def to_text(document: doc.Document, width: int | None = None) -> str:
    """The document as text without color, no blanks at the ends of its lines.

    `width` is what lines are broken at; left out, the document's own. At 0 they run on.
    """
    return "\n".join(
        "".join(each.text for each in line).rstrip() for line in _lines(document, width)
    )


def show(document: doc.Document, stream: TextIO | None = None) -> None:
    """Print as text: as in a file into a file or pipe, as wide as the terminal on one.

    Colors are for terminals, and not under NO_COLOR.
    """
    out = sys.stdout if stream is None else stream
    if not out.isatty():
        print(to_text(document), file=out)
        return
    width = _columns(out)
    # https://no-color.org: present and not empty, whatever its value.
    if os.environ.get("NO_COLOR"):
        print(to_text(document, width), file=out)
        return
    from rich.console import Console
    from rich.text import Text as RichText

    console = Console(file=out, highlight=False, soft_wrap=True)
    for line in _lines(document, width):
        written = RichText.assemble(*((each.text, _STYLES.get(each.look, "")) for each in line))
        written.rstrip()
        console.print(written)


def _columns(terminal: TextIO) -> int:
    """As shells have it: COLUMNS where it is set, otherwise what the terminal says."""
    shown = os.environ.get("COLUMNS", "")
    if shown.isdecimal() and int(shown):
        return int(shown)
    try:
        return os.get_terminal_size(terminal.fileno()).columns or _USUAL
    except OSError:
        return _USUAL


# ---- from top to bottom ----


def _lines(document: doc.Document, width: int | None) -> Iterator[doc.Words]:
    """All lines, an empty one between each two sections."""
    room = document.width if width is None else width
    head: list[doc.Block] = [doc.Paragraph(document.below)] if document.below else []
    head += [doc.Facts(document.facts)] if document.facts else []
    titled = document.title and document.titled
    title = doc.Text(document.title, doc.Look.STRONG) if titled else ""
    sections = [*([doc.Section(title, head)] if title or head else []), *document.sections]
    started = False
    for section in (each for outer in sections for each in flat(outer)):
        for index, each in enumerate(_section(section, room)):
            if not index and started:
                yield ()
            started = True
            yield each


def flat(section: doc.Section) -> Iterator[doc.Section]:
    """A section without those inside it, then these."""
    yield doc.Section(section.title, [b for b in section.blocks if not isinstance(b, doc.Section)])
    for block in section.blocks:
        if isinstance(block, doc.Section):
            yield from flat(block)


def _section(section: doc.Section, width: int) -> Iterator[doc.Words]:
    """What stands in one section, but for the sections inside it."""
    if section.title:
        title = section.title
        bold = doc.Text(title, doc.Look.STRONG) if isinstance(title, str) else title
        yield from _broken(bold, width, 0, 0)
    for index, block in enumerate(section.blocks):
        match block:
            case doc.Paragraph():
                yield from _broken(block.line, width, block.indent, block.hang)
            case doc.Items():
                yield from _items(block, width)
            case doc.Facts():
                yield from _facts(list(block.facts), width)
            case doc.Code():
                yield from (made for line in block.lines for made in _code(line, width))
            case doc.Picture():
                yield from _broken(f"[Picture: {block.text}]", width, 0, 1)
            case doc.Table():
                yield from _captioned(block, width, spaced=bool(index or section.title))
            case doc.Section():
                pass


def _items(block: doc.Items, width: int) -> Iterator[doc.Words]:
    if block.heading:
        yield from _broken(block.heading, width, block.indent - 2, block.indent)
    for item in block.items:
        yield from _broken(item, width, block.indent, block.indent + 2)


def _captioned(table: doc.Table, width: int, *, spaced: bool) -> Iterator[doc.Words]:
    """A table below its caption. `spaced`: with an empty line before the caption."""
    if table.caption:
        if spaced:
            yield ()
        yield (doc.Text(table.caption, doc.Look.STRONG),)
    yield from _table(table, width)


def _safe(line: doc.Words) -> doc.Words:
    """The line without what a terminal would obey."""
    return tuple(each._replace(text=_CONTROL.sub("?", each.text)) for each in line)


def _broken(line: doc.Line, width: int, indent: int, hang: int) -> Iterator[doc.Words]:
    """A line in lines of `width`, the first with `indent` blanks before it and the others with `hang`."""
    words = _safe(doc.words(line))
    if not width:
        yield (doc.Text(" " * indent), *words)
        return
    plain = "".join(each.text for each in words)
    end = 0
    for index, part in enumerate(wrapped(plain, width, indent, hang)):
        start = plain.index(part, end)
        end = start + len(part)
        yield (doc.Text(" " * (hang if index else indent)), *_between(words, start, end))


def wrapped(text: str, width: int, indent: int = 0, hang: int = 0) -> list[str]:
    """The text in lines that break between words only, with room for blanks before the first and the others."""
    if len(text) + indent <= width:
        return [text]
    from textwrap import wrap  # in a file, most lines run on

    lines = wrap(
        text,
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * hang,
        expand_tabs=False,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line[hang if index else indent :] for index, line in enumerate(lines)] or [""]


def _between(words: doc.Words, start: int, end: int) -> Iterator[doc.Text]:
    """The texts from one character to another."""
    at = 0
    for each in words:
        text = each.text[max(0, start - at) : max(0, end - at)]
        at += len(each.text)
        if text:
            yield each._replace(text=text)


def _code(line: doc.Line, width: int) -> Iterator[doc.Words]:
    """A line as it is; where it is too long, what follows stands below its first word."""
    first = _WORD.search(doc.plain(line))
    yield from _broken(line, width, 0, first.start() + _BELOW if first else _BELOW)


def _facts(facts: Sequence[tuple[str, doc.Value]], width: int) -> Iterator[doc.Words]:
    room = max([_NAMES, *(len(name) for name, _ in facts)])
    indent = 2 + room + _GAP
    for name, value in facts:
        shown = name
        for line in doc.lines(value):
            for _, *part in _broken(line, width, indent, indent):
                yield (doc.Text(f"  {shown:<{room}}  "), *part)
                shown = ""


# ---- tables ----

#: A row as the lines of its cells, each cell with one look.
_Cells = tuple[tuple[tuple[str, ...], doc.Look], ...]


def _table(table: doc.Table, width: int) -> Iterator[doc.Words]:
    """Rows under their columns; where these are too many for the width, the last one below the others."""
    found = _fitted(_all_cells(table), width, table.indent)
    if table.instead is not None:
        instead = _beside(_all_cells(table.instead), width, table.indent)
        found = found if instead is None or _height(instead) > _height(found) else instead
    for lines in found:
        yield from lines


def _all_cells(table: doc.Table) -> list[_Cells]:
    head = doc.Row(tuple(doc.Text(column, doc.Look.ASIDE) for column in table.columns))
    return [_cells(row) for row in (head, *table.rows)]


def _cells(row: doc.Row) -> _Cells:
    """The lines and the look of each cell; that of the row is shown at the last, where reasons stand."""
    cells = [
        (tuple(doc.plain(_safe(line)) for line in lines) or ("",), _look_of(lines))
        for lines in map(doc.lines, row.cells)
    ]
    lines, look = cells.pop()
    return (*cells, (lines, row.look or look))


def _look_of(several: Iterable[doc.Words]) -> doc.Look:
    """The look of lines that have one look."""
    looks = {each.look for line in several for each in line}
    return looks.pop() if len(looks) == 1 else doc.Look.PLAIN


def _fitted(rows: Sequence[_Cells], width: int, indent: int) -> list[list[doc.Words]]:
    """The lines of each row, none longer than `width`: as columns, or with the last one below where that is shorter."""
    beside = _beside(rows, width, indent)
    if beside is not None and _height(beside) == len(rows):
        return beside
    if len(rows[0]) == 1:
        return [[*_below(row[0], width, indent)] for row in rows]
    others = _fitted([row[:-1] for row in rows], width, indent)
    below = [
        [*lines, *_below(row[-1], width, indent + _BELOW)]
        for lines, row in zip(others, rows, strict=True)
    ]
    return below if beside is None or _height(below) < _height(beside) else beside


def _beside(rows: Sequence[_Cells], width: int, indent: int) -> list[list[doc.Words]] | None:
    """The lines of each row with all columns beside each other; None where their words do not fit."""
    columns = [[line for row in rows for line in row[at][0]] for at in range(len(rows[0]))]
    wanted = [max(map(len, column)) for column in columns]
    widths = _widths(columns, wanted, width - indent) if width else wanted
    return None if widths is None else [[*_row(row, widths, indent)] for row in rows]


def _height(rows: Iterable[Sequence[doc.Words]]) -> int:
    return sum(map(len, rows))


def _widths(columns: Sequence[Sequence[str]], wanted: Sequence[int], room: int) -> list[int] | None:
    """How wide the columns are: the widest give way first, none is narrower than its longest word."""
    space = room - _GAP * (len(columns) - 1)
    words = [
        max((len(word) for line in column for word in line.split()), default=0)
        for column in columns
    ]
    for most in range(max(wanted), -1, -1):
        widths = [max(word, min(most, want)) for word, want in zip(words, wanted, strict=True)]
        if sum(widths) <= space:
            return widths
    return None


def _row(row: _Cells, widths: Sequence[int], indent: int) -> Iterator[doc.Words]:
    """A row as lines of a table, none of its cells wider than its column."""
    cells = [
        [doc.Text(part, look) for line in lines for part in wrapped(line, width or 1)]
        for (lines, look), width in zip(row, widths, strict=True)
    ]
    for line in zip_longest(*cells, fillvalue=doc.Text("")):
        padded = [
            each._replace(text=each.text.ljust(width + _GAP))
            for each, width in zip(line, widths, strict=True)
        ]
        yield (doc.Text(" " * indent), *padded[:-1], line[-1])


def _below(cell: tuple[tuple[str, ...], doc.Look], width: int, indent: int) -> Iterator[doc.Words]:
    """A cell on lines of its own; nothing where it is empty."""
    lines, look = cell
    for line in filter(None, lines):
        yield from _broken(doc.Text(line, look or doc.Look.ASIDE), width, indent, indent + 2)
