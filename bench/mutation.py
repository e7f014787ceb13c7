"""`python -m bench.mutation`: makes small faults in the package and counts those that no test notices.

An own driver, since neither known tool fits. mutmut has no sample by seed and runs all tests of one folder
in a copy of the tree, where our tests do not find the documents they read. cosmic-ray starts a shell
command for each fault: two seconds of imports, and its time limit is wall-clock time.
Here a process that has loaded pytest and the libraries forks for each fault; the child loads the package with
the faulty module and runs the tests nearest to it, the quick ones first, up to the first failure; then all
other quick tests. Tests that noticed earlier faults run before others. Its limit is CPU time, in multiples of what the tests take without a fault. Subprocesses that tests start see no fault.
"""

import argparse
import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import marshal
import os
import random
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import CodeType, FunctionType, MappingProxyType, ModuleType
from typing import Any, BinaryIO, ClassVar, Final, NamedTuple

from bench.faults import EQUIVALENT, FAULTS, TARGETS, Fault, Nearest
from bench.mutants import Mutant, mutants

ROOT: Final = Path(__file__).parent.parent
#: A fault that makes the tests take this many times the CPU time they take otherwise is noticed by it.
_PATIENCE: Final = 10
_AT_LEAST: Final = 20
#: Seconds, where it is not known how many they take.
_TRUSTED: Final = 200
_MEMORY: Final = 6 * 2**30
#: No test was collected, or pytest was called wrongly: that is no verdict.
_UNUSED: Final = "no test loads the file"
_NO_VERDICT: Final = (3, 4, 5, 70)


class Outcome(NamedTuple):
    """How the tests ended with a fault."""

    noticed: bool
    #: The first test that failed, or why there is none.
    by: str
    #: In seconds.
    cpu: float


@dataclass(frozen=True)
class _Faulty(importlib.abc.MetaPathFinder):
    """Finds one module of the package, and gives it other code."""

    module: str
    path: Path
    code: CodeType

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.module:
            return None
        loader = _FaultyLoader(fullname, str(self.path))
        loader.code = self.code
        return importlib.util.spec_from_file_location(fullname, self.path, loader=loader)


class _FaultyLoader(importlib.machinery.SourceFileLoader):
    code: CodeType
    #: The modules that were loaded with other code.
    used: ClassVar[list[str]] = []

    def get_code(self, fullname: str) -> CodeType:
        self.used.append(fullname)
        return self.code


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _tests(file: str) -> Nearest:
    """The tests nearest to a file: of the longest entry of the table that its path begins with."""
    return TARGETS[max((each for each in TARGETS if file.startswith(each)), key=len)]


def load() -> None:
    """Load what every child needs, and nothing of ours."""
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ["CI"] = "1"  # the same examples each time
    for name in ("hypothesis", "jsonschema", "pydantic", "pytest", "rich", "yaml"):
        importlib.import_module(name)
    if ours := [name for name in sys.modules if name.split(".")[0] == "exchange_ports"]:
        raise RuntimeError(f"loaded before a fault could be made: {ours}")


def run(
    tests: Sequence[str],
    limit: float,
    faulty: _Faulty | None,
    *,
    slow: bool,
    earlier: Mapping[str, int] = MappingProxyType({}),
) -> Outcome:
    """Run tests in a child process of at most `limit` seconds of CPU time.

    `earlier` counts the faults that a test has noticed: those with most of them run first.
    """

    def body(write: int) -> int:
        code = 70
        try:
            code = _child(
                tests, limit, faulty, earlier, slow=slow, say=lambda word: _say(write, word)
            )
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
        return code

    reported, status, cpu = _forked(body)
    if os.WIFSIGNALED(status):
        return Outcome(True, f"signal {os.WTERMSIG(status)}", cpu)
    code = os.WEXITSTATUS(status)
    if code in _NO_VERDICT:
        raise RuntimeError(f"pytest ended with {code} for {tests}: {reported}")
    lines = reported.splitlines()
    return Outcome(code != 0, lines[0] if lines else "" if code == 0 else "loading", cpu)


def _forked(body: Callable[[int], int]) -> tuple[str, int, float]:
    """What a fork of this process writes into the pipe that it gets, its status, and its CPU time in seconds.

    `body` returns the exit code, 70 where it raises.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        code = 70
        try:
            code = body(write)
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read) as pipe:
        reported = pipe.read()
    _, status, usage = os.wait4(child, 0)
    return reported, status, usage.ru_utime + usage.ru_stime


def _say(pipe: int, word: str) -> None:
    os.write(pipe, f"{word}\n".encode())


def _child(
    tests: Sequence[str],
    limit: float,
    faulty: _Faulty | None,
    earlier: Mapping[str, int],
    *,
    slow: bool,
    say: Callable[[str], None],
) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 2))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2) if faulty is not None else (0,):
        os.dup2(null, stream)
    if faulty is not None:
        sys.meta_path.insert(0, faulty)

    import pytest

    class First:
        """Says which test failed first."""

        def pytest_runtest_logreport(self, report: object) -> None:
            if getattr(report, "failed", False):
                say(str(getattr(report, "nodeid", "")))

        def pytest_collectreport(self, report: object) -> None:
            self.pytest_runtest_logreport(report)

        def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
            items.sort(key=lambda item: -earlier.get(item.nodeid, 0))

    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"]
    # Libraries are loaded already, without pytest's own code for their assertions: none of them has a test.
    options += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning", "-m"]
    ended = int(pytest.main([*options, "slow" if slow else "not slow", *tests], [First()]))
    if not ended and faulty is not None and faulty.module not in _FaultyLoader.used:
        say(_UNUSED)
    return ended


class _Warm:
    """A process that has collected tests: it forks for each fault and swaps the code of functions in place.

    That saves the second that imports and collection take. Code of modules and class bodies has been run
    already, so a fault there is not tried here; nor is what tests computed while they were collected made
    again. A fault that is not noticed here is therefore made once more in a fresh process.
    """

    def __init__(self, tests: Sequence[str]) -> None:
        asked, self._ask = os.pipe()
        self._told, tell = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            try:
                _serve(tests, os.fdopen(asked, "rb"), tell)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        os.close(asked)
        os.close(tell)
        self._answers = os.fdopen(self._told, "rb")

    def outcome(
        self, path: Path, code: CodeType, limit: float, earlier: Mapping[str, int]
    ) -> Outcome:
        """What the tests find of the faulty code of a module; not noticed where it cannot be swapped."""
        request = marshal.dumps((str(path), code, int(limit), dict(earlier)))
        os.write(self._ask, len(request).to_bytes(8, "big") + request)
        noticed, by, cpu = json.loads(self._answers.readline())
        return Outcome(noticed, by, cpu)


def _serve(tests: Sequence[str], requests: BinaryIO, tell: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    import pytest

    class Loop:
        """Runs the collected tests once for each request, each time in a fork."""

        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            gc.collect()
            gc.freeze()
            while size := requests.read(8):
                request = requests.read(int.from_bytes(size, "big"))
                path, code, limit, earlier = marshal.loads(request)  # noqa: S302 - our own
                swapped = partial(_swapped, session, path, code, limit, earlier)
                reported, status, cpu = _forked(swapped)
                by = reported.splitlines()[0] if reported else f"status {status}"
                answer = [status != 0, by if status else "", cpu]
                os.write(tell, json.dumps(answer).encode() + b"\n")
            return True

    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow", "-W"]
    options.append("ignore:Module already imported:pytest.PytestAssertRewriteWarning")
    pytest.main([*options, *tests], [Loop()])


def _swapped(
    session: Any,
    path: str,
    code: CodeType,
    limit: int,
    earlier: Mapping[str, int],
    write: int,
) -> int:
    """Run tests with the code of functions swapped: 1 where one fails."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit + 1, limit + 2))
    gc.unfreeze()
    if not _swap(path, code):
        return 0
    gc.disable()
    items = sorted(session.items, key=lambda item: -earlier.get(item.nodeid, 0))
    failed: list[str] = []

    class First:
        """Keeps the first failure."""

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                failed.append(report.nodeid)

    session.config.pluginmanager.register(First())
    for item, following in pairwise((*items, None)):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if failed:
            _say(write, failed[0])
            return 1
    return 0


def _swap(path: str, code: CodeType) -> bool:
    """Give the functions of a file their new code; False where none has another."""
    was, now = _by_place(compile(Path(path).read_text("utf-8"), path, "exec")), _by_place(code)
    changed = {place: now[place] for place in was.keys() & now.keys() if was[place] != now[place]}
    functions = [
        each
        for each in gc.get_objects()
        if isinstance(each, FunctionType)
        and each.__code__.co_filename == path
        and _place(each.__code__) in changed
    ]
    try:
        for each in functions:
            each.__code__ = changed[_place(each.__code__)]
    except ValueError:  # Another number of free variables.
        return False
    return bool(functions)


def _place(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def _by_place(code: CodeType) -> dict[tuple[str, int], CodeType]:
    """Code by its name and line, without what shares both with other code, as two lambdas of a line."""
    every = list(_within(code))
    count = Counter(map(_place, every))
    return {_place(each): each for each in every if count[_place(each)] == 1}


def _within(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _within(each)


class Runner:
    """Runs the nearest tests with faults; knows how long they take without one."""

    def __init__(self, *, trusted: bool = False) -> None:
        """Begin with no time known; `trusted` tests are not run without a fault first."""
        self._trusted = trusted
        self._usual: dict[tuple[tuple[str, ...], bool], float] = {}
        #: How many faults each test was the first to notice.
        self._earlier: Counter[str] = Counter()
        self._warm: dict[tuple[str, ...], _Warm] = {}

    def quickly(self, file: str, code: CodeType) -> Outcome:
        """Whether the quick tests nearest to a file notice other code of its functions."""
        tests = _tests(file).quick
        if tests not in self._warm:
            self._warm[tests] = _Warm(tests)
        limit = self._limit(tests, slow=False)
        found = self._warm[tests].outcome(ROOT / file, code, limit, self._earlier)
        if found.noticed:
            self._earlier[found.by] += 1
        return found

    def outcome(self, file: str, code: CodeType, first: Sequence[str] = ()) -> Outcome:
        """What the tests nearest to a file say of other code in it, after `first` and before all quick ones."""
        faulty = _Faulty(_module(file), ROOT / file, code)
        nearest = _tests(file)
        stages = ((tuple(first), False), (nearest.quick, False), (nearest.slow, True))
        cpu, used = 0.0, False
        for tests, slow in (*stages, (("tests",), False)):
            if tests:
                limit = self._limit(tests, slow=slow)
                found = run(tests, limit, faulty, slow=slow, earlier=self._earlier)
                cpu += found.cpu
                used |= found.by != _UNUSED
                if found.noticed:
                    self._earlier[found.by] += 1
                    return found._replace(cpu=cpu)
        if not used:
            raise RuntimeError(f"no test loads {file}")
        return Outcome(False, "", cpu)

    def _limit(self, tests: tuple[str, ...], *, slow: bool) -> float:
        if self._trusted:
            return _TRUSTED
        if (tests, slow) not in self._usual:
            found = run(tests, 3600, None, slow=slow)
            if found.noticed:
                raise RuntimeError(f"fails without a fault: {found.by}")
            self._usual[tests, slow] = found.cpu
        return max(_AT_LEAST, _PATIENCE * self._usual[tests, slow])


def every_mutant() -> Iterator[Mutant]:
    """All faults of all target files, in order."""
    for target in TARGETS:
        path = ROOT / target
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            name = str(file.relative_to(ROOT))
            if _tests(name) is TARGETS[target]:
                yield from mutants(name, ast.parse(file.read_text("utf-8")))


def faulty_text(fault: Fault) -> str:
    """The text of a file with a known fault.

    :raises ValueError: the file has changed so that the fault cannot be made any more.
    """
    text = (ROOT / fault.file).read_text("utf-8")
    if text.count(fault.old) != 1:
        raise ValueError(
            f"{fault.name}: {fault.file} has {fault.old!r} {text.count(fault.old)} times"
        )
    return text.replace(fault.old, fault.new)


def known() -> int:
    """Make each known fault, and let the test notice it that the table names."""
    survived = 0
    for fault in FAULTS:
        code = compile(faulty_text(fault), str(ROOT / fault.file), "exec")
        faulty = _Faulty(_module(fault.file), ROOT / fault.file, code)
        found = run([fault.test], 120, faulty, slow=False)
        survived += not found.noticed
        print(f"{'noticed ' if found.noticed else 'SURVIVED'} {fault.name}: {found.by}", flush=True)
    print(f"{len(FAULTS) - survived} of {len(FAULTS)} known faults are noticed")
    return int(survived > 0)


def sample(
    size: int, seed: int, only: str, budget: float, runner: Runner
) -> list[tuple[Mutant, Outcome]]:
    """The outcomes of a sample of faults, as many of it as the CPU time `budget` lets begin."""
    chosen = [each for each in every_mutant() if only in each.key]
    random.Random(seed).shuffle(chosen)  # noqa: S311 - a sample, no secret
    outcomes: list[tuple[Mutant, Outcome]] = []
    left: list[tuple[Mutant, CodeType]] = []
    began = time.process_time() + _of_children()
    for number, mutant in enumerate(chosen[:size], 1):
        if time.process_time() + _of_children() - began > budget:
            break
        code = compile(_tree_with(mutant), str(ROOT / mutant.file), "exec")
        if mutant.key in EQUIVALENT:
            found = Outcome(False, "equivalent", 0)
        else:
            found = runner.quickly(mutant.file, code)
        if found.noticed or found.by:
            outcomes.append((mutant, found))
            _show(mutant, found)
        else:
            left.append((mutant, code))
            print(f"{number} made, {len(left)} left for later: {mutant.key}", flush=True)
    for mutant, code in left:
        outcomes.append((mutant, runner.outcome(mutant.file, code)))
        _show(*outcomes[-1])
    return outcomes


def _show(mutant: Mutant, found: Outcome) -> None:
    word = "noticed" if found.noticed else found.by or "SURVIVED"
    print(f"{word:10} {found.cpu:5.1f} s  {mutant.line:4} {mutant.key}  {found.by}", flush=True)


def _of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tree_with(mutant: Mutant) -> ast.Module:
    tree = ast.parse((ROOT / mutant.file).read_text("utf-8"))
    same = next(each for each in mutants(mutant.file, tree) if each.key == mutant.key)
    return same.applied(tree)


def main() -> int:
    """Run the known faults or a sample, print what survived; exit code 1 where too many do."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutation", description=__doc__)
    parser.add_argument("--known", action="store_true", help="the table of known faults")
    parser.add_argument("--size", type=int, default=40, help="how many faults")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--only", default="", help="faults with this in their file, function or edit"
    )
    parser.add_argument("--budget", type=float, default=3600, help="seconds of CPU time")
    parser.add_argument("--most", type=float, default=0.05, help="share that may survive")
    parser.add_argument(
        "--trusted", action="store_true", help="do not run the tests without a fault first"
    )
    parser.add_argument("--log", type=Path, help="append a line of JSON for each fault")
    asked = parser.parse_args()
    load()
    if asked.known:
        return known()
    runner = Runner(trusted=asked.trusted)
    outcomes = sample(asked.size, asked.seed, asked.only, asked.budget, runner)
    if asked.log:
        with asked.log.open("a") as log:
            for mutant, found in outcomes:
                log.write(json.dumps([asked.seed, mutant.key, found.noticed, found.by]) + "\n")
    count = Counter("noticed" if found.noticed else found.by or "survived" for _, found in outcomes)
    real = len(outcomes) - count["equivalent"]
    print(
        f"seed {asked.seed}: {len(outcomes)} faults: {count['noticed']} noticed, "
        f"{count['survived']} survived, {count['equivalent']} equivalent"
    )
    return int(not real or count["survived"] > asked.most * real)


if __name__ == "__main__":
    sys.exit(main())
