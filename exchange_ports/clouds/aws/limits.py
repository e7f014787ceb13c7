"""What EC2 refuses or will not hold, known before it says no (aws.md 2.1 to 2.3).

Reads any rule set, ours or not, also what an update holds half-way. Problems are returned as
findings, never raised. What else stands in the account is not known: a limit of the Region is held
against what one network takes of it alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from exchange_ports.clouds.aws import names
from exchange_ports.clouds.aws.rules import AwsRuleSet, GroupRef, ListRef, SecurityGroupRule
from exchange_ports.clouds.base import NEVER, Limit, Use, below, limit_findings, long_names
from exchange_ports.findings import Finding
from exchange_ports.findings.command_kinds import (
    CREATED_OVER_LIMIT,
    PROBES_OVER_LIMIT,
    QUOTA_TOO_HIGH,
)
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.traffic.addresses import Network

_QUOTAS: Final = (
    "Amazon VPC quotas, docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
)
_API: Final = "Amazon EC2 API Reference, docs.aws.amazon.com/AWSEC2/latest/APIReference"
_CHECKED: Final = "2026-11-25"
_REGION: Final = "Region (other resources in the account are not counted)"

_limit = partial(Limit, cloud="AWS", cite=_QUOTAS, checked=_CHECKED)

RULES_PER_GROUP: Final = _limit(
    "aws-rules-per-group",
    60,
    "rules",
    "security group, direction and address family",
    "declare fewer ports, sources or destinations for this group",
    quota="rules_per_security_group",
)
#: Near only where none is free: a combined server has four groups by design, so that one is kept free,
#: and a warning at four fifths would be one about every such server.
GROUPS_PER_INTERFACE: Final = _limit(
    "aws-groups-per-interface",
    5,
    "groups",
    "network interface",
    (
        "remove what only this server declares (`own_group`, its own port), or raise quota "
        "L-2AFB9258 and declare `security_groups_per_interface`"
    ),
    near=100,
    quota="security_groups_per_interface",
    highest=16,
)
#: A law between two quotas, not between rules: whoever has one raised may have the other lowered.
RULES_TIMES_GROUPS: Final = _limit(
    "aws-rules-times-groups",
    1000,
    "rules",
    "network interface: the quotas of rules and of groups multiplied",
    "declare the values that AWS granted",
    near=NEVER,
)
GROUPS_PER_REGION: Final = _limit(
    "aws-groups-per-region",
    2500,
    "security groups",
    _REGION,
    (
        "remove `own_group` from servers that do not need it, or raise quota L-E79EC296 and "
        "declare `security_groups_per_region`"
    ),
    quota="security_groups_per_region",
)
LISTS_PER_REGION: Final = _limit(
    "aws-prefix-lists-per-region",
    100,
    "prefix lists",
    _REGION,
    "raise the quota and declare `prefix_lists_per_region`",
    quota="prefix_lists_per_region",
)
ENTRIES_PER_LIST: Final = _limit(
    "aws-entries-per-prefix-list",
    1000,
    "entries",
    "prefix list",
    "declare fewer or larger `private_blocks`",
    quota="entries_per_prefix_list",
)
REFERENCES_PER_LIST: Final = _limit(
    "aws-references-per-prefix-list",
    5000,
    "references",
    "prefix list",
    "raise the quota and declare `references_per_prefix_list`",
    quota="references_per_prefix_list",
)
LIMITS: Final = (
    RULES_PER_GROUP,
    GROUPS_PER_INTERFACE,
    RULES_TIMES_GROUPS,
    GROUPS_PER_REGION,
    LISTS_PER_REGION,
    ENTRIES_PER_LIST,
    REFERENCES_PER_LIST,
)

RULES_PER_KEY: Final = _limit(
    "aws-rules-per-duplicate-key",
    1,
    "rules",
    "group, direction, protocol, ports and source or destination",
    "remove all but one: EC2 compares them without their descriptions",
    cite=f"{_API}/API_AuthorizeSecurityGroupIngress.html",
    near=NEVER,
)
DESCRIPTION_LENGTH: Final = _limit(
    "aws-description-length",
    255,
    "characters",
    "description of a group or rule",
    "shorten it",
    cite=f"{_API}/API_IpRange.html",
    near=NEVER,
)
DESCRIPTION_CHARSET: Final = _limit(
    "aws-description-charset",
    0,
    "characters other than letters, digits, spaces and ._-:/()#,@[]+=;{}!$*",
    "description of a group or rule",
    "write it without them",
    cite=f"{_API}/API_UserIdGroupPair.html",
    near=NEVER,
)
#: The provider makes one call of a list's creation and one of a change, whatever the number of
#: entries (aws.md 3.6), so what the API takes in a call is what one update can add or remove.
ENTRIES_PER_CALL: Final = _limit(
    "aws-prefix-list-entries-per-call",
    100,
    "entries",
    "call that creates or changes a prefix list",
    (
        "declare fewer or larger `private_blocks`, or change them in several updates, each of which "
        "adds at most 100 entries to the list and removes at most 100"
    ),
    cite=f"{_API}/API_ModifyManagedPrefixList.html",
    near=NEVER,
)
#: What a text or a pair of rules can only be right or wrong in; no report counts these.
TEXTS: Final = (RULES_PER_KEY, DESCRIPTION_LENGTH, DESCRIPTION_CHARSET)


def _weights(rule: SecurityGroupRule, sizes: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """What a rule counts against each family's budget, where prefix lists have these sizes.

    A group reference counts for both, and so does a prefix list with its whole size: stated until
    2021, never contradicted since, and the safe reading (aws.md 2.2).
    """
    if isinstance(rule.peer, GroupRef):
        return (("IPv4", 1), ("IPv6", 1))
    if isinstance(rule.peer, ListRef):
        weight = sizes[rule.peer.key]
        return (("IPv4", weight), ("IPv6", weight))
    return ((f"IPv{rule.peer.version}", 1),)


def _sizes(rules: AwsRuleSet) -> dict[str, int]:
    return {each.key: each.max_entries for each in rules.prefix_lists}


def uses(rules: AwsRuleSet, quotas: Mapping[str, int] | None = None) -> tuple[Use, ...]:
    """Every limit that these rules count against, with how much of it they take.

    `quotas` are those that AWS has raised, by the name that a topology gives them.
    """
    return tuple(_uses(rules, quotas or {}))


def _uses(rules: AwsRuleSet, quotas: Mapping[str, int]) -> Iterator[Use]:
    sizes = _sizes(rules)
    per_group, per_interface = (
        limit.raised(quotas) for limit in (RULES_PER_GROUP, GROUPS_PER_INTERFACE)
    )
    taken: dict[tuple[str, str, str], list[tuple[SecurityGroupRule, int]]] = {}
    for rule in rules.rules:
        for family, weight in _weights(rule, sizes):
            taken.setdefault((rule.group, rule.direction, family), []).append((rule, weight))
    for (group, direction, family), counted in sorted(taken.items(), key=lambda item: item[0]):
        weights = [(_first_reason(rule), weight) for rule, weight in counted]
        use = Use.summed(per_group, f"{group}, {direction}, {family}", weights)
        if use.is_over or use.is_near:
            ways = _ways_out([rule for rule, _ in counted], sizes, use, per_interface)
            use = replace(use, way_out=ways)
        yield use
    for server, member_of in sorted(rules.memberships.items()):
        yield _on_interface(per_interface, server, len(member_of), rules.other_groups)
    yield Use(RULES_TIMES_GROUPS, "every server", per_group.most * per_interface.most)
    yield Use(GROUPS_PER_REGION.raised(quotas), rules.network, len(rules.groups))
    yield Use(LISTS_PER_REGION.raised(quotas), rules.network, len(rules.prefix_lists))
    named = Counter(rule.peer.key for rule in rules.rules if isinstance(rule.peer, ListRef))
    for each in rules.prefix_lists:
        yield Use(ENTRIES_PER_LIST.raised(quotas), each.key, each.max_entries)
        yield Use(REFERENCES_PER_LIST.raised(quotas), each.key, named[each.key])


def _on_interface(limit: Limit, server: str, ours: int, others: int) -> Use:
    if not others:
        return Use(limit, server, ours)
    ways = f"attach fewer other groups (`other_groups`), {limit.way_out}"
    return Use.summed(
        limit, server, (("groups of this plan", ours), ("other_groups", others)), ways
    )


def _first_reason(rule: SecurityGroupRule) -> str:
    return rule.reasons[0].summary if rule.reasons else "no reason given"


#: Prefixes of the Internet where 10.0.0.0/8 is the one private block.
_SHORTEST_INTERNET: Final = 9


def _ways_out(
    counted: Iterable[SecurityGroupRule], sizes: Mapping[str, int], use: Use, per_interface: Limit
) -> str:
    """What would really make room, given what takes it."""
    lists: set[str] = set()
    ranges: Counter[str] = Counter()
    for rule in counted:
        if isinstance(rule.peer, ListRef):
            lists.add(rule.peer.key)
        elif not isinstance(rule.peer, GroupRef):
            ranges[str(rule.ports)] += 1
    ways: list[str] = []
    longest = max((sizes[key] for key in lists), default=0)
    if longest > _SHORTEST_INTERNET:
        ways.append(
            "declare only the `private_blocks` in use (with 10.0.0.0/8 alone, the Internet is "
            f"{_SHORTEST_INTERNET} prefixes, not {longest})"
        )
    if any(number > 1 for number in ranges.values()):
        ways.append("combine ranges (a prefix list counts as its entries)")
    enough = use.used if use.is_over else use.used * 100 // use.limit.near + 1
    if use.limit.most < enough <= RULES_TIMES_GROUPS.most // per_interface.most:
        ways.append(f"raise quota L-0EA8095F and declare `{use.limit.quota}: {enough}`")
    return ", or ".join((", ".join(ways[:-1]), ways[-1])) if len(ways) > 1 else "".join(ways)


def check(
    rules: AwsRuleSet, key: str | None = None, quotas: Mapping[str, int] | None = None
) -> Iterator[Finding]:
    """An error for each limit that these rules pass, a warning for each that is near.

    Findings stand at the network's `key` in the topology. `quotas` are those that AWS has raised.
    """
    # The law between two quotas is `check_quotas`'s.
    found = [use for use in uses(rules, quotas) if use.limit is not RULES_TIMES_GROUPS]
    by_where = {use.where: use for use in found}
    for use in (*found, *_texts(rules)):
        # What holds in both families for one reason is reported once, of IPv4.
        other = by_where.get(f"{use.where[:-1]}4") if use.where.endswith(", IPv6") else None
        if other and (other.is_over or (other.is_near and not use.is_over)):
            continue
        probes = _probes(rules, use) if use.is_over else []
        if probes:
            yield _probes_over(use, probes)
        else:
            yield from limit_findings(key or rules.network, [use])
    for each in rules.prefix_lists:
        use = Use(ENTRIES_PER_CALL, f"prefix list {each.key}", len(each.entries))
        if use.is_over:
            # Whether the list exists already is not known here.
            yield CREATED_OVER_LIMIT.at(
                ("topology", "networks", key or rules.network),
                **use.facts,
                way_out=use.limit.way_out,
            )


def check_change(old: AwsRuleSet, new: AwsRuleSet, key: str | None = None) -> Iterator[Finding]:
    """An error for each prefix list whose change from `old` to `new` is too much for one call.

    A list that `old` does not have is created. One that `new` does not have is deleted as a whole.
    """
    before = {each.key: set(each.entries) for each in old.prefix_lists}
    for each in new.prefix_lists:
        stood, wanted = before.get(each.key, set[Network]()), set(each.entries)
        for number, does in ((len(wanted - stood), "add"), (len(stood - wanted), "remove")):
            where = f"prefix list {each.key} ({number} entries to {does})"
            yield from limit_findings(key or new.network, [Use(ENTRIES_PER_CALL, where, number)])


def _texts(rules: AwsRuleSet) -> Iterator[Use]:
    """What EC2 refuses of single rules and texts, and nothing else. Our planner makes none of it."""
    for rule, number in Counter(rules.rules).items():
        if number > RULES_PER_KEY.most:
            yield Use(RULES_PER_KEY, names.rule_name(rule), number)
    for each in (*rules.groups, *rules.rules):
        text = each.description
        if len(text) > DESCRIPTION_LENGTH.most or not names.SAFE_TEXT.fullmatch(text):
            where = names.rule_name(each) if isinstance(each, SecurityGroupRule) else each.key
            refused = sum(not names.SAFE_TEXT.fullmatch(letter) for letter in text)
            yield Use(DESCRIPTION_LENGTH, where, len(text))
            yield Use(DESCRIPTION_CHARSET, where, refused)


#: The row of the direct probes: the one that no default leaves room for.
_PROBE_ROW: Final = "E8d"


def _probes(rules: AwsRuleSet, use: Use) -> list[tuple[SecurityGroupRule, int]]:
    """The rules of direct probes that count against a use, each with its weight."""
    if use.limit.code != RULES_PER_GROUP.code:
        return []
    sizes = _sizes(rules)
    return [
        (rule, weight)
        for rule in rules.rules
        if any(reason.entry == _PROBE_ROW for reason in rule.reasons)
        for family, weight in _weights(rule, sizes)
        if use.where == f"{rule.group}, {rule.direction}, {family}"
    ]


def _probes_over(use: Use, probes: list[tuple[SecurityGroupRule, int]]) -> Finding:
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
        **use.facts,
        ports=", ".join(weights),
        ranges=len(weights),
        prefixes=weight,
        fit=f"only {room} can be added" if room else "none can be added",
        way_out=use.way_out or use.limit.way_out,
    )


def check_quotas(quotas: Mapping[str, int], key: str) -> Iterator[Finding]:
    """A finding for what AWS never grants, among the quotas of the network `key`."""
    path = ("topology", "networks", key, "quotas")
    granted = "declare the value that AWS granted"
    for limit in LIMITS:
        most = limit.raised(quotas).most
        if limit.highest is not None and most > limit.highest:
            yield QUOTA_TOO_HIGH.at(
                (*path, limit.quota),
                asked=f"{limit.quota}: {most}",
                why=f"AWS raises this quota to at most {limit.highest}",
                fix=granted,
            )
            # Whatever stands beside it, the product speaks of nothing real.
            return
    rules, groups = (limit.raised(quotas).most for limit in (RULES_PER_GROUP, GROUPS_PER_INTERFACE))
    most = RULES_TIMES_GROUPS.most
    if rules * groups > most:
        beside = (
            f"with {groups} groups per interface, {most // groups} rules per group"
            if GROUPS_PER_INTERFACE.quota in quotas or rules > most
            else f"with {rules} rules per group, {most // rules} groups per interface"
        )
        yield QUOTA_TOO_HIGH.at(
            path,
            asked=f"{RULES_PER_GROUP.quota} {rules} times {GROUPS_PER_INTERFACE.quota} {groups}",
            why=f"the product is {rules * groups}, and AWS allows at most {most}",
            fix=f"{granted}: {beside}",
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
    if reserved or not name.strip() or not names.SAFE_TEXT.fullmatch(name):
        meant = names.safe(name).strip(" -") if not reserved else ""
        yield BY_CODE["bad-name"].at(
            ("name",), name=name or "nothing", rule=_NAME_RULE, meant=meant or "exchange"
        )


def check_names(prefix: str, rules: AwsRuleSet) -> Iterator[Finding]:
    """A finding for each name that is too long behind `prefix`.

    Pulumi makes physical names of logical ones; rules have none (aws.md 3.3).
    """
    named = (
        each for each in names.planned_resources(rules) if each.token in (names.GROUP, names.LIST)
    )
    return long_names((below(prefix, each.name) for each in named), _NAME_LENGTH, "AWS")
