"""An organization with neighbors of every kind, on either cloud."""

from collections.abc import Mapping
from typing import Any, Final

from exchange_ports.planning import Plans, compile_plans
from tests.support.strategies import WITH_EDGE, declared, edited

#: Two sites with neighbors of every kind.
BASE: Final = edited(
    WITH_EDGE,
    {
        "sites.hq.servers": {
            "ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"},
            "ex2": {"roles": ["client_access", "mailbox"], "address": "10.20.0.12"},
        },
        "sites.hq.domain_controllers": ["10.20.2.10", "10.20.2.11"],
        "sites.hq.lync": ["10.20.4.4"],
        "edge_servers.edge1.address": "10.20.240.5",
        "name_servers": {"internal": ["10.20.2.53"], "edge": ["10.20.240.53"]},
        "clients": {"office": {"from": ["10.64.0.0/16"], "services": ["https", "imap"]}},
        "witness_servers": {"fs1": {"address": "10.20.2.60"}},
        "additional_flows": [
            {"from": "exchange", "to": "10.30.0.7", "ports": ["13724/tcp"], "reason": "backup"},
            {"from": "10.31.0.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": "RDP"},
            {"from": "exchange", "to": "10.32.0.9", "ports": ["icmp"], "reason": "ping"},
        ],
    },
)


def on(data: Mapping[str, Any], platform: str) -> Plans:
    networks = {key: {**each, "platform": platform} for key, each in data["networks"].items()}
    return compile_plans(declared({**data, "networks": networks}))
