"""The scheduled workflow for endpoints: its scripts are run, from the web service to the pull request."""

import json
import re
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import yaml

from tests.review.machine import Machine
from tests.review.made import Made, plain
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

TEMPLATE: Final = ROOT / "docs" / "templates" / "endpoints-github.yml"
WORKFLOW: Final[dict[str, Any]] = yaml.safe_load(TEMPLATE.read_text("utf-8"))
FIXTURES: Final = ROOT / "tests" / "fixtures" / "endpoints"
TOKEN: Final = "the-token-of-the-job"  # noqa: S105 no secret
SNAPSHOT: Final[str] = WORKFLOW["env"]["SNAPSHOT"]
BRANCH: Final[str] = WORKFLOW["jobs"]["propose"]["env"]["BRANCH"]

#: `gh` notes what it is told, and has one pull request where `there` is a file.
_GH: Final = """#!/usr/bin/env bash
printf '%s\\n' "$*" >>"HERE/gh"
[[ $GH_TOKEN == TOKEN ]] || exit 4
if [[ $1 == pr && $2 == list && -f HERE/there ]]; then echo 12; fi
for word in "$@"; do if [[ ${before:-} == --body-file ]]; then cp "$word" HERE/body; fi; before=$word; done
"""


@dataclass
class Service:
    """The web service: it wants a GUID."""

    version: str = "2027010100"
    answer: bytes = (FIXTURES / "answer.json").read_bytes()
    #: In place of an answer.
    status: int = 200
    asked: list[str] = field(default_factory=list[str])
    url: str = ""

    def reply(self, target: str) -> tuple[int, bytes]:
        parts = urlsplit(target)
        self.asked.append(parts.path)
        try:
            (given,) = parse_qs(parts.query)["clientrequestid"]
            UUID(given)
        except (KeyError, ValueError):
            return 400, b"{}"
        if self.status != 200:
            return self.status, b"{}"
        if parts.path.startswith("/version/"):
            name = parts.path.removeprefix("/version/")
            return 200, json.dumps({"instance": name, "latest": self.version}).encode()
        return (200, self.answer) if parts.path.startswith("/endpoints/") else (404, b"")


@contextmanager
def serving(service: Service) -> Generator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = service.reply(self.path)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 as it is called
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def with_range(range_: str) -> bytes:
    """An answer whose hybrid mail has one more range."""
    records: list[dict[str, Any]] = json.loads((FIXTURES / "answer.json").read_text("utf-8"))
    next(each for each in records if each["id"] == 10)["ips"].append(range_)
    return json.dumps(records).encode()


class Run:
    """The repository with the stack files, and both jobs on new machines."""

    def __init__(self, tmp_path: Path, service: Service, snapshot: str | None = None) -> None:
        self.service, self.folder = service, tmp_path
        self.origin = Made(tmp_path / "server", "contoso/mail")
        files = {"README.md": plain("mail\n")}
        if snapshot is not None:
            files[SNAPSHOT] = plain(snapshot)
        self.origin.set("refs/heads/main", self.origin.commit(files))  # pyright: ignore[reportArgumentType]
        self.log = ""
        self.times = 0
        #: Whether the libraries are installed as the workflow does it, or lent: that takes seconds.
        self.installs = False

    def run(self, **variables: str) -> tuple[int, str]:
        """The exit code of the last job that ran, and the verdict of the first."""
        self.times += 1
        first = self._machine("compare")
        (first.home / ".exchange-ports").symlink_to(ROOT)
        output = first.home / "output"
        given = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(output),
            "ENDPOINTS_URL": self.service.url,
        }
        code = self._job(first, "compare", {**given, **variables})
        found = output.read_text("utf-8") if output.exists() else ""
        verdict = found.strip().removeprefix("verdict=")
        if code or verdict != "changed":
            return code, verdict
        second = self._machine("propose")
        out = first.home / "temp" / "exchange-ports" / "out"
        out.rename(second.home / ".exchange-ports-endpoints")
        return self._job(second, "propose", {}), verdict

    def _machine(self, job: str) -> Machine:
        machine = Machine(self.folder, f"{job}-{self.times}")
        machine.home.rmdir()
        subprocess.run(["git", "clone", "-q", self.origin.path, machine.home], check=True)
        (machine.home / "temp").mkdir()
        machine.lend("gh", _GH.replace("== TOKEN", f"== {TOKEN}"))
        return machine

    def _job(self, machine: Machine, name: str, given: Mapping[str, str]) -> int:
        job = WORKFLOW["jobs"][name]
        known = {
            "runner.temp": str(machine.home / "temp"),
            "github.workspace": str(machine.home),
            "github.token": TOKEN,
        }

        def expanded(values: Mapping[str, str]) -> dict[str, str]:
            return {
                key: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: known[found[1]], str(value))
                for key, value in values.items()
            }

        environment = {**expanded(WORKFLOW["env"]), **expanded(job.get("env", {})), **given}
        venv = machine.home / "temp" / "exchange-ports" / "venv"
        if not self.installs:
            venv.parent.mkdir()
            venv.symlink_to(sys.prefix)
        for step in job["steps"]:
            if "run" in step and (self.installs or "Install" not in step["name"]):
                code = machine.run(step["run"], {**environment, **expanded(step.get("env", {}))})
                if code:
                    self.log += machine.log
                    return code
        self.log += machine.log
        return 0

    @property
    def branches(self) -> set[str]:
        return {*self.origin.git("for-each-ref", "--format=%(refname)", "refs/heads").split()}

    def file(self, name: str) -> str:
        path = self.folder / name
        return path.read_text("utf-8") if path.exists() else ""


OURS: Final = f"refs/heads/{BRANCH}"


def test_a_newer_list_that_changes_a_rule_becomes_a_pull_request(tmp_path: Path) -> None:
    with serving(Service(answer=with_range("198.51.100.0/24"))) as service:
        run = Run(tmp_path, service)
        run.installs = True
        assert run.run() == (0, "changed")
    assert service.asked == ["/version/Worldwide", "/endpoints/Worldwide"]
    assert run.branches == {"refs/heads/main", OURS}
    snapshot = yaml.safe_load(run.origin.git("show", f"{OURS}:{SNAPSHOT}"))
    assert snapshot["version"] == "2027010100"
    assert "198.51.100.0/24" in snapshot["sets"]["hybrid_mail"]["ranges"]
    # Nothing else is changed.
    assert run.origin.git("diff", "--name-only", "main", OURS) == SNAPSHOT
    title = "Microsoft 365 endpoints (worldwide): 2026081400 to 2027010100"
    assert run.origin.git("log", "-1", "--format=%s", OURS) == title
    assert f"pr create --head {BRANCH} --title {title} --body-file" in run.file("gh")
    body = run.file("body")
    assert "Rules change: 1 range added." in body
    assert "+ 198.51.100.0/24" in body
    assert "replace the value of `endpoints`" in body
    assert TOKEN not in run.log


def test_an_open_pull_request_is_updated(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    with serving(Service(answer=with_range("198.51.100.0/24"))) as service:
        run = Run(tmp_path, service)
        assert run.run() == (0, "changed")
        service.version, service.answer = "2027020100", with_range("203.0.113.0/24")
        assert run.run() == (0, "changed")
    assert "pr create" not in run.file("gh")
    assert run.file("gh").count("pr edit 12 --title ") == 2
    snapshot = yaml.safe_load(run.origin.git("show", f"{OURS}:{SNAPSHOT}"))
    assert snapshot["version"] == "2027020100"
    assert "203.0.113.0/24" in run.file("body")


def test_a_list_that_changes_names_alone_opens_nothing(tmp_path: Path) -> None:
    answer = (FIXTURES / "answer-with-a-name.json").read_bytes()
    with serving(Service(answer=answer)) as service:
        run = Run(tmp_path, service)
        assert run.run() == (0, "same")
    assert (run.branches, run.file("gh")) == ({"refs/heads/main"}, "")


@pytest.mark.parametrize("version", ["2026081400", "2026070100"])
def test_a_version_that_is_not_newer_is_not_fetched(version: str, tmp_path: Path) -> None:
    with serving(Service(version=version, answer=b"")) as service:
        assert Run(tmp_path, service).run() == (0, "same")
    assert service.asked == ["/version/Worldwide"]


def test_the_file_of_an_earlier_pull_request_is_compared(tmp_path: Path) -> None:
    newer = (FIXTURES / "newer.yaml").read_text("utf-8")
    with serving(Service(version="2027020100")) as service:
        run = Run(tmp_path, service, newer)
        assert run.run() == (0, "changed")
    assert "2027010100 to 2027020100" in run.file("body")
    assert "- 198.51.100.0/24" in run.file("body")


@pytest.mark.parametrize(
    "status, why",
    [
        (400, "the service answers 400: it refuses the request"),
        (429, "the service answers 429: too many requests"),
        (302, "the service answers 302"),
        (500, "the service answers 500"),
    ],
)
def test_without_an_answer_the_list_in_use_stays(status: int, why: str, tmp_path: Path) -> None:
    with serving(Service(status=status)) as service:
        run = Run(tmp_path, service)
        assert run.run() == (0, "kept")
    assert (
        "::warning title=exchange-ports::The endpoints in use stay in use, version 2026081400"
        in run.log
    )
    assert why in run.log
    assert (run.branches, run.file("gh")) == ({"refs/heads/main"}, "")


def test_a_service_that_is_away_changes_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path, Service(url="http://127.0.0.1:9"))
    assert run.run() == (0, "kept")
    assert "the service does not answer" in run.log


@pytest.mark.parametrize("version", ["latest", "2027", "", "2027010100\n::set-output"])
def test_an_answer_without_a_version_changes_nothing(version: str, tmp_path: Path) -> None:
    with serving(Service(version=version)) as service:
        run = Run(tmp_path, service)
        assert run.run() == (0, "kept")
    assert "\n::set-output" not in run.log


@pytest.mark.parametrize(
    "answer, code",
    [
        (b"[]", "endpoints-empty"),
        (b"<html>", "not-endpoints"),
        (with_range("0.0.0.0/0"), "endpoints-range"),
        (with_range("10.0.0.0/8"), "endpoints-range"),
        (b"[" + b"0," * 600_000 + b"0]", ""),
    ],
)
def test_an_answer_that_is_no_list_fails_and_changes_nothing(
    answer: bytes, code: str, tmp_path: Path
) -> None:
    with serving(Service(answer=answer)) as service:
        run = Run(tmp_path, service)
        assert run.run() == ((1, "") if code else (0, "kept"))
    assert f"error[{code}]" in run.log if code else "has more than" in run.log
    assert run.branches == {"refs/heads/main"}


def test_another_instance_is_asked_by_its_own_name(tmp_path: Path) -> None:
    with serving(Service(version="2026060100")) as service:
        assert Run(tmp_path, service).run(INSTANCE="gcc_high", SNAPSHOT="none.yaml") == (0, "same")
        assert service.asked == ["/version/USGovGCCHigh"]
        run = Run(tmp_path / "other", service)
        assert run.run(INSTANCE="germany") == (1, "")
    assert "INSTANCE takes worldwide, china, gcc_high, dod" in run.log


def test_only_the_second_job_can_write_and_it_does_not_run_the_tool() -> None:
    jobs = cast("dict[str, Any]", WORKFLOW["jobs"])
    assert WORKFLOW["permissions"] == {}
    assert jobs["compare"]["permissions"] == {"contents": "read"}
    assert jobs["propose"]["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert "github.token" not in json.dumps(jobs["compare"])
    assert "reviewer" not in json.dumps(jobs["propose"])
    uses = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each) for each in uses)
    # No expression is in a script: a title or a name cannot become a command.
    scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert not any("${{" in script for script in scripts)


def test_the_scripts_are_good_shell(tmp_path: Path) -> None:
    checker = str(Path(sys.executable).with_name("shellcheck"))
    for job in WORKFLOW["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                file = tmp_path / "script.sh"
                file.write_text(f"#!/usr/bin/env bash\n{step['run']}")
                done = subprocess.run([checker, file], capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stdout


def test_the_workflow_passes_the_security_linter(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "endpoints.yml").write_bytes(TEMPLATE.read_bytes())
    linter = str(Path(sys.executable).with_name("zizmor"))
    done = subprocess.run(
        [linter, "--quiet", "--offline", "--persona", "pedantic", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
