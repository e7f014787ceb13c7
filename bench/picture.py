"""The measured amounts as an SVG picture: bars on a logarithmic scale, one panel a section.

No scripts, no fonts of its own; text stays text. Colors are told twice, for light and for dark.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from math import ceil, floor, log10
from typing import Final

from bench.measure import Amount, Section, shown

__all__ = ["picture"]

_WIDTH: Final = 960
_LEFT: Final = 470
_RIGHT: Final = 90
_MARGIN: Final = 24
_ROW: Final = 24
_BAR: Final = 14
_TITLE: Final = 34
_AXIS: Final = 26
_TOP: Final = 66

_STYLE: Final = """
    svg { color-scheme: light dark; }
    .paper { fill: #ffffff; }
    text { font: 13px "Segoe UI", "Helvetica Neue", Helvetica, Arial, sans-serif; fill: #1f2328; }
    .head { font-size: 17px; font-weight: 600; }
    .title { font-size: 15px; font-weight: 600; }
    .what { text-anchor: end; }
    .tick { font-size: 11px; text-anchor: middle; fill: #59636e; }
    .grid { stroke: #d1d9e0; }
    .ours { fill: #0969da; }
    .theirs { fill: #818b98; }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0d1117; }
      text { fill: #f0f6fc; }
      .tick { fill: #9198a1; }
      .grid { stroke: #3d444d; }
      .ours { fill: #4493f8; }
      .theirs { fill: #9198a1; }
    }
"""


def picture(sections: Iterable[Section], machine: str) -> str:
    """The whole picture. Deterministic: the same amounts give the same text."""
    drawn = [section for section in sections if section.amounts]
    lines: list[str] = []
    at = _TOP
    for section in drawn:
        lines += _panel(section.title, section.amounts, at)
        at += _height(section.amounts)
    summary = "; ".join(_sentence(section) for section in drawn)
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {at}" width="{_WIDTH}"'
        f' height="{at}" role="img" aria-labelledby="title desc">',
        '  <title id="title">What make bench measured</title>',
        f'  <desc id="desc">Bars on logarithmic scales, measured on {escape(machine)}.'
        f" {escape(summary)}.</desc>",
        f"  <style>{_STYLE}  </style>",
        f'  <rect class="paper" width="{_WIDTH}" height="{at}"/>',
        f'  <text class="head" x="{_MARGIN}" y="30">What make bench measured</text>',
        *_legend(),
    ]
    return "\n".join([*head, *lines, "</svg>"]) + "\n"


def _legend() -> Iterator[str]:
    for at, (kind, summary) in enumerate((("ours", "ours"), ("theirs", "held against"))):
        x = _LEFT + at * 80
        yield f'  <rect class="{kind}" x="{x}" y="19" width="14" height="14" rx="2"/>'
        yield f'  <text x="{x + 20}" y="31">{summary}</text>'
    yield f'  <text class="tick" x="{_WIDTH - _RIGHT}" y="31">each scale is logarithmic</text>'


def _sentence(section: Section) -> str:
    reported = ", ".join(f"{each.what} {shown(each)}" for each in section.amounts)
    return f"{section.title}: {reported}"


def _height(amounts: Sequence[Amount]) -> int:
    return _TITLE + len(amounts) * _ROW + _AXIS


def _panel(title: str, amounts: Sequence[Amount], top: int) -> Iterator[str]:
    first, last = _decades(amounts)
    wide = _WIDTH - _LEFT - _RIGHT

    def x(value: float) -> float:
        return _LEFT + wide * (log10(value) - first) / (last - first)

    bottom = top + _TITLE + len(amounts) * _ROW
    yield f'  <text class="title" x="{_MARGIN}" y="{top + 20}">{escape(title)}</text>'
    for decade in range(first, last + 1):
        at = x(10.0**decade)
        yield (
            f'  <line class="grid" x1="{at:.1f}" y1="{top + _TITLE - 4}" x2="{at:.1f}"'
            f' y2="{bottom + 2}"/>'
        )
        tick = _tick(decade, amounts[0].unit)
        yield f'  <text class="tick" x="{at:.1f}" y="{bottom + 16}">{tick}</text>'
    for row, amount in enumerate(amounts):
        y = top + _TITLE + row * _ROW
        end = x(amount.value)
        kind = "ours" if amount.ours else "theirs"
        yield f'  <text class="what" x="{_LEFT - 10}" y="{y + 12}">{escape(amount.what)}</text>'
        yield (
            f'  <rect class="{kind}" x="{_LEFT}" y="{y}" width="{end - _LEFT:.1f}"'
            f' height="{_BAR}" rx="2"/>'
        )
        yield f'  <text x="{end + 6:.1f}" y="{y + 12}">{shown(amount)}</text>'


def _decades(amounts: Sequence[Amount]) -> tuple[int, int]:
    """The powers of ten below the smallest amount and above the largest."""
    first = floor(log10(min(each.value for each in amounts)))
    last = ceil(log10(max(each.value for each in amounts)))
    return first, max(last, first + 1)


def _tick(decade: int, unit: str) -> str:
    if unit == "s" and decade < 0:
        return f"{10.0 ** (decade + 3):g} ms"
    return f"{10.0**decade:g} {unit}"
