"""What a terminal shows beside answers: progress, color of findings, how much is said, completion."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from exchange_ports.findings import render
from exchange_ports.reports.reasons import findings_report
from exchange_ports.reports.text_writer import to_text
from exchange_ports.topology.validate import parse_topology
from tests.support.command import (
    COMMAND,
    ENVIRONMENT,
    all_that_is_shown,
    on_a_terminal,
    run,
    without_color,
)
from tests.support.paths import DEV, PATIENCE, ROOT
from tests.support.strategies import SMALL, edited

LATE: Final = "stacks/Pulumi.prod-aws.yaml"
COMMANDS: Final = re.findall(
    r"^    (\w+)(?: |$)",
    run("--help").stdout.decode().partition("commands:")[2].partition("\n\n")[0],
    re.M,
)

_COLOR: Final = re.compile(rb"\x1b\[[0-9;]*m")


def seen_on_standard_error(
    command: Sequence[str], until: bytes = b"", **environment: str
) -> tuple[int, bytes, bytes]:
    """The exit code, what a terminal sees of standard error, and standard output, which is a pipe.

    Standard input ends when the terminal has seen what it waits for.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**ENVIRONMENT, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b""
        while until not in seen:
            seen += os.read(ours, 65536)
        assert process.stdin
        process.stdin.close()
        seen += all_that_is_shown(ours)
        assert process.stdout
        out = process.stdout.read()
    return process.returncode, seen, out


def left_standing(seen: bytes) -> bytes:
    """What a terminal shows at the end: without what it cleared, such as a step that took long."""
    text = re.sub(rb"\x1b\[\?25[lh]", b"", seen.replace(b"\r\n", b"\n"))
    # The cursor goes up a line, which is cleared.
    text = re.sub(rb"[^\n]*\n\r?\x1b\[1A(?=\x1b\[2K)", b"", text)
    return b"\n".join(line.rpartition(b"\x1b[2K")[2] for line in text.split(b"\n"))


# ---- progress ----

#: A command with one step that ends when its input does, or after a time, so that it could be shown.
SLOW: Final = """\
import sys, time
from exchange_ports.cli.console import Volume, doing, raise_voice
patience, waits, volume = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
raise_voice(Volume[volume], patience)
with doing("proving"):
    sys.stdin.read() if waits < 0 else time.sleep(waits)
print("the answer")
print("rich" in sys.modules)
"""


#: A step that waits for the end of its input.
TILL_SEEN: Final = -1.0
SHOWN: Final = b"proving ..."


def slow(patience: float, waits: float, volume: str = "USUAL") -> Sequence[str]:
    return (sys.executable, "-c", SLOW, str(patience), str(waits), volume)


def test_what_takes_long_is_shown_on_a_terminal_and_taken_away_again() -> None:
    code, seen, out = seen_on_standard_error(slow(0, TILL_SEEN), SHOWN)
    assert code == 0
    assert b"proving ..." in seen
    # The line is cleared, the cursor is back, and the answer stands on standard output alone.
    assert seen.rstrip().endswith((b"\x1b[2K", b"\x1b[?25h", b"\x1b[2K\x1b[?25h")), seen
    assert out == b"the answer\nTrue\n"


def test_what_is_quick_is_not_shown_and_loads_nothing() -> None:
    assert seen_on_standard_error(slow(60, 0)) == (0, b"", b"the answer\nFalse\n")


@pytest.mark.parametrize("volume", ["QUIET", "VERBOSE"])
def test_nothing_turns_where_it_was_not_wanted(volume: str) -> None:
    _, seen, out = seen_on_standard_error(slow(0, 0.3, volume))
    assert seen == (b"proving\r\n" if volume == "VERBOSE" else b"")
    assert out == b"the answer\nFalse\n"


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_nothing_turns_on_a_terminal_that_cannot(term: str) -> None:
    _, seen, out = seen_on_standard_error(slow(0, 0.3), TERM=term)
    assert (seen, out) == (b"", b"the answer\nFalse\n")


def test_nothing_turns_in_a_pipe() -> None:
    ran = subprocess.run(
        slow(0, 0.3), cwd=ROOT, env=ENVIRONMENT, capture_output=True, check=True, timeout=PATIENCE
    )
    assert (ran.stdout, ran.stderr) == (b"the answer\nFalse\n", b"")


def test_progress_without_color_has_no_color() -> None:
    _, seen, _ = seen_on_standard_error(slow(0, TILL_SEEN), SHOWN, NO_COLOR="1")
    assert b"proving ..." in seen
    assert not re.search(rb"\x1b\[[0-9;]*(3[0-7]|9[0-7])m", seen)


def test_a_step_that_fails_leaves_the_terminal_clean() -> None:
    program = SLOW.replace('\nprint("the', '\n    raise SystemExit(3)\nprint("the', 1)
    code, seen, _ = seen_on_standard_error(
        (sys.executable, "-c", program, "0", str(TILL_SEEN), "USUAL"), SHOWN
    )
    assert code == 3
    assert b"\x1b[?25h" in seen[seen.rindex(b"proving") :]


# ---- how much is said ----


def test_every_command_is_listed() -> None:
    assert {"plan", "prove", "check", "handover", "report", "completion"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_less_or_more_but_not_both(command: str) -> None:
    text = run(command, "--help").stdout.decode()
    assert "-q, --quiet" in text
    assert "-v, --verbose" in text
    both = run(command, "-q", "-v")
    assert both.returncode == 2
    assert b"not allowed with argument" in both.stderr


def test_a_quiet_command_has_its_answer_and_no_warnings() -> None:
    usual, quiet = run("plan", LATE), run("plan", "--quiet", LATE)
    assert b"warning[" in usual.stderr
    assert (quiet.stdout, quiet.stderr) == (usual.stdout, b"")


def test_a_quiet_command_still_says_its_errors() -> None:
    assert run("plan", "-q", "none.yaml").stderr == run("plan", "none.yaml").stderr != b""
    late = ("prove", "--as-of", "2027-04-01", LATE)
    quiet = run(*late, "-q").stderr
    assert quiet.lstrip().startswith(b"error[review-overdue]")
    assert b"warning[" not in quiet


def test_a_verbose_command_says_its_steps_on_standard_error_and_the_same_answer() -> None:
    usual, verbose = run("prove", DEV), run("prove", "--verbose", DEV)
    assert verbose.stdout == usual.stdout
    assert verbose.stderr.decode().splitlines() == [
        f"reading {DEV}",
        f"checking and planning {DEV}",
        "proving",
    ]


def test_the_name_of_a_file_is_no_order_to_a_terminal(tmp_path: Path) -> None:
    name = tmp_path / "Pulumi.\x1b[31m.yaml"
    name.write_bytes((ROOT / DEV).read_bytes())
    ran = run("plan", "-v", str(name))
    assert ran.returncode == 0
    assert b"\x1b" not in ran.stderr


# ---- findings in color ----


@pytest.mark.slow
def test_findings_are_colored_for_terminals_only_and_no_word_changes() -> None:
    _, seen, _ = seen_on_standard_error((*COMMAND, "plan", LATE), COLUMNS="500")
    seen = left_standing(seen)
    piped = run("plan", LATE).stderr
    assert _COLOR.search(seen)
    assert not _COLOR.search(piped)
    assert [line.rstrip() for line in _COLOR.sub(b"", seen).splitlines()] == piped.splitlines()
    _, plain_, _ = seen_on_standard_error((*COMMAND, "plan", LATE), NO_COLOR="1")
    assert not _COLOR.search(left_standing(plain_))


def test_a_step_shown_on_a_slow_machine_is_not_left_standing() -> None:
    _, seen, _ = seen_on_standard_error(slow(0, TILL_SEEN), SHOWN)
    assert SHOWN in seen
    assert left_standing(seen) == b""


def test_findings_for_a_terminal_are_those_of_every_other_reader() -> None:
    wrong = {"sites.hq.servers.ex1.address": "10.99.0.1", "networks.corp.internet": "public"}
    _, findings = parse_topology(edited(SMALL, wrong))
    assert findings
    assert to_text(findings_report(findings)) == render(findings)
    warned = parse_topology(edited(SMALL, {}))[1]
    assert not any(finding.is_error for finding in warned)
    assert to_text(findings_report(warned)) == render(warned)


# ---- tables that fit (test_widths has the others) ----


def test_a_table_with_room_stands_as_in_a_file() -> None:
    shown = without_color(on_a_terminal("plan", LATE, COLUMNS="500")).decode()
    assert [each.rstrip() for each in shown.splitlines()] == run(
        "plan", LATE
    ).stdout.decode().splitlines()


# ---- completion ----

#: Ask bash as its readline does: the words so far, and what may follow.
ASK: Final = """\
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMPREPLY=()
function=$(complete -p exchange-ports | sed 's/.*-F \\([^ ]*\\).*/\\1/')
"$function" exchange-ports "${COMP_WORDS[$COMP_CWORD]}" "${COMP_WORDS[$COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "exchange-ports.bash"
    ran = run("completion", "bash")
    assert (ran.returncode, ran.stderr) == (0, b"")
    path.write_bytes(ran.stdout)
    return path


def completed(script: Path, *words: str) -> set[str]:
    ran = subprocess.run(
        ["bash", "--norc", "-c", ASK, "bash", str(script), "exchange-ports", *words],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ran.stderr == b""
    return set(ran.stdout.decode().split())


STACK_FILES: Final = {str(path.relative_to(ROOT)) for path in (ROOT / "stacks").glob("*.yaml")}


def test_bash_completes_commands(script: Path) -> None:
    assert completed(script, "") == set(COMMANDS)
    assert completed(script, "pr") == {"prove", "preview"}


def test_bash_completes_options_and_what_they_take(script: Path) -> None:
    assert completed(script, "report", "--fo") == {"--format"}
    assert completed(script, "report", "--format", "") == {
        "markdown",
        "text",
        "html",
        "csv",
        "json",
    }
    assert {"--quiet", "--verbose"} <= completed(script, "plan", "--")


@pytest.mark.parametrize(
    "before",
    [
        ("plan",),
        ("check",),
        ("report", "--format", "html"),
        ("plan", "stacks/Pulumi.dev.yaml", "--against"),
    ],
)
def test_bash_completes_stack_files_where_one_is_meant(
    script: Path, before: tuple[str, ...]
) -> None:
    assert completed(script, *before, "stacks/") == STACK_FILES
    # Folders lead to stack files; what is neither is left out.
    top = completed(script, *before, "")
    assert "stacks" in top
    assert not {"README.md", "pyproject.toml"} & top


def test_bash_completes_the_name_of_a_stack(script: Path) -> None:
    names = {path.name.split(".")[1] for path in (ROOT / "stacks").glob("*.yaml")}
    assert names <= completed(script, "plan", "")
    assert completed(script, "plan", "dev", "--against", "prod") == {"prod-aws", "prod-azure"}
    # The file that a command writes is no stack.
    assert not completed(script, "adopt", "dev", "--out", "") & names


def test_bash_completes_no_file_where_something_else_is_meant(script: Path) -> None:
    assert not completed(script, "check", DEV, "stacks/") & STACK_FILES


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh", "powershell"])
def test_each_shell_has_a_script_that_knows_every_command(shell: str) -> None:
    text = run("completion", shell).stdout.decode()
    assert all(command in text for command in COMMANDS)
    assert str(ROOT) not in text


def test_another_shell_is_bad_input() -> None:
    ran = run("completion", "nushell")
    assert (ran.returncode, ran.stdout) == (2, b"")
