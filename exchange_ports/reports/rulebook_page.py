"""The rule book as a report: what it was made from, risks first, then every rule, then what holds it up."""

import re
from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from pathlib import PurePath
from typing import Final

from exchange_ports.catalog import BY_ID, CatalogEntry
from exchange_ports.clouds.base import Use
from exchange_ports.findings import counted
from exchange_ports.flows import Endpoint, ExternalEndpoint, Reason
from exchange_ports.flows.labels import EndpointLabels
from exchange_ports.planning import Plans
from exchange_ports.reports import document as doc
from exchange_ports.reports.plan_report import closed, nearest
from exchange_ports.reports.proof_report import compared
from exchange_ports.reports.reasons import not_usable, operator_marks
from exchange_ports.reports.rulebook import (
    Book,
    Rule,
    RulebookZone,
    RuleSide,
    rulebook_data,
    rulebook_records,
)
from exchange_ports.topology.fields import FlowEnd, ends_of
from exchange_ports.topology.models import AdditionalFlow, Platform, Relay
from exchange_ports.topology.risk import public_part
from exchange_ports.traffic.addresses import brief
from exchange_ports.traffic.ports import ANY_PORTS
from exchange_ports.versions import Article

#: More ranges than this stand in a list of their own: the Internet has up to 30.
_MOST_RANGES: Final = 4
#: Characters of a line of text.
_WIDTH: Final = 140

_NOTHING: Final = doc.Text("-", doc.Look.ASIDE)


def rulebook_report(book: Book) -> doc.Document:
    """The report, the same for the same book."""
    return doc.Document(
        lambda: _sections(book),
        f"Firewall rule book: {book.plans.topology.organization}",
        "Every rule of the Exchange servers in their clouds, with its reasons and the result of the proof.",
        tuple(_facts(book)),
        width=_WIDTH,
        records=lambda: rulebook_records(book),
        data=lambda: rulebook_data(book),
    )


def _sections(book: Book) -> list[doc.Section]:
    lists = _PageLists()
    zones = [_zone(zone, lists) for zone in book.zones]
    return _filled(
        _risks(book),
        _warnings(book),
        doc.Section("What stays closed", _items(closed(book.plans.topology)), "closed"),
        _servers(book),
        _picture(book),
        doc.Section("Rules", (doc.Paragraph(_RULES), *zones), "rules"),
        lists.section(),
        _limits(book),
        _proof(book),
        _rows(book),
        doc.Section("What this report does not claim", _items(_NOT_CLAIMED), "not-claimed"),
    )


def _filled(*sections: doc.Section) -> list[doc.Section]:
    """The sections that have anything below their heading."""
    return [section for section in sections if section.blocks]


def _items(items: Iterable[doc.Line]) -> list[doc.Items]:
    """A list, unless it is empty."""
    found = tuple(items)
    return [doc.Items(found)] if found else []


def _table(
    columns: tuple[str, ...], rows: Iterable[doc.Row], *shares: int, caption: str = ""
) -> list[doc.Table]:
    """A table, unless it is empty."""
    found = tuple(rows)
    return [doc.Table(columns, found, caption, shares)] if found else []


def _facts(book: Book) -> Iterator[tuple[str, doc.Value]]:
    topology, figures = book.plans.topology, book.proof.figures
    yield "Stack file", doc.Text(book.origin.file, doc.Look.CODE)
    yield "Its SHA-256", doc.Text(book.origin.sha256, doc.Look.CODE)
    if book.origin.commit:
        yield "Commit", doc.Text(book.origin.commit, doc.Look.CODE)
    yield "Made by", f"exchange-ports {book.origin.version}"
    places = (f"{key} ({network.platform.summary})" for key, network in topology.networks.items())
    yield "Networks", ", ".join(places)
    servers = counted(figures.servers, "server")
    yield "Rules", f"{counted(figures.rules, 'rule')} for {servers}"
    accepted = len(tuple(_accepted(book)))
    look = doc.Look.RISK if accepted else doc.Look.PLAIN
    yield "Accepted risks", doc.Text(str(accepted), look, "#risks" if accepted else None)
    if book.proof.holds:
        held = doc.Text("holds", doc.Look.GOOD, "#proof")
        cannot = counted(len(book.proof.unusable), "finding")
        but = f"; {cannot} about flows that cannot work as declared" if book.proof.unusable else ""
        yield "Proof", doc.spaced(held, f"the rules allow exactly the declared traffic{but}")
    else:
        yield "Proof", doc.spaced(doc.Text("fails", doc.Look.BAD, "#proof"), "see below")


# ---- risks and warnings ----


def _risks(book: Book) -> doc.Section:
    rows = [*_accepted(book)]
    columns = ("from", "to", "ports", "in the operator's words", "owner", "ticket", "review by")
    known = [
        doc.Row((doc.Text(code, doc.Look.CODE), why))
        for code, why in book.plans.topology.acknowledge.items()
    ]
    acknowledged = _table(("warning", "why it is accepted, in the operator's words"), known)
    notes = _items(doc.Text(note, doc.Look.NOTE) for note in book.proof.notes)
    inner = _filled(
        doc.Section(
            "Acknowledged warnings",
            (doc.Paragraph(_ACKNOWLEDGED), *acknowledged) if acknowledged else (),
            "acknowledged",
        ),
        doc.Section(
            "Allowed because an end contains internal addresses",
            (doc.Paragraph(_RESIDUES), *notes) if notes else (),
            "residues",
        ),
    )
    summary = doc.Paragraph(_RISKS if rows else "No risk is accepted.")
    table = _table(columns, rows, 16, 14, 12, 29, 12, 9, 8)
    return doc.Section("Accepted risks and exceptions", (summary, *table, *inner), "risks")


def _accepted(book: Book) -> Iterator[doc.Row]:
    """Every risk that is accepted and that is one, by where it is accepted."""
    plans = book.plans
    topology, labels = plans.topology, EndpointLabels(plans.inventory)
    for path, flows in plans.origins.accepted_risks(plans.flows).items():
        if path[0] == "additional_flows":
            yield _accepted_flow(topology.additional_flows[int(path[1])])
            continue
        if path[:2] == ("mail_flow", "relays"):
            name = str(path[2])
            yield _accepted_relay(name, topology.mail_flow.relays[name])
            continue
        field = ".".join(map(str, path))
        sources = _parts(plans, (flow.source for flow in flows))
        targets = _parts(plans, (flow.destination for flow in flows))
        ends = (labels.name(frozenset(sources)), labels.name(frozenset(targets)))
        ports = ", ".join(dict.fromkeys(str(flow.ports) for flow in flows))
        words = f"{field}: {topology.accept_risk[field]}"
        yield doc.Row((*ends, ports, words, *[_NOTHING] * 3), doc.Look.RISK)
    words = topology.accept_risk.get("private_blocks")
    public = [brief(block) for block in topology.private_blocks if public_part(block)]
    if words is not None and public:
        cells = (", ".join(public), _NOTHING, _NOTHING, f"private_blocks: {words}")
        yield doc.Row((*cells, *[_NOTHING] * 3), doc.Look.RISK)


def _parts(plans: Plans, ends: Iterable[Endpoint]) -> Iterator[str | ExternalEndpoint]:
    for end in ends:
        if isinstance(end, ExternalEndpoint):
            yield end
        else:
            yield from (member.name for member in plans.inventory.members.get(end, ()))


def _accepted_flow(flow: AdditionalFlow) -> doc.Row:
    need = None if flow.need is None else flow.need.value
    ports = ", ".join(map(str, flow.ports)) if flow.ports else f"need {need}"
    texts = (flow.reason or f"need {need}", flow.owner, flow.ticket, flow.review_by)
    return doc.Row(
        (
            ", ".join(map(_end, ends_of(flow.source))),
            ", ".join(map(_end, ends_of(flow.to))),
            ports,
            *(each or _NOTHING for each in texts),
        ),
        doc.Look.RISK,
    )


def _end(end: FlowEnd) -> str:
    return str(end) if end.range_ is None else brief(end.range_)


def _accepted_relay(name: str, relay: Relay) -> doc.Row:
    sites = "" if relay.sites is None else f" of {', '.join(relay.sites)}"
    cells = (
        ", ".join(map(brief, relay.source)),
        f"{relay.to.value}{sites}",
        f"{relay.port}/tcp",
        f"relay {name}",
    )
    return doc.Row((*cells, *[_NOTHING] * 3), doc.Look.RISK)


def _warnings(book: Book) -> doc.Section:
    rows = (
        doc.Row(
            (
                doc.Text(finding.kind.code, doc.Look.CODE),
                doc.stacked(finding.summary, doc.Text(finding.why, doc.Look.ASIDE)),
                finding.fix,
                doc.Text(finding.field, doc.Look.CODE),
            )
        )
        for finding in book.warnings
    )
    columns = ("warning", "what and why", "fix", "where")
    return doc.Section("Open warnings", _table(columns, rows, 14, 40, 30, 16), "warnings")


# ---- servers and rules ----


def _picture(book: Book) -> doc.Section:
    """The allowed traffic as a picture, before every rule in words."""
    from exchange_ports.reports.diagram import Heading, draw_picture, mermaid, svg

    picture = draw_picture(book.plans)
    # By its file's name, as `diagram` does.
    heading = Heading(PurePath(book.origin.file).stem.removeprefix("Pulumi."))
    drawn = doc.Picture(_PICTURE, svg(picture, heading), mermaid(picture, heading))
    return doc.Section("Allowed traffic", (drawn,), "picture")


def _servers(book: Book) -> doc.Section:
    versions = {each.name: each.version.full_name for each in book.plans.inventory.servers}
    rows = (
        doc.Row((server, versions[server], zone.network, zone.name, _codes(groups)))
        for zone in book.zones
        for server in zone.servers
        for groups in [book.plans.networks[zone.network].memberships.get(server, ())]
    )
    columns = ("server", "version", "network", "zone", "groups")
    table = _table(columns, rows, 16, 10, 13, 11, 50)
    return doc.Section("Servers and their groups", (doc.Paragraph(_SERVERS), *table), "servers")


def _codes(names: Iterable[str]) -> doc.Value:
    return doc.spaced(*(doc.Text(name, doc.Look.CODE) for name in names))


def _zone(zone: RulebookZone, lists: "_PageLists") -> doc.Section:
    platform = Platform(zone.platform).summary
    who = (
        f"{counted(len(zone.servers), 'server')}: {', '.join(zone.servers)}."
        if zone.servers
        else "These groups are not attached to any server."
    )
    return doc.Section(
        f"{zone.network} ({platform}), {zone.name if ' ' in zone.name else f'{zone.name} zone'}",
        (
            doc.Paragraph(who),
            *_rules(zone, "Inbound", lists, inward=True),
            *_rules(zone, "Outbound", lists, inward=False),
        ),
        f"rules-{zone.network}-{zone.name.replace(' ', '-')}",
    )


def _rules(
    zone: RulebookZone, caption: str, lists: "_PageLists", *, inward: bool
) -> list[doc.Table]:
    several = [rule for rule in zone.rules if rule.inward is inward]
    rows = [_rule(each, lists, zone.servers) for each in _with_equal_rows(several)]
    columns = ("from", "to", "ports", "why", "risk notes", "rule in the cloud")
    caption = f"{caption} ({counted(len(several), 'rule')})"
    return _table(columns, rows, 18, 18, 11, 26, 9, 18, caption=caption)


def _with_equal_rows(rules: Iterable[Rule]) -> list[list[Rule]]:
    """The rules in order; those that differ in the addresses of the other end alone are together."""
    found: dict[object, list[Rule]] = {}
    for rule in rules:
        alone = "" if rule.theirs.addresses else rule.name
        same = (rule.ours, rule.allows, rule.passes, rule.reasons, rule.description, rule.risks)
        found.setdefault((alone, *same), []).append(rule)
    return list(found.values())


def _rule(several: list[Rule], lists: "_PageLists", zone: tuple[str, ...]) -> doc.Row:
    """One row for rules that differ in the addresses of the other end alone."""
    rule = several[0]
    theirs = doc.stacked(
        *(line for each in several for line in doc.lines(_side(each.theirs, lists)))
    )
    ours = _side(rule.ours, lists)
    passes = (
        rule.passes
        if rule.allows
        else doc.stacked(doc.Text("denied", doc.Look.STRONG), rule.passes)
    )
    why = doc.stacked(*map(_reason, rule.reasons)) or doc.Text(
        rule.description or "-", doc.Look.ASIDE
    )
    look = doc.Look.RISK if rule.is_risky else doc.Look.NOTE
    return doc.Row(
        (
            *((theirs, ours) if rule.inward else (ours, theirs)),
            passes,
            why,
            doc.stacked(*(doc.Text(each, look) for each in rule.risks)),
            doc.stacked(*(doc.Text(each.name, doc.Look.CODE) for each in several)),
        ),
        doc.Look.RISK if rule.is_risky else doc.Look.PLAIN,
        _id(rule),
        tuple(map(_id, several[1:])),
        tuple(_keys(several, zone)),
    )


#: What an id keeps of a rule's name.
_SEPARATORS: Final = re.compile("[^A-Za-z0-9.]+")


def _id(rule: Rule) -> str:
    """Where a link to a rule leads, as long as the rule keeps its name in the cloud."""
    way = "in" if rule.inward else "out"
    name = _SEPARATORS.sub("-", rule.name).strip("-")
    # Two names may differ in a separator alone.
    mark = sha256(rule.name.encode()).hexdigest()[:6]
    return f"rule-{rule.network}-{rule.zone.replace(' ', '-')}-{way}-{name}-{mark}"


def _keys(several: list[Rule], zone: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """By what a reader may filter rows."""
    rule = several[0]
    servers = [name for each in several for name in (*each.ours.servers, *each.theirs.servers)]
    # A rule for everyone in a zone is one for each of its servers.
    yield "server", tuple(dict.fromkeys(servers or zone))
    yield "zone", (f"{rule.network}, {rule.zone}",)
    numbers, _, protocol = rule.passes.rpartition("/")
    ports = (
        tuple(f"{each}/{protocol}" for each in numbers.split(",")) if numbers else (rule.passes,)
    )
    yield "port", ("any",) if rule.passes == str(ANY_PORTS) else ports
    yield "reason", tuple(reason.entry or _OPERATOR for reason in rule.reasons) or (_NO_REASON,)
    yield "risk", rule.risks or (_NO_RISK,)


def _side(side: RuleSide, lists: "_PageLists") -> doc.Value:
    if side.servers:
        # A group by the cloud's name, or servers of another network by their addresses.
        look = doc.Look.PLAIN if side.addresses else doc.Look.CODE
        return doc.stacked(
            doc.Text(side.name, look), doc.Text(", ".join(side.servers), doc.Look.ASIDE)
        )
    if len(side.addresses) > _MOST_RANGES:
        return doc.stacked(side.name, lists.link(side))
    beside = [each for each in side.addresses if each.removesuffix("/32") not in side.name]
    return (
        doc.stacked(side.name, doc.Text(", ".join(beside), doc.Look.ASIDE)) if beside else side.name
    )


def _reason(reason: Reason) -> doc.Line:
    entry = reason.entry
    row = [] if entry is None else [doc.Text(f"[{entry}]", to=f"#row-{entry}")]
    marks = ", ".join(f"{name}{value}" for name, value in operator_marks(reason))
    return doc.spaced(
        reason.summary, *row, *([doc.Text(f"({marks})", doc.Look.ASIDE)] if marks else [])
    )


class _PageLists:
    """Long lists of ranges, each listed once."""

    def __init__(self) -> None:
        self._named: dict[tuple[str, ...], tuple[int, str]] = {}

    def link(self, side: RuleSide) -> doc.Text:
        """Where the ranges of an end are listed."""
        number, _ = self._named.setdefault(side.addresses, (len(self._named) + 1, side.name))
        return doc.Text(f"list {number}", to=f"#list-{number}")

    def section(self) -> doc.Section:
        """The lists."""
        rows = (
            doc.Row((f"list {number}", name, ", ".join(ranges)), id=f"list-{number}")
            for ranges, (number, name) in self._named.items()
        )
        table = _table(("list", "who that is", "ranges"), rows, 8, 20, 72)
        return doc.Section("Lists of ranges", table, "lists")


# ---- what holds it up ----


def _limits(book: Book) -> doc.Section:
    uses = [(key, use) for key in book.plans.networks for use in nearest(book.plans.uses(key))]
    rows = (
        doc.Row(
            (
                key,
                f"{use.used} of {use.limit.most} {use.limit.what}",
                doc.Text(_share(use), doc.Look.NOTE if use.is_near else doc.Look.PLAIN),
                use.where,
                f"{use.limit.cloud}, per {use.limit.per}",
                doc.stacked(
                    doc.Text(title, to=url),
                    doc.Text(f"checked {use.limit.checked}", doc.Look.ASIDE),
                ),
            )
        )
        for key, use in uses
        for title, url in [_of_cloud(use.limit.cite)]
    )
    documents = dict.fromkeys(_of_cloud(use.limit.cite) for _, use in uses)
    columns = ("network", "used", "share", "nearest to it", "counted per", "source")
    items = _items(_document(*each) for each in documents)
    table = _table(columns, rows, 10, 21, 8, 21, 20, 20)
    return doc.Section("Limits of the clouds", (doc.Paragraph(_LIMITS), *items, *table), "limits")


def _share(use: Use) -> str:
    hundredths = 100 * use.used // max(1, use.limit.most)
    return f"{hundredths} %" if hundredths else "under 1 %"


def _of_cloud(cite: str) -> tuple[str, str]:
    """Title and address of a cloud's document: `Title, host/path`."""
    title, _, where = cite.rpartition(", ")
    return title, f"https://{where}"


def _proof(book: Book) -> doc.Section:
    proof = book.proof
    result = (
        doc.Text("The proof holds.", doc.Look.GOOD)
        if proof.holds
        else doc.Text("The proof fails.", doc.Look.BAD)
    )
    covered = doc.Section(
        "Rules that others cover together",
        (doc.Paragraph("They are harmless and could be left out."), doc.Items(proof.warnings)),
        "covered",
    )
    return doc.Section(
        "The proof",
        (
            doc.Paragraph(doc.spaced(result, f"{compared(proof.figures)}.")),
            doc.Items(_LAWS if proof.holds else tuple(map(str, proof.failures))),
            *([covered] if proof.warnings else []),
            *([not_usable(proof.unusable)] if proof.unusable else []),
        ),
        "proof",
    )


def _rows(book: Book) -> doc.Section:
    used: dict[str, set[Article]] = {}
    for rule in book.rules:
        for reason in rule.reasons:
            if reason.entry:
                used.setdefault(reason.entry, set()).update(reason.articles)
    entries = [entry for entry in BY_ID.values() if entry.id in used]
    rows = (
        doc.Row(
            (
                doc.Text(entry.id, doc.Look.STRONG),
                entry.summary,
                f"{entry.source.across(used[entry.id])} to {entry.destination.across(used[entry.id])}",
                entry.when,
                entry.without,
                doc.stacked(
                    *_cited(entry, used[entry.id]),
                    doc.Text(f"checked {entry.checked}", doc.Look.ASIDE),
                ),
            ),
            id=f"row-{entry.id}",
        )
        for entry in entries
    )
    columns = ("row", "traffic", "from and to", "when", "without it", "where it is published")
    pages = dict.fromkeys(
        (entry.cite.where, article)
        for entry in entries
        for article in Article
        if article in used[entry.id]
    )
    several = len({article for _, article in pages}) > 1
    documents = _items(
        _document(f"{page.value} ({article.title})" if several else page.value, page.url(article))
        for page, article in pages
    )
    table = _table(columns, rows, 5, 20, 20, 15, 20, 20)
    return doc.Section("Published rows", (doc.Paragraph(_ROWS), *documents, *table), "rows")


def _cited(entry: CatalogEntry, used: Collection[Article]) -> Iterator[doc.Text]:
    """The row of an entry with a link for each article that it is used from."""
    for article in Article:
        if article in used:
            title = str(entry.cite) if len(used) == 1 else f"{entry.cite} ({article.title})"
            yield doc.Text(title, to=entry.cite.where.url(article))


def _document(title: str, url: str) -> doc.Line:
    """A document with its address in words, since a page on paper has no links."""
    return doc.spaced(doc.Text(title, to=url), doc.Text(url, doc.Look.ASIDE))


#: Values of keys that no rule has as a word.
_OPERATOR: Final = "operator's words"
_NO_REASON: Final = "no reason given"
_NO_RISK: Final = "no risk note"
_PICTURE: Final = (
    "Allowed traffic of this stack file, by zone. The tables below contain every rule."
)
_RULES: Final = (
    "All rules of the clouds, zone by zone. Traffic that no rule allows is blocked. Traffic between two of "
    "these servers has two rules: outbound at the source, inbound at the destination."
)
_RISKS: Final = (
    "Traffic with an end in the perimeter, from the Internet to a Mailbox server, or on ports that are "
    "sensitive there, whose risk the stack file accepts. The same rules are marked below."
)
_ACKNOWLEDGED: Final = (
    "Warnings that the stack file acknowledges. They are no longer shown elsewhere."
)
_RESIDUES: Final = "The declared Internet of these ends contains internal addresses. The proof does not fail because of this."
_SERVERS: Final = "A rule of a group applies to each of its servers."
_LIMITS: Final = "For each limit of a network, the group or server that is nearest to it. Above a limit there is no plan."
_ROWS: Final = (
    "The sources of the rules: rows of the published port tables, and the pages they refer to."
)
_LAWS: Final = (
    "Exact: for every server, direction and address, the rules allow exactly the declared traffic.",
    "Ground rules: all protocols are allowed between internal Exchange servers, and between them and their domain "
    "controllers, Lync servers and other Exchange servers.",
    "Perimeter: an Edge server has the traffic of the tables and of additional flows, and no other.",
    "Unpublished servers: no client and no inbound mail from the Internet reaches them.",
    "Every rule is needed: each matches a server, and no single other rule covers it.",
    "Neighbors are unchanged: the rules apply to the declared Exchange servers only.",
)
_NOT_CLAIMED: Final = (
    "That the account contains exactly these rules: this is the plan of the stack file, and no cloud was queried.",
    "What other filters do: network ACLs, routes, central firewalls, Azure's admin rules, host firewalls. "
    "exchange-ports handover lists what they must allow.",
    "Anything about hosts that are not declared as Exchange servers.",
)
