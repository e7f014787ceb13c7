"""The same groups made by DuckDB, which reads Parquet and several million records in seconds.

Imported when it is needed, and without network: extensions are neither installed nor loaded, and no file but
the given ones is read. What does not fit into memory is written to a temporary folder.
"""

import tempfile
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from exchange_ports.clouds.recorded import LogTable, Tally, address_text, is_address
from exchange_ports.rehearsal.folding import FIRST_OF_CLIENTS, FOLDED, UNKNOWN, PortFolding
from exchange_ports.rehearsal.gather import Gathered, GroupKey

if TYPE_CHECKING:
    pass

_MEMORY: Final = "700MB"
_FETCH: Final = 10_000

_SETTINGS: Final = (
    "SET autoinstall_known_extensions=false",
    "SET autoload_known_extensions=false",
    f"SET memory_limit='{_MEMORY}'",
    "SET preserve_insertion_order=false",
    "SET enable_progress_bar=false",
)

#: One pass: records of ours by connection, all others by their number alone.
_QUERY: Final = """
WITH records AS (SELECT {columns} FROM {relation}),
marked AS (
  SELECT *, status = 'OK' AS fine,
    status = 'OK' AND (source IN (SELECT address FROM servers) OR destination IN (SELECT address FROM servers)) AS ours
  FROM records
),
sound AS (
  SELECT *, destination_port BETWEEN 0 AND 65535 AND protocol BETWEEN 0 AND 255
    AND coalesce(source_port, 0) BETWEEN 0 AND 65535 AND source IS NOT NULL AND destination IS NOT NULL
    AND first >= 0 AND last >= 0 AND bytes >= 0 AS sound
  FROM marked
),
named AS (
  SELECT r.*, s.named AS s_named, s.client AS s_client, d.named AS d_named, d.client AS d_client,
    (s.named AND d.named) OR (s.named AND NOT d.named)
      OR (NOT s.named AND NOT d.named AND source_port <= destination_port) AS s_kept,
    (s.named AND d.named) OR (d.named AND NOT s.named)
      OR (NOT s.named AND NOT d.named AND source_port > destination_port) AS d_kept
  FROM sound r
  LEFT JOIN ports s ON r.ours AND s.protocol = r.protocol AND s.port = r.source_port
  LEFT JOIN ports d ON r.ours AND d.protocol = r.protocol AND d.port = r.destination_port
)
SELECT
  CASE WHEN ours AND sound THEN source END AS source,
  CASE WHEN ours AND sound THEN destination END AS destination,
  CASE WHEN NOT (ours AND sound) OR opened THEN 0 WHEN opened = false THEN source_port
    WHEN protocol NOT IN (6, 17) THEN 0 WHEN source_port IS NULL THEN {unknown}
    WHEN s_kept THEN source_port ELSE s_client END AS source_port,
  CASE WHEN NOT (ours AND sound) OR opened = false THEN 0 WHEN opened THEN destination_port
    WHEN protocol NOT IN (6, 17) THEN 0 WHEN source_port IS NULL OR d_kept THEN destination_port
    ELSE d_client END AS destination_port,
  CASE WHEN ours AND sound THEN protocol END AS protocol,
  CASE WHEN ours AND sound THEN refused END AS refused,
  CASE WHEN ours AND sound THEN opened END AS opened,
  CASE WHEN NOT fine OR (ours AND sound) THEN interface END AS interface,
  CASE WHEN NOT fine THEN status WHEN NOT sound THEN 'unsound' WHEN ours THEN 'ours' ELSE 'others' END AS kind,
  sum(bytes) AS bytes, count(*) AS records, min(first) AS first, max(last) AS last
FROM named
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""


#: What each port is as a client's, as `PortFolding` has it.
_PORTS: Final = f"""
CREATE TABLE ports AS
WITH steps AS (SELECT unnest(?::INTEGER[]) AS protocol, unnest(?::INTEGER[]) AS first),
named AS (SELECT unnest(?::INTEGER[]) AS protocol, unnest(?::INTEGER[]) AS port),
every AS (
  SELECT protocol::INTEGER AS protocol, port::INTEGER AS port
  FROM (VALUES (6), (17)) AS protocols(protocol), range(65536) AS numbers(port)
)
SELECT every.protocol, every.port, named.port IS NOT NULL AS named,
  CASE WHEN every.port < {FIRST_OF_CLIENTS} THEN every.port ELSE {FOLDED} + steps.first END AS client
FROM every
ASOF JOIN steps ON every.protocol = steps.protocol AND every.port >= steps.first
LEFT JOIN named ON every.protocol = named.protocol AND every.port = named.port
"""  # noqa: S608 - numbers of ours


def _columns(pairs: Iterable[tuple[int, int]]) -> tuple[list[int], list[int]]:
    rows = list(pairs)
    return [one for one, _ in rows], [other for _, other in rows]


def is_installed() -> bool:
    """Whether the package is there. It is not loaded."""
    return find_spec("duckdb") is not None


class Engine:
    """A connection to DuckDB, with the servers and the ports of one topology."""

    def __init__(self, servers: Sequence[str], folding: PortFolding) -> None:
        """Start it.

        :raises ImportError: the package is not installed.
        """
        import duckdb

        self._folder = tempfile.TemporaryDirectory(prefix="exchange-ports-")
        self.error: type[Exception] = duckdb.Error
        self._db: duckdb.DuckDBPyConnection = duckdb.connect(":memory:")
        for each in _SETTINGS:
            self._db.execute(each)
        self._db.execute("SET temp_directory=?", [self._folder.name])
        self._db.execute(
            "CREATE TABLE servers AS SELECT unnest(?::VARCHAR[]) AS address", [list(servers)]
        )
        self._db.execute(_PORTS, [*_columns(folding.steps()), *_columns(folding.named_ports())])

    def columns_of(self, files: Sequence[str]) -> tuple[str, ...]:
        """The columns of some Parquet files together."""
        found = self._db.execute(
            f"DESCRIBE SELECT * FROM {_parquet(files)}"  # noqa: S608 - names are quoted
        ).fetchall()
        return tuple(str(row[0]) for row in found)

    def parquet(
        self, files: Sequence[str], table: LogTable, gathered: Gathered, tally: Tally
    ) -> None:
        """Count the records of some Parquet files."""
        self._gather(_parquet(files), table, gathered, tally)

    def text(
        self,
        files: Sequence[str],
        table: LogTable,
        gathered: Gathered,
        tally: Tally,
        *,
        compressed: bool,
    ) -> None:
        """Count the records of some text files, whose headers are equal."""
        relation = (
            f"read_csv({_list(files)}, delim=' ', header=true, quote='', escape='', all_varchar=true, "
            f"nullstr='-', compression='{'gzip' if compressed else 'none'}', ignore_errors=true, "
            "auto_detect=true, sample_size=100, store_rejects=true, rejects_limit=1)"
        )
        self._gather(relation, table, gathered, tally)
        rejected = self._db.execute("SELECT count(*) FROM reject_errors").fetchone()
        if rejected and rejected[0]:
            tally.fault("a line has not the fields of the header", files[0])
        self._db.execute("DROP TABLE IF EXISTS reject_errors")
        self._db.execute("DROP TABLE IF EXISTS reject_scans")

    def _gather(self, relation: str, table: LogTable, gathered: Gathered, tally: Tally) -> None:
        columns = ", ".join(f"{text} AS {name}" for name, text in table.columns.items())
        query = _QUERY.format(columns=columns, relation=relation, unknown=UNKNOWN)
        answer = self._db.execute(query)
        while rows := answer.fetchmany(_FETCH):
            for row in rows:
                _add(row, gathered, tally)

    def close(self) -> None:
        """Stop it, and remove what it wrote."""
        self._db.close()
        self._folder.cleanup()


def _add(row: tuple[Any, ...], gathered: Gathered, tally: Tally) -> None:
    source, target, source_port, target_port, protocol, refused, opened, interface, kind = row[:9]
    size, number, first, last = (int(each or 0) for each in row[9:])
    if kind in ("NODATA", "SKIPDATA"):
        window = tally.window(interface or "-")
        window.lost += number if kind == "SKIPDATA" else 0
        window.idle += number if kind == "NODATA" else 0
        return
    if kind not in ("ours", "others"):
        what = "a record has an impossible value"
        what = what if kind == "unsound" else "a record has an unknown log-status"
        tally.faults[what] += number
        return
    tally.records += number
    if kind == "others":
        return
    source, target = address_text(source), address_text(target)
    if not (is_address(source) and is_address(target)):
        tally.faults["a record has an impossible value"] += number
        return
    tally.ours += number
    window = tally.window(interface or "-")
    window.records += number
    window.first = first if not window.last else min(window.first, first)
    window.last = max(window.last, last)
    forth, back = number, 0
    if opened:
        ends = (source, 0, target, target_port)
    elif opened is False:
        ends = (target, 0, source, source_port)
        forth, back = 0, number
    elif (source, source_port) <= (target, target_port) or source_port == UNKNOWN:
        ends = (source, source_port, target, target_port)
    else:
        ends = (target, target_port, source, source_port)
        forth, back = 0, number
    key = GroupKey(*ends, protocol, bool(refused), opened is not None, interface or "")
    gathered.add(key, [size, forth, back, first, last, 0])


def _list(files: Sequence[str]) -> str:
    texts = ("'" + file.replace("'", "''") + "'" for file in files)
    return f"[{', '.join(texts)}]"


def _parquet(files: Sequence[str]) -> str:
    return f"read_parquet({_list(files)}, union_by_name=true, hive_partitioning=false)"
