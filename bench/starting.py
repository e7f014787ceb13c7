"""How long the whole process of `exchange-ports plan` takes.

Held against a process that only imports what no command can do without: pydantic and a YAML reader.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bench.measure import Measured, interleaved

__all__ = ["measure"]

_ROOT: Final = Path(__file__).parent.parent
_FLOOR: Final = "from pydantic import BaseModel; import yaml"
_PLAN: Final = ("plan", "stacks/Pulumi.dev.yaml")
#: From the acceptance of the first release.
_TARGET: Final = 2.0


def measure(times: int = 15) -> Iterator[Measured]:
    """Every way to start the command."""
    ways = {"python -m exchange_ports plan": [sys.executable, "-m", "exchange_ports"]}
    script = Path(sys.executable).with_name("exchange-ports")
    if script.exists():
        ways["exchange-ports plan"] = [str(script)]
    with tempfile.TemporaryDirectory() as compiled:
        floor = _process([sys.executable, "-c", _FLOOR], compiled)
        runs = [floor, *(_process([*way, *_PLAN], compiled) for way in ways.values())]
        for run in runs:
            run()  # from here on everything is compiled, as it is for everybody's second time
        base, *taken = interleaved(*runs, times=times)
    for what, seconds in zip(ways, taken, strict=True):
        yield Measured(what, seconds, f'python -c "{_FLOOR}"', base, _TARGET)


def _process(command: list[str], compiled: str) -> Callable[[], object]:
    # Some machines forbid Python to keep what it compiled. That would measure the compiler.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> None:
        subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)

    return run
