"""VNet flow logs (version 4), NSG flow logs (version 2), and exports of Traffic Analytics.

Source: Microsoft Learn, "Virtual network flow logs", "NSG flow logs", "Traffic analytics schema"
(docs/reference/flowlogs.md, 5 to 7). A tuple is a whole connection: its source opened it, and it counts both directions.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from exchange_ports.clouds.recorded import (
    MOST_OF_A_LINE,
    MOST_OF_A_VALUE,
    FlowRecord,
    LogTable,
    LogText,
    QueryFacts,
    Reader,
    Tally,
    address_text,
    as_list,
    as_mapping,
    count,
    is_address,
    lines_of,
    port,
    protocol_number,
    seconds,
    values_of,
)
from exchange_ports.traffic.addresses import AddressSet, Network, network

#: A whole answer in one table is read at once.
_MOST_OF_AN_ANSWER: Final = MOST_OF_A_VALUE
#: Parts of a tuple before what version 1 of NSG flow logs does not have.
_SHORTEST: Final = 8
_VNET_PARTS: Final = 13
_STATE_OF_NSG: Final = 8
#: Encryption states whose packets are dropped.
_DROPPED: Final = frozenset(("NX_HW_NOT_SUPPORTED", "NX_SW_NOT_READY", "NX_NOT_ACCEPTED"))
_TCP: Final = 6


def reader(head: str, /) -> Reader | None:
    """What reads a log that begins so; None where it is no log of Azure."""
    begin = head.lstrip("\ufeff \t\r\n")
    if begin.startswith(("{", "[")):
        if '"flowRecords"' in head or '"flowTuples"' in head or "FlowLogFlowEvent" in head:
            return _read_blob
        if "NetworkSecurityGroupFlowEvent" in head:
            return _read_blob
        if _is_analytics(head):
            return _read_answer if begin.startswith("{") else _read_rows
        # A log whose hour has no record yet.
        return _read_blob if begin.replace(" ", "").startswith('{"records":[]') else None
    first = begin.partition("\n")[0]
    return _read_csv if _is_analytics(first) and "," in first else None


def _is_analytics(text: str) -> bool:
    return ("SrcIp" in text or "SrcIP_s" in text) and ("DestPort" in text or "DestPort_d" in text)


# ---- PT1H.json ----


def _read_blob(text: LogText, servers: frozenset[str], tally: Tally) -> Iterator[FlowRecord]:
    tally.handshakes = True
    for number, value in enumerate(values_of(text, tally), 1):
        record = as_mapping(value)
        where = f"{text.name}, record {number}"
        if "flowRecords" in record:
            mac = str(record.get("macAddress") or "")
            flows = as_list(as_mapping(record["flowRecords"]).get("flows"))
            groups = (
                group for flow in flows for group in as_list(as_mapping(flow).get("flowGroups"))
            )
            for group in groups:
                yield from _tuples(as_mapping(group), mac, where, _vnet, servers, tally)
        elif "properties" in record:
            for rule in as_list(as_mapping(record["properties"]).get("flows")):
                for flow in as_list(as_mapping(rule).get("flows")):
                    mac = str(as_mapping(flow).get("mac") or record.get("macAddress") or "")
                    yield from _tuples(as_mapping(flow), mac, where, _nsg, servers, tally)
        else:
            tally.fault("a record is of neither kind of flow log", where)


def _tuples(
    group: dict[str, Any],
    mac: str,
    where: str,
    parse: "Callable[[list[str]], FlowRecord]",
    servers: frozenset[str],
    tally: Tally,
) -> Iterator[FlowRecord]:
    mac = "".join(char for char in mac if char.isalnum()).upper()[:12]
    for each in as_list(group.get("flowTuples")):
        if not isinstance(each, str) or len(each) > MOST_OF_A_LINE:
            tally.fault("a flow tuple is not a text", where)
            continue
        parts = each.split(",")
        tally.records += 1
        if len(parts) < _SHORTEST:
            tally.fault("a flow tuple has too few parts", where)
            continue
        parts[1], parts[2] = address_text(parts[1]), address_text(parts[2])
        if parts[1] not in servers and parts[2] not in servers:
            continue
        try:
            record = parse(parts)
        except ValueError:
            tally.fault("a flow tuple has an impossible value", where)
            continue
        yield _seen(record._replace(interface=mac), tally)


def _vnet(parts: list[str]) -> FlowRecord:
    if len(parts) < _VNET_PARTS:
        raise ValueError("a tuple of version 4 has 13 parts")
    time, source, destination, source_port, destination_port, protocol, _, state, encryption = (
        parts[:9]
    )
    sent, received, answered = parts[10], parts[12], count(parts[11]) > 0
    if state not in _STATES:
        raise ValueError(f"{state} is not a state")
    refused = state == "D" or encryption in _DROPPED
    return _record(
        (time, source, destination, source_port, destination_port, protocol),
        count(sent) + count(received),
        refused=refused,
        # A connection that goes on was answered, whatever this record counts.
        answered=answered or state in ("C", "E"),
    )


_STATES: Final = frozenset("BCED")


def _nsg(parts: list[str]) -> FlowRecord:
    time, source, destination, source_port, destination_port, protocol, _, decision = parts[:8]
    if decision not in ("A", "D") or protocol not in ("T", "U"):
        raise ValueError("a decision is A or D, a protocol T or U")
    size, answered = 0, False
    if len(parts) >= _VNET_PARTS:
        size = count(parts[10]) + count(parts[12])
        answered = count(parts[11]) > 0 or parts[_STATE_OF_NSG] in ("C", "E")
    return _record(
        (time, source, destination, source_port, destination_port, protocol),
        size,
        refused=decision == "D",
        answered=answered,
    )


def _record(parts: tuple[str, ...], size: int, *, refused: bool, answered: bool) -> FlowRecord:
    time, source, destination, source_port, destination_port, protocol = parts
    if not (is_address(source) and is_address(destination)):
        raise ValueError("an end is not an address")
    at = seconds(time)
    return FlowRecord(
        *(
            source,
            destination,
            port(source_port),
            port(destination_port),
            protocol_number(protocol),
        ),
        *(size, at, at, refused),
        opened=True,
        answered=answered,
        interface="",
    )


def _seen(record: FlowRecord, tally: Tally) -> FlowRecord:
    tally.ours += 1
    window = tally.window(record.interface)
    window.records += 1
    window.first = record.first if not window.last else min(window.first, record.first)
    window.last = max(window.last, record.last)
    return record


# ---- Traffic Analytics ----


def _read_rows(text: LogText, servers: frozenset[str], tally: Tally) -> Iterator[FlowRecord]:
    rows = (as_mapping(value) for value in values_of(text, tally))
    yield from _analytics(rows, text.name, servers, tally)


def _read_answer(text: LogText, servers: frozenset[str], tally: Tally) -> Iterator[FlowRecord]:
    """The answer of the query API: tables with columns and rows."""
    content = ""
    while chunk := text.read():
        content += chunk
        if len(content) > _MOST_OF_AN_ANSWER:
            tally.fault(f"an answer has more than {_MOST_OF_AN_ANSWER} characters", text.name)
            return
    try:
        answer = as_mapping(json.loads(content))
    except (ValueError, RecursionError):
        tally.fault("it is not valid JSON", text.name)
        return
    for table in map(as_mapping, as_list(answer.get("tables"))):
        names = [str(as_mapping(each).get("name")) for each in as_list(table.get("columns"))]
        rows = (dict(zip(names, as_list(row), strict=False)) for row in as_list(table.get("rows")))
        yield from _analytics(rows, text.name, servers, tally)


def _read_csv(text: LogText, servers: frozenset[str], tally: Tally) -> Iterator[FlowRecord]:
    rows = csv.reader(line.replace("\0", "") for line in lines_of(text, tally))
    try:
        # The portal names times `TimeGenerated [UTC]`.
        names = [name.strip("\ufeff ").partition(" [")[0] for name in next(rows, list[str]())]
        table = (dict(zip(names, row, strict=False)) for row in rows)
        yield from _analytics(table, text.name, servers, tally)
    except csv.Error:
        tally.fault("it is not valid CSV", text.name)


def _analytics(
    rows: Iterable[Mapping[str, Any]], name: str, servers: frozenset[str], tally: Tally
) -> Iterator[FlowRecord]:
    tally.handshakes = True
    tally.notes["Traffic Analytics has no source ports, and is up to an hour late"] = None
    for number, row in enumerate(rows, 1):
        if _value(row, "SubType", "SubType_s") not in ("", "FlowLog"):
            continue
        tally.records += 1
        sources = _ends(row, "SrcIp", "SrcIP_s", "SrcPublicIps", "SrcPublicIPs_s")
        targets = _ends(row, "DestIp", "DestIP_s", "DestPublicIps", "DestPublicIPs_s")
        ours = [
            (source, target)
            for source in sources
            for target in targets
            if source in servers or target in servers
        ]
        for source, target in ours:
            try:
                record = _row_record(row, source, target)
            except ValueError:
                tally.fault("a row has an impossible value", f"{name}, row {number}")
                break
            yield _seen(record, tally)


def _row_record(row: Mapping[str, Any], source: str, target: str) -> FlowRecord:
    if not (is_address(source) and is_address(target)):
        raise ValueError("an end is not an address")
    status = _value(row, "FlowStatus", "FlowStatus_s", "Denied")
    sizes = (*("BytesSrcToDest", "BytesDestToSrc", "OutboundBytes_d", "InboundBytes_d", "Bytes"),)
    size = sum(count(_integer(_value(row, each))) for each in sizes)
    first = _time(_value(row, "FlowStartTime", "FlowStartTime_t", "FirstSeen", "TimeGenerated"))
    last = _time(_value(row, "FlowEndTime", "FlowEndTime_t", "LastSeen", "TimeGenerated"))
    records = count(_integer(_value(row, "Records"))) or 1
    return FlowRecord(
        *(source, target, None, port(_integer(_value(row, "DestPort", "DestPort_d")) or "0")),
        protocol_number(_value(row, "L4Protocol", "L4Protocol_s") or "T"),
        *(size, first, max(first, last), status.upper().startswith(("D", "TRUE"))),
        opened=True,
        answered=size > 0,
        interface=_value(row, "MacAddress", "MACAddress_s").replace("-", "").upper()[:12],
        records=records,
    )


def _value(row: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = row.get(name)
        if value not in (None, ""):
            return str(value)[:MOST_OF_A_LINE].strip()
    return ""


def _integer(text: str) -> str:
    """Numbers of the old table are written as real ones: 443.0."""
    return text.removesuffix(".0") if text.endswith(".0") else text


def _ends(row: Mapping[str, Any], *names: str) -> list[str]:
    """The address of an end, or its public ones: `IP|started|ended|...`, separated by blanks."""
    alone = _value(row, *names[:2])
    if alone:
        return [address_text(alone)]
    several = _value(row, *names[2:]).split()
    return list(dict.fromkeys(address_text(each.partition("|")[0]) for each in several))


def _time(text: str) -> int:
    """A time as Azure writes it, in seconds since 1970; 0 where it is left out."""
    if not text:
        return 0
    for form in ("%m/%d/%Y, %I:%M:%S.%f %p", "%m/%d/%Y, %I:%M:%S %p"):
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp())
        except ValueError:
            continue
    read = datetime.fromisoformat(text)
    at = read if read.tzinfo else read.replace(tzinfo=UTC)
    return max(0, int(at.timestamp()))


# ---- as SQL ----


def table(names: tuple[str, ...], /) -> LogTable | None:
    """Logs of Azure are read as text."""
    return None


def never_logged(zones: Iterable[Network], /) -> AddressSet:
    """Azure's name servers and health probes, and the metadata service."""
    return AddressSet.of(map(network, ("168.63.129.16/32", "169.254.169.254/32")))


def queries() -> Mapping[str, Callable[[QueryFacts], str]]:
    """Kusto, over the table of Traffic Analytics."""
    return {"kql": _kql}


_KQL: Final = """\
// Set the days. The result as JSON: az monitor log-analytics query -w WORKSPACE --analytics-query @THIS -o json
// exchange-ports rehearse FILE --flow-logs RESULT.json
let Servers = dynamic([{servers}]);
NTANetAnalytics
| where SubType == "FlowLog" and TimeGenerated between (datetime(2026-10-01) .. datetime(2026-10-31))
| extend Denied = FlowStatus startswith "D",
    S = iff(isempty(SrcIp), split(SrcPublicIps, " "), pack_array(SrcIp)),
    D = iff(isempty(DestIp), split(DestPublicIps, " "), pack_array(DestIp))
| mv-expand S to typeof(string), D to typeof(string)
| extend SrcIp = tostring(split(S, "|")[0]), DestIp = tostring(split(D, "|")[0])
| where SrcIp in (Servers) or DestIp in (Servers)
| summarize Bytes = sum(BytesSrcToDest + BytesDestToSrc), Records = count(),
    FirstSeen = min(FlowStartTime), LastSeen = max(FlowEndTime)
    by SrcIp, DestIp, DestPort, L4Protocol, Denied, MacAddress
"""


def _kql(facts: QueryFacts) -> str:
    return _KQL.format(servers=", ".join(f'"{each}"' for each in facts.servers))
