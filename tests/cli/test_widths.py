"""Every command at every width: no line is longer than the terminal, and no word is broken."""

import re
from collections import Counter
from functools import cache
from typing import Final

import pytest

from exchange_ports.cli.arguments import COMMANDS
from tests.support.command import run

WIDTHS: Final = (80, 100, 120, 200)
CHANGED: Final = "tests/fixtures/updates/Pulumi.dev.yaml"
NEWER: Final = "tests/fixtures/endpoints/newer.yaml"
#: So wide that no line is broken.
UNBROKEN: Final = 10_000

SHOWN: Final = [
    ("plan", "prod-aws"),
    ("plan", "dev", "--limits"),
    ("plan", CHANGED, "--against", "dev"),
    ("prove", "dev", "--both"),
    ("prove", "prod-aws", "--as-of", "2027-04-01"),
    ("check", "both", "exchange", "edge", "25-26/tcp"),
    ("check", "both", "any", "edge", "25/tcp", "--platform", "both"),
    ("explain", "both", "25"),
    ("explain", "both", "3388"),
    ("diff", "dev", CHANGED),
    ("handover", "dev", "--format", "text"),
    ("report", "dev", "--format", "text"),
    ("rehearse", "prod-aws", "--flow-logs", "tests/fixtures/rehearsal/vpc-flow-log.txt"),
    ("endpoints", "list"),
    ("endpoints", "show", "--instance", "gcc_high"),
    ("endpoints", "show", "dev"),
    ("endpoints", "diff", "2026081400", NEWER),
    ("endpoints", "diff", "2026081400", "2027010100"),
    pytest.param(("preview", "dev"), marks=pytest.mark.slow),
    ("plan", "nothing"),
    ("check", "both", "nobody", "edge", "25"),
    ("check", "both", "edge", "mbx1", "nothing"),
    ("--help",),
    *((command, "--help") for command in COMMANDS),
    *(("endpoints", action, "--help") for action in ("list", "show", "diff", "import")),
]


@cache
def _lines(arguments: tuple[str, ...], columns: int) -> tuple[str, ...]:
    ran = run(*arguments, columns=columns)
    return tuple((ran.stdout + ran.stderr).decode().splitlines())


def _words(lines: tuple[str, ...]) -> Counter[str]:
    return Counter(word for line in lines for word in line.split())


@pytest.mark.parametrize("arguments", SHOWN, ids=str)
def test_text_follows_the_width_and_no_word_is_broken(arguments: tuple[str, ...]) -> None:
    whole = _words(_lines(arguments, UNBROKEN))
    for columns in WIDTHS:
        lines = _lines(arguments, columns)
        too_long = [line for line in lines if len(line) > columns and not _is_one_word(line)]
        assert too_long == [], columns
        assert all(line == line.rstrip() for line in lines)
        assert _words(lines) == whole


def _is_one_word(line: str) -> bool:
    """Whether nothing could be broken: one word, or the name of a fact before it."""
    return re.fullmatch(r"\s*(?:[\w -]{1,14}\s\s)?\s*\S+", line) is not None


def test_a_matrix_is_one_where_it_fits_and_a_list_otherwise() -> None:
    narrow, wide = (_lines(("matrix", "dev"), columns) for columns in (50, 80))
    assert narrow[0].split() == ["from", "to"]
    assert wide[0].startswith("from, to ")
    # As long as the list, and each source once.
    assert len([line for line in wide if line.startswith("internal")]) == 1
    assert len([line for line in narrow if line.startswith("internal")]) > 1
