"""The extremal states are enough: whatever any state cuts or opens, one of them does too."""

from collections import defaultdict

import pytest
from hypothesis import Phase as HypothesisPhase
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from exchange_ports.rollout import ServersIn, plan_rollout
from exchange_ports.rollout.update import (
    network_pairs,
    network_shifts,
    server_interfaces,
    spaces_of,
)
from exchange_ports.traffic.traffic import Traffic
from tests.rollout.walking import operations, walk
from tests.support.edits import edited_plans
from tests.support.rule_sets import seen

pytestmark = pytest.mark.slow

#: More operations than this in one update have too many orders.
MOST = 8


@settings(phases=[HypothesisPhase.explicit, HypothesisPhase.reuse, HypothesisPhase.generate])
@given(st.data(), st.sampled_from(ServersIn))
def test_the_extremal_states_show_all_that_any_state_shows(
    draw: st.DataObject, servers_in: ServersIn
) -> None:
    old, new, names = edited_plans(draw)
    everyone = server_interfaces(old, new)
    pairs = {pair.place: (seen(pair.old), seen(pair.new)) for pair in network_pairs(old, new)}
    elsewhere = servers_in is ServersIn.OTHER_STACK
    count = sum(
        len(operations(*both, [b for b in everyone if b.place == place], elsewhere=elsewhere))
        for place, both in pairs.items()
    )
    assume(0 < count <= MOST)
    walked = walk(pairs, everyone, spaces_of(old, new), elsewhere=elsewhere)
    found: dict[tuple[str, str, str], Traffic] = defaultdict(Traffic)
    # Servers that change their network are walked through in test_renamed_networks.
    apart = {shift.when for shift in network_shifts(old, new, everyone)}
    for trouble in plan_rollout(old, new, servers_in).at_once.issues:
        if trouble.when in apart:
            continue
        found[trouble.effect.value, trouble.server, trouble.way] |= trouble.traffic
    event(" + ".join(sorted(names)))
    event("clean" if not walked else "not clean")
    assert dict(found) == walked
