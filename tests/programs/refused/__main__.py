"""Stops with a message for the user, after a warning and a first resource."""

import pulumi
import pulumi_aws as aws

aws.ec2.SecurityGroup("mail", vpc_id="vpc-1", description="mail")
pulumi.log.warn("the topology is in doubt")
raise pulumi.RunError("error[edge-shares-role] edge1 is an Edge server and a Mailbox server")
