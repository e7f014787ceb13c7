"""What a picture states in words: its title, the text of a row, and a sentence for each row."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from exchange_ports.findings import counted
from exchange_ports.flows import Reason
from exchange_ports.flows.labels import label
from exchange_ports.reports.diagram.drawn_flows import UNRESTRICTED_PEERS
from exchange_ports.reports.diagram.endpoints import DrawnEndpoint, EndpointMap, Status
from exchange_ports.reports.diagram.neighbors import ELLIPSIS, without_site
from exchange_ports.reports.diagram.picture import Picture, PictureSection
from exchange_ports.reports.diagram.rows import PictureRow
from exchange_ports.reports.diagram.zones import SIGNS, Column, counted_names, partly
from exchange_ports.traffic.ports import Ports, Protocol

#: More reasons than these are counted.
_MOST_REASONS: Final = 3
ACCEPTED_RISK: Final = "accepted risk"


class Heading(NamedTuple):
    """What the caller knows of a picture: the name of the stack, and the date, if it has one."""

    stack: str
    date: str = ""


def title(picture: Picture, heading: Heading) -> str:
    """The title: organization, stack and date."""
    return " \N{MIDDLE DOT} ".join(filter(None, (picture.organization, *heading)))


def subtitle(picture: Picture) -> str:
    """What the picture shows."""
    shown = "Allowed traffic"
    if picture.compared:
        shown = f"What changes in the allowed traffic: {', '.join(_changes(picture))}"
    if not picture.view:
        return shown
    return f"{shown} ({picture.view}; the whole picture has {counted(picture.all_rows, 'row')})"


def _changes(picture: Picture) -> Iterable[str]:
    rows = Counter(row.status for row in picture.rows)
    servers = Counter(member.status for member in picture.members)
    found = [
        f"{counted(number, what)} {done}"
        for number, what, done in (
            (rows[Status.ALLOWED], "row", "newly allowed"),
            (rows[Status.BLOCKED], "row", "newly blocked"),
            (servers[Status.ALLOWED], "server", "added"),
            (servers[Status.BLOCKED], "server", "removed"),
        )
        if number
    ]
    if picture.readdressed:
        names = counted_names(picture.readdressed)
        found.append(
            f"{counted(len(picture.readdressed), 'server')} with another address ({names})"
        )
    return found or ["nothing"]


def not_drawn(picture: Picture) -> list[str]:
    """The servers that are in no row of a whole picture."""
    if picture.view:
        return []
    drawn = {end for row in picture.rows for end in row.ends}
    endpoints = picture.endpoints
    shown = {server for end in drawn for server in end.servers}
    every = {server for end in endpoints.servers() for server in end.servers}
    names = sorted(endpoints.server(server) for server in every - shown)
    return [f"Not in any row: {', '.join(names)}."] if names else []


class RowText(NamedTuple):
    """The text of a row: its ports, why it is there, and the marks behind that."""

    ports: str
    reasons: str
    risk: str


def row_text(section: PictureSection, row: PictureRow, columns: Sequence[Column]) -> RowText:
    """What is written at a row; `columns` are those of its section."""
    sign = SIGNS[row.status]
    ports = f"{sign} {port_text(row.ports)}" if sign else port_text(row.ports)
    words = _reasons(row, section.endpoints)
    for way, ends in (("from", row.source), ("to", row.destination)):
        some = [
            f"{_in_sentence(column)}, {few}" if _is_part(ends, column) else few
            for column in columns
            if (few := counted_names(partly_of(column, ends, section.endpoints)))
        ]
        if some and not (row.among and way == "to"):
            words += f", {way if not row.among else 'among'} {' and '.join(some)}"
    if row.own_site:
        words += ", separately for each site"
    return RowText(ports, words, ACCEPTED_RISK if row.is_risky else "")


def partly_of(
    column: Column, ends: Iterable[DrawnEndpoint], endpoints: EndpointMap
) -> tuple[str, ...]:
    """The names of those in a column that one side of a row is about, where not about all."""
    there = [end for end in column.endpoints if end in set(ends)]
    return partly(column, there, endpoints) if there else ()


def _in_sentence(column: Column) -> str:
    """A column's title after a word. Names of neighbors keep their letters."""
    everyone = any(end.outside is not None and end.outside.is_everyone for end in column.endpoints)
    return column.title.lower() if everyone else column.title


def _is_part(ends: Iterable[DrawnEndpoint], column: Column) -> bool:
    return any(end.part for end in ends if end in column.endpoints)


def port_text(several: Iterable[Ports]) -> str:
    """Ports as the picture writes them."""
    return ", ".join(
        "all protocols" if ports.protocol is Protocol.ANY else str(ports) for ports in several
    )


def _reasons(row: PictureRow, endpoints: EndpointMap) -> str:
    reasons = row.reasons
    if all(reason.entry in UNRESTRICTED_PEERS for reason in reasons):
        marks = [reason.entry or "" for reason in reasons]
        if marks == ["R1"]:
            return f"between Exchange servers ({marks[0]})"
        whom = ", ".join(UNRESTRICTED_PEERS[mark] for mark in marks)
        return f"between Exchange servers and {whom} ({', '.join(marks)})"
    several: dict[str, list[str]] = {}
    for reason in reasons:
        mark = reason.entry or reason.ticket
        several.setdefault(reason.summary, []).extend([mark] if mark else [])
    texts = [f"{text} ({', '.join(marks)})" if marks else text for text, marks in several.items()]
    if len(texts) > 1 and not any(several.values()):
        sites = {end.site for end in row.ends if end.site}
        common = _without_sites(texts, [endpoints.site(site) for site in sites])
        if common is not None:
            return f"{common} ({counted(len(texts), 'reason')})"
    if len(texts) > _MOST_REASONS:
        texts = [
            *texts[: _MOST_REASONS - 1],
            f"{ELLIPSIS} +{len(texts) - _MOST_REASONS + 1} reasons",
        ]
    return "; ".join(texts)


def _without_sites(texts: Iterable[str], sites: Iterable[str]) -> str | None:
    """What texts have in common that differ by the name of a site only."""
    masked = set(texts)
    for site in sites:
        masked = {without_site(text, site) for text in masked}
    return masked.pop() if len(masked) == 1 else None


def cited(reason: Reason) -> str:
    """All that is known of a reason."""
    words = [f"{reason.summary} ({reason.source})"]
    words += [ACCEPTED_RISK] if reason.accepted_risk else []
    words += [
        f"{name} {value}"
        for name, value in (
            ("owner", reason.owner),
            ("ticket", reason.ticket),
            ("review by", reason.review_by),
        )
        if value
    ]
    return ", ".join(words)


# ---- for readers who cannot see the picture ----

_SPOKEN: Final = {
    Status.UNCHANGED: "",
    Status.ALLOWED: "Newly allowed: ",
    Status.BLOCKED: "Newly blocked: ",
}


def spoken(picture: Picture) -> str:
    """Every row as a sentence."""
    return " ".join(
        _sentence(row, section.endpoints) for section in picture.sections for row in section.rows
    )


def _sentence(row: PictureRow, endpoints: EndpointMap) -> str:
    ends = f"{_who(row.source, endpoints)} to {_who(row.destination, endpoints)}"
    if row.among:
        ends = f"{_who(row.source, endpoints)} among each other"
    elif row.both_ways:
        ends += " and back"
    risk = f", {ACCEPTED_RISK}" if row.is_risky else ""
    ports = port_text(row.ports)
    return f"{_SPOKEN[row.status]}{ends}: {ports}, {_reasons(row, endpoints)}{risk}."


def _who(ends: Iterable[DrawnEndpoint], endpoints: EndpointMap) -> str:
    names: dict[str, None] = {}
    by_kind: dict[str, dict[str, None]] = {}
    for end in sorted(ends, key=lambda one: (one.outside is not None, one.order)):
        if end.outside is None:
            by_kind.setdefault(end.kind, {})[endpoints.site(end.site)] = None
        else:
            names[label(end.outside) + (f" ({end.part})" if end.part else "")] = None
    servers = [f"{kind} of {counted_names(list(sites))}" for kind, sites in by_kind.items()]
    return ", ".join((*servers, *names))
