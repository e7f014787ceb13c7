"""Nodes as plain data: ours as every YAML reader would have them, others as Pulumi has them.

Knows: what readers disagree on, and what is more than data (pulumi.md 2, ecosystem.md 3).
Must not know: which settings there are, or what they declare.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from math import isfinite
from typing import Final

from exchange_ports.findings import Finding, Kind, Path, Place
from exchange_ports.findings import file_kinds as kinds
from exchange_ports.stackfile.nodes import Fields, Node, YamlEntry, YamlList, YamlText

# ---- what a plain (unquoted) YAML scalar means, and whether all readers agree on it ----


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


_SECURE: Final = "secure"
_MERGE: Final = "<<"

_LINE_BREAKS: Final = frozenset("\n\r\x85\u2028\u2029")
_DOUBTS: Final[Mapping[Doubt, Kind]] = {
    Doubt.TRUTH: kinds.UNQUOTED_BOOLEAN,
    Doubt.NUMBER: kinds.UNQUOTED_NUMBER,
    Doubt.TIME: kinds.UNQUOTED_TIME,
    Doubt.SYMBOL: kinds.UNQUOTED_SYMBOL,
    Doubt.TOO_BIG: kinds.NUMBER_TOO_BIG,
}


class Walk:
    """Goes through a tree and collects every fault."""

    def __init__(self, file: str) -> None:
        """Start with no faults; `file` is named in each."""
        self.file = file
        self.findings: list[Finding] = []
        #: A value that aliases repeat is at fault once, not at each use.
        self._told: set[tuple[str, int]] = set()

    def add(self, kind: Kind, path: Path, line: int, **facts: object) -> None:
        """Collect a fault."""
        self.findings.append(kind.at(path, **facts).located(lambda _: Place(self.file, line)))

    def add_once(self, node: Node, kind: Kind, path: Path, line: int, **facts: object) -> None:
        """Collect a fault of a node that may be met again."""
        if (kind.code, id(node)) not in self._told:
            self._told.add((kind.code, id(node)))
            self.add(kind, path, line, **facts)

    # Ours: only what every reader reads alike.

    def value(self, node: Node, path: Path) -> object:
        """The plain data of one of our values."""
        self.tags(node, path)
        if isinstance(node, YamlText):
            return self.scalar(node, path)
        if isinstance(node, YamlList):
            return [self.value(item, (*path, at)) for at, (_, item) in enumerate(node.items)]
        entries = self.named(node, path)
        if any(name == _SECURE for name, _ in entries):
            # Nothing under it is looked at any further: it must not be shown in any finding.
            self.add_once(node, kinds.SECRET_IN_SETTING, path, node.line)
            return None
        return {name: self.value(entry.value, (*path, name)) for name, entry in entries}

    def tags(self, node: Node, path: Path) -> None:
        """Refuse a tag of any kind."""
        if node.tag is not None:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self.add_once(node, kinds.TAGGED_VALUE, path, node.line, tag=tag)

    def scalar(self, node: YamlText, path: Path) -> Scalar:
        """The value of one of our scalars."""
        self.blanks(node, path)
        if not node.plain or node.tag is not None:
            return node.text
        if node.before_hash and self.is_sentence(path):
            self.add_once(node, kinds.COMMENT_IN_TEXT, path, node.line)
        value = meaning(node.text)
        if (why := doubt(node.text)) is not None:
            # Where an alias repeats it, too, the line is that of the text to be quoted.
            remedy = _remedy(node.text, is_sentence=self.is_sentence(path))
            facts = {"text": node.text, "pulumi": _made(value), "remedy": remedy}
            self.add_once(node, _DOUBTS[why], path, node.line, **facts)
        return value

    def is_sentence(self, path: Path) -> bool:
        """Whether a person writes what they like there, so that a `#` may belong to the text."""
        return False

    def blanks(self, node: YamlText, path: Path) -> None:
        """Refuse a text that Pulumi cannot write and read once more, as it does with every file."""
        if node.text[:1].isspace() and not _LINE_BREAKS.isdisjoint(node.text):
            self.add_once(node, kinds.LEADING_WHITESPACE, path, node.line)

    def named(self, node: Fields, path: Path) -> list[tuple[str, YamlEntry]]:
        """The entries of a mapping by name; a key that is no name to every reader is a fault."""
        self.duplicates(node, path)
        entries: dict[str, YamlEntry] = {}
        for entry in node.entries:
            key = entry.key
            if not isinstance(key, YamlText):
                self.no_name(node, path, entry)
                continue
            if key.text == _MERGE:
                # Pulumi writes and reads the file once more, without the quotes: then it merges.
                self.add_once(key, kinds.MERGE_KEY, path, key.line)
                continue
            self.tags(key, (*path, key.text))
            self.blanks(key, (*path, key.text))
            if key.plain and key.tag is None and not _is_name(key.text):
                self.no_name(node, path, entry)
            # Kept, whatever was wrong with it: what stands under it may have faults of its own.
            entries.setdefault(key.text, entry)
        return list(entries.items())

    def no_name(self, node: Fields, path: Path, entry: YamlEntry) -> None:
        """Refuse a key of `node` that is no text to every reader."""
        key = entry.key
        shown, what, remedy = "here", "an alias", "Write the name."
        if isinstance(key, YamlText) and key.text:
            path = (*path, key.text)
            shown, remedy = f"`{key.text}`", f'Write "{key.text}" with quotes.'
            what = "not text for all YAML readers"
        elif key is not None:
            what = shape(key)
        facts = {"key": shown, "shape": what, "remedy": remedy}
        self.add_once(key or node, kinds.KEY_NOT_TEXT, path, entry.line, **facts)

    def duplicates(self, node: Fields, path: Path) -> None:
        """Pulumi compares keys as they are written, quoted or not."""
        first: dict[str, int] = {}
        for entry in node.entries:
            if isinstance(entry.key, YamlText):
                name = entry.key.text
                if name in first:
                    facts = {"key": name, "first": first[name], "second": entry.line}
                    self.add_once(
                        entry.key, kinds.DUPLICATE_KEY, (*path, name), entry.line, **facts
                    )
                first.setdefault(name, entry.line)

    # Not ours: only what makes Pulumi refuse the file.

    def free(self, node: Node, path: Path) -> None:
        """Check a value that is not ours."""
        if isinstance(node, Fields):
            self.duplicates(node, path)
            for entry in node.entries:
                if isinstance(entry.key, YamlList | Fields):
                    self.no_name(node, path, entry)
                name = entry.key.text if isinstance(entry.key, YamlText) else "?"
                if name != _SECURE:
                    self.free(entry.value, (*path, name))
        elif isinstance(node, YamlList):
            for index, (_, item) in enumerate(node.items):
                self.free(item, (*path, index))


def lenient(node: Node) -> object:
    """What Pulumi makes of a value that is not ours, without its secrets."""
    if isinstance(node, YamlText):
        return meaning(node.text) if node.plain and node.tag is None else node.text
    if isinstance(node, YamlList):
        return [lenient(item) for _, item in node.items]
    read = _lenient_fields(node)
    return None if _SECURE in read else read


def has_secret(node: Node) -> bool:
    """Whether there is an encrypted value in it, so that it must not be shown."""
    if isinstance(node, YamlText):
        return False
    if isinstance(node, YamlList):
        return any(has_secret(item) for _, item in node.items)
    keys = (entry.key for entry in node.entries)
    if any(isinstance(key, YamlText) and key.text == _SECURE for key in keys):
        return True
    return any(has_secret(entry.value) for entry in node.entries)


def digest(node: Node) -> str:
    """By what a value is known to be the same without being shown."""
    from hashlib import sha256  # what most files do without

    return sha256(repr(_written(node)).encode()).hexdigest()


def _written(node: Node | None) -> object:
    if isinstance(node, YamlText):
        return (node.text, node.plain, node.tag)
    if isinstance(node, YamlList):
        return (node.tag, [_written(item) for _, item in node.items])
    if node is None:
        return None
    return (node.tag, [(_written(entry.key), _written(entry.value)) for entry in node.entries])


def _lenient_fields(node: Fields) -> dict[str, object]:
    own: dict[str, object] = {}
    merged: dict[str, object] = {}
    for entry in node.entries:
        if not isinstance(entry.key, YamlText):
            continue
        if entry.key.text != _MERGE:
            own[_lenient_key(entry.key)] = lenient(entry.value)
            continue
        sources = entry.value.items if isinstance(entry.value, YamlList) else [(0, entry.value)]
        for _, source in sources:
            if isinstance(source, Fields):
                # The first of several sources wins, and the mapping itself over all of them.
                merged = {**_lenient_fields(source), **merged}
    return {**merged, **own}


def _lenient_key(key: YamlText) -> str:
    value = lenient(key)
    return "<nil>" if value is None else value if isinstance(value, str) else _as_text(value)


def _remedy(text: str, *, is_sentence: bool) -> str:
    """What to write for a word that some readers take for true or false."""
    quoted = f'"{text}" with quotes'
    if is_sentence:
        return f"Write {quoted}."
    # No field has such a word among its own: in quotes it is right as a name only.
    truth = "true" if text.casefold() in _TRUE else "false"
    return f"Write {truth}, or another value of this field. For a name, write {quoted}."


_TRUE: Final = ("on", "yes", "y")


def _made(value: Scalar) -> str:
    """What Pulumi makes of a doubtful number."""
    if isinstance(value, str):
        return "an error" if value.lower().endswith(("inf", "nan")) else "text"
    return _as_text(value)


def _as_text(value: object) -> str:
    """A scalar as Pulumi would write it in JSON or as a key."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_empty(node: Node) -> bool:
    """Whether a value is there only as null, or not at all."""
    return isinstance(node, YamlText) and node.plain and meaning(node.text) is None


def _is_name(text: str) -> bool:
    return doubt(text) is None and isinstance(meaning(text), str)


def shape(node: Node) -> str:
    """What a node is, in words, without showing it."""
    if isinstance(node, YamlList):
        return "a list"
    if isinstance(node, Fields):
        return "a mapping"
    return "empty" if is_empty(node) else "a single value"
