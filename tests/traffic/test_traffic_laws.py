"""Ports and addresses are sets: every law is counted out, member by member, on a small universe."""

from ipaddress import ip_address, ip_network
from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_ports.traffic.addresses import (
    Network,
    covers,
    difference,
    inside,
    overlap,
    sort_key,
    without_covered,
)
from exchange_ports.traffic.ports import (
    ANY_PORTS,
    HIGHEST_PORT,
    Ports,
    Protocol,
    tcp,
    udp,
    without_adjacent,
)
from tests.support.strategies import PORT_EDGES, any_ports, ranges

WITH_PORTS: Final = (Protocol.TCP, Protocol.UDP)


#: Ranges begin and end at PORT_EDGES, so these ports stand for all: each edge, and both sides of it.
PORTS: Final = tuple(
    sorted({p + step for p in PORT_EDGES for step in (-1, 0, 1) if 0 < p + step <= HIGHEST_PORT})
)


def ports_in(ports: Ports) -> set[tuple[str, int]]:
    """Every (protocol, port) that a value names; port 0 stands for a protocol without ports.

    `ANY` names everything that the others do, and more.
    """
    if ports.protocol is Protocol.ANY:
        everything = {(protocol.value, port) for protocol in WITH_PORTS for port in PORTS}
        return everything | {(p.value, 0) for p in Protocol if not p.has_ports}
    if not ports.protocol.has_ports:
        return {(ports.protocol.value, 0)}
    return {
        (ports.protocol.value, port) for port in PORTS for a, b in ports.ranges if a <= port <= b
    }


@given(any_ports(), any_ports())
def test_one_value_covers_another_where_it_names_all_of_it(a: Ports, b: Ports) -> None:
    assert a.covers(b) == (ports_in(b) <= ports_in(a))


@given(any_ports(), any_ports())
def test_equal_ports_are_equal_values(a: Ports, b: Ports) -> None:
    assert (a == b) == (ports_in(a) == ports_in(b))


@given(any_ports((Protocol.TCP,)), any_ports((Protocol.TCP,)))
def test_two_together_name_what_either_names(a: Ports, b: Ports) -> None:
    assert ports_in(a | b) == ports_in(a) | ports_in(b)
    assert a | b == b | a
    assert (a | b).covers(a)


@given(any_ports())
def test_the_ranges_one_by_one_make_the_whole(a: Ports) -> None:
    single = a.one_by_one()
    assert set[tuple[str, int]]().union(*map(ports_in, single)) == ports_in(a)
    assert all(len(each.ranges) <= 1 for each in single)


@given(any_ports())
def test_ranges_are_sorted_and_neither_touch_nor_overlap(a: Ports) -> None:
    for one, other in zip(a.ranges, a.ranges[1:], strict=False):
        assert one.last + 1 < other.first


@given(st.lists(any_ports(), max_size=4))
def test_joining_neighbors_changes_nothing_but_the_number_of_values(several: list[Ports]) -> None:
    joined = without_adjacent(several)
    both = [set[tuple[str, int]]().union(*map(ports_in, each)) for each in (several, joined)]
    assert both[0] == both[1]
    for one in joined:
        assert not [
            o for o in joined if o is not one and o.protocol == one.protocol and touch(one, o)
        ]


def touch(one: Ports, other: Ports) -> bool:
    return any(a <= d + 1 and c <= b + 1 for a, b in one.ranges for c, d in other.ranges)


def test_every_protocol_is_more_than_tcp_and_udp_on_all_ports() -> None:
    whole = [tcp((1, HIGHEST_PORT)), udp((1, HIGHEST_PORT))]
    assert all(ANY_PORTS.covers(each) for each in whole)
    assert not any(each.covers(ANY_PORTS) for each in whole)
    assert str(ANY_PORTS) == "all protocols"


def test_values_of_two_protocols_cannot_be_joined() -> None:
    with pytest.raises(ValueError, match="different protocols"):
        _ = tcp(25) | udp(25)


@pytest.mark.parametrize("wrong", [(), (0,), (HIGHEST_PORT + 1,), ((25, 24),), (-1,)])
def test_what_is_no_port_is_refused(wrong: tuple[int | tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match=r"port"):
        tcp(*wrong)


# Addresses. One universe of 16 addresses in each family.

FOUR: Final = ip_network("10.0.0.0/28")
SIX: Final = ip_network("2001:db8::/124")
UNIVERSE: Final = (*FOUR, *SIX)


def mixed() -> st.SearchStrategy[Network]:
    return ranges(str(FOUR)) | ranges(str(SIX))


many: Final = st.lists(mixed(), max_size=5)


def members(*several: Network) -> set[object]:
    return {address for address in UNIVERSE if any(address in range_ for range_ in several)}


@given(mixed(), mixed())
def test_a_range_lies_inside_another_where_all_its_addresses_do(a: Network, b: Network) -> None:
    assert inside(a, b) == (members(a) <= members(b))
    assert overlap(a, b) == bool(members(a) & members(b))


@given(many, many)
def test_ranges_together_cover_others_where_they_hold_every_address(
    outer: list[Network], inner: list[Network]
) -> None:
    assert covers(outer, inner) == (members(*inner) <= members(*outer))


@given(many)
def test_taking_covered_ranges_away_keeps_every_address(several: list[Network]) -> None:
    kept = without_covered(several)
    assert members(*kept) == members(*several)
    assert set(kept) <= set(several), "ranges stay as they were declared"
    assert list(kept) == sorted(kept, key=sort_key)
    assert not [1 for a in kept for b in kept if a != b and overlap(a, b)]


@given(many, st.randoms())
def test_ranges_come_out_the_same_in_whatever_order_they_went_in(
    several: list[Network], random: Random
) -> None:
    other = list(several)
    random.shuffle(other)
    assert without_covered(other) == without_covered(several)


@given(mixed(), many)
def test_a_range_without_its_holes_is_every_other_address(
    whole: Network, holes: list[Network]
) -> None:
    """Holes may lie before it, behind it, around it, or in the other family."""
    rest = difference(whole, tuple(holes))
    assert members(*rest) == members(whole) - members(*holes)
    assert sum(range_.num_addresses for range_ in rest) == len(members(*rest)), "no address twice"
    for at in range(len(rest)):
        assert not covers(rest[:at] + rest[at + 1 :], rest), "no prefix too many"


def test_neighboring_ranges_cover_what_spans_them_and_stay_two() -> None:
    halves = (ip_network("10.0.0.0/29"), ip_network("10.0.0.8/29"))
    assert covers(halves, (FOUR,))
    assert without_covered(halves) == halves


def test_families_never_meet() -> None:
    """::ffff:10.0.0.1 is another address than 10.0.0.1, and ::/0 holds no IPv4 at all."""
    assert not inside(FOUR, ip_network("::/0"))
    assert not covers((ip_network("::/0"),), (FOUR,))
    assert not overlap(ip_network("0.0.0.0/0"), SIX)
    assert ip_address("10.0.0.1") in FOUR
