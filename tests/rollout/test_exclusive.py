"""Updates where rules of others are taken away: old rules of ours may go before servers change their groups."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import Phase as HypothesisPhase
from hypothesis import strategies as st

from exchange_ports.rollout import Phase, ServersIn, plan_rollout
from tests.support.edits import edited_topologies
from tests.support.planning import planned_or_none as planned
from tests.support.strategies import topologies

pytestmark = pytest.mark.slow


def exclusive(data: Mapping[str, Any], on: bool) -> dict[str, Any]:
    made = copy.deepcopy(dict(data))
    for network in made["networks"].values():
        network["exclusive_rules"] = on
    return made


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[HypothesisPhase.explicit, HypothesisPhase.reuse, HypothesisPhase.generate],
)
@given(st.data())
def test_what_cuts_or_opens_elsewhere_does_so_here_where_rules_are_exclusive(
    draw: st.DataObject,
) -> None:
    data = draw.draw(topologies())
    edit, _ = draw.draw(edited_topologies(data))
    plans = [planned(exclusive(each, on)) for each in (data, edit) for on in (False, True)]
    assume(None not in plans)
    old, old_exclusive, new, new_exclusive = plans
    assert old is not None
    assert old_exclusive is not None
    assert new is not None
    assert new_exclusive is not None
    rollout = plan_rollout(old_exclusive, new_exclusive)
    found = rollout.at_once
    here, elsewhere = (plan_rollout(old, new, servers_in).at_once for servers_in in ServersIn)
    if any(getattr(plan, "exclusive", False) for plan in new_exclusive.networks.values()):
        assert found.clean is (here.clean and elsewhere.clean)
    else:
        assert found.clean is here.clean
    steps = rollout.steps
    if steps is not None and any(
        getattr(plan, "exclusive", False) for plan in new_exclusive.networks.values()
    ):
        assert [step.phase for step in steps][-2:] != [Phase.ADD_RULES, Phase.REMOVE_RULES]
