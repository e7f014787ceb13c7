"""Findings about what was asked on the command line."""

from typing import Final

from exchange_ports.findings.finding import Kind, Severity

__all__ = [
    "CANNOT_READ",
    "CANNOT_WRITE",
    "KINDS",
    "MISSING_EXTRA",
    "NO_PACKET",
    "NO_PROJECT",
    "NO_REVISION",
    "NO_SIDES",
    "NO_SUCH_DAY",
    "PROGRAM_FAILED",
    "REVIEW_PASSED",
    "UNKNOWN_END",
]

CANNOT_READ: Final = Kind(
    "cannot-read-file",
    Severity.ERROR,
    summary="Cannot read {file}",
    why="{why}",
    fix="name a stack file, such as stacks/Pulumi.dev.yaml",
)
CANNOT_WRITE: Final = Kind(
    "cannot-write-file",
    Severity.ERROR,
    summary="Cannot write {file}",
    why="{why}",
    fix="name a file in a folder that is there and may be written to",
)
NO_PROJECT: Final = Kind(
    "no-project",
    Severity.ERROR,
    summary="Cannot find the Pulumi program of {file}",
    why="there is no Pulumi.yaml beside it or above it",
    fix="run it on a stack file inside a Pulumi project",
)
MISSING_EXTRA: Final = Kind(
    "missing-extra",
    Severity.ERROR,
    summary="Cannot run the program: {module} is not installed",
    why="exchange-ports needs a cloud's SDK only for `preview` and `pulumi up`",
    fix='install it with pip install "exchange-ports[aws]" or "exchange-ports[azure]"',
)
PROGRAM_FAILED: Final = Kind(
    "program-failed",
    Severity.ERROR,
    summary="Cannot preview: the program failed",
    why="{why}",
    fix="mend the program; the text above is what `pulumi up` would show",
)
UNKNOWN_END: Final = Kind(
    "unknown-end",
    Severity.ERROR,
    summary="Cannot ask about {end}: nothing is called so, and it is no address",
    why="{known}",
    fix="{fix}",
)
NO_PACKET: Final = Kind(
    "no-packet",
    Severity.ERROR,
    summary="Cannot ask what passes from {source} to {destination}",
    why="{why}",
    fix="name two different ends of one family of addresses",
)
NO_REVISION: Final = Kind(
    "no-revision",
    Severity.ERROR,
    summary="Cannot read {revision} from git",
    why="{why}",
    fix="name a commit, branch or tag that `git rev-parse --verify` finds in this repository",
)
NO_SIDES: Final = Kind(
    "no-sides",
    Severity.ERROR,
    summary="Cannot compare: {got}",
    why="an old side is needed and a new one: two files, or files and a revision",
    fix="`diff OLD NEW`, or `diff --against REVISION [FILE...]`",
)
NO_SUCH_DAY: Final = Kind(
    "no-such-day",
    Severity.ERROR,
    summary="Cannot take {text} for a day",
    why="{why}",
    fix="{fix}",
)
REVIEW_PASSED: Final = Kind(
    "review-passed",
    Severity.ERROR,
    summary="the additional flow {flow} was to be reviewed by {review}, {ago}",
    why="what nobody looks at again stays open{accepted}, needed or not",
    fix="ask {owner}{ticket}: set a later `review` where it is still needed, else delete the flow",
)

KINDS: Final = (
    CANNOT_READ,
    NO_PROJECT,
    MISSING_EXTRA,
    PROGRAM_FAILED,
    UNKNOWN_END,
    NO_PACKET,
    NO_REVISION,
    NO_SIDES,
    CANNOT_WRITE,
    NO_SUCH_DAY,
    REVIEW_PASSED,
)
