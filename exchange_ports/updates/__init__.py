"""What an update passes through: the states of the clouds on the way, and what they let through.

Pure, as everything below `resources`. DESIGN 5 "Updates" is the statement; `docs/updates.md` tells it.
"""

from exchange_ports.updates.examining import Examined, Trouble
from exchange_ports.updates.stepping import Attached, Step, Update, update

__all__ = ["Attached", "Examined", "Step", "Trouble", "Update", "update"]
