"""Words that no text for users contains, by the table of CONTRIBUTING.md's writing rules, and what to write.

Used on the texts of findings, on pages, on help and on the schema. Code, link targets and quotations
are removed first.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Word(NamedTuple):
    """A pattern of words that are not used, what to write instead, and phrases in which it is a term."""

    pattern: str
    instead: str
    allowed: tuple[str, ...] = ()


WORDS: Final = (
    Word(r"wears?|wearers?|worn|wore|wearing|dressed", "attach, member, attached to"),
    Word(r"lets?|letting|passes over", "allowed"),
    Word(r"cuts?( off)?|cutting", "blocked"),
    Word(r"(old|new|either|neither) side|which side", "the old version, the new version"),
    Word(
        r"meant|means",
        "required traffic, declared, the finding means",
        ("what the finding means", "did you mean"),
    ),
    Word(r"says?|said|told|speaks?", "summary, description"),
    Word(r"witness(es)?", "counterexample", ("witness server", "witness servers", "witness share")),
    Word(r"fabric", "internal servers"),
    Word(r"hangs? (on|beside)|rehang\w*", "associate with, attach to"),
    Word(r"judges?|judged", "independent checker"),
    Word(r"askers?|asked by|is asked|are asked", "declared by, declared at"),
    Word(r"stands?|stood|lane|shelf|scene|trouble", "is, location, column, transient state"),
    Word(r"mends?|mended|mending", "fix, correct"),
    Word(r"half-way|in passing", "mid-update, during the update"),
    Word(r"in vain|for nothing", "unused"),
    Word(r"nobody|somebody|whoever|anybody|everybody", "no rule, no server, the operator"),
    Word(r"goes|comes|came|went", "added, removed"),
    Word(r"everything", "all protocols"),
    Word(r"anywhere|everywhere|nowhere", "any"),
    Word(r"silently|without a word", "without a message", ("are not silently ignored",)),
    Word(r"take \S+ away|taken away", "remove"),
    Word(
        r"behaviours?|colours?|organis\w+|neighbours?|licence|recognis\w+|authoris\w+|centre",
        "American spelling",
    ),
)

_CODE: Final = re.compile(r"^```.*?^```$|``[^`]+``|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_NOT_OURS: Final = re.compile(r'(?<=\])\([^)\s]*\)|<[^>\n]+>|https?://\S+|"[^"]{1,400}"')


class Misuse(NamedTuple):
    """A word that is not used: its line, and what to write instead."""

    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        return f"{self.line}: {self.word!r}: write {self.instead}"


def misused_in_page(text: str, allowed: frozenset[str] = frozenset()) -> Iterator[Misuse]:
    """Words of a page that are not used, by line, but for phrases that are allowed there."""
    for at, line in enumerate(prose(text).splitlines(), start=1):
        for phrase in allowed:
            line = line.replace(phrase, "")  # noqa: PLW2901 - the same line with less in it
        for word, instead in _misused(line):
            yield Misuse(at, word, instead)


def prose(page: str) -> str:
    """A page without code, link targets and quotations; every line keeps its number."""

    def blank(found: re.Match[str]) -> str:
        return "code" + "\n" * found[0].count("\n")

    return _NOT_OURS.sub(blank, _CODE.sub(blank, page))


def misused(text: str) -> Iterator[str]:
    """Each word of `text` that is not used, with what to write instead."""
    for word, instead in _misused(_CODE.sub("`code`", text)):
        yield f"{word!r}: write {instead}"


def _misused(plain: str) -> Iterator[tuple[str, str]]:
    for word in WORDS:
        left = plain
        for phrase in word.allowed:
            left = re.sub(rf"\b{re.escape(phrase)}\b", "", left, flags=re.IGNORECASE)
        for found in re.finditer(rf"\b(?:{word.pattern})\b", left, re.IGNORECASE):
            yield found[0], word.instead


#: Words in a sentence.
LONGEST: Final = 25


def too_long(text: str) -> Iterator[str]:
    """Each sentence of `text` with more words than a reader takes in at once; values count as one."""
    prose = re.sub(r"\([^)]*\)", "", _CODE.sub("code", text))
    for sentence in re.split(r"(?<=[.?!:;])\s+|\n\n", prose):
        if len(sentence.split()) > LONGEST:
            yield " ".join(sentence.split())
