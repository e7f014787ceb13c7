"""How wide a text is, and how it is broken into lines.

Widths are those of the font that pictures name first (`font_widths`). A picture states the width of each
text, so that a reader without that font sees the same layout.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from exchange_ports.reports.diagram.font_widths import BOLD, REGULAR, UNITS_PER_EM
from exchange_ports.reports.diagram.neighbors import ELLIPSIS

FAMILY: Final = 'Arial, "Liberation Sans", Helvetica, sans-serif'


def _by_letter(widths: Mapping[int, str]) -> dict[str, int]:
    return {letter: width for width, letters in widths.items() for letter in letters}


_REGULAR: Final = _by_letter(REGULAR)
_BOLD: Final = _by_letter(BOLD)


def _units(letter: str, known: Mapping[str, int]) -> int:
    if letter in known:
        return known[letter]
    # Another font has the letter: ideographs fill a square, most other letters three quarters of one.
    wide = unicodedata.east_asian_width(letter) in "WF"
    return UNITS_PER_EM if wide else UNITS_PER_EM * 3 // 4


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in pixels, in a font of `size` pixels."""
    known = _BOLD if bold else _REGULAR
    return sum(_units(letter, known) for letter in text) * size / UNITS_PER_EM


#: Addresses and ranges, which are never broken.
_ADDRESS: Final = re.compile(r"\(?[0-9a-fA-F]*[.:][0-9a-fA-F.:]*(?:/[0-9]{1,3})?[,;.)]*")
#: After these a long name may be broken.
_MARKS: Final = "-_./:"


def widest_word(text: str, size: float, *, bold: bool = False) -> float:
    """The width of the widest part of a text that is not broken: a word, or an address."""
    parts = (part for word in text.split() for part in _parts(word))
    return max((width(part, size, bold=bold) for part in parts), default=0.0)


def _parts(word: str) -> list[str]:
    """A word in the parts between which it may be broken."""
    if _ADDRESS.fullmatch(word):
        return [word]
    return re.findall(rf"[^{_MARKS}]*[{_MARKS}]+|[^{_MARKS}]+", word) or [word]


def wrapped(
    text: str, size: float, room: float, most: int | None = None, *, bold: bool = False
) -> tuple[str, ...]:
    """The text in lines that there is room for, at most `most`: the last one counts the missing words."""
    lines: list[list[str]] = []
    for word in text.split():
        for line_start in _fitted(lines, word, size, room, bold=bold):
            lines.append(line_start)
    if most is not None and len(lines) > most:
        lines = _cut(lines, size, room, most, bold=bold)
    return tuple(" ".join(line) for line in lines)


def _fitted(
    lines: Sequence[list[str]], word: str, size: float, room: float, *, bold: bool
) -> Iterator[list[str]]:
    """Add a word to the last line where it fits; otherwise new lines, of parts where it is too long."""
    if lines and width(" ".join((*lines[-1], word)), size, bold=bold) <= room:
        lines[-1].append(word)
        return
    line = ""
    for part in _pieces(word, size, room, bold=bold):
        if line and width(line + part, size, bold=bold) > room:
            yield [line]
            line = part
        else:
            line += part
    yield [line]


def _pieces(word: str, size: float, room: float, *, bold: bool) -> Iterable[str]:
    for part in _parts(word):
        rest = part
        while (
            width(rest, size, bold=bold) > room and len(rest) > 1 and not _ADDRESS.fullmatch(rest)
        ):
            kept = len(rest) - 1
            while kept > 1 and width(rest[:kept], size, bold=bold) > room:
                kept -= 1
            yield rest[:kept]
            rest = rest[kept:]
        yield rest


def _cut(
    lines: list[list[str]], size: float, room: float, most: int, *, bold: bool
) -> list[list[str]]:
    kept = [list(line) for line in lines[:most]]
    missing = sum(len(line) for line in lines[most:])
    while True:
        mark = f"{ELLIPSIS} +{missing} words"
        if not kept[-1] or width(" ".join((*kept[-1], mark)), size, bold=bold) <= room:
            kept[-1].append(mark)
            return kept
        kept[-1].pop()
        missing += 1
