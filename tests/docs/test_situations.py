"""Each page of docs/situations/ holds for what the program registers for its topology.

A page has one block of YAML, the topology, and tables of verdicts. It is run twice: as written, and
with AWS and Azure swapped in every network; the verdicts are the same.
"""

import re
from functools import cache
from typing import Any, Final

import pytest

from exchange_ports.findings import Refused
from exchange_ports.planning import compile_plans
from exchange_ports.topology.validate import load_topology
from tests.support.checker import Checker
from tests.support.recordings import Platform, run_with
from tests.support.situations import PAGES, RUNS, SITUATIONS, page, text, topology
from tests.support.verdicts import (
    Row,
    addresses,
    assert_each_question_once,
    assert_hosts_known,
    assert_near_misses,
    assert_verdict,
    checker_of,
)

pytestmark = pytest.mark.slow

LEAST_ROWS: Final = 20


@cache
def checker(situation: str, run: Platform) -> Checker:
    declared = topology(situation, run)
    return checker_of(page(situation), declared, run_with(declared, situation))


def all_rows() -> list[Any]:
    return [
        pytest.param(situation, run, row, id=f"{situation} on {run}: {row}")
        for situation in SITUATIONS
        for row in page(situation).rows
        for run in row.platforms
    ]


@pytest.mark.parametrize("situation, run, row", all_rows())
def test_the_verdict_is_that_of_the_published_document(
    situation: str, run: Platform, row: Row
) -> None:
    known = addresses(page(situation), topology(situation, run))
    assert_verdict(
        row, checker(situation, run), known, f"docs/situations/{row.page}:{row.line} on {run}"
    )


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_page_asks_each_question_once(situation: str) -> None:
    assert_each_question_once(page(situation))


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_page_names_hosts_that_are_declared(situation: str) -> None:
    assert_hosts_known(page(situation), topology(situation, "aws"))


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_page_has_enough_rows_and_a_near_miss_beside_every_yes(situation: str) -> None:
    assert_near_misses(page(situation), LEAST_ROWS)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_warnings_of_a_page_are_those_it_names(situation: str) -> None:
    """A page lists under "Warnings" the codes that its topology brings, and no others."""
    found: set[str] = set()
    for run in RUNS:
        try:
            declared, about = load_topology(topology(situation, run))
            warnings = (*about, *compile_plans(declared).warnings)
        except Refused as refused:
            pytest.fail(f"{situation}.md on {run}:\n{refused}")
        found |= {warning.kind.code for warning in warnings}
    section = text(situation).partition("## Warnings\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^- `([a-z0-9-]+)`", section, re.MULTILINE)) == found


def test_every_situation_is_listed_in_the_index() -> None:
    index = (PAGES / "index.md").read_text()
    assert sorted(re.findall(r"\]\(([a-z0-9-]+)\.md\)", index)) == sorted(SITUATIONS)
