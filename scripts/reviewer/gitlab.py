"""GitLab: the merge request of a pipeline, and notes on it."""

import base64
from collections.abc import Mapping
from typing import Final

from api import Again, Api, field, pages
from forge import Comment, PullRequest, setting
from saying import Stopped

__all__ = ["GitLab", "asked", "header"]

_NEEDED: Final = "TOKEN must be a project access token with the scope `api` and the role Reporter"


def asked(environment: Mapping[str, str]) -> PullRequest:
    """The merge request of a pipeline (`rules: if: $CI_PIPELINE_SOURCE == "merge_request_event"`).

    https://docs.gitlab.com/ci/variables/predefined_variables/

    :raises Stopped: the pipeline is not one of a merge request.
    """
    number = environment.get("CI_MERGE_REQUEST_IID", "")
    if not number.isdecimal():
        raise Stopped("This pipeline has no merge request: the job needs a rule for them")
    project = setting(environment, "CI_MERGE_REQUEST_PROJECT_URL").rstrip("/")
    # In a pipeline for merged results CI_COMMIT_SHA is GitLab's merge.
    source = environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")
    return PullRequest(
        number=int(number),
        head=source or setting(environment, "CI_COMMIT_SHA"),
        repository=f"{project}.git",
        base=f"refs/heads/{setting(environment, 'CI_MERGE_REQUEST_TARGET_BRANCH_NAME')}",
        proposed=f"refs/merge-requests/{number}/head",
        files=f"{project}/-/blob",
        run=setting(environment, "CI_PIPELINE_URL"),
    )


def header(token: str) -> str:
    """By which git shows a job's token to GitLab."""
    return f"basic {base64.b64encode(f'gitlab-ci-token:{token}'.encode()).decode()}"


class GitLab:
    """One merge request, by the REST API. https://docs.gitlab.com/api/notes/."""

    def __init__(self, pull: PullRequest, environment: Mapping[str, str]) -> None:
        """Who we are is asked of GitLab, once."""
        self._api = Api(
            setting(environment, "CI_API_V4_URL").rstrip("/"),
            {"PRIVATE-TOKEN": setting(environment, "TOKEN")},
            "GitLab",
            _NEEDED,
        )
        project = setting(environment, "CI_MERGE_REQUEST_PROJECT_ID")
        self._request = f"/projects/{int(project)}/merge_requests/{pull.number}"
        self._us: object = None

    def head(self) -> str:
        """The head that it has now."""
        return str(field(self._api.get(self._request)[0], "sha"))

    def earlier(self, marker: str) -> Comment | None:
        """The first note that is by us and begins with the marker."""
        if self._us is None:
            self._us = field(self._api.get("/user")[0], "id")
        if self._us is None:
            raise Again("GitLab does not return the user of the token", None)
        for each in pages(self._api, f"{self._request}/notes", "&sort=asc&order_by=created_at"):
            body = str(field(each, "body"))
            if field(each, "author", "id") == self._us and body.startswith(marker):
                return Comment(str(field(each, "id")), body)
        return None

    def create(self, body: str) -> None:
        """Make a note."""
        self._api.send("POST", f"{self._request}/notes", {"body": body})

    def update(self, comment: Comment, body: str) -> None:
        """Give a note another text."""
        self._api.send("PUT", f"{self._request}/notes/{comment.id}", {"body": body})
