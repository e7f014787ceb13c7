"""What stands in for an engine: it receives resources and messages, and calls no cloud.

Method names are those of the protocol, so the SDK speaks to it as to a real one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, NoReturn, cast
from urllib.parse import unquote, urlsplit

import pulumi
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import alias_pb2, engine_pb2, resource_pb2, source_pb2

from exchange_ports.offline import recording
from exchange_ports.protocol import REFERENCE, SECRET, SIGNATURE, UNKNOWN

#: Without output values, inputs arrive as the values themselves. Transforms and hooks are said to
#: be supported so that a program that uses them meets our refusal, not "update the CLI".
_FEATURES: Final = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
)


class Tape:
    """What was registered and logged so far."""

    def __init__(
        self, project: str, stack: str, answers: Mapping[str, Mapping[str, object]]
    ) -> None:
        self.project = project
        self.stack = stack
        self.stack_urn = recording.urn_of_the_stack(project, stack)
        self.answers = answers
        self.resources: dict[str, recording.Registration] = {}
        self.duplicates: list[tuple[recording.Registration, recording.Registration]] = []
        self.outputs: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {}
        self.logs: list[recording.Logged] = []

    def urn(self, parent: str, token: str, name: str) -> str:
        """The URN that an engine would give, all types of the ancestors in it."""
        ancestors = "" if parent in ("", self.stack_urn) else parent.split("::")[2] + "$"
        return f"urn:pulumi:{self.stack}::{self.project}::{ancestors}{token}::{name}"

    def add(self, one: recording.Registration) -> None:
        first = self.resources.setdefault(one.urn, one)
        if first is not one:
            # The program goes on, to fail for its own reasons or to end: no message is incomplete.
            self.duplicates.append((first, one))

    def registrations(self) -> tuple[recording.Registration, ...]:
        return tuple(
            replace(one, outputs=self.outputs[urn][0]) if urn in self.outputs else one
            for urn, one in self.resources.items()
        )


def _refuse(what: str) -> NoReturn:
    raise pulumi.RunError(f"Cannot {what} offline: there is no engine and no cloud to ask")


class NoCallbacks:
    """Stands where the SDK keeps its server for transforms and hooks."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def refuse(*_args: object, **_options: object) -> NoReturn:
            _refuse(f"{name.replace('_', ' ')}s")

        return refuse


class Engine:
    """The part of an engine that hears messages."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:
        names = {engine_pb2.INFO: "info", engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}
        severity = names.get(request.severity)
        # The SDK tells of its own steps in debugging messages, and a terminal shows an ephemeral
        # one only until the next.
        if severity is not None and not request.ephemeral:
            self._tape.logs.append(recording.Logged(severity, request.message, request.urn or None))
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, _request: object) -> empty_pb2.Empty:
        return empty_pb2.Empty()


class Monitor:
    """The part of an engine that hears of resources. Method names are those of the protocol."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def refuse(*_args: object, **_options: object) -> NoReturn:
            _refuse(f"answer {name}")

        return refuse

    def GetDeploymentInfo(self, _request: object) -> resource_pb2.DeploymentInfo:
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def RegisterPackage(self, _request: object) -> resource_pb2.RegisterPackageResponse:
        return resource_pb2.RegisterPackageResponse(ref="offline")

    def SignalAndWaitForShutdown(self, _request: object) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self._tape.urn(request.parent, request.type, request.name)
        if request.type == recording.STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=self._tape.stack_urn)
        if request.remote:
            _refuse(f"build the remote component {request.type} '{request.name}'")
        id_ = (request.importId or f"{request.name}.id") if request.custom else ""
        inputs, secrets = plain(request.object)
        self._tape.add(
            recording.Registration(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent or None,
                custom=request.custom,
                id=id_,
                inputs=inputs,
                secrets=secrets,
                dependencies=tuple(sorted(request.dependencies)),
                property_dependencies={
                    key: tuple(sorted(request.propertyDependencies[key].urns))
                    for key in sorted(request.propertyDependencies)
                },
                provider=request.provider.rpartition("::")[0],
                aliases=plain_aliases(request),
                delete_before_replace=request.deleteBeforeReplace
                if request.deleteBeforeReplaceDefined
                else None,
                ignore_changes=tuple(request.ignoreChanges),
                replace_on_changes=tuple(request.replaceOnChanges),
                protect=request.protect if request.HasField("protect") else None,
                retain_on_delete=request.retainOnDelete
                if request.HasField("retainOnDelete")
                else None,
                deleted_with=request.deletedWith,
                import_id=request.importId,
                version=request.version,
                source=_place(request),
            )
        )
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=id_, object=_state(request.object, request.type, request.name, id_)
        )

    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        if request.type == "pulumi:pulumi:StackReference":
            _refuse(f"read the outputs of the stack '{request.id}'")
        urn = self._tape.urn(request.parent, request.type, request.name)
        inputs, secrets = plain(request.properties)
        self._tape.add(
            recording.Registration(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent or None,
                custom=True,
                id=request.id,
                inputs=inputs,
                secrets=secrets,
                dependencies=tuple(sorted(request.dependencies)),
                provider=request.provider.rpartition("::")[0],
                version=request.version,
                read=True,
                source=_place(request),
            )
        )
        # Nothing is made up for what exists: its name is not ours to say.
        return resource_pb2.ReadResourceResponse(
            urn=urn, id=request.id, properties=request.properties
        )

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        self._tape.outputs[request.urn] = plain(request.outputs)
        return empty_pb2.Empty()

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        answer = self._tape.answers.get(request.tok)
        if answer is None:
            _refuse(f"look up {request.tok}")
        response = resource_pb2.ResourceInvokeResponse()
        # The field is named by a word that Python keeps for itself.
        getattr(response, "return").update(answer)
        return response


def _state(inputs: struct_pb2.Struct, token: str, name: str, id_: str) -> struct_pb2.Struct:
    """What the resource reads back: its inputs, a `name` and an `arn`."""
    state = struct_pb2.Struct()
    state.CopyFrom(inputs)
    if id_ and not token.startswith("pulumi:"):
        kind = token.rpartition(":")[2]
        # Azure asks for the physical name under another key than it answers.
        physical = f"{kind[:1].lower()}{kind[1:]}Name"
        if "name" not in state.fields:
            if physical in state.fields:
                state.fields["name"].CopyFrom(state.fields[physical])
            else:
                state.fields["name"].string_value = name
        if "arn" not in state.fields:
            state.fields["arn"].string_value = f"arn:offline:{token}/{name}"
    return state


def _place(request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest) -> str:
    # The SDK's stubs name this type by a module that does not exist.
    position = cast(source_pb2.SourcePosition, request.sourcePosition)  # pyright: ignore[reportUnknownMemberType]
    return f"{unquote(urlsplit(position.uri).path)}:{position.line}" if position.uri else ""


# ---- from what travels between a program and its engine to plain data ----


#: In a dry run the SDK adds this key to a resource that is exported whole. The CLI hides it.
_RESOURCE_IN_A_DRY_RUN: Final = "@isPulumiResource"


def plain(struct: struct_pb2.Struct) -> tuple[dict[str, object], tuple[str, ...]]:
    """The values, and the paths of those that were secret."""
    secrets: list[str] = []
    values = {
        key: _plain_value(value, key, secrets) for key, value in sorted(struct.fields.items())
    }
    return values, tuple(secrets)


def _plain_value(value: struct_pb2.Value, path: str, secrets: list[str]) -> object:
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return recording.UNKNOWN if text == UNKNOWN else text
        case "bool_value":
            return value.bool_value
        case "number_value":
            # All numbers travel as floats. A port is a whole one.
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "list_value":
            return [
                _plain_value(item, f"{path}[{at}]", secrets)
                for at, item in enumerate(value.list_value.values)
            ]
        case "struct_value":
            return _plain_struct(value.struct_value, path, secrets)
        case _:
            return None


def _plain_struct(struct: struct_pb2.Struct, path: str, secrets: list[str]) -> object:
    fields = struct.fields
    signature = fields[SIGNATURE].string_value if SIGNATURE in fields else ""
    if signature == SECRET:
        secrets.append(path)
        return _plain_value(fields["value"], path, secrets)
    if signature == REFERENCE:
        # A component has no id.
        return _plain_value(fields["id" if "id" in fields else "urn"], path, secrets)
    return {
        key: _plain_value(item, f"{path}.{key}", secrets)
        for key, item in sorted(fields.items())
        if key != _RESOURCE_IN_A_DRY_RUN
    }


def plain_aliases(
    request: resource_pb2.RegisterResourceRequest,
) -> tuple[Mapping[str, object], ...]:
    """Only what the program registered: the rest is as the resource itself has it."""
    # The SDK's stubs name this type by a module that does not exist.
    aliases = cast(Iterable[alias_pb2.Alias], request.aliases)  # pyright: ignore[reportUnknownMemberType]
    plain: list[Mapping[str, object]] = []
    for alias in aliases:
        spec = alias.spec
        given = {
            "urn": alias.urn,
            "name": spec.name,
            "type": spec.type,
            "project": spec.project,
            "stack": spec.stack,
            "parent": spec.parentUrn,
            "no_parent": spec.noParent,
        }
        plain.append({key: value for key, value in given.items() if value})
    return tuple(plain)
