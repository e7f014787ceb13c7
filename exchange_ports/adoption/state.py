"""The state of a stack, as `pulumi stack export` prints it."""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from exchange_ports.clouds.existing import (
    Held,
    Pending,
    PrintedDocument,
    State,
    Urn,
    fields_of,
    parsed,
)
from exchange_ports.findings import Finding

#: What prints it.
EXPORT: Final = "pulumi stack export"

_FIX: Final = f"run `{EXPORT} --file state.json`"


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


class _StateRecord(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class _StateResource(_StateRecord):
    urn: _UrnText
    custom: bool = False
    delete: bool = False
    id: str = ""
    parent: _MaybeUrnText = ""
    provider: _ProviderText = ""
    external: bool = False


class _Operation(_StateRecord):
    resource: _StateResource
    type: str


class _Deployment(_StateRecord):
    resources: list[_StateResource] = Field(default_factory=list[_StateResource])
    pending_operations: list[_Operation] = Field(default_factory=list[_Operation])


def read_state(document: PrintedDocument) -> State | list[Finding]:
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


def _held(each: _StateResource) -> Held:
    provider = Urn.read(each.provider) if each.provider else None
    parent = Urn.read(each.parent) if each.parent else None
    urn = Urn.read(each.urn)
    borrowed = each.external or urn.type in _BORROWING
    id_ = each.id if each.custom else ""
    return Held(urn, id_, each.delete, parent, borrowed, provider)
