"""What an engine has to do to come from one plan to another, resource by resource.

Resources are told apart by their logical names, as the engine does (pulumi.md 3), and names say what
a thing is: so a change of words is an edit in place, and a change of meaning is one more and one
less.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import RuleSet

__all__ = ["Does", "Operation", "operations"]


class Does(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    CHANGE = "change"
    REPLACE = "replace"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """One resource that is created, changed in place, replaced or deleted.

    `kind` is the resource in the cloud's own words, `name` its logical name inside its network.
    """

    kind: str
    name: str
    does: Does


#: What a resource is for the engine: if `fixed` changes it is replaced, if `rest` does, changed.
_Fixed: TypeAlias = object
_Rest: TypeAlias = object
_Resources: TypeAlias = Mapping[tuple[str, str], tuple[_Fixed, _Rest]]


def operations(old: RuleSet, new: RuleSet) -> tuple[Operation, ...]:
    """What is done in one network, sorted by kind and name; nothing where the plans agree."""
    return tuple(sorted(_between(_resources(old), _resources(new))))


def _between(old: _Resources, new: _Resources) -> Iterator[Operation]:
    for key in {**old, **new}:
        if key not in old:
            yield Operation(*key, Does.CREATE)
        elif key not in new:
            yield Operation(*key, Does.DELETE)
        elif old[key][0] != new[key][0]:
            yield Operation(*key, Does.REPLACE)
        elif old[key][1] != new[key][1]:
            yield Operation(*key, Does.CHANGE)


def _resources(plan: RuleSet) -> _Resources:
    return {
        (each.kind, each.name): (each.fixed, each.editable)
        for each in cloud_of(plan).names.planned_resources(plan)
    }
