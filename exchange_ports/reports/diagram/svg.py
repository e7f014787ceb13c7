"""A picture as SVG: zones with columns of endpoints, and a line of arrows for each row.

It is complete in itself: no script, nothing from elsewhere, text as text, a title and a description
for readers who cannot see it, and colors for light and for dark pages.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from exchange_ports.reports.diagram import texts
from exchange_ports.reports.diagram.colors import DARK, LIGHT, RISK
from exchange_ports.reports.diagram.endpoints import Status
from exchange_ports.reports.diagram.font import FAMILY, widest_word, width, wrapped
from exchange_ports.reports.diagram.picture import Picture, PictureSection
from exchange_ports.reports.diagram.rows import PictureRow
from exchange_ports.reports.diagram.zones import CHANGED, SIGNS, Column, Zone, ZoneKind, zones

#: The width of a page of GitHub or of a document: a picture is wider only where its columns need it.
PAGE_WIDTH: Final = 830
MARGIN: Final = 12
TEXT: Final = 12.0
SMALL: Final = 10.5
TITLE: Final = 16.0
_LINE: Final = 14
_ZONE_PADDING: Final = 4
_ZONE_GAP: Final = 6
_BOX_GAP: Final = 6
_NARROWEST: Final = 62
_WIDEST_BOX: Final = 170
#: A box has at most so many lines of its title, and of its names.
_MOST_LINES: Final = 4
#: The text of a row has at most so many.
_MOST_ROW_LINES: Final = 5
#: XML 1.0 has no way to write these.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(picture: Picture, heading: texts.Heading) -> str:
    """The picture; `heading` is what its title states beside the organization."""
    sections = [_Section(section) for section in picture.sections]
    wide = max((PAGE_WIDTH, *(section.needed for section in sections)))
    marks: set[str] = {member.status for member in picture.members}
    body: list[ET.Element] = []
    y = 12.0
    title = texts.title(picture, heading)
    for line in wrapped(title, TITLE, wide - 2 * MARGIN, bold=True):
        y += 20
        body.append(_text(MARGIN, y, line, TITLE, "title"))
    y += 2
    for line in wrapped(texts.subtitle(picture), TEXT, wide - 2 * MARGIN):
        y += 16
        body.append(_text(MARGIN, y, line, TEXT, "soft"))
    for section in sections:
        drawn, y = section.drawn(y + 14, wide, marks)
        body.extend(drawn)
    footer, y = _footer(picture, marks, y + 2 * 11, wide)
    body.extend(footer)
    root = _root(picture, title, wide, y + 12)
    root.extend(body)
    ET.indent(root, " ")
    for text in root.iter("text"):
        # An indentation between the parts of a text would be shown as a space.
        for part in text:
            text.text = part.tail = None
    return ET.tostring(root, encoding="unicode") + "\n"


def _root(picture: Picture, title: str, wide: float, height: float) -> ET.Element:
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_n(wide)} {_n(height)}",
            "width": _n(wide),
            "height": _n(height),
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )
    words = f"{title}: {texts.subtitle(picture)}"
    ET.SubElement(root, "title", {"id": "title"}).text = _legal(words)
    ET.SubElement(root, "desc", {"id": "desc"}).text = _legal(texts.spoken(picture))
    ET.SubElement(root, "style").text = style()
    root.append(_rect("page", 0.5, 0.5, wide - 1, height - 1, 8))
    return root


@dataclass(slots=True)
class _DrawnColumn:
    column: Column
    wide: float
    wish: float = 0.0
    """How much wider it would be with all text on one line."""
    x: float = 0.0
    """Its middle."""


@dataclass(slots=True)
class _DrawnZone:
    zone: Zone
    columns: list[_DrawnColumn]
    left: float = 0.0
    wide: float = 0.0


class _Section:
    """One section: its zones side by side, and its rows below."""

    def __init__(self, section: PictureSection) -> None:
        self._section = section
        self._zones = [_DrawnZone(zone, _columns(zone)) for zone in zones(section)]
        self._columns = [column for zone in self._zones for column in zone.columns]
        gaps = _ZONE_GAP * (len(self._zones) - 1) + 2 * _ZONE_PADDING * len(self._zones)
        self._least = sum(column.wide for column in self._columns) + gaps
        #: How wide a picture must be for it.
        self.needed = self._least + 2 * MARGIN

    def drawn(self, y: float, wide: float, marks: set[str]) -> tuple[list[ET.Element], float]:
        """The section from `y` on, and where it ends; the marks that it uses are added to `marks`."""
        self._place(wide)
        top = y + 24
        heads = [_zone_head(zone) for zone in self._zones]
        boxes = [_box_lines(column) for column in self._columns]
        at_boxes = top + 6 + max(map(len, heads)) * _LINE + 6
        tall = max(len(first) + len(second) for first, second in boxes) * _LINE + 9
        bottom = at_boxes + tall + 6
        rows: list[ET.Element] = []
        for number, row in enumerate(self._section.rows):
            if number:
                rows.append(_line("rule", MARGIN, bottom, wide - MARGIN, bottom))
            drawn, bottom = self._row(row, bottom, wide, marks)
            rows.append(drawn)
        bottom += 4
        body = [_text(MARGIN, y + 16, self._section.title, TEXT + 1, "bold")]
        for zone, head in zip(self._zones, heads, strict=True):
            body.append(_rect(f"zone {zone.zone.kind}", zone.left, top, zone.wide, bottom - top, 6))
            middle = zone.left + zone.wide / 2
            for at, (line, classes) in enumerate(head):
                size = SMALL if "small" in classes else TEXT
                body.append(_text(middle, top + 17 + at * _LINE, line, size, f"middle {classes}"))
        for column, lines in zip(self._columns, boxes, strict=True):
            marks.add("managed" if column.column.managed else "unmanaged")
            body.append(_line("column", column.x, at_boxes + tall, column.x, bottom - 3))
            body.append(_box(column, at_boxes, tall, *lines))
        return [*body, *rows], bottom

    def _place(self, wide: float) -> None:
        """Give each column its share of the width that is left."""
        left = wide - 2 * MARGIN - self._least
        wishes = sum(column.wish for column in self._columns)
        # First what titles and names would take on one line, then the same for all.
        share = min(1.0, left / wishes) if wishes else 0.0
        more = (left - share * wishes) / len(self._columns)
        x = float(MARGIN)
        for zone in self._zones:
            zone.left = x
            x += _ZONE_PADDING
            for column in zone.columns:
                column.wide += share * column.wish + more
                column.x = x + column.wide / 2
                x += column.wide
            x += _ZONE_PADDING
            zone.wide = x - zone.left
            x += _ZONE_GAP

    def _row(
        self, row: PictureRow, y: float, wide: float, marks: set[str]
    ) -> tuple[ET.Element, float]:
        classes = [str(row.status)] if row.status is not Status.UNCHANGED else []
        classes += [RISK] if row.is_risky else []
        marks.update(classes)
        group = ET.Element("g", {"class": " ".join(classes)} if classes else {})
        ET.SubElement(group, "title").text = _legal(_tooltip(row))
        sources, targets = (
            sorted({c.x for c in self._columns if ends & set(c.column.endpoints)})
            for ends in (row.source, row.destination)
        )
        columns = [column.column for column in self._columns]
        text = texts.row_text(self._section, row, columns)
        every = sorted({*sources, *targets})
        lines = _row_lines(text, wide - 2 * MARGIN - 12)
        at = y + 6 + len(lines) * _LINE + 9
        widest = max(sum(width(part, TEXT, bold=bold) for part, bold, _ in line) for line in lines)
        left = max(MARGIN + 6, min(every[0] - 4, wide - MARGIN - 6 - widest))
        group.append(_rect("label", left - 3, y + 5, widest + 6, len(lines) * _LINE + 1, 3))
        for number, line in enumerate(lines):
            group.append(_row_text(left, y + 16 + number * _LINE, line))
        if every[-1] > every[0]:
            group.append(_line("way", every[0], at, every[-1], at))
        group.extend(_marks(row, sources, targets, at, marks))
        return group, at + 10


def _columns(zone: Zone) -> list[_DrawnColumn]:
    """The columns of a zone, each as wide as what must not be broken needs."""
    found = [_DrawnColumn(column, _least_width(column)) for column in zone.columns]
    head = max(widest_word(zone.title, TEXT, bold=True), widest_word(zone.below, SMALL), _NARROWEST)
    missing = head + 8 - sum(column.wide for column in found)
    for drawn in found:
        drawn.wide += max(0.0, missing / len(found))
        whole = max(width(drawn.column.title, TEXT), width(drawn.column.names, SMALL))
        drawn.wish = max(0.0, min(whole + 8, _WIDEST_BOX) + _BOX_GAP - drawn.wide)
    return found


def _least_width(column: Column) -> float:
    words = max(widest_word(column.title, TEXT), widest_word(column.names, SMALL))
    return max(float(_NARROWEST), words + 8 + _BOX_GAP)


def _zone_head(zone: _DrawnZone) -> list[tuple[str, str]]:
    """The lines of a zone's head, each with its classes."""
    room = zone.wide - 6
    title = wrapped(zone.zone.title, TEXT, room, _MOST_LINES, bold=True)
    below = wrapped(zone.zone.below, SMALL, room, _MOST_LINES)
    return [*((line, "bold") for line in title), *((line, "small soft") for line in below)]


def _box_width(column: _DrawnColumn) -> float:
    return min(column.wide - _BOX_GAP, _WIDEST_BOX)


def _box_lines(column: _DrawnColumn) -> tuple[Sequence[str], Sequence[str]]:
    room = _box_width(column) - 6
    return (
        wrapped(column.column.title, TEXT, room, _MOST_LINES),
        wrapped(column.column.names, SMALL, room, _MOST_LINES),
    )


def _box(
    column: _DrawnColumn, y: float, tall: float, first: Sequence[str], second: Sequence[str]
) -> ET.Element:
    group = ET.Element("g")
    every = ", ".join(column.column.every)
    ET.SubElement(group, "title").text = _legal(f"{column.column.title}: {every}".rstrip(": "))
    wide = _box_width(column)
    classes = "box" if column.column.managed else "box unmanaged"
    group.append(_rect(classes, column.x - wide / 2, y, wide, tall, 4))
    for at, text in enumerate(first):
        group.append(_text(column.x, y + 15 + at * _LINE, text, TEXT, "middle"))
    for at, text in enumerate(second, start=len(first)):
        group.append(_names(column.x, y + 14.5 + at * _LINE, text))
    return group


_CHANGED: Final = {SIGNS[status]: status for status in (Status.ALLOWED, Status.BLOCKED)}


def _names(x: float, y: float, text: str) -> ET.Element:
    """A line of names; servers that are added or removed have the color of that."""
    element = _text(x, y, text, SMALL, "middle small soft")
    words = text.split()
    if not any(word.startswith(CHANGED) for word in words):
        return element
    element.text = ""
    for number, word in enumerate(words):
        status = _CHANGED.get(word[0]) if not word[1:2].isdigit() else None
        span = ET.SubElement(element, "tspan", {"class": status.value} if status else {})
        span.text = _legal(word + (" " if number < len(words) - 1 else ""))
    return element


#: A part of a line of text: the text, whether it is bold, and its class.
_Part = tuple[str, bool, str]


def _row_lines(text: texts.RowText, room: float) -> list[list[_Part]]:
    """The text of a row in lines: ports in bold, then the reasons, then an accepted risk in its color."""
    gap = "  "
    risk = f" \N{EM DASH} {text.risk}" if text.risk else ""
    first = width(text.ports + gap, TEXT, bold=True)
    indented = first < room / 2
    words = wrapped(
        text.reasons,
        TEXT,
        room - width(risk, TEXT, bold=True) - (first if indented else 0),
        _MOST_ROW_LINES,
    )
    lines: list[list[_Part]] = []
    if indented:
        lines.append([(text.ports + gap, True, ""), (words[0], False, "")])
        lines += [[(line, False, "")] for line in words[1:]]
    else:
        lines += [[(line, True, "")] for line in wrapped(text.ports, TEXT, room, bold=True)]
        lines += [[(line, False, "")] for line in words]
    if risk:
        lines[-1].append((risk, True, RISK))
    return lines


def _row_text(x: float, y: float, line: Sequence[_Part]) -> ET.Element:
    whole = sum(width(part, TEXT, bold=bold) for part, bold, _ in line)
    element = ET.Element("text", {"x": _n(x), "y": _n(y), **_length(whole)})
    for part, bold, name in line:
        classes = " ".join(filter(None, ("bold" if bold else "", name)))
        span = ET.SubElement(element, "tspan", {"class": classes} if classes else {})
        span.text = _legal(part).replace("  ", "\N{NO-BREAK SPACE} ")
    return element


def _marks(
    row: PictureRow, sources: Sequence[float], targets: Sequence[float], y: float, used: set[str]
) -> Iterator[ET.Element]:
    """What stands on the line of a row, at each of its columns."""
    every = sorted({*sources, *targets})
    if row.both_ways and not row.among and len(sources) == len(targets) == 1 != len(every) - 1:
        used.add("ring")
        yield _circle("ring", every[0], y, 4.5)
        return
    if row.both_ways and (row.among or len(every) > 2):  # noqa: PLR2004
        for x in every:
            ring = x in sources
            used.add("ring" if ring else "diamond")
            yield _circle("ring", x, y, 4.5) if ring else _diamond(x, y)
        return
    if row.both_ways:
        used.add("both")
        yield _arrow(every[0], y, right=False)
        yield _arrow(every[-1], y, right=True)
        return
    used.add("one way")
    for x in sources:
        yield _circle("head", x, y, 3.5)
    for x in targets:
        if any(source < x for source in sources):
            yield _arrow(x, y, right=True)
        if any(source > x for source in sources):
            yield _arrow(x, y, right=False)


# ---- the legend ----


def _footer(
    picture: Picture, used: set[str], y: float, wide: float
) -> tuple[list[ET.Element], float]:
    found: list[ET.Element] = []
    x = float(MARGIN)
    for shape, text, classes in _legend(used):
        needed = 26 + width(text, SMALL) + 18
        if x > MARGIN and x + needed - 18 > wide - MARGIN:
            x, y = float(MARGIN), y + 18
        group = ET.Element("g", {"class": classes} if classes else {})
        group.append(_moved(shape, x, y - 4))
        group.append(_text(x + 26, y, text, SMALL, "small soft"))
        found.append(group)
        x += needed
    lines = ["Traffic that is in no row is blocked, in both directions."]
    if picture.view:
        lines = ["Other traffic is not shown."]
    lines += texts.not_drawn(picture)
    for text in lines:
        for line in wrapped(text, SMALL, wide - 2 * MARGIN):
            y += 16
            found.append(_text(MARGIN, y, line, SMALL, "small soft"))
    return found, y


def _legend(used: set[str]) -> Iterator[tuple[list[ET.Element], str, str]]:
    """Only the marks that the picture uses."""
    one_way = [_line("way", 2, 0, 18, 0), _circle("head", 2, 0, 3.5), _arrow(20, 0, right=True)]
    both = [_line("way", 2, 0, 18, 0), _arrow(0, 0, right=False), _arrow(20, 0, right=True)]
    plain = [_line("way", 0, 0, 20, 0)]
    for key, shape, text, classes in (
        ("one way", one_way, "the endpoint with the dot opens the connection", ""),
        ("both", both, "both endpoints open connections", ""),
        ("ring", [_circle("ring", 10, 0, 4.5)], "connects to every endpoint in the row", ""),
        ("diamond", [_diamond(10, 0)], "connects to \N{WHITE CIRCLE} endpoints only", ""),
        (Status.ALLOWED, plain, "+ newly allowed; added server", Status.ALLOWED.value),
        (
            Status.BLOCKED,
            plain,
            "\N{MINUS SIGN} newly blocked; removed server",
            Status.BLOCKED.value,
        ),
        (RISK, plain, "a risk that an operator accepted", RISK),
        ("managed", [_rect("box", 2, -6, 16, 11, 2)], "servers that this stack protects", ""),
        ("unmanaged", [_rect("box unmanaged", 2, -6, 16, 11, 2)], "no rules in this stack", ""),
    ):
        if key in used:
            yield shape, text, classes


def _moved(shape: Iterable[ET.Element], x: float, y: float) -> ET.Element:
    group = ET.Element("g", {"transform": f"translate({_n(x)} {_n(y)})"})
    group.extend(shape)
    return group


def _tooltip(row: PictureRow) -> str:
    """All that is known of a row, for readers who point at it."""
    return "\n".join((texts.port_text(row.ports), *map(texts.cited, row.reasons)))


# ---- elements ----


def _legal(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _length(wide: float) -> dict[str, str]:
    return {"textLength": _n(wide), "lengthAdjust": "spacingAndGlyphs"}


def _text(x: float, y: float, text: str, size: float, classes: str) -> ET.Element:
    legal = _legal(text)
    bold = "bold" in classes or "title" in classes
    wide = width(legal, size, bold=bold)
    element = ET.Element("text", {"class": classes, "x": _n(x), "y": _n(y), **_length(wide)})
    element.text = legal
    return element


def _line(classes: str, x1: float, y1: float, x2: float, y2: float) -> ET.Element:
    ends: Iterable[tuple[str, float]] = (("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2))
    return ET.Element("line", {"class": classes, **{name: _n(value) for name, value in ends}})


def _rect(classes: str, x: float, y: float, wide: float, tall: float, round_: float) -> ET.Element:
    sizes = {"x": x, "y": y, "width": wide, "height": tall, "rx": round_}
    return ET.Element("rect", {"class": classes, **{k: _n(v) for k, v in sizes.items()}})


def _circle(classes: str, x: float, y: float, r: float) -> ET.Element:
    return ET.Element("circle", {"class": classes, "cx": _n(x), "cy": _n(y), "r": _n(r)})


def _polygon(points: Iterable[tuple[float, float]]) -> ET.Element:
    text = " ".join(f"{_n(a)},{_n(b)}" for a, b in points)
    return ET.Element("polygon", {"class": "head", "points": text})


def _diamond(x: float, y: float) -> ET.Element:
    return _polygon(((x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5)))


def _arrow(x: float, y: float, *, right: bool) -> ET.Element:
    back = x - 9 if right else x + 9
    return _polygon(((x, y), (back, y - 4.5), (back, y + 4.5)))


# ---- the style sheet ----

#: What has a color of the palette: selector, property, name of the color.
_COLORED: Final = (
    ("text", "fill", "ink"),
    (".soft", "fill", "soft"),
    (".page, .label, .box", "fill", "page"),
    (".page, .rule, .zone", "stroke", "rule"),
    (".box, .column", "stroke", "edge"),
    (".way, .ring", "stroke", "line"),
    (".head", "fill", "line"),
    (".ring", "fill", "page"),
    *((f".{kind}", "fill", kind) for kind in ZoneKind),
    *(
        rule
        for name in (RISK, Status.ALLOWED, Status.BLOCKED)
        for rule in (
            (f".{name} .way, .{name} .ring", "stroke", name),
            (f".{name} .head", "fill", name),
        )
    ),
    *((f".{name} text, tspan.{name}", "fill", name) for name in (Status.ALLOWED, Status.BLOCKED)),
    (f"tspan.{RISK}", "fill", RISK),
)


def style() -> str:
    """The style sheet: shapes first, then colors, then those for dark pages."""
    return "\n".join(
        (
            "",
            f"text {{ font-family: {FAMILY}; font-size: {_n(TEXT)}px; }}",
            ".middle { text-anchor: middle; }",
            f".small {{ font-size: {_n(SMALL)}px; }}",
            f".title {{ font-size: {_n(TITLE)}px; }}",
            ".bold, .title { font-weight: bold; }",
            ".column { stroke-dasharray: 2 4; }",
            ".unmanaged { stroke-dasharray: 4 3; }",
            ".way { stroke-width: 1.6; fill: none; }",
            ".ring { stroke-width: 1.6; }",
            f".{Status.ALLOWED} .way {{ stroke-width: 2.4; }}",
            f".{Status.BLOCKED} .way {{ stroke-width: 2; stroke-dasharray: 7 4; }}",
            ".label { opacity: 0.88; }",
            *_rules(LIGHT),
            "@media (prefers-color-scheme: dark) {",
            *(f"  {rule}" for rule in _rules(DARK)),
            "}",
            "",
        )
    )


def _rules(palette: Mapping[str, str]) -> Iterator[str]:
    for selector, what, name in _COLORED:
        yield f"{selector} {{ {what}: {palette[name]}; }}"
