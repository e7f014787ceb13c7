"""One command from its words to its exit code."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Final, NoReturn

from exchange_ports import __version__
from exchange_ports.cli.arguments import COMMANDS, volume_words
from exchange_ports.cli.console import BAD_INPUT, FINE, Volume, raise_voice
from exchange_ports.findings import Refused, nearest

_EXAMPLES: Final = """\
examples:
  exchange-ports init dev --cloud azure --sites hq,paris
                                                        a first stack file
  exchange-ports plan stacks/Pulumi.dev.yaml            what this stack opens, and why
  exchange-ports plan --json stacks/Pulumi.dev.yaml     the same for programs
  exchange-ports plan NEW --against OLD                 what the update cuts or opens in passing
  exchange-ports diff OLD NEW                           what traffic an edit opens and cuts
  exchange-ports diff --against main                    the same, of all stacks against a revision
  exchange-ports prove stacks/Pulumi.dev.yaml           that its rules let through what is meant
  exchange-ports check stacks/Pulumi.dev.yaml ex1 10.10.1.10 389/tcp
                                                        whether that passes, and who decides
  exchange-ports explain stacks/Pulumi.dev.yaml 3389    why that is open, who asked for it
  exchange-ports matrix stacks/Pulumi.dev.yaml          who may talk to whom, as a table
  exchange-ports diagram stacks/Pulumi.dev.yaml > dev.svg
                                                        the same as a picture
  exchange-ports handover stacks/Pulumi.both.yaml       what others' firewalls must let pass
  exchange-ports report stacks/Pulumi.both.yaml --format html > both.html
                                                        every rule and why, for an auditor
  exchange-ports adopt FILE --state EXPORT --aws JSON...
                                                        what exists and Pulumi does not know
  exchange-ports preview stacks/Pulumi.dev.yaml         what `pulumi up` would register, offline
  source <(exchange-ports completion bash)              commands, options and files by Tab
  exchange-ports schema > topology.schema.json          what a topology may say, for editors

exit codes: 0 fine, 1 the answer is no, 2 bad input
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    said = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser(said)
    if not said:
        parser.print_help()
        return FINE
    asked = parser.parse_args(said)
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        # A user's words may have letters that the terminal's encoding lacks.
        reconfigure(errors="backslashreplace")
    quiet, verbose = asked.quiet, asked.verbose
    raise_voice(Volume.QUIET if quiet else Volume.VERBOSE if verbose else Volume.USUAL)
    try:
        code: int = asked.run(asked)
        sys.stdout.flush()
    except Refused as refused:
        from exchange_ports.reports.reasons import findings_report
        from exchange_ports.reports.writers import show

        show(findings_report(refused.findings), sys.stderr)
        return BAD_INPUT
    return code


class _Parser(argparse.ArgumentParser):
    """A parser that says which word was probably meant."""

    #: The command that is asked for: this parser speaks of what that one could not read.
    asked: argparse.ArgumentParser | None = None

    def error(self, message: str) -> NoReturn:
        unknown = _UNKNOWN.match(message)
        if unknown is not None:
            word = unknown["command"] or unknown["option"]
            options = re.findall(r"--[a-z-]+", (self.asked or self).format_help())
            known = COMMANDS if unknown["command"] else options
            what = "command" if unknown["command"] else "option"
            meant = nearest(word, known)
            message = f"unknown {what} {word}" + (f"; did you mean {meant}?" if meant else "")
        super().error(message)


#: What argparse says of a word that it does not know.
_UNKNOWN: Final = re.compile(
    r"argument COMMAND: invalid choice: '(?P<command>[^']*)'|unrecognized arguments: (?P<option>-\S+)"
)


def _parser(said: Sequence[str]) -> _Parser:
    """The command that is asked for; all of them where it is none of `COMMANDS`."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog="exchange-ports",
        description="The firewall of an Exchange organization, declared once, for AWS and Azure.",
        epilog=_EXAMPLES,
        formatter_class=raw,
    )
    parser.add_argument("--version", action="version", version=f"exchange-ports {__version__}")
    commands = parser.add_subparsers(
        title="commands", required=True, metavar="COMMAND", prog=parser.prog
    )
    # A script for a shell has the words of all.
    meant = said[0] if said and said[0] in COMMANDS else None
    for name, (does, words, module) in COMMANDS.items():
        if meant in (None, name):
            command = commands.add_parser(name, help=does)
            words(command)
            volume_words(command)
            command.set_defaults(run=partial(_run, module, name))
            if meant is not None:
                parser.asked = command
    if meant is not None:
        return parser
    completion = commands.add_parser("completion", help="a script by which a shell completes")
    completion.add_argument(
        "shell", choices=("bash", "zsh", "fish", "tcsh", "powershell"), help="which shell"
    )
    completion.set_defaults(run=_completion(parser))
    volume_words(completion)
    return parser


def _run(module: str, command: str, asked: argparse.Namespace) -> int:
    """Load the command that is asked for: what it needs takes most of its time."""
    return getattr(import_module(f"exchange_ports.cli.{module}"), command)(asked)


def _completion(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    def run(asked: argparse.Namespace) -> int:
        from exchange_ports.cli.show_commands import completion

        return completion(asked, parser)

    return run
