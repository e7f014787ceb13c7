"""Whatever is left behind is seen: a process, a port, a file."""

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine import leftovers

pytestmark = pytest.mark.slow

#: Listens on a port, says which, and starts another one that does nothing.
LISTENER = """
import socket, subprocess, sys
it = socket.create_server(("127.0.0.1", 0))
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(it.getsockname()[1], child.pid, flush=True)
input()
"""


@contextmanager
def listener(mark: str) -> Generator[tuple[subprocess.Popen[str], int, int]]:
    """A process with `mark` in its environment, its port, and its child."""
    with subprocess.Popen(
        [sys.executable, "-c", LISTENER],
        env={**os.environ, "MARK": mark},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        port, child = map(int, process.stdout.readline().split())
        try:
            yield process, port, child
        finally:
            process.kill()


def test_a_process_and_what_it_started_are_found_by_their_environment(tmp_path: Path) -> None:
    assert leftovers.processes(str(tmp_path)) == []
    with listener(str(tmp_path)) as (process, _, child):
        assert sorted(leftovers.processes(str(tmp_path))) == sorted([process.pid, child])
    # Its input is at an end when the one that started it is gone.
    while leftovers.processes(str(tmp_path)):
        time.sleep(0.01)


def test_a_port_is_found_while_a_process_listens_on_it(tmp_path: Path) -> None:
    with listener(str(tmp_path)) as (process, port, child):
        assert leftovers.ports([process.pid]) == {port}
        assert leftovers.ports([child]) == set()
        assert port in leftovers.listening()
    assert port not in leftovers.listening()
    assert leftovers.ports([process.pid]) == set()


def test_a_file_is_found_unless_a_tool_keeps_it_for_the_next_time(tmp_path: Path) -> None:
    assert leftovers.files(tmp_path) == set()
    for name in ("below/left.txt", "__pycache__/module.pyc", ".pytest_cache/README.md"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("here")
    assert leftovers.files(tmp_path) == {Path("below/left.txt")}
