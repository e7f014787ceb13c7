"""The firewall of an Exchange organization. Another stack attaches the groups to its servers."""

from typing import Any

import pulumi

from exchange_ports.component import ExchangeFirewall

config = pulumi.Config()

TOPOLOGY: dict[str, Any] = {
    "organization": "contoso",
    "networks": {"corp": {"platform": "aws", "internal": ["10.20.0.0/24"]}},
    "sites": {
        "hq": {
            "network": "corp",
            # All rules inside one network are by group, so these servers need no address here.
            "servers": {
                "ex1": {"roles": ["client_access", "mailbox"]},
                "ex2": {"roles": ["client_access", "mailbox"]},
            },
            "domain_controllers": {"addresses": ["10.20.0.10"]},
        }
    },
    "clients": {"office": {"from": ["10.64.0.0/16"], "services": ["https"]}},
    "name_servers": {"internal": "domain_controllers"},
    "additional_flows": [
        {
            "from": "10.64.8.0/24",
            "to": "exchange",
            "ports": ["3389/tcp"],
            "reason": "administration from the office",
        },
        {
            "from": "exchange",
            "to": "10.64.9.40",
            "ports": ["8530-8531/tcp"],
            "reason": "Windows updates from WSUS",
        },
    ],
}

firewall = ExchangeFirewall(
    "exchange",
    {
        "topology": TOPOLOGY,
        "aws_networks": {"corp": {"vpc_id": config.require("vpc")}},
        # An update then plans for servers that change their groups at any time after it.
        "servers_in": "other_stack",
    },
)

pulumi.export("servers", firewall.servers)
