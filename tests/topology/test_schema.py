"""The JSON Schema that `exchange-ports schema` prints: what editors complete and check by.

The independent checker is jsonschema, by the rules of draft 2020-12.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final, cast

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from exchange_ports.cli import main
from exchange_ports.findings import Refused
from exchange_ports.topology.validate import load_topology, stack_schema, topology_schema
from tests.support.mangling import STACKS, settings_of

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def schema() -> Schema:
    from contextlib import redirect_stdout
    from io import StringIO

    out = StringIO()
    with redirect_stdout(out):
        assert main(["schema"]) == 0
    return cast("Schema", json.loads(out.getvalue()))


def faults(schema: Schema, data: object) -> list[str]:
    """The places at which the data breaks the schema."""
    # The library's types leave too much open for strict reading.
    validator: Any = Draft202012Validator(schema)
    return [fault.json_path for fault in validator.iter_errors(data)]


def topology_of(stack: str) -> dict[str, Any]:
    return cast("dict[str, Any]", settings_of(stack)["topology"])


def test_it_is_valid_by_its_own_draft(schema: Schema) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("stack", STACKS)
def test_what_we_accept_it_accepts(schema: Schema, stack: str) -> None:
    topology = topology_of(stack)
    load_topology(topology)
    assert faults(schema, topology) == []


#: What is wrong, the place at which it is put, the value there, and the place that is named.
WRONG: Final[dict[str, tuple[tuple[str | int, ...], object, str]]] = {
    "an unknown key": (("color",), "red", "$"),
    "an unknown key of a server": (
        ("sites", "hq", "servers", "cas1", "x"),
        1,
        "$.sites.hq.servers.cas1",
    ),
    "a misspelled role": (
        ("sites", "hq", "servers", "cas1", "roles"),
        ["mailbx"],
        "$.sites.hq.servers.cas1.roles",
    ),
    "no role": (("sites", "hq", "servers", "cas1", "roles"), [], "$.sites.hq.servers.cas1.roles"),
    "port 0": (
        ("sender_reputation", "proxy", "port"),
        0,
        "$.sender_reputation",
    ),
    "port 65536": (("sender_reputation", "proxy", "port"), 65536, "$.sender_reputation"),
    "a port as text": (("sender_reputation", "proxy", "port"), "1080", "$.sender_reputation"),
    "an unknown platform": (("networks", "corp", "platform"), "gcp", "$.networks.corp.platform"),
    "a name that is none": (("organization",), "a b", "$.organization"),
    "a range that is none": (("private_blocks",), ["10.0.0.0-9"], "$.private_blocks"),
    "a netmask": (("private_blocks",), ["10.0.0.0/255.0.0.0"], "$.private_blocks"),
    "ports without protocol": (
        ("additional_flows", 0, "ports"),
        ["3389"],
        "$.additional_flows[0].ports",
    ),
    "a number as ports": (
        ("additional_flows", 0, "ports"),
        [3389],
        "$.additional_flows[0].ports",
    ),
    "a date in another order": (
        ("additional_flows", 0, "review_by"),
        "31.3.2027",
        "$.additional_flows[0].review_by",
    ),
    "a word for true": (
        ("additional_flows", 0, "accept_risk"),
        "true",
        "$.additional_flows[0].accept_risk",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_it_can_know_to_be_wrong_it_refuses_as_we_do(schema: Schema, what: str) -> None:
    path, value, place = WRONG[what]
    topology = topology_of("prod-aws")
    holder: Any = topology
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    assert faults(schema, topology) == [place]
    with pytest.raises(Refused):
        load_topology(topology)


@pytest.mark.parametrize("key", ["organization", "networks", "sites", "name_servers"])
def test_what_must_be_there_is_missed(schema: Schema, key: str) -> None:
    topology = topology_of("prod-aws")
    del topology[key]
    assert faults(schema, topology) == ["$"]
    with pytest.raises(Refused):
        load_topology(topology)


@pytest.mark.parametrize("path", [("networks", "a b"), ("sites", "a.b"), ("clients", "")])
def test_a_key_that_can_be_no_name_is_refused(schema: Schema, path: tuple[str, str]) -> None:
    field, key = path
    topology = topology_of("prod-aws")
    topology[field][key] = deepcopy(next(iter(topology[field].values())))
    assert faults(schema, topology) == [f"$.{field}"]
    with pytest.raises(Refused):
        load_topology(topology)


# --- As the users' reference ----------------------------------------------------------------


def objects(schema: Schema) -> Iterator[tuple[str, Schema]]:
    yield "Topology", schema
    yield from cast("dict[str, Schema]", schema["$defs"]).items()


def test_every_thing_and_every_field_is_described(schema: Schema) -> None:
    for name, each in objects(schema):
        assert each.get("description"), name
        for key, field in each.get("properties", {}).items():
            assert field.get("description"), f"{name}.{key}"


def test_every_thing_refuses_unknown_keys(schema: Schema) -> None:
    for name, each in objects(schema):
        if "properties" in each:
            assert each["additionalProperties"] is False, name


def test_examples_are_there_and_are_right(schema: Schema) -> None:
    for name, each in objects(schema):
        for key, field in each.get("properties", {}).items():
            if "$ref" not in field:
                assert field.get("examples"), f"{name}.{key}"
            inside = {**field, "$defs": schema["$defs"]}
            for example in field.get("examples", []):
                assert faults(inside, example) == [], f"{name}.{key}: {example}"


def test_no_description_is_written_for_programmers(schema: Schema) -> None:
    for name, each in objects(schema):
        for text in (
            each["description"],
            *(f["description"] for f in each.get("properties", {}).values()),
        ):
            assert "``" not in text, name
            assert "pydantic" not in text.lower(), name
            assert text.rstrip().endswith((".", "there.", '".')), f"{name}: {text}"


def _without_texts(schema: object) -> object:
    """A schema without what is for people."""
    if isinstance(schema, list):
        return [_without_texts(each) for each in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_texts(value)
        for key, value in cast("dict[str, object]", schema).items()
        if key not in ("description", "examples", "title", "properties")
    }


def test_types_lengths_and_defaults_of_all_fields_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines = ["# Every field of a topology by its JSON Schema, without texts", ""]
    for name, each in objects(topology_schema()):
        parts = {"": {**each, "$defs": None}, **each.get("properties", {})}
        lines += [
            f"* {name}{f'.{key}' if key else ''}: `{json.dumps(_without_texts(field))}`"
            for key, field in parts.items()
        ]
    golden("schema.md", "\n".join((*lines, "")))


# ---- of a whole stack file ----


def _every(part: object) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield cast("dict[str, Any]", part)
        inner = list(cast("dict[str, object]", part).values())
    else:
        inner = cast("list[object]", part) if isinstance(part, list) else []
    for each in inner:
        yield from _every(each)


def test_the_schema_of_a_stack_file_is_one_file_ready_for_schemastore() -> None:
    whole = stack_schema()
    Draft7Validator.check_schema(whole)
    assert whole["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert whole["$id"].startswith("https://json.schemastore.org/")
    for part in _every(whole):
        assert str(part.get("$ref", "#/")).startswith("#/")
        for key in ("description", "title"):
            text = part.get(key, "")
            assert not isinstance(text, str) or "\n" not in text
        # In draft 7, whatever stands beside a reference decides nothing.
        assert "$ref" not in part or part.keys() <= {"$ref", "description", "default", "examples"}


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_file_is_valid_by_its_schema_and_a_slip_is_seen(stack: str) -> None:
    checked: Any = Draft7Validator(stack_schema())
    file = yaml.safe_load(STACKS[stack])
    assert not [*checked.iter_errors(file)]
    file["config"]["exchange-ports:topology"]["organisation"] = "contoso"
    assert [*checked.iter_errors(file)]
