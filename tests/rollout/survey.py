"""`python -m tests.rollout.survey 2000`: what random edits of random topologies pass through, counted.

And how often one rule more moves the priority of another, in groups of a usual and of a great size.
"""

import sys
from collections import Counter
from random import Random
from typing import Final

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import Phase as HypothesisPhase
from hypothesis import strategies as st

from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.azure.names import Identity, priorities
from exchange_ports.clouds.azure.rules import Access, Direction
from exchange_ports.rollout import ServersIn, TransientEffect, network_pairs, plan_rollout
from tests.rollout.rule_changes import duplicates, list_changes_below_a_rule_that_goes
from tests.support.edits import edited_topologies
from tests.support.planning import planned_or_none as planned
from tests.support.strategies import topologies


def survey(examples: int) -> Counter[str]:
    """So many edits, of which some are no valid topology and count for nothing."""
    found: Counter[str] = Counter()

    @seed(0)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[HypothesisPhase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(st.data(), st.sampled_from(ServersIn))
    def one(draw: st.DataObject, servers_in: ServersIn) -> None:
        data = draw.draw(topologies())
        edit, _ = draw.draw(edited_topologies(data))
        old, new = planned(data), planned(edit)
        if old is None or new is None:
            return
        made = plan_rollout(old, new, servers_in)
        found["pairs"] += 1
        found["states examined"] += made.at_once.moments
        for pair in network_pairs(old, new):
            if isinstance(pair.old, AwsRuleSet) and isinstance(pair.new, AwsRuleSet):
                found["  duplicates"] += len(duplicates(pair.old, pair.new))
        if not made.moves:
            if list_changes_below_a_rule_that_goes(old, new):
                found["a list of ranges changes and a rule of it goes"] += 1
                found["  clean, at once or trimmed before"] += made.stepwise.clean
                return
            found["memberships stay"] += 1
            found["  of these with a gap"] += any(
                trouble.effect is TransientEffect.CUT for trouble in made.at_once.issues
            )
            found["  of these with a surplus"] += any(
                trouble.effect is TransientEffect.OPEN for trouble in made.at_once.issues
            )
            return
        found["memberships change"] += 1
        if made.clean:
            found["  clean at once"] += 1
        elif made.refused:
            found["  over a limit in passing"] += 1
        else:
            found["  detected"] += 1
            if made.steps is not None:
                found["    with steps in which nothing is cut or opened"] += 1
                found[f"      {len(made.steps)} steps"] += 1

    one()
    return found


#: Rules of one direction in one group: as in the stacks, as in a large organization, and half of what
#: a group may hold.
SIZES: Final = (22, 100, 500)


def moved(size: int, edits: int) -> tuple[int, int]:
    """Of so many edits that add one flow's rule to `size` of them: those that move others, and how many."""
    random = Random(size)  # noqa: S311 - figures, no secrets
    edits_that_move = rules_moved = 0
    for _ in range(edits):
        crowd = [_flow(random) for _ in range(size + 1)]
        before, after = priorities(crowd[:-1]), priorities(crowd)
        others = sum(after[each] != before[each] for each in before)
        edits_that_move += others > 0
        rules_moved += others
    return edits_that_move, rules_moved


def _flow(random: Random) -> Identity:
    source, destination = (f"group.{random.randrange(10**9)}" for _ in range(2))
    return Identity(
        "flows",
        Direction.IN,
        Access.ALLOW,
        "tcp",
        str(random.randrange(1, 10**4)),
        source,
        destination,
    )


if __name__ == "__main__":
    wanted = int(sys.argv[1])
    for what, number in survey(wanted).items():
        print(f"{number:7,}  {what}")
    for size in SIZES:
        edits, rules = moved(size, wanted)
        share = (
            f"{edits / wanted:.1%} of edits move another rule, {rules / wanted:.3f} rules an edit"
        )
        print(f"{size:7,}  rules in a direction of a group, and one more: {share}")
