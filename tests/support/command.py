"""The command line as a shell sees it: here, in a process of its own, or on a terminal."""

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Final
from unittest import mock

from exchange_ports.cli import main
from tests.support.paths import PATIENCE, ROOT

#: Nothing of the person or machine that runs the tests, but what Python needs.
ENVIRONMENT: Final = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
COMMAND: Final = (sys.executable, "-m", "exchange_ports")


class _Terminal(io.TextIOWrapper):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(
    *arguments: str, folder: Path = ROOT, columns: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in this process, with the folder, environment and streams of another.

    A tenth of what a process takes. That both say the same is a test of its own (tests/cli). With
    `columns` its streams are those of a terminal as wide, without color.
    """
    stream = io.TextIOWrapper if columns is None else _Terminal
    wide = {} if columns is None else {"COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "dumb"}
    out, err = io.BytesIO(), io.BytesIO()
    with (
        stream(out, "utf-8", write_through=True) as stdout,
        stream(err, "utf-8", "backslashreplace", write_through=True) as stderr,
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, {**ENVIRONMENT, **wide}, clear=True),
    ):
        try:
            code = main(arguments)
        except SystemExit as stop:
            # By argparse, which says why; and of help and the version.
            code = int(stop.code or 0)
        stdout.flush()
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def run_apart(
    *arguments: str, folder: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a process of its own; a traceback is never right."""
    ran = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert b"Traceback" not in ran.stderr
    assert b"Exception ignored" not in ran.stderr
    return ran


def all_that_is_shown(terminal: int) -> bytes:
    """What is written to a terminal until no one writes any more."""
    seen = b""
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:
            break
        if not read:
            break
        seen += read
    os.close(terminal)
    return seen


def on_a_terminal(*arguments: str, **environment: str) -> bytes:
    """What a terminal gets to see as standard output."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={**ENVIRONMENT, "COLUMNS": "500", **environment},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(theirs)
        seen = all_that_is_shown(ours)
    assert process.returncode == 0
    return seen


def without_color(text: bytes) -> bytes:
    return re.sub(rb"\x1b\[[0-9;]*m", b"", text).replace(b"\r\n", b"\n")
