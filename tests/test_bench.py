"""What the benchmarks say of what they measured. How quick anything is, is for `make bench`."""

from bench import rules
from bench.measure import Measured, interleaved, report
from exchange_ports.aws.rules import RuleSet
from exchange_ports.plans import compile_plans
from exchange_ports.topology.declaring import declare


def test_a_target_is_missed_above_it_and_held_at_it() -> None:
    assert not Measured("this", 2.0, "that", 1.0, target=2.0).missed
    assert Measured("this", 2.1, "that", 1.0, target=2.0).missed
    assert not Measured("this", 9.0, "that", 1.0).missed


def test_ratios_stand_first_and_the_times_behind_them_once() -> None:
    lines = report(
        [
            Measured("this", 0.3, "that", 0.1, target=2.0),
            Measured("it", 0.004, "that", 0.1, target=0.05, share=True),
        ]
    )
    assert lines == [
        "ratios",
        "     3.00x  this / that   target at most 2.00x: MISSED",
        "     4.0 %  it / that   target at most 5.0 %: held",
        "absolute",
        "     300.0 ms  this",
        "       4.0 ms  it",
        "     100.0 ms  that",
    ]


def test_runs_take_turns_and_the_median_counts() -> None:
    said: list[str] = []
    # Start and end of each run: the first takes 1, 3 and 100, the second always 2.
    clock = iter([0, 1, 0, 2, 0, 3, 0, 2, 0, 100, 0, 2])
    taken = interleaved(
        lambda: said.append("one"), lambda: said.append("two"), times=3, clock=lambda: next(clock)
    )
    assert said == ["one", "two"] * 3
    assert taken == [3, 2]


def test_the_large_topology_gives_a_thousand_rules_that_fit() -> None:
    topology, _ = declare(rules.topology())
    plan = compile_plans(topology).networks["corp"]
    assert isinstance(plan, RuleSet)
    assert len(plan.rules) >= rules.RULES
