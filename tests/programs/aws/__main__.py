"""A security group with two rules each way, and a prefix list. Knows nothing of this package."""

import mail_ports
import pulumi
import pulumi_aws as aws

settings = pulumi.Config("sample")
clients = settings.require_object("clients")

group = aws.ec2.SecurityGroup(
    "mail",
    vpc_id=settings.require("vpc"),
    description="Mailbox servers",
    tags={"Name": "mail", "owner": settings.require_secret("owner")},
)
branches = aws.ec2.ManagedPrefixList(
    "branches",
    address_family="IPv4",
    max_entries=len(clients),
    entries=[{"cidr": cidr, "description": f"branch {at}"} for at, cidr in enumerate(clients)],
)
aws.vpc.SecurityGroupIngressRule(
    "mail-in-smtp",
    security_group_id=group.id,
    ip_protocol="tcp",
    from_port=mail_ports.SMTP,
    to_port=mail_ports.SMTP,
    prefix_list_id=branches.id,
    opts=pulumi.ResourceOptions(delete_before_replace=False, ignore_changes=["description"]),
)
aws.vpc.SecurityGroupIngressRule(
    "mail-in-fabric",
    security_group_id=group.id,
    ip_protocol="-1",
    referenced_security_group_id=group.id,
)
aws.vpc.SecurityGroupEgressRule(
    "mail-out-dns",
    security_group_id=group.id,
    ip_protocol="udp",
    from_port=53,
    to_port=53,
    cidr_ipv4="10.20.2.10/32",
)
aws.vpc.SecurityGroupEgressRule(
    "mail-out-fabric",
    security_group_id=group.id,
    ip_protocol="-1",
    referenced_security_group_id=group.id,
)

pulumi.export("groups", {"ex1": [group.id]})
pulumi.export("arn", group.arn)
pulumi.export("owner", settings.require_secret("owner"))
