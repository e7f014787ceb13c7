"""No test depends on how fast the machine is: bounds are of work, and ceilings on waiting are far away."""

import ast
import time
import tomllib
from pathlib import Path
from typing import Final

import hypothesis
import pytest

from tests.support.clock import WorksTooLong, bounded_work
from tests.support.paths import PATIENCE, ROOT, TESTS

#: Tests of engines wait for processes that are theirs to end, by a table of their own.
FILES: Final = sorted(
    path
    for path in TESTS.rglob("*.py")
    if "__pycache__" not in path.parts and "engine" not in path.parts
)


def works() -> None:
    while True:
        pass


def test_work_without_an_end_is_stopped() -> None:
    with pytest.raises(WorksTooLong), bounded_work(0.05):
        works()


def test_waiting_is_no_work() -> None:
    with bounded_work(0.05):
        time.sleep(0.2)


def test_only_what_hangs_reaches_the_ceiling_on_waiting() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["pytest"]["ini_options"]["timeout"] > PATIENCE


def test_no_law_fails_for_the_time_that_its_examples_take() -> None:
    for profile in ("quick", "full"):
        chosen = hypothesis.settings.get_profile(profile)
        assert chosen.deadline is None
        assert hypothesis.HealthCheck.too_slow in chosen.suppress_health_check


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_a_file_has_no_deadline_and_no_ceiling_of_its_own(file: Path) -> None:
    """Neither in seconds of the clock, nor by health checks that forget that of slow examples."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            given = {each.arg: ast.unparse(each.value) for each in node.keywords}
            assert given.get("deadline", "None") == "None"
            assert given.get("timeout", "PATIENCE") == "PATIENCE"
            assert not ast.unparse(node.func).endswith("mark.timeout")
            assert "too_slow" in given.get("suppress_health_check", "too_slow")
