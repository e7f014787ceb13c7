"""A component in a component, with children, a provider of its own and a warning about it."""

import pulumi
import pulumi_aws as aws


class Network(pulumi.ComponentResource):
    """A group below a network."""

    def __init__(self, name: str, provider: aws.Provider, opts: pulumi.ResourceOptions) -> None:
        super().__init__("sample:index:Network", name, None, opts)
        below = pulumi.ResourceOptions(parent=self, provider=provider)
        group = aws.ec2.SecurityGroup(
            f"{name}-exchange",
            vpc_id="vpc-1",
            description="exchange",
            opts=pulumi.ResourceOptions.merge(
                below, pulumi.ResourceOptions(aliases=[pulumi.Alias(name="exchange")])
            ),
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-exchange-in",
            security_group_id=group.id,
            ip_protocol="-1",
            referenced_security_group_id=group.id,
            opts=below,
        )
        self.group_id = group.id
        self.register_outputs({"groupId": group.id})


class Firewall(pulumi.ComponentResource):
    """A firewall above it."""

    def __init__(self, name: str, provider: aws.Provider) -> None:
        super().__init__("sample:index:Firewall", name, {"networks": ["corp"]})
        network = Network(f"{name}-corp", provider, pulumi.ResourceOptions(parent=self))
        pulumi.log.warn("port 25 is blocked by the cloud", resource=self)
        self.groups = {"corp": network.group_id}
        self.register_outputs({"groups": self.groups})


firewall = Firewall("mail", aws.Provider("west", region="eu-west-1"))
pulumi.export("groups", firewall.groups)
