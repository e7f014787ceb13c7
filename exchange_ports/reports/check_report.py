"""Answers to `check`: lines for people, data for programs."""

from collections.abc import Iterator, Mapping
from typing import Final

from exchange_ports.flows import Reason
from exchange_ports.proof.answers import AnswerRow, End, EndVerdict
from exchange_ports.proof.reachability import Answer, Verdict
from exchange_ports.reports.lines import Line, Span, Style, line
from exchange_ports.reports.reasons import reason_data
from exchange_ports.topology.models import Platform

__all__ = ["answer_data", "answer_lines"]

#: More parts than this are counted: the data has all of them.
_MOST: Final = 12

_STYLES: Final = {True: Style.IN, False: Style.RISK, None: Style.WARNING}
_WORDS: Final = {
    True: "passes",
    False: "does not pass",
    None: "is not ours to decide: neither end is a server of ours",
}


def answer_lines(question: str, answers: Mapping[str, Answer]) -> list[Line]:
    """Each answer with who decided; with several, whether the clouds differ.

    `answers` are by platform, or the only one by whatever name.
    """
    if len(answers) == 1:
        return list(_of(question, *answers.values()))
    lines: list[Line] = []
    first, *others = answers.values()
    for platform, answer in answers.items():
        lines += [line(f"On {Platform(platform).summary}", Style.HEADING)]
        lines += [*_of(question, answer), line()]
    same = all(first.alike(other) for other in others)
    return [*lines, line("The same passes on both." if same else "The clouds differ.")]


def _of(question: str, answer: Answer) -> Iterator[Line]:
    if len(answer.parts) > 1:
        style = Style.WARNING if answer.verdict is Verdict.IN_PART else Style.PLAIN
        yield Span(f"{question}: "), Span(_overall(answer.verdict), style)
    for part in answer.parts[:_MOST]:
        yield from _part(part)
    if len(answer.parts) > _MOST:
        yield line(f"and {len(answer.parts) - _MOST} more parts; --json shows all")


def _overall(verdict: Verdict) -> str:
    return _WORDS[None] if verdict is Verdict.NOT_OURS else verdict.value


def _part(part: AnswerRow) -> Iterator[Line]:
    yield Span(f"{part.summary} "), Span(_WORDS[part.passes], _STYLES[part.passes])
    if part.packet != part.summary:
        yield _fact("such as", part.packet)
    if part.passes is not None:
        yield _fact("source", part.out.text)
        yield _fact("destination", part.into.text)
    for reason in part.reasons:
        yield _fact("why", _why(reason))


def _why(reason: Reason) -> str:
    ticket = f", {reason.ticket}" if reason.ticket else ""
    return f"{reason.summary}: {reason.source}{ticket}"


def _fact(name: str, summary: str) -> Line:
    return line(f"  {name:<11}  {summary}")


def answer_data(question: Mapping[str, str], answers: Mapping[str, Answer]) -> dict[str, object]:
    """The answers for JSON: keys and their order are always the same."""
    first, *others = answers.values()
    return {
        "question": dict(question),
        "verdict": first.verdict.value if all(first.alike(o) for o in others) else "differs",
        "answers": {
            platform: {
                "verdict": answer.verdict.value,
                "parts": [_part_data(part) for part in answer.parts],
            }
            for platform, answer in answers.items()
        },
    }


def _part_data(part: AnswerRow) -> dict[str, object]:
    return {
        "passes": part.passes,
        "source": _end_data(part.source),
        "destination": _end_data(part.destination),
        "services": str(part.services),
        "packet": part.packet,
        "at_source": _say_data(part.out),
        "at_destination": _say_data(part.into),
        "reasons": [reason_data(reason) for reason in part.reasons],
    }


def _end_data(end: End) -> dict[str, object]:
    addresses = str(end.addresses).split(", ") if end.addresses else []
    return {"says": end.summary, "servers": list(end.servers), "addresses": addresses}


def _say_data(say: EndVerdict) -> dict[str, object]:
    return {"passes": say.passes, "says": say.text, "rules": [rule.name for rule in say.rules]}
