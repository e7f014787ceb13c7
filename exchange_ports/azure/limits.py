"""What Azure refuses or will not hold, known before it says no (azure.md 1).

Reads any rule set. Problems are returned as findings, never raised.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from exchange_ports.azure.rules import GroupRef, Prefixes, Rule, RuleSet, Side
from exchange_ports.findings import Finding
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.findings.planned import NAME_TOO_LONG
from exchange_ports.limits import Limit, Use, over

__all__ = ["LIMITS", "check", "check_component_name", "check_names", "uses"]


_LIMITS_PAGE: Final = (
    "Azure subscription limits, networking limits, learn.microsoft.com/azure/"
    "azure-resource-manager/management/azure-subscription-service-limits"
)
_CHECKED: Final = "2026-11-25"
_FEWER: Final = "join ranges or services into fewer rules"

RULES_PER_GROUP: Final = Limit(
    "azure-rules-per-group",
    "Azure",
    1000,
    what="rules",
    per="network security group, both directions together",
    cite=_LIMITS_PAGE,
    checked=_CHECKED,
    way_out=_FEWER,
)
SOURCES_PER_GROUP: Final = Limit(
    "azure-sources-per-group",
    "Azure",
    4000,
    what="source addresses",
    per="network security group, source addresses of all rules added up",
    cite=_LIMITS_PAGE,
    checked=_CHECKED,
    way_out="declare only the private_blocks that are in use, or join ranges",
)
DESTINATIONS_PER_GROUP: Final = Limit(
    "azure-destinations-per-group",
    "Azure",
    4000,
    what="destination addresses",
    per="network security group, destination addresses of all rules added up",
    cite=_LIMITS_PAGE,
    checked=_CHECKED,
    way_out="declare only the private_blocks that are in use, or join ranges",
)
PORTS_PER_GROUP: Final = Limit(
    "azure-ports-per-group",
    "Azure",
    4000,
    what="ports and port ranges",
    per="network security group, ports and port ranges of all rules added up",
    cite=_LIMITS_PAGE,
    checked=_CHECKED,
    way_out=_FEWER,
)
APPLICATION_GROUPS: Final = Limit(
    "azure-application-groups-per-group",
    "Azure",
    100,
    what="application security groups",
    per="network security group, distinct application security groups in its rules",
    cite=_LIMITS_PAGE,
    checked=_CHECKED,
    way_out="take own_group from servers that do not need one",
)
GROUPS_PER_INTERFACE: Final = Limit(
    "azure-application-groups-per-interface",
    "Azure",
    20,
    what="application security groups",
    per="network interface",
    cite=_LIMITS_PAGE,
    checked=_CHECKED,
    way_out="take own_group from the server",
)
LIMITS: Final = (
    RULES_PER_GROUP,
    SOURCES_PER_GROUP,
    DESTINATIONS_PER_GROUP,
    PORTS_PER_GROUP,
    APPLICATION_GROUPS,
    GROUPS_PER_INTERFACE,
)


def _addresses(side: Side) -> int:
    # Whether a tag or a group counts is not written; counting it once is the safe reading.
    return len(side.ranges) if isinstance(side, Prefixes) else 1


def _application_groups(rules: Iterable[Rule]) -> set[str]:
    return {
        side.key
        for rule in rules
        for side in (rule.source, rule.destination)
        if isinstance(side, GroupRef)
    }


def uses(rules: RuleSet) -> tuple[Use, ...]:
    """Every limit that these rules count against, with how much of it they take."""
    return tuple(_uses(rules))


def _uses(rules: RuleSet) -> Iterator[Use]:
    for group in rules.groups:
        where = f"the {group.zone} zone"
        for limit, weight in _SUMMED:
            weights = [(_first_reason(rule), weight(rule)) for rule in group.rules]
            yield Use.summed(limit, where, weights)
        yield Use(APPLICATION_GROUPS, where, len(_application_groups(group.rules)))
    for server, worn in sorted(rules.wears.items()):
        yield Use(GROUPS_PER_INTERFACE, server, len(worn))


def _first_reason(rule: Rule) -> str:
    return rule.reasons[0].says if rule.reasons else "no reason given"


#: The limits that rules add up to, with what each rule weighs.
_SUMMED: Final[tuple[tuple[Limit, Callable[[Rule], int]], ...]] = (
    (RULES_PER_GROUP, lambda _: 1),
    (SOURCES_PER_GROUP, lambda rule: _addresses(rule.source)),
    (DESTINATIONS_PER_GROUP, lambda rule: _addresses(rule.destination)),
    (PORTS_PER_GROUP, lambda rule: len(rule.ports.ranges) or 1),
)


def check(rules: RuleSet, key: str | None = None) -> Iterator[Finding]:
    """A finding for each limit that these rules pass, at the network's `key` in the topology."""
    return over(key or rules.network, uses(rules))


#: Names of network security groups and application security groups (azure.md 1).
_NAME_LENGTH: Final = 80
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")
_NAME_RULE: Final = "letters, digits, _, . and -, starting with a letter or digit"


def check_component_name(name: str) -> Iterator[Finding]:
    """A finding for a component's name that Azure would refuse in front of every name."""
    if not _NAME.fullmatch(name):
        meant = _UNSAFE.sub("-", name).strip("-_.")
        yield BY_CODE["bad-name"].at(
            ("name",), name=name or "nothing", rule=_NAME_RULE, meant=meant or "exchange"
        )


def check_names(prefix: str, rules: RuleSet) -> Iterator[Finding]:
    """A finding for each physical name that is too long behind `prefix`."""
    keys = [group.key for group in rules.application_groups]
    keys += [group.zone.value for group in rules.groups]
    for name in (f"{prefix}-{key}" for key in keys):
        if len(name) > _NAME_LENGTH:
            yield NAME_TOO_LONG.at(
                (), name=name, length=len(name), most=_NAME_LENGTH, cloud="Azure"
            )
