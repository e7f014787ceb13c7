"""What becomes of each resource that is wanted, and what else stands there that is of this program's making."""

from dataclasses import dataclass
from enum import StrEnum

from exchange_ports.adoption.expected import ExpectedResource
from exchange_ports.adoption.state import Urn

__all__ = ["Found", "Leftover", "ResourceStatus", "Unwanted", "ResourceVerdict"]


class ResourceStatus(StrEnum):
    """How a wanted resource stands between the cloud and the engine's state."""

    #: It exists, and the state has it.
    KNOWN = "known"
    #: It exists, the state does not have it: to be imported.
    IMPORT = "import"
    #: Nothing like it exists: the next update creates it.
    MISSING = "missing"
    #: The state has it, and it is gone.
    GONE = "gone"
    #: It exists, but an import would have it replaced.
    REPLACED = "replaced"
    #: It exists, but another resource of the state holds its id.
    HELD = "held"
    #: It exists, but the state has another id for this resource, which stands as well.
    BLOCKED = "blocked"
    #: More than one thing could be it.
    SEVERAL = "several"


#: Where a person has to do something before an update can end well.
_IN_THE_WAY = frozenset(
    {
        ResourceStatus.REPLACED,
        ResourceStatus.HELD,
        ResourceStatus.BLOCKED,
        ResourceStatus.SEVERAL,
        ResourceStatus.GONE,
    }
)


@dataclass(frozen=True, slots=True)
class ResourceVerdict:
    """One wanted resource: how it stands, by which id, and what the next update then edits or replaces."""

    wanted: ExpectedResource
    stand: ResourceStatus
    #: The id by which it exists. Of several, the first.
    id: str = ""
    #: What the update after an import changes in place.
    edits: tuple[str, ...] = ()
    #: What would be replaced; who holds the id; the other ids.
    because: tuple[str, ...] = ()
    #: How a person finds or takes away what stands there: arguments of the cloud's own command.
    at: str = ""

    @property
    def in_the_way(self) -> bool:
        """Whether a person has to decide something."""
        return self.stand in _IN_THE_WAY


@dataclass(frozen=True, slots=True)
class Leftover:
    """A resource under a wanted one's name beside it, which nobody holds: made by an update that was cut off."""

    wanted: ExpectedResource
    id: str
    #: The command that deletes it.
    delete: str


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A rule at a group of ours that the stack file does not want and the state does not hold."""

    group: str
    id: str
    summary: str
    #: The command that revokes it.
    revoke: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one network."""

    network: str
    urn: Urn
    verdicts: tuple[ResourceVerdict, ...]
    leftovers: tuple[Leftover, ...] = ()
    unwanted: tuple[Unwanted, ...] = ()
