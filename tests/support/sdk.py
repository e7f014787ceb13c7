"""Holds one recorded registration against the class of the real SDK.

Knows: the tables that `pulumi_aws` and `pulumi_azure_native` carry of themselves: which class
stands for a token, how its inputs are called and typed, which it must have, which words an enum
has. Neither an engine nor mocks look at any of this.
Must not know: what this package registers, nor what a value means to a cloud.
"""

import enum
import importlib
import inspect
import json
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol, cast

import pulumi
from pulumi import _types as pulumi_types
from pulumi.runtime import rpc

#: The module to import for a token's first word.
_PACKAGES: Final = {"aws": "pulumi_aws", "azure-native": "pulumi_azure_native"}


class Registered(Protocol):
    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def custom(self) -> bool: ...
    @property
    def read(self) -> bool: ...
    @property
    def inputs(self) -> Mapping[str, object]: ...


def faults(registration: Registered) -> list[str]:
    """What an engine's provider would not understand, in sentences. Components have no class."""
    if not registration.custom:
        return []
    found = _class(registration.type)
    if isinstance(found, str):
        return [f"{registration.name}: {found}"]
    args, inputs = _args(found), registration.inputs
    if registration.type.startswith("pulumi:providers:"):
        inputs = _unpacked(inputs, args)
    # What is only looked at is given by its id.
    faulty = _of_object(inputs, args, "", complete=not registration.read)
    return [f"{registration.name} ({registration.type}): {fault}" for fault in faulty]


def _class(token: str) -> type | str:
    """The SDK's class with this token, or why there is none."""
    package, _, rest = token.partition(":")
    if token.startswith("pulumi:providers:"):
        package = rest.partition(":")[2]
    if package not in _PACKAGES:
        return f"no SDK is known for the token {token!r}"
    root = importlib.import_module(_PACKAGES[package])
    if token.startswith("pulumi:providers:"):
        return cast(type, root.Provider)
    module = rpc.get_resource_module(package, rest.rpartition(":")[0], "")
    # Read from the SDK's own table, so that a class that was renamed or moved is seen.
    table = cast("dict[str, Any]", getattr(module, "mod_info", {}))
    name = table.get("classes", {}).get(token)
    if name is None:
        return f"no class of {_PACKAGES[package]} has the token {token!r}"
    found = cast(type, getattr(importlib.import_module(table["fqn"]), name))
    registered = pulumi.get_type_token(found)
    if registered != token:
        return f"{found.__qualname__} registers as {registered!r}, not as {token!r}"
    return found


def _args(resource: type) -> type:
    """The class that holds the inputs of `resource`: the one input type of its module."""
    module = sys.modules[resource.__module__]
    names = cast("list[str]", module.__all__)
    (args,) = (
        candidate
        for candidate in (getattr(module, name) for name in names)
        if inspect.isclass(candidate) and pulumi_types.is_input_type(candidate)
    )
    return args


def _unpacked(inputs: Mapping[str, object], args: type) -> dict[str, object]:
    """A provider's own inputs, of which whatever is not text travels as JSON."""
    hints = pulumi_types._raw_return_hints(args)
    return {
        key: json.loads(value)
        if isinstance(value, str) and str not in _alternatives(hints.get(key, str))
        else value
        for key, value in inputs.items()
    }


def _required(args: type) -> Iterator[str]:
    names = pulumi_types.input_type_py_to_pulumi_names(args)
    for name, parameter in inspect.signature(args).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            yield names[name]


def _of_object(
    values: Mapping[str, object], args: type, path: str, *, complete: bool = True
) -> Iterator[str]:
    hints = pulumi_types._raw_return_hints(args)
    where = path or args.__name__
    for key, value in values.items():
        if key in hints:
            yield from _of_value(value, hints[key], f"{path}.{key}" if path else key)
        else:
            yield f"{where} has no input {key!r}"
    if complete:
        for key in _required(args):
            if values.get(key) is None:
                yield f"{where} lacks the required input {key!r}"


def _alternatives(hint: object) -> Iterator[Any]:
    """The types that a value may have, without what wraps it: `Input`, `Optional`, a dict twin."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        for one in typing.get_args(hint):
            yield from _alternatives(one)
    elif origin is pulumi.Output or getattr(origin, "__name__", "") == "Awaitable":
        return
    elif hint is not type(None) and not typing.is_typeddict(hint):
        yield hint


def _of_value(value: object, hint: object, path: str) -> Iterator[str]:
    kinds = list(_alternatives(hint))
    enums = [kind for kind in kinds if inspect.isclass(kind) and issubclass(kind, enum.Enum)]
    if enums:
        # Also where the SDK takes any text beside its enum: the enum is what the cloud knows.
        words = [one.value for kind in enums for one in kind]
        if value not in words:
            yield f"{path} is {value!r}, not one of {words}"
        return
    if any(kind is Any or kind is object for kind in kinds):
        return
    for kind in kinds:
        tried = _of_kind(value, kind, path)
        if tried is not None:
            yield from tried
            return
    expected = " or ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
    yield f"{path} is {value!r}, not {expected}"


def _of_kind(value: object, kind: Any, path: str) -> list[str] | None:
    """The faults of `value` as a `kind`. None if it is no such thing at all."""
    origin: object = typing.get_origin(kind) or kind
    inner = (typing.get_args(kind) or (Any,))[-1]
    name = getattr(origin, "__name__", "")
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value)
        if inspect.isclass(kind) and pulumi_types.is_input_type(kind):
            return list(_of_object(entries, kind, path))
        inside = {f"{path}.{key}": item for key, item in entries.items()}
        fits = name in ("Mapping", "dict")
    elif isinstance(value, list):
        items = cast("list[object]", value)
        inside = {f"{path}[{at}]": item for at, item in enumerate(items)}
        fits = name in ("Sequence", "list")
    else:
        # Whole numbers are recorded as such, whatever they stand for.
        inside = {}
        fits = type(value) is kind or (kind is float and type(value) is int)
    if not fits:
        return None
    return [fault for at, item in inside.items() for fault in _of_value(item, inner, at)]
