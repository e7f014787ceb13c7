"""What a forge is: where pull requests are made, and where one comment is kept on each.

The pull request of a run is known from what the forge itself says to the run. Its words (titles, names of
branches) are the author's: of them only the name of the base branch is used, which exists in the
repository itself, and it is never read by a shell.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from saying import Stopped, one_line

__all__ = ["Comment", "Forge", "PullRequest", "checked", "project_folder", "setting"]

_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The pull request (of GitLab: merge request) that a run is about."""

    number: int
    head: str
    """The commit that is to be merged."""
    repository: str
    """Where its commits are fetched from, over https: the repository that it asks to change."""
    base: str
    """The ref of the branch into which it is to be merged."""
    proposed: str
    """A ref of the same repository by which the head is fetched."""
    files: str | None
    """What stands before COMMIT/PATH#LNUMBER in the address of a line; None where addresses differ."""
    run: str
    """The page of this run."""
    merged: bool = False
    """Whether `proposed` is the forge's own merge, and the head its second parent."""


class Comment(NamedTuple):
    """A comment of ours."""

    id: str
    body: str


class Forge(Protocol):
    """One pull request on a forge, by its API. Each call raises `Again` or `Stopped`."""

    def head(self) -> str:
        """The head that it has now."""
        ...

    def earlier(self, marker: str) -> Comment | None:
        """The first comment that is by us and begins with our marker. Anybody can write a marker."""
        ...

    def create(self, body: str) -> None:
        """Make a comment."""
        ...

    def update(self, comment: Comment, body: str) -> None:
        """Give a comment another text."""
        ...


def setting(environment: Mapping[str, str], name: str) -> str:
    """A variable of the step's environment.

    :raises Stopped: it is not there, or is empty.
    """
    value = environment.get(name, "")
    if not value:
        raise Stopped(f"{name} is not set: this step is run by the pipeline, with its environment")
    return value


def project_folder(environment: Mapping[str, str]) -> PurePosixPath:
    """The folder of the Pulumi project in its repository, from `FOLDER`; `.` where that is empty.

    :raises Stopped: it is no path inside the repository.
    """
    folder = PurePosixPath(environment.get("FOLDER", "").strip() or ".")
    if folder.is_absolute() or ".." in folder.parts or ".git" in folder.parts:
        raise Stopped("folder is a path inside the repository, such as infra/exchange")
    return folder


def checked(asked: PullRequest) -> PullRequest:
    """The same, if all that git and the API are given of it has the form that it must have.

    :raises Stopped: it has not.
    """
    right = (
        asked.number > 0
        and _COMMIT.fullmatch(asked.head)
        and asked.base.startswith("refs/heads/")
        and not any(char in asked.base for char in ":*^~?[\\ \n")
    )
    if not right:
        raise Stopped("The pull request is not in the expected form; nothing was done")
    if urlsplit(asked.repository).scheme != "https":
        raise Stopped(f"The repository has no address of https: {one_line(asked.repository)}")
    return asked
