"""Gates: what a review may refuse by itself."""

from collections.abc import Iterable
from enum import StrEnum

from exchange_ports.diff.change import Change, Effect

__all__ = ["Gate", "held_by"]


class Gate(StrEnum):
    """What stops at a gate."""

    WIDENED = "widened"
    """Anything that is newly let through."""
    PERIMETER = "perimeter"
    """What is newly let through from the Internet, or with an end in a perimeter zone."""
    RISK = "risk"
    """What is newly let through at an accepted risk, or on every protocol without a ground rule."""


def held_by(gate: Gate, changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes that do not pass a gate.

    A risk that is newly accepted is held by `risk` also where the traffic passed before.
    """
    return tuple(change for change in changes if _held(gate, change))


def _held(gate: Gate, change: Change) -> bool:
    risky = change.accepted_risk or change.every_protocol
    if change.effect is Effect.REASON:
        return gate is Gate.RISK and change.accepted_risk
    if change.effect is Effect.CUT:
        return False
    if gate is Gate.WIDENED:
        return True
    return change.perimeter if gate is Gate.PERIMETER else risky
