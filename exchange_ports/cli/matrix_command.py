"""`matrix`: who may talk to whom, as a table."""

import argparse

from exchange_ports.cli.console import doing
from exchange_ports.cli.exit_codes import FINE
from exchange_ports.cli.stacks import compiled, read
from exchange_ports.reports.matrix_report import matrix, matrix_report
from exchange_ports.reports.writers import publish


def as_table(asked: argparse.Namespace) -> int:
    """Who may talk to whom, in the format that is asked for."""
    plans, _ = compiled(read(asked.file))
    with doing("gathering who may talk to whom"):
        rows = matrix(plans)
    publish(matrix_report(rows), asked.format)
    return FINE
