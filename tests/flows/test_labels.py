"""Ends in words: tables of what each reads like, at the borders where the words change."""

from functools import cache
from ipaddress import ip_address
from typing import Any, Final

import pytest

from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows.flow_index import FlowIndex
from exchange_ports.flows.labels import (
    AddressLabels,
    EndpointLabels,
    EndpointNames,
    QueryEndpoint,
    few,
    label,
    outside_label,
    parts_of,
    peer_label,
    roles_label,
    with_ranges,
)
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import Group, GroupKind
from exchange_ports.topology.inventory import Inventory
from exchange_ports.traffic.addresses import AddressSet, network
from tests.support.strategies import GONE, WITH_EDGE, declared, edited

DATA: Final = edited(
    WITH_EDGE,
    {
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"], "address": "10.20.0.11"},
            "mbx1": {"roles": ["mailbox"], "address": "10.20.0.12"},
            "mbx2": {"roles": ["mailbox"], "address": "10.20.0.13", "id": "old"},
        },
        "sites.paris": {
            "network": "corp",
            "servers": {"ex3": {"roles": ["client_access", "mailbox"], "address": "10.20.0.21"}},
            "lync": {"addresses": ["10.20.4.0/28"]},
        },
        "edge_servers.edge1.address": "10.20.240.5",
        "clients.office": {"from": ["10.64.0.0/16", "10.70.0.0/16"]},
        "clients.world": {"services": ["imap"]},
        "mail_flow.relays.scanners": {"from": ["10.20.7.8"]},
    },
)


@cache
def plans() -> Plans:
    return compile_plans(declared(DATA))


def outside(
    summary: str, *ranges: str, kind: EndpointKind = EndpointKind.CLIENTS, **more: Any
) -> ExternalEndpoint:
    return ExternalEndpoint("name", tuple(map(network, ranges)), summary, kind=kind, **more)


def ranges(*texts: str) -> AddressSet:
    return AddressSet.of(map(network, texts))


def named(name: str) -> ExternalEndpoint:
    ends = (end for flow in plans().flows for end in (flow.source, flow.destination))
    return next(e for e in ends if isinstance(e, ExternalEndpoint) and e.name == name)


@pytest.mark.parametrize(
    "names, text",
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b", "c", "d"], "a, b, c, d"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_a_few_names_are_written_and_the_others_are_counted(names: list[str], text: str) -> None:
    assert few(names) == text


@pytest.mark.parametrize(
    "end, alone, beside, counted",
    [
        (outside("office", "10.64.0.0/16"), "office", "office (10.64.0.0/16)", None),
        (outside("10.64.0.9/32", "10.64.0.9/32"), "10.64.0.9", "10.64.0.9", None),
        (outside("10.64.0.0/16", "10.64.0.0/16"), "10.64.0.0/16", "10.64.0.0/16", None),
        (
            outside("office", "10.1.0.0/16", "10.3.0.0/16", "10.5.0.0/32"),
            "office",
            "office (10.1.0.0/16, 10.3.0.0/16, 10.5.0.0)",
            None,
        ),
        (
            outside("office", "10.1.0.0/16", "10.3.0.0/16", "10.5.0.0/16", "10.7.0.0/16"),
            "office",
            "office",
            "office (4 prefixes)",
        ),
    ],
)
def test_an_end_outside_alone_and_beside_its_ranges(
    end: ExternalEndpoint, alone: str, beside: str, counted: str | None
) -> None:
    assert label(end) == alone
    assert with_ranges(end) == beside
    assert with_ranges(end, many="prefixes") == (counted or beside)


@pytest.mark.parametrize(
    "servers, text, rank",
    [
        (["cas1", "mbx1", "mbx2", "ex3"], "internal Exchange servers", 3),
        (["cas1", "mbx1", "mbx2", "ex3", "edge1"], "internal Exchange servers, Edge servers", 3),
        (["edge1"], "Edge servers", 2),
        (["mbx1", "mbx2", "ex3"], "Mailbox servers", 3),
        (["cas1", "ex3"], "Client Access servers", 3),
        (["mbx1", "mbx2"], "Mailbox servers of hq", 3),
        (["cas1"], "Client Access servers of hq", 3),
        (["cas1", "mbx1", "mbx2"], "Exchange servers of hq", 3),
        (["ex3"], "Exchange servers of paris", 3),
        (["mbx1"], "mbx1", 3),
        (["mbx1", "cas1"], "Client Access servers of hq, mbx1", 3),
    ],
)
def test_servers_are_called_by_the_widest_words_that_fit(
    servers: list[str], text: str, rank: int
) -> None:
    labels = EndpointLabels(plans().inventory)
    assert labels.name(frozenset(servers)) == text
    assert labels.rank(frozenset(servers)) == rank


def test_ends_outside_follow_the_servers_and_rank_before_them() -> None:
    labels = EndpointLabels(plans().inventory)
    office, internet = named("clients.office"), named("internet")
    both = frozenset(["mbx1", office])
    assert labels.name(both) == "mbx1, clients office (10.64.0.0/16, 10.70.0.0/16)"
    assert labels.name(both, ranges=False) == "mbx1, clients office"
    assert labels.name(frozenset([internet])) == "internet"
    ends = [frozenset([internet]), both, frozenset(["edge1"]), frozenset(["edge1", "mbx1"])]
    assert list(map(labels.rank, ends)) == [0, 1, 2, 3]
    assert parts_of(frozenset(["mbx2", "mbx1", office])) == (
        ("mbx1", "mbx2"),
        ("10.64.0.0/16", "10.70.0.0/16"),
    )


@pytest.mark.parametrize(
    "kinds, text",
    [
        ([(GroupKind.EXCHANGE, "")], ["Exchange"]),
        (
            [(GroupKind.CLIENT_ACCESS, "hq"), (GroupKind.CLIENT_ACCESS, "x")],
            ["Client Access hq, x"],
        ),
        ([(GroupKind.MAILBOX, "old"), (GroupKind.EDGESYNC, "hq")], ["Mailbox hq, paris"]),
        ([(GroupKind.EDGESYNC_SERVER, "mbx1")], ["Mailbox"]),
        ([(GroupKind.SERVER, "mbx1")], ["Exchange"]),
        ([(GroupKind.EDGE, "hq"), (GroupKind.EDGE_SERVER, "edge1")], ["Edge"]),
        ([(GroupKind.MAILBOX, "hq"), (GroupKind.EDGE, "hq")], ["Mailbox hq", "Edge"]),
    ],
)
def test_groups_are_called_by_role_and_by_the_keys_of_their_sites(
    kinds: list[tuple[GroupKind, str]], text: list[str]
) -> None:
    groups = [Group("corp", kind, of) for kind, of in kinds]
    assert roles_label(groups, Inventory(declared(OLD_ID))) == text


#: A site that was called "old", in which the groups above stand.
OLD_ID: Final = edited(DATA, {"sites.paris.id": "old"})

#: Exchange 2019 in hq, of which ex2 is not published, and Exchange 2013 beside 2016 in paris.
LATER: Final = edited(
    WITH_EDGE,
    {
        "version": 2016,
        "sites.hq.servers": {
            "ex1": {"version": 2019},
            "ex2": {"version": 2019, "published": False},
            "ex3": {"version": 2019},
        },
        "sites.paris": {
            "network": "corp",
            "servers": {
                "ex4": {},
                "cas5": {"version": 2013, "roles": ["client_access"]},
                "cas6": {"version": 2013, "roles": ["client_access"], "published": False},
            },
        },
        "sites.rome": {"network": "corp", "servers": {"ex7": {}, "ex8": {}}},
        "edge_servers.edge1.version": 2016,
    },
)


@pytest.mark.parametrize(
    "servers, text",
    [
        (["ex1", "ex2", "ex3"], "Mailbox servers of hq"),
        (["ex1", "ex3"], "published Mailbox servers of hq"),
        (["ex2"], "unpublished Mailbox servers of hq"),
        (["ex7", "ex8"], "Mailbox servers of rome"),
        (["cas5", "ex4"], "published Client Access servers of paris"),
        (["cas6"], "unpublished Client Access servers of paris"),
        (["cas5", "cas6", "ex4"], "Exchange servers of paris"),
        (["cas5", "ex1", "ex3", "ex4", "ex7", "ex8"], "published Client Access servers"),
        (["ex1", "ex2", "ex3", "ex4", "ex7", "ex8"], "Mailbox servers"),
        (["cas5"], "cas5"),
    ],
)
def test_servers_of_later_versions_are_mailbox_servers(servers: list[str], text: str) -> None:
    inventory = compile_plans(declared(LATER)).inventory
    assert EndpointLabels(inventory).name(frozenset(servers)) == text


def test_an_organization_of_later_versions_has_no_client_access_servers() -> None:
    later = edited(
        LATER, {"version": "se", "sites.paris": GONE, "edge_servers.edge1.version": GONE}
    )
    labels = EndpointLabels(compile_plans(declared(later)).inventory)
    published = frozenset(("ex1", "ex3", "ex7", "ex8"))
    assert labels.name(published) == "published Mailbox servers"
    assert labels.name(published | {"ex2"}) == "internal Exchange servers"


@pytest.mark.parametrize(
    "kind, of, text",
    [
        (GroupKind.CLIENT_ACCESS, "hq", "published Mailbox hq"),
        (GroupKind.UNPUBLISHED, "hq", "unpublished Mailbox hq"),
        (GroupKind.CLIENT_ACCESS, "rome", "Mailbox rome"),
        (GroupKind.CLIENT_ACCESS, "paris", "published Client Access paris"),
        (GroupKind.MAILBOX, "hq", "Mailbox hq"),
    ],
)
def test_groups_of_later_versions_are_mailbox_servers(kind: GroupKind, of: str, text: str) -> None:
    assert roles_label([Group("corp", kind, of)], Inventory(declared(LATER))) == [text]


OFFICE: Final = outside("office", "10.64.0.0/16")
NONE: Final = AddressSet()
DCS: Final = [
    outside(f"domain controllers of {site}", "10.20.2.10", kind=EndpointKind.DOMAIN_CONTROLLERS)
    for site in ("hq", "paris")
]
UNRESTRICTED: Final = [
    outside(end.summary, "10.20.2.10", kind=end.kind, unrestricted=True) for end in DCS
]
INTERNET: Final = outside("internet", "0.0.0.0/0", kind=EndpointKind.INTERNET)
APART: Final = ranges("10.0.0.0/32", "10.0.0.2/32", "10.0.0.4/32", "10.0.0.6/32")


@pytest.mark.parametrize(
    "ends, addresses, missing, text",
    [
        ([], NONE, NONE, []),
        ([OFFICE], ranges("10.64.0.0/16"), NONE, ["office (10.64.0.0/16)"]),
        ([OFFICE], APART, NONE, ["office"]),
        ([OFFICE], ranges("10.64.0.9"), ranges("10.64.0.0/17"), ["office, only 10.64.0.9"]),
        ([OFFICE], APART, ranges("10.64.0.9"), ["office, except 10.64.0.9"]),
        ([OFFICE], APART, APART | ranges("10.9.0.0/16"), ["office, some addresses"]),
        ([OFFICE], APART | ranges("10.9.0.0/16"), APART, ["office, most addresses"]),
        ([outside("10.1.0.9/32", "10.1.0.9")], ranges("10.1.0.9"), NONE, ["10.1.0.9"]),
        ([INTERNET], ranges("0.0.0.0/0"), NONE, ["internet"]),
        (
            UNRESTRICTED,
            ranges("10.20.2.10"),
            NONE,
            ["domain controllers of hq, paris (10.20.2.10)"],
        ),
        (DCS[:1], ranges("10.20.2.10"), NONE, ["domain controllers of hq (10.20.2.10)"]),
        (DCS, APART, NONE, ["domain controllers of hq", "domain controllers of paris"]),
        (
            [UNRESTRICTED[0], OFFICE],
            APART,
            NONE,
            ["domain controllers of hq", "office"],
        ),
    ],
)
def test_ends_of_a_change_say_which_part_is_concerned(
    ends: list[ExternalEndpoint], addresses: AddressSet, missing: AddressSet, text: list[str]
) -> None:
    assert outside_label(ends, addresses, missing) == text


def test_the_other_end_of_a_rule_is_a_group_or_ranges() -> None:
    group = Group("corp", GroupKind.MAILBOX, "hq")
    assert peer_label(group, "corp") == "mailbox.hq"
    assert peer_label(group, "north") == "mailbox.hq in corp"
    assert peer_label(OFFICE, "corp") == "office (10.64.0.0/16)"
    many = outside("office", *(f"10.{n}.0.0/16" for n in range(1, 9, 2)))
    assert peer_label(many, "corp") == "office (4 prefixes)"


def labels() -> AddressLabels:
    return AddressLabels(plans().inventory, FlowIndex(plans().flows, {}))


@pytest.mark.parametrize(
    "address, text",
    [
        ("10.20.0.12", "mbx1"),
        ("10.20.2.10", "10.20.2.10 (domain controllers of hq)"),
        ("10.64.3.4", "10.64.3.4 (clients office)"),
        ("10.20.7.8", "10.20.7.8 (relay scanners)"),
        ("10.99.0.1", "10.99.0.1"),
        ("198.51.100.7", "198.51.100.7 (internet)"),
    ],
)
def test_an_address_is_called_by_whose_it_is(address: str, text: str) -> None:
    assert labels().name(ip_address(address)) == text


@pytest.mark.parametrize(
    "texts, text",
    [
        (["10.64.0.0/16", "10.70.0.0/16"], "10.64.0.0/16, 10.70.0.0/16 (clients office)"),
        (["10.64.3.0/24"], "10.64.3.0/24 (clients office)"),
        (["10.99.0.0/24"], "10.99.0.0/24"),
        (["198.51.100.0/24"], "internet (1 range)"),
        ([f"10.64.{n}.0/24" for n in (0, 2, 4, 6)], "4 ranges (clients office)"),
    ],
)
def test_addresses_are_called_by_whose_they_are(texts: list[str], text: str) -> None:
    assert labels().several(ranges(*texts)) == text


def test_who_flows_name_are_known_the_widest_first() -> None:
    assert list(labels().widest.values()) == [
        "internet",
        "clients office",
        "Lync servers of paris",
        "domain controllers of hq",
        "relay scanners",
    ]


def test_every_name_that_a_question_may_use() -> None:
    named = EndpointNames(plans()).named
    assert sorted(named) == sorted(
        [
            *("cas1", "edge1", "ex3", "mbx1", "mbx2", "hq", "paris", "any", "internet"),
            *("exchange", "exchange@hq", "exchange@paris", "edge", "edge@hq"),
            *("client_access", "client_access@hq", "client_access@paris"),
            *("mailbox", "mailbox@hq", "mailbox@paris"),
            *("clients.office", "office", "relay.scanners", "scanners"),
            *("domain-controllers.hq", "lync.paris"),
        ]
    )
    assert named["exchange@hq"].servers == ("cas1", "mbx1", "mbx2")
    assert str(named["scanners"].addresses) == "10.20.7.8"


def test_one_name_may_stand_for_addresses_of_both_families() -> None:
    inbound = [{"from": ["198.51.100.0/24"], "to": ["hq"]}, {"from": ["2001:db8:25::/64"]}]
    both = compile_plans(declared(edited(DATA, {"mail_flow.inbound": inbound})))
    found = EndpointNames(both).named["inbound-mail"]
    assert str(found.addresses) == "198.51.100.0/24, 2001:db8:25::/64"


def test_an_end_is_the_same_by_whatever_name_it_was_asked_for() -> None:
    named = EndpointNames(plans()).named
    assert named["office"] == named["clients.office"]
    assert QueryEndpoint("the first Mailbox server", ("mbx1",)) == QueryEndpoint.server("mbx1")
    assert QueryEndpoint.server("mbx1") != QueryEndpoint.server("mbx2")
