"""`plan` and `schema`: what a stack opens, and what a topology may say."""

import argparse
import json

from exchange_ports.cli.exit_codes import FINE
from exchange_ports.cli.stacks import compiled, read, warn
from exchange_ports.reports.plan_report import plan_report
from exchange_ports.reports.writers import publish


def plan(asked: argparse.Namespace) -> int:
    """What a stack opens, and why."""
    plans, warnings = compiled(read(asked.file))
    publish(plan_report(plans, warnings), "json" if asked.json else "text")
    if not asked.json:
        warn(warnings)
    return FINE


def schema(_: argparse.Namespace) -> int:
    """JSON Schema of a topology."""
    from exchange_ports.topology.validate import topology_schema

    print(json.dumps(topology_schema(), indent=2))
    return FINE
