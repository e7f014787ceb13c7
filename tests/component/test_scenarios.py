"""Each row of tests/scenarios/ holds for what the program registers for a stack, on both clouds."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.checker import Checker
from tests.support.recordings import Platform, declared, recorded
from tests.support.verdicts import (
    Page,
    Row,
    addresses,
    assert_each_question_once,
    assert_hosts_known,
    assert_near_misses,
    assert_verdict,
    checker_of,
    read_page,
)

pytestmark = pytest.mark.slow

PAGES: Final = Path(__file__).parents[1] / "scenarios"
STACKS: Final = ("dev", "prod-aws", "prod-azure", "proxied")


@cache
def page(stack: str) -> Page:
    return read_page((PAGES / f"{stack}.md").read_text(), f"{stack}.md")


def all_rows() -> list[Any]:
    return [
        pytest.param(stack, platform, row, id=f"{stack} on {platform}: {row}")
        for stack in STACKS
        for row in page(stack).rows
        for platform in row.platforms
    ]


@cache
def checker(stack: str, platform: Platform) -> Checker:
    return checker_of(page(stack), declared(stack, platform), recorded(stack, platform))


@pytest.mark.parametrize("stack, platform, row", all_rows())
def test_the_verdict_is_that_of_the_published_document(
    stack: str, platform: Platform, row: Row
) -> None:
    known = addresses(page(stack), declared(stack, platform))
    assert_verdict(
        row, checker(stack, platform), known, f"tests/scenarios/{row.page}:{row.line} on {platform}"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_a_page_asks_each_question_once(stack: str) -> None:
    assert_each_question_once(page(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_a_page_names_hosts_that_are_declared_there_or_in_the_stack(stack: str) -> None:
    assert_hosts_known(page(stack), declared(stack, "aws"))


@pytest.mark.parametrize("stack", STACKS)
def test_a_page_has_as_many_near_misses_as_verdicts_that_pass(stack: str) -> None:
    assert_near_misses(page(stack), 40 if stack.startswith("prod") else 25)


def test_the_pages_together_speak_of_each_catalog_row_that_a_stack_uses() -> None:
    spoken_of = {row.catalog_id for stack in STACKS for row in page(stack).rows if row.passes}
    expected = {
        *("R1", "R2", "R3"),
        *("C1", "C2", "C3", "C4", "C5", "C6"),
        *("M1", "M2", "M3", "M4"),
        *("E1", "E2", "E3", "E4", "E5", "E7", "E8"),
        "N1",
    }
    assert expected - spoken_of == set()


def test_each_page_belongs_to_a_stack() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(STACKS)
