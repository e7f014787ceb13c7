"""The answers of `prove`, `check` and `explain`, for people and for programs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from exchange_ports.catalog import BY_ID, SMTP_PORT
from exchange_ports.findings import Finding, Path, Place, counted, printable
from exchange_ports.flows import Reason
from exchange_ports.proof import Failure, Figures, Proof
from exchange_ports.proof.answers import AnswerRow, End, EndVerdict
from exchange_ports.proof.cloud_blocks import PORT_25_BLOCKED, CloudBlock
from exchange_ports.proof.cross_cloud import Swap
from exchange_ports.proof.explain import Explanation, PlannedRule, RuleReason
from exchange_ports.proof.reachability import Answer, Verdict
from exchange_ports.reports import document as doc
from exchange_ports.reports.reasons import not_usable, reason_data, source_of
from exchange_ports.topology.checks.additional import Reviews
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.ports import tcp

#: More failures than this are counted: the first ones of each law show what is wrong.
_MOST: Final = 12

_PROVED: Final = (
    "permitted = required: for every server, direction and address, exactly the required traffic",
    "ground rules: all protocols are allowed between internal servers",
    "unpublished servers: no client and no inbound mail from the Internet reaches them",
    "perimeter: an Edge server has only the traffic of the tables and of additional flows",
    "rules: each rule matches traffic, and no single other rule covers it",
)


def proof_report(
    proof: Proof,
    swaps: Iterable[Swap] = (),
    reviews: Reviews | None = None,
    passed: Iterable[Finding] = (),
    aged: Iterable[Finding] = (),
) -> doc.Document:
    """What was proved, in figures, or what fails, and how the other cloud and the reviews compare.

    `passed` are the findings of `reviews` at their lines, `aged` the warnings of that day.
    """
    return doc.Document(
        lambda: _sections(proof, swaps, reviews),
        data=lambda: proof_data(proof, swaps, reviews, passed, aged),
    )


def compared(figures: Figures) -> str:
    """How much was compared."""
    return (
        f"{counted(figures.servers, 'server')}, {counted(figures.directions, 'direction')}, "
        f"{counted(figures.rules, 'rule')}, {counted(figures.flows, 'flow')}, "
        f"{counted(figures.boxes, 'range')} of traffic compared"
    )


def _sections(
    proof: Proof, swaps: Iterable[Swap], reviews: Reviews | None
) -> Iterator[doc.Section]:
    yield from _proved(proof) if proof.holds else [_failed(proof)]
    if proof.unusable:
        yield not_usable(proof.unusable)
    blocks = [block for swap in swaps for block in _swap(swap)]
    if blocks:
        yield doc.Section("", blocks)
    if reviews is not None:
        yield _reviewed(reviews)


def _proved(proof: Proof) -> Iterator[doc.Section]:
    heading = doc.Text("Proved: the rules allow exactly the required traffic")
    if proof.unusable:
        cannot = counted(len(proof.unusable), "finding")
        summary = f"Not proved for all flows: {cannot} about flows that cannot work as declared"
        heading = doc.Text(summary, doc.Look.RISK)
    yield doc.Section(heading, (doc.Items((compared(proof.figures), *_PROVED)),))
    for heading, named in (
        ("Allowed because an end contains internal addresses", proof.notes),
        ("Rules that others cover together", doc.shortened(proof.warnings, _MOST)),
    ):
        if named:
            yield doc.Section(
                heading, (doc.Items([doc.Text(each, doc.Look.NOTE) for each in named]),)
            )


def _failed(proof: Proof) -> doc.Section:
    by_law: dict[str, list[str]] = {}
    for failure in proof.failures:
        by_law.setdefault(failure.law, []).append(str(failure))
    heading = f"Not proved: {counted(len(proof.failures), 'failure')}"
    laws = [
        doc.Items(doc.shortened(failures, _MOST), doc.Text(law, doc.Look.STRONG), indent=4)
        for law, failures in by_law.items()
    ]
    return doc.Section(doc.Text(heading, doc.Look.BAD), laws)


def _swap(swap: Swap) -> Iterator[doc.Block]:
    """The comparison with the other cloud: equal, or the differences."""
    cloud = swap.platform.summary
    if swap.refused:
        heading = doc.Text(
            f"Not compared with {cloud}: the topology has no plan there", doc.Look.STRONG
        )
        yield doc.Items(map(str, swap.refused), heading)
        return
    if swap.holds:
        heading = f"{cloud} allows the same: {counted(swap.servers, 'server')}, both directions"
        but = "except platform addresses: the probes of Azure's load balancers"
        yield doc.Items((but,), doc.Text(heading, doc.Look.STRONG))
    else:
        heading = doc.Text(f"{cloud} does not allow the same", doc.Look.BAD)
        yield doc.Items(doc.shortened([*map(str, swap.failures)], _MOST), heading)
    if swap.over:
        heading = f"{counted(len(swap.over), 'limit')} of {cloud} would be exceeded there:"
        over = [doc.Text(finding.summary, doc.Look.NOTE) for finding in swap.over]
        yield doc.Items(over, doc.Text(heading, doc.Look.NOTE), indent=4)


def _reviewed(reviews: Reviews) -> doc.Section:
    """How many additional flows are reviewed in time; the findings list the others."""
    late = f"Overdue on {reviews.as_of}: {counted(len(reviews.passed), 'review')}"
    summary = f"No review is overdue on {reviews.as_of}," if reviews.in_time else late
    heading = f"{summary} of {counted(reviews.dated, 'additional flow')} with a review date"
    undated = f"{counted(reviews.undated, 'accepted risk')} without a review date"
    return doc.Section(
        doc.Text(heading, doc.Look.STRONG if reviews.in_time else doc.Look.BAD),
        (doc.Items([doc.Text(undated, doc.Look.NOTE)]),) if reviews.undated else (),
    )


def proof_data(
    proof: Proof,
    swaps: Iterable[Swap] = (),
    reviews: Reviews | None = None,
    passed: Iterable[Finding] = (),
    aged: Iterable[Finding] = (),
) -> dict[str, object]:
    """The proof for JSON: keys and their order are always the same.

    `passed` are the reviews that are late on the day, `aged` the warnings of that day.
    """
    figures = proof.figures
    return {
        "proved": proof.complete,
        "figures": {
            "servers": figures.servers,
            "directions": figures.directions,
            "rules": figures.rules,
            "flows": figures.flows,
            "traffic_ranges": figures.boxes,
        },
        "failures": _failures(proof.failures),
        "not_usable": [finding.as_data() for finding in proof.unusable],
        "notes": list(proof.notes),
        "covered_together": list(proof.warnings),
        "other_clouds": [
            {
                "platform": swap.platform.value,
                "same": None if swap.refused else swap.holds,
                "servers": swap.servers,
                "failures": _failures(swap.failures),
                "over_limit": [finding.as_data() for finding in swap.over],
                "refused": [finding.as_data() for finding in swap.refused],
            }
            for swap in swaps
        ],
        "reviews": None
        if reviews is None
        else {
            "as_of": str(reviews.as_of),
            "in_time": reviews.in_time,
            "dated": reviews.dated,
            "undated_risks": reviews.undated,
            "overdue": [finding.as_data() for finding in passed],
            "warnings": [finding.as_data() for finding in aged],
        },
    }


def _failures(failures: Iterable[Failure]) -> list[dict[str, str]]:
    return [
        {"invariant": each.law, "counterexample": each.counterexample, "summary": each.summary}
        for each in failures
    ]


#: More parts than this are counted: the data has all of them.
_MOST_ANSWERS: Final = 12

_LOOKS: Final = {True: doc.Look.GOOD, False: doc.Look.BAD, None: doc.Look.NOTE}
_WORDS: Final = {
    True: "allowed",
    False: "blocked",
    None: "not filtered by this stack, because neither end is a managed server",
}


def check_report(
    source: str, destination: str, question: Mapping[str, str], answers: Mapping[str, Answer]
) -> doc.Document:
    """Each answer with the deciding rules; with several, whether the clouds differ.

    `source` and `destination` are the names of the ends, `question` is the question as it was written.
    `answers` are by platform; a single one may have any key.
    """
    asked = f"{source} -> {destination} {question['ports']}"
    return doc.Document(
        lambda: _check_sections(asked, answers), data=lambda: _answer_data(question, answers)
    )


def _check_sections(question: str, answers: Mapping[str, Answer]) -> Iterator[doc.Section]:
    if len(answers) == 1:
        yield doc.Section("", [*_of(question, *answers.values())])
        return
    first, *others = answers.values()
    for platform, answer in answers.items():
        yield doc.Section(f"On {Platform(platform).summary}", [*_of(question, answer)])
    same = all(first.alike(other) for other in others)
    yield doc.Section(
        "", (doc.Paragraph("Both clouds allow the same." if same else "The clouds differ."),)
    )


def _of(question: str, answer: Answer) -> Iterator[doc.Block]:
    if len(answer.parts) > 1:
        look = doc.Look.NOTE if answer.verdict is Verdict.IN_PART else doc.Look.PLAIN
        yield doc.Paragraph((doc.Text(f"{question}: "), doc.Text(_OVERALL[answer.verdict], look)))
    for part in answer.parts[:_MOST_ANSWERS]:
        yield doc.Paragraph(
            (doc.Text(f"{part.summary}: "), doc.Text(_WORDS[part.passes], _LOOKS[part.passes]))
        )
        yield doc.Facts(_part(part))
    if len(answer.parts) > _MOST_ANSWERS:
        yield doc.Paragraph(f"and {len(answer.parts) - _MOST_ANSWERS} more rows; --json shows all")


_OVERALL: Final = {
    Verdict.PASSES: _WORDS[True],
    Verdict.IN_PART: "allowed in part",
    Verdict.STOPPED: _WORDS[False],
    Verdict.NOT_OURS: _WORDS[None],
}


def _part(part: AnswerRow) -> Iterator[tuple[str, str]]:
    if part.packet != part.summary:
        yield "such as", part.packet
    if part.passes is not None:
        yield "source", part.out.text
        yield "destination", part.into.text
    for block in part.cloud_blocks:
        yield "cloud", f"{_cloud_block(block)} ({PORT_25_BLOCKED})"
    for reason in part.reasons:
        yield "why", _why(reason)


def _cloud_block(block: CloudBlock) -> str:
    port = str(tcp(SMTP_PORT))
    if block.acknowledged:
        cloud = block.platform.summary
        return f"{cloud} blocks {port} by default; acknowledged: {block.acknowledged}"
    return f"{port}: {block.why}"


def _why(reason: Reason) -> str:
    ticket = f", {reason.ticket}" if reason.ticket else ""
    return f"{reason.summary}: {source_of(reason)}{ticket}"


def _answer_data(question: Mapping[str, str], answers: Mapping[str, Answer]) -> dict[str, object]:
    """The answers for JSON: keys and their order are always the same."""
    first, *others = answers.values()
    return {
        "question": dict(question),
        "verdict": first.verdict.value if all(first.alike(o) for o in others) else "differs",
        "answers": {
            platform: {
                "verdict": answer.verdict.value,
                "rows": [_part_data(part) for part in answer.parts],
            }
            for platform, answer in answers.items()
        },
    }


def _part_data(part: AnswerRow) -> dict[str, object]:
    return {
        "allowed": part.passes,
        "source": _end_data(part.source),
        "destination": _end_data(part.destination),
        "ports": str(part.services),
        "packet": part.packet,
        "at_source": _verdict_data(part.out),
        "at_destination": _verdict_data(part.into),
        "blocked_by_cloud": [
            {
                "platform": block.platform.value,
                "code": PORT_25_BLOCKED,
                "why": block.why,
                "acknowledged": block.acknowledged or None,
            }
            for block in part.cloud_blocks
        ],
        "reasons": [reason_data(reason) for reason in part.reasons],
    }


def _end_data(end: End) -> dict[str, object]:
    addresses = str(end.addresses).split(", ") if end.addresses else []
    return {"name": end.summary, "servers": list(end.servers), "addresses": addresses}


def _verdict_data(end: EndVerdict) -> dict[str, object]:
    return {"allowed": end.passes, "summary": end.text, "rules": [rule.name for rule in end.rules]}


#: More lines than this of one kind are counted: the data has all of them.
_MOST_CHANGES: Final = 12

_GROUND_RULES: Final = "no field: the row applies wherever there are internal Exchange servers"
_PLATFORM: Final = "no field: every network of this platform has the rule"

Locate = Callable[[Path], Place]


def wide_rules(rules: int) -> str:
    """`10 rules of the ground rules allow`, for a sentence."""
    return f"{counted(rules, 'rule')} of the ground rules {'allows' if rules == 1 else 'allow'}"


def explain_report(asked: str, explained: Explanation, wide: int, locate: Locate) -> doc.Document:
    """Reasons, each with its rules and the fields that declare it, and what is blocked without them.

    `locate` returns the place of a field in the stack file. `wide` is the number of rules that allow all
    protocols, and so the traffic of the question too.
    """
    return doc.Document(
        lambda: _explained_sections(printable(asked), explained, wide, locate),
        data=lambda: _explained_data(asked, explained, wide, locate),
    )


def unknown_report(
    asked: str, summary: Iterable[str], likely: Sequence[str], wide: int
) -> doc.Document:
    """The answer if no rule has the name or names the port, with similar names."""
    nothing: dict[str, list[object]] = {"blocked": [], "allowed": [], "covered_by": []}
    return doc.Document(
        (doc.Section("", [doc.Paragraph(each) for each in summary]),),
        data=lambda: {
            "query": asked,
            "found": False,
            "likely": list(likely),
            "reasons": [],
            "rules": [],
            "if_removed": nothing,
            "rules_for_all_protocols": wide,
        },
    )


def _explained_sections(
    asked: str, explained: Explanation, wide: int, locate: Locate
) -> Iterator[doc.Section]:
    rules, whys = explained.rules, explained.whys
    yield doc.Section(f"{asked}: {counted(len(rules), 'rule')}, {counted(len(whys), 'reason')}")
    for why in whys:
        look = doc.Look.RISK if why.reason.accepted_risk else doc.Look.STRONG
        heading = doc.Text(why.reason.summary, look)
        yield doc.Section(heading, (doc.Facts(_explained_why(why, locate)), *_rules(why.rules)))
    unreasoned = [rule for rule in rules if not rule.reasons]
    for summary in dict.fromkeys(rule.description for rule in unreasoned):
        those = [rule for rule in unreasoned if rule.description == summary]
        yield doc.Section(summary or "no reason", _rules(those))
    yield _without(explained)
    if wide:
        besides = f"In addition, {wide_rules(wide)} all protocols."
        yield doc.Section("", (doc.Paragraph(besides),))


def _explained_why(why: RuleReason, locate: Locate) -> Iterator[tuple[str, str]]:
    reason = why.reason
    if reason.entry is not None:
        yield "row", source_of(reason)
        for url in reason.urls:
            yield "", url
    else:
        yield "row", "none: the operator's own words" if why.fields else "none"
    for index, field in enumerate(why.fields):
        yield "" if index else "declared at", _where(field, locate)
    if not why.fields:
        yield "declared at", _GROUND_RULES if reason.entry else _PLATFORM
    yield from _operator(reason)
    if reason.entry is not None:
        yield "without it", BY_ID[reason.entry].without


def _operator(reason: Reason) -> Iterator[tuple[str, str]]:
    if reason.accepted_risk:
        yield "risk", "accepted"
    for name in ("owner", "ticket", "review_by"):
        value: str | None = getattr(reason, name)
        if value is not None:
            yield name.replace("_", " "), value


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
                rule.way,
                rule.group or f"all of {rule.place}",
                str(rule.ports),
                rule.peer,
                f"{rule.network}: {rule.name}",
            )
        )
        for rule in rules[:_MOST_CHANGES]
    )
    more = (
        [doc.Items([f"and {len(rules) - _MOST_CHANGES} more"])]
        if len(rules) > _MOST_CHANGES
        else []
    )
    return [doc.Table(("", "group", "ports", "peer", "rule"), rows), *more]


def _without(explained: Explanation) -> doc.Section:
    several = "these rules" if len(explained.rules) > 1 else "this rule alone"
    lines: list[doc.Line] = []
    for parts, summary in ((explained.cut, "blocked"), (explained.opened, "allowed")):
        rows = [(doc.Text(f"{part.summary}: "), doc.Text(summary, doc.Look.BAD)) for part in parts]
        lines += doc.shortened(rows, _MOST_CHANGES)
    if not lines:
        covered = ", ".join(explained.covered)
        summary = f"{covered} covers it" if covered else "no traffic depends on it"
        lines = [f"nothing is blocked: {summary}"]
    return doc.Section(f"Without {several}", (doc.Items(lines),))


def _explained_data(
    asked: str, explained: Explanation, wide: int, locate: Locate
) -> dict[str, object]:
    """The explanation for JSON: keys and their order are always the same."""
    return {
        "query": asked,
        "found": True,
        "likely": [],
        "reasons": [_why_data(why, locate) for why in explained.whys],
        "rules": [_rule_data(rule) for rule in explained.rules],
        "if_removed": {
            "blocked": [_explained_part_data(part) for part in explained.cut],
            "allowed": [_explained_part_data(part) for part in explained.opened],
            "covered_by": list(explained.covered),
        },
        "rules_for_all_protocols": wide,
    }


def _why_data(why: RuleReason, locate: Locate) -> dict[str, object]:
    entry = why.reason.entry
    places = [(field, locate(("topology", *field))) for field in why.fields]
    return {
        **reason_data(why.reason),
        "effect_if_removed": None if entry is None else BY_ID[entry].without,
        "declared_at": [
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


def _explained_part_data(part: AnswerRow) -> dict[str, object]:
    return {
        "source": str(part.source),
        "destination": str(part.destination),
        "ports": str(part.services),
        "packet": part.packet,
    }
