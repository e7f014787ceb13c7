"""A plan as a program registers it, without running one: what the independent checker is given for any rule set.

Written from the fields of the clouds' resources (aws.md 3.2, azure.md 5). What the package's own
program registers is checked as well, for every stack: `tests/clouds/test_boundaries.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.traffic.ports import Ports
from tests.support.checker import Checker
from tests.support.rule_sets import NetworkPlan

__all__ = ["Resource", "checker_of", "resources", "attached"]

_PROTOCOLS: Final = {
    "any": "*",
    "tcp": "Tcp",
    "udp": "Udp",
    "icmp": "Icmp",
    "icmpv6": "Icmp",
    "esp": "Esp",
    "ah": "Ah",
}


@dataclass(frozen=True)
class Resource:
    type: str
    id: str
    inputs: Mapping[str, Any]


def checker_of(plan: NetworkPlan, addresses: Mapping[str, str], space: tuple[str, ...]) -> Checker:
    """The independent checker over one network; `addresses` says which address is which server's."""
    servers = attached(plan)
    ours = {address: name for address, name in addresses.items() if name in servers}
    return Checker(resources(plan), servers, ours, space)


def attached(plan: NetworkPlan) -> dict[str, Mapping[str, Any]]:
    """What the interfaces of each server have."""
    if isinstance(plan, aws.AwsRuleSet):
        return {name: {"security_group_ids": list(keys)} for name, keys in plan.memberships.items()}
    return {
        name: {
            "network_security_group_id": plan.zones[name].value,
            "application_security_group_ids": list(keys),
        }
        for name, keys in plan.memberships.items()
    }


def resources(plan: NetworkPlan) -> Iterator[Resource]:
    """Groups, lists and rules; an id is the key."""
    yield from _aws(plan) if isinstance(plan, aws.AwsRuleSet) else _azure(plan)


def _aws(plan: aws.AwsRuleSet) -> Iterator[Resource]:
    for group in plan.groups:
        yield Resource("aws:ec2/securityGroup:SecurityGroup", group.key, {})
    for list_ in plan.prefix_lists:
        entries = [{"cidr": str(entry)} for entry in list_.entries]
        size = max(1, list_.max_entries)
        # A list is of one family; one without entries, which no plan has, could be of either.
        family = f"IPv{list_.entries[0].version if list_.entries else 4}"
        inputs = {"addressFamily": family, "entries": entries, "maxEntries": size}
        yield Resource("aws:ec2/managedPrefixList:ManagedPrefixList", list_.key, inputs)
    for at, rule in enumerate(plan.rules):
        kind = "Ingress" if rule.direction is aws.Direction.IN else "Egress"
        inputs = {"securityGroupId": rule.group, "ipProtocol": rule.ip_protocol}
        if rule.port_range is not None:
            inputs |= dict(zip(("fromPort", "toPort"), rule.port_range, strict=True))
        if isinstance(rule.peer, aws.GroupRef):
            inputs["referencedSecurityGroupId"] = rule.peer.key
        elif isinstance(rule.peer, aws.ListRef):
            inputs["prefixListId"] = rule.peer.key
        else:
            inputs[f"cidrIpv{rule.peer.version}"] = str(rule.peer)
        token = f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule"
        yield Resource(token, f"rule {at}", inputs)


def _azure(plan: azure.AzureRuleSet) -> Iterator[Resource]:
    for group in plan.application_groups:
        yield Resource("azure-native:network:ApplicationSecurityGroup", group.key, {})
    for group in plan.groups:
        rules = [_rule(rule) for rule in group.rules]
        token = "azure-native:network:NetworkSecurityGroup"  # noqa: S105 - a type, no secret
        yield Resource(token, group.zone.value, {"securityRules": rules})


def _rule(rule: azure.SecurityRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "priority": rule.priority,
        "direction": "Inbound" if rule.direction is azure.Direction.IN else "Outbound",
        "access": rule.access.value.capitalize(),
        "protocol": _PROTOCOLS[rule.ports.protocol.value],
        "sourcePortRange": "*",
        **_ports(rule.ports),
        **_side("source", rule.source),
        **_side("destination", rule.destination),
    }


def _ports(ports: Ports) -> dict[str, Any]:
    texts = [f"{first}-{last}" if first != last else str(first) for first, last in ports.ranges]
    if len(texts) > 1:
        return {"destinationPortRanges": texts}
    return {"destinationPortRange": texts[0] if texts else "*"}


def _side(end: str, side: azure.Side) -> dict[str, Any]:
    if isinstance(side, azure.GroupRef):
        return {f"{end}ApplicationSecurityGroups": [{"id": side.key}]}
    if isinstance(side, azure.Tag):
        return {f"{end}AddressPrefix": side.name}
    if isinstance(side, azure.Anything):
        return {f"{end}AddressPrefix": "*"}
    texts = [str(range_) for range_ in side.ranges]
    return {f"{end}AddressPrefixes": texts} if len(texts) > 1 else {f"{end}AddressPrefix": texts[0]}
