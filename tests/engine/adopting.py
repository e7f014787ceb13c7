"""What a person does who adopts: prints, asks the command, and runs what it says, in that order.

Knows: the command's words, as a shell has them. Must not know: what they should find.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.engine.workspace import Workspace
from tests.support.paths import PATIENCE, ROOT

__all__ = ["Adopter", "Answer"]

Json = dict[str, Any]

#: The steps that are the engine's; all others are the cloud's own.
_ENGINE: Final = "pulumi "


@dataclass(frozen=True)
class Answer:
    """What the command said: its exit code, its JSON, and where the import file is."""

    code: int
    data: Json

    @property
    def commands(self) -> list[str]:
        """What it says is to be run. To attach servers has no command: who owns them does it."""
        return [step["command"] for step in self.data["steps"] if step["command"]]

    def names(self, stand: str) -> set[str]:
        """The names of what stands so."""
        return {
            each["name"]
            for network in self.data["networks"].values()
            for each in network["resources"]
            if each["status"] == stand
        }


class Adopter:
    """A person with a shell beside an engine. `printed` prints what exists, `cloud` runs a command."""

    def __init__(
        self,
        engine: Workspace,
        option: str,
        printed: Callable[[], Iterable[object]],
        cloud: Callable[[list[str]], None],
    ) -> None:
        self._engine = engine
        self._option = option
        self._printed = printed
        self._cloud = cloud
        self._folder = engine.project.parent / "adopting"
        self._folder.mkdir()

    def ask(self, told: Mapping[str, str] | None = None) -> Answer:
        """Print everything, and ask."""
        outputs = list(self._printed())
        for at, output in enumerate(outputs):
            self._write(f"printed-{at}.json", output)
        state = self._engine.pulumi("stack", "export", "--stack", self._engine.stack)
        (self._folder / "state.json").write_text(state)
        stack = self._engine.project / "stacks" / f"Pulumi.{self._engine.stack}.yaml"
        named = [f"--match={name}={id_}" for name, id_ in (told or {}).items()]
        files = [f"printed-{at}.json" for at in range(len(outputs))]
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "exchange_ports", "adopt", str(stack)),
                *("--state", "state.json", "--json", "--out", str(self._folder / "adopt.json")),
                *(*named, self._option, *files),
            ],
            cwd=self._folder,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert ran.returncode in (0, 1), ran.stderr
        return Answer(ran.returncode, json.loads(ran.stdout))

    def recover(self, told: Mapping[str, str] | None = None, rounds: int = 3) -> list[Answer]:
        """Ask and run what is said, until nothing is to be done. What was answered, in order.

        :raises AssertionError: there is no end to it.
        """
        answers: list[Answer] = []
        for _ in range(rounds):
            answers.append(self.ask(told))
            if not answers[-1].commands:
                return answers
            for command in answers[-1].commands:
                self.run(command)
        raise AssertionError(f"still to do: {answers[-1].data['steps']}")

    def run(self, command: str) -> None:
        """Run one command, as a shell would; to look before an update changes nothing."""
        words = shlex.split(command)
        if not command.startswith(_ENGINE):
            self._cloud(words)
            return
        if words[1] == "up":
            words += ["--yes", "--skip-preview"]
        if words[1:3] == ["stack", "export"]:
            words = [*words[:3], "--file", str(self._folder / "exported.json")]
        self._engine.pulumi(*words[1:], "--stack", self._engine.stack)

    def _write(self, name: str, data: object) -> None:
        (self._folder / name).write_text(json.dumps(data, default=str))
