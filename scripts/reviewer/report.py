"""The text that goes from the job that compares to the job that posts.

The second job trusts it no further than it must. It says for which head it was made, and is refused for
another one; the marker by which a comment is found again is written anew.
"""

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple
from urllib.parse import quote

from forge import project_folder, setting
from saying import Stopped

__all__ = ["MOST_BYTES", "NOTHING", "Report", "failure", "marked", "marker", "name", "read"]

#: GitHub refuses a comment of more than 65,536 characters. `exchange-ports diff` stays under 60,000
#: bytes, so more than this is not its work.
MOST_BYTES: Final = 64_000
#: The headline where no stack file differs in effect: no comment is made for that, an earlier one says so.
#: What differs in text only is the last sentence of a headline, so that nothing else differs if it is the first.
NOTHING: Final = re.compile(
    r"### (?:No stack file differs\.?|\d+ stack files? differs? in text, not in effect: .*)"
)

_FIRST_LINE: Final = re.compile(
    r"(<!-- exchange-ports:review v1 folder=\S+ )head=([0-9a-f]{40,64}) base=([0-9a-f]{40,64}) -->"
)


class Report(NamedTuple):
    """A report without its marker, and whether a comment is worth making for it."""

    text: str
    base: str
    quiet: bool


def marker(folder: PurePosixPath) -> str:
    """How every comment about the project in this folder begins, and no other one."""
    return f"<!-- exchange-ports:review v1 folder={quote(str(folder))} "


def marked(text: str, folder: PurePosixPath, head: str, base: str) -> str:
    """A text behind the marker of this project and these two commits."""
    return f"{marker(folder)}head={head} base={base} -->\n{text}"


def name(environment: Mapping[str, str]) -> int:
    """Write, as the step's output, what the artifact with the report of a project is called.

    Two projects of one run have two artifacts. The name is a hash, as a folder may have any letters.

    :raises Stopped: the step was not given what it needs.
    """
    folder = str(project_folder(environment)).encode()
    called = f"exchange-ports-review-{hashlib.sha256(folder).hexdigest()[:_DIGITS]}"
    with Path(setting(environment, "GITHUB_OUTPUT")).open("a", encoding="utf-8") as file:
        file.write(f"artifact={called}\n")
    return 0


#: Of a hash. A report of another folder is refused all the same.
_DIGITS: Final = 12


def failure(why: str, run: str) -> str:
    """What is said in place of a report. Better than silence: no news would look like no change.

    `run`: the address of the run's page.
    """
    return (
        f"### Cannot tell what merging this allows or blocks\n\n{why}\n\n"
        f"Until then, treat this pull request as if it allowed any traffic. [The run]({run})\n"
    )


def read(path: Path, folder: PurePosixPath, head: str) -> Report:
    """The report about a project, for a head.

    :raises Stopped: there is none, or it is not one that `exchange-ports diff` makes for this project
        and head.
    """
    try:
        # An artifact is unpacked by others: a link in it could name any file of this runner.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Stopped("The report is not a regular file.")
            content = file.read(MOST_BYTES + 1)
    except OSError:
        raise Stopped("The comparison left no report.") from None
    if len(content) > MOST_BYTES:
        raise Stopped(f"The report has more than {MOST_BYTES} bytes, which no comment can hold.")
    try:
        first, _, text = content.decode("utf-8").partition("\n")
    except UnicodeDecodeError:
        raise Stopped("The report is not UTF-8.") from None
    found = _FIRST_LINE.fullmatch(first)
    if found is None or found[2] != head:
        raise Stopped("The report was not made for the head of this pull request.")
    if found[1] != marker(folder):
        raise Stopped("The report is about a project in another folder.")
    if "\0" in text or not text.strip():
        raise Stopped("The report is not text.")
    return Report(text, found[3], NOTHING.fullmatch(text.partition("\n")[0]) is not None)
