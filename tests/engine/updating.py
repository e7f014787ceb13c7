"""One update after the other of a stack with interfaces, and what stood after each call of them.

`Modelled` has no engine: the recorded program is made by the provider in the order of the model
(tests/engine/deployment.py). `Updating` of an engine is in tests/engine/running.py.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from exchange_ports.offline import Recording, record
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.rollout import network_pairs, operations
from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.engine import looking, ordering
from tests.engine.chain import BEGINNING, Topology
from tests.engine.clouds import ATTACHED, Cloud
from tests.engine.control import Call, Control
from tests.engine.deployment import Deployment, Refused
from tests.engine.looking import Look, Trouble
from tests.support.rule_sets import networks_of
from tests.support.strategies import declared as understood

__all__ = ["Modelled", "Passed", "foreseen", "planned"]


def planned(topology: Topology) -> Plans:
    """The plans of a topology that passes all checks."""
    return compile_plans(understood(topology))


def foreseen(old: Plans, new: Plans) -> Counter[tuple[str, str]]:
    """What the model says is done by a call to the cloud, as (word, logical name).

    The rules of a security group that is deleted are gone with it.
    """
    words = {"change": "update"}
    found = Counter[tuple[str, str]]()
    for pair in network_pairs(old, new):
        several = operations(pair.old, pair.new)
        gone = {each.name for each in several if each.does == "delete" and each.kind != "rule"}
        found.update(
            (words.get(each.does, each.does), f"exchange-{pair.place.split(' ')[0]}-{each.name}")
            for each in several
            if not (each.kind == "rule" and each.name.split("/")[0] in gone)
        )
    return found


@dataclass(frozen=True, slots=True)
class Passed:
    """What an update passed through."""

    old: Plans | None
    new: Plans
    #: What was done with resources of ours, as (word, logical name), interfaces left out.
    steps: Counter[tuple[str, str]]
    calls: tuple[Call, ...]
    looks: tuple[Look, ...]
    #: What a cloud said, if it ended so.
    refused: str = ""

    @property
    def writes(self) -> list[Call]:
        """The calls that changed something."""
        return [call for call in self.calls if call.writes and call.answered and not call.error]

    @property
    def troubles(self) -> list[Trouble]:
        """What was cut or open after any call."""
        return looking.troubles(self.old, self.new, self.looks)

    @property
    def outside_the_model(self) -> list[str]:
        """The states that the model does not know."""
        return looking.outside_the_model(
            {} if self.old is None else networks_of(self.old), networks_of(self.new), self.looks
        )


def passed(old: Plans | None, new: Plans, calls: list[Call], looks: list[Look]) -> Passed:
    """Sorted out from the log."""
    done = dict.fromkeys(
        (call.doing, call.urn) for call in calls if call.doing in ("create", "update", "delete")
    )
    ours = Counter(
        (word, urn.rpartition("::")[2])
        for word, urn in done
        if not urn.split("::")[2].endswith(ordering.ATTACHMENTS)
    )
    return Passed(old, new, ours, tuple(calls), tuple(looks))


class Modelled:
    """A stack in a cloud, without an engine."""

    def __init__(self, cloud: Cloud, directory: Path) -> None:
        self.cloud = cloud
        self.control = Control(directory)
        self.deployment = Deployment(cloud.provider(self.control), {})
        self.plans: Plans | None = None

    def recorded(self, topology: Topology) -> Recording:
        """What the program registers for a topology."""
        settings = {
            **self.cloud.config,
            f"{NAMESPACE}:topology": topology,
            f"{NAMESPACE}:networks": self.cloud.networks,
        }
        config = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in settings.items()
        }
        return record(ATTACHED, project=NAMESPACE, stack=BEGINNING, config=config)

    def up(self, topology: Topology, early: Collection[str] = ()) -> Passed:
        """Make it so; resources of the types `early` as soon as they can be.

        In what passed `refused` says what a cloud refused: there the update ended.
        """
        old, new = self.plans, planned(topology)
        self.control.forget()
        self.cloud.looks(new)
        refused = ""
        try:
            self.deployment.up(self.recorded(topology), early)
        except Refused as refusal:
            refused = str(refusal)
        else:
            self.plans = new
        found = passed(old, new, self.control.calls(), self.cloud.looks(new))
        return replace(found, refused=refused)

    @property
    def dependencies(self) -> dict[str, tuple[str, ...]]:
        """What depends on what in the state."""
        return {urn: one.dependencies for urn, one in self.deployment.resources.items()}
