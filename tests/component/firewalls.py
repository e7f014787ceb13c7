"""Small programs with an ExchangeFirewall, recorded offline."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange_ports.component import (
    AwsNetworkArgs,
    AzureNetworkArgs,
    ExchangeFirewall,
    NetworkArgs,
)
from exchange_ports.offline import (
    Recording,
    record,
)
from tests.support.strategies import WITH_EDGE, edited

VPC: Final[AwsNetworkArgs] = {"vpc_id": "vpc-1"}
VNET: Final[AzureNetworkArgs] = {"resource_group_name": "rg", "location": "westeurope"}


def topology(platform: str = "aws") -> dict[str, Any]:
    """One site with an Edge server, in one network."""
    flows = (
        ("10.20.6.0/24", ["exchange", "edge"], "3389/tcp", "bastion"),
        (["exchange", "edge"], "10.20.7.40", "8530-8531/tcp", "updates"),
    )
    next_hop = {"address": "10.20.7.25", "port": 587}
    return edited(
        WITH_EDGE,
        {
            "networks.corp.platform": platform,
            "sites.hq.servers.ex2": {"roles": ["mailbox"], "address": "10.20.1.11"},
            "edge_servers.edge1.address": "10.20.240.5",
            "clients.internet.services": ["https"],
            "mail_flow.outbound": {"through": "edge", "next_hop": [next_hop]},
            "additional_flows": [
                {"from": a, "to": b, "ports": [ports], "reason": reason, "accept_risk": True}
                for a, b, ports, reason in flows
            ],
        },
    )


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
    default: dict[str, NetworkArgs] = {"corp": VPC if platform == "aws" else VNET}
    return ExchangeFirewall(name, topology=given, networks=networks or default, **rest)
