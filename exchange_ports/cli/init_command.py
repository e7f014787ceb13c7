"""`init`: write a first stack file, from options, from questions on a terminal, or from both."""

import argparse
import sys
from pathlib import Path
from typing import Final

from exchange_ports.cli.console import FINE, note
from exchange_ports.cli.questions import QUESTIONS, Question
from exchange_ports.cli.stacks import compiled, new_file, warn
from exchange_ports.findings import Refused
from exchange_ports.findings.command_kinds import CANNOT_WRITE, NO_FREE_ADDRESS
from exchange_ports.stackfile.stack_file import read_stack_file
from exchange_ports.topology.starter import SCHEMA_FILE, Answers, NoRoom, starter_file


def init(asked: argparse.Namespace) -> int:
    """Write the file, or show it where standard output is asked for, and say what comes next.

    :raises Refused: there is such a file already, it cannot be written, or a range is too small.
    """
    answers = _answers(asked)
    try:
        text = starter_file(answers)
    except NoRoom as small:
        raise Refused([NO_FREE_ADDRESS.at((), why=str(small))]) from None
    file = Path(new_file(asked.name))
    # Never written before it is known to be right.
    _, warnings = compiled(read_stack_file(text.encode(), str(file)))
    if asked.stdout:
        print(text, end="")
    else:
        _write(file, text)
        print(f"Wrote {file}. Replace the lines marked TODO, then run:")
        print(f"  exchange-ports plan {file}")
        print("An editor completes and checks the file with the schema that this writes:")
        print(f"  exchange-ports schema --stack > {file.with_name(SCHEMA_FILE)}")
    warn(warnings)
    return FINE


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(exist_ok=True)
        # An existing file is never overwritten.
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except OSError as failed:
        why = (failed.strerror or "the system gives no reason").lower()
        raise Refused([CANNOT_WRITE.at((), file=str(file), why=why)]) from None


# ---- answers ----


def _answers(asked: argparse.Namespace) -> Answers:
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    given: dict[str, object] = {}
    defaults: list[str] = []
    for each in QUESTIONS:
        name = each.option.replace("-", "_")
        # Edge servers have the version of the others, if nothing else is answered.
        question = each._replace(default=each.default or str(given.get("exchange_version")))
        answer = getattr(asked, name)
        if answer is None and not asks and not (name in _OF_EDGE and not given["edge"]):
            defaults.append(f"  --{each.option} {question.default}")
        if answer is None and asks and not (name in _OF_EDGE and not given["edge"]):
            answer = _ask(question)
        given[name] = question.read(question.default) if answer is None else answer
    given["smart_host"] = given.pop("mail")
    if defaults:
        note(
            "No terminal to ask questions on. These defaults are used; each is an option:",
            *defaults,
        )
    return Answers(**given)  # pyright: ignore[reportArgumentType] - each reader makes its field's type


#: What is asked only where there are Edge Transport servers.
_OF_EDGE: Final = ("edge_version", "perimeter")


def _ask(question: Question) -> object:
    while True:
        text = f"{question.text[0].upper()}{question.text[1:]}"
        print(f"{text} [{question.default}]: ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
        if not answer:
            # End of input: the rest as it would be without a terminal.
            return question.read(question.default)
        try:
            return question.read(answer.strip() or question.default)
        except argparse.ArgumentTypeError as wrong:
            print(f"  {wrong}", file=sys.stderr)
