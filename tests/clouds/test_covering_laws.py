"""What planners leave out: boxes that a single other one covers, held against asking every pair."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_ports.traffic.addresses import Network, covers, spans_of, without_covered
from exchange_ports.traffic.covering import LabeledBox, Tiers, widest
from exchange_ports.traffic.ports import Ports, Protocol, tcp
from tests.support.strategies import any_ports, ranges

#: Which labels are above one, its own first: `exchange` is above all the rest but `edge`.
ABOVE: Final[Mapping[str, Tiers[str]]] = {
    "exchange": [["exchange"]],
    "edge": [["edge"]],
    "mailbox": [["mailbox"], ["exchange"]],
    "client_access": [["client_access", "exchange"]],
    "server": [["server"], ["client_access", "mailbox"], ["exchange"]],
}

WITHIN: Final = ("10.0.0.0/28", "10.0.0.0/28", "10.0.0.0/8", "2001:db8::/124")
SETS: Final = st.lists(
    st.sampled_from(WITHIN).flatmap(ranges) | st.just(ip_network("0.0.0.0/0")), max_size=4
).map(without_covered)


@st.composite
def crowds(draw: st.DrawFn) -> list[tuple[str, Ports, tuple[Network, ...]]]:
    """Boxes as they are said. Few addresses and ports, so that many cover others."""
    some = draw(st.lists(SETS, min_size=1, max_size=6))
    boxes = st.tuples(
        st.sampled_from(sorted(ABOVE)),
        any_ports((Protocol.ANY, Protocol.TCP, Protocol.TCP, Protocol.UDP, Protocol.ESP)),
        st.sampled_from(some),
    )
    return draw(st.lists(boxes, max_size=25))


def asked_of_every_pair(
    boxes: list[tuple[str, Ports, tuple[Network, ...]]],
) -> dict[int, int]:
    """The same, as the words have it."""

    def over(wide: int, narrow: int) -> bool:
        (label, ports, addresses), (other, its_ports, its_addresses) = boxes[wide], boxes[narrow]
        return (
            any(label in tier for tier in ABOVE[other])
            and ports.covers(its_ports)
            and covers(addresses, its_addresses)
        )

    def covering(narrow: int) -> Iterator[int]:
        for wide in range(len(boxes)):
            if over(wide, narrow) and (wide < narrow or not over(narrow, wide)) and wide != narrow:
                yield wide

    reported: dict[int, int] = {}
    for narrow, (label, _, _) in enumerate(boxes):
        staying = [wide for wide in covering(narrow) if not any(True for _ in covering(wide))]
        if staying:
            tiers = ([w for w in staying if boxes[w][0] in tier] for tier in ABOVE[label])
            reported[narrow] = min(next(tier for tier in tiers if tier))
    return reported


@pytest.mark.slow
@given(crowds())
def test_whoever_is_covered_is_found_with_the_first_that_stays(
    boxes: list[tuple[str, Ports, tuple[Network, ...]]],
) -> None:
    placed = [LabeledBox(label, ports, spans_of(addresses)) for label, ports, addresses in boxes]
    assert widest(placed, ABOVE.__getitem__) == asked_of_every_pair(boxes)


def test_two_prefixes_that_are_one_hold_what_lies_across_them() -> None:
    halves = [ip_network("10.0.0.0/25"), ip_network("10.0.0.128/25")]
    boxes = [
        LabeledBox("edge", tcp(25), spans_of([ip_network("10.0.0.0/24")])),
        LabeledBox("edge", tcp((20, 30)), spans_of(halves)),
    ]
    assert widest(boxes, ABOVE.__getitem__) == {0: 1}


def test_of_equal_boxes_the_first_stays_and_all_go_to_whoever_covers_it() -> None:
    def box(label: str) -> LabeledBox[str]:
        return LabeledBox(label, tcp(25), ((1, 4),))

    twice = [box("mailbox"), box("mailbox")]
    assert widest(twice, ABOVE.__getitem__) == {1: 0}
    assert widest([*twice, box("exchange")], ABOVE.__getitem__) == {0: 2, 1: 2}


def test_windows_over_ports_cover_no_other_window_and_all_that_all_hold() -> None:
    """Overlapping ranges, each a little further: none holds another."""
    windows = [LabeledBox("edge", tcp((first, first + 100)), ((1, 4),)) for first in range(1, 101)]
    narrow = LabeledBox("edge", tcp((100, 101)), ((2, 3),))
    assert widest([*windows, narrow], ABOVE.__getitem__) == {100: 0}
