"""`report`: the rule book of an environment."""

import argparse

from exchange_ports.cli.console import doing
from exchange_ports.cli.exit_codes import FINE, NO
from exchange_ports.cli.stacks import compiled, read_with_origin
from exchange_ports.proof import prove
from exchange_ports.reports.rulebook import rulebook
from exchange_ports.reports.rulebook_page import rulebook_report
from exchange_ports.reports.writers import publish


def report(asked: argparse.Namespace) -> int:
    """Every rule with its reasons, and what holds it up; no where the proof fails."""
    stack, origin = read_with_origin(asked.file)
    plans, warnings = compiled(stack)
    with doing("proving"):
        proof = prove(plans)
    with doing("writing the rule book"):
        book = rulebook(plans, proof, warnings, origin)
    publish(rulebook_report(book), asked.format)
    return FINE if book.proof.holds else NO
