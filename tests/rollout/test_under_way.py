"""What a command that looks at a cloud compares with, while an update is under way."""

from exchange_ports.cli.stacks import compiled, read, registered
from exchange_ports.planning import Plans
from tests.support.paths import ROOT
from tests.support.rule_sets import NetworkPlan, networks_of


def test_while_an_update_is_under_way_what_its_step_leaves_is_what_stands() -> None:
    stack = read(str(ROOT / "tests/fixtures/updates/Pulumi.steps.yaml"))
    last, _ = compiled(stack)
    # The first step takes a rule away, and the new server comes in the second.
    assert set(lab(last).memberships) == {"ex1", "ex2", "ex3"}
    assert set(lab(registered(stack)).memberships) == {"ex1", "ex2"}


def lab(plans: Plans) -> NetworkPlan:
    return networks_of(plans)["lab"]


def test_where_none_is_under_way_the_plan_is_what_stands() -> None:
    stack = read(str(ROOT / "stacks/Pulumi.dev.yaml"))
    plans, _ = compiled(stack)
    assert registered(stack) == plans
