"""The inputs of a component as an engine sends them, as values that the component takes.

Pulumi's own reader moves a secret up to the whole argument, knows a provider only if its SDK is loaded, and
reads every number as a float. Here a secret or unknown value stays where it is, as an Output; a provider
needs no SDK; and whole numbers are integers. Must not know: any argument.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

import pulumi
from google.protobuf import struct_pb2
from pulumi.output import Output
from pulumi.resource import DependencyProviderResource, DependencyResource

from exchange_ports.protocol import OUTPUT, REFERENCE, SECRET, SIGNATURE, UNKNOWN

_PROVIDER = "pulumi:providers:"


def inputs_of(
    inputs: struct_pb2.Struct, dependencies: Mapping[str, Collection[str]]
) -> dict[str, Any]:
    """The arguments by their names in the schema; `dependencies` are URNs by argument.

    Callers that do not say which value depends on what give dependencies of whole arguments. Then each
    text of such an argument is an Output with these dependencies.
    """
    found: dict[str, Any] = {}
    for key, value in inputs.fields.items():
        plain = value_of(value)
        urns = dependencies.get(key, ())
        found[key] = _depending(plain, urns) if urns and not _has_outputs(plain) else plain
    return found


def value_of(value: struct_pb2.Value) -> Any:
    """One value: plain data, with an Output for each secret and unknown value in it."""
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return _output(None, known=False) if text == UNKNOWN else text
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "list_value":
            return [value_of(each) for each in value.list_value.values]
        case "struct_value":
            return _of_struct(value.struct_value)
        case _:
            return None


def _of_struct(struct: struct_pb2.Struct) -> Any:
    fields = struct.fields
    match fields[SIGNATURE].string_value if SIGNATURE in fields else "":
        case "":
            return {key: value_of(each) for key, each in fields.items()}
        case kind if kind == SECRET:
            return _secret(value_of(fields["value"]))
        case kind if kind == REFERENCE:
            return _resource(fields)
        case kind if kind == OUTPUT:
            urns = [each.string_value for each in fields["dependencies"].list_value.values]
            value = value_of(fields["value"]) if "value" in fields else None
            secret = "secret" in fields and fields["secret"].bool_value
            return _output(value, known="value" in fields, secret=secret, urns=urns)
        case _:
            # An asset or archive, which no argument takes: refused by whoever reads the argument.
            return {key: value_of(each) for key, each in fields.items() if key != SIGNATURE}


def _resource(fields: Mapping[str, struct_pb2.Value]) -> Any:
    """A provider; of any other resource the id, which is what an argument can take."""
    urn = fields["urn"].string_value
    id_ = fields["id"].string_value if "id" in fields else ""
    if f"::{_PROVIDER}" in urn or f"${_PROVIDER}" in urn:
        return DependencyProviderResource(f"{urn}::{id_ or UNKNOWN}")
    return _output(id_ or None, known=id_ not in ("", UNKNOWN), urns=[urn])


def _secret(value: Any) -> Any:
    """The same with every text in it secret; mappings and lists keep their keys."""
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return {key: _secret(each) for key, each in mapping.items()}
    if isinstance(value, list):
        return [_secret(each) for each in cast("list[Any]", value)]
    return pulumi.Output.secret(value)


def _depending(value: Any, urns: Iterable[str]) -> Any:
    """The same with every text in it an Output that depends on these resources."""
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return {key: _depending(each, urns) for key, each in mapping.items()}
    if isinstance(value, list):
        return [_depending(each, urns) for each in cast("list[Any]", value)]
    return _output(value, urns=urns) if isinstance(value, str) else value


def _has_outputs(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_outputs, cast("Mapping[str, Any]", value).values()))
    if isinstance(value, list):
        return any(map(_has_outputs, cast("list[Any]", value)))
    return isinstance(value, Output)


def _output(
    value: Any, *, known: bool = True, secret: bool = False, urns: Iterable[str] = ()
) -> Output[Any]:
    resources = {cast("pulumi.Resource", DependencyResource(urn)) for urn in urns}
    return Output(resources, _done(value), _done(known), _done(secret))


def _done(value: Any) -> "asyncio.Future[Any]":
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future
