"""A stack with interfaces on a real engine: one update after the other, and what stood after each call.

Knows: the commands of the CLI. Must not know: either cloud.
"""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange_ports.planning import Plans
from tests.engine.chain import BEGINNING, Topology
from tests.engine.clouds import ATTACHED, Cloud, opened
from tests.engine.control import Call, Fault
from tests.engine.updating import Passed, passed, planned
from tests.engine.workspace import Workspace, workspace
from tests.support.recordings import Platform, declared

__all__ = ["Begun", "Running", "Started", "running"]

_PROVIDER = "pulumi:providers:"


class Running:
    """A stack in a cloud, and the engine that makes it so."""

    def __init__(self, engine: Workspace, cloud: Cloud) -> None:
        self.engine, self.cloud = engine, cloud
        self.control = engine.control
        self.plans: Plans | None = None
        self.wanted: Plans | None = None

    def declare(self, topology: Topology, **elsewhere: str) -> None:
        """What the next update makes; `elsewhere` are cloud ids that every network has then."""
        self.wanted = planned(topology)
        networks = {name: {**ids, **elsewhere} for name, ids in self.cloud.networks.items()}
        self.engine.configure(self.cloud.config, {"topology": topology, "networks": networks})

    def run(self, *command: str, fails: bool = False) -> str:
        """A command of the CLI about this stack."""
        return self.engine.pulumi(*command, "--stack", self.engine.stack, fails=fails)

    def begin(self) -> None:
        """Forget what was called and seen."""
        assert self.wanted is not None
        self.control.forget()
        self.cloud.looks(self.wanted)

    def passed(self) -> Passed:
        """What was called and seen since."""
        assert self.wanted is not None
        return passed(self.plans, self.wanted, self.control.calls(), self.cloud.looks(self.wanted))

    def up(self, topology: Topology, *options: str) -> Passed:
        """Make it so."""
        self.declare(topology)
        self.begin()
        self.run("up", "--yes", "--skip-preview", *options)
        found = self.passed()
        self.plans = self.wanted
        return found

    def killed(self, topology: Topology, fault: Fault) -> Call:
        """Begin to make it so, one thing at a time, with an engine that `fault` kills: at which call."""
        self.declare(topology)
        self.begin()
        self.control.disturb(fault)
        # What else is under way when an engine is killed would be made as well.
        reported = self.run("up", "--yes", "--skip-preview", "--parallel", "1", fails=True)
        self.control.disturb()
        self.engine.end_what_is_left()
        cut = [call for call in self.control.calls() if not call.answered]
        assert len(cut) == 1, reported
        return cut[0]

    def recovered(self, cut: Call) -> Passed:
        """What docs/updates.md says of an update that was cut off, to its end.

        All that passed since the update began is looked at.
        """
        self.run("cancel", "--yes")
        if cut.doing == "create":
            self._find_again()
        self.run("up", "--yes", "--skip-preview")
        found = self.passed()
        self.plans = self.wanted
        return found

    def _find_again(self) -> None:
        """Import what was made and is not in the state, or take it away."""
        self.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
        file = self.engine.project.parent / "import.json"
        self.run("preview", "--import-file", str(file))
        wanted: dict[str, Any] = json.loads(file.read_text())
        there = self.cloud.ids()
        found = [
            {**each, "id": there[each["name"]]}
            for each in wanted.get("resources", [])
            if each["name"] in there
            and not self.cloud.taken_away(each["type"], there[each["name"]])
        ]
        if found:
            file.write_text(json.dumps({**wanted, "resources": found}))
            self.run(
                *("import", "--file", str(file), "--yes", "--skip-preview"),
                *("--protect=false", "--generate-code=false"),
            )

    def dependencies(self) -> dict[str, set[str]]:
        """What depends on what in the state."""
        return {
            each["urn"]: set(each.get("dependencies", ()))
            for each in self.engine.export()
            if not each["type"].startswith(_PROVIDER)
        }


#: A way to have one in a cloud.
Started = Callable[[Platform], Running]


@dataclass(frozen=True, slots=True)
class Begun:
    """One that is made, and the topology that it was made of."""

    there: Running
    platform: Platform
    topology: Topology


@contextmanager
def running(
    platform: Platform, directory: Path, program: Path = ATTACHED, stack: str = BEGINNING
) -> Generator[Running]:
    """An empty stack in a cloud with nothing of ours; nothing is left when the block ends."""
    networks = list(declared(stack, platform)["networks"])
    with opened(platform, networks, journal=directory / "journal.jsonl") as cloud:
        place = directory / "engine"
        with workspace(place, BEGINNING, [cloud.plugin], cloud.environment, program) as engine:
            made = Running(engine, cloud)
            made.declare(declared(stack, platform))
            engine.pulumi("stack", "init", BEGINNING)
            yield made
