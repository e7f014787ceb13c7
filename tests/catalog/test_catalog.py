"""The catalog says what the published page says, row by row, and nothing else in the package does.

The expected rows are written by hand from "Network ports for clients and mail flow in Exchange
2013", in its words and its order.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

import pytest

from exchange_ports.catalog import (
    BY_ID,
    DEFAULT_SERVICES,
    ENTRIES,
    MANAGEMENT,
    NEEDS,
    NEIGHBOR_ENTRIES,
    PLAIN_TEXT_PORTS,
    SERVICES,
    SMTP_PORT,
    CatalogEntry,
    Need,
    Page,
    Part,
    PublishedTable,
    Service,
)
from exchange_ports.traffic.ports import PortRange
from exchange_ports.versions import Article
from tests.support.paths import ROOT

PACKAGE: Final = ROOT / "exchange_ports"


#: "any port (including random RPC ports) and any protocol", in the ground rules' own words.
ANY: Final = "any port, any protocol"
#: The table of clients has no source column: "any location that's external to the organization".
EXTERNAL: Final = "external to the Exchange organization"


class Row(NamedTuple):
    id: str
    heading: str
    row: int
    ports: str
    source: str
    destination: str


RULES: Final = "Ground rules"
CLIENTS: Final = "Network ports required for clients and services"
NO_EDGE: Final = "Network ports required for mail flow (no Edge Transport servers)"
EDGE: Final = "Network ports required for mail flow with Edge Transport servers"
NAMES: Final = "Name resolution"

PUBLISHED: Final = (
    # "between internal Exchange servers, between internal Exchange servers and internal Lync or
    # Skype for Business servers, or between internal Exchange servers and internal Active Directory
    # domain controllers": one bullet, three pairs.
    Row("R1", RULES, 1, ANY, "internal Exchange servers", "internal Exchange servers"),
    Row("R2", RULES, 1, ANY, "internal Exchange servers", "Lync or Skype for Business servers"),
    Row("R3", RULES, 1, ANY, "internal Exchange servers", "domain controllers"),
    Row("C1", CLIENTS, 1, "443/TCP", EXTERNAL, "Client Access server"),
    Row("C2", CLIENTS, 2, "80/TCP", EXTERNAL, "Client Access server"),
    Row("C3", CLIENTS, 3, "143/TCP, 993/TCP", EXTERNAL, "Client Access server"),
    Row("C4", CLIENTS, 4, "110/TCP, 995/TCP", EXTERNAL, "Client Access server"),
    Row("C5", CLIENTS, 5, "587/TCP", EXTERNAL, "Client Access server"),
    # The note in row 5: "also listen for authenticated SMTP mail submissions on port 25".
    Row("C6", CLIENTS, 5, "25/TCP", EXTERNAL, "Client Access server"),
    Row("M1", NO_EDGE, 1, "25/TCP", "Internet (any)", "Client Access server"),
    Row("M2", NO_EDGE, 2, "25/TCP", "Mailbox server", "Internet (any)"),
    Row("M3", NO_EDGE, 3, "25/TCP", "Client Access server", "Internet (any)"),
    Row("M4", NO_EDGE, 4, "53/UDP, 53/TCP", "Internet-facing Exchange server", "DNS server"),
    Row("E1", EDGE, 1, "25/TCP", "Internet (any)", "Edge Transport server"),
    Row("E2", EDGE, 2, "25/TCP", "Edge Transport server", "Mailbox servers in the subscribed site"),
    Row("E3", EDGE, 3, "25/TCP", "Mailbox servers in the subscribed site", "Edge Transport server"),
    Row("E4", EDGE, 4, "25/TCP", "Edge Transport server", "Internet (any)"),
    Row("E5", EDGE, 5, "50636/TCP", "Mailbox servers in EdgeSync", "Edge Transport server"),
    Row("E7", EDGE, 6, "53/UDP, 53/TCP", "Edge Transport server", "DNS server"),
    # "user defined"; the row's source and destination are "Edge Transport servers" and "Internet",
    # and its comment puts the organization's proxy server between them.
    Row("E8", EDGE, 7, "user defined", "Edge Transport server", "proxy server"),
    # Without a proxy: what the page on sender reputation, to which the row points, lists as probes.
    Row(
        "E8d",
        EDGE,
        7,
        "23/TCP, 80/TCP, 1080/TCP, 1081/TCP, 3128/TCP, 6588/TCP",
        "Edge Transport server",
        "Internet (any)",
    ),
    # "And all internal Exchange servers must be able to resolve internal host names". The section
    # names no port: it is the one of both tables' DNS rows.
    Row("N1", NAMES, 1, "53/UDP, 53/TCP", "internal Exchange servers", "DNS server"),
)

WORDS: Final[Mapping[str, Part]] = {
    "internal Exchange servers": Part.EXCHANGE,
    "Lync or Skype for Business servers": Part.LYNC,
    "domain controllers": Part.DOMAIN_CONTROLLERS,
    EXTERNAL: Part.CLIENTS,
    "Client Access server": Part.CLIENT_ACCESS,
    "Mailbox server": Part.MAILBOX,
    "Mailbox servers in the subscribed site": Part.SITE_MAILBOX,
    "Mailbox servers in EdgeSync": Part.EDGESYNC_MAILBOX,
    "Edge Transport server": Part.EDGE,
    "Internet (any)": Part.INTERNET,
    "Internet-facing Exchange server": Part.INTERNET_FACING,
    "DNS server": Part.NAME_SERVERS,
    "proxy server": Part.REPUTATION_PROXY,
}


#: The same tables in "Network ports for clients and mail flow in Exchange", of 2016 and later, in the words of
#: exchange-later.md 2: who is at the ends there. Where it says "same", the words are those above.
SERVICES_ON_MAILBOX: Final = "Client Access services on a Mailbox server"
ANY_CLIENT: Final = "any"
PUBLISHED_LATER: Final = (
    Row("R1", RULES, 1, ANY, "internal Exchange servers", "internal Exchange servers"),
    Row("R2", RULES, 1, ANY, "internal Exchange servers", "Lync or Skype for Business servers"),
    Row("R3", RULES, 1, ANY, "internal Exchange servers", "domain controllers"),
    Row("C1", CLIENTS, 1, "443/TCP", ANY_CLIENT, SERVICES_ON_MAILBOX),
    Row("C2", CLIENTS, 2, "80/TCP", ANY_CLIENT, SERVICES_ON_MAILBOX),
    Row("C3", CLIENTS, 3, "143/TCP, 993/TCP", ANY_CLIENT, SERVICES_ON_MAILBOX),
    Row("C4", CLIENTS, 4, "110/TCP, 995/TCP", ANY_CLIENT, SERVICES_ON_MAILBOX),
    # "Client Frontend" in the Front End Transport service.
    Row("C5", CLIENTS, 5, "587/TCP", ANY_CLIENT, SERVICES_ON_MAILBOX),
    Row("C6", CLIENTS, 5, "25/TCP", ANY_CLIENT, SERVICES_ON_MAILBOX),
    # "Default Frontend <Mailbox server>".
    Row("M1", NO_EDGE, 1, "25/TCP", "Internet (any)", "Mailbox server"),
    Row("M2", NO_EDGE, 2, "25/TCP", "Mailbox server", "Internet (any)"),
    # "through the Front End transport service": the ends are those of row 2.
    Row("M3", NO_EDGE, 3, "25/TCP", "Mailbox server", "Internet (any)"),
    Row("M4", NO_EDGE, 4, "53/UDP, 53/TCP", "Mailbox server", "DNS server"),
    Row("E1", EDGE, 1, "25/TCP", "Internet (any)", "Edge Transport server"),
    Row("E2", EDGE, 2, "25/TCP", "Edge Transport server", "Mailbox servers in the subscribed site"),
    Row("E3", EDGE, 3, "25/TCP", "Mailbox servers in the subscribed site", "Edge Transport server"),
    Row("E4", EDGE, 4, "25/TCP", "Edge Transport server", "Internet (any)"),
    Row("E5", EDGE, 5, "50636/TCP", "Mailbox servers in EdgeSync", "Edge Transport server"),
    Row("E7", EDGE, 6, "53/UDP, 53/TCP", "Edge Transport server", "DNS server"),
    # "And the proxy, if there is one".
    Row("E8", EDGE, 7, "user defined", "Edge Transport server", "proxy server"),
    # "Open proxy server detection": the row itself lists the ports.
    Row(
        "E8d",
        EDGE,
        7,
        "23/TCP, 80/TCP, 1080/TCP, 1081/TCP, 3128/TCP, 6588/TCP",
        "Edge Transport server",
        "Internet (any)",
    ),
    Row("N1", NAMES, 1, "53/UDP, 53/TCP", "internal Exchange servers", "DNS server"),
)


class Beyond(NamedTuple):
    """What no table of the page has, and another published page does."""

    id: str
    page: Page
    ports: str
    source: Part
    destination: Part
    row: int | None = None


BEYOND: Final = (
    # "Create a Receive connector to receive email from a system not running Exchange".
    Beyond("M6", Page.RECEIVE_CONNECTOR, "25/TCP", Part.RELAYS, Part.CLIENT_ACCESS),
    # SMB, and RPC with what Windows uses for it from Windows Server 2008 on.
    Beyond("W1", Page.WITNESS, "135/TCP, 445/TCP, 49152-65535/TCP", Part.MAILBOX, Part.WITNESS),
    # "UM listening ports": 5060 and 5062 are unsecured, 5061 and 5063 secured. The row of the worker
    # process names 5065 to 5068, in other words than "Voice architecture changes".
    Beyond("U1", Page.UM_PORTS, "5060/TCP, 5061/TCP", Part.IP_GATEWAYS, Part.CALL_ROUTER, row=1),
    Beyond("U2", Page.UM_PORTS, "5062/TCP, 5063/TCP", Part.IP_GATEWAYS, Part.UM_SERVICE, row=2),
    Beyond(
        "U3",
        Page.UM_PORTS,
        "5065/TCP, 5066/TCP, 5067/TCP, 5068/TCP",
        Part.IP_GATEWAYS,
        Part.UM_SERVICE,
        row=3,
    ),
    # "Ports between 1024 and 65535." Media goes both ways.
    Beyond("U4", Page.UM_PORTS, "1024-65535/UDP", Part.IP_GATEWAYS, Part.UM_SERVICE, row=4),
    Beyond("F3", Page.UM_PORTS, "1024-65535/UDP", Part.UM_SERVICE, Part.IP_GATEWAYS, row=4),
    # On the gateway's own port: "By default ... 5060".
    Beyond("F4", Page.UM_OUTGOING_CALLS, "user defined", Part.UM_SERVICE, Part.IP_GATEWAYS),
    Beyond("F5", Page.UM_MESSAGE_WAITING, "user defined", Part.UM_SERVICE, Part.IP_GATEWAYS),
    # FaxServerURI has the port. "By default, the T.38 protocol uses TCP port 6004."
    Beyond("F9", Page.UM_FAXING, "user defined", Part.UM_SERVICE, Part.FAX_PARTNERS),
    Beyond("F9t", Page.UM_FAXING, "6004/TCP", Part.UM_SERVICE, Part.FAX_PARTNERS),
    Beyond("F10", Page.UM_FAXING, "25/TCP", Part.FAX_PARTNERS, Part.CLIENT_ACCESS),
)

#: What additional flows name as their need (exchange.md 13 and E9).
NEEDED: Final[Mapping[Need, Beyond]] = {
    Need.MALWARE_DEFINITIONS: Beyond(
        "G3", Page.ENGINE_UPDATES, "80/TCP, 443/TCP", Part.MAILBOX, Part.DECLARED
    ),
    Need.CERTIFICATE_CHECKS: Beyond("G4", Page.REVOCATION, "80/TCP", Part.EXCHANGE, Part.DECLARED),
    Need.FEDERATION: Beyond("G5", Page.FEDERATION, "443/TCP", Part.EXCHANGE, Part.DECLARED),
    Need.CONTENT_FILTER_UPDATES: Beyond(
        "G7", Page.CONTENT_FILTER, "80/TCP, 443/TCP", Part.EXCHANGE, Part.DECLARED
    ),
    Need.WINDOWS_UPDATE: Beyond(
        "G8", Page.SECURITY_CHECKLIST, "80/TCP, 443/TCP", Part.EXCHANGE, Part.DECLARED
    ),
    Need.PUSH_NOTIFICATIONS: Beyond("G9", Page.PUSH, "443/TCP", Part.MAILBOX, Part.DECLARED),
    # exchange-later.md 8.
    Need.EMERGENCY_MITIGATION: Beyond(
        "G14", Page.MITIGATION, "443/TCP", Part.MAILBOX, Part.DECLARED
    ),
    Need.FEATURE_FLIGHTING: Beyond("G15", Page.FLIGHTING, "443/TCP", Part.MAILBOX, Part.DECLARED),
    Need.HYBRID_MODERN_AUTH: Beyond(
        "G16", Page.MODERN_AUTH, "443/TCP", Part.EXCHANGE, Part.DECLARED
    ),
    Need.EXCHANGE_ONLINE: Beyond("G17", Page.FEDERATION, "443/TCP", Part.EXCHANGE, Part.DECLARED),
    Need.GRAPH: Beyond("G18", Page.DEDICATED_APP, "443/TCP", Part.MAILBOX, Part.DECLARED),
    Need.REMOTE_DESKTOP: Beyond("E9", Page.EDGE_PLANNING, "3389/TCP", Part.DECLARED, Part.DECLARED),
}

#: The first table of "Hybrid deployment prerequisites", by its rows: "Exchange Online endpoints", and of our
#: ends "Exchange 2019/2016 Mailbox/Edge, Exchange 2013 CAS/Edge" (mail) or the same without Edge.
HYBRID: Final = (
    ("H1", 1, "25/TCP", Part.EXCHANGE_ONLINE, Part.HYBRID_MAIL),
    ("H2", 2, "25/TCP", Part.HYBRID_MAIL, Part.EXCHANGE_ONLINE),
    ("H3", 3, "443/TCP", Part.EXCHANGE_ONLINE, Part.HYBRID_WEB_SERVICES),
    # The row names those that publish EWS; the prose below the tables adds "2013 MBX (backend)", and other
    # pages all servers.
    ("H4", 4, "443/TCP", Part.EXCHANGE, Part.EXCHANGE_ONLINE),
)
#: What other pages, and the second table of that one, have of a hybrid deployment.
HYBRID_BEYOND: Final = (
    # "AD FS (Windows Server)" and "AAD Connect": 443, `/adfs/*`.
    Beyond("H5", Page.HYBRID, "443/TCP", Part.INTERNET, Part.AD_FS),
    Beyond("H6", Page.HYBRID, "443/TCP", Part.ENTRA_CONNECT, Part.AD_FS),
    # "Authorization Server", and graph.microsoft.com of the dedicated hybrid app.
    Beyond("H7", Page.DEDICATED_APP, "443/TCP", Part.EXCHANGE, Part.SIGN_IN),
    # The agent: 443, 80, 5985 and 5986 to the Exchange server, 443 and 80 to the Internet.
    Beyond(
        "H8",
        Page.HYBRID_AGENT,
        "80/TCP, 443/TCP, 5985/TCP, 5986/TCP",
        Part.HYBRID_AGENT,
        Part.HYBRID_WEB_SERVICES,
    ),
    Beyond("H9", Page.HYBRID_AGENT, "80/TCP, 443/TCP", Part.HYBRID_AGENT, Part.INTERNET),
)

#: How many rows each table of the page has.
ROWS: Final = {RULES: 1, CLIENTS: 5, NO_EDGE: 4, EDGE: 7, NAMES: 1}

each_entry: Final = pytest.mark.parametrize("entry", BY_ID.values(), ids=list(BY_ID))


@pytest.mark.parametrize("row", PUBLISHED_LATER, ids=[row.id for row in PUBLISHED_LATER])
def test_a_row_of_the_later_article_has_the_same_place_and_ports_and_its_own_servers(
    row: Row,
) -> None:
    entry = BY_ID[row.id]
    assert entry.cite == (PublishedTable(row.heading), row.row)
    assert in_the_words_of_the_page(entry) == row.ports
    words = {**WORDS, SERVICES_ON_MAILBOX: Part.MAILBOX, ANY_CLIENT: Part.CLIENTS}
    ends = tuple(end.within(Article.LATER) for end in (entry.source, entry.destination))
    assert ends == (words[row.source], words[row.destination])
    url = PublishedTable(row.heading).url(Article.LATER)
    assert url.partition("#")[0].endswith("/plan-and-deploy/deployment-ref/network-ports")


def test_both_articles_have_the_same_rows() -> None:
    same = [(row.id, row.heading, row.row, row.ports) for row in PUBLISHED]
    assert same == [(row.id, row.heading, row.row, row.ports) for row in PUBLISHED_LATER]


def test_the_article_of_2013_has_the_parts_as_they_are() -> None:
    assert all(part.within(Article.EXCHANGE_2013) is part for part in Part)


@pytest.mark.parametrize(
    "articles, text",
    [
        ([Article.EXCHANGE_2013], "Client Access servers"),
        ([Article.LATER], "Mailbox servers"),
        ([Article.LATER, Article.EXCHANGE_2013], "Client Access servers or Mailbox servers"),
    ],
)
def test_an_end_of_a_row_in_the_words_of_its_articles(articles: list[Article], text: str) -> None:
    assert Part.CLIENT_ACCESS.across(articles) == text


def in_the_words_of_the_page(entry: CatalogEntry) -> str:
    """Ports as the page writes them: each with its protocol."""
    if not entry.ports:
        return "user defined"
    if str(entry.ports[0]) == "all protocols":
        return ANY
    written = [
        f"{port}/{ports.protocol.upper()}"
        for ports in entry.ports
        for range_ in ports.ranges
        for port in one_by_one(range_)
    ]
    # DNS stands there with UDP first.
    return ", ".join(sorted(written, key=lambda one: (int(re.split("[-/]", one)[0]), "TCP" in one)))


def one_by_one(range_: PortRange) -> list[str]:
    """The ports of a range, which the page lists, or a range that is too long for that."""
    if range_.last - range_.first > 10:
        return [str(range_)]
    return [str(port) for port in range(range_.first, range_.last + 1)]


@pytest.mark.parametrize("row", PUBLISHED, ids=[row.id for row in PUBLISHED])
def test_a_published_row_stands_in_the_catalog_as_it_is(row: Row) -> None:
    entry = BY_ID[row.id]
    assert entry.cite == (PublishedTable(row.heading), row.row)
    assert in_the_words_of_the_page(entry) == row.ports
    assert (entry.source, entry.destination) == (WORDS[row.source], WORDS[row.destination])


@pytest.mark.parametrize("id_, row, ports, source, destination", HYBRID)
def test_a_row_of_the_hybrid_table_stands_in_the_catalog_as_it_is(
    id_: str, row: int, ports: str, source: Part, destination: Part
) -> None:
    entry = BY_ID[id_]
    assert entry.cite == (Page.HYBRID, row)
    assert in_the_words_of_the_page(entry) == ports
    assert (entry.source, entry.destination) == (source, destination)


def test_rows_between_hosts_of_others_are_in_no_flow() -> None:
    """Neither end of them is a server of ours: the plan lists them."""
    assert {entry.id for entry in NEIGHBOR_ENTRIES} == {"H5", "H6"}
    assert not {"H5", "H6"} & {entry.id for entry in ENTRIES}


@pytest.mark.parametrize(
    "beyond",
    [*BEYOND, *HYBRID_BEYOND, *NEEDED.values()],
    ids=[each.id for each in (*BEYOND, *HYBRID_BEYOND, *NEEDED.values())],
)
def test_what_the_tables_leave_out_cites_the_page_that_has_it(beyond: Beyond) -> None:
    entry = BY_ID[beyond.id]
    assert entry.cite == (beyond.page, beyond.row)
    assert in_the_words_of_the_page(entry) == beyond.ports
    assert (entry.source, entry.destination) == (beyond.source, beyond.destination)


def in_tables() -> list[tuple[PublishedTable, int, str]]:
    """What cites a row of a table, with the row."""
    return [
        (entry.cite.where, entry.cite.row, entry.id)
        for entry in ENTRIES
        if isinstance(entry.cite.where, PublishedTable) and entry.cite.row is not None
    ]


def test_the_catalog_has_no_other_row_and_keeps_the_order_of_the_document() -> None:
    assert [id_ for _, _, id_ in in_tables()] == [row.id for row in PUBLISHED]
    order = [(list(PublishedTable).index(table), row) for table, row, _ in in_tables()]
    assert order == sorted(order)


def test_every_row_of_every_table_has_an_entry() -> None:
    cited = {(table.value, row) for table, row, _ in in_tables()}
    assert cited == {(table, row) for table, most in ROWS.items() for row in range(1, most + 1)}


def test_whatever_is_in_no_table_is_from_a_page_and_every_page_is_cited() -> None:
    known = {id_ for _, _, id_ in in_tables()}
    hybrid = {each.id for each in HYBRID_BEYOND} | {id_ for id_, *_ in HYBRID}
    entries = {entry.id for entry in (*ENTRIES, *NEIGHBOR_ENTRIES)}
    assert entries == known | hybrid | {each.id for each in BEYOND}
    assert {need: entry.id for need, entry in NEEDS.items()} == {
        need: each.id for need, each in NEEDED.items()
    }
    assert set(NEEDS) == set(Need)
    assert {e.cite.where for e in BY_ID.values()} == {*PublishedTable, *Page}


def test_an_id_names_one_row() -> None:
    assert len(BY_ID) == len(ENTRIES) + len(NEIGHBOR_ENTRIES) + len(NEEDS)


@each_entry
def test_every_row_says_what_it_is_when_it_applies_and_when_it_was_checked(
    entry: CatalogEntry,
) -> None:
    assert entry.summary.strip() == entry.summary != ""
    assert not entry.summary.endswith("."), "it is part of a line"
    assert entry.without.strip() == entry.without != ""
    assert not entry.without.endswith("."), "it is part of a line"
    assert entry.when.strip() == entry.when != ""
    assert date.fromisoformat(entry.checked) >= date(2026, 1, 1)
    for article in Article:
        assert entry.cite.where.url(article).startswith("https://learn.microsoft.com/exchange/")
    assert entry.cite.where.short in str(entry.cite)


@each_entry
def test_a_row_that_leaves_the_port_to_the_reader_names_a_second_document(
    entry: CatalogEntry,
) -> None:
    assert entry.ports or entry.also


def test_every_client_service_has_its_row() -> None:
    assert set(SERVICES) == set(Service)
    assert {entry.id for entry in SERVICES.values()} == {"C1", "C2", "C3", "C4", "C5", "C6"}
    assert [SERVICES[service].id for service in DEFAULT_SERVICES] == ["C1", "C5"]


def test_what_is_derived_from_rows_is_in_them() -> None:
    assert str(BY_ID["M1"].ports[0]) == f"{SMTP_PORT}/tcp"
    for service, port in PLAIN_TEXT_PORTS.items():
        assert any(port in numbers(ports.ranges) for ports in SERVICES[service].ports)


# Ports stand here and nowhere else.
#
# Code: no number that is a port of the catalog, MANAGEMENT included, may be an int in any other file,
# whatever it is there; where such a number is something else, it is named below with what it is.
# Text: no string may write a port of a row with its protocol (443/tcp), nor be nothing but one ("443"):
# what a user reads is filled in from the rows. Docstrings are exempt, because they say things to
# programmers and decide nothing; descriptions and examples of fields are not, because they are part of
# the JSON Schema. MANAGEMENT is no row, opens nothing, and is what additional flows are mostly for,
# so its ports may be written in text, as an example.

#: Numbers that happen to be a port's: (file, number): what it is.
SOMETHING_ELSE: Final[Mapping[tuple[str, int], str]] = {
    ("clouds/azure/names.py", 80): "the most characters that the name of a rule has",
    ("clouds/azure/limits.py", 80): "the most characters that the name of a group has",
    ("clouds/base.py", 80): "the percentage from which on a use is near its limit",
    ("reports/handover_report.py", 22): "the share of a column, in hundredths of a page",
    ("reports/text_writer.py", 80): "the columns of a terminal that does not tell",
    ("stackfile/yaml_values.py", 53): "the bits of a double's fraction",
    **dict.fromkeys(
        (
            ("cli/adopt_command.py", 1024),
            ("cli/changed_code.py", 1024),
            ("pipeline.py", 1024),
            ("stackfile/nodes.py", 1024),
        ),
        "a factor of a number of bytes",
    ),
    ("reports/diagram/font_widths.py", 1024): "the width of a letter",
    ("traffic/ports.py", 65535): "the highest port there is",
}

_WITH_PROTOCOL: Final = re.compile(r"([0-9]+)(?:-([0-9]+))?\s*/\s*(?:tcp|udp)\b", re.IGNORECASE)
_ALONE: Final = re.compile(r"\s*([0-9]+)(?:-([0-9]+))?\s*")


def numbers(ranges: tuple[tuple[int, int], ...]) -> set[int]:
    """The numbers that a range is written with: what lies between stands nowhere."""
    return {port for range_ in ranges for port in range_}


IN_ROWS: Final = frozenset(
    port
    for entry in ENTRIES
    # WinRM of the Hybrid Agent is among MANAGEMENT.
    if entry.id != "H8"
    for ports in entry.ports
    for port in numbers(ports.ranges)
)
EVERY_PORT: Final = IN_ROWS | numbers(MANAGEMENT.ranges)


def docstrings(tree: ast.AST) -> Iterator[int]:
    """The ids of the nodes that are a module's, class's or function's docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield id(first.value)


def ports_in(source: str, file: str) -> list[str]:
    """Every place of a file in which a port of the catalog stands."""
    tree = ast.parse(source)
    exempt = set(docstrings(tree))
    found: list[str] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in exempt:
            continue
        value = node.value
        written: set[int] = set()
        if isinstance(value, int) and not isinstance(value, bool):
            if value in EVERY_PORT and (file, value) not in SOMETHING_ELSE:
                written = {value}
        elif isinstance(value, str):
            matches = [*_WITH_PROTOCOL.finditer(value), *filter(None, [_ALONE.fullmatch(value)])]
            pairs = tuple((int(m[1]), int(m[2] or m[1])) for m in matches)
            written = {port for port in IN_ROWS for a, b in pairs if a <= port <= b}
        found += [f"{file}:{node.lineno}: {port}" for port in sorted(written)]
    return found


FILES: Final = tuple(
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.relative_to(PACKAGE).parts[0] != "catalog"
)


def test_ports_stand_in_the_catalog_and_nowhere_else() -> None:
    assert len(FILES) > 30
    found = [
        place
        for path in FILES
        for place in ports_in(path.read_text("utf-8"), path.relative_to(PACKAGE).as_posix())
    ]
    assert not found, "take it from the catalog:\n" + "\n".join(found)


def test_every_exemption_is_still_needed() -> None:
    for file, number in SOMETHING_ELSE:
        tree = ast.parse((PACKAGE / file).read_text("utf-8"))
        values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        assert number in values, f"{file} has no {number} any more"


@pytest.mark.parametrize(
    "planted",
    [
        "PORT = 25",
        "ports = tcp(50636)",
        "ports = (1, 443)",
        "ports = tcp(0o31)",
        "if port == 0x19: pass",
        "MANAGED = 3389",
        'ports = "25/tcp"',
        'says = "needs 53/UDP to the name server"',
        'says = f"{name} needs 50636/tcp"',
        'ports = ["20-30/tcp"]',
        'port = "443"',
        'field = Field(examples=["443/tcp"])',
        'class A:\n    field: int\n    """The port, 587/tcp."""',
    ],
)
def test_a_port_that_is_planted_elsewhere_is_found(planted: str) -> None:
    assert ports_in(planted, "planted.py")


@pytest.mark.parametrize(
    "harmless",
    [
        '"""EdgeSync pushes on 50636/tcp."""',
        'def f():\n    """As 25/tcp."""',
        'examples = ["3389/tcp", "5985-5986/tcp"]',
        "LENGTH = 255",
        'address = "10.20.7.25"',
        'code = "port-25-blocked"',
        "flag = True",
    ],
)
def test_what_is_no_port_is_left_alone(harmless: str) -> None:
    assert not ports_in(harmless, "planted.py")
