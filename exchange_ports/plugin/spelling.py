"""Names in the case of the caller's language: `edgeServers` of a topology in TypeScript is `edge_servers`.

Only names of fields change. What users name themselves, such as servers and networks, stays as it is, and so
do all values.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from exchange_ports.topology.validate import topology_schema


def snake_case(name: str) -> str:
    """`edgeServers` as `edge_servers`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", name)


def camel_case(name: str) -> str:
    """`edge_servers` as `edgeServers`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def with_fields(data: object, names: Mapping[str, Any]) -> object:
    """A mapping whose keys are written in either case; `names` are those that are known."""
    if not isinstance(data, Mapping):
        return data
    given = cast("Mapping[str, Any]", data)
    return {_field(key, given, names): value for key, value in given.items()}


def _field(key: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """The known name of a key. A key that is there in both cases stays, to be refused as unknown."""
    name = snake_case(key)
    return name if key not in known and name in known and name not in given else key


def topology_fields(data: object) -> object:
    """A topology with the names of its fields as a stack file has them."""
    schema = topology_schema()
    return _renamed(data, schema, schema["$defs"])


def _renamed(data: object, schema: Mapping[str, Any], named: Mapping[str, Any]) -> object:
    options = list(_options(schema, named))
    if isinstance(data, list):
        items = _any_of(each["items"] for each in options if isinstance(each.get("items"), dict))
        return [_renamed(each, items, named) for each in cast("list[object]", data)]
    if not isinstance(data, Mapping):
        return data
    given = cast("Mapping[str, Any]", data)
    fields: dict[str, list[Any]] = {}
    for each in options:
        for name, inner in each.get("properties", {}).items():
            fields.setdefault(name, []).append(inner)
    values = [inner for each in options for inner in _of_any_key(each)]
    renamed: dict[str, object] = {}
    for key, value in given.items():
        name = _field(key, given, fields)
        renamed[name] = _renamed(value, _any_of(fields.get(name, values)), named)
    return renamed


def _any_of(schemas: Any) -> dict[str, Any]:
    return {"anyOf": list(schemas)}


def _of_any_key(schema: Mapping[str, Any]) -> list[Any]:
    """What the values of a mapping are whose keys are the user's own."""
    several = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    return [each for each in several if isinstance(each, dict)]


def _options(schema: Mapping[str, Any], named: Mapping[str, Any]) -> Any:
    """The schemas without references, one for each way to write a value."""
    if "$ref" in schema:
        yield from _options(named[schema["$ref"].rpartition("/")[2]], named)
    several = [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, ())]
    for each in several:
        yield from _options(each, named)
    if not several and "$ref" not in schema:
        yield schema
