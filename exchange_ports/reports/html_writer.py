"""A document as one HTML file that needs nothing else: no font, no file, no connection.

It is made as a tree and written by the standard library, so that no text of a user can be anything
but text. All that is not ASCII is written by number, whatever encoding a shell has. The page is complete
without script; the only script that a browser runs in it filters rows, and is allowed by its hash.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final
from xml.etree import ElementTree

from exchange_ports.reports import document as doc
from exchange_ports.reports.html_script import FILTER

#: What a browser may load for it: nothing but what the page itself contains.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
#: The filter's script too, and no other one.
_HASH: Final = b64encode(sha256(FILTER.encode()).digest()).decode()
_POLICY_WITH_FILTER: Final = f"{_POLICY}; script-src 'sha256-{_HASH}'"

Element = ElementTree.Element


def to_html(document: doc.Document) -> str:
    """The document as HTML, in ASCII, ending with a newline."""
    root = _element("html", lang="en")
    sections = document.sections
    keys = _keys(sections)
    root.append(_head(document.title or "exchange-ports", filtered=bool(keys)))
    body = ElementTree.SubElement(root, "body")
    if document.title:
        body.append(_header(document))
    if any(section.id for section in sections):
        contents = _element("nav", _element("h2", "Contents"), _contents(sections))
        contents.set("aria-label", "Contents")
        body.append(contents)
    main = ElementTree.SubElement(body, "main")
    if keys:
        main.append(_filter(keys))
    for section in sections:
        main.extend(_block(section, 2))
    if keys:
        body.append(_element("script", FILTER))
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


def _keys(blocks: Iterable[doc.Block]) -> dict[str, dict[str, None]]:
    """By what rows may be filtered, with all values that there are."""
    found: dict[str, dict[str, None]] = {}
    for block in blocks:
        several = _keys(block.blocks) if isinstance(block, doc.Section) else {}
        for row in block.rows if isinstance(block, doc.Table) else ():
            for name, values in row.keys:
                several.setdefault(name, {}).update(dict.fromkeys(values))
        for name, values in several.items():
            found.setdefault(name, {}).update(values)
    return found


def _filter(keys: dict[str, dict[str, None]]) -> Element:
    """The fields by which a reader filters rows. A page without script does not show them."""
    form = _element("form", id="filter", hidden="hidden")
    form.set("aria-label", "Filter rules")
    for name, values in keys.items():
        if name == PORT:
            field = _element("input", name=name, size="9", placeholder="number")
        else:
            options = (_element("option", value, value=value) for value in sorted(values))
            field = _element("select", _element("option", "any", value=""), *options, name=name)
        form.append(_element("label", f"{name} ", field))
    form.append(_element("button", "Clear", type="reset"))
    form.append(_element("output"))
    return form


#: The one key that is typed and not chosen: a port is in many ranges.
PORT: Final = "port"


def _head(title: str, *, filtered: bool) -> Element:
    content = _POLICY_WITH_FILTER if filtered else _POLICY
    policy = {"http-equiv": "Content-Security-Policy", "content": content}
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
        case doc.Picture():
            data = b64encode(block.svg.encode()).decode()
            image = _element("img", src=f"data:image/svg+xml;base64,{data}", alt=block.text)
            yield _element("figure", image, _element("figcaption", block.text))
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
    # A phone shows each row as a card, in which every cell has its column's name.
    names = table.columns if table.shares else ("",) * len(table.columns)
    made.append(_element("tbody", *(_row(row, names) for row in table.rows)))
    # A table that is wider than a telephone scrolls by itself.
    return _element("div", made, class_="wide")


def _row(row: doc.Row, columns: Iterable[str]) -> Element:
    made = _element("tr", *(_element("td", *_lines(each)) for each in row.cells))
    for cell, column in zip(made, columns, strict=True):
        if column and len(cell) + len(cell.text or ""):
            cell.set("data-column", column)
    if row.look:
        made.set("class", row.look.value)
    if row.id:
        made.set("id", row.id)
        made[0][:0] = [_element("span", id=each) for each in row.more_ids]
        here = _element("a", "#", href=f"#{row.id}", class_="here")
        here.set("aria-label", "Link to this row")
        made[-1].extend((_element("wbr"), here))
    for name, values in row.keys:
        made.set(f"data-{name}", "\n".join(values))
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
tr:target, tr:has(span:target) { outline: 2px solid var(--link); }
a.here { padding: 0 .3em; color: var(--soft); text-decoration: none; opacity: .5; }
tr:hover a.here, a.here:focus-visible { opacity: 1; }
figure { margin: .75rem 0 1.5rem; }
img { max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .82rem; }
#filter { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; position: sticky; top: 0; z-index: 1; padding: .6rem 0; background: var(--paper); border-bottom: 1px solid var(--line); font-size: .82rem; }
#filter[hidden], tr[hidden], div[hidden], section[hidden] { display: none; }
#filter label { color: var(--soft); }
#filter select, #filter input, #filter button { display: block; max-width: 14rem; padding: .25rem .4rem; font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 4px; }
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
@media screen and (max-width: 48rem) {
  body { padding: 1rem .75rem 3rem; }
  #filter { position: static; }
  table.fixed { min-width: 0; }
  table.fixed, table.fixed caption, table.fixed tbody, table.fixed tr, table.fixed td { display: block; }
  table.fixed thead, table.fixed colgroup { display: none; }
  table.fixed tr[hidden] { display: none; }
  table.fixed tr { padding: .5rem 0; border-bottom: 2px solid var(--line); }
  table.fixed td { padding: .1rem .4rem; border: 0; }
  td[data-column]::before { content: attr(data-column) ": "; color: var(--soft); font-size: .82em; }
}
@media print {
  #filter { position: static; }
  #filter select, #filter input, #filter button, #filter label, a.here { display: none; }
  #filter:not(.filtered) { display: none; }
  section:has(> figure) { page: picture; }
  figure { margin: 0; break-inside: avoid; }
  figure img { display: block; max-height: 225mm; width: auto; }
  @page picture { size: A4 portrait; }
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
