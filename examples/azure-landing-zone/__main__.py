"""A VNet, an Exchange organization's firewall in it, and the interfaces of its servers."""

from typing import Any

import pulumi
from pulumi_azure_native import network, resources

from exchange_ports.component import ExchangeFirewall

LOCATION = "westeurope"
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
    "networks": {"corp": {"platform": "azure", "internal": [INSIDE], "perimeter": [PERIMETER]}},
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
    # From Azure the one supported way out is a smart host.
    "mail_flow": {
        "outbound": {"through": "edge", "next_hop": [{"address": "203.0.113.25", "port": 587}]}
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

group = resources.ResourceGroup("exchange", location=LOCATION, tags=TAGS)
vnet = network.VirtualNetwork(
    "corp",
    resource_group_name=group.name,
    location=group.location,
    address_space=network.AddressSpaceArgs(address_prefixes=["10.20.0.0/16"]),
    # Subnets are resources of their own: without this the VNet would take them away again.
    opts=pulumi.ResourceOptions(ignore_changes=["subnets"]),
    tags=TAGS,
)
inside = network.Subnet(
    "corp-inside",
    resource_group_name=group.name,
    virtual_network_name=vnet.name,
    address_prefix=INSIDE,
)
perimeter = network.Subnet(
    "corp-perimeter",
    resource_group_name=group.name,
    virtual_network_name=vnet.name,
    address_prefix=PERIMETER,
    # Azure refuses two changes to the subnets of one VNet at a time.
    opts=pulumi.ResourceOptions(depends_on=[inside]),
)

firewall = ExchangeFirewall(
    "exchange",
    topology=TOPOLOGY,
    networks={"corp": {"resource_group_name": group.name, "location": group.location}},
    tags=TAGS,
)


def interface(name: str, address: str, subnet: network.Subnet) -> network.NetworkInterface:
    """The interface of a server, wearing what the firewall says."""
    attached = firewall.servers[name]
    groups = attached["application_security_group_ids"].apply(
        lambda ids: [network.ApplicationSecurityGroupArgs(id=each) for each in ids]
    )
    return network.NetworkInterface(
        name,
        network_interface_name=name,
        resource_group_name=group.name,
        location=group.location,
        network_security_group={"id": attached["network_security_group_id"]},
        ip_configurations=[
            network.NetworkInterfaceIPConfigurationArgs(
                name="main",
                subnet=network.SubnetArgs(id=subnet.id),
                private_ip_address=address,
                private_ip_allocation_method=network.IPAllocationMethod.STATIC,
                application_security_groups=groups,
            )
        ],
        tags=TAGS,
    )


# Give `network_profile` of a virtual machine the id of its server's interface.
interfaces = {
    name: interface(name, server["address"], perimeter if name in EDGE_SERVERS else inside)
    for name, server in {**SERVERS, **EDGE_SERVERS}.items()
}

pulumi.export("interfaces", {name: made.id for name, made in interfaces.items()})
