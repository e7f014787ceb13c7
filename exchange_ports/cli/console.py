"""What a command says besides its answer: its exit code, and on standard error warnings and its steps.

No answer hangs on anything here, the clock that waits for a second least of all.
"""

import io
import os
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, TextIO

from exchange_ports.findings import Finding

if TYPE_CHECKING:
    from threading import Event

    from typing_extensions import Buffer

#: Exit codes: fine, the answer is no, bad input.
FINE: Final = 0
NO: Final = 1
BAD_INPUT: Final = 2

#: Seconds that a command works in silence, from its start on.
PATIENCE: Final = 1.0


class _WhileRead(io.RawIOBase):
    """A file descriptor's output; what no reader is left for is dropped."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: "Buffer", /) -> int:
        try:
            return os.write(self._descriptor, data)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._descriptor)
            return memoryview(data).nbytes


def outlive_readers() -> None:
    """From here on a command comes to its exit code, also where its output goes to `head -1`."""
    usual = sys.stdout
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_WhileRead(usual.fileno())),
        encoding=usual.encoding,
        errors=usual.errors,
        line_buffering=usual.isatty(),
    )


class Volume(Enum):
    """How much is printed."""

    #: Errors alone.
    QUIET = auto()
    #: Warnings as well, and on a terminal what takes long.
    USUAL = auto()
    #: Every step as well, on a terminal or not.
    VERBOSE = auto()


class _Voice:
    """How much this process says, and since when it works."""

    volume = Volume.USUAL
    #: Findings that are written when all are there; none where each is shown at once, as text.
    kept: list[Finding] | None = None
    since = time.monotonic()
    patience = PATIENCE


def raise_voice(
    volume: Volume, patience: float = PATIENCE, kept: list[Finding] | None = None
) -> None:
    """From here on this much is printed; work begins now, and is shown after `patience` seconds.

    With `kept`, findings are put there in place of being shown.
    """
    _Voice.volume, _Voice.since, _Voice.patience = volume, time.monotonic(), patience
    _Voice.kept = kept


def say(findings: Sequence[Finding]) -> None:
    """Findings on standard error, after what was asked; warnings only where they are wanted."""
    shown = [each for each in findings if each.is_error or _Voice.volume is not Volume.QUIET]
    if _Voice.kept is not None:
        _Voice.kept += shown
    elif shown:
        from exchange_ports.reports.reasons import findings_report
        from exchange_ports.reports.text_writer import show

        print(file=sys.stderr)
        show(findings_report(shown), sys.stderr)


def note(*lines: str) -> None:
    """Lines on standard error, unless only errors are wanted."""
    if _Voice.volume is not Volume.QUIET:
        print("\n".join(lines), file=sys.stderr)


def failed(findings: Iterable[Finding]) -> None:
    """What the answer itself says, as findings: only for who wants findings in place of the answer."""
    if _Voice.kept is not None:
        _Voice.kept += findings


@contextmanager
def doing(step: str, *, prints: bool = False) -> Generator[None]:
    """Around what may take long: on a terminal it is shown while it does, unless it `prints` itself.

    With `--verbose` the step is printed wherever standard error leads.
    """
    if _Voice.volume is Volume.VERBOSE:
        print(step, file=sys.stderr, flush=True)
    if prints or not _shows():
        yield
        return
    from threading import Event, Timer  # only terminals should pay for it

    over = Event()
    left = max(0.0, _Voice.since + _Voice.patience - time.monotonic())
    timer = Timer(left, _show, (step, over, sys.stderr))
    # Whatever happens to the command, nothing waits for this.
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        over.set()
        # What is shown is taken away before anybody prints.
        timer.join()


def _shows() -> bool:
    return (
        _Voice.volume is Volume.USUAL
        and sys.stderr.isatty()
        and os.environ.get("TERM") not in (None, "", "dumb", "unknown")
    )


def _show(step: str, over: "Event", stream: TextIO) -> None:
    from rich.console import Console

    if over.is_set():
        return
    with Console(file=stream, highlight=False).status(f"{step} ...", spinner="line"):
        over.wait()
