"""One Exchange organization with a site in AWS and a site in Azure, and one firewall for both.

Both networks reach each other through a VPN or ExpressRoute and Direct Connect, which is not part of this
program. Rules between networks use addresses, so each server here declares one.
"""

from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi_azure_native import network, resources

from exchange_ports.component import ExchangeFirewall

DUBLIN, AMSTERDAM = "10.20.0.0/24", "10.40.0.0/24"

TOPOLOGY: dict[str, Any] = {
    "organization": "contoso",
    "networks": {
        "dublin": {"platform": "aws", "internal": [DUBLIN]},
        "amsterdam": {"platform": "azure", "internal": [AMSTERDAM]},
    },
    "private_blocks": ["10.0.0.0/8"],
    "sites": {
        "dublin": {
            "network": "dublin",
            "servers": {"ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"}},
            "domain_controllers": {"addresses": ["10.20.0.10"]},
        },
        "amsterdam": {
            "network": "amsterdam",
            "servers": {"ex2": {"roles": ["client_access", "mailbox"], "address": "10.40.0.11"}},
            "domain_controllers": {"addresses": ["10.40.0.10"]},
        },
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

vpc = aws.ec2.Vpc("dublin", cidr_block="10.20.0.0/16")
subnet = aws.ec2.Subnet("dublin", vpc_id=vpc.id, cidr_block=DUBLIN)

group = resources.ResourceGroup("exchange", location="westeurope")
vnet = network.VirtualNetwork(
    "amsterdam",
    resource_group_name=group.name,
    location=group.location,
    address_space={"address_prefixes": ["10.40.0.0/16"]},
    subnets=[{"name": "inside", "address_prefix": AMSTERDAM}],
)
inside = pulumi.Output.concat(vnet.id, "/subnets/inside")

firewall = ExchangeFirewall(
    "exchange",
    {
        "topology": TOPOLOGY,
        "aws_networks": {"dublin": {"vpc_id": vpc.id}},
        "azure_networks": {
            "amsterdam": {"resource_group_name": group.name, "location": group.location}
        },
    },
)

aws.ec2.NetworkInterface(
    "ex1",
    subnet_id=subnet.id,
    private_ips=["10.20.0.11"],
    security_groups=firewall.servers["ex1"]["security_group_ids"],
)

ex2 = firewall.servers["ex2"]
network.NetworkInterface(
    "ex2",
    resource_group_name=group.name,
    location=group.location,
    network_security_group={"id": ex2["network_security_group_id"]},
    ip_configurations=[
        network.NetworkInterfaceIPConfigurationArgs(
            name="main",
            subnet=network.SubnetArgs(id=inside),
            private_ip_address="10.40.0.11",
            private_ip_allocation_method=network.IPAllocationMethod.STATIC,
            application_security_groups=ex2["application_security_group_ids"].apply(
                lambda ids: [network.ApplicationSecurityGroupArgs(id=each) for each in ids]
            ),
        )
    ],
)

# What the team of the VPN must allow between both networks.
pulumi.export("handover", [row for row in firewall.handover if row["boundary"] == "networks"])
