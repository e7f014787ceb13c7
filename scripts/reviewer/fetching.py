"""The two commits, fetched into a repository of our own: nothing is checked out.

A fork's commits are data here. The repository is made empty, without templates; its work tree stays
empty; the runner's git configuration is not read. So there is no hook, filter, textconv, merge driver
or attribute that a pull request could have brought, and no file of it stands on the disk but as an
object.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from forge import setting
from forges import known, pull_request
from saying import Stopped, note, one_line

__all__ = ["BASE", "HEAD", "Git", "fetch", "repository"]

BASE: Final = "refs/review/base"
HEAD: Final = "refs/review/head"
_PROPOSED: Final = "refs/review/proposed"
#: A large history takes minutes; the job's own time limit is behind this.
_SECONDS: Final = 600
_TRANSPORT: Final = "https"


def repository(environment: Mapping[str, str]) -> Path:
    """Where the repository of this run stands."""
    return Path(setting(environment, "WORK")) / "repository"


def fetch(environment: Mapping[str, str]) -> int:
    """Fetch the tip of the base branch, and the head of the pull request.

    :raises Stopped: git cannot, or says that the pull request does not exist.
    """
    asked = pull_request(environment)
    where = repository(environment)
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True)
    token = environment.get("TOKEN", "")
    shown = _shown(asked.repository, known(environment).header(token)) if token else {}
    git = Git(where, _TRANSPORT, shown)
    git("init", "--quiet", "--template=", ".")
    git(
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--end-of-options",
        asked.repository,
        f"+{asked.base}:{BASE}",
        f"+{asked.proposed}:{_PROPOSED}",
    )
    # Of a forge that shows its own merge alone, the head is what was merged in.
    git("update-ref", HEAD, f"{_PROPOSED}^2" if asked.merged else _PROPOSED)
    note(f"Fetched pull request {asked.number} and the branch it is for")
    return 0


def _shown(url: str, header: str) -> dict[str, str]:
    """A header for this server alone, in the environment: neither on a command line nor on disk."""
    server = urlunsplit(urlsplit(url)._replace(path="/", query="", fragment=""))
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server}.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: {header}",
    }


class Git:
    """Git in the repository of this run, with nothing of the runner's own configuration."""

    def __init__(self, where: Path, transport: str = "", more: Mapping[str, str] | None = None):
        """`transport`: the only one that may be used; none at all if it is left out."""
        kept = {name: value for name, value in os.environ.items() if _harmless(name)}
        self._where = where
        self.environment = {
            **kept,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_ALLOW_PROTOCOL": transport,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_CEILING_DIRECTORIES": str(where.parent),
            "LC_ALL": "C",
            **(more or {}),
        }

    def __call__(self, *arguments: str) -> bytes:
        """What git answers.

        :raises Stopped: it fails.
        """
        code, answer, reported = self.run(*arguments)
        if code:
            raise Stopped(f"git {arguments[0]} failed ({code}): {reported}")
        return answer

    def run(self, *arguments: str) -> tuple[int, bytes, str]:
        """Its exit code, its answer, and one line of what it says beside that."""
        try:
            # No shell. What an author can name (a base branch) stands inside a refspec.
            done = subprocess.run(
                [  # noqa: S607 the runner's git
                    "git",
                    *("-c", f"core.hooksPath={os.devnull}"),
                    *("-c", "core.fsmonitor=false"),
                    *("-c", f"core.attributesFile={os.devnull}"),
                    *("-c", "http.followRedirects=false"),
                    *arguments,
                ],
                cwd=self._where,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_SECONDS,
            )
        except FileNotFoundError:
            raise Stopped(
                "There is no git on this runner; version 2.38 or newer is needed"
            ) from None
        except subprocess.TimeoutExpired:
            raise Stopped(f"git {arguments[0]} did not finish within {_SECONDS} seconds") from None
        return done.returncode, done.stdout, one_line(done.stderr.decode("utf-8", "replace"))


def _harmless(name: str) -> bool:
    # Proxies and certificates of the runner are needed; its other settings for git, tokens and the
    # files by which a step talks to the runner are not.
    foreign = ("GIT_", "GITHUB_", "ACTIONS_", "INPUT_", "CI_", "SYSTEM_", "ENDPOINT_", "SECRET_")
    return not name.startswith(foreign) and "TOKEN" not in name
