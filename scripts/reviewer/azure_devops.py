"""Azure DevOps: the pull request of a pipeline's run, and threads on it."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from api import Again, Api, field, listed
from forge import Comment, PullRequest, setting
from saying import Stopped

__all__ = ["AzureDevOps", "asked", "header"]

_VERSION: Final = "api-version=7.1"
#: A comment of text; a thread that waits for no one. Both are numbers of the API.
_TEXT: Final = 1
_CLOSED: Final = 4
_NEEDED: Final = (
    "REVIEW_TOKEN needs the scope `Pull Request Threads (Read & write)`, and its account `Contribute to "
    "pull requests` on this repository"
)
#: What a pipeline leaves of a variable that is not set.
_UNSET: Final = "$("


def asked(environment: Mapping[str, str]) -> PullRequest:
    """The pull request of a build validation.

    https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables

    :raises Stopped: the run is not one of a pull request.
    """
    number = environment.get("SYSTEM_PULLREQUEST_PULLREQUESTID", "")
    if not number.isdecimal():
        raise Stopped("This run has no pull request: it must be a build validation of the branch")
    # It may name a user before the host, whom the token would contradict.
    given = urlsplit(setting(environment, "BUILD_REPOSITORY_URI"))
    repository = urlunsplit(given._replace(netloc=given.netloc.rpartition("@")[2]))
    return PullRequest(
        number=int(number),
        head=setting(environment, "SYSTEM_PULLREQUEST_SOURCECOMMITID"),
        repository=repository,
        base=setting(environment, "SYSTEM_PULLREQUEST_TARGETBRANCH"),
        # There is no ref for the head alone that a fork's pull request has as well.
        proposed=f"refs/pull/{number}/merge",
        files=None,
        run=f"{_project(environment)}/_build/results?buildId={setting(environment, 'BUILD_BUILDID')}",
        merged=True,
    )


def _project(environment: Mapping[str, str]) -> str:
    project = quote(setting(environment, "SYSTEM_TEAMPROJECT"), safe="")
    return f"{_collection(environment)}/{project}"


def _collection(environment: Mapping[str, str]) -> str:
    return setting(environment, "SYSTEM_COLLECTIONURI").rstrip("/")


def header(token: str) -> str:
    """By which git shows a job's token to Azure Repos."""
    return f"bearer {token}"


class AzureDevOps:
    """One pull request, by the REST API.

    https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-threads
    """

    def __init__(self, pull: PullRequest, environment: Mapping[str, str]) -> None:
        """Who we are is asked of Azure DevOps, once.

        :raises Stopped: the pipeline has no token to write with.
        """
        repository = quote(setting(environment, "BUILD_REPOSITORY_ID"), safe="")
        project = quote(setting(environment, "SYSTEM_TEAMPROJECT"), safe="")
        token = setting(environment, "TOKEN")
        if token.startswith(_UNSET):
            raise Stopped("REVIEW_TOKEN is not set: this pipeline needs it as a secret variable")
        # A personal access token is a password without a user; a job's token is taken so as well.
        password = b64encode(f":{token}".encode()).decode()
        self._api = Api(
            _collection(environment),
            {"Authorization": f"Basic {password}"},
            "Azure DevOps",
            _NEEDED,
        )
        self._request = f"/{project}/_apis/git/repositories/{repository}/pullRequests/{pull.number}"
        self._us: object = None

    def head(self) -> str:
        """The head that it has now."""
        answer, _ = self._api.get(f"{self._request}?{_VERSION}")
        return str(field(answer, "lastMergeSourceCommit", "commitId"))

    def earlier(self, marker: str) -> Comment | None:
        """The first comment that is by us and begins with the marker."""
        if self._us is None:
            answer, _ = self._api.get("/_apis/connectionData")
            self._us = field(answer, "authenticatedUser", "id")
        answer, _ = self._api.get(f"{self._request}/threads?{_VERSION}")
        threads = listed(field(answer, "value"))
        if threads is None or self._us is None:
            raise Again("Azure DevOps returns no threads, or not the user of the token", None)
        for thread in threads:
            comments = listed(field(thread, "comments"))
            first = comments[0] if comments else None
            body = str(field(first, "content"))
            ours = field(first, "author", "id") == self._us and not field(first, "isDeleted")
            if ours and body.startswith(marker):
                return Comment(f"{field(thread, 'id')}/comments/{field(first, 'id')}", body)
        return None

    def create(self, body: str) -> None:
        """Make a thread, closed: no one has to resolve it."""
        comment = {"parentCommentId": 0, "content": body, "commentType": _TEXT}
        data = {"comments": [comment], "status": _CLOSED}
        self._api.send("POST", f"{self._request}/threads?{_VERSION}", data)

    def update(self, comment: Comment, body: str) -> None:
        """Give a comment another text."""
        path = f"{self._request}/threads/{comment.id}?{_VERSION}"
        self._api.send("PATCH", path, {"content": body})
