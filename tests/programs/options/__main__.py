"""Our firewall under options of the component, each by its word in `test:options`."""

from typing import Any

import pulumi
import pulumi_aws as aws

from exchange_ports.component import ExchangeFirewall

reported = pulumi.Config("test")
words = set((reported.get("options") or "").split())
ours = pulumi.Config("exchange-ports")
networks: dict[str, Any] = ours.require_object("networks")

#: Of the user's own, beside the firewall.
landing = aws.ec2.SecurityGroup(
    "landing", description="landing zone", vpc_id=next(iter(networks.values()))["vpc_id"]
)


def with_owner(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """One tag more for every group."""
    if args.type_ != "aws:ec2/securityGroup:SecurityGroup":
        return None
    props: dict[str, Any] = dict(args.props)
    tags = {**props["tags"], "owner": "network team"}
    return pulumi.ResourceTransformResult({**props, "tags": tags}, args.opts)


options: dict[str, dict[str, Any]] = {
    "protect": {"protect": True},
    "retain_on_delete": {"retain_on_delete": True},
    "ignore_changes": {"ignore_changes": ["tags"]},
    "depends_on": {"depends_on": [landing]},
    "transforms": {"transforms": [with_owner]},
}
if "providers" in words:
    mine = aws.Provider("mine", region=pulumi.Config("aws").require("region"))
    options["providers"] = {"providers": [mine]}
given = {key: value for word in sorted(words) for key, value in options[word].items()}

firewall = ExchangeFirewall.from_config("exchange", ours, pulumi.ResourceOptions(**given))

pulumi.export("servers", firewall.servers)
