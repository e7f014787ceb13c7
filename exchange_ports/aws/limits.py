"""What EC2 refuses or will not hold, known before it says no (aws.md 2.1 to 2.3).

Reads any rule set. Problems are returned as findings, never raised.
"""

from collections.abc import Iterator
from typing import Final

from exchange_ports.aws.names import SAFE_TEXT, list_name, safe
from exchange_ports.aws.rules import GroupRef, ListRef, Rule, RuleSet
from exchange_ports.findings import Finding
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.findings.planned import NAME_TOO_LONG, PROBES_OVER_LIMIT
from exchange_ports.limits import Limit, Use, over

__all__ = ["LIMITS", "check", "check_component_name", "check_names", "uses"]


_QUOTAS: Final = (
    "Amazon VPC quotas, docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
)
_CHECKED: Final = "2026-11-25"

RULES_PER_GROUP: Final = Limit(
    "aws-rules-per-group",
    "AWS",
    60,
    what="rules",
    per="security group, direction and address family",
    cite=_QUOTAS,
    checked=_CHECKED,
    way_out=(
        "declare only the private_blocks that are in use (10.0.0.0/8 alone makes the Internet 9 "
        "prefixes, not 30), join ranges, or have quota L-0EA8095F raised"
    ),
)
GROUPS_PER_INTERFACE: Final = Limit(
    "aws-groups-per-interface",
    "AWS",
    5,
    what="groups",
    per="network interface",
    cite=_QUOTAS,
    checked=_CHECKED,
    way_out="take own_group from the server, or have quota L-2AFB9258 raised",
)
ENTRIES_PER_LIST: Final = Limit(
    "aws-entries-per-prefix-list",
    "AWS",
    1000,
    what="entries",
    per="prefix list",
    cite=_QUOTAS,
    checked=_CHECKED,
    way_out="declare fewer or larger private_blocks",
)
LIMITS: Final = (RULES_PER_GROUP, GROUPS_PER_INTERFACE, ENTRIES_PER_LIST)


def _weights(rule: Rule, rules: RuleSet) -> tuple[tuple[str, int], ...]:
    """What a rule counts against each family's budget.

    A group reference counts for both, and so does a prefix list with its whole size: stated until
    2021, never contradicted since, and the safe reading (aws.md 2.2).
    """
    if isinstance(rule.peer, GroupRef):
        return (("IPv4", 1), ("IPv6", 1))
    if isinstance(rule.peer, ListRef):
        key = rule.peer.key
        weight = next(each.max_entries for each in rules.prefix_lists if each.key == key)
        return (("IPv4", weight), ("IPv6", weight))
    return ((f"IPv{rule.peer.version}", 1),)


def uses(rules: RuleSet) -> tuple[Use, ...]:
    """Every limit that these rules count against, with how much of it they take."""
    return tuple(_uses(rules))


def _uses(rules: RuleSet) -> Iterator[Use]:
    taken: dict[tuple[str, str, str], list[tuple[str, int]]] = {}
    for rule in rules.rules:
        reason = rule.reasons[0].says if rule.reasons else "no reason given"
        for family, weight in _weights(rule, rules):
            taken.setdefault((rule.group, rule.direction, family), []).append((reason, weight))
    for (group, direction, family), weights in sorted(taken.items()):
        yield Use.summed(RULES_PER_GROUP, f"{group}, {direction}, {family}", weights)
    for server, worn in sorted(rules.wears.items()):
        yield Use(GROUPS_PER_INTERFACE, server, len(worn))
    for each in rules.prefix_lists:
        yield Use(ENTRIES_PER_LIST, each.key, each.max_entries)


def check(rules: RuleSet, key: str | None = None) -> Iterator[Finding]:
    """A finding for each limit that these rules pass, at the network's `key` in the topology."""
    passed = [use for use in uses(rules) if use.used > use.limit.most]
    named = {use.where for use in passed}
    for use in passed:
        # What is over in both families for one reason is said once, of IPv4.
        if use.where.endswith("IPv6") and f"{use.where[:-1]}4" in named:
            continue
        probes = [
            (rule, weight)
            for rule in rules.rules
            if _probes(rule)
            for family, weight in _weights(rule, rules)
            if _budget(rule, family) == use.where
        ]
        if use.limit is RULES_PER_GROUP and probes:
            yield _probes_over(use, probes)
        else:
            yield from over(key or rules.network, [use])


def _probes(rule: Rule) -> bool:
    return any(reason.entry == _PROBE_ROW for reason in rule.reasons)


#: The row of the direct probes: the one that no default leaves room for.
_PROBE_ROW: Final = "E8d"


def _budget(rule: Rule, family: str) -> str:
    """Whose rules are counted together."""
    return f"{rule.group}, {rule.direction}, {family}"


def _probes_over(use: Use, probes: list[tuple[Rule, int]]) -> Finding:
    # Where the Internet of IPv6 is open as well, a list of IPv4 counts in that family too, so ports
    # occur twice, with different weights.
    weights: dict[str, int] = {}
    for rule, weight in probes:
        weights[str(rule.ports)] = weights.get(str(rule.ports), 0) + weight
    weight = max(weights.values())
    rest = use.used - sum(weights.values())
    room = max(0, (use.limit.most - rest) // weight)
    return PROBES_OVER_LIMIT.at(
        ("topology", "sender_reputation"),
        cloud=use.limit.cloud,
        where=use.where,
        used=use.used,
        most=use.limit.most,
        what=use.limit.what,
        per=use.limit.per,
        ports=", ".join(weights),
        ranges=len(weights),
        prefixes=weight,
        fit=f"{room} of them fit beside the rest" if room else "none of them fits beside the rest",
        way_out=use.limit.way_out,
    )


#: Names of groups and prefix lists (aws.md 2.3), of which Pulumi takes a dash and 7 hex digits.
_NAME_LENGTH: Final = 255 - len("-0123456")
#: EC2 keeps the one for ids of groups, and the other for its own lists, whatever the case.
_RESERVED: Final = ("sg-", "com.amazonaws")
_NAME_RULE: Final = (
    "letters, digits, spaces and ._-:/()#,@[]+=;{}!$*, not starting with sg- or com.amazonaws"
)


def check_component_name(name: str) -> Iterator[Finding]:
    """A finding for a component's name that EC2 would refuse in front of every name."""
    reserved = name.lower().startswith(_RESERVED)
    if reserved or not name.strip() or not SAFE_TEXT.fullmatch(name):
        meant = safe(name).strip(" -") if not reserved else ""
        yield BY_CODE["bad-name"].at(
            ("name",), name=name or "nothing", rule=_NAME_RULE, meant=meant or "exchange"
        )


def check_names(prefix: str, rules: RuleSet) -> Iterator[Finding]:
    """A finding for each name that is too long behind `prefix`.

    Pulumi makes physical names of logical ones; rules have none (aws.md 3.3).
    """
    keys = [group.key for group in rules.groups]
    keys += [list_name(each.key) for each in rules.prefix_lists]
    for name in (f"{prefix}-{key}" for key in keys):
        if len(name) > _NAME_LENGTH:
            yield NAME_TOO_LONG.at((), name=name, length=len(name), most=_NAME_LENGTH, cloud="AWS")
