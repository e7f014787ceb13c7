"""`preview`: what the Pulumi program of a stack would register, offline."""

import argparse
import json
import os
import sys
from pathlib import Path

from exchange_ports.cli.console import FINE, doing
from exchange_ports.cli.stacks import compiled, read
from exchange_ports.findings import Refused
from exchange_ports.findings.command_kinds import MISSING_EXTRA, NO_PROJECT, PROGRAM_FAILED
from exchange_ports.pipeline import project_of, projects_above
from exchange_ports.reports.text_writer import show
from exchange_ports.stackfile.project_file import ProjectFile
from exchange_ports.stackfile.stack_file import NAMESPACE, StackFile


def preview(asked: argparse.Namespace) -> int:
    """What the program registers, and what that opens."""
    stack = read(asked.file)
    # The findings of a bad file have lines here; through the program they would have none.
    plans, _ = compiled(stack)
    project = project_of(stack.file)
    program = _program(stack.file, project)
    try:
        with doing("loading Pulumi"):
            from exchange_ports.offline import ProgramFailed, record
            from exchange_ports.reports.preview_report import preview_report
            from exchange_ports.rollout import Phase
    except ModuleNotFoundError as missing:
        raise Refused([MISSING_EXTRA.at((), module=missing.name)]) from None
    try:
        with doing("running the program", prints=True):
            recorded = record(
                program,
                project=NAMESPACE if project is None else project.name,
                stack=_stack_name(stack.file),
                config=_as_pulumi_passes(stack),
            )
    except ProgramFailed as failed:
        if isinstance(failed.__cause__, ModuleNotFoundError):
            raise Refused([MISSING_EXTRA.at((), module=failed.__cause__.name)]) from None
        print(failed.text, file=sys.stderr)
        last = failed.text.strip().splitlines()[-1:] or ["It printed no message"]
        raise Refused([PROGRAM_FAILED.at((), why=last[0])]) from None
    in_step = stack.config.get("phase") not in {None, Phase.REMOVE_RULES}
    show(preview_report(recorded, plans, in_step=in_step))
    return FINE


def _program(file: str, project: ProjectFile | None) -> Path:
    """The program of the project that a stack file belongs to, or else of the nearest one above it.

    :raises Refused: there is none.
    """
    found = project and project.file
    found = found or next(projects_above(os.path.dirname(os.path.abspath(file))), None)
    if found is None:
        raise Refused([NO_PROJECT.at((), file=file)])
    return Path(found).with_name("__main__.py")


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
