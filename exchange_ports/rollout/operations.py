"""What an engine has to do to come from one plan to another, resource by resource.

Resources are told apart by their logical names, as the engine does (pulumi.md 3), and names say what
a thing is: so a change of words is an edit in place, and a change of meaning is one more and one
less.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from exchange_ports.clouds.aws.names import list_name, rule_name
from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.azure.rules import AzureRuleSet
from exchange_ports.pipeline import NetworkPlan

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


def operations(old: NetworkPlan, new: NetworkPlan) -> tuple[Operation, ...]:
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


def _resources(plan: NetworkPlan) -> _Resources:
    return _aws(plan) if isinstance(plan, AwsRuleSet) else _azure(plan)


def _aws(plan: AwsRuleSet) -> _Resources:
    found: dict[tuple[str, str], tuple[_Fixed, _Rest]] = {}
    for group in plan.groups:
        # EC2 cannot change a description (aws.md 3.3), so changes of it are ignored.
        found["security group", group.key] = (None, None)
        if plan.exclusive:
            # It has the ids of the group's rules, whatever they say.
            names = frozenset(rule_name(rule) for rule in plan.rules if rule.group == group.key)
            found["exclusive rules", f"{group.key}/rules"] = (None, names)
    for each in plan.prefix_lists:
        found["prefix list", list_name(each.key)] = (None, each.entries)
    for rule in plan.rules:
        # Group and kind of peer are fixed, the rest is edited in place (aws.md 3.1).
        fixed = (rule.group, rule.direction, type(rule.peer))
        found["rule", rule_name(rule)] = (fixed, (rule.ports, rule.peer, rule.description))
    return found


def _azure(plan: AzureRuleSet) -> _Resources:
    found: dict[tuple[str, str], tuple[_Fixed, _Rest]] = {}
    for each in plan.application_groups:
        found["application security group", each.key] = (None, None)
    for group in plan.groups:
        said = tuple((rule, rule.description) for rule in group.rules)
        found["network security group", group.key] = (None, said)
    return found
