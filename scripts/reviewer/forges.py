"""Which forge a run is on."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import azure_devops
import github
import gitlab
from forge import Forge, PullRequest, checked
from saying import Stopped

__all__ = ["Known", "known", "pull_request"]


class Known(NamedTuple):
    """A forge that we know."""

    asked: Callable[[Mapping[str, str]], PullRequest]
    """The pull request of a run."""
    header: Callable[[str], str]
    """By which git shows a token to it."""
    open: Callable[[PullRequest, Mapping[str, str]], Forge]
    """Its API, with the token of the environment."""


#: By the variable that each sets in every job.
_FORGES: Final[Mapping[str, Known]] = {
    "GITHUB_ACTIONS": Known(github.asked, github.header, github.GitHub),
    "GITLAB_CI": Known(gitlab.asked, gitlab.header, gitlab.GitLab),
    "TF_BUILD": Known(azure_devops.asked, azure_devops.header, azure_devops.AzureDevOps),
}


def known(environment: Mapping[str, str]) -> Known:
    """The forge whose job this is.

    :raises Stopped: it is none that we know.
    """
    for name, forge in _FORGES.items():
        if environment.get(name, "").lower() == "true":
            return forge
    raise Stopped("This is not a job of GitHub Actions, GitLab CI or Azure Pipelines")


def pull_request(environment: Mapping[str, str]) -> PullRequest:
    """The pull request of this run.

    :raises Stopped: it has none, or it is not as the forge writes it.
    """
    return checked(known(environment).asked(environment))
