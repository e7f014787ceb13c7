"""Edits that make a hybrid deployment of the two sites: every mode, and what each field of it decides."""

from collections.abc import Mapping
from typing import Any, Final

from tests.support.strategies import GONE

__all__ = ["EDITS", "FULL", "hybrid"]

PIN: Final = "2026081400"
FULL: Final = {"mode": "classic_full", "endpoints": PIN, "mail": "edge"}
MINIMAL: Final = {"mode": "classic_minimal", "endpoints": PIN}
MODERN: Final = {"mode": "modern", "endpoints": PIN, "agent_hosts": ["10.20.7.40"]}
#: Servers of the internal network with both roles, with one role, and groups of their own.
SPLIT: Final[Mapping[str, Any]] = {
    "sites.hq.servers.both1": {
        "roles": ["client_access", "mailbox"],
        "address": "10.20.0.13",
        "own_group": True,
    },
    "sites.hq.servers.cas1.own_group": True,
    "sites.paris.servers.mbx3.own_group": True,
    "edge_servers.edge1.own_group": True,
    "edge_servers.edge2.own_group": True,
}
IPV6: Final[Mapping[str, Any]] = {
    "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
    "networks.corp.perimeter": ["10.20.240.0/24", "2001:db8:240::/64"],
}
AD_FS: Final = {
    "servers": ["10.20.2.30"],
    "proxies": ["10.20.240.30"],
    "entra_connect": ["10.20.2.31"],
}


def hybrid(of: Mapping[str, Any], **more: object) -> dict[str, object]:
    return {"hybrid": {**of, **more}}


EDITS: Final[Mapping[str, Mapping[str, Any]]] = {
    "classic minimal": hybrid(MINIMAL),
    "classic full by Edge": hybrid(FULL),
    "classic full by one Edge server": {**SPLIT, **hybrid(FULL, mail=["edge1"])},
    "classic full by an Edge server without a group": hybrid(FULL, mail=["edge1"]),
    "classic full by two sites": hybrid(FULL, mail=["hq", "paris"]),
    "classic full by one site": hybrid(FULL, mail=["paris"]),
    "classic full by single servers": {**SPLIT, **hybrid(FULL, mail=["both1", "mbx3", "cas1"])},
    "classic full by a site with a combined server": {**SPLIT, **hybrid(FULL, mail=["hq"])},
    "classic full by a site and one of its servers": {**SPLIT, **hybrid(FULL, mail=["hq", "cas1"])},
    "classic full by Edge and inside": {**SPLIT, **hybrid(FULL, mail=["edge1", "hq"])},
    "classic full by nobody": hybrid(MINIMAL, mode="classic_full"),
    "classic full by an unknown server": hybrid(FULL, mail=["hq", "nowhere"]),
    "classic minimal with mail": hybrid(MINIMAL, mail=["hq"]),
    "an Edge server that does not send": {**hybrid(FULL), "edge_servers.edge1.sends": False},
    "an Edge server that does not receive": {**hybrid(FULL), "edge_servers.edge1.receives": False},
    "Edge servers that neither send nor receive": {
        **hybrid(FULL),
        "edge_servers.edge1.sends": False,
        "edge_servers.edge1.receives": False,
        "edge_servers.edge2.sends": False,
        "edge_servers.edge2.receives": False,
    },
    "an Edge server with connectors made by hand": {
        **hybrid(FULL),
        "edge_servers.edge1.subscribed_site": GONE,
        "edge_servers.edge1.manual_connectors_site": "hq",
    },
    "Edge servers that deliver on another port": {
        **hybrid(FULL),
        "edge_servers.edge1.delivery_port": 2525,
    },
    "mail exchanged without Edge servers": {
        **hybrid(FULL),
        "edge_servers": {},
        "name_servers": {"internal": "domain_controllers"},
        "sender_reputation": GONE,
    },
    "MX at Exchange Online": hybrid(FULL, mx="exchange_online"),
    "MX at Exchange Online and senders of the Internet": {
        **hybrid(FULL, mx="exchange_online"),
        "mail_flow.inbound": {"from": "internet"},
    },
    "centralized transport": hybrid(FULL, centralized_transport=True),
    "centralized transport without outbound mail": {
        **hybrid(FULL, centralized_transport=True),
        "mail_flow.outbound": "none",
    },
    "centralized transport without hybrid mail": hybrid(MINIMAL, centralized_transport=True),
    "requests to one site": hybrid(MINIMAL, web_services={"to": ["paris"]}),
    "requests to one server": {**SPLIT, **hybrid(MINIMAL, web_services={"to": ["cas1"]})},
    "requests to a Mailbox server": {**SPLIT, **hybrid(MINIMAL, web_services={"to": ["mbx3"]})},
    "requests to nobody": hybrid(MINIMAL, web_services={"to": ["nowhere"]}),
    "requests from the ranges of Exchange": hybrid(
        MINIMAL, web_services={"from": "exchange_ranges"}
    ),
    "requests from ranges": hybrid(MINIMAL, web_services={"from": ["203.0.113.0/24"]}),
    "requests from a range that holds the perimeter": hybrid(
        MINIMAL, web_services={"from": ["10.20.0.0/16"]}
    ),
    "requests from link-local addresses": hybrid(
        MINIMAL, web_services={"from": ["169.254.0.0/16"]}
    ),
    "requests where nothing is published": {
        **hybrid(MINIMAL),
        "sites.hq.published": False,
        "sites.paris.published": False,
    },
    "requests to a site that is not published": {
        **hybrid(MINIMAL, web_services={"to": ["hq"]}),
        "sites.hq.published": False,
    },
    "the agent beside Exchange": hybrid(MODERN),
    "the agent on an Exchange server": {**SPLIT, **hybrid(MODERN, agent_hosts=["both1"])},
    "the agent on an Exchange server without a group": hybrid(MODERN, agent_hosts=["mbx1"]),
    "the agent on an Edge server": {**SPLIT, **hybrid(MODERN, agent_hosts=["edge1"])},
    "the agent on a server and beside": {
        **SPLIT,
        **hybrid(MODERN, agent_hosts=["both1", "10.20.7.40", "10.20.7.41"]),
    },
    "the agent for one site": hybrid(MODERN, web_services={"to": ["paris"]}),
    "the agent for a server": {**SPLIT, **hybrid(MODERN, web_services={"to": ["cas1"]})},
    "the agent where nothing is published": {
        **hybrid(MODERN),
        "sites.hq.published": False,
        "sites.paris.published": False,
    },
    "the agent and requests from the Internet": hybrid(MODERN, web_services={"from": "internet"}),
    "the agent with mail": hybrid(MODERN, mail=["hq"]),
    "no agent": hybrid(MINIMAL, mode="modern"),
    "an agent that is not used": hybrid(MINIMAL, agent_hosts=["10.20.7.40"]),
    "an agent in the perimeter": hybrid(MODERN, agent_hosts=["10.20.240.40"]),
    "an agent and modern authentication": hybrid(MODERN, modern_authentication=True),
    "an agent in China": hybrid(MODERN, instance="china"),
    "modern authentication": hybrid(MINIMAL, modern_authentication=True),
    "AD FS": hybrid(MINIMAL, ad_fs=AD_FS),
    "AD FS at a loopback address": hybrid(MINIMAL, ad_fs={**AD_FS, "servers": ["127.0.0.1"]}),
    "with IPv6": {**IPV6, **hybrid(FULL)},
    "2016": {**hybrid(FULL), "version": 2016},
    "SE": {**hybrid(FULL), "version": "se"},
    "a server of 2019 among those of 2013": {
        **hybrid(FULL, mail=["hq"]),
        "sites.hq.servers.new1": {
            "roles": ["mailbox"],
            "version": 2019,
            "address": "10.20.0.14",
        },
    },
    "certificates checked": {
        **hybrid(MINIMAL),
        "additional_flows": [{"from": "exchange", "to": "internet", "need": "certificate_checks"}],
    },
    "certificates checked by one role": {
        **hybrid(MINIMAL),
        "additional_flows": [{"from": "mailbox", "to": "internet", "need": "certificate_checks"}],
    },
    "port 80 to the Internet": {
        **hybrid(MINIMAL),
        "additional_flows": [
            {"from": "exchange", "to": "internet", "ports": ["80/tcp"], "reason": "CRL"}
        ],
    },
}
