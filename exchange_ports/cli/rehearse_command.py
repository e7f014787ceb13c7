"""`rehearse`: what the rules would do with recorded traffic, before they are attached."""

import argparse
import sys

from exchange_ports.cli.console import BAD_INPUT, FINE, NO, doing
from exchange_ports.cli.stacks import compiled, read, warn
from exchange_ports.rehearsal.rehearse import Rehearser
from exchange_ports.reports.rehearsal_report import rehearsal_report
from exchange_ports.reports.writers import publish


def rehearse(asked: argparse.Namespace) -> int:
    """What would be blocked of what was recorded, and what to declare so that it is not."""
    stack = read(asked.file)
    plans, _ = compiled(stack)
    old = None if asked.against is None else compiled(read(asked.against))[0]
    rehearser = Rehearser(plans, old)
    if asked.print_query is not None:
        sys.stdout.write(rehearser.query(asked.print_query) or "")
        return FINE
    if not asked.flow_logs:
        print("exchange-ports rehearse: --flow-logs or --print-query is needed", file=sys.stderr)
        return BAD_INPUT
    with doing("reading flow logs"):
        recorded, found = rehearser.read(asked.flow_logs, asked.engine)
    with doing("judging connections"):
        answer = rehearser.rehearse(recorded)
    publish(rehearsal_report(answer), asked.format)
    warn(found)
    if not recorded.tally.ours:
        # Nothing was compared, so nothing is known to pass.
        return BAD_INPUT
    return NO if answer.blocks else FINE
