"""The resources of pulumi-aws that our program registers, made by boto3 in EC2.

Knows: what pulumi-aws 7.51 does for each of them: defaults, what replaces, which calls in which
order (aws.md 2.6, 3; hashicorp/terraform-provider-aws, `internal/service/ec2/vpc_security_group*.go`
and `vpc_managed_prefix_list.go`).
Must not know: what EC2 refuses (tests/engine/ec2.py), nor what our program registers.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, cast

from tests.engine.ec2_server import ACCOUNT, ClientError
from tests.engine.provider import UNKNOWN, Kind, PartlyMade, Values

__all__ = [
    "Ec2Kind",
    "EgressRule",
    "IngressRule",
    "ManagedPrefixList",
    "RulesExclusive",
    "SecurityGroup",
    "code_of",
]

_GONE: Final = (
    "InvalidGroup.NotFound",
    "InvalidSecurityGroupRuleId.NotFound",
    "InvalidPrefixListID.NotFound",
)


def code_of(refused: ClientError) -> str:
    """EC2's code."""
    return str(cast("Any", refused.response)["Error"]["Code"])


def _tags(pairs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in pairs}


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


class Ec2Kind(Kind):
    """What the resources of EC2 have in common."""

    computed = frozenset({"arn", "tagsAll"})
    #: The word for it in a request that tags it as it is made.
    tagged_as: ClassVar[str]

    def __init__(self, ec2: Any) -> None:
        self.ec2 = ec2

    def tag_specifications(self, inputs: Values) -> dict[str, Any]:
        tags = cast("dict[str, str]", inputs.get("tags") or {})
        return (
            {"TagSpecifications": [{"ResourceType": self.tagged_as, "Tags": _pairs(tags)}]}
            if tags
            else {}
        )

    def retag(self, id_: str, olds: Values, news: Values) -> None:
        """First what goes, then what comes or changes (tftags `UpdateTags`)."""
        old = cast("dict[str, str]", olds.get("tags") or {})
        new = cast("dict[str, str]", news.get("tags") or {})
        if gone := sorted(old.keys() - new.keys()):
            self.ec2.delete_tags(Resources=[id_], Tags=[{"Key": key} for key in gone])
        if come := {key: value for key, value in new.items() if old.get(key) != value}:
            self.ec2.create_tags(Resources=[id_], Tags=_pairs(come))

    def same(self, key: str, old: Any, new: Any) -> bool:
        return (old or {}) == (new or {}) if key == "tags" else old == new

    def standing(self, id_: str, known: Values) -> Values:
        """What was just made or changed.

        :raises RuntimeError: it is gone.
        """
        found = self.read(id_, known)
        if found is None:
            raise RuntimeError(f"{id_} is gone")
        return found


class SecurityGroup(Ec2Kind):
    """Rules are resources of their own here: inline ones are not taken."""

    token = "aws:ec2/securityGroup:SecurityGroup"  # noqa: S105
    inputs = frozenset(
        {"name", "namePrefix", "description", "vpcId", "tags", "revokeRulesOnDelete", "region"}
    )
    replacing = frozenset({"name", "namePrefix", "description", "vpcId", "region"})
    computed = Ec2Kind.computed | {
        "ownerId",
        "vpcId",
        "region",
        "namePrefix",
        "revokeRulesOnDelete",
    }
    named = "name"
    tagged_as = "security-group"

    def faults(self, inputs: Values) -> Iterable[tuple[str, str]]:
        for key in ("name", "description"):
            text = str(inputs.get(key) or "")
            if len(text) > 255:
                yield key, f"expected length of {key} to be in the range (0 - 255)"
        if str(inputs.get("name") or "").startswith("sg-"):
            yield "name", "invalid value for name (cannot begin with sg-)"

    def create(self, inputs: Values) -> tuple[str, Values]:
        vpc = {"VpcId": inputs["vpcId"]} if inputs.get("vpcId") else {}
        id_ = self.ec2.create_security_group(
            GroupName=inputs["name"],
            Description=inputs.get("description", "Managed by Pulumi"),
            **vpc,
            **self.tag_specifications(inputs),
        )["GroupId"]
        # EC2 lets everything out of a new group; the provider takes that away (aws.md 3.4).
        found = self.ec2.describe_security_groups(GroupIds=[id_])["SecurityGroups"][0]
        if egress := found["IpPermissionsEgress"]:
            self.ec2.revoke_security_group_egress(GroupId=id_, IpPermissions=egress)
        return id_, self.standing(id_, inputs)

    def read(self, id_: str, known: Values) -> Values | None:
        try:
            groups = self.ec2.describe_security_groups(GroupIds=[id_])["SecurityGroups"]
        except ClientError as refused:
            if code_of(refused) in _GONE:
                return None
            raise
        (found,) = groups
        return {
            "name": found["GroupName"],
            "namePrefix": known.get("namePrefix"),
            "description": found["Description"],
            "vpcId": found["VpcId"],
            "ownerId": found["OwnerId"],
            "arn": found.get("SecurityGroupArn"),
            "tags": _tags(found.get("Tags", [])),
            "tagsAll": _tags(found.get("Tags", [])),
            "region": self.ec2.meta.region_name,
            "revokeRulesOnDelete": known.get("revokeRulesOnDelete", False),
        }

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        self.retag(id_, olds, news)
        return self.standing(id_, {**olds, **news})

    def delete(self, id_: str, olds: Values) -> None:
        # The real provider asks again for 15 minutes while something hangs on the group (aws.md
        # 2.6). That outlasts any test: here its last answer comes first.
        try:
            if olds.get("revokeRulesOnDelete"):
                self._revoke_all(id_)
            self.ec2.delete_security_group(GroupId=id_)
        except ClientError as refused:
            if code_of(refused) not in _GONE:
                raise

    def _revoke_all(self, id_: str) -> None:
        found = self.ec2.describe_security_groups(GroupIds=[id_])["SecurityGroups"][0]
        if found["IpPermissions"]:
            self.ec2.revoke_security_group_ingress(
                GroupId=id_, IpPermissions=found["IpPermissions"]
            )
        if found["IpPermissionsEgress"]:
            self.ec2.revoke_security_group_egress(
                GroupId=id_, IpPermissions=found["IpPermissionsEgress"]
            )


#: The inputs of which a rule has exactly one, with EC2's name for each.
_SOURCES: Final = {
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "prefixListId": "PrefixListId",
    "referencedSecurityGroupId": "ReferencedGroupId",
}


class _Rule(Ec2Kind):
    inputs = frozenset(
        {
            *_SOURCES,
            "description",
            "fromPort",
            "ipProtocol",
            "region",
            "securityGroupId",
            "tags",
            "toPort",
        }
    )
    required = frozenset({"ipProtocol", "securityGroupId"})
    replacing = frozenset({"securityGroupId", "region"})
    computed = Ec2Kind.computed | {"securityGroupRuleId", "region"}
    tagged_as = "security-group-rule"
    egress: ClassVar[bool]

    def faults(self, inputs: Values) -> Iterable[tuple[str, str]]:
        if sum(inputs.get(key) is not None for key in _SOURCES) != 1:
            yield "", f"exactly one of these attributes must be configured: {sorted(_SOURCES)}"
        for key in ("fromPort", "toPort"):
            port = inputs.get(key)
            if port is not None and port != UNKNOWN and not -1 <= port <= 65535:
                yield key, "value must be between -1 and 65535"

    def same(self, key: str, old: Any, new: Any) -> bool:
        if key == "ipProtocol":
            names = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
            old, new = (names.get(text, text) for text in (str(old).lower(), str(new).lower()))
        return super().same(key, old, new)

    def replaced_by(self, olds: Values, news: Values, changed: Iterable[str]) -> set[str]:
        # EC2 edits a rule in place, but for the type of its source.
        other_type = {
            key
            for key in changed
            if key in _SOURCES and (olds.get(key) is None) != (news.get(key) is None)
        }
        return super().replaced_by(olds, news, changed) | other_type

    def create(self, inputs: Values) -> tuple[str, Values]:
        authorize = (
            self.ec2.authorize_security_group_egress
            if self.egress
            else self.ec2.authorize_security_group_ingress
        )
        (made,) = authorize(
            GroupId=inputs["securityGroupId"], IpPermissions=[_as_permission(inputs)]
        )["SecurityGroupRules"]
        id_ = made["SecurityGroupRuleId"]
        if inputs.get("tags"):
            # In a call of its own (aws.md 3.6): what fails here leaves a rule behind.
            try:
                self.ec2.create_tags(Resources=[id_], Tags=_pairs(inputs["tags"]))
            except ClientError as refused:
                raise PartlyMade(id_, self.standing(id_, inputs), str(refused)) from refused
        return id_, self.standing(id_, inputs)

    def read(self, id_: str, known: Values) -> Values | None:
        try:
            (found,) = self.ec2.describe_security_group_rules(SecurityGroupRuleIds=[id_])[
                "SecurityGroupRules"
            ]
        except ClientError as refused:
            if code_of(refused) in _GONE:
                return None
            raise
        if found["IsEgress"] != self.egress:
            return None
        ports = {
            key: found.get(name) for key, name in (("fromPort", "FromPort"), ("toPort", "ToPort"))
        }
        for key, port in ports.items():
            # EC2 says -1 where a rule has no ports. What was never given stays so.
            if (
                port == -1
                and known.get(key) is None
                and found["IpProtocol"] not in ("icmp", "icmpv6")
            ):
                ports[key] = None
        tags = _tags(found.get("Tags", []))
        return {
            "securityGroupId": found["GroupId"],
            "securityGroupRuleId": id_,
            "arn": f"arn:aws:ec2:{self.ec2.meta.region_name}:{ACCOUNT}:security-group-rule/{id_}",
            "ipProtocol": found["IpProtocol"],
            **ports,
            "cidrIpv4": found.get("CidrIpv4"),
            "cidrIpv6": found.get("CidrIpv6"),
            "prefixListId": found.get("PrefixListId"),
            "referencedSecurityGroupId": found.get("ReferencedGroupInfo", {}).get("GroupId"),
            "description": found.get("Description"),
            "tags": tags or None,
            "tagsAll": tags,
            "region": self.ec2.meta.region_name,
        }

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        if any(
            not self.same(key, olds.get(key), news.get(key))
            for key in self.inputs - {"tags", "region"}
        ):
            self.ec2.modify_security_group_rules(
                GroupId=news["securityGroupId"],
                SecurityGroupRules=[
                    {"SecurityGroupRuleId": id_, "SecurityGroupRule": _as_rule(news)}
                ],
            )
        self.retag(id_, olds, news)
        return self.standing(id_, news)

    def delete(self, id_: str, olds: Values) -> None:
        revoke = (
            self.ec2.revoke_security_group_egress
            if self.egress
            else self.ec2.revoke_security_group_ingress
        )
        try:
            revoke(GroupId=olds["securityGroupId"], SecurityGroupRuleIds=[id_])
        except ClientError as refused:
            if code_of(refused) not in _GONE:
                raise


class IngressRule(_Rule):
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"  # noqa: S105
    egress = False


class EgressRule(_Rule):
    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"  # noqa: S105
    egress = True


def _ports(inputs: Values) -> dict[str, Any]:
    names = (("FromPort", "fromPort"), ("ToPort", "toPort"))
    return {name: inputs[key] for name, key in names if inputs.get(key) is not None}


def _as_permission(inputs: Values) -> dict[str, Any]:
    text = {"Description": inputs["description"]} if inputs.get("description") else {}
    permission: dict[str, Any] = {"IpProtocol": inputs["ipProtocol"], **_ports(inputs)}
    if inputs.get("cidrIpv4"):
        permission["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **text}]
    elif inputs.get("cidrIpv6"):
        permission["Ipv6Ranges"] = [{"CidrIpv6": inputs["cidrIpv6"], **text}]
    elif inputs.get("prefixListId"):
        permission["PrefixListIds"] = [{"PrefixListId": inputs["prefixListId"], **text}]
    else:
        permission["UserIdGroupPairs"] = [{"GroupId": inputs["referencedSecurityGroupId"], **text}]
    return permission


def _as_rule(inputs: Values) -> dict[str, Any]:
    source = {name: inputs[key] for key, name in _SOURCES.items() if inputs.get(key)}
    # A description that was taken away is sent as an empty one.
    text = {"Description": inputs.get("description") or ""}
    return {"IpProtocol": inputs["ipProtocol"], **_ports(inputs), **source, **text}


class RulesExclusive(Ec2Kind):
    """All rules of a group: what is not listed is revoked at each creation and update, nothing is ever
    made, and nothing happens at a deletion (`vpc_security_group_rules_exclusive.go`)."""

    token = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"  # noqa: S105
    inputs = frozenset({"securityGroupId", "ingressRuleIds", "egressRuleIds", "region"})
    required = frozenset({"securityGroupId", "ingressRuleIds", "egressRuleIds"})
    replacing = frozenset({"securityGroupId", "region"})
    computed = frozenset({"region"})

    def same(self, key: str, old: Any, new: Any) -> bool:
        # Sets.
        if key.endswith("Ids"):
            return UNKNOWN not in (old, new) and sorted(old or []) == sorted(new or [])
        return old == new

    def create(self, inputs: Values) -> tuple[str, Values]:
        id_ = str(inputs["securityGroupId"])
        return id_, self.update(id_, {}, inputs)

    def read(self, id_: str, known: Values) -> Values | None:
        try:
            self.ec2.describe_security_groups(GroupIds=[id_])
        except ClientError as refused:
            if code_of(refused) in _GONE:
                return None
            raise
        return {
            "securityGroupId": id_,
            "ingressRuleIds": self._kept(id_, known.get("ingressRuleIds"), egress=False),
            "egressRuleIds": self._kept(id_, known.get("egressRuleIds"), egress=True),
            "region": self.ec2.meta.region_name,
        }

    def _kept(self, id_: str, known: Any, *, egress: bool) -> list[str]:
        """What stands; a set keeps the order that the state has, where that holds the same."""
        standing = self._standing(id_, egress=egress)
        return list(known) if sorted(known or []) == standing else standing

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        for key, egress, revoke in (
            ("ingressRuleIds", False, self.ec2.revoke_security_group_ingress),
            ("egressRuleIds", True, self.ec2.revoke_security_group_egress),
        ):
            others = set(self._standing(id_, egress=egress)) - set(news[key])
            if others:
                revoke(GroupId=id_, SecurityGroupRuleIds=sorted(others))
        return dict(news) | {"region": self.ec2.meta.region_name}

    def delete(self, id_: str, olds: Values) -> None:
        """Whoever stops managing a set leaves it as it is."""

    def _standing(self, id_: str, *, egress: bool) -> list[str]:
        found = self.ec2.describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": [id_]}]
        )["SecurityGroupRules"]
        return sorted(e["SecurityGroupRuleId"] for e in found if e["IsEgress"] is egress)


class ManagedPrefixList(Ec2Kind):
    token = "aws:ec2/managedPrefixList:ManagedPrefixList"  # noqa: S105
    inputs = frozenset({"name", "addressFamily", "maxEntries", "entries", "tags", "region"})
    required = frozenset({"addressFamily", "maxEntries"})
    replacing = frozenset({"addressFamily", "region"})
    # Entries that the program does not give are not its business.
    computed = Ec2Kind.computed | {"ownerId", "version", "region", "entries"}
    named = "name"
    tagged_as = "prefix-list"
    #: As many entries as one call takes.
    at_once: ClassVar[int] = 100

    def faults(self, inputs: Values) -> Iterable[tuple[str, str]]:
        most = inputs.get("maxEntries")
        if most is not None and most != UNKNOWN and most < 1:
            yield "maxEntries", "expected max_entries to be at least 1"

    def same(self, key: str, old: Any, new: Any) -> bool:
        if key == "entries":
            return _entries(old) == _entries(new)
        return super().same(key, old, new)

    def create(self, inputs: Values) -> tuple[str, Values]:
        entries = [
            _entry(cidr, text) for cidr, text in sorted(_entries(inputs.get("entries")).items())
        ]
        found = self.ec2.create_managed_prefix_list(
            PrefixListName=inputs["name"],
            AddressFamily=inputs["addressFamily"],
            MaxEntries=inputs["maxEntries"],
            Entries=entries[: self.at_once],
            **self.tag_specifications(inputs),
        )["PrefixList"]
        id_ = found["PrefixListId"]
        try:
            for start in range(self.at_once, len(entries), self.at_once):
                self._modify(id_, AddEntries=entries[start : start + self.at_once])
        except ClientError as refused:
            raise PartlyMade(id_, self.standing(id_, inputs), str(refused)) from refused
        return id_, self.standing(id_, inputs)

    def read(self, id_: str, known: Values) -> Values | None:
        found = self._found(id_)
        if found is None:
            return None
        listed = self.ec2.get_paginator("get_managed_prefix_list_entries").paginate(
            PrefixListId=id_
        )
        entries = [
            {"cidr": entry["Cidr"], "description": entry.get("Description", "")}
            for page in listed
            for entry in page["Entries"]
        ]
        # A set: it keeps the order that the state has, where that holds the same.
        if _entries(known.get("entries")) == _entries(entries):
            entries = cast("list[dict[str, str]]", known.get("entries") or [])
        tags = _tags(found.get("Tags", []))
        return {
            "name": found["PrefixListName"],
            "addressFamily": found["AddressFamily"],
            "maxEntries": found["MaxEntries"],
            "entries": entries,
            "ownerId": found["OwnerId"],
            "arn": found["PrefixListArn"],
            "version": found["Version"],
            "tags": tags or None,
            "tagsAll": tags,
            "region": self.ec2.meta.region_name,
        }

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        old_size, new_size = int(olds["maxEntries"]), int(news["maxEntries"])
        if olds["name"] != news["name"]:
            self._modify(id_, PrefixListName=news["name"])
        # Room first, then entries; less room last (vpc_managed_prefix_list.go).
        if new_size > old_size:
            self._modify(id_, MaxEntries=new_size)
        if "entries" in news:
            self._replace(id_, _entries(olds.get("entries")), _entries(news["entries"]))
        if new_size < old_size:
            self._modify(id_, MaxEntries=new_size)
        self.retag(id_, olds, news)
        return self.standing(id_, news)

    def _replace(self, id_: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        gone = [cidr for cidr in sorted(old) if old[cidr] != new.get(cidr)]
        come = [cidr for cidr in sorted(new) if new[cidr] != old.get(cidr)]
        # An entry with another description goes in a call of its own, before all others: EC2 takes
        # no CIDR that one call both adds and removes (aws.md 3.6).
        again = [cidr for cidr in gone if cidr in new]
        if again:
            self._modify(id_, RemoveEntries=[{"Cidr": cidr} for cidr in again])
        gone = [cidr for cidr in gone if cidr not in new]
        for start in range(0, max(len(gone), len(come)), self.at_once):
            part = slice(start, start + self.at_once)
            changes = {
                "AddEntries": [_entry(cidr, new[cidr]) for cidr in come[part]],
                "RemoveEntries": [{"Cidr": cidr} for cidr in gone[part]],
            }
            self._modify(id_, **{key: value for key, value in changes.items() if value})

    def _modify(self, id_: str, **changes: Any) -> None:
        entries = "AddEntries" in changes or "RemoveEntries" in changes
        version = {"CurrentVersion": self._standing(id_)["Version"]} if entries else {}
        self.ec2.modify_managed_prefix_list(PrefixListId=id_, **version, **changes)
        # A list that could not be changed says so afterwards.
        found = self._standing(id_)
        if found["State"] == "modify-failed":
            raise ClientError(
                {"Error": {"Code": "modify-failed", "Message": found.get("StateMessage", "")}},
                "ModifyManagedPrefixList",
            )

    def _standing(self, id_: str) -> Any:
        found = self._found(id_)
        if found is None:
            raise RuntimeError(f"{id_} is gone")
        return found

    def _found(self, id_: str) -> Any:
        try:
            return self.ec2.describe_managed_prefix_lists(PrefixListIds=[id_])["PrefixLists"][0]
        except ClientError as refused:
            if code_of(refused) in _GONE:
                return None
            raise

    def delete(self, id_: str, olds: Values) -> None:
        try:
            self.ec2.delete_managed_prefix_list(PrefixListId=id_)
        except ClientError as refused:
            if code_of(refused) not in _GONE:
                raise


def _entries(given: Any) -> dict[str, str]:
    entries = cast("list[dict[str, str]]", given or [])
    return {entry["cidr"]: entry.get("description") or "" for entry in entries}


def _entry(cidr: str, description: str) -> dict[str, str]:
    return {"Cidr": cidr, **({"Description": description} if description else {})}
