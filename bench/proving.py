"""How long the proof of both plans takes, held against what others do in its place.

Aerleon's shade check asks less: whether one term is covered by a single other one. z3 is asked two of
the proof's statements, that what is permitted is what is meant and that no rule is covered by the
others; the proof has those and every other law. Beside it the main statement alone, on both sides.
"""

import time
from collections.abc import Callable, Iterator
from typing import Final

from bench.compiling import BOTH, compiled
from bench.measure import Measured, interleaved
from bench.workload import by_address, topology
from exchange_ports.planning import Plans
from exchange_ports.proof import prove
from exchange_ports.proof.invariants import Invariants
from exchange_ports.proof.network_model import NetworkModel

__all__ = ["measure"]

_LARGE: Final = 10_000
_SHADED: Final = 1_000
_SOLVED: Final = 300
#: Seconds on one core.
_PROMISED: Final = 1.0
_OF_Z3: Final = 0.02


def measure() -> Iterator[Measured]:
    """The largest size against the clock, then against Aerleon, then against z3."""
    yield from _in_time()
    yield _against_shade_check()
    yield from _against_z3()


def _what(count: int) -> str:
    return f"prove both plans, {count:,} flows"


def _plans(count: int) -> tuple[Plans, ...]:
    return tuple(compiled(topology(count, platform)) for platform in BOTH)


def _afresh(
    work: Callable[[tuple[Plans, ...]], None], count: int, times: int
) -> Callable[[], object]:
    """`work` on plans that nothing has read before: what plans keep for a second reader is work too."""
    ready = iter([_plans(count) for _ in range(times)])
    return lambda: work(next(ready))


def _prove(plans: tuple[Plans, ...]) -> None:
    for each in plans:
        proof = prove(each)
        if not proof.holds:
            raise RuntimeError(f"the proof fails: {proof.failures[0]}")


def _in_time() -> Iterator[Measured]:
    second = "one second of one core"
    # One core's seconds: those that others take on a busy machine are not counted. A command runs
    # without the collector (`exchange_ports.__main__`), a Pulumi program with it.
    for collecting in (False, True):
        (taken,) = interleaved(
            _afresh(_prove, _LARGE, 3), times=3, clock=time.process_time, collecting=collecting
        )
        how = "as a Pulumi program does, collecting" if collecting else "as a command does"
        target = None if collecting else 1.0
        what = f"{_what(_LARGE)}, {how}"
        yield Measured(what, taken, second, _PROMISED, target, promised=True)


def _against_shade_check() -> Measured:
    from bench import aerleon

    plans = _plans(_SHADED)
    flows = by_address(plans[0].topology, plans[0].flows)
    ours, without, whole = interleaved(
        _afresh(_prove, _SHADED, 5),
        aerleon.generating(flows),
        aerleon.generating(flows, shade_check=True),
        times=5,
    )
    against = f"{aerleon.NAME}, shade check alone, {_SHADED:,} flows"
    return Measured(_what(_SHADED), ours, against, whole - without)


def _against_z3() -> Iterator[Measured]:
    from bench import smt

    plans = _plans(_SOLVED)
    asked = [smt.halved(question) for each in plans for question in smt.questions(each)]

    def solve() -> None:
        if not all(smt.same(question) for question in asked):
            raise RuntimeError("z3 finds a packet that the plans permit and no flow means")

    def solve_all() -> None:
        solve()
        for question in asked:
            smt.needless(question)

    ours, theirs = interleaved(_afresh(_prove, _SOLVED, 3), solve_all, times=3)
    against = f"{smt.NAME}, permitted = required and no rule covered, {_SOLVED:,} flows"
    yield Measured(_what(_SOLVED), ours, against, theirs, _OF_Z3)
    ours, theirs = interleaved(_afresh(_state, _SOLVED, 7), solve, times=7)
    what = f"permitted = required of both plans alone, {_SOLVED:,} flows"
    against = f"{smt.NAME}, permitted = required of both plans, {_SOLVED:,} flows"
    yield Measured(what, ours, against, theirs)


def _state(plans: tuple[Plans, ...]) -> None:
    """The main statement without the other laws."""
    for each in plans:
        if any(Invariants(NetworkModel(each)).permitted_is_required()):
            raise RuntimeError("the plans permit what no flow means")
