"""VPC flow logs: text by its header, in any fields, order and version; as SQL for text and Parquet.

Source: AWS, Amazon VPC User Guide, "Logging IP traffic using VPC Flow Logs" (docs/reference/flowlogs.md, 2 to 4). Addresses
in the packet (pkt-srcaddr) come before those of the interface, which are always its primary address.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from exchange_ports.clouds.recorded import (
    FlowRecord,
    LogTable,
    LogText,
    QueryFacts,
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
from exchange_ports.traffic.addresses import AddressSet, Network, network

#: The default format, which CloudWatch Logs gives without a header.
_DEFAULT: Final = (
    *(
        "version",
        "account-id",
        "interface-id",
        "srcaddr",
        "dstaddr",
        "srcport",
        "dstport",
        "protocol",
    ),
    *("packets", "bytes", "start", "end", "action", "log-status"),
)
_WITHOUT_HEADER: Final = re.compile(
    r"(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?2 (?:\d{12}|unknown) (?:eni-[0-9a-f]+|-) "
)
#: What a header must have, so that anything can be said of a record.
_NEEDED: Final = ("dstport", "protocol")

_SYN: Final = 2
#: SYN and ACK: AWS shows ACK with SYN only.
_HANDSHAKE: Final = 18


def reader(head: str, /) -> Reader | None:
    """What reads a log that begins so; None where it is no VPC flow log."""
    first = head.lstrip("\ufeff").partition("\n")[0]
    names = tuple(first.split())
    if _is_header(names):
        return _read
    return _read if _WITHOUT_HEADER.match(first) else None


def _is_header(names: tuple[str, ...]) -> bool:
    known = {name.replace("_", "-") for name in names}
    ends = {"srcaddr", "dstaddr"} <= known or {"pkt-srcaddr", "pkt-dstaddr"} <= known
    return ends and all(name in known for name in _NEEDED)


def _read(text: LogText, servers: frozenset[str], tally: Tally) -> Iterator[FlowRecord]:
    lines = lines_of(text, tally)
    first = next(lines, "").lstrip("\ufeff")
    names = tuple(name.replace("_", "-") for name in first.split())
    if _is_header(names):
        timed = False
    else:
        names, lines = _DEFAULT, chain((first,), lines)
        timed = not first.startswith("2 ")
    yield from _records(text, lines, _Fields(names), servers, tally, timed=timed)


class _Fields:
    """Where each field is; -1 where the format has none."""

    def __init__(self, names: tuple[str, ...]) -> None:
        at = {name: index for index, name in enumerate(names)}

        def of(name: str) -> int:
            return at.get(name, -1)

        self.number = len(names)
        self.source, self.destination = of("srcaddr"), of("dstaddr")
        self.packet_source, self.packet_destination = of("pkt-srcaddr"), of("pkt-dstaddr")
        self.source_port, self.destination_port = of("srcport"), of("dstport")
        self.protocol, self.bytes = of("protocol"), of("bytes")
        self.start, self.end = of("start"), of("end")
        self.action, self.status = of("action"), of("log-status")
        self.flags, self.interface = of("tcp-flags"), of("interface-id")


def _records(  # noqa: PLR0912, PLR0915 - one loop over millions of lines: a call a line costs a tenth
    text: LogText,
    lines: Iterator[str],
    at: _Fields,
    servers: frozenset[str],
    tally: Tally,
    *,
    timed: bool,
) -> Iterator[FlowRecord]:
    tally.handshakes = tally.handshakes or at.flags >= 0
    if at.flags < 0:
        tally.notes["the format has no tcp-flags: no record shows who opened a connection"] = None
    if at.packet_source < 0 or at.packet_destination < 0:
        tally.translated = True
        tally.notes[
            "the format has no pkt-srcaddr and pkt-dstaddr: secondary addresses are not seen"
        ] = None
    if at.action < 0:
        tally.notes["the format has no action: refused traffic counts as accepted"] = None
    number = 0
    for line in lines:
        number += 1
        fields = line.split()
        if timed:
            fields = fields[1:]
        if len(fields) != at.number:
            if fields:
                tally.fault(
                    f"a line has not the {at.number} fields of the header",
                    f"{text.name}, record {number}",
                )
            continue
        interface = fields[at.interface] if at.interface >= 0 else ""
        if at.status >= 0 and (status := fields[at.status]) != "OK":
            if status in ("NODATA", "SKIPDATA"):
                window = tally.window(interface)
                window.lost += status == "SKIPDATA"
                window.idle += status == "NODATA"
            elif status == "log-status":
                continue
            else:
                tally.fault("a record has an unknown log-status", f"{text.name}, record {number}")
            continue
        source = fields[at.packet_source] if at.packet_source >= 0 else "-"
        if source == "-":
            source = fields[at.source] if at.source >= 0 else "-"
        destination = fields[at.packet_destination] if at.packet_destination >= 0 else "-"
        if destination == "-":
            destination = fields[at.destination] if at.destination >= 0 else "-"
        if ":" in source or ":" in destination:
            source, destination = address_text(source), address_text(destination)
        tally.records += 1
        ours = source in servers or destination in servers
        if not ours:
            continue
        try:
            protocol = protocol_number(fields[at.protocol])
            source_port = port(fields[at.source_port]) if at.source_port >= 0 else None
            destination_port = port(fields[at.destination_port])
            first = seconds(fields[at.start]) if at.start >= 0 else 0
            last = seconds(fields[at.end]) if at.end >= 0 else first
            size = count(fields[at.bytes]) if at.bytes >= 0 else 0
            flags = int(fields[at.flags]) if at.flags >= 0 and fields[at.flags].isdecimal() else 0
            if not (is_address(source) and is_address(destination)):
                raise ValueError("an end is not an address")
        except ValueError:
            tally.fault("a record has an impossible value", f"{text.name}, record {number}")
            continue
        refused = at.action >= 0 and fields[at.action] == "REJECT"
        opened = None
        if protocol == 6:  # noqa: PLR2004 - TCP
            handshake = flags & _HANDSHAKE
            opened = True if handshake == _SYN else False if handshake == _HANDSHAKE else None
        tally.ours += 1
        window = tally.window(interface)
        window.records += 1
        window.first = first if not window.last else min(window.first, first)
        window.last = max(window.last, last)
        yield FlowRecord(
            source, destination, source_port, destination_port, protocol, size, first, last,
            refused, opened, False, "" if interface == "-" else interface,
        )  # fmt: skip


# ---- the same as SQL ----


def table(names: tuple[str, ...], /) -> LogTable | None:
    """How a table with the columns of a flow log reads as SQL; Parquet has `_` in place of `-`."""
    if not _is_header(names):
        return None
    column = {name.replace("_", "-"): f'"{name}"' for name in names}

    def of(name: str, else_: str) -> str:
        return column.get(name, else_)

    def either(packet: str, interface: str) -> str:
        both = [
            f"nullif(cast({column[each]} AS VARCHAR), '-')"
            for each in (packet, interface)
            if each in column
        ]
        return f"coalesce({', '.join([*both, 'NULL'])})"

    flags = f"(coalesce(try_cast({of('tcp-flags', '0')} AS INTEGER), 0) & {_HANDSHAKE})"
    start = f"coalesce(try_cast({of('start', '0')} AS BIGINT), 0)"
    return LogTable(
        {
            "source": either("pkt-srcaddr", "srcaddr"),
            "destination": either("pkt-dstaddr", "dstaddr"),
            "source_port": f"try_cast({of('srcport', 'NULL')} AS INTEGER)",
            "destination_port": f"try_cast({column['dstport']} AS INTEGER)",
            "protocol": f"try_cast({column['protocol']} AS INTEGER)",
            "bytes": f"coalesce(try_cast({of('bytes', '0')} AS BIGINT), 0)",
            "first": start,
            "last": f"coalesce(try_cast({of('end', '0')} AS BIGINT), {start})",
            "refused": f"coalesce({of('action', chr(39) * 2)} = 'REJECT', false)",
            "opened": f"CASE WHEN try_cast({column['protocol']} AS INTEGER) <> 6 THEN NULL "
            f"WHEN {flags} = {_SYN} THEN true WHEN {flags} = {_HANDSHAKE} THEN false END",
            "interface": f"coalesce(nullif({of('interface-id', chr(39) * 2)}, '-'), '')",
            "status": f"coalesce({of('log-status', chr(39) + 'OK' + chr(39))}, 'OK')",
        },
        tuple(column.values()),
    )


def never_logged(zones: Iterable[Network], /) -> AddressSet:
    """The Amazon name servers (the third address of the VPC's range), metadata and time service."""
    found = AddressSet.of(map(network, _SERVICES))
    for zone in zones:
        if zone.num_addresses > _AMAZON_DNS:
            found |= AddressSet.at([zone.network_address + _AMAZON_DNS])
    return found


_SERVICES: Final = ("169.254.169.123/32", "169.254.169.253/32", "169.254.169.254/32")
_AMAZON_DNS: Final = 2

# ---- queries for where the logs are ----


def queries() -> Mapping[str, Callable[[QueryFacts], str]]:
    """Athena, over a table as the VPC guide creates it; DuckDB, over Parquet files."""
    return {"athena": _athena, "duckdb": _duckdb}


#: Which end is the server's: the flags say it; else the port that rules name; else the lower one.
_ATHENA: Final = """\
-- The table is the one of the VPC guide, with the fields of version 3 or later.
-- Set the days. The result is a CSV file: exchange-ports rehearse FILE --flow-logs RESULT.csv
SELECT IF(reply, dst, src) AS client, IF(reply, src, dst) AS server,
  IF(reply, srcport, dstport) AS port, protocol, action,
  sum(bytes) AS bytes, count(*) AS records, min(start) AS first_seen, max("end") AS last_seen,
  handshake, interface_id AS interface
FROM (
  SELECT *,
    bitwise_and(coalesce(tcp_flags, 0), 2) = 2 AS handshake,
    CASE
      WHEN protocol = 6 AND bitwise_and(coalesce(tcp_flags, 0), 18) = 2 THEN false
      WHEN protocol = 6 AND bitwise_and(coalesce(tcp_flags, 0), 18) = 18 THEN true
      WHEN ({source_named}) AND NOT ({destination_named}) THEN true
      WHEN ({destination_named}) AND NOT ({source_named}) THEN false
      ELSE srcport < dstport
    END AS reply
  FROM (
    SELECT *, coalesce(nullif(pkt_srcaddr, '-'), srcaddr) AS src,
      coalesce(nullif(pkt_dstaddr, '-'), dstaddr) AS dst
    FROM vpc_flow_logs
    WHERE log_status = 'OK' AND day BETWEEN '2026/10/01' AND '2026/10/31'
  ) AS addressed
  WHERE src IN ({servers}) OR dst IN ({servers})
) AS directed
GROUP BY 1, 2, 3, 4, 5, 10, 11
"""


def _athena(facts: QueryFacts) -> str:
    return _ATHENA.format(
        servers=", ".join(f"'{each}'" for each in facts.servers),
        source_named=_named("srcport", facts),
        destination_named=_named("dstport", facts),
    )


def _named(column: str, facts: QueryFacts) -> str:
    single = [str(first) for first, last in facts.ports if first == last]
    ranges = [f"{column} BETWEEN {first} AND {last}" for first, last in facts.ports if first < last]
    texts = [f"{column} IN ({', '.join(single)})"] if single else []
    return " OR ".join([*texts, *ranges]) or "1 = 0"


def _duckdb(facts: QueryFacts) -> str:
    query = _athena(facts).replace(
        "bitwise_and(coalesce(tcp_flags, 0), 18)", "(coalesce(tcp_flags, 0) & 18)"
    )
    query = query.replace("bitwise_and(coalesce(tcp_flags, 0), 2)", "(coalesce(tcp_flags, 0) & 2)")
    query = query.replace("IF(reply", "if(reply")
    query = query.replace(
        "FROM vpc_flow_logs\n    WHERE log_status = 'OK' AND day BETWEEN '2026/10/01' AND '2026/10/31'",
        "FROM read_parquet('AWSLogs/**/*.parquet', union_by_name=true)\n    WHERE log_status = 'OK'",
    )
    lines = query.splitlines()[2:]
    head = ["-- Set the path of the Parquet files, and write the result to a CSV file:"]
    return "\n".join([*head, "COPY (", *lines, ") TO 'flows.csv' (HEADER);"]) + "\n"
