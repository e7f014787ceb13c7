"""A document as one HTML file that needs nothing else: no script, no font, no picture, no connection.

It is made as a tree and written by the standard library, so that no text of a user can be anything
but text. All that is not ASCII is written by number, whatever encoding a shell has.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree import ElementTree

from exchange_ports.reports import document as doc

#: What a browser may load for it: nothing.
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)

Element = ElementTree.Element


def to_html(document: doc.Document) -> str:
    """The document as HTML, in ASCII, ending with a newline."""
    root = _element("html", lang="en")
    sections = document.sections
    root.append(_head(document.title or "exchange-ports"))
    body = ElementTree.SubElement(root, "body")
    if document.title:
        body.append(_header(document))
    if any(section.id for section in sections):
        contents = _element("nav", _element("h2", "Contents"), _contents(sections))
        contents.set("aria-label", "Contents")
        body.append(contents)
    main = ElementTree.SubElement(body, "main")
    for section in sections:
        main.extend(_block(section, 2))
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
        _element("style", _CSS),
    )


def _header(document: doc.Document) -> Element:
    made = _element("header", _element("h1", document.title))
    if document.below:
        made.append(_element("p", *_words(doc.words(document.below))))
    if document.facts:
        made.extend(_block(doc.Facts(document.facts), 1))
    return made


def _contents(sections: Iterable[doc.Block], *, inner: bool = False) -> Element:
    listed = _element("ol")
    for section in sections:
        if isinstance(section, doc.Section) and section.id:
            item = _element("li", _element("a", doc.plain(section.title), href=f"#{section.id}"))
            if not inner and any(isinstance(block, doc.Section) for block in section.blocks):
                item.append(_contents(section.blocks, inner=True))
            listed.append(item)
    return listed


def _block(block: doc.Block, level: int) -> Iterator[Element]:
    match block:
        case doc.Section():
            made = _element("section")
            if block.title:
                made.append(_element(f"h{level}", *_words(doc.words(block.title))))
            if block.id:
                made.set("id", block.id)
            for inner in block.blocks:
                made.extend(_block(inner, level + 1))
            yield made
        case doc.Paragraph():
            yield _element("p", *_words(doc.words(block.line)))
        case doc.Items():
            if block.heading:
                yield _element("p", *_words(doc.words(block.heading)))
            yield _element(
                "ul", *(_element("li", *_words(doc.words(item))) for item in block.items)
            )
        case doc.Facts():
            facts = _element("dl")
            for name, value in block.facts:
                facts.append(_element("div", _element("dt", name), _element("dd", *_lines(value))))
            yield facts
        case doc.Code():
            yield _element("pre", "\n".join(map(doc.plain, block.lines)))
        case doc.Table():
            yield _table(block)


def _table(table: doc.Table) -> Element:
    made = _element("table")
    if table.caption:
        made.append(_element("caption", table.caption))
    if table.shares:
        made.set("class", "fixed")
        columns = (_element("col", style=f"width:{width}%") for width in table.shares)
        made.append(_element("colgroup", *columns))
    heads = (_element("th", column, scope="col") for column in table.columns)
    made.append(_element("thead", _element("tr", *heads)))
    made.append(_element("tbody", *map(_row, table.rows)))
    # A table that is wider than a telephone scrolls by itself.
    return _element("div", made, class_="wide")


def _row(row: doc.Row) -> Element:
    made = _element("tr", *(_element("td", *_lines(each)) for each in row.cells))
    if row.look:
        made.set("class", row.look.value)
    if row.id:
        made.set("id", row.id)
    return made


def _lines(value: doc.Value) -> Iterator[Element | str]:
    for index, line in enumerate(doc.lines(value)):
        if index:
            yield _element("br")
        yield from _words(line)


def _words(line: doc.Words) -> Iterator[Element | str]:
    return map(_text, line)


def _text(text: doc.Text) -> Element | str:
    inside: Element | str = text.text
    if text.look is doc.Look.CODE:
        # The long names of rules are made of parts with slashes between them.
        first, *others = re.split("(?<=/)", text.text)
        parts = (each for other in others for each in (_element("wbr"), other))
        inside = _element("code", first, *parts)
    elif text.look is doc.Look.KEYWORD:
        inside = _element("code", inside)
    elif text.look is doc.Look.STRONG:
        inside = _element("strong", inside)
    elif text.look and text.look is not doc.Look.REFERENCE:
        inside = _element("span", inside, class_=text.look.value)
    return _element("a", inside, href=text.to) if text.to else inside


_CSS: Final = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2430; --soft: #56606e; --line: #d5dbe3; --shade: #f3f5f8;
  --link: #0b57a4; --risk: #a3161c; --risk-shade: #fdeeee; --note: #7a4d00; --good: #17652f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --ink: #e4e8ee; --soft: #9aa5b3; --line: #333c48; --shade: #1b212a;
    --link: #79b8ff; --risk: #ff8d8d; --risk-shade: #351a1d; --note: #e3b85c; --good: #79d18f;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 90rem;
  background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif;
}
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.75rem 0 .75rem; padding-bottom: .3rem; border-bottom: 2px solid var(--line); font-size: 1.35rem; }
h3 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
p { max-width: 60rem; }
header p { margin: .4rem 0 1.25rem; color: var(--soft); }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: .9rem 2rem; margin: 0; }
dl > div { border-left: 3px solid var(--line); padding-left: .75rem; }
dt { color: var(--soft); font-size: .82rem; }
dd { margin: 0; overflow-wrap: anywhere; }
nav { margin-top: 2rem; padding: 1rem 1.5rem; background: var(--shade); border-radius: 6px; }
nav h2 { margin: 0 0 .5rem; padding: 0; border: 0; font-size: 1rem; }
nav ol { margin: 0; padding-left: 1.5rem; }
nav > ol { columns: 3 18rem; }
nav li { break-inside: avoid; }
tr:target { outline: 2px solid var(--link); }
.wide { overflow-x: auto; margin: .75rem 0 1.5rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
table.fixed { table-layout: fixed; min-width: 62rem; }
caption { padding: .25rem 0 .4rem; text-align: left; font-weight: 600; }
th, td { padding: .4rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: var(--shade); border-bottom: 2px solid var(--line); font-size: .82rem; white-space: nowrap; }
td { border-bottom: 1px solid var(--line); }
tbody tr:hover { background: var(--shade); }
tr.risk { background: var(--risk-shade); }
code { font: .85em/1.45 ui-monospace, "Cascadia Mono", "Liberation Mono", Consolas, monospace; }
.aside { color: var(--soft); font-size: .92em; }
.risk { color: var(--risk); font-weight: 600; }
tr.risk { color: inherit; font-weight: inherit; }
.note { color: var(--note); }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--risk); font-weight: 600; }
@media print {
  @page { size: A4 landscape; margin: 14mm 12mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, "Liberation Sans", Arial, sans-serif; } }
  :root {
    color-scheme: light;
    --paper: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --shade: #f0f0f0;
    --link: #000000; --risk: #8c0f14; --risk-shade: #fbeaea; --note: #5c3a00; --good: #0f4d22;
  }
  body { max-width: none; padding: 0; font-size: 9pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h1 { font-size: 18pt; }
  h2 { margin-top: 16pt; font-size: 13pt; }
  h3 { margin-top: 12pt; font-size: 11pt; }
  h1, h2, h3, section > p, caption { break-after: avoid; }
  nav { break-inside: avoid; }
  a { color: inherit; text-decoration: none; }
  .wide { overflow: visible; }
  table, table.fixed { font-size: 8pt; min-width: 0; }
  thead { display: table-header-group; break-after: avoid; }
  tbody > tr:first-child { break-before: avoid; }
  tr { break-inside: avoid; }
  th, td { padding: 2pt 4pt; }
}
"""
