"""What exists in AWS, as the AWS CLI and boto3 print it.

Knows: what identifies a group, a rule and a prefix list to EC2; the answers of
`describe-security-groups`, `describe-security-group-rules`, `describe-managed-prefix-lists` and
`get-managed-prefix-list-entries` (EC2 API reference; the service model `ec2` of botocore), and what they
say when they are not whole. Must not know: any plan or state.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from exchange_ports.clouds.base import Direction
from exchange_ports.clouds.existing import Json, PrintedDocument, fields_of, items_of, parsed
from exchange_ports.findings import Finding, Path
from exchange_ports.findings.command_kinds import INCOMPLETE_OUTPUT, OTHER_LOCATION

GROUPS: Final = "aws ec2 describe-security-groups"
RULES: Final = "aws ec2 describe-security-group-rules"
LISTS: Final = "aws ec2 describe-managed-prefix-lists"
ENTRIES: Final = (
    "aws ec2 get-managed-prefix-list-entries --prefix-list-id ID "
    "--query \"{PrefixListId: 'ID', Entries: Entries}\""
)
#: Which output is known by which key. The answer with entries does not say of which list they are.
COMMANDS: Final[Mapping[str, str]] = {
    "SecurityGroups": GROUPS,
    "SecurityGroupRules": RULES,
    "PrefixLists": LISTS,
    "Entries": ENTRIES,
}

#: All of them, in short.
OUTPUTS: Final = (
    "`aws ec2` describe-security-groups, describe-security-group-rules, "
    "describe-managed-prefix-lists or get-managed-prefix-list-entries"
)

#: EC2's own duplicate key (aws.md 2.4): group, direction, protocol, ports, and the peer by its id or
#: range.
RuleKey = tuple[str, Direction, str, tuple[int, int] | None, str]


@dataclass(frozen=True, slots=True)
class ExistingGroup:
    """A security group. `rules` is how many it has in all, where that was printed with it."""

    id: str
    name: str
    description: str
    vpc_id: str | None
    region: str | None
    tags: Mapping[str, str]
    rules: int | None
    #: The stack of CloudFormation that made it, by its id; empty where none did.
    cloudformation: str = ""
    #: The account that owns it; empty where it was not printed.
    account: str = ""


@dataclass(frozen=True, slots=True)
class ExistingRule:
    """A rule of a security group."""

    id: str
    key: RuleKey
    description: str
    tags: Mapping[str, str]
    #: The account of the group that it names, and whether its VPC is still peered; empty without a group.
    account: str = ""
    peering: str = ""

    @property
    def group(self) -> str:
        """The id of its group."""
        return self.key[0]


@dataclass(frozen=True, slots=True)
class ExistingList:
    """A prefix list that a customer made. `entries` by range with their words; none: not printed."""

    id: str
    name: str
    family: str
    max_entries: int
    tags: Mapping[str, str]
    entries: Mapping[str, str] | None
    #: As of a group.
    cloudformation: str = ""


@dataclass(frozen=True, slots=True)
class ExistingAws:
    """All that was printed, by id; and which outputs there were, by their keys in `COMMANDS`."""

    groups: Mapping[str, ExistingGroup] = field(default_factory=dict[str, ExistingGroup])
    rules: Mapping[str, ExistingRule] = field(default_factory=dict[str, ExistingRule])
    lists: Mapping[str, ExistingList] = field(default_factory=dict[str, ExistingList])
    printed: frozenset[str] = frozenset()


def in_place(
    there: ExistingAws, network: str, vpc_id: str, region: str | None, lists: bool
) -> Iterator[Finding]:
    """What shows that the outputs are not those of a network's VPC, or not all of them.

    `region` is what the stack says of it; `lists` is whether it wants prefix lists.
    """
    needed = ("SecurityGroups", "SecurityGroupRules", *(["PrefixLists"] if lists else ()))
    for key in needed:
        if key not in there.printed:
            yield INCOMPLETE_OUTPUT.at(
                (),
                what="The export from AWS",
                missing=f"the output of `{COMMANDS[key]}` is missing",
                fix="pass it with `--aws` too",
            )
    here = [each for each in there.groups.values() if each.vpc_id == vpc_id]
    if "SecurityGroups" in there.printed and not here:
        # Every VPC has its default group.
        yield OTHER_LOCATION.at(
            ("networks", network, "vpc_id"),
            what=f"The output of `{GROUPS}`",
            where=f"it has no group of {vpc_id}, not even the default group",
            fix="run the command for the account and region of that VPC",
        )
    regions = {each.region for each in here if each.region} - {region}
    if region is not None and regions:
        yield OTHER_LOCATION.at(
            ("networks", network, "vpc_id"),
            what=vpc_id,
            where=f"it is in {min(regions)}, and the stack's aws:region is {region}",
            fix="run the command for that region, or correct `aws:region`",
        )
    if "SecurityGroupRules" in there.printed:
        yield from uncounted(there, ("networks", network, "vpc_id"), here)


def uncounted(there: ExistingAws, path: Path, here: Iterable[ExistingGroup]) -> Iterator[Finding]:
    """Groups that have other numbers of rules in the one output than in the other."""
    counted = Counter(each.group for each in there.rules.values())
    for group in here:
        if group.rules is not None and group.rules != counted[group.id]:
            # The output with fewer is the one that is not whole, or older.
            number, more = counted[group.id], group.rules
            short, long = (RULES, GROUPS) if number < more else (GROUPS, RULES)
            yield INCOMPLETE_OUTPUT.at(
                path,
                what=f"The output of `{short}`",
                missing=f"{group.id} has {min(number, more)} rules there, "
                f"and {max(number, more)} in the output of `{long}`",
                fix="run both commands again, without filters",
            )


_ALL_PAGES: Final = (
    "run the command again without `--max-items`, `--starting-token` and `--no-paginate`"
)


class Record(BaseModel):
    """An object that EC2 printed, its keys as EC2 spells them."""

    model_config = ConfigDict(
        alias_generator=to_pascal, extra="ignore", strict=True, frozen=True, populate_by_name=False
    )


class _Tag(Record):
    key: str
    value: str


def _is_range(text: str) -> str:
    # Compared as EC2 keeps it: without host bits, IPv6 in its short form.
    return str(ip_network(text, strict=False))


_RangeText = Annotated[str, AfterValidator(_is_range)]


class _Group(Record):
    group_id: str
    group_name: str
    description: str
    vpc_id: str | None = None
    owner_id: str | None = None
    security_group_arn: str | None = None
    tags: list[_Tag] = Field(default_factory=list[_Tag])
    ip_permissions: list[Json] | None = None
    ip_permissions_egress: list[Json] | None = None


class _Referenced(Record):
    group_id: str
    user_id: str | None = None
    peering_status: str | None = None


class _Rule(Record):
    security_group_rule_id: str
    group_id: str
    is_egress: bool
    ip_protocol: str
    from_port: int | None = None
    to_port: int | None = None
    cidr_ipv4: _RangeText | None = None
    cidr_ipv6: _RangeText | None = None
    prefix_list_id: str | None = None
    referenced_group_info: _Referenced | None = None
    description: str | None = None
    tags: list[_Tag] = Field(default_factory=list[_Tag])


class _List(Record):
    prefix_list_id: str
    prefix_list_name: str
    address_family: str
    owner_id: str
    max_entries: int | None = None
    tags: list[_Tag] = Field(default_factory=list[_Tag])


class _Entry(Record):
    cidr: _RangeText
    description: str | None = None


class _Entries(Record):
    prefix_list_id: str | None = None
    entries: list[_Entry]


#: Numbers by which EC2 may call what it has names for (aws.md 2.4).
_NAMES: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
WITH_PORTS: Final = frozenset({"tcp", "udp", "icmp", "icmpv6"})
#: `arn:aws:ec2:eu-west-1:123456789012:security-group/sg-...`
_REGION_OF_ARN: Final = 3


def read(documents: Iterable[PrintedDocument]) -> ExistingAws | list[Finding]:
    """What exists, out of any number of outputs in any order, or all that is wrong with them."""
    reader = _OutputReader()
    for document in documents:
        reader.read(document)
    reader.match_entries()
    if reader.findings:
        return reader.findings
    return ExistingAws(
        {each.group_id: _group(each) for each in reader.groups.values()},
        {each.security_group_rule_id: _rule(each) for each in reader.rules.values()},
        {
            each.prefix_list_id: _list(each, reader.entries.get(each.prefix_list_id))
            for each in reader.lists.values()
            # AWS's own lists have no size that a customer could count.
            if each.max_entries is not None
        },
        frozenset(reader.printed),
    )


class _OutputReader:
    """Goes through documents, and collects what they hold and what is wrong with them."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.printed: set[str] = set()
        self.groups: dict[str, _Group] = {}
        self.rules: dict[str, _Rule] = {}
        self.lists: dict[str, _List] = {}
        self.entries: dict[str, _Entries] = {}
        self._nameless: list[tuple[PrintedDocument, _Entries]] = []

    def read(self, document: PrintedDocument) -> None:
        fields = fields_of(document.data)
        known = [key for key in COMMANDS if key in fields]
        if not known:
            wrong = _what(document.data, fields)
            self.findings.append(document.wrong((), wrong, f"pass the output of {OUTPUTS}"))
            return
        if fields.get("NextToken"):
            what = f"{document.file}, the output of `{COMMANDS[known[0]]}`,"
            self.findings.append(
                document.at(
                    INCOMPLETE_OUTPUT,
                    ("NextToken",),
                    what=what,
                    missing="it ends with a NextToken, so there are more pages",
                    fix=_ALL_PAGES,
                )
            )
        self.printed.update(known)
        for key in known:
            if key == "Entries":
                self._read_entries(document, fields)
            else:
                self._read_items(document, key, fields[key])

    def _read_items(self, document: PrintedDocument, key: str, data: object) -> None:
        fix = f"run `{COMMANDS[key]}`"
        items = items_of(data)
        if items is None:
            self.findings.append(document.wrong((key,), "it is not a list", fix))
            return
        for at, item in enumerate(items):
            self._read_item(document, key, (key, at), item, fix)

    def _read_item(
        self, document: PrintedDocument, key: str, path: tuple[str, int], item: object, fix: str
    ) -> None:
        found: Any
        if key == "SecurityGroups":
            found, kept, name = parsed(document, _Group, item, path, fix), self.groups, "group_id"
        elif key == "SecurityGroupRules":
            found, kept = parsed(document, _Rule, item, path, fix), self.rules
            name = "security_group_rule_id"
        else:
            found, kept = parsed(document, _List, item, path, fix), self.lists
            name = "prefix_list_id"
        if isinstance(found, list):
            self.findings += found
            return
        first: Any = kept.setdefault(getattr(found, name), found)
        if first != found:
            wrong = f"{getattr(found, name)} differs from an earlier output"
            self.findings.append(document.wrong(path, wrong, "run all commands again"))
        elif isinstance(found, _Rule) and _peers(found) != 1:
            wrong = f"{found.security_group_rule_id} has {_peers(found)} sources or destinations"
            self.findings.append(document.wrong(path, wrong, fix))

    def _read_entries(self, document: PrintedDocument, fields: Json) -> None:
        found = parsed(document, _Entries, fields, (), f"run `{ENTRIES}`")
        if isinstance(found, list):
            self.findings += found
        elif found.prefix_list_id is None:
            self._nameless.append((document, found))
        else:
            self.entries[found.prefix_list_id] = found

    def match_entries(self) -> None:
        """Entries of no list are those of the only one that could be meant."""
        ours = [one for one, each in self.lists.items() if each.max_entries is not None]
        left = [one for one in ours if one not in self.entries]
        if len(self._nameless) == 1 and len(left) == 1:
            self.entries[left[0]] = self._nameless[0][1]
            return
        for document, _ in self._nameless:
            wrong = "the prefix list of these entries is missing"
            self.findings.append(document.wrong(("Entries",), wrong, f"run `{ENTRIES}`"))


def _what(data: object, fields: Json) -> str:
    if isinstance(data, list):
        return "it is a list, as the Azure CLI prints them"
    keys = ", ".join(list(fields)[:3])
    return f"it is the output of another command ({keys})" if keys else "it is empty"


def _peers(rule: _Rule) -> int:
    sources = (rule.cidr_ipv4, rule.cidr_ipv6, rule.prefix_list_id, rule.referenced_group_info)
    return sum(each is not None for each in sources)


def _tags(tags: Iterable[_Tag]) -> dict[str, str]:
    # Those that begin so are AWS's own, and no provider touches them.
    return {each.key: each.value for each in tags if not each.key.startswith("aws:")}


def _cloudformation(tags: Iterable[_Tag]) -> str:
    return next((each.value for each in tags if each.key == "aws:cloudformation:stack-id"), "")


def _group(each: _Group) -> ExistingGroup:
    permissions = (each.ip_permissions, each.ip_permissions_egress)
    parts = (each.security_group_arn or "").split(":")
    return ExistingGroup(
        each.group_id,
        each.group_name,
        each.description,
        each.vpc_id,
        parts[_REGION_OF_ARN] if len(parts) > _REGION_OF_ARN else None,
        _tags(each.tags),
        None if None in permissions else sum(_rules_of(one or []) for one in permissions),
        _cloudformation(each.tags),
        each.owner_id or "",
    )


#: Where a permission has its sources; each makes a rule of its own.
_SOURCES: Final = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")


def _rules_of(permissions: Iterable[Json]) -> int:
    return sum(len(each.get(key) or ()) for each in permissions for key in _SOURCES)


def _rule(each: _Rule) -> ExistingRule:
    protocol = _NAMES.get(each.ip_protocol, each.ip_protocol)
    referenced = each.referenced_group_info
    peer = (
        each.cidr_ipv4
        or each.cidr_ipv6
        or each.prefix_list_id
        or (referenced.group_id if referenced else "")
    )
    ports = None
    if protocol in WITH_PORTS and each.from_port is not None and each.to_port is not None:
        ports = (each.from_port, each.to_port)
    direction = Direction.OUT if each.is_egress else Direction.IN
    key = (each.group_id, direction, protocol, ports, peer)
    return ExistingRule(
        each.security_group_rule_id,
        key,
        each.description or "",
        _tags(each.tags),
        (referenced and referenced.user_id) or "",
        (referenced and referenced.peering_status) or "",
    )


def _list(each: _List, entries: _Entries | None) -> ExistingList:
    return ExistingList(
        each.prefix_list_id,
        each.prefix_list_name,
        each.address_family,
        each.max_entries or 0,
        _tags(each.tags),
        None if entries is None else {one.cidr: one.description or "" for one in entries.entries},
        _cloudformation(each.tags),
    )
