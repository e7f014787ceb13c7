"""What passes from place to place, before and now: the smallest parts that a row of a picture is made of.

Must not know: how sites are put together, nor how anything is drawn.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.differences import Effect, compare_declared
from exchange_ports.flows import Endpoint, Flow, Reason
from exchange_ports.reports.diagram.layout import Landscape, Place, Stand
from exchange_ports.traffic.ports import Ports

#: The reasons that rows are told apart by. Those of the ground rules stand in one row.
Family: TypeAlias = tuple[Reason, ...]
FABRIC: Final[Family] = (Reason("no restriction"),)
#: How the ground rules are called in the catalog.
_GROUND: Final = ("R1", "R2", "R3")


class Passing(NamedTuple):
    """One thing that passes from one place to another: one protocol, one range of ports."""

    source: Place
    destination: Place
    ports: Ports
    stand: Stand
    reasons: tuple[Reason, ...]

    @property
    def family(self) -> Family:
        """What a row may have in common."""
        ground = all(reason.entry in _GROUND for reason in self.reasons)
        return FABRIC if ground else self.reasons


_STANDS: Final = {None: Stand.KEPT, Effect.OPENED: Stand.NEW, Effect.CUT: Stand.CUT}


def passings(
    land: Landscape, before: Sequence[Flow] | None, now: Sequence[Flow]
) -> tuple[Passing, ...]:
    """All that passes, in a fixed order; without flows of before, all of it is kept."""

    def places(end: Endpoint, was: bool) -> Sequence[Place]:
        return land.of_end(end, before=was)

    rows = compare_declared(before, now, places)
    found = {Passing(*row.ends, row.ports, _STANDS[row.effect], row.reasons) for row in rows}
    return tuple(sorted(found, key=_order))


def _order(one: Passing) -> tuple[object, ...]:
    ends = (one.source.lane, one.source.servers, one.destination.lane, one.destination.servers)
    outside = tuple(
        (end.outside.name, tuple(map(str, end.outside.ranges))) if end.outside else ("", ())
        for end in (one.source, one.destination)
    )
    return (*ends, outside, one.ports, one.stand)
