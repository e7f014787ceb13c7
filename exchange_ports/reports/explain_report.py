"""Why rules are there, for people (lines) and for programs (JSON-ready data)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from exchange_ports.catalog import BY_ID
from exchange_ports.findings import Path, Place, counted
from exchange_ports.flows import Reason
from exchange_ports.proof.answers import AnswerRow
from exchange_ports.proof.explain import Explanation, PlannedRule, RuleReason
from exchange_ports.reports.lines import Line, Span, Style, line, table
from exchange_ports.reports.reasons import reason_data

__all__ = ["explained_data", "explained_lines", "unknown_data"]

#: More lines than this of one kind are counted: the data has all of them.
_MOST: Final = 12

_NOBODY: Final = "nobody has to: it holds wherever there are internal Exchange servers"
_PLATFORM: Final = "nobody: every network of this platform has it"

Locate = Callable[[Path], Place]


def explained_lines(asked: str, explained: Explanation, wide: int, locate: Locate) -> list[Line]:
    """Reasons, each with its rules and who asked for it, and what is cut without them.

    `locate` says where a field of the topology stands. `wide` rules let everything through, so what
    was asked for too.
    """
    rules, whys = explained.rules, explained.whys
    told = f"{counted(len(rules), 'rule')}, {counted(len(whys), 'reason')}"
    lines: list[Line] = [line(f"{asked}: {told}", Style.HEADING), line()]
    for why in whys:
        lines += [*_why(why, locate), line()]
    unreasoned = [rule for rule in rules if not rule.reasons]
    for summary in dict.fromkeys(rule.description for rule in unreasoned):
        those = [rule for rule in unreasoned if rule.description == summary]
        lines += [line(summary or "no reason", Style.HEADING), *_rules(those), line()]
    lines += _without(explained)
    if wide:
        lines += [
            line(),
            line(f"Besides, {counted(wide, 'rule')} of the ground rules let everything through."),
        ]
    return lines


def _why(why: RuleReason, locate: Locate) -> Iterator[Line]:
    reason = why.reason
    yield line(reason.summary, Style.RISK if reason.accepted_risk else Style.HEADING)
    if reason.entry is not None:
        cite = BY_ID[reason.entry].cite
        yield _fact("row", reason.source)
        yield _fact("", cite.where.url)
    else:
        yield _fact("row", "none: the operator's own words" if why.fields else "none")
    for index, field in enumerate(why.fields):
        yield _fact("" if index else "asked by", _where(field, locate))
    if not why.fields:
        yield _fact("asked by", _NOBODY if reason.entry else _PLATFORM)
    for name, value in _operator(reason):
        yield _fact(name, value)
    if reason.entry is not None:
        yield _fact("without it", BY_ID[reason.entry].without)
    yield from _rules(why.rules)


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


def _rules(rules: Sequence[PlannedRule]) -> list[Line]:
    rows = [
        [
            Span(rule.way, Style.IN if rule.way == "in" else Style.OUT),
            Span(rule.group or f"all of {rule.place}"),
            Span(str(rule.ports)),
            Span(rule.peer),
            Span(f"{rule.network}: {rule.name}"),
        ]
        for rule in rules[:_MOST]
    ]
    lines = table(("", "group", "ports", "peer", "rule"), rows)
    if len(rules) > _MOST:
        lines.append(line(f"  and {len(rules) - _MOST} more"))
    return lines


def _without(explained: Explanation) -> Iterator[Line]:
    several = "these rules" if len(explained.rules) > 1 else "this rule alone"
    yield line(f"Without {several}", Style.HEADING)
    for parts, summary in ((explained.cut, "is cut"), (explained.opened, "passes")):
        for part in parts[:_MOST]:
            yield Span(f"  {part.summary} "), Span(summary, Style.RISK)
        if len(parts) > _MOST:
            yield line(f"  and {len(parts) - _MOST} more")
    if not (explained.cut or explained.opened):
        covered = ", ".join(explained.covered)
        summary = f"{covered} lets it too" if covered else "nobody passes by it"
        yield line(f"  nothing is cut: {summary}")


def _fact(name: str, summary: str) -> Line:
    return line(f"  {name:<11}  {summary}")


def explained_data(
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


def unknown_data(asked: str, likely: Sequence[str], wide: int) -> dict[str, object]:
    """The answer for JSON where no rule is called so, or none names the port."""
    return {
        "asked": asked,
        "found": False,
        "likely": list(likely),
        "reasons": [],
        "rules": [],
        "without": {"cut": [], "opened": [], "covered_by": []},
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
