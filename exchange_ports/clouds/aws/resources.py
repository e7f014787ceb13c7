"""An AWS rule set, registered with Pulumi. This file decides nothing: `plan` did.

Standalone rules of one source each, no physical names, descriptions made of identities (aws.md 3).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import ec2, vpc

from exchange_ports.clouds.aws import CLOUD
from exchange_ports.clouds.aws.names import attachment_name, exclusive, resource
from exchange_ports.clouds.aws.plan import at_neighbors
from exchange_ports.clouds.aws.rules import (
    AwsRuleSet,
    GroupRef,
    ListRef,
    PrefixList,
    SecurityGroup,
    SecurityGroupRule,
)
from exchange_ports.clouds.aws.transitions import deletion_order
from exchange_ports.clouds.base import BoundServer, Direction, ServerGroups, below
from exchange_ports.flows import Flow

Tags = Mapping[str, pulumi.Input[str]]


def register(
    name: str,
    rules: AwsRuleSet,
    ids: Mapping[str, Any],
    flows: Iterable[Flow],
    tags: Tags | None,
    opts: pulumi.ResourceOptions | None,
) -> "AwsNetwork":
    """Register the resources of a VPC under the component `name`; `ids` has its `vpc_id`.

    `ids` may have existing security groups of `neighbor_security_groups`, where what `flows` need is added,
    and `network_interfaces` of servers, where groups are attached.
    """
    neighbors: Mapping[str, pulumi.Input[str]] = ids.get("neighbor_security_groups") or {}
    return AwsNetwork(
        name,
        rules,
        vpc_id=ids["vpc_id"],
        neighbors=neighbors,
        at_neighbors=at_neighbors(rules.network, flows, neighbors),
        interfaces=ids.get("network_interfaces") or {},
        tags=tags,
        opts=opts,
    )


class AwsNetwork(pulumi.ComponentResource):
    """The security groups of one VPC."""

    servers: dict[str, pulumi.Output[ServerGroups]]
    """The groups of each server's interfaces: `{"security_group_ids": [...]}`."""
    groups: dict[str, pulumi.Output[str]]
    """The id of every group, by its key."""
    zones: dict[str, pulumi.Output[str]]
    """Nothing: security groups are associated with network interfaces only."""

    def __init__(  # noqa: PLR0913
        self,
        name: str,
        rules: AwsRuleSet,
        *,
        vpc_id: pulumi.Input[str],
        neighbors: Mapping[str, pulumi.Input[str]] | None = None,
        at_neighbors: Sequence[SecurityGroupRule] = (),
        interfaces: Mapping[str, BoundServer] | None = None,
        tags: Tags | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register groups, lists and rules under `name`, children of this component.

        `neighbor_security_groups` are the ids of existing groups by the neighbor's name, `at_neighbors` the rules
        that are added to them. `interfaces` are those of servers, by name, that others create.
        """
        super().__init__(CLOUD.network_type, name, None, opts)
        self._name = name
        self.zones = {}
        self._tags = dict(tags or {})
        # Rules wait for their groups, so it is enough if groups and lists wait for what the user names.
        self._child = pulumi.ResourceOptions(parent=self, depends_on=opts and opts.depends_on)
        lists = {each.key: self._prefix_list(each) for each in rules.prefix_lists}
        order = deletion_order(rules, at_neighbors)
        # The engine deletes what depends on something before that. EC2 deletes no list that a rule names.
        made = {each.key: self._group(each, vpc_id, lists.values()) for each in order.last}
        ids_of: dict[str, pulumi.Input[str]] = {key: group.id for key, group in made.items()}
        ids_of |= neighbors or {}
        below_this = pulumi.ResourceOptions(parent=self)
        made_rules = {rule: self._rule(rule, ids_of, lists, below_this) for rule in order.separate}
        # All wait for the same, so that they are registered in one order in every run.
        after = (*lists.values(), *made.values(), *made_rules.values())
        for group in order.first:
            made[group.key] = self._group(group, vpc_id, after)
            ids_of[group.key] = made[group.key].id
        for rule in rules.rules:
            if rule not in made_rules:
                # Deleted by itself only while its group stays. So a group in use loses no rule: EC2
                # refuses to delete the group, and the update ends there.
                with_group = pulumi.ResourceOptions(parent=self, deleted_with=made[rule.group])
                made_rules[rule] = self._rule(rule, ids_of, lists, with_group)
        made = {group.key: made[group.key] for group in rules.groups}
        standing = [each.id for each in made_rules.values()]
        if rules.exclusive:
            self._exclude_others(rules, made, made_rules)
        # Whoever attaches a group before its rules stand cuts traffic, so ids wait for all of them.
        # By index, not by `apply`: a preview that adds a rule still knows the ids of the groups, and
        # shows no change where they are attached.
        ids: pulumi.Output[dict[str, str]] = pulumi.Output.all(
            groups={key: group.id for key, group in made.items()}, standing=standing
        )["groups"]
        self.groups = {key: ids[key] for key in made}
        self.servers = {
            server: pulumi.Output.all(*(self.groups[key] for key in member_of)).apply(
                lambda group_ids: ServerGroups(security_group_ids=group_ids)
            )
            for server, member_of in sorted(rules.memberships.items())
        }
        for server, interface in (interfaces or {}).items():
            # By the ids that wait for all rules: attached after them, and detached before one is deleted.
            for key in rules.memberships.get(server, ()):
                ec2.NetworkInterfaceSecurityGroupAttachment(
                    below(name, attachment_name(interface.identity, key)),
                    network_interface_id=interface.id,
                    security_group_id=self.groups[key],
                    opts=below_this,
                )
        self.register_outputs({"servers": self.servers, "groups": self.groups})

    def _group(
        self, group: SecurityGroup, vpc_id: pulumi.Input[str], after: Iterable[pulumi.Resource]
    ) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self._full_name(group),
            description=group.description,
            vpc_id=vpc_id,
            tags=self._named(group),
            # EC2 cannot change a description, so another one would replace the group and all its rules: a
            # group that was adopted keeps the words that its makers gave it (aws.md 3.3).
            opts=pulumi.ResourceOptions.merge(
                self._child,
                pulumi.ResourceOptions(ignore_changes=["description"], depends_on=[*after]),
            ),
        )

    def _exclude_others(
        self,
        planned: AwsRuleSet,
        groups: Mapping[str, ec2.SecurityGroup],
        rules: Mapping[SecurityGroupRule, pulumi.CustomResource],
    ) -> None:
        """Take away whatever else stands at our groups; never at a neighbor's.

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
                below(self._name, exclusive(key, planned).name),
                security_group_id=group.id,
                ingress_rule_ids=ids[Direction.IN],
                egress_rule_ids=ids[Direction.OUT],
                opts=after_all,
            )

    def _full_name(self, each: SecurityGroup | PrefixList | SecurityGroupRule) -> str:
        return below(self._name, resource(each).name)

    def _named(self, each: SecurityGroup | PrefixList) -> dict[str, pulumi.Input[str]]:
        return {"Name": self._full_name(each), **self._tags}

    def _prefix_list(self, declared: PrefixList) -> ec2.ManagedPrefixList:
        return ec2.ManagedPrefixList(
            self._full_name(declared),
            address_family=f"IPv{declared.entries[0].version}",
            max_entries=declared.max_entries,
            entries=[ec2.ManagedPrefixListEntryArgs(cidr=str(entry)) for entry in declared.entries],
            tags=self._named(declared),
            opts=self._child,
        )

    def _rule(
        self,
        rule: SecurityGroupRule,
        groups: Mapping[str, pulumi.Input[str]],
        lists: Mapping[str, ec2.ManagedPrefixList],
        opts: pulumi.ResourceOptions,
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
            self._full_name(rule),
            security_group_id=groups[rule.group],
            ip_protocol=rule.ip_protocol,
            from_port=first,
            to_port=last,
            description=rule.description,
            # Tags on rules cost a second call each, so only the user's are set (aws.md 3.6).
            tags=self._tags or None,
            opts=opts,
            **peer,
        )
