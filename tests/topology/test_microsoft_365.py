"""Which sets of endpoints a hybrid deployment uses, what rules leave out of them, and when a snapshot is old."""

from datetime import date
from typing import Any, Final

import pytest

from exchange_ports.topology import microsoft_365
from tests.support.strategies import SMALL, declared, edited

PIN: Final = "2026081400"
FULL: Final = {"mode": "classic_full", "endpoints": PIN, "mail": ["hq"]}
MINIMAL: Final = {"mode": "classic_minimal", "endpoints": PIN}
MODERN: Final = {"mode": "modern", "endpoints": PIN, "agent_hosts": ["10.20.7.40"]}
REST: Final = ["exchange_online", "sign_in"]
IPV6: Final = {
    "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
}


@pytest.mark.parametrize(
    "hybrid, sets",
    [
        (MINIMAL, REST),
        (FULL, ["hybrid_mail", *REST]),
        (MODERN, REST),
        ({**MINIMAL, "web_services": {"from": "exchange_ranges"}}, ["hybrid_mail", *REST]),
        ({**MINIMAL, "web_services": {"from": "internet"}}, REST),
    ],
)
def test_the_ranges_of_mail_are_used_where_mail_is_exchanged_or_requests_are_restricted_to_them(
    hybrid: dict[str, Any], sets: list[str]
) -> None:
    topology = declared(edited(SMALL, {"hybrid": hybrid}))
    assert topology.hybrid is not None
    assert [each.value for each in microsoft_365.used(topology.hybrid)] == sets
    names = [
        each.selection.set.value for each in microsoft_365.used_sets(topology, topology.hybrid)
    ]
    assert names == sets


@pytest.mark.parametrize(
    "hybrid, classic, requests",
    [
        (MINIMAL, True, True),
        (FULL, True, True),
        (MODERN, False, False),
        ({**MODERN, "web_services": {"from": "internet"}}, False, True),
        ({**MODERN, "web_services": {"to": ["hq"]}}, False, False),
    ],
)
def test_requests_come_in_where_no_agent_fetches_them(
    hybrid: dict[str, Any], classic: bool, requests: bool
) -> None:
    found = declared(edited(SMALL, {"hybrid": hybrid})).hybrid
    assert found is not None
    assert microsoft_365.is_classic(found) is classic
    assert microsoft_365.takes_requests(found) is requests


def test_ranges_of_ipv6_are_left_out_of_networks_without_it() -> None:
    lab = {"platform": "external", "internal": ["10.90.0.0/24"]}
    north = {"platform": "azure", "internal": ["10.40.0.0/20"]}
    for edit, networks in (
        ({}, ("corp",)),
        ({"networks.north": north, "networks.lab": lab}, ("corp", "north")),
        ({**IPV6, "networks.lab": lab}, ()),
        ({**IPV6, "networks.north": north}, ("north",)),
        ({"networks.corp.perimeter": ["10.20.240.0/24", "2001:db8:f0::/64"]}, ()),
    ):
        topology = declared(edited(SMALL, {"hybrid": FULL, **edit}))
        assert topology.hybrid is not None
        for each in microsoft_365.used_sets(topology, topology.hybrid):
            of_ipv6 = each.selection.ranges_of(6)
            assert each.networks == (networks if of_ipv6 else ())
            assert each.left_out == (of_ipv6 if networks else ())
            corp = topology.networks["corp"]
            known = microsoft_365.snapshot(topology.hybrid)
            there = microsoft_365.addresses(known, each.selection.set, corp)
            assert {range_.version for range_ in there} == (
                {4, 6} if of_ipv6 and microsoft_365.has_ipv6(corp) else {4}
            )


@pytest.mark.parametrize(
    "as_of, more, old",
    [
        ("2026-09-01", {}, False),
        ("2028-09-01", {}, True),
        ("2028-09-01", {"acknowledge": {"endpoints-old": "MAIL-9"}}, False),
        ("2028-09-01", {"acknowledge": {"port-25-blocked": "MAIL-9"}}, True),
    ],
)
def test_a_snapshot_is_old_after_a_year_unless_that_is_acknowledged(
    as_of: str, more: dict[str, Any], old: bool
) -> None:
    topology = declared(edited(SMALL, {"hybrid": FULL}))
    topology = topology.model_copy(update=more)
    found = list(microsoft_365.old_endpoints(topology, date.fromisoformat(as_of)))
    assert bool(found) is old
    assert all(each.kind.code == "endpoints-old" for each in found)


def test_without_a_hybrid_deployment_no_snapshot_is_old() -> None:
    assert list(microsoft_365.old_endpoints(declared(SMALL), date(2040, 1, 1))) == []
