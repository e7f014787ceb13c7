"""`diff`: what traffic an edit of stack files opens and cuts, and why."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from exchange_ports.cli.changed_code import changed_code
from exchange_ports.cli.console import BAD_INPUT, FINE, NO, failed, say
from exchange_ports.cli.sides import NamedSide, Sides, sides, target_of
from exchange_ports.cli.stacks import compiled_steps, file_of
from exchange_ports.differences import Change, Gate, held_by
from exchange_ports.findings import Finding, Place, Refused, counted, in_order
from exchange_ports.findings.command_kinds import CANNOT_WRITE, NOTHING_TO_COMPARE
from exchange_ports.findings.failed_checks import GATE_FAILED
from exchange_ports.findings.file_kinds import NOT_REVIEWED
from exchange_ports.pipeline import read_content
from exchange_ports.reports.review import Comparison, Edit, Review, Stack, compared, review
from exchange_ports.stackfile.project_file import environment_of, resolved
from exchange_ports.stackfile.stack_file import read_stack_file

#: Bytes. A job summary of GitHub holds 1 MiB a step.
_MOST_OF_SUMMARY: Final = 1_000_000
#: Hex digits of the SHA-256 by which a file that is in no repository is known.
_DIGITS: Final = 12
#: The gate that holds every change of code.
CODE_GATE: Final = "code"
#: The gate that holds another place: network, account, region, or what is added there.
TARGET_GATE: Final = "target"


def diff(asked: argparse.Namespace) -> int:
    """What differs between two sides, in the form that is asked for, and whether a gate holds it."""
    if asked.against is None:
        found, edit, code = _two_files(asked), "changed", ()
    else:
        found, edit = sides(asked.against, asked.at, asked.files), None
        code = changed_code(found, on_disk=asked.at is None)
    reviews = [_reviewed(*pair, edit) for pair in found.pairs]
    result = compared(reviews, found.base, asked.head or found.head, found.folder, code)
    _show(asked, replace(result, not_reviewed=found.not_reviewed))
    say(found.not_reviewed)
    failed(each for review in reviews for each in _found(review, asked.fail_on))
    if CODE_GATE in asked.fail_on:
        failed(
            GATE_FAILED.at((), gate=CODE_GATE, change=each, reasons="code or a pipeline changed")
            for each in code
        )
    if found.not_reviewed or any(each.fails for each in reviews):
        return BAD_INPUT
    if code and CODE_GATE in asked.fail_on:
        return NO
    if TARGET_GATE in asked.fail_on and any(each.target for each in reviews):
        return NO
    gates = [Gate(each) for each in asked.fail_on if each not in (CODE_GATE, TARGET_GATE)]
    if any(held_by(gate, each.changes.all) for gate in gates for each in reviews):
        return NO
    differs = any(not each.changes.same_traffic for each in reviews)
    return NO if differs and asked.exit_code else FINE


def _found(each: Review, gates: Sequence[str]) -> Iterator[Finding]:
    """What does not load, what is newly warned of, and what a gate holds, each at its line."""
    if each.new is not None:
        yield from each.new.errors
    yield from each.warnings_new
    for gate in (Gate(word) for word in gates if word not in (CODE_GATE, TARGET_GATE)):
        for change in held_by(gate, each.changes.all):
            reasons = "; ".join(reason.summary for reason in change.reasons) or "no reason is given"
            held = GATE_FAILED.at((), gate=gate.value, change=_change(change), reasons=reasons)
            places = each.places(change) or ((each.stack.file, 1),)
            file, line = places[0]
            yield replace(held, place=Place(file, line))
    if TARGET_GATE in gates:
        for target in each.target:
            held = GATE_FAILED.at((), gate=TARGET_GATE, change=target, reasons="the target differs")
            yield replace(held, place=Place(each.stack.file))


def _change(change: Change) -> str:
    return f"{change.source.summary} -> {change.destination.summary} {change.services}"


def _two_files(asked: argparse.Namespace) -> Sides:
    if asked.at is not None or len(asked.files) != 2:  # noqa: PLR2004
        got = "--at without --against" if asked.at else f"{counted(len(asked.files), 'file')} named"
        raise Refused([NOTHING_TO_COMPARE.at((), got=got)])
    contents = [(file, read_content(file)) for file in map(file_of, asked.files)]
    base, head = (sha256(content).hexdigest()[:_DIGITS] for _, content in contents)
    old, new = (_given(file, content) for file, content in contents)
    return Sides(base, head, ((old, new),))


def _given(file: str, content: bytes) -> NamedSide:
    return NamedSide(file, lambda: content)


def _reviewed(old: NamedSide | None, new: NamedSide | None, edit: Edit | None) -> Review:
    if old is not None and new is not None and _same(old, new):
        after = _stack(new, _environment(old))
        return review(replace(after, file=old.file), after, edit)
    before = None if old is None else _environment(old)
    after = None if new is None else _stack(new, before)
    return review(None if old is None else _stack(old, before), after, edit)


def _same(one: NamedSide, other: NamedSide) -> bool:
    try:
        return one.read() == other.read() and one.project == other.project
    except Refused:
        return False


def _environment(side: NamedSide) -> str:
    """A digest of the environment of a stack file; empty where there is none, or none can be read."""
    try:
        return read_stack_file(side.read(), side.file).environment_digest
    except Refused:
        return ""


def _stack(named: NamedSide, known: str | None) -> Stack:
    """A file, compiled; where it does not load, with the findings that say why.

    `known` is a digest of the environment before, of which nobody knows what it adds: as long as it
    stays, it adds the same on both sides, and no file can show it.
    """
    project = "" if named.project is None else named.project.name
    try:
        read = read_stack_file(named.read(), named.file)
        unknown = environment_of(read, project).unknown
        if unknown and read.environment_digest != known:
            raise Refused([NOT_REVIEWED.at((), what=named.file, why=unknown)])
        stack = resolved(read, named.project)
    except Refused as refused:
        return Stack(named.file, None, refused.findings, lambda _: None)
    try:
        found, registered = compiled_steps(stack)
    except Refused as refused:
        return Stack(named.file, None, refused.findings, stack.locate)
    warnings = in_order(finding.located(stack.locate) for finding in found.findings)
    target = target_of(stack, named.project)
    stands = (registered, *(found.bounds() or (None, None)))
    return Stack(named.file, found.plans, warnings, stack.locate, target, *stands)


# ---- what is shown ----


def _show(asked: argparse.Namespace, found: Comparison) -> None:
    def markdown(most: int | None = None) -> str:
        from exchange_ports.reports.comment import MOST_BYTES, Links, comment

        links = Links(asked.link_base, asked.old_link_base, asked.report_url)
        return comment(found, links, MOST_BYTES if most is None else most)

    if asked.summary is not None:
        _write(asked.summary, markdown(_MOST_OF_SUMMARY))
    if asked.format == "markdown":
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            # The same bytes wherever it runs.
            reconfigure(encoding="utf-8", newline="\n")
        print(markdown(), end="")
    else:
        from exchange_ports.reports.diff_report import diff_report
        from exchange_ports.reports.writers import publish

        publish(diff_report(found), asked.format)


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8", newline="\n")
    except OSError as failed:
        why = (failed.strerror or "the system gives no reason").lower()
        raise Refused([CANNOT_WRITE.at((), file=file, why=why)]) from None
