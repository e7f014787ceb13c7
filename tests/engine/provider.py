"""A resource provider for tests: Pulumi's protocol on one side, a cloud's kinds of resources on the other.

Knows: what an engine asks of a provider (pulumi/pulumi, proto/pulumi/provider.proto) and what the
bridge to Terraform's providers makes of it: defaults, autonames, what is read at a refresh and what
at an import (pulumi/pulumi-terraform-bridge, pkg/tfbridge; pulumi.md 5).
Must not know: any cloud, nor this package. What a cloud refuses is the cloud's business.

`serve` is the process that an engine starts. Without an engine the methods are called as they are.
"""

import hashlib
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ClassVar, Final, NoReturn, cast

import grpc
from google.protobuf import any_pb2, empty_pb2, json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from tests.engine.control import Control, doing

__all__ = [
    "DEFAULTS",
    "UNKNOWN",
    "Kind",
    "PartlyMade",
    "Provider",
    "Values",
    "plain",
    "serve",
    "struct",
]

Values = Mapping[str, Any]

#: How a value that is not known yet travels.
UNKNOWN: Final[str] = rpc.UNKNOWN

#: Among the inputs: those that the provider filled in itself (the bridge's `reservedkeys.Defaults`).
DEFAULTS: Final = "__defaults"

_AUTONAME_DIGITS: Final = 7
_LARGEST_MESSAGE: Final = 1024 * 1024 * 400


def plain(message: struct_pb2.Struct) -> dict[str, Any]:
    """Values as Python has them. All numbers travel as floats; whole ones are ints here."""
    return {key: _whole(value) for key, value in json_format.MessageToDict(message).items()}


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in cast("dict[str, Any]", value).items()}
    return value


def struct(values: Values) -> struct_pb2.Struct:
    """Values as they travel. What is None is not there."""
    message = struct_pb2.Struct()
    message.update({key: value for key, value in values.items() if value is not None})
    return message


class PartlyMade(Exception):
    """A resource is there, but not all of it: an engine keeps it, and says why."""

    def __init__(self, id_: str, outputs: Values, reason: str) -> None:
        super().__init__(reason)
        self.id, self.outputs, self.reason = id_, outputs, reason


class Kind:
    """One kind of resource: what its provider knows, and the calls to the cloud it makes.

    Inputs and outputs are named as they travel; every input is an output too, as the cloud has it.
    """

    token: ClassVar[str]
    inputs: ClassVar[frozenset[str]]
    required: ClassVar[frozenset[str]] = frozenset()
    #: Inputs whose change needs another resource.
    replacing: ClassVar[frozenset[str]] = frozenset()
    #: Outputs that the cloud makes up.
    computed: ClassVar[frozenset[str]] = frozenset()
    #: The input that is filled in from the logical name where the program does not give it.
    named: ClassVar[str | None] = None
    #: How long that may be.
    longest_name: ClassVar[int] = 255

    def faults(self, inputs: Values) -> Iterable[tuple[str, str]]:
        """What the provider itself refuses, as (input, why), before it calls anyone."""
        return ()

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same."""
        return old == new

    def replaced_by(self, olds: Values, news: Values, changed: Iterable[str]) -> set[str]:
        """Which of the changed inputs need another resource."""
        return set(changed) & self.replacing

    def create(self, inputs: Values) -> tuple[str, Values]:
        raise NotImplementedError

    def read(self, id_: str, known: Values) -> Values | None:
        """What stands, or None. `known` is what the state has of it, nothing at an import."""
        raise NotImplementedError

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        raise NotImplementedError

    def delete(self, id_: str, olds: Values) -> None:
        """Whatever is gone already is gone."""
        raise NotImplementedError


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider."""

    #: The exceptions by which the cloud's client tells of a refusal.
    refusals: tuple[type[Exception], ...] = ()
    version: ClassVar[str]

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}
        #: Set when the engine has no more to ask.
        self.finished = threading.Event()

    def connect(self, settings: Values) -> Iterable[Kind]:
        """The kinds of resources, once the provider's own configuration is known."""
        raise NotImplementedError

    def schema(self) -> Values:
        """What package commands and programs in YAML ask for."""
        raise NotImplementedError

    # ---- the provider itself ----

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps(self.schema()))

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        settings = {
            key.rpartition(":")[2]: value
            for key, value in cast("Mapping[str, str]", request.variables).items()
        }
        self._kinds = {kind.token: kind for kind in self.connect(settings)}
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        self.finished.set()
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        _stop(context, f"the test provider knows no function {request.tok}")

    # ---- resources ----

    def Check(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        olds, news = plain(request.olds), plain(request.news)
        news.pop(DEFAULTS, None)
        failures = [
            (key, f'Missing required argument. "{key}" is required, but no definition was found.')
            for key in sorted(kind.required - news.keys())
        ]
        failures += [
            (key, f'An argument named "{key}" is not expected here')
            for key in sorted(news.keys() - kind.inputs)
        ]
        failures += kind.faults(news)
        filled: list[str] = []
        if kind.named is not None and kind.named not in news:
            # The old name stays, autonamed or imported (tfbridge `ComputeAutoNameDefault`). For a
            # replacement an engine asks again, without anything old.
            news[kind.named] = olds.get(kind.named) or _autoname(request, kind.longest_name)
            filled.append(kind.named)
        return provider_pb2.CheckResponse(
            inputs=struct({**news, DEFAULTS: filled}),
            failures=[
                provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in failures
            ],
        )

    def Diff(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        olds, news = plain(request.olds), plain(request.news)
        changed = [
            key
            for key in sorted(kind.inputs - set(request.ignoreChanges))
            if (key in news or key not in kind.computed)
            and not kind.same(key, olds.get(key), news.get(key))
        ]
        replaces = sorted(kind.replaced_by(olds, news, changed))
        filled = cast("list[str]", news.get(DEFAULTS, []))
        # A name that the program chose cannot be held by old and new at once (tfbridge
        # `nameRequiresDeleteBeforeReplace`; aws.md 3.3).
        chosen = kind.named is not None and kind.named not in filled
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME
            if changed
            else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and chosen,
            hasDetailedDiff=True,
            detailedDiff={
                key: provider_pb2.PropertyDiff(kind=_kind_of_change(key, olds, news, replaces))
                for key in changed
            },
        )

    def Create(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        inputs = plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=struct(_foreseen(kind, inputs)))
        with self._reported(context, "create", request.urn):
            try:
                id_, outputs = kind.create(_bare(inputs))
            except PartlyMade as partly:
                _stop_partly(context, partly, inputs)
            return provider_pb2.CreateResponse(id=id_, properties=struct(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        inputs, state = plain(request.inputs), plain(request.properties)
        with self._reported(context, "read", request.urn):
            outputs = kind.read(request.id, state)
        if outputs is None:
            return provider_pb2.ReadResponse()
        # Without a state it is an import: everything that can be an input becomes one. With one, only
        # what was an input is looked at (tfbridge `ExtractInputsFromOutputs`).
        found = _refreshed(inputs, outputs) if state else _imported(kind, outputs)
        return provider_pb2.ReadResponse(
            id=request.id, properties=struct(outputs), inputs=struct(found)
        )

    def Update(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        olds, news = plain(request.olds), plain(request.news)
        if request.preview:
            kept = {key: value for key, value in olds.items() if key not in kind.inputs}
            return provider_pb2.UpdateResponse(properties=struct({**kept, **_bare(news)}))
        with self._reported(context, "update", request.urn):
            outputs = kind.update(request.id, olds, _bare(news))
            return provider_pb2.UpdateResponse(properties=struct(outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        with self._reported(context, "delete", request.urn):
            kind.delete(request.id, plain(request.properties))
        return empty_pb2.Empty()

    def _kind(self, urn: str, context: Any) -> Kind:
        token = urn.split("::")[2].rpartition("$")[2]
        if token not in self._kinds:
            _stop(context, f"the test provider knows no resource {token}")
        return self._kinds[token]

    @contextmanager
    def _reported(self, context: Any, what: str, urn: str) -> Any:
        """What the cloud refuses, in the words of a provider."""
        with doing(what, urn):
            try:
                yield
            except self.refusals as refusal:
                _stop(context, f"{what}: {refusal}")


def _stop(context: Any, text: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, text)
    raise AssertionError("unreachable: abort raises")


def _stop_partly(context: Any, partly: PartlyMade, inputs: Values) -> NoReturn:
    """How an engine is told of a resource that it must keep (provider.proto)."""
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=partly.id,
            properties=struct(partly.outputs),
            inputs=struct(inputs),
            reasons=[partly.reason],
        )
    )
    status = status_pb2.Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message=partly.reason, details=[detail]
    )
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    _stop(context, partly.reason)


def _bare(inputs: Values) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key != DEFAULTS}


def _foreseen(kind: Kind, inputs: Values) -> dict[str, Any]:
    return {**dict.fromkeys(kind.computed, UNKNOWN), **_bare(inputs)}


def _imported(kind: Kind, outputs: Values) -> dict[str, Any]:
    found = {key: outputs.get(key) for key in sorted(kind.inputs)}
    there = {key: value for key, value in found.items() if value not in (None, "", [], {}, False)}
    return {**there, DEFAULTS: []}


def _refreshed(inputs: Values, outputs: Values) -> dict[str, Any]:
    found = {key: outputs.get(key) for key in inputs if key != DEFAULTS}
    filled = [key for key in inputs.get(DEFAULTS, []) if found.get(key) == inputs.get(key)]
    return {**found, DEFAULTS: filled}


def _kind_of_change(key: str, olds: Values, news: Values, replaces: Iterable[str]) -> Any:
    change = provider_pb2.PropertyDiff
    again = key in replaces
    if olds.get(key) is None:
        return change.ADD_REPLACE if again else change.ADD
    if news.get(key) is None:
        return change.DELETE_REPLACE if again else change.DELETE
    return change.UPDATE_REPLACE if again else change.UPDATE


def _autoname(request: Any, longest: int) -> str:
    """`<logical>-<7 hex>` (aws.md 3.3), from the seed that the engine gives."""
    name = str(request.urn).rpartition("::")[2]
    seed = cast(bytes, request.randomSeed) or secrets.token_bytes(32)
    digits = hashlib.sha256(seed).hexdigest()[:_AUTONAME_DIGITS]
    # Too long a name is refused by the bridge as well, not cut.
    return f"{name}-{digits}" if len(name) + 1 + _AUTONAME_DIGITS <= longest else name


# ---- as a process ----


def serve(provider: Provider, control: Control) -> None:
    """What an engine starts: prints its port, and ends on Cancel, SIGINT, or with its parent."""
    # Before anybody can know of us: whoever knows may be gone at once.
    parent = os.getppid()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=16),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    control.started()
    end: Callable[..., None] = lambda *_: provider.finished.set()  # noqa: E731
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    print(port, flush=True)
    # A killed engine tells no one. What is under way is brought to its end, as a real provider would.
    while not provider.finished.wait(0.2) and os.getppid() == parent:
        pass
    server.stop(grace=10).wait()
    sys.exit(0)
