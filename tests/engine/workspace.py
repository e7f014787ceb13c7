"""A Pulumi project in a temporary directory, with a real engine and our providers for tests.

Knows: what the CLI needs to run alone and quietly, and where it looks for plugins (pulumi.md 2 and 5).
Must not know: any cloud. A plugin is a module of tests to run.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.engine.control import CONTROL, Control
from tests.engine.leftovers import processes
from tests.support.paths import ROOT

__all__ = ["Plugin", "Workspace", "workspace"]

#: The program that `pulumi up` runs for a user of this repository.
PROGRAM: Final = ROOT / "__main__.py"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A provider: its package, the version that our program asks for, and the module to run."""

    package: str
    version: str
    module: str


#: How many seconds one command may take. Some install packages or compile.
_PATIENCE: Final = 400
#: And how many a provider has to notice that its engine is gone.
_TO_NOTICE: Final = 30


class Workspace:
    """A project with one stack. Nothing is read from or written to anywhere else."""

    def __init__(
        self,
        directory: Path,
        stack: str,
        plugins: Collection[Plugin],
        env: Mapping[str, str],
        program: Path = PROGRAM,
        project: Path | None = None,
    ) -> None:
        self.stack = stack
        self.project = project or directory / "project"
        self._home = directory / "home"
        control = directory / "control"
        state, temporary = directory / "state", directory / "temporary"
        for each in (self._home, control, state, temporary):
            each.mkdir(parents=True)
        self.control = Control(control)
        if project is None:
            (self.project / "stacks").mkdir(parents=True)
            shutil.copy(ROOT / "Pulumi.yaml", self.project)
            shutil.copy(program, self.project / "__main__.py")
            # The program runs in the environment of the tests.
            (self.project / ".venv").symlink_to(sys.prefix)
        for plugin in plugins:
            self.place(plugin)
        kept = ("PATH", "LANG", "LC_ALL")
        self._env = {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "PYTHONPATH": str(ROOT),
            # What the CLI starts has habits of its own: pip asks for rustc, and that writes there.
            "HOME": str(self._home),
            "TMPDIR": str(temporary),
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_HOME": str(self._home),
            "PULUMI_CONFIG_PASSPHRASE": "only for tests",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_CREDENTIAL_STORE": "plaintext",
            "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
            "PULUMI_SKIP_CONFIRMATIONS": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "NO_COLOR": "1",
            CONTROL: str(control),
            **env,
        }

    def place(self, plugin: Plugin) -> None:
        """Put a provider where the engine looks for it."""
        name = f"resource-{plugin.package}-v{plugin.version}"
        path = self._home / "plugins" / name / f"pulumi-resource-{plugin.package}"
        path.parent.mkdir(parents=True)
        # `exec`, so that the provider's parent is the engine.
        path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {plugin.module} "$@"\n')
        path.chmod(0o755)

    def configure(self, config: Mapping[str, object], settings: Mapping[str, object]) -> None:
        """Write the stack's file: `config` by full keys, `settings` by ours.

        What the CLI wrote there beside it stays: its salt.
        """
        path = self.project / "stacks" / f"Pulumi.{self.stack}.yaml"
        kept: dict[str, Any] = yaml.safe_load(path.read_text()) if path.exists() else {}
        ours = {f"{NAMESPACE}:{name}": value for name, value in settings.items()}
        path.write_text(yaml.safe_dump({**kept, "config": {**config, **ours}}, sort_keys=False))

    def run(self, *command: str) -> str:
        """Run another tool in the project's folder, and return what it printed, both streams.

        :raises AssertionError: it failed.
        """
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}"
        return done.stdout

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        """Run the CLI and return what it said, both streams.

        :raises AssertionError: it did not end as expected.
        """
        with self.started(*arguments) as process:
            reported, _ = process.communicate(timeout=_PATIENCE)
        assert (process.returncode != 0) is fails, f"pulumi {arguments}: {reported}"
        return reported

    @contextmanager
    def started(self, *arguments: str) -> Generator[subprocess.Popen[str]]:
        """A command that runs while this block does; it is killed at the end of it."""
        with subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.project,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def up(self) -> list[tuple[str, str]]:
        """Update without looking first. What was done, as `steps` has it."""
        self.pulumi("up", "--yes", "--skip-preview", "--stack", self.stack)
        return self.steps()

    def steps(self) -> list[tuple[str, str]]:
        """What providers were asked to do since the log was last forgotten, as (word, name)."""
        done = [(call.doing, call.name) for call in self.control.calls() if call.doing != "read"]
        return list(dict.fromkeys(done))

    def preview(self) -> list[tuple[str, str]]:
        """The steps that the engine foresees, as (op, name), `same` left out."""
        reported = self.pulumi("preview", "--json", "--stack", self.stack)
        foreseen = cast("dict[str, Any]", json.loads(reported[reported.index("{") :]))
        return [
            (step["op"], step["urn"].rpartition("::")[2])
            for step in foreseen["steps"]
            if step["op"] != "same"
        ]

    def export(self) -> list[dict[str, Any]]:
        """The resources of the state."""
        return self._deployment().get("resources", [])

    def pending(self) -> list[dict[str, Any]]:
        """What the state has of things that were begun and not ended."""
        deployment = self._deployment()
        going = [each for each in deployment.get("resources", []) if each.get("delete")]
        return [*deployment.get("pending_operations", []), *going]

    def _deployment(self) -> dict[str, Any]:
        reported = self.pulumi("stack", "export", "--stack", self.stack)
        return json.loads(reported)["deployment"]

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        return json.loads(self.pulumi("stack", "output", "--json", "--stack", self.stack))

    def left(self) -> list[int]:
        """Ids of the processes that were started for this workspace and still run.

        A killed engine leaves plugins and the host of the program behind (pulumi.md 4). They are
        told by the directory in their environment: ids are given again.
        """
        return processes(f"{CONTROL}={self.control.directory}\0")

    def end_what_is_left(self) -> None:
        """After a kill: the providers end by themselves, and whatever else is left is ended, by id.

        :raises AssertionError: a provider does not end.
        """
        deadline = time.monotonic() + _TO_NOTICE
        while set(self.left()) & set(self.control.processes()):
            assert time.monotonic() < deadline, "a provider outlives its engine"
            time.sleep(0.1)
        for process in self.left():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@contextmanager
def workspace(
    directory: Path,
    stack: str,
    plugins: Collection[Plugin],
    env: Mapping[str, str],
    program: Path = PROGRAM,
    project: Path | None = None,
) -> Generator[Workspace]:
    """A workspace with an empty stack; no process of it is left when the block ends.

    `project` is a folder with a whole project, which is used where it is; without it, one is made of `program`.
    """
    made = Workspace(directory, stack, plugins, env, program, project)
    try:
        yield made
    finally:
        made.end_what_is_left()
