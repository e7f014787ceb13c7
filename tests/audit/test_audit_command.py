"""The command `audit`: exports in, the report in each format and the exit code out."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports.cli import main
from exchange_ports.planning import compile_plans
from exchange_ports.stackfile.stack_file import read_stack_file
from exchange_ports.topology.models import Platform
from exchange_ports.topology.validate import load_topology
from tests.adoption.scenes import as_text
from tests.support.live_exports import export_live
from tests.support.paths import ROOT, UPDATE

#: What docs/audit.md shows: RDP from everywhere, a server without a group, and what somebody attached.
FOLDER: Final = ROOT / "tests" / "fixtures" / "audit"
DEV: Final = str(ROOT / "stacks" / "Pulumi.dev.yaml")
LIVE: Final = str(FOLDER)


def made() -> dict[str, Any]:
    """The exports of the stack dev, after somebody changed three things by hand."""
    stack = read_stack_file((ROOT / "stacks" / "Pulumi.dev.yaml").read_bytes(), "dev")
    plans = compile_plans(load_topology(stack.config["topology"])[0])
    outputs: dict[str, Any] = {}
    for each in export_live(plans)[Platform.AWS]:
        outputs |= each
    exchange = next(
        each["GroupId"]
        for each in outputs["SecurityGroups"]
        if each["Tags"][0]["Value"].endswith("-exchange")
    )
    vpc = outputs["SecurityGroups"][0]["VpcId"]
    monitoring = "sg-0aa00000000000000"
    outputs["SecurityGroups"].append(
        {
            "GroupId": monitoring,
            "GroupName": "monitoring",
            "Description": "agents",
            "VpcId": vpc,
            "Tags": [],
        }
    )
    rule = {"IsEgress": False, "IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389}
    agent = {**rule, "FromPort": 9100, "ToPort": 9100, "Description": "agents"}
    outputs["SecurityGroupRules"] += [
        {"SecurityGroupRuleId": "sgr-0f1", "GroupId": exchange, **rule, "CidrIpv4": "0.0.0.0/0"},
        {
            "SecurityGroupRuleId": "sgr-0f2",
            "GroupId": monitoring,
            **agent,
            "CidrIpv4": "10.9.0.0/24",
        },
    ]
    first, second = outputs["NetworkInterfaces"][:2]
    first["Groups"].append({"GroupId": monitoring})
    second["Groups"].pop(0)
    return {
        "groups.json": {"SecurityGroups": outputs["SecurityGroups"]},
        "rules.json": {"SecurityGroupRules": outputs["SecurityGroupRules"]},
        "lists.json": {"PrefixLists": outputs["PrefixLists"]},
        "interfaces.json": {"NetworkInterfaces": outputs["NetworkInterfaces"]},
    }


def test_the_exports_of_the_page_are_those_of_the_plan(pytestconfig: pytest.Config) -> None:
    for file, data in made().items():
        if pytestconfig.getoption(UPDATE):
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / file).write_text(as_text(data), "utf-8")
        assert (FOLDER / file).read_text("utf-8") == as_text(data), file


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["audit", DEV, "--live", LIVE, *arguments])
    return code, capsys.readouterr().out


def test_each_format_names_the_rule_and_the_group_and_the_exit_code_is_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for format_ in ("text", "markdown", "html", "json"):
        code, out = report(capsys, "--format", format_)
        assert code == 1
        assert "sgr-0f1" in out
        assert "monitoring" in out
        assert "revoke-security-group-ingress" in out
    code, out = report(capsys, "--findings", "sarif")
    assert code == 1
    results = json.loads(out)["runs"][0]["results"]
    assert {each["ruleId"] for each in results} == {
        "runs-too-open",
        "runs-too-closed",
        "runs-otherwise",
    }


def test_the_internet_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    _, out = report(capsys, "--json")
    (network,) = json.loads(out)["networks"].values()
    first = network["traffic"][0]
    assert (first["change"], first["peer"]) == ("too_open", "internet")
    assert "3389/tcp" in first["packet"]
    assert any("sgr-0f1" in each for each in first["rules"])
    assert any("sgr-0f1" in each for each in first["fixes"])


def test_what_is_accepted_is_no_difference_and_an_unused_entry_is_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, out = report(capsys, "--json")
    data = json.loads(out)
    (network,) = data["networks"].values()
    keys = [each["key"] for each in (*network["traffic"], *network["differences"])]
    why = {"owner": "jo", "reason": "until the move", "review_by": "2027-03-31"}
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps([{"key": key, **why} for key in keys]))
    assert report(capsys, "--baseline", str(file), "--as-of", "2027-03-31")[0] == 0
    code, out = report(capsys, "--baseline", str(file), "--as-of", "2027-04-01")
    assert code == 1
    assert "overdue" in out
    file.write_text(json.dumps([{"key": key, **why} for key in (*keys, "corp/gone")]))
    code, out = report(capsys, "--baseline", str(file))
    assert code == 1
    assert "corp/gone" in out
    file.write_text(json.dumps([{"key": keys[0], **why}]))
    assert report(capsys, "--baseline", str(file))[0] == 1


@pytest.mark.parametrize(
    "text",
    ["{}", "[7]", '[{"key": "a"}]', '[{"key":"a","owner":"b","reason":"c","review_by":"soon"}]'],
)
def test_a_baseline_of_another_form_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text)
    assert report(capsys, "--baseline", str(file))[0] == 2


def test_a_question_is_answered_by_the_rules_that_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ("8.8.8.8", "ex1", "rdp")
    assert main(["check", DEV, *asked]) == 1
    capsys.readouterr()
    assert main(["check", DEV, *asked, "--live", LIVE]) == 0
    assert "sgr-0f1 of exchange" in capsys.readouterr().out
    # ex2 lacks the group exchange, so the rule is not one of its own.
    assert main(["check", DEV, "8.8.8.8", "ex2", "rdp", "--live", LIVE]) == 1
    assert main(["check", DEV, "ex1", "ex2", "any"]) == 0
    assert main(["check", DEV, "ex1", "ex2", "any", "--live", LIVE]) == 1
    capsys.readouterr()


def test_an_export_that_is_missing_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["audit", DEV]) == 2
    assert main(["audit", DEV, "--live", str(tmp_path)]) == 2
    assert main(["audit", DEV, "--live", str(tmp_path / "none.json")]) == 2
    capsys.readouterr()


def test_commands_are_printed_for_the_clouds_of_the_stack(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["audit", DEV, "--print-commands"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "aws ec2 describe-network-interfaces" in lines
    assert not any(line.startswith("az ") for line in lines)
