"""The network interfaces of Exchange servers, with the groups that the firewall's stack has for them."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
firewall = pulumi.StackReference(config.require("firewall"))
subnet = config.require("subnet")

servers = firewall.require_output("servers")
for name in ("ex1", "ex2"):
    aws.ec2.NetworkInterface(
        name,
        subnet_id=subnet,
        security_groups=servers[name]["security_group_ids"],
        tags={"Name": name},
    )
