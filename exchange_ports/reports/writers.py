"""Documents as text, Markdown, CSV and JSON; `html_writer` has HTML.

A user's words stay words: nothing in them is obeyed by a terminal, a reader of Markdown, a browser
or a spreadsheet.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Final, TextIO

from exchange_ports.reports import document as doc

if TYPE_CHECKING:
    from rich.padding import Padding

FORMATS: Final = ("text", "markdown", "html", "csv", "json")


def write(document: doc.Document, format_: str) -> str:
    """The document in one of `FORMATS`, ending with a line end."""
    if format_ == "html":
        from exchange_ports.reports.html_writer import to_html

        return to_html(document)
    if format_ == "csv":
        return to_csv(document)
    written = {"text": to_text, "markdown": to_markdown, "json": to_json}[format_](document)
    return f"{written}\n"


def publish(document: doc.Document, format_: str) -> None:
    """Put the document on standard output, its line ends as they are; text as `show` does."""
    if format_ == "text":
        show(document)
        return
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(newline="")
    sys.stdout.write(write(document, format_))


# ---- text ----

_STYLES: Final = {
    doc.Look.STRONG: "bold",
    doc.Look.ASIDE: "dim",
    doc.Look.RISK: "bold red",
    doc.Look.NOTE: "yellow",
    doc.Look.GOOD: "green",
    doc.Look.OUT: "cyan",
}
#: Names of facts have at least so much room: those of several blocks stand under each other.
_NAMES: Final = 11
#: A column that is no wider keeps its words on one line: directions, ports, networks.
_SHORT: Final = 14
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
#: Characters of a table whose columns have shares of a page.
_TABLE: Final = 150


def to_text(document: doc.Document) -> str:
    """The document as text without color, no blanks at the ends of its lines."""
    lines = (
        line
        for each in _laid_out(document)
        for line in (_table_lines(each) if isinstance(each, doc.Table) else [each])
    )
    return "\n".join(_safe("".join(each.text for each in line)).rstrip() for line in lines)


def _safe(text: str) -> str:
    """The text without what a terminal would obey."""
    return _CONTROL.sub("?", text)


def show(document: doc.Document, stream: TextIO | None = None) -> None:
    """Print as text: plain into a file or pipe or under NO_COLOR, colored on a terminal.

    There a table that is wider than the terminal is made to fit.
    """
    out = sys.stdout if stream is None else stream
    # https://no-color.org: present and not empty, whatever its value.
    if not out.isatty() or os.environ.get("NO_COLOR"):
        print(to_text(document), file=out)
        return
    from rich.console import Console
    from rich.text import Text as RichText

    console = Console(file=out, highlight=False, soft_wrap=True)
    for each in _laid_out(document):
        several = _table_lines(each) if isinstance(each, doc.Table) else [each]
        if isinstance(each, doc.Table) and max(map(len, map(doc.plain, several))) > console.width:
            console.print(_fitted(each), soft_wrap=False)
        else:
            for line in several:
                styled = ((_safe(text.text), _STYLES.get(text.look, "")) for text in line)
                console.print(RichText.assemble(*styled))


def _laid_out(document: doc.Document) -> Iterator[doc.Words | doc.Table]:
    """Lines and tables from top to bottom, an empty line between each two sections."""
    head: list[doc.Block] = [doc.Paragraph(document.below)] if document.below else []
    head += [doc.Facts(document.facts)] if document.facts else []
    titled = document.title and document.titled
    title = doc.Text(document.title, doc.Look.STRONG) if titled else ""
    sections = [*([doc.Section(title, head)] if title or head else []), *document.sections]
    started = False
    for section in (each for outer in sections for each in _flat(outer)):
        for index, each in enumerate(_section_lines(section, document.width)):
            if not index and started:
                yield ()
            started = True
            yield each


def _flat(section: doc.Section) -> Iterator[doc.Section]:
    yield doc.Section(section.title, [b for b in section.blocks if not isinstance(b, doc.Section)])
    for block in section.blocks:
        if isinstance(block, doc.Section):
            yield from _flat(block)


def _section_lines(section: doc.Section, width: int) -> Iterator[doc.Words | doc.Table]:
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
                if block.heading:
                    yield from _broken(block.heading, width, block.indent - 2, block.indent)
                for item in block.items:
                    yield from _broken(item, width, block.indent, block.indent + 2)
            case doc.Facts():
                yield from _facts(list(block.facts))
            case doc.Code():
                yield from map(doc.words, block.lines)
            case doc.Picture():
                yield from _broken(block.text, width, 0, 0)
            case doc.Table():
                if block.caption:
                    yield from [()] if index or section.title else []
                    yield (doc.Text(block.caption, doc.Look.STRONG),)
                yield block
            case doc.Section():
                pass


def _facts(facts: Sequence[tuple[str, doc.Value]]) -> Iterator[doc.Words]:
    room = max([_NAMES, *(len(name) for name, _ in facts)])
    for name, value in facts:
        for index, line in enumerate(doc.lines(value)):
            yield (doc.Text(f"  {'' if index else name:<{room}}  "), *line)


def _broken(line: doc.Line, width: int, indent: int, hang: int) -> Iterator[doc.Words]:
    """A line in lines of `width`, the first with `indent` blanks before it and the others with `hang`."""
    if not width:
        yield (doc.Text(" " * indent), *doc.words(line))
        return
    look = _look_of([doc.words(line)])
    several = wrap(
        doc.plain(line),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * hang,
        break_on_hyphens=False,
    )
    yield from ((doc.Text(each, look),) for each in several or [""])


def _look_of(several: Iterable[doc.Words]) -> doc.Look:
    """The look of lines that have one look."""
    looks = {each.look for line in several for each in line}
    return looks.pop() if len(looks) == 1 else doc.Look.PLAIN


def _table_lines(table: doc.Table) -> list[doc.Words]:
    """Rows under their columns, aligned; the last column runs on."""
    shares = table.shares or (0,) * len(table.columns)
    most = table.widths or tuple(each * _TABLE // 100 for each in shares)
    head = tuple(doc.Text(column, doc.Look.ASIDE) for column in table.columns)
    body = [head, *(line for row in table.rows for line in _row_lines(row, most))]
    widths = [max(len(line[at].text) for line in body) + 2 for at in range(len(head))]
    widths[-1] = 0
    indent = doc.Text(" " * table.indent)
    return [
        (
            indent,
            *(doc.Text(t.text.ljust(width), t.look) for t, width in zip(line, widths, strict=True)),
        )
        for line in body
    ]


def _row_lines(row: doc.Row, most: Sequence[int]) -> Iterator[tuple[doc.Text, ...]]:
    """A row as lines of a table, none of its cells wider than its column may be."""
    columns = [
        [doc.Text(part, look) for line in text.split("\n") for part in _cut(line, width)]
        for (text, look), width in zip(_cells(row), most, strict=True)
    ]
    return zip_longest(*columns, fillvalue=doc.Text(""))


def _cells(row: doc.Row) -> list[tuple[str, doc.Look]]:
    """The lines and the look of each cell; that of the row is shown at the last, where reasons stand."""
    cells = [
        ("\n".join(_safe(doc.plain(line)) for line in several), _look_of(several))
        for several in map(doc.lines, row.cells)
    ]
    return [*cells[:-1], (cells[-1][0], row.look or cells[-1][1])]


def _cut(line: str, width: int) -> list[str]:
    if not width:
        return [line]
    return wrap(line, width, break_on_hyphens=False, break_long_words=False)


def _fitted(table: doc.Table) -> "Padding":
    """A table that is too wide, with what is long broken inside its column."""
    from rich.padding import Padding
    from rich.table import Table as RichTable
    from rich.text import Text as RichText

    made = RichTable(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    head = doc.Row(tuple(doc.Text(column, doc.Look.ASIDE) for column in table.columns))
    rows = [_cells(row) for row in (head, *table.rows)]
    for column in zip(*rows, strict=True):
        short = max(len(text) for text, _ in column) <= _SHORT
        made.add_column(overflow="fold", no_wrap=short)
    for row in rows:
        made.add_row(*(RichText(text, _STYLES.get(look, "")) for text, look in row))
    return Padding(made, (0, 0, 0, table.indent))


# ---- Markdown ----

#: What would be markup or HTML, tell somebody (@), or become a link (bare addresses do).
_OBEYED: Final = re.compile(r"[\\`*_{}\[\]|~$!#&<>@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
#: What Markdown takes a backslash before; the rest is written by its number.
_ESCAPABLE: Final = frozenset("\\`*_{}[]|~$!#")
_AROUND: Final = {
    doc.Look.STRONG: "**",
    doc.Look.RISK: "**",
    doc.Look.GOOD: "**",
    doc.Look.NOTE: "*",
}


def in_markdown(text: str) -> str:
    """The text as Markdown that shows it and does nothing: no markup, HTML, mention or link."""
    return _OBEYED.sub(lambda found: _escaped(found[0]), text)


def _escaped(char: str) -> str:
    return f"\\{char}" if char in _ESCAPABLE else f"&#{ord(char)};"


def to_markdown(document: doc.Document) -> str:
    """The document as GitHub reads it; nothing in a text is markup."""
    return "\n\n".join(_parts(document))


def _parts(document: doc.Document) -> Iterator[str]:
    """What stands between empty lines."""
    if document.title and document.titled:
        yield f"# {in_markdown(document.title)}"
    if document.below:
        yield _markdown(doc.words(document.below))
    if document.facts:
        yield from _block(doc.Facts(document.facts), 1)
    sections = document.sections
    if any(section.id for section in sections):
        yield "## Contents"
        yield "\n".join(_contents(sections, ""))
    for section in sections:
        yield from _block(section, 2)
    if document.references:
        yield "\n".join(f"[{label}]: {to}" for label, to in document.references.items())


def _contents(sections: Iterable[doc.Block], indent: str) -> Iterator[str]:
    for each in sections:
        if isinstance(each, doc.Section) and each.id:
            yield f"{indent}* [{in_markdown(doc.plain(each.title))}](#{each.id})"
            if not indent:
                yield from _contents(each.blocks, "  ")


def _block(block: doc.Block, level: int) -> Iterator[str]:
    match block:
        case doc.Section():
            if block.id:
                # Whatever a reader makes of headings, these anchors are there.
                yield f'<a id="{block.id}"></a>'
            if block.title:
                yield f"{'#' * level} {_markdown(doc.words(block.title))}"
            for inner in block.blocks:
                yield from _block(inner, level + 1)
        case doc.Paragraph():
            yield _markdown(doc.words(block.line))
        case doc.Items():
            if block.heading:
                yield _markdown(doc.words(block.heading))
            yield "\n".join(f"* {_markdown(doc.words(item))}" for item in block.items)
        case doc.Facts():
            facts = ((in_markdown(name), _cell(value)) for name, value in block.facts)
            yield "\n".join(_markdown_table(("", ""), facts))
        case doc.Code():
            yield fenced("\n".join(map(doc.plain, block.lines)))
        case doc.Picture():
            yield in_markdown(block.text)
            yield f"```mermaid\n{block.mermaid.rstrip()}\n```"
        case doc.Table():
            if block.caption:
                yield f"**{in_markdown(block.caption)}**"
            rows = (
                [
                    "".join(f'<a id="{each}"></a>' for each in (row.id, *row.more_ids) if each)
                    + _cell(row.cells[0])
                ]
                + [_cell(each) for each in row.cells[1:]]
                for row in block.rows
            )
            yield "\n".join(_markdown_table(map(in_markdown, block.columns), rows))


def _cell(value: doc.Value) -> str:
    return "<br>".join(map(_markdown, doc.lines(value)))


def _markdown(line: doc.Words) -> str:
    return "".join(map(_marked, line))


def _marked(text: doc.Text) -> str:
    if text.look is doc.Look.REFERENCE:
        return f"[{text.text}]"
    if text.look is doc.Look.KEYWORD:
        return f"`{text.text}`"
    around = _AROUND.get(text.look, "")
    written = f"{around}{in_markdown(text.text)}{around}"
    return f"[{written}]({text.to})" if text.to else written


def _markdown_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table whose cells are Markdown already."""
    heads = tuple(columns)
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def fenced(text: str) -> str:
    """Text as a block of code, in which nothing is read as Markdown."""
    fence = "`" * max(3, longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def longest_run(text: str) -> int:
    """How many backticks stand in a row at most."""
    return max(map(len, re.findall("`+", text)), default=0)


# ---- CSV ----

#: Spreadsheets take a cell that begins so for a formula; the last four are what East Asian ones take.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def to_csv(document: doc.Document) -> str:
    """The records of a document, or the rows of its tables, as CSV (RFC 4180).

    No cell is a formula: a quote before it makes it text.
    """
    import csv  # what most commands do without
    import io

    if document.records is None:
        columns, rows, ends = *_all_rows(document), "\r\n"
    else:
        columns, rows, ends = document.records()
    written = io.StringIO()
    writer = csv.writer(written, lineterminator=ends)
    for row in (columns, *rows):
        writer.writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row)
    return written.getvalue()


def _all_rows(document: doc.Document) -> tuple[list[str], list[list[str]]]:
    """The rows of all tables under all their columns, each with the heading that it stands under."""
    found = [
        (doc.plain(section.title), table)
        for outer in document.sections
        for section in _flat(outer)
        for table in section.blocks
        if isinstance(table, doc.Table)
    ]
    columns = list(dict.fromkeys(column for _, table in found for column in table.columns))
    rows: list[list[str]] = []
    for title, table in found:
        for row in table.rows:
            cells = dict(zip(table.columns, map(doc.plain, row.cells), strict=True))
            rows.append([title, *(cells.get(column, "") for column in columns)])
    return ["section", *columns], rows


# ---- JSON ----


def to_json(document: doc.Document) -> str:
    """What the document has for programs, or all of its content."""
    data = (
        document.data()
        if document.data is not None
        else {
            "title": document.title,
            "summary": doc.plain(document.below),
            "facts": _data(doc.Facts(document.facts)),
            "sections": [*map(_data, document.sections)],
        }
    )
    return json.dumps(data, indent=2)


def _data(block: doc.Block) -> object:
    match block:
        case doc.Section():
            return {"title": doc.plain(block.title), "blocks": [*map(_data, block.blocks)]}
        case doc.Paragraph():
            return doc.plain(block.line)
        case doc.Items():
            return [*map(doc.plain, block.items)]
        case doc.Facts():
            return {name: doc.plain(value) for name, value in block.facts}
        case doc.Code():
            return [*map(doc.plain, block.lines)]
        case doc.Table():
            return [
                {
                    column: cell if isinstance(cell, int) else doc.plain(cell)
                    for column, cell in zip(block.columns, row.cells, strict=True)
                }
                for row in block.rows
            ]
