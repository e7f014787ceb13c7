"""Our program on a real Pulumi engine, on AWS: made, unchanged, refreshed, mended, taken away.

The engine is real, and so is the order in which it asks. The provider and EC2 are those of tests
(tests/engine/aws_provider.py, ec2.py): nothing here was tried against an account of AWS.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.engine import ec2_server
from tests.engine.aws_account import AWS
from tests.engine.aws_account import EngineAccount as Account
from tests.engine.aws_provider import ENDPOINT
from tests.engine.checking import created, unchanged
from tests.engine.control import Fault
from tests.engine.live import without_ours
from tests.engine.workspace import workspace
from tests.support.paths import ROOT
from tests.support.strategies import edited

pytestmark = pytest.mark.pulumi_engine

STACKS: Final = tuple(sorted(path.suffixes[0][1:] for path in (ROOT / "stacks").glob("*.yaml")))


@pytest.fixture
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Account]:
    with (
        ec2_server.served() as endpoint,
        workspace(tmp_path, request.param, [AWS], {ENDPOINT: endpoint}) as engine,
    ):
        yield Account(engine, ec2_server.client(endpoint))


@pytest.mark.parametrize("account", STACKS, indirect=True)
def test_a_stack_from_first_preview_to_nothing(account: Account) -> None:
    engine = account.engine
    created(engine)
    assert account.failures() == ()

    unchanged(engine)

    engine.control.forget()
    engine.pulumi("destroy", "--yes", "--skip-preview", "--stack", engine.stack)
    assert without_ours(account.ec2)
    assert engine.export() == []
    assert [call for call in engine.control.calls() if call.error] == []
    assert engine.left() == []


@pytest.mark.parametrize("account", ["dev"], indirect=True)
def test_drift_by_hand_is_found_by_a_refresh_and_mended(account: Account) -> None:
    engine = account.engine
    engine.up()
    rule = account.rule(443)
    account.ec2.revoke_security_group_ingress(
        GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    assert account.failures() != ()
    engine.pulumi("refresh", "--yes", "--skip-preview", "--stack", engine.stack)
    engine.control.forget()
    assert [word for word, _ in engine.up()] == ["create"]
    assert account.failures() == ()


def edit(account: Account) -> None:
    """Clients read mail by IMAP, two ports, and no longer submit any, one port."""
    account.declare(edited(account.topology, {"clients.office.services": ["https", "imap"]}))


@pytest.mark.parametrize("account", ["dev"], indirect=True)
def test_an_edit_makes_what_comes_before_it_takes_away_what_goes(account: Account) -> None:
    engine = account.engine
    engine.up()
    edit(account)
    engine.control.forget()
    engine.up()
    words = [call.call for call in engine.control.writes()]
    assert "RevokeSecurityGroupIngress" in words
    first_away = words.index("RevokeSecurityGroupIngress")
    assert set(words[:first_away]) == {"AuthorizeSecurityGroupIngress"}
    assert set(words[first_away:]) == {"RevokeSecurityGroupIngress"}
    assert account.failures() == ()


# ---- an engine that is killed (pulumi.md 4) ----

MADE: Final = "AuthorizeSecurityGroupIngress"


def killed(account: Account, call: str, nth: int, *, after: bool) -> str:
    """Make the stack, edit it, and kill the engine at a call. The name of the rule it was about."""
    engine = account.engine
    engine.up()
    edit(account)
    engine.control.forget()
    engine.control.disturb(Fault("die", (call,), nth=nth, after=after))
    # One by one: what else is under way when an engine is killed may be made as well.
    one_by_one = ("--parallel", "1", "--stack", engine.stack)
    engine.pulumi("up", "--yes", "--skip-preview", *one_by_one, fails=True)
    engine.end_what_is_left()
    engine.control.disturb()
    (cut,) = (one for one in engine.control.calls() if one.call == call and not one.answered)
    reported = engine.pulumi("up", "--yes", "--skip-preview", "--stack", engine.stack, fails=True)
    assert "currently locked" in reported
    engine.pulumi("cancel", "--yes", "--stack", engine.stack)
    return cut.name


@pytest.mark.parametrize("account", ["dev"], indirect=True)
def test_a_rule_made_as_the_engine_was_killed_is_a_duplicate_until_it_is_imported(
    account: Account, tmp_path: Path
) -> None:
    engine = account.engine
    name = killed(account, MADE, 1, after=True)
    reported = engine.pulumi("up", "--yes", "--skip-preview", "--stack", engine.stack, fails=True)
    assert "InvalidPermission.Duplicate" in reported
    # The error is told with our name of the rule.
    assert name in reported

    engine.pulumi(
        *("refresh", "--yes", "--skip-preview", "--clear-pending-creates"), "--stack", engine.stack
    )
    file = tmp_path / "import.json"
    engine.pulumi("preview", "--import-file", str(file), "--stack", engine.stack)
    wanted = json.loads(file.read_text())
    port = int(name.split("/")[3])
    wanted["resources"] = [one for one in wanted["resources"] if one["name"] == name]
    for one in wanted["resources"]:
        one["id"] = account.rule(port)["SecurityGroupRuleId"]
    file.write_text(json.dumps(wanted))
    engine.pulumi(
        *("import", "--file", str(file), "--yes", "--skip-preview", "--protect=false"),
        *("--generate-code=false", "--stack", engine.stack),
    )
    engine.up()
    assert account.failures() == ()
    engine.pulumi("preview", "--expect-no-changes", "--stack", engine.stack)
