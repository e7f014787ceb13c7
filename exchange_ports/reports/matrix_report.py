"""Who may talk to whom, as a table: one row for a source and a destination, with all that passes.

Rows come from flows, which is what the proof holds the rules against: what is not listed does not
pass. Servers that say and do the same stand in one row.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from exchange_ports.findings import Finding
from exchange_ports.flows import ExternalEndpoint, Reason
from exchange_ports.flows import in_order as reasons_in_order
from exchange_ports.flows.labels import EndpointLabels, LabeledEnd, parts_of
from exchange_ports.planning import Plans
from exchange_ports.reports import document as doc
from exchange_ports.reports.reasons import not_usable, reason_data, risk_look, why
from exchange_ports.topology.groups import Group
from exchange_ports.traffic.ports import ANY_PORTS, Ports, joined
from exchange_ports.traffic.regroup import regroup

_COLUMNS: Final = ("from", "to", "ports", "why")
#: Characters of a line in a file.
_WIDTH: Final = 120
_REST: Final = "Traffic that is not listed is blocked at both ends."


class MatrixRow(NamedTuple):
    """All that passes from one end to another, and why. Servers are by name, ranges in CIDR form."""

    source: str
    destination: str
    passes: str
    reasons: tuple[Reason, ...]
    source_servers: tuple[str, ...]
    source_ranges: tuple[str, ...]
    destination_servers: tuple[str, ...]
    destination_ranges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    source: LabeledEnd
    destination: LabeledEnd
    ports: frozenset[Ports]
    reasons: frozenset[Reason]


def matrix(plans: Plans) -> tuple[MatrixRow, ...]:
    """Who may talk to whom, the outside first, then the perimeter, then the internal network."""
    members: dict[Group, LabeledEnd] = {}
    for member in plans.inventory.servers:
        for group in member.groups:
            members[group] = members.get(group, frozenset()) | {member.name}

    def end(one: Group | ExternalEndpoint) -> LabeledEnd:
        return (
            frozenset([one]) if isinstance(one, ExternalEndpoint) else members.get(one, frozenset())
        )

    cells: Iterable[_Cell] = (
        _Cell(end(f.source), end(f.destination), frozenset([f.ports]), frozenset(f.reasons))
        for f in plans.usable_flows
    )
    # Ports of one pair together, then whoever has the same with the same others.
    for columns in (("ports", "reasons"), ("source",), ("destination",)):
        cells = regroup(cells, *columns)
    # Put together in two ways, two cells can have come to the same ends.
    cells = regroup(cells, "ports", "reasons")
    endpoint_labels = EndpointLabels(plans.inventory)
    return tuple(
        _row(cell, endpoint_labels)
        for cell in sorted(cells, key=lambda c: _order(c, endpoint_labels))
    )


def _row(cell: _Cell, endpoint_labels: EndpointLabels) -> MatrixRow:
    ports = (ANY_PORTS,) if ANY_PORTS in cell.ports else joined(sorted(cell.ports))
    return MatrixRow(
        endpoint_labels.name(cell.source),
        endpoint_labels.name(cell.destination),
        ", ".join(map(str, ports)),
        reasons_in_order(cell.reasons),
        *parts_of(cell.source),
        *parts_of(cell.destination),
    )


def _order(cell: _Cell, endpoint_labels: EndpointLabels) -> tuple[object, ...]:
    """The Internet first, then others outside, Edge servers, and the internal network last."""
    return (
        endpoint_labels.rank(cell.source),
        endpoint_labels.name(cell.source),
        endpoint_labels.rank(cell.destination),
        endpoint_labels.name(cell.destination),
        *sorted(map(str, cell.ports)),
    )


def matrix_report(rows: Sequence[MatrixRow], unusable: Sequence[Finding] = ()) -> doc.Document:
    """The table; for programs each row with its servers, its ranges and all of its reasons.

    `unusable` are the findings about flows that cannot work as declared: no row has them.
    """
    return doc.Document(
        lambda: _sections(rows, unusable),
        "Allowed traffic",
        titled=False,
        width=_WIDTH,
        records=lambda: doc.Records(_COLUMNS, map(_cells, rows), "\n"),
        data=lambda: [_row_data(row) for row in rows],
    )


def _sections(rows: Iterable[MatrixRow], unusable: Sequence[Finding]) -> Iterator[doc.Section]:
    shown = tuple(doc.Row(_cells(row), risk_look(row.reasons)) for row in rows)
    yield doc.Section("", (doc.Table(_COLUMNS, shown, indent=0, instead=_grid(rows)),))
    yield doc.Section("", (doc.Paragraph(_REST),))
    if unusable:
        yield not_usable(unusable)


def _grid(rows: Iterable[MatrixRow]) -> doc.Table:
    """Sources down and destinations across."""
    passes: dict[tuple[str, str], doc.Text] = {}
    for row in rows:
        passes[row.source, row.destination] = doc.Text(row.passes, risk_look(row.reasons))
    sources, destinations = (dict.fromkeys(pair[at] for pair in passes) for at in (0, 1))
    return doc.Table(
        ("from, to", *destinations),
        tuple(
            doc.Row((source, *(passes.get((source, there), "-") for there in destinations)))
            for source in sources
        ),
    )


def _cells(row: MatrixRow) -> tuple[str, str, str, str]:
    return (row.source, row.destination, row.passes, why(row.reasons))


def _row_data(row: MatrixRow) -> dict[str, object]:
    return {
        "from": row.source,
        "to": row.destination,
        "ports": row.passes,
        "from_servers": list(row.source_servers),
        "from_ranges": list(row.source_ranges),
        "to_servers": list(row.destination_servers),
        "to_ranges": list(row.destination_ranges),
        "reasons": [reason_data(reason) for reason in row.reasons],
    }
