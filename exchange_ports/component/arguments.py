"""The arguments of ExchangeFirewall, typed: one class for Python and for the schema of the plugin.

The plugin reads these classes with their texts (`exchange_ports.plugin`), so the text of an argument
stands here only. Python's keyword form has the names of a stack file's settings instead.
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypeAlias, TypedDict

import pulumi

from exchange_ports.topology.models import Topology

#: A topology in a program: the model, or plain data of the same shape.
DeclaredTopology: TypeAlias = Topology | Mapping[str, Any]


class AwsNetworkArgs(TypedDict):
    """Where a network of the topology is in AWS. Every value may be another resource's output."""

    vpc_id: pulumi.Input[str]
    """The id of the VPC."""
    neighbor_security_groups: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Existing security groups of neighbors, by the neighbor's name (`domain-controllers.hq`). The
    component adds rules to these groups for the flows of these neighbors. Other rules stay as they are."""
    network_interfaces: NotRequired[Mapping[str, pulumi.Input[str]]]
    """The ids of network interfaces of servers, by the server's name. The component attaches the server's
    groups to each after their rules, and detaches them before it deletes a rule. Groups of others stay
    attached. Leave out interfaces that attach `servers` in their own list of groups."""
    provider: NotRequired[pulumi.ProviderResource]
    """The AWS provider for this network's resources. Default: that of the component's `providers` option,
    or the default provider."""


class AzureNetworkArgs(TypedDict):
    """Where a network of the topology is in Azure. Every value may be another resource's output."""

    resource_group_name: pulumi.Input[str]
    """The name of the resource group that holds the network security groups."""
    location: pulumi.Input[str]
    """The region of the VNet."""
    provider: NotRequired[pulumi.ProviderResource]
    """The Azure Native provider for this network's resources. Default: that of the component's
    `providers` option, or the default provider."""


#: What Python's keyword `networks` has for each network, as a stack file does.
NetworkArgs: TypeAlias = AwsNetworkArgs | AzureNetworkArgs


class ExchangeFirewallArgs(TypedDict, total=False):
    """The arguments of an ExchangeFirewall, the same in every language.

    Either `topology` or `topology_file` is required.
    """

    topology: DeclaredTopology
    """The Exchange organization as plain data: networks, sites, servers, Edge servers, clients, mail flow.
    `exchange-ports schema` prints every field. Keys can be written as there, or as `edgeServers`."""
    topology_file: str
    """The path of a stack file (`stacks/Pulumi.prod.yaml`) with the settings `exchange-ports:topology`,
    `exchange-ports:tags`, `exchange-ports:previous` and so on, from the folder in which the program
    runs. An argument replaces the setting of the same name."""
    aws_networks: Mapping[str, AwsNetworkArgs]
    """The VPC of each network on AWS, by the network's name in the topology."""
    azure_networks: Mapping[str, AzureNetworkArgs]
    """The resource group and location of each network on Azure, by the network's name in the topology."""
    addresses: Mapping[str, pulumi.Input[str]]
    """The real address of a server that the same program creates, by the server's name. It must be an
    address that the topology declares for the server. The component compares them before it creates or
    changes a group or rule. In a preview, an address that is not known yet is not compared."""
    tags: Mapping[str, pulumi.Input[str]]
    """Tags for every resource that supports tags."""
    previous: DeclaredTopology
    """The deployed topology, if this update changes it. A warning then lists what a single update would
    block or open while it runs, and the phases that avoid it."""
    phase: str
    """The phase of the update: `remove_list_rules`, `add_rules`, `switch_groups`, `remove_servers`,
    `attach_groups`, `detach_groups` or `remove_rules`. The component registers the state at the end of
    this phase. Requires `previous`. The component does not know which phase was done last: run the
    phases in their order."""
    servers_in: str
    """The stack that attaches the groups: `this_stack` (the default), or `other_stack`, which reads the
    outputs."""
    skip_proof: bool
    """Register the resources although the proof fails. It is for emergencies and always causes a
    warning."""


def networks_argument(platform: str) -> str:
    """The argument with the cloud ids of the networks on a platform: `aws_networks`."""
    return f"{platform}_networks"
