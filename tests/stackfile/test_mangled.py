"""A spoilt stack file gives a plan, or findings: never a traceback, and never a secret.

How files are spoilt stands in `mangling`. What was ever found by spoiling them (by hand, or by a
run of 24,000) is kept in fixtures/mangled/ and replayed.

The quick run spoils 300 files, and as many settings of a program. With `MANGLED_FILES=2000` in the
environment it is 2,000 of each, which takes 20 seconds; any other number does as well.
"""

import json
import os
from math import ceil
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports.planning import Plans
from tests.support.mangling import (
    STACKS,
    outcome_of_data,
    outcome_of_file,
    settings_of,
    spoilt_data,
    spoilt_file,
)

KEPT: Final = sorted((Path(__file__).parents[1] / "fixtures" / "mangled").glob("*.yaml"))
#: How many files are spoilt, and how many that is for each stack.
FILES: Final = int(os.environ.get("MANGLED_FILES", "300"))
EACH: Final = ceil(FILES / len(STACKS))


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_not_spoilt_gives_a_plan(stack: str) -> None:
    assert isinstance(outcome_of_file(STACKS[stack]), Plans)
    assert isinstance(outcome_of_data(settings_of(stack)), Plans)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(EACH))
@pytest.mark.parametrize("stack", STACKS)
def test_a_spoilt_file_gives_a_plan_or_findings(stack: str, seed: int) -> None:
    outcome_of_file(spoilt_file(stack, seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(EACH))
@pytest.mark.parametrize("stack", STACKS)
def test_spoilt_settings_of_a_program_give_a_plan_or_findings(stack: str, seed: int) -> None:
    outcome_of_data(spoilt_data(stack, seed))


def test_the_same_seed_spoils_in_the_same_way_and_seeds_differ() -> None:
    files = [spoilt_file("dev", seed) for seed in range(EACH)]
    assert files == [spoilt_file("dev", seed) for seed in range(EACH)]
    assert len({*files}) > EACH * 0.8


@pytest.mark.slow
def test_spoiling_reaches_far() -> None:
    outcomes = [outcome_of_data(spoilt_data(s, seed)) for s in STACKS for seed in range(EACH)]
    codes = {f.kind.code for found in outcomes if not isinstance(found, Plans) for f in found}
    assert any(isinstance(outcome, Plans) for outcome in outcomes)
    # Both faults of shape and contradictions, so that the checks were reached.
    assert len(codes) > 15
    assert {"wrong-type", "unknown-key", "no-administration"} <= codes


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_what_once_failed_gives_findings_now(path: Path) -> None:
    outcome = outcome_of_file(path.read_bytes())
    assert not isinstance(outcome, Plans)
    # The first line of each says what is to be found.
    codes = path.read_text("utf-8").splitlines()[0].removeprefix("# ").split()
    assert {*codes} <= {finding.kind.code for finding in outcome}


def _deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


#: What no file can hold, but a program can.
UNHEARD_OF: Final[dict[str, Any]] = {
    "not a number": float("nan"),
    "infinity": float("inf"),
    "a number of 6,000 digits": 10**6_000,
    "half a character": "\ud800",
    "fifty levels": _deep(50),
    "a hundred thousand levels": _deep(100_000),
    "bytes": b"contoso",
    "a set": {"contoso"},
    "an object": object(),
    "a key that is a number": {1: "a"},
    "a key that is nothing": {None: {"a": 1}},
    "a key like pydantic's own": {"<mapping>": {"[key]": 1}},
}


@pytest.mark.parametrize("place", ["organization", "sites", "mail_flow", "private_blocks"])
@pytest.mark.parametrize("value", UNHEARD_OF.values(), ids=list(UNHEARD_OF))
def test_what_only_a_program_can_hand_over_is_refused(value: object, place: str) -> None:
    settings = settings_of("prod-aws")
    settings["topology"][place] = value
    outcome = outcome_of_data(settings)
    assert not isinstance(outcome, Plans)
    assert any(finding.field.startswith(f"topology.{place}") for finding in outcome)


@pytest.mark.parametrize("setting", ["topology", "networks", "tags"])
@pytest.mark.parametrize("value", [[], "x", 1, True, 0.5, [[]], ["topology"]])
def test_a_setting_of_another_shape_is_refused(setting: str, value: object) -> None:
    outcome = outcome_of_data({**settings_of("dev"), setting: value})
    assert not isinstance(outcome, Plans)
    assert (setting, "wrong-type") in {(f.field, f.kind.code) for f in outcome}


def test_a_list_and_a_tuple_are_one() -> None:
    settings = settings_of("prod-aws")
    settings["topology"]["private_blocks"] = ("10.0.0.0/8",)
    assert isinstance(outcome_of_data(settings), Plans)
    assert json.dumps(("a",)) == '["a"]'
