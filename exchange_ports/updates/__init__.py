"""What an update passes through: the states of the clouds on the way, and what they let through.

Pure, as everything below `resources`. DESIGN 5 "Updates" is the statement; `docs/updates.md` tells it.
"""

from exchange_ports.updates.choosing import (
    Asked,
    Registered,
    UnderWay,
    check_previous,
    registered,
    taken,
    under_way,
)
from exchange_ports.updates.examining import Effect, Examined, Trouble
from exchange_ports.updates.operations import Does, Operation, operations
from exchange_ports.updates.pairs import pairs_of
from exchange_ports.updates.replacing import Ids
from exchange_ports.updates.stepping import Attached, Step, Turn, Update, update

__all__ = [
    "Asked",
    "Attached",
    "Does",
    "Effect",
    "Examined",
    "Ids",
    "Operation",
    "Registered",
    "Step",
    "Trouble",
    "Turn",
    "UnderWay",
    "Update",
    "check_previous",
    "operations",
    "pairs_of",
    "registered",
    "taken",
    "under_way",
    "update",
]
