"""Each row of tests/scenarios/ holds for what the program registers, on AWS and on Azure.

Knows: how a page is written, and how to ask the judge.
Must not know: how flows or plans come about. The pages speak for the published document; when a row
and the product disagree, the document decides which of them is wrong.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, cast

import pytest

from tests.judge import Decision, Judge
from tests.recordings import PLATFORMS, Platform, declared, recorded

# The AWS SDK warns of itself while it is imported.
pytestmark = pytest.mark.filterwarnings(r"ignore:aws\..*has been deprecated:DeprecationWarning")

PAGES: Final = Path(__file__).parent / "scenarios"
STACKS: Final = ("dev", "prod-aws", "prod-azure", "proxied")

WHO: Final = ("name", "address", "who")
VERDICTS: Final = ("from", "to", "port", "passes", "decided by")

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
ROW_ID: Final = re.compile(r"([RCMEN]\d+)(: .+)?")
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
    #: Address by name, as the page says.
    who: Mapping[str, str]
    rows: tuple[Row, ...]


# ---- reading the pages ----


@cache
def page(stack: str) -> Page:
    who: dict[str, str] = {}
    rows: list[Row] = []
    name = f"{stack}.md"
    for line, heading, columns, cells in table_rows((PAGES / name).read_text(), name):
        if columns == WHO:
            assert cells[0] not in who, f"{name}:{line}: {cells[0]} twice"
            who[cells[0]] = cells[1]
            continue
        assert columns == VERDICTS, f"{name}:{line}: a table with the columns {columns}"
        source, destination, port, passes, decided_by = cells
        assert passes in ("yes", "no"), f"{name}:{line}: passes is {passes!r}"
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
    return Page(who, tuple(rows))


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


def all_rows() -> list[Any]:
    return [
        pytest.param(stack, platform, row, id=f"{stack} on {platform}: {row}")
        for stack in STACKS
        for row in page(stack).rows
        for platform in row.platforms
    ]


# ---- asking the judge ----


@cache
def own_addresses(stack: str) -> dict[str, str]:
    """Address by server, as the stack declares them."""
    topology = declared(stack, "aws")
    internal = [site["servers"] for site in topology["sites"].values()]
    servers = {name: server for group in internal for name, server in group.items()}
    servers |= topology.get("edge_servers", {})
    return {name: server["address"] for name, server in servers.items()}


@cache
def addresses(stack: str) -> dict[str, str]:
    """Address by every name that the page may use. `cas1-v6` is one more address of cas1."""
    return {**own_addresses(stack), **page(stack).who}


@cache
def judge(stack: str, platform: Platform) -> Judge:
    recording = recorded(stack, platform)
    own = own_addresses(stack)
    more = {
        address: name.removesuffix("-v6")
        for name, address in page(stack).who.items()
        if name.removesuffix("-v6") in own
    }
    networks = declared(stack, platform)["networks"].values()
    return Judge(
        recording.registrations,
        cast("dict[str, dict[str, Any]]", recording.outputs["servers"]),
        {address: name for name, address in own.items()} | more,
        [zone for net in networks for zone in (*net["internal"], *net.get("perimeter", ()))],
    )


def names(decision: Decision, catalog_id: str) -> bool:
    """Whether the description of what decided has the id in parentheses, alone or among others."""
    groups = re.findall(r"\(([^()]*)\)", decision.says)
    return any(catalog_id in re.split(r",\s*", group) for group in groups)


@pytest.mark.parametrize("stack, platform, row", all_rows())
def test_the_verdict_is_that_of_the_published_document(
    stack: str, platform: Platform, row: Row
) -> None:
    known = addresses(stack)
    source = known.get(row.source, row.source)
    destination = known.get(row.destination, row.destination)
    where = f"tests/scenarios/{row.page}:{row.line} on {platform}: {row}"
    for protocol, port in row.packets:
        packet = (source, destination, protocol, port)
        decision = judge(stack, platform).passes(*packet)
        verdict = {True: "passes", False: "does not pass", None: "is not ours"}[decision.passes]
        said = f"{where}\n  {packet} {verdict}\n  {decision.by}"
        assert decision.passes is row.passes, said
        ends = {
            "source": judge(stack, platform).out(*packet),
            "destination": judge(stack, platform).into(*packet),
        }
        for end, at_end in ends.items():
            if at_end.passes is None:
                continue
            if not row.passes:
                # Each end is exact by itself, but where a row says otherwise.
                let_in = end == "destination" and row.decided_by.startswith(SOURCE_ALONE)
                assert at_end.passes is let_in, f"{said}\n  the {end} has its own say: {at_end.by}"
            elif row.catalog_id:
                unnamed = f"{said}\n  {at_end.by} does not name it: {at_end.says}"
                assert names(at_end, row.catalog_id), unnamed


# ---- the pages themselves ----


@pytest.mark.parametrize("stack", STACKS)
def test_a_page_asks_each_question_once(stack: str) -> None:
    asked = [
        (row.source, row.destination, row.port, platform)
        for row in page(stack).rows
        for platform in row.platforms
    ]
    assert [question for question in asked if asked.count(question) > 1] == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_page_names_hosts_that_are_declared_there_or_in_the_stack(stack: str) -> None:
    known, used = addresses(stack), set[str]()
    for row in page(stack).rows:
        for end in (row.source, row.destination):
            used.add(end)
            assert end in known or ip_address(end), f"{row.page}:{row.line}: {end}"
    assert sorted(set(known) - used) == [], "named and never asked about"
    assert sorted(set(own_addresses(stack)) & set(page(stack).who)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_page_has_as_many_near_misses_as_verdicts_that_pass(stack: str) -> None:
    rows = page(stack).rows
    passing = sum(row.passes for row in rows)
    assert len(rows) >= (40 if stack.startswith("prod") else 25)
    assert len(rows) - passing >= passing


def test_the_pages_together_speak_of_each_catalog_row_that_a_stack_uses() -> None:
    spoken_of = {row.catalog_id for stack in STACKS for row in page(stack).rows if row.passes}
    expected = {
        *("R1", "R2", "R3"),
        *("C1", "C2", "C3", "C4", "C5", "C6"),
        *("M1", "M2", "M3", "M4"),
        *("E1", "E2", "E3", "E4", "E5", "E7", "E8"),
        "N1",
    }
    assert expected - spoken_of == set()


def test_each_page_belongs_to_a_stack() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(STACKS)
