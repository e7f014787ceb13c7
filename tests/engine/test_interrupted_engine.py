"""A real engine, killed at every single call to a cloud: what stands then, and after recovery.

Killed before each call, and after each deletion. What an engine is killed after otherwise, it is
killed before what comes next: the cloud has it then, and no state does.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

import pytest

from exchange_ports.rollout import plan_rollout
from tests.engine.chain import here_and_there
from tests.engine.control import Call, Fault
from tests.engine.looking import agree
from tests.engine.running import Begun
from tests.engine.updating import planned
from tests.support.rule_sets import networks_of

pytestmark = pytest.mark.pulumi_engine


def deaths(calls: Sequence[Call]) -> Iterator[Fault]:
    """One by one, at the calls of an update. The order of some is left to the engine's chance."""
    for at, call in enumerate(calls):
        same = [each for each in calls[: at + 1] if (each.call, each.urn) == (call.call, call.urn)]
        yield Fault("die", (call.call,), urn=call.urn, nth=len(same))
        if call.doing == "delete" and call.writes:
            yield Fault("die", (call.call,), urn=call.urn, nth=len(same), after=True)


#: How often that is, as docs/updates.md has it.
KILLS: Final = {"aws": 22, "azure": 19}

#: What is cut off on the way there and back: what was done, and the call.
CUT: Final = {
    "aws": {
        ("create", "AuthorizeSecurityGroupEgress"),
        ("create", "AuthorizeSecurityGroupIngress"),
        ("create", "DescribeSecurityGroupRules"),
        ("create", "CreateSecurityGroup"),
        ("create", "RevokeSecurityGroupEgress"),
        ("create", "DescribeSecurityGroups"),
        ("update", "ModifySecurityGroupRules"),
        ("update", "DescribeSecurityGroupRules"),
        ("update", "ModifyNetworkInterfaceAttribute"),
        ("update", "DescribeNetworkInterfaces"),
        ("delete", "RevokeSecurityGroupEgress"),
        ("delete", "RevokeSecurityGroupIngress"),
        ("delete", "DeleteSecurityGroup"),
    },
    "azure": {
        ("create", "GET"),
        ("create", "PUT"),
        ("update", "PUT"),
        ("update", "GET"),
        ("delete", "DELETE"),
        ("delete", "GET"),
    },
}


def test_killed_at_any_call_the_next_update_ends_what_was_begun_without_a_gap(
    begun: Begun,
) -> None:
    there, one = begun.there, begun.topology
    other = here_and_there(one)
    assert plan_rollout(planned(one), planned(other)).clean
    assert plan_rollout(planned(other), planned(one)).clean
    ways = [list(deaths(there.up(topology).calls)) for topology in (other, one)]
    assert sum(map(len, ways)) == KILLS[begun.platform]
    cut: set[tuple[str, str]] = set()
    for faults in zip_longest(*ways):
        for topology, fault in zip((other, one), faults, strict=True):
            if fault is None:
                there.up(topology)
                continue
            at = there.killed(topology, fault)
            assert (at.call, at.urn) == (*fault.calls, fault.urn)
            cut.add((at.doing, at.call))
            found = there.recovered(at)
            assert [str(trouble) for trouble in found.troubles] == [], at
            assert found.outside_the_model == [], at
            assert agree(found.looks[-1].stood, networks_of(found.new)), at
            assert there.engine.pending() == [], at
    assert cut == CUT[begun.platform]
    there.run("preview", "--expect-no-changes")
