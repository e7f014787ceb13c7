"""Ten edits in the order of the model, without an engine: what stands after every single call.

The same edits are made by a real engine in tests/engine/test_updates_engine.py.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from exchange_ports.proof import prove
from tests.engine import ec2_server, ordering
from tests.engine.chain import (
    BEGINNING,
    OTHERS,
    chain,
    here_and_there,
)
from tests.engine.checking import as_foretold, clean
from tests.engine.clouds import PLATFORMS, Platform, opened
from tests.engine.looking import agree
from tests.engine.updating import Modelled
from tests.support.recordings import declared
from tests.support.rule_sets import networks_of

pytestmark = pytest.mark.slow


both_clouds = pytest.mark.parametrize("platform", PLATFORMS)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Callable[[Platform], Modelled]]:
    with ExitStack() as clouds:

        def made(platform: Platform) -> Modelled:
            networks = list(declared(BEGINNING, platform)["networks"])
            return Modelled(clouds.enter_context(opened(platform, networks)), tmp_path)

        yield made


@both_clouds
def test_ten_edits_in_a_row_cut_and_open_nothing_after_any_call(
    platform: Platform, stack: Callable[[Platform], Modelled]
) -> None:
    ten_edits(stack(platform), platform, BEGINNING)


@pytest.mark.parametrize("name", OTHERS)
def test_ten_edits_of_any_stack_cut_and_open_nothing_after_any_call(
    name: str, tmp_path: Path
) -> None:
    platform = OTHERS[name]
    with opened(platform, list(declared(name, platform)["networks"])) as cloud:
        ten_edits(Modelled(cloud, tmp_path), platform, name)


def ten_edits(there: Modelled, platform: Platform, stack: str) -> None:
    """One after the other, with a look after every call."""
    (_, beginning), *edits = chain(platform, stack)
    # While everything is new, nothing passes that is not meant.
    assert there.up(beginning).troubles == []
    for name, topology in edits:
        before = there.dependencies
        found = there.up(topology)
        assert found.refused == ""
        clean(found, name)
        order = ordering.faults(ordering.done(found.calls), before, there.dependencies)
        assert order == [], name
        assert agree(found.looks[-1].stood, there.cloud.now(found.new).stood), name
        # What was planned lets through what the topology means, and nothing else.
        assert prove(found.new).failures == (), name


def test_what_one_step_opens_in_passing_is_seen_as_it_was_foretold(
    stack: Callable[[Platform], Modelled],
) -> None:
    as_foretold(stack("aws").up)


def test_a_group_that_was_made_and_forgotten_lets_everything_out_where_it_is_imported(
    stack: Callable[[Platform], Modelled],
) -> None:
    """EC2 gives a new group a rule that lets everything out; an import does not take it away."""
    there = stack("aws")
    before = declared(BEGINNING, "aws")
    after = here_and_there(before)
    there.up(before)
    (group,) = (one for one in there.recorded(after).registrations if "server.ex2" in one.name)
    inputs = group.inputs
    ec2 = ec2_server.client()
    made = ec2.create_security_group(
        GroupName="forgotten",
        Description=inputs["description"],
        VpcId=inputs["vpcId"],
        TagSpecifications=[
            {
                "ResourceType": "security-group",
                "Tags": [{"Key": "Name", "Value": group.name}],
            }
        ],
    )
    there.deployment.adopt(group, made["GroupId"])
    found = there.up(after)
    assert [(each.source, each.services) for each in found.troubles] == [("ex2", "all protocols")]
    # No state knows of the rule, so no later update takes it away.
    assert there.up(after).steps == {}
    assert not agree(there.cloud.now(found.new).stood, networks_of(found.new))
