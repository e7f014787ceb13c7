"""What was recorded of a program, and what a plan says, as plain data that can be compared."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.offline import Recording, Registration
from tests.support.resource_types import ASG, GROUP, LIST, NSG

RULES: Final = {
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "in",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "out",
}


def custom(recording: Recording) -> list[Registration]:
    return [one for one in recording.registrations if one.custom]


def ids(recording: Recording, prefix: str, *tokens: str) -> dict[object, str]:
    """The key in the plan behind each id, of the resources with these tokens."""
    return {
        one.id: one.name.removeprefix(f"{prefix}-")
        for token in tokens
        for one in recording.of_type(token)
    }


#: AWS's own words (aws.md 2.4): names where it has them, IANA's numbers where it does not.
AWS_PROTOCOLS: Final = {
    "any": "-1",
    "tcp": "tcp",
    "udp": "udp",
    "icmp": "icmp",
    "esp": "50",
    "ah": "51",
}
AZURE_PROTOCOLS: Final = {
    "any": "*",
    "tcp": "Tcp",
    "udp": "Udp",
    "icmp": "Icmp",
    "esp": "Esp",
    "ah": "Ah",
}


def planned_aws(rules: aws.AwsRuleSet) -> Counter[tuple[object, ...]]:
    """Each rule as (group, direction, protocol, ports, peer, description)."""

    def peer(of: aws.Peer) -> str:
        if isinstance(of, aws.GroupRef):
            return f"group {of.key}"
        return f"list list.{of.key}" if isinstance(of, aws.ListRef) else f"ipv{of.version} {of}"

    return Counter(
        (
            rule.group,
            rule.direction.value,
            AWS_PROTOCOLS[rule.ports.protocol.value],
            tuple(rule.ports.ranges[0]) if rule.ports.ranges else None,
            peer(rule.peer),
            rule.description,
        )
        for rule in rules.rules
    )


def registered_aws(recording: Recording, prefix: str) -> Counter[tuple[object, ...]]:
    groups, lists = ids(recording, prefix, GROUP), ids(recording, prefix, LIST)

    def peer(inputs: Mapping[str, Any]) -> str:
        found = {
            f"group {groups.get(inputs.get('referencedSecurityGroupId'))}": "referencedSecurityGroupId",
            f"list {lists.get(inputs.get('prefixListId'))}": "prefixListId",
            f"ipv4 {inputs.get('cidrIpv4')}": "cidrIpv4",
            f"ipv6 {inputs.get('cidrIpv6')}": "cidrIpv6",
        }
        (one,) = (summary for summary, key in found.items() if key in inputs)
        return one

    def ports(inputs: Mapping[str, Any]) -> tuple[int, int] | None:
        assert ("fromPort" in inputs) == ("toPort" in inputs)
        return (inputs["fromPort"], inputs["toPort"]) if "fromPort" in inputs else None

    return Counter(
        (
            groups[one.inputs["securityGroupId"]],
            direction,
            one.inputs["ipProtocol"],
            ports(one.inputs),
            peer(one.inputs),
            one.inputs["description"],
        )
        for token, direction in RULES.items()
        for one in recording.of_type(token)
    )


def planned_azure(rules: azure.AzureRuleSet) -> dict[str, list[dict[str, object]]]:
    """Each zone's rules as they should stand in the request, in order."""

    def side(which: str, of: azure.Side) -> dict[str, object]:
        match of:
            case azure.GroupRef(key):
                return {f"{which}ApplicationSecurityGroups": [key]}
            case azure.Tag(name):
                return {f"{which}AddressPrefix": name}
            case azure.Anything():
                return {f"{which}AddressPrefix": "*"}
            case azure.Prefixes((only,)):
                return {f"{which}AddressPrefix": str(only)}
            case azure.Prefixes(ranges):
                return {f"{which}AddressPrefixes": [str(each) for each in ranges]}

    def ports(rule: azure.SecurityRule) -> dict[str, object]:
        summary = [
            str(first) if first == last else f"{first}-{last}" for first, last in rule.ports.ranges
        ]
        if len(summary) > 1:
            return {"destinationPortRanges": summary}
        return {"destinationPortRange": summary[0] if summary else "*"}

    return {
        group.zone.value: [
            {
                "name": rule.name,
                "priority": rule.priority,
                "direction": {"in": "Inbound", "out": "Outbound"}[rule.direction.value],
                "access": {"allow": "Allow", "deny": "Deny"}[rule.access.value],
                "protocol": AZURE_PROTOCOLS[rule.ports.protocol.value],
                "description": rule.description,
                "sourcePortRange": "*",
                **ports(rule),
                **side("source", rule.source),
                **side("destination", rule.destination),
            }
            for rule in group.rules
        ]
        for group in rules.groups
    }


def registered_azure(recording: Recording, prefix: str) -> dict[str, list[dict[str, object]]]:
    keys = ids(recording, prefix, ASG)

    def reported(rule: Mapping[str, Any]) -> dict[str, object]:
        return {
            name: [keys[group["id"]] for group in value]
            if name.endswith("ApplicationSecurityGroups")
            else value
            for name, value in rule.items()
        }

    zones: dict[str, list[dict[str, object]]] = {}
    for one in recording.of_type(NSG):
        rules: Any = one.inputs["securityRules"]
        zones[one.name.removeprefix(f"{prefix}-")] = [reported(rule) for rule in rules]
    return zones
