"""Our firewall, and in the same program the interfaces of its servers, which have what it puts out."""

from typing import Any

import pulumi

from exchange_ports.component import ExchangeFirewall

ours = pulumi.Config("exchange-ports")
topology: dict[str, Any] = ours.require_object("topology")
places: dict[str, Any] = ours.require_object("networks")
#: By network: the subnet on AWS, the subnet of each zone on Azure.
subnets: dict[str, Any] = pulumi.Config("test").require_object("subnets")
#: Azure: where the subnets are. Ours may be declared elsewhere.
location = pulumi.Config("test").get("location")

firewall = ExchangeFirewall.from_config("exchange", ours)


def interface(name: str, network: str, zone: str) -> None:
    attached = firewall.servers[name]
    if topology["networks"][network]["platform"] == "aws":
        import pulumi_aws as aws

        aws.ec2.NetworkInterface(
            name,
            description=name,
            subnet_id=subnets[network],
            security_groups=attached["security_group_ids"],
        )
        return
    from pulumi_azure_native import network as azure

    azure.NetworkInterface(
        name,
        network_interface_name=name,
        resource_group_name=places[network]["resource_group_name"],
        location=location,
        network_security_group=azure.NetworkSecurityGroupArgs(
            id=attached["network_security_group_id"]
        ),
        ip_configurations=[
            azure.NetworkInterfaceIPConfigurationArgs(
                name="primary",
                subnet=azure.SubnetArgs(id=subnets[network][zone]),
                application_security_groups=attached["application_security_group_ids"].apply(
                    lambda ids: [azure.ApplicationSecurityGroupArgs(id=each) for each in ids]
                ),
            )
        ],
    )


for site in topology["sites"].values():
    for name in site.get("servers", {}):
        interface(name, site["network"], "internal")
for name, edge in topology.get("edge_servers", {}).items():
    interface(name, edge["network"], "perimeter")
