"""Runs the steps of a composite action as GitHub's runner does: those that are scripts of ours.

Knows: `run`, `env`, the order, the expressions that our actions use, the files by which a step talks to the
runner, and that the first failed step ends the job. Steps that `uses` another action are not run.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import yaml

from tests.review.machine import SERVER, Machine
from tests.support.paths import ROOT

__all__ = ["ACTIONS", "ROOT", "Job", "action"]

ACTIONS: Final = ROOT / ".github" / "actions"
_EXPRESSION: Final = re.compile(r"\$\{\{\s*([^}]+?)\s*\}\}")


def action(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load((ACTIONS / name / "action.yml").read_text()))


@dataclass
class Job:
    """A job: `event` is the file that says why it runs."""

    machine: Machine
    event: Path
    api: str
    repository: str = "contoso/mail"
    outputs: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    #: What each step was given in its environment beside what every step has.
    given: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def __post_init__(self) -> None:
        self.summary.touch()
        self.outputs["python"] = {"python-path": self.machine.python}

    @property
    def temp(self) -> Path:
        return self.machine.home

    @property
    def log(self) -> str:
        return self.machine.log

    @property
    def summary(self) -> Path:
        return self.temp / "summary-file"

    def run(self, name: str, inputs: Mapping[str, str], skip: str = "") -> int:
        """The steps of an action, in order, to the first that fails; its exit code."""
        read = action(name)
        known: dict[str, dict[str, Any]] = read["inputs"]
        assert set(inputs) <= set(known)
        values = {key: str(each.get("default", "")) for key, each in known.items()} | dict(inputs)
        for step in read["runs"]["steps"]:
            code = self._step(name, step, values) if "run" in step and step["id"] != skip else 0
            if code:
                return code
        return 0

    def _step(self, name: str, step: Mapping[str, Any], inputs: Mapping[str, str]) -> int:
        assert step["shell"] == "bash"
        id_: str = step["id"]
        self.given[id_] = {
            key: self._value(str(value), inputs) for key, value in step.get("env", {}).items()
        }
        out = self.temp / f"{id_}.out"
        out.touch()
        code = self.machine.run(
            step["run"],
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(ACTIONS / name),
                "GITHUB_API_URL": self.api,
                "GITHUB_EVENT_PATH": str(self.event),
                "GITHUB_OUTPUT": str(out),
                "GITHUB_REPOSITORY": self.repository,
                "GITHUB_RUN_ID": "4711",
                "GITHUB_SERVER_URL": SERVER,
                "GITHUB_STEP_SUMMARY": str(self.summary),
                **self.given[id_],
            },
        )
        self.outputs[id_] = dict(line.split("=", 1) for line in out.read_text().splitlines())
        return code

    def _value(self, text: str, inputs: Mapping[str, str]) -> str:
        return _EXPRESSION.sub(lambda found: self._of(found[1], inputs), text)

    def _of(self, expression: str, inputs: Mapping[str, str]) -> str:
        match expression.split("."):
            case ["inputs", name]:
                return self._value(inputs[name], inputs)
            case ["runner", "temp"]:
                return str(self.temp)
            case ["github", "token"]:
                return "the-token-of-the-job"
            case ["steps", id_, "outputs", name]:
                return self.outputs.get(id_, {}).get(name, "")
            case _:
                raise AssertionError(f"our actions do not use {expression}")
