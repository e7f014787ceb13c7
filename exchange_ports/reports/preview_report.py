"""The offline preview: what a program registers and what that opens, in Pulumi's words and order."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from exchange_ports.planning import Plans
from exchange_ports.reports.lines import Line, Style, line
from exchange_ports.reports.plan_report import limit_lines, opening_lines
from exchange_ports.reports.resource_report import (
    Message,
    Registered,
    diagnostics_lines,
    outputs_lines,
    resource_tree,
    summary_lines,
)

__all__ = ["Recorded", "preview_lines"]


class Recorded(Protocol):
    """What a run of the program left, as far as it is shown."""

    @property
    def project(self) -> str:
        """The project's name."""
        ...

    @property
    def stack(self) -> str:
        """The stack's name."""
        ...

    @property
    def registrations(self) -> Sequence[Registered]:
        """Every resource, in the order of registration."""
        ...

    @property
    def outputs(self) -> Mapping[str, object]:
        """The stack's outputs."""
        ...

    @property
    def secret_outputs(self) -> Collection[str]:
        """The paths in the outputs that are secret."""
        ...

    @property
    def logs(self) -> Sequence[Message]:
        """What the program said."""
        ...


def preview_lines(recorded: Recorded, plans: Plans, *, in_step: bool = False) -> list[Line]:
    """The tree of resources, messages and outputs, then what is opened and the limits.

    `in_step`: registered is a step on the way to `plans`, not these.
    """
    about = (recorded.registrations, recorded.project, recorded.stack)
    sections = [
        resource_tree(*about, recorded.logs),
        diagnostics_lines(recorded.logs, *about),
        outputs_lines(recorded.outputs, recorded.secret_outputs),
        summary_lines(recorded.registrations),
    ]
    lines = [line(f"Offline preview ({recorded.stack}): no engine and no cloud was asked"), line()]
    for section in sections:
        if section:
            lines += [*map(line, section), line()]
    summary = "What is open when the last step is done:" if in_step else "What this opens:"
    lines += [line(summary, Style.HEADING), line()]
    lines += opening_lines(plans)
    lines += limit_lines(plans)
    return lines[:-1]
