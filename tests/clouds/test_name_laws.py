"""Names say what a thing is, and nothing else: never an order, a count or a neighbor."""

import re
from dataclasses import replace
from ipaddress import ip_network
from itertools import pairwise
from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_ports.clouds.aws import names as aws
from exchange_ports.clouds.aws.rules import Direction as AwsDirection
from exchange_ports.clouds.aws.rules import GroupRef, ListRef, Peer, SecurityGroupRule
from exchange_ports.clouds.azure.names import BANDS, Identity, priorities, rule_name
from exchange_ports.clouds.azure.rules import Access, Direction, Tag
from exchange_ports.clouds.azure.rules import GroupRef as AzureGroupRef
from exchange_ports.flows import Reason
from exchange_ports.topology.groups import GroupKind, group
from tests.support.strategies import any_ports, ranges

WORDS: Final = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}[A-Za-z0-9_])?", fullmatch=True)
NAMES: Final = st.sampled_from(("hq", "HQ", "hq-v6", "h", "q_")) | WORDS


def key(kind: GroupKind, of: str) -> str:
    """The key of a group; that of the internal servers stands for no one in particular."""
    return group("corp", kind, "" if kind is GroupKind.EXCHANGE else of).key


KEYS: Final = st.builds(key, st.sampled_from(GroupKind), NAMES)

#: Azure: letters, digits, `_`, `.` and `-`, at most 80, beginning with a letter or digit and ending
#: with one or `_` (azure.md 1).
AZURE_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")


@given(st.sampled_from(GroupKind), NAMES, st.sampled_from(GroupKind), NAMES)
def test_two_groups_of_one_key_are_one_group(
    kind: GroupKind, of: str, other: GroupKind, other_of: str
) -> None:
    one, two = group("corp", kind, of), group("corp", other, other_of)
    assert (one.key == two.key) == (one == two)
    assert (one.summary == two.summary) <= (one == two or GroupKind.EXCHANGE in (kind, other))


# AWS.

peers: Final[st.SearchStrategy[Peer]] = st.one_of(
    st.builds(GroupRef, KEYS),
    st.builds(ListRef, st.sampled_from(("internet", "exchange"))),
    ranges("10.0.0.0/28"),
    ranges("2001:db8::/120"),
    st.sampled_from([ip_network(t) for t in ("::/0", "0.0.0.0/0", "2001:db8::/32", "::10/128")]),
)
aws_rules: Final = st.builds(
    SecurityGroupRule,
    group=KEYS,
    direction=st.sampled_from(AwsDirection),
    ports=any_ports().map(lambda ports: ports.one_by_one()[0]),
    peer=peers,
    reasons=st.just(()),
)


@given(aws_rules, aws_rules)
def test_equal_names_are_equal_aws_rules(one: SecurityGroupRule, other: SecurityGroupRule) -> None:
    assert (aws.rule_name(one) == aws.rule_name(other)) == (one == other)


def test_a_list_and_a_group_of_one_key_are_two_peers() -> None:
    assert ListRef("exchange") != GroupRef("exchange")
    assert AzureGroupRef("AzureLoadBalancer") != Tag("AzureLoadBalancer")


@given(aws_rules)
def test_reasons_are_no_part_of_an_aws_rules_name(rule: SecurityGroupRule) -> None:
    told = replace(rule, reasons=(Reason("backup"),), description="backup")
    assert aws.rule_name(told) == aws.rule_name(rule)
    assert told == rule


@given(aws_rules)
def test_an_aws_rules_name_may_stand_in_a_urn(rule: SecurityGroupRule) -> None:
    """Pulumi takes `::` as the seam of a URN, and blanks or quotes would need escaping in a shell."""
    assert re.fullmatch(r"[A-Za-z0-9._,/-]+", aws.rule_name(rule))


@given(st.text())
def test_any_text_is_made_safe_for_ec2_once_and_for_all(text: str) -> None:
    safe = aws.safe(text)
    assert aws.SAFE_TEXT.fullmatch(safe)
    assert len(safe) == len(text)
    assert aws.safe(safe) == safe


# Azure.

identities: Final = st.builds(
    Identity,
    band=st.sampled_from(sorted(BANDS)),
    direction=st.sampled_from(Direction),
    access=st.sampled_from(Access),
    protocol=st.sampled_from(("any", "tcp", "udp")),
    ports=st.sampled_from(("all", "25", "443", "5985-5986", "1_2_3")),
    source=KEYS | st.sampled_from(("internet", "clients.hq", "clients.hq.v6", "2001:db8::/32")),
    destination=KEYS,
)
#: Few in a small band, so that they collide.
crowds: Final = st.lists(
    identities.map(lambda i: replace(i, band="probe")), max_size=60, unique=True
)


@pytest.mark.slow
@given(st.lists(identities, max_size=30, unique=True), st.randoms(use_true_random=False))
def test_priorities_do_not_depend_on_the_order_of_rules(
    several: list[Identity], random: Random
) -> None:
    other = list(several)
    random.shuffle(other)
    assert priorities(several) == priorities(other)


@pytest.mark.slow
@given(crowds)
def test_priorities_are_unique_in_a_direction_even_in_a_crowd(crowd: list[Identity]) -> None:
    given_ = priorities(crowd)
    assert set(given_) == set(crowd)
    assert len({(each.direction, priority) for each, priority in given_.items()}) == len(crowd)
    band = BANDS["probe"]
    assert all(band.first <= priority <= band.last for priority in given_.values())


@pytest.mark.slow
@given(crowds)
def test_a_rule_has_the_priority_it_would_have_alone_unless_that_is_taken(
    crowd: list[Identity],
) -> None:
    given_ = priorities(crowd)
    for each, priority in given_.items():
        alone = priorities([each])[each]
        if priority != alone:
            assert [o for o in crowd if o.direction is each.direction and given_[o] == alone]


@pytest.mark.slow
@given(crowds, identities)
def test_one_more_rule_moves_others_only_into_places_that_were_free_or_theirs(
    crowd: list[Identity], one: Identity
) -> None:
    """However rules move, one rule more takes one place more."""
    one = replace(one, band="probe")
    before = {(each.direction, priority) for each, priority in priorities(crowd).items()}
    after = {(each.direction, priority) for each, priority in priorities([*crowd, one]).items()}
    assert before <= after
    assert len(after - before) == (one not in crowd)


def crowded(many: int, direction: Direction = Direction.IN) -> list[Identity]:
    """So many rules of the smallest band but one."""
    return [
        Identity("probe", direction, Access.ALLOW, "tcp", str(port), "all", "all")
        for port in range(1, many + 1)
    ]


def test_whom_a_full_band_has_no_room_for_comes_after_the_last_priority_of_all() -> None:
    """No rule is dropped: Azure refuses these, and a plan that has one is over a limit."""
    band = BANDS["probe"]
    crowd = crowded(band.size + 10)
    given_ = priorities(crowd)
    assert set(given_) == set(crowd)
    assert sorted(given_.values()) == [*range(band.first, band.last + 1), *range(4097, 4107)]


def test_both_directions_and_all_bands_count_on_from_the_same_priority() -> None:
    """Priorities are unique in a direction, whichever band was full."""
    band, denies = BANDS["probe"], BANDS["denies"]
    inbound, outbound = crowded(band.size + 2), crowded(band.size + 1, Direction.OUT)
    refused = [replace(each, band="denies") for each in crowded(denies.size + 1)]
    given_ = priorities([*inbound, *outbound, *refused])
    beyond = sorted((each.direction, number) for each, number in given_.items() if number > 4096)
    assert beyond == [("in", 4097), ("in", 4098), ("in", 4099), ("out", 4097)]


def test_rules_that_have_room_keep_their_priority_when_others_have_none() -> None:
    """The first by the second hash stay; who goes beyond is who comes last."""
    band = BANDS["probe"]
    crowd = crowded(band.size + 5)
    given_ = priorities(crowd)
    last = sorted(crowd, key=lambda each: each.order)[-5:]
    assert [given_[each] for each in last] == [4097, 4098, 4099, 4100, 4101]
    fitting = priorities(each for each in crowd if each not in last)
    assert fitting == {each: number for each, number in given_.items() if each not in last}


@pytest.mark.slow
@given(crowds, st.data())
def test_priorities_are_found_place_by_place(crowd: list[Identity], draw: st.DataObject) -> None:
    """From the place that the hash says, the next that is free; after the last comes the first."""
    more = draw.draw(st.sampled_from((0, 60, 98)))
    crowd = [*crowd, *crowded(more)]
    band = BANDS["probe"]
    taken: set[tuple[Direction, int]] = set()
    beyond = dict.fromkeys(Direction, 4097)
    reported: dict[Identity, int] = {}
    for each in sorted(set(crowd), key=lambda one: one.order):
        start = each.hash(0) % band.size
        places = (band.first + (start + step) % band.size for step in range(band.size))
        free = next((p for p in places if (each.direction, p) not in taken), None)
        if free is None:
            free = beyond[each.direction]
            beyond[each.direction] += 1
        taken.add((each.direction, free))
        reported[each] = free
    assert priorities(crowd) == reported


@given(identities, st.integers(100, 4096))
def test_an_azure_rules_name_is_one_that_azure_takes(identity: Identity, priority: int) -> None:
    name = rule_name(identity, priority)
    assert AZURE_NAME.fullmatch(name)
    assert name.startswith(f"{identity.direction}-{priority:04d}-")


@given(identities, identities, st.integers(100, 4096), st.integers(100, 4096))
def test_names_sort_as_priorities_do(a: Identity, b: Identity, one: int, other: int) -> None:
    b = replace(b, direction=a.direction)
    if one != other:
        assert (rule_name(a, one) < rule_name(b, other)) == (one < other)


def test_names_too_long_for_azure_stay_apart() -> None:
    long = "clients." + "a" * 40
    base = Identity(
        "flows", Direction.IN, Access.ALLOW, "tcp", "443", long, "client-access." + "b" * 40
    )
    other = replace(base, destination=base.destination[:-1] + "c")
    names = {rule_name(base, 1200), rule_name(other, 1200)}
    assert len(names) == 2
    assert {len(name) for name in names} == {80}


def test_bands_do_not_meet_and_all_allows_come_before_all_denies() -> None:
    bands = sorted(BANDS.values())
    assert list(BANDS.values()) == bands
    assert all(one.last < other.first for one, other in pairwise(bands))
    assert (bands[0].first, bands[-1].last) == (100, 4096), "Azure's whole range"
    assert list(BANDS) == ["probe", "internal", "flows", "denies"]
