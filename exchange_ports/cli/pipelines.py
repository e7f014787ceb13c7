"""`--findings`: what a command finds and which checks fail, in a format of a pipeline, in place of its answer."""

import argparse
import sys
from contextlib import redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path

from exchange_ports.cli.console import BAD_INPUT, Volume, raise_voice
from exchange_ports.cli.stacks import file_of
from exchange_ports.findings import Finding, Refused
from exchange_ports.reports.findings_writers import findings_as


def findings_of(asked: argparse.Namespace, volume: Volume) -> int:
    """Run the command, write its findings alone, and return its exit code."""
    kept: list[Finding] = []
    raise_voice(volume, kept=kept)
    try:
        with redirect_stdout(TextIOWrapper(BytesIO())):
            code: int = asked.run(asked)
    except Refused as refused:
        kept += refused.findings
        code = BAD_INPUT
    finally:
        raise_voice(volume)
    words: list[str] = getattr(asked, "files", None) or [getattr(asked, "file", "")]
    text = findings_as(asked.findings, kept, _in_repository, asked.command, _file(words[-1]))
    sys.stdout.write(text)
    sys.stdout.flush()
    return code


def _file(word: str) -> str:
    """The file that a word names, or the word where there is none."""
    try:
        return file_of(word)
    except Refused:
        return word


def _in_repository(file: str) -> str:
    """The path from the top of the repository, by which pipelines know files; as it is where there is none."""
    here = Path(file).absolute()
    top = next((each for each in here.parents if (each / ".git").exists()), None)
    # What `diff` reads from a revision is named from the top already.
    return file if top is None or not here.exists() else here.relative_to(top).as_posix()
