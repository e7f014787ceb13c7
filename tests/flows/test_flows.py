"""Each row of the published tables appears where its condition holds, and only there.

Situations are edits of a small organization (`tests/support/strategies.py`: one server, one domain
controller) that someone who knows Exchange can read; what must pass stands beside them in full.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Final, NamedTuple

import pytest

from exchange_ports.catalog import BY_ID, NEEDS, NEIGHBOR_ENTRIES, CatalogSection, Need
from exchange_ports.findings import Refused
from exchange_ports.flows import ExternalEndpoint, Flow, Reason, compile_flows, described
from exchange_ports.reports.plan_report import closed
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import Topology
from exchange_ports.topology.validate import load_topology
from exchange_ports.versions import Article
from tests.support.strategies import GONE, SMALL, WITH_EDGE, declared, edited, flow_text

Edit = Mapping[str, Any]

PROXY: Final = {"proxy": {"address": "10.20.240.9", "port": 8080, "type": "http_connect"}}

#: Two sites with split roles: hq with the Edge server, paris without.
TWO_SITES: Final[Edit] = {
    "sites.hq.servers": {
        "cas1": {"roles": ["client_access"]},
        "mbx1": {"roles": ["mailbox"]},
        "mbx2": {"roles": ["mailbox"]},
    },
    "sites.paris": {
        "network": "corp",
        "servers": {"cas3": {"roles": ["client_access"]}, "mbx3": {"roles": ["mailbox"]}},
    },
}


class Case(NamedTuple):
    """A topology in which a row appears, with all flows of that row, and one in which it does not.

    Where a row belongs to every valid organization, `refused` is the code by which the checks refuse
    one without it.
    """

    base: Mapping[str, Any]
    where: Edit
    flows: tuple[str, ...]
    not_where: Edit
    refused: str | None = None


def client(*services: str) -> Edit:
    return {"clients.office": {"from": ["10.64.0.0/16"], "services": list(services)}}


OF_ROWS: Final[Mapping[str, Case]] = {
    "R1": Case(
        SMALL,
        {},
        ("exchange -> exchange all protocols",),
        {"sites.hq.servers": {}},
        refused="organization-without-role",
    ),
    "R2": Case(
        SMALL,
        {"sites.hq.lync": {"addresses": ["10.20.4.0/28"]}},
        ("exchange -> lync.hq all protocols", "lync.hq -> exchange all protocols"),
        {},
    ),
    "R3": Case(
        SMALL,
        {},
        (
            "exchange -> domain-controllers.hq all protocols",
            "domain-controllers.hq -> exchange all protocols",
        ),
        {"sites.hq.domain_controllers": GONE},
        refused="no-domain-controller",
    ),
    "C1": Case(
        SMALL,
        client("https"),
        ("clients.office -> client-access.hq 443/tcp",),
        client("http", "smtp_submission"),
    ),
    "C2": Case(
        SMALL,
        client("http"),
        ("clients.office -> client-access.hq 80/tcp",),
        {"clients.office": {}},  # the services of the first day
    ),
    "C3": Case(
        SMALL,
        client("imap"),
        ("clients.office -> client-access.hq 143,993/tcp",),
        {"clients.office": {}},
    ),
    "C4": Case(
        SMALL,
        client("pop"),
        ("clients.office -> client-access.hq 110,995/tcp",),
        {"clients.office": {}},
    ),
    "C5": Case(
        SMALL,
        client("smtp_submission"),
        ("clients.office -> client-access.hq 587/tcp",),
        client("https", "smtp_authenticated_25"),
    ),
    "C6": Case(
        SMALL,
        client("smtp_authenticated_25"),
        ("clients.office -> client-access.hq 25/tcp",),
        {"clients.office": {}},
    ),
    "M1": Case(
        SMALL,
        {"mail_flow.inbound": {"from": "internet"}},
        ("any -> client-access.hq 25/tcp",),
        {},
    ),
    "M2": Case(
        SMALL,
        {"mail_flow.outbound": {"through": "mailbox"}},
        ("mailbox.hq -> internet 25/tcp",),
        {"mail_flow.outbound": {"through": "client_access"}},
    ),
    "M3": Case(
        SMALL,
        {"mail_flow.outbound": {"through": "client_access"}},
        ("client-access.hq -> internet 25/tcp",),
        {"mail_flow.outbound": {"through": "mailbox"}},
    ),
    "M4": Case(
        SMALL,
        {
            "mail_flow.outbound": {"through": "mailbox"},
            "name_servers.internal": ["10.20.2.53"],
        },
        ("mailbox.hq -> name-servers 53/tcp", "mailbox.hq -> name-servers 53/udp"),
        # Name servers inside, but no mail that leaves or enters by these servers.
        {"name_servers.internal": ["10.20.2.53"]},
    ),
    "E1": Case(
        WITH_EDGE, {}, ("internet -> edge-receiving.hq 25/tcp",), {"mail_flow.inbound": "none"}
    ),
    "E2": Case(
        WITH_EDGE, {}, ("edge-receiving.hq -> mailbox.hq 25/tcp",), {"mail_flow.inbound": "none"}
    ),
    "E3": Case(
        WITH_EDGE,
        {},
        ("mailbox.hq -> edge-sending.hq 25/tcp",),
        {"mail_flow.outbound": {"through": "mailbox"}},
    ),
    "E4": Case(
        WITH_EDGE,
        {},
        ("edge-sending.hq -> internet 25/tcp",),
        {"mail_flow.outbound": "none"},
    ),
    "E5": Case(
        WITH_EDGE,
        {},
        ("edgesync.hq -> edge-synced.hq 50636/tcp",),
        {"edge_servers.edge1.edgesync_except": ["ex1"]},
    ),
    "E7": Case(
        WITH_EDGE,
        {"name_servers.edge": ["10.20.240.53"]},
        ("edge.hq -> edge-name-servers 53/tcp", "edge.hq -> edge-name-servers 53/udp"),
        {"name_servers.edge": "cloud_resolver"},
    ),
    "E8": Case(
        WITH_EDGE,
        {"sender_reputation": PROXY},
        ("edge.hq -> reputation-proxy 8080/tcp",),
        {"sender_reputation": "disabled"},
    ),
    "E8d": Case(
        WITH_EDGE,
        {"sender_reputation": "direct"},
        ("edge.hq -> internet 23,80,1080-1081,3128,6588/tcp",),
        {"sender_reputation": PROXY},
    ),
    "M6": Case(
        SMALL,
        {"mail_flow.relays.scanners": {"from": ["10.20.7.0/28"]}},
        ("relay.scanners -> client-access.hq 25/tcp",),
        {},
    ),
    "W1": Case(
        SMALL,
        {"witness_servers.fsw1": {"address": "10.20.7.60"}},
        ("mailbox.hq -> witness.fsw1 135,445,49152-65535/tcp",),
        {},
    ),
    "N1": Case(
        SMALL,
        {"name_servers.internal": ["10.20.2.53", "10.20.3.53"]},
        ("exchange -> name-servers 53/tcp", "exchange -> name-servers 53/udp"),
        {"name_servers.internal": "domain_controllers"},
    ),
}


#: What Unified Messaging needs, with one gateway.
GATEWAY: Final = {"address": "10.20.9.5"}
FAX: Final = {
    "unified_messaging.ip_gateways.gw1": GATEWAY,
    "unified_messaging.fax_partner_servers.fax1": {"address": "10.20.9.20"},
}
#: The row of each flow, in a topology with a gateway; calls with Lync need none (R2).
WITH_LYNC: Final[Edit] = {
    "sites.hq.lync": {"addresses": ["10.20.4.0/28"]},
    "unified_messaging.startup_mode": "dual",
}


def gateway(**fields: object) -> Edit:
    return {"unified_messaging.ip_gateways.gw1": {**GATEWAY, **fields}}


OF_UNIFIED_MESSAGING: Final[Mapping[str, Case]] = {
    "U1": Case(SMALL, gateway(), ("ip-gateway.gw1 -> client-access.hq 5060/tcp",), WITH_LYNC),
    "U2": Case(SMALL, gateway(), ("ip-gateway.gw1 -> mailbox.hq 5062/tcp",), WITH_LYNC),
    "U3": Case(SMALL, gateway(), ("ip-gateway.gw1 -> mailbox.hq 5065-5068/tcp",), WITH_LYNC),
    "U4": Case(SMALL, gateway(), ("ip-gateway.gw1 -> mailbox.hq 1024-65535/udp",), WITH_LYNC),
    "F3": Case(SMALL, gateway(), ("mailbox.hq -> ip-gateway.gw1 1024-65535/udp",), WITH_LYNC),
    "F4": Case(
        SMALL,
        gateway(),
        ("mailbox.hq -> ip-gateway.gw1 5060/tcp",),
        gateway(outcalls_allowed=False),
    ),
    "F5": Case(
        SMALL,
        gateway(port=5080),
        ("mailbox.hq -> ip-gateway.gw1 5080/tcp",),
        gateway(message_waiting_indicator_allowed=False),
    ),
    "F9": Case(SMALL, FAX, ("mailbox.hq -> fax-partner-server.fax1 5060/tcp",), gateway()),
    "F9t": Case(
        SMALL,
        FAX,
        (
            "fax-partner-server.fax1 -> mailbox.hq 6004/tcp",
            "mailbox.hq -> fax-partner-server.fax1 6004/tcp",
        ),
        gateway(),
    ),
    "F10": Case(SMALL, FAX, ("fax-partner-server.fax1 -> client-access.hq 25/tcp",), gateway()),
}


def need(what: str, source: str, to: str) -> Edit:
    """An additional flow that says what it needs and nothing more."""
    return {"additional_flows": [{"from": source, "to": to, "need": what, "accept_risk": True}]}


#: What operators ask for by name: the ports are the document's, the ends their own.
NEEDED: Final[Mapping[Need, Case]] = {
    Need.MALWARE_DEFINITIONS: Case(
        SMALL,
        need("malware_definitions", "mailbox", "internet"),
        ("mailbox.hq -> internet 80/tcp", "mailbox.hq -> internet 443/tcp"),
        {},
    ),
    Need.CERTIFICATE_CHECKS: Case(
        WITH_EDGE,
        need("certificate_checks", "edge", "internet"),
        ("edge.hq -> internet 80/tcp",),
        need("windows_update", "edge", "internet"),
    ),
    Need.FEDERATION: Case(
        SMALL,
        need("federation", "exchange", "internet"),
        ("exchange -> internet 443/tcp",),
        need("push_notifications", "exchange", "internet"),
    ),
    Need.CONTENT_FILTER_UPDATES: Case(
        WITH_EDGE,
        need("content_filter_updates", "edge", "10.20.240.40"),
        ("edge.hq -> 10.20.240.40/32 80/tcp", "edge.hq -> 10.20.240.40/32 443/tcp"),
        {},
    ),
    Need.WINDOWS_UPDATE: Case(
        SMALL,
        need("windows_update", "exchange", "10.20.7.40"),
        ("exchange -> 10.20.7.40/32 80/tcp", "exchange -> 10.20.7.40/32 443/tcp"),
        {},
    ),
    Need.PUSH_NOTIFICATIONS: Case(
        SMALL,
        need("push_notifications", "mailbox@hq", "internet"),
        ("mailbox.hq -> internet 443/tcp",),
        {},
    ),
    **{
        each: Case(
            edited(SMALL, {"version": "se", "sites.hq.servers.ex1.roles": GONE}),
            need(each.value, "mailbox", "internet"),
            ("mailbox.hq -> internet 443/tcp",),
            need("push_notifications", "mailbox", "internet"),
        )
        for each in (
            Need.EMERGENCY_MITIGATION,
            Need.FEATURE_FLIGHTING,
            Need.HYBRID_MODERN_AUTH,
            Need.EXCHANGE_ONLINE,
            Need.GRAPH,
        )
    },
    Need.REMOTE_DESKTOP: Case(
        WITH_EDGE,
        need("remote_desktop", "10.20.6.0/24", "edge"),
        ("10.20.6.0/24 -> edge.hq 3389/tcp",),
        {},
    ),
}


# A hybrid deployment: one server of Exchange 2013 with both roles (SMALL), or an Edge server beside it.


def hybrid(mode: str, **more: object) -> Edit:
    return {"hybrid": {"mode": mode, "endpoints": "2026081400", **more}}


AGENT: Final = ["10.20.7.40"]
OF_HYBRID: Final[Mapping[str, Case]] = {
    "H1": Case(
        WITH_EDGE,
        hybrid("classic_full", mail="edge"),
        ("prefix-list.hybrid_mail -> edge-receiving.hq 25/tcp",),
        hybrid("classic_minimal"),
    ),
    "H2": Case(
        SMALL,
        hybrid("classic_full", mail=["hq"]),
        ("mailbox.hq -> prefix-list.hybrid_mail 25/tcp",),
        hybrid("modern", agent_hosts=AGENT),
    ),
    "H3": Case(
        SMALL,
        hybrid("classic_minimal"),
        ("any -> client-access.hq 443/tcp",),
        # "443 in: Autodiscover only, if needed" (exchange.md 9.2).
        hybrid("modern", agent_hosts=AGENT),
    ),
    "H4": Case(
        SMALL,
        hybrid("classic_minimal"),
        ("exchange -> prefix-list.exchange_online 443/tcp",),
        {},
    ),
    "H7": Case(
        SMALL,
        # "Every Client Access server still needs 443 out" with the agent.
        hybrid("modern", agent_hosts=AGENT),
        ("exchange -> prefix-list.sign_in 443/tcp",),
        {},
    ),
    "H8": Case(
        SMALL,
        hybrid("modern", agent_hosts=AGENT),
        ("hybrid-agent -> client-access.hq 80,443,5985-5986/tcp",),
        # Between internal servers all protocols are allowed already.
        {**hybrid("modern", agent_hosts=["ex1"]), "sites.hq.servers.ex1.own_group": True},
    ),
    "H9": Case(
        SMALL,
        {**hybrid("modern", agent_hosts=["ex1"]), "sites.hq.servers.ex1.own_group": True},
        ("server.ex1 -> internet 80,443/tcp",),
        # The host is a neighbor: nothing of ours filters what it sends.
        hybrid("modern", agent_hosts=AGENT),
    ),
}
CASES: Final[Mapping[str, Case]] = {
    **OF_ROWS,
    **OF_HYBRID,
    **OF_UNIFIED_MESSAGING,
    **{NEEDS[each].id: case for each, case in NEEDED.items()},
}


def of_row(entry: str, found: tuple[Flow, ...]) -> list[str]:
    """The flows that stand for a row, each in a line."""
    return sorted(flow_text(f) for f in found if entry in {reason.entry for reason in f.reasons})


def of_topology(data: Mapping[str, Any], edit: Edit) -> tuple[Flow, ...]:
    return compile_flows(Inventory(declared(edited(data, edit))))


def passing(data: Mapping[str, Any], edit: Edit) -> list[str]:
    """Every flow but those of the ground rules."""
    found = of_topology(data, edit)
    return sorted(
        flow_text(f) for f in found if not {r.entry for r in f.reasons} & {"R1", "R2", "R3"}
    )


def test_every_row_of_the_catalog_has_a_case() -> None:
    # Those between hosts of others are in no flow (tests/topology/test_hybrid.py).
    assert set(CASES) == set(BY_ID) - {entry.id for entry in NEIGHBOR_ENTRIES}


@pytest.mark.parametrize("entry", CASES)
def test_a_row_appears_where_its_condition_holds(entry: str) -> None:
    case = CASES[entry]
    assert of_row(entry, of_topology(case.base, case.where)) == sorted(case.flows)


@pytest.mark.parametrize("entry", CASES)
def test_a_row_does_not_appear_where_it_does_not_hold(entry: str) -> None:
    case = CASES[entry]
    data = edited(case.base, case.not_where)
    if case.refused is not None:
        with pytest.raises(Refused) as refused:
            load_topology(data)
        assert case.refused in {finding.kind.code for finding in refused.value.findings}
    topology = (
        declared(data) if case.refused is None else Topology.model_validate(data, strict=False)
    )
    assert of_row(entry, compile_flows(Inventory(topology))) == []


# The article of Exchange 2016 and later, and Unified Messaging of 2016: the same rows, on Mailbox servers.


def as_later(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same organization with Exchange 2016 (or the later version that it declares), which has no roles."""
    servers = [
        f"sites.{site}.servers.{server}.roles"
        for site, declared_site in data["sites"].items()
        for server, declared_server in declared_site["servers"].items()
        if "roles" in declared_server
    ]
    return {"version": 2016, **edited(data, dict.fromkeys(servers, GONE))}


#: From Exchange 2016 on, a server that sends proxied mail is a Mailbox server (exchange-later.md 3).
FOLDED: Final = {"M3": "M2"}


@pytest.mark.parametrize("entry", CASES)
def test_a_row_of_the_later_article_appears_where_its_condition_holds(entry: str) -> None:
    case = CASES[entry]
    row = FOLDED.get(entry, entry)
    found = of_topology(as_later(edited(case.base, case.where)), {})
    assert of_row(row, found) == sorted(case.flows)
    if row != entry:
        assert of_row(entry, found) == []
    of_um = BY_ID[row].section is CatalogSection.UNIFIED_MESSAGING
    # The pages on Unified Messaging are about 2013 and 2016, and are in the library of 2013.
    cited = {r.articles for flow in found for r in flow.reasons if r.entry == row}
    assert cited == {(Article.EXCHANGE_2013 if of_um else Article.LATER,)}


@pytest.mark.parametrize("entry", [each for each in CASES if CASES[each].refused is None])
def test_a_row_of_the_later_article_does_not_appear_where_it_does_not_hold(entry: str) -> None:
    case = CASES[entry]
    # Mail that is proxied by Client Access is in M2 of the later article.
    out = {"mail_flow.outbound": "none"} if entry in FOLDED.values() else {}
    data = edited(as_later(edited(case.base, case.not_where)), out)
    assert of_row(entry, of_topology(data, {})) == []


@pytest.mark.parametrize("version", [2013, 2016, "se"])
@pytest.mark.parametrize(
    "entry, where, not_where",
    [
        ("H5", {"servers": ["10.20.2.30"]}, None),
        (
            "H6",
            {"servers": ["10.20.2.30"], "entra_connect": ["10.20.2.31"]},
            {"servers": ["10.20.2.30"]},
        ),
    ],
)
def test_a_row_between_hosts_of_others_is_listed_where_they_are_declared(
    entry: str, where: Edit, not_where: Edit | None, version: int | str
) -> None:
    def listed(ad_fs: Edit | None) -> bool:
        more = {} if ad_fs is None else {"ad_fs": ad_fs}
        data = edited(SMALL, hybrid("classic_minimal", **more))
        topology = declared(data if version == 2013 else {**as_later(data), "version": version})
        return any(f"({entry})" in line for line in closed(topology))

    assert listed(where)
    assert not listed(not_where)


# Sentences of the page and of the design that no single row says.


def test_a_small_organization_opens_what_the_ground_rules_say_and_nothing_else() -> None:
    assert passing(SMALL, {}) == []


def test_other_exchange_servers_belong_to_the_internal_servers() -> None:
    found = of_topology(SMALL, {"sites.hq.other_exchange": {"addresses": ["10.20.5.0/28"]}})
    assert of_row("R1", found) == [
        "exchange -> exchange all protocols",
        "exchange -> other-exchange.hq all protocols",
        "other-exchange.hq -> exchange all protocols",
    ]


def test_internal_servers_reach_across_sites() -> None:
    """Servers of every site reach the domain controllers of every site."""
    edit = {**TWO_SITES, "sites.paris.domain_controllers": {"addresses": ["10.20.9.10"]}}
    assert of_row("R3", of_topology(SMALL, edit)) == [
        "domain-controllers.hq -> exchange all protocols",
        "domain-controllers.paris -> exchange all protocols",
        "exchange -> domain-controllers.hq all protocols",
        "exchange -> domain-controllers.paris all protocols",
    ]


def test_a_subscribed_edge_takes_internet_mail_of_the_whole_organization() -> None:
    """Both ways by Edge and the subscribed site; paris has no mail flow of its own."""
    assert passing(WITH_EDGE, TWO_SITES) == [
        "edge-receiving.hq -> mailbox.hq 25/tcp",
        "edge-sending.hq -> internet 25/tcp",
        "edgesync.hq -> edge-synced.hq 50636/tcp",
        "internet -> edge-receiving.hq 25/tcp",
        "mailbox.hq -> edge-sending.hq 25/tcp",
    ]


def test_each_edge_talks_to_its_own_site_only() -> None:
    edit = {
        **TWO_SITES,
        "edge_servers.edge2": {"network": "corp", "subscribed_site": "paris"},
    }
    found = of_topology(WITH_EDGE, edit)
    assert of_row("E2", found) == [
        "edge-receiving.hq -> mailbox.hq 25/tcp",
        "edge-receiving.paris -> mailbox.paris 25/tcp",
    ]
    assert of_row("E3", found) == [
        "mailbox.hq -> edge-sending.hq 25/tcp",
        "mailbox.paris -> edge-sending.paris 25/tcp",
    ]


def test_nothing_joins_two_edge_servers() -> None:
    edit = {
        **TWO_SITES,
        "edge_servers.edge2": {"network": "corp", "subscribed_site": "paris"},
        "edge_servers.edge3": {"network": "corp", "subscribed_site": "hq"},
    }
    assert [f for f in passing(WITH_EDGE, edit) if f.count("edge.") > 1] == []


def test_client_access_servers_have_no_part_in_mail_through_edge() -> None:
    """ "Inbound mail never flows through a standalone Client Access server", nor does outbound."""
    assert [f for f in passing(WITH_EDGE, TWO_SITES) if "client-access" in f] == []


def test_edgesync_leaves_out_one_pair_where_one_edge_makes_an_exception() -> None:
    """mbx2 came after edge1 was subscribed and before edge2 was."""
    edit = {
        **TWO_SITES,
        "edge_servers.edge1.edgesync_except": ["mbx2"],
        "edge_servers.edge2": {"network": "corp", "subscribed_site": "hq"},
    }
    assert of_row("E5", of_topology(WITH_EDGE, edit)) == [
        "edgesync-server.mbx2 -> edge-synced.hq 50636/tcp",
        "edgesync.hq -> edge-server.edge1 50636/tcp",
        "edgesync.hq -> edge-synced.hq 50636/tcp",
    ]


def test_edgesync_leaves_out_a_server_that_every_edge_excepts() -> None:
    edit = {
        **TWO_SITES,
        "edge_servers.edge1.edgesync_except": ["mbx2"],
        "edge_servers.edge2": {
            "network": "corp",
            "subscribed_site": "hq",
            "edgesync_except": ["mbx2"],
        },
    }
    found = of_topology(WITH_EDGE, edit)
    assert of_row("E5", found) == [
        "edgesync.hq -> edge-server.edge1 50636/tcp",
        "edgesync.hq -> edge-server.edge2 50636/tcp",
    ]
    # The exception is about EdgeSync; mail goes to and from every Mailbox server of the site.
    assert of_row("E3", found) == ["mailbox.hq -> edge-sending.hq 25/tcp"]


def test_edgesync_is_only_ever_pushed_from_inside() -> None:
    pushed = of_row("E5", of_topology(WITH_EDGE, TWO_SITES))
    assert all(line.startswith("edgesync") for line in pushed)


def test_inbound_mail_for_named_sites_passes_beside_edge() -> None:
    found = of_topology(
        WITH_EDGE, {**TWO_SITES, "mail_flow.inbound": {"from": "internet", "to": ["paris"]}}
    )
    assert of_row("M1", found) == ["any -> client-access.paris 25/tcp"]
    assert of_row("E1", found) == ["internet -> edge-receiving.hq 25/tcp"]


def test_inbound_mail_that_names_no_site_goes_to_edge_alone() -> None:
    found = of_topology(WITH_EDGE, {"mail_flow.inbound": {"from": "internet"}})
    assert of_row("M1", found) == []
    assert of_row("E1", found) == ["internet -> edge-receiving.hq 25/tcp"]


def test_without_edge_and_without_sites_inbound_mail_goes_to_every_site() -> None:
    found = of_topology(SMALL, {**TWO_SITES, "mail_flow.inbound": {"from": "internet"}})
    assert of_row("M1", found) == [
        "any -> client-access.hq 25/tcp",
        "any -> client-access.paris 25/tcp",
    ]


def test_sources_of_both_ip_versions_under_one_name_have_an_order() -> None:
    def end(*ranges: str) -> ExternalEndpoint:
        return ExternalEndpoint("inbound-mail", tuple(map(ip_network, ranges)), "inbound mail")

    older, newer = end("198.51.100.0/24"), end("2001:db8:25::/64")
    assert sorted([newer, older]) == sorted([older, newer]) == [older, newer]


def test_no_inbound_mail_closes_edge_to_the_internet_and_to_the_inside() -> None:
    assert passing(WITH_EDGE, {"mail_flow.inbound": "none"}) == [
        "edge-sending.hq -> internet 25/tcp",
        "edgesync.hq -> edge-synced.hq 50636/tcp",
        "mailbox.hq -> edge-sending.hq 25/tcp",
    ]


@pytest.mark.parametrize("base", [SMALL, WITH_EDGE], ids=["inside", "edge"])
def test_mail_of_a_filtering_service_comes_from_its_ranges_only(base: Mapping[str, Any]) -> None:
    ranges = ["198.51.100.0/24", "203.0.113.0/25"]
    found = of_topology(base, {"mail_flow.inbound": {"from": ranges}})
    mail = [f for f in found if {r.entry for r in f.reasons} & {"M1", "E1"}]
    assert len(mail) == 1
    assert isinstance(mail[0].source, ExternalEndpoint)
    assert [str(range_) for range_ in mail[0].source.ranges] == ranges


def test_outbound_mail_through_mailbox_leaves_edge_out_of_it() -> None:
    found = of_topology(WITH_EDGE, {"mail_flow.outbound": {"through": "mailbox"}})
    assert of_row("M2", found) == ["mailbox.hq -> internet 25/tcp"]
    assert of_row("E3", found) + of_row("E4", found) == []


def test_proxied_mail_leaves_by_client_access_and_not_by_mailbox() -> None:
    edit = {**TWO_SITES, "mail_flow.outbound": {"through": "client_access"}}
    assert passing(SMALL, edit) == [
        "client-access.hq -> internet 25/tcp",
        "client-access.paris -> internet 25/tcp",
    ]


def test_no_outbound_mail_is_none_at_all() -> None:
    found = of_topology(WITH_EDGE, {"mail_flow.outbound": "none"})
    assert [of_row(row, found) for row in ("M2", "M3", "E3", "E4")] == [[], [], [], []]


def test_without_edge_and_without_a_connector_no_mail_leaves() -> None:
    assert passing(SMALL, {"mail_flow.inbound": {"from": "internet"}}) == [
        "any -> client-access.hq 25/tcp"
    ]


@pytest.mark.parametrize(
    "through, base, row, sender",
    [
        ("mailbox", SMALL, "M2", "mailbox.hq"),
        ("client_access", SMALL, "M3", "client-access.hq"),
        ("edge", WITH_EDGE, "E4", "edge-sending.hq"),
    ],
)
def test_smart_hosts_are_reached_on_their_own_ports_and_the_internet_is_not(
    through: str, base: Mapping[str, Any], row: str, sender: str
) -> None:
    hops = [
        {"address": "203.0.113.25", "port": 587},
        {"address": "203.0.113.26", "port": 587},
        {"address": "10.20.7.25"},
    ]
    found = of_topology(base, {"mail_flow.outbound": {"through": through, "next_hop": hops}})
    assert of_row(row, found) == [
        f"{sender} -> smart-hosts-10.20.7.25/32 25/tcp",
        f"{sender} -> smart-hosts-203.0.113.25/32_203.0.113.26/32 587/tcp",
    ]
    reached = {
        str(range_)
        for f in found
        if isinstance(f.destination, ExternalEndpoint) and str(f.ports) == "587/tcp"
        for range_ in f.destination.ranges
    }
    assert reached == {"203.0.113.25/32", "203.0.113.26/32"}
    assert not any(line.endswith("> internet 25/tcp") for line in map(flow_text, found))


def test_clients_reach_the_sites_that_they_name_and_all_where_they_name_none() -> None:
    edit = {
        **TWO_SITES,
        "clients.internet": {"services": ["https"], "to": ["hq"]},
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["imap"]},
    }
    assert passing(SMALL, edit) == [
        "any -> client-access.hq 443/tcp",
        "clients.office -> client-access.hq 143,993/tcp",
        "clients.office -> client-access.paris 143,993/tcp",
    ]


def test_clients_that_name_no_service_use_those_of_the_first_day() -> None:
    assert passing(SMALL, {"clients.internet": {}}) == [
        "any -> client-access.hq 443/tcp",
        "any -> client-access.hq 587/tcp",
    ]


def test_clients_never_reach_a_standalone_mailbox_server_nor_edge() -> None:
    edit = {**TWO_SITES, "clients.internet": {"services": ["https", "http", "imap", "pop"]}}
    targets = {line.split()[2] for line in passing(WITH_EDGE, edit) if line.startswith("any")}
    assert targets == {"client-access.hq", "client-access.paris"}


def test_domain_controllers_answer_names_by_the_ground_rules() -> None:
    found = of_topology(SMALL, {"mail_flow.outbound": {"through": "mailbox"}})
    assert of_row("M4", found) + of_row("N1", found) == []


def test_the_platforms_resolver_needs_no_rule() -> None:
    edit = {
        "mail_flow.outbound": {"through": "mailbox"},
        "name_servers": {"internal": "cloud_resolver", "edge": "cloud_resolver"},
    }
    found = of_topology(WITH_EDGE, edit)
    assert [of_row(row, found) for row in ("M4", "N1", "E7")] == [[], [], []]


def test_every_server_resolves_names_where_mail_flows_or_not() -> None:
    edit = {**TWO_SITES, "name_servers.internal": ["10.20.2.53"]}
    assert passing(SMALL, edit) == [
        "exchange -> name-servers 53/tcp",
        "exchange -> name-servers 53/udp",
    ]


def test_servers_that_take_or_send_mail_ask_for_the_next_hop() -> None:
    edit = {
        **TWO_SITES,
        "mail_flow.inbound": {"from": "internet", "to": ["paris"]},
        "mail_flow.outbound": {"through": "mailbox"},
        "name_servers.internal": ["10.20.2.53"],
    }
    senders = {line.split()[0] for line in of_row("M4", of_topology(SMALL, edit))}
    assert senders == {"client-access.paris", "mailbox.hq", "mailbox.paris"}


def test_edge_may_ask_domain_controllers_for_names_and_for_nothing_else() -> None:
    found = of_topology(WITH_EDGE, {"name_servers.edge": "domain_controllers"})
    to_controllers = [flow_text(f) for f in found if flow_text(f).startswith("edge.hq -> domain")]
    assert to_controllers == [
        "edge.hq -> domain-controllers.hq 53/tcp",
        "edge.hq -> domain-controllers.hq 53/udp",
    ]
    assert not [f for f in found if flow_text(f).startswith("domain-controllers.hq -> edge")]


def test_the_internet_is_all_but_the_private_blocks_and_what_is_no_unicast() -> None:
    mail = next(
        f
        for f in of_topology(WITH_EDGE, {})
        if flow_text(f) == "edge-sending.hq -> internet 25/tcp"
    )
    assert isinstance(mail.destination, ExternalEndpoint)
    ranges = mail.destination.ranges
    assert sum(range_.num_addresses for range_ in ranges) == 2**32 - 2**24 - 2**29
    for hole in ("10.20.0.11", "10.20.240.5", "224.0.0.1", "255.255.255.255"):
        assert not [range_ for range_ in ranges if ip_address(hole) in range_]


def test_ipv6_is_the_internet_too_where_a_zone_has_it() -> None:
    edit = {"networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"]}
    ends = {
        end.name: [str(range_) for range_ in end.ranges if range_.version == 6]
        for f in of_topology(WITH_EDGE, {**edit, "clients.internet": {}})
        for end in (f.source, f.destination)
        if isinstance(end, ExternalEndpoint)
    }
    assert ends["internet"] == ["2000::/3"]
    assert ends["any"] == ["::/0"]
    narrow = of_topology(WITH_EDGE, {"clients.internet": {}})
    assert not [
        range_
        for f in narrow
        for end in (f.source, f.destination)
        if isinstance(end, ExternalEndpoint)
        for range_ in end.ranges
        if range_.version == 6
    ]


# Servers that say something of themselves.


def test_an_edge_server_that_only_sends_has_the_send_connector_of_its_subscription() -> None:
    edit = {"edge_servers.edge1.receives": False}
    assert passing(WITH_EDGE, edit) == [
        "edge-sending.hq -> internet 25/tcp",
        "edgesync.hq -> edge-synced.hq 50636/tcp",
        "mailbox.hq -> edge-sending.hq 25/tcp",
    ]


def test_an_edge_server_that_only_takes_mail_sends_none() -> None:
    edit = {"edge_servers.edge1.sends": False}
    assert passing(WITH_EDGE, edit) == [
        "edge-receiving.hq -> mailbox.hq 25/tcp",
        "edgesync.hq -> edge-synced.hq 50636/tcp",
        "internet -> edge-receiving.hq 25/tcp",
    ]


def test_a_proxied_connector_of_named_servers_leaves_by_the_client_access_servers_of_their_sites() -> (
    None
):
    edit = {**TWO_SITES, "mail_flow.outbound": {"through": "client_access", "servers": ["mbx3"]}}
    assert passing(SMALL, edit) == ["client-access.paris -> internet 25/tcp"]


def test_a_renamed_server_that_one_edge_excepts_takes_part_in_edgesync_with_the_other() -> None:
    """Its group is called by its `id`, the exception by its key."""
    edit = {
        **TWO_SITES,
        "edge_servers.edge1.edgesync_except": ["mbx2"],
        "edge_servers.edge2": {"network": "corp", "subscribed_site": "hq"},
    }
    renamed = edited(edited(WITH_EDGE, edit), {"sites.hq.servers.mbx2.id": "old"})
    assert of_row("E5", of_topology(renamed, {})) == [
        "edgesync-server.old -> edge-synced.hq 50636/tcp",
        "edgesync.hq -> edge-server.edge1 50636/tcp",
        "edgesync.hq -> edge-synced.hq 50636/tcp",
    ]


@pytest.mark.parametrize(
    "own, receives, syncs",
    [
        ({}, "edge-receiving.hq", "edgesync.hq -> edge-synced.hq 50636/tcp"),
        # A group of its own for other reasons leaves it in the others.
        ({"own_group": True}, "edge-receiving.hq", "edgesync.hq -> edge-synced.hq 50636/tcp"),
        (
            {"edgesync_port": 50700},
            "edge-receiving.hq",
            "edgesync.hq -> edge-server.edge1 50700/tcp",
        ),
        (
            {"delivery_port": 2525},
            "edge-server.edge1",
            "edgesync.hq -> edge-synced.hq 50636/tcp",
        ),
        (
            {"delivery_port": 2525, "edgesync_port": 50700},
            "edge-server.edge1",
            "edgesync.hq -> edge-server.edge1 50700/tcp",
        ),
    ],
)
def test_an_edge_server_receives_by_a_group_of_its_own_only_where_its_port_is_another(
    own: Edit, receives: str, syncs: str
) -> None:
    edit = {f"edge_servers.edge1.{key}": value for key, value in own.items()}
    found = of_topology(WITH_EDGE, edit)
    port = own.get("delivery_port", 25)
    assert of_row("E1", found) == [f"internet -> {receives} 25/tcp"]
    assert of_row("E2", found) == [f"{receives} -> mailbox.hq {port}/tcp"]
    assert of_row("E5", found) == [syncs]
    assert of_row("E3", found) == ["mailbox.hq -> edge-sending.hq 25/tcp"]


def test_an_edge_server_by_hand_takes_no_part_in_edgesync_whatever_it_says() -> None:
    by_hand = {
        "edge_servers.edge1.subscribed_site": GONE,
        "edge_servers.edge1.manual_connectors_site": "hq",
    }
    for own in ({}, {"own_group": True}, {"edgesync_port": 50700}):
        edit = {f"edge_servers.edge1.{key}": value for key, value in own.items()}
        assert of_row("E5", of_topology(edited(WITH_EDGE, by_hand), edit)) == []


# Additional flows.


def operators(
    data: Mapping[str, Any], source: object, to: object, *ports: str, **edit: Any
) -> list[str]:
    """The lines of one additional flow."""
    flow = {
        "from": source,
        "to": to,
        "ports": list(ports or ("3389/tcp",)),
        "reason": "as agreed",
        "accept_risk": True,
    }
    found = of_topology(data, {**edit, "additional_flows": [flow]})
    return sorted(
        flow_text(f) for f in found if "as agreed" in {reason.summary for reason in f.reasons}
    )


SPLIT: Final = edited(WITH_EDGE, {**TWO_SITES, "edge_servers.edge1.own_group": True})


@pytest.mark.parametrize(
    "to, groups",
    [
        ("exchange", ["exchange"]),
        ("exchange@paris", ["client-access.paris", "mailbox.paris"]),
        ("client_access", ["client-access.hq", "client-access.paris"]),
        ("client_access@hq", ["client-access.hq"]),
        ("mailbox", ["mailbox.hq", "mailbox.paris"]),
        ("mailbox@paris", ["mailbox.paris"]),
        ("edge", ["edge.hq"]),
        ("edge@hq", ["edge.hq"]),
        ("edge1", ["edge-server.edge1"]),
        (["mailbox@hq", "edge1"], ["edge-server.edge1", "mailbox.hq"]),
    ],
)
def test_an_additional_flow_reaches_whom_it_names(to: object, groups: list[str]) -> None:
    assert operators(SPLIT, "10.20.6.0/24", to) == [
        f"10.20.6.0/24 -> {each} 3389/tcp" for each in groups
    ]
    assert operators(SPLIT, to, "10.20.6.0/24") == [
        f"{each} -> 10.20.6.0/24 3389/tcp" for each in groups
    ]


def test_a_flow_for_one_server_goes_to_the_group_that_it_has_alone() -> None:
    own = edited(SPLIT, {"sites.hq.servers.mbx1.own_group": True})
    assert operators(own, "10.20.6.0/24", "mbx1") == ["10.20.6.0/24 -> server.mbx1 3389/tcp"]


def test_a_flow_for_one_server_without_a_group_of_its_own_is_refused() -> None:
    with pytest.raises(Refused, match="server-without-group"):
        operators(SPLIT, "10.20.6.0/24", "mbx1")


def test_an_additional_flow_to_the_internet_means_what_internet_means() -> None:
    assert operators(SPLIT, "edge", "internet", "443/tcp") == ["edge.hq -> internet 443/tcp"]
    assert operators(SPLIT, "internet", "client_access@hq", "8443/tcp") == [
        "internet -> client-access.hq 8443/tcp"
    ]


def test_an_additional_flow_between_servers_of_ours_goes_by_group() -> None:
    assert operators(SPLIT, "edge", "mailbox@paris", "587/tcp") == [
        "edge.hq -> mailbox.paris 587/tcp"
    ]


def test_adjacent_ports_of_one_flow_are_one_range() -> None:
    assert operators(SMALL, "10.20.6.0/24", "exchange", "5986/tcp", "3389/tcp", "5985/tcp") == [
        "10.20.6.0/24 -> exchange 3389/tcp",
        "10.20.6.0/24 -> exchange 5985-5986/tcp",
    ]


def test_the_operators_words_travel_with_the_flow() -> None:
    flow = {
        "from": "10.20.6.0/24",
        "to": "edge",
        "ports": ["3389/tcp"],
        "reason": "administration from the bastion",
        "accept_risk": True,
        "owner": "Messaging team",
        "ticket": "MAIL-204",
        "review_by": "2027-03-31",
    }
    found = of_topology(WITH_EDGE, {"additional_flows": [flow]})
    reasons = [r for f in found for r in f.reasons if r.entry is None]
    assert reasons == [
        Reason(
            "administration from the bastion",
            accepted_risk=True,
            owner="Messaging team",
            ticket="MAIL-204",
            review_by="2027-03-31",
        )
    ]
    assert reasons[0].source == "additional flow"


def test_what_two_rows_ask_for_is_one_flow_with_both_reasons() -> None:
    edit = {
        "mail_flow.inbound": {"from": "internet"},
        "clients.internet": {"services": ["smtp_authenticated_25"]},
    }
    (flow,) = (
        f for f in of_topology(SMALL, edit) if flow_text(f) == "any -> client-access.hq 25/tcp"
    )
    assert [reason.entry for reason in flow.reasons] == ["C6", "M1"]


def test_two_operators_may_ask_for_one_flow_in_the_same_words() -> None:
    """One with an owner and one without: both stay, always in the same order."""
    flow = {"from": "10.20.6.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": "RDP"}
    asked = [flow, {**flow, "owner": "us"}, {**flow, "ticket": "M-1"}]
    orders = {
        tuple(
            (r.owner, r.ticket)
            for f in of_topology(SMALL, {"additional_flows": declared_in})
            for r in f.reasons
            if r.entry is None
        )
        for declared_in in (asked, asked[::-1])
    }
    assert orders == {((None, None), ("us", None), (None, "M-1"))}


@pytest.mark.parametrize(
    "length, line",
    [
        (51, "inbound mail (M1); backup (M-1); clients; and so on"),
        (50, "inbound mail (M1); backup (M-1); and 1 more"),
        (42, "inbound mail (M1); and 2 more"),
        (28, "inbound mail (M1); and 2 ..."),
    ],
    ids=["whole", "without the last", "the first", "cut in the first"],
)
def test_reasons_are_cut_between_one_another(length: int, line: str) -> None:
    reasons = [
        Reason("clients; and so on"),
        Reason("backup", ticket="M-1"),
        Reason("inbound mail", entry="M1"),
    ]
    assert described(reasons, length) == line
