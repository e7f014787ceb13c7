"""Pages of verdicts: how one is written, and how its rows are asked of the independent checker.

A page is documentation that is run: prose, tables of who is who, and tables of verdicts. Its rows
speak for the published document; when a row and the product disagree, the document decides which of
them is wrong. Must not know: how flows or plans come about.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final, cast

from exchange_ports.offline import Recording
from tests.support.checker import Checker, Decision
from tests.support.recordings import PLATFORMS, Platform

WHO: Final = ("name", "address", "who")
VERDICTS: Final = ("from", "to", "port", "allowed", "decided by")

#: What `any` asks about: ports and protocols that no published table names.
ANY: Final = (
    ("tcp", 1),
    ("tcp", 65535),
    ("udp", 137),
    ("icmp", None),
    ("esp", None),
    ("gre", None),
)
#: What may decide a `yes`: a row of the catalog, perhaps with a remark, or one of these words.
ROW_ID: Final = re.compile(r"([RCMENWGUFH]\d+[dt]?)(: .+)?")
WORDS: Final = ("additional flow", "health probe")
#: How the remark on a `no` begins when the destination would let it in.
SOURCE_ALONE: Final = "at the source alone: "


@dataclass(frozen=True)
class Row:
    page: str
    line: int
    source: str
    destination: str
    port: str
    passes: bool
    decided_by: str
    #: Where the row holds; both clouds unless its heading says otherwise.
    platforms: tuple[Platform, ...]

    def __str__(self) -> str:
        verdict = "yes" if self.passes else "no"
        return f"{self.source} to {self.destination} {self.port} {verdict} ({self.decided_by})"

    @property
    def packets(self) -> tuple[tuple[str, int | None], ...]:
        if self.port == "any":
            return ANY
        number, _, protocol = self.port.partition("/")
        return ((protocol, int(number)),)

    @property
    def catalog_id(self) -> str | None:
        found = ROW_ID.fullmatch(self.decided_by)
        return found[1] if found else None


@dataclass(frozen=True)
class Page:
    name: str
    #: Address by name, as the page says.
    who: Mapping[str, str]
    rows: tuple[Row, ...]


def read_page(text: str, name: str) -> Page:
    """The names and verdicts of a page; `name` is what a failing row shows of it."""
    who: dict[str, str] = {}
    rows: list[Row] = []
    for line, heading, columns, cells in table_rows(text, name):
        if columns == WHO:
            assert cells[0] not in who, f"{name}:{line}: {cells[0]} twice"
            who[cells[0]] = cells[1]
            continue
        assert columns == VERDICTS, f"{name}:{line}: a table with the columns {columns}"
        source, destination, port, passes, decided_by = cells
        assert passes in ("yes", "no"), f"{name}:{line}: allowed is {passes!r}"
        assert port == "any" or re.fullmatch(r"\d+/(tcp|udp)", port), f"{name}:{line}: {port!r}"
        only = {"(AWS only)": ("aws",), "(Azure only)": ("azure",)}
        platforms = next((only[end] for end in only if heading.endswith(end)), PLATFORMS)
        row = Row(
            name,
            line,
            source,
            destination,
            port,
            passes == "yes",
            decided_by,
            cast("tuple[Platform, ...]", platforms),
        )
        assert row.decided_by, f"{name}:{line}: nobody decided"
        if row.passes:
            known = row.catalog_id is not None or decided_by in WORDS
            assert known, f"{name}:{line}: a yes is decided by a catalog row or {WORDS}"
        rows.append(row)
    return Page(name, who, tuple(rows))


def table_rows(text: str, name: str) -> Iterator[tuple[int, str, tuple[str, ...], list[str]]]:
    """The rows of all tables of a Markdown page: line, heading above, columns, cells."""
    heading, columns = "", ()
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if not line.startswith("|"):
            columns = ()
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not columns:
            columns = tuple(cells)
        elif not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            assert len(cells) == len(columns), f"{name}:{number}: {len(cells)} cells"
            yield number, heading, columns, cells


def own_addresses(topology: Mapping[str, Any]) -> dict[str, str]:
    """Address by server, as the topology declares them; the first of several."""
    internal = [site.get("servers", {}) for site in topology["sites"].values()]
    servers = {name: server for group in internal for name, server in group.items()}
    servers |= topology.get("edge_servers", {})
    found: dict[str, str] = {}
    for name, server in servers.items():
        address = server.get("address")
        if address is not None:
            found[name] = address if isinstance(address, str) else address[0]
    return found


def addresses(page: Page, topology: Mapping[str, Any]) -> dict[str, str]:
    """Address by every name that the page may use. `cas1-v6` is one more address of cas1."""
    return {**own_addresses(topology), **page.who}


def checker_of(page: Page, topology: Mapping[str, Any], recording: Recording) -> Checker:
    """Who decides over what was registered for a topology."""
    own = own_addresses(topology)
    more = {
        address: server
        for name, address in page.who.items()
        if (server := re.sub(r"-(v6|2)$", "", name)) in own
    }
    managed = cast("dict[str, dict[str, Any]]", recording.outputs["servers"])
    ours = {address: name for name, address in own.items()} | more
    networks = topology["networks"].values()
    return Checker(
        recording.registrations,
        managed,
        {address: name for address, name in ours.items() if name in managed},
        [zone for net in networks for zone in (*net["internal"], *net.get("perimeter", ()))],
        subnets_of(topology, recording),
    )


def subnets_of(topology: Mapping[str, Any], recording: Recording) -> dict[str, str]:
    """The group of each subnet, as an administrator would attach it: a subnet for each range."""
    zones = cast("dict[str, dict[str, str]]", recording.outputs.get("zones", {}))
    return {
        range_: zones[key][zone]
        for key, net in topology["networks"].items()
        if net.get("attach_to") == "subnets"
        for zone in ("internal", "perimeter")
        for range_ in net.get(zone, ())
        if zone in zones[key]
    }


def names(decision: Decision, catalog_id: str) -> bool:
    """Whether the description of what decided has the id in parentheses, alone or among others."""
    groups = re.findall(r"\(([^()]*)\)", decision.summary)
    return any(catalog_id in re.split(r",\s*", group) for group in groups)


def assert_verdict(row: Row, checker: Checker, known: Mapping[str, str], where: str) -> None:
    """The independent checker says what the row says, and a `yes` is decided by what the row names."""
    source = known.get(row.source, row.source)
    destination = known.get(row.destination, row.destination)
    for protocol, port in row.packets:
        packet = (source, destination, protocol, port)
        decision = checker.passes(*packet)
        verdict = {True: "passes", False: "does not pass", None: "is not ours"}[decision.passes]
        reported = f"{where}: {row}\n  {packet} {verdict}\n  {decision.by}"
        assert decision.passes is row.passes, reported
        ends = {"source": checker.out(*packet), "destination": checker.into(*packet)}
        for end, at_end in ends.items():
            # Of a host that is no server of ours, no row of the published page speaks.
            if at_end.passes is None or not at_end.managed:
                continue
            if not row.passes:
                # Each end is exact by itself, but where a row says otherwise.
                let_in = end == "destination" and row.decided_by.startswith(SOURCE_ALONE)
                assert at_end.passes is let_in, (
                    f"{reported}\n  the {end} has its own say: {at_end.by}"
                )
            elif row.catalog_id:
                unnamed = f"{reported}\n  {at_end.by} does not name it: {at_end.summary}"
                assert names(at_end, row.catalog_id), unnamed


def assert_hosts_known(page: Page, topology: Mapping[str, Any]) -> None:
    """Every host of a row is declared in the topology or on the page, and every one is asked about."""
    known, used = addresses(page, topology), set[str]()
    for row in page.rows:
        for end in (row.source, row.destination):
            used.add(end)
            assert end in known or ip_address(end), f"{page.name}:{row.line}: {end}"
    assert sorted(set(known) - used) == [], "named and never asked about"
    assert sorted(set(own_addresses(topology)) & set(page.who)) == []


def assert_each_question_once(page: Page) -> None:
    """No row is there twice."""
    asked = [
        (row.source, row.destination, row.port, platform)
        for row in page.rows
        for platform in row.platforms
    ]
    assert [question for question in asked if asked.count(question) > 1] == []


def assert_near_misses(page: Page, least: int) -> None:
    """At least so many rows, and beside every yes a near miss."""
    passing = sum(row.passes for row in page.rows)
    assert len(page.rows) >= least
    assert len(page.rows) - passing >= passing
