"""Where a stack is registered, and what of that an edit changes.

Knows: the settings beside a topology that decide which cloud, account and place its resources are in, and
what is added there to them. Must not know: where the settings were read, nor what they look like in a report.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from exchange_ports.planning import Plans, RegisteredNetwork
from exchange_ports.topology.groups import identity
from exchange_ports.topology.validate import as_mapping

#: What stands for a setting that is not there.
ABSENT: Final = "not set"
#: How the names of some settings begin.
ROLLOUT: Final = "rollout "
TAG: Final = "tag "
PROVIDER: Final = "setting "


class TargetChange(NamedTuple):
    """One setting of the target, before and after, as people may read it."""

    setting: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.old} -> {self.new}"


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how a stack is registered, beside its topology."""

    #: The cloud ids of each network by its key, and what else is bound to it.
    networks: Mapping[str, object]
    #: Everything else, each in words: tags, settings of providers, the project, the rollout.
    settings: Mapping[str, str]

    def ids(self, key: str) -> Mapping[str, object]:
        """The cloud ids of one network."""
        return as_mapping(self.networks.get(key)) or {}

    def neighbors(self, key: str) -> Mapping[str, object]:
        """The existing groups of neighbors in one network, each by the neighbor's name."""
        return as_mapping(self.ids(key).get("neighbor_security_groups")) or {}


NO_TARGET: Final = Target({}, {})


class Registration(NamedTuple):
    """What a stack registers, and where."""

    networks: tuple[RegisteredNetwork, ...]
    target: Target = NO_TARGET


def target_changes(
    before: tuple[Plans, Target], after: tuple[Plans, Target]
) -> tuple[TargetChange, ...]:
    """What of the target is another, in order. Networks are matched by identity, whatever their key is."""
    was, now = dict(_settings(*before)), dict(_settings(*after))
    return tuple(
        TargetChange(name, was.get(name, ABSENT), now.get(name, ABSENT))
        for name in sorted(was.keys() | now.keys())
        if was.get(name) != now.get(name)
    )


def _settings(plans: Plans, target: Target) -> Iterator[tuple[str, str]]:
    yield from target.settings.items()
    declared = plans.topology.networks
    for key, given in target.networks.items():
        name = identity(key, declared[key]) if key in declared else key
        if isinstance(given, dict):
            for field, value in flat(cast("Mapping[str, object]", given)):
                yield f"network {name}, {field}", value


def flat(values: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    """Every single value below a mapping, by the names that lead to it."""
    for key, value in values.items():
        name = f"{above} {key}".strip()
        inner = cast("Mapping[str, object] | None", value if isinstance(value, dict) else None)
        if inner:
            yield from flat(inner, name)
        else:
            yield name, str(cast("object", value))
