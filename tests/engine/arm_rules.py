"""What Azure refuses of security rules: pure functions from a rule's data to the faults it has.

Knows: azure.md 1, its limits and its error codes, each from a public report of what Azure answered;
ARM's own form of a rule, `{"name": ..., "properties": {...}}` (swagger 2024-05-01).
Must not know: this package, nor where rules come from or go to (tests/engine/arm.py).

`NOT_REPORTED` stands for a code that no document or report tells: that Azure refuses it is documented.
Where the documents leave open whether something counts or is allowed, the stricter reading is taken,
and said so.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final, cast

__all__ = [
    "NOT_REPORTED",
    "Fault",
    "application_groups",
    "fault_of_name",
    "faults_of_rule",
    "faults_of_rules",
]

Properties = Mapping[str, Any]

NOT_REPORTED: Final = "NotReported"

# Limits (azure.md 1), none of them raised.
_RULES: Final = 1_000
_VALUES: Final = 4_000
_APPLICATION_GROUPS_PER_SIDE: Final = 10
_APPLICATION_GROUPS: Final = 100
_PRIORITIES: Final = range(100, 4_097)
_HIGHEST_PORT: Final = 65_535
_DESCRIPTION: Final = 140

#: At most 80 characters; `_` may begin a name and end it, `.` and `-` may not.
_NAME: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")

_ENUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "access": ("Allow", "Deny"),
    "direction": ("Inbound", "Outbound"),
    "protocol": ("Tcp", "Udp", "Icmp", "Esp", "Ah", "*"),
}

#: Base names (azure.md 4); most may be followed by a region.
_TAGS: Final = frozenset(
    tag.lower()
    for tag in (
        "VirtualNetwork",
        "Internet",
        "AzureLoadBalancer",
        "AzurePlatformDNS",
        "AzurePlatformIMDS",
        "AzurePlatformLKM",
        "AzureTrafficManager",
        "AzureActiveDirectory",
        "AzureCloud",
        "AzureBackup",
        "AzureUpdateDelivery",
        "AzureFrontDoor",
        "Storage",
        "EOPExternalPublishedIPs",
        "M365ManagementActivityApi",
        "M365ManagementActivityApiWebhook",
        "Dynamics365ForMarketingEmail",
    )
)

_SIDES: Final = ("source", "destination")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, as ARM says it."""

    code: str
    message: str


def fault_of_name(name: object) -> Fault | None:
    """What is wrong with the name of a rule, a network or application security group."""
    if isinstance(name, str) and _NAME.fullmatch(name):
        return None
    return Fault("InvalidResourceName", f"Resource name {name} is invalid.")


def faults_of_rule(rule: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with one rule, seen alone."""
    name = rule.get("name")
    if fault := fault_of_name(name):
        yield fault
    properties = cast(Properties, rule.get("properties") or {})
    yield from _faults_of_words(name, properties)
    for side in _SIDES:
        yield from _faults_of_ports(name, properties, f"{side}PortRange")
        yield from _faults_of_side(name, properties, side)


def faults_of_rules(
    rules: Sequence[Mapping[str, Any]], vnets: Mapping[str, str | None]
) -> Iterator[Fault]:
    """What is wrong with the rules of one network security group, seen together and one by one.

    `vnets` has the VNet of each application security group by the group's id in small letters; None
    while no interface is in it.
    """
    if len(rules) > _RULES:
        yield Fault(
            "SecurityRuleCountLimitReached",
            f"A network security group cannot have more than {_RULES} security rules.",
        )
    # Both directions share one space of names.
    for name, number in Counter(str(rule.get("name")).lower() for rule in rules).items():
        if number > 1:
            yield Fault(NOT_REPORTED, f"There are two child resources with the same name ({name}).")
    for rule in rules:
        yield from faults_of_rule(rule)
    all_properties = [cast(Properties, rule.get("properties") or {}) for rule in rules]
    yield from _conflicts(rules)
    yield from _sums(all_properties)
    named = {one.lower() for each in all_properties for one in application_groups(each)}
    if len(named) > _APPLICATION_GROUPS:
        yield Fault(
            NOT_REPORTED,
            f"The rules name {len(named)} application security groups of at most {_APPLICATION_GROUPS}.",
        )
    for rule, properties in zip(rules, all_properties, strict=True):
        homes = {vnets.get(one.lower()) for one in application_groups(properties)} - {None}
        if len(homes) > 1:
            yield Fault(
                "AllApplicationSecurityGroupsInSecurityRuleMustBeFromSameVnet",
                f"All application security groups in security rule {rule.get('name')} must be from "
                f"the same virtual network.",
            )


def application_groups(properties: Properties) -> list[str]:
    """The ids of the application security groups that a rule names, both sides."""
    return [one for side in _SIDES for one in _groups_of(properties, side)]


def _groups_of(properties: Properties, side: str) -> list[str]:
    named = cast(
        "list[Mapping[str, Any]]", properties.get(f"{side}ApplicationSecurityGroups") or []
    )
    return [str(each.get("id")) for each in named]


def _faults_of_words(name: object, properties: Properties) -> Iterator[Fault]:
    for key in ("priority", *_ENUMS):
        if properties.get(key) is None:
            # That they are required is the swagger's word.
            yield _missing(name, key)
    for key, allowed in _ENUMS.items():
        value = properties.get(key)
        # What the service cannot read into its enumerations is no request to it.
        if value is not None and str(value).lower() not in {word.lower() for word in allowed}:
            yield Fault(
                NOT_REPORTED, f"{key} of rule {name} is {value}, and no {', '.join(allowed)}."
            )
    priority = properties.get("priority")
    if priority is not None and priority not in _PRIORITIES:
        yield Fault(
            "SecurityRuleInvalidPriority",
            f"Security rule {name} has invalid Priority. Value provided: {priority} "
            f"Allowed range {_PRIORITIES[0]}-{_PRIORITIES[-1]}.",
        )
    description = str(properties.get("description") or "")
    if len(description) > _DESCRIPTION:
        yield Fault(
            NOT_REPORTED,
            f"The description of rule {name} has {len(description)} characters of at most "
            f"{_DESCRIPTION}.",
        )


def _faults_of_ports(name: object, properties: Properties, key: str) -> Iterator[Fault]:
    one, several = properties.get(key), _list(properties, f"{key}s")
    if bool(one) is bool(several):
        yield _missing(name, key)
        return
    # That `*` is no member of a list is not certain (azure.md 1).
    if one != "*":
        for value in [one] if one else several:
            if not _is_ports(value):
                yield Fault(
                    "SecurityRuleInvalidPortRange",
                    f"Security rule {name} has invalid port range. Value provided: {value}. Value "
                    "should be an integer OR integer range with '-' delimiter. Valid range 0-65535.",
                )


def _is_ports(value: object) -> bool:
    if not isinstance(value, str) or not (found := re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", value)):
        return False
    first, last = int(found[1]), int(found[2] or found[1])
    return first <= last <= _HIGHEST_PORT


def _faults_of_side(name: object, properties: Properties, side: str) -> Iterator[Fault]:
    key = f"{side}AddressPrefix"
    one, several = properties.get(key), _list(properties, f"{key}es")
    groups = _groups_of(properties, side)
    if [bool(one), bool(several), bool(groups)].count(True) != 1:
        yield _missing(name, key)
        return
    if len(groups) > _APPLICATION_GROUPS_PER_SIDE:
        yield Fault(
            "NumberOfApplicationSecurityGroupsReferencedInSecurityRuleLimitReached",
            f"A security rule may have up to {_APPLICATION_GROUPS_PER_SIDE} Application Security "
            f"Groups in the source or destination fields. The requested configuration has "
            f"{len(groups)} in the {side} of {name}.",
        )
    if one and one != "*" and not _is_tag(one) and _network(one) is None:
        yield _no_prefix(name, one)
    networks: list[IPv4Network | IPv6Network] = []
    for value in several:
        if value == "*" or _is_tag(value):
            yield Fault(
                "SecurityRuleParameterContainsUnsupportedValue",
                f"Security rule parameter {key}es for rule with Id {name} cannot specify existing "
                "VIRTUALNETWORK, INTERNET, AZURELOADBALANCER, '*' or system tags. Unsupported value "
                f"used: {value}.",
            )
        elif (network := _network(value)) is None:
            yield _no_prefix(name, value)
        else:
            networks.append(network)
    if overlap := _overlap(networks):
        yield Fault(
            "OverlappingSubnetsNotPermittedInSecurityRule",
            f"Security rule {name} has overlapping subnets {overlap[0]} and {overlap[1]} in {key}es.",
        )


def _overlap(
    networks: Iterable[IPv4Network | IPv6Network],
) -> tuple[IPv4Network | IPv6Network, IPv4Network | IPv6Network] | None:
    # The same one twice is an overlap too: no report says so, and none that it is not.
    for version in (4, 6):
        ordered = sorted(
            (each for each in networks if each.version == version),
            key=lambda each: (int(each.network_address), each.prefixlen),
        )
        # Two CIDRs are apart or one holds the other; the one before need not be the nearest, so
        # the widest so far is kept.
        widest = None
        for each in ordered:
            if widest is not None and int(each.network_address) <= int(widest.broadcast_address):
                return widest, each
            widest = each
    return None


def _network(value: object) -> IPv4Network | IPv6Network | None:
    # An address, or a CIDR without host bits.
    try:
        return ip_network(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_tag(value: object) -> bool:
    return isinstance(value, str) and value.partition(".")[0].lower() in _TAGS


def _list(properties: Properties, key: str) -> list[Any]:
    return cast("list[Any]", properties.get(key) or [])


def _missing(name: object, key: str) -> Fault:
    return Fault(
        "SecurityRuleParameterMissing",
        f"Security rule with Id {name} must specify a non empty value for exactly one of: {key} and "
        "what may stand in its place.",
    )


def _no_prefix(name: object, value: object) -> Fault:
    return Fault(
        "SecurityRuleInvalidAddressPrefix",
        f"Security rule {name} has invalid Address prefix. Value provided: {value}",
    )


def _conflicts(rules: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    taken: dict[tuple[str, Any], object] = {}
    for rule in rules:
        properties = cast(Properties, rule.get("properties") or {})
        slot = (str(properties.get("direction")).lower(), properties.get("priority"))
        if slot in taken:
            yield Fault(
                "SecurityRuleConflict",
                f"Security rule {rule.get('name')} conflicts with rule {taken[slot]}. Rules cannot "
                "have the same Priority and Direction. To learn more, see aka.ms/nsgrules.",
            )
        taken[slot] = rule.get("name")


def _sums(all_properties: Iterable[Properties]) -> Iterator[Fault]:
    """Values of all rules together: sources, destinations and the ports of each, each for itself.

    Whether a tag, `*` or a group counts is not written: each counts as one.
    """
    sums = dict.fromkeys(
        (f"{side}{what}" for side in _SIDES for what in ("AddressPrefix", "PortRange")), 0
    )
    for properties in all_properties:
        for side in _SIDES:
            addresses = len(_list(properties, f"{side}AddressPrefixes"))
            sums[f"{side}AddressPrefix"] += addresses or len(_groups_of(properties, side)) or 1
            sums[f"{side}PortRange"] += len(_list(properties, f"{side}PortRanges")) or 1
    for what, number in sums.items():
        if number > _VALUES:
            yield Fault(
                "SecurityRuleAddressesOrPortsPerSecurityGroupLimitReached",
                f"The rules have {number} values of {what}; a network security group may have up to "
                f"{_VALUES}.",
            )
