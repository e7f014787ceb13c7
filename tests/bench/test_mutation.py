"""The driver of mutation tests makes the faults that it says, and its tables are about today's code."""

import ast
from typing import Final

import pytest

from bench.faults import EQUIVALENT, FAULTS, TARGETS, Fault
from bench.mutants import mutants
from bench.mutation import every_mutant, faulty_text
from tests.support.paths import ROOT

#: A line, and each edit of it in words.
EDITS: Final = {
    "a < b": ["a <= b"],
    "a and not b": ["a or not b", "not b", "a", "b"],
    "x.sends": ["x.receives"],
    "f(a, k=1)": ["f(a)", "2", "0"],
    "zip(a, b, strict=True)": [],
    "a | b": ["a", "b"],
    "any(x for x in y if x)": ["all", "for x in y"],
    "[*a, b]": ["[b]"],
    "a if b else c": ["a", "c"],
    "'text'": [],
}


@pytest.mark.parametrize("line", EDITS)
def test_a_line_has_these_edits(line: str) -> None:
    found = [each.key.partition(" => ")[2] for each in mutants("m", ast.parse(f"v = {line}"))]
    assert [each.strip() for each in found] == EDITS[line]


def test_an_edit_changes_one_place_and_nothing_else() -> None:
    source = "def f(a, b):\n    return a.site == b.site and a < 1"
    for number, mutant in enumerate(mutants("m", ast.parse(source))):
        tree = ast.parse(source)
        same = list(mutants("m", tree))[number]
        assert same.key == mutant.key
        assert ast.unparse(same.applied(tree)) != source


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_known_fault_can_still_be_made(fault: Fault) -> None:
    ast.parse(faulty_text(fault))


def test_the_tables_name_what_there_is() -> None:
    tests = {path for near in TARGETS.values() for paths in near for path in paths}
    assert {path for path in {*TARGETS, *tests} if not (ROOT / path).exists()} == set()
    assert all(EQUIVALENT.values())
    assert set(EQUIVALENT) - {mutant.key for mutant in every_mutant()} == set()
