"""What must pass: topology x catalog -> flows, each with its reasons.

Must not know clouds, groups' resources, or how a flow is written as rules.
"""

from exchange_ports.flows.ends import by_address
from exchange_ports.flows.flow import INTERNET, Flow, Outside, Reason, described, in_order
from exchange_ports.flows.gathering import flows

__all__ = [
    "INTERNET",
    "Flow",
    "Outside",
    "Reason",
    "by_address",
    "described",
    "flows",
    "in_order",
]
