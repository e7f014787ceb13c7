"""`init`: write a first stack file, from options, from questions on a terminal, or from both."""

import argparse
import sys
from pathlib import Path

from exchange_ports.cli.console import FINE
from exchange_ports.cli.questions import QUESTIONS, Question
from exchange_ports.cli.stacks import compiled, warn
from exchange_ports.findings import Refused
from exchange_ports.findings.command_kinds import CANNOT_WRITE, NO_FREE_ADDRESS
from exchange_ports.stackfile.stack_file import read_stack_file
from exchange_ports.topology.starter import Answers, NoRoom, starter_file


def init(asked: argparse.Namespace) -> int:
    """Write the file, or show it where standard output is asked for, and say what comes next.

    :raises Refused: there is such a file already, it cannot be written, or a range is too small.
    """
    answers = _answers(asked)
    try:
        text = starter_file(answers)
    except NoRoom as small:
        raise Refused([NO_FREE_ADDRESS.at((), why=str(small))]) from None
    file = _file(asked.name)
    # Never written before it is known to be right.
    _, warnings = compiled(read_stack_file(text.encode(), str(file)))
    if asked.stdout:
        print(text, end="")
    else:
        _write(file, text)
        print(f"Wrote {file}. Replace the lines marked TODO, then run:")
        print(f"  exchange-ports plan {file}")
    warn(warnings)
    return FINE


def _file(name: str) -> Path:
    """Where Pulumi looks for the stack: in `stacks` where the project has that folder."""
    folder = Path("stacks")
    return (folder if folder.is_dir() else Path()) / f"Pulumi.{name}.yaml"


def _write(file: Path, text: str) -> None:
    try:
        # What is there is somebody's work.
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except OSError as failed:
        why = (failed.strerror or "the system gives no reason").lower()
        raise Refused([CANNOT_WRITE.at((), file=str(file), why=why)]) from None


# ---- answers ----


def _answers(asked: argparse.Namespace) -> Answers:
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    given: dict[str, object] = {}
    for question in QUESTIONS:
        said = getattr(asked, question.option)
        if said is None and asks and not (question.option == "perimeter" and not given["edge"]):
            said = _ask(question)
        given[question.option] = question.read(question.default) if said is None else said
    given["smart_host"] = given.pop("mail")
    return Answers(**given)  # pyright: ignore[reportArgumentType] - each reader makes its field's type


def _ask(question: Question) -> object:
    while True:
        print(f"{question.text} [{question.default}]: ", end="", file=sys.stderr, flush=True)
        said = sys.stdin.readline()
        if not said:
            # End of input: the rest as it would be without a terminal.
            return question.read(question.default)
        try:
            return question.read(said.strip() or question.default)
        except argparse.ArgumentTypeError as wrong:
            print(f"  {wrong}", file=sys.stderr)
