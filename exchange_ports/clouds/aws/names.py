"""Names of what AWS gets: pure functions of what a thing is, never of order or count.

A rule's logical name is EC2's own duplicate key (aws.md 3.3): same key, same resource, edited in
place; another key, another resource, created before the old one goes. Keys of groups and lists hold
no `/`, and a range always does, so two different keys never share a name.
"""

import re
from collections.abc import Iterator
from typing import Final

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.base import Direction, PlannedResource
from exchange_ports.traffic.ports import Ports

#: What every field of EC2 takes: the intersection of the documented charsets (aws.md 2.3).
SAFE_TEXT: Final = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=;{}!$*]*")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9 ._\-:/()#,@\[\]+=;{}!$*]")


def list_name(key: str) -> str:
    """The logical name of a prefix list inside its network."""
    return f"list.{key}"


def peer_name(peer: aws.Peer) -> str:
    """A peer as it stands in a rule's name. Colons would not pass where Pulumi checks names."""
    if isinstance(peer, aws.GroupRef):
        return peer.key
    if isinstance(peer, aws.ListRef):
        return list_name(peer.key)
    return str(peer).replace(":", "-")


def rule_name(rule: aws.SecurityGroupRule) -> str:
    """The logical name of a rule inside its network: `mailbox.hq/in/tcp/25/edge.hq`."""
    return name_of(rule.group, rule.direction, rule.ports, peer_name(rule.peer))


def name_of(group: str, direction: Direction, ports: Ports, peer: str) -> str:
    """The name of a rule that is still in parts; `peer` is by its own name."""
    spelled = ",".join(map(str, ports.ranges)) or "all"
    return "/".join((group, direction, ports.protocol, spelled, peer))


def safe(text: str) -> str:
    """User text in EC2's charset: what it refuses becomes a dash."""
    return _UNSAFE.sub("-", text)


def attachment_name(server: str, group: str) -> str:
    """The logical name of a group at a network interface that others create; `server` is the identity."""
    return f"attached/{server}/{group}"


#: The types of resources that a rule set becomes, in Pulumi and in the cloud's own words.
GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
LIST: Final = "aws:ec2/managedPrefixList:ManagedPrefixList"
RULE_IN: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
RULE_OUT: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
EXCLUSIVE: Final = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"


def resource(each: aws.SecurityGroup | aws.PrefixList | aws.SecurityGroupRule) -> PlannedResource:
    """The resource that a part of a rule set becomes, with its logical name.

    EC2 cannot change a group's description (aws.md 3.3), so changes of it are ignored. Group and kind of
    peer of a rule are fixed, the rest is edited in place (aws.md 3.1). Physical names are Pulumi's.
    """
    if isinstance(each, aws.SecurityGroup):
        return PlannedResource("security group", GROUP, each.key)
    if isinstance(each, aws.PrefixList):
        return PlannedResource("prefix list", LIST, list_name(each.key), None, each.entries, False)
    token = RULE_IN if each.direction is Direction.IN else RULE_OUT
    fixed = (each.group, each.direction, type(each.peer))
    editable = (each.ports, each.peer, each.description)
    return PlannedResource("rule", token, rule_name(each), fixed, editable)


def exclusive(group: str, rules: aws.AwsRuleSet) -> PlannedResource:
    """What removes all other rules of a group; it has the ids of the group's rules."""
    names = frozenset(rule_name(rule) for rule in rules.rules if rule.group == group)
    return PlannedResource(
        "exclusive rule set", EXCLUSIVE, f"{group}/rules", None, names, tagged=False
    )


def planned_resources(rules: aws.AwsRuleSet) -> Iterator[PlannedResource]:
    """Every resource that a rule set becomes."""
    yield from map(resource, (*rules.groups, *rules.prefix_lists, *rules.rules))
    if rules.exclusive:
        yield from (exclusive(group.key, rules) for group in rules.groups)


def counts(rules: aws.AwsRuleSet) -> tuple[tuple[int, str], ...]:
    """How many groups, rules and lists there are."""
    lists = ((len(rules.prefix_lists), "prefix list"),) if rules.prefix_lists else ()
    return ((len(rules.groups), "security group"), (len(rules.rules), "rule"), *lists)


def as_data(rules: aws.AwsRuleSet) -> dict[str, object]:
    """Groups, lists and rules as JSON-ready data."""
    return {
        "security_groups": {group.key: group.description for group in rules.groups},
        "prefix_lists": {
            each.key: [str(entry) for entry in each.entries] for each in rules.prefix_lists
        },
        "rules": {rule_name(rule): rule.description for rule in rules.rules},
    }
