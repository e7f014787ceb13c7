"""Reviews for a terminal: the headline, and for each stack file what differs, under 100 columns."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Final

from exchange_ports.diff import Effect
from exchange_ports.findings import printable
from exchange_ports.flows.labels import few
from exchange_ports.reports.diff_rows import Row, cited, ports, rows, who
from exchange_ports.reports.headline import done_words, headline, notes
from exchange_ports.reports.lines import Line, Style, line
from exchange_ports.reports.review import Edit, Review, worst_use

__all__ = ["change_lines"]

_WIDTH: Final = 98
#: More notes and warnings of a kind than this are counted.
_MOST: Final = 20
#: Columns. Longer ends have their services behind them, and move nobody else's.
_MOST_ALIGNED: Final = 70
_STYLES: Final = {Effect.OPENED: Style.IN, Effect.CUT: Style.RISK, Effect.REASON: Style.OUT}


def change_lines(reviews: Sequence[Review]) -> list[Line]:
    """The headline, and for each stack that differs what does, under 100 columns."""
    found: list[Line] = [line(each, Style.HEADING) for each in _wrapped(headline(reviews), "")]
    for each in reviews:
        if not each.quiet:
            found += [line(), *_of_stack(each)]
    return found


def _of_stack(review: Review) -> Iterator[Line]:
    yield from _said(_title(review), "", Style.HEADING)
    for side, summary in ((review.new, "does not load"), (review.old, "did not load before")):
        if side is not None and side.plans is None:
            yield line(f"  {summary}", Style.RISK)
            for finding in side.errors:
                for each in str(finding).splitlines():
                    yield from _said(f"    {each}", "      ")
    for effect, summary in _HEADINGS.items():
        several = rows(review.changes.of(effect))
        if several:
            yield line(f"  {summary}", Style.COLUMN)
            yield from _of_rows(several, review)
    for note in _counted(notes(review)):
        yield from _said(f"  {note}", "    ")
    for trouble in _counted(() if review.update is None else review.update.at_once.troubles):
        yield from _said(f"    {trouble}", "      ", Style.RISK)
    for place, done in review.operations:
        yield from _said(f"  {place}: {done_words(done)}", "    ")
    for summary, warnings in (("new", review.warnings_new), ("gone", review.warnings_gone)):
        for warning in _counted(f"[{each.kind.code}] {each.summary}" for each in warnings):
            yield from _said(f"  warning that is {summary}: {warning}", "    ", Style.WARNING)
    use = None if review.new is None or review.new.plans is None else worst_use(review.new.plans)
    if use is not None:
        text = f"  nearest limit: {use.where}: {use.used} of {use.limit.most} {use.limit.what}"
        yield from _said(text, "    ")


def _title(review: Review) -> str:
    name = printable(review.stack.file)
    if review.edit is Edit.CHANGED and review.old is not None and review.old.file != name:
        return f"{printable(review.old.file)} -> {name}"
    return f"{name}: {review.edit}"


_HEADINGS: Final = {
    Effect.OPENED: "newly let through",
    Effect.CUT: "newly cut",
    Effect.REASON: "the same traffic for another reason",
}


def _of_rows(several: Sequence[Row], review: Review) -> Iterator[Line]:
    texts = [_ends(row) for row in several]
    # Services stand under each other where the ends leave room for them.
    width = max((len(text) for text in texts if len(text) <= _MOST_ALIGNED), default=0)
    for text, row in zip(texts, several, strict=True):
        style = Style.RISK if row.labels else _STYLES[row.change.effect]
        yield from _said(f"  {text:{width}}  {ports(row.change.services)}", "      ", style)
        yield from _of_row(row, review)


def _ends(row: Row) -> str:
    one, other = map(who, row.ends)
    return f"{row.sign} {one} {row.arrow} {other}"


def _of_row(row: Row, review: Review) -> Iterator[Line]:
    if row.labels:
        yield line(f"      {', '.join(row.labels)}", Style.RISK)
    for start, reasons in (("", row.change.reasons), ("no longer for: ", row.change.former)):
        for each in _counted(f"{each.summary}: {printable(cited(each))}" for each in reasons):
            yield from _said(f"      {start}{each}", "        ")
    places = review.places(row.change)
    if places:
        lines = few([str(number) for _, number in places])
        yield from _said(f"      {printable(places[0][0])}:{lines}", "        ", Style.COLUMN)


def _counted(several: Iterable[object]) -> Iterator[str]:
    """The first ones, and how many more."""
    found = list(several)
    yield from (printable(each) for each in found[:_MOST])
    if len(found) > _MOST:
        yield f"and {len(found) - _MOST} more"


def _said(text: str, indent: str, style: Style = Style.PLAIN) -> Iterator[Line]:
    return (line(each, style) for each in _wrapped(text, indent))


def _wrapped(text: str, indent: str) -> list[str]:
    first = " " * (len(text) - len(text.lstrip()))
    return wrap(
        text.lstrip(),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    ) or [""]
