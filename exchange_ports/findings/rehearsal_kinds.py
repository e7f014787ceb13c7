"""Findings about flow logs."""

from typing import Final

from exchange_ports.findings.finding import Kind, Severity

CANNOT_READ_FLOW_LOG: Final = Kind(
    "cannot-read-flow-log",
    summary="Cannot read the flow log {file}.",
    why="{why}.",
    fix="{fix}.",
)
FLOW_LOG_INCOMPLETE: Final = Kind(
    "flow-log-incomplete",
    summary="Some of the flow logs cannot be read: {what} ({count}, first in {where}).",
    why="These records are in no part of the answer, so traffic that would be blocked may be missing.",
    fix="Copy the file again, or report the line if the format is documented.",
    severity=Severity.WARNING,
)
NO_SERVER_ADDRESS: Final = Kind(
    "no-server-address",
    summary="Cannot rehearse: no managed server of the topology declares an address.",
    why="Flow logs name hosts by address.",
    fix="Declare `address` of the servers.",
)

KINDS: Final = (CANNOT_READ_FLOW_LOG, FLOW_LOG_INCOMPLETE, NO_SERVER_ADDRESS)
