"""The rehearsal of a plan: flow logs read, counted, checked, and what they could not show."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from exchange_ports.clouds import cloud, platforms
from exchange_ports.clouds.recorded import QueryFacts, Tally
from exchange_ports.findings import Finding, Refused, counted
from exchange_ports.findings.rehearsal_kinds import (
    CANNOT_READ_FLOW_LOG,
    FLOW_LOG_INCOMPLETE,
    NO_SERVER_ADDRESS,
)
from exchange_ports.flows import Flow
from exchange_ports.planning import Plans
from exchange_ports.rehearsal import duckdb_engine
from exchange_ports.rehearsal.connections import Connections, connections
from exchange_ports.rehearsal.folding import PortFolding
from exchange_ports.rehearsal.gather import MOST_GROUPS, Gathered, gather
from exchange_ports.rehearsal.log_files import LogFile, files_below, reader_of, table_of
from exchange_ports.rehearsal.rows import Regions, Row, rows
from exchange_ports.rehearsal.suggestions import Suggestion, suggestions
from exchange_ports.rehearsal.verdicts import CheckedConnection, PlanChecker, Verdict, address_of
from exchange_ports.topology.groups import Group
from exchange_ports.traffic.addresses import AddressSet

#: Below so many bytes DuckDB takes longer to start than Python to read.
_SMALL: Final = 8 * 1024 * 1024


@dataclass
class Recorded:
    """What was read."""

    gathered: Gathered = field(default_factory=Gathered)
    tally: Tally = field(default_factory=Tally)
    files: int = 0
    #: How many of them DuckDB read.
    by_duckdb: int = 0


@dataclass(frozen=True)
class Rehearsal:
    """The answer."""

    rows: tuple[Row, ...]
    suggestions: tuple[Suggestion, ...]
    unseen: tuple[Flow, ...]
    #: Servers of which no record was found, by name; and those without an address.
    not_covered: tuple[str, ...]
    without_address: tuple[str, ...]
    recorded: Recorded
    connections: Connections
    #: Connections by verdict.
    counts: dict[Verdict, int]
    #: Whether only what differs from an old topology is shown.
    compared: bool = False

    @property
    def blocks(self) -> bool:
        """Whether anything would be blocked."""
        return bool(self.counts.get(Verdict.BLOCKED))


class Rehearser:
    """One plan, or two to compare, ready for logs."""

    def __init__(self, plans: Plans, old: Plans | None = None) -> None:
        """Read the plans.

        :raises Refused: no server has an address.
        """
        self.checker = PlanChecker(plans)
        self.old = None if old is None else PlanChecker(old)
        checkers = [self.checker, *([self.old] if self.old else [])]
        self.servers = frozenset(address for each in checkers for address in each.servers)
        if not self.servers:
            raise Refused([NO_SERVER_ADDRESS.at(())])
        self.folding = PortFolding(each.model for each in checkers)

    def read(
        self,
        paths: Iterable[str],
        engine: str = "auto",
        step: Callable[[str], None] = lambda _: None,
    ) -> tuple[Recorded, tuple[Finding, ...]]:
        """Count the records of all files, and what could not be read.

        :raises Refused: a file cannot be read at all.
        """
        recorded = Recorded()
        try:
            files = list(files_below(paths))
        except OSError as failed:
            raise Refused([_cannot(str(failed.filename), _reason(failed), _FIX_PATH)]) from None
        if not files:
            raise Refused(
                [_cannot(next(iter(paths), "that is given"), "there is no file", _FIX_PATH)]
            )
        errors: list[Finding] = []
        large = sum(os.path.getsize(file) for file in files) > _SMALL
        with_duckdb = duckdb_engine.is_installed() and (
            engine == "duckdb" or (engine == "auto" and large)
        )
        later: dict[tuple[str, tuple[str, ...], bool], list[str]] = {}
        for number, file in enumerate(files, 1):
            step(f"reading flow logs, file {number} of {len(files)}")
            try:
                self._file(file, recorded, later, errors, with_duckdb=with_duckdb, engine=engine)
            except OSError as failed:
                errors.append(_cannot(file, _reason(failed), _FIX_PATH))
        if later and not errors:
            step("reading flow logs with DuckDB")
            self._with_duckdb(later, recorded, errors)
        if errors:
            raise Refused(errors)
        tally = recorded.tally
        found = [
            FLOW_LOG_INCOMPLETE.at(
                (),
                what=what,
                count=counted(count, "time"),
                where=tally.examples.get(what, "a file"),
            )
            for what, count in tally.faults.items()
        ]
        if recorded.gathered.left_out:
            what = f"the logs have more than {MOST_GROUPS} different connections"
            number = counted(recorded.gathered.left_out, "record")
            found.append(
                FLOW_LOG_INCOMPLETE.at((), what=what, count=number, where="the last files")
            )
        return recorded, tuple(found)

    def _file(
        self,
        file: str,
        recorded: Recorded,
        later: dict[tuple[str, tuple[str, ...], bool], list[str]],
        errors: list[Finding],
        *,
        with_duckdb: bool,
        engine: str,
    ) -> None:
        log = LogFile(file)
        try:
            recorded.files += 1
            if log.is_parquet:
                if not duckdb_engine.is_installed() or engine == "python":
                    why = "it is Parquet, which DuckDB reads, and DuckDB is not installed"
                    errors.append(_cannot(file, why, _FIX_DUCKDB))
                else:
                    later.setdefault(("parquet", (), False), []).append(file)
                return
            names = tuple(log.head.partition("\n")[0].split())
            if with_duckdb and log.plain and not log.fault and table_of(names) is not None:
                later.setdefault(("text", names, log.compressed), []).append(file)
                return
            reader = reader_of(log.head)
            if reader is None:
                if log.head.strip() or log.fault:
                    why = log.fault or "it is none of the formats that are known"
                    errors.append(_cannot(file, why, _FIX_FORMAT))
                return
            gather(reader(log, self.servers, recorded.tally), self.folding, recorded.gathered)
            if log.fault:
                recorded.tally.fault(log.fault, file)
        finally:
            log.close()

    def _with_duckdb(
        self,
        later: dict[tuple[str, tuple[str, ...], bool], list[str]],
        recorded: Recorded,
        errors: list[Finding],
    ) -> None:
        engine = duckdb_engine.Engine(sorted(self.servers), self.folding)
        try:
            for (kind, names, compressed), files in later.items():
                try:
                    table = table_of(engine.columns_of(files) if kind == "parquet" else names)
                    if table is None:
                        errors.append(
                            _cannot(files[0], "it has not the columns of a flow log", _FIX_PATH)
                        )
                        continue
                    recorded.by_duckdb += len(files)
                    into = (recorded.gathered, recorded.tally)
                    if kind == "parquet":
                        engine.parquet(files, table, *into)
                    else:
                        engine.text(files, table, *into, compressed=compressed)
                    _facts_of(table.columns, recorded.tally)
                except engine.error as failed:
                    text = " ".join(str(failed).split())
                    errors.append(_cannot(files[0], f"DuckDB reports: {text[:160]}", _FIX_PYTHON))
        finally:
            engine.close()

    def rehearse(self, recorded: Recorded) -> Rehearsal:
        """What the plan would do with all of it."""
        found = connections(
            recorded.gathered,
            self.servers,
            self.folding,
            translated=recorded.tally.translated,
        )
        checked: list[CheckedConnection] = []
        seen: set[int] = set()
        covered: set[str] = set()
        for each in found.all:
            covered |= {each.client, each.server}
            answer = self.checker.check(each)
            if answer.verdict is not Verdict.REFUSED:
                seen.update(map(id, answer.flows))
            if self.old is None or self.old.check(each).verdict is not answer.verdict:
                checked.append(answer)
        counts: dict[Verdict, int] = {}
        for each in checked:
            counts[each.verdict] = counts.get(each.verdict, 0) + 1
        regions = Regions(self.checker)
        made = rows(checked, regions, self.folding)
        model = self.checker.model
        servers = list(model.managed())
        return Rehearsal(
            made,
            suggestions(made, model),
            () if self.old else tuple(self._unseen(seen, covered)),
            tuple(
                server.name
                for server in servers
                if server.has_address and not covered & {str(each) for each in server.addresses}
            ),
            tuple(server.name for server in servers if not server.has_address),
            recorded,
            found,
            counts,
            self.old is not None,
        )

    def _unseen(self, seen: set[int], covered: set[str]) -> Iterable[Flow]:
        """The flows of covered servers that no connection was of, but for those that no log records."""
        model = self.checker.model
        at = AddressSet.at(map(address_of, covered))
        hidden = AddressSet()
        for record in model.places.values():
            declared = record.declared
            if declared.platform in platforms():
                zones = (*declared.internal, *declared.perimeter)
                hidden |= cloud(declared.platform).flow_logs.never_logged(zones)
        managed = {server.network for server in model.managed()}
        for flow in model.plans.flows:
            groups = {end for end in (flow.source, flow.destination) if isinstance(end, Group)}
            if not any(group.network in managed for group in groups):
                continue
            ends = [(end, model.flows.end(end)) for end in (flow.source, flow.destination)]
            if (
                id(flow) not in seen
                and all(addresses & at for end, addresses in ends if isinstance(end, Group))
                and all(addresses - hidden for _, addresses in ends)
            ):
                yield flow

    def query(self, language: str) -> str | None:
        """The query that makes the neutral table where the logs are; None where no cloud has one."""
        facts = QueryFacts(
            tuple(sorted(self.servers, key=lambda text: AddressSet.place(address_of(text)))),
            self.folding.ranges(),
        )
        for platform in platforms():
            make = cloud(platform).flow_logs.queries().get(language)
            if make is not None:
                return make(facts)
        return None


_FIX_PATH: Final = "Name files or folders with flow logs"
_FIX_FORMAT: Final = "Pass a flow log in one of the formats of docs/rehearse.md"
_FIX_DUCKDB: Final = 'Run `pip install "exchange-ports[logs]"`'
_FIX_PYTHON: Final = "Try `--engine python`, which counts unreadable lines and continues"


def _facts_of(columns: Mapping[str, str], tally: Tally) -> None:
    text = " ".join(columns.values())
    if "tcp" in text:
        tally.handshakes = True
    else:
        tally.notes["the format has no tcp-flags: no record shows who opened a connection"] = None
    if "pkt" not in text:
        tally.translated = True
        tally.notes[
            "the format has no pkt-srcaddr and pkt-dstaddr: secondary addresses are not seen"
        ] = None


def _cannot(file: str, why: str, fix: str) -> Finding:
    return CANNOT_READ_FLOW_LOG.at((), file=file, why=why[:1].upper() + why[1:], fix=fix)


def _reason(failed: OSError) -> str:
    return failed.strerror or "the system gives no reason"
