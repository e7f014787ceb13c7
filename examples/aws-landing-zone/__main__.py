"""A VPC with a route to the rest of the company, Exchange servers, their firewall, and a load balancer for clients."""

from typing import Any

import pulumi
import pulumi_aws as aws

from exchange_ports.component import ExchangeFirewall

TAGS = {"application": "exchange"}
INSIDE, PERIMETER = "10.20.0.0/24", "10.20.240.0/24"
CONTROLLER = "10.20.0.10"

config = pulumi.Config()
# The transit gateway of the company, by which clients and administrators reach the VPC.
transit_gateway = config.require("transitGateway")
image = config.require("image")

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
            "domain_controllers": {"addresses": [CONTROLLER]},
        }
    },
    "edge_servers": EDGE_SERVERS,
    "clients": {
        # A network load balancer keeps the client's address, so the servers see these ranges.
        "office": {"from": ["10.64.0.0/16"], "services": ["https"]},
        # Its health checks come from its own subnet.
        "load-balancer": {"from": [INSIDE], "services": ["https"]},
    },
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

attachment = aws.ec2transitgateway.VpcAttachment(
    "corp",
    vpc_id=vpc.id,
    subnet_ids=[subnets["inside"].id],
    transit_gateway_id=transit_gateway,
    tags=TAGS,
)
routes = aws.ec2.RouteTable(
    "corp",
    vpc_id=vpc.id,
    routes=[{"cidr_block": "10.0.0.0/8", "transit_gateway_id": transit_gateway}],
    tags=TAGS,
    opts=pulumi.ResourceOptions(depends_on=[attachment]),
)
for zone, subnet in subnets.items():
    aws.ec2.RouteTableAssociation(f"corp-{zone}", subnet_id=subnet.id, route_table_id=routes.id)

# The domain controllers belong to another team, and so does this group. The component adds what Exchange
# needs to it, and leaves the team's own rules as they are.
controllers = aws.ec2.SecurityGroup(
    "controllers", description="Domain controllers", vpc_id=vpc.id, tags=TAGS
)

firewall = ExchangeFirewall(
    "exchange",
    {
        "topology": TOPOLOGY,
        "aws_networks": {
            "corp": {
                "vpc_id": vpc.id,
                "neighbor_security_groups": {"domain-controllers.hq": controllers.id},
            }
        },
        "tags": TAGS,
    },
)


def machine(name: str, address: str, subnet: aws.ec2.Subnet, groups: Any) -> aws.ec2.Instance:
    """An instance with a fixed address. Without its groups it cannot be reached, so it waits for them."""
    interface = aws.ec2.NetworkInterface(
        name, subnet_id=subnet.id, private_ips=[address], security_groups=groups, tags=TAGS
    )
    return aws.ec2.Instance(
        name,
        ami=image,
        instance_type="m7i.xlarge",
        primary_network_interface={"network_interface_id": interface.id},
        tags={**TAGS, "Name": name},
    )


machine("dc1", CONTROLLER, subnets["inside"], [controllers.id])
instances = {
    name: machine(
        name,
        server["address"],
        subnets["perimeter" if name in EDGE_SERVERS else "inside"],
        firewall.servers[name]["security_group_ids"],
    )
    for name, server in {**SERVERS, **EDGE_SERVERS}.items()
}

balancer = aws.lb.LoadBalancer(
    "mail",
    load_balancer_type="network",
    internal=True,
    subnets=[subnets["inside"].id],
    tags=TAGS,
)
servers = aws.lb.TargetGroup("mail", port=443, protocol="TCP", vpc_id=vpc.id, tags=TAGS)
aws.lb.Listener(
    "mail",
    load_balancer_arn=balancer.arn,
    port=443,
    protocol="TCP",
    default_actions=[{"type": "forward", "target_group_arn": servers.arn}],
)
for name in SERVERS:
    aws.lb.TargetGroupAttachment(name, target_group_arn=servers.arn, target_id=instances[name].id)

pulumi.export("mail", balancer.dns_name)
