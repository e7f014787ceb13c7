"""What a command that looks at a cloud compares with, while an update is under way."""

from pathlib import Path
from typing import Final

from exchange_ports.aws.rules import Rule, RuleSet
from exchange_ports.cli.stacks import compiled, read, under_way
from exchange_ports.plans import Plans

ROOT: Final = Path(__file__).parents[2]


def test_while_an_update_is_under_way_the_rules_of_its_step_are_what_stands() -> None:
    stack = read(str(ROOT / "tests/fixtures/updates/Pulumi.steps.yaml"))
    last, _ = compiled(stack)
    before, _ = compiled(read(str(ROOT / "stacks/Pulumi.dev.yaml")))
    was, will, now = (rules(plans) for plans in (before, last, under_way(stack, last)))
    # The first step only adds: what goes still stands.
    assert was - will
    assert now == was | will


def rules(plans: Plans) -> set[Rule]:
    plan = plans.networks["lab"]
    assert isinstance(plan, RuleSet)
    return set(plan.rules)


def test_where_none_is_under_way_the_plan_is_what_stands() -> None:
    stack = read(str(ROOT / "stacks/Pulumi.dev.yaml"))
    plans, _ = compiled(stack)
    assert under_way(stack, plans) is plans
