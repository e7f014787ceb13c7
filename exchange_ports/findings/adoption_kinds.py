"""Findings about what `adopt` is given: what clouds printed, a stack's export, and names with ids."""

from typing import Final

from exchange_ports.findings.finding import Kind, Severity

__all__ = [
    "CANNOT_READ_OUTPUT",
    "INCOMPLETE_OUTPUT",
    "KINDS",
    "NOT_IN_PLAN",
    "OTHER_PLACE",
    "WRONG_OUTPUT",
]

CANNOT_READ_OUTPUT: Final = Kind(
    "cannot-read-output",
    Severity.ERROR,
    summary="Cannot read {file}",
    why="{why}",
    fix="give the whole output, as JSON, of {commands}",
)
WRONG_OUTPUT: Final = Kind(
    "wrong-output",
    Severity.ERROR,
    summary="{file} is not what adopt reads there: {wrong}",
    why="what exists is compared field by field, and nothing is guessed",
    fix="{fix}",
)
INCOMPLETE_OUTPUT: Final = Kind(
    "incomplete-output",
    Severity.ERROR,
    summary="{what} is not whole: {missing}",
    why="what is not listed would count as not there, and an update would make it again",
    fix="{fix}",
)
OTHER_PLACE: Final = Kind(
    "other-place",
    Severity.ERROR,
    summary="{what} is of another place: {where}",
    why="what exists in one place says nothing about what exists in another",
    fix="{fix}",
)
NOT_IN_PLAN: Final = Kind(
    "not-in-plan",
    Severity.ERROR,
    summary="Cannot adopt {name}: {what}",
    why="only what the stack file needs can be adopted, each thing once",
    fix="{fix}",
)

KINDS: Final = (
    CANNOT_READ_OUTPUT,
    WRONG_OUTPUT,
    INCOMPLETE_OUTPUT,
    OTHER_PLACE,
    NOT_IN_PLAN,
)
