"""What the published tables ask for each server: the law that bounds plans from below, in words.

A line is a server, whom it must reach (->) or be reached by (<-), the ports and the row. The edits are of
an organization of two sites, each with an Edge server.
"""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from exchange_ports.flows.flow_index import WAYS
from exchange_ports.proof.documented_rows import DocumentedRows
from exchange_ports.topology.inventory import Inventory
from tests.support.strategies import GONE, WITH_EDGE, declared, edited

BASE: Final = edited(
    WITH_EDGE,
    {
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"], "address": "10.20.0.11"},
            "mbx1": {"roles": ["mailbox"], "address": "10.20.0.12"},
        },
        "sites.paris": {
            "network": "corp",
            "servers": {
                "cas3": {"roles": ["client_access"], "address": "10.20.0.21"},
                "mbx3": {"roles": ["mailbox"], "address": "10.20.0.22"},
            },
        },
        "edge_servers.edge1.address": "10.20.240.5",
        "edge_servers.edge2": {
            "network": "corp",
            "subscribed_site": "paris",
            "address": "10.20.240.6",
        },
    },
)
#: The Internet of design.md 5.3 with 10.0.0.0/8 as the only private block.
PUBLIC: Final = "0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255"
WITHOUT_EDIT: Final = {
    "edge1 -> mbx1 25/tcp E2",
    "edge1 -> public 25/tcp E4",
    "edge1 <- mbx1 25/tcp E3",
    "edge1 <- mbx1 50636/tcp E5",
    "edge1 <- public 25/tcp E1",
    "edge2 -> mbx3 25/tcp E2",
    "edge2 -> public 25/tcp E4",
    "edge2 <- mbx3 25/tcp E3",
    "edge2 <- mbx3 50636/tcp E5",
    "edge2 <- public 25/tcp E1",
    "mbx1 -> edge1 25/tcp E3",
    "mbx1 -> edge1 50636/tcp E5",
    "mbx1 <- edge1 25/tcp E2",
    "mbx3 -> edge2 25/tcp E3",
    "mbx3 -> edge2 50636/tcp E5",
    "mbx3 <- edge2 25/tcp E2",
}


def required(data: Mapping[str, Any]) -> set[str]:
    inventory = Inventory(declared(data))
    rows = DocumentedRows(inventory.topology, inventory.by_name)
    names = {str(server.address_set): server.name for server in inventory.servers}

    def peers(addresses: str) -> str:
        return names.get(addresses) or addresses.replace(PUBLIC, "public")

    return {
        f"{server.name} {'->' if way == 'out' else '<-'} {peers(str(each.peers))} "
        f"{','.join(map(str, each.ports))} {each.row}"
        for server in inventory.servers
        for way in WAYS
        for each in rows.of(server, way)
    }


EDITS: Final[Mapping[str, tuple[Mapping[str, Any], list[str]]]] = {
    "a Send connector by hand": (
        {"edge_servers.edge1.subscribed_site": GONE, "edge_servers.edge1.mail_site": "hq"},
        ["- edge1 <- mbx1 50636/tcp E5", "- mbx1 -> edge1 50636/tcp E5"],
    ),
    "an Edge server that takes mail only": (
        {"edge_servers.edge1.sends": False},
        ["- edge1 -> public 25/tcp E4", "- edge1 <- mbx1 25/tcp E3", "- mbx1 -> edge1 25/tcp E3"],
    ),
    "an Edge server that sends only": (
        {"edge_servers.edge1.receives": False},
        ["- edge1 -> mbx1 25/tcp E2", "- edge1 <- public 25/tcp E1", "- mbx1 <- edge1 25/tcp E2"],
    ),
    "ports of its own and an exception": (
        {
            "edge_servers.edge1.delivery_port": 2525,
            "edge_servers.edge1.edgesync_port": 50700,
            "edge_servers.edge1.edgesync_except": ["mbx1"],
        },
        [
            "+ edge1 -> mbx1 2525/tcp E2",
            "+ edge1 <- nothing 50700/tcp E5",
            "+ mbx1 <- edge1 2525/tcp E2",
            "- edge1 -> mbx1 25/tcp E2",
            "- edge1 <- mbx1 50636/tcp E5",
            "- mbx1 -> edge1 50636/tcp E5",
            "- mbx1 <- edge1 25/tcp E2",
        ],
    ),
    "no inbound mail": (
        {"mail_flow.inbound": "none"},
        [
            "- edge1 -> mbx1 25/tcp E2",
            "- edge1 <- public 25/tcp E1",
            "- edge2 -> mbx3 25/tcp E2",
            "- edge2 <- public 25/tcp E1",
            "- mbx1 <- edge1 25/tcp E2",
            "- mbx3 <- edge2 25/tcp E2",
        ],
    ),
    "inbound mail past Edge as well": (
        {"mail_flow.inbound": {"from": "internet", "to": ["paris"]}},
        ["+ cas3 <- 0.0.0.0/0 25/tcp M1"],
    ),
    "inbound mail from a filtering service": (
        {"mail_flow.inbound": {"from": ["198.51.100.0/24"], "to": ["paris"]}},
        [
            "+ cas3 <- 198.51.100.0/24 25/tcp M1",
            "+ edge1 <- 198.51.100.0/24 25/tcp E1",
            "+ edge2 <- 198.51.100.0/24 25/tcp E1",
            "- edge1 <- public 25/tcp E1",
            "- edge2 <- public 25/tcp E1",
        ],
    ),
    "clients of one site on another port": (
        {
            "clients.office": {"from": ["10.64.0.0/16"], "services": ["imap"], "to": ["hq"]},
            "service_ports.imap": ["1430/tcp"],
        },
        ["+ cas1 <- 10.64.0.0/16 1430/tcp C3"],
    ),
    "clients from anywhere": (
        {"clients.world": {"services": ["https"]}},
        ["+ cas1 <- 0.0.0.0/0 443/tcp C1", "+ cas3 <- 0.0.0.0/0 443/tcp C1"],
    ),
    "clients from public addresses": (
        {"clients.world": {"services": ["https"]}, "networks.corp.internet": "public"},
        ["+ cas1 <- public 443/tcp C1", "+ cas3 <- public 443/tcp C1"],
    ),
    "the Internet as any address": (
        {"networks.corp.internet": "any"},
        [
            "+ edge1 -> 0.0.0.0/0 25/tcp E4",
            "+ edge1 <- 0.0.0.0/0 25/tcp E1",
            "+ edge2 -> 0.0.0.0/0 25/tcp E4",
            "+ edge2 <- 0.0.0.0/0 25/tcp E1",
            "- edge1 -> public 25/tcp E4",
            "- edge1 <- public 25/tcp E1",
            "- edge2 -> public 25/tcp E4",
            "- edge2 <- public 25/tcp E1",
        ],
    ),
    "mail sent by the Mailbox servers of a site": (
        {"mail_flow.outbound": {"through": "mailbox", "sites": ["paris"]}},
        [
            "+ mbx3 -> public 25/tcp M2",
            "- edge1 -> public 25/tcp E4",
            "- edge1 <- mbx1 25/tcp E3",
            "- edge2 -> public 25/tcp E4",
            "- edge2 <- mbx3 25/tcp E3",
            "- mbx1 -> edge1 25/tcp E3",
            "- mbx3 -> edge2 25/tcp E3",
        ],
    ),
    "mail sent by one Mailbox server": (
        {
            "mail_flow.outbound": {"through": "mailbox", "servers": ["mbx3"]},
            "sites.paris.servers.mbx3.own_group": True,
        },
        [
            "+ mbx3 -> public 25/tcp M2",
            "- edge1 -> public 25/tcp E4",
            "- edge1 <- mbx1 25/tcp E3",
            "- edge2 -> public 25/tcp E4",
            "- edge2 <- mbx3 25/tcp E3",
            "- mbx1 -> edge1 25/tcp E3",
            "- mbx3 -> edge2 25/tcp E3",
        ],
    ),
    "mail proxied to a smart host": (
        {
            "edge_servers.edge2.sends": False,
            "mail_flow.outbound": {
                "through": "client_access",
                "servers": ["mbx3"],
                "next_hop": [{"address": "203.0.113.25", "port": 587}],
            },
        },
        [
            "+ cas3 -> 203.0.113.25 587/tcp M3",
            "- edge1 -> public 25/tcp E4",
            "- edge1 <- mbx1 25/tcp E3",
            "- edge2 -> public 25/tcp E4",
            "- edge2 <- mbx3 25/tcp E3",
            "- mbx1 -> edge1 25/tcp E3",
            "- mbx3 -> edge2 25/tcp E3",
        ],
    ),
    "mail sent by the Edge servers of a site": (
        {
            "mail_flow.outbound": {
                "through": "edge",
                "sites": ["hq"],
                "next_hop": [{"address": "203.0.113.25"}],
            }
        },
        [
            "+ edge1 -> 203.0.113.25 25/tcp E4",
            "- edge1 -> public 25/tcp E4",
            "- edge2 -> public 25/tcp E4",
            "- edge2 <- mbx3 25/tcp E3",
            "- mbx3 -> edge2 25/tcp E3",
        ],
    ),
    "mail sent by one Edge server": (
        {
            "mail_flow.outbound": {"through": "edge", "servers": ["edge1"]},
            "edge_servers.edge1.own_group": True,
        },
        ["- edge2 -> public 25/tcp E4", "- edge2 <- mbx3 25/tcp E3", "- mbx3 -> edge2 25/tcp E3"],
    ),
    "relays": (
        {
            "mail_flow.relays.scan": {"from": ["10.20.7.0/28"], "sites": ["hq"]},
            "mail_flow.relays.app": {"from": ["10.20.8.0/28"], "to": "mailbox", "port": 2526},
        },
        [
            "+ cas1 <- 10.20.7.0/28 25/tcp M6",
            "+ mbx1 <- 10.20.8.0/28 2526/tcp M6",
            "+ mbx3 <- 10.20.8.0/28 2526/tcp M6",
        ],
    ),
    "a witness": (
        {"witnesses.fsw": {"address": "10.20.7.60", "sites": ["paris"]}},
        ["+ mbx3 -> 10.20.7.60 135,445,49152-65535/tcp W1"],
    ),
    "name servers": (
        {"name_servers": {"internal": ["10.20.2.53"], "edge": ["10.20.240.53"]}},
        [
            "+ cas1 -> 10.20.2.53 53/tcp,53/udp N1",
            "+ cas3 -> 10.20.2.53 53/tcp,53/udp N1",
            "+ edge1 -> 10.20.240.53 53/tcp,53/udp E7",
            "+ edge2 -> 10.20.240.53 53/tcp,53/udp E7",
            "+ mbx1 -> 10.20.2.53 53/tcp,53/udp N1",
            "+ mbx3 -> 10.20.2.53 53/tcp,53/udp N1",
        ],
    ),
    "domain controllers as name servers of Edge": (
        {
            "name_servers.edge": "domain_controllers",
            "sites.hq.domain_controllers.accounts_forest": ["10.20.3.10"],
        },
        [
            "+ edge1 -> 10.20.2.10, 10.20.3.10 53/tcp,53/udp E7",
            "+ edge2 -> 10.20.2.10, 10.20.3.10 53/tcp,53/udp E7",
        ],
    ),
    "name servers for mail": (
        {
            "name_servers.internal": ["10.20.2.53"],
            "mail_flow.outbound": {"through": "mailbox", "sites": ["hq"]},
            "mail_flow.inbound": {"from": "internet", "to": ["paris"]},
        },
        [
            "+ cas1 -> 10.20.2.53 53/tcp,53/udp N1",
            "+ cas3 -> 10.20.2.53 53/tcp,53/udp M4",
            "+ cas3 -> 10.20.2.53 53/tcp,53/udp N1",
            "+ cas3 <- 0.0.0.0/0 25/tcp M1",
            "+ mbx1 -> 10.20.2.53 53/tcp,53/udp M4",
            "+ mbx1 -> 10.20.2.53 53/tcp,53/udp N1",
            "+ mbx1 -> public 25/tcp M2",
            "+ mbx3 -> 10.20.2.53 53/tcp,53/udp N1",
            "- edge1 -> public 25/tcp E4",
            "- edge1 <- mbx1 25/tcp E3",
            "- edge2 -> public 25/tcp E4",
            "- edge2 <- mbx3 25/tcp E3",
            "- mbx1 -> edge1 25/tcp E3",
            "- mbx3 -> edge2 25/tcp E3",
        ],
    ),
    "name servers by network": (
        {
            "name_servers": {
                "internal": {"corp": ["10.20.2.53"]},
                "edge": {"corp": ["10.20.240.53"]},
            }
        },
        [
            "+ cas1 -> 10.20.2.53 53/tcp,53/udp N1",
            "+ cas3 -> 10.20.2.53 53/tcp,53/udp N1",
            "+ edge1 -> 10.20.240.53 53/tcp,53/udp E7",
            "+ edge2 -> 10.20.240.53 53/tcp,53/udp E7",
            "+ mbx1 -> 10.20.2.53 53/tcp,53/udp N1",
            "+ mbx3 -> 10.20.2.53 53/tcp,53/udp N1",
        ],
    ),
    "a proxy": (
        {
            "sender_reputation": {
                "proxy": {"address": "10.20.240.9", "port": 8080, "type": "http_connect"}
            }
        },
        ["+ edge1 -> 10.20.240.9 8080/tcp E8", "+ edge2 -> 10.20.240.9 8080/tcp E8"],
    ),
    "probes": (
        {"sender_reputation": "direct"},
        [
            "+ edge1 -> public 23,80,1080-1081,3128,6588/tcp E8d",
            "+ edge2 -> public 23,80,1080-1081,3128,6588/tcp E8d",
        ],
    ),
    "IPv6": (
        {
            "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
            "clients.world": {"services": ["https"]},
        },
        [
            "+ cas1 <- 0.0.0.0/0, ::/0 443/tcp C1",
            "+ cas3 <- 0.0.0.0/0, ::/0 443/tcp C1",
            "+ edge1 -> public, 2000::/3 25/tcp E4",
            "+ edge1 <- public, 2000::/3 25/tcp E1",
            "+ edge2 -> public, 2000::/3 25/tcp E4",
            "+ edge2 <- public, 2000::/3 25/tcp E1",
            "- edge1 -> public 25/tcp E4",
            "- edge1 <- public 25/tcp E1",
            "- edge2 -> public 25/tcp E4",
            "- edge2 <- public 25/tcp E1",
        ],
    ),
    "mail sent by every Mailbox server": (
        {"mail_flow.outbound": {"through": "mailbox"}},
        [
            "+ mbx1 -> public 25/tcp M2",
            "+ mbx3 -> public 25/tcp M2",
            "- edge1 -> public 25/tcp E4",
            "- edge1 <- mbx1 25/tcp E3",
            "- edge2 -> public 25/tcp E4",
            "- edge2 <- mbx3 25/tcp E3",
            "- mbx1 -> edge1 25/tcp E3",
            "- mbx3 -> edge2 25/tcp E3",
        ],
    ),
    "mail proxied by a site": (
        {
            "edge_servers.edge1.sends": False,
            "mail_flow.outbound": {"through": "client_access", "sites": ["hq"]},
        },
        [
            "+ cas1 -> public 25/tcp M3",
            "- edge1 -> public 25/tcp E4",
            "- edge1 <- mbx1 25/tcp E3",
            "- edge2 -> public 25/tcp E4",
            "- edge2 <- mbx3 25/tcp E3",
            "- mbx1 -> edge1 25/tcp E3",
            "- mbx3 -> edge2 25/tcp E3",
        ],
    ),
    "a relay of every site": (
        {"mail_flow.relays.scan": {"from": ["10.20.7.0/28"]}},
        ["+ cas1 <- 10.20.7.0/28 25/tcp M6", "+ cas3 <- 10.20.7.0/28 25/tcp M6"],
    ),
    "the platform's name servers": (
        {"name_servers.internal": "platform", "name_servers.edge": "platform"},
        [],
    ),
}


def test_two_sites_with_edge_servers_need_mail_and_edgesync_each_with_its_own() -> None:
    assert required(BASE) == WITHOUT_EDIT


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_asks_for_these_lines_and_no_longer_for_those(case: str) -> None:
    edit, lines = EDITS[case]
    found = required(edited(BASE, edit))
    more = [f"+ {line}" for line in sorted(found - WITHOUT_EDIT)]
    assert [*more, *(f"- {line}" for line in sorted(WITHOUT_EDIT - found))] == lines
