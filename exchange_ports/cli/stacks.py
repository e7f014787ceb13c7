"""Stack files of the command line: from a name to its plans, with every finding at its line."""

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from exchange_ports.cli.console import doing, say
from exchange_ports.findings import Finding, Refused, in_order, nearest
from exchange_ports.findings.command_kinds import UNKNOWN_STACK
from exchange_ports.findings.finding import printable
from exchange_ports.pipeline import (
    Compiled,
    StackSettings,
    compile_stack,
    project_here,
    read_content,
    refuse_unfit,
    stack_of,
)
from exchange_ports.planning import Plans
from exchange_ports.stackfile.stack_file import StackFile

if TYPE_CHECKING:
    from exchange_ports.reports.document import Origin
    from exchange_ports.stackfile.project_file import ProjectFile

#: What may name a stack. A path has a separator or the ending of a file, so it is never taken for one.
STACK_NAME: Final = re.compile(r"(?!.*\.(?:ya?ml|json)$)[A-Za-z0-9_.-]{1,100}")


def file_of(word: str) -> str:
    """The path of a stack file: of the file called `word`, or else of that stack of the project here.

    :raises Refused: `word` looks like the name of a stack, and there is neither.
    """
    if os.path.isfile(word) or not STACK_NAME.fullmatch(word):
        return word
    project = project_here()
    if project is None:
        if os.path.isdir(word):
            return word
        why = "the folder is not in a Pulumi project, so it has no stacks"
        raise _unknown(word, why, "Name a stack file, such as `stacks/Pulumi.dev.yaml`.")
    folder, file = _place(project, word)
    if os.path.isfile(file):
        return file
    if os.path.isdir(word):
        return word
    stacks = _stacks(project, folder)
    likely = nearest(word, stacks)
    fix = f'Did you mean "{likely}"?' if likely else "Name one of them, or a file."
    if not stacks:
        fix = f"Create the file, for example with `exchange-ports init {word}`."
    known = f"has the stacks {', '.join(stacks)}" if stacks else "has no stack file"
    raise _unknown(word, f"{project.file} {known} in {folder}", fix)


def new_file(stack: str) -> str:
    """The path at which Pulumi looks for the file of a stack; in this folder where there is no project."""
    project = project_here()
    return f"Pulumi.{stack}.yaml" if project is None else _place(project, stack)[1]


def _place(project: "ProjectFile", stack: str) -> tuple[str, str]:
    """The folder of the project's stack files, and the path of that of a stack."""
    folder = project.folder_from(os.path.dirname(project.file))
    return folder, os.path.normpath(os.path.join(folder, project.stack_file(stack)))


def _unknown(word: str, why: str, fix: str) -> Refused:
    return Refused([UNKNOWN_STACK.at((), name=word, why=why, fix=fix)])


def _stacks(project: "ProjectFile", folder: str) -> list[str]:
    """The stacks of which the project has a file."""
    from exchange_ports.stackfile.project_file import STACK

    there = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    found = ((name, STACK.fullmatch(name)) for name in there)
    return [each[1] for name, each in found if each and project.stack_file(each[1]) == name]


def read(word: str) -> StackFile:
    """The stack file of that name, or of the stack of that name, with what its project and its inline environment add.

    :raises Refused: it cannot be read, or is no stack file; or its project file cannot be read.
    """
    file = file_of(word)
    content = read_content(file)
    with doing(f"reading {printable(file)}"):
        return stack_of(content, file)


def read_with_origin(word: str) -> "tuple[StackFile, Origin]":
    """The stack file, and of what it was made, for reports that are kept.

    :raises Refused: as `read`.
    """
    from hashlib import sha256  # what most commands do without

    from exchange_ports import __version__
    from exchange_ports.reports.document import Origin

    file = file_of(word)
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
