"""A VPC, an Exchange organization's firewall in it, and the interfaces of its servers."""

from typing import Any

import pulumi
import pulumi_aws as aws

from exchange_ports.component import ExchangeFirewall

TAGS = {"application": "exchange"}
INSIDE, PERIMETER = "10.20.0.0/24", "10.20.240.0/24"

SERVERS: dict[str, dict[str, Any]] = {
    "ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"},
    "ex2": {"roles": ["client_access", "mailbox"], "address": "10.20.0.12"},
}
EDGE_SERVERS = {
    "edge1": {"network": "corp", "address": "10.20.240.5", "subscribed_site": "hq"},
}
TOPOLOGY: dict[str, Any] = {
    "organization": "contoso",
    "networks": {"corp": {"platform": "aws", "internal": [INSIDE], "perimeter": [PERIMETER]}},
    # The Internet is everything else: 9 prefixes, where all private blocks would leave 30.
    "private_blocks": ["10.0.0.0/8"],
    "sites": {
        "hq": {
            "network": "corp",
            "servers": SERVERS,
            "domain_controllers": {"addresses": ["10.20.0.10"]},
        }
    },
    "edge_servers": EDGE_SERVERS,
    "clients": {"internet": {"services": ["https", "smtp_submission"]}},
    "name_servers": {"internal": "domain_controllers", "edge": "cloud_resolver"},
    "sender_reputation": "disabled",
    "additional_flows": [
        {
            "from": "10.20.6.0/24",
            "to": ["exchange", "edge"],
            "ports": ["3389/tcp"],
            "reason": "administration from the bastion",
            "accept_risk": True,
        },
        {
            "from": ["exchange", "edge"],
            "to": "10.20.7.40",
            "ports": ["8530-8531/tcp"],
            "reason": "Windows updates from WSUS",
            "accept_risk": True,
        },
    ],
}

vpc = aws.ec2.Vpc("corp", cidr_block="10.20.0.0/16", tags=TAGS)
subnets = {
    zone: aws.ec2.Subnet(f"corp-{zone}", vpc_id=vpc.id, cidr_block=block, tags=TAGS)
    for zone, block in {"inside": INSIDE, "perimeter": PERIMETER}.items()
}

firewall = ExchangeFirewall(
    "exchange", topology=TOPOLOGY, networks={"corp": {"vpc_id": vpc.id}}, tags=TAGS
)

# Give `network_interface` of an aws.ec2.Instance the id of its server's interface.
interfaces = {
    name: aws.ec2.NetworkInterface(
        name,
        subnet_id=subnets["perimeter" if name in EDGE_SERVERS else "inside"].id,
        private_ips=[server["address"]],
        security_groups=firewall.servers[name]["security_group_ids"],
        tags=TAGS,
    )
    for name, server in {**SERVERS, **EDGE_SERVERS}.items()
}

pulumi.export("interfaces", {name: interface.id for name, interface in interfaces.items()})
