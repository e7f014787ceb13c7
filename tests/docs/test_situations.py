"""Each page of docs/situations/ holds for what the program registers for its topology.

A page has one block of YAML, the topology, and tables of verdicts. It is run twice: as written, and
with AWS and Azure swapped in every network; the verdicts are the same.
"""

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml

from exchange_ports.findings import Refused
from exchange_ports.planning import compile_plans
from exchange_ports.topology.validate import load_topology
from tests.support.judge import Judge
from tests.support.recordings import Platform, run_with
from tests.support.verdicts import (
    Page,
    Row,
    addresses,
    assert_asked_once,
    assert_hosts_known,
    assert_near_misses,
    assert_verdict,
    judge_of,
    read_page,
)

# The AWS SDK warns of itself while it is imported.
pytestmark = pytest.mark.filterwarnings(r"ignore:aws\..*has been deprecated:DeprecationWarning")

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ROOT / "docs" / "situations"
SITUATIONS: Final = tuple(sorted(path.stem for path in PAGES.glob("*.md") if path.stem != "index"))
SWAPPED: Final = {"aws": "azure", "azure": "aws", "external": "external"}
#: A run is called after the cloud of the first network.
RUNS: Final[tuple[Platform, ...]] = ("aws", "azure")
LEAST_ROWS: Final = 20


def text(situation: str) -> str:
    return (PAGES / f"{situation}.md").read_text()


@cache
def page(situation: str) -> Page:
    return read_page(text(situation), f"{situation}.md")


@cache
def topology(situation: str, run: Platform) -> dict[str, Any]:
    """The page's topology, swapped where its first network is not of this run's cloud."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", text(situation), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1, f"{situation}.md: one block of YAML, the topology"
    declared = cast("dict[str, Any]", copy.deepcopy(yaml.safe_load(blocks[0])))
    networks = list(declared["networks"].values())
    if networks[0]["platform"] != run:
        for network in networks:
            network["platform"] = SWAPPED[network["platform"]]
            # On AWS nothing hangs on subnets.
            network.pop("attach_to", None)
    return declared


@cache
def judge(situation: str, run: Platform) -> Judge:
    declared = topology(situation, run)
    return judge_of(page(situation), declared, run_with(declared, situation))


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
    where = f"docs/situations/{row.page}:{row.line} on {run}"
    assert_verdict(row, judge(situation, run), known, where)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_page_asks_each_question_once(situation: str) -> None:
    assert_asked_once(page(situation))


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
