"""`plan --against`: what an update from another stack file does in passing."""

import argparse
from typing import cast

from exchange_ports.cli.console import doing
from exchange_ports.cli.exit_codes import FINE, NO
from exchange_ports.cli.stacks import compiled, read, warn
from exchange_ports.reports.rollout_report import rollout_report
from exchange_ports.reports.writers import publish
from exchange_ports.rollout import Attached, Ids, plan_rollout


def plan_against(asked: argparse.Namespace) -> int:
    """What is done, what one step would cut or open, and the steps in which nothing is."""
    before, after = read(asked.against), read(asked.file)
    old, _ = compiled(before)
    new, warnings = compiled(after)
    # Both are mappings: what is not was refused just now.
    ids = tuple(cast("Ids", each.config.get("networks") or {}) for each in (before, after))
    with doing("working out what the update passes through"):
        found = plan_rollout(old, new, Attached(asked.attached), (ids[0], ids[1]))
    publish(rollout_report(old, new, found), "json" if asked.json else "text")
    if not asked.json:
        warn(warnings)
    return FINE if found.clean else NO
