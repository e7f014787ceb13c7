"""A topology on the other cloud: the platform of what is managed changes, and nothing else."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import cross_cloud
from exchange_ports.proof.cross_cloud import swapped
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.models import Platform, Quotas
from exchange_ports.topology.validate import load_topology
from tests.support.strategies import WITH_EDGE, edited, topologies

CLOUDS: Final = st.sampled_from([Platform.AWS, Platform.AZURE])
#: A VPC and a place known by its addresses only.
DATA: Final = edited(
    WITH_EDGE, {"networks.office": {"platform": "external", "internal": ["10.64.0.0/16"]}}
)


@pytest.mark.slow
@given(topologies(), CLOUDS)
def test_nothing_but_the_platform_of_managed_networks_changes(
    data: dict[str, Any], cloud: Platform
) -> None:
    topology, _ = load_topology(data)
    other = swapped(topology, cloud)
    for key, network in topology.networks.items():
        there = other.networks[key]
        external = network.platform is Platform.EXTERNAL
        assert there.platform is (network.platform if external else cloud)
        # What one cloud alone has is left behind.
        own = {"platform": network.platform}
        if there is not network:
            assert (there.attach_to, there.quotas) == ("network_interfaces", Quotas())
            own |= {"attach_to": network.attach_to, "quotas": network.quotas}
        assert there.model_copy(update=own) == network
    assert other.model_copy(update={"networks": topology.networks}) == topology


@pytest.mark.slow
@given(topologies(), CLOUDS)
def test_what_passes_its_checks_passes_them_on_the_other_cloud(
    data: dict[str, Any], cloud: Platform
) -> None:
    written = swapped(load_topology(data)[0], cloud)
    moved = edited(data, {})
    for key, network in written.networks.items():
        if moved["networks"][key]["platform"] != network.platform:
            moved["networks"][key] |= {"platform": network.platform.value}
            moved["networks"][key].pop("attach_to", None)
    again, _ = load_topology(moved)
    assert again == written


def test_a_topology_that_is_there_already_is_itself() -> None:
    topology, _ = load_topology(DATA)
    assert swapped(topology, Platform.AWS) is topology
    assert swapped(topology, Platform.AZURE) is not topology


def test_nothing_of_ours_can_stand_in_an_external_network() -> None:
    topology, _ = load_topology(DATA)
    with pytest.raises(ValueError, match="external"):
        swapped(topology, Platform.EXTERNAL)


def test_where_the_other_cloud_would_refuse_the_plan_no_server_is_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plans = compile_plans(load_topology(DATA)[0])
    here = NetworkModel(plans)

    def read(each: Plans) -> NetworkModel:
        if each is plans:
            return here
        raise ValueError("two rules have the priority 300")

    monkeypatch.setattr(cross_cloud, "NetworkModel", read)
    (found,) = cross_cloud.swap(plans)
    assert (found.platform, found.servers, found.holds) == (Platform.AZURE, 0, False)
    assert "two rules have the priority 300" in str(found.failures[0])
