"""An organization of two sites, each with an Edge server, and one edit of it for each row of the tables."""

from collections.abc import Mapping
from typing import Any, Final

from tests.support.strategies import GONE, WITH_EDGE, edited

__all__ = ["EDITS", "MORE", "TWO_SITES"]

TWO_SITES: Final = edited(
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

EDITS: Final[Mapping[str, Mapping[str, Any]]] = {
    "a Send connector by hand": {
        "edge_servers.edge1.subscribed_site": GONE,
        "edge_servers.edge1.manual_connectors_site": "hq",
    },
    "an Edge server that takes mail only": {"edge_servers.edge1.sends": False},
    "an Edge server that sends only": {"edge_servers.edge1.receives": False},
    "ports of its own and an exception": {
        "edge_servers.edge1.delivery_port": 2525,
        "edge_servers.edge1.edgesync_port": 50700,
        "edge_servers.edge1.edgesync_except": ["mbx1"],
    },
    "no inbound mail": {"mail_flow.inbound": "none"},
    "inbound mail past Edge as well": {"mail_flow.inbound": {"from": "internet", "to": ["paris"]}},
    "inbound mail from a filtering service": {
        "mail_flow.inbound": {"from": ["198.51.100.0/24"], "to": ["paris"]}
    },
    "inbound mail by two ways": {
        "mail_flow.inbound": [
            {"from": ["198.51.100.0/24"]},
            {"from": ["10.20.7.0/28"], "to": ["paris"]},
        ]
    },
    "clients of one server": {
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["https"], "to": ["cas3"]},
        "sites.paris.servers.cas3.own_group": True,
    },
    "mail of one Mailbox server proxied": {
        "mail_flow.outbound": {"through": "client_access", "servers": ["mbx3"]},
        "sites.paris.servers.mbx3.own_group": True,
        "edge_servers.edge2.sends": False,
    },
    "clients of one site on another port": {
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["imap"], "to": ["hq"]},
        "service_ports.imap": ["1430/tcp"],
    },
    "clients from anywhere": {"clients.world": {"services": ["https"]}},
    "clients from public addresses": {
        "clients.world": {"services": ["https"]},
        "networks.corp.internet": "public",
    },
    "the Internet as any address": {"networks.corp.internet": "any"},
    "mail sent by the Mailbox servers of a site": {
        "mail_flow.outbound": {"through": "mailbox", "sites": ["paris"]}
    },
    "mail sent by one Mailbox server": {
        "mail_flow.outbound": {"through": "mailbox", "servers": ["mbx3"]},
        "sites.paris.servers.mbx3.own_group": True,
    },
    "mail proxied to a smart host": {
        "edge_servers.edge2.sends": False,
        "mail_flow.outbound": {
            "through": "client_access",
            "servers": ["mbx3"],
            "next_hop": [{"address": "203.0.113.25", "port": 587}],
        },
    },
    "mail sent by the Edge servers of a site": {
        "mail_flow.outbound": {
            "through": "edge",
            "sites": ["hq"],
            "next_hop": [{"address": "203.0.113.25"}],
        }
    },
    "mail sent by one Edge server": {
        "mail_flow.outbound": {"through": "edge", "servers": ["edge1"]},
        "edge_servers.edge1.own_group": True,
    },
    "relays": {
        "mail_flow.relays.scan": {"from": ["10.20.7.0/28"], "sites": ["hq"]},
        "mail_flow.relays.app": {"from": ["10.20.8.0/28"], "to": "mailbox", "port": 2526},
    },
    "a witness": {"witness_servers.fsw": {"address": "10.20.7.60", "sites": ["paris"]}},
    "name servers": {"name_servers": {"internal": ["10.20.2.53"], "edge": ["10.20.240.53"]}},
    "domain controllers as name servers of Edge": {
        "name_servers.edge": "domain_controllers",
        "sites.hq.domain_controllers.accounts_forest": ["10.20.3.10"],
    },
    "name servers for mail": {
        "name_servers.internal": ["10.20.2.53"],
        "mail_flow.outbound": {"through": "mailbox", "sites": ["hq"]},
        "mail_flow.inbound": {"from": "internet", "to": ["paris"]},
    },
    "name servers by network": {
        "name_servers": {
            "internal": {"corp": ["10.20.2.53"]},
            "edge": {"corp": ["10.20.240.53"]},
        }
    },
    "a proxy": {
        "sender_reputation": {
            "proxy": {"address": "10.20.240.9", "port": 8080, "type": "http_connect"}
        }
    },
    "probes": {"sender_reputation": "direct"},
    "IPv6": {
        "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
        "clients.world": {"services": ["https"]},
    },
    "mail sent by every Mailbox server": {"mail_flow.outbound": {"through": "mailbox"}},
    "mail proxied by a site": {
        "edge_servers.edge1.sends": False,
        "mail_flow.outbound": {"through": "client_access", "sites": ["hq"]},
    },
    "calls of a gateway": {
        "unified_messaging.ip_gateways.gw1": {"address": "10.20.9.5", "outcalls_allowed": False}
    },
    "calls of one site by TLS": {
        "unified_messaging": {
            "startup_mode": "tls",
            "sites": ["paris"],
            "sip_tls_listening_port": 5071,
            "media_ports": "16384-32767/udp",
            "ip_gateways": {
                "gw1": {
                    "address": ["10.20.9.5", "10.20.9.6"],
                    "media_ports": "20000-29999/udp",
                    "message_waiting_indicator_allowed": False,
                }
            },
        }
    },
    "calls of one server in dual mode, and faxes": {
        "sites.hq.servers.cas1.own_group": True,
        "sites.hq.servers.mbx1.own_group": True,
        "unified_messaging": {
            "startup_mode": "dual",
            "ip_gateways": {"gw1": {"address": "10.20.9.5", "port": 5080, "to": ["cas1", "mbx1"]}},
            "fax_partner_servers": {
                "fax1": {
                    "address": "10.20.9.20",
                    "port": 5070,
                    "transport": "udp",
                    "t38_ports": ["6044/udp", "6004/tcp"],
                    "receive_connector_port": 2525,
                    "to": ["hq"],
                }
            },
        },
    },
    "a relay of every site": {"mail_flow.relays.scan": {"from": ["10.20.7.0/28"]}},
    "the platform's name servers": {
        "name_servers.internal": "cloud_resolver",
        "name_servers.edge": "cloud_resolver",
    },
}

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
