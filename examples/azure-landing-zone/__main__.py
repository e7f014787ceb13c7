"""A VNet under the policy "no subnet without a network security group", Exchange servers, and a load balancer."""

from typing import Any

import pulumi
from pulumi_azure_native import network, resources

from exchange_ports.component import ExchangeFirewall

LOCATION = "westeurope"
TAGS = {"application": "exchange"}
INSIDE, PERIMETER, SHARED = "10.20.0.0/24", "10.20.240.0/24", "10.20.2.0/24"

SERVERS: dict[str, dict[str, Any]] = {
    "ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"},
    "ex2": {"roles": ["client_access", "mailbox"], "address": "10.20.0.12"},
}
EDGE_SERVERS = {
    "edge1": {"network": "corp", "address": "10.20.240.5", "subscribed_site": "hq"},
}
TOPOLOGY: dict[str, Any] = {
    "organization": "contoso",
    "networks": {
        "corp": {
            "platform": "azure",
            "internal": [INSIDE],
            "perimeter": [PERIMETER],
            # Each subnet of a zone gets the zone's group, which is what the policy requires.
            "attach_to": "subnets",
        }
    },
    "acknowledge": {"subnet-attachment": "both subnets have Exchange servers only"},
    "private_blocks": ["10.0.0.0/8"],
    "sites": {
        "hq": {
            "network": "corp",
            "servers": SERVERS,
            "domain_controllers": {"addresses": ["10.20.2.10"]},
        }
    },
    "edge_servers": EDGE_SERVERS,
    # A load balancer of Azure keeps the client's address. Its health checks need no declaration.
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

firewall = ExchangeFirewall(
    "exchange",
    {
        "topology": TOPOLOGY,
        "azure_networks": {"corp": {"resource_group_name": group.name, "location": group.location}},
        "tags": TAGS,
    },
)
# The domain controllers are in a subnet of another team, with a group of that team.
shared_group = network.NetworkSecurityGroup(
    "shared",
    resource_group_name=group.name,
    location=group.location,
    security_rules=[],
    tags=TAGS,
)

subnets: dict[str, network.Subnet] = {}
for name, block, group_id in (
    ("inside", INSIDE, firewall.zones["corp"]["internal"]),
    ("perimeter", PERIMETER, firewall.zones["corp"]["perimeter"]),
    ("shared", SHARED, shared_group.id),
):
    subnets[name] = network.Subnet(
        f"corp-{name}",
        resource_group_name=group.name,
        virtual_network_name=vnet.name,
        address_prefix=block,
        network_security_group={"id": group_id},
        # Azure refuses two changes to the subnets of one VNet at a time.
        opts=pulumi.ResourceOptions(depends_on=[*subnets.values()]),
    )

# Clients on the Internet reach both servers by one public address.
public = network.PublicIPAddress(
    "mail",
    resource_group_name=group.name,
    location=group.location,
    public_ip_allocation_method=network.IPAllocationMethod.STATIC,
    sku={"name": "Standard"},
    tags=TAGS,
)
# A balancer names its own parts by their ids, which follow from its name.
BALANCER = "mail"
balancer_id = pulumi.Output.format(
    "{0}/providers/Microsoft.Network/loadBalancers/{1}", group.id, BALANCER
)
balancer = network.LoadBalancer(
    BALANCER,
    load_balancer_name=BALANCER,
    resource_group_name=group.name,
    location=group.location,
    sku={"name": "Standard"},
    frontend_ip_configurations=[{"name": "public", "public_ip_address": {"id": public.id}}],
    backend_address_pools=[{"name": "servers"}],
    probes=[{"name": "https", "protocol": "Tcp", "port": 443}],
    load_balancing_rules=[
        {
            "name": name,
            "protocol": "Tcp",
            "frontend_port": port,
            "backend_port": port,
            "frontend_ip_configuration": {
                "id": pulumi.Output.concat(balancer_id, "/frontendIPConfigurations/public")
            },
            "backend_address_pool": {
                "id": pulumi.Output.concat(balancer_id, "/backendAddressPools/servers")
            },
            "probe": {"id": pulumi.Output.concat(balancer_id, "/probes/https")},
        }
        for name, port in (("https", 443), ("submission", 587))
    ],
    tags=TAGS,
)


def interface(name: str, address: str, *, edge: bool) -> network.NetworkInterface:
    """The interface of a server, a member of the application security groups of its roles."""
    members = firewall.servers[name]["application_security_group_ids"]
    pools: list[network.BackendAddressPoolArgs] = []
    if not edge:
        pool = pulumi.Output.concat(balancer.id, "/backendAddressPools/servers")
        pools.append(network.BackendAddressPoolArgs(id=pool))
    return network.NetworkInterface(
        name,
        network_interface_name=name,
        resource_group_name=group.name,
        location=group.location,
        ip_configurations=[
            network.NetworkInterfaceIPConfigurationArgs(
                name="main",
                subnet=network.SubnetArgs(id=subnets["perimeter" if edge else "inside"].id),
                private_ip_address=address,
                private_ip_allocation_method=network.IPAllocationMethod.STATIC,
                application_security_groups=members.apply(
                    lambda ids: [network.ApplicationSecurityGroupArgs(id=each) for each in ids]
                ),
                load_balancer_backend_address_pools=pools,
            )
        ],
        tags=TAGS,
    )


# Give `network_profile` of a virtual machine the id of its server's interface.
interfaces = {
    name: interface(name, server["address"], edge=name in EDGE_SERVERS)
    for name, server in {**SERVERS, **EDGE_SERVERS}.items()
}

pulumi.export("interfaces", {name: made.id for name, made in interfaces.items()})
pulumi.export("mail", public.ip_address)
