"""From what a stack declares to what is registered: check, plan, prove, and the phase of a rollout.

The component and the command line use it alike. What only a rollout or a proof needs is loaded then:
that is a tenth of the time of a command.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from exchange_ports.findings import Finding, Path, Refused
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.topology.bindings import check_bindings, check_tags
from exchange_ports.topology.checks import check
from exchange_ports.topology.models import Topology
from exchange_ports.topology.validate import parse_topology

if TYPE_CHECKING:
    from exchange_ports.proof import Proof
    from exchange_ports.rollout import PhasePlan, Rollout, RolloutRequest


@dataclass(frozen=True, slots=True)
class Declared:
    """The settings of a stack as they are given; None where nothing is said."""

    topology: object
    """A `Topology`, or plain data of the same shape."""
    networks: object = None
    tags: object = None
    previous: object = None
    step: object = None
    attached: object = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """The plans of a stack, and what it says of the rollout of an update; None without one."""

    plans: Plans
    request: "RolloutRequest | None"
    declared: tuple[Finding, ...]
    """What is legal and unwise about the declaration."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All warnings: of the declaration first, then of its plans."""
        return (*self.declared, *self.plans.warnings)

    @property
    def previous(self) -> Plans | None:
        """The plans that stand now, where the stack names them."""
        return self.request and self.request.stood

    def proofs(self) -> "Iterator[Proof]":
        """The proof of the plans, then of those that stand now.

        Between the two, the rollout's own model shows every transient state.
        """
        from exchange_ports.proof import prove

        yield prove(self.plans)
        if self.previous is not None:
            yield prove(self.previous)

    def rollout(self) -> "tuple[Rollout, PhasePlan | None] | None":
        """The rollout of the update, with the phase of it that is asked for; None without an update.

        :raises Refused: that phase is not offered.
        """
        if self.request is None or self.request.stood is None:
            return None
        from exchange_ports.rollout import select_phase

        return select_phase(self.request.stood, self.plans, self.request.asked)

    def registered(self) -> Plans:
        """The plans that the program registers: those of the phase that is asked for, if one is.

        Networks that go with the update are not among them.

        :raises Refused: that phase is not offered.
        """
        phase = self.phase()
        if phase is None:
            return self.plans
        from exchange_ports.rollout.update import network_name

        networks = {
            key: phase.plans.get(network_name(plan), plan)
            for key, plan in self.plans.networks.items()
        }
        return replace(self.plans, networks=networks)

    def phase(self) -> "PhasePlan | None":
        """The phase that is asked for; without one asked for, no rollout is worked out.

        :raises Refused: that phase is not offered.
        """
        if self.request is None or self.request.asked.phase is None:
            return None
        found = self.rollout()
        return found and found[1]


#: What is wrong beside the declaration, given the topology, the one that stands now, and whether a
#: phase is asked for.
Besides = Callable[[Topology, Topology | None, bool], Iterable[Finding]]


def compile_stack(
    declared: Declared,
    at: Path = ("topology",),
    besides: Besides = lambda _topology, _previous, _stepwise: (),
) -> Compiled:
    """Check and plan all that a stack declares.

    `besides` is asked once the cloud ids are right.

    :raises Refused: there is an error in it, or a plan is over a limit of its cloud. Warnings are
        among the findings.
    """
    topology, about = _topology(declared.topology, at)
    request = _request(declared)
    found = [*about, *check_tags(declared.tags)]
    if request is not None:
        found += request.findings
    if topology is not None:
        found += _beside(topology, declared, request, besides)
    if topology is None or any(finding.is_error for finding in found):
        raise Refused(found)
    try:
        plans = compile_plans(topology)
    except Refused as refused:
        raise Refused([*found, *refused.findings]) from None
    return Compiled(plans, request, tuple(found))


def _topology(declared: object, at: Path) -> tuple[Topology | None, Iterable[Finding]]:
    if isinstance(declared, Topology):
        return declared, check(declared, at)
    return parse_topology(declared, at)


def _request(declared: Declared) -> "RolloutRequest | None":
    if all(each is None for each in (declared.previous, declared.step, declared.attached)):
        return None
    from exchange_ports.rollout import read_request

    return read_request(declared.step, declared.attached, declared.previous)


def _beside(
    topology: Topology, declared: Declared, request: "RolloutRequest | None", besides: Besides
) -> Iterator[Finding]:
    """What is wrong beside a topology: cloud ids, and what is said of an update that is under way."""
    stood, stepwise = None, False
    if request is not None:
        from exchange_ports.rollout import check_previous

        stood = request.stood and request.stood.topology
        stepwise = request.asked.phase is not None
        yield from check_previous(stood, topology)
    bindings = tuple(check_bindings(topology, declared.networks, previous=stood, stepwise=stepwise))
    yield from bindings or besides(topology, stood, stepwise)
