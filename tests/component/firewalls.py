"""Small programs with an ExchangeFirewall, recorded offline."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange_ports.component import ExchangeFirewall, NetworkArgs
from exchange_ports.offline import (
    Recording,
    record,
)

VPC: Final[NetworkArgs] = {"vpc_id": "vpc-1"}
VNET: Final[NetworkArgs] = {"resource_group_name": "rg", "location": "westeurope"}


def topology(platform: str = "aws") -> dict[str, Any]:
    """One site with an Edge server, in one network."""
    return {
        "organization": "contoso",
        "networks": {
            "corp": {
                "platform": platform,
                "internal": ["10.20.0.0/20"],
                "perimeter": ["10.20.240.0/24"],
            }
        },
        "private_blocks": ["10.0.0.0/8"],
        "sites": {
            "hq": {
                "network": "corp",
                "servers": {
                    "ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"},
                    "ex2": {"roles": ["mailbox"], "address": "10.20.1.11"},
                },
                "domain_controllers": {"addresses": ["10.20.2.10"]},
            }
        },
        "edge_servers": {
            "edge1": {"network": "corp", "address": "10.20.240.5", "subscribed_site": "hq"}
        },
        "clients": {"internet": {"services": ["https"]}},
        "mail_flow": {
            "outbound": {"through": "edge", "next_hop": [{"address": "10.20.7.25", "port": 587}]}
        },
        "name_servers": {"internal": "domain_controllers", "edge": "platform"},
        "sender_reputation": "off",
        "additional_flows": [
            {
                "from": "10.20.6.0/24",
                "to": ["exchange", "edge"],
                "ports": ["3389/tcp"],
                "reason": "bastion",
                "accept_risk": True,
            },
            {
                "from": ["exchange", "edge"],
                "to": "10.20.7.40",
                "ports": ["8530-8531/tcp"],
                "reason": "updates",
                "accept_risk": True,
            },
        ],
    }


def run(program: Callable[[], object], **config: str) -> Recording:
    return record(program, project="sample", stack="dev", config=config)


def firewall(
    declared: Mapping[str, Any] | None = None,
    networks: Mapping[str, NetworkArgs] | None = None,
    name: str = "exchange",
    **rest: Any,
) -> ExchangeFirewall:
    given = topology() if declared is None else declared
    platform = given["networks"]["corp"]["platform"]
    default = {"corp": VPC if platform == "aws" else VNET}
    return ExchangeFirewall(name, topology=given, networks=networks or default, **rest)
