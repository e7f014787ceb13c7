"""Risky traffic: no field opens it without a word, and one that is accepted is shown as such everywhere.

Each row is an edit of one small topology, with what is said of it, and beside it a near miss of which
nothing is said.
"""

from typing import Any, Final

import pytest

from exchange_ports.planning import Plans, planned
from exchange_ports.topology.groups import Group
from exchange_ports.topology.validate import parse_topology
from tests.support.risky_topology import BASE, flow
from tests.support.strategies import edited

Data = dict[str, Any]


def found(data: Data) -> dict[str, str]:
    """The codes of what is said of a topology, each with its words."""
    topology, findings = parse_topology(data)
    reported = {each.kind.code: str(each) for each in findings}
    if topology is not None and not any(each.is_error for each in findings):
        reported |= {each.kind.code: str(each) for each in planned(topology)[1]}
    return reported


def plans_of(data: Data) -> Plans:
    topology, _ = parse_topology(data)
    assert topology is not None
    plans, findings = planned(topology)
    assert not [each for each in findings if each.is_error]
    return plans


def hop(through: str, address: str, port: int = 25) -> Data:
    return {
        "mail_flow.outbound": {
            "through": through,
            "next_hop": [{"address": address, "port": port}],
        }
    }


def proxy(address: str, port: int = 1080) -> Data:
    return {"sender_reputation": {"proxy": {"address": address, "port": port, "type": "socks5"}}}


def external(range_: str, address: str, *blocks: str) -> Data:
    """An external network with an Exchange server in it."""
    return {
        "networks.far": {"platform": "external", "internal": [range_]},
        "sites.far": {
            "network": "far",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": address}},
        },
        "private_blocks": ["10.0.0.0/8", *blocks],
        "accept_risk": {"private_blocks": "said elsewhere"} if blocks else {},
    }


CONTROLLERS: Final = "sites.hq.domain_controllers"
PUBLIC_BLOCK: Final[Data] = {
    "private_blocks": ["0.0.0.0/1"],
    "accept_risk": {"private_blocks": "said elsewhere"},
}

#: What is said, what of the text, the edit, and the edit of which it is not said.
ROWS: Final[dict[str, tuple[str, str, Data, Data]]] = {
    "Lync servers at public ranges": (
        "risky-traffic",
        "sites.hq.lync allows all protocols from the Internet",
        {"sites.hq.lync": {"addresses": ["0.0.0.0/5"]}},
        {"sites.hq.lync": {"addresses": ["10.128.0.0/9"]}},
    ),
    "other Exchange servers at public ranges": (
        "risky-traffic",
        "sites.hq.other_exchange",
        {"sites.hq.other_exchange": {"addresses": ["8.0.0.0/7"]}},
        {"sites.hq.other_exchange": {"addresses": ["10.20.5.0/28"]}},
    ),
    "every IPv6 address as domain controllers": (
        "risky-traffic",
        CONTROLLERS,
        {CONTROLLERS: {"addresses": ["::/0"]}},
        {CONTROLLERS: {"addresses": ["fd00::/8"]}},
    ),
    "one public address among domain controllers": (
        "risky-traffic",
        CONTROLLERS,
        {CONTROLLERS: {"addresses": ["10.20.2.10", "45.0.0.9"]}},
        {CONTROLLERS: {"addresses": ["10.20.2.10", "100.64.0.9"]}},
    ),
    "a global IPv6 address outside all zones among domain controllers": (
        "risky-traffic",
        CONTROLLERS,
        {CONTROLLERS: {"addresses": ["10.20.2.10", "2001:db8:9::9"]}},
        {CONTROLLERS: {"addresses": ["10.20.2.10", "fd00:9::9"]}},
    ),
    "an accounts forest at public addresses": (
        "risky-traffic",
        CONTROLLERS,
        {f"{CONTROLLERS}.accounts_forest": ["45.0.0.0/8"]},
        {f"{CONTROLLERS}.accounts_forest": ["10.64.0.0/12"]},
    ),
    "an external server at public addresses": (
        "risky-traffic",
        "networks.far allows all protocols from the Internet",
        external("45.1.0.0/16", "45.1.0.11", "45.0.0.0/8"),
        external("10.65.0.0/16", "10.65.0.11"),
    ),
    "private blocks with public space": (
        "public-private-block",
        "0.0.0.0/1",
        {"private_blocks": ["0.0.0.0/1"]},
        {"private_blocks": ["10.0.0.0/8", "100.64.0.0/10"]},
    ),
    "remote desktop from public space that is called private": (
        "risky-traffic",
        "mailbox",
        PUBLIC_BLOCK | flow("45.0.0.0/8", "mailbox", "3389/tcp"),
        PUBLIC_BLOCK | flow("10.9.0.0/16", "mailbox", "3389/tcp"),
    ),
    "any protocol from the Internet to a Client Access server": (
        "risky-traffic",
        "all protocols from the Internet to the internal network",
        flow("internet", "client_access", "any"),
        flow("internet", "client_access", "443/tcp"),
    ),
    "remote desktop from the Internet to a Client Access server": (
        "risky-traffic",
        "remote administration from the Internet to the internal network",
        flow("internet", "client_access", "1024-4000/tcp"),
        flow("internet", "client_access", "8080-8443/tcp"),
    ),
    "half of all addresses as a destination": (
        "risky-traffic",
        "The flow from exchange to 128.0.0.0/1 allows traffic with a range that contains public and internal addresses",
        flow("exchange", "128.0.0.0/1", "443/tcp"),
        flow("exchange", "128.0.0.0/3", "443/tcp"),
    ),
    "Edge delivers on the port of remote desktop": (
        "risky-traffic",
        "edge_servers.edge1 allows remote administration from the perimeter to the internal network",
        {"edge_servers.edge1.delivery_port": 3389},
        {"edge_servers.edge1.delivery_port": 2525},
    ),
    "EdgeSync on the port of remote desktop": (
        "risky-traffic",
        "edge_servers.edge1 allows remote administration from the internal network to the perimeter",
        {"edge_servers.edge1.edgesync_port": 3389},
        {"edge_servers.edge1.edgesync_port": 50637},
    ),
    "a domain controller as smart host": (
        "risky-traffic",
        "mail_flow.outbound allows file sharing and RPC from the perimeter to the internal network",
        hop("edge", "10.20.2.10", 445),
        hop("edge", "10.20.7.25", 2525),
    ),
    "a proxy on the port of a directory": (
        "risky-traffic",
        "sender_reputation allows directory from the perimeter to the internal network",
        proxy("10.20.2.10", 636),
        proxy("10.20.240.9", 636),
    ),
    "a witness in the perimeter": (
        "risky-traffic",
        "witness_servers.fsw allows file sharing and RPC from the internal network to the perimeter",
        {"witness_servers.fsw": {"address": "10.20.240.9"}},
        {"witness_servers.fsw": {"address": "10.20.2.60"}},
    ),
    "a relay in the perimeter": (
        "risky-traffic",
        "The relay scanner allows mail from a relay in the perimeter",
        {"mail_flow.relays.scanner": {"from": ["10.20.240.9"]}},
        {"mail_flow.relays.scanner": {"from": ["10.20.7.30"]}},
    ),
    "a relay from the Internet to Mailbox servers": (
        "risky-traffic",
        "The relay scanner allows traffic from the Internet to Mailbox servers",
        {"mail_flow.relays.scanner": {"from": ["45.0.0.9"], "to": "mailbox"}},
        {"mail_flow.relays.scanner": {"from": ["45.0.0.9"], "to": "client_access"}},
    ),
    "a provider's session border controller": (
        "risky-traffic",
        "ip_gateways.sbc allows calls, media or faxes with the Internet",
        {"unified_messaging.ip_gateways.sbc": {"address": "45.0.0.9"}},
        {"unified_messaging.ip_gateways.sbc": {"address": "10.20.9.9"}},
    ),
    "a gateway in the perimeter": (
        "risky-traffic",
        "ip_gateways.sbc allows calls, media or faxes with the perimeter",
        {"unified_messaging.ip_gateways.sbc": {"address": ["10.20.9.9", "10.20.240.9"]}},
        {"unified_messaging.ip_gateways.sbc": {"address": ["10.20.9.9", "10.20.9.10"]}},
    ),
    "a fax service on the Internet": (
        "risky-traffic",
        "fax_partner_servers.fax allows calls, media or faxes with the Internet",
        {
            "unified_messaging.ip_gateways.gw": {"address": "10.20.9.9"},
            "unified_messaging.fax_partner_servers.fax": {"address": "45.0.0.9"},
        },
        {
            "unified_messaging.ip_gateways.gw": {"address": "10.20.9.9"},
            "unified_messaging.fax_partner_servers.fax": {"address": "10.20.9.20"},
        },
    ),
    "an Edge server as gateway": (
        "own-server-by-address",
        "edge1",
        {
            "unified_messaging.ip_gateways.sbc": {"address": "10.20.240.5"},
            "accept_risk": {"unified_messaging.ip_gateways.sbc": "said elsewhere"},
        },
        {
            "unified_messaging.ip_gateways.sbc": {"address": "10.20.240.9"},
            "accept_risk": {"unified_messaging.ip_gateways.sbc": "said elsewhere"},
        },
    ),
    "translation before servers with a provider's calls": (
        "source-translated",
        "`address` of unified_messaging.ip_gateways.sbc",
        {
            "networks.corp.connected_through": "nat",
            "unified_messaging.ip_gateways.sbc": {"address": "45.0.0.9"},
            "accept_risk": {"unified_messaging.ip_gateways.sbc": "said elsewhere"},
        },
        {
            "unified_messaging.ip_gateways.sbc": {"address": "45.0.0.9"},
            "accept_risk": {"unified_messaging.ip_gateways.sbc": "said elsewhere"},
        },
    ),
    "a gateway with IPv6 where nobody has it": (
        "range-without-family",
        "no zone of corp has IPv6 addresses",
        {"unified_messaging.ip_gateways.gw": {"address": "fd00::5"}},
        {"unified_messaging.ip_gateways.gw": {"address": ["fd00::5", "10.20.9.5"]}},
    ),
    "IMAP bound to the port of remote desktop": (
        "risky-traffic",
        "clients.all allows remote administration from the Internet",
        {"clients.all": {"services": ["imap"]}, "service_ports": {"imap": ["3389/tcp"]}},
        {"clients.all": {"services": ["imap"]}, "service_ports": {"imap": ["10143/tcp"]}},
    ),
    "clients that cover the perimeter": (
        "range-covers-perimeter",
        "10.20.240.0/24",
        {"clients.all": {"from": ["10.0.0.0/8"]}},
        {"clients.all": {"from": ["10.20.240.20"]}},
    ),
    "relays that cover the perimeter": (
        "range-covers-perimeter",
        "10.20.240.0/24",
        {"mail_flow.relays.all": {"from": ["10.20.128.0/17"]}},
        {"mail_flow.relays.all": {"from": ["10.20.128.0/18"]}},
    ),
    "an inbound filter that covers the perimeter": (
        "range-covers-perimeter",
        "10.20.240.0/24",
        {"mail_flow.inbound": {"from": ["10.0.0.0/8"], "to": ["hq"]}},
        {"mail_flow.inbound": {"from": ["10.0.0.0/8"]}},
    ),
    "an Edge server as smart host": (
        "own-server-by-address",
        "edge2",
        hop("mailbox", "10.20.240.6"),
        hop("mailbox", "10.20.240.7"),
    ),
    "an Edge server as name server": (
        "own-server-by-address",
        "edge1",
        {"name_servers.internal": ["10.20.240.5"]},
        {"name_servers.internal": ["10.20.2.53"]},
    ),
    "a Client Access server as proxy": (
        "own-server-by-address",
        "cas1",
        proxy("10.20.0.11", 443),
        proxy("10.20.240.9", 443),
    ),
    "an Edge server by address in an additional flow": (
        "own-server-by-address",
        "Write its name, `edge1`",
        flow("10.20.240.5", "exchange", "8080/tcp", accept_risk=True),
        flow("10.20.240.7", "exchange", "8080/tcp", accept_risk=True),
    ),
    "translation before Edge servers": (
        "source-translated",
        "mail_flow: {inbound: {from: [...]}}",
        {"networks.corp.connected_through": "nat"},
        {
            "networks.corp.connected_through": "nat",
            "mail_flow.inbound": {"from": ["10.20.250.0/26"]},
        },
    ),
    "IPv6 ranges where nobody has IPv6": (
        "range-without-family",
        "no zone of corp has IPv6 addresses",
        {"clients.all": {"from": ["2001:db8:25::/48"]}},
        {"clients.all": {"from": ["2001:db8:25::/48", "10.64.0.0/12"]}},
    ),
    "an IPv4 Edge server with an IPv6 Mailbox server": (
        "no-common-ip-version",
        "mbx1 and edge",
        {
            "networks.corp.internal": ["10.20.0.0/20", "fd20::/64"],
            "sites.hq.servers.mbx1.address": "fd20::21",
        },
        {"networks.corp.internal": ["10.20.0.0/20", "fd20::/64"]},
    ),
    **{
        f"{address} as a domain controller": (
            "unusable-range",
            address,
            {CONTROLLERS: {"addresses": [address]}},
            {CONTROLLERS: {"addresses": ["10.20.2.11"]}},
        )
        for address in (
            "0.0.0.0",  # noqa: S104
            "255.255.255.255",
            "240.0.0.1",
            "169.254.169.254",
            "168.63.129.16",
            "fe80::1",
        )
    },
    "a special address at the end of an additional flow": (
        "unusable-range",
        "169.254.169.254",
        flow("exchange", "169.254.169.254", "80/tcp"),
        flow("exchange", "169.253.169.254", "80/tcp"),
    ),
    "a cloud's own host as name server": (
        "unusable-address",
        "168.63.129.16",
        {"name_servers.internal": ["168.63.129.16"]},
        {"name_servers.internal": ["168.63.129.17"]},
    ),
}


@pytest.mark.parametrize("code, words, edit, near_miss", ROWS.values(), ids=ROWS)
def test_what_no_field_opens_without_a_word(
    code: str, words: str, edit: Data, near_miss: Data
) -> None:
    reported = found(edited(BASE, edit))
    assert words in reported.get(code, ""), reported
    assert code not in found(edited(BASE, near_miss))


@pytest.mark.parametrize("edit", [edit for *_, edit, _ in ROWS.values()], ids=ROWS)
def test_what_is_reported_beside_other_errors_is_what_the_flows_are_checked_by(edit: Data) -> None:
    topology, findings = parse_topology(edited(BASE, edit))
    early = {each.path for each in findings if each.kind.code == "risky-traffic"}
    if topology is not None and (early or not any(each.is_error for each in findings)):
        late = {each.path for each in planned(topology)[1] if each.kind.code == "risky-traffic"}
        assert early == {p for p in late if p[1] == "additional_flows" or "relays" in p}


#: Where each is accepted, by the name of its row.
ACCEPTED: Final = {
    "Lync servers at public ranges": "sites.hq.lync",
    "one public address among domain controllers": CONTROLLERS,
    "an external server at public addresses": "networks.far",
    "Edge delivers on the port of remote desktop": "edge_servers.edge1",
    "EdgeSync on the port of remote desktop": "edge_servers.edge1",
    "a domain controller as smart host": "mail_flow.outbound",
    "a proxy on the port of a directory": "sender_reputation",
    "a witness in the perimeter": "witness_servers.fsw",
    "a provider's session border controller": "unified_messaging.ip_gateways.sbc",
    "a gateway in the perimeter": "unified_messaging.ip_gateways.sbc",
    "a fax service on the Internet": "unified_messaging.fax_partner_servers.fax",
    "IMAP bound to the port of remote desktop": "clients.all",
}


@pytest.mark.parametrize("name, field", ACCEPTED.items(), ids=ACCEPTED)
def test_an_accepted_risk_is_a_reason_with_the_words(name: str, field: str) -> None:
    data = edited(BASE, ROWS[name][2])
    data["accept_risk"] = {**data.get("accept_risk", {}), field: "MAIL-411 asked for it"}
    assert not {"risky-traffic", "unused-accept-risk"} & found(data).keys()
    plans = plans_of(data)
    (path,) = plans.origins.accepted_risks(plans.flows)
    assert ".".join(map(str, path)) == field
    reasons = {r for each in plans.flows for r in each.reasons if r.accepted_risk}
    assert reasons
    assert all("MAIL-411 asked for it" in reason.summary for reason in reasons)


@pytest.mark.parametrize("name, field", ACCEPTED.items(), ids=ACCEPTED)
def test_a_near_miss_needs_no_acceptance(name: str, field: str) -> None:
    data = edited(BASE, ROWS[name][3])
    data["accept_risk"] = {**data.get("accept_risk", {}), field: "MAIL-411 asked for it"}
    assert field in found(data)["unused-accept-risk"]
    plans = plans_of(data)
    assert not plans.origins.accepted_risks(plans.flows)


def test_accept_risk_of_a_part_marks_this_part_only() -> None:
    asked = flow("10.20.6.0/24", ["exchange", "edge"], "3389/tcp", accept_risk=True)
    data = edited(BASE, asked)
    assert "unused-accept-risk" not in found(data)
    marked = {
        each.destination.key
        for each in plans_of(data).flows
        if isinstance(each.destination, Group)
        and any(reason.accepted_risk for reason in each.reasons)
    }
    assert marked
    assert all(key.startswith("edge") for key in marked)
