"""The command: its exit codes, its streams, and its three forms."""

import json
from pathlib import Path
from typing import Final

import pytest

from exchange_ports.cli import main
from exchange_ports.reports.comment import MOST_BYTES
from tests.differences.written import START

OLD: Final = START["stacks/Pulumi.aws.yaml"]
FLOWS: Final = "    additional_flows:\n"
IMAP: Final = OLD.replace("[https, smtp_submission]", "[https, smtp_submission, imap]")
INSIDE: Final = OLD.replace(
    FLOWS, FLOWS + "      - {from: 10.20.6.9, to: exchange, ports: [22/tcp], reason: copies}\n"
)
RISK: Final = OLD.replace(
    FLOWS,
    FLOWS
    + "      - {from: edge, to: 10.20.6.9, ports: [any], reason: backup, accept_risk: true}\n",
)
NARROWER: Final = OLD.replace("[https, smtp_submission]", "[https]")
REORDERED: Final = OLD.replace("services: [https, imap]", "services: [imap, https]") + "# the end\n"
BROKEN: Final = OLD.replace("roles: [mailbox]", "roles: [mailboxes]")


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def diff(old: str, new: str, *arguments: str) -> int:
    Path("old.yaml").write_text(old, "utf-8")
    Path("new.yaml").write_text(new, "utf-8")
    return main(["diff", "old.yaml", "new.yaml", *arguments])


@pytest.mark.slow
@pytest.mark.parametrize(
    "new, plain, exit_code, widened, perimeter, risk",
    [
        (OLD, 0, 0, 0, 0, 0),
        (REORDERED, 0, 0, 0, 0, 0),
        (NARROWER, 0, 1, 0, 0, 0),
        (INSIDE, 0, 1, 1, 0, 0),
        (IMAP, 0, 1, 1, 1, 0),
        (RISK, 0, 1, 1, 1, 1),
        (BROKEN, 2, 2, 2, 2, 2),
    ],
    ids=["same", "reordered", "narrower", "inside", "internet", "risk", "broken"],
)
def test_the_exit_code_says_what_happened(
    new: str, plain: int, exit_code: int, widened: int, perimeter: int, risk: int
) -> None:
    assert diff(OLD, new) == plain
    assert diff(OLD, new, "--exit-code") == exit_code
    assert diff(OLD, new, "--fail-on", "newly_allowed") == widened
    assert diff(OLD, new, "--fail-on", "perimeter") == perimeter
    assert diff(OLD, new, "--fail-on", "risk") == risk
    assert diff(OLD, new, "--fail-on", "risk", "--fail-on", "newly_allowed") == widened


def test_an_old_side_that_does_not_load_makes_everything_new(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert diff(BROKEN, OLD, "--fail-on", "perimeter") == 1
    reported = capsys.readouterr()
    assert "not valid before" in reported.out
    assert (
        "The file was not valid before: all of its traffic counts as newly allowed" in reported.out
    )
    assert "error[" in reported.out
    assert not reported.err


def test_a_new_side_that_does_not_load_is_shown_as_its_findings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for form in ("text", "markdown", "json"):
        assert diff(OLD, BROKEN, "--format", form) == 2
        reported = capsys.readouterr()
        assert "mailboxes" in reported.out
        assert not reported.err
        if form == "text":
            # A path at the beginning of a sentence would have a capital that the file has not.
            assert reported.out.startswith("Stack file ")


def test_the_same_file_is_reported_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff(OLD, OLD) == 0
    assert capsys.readouterr().out == "No stack file differs.\n"


def test_a_file_that_differs_in_text_only_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff(OLD, REORDERED, "--exit-code") == 0
    text = capsys.readouterr().out
    assert text == "1 stack file differs in text, not in effect: new.yaml.\n"
    assert diff(OLD, REORDERED, "--format", "markdown") == 0
    headline = capsys.readouterr().out.splitlines()[1]
    assert headline == "### 1 stack file differs in text, not in effect: `new.yaml`."
    assert diff(OLD, REORDERED, "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["text_only"], data["stacks"]) == (["new.yaml"], [])


@pytest.mark.slow
@pytest.mark.parametrize("new", [NARROWER, INSIDE, IMAP, RISK, BROKEN])
def test_text_has_no_line_of_a_hundred_columns(
    new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    diff(OLD, new)
    diff(new, OLD)
    assert max(map(len, capsys.readouterr().out.splitlines())) < 100


def test_the_json_has_every_change_with_its_reason_and_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    diff(OLD, RISK, "--json")
    answer = json.loads(capsys.readouterr().out)
    (stack,) = answer["stacks"]
    (change,) = stack["changes"]
    assert answer["gates"] == {
        "newly_allowed": 1,
        "perimeter": 1,
        "risk": 1,
        "target": 0,
        "code": 0,
    }
    assert (change["effect"], change["ports"]) == ("allowed", "all protocols")
    assert (change["source"]["zone"], change["destination"]["addresses"]) == (
        "perimeter",
        "10.20.6.9",
    )
    assert change["lines"] == [{"file": "new.yaml", "line": 37}]
    assert change["accepted_risk"]
    assert change["every_protocol"]


def test_what_is_cut_has_the_line_of_the_old_file(capsys: pytest.CaptureFixture[str]) -> None:
    diff(RISK, OLD, "--json")
    (change,) = json.loads(capsys.readouterr().out)["stacks"][0]["changes"]
    assert (change["effect"], change["lines"]) == ("blocked", [{"file": "old.yaml", "line": 37}])


def test_the_summary_is_written_whole_beside_a_comment_that_is_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = "words of an operator that take room, " * 5
    flows = "".join(
        f"      - {{from: 10.99.0.{n}, to: exchange, ports: [{8000 + n}/tcp], "
        f"reason: '{words}', owner: '{words}', ticket: '{words}'}}\n"
        for n in range(120)
    )
    quotas = (
        "platform: aws, quotas: {rules_per_security_group: 200, security_groups_per_interface: 5},"
    )
    new = OLD.replace("platform: aws,", quotas).replace(FLOWS, FLOWS + flows)
    assert diff(OLD, new, "--format", "markdown", "--summary", "summary.md") == 0
    comment = capsys.readouterr().out
    summary = Path("summary.md").read_text("utf-8")
    assert len(comment.encode()) <= MOST_BYTES < len(summary.encode())
    assert "in the full report" in comment
    assert "in the full report" not in summary


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x.example/a)b", "https://x y", "x"]
)
def test_a_link_that_could_end_itself_is_refused(url: str) -> None:
    with pytest.raises(SystemExit) as refused:
        diff(OLD, IMAP, "--format", "markdown", "--link-base", url)
    assert refused.value.code == 2


def test_a_rename_that_keeps_its_id_is_reported_and_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = OLD.replace("      paris:\n", "      lutetia:\n        id: paris\n")
    assert diff(OLD, new, "--exit-code") == 0
    reported = capsys.readouterr().out
    assert (
        "Renames site paris to lutetia. The same traffic is allowed. No resource changes in any cloud."
        in reported
    )
    assert "Site paris renamed to lutetia" in reported
