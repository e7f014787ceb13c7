"""The templates for GitLab and Azure DevOps: their scripts are run, from the commits to the comment."""

import re
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml

from tests.review.actions import ROOT
from tests.review.fake_forges import FakeAzureDevOps, FakeForge, FakeGitLab, running
from tests.review.machine import SERVER, Machine
from tests.review.made import Made, plain

pytestmark = pytest.mark.slow

STACK: Final = "stacks/Pulumi.dev.yaml"
TEXT: Final = (ROOT / STACK).read_text("utf-8")
WIDER: Final = TEXT.replace("{from: [10.64.0.0/16]}", "{from: [10.64.0.0/16, 10.99.0.0/16]}")
TOKEN: Final = "the-token-of-the-job"  # noqa: S105 no secret
#: What only fetches.
JOB_TOKEN: Final = "the-job-token"  # noqa: S105 no secret
TEMPLATES: Final = ROOT / "docs" / "templates"


def template(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load((TEMPLATES / name).read_text("utf-8")))


@dataclass
class Repositories:
    """A project with a pull request, and exchange-ports, as this work tree has it."""

    project: Made
    tool: str
    base: str
    head: str


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    project = Made(tmp_path / "server", "contoso/mail")
    base = project.commit({STACK: plain(TEXT)})
    head = project.commit({STACK: plain(WIDER)}, base)
    merge = project.commit({STACK: plain(WIDER)}, base, head)
    project.set("refs/heads/main", base)
    project.set("refs/merge-requests/7/head", head)
    project.set("refs/pull/7/merge", merge)
    # GitLab's addresses for git end so.
    (tmp_path / "server" / "contoso" / "mail.git").symlink_to(project.path)
    tool = Made(tmp_path / "server", "exchange/ports")
    index = str(tmp_path / "index")
    parts = ("exchange_ports", "scripts", ".github")
    tool.git(
        f"--work-tree={ROOT}", "add", *(str(ROOT / part) for part in parts), GIT_INDEX_FILE=index
    )
    commit = tool.git("commit-tree", tool.git("write-tree", GIT_INDEX_FILE=index), reported=b"ours")
    tool.set("refs/heads/main", commit)
    return Repositories(project, commit, base, head)


def gitlab(
    forge: FakeForge, made: Repositories, tmp_path: Path, *, lost: bool, **more: str
) -> tuple[int, int, str]:
    """Both jobs' exit codes, and what they printed."""
    read = template("gitlab-ci.yml")
    given = {
        **read["variables"],
        "EXCHANGE_PORTS_REPOSITORY": f"{SERVER}/exchange/ports",
        "EXCHANGE_PORTS_COMMIT": made.tool,
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{forge.url}/api/v4",
        "CI_COMMIT_SHA": made.head,
        "CI_JOB_TOKEN": JOB_TOKEN,
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_PROJECT_URL": f"{SERVER}/contoso/mail",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "$(touch broken)",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_TITLE": "`touch broken`",
        "CI_PIPELINE_URL": f"{SERVER}/contoso/mail/-/pipelines/4711",
    }
    codes: list[int] = []
    log = ""
    for name in ("firewall-compare", "firewall-comment"):
        job, above = read[name], read[read[name]["extends"]]
        machine = Machine(tmp_path, name)
        variables = {**above["variables"], **job.get("variables", {})}
        # A variable of the environment that the second job alone names.
        token = {"REVIEW_TOKEN": TOKEN} if "environment" in job else {}
        expanded = {
            key: str(value).replace("$CI_PROJECT_DIR", str(machine.home))
            for key, value in variables.items()
        }
        if "needs" in job and not lost:
            shutil.copytree(
                tmp_path / "firewall-compare" / ".exchange-ports" / "out",
                machine.home / ".exchange-ports" / "out",
            )
        script = "\n".join([*above["before_script"], *job["script"]])
        codes.append(machine.run(script, {**given, **expanded, **token, **more}))
        log += machine.log
        print(machine.log)  # where a test fails, that is why
    return codes[0], codes[1], log


_MACRO: Final = re.compile(r"\$\(([A-Za-z._]+)\)")


def azure(
    forge: FakeForge, made: Repositories, tmp_path: Path, *, lost: bool, **more: str
) -> tuple[int, int, str]:
    """Both jobs' exit codes, and what they printed."""
    read = template("azure-pipelines.yml")
    given: dict[str, str] = {
        "TF_BUILD": "True",
        "BUILD_BUILDID": "4711",
        "BUILD_REPOSITORY_ID": "0a1b",
        "BUILD_REPOSITORY_URI": f"{SERVER.replace('//', '//contoso@')}/contoso/mail",
        "SYSTEM_COLLECTIONURI": f"{forge.url}/contoso/",
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
        "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/$(touch broken)",
        "SYSTEM_PULLREQUEST_SOURCECOMMITID": made.head,
        "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
        "SYSTEM_TEAMPROJECT": "Mail Systems",
        **more,
    }
    codes: list[int] = []
    log = ""
    for job in read["jobs"]:
        machine = Machine(tmp_path, job["job"])
        values = {
            "Pipeline.Workspace": str(machine.home),
            "System.AccessToken": JOB_TOKEN,
            "REVIEW_TOKEN": given.get("REVIEW_TOKEN", TOKEN),
        }

        def expand(texts: Mapping[str, str], values: dict[str, str] = values) -> dict[str, str]:
            return {
                key: _MACRO.sub(lambda found: values[found[1]], str(text))
                for key, text in texts.items()
            }

        variables = {
            **expand(read["variables"]),
            "EXCHANGE_PORTS_REPOSITORY": f"{SERVER}/exchange/ports",
            "EXCHANGE_PORTS_COMMIT": made.tool,
        }
        code = 0
        for step in job["steps"]:
            if "bash" in step and not code:
                own = expand(step.get("env", {}))
                code = machine.run(step["bash"], {**given, **variables, **own, **more})
            elif "download" in step and not lost:
                out = tmp_path / "compare" / "exchange-ports" / "out"
                shutil.copytree(out, machine.home / "exchange-ports-review")
        codes.append(code)
        log += machine.log
        print(machine.log)  # where a test fails, that is why
    return codes[0], codes[1], log


class Reviewed:
    """A pull request on one of the forges; `review` runs both jobs on new machines."""

    def __init__(self, name: str, forge: FakeForge, made: Repositories, tmp_path: Path) -> None:
        self.forge, self.made = forge, made
        self.text = "body" if name == "gitlab" else "content"
        self.log = ""
        job = b64encode(f"gitlab-ci-token:{JOB_TOKEN}".encode()).decode()
        self.header = f"basic {job}" if name == "gitlab" else f"bearer {JOB_TOKEN}"
        self._jobs = {"gitlab": gitlab, "azure devops": azure}[name]
        self._tmp_path = tmp_path

    @property
    def shown_by_git(self) -> set[str]:
        return Machine(self._tmp_path, "compare").shown_by_git

    def review(
        self,
        *,
        lost: bool = False,
        before: Callable[[], None] = lambda: None,
        **variables: str,
    ) -> tuple[int, int]:
        for machine in ("firewall-compare", "firewall-comment", "compare", "comment"):
            shutil.rmtree(self._tmp_path / machine, ignore_errors=True)
        before()
        jobs = self._jobs(self.forge, self.made, self._tmp_path, lost=lost, **variables)
        *codes, self.log = jobs
        assert TOKEN not in self.log
        assert not list(self._tmp_path.rglob("broken"))
        return codes[0], codes[1]


@pytest.fixture(params=["gitlab", "azure devops"])
def reviewed(
    request: pytest.FixtureRequest, repositories: Repositories, tmp_path: Path
) -> Iterator[Reviewed]:
    name: str = request.param
    fake = FakeGitLab(repositories.head) if name == "gitlab" else FakeAzureDevOps(repositories.head)
    with running(fake) as forge:
        yield Reviewed(name, forge, repositories, tmp_path)


MARKER: Final = "<!-- exchange-ports:review v1 folder=. "


def test_a_comment_is_made_and_kept_up_to_date(reviewed: Reviewed) -> None:
    reviewed.forge.forge(f"{MARKER}head=0 base=0 -->\nOpens nothing")

    assert reviewed.review() == (0, 0)

    forged, ours = reviewed.forge.comments
    assert forged[reviewed.text].endswith("Opens nothing")
    made = reviewed.made
    assert ours[reviewed.text].startswith(f"{MARKER}head={made.head} base={made.base} -->\n### ")
    assert "10.99.0.0/16" in ours[reviewed.text]
    assert reviewed.shown_by_git == {f"{SERVER}/.extraheader AUTHORIZATION: {reviewed.header}"}
    assert "buildId=4711" in ours[reviewed.text] or "/-/pipelines/4711" in ours[reviewed.text]

    ours[reviewed.text] = f"{MARKER}head=0 base=0 -->\nold\n"

    assert reviewed.review() == (0, 0)
    assert len(reviewed.forge.comments) == 2
    assert "10.99.0.0/16" in ours[reviewed.text]
    assert "Updated the comment" in reviewed.log


def test_a_gate_fails_the_first_job_and_a_lost_report_is_reported(reviewed: Reviewed) -> None:
    assert reviewed.review(FAIL_ON="newly_allowed") == (1, 0)
    assert "A gate of --fail-on failed" in reviewed.log
    (ours,) = reviewed.forge.comments
    assert "10.99.0.0/16" in ours[reviewed.text]

    assert reviewed.review(lost=True) == (0, 1)
    assert len(reviewed.forge.comments) == 1
    assert "### Cannot tell what merging this allows or blocks" in ours[reviewed.text]


def test_a_newer_head_and_a_token_that_may_not(reviewed: Reviewed) -> None:
    reviewed.forge.head = "5b" * 20
    assert reviewed.review() == (0, 0)
    assert "has a newer head" in reviewed.log

    reviewed.forge.token = "another"  # noqa: S105 no secret
    assert reviewed.review() == (0, 1)
    assert "answers 401: the token is not valid" in reviewed.log
    assert not reviewed.forge.comments


@pytest.mark.parametrize("name", ["gitlab-ci.yml", "azure-pipelines.yml"])
def test_the_scripts_of_the_templates_are_good_shell(name: str, tmp_path: Path) -> None:
    read = template(name)
    jobs = read["jobs"] if "jobs" in read else [read[key] for key in read if "firewall" in key]
    scripts = ["\n".join(job["script"]) for job in jobs if "script" in job]
    scripts += [step["bash"] for job in jobs for step in job.get("steps", []) if "bash" in step]
    assert len(scripts) >= 2
    for script in scripts:
        file = tmp_path / "script.sh"
        file.write_text(f"#!/usr/bin/env bash\n{script}\n")
        checker = str(Path(sys.executable).with_name("shellcheck"))
        done = subprocess.run([checker, file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "variables, sentence",
    [
        ({"GITLAB_CI": "true"}, "This pipeline has no merge request"),
        ({"TF_BUILD": "True"}, "This run has no pull request"),
        ({}, "This is not a job of GitHub Actions, GitLab CI or Azure Pipelines"),
    ],
)
def test_a_run_without_a_pull_request_is_reported(
    tmp_path: Path, variables: dict[str, str], sentence: str
) -> None:
    for step in ("fetch", "compare", "post"):
        machine = Machine(tmp_path, step)
        script = f'python -I "{ROOT}/scripts/reviewer" {step}'

        assert machine.run(script, {"WORK": str(machine.home), **variables}) == 1
        assert sentence in machine.log


def test_azure_pipelines_without_a_token_to_write_with_says_so(
    repositories: Repositories, tmp_path: Path
) -> None:
    with running(FakeAzureDevOps(repositories.head)) as forge:
        reviewed = Reviewed("azure devops", forge, repositories, tmp_path)

        unset = "$(REVIEW_TOKEN)"
        assert reviewed.review(REVIEW_TOKEN=unset) == (0, 1)

        assert "REVIEW_TOKEN is not set" in reviewed.log
        assert not forge.comments


def test_the_token_that_writes_is_in_the_last_step_alone_and_is_not_the_one_that_fetches() -> None:
    steps = [step for job in template("azure-pipelines.yml")["jobs"] for step in job["steps"]]
    tokens = [step["env"]["TOKEN"] for step in steps if "TOKEN" in step.get("env", {})]
    assert tokens == ["$(System.AccessToken)", "$(REVIEW_TOKEN)"]
    jobs = template("gitlab-ci.yml")
    scripts = {name: " ".join(jobs[name]["script"]) for name in jobs if name.startswith("firewall")}
    assert "CI_JOB_TOKEN" in scripts["firewall-compare"]
    assert "REVIEW_TOKEN" not in scripts["firewall-compare"]
    assert "CI_JOB_TOKEN" not in scripts["firewall-comment"]


def test_the_image_of_gitlab_is_named_by_digest_and_nothing_is_left_on_the_runner() -> None:
    above = template("gitlab-ci.yml")[".exchange-ports"]
    assert re.fullmatch(r"python:3\.13\.\d+-\w+@sha256:[0-9a-f]{64}", above["image"])
    assert above["before_script"][0].startswith('rm -rf "$TOOL"')
    assert above["after_script"] == ['rm -rf "$TOOL" "$WORK/repository" "$WORK/venv"']


def test_what_another_job_left_on_a_runner_of_gitlab_is_not_used(
    repositories: Repositories, tmp_path: Path
) -> None:
    with running(FakeGitLab(repositories.head)) as forge:
        reviewed = Reviewed("gitlab", forge, repositories, tmp_path)
        left = tmp_path / "firewall-compare"
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()

        def leave() -> None:
            left.mkdir()
            (left / ".exchange-ports").symlink_to(elsewhere)
            (left / ".exchange-ports-tool").symlink_to(elsewhere)

        assert reviewed.review(before=leave) == (0, 0)
        assert list(elsewhere.iterdir()) == []
        (ours,) = forge.comments
        assert "10.99.0.0/16" in ours["body"]


@pytest.mark.parametrize("name", ["gitlab-ci.yml", "azure-pipelines.yml"])
def test_templates_install_by_hash_alone(name: str) -> None:
    text = (TEMPLATES / name).read_text("utf-8")
    assert text.count("pip ") == text.count("--require-hashes") == 1
