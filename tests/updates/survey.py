"""`python -m tests.updates.survey 2000`: what random edits of random topologies pass through, counted."""

import sys
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from exchange_ports.updates import Attached, update
from tests.strategies import topologies
from tests.updates.edits import edited_topologies
from tests.updates.test_extremes import planned


def survey(examples: int) -> Counter[str]:
    """So many edits, of which some are no valid topology and count for nothing."""
    found: Counter[str] = Counter()

    @seed(0)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(st.data(), st.sampled_from(Attached))
    def one(draw: st.DataObject, attached: Attached) -> None:
        data = draw.draw(topologies())
        edit, _ = draw.draw(edited_topologies(data))
        old, new = planned(data), planned(edit)
        if old is None or new is None:
            return
        made = update(old, new, attached)
        found["pairs"] += 1
        found["states examined"] += made.at_once.moments
        if not made.moves:
            found["memberships stay"] += 1
            found["  of these with a gap or a surplus"] += not made.at_once.clean
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


if __name__ == "__main__":
    for what, number in survey(int(sys.argv[1])).items():
        print(f"{number:7,}  {what}")
