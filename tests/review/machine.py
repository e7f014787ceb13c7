"""A machine as a forge lends it for one job, but for two programs.

`git` finds https://github.example on the disk, and notes what it is told on its command line. `python -m venv`
lends the environment of the tests, in which `pip` then finds everything installed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["SERVER", "Machine"]

SERVER: Final = "https://github.example"
_GIT: Final = """#!/usr/bin/env bash
printf '%s\\n' "$@" >>"HERE/said"
printf '%s\\n' "$1 ${*: -1} ${GIT_CONFIG_KEY_0:-} ${GIT_CONFIG_VALUE_0:-}" >>"HERE/shown"
words=()
for word in "$@"; do words+=("${word/#https:\\/\\/github.example/file://HERE/server}"); done
if [[ ${GIT_ALLOW_PROTOCOL:-} == https ]]; then export GIT_ALLOW_PROTOCOL=file; fi
exec "REAL" "${words[@]}"
"""
_PYTHON: Final = """#!/usr/bin/env bash
if [[ " $* " == *" -m venv "* ]]; then
    mkdir -p "$(dirname "${@: -1}")"
    exec ln -sfn "PREFIX" "${@: -1}"
fi
exec "REAL" "$@"
"""


class Machine:
    """Scripts are run in `folder`/NAME; the forge's repositories stand in `folder`/server."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.home = folder / name
        self.home.mkdir(parents=True, exist_ok=True)
        self.log = ""
        self._programs = folder / "programs"
        self._programs.mkdir(exist_ok=True)
        self._program("git", _GIT, str(shutil.which("git")))
        self._program("python", _PYTHON, sys.executable)

    def _program(self, name: str, text: str, real: str) -> None:
        words = {"HERE": str(self.folder), "REAL": real, "PREFIX": sys.prefix}
        for word, value in words.items():
            text = text.replace(word, value)
        path = self._programs / name
        path.write_text(text)
        path.chmod(0o755)

    def lend(self, name: str, text: str) -> None:
        """Another program: a script of bash, in which HERE is the folder of all machines."""
        self._program(name, text, "")

    @property
    def python(self) -> str:
        return str(self._programs / "python")

    @property
    def git_input(self) -> str:
        return (self.folder / "said").read_text("utf-8", "surrogateescape")

    @property
    def shown_by_git(self) -> set[str]:
        """What git shows to servers, and to which."""
        lines = (self.folder / "shown").read_text("utf-8", "surrogateescape").splitlines()
        return {line.partition(" http.")[2] for line in lines} - {""}

    def run(self, script: str, environment: Mapping[str, str]) -> int:
        """The exit code of a script, as the forges' runners start it."""
        file = self.home / "script.sh"
        file.write_text(script)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", file],
            cwd=self.home,
            env={
                "PATH": f"{self._programs}:{os.environ['PATH']}",
                "HOME": str(self.home),
                # Everything is installed. Where it is not, nothing is, and the step fails.
                "PIP_NO_INDEX": "1",
                "PIP_DRY_RUN": "1",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="surrogateescape",
            check=False,
        )
        self.log += done.stdout
        return done.returncode
