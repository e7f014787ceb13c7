"""What two topologies differ in, as traffic: newly allowed, newly blocked, the same for another reason.

Exact, by the flows of both: what a filter must allow, server by server. That filters allow just that is
for the proof to show, and a law of the tests holds the two against each other: so neither uses the other.
Must not know: how flows are written as rules, nor what an update does while it runs (`rollout`).
"""

from exchange_ports.differences.change import Cause, Change, ChangeEndpoint, Effect, Gate, held_by
from exchange_ports.differences.declaration_diff import AddressChange, DeclarationDiff, SiteChange
from exchange_ports.differences.flow_diff import FlowDiff, FlowPart
from exchange_ports.differences.neighbor_diff import RegisteredPlans, neighbor_changes
from exchange_ports.differences.standing import Standing, StandingRules
from exchange_ports.differences.topology_diff import TopologyDiff, diff_plans, diff_standing

__all__ = [
    "AddressChange",
    "DeclarationDiff",
    "SiteChange",
    "Cause",
    "Change",
    "TopologyDiff",
    "Effect",
    "ChangeEndpoint",
    "FlowDiff",
    "FlowPart",
    "Gate",
    "RegisteredPlans",
    "Standing",
    "StandingRules",
    "diff_plans",
    "diff_standing",
    "held_by",
    "neighbor_changes",
]
