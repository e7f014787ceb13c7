"""A page in Markdown, as GitHub reads it."""

from collections.abc import Iterator
from typing import Final

from exchange_ports.reports.escaping import in_markdown, markdown_table
from exchange_ports.reports.page import Cell, Look, Page, Row, Section, Text, Words

__all__ = ["page_markdown"]

_AROUND: Final = {Look.STRONG: "**", Look.RISK: "**", Look.GOOD: "**", Look.NOTE: "*"}


def page_markdown(page: Page) -> str:
    """The page: headings, paragraphs, lists and tables; nothing in a text is markup."""
    lines = [f"# {in_markdown(page.title)}", "", in_markdown(page.below), ""]
    lines += markdown_table(("", ""), ((in_markdown(k), _cell(v)) for k, v in page.facts))
    lines += ["", "## Contents", ""]
    for section in page.sections:
        lines.append(f"* [{in_markdown(section.title)}](#{section.id})")
        lines += [f"  * [{in_markdown(s.title)}](#{s.id})" for s in section.sections]
    for section in page.sections:
        lines += _section(section, 2)
    return "\n".join(lines)


def _section(section: Section, level: int) -> Iterator[str]:
    # Whatever a reader makes of headings, these anchors are there.
    yield from ("", f'<a id="{section.id}"></a>', "")
    yield f"{'#' * level} {in_markdown(section.title)}"
    for words in section.summary:
        yield from ("", _words(words))
    if section.items:
        yield ""
        yield from (f"* {_words(words)}" for words in section.items)
    for table in section.tables:
        if table.caption:
            yield from ("", f"**{in_markdown(table.caption)}**")
        yield ""
        yield from markdown_table(map(in_markdown, table.columns), map(_row, table.rows))
    for inner in section.sections:
        yield from _section(inner, level + 1)


def _row(row: Row) -> list[str]:
    cells = [_cell(each) for each in row.cells]
    if row.id:
        cells[0] = f'<a id="{row.id}"></a>{cells[0]}'
    return cells


def _cell(cell: Cell) -> str:
    return "<br>".join(_words(words) for words in cell if words)


def _words(words: Words) -> str:
    return " ".join(_text(each) for each in words)


def _text(text: Text) -> str:
    around = _AROUND.get(text.look, "")
    written = f"{around}{in_markdown(text.text)}{around}"
    return f"[{written}]({text.to})" if text.to else written
