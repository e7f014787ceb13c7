"""The flows of Unified Messaging: listeners by startup mode, servers by version and by name, and their fields."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from exchange_ports.catalog import BY_ID, CatalogSection
from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.flows import FieldOrigins, compile_flows
from exchange_ports.flows.labels import EndpointNames
from exchange_ports.planning import compile_plans
from exchange_ports.topology.inventory import Inventory, neighbors
from exchange_ports.traffic.ports import Protocol
from exchange_ports.versions import Article
from tests.support.rule_sets import networks_of
from tests.support.strategies import GONE, SMALL, declared, edited, flow_text

GATEWAY: Final = {"address": "10.20.9.5"}
UM: Final = "unified_messaging"
CALLS: Final = edited(SMALL, {f"{UM}.ip_gateways.gw1": GATEWAY})
#: Two sites of 2013 with split roles.
SPLIT: Final = edited(
    CALLS,
    {
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"], "own_group": True},
            "mbx1": {"roles": ["mailbox"], "own_group": True},
        },
        "sites.paris": {
            "network": "corp",
            "servers": {"cas3": {"roles": ["client_access"]}, "mbx3": {"roles": ["mailbox"]}},
        },
    },
)
ROWS: Final = tuple(
    id_ for id_, entry in BY_ID.items() if entry.section is CatalogSection.UNIFIED_MESSAGING
)


def calls(data: Mapping[str, Any]) -> list[str]:
    """The flows of Unified Messaging, each with its rows."""
    return sorted(
        f"{flow_text(flow)} {' '.join(str(reason.entry) for reason in flow.reasons)}"
        for flow in compile_flows(Inventory(declared(data)))
        if any(reason.entry in ROWS for reason in flow.reasons)
    )


def listeners(data: Mapping[str, Any]) -> list[str]:
    return [line.partition(" -> ")[2] for line in calls(data) if line[-2:] in ("U1", "U2")]


@pytest.mark.parametrize(
    "edit, expected",
    [
        ({}, ["client-access.hq 5060/tcp U1", "mailbox.hq 5062/tcp U2"]),
        ({"startup_mode": "tcp"}, ["client-access.hq 5060/tcp U1", "mailbox.hq 5062/tcp U2"]),
        ({"startup_mode": "tls"}, ["client-access.hq 5061/tcp U1", "mailbox.hq 5063/tcp U2"]),
        (
            {"startup_mode": "dual"},
            ["client-access.hq 5060-5061/tcp U1", "mailbox.hq 5062-5063/tcp U2"],
        ),
        (
            {"startup_mode": "dual", "sip_tcp_listening_port": 5070},
            ["client-access.hq 5061,5070/tcp U1", "mailbox.hq 5062-5063/tcp U2"],
        ),
        (
            {"startup_mode": "tls", "sip_tls_listening_port": 5071},
            ["client-access.hq 5071/tcp U1", "mailbox.hq 5063/tcp U2"],
        ),
    ],
)
def test_the_startup_mode_decides_on_which_ports_calls_arrive(
    edit: Mapping[str, Any], expected: list[str]
) -> None:
    assert (
        listeners(edited(CALLS, {f"{UM}.{key}": value for key, value in edit.items()})) == expected
    )


@pytest.mark.parametrize(
    "mode, port, expected",
    [
        (None, None, 5060),
        ("dual", None, 5060),
        ("tls", None, 5061),
        ("tls", 5060, 5060),
        ("dual", 5061, 5061),
    ],
)
def test_a_gateway_listens_on_its_own_port(
    mode: str | None, port: int | None, expected: int
) -> None:
    gateway = GATEWAY if port is None else {**GATEWAY, "port": port}
    edit: dict[str, Any] = {f"{UM}.ip_gateways.gw1": gateway}
    if mode is not None:
        edit[f"{UM}.startup_mode"] = mode
    assert f"mailbox.hq -> ip-gateway.gw1 {expected}/tcp F4 F5" in calls(edited(CALLS, edit))


def test_a_gateway_of_one_site_reaches_its_servers_only() -> None:
    data = edited(SPLIT, {f"{UM}.ip_gateways.gw1": {**GATEWAY, "to": ["paris"]}})
    assert calls(data) == [
        "ip-gateway.gw1 -> client-access.paris 5060/tcp U1",
        "ip-gateway.gw1 -> mailbox.paris 1024-65535/udp U4",
        "ip-gateway.gw1 -> mailbox.paris 5062/tcp U2",
        "ip-gateway.gw1 -> mailbox.paris 5065-5068/tcp U3",
        "mailbox.paris -> ip-gateway.gw1 1024-65535/udp F3",
        "mailbox.paris -> ip-gateway.gw1 5060/tcp F4 F5",
    ]


def test_single_servers_answer_by_their_role() -> None:
    data = edited(SPLIT, {f"{UM}.ip_gateways.gw1": {**GATEWAY, "to": ["cas1", "mbx1"]}})
    assert listeners(data) == ["server.cas1 5060/tcp U1", "server.mbx1 5062/tcp U2"]


def test_a_site_without_unified_messaging_takes_no_part() -> None:
    later = {"sites.paris.servers": {"ex9": {"version": 2019}}}
    assert listeners(edited(SPLIT, later)) == [
        "client-access.hq 5060/tcp U1",
        "mailbox.hq 5062/tcp U2",
    ]
    assert len(listeners(edited(SPLIT, {"sites.paris.servers": {"ex6": {"version": 2016}}}))) == 4


def test_servers_that_are_not_published_answer_calls() -> None:
    assert "unpublished.hq 5060/tcp U1" in listeners(edited(CALLS, {"sites.hq.published": False}))


def test_the_servers_of_a_retired_group_keep_their_calls() -> None:
    data = edited(
        SPLIT,
        {
            "networks.corp.retired_groups": ["mailbox.rome"],
            "sites.rome": {"network": "corp", "servers": {}},
        },
    )
    assert "mailbox.rome 5062/tcp U2" in listeners(data)


def test_calls_with_lync_have_no_rows_of_their_own() -> None:
    data = edited(
        SMALL,
        {"sites.hq.lync": {"addresses": ["10.20.4.0/28"]}, UM: {"startup_mode": "dual"}},
    )
    without = edited(data, {UM: GONE})
    assert calls(data) == []
    assert compile_flows(Inventory(declared(data))) == compile_flows(Inventory(declared(without)))


def test_no_server_changes_its_groups() -> None:
    """Whatever is declared of calls."""
    with_calls, without = (Inventory(declared(d)) for d in (SPLIT, edited(SPLIT, {UM: GONE})))
    assert [each.groups for each in with_calls.servers] == [each.groups for each in without.servers]


def test_media_is_one_rule_for_each_direction_and_site() -> None:
    """The range has 64,512 ports, and no cloud counts them."""
    for platform in ("aws", "azure"):
        data = edited(SPLIT, {"networks.corp.platform": platform})
        (rules,) = networks_of(compile_plans(declared(data))).values()
        if isinstance(rules, AwsRuleSet):
            media = [rule.group for rule in rules.rules if rule.ports.protocol is Protocol.UDP]
            assert sorted(media) == ["mailbox.hq"] * 2 + ["mailbox.paris"] * 2
        else:
            names = [rule.name for group in rules.groups for rule in group.rules]
            assert len([name for name in names if "udp-1024-65535" in name]) == 4


def test_every_flow_is_asked_for_by_its_gateway_or_fax_partner_server() -> None:
    data = edited(
        CALLS,
        {
            f"{UM}.ip_gateways.gw2": {"address": "10.20.9.6"},
            f"{UM}.fax_partner_servers.fax1": {"address": "10.20.9.20"},
        },
    )
    inventory = Inventory(declared(data))
    origins = FieldOrigins(inventory)
    for flow in compile_flows(inventory):
        for reason in flow.reasons:
            if reason.entry not in ROWS:
                continue
            ends = f"{flow_text(flow)}"
            field = "fax_partner_servers" if "fax1" in ends else "ip_gateways"
            name = next(name for name in ("gw1", "gw2", "fax1") if f".{name} " in f"{ends} ")
            assert origins.of(flow, reason) == ((UM, field, name),)


def test_a_row_cites_the_one_page_for_both_versions() -> None:
    for version in (2013, 2016):
        data = edited(CALLS, {"version": version})
        if version == 2016:
            del data["sites"]["hq"]["servers"]["ex1"]["roles"]
        for flow in compile_flows(Inventory(declared(data))):
            for reason in flow.reasons:
                if reason.entry in ROWS:
                    assert reason.articles == (Article.EXCHANGE_2013,)
                    assert reason.urls == (Article.EXCHANGE_2013.library,)


def test_gateways_and_fax_partner_servers_are_found_by_name() -> None:
    data = edited(CALLS, {f"{UM}.fax_partner_servers.fax1": {"address": "10.20.9.20"}})
    names = EndpointNames(compile_plans(declared(data)))
    for name, address in (
        ("gw1", "10.20.9.5"),
        ("ip-gateway.gw1", "10.20.9.5"),
        ("IP gateway gw1", "10.20.9.5"),
        ("fax1", "10.20.9.20"),
        ("fax-partner-server.fax1", "10.20.9.20"),
    ):
        assert str(names.find(name).addresses) == address
    assert {"ip-gateway.gw1", "fax-partner-server.fax1"} <= set(neighbors(declared(data)))
