"""From what travels between a program and its engine to plain data."""

from collections.abc import Iterable, Mapping
from typing import Final, cast

from google.protobuf import struct_pb2
from pulumi.runtime.proto import alias_pb2, resource_pb2

from exchange_ports.offline.recording import UNKNOWN

__all__ = ["plain", "plain_aliases"]

# How secrets, references and unknown values travel (pulumi/pulumi, sdk/go/common/resource/
# properties.go): part of the protocol, so written down here rather than taken from the SDK's
# private names. A test holds them against the SDK.
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
_REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_UNKNOWN_ON_THE_WIRE: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
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
            return UNKNOWN if text == _UNKNOWN_ON_THE_WIRE else text
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
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET:
        secrets.append(path)
        return _plain_value(fields["value"], path, secrets)
    if signature == _REFERENCE:
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
    """Only what the program said: the rest is as the resource itself has it."""
    # The SDK's stubs name this type by a module that does not exist.
    aliases = cast(Iterable[alias_pb2.Alias], request.aliases)  # pyright: ignore[reportUnknownMemberType]
    plain: list[Mapping[str, object]] = []
    for alias in aliases:
        spec = alias.spec
        said = {
            "urn": alias.urn,
            "name": spec.name,
            "type": spec.type,
            "project": spec.project,
            "stack": spec.stack,
            "parent": spec.parentUrn,
            "no_parent": spec.noParent,
        }
        plain.append({key: value for key, value in said.items() if value})
    return tuple(plain)
