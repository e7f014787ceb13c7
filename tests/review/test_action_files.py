"""The files of the actions and workflows say what they must, for the linters do not know all of it.

`scripts/workflows.sh` runs the linters.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.review.actions import ACTIONS, ROOT, action

WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FILES: Final = [*WORKFLOWS, *sorted(ACTIONS.glob("*/action.yml"))]
every_file = pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(ROOT)))
_PINNED: Final = re.compile(r"- uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def loaded(file: Path) -> dict[str, Any]:
    # Texts only: `on` is a boolean in YAML 1.1, and GitHub's key.
    return cast("dict[str, Any]", yaml.load(file.read_text("utf-8"), yaml.BaseLoader))  # noqa: S506 makes nothing but texts


def steps(file: Path) -> Iterator[dict[str, Any]]:
    content = loaded(file)
    if "runs" in content:
        yield from content["runs"]["steps"]
    for job in content.get("jobs", {}).values():
        yield from job.get("steps", [])


@every_file
def test_actions_of_others_are_pinned_by_commit_with_their_version(file: Path) -> None:
    for line in file.read_text("utf-8").splitlines():
        words = line.strip()
        if words.startswith(("- uses:", "uses:")) and "$/" not in words:
            assert _PINNED.fullmatch(words), words


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    found: dict[str, set[str]] = {}
    for file in FILES:
        for name, pin in re.findall(r"uses: ([\w./-]+)@(.+)", file.read_text("utf-8")):
            found.setdefault(name, set()).add(pin)
    assert {name: pins for name, pins in found.items() if len(pins) > 1} == {}


@every_file
def test_no_script_holds_an_expression(file: Path) -> None:
    """What stands in `${{ }}` is put into a script before a shell reads it. `env` carries it."""
    for step in steps(file):
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("name", ["review", "comment"])
def test_the_scripts_of_the_actions_are_good_shell(name: str, tmp_path: Path) -> None:
    for number, step in enumerate(step for step in action(name)["runs"]["steps"] if "run" in step):
        script = tmp_path / f"{number}.sh"
        script.write_text(f"#!/usr/bin/env bash\n{step['run']}\n")
        done = subprocess.run(
            [Path(sys.executable).with_name("shellcheck"), script],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_every_workflow_begins_with_no_permission_at_all() -> None:
    for file in WORKFLOWS:
        assert loaded(file)["permissions"] == {}, file


def test_the_job_that_reads_a_pull_request_may_not_write_and_the_one_that_writes_reads_none() -> (
    None
):
    jobs = loaded(ROOT / ".github" / "workflows" / "review.yml")["jobs"]

    assert jobs["compare"]["permissions"] == {"contents": "read"}
    assert jobs["comment"]["permissions"] == {"pull-requests": "write"}
    used = {
        name: [step["uses"].partition("@")[0] for step in job["steps"]]
        for name, job in jobs.items()
    }
    assert used == {
        "compare": ["$/.github/actions/review"],
        "comment": ["$/.github/actions/comment"],
    }


def test_what_runs_for_forks_with_our_rights_checks_nothing_out() -> None:
    """Neither the workflow that forks start, nor what it calls; and no secret is handed on."""
    for file in WORKFLOWS:
        content = loaded(file)
        text = file.read_text("utf-8")
        if "pull_request_target" not in content["on"] and "workflow_call" not in content["on"]:
            continue
        assert "actions/checkout" not in text
        assert "secrets" not in text
        assert "cache" not in text


@every_file
def test_a_checkout_leaves_no_token_behind(file: Path) -> None:
    for step in steps(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


def pins(file: Path) -> dict[str, str]:
    lines = file.read_text("utf-8").splitlines()
    found = [re.fullmatch(r"([\w.-]+)==(\S+)(?: \\)?", line) for line in lines]
    return {canonicalize_name(each[1]): each[2] for each in found if each}


def needed(name: str) -> set[str]:
    """The distributions that one without extras needs, itself among them."""
    found: set[str] = set()
    todo = [name]
    while todo:
        each = canonicalize_name(todo.pop())
        if each in found:
            continue
        found.add(each)
        for line in metadata.requires(each) or ():
            requirement = Requirement(line)
            # Those of this Python are those of the action's; no extra is asked for.
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(requirement.name)
    return found


def test_the_review_installs_what_the_tests_were_run_with_and_nothing_else() -> None:
    """`requirements.txt` of the action: to renew it, its first lines say how."""
    installed = pins(ACTIONS / "review" / "requirements.txt")
    tested = pins(ROOT / "constraints.txt")

    assert installed.keys() == needed("exchange-ports") - {"exchange-ports"}
    assert installed == {name: tested[name] for name in installed}
    assert (ACTIONS / "review" / "requirements.txt").read_text().count("--hash=sha256:") > len(
        installed
    )


def test_a_preview_installs_by_hash_what_the_tests_were_run_with() -> None:
    """`.github/preview/requirements.txt`: to renew it, its first lines say how."""
    file = ROOT / ".github" / "preview" / "requirements.txt"
    installed = pins(file)
    tested = pins(ROOT / "constraints.txt")
    wanted = set[str]().union(
        *(needed(name) for name in ("exchange-ports", "pulumi-aws", "pulumi-azure-native"))
    )

    assert installed.keys() >= wanted - {"exchange-ports"}
    assert installed == {name: tested[name] for name in installed}
    entries = re.split(r"\n(?=\S)", file.read_text("utf-8").partition("--no-annotate\n")[2])
    assert all("--hash=sha256:" in each for each in entries)


def test_a_release_is_published_by_the_uv_that_the_tests_were_run_with() -> None:
    file = ROOT / ".github" / "release" / "requirements.txt"
    assert pins(file) == {"uv": pins(ROOT / "constraints.txt")["uv"]}
    assert "--hash=sha256:" in file.read_text("utf-8")


def test_nothing_is_installed_without_hashes_where_a_job_has_more_than_reading_rights() -> None:
    """A token that may write, or credentials of a cloud."""
    for file in WORKFLOWS:
        for job in loaded(file).get("jobs", {}).values():
            rights = job.get("permissions", {})
            if "id-token" not in rights and "write" not in rights.values():
                continue
            scripts = "\n".join(step.get("run", "") for step in job.get("steps", []))
            assert "setup.sh" not in scripts
            assert scripts.count(" install ") == scripts.count("--require-hashes")


def test_the_engine_of_the_workflows_is_that_of_the_sdk() -> None:
    tested = pins(ROOT / "constraints.txt")["pulumi"]
    for file in WORKFLOWS:
        for step in steps(file):
            if step.get("uses", "").startswith("pulumi/actions@"):
                assert step["with"]["pulumi-version"] == tested


def test_reviews_of_two_projects_do_not_cancel_or_overwrite_each_other() -> None:
    """The concurrency group and the artifacts have the folder in them; all jobs are given it."""
    review = loaded(ROOT / ".github" / "workflows" / "review.yml")
    assert "${{ inputs.folder }}" in review["concurrency"]["group"]
    for job in review["jobs"].values():
        assert [step["with"]["folder"] for step in job["steps"]] == ["${{ inputs.folder }}"]
    for name in ("review", "comment"):
        found = {step["id"]: step for step in action(name)["runs"]["steps"] if "id" in step}
        assert found["name"]["env"]["FOLDER"] == "${{ inputs.folder }}"
        (moved,) = [
            step["with"]["name"]
            for step in action(name)["runs"]["steps"]
            if re.match("actions/(up|down)load-artifact@", step.get("uses", ""))
        ]
        assert moved == "${{ steps.name.outputs.artifact }}"


def test_the_name_of_an_artifact_is_that_of_its_folder(tmp_path: Path) -> None:
    names: list[str] = []
    for folder in ("", ".", "infra/exchange", "infra/exchange/", "infra-exchange", "a b/$(c)\nd"):
        out = tmp_path / "output"
        out.unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, "-I", ROOT / "scripts" / "reviewer", "name"],
            env={"FOLDER": folder, "GITHUB_OUTPUT": str(out)},
            check=False,
        )
        assert done.returncode == 0
        (line,) = out.read_text().splitlines()
        assert re.fullmatch("artifact=exchange-ports-review-[0-9a-f]{12}", line)
        names.append(line)
    assert names[0] == names[1]
    assert names[2] == names[3]
    assert len(set(names)) == 4


def blocks() -> list[dict[str, Any]]:
    """The workflows that the page tells other repositories to write."""
    page = (ROOT / "docs" / "reviewing.md").read_text("utf-8")
    found = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    return [yaml.load(block, yaml.BaseLoader) for block in found]  # noqa: S506 makes nothing but texts


def test_the_page_gives_what_the_called_workflow_needs_and_no_more() -> None:
    called, by_hand = blocks()
    (job,) = called["jobs"].values()
    review = loaded(ROOT / ".github" / "workflows" / "review.yml")["jobs"]

    assert called["on"] == by_hand["on"] == "pull_request_target"
    assert called["permissions"] == by_hand["permissions"] == {}
    assert job["permissions"] == {
        key: value for each in review.values() for key, value in each["permissions"].items()
    }
    assert job["uses"] == "OWNER/REPOSITORY/.github/workflows/review.yml@COMMIT"
    for name, each in by_hand["jobs"].items():
        assert each["permissions"] == review[name]["permissions"]
        assert each.get("if") == review[name].get("if")
        (used,) = [step["uses"] for step in each["steps"]]
        (ours,) = [step["uses"] for step in review[name]["steps"]]
        assert used == ours.replace("$/", "OWNER/REPOSITORY/") + "@COMMIT"


def test_the_inputs_on_the_page_are_those_of_the_workflow_and_of_the_action() -> None:
    page = (ROOT / "docs" / "reviewing.md").read_text("utf-8")
    named = set(re.findall(r"^\| `([\w-]+)` \| ", page, re.MULTILINE))
    taken = loaded(ROOT / ".github" / "workflows" / "review.yml")["on"]["workflow_call"]["inputs"]

    assert named == set(taken)
    assert named < set(action("review")["inputs"])
