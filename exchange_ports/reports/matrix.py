"""Who may talk to whom, as a table: one row for a source and a destination, with all that passes.

Rows come from flows, which is what the proof holds the rules against: what is not listed does not
pass. Servers that say and do the same stand in one row.
"""

import csv
import io
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap
from typing import Final, TypeAlias

from exchange_ports.flows import INTERNET, Outside, Reason
from exchange_ports.flows import in_order as reasons_in_order
from exchange_ports.plans import Plans
from exchange_ports.reports.lines import Line, Span, Style, line, table
from exchange_ports.reports.reasons import reason_data, why
from exchange_ports.topology.groups import Group, Wearer, wearers
from exchange_ports.topology.models import Role, Topology
from exchange_ports.traffic.ports import ANY_PORTS, Ports, joined

__all__ = ["Row", "matrix", "matrix_csv", "matrix_data", "matrix_lines", "matrix_markdown"]

#: More ranges than this are counted: the Internet has up to 30.
_MOST_RANGES: Final = 3

_COLUMNS: Final = ("from", "to", "passes", "why")
#: How wide they are on a terminal: about 150 characters in all.
_WIDTHS: Final = (36, 36, 20, 60)
_REST: Final = "What is not listed does not pass: no server of ours sends it or takes it."

#: Servers by name, and ends outside.
_End: TypeAlias = frozenset["str | Outside"]


@dataclass(frozen=True, slots=True)
class Row:
    """All that passes from one end to another, and why. Servers are by name, ranges in CIDR form."""

    source: str
    destination: str
    passes: str
    reasons: tuple[Reason, ...]
    source_servers: tuple[str, ...]
    source_ranges: tuple[str, ...]
    destination_servers: tuple[str, ...]
    destination_ranges: tuple[str, ...]

    @property
    def is_risky(self) -> bool:
        """Whether somebody accepted a risk for it."""
        return any(reason.accepted_risk for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class _Cell:
    source: _End
    destination: _End
    ports: frozenset[Ports]
    reasons: frozenset[Reason]


def matrix(plans: Plans) -> tuple[Row, ...]:
    """Who may talk to whom, the outside first, then the perimeter, then the inside."""
    dressed = wearers(plans.topology)
    wearing: dict[Group, frozenset[str | Outside]] = {}
    for wearer in dressed:
        for group in wearer.groups:
            wearing[group] = wearing.get(group, frozenset()) | {wearer.name}

    def end(one: Group | Outside) -> _End:
        return frozenset([one]) if isinstance(one, Outside) else wearing.get(one, frozenset())

    cells: Iterable[_Cell] = (
        _Cell(end(f.source), end(f.destination), frozenset([f.ports]), frozenset(f.reasons))
        for f in plans.flows
    )
    # Ports of one pair together, then whoever has the same with the same others.
    cells = _together(cells, lambda c: (c.source, c.destination))
    cells = _together(cells, lambda c: (c.destination, c.ports, c.reasons))
    cells = _together(cells, lambda c: (c.source, c.ports, c.reasons))
    # Put together in two ways, two cells can have come to the same ends.
    cells = _together(cells, lambda c: (c.source, c.destination))
    namer = _Namer(plans.topology, dressed)
    return tuple(namer.row(cell) for cell in sorted(cells, key=namer.order))


def _together(cells: Iterable[_Cell], key: Callable[[_Cell], Hashable]) -> list[_Cell]:
    found: dict[Hashable, _Cell] = {}
    for cell in cells:
        before = found.get(key(cell), cell)
        found[key(cell)] = _Cell(
            before.source | cell.source,
            before.destination | cell.destination,
            before.ports | cell.ports,
            before.reasons | cell.reasons,
        )
    return list(found.values())


class _Namer:
    """Ends as people call them: by role and site where all of these are meant."""

    def __init__(self, topology: Topology, dressed: Iterable[Wearer]) -> None:
        self._edges = frozenset(topology.edge_servers)
        self._servers = frozenset(wearer.name for wearer in dressed)
        self._kinds = list(_kinds(topology))

    def row(self, cell: _Cell) -> Row:
        ports = (ANY_PORTS,) if ANY_PORTS in cell.ports else joined(sorted(cell.ports))
        return Row(
            self._name(cell.source),
            self._name(cell.destination),
            ", ".join(map(str, ports)),
            reasons_in_order(cell.reasons),
            *_parts(cell.source),
            *_parts(cell.destination),
        )

    def order(self, cell: _Cell) -> tuple[object, ...]:
        """The Internet first, then others outside, Edge servers, and the inside last."""
        return (
            self._rank(cell.source),
            self._name(cell.source),
            self._rank(cell.destination),
            self._name(cell.destination),
            *sorted(map(str, cell.ports)),
        )

    def _rank(self, end: _End) -> int:
        if any(isinstance(one, Outside) and one.name in (INTERNET, "anywhere") for one in end):
            return 0
        if any(isinstance(one, Outside) for one in end):
            return 1
        return 2 if end <= self._edges else 3

    def _name(self, end: _End) -> str:
        left = {one for one in end if isinstance(one, str)}
        said: list[str] = []
        for words, members in self._kinds:
            if members and members <= left:
                left -= members
                said.append(words)
        outside = sorted(one for one in end if isinstance(one, Outside))
        return ", ".join([*said, *sorted(left), *map(_outside, outside)])


def _kinds(topology: Topology) -> Iterator[tuple[str, frozenset[str]]]:
    """What servers are called together, the widest first."""
    sites = topology.sites
    inside = {site: frozenset(declared.servers) for site, declared in sites.items()}
    yield "internal Exchange servers", frozenset().union(*inside.values())
    if topology.edge_servers:
        yield "Edge servers", frozenset(topology.edge_servers)
    playing: dict[str, dict[str, frozenset[str]]] = {
        words: {
            site: frozenset(name for name, server in each.servers.items() if role in server.roles)
            for site, each in sites.items()
        }
        for role, words in ((Role.CLIENT_ACCESS, "Client Access"), (Role.MAILBOX, "Mailbox"))
    }
    for words, of_site in playing.items():
        yield f"{words} servers", frozenset().union(*of_site.values())
    # Where all servers of a site have both roles, either word alone would mislead.
    yield from ((f"Exchange servers of {site}", names) for site, names in inside.items())
    for words, of_site in playing.items():
        yield from ((f"{words} servers of {site}", names) for site, names in of_site.items())
    for site in sites:
        names = (n for n, edge in topology.edge_servers.items() if edge.site == site)
        yield f"Edge servers of {site}", frozenset(names)


def _wrapped(row: Row) -> Iterator[list[Span]]:
    """A row as lines of a table, none of its cells wider than its column may be."""
    style = Style.RISK if row.is_risky else Style.PLAIN
    cells = (row.source, row.destination, row.passes, why(row.reasons))
    columns = [
        wrap(cell, width, break_on_hyphens=False, break_long_words=False)
        for cell, width in zip(cells, _WIDTHS, strict=True)
    ]
    for texts in zip_longest(*columns, fillvalue=""):
        yield [*map(Span, texts[:-1]), Span(texts[-1], style)]


def _outside(end: Outside) -> str:
    if end.name == INTERNET:
        return "the Internet"
    ranges = ", ".join(str(r.network_address if r.num_addresses == 1 else r) for r in end.ranges)
    if end.name == "anywhere" or len(end.ranges) > _MOST_RANGES:
        return end.says
    return ranges if end.says in (ranges, str(end.ranges[0])) else f"{end.says} ({ranges})"


def _parts(end: _End) -> tuple[tuple[str, ...], tuple[str, ...]]:
    servers = tuple(sorted(one for one in end if isinstance(one, str)))
    outside = sorted(one for one in end if isinstance(one, Outside))
    return servers, tuple(str(range_) for one in outside for range_ in one.ranges)


def matrix_lines(rows: Iterable[Row]) -> list[Line]:
    """The table for a terminal."""
    cells = [cells for row in rows for cells in _wrapped(row)]
    return [*table(_COLUMNS, cells, 0), line(), line(_REST)]


#: What would be markup in a cell: most of it may come from an operator's words.
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]|~$!#])")
_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _escaped(text: str) -> str:
    for char, entity in _HTML.items():
        text = text.replace(char, entity)
    # A name behind @ would be told about it.
    return _MARKUP.sub(r"\\\1", text).replace("@", "&#64;")


def matrix_markdown(rows: Iterable[Row]) -> str:
    """The table in Markdown."""
    lines = [f"| {' | '.join(_COLUMNS)} |", "|---|---|---|---|"]
    for row in rows:
        cells = (row.source, row.destination, row.passes, why(row.reasons))
        lines.append(f"| {' | '.join(map(_escaped, cells))} |")
    return "\n".join([*lines, "", _REST])


#: Spreadsheets take a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def matrix_csv(rows: Iterable[Row]) -> str:
    """The table for a spreadsheet; no cell of it is a formula."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = (row.source, row.destination, row.passes, why(row.reasons))
        writer.writerow(map(_as_text, cells))
    return written.getvalue().rstrip("\n")


def matrix_data(rows: Iterable[Row]) -> list[dict[str, object]]:
    """The rows for JSON: keys and their order are always the same."""
    return [
        {
            "from": row.source,
            "to": row.destination,
            "passes": row.passes,
            "from_servers": list(row.source_servers),
            "from_ranges": list(row.source_ranges),
            "to_servers": list(row.destination_servers),
            "to_ranges": list(row.destination_ranges),
            "reasons": [reason_data(reason) for reason in row.reasons],
        }
        for row in rows
    ]
