"""The words that each command takes.

Only the command that is asked for is given its words: to describe those of all takes milliseconds,
which the quickest notices.
"""

import argparse
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, cast

from exchange_ports.topology.platforms import Platform


class Formatter(argparse.HelpFormatter):
    """Help whose lines break between words only: no option, no path and no range is torn apart."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        from exchange_ports.reports.text_writer import wrapped

        return wrapped(" ".join(text.split()), width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in self._split_lines(text, width))


def _of_a_file(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file",
        metavar="FILE",
        help="a stack file, or the name of a stack: stacks/Pulumi.dev.yaml or dev",
    )


#: Of `reports.findings_writers`, which is loaded where one of them is asked for.
FINDINGS: Final = ("sarif", "junit", "github", "gitlab", "azure")


def _answers(command: argparse.ArgumentParser, json: str) -> None:
    """What stands on standard output in place of the text."""
    either = command.add_mutually_exclusive_group()
    either.add_argument("--json", action="store_true", help=json)
    _findings(either)


def _findings(command: "argparse._ActionsContainer") -> None:  # pyright: ignore[reportPrivateUsage]
    command.add_argument(
        "--findings",
        choices=FINDINGS,
        metavar="FORMAT",
        help="findings and failed checks alone, for a pipeline: sarif, junit, or the annotations of "
        "github, gitlab (code quality) or azure (DevOps)",
    )


def _formats(command: argparse.ArgumentParser, summary: str, *formats: str) -> None:
    """The first of the formats is the default; `--json` is short for one of them."""
    command.add_argument("--format", choices=formats, default=formats[0], help=summary)
    command.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        help="the same as --format json",
    )


#: What every report on paper is written in, whichever of them is the default.
_FORMATS_BESIDE_MARKDOWN: Final = (
    "html as one file for a browser or a printer, csv for a spreadsheet or a ticket system, or json"
)
_FORMATS: Final = f"markdown, {_FORMATS_BESIDE_MARKDOWN}"


def _plan_words(plan: argparse.ArgumentParser) -> None:
    _of_a_file(plan)
    _answers(plan, "the whole plan as JSON")
    plan.add_argument(
        "--limits",
        action="store_true",
        help="all limits, not only those that are more than half used",
    )
    plan.add_argument(
        "--against",
        metavar="OLD",
        help="also show what the update from this stack file blocks or opens while it runs",
    )
    plan.add_argument(
        "--servers-in",
        choices=("this_stack", "other_stack"),
        default="this_stack",
        help="the stack that attaches the groups to the servers: this one, or another that reads the outputs",
    )


def _prove_words(prove: argparse.ArgumentParser) -> None:
    _of_a_file(prove)
    _answers(prove, "figures, failures and notes as JSON")
    prove.add_argument(
        "--both-clouds",
        action="store_true",
        help="also prove that the same topology allows the same traffic on the other cloud",
    )
    prove.add_argument(
        "--as-of",
        metavar="DATE",
        help="also fail if the review date of an additional flow is before this date, such as 2027-03-31",
    )


def _check_words(ask: argparse.ArgumentParser) -> None:
    _of_a_file(ask)
    ends = "a server, role, site or neighbor by name, an address or a range, internet, or any"
    ask.add_argument("source", metavar="SOURCE", help=ends)
    ask.add_argument("destination", metavar="DESTINATION", help="written like SOURCE")
    ask.add_argument(
        "ports",
        metavar="PORTS",
        help="8443/tcp, tcp/8443, 8443-8450/tcp, a service (https, smtp, rdp), icmp or any; several with commas",
    )
    ask.add_argument(
        "--platform",
        choices=(*(each.value for each in Platform if each is not Platform.EXTERNAL), "both"),
        help="answer as if every VPC and VNet were on this cloud; both: answer for each cloud",
    )
    ask.add_argument(
        "--live",
        metavar="PATH",
        nargs="+",
        default=[],
        help="answer by the rules that run, out of the exports that `audit --live` reads",
    )
    _answers(ask, "the answer as JSON")


def _explain_words(explain: argparse.ArgumentParser) -> None:
    _of_a_file(explain)
    explain.add_argument(
        "rule_or_port",
        metavar="RULE_OR_PORT",
        help="the name of a rule in plan --json or in the cloud; or ports: 3389, 3389/tcp, https, rdp, icmp",
    )
    explain.add_argument("--json", action="store_true", help="the explanation as JSON")


_LIVE: Final = "files or folders with the JSON output of the commands that --print-commands lists, in any order"


def _audit_words(audit: argparse.ArgumentParser) -> None:
    _of_a_file(audit)
    audit.add_argument(
        "--live", metavar="PATH", nargs="+", default=[], help=f"{_LIVE}; also as .gz"
    )
    instead = audit.add_mutually_exclusive_group()
    instead.add_argument(
        "--print-commands",
        action="store_true",
        help="print the commands whose output --live takes, and do nothing else",
    )
    instead.add_argument(
        "--queries",
        action="store_true",
        help="print the questions to the clouds' own analyzers, which evaluate routes and network ACLs "
        "too, as a shell script or with --json as data, and do nothing else",
    )
    audit.add_argument(
        "--baseline",
        metavar="FILE",
        help="a JSON list of accepted differences, each with key, owner, reason and review_by",
    )
    audit.add_argument(
        "--as-of",
        metavar="DATE",
        help="also fail if the review of an accepted difference is before this date, such as 2027-03-31",
    )
    _formats(
        audit,
        "text (the default), markdown, html as one file for a browser or a printer, or json",
        *("text", "markdown", "html", "json"),
    )
    _findings(audit)


def _matrix_words(matrix: argparse.ArgumentParser) -> None:
    _of_a_file(matrix)
    _formats(
        matrix, f"text (the default), {_FORMATS}", *("text", "markdown", "html", "csv", "json")
    )


def _init_words(init: argparse.ArgumentParser) -> None:
    from exchange_ports.cli.questions import QUESTIONS

    init.add_argument(
        "name",
        metavar="NAME",
        help="the name of the stack; the file is Pulumi.NAME.yaml, in the project's folder of stack files",
    )
    for question in QUESTIONS:
        words = f"{question.text}; default: {question.default or 'that of --exchange-version'}"
        init.add_argument(
            f"--{question.option}", metavar=question.option.upper(), type=question.read, help=words
        )
    init.add_argument("--stdout", action="store_true", help="print the file and do not write it")


def _schema_words(schema: argparse.ArgumentParser) -> None:
    schema.add_argument(
        "--stack",
        action="store_true",
        help="the schema of a whole stack file, including the topology",
    )


def _preview_words(preview: argparse.ArgumentParser) -> None:
    _of_a_file(preview)


def _diff_words(diff: argparse.ArgumentParser) -> None:
    from exchange_ports.differences import Gate

    diff.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="two stack files, OLD and NEW; with --against, the stack files to compare (default: all)",
    )
    diff.add_argument("--against", metavar="REVISION", help="compare with this Git revision")
    diff.add_argument(
        "--at",
        metavar="REVISION",
        help="compare this Git revision instead of the files on disk",
    )
    _formats(
        diff,
        "text (the default), markdown for a pull request's comment, or json",
        *("text", "markdown", "json"),
    )
    _findings(diff)
    diff.add_argument(
        "--fail-on",
        action="append",
        metavar="GATE",
        default=[],
        choices=tuple(gate.value for gate in Gate),
        help="exit code 1 if traffic is newly allowed (newly_allowed), at the perimeter or from the Internet "
        "(perimeter), with an accepted risk or on all protocols (risk); or if the network, account, region or "
        "project changes (target), or code or a pipeline changes (code); may be repeated",
    )
    diff.add_argument(
        "--exit-code",
        action="store_true",
        help="exit code 1 if the allowed traffic changes, as in git",
    )
    diff.add_argument(
        "--link-base",
        metavar="URL",
        type=_url,
        help="the base URL for links to the new files, such as https://github.com/OWNER/NAME/blob/COMMIT",
    )
    diff.add_argument(
        "--old-link-base", metavar="URL", type=_url, help="the same for the old files"
    )
    diff.add_argument(
        "--report-url", metavar="URL", type=_url, help="the URL of the full report, for the comment"
    )
    diff.add_argument(
        "--head",
        metavar="ID",
        help="the commit of the pull request, as the comment shows it",
    )
    diff.add_argument(
        "--summary",
        metavar="FILE",
        help="also write the Markdown to this file, for a job summary, which can be longer than a comment",
    )


def _url(text: str) -> str:
    """An address that may stand in a link of Markdown."""
    if not _URL.fullmatch(text):
        raise argparse.ArgumentTypeError("https://... without blanks, brackets or quotes is needed")
    return text


#: Of RFC 3986, what cannot end a link or begin anything else.
_URL: Final = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+")


def _paper_words(command: argparse.ArgumentParser) -> None:
    _of_a_file(command)
    _formats(
        command,
        f"markdown (the default), text, {_FORMATS_BESIDE_MARKDOWN}",
        *("markdown", "text", "html", "csv", "json"),
    )


def _report_words(report: argparse.ArgumentParser) -> None:
    _paper_words(report)
    report.add_argument(
        "--commit",
        nargs="?",
        const="",
        metavar="ID",
        help="the commit that contains FILE; without ID, the last commit that changed it, from git",
    )


def _diagram_words(diagram: argparse.ArgumentParser) -> None:
    _of_a_file(diagram)
    _formats(
        diagram,
        "svg (the default), mermaid for pages that render it, or json",
        *("svg", "mermaid", "json"),
    )
    diagram.add_argument(
        "--against",
        metavar="OLD",
        help="show the changes since this stack file: newly allowed green, newly blocked red",
    )
    diagram.add_argument(
        "--site",
        metavar="NAME",
        action="append",
        default=[],
        help="only traffic with an end at this site; may be repeated",
    )
    diagram.add_argument(
        "--only",
        choices=PARTS,
        metavar="PART",
        action="append",
        default=[],
        help="only one part of the picture, only changes, or only accepted risks; may be repeated: "
        + ", ".join(PARTS),
    )
    diagram.add_argument("--date", default="", help="a date for the title, such as 2027-03-31")


#: What a picture may be narrowed to; a test holds it against `reports.diagram.Only`.
PARTS: Final = (
    *("mail", "clients", "internal", "dns", "witness", "unified_messaging", "hybrid", "additional"),
    *("changes", "risks"),
)


def _adopt_words(adopt: argparse.ArgumentParser) -> None:
    _of_a_file(adopt)
    adopt.add_argument(
        "--state",
        metavar="EXPORT",
        required=True,
        help="a file with the output of `pulumi stack export`",
    )
    adopt.add_argument(
        "--aws",
        metavar="JSON",
        nargs="+",
        action="extend",
        default=[],
        help="files with the output of `aws ec2 describe-security-groups`, describe-security-group-rules and "
        "describe-managed-prefix-lists, and of the entries of the lists",
    )
    adopt.add_argument(
        "--azure",
        metavar="JSON",
        nargs="+",
        action="extend",
        default=[],
        help="files with the output of `az network nsg list` and `az network asg list`",
    )
    adopt.add_argument(
        "--match",
        dest="matches",
        metavar="NAME=ID",
        action="append",
        default=[],
        help="adopt the existing group or prefix list ID as the resource NAME of the plan",
    )
    adopt.add_argument(
        "--component", metavar="NAME", help="the name of the component, if the stack has several"
    )
    adopt.add_argument("--out", metavar="FILE", help="write the file for `pulumi import` here")
    adopt.add_argument("--json", action="store_true", help="the whole answer as JSON")


def _rehearse_words(rehearse: argparse.ArgumentParser) -> None:
    _of_a_file(rehearse)
    rehearse.add_argument(
        "--flow-logs",
        metavar="PATH",
        nargs="+",
        action="extend",
        default=[],
        help="files or folders with flow logs: VPC flow logs (text or Parquet), VNet or NSG flow logs "
        "(PT1H.json), Traffic Analytics (JSON or CSV), or CSV with client, server, port and protocol; gzip too",
    )
    rehearse.add_argument(
        "--against",
        metavar="OLD",
        help="show only connections that this stack file would treat differently",
    )
    rehearse.add_argument(
        "--engine",
        choices=("auto", "python", "duckdb"),
        default="auto",
        help="what reads the logs; auto (the default): DuckDB, if it is installed and the logs are large",
    )
    rehearse.add_argument(
        "--print-query",
        choices=("athena", "kql", "duckdb"),
        help="print a query to run where the logs are stored; its result is a small table of connections",
    )
    _formats(
        rehearse, f"text (the default), {_FORMATS}", *("text", "markdown", "html", "csv", "json")
    )


def _endpoints_words(endpoints: argparse.ArgumentParser) -> None:
    actions = endpoints.add_subparsers(
        title="actions", required=True, metavar="ACTION", dest="action", prog=endpoints.prog
    )
    for name, (does, words) in _ENDPOINT_ACTIONS.items():
        action = actions.add_parser(name, help=does, formatter_class=Formatter)
        words(action)
        # What stands before the action counts as well.
        volume_words(action, default=argparse.SUPPRESS)


def _endpoint_formats(action: argparse.ArgumentParser) -> None:
    _formats(
        action, f"text (the default), {_FORMATS}", *("text", "markdown", "html", "csv", "json")
    )


def _as_of_words(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--as-of",
        metavar="DATE",
        help="also warn if a snapshot is older than a year on this date, such as 2027-03-31",
    )


def _instance_words(action: argparse.ArgumentParser, what: str) -> None:
    action.add_argument(
        "--instance",
        choices=("worldwide", "china", "gcc_high", "dod"),
        metavar="INSTANCE",
        help=f"the instance of {what}: worldwide (the default), china, gcc_high or dod",
    )


def _endpoints_list_words(action: argparse.ArgumentParser) -> None:
    _endpoint_formats(action)
    _as_of_words(action)


def _endpoints_show_words(action: argparse.ArgumentParser) -> None:
    either = action.add_mutually_exclusive_group()
    either.add_argument(
        "stack",
        metavar="FILE",
        nargs="?",
        help="a stack file, or the name of a stack: show the endpoints that it uses",
    )
    either.add_argument(
        "--version",
        metavar="VERSION",
        help="show the snapshot of this version, or in this file; default: the newest version",
    )
    _instance_words(action, "Microsoft 365")
    _endpoint_formats(action)
    _as_of_words(action)


def _endpoints_diff_words(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "old",
        metavar="OLD",
        help="a version that `endpoints list` shows, or a file with a snapshot",
    )
    action.add_argument("new", metavar="NEW", help="the newer one, written like OLD")
    _instance_words(action, "the versions")
    _endpoint_formats(action)


def _endpoints_import_words(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "file",
        metavar="ANSWER",
        help="a file with the answer of https://endpoints.office.com/endpoints/INSTANCE, or with a "
        "snapshot; or a version that `endpoints list` shows",
    )
    action.add_argument(
        "--version",
        metavar="VERSION",
        help="the value of `latest` in the answer of https://endpoints.office.com/version/INSTANCE, "
        "if the file does not contain it",
    )
    _instance_words(action, "the answer")
    _formats(action, "yaml (the default) or json", "yaml", "json")


#: What `endpoints` can do, and the words that each action takes.
_ENDPOINT_ACTIONS: Final[Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]]] = {
    "list": ("list the snapshots of this package", _endpoints_list_words),
    "show": ("show what a snapshot contains, or what a stack uses", _endpoints_show_words),
    "diff": ("show which rules differ between two snapshots", _endpoints_diff_words),
    "import": (
        "print a response of the Microsoft 365 web service as a snapshot for a stack file",
        _endpoints_import_words,
    ),
}


def volume_words(command: argparse.ArgumentParser, default: object = False) -> None:
    """How much a command says beside its answer."""
    volume = command.add_mutually_exclusive_group()
    volume.add_argument(
        "-q",
        "--quiet",
        action="store_true",
        default=default,
        help="show errors only: no warnings and no progress",
    )
    volume.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        default=default,
        help="show each step on standard error",
    )


def actions_of(command: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """The parsers of the actions of a command, by name; most commands have none."""
    # argparse has no public list of its arguments.
    for each in command._actions:  # pyright: ignore[reportPrivateUsage]
        if isinstance(each, argparse._SubParsersAction):  # pyright: ignore[reportPrivateUsage]
            return cast("Mapping[str, argparse.ArgumentParser]", each.choices)
    return {}


class Command(NamedTuple):
    """What a command does, the words that it takes, and the module that has the function of its name."""

    does: str
    words: Callable[[argparse.ArgumentParser], None]
    module: str


#: Every command in the order of the help.
COMMANDS: Final[Mapping[str, Command]] = {
    "init": Command("write a first stack file", _init_words, "init_command"),
    "plan": Command("show what a stack file allows, and why", _plan_words, "show_commands"),
    "diff": Command("show what an edit newly allows and blocks", _diff_words, "diff_command"),
    "prove": Command(
        "prove that the rules allow exactly the required traffic", _prove_words, "proof_commands"
    ),
    "check": Command(
        "check whether traffic is allowed, and which rules decide", _check_words, "proof_commands"
    ),
    "explain": Command(
        "show why a rule exists or a port is open, and what stops working without it",
        _explain_words,
        "proof_commands",
    ),
    "audit": Command(
        "compare the rules that run with what is declared", _audit_words, "audit_command"
    ),
    "matrix": Command("show the allowed traffic as a table", _matrix_words, "show_commands"),
    "diagram": Command("draw the allowed traffic", _diagram_words, "show_commands"),
    "handover": Command("list what other firewalls must allow", _paper_words, "show_commands"),
    "report": Command(
        "list every rule and its reason, for an auditor", _report_words, "show_commands"
    ),
    "rehearse": Command(
        "show which recorded traffic the rules would block",
        _rehearse_words,
        "rehearse_command",
    ),
    "adopt": Command(
        "compare the cloud with plan and state, and write the import file",
        _adopt_words,
        "adopt_command",
    ),
    "endpoints": Command(
        "list, show, compare and import endpoints of Microsoft 365",
        _endpoints_words,
        "endpoints_command",
    ),
    "schema": Command("print the JSON Schema of a topology", _schema_words, "show_commands"),
    "preview": Command(
        "run the Pulumi program offline and show what it registers",
        _preview_words,
        "preview_command",
    ),
}
