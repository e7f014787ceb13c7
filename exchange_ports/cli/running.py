"""One command from its words to its exit code."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from typing import Final

from exchange_ports import __version__
from exchange_ports.cli.codes import BAD_INPUT, FINE
from exchange_ports.cli.talk import Volume, raise_voice
from exchange_ports.findings import Refused

__all__ = ["main"]

_EXAMPLES: Final = """\
examples:
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
    asked = _parser().parse_args(arguments)
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        # A user's words may have letters that the terminal's encoding lacks.
        reconfigure(errors="backslashreplace")
    quiet, verbose = asked.quiet, asked.verbose
    raise_voice(Volume.QUIET if quiet else Volume.VERBOSE if verbose else Volume.USUAL)
    try:
        code: int = asked.run(asked)
        # Here, where it can be caught, and not when Python ends.
        sys.stdout.flush()
    except Refused as refused:
        from exchange_ports.reports.found import found_lines
        from exchange_ports.reports.terminal import show

        show(found_lines(refused.findings), sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        # Whoever read our output has read enough. What is left must go somewhere when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    return code


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="exchange-ports",
        description="The firewall of an Exchange organization, declared once, for AWS and Azure.",
        epilog=_EXAMPLES,
        formatter_class=raw,
    )
    parser.add_argument("--version", action="version", version=f"exchange-ports {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    plan = commands.add_parser("plan", help="what a stack file opens, and why")
    plan.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    plan.add_argument("--json", action="store_true", help="the whole plan as JSON")
    plan.add_argument(
        "--against",
        metavar="OLD",
        help="what an update from this stack file cuts or opens in passing",
    )
    plan.add_argument(
        "--attached",
        choices=("here", "elsewhere"),
        default="here",
        help="where servers take their groups: in the same program (here), or in another stack",
    )
    plan.set_defaults(run=_plan)

    _diff_words(commands.add_parser("diff", help="what traffic an edit opens and cuts, and why"))

    prove = commands.add_parser("prove", help="that the rules let through what is meant, no more")
    prove.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    prove.add_argument("--json", action="store_true", help="figures, failures and notes as JSON")
    prove.add_argument(
        "--both", action="store_true", help="and that the other cloud permits the same"
    )
    prove.add_argument(
        "--as-of",
        metavar="DATE",
        help="and that on this day, such as 2027-03-31, no additional flow is late for its review",
    )
    prove.set_defaults(run=_prove)

    ask = commands.add_parser("check", help="whether something passes, and who decides at each end")
    ask.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    ends = "a server, role, site or neighbour by name, an address or a range, internet, or any"
    ask.add_argument("source", metavar="SOURCE", help=ends)
    ask.add_argument("destination", metavar="DESTINATION", help="the same")
    ask.add_argument(
        "ports",
        metavar="PORT/PROTO",
        help="3389/tcp, 5985-5986/tcp, icmp, any, or several with commas",
    )
    ask.add_argument(
        "--platform",
        choices=("aws", "azure", "both"),
        help="as if every VPC and VNet were on that cloud; both: on each, side by side",
    )
    ask.add_argument("--json", action="store_true", help="the answer as JSON")
    ask.set_defaults(run=_check)

    explain = commands.add_parser(
        "explain", help="why a rule exists or a port is open, who asked, what breaks without it"
    )
    explain.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    explain.add_argument(
        "rule_or_port",
        metavar="RULE_OR_PORT",
        help="a rule as plan --json or the cloud calls it; 3389, 3389/tcp, 5985-5986/tcp, icmp",
    )
    explain.add_argument("--json", action="store_true", help="the explanation as JSON")
    explain.set_defaults(run=_explain)

    matrix = commands.add_parser("matrix", help="who may talk to whom, as a table")
    matrix.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    matrix.add_argument(
        "--format",
        choices=("text", "markdown", "csv", "json"),
        default="text",
        help="text (the default), markdown, csv for a spreadsheet, or json",
    )
    matrix.add_argument(
        "--json", dest="format", action="store_const", const="json", help="--format json"
    )
    matrix.set_defaults(run=_matrix)

    _diagram_words(commands.add_parser("diagram", help="what passes, as a picture"))
    _handover_words(commands.add_parser("handover", help="what others' firewalls must let pass"))
    _report_words(commands.add_parser("report", help="every rule and why, for an auditor"))
    adopting = "what exists and Pulumi does not know, and the file that imports it"
    _adopt_words(commands.add_parser("adopt", help=adopting))

    schema = commands.add_parser("schema", help="JSON Schema of a topology, for editors")
    schema.set_defaults(run=_schema)

    preview = commands.add_parser(
        "preview", help="run the Pulumi program offline and show what it registers"
    )
    preview.add_argument("file", metavar="FILE", help="a stack file of the program's project")
    preview.set_defaults(run=_preview)

    _completion_words(
        commands.add_parser("completion", help="a script by which a shell completes"), parser
    )
    # As the last of all, so that no command is without.
    for command in commands.choices.values():
        _volume_words(command)
    return parser


def _diff_words(diff: argparse.ArgumentParser) -> None:
    diff.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="OLD NEW; with --against: the stack files, all of them if none is named",
    )
    diff.add_argument("--against", metavar="REVISION", help="the old side: a revision of git")
    diff.add_argument(
        "--at", metavar="REVISION", help="the new side, in place of the files on disk"
    )
    diff.add_argument(
        "--format",
        choices=("text", "markdown", "json"),
        default="text",
        help="text (the default), markdown for a pull request's comment, or json",
    )
    diff.add_argument(
        "--json", dest="format", action="store_const", const="json", help="--format json"
    )
    diff.add_argument(
        "--fail-on",
        action="append",
        default=[],
        choices=("widened", "perimeter", "risk"),
        help="exit code 1 where anything is newly let through (widened), at the perimeter or from "
        "the Internet (perimeter), at an accepted risk or on every protocol (risk); may be repeated",
    )
    diff.add_argument(
        "--exit-code", action="store_true", help="exit code 1 where other traffic passes, as in git"
    )
    diff.add_argument(
        "--link-base",
        metavar="URL",
        type=_url,
        help="where the new files are shown, such as https://github.com/OWNER/NAME/blob/COMMIT",
    )
    diff.add_argument("--old-link-base", metavar="URL", type=_url, help="the same of the old files")
    diff.add_argument(
        "--report-url", metavar="URL", type=_url, help="where the whole report is, for the comment"
    )
    diff.add_argument(
        "--head", metavar="ID", help="what the comment calls the new side: a pull request's commit"
    )
    diff.add_argument(
        "--summary",
        metavar="FILE",
        help="write Markdown there too, as long as a job summary may be: the comment is cut sooner",
    )
    diff.set_defaults(run=_diff)


def _url(text: str) -> str:
    """An address that may stand in a link of Markdown."""
    if not _URL.fullmatch(text):
        raise argparse.ArgumentTypeError("https://... without blanks, brackets or quotes is needed")
    return text


#: Of RFC 3986, what cannot end a link or begin anything else.
_URL: Final = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+")


def _handover_words(handover: argparse.ArgumentParser) -> None:
    handover.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    handover.add_argument(
        "--format",
        choices=("markdown", "csv"),
        default="markdown",
        help="markdown (the default), or csv for a spreadsheet or a ticket system",
    )
    handover.set_defaults(run=_handover)


def _report_words(report: argparse.ArgumentParser) -> None:
    report.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    report.add_argument(
        "--format",
        choices=("markdown", "html", "csv"),
        default="markdown",
        help="markdown (the default), html as one file for a browser or a printer, or csv",
    )
    report.set_defaults(run=_report)


def _completion_words(completion: argparse.ArgumentParser, parser: argparse.ArgumentParser) -> None:
    completion.add_argument(
        "shell", choices=("bash", "zsh", "fish", "tcsh", "powershell"), help="which shell"
    )

    def run(asked: argparse.Namespace) -> int:
        from exchange_ports.cli.completing import completion as script

        return script(asked, parser)

    completion.set_defaults(run=run)


def _volume_words(command: argparse.ArgumentParser) -> None:
    volume = command.add_mutually_exclusive_group()
    volume.add_argument(
        "-q", "--quiet", action="store_true", help="no warnings and no progress; errors are said"
    )
    volume.add_argument(
        "-v", "--verbose", action="store_true", help="say each step on standard error"
    )


def _diagram_words(diagram: argparse.ArgumentParser) -> None:
    diagram.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    diagram.add_argument(
        "--format",
        choices=("svg", "mermaid"),
        default="svg",
        help="svg (the default), or mermaid for pages that draw it themselves",
    )
    diagram.add_argument(
        "--against", metavar="OLD", help="what changes from this stack file: new green, cut red"
    )
    diagram.set_defaults(run=_diagram)


def _adopt_words(adopt: argparse.ArgumentParser) -> None:
    adopt.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    adopt.add_argument(
        "--state", metavar="EXPORT", required=True, help="what `pulumi stack export` printed"
    )
    adopt.add_argument(
        "--aws",
        metavar="JSON",
        nargs="+",
        action="extend",
        default=[],
        help="what `aws ec2 describe-security-groups`, describe-security-group-rules and "
        "describe-managed-prefix-lists printed, and the lists' entries",
    )
    adopt.add_argument(
        "--azure",
        metavar="JSON",
        nargs="+",
        action="extend",
        default=[],
        help="what `az network nsg list` and `az network asg list` printed",
    )
    adopt.add_argument(
        "--is",
        dest="is_",
        metavar="NAME=ID",
        action="append",
        default=[],
        help="that a group or list made by hand shall be the one of this name",
    )
    adopt.add_argument(
        "--component", metavar="NAME", help="the firewall, where the stack has several"
    )
    adopt.add_argument("--out", metavar="FILE", help="where to write the file for `pulumi import`")
    adopt.add_argument("--json", action="store_true", help="all of it as JSON")
    adopt.set_defaults(run=_adopt)


# Each command is loaded when it is asked for: what it needs takes most of its time.


def _plan(asked: argparse.Namespace) -> int:
    if asked.against is not None:
        from exchange_ports.cli.updating import plan_against

        return plan_against(asked)
    from exchange_ports.cli.planning import plan

    return plan(asked)


def _diff(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.diffing import diff

    return diff(asked)


def _schema(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.planning import schema

    return schema(asked)


def _prove(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.proving import prove

    return prove(asked)


def _check(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.asking import check

    return check(asked)


def _explain(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.explaining import explain

    return explain(asked)


def _matrix(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.matrix import as_table

    return as_table(asked)


def _diagram(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.diagramming import diagram

    return diagram(asked)


def _handover(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.handing import handover

    return handover(asked)


def _report(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.reporting import report

    return report(asked)


def _adopt(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.adopting import adopt

    return adopt(asked)


def _preview(asked: argparse.Namespace) -> int:
    from exchange_ports.cli.previewing import preview

    return preview(asked)
