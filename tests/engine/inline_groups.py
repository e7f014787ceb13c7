"""What our program must never do: security groups with their rules inside.

Knows: how pulumi-aws writes inline rules (aws.md 3.1): whatever is no longer wanted is revoked first,
then what is wanted is authorized; a rule with other words is another one.
"""

from collections.abc import Mapping
from typing import Any, cast

import pulumi
from pulumi_aws import ec2

from exchange_ports.clouds.aws.rules import AwsRuleSet, Direction, GroupRef, SecurityGroupRule
from tests.engine.aws_kinds import SecurityGroup
from tests.engine.provider import Values

__all__ = ["InlineGroup", "InlineNetwork"]

_BLOCK = dict[str, Any]


class InlineGroup(SecurityGroup):
    """The security group, with `ingress` and `egress`."""

    inputs = SecurityGroup.inputs | {"ingress", "egress"}

    def create(self, inputs: Values) -> tuple[str, Values]:
        id_, outputs = super().create(inputs)
        self._write(id_, {}, inputs)
        return id_, {**outputs, **_inline(inputs)}

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        self._write(id_, olds, news)
        return {**super().update(id_, olds, news), **_inline(news)}

    def _write(self, id_: str, olds: Values, news: Values) -> None:
        for way in ("ingress", "egress"):
            old, new = (
                [_permission(id_, each) for each in cast("list[_BLOCK]", values.get(way) or [])]
                for values in (olds, news)
            )
            gone = [each for each in old if each not in new]
            come = [each for each in new if each not in old]
            if gone:
                getattr(self.ec2, f"revoke_security_group_{way}")(GroupId=id_, IpPermissions=gone)
            if come:
                getattr(self.ec2, f"authorize_security_group_{way}")(
                    GroupId=id_, IpPermissions=come
                )


def _inline(inputs: Values) -> dict[str, Any]:
    return {way: inputs[way] for way in ("ingress", "egress") if way in inputs}


def _permission(id_: str, block: _BLOCK) -> _BLOCK:
    text = {"Description": block["description"]} if block.get("description") else {}
    ports = (
        {}
        if block["protocol"] == "-1"
        else {"FromPort": block["fromPort"], "ToPort": block["toPort"]}
    )
    if block.get("self"):
        source: _BLOCK = {"UserIdGroupPairs": [{"GroupId": id_, **text}]}
    else:
        source = {"IpRanges": [{"CidrIp": each, **text} for each in block["cidrBlocks"]]}
    return {"IpProtocol": block["protocol"], **ports, **source}


class InlineNetwork(pulumi.ComponentResource):
    """As `AwsNetwork`, but for where rules stand. Only for groups that name none but themselves."""

    def __init__(self, name: str, rules: AwsRuleSet, **given: Any) -> None:
        opts: pulumi.ResourceOptions = given["opts"]
        super().__init__("exchange-ports:index:AwsNetwork", name, None, opts)
        made = {
            group.key: ec2.SecurityGroup(
                f"{name}-{group.key}",
                description=group.description,
                vpc_id=given["vpc_id"],
                tags={"Name": f"{name}-{group.key}"},
                ingress=[_block(r) for r in _of(rules, group.key, Direction.IN)],
                egress=[_block(r) for r in _of(rules, group.key, Direction.OUT)],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for group in rules.groups
        }
        self.groups = {key: group.id for key, group in made.items()}
        self.zones: dict[str, pulumi.Output[str]] = {}
        self.servers = {
            server: pulumi.Output.all(security_group_ids=[self.groups[key] for key in attached])
            for server, attached in sorted(rules.memberships.items())
        }
        self.register_outputs({"servers": self.servers, "groups": self.groups})


def _of(rules: AwsRuleSet, group: str, direction: Direction) -> list[SecurityGroupRule]:
    return [rule for rule in rules.rules if (rule.group, rule.direction) == (group, direction)]


def _block(rule: SecurityGroupRule) -> Any:
    first, last = rule.port_range or (0, 0)
    source: Mapping[str, Any] = (
        {"self": True} if isinstance(rule.peer, GroupRef) else {"cidr_blocks": [str(rule.peer)]}
    )
    return {
        "protocol": rule.ip_protocol,
        "from_port": first,
        "to_port": last,
        "description": rule.description,
        **source,
    }
