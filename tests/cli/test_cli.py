"""The command line as a shell sees it: exit codes, both streams, color, and what is loaded.

Most commands run in this process, those whose process matters in a fresh one. What findings say is the matter of test_findings.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports import __version__
from tests.support.command import (
    COMMAND,
    ENVIRONMENT,
    on_a_terminal,
    run,
    run_apart,
    without_color,
)
from tests.support.paths import DEV, PATIENCE, ROOT, STACKS

# --- Exit codes and streams -----------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--help",),
        ("plan", "stacks/Pulumi.prod-aws.yaml"),
        ("prove", "--json", "--as-of", "2027-04-01", "stacks/Pulumi.prod-aws.yaml"),
        ("preview", DEV),
        ("plan", "stacks/Pulumi.none.yaml"),
        ("plam", DEV),
    ],
)
def test_a_process_of_its_own_says_what_is_reported_in_this_one(arguments: tuple[str, ...]) -> None:
    apart, here = run_apart(*arguments), run(*arguments)
    assert (apart.returncode, apart.stdout, apart.stderr) == (
        here.returncode,
        here.stdout,
        here.stderr,
    )


@pytest.mark.parametrize("stack", STACKS)
def test_plan_shows_the_plan_and_says_its_warnings_apart(stack: str) -> None:
    ran = run("plan", f"stacks/{stack}")
    assert ran.returncode == 0
    assert b"internal zone" in ran.stdout
    assert b"Limits" in ran.stdout
    assert b"warning[" not in ran.stdout
    assert b"error[" not in ran.stderr
    # Of the four only the laboratory and the one with the smart host have nothing to be warned of.
    assert (b"warning[" in ran.stderr) == (stack in ("Pulumi.prod-aws.yaml", "Pulumi.proxied.yaml"))
    assert ran.stdout.isascii()


def test_plan_shows_the_limits_that_are_more_than_half_used_and_all_where_asked() -> None:
    usual, every = (run("plan", DEV, *more).stdout.decode() for more in ((), ("--limits",)))
    head, _, reported = usual.partition("\nLimits\n")
    whole = every.partition("\nLimits\n")
    assert whole[0] == head
    shown = re.findall(r"(\d+) of (\d+) ", reported)
    assert shown == [
        (used, most)
        for used, most in re.findall(r"(\d+) of (\d+) ", whole[2])
        if int(used) * 2 > int(most)
    ]
    assert shown == [("4", "5")]
    assert "  2 more limits are at most half used; `plan --limits` shows all\n" in reported
    assert "--limits" not in whole[2]


def printed(ran: subprocess.CompletedProcess[bytes], code: int = 0) -> dict[str, Any]:
    """The JSON that a command prints, which says nothing beside it."""
    assert (ran.returncode, ran.stderr) == (code, b"")
    return json.loads(ran.stdout)


@pytest.mark.parametrize("stack", STACKS)
def test_plan_as_json_is_json_and_nothing_else(stack: str) -> None:
    ran = run("plan", "--json", f"stacks/{stack}")
    data = printed(ran)
    keys = ["organization", "versions", "networks", "stays_closed", "acknowledged", "findings"]
    assert list(data) == keys
    managed = {server for network in data["networks"].values() for server in network["servers"]}
    assert managed <= set(data["versions"])
    reported = run("plan", f"stacks/{stack}").stderr.decode()
    assert [f["code"] for f in data["findings"]] == re.findall(r"^warning\[(.*?)\]", reported, re.M)
    assert all(finding["line"] for finding in data["findings"])


@pytest.fixture
def near(tmp_path: Path) -> Path:
    """A stack file whose plan is near a limit: all is right but for four groups of four."""
    text = (ROOT / DEV).read_text()
    file = tmp_path / "Pulumi.near.yaml"
    quota = "platform: aws, quotas: {security_groups_per_interface: 4}, "
    file.write_text(text.replace("platform: aws, ", quota))
    return file


@pytest.mark.parametrize("command", ["plan", "prove"])
def test_a_plan_near_a_limit_is_shown_with_a_warning_apart(command: str, near: Path) -> None:
    ran = run(command, str(near))
    assert ran.returncode == 0
    assert ran.stdout
    reported = ran.stderr.decode()
    assert re.findall(r"^(\S+\[\S+\]) (\S+)", reported, re.M) == [
        ("warning[near-limit]", "ex1"),
        ("warning[near-limit]", "ex2"),
    ]
    assert re.search(rf"^  {re.escape(str(near))}:\d+  topology\.networks\.lab$", reported, re.M)
    assert b"warning" not in ran.stdout


def test_plan_as_json_has_the_warnings_of_planning_and_the_use_of_limits(near: Path) -> None:
    data = json.loads(run("plan", "--json", str(near)).stdout)
    assert [finding["code"] for finding in data["findings"]] == ["near-limit"] * 2
    limits = data["networks"]["lab"]["limits"]
    attached = [each for each in limits if each["limit"] == "aws-groups-per-interface"]
    assert [(each["where"], each["used"], each["maximum"]) for each in attached] == [
        ("ex1", 4, 4),
        ("ex2", 4, 4),
    ]


def test_plan_as_json_is_the_same_bytes_each_time() -> None:
    first, second = (
        run_apart("plan", "--json", "stacks/Pulumi.prod-azure.yaml", PYTHONHASHSEED=seed).stdout
        for seed in ("1", "2")
    )
    assert first == second


def test_schema_is_json_and_nothing_else() -> None:
    ran = run("schema")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert json.loads(ran.stdout)["type"] == "object"


def test_without_a_word_the_help_is_shown() -> None:
    shown, asked = run(), run("--help")
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, asked.stdout, b"")


@pytest.mark.parametrize(
    "arguments, reported",
    [
        (("plam", DEV), "unknown command plam; did you mean plan?"),
        (("hand-over", DEV), "unknown command hand-over; did you mean handover?"),
        (("xyz", DEV), "unknown command xyz"),
        (("diff", "--againts", "main"), "unknown option --againts; did you mean --against?"),
        (("matrix", "--jason", DEV), "unknown option --jason; did you mean --json?"),
        (("plan", "--xyz", DEV), "unknown option --xyz"),
        # What the words of other commands are is no matter here.
        (("plan", "--link-bas", DEV), "unknown option --link-bas"),
    ],
)
def test_an_unknown_word_is_answered_by_the_word_that_was_meant(
    arguments: tuple[str, ...], reported: str
) -> None:
    ran = run(*arguments)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.decode().splitlines()[-1] == f"exchange-ports: error: {reported}"


def test_the_version_is_that_of_the_package() -> None:
    ran = run("--version")
    assert (ran.returncode, ran.stdout.decode()) == (0, f"exchange-ports {__version__}\n")


@pytest.mark.parametrize("command", ["plan", "schema", "preview"])
def test_help_names_every_command_with_an_example(command: str) -> None:
    ran = run("--help")
    assert (ran.returncode, ran.stderr) == (0, b"")
    text = ran.stdout.decode()
    assert re.search(rf"^    {command} ", text, re.M)
    assert f"exchange-ports {command}" in text.partition("examples:")[2]
    assert "exit codes: 0 success, 1 a check failed, 2 invalid input" in text
    assert run(command, "--help").returncode == 0


@pytest.mark.parametrize("arguments", [("plam", DEV), ("plan",), ("plan", "--yaml", DEV)])
def test_what_is_no_command_is_bad_input(arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.startswith(b"usage: exchange-ports")


#: What is in the file (a folder where there is nothing), and the code that is said.
BAD: Final[dict[str, tuple[bytes | None, str]]] = {
    "a folder": (None, "cannot-read-file"),
    "an empty file": (b"", "empty-file"),
    "Latin-1": ("config: {a: Böhm}".encode("latin-1"), "not-utf8"),
    "UTF-16": ("config: {}".encode("utf-16"), "not-utf8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not-utf8"),
    "a list": (b"- config\n", "not-a-stack-file"),
    "no YAML": (b"config: [\n", "not-yaml"),
    "no topology": (b"config: {}\n", "missing-topology"),
    "a list for a topology": (b"config:\n  exchange-ports:topology: []\n", "setting-not-a-mapping"),
    "an empty topology": (b"config:\n  exchange-ports:topology: {}\n", "missing-key"),
}


@pytest.mark.parametrize("arguments", [("plan",), ("preview",)])
@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_bad_input(what: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    content, code = BAD[what]
    path = tmp_path / "Pulumi.bad.yaml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    ran = run(*arguments, "Pulumi.bad.yaml", folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, b"")
    text = ran.stderr.decode()
    assert text.startswith(f"error[{code}] ")
    assert "Pulumi.bad.yaml" in text
    assert re.search(r"^\d+ errors?$", text, re.M)


@pytest.mark.parametrize(
    "name", ["gone.yaml", "gone/Pulumi.dev.yaml", "x" * 300, "a\nb.yaml", "b\x1b[31m"]
)
def test_a_file_that_is_not_there_is_bad_input(name: str) -> None:
    ran = run("plan", name)
    assert (ran.returncode, ran.stdout) == (2, b"")
    first = ran.stderr.decode().splitlines()[0]
    assert first.startswith("error[cannot-read-file] Cannot read ")
    assert b"\x1b" not in ran.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.touch(mode=0)
    assert run("plan", str(path)).returncode == 2


# --- Where it is shown ----------------------------------------------------------------------


def test_color_is_for_terminals_only_and_changes_no_word() -> None:
    seen = on_a_terminal("plan", DEV)
    piped = run("plan", DEV).stdout
    assert b"\x1b[" in seen
    assert b"\x1b" not in piped
    lines = [line.rstrip() for line in without_color(seen).splitlines()]
    assert lines == piped.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"NO_COLOR": "0"}, {"TERM": "dumb"}])
def test_color_can_be_refused(environment: dict[str, str]) -> None:
    assert b"\x1b" not in on_a_terminal("plan", DEV, **environment)


def test_an_empty_no_color_refuses_nothing() -> None:
    assert b"\x1b[" in on_a_terminal("plan", DEV, NO_COLOR="")


OTHER: Final = "stacks/Pulumi.prod-aws.yaml"


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments, code",
    [
        (("plan", DEV), 0),
        (("plan", "--json", DEV), 0),
        (("schema",), 0),
        (("diff", DEV, OTHER), 0),
        # What a gate says is not lost with the text: `diff --fail-on newly_allowed | head -1`.
        (("diff", "--fail-on", "newly_allowed", DEV, OTHER), 1),
        (("check", DEV, "internet", "ex1", "3389/tcp"), 1),
    ],
)
def test_a_reader_that_has_read_enough_changes_no_exit_code(
    arguments: tuple[str, ...], code: int
) -> None:
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        reported = process.stderr.read()
    assert process.returncode == code
    assert b"rror" not in reported


def test_words_that_the_output_cannot_hold_are_written_in_ascii(tmp_path: Path) -> None:
    stack = (ROOT / DEV).read_text("utf-8").replace("from the office", "from the Büro")
    (tmp_path / "Pulumi.dev.yaml").write_text(stack, "utf-8")
    ran = run_apart("plan", "Pulumi.dev.yaml", folder=tmp_path, PYTHONIOENCODING="ascii")
    assert ran.returncode == 0
    assert rb"from the B\xfcro" in ran.stdout


# --- What is loaded -------------------------------------------------------------------------


def loaded(*arguments: str) -> set[str]:
    """The packages that a command loads, as the process itself sees them."""
    program = (
        "import sys; from exchange_ports.cli import main; code = main(sys.argv[1:]);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr);"
        "sys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return set(ran.stderr.decode().splitlines()[-1].split())


SDKS: Final = {"pulumi", "pulumi_aws", "pulumi_azure_native", "grpc"}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("plan",), ("plan", "--json")])
@pytest.mark.parametrize("stack", STACKS)
def test_planning_loads_no_sdk_and_nothing_that_takes_time(
    stack: str, arguments: tuple[str, ...]
) -> None:
    seen = loaded(*arguments, f"stacks/{stack}")
    assert "exchange_ports" in seen
    assert not seen & (SDKS | {"rich", "asyncio", "shtab"})


def test_the_schema_loads_no_sdk() -> None:
    assert not loaded("schema") & (SDKS | {"rich", "asyncio"})


@pytest.mark.slow
@pytest.mark.parametrize(
    "stack, needed, other",
    [
        ("dev", "pulumi_aws", "pulumi_azure_native"),
        ("proxied", "pulumi_azure_native", "pulumi_aws"),
    ],
)
def test_a_preview_loads_the_sdk_of_its_cloud_alone(stack: str, needed: str, other: str) -> None:
    seen = loaded("preview", f"stacks/Pulumi.{stack}.yaml")
    assert needed in seen
    assert other not in seen


# --- Preview and secrets --------------------------------------------------------------------

SECRET: Final = "AAABAHunter2"  # noqa: S105


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project like ours, whose stack files are the test's."""
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "stacks").mkdir()
    return tmp_path


def _stack(project: Path, *changes: tuple[str, str]) -> str:
    text = (ROOT / DEV).read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (project / DEV).write_text(text, "utf-8")
    return DEV


def test_preview_shows_what_the_program_registers_and_opens(project: Path) -> None:
    secret = f"  aws:token: {{secure: {SECRET}}}\n  other:list: [1, {{secure: {SECRET}}}]\n"
    stack = _stack(project, ("  aws:region: eu-west-1\n", f"  aws:region: eu-west-1\n{secret}"))
    ran = run("preview", stack, folder=project)
    assert ran.returncode == 0, ran.stderr.decode()
    text = ran.stdout.decode()
    assert text.startswith("Offline preview (dev)")
    assert "exchange-ports:index:ExchangeFirewall" in text
    assert "Allowed traffic:" in text
    assert SECRET not in text
    assert SECRET not in ran.stderr.decode()


@pytest.mark.parametrize("arguments", [("plan", "--json"), ("preview",)])
@pytest.mark.parametrize(
    "change",
    [
        ("organization: contoso-dev", f"organization: {{secure: {SECRET}}}"),
        ("address: 10.10.0.11", f"address: {{secure: {SECRET}}}"),
        ("{vpc_id: vpc-0d3f8a4b5c6d7e8f9}", f"{{secure: {SECRET}}}"),
        ("  aws:region: eu-west-1\n", f"  exchange-ports:tags: {{secure: {SECRET}}}\n"),
        ("lab: {platform: aws", f"lab: {{secure: [{SECRET}], platform: aws"),
    ],
)
def test_a_secret_in_what_is_declared_is_refused_and_not_shown(
    project: Path, arguments: tuple[str, ...], change: tuple[str, str]
) -> None:
    ran = run(*arguments, _stack(project, change), folder=project)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert b"error[secret-in-setting]" in ran.stderr
    assert SECRET.encode() not in ran.stderr


def test_preview_of_a_stack_with_an_error_runs_no_program(project: Path) -> None:
    (project / "__main__.py").write_text("raise SystemExit('the program ran')\n")
    ran = run("preview", _stack(project, ("platform: aws", "platform: asw")), folder=project)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.startswith(b'error[unknown-word] Unknown platform "asw".')


def test_prove_as_json_says_what_was_proved_here_and_on_the_other_cloud() -> None:
    ran = run("prove", "--json", "--both-clouds", DEV)
    data = printed(ran)
    assert list(data) == [
        "proved",
        "figures",
        "failures",
        "not_usable",
        "notes",
        "covered_together",
        "other_clouds",
        "reviews",
    ]
    assert (data["proved"], data["failures"]) == (True, [])
    (other,) = data["other_clouds"]
    assert (other["platform"], other["same"], other["servers"]) == ("azure", True, 2)


LATE: Final = "stacks/Pulumi.prod-aws.yaml"


@pytest.mark.parametrize(
    "day, code",
    [("2027-03-30", 0), ("2027-03-31", 0), ("2027-04-01", 1), ("9999-12-31", 1)],
)
def test_an_exception_is_late_from_the_day_after_its_review(day: str, code: int) -> None:
    ran = run("prove", "--as-of", day, LATE)
    assert ran.returncode == code
    reported = ran.stderr.decode()
    assert re.findall(r"^error\[(\S+)\]", reported, re.M) == ["review-overdue"] * code
    assert bool(
        re.search(rf"^  {re.escape(LATE)}:\d+  topology.*review_by", reported, re.M)
    ) == bool(code)
    # The day also tells that Exchange 2013 is out of support, which is a warning.
    assert re.findall(r"^warning\[(\S+)\]", reported, re.M)[:1] == ["version-out-of-support"]
    # The proof itself is the same, and is shown the same.
    assert ran.stdout.startswith(run("prove", LATE).stdout.rstrip(b"\n"))


@pytest.mark.parametrize("day, code", [("2027-03-31", 0), ("2027-04-01", 1)])
def test_reviews_as_json_have_their_findings_in_the_data(day: str, code: int) -> None:
    ran = run("prove", "--json", "--as-of", day, LATE)
    data = printed(ran, code)
    assert data["proved"]
    told = data["reviews"]
    assert list(told) == ["as_of", "in_time", "dated", "undated_risks", "overdue", "warnings"]
    assert (told["as_of"], told["in_time"], told["dated"]) == (day, code == 0, 1)
    assert [finding["code"] for finding in told["overdue"]] == ["review-overdue"] * code
    assert all(finding["line"] for finding in told["overdue"])


@pytest.mark.parametrize(
    "day, told",
    [
        ("2027-02-29", "2027-02 has 28 days"),
        ("2028-02-30", "2028-02 has 29 days"),
        ("2027-13-01", "A year has 12 months"),
        ("2027-00-10", "A year has 12 months"),
        ("0000-01-01", "The first year is 1."),
        ("2027-3-1", "Write `--as-of 2027-03-01`."),
        ("20270301", "Write `--as-of 2027-03-01`."),
        ("2027/03/31", "Write `--as-of 2027-03-31`."),
        ("31.3.2027", "Write `--as-of 2027-03-31`."),
        # Which of both is the month, only the writer knows.
        ("03/04/2027", "`$(date +%F)` is today"),
        ("2027-W13-3", "`$(date +%F)` is today"),
        ("today", "A date is year, month and day."),
        ("", 'Invalid date "nothing"'),
        ("\u0662\u0660\u0662\u0667-03-31", "A date is year, month and day."),
    ],
)
def test_what_is_no_day_is_bad_input(day: str, told: str) -> None:
    ran = run("prove", "--as-of", day, LATE)
    assert (ran.returncode, ran.stdout) == (2, b"")
    reported = ran.stderr.decode()
    assert reported.startswith("error[bad-as-of] ")
    assert told in reported


# ---- updates ----

CHANGED: Final = "tests/fixtures/updates/Pulumi.dev.yaml"


@pytest.mark.parametrize(
    "arguments, code, steps",
    [
        ((CHANGED, "--against", DEV), 1, ["add_rules", "remove_rules"]),
        ((CHANGED, "--against", DEV, "--servers-in", "other_stack"), 0, ["at_once"]),
        ((DEV, "--against", DEV), 0, ["at_once"]),
    ],
)
def test_an_update_is_told_by_its_exit_code_and_as_json(
    arguments: tuple[str, ...], code: int, steps: list[str]
) -> None:
    ran = run("plan", "--json", *arguments)
    data = printed(ran, code)
    fields = "clean operations operations_unlisted changed_servers renamed_without_id issues over_limit held_groups replaced_groups phases"
    assert list(data) == fields.split()
    assert (data["clean"], data["phases"]) == (code == 0, steps)
    assert bool(data["issues"]) == (code == 1)


def test_what_an_update_does_in_each_network_is_counted() -> None:
    reported = run("plan", CHANGED, "--against", DEV).stdout.decode()
    assert "Update of lab on AWS\n  2 rules to delete\n" in reported
    same = run("plan", DEV, "--against", DEV).stdout.decode()
    assert "Update of lab on AWS\n  nothing to do\n  no server is added, removed or changes" in same


def test_an_old_file_that_cannot_be_read_is_bad_input() -> None:
    ran = run("plan", DEV, "--against", "stacks/Pulumi.none.yaml")
    assert ran.returncode == 2
    assert b"stacks/Pulumi.none.yaml" in ran.stderr
