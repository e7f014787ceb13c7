"""Every trick at once: not reviewed, and said first; and what is left without those that hide is shown in full."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from exchange_ports.cli import main
from tests.review.fake_forges import FakeGitHub, running
from tests.review.hostile_repository import (
    ADDED,
    BASE,
    CHANGED,
    HIDING,
    NOT_REVIEWED,
    SHOWN,
)
from tests.review.reviewed import Files, Reviewed

pytestmark = pytest.mark.slow

GATES = ("newly_allowed", "perimeter", "risk", "target", "code")
CODE = (
    "Pulumi.yaml",
    "__main__.py",
    "requirements.txt",
    "exchange_ports/flows/rows.py",
    ".github/workflows/firewall.yml",
)


class Answers(NamedTuple):
    """What is said of one pull request."""

    #: By the reviewer's scripts: the comparing step's exit code, its verdict, and the comment.
    step: int
    verdict: str
    comment: str
    #: By `diff` itself, with every gate.
    code: int
    data: dict[str, Any]


@pytest.fixture
def reviewed(tmp_path: Path) -> Iterator[Reviewed]:
    with running(FakeGitHub("")) as github:
        yield Reviewed(tmp_path, github, BASE)


def answers(
    reviewed: Reviewed,
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Answers:
    head = reviewed.pull(files)
    step = reviewed.compare(head, fail_on=" ".join(GATES))
    assert reviewed.post(head) == 0
    (comment,) = reviewed.github.comments
    monkeypatch.chdir(reviewed.made.path)
    capsys.readouterr()
    gates = [word for gate in GATES for word in ("--fail-on", gate)]
    code = main(["diff", "--json", "--against", reviewed.base, "--at", head, *gates])
    data = json.loads(capsys.readouterr().out)
    return Answers(step, reviewed.verdict, comment["body"], code, data)


def assert_changes_come_before_what_is_new(comment: str) -> None:
    (names,) = [line for line in comment.splitlines() if line.startswith("Changed: ")]
    (renamed,) = [line for line in comment.splitlines() if line.startswith("Renamed: ")]
    for name in CHANGED:
        assert f"`{name}`" in names + renamed, name
    # The opening stands in the headline, which no number of new environments pushes out.
    headline = next(line for line in comment.splitlines() if line.startswith("### "))
    assert "3389/tcp (RDP) from the Internet" in headline
    assert comment.index("3389/tcp") < min(
        (comment.index(f"`{name}`") for name in ADDED if f"`{name}`" in comment),
        default=len(comment),
    )
    for name in CODE:
        assert f"`{name}`" in comment, name


def test_what_hides_is_not_reviewed_and_reported_first(
    reviewed: Reviewed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answers(reviewed, {**SHOWN, **HIDING}, monkeypatch, capsys)
    assert (found.step, found.verdict, found.code) == (1, "broken", 2)
    assert found.comment.splitlines()[1].startswith(
        "### Not reviewed: `Pulumi.json`. Code changed: "
    )
    (why,) = [each["why"] for each in found.data["not_reviewed"]]
    assert "outside of the repository" in why
    failing = {
        each["file"] or each["old_file"] for each in found.data["stacks"] if not each["valid"]
    }
    assert failing == set(NOT_REVIEWED)
    print(found.comment[:6000])
    assert_changes_come_before_what_is_new(found.comment)
    assert found.data["gates"].keys() == set(GATES)
    assert all(found.data["gates"].values())


def test_what_is_left_is_shown_in_full(
    reviewed: Reviewed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answers(reviewed, SHOWN, monkeypatch, capsys)
    assert (found.step, found.verdict, found.code) == (1, "held", 1)
    assert found.comment.splitlines()[1].startswith("### Code changed: ")
    assert "Not reviewed" not in found.comment
    assert all(each["valid"] for each in found.data["stacks"])
    assert {each["stack"] for each in found.data["stacks"]} == {*CHANGED, *ADDED}
    assert_changes_come_before_what_is_new(found.comment)
    assert all(found.data["gates"].values())
    reported = {
        each["stack"]: {
            *(change["setting"] for change in each["target"]),
            *(change["ports"] for change in each["changes"] if change["effect"] == "allowed"),
        }
        for each in found.data["stacks"]
    }
    for name, expected in {
        "prod": "3389/tcp",
        "a": "3389/tcp",
        "bound": "network corp, neighbor_security_groups domain-controllers.hq",
        "region": "setting aws:region",
        "late": "rollout servers_in",
        "inline": "environment variable AWS_PROFILE",
    }.items():
        assert expected in reported[name], name
    # The project's defaults count in each of them.
    assert all("tag team" in reported[name] for name in CHANGED)
