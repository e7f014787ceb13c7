"""How long the proof of both plans takes, held against what others do in its place.

Aerleon's shade check asks less: whether one term is covered by a single other one. z3 is asked the
main statement alone, permitted = meant; the proof finds it with every other law.
"""

import time
from collections.abc import Iterator
from typing import Final

from bench.compiling import BOTH, compiled
from bench.measure import Measured, interleaved
from bench.workload import by_address, topology
from exchange_ports.plans import Plans
from exchange_ports.proof import prove

__all__ = ["measure"]

_LARGE: Final = 10_000
_SHADED: Final = 1_000
_SOLVED: Final = 300
#: Seconds on one core.
_PROMISED: Final = 1.0
_OF_Z3: Final = 0.02


def measure() -> Iterator[Measured]:
    """The largest size against the clock, then against Aerleon, then against z3."""
    yield _in_time()
    yield _against_shade_check()
    yield _against_z3()


def _what(count: int) -> str:
    return f"prove both plans, {count:,} flows"


def _plans(count: int) -> tuple[Plans, ...]:
    return tuple(compiled(topology(count, platform)) for platform in BOTH)


def _prove(plans: tuple[Plans, ...]) -> None:
    for each in plans:
        proof = prove(each)
        if not proof.holds:
            raise RuntimeError(f"the proof fails: {proof.failures[0]}")


def _in_time() -> Measured:
    plans = _plans(_LARGE)
    # One core's seconds: those that others take on a busy machine are not counted.
    (taken,) = interleaved(lambda: _prove(plans), times=3, clock=time.process_time)
    return Measured(_what(_LARGE), taken, "one second of one core", _PROMISED, 1.0, promised=True)


def _against_shade_check() -> Measured:
    from bench import aerleon

    plans = _plans(_SHADED)
    flows = by_address(plans[0].topology, plans[0].flows)
    ours, without, whole = interleaved(
        lambda: _prove(plans),
        aerleon.generating(flows),
        aerleon.generating(flows, shade_check=True),
        times=5,
    )
    against = f"{aerleon.NAME}, shade check alone, {_SHADED:,} flows"
    return Measured(_what(_SHADED), ours, against, whole - without)


def _against_z3() -> Measured:
    from bench import smt

    plans = _plans(_SOLVED)
    asked = [smt.halved(question) for each in plans for question in smt.questions(each)]

    def solve() -> None:
        if not all(smt.same(question) for question in asked):
            raise RuntimeError("z3 finds a packet that the plans permit and no flow means")

    ours, theirs = interleaved(lambda: _prove(plans), solve, times=7)
    against = f"{smt.NAME}, permitted = meant of both plans, {_SOLVED:,} flows"
    return Measured(_what(_SOLVED), ours, against, theirs, _OF_Z3)
