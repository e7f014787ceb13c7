"""Stack files of the command line: from a name to its plans, with every finding at its line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from exchange_ports.cli.console import doing, say
from exchange_ports.findings import Finding, Refused, in_order
from exchange_ports.findings.finding import printable
from exchange_ports.pipeline import (
    Compiled,
    StackSettings,
    compile_stack,
    read_content,
    refuse_unfit,
    stack_of,
)
from exchange_ports.planning import Plans
from exchange_ports.stackfile.stack_file import StackFile

if TYPE_CHECKING:
    from exchange_ports.reports.document import Origin


def read(file: str) -> StackFile:
    """The stack file, with what its project and its inline environment add to it.

    :raises Refused: it cannot be read, or is no stack file; or its project file cannot be read.
    """
    content = read_content(file)
    with doing(f"reading {printable(file)}"):
        return stack_of(content, file)


def read_with_origin(file: str) -> "tuple[StackFile, Origin]":
    """The stack file, and of what it was made, for reports that are kept.

    :raises Refused: as `read`.
    """
    from hashlib import sha256  # what most commands do without

    from exchange_ports import __version__
    from exchange_ports.reports.document import Origin

    content = read_content(file)
    with doing(f"reading {printable(file)}"):
        stack = stack_of(content, file)
    return stack, Origin(file, sha256(content).hexdigest(), __version__)


def compiled(stack: StackFile) -> tuple[Plans, tuple[Finding, ...]]:
    """The plans of a stack file, with its and their warnings, every finding at its line.

    :raises Refused: there is an error in the file, a plan is over a limit, or the step of an update
        that is asked for is not offered.
    """
    found = compiled_steps(stack)
    return found.plans, in_order(finding.located(stack.locate) for finding in found.findings)


def registered(stack: StackFile) -> Plans:
    """The plans that the program registers: those of the step that the stack is at, if it is at one.

    :raises Refused: as `compiled`.
    """
    return compiled_steps(stack).registered()


def compiled_steps(stack: StackFile) -> Compiled:
    """What a stack file comes to, whose step is one that is offered.

    :raises Refused: as `compiled`.
    """
    warned: tuple[Finding, ...] = ()
    with doing(f"checking and planning {printable(stack.file)}"):
        try:
            found = compile_stack(StackSettings.of(stack))
            warned = found.declared
            refuse_unfit(found, stack.config.get("networks"))
            found.phase()
        except Refused as refused:
            findings = (*warned, *refused.findings)
            raise Refused(finding.located(stack.locate) for finding in findings) from None
    return found


def warn(warnings: Sequence[Finding]) -> None:
    """Say warnings on standard error, after what was asked."""
    say(warnings)
