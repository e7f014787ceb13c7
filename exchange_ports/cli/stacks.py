"""From the name of a stack file to its plans: the only reading of files that all commands share."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from exchange_ports.cli.console import doing, say
from exchange_ports.findings import Finding, Refused, in_order
from exchange_ports.findings.command_kinds import CANNOT_READ
from exchange_ports.findings.finding import printable
from exchange_ports.pipeline import Plans, compile_plans
from exchange_ports.stackfile.stack_file import StackFile, read_stack_file
from exchange_ports.topology.bindings import check_bindings, check_tags
from exchange_ports.topology.models import Topology
from exchange_ports.topology.validate import parse_topology

if TYPE_CHECKING:
    from exchange_ports.reports.document import Origin

    # Only a stack whose update is under way needs it.
    from exchange_ports.rollout import PhasePlan, RolloutRequest

__all__ = ["compiled", "read", "read_with_origin", "registered", "warn"]


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
    from exchange_ports.reports.document import Origin

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

    :raises Refused: there is an error in the file, a plan is over a limit, or the step of an update
        that is asked for is not offered.
    """
    found = _compiled(stack)
    return found.plans, found.findings


def registered(stack: StackFile) -> Plans:
    """The plans that the program registers: those of the step that the stack is at, if it is at one.

    Networks that go with the update are not among them.

    :raises Refused: as `compiled`.
    """
    found = _compiled(stack)
    if found.step is None:
        return found.plans
    from exchange_ports.rollout.update import network_name

    stands = found.step.plans
    networks = {
        key: stands.get(network_name(plan), plan) for key, plan in found.plans.networks.items()
    }
    return replace(found.plans, networks=networks)


class _Compiled(NamedTuple):
    """What a stack file comes to; the step where an update is under way, as far as one is asked for."""

    plans: Plans
    step: "PhasePlan | None"
    findings: tuple[Finding, ...]


def _compiled(stack: StackFile) -> _Compiled:
    with doing(f"checking and planning {printable(stack.file)}"):
        topology, declared = parse_topology(stack.config["topology"])
        declared = (*declared, *check_tags(stack.config.get("tags")))
        update = _under_way(stack)
        if topology is not None:
            declared += tuple(_beside(topology, stack, update))
        found = in_order(finding.located(stack.locate) for finding in declared)
        if topology is None or any(finding.is_error for finding in found):
            raise Refused(found)
        try:
            plans = compile_plans(topology)
            step = None if update is None else _step(update, plans)
        except Refused as refused:
            over = (finding.located(stack.locate) for finding in refused.findings)
            raise Refused([*found, *over]) from None
        near = (warning.located(stack.locate) for warning in plans.warnings)
        return _Compiled(plans, step, in_order([*found, *near]))


def _step(update: "RolloutRequest", plans: Plans) -> "PhasePlan | None":
    """The step that is asked for.

    :raises Refused: it is none of this update.
    """
    if update.stood is None or update.asked.turn is None:
        return None
    from exchange_ports.rollout import select_phase

    return select_phase(update.stood, plans, update.asked)[1]


def _under_way(stack: StackFile) -> "RolloutRequest | None":
    previous, step, attached = (stack.config.get(key) for key in ("previous", "step", "attached"))
    if previous is None and step is None and attached is None:
        return None
    from exchange_ports.rollout import read_request

    return read_request(step, attached, previous)


def _beside(
    topology: Topology, stack: StackFile, update: "RolloutRequest | None"
) -> Iterator[Finding]:
    """What is wrong beside a topology: cloud ids, and what is said of an update that is under way."""
    networks = stack.config.get("networks")
    if update is None:
        yield from check_bindings(topology, networks)
        return
    from exchange_ports.rollout import check_previous

    stood = update.stood and update.stood.topology
    yield from update.findings
    yield from check_previous(stood, topology)
    stepwise = update.asked.turn is not None
    yield from check_bindings(topology, networks, previous=stood, stepwise=stepwise)


def warn(warnings: Sequence[Finding]) -> None:
    """Say warnings on standard error, after what was asked."""
    say(warnings)
