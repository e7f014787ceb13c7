"""A network interface whose address the cloud chooses, and our firewall: the address is compared, groups attached."""

from typing import Any

import pulumi
import pulumi_aws as aws

from exchange_ports.component import ExchangeFirewall

ours = pulumi.Config("exchange-ports")
topology: dict[str, Any] = ours.require_object("topology")
networks: dict[str, Any] = ours.require_object("networks")
((network, ids),) = networks.items()

made = aws.ec2.NetworkInterface(
    "ex1",
    description="ex1",
    subnet_id=pulumi.Config("test").require("subnet"),
    # The component adds groups to the one that the interface is created with.
    opts=pulumi.ResourceOptions(ignore_changes=["security_groups"]),
)
given: Any = {**ids, "network_interfaces": {"ex1": made.id}}
ExchangeFirewall(
    "exchange",
    {
        "topology": topology,
        "aws_networks": {network: given},
        "addresses": {"ex1": made.private_ip},
    },
)
