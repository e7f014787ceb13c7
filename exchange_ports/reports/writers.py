"""Documents as Markdown, CSV and JSON; `text_writer` has text and `html_writer` HTML.

A user's words stay words: nothing in them is obeyed by a terminal, a reader of Markdown, a browser
or a spreadsheet.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from exchange_ports.reports import document as doc
from exchange_ports.reports.text_writer import flat, show, to_text

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


# ---- Markdown ----

#: What would be markup or HTML, tell somebody (@), or become a link (bare addresses do).
_OBEYED: Final = re.compile(r"[\\`*_{}\[\]|~$!#&<>@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
#: What Markdown takes a backslash before; the rest is written by its number.
_ESCAPABLE: Final = frozenset("\\`*_{}[]|~$!#")
_AROUND: Final = {
    doc.Look.STRONG: "**",
    doc.Look.RISK: "**",
    doc.Look.GOOD: "**",
    doc.Look.BAD: "**",
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
        for section in flat(outer)
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
        case doc.Paragraph() | doc.Picture():
            return doc.plain(block.text if isinstance(block, doc.Picture) else block.line)
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
