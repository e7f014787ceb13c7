"""The changes of one stack as a small Mermaid flowchart: an arrow for each row, which forges draw themselves.

Must not know: the flows that stay as they are; `diagram` draws a whole stack.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from exchange_ports.differences import Effect
from exchange_ports.reports import headline
from exchange_ports.reports.diagram.colors import LIGHT, RISK
from exchange_ports.reports.diagram.endpoints import Status
from exchange_ports.reports.diagram.mermaid import quoted

#: More arrows than this are counted: a picture with more of them shows nothing.
_MOST: Final = 16
#: Letters of a name in the picture.
_LONGEST: Final = 60
_STYLES: Final = {
    Effect.OPENED: f"stroke:{LIGHT[Status.ALLOWED]},stroke-width:3px",
    Effect.CUT: f"stroke:{LIGHT[Status.BLOCKED]},stroke-dasharray:6 4",
}
_RISK: Final = f"stroke:{LIGHT[RISK]},stroke-width:3px"
_ARROWS: Final = {"→": "-->", "↔": "<-->"}


def picture_lines(several: Sequence[headline.HeadlineRow]) -> str:
    """The flowchart; empty where no traffic changes."""
    changed = [row for row in several if row.change.effect is not Effect.REASON]
    return "".join(f"{line}\n" for line in _lines(changed)) if changed else ""


def _lines(changed: Sequence[headline.HeadlineRow]) -> Iterator[str]:
    yield "flowchart LR"
    names: dict[str, str] = {}
    for number, row in enumerate(islice(changed, _MOST)):
        ends: list[str] = []
        for end in row.ends:
            text = headline.who(end)
            known = text in names
            key = names.setdefault(text, f"n{len(names)}")
            shape = ("[", "]") if end.servers else ("([", "])")
            ends.append(key if known else f'{key}{shape[0]}"{_label(text)}"{shape[1]}')
        word = "blocked: " if row.change.effect is Effect.CUT else ""
        text = f"{word}{headline.ports(row.change.services)}"
        yield f'  {ends[0]} {_ARROWS[row.arrow]}|"{_label(text)}"| {ends[1]}'
        risky = row.change.accepted_risk and row.change.effect is Effect.OPENED
        yield f"  linkStyle {number} {_RISK if risky else _STYLES[row.change.effect]}"
    if len(changed) > _MOST:
        yield f'  more["and {len(changed) - _MOST} more rows"]'


def _label(text: str) -> str:
    return quoted(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ...")
