"""How wide text can become, without asking a font.

Nobody knows which font a reader has. The widths are those of DejaVu Sans, the widest that systems
fall back to, so what fits by them fits with Segoe UI, Helvetica, Arial and Liberation Sans as well.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

__all__ = ["fitting", "width", "wrapped"]

#: Advance widths in em of letters that are narrower or wider than their kind (DejaVu Sans 2.37).
_EM: Final = {
    **dict.fromkeys("ijl'", 0.30),
    **dict.fromkeys(" .,/\\:;|-", 0.38),
    **dict.fromkeys("ftrI!()[]", 0.42),
    **dict.fromkeys("mM", 0.98),
    **dict.fromkeys("W@%", 1.02),
    **dict.fromkeys("w+<>=~#", 0.85),
}
_SMALL: Final = 0.65
_CAPITAL: Final = 0.79
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
        return _CAPITAL if letter.isupper() or not letter.isalnum() else _SMALL
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
