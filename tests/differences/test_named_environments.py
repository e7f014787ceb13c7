"""A named environment has values that no file shows: where they may be ours, the stack is not reviewed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports.cli import main
from tests.differences.written import START
from tests.support.repository import Repository

pytestmark = pytest.mark.slow

PROD: Final = "stacks/Pulumi.prod.yaml"
OURS: Final = {PROD: START["stacks/Pulumi.aws.yaml"]}
NAMED: Final = "environment: [team/prod]\n"
PLAIN: Final = "config:\n  aws:region: eu-west-1\n"
MAIL: Final = "name: mail\nruntime: python\nstackConfigDir: stacks\n"

Diff = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository = Repository(tmp_path / "repository")
    monkeypatch.chdir(repository.path)
    return repository


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Diff:
    def run(*more: str) -> tuple[int, dict[str, Any]]:
        code = main(["diff", "--json", "--against", "HEAD", *more])
        return code, json.loads(capsys.readouterr().out)

    return run


def not_reviewed(answer: dict[str, Any]) -> list[str]:
    return [
        each["file"]
        for each in answer["stacks"]
        for finding in each["findings"]
        if finding["code"] == "not-reviewed"
    ]


#: The files of a project, and whether a stack file of it may be one of ours without a word of ours.
PROJECTS: Final[dict[str, tuple[dict[str, str | None], bool]]] = {
    "named as ours": ({"Pulumi.yaml": "name: exchange-ports\nstackConfigDir: stacks\n"}, True),
    "another stack has a setting of ours": ({"Pulumi.yaml": MAIL, **OURS}, True),
    "no project file, another stack beside it": (dict(OURS), True),
    "declares a setting of ours": (
        {"Pulumi.yaml": f"{MAIL}config:\n  exchange-ports:topology: {{type: object}}\n"},
        True,
    ),
    "its program names us": ({"Pulumi.yaml": MAIL, "__main__.py": "import exchange_ports"}, True),
    "its requirements name us": ({"Pulumi.yaml": MAIL, "requirements.txt": "exchange-ports"}, True),
    "its program is written in YAML": (
        {
            "Pulumi.yaml": "name: mail\nruntime: yaml\nstackConfigDir: stacks\n"
            "resources: {mail: {type: 'exchange-ports:index:ExchangeFirewall'}}\n"
        },
        True,
    ),
    "a website": ({"Pulumi.yaml": MAIL, "__main__.py": "import pulumi_aws"}, False),
    "a website beside ours": ({"Pulumi.yaml": "name: web\n", **OURS}, False),
    "no project file, alone": ({}, False),
}


@pytest.mark.parametrize("files, ours", PROJECTS.values(), ids=list(PROJECTS))
@pytest.mark.parametrize("before", [PLAIN, None], ids=["changed", "added"])
def test_a_stack_file_with_a_named_environment_alone_is_skipped_in_other_projects_only(
    made: Repository, diff: Diff, files: dict[str, str | None], ours: bool, before: str | None
) -> None:
    # A website keeps its stack files where Pulumi looks by default.
    folder = "" if files.get("Pulumi.yaml") == "name: web\n" else "stacks/"
    file = f"{folder}Pulumi.shop.yaml"
    made.commit({"README.md": "mail", **files, **({file: before} if before else {})})
    made.write({file: PLAIN + NAMED})
    code, answer = diff("--fail-on", "risk")
    assert (code, not_reviewed(answer)) == ((2, [file]) if ours else (0, []))


def test_a_file_in_which_pulumi_newly_looks_is_compared_with_the_one_before(
    made: Repository, diff: Diff
) -> None:
    made.commit({"Pulumi.yaml": MAIL, **OURS, "stacks/Pulumi.x.yaml": PLAIN})
    new = "other/Pulumi.x.yaml"
    made.write({"Pulumi.yaml": MAIL.replace("stacks", "other"), new: PLAIN + NAMED})
    code, answer = diff()
    assert (code, not_reviewed(answer)) == (2, [new])
    (found,) = [each for each in answer["stacks"] if each["file"] == new]
    assert found["old_file"] == "stacks/Pulumi.x.yaml"


def test_where_pulumi_does_not_look_no_environment_counts(made: Repository, diff: Diff) -> None:
    made.commit({"Pulumi.yaml": MAIL, **OURS})
    made.write({"Pulumi.shop.yaml": NAMED, "stacks/Pulumi.shop.yml": NAMED})
    assert diff() == (0, {**diff()[1], "stacks": []})


#: A stack file without a setting of ours before and after, and whether that is reviewed.
EDITS: Final = {
    "the same": (NAMED, NAMED, True),
    "another region": (f"{PLAIN}{NAMED}", f"{PLAIN.replace('west', 'north')}{NAMED}", False),
    "no environment": (PLAIN, "config:\n  aws:region: us-east-1\n", True),
    "empty environments": (PLAIN, f"{PLAIN}environment: []\n", True),
    "credentials alone": (
        PLAIN,
        f"{PLAIN}environment: {{values: {{environmentVariables: {{AWS_PROFILE: x}}}}}}\n",
        True,
    ),
    "a topology by an expression": (
        PLAIN,
        f"{PLAIN}environment: {{values: {{pulumiConfig: {{'exchange-ports:topology': '${{b}}'}}}}}}\n",
        False,
    ),
    "a mapping with imports": (PLAIN, f"{PLAIN}environment: {{imports: [team/prod]}}\n", False),
    "escaped": (PLAIN, '"\\x65nvironment": [team/prod]\n', False),
}


@pytest.mark.parametrize("before, after, reviewed", EDITS.values(), ids=list(EDITS))
def test_what_an_environment_may_add_is_not_reviewed_when_the_file_changes(
    made: Repository, diff: Diff, before: str, after: str, reviewed: bool
) -> None:
    made.commit({"Pulumi.yaml": MAIL, **OURS, "stacks/Pulumi.x.yaml": before})
    made.write({"stacks/Pulumi.x.yaml": after})
    code, answer = diff()
    assert (code, not_reviewed(answer)) == ((0, []) if reviewed else (2, ["stacks/Pulumi.x.yaml"]))


def test_it_is_reported_first(made: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    made.commit({"Pulumi.yaml": MAIL, **OURS})
    made.write(
        {PROD: OURS[PROD].replace("[https,", "[https, imap,"), "stacks/Pulumi.x.yaml": NAMED}
    )
    assert main(["diff", "--against", "HEAD", "--format", "markdown"]) == 2
    comment = capsys.readouterr().out
    assert comment.splitlines()[1].startswith("### Not reviewed: `stacks/Pulumi.x.yaml`. Allows ")
    assert main(["diff", "--against", "HEAD"]) == 2
    assert capsys.readouterr().out.startswith("Not reviewed: stacks/Pulumi.x.yaml. Allows ")


def test_a_value_that_a_file_gives_up_may_be_the_environments(made: Repository, diff: Diff) -> None:
    text = START["stacks/Pulumi.aws.yaml"].rstrip() + f"\n{NAMED}"
    made.commit({"Pulumi.yaml": MAIL, PROD: text})
    made.write({PROD: text.replace("[https, smtp_submission]", "[https, smtp_submission, imap]")})
    assert diff()[0] == 0
    without = text.replace("{services: [https, smtp_submission], to: [hq]}", "{to: [hq]}")
    assert without != text
    made.write({PROD: without})
    code, answer = diff()
    assert (code, not_reviewed(answer)) == (2, [PROD])
    assert "services" in answer["stacks"][0]["findings"][0]["why"]
