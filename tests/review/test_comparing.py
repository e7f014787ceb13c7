"""What merging a pull request does is said of a repository that a hostile fork has a hand in.

The steps of the action are run as GitHub runs them, on a made server, up to the comment that a fake
GitHub holds in the end.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from exchange_ports.differences import Gate
from tests.review.actions import ROOT
from tests.review.fake_forges import FakeGitHub, running
from tests.review.machine import SERVER
from tests.review.made import LINK, SUBMODULE, Entry, plain
from tests.review.reviewed import REPOSITORY, Reviewed

pytestmark = pytest.mark.slow

STACK: Final = "stacks/Pulumi.dev.yaml"
TEXT: Final = (ROOT / STACK).read_text("utf-8")
WIDER: Final = TEXT.replace("{from: [10.64.0.0/16]}", "{from: [10.64.0.0/16, 10.99.0.0/16]}")
BASE: Final[Mapping[str | bytes, Entry]] = {STACK: plain(TEXT), "README.md": plain("mail\n")}
NOTHING: Final = "### No stack file differs."


@pytest.fixture
def reviewed(tmp_path: Path) -> Iterator[Reviewed]:
    with running(FakeGitHub("")) as github:
        yield Reviewed(tmp_path, github, BASE)


def headline(report: str) -> str:
    return next(line for line in report.splitlines() if line.startswith("### "))


def test_a_pull_request_from_its_commits_to_its_comment(reviewed: Reviewed) -> None:
    head = reviewed.pull({**BASE, STACK: plain(WIDER)})

    assert reviewed.compare(head, install=True) == 0
    assert reviewed.post(head) == 0

    (comment,) = reviewed.github.comments
    first, *_ = comment["body"].splitlines()
    assert first == f"<!-- exchange-ports:review v1 folder=. head={head} base={reviewed.base} -->"
    assert "10.99.0.0/16" in comment["body"]
    # The line of the stack file, at the commit of the pull request.
    assert f"({SERVER}/{REPOSITORY}/blob/{head}/{STACK}#L" in comment["body"]
    assert "10.99.0.0/16" in reviewed.job.summary.read_text("utf-8")


def test_only_the_step_that_fetches_has_the_token(reviewed: Reviewed) -> None:
    reviewed.compare(reviewed.pull(BASE))

    with_token = [id_ for id_, given in reviewed.job.given.items() if "the-token" in str(given)]
    assert with_token == ["fetch"]
    assert "the-token" not in reviewed.job.machine.git_input
    word = b64encode(b"x-access-token:the-token-of-the-job").decode()
    shown = f"{SERVER}/.extraheader AUTHORIZATION: basic {word}"
    assert reviewed.job.machine.shown_by_git == {shown}
    stored = [path for path in reviewed.work.rglob("*") if path.is_file() and not path.is_symlink()]
    assert stored
    for path in stored:
        content = path.read_bytes()
        assert b"the-token" not in content
        assert word.encode() not in content


def test_the_effect_of_merging_is_compared_and_not_the_head(reviewed: Reviewed) -> None:
    """The pull request is behind: what others have opened since is not cut by it."""
    head = reviewed.pull({**BASE, "docs/new.md": plain("hello\n")})
    newer = reviewed.made.commit({**BASE, STACK: plain(WIDER)}, reviewed.base)
    reviewed.made.set("refs/heads/main", newer)

    assert reviewed.compare(head) == 0

    assert headline(reviewed.report) == NOTHING
    assert f"base={newer} " in reviewed.report
    assert reviewed.post(head) == 0
    assert not reviewed.github.comments


def test_two_edits_that_meet_only_in_the_merge_are_seen(reviewed: Reviewed) -> None:
    lines = TEXT.replace("    mail_flow:", "    # mail\n    mail_flow:")
    head = reviewed.pull({**BASE, STACK: plain(WIDER)})
    newer = reviewed.made.commit({**BASE, STACK: plain(lines)}, reviewed.base)
    reviewed.made.set("refs/heads/main", newer)

    assert reviewed.compare(head) == 0

    assert "10.99.0.0/16" in reviewed.report
    assert reviewed.verdict == "fine"


def test_a_conflict_in_a_stack_file_is_reported(reviewed: Reviewed) -> None:
    head = reviewed.pull({**BASE, STACK: plain(WIDER)})
    other = TEXT.replace("{from: [10.64.0.0/16]}", "{from: [10.65.0.0/16]}")
    newer = reviewed.made.commit({**BASE, STACK: plain(other)}, reviewed.base)
    reviewed.made.set("refs/heads/main", newer)

    assert reviewed.compare(head) == 1
    assert reviewed.verdict == "conflict"
    assert reviewed.post(head) == 0
    body = reviewed.github.comments[0]["body"]
    assert "Stack files in conflict with the base branch: 1." in body
    assert "10.65" not in body


def test_a_conflict_elsewhere_does_not_hinder(reviewed: Reviewed) -> None:
    head = reviewed.pull({STACK: plain(WIDER), "README.md": plain("one\n")})
    newer = reviewed.made.commit({**BASE, "README.md": plain("other\n")}, reviewed.base)
    reviewed.made.set("refs/heads/main", newer)

    assert reviewed.compare(head) == 0
    assert "10.99.0.0/16" in reviewed.report


def test_a_gate_fails_the_job_and_the_comment_is_made_all_the_same(reviewed: Reviewed) -> None:
    head = reviewed.pull({**BASE, STACK: plain(WIDER)})

    code = reviewed.compare(head, fail_on="perimeter newly_allowed")

    assert (code, reviewed.verdict) == (1, "held")
    assert reviewed.job.log.splitlines()[-1] == (
        "::error title=exchange-ports::A gate of --fail-on failed: "
        "see the comment, or the summary of this run"
    )
    assert reviewed.post(head) == 0
    assert "10.99.0.0/16" in reviewed.github.comments[0]["body"]


@pytest.mark.parametrize("gates", ["everything", "widened;touch broken", "--at=HEAD"])
def test_a_gate_that_does_not_exist_is_refused(reviewed: Reviewed, gates: str) -> None:
    code = reviewed.compare(reviewed.pull(BASE), fail_on=gates)

    assert code == 1
    # The reviewer's scripts are the standard library alone, so they have the words once more.
    assert f"fail-on takes {', '.join(Gate)}" in reviewed.job.log


def test_a_stack_that_does_not_load_fails_the_job_with_its_findings(reviewed: Reviewed) -> None:
    broken = TEXT.replace("organization: contoso-dev", "organisation: contoso-dev")
    head = reviewed.pull({**BASE, STACK: plain(broken)})

    assert reviewed.compare(head) == 1
    assert reviewed.verdict == "broken"
    assert reviewed.post(head) == 0
    assert "organisation" in reviewed.github.comments[0]["body"]


def test_the_project_may_stand_in_a_folder(reviewed: Reviewed) -> None:
    stack = f"infra/exchange/{STACK}"
    reviewed.base = reviewed.made.commit({stack: plain(TEXT), STACK: plain(TEXT)})
    reviewed.made.set("refs/heads/main", reviewed.base)
    head = reviewed.pull({stack: plain(WIDER), STACK: plain(TEXT)})

    assert reviewed.compare(head, folder="infra/exchange") == 0
    assert reviewed.post(head, folder="infra/exchange") == 0

    assert "10.99.0.0/16" in reviewed.report
    assert f"/blob/{head}/{stack}#L" in reviewed.report
    assert reviewed.compare(head) == 0
    # No stack file of the project at the top: what else it may be is not known there.
    assert headline(reviewed.report) == "### Code changed: 1 file. No stack file differs."
    assert f"Code changed: `{stack}`." in reviewed.report
    assert reviewed.post(head) == 0
    # Two projects, two comments.
    assert len(reviewed.github.comments) == 2


@pytest.mark.parametrize("folder", ["/etc", "../x", "a/../../x", ".git"])
def test_a_folder_outside_the_repository_is_refused(reviewed: Reviewed, folder: str) -> None:
    assert reviewed.compare(reviewed.pull(BASE), folder=folder) == 1
    assert "folder is a path inside the repository" in reviewed.job.log


def test_a_head_that_has_moved_on_is_left_to_its_own_run(reviewed: Reviewed) -> None:
    first = reviewed.pull({**BASE, STACK: plain(WIDER)})
    newer = reviewed.pull(BASE)

    assert reviewed.compare(first) == 0
    assert reviewed.verdict == "superseded"
    reviewed.github.head = newer
    assert reviewed.post(first) == 0
    assert not reviewed.github.comments


def test_a_pull_request_that_is_not_there_is_an_error(reviewed: Reviewed) -> None:
    assert reviewed.compare("4f" * 20) == 1
    assert "git fetch failed" in reviewed.job.log


def test_a_base_branch_may_have_any_name_that_git_allows(reviewed: Reviewed) -> None:
    base = "rel/$(touch${IFS}broken)`touch${IFS}broken`;'\"&|<>-ü"
    reviewed.made.set(f"refs/heads/{base}", reviewed.base)
    head = reviewed.pull({**BASE, STACK: plain(WIDER)})

    assert reviewed.compare(head, base) == 0
    assert "10.99.0.0/16" in reviewed.report


def test_code_of_the_pull_request_is_named_first_and_may_hold_it(reviewed: Reviewed) -> None:
    reviewed.base = reviewed.made.commit({**BASE, "exchange_ports/flows/rows.py": plain("x = 1\n")})
    reviewed.made.set("refs/heads/main", reviewed.base)
    evil = {
        "exchange_ports/flows/rows.py": plain("x = 2\n"),
        ".github/workflows/firewall.yml": plain("on: push\n"),
    }
    head = reviewed.pull({**BASE, **evil})

    assert reviewed.compare(head) == 0
    assert reviewed.post(head) == 0
    lines = reviewed.github.comments[0]["body"].splitlines()
    assert lines[1] == "### Code changed: 2 files. No stack file differs."
    names = "`.github/workflows/firewall.yml`, `exchange_ports/flows/rows.py`"
    assert lines[4].startswith(
        f"> Code changed: {names}. These files can change what is registered."
    )
    assert (reviewed.compare(head, fail_on="code"), reviewed.verdict) == (1, "held")


# ---- a fork that means harm ----


def test_a_stack_file_that_is_a_link_is_refused_and_not_followed(
    reviewed: Reviewed, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("config: {exchange-ports:topology: {organization: SECRET}}\n")
    for number, target in enumerate((str(secret), "/etc/passwd", "../../../../../../etc/passwd")):
        head = reviewed.pull({**BASE, STACK: Entry(target.encode(), LINK)})

        assert reviewed.compare(head) == 1, target
        assert reviewed.verdict == "broken"
        assert "a symbolic link, which is not followed" in reviewed.report
        assert "SECRET" not in reviewed.report
        assert "root:" not in reviewed.report
        assert reviewed.post(head) == 0
        assert len(reviewed.github.comments) == 1, number


@pytest.mark.parametrize("folder", ["stacks", "."])
def test_a_folder_that_is_a_link_hides_nothing(reviewed: Reviewed, folder: str) -> None:
    files: dict[str | bytes, Entry] = {"stacks": Entry(b"elsewhere", LINK)}
    files["elsewhere/Pulumi.dev.yaml"] = plain(WIDER)
    head = reviewed.pull(files if folder == "stacks" else {**files, "infra": Entry(b".", LINK)})

    code = reviewed.compare(head, folder="." if folder == "stacks" else "infra")
    # Pulumi on somebody's machine would follow it, so what it would read is not known here.
    assert (code, reviewed.verdict) == (1, "broken")
    assert "link" in reviewed.report
    if folder != "stacks":
        assert headline(reviewed.report).startswith("### Not reviewed: `infra/Pulumi.json`.")
        assert "Code changed: `infra`, `stacks`." in reviewed.report
    assert "10.99" not in reviewed.report


def test_a_stack_file_that_is_a_submodule_is_no_file(reviewed: Reviewed) -> None:
    head = reviewed.pull({**BASE, STACK: Entry(("4f" * 20).encode(), SUBMODULE)})

    code = reviewed.compare(head)

    assert "10.64" in reviewed.report or code == 1
    assert headline(reviewed.report) != NOTHING


ATTRIBUTES: Final = (
    "* filter=evil diff=evil merge=evil text eol=crlf ident working-tree-encoding=UTF-16\n"
    "*.yaml merge=ours export-ignore\n"
    "stacks/* merge=union -diff linguist-generated\n"
)
CONFIG: Final = """
[filter "evil"]
    smudge = touch broken
    clean = touch broken
    process = touch broken
[diff "evil"]
    textconv = touch broken
    command = touch broken
[merge "evil"]
    driver = touch broken
[core]
    hooksPath = hooks
    fsmonitor = touch broken
    pager = touch broken
    sshCommand = touch broken
[include]
    path = ../.gitconfig
"""


def test_attributes_filters_and_hooks_of_a_fork_do_nothing(reviewed: Reviewed) -> None:
    hostile: dict[str | bytes, Entry] = {
        **BASE,
        STACK: plain(WIDER),
        ".gitattributes": plain(ATTRIBUTES),
        "stacks/.gitattributes": plain(ATTRIBUTES),
        ".gitconfig": plain(CONFIG),
        ".gitmodules": plain(
            '[submodule "x"]\n path = x\n url = -u./payload\n update = !touch broken\n'
        ),
        "config": plain(CONFIG),
        "hooks/post-checkout": Entry(b"#!/bin/sh\ntouch broken\n", "100755"),
        "hooks/reference-transaction": Entry(b"#!/bin/sh\ntouch broken\n", "100755"),
    }
    head = reviewed.pull(hostile)

    assert reviewed.compare(head) == 0

    assert "10.99.0.0/16" in reviewed.report
    named = "`.gitattributes`, `.gitconfig`, `.gitmodules`, `config`, `hooks/post-checkout`"
    assert f"> Code changed: {named}, " in reviewed.report

    def compared() -> str:
        # Below the marker, the headline and the box, which name these files.
        text = reviewed.report.replace(head, "HEAD").replace(head[:12], "HEAD")
        return text.partition("| stack |")[2]

    with_attributes = compared()
    head = reviewed.pull({**BASE, STACK: plain(WIDER)})
    assert reviewed.compare(head) == 0
    assert "10.99.0.0/16" in with_attributes
    assert compared() == with_attributes


def test_attributes_of_the_base_do_not_merge_for_the_fork(reviewed: Reviewed) -> None:
    """`merge=union` would take both sides; GitHub's own merge conflicts here, and so do we."""
    with_union = {**BASE, ".gitattributes": plain("*.yaml merge=union\n")}
    reviewed.base = reviewed.made.commit(with_union)
    other = TEXT.replace("{from: [10.64.0.0/16]}", "{from: [10.65.0.0/16]}")
    newer = reviewed.made.commit({**with_union, STACK: plain(other)}, reviewed.base)
    reviewed.made.set("refs/heads/main", newer)
    head = reviewed.pull({**with_union, STACK: plain(WIDER)})

    assert reviewed.compare(head) == 1
    assert reviewed.verdict == "conflict"


def test_nothing_of_a_fork_is_run_or_imported(reviewed: Reviewed) -> None:
    """Its own copy of the action, of the tool, and of what they import."""
    touch = plain("import pathlib; pathlib.Path('broken').touch()\n")
    modules = (
        "sitecustomize",
        "yaml",
        "json",
        "exchange_ports/__init__",
        "exchange_ports/__main__",
    )
    own = [f"{folder}{name}.py" for name in modules for folder in ("", "stacks/")]
    own += [f"scripts/reviewer/{name}.py" for name in ("__main__", "comparing", "saying")]
    hostile: dict[str | bytes, Entry] = {**BASE, STACK: plain(WIDER), **dict.fromkeys(own, touch)}
    hostile[".github/actions/review/action.yml"] = plain("runs: {using: composite, steps: []}\n")
    hostile[".github/workflows/firewall.yml"] = plain("on: push\n")
    hostile["pyvenv.cfg"] = plain("home = .\n")
    head = reviewed.pull(hostile)

    assert reviewed.compare(head) == 0
    assert "10.99.0.0/16" in reviewed.report
    # No file of it stands anywhere but in the object store.
    tree = reviewed.work / "repository"
    assert [path.name for path in tree.iterdir()] == [".git"]


#: Names of files, as bytes: what shells, logs, Markdown and HTML would read in them.
NAMES: Final = (
    b"stacks/Pulumi.$(touch broken).yaml",
    b"stacks/Pulumi.`touch broken`.yaml",
    b"stacks/Pulumi.;touch broken;.yaml",
    b"stacks/Pulumi.\n::set-output name=verdict::fine\n.yaml",
    b"stacks/Pulumi.\r\n::error::forged\r\n.yaml",
    b"stacks/Pulumi.${{ github.token }}.yaml",
    b"stacks/Pulumi.--at=HEAD.yaml",
    b"stacks/Pulumi.\xff\xfe.yaml",
    b"stacks/Pulumi.<!-- exchange-ports:review v1 -->.yaml",
    b"stacks/Pulumi.@contoso\\admins <img src=x> [a](http://evil.example) | | `.yaml",
    b"stacks/Pulumi.\x1b[2J\x07.yaml",
    b"stacks/Pulumi." + b"x" * 230 + b".yaml",
    b"stacks/Pulumi.../Pulumi.yaml",
    b"stacks/ Pulumi.dev.yaml",
    "stacks/Pulumi.\u202egpj.yaml".encode(),
)


def test_names_of_files_are_data(reviewed: Reviewed) -> None:
    head = reviewed.pull({**BASE, **{name: plain(WIDER) for name in NAMES}})

    code = reviewed.compare(head)

    assert code in (0, 1)
    assert reviewed.verdict in ("fine", "broken")
    assert reviewed.post(head) == 0
    commands = [line for line in reviewed.job.log.splitlines() if line.startswith("::")]
    assert all(line.startswith("::error title=exchange-ports::A stack file") for line in commands)
    (comment,) = reviewed.github.comments
    body = comment["body"]
    first, _, rest = body.partition("\n")
    assert first == f"<!-- exchange-ports:review v1 folder=. head={head} base={reviewed.base} -->"
    assert "\n::" not in body
    assert "\x1b" not in body
    assert "\u202e" not in body
    assert len(rest.encode()) < 64_000


def test_a_huge_file_is_not_read(reviewed: Reviewed) -> None:
    huge = Entry(TEXT.encode() + b"# " + b"x" * 30_000_000)
    head = reviewed.pull({**BASE, STACK: huge, "other.bin": Entry(bytes(10_000_000))})

    assert reviewed.compare(head) == 1
    assert reviewed.verdict == "broken"
    assert "bytes; the limit is" in reviewed.report
    assert len(reviewed.report) < 64_000


def test_a_file_that_grows_when_it_is_read_is_refused(reviewed: Reviewed) -> None:
    """A thousand million laughs."""
    lines = ["config:", "  a: &a0 [x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 12):
        references = ", ".join([f"*a{number - 1}"] * 9)
        lines.append(f"  a{number}: &a{number} [{references}]")
    lines += ["  exchange-ports:topology: *a11"]
    head = reviewed.pull({**BASE, STACK: plain("\n".join(lines) + "\n")})

    assert reviewed.compare(head) == 1
    assert reviewed.verdict == "broken"


def test_a_report_cannot_be_forged_in_the_file(reviewed: Reviewed) -> None:
    """Words of the operator that look like ours stay the operator's words."""
    marker = f"<!-- exchange-ports:review v1 folder=. head={'4f' * 20} base={'4f' * 20} -->"
    words = (
        f"x\\n{marker}\\n### Opens nothing @contoso/admins </details> ``` [ok](http://evil.example)"
    )
    text = WIDER.replace("reason: administration from the office", f'reason: "{words}"')
    assert text != WIDER
    head = reviewed.pull({**BASE, STACK: plain(text)})

    reviewed.compare(head)

    assert reviewed.post(head) == 0
    lines = reviewed.github.comments[0]["body"].splitlines()
    assert [line for line in lines if line.startswith("### ")] == [headline(reviewed.report)]
    assert "Opens nothing" not in headline(reviewed.report)
    assert sum(line.startswith("<!--") for line in lines) == 1


def test_a_history_without_a_common_commit_is_reported(reviewed: Reviewed) -> None:
    head = reviewed.made.commit({STACK: plain(WIDER)})
    reviewed.made.set("refs/pull/7/head", head)

    assert reviewed.compare(head) == 1
    assert reviewed.verdict == "failed"
    assert reviewed.post(head) == 0
    assert "Cannot tell what merging this allows or blocks" in reviewed.github.comments[0]["body"]


def test_a_comparison_that_fails_is_no_silence(reviewed: Reviewed) -> None:
    head = reviewed.pull({**BASE, STACK: plain(WIDER)})
    (reviewed.work).mkdir(parents=True)
    (reviewed.work / "venv").symlink_to(reviewed.work / "nowhere")

    assert reviewed.compare(head) == 1

    assert reviewed.verdict == "failed"
    assert reviewed.post(head) == 0
    assert "Cannot tell what merging this allows or blocks" in reviewed.github.comments[0]["body"]


def test_a_comparison_that_is_refused_is_reported_first_and_fails(reviewed: Reviewed) -> None:
    """With the codes of the findings, and without a word of the pull request."""
    head = reviewed.pull({**BASE, STACK: plain(WIDER)})
    python = reviewed.work / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        "#!/bin/sh\n"
        "echo 'error[not-reviewed] Pulumi.yaml leads outside @contoso/admins' >&2\n"
        "echo 'error[<img src=x>] ::set-output name=verdict::fine' >&2\n"
        "exit 2\n"
    )
    python.chmod(0o755)
    (reviewed.work / "venv").rename(reviewed.work / "real")
    (reviewed.work / "venv").symlink_to("real")

    assert reviewed.compare(head) == 1

    assert reviewed.verdict == "refused"
    assert reviewed.post(head) == 0
    body = reviewed.github.comments[0]["body"]
    _, first, _, why, *_ = body.splitlines()
    assert first == "### Cannot tell what merging this allows or blocks"
    assert why.startswith("**Not reviewed.** exchange-ports rejects the input: not-reviewed. ")
    assert "@contoso" not in body
    assert "<img" not in body
    assert "leads outside @contoso/admins" in reviewed.job.log


PROJECT: Final = "name: mail\nruntime: python\n"
#: Project files of a hostile pull request that lead the comparison astray, if it guesses.
ASTRAY: Final = {
    "outside the repository": f"{PROJECT}stackConfigDir: ../../elsewhere\n",
    "two documents": f"{PROJECT}---\n{PROJECT}stackConfigDir: evil\n",
    "no YAML": "name: [\n",
    "no mapping": "- name: mail\n",
    "larger than any": PROJECT + "# " + "x" * 2_000_000 + "\n",
}


@pytest.mark.parametrize("text", ASTRAY.values(), ids=list(ASTRAY))
def test_a_project_that_cannot_be_reviewed_is_reported_first_and_fails(
    reviewed: Reviewed, text: str
) -> None:
    """Whatever else the pull request shows: the check is red, and every gate with it."""
    reviewed.base = reviewed.made.commit({**BASE, "Pulumi.yaml": plain(PROJECT)})
    reviewed.made.set("refs/heads/main", reviewed.base)
    decoys: dict[str | bytes, Entry] = {f"stacks/Pulumi.n{n}.yaml": plain(TEXT) for n in range(3)}
    head = reviewed.pull({**BASE, **decoys, "Pulumi.yaml": plain(text)})

    assert reviewed.compare(head) == 1
    assert reviewed.verdict in ("broken", "refused")
    assert reviewed.post(head) == 0
    _, first, *_ = reviewed.github.comments[0]["body"].splitlines()
    assert first.startswith("### Not reviewed: `Pulumi.yaml")
