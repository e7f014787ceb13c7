"""Every flow of an organization of two sites, with its reasons and fields, edit by edit, as a golden."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.support.flow_lines import flow_lines
from tests.support.strategies import GONE, edited
from tests.support.two_sites import EDITS, TWO_SITES

#: More of what rows and fields depend on.
MORE: Final[Mapping[str, Mapping[str, Any]]] = {
    "identities": {
        "sites.hq.id": "main",
        "networks.corp.id": "vpc",
        "sites.hq.servers.mbx1.id": "old",
        "edge_servers.edge1.id": "gate",
        "edge_servers.edge1.own_group": True,
        "sites.hq.servers.mbx1.own_group": True,
        "edge_servers.edge1.edgesync_except": ["mbx1"],
        "name_servers": {"internal": {"corp": ["10.20.2.53"]}, "edge": "cloud_resolver"},
    },
    "neighbors of both sites": {
        "sites.hq.lync.addresses": ["10.20.4.0/28"],
        "sites.hq.other_exchange.addresses": ["10.20.5.9"],
        "sites.hq.domain_controllers.accounts_forest": ["10.20.3.10"],
        "sites.paris.lync.addresses": ["10.20.6.0/28"],
        "sites.paris.domain_controllers.addresses": ["10.20.9.10"],
    },
    "clients by several ways": {
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["imap", "https"], "to": ["hq"]},
        "clients.branch": {"from": ["10.65.0.0/16"], "services": ["imap"]},
        "clients.world": {"services": ["https"], "to": ["paris"]},
        "clients.usual": {"from": ["10.66.0.0/16"]},
        "service_ports.imap": ["1430/tcp", "993/tcp"],
    },
    "additional flows": {
        "additional_flows": [
            {
                "from": ["edge@hq", "10.20.6.0/24"],
                "to": ["mailbox", "client_access@paris"],
                "ports": ["8443/tcp", "8444/tcp", "icmp"],
                "reason": "monitoring",
                "accept_risk": True,
            },
            {"from": "exchange", "to": "internet", "need": "malware_definitions"},
            {"from": "internet", "to": "client_access@hq", "ports": ["8443/tcp"], "reason": "app"},
            {"from": "exchange@hq", "to": "10.20.7.9", "need": "windows_update", "reason": "WSUS"},
        ],
    },
    "three connectors": {
        "mail_flow.outbound": [
            {"through": "edge", "sites": ["paris"]},
            {"through": "mailbox", "sites": ["hq"], "next_hop": [{"address": "10.20.7.25"}]},
            {
                "through": "edge",
                "sites": ["hq"],
                "next_hop": [
                    {"address": "203.0.113.25", "port": 587},
                    {"address": "203.0.113.26", "port": 587},
                    {"address": "203.0.113.27"},
                ],
            },
        ]
    },
    "IPv6 in the perimeter only": {
        "networks.corp.perimeter": ["10.20.240.0/24", "2001:db8:240::/64"],
        "edge_servers.edge1.address": ["10.20.240.5", "2001:db8:240::5"],
        "clients.world": {"services": ["https"]},
    },
    "IPv6 inside only": {
        "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
        "clients.world": {"services": ["https"]},
        "additional_flows": [
            {"from": "mailbox", "to": "internet", "ports": ["icmp"], "reason": "pings"}
        ],
    },
    "a site by its identity and its key": {
        "sites.hq.id": "paris-old",
        "sites.paris.id": "hq-old",
        "sites.paris.servers.mbx3.id": "mbx1-old",
        "sites.paris.servers.mbx3.own_group": True,
        "edge_servers.edge2.id": "edge1-old",
        "edge_servers.edge2.edgesync_except": ["mbx3"],
        "mail_flow.outbound": {"through": "edge", "servers": ["edge2"]},
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["https"], "to": ["paris"]},
        "mail_flow.relays.scan": {"from": ["10.20.7.0/28"], "sites": ["paris"]},
        "witness_servers.fsw": {"address": "10.20.7.60", "sites": ["paris"]},
    },
    "an external site with Edge of ours": {
        "networks.lab": {"platform": "external", "internal": ["10.90.0.0/24"]},
        "sites.lab": {
            "network": "lab",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.90.0.9"}},
        },
        "edge_servers.edge2.subscribed_site": "lab",
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["https"]},
    },
    "a retired group": {
        "networks.corp.retired_groups": ["server.mbx1", "edge-server.edge2"],
        "additional_flows": [
            {"from": "10.20.6.0/24", "to": "edge", "need": "remote_desktop", "accept_risk": True}
        ],
    },
    "two networks": {
        "networks.north": {
            "platform": "azure",
            "internal": ["10.40.0.0/20", "2001:db8:40::/64"],
            "internet": "public",
        },
        "sites.oslo": {
            "network": "north",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.40.0.9"}},
        },
        "name_servers": {
            "internal": {"corp": "domain_controllers", "north": ["10.40.0.53"]},
            "edge": {"corp": ["10.20.240.53"]},
        },
        "clients.world": {"services": ["https"]},
        "mail_flow.inbound": {"from": "internet", "to": ["oslo"]},
    },
    "no subscription": {
        "edge_servers.edge1.subscribed_site": GONE,
        "edge_servers.edge1.manual_connectors_site": "hq",
        "sender_reputation": "direct",
    },
}


def test_the_flows_of_each_edit_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    usual = flow_lines(TWO_SITES)
    lines = ["# Flows of two sites, each with an Edge server", "", *usual, ""]
    for case, edit in {**EDITS, **MORE}.items():
        found = flow_lines(edited(TWO_SITES, edit))
        lines += [f"## {case}", "", *(line for line in found if line not in usual)]
        lines += [f"  without{line.removeprefix('*')}" for line in usual if line not in found]
        lines.append("")
    golden("flows/two_sites.md", "\n".join(lines))
