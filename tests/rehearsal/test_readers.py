"""Readers of flow logs: hostile files, both engines alike, and the queries for where the logs are."""

import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange_ports.findings import Refused
from exchange_ports.rehearsal import duckdb_engine, log_files
from exchange_ports.rehearsal.rehearse import Rehearser
from exchange_ports.rehearsal.verdicts import Verdict
from tests.rehearsal.base import BASE, on
from tests.rehearsal.logs import FORMATS, V5, Made, aws_rows, aws_text, of_flows, written

PLANS: Final = on(BASE, "aws")
REHEARSER: Final = Rehearser(PLANS)
MADE: Final = [*list(of_flows(PLANS))[:6], Made("10.20.0.11", "10.50.0.1", 6, 9999)]

#: What a log is damaged by, at a random place.
DAMAGES: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (
    lambda log, at: log[: at.randrange(len(log))],
    lambda log, at: log[at.randrange(len(log)) :],
    lambda log, at: _with(log, at, bytes(at.randrange(256) for _ in range(20))),
    lambda log, at: _with(log, at, b"\0" * 200_000),
    lambda log, at: _with(log, at, b"9" * 200_000),
    lambda log, at: _with(log, at, b"[" * 100_000),
    lambda log, at: _with(log, at, "\u0661\u00b2".encode()),
    lambda log, at: log.replace(
        b"10.20.0.11", at.choice((b"10.20.0.11/8", b"fe80::1%x", b"-1", b"10.20.0.11")), 3
    ),
    lambda log, at: log.replace(b"6", at.choice((b"-6", b"6e9", b"99999999999999999999", b"")), 40),
    lambda log, at: b"\xff\xfe" + log.decode("latin-1").encode("utf-16-le"),
    lambda log, at: b"\xef\xbb\xbf" + log,
    lambda log, at: b"\x1f\x8b" + log,
    lambda log, at: b"PAR1" + log,
    lambda log, at: log.replace(b"\n", at.choice((b"\r\n", b"\r", b""))),
)


def _with(log: bytes, at: random.Random, more: bytes) -> bytes:
    place = at.randrange(len(log))
    return log[:place] + more + log[place:]


def _survives(seed: int, folder: Path) -> None:
    at = random.Random(seed)  # noqa: S311 - damage, not secrets
    names = list(FORMATS)
    log = FORMATS[names[seed % len(names)]][0](MADE).encode()
    for _ in range(at.choice((1, 1, 2))):
        log = at.choice(DAMAGES)(log or b"x", at)
    path = written(folder, log, packed=at.random() < 0.3)
    try:
        recorded, found = REHEARSER.read([path], "python" if seed % 4 else "auto")
        REHEARSER.rehearse(recorded)
    except Refused as refused:
        found = refused.findings
    assert {each.kind.code for each in found} <= {"flow-log-incomplete", "cannot-read-flow-log"}


def test_damaged_logs_are_findings(tmp_path: Path) -> None:
    for seed in range(28):
        _survives(seed, tmp_path)


@pytest.mark.slow
def test_2000_damaged_logs_are_findings(tmp_path: Path) -> None:
    for seed in range(1000, 3000):
        _survives(seed, tmp_path)


def test_a_bomb_is_stopped_and_a_long_line_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "_FREE", 1 << 20)
    head = " ".join(V5) + "\n"
    bomb = written(tmp_path, head + "x" * (12 * 1024 * 1024), "bomb.gz", packed=True)
    _, found = REHEARSER.read([bomb], "python")
    assert "more than 500 times as large" in " ".join(each.summary for each in found)
    text = aws_text(aws_rows(MADE), V5)
    first, _, rest = text.partition("\n")
    long = written(tmp_path, f"{first}\n{'y' * 3_000_000}\n{rest}")
    recorded, found = REHEARSER.read([long], "python")
    assert recorded.tally.faults == {"a line has more than 65536 characters": 1}
    assert recorded.tally.records == rest.count("\n")


@pytest.mark.parametrize("path", ["missing.log", "empty"])
def test_what_is_not_there_is_refused(path: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused) as refused:
        REHEARSER.read([str(tmp_path / path)])
    assert [each.kind.code for each in refused.value.findings] == ["cannot-read-flow-log"]


# ---- DuckDB ----

_HOSTS: Final = (
    "10.20.0.11",
    "10.20.0.12",
    "10.20.240.5",
    "10.20.2.10",
    "10.64.3.4",
    "198.51.100.7",
    "10.50.0.1",
)
_RECORDS: Final = st.lists(
    st.fixed_dictionaries(
        {
            "srcaddr": st.sampled_from(_HOSTS),
            "dstaddr": st.sampled_from(_HOSTS),
            "srcport": st.sampled_from(
                ("25", "443", "50636", "64327", "49999", "52000", "80", "0")
            ),
            "dstport": st.sampled_from(
                ("25", "443", "50636", "64327", "50001", "52000", "13724", "0")
            ),
            "protocol": st.sampled_from(("6", "6", "17", "1", "50")),
            "bytes": st.integers(0, 10**12).map(str),
            "start": st.integers(1_792_000_000, 1_792_000_900).map(str),
            "end": st.integers(1_792_001_000, 1_792_001_900).map(str),
            "action": st.sampled_from(("ACCEPT", "ACCEPT", "REJECT")),
            "log-status": st.sampled_from(("OK", "OK", "OK", "OK", "NODATA", "SKIPDATA")),
            "tcp-flags": st.sampled_from(("0", "1", "2", "3", "18", "19", "4", "-")),
            "interface-id": st.sampled_from(("eni-1", "eni-2", "-")),
        }
    ),
    min_size=1,
    max_size=30,
)


def _groups(path: str, engine: str) -> tuple[object, ...]:
    recorded, _ = REHEARSER.read([path], engine)
    assert recorded.by_duckdb == (engine == "duckdb")
    tally = recorded.tally
    return (recorded.gathered.groups, tally.records, tally.ours, tally.interfaces, tally.notes)


def _alike(rows: list[dict[str, str]], folder: Path) -> None:
    packets = [{**row, "pkt-srcaddr": row["srcaddr"], "pkt-dstaddr": "-"} for row in rows]
    path = written(folder, aws_text(packets, V5), "alike.log")
    assert _groups(path, "python") == _groups(path, "duckdb")


needs_duckdb = pytest.mark.skipif(
    not duckdb_engine.is_installed(), reason="DuckDB is not installed"
)


@needs_duckdb
def test_both_engines_count_alike(tmp_path: Path) -> None:
    at = random.Random(5)  # noqa: S311 - examples
    for _ in range(3):
        rows = [
            {
                **{
                    "srcaddr": at.choice(_HOSTS),
                    "dstaddr": at.choice(_HOSTS),
                    "srcport": str(at.choice((25, 50636, 52000))),
                },
                **{
                    "dstport": str(at.choice((443, 13724, 50636, 64327))),
                    "protocol": str(at.choice((6, 17, 1))),
                },
                **{
                    "bytes": "7",
                    "start": "1792000000",
                    "end": str(1_792_000_060 + at.randrange(9)),
                },
                **{
                    "action": at.choice(("ACCEPT", "REJECT")),
                    "log-status": at.choice(("OK", "OK", "SKIPDATA")),
                },
                **{
                    "tcp-flags": at.choice(("0", "2", "18", "-")),
                    "interface-id": at.choice(("eni-1", "-")),
                },
            }
            for _ in range(200)
        ]
        _alike(rows, tmp_path)


@needs_duckdb
@pytest.mark.slow
@settings(max_examples=30)
@given(rows=_RECORDS)
def test_both_engines_count_any_records_alike(
    rows: list[dict[str, str]], tmp_path_factory: Any
) -> None:
    _alike(rows, tmp_path_factory.mktemp("logs"))


@needs_duckdb
def test_parquet_is_read_in_hive_folders(tmp_path: Path) -> None:
    import duckdb

    text = written(tmp_path, aws_text(aws_rows(MADE), V5))
    folder = tmp_path / "logs" / "aws-region=eu-west-1" / "year=2026" / "month=10"
    folder.mkdir(parents=True)
    names = ", ".join(
        f'"{name}" AS {name.replace("-", "_")}' if name != "end" else '"end"' for name in V5
    )
    duckdb.sql(
        f"COPY (SELECT {names} FROM read_csv('{text}', delim=' ', header=true)) TO '{folder}/a.log.parquet'"  # noqa: S608
    )
    read, _ = REHEARSER.read([str(tmp_path / "logs")])
    again, _ = REHEARSER.read([text], "python")
    assert read.gathered.groups == again.gathered.groups
    with pytest.raises(Refused, match="DuckDB"):
        REHEARSER.read([str(tmp_path / "logs")], "python")


@needs_duckdb
def test_the_engine_reads_no_network_and_loads_no_extension() -> None:
    import duckdb

    engine = duckdb_engine.Engine(["10.20.0.11"], REHEARSER.folding)
    try:
        with pytest.raises(duckdb.Error):
            engine.columns_of(["s3://bucket/a.parquet"])
        with pytest.raises(duckdb.Error):
            engine.columns_of(["https://example.com/a.parquet"])
    finally:
        engine.close()


# ---- queries ----


@needs_duckdb
def test_the_query_for_athena_makes_a_table_that_rehearses_alike(tmp_path: Path) -> None:
    import duckdb
    import sqlglot

    query = REHEARSER.query("athena")
    assert query is not None
    made = [*of_flows(PLANS), Made("10.20.0.11", "10.50.0.1", 6, 9999)]
    log = written(tmp_path, aws_text(aws_rows(made), V5))
    (translated,) = sqlglot.transpile(query, read="athena", write="duckdb")
    names = ", ".join(
        f'"{name}" AS {name.replace("-", "_")}' if name != "end" else '"end"' for name in V5
    )
    db = duckdb.connect()
    db.execute(
        f"CREATE TABLE vpc_flow_logs AS SELECT {names}, '2026/10/14' AS day "  # noqa: S608
        f"FROM read_csv('{log}', delim=' ', header=true)"
    )
    answer = db.execute(translated)
    columns = [each[0] for each in answer.description or ()]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([columns, *answer.fetchall()])
    results = [
        REHEARSER.rehearse(REHEARSER.read([path])[0])
        for path in (log, written(tmp_path, text.getvalue(), "a.csv"))
    ]
    shown = [
        {
            (row.source.name, row.destination.name, row.services)
            for row in each.rows
            if row.verdict is Verdict.BLOCKED
        }
        for each in results
    ]
    assert shown[0] == shown[1] != set()
    # The other query is the same for files of Parquet.
    assert "read_parquet" in (REHEARSER.query("duckdb") or "")


def test_the_query_for_kusto_names_every_server_and_reads_back(tmp_path: Path) -> None:
    """Its text is checked as text: no parser of KQL is used."""
    query = REHEARSER.query("kql") or ""
    assert all(f'"{address}"' in query for address in REHEARSER.servers)
    assert query.count("(") == query.count(")")
    row = {
        **{
            "SrcIp": "10.20.0.11",
            "DestIp": "10.50.0.1",
            "DestPort": "9999",
            "L4Protocol": "T",
            "Denied": False,
        },
        **{
            "Bytes": 70,
            "Records": 3,
            "FirstSeen": "2026-10-14T17:46:40Z",
            "LastSeen": "2026-10-14T17:50:40Z",
        },
    }
    recorded, found = REHEARSER.read([written(tmp_path, json.dumps([row]), "answer.json")])
    (shown,) = REHEARSER.rehearse(recorded).rows
    assert (shown.bytes, shown.records, shown.services, shown.verdict) == (
        70,
        3,
        "9999/tcp",
        Verdict.BLOCKED,
    )
    assert not found
