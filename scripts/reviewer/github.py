"""GitHub: the event of a run, and comments on a pull request."""

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from api import Api, field, pages
from forge import Comment, PullRequest, setting
from saying import Stopped

__all__ = ["GitHub", "asked", "header"]

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*/[A-Za-z0-9_.-]+")
#: As whom the token of a job writes.
_BOT: Final = "github-actions[bot]"
_NEEDED: Final = (
    "the job needs `permissions: pull-requests: write`, and for pull requests from forks the event "
    "`pull_request_target`"
)


def asked(environment: Mapping[str, str]) -> PullRequest:
    """The pull request of the event that started the run.

    :raises Stopped: the event is not that of a pull request.
    """
    event = json.loads(Path(setting(environment, "GITHUB_EVENT_PATH")).read_bytes())
    pull = field(event, "pull_request")
    number, head = field(pull, "number"), field(pull, "head", "sha")
    base = field(pull, "base", "ref")
    if not (isinstance(number, int) and isinstance(head, str) and isinstance(base, str)):
        raise Stopped(
            "This event has no pull request. The review runs `on: pull_request_target` "
            "(or `pull_request`, for repositories without forks)"
        )
    name = setting(environment, "GITHUB_REPOSITORY")
    if not _REPOSITORY.fullmatch(name):
        raise Stopped("GITHUB_REPOSITORY is not OWNER/NAME")
    repository = f"{setting(environment, 'GITHUB_SERVER_URL').rstrip('/')}/{name}"
    return PullRequest(
        number=number,
        head=head,
        repository=repository,
        base=f"refs/heads/{base}",
        proposed=f"refs/pull/{number}/head",
        files=f"{repository}/blob",
        run=f"{repository}/actions/runs/{setting(environment, 'GITHUB_RUN_ID')}",
    )


def header(token: str) -> str:
    """By which git shows a token to GitHub."""
    return f"basic {base64.b64encode(f'x-access-token:{token}'.encode()).decode()}"


class GitHub:
    """One pull request, by the REST API. https://docs.github.com/en/rest/issues/comments."""

    def __init__(self, pull: PullRequest, environment: Mapping[str, str]) -> None:
        """AUTHOR is as whom TOKEN writes, where that is not the job's own."""
        name = setting(environment, "GITHUB_REPOSITORY")
        self._api = Api(
            f"{setting(environment, 'GITHUB_API_URL').rstrip('/')}/repos/{name}",
            {
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {setting(environment, 'TOKEN')}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            "GitHub",
            _NEEDED,
        )
        self._author = environment.get("AUTHOR") or _BOT
        self._number = pull.number

    def head(self) -> str:
        """The head that it has now."""
        return str(field(self._api.get(f"/pulls/{self._number}")[0], "head", "sha"))

    def earlier(self, marker: str) -> Comment | None:
        """The first comment that is by us and begins with the marker."""
        for each in pages(self._api, f"/issues/{self._number}/comments"):
            body = str(field(each, "body"))
            if field(each, "user", "login") == self._author and body.startswith(marker):
                return Comment(str(field(each, "id")), body)
        return None

    def create(self, body: str) -> None:
        """Make a comment."""
        self._api.send("POST", f"/issues/{self._number}/comments", {"body": body})

    def update(self, comment: Comment, body: str) -> None:
        """Give a comment another text."""
        self._api.send("PATCH", f"/issues/comments/{comment.id}", {"body": body})
