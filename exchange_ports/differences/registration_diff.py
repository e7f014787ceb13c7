"""Where a stack is registered, and what of that an edit changes.

Knows: the settings beside a topology that decide which cloud, account and place its resources are in, and
what is added there to them. Must not know: where the settings were read, nor what they look like in a report.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from exchange_ports.flows import ExternalEndpoint
from exchange_ports.planning import Plans
from exchange_ports.topology.groups import Group, identity

#: What stands for a setting that is not there.
ABSENT: Final = "not set"
#: How the names of some settings begin.
ROLLOUT: Final = "rollout "
TAG: Final = "tag "


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
                yield f"network {name}, {field}", value + _rules_there(plans, field)


def _rules_there(plans: Plans, field: str) -> str:
    """What is added to an existing group of a neighbor, in words."""
    kind, _, neighbor = field.partition(" ")
    found: dict[str, None] = {}
    for flow in plans.flows if kind == "neighbor_security_groups" else ():
        for way, ours, theirs in (
            ("from", flow.source, flow.destination),
            ("to", flow.destination, flow.source),
        ):
            if not isinstance(ours, Group) or not isinstance(theirs, ExternalEndpoint):
                continue
            if theirs.name == neighbor:
                found[f"{flow.ports} {way} {ours.key}"] = None
    return f" gets rules: {'; '.join(found)}" if found else ""


def flat(values: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    """Every single value below a mapping, by the names that lead to it."""
    for key, value in values.items():
        name = f"{above} {key}".strip()
        inner = cast("Mapping[str, object] | None", value if isinstance(value, dict) else None)
        if inner:
            yield from flat(inner, name)
        else:
            yield name, str(cast("object", value))
