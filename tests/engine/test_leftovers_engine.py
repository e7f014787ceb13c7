"""After tests on an engine no process, port or file is left, however they ended.

Tests are run by a pytest of their own, as `make test-engine` does it, and that is killed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.engine import leftovers
from tests.engine.clouds import PLATFORMS
from tests.support.paths import PATIENCE, ROOT

pytestmark = pytest.mark.pulumi_engine

#: What is run: the longest, so that there is time to kill it.
TEST: Final = (
    "tests/engine/test_updates_engine.py::"
    "test_ten_edits_in_a_row_cut_and_open_nothing_after_any_call"
)
#: The shortest.
SHORT: Final = (
    "tests/engine/test_updates_engine.py::"
    "test_what_one_step_opens_in_passing_is_seen_as_it_was_foretold"
)

#: How many seconds whatever is left over may take to notice. The host of a program asks every five minutes
#: whether its engine is there (pulumi-language-python's main.go, `rpcutil.Healthcheck`).
_TO_NOTICE: Final = 5 * 60 + 60


class Run:
    """A pytest, and everything that it starts: they all have its directories in their environment."""

    def __init__(self, directory: Path, test: str) -> None:
        self.home, self.temporary = directory / "home", directory / "temporary"
        for each in (self.home, self.temporary):
            each.mkdir()
        self.mark = str(directory)
        self.ports: set[int] = set()
        self.files = leftovers.files(ROOT)
        command = [
            *(sys.executable, "-m", "pytest", "--engine", "-q", "-p", "no:cacheprovider"),
            *("--numprocesses=1", f"--basetemp={self.temporary / 'pytest'}", test),
        ]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "HOME": str(self.home),
                "TMPDIR": str(self.temporary),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def look(self) -> None:
        """Note the ports that are open now."""
        self.ports |= leftovers.ports(leftovers.processes(self.mark))

    def until_it_calls_a_cloud(self) -> None:
        """An engine is under way, with a provider and a host for the program."""
        deadline = time.monotonic() + PATIENCE
        while not list(self.temporary.glob("pytest/**/control/calls.jsonl")):
            assert self.process.poll() is None, "it was over before it was killed"
            assert time.monotonic() < deadline, "it calls no cloud"
            time.sleep(0.2)
        self.look()

    def leaves_nothing(self) -> None:
        """Nothing but pytest's own directory, which pytest itself takes away in time."""
        deadline = time.monotonic() + _TO_NOTICE
        while left := leftovers.processes(self.mark):
            told = [Path(f"/proc/{one}/cmdline").read_bytes() for one in left]
            assert time.monotonic() < deadline, told
            time.sleep(0.2)
        assert self.ports
        assert not self.ports & leftovers.listening()
        assert leftovers.files(self.home) == set()
        assert [each.name for each in self.temporary.iterdir()] == ["pytest"]
        assert leftovers.files(ROOT) == self.files

    def end(self) -> None:
        """Whatever the test found: nothing of it goes on."""
        self.process.kill()
        self.process.wait()
        for one in leftovers.processes(self.mark):
            os.kill(one, signal.SIGKILL)


@pytest.fixture
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Run]:
    made = Run(tmp_path, request.param)
    yield made
    made.end()


@pytest.mark.parametrize("run", [SHORT], indirect=True, ids=["aws"])
def test_tests_that_end_leave_nothing_behind(run: Run) -> None:
    run.until_it_calls_a_cloud()
    while run.process.poll() is None:
        run.look()
        time.sleep(0.2)
    assert run.process.returncode == 0
    run.leaves_nothing()


@pytest.mark.parametrize(
    "run", [f"{TEST}[{platform}]" for platform in PLATFORMS], indirect=True, ids=PLATFORMS
)
@pytest.mark.timeout(_TO_NOTICE + 2 * PATIENCE)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_tests_that_are_killed_leave_nothing_behind(run: Run, how: signal.Signals) -> None:
    run.until_it_calls_a_cloud()
    run.process.send_signal(how)
    run.process.wait(PATIENCE)
    run.leaves_nothing()
