"""What Azure refuses or will not hold, known before it says no (azure.md 1).

Reads any rule set, ours or not, also what an update holds half-way. Problems are returned as
findings, never raised. What else stands in the subscription is not known: a limit of the region is
held against what one network takes of it alone. Azure raises none of these limits on request: its
page has no column of maxima for them.
"""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.azure.names import BANDS, planned_resources
from exchange_ports.clouds.base import (
    NEVER,
    Direction,
    Limit,
    Use,
    below,
    limit_findings,
    long_names,
)
from exchange_ports.findings import Finding
from exchange_ports.findings.topology_kinds import BY_CODE

_LIMITS_PAGE: Final = (
    "Azure subscription limits, networking limits, learn.microsoft.com/azure/"
    "azure-resource-manager/management/azure-subscription-service-limits"
)
_CHECKED: Final = "2026-11-25"
_NSGS: Final = (
    "Network security groups, learn.microsoft.com/azure/virtual-network/"
    "network-security-groups-overview"
)
_ASGS: Final = (
    "Application security groups, learn.microsoft.com/azure/virtual-network/"
    "application-security-groups"
)
_NAMES_PAGE: Final = (
    "Naming rules for Azure resources, learn.microsoft.com/azure/azure-resource-manager/management/"
    "resource-name-rules"
)
_SWAGGER: Final = "Microsoft.Network 2024-05-01, SecurityRulePropertiesFormat"
_FEWER: Final = (
    "declare clients of the same services, and flows of the same ports, as one entry: a rule takes "
    "many ranges"
)
_REGION: Final = "subscription and region (other resources are not counted)"

_limit = partial(Limit, cloud="Azure", cite=_LIMITS_PAGE, checked=_CHECKED)

RULES_PER_GROUP: Final = _limit(
    "azure-rules-per-group",
    1000,
    "rules",
    "network security group, both directions together",
    _FEWER,
)
SOURCES_PER_GROUP: Final = _limit(
    "azure-sources-per-group",
    4000,
    "source addresses",
    "network security group, source addresses of all rules in total",
    "declare only the `private_blocks` that are in use, or combine ranges",
)
DESTINATIONS_PER_GROUP: Final = _limit(
    "azure-destinations-per-group",
    4000,
    "destination addresses",
    "network security group, destination addresses of all rules in total",
    "declare only the `private_blocks` that are in use, or combine ranges",
)
PORTS_PER_GROUP: Final = _limit(
    "azure-ports-per-group",
    4000,
    "ports and port ranges",
    "network security group, ports and port ranges of all rules in total",
    _FEWER,
)
APPLICATION_GROUPS: Final = _limit(
    "azure-application-groups-per-group",
    100,
    "application security groups",
    "network security group, distinct application security groups in its rules",
    "remove `own_group` from servers that do not need it",
)
GROUPS_PER_INTERFACE: Final = _limit(
    "azure-application-groups-per-interface",
    20,
    "application security groups",
    "network interface",
    "remove `own_group` from the server",
)
GROUPS_PER_SIDE: Final = _limit(
    "azure-application-groups-per-side",
    10,
    "application security groups",
    "source or destination of a rule",
    "name one group: the rule does not work while one of several groups is empty",
)
INTERFACES_PER_GROUP: Final = _limit(
    "azure-interfaces-per-application-group",
    4000,
    "IP configurations",
    "application security group",
    "move some of the servers to another network",
)
#: Each band of `names` has priorities of its own. A rule for which its band has none left comes
#: behind the last one, which Azure refuses.
PRIORITIES: Final = _limit(
    "azure-priorities-per-band",
    BANDS["denies"].last - BANDS["probe"].first + 1,
    "priorities",
    "network security group, direction and band of priorities",
    _FEWER,
    cite=_NSGS,
)
SECURITY_GROUPS_PER_REGION: Final = _limit(
    "azure-groups-per-region", 5000, "network security groups", _REGION, "use another subscription"
)
APPLICATION_GROUPS_PER_REGION: Final = _limit(
    "azure-application-groups-per-region",
    3000,
    "application security groups",
    _REGION,
    "remove `own_group` from servers that do not need it, or use another subscription",
)
LIMITS: Final = (
    RULES_PER_GROUP,
    SOURCES_PER_GROUP,
    DESTINATIONS_PER_GROUP,
    PORTS_PER_GROUP,
    PRIORITIES,
    APPLICATION_GROUPS,
    GROUPS_PER_SIDE,
    GROUPS_PER_INTERFACE,
    INTERFACES_PER_GROUP,
    SECURITY_GROUPS_PER_REGION,
    APPLICATION_GROUPS_PER_REGION,
)

RULES_PER_NAME: Final = _limit(
    "azure-rules-per-name",
    1,
    "rules",
    "name, whatever its case, in both directions of a network security group",
    "give each rule its own name",
    cite=_NSGS,
    near=NEVER,
)
RULES_PER_PRIORITY: Final = _limit(
    "azure-rules-per-priority",
    1,
    "rules",
    "priority and direction of a network security group",
    "give each rule its own priority",
    cite=_NSGS,
    near=NEVER,
)
GROUPS_PER_NAME: Final = _limit(
    "azure-application-groups-per-name",
    1,
    "groups",
    "name in a resource group, whatever its case",
    "give each group its own name",
    cite=_NAMES_PAGE,
    near=NEVER,
)
STRANGE_GROUPS: Final = _limit(
    "azure-application-groups-of-another-network",
    0,
    "application security groups of another network",
    "rule or server: all interfaces of a group, and both groups of a rule, are in one VNet",
    "use the addresses of that network's servers",
    cite=_ASGS,
    near=NEVER,
)
OVERLAPS: Final = _limit(
    "azure-overlapping-prefixes",
    0,
    "prefixes that are part of another prefix",
    "source or destination of a rule",
    "remove the prefix that is part of the other",
    cite=(
        "OverlappingSubnetsNotPermittedInSecurityRule, github.com/kubernetes-sigs/"
        "cloud-provider-azure/issues/6775"
    ),
    near=NEVER,
)
NAME_LENGTH: Final = _limit(
    "azure-rule-name-length",
    80,
    "characters",
    "name of a rule",
    "shorten it",
    cite=_NSGS,
    near=NEVER,
)
NAME_CHARSET: Final = _limit(
    "azure-rule-name-charset",
    0,
    "characters other than letters, digits, _, . and - (at both ends a letter, digit or _)",
    "name of a rule",
    "write it without them",
    cite=_NSGS,
    near=NEVER,
)
DESCRIPTION_LENGTH: Final = _limit(
    "azure-description-length",
    140,
    "characters",
    "description of a rule",
    "shorten it",
    cite=_SWAGGER,
    near=NEVER,
)
#: What a text or a pair of rules can only be right or wrong in; no report counts these.
TEXTS: Final = (
    RULES_PER_NAME,
    RULES_PER_PRIORITY,
    GROUPS_PER_NAME,
    STRANGE_GROUPS,
    OVERLAPS,
    NAME_LENGTH,
    NAME_CHARSET,
    DESCRIPTION_LENGTH,
)


def _addresses(side: azure.Side) -> int:
    # Whether a tag or a group counts is not written; counting it once is the safe reading.
    return len(side.ranges) if isinstance(side, azure.Prefixes) else 1


def _application_groups(rules: Iterable[azure.SecurityRule]) -> Iterator[str]:
    """The application security groups that rules name, one for each side that names one."""
    for rule in rules:
        for side in (rule.source, rule.destination):
            if isinstance(side, azure.GroupRef):
                yield side.key


def uses(rules: azure.AzureRuleSet, _quotas: Mapping[str, int] | None = None) -> tuple[Use, ...]:
    """Every limit that these rules count against, with how much of it they take.

    Azure raises none of them, so there are no quotas.
    """
    return tuple(_uses(rules))


def _uses(rules: azure.AzureRuleSet) -> Iterator[Use]:
    for group in rules.groups:
        where = _where(group)
        for limit, weight in _SUMMED:
            weights = [(_first_reason(rule), weight(rule)) for rule in group.rules]
            yield Use.summed(limit, where, weights)
        yield from _priorities(group)
        named = set(_application_groups(group.rules))
        yield Use(APPLICATION_GROUPS, where, len(named))
        # By its type a side names one at most: several do not work while one of them is empty.
        yield Use(GROUPS_PER_SIDE, where, 1 if named else 0)
    for server, member_of in sorted(rules.memberships.items()):
        yield Use(GROUPS_PER_INTERFACE, server, len(member_of))
    members = Counter(key for member_of in rules.memberships.values() for key in member_of)
    for key, number in sorted(members.items()):
        # One interface with one IP configuration for each server: more are not declared.
        yield Use(INTERFACES_PER_GROUP, key, number)
    yield Use(SECURITY_GROUPS_PER_REGION, rules.network, len(rules.groups))
    yield Use(APPLICATION_GROUPS_PER_REGION, rules.network, len(rules.application_groups))


def _where(group: azure.NetworkSecurityGroup) -> str:
    return f"the {group.zone} zone"


def _priorities(group: azure.NetworkSecurityGroup) -> Iterator[Use]:
    """How full each band of priorities is."""
    for direction in Direction:
        rules = [rule for rule in group.rules if rule.direction is direction]
        by_band: dict[str, list[azure.SecurityRule]] = {name: [] for name in BANDS}
        homeless: list[azure.SecurityRule] = []
        for rule in rules:
            home = next((n for n, b in BANDS.items() if b.first <= rule.priority <= b.last), None)
            (homeless if home is None else by_band[home]).append(rule)
        for rule in homeless:
            by_band[_full(by_band, rule)].append(rule)
        for name, band in BANDS.items():
            if by_band[name]:
                yield Use.summed(
                    replace(PRIORITIES, most=band.size),
                    f"{_where(group)}, {direction}, {name}",
                    ((_first_reason(rule), 1) for rule in by_band[name]),
                )


def _full(by_band: Mapping[str, list[azure.SecurityRule]], rule: azure.SecurityRule) -> str:
    """The band that had no room for a rule: its own is not written on it, but that one is full."""
    if rule.access is azure.Access.DENY:
        return "denies"
    bands = ((name, band) for name, band in BANDS.items() if name != "denies")
    return next((name for name, band in bands if len(by_band[name]) >= band.size), "flows")


def _first_reason(rule: azure.SecurityRule) -> str:
    return rule.reasons[0].summary if rule.reasons else "no reason given"


#: The limits that rules add up to, with what each rule weighs.
_SUMMED: Final[tuple[tuple[Limit, Callable[[azure.SecurityRule], int]], ...]] = (
    (RULES_PER_GROUP, lambda _: 1),
    (SOURCES_PER_GROUP, lambda rule: _addresses(rule.source)),
    (DESTINATIONS_PER_GROUP, lambda rule: _addresses(rule.destination)),
    (PORTS_PER_GROUP, lambda rule: len(rule.ports.ranges) or 1),
)


def check_quotas(_quotas: Mapping[str, int], _key: str) -> Iterator[Finding]:
    """Nothing: that Azure raises no quota is a finding about the topology."""
    return iter(())


def check(
    rules: azure.AzureRuleSet, key: str | None = None, _quotas: Mapping[str, int] | None = None
) -> Iterator[Finding]:
    """An error for each limit that these rules pass, a warning for each that is near.

    Findings stand at the network's `key` in the topology.
    """
    return limit_findings(key or rules.network, (*uses(rules), *_texts(rules)))


def check_change(
    _old: azure.AzureRuleSet, _new: azure.AzureRuleSet, _key: str | None = None
) -> Iterator[Finding]:
    """Nothing: a network security group is written whole, in one call."""
    return iter(())


def _texts(rules: azure.AzureRuleSet) -> Iterator[Use]:
    """What Azure refuses of single rules and texts, and nothing else. Our planner makes none of it."""
    made = {group.key for group in rules.application_groups}
    for name, number in Counter(group.key.lower() for group in rules.application_groups).items():
        if number > GROUPS_PER_NAME.most:
            yield Use(GROUPS_PER_NAME, name, number)
    for server, member_of in sorted(rules.memberships.items()):
        strange = len(set(member_of) - made)
        if strange:
            yield Use(STRANGE_GROUPS, server, strange)
    for group in rules.groups:
        for name, number in Counter(rule.name.lower() for rule in group.rules).items():
            if number > RULES_PER_NAME.most:
                yield Use(RULES_PER_NAME, f"{_where(group)}, {name}", number)
        taken = Counter((rule.direction, rule.priority) for rule in group.rules)
        for (direction, priority), number in taken.items():
            if number > RULES_PER_PRIORITY.most:
                yield Use(RULES_PER_PRIORITY, f"{_where(group)}, {direction}, {priority}", number)
        for rule in group.rules:
            yield from _of_rule(rule, made)


def _of_rule(rule: azure.SecurityRule, made: Container[str]) -> Iterator[Use]:
    """What Azure refuses of one rule, where these application security groups are made."""
    if not _RULE_NAME.fullmatch(rule.name):
        odd = len(_UNSAFE.findall(rule.name))
        yield Use(NAME_CHARSET, rule.name, max(1, odd))
    if len(rule.name) > NAME_LENGTH.most:
        yield Use(NAME_LENGTH, rule.name, len(rule.name))
    if len(rule.description) > DESCRIPTION_LENGTH.most:
        yield Use(DESCRIPTION_LENGTH, rule.name, len(rule.description))
    strange = [key for key in _application_groups([rule]) if key not in made]
    if strange:
        yield Use(STRANGE_GROUPS, rule.name, len(strange))
    for side in (rule.source, rule.destination):
        inside = _overlapping(side)
        if inside:
            yield Use(OVERLAPS, rule.name, inside)


def _overlapping(side: azure.Side) -> int:
    """How many prefixes of a side lie in one before them."""
    if not isinstance(side, azure.Prefixes) or len(side.ranges) < _SEVERAL:
        return 0
    inside = 0
    for version in (4, 6):
        spans = sorted(
            (int(each.network_address), -int(each.broadcast_address))
            for each in side.ranges
            if each.version == version
        )
        reached = -1
        for first, last in spans:
            inside += first <= reached
            reached = max(reached, -last)
    return inside


_SEVERAL: Final = 2
#: Names of rules (azure.md 1): an underscore counts as a letter at both ends.
_RULE_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
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


def check_names(prefix: str, rules: azure.AzureRuleSet) -> Iterator[Finding]:
    """A finding for each physical name that is too long behind `prefix`."""
    names = (below(prefix, each.name) for each in planned_resources(rules))
    return long_names(names, _NAME_LENGTH, "Azure")
