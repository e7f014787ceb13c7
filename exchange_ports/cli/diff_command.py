"""`diff`: what traffic an edit of stack files opens and cuts, and why."""

import argparse
import sys
from collections.abc import Collection, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from exchange_ports.cli.changed_code import changed_code
from exchange_ports.cli.console import BAD_INPUT, FINE, NO, failed, say
from exchange_ports.cli.sides import NamedSide, Sides, same, sides
from exchange_ports.cli.stacks import compiled_steps, file_of
from exchange_ports.cli.targets import target_of
from exchange_ports.differences import Change, Gate, held_by
from exchange_ports.findings import Finding, Place, Refused, counted, in_order
from exchange_ports.findings.command_kinds import CANNOT_WRITE, NOTHING_TO_COMPARE
from exchange_ports.findings.failed_checks import GATE_FAILED
from exchange_ports.findings.file_kinds import NOT_REVIEWED
from exchange_ports.flows.labels import few
from exchange_ports.pipeline import project_of, read_content
from exchange_ports.reports.review import Comparison, Edit, Review, Stack, compared, review
from exchange_ports.stackfile.project_file import (
    environment_of,
    read_declared,
    resolved,
    uncovered,
)
from exchange_ports.stackfile.stack_file import StackFile, read_environment

#: Bytes. A job summary of GitHub holds 1 MiB a step.
_MOST_OF_SUMMARY: Final = 1_000_000
#: Hex digits of the SHA-256 by which a file that is in no repository is known.
_DIGITS: Final = 12


def diff(asked: argparse.Namespace) -> int:
    """What differs between two sides, in the form that is asked for, and whether a gate holds it."""
    if asked.against is None:
        found, edit, code = _two_files(asked), "changed", ()
    else:
        found, edit = sides(asked.against, asked.at, asked.files), None
        code = changed_code(found, on_disk=asked.at is None)
    several = (_reviewed(*pair, edit) for pair in found.pairs)
    reviews = [each for each in several if each is not None]
    result = compared(reviews, found.base, asked.head or found.head, found.folder, code)
    _show(asked, replace(result, not_reviewed=found.not_reviewed))
    say(found.not_reviewed)
    gates = {Gate(each) for each in asked.fail_on}
    failed(each for review in reviews for each in _found(review, gates))
    if Gate.CODE in gates:
        why = "code or a pipeline changed"
        failed(GATE_FAILED.at((), gate=Gate.CODE, change=each, reasons=why) for each in code)
    if found.not_reviewed or any(each.fails for each in reviews):
        return BAD_INPUT
    if code and Gate.CODE in gates:
        return NO
    if Gate.TARGET in gates and any(each.target for each in reviews):
        return NO
    if any(held_by(gate, each.changes.all) for gate in gates for each in reviews):
        return NO
    differs = any(not each.changes.same_traffic for each in reviews)
    return NO if differs and asked.exit_code else FINE


def _found(each: Review, gates: Collection[Gate]) -> Iterator[Finding]:
    """What does not load, what is newly warned of, and what a gate holds, each at its line."""
    if each.new is not None:
        yield from each.new.errors
    yield from each.warnings_new
    for gate in sorted(gates):
        for change in held_by(gate, each.changes.all):
            reasons = "; ".join(reason.summary for reason in change.reasons) or "no reason is given"
            held = GATE_FAILED.at((), gate=gate, change=_change(change), reasons=reasons)
            places = each.places(change) or ((each.stack.file, 1),)
            file, line = places[0]
            yield replace(held, place=Place(file, line))
    if Gate.TARGET in gates:
        for target in each.target:
            held = GATE_FAILED.at((), gate=Gate.TARGET, change=target, reasons="the target differs")
            yield replace(held, place=Place(each.stack.file))


def _change(change: Change) -> str:
    return f"{change.source.summary} -> {change.destination.summary} {change.services}"


def _two_files(asked: argparse.Namespace) -> Sides:
    if asked.at is not None or len(asked.files) != 2:  # noqa: PLR2004
        got = (
            "`--at` is given without `--against`"
            if asked.at
            else f"{counted(len(asked.files), 'file')} given"
        )
        raise Refused([NOTHING_TO_COMPARE.at((), got=got)])
    contents = [(file, read_content(file)) for file in map(file_of, asked.files)]
    base, head = (sha256(content).hexdigest()[:_DIGITS] for _, content in contents)
    old, new = (_given(file, content) for file, content in contents)
    return Sides(base, head, ((old, new),))


def _given(file: str, content: bytes) -> NamedSide:
    return NamedSide(file, lambda: content, project_of(file))


def _reviewed(old: NamedSide | None, new: NamedSide | None, edit: Edit | None) -> Review | None:
    """One pair; None where both are the same and the files do not show what it registers."""
    # Of two plain files, one may be in a project and the other in none: that alone is no other target.
    placed = edit is None or all(each and each.project for each in (old, new))
    if old is not None and new is not None and same(old, new):
        after = _stack(new, _known(old), placed=placed)
        if after.plans is None and any(each.kind is NOT_REVIEWED for each in after.findings):
            return None
        return review(replace(after, file=old.file), after, edit)
    known = None if old is None else _known(old)
    before = None if old is None else _stack(old, known, placed=placed)
    after = None if new is None else _stack(new, known, placed=placed)
    found = review(before, after, edit)
    if old is None or new is None or found.fails or found.old_fails:
        return found
    return replace(found, text_differs=old.read() != new.read())


class _Known(NamedTuple):
    """What the old version shows of an environment whose new version is unknown."""

    #: Of its environment, as it is written.
    digest: str
    #: The file, where it can be read.
    stack: StackFile | None


def _known(side: NamedSide) -> _Known:
    try:
        stack = read_declared(side.read(), side.file, side.project)
    except Refused:
        pass
    else:
        return _Known(stack.environment_digest, stack)
    try:
        return _Known(read_environment(side.read(), side.file).digest, None)
    except Refused:
        return _Known("", None)


def _stack(named: NamedSide, known: _Known | None, *, placed: bool = True) -> Stack:
    """A file, compiled; where it does not load, with the findings that say why.

    `known`: of the old side, an environment of which it is unknown what it adds. As long as it stays, it
    adds the same on both sides, and no file can show it; but a value that the file no longer has of its
    own may be the environment's from then on. `placed`: whether the project is part of the target.
    """
    project = "" if named.project is None else named.project.name
    try:
        read = read_declared(named.read(), named.file, named.project)
        unknown = environment_of(read.environment, project).unknown
        if unknown and (known is None or read.environment_digest != known.digest):
            raise Refused([NOT_REVIEWED.at((), what=named.file, why=unknown)])
        bare = uncovered(known.stack, read) if unknown and known and known.stack else ()
        if bare:
            why = f"{unknown}, and may have {few(list(bare))}, which the file no longer has"
            raise Refused([NOT_REVIEWED.at((), what=named.file, why=why)])
        stack = resolved(read, named.project)
    except Refused as refused:
        return Stack(named.file, None, refused.findings, lambda _: None)
    try:
        found = compiled_steps(stack)
    except Refused as refused:
        return Stack(named.file, None, refused.findings, stack.locate)
    warnings = in_order(finding.located(stack.locate) for finding in found.findings)
    target = target_of(stack, named.project if placed else None)
    registered, standing = found.to_register(), found.standing()
    return Stack(named.file, found.plans, warnings, stack.locate, target, registered, standing)


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
