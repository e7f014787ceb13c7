"""Why rules are there, for people (lines) and for programs (JSON-ready data)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from exchange_ports.catalog import BY_ID
from exchange_ports.findings import Path, Place, counted, printable
from exchange_ports.flows import Reason
from exchange_ports.proof.answers import AnswerRow
from exchange_ports.proof.explain import Explanation, PlannedRule, RuleReason
from exchange_ports.reports import document as doc
from exchange_ports.reports.reasons import reason_data

#: More lines than this of one kind are counted: the data has all of them.
_MOST: Final = 12

_NOBODY: Final = "nobody has to: it holds wherever there are internal Exchange servers"
_PLATFORM: Final = "nobody: every network of this platform has it"

Locate = Callable[[Path], Place]


def explain_report(asked: str, explained: Explanation, wide: int, locate: Locate) -> doc.Document:
    """Reasons, each with its rules and who asked for it, and what is cut without them.

    `locate` says where a field of the topology stands. `wide` rules let everything through, so what
    was asked for too.
    """
    return doc.Document(
        lambda: _sections(printable(asked), explained, wide, locate),
        data=lambda: _explained_data(asked, explained, wide, locate),
    )


def unknown_report(
    asked: str, summary: Iterable[str], likely: Sequence[str], wide: int
) -> doc.Document:
    """The answer where no rule is called so, or none names the port: in words, and what is likely."""
    return doc.Document(
        (doc.Section("", [doc.Paragraph(each) for each in summary]),),
        data=lambda: {
            "asked": asked,
            "found": False,
            "likely": list(likely),
            "reasons": [],
            "rules": [],
            "without": {"cut": [], "opened": [], "covered_by": []},
            "rules_that_let_everything": wide,
        },
    )


def _sections(
    asked: str, explained: Explanation, wide: int, locate: Locate
) -> Iterator[doc.Section]:
    rules, whys = explained.rules, explained.whys
    yield doc.Section(f"{asked}: {counted(len(rules), 'rule')}, {counted(len(whys), 'reason')}")
    for why in whys:
        look = doc.Look.RISK if why.reason.accepted_risk else doc.Look.STRONG
        heading = doc.Text(why.reason.summary, look)
        yield doc.Section(heading, (doc.Facts(_why(why, locate)), *_rules(why.rules)))
    unreasoned = [rule for rule in rules if not rule.reasons]
    for summary in dict.fromkeys(rule.description for rule in unreasoned):
        those = [rule for rule in unreasoned if rule.description == summary]
        yield doc.Section(summary or "no reason", _rules(those))
    yield _without(explained)
    if wide:
        besides = f"Besides, {counted(wide, 'rule')} of the ground rules let everything through."
        yield doc.Section("", (doc.Paragraph(besides),))


def _why(why: RuleReason, locate: Locate) -> Iterator[tuple[str, str]]:
    reason = why.reason
    if reason.entry is not None:
        yield "row", reason.source
        yield "", BY_ID[reason.entry].cite.where.url
    else:
        yield "row", "none: the operator's own words" if why.fields else "none"
    for index, field in enumerate(why.fields):
        yield "" if index else "asked by", _where(field, locate)
    if not why.fields:
        yield "asked by", _NOBODY if reason.entry else _PLATFORM
    yield from _operator(reason)
    if reason.entry is not None:
        yield "without it", BY_ID[reason.entry].without


def _operator(reason: Reason) -> Iterator[tuple[str, str]]:
    if reason.accepted_risk:
        yield "risk", "accepted"
    for name in ("owner", "ticket", "review"):
        value: str | None = getattr(reason, name)
        if value is not None:
            yield name, value


def _where(field: Path, locate: Locate) -> str:
    place = str(locate(("topology", *field)))
    return f"{place}  {_dotted(field)}".strip()


def _dotted(field: Path) -> str:
    words = "topology"
    for step in field:
        words += f"[{step}]" if isinstance(step, int) else f".{step}"
    return words


def _rules(rules: Sequence[PlannedRule]) -> list[doc.Block]:
    rows = tuple(
        doc.Row(
            (
                doc.direction(rule.way),
                rule.group or f"all of {rule.place}",
                str(rule.ports),
                rule.peer,
                f"{rule.network}: {rule.name}",
            )
        )
        for rule in rules[:_MOST]
    )
    more = [doc.Items([f"and {len(rules) - _MOST} more"])] if len(rules) > _MOST else []
    return [doc.Table(("", "group", "ports", "peer", "rule"), rows), *more]


def _without(explained: Explanation) -> doc.Section:
    several = "these rules" if len(explained.rules) > 1 else "this rule alone"
    lines: list[doc.Line] = []
    for parts, summary in ((explained.cut, "is cut"), (explained.opened, "passes")):
        told = [(doc.Text(f"{part.summary} "), doc.Text(summary, doc.Look.RISK)) for part in parts]
        lines += doc.shortened(told, _MOST)
    if not lines:
        covered = ", ".join(explained.covered)
        summary = f"{covered} lets it too" if covered else "nobody passes by it"
        lines = [f"nothing is cut: {summary}"]
    return doc.Section(f"Without {several}", (doc.Items(lines),))


def _explained_data(
    asked: str, explained: Explanation, wide: int, locate: Locate
) -> dict[str, object]:
    """The explanation for JSON: keys and their order are always the same."""
    return {
        "asked": asked,
        "found": True,
        "likely": [],
        "reasons": [_why_data(why, locate) for why in explained.whys],
        "rules": [_rule_data(rule) for rule in explained.rules],
        "without": {
            "cut": [_part_data(part) for part in explained.cut],
            "opened": [_part_data(part) for part in explained.opened],
            "covered_by": list(explained.covered),
        },
        "rules_that_let_everything": wide,
    }


def _why_data(why: RuleReason, locate: Locate) -> dict[str, object]:
    entry = why.reason.entry
    places = [(field, locate(("topology", *field))) for field in why.fields]
    return {
        **reason_data(why.reason),
        "without": None if entry is None else BY_ID[entry].without,
        "asked_by": [
            {"field": _dotted(field), "file": place.file, "line": place.line}
            for field, place in places
        ],
        "rules": [{"network": rule.network, "name": rule.name} for rule in why.rules],
    }


def _rule_data(rule: PlannedRule) -> dict[str, object]:
    return {
        "network": rule.network,
        "zone": rule.place or None,
        "name": rule.name,
        "group": rule.group,
        "direction": rule.way,
        "ports": str(rule.ports),
        "peer": rule.peer,
        "allows": rule.allows,
        "description": rule.description,
    }


def _part_data(part: AnswerRow) -> dict[str, object]:
    return {
        "source": str(part.source),
        "destination": str(part.destination),
        "services": str(part.services),
        "packet": part.packet,
    }
