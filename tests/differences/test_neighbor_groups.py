"""A rule that is added to an existing group is traffic newly allowed there, in every gate."""

from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import Direction
from exchange_ports.differences import Change, Effect, Gate, RegisteredPlans, held_by
from exchange_ports.differences import neighbor_changes as changes
from exchange_ports.differences.registration_diff import Registration, Target
from exchange_ports.pipeline import Compiled, StackSettings, compile_stack
from exchange_ports.planning import RegisteredNetwork
from exchange_ports.topology.inventory import neighbors
from exchange_ports.topology.risk import Position
from exchange_ports.traffic.services import ServiceSet
from tests.support.paths import ROOT
from tests.support.strategies import SMALL, WITH_EDGE, edited

CONFIG: Final[dict[str, Any]] = yaml.safe_load(
    (ROOT / "stacks/Pulumi.both.yaml").read_text("utf-8")
)["config"]
#: Networks by their keys: the neighbors' names, and the ids of the groups that they are bound to.
Bound = Mapping[str, Mapping[str, str]]


@cache
def compiled(without: str = "") -> Compiled:
    topology = {k: v for k, v in CONFIG["exchange-ports:topology"].items() if k != without}
    return compile_stack(StackSettings(topology, CONFIG["exchange-ports:networks"]))


def side(bound: Bound, without: str = "") -> RegisteredPlans:
    found = compiled(without)
    networks = deepcopy(CONFIG["exchange-ports:networks"])
    for key, groups in bound.items():
        networks[key]["neighbor_security_groups"] = dict(groups)
    return RegisteredPlans(found.plans, Registration(found.to_register(), Target(networks, {})))


NOTHING: Final = side({})
NAMES: Final = neighbors(NOTHING.plans.topology)
ON_AWS: Final = [
    key
    for key, each in NOTHING.plans.topology.networks.items()
    if "neighbor_security_groups" in each.platform.facts.optional_ids
]
(CORP,) = ON_AWS
DC: Final = {CORP: {"domain-controllers.hq": "sg-1"}}
OTHER_DC: Final = {CORP: {"domain-controllers.hq": "sg-2"}}
WITNESS: Final = {CORP: {"witness.fsw1": "sg-3"}}


TRAFFIC: Final = frozenset(each for each in Gate if each.compares_traffic)


def gates(found: tuple[Change, ...]) -> set[Gate]:
    return {gate for gate in Gate if held_by(gate, found)}


#: What is bound before and after, the gates that hold it, and the effects that it has.
TABLE: Final[dict[str, tuple[Bound, Bound, frozenset[Gate], set[Effect]]]] = {
    "bound": ({}, DC, TRAFFIC, {Effect.OPENED}),
    "the same": (DC, DC, frozenset(), set()),
    "no longer bound": (DC, {}, frozenset(), {Effect.CUT}),
    "another group": (DC, OTHER_DC, TRAFFIC, {Effect.OPENED, Effect.CUT}),
    "file sharing": ({}, WITNESS, TRAFFIC, {Effect.OPENED}),
    "one more": (DC, {CORP: {**DC[CORP], **WITNESS[CORP]}}, TRAFFIC, {Effect.OPENED}),
}


@pytest.mark.parametrize("before, after, held, effects", TABLE.values(), ids=list(TABLE))
def test_what_a_binding_opens_is_held_by_every_gate(
    before: Bound, after: Bound, held: frozenset[Gate], effects: set[Effect]
) -> None:
    found = changes(side(before), side(after))
    assert gates(found) == held
    assert {each.effect for each in found} == effects


def test_a_side_that_is_not_there_opens_and_cuts_all_of_it() -> None:
    bound = side(DC)
    assert {each.effect for each in changes(None, bound)} == {Effect.OPENED}
    assert {each.effect for each in changes(bound, None)} == {Effect.CUT}
    assert changes(None, NOTHING) == ()


def test_it_is_shown_with_the_group_and_the_line_of_the_binding() -> None:
    into, out = sorted(changes(NOTHING, side(DC)), key=lambda change: change.ways)
    assert (into.ways, out.ways) == (("in",), ("out",))
    for change, theirs, ours in (
        (into, into.destination, into.source),
        (out, out.source, out.destination),
    ):
        assert theirs.summary.startswith("members of sg-1, the group of domain controllers of hq")
        assert "hqmbx1" in ours.servers or ours.servers
        assert ours.positions == frozenset([Position.INSIDE])
        assert change.bound == (
            "networks",
            CORP,
            "neighbor_security_groups",
            "domain-controllers.hq",
        )
        assert str(change.services) == "all protocols"


def test_a_neighbor_that_is_added_with_its_group_opens_its_ports_there() -> None:
    before = side({}, "witness_servers")
    assert "witness.fsw1" not in neighbors(before.plans.topology)
    found = changes(before, side(WITNESS))
    assert {str(each.services) for each in found} == {"135,445,49152-65535/tcp"}
    assert gates(found) == TRAFFIC


def test_rules_for_a_group_without_declared_servers_are_held_as_those_of_its_zone() -> None:
    """A retired group has members in another stack, and they are inside."""
    topology = edited(
        SMALL,
        {
            "networks.far": {"platform": "aws", "internal": ["10.30.0.0/20"]},
            "networks.far.retired_groups": ["exchange"],
            "sites.branch": {"network": "far", "servers": {}},
        },
    )
    group = {"neighbor_security_groups": {"domain-controllers.hq": "sg-9"}}
    ids = {"corp": {"vpc_id": "vpc-1"}, "far": {"vpc_id": "vpc-2", **group}}
    found = compile_stack(StackSettings(topology, ids))
    bound = RegisteredPlans(found.plans, Registration(found.to_register(), Target(ids, {})))
    both = changes(None, bound)
    assert [each.ways for each in both] == [("in",), ("out",)]
    for change in both:
        assert not change.source.servers + change.destination.servers
        assert gates((change,)) == TRAFFIC


def test_a_group_of_edge_without_declared_servers_is_in_the_perimeter() -> None:
    topology = edited(
        WITH_EDGE,
        {
            "networks.corp.retired_groups": ["edge.paris"],
            "sites.paris": {"network": "corp", "servers": {}},
            "name_servers.edge": "domain_controllers",
            "acknowledge": {"edge-uses-domain-controller-dns": "until May"},
        },
    )
    ids = {"corp": {"vpc_id": "v", "neighbor_security_groups": {"domain-controllers.hq": "sg-9"}}}
    found = compile_stack(StackSettings(topology, ids))
    bound = RegisteredPlans(found.plans, Registration(found.to_register(), Target(ids, {})))
    ends = {
        change.source.servers: change.source.positions
        for change in changes(None, bound)
        if "53" in str(change.services)
    }
    perimeter = frozenset([Position.PERIMETER])
    assert ends == {("edge1",): perimeter, (): perimeter}


# ---- the law ----

bindings = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from(["sg-1", "sg-2", "sg-3", "sg-4"]), max_size=3
).filter(lambda several: len(set(several.values())) == len(several))

_At = tuple[str, str, str]


def allowed(one: RegisteredPlans) -> dict[_At, ServiceSet]:
    """By the rules themselves: at each group and in each direction, what each server of ours is named for."""
    found: dict[_At, ServiceSet] = defaultdict(ServiceSet)
    for network in one.registration.networks:
        for name, group_id in one.registration.target.neighbors(network.key).items():
            for rule in rules_at(network, name):
                way = "in" if rule.direction is Direction.IN else "out"
                for server, groups in network.plan.memberships.items():
                    if rule.peer.key in groups:
                        found[str(group_id), way, server] |= ServiceSet.of(rule.ports, 4)
    return found


def rules_at(network: RegisteredNetwork, name: str) -> Any:
    planner = cloud_of(network.plan).plan
    added: Any = planner.rules_at_neighbors(network.plan, network.flows, [name])
    return added.rules


def told(found: tuple[Change, ...], one: RegisteredPlans, effect: Effect) -> dict[_At, ServiceSet]:
    """By the changes."""
    result: dict[_At, ServiceSet] = defaultdict(ServiceSet)
    for change in found:
        if change.effect is effect:
            key, name = str(change.bound[1]), str(change.bound[3])
            group_id = str(one.registration.target.neighbors(key)[name])
            (way,) = change.ways
            ours = change.source if way == "in" else change.destination
            for server in ours.servers:
                result[group_id, way, server] |= change.services
    return result


@given(bindings, bindings)
def test_the_changes_are_the_difference_of_the_rules(
    before: dict[str, str], after: dict[str, str]
) -> None:
    """All that is new is told, and nothing that is not allowed.

    A group is told as a whole, also where a rule of a smaller group stood for some of its servers.
    """
    old, new = (side({CORP: each}) for each in (before, after))
    found = changes(old, new)
    was, now = allowed(old), allowed(new)
    for one, other, whose, effect in (
        (now, was, new, Effect.OPENED),
        (was, now, old, Effect.CUT),
    ):
        reported = told(found, whose, effect)
        for at in {*one, *reported}:
            assert not one[at] - other[at] - reported[at], at
            assert not reported[at] - one[at], at
    # Every protocol, remote administration or file sharing, at a group whose members no file has.
    opened = any(some - was[at] for at, some in now.items())
    assert gates(found) == (TRAFFIC if opened else set())
