"""The report of `audit`: what runs otherwise than declared, the worst first, with what restores it."""

from collections.abc import Iterable, Iterator
from typing import Final

from exchange_ports.audit.baseline import Accepted, Baseline
from exchange_ports.audit.compare import (
    Audit,
    Change,
    DeviationEffect,
    NetworkAudit,
    Peer,
    TrafficLine,
)
from exchange_ports.clouds.running import Deviation, DeviationKind
from exchange_ports.findings import counted
from exchange_ports.flows.labels import few
from exchange_ports.proof.answers import DIRECTIONS
from exchange_ports.reports import document as doc
from exchange_ports.reports.reasons import reason_data, why

_TITLE: Final = "Audit of what runs"
_CHANGES: Final = {
    Change.TOO_OPEN: ("Too open", "allowed and not declared"),
    Change.MISSING: ("Missing", "required and blocked"),
}
#: What each kind of deviation is called.
KINDS: Final = {
    DeviationKind.SERVER_NOT_FOUND: "server not found",
    DeviationKind.GROUP_MISSING: "group missing",
    DeviationKind.NOT_ATTACHED: "not attached",
    DeviationKind.ATTACHED_BESIDE: "attached beside",
    DeviationKind.RULE_ADDED: "rule added",
    DeviationKind.RULE_CHANGED: "rule changed",
    DeviationKind.RULE_MISSING: "rule missing",
    DeviationKind.LIST_CHANGED: "prefix list changed",
    DeviationKind.NOT_EVALUATED: "not evaluated",
    DeviationKind.NOTE: "note",
}


def audit_report(found: Audit, baseline: Baseline) -> doc.Document:
    """Each network: too open, missing, and the groups, rules and attachments that differ."""
    return doc.Document(
        lambda: _sections(found, baseline),
        title=_TITLE,
        titled=False,
        data=lambda: audit_data(found, baseline),
    )


def _sections(found: Audit, baseline: Baseline) -> Iterator[doc.Section]:
    accepted = baseline.accepted
    open_ = sum(key not in accepted for key in baseline.differences)
    if found.equal:
        heading = doc.Text("What runs is what is declared", doc.Look.GOOD)
    elif baseline.holds and not found.not_checked:
        heading = doc.Text("What runs is what is declared and accepted", doc.Look.GOOD)
    else:
        text = f"What runs is not what is declared: {counted(open_, 'difference')}"
        heading = doc.Text(text, doc.Look.BAD)
    yield doc.Section(heading)
    for network in found.networks:
        yield from _network(network, accepted)
    for key in found.not_checked:
        text = f"{key}: not compared, because no output of its cloud is given"
        yield doc.Section("", (doc.Paragraph(doc.Text(text, doc.Look.RISK)),))
    if accepted:
        items = [
            f"{key}: {each.reason} ({each.owner}, review by {each.review_by})"
            for key, each in sorted(accepted.items())
        ]
        yield doc.Section("", (doc.Items(items, doc.Text("Accepted", doc.Look.NOTE)),))
    if baseline.unused:
        unused = [each.key for each in baseline.unused]
        heading = doc.Text("Accepted and no longer found: remove these entries", doc.Look.RISK)
        yield doc.Section("", (doc.Items(unused, heading),))
    if baseline.overdue:
        overdue = [f"{each.key}: {each.review_by}" for each in baseline.overdue]
        heading = doc.Text("Accepted, and the review is overdue", doc.Look.RISK)
        yield doc.Section("", (doc.Items(overdue, heading),))


def _network(found: NetworkAudit, accepted: Iterable[str]) -> Iterator[doc.Section]:
    shown = set(accepted)
    blocks: list[doc.Block] = []
    for change, (heading, what) in _CHANGES.items():
        lines = [
            each
            for each in found.lines
            if each.change is change and line_key(found, each) not in shown
        ]
        if lines:
            blocks.append(doc.Paragraph(doc.Text(f"{heading}: {what}", doc.Look.RISK), indent=2))
            for each in lines:
                blocks += _line(each)
    causes = [each for each in found.deviations if deviation_key(found, each) not in shown]
    if causes:
        heading = doc.Text("Groups, rules and attachments that differ", doc.Look.RISK)
        blocks.append(doc.Paragraph(heading, indent=2))
        for each in causes:
            blocks += _deviation(each)
    if found.notes:
        notes = [f"{each.where}: {each.summary}" for each in found.notes]
        blocks.append(doc.Items(map(_shown, notes), doc.Text("Also seen", doc.Look.NOTE), indent=4))
    matched = [
        f"{each.server}: {each.interface.id.rpartition('/')[2]} by {each.how}"
        for each in found.matches
    ]
    blocks.append(
        doc.Items(map(_shown, matched), doc.Text("Interfaces of servers", doc.Look.ASIDE), indent=4)
    )
    yield doc.Section(f"{found.network}: {counted(len(found.matches), 'interface')}", blocks)


def _line(each: TrafficLine) -> Iterator[doc.Block]:
    ends = f"{few(each.servers)} {DIRECTIONS[each.way]}: {each.text}"
    worst = f"{each.peer}: " if each.peer is not Peer.OTHER else ""
    yield doc.Paragraph(_shown(worst + ends), indent=4, hang=6)
    decided = ", ".join(each.rules) or "no rule"
    yield doc.Paragraph(_shown(f"for example {each.packet}, by {decided}"), indent=6, hang=8)
    if each.reasons:
        yield doc.Paragraph(_shown(f"required: {why(each.reasons)}"), indent=6, hang=8)
    for cause in doc.shortened([_named(cause) for cause in each.causes], _MOST_CAUSES):
        yield doc.Paragraph(_shown(f"cause: {cause}"), indent=6, hang=8)


def _named(found: Deviation) -> str:
    rule = f": {found.rule}" if found.rule else ""
    return f"{KINDS[found.kind]}: {found.where}{rule}"


def _deviation(each: DeviationEffect) -> Iterator[doc.Block]:
    found = each.deviation
    rule = f"{found.rule}: " if found.rule else ""
    text = f"{KINDS[found.kind]}: {found.where}: {rule}{found.summary}; {each.effect}"
    yield doc.Paragraph(_shown(text), indent=4, hang=6)
    if found.fix:
        yield _fix(found.fix)


def _fix(fix: str) -> doc.Paragraph:
    return doc.Paragraph(doc.Text(_shown(f"fix: {fix}"), doc.Look.ASIDE), indent=6, hang=8)


#: More causes of one line are among the differences below.
_MOST_CAUSES: Final = 3


def _shown(text: str) -> str:
    """Text from clouds, without control characters. Ids are not shortened: they are to be copied."""
    return "".join(char if char.isprintable() else "?" for char in text)


# ---- names of differences, for a baseline and for programs ----


def line_key(network: NetworkAudit, each: TrafficLine) -> str:
    """What a line is known by from one audit to the next."""
    servers = ",".join(each.servers)
    return f"{network.network}/{each.change}/{servers}/{each.way}/{each.peer}: {each.text}"


def deviation_key(network: NetworkAudit, each: DeviationEffect) -> str:
    """What a difference of groups, rules or attachments is known by from one audit to the next."""
    return deviation_name(network, each.deviation)


def deviation_name(network: NetworkAudit, found: Deviation) -> str:
    """The same of a difference before it is known what it changes."""
    return f"{network.network}/{found.kind}/{found.where}: {found.rule or found.summary}"


def keys(found: Audit) -> tuple[str, ...]:
    """The names of all differences, in the order of the report."""
    several: list[str] = []
    for network in found.networks:
        several += [line_key(network, each) for each in network.lines]
        several += [deviation_key(network, each) for each in network.deviations]
    return tuple(several)


def audit_data(found: Audit, baseline: Baseline) -> dict[str, object]:
    """The same for programs: keys and their order are always the same."""
    return {
        "equal": found.equal,
        "accepted": baseline.holds and not found.not_checked,
        "networks": {each.network: _data(each, baseline.accepted) for each in found.networks},
        "not_checked": list(found.not_checked),
        "unused_baseline": [each.key for each in baseline.unused],
        "overdue_baseline": [each.key for each in baseline.overdue],
    }


def _data(found: NetworkAudit, accepted: dict[str, Accepted]) -> dict[str, object]:
    return {
        "servers": [
            {"server": each.server, "interface": each.interface.id, "matched_by": each.how}
            for each in found.matches
        ],
        "traffic": [
            {
                "key": (key := line_key(found, each)),
                "accepted": key in accepted,
                "change": each.change.value,
                "peer": each.peer.value,
                "servers": list(each.servers),
                "direction": each.way,
                "traffic": each.text,
                "packet": each.packet,
                "rules": list(each.rules),
                "reasons": [reason_data(reason) for reason in each.reasons],
                "causes": [deviation_name(found, cause) for cause in each.causes],
                "fixes": list(dict.fromkeys(cause.fix for cause in each.causes if cause.fix)),
            }
            for each in found.lines
        ],
        "differences": [
            {
                "key": (key := deviation_key(found, each)),
                "accepted": key in accepted,
                "kind": each.deviation.kind.value,
                "where": each.deviation.where,
                "rule": each.deviation.rule,
                "summary": each.deviation.summary,
                "servers": list(each.deviation.servers),
                "opens": each.opens,
                "blocks": each.blocks,
                "effect": each.effect,
                "fix": each.deviation.fix,
                "reasons": [reason_data(reason) for reason in each.deviation.reasons],
            }
            for each in found.deviations
        ],
        "notes": [{"where": each.where, "summary": each.summary} for each in found.notes],
    }
