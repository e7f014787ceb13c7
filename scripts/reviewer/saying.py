"""What a step says, in the log of a run.

Runners read commands from the log: of GitHub a line that starts with `::`, of GitHub and Azure Pipelines
whatever follows `##[` or `##vso[` anywhere in a line. They may set an output or hide what follows. So only
our own sentences are printed, and what stands in them of others is made one line in which no command is.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["Stopped", "error", "note", "one_line", "show", "warning"]

#: Enough of somebody else's message to know what is meant.
_MOST_CHARACTERS: Final = 1_000
#: GitHub throws a longer summary away, whole (it takes 1 MiB).
_MOST_OF_A_SUMMARY: Final = 1_000_000


class Stopped(Exception):
    """A step cannot be done; the text says why, and what would be right."""


def note(text: str) -> None:
    """Say something in the log."""
    print(one_line(text), flush=True)


def error(text: str) -> None:
    """Say an error, such that the run's page shows it above the log."""
    _shown_above(text, "error")


def warning(text: str) -> None:
    """Say a warning in the same way; the step goes on."""
    _shown_above(text, "warning")


def _shown_above(text: str, kind: str) -> None:
    line = one_line(text)
    if "GITHUB_ACTIONS" in os.environ:
        # https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
        line = f"::{kind} title=exchange-ports::{line.replace('%', '%25')}"
    elif "TF_BUILD" in os.environ:
        # https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands
        line = f"##vso[task.logissue type={kind}]{line.replace('%', '%AZP25')}"
    else:
        line = f"{kind}: {line}"
    print(line, flush=True)


def show(summary: Path, environment: Mapping[str, str]) -> None:
    """Show a file of Markdown on the run's page, where the forge has a place for it."""
    if summary.stat().st_size > _MOST_OF_A_SUMMARY:
        note("The whole report is too long for a summary: it is among the files of this run")
    elif "GITHUB_STEP_SUMMARY" in environment:
        with Path(environment["GITHUB_STEP_SUMMARY"]).open("ab") as file:
            file.write(summary.read_bytes())
    elif "TF_BUILD" in environment:
        print(f"##vso[task.uploadsummary]{summary}", flush=True)


def one_line(text: str) -> str:
    """Text of others as one line of bounded length, in which there is no command."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(shown.split())
    if len(line) > _MOST_CHARACTERS:
        line = f"{line[:_MOST_CHARACTERS]} ..."
    while "##" in line:
        line = line.replace("##", "#")
    return line.lstrip(":")
