"""How an engine names a resource: `urn:pulumi:dev::exchange-ports::<types of its parents>$<type>::<name>`.

Source: pulumi/pulumi, `sdk/go/common/resource/urn/urn.go`. A name may hold anything, colons too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from exchange_ports.adoption.exports import Document, fields_of, parsed
from exchange_ports.findings import Finding

__all__ = [
    "Urn",
    "EXPORT",
    "Held",
    "Pending",
    "State",
    "read_state",
]


_PREFIX: Final = "urn:pulumi:"
#: Stack, project, types and name.
_PARTS: Final = 4
_STACK_TYPE: Final = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True, order=True)
class Urn:
    """One resource of one stack. `types` are the types of its parents and its own, joined by `$`."""

    stack: str
    project: str
    types: str
    name: str

    @classmethod
    def read(cls, text: str) -> "Urn":
        """The URN that a text is.

        :raises ValueError: it is none.
        """
        parts = text.removeprefix(_PREFIX).split("::", _PARTS - 1)
        if not text.startswith(_PREFIX) or len(parts) != _PARTS:
            raise ValueError("it is no URN")
        return cls(*parts)

    @property
    def type(self) -> str:
        """The type token of the resource itself."""
        return self.types.rpartition("$")[2]

    def child(self, token: str, name: str) -> "Urn":
        """The URN of a resource below this one; below the stack there is no type of a parent."""
        types = token if self.types == _STACK_TYPE else f"{self.types}${token}"
        return Urn(self.stack, self.project, types, name)

    @classmethod
    def of_stack(cls, stack: str, project: str) -> "Urn":
        """The URN of the stack itself."""
        return cls(stack, project, _STACK_TYPE, f"{project}-{stack}")

    def __str__(self) -> str:
        return f"{_PREFIX}{self.stack}::{self.project}::{self.types}::{self.name}"


#: What prints it.
EXPORT: Final = "pulumi stack export"

_FIX: Final = f"print it with `{EXPORT} --file state.json`"


#: Resources that go by the id of the security group whose rules they manage.
_BORROWING: Final = ("aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",)


def _is_urn(text: str) -> str:
    Urn.read(text)
    return text


def _is_provider(text: str) -> str:
    """`<urn>::<id of the provider>`, or nothing."""
    return f"{Urn.read(text.rpartition('::')[0])}" if text else text


def _is_urn_or_nothing(text: str) -> str:
    return _is_urn(text) if text else text


_UrnText = Annotated[str, AfterValidator(_is_urn)]
_MaybeUrnText = Annotated[str, AfterValidator(_is_urn_or_nothing)]
_ProviderText = Annotated[str, AfterValidator(_is_provider)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class _Resource(_Record):
    urn: _UrnText
    custom: bool = False
    delete: bool = False
    id: str = ""
    parent: _MaybeUrnText = ""
    provider: _ProviderText = ""
    external: bool = False


class _Operation(_Record):
    resource: _Resource
    type: str


class _Deployment(_Record):
    resources: list[_Resource] = Field(default_factory=list[_Resource])
    pending_operations: list[_Operation] = Field(default_factory=list[_Operation])


@dataclass(frozen=True, slots=True)
class Held:
    """A resource of the state. `going` says that it was replaced, and is deleted by the next update."""

    urn: Urn
    id: str
    going: bool
    #: The URN above it; none for the stack.
    parent: Urn | None
    #: Whether the id is that of something else: it is only looked at, or a part of it is managed.
    borrowed: bool
    #: The URN of its provider; none where it has none.
    provider: Urn | None


@dataclass(frozen=True, slots=True)
class Pending:
    """An operation that was begun and of whose end the engine does not know: `creating`, `deleting`."""

    operation: str
    urn: Urn


@dataclass(frozen=True, slots=True)
class State:
    """The resources and pending operations of one stack, as they stand in its export."""

    resources: tuple[Held, ...] = ()
    pending: tuple[Pending, ...] = ()

    def by_urn(self) -> Mapping[Urn, Held]:
        """What stands for each URN now: not what was replaced and is going."""
        return {each.urn: each for each in self.resources if not each.going}

    def holders(self) -> Mapping[str, Held]:
        """Who manages each cloud id, in small letters: Azure's ids have no case. Those that go, too."""
        managed = (each for each in self.resources if not each.borrowed)
        kept = sorted(managed, key=lambda each: not each.going)
        return {each.id.lower(): each for each in kept if each.id}

    def of_type(self, token: str) -> tuple[Held, ...]:
        """All resources of a type."""
        return tuple(each for each in self.resources if each.urn.type == token)


def read_state(document: Document) -> State | list[Finding]:
    """The state in an export, or what is wrong with it."""
    whole = fields_of(document.data)
    if "checkpoint" in whole:
        return [document.wrong(("checkpoint",), "it is a checkpoint of the backend", _FIX)]
    if "deployment" not in whole:
        return [document.wrong((), "it has no `deployment`", _FIX)]
    if whole["deployment"] is None:
        # A stack that was never updated.
        return State()
    found = parsed(document, _Deployment, _whole(whole["deployment"]), ("deployment",), _FIX)
    if isinstance(found, list):
        return found
    stacks = {(urn.stack, urn.project) for urn in _urns(found)}
    if len(stacks) > 1:
        return [document.wrong(("deployment",), "it has resources of several stacks", _FIX)]
    return State(
        tuple(_held(each) for each in found.resources),
        tuple(Pending(each.type, Urn.read(each.resource.urn)) for each in found.pending_operations),
    )


def _whole(deployment: object) -> object:
    """What Go leaves out or writes as null is empty."""
    fields = fields_of(deployment)
    there = {key: value for key, value in fields.items() if value is not None}
    return there if fields else deployment


def _urns(found: _Deployment) -> Iterator[Urn]:
    yield from (Urn.read(each.urn) for each in found.resources)
    yield from (Urn.read(each.resource.urn) for each in found.pending_operations)


def _held(each: _Resource) -> Held:
    provider = Urn.read(each.provider) if each.provider else None
    parent = Urn.read(each.parent) if each.parent else None
    urn = Urn.read(each.urn)
    borrowed = each.external or urn.type in _BORROWING
    id_ = each.id if each.custom else ""
    return Held(urn, id_, each.delete, parent, borrowed, provider)
