"""z3 over random small topologies: is there a packet that tells plan, semantics and flows apart?

The encodings in `tests/support/smt/` are written apart from the package: from the clouds' documents, from the
topology as it stands in the file, and from plans and flows as plain data.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from exchange_ports.findings import Refused
from exchange_ports.flows.flow_index import WAYS
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof.network_model import NetworkModel
from tests.support.mutants import mutants
from tests.support.recordings import Platform
from tests.support.recordings import declared as stack_declared
from tests.support.rule_sets import NetworkPlan, networks_of
from tests.support.smt import logic
from tests.support.smt.algebra import formula_of
from tests.support.smt.clouds import HOST, Cloud
from tests.support.smt.logic import Seen
from tests.support.smt.meaning import People, meant
from tests.support.strategies import Data, declared, topologies

pytestmark = pytest.mark.slow

#: 25 topologies a law in the quick profile, 500 in the full one.
solved = settings(
    max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.too_slow]
)


class Apart(NamedTuple):
    """A packet that one side lets pass and the other does not."""

    server: str
    way: str
    packet: Seen
    #: Which rule, plan or cloud either side is.
    first: str
    second: str

    def __str__(self) -> str:
        """Which packet, by which of both it passes, and by which it does not."""
        word = "to" if self.way == "out" else "from"
        passes, stops = (
            (self.first, self.second) if self.packet.first else (self.second, self.first)
        )
        return f"{self.server} {self.way}, {word} {self.packet}: passes by {passes}, not by {stops}"


def planned(data: Data) -> Plans:
    try:
        return compile_plans(declared(data))
    except Refused:
        assume(False)
        raise AssertionError("not reached") from None


def cloud(plans: Plans, people: People, key: str, scene: NetworkModel | None = None) -> Cloud:
    where = {s.name: s.addresses for s in scene.servers.values()} if scene else people.where()
    return Cloud(networks_of(plans)[key], where, people.space(key))


def from_semantics(plans: Plans, people: People) -> Iterator[Apart]:
    """Where the package's own semantics and z3 read a plan differently."""
    scene = NetworkModel(plans)
    clouds = {key: cloud(plans, people, key, scene) for key in networks_of(plans)}
    for name, key in people.managed():
        server, written = scene.servers[name], clouds[key]
        for way in WAYS:
            for own in server.addresses:
                ours = formula_of(scene.permitted(server, way, own))
                packet = logic.apart(written.permits(name, way, own), ours)
                if packet:
                    yield Apart(name, way, packet, "z3", "the semantics")


def from_flows(plans: Plans, people: People) -> Iterator[Apart]:
    """Where what a plan lets through is not what the flows mean."""
    where = people.where()
    clouds = {key: cloud(plans, people, key) for key in networks_of(plans)}
    for name, key in people.managed():
        probed = people.data["networks"][key]["platform"] == "azure"
        for way in WAYS:
            wanted = meant(people, plans.flows, name, way, probed=probed)
            for own in where[name]:
                packet = logic.apart(clouds[key].permits(name, way, own), wanted)
                if packet:
                    yield Apart(name, way, packet, "the plan", "the flows")


@solved
@given(topologies())
def test_the_semantics_permit_what_z3_permits(data: Data) -> None:
    found = [*map(str, from_semantics(planned(data), People(data)))]
    assert found == []


@solved
@given(topologies())
def test_z3_finds_no_packet_between_plan_and_flows(data: Data) -> None:
    found = [*map(str, from_flows(planned(data), People(data)))]
    assert found == []


@solved
@given(topologies())
def test_z3_finds_no_packet_between_the_two_clouds(data: Data) -> None:
    """But for the health probes of Azure's load balancers, every server permits the same on both."""
    people = People(data)
    written: dict[str, Plans] = {}
    for platform in ("aws", "azure"):
        for network in data["networks"].values():
            network["platform"] = platform
        moved = deepcopy(data)
        for network in moved["networks"].values() if platform == "aws" else ():
            network.pop("attach_to", None)
        written[platform] = planned(moved)
    where = people.where()
    clouds = {
        (one, key): cloud(plans, people, key)
        for one, plans in written.items()
        for key in networks_of(plans)
    }
    probe = logic.within(logic.PEER, HOST)
    for name, key in people.managed():
        for way in WAYS:
            for own in where[name]:
                aws, azure = (clouds[one, key].permits(name, way, own) for one in written)
                here = logic.any_of((aws, probe)) if way == "in" else aws
                packet = logic.apart(here, azure)
                assert packet is None, str(Apart(name, way, packet, "AWS", "Azure"))


def with_plan(plans: Plans, key: str, plan: NetworkPlan) -> Plans:
    return replace(plans, networks={**networks_of(plans), key: plan})


@solved
@given(topologies(networks=2), st.data())
def test_z3_and_the_semantics_see_the_same_in_a_plan_that_is_wrong(
    data: Data, draw: st.DataObject
) -> None:
    plans, people = planned(data), People(data)
    key = draw.draw(st.sampled_from(sorted(networks_of(plans))))
    faults = [*mutants(networks_of(plans)[key])]
    assume(faults)
    fault = draw.draw(st.sampled_from(faults))
    wrong = with_plan(plans, key, fault.plan)
    assert [*map(str, from_semantics(wrong, people))] == []
    # The solver says that the plan is wrong where the sets say so, and nowhere else.
    scene = NetworkModel(wrong)
    by_sets = {
        (server.name, way)
        for server in scene.managed()
        for way in WAYS
        for own in server.addresses
        if scene.permitted(server, way, own) != scene.required(server, way)
    }
    assert {(apart.server, apart.way) for apart in from_flows(wrong, people)} == by_sets
    event(f"{fault.kind}: {'seen' if by_sets else 'changes nothing'}")


@pytest.mark.parametrize("stack, platform", [("prod-aws", "aws"), ("prod-azure", "azure")])
def test_z3_finds_every_rule_that_is_dropped_from_a_stack(stack: str, platform: Platform) -> None:
    """The independent checker can fail: a plan with one rule less lets a packet through, or stops one."""
    data = stack_declared(stack, platform)
    plans, people = planned(data), People(data)
    dropped = [
        (key, fault)
        for key, plan in networks_of(plans).items()
        for fault in mutants(plan)
        if fault.kind == "drop a rule"
    ]
    assert len(dropped) > 20
    for key, fault in dropped:
        seen = next(from_flows(with_plan(plans, key, fault.plan), people), None)
        assert seen is not None, fault.what


def test_a_packet_between_plan_and_flows_is_told_so_that_one_can_read_it() -> None:
    data = stack_declared("prod-aws", "aws")
    plans, people = planned(data), People(data)
    key, plan = next(iter(networks_of(plans).items()))
    dropped = "edge-server.edge1/in/tcp/50636/edgesync.hq"
    (fault,) = (
        each for each in mutants(plan) if (each.kind, each.what) == ("drop a rule", dropped)
    )
    (apart,) = from_flows(with_plan(plans, key, fault.plan), people)
    first, _, rest = str(apart).partition(" from ")
    address, _, rest = rest.partition(" ")
    assert first == "edge1 in,"
    assert ip_address(address) in {people.where()[name][0] for name in ("mbx1", "mbx2")}
    assert rest == "50636/tcp: passes by the flows, not by the plan"


def test_every_server_is_asked_about() -> None:
    data = stack_declared("both", "aws")
    people, plans = People(data), planned(data)
    scene = NetworkModel(plans)
    assert {name for name, _ in people.managed()} == {server.name for server in scene.managed()}
    assert {
        name: own for name, own in people.where().items() if own[0] not in ip_network("240.0.0.0/4")
    } == {s.name: s.addresses for s in scene.servers.values() if s.has_address}
