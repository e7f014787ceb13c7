"""How a test watches and disturbs the calls that providers make to a cloud.

Knows: a directory that the test and all provider processes share. In it:

* `faults.json`, written by the test: what shall go wrong, and when (`Fault`);
* `calls.jsonl`, written by the providers: one line before each call and one after it, in the order
  in which they happened over all processes (`Call`). A call that was cut off has no second line;
* `processes`, the ids of the providers that were started, so that a test can end what a killed
  engine left behind.

Must not know: any cloud, nor Pulumi.
"""

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, Literal, cast

__all__ = ["CONTROL", "WRITES", "Call", "Control", "Fault", "doing", "runs"]

#: The environment variable with that directory's name.
CONTROL: Final = "EXCHANGE_PORTS_TEST_CONTROL"

#: What changes something in EC2, as against what only looks.
WRITES: Final = (
    "Authorize*",
    "Revoke*",
    "Create*",
    "Delete*",
    "Modify*",
    "Update*",
    "PUT",
    "PATCH",
    "DELETE",
)

#: What the provider was asked to do, and with which resource: "create urn:pulumi:...".
_DOING: Final = ContextVar[tuple[str, str]]("doing", default=("", ""))


def runs(process: int) -> bool:
    """Whether a process still does anything: one that has ended may wait for somebody to ask how.

    Where no one adopts orphans (a container's first process that is no init), it waits for ever.
    """
    try:
        summary = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    # The name before the state may have blanks and brackets of its own (man 5 proc).
    return summary.rpartition(")")[2].split()[0] != "Z"


@contextmanager
def doing(what: str, urn: str) -> Generator[None]:
    """The calls of this block are made for `urn`."""
    token = _DOING.set((what, urn))
    try:
        yield
    finally:
        _DOING.reset(token)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the `nth` call that fits and with those after it, `times` in all.

    `slow` waits, `throttle` and `fail` are refusals by the cloud (retried by its client, and not),
    `die` kills the engine and the provider, either before the call or right `after` it.
    """

    do: Literal["slow", "throttle", "fail", "die"]
    #: Patterns of calls: `AuthorizeSecurityGroup*`, `PUT`.
    calls: tuple[str, ...] = ("*",)
    urn: str = "*"
    nth: int = 1
    after: bool = False
    seconds: float = 0.0
    code: str = "UnauthorizedOperation"
    #: None is for ever.
    times: int | None = 1


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the cloud, as the log has it."""

    number: int
    doing: str
    urn: str
    call: str
    process: int
    #: What was sent, as far as the client tells.
    sent: dict[str, Any] = field(default_factory=dict[str, Any])
    #: Whether an answer came; without one the call was cut off.
    answered: bool = False
    #: The cloud's code where it refused.
    error: str | None = None
    #: Where it began and ended among all that the log has: two calls may be under way at once.
    began: int = 0
    ended: int | None = None

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return any(fnmatchcase(self.call, pattern) for pattern in WRITES)

    @property
    def name(self) -> str:
        """The logical name of the resource."""
        return self.urn.rpartition("::")[2]


def _kill_the_engine() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


class Control:
    """The shared directory. `die` is what dying means: by default this process and its parent go."""

    def __init__(self, directory: Path, die: Callable[[], None] = _kill_the_engine) -> None:
        self.directory = directory
        self._calls = directory / "calls.jsonl"
        self._faults = directory / "faults.json"
        self._met = directory / "met.json"
        self._number = directory / "number"
        self._lock = directory / "lock"
        self._processes = directory / "processes"
        self._die = die

    # ---- for a test ----

    def disturb(self, *faults: Fault) -> None:
        """From now on these, and no others."""
        with self._alone():
            self._faults.write_text(json.dumps([asdict(fault) for fault in faults]))
            self._met.unlink(missing_ok=True)

    def calls(self) -> list[Call]:
        """Every call so far, in the order in which they began."""
        found: dict[int, Call] = {}
        for at, line in enumerate(self._lines()):
            number: int = line["number"]
            if "call" in line:
                found[number] = replace(Call(**line), began=at)
            else:
                answer = {"answered": True, "error": line["error"], "ended": at}
                found[number] = replace(found[number], **answer)
        return list(found.values())

    def writes(self) -> list[Call]:
        """The calls that change something."""
        return [call for call in self.calls() if call.writes]

    def forget(self) -> None:
        """Begin the log anew."""
        with self._alone():
            self._calls.unlink(missing_ok=True)

    def processes(self) -> list[int]:
        """Ids of all providers that were started, whether or not they still run."""
        text = self._processes.read_text() if self._processes.exists() else ""
        return [int(line) for line in text.split()]

    # ---- for a provider ----

    def started(self) -> None:
        """This process is a provider."""
        with self._processes.open("a") as file:
            file.write(f"{os.getpid()}\n")

    def before(self, call: str, sent: dict[str, Any] | None = None) -> tuple[int, Fault | None]:
        """Log a call. Its number, and how the cloud shall refuse it, if it shall."""
        what, urn = _DOING.get()
        with self._alone():
            number = int(self._number.read_text()) + 1 if self._number.exists() else 1
            self._number.write_text(str(number))
            self._write(asdict(Call(number, what, urn, call, os.getpid(), sent or {})))
            faults = self._due(call, urn)
        refusal: Fault | None = None
        for fault in faults:
            if fault.do == "slow":
                time.sleep(fault.seconds)
            elif fault.do == "die":
                self._last = (number, fault.after)
                if not fault.after:
                    self._die()
            else:
                refusal = fault
        return number, refusal

    #: The call after which this process dies.
    _last: tuple[int, bool] = (0, False)

    def after(self, number: int, error: str | None) -> None:
        """Log that a call was answered."""
        if self._last == (number, True):
            self._die()
        with self._alone():
            self._write({"number": number, "error": error})

    def _due(self, call: str, urn: str) -> Sequence[Fault]:
        if not self._faults.exists():
            return ()
        raw = cast("list[dict[str, Any]]", json.loads(self._faults.read_text()))
        faults = [Fault(**one) for one in raw]
        met: list[int] = (
            json.loads(self._met.read_text()) if self._met.exists() else [0] * len(faults)
        )
        due: list[Fault] = []
        for at, fault in enumerate(faults):
            if not any(fnmatchcase(call, pattern) for pattern in fault.calls):
                continue
            if not fnmatchcase(urn, fault.urn):
                continue
            met[at] += 1
            past = met[at] - fault.nth
            if past >= 0 and (fault.times is None or past < fault.times):
                due.append(fault)
        self._met.write_text(json.dumps(met))
        return due

    def _lines(self) -> list[dict[str, Any]]:
        text = self._calls.read_text() if self._calls.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def _write(self, line: dict[str, Any]) -> None:
        with self._calls.open("a") as file:
            file.write(json.dumps(line) + "\n")

    @contextmanager
    def _alone(self) -> Generator[None]:
        """One process at a time. A lock of the system's: it goes with a process that is killed."""
        with self._lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
