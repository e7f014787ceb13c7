"""What a measurement is, and how a machine is named."""

import gc
import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

__all__ = ["Amount", "Measured", "Section", "interleaved", "machine", "report", "shown"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Something measured beside what it is held against, in seconds or in MiB."""

    what: str
    value: float
    against: str
    floor: float
    #: The ratio must not be above this. None: shown for information.
    target: float | None = None
    #: How the ratio reads: as a multiple (1.5x) or as a share (1.5 %).
    share: bool = False
    unit: str = "s"
    #: Whether it is held against a number that was promised, not against something measured.
    promised: bool = False

    @property
    def ratio(self) -> float:
        return self.value / self.floor

    @property
    def missed(self) -> bool:
        return self.target is not None and self.ratio > self.target

    def shown(self, ratio: float) -> str:
        if self.share:
            return f"{ratio * 100:.1f} %"
        # Two digits that count, also of small ratios.
        return f"{ratio:.2f}x" if ratio >= _SMALL else f"{ratio:.3f}x"

    @property
    def verdict(self) -> str:
        """What it must be, and whether it is; empty where nothing was promised."""
        if self.target is None:
            return ""
        word = "MISSED" if self.missed else "held"
        return f"at most {self.shown(self.target)}: {word}"


@dataclass(frozen=True, slots=True)
class Amount:
    """One thing that was measured, for itself."""

    what: str
    value: float
    unit: str
    #: Whether it is ours, or what we are held against.
    ours: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Measurements of one kind, with what must be known to read them."""

    title: str
    measured: tuple[Measured, ...] = ()
    #: Lines of text: how it was measured, or what was found that is no measurement.
    notes: tuple[str, ...] = ()
    #: Whether something that was to be found out was found to be wrong.
    wrong: bool = False

    @property
    def amounts(self) -> tuple[Amount, ...]:
        """Everything measured, once, each of ours with what it is held against behind it."""
        ours = {each.what for each in self.measured}
        found: dict[str, Amount] = {}
        for each in self.measured:
            both = [(each.what, each.value)]
            if not each.promised:
                both.append((each.against, each.floor))
            for what, value in both:
                found.setdefault(what, Amount(what, value, each.unit, what in ours))
        return tuple(found.values())

    @property
    def missed(self) -> bool:
        return any(each.missed for each in self.measured)


_SMALL: Final = 0.1


def interleaved(
    *runs: Callable[[], object],
    times: int,
    clock: Callable[[], float] = time.perf_counter,
    collecting: bool = True,
) -> list[float]:
    """The median time of each run. They take turns, so that a busy moment meets all of them.

    Without `collecting` the collector is paused, as `timeit` does: what is left is the work itself,
    for how long a collection takes depends on all that stands in memory, whoever made it.
    """
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(times):
        for run, seconds in zip(runs, taken, strict=True):
            if not collecting:
                gc.collect()
                gc.disable()
            try:
                start = clock()
                run()
                seconds.append(clock() - start)
            finally:
                gc.enable()
    return [median(seconds) for seconds in taken]


_CPUINFO: Final = Path("/proc/cpuinfo")


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


def shown(amount: Amount) -> str:
    """The value with its unit, short times in milliseconds."""
    if amount.unit != "s":
        return f"{amount.value:.0f} {amount.unit}"
    if amount.value >= 1:
        return f"{amount.value:.2f} s"
    return f"{amount.value * 1000:.1f} ms"


def report(sections: Iterable[Section]) -> list[str]:
    """All ratios first, then what they are made of, then what was found."""
    told = tuple(sections)
    lines = ["ratios"]
    for section in told:
        for each in section.measured:
            verdict = f"   target {each.verdict}" if each.verdict else ""
            lines.append(f"  {each.shown(each.ratio):>8}  {each.what} / {each.against}{verdict}")
    lines.append("absolute")
    for section in told:
        lines += [f"  {shown(each):>10}  {each.what}" for each in section.amounts]
    return lines + _notes(told)


def _notes(sections: Sequence[Section]) -> list[str]:
    lines: list[str] = []
    for section in sections:
        if section.notes:
            lines += [section.title.lower(), *(f"  {note}" for note in section.notes)]
    return lines
