"""Where addresses are, and which traffic is risky for it: tables with the values at each boundary."""

from typing import Final

import pytest

from exchange_ports.topology.fields import read_ports
from exchange_ports.topology.risk import Position, ZoneMap, public_part, risks, sensitive, services
from exchange_ports.traffic.addresses import AddressSet, network
from exchange_ports.traffic.ports import ANY_PORTS
from tests.support.strategies import WITH_EDGE, declared, edited

#: Zones of private and of public addresses in a network of ours, and one in a network that is not ours.
ZONES: Final = ZoneMap(
    declared(
        edited(
            WITH_EDGE,
            {
                "networks.corp.internal": ["10.20.0.0/20", "45.1.0.0/24", "2001:db8:20::/48"],
                "networks.corp.perimeter": ["10.20.240.0/24", "45.2.0.0/24"],
                "networks.lab": {"platform": "external", "internal": ["45.3.0.0/24"]},
                "private_blocks": ["10.0.0.0/8", "45.0.0.0/8"],
                "accept_risk": {"private_blocks": "said elsewhere"},
                "sites.lab": {
                    "network": "lab",
                    "servers": {
                        "ex9": {"roles": ["client_access", "mailbox"], "address": "45.3.0.9"}
                    },
                },
            },
        )
    )
)
PUBLIC, PERIMETER, INSIDE = Position.PUBLIC, Position.PERIMETER, Position.INSIDE


@pytest.mark.parametrize(
    "range_, positions",
    [
        ("10.20.0.0/20", {INSIDE}),
        ("10.20.240.0/24", {PERIMETER}),
        ("10.20.240.0/23", {PERIMETER, INSIDE}),
        ("45.1.0.0/24", {INSIDE}),
        ("45.1.0.0/23", {INSIDE, PUBLIC}),
        ("45.2.0.9", {PERIMETER}),
        ("45.3.0.9", {PUBLIC}),
        ("9.255.255.255", {PUBLIC}),
        ("10.0.0.0/8", {PERIMETER, INSIDE}),
        ("11.0.0.0", {PUBLIC}),
        ("172.16.0.0/12", {INSIDE}),
        ("192.168.0.0/16", {INSIDE}),
        ("100.63.255.255", {PUBLIC}),
        ("100.64.0.0/10", {INSIDE}),
        ("100.128.0.0", {PUBLIC}),
        ("0.0.0.0/8", {INSIDE}),
        ("127.0.0.0/8", {INSIDE}),
        ("169.254.0.0/16", {INSIDE}),
        ("223.255.255.255", {PUBLIC}),
        ("224.0.0.0/3", {INSIDE}),
        ("0.0.0.0/0", {PUBLIC, PERIMETER, INSIDE}),
        ("2001:db8:20::/48", {INSIDE}),
        ("2001:db8:21::9", {INSIDE}),
        ("2a00::/32", {INSIDE}),
        ("2a00::/31", {PUBLIC}),
        ("2001:db8::/31", {PUBLIC, INSIDE}),
        ("fd00::/8", {INSIDE}),
        ("::/0", {PUBLIC, INSIDE}),
    ],
)
def test_a_range_is_in_these_positions(range_: str, positions: set[Position]) -> None:
    assert ZONES.at([network(range_)]) == positions
    # Where every protocol is allowed, a single IPv6 address outside all zones is public.
    foreign = {"2001:db8:21::9": {PUBLIC}, "2a00::/32": {PUBLIC}}
    addresses = AddressSet.of([network(range_)])
    assert ZONES.positions(addresses, every_protocol=True) == foreign.get(range_, positions)


@pytest.mark.parametrize(
    "range_, public",
    [("10.0.0.0/7", True), ("10.0.0.0/8", False), ("45.0.0.9", True), ("100.64.0.0/10", False)],
)
def test_a_range_with_a_public_address_has_a_public_part(range_: str, public: bool) -> None:
    assert public_part(network(range_)) is public


@pytest.mark.parametrize(
    "ports, carried",
    [
        ("any", ["all protocols"]),
        (
            "1-65535/tcp",
            ["remote administration", "file sharing and RPC", "directory", "databases"],
        ),
        ("3389/udp", ["remote administration"]),
        ("3388/tcp", []),
        ("445/tcp", ["file sharing and RPC"]),
        ("636/tcp", ["directory"]),
        ("1434/udp", ["databases"]),
        ("443/tcp", []),
        ("icmp", []),
        ("esp", []),
        ("ah", []),
    ],
)
def test_ports_carry_what_is_sensitive(ports: str, carried: list[str]) -> None:
    assert list(sensitive(services([read_ports(ports)]))) == carried


def test_every_protocol_but_a_few_ports_is_every_protocol() -> None:
    rest = services([ANY_PORTS]) - services([read_ports("3389/tcp")])
    assert sensitive(rest) == ("all protocols",)


def test_these_ways_are_risky_and_no_others() -> None:
    carried = services([read_ports("3389/tcp"), read_ports("445/tcp")])
    ways = {
        (one, other) for one in Position for other in Position if risks([one], [other], carried)
    }
    assert ways == {
        (PUBLIC, PERIMETER),
        (PUBLIC, INSIDE),
        (PERIMETER, INSIDE),
        (INSIDE, PERIMETER),
    }
    assert [*map(str, risks([PUBLIC, PERIMETER], [INSIDE], carried))] == [
        "remote administration from the Internet to the internal network",
        "file sharing and RPC from the Internet to the internal network",
        "remote administration from the perimeter to the internal network",
        "file sharing and RPC from the perimeter to the internal network",
    ]
    assert risks([PUBLIC], [INSIDE], services([read_ports("443/tcp")])) == ()
