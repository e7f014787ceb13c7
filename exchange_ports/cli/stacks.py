"""From the name of a stack file to its plans: the only reading of files that all commands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from exchange_ports.cli.talk import doing, say
from exchange_ports.findings import Finding, Refused, in_order
from exchange_ports.findings.asked import CANNOT_READ
from exchange_ports.findings.finding import printable
from exchange_ports.plans import Plans, compile_plans
from exchange_ports.topology.bindings import check_bindings, check_tags
from exchange_ports.topology.declaring import understand
from exchange_ports.topology.reading import StackFile, read_stack_file

if TYPE_CHECKING:
    from exchange_ports.reports.origin import Origin

__all__ = ["compiled", "read", "read_with_origin", "warn"]


def read(file: str) -> StackFile:
    """The stack file.

    :raises Refused: it cannot be read, or is no stack file.
    """
    content = _bytes(file)
    with doing(f"reading {printable(file)}"):
        return read_stack_file(content, file)


def read_with_origin(file: str) -> "tuple[StackFile, Origin]":
    """The stack file, and of what it was made, for reports that are kept.

    :raises Refused: it cannot be read, or is no stack file.
    """
    from hashlib import sha256  # what most commands do without

    from exchange_ports import __version__
    from exchange_ports.reports.origin import Origin

    content = _bytes(file)
    with doing(f"reading {printable(file)}"):
        stack = read_stack_file(content, file)
    return stack, Origin(file, sha256(content).hexdigest(), __version__)


def _bytes(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as failed:
        why = failed.strerror or "the system gives no reason"
        raise Refused([CANNOT_READ.at((), file=file, why=why.lower())]) from None


def compiled(stack: StackFile) -> tuple[Plans, tuple[Finding, ...]]:
    """The plans of a stack file, with its and their warnings, every finding at its line.

    :raises Refused: there is an error in the file, or a plan is over a limit.
    """
    with doing(f"checking and planning {printable(stack.file)}"):
        return _compiled(stack)


def _compiled(stack: StackFile) -> tuple[Plans, tuple[Finding, ...]]:
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


def warn(warnings: Sequence[Finding]) -> None:
    """Say warnings on standard error, after what was asked."""
    say(warnings)
