"""From a topology to the plan of each network: the platform decides which planner makes it.

What only Azure needs is loaded when a network is there: a tenth of a command's time.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from exchange_ports.aws import limits as aws_limits
from exchange_ports.aws import plan as aws_plan
from exchange_ports.aws.rules import RuleSet as AwsRuleSet
from exchange_ports.findings import Finding, Refused
from exchange_ports.flows import Flow, flows
from exchange_ports.limits import Use
from exchange_ports.topology.groups import identity
from exchange_ports.topology.models import Platform, Topology
from exchange_ports.topology.parts import Parts

if TYPE_CHECKING:
    from exchange_ports.azure.rules import RuleSet as AzureRuleSet

__all__ = ["NetworkPlan", "Plans", "compile_plans", "planned"]

NetworkPlan: TypeAlias = "AwsRuleSet | AzureRuleSet"


@dataclass(frozen=True, slots=True)
class Plans:
    """What a topology needs: its flows, and the plan of each network by the network's key."""

    topology: Topology
    flows: tuple[Flow, ...]
    networks: dict[str, NetworkPlan]

    def uses(self, network: str) -> tuple[Use, ...]:
        """How much of each limit that is checked a network takes."""
        plan = self.networks[network]
        if isinstance(plan, AwsRuleSet):
            return aws_limits.uses(plan)
        from exchange_ports.azure import limits as azure_limits

        return azure_limits.uses(plan)


def compile_plans(topology: Topology) -> Plans:
    """The plans of a topology that has passed its checks.

    :raises Refused: a plan is over a limit of its cloud; every limit that is passed is named.
    """
    plans, findings = planned(topology)
    if findings:
        raise Refused(findings)
    return plans


def planned(topology: Topology) -> tuple[Plans, tuple[Finding, ...]]:
    """The plans, and the limits that they are over: for who only asks what would pass."""
    wanted = flows(topology)
    parts = Parts(topology)
    plans: dict[str, NetworkPlan] = {}
    findings: list[Finding] = []
    for key, network in sorted(topology.networks.items()):
        asked = (identity(key, network), wanted, parts.groups, parts.wearers)
        if network.platform is Platform.AWS:
            plans[key] = plan = aws_plan.compile_network(*asked)
            findings += aws_limits.check(plan, key)
        elif network.platform is Platform.AZURE:
            from exchange_ports.azure import limits as azure_limits
            from exchange_ports.azure import plan as azure_plan

            plans[key] = plan = azure_plan.compile_network(*asked)
            findings += azure_limits.check(plan, key)
    return Plans(topology, wanted, plans), tuple(findings)
