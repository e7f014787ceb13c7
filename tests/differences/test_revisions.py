"""Stack files from git: found on both sides, and nothing that a repository says is ever run or followed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports.cli import main
from tests.differences.written import START
from tests.support.repository import Repository

pytestmark = pytest.mark.slow

AWS: Final = "stacks/Pulumi.aws.yaml"
AZURE: Final = "stacks/Pulumi.azure.yaml"
ONE: Final = {AWS: START[AWS]}
#: An edit that opens something.
WIDER: Final = START[AWS].replace("[https, smtp_submission]", "[https, smtp_submission, imap]")

Diff = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def diff(
    made: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Diff:
    """`diff --json` run in the repository, or in a folder of it: exit code and answer."""

    def run(*arguments: str, folder: str = "") -> tuple[int, dict[str, Any]]:
        monkeypatch.chdir(made.path / folder)
        code = main(["diff", "--json", *arguments])
        reported = capsys.readouterr()
        return code, json.loads(reported.out) if reported.out else {"errors": reported.err}

    return run


def edits(answer: dict[str, Any]) -> dict[str, str]:
    return {each["file"] or each["old_file"]: each["edit"] for each in answer["stacks"]}


# ---- which files ----


def test_a_revision_is_held_against_what_is_on_disk(made: Repository, diff: Diff) -> None:
    base = made.commit(START)
    made.write({AWS: WIDER})
    code, answer = diff("--against", "HEAD")
    assert (code, answer["base"], answer["head"]) == (0, base, "the-work-tree")
    assert edits(answer) == {AWS: "changed"}
    assert answer["gates"] == {
        "newly_allowed": 1,
        "perimeter": 1,
        "risk": 0,
        "target": 0,
        "code": 0,
    }


def test_a_file_on_disk_that_git_does_not_know_yet_is_new(made: Repository, diff: Diff) -> None:
    made.commit(ONE)
    made.write({AZURE: START[AZURE]})
    assert edits(diff("--against", "HEAD")[1]) == {AZURE: "added"}
    made.write({AZURE: None, AWS: None})
    assert edits(diff("--against", "HEAD")[1]) == {AWS: "deleted"}


def test_with_at_nothing_on_disk_is_read(made: Repository, diff: Diff) -> None:
    base = made.commit(ONE)
    head = made.commit({AWS: WIDER})
    made.write({AWS: "not: [a stack"})
    code, answer = diff("--against", base, "--at", head)
    assert (code, answer["base"], answer["head"]) == (0, base, head)
    assert edits(answer) == {AWS: "changed"}


def test_a_file_that_goes_and_comes_with_much_the_same_lines_is_renamed(
    made: Repository, diff: Diff
) -> None:
    base = made.commit(START)
    west = "stacks/Pulumi.west.yaml"
    made.commit({AZURE: None, west: START[AZURE].replace("rg-exchange", "rg-west")})
    _, answer = diff("--against", base, "--at", "HEAD")
    assert edits(answer) == {west: "renamed"}
    assert answer["stacks"][0]["old_file"] == AZURE
    assert answer["stacks"][0]["same_traffic"]


def test_files_that_share_little_are_not_one_that_was_renamed(made: Repository, diff: Diff) -> None:
    base = made.commit(ONE)
    other = "stacks/Pulumi.lab.yaml"
    text = "config:\n  exchange-ports:topology:\n    organization: lab\n"
    made.commit({AWS: None, other: text})
    code, answer = diff("--against", base, "--at", "HEAD")
    assert code == 2
    assert edits(answer) == {other: "added", AWS: "deleted"}


def test_only_the_files_named_are_compared(made: Repository, diff: Diff) -> None:
    base = made.commit(START)
    implied_groups = START[AZURE].replace("[https, smtp_submission]", "[https]")
    made.commit({AWS: WIDER, AZURE: implied_groups})
    assert edits(diff("--against", base, "--at", "HEAD")[1]) == {AWS: "changed", AZURE: "changed"}
    assert edits(diff("--against", base, AWS)[1]) == {AWS: "changed"}
    assert edits(diff("--against", base, str(made.path / AZURE))[1]) == {AZURE: "changed"}


def test_a_file_that_neither_side_has_is_reported(made: Repository, diff: Diff) -> None:
    made.commit(ONE)
    code, answer = diff("--against", "HEAD", "stacks/Pulumi.prod.yaml")
    assert code == 2
    assert "Cannot read stacks/Pulumi.prod.yaml" in answer["errors"]
    assert "Neither version has such a file." in answer["errors"]


def test_stack_files_of_other_projects_are_none_of_ours(made: Repository, diff: Diff) -> None:
    other = "config:\n  aws:region: eu-west-1\n  website:path: ./www\n"
    base = made.commit({**ONE, "stacks/Pulumi.web.yaml": other})
    made.commit(
        {"stacks/Pulumi.web.yaml": other + "  website:x: 'say \\!'\n", "Pulumi.x.yaml": "a: [\n"}
    )
    assert diff("--against", base, "--at", "HEAD")[1]["stacks"] == []


@pytest.mark.parametrize(
    "written",
    [
        '"exchange\\x2dports:topology":',
        '"\\x65xchange\\u002Dports:topology":',
        "!!binary ZXhjaGFuZ2UtcG9ydHM6dG9wb2xvZ3k=:",
    ],
)
def test_a_setting_cannot_hide_behind_the_way_its_name_is_written(
    made: Repository, diff: Diff, written: str
) -> None:
    # Pulumi reads such a name, so it is one of ours.
    base = made.commit({})
    hidden = START[AWS].replace("exchange-ports:topology:", written)
    hidden = hidden.replace("exchange-ports:networks:", "exchange\\x2dports:networks:")
    made.commit({AWS: hidden.replace("exchange-ports", "")})
    code, answer = diff("--against", base, "--at", "HEAD")
    assert edits(answer) == {AWS: "added"}
    assert (code == 2) == (not answer["stacks"][0]["valid"])


def test_a_project_may_be_a_folder_of_a_larger_repository(made: Repository, diff: Diff) -> None:
    base = made.commit({f"infra/mail/{AWS}": START[AWS], AZURE: START[AZURE]})
    made.write({f"infra/mail/{AWS}": WIDER})
    _, answer = diff("--against", base, folder="infra/mail")
    assert edits(answer) == {f"infra/mail/{AWS}": "changed"}
    assert edits(diff("--against", base, f"../mail/{AWS}", folder="infra/mail")[1])
    outside = "../../stacks/Pulumi.azure.yaml"
    assert diff("--against", base, outside, folder="infra/mail")[1]["stacks"] == []


@pytest.mark.parametrize(
    "project, folder",
    [
        ("name: x\nruntime: python\n", ""),
        ("name: x\nstackConfigDir: environments\n", "environments/"),
        ("name: x\nstackConfigDir: ./deep/er/\n", "deep/er/"),
    ],
)
def test_stack_files_are_looked_for_where_the_project_has_them(
    made: Repository, diff: Diff, project: str, folder: str
) -> None:
    base = made.commit({"Pulumi.yaml": project, f"{folder}Pulumi.aws.yaml": START[AWS]})
    made.commit({f"{folder}Pulumi.aws.yaml": WIDER})
    for sides in (["--against", base], ["--against", base, "--at", "HEAD"]):
        assert edits(diff(*sides)[1]) == {f"{folder}Pulumi.aws.yaml": "changed"}


def test_a_project_that_moves_its_stack_files_hides_none(made: Repository, diff: Diff) -> None:
    base = made.commit({"Pulumi.yaml": "name: x\nstackConfigDir: stacks\n", **ONE})
    made.commit(
        {
            "Pulumi.yaml": "name: x\nstackConfigDir: other\n",
            AWS: None,
            "other/Pulumi.aws.yaml": WIDER,
        }
    )
    assert edits(diff("--against", base, "--at", "HEAD")[1]) == {"other/Pulumi.aws.yaml": "renamed"}


@pytest.mark.parametrize(
    "folder, found",
    [
        ("../elsewhere", "elsewhere/Pulumi.a.yaml"),
        ("..", "Pulumi.b.yaml"),
        # As Go joins paths: below the project.
        ("/deep", "infra/deep/Pulumi.c.yaml"),
    ],
)
def test_stack_files_are_found_where_pulumi_joins_the_folder_to(
    made: Repository, diff: Diff, folder: str, found: str
) -> None:
    made.commit({"infra/Pulumi.yaml": f"name: x\nstackConfigDir: {folder}\n"})
    made.write({found: WIDER})
    assert edits(diff("--against", "HEAD", folder="infra")[1]) == {found: "added"}


def test_a_tree_that_is_in_no_commit_can_be_compared(made: Repository, diff: Diff) -> None:
    # What `git merge-tree --write-tree` makes: the effect of merging.
    base = made.commit(ONE)
    made.write({AWS: WIDER})
    made.git("add", "--all")
    tree = made.git("write-tree")
    _, answer = diff("--against", base, "--at", tree, "--head", "4f2c91e")
    assert (answer["head"], edits(answer)) == ("4f2c91e", {AWS: "changed"})
    assert diff("--against", base, "--at", tree)[1]["head"] == tree


def test_a_repository_without_a_work_tree_will_do(made: Repository, diff: Diff) -> None:
    base = made.commit(ONE)
    made.commit({AWS: WIDER})
    made.git("clone", "--quiet", "--bare", ".", "bare.git")
    _, answer = diff("--against", base, "--at", "main", folder="bare.git")
    assert edits(answer) == {AWS: "changed"}


# ---- what a repository cannot do ----


def test_the_work_tree_and_the_index_are_left_as_they_are(made: Repository, diff: Diff) -> None:
    base = made.commit(ONE)
    made.commit({AWS: WIDER})
    made.write({AWS: START[AWS], "untracked": "x"})
    made.git("add", "--all")

    def seen() -> dict[str, tuple[bytes, int]]:
        files = (each for each in made.path.rglob("*") if each.is_file())
        return {str(each): (each.read_bytes(), each.stat().st_mtime_ns) for each in files}

    before = seen()
    assert diff("--against", base, "--at", "HEAD")[0] == 0
    assert diff("--against", base)[0] == 0
    assert seen() == before


def test_a_symbolic_link_is_not_followed(made: Repository, diff: Diff, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(WIDER, "utf-8")
    base = made.commit(ONE)
    for target in (str(secret), "../../secret", "Pulumi.other.yaml", "/etc/passwd"):
        (made.path / AWS).unlink()
        (made.path / AWS).symlink_to(target)
        made.git("add", "--all")
        made.git("commit", "--quiet", "--message=link")
        code, answer = diff("--against", base, "--at", "HEAD")
        (stack,) = answer["stacks"]
        assert (code, stack["valid"], stack["changes"]) == (2, False, [])
        assert "symbolic link" in stack["findings"][0]["why"]
        # As the old side it does not load either, and then everything counts as new.
        code, answer = diff("--against", "HEAD", "--at", base)
        assert (code, answer["stacks"][0]["old_valid"]) == (0, False)


def test_a_folder_that_became_a_link_hides_nothing(made: Repository, diff: Diff) -> None:
    base = made.commit(START)
    made.commit({AWS: None, AZURE: None, "elsewhere/Pulumi.aws.yaml": WIDER})
    made.put("stacks", "elsewhere", mode="120000")
    code, answer = diff("--against", base, "--at", "HEAD")
    assert code == 2
    assert [each["valid"] for each in answer["stacks"]] == [False, False]
    why = answer["stacks"][0]["findings"][0]["why"]
    assert why.lower() == "stacks is a symbolic link, which is not followed."


def test_a_submodule_in_place_of_a_file_is_no_file(made: Repository, diff: Diff) -> None:
    base = made.commit(ONE)
    made.git("rm", "--quiet", "--cached", AWS)
    made.git("update-index", "--add", "--cacheinfo", f"160000,{base},{AWS}")
    made.git("commit", "--quiet", "--message=submodule")
    assert edits(diff("--against", base, "--at", "HEAD")[1]) == {AWS: "deleted"}


def test_nothing_that_a_repository_configures_is_run(
    made: Repository, diff: Diff, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {ran}\ncat\n', "utf-8")
    trap.chmod(0o755)
    base = made.commit(ONE)
    made.commit({AWS: WIDER})
    made.put(
        ".gitattributes",
        "*.yaml filter=trap diff=trap merge=trap ident text eol=crlf export-subst "
        "working-tree-encoding=UTF-16\n",
    )
    made.put(".gitmodules", '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ran\n')
    for name, value in {
        "filter.trap.smudge": str(trap),
        "filter.trap.clean": str(trap),
        "filter.trap.process": str(trap),
        "filter.trap.required": "true",
        "diff.trap.textconv": str(trap),
        "diff.trap.command": str(trap),
        "diff.external": str(trap),
        "merge.trap.driver": str(trap),
        "core.fsmonitor": str(trap),
        "core.pager": str(trap),
        "core.sshCommand": str(trap),
        "core.gitProxy": str(trap),
        "core.askPass": str(trap),
        "alias.cat-file": f"!{trap}",
        "alias.ls-tree": f"!{trap}",
        "alias.rev-parse": f"!{trap}",
        "credential.helper": f"!{trap}",
    }.items():
        made.git("config", name, value)
    hooks = made.path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in (
        "post-checkout",
        "post-index-change",
        "reference-transaction",
        "fsmonitor-watchman",
    ):
        (hooks / hook).symlink_to(trap)
    code, answer = diff("--against", base, "--at", "HEAD")
    assert code == 0
    assert edits(answer) == {AWS: "changed"}
    assert diff("--against", base)[0] == 0
    assert not ran.exists()


def test_attributes_change_no_byte(made: Repository, diff: Diff) -> None:
    base = made.commit(ONE)
    made.put(".gitattributes", "* text eol=crlf ident working-tree-encoding=UTF-16LE\n")
    assert diff("--against", base, "--at", "HEAD")[1]["stacks"] == []


def test_what_was_put_in_place_of_an_object_is_not_taken_for_it(
    made: Repository, diff: Diff
) -> None:
    base = made.commit(ONE)
    head = made.commit({AWS: WIDER})
    made.git("replace", head, base)
    assert edits(diff("--against", base, "--at", head)[1]) == {AWS: "changed"}


def test_an_object_that_is_not_here_is_not_fetched(
    made: Repository, diff: Diff, tmp_path: Path
) -> None:
    base = made.commit(ONE)
    made.commit({AWS: WIDER})
    ran = tmp_path / "ran"
    made.git("config", "remote.origin.url", f"ext::sh -c 'touch {ran}'")
    made.git("config", "remote.origin.promisor", "true")
    made.git("config", "remote.origin.partialclonefilter", "blob:none")
    made.git("config", "protocol.ext.allow", "always")
    made.git("config", "core.repositoryFormatVersion", "1")
    made.git("config", "extensions.partialClone", "origin")
    blob = made.git("rev-parse", f"HEAD:{AWS}")
    (made.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    code, answer = diff("--against", base, "--at", "HEAD")
    assert code == 2
    assert answer["stacks"][0]["valid"] is False
    assert not ran.exists()


def test_a_file_that_is_too_big_is_not_read(made: Repository, diff: Diff) -> None:
    base = made.commit(ONE)
    made.commit({AWS: b"# exchange-ports\n" * 70_000})
    code, answer = diff("--against", base, "--at", "HEAD")
    assert code == 2
    assert "1190000 bytes" in answer["stacks"][0]["findings"][0]["why"]


@pytest.mark.parametrize(
    "revision",
    ["no-such-branch", "--help", "--output=x", "-h", "HEAD~99", "HEAD:stacks", "", "HEAD^{blob}"],
)
def test_what_is_no_revision_is_reported(made: Repository, diff: Diff, revision: str) -> None:
    made.commit(ONE)
    code, answer = diff(f"--against={revision}")
    assert code == 2
    assert "error[no-revision]" in answer["errors"]
    assert not (made.path / "x").exists()


def test_outside_of_a_repository_that_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert main(["diff", "--against", "HEAD"]) == 2
    assert "why: Not a git repository" in capsys.readouterr().err


def test_without_git_that_is_reported(
    made: Repository, diff: Diff, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.commit(ONE)
    monkeypatch.setenv("PATH", os.devnull)
    code, answer = diff("--against", "HEAD")
    assert code == 2
    assert "why: Git is not on PATH" in answer["errors"]


@pytest.mark.parametrize(
    "name",
    ["Pulumi.-x.yaml", "Pulumi.*.yaml", "Pulumi.:(glob)a.yaml", "Pulumi.a b\tc\n\x1b[31m.yaml"],
)
def test_a_name_is_a_name_whatever_is_in_it(made: Repository, diff: Diff, name: str) -> None:
    base = made.commit({AWS: START[AWS], f"stacks/{name}": START[AWS]})
    made.commit({f"stacks/{name}": WIDER})
    _, answer = diff("--against", base, "--at", "HEAD")
    assert edits(answer) == {f"stacks/{name}": "changed"}
