"""What a picture says in words: beside a row, on its line, and to whoever cannot see it."""

from collections.abc import Iterable, Sequence
from typing import Final

from exchange_ports.findings import counted
from exchange_ports.flows import Reason
from exchange_ports.flows.labels import label
from exchange_ports.reports.diagram.columns import Strip, partly
from exchange_ports.reports.diagram.layout import Landscape, Place, Stand
from exchange_ports.reports.diagram.picture import FABRIC_WORDS, Picture, Row

__all__ = ["note", "spoken", "tag", "title"]

_SIGNS: Final = {Stand.KEPT: "", Stand.NEW: "+ ", Stand.CUT: "\N{MINUS SIGN} "}
_SPOKEN: Final = {Stand.KEPT: "", Stand.NEW: "New: ", Stand.CUT: "Cut: "}
#: More reasons than these are counted.
_MOST: Final = 3


def title(scene: Picture, name: str) -> str:
    """What the picture is of."""
    verb = "What changes in what" if scene.compared else "What"
    return f"{verb} {name} lets through"


def tag(row: Row) -> str:
    """What stands on the line: the ports."""
    return _SIGNS[row.stand] + ", ".join(map(str, row.ports))


def note(
    row: Row, land: Landscape, strips: Iterable[tuple[Strip, list[Place], list[Place]]]
) -> str:
    """What stands beside a row: why it is there, and of whom it is, where not of a whole lane."""
    words = _SIGNS[row.stand] + _reasons(row.reasons)
    if row.is_risky:
        words += "; accepted risk"
    some: dict[str, None] = {}
    for strip, sources, targets in strips:
        for names in (partly(strip, sources, land), partly(strip, targets, land)):
            if names:
                some[", ".join(names)] = None
    if some:
        words += f": {' and '.join(some)}"
    if row.own_site:
        words += "; each in its own site"
    return words


def _reasons(reasons: Sequence[Reason]) -> str:
    if all(reason.entry in FABRIC_WORDS for reason in reasons):
        marks = ", ".join(reason.entry or "" for reason in reasons)
        if marks == "R1":
            return f"among Exchange servers ({marks})"
        whom = ", ".join(FABRIC_WORDS[reason.entry or ""] for reason in reasons)
        return f"between Exchange servers and {whom} ({marks})"
    several: dict[str, list[str]] = {}
    for reason in reasons:
        several.setdefault(reason.summary, []).append(reason.entry or reason.ticket or "")
    said_ = [
        f"{summary} ({', '.join(marks)})" if (marks := [m for m in all_ if m]) else summary
        for summary, all_ in several.items()
    ]
    if len(said_) > _MOST:
        said_ = [*said_[: _MOST - 1], counted(len(said_) - _MOST + 1, "reason") + " more"]
    return "; ".join(said_)


def spoken(scene: Picture) -> str:
    """Every row as a sentence."""
    return " ".join(_sentence(row, scene.land) for row in scene.rows)


def _sentence(row: Row, land: Landscape) -> str:
    verb = "and" if row.both_ways and row.source != row.destination else "to"
    ends = f"{_who(row.source, land)} {verb} {_who(row.destination, land)}"
    if row.source == row.destination:
        ends = f"Among {_who(row.source, land)}"
    return f"{_SPOKEN[row.stand]}{ends}: {tag(row).lstrip('+ ')}, {_reasons(row.reasons)}."


def _who(places: Iterable[Place], land: Landscape) -> str:
    names: dict[str, None] = {}
    by_kind: dict[str, dict[str, None]] = {}
    for place in sorted(places, key=lambda p: (p.outside is not None, p.site, p.kind, p.servers)):
        if place.outside is not None:
            names[label(place.outside)] = None
        else:
            by_kind.setdefault(place.kind, {})[land.site(place.site)] = None
    ours = [f"{kind} of {', '.join(sites)}" for kind, sites in by_kind.items()]
    return ", ".join((*ours, *names))
