"""The comment: made once, then kept up to date, by us and by no other."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.review.actions import Job
from tests.review.fake_forges import BOT, FakeGitHub, Fault, running
from tests.review.machine import Machine

pytestmark = pytest.mark.slow

HEAD: Final = "4f" * 20
BASE: Final = "9a" * 20
MARKER: Final = f"<!-- exchange-ports:review v1 folder=. head={HEAD} base={BASE} -->"
RUN: Final = "https://github.example/contoso/mail/actions/runs/4711"
REPORT: Final = f"{MARKER}\n### Opens `993/tcp` to 2 servers. Cuts nothing.\n\n| a | table |\n\n[whole]({RUN})\n"
NOW: Final = {"Retry-After": "0"}

Posting = Callable[..., tuple[int, str]]


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with running(FakeGitHub(HEAD)) as fake:
        yield fake


@pytest.fixture
def post(github: FakeGitHub, tmp_path: Path) -> Posting:
    def posted(report: str | bytes | None = REPORT, **inputs: str) -> tuple[int, str]:
        event = tmp_path / "event.json"
        # The titles and names are the author's.
        pull = {
            "number": 7,
            "title": "$(touch broken) ${{ github.token }}",
            "head": {"sha": HEAD, "ref": "$(touch broken)"},
            "base": {"ref": "main"},
        }
        event.write_text(json.dumps({"pull_request": pull}))
        job = Job(Machine(tmp_path, "job"), event, github.url)
        folder = job.temp / "exchange-ports-comment"
        folder.mkdir(exist_ok=True)
        if report is not None:
            content = report if isinstance(report, bytes) else report.encode()
            (folder / "report.md").write_bytes(content)
        code = job.run("comment", inputs)
        assert github.token not in job.log
        assert not (tmp_path / "broken").exists()
        return code, job.log

    return posted


def test_made_once_and_then_kept_up_to_date(github: FakeGitHub, post: Posting) -> None:
    assert post() == (0, "Created the comment\n")
    (comment,) = github.comments
    assert comment["body"] == REPORT

    code, log = post(REPORT.replace("Opens", "Cuts"))

    assert (code, log) == (0, "Updated the comment\n")
    assert [each["id"] for each in github.comments] == [comment["id"]]
    assert "### Cuts" in comment["body"]


def test_the_same_text_is_not_written_again(github: FakeGitHub, post: Posting) -> None:
    post()
    github.comments[0]["body"] = (
        github.comments[0]["body"].replace("4711", "12").replace("\n", "\r\n")
    )
    github.asked.clear()

    assert post() == (0, "The comment is up to date\n")
    assert not github.written


def test_a_comment_that_somebody_else_marked_is_left_alone(
    github: FakeGitHub, post: Posting
) -> None:
    forged = REPORT.replace("Opens `993/tcp` to 2 servers", "Opens nothing")
    left = [github.add(forged, login) for login in ("mallory", "github-actions", "mallory[bot]")]
    quoted = github.add(f"> {forged}")

    assert post() == (0, "Created the comment\n")
    assert all(github.body(number) == forged for number in left)
    assert github.body(quoted) == f"> {forged}"
    assert post() == (0, "The comment is up to date\n")


def test_our_comment_is_found_on_a_later_page(github: FakeGitHub, post: Posting) -> None:
    for number in range(250):
        github.add(f"comment {number}", "reviewer")
    ours = github.add(f"{MARKER}\nold\n")
    github.add("one more", "reviewer")

    assert post() == (0, "Updated the comment\n")
    assert github.body(ours).startswith(REPORT)


def test_comments_of_deleted_accounts_are_somebody_elses(github: FakeGitHub, post: Posting) -> None:
    github.comments += [
        {"id": 1, "body": MARKER, "user": None},
        {"id": 2, "body": None, "user": {"login": BOT}},
    ]

    assert post() == (0, "Created the comment\n")


def test_a_token_of_another_bot_has_its_own_comment(github: FakeGitHub, post: Posting) -> None:
    theirs = github.add(f"{MARKER}\nold\n", "firewall[bot]")
    ours = github.add(f"{MARKER}\nold\n")

    assert post(author="firewall[bot]") == (0, "Updated the comment\n")
    assert github.body(theirs).startswith(REPORT)
    assert github.body(ours) == f"{MARKER}\nold\n"


@pytest.mark.parametrize(
    "headline",
    [
        "No stack file differs.",
        "2 stack files differ in text, not in effect: `a.yaml` and `b.yaml`.",
    ],
)
def test_where_nothing_differs_nothing_is_reported_but_to_whom_we_had_reported_something(
    github: FakeGitHub, post: Posting, headline: str
) -> None:
    quiet = f"{MARKER}\n### {headline}\n\nNot covered: routes.\n"

    assert post(quiet) == (0, "No stack file differs in effect, so no comment is needed\n")
    assert not github.comments

    post()
    assert post(quiet) == (0, "Updated the comment\n")
    assert f"### {headline}\n" in github.comments[0]["body"]


def test_code_that_changed_beside_a_file_that_differs_in_text_only_is_reported(
    post: Posting,
) -> None:
    loud = "### Code changed: 1 file. 1 stack file differs in text, not in effect: `a.yaml`."
    assert post(f"{MARKER}\n{loud}\n\nNot covered: routes.\n") == (0, "Created the comment\n")


def test_each_project_of_a_repository_has_a_comment_of_its_own(
    github: FakeGitHub, post: Posting
) -> None:
    other = REPORT.replace("folder=. ", "folder=infra/exchange ").replace("Opens", "Cuts")

    assert post() == (0, "Created the comment\n")
    assert post(other, folder="infra/exchange/") == (0, "Created the comment\n")
    assert [each["body"] for each in github.comments] == [REPORT, other]
    assert post() == (0, "The comment is up to date\n")
    assert post(other, folder="infra/exchange") == (0, "The comment is up to date\n")


def test_a_report_about_another_project_is_refused(github: FakeGitHub, post: Posting) -> None:
    code, log = post(REPORT, folder="infra/exchange")

    assert code == 1
    assert "The report is about a project in another folder" in log
    (comment,) = github.comments
    assert comment["body"].startswith("<!-- exchange-ports:review v1 folder=infra/exchange head=")
    assert "### Cannot tell what merging this allows or blocks" in comment["body"]


def test_a_newer_head_is_left_to_its_own_run(github: FakeGitHub, post: Posting) -> None:
    github.add(f"{MARKER}\nold\n")
    github.head = "5b" * 20

    for report in (REPORT, None):
        code, log = post(report)
        assert (code, log) == (
            0,
            "The pull request has a newer head, and the run for that head reviews it\n",
        )
    assert not github.written


#: What a job that a pull request has taken over could leave: (what, the sentence).
BAD: Final = {
    "none": (None, "The comparison left no report."),
    "of another head": (
        REPORT.replace(HEAD, "5b" * 20),
        "The report was not made for the head of this pull request.",
    ),
    "without marker": (
        "### Opens nothing\n",
        "The report was not made for the head of this pull request.",
    ),
    "empty": (b"", "The report was not made for the head of this pull request."),
    "marker alone": (f"{MARKER}\n \n", "The report is not text."),
    "binary": (MARKER.encode() + b"\n\xff\xfe", "The report is not UTF-8."),
    "with NUL": (f"{MARKER}\n\0", "The report is not text."),
    "too long": (
        f"{REPORT}{'x' * 64_000}",
        "The report has more than 64000 bytes, which no comment can hold.",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_report_that_is_none_is_reported_and_not_passed_over(
    github: FakeGitHub, post: Posting, what: str
) -> None:
    report, sentence = BAD[what]
    earlier = github.add(f"{MARKER}\n### Opens nothing\n")

    code, log = post(report)

    assert code == 1
    assert log.splitlines() == [
        "Updated the comment",
        f"::error title=exchange-ports::{sentence}",
    ]
    body = github.body(earlier)
    assert body.startswith(
        f"<!-- exchange-ports:review v1 folder=. head={HEAD} base={'0' * 40} -->\n"
    )
    assert f"### Cannot tell what merging this allows or blocks\n\n{sentence}\n" in body
    assert f"[The run]({RUN})" in body
    assert "Opens nothing" not in body


def test_a_report_that_is_a_link_is_not_followed(
    github: FakeGitHub, post: Posting, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{MARKER}\nthe secret\n")
    folder = tmp_path / "job" / "exchange-ports-comment"
    folder.mkdir(parents=True)
    (folder / "report.md").symlink_to(secret)

    code, log = post(None)

    assert (code, "left no report" in log) == (1, True)
    assert "the secret" not in github.comments[0]["body"]


def test_the_longest_report_has_room(github: FakeGitHub, post: Posting) -> None:
    longest = REPORT + "ü" * ((64_000 - len(REPORT.encode())) // 2)

    assert post(longest)[0] == 0
    assert github.comments[0]["body"].startswith(longest)


#: What GitHub answers, and what one has to know of it.
REFUSALS: Final = {
    "an old token": (Fault(401, "Bad credentials"), "the token is not valid"),
    "a token that may only read": (
        Fault(403, "Resource not accessible by integration"),
        "the job needs `permissions: pull-requests: write`",
    ),
    "no such pull request": (Fault(404, "Not Found"), "the token has no access to it"),
    "a refused text": (Fault(422, "Validation Failed", method="POST"), "it rejects the text"),
    "a renamed repository": (
        Fault(301, "Moved", {"Location": "http://127.0.0.1:9/elsewhere"}),
        "the repository was renamed",
    ),
    "something else": (Fault(410, "Gone"), "it rejects the request"),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_what_github_refuses_is_reported_once_with_the_way_out(
    github: FakeGitHub, post: Posting, why: str
) -> None:
    fault, sentence = REFUSALS[why]
    github.faults = [fault]

    code, log = post()

    assert code == 1
    (line,) = log.splitlines()
    assert line.startswith("::error title=exchange-ports::")
    assert sentence in line
    assert line.endswith(f"Response: {fault.message}")
    assert not github.comments


#: What passes by itself.
PASSING: Final = {
    "too many requests": Fault(429, "slow down", NOW),
    "a secondary limit": Fault(403, "You have exceeded a secondary rate limit", NOW),
    "a spent limit": Fault(
        403, "API rate limit exceeded", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}
    ),
    "a bad gateway": Fault(502, "Server Error", NOW),
    "maintenance": Fault(503, "Unavailable", NOW),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("why", PASSING)
def test_what_passes_by_itself_is_asked_again(
    github: FakeGitHub, post: Posting, why: str, method: str
) -> None:
    fault = PASSING[why]
    github.faults = [Fault(fault.status, fault.message, fault.headers, method)] * 4

    code, log = post()

    assert code == 0
    assert log.splitlines()[-1] == "Created the comment"
    assert log.count("once more in 0 s") == 4
    assert len(github.comments) == 1


def test_after_five_times_it_is_an_error(github: FakeGitHub, post: Posting) -> None:
    github.faults = [Fault(503, "Unavailable", NOW)] * 9

    code, log = post()

    assert code == 1
    assert log.splitlines()[-1] == (
        "::error title=exchange-ports::GET /pulls/7: GitHub answers 503, server error. "
        "Response: Unavailable (5 attempts)"
    )
    assert len(github.asked) == 5


@pytest.mark.parametrize("silent", [False, True])
def test_a_comment_that_was_made_without_an_answer_is_not_made_twice(
    github: FakeGitHub, post: Posting, *, silent: bool
) -> None:
    github.faults = [Fault(502, "Server Error", NOW, "POST", done=True, silent=silent)]

    code, log = post()

    assert (code, log.splitlines()[-1]) == (0, "The comment is up to date")
    assert len(github.comments) == 1


def test_a_comment_that_is_deleted_meanwhile_is_an_error_that_says_so(
    github: FakeGitHub, post: Posting
) -> None:
    github.add(f"{MARKER}\nold\n")
    github.faults = [Fault(404, "Not Found", method="PATCH")]

    code, log = post()

    assert code == 1
    assert "PATCH /issues/comments/1000: GitHub answers 404" in log


def test_words_of_others_start_no_command_in_the_log(github: FakeGitHub, post: Posting) -> None:
    github.faults = [
        Fault(503, "x\n::set-output name=a::b ##[add-mask]a ###vso[task.setvariable]b", NOW),
        Fault(422, "y\r\n::stop-commands::z\x1b[2J%0A::error::", method="POST"),
    ]

    code, log = post()

    assert code == 1
    commands = [line for line in log.splitlines() if line.startswith("::")]
    assert len(commands) == 1
    assert commands[0].startswith("::error title=exchange-ports::POST")
    assert "%250A" in commands[0]
    assert "\x1b" not in log
    assert "##" not in log


def test_an_event_without_pull_request_is_reported(github: FakeGitHub, tmp_path: Path) -> None:
    for event in ({}, {"pull_request": None}, {"pull_request": {"number": 7}}):
        file = tmp_path / "event.json"
        file.write_text(json.dumps(event))
        job = Job(Machine(tmp_path, "job"), file, github.url)

        assert job.run("comment", {}) == 1
        assert "This event has no pull request" in job.log
    assert not github.asked


@pytest.mark.parametrize("head", ["main", "4F" * 20, "4f" * 19, f"{HEAD}\n", 7, None])
def test_an_event_that_is_not_as_github_writes_it_does_nothing(
    github: FakeGitHub, tmp_path: Path, head: object
) -> None:
    file = tmp_path / "event.json"
    pull = {"number": 7, "head": {"sha": head}, "base": {"ref": "main"}}
    file.write_text(json.dumps({"pull_request": pull}))
    job = Job(Machine(tmp_path, "job"), file, github.url)

    assert job.run("comment", {}) == 1
    assert ("not in the expected form" in job.log) is isinstance(head, str)
    assert not github.asked
