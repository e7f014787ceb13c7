"""The rules that stand in EC2, read back by boto3 alone, as a rule set that the semantics read.

Knows: what EC2 says of groups, rules and prefix lists, and that a group's tag Name says which it is.
Must not know: any state, recording or provider.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import Any, Final, cast

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.planning import Plans
from exchange_ports.traffic.ports import PortRange, Ports, Protocol

__all__ = ["as_it_stands", "ids", "interfaces", "without_ours"]

_PROTOCOLS: Final = {
    "-1": Protocol.ANY,
    "tcp": Protocol.TCP,
    "udp": Protocol.UDP,
    "icmp": Protocol.ICMP,
    "icmpv6": Protocol.ICMPV6,
    "50": Protocol.ESP,
    "51": Protocol.AH,
}


def as_it_stands(
    ec2: Any, plans: Plans, vpcs: Mapping[str, str], servers: Mapping[str, Any]
) -> Plans:
    """The plans with what stands in EC2 in the place of what was planned, to be proved.

    `vpcs` are the networks' ids, and `servers` is what the program put out: who has which groups.
    """
    return replace(
        plans,
        networks={
            key: _rule_set(
                ec2,
                vpcs[key],
                plan.network,
                {server: servers[server]["security_group_ids"] for server in plan.memberships},
            )
            for key, plan in plans.networks.items()
        },
    )


def interfaces(ec2: Any, vpc_id: str) -> dict[str, dict[str, list[str]]]:
    """Who is there, by the descriptions of interfaces, and the groups that each has, as outputs are."""
    return {
        each["Description"]: {"security_group_ids": [group["GroupId"] for group in each["Groups"]]}
        for each in _all(ec2, "describe_network_interfaces", "NetworkInterfaces")
        if each["VpcId"] == vpc_id
    }


def _rule_set(
    ec2: Any, vpc_id: str, network: str, memberships: Mapping[str, Sequence[str]]
) -> aws.AwsRuleSet:
    """What stands in a VPC.

    :raises KeyError: a rule names what has no Name of ours, or a protocol of no name.
    """
    groups, lists, keys = _named(ec2, vpc_id, f"exchange-{network}-")
    rules = [
        _rule(each, keys)
        for each in _all(ec2, "describe_security_group_rules", "SecurityGroupRules")
        if each["GroupId"] in groups
    ]
    return aws.AwsRuleSet(
        network=network,
        groups=tuple(
            sorted(
                (aws.SecurityGroup(keys[one], each["Description"]) for one, each in groups.items()),
                key=lambda group: group.key,
            )
        ),
        prefix_lists=tuple(
            aws.PrefixList(keys[one].removeprefix("list."), _entries(ec2, one))
            for one in sorted(lists)
        ),
        rules=tuple(rules),
        memberships={
            server: tuple(keys[one] for one in attached) for server, attached in memberships.items()
        },
    )


def ids(ec2: Any, vpc_id: str, network: str) -> dict[str, str]:
    """The id in EC2 of each group, list and rule of a VPC, by the logical name that it has with us.

    :raises KeyError: as `as_it_stands` does.
    """
    prefix = f"exchange-{network}-"
    groups, _, keys = _named(ec2, vpc_id, prefix)
    rules = {
        rule_name(_rule(each, keys)): str(each["SecurityGroupRuleId"])
        for each in _all(ec2, "describe_security_group_rules", "SecurityGroupRules")
        if each["GroupId"] in groups
    }
    return {f"{prefix}{key}": one for one, key in keys.items()} | {
        f"{prefix}{name}": one for name, one in rules.items()
    }


def _named(
    ec2: Any, vpc_id: str, prefix: str
) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """The groups of a VPC and the lists of a network, by id, and what each of them is."""
    groups = {
        each["GroupId"]: each
        for each in _all(ec2, "describe_security_groups", "SecurityGroups")
        if each["VpcId"] == vpc_id and each["GroupName"] != "default"
    }
    lists = {
        each["PrefixListId"]: each
        for each in _all(ec2, "describe_managed_prefix_lists", "PrefixLists")
        if _name(each).startswith(prefix)
    }
    keys: dict[str, str] = {}
    for one, each in {**groups, **lists}.items():
        key = _name(each).removeprefix(prefix)
        # While a group is replaced there are two of a name.
        keys[one] = f"{key} ({one})" if key in keys.values() else key
    return groups, lists, keys


def without_ours(ec2: Any) -> bool:
    """Whether nothing is left but what every VPC has."""
    groups = _all(ec2, "describe_security_groups", "SecurityGroups")
    lists = _all(ec2, "describe_managed_prefix_lists", "PrefixLists")
    return all(each["GroupName"] == "default" for each in groups) and all(
        each["OwnerId"] == "AWS" for each in lists
    )


def _all(ec2: Any, call: str, what: str) -> list[Any]:
    pages = ec2.get_paginator(call).paginate()
    return [each for page in pages for each in page[what]]


def _name(each: Any) -> str:
    return next((tag["Value"] for tag in each.get("Tags", []) if tag["Key"] == "Name"), "")


def _entries(ec2: Any, list_id: str) -> tuple[Any, ...]:
    found = ec2.get_managed_prefix_list_entries(PrefixListId=list_id)["Entries"]
    return tuple(ip_network(each["Cidr"]) for each in found)


def _rule(each: Any, keys: Mapping[str, str]) -> aws.SecurityGroupRule:
    protocol = _PROTOCOLS[each["IpProtocol"]]
    ranges = (
        (PortRange(each["FromPort"], each["ToPort"]),)
        if protocol in (Protocol.TCP, Protocol.UDP)
        else ()
    )
    if protocol in (Protocol.ICMP, Protocol.ICMPV6) and each["FromPort"] != -1:
        raise KeyError(f"one type of {protocol}: nothing of ours")
    return aws.SecurityGroupRule(
        group=keys[each["GroupId"]],
        direction=aws.Direction.OUT if each["IsEgress"] else aws.Direction.IN,
        ports=Ports(protocol, ranges),
        peer=_peer(each, keys),
        reasons=(),
        description=each.get("Description", ""),
    )


def _peer(each: Any, keys: Mapping[str, str]) -> aws.Peer:
    if group := each.get("ReferencedGroupInfo"):
        return aws.GroupRef(keys[group["GroupId"]])
    if list_id := each.get("PrefixListId"):
        return aws.ListRef(keys[list_id].removeprefix("list."))
    return cast(aws.Peer, ip_network(each.get("CidrIpv4") or each["CidrIpv6"]))
