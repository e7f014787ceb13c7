"""Answers to `check`: lines for people, data for programs."""

from collections.abc import Iterator, Mapping
from typing import Final

from exchange_ports.flows import Reason
from exchange_ports.proof.answers import AnswerRow, End, EndVerdict
from exchange_ports.proof.reachability import Answer, Verdict
from exchange_ports.reports import document as doc
from exchange_ports.reports.reasons import reason_data
from exchange_ports.topology.models import Platform

#: More parts than this are counted: the data has all of them.
_MOST: Final = 12

_LOOKS: Final = {True: doc.Look.GOOD, False: doc.Look.RISK, None: doc.Look.NOTE}
_WORDS: Final = {
    True: "passes",
    False: "does not pass",
    None: "is not ours to decide: neither end is a server of ours",
}


def check_report(
    source: str, destination: str, question: Mapping[str, str], answers: Mapping[str, Answer]
) -> doc.Document:
    """Each answer with who decided; with several, whether the clouds differ.

    `source` and `destination` are the ends in words, `question` is what was asked as it was written.
    `answers` are by platform, or the only one by whatever name.
    """
    asked = f"{source} -> {destination} {question['ports']}"
    return doc.Document(
        lambda: _sections(asked, answers), data=lambda: _answer_data(question, answers)
    )


def _sections(question: str, answers: Mapping[str, Answer]) -> Iterator[doc.Section]:
    if len(answers) == 1:
        yield doc.Section("", [*_of(question, *answers.values())])
        return
    first, *others = answers.values()
    for platform, answer in answers.items():
        yield doc.Section(f"On {Platform(platform).summary}", [*_of(question, answer)])
    same = all(first.alike(other) for other in others)
    yield doc.Section(
        "", (doc.Paragraph("The same passes on both." if same else "The clouds differ."),)
    )


def _of(question: str, answer: Answer) -> Iterator[doc.Block]:
    if len(answer.parts) > 1:
        look = doc.Look.NOTE if answer.verdict is Verdict.IN_PART else doc.Look.PLAIN
        yield doc.Paragraph((doc.Text(f"{question}: "), doc.Text(_overall(answer.verdict), look)))
    for part in answer.parts[:_MOST]:
        yield doc.Paragraph(
            (doc.Text(f"{part.summary} "), doc.Text(_WORDS[part.passes], _LOOKS[part.passes]))
        )
        yield doc.Facts(_part(part))
    if len(answer.parts) > _MOST:
        yield doc.Paragraph(f"and {len(answer.parts) - _MOST} more parts; --json shows all")


def _overall(verdict: Verdict) -> str:
    return _WORDS[None] if verdict is Verdict.NOT_OURS else verdict.value


def _part(part: AnswerRow) -> Iterator[tuple[str, str]]:
    if part.packet != part.summary:
        yield "such as", part.packet
    if part.passes is not None:
        yield "source", part.out.text
        yield "destination", part.into.text
    for reason in part.reasons:
        yield "why", _why(reason)


def _why(reason: Reason) -> str:
    ticket = f", {reason.ticket}" if reason.ticket else ""
    return f"{reason.summary}: {reason.source}{ticket}"


def _answer_data(question: Mapping[str, str], answers: Mapping[str, Answer]) -> dict[str, object]:
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
