"""Addresses, ports, ICMP messages, protocols, services and traffic are sets, and obey their laws.

Each law holds for every kind, so the kind is drawn with the sets. What is left to each kind, how it
is written and what it refuses, stands below.
"""

from dataclasses import FrozenInstanceError
from ipaddress import collapse_addresses, ip_address, ip_network
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_ports.traffic import services as svc
from exchange_ports.traffic.addresses import Address, AddressSet, Network
from exchange_ports.traffic.ports import ANY_PORTS, Ports, Protocol, tcp, udp
from exchange_ports.traffic.traffic import Box, Packet, Traffic
from tests.traffic.set_protocol import Set
from tests.traffic.traffic_sets import (
    KINDS,
    NEAR,
    Pair,
    address_sets,
    knowns,
    pairs,
    pieces,
    port_sets,
    service_sets,
    three,
    traffics,
    two,
)

pytestmark = pytest.mark.slow

# The type checker reads this: every kind is a `Set`.
_PROTOCOL: tuple[
    Set[Address], Set[int], Set[svc.IcmpMessage], Set[int], Set[svc.ServicePoint], Set[Packet]
] = (
    AddressSet(),
    svc.PortSet(),
    svc.IcmpSet(),
    svc.ProtocolSet(),
    svc.ServiceSet(),
    Traffic(),
)

Two = tuple[Set[Any], Set[Any]]
Three = tuple[Set[Any], Set[Any], Set[Any]]


def everything(like: Set[Any]) -> Set[Any]:
    return type(like).everything()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def nothing(like: Set[Any]) -> Set[Any]:
    return type(like)()


@given(two())
def test_union_and_intersection_are_commutative(sets: Two) -> None:
    a, b = sets
    assert a | b == b | a
    assert a & b == b & a


@given(three())
def test_union_and_intersection_are_associative(sets: Three) -> None:
    a, b, c = sets
    assert (a | b) | c == a | (b | c)
    assert (a & b) & c == a & (b & c)


@given(two())
def test_absorption(sets: Two) -> None:
    a, b = sets
    assert a | (a & b) == a
    assert a & (a | b) == a


@given(three())
def test_union_and_intersection_are_distributive(sets: Three) -> None:
    a, b, c = sets
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)


@given(two())
def test_de_morgan(sets: Two) -> None:
    a, b = sets
    assert ~(a | b) == ~a & ~b
    assert ~(a & b) == ~a | ~b


@given(two())
def test_double_complement(sets: Two) -> None:
    a, _ = sets
    assert ~~a == a


@given(two())
def test_a_set_and_its_complement_share_nothing_and_make_everything(sets: Two) -> None:
    a, _ = sets
    assert not a & ~a
    assert a | ~a == everything(a)


@given(two())
def test_difference_is_what_the_complement_shares(sets: Two) -> None:
    a, b = sets
    assert a - b == a & ~b


@given(two())
def test_what_is_cut_and_what_is_kept_make_the_whole(sets: Two) -> None:
    a, b = sets
    cut, kept = a - b, a & b
    assert cut | kept == a
    assert not cut & kept


@given(two())
def test_a_subset_is_what_leaves_no_difference(sets: Two) -> None:
    a, b = sets
    for inner, outer in ((a, b), (b, a), (a & b, a), (a, a | b)):
        assert (inner <= outer) == (not inner - outer)
        assert (inner <= outer) == (inner | outer == outer)


@given(two())
def test_sets_inside_each_other_are_equal(sets: Two) -> None:
    a, b = sets
    assert (a <= b <= a) == (a == b)


@given(two())
def test_equal_sets_have_equal_representations_and_hashes(sets: Two) -> None:
    a, b = sets
    again = (a | b) - (b - a)
    assert again == a
    assert pieces(again) == pieces(a)
    assert hash(again) == hash(a)
    assert str(again) == str(a)
    assert not again or again.example() == a.example()


@given(two())
def test_pieces_are_in_order_and_no_two_could_be_one(sets: Two) -> None:
    a, b = sets
    for made in (a, a | b, a & b, a - b, ~a):
        for before, after in zip(pieces(made), pieces(made)[1:], strict=False):
            assert before[1] < after[0]
            assert before[1] + 1 < after[0] or (before[2:] and before[2:] != after[2:])
        for first, last, *value in pieces(made):
            assert first <= last
            assert value != [()]


@given(two())
def test_sets_that_are_written_alike_are_equal(sets: Two) -> None:
    a, b = sets
    assert (str(a) == str(b)) == (a == b)


@given(two())
def test_the_counterexample_is_in_the_set(sets: Two) -> None:
    for made in (sets[0], ~sets[0], sets[0] - sets[1]):
        if made:
            assert made.example() in made
        else:
            with pytest.raises(ValueError, match="empty"):
                made.example()


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_membership_is_what_counting_says_at_every_bound(kind: type, data: st.DataObject) -> None:
    a, b = data.draw(knowns(kind)), data.draw(knowns(kind))
    # Two kinds have many bounds: each example takes some of them, from another one on.
    step = 1 + len(NEAR[kind]) // 120
    for near in NEAR[kind][data.draw(st.integers(0, step - 1)) :: step]:
        in_a, in_b = a.holds(near), b.holds(near)
        assert (near in a.value) == in_a
        assert (near in a.value | b.value) == (in_a or in_b)
        assert (near in a.value & b.value) == (in_a and in_b)
        assert (near in a.value - b.value) == (in_a and not in_b)
        assert (near in ~a.value) != in_a


@pytest.mark.parametrize("kind", KINDS)
def test_the_empty_set_has_nothing_and_its_complement_everything(kind: Any) -> None:
    empty, full = kind(), kind.everything()
    assert not empty
    assert full
    assert ~empty == full
    assert str(empty) == "nothing"
    assert all(near in full and near not in empty for near in NEAR[kind])


@pytest.mark.parametrize("one, other", list(combinations(KINDS, 2)))
def test_sets_of_two_kinds_are_never_equal_and_cannot_be_combined(one: Any, other: Any) -> None:
    assert one() != other()
    for combine in ("__or__", "__and__", "__sub__", "__le__"):
        assert getattr(one(), combine)(other()) is NotImplemented
    with pytest.raises(TypeError):
        _ = one() | other()


@pytest.mark.parametrize("kind", KINDS)
def test_sets_cannot_be_changed(kind: Any) -> None:
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        setattr(kind(), "steps" if kind is Traffic else "spans", ())


# Traffic.


@given(pairs(), st.randoms())
def test_traffic_is_the_same_in_whatever_order_it_is_named(
    several: list[Pair], random: Random
) -> None:
    other = list(several)
    random.shuffle(other)
    assert Traffic.of(other) == Traffic.of(several)


@given(pairs())
def test_traffic_of_several_is_the_union_of_each(several: list[Pair]) -> None:
    one_by_one = Traffic()
    for pair in several:
        one_by_one |= Traffic.of([pair])
    assert Traffic.of(several) == one_by_one


@given(pairs())
def test_what_is_named_twice_is_what_two_of_several_share(several: list[Pair]) -> None:
    shared = Traffic()
    for one, other in combinations(several, 2):
        shared |= Traffic.of([one]) & Traffic.of([other])
    assert Traffic.twice(several) == shared
    assert Traffic.twice(several * 2) == Traffic.of(several)


@given(traffics(), address_sets())
def test_traffic_within_addresses_is_what_it_shares_with_all_services_there(
    traffic: Traffic, addresses: AddressSet
) -> None:
    everything_there = Traffic.of([(addresses, svc.ServiceSet.everything())])
    assert traffic.within(addresses) == traffic & everything_there


@given(address_sets(), address_sets(), service_sets(), service_sets())
def test_what_two_boxes_share_is_a_box(
    a: AddressSet, b: AddressSet, s: svc.ServiceSet, t: svc.ServiceSet
) -> None:
    assert box(a, s) & box(b, t) == box(a & b, s & t)
    assert ~box(a, s) == box(~a, svc.ServiceSet.everything()) | box(a, ~s)


def box(addresses: AddressSet, services: svc.ServiceSet) -> Traffic:
    return Traffic.of([(addresses, services)])


@given(traffics())
def test_boxes_are_the_traffic_and_no_two_make_one(traffic: Traffic) -> None:
    boxes = traffic.boxes()
    assert Traffic.of(boxes) == traffic
    for one, other in combinations(boxes, 2):
        assert not make_one_box(one, other)


def make_one_box(one: Box, other: Box) -> bool:
    around = box(one.addresses | other.addresses, one.services | other.services)
    return Traffic.of([one, other]) == around


@given(traffics())
def test_no_box_could_be_wider_or_be_left_out(traffic: Traffic) -> None:
    boxes = traffic.boxes()
    for at, one in enumerate(boxes):
        assert Traffic.of(boxes[:at] + boxes[at + 1 :]) != traffic
        missing = ~traffic
        reach = (missing & box(AddressSet.everything(), one.services)).addresses()
        assert one.addresses == ~reach
        assert (
            one.services == ~(missing & box(one.addresses, svc.ServiceSet.everything())).services()
        )


@given(traffics())
def test_groups_are_the_traffic_and_share_no_address(traffic: Traffic) -> None:
    groups = traffic.groups()
    assert Traffic.of(groups) == traffic
    for one, other in combinations(groups, 2):
        assert not one.addresses & other.addresses
        assert one.services != other.services
        assert not make_one_box(one, other)


@given(traffics())
def test_an_address_has_the_services_that_pass_there(traffic: Traffic) -> None:
    for address in NEAR[AddressSet]:
        alone = traffic & box(AddressSet.between(address, address), svc.ServiceSet.everything())
        assert alone.services() == traffic.at(address)
        assert (address in traffic.addresses()) == bool(traffic.at(address))


# How they are written.


@given(address_sets())
def test_addresses_are_the_fewest_prefixes(addresses: AddressSet) -> None:
    """`ipaddress` is the independent checker."""
    prefixes = addresses.prefixes()
    assert AddressSet.of(prefixes) == addresses
    for version in (4, 6):
        family: list[Any] = [prefix for prefix in prefixes if prefix.version == version]
        assert list(collapse_addresses(family)) == family


@given(address_sets())
def test_addresses_are_read_as_they_are_written(addresses: AddressSet) -> None:
    read = AddressSet()
    written = str(addresses).split(", ") if addresses else []
    for text in written:
        first, _, last = text.partition("-")
        if last:
            read |= AddressSet.between(ip_address(first), ip_address(last))
        else:
            read |= AddressSet.of([ip_network(text)])
    assert read == addresses
    assert len(written) == len(addresses.spans)


@given(port_sets())
def test_ports_are_read_as_they_are_written(ports: svc.PortSet) -> None:
    read: list[tuple[int, int]] = []
    for text in str(ports).split(",") if ports else []:
        first, _, last = text.partition("-")
        read.append((int(first), int(last or first)))
    assert svc.PortSet.of(read) == ports


def services(
    protocols: tuple[int, ...] = (), **ports: tuple[int | tuple[int, int], ...]
) -> svc.ServiceSet:
    made = svc.ServiceSet.of_protocols(svc.ProtocolSet.of(protocols))
    for name, numbers in ports.items():
        made |= svc.ServiceSet.on({"tcp": svc.TCP, "udp": svc.UDP}[name], svc.PortSet.of(numbers))
    return made


@pytest.mark.parametrize(
    "made, written",
    [
        (services(tcp=(25, (80, 81)), udp=(53,)), "25,80-81/tcp, 53/udp"),
        (services((svc.ESP, svc.AH)), "esp, ah"),
        (services((svc.TCP,), udp=(53,)), "53/udp, tcp"),
        (services((253, 254)), "protocol 253, protocol 254"),
        (~services((svc.ICMP,), tcp=(443,)), "all protocols except 443/tcp, icmp"),
        (svc.ServiceSet.icmp(svc.ICMP, svc.IcmpSet.of([8])), "icmp type 8"),
        (svc.ServiceSet.icmp(svc.ICMP, svc.IcmpSet.of([(3, 4), (3, 5)])), "icmp type 3 codes 4-5"),
        (
            svc.ServiceSet.icmp(svc.ICMPV6, ~svc.IcmpSet.of([(0, 0)])),
            "icmpv6 type 0 codes 1-255, types 1-255",
        ),
        (svc.ServiceSet.everything(), "all protocols"),
        (services((255,)), "protocol 255"),
        (svc.ServiceSet.of_protocols(~svc.ProtocolSet.of(range(3, 256))), "protocols 0-2"),
    ],
)
def test_services_are_written_in_few_words(made: svc.ServiceSet, written: str) -> None:
    assert str(made) == written


@pytest.mark.parametrize(
    "network, witness",
    [
        ("0.0.0.0/0", "198.51.100.1"),
        ("8.0.0.0/5", "10.0.0.1"),
        ("10.20.0.11/32", "10.20.0.11"),
        ("10.20.0.0/32", "10.20.0.0"),
        ("240.0.0.0/4", "240.0.0.0"),
        ("2000::/3", "2001:db8::1"),
        ("2001:db8:10::/48", "2001:db8:10::1"),
    ],
)
def test_the_counterexample_is_an_address_that_a_reader_recognises(
    network: str, witness: str
) -> None:
    assert str(AddressSet.of([ip_network(network)]).example()) == witness


def test_the_counterexample_of_everything_can_be_read() -> None:
    assert str(Traffic.everything().example()) == "198.51.100.1 1/tcp"


# What they are made of.


@pytest.mark.parametrize(
    "ports, version, made",
    [
        (tcp(25), 4, services(tcp=(25,))),
        (udp(53, (80, 81)), 6, services(udp=(53, (80, 81)))),
        (Ports(Protocol.ICMP), 4, services((svc.ICMP,))),
        (Ports(Protocol.ICMP), 6, services((svc.ICMPV6,))),
        (Ports(Protocol.ESP), 4, services((svc.ESP,))),
        (Ports(Protocol.AH), 6, services((svc.AH,))),
        (ANY_PORTS, 4, svc.ServiceSet.everything()),
    ],
    ids=str,
)
def test_what_a_rule_names_becomes_services(
    ports: Ports, version: Any, made: svc.ServiceSet
) -> None:
    assert svc.ServiceSet.of(ports, version) == made


@given(service_sets())
def test_services_are_what_they_have_of_each_protocol(made: svc.ServiceSet) -> None:
    again = svc.ServiceSet.of_protocols(made.whole_protocols())
    for number in (svc.TCP, svc.UDP):
        again |= svc.ServiceSet.on(number, made.ports(number))
    for number in (svc.ICMP, svc.ICMPV6):
        again |= svc.ServiceSet.icmp(number, made.messages(number))
    assert again == made
    assert all(made.ports(number) <= svc.PortSet.everything() for number in (svc.TCP, svc.UDP))
    assert all(
        made.messages(number) <= svc.IcmpSet.everything() for number in (svc.ICMP, svc.ICMPV6)
    )
    assert made.whole_protocols() <= made.protocols()
    assert made <= svc.ServiceSet.of_protocols(made.protocols())


def test_tcp_and_udp_on_all_ports_are_less_than_everything() -> None:
    both = services(tcp=((0, 65535),), udp=((0, 65535),))
    assert both == services((svc.TCP, svc.UDP))
    assert both <= svc.ServiceSet.everything()
    assert svc.ServicePoint(svc.ESP) in svc.ServiceSet.everything() - both


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: svc.PortSet.of([65536]),
        lambda: svc.PortSet.of([(25, 24)]),
        lambda: 65536 in svc.PortSet(),
        lambda: svc.ProtocolSet.of([256]),
        lambda: svc.ProtocolSet.of([-1]),
        lambda: svc.IcmpSet.of([256]),
        lambda: svc.IcmpSet.of([(8, 256)]),
        lambda: AddressSet.between(ip_address("10.0.0.2"), ip_address("10.0.0.1")),
        lambda: AddressSet.between(ip_address("10.0.0.1"), ip_address("::1")),
        lambda: svc.ServiceSet.on(svc.ESP, svc.PortSet.of([25])),
        lambda: svc.ServiceSet.icmp(svc.TCP, svc.IcmpSet.of([8])),
        lambda: svc.ServiceSet().ports(svc.ESP),
        lambda: svc.ServiceSet().messages(svc.UDP),
        lambda: svc.ServicePoint(svc.ESP, 25) in svc.ServiceSet(),
        lambda: svc.ServicePoint(svc.TCP) in svc.ServiceSet(),
        lambda: svc.ServicePoint(svc.ICMP, 8) in svc.ServiceSet(),
        lambda: svc.ServicePoint(svc.TCP, svc.IcmpMessage(8, 0)) in svc.ServiceSet(),
    ],
)
def test_what_does_not_exist_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        wrong()


def test_families_never_meet() -> None:
    """::ffff:10.0.0.1 is another address than 10.0.0.1, and ::/0 holds no IPv4 at all."""
    six: Network = ip_network("::/0")
    assert ip_address("10.0.0.1") not in AddressSet.of([six])
    assert ip_address("::ffff:10.0.0.1") not in AddressSet.of([ip_network("0.0.0.0/0")])
    assert str(AddressSet.everything()) == "0.0.0.0/0, ::/0"
