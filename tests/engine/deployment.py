"""A recorded program, made by a provider without an engine: what an engine would ask of it, in its order.

Knows: the order of an update (pulumi.md 3): creates and edits as the registrations come, a replacement
before what it replaces, and all deletes last, dependents first; or, where the provider or the program
says so, what is replaced goes first, with all that cannot be without it. One call at a time, so this
is one of the orders that an engine may take, and no proof of an engine.
Must not know: any cloud.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, cast

import pulumi.runtime.proto.provider_pb2 as proto
from google.protobuf import struct_pb2

from exchange_ports.offline import Recording, Registration
from tests.engine.provider import UNKNOWN, Provider, Values, plain, struct

__all__ = ["Deployment", "Refused", "Resource"]


class Refused(Exception):
    """The provider's answer was an error."""


class _Context:
    """What gRPC hands to a servicer, as far as ours uses it."""

    def abort(self, _code: object, text: str) -> NoReturn:
        raise Refused(text)

    def set_trailing_metadata(self, _metadata: object) -> None:
        """There is no one to hear it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What an engine's state has of a resource."""

    urn: str
    id: str
    inputs: Values
    outputs: Values
    dependencies: tuple[str, ...]
    #: The same by input.
    property_dependencies: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )
    #: The URN of what it is gone with; empty for none.
    deleted_with: str = ""


class Deployment:
    """The state of one stack, and the provider that makes it so.

    `places` are the values that a recorded program only made up, such as the id of a VPC, by what it
    said instead.
    """

    def __init__(self, provider: Provider, places: Mapping[str, str]) -> None:
        self._provider = provider
        self._places = places
        #: By URN, in the order in which they were made.
        self.resources: dict[str, Resource] = {}
        #: What was asked of the provider, as (word, URN): create, update, delete.
        self.steps: list[tuple[str, str]] = []
        #: The recorder calls every resource `<name>.id`, and names are unique in our program.
        self._ids: dict[str, str] = {}
        provider.Configure(proto.ConfigureRequest(variables={}), _Context())

    def up(self, recording: Recording, early: Collection[str] = ()) -> list[tuple[str, str]]:
        """Make it what the program registered. The steps it took.

        Resources of the types `early` come as soon as what they depend on is there.

        :raises Refused: by the provider or its cloud; what was done until then stays done.
        """
        began = len(self.steps)
        wanted = list(_as_early((one for one in recording.registrations if one.custom), early))
        #: What goes last: replaced, or no longer wanted.
        going: list[Resource] = []
        for one in wanted:
            going += self._registered(one)
        kept = {one.urn for one in wanted}
        going += [one for urn, one in self.resources.items() if urn not in kept]
        self._delete_all(going)
        return self.steps[began:]

    def as_made_by(self, other: "Deployment") -> None:
        """Know what another one made, in a cloud that holds it."""
        self.resources, self.steps = dict(other.resources), list(other.steps)
        self._ids = dict(other._ids)

    def refresh(self) -> list[str]:
        """Read everything. The URNs of what is no longer as the state has it."""
        changed: list[str] = []
        for urn, known in list(self.resources.items()):
            answer = self._provider.Read(
                proto.ReadRequest(
                    id=known.id,
                    urn=urn,
                    properties=struct(known.outputs),
                    inputs=struct(known.inputs),
                ),
                _Context(),
            )
            if not answer.id:
                del self.resources[urn]
                changed.append(urn)
                continue
            found = replace(known, inputs=plain(answer.inputs), outputs=plain(answer.properties))
            if found != known:
                changed.append(urn)
            self.resources[urn] = found
        return changed

    def adopt(self, one: Registration, id_: str) -> None:
        """Import what stands under `id_` as the resource that the program registered.

        :raises Refused: there is no such thing.
        """
        answer = self._provider.Read(proto.ReadRequest(id=id_, urn=one.urn), _Context())
        if not answer.id:
            raise Refused(f"resource '{id_}' does not exist")
        self.resources[one.urn] = Resource(
            *(one.urn, answer.id, plain(answer.inputs), plain(answer.properties)),
            *(one.dependencies, one.property_dependencies, one.deleted_with),
        )
        self._ids[one.id] = answer.id

    def destroy(self) -> None:
        """Delete everything, dependents first."""
        self._delete_all(list(self.resources.values()))

    def known(self, value: Any) -> Any:
        """A recorded value with what the cloud made of it: ids in place of those made up."""
        if isinstance(value, Mapping):
            items = cast("Mapping[str, Any]", value)
            return {key: self.known(item) for key, item in items.items()}
        if isinstance(value, list):
            return [self.known(item) for item in cast("list[Any]", value)]
        if isinstance(value, str):
            return self._ids.get(value, self._places.get(value, value))
        return value

    def _registered(self, one: Registration) -> Iterator[Resource]:
        """Do what one registration asks for, and yield what it replaces."""
        inputs = cast("dict[str, Any]", self.known(one.inputs))
        old = self.resources.get(one.urn)
        if old is None:
            self._create(one, inputs)
            return
        news = self._checked(one, inputs, old.inputs)
        change: dict[str, Any] = {
            "id": old.id,
            "urn": one.urn,
            "olds": struct(old.outputs),
            "news": struct(news),
            "old_inputs": struct(old.inputs),
        }
        difference = self._provider.Diff(
            proto.DiffRequest(**change, ignoreChanges=one.ignore_changes), _Context()
        )
        if difference.replaces:
            first = difference.deleteBeforeReplace
            if one.delete_before_replace is not None:
                first = one.delete_before_replace
            if first:
                self._delete_all([old, *self._without(old)])
            self._create(one, inputs)
            if not first:
                yield old
        elif difference.changes == proto.DiffResponse.DIFF_SOME:
            self.steps.append(("update", one.urn))
            answer = self._provider.Update(proto.UpdateRequest(**change), _Context())
            self.resources[one.urn] = replace(
                old,
                inputs=news,
                outputs=plain(answer.properties),
                dependencies=one.dependencies,
                property_dependencies=one.property_dependencies,
                deleted_with=one.deleted_with,
            )
        else:
            self.resources[one.urn] = replace(
                old,
                dependencies=one.dependencies,
                property_dependencies=one.property_dependencies,
                deleted_with=one.deleted_with,
            )

    def _without(self, gone: Resource) -> Iterator[Resource]:
        """What must go before something does: whatever would be replaced if that were another one."""
        for one in list(self.resources.values()):
            unknown = {
                key: UNKNOWN
                for key, needed in one.property_dependencies.items()
                if gone.urn in needed
            }
            if not unknown or one is gone:
                continue
            difference = self._provider.Diff(
                proto.DiffRequest(
                    id=one.id,
                    urn=one.urn,
                    olds=struct(one.outputs),
                    news=struct({**one.inputs, **unknown}),
                    old_inputs=struct(one.inputs),
                ),
                _Context(),
            )
            if difference.replaces:
                yield one
                yield from self._without(one)

    def _create(self, one: Registration, inputs: Values) -> None:
        news = self._checked(one, inputs, {})
        self.steps.append(("create", one.urn))
        made = self._provider.Create(
            proto.CreateRequest(urn=one.urn, properties=struct(news)), _Context()
        )
        self.resources[one.urn] = Resource(
            *(one.urn, made.id, news, plain(made.properties)),
            *(one.dependencies, one.property_dependencies, one.deleted_with),
        )
        self._ids[one.id] = made.id

    def _checked(self, one: Registration, inputs: Values, olds: Values) -> dict[str, Any]:
        answer = self._provider.Check(
            proto.CheckRequest(
                urn=one.urn,
                olds=struct(olds),
                news=struct(inputs),
                # Another one each time, as an engine's is.
                randomSeed=f"{one.urn} {len(self.steps)}".encode(),
            ),
            _Context(),
        )
        if answer.failures:
            raise Refused("; ".join(f"{each.property}: {each.reason}" for each in answer.failures))
        return plain(cast(struct_pb2.Struct, answer.inputs))

    def _delete_all(self, going: list[Resource]) -> None:
        urns = {one.urn for one in going}
        for one in _dependents_first(going):
            self._delete(one, gone_with_another=one.deleted_with in urns)

    def _delete(self, one: Resource, *, gone_with_another: bool) -> None:
        self.steps.append(("delete", one.urn))
        # An engine takes it out of its state, and asks no one (deploy/step.go, DeleteStep.Apply).
        if not gone_with_another:
            self._provider.Delete(
                proto.DeleteRequest(
                    id=one.id,
                    urn=one.urn,
                    properties=struct(one.outputs),
                    old_inputs=struct(one.inputs),
                ),
                _Context(),
            )
        if self.resources.get(one.urn) is one:
            del self.resources[one.urn]


def _as_early(wanted: Iterable[Registration], types: Collection[str]) -> Iterator[Registration]:
    """In the order of the program, but some types each as early as it can come."""
    left = list(wanted)
    ours = {one.urn for one in left}
    done: set[str] = set()
    while left:
        can = (one for one in left if one.type in types and ours & {*one.dependencies} <= done)
        one = next(can, left[0])
        left.remove(one)
        done.add(one.urn)
        yield one


def _dependents_first(going: list[Resource]) -> list[Resource]:
    """Each before all that it depends on. The state's order has what is depended on first."""
    left, ordered = list(going), list[Resource]()
    while left:
        needed = {urn for one in left for urn in one.dependencies if urn != one.urn}
        free = [one for one in left if one.urn not in needed]
        ordered += reversed(free)
        left = [one for one in left if one not in free]
    return ordered
