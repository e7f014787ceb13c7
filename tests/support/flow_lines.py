"""Flows in lines, for goldens that are read."""

from collections.abc import Mapping
from typing import Any

from exchange_ports.flows import ExternalEndpoint, FieldOrigins, compile_flows
from exchange_ports.flows.flow import Endpoint
from exchange_ports.topology.inventory import Inventory
from tests.support.strategies import declared


def _end(one: Endpoint) -> str:
    if not isinstance(one, ExternalEndpoint):
        return one.key if one.network == "corp" else f"{one.key} in {one.network}"
    ranges = (
        ", ".join(map(str, one.ranges)) if len(one.ranges) <= 3 else f"{len(one.ranges)} ranges"
    )
    return f"{one.name} ({ranges})"


def flow_lines(data: Mapping[str, Any]) -> list[str]:
    """Each flow with its reasons, and the fields that declare it."""
    inventory = Inventory(declared(data))
    origins = FieldOrigins(inventory)
    lines: list[str] = []
    for flow in compile_flows(inventory):
        why = [
            f"{reason.entry or reason.summary}"
            f" at {', '.join('.'.join(map(str, path)) for path in origins.of(flow, reason)) or '-'}"
            for reason in flow.reasons
        ]
        lines.append(
            f"* {_end(flow.source)} -> {_end(flow.destination)} {flow.ports}: {'; '.join(why)}"
        )
    return lines
