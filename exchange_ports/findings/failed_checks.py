"""What a check that fails is called among findings, for code scanning, test reports and annotations.

The report of the command says the same in more words; these are never shown beside it.
"""

from typing import Final

from exchange_ports.findings.finding import Kind

NOT_PROVED: Final = Kind(
    "not-proved",
    summary="{law} does not hold: {counterexample}",
    why="{summary}",
    fix="do not deploy this plan; report the stack file with this counterexample",
)
TRAFFIC_BLOCKED: Final = Kind(
    "traffic-blocked",
    summary="{traffic} is not allowed",
    why="at the source: {source}; at the destination: {destination}",
    fix="declare the traffic in the stack file if it is required",
)
UNSAFE_UPDATE: Final = Kind(
    "unsafe-update",
    summary="{issue}",
    why="an update in one step changes rules and the groups of servers at different times",
    fix="update in the phases that `plan --against` prints",
)
GATE_FAILED: Final = Kind(
    "gate-failed",
    summary="`--fail-on {gate}` stops this change: {change}",
    why="{reasons}",
    fix="narrow the change, or have it approved",
)
RUNS_TOO_OPEN: Final = Kind(
    "runs-too-open",
    summary="{network}: {servers} {direction}: {traffic} is allowed and not declared",
    why="for example {packet}, by {rules}",
    fix="{fix}",
)
RUNS_TOO_CLOSED: Final = Kind(
    "runs-too-closed",
    summary="{network}: {servers} {direction}: {traffic} is required and blocked",
    why="for example {packet}, by {rules}",
    fix="{fix}",
)
RUNS_OTHERWISE: Final = Kind(
    "runs-otherwise",
    summary="{network}: {where}: {what}",
    why="what runs differs from the plan; it {effect}",
    fix="{fix}",
)

KINDS: Final = (
    NOT_PROVED,
    TRAFFIC_BLOCKED,
    UNSAFE_UPDATE,
    GATE_FAILED,
    RUNS_TOO_OPEN,
    RUNS_TOO_CLOSED,
    RUNS_OTHERWISE,
)
