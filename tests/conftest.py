"""What every test may use: goldens, how hard Hypothesis tries, and a plain word on the engine."""

import difflib
import gc
import os
import shutil
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from pathlib import Path
from typing import Final
from unittest import mock

ROOT: Final = Path(__file__).parent.parent
if sys.dont_write_bytecode:
    # Dozens of processes load the clouds' SDKs, and to compile these takes each of them seconds. Where
    # nothing may be kept beside the sources, it is kept in a folder of ours, for programs under test too.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(ROOT / ".cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import hypothesis  # noqa: E402
import pytest  # noqa: E402

from tests.support.clock import MOST_CPU, bounded_work  # noqa: E402

GOLDENS: Final = Path(__file__).parent / "goldens"
#: The mark of a test that needs a Pulumi engine, and the switch that runs these.
ENGINE: Final = "pulumi_engine"
WITH_ENGINE: Final = "--engine"
UPDATE: Final = "--update-goldens"

# In CI the same examples each time: a change is checked by what it changes. Elsewhere new ones.
# By no clock: Hypothesis measures its examples in seconds of a machine that may be busy.
hypothesis.settings.register_profile(
    "quick",
    max_examples=100,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    print_blob=True,
    derandomize=bool(os.environ.get("CI")),
)
hypothesis.settings.register_profile(
    "full",
    max_examples=2_000,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    print_blob=True,
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(autouse=True, scope="session")
def _programs_in_short() -> Generator[None]:
    """Run recorded programs on a thread of their own, and without what no recording shows.

    The SDK writes the whole stack of calls into each registration. Below pytest and Hypothesis that is
    seventy calls, a fifth of the time of all recordings.
    """
    from exchange_ports.offline import runner

    real: Callable[..., Exception | None] = runner._run
    known = len(sys.modules)

    with ThreadPoolExecutor(1) as thread:

        @wraps(real)
        def threaded(*given: object) -> Exception | None:
            nonlocal known
            error = thread.submit(real, *given).result()
            if len(sys.modules) > known:
                # A cloud's SDK: a third of the time of all recordings to come, if Python looks through it.
                known = len(sys.modules)
                _keep_what_is_loaded()
            return error

        # Azure's resources have sixty aliases each, for the versions of their API, and the SDK works out
        # the URN of each twice: for engines that know no alias specs, of which ours is none.
        no_urn = mock.patch("pulumi.resource.collapse_alias_to_urn", return_value="")
        with no_urn, mock.patch.object(runner, "_run", threaded):
            yield


def pytest_collection_finish() -> None:
    _keep_what_is_loaded()
    # Tests make much and keep little: looked at this often, it is a tenth of their time.
    gc.set_threshold(10_000, 10, 10)


def _keep_what_is_loaded() -> None:
    """What was loaded until now stays: Python need not look through it for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Stop what works without an end; `timeout` in pyproject.toml is for what waits without one."""
    del item
    laws_more = hypothesis.settings().max_examples / 100
    with bounded_work(MOST_CPU * max(laws_more, 1)):
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        UPDATE, action="store_true", help="rewrite tests/goldens/ from what the code says now"
    )
    parser.addoption(
        WITH_ENGINE, action="store_true", help="fail where there is no Pulumi engine to test with"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests on an engine run wherever there is one, and are a failure where one is asked for."""
    if shutil.which("pulumi") is not None:
        return
    if config.getoption(WITH_ENGINE):
        raise pytest.UsageError(
            "the engine tests need the Pulumi CLI (3.260 or newer) on PATH, and there is none: "
            "https://www.pulumi.com/docs/install/"
        )
    for item in items:
        if item.get_closest_marker(ENGINE):
            item.add_marker(pytest.mark.skip(reason="needs the Pulumi CLI on PATH"))


@pytest.fixture
def golden(pytestconfig: pytest.Config) -> Callable[[str, str], None]:
    """`golden(name, text)`: the text is that of tests/goldens/<name>, byte for byte."""
    updating = bool(pytestconfig.getoption(UPDATE))

    def compare(name: str, text: str) -> None:
        path = GOLDENS / name
        kept = path.read_bytes().decode() if path.exists() else None
        if kept == text:
            return
        if updating:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            return
        difference = difflib.unified_diff(
            (kept or "").splitlines(),
            text.splitlines(),
            f"tests/goldens/{name}" if kept is not None else "(no golden yet)",
            "what the code says now",
            lineterm="",
        )
        shown = "\n".join(difference) or "(they differ in line ends only)"
        pytest.fail(
            f"{name} differs from its golden.\n{shown}\n"
            f"hint: if this is meant, run pytest with {UPDATE} (`make golden`) and review the diff",
            pytrace=False,
        )

    return compare


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Say whether the tests on a Pulumi engine ran, just above the closing line."""
    # After all others, pytest's own list of what was skipped among them.
    yield

    def count(*outcomes: str) -> int:
        return sum(
            ENGINE in getattr(report, "keywords", ())
            for outcome in outcomes
            for report in terminalreporter.stats.get(outcome, [])
        )

    ran, skipped = count("passed", "failed"), count("skipped")
    if ran:
        word = f"{ran} ran" + (f", {skipped} SKIPPED" if skipped else "")
    elif skipped:
        word = f"DID NOT RUN, {skipped} skipped"
    else:
        word = "none in this run"
    where = shutil.which("pulumi")
    terminalreporter.write_line(
        f"engine tests: {word} (pulumi {'is' if where else 'is NOT'} on PATH)"
    )
