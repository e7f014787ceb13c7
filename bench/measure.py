"""What a measurement is, and how a machine is named."""

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

__all__ = ["Measured", "interleaved", "machine", "report"]

_CPUINFO: Final = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Measured:
    """Something timed beside what it is held against, in seconds."""

    what: str
    seconds: float
    against: str
    floor: float
    #: The ratio must not be above this. None: shown for information.
    target: float | None = None
    #: How the ratio reads: as a multiple (1.5x) or as a share (1.5 %).
    share: bool = False

    @property
    def ratio(self) -> float:
        return self.seconds / self.floor

    @property
    def missed(self) -> bool:
        return self.target is not None and self.ratio > self.target

    def shown(self, ratio: float) -> str:
        return f"{ratio * 100:.1f} %" if self.share else f"{ratio:.2f}x"


def interleaved(
    *runs: Callable[[], object], times: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """The median time of each run. They take turns, so that a busy moment meets all of them."""
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(times):
        for run, seconds in zip(runs, taken, strict=True):
            start = clock()
            run()
            seconds.append(clock() - start)
    return [median(seconds) for seconds in taken]


def machine() -> str:
    """The processor, its cores that we may use, and the Python that measured."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cpu = models[0] if models else platform.processor() or platform.machine()
    free = getattr(os, "sched_getaffinity", None)
    cores = len(free(0)) if free else os.cpu_count() or 1
    return f"{cpu}, {cores} cores, Python {platform.python_version()} on {platform.system()}"


def report(measured: Sequence[Measured]) -> list[str]:
    """Ratios first, then the times they are made of."""
    lines = ["ratios"]
    for each in measured:
        verdict = ""
        if each.target is not None:
            word = "MISSED" if each.missed else "held"
            verdict = f"   target at most {each.shown(each.target)}: {word}"
        lines.append(f"  {each.shown(each.ratio):>8}  {each.what} / {each.against}{verdict}")
    lines.append("absolute")
    times = {each.what: each.seconds for each in measured}
    times |= {each.against: each.floor for each in measured}
    lines += [f"  {seconds * 1000:8.1f} ms  {what}" for what, seconds in times.items()]
    return lines
