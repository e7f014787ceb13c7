"""How much work a test may do: in CPU time, so that a busy machine is no reason to fail."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["MOST_CPU", "WorksTooLong", "bounded_work"]

#: Seconds of CPU time of this process for one test: far more than any takes, and less than forever.
MOST_CPU: Final = 900


class WorksTooLong(BaseException):
    """A test goes round in circles. No `except Exception` on its way catches it."""


@contextmanager
def bounded_work(seconds: float) -> Generator[None]:
    """Interrupt what takes more CPU time than that; waiting is free. Signals reach the main thread only.

    :raises WorksTooLong: it took more.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise WorksTooLong(f"more than {seconds} seconds of CPU time")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
