"""Who may talk to whom, as a table: one row for a source and a destination, with all that passes.

Rows come from flows, which is what the proof holds the rules against: what is not listed does not
pass. Servers that say and do the same stand in one row.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap
from typing import Final

from exchange_ports.flows import ExternalEndpoint, Reason
from exchange_ports.flows import in_order as reasons_in_order
from exchange_ports.flows.labels import EndpointLabels, LabeledEnd, parts_of
from exchange_ports.planning import Plans
from exchange_ports.reports.escaping import in_markdown, markdown_table, sheet
from exchange_ports.reports.lines import Line, Span, Style, line, table
from exchange_ports.reports.reasons import reason_data, why
from exchange_ports.topology.groups import Group
from exchange_ports.traffic.ports import ANY_PORTS, Ports, joined
from exchange_ports.traffic.regroup import regroup

__all__ = ["Row", "matrix", "matrix_csv", "matrix_data", "matrix_lines", "matrix_markdown"]

_COLUMNS: Final = ("from", "to", "passes", "why")
#: How wide they are on a terminal: about 150 characters in all.
_WIDTHS: Final = (36, 36, 20, 60)
_REST: Final = "What is not listed does not pass: no server of ours sends it or takes it."


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
    source: LabeledEnd
    destination: LabeledEnd
    ports: frozenset[Ports]
    reasons: frozenset[Reason]


def matrix(plans: Plans) -> tuple[Row, ...]:
    """Who may talk to whom, the outside first, then the perimeter, then the inside."""
    wearing: dict[Group, LabeledEnd] = {}
    for wearer in plans.inventory.servers:
        for group in wearer.groups:
            wearing[group] = wearing.get(group, frozenset()) | {wearer.name}

    def end(one: Group | ExternalEndpoint) -> LabeledEnd:
        return (
            frozenset([one]) if isinstance(one, ExternalEndpoint) else wearing.get(one, frozenset())
        )

    cells: Iterable[_Cell] = (
        _Cell(end(f.source), end(f.destination), frozenset([f.ports]), frozenset(f.reasons))
        for f in plans.flows
    )
    # Ports of one pair together, then whoever has the same with the same others.
    for columns in (("ports", "reasons"), ("source",), ("destination",)):
        cells = regroup(cells, *columns)
    # Put together in two ways, two cells can have come to the same ends.
    cells = regroup(cells, "ports", "reasons")
    namer = EndpointLabels(plans.inventory)
    return tuple(_row(cell, namer) for cell in sorted(cells, key=lambda c: _order(c, namer)))


def _row(cell: _Cell, namer: EndpointLabels) -> Row:
    ports = (ANY_PORTS,) if ANY_PORTS in cell.ports else joined(sorted(cell.ports))
    return Row(
        namer.name(cell.source),
        namer.name(cell.destination),
        ", ".join(map(str, ports)),
        reasons_in_order(cell.reasons),
        *parts_of(cell.source),
        *parts_of(cell.destination),
    )


def _order(cell: _Cell, namer: EndpointLabels) -> tuple[object, ...]:
    """The Internet first, then others outside, Edge servers, and the inside last."""
    return (
        namer.rank(cell.source),
        namer.name(cell.source),
        namer.rank(cell.destination),
        namer.name(cell.destination),
        *sorted(map(str, cell.ports)),
    )


def _wrapped(row: Row) -> Iterator[list[Span]]:
    """A row as lines of a table, none of its cells wider than its column may be."""
    style = Style.RISK if row.is_risky else Style.PLAIN
    columns = [
        wrap(cell, width, break_on_hyphens=False, break_long_words=False)
        for cell, width in zip(_cells(row), _WIDTHS, strict=True)
    ]
    for texts in zip_longest(*columns, fillvalue=""):
        yield [*map(Span, texts[:-1]), Span(texts[-1], style)]


def matrix_lines(rows: Iterable[Row]) -> list[Line]:
    """The table for a terminal."""
    cells = [cells for row in rows for cells in _wrapped(row)]
    return [*table(_COLUMNS, cells, 0), line(), line(_REST)]


def matrix_markdown(rows: Iterable[Row]) -> str:
    """The table in Markdown."""
    cells = (map(in_markdown, _cells(row)) for row in rows)
    return "\n".join([*markdown_table(_COLUMNS, cells), "", _REST])


def matrix_csv(rows: Iterable[Row]) -> str:
    """The table for a spreadsheet; no cell of it is a formula."""
    return sheet([_COLUMNS, *map(_cells, rows)], ends="\n").rstrip("\n")


def _cells(row: Row) -> tuple[str, ...]:
    return (row.source, row.destination, row.passes, why(row.reasons))


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
