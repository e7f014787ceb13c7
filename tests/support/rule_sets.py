"""The rule sets of both clouds for tests that look into them, which the package does not outside `clouds/`."""

from collections.abc import Mapping
from typing import TypeAlias, cast

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.azure.rules import AzureRuleSet
from exchange_ports.clouds.base import Evaluator, RuleSet
from exchange_ports.planning import Plans
from exchange_ports.traffic.addresses import AddressSet

NetworkPlan: TypeAlias = AwsRuleSet | AzureRuleSet


def seen(rules: RuleSet) -> NetworkPlan:
    """A rule set as what it is."""
    return cast("NetworkPlan", rules)


def networks_of(plans: Plans) -> dict[str, NetworkPlan]:
    """The rule set of each network, by key, as what it is."""
    return cast("dict[str, NetworkPlan]", plans.networks)


def evaluator(rules: RuleSet, members: Mapping[str, AddressSet], space: AddressSet) -> Evaluator:
    """What a rule set allows by its cloud's evaluator."""
    return cloud_of(rules).evaluator.evaluator(rules, members, space)
