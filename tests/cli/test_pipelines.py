"""`--findings`: what a pipeline gets in place of the answer, with the exit code of the answer."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports.cli.arguments import FINDINGS
from tests.support.command import run
from tests.support.paths import DEV, ROOT

LATE: Final = "stacks/Pulumi.prod-aws.yaml"
CHANGED: Final = "tests/fixtures/updates/Pulumi.dev.yaml"


def sarif(*arguments: str, folder: Path = ROOT) -> tuple[int, list[tuple[str, str, int]]]:
    """The exit code, and of each result the rule, the file and the line."""
    ran = run(*arguments, "--findings", "sarif", folder=folder)
    assert ran.stderr == b""
    results: Any = json.loads(ran.stdout)["runs"][0]["results"]
    places = [each["locations"][0]["physicalLocation"] for each in results]
    return ran.returncode, [
        (each["ruleId"], place["artifactLocation"]["uri"], place["region"]["startLine"])
        for each, place in zip(results, places, strict=True)
    ]


@pytest.mark.parametrize("command", ["plan", "prove"])
@pytest.mark.parametrize("format_", FINDINGS)
def test_where_nothing_is_found_the_format_alone_is_written(command: str, format_: str) -> None:
    ran = run(command, "dev", "--findings", format_)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"internal zone" not in ran.stdout
    assert b"Proved" not in ran.stdout


def test_warnings_stand_where_the_json_of_the_plan_has_them() -> None:
    told = json.loads(run("plan", "--json", LATE).stdout)["findings"]
    assert told
    assert sarif("plan", "prod-aws") == (
        0,
        [(each["code"], each["file"], each["line"]) for each in told],
    )
    assert sarif("plan", "prod-aws", "--quiet") == (0, [])


@pytest.mark.parametrize(
    "arguments, code, rules",
    [
        (("check", DEV, "internet", "ex1", "rdp"), 1, {"traffic-blocked"}),
        (("check", DEV, "nobody", "ex1", "rdp"), 2, {"unknown-endpoint"}),
        (("prove", LATE, "--as-of", "2027-04-01"), 1, {"review-overdue", "version-out-of-support"}),
        (("plan", CHANGED, "--against", DEV), 1, {"unsafe-update", "no-administration"}),
        (("diff", DEV, LATE, "--fail-on", "perimeter"), 1, {"gate-failed", "port-25-blocked"}),
        (("plan", "nothing"), 2, {"unknown-stack"}),
    ],
)
def test_a_check_that_fails_is_a_finding_and_keeps_its_exit_code(
    arguments: tuple[str, ...], code: int, rules: set[str]
) -> None:
    ran, results = sarif(*arguments)
    assert ran == code
    assert {rule for rule, _, _ in results} == rules
    lines = (ROOT / LATE).read_text().splitlines()
    for _, file, line in results:
        assert file == arguments[1] or (ROOT / file).is_file()
        assert 1 <= line <= len(lines)


SECRET: Final = "AAABAHunter2"  # noqa: S105


@pytest.mark.parametrize("format_", FINDINGS)
def test_findings_of_a_bad_file_stand_at_its_lines_and_have_no_secret(
    format_: str, tmp_path: Path
) -> None:
    text = (ROOT / DEV).read_text().replace("contoso-dev", f"{{secure: {SECRET}}}")
    (tmp_path / ".git").mkdir()
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "Pulumi.bad.yaml").write_text(text)
    ran = run("prove", "Pulumi.bad.yaml", "--findings", format_, folder=tmp_path / "infra")
    assert ran.returncode == 2
    shown = ran.stdout.decode()
    assert "secret-in-setting" in shown
    # As the pipeline knows the file, whatever folder the command runs in.
    assert "infra/Pulumi.bad.yaml" in shown
    assert str(tmp_path) not in shown
    assert SECRET not in shown


@pytest.mark.parametrize("more", [("--json",), ("--findings", "xml")])
def test_one_format_is_asked_for(more: tuple[str, ...]) -> None:
    ran = run("plan", DEV, "--findings", "sarif", *more)
    assert (ran.returncode, ran.stdout) == (2, b"")
