"""From a topology to the plan of each network: the platform decides which planner makes it.

What only Azure needs is loaded when a network is there: a tenth of a command's time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from exchange_ports.aws import limits as aws_limits
from exchange_ports.aws import plan as aws_plan
from exchange_ports.aws.rules import RuleSet as AwsRuleSet
from exchange_ports.findings import Finding, Refused
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.findings.planned import WARNINGS
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
    warnings: tuple[Finding, ...] = ()
    """What is legal and unwise about the plans, but for what the topology acknowledges."""

    def uses(self, network: str) -> tuple[Use, ...]:
        """How much of each limit that is checked a network takes."""
        plan = self.networks[network]
        if isinstance(plan, AwsRuleSet):
            return aws_limits.uses(plan, self.topology.networks[network].quotas.raised)
        from exchange_ports.azure import limits as azure_limits

        return azure_limits.uses(plan)


def compile_plans(topology: Topology) -> Plans:
    """The plans of a topology that has passed its checks, with their warnings.

    :raises Refused: a plan is over a limit of its cloud; every limit that is passed is named, and
        every warning with them.
    """
    plans, findings = planned(topology)
    if any(finding.is_error for finding in findings):
        raise Refused(findings)
    return plans


def planned(topology: Topology) -> tuple[Plans, tuple[Finding, ...]]:
    """The plans, and every finding of planning: for who only asks what would pass."""
    wanted = flows(topology)
    parts = Parts(topology)
    plans: dict[str, NetworkPlan] = {}
    findings: list[Finding] = []
    for key, network in sorted(topology.networks.items()):
        asked = (identity(key, network), wanted, parts.groups, parts.wearers)
        if network.platform is Platform.AWS:
            plans[key] = plan = aws_plan.compile_network(*asked)
            quotas = network.quotas.raised
            findings += aws_limits.check_quotas(quotas, key)
            findings += aws_limits.check(plan, key, quotas)
        elif network.platform is Platform.AZURE:
            from exchange_ports.azure import limits as azure_limits
            from exchange_ports.azure import plan as azure_plan

            plans[key] = plan = azure_plan.compile_network(*asked)
            findings += azure_limits.check(plan, key)
    shown = tuple(_unacknowledged(topology, findings))
    warnings = tuple(finding for finding in shown if not finding.is_error)
    return Plans(topology, wanted, plans, warnings), shown


def _unacknowledged(topology: Topology, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings but for acknowledged warnings, and each of planning that is acknowledged in vain."""
    occurring: set[str] = set()
    for finding in findings:
        occurring.add(finding.kind.code)
        if finding.is_error or finding.kind.code not in topology.acknowledge:
            yield finding
    for code in topology.acknowledge:
        if code in WARNINGS - occurring:
            path = ("topology", "acknowledge", code)
            yield BY_CODE["acknowledged-in-vain"].at(path, code=code)
