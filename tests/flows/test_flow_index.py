"""What a flow needs the filter at one end to allow, by the addresses of the other end."""

from typing import Final

import pytest

from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.flow_index import FlowIndex, Way, carried, services_of
from exchange_ports.topology.fields import read_ports
from exchange_ports.topology.groups import Group, GroupKind
from exchange_ports.traffic.addresses import AddressSet, network
from exchange_ports.traffic.ports import Ports, Protocol
from exchange_ports.traffic.services import ServiceSet

OURS: Final = Group("corp", GroupKind.EXCHANGE)
BOTH: Final = ("10.20.6.0/24", "2001:db8:6::/64")


def flow(ports: str, *ranges: str, out: bool = False) -> Flow:
    peer = ExternalEndpoint("peer", tuple(map(network, ranges)), "a peer")
    ends = (OURS, peer) if out else (peer, OURS)
    return Flow(*ends, read_ports(ports), (Reason("test"),))


@pytest.mark.parametrize(
    "ports, ranges, needed",
    [
        ("443/tcp", BOTH[:1], ["10.20.6.0/24 443/tcp"]),
        ("443/tcp", BOTH, ["10.20.6.0/24, 2001:db8:6::/64 443/tcp"]),
        ("icmp", BOTH[:1], ["10.20.6.0/24 icmp"]),
        ("icmp", BOTH[1:], ["2001:db8:6::/64 icmpv6"]),
        ("icmp", BOTH, ["10.20.6.0/24 icmp", "2001:db8:6::/64 icmpv6"]),
    ],
)
@pytest.mark.parametrize("way", ["in", "out"])
def test_icmp_is_another_protocol_in_each_family(
    ports: str, ranges: tuple[str, ...], needed: list[str], way: Way
) -> None:
    asked = flow(ports, *ranges, out=way == "out")
    index = FlowIndex([asked], {OURS: AddressSet.of([network("10.20.0.0/28")])})
    assert [f"{each.addresses} {each.services}" for each in index.of_group(OURS, way)] == needed
    assert [*index.of_group(OURS, "out" if way == "in" else "in")] == []
    assert [f"{a} {s}" for a, s in carried(index.end(index.outside[0]), asked.ports)] == needed


def test_what_ports_mean_at_some_addresses_is_of_their_families() -> None:
    v4, v6 = (AddressSet.of([network(each)]) for each in BOTH)
    pings = [Ports(Protocol.ICMP)]
    assert services_of(pings, v4) == ServiceSet.of(pings[0], 4)
    assert services_of(pings, v6) == ServiceSet.of(pings[0], 6)
    assert services_of(pings) == services_of(pings, v4) | services_of(pings, v6)
    assert services_of(pings, v4) != services_of(pings, v6)
