"""Words that a reader would have to decode, and the plain ones to write instead.

Applies to every text that a user reads. A pattern matches whole words; each is narrow enough to have
no false alarms, so several words are matched only in the phrases that were really used.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

#: What not to write, and what to write instead.
INSTEAD: Final = {
    r"wear|wears|wore|worn|wearers?|wearing": "attach, member, attached to",
    r"lets?|letting": "allow, or another verb",
    r"cut|cuts|cutting": "blocked",
    r"meant": "required, declared, intended",
    r"says|said|saying": "the fact itself, or: describe, show, report",
    r"witness(?:es)?(?! (?:servers?|share))": "counterexample, witness server",
    r"fabric": "internal servers",
    r"hangs? (?:on|at|back)|hung|rehang\w*": "associate with, attach to",
    r"judges?|judged": "independent checker",
    r"asked by|askers?": "declared by, declared at",
    r"stands?|stood": "is, exists, is in",
    r"lanes?|shelf|shelves": "row, column, list",
    r"pieces?": "range, part of the traffic",
    r"scenes?": "example, case",
    r"moments?": "time, state, during",
    r"in turns?|turned round": "one after the other, reversed",
    r"mend(?:s|ed|ing)?": "fix, correct",
    r"half-?way|in passing|on the way": "mid-update, during the update",
    r"the answer is no": "the check failed",
    r"in vain": "unused",
    r"nobody|somebody|anybody": "name who, or use the passive",
    r"comes? and goes?|(?:rules?|groups?|servers?) that (?:comes?|goes?)|comes, goes|goes with": (
        "added, removed"
    ),
    r"everything (?:passes|to and from|between)": "all protocols",
    r"anywhere": "any",
    r"may talk to|speaks? (?:to|of|with)": "connect to, describe",
    r"neighbours?|behaviours?|organisations?|colours?|authoris\w+|recognis\w+|centre|licence": (
        "American spelling"
    ),
    r"half of a firewall|brought up to date|at hand|for ever|by hand alone": "plain words",
}

_PATTERNS: Final = [
    (re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), instead)
    for pattern, instead in INSTEAD.items()
]

#: What is no prose of ours: code, targets of links, and what is quoted from elsewhere.
_NOT_PROSE: Final = re.compile(
    r"""
      ^(?P<fence>```|~~~)[^\n]*\n.*?^(?P=fence)[ ]*$   # blocks: transcripts have tests of their own
    | `+[^`]+`+
    | (?<=\])\([^)\s]*\)
    | <[^>\n]+>
    | https?://\S+
    | "[^"]{1,400}"
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


class Riddle(NamedTuple):
    """A word in a text that needs another: its line, the word, and what to write instead."""

    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        return f"{self.line}: {self.word!r}: write {self.instead}"


def prose(markdown: str) -> str:
    """The text without code, link targets and quotations; every line keeps its number."""
    return _NOT_PROSE.sub(lambda match: "\n" * match.group().count("\n"), markdown)


def riddles(markdown: str, allowed: frozenset[str] = frozenset()) -> Iterator[Riddle]:
    """Words of the table above in the prose of a text, but for the phrases that are allowed there."""
    text = prose(markdown)
    for phrase in allowed:
        text = re.sub(rf"\b{phrase}\b", "", text, flags=re.IGNORECASE)
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, instead in _PATTERNS:
            yield from (Riddle(number, m.group(), instead) for m in pattern.finditer(line))
