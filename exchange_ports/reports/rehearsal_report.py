"""The report of `rehearse`: what would be blocked, worst first, with the declaration that allows it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, cast

from exchange_ports.findings import counted
from exchange_ports.flows import Flow, described
from exchange_ports.flows.labels import few, label
from exchange_ports.rehearsal.rehearse import Rehearsal
from exchange_ports.rehearsal.rows import Row, RowEnd
from exchange_ports.rehearsal.suggestions import Suggestion, as_yaml
from exchange_ports.rehearsal.verdicts import Verdict
from exchange_ports.reports import document as doc
from exchange_ports.topology.groups import Group

#: Rows of one verdict, and flows that were never seen, as text; JSON has all.
_MOST: Final = 40
_LONGEST_REASON: Final = 60
_MORE: Final = "and {} more; --json has all of them"

_TITLES: Final = {
    Verdict.BLOCKED: "Would be blocked",
    Verdict.UNDECIDED: "Direction unknown: allowed if one end opened the connection, blocked if the other did",
    Verdict.ALLOWED: "Allowed",
    Verdict.REFUSED: "Already refused today",
}
_LOOKS: Final = {
    Verdict.BLOCKED: doc.Look.BAD,
    Verdict.UNDECIDED: doc.Look.RISK,
    Verdict.ALLOWED: doc.Look.GOOD,
    Verdict.REFUSED: doc.Look.NOTE,
}


def rehearsal_report(answer: Rehearsal) -> doc.Document:
    """What would be blocked, what to declare, what is undecided, allowed, refused or unseen, and the coverage."""
    return doc.Document(
        lambda: _sections(answer), "Rehearsal", titled=False, data=lambda: _data(answer)
    )


def _sections(answer: Rehearsal) -> Iterator[doc.Section]:
    yield doc.Section(_headline(answer), [])
    for verdict in (Verdict.BLOCKED, Verdict.UNDECIDED):
        yield from _rows_of(answer, verdict)
        if verdict is Verdict.BLOCKED:
            yield from _declarations(answer.suggestions)
    yield from _rows_of(answer, Verdict.REFUSED)
    yield from _rows_of(answer, Verdict.ALLOWED)
    if answer.unseen:
        flows = doc.shortened([_flow(flow) for flow in answer.unseen], _MOST, _MORE)
        heading = "These flows could have been recorded and were not. A sample shows what happened, not what is needed."
        yield doc.Section("Declared and never seen", [doc.Paragraph(heading), doc.Items(flows)])
    yield doc.Section("What the logs cover", [doc.Items(tuple(_coverage(answer)))])


def _headline(answer: Rehearsal) -> doc.Line:
    blocked = answer.counts.get(Verdict.BLOCKED, 0)
    seen = sum(answer.counts.values())
    what = "changed connections" if answer.compared else "recorded connections"
    if not seen:
        none = (
            "No connection is checked differently"
            if answer.compared
            else "No connection of a managed server is recorded"
        )
        return doc.Text(none, doc.Look.STRONG)
    if not blocked:
        return doc.Text(f"Nothing would be blocked: {seen} {what}", doc.Look.GOOD)
    return doc.Text(f"{blocked} of {seen} {what} would be blocked", doc.Look.BAD)


def _rows_of(answer: Rehearsal, verdict: Verdict) -> Iterator[doc.Section]:
    rows = [row for row in answer.rows if row.verdict is verdict]
    if not rows:
        return
    shown = rows[:_MOST]
    allowed = verdict is Verdict.ALLOWED
    last = "declared by" if allowed else "example"
    table = doc.Table(
        ("from", "to", "ports", "bytes", "last seen", last),
        tuple(
            doc.Row(
                (
                    _end(row.source), _end(row.destination), row.services, _size(row.bytes), _day(row.last),
                    described(row.reasons, _LONGEST_REASON) if allowed else _example(row),
                ),
            )
            for row in shown
        ),
    )  # fmt: skip
    blocks: list[doc.Block] = [table]
    if len(rows) > len(shown):
        blocks.append(doc.Paragraph(_MORE.format(len(rows) - len(shown)), indent=2))
    connections = counted(answer.counts.get(verdict, 0), "connection")
    title = doc.Text(f"{_TITLES[verdict]} ({connections})", _LOOKS[verdict])
    yield doc.Section(title, blocks)


def _end(end: RowEnd) -> doc.Value:
    """A role with the servers that were seen, or a region with its hosts."""
    hosts = sorted(end.hosts)
    if hosts == [end.name]:
        return end.name
    names = few(hosts) if end.managed or len(hosts) <= _FEW else f"{len(hosts)} hosts"
    return doc.stacked(end.name, doc.Text(names, doc.Look.ASIDE))


_FEW: Final = 3


def _example(row: Row) -> doc.Value:
    one = row.example
    at = few([f"{server} {_WAYS[way]}" for server, way in row.blocked_at])
    if row.verdict is Verdict.REFUSED:
        return f"{one.client} -> {one.server}"
    if row.verdict is Verdict.UNDECIDED:
        return doc.stacked(
            f"{one.client} -> {one.server}",
            doc.Text(f"or the reverse; one is blocked at {at}", doc.Look.ASIDE),
        )
    who = "" if row.decided else "in both directions, "
    return doc.stacked(
        f"{one.client} -> {one.server}", doc.Text(f"{who}blocked at {at}", doc.Look.ASIDE)
    )


_WAYS: Final = {"in": "inbound", "out": "outbound"}


def _declarations(several: Iterable[Suggestion]) -> Iterator[doc.Section]:
    fields = [each for each in several if not each.is_flow]
    flows = [each for each in several if each.is_flow]
    if not (fields or flows):
        return
    blocks: list[doc.Block] = []
    for each in fields:
        listed = ", ".join(cast("list[str]", each.value))
        why = each.why[:1].upper() + each.why[1:]
        blocks.append(doc.Paragraph(f"{why}. Add to {each.field}: {listed}", indent=2, hang=4))
    if flows:
        blocks.append(
            doc.Paragraph("Add what is needed to additional_flows, each with its reason:", indent=2)
        )
        blocks.append(doc.Code([f"      {line}" for line in as_yaml(flows)]))
    yield doc.Section("Declare, if it is needed", blocks)


def _flow(flow: Flow) -> str:
    ends = [
        end.key if isinstance(end, Group) else label(end) for end in (flow.source, flow.destination)
    ]
    return f"{ends[0]} -> {ends[1]} {flow.ports}: {described(flow.reasons, _LONGEST_REASON)}"


def _coverage(answer: Rehearsal) -> Iterator[str]:
    recorded, tally = answer.recorded, answer.recorded.tally
    files = counted(recorded.files, "file")
    yield f"{files}, {counted(tally.records, 'record')}, {tally.ours} of them of managed servers"
    span = tally.span
    if span is not None and span[0]:
        yield f"from {_moment(span[0])} to {_moment(span[1])} UTC"
    if answer.not_covered:
        yield f"no record of {few(answer.not_covered)}: nothing is known of their traffic"
    if answer.without_address:
        yield f"no address is declared for {few(answer.without_address)}: their traffic is not found"
    lost = {name: window.lost for name, window in tally.interfaces.items() if window.lost}
    if lost:
        yield f"records were lost (SKIPDATA) in {counted(sum(lost.values()), 'window')}, at {few(sorted(lost))}"
    idle = sorted(
        name for name, window in tally.interfaces.items() if window.idle and not window.records
    )
    if idle:
        yield f"no traffic was recorded (NODATA) at {few(idle)}"
    if tally.ours and not any(key.refused for key in recorded.gathered.groups):
        yield "no refused traffic is recorded: the log may record accepted traffic only"
    if answer.connections.passing:
        number = counted(answer.connections.passing_records, "record")
        yield f"left out, because servers' own interfaces recorded it too: {number} at {few(answer.connections.passing)}"
    if recorded.gathered.left_out:
        yield f"{recorded.gathered.left_out} records are not checked: there are too many different connections"
    yield from tally.notes
    yield "a flow log that filters records, or a short sample, shows less than there is: see docs/rehearse.md"


def _size(size: int) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < _STEP:
            return f"{size} {unit}"
        size //= _STEP
    return f"{size} TB"


_STEP: Final = 1000


def _day(seconds: int) -> str:
    return _at(seconds).strftime("%Y-%m-%d") if seconds else "unknown"


def _moment(seconds: int) -> str:
    return _at(seconds).strftime("%Y-%m-%d %H:%M")


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# ---- for programs ----


def _data(answer: Rehearsal) -> dict[str, object]:
    tally, span = answer.recorded.tally, answer.recorded.tally.span
    return {
        "blocked": answer.blocks,
        "connections": {verdict.value: answer.counts.get(verdict, 0) for verdict in Verdict},
        "rows": [_row_data(row) for row in answer.rows],
        "declarations": [
            {"field": each.field, "value": each.value, "why": each.why, "risk": each.risky}
            for each in answer.suggestions
        ],
        "never_seen": [_flow(flow) for flow in answer.unseen],
        "coverage": {
            "files": answer.recorded.files,
            "records": tally.records,
            "records_of_servers": tally.ours,
            "first": _iso(span[0]) if span else None,
            "last": _iso(span[1]) if span else None,
            "servers_without_records": list(answer.not_covered),
            "servers_without_address": list(answer.without_address),
            "interfaces": {
                name: {
                    "records": window.records,
                    "first": _iso(window.first),
                    "last": _iso(window.last),
                    "windows_with_lost_records": window.lost,
                    "windows_without_traffic": window.idle,
                }
                for name, window in sorted(tally.interfaces.items())
            },
            "interfaces_left_out": list(answer.connections.passing),
            "records_not_checked": answer.recorded.gathered.left_out,
            "unreadable": dict(sorted(tally.faults.items())),
            "notes": list(tally.notes),
        },
    }


def _iso(seconds: int) -> str | None:
    return _at(seconds).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else None


def _row_data(row: Row) -> dict[str, object]:
    return {
        "verdict": row.verdict.value,
        "from": {"name": row.source.name, "hosts": sorted(row.source.hosts)},
        "to": {"name": row.destination.name, "hosts": sorted(row.destination.hosts)},
        "ports": row.services,
        "bytes": row.bytes,
        "records": row.records,
        "connections": row.connections,
        "first": _iso(row.first),
        "last": _iso(row.last),
        "direction_known": row.decided,
        "example": f"{row.example.client} -> {row.example.server}",
        "blocked_at": [{"server": server, "direction": way} for server, way in row.blocked_at],
        "reasons": [each.summary for each in row.reasons],
        "rows": [each.entry for each in row.reasons if each.entry is not None],
    }
