"""`prove`: that the rules let through what is meant, no more."""

import argparse
import json

from exchange_ports.cli.codes import FINE, NO
from exchange_ports.cli.stacks import compiled, read, warn
from exchange_ports.findings.planned import WARNINGS
from exchange_ports.proof import prove as proved
from exchange_ports.proof.swapping import swap
from exchange_ports.reports.lines import line
from exchange_ports.reports.proof import failure_lines, proof_data, proof_lines, swap_lines
from exchange_ports.reports.terminal import show

__all__ = ["prove"]


def prove(asked: argparse.Namespace) -> int:
    """What was proved, in figures, or what fails, with its witnesses."""
    plans, warnings = compiled(read(asked.file))
    proof = proved(plans)
    swaps = swap(plans) if asked.both and proof.holds else ()
    if asked.json:
        print(json.dumps(proof_data(proof, swaps), indent=2))
    else:
        show(proof_lines(proof) if proof.holds else failure_lines(proof))
        show([line(), *swap_lines(swaps)] if swaps else [])
    # What is unwise about the topology is `plan`'s to say; of the plans, both say it.
    warn([warning for warning in warnings if warning.kind.code in WARNINGS])
    return FINE if proof.holds and all(each.holds for each in swaps) else NO
