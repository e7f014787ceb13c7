"""Words that no text for users contains, by the table of CONTRIBUTING.md's writing rules, and what to write.

Used on the texts of findings and their pages. Code and quoted output are removed first.
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
    Word(r"wears?|wearers?|worn|wearing|dressed", "attach, member, attached to"),
    Word(r"lets? through|let through|passes over", "allowed"),
    Word(r"cuts?( off)?", "blocked"),
    Word(
        r"meant|means",
        "required traffic, declared, the finding means",
        ("what the finding means", "did you mean"),
    ),
    Word(r"says?|said|told|speaks?", "summary, description"),
    Word(r"witness(es)?", "counterexample", ("witness server", "witness servers")),
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
    Word(r"behaviour|colour|organis\w+|neighbours?|licence", "American spelling"),
)

_CODE: Final = re.compile(r"^```.*?^```$|``[^`]+``|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def misused(text: str) -> Iterator[str]:
    """Each word of `text` that is not used, with what to write instead."""
    prose = _CODE.sub("`code`", text)
    for word in WORDS:
        plain = prose
        for phrase in word.allowed:
            plain = re.sub(rf"\b{re.escape(phrase)}\b", "", plain, flags=re.IGNORECASE)
        for found in re.finditer(rf"\b(?:{word.pattern})\b", plain, re.IGNORECASE):
            yield f"{found[0]!r}: write {word.instead}"


#: Words in a sentence.
LONGEST: Final = 25


def too_long(text: str) -> Iterator[str]:
    """Each sentence of `text` with more words than a reader takes in at once; values count as one."""
    prose = re.sub(r"\([^)]*\)", "", _CODE.sub("code", text))
    for sentence in re.split(r"(?<=[.?!:;])\s+|\n\n", prose):
        if len(sentence.split()) > LONGEST:
            yield " ".join(sentence.split())
