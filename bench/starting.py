"""How long whole processes of `exchange-ports` take, from a cold start.

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

__all__ = ["measure", "process"]

_ROOT: Final = Path(__file__).parent.parent
_FLOOR: Final = "from pydantic import BaseModel; import yaml"
_STACK: Final = "stacks/Pulumi.dev.yaml"
#: The commands, and how many times the floor each may take.
_COMMANDS: Final = (
    (("plan", _STACK), 1.8),
    (("check", _STACK, "ex1", "ex2", "443/tcp"), 2.5),
    (("prove", _STACK), None),
)


def measure(times: int = 15) -> Iterator[Measured]:
    """Every command in every way to start it."""
    ways = {"python -m exchange_ports": [sys.executable, "-m", "exchange_ports"]}
    script = Path(sys.executable).with_name("exchange-ports")
    if script.exists():
        ways["exchange-ports"] = [str(script)]
    asked = [
        (f"{way} {command[0]}", [*start, *command], target)
        for command, target in _COMMANDS
        for way, start in ways.items()
    ]
    with tempfile.TemporaryDirectory() as compiled:
        floor = process([sys.executable, "-c", _FLOOR], compiled)
        runs = [floor, *(process(command, compiled) for _, command, _ in asked)]
        for run in runs:
            run()  # from here on everything is compiled, as it is for everybody's second time
        base, *taken = interleaved(*runs, times=times)
    for (what, _, target), seconds in zip(asked, taken, strict=True):
        yield Measured(what, seconds, f'python -c "{_FLOOR}"', base, target)


def process(command: list[str], compiled: str) -> Callable[[], object]:
    """A command as a process of its own; what Python compiles is kept in the folder `compiled`."""
    # Some machines forbid Python to keep what it compiled. That would measure the compiler.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> None:
        subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)

    return run
