"""A network security group with inline rules, and an application security group."""

import pulumi
from pulumi_azure_native import network

GROUP = "rg-mail"
PLACE = "westeurope"

servers = network.ApplicationSecurityGroup(
    "mailbox",
    application_security_group_name="contoso-mailbox",
    resource_group_name=GROUP,
    location=PLACE,
)
rules = network.NetworkSecurityGroup(
    "internal",
    resource_group_name=GROUP,
    location=PLACE,
    network_security_group_name="contoso-internal",
    security_rules=[
        network.SecurityRuleArgs(
            name="in-1000-smtp",
            priority=1000,
            access=network.SecurityRuleAccess.ALLOW,
            direction=network.SecurityRuleDirection.INBOUND,
            protocol=network.SecurityRuleProtocol.TCP,
            source_address_prefixes=["10.64.0.0/12", "10.80.0.0/12"],
            source_port_range="*",
            destination_application_security_groups=[
                network.ApplicationSecurityGroupArgs(id=servers.id)
            ],
            destination_port_ranges=["25", "587"],
        ),
        network.SecurityRuleArgs(
            name="in-4000-deny",
            priority=4000,
            access="Deny",
            direction="Inbound",
            protocol="*",
            source_address_prefix="*",
            source_port_range="*",
            destination_address_prefix="*",
            destination_port_range="*",
        ),
    ],
)
pulumi.export("nsg", rules.id)
pulumi.export("name", rules.name)
