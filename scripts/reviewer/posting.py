"""One comment on a pull request: made once, then kept up to date.

The only step with a token that may write. It decides nothing from what the other job left: which pull
request, which head and who we are come from the forge.
"""

import re
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import report
from api import Again
from forge import Forge, PullRequest, project_folder, setting
from forges import known, pull_request
from saying import Stopped, note

__all__ = ["post"]

_TRIES: Final = 5
#: Seconds before the second try; twice as many before each further one.
_FIRST_WAIT: Final = 1.0
#: The number of a run, in the address of its page.
_RUN: Final = re.compile(r"(/actions/runs/|/-/pipelines/|buildId=)[0-9]+")
_UNKNOWN: Final = "0" * 40
_MOVED_ON: Final = "The pull request has a newer head, and the run for that head reviews it"


def post(environment: Mapping[str, str]) -> int:
    """Make the comment, or bring it up to date, or leave it.

    :raises Stopped: the forge refuses, or there was no report (the comment then says so).
    """
    asked = pull_request(environment)
    folder = project_folder(environment)
    forge = known(environment).open(asked, environment)
    trouble = ""
    try:
        found = report.read(Path(setting(environment, "REPORT")), folder, asked.head)
    except Stopped as stopped:
        trouble = str(stopped)
        found = report.Report(report.failure(trouble, asked.run), _UNKNOWN, quiet=False)
    body = report.marked(found.text, folder, asked.head, found.base)
    done = _with_patience(forge, asked, folder, body, quiet=found.quiet)
    note(done)
    if trouble and done != _MOVED_ON:
        raise Stopped(trouble)
    return 0


def _with_patience(
    forge: Forge, asked: PullRequest, folder: PurePosixPath, body: str, *, quiet: bool
) -> str:
    """The whole of it, until the forge answers.

    From the beginning each time: a request that got no answer may have been done, and then the comment
    is found. It is never made twice.
    """
    for tried in range(1, _TRIES + 1):
        try:
            return _posted(forge, asked, folder, body, quiet=quiet)
        except Again as again:
            if tried == _TRIES:
                raise Stopped(f"{again} ({_TRIES} attempts)") from None
            seconds = _FIRST_WAIT * 2 ** (tried - 1) if again.seconds is None else again.seconds
            note(f"{again}; once more in {seconds:.0f} s")
            time.sleep(seconds)
    raise AssertionError("the last try returns or raises")


def _posted(
    forge: Forge, asked: PullRequest, folder: PurePosixPath, body: str, *, quiet: bool
) -> str:
    if forge.head() != asked.head:
        return _MOVED_ON
    earlier = forge.earlier(report.marker(folder))
    if earlier is None:
        if quiet:
            return "No stack file differs in effect, so no comment is needed"
        forge.create(body)
        return "Created the comment"
    if _same(earlier.body, body):
        return "The comment is up to date"
    forge.update(earlier, body)
    return "Updated the comment"


def _same(one: str, other: str) -> bool:
    """Whether two texts say the same, from whichever run."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return _RUN.sub("", text.replace("\r\n", "\n")).strip()
