"""How much memory whole processes take at most: `python -m bench.memory WHAT COUNT` is one of them.

The peak is what the kernel counted: the interpreter, what it imported, and everything at its
largest. Nothing is traced, so nothing is slower or larger for it.
"""

import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

from bench.measure import Measured
from exchange_ports.topology.inventory import Inventory

__all__ = ["measure"]

_ROOT: Final = Path(__file__).parent.parent
_COUNT: Final = 10_000
#: MiB.
_PROMISED: Final = 200.0
#: What `ru_maxrss` counts in: KiB on Linux, bytes on macOS.
_PER_MIB: Final = 1024 if sys.platform == "linux" else 1024 * 1024


def measure() -> Iterator[Measured]:
    """Compiling and proving, against the promise, the floor and Aerleon."""
    ours, floor, theirs = (_peak(what) for what in _WORK)
    what = f"compile and prove both plans, {_COUNT:,} flows"
    yield Measured(what, ours, f"{_PROMISED:.0f} MiB", _PROMISED, 1.0, unit="MiB", promised=True)
    yield Measured(what, ours, "the interpreter with the same imports", floor, unit="MiB")
    yield Measured(what, ours, f"Aerleon, one target, {_COUNT:,} flows", theirs, unit="MiB")


def _peak(what: str) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "bench.memory", what, str(_COUNT)],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _ours(count: int) -> None:
    from bench.compiling import BOTH, compiled
    from bench.workload import topology
    from exchange_ports.proof import prove

    # Both are kept, as a program that makes both has them.
    plans = [compiled(topology(count, platform)) for platform in BOTH]
    if not all(prove(each).holds for each in plans):
        raise RuntimeError("the proof fails")


def _floor(_: int) -> None:
    for module in ("clouds.azure.plan", "clouds.azure.evaluator", "topology.models"):
        import_module(f"exchange_ports.{module}")


def _aerleon(count: int) -> None:
    from bench import aerleon
    from bench.workload import by_address, topology
    from exchange_ports.flows import compile_flows
    from exchange_ports.topology.models import Platform

    # Our own part of this process, the topology, is smaller than its policy.
    one = topology(count, Platform.AWS)
    run = aerleon.generating(by_address(one, compile_flows(Inventory(one))))
    del one
    run()


_WORK: Final[dict[str, Callable[[int], None]]] = {
    "ours": _ours,
    "floor": _floor,
    "aerleon": _aerleon,
}


def _most() -> float:
    """The largest resident size of this process so far, in MiB."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PER_MIB
    # Linux hands `ru_maxrss` on to whoever a process starts: there it would be the largest of both.
    found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise RuntimeError("the kernel does not say how much memory was in use")
    return int(found[1]) / 1024


if __name__ == "__main__":
    _WORK[sys.argv[1]](int(sys.argv[2]))
    print(_most())
