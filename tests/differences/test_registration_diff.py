"""Which settings of a stack's target differ, and what is added to groups of neighbors."""

from collections.abc import Mapping
from typing import Final

import pytest

from exchange_ports.differences.registration_diff import ABSENT, Target, flat, target_changes
from exchange_ports.planning import Plans, compile_plans
from tests.support.strategies import WITH_EDGE, declared, edited

CLIENTS: Final = edited(
    WITH_EDGE, {"clients.office": {"from": ["10.64.0.0/16"], "services": ["https"]}}
)
#: The same organization with another key for its network.
RENAMED: Final = edited(
    CLIENTS,
    {
        "networks": {"head": {**CLIENTS["networks"]["corp"], "id": "corp"}},
        "sites.hq.network": "head",
        "edge_servers.edge1.network": "head",
    },
)
IDS: Final[Mapping[str, object]] = {"vpc_id": "vpc-1", "tags": {"a": "b"}}


def plans(data: Mapping[str, object]) -> Plans:
    return compile_plans(declared(data))


def bound(key: str = "corp", /, **ids: object) -> Target:
    return Target({key: {**IDS, **ids}}, {"aws:region": "eu-west-1"})


@pytest.mark.parametrize(
    "before, after, changes",
    [
        (bound(), bound(), []),
        (bound(vpc_id="vpc-1"), bound(vpc_id="vpc-2"), ["network corp, vpc_id: vpc-1 -> vpc-2"]),
        (
            bound(tags={"a": "b"}),
            bound(tags={"a": "c", "d": "e"}),
            ["network corp, tags a: b -> c", f"network corp, tags d: {ABSENT} -> e"],
        ),
        (
            Target({}, {"aws:region": "eu-west-1", "aws:profile": "x"}),
            Target({}, {"aws:region": "us-east-1"}),
            [f"aws:profile: x -> {ABSENT}", "aws:region: eu-west-1 -> us-east-1"],
        ),
        (
            bound(),
            Target({"corp": "not a mapping"}, {"aws:region": "eu-west-1"}),
            [f"network corp, tags a: b -> {ABSENT}", f"network corp, vpc_id: vpc-1 -> {ABSENT}"],
        ),
        # A network that the topology does not declare is called by its key.
        (
            Target({}, {}),
            Target({"lab": {"vpc_id": "vpc-9"}}, {}),
            [f"network lab, vpc_id: {ABSENT} -> vpc-9"],
        ),
        (
            bound(),
            bound(
                neighbor_security_groups={
                    "domain-controllers.hq": "sg-1",
                    "clients.office": "sg-2",
                    "x": "",
                }
            ),
            [
                f"network corp, neighbor_security_groups clients.office: {ABSENT} -> sg-2",
                f"network corp, neighbor_security_groups domain-controllers.hq: {ABSENT} -> sg-1",
                f"network corp, neighbor_security_groups x: {ABSENT} -> ",
            ],
        ),
        (
            bound(others={"domain-controllers.hq": "sg-1"}),
            bound(),
            [f"network corp, others domain-controllers.hq: sg-1 -> {ABSENT}"],
        ),
    ],
)
def test_settings_that_differ_are_these(before: Target, after: Target, changes: list[str]) -> None:
    there = plans(CLIENTS)
    assert [*map(str, target_changes((there, before), (there, after)))] == changes


def test_a_network_is_the_same_by_its_identity() -> None:
    before, after = (plans(CLIENTS), bound()), (plans(RENAMED), bound("head", vpc_id="vpc-2"))
    assert [*map(str, target_changes(before, after))] == ["network corp, vpc_id: vpc-1 -> vpc-2"]


def test_each_value_below_a_mapping_is_named_by_the_way_to_it() -> None:
    values = {"a": {"b": {"c": 1}, "d": None}, "e": {}, "f": [1, 2]}
    assert [*flat(values)] == [("a b c", "1"), ("a d", "None"), ("e", "{}"), ("f", "[1, 2]")]
