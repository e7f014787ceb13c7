"""A page as one HTML file that needs nothing else: no script, no font, no picture, no connection.

It is made as a tree and written by the standard library, so that no text of a user can be anything
but text. All that is not ASCII is written by number, whatever encoding a shell has.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree import ElementTree

from exchange_ports.reports.page import Cell, Look, Page, Row, Section, Table, Text, Words
from exchange_ports.reports.page_css import CSS

__all__ = ["page_html"]

#: What a browser may load for it: nothing.
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)

Element = ElementTree.Element


def page_html(page: Page) -> str:
    """The page as HTML, in ASCII, ending with a newline."""
    root = _element("html", lang="en")
    root.append(_head(page.title))
    body = ElementTree.SubElement(root, "body")
    body.append(_header(page))
    body.append(_contents(page.sections))
    main = ElementTree.SubElement(body, "main")
    main.extend(_section(section, 2) for section in page.sections)
    written = ElementTree.tostring(root, encoding="us-ascii", method="html").decode("ascii")
    return f"<!DOCTYPE html>\n{written}\n"


def _element(tag: str, *inside: "Element | str", **attributes: str) -> Element:
    made = Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    for each in inside:
        if isinstance(each, str):
            _append_text(made, each)
        else:
            made.append(each)
    return made


def _append_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _head(title: str) -> Element:
    policy = {"http-equiv": "Content-Security-Policy", "content": _POLICY}
    return _element(
        "head",
        _element("meta", charset="utf-8"),
        Element("meta", policy),
        _element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _element("meta", name="color-scheme", content="light dark"),
        _element("title", title),
        _element("style", CSS),
    )


def _header(page: Page) -> Element:
    facts = _element("dl")
    for name, value in page.facts:
        facts.append(_element("div", _element("dt", name), _element("dd", *_lines(value))))
    return _element("header", _element("h1", page.title), _element("p", page.below), facts)


def _contents(sections: Iterable[Section]) -> Element:
    listed = _element("ol")
    for section in sections:
        item = _element("li", _element("a", section.title, href=f"#{section.id}"))
        if section.sections:
            inner = _element("ol")
            for each in section.sections:
                inner.append(_element("li", _element("a", each.title, href=f"#{each.id}")))
            item.append(inner)
        listed.append(item)
    made = _element("nav", _element("h2", "Contents"), listed)
    made.set("aria-label", "Contents")
    return made


def _section(section: Section, level: int) -> Element:
    made = _element("section", _element(f"h{level}", section.title), id=section.id)
    made.extend(_element("p", *_words(words)) for words in section.summary)
    if section.items:
        made.append(_element("ul", *(_element("li", *_words(words)) for words in section.items)))
    made.extend(map(_table, section.tables))
    made.extend(_section(inner, level + 1) for inner in section.sections)
    return made


def _table(table: Table) -> Element:
    made = _element("table")
    if table.caption:
        made.append(_element("caption", table.caption))
    if table.widths:
        made.set("class", "fixed")
        columns = (_element("col", style=f"width:{width}%") for width in table.widths)
        made.append(_element("colgroup", *columns))
    heads = (_element("th", column, scope="col") for column in table.columns)
    made.append(_element("thead", _element("tr", *heads)))
    made.append(_element("tbody", *map(_row, table.rows)))
    # A table that is wider than a telephone scrolls by itself.
    return _element("div", made, class_="wide")


def _row(row: Row) -> Element:
    made = _element("tr", *(_element("td", *_lines(each)) for each in row.cells))
    if row.look:
        made.set("class", row.look.value)
    if row.id:
        made.set("id", row.id)
    return made


def _lines(cell: Cell) -> Iterator[Element | str]:
    for index, words in enumerate(each for each in cell if each):
        if index:
            yield _element("br")
        yield from _words(words)


def _words(words: Words) -> Iterator[Element | str]:
    for index, each in enumerate(words):
        if index:
            yield " "
        yield _text(each)


def _text(text: Text) -> Element | str:
    inside: Element | str = text.text
    if text.look is Look.CODE:
        # The long names of rules are made of parts with slashes between them.
        first, *others = re.split("(?<=/)", text.text)
        parts = (each for other in others for each in (_element("wbr"), other))
        inside = _element("code", first, *parts)
    elif text.look is Look.STRONG:
        inside = _element("strong", inside)
    elif text.look:
        inside = _element("span", inside, class_=text.look.value)
    return _element("a", inside, href=text.to) if text.to else inside
