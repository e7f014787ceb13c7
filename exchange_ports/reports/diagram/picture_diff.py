"""What passes from place to place, before and now: flows as the smallest parts that a row is made of.

Must not know: how sites are put together, nor how anything is drawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.reports.diagram.layout import Landscape, Place, Stand
from exchange_ports.topology.groups import Group
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import PortRange, Ports, without_adjacent
from exchange_ports.traffic.services import PortSet

__all__ = ["FABRIC", "Family", "Passing", "passings"]

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


_Pair: TypeAlias = tuple[Place, Place]
_Known: TypeAlias = dict[_Pair, list[tuple[Ports, tuple[Reason, ...]]]]


def passings(
    land: Landscape, before: Sequence[Flow] | None, now: Sequence[Flow]
) -> tuple[Passing, ...]:
    """All that passes, in a fixed order; without flows of before, all of it is kept."""
    if before is None:
        found = (
            Passing(source, destination, ports, Stand.KEPT, reasons)
            for (source, destination), several in _known(land, now, {}, before=False).items()
            for ports, reasons in several
        )
        return tuple(sorted(set(found), key=_order))
    parts = _parts(before, now)
    old = _known(land, before, parts, before=True)
    new = _known(land, now, parts, before=False)
    compared: set[Passing] = set()
    for pair in dict.fromkeys((*new, *old)):
        was, is_ = old.get(pair, []), new.get(pair, [])
        for mine, theirs, same, other in (
            (is_, was, Stand.KEPT, Stand.NEW),
            (was, is_, None, Stand.CUT),
        ):
            for ports, reasons in mine:
                for each, there in _split(ports, theirs):
                    stand = same if there else other
                    if stand is not None:
                        compared.add(Passing(*pair, each, stand, reasons))
    return tuple(sorted(compared, key=_order))


def _order(one: Passing) -> tuple[object, ...]:
    ends = (one.source.lane, one.source.servers, one.destination.lane, one.destination.servers)
    outside = tuple(
        (end.outside.name, tuple(map(str, end.outside.ranges))) if end.outside else ("", ())
        for end in (one.source, one.destination)
    )
    return (*ends, outside, one.ports, one.stand)


def _known(
    land: Landscape,
    flows: Iterable[Flow],
    parts: Mapping[ExternalEndpoint, tuple[ExternalEndpoint, ...]],
    *,
    before: bool,
) -> _Known:
    """Flows from place to place, one range of ports each."""

    def places(end: Group | ExternalEndpoint) -> list[Place]:
        pieces = parts.get(end, (end,)) if isinstance(end, ExternalEndpoint) else (end,)
        return [place for piece in pieces for place in land.of_end(piece, before=before)]

    known: _Known = {}
    for flow in flows:
        for source in places(flow.source):
            for destination in places(flow.destination):
                there = known.setdefault((source, destination), [])
                there += ((single, flow.reasons) for single in flow.ports.one_by_one())
    return known


def _parts(
    before: Iterable[Flow], now: Iterable[Flow]
) -> dict[ExternalEndpoint, tuple[ExternalEndpoint, ...]]:
    """Whoever is outside under one name with other addresses now: what stays, and what does not.

    Without it, an address more would cut all that passed before.
    """
    old, new = _outside(before), _outside(now)
    parts: dict[ExternalEndpoint, tuple[ExternalEndpoint, ...]] = {}
    for name in old.keys() & new.keys():
        was = AddressSet.of(r for end in old[name] for r in end.ranges)
        is_ = AddressSet.of(r for end in new[name] for r in end.ranges)
        for end in (*old[name], *new[name]):
            mine = AddressSet.of(end.ranges)
            pieces = [mine & was & is_, mine - (was & is_)]
            if mine <= (was & is_):
                # Written as declared: prefixes of a set may be others.
                same = [e for e in new[name] if AddressSet.of(e.ranges) == mine]
                parts[end] = (same[0] if same else end,)
            else:
                parts[end] = tuple(
                    replace(end, ranges=piece.prefixes()) for piece in pieces if piece
                )
    return parts


def _outside(flows: Iterable[Flow]) -> dict[str, list[ExternalEndpoint]]:
    found: dict[str, dict[ExternalEndpoint, None]] = {}
    for flow in flows:
        for end in (flow.source, flow.destination):
            if isinstance(end, ExternalEndpoint):
                found.setdefault(end.name, {})[end] = None
    return {name: list(ends) for name, ends in found.items()}


def _split(
    ports: Ports, others: Iterable[tuple[Ports, tuple[Reason, ...]]]
) -> list[tuple[Ports, bool]]:
    """One range of ports in what the others have too, and what they have not."""
    alike = [other for other, _ in others if other.protocol is ports.protocol]
    if not ports.protocol.has_ports:
        return [(ports, bool(alike))]
    mine = _ports_of([ports])
    theirs = _ports_of(alike)
    return [
        (single, there)
        for part, there in ((mine & theirs, True), (mine - theirs, False))
        for first, last in part.spans
        for single in without_adjacent([Ports(ports.protocol, (PortRange(first, last),))])
    ]


def _ports_of(several: Iterable[Ports]) -> PortSet:
    return PortSet.of((r.first, r.last) for ports in several for r in ports.ranges)
