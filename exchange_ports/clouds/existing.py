"""What exists in a cloud, what the program wants, and how both stand beside the engine's state.

These records are the same for every cloud; each cloud's `live` makes them of what its commands printed.
An engine names a resource `urn:pulumi:dev::exchange-ports::<types of its parents>$<type>::<name>` (source:
pulumi/pulumi, `sdk/go/common/resource/urn/urn.go`); a name may hold anything, colons too. No finding shows
a value: an export of a stack may hold secrets. Must not know: any cloud.
"""

import json
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from exchange_ports.clouds.base import PlannedResource, RuleSet, below
from exchange_ports.findings import Finding, Kind, Path, Place
from exchange_ports.findings.command_kinds import CANNOT_READ_OUTPUT, WRONG_OUTPUT
from exchange_ports.flows import Flow

# ---- JSON that another program printed ----

Json = dict[str, Any]

_Record = TypeVar("_Record", bound=BaseModel)

#: More faults of one file are one fault: it is another command's output.
_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class PrintedDocument:
    """What one file holds; `file` is only its name, for findings."""

    file: str
    data: object

    def at(self, kind: Kind, path: Path, **facts: object) -> Finding:
        """A finding of a kind at a JSON path of this file."""
        return kind.at(path, **facts).located(lambda _: Place(self.file))

    def wrong(self, path: Path, wrong: str, fix: str) -> Finding:
        """The finding that something in this file is not what it should be."""
        return self.at(WRONG_OUTPUT, path, file=self.file, wrong=wrong, fix=fix)


def loaded(content: bytes, file: str, commands: str) -> PrintedDocument | Finding:
    """The JSON in a file, in any encoding of Unicode (PowerShell writes UTF-16), or why it is none.

    `commands` are those whose output is asked for.
    """
    why = "it is empty"
    if content.strip():
        try:
            return PrintedDocument(file, json.loads(content))
        except json.JSONDecodeError as failed:
            why = f"it is not valid JSON: line {failed.lineno}, column {failed.colno}"
        except UnicodeDecodeError:
            why = "it is not text"
        except (ValueError, RecursionError):
            why = "the JSON cannot be read: a number is too long, or lists are nested too deep"
    return CANNOT_READ_OUTPUT.at((), file=file, why=why, commands=commands).located(
        lambda _: Place(file)
    )


def fields_of(data: object) -> Json:
    """The fields of a JSON object; of anything else none."""
    return cast("Json", data) if isinstance(data, dict) else {}


def texts_of(data: object) -> dict[str, str]:
    """The fields of a JSON object as texts; of anything else none."""
    return {key: str(text) for key, text in fields_of(data).items()}


def items_of(data: object) -> list[Any] | None:
    """The items of a JSON list; none where it is something else."""
    return cast("list[Any]", data) if isinstance(data, list) else None


def parsed(
    document: PrintedDocument, model: type[_Record], data: object, path: Path, fix: str
) -> _Record | list[Finding]:
    """A record out of `data`, which stands at `path` of a document, or what does not fit."""
    try:
        # JSON is the one mode that is strict about text and numbers and knows no tuples.
        return model.model_validate_json(json.dumps(data))
    except ValidationError as failed:
        errors = failed.errors(include_url=False, include_context=False, include_input=False)
        return list(_wrongs(document, errors, path, fix))


def _wrongs(
    document: PrintedDocument, errors: list[ErrorDetails], path: Path, fix: str
) -> Iterator[Finding]:
    for error in errors[:_MOST]:
        message = error["msg"]
        missing = error["type"] == "missing"
        wrong = (
            f"{error['loc'][-1]} is missing" if missing else f"{message[0].lower()}{message[1:]}"
        )
        yield document.wrong((*path, *error["loc"]), wrong, fix)
    if len(errors) > _MOST:
        yield document.wrong(path, f"{len(errors) - _MOST} more such faults", fix)


# ---- the engine's state ----

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


class Pending(NamedTuple):
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


# ---- what the program wants ----


@dataclass(frozen=True, slots=True)
class ExpectedResource:
    """One resource that the program registers; `kind` is what it is in the cloud's own words."""

    urn: Urn
    parent: Urn
    kind: str

    @classmethod
    def of(cls, parent: Urn, planned: PlannedResource) -> "ExpectedResource":
        """A resource below a network's component, by the name that the cloud's `names` give it."""
        urn = parent.child(planned.token, below(parent.name, planned.name))
        return cls(urn, parent, planned.kind)

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.name


class NetworkExpectation(Protocol):
    """A network with what is wanted in it; each cloud's own class has more."""

    @property
    def network(self) -> str:
        """Its key in the topology."""
        ...

    @property
    def urn(self) -> Urn:
        """The component that holds its resources."""
        ...

    @property
    def plan(self) -> RuleSet:
        """What is wanted in it."""
        ...


# ---- how it stands ----


class ResourceStatus(StrEnum):
    """How a wanted resource stands between the cloud and the engine's state."""

    #: It exists, and the state has it.
    KNOWN = "in_state"
    #: It exists, the state does not have it: to be imported.
    IMPORT = "import"
    #: Nothing like it exists: the next update creates it.
    MISSING = "missing"
    #: The state has it, and it is gone.
    GONE = "deleted"
    #: It exists, but an import would have it replaced.
    REPLACED = "would_be_replaced"
    #: It exists, but another resource of the state holds its id.
    HELD = "id_in_use"
    #: It exists, but the state has another id for this resource, which stands as well.
    BLOCKED = "other_id_in_state"
    #: More than one thing could be it.
    SEVERAL = "ambiguous"


#: Where a person has to do something before an update can end well.
_IN_THE_WAY = frozenset(
    {
        ResourceStatus.REPLACED,
        ResourceStatus.HELD,
        ResourceStatus.BLOCKED,
        ResourceStatus.SEVERAL,
        ResourceStatus.GONE,
    }
)


@dataclass(frozen=True, slots=True)
class ResourceVerdict:
    """One planned resource: its status, its id, and what the next update then edits or replaces."""

    wanted: ExpectedResource
    stand: ResourceStatus
    #: The id by which it exists. Of several, the first.
    id: str = ""
    #: What the update after an import changes in place; of what the state has, what others changed.
    edits: tuple[str, ...] = ()
    #: Who else manages it, and would change or delete it.
    owner: str = ""
    #: What would be replaced; who holds the id; the other ids.
    because: tuple[str, ...] = ()
    #: How a person finds or removes what exists there: arguments of the cloud's own command.
    at: str = ""
    #: The rules of others that the update after an import removes.
    removes: tuple[str, ...] = ()

    @property
    def in_the_way(self) -> bool:
        """Whether a person has to decide something."""
        return self.stand in _IN_THE_WAY


@dataclass(frozen=True, slots=True)
class Leftover:
    """Another resource with the name of a planned one, in no state: created by an interrupted update."""

    wanted: ExpectedResource
    id: str
    #: The command that deletes it.
    delete: str


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A rule of a planned group that is neither planned nor in the state."""

    group: str
    id: str
    summary: str
    #: The command that revokes it.
    revoke: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one network."""

    network: str
    urn: Urn
    verdicts: tuple[ResourceVerdict, ...]
    leftovers: tuple[Leftover, ...] = ()
    unwanted: tuple[Unwanted, ...] = ()
    #: The type of the groups that rules name, where an update writes all rules of a group in one call and
    #: so removes what others added: servers must be in these groups before. Empty where rules add up.
    attached_first: str = ""


class Live(Protocol):
    """`live`: what exists, as the cloud's commands print it, matched with the planned resources."""

    @property
    def OUTPUTS(self) -> str:  # noqa: N802 - a constant of a module
        """The commands whose output is read, in short."""
        ...

    @property
    def TYPES(self) -> Collection[str]:  # noqa: N802
        """The types of resources in Pulumi that can be adopted."""
        ...

    def read(self, documents: Iterable[PrintedDocument], /) -> Any:
        """What exists, out of any number of outputs in any order; or a list of all findings about them."""
        ...

    def expected(
        self,
        network: str,
        urn: Urn,
        rules: Any,
        flows: Iterable[Flow],
        ids: Mapping[str, Any],
        tags: Mapping[str, str],
        others: Mapping[str, object],
        /,
    ) -> NetworkExpectation:
        """What the program wants in a network. `others` is the configuration of providers by full keys."""
        ...

    def ids(self, place: Any, existing: Any, /) -> Iterator[tuple[str, Container[str]]]:
        """Each group and list that is wanted, by name, with the ids of its kind in small letters."""
        ...

    def check(self, place: Any, existing: Any, /) -> Iterator[Finding]:
        """What shows that the outputs are of another place than a network, or not all of its."""
        ...

    def not_printed(self, existing: Any, /) -> Iterator[Finding]:
        """What cannot be known of any network, because an output is missing."""
        ...

    def match(self, place: Any, existing: Any, state: State, told: Mapping[str, str], /) -> Found:
        """How everything that is wanted in a network stands.

        `told` has the ids of what people made, by the logical name that it shall have.
        """
        ...
