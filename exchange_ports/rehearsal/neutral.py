"""The neutral table: connections as CSV, which any source can be brought into.

Columns, in any order: client, server, port, protocol, action, bytes, records, first_seen, last_seen, handshake,
interface. The first four are needed. Without `handshake`, or where it is false, the client is a guess.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from exchange_ports.clouds.recorded import (
    FlowRecord,
    LogText,
    Reader,
    Tally,
    address_text,
    count,
    is_address,
    lines_of,
    port,
    protocol_number,
    seconds,
)

_NEEDED: Final = frozenset(("client", "server", "port", "protocol"))
_REFUSED: Final = ("reject", "deny", "denied", "refused", "blocked", "drop", "d")
_TRUE: Final = ("true", "t", "1", "yes")


def reader(head: str) -> Reader | None:
    """What reads a log that begins so; None where it is no neutral table."""
    return _read if set(_names(head.partition("\n")[0])) >= _NEEDED else None


def _names(line: str) -> list[str]:
    return [name.strip(' "\ufeff\r').lower() for name in line.split(",")]


def _read(text: LogText, servers: frozenset[str], tally: Tally) -> Iterator[FlowRecord]:
    lines = lines_of(text, tally)
    names = _names(next(lines, ""))
    if "handshake" in names:
        tally.handshakes = True
    else:
        tally.notes["the table has no column handshake: no row shows who opened a connection"] = (
            None
        )
    if "action" not in names:
        tally.notes["the table has no column action: refused traffic counts as accepted"] = None
    rows = csv.reader(line.replace("\0", "") for line in lines)
    number = 1
    while True:
        number += 1
        try:
            values = next(rows, None)
        except csv.Error:
            tally.fault("a row is not valid CSV", f"{text.name}, row {number}")
            continue
        if values is None:
            return
        if not values:
            continue
        row = dict(zip(names, (value.strip() for value in values), strict=False))
        if len(values) != len(names):
            tally.fault(
                f"a row has not the {len(names)} columns of the header",
                f"{text.name}, row {number}",
            )
            continue
        tally.records += 1
        client, server = address_text(row["client"]), address_text(row["server"])
        if client not in servers and server not in servers:
            continue
        try:
            record = _record(row, client, server)
        except ValueError:
            tally.fault("a row has an impossible value", f"{text.name}, row {number}")
            continue
        tally.ours += 1
        window = tally.window(record.interface)
        window.records += record.records
        window.first = record.first if not window.last else min(window.first, record.first)
        window.last = max(window.last, record.last)
        yield record


def _record(row: Mapping[str, str], client: str, server: str) -> FlowRecord:
    if not (is_address(client) and is_address(server)):
        raise ValueError("an end is not an address")
    handshake = row.get("handshake", "").lower() in _TRUE
    first, last = _time(row.get("first_seen", "")), _time(row.get("last_seen", ""))
    return FlowRecord(
        *(client, server, None, port(row["port"]), protocol_number(row["protocol"])),
        *(count(row.get("bytes", "")), first or last, last or first),
        refused=row.get("action", "").lower() in _REFUSED,
        opened=True if handshake else None,
        answered=True,
        interface=row.get("interface", ""),
        records=count(row.get("records", "")) or 1,
    )


def _time(text: str) -> int:
    if not text or text.isdigit():
        return seconds(text) if text else 0
    read = datetime.fromisoformat(text)
    at = read if read.tzinfo else read.replace(tzinfo=UTC)
    return max(0, int(at.timestamp()))
