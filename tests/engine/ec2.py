"""EC2 as its documentation has it: moto keeps the state, a guard in front refuses what EC2 refuses.

Knows: aws.md 2 (quotas, counting, names, rules, lifecycle) and 4 (what moto 5.2 gets wrong). The
guard does itself what moto does wrong; the rest is moto's own answer.
Must not know: this package. It checks whatever is sent, not what we mean to send.

Error codes: see tests/engine/ec2_values.py.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, cast

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule

from tests.engine.ec2_lists import ONE_AT_A_TIME, PrefixLists, weight
from tests.engine.ec2_values import (
    ALL_PROTOCOLS,
    TEXT,
    TEXT_OF_REFERENCES,
    Kind,
    Permission,
    duplicate,
    invalid,
    no_such_rule,
    ports,
    protocol,
    range_,
    readable,
    refuse,
)

__all__ = ["GROUPS_PER_INTERFACE", "RULES_PER_GROUP", "Guard"]

# Quotas (aws.md 2.1), all of them the defaults.
RULES_PER_GROUP: Final = 60
GROUPS_PER_INTERFACE: Final = 5
_GROUPS_PER_REGION: Final = 2_500

Direction = Literal["ingress", "egress"]


#: Where the sources of a permission stand in a request, and how each is spelled there.
_PLACES: Final[tuple[tuple[Kind, str], ...]] = (
    ("cidr4", "IpRanges"),
    ("cidr6", "Ipv6Ranges"),
    ("group", "UserIdGroupPairs"),
    ("list", "PrefixListIds"),
)
_SPELT: Final[dict[Kind, str]] = {
    "cidr4": "CidrIp",
    "cidr6": "CidrIpv6",
    "group": "GroupId",
    "list": "PrefixListId",
}


class Guard(PrefixLists):
    """The actions of EC2 on groups, rules, prefix lists and interfaces, in front of moto's."""

    # ---- security groups ----

    def create_security_group(self) -> ActionResult:
        with ONE_AT_A_TIME:
            # EC2 trims trailing spaces (API CreateSecurityGroup).
            name = str(self._get_param("GroupName") or "").rstrip(" ")
            description = str(self._get_param("Description") or "")
            vpc_id = self._get_param("VpcId")
            if not name:
                refuse("MissingParameter", "The request must contain the parameter GroupName")
            readable(name, "GroupName")
            if name.startswith("sg-"):
                invalid(name, "GroupName", "Group names may not be in the format sg-*.")
            if not description:
                refuse(
                    "MissingParameter", "The request must contain the parameter GroupDescription"
                )
            readable(description, "GroupDescription")
            if vpc_id and vpc_id not in self.ec2_backend.vpcs:
                refuse("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
            groups = list(self._groups())
            if len(groups) >= _GROUPS_PER_REGION:
                refuse("SecurityGroupLimitExceeded", "The maximum number of groups is reached.")
            home = vpc_id or self.ec2_backend.default_vpc.id
            # Unique in the VPC whatever the case.
            if any(g.vpc_id == home and g.name.lower() == name.lower() for g in groups):
                refuse(
                    "InvalidGroup.Duplicate",
                    f"The security group '{name}' already exists for VPC '{home}'",
                )
            return super().create_security_group()

    def delete_security_group(self) -> ActionResult:
        with ONE_AT_A_TIME:
            group = self._group()
            if group.is_default:
                refuse(
                    "CannotDelete",
                    f'the specified group: "{group.id}" name: "default" cannot be deleted by a user',
                )
            attached = [eni.id for eni in self._interfaces() if group in eni.group_set]
            # A rule of another VPC that names it stays behind and is stale (aws.md 2.5).
            named = [
                other.id
                for other in self._groups()
                if other is not group
                and other.vpc_id == group.vpc_id
                and any(_group_of(rule) == group.id for rule in _rules(other))
            ]
            if attached or named:
                refuse("DependencyViolation", f"resource {group.id} has a dependent object")
            self.ec2_backend.delete_security_group(group_id=group.id)
            return EmptyResult()

    # ---- rules ----

    def authorize_security_group_ingress(self) -> ActionResult:
        return self._authorize("ingress")

    def authorize_security_group_egress(self) -> ActionResult:
        return self._authorize("egress")

    def _authorize(self, direction: Direction) -> ActionResult:
        with ONE_AT_A_TIME:
            group = self._group()
            asked = list(self._permissions(group))
            if len(set(asked)) < len(asked):
                refuse(
                    "InvalidParameterValue", "The same permission must not appear multiple times"
                )
            standing = _of_direction(group, direction)
            for one in asked:
                self._not_twice(one, standing)
            self._within_the_quota([*map(_as_permission, standing), *asked])
            tags = self._parse_tag_specification().get("security-group-rule", {})
            made = [self._made(group, direction, one, tags) for one in asked]
            standing.extend(made)
            return self._described(made)

    def revoke_security_group_ingress(self) -> ActionResult:
        return self._revoke("ingress")

    def revoke_security_group_egress(self) -> ActionResult:
        return self._revoke("egress")

    def _revoke(self, direction: Direction) -> ActionResult:
        with ONE_AT_A_TIME:
            group = self._group()
            standing = _of_direction(group, direction)
            going: list[SecurityGroupRule] = []
            ids = cast("list[str]", self._get_param("SecurityGroupRuleIds", []))
            for one in ids:
                found = next((rule for rule in standing if rule.id == one), None)
                if found is None:
                    no_such_rule(one)
                going.append(found)
            if not ids:
                for asked in self._permissions(group):
                    same = next((r for r in standing if _as_permission(r) == asked), None)
                    if same is None:
                        refuse(
                            "InvalidPermission.NotFound",
                            "The specified rule does not exist in this security group.",
                        )
                    going.append(same)
            standing[:] = [rule for rule in standing if rule not in going]
            return ActionResult({"Return": True})

    def modify_security_group_rules(self) -> ActionResult:
        with ONE_AT_A_TIME:
            group = self._group()
            planned: dict[str, Permission] = {}
            for change in cast("list[dict[str, Any]]", self._get_param("SecurityGroupRules", [])):
                rule_id = str(change["SecurityGroupRuleId"])
                standing = next((rule for rule in _rules(group) if rule.id == rule_id), None)
                if standing is None:
                    no_such_rule(rule_id)
                planned[rule_id] = self._modified(
                    group, standing, cast("dict[str, Any]", change.get("SecurityGroupRule", {}))
                )
            for direction in ("ingress", "egress"):
                rules = _of_direction(group, direction)
                after = [planned.get(rule.id, _as_permission(rule)) for rule in rules]
                for one, times in Counter(after).items():
                    if times > 1:
                        duplicate(one)
                self._within_the_quota(after)
            for rule in _rules(group):
                if rule.id in planned:
                    self._write(rule, planned[rule.id])
            return ActionResult({"Return": True})

    def _modified(
        self, group: SecurityGroup, standing: SecurityGroupRule, wanted: Mapping[str, Any]
    ) -> Permission:
        sources: tuple[tuple[Kind, Any], ...] = (
            ("cidr4", wanted.get("CidrIpv4")),
            ("cidr6", wanted.get("CidrIpv6")),
            ("list", wanted.get("PrefixListId")),
            ("group", wanted.get("ReferencedGroupId")),
        )
        named: list[tuple[Kind, str]] = []
        for kind, value in sources:
            if value is not None:
                named.append((kind, str(value)))
        if len(named) > 1:
            refuse("InvalidParameterCombination", "Only one source can be specified")
        if not named:
            refuse("MissingParameter", "The request must contain exactly one source")
        ((kind, source),) = named
        was = _as_permission(standing)
        if kind != was.kind:
            # The type of the source is for life (API ModifySecurityGroupRules).
            refuse(
                "InvalidParameterValue",
                f"Invalid rule type for security group rule '{standing.id}'",
            )
        description = wanted.get("Description")
        return self._permission(
            group,
            wanted,
            kind,
            source,
            was.description if description is None else str(description),
        )

    def update_security_group_rule_descriptions_ingress(self) -> ActionResult:
        return self._redescribe("ingress")

    def update_security_group_rule_descriptions_egress(self) -> ActionResult:
        return self._redescribe("egress")

    def _redescribe(self, direction: Direction) -> ActionResult:
        with ONE_AT_A_TIME:
            group = self._group()
            standing = _of_direction(group, direction)
            for asked in self._permissions(group):
                same = next((rule for rule in standing if _as_permission(rule) == asked), None)
                if same is None:
                    refuse(
                        "InvalidPermission.NotFound",
                        "The specified rule does not exist in this security group.",
                    )
                self._write(same, asked)
            return ActionResult({"Return": True})

    # ---- what a request says ----

    def _permissions(self, group: SecurityGroup) -> Iterator[Permission]:
        asked = cast("list[dict[str, Any]]", self._get_param("IpPermissions", []))
        params = self._get_params()
        if not asked and "IpProtocol" in params:
            # The short form: one range beside the other parameters.
            short = {"CidrIp": params["CidrIp"]} if "CidrIp" in params else {}
            asked = [{**params, "IpRanges": [short] if short else []}]
        if not asked:
            refuse("MissingParameter", "The request must contain the parameter ipPermissions")
        for one in asked:
            sources: list[tuple[Kind, Any]] = []
            for kind, key in _PLACES:
                for each in one.get(key, []):
                    sources.append((kind, each))
            if not sources:
                # The code is not documented.
                refuse("MissingParameter", "The request must contain a source or destination")
            for kind, each in sources:
                source = str(each.get(_SPELT[kind]))
                yield self._permission(group, one, kind, source, each.get("Description"))

    def _permission(
        self,
        group: SecurityGroup,
        wanted: Mapping[str, Any],
        kind: Kind,
        source: str,
        description: str | None,
    ) -> Permission:
        named = protocol(wanted.get("IpProtocol"))
        first, last = ports(named, wanted.get("FromPort"), wanted.get("ToPort"))
        if kind in ("cidr4", "cidr6"):
            source = range_(source, 4 if kind == "cidr4" else 6)
        elif kind == "group":
            self._may_be_named(group, source)
        else:
            self.prefix_list(source)
        if description:
            allowed = TEXT if kind in ("cidr4", "cidr6") else TEXT_OF_REFERENCES
            readable(description, "rule description", allowed)
        return Permission(named, first, last, kind, source, description or None)

    def _may_be_named(self, group: SecurityGroup, other_id: str) -> None:
        """A group of the same VPC, or of one that is peered in the Region (aws.md 2.5)."""
        other = self.ec2_backend.get_security_group_from_id(other_id)
        if other is not None and other.vpc_id != group.vpc_id:
            ends = {group.vpc_id, other.vpc_id}
            peered = any(
                {link.vpc.id, link.peer_vpc.id} == ends and link._status.code == "active"
                for link in self.ec2_backend.vpc_pcxs.values()
            )
            other = other if peered else None
        if other is None:
            refuse("InvalidGroup.NotFound", f"The security group '{other_id}' does not exist")

    # ---- what stands ----

    def _not_twice(self, asked: Permission, standing: Iterable[SecurityGroupRule]) -> None:
        if any(_as_permission(rule) == asked for rule in standing):
            duplicate(asked)

    def _within_the_quota(self, rules: Iterable[Permission]) -> None:
        """Rules of one group and direction, apart by family (aws.md 2.1 and 2.2)."""
        used: Counter[int] = Counter()
        for rule in rules:
            used.update(self._weights(rule))
        if any(number > RULES_PER_GROUP for number in used.values()):
            refuse(
                "RulesPerSecurityGroupLimitExceeded",
                "The maximum number of rules per security group has been reached.",
            )

    def _weights(self, rule: Permission) -> dict[int, int]:
        if rule.kind == "cidr4":
            return {4: 1}
        if rule.kind == "cidr6":
            return {6: 1}
        if rule.kind == "group":
            # For both families, whatever its members have.
            return {4: 1, 6: 1}
        largest = weight(self.prefix_list(rule.source))
        return {4: largest, 6: largest}

    def _made(
        self,
        group: SecurityGroup,
        direction: Direction,
        wanted: Permission,
        tags: dict[str, str],
    ) -> SecurityGroupRule:
        # moto leaves the type of what it makes open.
        rule: Any = SecurityGroupRule(
            self.ec2_backend,
            ALL_PROTOCOLS,
            group.id,
            None,
            None,
            {},
            is_egress=direction == "egress",
            tags=tags,
        )
        self._write(rule, wanted)
        return rule

    def _write(self, rule: SecurityGroupRule, wanted: Permission) -> None:
        """Make moto's own rule say what is wanted."""
        rule.ip_protocol = wanted.protocol
        rule.from_port, rule.to_port = wanted.first, wanted.last
        text = {"Description": wanted.description} if wanted.description else {}
        # moto reads the text of every rule from here, and gives it back in both descriptions.
        rule.ip_range = dict(text)
        rule.source_group, rule.prefix_list_id = {}, None
        if wanted.kind == "cidr4":
            rule.ip_range["CidrIp"] = wanted.source
        elif wanted.kind == "cidr6":
            rule.ip_range["CidrIpv6"] = wanted.source
        elif wanted.kind == "group":
            rule.source_group = {
                "GroupId": wanted.source,
                "UserId": self.ec2_backend.account_id,
                **text,
            }
        else:
            rule.prefix_list_id = cast(Any, wanted.source)

    def _described(self, rules: Sequence[SecurityGroupRule]) -> ActionResult:
        ids = [rule.id for rule in rules]
        found = {rule.id: rule for rule in self.ec2_backend.describe_security_group_rules(ids, {})}
        return ActionResult({"Return": True, "SecurityGroupRules": [found[one] for one in ids]})

    def _group(self) -> SecurityGroup:
        given = self._get_param("GroupId")
        name = self._get_param("GroupName")
        if not given and not name:
            refuse(
                "MissingParameter", "The request must contain the parameter groupName or groupId"
            )
        group = (
            self.ec2_backend.get_security_group_from_id(given)
            if given
            else self.ec2_backend.get_security_group_from_name(
                name, self.ec2_backend.default_vpc.id
            )
        )
        if group is None:
            refuse("InvalidGroup.NotFound", f"The security group '{given or name}' does not exist")
        return group

    def _groups(self) -> Iterator[SecurityGroup]:
        for groups in list(self.ec2_backend.groups.values()):
            yield from list(groups.values())

    def _interfaces(self) -> list[Any]:
        return list(self.ec2_backend.enis.values())

    # ---- prefix lists that rules name ----

    def named_by(self, list_id: str) -> bool:
        return any(rule.prefix_list_id == list_id for g in self._groups() for rule in _rules(g))

    def without_room_for(self, list_id: str) -> list[str]:
        lacking: set[str] = set()
        for group in self._groups():
            for direction in ("ingress", "egress"):
                rules = [_as_permission(rule) for rule in _of_direction(group, direction)]
                if not any(rule.source == list_id for rule in rules):
                    continue
                try:
                    self._within_the_quota(rules)
                except EC2ClientError:
                    lacking.add(group.id)
        return sorted(lacking)

    # ---- interfaces ----

    def create_network_interface(self) -> ActionResult:
        with ONE_AT_A_TIME:
            subnet = self.ec2_backend.get_subnet(self._get_param("SubnetId"))
            self._may_be_attached(cast("list[str]", self._get_param("Groups", [])), subnet.vpc_id)
            return super().create_network_interface()

    def modify_network_interface_attribute(self) -> ActionResult:
        with ONE_AT_A_TIME:
            found = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
            groups = self._get_param("Groups")
            if groups is not None:
                self._may_be_attached(cast("list[str]", groups), found.subnet.vpc_id)
            return super().modify_network_interface_attribute()

    def _may_be_attached(self, groups: Collection[str], vpc_id: str) -> None:
        if len(groups) > GROUPS_PER_INTERFACE:
            refuse(
                "SecurityGroupsPerInterfaceLimitExceeded",
                "The maximum number of security groups per interface has been reached.",
            )
        for one in groups:
            group = self.ec2_backend.get_security_group_from_id(one)
            if group is None:
                refuse("InvalidGroup.NotFound", f"The security group '{one}' does not exist")
            if group.vpc_id != vpc_id:
                refuse(
                    "InvalidParameter",
                    f"Security group {one} and the subnet belong to different networks.",
                )


def _group_of(rule: SecurityGroupRule) -> str | None:
    return rule.source_group.get("GroupId")


def _rules(group: SecurityGroup) -> list[SecurityGroupRule]:
    return [*group.ingress_rules, *group.egress_rules]


def _of_direction(group: SecurityGroup, direction: str) -> list[SecurityGroupRule]:
    return group.ingress_rules if direction == "ingress" else group.egress_rules


def _as_permission(rule: SecurityGroupRule) -> Permission:
    """What stands, moto's own default rules too."""
    sources: tuple[tuple[Kind, str | None], ...] = (
        ("cidr4", rule.cidr_ipv4),
        ("cidr6", rule.cidr_ipv6),
        ("group", _group_of(rule)),
        ("list", rule.prefix_list_id),
    )
    for kind, source in sources:
        if source is not None:
            ends = (rule.from_port, rule.to_port)
            return Permission(str(rule.ip_protocol), *ends, kind, source, rule.description)
    raise AssertionError("EC2 keeps no rule without a source")
