"""Every topology that is not refused is proved, on either platform, and both permit the same."""

from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, assume, event, given, settings

from exchange_ports.findings import Refused
from exchange_ports.plans import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.proof.scene import WAYS, Scene
from tests.strategies import Data, declared, topologies

slow = settings(suppress_health_check=[HealthCheck.too_slow])


def planned(data: Data) -> Plans | None:
    try:
        return compile_plans(declared(data))
    except Refused:
        return None


@slow
@given(topologies())
def test_every_topology_is_proved_or_refused(data: Data) -> None:
    plans = planned(data)
    event("proved" if plans else "refused")
    assume(plans is not None)
    assert plans is not None
    proof = prove(plans)
    assert proof.holds, "\n".join(map(str, proof.failures))
    assert proof.figures.servers * 2 == proof.figures.directions


@slow
@given(topologies())
def test_the_same_topology_on_the_other_cloud_permits_the_same(data: Data) -> None:
    scenes: list[Scene] = []
    for platform in ("aws", "azure"):
        for network in data["networks"].values():
            network["platform"] = platform
        plans = planned(data)
        assume(plans is not None)
        assert plans is not None
        scenes.append(Scene(plans))
    aws, azure = scenes
    for server in aws.managed():
        for way in WAYS:
            own = server.addresses[0]
            probes = azure.views[server.wearer.network].always[way]
            here = aws.permitted(server, way, own) | probes
            there = azure.permitted(azure.servers[server.name], way, own)
            assert here == there, f"{server.name} {way}: +{here - there} -{there - here}"


@slow
@given(topologies())
def test_the_proof_of_equal_plans_is_the_same(data: Data) -> None:
    first, second = planned(data), planned(data)
    assume(first is not None and second is not None)
    assert first is not None
    assert second is not None
    assert repr(prove(first)) == repr(prove(second))


@pytest.mark.parametrize("own", ["240.0.0.1"])
def test_who_has_no_address_is_given_one_that_nobody_can_declare(own: str) -> None:
    assert ip_address(own).is_reserved
