"""What must pass: topology x catalog -> flows, each with its reasons.

Must not know clouds, groups' resources, or how a flow is written as rules.
"""

from exchange_ports.flows.compile_flows import FieldOrigins, compile_flows
from exchange_ports.flows.flow import (
    Endpoint,
    ExternalEndpoint,
    Flow,
    Reason,
    by_address,
    described,
    in_order,
)

__all__ = [
    "Endpoint",
    "ExternalEndpoint",
    "FieldOrigins",
    "Flow",
    "Reason",
    "by_address",
    "compile_flows",
    "described",
    "in_order",
]
