"""What an update passes through: the states of the clouds on the way, and what they let through.

Pure, as everything below `resources`. DESIGN 5 "Updates" is the statement; `docs/updates.md` tells it.
"""

from exchange_ports.rollout.engine_operations import (
    NetworkOperations,
    replaced_wholes,
    stack_operations,
    unlisted,
)
from exchange_ports.rollout.examine import TransientEffect
from exchange_ports.rollout.phases import (
    Phase,
    PhasePlan,
    Rollout,
    ServersIn,
    plan_rollout,
    standing_after,
)
from exchange_ports.rollout.request import (
    RolloutRequest,
    check_previous,
    read_request,
    registered,
    select_phase,
)
from exchange_ports.rollout.update import (
    Does,
    Ids,
    Operation,
    changed_at_once,
    network_pairs,
    operations,
)

__all__ = [
    "ServersIn",
    "Does",
    "TransientEffect",
    "Ids",
    "NetworkOperations",
    "Operation",
    "PhasePlan",
    "Phase",
    "RolloutRequest",
    "Rollout",
    "changed_at_once",
    "check_previous",
    "operations",
    "network_pairs",
    "registered",
    "replaced_wholes",
    "select_phase",
    "stack_operations",
    "unlisted",
    "read_request",
    "plan_rollout",
    "standing_after",
]
