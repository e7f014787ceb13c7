"""What must hold of any edit of any topology (DESIGN 5, Updates)."""

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import Phase as HypothesisPhase
from hypothesis import strategies as st

from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.planning import Plans
from exchange_ports.rollout import (
    Does,
    Phase,
    ServersIn,
    network_pairs,
    operations,
    plan_rollout,
)
from tests.rollout.rule_changes import duplicates, list_changes_below_a_rule_that_goes
from tests.support.edits import edited_plans, shuffled_plans

pytestmark = pytest.mark.slow

pairs = settings(
    # Each for two places of the servers: 150 in the quick profile, 20,000 in the full one.
    max_examples=settings().max_examples * 3 // 4 if settings().max_examples < 1000 else 10_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[HypothesisPhase.explicit, HypothesisPhase.reuse, HypothesisPhase.generate],
)


@pairs
@given(st.data())
def test_nothing_is_cut_or_opened_in_passing(draw: st.DataObject) -> None:
    old, new, _ = edited_plans(draw)
    for servers_in in ServersIn:
        assert_clean_or_detected(old, new, servers_in)
    for pair in network_pairs(old, new):
        assert all(each.does is not Does.REPLACE for each in operations(pair.old, pair.new))
        if isinstance(pair.old, AwsRuleSet) and isinstance(pair.new, AwsRuleSet):
            assert_no_duplicate(pair.old, pair.new)


def assert_clean_or_detected(old: Plans, new: Plans, servers_in: ServersIn) -> None:
    found = plan_rollout(old, new, servers_in)
    if not found.moves and not list_changes_below_a_rule_that_goes(old, new):
        event(f"{servers_in}: memberships stay")
        assert found.at_once.clean, [str(trouble) for trouble in found.at_once.issues]
        # A limit may be in the way, and is said.
        assert found.clean or found.refused
    elif found.clean:
        event(f"{servers_in}: memberships change, clean at once")
    elif found.refused:
        event(f"{servers_in}: a limit is in the way")
    else:
        event(f"{servers_in}: memberships change, detected")
        assert found.at_once.issues or found.held
        if not found.moves:
            assert found.steps is not None
            assert [step.phase for step in found.steps] == [Phase.REMOVE_LIST_RULES, Phase.AT_ONCE]
        # For about one in a hundred of the others no steps are found, and then none are offered.
        steps = "no steps" if found.steps is None else f"{len(found.steps)} steps"
        event(f"{servers_in}: {steps}")
        assert found.steps is None or found.stepwise.clean


def assert_no_duplicate(old: AwsRuleSet, new: AwsRuleSet) -> None:
    """EC2 tells rules apart by what they say: one that stays must keep the name it has."""
    assert duplicates(old, new) == []


@given(st.data())
def test_another_order_of_the_same_declaration_is_no_operation(draw: st.DataObject) -> None:
    old, new = shuffled_plans(draw)
    assert all(operations(pair.old, pair.new) == () for pair in network_pairs(old, new))
    assert plan_rollout(old, new).moves == ()
