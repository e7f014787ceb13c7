"""The rule book as a page: what it was made from, risks first, then every rule, then what holds it up."""

from collections.abc import Iterable, Iterator
from typing import Final

from exchange_ports.catalog import BY_ID, Citation
from exchange_ports.clouds.base import NEVER, Use
from exchange_ports.findings import counted
from exchange_ports.flows import Reason
from exchange_ports.reports.openings import closed
from exchange_ports.reports.page import (
    Cell,
    Look,
    Page,
    Row,
    Section,
    Table,
    Text,
    Words,
    cell,
    text,
)
from exchange_ports.reports.rulebook import Book, Rule, Side, Zone
from exchange_ports.topology.fields import FlowEnd, ends_of
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.addresses import brief

__all__ = ["rulebook_page"]

#: More ranges than this stand in a list of their own: the Internet has up to 30.
_MOST_RANGES: Final = 4


def rulebook_page(book: Book) -> Page:
    """The page, the same for the same book. User text is plain: writers escape it."""
    lists = _Lists()
    zones = tuple(_zone(zone, lists) for zone in book.zones)
    sections = (
        _risks(book),
        _warnings(book),
        _stays_closed(book),
        _servers(book),
        Section("rules", "Rules", (text(_RULES),), sections=zones),
        lists.section(),
        _limits(book),
        _proof(book),
        _rows(book),
        Section(
            "not-claimed", "What this report does not claim", items=tuple(map(text, _NOT_CLAIMED))
        ),
    )
    return Page.of(
        f"Firewall rule book: {book.plans.topology.organization}",
        "Every rule that Exchange servers have in their clouds, why it is there, and what was proved of them.",
        _facts(book),
        sections,
    )


def _facts(book: Book) -> Iterator[tuple[str, Cell]]:
    topology, figures = book.plans.topology, book.proof.figures
    yield "Stack file", cell(book.origin.file, Look.CODE)
    yield "Its SHA-256", cell(book.origin.sha256, Look.CODE)
    yield "Made by", cell(f"exchange-ports {book.origin.version}")
    places = (f"{key} ({network.platform.summary})" for key, network in topology.networks.items())
    yield "Networks", cell(", ".join(places))
    servers = counted(figures.servers, "server")
    yield "Rules", cell(f"{counted(figures.rules, 'rule')} for {servers}")
    accepted = sum(flow.accept_risk for flow in topology.additional_flows)
    accepted += sum(relay.accept_risk for relay in topology.mail_flow.relays.values())
    look = Look.RISK if accepted else Look.PLAIN
    yield "Accepted risks", (text(str(accepted), look, "#risks" if accepted else None),)
    held = book.proof.holds
    yield (
        "Proof",
        (
            (
                Text("holds" if held else "fails", Look.GOOD if held else Look.RISK, "#proof"),
                Text("rules let through what is meant, and no more" if held else "see below"),
            ),
        ),
    )


# ---- risks and warnings ----


def _risks(book: Book) -> Section:
    rows = [*_accepted(book), *_accepted_relays(book)]
    columns = ("from", "to", "passes", "in the operator's words", "owner", "ticket", "review")
    table = Table(columns, tuple(rows), "", (16, 14, 12, 29, 12, 9, 8))
    noted = tuple(text(note, Look.NOTE) for note in book.proof.notes)
    inner = (
        Section(
            "acknowledged", "Acknowledged warnings", (text(_ACKNOWLEDGED),), tables=_known(book)
        ),
        Section("residues", "Named by the proof", (text(_RESIDUES),) if noted else (), noted),
    )
    return Section(
        "risks",
        "Accepted risks and exceptions",
        (text(_RISKS if rows else "No risk is accepted."),),
        (),
        (table,) if rows else (),
        tuple(each for each in inner if each.items or each.tables),
    )


def _accepted(book: Book) -> Iterator[Row]:
    for flow in book.plans.topology.additional_flows:
        if not flow.accept_risk:
            continue
        need = None if flow.need is None else flow.need.value
        ports = ", ".join(map(str, flow.ports)) if flow.ports else f"need {need}"
        said = (flow.reason or f"need {need}", flow.owner, flow.ticket, flow.review)
        yield Row(
            (
                cell(", ".join(map(_end, ends_of(flow.source)))),
                cell(", ".join(map(_end, ends_of(flow.to)))),
                cell(ports),
                *(cell(each or "-", Look.PLAIN if each else Look.ASIDE) for each in said),
            ),
            Look.RISK,
        )


def _end(end: FlowEnd) -> str:
    return str(end) if end.range_ is None else brief(end.range_)


def _accepted_relays(book: Book) -> Iterator[Row]:
    for name, relay in book.plans.topology.mail_flow.relays.items():
        if relay.accept_risk:
            sites = "" if relay.sites is None else f" of {', '.join(relay.sites)}"
            cells = (
                cell(", ".join(map(brief, relay.source))),
                cell(f"{relay.to.value}{sites}"),
                cell(f"{relay.port}/tcp"),
                cell(f"relay {name}"),
            )
            yield Row((*cells, *(cell("-", Look.ASIDE) for _ in range(3))), Look.RISK)


def _known(book: Book) -> tuple[Table, ...]:
    rows = tuple(
        Row((cell(code, Look.CODE), cell(why)))
        for code, why in book.plans.topology.acknowledge.items()
    )
    return (
        (Table(("warning", "why it is accepted, in the operator's words"), rows),) if rows else ()
    )


def _warnings(book: Book) -> Section:
    rows = tuple(
        Row(
            (
                cell(finding.kind.code, Look.CODE),
                (text(finding.summary), text(finding.why, Look.ASIDE)),
                cell(finding.fix),
                cell(finding.field, Look.CODE),
            )
        )
        for finding in book.warnings
    )
    table = Table(
        ("warning", "what and why", "what would be right", "where"), rows, "", (14, 40, 30, 16)
    )
    return Section("warnings", "Warnings that stand", tables=(table,) if rows else ())


def _stays_closed(book: Book) -> Section:
    items = tuple(map(text, closed(book.plans.topology)))
    return Section("closed", "What stays closed", (), items)


# ---- servers and rules ----


def _servers(book: Book) -> Section:
    rows = tuple(
        Row(
            (
                cell(server),
                cell(zone.network),
                cell(zone.name),
                _codes(worn),
            )
        )
        for zone in book.zones
        for server in zone.servers
        for worn in [book.plans.networks[zone.network].memberships.get(server, ())]
    )
    columns = ("server", "network", "zone", "groups that it wears")
    table = Table(columns, rows, "", (18, 14, 12, 56))
    return Section("servers", "Servers and their groups", (text(_SERVERS),), tables=(table,))


def _codes(names: Iterable[str]) -> Cell:
    return (tuple(Text(name, Look.CODE) for name in names),)


def _zone(zone: Zone, lists: "_Lists") -> Section:
    platform = Platform(zone.platform).summary
    tables = (
        _rules((rule for rule in zone.rules if rule.inward), "Let in", lists),
        _rules((rule for rule in zone.rules if not rule.inward), "Let out", lists),
    )
    who = (
        f"{counted(len(zone.servers), 'server')}: {', '.join(zone.servers)}."
        if zone.servers
        else ""
    )
    return Section(
        f"rules-{zone.network}-{zone.name.replace(' ', '-')}",
        f"{zone.network} ({platform}), {zone.name if ' ' in zone.name else f'{zone.name} zone'}",
        (text(who or "No server wears these groups."),),
        tables=tuple(table for table in tables if table.rows),
    )


def _rules(rules: Iterable[Rule], caption: str, lists: "_Lists") -> Table:
    rows = tuple(_rule(rule, lists) for rule in rules)
    columns = ("from", "to", "passes", "why", "risk notes", "rule in the cloud")
    return Table(
        columns, rows, f"{caption} ({counted(len(rows), 'rule')})", (18, 18, 11, 26, 9, 18)
    )


def _rule(rule: Rule, lists: "_Lists") -> Row:
    passes = cell(rule.passes) if rule.allows else (text("denied", Look.STRONG), text(rule.passes))
    why = tuple(map(_reason, rule.reasons)) or cell(rule.description or "-", Look.ASIDE)
    risks = tuple(text(each, Look.RISK if rule.is_risky else Look.NOTE) for each in rule.risks)
    return Row(
        (
            _side(rule.source, lists),
            _side(rule.destination, lists),
            passes,
            why,
            risks,
            cell(rule.name, Look.CODE),
        ),
        Look.RISK if rule.is_risky else Look.PLAIN,
    )


def _side(side: Side, lists: "_Lists") -> Cell:
    if side.servers:
        # A group by the cloud's name, or servers of another network by their addresses.
        look = Look.PLAIN if side.addresses else Look.CODE
        return (text(side.name, look), text(", ".join(side.servers), Look.ASIDE))
    if len(side.addresses) > _MOST_RANGES:
        return (text(side.name), lists.text(side))
    beside = [each for each in side.addresses if each.removesuffix("/32") not in side.name]
    return (text(side.name), text(", ".join(beside), Look.ASIDE)) if beside else cell(side.name)


def _reason(reason: Reason) -> Words:
    said = [Text(reason.summary)]
    if reason.entry is not None:
        said.append(Text(f"[{reason.entry}]", to=f"#row-{reason.entry}"))
    marks = ", ".join(_operator(reason))
    if marks:
        said.append(Text(f"({marks})", Look.ASIDE))
    return tuple(said)


def _operator(reason: Reason) -> Iterator[str]:
    for name, value in (("", reason.ticket), ("owner ", reason.owner), ("review ", reason.review)):
        if value:
            yield f"{name}{value}"


class _Lists:
    """Long lists of ranges, each said once."""

    def __init__(self) -> None:
        self._named: dict[tuple[str, ...], tuple[int, str]] = {}

    def text(self, side: Side) -> Words:
        """Where the ranges of an end are listed."""
        number, _ = self._named.setdefault(side.addresses, (len(self._named) + 1, side.name))
        return text(f"list {number}", to=f"#list-{number}")

    def section(self) -> Section:
        """The lists."""
        rows = tuple(
            Row((cell(f"list {number}"), cell(name), cell(", ".join(ranges))), id=f"list-{number}")
            for ranges, (number, name) in self._named.items()
        )
        table = Table(("list", "who that is", "ranges"), rows, "", (8, 20, 72))
        return Section("lists", "Lists of ranges", tables=(table,) if rows else ())


# ---- what holds it up ----


def _limits(book: Book) -> Section:
    uses = [(key, use) for key in book.plans.networks for use in _fullest(book.plans.uses(key))]
    rows = tuple(
        Row(
            (
                cell(key),
                cell(f"{use.used} of {use.limit.most} {use.limit.what}"),
                cell(_share(use), Look.NOTE if use.is_near else Look.PLAIN),
                cell(use.where),
                cell(f"{use.limit.cloud}, per {use.limit.per}"),
                (
                    text(title, to=url),
                    text(f"checked {use.limit.checked}", Look.ASIDE),
                ),
            )
        )
        for key, use in uses
        for title, url in [_of_cloud(use.limit.cite)]
    )
    documents = dict.fromkeys(_of_cloud(use.limit.cite) for _, use in uses)
    columns = ("network", "used", "share", "nearest to it", "counted per", "where it is written")
    table = Table(columns, rows, "", (10, 21, 8, 21, 20, 20))
    items = tuple(_document(*each) for each in documents)
    return Section("limits", "Limits of the clouds", (text(_LIMITS),), items, (table,))


def _share(use: Use) -> str:
    hundredths = 100 * use.used // max(1, use.limit.most)
    return f"{hundredths} %" if hundredths else "under 1 %"


def _fullest(uses: Iterable[Use]) -> Iterator[Use]:
    found: dict[str, Use] = {}
    for use in uses:
        if not use.used or use.limit.near == NEVER:
            continue
        before = found.get(use.limit.code)
        if before is None or (use.share, use.used) > (before.share, before.used):
            found[use.limit.code] = use
    yield from found.values()


def _of_cloud(cite: str) -> tuple[str, str]:
    """Title and address of a cloud's document: `Title, host/path`."""
    title, _, where = cite.rpartition(", ")
    return title, f"https://{where}"


def _proof(book: Book) -> Section:
    proof, figures = book.proof, book.proof.figures
    said = (
        f"{counted(figures.servers, 'server')}, {counted(figures.directions, 'direction')}, "
        f"{counted(figures.rules, 'rule')}, {counted(figures.flows, 'flow')}, "
        f"{counted(figures.boxes, 'piece')} of traffic compared."
    )
    head = (
        Text("The proof holds.", Look.GOOD) if proof.holds else Text("The proof fails.", Look.RISK),
        Text(said),
    )
    laws = _LAWS if proof.holds else tuple(map(str, proof.failures))
    inner = Section(
        "covered",
        "Rules that others cover together",
        (text("They do no harm and could be left out."),),
        tuple(map(text, proof.warnings)),
    )
    return Section(
        "proof",
        "The proof",
        (head,),
        tuple(map(text, laws)),
        sections=(inner,) if proof.warnings else (),
    )


def _rows(book: Book) -> Section:
    used = {reason.entry for rule in book.rules for reason in rule.reasons if reason.entry}
    entries = [entry for entry in BY_ID.values() if entry.id in used]
    rows = tuple(
        Row(
            (
                cell(entry.id, Look.STRONG),
                cell(entry.summary),
                cell(f"{entry.source} to {entry.destination}"),
                cell(entry.when),
                cell(entry.without),
                (_published(entry.cite), text(f"checked {entry.checked}", Look.ASIDE)),
            ),
            id=f"row-{entry.id}",
        )
        for entry in entries
    )
    columns = ("row", "what passes", "from and to", "when", "without it", "where it is published")
    table = Table(columns, rows, "", (5, 20, 20, 15, 20, 20))
    pages = dict.fromkeys(entry.cite.where for entry in entries)
    documents = tuple(_document(page.value, page.url) for page in pages)
    return Section("rows", "Published rows", (text(_ROWS),), documents, (table,))


def _published(cite: Citation) -> Words:
    return text(str(cite), to=cite.where.url)


def _document(title: str, url: str) -> Words:
    """A document with its address in words, since a page on paper has no links."""
    return (Text(title, to=url), Text(url, Look.ASIDE))


_RULES: Final = (
    "As the clouds have them, zone by zone. What no rule lets through does not pass. A rule between two "
    "servers of ours stands twice: let out at the one, let in at the other."
)
_RISKS: Final = (
    "Additional flows with an end in the perimeter, or from the Internet to a Mailbox server, which somebody "
    "accepted in the stack file. The same rules are marked below."
)
_ACKNOWLEDGED: Final = "Warnings that the stack file names as known; they are not shown any more."
_RESIDUES: Final = (
    "What passes by an end that is any address, though no flow names it. Nothing fails by it."
)
_SERVERS: Final = "A rule at a group is a rule at each of these servers."
_LIMITS: Final = (
    "For each limit of a network, whoever is nearest to it. What is over a limit has no plan."
)
_ROWS: Final = (
    "What the rules rest on: rows of the published port tables, and the pages they point to."
)
_LAWS: Final = (
    "Permitted is meant: for every server and direction, at every address, rules let through what the flows "
    "mean, no more and no less.",
    "Ground rules: everything passes between internal Exchange servers, and between them and their domain "
    "controllers, Lync servers and other Exchange servers.",
    "Perimeter: an Edge server has what the tables and additional flows give it, and no more.",
    "Every rule is needed: none names nobody, none is covered by a single other one.",
    "Neighbours are unharmed: rules are about our own servers.",
)
_NOT_CLAIMED: Final = (
    "That the rules stand in the account as they stand here: this is the plan of the stack file, and no cloud "
    "was asked.",
    "What other filters do: network ACLs, routes, central firewalls, Azure's admin rules, host firewalls. What "
    "must pass there is listed by exchange-ports handover.",
    "Anything of an end that is not ours.",
)
