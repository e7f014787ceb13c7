"""What the program registers for a stack, by the names under which the engine knows it.

Knows: the logical names and parents that `component` and the clouds' `resources` give; a test holds
them against what a recorded run of the program registers. Must not know: what exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from exchange_ports.adoption.state import Urn
from exchange_ports.clouds.aws.names import list_name, rule_name
from exchange_ports.clouds.aws.plan import at_neighbours
from exchange_ports.clouds.aws.rules import AwsRuleSet, PrefixList, SecurityGroupRule
from exchange_ports.clouds.aws.rules import SecurityGroup as AwsGroup
from exchange_ports.clouds.azure.rules import ApplicationGroup, AzureRuleSet
from exchange_ports.clouds.azure.rules import NetworkSecurityGroup as AzureGroup
from exchange_ports.planning import Plans
from exchange_ports.topology.groups import identity

__all__ = [
    "COMPONENT",
    "KINDS",
    "AwsNetworkExpectation",
    "AzureNetworkExpectation",
    "NetworkExpectation",
    "ExpectedResource",
    "expected_networks",
]

COMPONENT: Final = "exchange-ports:index:ExchangeFirewall"
_AWS_NETWORK: Final = "exchange-ports:index:AwsNetwork"
_AZURE_NETWORK: Final = "exchange-ports:index:AzureNetwork"

_AWS_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
_AWS_LIST: Final = "aws:ec2/managedPrefixList:ManagedPrefixList"
_AWS_IN: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_AWS_OUT: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
_AZURE_NSG: Final = "azure-native:network:NetworkSecurityGroup"
_AZURE_ASG: Final = "azure-native:network:ApplicationSecurityGroup"

#: The types that can be adopted, in the cloud's own words.
KINDS: Final = {
    _AWS_GROUP: "security group",
    _AWS_LIST: "prefix list",
    _AWS_IN: "rule",
    _AWS_OUT: "rule",
    _AZURE_NSG: "network security group",
    _AZURE_ASG: "application security group",
}


@dataclass(frozen=True, slots=True)
class ExpectedResource:
    """One resource that the program registers."""

    urn: Urn
    parent: Urn

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.name

    @property
    def kind(self) -> str:
        """What it is, in the cloud's own words."""
        return KINDS[self.urn.type]


@dataclass(frozen=True, slots=True)
class AwsNetworkExpectation:
    """A VPC with what is wanted in it. `neighbours` are ids of groups that are not ours, by name."""

    network: str
    urn: Urn
    plan: AwsRuleSet
    vpc_id: str
    neighbours: Mapping[str, str]
    at_neighbours: tuple[SecurityGroupRule, ...]
    tags: Mapping[str, str]
    #: Tags that the provider adds by itself, and takes for nobody's.
    default_tags: Mapping[str, str]

    def group(self, group: AwsGroup) -> ExpectedResource:
        """A security group."""
        return self._child(_AWS_GROUP, group.key)

    def prefix_list(self, each: PrefixList) -> ExpectedResource:
        """A prefix list."""
        return self._child(_AWS_LIST, list_name(each.key))

    def rule(self, rule: SecurityGroupRule) -> ExpectedResource:
        """A rule, at a group of ours or at a neighbour's."""
        return self._child(_AWS_IN if rule.direction == "in" else _AWS_OUT, rule_name(rule))

    def _child(self, token: str, key: str) -> ExpectedResource:
        return _child(self.urn, token, key)


@dataclass(frozen=True, slots=True)
class AzureNetworkExpectation:
    """A resource group with what is wanted in it."""

    network: str
    urn: Urn
    plan: AzureRuleSet
    resource_group: str
    location: str
    tags: Mapping[str, str]
    #: None where the stack file does not say.
    subscription: str | None

    def nsg(self, group: AzureGroup) -> ExpectedResource:
        """A network security group; its logical name is its name."""
        return _child(self.urn, _AZURE_NSG, group.zone.value)

    def asg(self, group: ApplicationGroup) -> ExpectedResource:
        """An application security group; its logical name is its name."""
        return _child(self.urn, _AZURE_ASG, group.key)


NetworkExpectation = AwsNetworkExpectation | AzureNetworkExpectation


def _child(parent: Urn, token: str, key: str) -> ExpectedResource:
    return ExpectedResource(parent.child(token, f"{parent.name}-{key}"), parent)


def expected_networks(
    plans: Plans, component: Urn, settings: Mapping[str, object], others: Mapping[str, object]
) -> tuple[NetworkExpectation, ...]:
    """What the program wants of each network, by what a stack file says of it.

    `settings` are ours (`networks`, `tags`), `others` the configuration of providers by full keys.
    Both have passed the checks of a stack file.
    """
    tags = _texts(settings.get("tags"))
    bound = _fields(settings.get("networks"))
    found: list[NetworkExpectation] = []
    for key, plan in sorted(plans.networks.items()):
        ids = _fields(bound.get(key))
        prefix = f"{component.name}-{identity(key, plans.topology.networks[key])}"
        if isinstance(plan, AwsRuleSet):
            neighbours = _texts(ids.get("neighbours"))
            defaults = _fields(others.get("aws:defaultTags"))
            found.append(
                AwsNetworkExpectation(
                    key,
                    component.child(_AWS_NETWORK, prefix),
                    plan,
                    str(ids["vpc_id"]),
                    neighbours,
                    at_neighbours(plan.network, plans.flows, neighbours),
                    tags,
                    _texts(defaults.get("tags")),
                )
            )
        else:
            subscription = others.get("azure-native:subscriptionId")
            found.append(
                AzureNetworkExpectation(
                    key,
                    component.child(_AZURE_NETWORK, prefix),
                    plan,
                    str(ids["resource_group_name"]),
                    str(ids["location"]),
                    tags,
                    subscription if isinstance(subscription, str) else None,
                )
            )
    return tuple(found)


def _fields(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _texts(value: object) -> dict[str, str]:
    return {key: str(text) for key, text in _fields(value).items()}
