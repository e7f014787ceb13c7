"""The commands. Data goes to standard output, talk to standard error.

Exit codes: 0 fine, 1 the answer is no, 2 bad input. No command but `preview` loads Pulumi or a
cloud's SDK.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic_core import PydanticCustomError

from exchange_ports import __version__
from exchange_ports.findings import Finding, Refused, in_order, nearest, render
from exchange_ports.findings.asked import (
    CANNOT_READ,
    MISSING_EXTRA,
    NO_PACKET,
    NO_PROJECT,
    PROGRAM_FAILED,
    UNKNOWN_END,
)
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.findings.planned import WARNINGS
from exchange_ports.plans import Plans, compile_plans
from exchange_ports.reports.plan import plan_data, plan_lines
from exchange_ports.reports.terminal import show
from exchange_ports.topology.bindings import check_bindings, check_tags
from exchange_ports.topology.declaring import understand
from exchange_ports.topology.groups import wearers
from exchange_ports.topology.reading import NAMESPACE, StackFile, read_stack_file
from exchange_ports.topology.values import INTERNET_WORD, read_ports
from exchange_ports.traffic.ports import Ports

if TYPE_CHECKING:
    from exchange_ports.proof.asking import Asked

__all__ = ["main"]

FINE: Final = 0
NO: Final = 1
BAD_INPUT: Final = 2

_EXAMPLES: Final = """\
examples:
  exchange-ports plan stacks/Pulumi.dev.yaml            what this stack opens, and why
  exchange-ports plan --json stacks/Pulumi.dev.yaml     the same for programs
  exchange-ports prove stacks/Pulumi.dev.yaml           that its rules let through what is meant
  exchange-ports check stacks/Pulumi.dev.yaml ex1 10.10.1.10 389/tcp
                                                        whether that passes, and who decides
  exchange-ports preview stacks/Pulumi.dev.yaml         what `pulumi up` would register, offline
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
    try:
        code: int = asked.run(asked)
        # Here, where it can be caught, and not when Python ends.
        sys.stdout.flush()
    except Refused as refused:
        print(refused, file=sys.stderr)
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
    plan.set_defaults(run=_plan)

    prove = commands.add_parser("prove", help="that the rules let through what is meant, no more")
    prove.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    prove.set_defaults(run=_prove)

    ask = commands.add_parser("check", help="whether something passes, and who decides at each end")
    ask.add_argument("file", metavar="FILE", help="a stack file: stacks/Pulumi.NAME.yaml")
    ask.add_argument("source", metavar="SOURCE", help="a server, an address, or internet")
    ask.add_argument("destination", metavar="DESTINATION", help="the same")
    ask.add_argument("ports", metavar="PORT/PROTO", help="3389/tcp, 5985-5986/tcp, icmp, any")
    ask.set_defaults(run=_check)

    schema = commands.add_parser("schema", help="JSON Schema of a topology, for editors")
    schema.set_defaults(run=_schema)

    preview = commands.add_parser(
        "preview", help="run the Pulumi program offline and show what it registers"
    )
    preview.add_argument("file", metavar="FILE", help="a stack file of the program's project")
    preview.set_defaults(run=_preview)
    return parser


def _read(file: str) -> StackFile:
    """The stack file.

    :raises Refused: it cannot be read, or is no stack file.
    """
    try:
        content = Path(file).read_bytes()
    except OSError as failed:
        why = failed.strerror or "the system gives no reason"
        raise Refused([CANNOT_READ.at((), file=file, why=why.lower())]) from None
    return read_stack_file(content, file)


def _compiled(stack: StackFile) -> tuple[Plans, tuple[Finding, ...]]:
    """The plans of a stack file, with its and their warnings, every finding at its line.

    :raises Refused: there is an error in the file, or a plan is over a limit.
    """
    topology, declared = understand(stack.config["topology"])
    declared = (*declared, *check_tags(stack.config.get("tags")))
    if topology is not None:
        declared += tuple(check_bindings(topology, stack.config.get("networks")))
    found = in_order(finding.located(stack.locate) for finding in declared)
    if topology is None or any(finding.is_error for finding in found):
        raise Refused(found)
    try:
        plans = compile_plans(topology)
    except Refused as refused:
        over = (finding.located(stack.locate) for finding in refused.findings)
        raise Refused([*found, *over]) from None
    near = (warning.located(stack.locate) for warning in plans.warnings)
    return plans, in_order([*found, *near])


def _plan(asked: argparse.Namespace) -> int:
    plans, warnings = _compiled(_read(asked.file))
    if asked.json:
        print(json.dumps(plan_data(plans, warnings), indent=2))
        return FINE
    show(plan_lines(plans))
    _warn(warnings)
    return FINE


def _warn(warnings: Sequence[Finding]) -> None:
    if warnings:
        print("", render(warnings), sep="\n", file=sys.stderr)


def _prove(asked: argparse.Namespace) -> int:
    plans, warnings = _compiled(_read(asked.file))
    from exchange_ports.proof import prove
    from exchange_ports.reports.proof import failure_lines, proof_lines

    proof = prove(plans)
    show(proof_lines(proof) if proof.holds else failure_lines(proof))
    # What is unwise about the topology is `plan`'s to say; of the plans, both say it.
    _warn([warning for warning in warnings if warning.kind.code in WARNINGS])
    return FINE if proof.holds else NO


def _check(asked: argparse.Namespace) -> int:
    plans, _ = _compiled(_read(asked.file))
    from exchange_ports.proof.asking import ask
    from exchange_ports.reports.proof import verdict_lines

    ports = _asked_ports(asked.ports)
    servers = [wearer.name for wearer in wearers(plans.topology)]
    source, destination = (_asked_end(end, servers) for end in (asked.source, asked.destination))
    try:
        verdict = ask(plans, source, destination, ports)
    except ValueError as none:
        named = {"source": asked.source, "destination": asked.destination}
        raise Refused([NO_PACKET.at((), why=none, **named)]) from None
    show(verdict_lines(verdict))
    return FINE if verdict.passes else NO


def _asked_ports(text: str) -> Ports:
    """Ports as they are written in a stack file.

    :raises Refused: they are none.
    """
    try:
        return read_ports(text)
    except PydanticCustomError as wrong:
        finding = BY_CODE[wrong.type].at((), **(wrong.context or {}))
        raise Refused([finding]) from None


def _asked_end(text: str, servers: Sequence[str]) -> "Asked":
    """An end of a question: a server, an address, or the Internet.

    :raises Refused: it is none of them.
    """
    from exchange_ports.proof.asking import Asked

    if text in servers:
        return Asked(server=text)
    if text == INTERNET_WORD:
        return Asked()
    try:
        return Asked(address=ip_address(text))
    except ValueError:
        meant = nearest(text, (*servers, INTERNET_WORD))
        known = f"the servers are {', '.join(servers)}"
        fix = f"write {meant}" if meant else "name a server, an address, or internet"
        raise Refused([UNKNOWN_END.at((), end=text, known=known, fix=fix)]) from None


def _schema(_: argparse.Namespace) -> int:
    from exchange_ports.topology.schema import topology_schema

    print(json.dumps(topology_schema(), indent=2))
    return FINE


def _preview(asked: argparse.Namespace) -> int:
    stack = _read(asked.file)
    # The findings of a bad file have lines here; through the program they would have none.
    plans, _ = _compiled(stack)
    program = _program(asked.file)
    try:
        from exchange_ports.offline import ProgramFailed, record
        from exchange_ports.reports.preview import preview_lines
    except ModuleNotFoundError as missing:
        raise Refused([MISSING_EXTRA.at((), module=missing.name)]) from None
    try:
        recorded = record(
            program,
            project=NAMESPACE,
            stack=_stack_name(asked.file),
            config=_as_pulumi_passes(stack),
        )
    except ProgramFailed as failed:
        if isinstance(failed.__cause__, ModuleNotFoundError):
            raise Refused([MISSING_EXTRA.at((), module=failed.__cause__.name)]) from None
        print(failed.text, file=sys.stderr)
        last = failed.text.strip().splitlines()[-1:] or ["it said nothing"]
        raise Refused([PROGRAM_FAILED.at((), why=last[0])]) from None
    show(preview_lines(recorded, plans))
    return FINE


def _program(file: str) -> Path:
    """The folder of the project that a stack file belongs to.

    :raises Refused: there is none.
    """
    for folder in Path(file).resolve().parents:
        if (folder / "Pulumi.yaml").is_file():
            return folder / "__main__.py"
    raise Refused([NO_PROJECT.at((), file=file)])


def _stack_name(file: str) -> str:
    """`dev`, of `stacks/Pulumi.dev.yaml`."""
    return Path(file).stem.removeprefix("Pulumi.")


def _as_pulumi_passes(stack: StackFile) -> dict[str, str]:
    """The configuration as the engine hands it to a program: text as it is, the rest as JSON."""
    values = {f"{NAMESPACE}:{key}": value for key, value in stack.config.items()}
    return {
        key: value if isinstance(value, str) else "" if value is None else json.dumps(value)
        for key, value in {**values, **stack.others}.items()
    }


if __name__ == "__main__":
    sys.exit(main())
