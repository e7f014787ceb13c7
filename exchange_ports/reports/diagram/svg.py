"""A scene as an SVG picture: zones as columns, who stands in them as lanes, what passes as rows.

It is complete in itself: no script, nothing from elsewhere, text as text, a title and a description
for whoever cannot see it, and colors for light and for dark pages.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from exchange_ports.flows import Reason
from exchange_ports.reports.diagram import columns
from exchange_ports.reports.diagram.layout import PicturePlace, Stand
from exchange_ports.reports.diagram.picture import Picture, PictureRow

_TEXT: Final = 12.0
_SMALL: Final = 10.5
_LINE: Final = 14
_LANE: Final = 84
_BOX: Final = 76
_PAD: Final = 6
_GAP: Final = 8
_EDGE: Final = 14
_NOTES: Final = 350
#: A column of one lane is this wide at least, so that its title has room.
_NARROWEST: Final = 96
#: XML 1.0 has no way to write these.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Lane:
    strip: columns.Strip
    x: float
    kind: columns.ColumnKind


def svg(scene: Picture, name: str) -> str:
    """The picture of a scene; `name` says of what."""
    return _Picture(scene, name).drawn()


class _Picture:
    def __init__(self, scene: Picture, name: str) -> None:
        self._scene = scene
        self._name = name
        self._columns = columns.columns(scene)
        self._lanes: list[_Lane] = []
        self._lefts: list[tuple[float, float]] = []
        x = float(_EDGE)
        for column in self._columns:
            wide = max(_NARROWEST, len(column.strips) * _LANE + 2 * _PAD)
            first = x + (wide - len(column.strips) * _LANE) / 2 + _LANE / 2
            self._lefts.append((x, wide))
            self._lanes += [
                _Lane(strip, first + at * _LANE, column.kind)
                for at, strip in enumerate(column.strips)
            ]
            x += wide + _GAP
        self._notes = x + _GAP
        self._width = self._notes + _NOTES + _EDGE
        self._of = {place: lane for lane in self._lanes for place in lane.strip.places}

    def drawn(self) -> str:
        titles = [_head(c, wide) for c, (_, wide) in zip(self._columns, self._lefts, strict=True)]
        heads = [_in_box(lane.strip) for lane in self._lanes]
        top = 12.0
        boxes = top + 10 + max(len(each) for each in titles) * _LINE + 6
        tall = max(len(first) + len(second) for first, second in heads) * _LINE + 10
        y = boxes + tall + 12
        rows: list[ET.Element] = []
        part = None
        for row in self._scene.rows:
            if row.section is not part:
                part = row.section
                rows.append(_line("rule", _EDGE, y + 4, self._width - _EDGE, y + 4))
                rows.append(_text(self._notes, y + 20, part.value, "bold"))
                y += 26
            said = columns.note(row, self._scene.land, self._strips(row))
            lines = wrapped(said, _TEXT, _NOTES)[:4]
            tall_row = max(36, len(lines) * _LINE + 14)
            rows.append(self._row(row, y, tall_row, lines))
            y += tall_row
        bottom = y + 6
        root = self._root(bottom + 50)
        for column, (x, wide), said in zip(self._columns, self._lefts, titles, strict=True):
            root.append(_rect(f"zone {column.kind}", x, top, wide, bottom - top, 6))
            for at, (line, classes) in enumerate(said):
                middle = f"middle {classes}"
                root.append(_text(x + wide / 2, top + 18 + at * _LINE, line, middle))
        for lane, (first, second) in zip(self._lanes, heads, strict=True):
            root.append(_line("lane", lane.x, boxes + tall, lane.x, bottom - 4))
            root.append(self._box(lane, boxes, tall, first, second))
        root.extend(rows)
        root.extend(self._legend(bottom + 18))
        ET.indent(root, " ")
        return ET.tostring(root, encoding="unicode") + "\n"

    def _root(self, height: float) -> ET.Element:
        root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {_n(self._width)} {_n(height)}",
                "width": _n(self._width),
                "height": _n(height),
                "role": "img",
                "aria-labelledby": "title desc",
            },
        )
        ET.SubElement(root, "title", {"id": "title"}).text = _legal(
            columns.title(self._scene, self._name)
        )
        ET.SubElement(root, "desc", {"id": "desc"}).text = _legal(columns.spoken(self._scene))
        ET.SubElement(root, "style").text = style()
        root.append(_rect("page", 0.5, 0.5, self._width - 1, height - 1, 8))
        return root

    def _box(
        self, lane: _Lane, y: float, tall: float, first: Sequence[str], second: Sequence[str]
    ) -> ET.Element:
        group = ET.Element("g")
        every = ", ".join(lane.strip.every)
        ET.SubElement(group, "title").text = _legal(f"{lane.strip.title}: {every}".rstrip(": "))
        classes = "box" if lane.strip.ours else "box theirs"
        group.append(_rect(classes, lane.x - _BOX / 2, y, _BOX, tall, 4))
        for at, text in enumerate(first):
            group.append(_text(lane.x, y + 15 + at * _LINE, text, "middle"))
        for at, text in enumerate(second, start=len(first)):
            group.append(_text(lane.x, y + 14 + at * _LINE, text, "middle small soft"))
        return group

    def _strips(
        self, row: PictureRow
    ) -> list[tuple[columns.Strip, list[PicturePlace], list[PicturePlace]]]:
        """The lanes of a row with its sources and destinations in each."""
        found: dict[int, tuple[columns.Strip, list[PicturePlace], list[PicturePlace]]] = {}
        for side, ends in enumerate((row.source, row.destination)):
            for place in sorted(ends, key=lambda end: (self._of[end].x, end.servers)):
                strip = self._of[place].strip
                _, sources, targets = found.setdefault(id(strip), (strip, [], []))
                (targets if side else sources).append(place)
        return list(found.values())

    def _row(self, row: PictureRow, y: float, tall: float, lines: Sequence[str]) -> ET.Element:
        classes = [str(row.stand)] if row.stand is not Stand.KEPT else []
        classes += ["risk"] if row.is_risky and not classes else []
        group = ET.Element("g", {"class": " ".join(classes)} if classes else {})
        ET.SubElement(group, "title").text = _legal(_whole(row))
        sources = {self._of[place].x for place in row.source}
        targets = {self._of[place].x for place in row.destination}
        both = sources | targets if row.both_ways else sources & targets
        every = sorted(sources | targets)
        first, last = every[0], every[-1]
        at = y + 24
        if last > first:
            group.append(_line("way", first, at, last, at))
        for x in every:
            if row.both_ways and x not in sources:
                group.append(_diamond(x, at))
            elif x in both:
                group.append(ET.Element("circle", _circle("ring", x, at, 4.5)))
            elif x in sources:
                group.append(ET.Element("circle", _circle("head", x, at, 3.5)))
            else:
                right = min(sources, key=lambda one: abs(one - x)) < x
                group.append(_arrow(x, at, right=right))
        summary = columns.tag(row)
        room = max(last - first, _LANE * 2)
        label = fitting(summary, _TEXT, room)
        wide = width(label, _TEXT) + 6
        middle = (first + last) / 2
        # Near an edge it moves inwards: a lane may be the first or the last.
        middle = min(max(middle, _EDGE + wide / 2), self._notes - wide / 2)
        group.append(_rect("tag", middle - wide / 2, y + 5, wide, 14, 3))
        group.append(_text(middle, y + 16, label, "middle"))
        middle_of_lines = at + 4 - (len(lines) - 1) * _LINE / 2
        for number, text in enumerate(lines):
            group.append(_text(self._notes, middle_of_lines + number * _LINE, text, "note"))
        return group

    def _legend(self, y: float) -> Iterator[ET.Element]:
        x = float(_EDGE + 4)
        for shape, summary in (
            ([ET.Element("circle", _circle("head", x + 4, y - 4, 3.5))], "opens the connection"),
            (
                [_line("way", x - 4, y - 4, x + 6, y - 4), _arrow(x + 8, y - 4, right=True)],
                "takes it",
            ),
            (
                [ET.Element("circle", _circle("ring", x + 4, y - 4, 4.5))],
                "both, with all of its row",
            ),
            ([_diamond(x + 4, y - 4)], "both, with the rings of its row"),
            ([_rect("box theirs", x - 4, y - 10, 16, 11, 2)], "not ours: no rules there"),
        ):
            group = ET.Element("g", {"transform": f"translate({_n(x - _EDGE - 4)} 0)"})
            group.extend(shape)
            yield group
            yield _text(x + 18, y, summary, "small soft")
            x += width(summary, _SMALL) + 40
        for stand, summary in ((Stand.NEW, "+ new"), (Stand.CUT, "\N{MINUS SIGN} cut")):
            if self._scene.compared:
                yield _text(x, y, summary, f"small {stand}")
                x += width(summary, _SMALL) + 18
        yield _text(
            _EDGE, y + 18, "Everything that is not in a row is closed, both ways.", "small soft"
        )


def _head(column: columns.Column, wide: float) -> list[tuple[str, str]]:
    """The lines of a column's head, each with its classes."""
    lines = [(line, "bold") for line in wrapped(column.title, _TEXT * 1.12, wide - 6)[:3]]
    return lines + [(line, "small soft") for line in wrapped(column.below, _SMALL, wide - 6)[:3]]


def _in_box(strip: columns.Strip) -> tuple[list[str], list[str]]:
    first = [fitting(line, _TEXT, _BOX - 4) for line in wrapped(strip.title, _TEXT, _BOX - 4)[:3]]
    second = wrapped(strip.names, _SMALL, _BOX - 4)[:3]
    return first, list(second)


def _whole(row: PictureRow) -> str:
    """All that a row says, for whoever points at it."""
    ports = ", ".join(map(str, row.ports))
    return "\n".join((ports, *(_cited(reason) for reason in row.reasons)))


def _cited(reason: Reason) -> str:
    words = [f"{reason.summary} ({reason.source})"]
    words += ["accepted risk"] if reason.accepted_risk else []
    words += [
        f"{name} {value}"
        for name, value in (
            ("owner", reason.owner),
            ("ticket", reason.ticket),
            ("review by", reason.review_by),
        )
        if value
    ]
    return ", ".join(words)


def _legal(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _text(x: float, y: float, summary: str, classes: str) -> ET.Element:
    element = ET.Element("text", {"class": classes, "x": _n(x), "y": _n(y)})
    element.text = _legal(summary)
    return element


def _line(classes: str, x1: float, y1: float, x2: float, y2: float) -> ET.Element:
    ends: Iterable[tuple[str, float]] = (("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2))
    return ET.Element("line", {"class": classes, **{name: _n(value) for name, value in ends}})


def _rect(classes: str, x: float, y: float, wide: float, tall: float, round_: float) -> ET.Element:
    sizes = {"x": x, "y": y, "width": wide, "height": tall, "rx": round_}
    return ET.Element("rect", {"class": classes, **{k: _n(v) for k, v in sizes.items()}})


def _circle(classes: str, x: float, y: float, r: float) -> dict[str, str]:
    return {"class": classes, "cx": _n(x), "cy": _n(y), "r": _n(r)}


def _diamond(x: float, y: float) -> ET.Element:
    corners = ((x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5))
    points = " ".join(f"{_n(a)},{_n(b)}" for a, b in corners)
    return ET.Element("polygon", {"class": "head", "points": points})


def _arrow(x: float, y: float, *, right: bool) -> ET.Element:
    back = x - 9 if right else x + 9
    points = f"{_n(x)},{_n(y)} {_n(back)},{_n(y - 4.5)} {_n(back)},{_n(y + 4.5)}"
    return ET.Element("polygon", {"class": "head", "points": points})


# ---- colors for light and for dark pages; a test measures their contrast ----

LIGHT: Final[Mapping[str, str]] = {
    "page": "#ffffff",
    "ink": "#1f2328",
    "soft": "#4d5661",
    "line": "#424a53",
    "edge": "#6e7781",
    "rule": "#d0d7de",
    columns.ColumnKind.INTERNET: "#fdeaea",
    columns.ColumnKind.PERIMETER: "#fff6cc",
    columns.ColumnKind.INTERNAL: "#e0f1fc",
    columns.ColumnKind.NEIGHBORS: "#eef0f2",
    Stand.NEW: "#11632a",
    Stand.CUT: "#a90f1b",
    "risk": "#8a3a00",
}
DARK: Final[Mapping[str, str]] = {
    "page": "#0d1117",
    "ink": "#e6edf3",
    "soft": "#b3bcc6",
    "line": "#b3bcc6",
    "edge": "#8b949e",
    "rule": "#30363d",
    columns.ColumnKind.INTERNET: "#3a1d20",
    columns.ColumnKind.PERIMETER: "#38300f",
    columns.ColumnKind.INTERNAL: "#10283a",
    columns.ColumnKind.NEIGHBORS: "#21262d",
    Stand.NEW: "#56d364",
    Stand.CUT: "#ff9a94",
    "risk": "#ffb27a",
}

_FONT: Final = '"Segoe UI", "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif'
#: What has a color of the page, as it is written for light and for dark.
_COLOURED: Final = (
    ("text", "fill", "ink"),
    (".soft", "fill", "soft"),
    (".page, .tag, .box", "fill", "page"),
    (".page, .rule, .zone", "stroke", "rule"),
    (".box, .lane", "stroke", "edge"),
    (".way, .ring", "stroke", "line"),
    (".head", "fill", "line"),
    (".ring", "fill", "page"),
    *((f".{kind}", "fill", kind) for kind in columns.ColumnKind),
    *(
        rule
        for name in ("risk", Stand.NEW, Stand.CUT)
        for rule in (
            (f".{name} .way, .{name} .ring", "stroke", name),
            (f".{name} .head, .{name} text, text.{name}", "fill", name),
        )
    ),
)


def style() -> str:
    """The style sheet: shapes first, then colors, then those for dark pages."""
    return "\n".join(
        (
            "",
            f"text {{ font-family: {_FONT}; font-size: 12px; }}",
            ".middle { text-anchor: middle; }",
            ".small { font-size: 10.5px; }",
            ".bold { font-weight: 600; }",
            ".lane { stroke-dasharray: 2 4; }",
            ".theirs { stroke-dasharray: 4 3; }",
            ".way { stroke-width: 1.6; fill: none; }",
            ".ring { stroke-width: 1.6; }",
            f".{Stand.NEW} .way {{ stroke-width: 2.4; }}",
            f".{Stand.CUT} .way {{ stroke-width: 2; stroke-dasharray: 7 4; }}",
            ".tag { opacity: 0.88; }",
            *_rules(LIGHT),
            "@media (prefers-color-scheme: dark) {",
            *(f"  {rule}" for rule in _rules(DARK)),
            "}",
            "",
        )
    )


def _rules(palette: Mapping[str, str]) -> Iterator[str]:
    for selector, what, name in _COLOURED:
        yield f"{selector} {{ {what}: {palette[name]}; }}"


# ---- how wide text can become, without asking a font ----
# The font of a reader is not known. The widths are those of DejaVu Sans, the widest that systems
# fall back to, so what fits by them fits with Segoe UI, Helvetica, Arial and Liberation Sans as well.

#: Advance widths in em of letters that are narrower or wider than their kind (DejaVu Sans 2.37).
_EM: Final = {
    **dict.fromkeys("ijl'", 0.30),
    **dict.fromkeys(" .,/\\:;|-", 0.38),
    **dict.fromkeys("ftrI!()[]", 0.42),
    **dict.fromkeys("mM", 0.98),
    **dict.fromkeys("W@%", 1.02),
    **dict.fromkeys("w+<>=~#", 0.85),
}
_LOWER: Final = 0.65
_UPPER: Final = 0.79
_FOREIGN: Final = 1.1
#: Emoji and ideographs fill a square, and some fonts more.
_WIDE: Final = 1.4
#: After these a long name may be broken.
_MARKS: Final = "-/._:"
#: How much wider bold is.
_BOLD: Final = 1.12


def _em(letter: str) -> float:
    if letter in _EM:
        return _EM[letter]
    if letter.isascii():
        return _UPPER if letter.isupper() or not letter.isalnum() else _LOWER
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" else _FOREIGN


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The most that a text takes in pixels, for a font of `size` pixels."""
    em = sum(map(_em, text))
    return em * size * (_BOLD if bold else 1)


def fitting(text: str, size: float, room: float) -> str:
    """As much of a text as there is room for; what was cut is marked by three dots."""
    if width(text, size) <= room:
        return text
    kept = text
    while kept and width(f"{kept}...", size) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}..."


def wrapped(text: str, size: float, room: float) -> tuple[str, ...]:
    """The text in lines that there is room for, broken between words where that is possible."""
    lines: list[str] = []
    line = ""
    for word in _pieces(text.split(), size, room):
        longer = f"{line} {word}" if line else word
        if line and width(longer, size) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    return (*lines, line) if line else tuple(lines)


def _pieces(words: Iterable[str], size: float, room: float) -> Iterable[str]:
    """The words, those without room on a line of their own in pieces."""
    for word in words:
        rest = word
        while width(rest, size) > room and len(rest) > 1:
            kept = len(rest) - 1
            while kept > 1 and width(rest[:kept], size) > room:
                kept -= 1
            # After a mark inside a name, where one has room.
            marks = [at for at in range(kept // 3, kept) if rest[at] in _MARKS]
            kept = marks[-1] + 1 if marks else kept
            yield rest[:kept]
            rest = rest[kept:]
        yield rest
