"""Proof that plans permit exactly what flows mean, on both clouds, by exact sets of traffic.

Must not know: how flows become rules. The planners are checked here, so nothing of theirs is used but
the names of rules.
"""

from exchange_ports.proof.invariants import Failure, Figures, Proof, prove

__all__ = ["Failure", "Figures", "Proof", "prove"]
