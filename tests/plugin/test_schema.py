"""The schema that SDKs of other languages are generated from."""

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

from exchange_ports import __version__
from exchange_ports.component import ExchangeFirewallArgs
from exchange_ports.plugin.schema import plugin_schema
from exchange_ports.plugin.spelling import camel_case, snake_case

SCHEMA: dict[str, Any] = json.loads(plugin_schema())
FIREWALL: dict[str, Any] = SCHEMA["resources"]["exchange-ports:index:ExchangeFirewall"]


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every argument, output and field, by where it is."""
    for key in ("inputProperties", "properties"):
        yield from ((f"{key}.{name}", each) for name, each in FIREWALL[key].items())
    for token, kind in SCHEMA["types"].items():
        yield from ((f"{token}.{name}", each) for name, each in kind["properties"].items())


def test_the_schema_is_the_one_that_someone_has_read(golden: Callable[[str, str], None]) -> None:
    golden("plugin/schema.json", plugin_schema() + "\n")


def test_everything_has_a_text() -> None:
    assert [where for where, each in properties() if not each.get("description")] == []
    assert [token for token, kind in SCHEMA["types"].items() if not kind.get("description")] == []
    assert FIREWALL["description"]


def test_every_argument_of_the_component_is_in_the_schema() -> None:
    inputs = {snake_case(name) for name in FIREWALL["inputProperties"]}
    assert inputs == set(ExchangeFirewallArgs.__annotations__)
    assert set(FIREWALL["properties"]) == {"servers", "zones", "groups", "handover"}


def test_texts_name_arguments_as_the_schema_does() -> None:
    names = {where.rpartition(".")[2] for where, _ in properties()}
    for where, each in properties():
        for name in names:
            snake = snake_case(name)
            assert snake == name or f"`{snake}`" not in each["description"], where


def test_the_package_is_not_among_pulumis_own() -> None:
    assert (SCHEMA["name"], SCHEMA["namespace"]) == ("exchange-ports", "exchange-ports")
    assert SCHEMA["version"] == __version__


def test_no_type_is_called_args_and_every_reference_is_there() -> None:
    text = json.dumps(SCHEMA)
    assert not [token for token in SCHEMA["types"] if token.endswith("Args")]
    for each in {*references(SCHEMA)}:
        assert each == "pulumi.json#/Any" or each.removeprefix("#/types/") in SCHEMA["types"]
    assert "ExchangeFirewallArgs" not in text


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in cast("dict[str, Any]", node).items():
            if key == "$ref":
                yield value
            yield from references(value)
    elif isinstance(node, list):
        for each in cast("list[Any]", node):
            yield from references(each)


def test_cases_are_each_others_reverse() -> None:
    for name in ("vpc_id", "network_security_group_id", "topology", "aws_networks"):
        assert snake_case(camel_case(name)) == name
