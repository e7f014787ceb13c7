"""Our program's own resources, made, changed and taken away in EC2 by the test provider, without an engine.

Each recorded stack meets what EC2 refuses. Then boto3, which knows nothing of the provider, reads what
stands, and the proof is made on that.
"""

from collections.abc import Callable

import pytest

from exchange_ports.proof import prove
from tests.engine.aws_account import Account
from tests.engine.live import without_ours
from tests.engine.stacks import STACKS, changed
from tests.support.recordings import declared

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_is_made_proved_changed_and_taken_away(
    stack: str, account: Callable[[str], Account]
) -> None:
    there = account(stack)
    before = declared(stack, "aws")
    first = there.run(before)

    steps = there.deployment.up(first)
    assert {word for word, _ in steps} == {"create"}
    assert len(steps) == sum(one.custom for one in first.registrations)
    assert prove(there.stands(before, first)).failures == ()

    # What is read is what was registered: the second time there is nothing to do.
    assert there.deployment.refresh() == []
    assert there.deployment.up(first) == []

    after = changed(before)
    second = there.run(after)
    steps = there.deployment.up(second)
    assert {word for word, _ in steps} == {"create", "update", "delete"}
    assert prove(there.stands(after, second)).failures == ()
    assert there.deployment.up(second) == []

    there.deployment.destroy()
    assert without_ours(there.ec2)
    assert [call for call in there.control.calls() if call.error] == []
