"""The semantics of both clouds on hostile rule sets, against brute force packet by packet.

The evaluators here know nothing of sets: they ask each rule about one packet, in the words of the
clouds' documents, with the standard library's addresses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Final

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from exchange_ports.clouds.aws import evaluator as aws_semantics
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import evaluator as azure_semantics
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.traffic.addresses import Address, AddressSet, Network
from exchange_ports.traffic.ports import ANY_PORTS, PortRange, Ports, Protocol
from exchange_ports.traffic.services import IcmpMessage, ServicePoint
from exchange_ports.traffic.traffic import Packet
from tests.support.hostile import (
    LISTS,
    MEMBERS,
    MEMBERSHIPS,
    OWN,
    RANGES,
    TAGS,
    aws_sets,
    azure_sets,
)

pytestmark = pytest.mark.slow

_ADDRESSES: Final[tuple[Address, ...]] = tuple(
    map(
        ip_address,
        (
            *("0.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.127.255.255"),  # noqa: S104
            *("10.128.0.0", "11.0.0.0", "168.63.129.15", "168.63.129.16", "255.255.255.255"),
            *("::", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::"),
        ),
    )
)
_SERVICES: Final = (
    *(ServicePoint(6, port) for port in (0, 24, 25, 26, 79, 80, 81, 65535)),
    *(ServicePoint(17, port) for port in (24, 25, 53)),
    *(ServicePoint(1, IcmpMessage(*m)) for m in ((0, 0), (3, 3), (3, 4), (8, 0))),
    ServicePoint(58, IcmpMessage(128, 0)),
    *(ServicePoint(number) for number in (2, 47, 50, 51, 255)),
)
_PACKETS: Final = tuple(Packet(*both) for both in product(_ADDRESSES, _SERVICES))

directions = st.sampled_from(("in", "out"))


def _holds(key: str, address: Address) -> bool:
    return any(
        key in attached and address in OWN[server] for server, attached in MEMBERSHIPS.items()
    )


def _inside(address: Address, range_: Network) -> bool:
    return address.version == range_.version and address in range_


# ---- AWS ----


def _aws_names(rule: aws.SecurityGroupRule, packet: Packet) -> bool:
    peer = rule.peer
    if isinstance(peer, aws.GroupRef):
        reaches = _holds(peer.key, packet.address)
    elif isinstance(peer, aws.ListRef):
        entries = next(one.entries for one in LISTS if one.key == peer.key)
        reaches = any(_inside(packet.address, entry) for entry in entries)
    else:
        reaches = _inside(packet.address, peer)
    protocol, detail = packet.service
    wanted = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "50": 50, "51": 51}
    # ICMP is a protocol of IPv4, ICMPv6 one of IPv6: such a packet is in no rule otherwise.
    families = {"icmp": 4, "icmpv6": 6}
    if packet.address.version != families.get(rule.ip_protocol, packet.address.version):
        return False
    if rule.ip_protocol == "-1":
        return reaches
    if wanted[rule.ip_protocol] != protocol:
        return False
    if isinstance(detail, IcmpMessage):
        kind, code = rule.port_range or (-1, -1)
        return reaches and kind in (-1, detail.type) and code in (-1, detail.code)
    if isinstance(detail, int):
        assert rule.port_range
        return reaches and rule.port_range[0] <= detail <= rule.port_range[1]
    return reaches


@given(aws_sets, st.sampled_from(sorted(MEMBERSHIPS)), st.sampled_from(aws.Direction))
def test_security_groups_permit_what_any_rule_of_any_attached_group_names(
    rules: aws.AwsRuleSet, server: str, direction: aws.Direction
) -> None:
    filters = aws_semantics.AwsFilters(rules, MEMBERS)
    permitted = filters.permitted(server, direction)
    for packet in _PACKETS:
        allowing = [
            rule
            for rule in rules.rules
            if rule.group in MEMBERSHIPS[server]
            and rule.direction is direction
            and _aws_names(rule, packet)
        ]
        assert (packet in permitted) == bool(allowing), packet
        decision = filters.decided_by(server, direction, packet)
        assert decision.passes == bool(allowing)
        assert sorted(map(repr, decision.rules)) == sorted(map(repr, allowing))


@given(aws_sets, st.randoms(use_true_random=False))
def test_the_order_of_security_group_rules_decides_nothing(
    rules: aws.AwsRuleSet, random: object
) -> None:
    shuffled = list(rules.rules)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = aws.AwsRuleSet("n", rules.groups, LISTS, tuple(shuffled), MEMBERSHIPS)
    one, another = (aws_semantics.AwsFilters(each, MEMBERS) for each in (rules, other))
    for asked in product(MEMBERSHIPS, aws.Direction):
        assert one.permitted(*asked) == another.permitted(*asked)


@pytest.mark.parametrize(
    "rule",
    [
        aws.SecurityGroupRule("nobody", aws.Direction.IN, ANY_PORTS, RANGES[0], ()),
        aws.SecurityGroupRule("a", aws.Direction.IN, ANY_PORTS, aws.GroupRef("nobody"), ()),
        aws.SecurityGroupRule("a", aws.Direction.IN, ANY_PORTS, aws.ListRef("nothing-of-ours"), ()),
        aws.SecurityGroupRule("a", aws.Direction.IN, Ports(Protocol.TCP), RANGES[0], ()),
        aws.SecurityGroupRule(
            "a", aws.Direction.IN, Ports(Protocol.ICMP, (PortRange(-1, 4),)), RANGES[0], ()
        ),
    ],
)
def test_what_ec2_refuses_is_no_rule(rule: aws.SecurityGroupRule) -> None:
    groups = (aws.SecurityGroup("a", ""),)
    with pytest.raises(ValueError, match=r"there is no|without ports|of every type"):
        aws_semantics.AwsFilters(aws.AwsRuleSet("n", groups, LISTS, (rule,), {}), {})


# ---- Azure ----


def _azure_side(side: azure.Side, address: Address, own_groups: tuple[str, ...] | None) -> bool:
    """Whether a side names an end: ours where `wears` is given, the peer otherwise."""
    if isinstance(side, azure.Anything):
        return True
    if isinstance(side, azure.GroupRef):
        return _holds(side.key, address) if own_groups is None else side.key in own_groups
    if isinstance(side, azure.Prefixes):
        return any(_inside(address, range_) for range_ in side.ranges)
    host = address == ip_address("168.63.129.16")
    within = host or _inside(address, ip_network("10.0.0.0/8"))
    if side.name == "VirtualNetwork":
        return within or own_groups is not None
    return host if side.name == "AzureLoadBalancer" else not within


def _azure_service(ports: Ports, packet: Packet) -> bool:
    protocol, detail = packet.service
    if ports.protocol is Protocol.ANY:
        return True
    if ports.protocol is Protocol.ICMP:
        return protocol == (1 if packet.address.version == 4 else 58)
    wanted = {Protocol.TCP: 6, Protocol.UDP: 17, Protocol.ESP: 50, Protocol.AH: 51}
    if wanted[ports.protocol] != protocol:
        return False
    return not isinstance(detail, int) or any(a <= detail <= b for a, b in ports.ranges)


@st.composite
def placed_sets(draw: st.DrawFn) -> azure.AzureRuleSet:
    """A group at the interfaces of the internal zone, at its subnets, at both or at neither."""
    places = draw(st.lists(st.sampled_from(azure.Attachment), unique=True))
    rules = draw(azure_sets())
    several = [rules, *(draw(azure_sets()) for _ in places[1:])]
    groups = (replace(s.groups[0], at=at) for s, at in zip(several, places, strict=False))
    return replace(rules, groups=tuple(groups))


def _in_order(
    group: azure.NetworkSecurityGroup, direction: azure.Direction
) -> Iterator[azure.SecurityRule]:
    of_it = [rule for rule in group.rules if rule.direction is direction]
    yield from sorted(of_it, key=lambda rule: rule.priority)
    # The defaults in their own order (azure.md 2).
    yield from (rule for rule in azure_semantics.DEFAULT_RULES if rule.direction is direction)


def _first(
    group: azure.NetworkSecurityGroup,
    direction: azure.Direction,
    packet: Packet,
    own: Address,
    attached: tuple[str, ...],
) -> azure.SecurityRule:
    """The rule of one group that decides."""
    ours, peer = (own, attached), (packet.address, None)
    source, destination = (peer, ours) if direction is azure.Direction.IN else (ours, peer)
    return next(
        rule
        for rule in _in_order(group, direction)
        if _azure_service(rule.ports, packet)
        and _azure_side(rule.source, *source)
        and _azure_side(rule.destination, *destination)
    )


def _on_the_way(
    rules: azure.AzureRuleSet, direction: azure.Direction
) -> list[azure.NetworkSecurityGroup]:
    """In: the subnet's and then the interface's. Out: the other way round (azure.md 3)."""
    order = [azure.Attachment.SUBNETS, azure.Attachment.NETWORK_INTERFACES]
    if direction is azure.Direction.OUT:
        order.reverse()
    return sorted(rules.groups, key=lambda group: order.index(group.at))


def _naive(
    groups: list[azure.NetworkSecurityGroup],
    direction: azure.Direction,
    packet: Packet,
    own: Address,
    attached: tuple[str, ...],
) -> azure_semantics.AzureDecision:
    """Group after group, until one denies."""
    rulings: list[azure_semantics.Ruling] = []
    for group in groups:
        rule = _first(group, direction, packet, own, attached)
        rulings.append(azure_semantics.Ruling(group.at, rule))
        if rule.access is azure.Access.DENY:
            return azure_semantics.AzureDecision(False, tuple(rulings))
    return azure_semantics.AzureDecision(True, tuple(rulings))


@settings(max_examples=settings().max_examples * 2)
@given(placed_sets(), st.sampled_from("stu"), st.sampled_from(azure.Direction))
def test_the_first_rule_that_matches_decides_at_each_place_and_both_must_allow(
    rules: azure.AzureRuleSet, server: str, direction: azure.Direction
) -> None:
    own = next(iter(OWN[server]))
    filters = azure_semantics.AzureFilters(rules, MEMBERS, TAGS)
    permitted = filters.permitted(server, direction, own)
    groups = _on_the_way(rules, direction)
    for packet in _PACKETS:
        naive = _naive(groups, direction, packet, own, MEMBERSHIPS[server])
        assert (packet in permitted) == naive.passes, (packet, naive)
        assert filters.decided_by(server, direction, packet, own) == naive
        # Of a packet that is stopped, whoever stops it decides alone.
        assert len(filters.decided_by(server, direction, packet, own).rules) == (
            len(groups) if naive.passes else 1
        )


_BESIDE: Final = AddressSet.of([*RANGES[3:6], ip_network("11.0.0.0/32"), RANGES[8]])


@given(placed_sets(), st.sampled_from(azure.Direction))
def test_a_host_beside_ours_meets_the_group_of_its_subnet_and_has_nothing(
    rules: azure.AzureRuleSet, direction: azure.Direction
) -> None:
    filters = azure_semantics.AzureFilters(rules, MEMBERS, TAGS)
    parts = list(filters.beside(azure.Zone.INTERNAL, direction, _BESIDE))
    groups = [group for group in rules.groups if group.at is azure.Attachment.SUBNETS]
    assert bool(parts) == bool(groups)
    for own in _ADDRESSES:
        if not parts:
            continue
        of_it = [permitted for part, permitted in parts if own in part]
        # Each address is in one part, and no other address is.
        assert len(of_it) == (own in _BESIDE)
        for permitted in of_it:
            for packet in _PACKETS:
                naive = _naive(groups, direction, packet, own, ())
                assert (packet in permitted) == naive.passes, (own, packet, naive)
                asked = (azure.Zone.INTERNAL, direction, packet, own)
                assert filters.decided_beside(*asked) == naive


_OTHER_TAGS: Final = (
    azure_semantics.forced_tags(),
    azure_semantics.usual_tags(AddressSet()),
    {
        "VirtualNetwork": AddressSet(),
        "Internet": _BESIDE,
        "AzureLoadBalancer": azure_semantics.PROBE,
    },
)


@given(placed_sets(), st.sampled_from("stu"), st.sampled_from(_OTHER_TAGS))
def test_filters_where_tags_hold_something_else_are_those_made_with_these_tags(
    rules: azure.AzureRuleSet, server: str, tags: Mapping[str, AddressSet]
) -> None:
    own = next(iter(OWN[server]))
    first, made = (azure_semantics.AzureFilters(rules, MEMBERS, each) for each in (TAGS, tags))
    for direction in azure.Direction:
        before = first.permitted(server, direction, own)
        other = first.where_tags_hold(tags)
        assert other.permitted(server, direction, own) == made.permitted(server, direction, own)
        asked = (azure.Zone.INTERNAL, direction, _BESIDE)
        assert list(other.beside(*asked)) == list(made.beside(*asked))
        assert first.permitted(server, direction, own) == before


@given(placed_sets(), st.sampled_from("stu"), st.sampled_from(azure.Direction))
def test_where_no_rule_with_a_tag_has_a_say_tags_may_hold_anything(
    rules: azure.AzureRuleSet, server: str, direction: azure.Direction
) -> None:
    own = next(iter(OWN[server]))
    usual, *others = (
        azure_semantics.AzureFilters(rules, MEMBERS, tags) for tags in (TAGS, *_OTHER_TAGS)
    )
    hangs = usual.hangs_on_tags(server, direction, own)
    event(f"hangs on tags: {hangs}")
    if not hangs:
        for filters in others:
            assert filters.permitted(server, direction, own) == usual.permitted(
                server, direction, own
            )


@given(placed_sets())
def test_where_no_group_is_everything_passes(rules: azure.AzureRuleSet) -> None:
    filters = azure_semantics.AzureFilters(rules, MEMBERS, TAGS)
    for direction in azure.Direction:
        assert not ~filters.permitted("v", direction)
        decision = filters.decided_by("v", direction, _PACKETS[0])
        assert decision == azure_semantics.AzureDecision(True)


def _rule(name: str = "r", priority: int = 100, **rest: object) -> azure.SecurityRule:
    usual: dict[str, object] = {
        "direction": azure.Direction.IN,
        "access": azure.Access.ALLOW,
        "ports": ANY_PORTS,
        "source": azure.Anything(),
        "destination": azure.Anything(),
        "reasons": (),
    }
    return azure.SecurityRule(name, priority, **{**usual, **rest})  # type: ignore[arg-type]


_TWICE: Final = (_rule("r"), _rule("q"))


@pytest.mark.parametrize(
    "rules, why",
    [
        (_TWICE, "two rules have the priority 100"),
        ((_rule("r"), _rule("R", 101)), "two rules are called R"),
        ((_rule(priority=99),), "has the priority 99"),
        ((_rule(priority=4097),), "has the priority 4097"),
        ((_rule(ports=Ports(Protocol.TCP)),), "has no ports"),
        (
            (_rule(source=azure.GroupRef("nobody")),),
            "there is no application security group nobody",
        ),
        ((_rule(source=azure.Tag("Storage")),), "what the tag Storage holds is not known"),
        ((_rule(source=azure.Prefixes(RANGES[1:3])),), "overlap, or none: 10.0.0.0/8, 10.0.0.0/9"),
        ((_rule(source=azure.Prefixes(RANGES[1:2] * 2)),), "overlap, or none: 10.0.0.0/8"),
        ((_rule(destination=azure.Prefixes(())),), "overlap, or none: none"),
    ],
)
def test_what_azure_refuses_is_no_rule_set(rules: tuple[azure.SecurityRule, ...], why: str) -> None:
    group = azure.NetworkSecurityGroup(azure.Zone.INTERNAL, rules)
    with pytest.raises(ValueError, match=why):
        azure_semantics.AzureFilters(azure.AzureRuleSet("n", (group,), (), {}, {}), {}, TAGS)


def test_two_groups_at_one_place_are_no_rule_set() -> None:
    group = azure.NetworkSecurityGroup(azure.Zone.INTERNAL, (), azure.Attachment.SUBNETS)
    twice = azure.AzureRuleSet("n", (group, group), (), {}, {})
    with pytest.raises(ValueError, match="two groups at the subnets of the internal zone"):
        azure_semantics.AzureFilters(twice, {}, TAGS)


def test_one_priority_at_the_interface_and_at_the_subnet_is_no_conflict() -> None:
    groups = (
        azure.NetworkSecurityGroup(azure.Zone.INTERNAL, (_rule(),), at) for at in azure.Attachment
    )
    azure_semantics.AzureFilters(azure.AzureRuleSet("n", tuple(groups), (), {}, {}), {}, TAGS)


def test_one_priority_in_both_directions_is_no_conflict() -> None:
    rules = (_rule("r"), _rule("q", direction=azure.Direction.OUT))
    group = azure.NetworkSecurityGroup(azure.Zone.INTERNAL, rules)
    azure_semantics.AzureFilters(azure.AzureRuleSet("n", (group,), (), {}, {}), {}, TAGS)


def test_under_forced_tunneling_the_default_rules_let_everything_in() -> None:
    everything = AddressSet.everything()
    group = azure.NetworkSecurityGroup(azure.Zone.INTERNAL, ())
    rules = azure.AzureRuleSet("n", (group,), (), {"s": ()}, {"s": azure.Zone.INTERNAL})
    tags = {**TAGS, "VirtualNetwork": everything}
    permitted = azure_semantics.AzureFilters(rules, {}, tags).permitted("s", azure.Direction.IN)
    assert permitted.addresses() == everything
    usual = azure_semantics.AzureFilters(rules, {}, TAGS).permitted("s", azure.Direction.IN)
    assert usual.addresses() == TAGS["VirtualNetwork"]


def test_a_deny_of_the_virtual_network_stops_the_probes() -> None:
    deny = _rule(access=azure.Access.DENY, source=azure.Tag("VirtualNetwork"))
    group = azure.NetworkSecurityGroup(azure.Zone.INTERNAL, (deny,))
    rules = azure.AzureRuleSet("n", (group,), (), {"s": ()}, {"s": azure.Zone.INTERNAL})
    assert not azure_semantics.AzureFilters(rules, {}, TAGS).permitted("s", azure.Direction.IN)


def test_a_rule_at_our_own_address_needs_to_be_told_it() -> None:
    rule = _rule(destination=azure.Prefixes((RANGES[5],)))
    group = azure.NetworkSecurityGroup(azure.Zone.INTERNAL, (rule,))
    rules = azure.AzureRuleSet("n", (group,), (), {"s": ()}, {"s": azure.Zone.INTERNAL})
    filters = azure_semantics.AzureFilters(rules, {}, TAGS)
    with pytest.raises(ValueError, match="r depends on the address of the server"):
        filters.permitted("s", azure.Direction.IN)
    here, beside = (
        filters.permitted("s", azure.Direction.IN, ip_address(own))
        for own in ("10.0.0.3", "10.0.0.4")
    )
    assert not ~here
    assert beside.addresses() == TAGS["VirtualNetwork"]
