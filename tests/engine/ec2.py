"""EC2 as its documentation has it: moto keeps the state, a guard in front refuses what EC2 refuses.

Knows: aws.md 2 (quotas, counting, names, rules, lifecycle) and 4 (what moto 5.2 gets wrong). The
guard does itself what moto does wrong; the rest is moto's own answer.
Must not know: this package. It judges whatever is sent, not what we mean to send.

Error codes are EC2's where aws.md or the API reference gives one. Where neither does, the comment
says so: tests may ask that the call is refused, not by which word.
"""

import ipaddress
import re
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NoReturn, cast

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.managed_prefixes import ManagedPrefixList
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.ec2.responses import EC2Response

__all__ = ["GROUPS_PER_INTERFACE", "RULES_PER_GROUP", "Guard"]

# Quotas (aws.md 2.1), all of them the defaults.
RULES_PER_GROUP: Final = 60
GROUPS_PER_INTERFACE: Final = 5
_GROUPS_PER_REGION: Final = 2_500
_LISTS_PER_REGION: Final = 100
_ENTRIES_PER_LIST: Final = 1_000
#: In one call (API CreateManagedPrefixList, ModifyManagedPrefixList: "Maximum number of 100 items").
_ENTRIES_PER_CALL: Final = 100

#: Names, group descriptions and descriptions of rules with a range (aws.md 2.3).
_TEXT: Final = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")
#: Descriptions of rules with a group or a prefix list: documented without `&`.
_TEXT_OF_REFERENCES: Final = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=;{}!$*]{0,255}")

#: Published weights of AWS's own lists (aws.md 2.2). Any other counts its largest size.
_PUBLISHED_WEIGHTS: Final = {
    "cloudfront.origin-facing": 55,
    "vpc-lattice": 10,
    "groundstation": 5,
    "s3": 1,
    "dynamodb": 1,
}

_NAMES_OF_PROTOCOLS: Final = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_ALL_PROTOCOLS: Final = "-1"
_LAST_PORT: Final = 65_535

Kind = Literal["cidr4", "cidr6", "group", "list"]
Direction = Literal["ingress", "egress"]

#: moto's server answers on several threads, and EC2 does each call whole or not at all.
_ONE_AT_A_TIME: Final = threading.RLock()


def _refuse(code: str, message: str) -> NoReturn:
    raise EC2ClientError(code, message)


def _invalid(value: object, what: str, why: str) -> NoReturn:
    _refuse("InvalidParameterValue", f"Invalid value '{value}' for {what}. {why}")


@dataclass(frozen=True, slots=True)
class Permission:
    """One rule of a group and direction. Equality is EC2's duplicate key: the text is no part."""

    protocol: str
    first: int | None
    last: int | None
    kind: Kind
    source: str
    description: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        protocol = "ALL" if self.protocol == _ALL_PROTOCOLS else self.protocol.upper()
        ports = "" if self.first is None else f", from port: {self.first}, to port: {self.last}"
        return f"peer: {self.source}, {protocol}{ports}, ALLOW"


class Guard(EC2Response):
    """The actions of EC2 on groups, rules, prefix lists and interfaces, in front of moto's."""

    # ---- security groups ----

    def create_security_group(self) -> ActionResult:
        with _ONE_AT_A_TIME:
            # EC2 trims trailing spaces (API CreateSecurityGroup).
            name = str(self._get_param("GroupName") or "").rstrip(" ")
            description = str(self._get_param("Description") or "")
            vpc_id = self._get_param("VpcId")
            if not name:
                _refuse("MissingParameter", "The request must contain the parameter GroupName")
            _readable(name, "GroupName")
            if name.startswith("sg-"):
                _invalid(name, "GroupName", "Group names may not be in the format sg-*.")
            if not description:
                _refuse(
                    "MissingParameter", "The request must contain the parameter GroupDescription"
                )
            _readable(description, "GroupDescription")
            if vpc_id and vpc_id not in self.ec2_backend.vpcs:
                _refuse("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
            groups = list(self._groups())
            if len(groups) >= _GROUPS_PER_REGION:
                _refuse("SecurityGroupLimitExceeded", "The maximum number of groups is reached.")
            home = vpc_id or self.ec2_backend.default_vpc.id
            # Unique in the VPC whatever the case.
            if any(g.vpc_id == home and g.name.lower() == name.lower() for g in groups):
                _refuse(
                    "InvalidGroup.Duplicate",
                    f"The security group '{name}' already exists for VPC '{home}'",
                )
            return super().create_security_group()

    def delete_security_group(self) -> ActionResult:
        with _ONE_AT_A_TIME:
            group = self._group()
            if group.is_default:
                _refuse(
                    "CannotDelete",
                    f'the specified group: "{group.id}" name: "default" cannot be deleted by a user',
                )
            worn = [eni.id for eni in self._interfaces() if group in eni.group_set]
            # A rule of another VPC that names it stays behind and is stale (aws.md 2.5).
            named = [
                other.id
                for other in self._groups()
                if other is not group
                and other.vpc_id == group.vpc_id
                and any(_group_of(rule) == group.id for rule in _rules(other))
            ]
            if worn or named:
                _refuse("DependencyViolation", f"resource {group.id} has a dependent object")
            self.ec2_backend.delete_security_group(group_id=group.id)
            return EmptyResult()

    # ---- rules ----

    def authorize_security_group_ingress(self) -> ActionResult:
        return self._authorize("ingress")

    def authorize_security_group_egress(self) -> ActionResult:
        return self._authorize("egress")

    def _authorize(self, direction: Direction) -> ActionResult:
        with _ONE_AT_A_TIME:
            group = self._group()
            asked = list(self._permissions(group))
            if len(set(asked)) < len(asked):
                _refuse(
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
        with _ONE_AT_A_TIME:
            group = self._group()
            standing = _of_direction(group, direction)
            going: list[SecurityGroupRule] = []
            ids = cast("list[str]", self._get_param("SecurityGroupRuleIds", []))
            for one in ids:
                found = next((rule for rule in standing if rule.id == one), None)
                if found is None:
                    _no_such_rule(one)
                going.append(found)
            if not ids:
                for asked in self._permissions(group):
                    same = next((r for r in standing if _as_permission(r) == asked), None)
                    if same is None:
                        _refuse(
                            "InvalidPermission.NotFound",
                            "The specified rule does not exist in this security group.",
                        )
                    going.append(same)
            standing[:] = [rule for rule in standing if rule not in going]
            return ActionResult({"Return": True})

    def modify_security_group_rules(self) -> ActionResult:
        with _ONE_AT_A_TIME:
            group = self._group()
            planned: dict[str, Permission] = {}
            for change in cast("list[dict[str, Any]]", self._get_param("SecurityGroupRules", [])):
                rule_id = str(change["SecurityGroupRuleId"])
                standing = next((rule for rule in _rules(group) if rule.id == rule_id), None)
                if standing is None:
                    _no_such_rule(rule_id)
                planned[rule_id] = self._modified(
                    group, standing, cast("dict[str, Any]", change.get("SecurityGroupRule", {}))
                )
            for direction in ("ingress", "egress"):
                rules = _of_direction(group, direction)
                after = [planned.get(rule.id, _as_permission(rule)) for rule in rules]
                for one, times in Counter(after).items():
                    if times > 1:
                        _duplicate(one)
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
        named = [(kind, str(value)) for kind, value in sources if value is not None]
        if len(named) > 1:
            _refuse("InvalidParameterCombination", "Only one source can be specified")
        if not named:
            _refuse("MissingParameter", "The request must contain exactly one source")
        ((kind, source),) = named
        was = _as_permission(standing)
        if kind != was.kind:
            # The type of the source is for life (API ModifySecurityGroupRules).
            _refuse(
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
        with _ONE_AT_A_TIME:
            group = self._group()
            standing = _of_direction(group, direction)
            for asked in self._permissions(group):
                same = next((rule for rule in standing if _as_permission(rule) == asked), None)
                if same is None:
                    _refuse(
                        "InvalidPermission.NotFound",
                        "The specified rule does not exist in this security group.",
                    )
                self._write(same, asked)
            return ActionResult({"Return": True})

    # ---- what a request says ----

    def _permissions(self, group: SecurityGroup) -> Iterator[Permission]:
        asked = cast("list[dict[str, Any]]", self._get_param("IpPermissions", []))
        params = cast("dict[str, Any]", self._get_params())
        if not asked and "IpProtocol" in params:
            # The short form: one range beside the other parameters.
            range_ = {"CidrIp": params["CidrIp"]} if "CidrIp" in params else {}
            asked = [{**params, "IpRanges": [range_] if range_ else []}]
        if not asked:
            _refuse("MissingParameter", "The request must contain the parameter ipPermissions")
        for one in asked:
            sources: list[tuple[Kind, Any, Any]] = [
                *(("cidr4", each.get("CidrIp"), each) for each in one.get("IpRanges", [])),
                *(("cidr6", each.get("CidrIpv6"), each) for each in one.get("Ipv6Ranges", [])),
                *(("group", each.get("GroupId"), each) for each in one.get("UserIdGroupPairs", [])),
                *(
                    ("list", each.get("PrefixListId"), each)
                    for each in one.get("PrefixListIds", [])
                ),
            ]
            if not sources:
                # The code is not documented.
                _refuse("MissingParameter", "The request must contain a source or destination")
            for kind, source, each in sources:
                yield self._permission(group, one, kind, str(source), each.get("Description"))

    def _permission(
        self,
        group: SecurityGroup,
        wanted: Mapping[str, Any],
        kind: Kind,
        source: str,
        description: str | None,
    ) -> Permission:
        protocol = _protocol(wanted.get("IpProtocol"))
        first, last = _ports(protocol, wanted.get("FromPort"), wanted.get("ToPort"))
        if kind in ("cidr4", "cidr6"):
            source = _range(source, 4 if kind == "cidr4" else 6)
        elif kind == "group":
            self._may_be_named(group, source)
        else:
            self._list(source)
        if description:
            allowed = _TEXT if kind in ("cidr4", "cidr6") else _TEXT_OF_REFERENCES
            _readable(description, "rule description", allowed)
        return Permission(protocol, first, last, kind, source, description or None)

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
            _refuse("InvalidGroup.NotFound", f"The security group '{other_id}' does not exist")

    # ---- what stands ----

    def _not_twice(self, asked: Permission, standing: Iterable[SecurityGroupRule]) -> None:
        if any(_as_permission(rule) == asked for rule in standing):
            _duplicate(asked)

    def _within_the_quota(self, rules: Iterable[Permission]) -> None:
        """Rules of one group and direction, apart by family (aws.md 2.1 and 2.2)."""
        used: Counter[int] = Counter()
        for rule in rules:
            used.update(self._weights(rule))
        if any(number > RULES_PER_GROUP for number in used.values()):
            _refuse(
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
        weight = _weight(self._list(rule.source))
        return {4: weight, 6: weight}

    def _made(
        self,
        group: SecurityGroup,
        direction: Direction,
        wanted: Permission,
        tags: dict[str, str],
    ) -> SecurityGroupRule:
        rule = SecurityGroupRule(
            self.ec2_backend,
            _ALL_PROTOCOLS,
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
            _refuse(
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
            _refuse("InvalidGroup.NotFound", f"The security group '{given or name}' does not exist")
        return group

    def _groups(self) -> Iterator[SecurityGroup]:
        for groups in list(self.ec2_backend.groups.values()):
            yield from list(groups.values())

    def _interfaces(self) -> list[Any]:
        return list(self.ec2_backend.enis.values())

    # ---- prefix lists ----

    def create_managed_prefix_list(self) -> ActionResult:
        with _ONE_AT_A_TIME:
            family = self._get_param("AddressFamily")
            if family not in ("IPv4", "IPv6"):
                _invalid(family, "AddressFamily", "It is IPv4 or IPv6.")
            _list_name(str(self._get_param("PrefixListName") or ""))
            most = _list_size(self._get_param("MaxEntries"))
            entries = cast("list[dict[str, str]]", self._get_param("Entries", []))
            _entries_of_a_call(entries)
            kept = _with_entries([], [], entries, family)
            _room(kept, most)
            own = [each for each in self._lists() if each.resource_owner_id != "AWS"]
            if len(own) >= _LISTS_PER_REGION:
                # The code is not documented.
                _refuse("PrefixListLimitExceeded", "The maximum number of prefix lists is reached.")
            answer = super().create_managed_prefix_list()
            made = cast("dict[str, ManagedPrefixList]", answer.result)["PrefixList"]
            made.max_entries = cast(Any, most)
            made.entries = {1: kept}
            return answer

    def describe_managed_prefix_lists(self) -> ActionResult:
        for one in cast("list[str]", self._get_param("PrefixListIds", [])):
            self._list(one)
        return super().describe_managed_prefix_lists()

    def get_managed_prefix_list_entries(self) -> ActionResult:
        found = self._list(str(self._get_param("PrefixListId")))
        version = self._get_param("TargetVersion")
        entries = found.entries.get(int(version) if version else cast(int, found.version), [])
        return ActionResult({"Entries": entries})

    def modify_managed_prefix_list(self) -> ActionResult:
        with _ONE_AT_A_TIME:
            found = self._list(str(self._get_param("PrefixListId")))
            added = cast("list[dict[str, str]]", self._get_param("AddEntries", []))
            removed = cast("list[dict[str, str]]", self._get_param("RemoveEntries", []))
            size = self._get_param("MaxEntries")
            name = self._get_param("PrefixListName")
            if size is not None and (added or removed):
                # "You cannot modify the entries of a prefix list and modify the size of a prefix
                # list at the same time" (API). The code is not documented.
                _refuse("InvalidParameterCombination", "Size and entries change in calls apart")
            if name is not None:
                _list_name(str(name))
            version = self._get_param("CurrentVersion")
            if (added or removed) and (version is None or int(version) != found.version):
                # "the request fails" (API). The code is not documented.
                _refuse("PrefixListVersionMismatch", "The version is not the current one")
            _entries_of_a_call(added)
            _entries_of_a_call(removed)
            if added or removed:
                current = found.entries.get(cast(int, found.version), [])
                kept = _with_entries(current, removed, added, str(found.address_family))
                _room(kept, _size(found))
                found.version = cast(int, found.version) + 1
                found.entries[found.version] = kept
            if name is not None:
                found.prefix_list_name = str(name)
            found.state, found.state_message = "modify-complete", None
            if size is not None:
                self._resize(found, _list_size(size))
            return ActionResult({"PrefixList": found})

    def _resize(self, found: ManagedPrefixList, most: int) -> None:
        """Where a group that names the list has no room, the list says so afterwards (API)."""
        _room(found.entries.get(cast(int, found.version), []), most)
        was, found.max_entries = found.max_entries, cast(Any, most)
        lacking: list[str] = []
        for group in self._groups():
            for direction in ("ingress", "egress"):
                rules = [_as_permission(rule) for rule in _of_direction(group, direction)]
                if not any(rule.source == found.id for rule in rules):
                    continue
                try:
                    self._within_the_quota(rules)
                except EC2ClientError:
                    lacking.append(group.id)
        if lacking:
            found.max_entries = was
            found.state = "modify-failed"
            found.state_message = cast(
                Any, f"Not enough room in {', '.join(sorted(set(lacking))[:10])}"
            )

    def delete_managed_prefix_list(self) -> ActionResult:
        with _ONE_AT_A_TIME:
            found = self._list(str(self._get_param("PrefixListId")))
            if any(
                rule.prefix_list_id == found.id
                for group in self._groups()
                for rule in _rules(group)
            ):
                # Refused (aws.md 4); by which code is not documented.
                _refuse("DependencyViolation", f"resource {found.id} has a dependent object")
            del self.ec2_backend.managed_prefix_lists[found.id]
            found.state = "delete-complete"
            return ActionResult({"PrefixList": found})

    def _lists(self) -> list[ManagedPrefixList]:
        return list(self.ec2_backend.managed_prefix_lists.values())

    def _list(self, list_id: str) -> ManagedPrefixList:
        found = self.ec2_backend.managed_prefix_lists.get(list_id)
        if found is None:
            _refuse(
                "InvalidPrefixListID.NotFound", f"The prefix list ID '{list_id}' does not exist"
            )
        return found

    # ---- interfaces ----

    def create_network_interface(self) -> ActionResult:
        with _ONE_AT_A_TIME:
            subnet = self.ec2_backend.get_subnet(self._get_param("SubnetId"))
            self._may_wear(cast("list[str]", self._get_param("Groups", [])), subnet.vpc_id)
            return super().create_network_interface()

    def modify_network_interface_attribute(self) -> ActionResult:
        with _ONE_AT_A_TIME:
            found = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
            groups = self._get_param("Groups")
            if groups is not None:
                self._may_wear(cast("list[str]", groups), found.subnet.vpc_id)
            return super().modify_network_interface_attribute()

    def _may_wear(self, groups: Collection[str], vpc_id: str) -> None:
        if len(groups) > GROUPS_PER_INTERFACE:
            _refuse(
                "SecurityGroupsPerInterfaceLimitExceeded",
                "The maximum number of security groups per interface has been reached.",
            )
        for one in groups:
            group = self.ec2_backend.get_security_group_from_id(one)
            if group is None:
                _refuse("InvalidGroup.NotFound", f"The security group '{one}' does not exist")
            if group.vpc_id != vpc_id:
                _refuse(
                    "InvalidParameter",
                    f"Security group {one} and the subnet belong to different networks.",
                )


def _readable(text: str, what: str, allowed: re.Pattern[str] = _TEXT) -> None:
    if not allowed.fullmatch(text):
        _invalid(text, what, "At most 255 of EC2's own characters are allowed.")


def _duplicate(rule: Permission) -> NoReturn:
    _refuse("InvalidPermission.Duplicate", f'the specified rule "{rule}" already exists')


def _no_such_rule(rule_id: str) -> NoReturn:
    _refuse(
        "InvalidSecurityGroupRuleId.NotFound",
        f"The security group rule ID '{rule_id}' does not exist",
    )


def _protocol(given: object) -> str:
    """As EC2 keeps it: a name where it has one, else IANA's number (aws.md 2.4)."""
    text = str(given or "").lower()
    text = _NAMES_OF_PROTOCOLS.get(text, text)
    number = text.isdecimal() and int(text) < 256
    if not number and text not in (*_NAMES_OF_PROTOCOLS.values(), _ALL_PROTOCOLS):
        _invalid(given, "IP protocol", "Unknown protocol.")
    return text


def _ports(protocol: str, first: object, last: object) -> tuple[int | None, int | None]:
    """Ports, or type and code; nothing for a protocol that has neither, whatever is given."""
    given = [None if one is None else int(str(one)) for one in (first, last)]
    start, end = given
    if protocol in ("tcp", "udp"):
        if start is None or end is None:
            _invalid(
                "Must specify both from and to ports with TCP/UDP.",
                "portRange",
                "Ports are missing.",
            )
        if not 0 <= start <= end <= _LAST_PORT:
            _invalid(f"{start}-{end}", "portRange", "It runs upwards between 0 and 65535.")
        return start, end
    if protocol not in ("icmp", "icmpv6"):
        return None, None
    if start is None or end is None:
        if protocol == "icmp":
            _invalid(f"{start}-{end}", "ICMP type and code", "Both are needed.")
        return -1, -1
    if not (-1 <= start <= 255 and -1 <= end <= 255) or (start == -1 and end != -1):
        _invalid(f"{start}-{end}", "ICMP type and code", "All types have all codes.")
    return start, end


def _range(text: str, version: int) -> str:
    """The range as EC2 keeps it: 100.68.0.18/18 is 100.68.0.0/18."""
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        found = None
    if found is None or found.version != version or "/" not in text:
        _refuse("InvalidParameterValue", f"CIDR block {text} is malformed")
    return str(found)


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
        ("list", cast("str | None", rule.prefix_list_id)),
    )
    kind, source = next((kind, source) for kind, source in sources if source is not None)
    return Permission(
        str(rule.ip_protocol), rule.from_port, rule.to_port, kind, str(source), rule.description
    )


# ---- entries of prefix lists ----


def _list_name(name: str) -> None:
    # The codes are not documented.
    if not name or len(name) > 255 or name.lower().startswith("com.amazonaws"):
        _invalid(name, "PrefixListName", "At most 255 characters, not starting with com.amazonaws.")


def _list_size(given: object) -> int:
    size = int(str(given or 0))
    if not 1 <= size <= _ENTRIES_PER_LIST:
        _invalid(given, "MaxEntries", "It lies between 1 and 1000.")
    return size


def _size(found: ManagedPrefixList) -> int:
    return int(cast(Any, found.max_entries) or 0)


def _weight(found: ManagedPrefixList) -> int:
    """A list counts its largest size, not its entries; AWS publishes the weight of its own."""
    if found.resource_owner_id == "AWS":
        name = str(found.prefix_list_name)
        return next((weight for end, weight in _PUBLISHED_WEIGHTS.items() if name.endswith(end)), 1)
    return _size(found)


def _entries_of_a_call(entries: Sequence[object]) -> None:
    if len(entries) > _ENTRIES_PER_CALL:
        _invalid(len(entries), "number of entries", "At most 100 in one call.")


def _room(entries: Sequence[object], most: int) -> None:
    if len(entries) > most:
        # The code is not documented.
        _refuse("PrefixListMaxEntriesExceeded", f"{len(entries)} entries, but MaxEntries is {most}")


def _with_entries(
    current: Iterable[dict[str, str]],
    removed: Iterable[dict[str, str]],
    added: Iterable[dict[str, str]],
    family: str,
) -> list[dict[str, str]]:
    kept = {entry["Cidr"]: entry for entry in current}
    gone = [_range(entry["Cidr"], 4 if family == "IPv4" else 6) for entry in removed]
    for cidr in gone:
        if kept.pop(cidr, None) is None:
            _invalid(cidr, "RemoveEntry", "There is no such entry.")
    for entry in added:
        cidr = _range(entry["Cidr"], 4 if family == "IPv4" else 6)
        if cidr in kept or cidr in gone:
            # A CIDR goes and comes back in two calls (aws.md 3.6).
            _invalid(cidr, "AddEntry", "The entry is there, or removed in this call.")
        description = entry.get("Description", "")
        _readable(description, "entry description")
        kept[cidr] = {"Cidr": cidr, "Description": description}
    return list(kept.values())
