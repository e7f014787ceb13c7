"""A picture as a Mermaid flowchart, for pages that draw these themselves.

A row between two columns is one arrow; one between more is a node with an arrow for each. Free text is in
quotes, and every sign that Mermaid or HTML could interpret is written as its number.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from exchange_ports.reports.diagram.colors import LIGHT, RISK
from exchange_ports.reports.diagram.endpoints import DrawnEndpoint, Status
from exchange_ports.reports.diagram.picture import Picture, PictureSection
from exchange_ports.reports.diagram.rows import PictureRow
from exchange_ports.reports.diagram.texts import Heading, row_text, subtitle, title
from exchange_ports.reports.diagram.zones import Column, zones

#: Every other sign is written as its number.
_SIGNS: Final = re.compile(r"[^A-Za-z0-9 .,:/()+_-]")
_STYLES: Final = {
    Status.ALLOWED: f"stroke:{LIGHT[Status.ALLOWED]},stroke-width:3px",
    Status.BLOCKED: f"stroke:{LIGHT[Status.BLOCKED]},stroke-dasharray:6 4",
}
_RISK: Final = f"stroke:{LIGHT[RISK]}"


def mermaid(picture: Picture, heading: Heading) -> str:
    """The flowchart of a picture: a subgraph for each section, with one for each zone inside."""
    return "\n".join(_Flowchart(picture).lines(heading)) + "\n"


class _Flowchart:
    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._nodes = self._arrows = self._zones = self._rows = 0
        self._styles: list[str] = []

    def lines(self, heading: Heading) -> Iterator[str]:
        yield f"%% {quoted(title(self._picture, heading))}"
        yield f"%% {quoted(subtitle(self._picture))}"
        yield "flowchart LR"
        for number, section in enumerate(self._picture.sections):
            yield f'  subgraph s{number}["{quoted(section.title)}"]'
            yield from self._section(section)
            yield "  end"
        yield from self._styles

    def _section(self, section: PictureSection) -> Iterator[str]:
        ids: dict[DrawnEndpoint, str] = {}
        columns: list[Column] = []
        for zone in zones(section):
            below = f"<br>{quoted(zone.below)}" if zone.below else ""
            yield f'  subgraph z{self._zones}["{quoted(zone.title)}{below}"]'
            self._zones += 1
            for column in zone.columns:
                key = f"n{self._nodes}"
                self._nodes += 1
                columns.append(column)
                ids |= dict.fromkeys(column.endpoints, key)
                names = f"<br>{quoted(column.names)}" if column.names else ""
                opens, closes = ("[", "]") if column.managed else ("([", "])")
                yield f'    {key}{opens}"{quoted(column.title)}{names}"{closes}'
            yield "  end"
        for row in section.rows:
            yield from self._row(section, row, columns, ids)

    def _row(
        self,
        section: PictureSection,
        row: PictureRow,
        columns: list[Column],
        ids: dict[DrawnEndpoint, str],
    ) -> Iterator[str]:
        sources, targets = (_ids(ends, ids) for ends in (row.source, row.destination))
        text = row_text(section, row, columns)
        behind = "; ".join(filter(None, (text.reasons, text.risk)))
        words = f"{quoted(text.ports)}<br>{quoted(behind)}"
        tip = "<-->" if row.both_ways else "-->"
        node = f"r{self._rows}"
        self._rows += 1
        if len(sources) == len(targets) == 1:
            yield f'  {sources[0]} {tip}|"{words}"| {targets[0]}'
            several = 1
        else:
            yield f'  {node}{{{{"{words}"}}}}'
            if sources == targets:
                yield f"  {' & '.join(sources)} {tip} {node}"
                several = len(sources)
            else:
                yield f"  {' & '.join(sources)} {'<-->' if row.both_ways else '---'} {node}"
                yield f"  {node} {tip} {' & '.join(targets)}"
                several = len(sources) + len(targets)
        style = _STYLES.get(row.status, _RISK if row.is_risky else "")
        if style:
            numbers = ",".join(map(str, range(self._arrows, self._arrows + several)))
            self._styles.append(f"  linkStyle {numbers} {style}")
        self._arrows += several


def _ids(ends: Iterable[DrawnEndpoint], ids: dict[DrawnEndpoint, str]) -> list[str]:
    return sorted({ids[end] for end in ends}, key=lambda key: int(key[1:]))


def quoted(text: str) -> str:
    """A text for a label, in which no sign is interpreted."""
    return _SIGNS.sub(lambda sign: f"#{ord(sign.group())};", text)
