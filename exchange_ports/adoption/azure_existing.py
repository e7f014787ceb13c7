"""What exists in Azure, as the Azure CLI, the REST API and azure-mgmt-network print it.

Knows: the answers of `az network nsg list` and `az network asg list`; the CLI has a resource's
properties at its top, ARM has them under `properties` (azure.md 1, 5).
Must not know: any plan or state.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from exchange_ports.adoption.exports import Document, Json, fields_of, items_of, parsed
from exchange_ports.findings import Finding
from exchange_ports.findings.adoption_kinds import INCOMPLETE_OUTPUT

__all__ = ["OUTPUTS", "ExistingAzure", "ExistingRule", "Resource", "not_printed", "read_azure"]

NSGS: Final = "az network nsg list"
ASGS: Final = "az network asg list"
_NSG_TYPE: Final = "microsoft.network/networksecuritygroups"
_ASG_TYPE: Final = "microsoft.network/applicationsecuritygroups"
#: Which output has which types, in small letters.
COMMANDS: Final[Mapping[str, str]] = {_NSG_TYPE: NSGS, _ASG_TYPE: ASGS}
#: Both, in short.
OUTPUTS: Final = f"`{NSGS}` or `{ASGS}`"
_FIX: Final = f"print it with {OUTPUTS}, as JSON (`--output json`)"

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


def read_azure(documents: Iterable[Document]) -> ExistingAzure | list[Finding]:
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
                    fix=f"print all pages: `{NSGS}` and `{ASGS}` do",
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
                wrong = f"{resource.name} was printed before, and has changed since"
                findings.append(document.wrong(here, wrong, "print everything anew"))
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
                what="what exists in Azure",
                missing=f"there is no output of `{command}`",
                fix="give it with --azure beside the other, also where it is an empty list",
            )


def _what(data: object, fields: Json) -> str:
    keys = ", ".join(list(fields)[:3])
    if keys:
        return f"it is the output of another command ({keys}), and no list"
    return "it holds no list" if isinstance(data, dict) else "it is no list"


def _read_resource(
    document: Document, item: object, path: tuple[str | int, ...]
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
