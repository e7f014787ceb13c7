"""The security groups that run in a VPC, read by the evaluator that reads planned ones.

Knows: the answers of `describe-network-interfaces`, `describe-instances` and `describe-network-acls`; those about
groups, rules and lists are read as for `adopt`. Of several interfaces of a server each has its own groups.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from shlex import quote
from typing import Any, Final

from pydantic import Field

from exchange_ports.clouds.aws import printed
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.aws.evaluator import AwsFilters, services
from exchange_ports.clouds.aws.live import AUTONAME, revocation, rule_text
from exchange_ports.clouds.aws.names import list_name, rule_name
from exchange_ports.clouds.base import Direction, NamedRule
from exchange_ports.clouds.existing import PrintedDocument, fields_of, items_of, parsed
from exchange_ports.clouds.running import (
    Deviation,
    DeviationKind,
    Interface,
    Match,
    MatchedServers,
    WantedNetwork,
    address_or_none,
    match_servers,
    outputs_of,
    without_tokens,
)
from exchange_ports.findings import Finding
from exchange_ports.findings.command_kinds import INCOMPLETE_OUTPUT
from exchange_ports.flows.flow_index import Way
from exchange_ports.traffic.addresses import Address, AddressSet, network
from exchange_ports.traffic.ports import ANY_PORTS
from exchange_ports.traffic.traffic import Packet, Traffic

INTERFACES: Final = "aws ec2 describe-network-interfaces"
INSTANCES: Final = "aws ec2 describe-instances"
ACLS: Final = "aws ec2 describe-network-acls"
COMMANDS: Final = (
    printed.GROUPS,
    printed.RULES,
    printed.LISTS,
    printed.ENTRIES,
    INTERFACES,
    INSTANCES,
    ACLS,
)
#: Read here, by their keys; subnets and VPCs say nothing of filters.
_KEYS: Final[Mapping[str, str]] = {
    "NetworkInterfaces": INTERFACES,
    "Reservations": INSTANCES,
    "NetworkAcls": ACLS,
    "Subnets": "aws ec2 describe-subnets",
    "Vpcs": "aws ec2 describe-vpcs",
}
_IDS: Final = {
    "SecurityGroupRuleId": "SecurityGroupRules",
    "NetworkInterfaceId": "NetworkInterfaces",
    "PrefixListId": "PrefixLists",
    "NetworkAclId": "NetworkAcls",
    "ReservationId": "Reservations",
    "SubnetId": "Subnets",
    "GroupId": "SecurityGroups",
}


class _Tag(printed.Record):
    key: str
    value: str


class _GroupId(printed.Record):
    group_id: str


class _PrivateAddress(printed.Record):
    private_ip_address: str


class _Ipv6Address(printed.Record):
    ipv6_address: str


class _Attachment(printed.Record):
    instance_id: str | None = None


class _Interface(printed.Record):
    network_interface_id: str
    vpc_id: str = ""
    subnet_id: str = ""
    private_ip_address: str | None = None
    private_ip_addresses: list[_PrivateAddress] = Field(default_factory=list[_PrivateAddress])
    ipv6_addresses: list[_Ipv6Address] = Field(default_factory=list[_Ipv6Address])
    groups: list[_GroupId]
    tag_set: list[_Tag] = Field(default_factory=list[_Tag])
    attachment: _Attachment | None = None


class _Instance(printed.Record):
    instance_id: str
    tags: list[_Tag] = Field(default_factory=list[_Tag])
    network_interfaces: list[_Interface] = Field(default_factory=list[_Interface])


class _Reservation(printed.Record):
    instances: list[_Instance]


class _Association(printed.Record):
    subnet_id: str = ""


class _Acl(printed.Record):
    network_acl_id: str
    is_default: bool = False
    associations: list[_Association] = Field(default_factory=list[_Association])


@dataclass(frozen=True, slots=True)
class RunningAws:
    """What was exported: groups, rules and lists, interfaces by id, and network ACLs by subnet."""

    there: printed.ExistingAws
    interfaces: tuple[Interface, ...]
    acls: Mapping[str, str] = field(default_factory=dict[str, str])


def owns(document: PrintedDocument) -> bool:
    """Whether some output in a file has a key of EC2."""
    return any(
        key in fields_of(each.data) for each in outputs_of(document) for key in _ALL_KEYS
    ) or any(_listed(each) for each in outputs_of(document))


_ALL_KEYS: Final = (*printed.COMMANDS, *_KEYS)


def _listed(document: PrintedDocument) -> str | None:
    """What a bare list, as the tools for PowerShell print it, has items of."""
    items = items_of(document.data)
    first = fields_of(items[0]) if items else {}
    return next((key for id_, key in _IDS.items() if id_ in first), None)


def _kind(document: PrintedDocument) -> str | None:
    fields = fields_of(document.data)
    return next((key for key in _ALL_KEYS if key in fields), None)


def read(documents: Iterable[PrintedDocument]) -> RunningAws | list[Finding]:
    """What runs, out of any number of outputs in any order, or all that is wrong with them."""
    outputs = [
        PrintedDocument(each.file, {key: each.data}) if (key := _listed(each)) else each
        for document in documents
        for each in outputs_of(document)
    ]
    outputs = without_tokens(outputs, "NextToken", _kind)
    mine = [each for each in outputs if _kind(each) in _KEYS]
    there = printed.read(each for each in outputs if _kind(each) not in _KEYS)
    reader = _Reader()
    for each in mine:
        reader.read(each)
    findings = [*(there if isinstance(there, list) else ()), *reader.findings]
    kinds = {_kind(each) for each in outputs}
    for needed, command in _NEEDED.items():
        if not kinds & set(needed):
            findings.append(
                INCOMPLETE_OUTPUT.at(
                    (),
                    what="The export from AWS",
                    missing=f"the output of `{command}` is missing",
                    fix="pass it with `--live` too",
                )
            )
    if findings or isinstance(there, list):
        return findings
    findings = list(printed.uncounted(there, (), there.groups.values()))
    return findings or RunningAws(there, reader.interfaces(), reader.acls)


_NEEDED: Final = {
    ("SecurityGroups",): printed.GROUPS,
    ("SecurityGroupRules",): printed.RULES,
    ("NetworkInterfaces", "Reservations"): INTERFACES,
}


class _Reader:
    """Collects interfaces and network ACLs out of documents."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.acls: dict[str, str] = {}
        self._found: dict[str, _Interface] = {}
        self._instances: dict[str, _Instance] = {}
        self._of_instance: dict[str, str] = {}

    def read(self, document: PrintedDocument) -> None:
        fields = fields_of(document.data)
        for key in (key for key in _KEYS if key in fields):
            if fields.get("NextToken"):
                self.findings.append(
                    document.at(
                        INCOMPLETE_OUTPUT,
                        ("NextToken",),
                        what=f"{document.file}, the output of `{_KEYS[key]}`,",
                        missing="it ends with a NextToken, so there are more pages",
                        fix="pass the other pages too",
                    )
                )
            items = items_of(fields[key])
            if items is None:
                fix = f"run `{_KEYS[key]}`"
                self.findings.append(document.wrong((key,), "it is not a list", fix))
                continue
            for at, item in enumerate(items):
                self._item(document, key, (key, at), item)

    def _item(
        self, document: PrintedDocument, key: str, path: tuple[str, int], item: object
    ) -> None:
        models: dict[str, Any] = {
            "NetworkInterfaces": _Interface,
            "Reservations": _Reservation,
            "NetworkAcls": _Acl,
        }
        if key not in models:
            return
        found: Any = parsed(document, models[key], item, path, f"run `{_KEYS[key]}`")
        if isinstance(found, list):
            self.findings += found
        elif isinstance(found, _Interface):
            self._found[found.network_interface_id] = found
        elif isinstance(found, _Acl):
            if not found.is_default:
                self.acls |= {each.subnet_id: found.network_acl_id for each in found.associations}
        else:
            for instance in found.instances:
                self._instances[instance.instance_id] = instance
                for each in instance.network_interfaces:
                    self._of_instance[each.network_interface_id] = instance.instance_id
                    self._found.setdefault(each.network_interface_id, each)

    def interfaces(self) -> tuple[Interface, ...]:
        return tuple(self._interface(each) for _, each in sorted(self._found.items()))

    def _interface(self, each: _Interface) -> Interface:
        attached = each.attachment.instance_id if each.attachment else None
        instance = self._instances.get(
            attached or self._of_instance.get(each.network_interface_id, "")
        )
        tags = [*each.tag_set, *(instance.tags if instance else ())]
        texts = [
            each.private_ip_address,
            *(one.private_ip_address for one in each.private_ip_addresses),
            *(one.ipv6_address for one in each.ipv6_addresses),
        ]
        addresses = dict.fromkeys(map(address_or_none, texts))
        return Interface(
            each.network_interface_id,
            tuple(tag.value for tag in tags if tag.key == "Name"),
            each.vpc_id,
            each.subnet_id,
            tuple(address for address in addresses if address is not None),
            tuple(group.group_id for group in each.groups),
        )


@dataclass(frozen=True, slots=True)
class _RunningRule(aws.SecurityGroupRule):
    """An exported rule: its protocol and ports as EC2 has them, which may be none that a plan has."""

    exported: printed.ExistingRule | None = None

    @property
    def ip_protocol(self) -> str:
        """The protocol as EC2 printed it."""
        return self.exported.key[2] if self.exported else ""

    @property
    def port_range(self) -> tuple[int, int] | None:
        """The ports as EC2 printed them."""
        return self.exported.key[3] if self.exported else None


def filters(running: RunningAws, wanted: WantedNetwork) -> "RunningVpc | list[Finding]":
    """The filters of a VPC's servers."""
    vpc = wanted.ids.get("vpc_id")
    known = {each.network for each in running.interfaces}
    if not isinstance(vpc, str) or vpc not in known:
        matched = match_servers(wanted.servers, running.interfaces)
        counted = Counter(match.interface.network for match in matched)
        vpc = counted.most_common(1)[0][0] if counted else (vpc if isinstance(vpc, str) else "")
    here = [each for each in running.interfaces if each.network == vpc]
    return RunningVpc(running, wanted, vpc, tuple(match_servers(wanted.servers, here)))


class RunningVpc:
    """The security groups of the servers of one VPC; see `clouds.running.RunningNetwork`."""

    def __init__(
        self, running: RunningAws, wanted: WantedNetwork, vpc: str, matches: tuple[Match, ...]
    ) -> None:
        """Read all rules of groups that are attached to a server or planned."""
        assert isinstance(wanted.plan, aws.AwsRuleSet)  # noqa: S101 - the registry pairs them
        self._running, self._wanted, self._plan, self._vpc = running, wanted, wanted.plan, vpc
        self._servers = MatchedServers(wanted, matches)
        self._ids = self._group_ids()
        self._keys = {id_: key for key, id_ in self._ids.items()}
        self._list_ids = self._found_lists()
        attached = {group for match in matches for group in match.interface.groups}
        self._unread: list[tuple[printed.ExistingRule, str]] = []
        self._rules: list[_RunningRule] = []
        for rule in sorted(running.there.rules.values(), key=lambda each: each.id):
            if rule.group in attached or rule.group in self._keys:
                self._read(rule)
        lists = [
            aws.PrefixList(each.id, tuple(map(network, each.entries)))
            for each in running.there.lists.values()
            if each.entries is not None
        ]
        groups = {*running.there.groups, *attached}
        rules = aws.AwsRuleSet(
            vpc,
            tuple(aws.SecurityGroup(each, "") for each in sorted(groups)),
            tuple(lists),
            tuple(self._rules),
            {match.interface.id: match.interface.groups for match in matches},
        )
        members: defaultdict[str, list[Address]] = defaultdict(list)
        for each in running.interfaces:
            for group in each.groups:
                members[group] += each.addresses
        self._filters = AwsFilters(
            rules, {group: AddressSet.at(several) for group, several in members.items()}
        )

    @property
    def matches(self) -> tuple[Match, ...]:
        """The interfaces of servers."""
        return self._servers.matches

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        """What the groups of the interface with that address allow."""
        return self._filters.permitted(self._servers.at(server, own).id, Direction(way))

    def decided(
        self, server: str, way: Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        """Whether one packet is allowed, and all rules that allow it."""
        interface = self._servers.at(server, own).id
        found = self._filters.decided_by(interface, Direction(way), packet)
        named = (
            NamedRule(f"{each.exported.id} of {self._named(each.group)}", ())
            for each in found.rules
            if isinstance(each, _RunningRule) and each.exported is not None
        )
        return found.passes, tuple(sorted(named))

    def _read(self, rule: printed.ExistingRule) -> None:
        there = self._running.there
        _, direction, protocol, ports, end = rule.key
        peer: aws.Peer
        if end.startswith("sg-"):
            if end not in there.groups:
                self._unread.append((rule, f"{end} is not among the exported groups"))
                return
            peer = aws.GroupRef(end)
        elif end.startswith("pl-"):
            if end not in there.lists or there.lists[end].entries is None:
                self._unread.append((rule, f"the entries of {end} are not exported"))
                return
            peer = aws.ListRef(end)
        else:
            peer = network(end)
        try:
            services(protocol, ports)
        except ValueError as refused:
            self._unread.append((rule, str(refused)))
            return
        self._rules.append(
            _RunningRule(rule.group, direction, ANY_PORTS, peer, (), rule.description, rule)
        )

    def _group_ids(self) -> dict[str, str]:
        """The ids of planned groups, by key."""
        found: dict[str, str] = {}
        here = [each for each in self._running.there.groups.values() if each.vpc_id == self._vpc]
        for group in self._plan.groups:
            ids = [each.id for each in here if self._is(each.name, each.tags, group.key)]
            # Of several, that which servers have.
            ids.sort(key=lambda each: (-len(self._servers.with_group(each)), each))
            if ids:
                found[group.key] = ids[0]
        return found

    def _found_lists(self) -> dict[str, str]:
        found: dict[str, str] = {}
        named = {
            rule.key[4] for rule in self._running.there.rules.values() if rule.group in self._keys
        }
        for each in self._plan.prefix_lists:
            ids = [
                there.id
                for there in self._running.there.lists.values()
                if self._is(there.name, there.tags, list_name(each.key))
            ]
            ids.sort(key=lambda id_: (id_ not in named, id_))
            if ids:
                found[each.key] = ids[0]
        return found

    def _is(self, name: str, tags: Mapping[str, str], key: str) -> bool:
        """Whether a group or list has the name that the component gives to a planned one."""
        end = f"-{self._plan.network}-{key}"
        return tags.get("Name", "").endswith(end) or bool(
            re.fullmatch(f".*{re.escape(end)}{AUTONAME}", name)
        )

    def _named(self, id_: str) -> str:
        """A group by its id, and by the key of the plan or its name."""
        key = self._keys.get(id_)
        group = self._running.there.groups.get(id_)
        name = key or (group.tags.get("Name") or group.name if group else "")
        return f"{name} ({id_})" if name else id_

    # ---- deviations ----

    def deviations(self) -> Iterator[Deviation]:
        """Every difference of groups, rules, lists and attachments."""
        yield from self._servers.missing(INTERFACES)
        for group in self._plan.groups:
            if group.key not in self._ids:
                members = tuple(
                    name for name, keys in self._plan.memberships.items() if group.key in keys
                )
                yield Deviation(
                    DeviationKind.GROUP_MISSING,
                    group.key,
                    f"no security group of {self._vpc or 'the export'} has the name of {group.key}",
                    servers=tuple(sorted(members)),
                    only="blocks",
                    fix="pulumi up",
                )
        for match in self.matches:
            yield from self._attached(match)
        yield from self._of_rules()
        for each in self._plan.prefix_lists:
            yield from self._of_list(each)
        for rule, why in self._unread:
            yield Deviation(
                DeviationKind.NOT_EVALUATED,
                self._named(rule.group),
                f"{rule_text(rule, self._running.there)}: {why}",
                rule.id,
                self._servers.with_group(rule.group),
                rule.key[1].value,
                fix="export it too",
            )
        seen = {match.interface.subnet for match in self.matches} & self._running.acls.keys()
        for subnet in sorted(seen):
            yield Deviation(
                DeviationKind.NOTE,
                self._running.acls[subnet],
                f"the network ACL of {subnet} also filters; it is not evaluated",
            )

    def _attached(self, match: Match) -> Iterator[Deviation]:
        keys = self._plan.memberships.get(match.server, ())
        planned = {self._ids[key]: key for key in keys if key in self._ids}
        there = match.interface.groups
        right = [*planned, *(each for each in there if each not in self._keys)]
        fix = (
            "aws ec2 modify-network-interface-attribute --network-interface-id "
            f"{quote(match.interface.id)} --groups {' '.join(map(quote, right))}"
        )
        for id_, key in planned.items():
            if id_ not in there:
                yield Deviation(
                    DeviationKind.NOT_ATTACHED,
                    match.server,
                    f"{key} ({id_}) is not attached to {match.interface.id}",
                    servers=(match.server,),
                    reach=self._planned_reach(key),
                    only="blocks",
                    fix=fix,
                )
        foreign = [each for each in there if each not in self._keys]
        for id_ in (each for each in there if each not in planned):
            kept = id_ in foreign and len(foreign) <= self._wanted.other_groups
            without = [each for each in there if each != id_] or right
            yield Deviation(
                DeviationKind.NOTE if kept else DeviationKind.ATTACHED_BESIDE,
                match.server,
                f"{self._named(id_)} is attached to {match.interface.id} too",
                servers=(match.server,),
                reach=self._reach_of(id_),
                only="opens",
                fix=""
                if kept
                else "aws ec2 modify-network-interface-attribute --network-interface-id "
                f"{quote(match.interface.id)} --groups {' '.join(map(quote, without))}",
            )

    def _planned_reach(self, key: str) -> Traffic:
        reach = self._planned_filters.reach
        return Traffic.of(reach(rule) for rule in self._plan.rules if rule.group == key)

    def _reach_of(self, group: str) -> Traffic:
        return Traffic.of(self._filters.reach(rule) for rule in self._rules if rule.group == group)

    @cached_property
    def _planned_filters(self) -> AwsFilters:
        """The plan with the addresses that the members of its groups have."""
        found: defaultdict[str, list[Address]] = defaultdict(list)
        for match in self.matches:
            for key in self._plan.memberships.get(match.server, ()):
                found[key] += match.interface.addresses
        members = {key: AddressSet.at(several) for key, several in found.items()}
        return AwsFilters(self._plan, members)

    def _of_rules(self) -> Iterator[Deviation]:
        there = self._running.there
        ours = {rule.key: rule for rule in there.rules.values() if rule.group in self._keys}
        planned: set[printed.RuleKey] = set()
        for rule in self._plan.rules:
            group = self._ids.get(rule.group)
            if group is None:
                continue
            if isinstance(rule.peer, aws.GroupRef):
                peer = self._ids.get(rule.peer.key)
            elif isinstance(rule.peer, aws.ListRef):
                peer = self._list_ids.get(rule.peer.key)
            else:
                peer = str(rule.peer)
            key = (group, rule.direction, rule.ip_protocol, rule.port_range, peer or "")
            key = _normal(key)
            planned.add(key)
            if key not in ours:
                yield Deviation(
                    DeviationKind.RULE_MISSING,
                    self._named(group),
                    "the rule does not exist",
                    rule_name(rule),
                    self._servers.with_group(group),
                    rule.direction.value,
                    Traffic.of([self._planned_filters.reach(rule)]),
                    "blocks",
                    _authorization(key) if peer else "pulumi up",
                    rule.reasons,
                )
        running = {each.exported.id: each for each in self._rules if each.exported}
        for key, rule in sorted(ours.items(), key=lambda each: each[1].id):
            if key not in planned:
                read = running.get(rule.id)
                yield Deviation(
                    DeviationKind.RULE_ADDED,
                    self._named(rule.group),
                    rule_text(rule, there),
                    rule.id,
                    self._servers.with_group(rule.group),
                    rule.key[1].value,
                    None if read is None else Traffic.of([self._filters.reach(read)]),
                    "opens",
                    revocation(rule),
                )

    def _of_list(self, each: aws.PrefixList) -> Iterator[Deviation]:
        id_ = self._list_ids.get(each.key)
        entries = self._running.there.lists[id_].entries if id_ else None
        if id_ is None or entries is None:
            why = "is not exported" if id_ is None else "is exported without its entries"
            yield Deviation(
                DeviationKind.NOT_EVALUATED,
                each.key,
                f"the prefix list {id_ or each.key} {why}",
                fix=f"export it too: {printed.ENTRIES if id_ else printed.LISTS}",
            )
            return
        wanted, found = set(map(str, each.entries)), set(entries)
        if wanted == found:
            return
        added, gone = sorted(found - wanted), sorted(wanted - found)
        parts = [
            *([f"has {', '.join(added)}, which is not planned"] if added else []),
            *([f"lacks {', '.join(gone)}"] if gone else []),
        ]
        changed = AddressSet.of(map(network, (*added, *gone)))
        entries_of = [
            *([f"--add-entries {' '.join(f'Cidr={entry}' for entry in gone)}"] if gone else []),
            *([f"--remove-entries {' '.join(f'Cidr={one}' for one in added)}"] if added else []),
        ]
        servers = {
            server
            for rule in self._rules
            if isinstance(rule.peer, aws.ListRef) and rule.peer.key == id_
            for server in self._servers.with_group(rule.group)
        }
        yield Deviation(
            DeviationKind.LIST_CHANGED,
            f"{each.key} ({id_})",
            f"the prefix list {' and '.join(parts)}",
            servers=tuple(sorted(servers)),
            reach=Traffic.everything().within(changed),
            fix=f"aws ec2 modify-managed-prefix-list --prefix-list-id {quote(id_)} "
            f"--current-version VERSION {' '.join(entries_of)}",
        )


def _normal(key: printed.RuleKey) -> printed.RuleKey:
    """The key as an export has it: EC2 prints no ports where they have no meaning."""
    group, direction, protocol, ports, peer = key
    return (group, direction, protocol, ports if protocol in printed.WITH_PORTS else None, peer)


_VERBS: Final = {Direction.IN: "ingress", Direction.OUT: "egress"}


def _authorization(key: printed.RuleKey) -> str:
    """The command that adds a rule."""
    group, direction, protocol, ports, peer = key
    permission: dict[str, object] = {"IpProtocol": protocol}
    if ports is not None:
        permission |= {"FromPort": ports[0], "ToPort": ports[1]}
    if peer.startswith("sg-"):
        permission["UserIdGroupPairs"] = [{"GroupId": peer}]
    elif peer.startswith("pl-"):
        permission["PrefixListIds"] = [{"PrefixListId": peer}]
    elif ":" in peer:
        permission["Ipv6Ranges"] = [{"CidrIpv6": peer}]
    else:
        permission["IpRanges"] = [{"CidrIp": peer}]
    text = quote(json.dumps([permission], separators=(",", ":")))
    return (
        f"aws ec2 authorize-security-group-{_VERBS[direction]} --group-id {quote(group)} "
        f"--ip-permissions {text}"
    )
