"""What exists in AWS, as plain records.

Knows: what identifies a group, a rule and a prefix list to EC2, which commands print them, and what
shows that they are of another place or not all there are. How they are printed stands in
`aws_output`. Must not know: any plan or state.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from exchange_ports.clouds.aws.rules import Direction
from exchange_ports.findings import Finding
from exchange_ports.findings.adoption_kinds import INCOMPLETE_OUTPUT, OTHER_PLACE

__all__ = [
    "COMMANDS",
    "ENTRIES",
    "OUTPUTS",
    "ExistingAws",
    "ExistingGroup",
    "ExistingList",
    "ExistingRule",
    "RuleKey",
    "in_place",
]

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


@dataclass(frozen=True, slots=True)
class ExistingRule:
    """A rule of a security group."""

    id: str
    key: RuleKey
    description: str
    tags: Mapping[str, str]

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
                what="what exists in AWS",
                missing=f"there is no output of `{COMMANDS[key]}`",
                fix="give it with --aws beside the others",
            )
    here = [each for each in there.groups.values() if each.vpc_id == vpc_id]
    if "SecurityGroups" in there.printed and not here:
        # Every VPC has its default group.
        yield OTHER_PLACE.at(
            ("networks", network, "vpc_id"),
            what=f"what `{GROUPS}` printed",
            where=f"it has no group of {vpc_id}, not even the default one",
            fix="print it with the account, --region and filters of that VPC",
        )
    regions = {each.region for each in here if each.region} - {region}
    if region is not None and regions:
        yield OTHER_PLACE.at(
            ("networks", network, "vpc_id"),
            what=vpc_id,
            where=f"it is in {min(regions)}, and the stack's aws:region is {region}",
            fix="print it for that region, or correct aws:region",
        )
    if "SecurityGroupRules" in there.printed:
        yield from _uncounted(there, network, here)


def _uncounted(
    there: ExistingAws, network: str, here: Iterable[ExistingGroup]
) -> Iterator[Finding]:
    """Groups that have other numbers of rules in the one output than in the other."""
    counted = Counter(each.group for each in there.rules.values())
    for group in here:
        if group.rules is not None and group.rules != counted[group.id]:
            yield INCOMPLETE_OUTPUT.at(
                ("networks", network, "vpc_id"),
                what=f"what `{RULES}` printed",
                missing=f"{group.id} has {counted[group.id]} rules there, "
                f"and {group.rules} by `{GROUPS}`",
                fix="print both anew, without filters, one after the other",
            )
