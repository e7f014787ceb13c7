"""What two topologies differ in, as traffic: newly let through, newly cut, the same for another reason.

Exact, by the flows of both: what a filter is meant to let through, server by server. That filters do
let through just that is the proof's to show. Must not know: how flows are written as rules, nor what
an update does on its way (`updates`).
"""

from exchange_ports.changes.change import (
    PROBES,
    PROBES_URL,
    Cause,
    Change,
    Effect,
    End,
    Way,
    Zone,
)
from exchange_ports.changes.changes import Changes, Moved, Renamed, changes
from exchange_ports.changes.gates import Gate, held_by

__all__ = [
    "Cause",
    "Change",
    "Changes",
    "Effect",
    "End",
    "Gate",
    "Moved",
    "PROBES",
    "PROBES_URL",
    "Renamed",
    "Zone",
    "Way",
    "changes",
    "held_by",
]
