"""What two topologies differ in, as traffic: newly let through, newly cut, the same for another reason.

Exact, by the flows of both: what a filter is meant to let through, server by server. That filters do
let through just that is the proof's to show. Must not know: how flows are written as rules, nor what
an update does on its way (`updates`).
"""

from exchange_ports.diff.change import (
    Cause,
    Change,
    ChangeEndpoint,
    Effect,
    EndpointZone,
    Gate,
    held_by,
)
from exchange_ports.diff.topology_diff import (
    Renamed,
    ServerNote,
    TopologyDiff,
    compare_declared,
    diff_plans,
)

__all__ = [
    "Cause",
    "Change",
    "TopologyDiff",
    "Effect",
    "ChangeEndpoint",
    "Gate",
    "ServerNote",
    "Renamed",
    "EndpointZone",
    "compare_declared",
    "diff_plans",
    "held_by",
]
