"""Changes as rows that the terminal and the comment both show: who, with whom, on what, for whom to see."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from exchange_ports.clouds import asked_by_platform
from exchange_ports.diff import Change, ChangeEndpoint, Effect
from exchange_ports.findings import printable
from exchange_ports.flows import Reason
from exchange_ports.flows.labels import few
from exchange_ports.traffic.services import ServiceSet

__all__ = ["Row", "cited", "ports", "rows", "who"]

#: Letters. A set of services that is written longer is cut there.
_LONGEST_PORTS: Final = 78

#: How each kind of change is marked.
_SIGNS: Final = {Effect.OPENED: "+", Effect.CUT: "-", Effect.REASON: "="}


@dataclass(frozen=True, slots=True)
class Row:
    """A change, or two that are each other's way back."""

    change: Change
    both_ways: bool

    @property
    def arrow(self) -> str:
        """Both ways, or one."""
        return "↔" if self.both_ways else "→"

    @property
    def ends(self) -> tuple[ChangeEndpoint, ChangeEndpoint]:
        """Who with whom; both ways, the server that makes the change stands first."""
        source, destination = self.change.source, self.change.destination
        if self.both_ways and set(destination.servers) == set(self.change.about):
            return destination, source
        return source, destination

    @property
    def sign(self) -> str:
        """+, - or =."""
        return _SIGNS[self.change.effect]

    @property
    def labels(self) -> tuple[str, ...]:
        """What a reader must not miss, each in a word or two. Of what is cut, nothing."""
        change = self.change
        if change.effect is Effect.CUT:
            return ()
        signs = (
            (change.from_internet, "from the Internet"),
            (change.inward, "perimeter to inside"),
            (change.accepted_risk, "accepted risk"),
            (change.every_protocol, "every protocol"),
        )
        return tuple(word for sign, word in signs if sign)


def rows(changes: Iterable[Change]) -> list[Row]:
    """The changes in order, each with its way back in one row."""
    found: list[Row] = []
    waiting = list(changes)
    while waiting:
        change = waiting.pop(0)
        back = next((each for each in waiting if _is_back(change, each)), None)
        if back is not None:
            waiting.remove(back)
        found.append(Row(change, back is not None))
    return found


def _is_back(one: Change, other: Change) -> bool:
    return (
        (one.source, one.destination) == (other.destination, other.source)
        and (one.effect, one.cause, one.services) == (other.effect, other.cause, other.services)
        and (one.reasons, one.former) == (other.reasons, other.former)
    )


def ports(services: ServiceSet) -> str:
    """The services in a few words."""
    said = str(services).replace("everything", "every protocol")
    return said if len(said) <= _LONGEST_PORTS else f"{said[: _LONGEST_PORTS - 4]} ..."


def who(end: ChangeEndpoint) -> str:
    """One end: role or neighbour, and the servers by name."""
    names = f" ({few(list(end.servers))})" if end.servers else ""
    return printable(f"{end.summary}{names}")


def cited(reason: Reason) -> str:
    """Where a reason stands: the row, the platform's page, or who asked."""
    platform = asked_by_platform(reason)
    if platform:
        return platform.citation
    if reason.entry is not None:
        return reason.source
    marks = [reason.ticket, reason.owner and f"owner {reason.owner}"]
    marks.append(reason.review and f"until {reason.review}")
    return ", ".join(["the operator's words", *(mark for mark in marks if mark)])
