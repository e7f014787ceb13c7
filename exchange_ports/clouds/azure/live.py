"""What exists in Azure, and which of it is which of what is wanted in a resource group.

Knows: the answers of `az network nsg list` and `az network asg list`, as the Azure CLI, the REST API and
azure-mgmt-network print them; the CLI has a resource's properties at its top, ARM has them under
`properties` (azure.md 1, 5). Azure knows a group by its resource group and name, whose case means nothing;
what another name has is another group.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from shlex import quote
from typing import Annotated, Any, Final, cast

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from exchange_ports.clouds.azure import names
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.base import Direction
from exchange_ports.clouds.existing import (
    ExpectedResource,
    Found,
    Json,
    PrintedDocument,
    ResourceStatus,
    ResourceVerdict,
    State,
    Unwanted,
    Urn,
    fields_of,
    items_of,
    parsed,
)
from exchange_ports.findings import Finding
from exchange_ports.findings.command_kinds import INCOMPLETE_OUTPUT
from exchange_ports.flows import Flow
from exchange_ports.traffic.ports import ANY_PORTS, Protocol

#: The types that can be adopted.
TYPES: Final = frozenset({names.NSG, names.ASG})

NSGS: Final = "az network nsg list"
ASGS: Final = "az network asg list"
_NSG_TYPE: Final = "microsoft.network/networksecuritygroups"
_ASG_TYPE: Final = "microsoft.network/applicationsecuritygroups"
#: Which output has which types, in small letters.
COMMANDS: Final[Mapping[str, str]] = {_NSG_TYPE: NSGS, _ASG_TYPE: ASGS}
#: Both, in short.
OUTPUTS: Final = f"`{NSGS}` or `{ASGS}`"
_FIX: Final = f"run {OUTPUTS}, with `--output json`"

#: `/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/T/N`
_SEGMENTS: Final = 9


def _is_id(text: str) -> str:
    segments = text.split("/")
    if len(segments) != _SEGMENTS or segments[1].lower() != "subscriptions":
        raise ValueError("it is not the id of a resource in a resource group")
    return text


class _Record(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", strict=True, frozen=True, populate_by_name=False
    )


class _Id(_Record):
    id: str


class _Rule(_Record):
    name: str
    priority: int
    direction: str
    access: str
    protocol: str
    description: str | None = None
    source_address_prefix: str | None = None
    source_address_prefixes: list[str] | None = None
    source_application_security_groups: list[_Id] | None = None
    source_port_range: str | None = None
    source_port_ranges: list[str] | None = None
    destination_address_prefix: str | None = None
    destination_address_prefixes: list[str] | None = None
    destination_application_security_groups: list[_Id] | None = None
    destination_port_range: str | None = None
    destination_port_ranges: list[str] | None = None


class _Resource(_Record):
    id: Annotated[str, AfterValidator(_is_id)]
    name: str
    location: str
    tags: dict[str, str] | None = None
    security_rules: list[_Rule] | None = None


@dataclass(frozen=True, slots=True)
class ExistingRule:
    """A security rule: its name, and all else that it says, in one order. Groups are names of theirs."""

    name: str
    summary: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """A network or application security group. An id's and a name's case mean nothing."""

    id: str
    name: str
    location: str
    tags: Mapping[str, str]
    #: Of a network security group: what is inline, in the order of the answer.
    rules: tuple[ExistingRule, ...]

    @property
    def subscription(self) -> str:
        """The subscription that it is in."""
        return self.id.split("/")[2]

    @property
    def resource_group(self) -> str:
        """The resource group that it is in."""
        return self.id.split("/")[4]


@dataclass(frozen=True, slots=True)
class ExistingAzure:
    """All that was printed, by id in small letters; and which outputs there were, by type."""

    nsgs: Mapping[str, Resource] = field(default_factory=dict[str, Resource])
    asgs: Mapping[str, Resource] = field(default_factory=dict[str, Resource])
    printed: frozenset[str] = frozenset()


def read(documents: Iterable[PrintedDocument]) -> ExistingAzure | list[Finding]:
    """What exists, out of any number of outputs in any order, or all that is wrong with them."""
    findings: list[Finding] = []
    found: dict[str, dict[str, Resource]] = {type_: {} for type_ in COMMANDS}
    printed: set[str] = set()
    #: An empty list does not say of what it is empty.
    empty = 0
    for document in documents:
        data: Any = document.data
        at: tuple[str, ...] = ()
        fields = fields_of(document.data)
        if "value" in fields:
            data, at = fields["value"], ("value",)
        if fields.get("nextLink"):
            findings.append(
                document.at(
                    INCOMPLETE_OUTPUT,
                    ("nextLink",),
                    what=document.file,
                    missing="it ends with a nextLink, so there are more pages",
                    fix=f"export all pages with `{NSGS}` and `{ASGS}`",
                )
            )
        items = items_of(data)
        if items is None:
            findings.append(document.wrong(at, _what(document.data, fields), _FIX))
            continue
        empty += not items
        for index, item in enumerate(items):
            here = (*at, index)
            read = _read_resource(document, item, here)
            if isinstance(read, list):
                findings += read
                if any(each.path == (*here, "type") for each in read):
                    break
                continue
            type_, resource = read
            printed.add(type_)
            first = found[type_].setdefault(resource.id.lower(), resource)
            if first != resource:
                wrong = f"{resource.name} differs from an earlier output"
                findings.append(document.wrong(here, wrong, "run all commands again"))
    if findings:
        return findings
    if empty >= len(COMMANDS) - len(printed):
        printed |= set(COMMANDS)
    return ExistingAzure(found[_NSG_TYPE], found[_ASG_TYPE], frozenset(printed))


def not_printed(there: ExistingAzure) -> Iterator[Finding]:
    """What cannot be known, as an output is not there."""
    for type_, command in COMMANDS.items():
        if type_ not in there.printed:
            yield INCOMPLETE_OUTPUT.at(
                (),
                what="The export from Azure",
                missing=f"the output of `{command}` is missing",
                fix="pass it with `--azure` too, even if it is an empty list",
            )


def _what(data: object, fields: Json) -> str:
    keys = ", ".join(list(fields)[:3])
    if keys:
        return f"it is the output of another command ({keys}), not a list"
    return "it contains no list" if isinstance(data, dict) else "it is not a list"


def _read_resource(
    document: PrintedDocument, item: object, path: tuple[str | int, ...]
) -> tuple[str, Resource] | list[Finding]:
    fields = fields_of(item)
    type_ = str(fields.get("type", "")).lower()
    if type_ not in COMMANDS:
        shown = fields.get("type")
        wrong = f"it lists {shown}" if isinstance(shown, str) else "it lists what has no type"
        return [document.wrong((*path, "type"), wrong, _FIX)]
    found = parsed(document, _Resource, _flat(fields), path, _FIX)
    if isinstance(found, list):
        return found
    rules = tuple(_existing_rule(each) for each in found.security_rules or ())
    return type_, Resource(found.id, found.name, found.location, found.tags or {}, rules)


def _flat(fields: Json) -> Json:
    """A resource as the Azure CLI has it: properties at its top, those of its rules as well."""
    flat = {**fields, **fields_of(fields.get("properties"))}
    rules = items_of(flat.get("securityRules"))
    if rules is not None:
        flat["securityRules"] = [_flat_rule(each) for each in rules]
    return flat


def _flat_rule(rule: object) -> object:
    fields = fields_of(rule)
    return {**fields, **fields_of(fields.get("properties"))} if fields else rule


def _existing_rule(rule: _Rule) -> ExistingRule:
    return ExistingRule(
        rule.name,
        (
            rule.priority,
            rule.direction.lower(),
            rule.access.lower(),
            rule.protocol.lower(),
            rule.description or "",
            _either(rule.source_port_range, rule.source_port_ranges),
            _either(rule.destination_port_range, rule.destination_port_ranges),
            _side(
                rule.source_address_prefix,
                rule.source_address_prefixes,
                rule.source_application_security_groups,
            ),
            _side(
                rule.destination_address_prefix,
                rule.destination_address_prefixes,
                rule.destination_application_security_groups,
            ),
        ),
    )


def _either(one: str | None, several: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(several or ()) or ((one,) if one else ())


def _side(
    one: str | None, several: Iterable[str] | None, groups: Iterable[_Id] | None
) -> tuple[str, ...]:
    """Addresses, or the ids of groups in small letters."""
    return tuple(each.id.lower() for each in groups or ()) or _either(one, several)


@dataclass(frozen=True, slots=True)
class AzureNetworkExpectation:
    """A resource group with what is wanted in it."""

    network: str
    urn: Urn
    plan: azure.AzureRuleSet
    resource_group: str
    location: str
    tags: Mapping[str, str]
    #: None where the stack file does not say.
    subscription: str | None

    def one(self, group: azure.NetworkSecurityGroup | azure.ApplicationGroup) -> ExpectedResource:
        """The resource that a group becomes; its logical name is its name."""
        return ExpectedResource.of(self.urn, names.resource(group))


def expected(
    network: str,
    urn: Urn,
    rules: azure.AzureRuleSet,
    _flows: Iterable[Flow],
    ids: Mapping[str, Any],
    tags: Mapping[str, str],
    others: Mapping[str, object],
) -> AzureNetworkExpectation:
    """What the program wants in a resource group, by what a stack file says of it."""
    subscription = others.get("azure-native:subscriptionId")
    return AzureNetworkExpectation(
        network,
        urn,
        rules,
        str(ids["resource_group_name"]),
        str(ids["location"]),
        tags,
        subscription if isinstance(subscription, str) else None,
    )


def ids(
    place: AzureNetworkExpectation, there: ExistingAzure
) -> Iterator[tuple[str, Container[str]]]:
    """Each group that is wanted, by name, with the ids of its kind in small letters."""
    yield from ((place.one(group).name, there.asgs) for group in place.plan.application_groups)
    yield from ((place.one(group).name, there.nsgs) for group in place.plan.groups)


def check(_place: AzureNetworkExpectation, _there: ExistingAzure) -> Iterator[Finding]:
    """Nothing: an output is of a whole subscription, and `not_printed` looks at both."""
    return iter(())


_PROTOCOLS: Final = {
    Protocol.ANY: "*",
    Protocol.TCP: "tcp",
    Protocol.UDP: "udp",
    Protocol.ICMP: "icmp",
    Protocol.ICMPV6: "icmp",
    Protocol.ESP: "esp",
    Protocol.AH: "ah",
}
_DIRECTIONS: Final = {Direction.IN: "inbound", Direction.OUT: "outbound"}

_NSGS: Final = "networkSecurityGroups"
_ASGS: Final = "applicationSecurityGroups"


def match(
    place: AzureNetworkExpectation, there: ExistingAzure, state: State, told: Mapping[str, str]
) -> Found:
    """The status of all planned resources of a resource group.

    `told` has the ids of what people made, by the logical name that it shall have.
    """
    matching = _Matching(place, state, told)
    unwanted: list[Unwanted] = []
    verdicts = [
        matching.one(place.one(group), there.asgs, _ASGS) for group in place.plan.application_groups
    ]
    for group in place.plan.groups:
        verdict = matching.one(place.one(group), there.nsgs, _NSGS)
        if verdict.stand is ResourceStatus.IMPORT:
            found = there.nsgs[verdict.id.lower()]
            planned = {rule.name for rule in group.rules}
            verdict = replace(
                verdict,
                edits=(*verdict.edits, *_of_rules(place, group, found)),
                removes=tuple(
                    f"{rule.name}: {rule_text(rule)}"
                    for rule in _first_deciding(found)
                    if rule.name not in planned
                ),
            )
        elif verdict.stand is ResourceStatus.KNOWN:
            found = there.nsgs[verdict.id.lower()]
            verdict = replace(verdict, edits=tuple(_changed_rules(place, group, found)))
            unwanted += _foreign_rules(group, found, verdict)
        verdicts.append(verdict)
    return Found(
        place.network,
        place.urn,
        tuple(verdicts),
        unwanted=tuple(unwanted),
        attached_first=names.ASG,
    )


class _Matching:
    def __init__(
        self, place: AzureNetworkExpectation, state: State, told: Mapping[str, str]
    ) -> None:
        self._place = place
        self._told = told
        self._held = state.by_urn()
        self._holders = state.holders()

    def one(
        self, wanted: ExpectedResource, there: Mapping[str, Resource], type_: str
    ) -> ResourceVerdict:
        """How a group stands."""
        told = self._told.get(wanted.name)
        held = self._held.get(wanted.urn)
        if held is not None:
            if held.id.lower() not in there:
                return ResourceVerdict(wanted, ResourceStatus.GONE, held.id)
            if told is not None and told.lower() != held.id.lower():
                return ResourceVerdict(wanted, ResourceStatus.BLOCKED, told, because=(held.id,))
            return ResourceVerdict(wanted, ResourceStatus.KNOWN, held.id)
        named = [each for each in there.values() if self._is(wanted, each)]
        if told is not None:
            named = [there[told.lower()]]
        if not named:
            return ResourceVerdict(wanted, ResourceStatus.MISSING)
        if len(named) > 1:
            ids = [each.id for each in named]
            return ResourceVerdict(wanted, ResourceStatus.SEVERAL, ids[0], because=tuple(ids[1:]))
        return self._free(wanted, named[0], type_)

    def _free(self, wanted: ExpectedResource, found: Resource, type_: str) -> ResourceVerdict:
        """How a group stands that the state does not have."""
        if (holder := self._holders.get(found.id.lower())) is not None:
            return ResourceVerdict(
                wanted, ResourceStatus.HELD, found.id, because=(str(holder.urn),)
            )
        if because := tuple(self._replaces(wanted, found)):
            return ResourceVerdict(wanted, ResourceStatus.REPLACED, found.id, because=because)
        # As the program spells it: what an import takes out of the id is compared letter by letter.
        id_ = (
            f"/subscriptions/{found.subscription}/resourceGroups/{self._place.resource_group}"
            f"/providers/Microsoft.Network/{type_}/{wanted.name}"
        )
        return ResourceVerdict(
            wanted, ResourceStatus.IMPORT, id_, _retagged(self._place.tags, found.tags)
        )

    def _is(self, wanted: ExpectedResource, each: Resource) -> bool:
        here = self._place
        return (
            each.name.lower() == wanted.name.lower()
            and each.resource_group.lower() == here.resource_group.lower()
            and here.subscription in (None, each.subscription)
        )

    def _replaces(self, wanted: ExpectedResource, found: Resource) -> Iterator[str]:
        if found.name.lower() != wanted.name.lower():
            yield f"its name is {found.name}"
        if found.resource_group.lower() != self._place.resource_group.lower():
            yield f"it is in the resource group {found.resource_group}"
        if _plain(found.location) != _plain(self._place.location):
            yield f"it is in {found.location}"


def _plain(location: str) -> str:
    """A region without what means nothing in it (azure-native's `normalizedLocation`)."""
    return location.replace(" ", "").lower()


def _retagged(wanted: Mapping[str, str], found: Mapping[str, str]) -> tuple[str, ...]:
    changed = {key for key in {**wanted, **found} if wanted.get(key) != found.get(key)}
    return (f"changes its tags {', '.join(sorted(changed))}",) if changed else ()


def _of_rules(
    place: AzureNetworkExpectation, group: azure.NetworkSecurityGroup, found: Resource
) -> Iterator[str]:
    """What the one PUT after an import changes in a network security group."""
    wanted = [rule_as_it_would_stand(place, rule, found.subscription) for rule in group.rules]
    old = {each.name: each for each in found.rules}
    new = {each.name: each for each in wanted}
    for verb, changed in (
        ("adds the rule", sorted(new.keys() - old.keys())),
        (
            "changes the rule",
            sorted(one for one in old.keys() & new.keys() if old[one] != new[one]),
        ),
    ):
        for name in changed:
            yield f"{verb} {name}"
    if list(found.rules) != wanted and old == new:
        yield "writes it once more, because its rules are listed in another order"
    elif not found.rules and not wanted:
        # An import does not count an empty list as written (azure.md 5).
        yield "writes it once more, because it has no rules"


def _changed_rules(
    place: AzureNetworkExpectation, group: azure.NetworkSecurityGroup, found: Resource
) -> Iterator[str]:
    """The planned rules that exist in a group with other content."""
    there = {each.name: each for each in found.rules}
    for rule in sorted(group.rules, key=lambda each: each.name):
        if rule.name in there:
            wanted = rule_as_it_would_stand(place, rule, found.subscription)
            if there[rule.name] != wanted:
                yield f"the rule {rule.name} is {rule_text(there[rule.name])}"


def _foreign_rules(
    group: azure.NetworkSecurityGroup, found: Resource, verdict: ResourceVerdict
) -> Iterator[Unwanted]:
    """Rules of a group that the plan does not have, whoever made them, the first to decide first."""
    planned = {rule.name for rule in group.rules}
    for rule in _first_deciding(found):
        if rule.name not in planned:
            id_ = f"{found.id}/securityRules/{rule.name}"
            yield Unwanted(
                verdict.wanted.name,
                rule.name,
                rule_text(rule),
                f"az network nsg rule delete --ids {quote(id_)}",
            )


def _first_deciding(found: Resource) -> list[ExistingRule]:
    return sorted(found.rules, key=lambda each: (str(each.summary[1]), each.summary[0]))


def rule_text(rule: ExistingRule) -> str:
    """A rule in one line: `allow inbound 3389/tcp from 10.9.9.9 to *, priority 101`."""
    priority, direction, access, protocol, _, _, ports, source, destination = rule.summary
    anything = ports == ("*",)
    what = str(ANY_PORTS) if protocol == "*" else str(protocol)
    what = what if anything else f"{_listed(ports)}/{protocol}"
    ends = f"from {_listed(source)} to {_listed(destination)}"
    return f"{access} {direction} {what} {ends}, priority {priority}"


def _listed(several: object) -> str:
    # Of an id, the name at its end.
    return ", ".join(
        each.rpartition("/")[2] if "/subscriptions/" in each else each
        for each in cast("Sequence[str]", several)
    )


def rule_as_it_would_stand(
    place: AzureNetworkExpectation, rule: azure.SecurityRule, subscription: str
) -> ExistingRule:
    """A planned rule as Azure would print it, with what means nothing evened out."""
    ranges = tuple(str(range_) for range_ in rule.ports.ranges) or ("*",)
    return ExistingRule(
        rule.name,
        (
            rule.priority,
            _DIRECTIONS[rule.direction],
            rule.access.value,
            _PROTOCOLS[rule.ports.protocol],
            rule.description,
            ("*",),
            ranges,
            _as_printed(place, rule.source, subscription),
            _as_printed(place, rule.destination, subscription),
        ),
    )


def _as_printed(
    place: AzureNetworkExpectation, side: azure.Side, subscription: str
) -> Sequence[str]:
    if isinstance(side, azure.GroupRef):
        group = (
            f"/subscriptions/{subscription}/resourceGroups/{place.resource_group}"
            f"/providers/Microsoft.Network/{_ASGS}/{place.urn.name}-{side.key}"
        )
        return (group.lower(),)
    if isinstance(side, azure.Prefixes):
        return tuple(str(range_) for range_ in side.ranges)
    return ("*",) if isinstance(side, azure.Anything) else (side.name,)
