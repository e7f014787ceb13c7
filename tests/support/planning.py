"""Plans of random topologies, for the laws about them."""

from typing import Final

from hypothesis import HealthCheck, assume, settings

from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.azure.rules import AzureRuleSet, NetworkSecurityGroup
from exchange_ports.findings import Finding, Refused
from exchange_ports.planning import Plans, compile_plans
from tests.support.exchange_versions import roles_of
from tests.support.expand import (
    View,
    view,
)
from tests.support.rule_sets import NetworkPlan, networks_of
from tests.support.strategies import (
    Data,
    declared,
    edited,
)

#: For laws that look at every packet of a topology, or at two topologies.
slow = settings(
    max_examples=settings().max_examples // 2, suppress_health_check=[HealthCheck.too_slow]
)


def attempted(data: Data) -> tuple[Plans | None, tuple[Finding, ...]]:
    """The plans of a topology, or why there are none."""
    topology = declared(data)
    try:
        return compile_plans(topology), ()
    except Refused as refused:
        return None, refused.findings


def planned_or_none(data: Data) -> Plans | None:
    """The plans of a topology, and nothing where its checks or a limit refuse it."""
    try:
        return compile_plans(declared(data))
    except Refused:
        return None


def planned(data: Data) -> Plans:
    """The plans of a topology that fits into its cloud's limits; others are not looked at."""
    plans, _ = attempted(data)
    assume(plans is not None)
    assert plans is not None
    return plans


def in_aws(plans: Plans) -> list[AwsRuleSet]:
    return [plan for plan in networks_of(plans).values() if isinstance(plan, AwsRuleSet)]


def in_azure(plans: Plans) -> list[AzureRuleSet]:
    return [plan for plan in networks_of(plans).values() if isinstance(plan, AzureRuleSet)]


def viewed(plans: Plans) -> list[tuple[NetworkPlan, View]]:
    """Every network with servers, and what it sees."""
    return [
        (plan, view(plan, plans.topology))
        for plan in networks_of(plans).values()
        if plan.memberships
    ]


def groups_of(plans: Plans) -> list[NetworkSecurityGroup]:
    return [group for plan in in_azure(plans) for group in plan.groups]


OFFICE: Final = {"from": ["10.96.0.0/16"], "services": ["https", "http"]}


def with_office(data: Data) -> Data:
    """The same with one more client source; where no server is published, none can be declared."""
    assume(
        any(
            "client_access" in roles_of(data, server)
            and server.get("published", site.get("published", True))
            for site in data["sites"].values()
            for server in site.get("servers", {}).values()
        )
    )
    return edited(data, {"clients": {**data.get("clients", {}), "office": OFFICE}})
