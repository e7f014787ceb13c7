"""A pull request of a fork, reviewed as GitHub runs the actions: from its commits to the comment."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from tests.review.actions import Job
from tests.review.fake_forges import FakeGitHub
from tests.review.machine import Machine
from tests.review.made import Entry, Made

__all__ = ["REPOSITORY", "Files", "Reviewed"]

REPOSITORY: Final = "contoso/mail"

Files: TypeAlias = Mapping[str | bytes, Entry]


class Reviewed:
    """A pull request, reviewed."""

    def __init__(self, tmp_path: Path, github: FakeGitHub, base: Files) -> None:
        self.made = Made(tmp_path / "server", REPOSITORY)
        self.github = github
        self._tmp_path = tmp_path
        self.base = self.made.commit(base)
        self.made.set("refs/heads/main", self.base)
        self.job = self._job("compare")

    def _job(self, name: str, base: str = "main", head: str = "") -> Job:
        event = self._tmp_path / "event.json"
        pull = {
            "number": 7,
            "title": "`touch broken` $(touch broken)",
            "head": {"sha": head or "4f" * 20, "ref": "$(touch broken)"},
            "base": {"ref": base, "sha": self.base},
        }
        event.write_text(json.dumps({"pull_request": pull}))
        return Job(Machine(self._tmp_path, name), event, self.github.url)

    def pull(self, files: Files, *above: str) -> str:
        """The fork's commit."""
        head = self.made.commit(files, *(above or (self.base,)))
        self.made.set("refs/pull/7/head", head)
        return head

    def compare(
        self, head: str, base: str = "main", *, install: bool = False, **inputs: str
    ) -> int:
        self.github.head = head
        self.job = self._job("compare", base, head)
        named = {key.replace("_", "-"): value for key, value in inputs.items()}
        venv = self.work / "venv"
        if not install and not venv.is_symlink():
            self.work.mkdir(exist_ok=True)
            venv.symlink_to(sys.prefix)
        code = self.job.run("review", named, skip="" if install else "install")
        print(self.job.log)  # where a test fails, that is why
        assert not list(self._tmp_path.rglob("broken"))
        return code

    @property
    def work(self) -> Path:
        return self.job.temp / "exchange-ports-review"

    @property
    def verdict(self) -> str:
        return self.job.outputs["compare"]["verdict"]

    @property
    def report(self) -> str:
        return (self.work / "out" / "report.md").read_text("utf-8")

    def post(self, head: str, **inputs: str) -> int:
        """The second job: the artifact is all that it has of the first."""
        job = self._job("comment", head=head)
        artifact = job.temp / "exchange-ports-comment"
        shutil.rmtree(artifact, ignore_errors=True)
        if (self.work / "out").is_dir():
            shutil.copytree(self.work / "out", artifact)
        code = job.run("comment", inputs)
        self.job.machine.log += job.log
        return code
