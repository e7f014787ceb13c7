"""An AWS rule set, registered with Pulumi. This file decides nothing: `plan` did.

Standalone rules of one source each, no physical names, descriptions made of identities (aws.md 3).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import ec2, vpc

from exchange_ports.clouds.aws.names import list_name, rule_name
from exchange_ports.clouds.aws.rules import (
    AwsRuleSet,
    Direction,
    GroupRef,
    ListRef,
    PrefixList,
    SecurityGroupRule,
)

__all__ = ["AwsNetwork"]

Tags = Mapping[str, pulumi.Input[str]]


class AwsNetwork(pulumi.ComponentResource):
    """The security groups of one VPC."""

    servers: dict[str, pulumi.Output[dict[str, Any]]]
    """What each server's interfaces wear: `{"security_group_ids": [...]}`."""
    groups: dict[str, pulumi.Output[str]]
    """The id of every group, by its key."""

    def __init__(
        self,
        name: str,
        rules: AwsRuleSet,
        *,
        vpc_id: pulumi.Input[str],
        neighbours: Mapping[str, pulumi.Input[str]] | None = None,
        at_neighbours: Sequence[SecurityGroupRule] = (),
        tags: Tags | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register groups, lists and rules under `name`, children of this component.

        `neighbours` are the ids of existing groups by the neighbour's name, `at_neighbours` the rules
        that are added to them.
        """
        super().__init__("exchange-ports:index:AwsNetwork", name, None, opts)
        self._name = name
        self._tags = dict(tags or {})
        self._child = pulumi.ResourceOptions(parent=self)
        # EC2 cannot change a description, so another one would replace the group and all its rules: a
        # group that was adopted keeps the words that its makers gave it (aws.md 3.3).
        unworded = pulumi.ResourceOptions(parent=self, ignore_changes=["description"])
        made = {
            group.key: ec2.SecurityGroup(
                f"{name}-{group.key}",
                description=group.description,
                vpc_id=vpc_id,
                tags=self._named(group.key),
                opts=unworded,
            )
            for group in rules.groups
        }
        lists = {each.key: self._prefix_list(each) for each in rules.prefix_lists}
        ids_of: dict[str, pulumi.Input[str]] = {key: group.id for key, group in made.items()}
        ids_of |= neighbours or {}
        everywhere = (*rules.rules, *at_neighbours)
        made_rules = {rule: self._rule(rule, ids_of, lists) for rule in everywhere}
        standing = [each.id for each in made_rules.values()]
        if rules.exclusive:
            self._exclude_others(made, made_rules)
        # Whoever attaches a group before its rules stand cuts traffic, so ids wait for all of them.
        # By index, not by `apply`: a preview that adds a rule still knows the ids of the groups, and
        # shows no change where they are attached.
        ids: pulumi.Output[dict[str, str]] = pulumi.Output.all(
            groups={key: group.id for key, group in made.items()}, standing=standing
        )["groups"]
        self.groups = {key: ids[key] for key in made}
        self.servers = {
            server: pulumi.Output.all(*(self.groups[key] for key in worn)).apply(
                lambda worn_ids: {"security_group_ids": worn_ids}
            )
            for server, worn in sorted(rules.memberships.items())
        }
        self.register_outputs({"servers": self.servers, "groups": self.groups})

    def _exclude_others(
        self,
        groups: Mapping[str, ec2.SecurityGroup],
        rules: Mapping[SecurityGroupRule, pulumi.CustomResource],
    ) -> None:
        """Take away whatever else stands at our groups; never at a neighbour's.

        It revokes old rules of ours, too, before the engine would delete them. So it waits for every
        rule of the network: what an old rule let through, a new one of another group may.
        """
        after_all = pulumi.ResourceOptions(parent=self, depends_on=list(rules.values()))
        for key, group in groups.items():
            here = [rule for rule in rules if rule.group == key]
            ids = {
                way: [rules[rule].id for rule in here if rule.direction is way] for way in Direction
            }
            ec2.VpcSecurityGroupRulesExclusive(
                f"{self._name}-{key}/rules",
                security_group_id=group.id,
                ingress_rule_ids=ids[Direction.IN],
                egress_rule_ids=ids[Direction.OUT],
                opts=after_all,
            )

    def _named(self, key: str) -> dict[str, pulumi.Input[str]]:
        return {"Name": f"{self._name}-{key}", **self._tags}

    def _prefix_list(self, declared: PrefixList) -> ec2.ManagedPrefixList:
        key = list_name(declared.key)
        return ec2.ManagedPrefixList(
            f"{self._name}-{key}",
            address_family=f"IPv{declared.entries[0].version}",
            max_entries=declared.max_entries,
            entries=[ec2.ManagedPrefixListEntryArgs(cidr=str(entry)) for entry in declared.entries],
            tags=self._named(key),
            opts=self._child,
        )

    def _rule(
        self,
        rule: SecurityGroupRule,
        groups: Mapping[str, pulumi.Input[str]],
        lists: Mapping[str, ec2.ManagedPrefixList],
    ) -> pulumi.CustomResource:
        peer: dict[str, Any]
        if isinstance(rule.peer, GroupRef):
            peer = {"referenced_security_group_id": groups[rule.peer.key]}
        elif isinstance(rule.peer, ListRef):
            peer = {"prefix_list_id": lists[rule.peer.key].id}
        else:
            peer = {f"cidr_ipv{rule.peer.version}": str(rule.peer)}
        first, last = rule.port_range or (None, None)
        kind = (
            vpc.SecurityGroupIngressRule
            if rule.direction is Direction.IN
            else vpc.SecurityGroupEgressRule
        )
        return kind(
            f"{self._name}-{rule_name(rule)}",
            security_group_id=groups[rule.group],
            ip_protocol=rule.ip_protocol,
            from_port=first,
            to_port=last,
            description=rule.description,
            # Tags on rules cost a second call each, so only the user's are set (aws.md 3.6).
            tags=self._tags or None,
            opts=self._child,
            **peer,
        )
