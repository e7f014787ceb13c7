"""Which rules could be left out: by the index, and by looking at every packet of a small network."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from exchange_ports.clouds.base import AllowRule, Way
from exchange_ports.proof.redundancy import RuleIndex
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import tcp
from exchange_ports.traffic.services import ServiceSet

#: Every member of `mailbox` is one of `exchange`; no one is a member of `nobody`.
IMPLIED: Final[Mapping[str, tuple[str, ...]]] = {"mailbox": ("exchange",)}
ATTACHED: Final = (("", "exchange"), ("", "mailbox"), ("", "edge"))
FIRST: Final = int(ip_address("10.0.0.0"))
PLACES, PORTS = 5, 4
#: Mostly one, so that rules meet.
_WAYS: Final[tuple[Way, ...]] = ("in", "in", "out")


@st.composite
def rules(draw: st.DrawFn) -> list[AllowRule]:
    """A few rules of few groups, addresses and ports, so that one often names what others do."""
    found: list[AllowRule] = []
    for number in range(draw(st.integers(1, 5))):
        peer = draw(st.sampled_from([None, None, "exchange", "mailbox"]))
        first, last = sorted(draw(st.tuples(*[st.integers(0, PLACES - 1)] * 2)))
        low, high = sorted(draw(st.tuples(*[st.integers(1, PORTS)] * 2)))
        addresses = AddressSet.between(ip_address(FIRST + first), ip_address(FIRST + last))
        group = draw(st.sampled_from(["exchange", "mailbox", "edge", "nobody"]))
        way = draw(st.sampled_from(_WAYS))
        services = ServiceSet.of(tcp((low, high)), 4)
        found.append(AllowRule(f"r{number}", "", group, way, peer, addresses, services))
    return found


def packets(rule: AllowRule) -> set[tuple[object, int]]:
    """Every peer and port that a rule names: groups by what they mean, so as themselves."""
    ports = [port for port in range(1, PORTS + 1) if ServiceSet.of(tcp(port), 4) <= rule.services]
    if rule.peer is not None:
        return {(rule.peer, port) for port in ports}
    places = [FIRST + at for at in range(PLACES)]
    return {(at, port) for at in places if ip_address(at) in rule.addresses for port in ports}


def covers(wide: AllowRule, rule: AllowRule) -> set[tuple[object, int]]:
    """The packets of a rule that another one names, at all members of its group."""
    at_all = wide.group in (rule.group, *IMPLIED.get(rule.group, ()))
    if wide is rule or not at_all or wide.way != rule.way:
        return set()
    if rule.peer is None or wide.peer is None:
        return packets(rule) & packets(wide) if rule.peer is wide.peer else set()
    if wide.peer not in (rule.peer, *IMPLIED.get(rule.peer, ())):
        return set()
    ports = {port for _, port in packets(wide)}
    return {(peer, port) for peer, port in packets(rule) if port in ports}


@given(rules())
def test_the_index_finds_the_rules_that_others_cover(drawn: list[AllowRule]) -> None:
    index = RuleIndex(drawn, IMPLIED, ATTACHED)
    attached = [rule for rule in drawn if rule.group != "nobody"]
    alone = {
        rule.name
        for rule in attached
        if any(covers(other, rule) == packets(rule) for other in attached)
    }
    idle = {rule.name for rule in drawn if rule.group == "nobody"}
    assert {found.name for found in index.redundant()} == alone | idle
    together = {
        rule.name
        for rule in attached
        if packets(rule) == set[tuple[object, int]]().union(*(covers(o, rule) for o in attached))
    }
    assert {found.name for found in index.together()} == together - alone


@given(rules())
def test_what_is_reported_to_cover_a_rule_does_and_all_of_it_is_needed(
    drawn: list[AllowRule],
) -> None:
    index = RuleIndex(drawn, IMPLIED, ATTACHED)
    named = {rule.name: rule for rule in drawn}
    for found in index.redundant():
        other = named.get(found.why.partition(" covers it")[0])
        if other is not None:
            assert covers(other, named[found.name]) == packets(named[found.name])
    for found in index.together():
        rule = named[found.name]
        others = [named[each] for each in found.why.removesuffix(" cover it together").split(", ")]
        parts = [covers(other, rule) for other in others]
        assert set[tuple[object, int]]().union(*parts) == packets(rule)
        assert len(others) > 1


def test_of_two_rules_that_cover_a_third_the_one_of_its_own_group_is_named() -> None:
    def rule(name: str, group: str, last: int) -> AllowRule:
        addresses = AddressSet.between(ip_address(FIRST), ip_address(FIRST))
        return AllowRule(name, "", group, "in", None, addresses, ServiceSet.of(tcp((1, last)), 4))

    several = [
        rule("wide", "exchange", 4),
        rule("in wide", "exchange", 1),
        rule("own", "mailbox", 3),
        rule("in own", "mailbox", 2),
    ]
    for drawn in (several, several[::-1]):
        found = {each.name: each.why for each in RuleIndex(drawn, IMPLIED, ATTACHED).redundant()}
        assert found["in own"].startswith("own covers it"), found
        assert found["own"].startswith("wide covers it")
        assert found["in wide"].startswith("wide covers it")
        assert "wide" not in found
