"""A scene as a Mermaid flowchart, for pages that draw these themselves.

A row between two lanes is one arrow; one of more is a knot with an arrow for each. What people wrote
is in quotes, and every sign that Mermaid or HTML could take for its own is written as its number.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from exchange_ports.reports.diagram.columns import Strip, columns, note, tag, title
from exchange_ports.reports.diagram.layout import PicturePlace, Stand
from exchange_ports.reports.diagram.picture import Picture, PictureRow

#: Everything but these is written as its number.
_SIGNS: Final = re.compile(r"[^A-Za-z0-9 .,:/()+_-]")
_STYLES: Final = {
    Stand.NEW: "stroke:#11632a,stroke-width:3px",
    Stand.CUT: "stroke:#a90f1b,stroke-dasharray:6 4",
}
_RISK: Final = "stroke:#8a3a00"


def mermaid(scene: Picture, name: str) -> str:
    """The flowchart of a scene; `name` says of what."""
    return "\n".join(_lines(scene, name)) + "\n"


def _lines(scene: Picture, name: str) -> Iterator[str]:
    yield f"%% {_quoted(title(scene, name))}"
    yield "flowchart LR"
    ids: dict[PicturePlace, str] = {}
    strips: dict[str, Strip] = {}
    for at, column in enumerate(columns(scene)):
        below = f"<br>{_quoted(column.below)}" if column.below else ""
        yield f'  subgraph z{at}["{_quoted(column.title)}{below}"]'
        for strip in column.strips:
            key = f"n{len(strips)}"
            strips[key] = strip
            ids |= dict.fromkeys(strip.places, key)
            names = f"<br>{_quoted(strip.names)}" if strip.names else ""
            opens, closes = ("[", "]") if strip.ours else ("([", "])")
            yield f'    {key}{opens}"{_quoted(strip.title)}{names}"{closes}'
        yield "  end"
    arrow = 0
    styles: list[str] = []
    for at, row in enumerate(scene.rows):
        sources, targets = (_ids(ends, ids) for ends in (row.source, row.destination))
        words = f"{_quoted(tag(row))}<br>{_quoted(_note(row, scene, ids, strips))}"
        tip = "<-->" if row.both_ways else "-->"
        if len(sources) == len(targets) == 1:
            yield f'  {sources[0]} {tip}|"{words}"| {targets[0]}'
            several = 1
        else:
            yield f'  r{at}{{{{"{words}"}}}}'
            if sources == targets:
                yield f"  {' & '.join(sources)} {tip} r{at}"
                several = len(sources)
            else:
                yield f"  {' & '.join(sources)} {'<-->' if row.both_ways else '---'} r{at}"
                yield f"  r{at} {tip} {' & '.join(targets)}"
                several = len(sources) + len(targets)
        style = _STYLES.get(row.stand, _RISK if row.is_risky else "")
        if style:
            numbers = ",".join(map(str, range(arrow, arrow + several)))
            styles.append(f"  linkStyle {numbers} {style}")
        arrow += several
    yield from styles


def _ids(ends: Iterable[PicturePlace], ids: dict[PicturePlace, str]) -> list[str]:
    return sorted({ids[end] for end in ends}, key=lambda key: int(key[1:]))


def _note(
    row: PictureRow, scene: Picture, ids: dict[PicturePlace, str], strips: dict[str, Strip]
) -> str:
    found = [
        (
            strips[key],
            [end for end in row.source if ids[end] == key],
            [end for end in row.destination if ids[end] == key],
        )
        for key in _ids((*row.source, *row.destination), ids)
    ]
    return note(row, scene.land, found)


def _quoted(text: str) -> str:
    return _SIGNS.sub(lambda sign: f"#{ord(sign.group())};", text)
