"""A real engine before providers that are slow, throttled or refused, and beside a second engine.

Whatever happens, nothing is cut or opened, and the user reads our name of the rule.
"""

import time
from typing import Final, NamedTuple

import pytest

from tests.engine import ordering
from tests.engine.chain import BEGINNING, another_site, here_and_there
from tests.engine.control import WRITES, Fault
from tests.engine.looking import agree
from tests.engine.running import Begun, Started
from tests.engine.updating import Passed, foreseen
from tests.support.paths import PATIENCE
from tests.support.recordings import declared
from tests.support.rule_sets import networks_of

pytestmark = pytest.mark.pulumi_engine


class Refused(NamedTuple):
    """The resource whose creation or change is refused, and the cloud's word where it is throttled."""

    name: str
    throttled: str


#: On Azure a rule is part of its group's one call, and is no resource that an error could name.
REFUSED: Final = {
    "aws": Refused("exchange-lab-exchange/out/tcp/8531/10.64.9.9/32", "RequestLimitExceeded"),
    "azure": Refused("exchange-lab-internal", "RetryableError"),
}


def without_harm(found: Passed) -> None:
    assert [str(trouble) for trouble in found.troubles] == []
    assert found.outside_the_model == []


def with_its_end(found: Passed) -> None:
    without_harm(found)
    assert agree(found.looks[-1].stood, networks_of(found.new))


def test_a_slow_or_throttled_cloud_makes_an_update_slow_and_nothing_else(begun: Begun) -> None:
    there, before = begun.there, begun.topology
    after = here_and_there(before)
    needed = there.dependencies()
    throttled = REFUSED[begun.platform].throttled
    for fault, topology in (
        (Fault("slow", WRITES, times=None, seconds=0.4), after),
        # Two answers of three that the provider's client takes without a word.
        (Fault("throttle", WRITES, times=2), before),
    ):
        there.control.disturb(fault)
        found = there.up(topology)
        there.control.disturb()
        with_its_end(found)
        assert found.old is not None
        assert found.steps == foreseen(found.old, found.new)
        assert [call.error for call in found.calls if call.writes and call.error] == (
            [throttled] * 2 if fault.do == "throttle" else []
        )
        now = there.dependencies()
        assert ordering.faults(ordering.done(found.calls), needed, now) == []
        needed = now


def test_a_call_that_is_refused_stops_the_update_and_is_told_with_our_name_of_the_rule(
    begun: Begun,
) -> None:
    there = begun.there
    name, throttled = REFUSED[begun.platform]
    there.declare(here_and_there(begun.topology))
    there.begin()
    refusals = (
        (Fault("throttle", WRITES, urn=f"*::{name}", times=None), throttled),
        # Again and again, with the same words.
        (Fault("fail", WRITES, urn=f"*::{name}", times=None, code="TestOfTests"), "TestOfTests"),
        (Fault("fail", WRITES, urn=f"*::{name}", times=None, code="TestOfTests"), "TestOfTests"),
    )
    for fault, code in refusals:
        there.control.disturb(fault)
        reported = there.run("up", "--yes", "--skip-preview", fails=True)
        assert name in reported
        assert code in reported
        assert {call.doing for call in there.control.writes()} <= {"create", "update"}
    # Once only: the update after it ends what was begun.
    there.control.disturb(Fault("fail", WRITES, urn=f"*::{name}", code="TestOfTests"))
    there.run("up", "--yes", "--skip-preview", fails=True)
    there.run("up", "--yes", "--skip-preview")
    with_its_end(there.passed())
    there.control.disturb()
    there.run("preview", "--expect-no-changes")


def test_of_two_updates_at_once_the_second_is_refused_and_nothing_is_lost(begun: Begun) -> None:
    there = begun.there
    there.declare(here_and_there(begun.topology))
    there.begin()
    there.control.disturb(Fault("slow", WRITES, seconds=6))
    up = ("up", "--yes", "--skip-preview")
    with there.engine.started(*up, "--stack", there.engine.stack) as first:
        deadline = time.monotonic() + PATIENCE
        while not there.control.writes():
            assert time.monotonic() < deadline, "the first update does not begin"
            time.sleep(0.05)
        reported = there.run(*up, fails=True)
        assert "currently locked" in reported
        assert first.poll() is None, "the first update was over when the second one came"
        told, _ = first.communicate(timeout=PATIENCE)
    assert first.returncode == 0, told
    found = there.passed()
    with_its_end(found)
    assert found.old is not None
    assert found.steps == foreseen(found.old, found.new)
    there.run("preview", "--expect-no-changes")


@pytest.mark.parametrize("options", [(), ("--continue-on-error",)], ids=["stops", "goes-on"])
def test_an_engine_that_goes_on_after_a_refusal_deletes_what_servers_still_need(
    options: tuple[str, ...], stack: Started
) -> None:
    there = stack("aws")
    before = declared(BEGINNING, "aws")
    there.up(before)
    there.declare(another_site(before))
    there.begin()
    there.control.disturb(Fault("fail", ("Authorize*",), times=None))
    reported = there.run("up", "--yes", "--skip-preview", *options, fails=True)
    there.control.disturb()
    cut = [str(each) for each in there.passed().troubles if each.effect == "blocked"]
    # New rules were refused, so servers kept their old groups. Some engines cannot save the state of what they
    # delete then (3.260), and end before a group is gone.
    assert bool(cut) is bool(options) or (options and "snapshot integrity" in reported), cut
