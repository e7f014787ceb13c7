"""What merging does: the base branch against the tree that a merge makes of it.

Not against the head alone: a branch that is behind would seem to take back what others have opened
since. Git makes the tree from objects (`merge-tree`); `exchange-ports diff` reads blobs of it. This step
has no token.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import report
from fetching import BASE, HEAD, Git, repository
from forge import PullRequest, project_folder, setting
from forges import pull_request
from saying import Stopped, error, note, show

__all__ = ["compare", "report_verdict"]

#: Ten minutes are more than any organization takes; a file that takes longer is not answered.
_SECONDS: Final = 600
_GATES: Final = ("newly_allowed", "perimeter", "risk", "target", "code")
_SUMMARY: Final = "summary.md"
_GIT_DOES_NOT_KNOW: Final = 129
#: The exit code of exchange-ports where it cannot do what it was asked.
_REFUSES: Final = 2
#: The permanent code of an error, which is a word of ours whatever else is in the line.
_CODE: Final = re.compile(r"^error\[([a-z0-9-]{1,40})\] ", re.MULTILINE)
_MOST_CODES: Final = 5

#: What `verdict` prints for each verdict; an empty sentence is no error.
_SENTENCES: Final[Mapping[str, str]] = {
    "fine": "",
    "superseded": "",
    "held": "A gate of --fail-on failed: see the comment, or the summary of this run",
    "broken": "A stack file is not valid after merging, or cannot be reviewed: the reasons are in the comment",
    "conflict": "A stack file conflicts with the base branch: resolve that first",
    "refused": "exchange-ports rejects the input: the reasons are in the comment and in this log",
    "failed": "The comparison failed: the reason is in this log",
}


class _Compared(NamedTuple):
    verdict: str
    text: str


def compare(environment: Mapping[str, str]) -> int:
    """Write the report, the run's summary, and the verdict as the step's output.

    Whatever the pull request holds, this step succeeds: the report is to be posted first. `verdict` fails.

    :raises Stopped: the step was not given what it needs.
    """
    asked = pull_request(environment)
    gates = environment.get("FAIL_ON", "").split()
    for gate in gates:
        if gate not in _GATES:
            raise Stopped(f"fail-on takes {', '.join(_GATES)}, and not {json.dumps(gate)}")
    folder = project_folder(environment)
    git = Git(repository(environment))
    base = _commit(git, BASE)
    out = Path(setting(environment, "WORK")) / "out"
    out.mkdir(parents=True, exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    if _commit(git, HEAD) != asked.head:
        note("The pull request has a newer head, and the run for that head reviews it")
        return _done(environment, "superseded")
    try:
        found = _compared(environment, git, asked, base, folder, gates)
    except Stopped as stopped:
        error(str(stopped))
        found = _Compared("failed", _own(asked, folder, base, "The comparison did not succeed."))
    (out / "report.md").write_text(found.text, encoding="utf-8", newline="\n")
    if not (out / _SUMMARY).is_file():
        (out / _SUMMARY).write_text(found.text, encoding="utf-8", newline="\n")
    return _done(environment, found.verdict, out / _SUMMARY)


def report_verdict(environment: Mapping[str, str]) -> int:
    """Fail where the verdict is not that all is fine."""
    try:
        verdict = _verdict(environment).read_text("utf-8")
    except OSError:
        verdict = ""
    sentence = _SENTENCES.get(verdict, "The comparison did not end")
    if not sentence:
        return 0
    error(sentence)
    return 1


def _verdict(environment: Mapping[str, str]) -> Path:
    return Path(setting(environment, "WORK")) / "verdict"


def _done(environment: Mapping[str, str], verdict: str, summary: Path | None = None) -> int:
    if summary is not None:
        show(summary, environment)
    # A word of ours: nothing that a pull request says can become a verdict or an output.
    _verdict(environment).write_text(verdict, encoding="utf-8")
    if "GITHUB_OUTPUT" in environment:
        with Path(environment["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
            file.write(f"verdict={verdict}\n")
    note(f"Verdict: {verdict}")
    return 0


def _commit(git: Git, ref: str) -> str:
    return git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").decode().strip()


def _own(asked: PullRequest, folder: PurePosixPath, base: str, why: str) -> str:
    return report.marked(report.failure(why, asked.run), folder, asked.head, base)


def _compared(
    environment: Mapping[str, str],
    git: Git,
    asked: PullRequest,
    base: str,
    folder: PurePosixPath,
    gates: list[str],
) -> _Compared:
    code, answer, reported = git.run(
        "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", base, asked.head
    )
    if code == _GIT_DOES_NOT_KNOW:
        raise Stopped("This runner's git cannot merge without a work tree: 2.38 or newer is needed")
    if code not in (0, 1):
        raise Stopped(f"git merge-tree failed ({code}): {reported}")
    tree, *conflicts = answer.decode("utf-8", "surrogateescape").strip("\0").split("\0")
    # Wherever they stand: the project's own file may say where its stack files are.
    touched = sum(path.rpartition("/")[2].startswith("Pulumi.") for path in conflicts)
    if touched:
        why = f"Stack files in conflict with the base branch: {touched}. Resolve that first."
        return _Compared("conflict", _own(asked, folder, base, why))
    return _asked_of_the_tool(environment, git, asked, base, tree, folder, gates)


def _asked_of_the_tool(
    environment: Mapping[str, str],
    git: Git,
    asked: PullRequest,
    base: str,
    tree: str,
    folder: PurePosixPath,
    gates: list[str],
) -> _Compared:
    work = Path(setting(environment, "WORK"))
    where = repository(environment) / folder
    where.mkdir(parents=True, exist_ok=True)
    links = (
        ("--link-base", f"{asked.files}/{asked.head}", "--old-link-base", f"{asked.files}/{base}")
        if asked.files
        else ()
    )
    try:
        # No shell; ids, addresses and words of ours. The environment is what git needs, and no more.
        done = subprocess.run(
            [
                str(work / "venv" / "bin" / "python"),
                *("-P", "-m", "exchange_ports", "diff", "--against", base, "--at", tree),
                *("--head", asked.head, "--format", "markdown"),
                *("--summary", str(work / "out" / _SUMMARY)),
                *links,
                *("--report-url", asked.run),
                *(word for gate in gates for word in ("--fail-on", gate)),
            ],
            cwd=where,
            env={
                **{name: git.environment[name] for name in ("PATH", "HOME") if name in os.environ},
                **{name: git.environment[name] for name in git.environment if name[:4] == "GIT_"},
                "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
                "PYTHONUTF8": "1",
                "LC_ALL": "C.UTF-8",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except OSError as failed:
        raise Stopped(f"exchange-ports cannot be started: {failed.strerror}") from None
    except subprocess.TimeoutExpired:
        raise Stopped(f"exchange-ports diff did not finish within {_SECONDS} seconds") from None
    # What it says may quote the pull request, so it is printed as one line of an error.
    reported = done.stderr.decode("utf-8", "replace").strip()[-2_000:]
    codes = sorted(set(_CODE.findall(done.stderr.decode("utf-8", "replace"))))
    if done.returncode == _REFUSES and not done.stdout and codes:
        error(f"exchange-ports diff rejects the input: {reported}")
        why = (
            f"**Not reviewed.** exchange-ports rejects the input: {', '.join(codes[:_MOST_CODES])}. The run's log "
            "has the reasons, and docs/findings/ has a page for each code."
        )
        return _Compared("refused", _own(asked, folder, base, why))
    verdicts = {0: "fine", 1: "held", 2: "broken"}
    if done.returncode not in verdicts or not done.stdout:
        raise Stopped(f"exchange-ports diff failed ({done.returncode}): {reported}")
    return _Compared(verdicts[done.returncode], done.stdout.decode("utf-8"))
