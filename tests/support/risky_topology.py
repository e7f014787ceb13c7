"""A small topology with both zones, and an additional flow for it."""

from typing import Any, Final

from tests.support.strategies import SMALL, edited

Data = dict[str, Any]

BASE: Final = edited(
    SMALL,
    {
        "networks": {
            "corp": {
                "platform": "aws",
                "internal": ["10.20.0.0/20"],
                "perimeter": ["10.20.240.0/24"],
            }
        },
        "sites": {
            "hq": {
                "network": "corp",
                "servers": {
                    "cas1": {"roles": ["client_access"], "address": "10.20.0.11"},
                    "mbx1": {"roles": ["mailbox"], "address": "10.20.0.21"},
                },
                "domain_controllers": {"addresses": ["10.20.2.10"]},
            }
        },
        "edge_servers": {
            "edge1": {"network": "corp", "address": "10.20.240.5", "subscribed_site": "hq"},
            "edge2": {"network": "corp", "address": "10.20.240.6", "subscribed_site": "hq"},
        },
        "name_servers": {"internal": "domain_controllers", "edge": ["10.20.240.53"]},
        "sender_reputation": "disabled",
    },
)


def flow(source: object, to: object, *ports: str, **more: object) -> Data:
    return {
        "additional_flows": [
            {"from": source, "to": to, "ports": list(ports), "reason": "asked for", **more}
        ]
    }
