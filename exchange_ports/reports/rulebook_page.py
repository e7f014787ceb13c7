"""The rule book as a report: what it was made from, risks first, then every rule, then what holds it up."""

from collections.abc import Iterable, Iterator
from typing import Final

from exchange_ports.catalog import BY_ID
from exchange_ports.clouds.base import Use
from exchange_ports.findings import counted
from exchange_ports.flows import Reason
from exchange_ports.reports.document import (
    Document,
    Items,
    Line,
    Look,
    Paragraph,
    Row,
    Section,
    Table,
    Text,
    Value,
    spaced,
    stacked,
)
from exchange_ports.reports.openings import closed
from exchange_ports.reports.plan_report import nearest
from exchange_ports.reports.proof_report import compared
from exchange_ports.reports.reasons import operator_marks
from exchange_ports.reports.rulebook import Book, Rule, Side, Zone, rulebook_data, rulebook_records
from exchange_ports.topology.fields import FlowEnd, ends_of
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.addresses import brief

#: More ranges than this stand in a list of their own: the Internet has up to 30.
_MOST_RANGES: Final = 4
#: Characters of a line of text.
_WIDTH: Final = 98

_NOTHING: Final = Text("-", Look.ASIDE)


def rulebook_report(book: Book) -> Document:
    """The report, the same for the same book."""
    return Document(
        lambda: _sections(book),
        f"Firewall rule book: {book.plans.topology.organization}",
        "Every rule that Exchange servers have in their clouds, why it is there, and what was proved of them.",
        tuple(_facts(book)),
        width=_WIDTH,
        records=lambda: rulebook_records(book),
        data=lambda: rulebook_data(book),
    )


def _sections(book: Book) -> list[Section]:
    lists = _Lists()
    zones = [_zone(zone, lists) for zone in book.zones]
    return _filled(
        _risks(book),
        _warnings(book),
        Section("What stays closed", _items(closed(book.plans.topology)), "closed"),
        _servers(book),
        Section("Rules", (Paragraph(_RULES), *zones), "rules"),
        lists.section(),
        _limits(book),
        _proof(book),
        _rows(book),
        Section("What this report does not claim", _items(_NOT_CLAIMED), "not-claimed"),
    )


def _filled(*sections: Section) -> list[Section]:
    """The sections that have anything below their heading."""
    return [section for section in sections if section.blocks]


def _items(items: Iterable[Line]) -> list[Items]:
    """A list, unless it is empty."""
    found = tuple(items)
    return [Items(found)] if found else []


def _table(
    columns: tuple[str, ...], rows: Iterable[Row], *shares: int, caption: str = ""
) -> list[Table]:
    """A table, unless it is empty."""
    found = tuple(rows)
    return [Table(columns, found, caption, shares)] if found else []


def _facts(book: Book) -> Iterator[tuple[str, Value]]:
    topology, figures = book.plans.topology, book.proof.figures
    yield "Stack file", Text(book.origin.file, Look.CODE)
    yield "Its SHA-256", Text(book.origin.sha256, Look.CODE)
    yield "Made by", f"exchange-ports {book.origin.version}"
    places = (f"{key} ({network.platform.summary})" for key, network in topology.networks.items())
    yield "Networks", ", ".join(places)
    servers = counted(figures.servers, "server")
    yield "Rules", f"{counted(figures.rules, 'rule')} for {servers}"
    accepted = sum(flow.accept_risk for flow in topology.additional_flows)
    accepted += sum(relay.accept_risk for relay in topology.mail_flow.relays.values())
    look = Look.RISK if accepted else Look.PLAIN
    yield "Accepted risks", Text(str(accepted), look, "#risks" if accepted else None)
    if book.proof.holds:
        held = Text("holds", Look.GOOD, "#proof")
        yield "Proof", spaced(held, "rules let through what is meant, and no more")
    else:
        yield "Proof", spaced(Text("fails", Look.RISK, "#proof"), "see below")


# ---- risks and warnings ----


def _risks(book: Book) -> Section:
    rows = [*_accepted(book), *_accepted_relays(book)]
    columns = ("from", "to", "passes", "in the operator's words", "owner", "ticket", "review")
    known = [
        Row((Text(code, Look.CODE), why)) for code, why in book.plans.topology.acknowledge.items()
    ]
    acknowledged = _table(("warning", "why it is accepted, in the operator's words"), known)
    notes = _items(Text(note, Look.NOTE) for note in book.proof.notes)
    inner = _filled(
        Section(
            "Acknowledged warnings",
            (Paragraph(_ACKNOWLEDGED), *acknowledged) if acknowledged else (),
            "acknowledged",
        ),
        Section("Named by the proof", (Paragraph(_RESIDUES), *notes) if notes else (), "residues"),
    )
    summary = Paragraph(_RISKS if rows else "No risk is accepted.")
    table = _table(columns, rows, 16, 14, 12, 29, 12, 9, 8)
    return Section("Accepted risks and exceptions", (summary, *table, *inner), "risks")


def _accepted(book: Book) -> Iterator[Row]:
    for flow in book.plans.topology.additional_flows:
        if not flow.accept_risk:
            continue
        need = None if flow.need is None else flow.need.value
        ports = ", ".join(map(str, flow.ports)) if flow.ports else f"need {need}"
        said = (flow.reason or f"need {need}", flow.owner, flow.ticket, flow.review)
        yield Row(
            (
                ", ".join(map(_end, ends_of(flow.source))),
                ", ".join(map(_end, ends_of(flow.to))),
                ports,
                *(each or _NOTHING for each in said),
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
                ", ".join(map(brief, relay.source)),
                f"{relay.to.value}{sites}",
                f"{relay.port}/tcp",
                f"relay {name}",
            )
            yield Row((*cells, *[_NOTHING] * 3), Look.RISK)


def _warnings(book: Book) -> Section:
    rows = (
        Row(
            (
                Text(finding.kind.code, Look.CODE),
                stacked(finding.summary, Text(finding.why, Look.ASIDE)),
                finding.fix,
                Text(finding.field, Look.CODE),
            )
        )
        for finding in book.warnings
    )
    columns = ("warning", "what and why", "what would be right", "where")
    return Section("Warnings that stand", _table(columns, rows, 14, 40, 30, 16), "warnings")


# ---- servers and rules ----


def _servers(book: Book) -> Section:
    rows = (
        Row((server, zone.network, zone.name, _codes(groups)))
        for zone in book.zones
        for server in zone.servers
        for groups in [book.plans.networks[zone.network].memberships.get(server, ())]
    )
    columns = ("server", "network", "zone", "groups that it wears")
    table = _table(columns, rows, 18, 14, 12, 56)
    return Section("Servers and their groups", (Paragraph(_SERVERS), *table), "servers")


def _codes(names: Iterable[str]) -> Value:
    return spaced(*(Text(name, Look.CODE) for name in names))


def _zone(zone: Zone, lists: "_Lists") -> Section:
    platform = Platform(zone.platform).summary
    who = (
        f"{counted(len(zone.servers), 'server')}: {', '.join(zone.servers)}."
        if zone.servers
        else "No server wears these groups."
    )
    return Section(
        f"{zone.network} ({platform}), {zone.name if ' ' in zone.name else f'{zone.name} zone'}",
        (
            Paragraph(who),
            *_rules((rule for rule in zone.rules if rule.inward), "Let in", lists),
            *_rules((rule for rule in zone.rules if not rule.inward), "Let out", lists),
        ),
        f"rules-{zone.network}-{zone.name.replace(' ', '-')}",
    )


def _rules(rules: Iterable[Rule], caption: str, lists: "_Lists") -> list[Table]:
    rows = [_rule(rule, lists) for rule in rules]
    columns = ("from", "to", "passes", "why", "risk notes", "rule in the cloud")
    caption = f"{caption} ({counted(len(rows), 'rule')})"
    return _table(columns, rows, 18, 18, 11, 26, 9, 18, caption=caption)


def _rule(rule: Rule, lists: "_Lists") -> Row:
    passes = rule.passes if rule.allows else stacked(Text("denied", Look.STRONG), rule.passes)
    why = stacked(*map(_reason, rule.reasons)) or Text(rule.description or "-", Look.ASIDE)
    look = Look.RISK if rule.is_risky else Look.NOTE
    return Row(
        (
            _side(rule.source, lists),
            _side(rule.destination, lists),
            passes,
            why,
            stacked(*(Text(each, look) for each in rule.risks)),
            Text(rule.name, Look.CODE),
        ),
        Look.RISK if rule.is_risky else Look.PLAIN,
    )


def _side(side: Side, lists: "_Lists") -> Value:
    if side.servers:
        # A group by the cloud's name, or servers of another network by their addresses.
        look = Look.PLAIN if side.addresses else Look.CODE
        return stacked(Text(side.name, look), Text(", ".join(side.servers), Look.ASIDE))
    if len(side.addresses) > _MOST_RANGES:
        return stacked(side.name, lists.link(side))
    beside = [each for each in side.addresses if each.removesuffix("/32") not in side.name]
    return stacked(side.name, Text(", ".join(beside), Look.ASIDE)) if beside else side.name


def _reason(reason: Reason) -> Line:
    entry = reason.entry
    row = [] if entry is None else [Text(f"[{entry}]", to=f"#row-{entry}")]
    marks = ", ".join(f"{name}{value}" for name, value in operator_marks(reason))
    return spaced(reason.summary, *row, *([Text(f"({marks})", Look.ASIDE)] if marks else []))


class _Lists:
    """Long lists of ranges, each said once."""

    def __init__(self) -> None:
        self._named: dict[tuple[str, ...], tuple[int, str]] = {}

    def link(self, side: Side) -> Text:
        """Where the ranges of an end are listed."""
        number, _ = self._named.setdefault(side.addresses, (len(self._named) + 1, side.name))
        return Text(f"list {number}", to=f"#list-{number}")

    def section(self) -> Section:
        """The lists."""
        rows = (
            Row((f"list {number}", name, ", ".join(ranges)), id=f"list-{number}")
            for ranges, (number, name) in self._named.items()
        )
        table = _table(("list", "who that is", "ranges"), rows, 8, 20, 72)
        return Section("Lists of ranges", table, "lists")


# ---- what holds it up ----


def _limits(book: Book) -> Section:
    uses = [(key, use) for key in book.plans.networks for use in nearest(book.plans.uses(key))]
    rows = (
        Row(
            (
                key,
                f"{use.used} of {use.limit.most} {use.limit.what}",
                Text(_share(use), Look.NOTE if use.is_near else Look.PLAIN),
                use.where,
                f"{use.limit.cloud}, per {use.limit.per}",
                stacked(Text(title, to=url), Text(f"checked {use.limit.checked}", Look.ASIDE)),
            )
        )
        for key, use in uses
        for title, url in [_of_cloud(use.limit.cite)]
    )
    documents = dict.fromkeys(_of_cloud(use.limit.cite) for _, use in uses)
    columns = ("network", "used", "share", "nearest to it", "counted per", "where it is written")
    items = _items(_document(*each) for each in documents)
    table = _table(columns, rows, 10, 21, 8, 21, 20, 20)
    return Section("Limits of the clouds", (Paragraph(_LIMITS), *items, *table), "limits")


def _share(use: Use) -> str:
    hundredths = 100 * use.used // max(1, use.limit.most)
    return f"{hundredths} %" if hundredths else "under 1 %"


def _of_cloud(cite: str) -> tuple[str, str]:
    """Title and address of a cloud's document: `Title, host/path`."""
    title, _, where = cite.rpartition(", ")
    return title, f"https://{where}"


def _proof(book: Book) -> Section:
    proof = book.proof
    result = (
        Text("The proof holds.", Look.GOOD) if proof.holds else Text("The proof fails.", Look.RISK)
    )
    covered = Section(
        "Rules that others cover together",
        (Paragraph("They do no harm and could be left out."), Items(proof.warnings)),
        "covered",
    )
    return Section(
        "The proof",
        (
            Paragraph(spaced(result, f"{compared(proof.figures)}.")),
            Items(_LAWS if proof.holds else tuple(map(str, proof.failures))),
            *([covered] if proof.warnings else []),
        ),
        "proof",
    )


def _rows(book: Book) -> Section:
    used = {reason.entry for rule in book.rules for reason in rule.reasons if reason.entry}
    entries = [entry for entry in BY_ID.values() if entry.id in used]
    rows = (
        Row(
            (
                Text(entry.id, Look.STRONG),
                entry.summary,
                f"{entry.source} to {entry.destination}",
                entry.when,
                entry.without,
                stacked(
                    Text(str(entry.cite), to=entry.cite.where.url),
                    Text(f"checked {entry.checked}", Look.ASIDE),
                ),
            ),
            id=f"row-{entry.id}",
        )
        for entry in entries
    )
    columns = ("row", "what passes", "from and to", "when", "without it", "where it is published")
    pages = dict.fromkeys(entry.cite.where for entry in entries)
    documents = _items(_document(page.value, page.url) for page in pages)
    table = _table(columns, rows, 5, 20, 20, 15, 20, 20)
    return Section("Published rows", (Paragraph(_ROWS), *documents, *table), "rows")


def _document(title: str, url: str) -> Line:
    """A document with its address in words, since a page on paper has no links."""
    return spaced(Text(title, to=url), Text(url, Look.ASIDE))


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
