"""An Azure rule set, registered with Pulumi. This file decides nothing: `plan` did.

Inline rules, always set: one PUT replaces all of a group's rules at once (azure.md 5). Physical
names carry the component's, so that two components can share a resource group.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import pulumi
from pulumi_azure_native import network as azure

from exchange_ports.clouds.azure import CLOUD
from exchange_ports.clouds.azure.names import resource
from exchange_ports.clouds.azure.rules import (
    Access,
    Anything,
    AzureRuleSet,
    GroupRef,
    NetworkSecurityGroup,
    Prefixes,
    SecurityRule,
    Side,
)
from exchange_ports.clouds.base import Direction, ServerGroups, below
from exchange_ports.flows import Flow
from exchange_ports.topology.models import Attachment
from exchange_ports.traffic.ports import Protocol

Tags = Mapping[str, pulumi.Input[str]]
Groups = Mapping[str, azure.ApplicationSecurityGroup]

_PROTOCOLS: Final = {
    Protocol.ANY: azure.SecurityRuleProtocol.ASTERISK,
    Protocol.TCP: azure.SecurityRuleProtocol.TCP,
    Protocol.UDP: azure.SecurityRuleProtocol.UDP,
    Protocol.ICMP: azure.SecurityRuleProtocol.ICMP,
    Protocol.ICMPV6: azure.SecurityRuleProtocol.ICMP,
    Protocol.ESP: azure.SecurityRuleProtocol.ESP,
    Protocol.AH: azure.SecurityRuleProtocol.AH,
}
_DIRECTIONS: Final = {
    Direction.IN: azure.SecurityRuleDirection.INBOUND,
    Direction.OUT: azure.SecurityRuleDirection.OUTBOUND,
}
_ACCESS: Final = {
    Access.ALLOW: azure.SecurityRuleAccess.ALLOW,
    Access.DENY: azure.SecurityRuleAccess.DENY,
}


def register(
    name: str,
    rules: AzureRuleSet,
    ids: Mapping[str, Any],
    _flows: Iterable[Flow],
    tags: Tags | None,
    opts: pulumi.ResourceOptions | None,
) -> "AzureNetwork":
    """Register the resources of a VNet under the component `name`.

    `ids` has its `resource_group_name` and `location`.
    """
    return AzureNetwork(
        name,
        rules,
        resource_group_name=ids["resource_group_name"],
        location=ids["location"],
        tags=tags,
        opts=opts,
    )


class AzureNetwork(pulumi.ComponentResource):
    """The network security groups of one VNet."""

    servers: dict[str, pulumi.Output[ServerGroups]]
    """The groups of each server's interfaces: `{"network_security_group_id": ...,
    "application_security_group_ids": [...]}`. The second alone where groups hang on subnets: those
    take their zone's from `zones`."""
    groups: dict[str, pulumi.Output[str]]
    """The id of every application security group, by its key."""
    zones: dict[str, pulumi.Output[str]]
    """The id of each zone's network security group."""

    def __init__(
        self,
        name: str,
        rules: AzureRuleSet,
        *,
        resource_group_name: pulumi.Input[str],
        location: pulumi.Input[str],
        tags: Tags | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register application security groups and network security groups under `name`."""
        super().__init__(CLOUD.network_type, name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=opts and opts.depends_on)
        # An import takes no empty map for written, and would put everything once more (azure.md 5).
        tags = tags or None
        made = {
            group.key: azure.ApplicationSecurityGroup(
                (full := below(name, resource(group).name)),
                application_security_group_name=full,
                resource_group_name=resource_group_name,
                location=location,
                tags=tags,
                opts=child,
            )
            for group in rules.application_groups
        }
        zones = {
            group.zone: azure.NetworkSecurityGroup(
                (full := below(name, resource(group).name)),
                network_security_group_name=full,
                resource_group_name=resource_group_name,
                location=location,
                security_rules=_inline(group, made),
                tags=tags,
                opts=child,
            )
            for group in rules.groups
        }
        # Whoever joins a group before every rule stands is cut off, so ids wait for all of them.
        ids: pulumi.Output[dict[str, Any]] = pulumi.Output.all(
            groups={key: group.id for key, group in made.items()},
            zones={zone.value: group.id for zone, group in zones.items()},
        )
        self.groups = {key: ids["groups"][key] for key in made}
        self.zones = {zone.value: ids["zones"][zone.value] for zone in zones}
        at_interfaces = {
            group.zone for group in rules.groups if group.at is Attachment.NETWORK_INTERFACES
        }
        self.servers = {
            server: _attachment(
                self.zones[zone] if (zone := rules.zones[server]) in at_interfaces else None,
                [self.groups[key] for key in member_of],
            )
            for server, member_of in sorted(rules.memberships.items())
        }
        self.register_outputs({"servers": self.servers, "groups": self.groups, "zones": self.zones})


def _attachment(
    zone: pulumi.Output[str] | None, groups: list[pulumi.Output[str]]
) -> pulumi.Output[ServerGroups]:
    member_of: dict[str, Any] = {} if zone is None else {"network_security_group_id": zone}
    found = pulumi.Output.all(**member_of, application_security_group_ids=groups)
    return cast("pulumi.Output[ServerGroups]", found)


def _inline(group: NetworkSecurityGroup, groups: Groups) -> list[azure.SecurityRuleArgs]:
    return [_rule(rule, groups) for rule in group.rules]


def _rule(rule: SecurityRule, groups: Groups) -> azure.SecurityRuleArgs:
    ranges = [str(range_) for range_ in rule.ports.ranges]
    ports: dict[str, Any] = (
        {"destination_port_ranges": ranges}
        if len(ranges) > 1
        else {"destination_port_range": ranges[0] if ranges else "*"}
    )
    return azure.SecurityRuleArgs(
        name=rule.name,
        priority=rule.priority,
        direction=_DIRECTIONS[rule.direction],
        access=_ACCESS[rule.access],
        protocol=_PROTOCOLS[rule.ports.protocol],
        description=rule.description,
        source_port_range="*",
        **ports,
        **_side("source", rule.source, groups),
        **_side("destination", rule.destination, groups),
    )


def _side(which: str, side: Side, groups: Groups) -> dict[str, Any]:
    if isinstance(side, GroupRef):
        one = azure.ApplicationSecurityGroupArgs(id=groups[side.key].id)
        return {f"{which}_application_security_groups": [one]}
    if isinstance(side, Prefixes):
        ranges = [str(range_) for range_ in side.ranges]
        if len(ranges) > 1:
            return {f"{which}_address_prefixes": ranges}
        return {f"{which}_address_prefix": ranges[0]}
    return {f"{which}_address_prefix": "*" if isinstance(side, Anything) else side.name}
