"""Which of what exists in a VPC is which of what is wanted there.

A group or prefix list is known by the name that the engine made for it, or by its tag Name; a rule by
EC2's own duplicate key (aws.md 2.4, 3.3): whatever has that key is the rule, as EC2 takes no second one.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any, Final, Protocol, TypeVar

from exchange_ports.clouds.aws import names, printed
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.aws.plan import at_neighbors
from exchange_ports.clouds.base import Direction
from exchange_ports.clouds.existing import (
    ExpectedResource,
    Found,
    Held,
    Leftover,
    ResourceStatus,
    ResourceVerdict,
    State,
    Unwanted,
    Urn,
    fields_of,
    texts_of,
)
from exchange_ports.findings import Finding
from exchange_ports.findings.command_kinds import INCOMPLETE_OUTPUT
from exchange_ports.flows import Flow
from exchange_ports.traffic.ports import ANY_PORTS

#: The types that can be adopted.
TYPES: Final = frozenset({names.GROUP, names.LIST, names.RULE_IN, names.RULE_OUT})
OUTPUTS: Final = printed.OUTPUTS
read: Final = printed.read


@dataclass(frozen=True, slots=True)
class AwsNetworkExpectation:
    """A VPC with what is wanted in it. `neighbor_security_groups` are ids of groups that are not ours, by name."""

    network: str
    urn: Urn
    plan: aws.AwsRuleSet
    vpc_id: str
    neighbors: Mapping[str, str]
    at_neighbors: tuple[aws.SecurityGroupRule, ...]
    tags: Mapping[str, str]
    #: Tags that the provider adds by itself and does not compare.
    default_tags: Mapping[str, str]
    #: That of the stack's AWS provider, where the stack file has it.
    region: str | None = None

    def one(
        self, each: aws.SecurityGroup | aws.PrefixList | aws.SecurityGroupRule
    ) -> ExpectedResource:
        """The resource that a part of the plan becomes, or a rule at a neighbor's group."""
        return ExpectedResource.of(self.urn, names.resource(each))


def expected(
    network: str,
    urn: Urn,
    rules: aws.AwsRuleSet,
    flows: Iterable[Flow],
    ids: Mapping[str, Any],
    tags: Mapping[str, str],
    others: Mapping[str, object],
) -> AwsNetworkExpectation:
    """What the program wants in a VPC, by what a stack file says of it."""
    neighbors = texts_of(ids.get("neighbor_security_groups"))
    region = others.get("aws:region")
    return AwsNetworkExpectation(
        network,
        urn,
        rules,
        str(ids["vpc_id"]),
        neighbors,
        at_neighbors(rules.network, flows, neighbors),
        tags,
        texts_of(fields_of(others.get("aws:defaultTags")).get("tags")),
        region if isinstance(region, str) else None,
    )


def ids(
    place: AwsNetworkExpectation, there: printed.ExistingAws
) -> Iterator[tuple[str, Container[str]]]:
    """Each group and list that is wanted, by name, with the ids of its kind."""
    yield from ((place.one(group).name, there.groups) for group in place.plan.groups)
    yield from ((place.one(each).name, there.lists) for each in place.plan.prefix_lists)


def check(place: AwsNetworkExpectation, there: printed.ExistingAws) -> Iterator[Finding]:
    """What shows that the outputs are not those of a network's VPC, or not all of them."""
    lists = bool(place.plan.prefix_lists)
    yield from printed.in_place(there, place.network, place.vpc_id, place.region, lists)
    for name, group in place.neighbors.items():
        if group not in there.groups and "SecurityGroups" in there.printed:
            yield INCOMPLETE_OUTPUT.at(
                ("networks", place.network, "neighbor_security_groups", name),
                what="the export from AWS",
                missing=f"{group}, the group of {name}, is missing",
                fix="export the groups and rules of its VPC too",
            )


def not_printed(_there: printed.ExistingAws) -> Iterator[Finding]:
    """Nothing: which outputs are needed depends on the network."""
    return iter(())


#: The engine's own names: the logical one, and seven digits (aws.md 3.3).
AUTONAME: Final = r"-[0-9a-f]{7}"


def match(
    place: AwsNetworkExpectation, there: printed.ExistingAws, state: State, told: Mapping[str, str]
) -> Found:
    """The status of all planned resources of a VPC, and other rules of their groups.

    `told` has the ids of existing resources, by the logical name that they are imported as.
    """
    matching = _Matching(place, there, state, told)
    verdicts = (
        *(matching.group(group) for group in place.plan.groups),
        *(matching.prefix_list(each) for each in place.plan.prefix_lists),
    )
    # Rules last: they name groups and lists by their ids.
    rules = [matching.rule(rule) for rule in (*place.plan.rules, *place.at_neighbors)]
    return Found(
        place.network,
        place.urn,
        (*verdicts, *rules),
        tuple(matching.leftovers),
        tuple(matching.unwanted(rules)),
    )


class _Thing(Protocol):
    """What a group and a prefix list have in common."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


_T = TypeVar("_T", bound=_Thing)


class _Matching:
    """Matches the planned resources of one VPC; groups are remembered for the rules that name them."""

    def __init__(
        self,
        place: AwsNetworkExpectation,
        there: printed.ExistingAws,
        state: State,
        told: Mapping[str, str],
    ) -> None:
        self._place = place
        self._there = there
        self._told = told
        self._held = state.by_urn()
        self._holders = state.holders()
        #: Ids of groups and lists that exist, by key.
        self._groups = dict(place.neighbors)
        self._lists: dict[str, str] = {}
        self._rules: dict[printed.RuleKey, printed.ExistingRule] = {
            rule.key: rule for rule in there.rules.values()
        }
        self.leftovers: list[Leftover] = []

    def group(self, group: aws.SecurityGroup) -> ResourceVerdict:
        """The status of a security group."""
        wanted, there = self._place.one(group), self._there.groups
        named = [each for each in self._called(wanted, there) if each.vpc_id == self._place.vpc_id]
        delete = "aws ec2 delete-security-group --group-id"
        verdict = self._one(wanted, there, named, delete)
        if verdict.stand is ResourceStatus.IMPORT:
            found = there[verdict.id]
            if found.vpc_id != self._place.vpc_id:
                because = (f"it is in {found.vpc_id or 'no VPC'}",)
                return ResourceVerdict(wanted, ResourceStatus.REPLACED, found.id, because=because)
            edits = self._retagged(wanted, found.tags)
            if found.description != group.description:
                # EC2 cannot change it, and the program leaves it as it is.
                edits = (*edits, f"keeps its description: {found.description}")
            owner = _owner(found.cloudformation)
            verdict = ResourceVerdict(wanted, ResourceStatus.IMPORT, found.id, edits, owner)
        if verdict.stand in (ResourceStatus.IMPORT, ResourceStatus.KNOWN):
            self._groups[group.key] = verdict.id
        return verdict

    def prefix_list(self, each: aws.PrefixList) -> ResourceVerdict:
        """The status of a prefix list."""
        wanted, there = self._place.one(each), self._there.lists
        delete = "aws ec2 delete-managed-prefix-list --prefix-list-id"
        verdict = self._one(wanted, there, list(self._called(wanted, there)), delete)
        if verdict.stand is ResourceStatus.IMPORT:
            found = there[verdict.id]
            if found.family != _FAMILY:
                because = (f"its addresses are {found.family}",)
                return ResourceVerdict(wanted, ResourceStatus.REPLACED, found.id, because=because)
            edits = (*_edits_of_list(each, found), *self._retagged(wanted, found.tags))
            owner = _owner(found.cloudformation)
            verdict = ResourceVerdict(wanted, ResourceStatus.IMPORT, found.id, edits, owner)
        if verdict.stand in (ResourceStatus.IMPORT, ResourceStatus.KNOWN):
            self._lists[each.key] = verdict.id
        return verdict

    def rule(self, rule: aws.SecurityGroupRule) -> ResourceVerdict:
        """The status of a rule."""
        wanted = self._place.one(rule)
        key = self._key(rule)
        found = None if key is None else self._rules.get(key)
        held = self._held.get(wanted.urn)
        if held is not None:
            return self._held_rule(wanted, held, found)
        if found is None:
            return ResourceVerdict(wanted, ResourceStatus.MISSING)
        if (holder := self._holders.get(found.id)) is not None:
            return ResourceVerdict(
                wanted, ResourceStatus.HELD, found.id, because=(str(holder.urn),)
            )
        edits: list[str] = []
        if found.description != rule.description:
            edits.append("changes its description")
        edits += _retagged(self._place, self._place.tags, found.tags)
        return ResourceVerdict(wanted, ResourceStatus.IMPORT, found.id, tuple(edits))

    def _held_rule(
        self, wanted: ExpectedResource, held: Held, found: printed.ExistingRule | None
    ) -> ResourceVerdict:
        exists = held.id in self._there.rules
        if found is None or found.id == held.id:
            # Where it exists with other content, it was edited by hand, or is to be replaced.
            return ResourceVerdict(
                wanted, ResourceStatus.KNOWN if exists else ResourceStatus.GONE, held.id
            )
        if not exists:
            because = (f"{found.id} exists in its place",)
            return ResourceVerdict(wanted, ResourceStatus.GONE, held.id, because=because)
        return ResourceVerdict(
            wanted, ResourceStatus.BLOCKED, found.id, because=(held.id,), at=revocation(found)
        )

    def unwanted(self, verdicts: Iterable[ResourceVerdict]) -> Iterator[Unwanted]:
        """Rules of planned groups that are neither planned nor in the state."""
        keys = {id_: key for key, id_ in self._groups.items() if key not in self._place.neighbors}
        taken = {verdict.id for verdict in verdicts}
        for rule in sorted(
            self._there.rules.values(), key=lambda each: (each.group, rule_text(each, self._there))
        ):
            if rule.group in keys and rule.id not in taken and rule.id not in self._holders:
                name = f"{self._place.urn.name}-{keys[rule.group]}"
                yield Unwanted(name, rule.id, rule_text(rule, self._there), revocation(rule))

    def _one(
        self, wanted: ExpectedResource, there: Mapping[str, _T], named: list[_T], delete: str
    ) -> ResourceVerdict:
        """The status of a group or list; those that are `named` like it exist."""
        free = [each.id for each in named if each.id not in self._holders]
        told = self._told.get(wanted.name)
        held = self._held.get(wanted.urn)
        if held is not None and held.id not in there:
            because = tuple(f"{each} has its name" for each in free)
            return ResourceVerdict(wanted, ResourceStatus.GONE, held.id, because=because)
        if held is not None and told not in (None, held.id):
            return ResourceVerdict(wanted, ResourceStatus.BLOCKED, told or "", because=(held.id,))
        verdict = self._free(wanted, told, free) if held is None else _known(wanted, held)
        if verdict.stand in (ResourceStatus.IMPORT, ResourceStatus.KNOWN):
            self.leftovers += [
                Leftover(wanted, each, f"{delete} {quote(each)}")
                for each in free
                if each != verdict.id
            ]
        return verdict

    def _free(self, wanted: ExpectedResource, told: str | None, free: list[str]) -> ResourceVerdict:
        """The status of a group or list that is not in the state."""
        if told is None and len(free) > 1:
            return ResourceVerdict(wanted, ResourceStatus.SEVERAL, free[0], because=tuple(free[1:]))
        one = told or next(iter(free), None)
        if one is None:
            return ResourceVerdict(wanted, ResourceStatus.MISSING)
        if (holder := self._holders.get(one)) is not None:
            return ResourceVerdict(wanted, ResourceStatus.HELD, one, because=(str(holder.urn),))
        return ResourceVerdict(wanted, ResourceStatus.IMPORT, one)

    def _called(self, wanted: ExpectedResource, there: Mapping[str, _T]) -> Iterator[_T]:
        made = re.compile(re.escape(wanted.name) + AUTONAME)
        for each in sorted(there.values(), key=lambda each: each.id):
            if each.tags.get("Name") == wanted.name or made.fullmatch(each.name):
                yield each

    def _key(self, rule: aws.SecurityGroupRule) -> printed.RuleKey | None:
        """The key of a rule in EC2; none while something that it names does not exist."""
        group = self._groups.get(rule.group)
        if isinstance(rule.peer, aws.GroupRef):
            peer = self._groups.get(rule.peer.key)
        elif isinstance(rule.peer, aws.ListRef):
            peer = self._lists.get(rule.peer.key)
        else:
            peer = str(rule.peer)
        if group is None or peer is None:
            return None
        return (group, rule.direction, rule.ip_protocol, rule.port_range, peer)

    def _retagged(self, wanted: ExpectedResource, tags: Mapping[str, str]) -> tuple[str, ...]:
        return _retagged(self._place, {"Name": wanted.name, **self._place.tags}, tags)


def _known(wanted: ExpectedResource, held: Held) -> ResourceVerdict:
    return ResourceVerdict(wanted, ResourceStatus.KNOWN, held.id)


#: Of every list that we make.
_FAMILY: Final = "IPv4"


def _retagged(
    place: AwsNetworkExpectation, wanted: Mapping[str, str], found: Mapping[str, str]
) -> tuple[str, ...]:
    by_the_provider = {
        key for key, value in place.default_tags.items() if found.get(key) == value
    } - wanted.keys()
    changed = {
        key
        for key in {**wanted, **found}
        if wanted.get(key) != found.get(key) and key not in by_the_provider
    }
    return (f"changes its tags {', '.join(sorted(changed))}",) if changed else ()


def _edits_of_list(each: aws.PrefixList, found: printed.ExistingList) -> Iterator[str]:
    if found.max_entries != each.max_entries:
        yield f"changes its size, {found.max_entries} to {each.max_entries}"
    if found.entries is None:
        yield "may change its entries, which are not in the export"
        return
    wanted = {str(entry): "" for entry in each.entries}
    if added := sorted(wanted.keys() - found.entries.keys()):
        yield f"adds {', '.join(added)}"
    if gone := sorted(found.entries.keys() - wanted.keys()):
        yield f"removes {', '.join(gone)}"
    if any(found.entries.get(entry, "") for entry in wanted):
        # In two calls (aws.md 3.6).
        yield "removes entries and adds them again, because of their descriptions"


_WAYS: Final = {Direction.IN: "from", Direction.OUT: "to"}
_VERBS: Final = {Direction.IN: "ingress", Direction.OUT: "egress"}


def revocation(rule: printed.ExistingRule) -> str:
    """The command that removes a rule."""
    verb = _VERBS[rule.key[1]]
    return (
        f"aws ec2 revoke-security-group-{verb} --group-id {quote(rule.group)} "
        f"--security-group-rule-ids {quote(rule.id)}"
    )


def rule_text(rule: printed.ExistingRule, there: printed.ExistingAws) -> str:
    """A rule in one line: `in 3389/tcp from 10.9.9.9/32 (Jo)`."""
    direction = rule.key[1]
    words = f" ({rule.description})" if rule.description else ""
    return f"{direction} {_what(rule)} {_WAYS[direction]} {_peer(rule, there)}{words}"


#: Numbers of protocols that security groups are seen with and EC2 prints as numbers (IANA).
_NUMBERED: Final = {
    "2": "IGMP",
    "4": "IP-in-IP",
    "41": "IPv6",
    "47": "GRE",
    "50": "ESP",
    "51": "AH",
}


def _what(rule: printed.ExistingRule) -> str:
    _, _, protocol, ports, _ = rule.key
    if protocol == "-1":
        return str(ANY_PORTS)
    if protocol.startswith("icmp"):
        # For ICMP the two numbers are type and code, and -1 is all of them (aws.md 2.4).
        type_, code = ports or (-1, -1)
        named = "" if type_ == -1 else f" type {type_}"
        return f"{protocol}{named}" + ("" if code == -1 else f" code {code}")
    if ports is None:
        known = _NUMBERED.get(protocol)
        return f"{known} (protocol {protocol})" if known else protocol
    first, last = ports
    return f"{first}/{protocol}" if first == last else f"{first}-{last}/{protocol}"


def _peer(rule: printed.ExistingRule, there: printed.ExistingAws) -> str:
    """The source or destination; of a group what is known beside its id."""
    peer = rule.key[4]
    if not peer.startswith("sg-") or peer in there.groups:
        return peer
    home = there.groups.get(rule.group)
    if rule.account and home is not None and rule.account != home.account and home.account:
        peering = f", peering {rule.peering}" if rule.peering else ""
        return f"{peer} of account {rule.account}{peering}"
    return f"{peer}, which is not among the groups (deleted, or of another VPC or region)"


def _owner(stack: str) -> str:
    """The note about a group or list that CloudFormation created."""
    if not stack:
        return ""
    return (
        f"CloudFormation created it in the stack {stack}: first remove it from that stack "
        "(DeletionPolicy: Retain, then remove it from the template)"
    )
