"""What `diff` says is what differs: over any edits of any topology."""

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from exchange_ports.differences import Effect, TopologyDiff, diff_plans
from exchange_ports.differences.topology_diff import pairs
from tests.differences.checker import assert_exact, permitted, reported
from tests.support.edits import edited_plans, shuffled_plans
from tests.support.planning import planned_or_none as planned
from tests.support.strategies import topologies

pytestmark = pytest.mark.slow

many = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@many
@given(st.data())
def test_what_is_reported_is_the_difference_of_what_both_permit(draw: st.DataObject) -> None:
    old, new, names = edited_plans(draw)
    found = assert_exact(old, new)
    event("the same traffic" if found.same_traffic else ", ".join(sorted(set(names)))[:60])


@many
@given(topologies(), topologies())
def test_between_two_topologies_that_have_nothing_to_do_with_each_other_too(
    one: dict[str, object], other: dict[str, object]
) -> None:
    old, new = planned(one), planned(other)
    assume(old is not None and new is not None)
    assert old is not None
    assert new is not None
    assert_exact(old, new)
    back = diff_plans(new, old)
    assert bool(back.cut) == bool(diff_plans(old, new).opened)


@many
@given(st.data())
def test_another_order_of_the_same_declaration_is_no_change(draw: st.DataObject) -> None:
    old, new = shuffled_plans(draw)
    assert diff_plans(old, new) == TopologyDiff(())
    assert diff_plans(old, old) == TopologyDiff(())


@many
@given(topologies())
def test_without_an_old_side_everything_is_new(data: dict[str, object]) -> None:
    plans = planned(data)
    assume(plans is not None)
    assert plans is not None
    servers = {n: pair.after for n, pair in enumerate(pairs(plans, plans)) if pair.after}
    after = permitted(plans, servers)
    found = diff_plans(None, plans)
    assert not found.of(Effect.CUT, Effect.REASON)
    opened = reported(found.opened, servers)
    assert {k: v for k, v in after.items() if v} == dict(opened)
    gone = reported(diff_plans(plans, None).cut, servers)
    assert dict(gone) == dict(opened)
