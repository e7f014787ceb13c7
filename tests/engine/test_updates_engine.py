"""Updates on a real Pulumi engine, with servers in the same program: what stands after every single call.

The engine is real, and so is its order. The providers and the clouds are those of tests: nothing here
was tried against an account.
"""

from pathlib import Path

import pytest

from exchange_ports.rollout import plan_rollout
from tests.engine import ordering
from tests.engine.chain import BEGINNING, OTHERS, another_site, chain
from tests.engine.checking import as_foretold, clean
from tests.engine.clouds import HASTY, PLATFORMS, Platform
from tests.engine.control import Fault
from tests.engine.looking import agree
from tests.engine.running import Begun, Running, Started, running
from tests.engine.updating import Passed, foreseen, planned
from tests.support.recordings import declared
from tests.support.rule_sets import networks_of

pytestmark = pytest.mark.pulumi_engine

both_clouds = pytest.mark.parametrize("platform", PLATFORMS)


@both_clouds
def test_ten_edits_in_a_row_cut_and_open_nothing_after_any_call(
    platform: Platform, stack: Started
) -> None:
    there = stack(platform)
    ten_edits(there, platform, BEGINNING)


@pytest.mark.parametrize("name", OTHERS)
def test_ten_edits_of_any_stack_cut_and_open_nothing_after_any_call(
    name: str, tmp_path: Path
) -> None:
    with running(OTHERS[name], tmp_path, stack=name) as there:
        ten_edits(there, OTHERS[name], name)


def ten_edits(there: Running, platform: Platform, stack: str) -> None:
    """One after the other, with a look after every call."""
    (_, beginning), *edits = chain(platform, stack)
    # While everything is new, nothing passes that is not meant.
    assert there.up(beginning).troubles == []
    before = there.dependencies()
    for name, topology in edits:
        found = there.up(topology)
        clean(found, name)
        after = there.dependencies()
        assert ordering.faults(ordering.done(found.calls), before, after) == [], name
        before = after
    there.run("preview", "--expect-no-changes")


def seen_at(found: Passed) -> set[tuple[str, str, str]]:
    """What was cut or opened at which server, as it is foretold."""
    ours = {server for plan in networks_of(found.new).values() for server in plan.memberships}
    return {
        (each.effect, each.source, "out")
        if each.source in ours
        else (each.effect, each.target, "in")
        for each in found.troubles
    }


def slow_rules(there: Running) -> None:
    """So that whoever does not wait for the rules is seen not to."""
    there.control.disturb(Fault("slow", ("Authorize*", "PUT"), times=None, seconds=0.5))


def test_servers_change_their_groups_when_every_rule_stands_and_before_any_goes(
    begun: Begun,
) -> None:
    there = begun.there
    needed = there.dependencies()
    slow_rules(there)
    found = there.up(another_site(begun.topology))
    assert found.old is not None
    assert found.steps == foreseen(found.old, found.new)
    done = ordering.done(found.calls)
    assert {str(one) for one in done if one.type in ordering.ATTACHMENTS} == {
        "update ex1",
        "update ex2",
    }
    assert {one.word for one in done} == {"create", "update", "delete"}
    assert ordering.faults(done, needed, there.dependencies()) == []
    # On AWS old and new groups have their rules then; on Azure one call writes the new ones alone,
    # while servers still have the old ones: for this edit steps are offered.
    foretold = plan_rollout(found.old, found.new)
    assert foretold.clean is (begun.platform == "aws")
    assert seen_at(found) == {
        (trouble.effect.value, trouble.server, trouble.way) for trouble in foretold.at_once.issues
    }
    assert agree(found.looks[-1].stood, networks_of(found.new))


def test_with_outputs_that_do_not_wait_an_engine_lets_servers_have_a_group_without_its_rules(
    tmp_path: Path,
) -> None:
    with running("aws", tmp_path, HASTY) as there:
        before = declared(BEGINNING, "aws")
        there.up(before)
        needed = there.dependencies()
        slow_rules(there)
        found = there.up(another_site(before))
        order = ordering.faults(ordering.done(found.calls), needed, there.dependencies())
        assert any(
            line.startswith("update ex1 began before create exchange-lab-client-access.works/in/")
            for line in order
        ), order
        assert any(trouble.effect == "blocked" for trouble in found.troubles)
        assert agree(found.looks[-1].stood, networks_of(found.new))


def test_what_one_step_opens_in_passing_is_seen_as_it_was_foretold(stack: Started) -> None:
    as_foretold(stack("aws").up)


def test_on_azure_what_is_replaced_would_be_deleted_first_and_that_is_refused_while_it_is_used(
    stack: Started,
) -> None:
    there = stack("azure")
    topology = declared(BEGINNING, "azure")
    there.up(topology)
    there.declare(topology, location="northeurope")
    there.begin()
    reported = there.run("up", "--yes", "--skip-preview", fails=True)
    # Application security groups are asked first, and the rules that name them are still there.
    assert "Application Security Group" in reported
    assert "cannot be deleted because it is referenced by" in reported
    # Nothing was made before that, and nothing is lost.
    assert {call.call for call in there.control.writes()} == {"DELETE"}
    assert all(call.error for call in there.control.writes())
    assert there.passed().looks == ()
    assert agree(there.cloud.now(planned(topology)).stood, networks_of(planned(topology)))
    there.declare(topology)
    there.run("up", "--yes", "--skip-preview")
    there.run("preview", "--expect-no-changes")
