"""What a plain (unquoted) YAML scalar means, and whether all readers agree on it.

Knows: how Pulumi reads plain scalars (Go yaml.v3 1.0: read, written and read again, then passed
on as JSON), and where YAML 1.1 (PyYAML) and YAML 1.2 readers differ from it (pulumi.md 2).
Must not know: where a scalar stands, or what it is for.
"""

import re
from enum import Enum, auto
from math import isfinite
from typing import Final

__all__ = ["BIGGEST_INT", "Doubt", "Scalar", "doubt", "meaning"]

Scalar = str | int | float | bool | None

#: The biggest whole number that survives JSON readers that keep every number as a double.
BIGGEST_INT: Final = 2**53

#: More digits than any number that a reader keeps; Python refuses to convert texts far longer.
_LONGEST_NUMBER: Final = 400

#: JSON written by Go shows a whole float below this size without a point, so as an int.
_POINTLESS: Final = 1e21


class Doubt(Enum):
    """Why readers disagree on a plain scalar."""

    TRUTH = auto()
    NUMBER = auto()
    TIME = auto()
    SYMBOL = auto()
    TOO_BIG = auto()


#: These three words in these three spellings are the same to YAML 1.1, YAML 1.2 and Go; `tRUE` is
#: text to all of them.
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
#: True or false to YAML 1.1, text to Go and YAML 1.2.
_OLD_TRUTHS: Final = frozenset({"yes", "no", "on", "off", "y", "n"})
_SYMBOLS: Final = frozenset({"=", "<<"})

#: Whatever begins otherwise is no number and no time to any reader.
_NUMBERS_BEGIN: Final = frozenset("0123456789+-.")
_INT: Final = re.compile(r"0|-?[1-9][0-9]*")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASED: Final = re.compile(
    # Go parses the digits after the prefix with a sign of their own: 0b-1 is -1.
    r"([-+]?)0(?:[xX]([0-9a-fA-F]+)|((?:[oO][-+]?)?[0-7]+)|[bB]([-+]?[01]+))"
)
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|nan)", re.IGNORECASE)
_DATE: Final = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:.*)?", re.DOTALL
)
#: 12:30 is 750 to YAML 1.1, and so is an IPv6 address all of whose groups are decimal.
_BASE_60: Final = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")


def _digits(text: str) -> str:
    # Go drops every underscore before it looks for a number, wherever it stands.
    return text.replace("_", "")


def doubt(text: str) -> Doubt | None:
    """Why readers disagree on `text`, or None where all of them make the same of it.

    >>> doubt("25"), doubt("10.20.0.11"), doubt("010")
    (None, None, <Doubt.NUMBER: 2>)
    """
    if text in _WORDS:
        return None
    if text.lower() in _OLD_TRUTHS:
        return Doubt.TRUTH
    if text in _SYMBOLS:
        return Doubt.SYMBOL
    if text[0] not in _NUMBERS_BEGIN:
        return None
    if _DATE.fullmatch(text) or _BASE_60.fullmatch(text):
        return Doubt.TIME
    return _doubt_as_number(text)


def _doubt_as_number(text: str) -> Doubt | None:
    if _INT.fullmatch(text):
        fits = len(text) <= len(str(-BIGGEST_INT)) and abs(int(text)) <= BIGGEST_INT
        return None if fits else Doubt.TOO_BIG
    digits = _digits(text)
    if _FLOAT.fullmatch(digits):
        # A whole float reaches the program as an int, and 10.20 as 10.2: only the one spelling
        # that writing and reading again keeps is the same to everybody.
        number = float(digits)
        same = repr(number) == text and not number.is_integer() and "e" not in text
        return None if same else Doubt.NUMBER
    if _BASED.fullmatch(digits) or _NOT_FINITE.fullmatch(digits):
        return Doubt.NUMBER
    return None


def meaning(text: str) -> Scalar:
    """What Pulumi makes of `text`, for certain where there is no doubt.

    Where there is one this is good enough to run a program offline and to name in a finding: dates
    with a time are left as text, and so is what is no number that JSON can hold.

    >>> meaning("010"), meaning("1e3"), meaning("on"), meaning("2026-11-23")
    (8, 1000, 'on', '2026-11-23 00:00:00 +0000 UTC')
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBERS_BEGIN:
        return text
    if date := _DATE.fullmatch(text):
        year, month, day = date.groups()
        has_time = date.end(3) < len(text)
        return text if has_time else f"{year}-{month:0>2}-{day:0>2} 00:00:00 +0000 UTC"
    digits = _digits(text)
    return _number(digits, text) if len(digits) <= _LONGEST_NUMBER else text


def _number(digits: str, text: str) -> Scalar:
    if _INT.fullmatch(digits):
        return _whole(int(digits))
    if based := _BASED.fullmatch(digits):
        sign, sixteen, eight, two = based.groups()
        for found, base in ((sixteen, 16), (eight, 8), (two, 2)):
            if found:
                return _whole(int(found.lstrip("oO"), base) * (-1 if sign == "-" else 1))
    if _FLOAT.fullmatch(digits):
        number = float(digits)
        if not isfinite(number):
            return text
        return int(number) if number.is_integer() and abs(number) < _POINTLESS else number
    return text


def _whole(number: int) -> int | float:
    # Go keeps what fits into 64 bits, the rest becomes a float.
    return number if -(2**63) <= number < 2**64 else float(number)
