"""One command from its words to its exit code."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from shutil import get_terminal_size
from typing import Final, NoReturn

from exchange_ports import __version__
from exchange_ports.cli.arguments import COMMANDS, Formatter, actions_of, volume_words
from exchange_ports.cli.console import BAD_INPUT, FINE, Volume, raise_voice
from exchange_ports.findings import Refused, nearest

_EXAMPLES: Final = (
    ("init dev --cloud azure --sites hq,paris", "a first stack file"),
    ("plan dev", "what this stack allows, and why"),
    ("plan stacks/Pulumi.dev.yaml --json", "the same for a file, as JSON"),
    ("plan NEW --against OLD", "what the update blocks or opens while it runs"),
    ("diff OLD NEW", "what an edit newly allows and blocks"),
    ("diff --against main", "the same for all stacks, against a revision"),
    ("prove dev", "whether its rules allow exactly what is required"),
    ("check dev ex1 10.10.1.10 ldap", "whether this is allowed, and which rules decide"),
    ("explain dev rdp", "why this port is open, and where it is declared"),
    (
        "audit dev --live exports/",
        "which existing rules differ from the declaration, the worst first",
    ),
    ("matrix dev", "the allowed traffic as a table"),
    ("diagram dev > dev.svg", "the allowed traffic as a picture"),
    ("handover both", "what other firewalls must allow"),
    ("report both --format html > both.html", "every rule and its reason, for an auditor"),
    ("rehearse dev --flow-logs logs/", "which recorded traffic would be blocked"),
    (
        "adopt FILE --state EXPORT --aws JSON...",
        "which existing resources are not in Pulumi's state",
    ),
    ("endpoints diff OLD NEW", "which rules a newer list of Microsoft 365 changes"),
    ("preview dev", "what `pulumi up` would register, offline"),
    ("schema --stack > stack.schema.json", "the fields of a stack file, for editors"),
    ("completion bash", "a script that completes commands and files by Tab"),
)
#: An example and what it does stand beside each other where there is so much room for the latter.
_ROOM_BESIDE: Final = 40
_CODES: Final = "exit codes: 0 success, 1 a check failed, 2 invalid input"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser(given)
    if not given:
        parser.print_help()
        # The process ends without what Python does at its end.
        sys.stdout.flush()
        return FINE
    asked = parser.parse_args(given)
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        # A user's words may have letters that the terminal's encoding lacks.
        reconfigure(errors="backslashreplace")
    volume = Volume.QUIET if asked.quiet else Volume.VERBOSE if asked.verbose else Volume.USUAL
    if getattr(asked, "findings", None):
        from exchange_ports.cli.pipelines import findings_of

        return findings_of(asked, volume)
    raise_voice(volume)
    try:
        code: int = asked.run(asked)
        sys.stdout.flush()
    except Refused as refused:
        from exchange_ports.reports.reasons import findings_report
        from exchange_ports.reports.text_writer import show

        show(findings_report(refused.findings), sys.stderr)
        return BAD_INPUT
    return code


class _Parser(argparse.ArgumentParser):
    """A parser that says which word was probably meant."""

    #: The command that is asked for: this parser speaks of what that one could not read.
    asked: argparse.ArgumentParser | None = None

    def format_help(self) -> str:
        """The help with examples at its end, as wide as the terminal."""
        from exchange_ports.reports import document as doc
        from exchange_ports.reports.text_writer import to_text

        # `exchange-ports plan` has those of `plan`; `exchange-ports` alone has all.
        command = self.prog.split()[1:]
        examples = [
            (f"exchange-ports {words}", does)
            for words, does in _EXAMPLES
            if words.split()[: len(command)] == command
        ]
        width = get_terminal_size().columns
        blocks: list[doc.Block] = [doc.Facts(examples)]
        if max((len(command) for command, _ in examples), default=0) + _ROOM_BESIDE > width:
            # What can be typed stays on one line.
            blocks = [
                doc.Paragraph(text, indent, indent + 2)
                for example in examples
                for indent, text in zip((2, 6), example, strict=True)
            ]
        codes = doc.Section("", (doc.Paragraph(_CODES),))
        sections = (doc.Section("examples:", blocks), codes) if examples else (codes,)
        return f"{super().format_help()}\n{to_text(doc.Document(sections), width)}\n"

    def error(self, message: str) -> NoReturn:
        unknown = _UNKNOWN.match(message)
        if unknown is not None:
            word = unknown["word"] or unknown["option"]
            options = re.findall(r"--[a-z-]+", (self.asked or self).format_help())
            listed = re.findall(r"[a-z-]+", message.partition("choose from ")[2])
            known = listed if unknown["word"] else options
            what = unknown["what"].lower() if unknown["word"] else "option"
            meant = nearest(word, known)
            message = f"unknown {what} {word}" + (f"; did you mean {meant}?" if meant else "")
        super().error(message)


#: What argparse says of a word that it does not know.
_UNKNOWN: Final = re.compile(
    r"argument (?P<what>COMMAND|ACTION): invalid choice: '(?P<word>[^']*)'|unrecognized arguments: (?P<option>-\S+)"
)


def _parser(given: Sequence[str]) -> _Parser:
    """The command that is asked for; all of them where it is none of `COMMANDS`."""
    parser = _Parser(
        prog="exchange-ports",
        description="The firewall of an Exchange organization, declared once, for AWS and Azure.",
        formatter_class=Formatter,
    )
    parser.add_argument("--version", action="version", version=f"exchange-ports {__version__}")
    commands = parser.add_subparsers(
        title="commands", required=True, metavar="COMMAND", prog=parser.prog
    )
    # A script for a shell has the words of all.
    meant = given[0] if given and given[0] in COMMANDS else None
    for name, (does, words, module) in COMMANDS.items():
        if meant in (None, name):
            command = commands.add_parser(name, help=does, formatter_class=Formatter)
            words(command)
            volume_words(command)
            command.set_defaults(run=partial(_run, module, name), command=name)
            if meant is not None:
                parser.asked = _innermost(command, given[1:])
    if meant is not None:
        return parser
    completion = commands.add_parser(
        "completion",
        help="print a script that completes commands in a shell",
        formatter_class=Formatter,
    )
    completion.add_argument(
        "shell", choices=("bash", "zsh", "fish", "tcsh", "powershell"), help="the shell"
    )
    completion.set_defaults(run=_completion(parser))
    volume_words(completion)
    return parser


def _innermost(command: argparse.ArgumentParser, given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the action that is asked for; that of the command where it has none."""
    actions = actions_of(command)
    return next((actions[word] for word in given if word in actions), command)


def _run(module: str, command: str, asked: argparse.Namespace) -> int:
    """Load the command that is asked for: what it needs takes most of its time."""
    return getattr(import_module(f"exchange_ports.cli.{module}"), command)(asked)


def _completion(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    def run(asked: argparse.Namespace) -> int:
        from exchange_ports.cli.show_commands import completion

        return completion(asked, parser)

    return run
