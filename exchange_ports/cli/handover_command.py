"""`handover`: what those must let pass who run the filters that are not ours."""

import argparse

from exchange_ports.cli.console import doing
from exchange_ports.cli.exit_codes import FINE
from exchange_ports.cli.stacks import compiled, read_with_origin
from exchange_ports.reports.handover_report import handover as rows_of
from exchange_ports.reports.handover_report import handover_report
from exchange_ports.reports.writers import publish


def handover(asked: argparse.Namespace) -> int:
    """What crosses a network, a zone or a neighbour, in the format that is asked for."""
    stack, origin = read_with_origin(asked.file)
    plans, _ = compiled(stack)
    with doing("gathering what crosses"):
        rows = rows_of(plans)
    publish(handover_report(rows, plans.topology.organization, origin), asked.format)
    return FINE
