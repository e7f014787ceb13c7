"""The proof of a topology's plans: what they permit is what its flows mean, and the laws hold."""

from collections.abc import Iterator
from dataclasses import dataclass

from exchange_ports.flows.flow_index import WAYS
from exchange_ports.planning import Plans
from exchange_ports.proof.exposure import exposures
from exchange_ports.proof.invariants import Failure, Invariants, beyond_us
from exchange_ports.proof.network_model import NetworkModel

__all__ = ["Figures", "Proof", "prove"]


@dataclass(frozen=True, slots=True)
class Figures:
    """How much was proved."""

    servers: int = 0
    directions: int = 0
    rules: int = 0
    flows: int = 0
    #: Pieces of traffic on both sides of all comparisons: addresses in a row with one set of services.
    boxes: int = 0


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved, what failed, and what is named without failing."""

    figures: Figures
    failures: tuple[Failure, ...]
    notes: tuple[str, ...] = ()
    #: Rules that could be left out, since others cover them together: no harm, and no failure.
    warnings: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


def prove(plans: Plans) -> Proof:
    """Compare what the plans permit with what the flows mean. Pure: the same plans, the same proof."""
    try:
        model = plans.once(NetworkModel)
    except ValueError as refused:
        broken = Failure("a cloud takes the plan", "the plan", str(refused))
        return Proof(Figures(flows=len(plans.flows)), (broken,))
    laws = Invariants(model)
    # Without the right servers nothing else can be asked.
    failures = tuple(laws.memberships_are_declared())
    if not failures:
        failures = (*_broken(laws), *beyond_us(model))
    servers = sum(1 for _ in model.managed())
    figures = Figures(
        servers,
        servers * len(WAYS),
        sum(view.rules for view in model.views.values()),
        len(plans.flows),
        laws.boxes,
    )
    if failures:
        return Proof(figures, failures)
    return Proof(figures, (), tuple(exposures(model)), tuple(laws.covered_together()))


def _broken(laws: Invariants) -> Iterator[Failure]:
    yield from laws.permitted_is_required()
    yield from laws.ground_rules()
    yield from laws.documented_rows()
    yield from laws.perimeter()
    yield from laws.redundant_rules()
