"""What flows a version of Exchange changes: who serves clients, who takes and sends mail, which article is cited."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from exchange_ports.findings import Refused
from exchange_ports.flows import Flow, compile_flows
from exchange_ports.flows.flow import Reason
from exchange_ports.planning import compile_plans
from exchange_ports.topology.inventory import Inventory
from exchange_ports.versions import Article
from tests.support.strategies import GONE, SMALL, WITH_EDGE, declared, edited, flow_text

Edit = Mapping[str, Any]

BOTH: Final = ["client_access", "mailbox"]
OLD, NEW = Article.EXCHANGE_2013, Article.LATER

#: hq with Exchange 2013 in split roles, Exchange 2016 beside it, and all that clients and mail may ask.
MIXED: Final = edited(
    SMALL,
    {
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"]},
            "mbx1": {"roles": ["mailbox"]},
            "ex1": {"version": 2016, "own_group": True},
        },
        "clients.internet": {},
        "mail_flow.inbound": {"from": "internet"},
        "name_servers.internal": ["10.20.2.53"],
    },
)
#: The same roles, all of SE.
SE: Final = edited(
    MIXED,
    {"version": "se", "sites.hq.servers": {"ex1": {"own_group": True}, "ex2": {}, "ex3": {}}},
)


def flows_of(data: Mapping[str, Any], edit: Edit | None = None) -> tuple[Flow, ...]:
    return compile_flows(Inventory(declared(edited(data, edit or {}))))


def of_row(entry: str, flows: tuple[Flow, ...]) -> list[str]:
    """The flows that stand for a row, each in a line."""
    return sorted(flow_text(flow) for flow in flows if _reason(entry, flow))


def _reason(entry: str, flow: Flow) -> Reason | None:
    return next((each for each in flow.reasons if each.entry == entry), None)


def cited(entry: str, flows: tuple[Flow, ...]) -> dict[str, tuple[Article, ...]]:
    """The articles of a row's flows."""
    return {flow_text(f): reason.articles for f in flows if (reason := _reason(entry, f))}


def members(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """The servers of each group, by its key."""
    found = Inventory(declared(data)).members
    return {group.key: [each.name for each in several] for group, several in found.items()}


# ---- who is a Client Access server ----


def test_a_mailbox_server_of_2016_serves_clients_and_takes_mail_beside_2013() -> None:
    assert members(MIXED)["client-access.hq"] == ["cas1", "ex1"]
    assert members(MIXED)["mailbox.hq"] == ["ex1", "mbx1"]
    flows = flows_of(MIXED)
    assert of_row("C1", flows) == ["any -> client-access.hq 443/tcp"]
    assert of_row("M1", flows) == ["any -> client-access.hq 25/tcp"]


@pytest.mark.parametrize("version", [2016, 2019, "se"])
def test_all_servers_of_a_later_version_have_both_roles(version: int | str) -> None:
    groups = members(edited(SE, {"version": version}))
    assert groups["client-access.hq"] == groups["mailbox.hq"] == ["ex1", "ex2", "ex3"]


def test_roles_that_are_written_for_a_later_version_change_nothing() -> None:
    written = edited(SE, {"sites.hq.servers.ex2.roles": ["mailbox"]})
    assert flows_of(written) == flows_of(SE)


@pytest.mark.parametrize("version", [2016, 2019, "se"])
def test_the_flows_of_a_combined_2013_server_are_those_of_a_later_one(version: int | str) -> None:
    """Every row keeps its ports (exchange-later.md 2), so an upgrade of combined servers changes no flow."""
    servers = ("ex1", "ex2", "ex3")
    before = edited(
        SE,
        {
            "version": 2013,
            **{f"sites.hq.servers.{each}.roles": BOTH for each in servers},
            "mail_flow.outbound": {"through": "client_access"},
        },
    )
    after = edited(before, {"version": version})
    for each in servers:
        del after["sites"]["hq"]["servers"][each]["roles"]
    assert flows_of(before) == flows_of(after)


def test_the_ground_rules_hold_between_all_versions() -> None:
    older = {"sites.hq.other_exchange": {"addresses": ["10.20.5.1"], "version": 2010}}
    assert of_row("R1", flows_of(MIXED, older)) == [
        "exchange -> exchange all protocols",
        "exchange -> other-exchange.hq all protocols",
        "other-exchange.hq -> exchange all protocols",
    ]


# ---- proxied mail ----

PROXIED: Final[Edit] = {"mail_flow.outbound": {"through": "client_access"}}


def test_proxied_mail_of_2013_is_row_3_and_of_later_versions_row_2() -> None:
    old = edited(SMALL, PROXIED)
    assert of_row("M3", flows_of(old)) == ["client-access.hq -> internet 25/tcp"]
    assert of_row("M2", flows_of(old)) == []
    new = edited(SE, PROXIED)
    assert of_row("M2", flows_of(new)) == ["client-access.hq -> internet 25/tcp"]
    assert of_row("M3", flows_of(new)) == []


def test_proxied_mail_of_both_versions_is_one_flow_with_both_rows() -> None:
    flows = flows_of(MIXED, PROXIED)
    line = "client-access.hq -> internet 25/tcp"
    assert of_row("M2", flows) == of_row("M3", flows) == [line]
    assert cited("M2", flows) == {line: (NEW,)}
    assert cited("M3", flows) == {line: (OLD,)}


def test_mail_by_the_mailbox_servers_of_both_versions_is_row_2_of_both_articles() -> None:
    flows = flows_of(MIXED, {"mail_flow.outbound": {"through": "mailbox"}})
    assert cited("M2", flows) == {"mailbox.hq -> internet 25/tcp": (OLD, NEW)}
    assert of_row("M3", flows) == []


def test_the_servers_that_proxy_are_those_of_the_site_and_not_the_source_servers() -> None:
    """The Transport service may hand over to Front End Transport of another server (exchange-later.md 3)."""
    edit = {"mail_flow.outbound": {"through": "client_access", "servers": ["ex1"]}}
    assert of_row("M2", flows_of(SE, edit)) == ["client-access.hq -> internet 25/tcp"]


def test_a_server_that_is_not_published_proxies_mail_too() -> None:
    flows = flows_of(SE, {**PROXIED, "sites.hq.servers.ex2.published": False})
    assert of_row("M2", flows) == [
        "client-access.hq -> internet 25/tcp",
        "unpublished.hq -> internet 25/tcp",
    ]
    assert [line for line in of_row("M4", flows) if "unpublished" in line] == [
        "unpublished.hq -> name-servers 53/tcp",
        "unpublished.hq -> name-servers 53/udp",
    ]


# ---- articles ----


@pytest.mark.parametrize("entry", ["R1", "R3", "C1", "C5", "M1", "N1"])
def test_a_row_of_servers_of_both_versions_cites_both_articles(entry: str) -> None:
    assert set(cited(entry, flows_of(MIXED)).values()) == {(OLD, NEW)}
    assert set(cited(entry, flows_of(SE)).values()) == {(NEW,)}


def test_a_row_between_an_edge_server_and_the_inside_cites_the_articles_of_both() -> None:
    edit: Edit = {
        "version": 2019,
        "sites.hq.servers.ex1.roles": GONE,
        "edge_servers.edge1.version": 2013,
    }
    flows = flows_of(WITH_EDGE, edit)
    assert set(cited("E1", flows).values()) == {(OLD,)}
    assert set(cited("E2", flows).values()) == {(OLD, NEW)}
    assert set(cited("E5", flows).values()) == {(OLD, NEW)}


def test_an_edge_server_has_the_version_of_the_organization() -> None:
    edit: Edit = {"version": 2019, "sites.hq.servers.ex1.roles": GONE}
    assert set(cited("E1", flows_of(WITH_EDGE, edit)).values()) == {(NEW,)}


def test_a_need_cites_the_library_of_the_version() -> None:
    edit = {"additional_flows": [{"from": "ex1", "to": "internet", "need": "federation"}]}
    assert set(cited("G5", flows_of(MIXED, edit)).values()) == {(NEW,)}


def test_the_flows_of_a_group_without_members_cite_the_version_of_the_organization() -> None:
    edit = {
        "networks.corp.retired_groups": ["unpublished.hq", "mailbox.hq"],
        "sites.hq.servers": {"cas1": {"roles": ["client_access"]}},
        "sites.paris": {"network": "corp", "servers": {"ex2": {"version": 2016}}},
        **PROXIED,
    }
    flows = flows_of(MIXED, edit)
    assert cited("M3", flows)["unpublished.hq -> internet 25/tcp"] == (OLD,)
    assert "unpublished.hq -> internet 25/tcp" not in cited("M2", flows)


def test_reasons_of_two_articles_have_both_addresses_the_older_first() -> None:
    [reason] = flows_of(MIXED, {"clients.internet": {"services": ["imap"]}})[0].reasons
    assert len(reason.urls) == len(reason.articles)
    flow = next(each for each in flows_of(MIXED) if _reason("C1", each))
    reason = _reason("C1", flow)
    assert reason is not None
    table = "#network-ports-required-for-clients-and-services"
    assert reason.urls == (OLD.ports + table, NEW.ports + table)


# ---- published servers ----


def test_clients_and_mail_reach_published_servers_only() -> None:
    edit: Edit = {"sites.hq.servers.ex2.published": False}
    assert members(edited(SE, edit))["client-access.hq"] == ["ex1", "ex3"]
    flows = flows_of(SE, edit)
    assert of_row("C1", flows) == ["any -> client-access.hq 443/tcp"]
    assert of_row("M1", flows) == ["any -> client-access.hq 25/tcp"]


def test_a_site_that_is_not_published_takes_no_clients_and_no_mail() -> None:
    paris: Edit = {
        "sites.paris": {"network": "corp", "published": False, "servers": {"ex9": {}}},
    }
    flows = flows_of(SE, paris)
    assert not [each for each in (*of_row("C1", flows), *of_row("M1", flows)) if "paris" in each]
    reached = {"sites.paris.servers.ex9.published": True}
    flows = flows_of(edited(SE, paris), reached)
    assert "any -> client-access.paris 443/tcp" in of_row("C1", flows)


@pytest.mark.parametrize("version", [2013, 2016, 2019, "se"])
def test_servers_of_every_version_can_be_unpublished(version: int | str) -> None:
    edit: dict[str, Any] = {"version": version, "sites.hq.servers.ex2.published": False}
    if version == 2013:
        edit |= {f"sites.hq.servers.{each}.roles": BOTH for each in ("ex1", "ex2", "ex3")}
    assert members(edited(SE, edit))["unpublished.hq"] == ["ex2"]
    assert of_row("C1", flows_of(SE, edit)) == ["any -> client-access.hq 443/tcp"]


def test_relays_and_additional_flows_reach_servers_that_are_not_published() -> None:
    edit: Edit = {
        "sites.hq.servers.ex2.published": False,
        "mail_flow.relays.scanners": {"from": ["10.20.7.0/28"]},
        "additional_flows": [
            {
                "from": "10.20.6.0/24",
                "to": "client_access@hq",
                "ports": ["3389/tcp"],
                "reason": "administration",
            }
        ],
    }
    flows = flows_of(SE, edit)
    assert of_row("M6", flows) == [
        "relay.scanners -> client-access.hq 25/tcp",
        "relay.scanners -> unpublished.hq 25/tcp",
    ]
    assert {flow_text(f) for f in flows if "3389" in str(f.ports)} == {
        "10.20.6.0/24 -> unpublished.hq 3389/tcp",
        "10.20.6.0/24 -> client-access.hq 3389/tcp",
    }


def test_mail_to_one_server_reaches_that_server_alone() -> None:
    edit = {"mail_flow.inbound": {"to": ["ex1"]}, "sites.hq.servers.ex2.published": False}
    assert of_row("M1", flows_of(SE, edit)) == ["any -> server.ex1 25/tcp"]


def test_a_site_and_its_server_may_both_be_named() -> None:
    edit = {"clients.internet": {"to": ["hq", "ex1"]}}
    assert of_row("C1", flows_of(SE, edit)) == [
        "any -> client-access.hq 443/tcp",
        "any -> server.ex1 443/tcp",
    ]


# ---- what the Internet reaches only with accept_risk ----


def asked(to: str, **more: object) -> Edit:
    flow = {"from": "internet", "to": to, "ports": ["8443/tcp"], "reason": "r", **more}
    return {"additional_flows": [flow]}


RISKY: Final[Mapping[str, tuple[Mapping[str, Any], Edit]]] = {
    "to a published server of SE, which is a Mailbox server": (SE, asked("ex1")),
    "to a server that is not published": (
        edited(SE, {"sites.hq.servers.ex1.published": False}),
        asked("ex1"),
    ),
    "to a Client Access server that is not published": (
        edited(MIXED, {"sites.hq.servers.cas1": {"roles": ["client_access"], "own_group": True}}),
        {"sites.hq.servers.cas1.published": False, **asked("cas1")},
    ),
    "by a public relay": (
        edited(SE, {"sites.hq.servers.ex1.published": False}),
        {"mail_flow.relays.r": {"from": "198.51.100.7"}},
    ),
}


@pytest.mark.parametrize("case", RISKY)
def test_the_internet_reaches_such_a_server_only_where_the_risk_is_accepted(case: str) -> None:
    base, edit = RISKY[case]
    with pytest.raises(Refused) as refused:
        compile_plans(declared(edited(base, edit)))
    assert "risky-traffic" in {each.kind.code for each in refused.value.findings}
    accepted = edited(base, edit)
    for flow in accepted.get("additional_flows", ()):
        flow["accept_risk"] = True
    for relay in accepted["mail_flow"].get("relays", {}).values():
        relay["accept_risk"] = True
    plans = compile_plans(declared(accepted))
    assert any(reason.accepted_risk for flow in plans.flows for reason in flow.reasons)


def test_the_risk_of_an_edge_server_is_that_it_is_in_the_perimeter() -> None:
    """No Edge server is published; it is not a closed one for that."""
    with pytest.raises(Refused) as refused:
        compile_plans(declared(edited(WITH_EDGE, asked("edge"))))
    text = str(refused.value)
    assert "traffic with the perimeter" in text
    assert "not published" not in text
    assert "Mailbox servers" not in text


# ---- relays to Edge servers, and inbound mail on another port ----


def test_a_relay_may_send_to_edge_servers() -> None:
    edit = {"mail_flow.relays.scanners": {"from": ["10.20.7.0/28"], "to": "edge", "port": 2525}}
    assert of_row("M6", flows_of(WITH_EDGE, edit)) == ["relay.scanners -> edge.hq 2525/tcp"]


@pytest.mark.parametrize(
    "base, relay, at",
    [
        (SMALL, {"to": "edge"}, "to"),
        (edited(WITH_EDGE, {"sites.rome": {}}), {"to": "edge", "sites": ["rome"]}, "sites.0"),
    ],
)
def test_a_relay_to_edge_servers_needs_one(
    base: Mapping[str, Any], relay: dict[str, Any], at: str
) -> None:
    with pytest.raises(Refused) as refused:
        declared(edited(base, {"mail_flow.relays.r": {"from": ["10.20.7.1"], **relay}}))
    [finding] = [each for each in refused.value.findings if each.is_error]
    assert finding.kind.code == "endpoint-without-servers"
    assert ".".join(map(str, finding.path)).endswith(f"relays.r.{at}")


def test_inbound_mail_arrives_on_the_port_of_each_declaration() -> None:
    ways = [{"from": "internet"}, {"from": ["192.0.2.0/24"], "port": 2525}]
    assert of_row("M1", flows_of(SE, {"mail_flow.inbound": ways})) == [
        "any -> client-access.hq 25/tcp",
        "inbound-mail -> client-access.hq 2525/tcp",
    ]
    assert of_row("E1", flows_of(WITH_EDGE, {"mail_flow.inbound": ways})) == [
        "inbound-mail -> edge-receiving.hq 2525/tcp",
        "internet -> edge-receiving.hq 25/tcp",
    ]


def test_inbound_mail_does_not_arrive_on_the_port_of_a_client_service() -> None:
    with pytest.raises(Refused) as refused:
        declared(edited(SE, {"mail_flow.inbound": {"from": "internet", "port": 443}}))
    assert "port-of-another-service" in {each.kind.code for each in refused.value.findings}
