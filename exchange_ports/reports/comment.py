"""The comment of a pull request, as Markdown for GitHub, GitLab and Azure DevOps.

For each stack: the edits, then the changes of traffic as a `diff` block, which forges color, then the rest
folded. Two rules. Words of users are code or stand in blocks of code, where neither Markdown, HTML, mentions
nor links are read; all other text is ours. And no comment is longer than a forge accepts: each table consists
of whole rows, and the longest lose rows at their end, with a count.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import quote as url_quoted

from exchange_ports import __version__
from exchange_ports.catalog import BY_ID
from exchange_ports.clouds import declared_by_platform
from exchange_ports.differences import Change, Effect
from exchange_ports.findings import Finding, counted, printable
from exchange_ports.flows import Reason
from exchange_ports.reports import headline
from exchange_ports.reports.change_picture import picture_lines
from exchange_ports.reports.review import Comparison, Review, worst_use
from exchange_ports.reports.writers import fenced, longest_run
from exchange_ports.rollout import Does
from exchange_ports.rollout import TransientEffect as Passing

#: GitHub refuses a comment of more than 65,536 characters; what is around ours needs room.
MOST_BYTES: Final = 60_000
#: By what an earlier comment of ours is found, to be written anew.
_MARKER: Final = "exchange-ports:review v1"
_MOST_LINKS: Final = 2

_NOT_COVERED: Final = (
    "Not covered: network ACLs, route tables, central firewalls, Azure Virtual Network Manager "
    "rules, and whatever else is in the accounts."
)


class Links(NamedTuple):
    """Where files are shown: the address before a path, of the new and of the old side.

    `report` is where the whole report is. All three are ours to trust: they are no user's words.
    """

    new: str | None = None
    old: str | None = None
    report: str | None = None


NO_LINKS: Final = Links()


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows that may be cut at their end, between what stands before and after them."""

    before: str
    rows: tuple[str, ...]
    after: str = ""
    #: How an omission is reported, with the number of rows that are left out.
    more: str = "| | and {} more rows, in the full report | | | |\n"

    def shown(self, most: int | None) -> str:
        """The whole, or with as many rows as have room in so many bytes."""
        kept = list(self.rows)
        if most is not None and self.size > most:
            kept.clear()
            room = most - _bytes(self.before + self.after + self.more.format(len(self.rows)))
            for row in self.rows:
                room -= _bytes(row)
                if room < 0:
                    break
                kept.append(row)
        left = len(self.rows) - len(kept)
        return self.before + "".join(kept) + (self.more.format(left) if left else "") + self.after

    @property
    def size(self) -> int:
        return _bytes(self.before + "".join(self.rows) + self.after)


def comment(found: Comparison, links: Links = NO_LINKS, most: int | None = MOST_BYTES) -> str:
    """The comment; with `most` None the whole report.

    The same comparison gives the same bytes, at most `most` of them. Of a stack that is not new
    the name is never left out.
    """
    told = found.told
    start = f"{_marker(found)}\n### {headline.headline(found, _code)}\n\n{_alert(found)}"
    first = _table_of(f"{start}{_names(told)}")
    last = _table_of(_closing(found, links))
    summary = [_summary(told)] if told else []
    groups = [list(_of_stack(each, links)) for each in told]
    if most is None:
        every = [table for group in groups for table in group]
        return "".join(table.shown(None) for table in (first, *summary, *every, last))
    # As many stacks as fit with every table cut to nothing; nearly always all of them.
    floors = [sum(_bytes(table.shown(0)) for table in group) for group in groups]
    kept = next((n for n in range(len(groups), 0, -1) if sum(floors[:n]) <= most), 0)
    while True:
        tables = [first, *summary, *(table for group in groups[:kept] for table in group)]
        if kept < len(groups):
            left = len(groups) - kept
            more = f"**{counted(left, 'more stack')}, in the full report.**"
            tables.append(_table_of(f"\n{more}\n"))
        tables.append(last)
        text = _fitted(tables, most)
        if text is not None:
            return text
        if kept == 0:
            # There are more names than a comment has room for. That is the news then.
            return _fitted([_table_of(start), _table_of(_unnamed(told)), last], most) or ""
        kept -= 1


def _fitted(tables: Sequence[_Table], most: int) -> str | None:
    """The tables in so many bytes, the longest ones cut to one length; None where they do not fit."""
    low, high = 0, max(table.size for table in tables)
    if _bytes("".join(table.shown(low) for table in tables)) > most:
        return None
    while low < high:
        middle = (low + high + 1) // 2
        size = sum(_bytes(table.shown(middle)) for table in tables)
        low, high = (middle, high) if size <= most else (low, middle - 1)
    return "".join(table.shown(low) for table in tables)


def _table_of(text: str) -> _Table:
    return _Table(text, ())


def _marker(found: Comparison) -> str:
    one, other = (_plain_id(each) for each in (found.base, found.head))
    return f"<!-- {_MARKER} folder={url_quoted(found.folder)} head={other} base={one} -->"


def _plain_id(text: str) -> str:
    # In a comment of HTML, so nothing that could end it.
    return "".join(char if char.isalnum() else "-" for char in text)


def _bytes(text: str) -> int:
    return len(text.encode())


# ---- words ----


def _code(text: str) -> str:
    """Text of users, as code: nothing in it is read as Markdown, HTML, a mention or a link."""
    shown = printable(text)
    fence = "`" * (longest_run(shown) + 1)
    # A blank at both ends is taken off again, and is needed beside a backtick.
    pad = " " if shown[:1] in ("`", " ", "") or shown[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _cell(text: str) -> str:
    """The same in a table, where a bar would end the cell even inside of code."""
    return _code(text).replace("|", "\\|")


def _fenced(text: str) -> str:
    """Several lines of users' text, as a block of code."""
    return fenced("\n".join(map(printable, text.splitlines()))) + "\n"


def _why(reason: Reason) -> str:
    """A reason for a table: a link to the published row, or the operator's words as they are."""
    platform = declared_by_platform(reason)
    if platform:
        return f"{reason.summary}, [{platform.citation}]({platform.url})"
    marks = [reason.ticket, reason.owner and f"owner {reason.owner}"]
    marks.append(reason.review_by and f"until {reason.review_by}")
    parts = ", ".join(_cell(mark) for mark in marks if mark)
    if reason.entry is None:
        words = f"operator: {_cell(reason.summary)}"
    else:
        entry = BY_ID[reason.entry]
        # What an operator adds stands behind the row's own words.
        own, added = entry.summary, reason.summary.removeprefix(entry.summary).removeprefix(": ")
        first, *others = zip(reason.articles, reason.urls, strict=True)
        words = f"{own}, [{entry.cite}, {entry.id}]({first[1]})"
        words += "".join(f", [{article.title}]({url})" for article, url in others)
        words += f", operator: {_cell(added)}" if added else ""
    return f"{words}, {parts}" if parts else words


def _reasons(change: Change) -> str:
    parts = [_why(reason) for reason in change.reasons[:_MOST_REASONS]]
    if len(change.reasons) > _MOST_REASONS:
        parts.append(f"and {len(change.reasons) - _MOST_REASONS} more reasons")
    parts += [f"no longer: {_why(reason)}" for reason in change.former[:_MOST_REASONS]]
    if len(change.former) > _MOST_REASONS:
        parts.append(f"and no longer for {len(change.former) - _MOST_REASONS} more")
    return "; ".join(parts)


_MOST_REASONS: Final = 4


def _place(file: str, number: int, base: str | None) -> str:
    text = _cell(f"{file.rpartition('/')[2]}:{number}")
    if base is None:
        return text
    return f"[{text}]({base.rstrip('/')}/{url_quoted(file)}#L{number})"


def _places(review: Review, change: Change, links: Links) -> str:
    found = review.places(change)
    base = links.old if change.effect is Effect.CUT else links.new
    parts = [_place(file, number, base) for file, number in found[:_MOST_LINKS]]
    if len(found) > _MOST_LINKS:
        parts.append(f"and {len(found) - _MOST_LINKS} more")
    return ", ".join(parts)


# ---- one stack ----


def _of_stack(review: Review, links: Links) -> Iterator[_Table]:
    yield _table_of(f"\n#### {_code(review.name)}\n\n")
    for side, summary in ((review.new, "Not valid"), (review.old, "Not valid before")):
        if side is not None and side.plans is None:
            more = "\nand {} more findings, in the full report\n"
            found = tuple(map(_finding, side.errors))
            yield _Table(f"**{summary}:**\n\n", found, "\n", more)
    target = tuple(f"- {_code(str(each))}\n" for each in review.target)
    if target:
        more = "- and {} more, in the full report\n"
        yield _Table("**Target changed:**\n\n", target, "\n", more)
    edits = tuple(f"- {each}\n" for each in headline.edits(review, _code))
    if edits:
        yield _Table("", edits, "\n", "- and {} more, in the full report\n")
    shown, following, reasons = _sorted(review)
    if shown:
        yield _colored(shown)
    update = tuple(f"{each}.\n" for each in headline.update(review, _code))
    if update:
        yield _Table("", update, "\n", "and {} more, in the full report\n")
    picture = picture_lines(shown or following)
    if picture:
        yield _table_of(f"{_open('Picture')}```mermaid\n{picture}```\n{_CLOSE}")
    for summary, several in (
        ("Reasons and lines: {}", shown),
        ("Traffic that follows from these edits: {}", following),
        ("Same traffic, other reason: {}", reasons),
    ):
        if several:
            title = _open(summary.format(counted(len(several), "row")))
            yield _changes(title, several, review, links, _CLOSE)
    yield from _details(review)


def _sorted(
    review: Review,
) -> tuple[list[headline.HeadlineRow], list[headline.HeadlineRow], list[headline.HeadlineRow]]:
    """The rows to be seen at once, those that follow from an edit, and those of other reasons alone."""
    shown: list[headline.HeadlineRow] = []
    following: list[headline.HeadlineRow] = []
    reasons: list[headline.HeadlineRow] = []
    for row in headline.rows(review.changes.all):
        if row.change.effect is Effect.REASON:
            reasons.append(row)
        else:
            (shown if headline.is_shown(review, row) else following).append(row)
    return (shown, following, reasons) if shown or following else (reasons, [], [])


# ---- changes in color ----

#: Characters. A longer line of a block is continued on another one: forges do not break it.
_WIDTH: Final = 96
#: Rows. More than these are too many to read in a block; the table below contains all of them.
_MOST_SEEN: Final = 40
_ARROWS: Final = {"→": "->", "↔": "<->"}


def _colored(several: Sequence[headline.HeadlineRow]) -> _Table:
    """The rows as a `diff` block: green is newly allowed, red newly blocked, and ! is a risk."""
    seen = several[:_MOST_SEEN]
    written = tuple("".join(f"{line}\n" for line in _lines(row)) for row in seen)
    fence = "`" * max(3, longest_run("".join(written)) + 1)
    left = len(several) - len(seen)
    rest = f"# and {left} more in the table below\n" if left else ""
    more = "# and {} more of these in the table below\n"
    return _Table(f"{fence}diff\n", written, f"{rest}{fence}\n\n", more)


def _lines(row: headline.HeadlineRow) -> Iterator[str]:
    one, other = map(headline.who, row.ends)
    start = f"{row.sign} {headline.ports(row.change.services)}: {one}"
    end = f"{_ARROWS[row.arrow]} {other}"
    if len(start) + len(end) < _WIDTH:
        yield f"{start} {end}"
    else:
        yield start
        yield f"{row.sign}     {end}"
    if row.labels:
        yield f"! {', '.join(row.labels)}"
    for reason in row.change.reasons[:_MOST_REASONS]:
        yield f"  {_plain_why(reason)}"


def _plain_why(reason: Reason) -> str:
    marks = [reason.entry, reason.ticket, reason.owner and f"owner {reason.owner}"]
    marks.append(reason.review_by and f"until {reason.review_by}")
    parts = ", ".join(mark for mark in marks if mark)
    return printable(f"{reason.summary} ({parts})" if parts else reason.summary)


def _finding(finding: Finding) -> str:
    return _fenced(str(finding))


_CLOSE: Final = "\n</details>\n"


def _open(summary: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n"


def _changes(
    before: str, several: Iterable[headline.HeadlineRow], review: Review, links: Links, after: str
) -> _Table:
    head = "| | from → to | ports | why | line |\n|:-:|---|---|---|---|\n"
    return _Table(before + head, tuple(_row(row, review, links) for row in several), after)


def _row(row: headline.HeadlineRow, review: Review, links: Links) -> str:
    change = row.change
    one, other = (_cell(headline.who(end)) for end in row.ends)
    label = f"**{', '.join(row.labels)}:** " if row.labels else ""
    cells = (
        f"**{row.sign}**",
        f"{label}{one} {row.arrow} {other}",
        headline.ports(change.services),
        _reasons(change),
        _places(review, change, links),
    )
    return f"| {' | '.join(cells)} |\n"


def _details(review: Review) -> Iterator[_Table]:
    found = [(place, each) for place, done in review.operations for each in done]
    if found:
        total = headline.done_words(each for _, each in found)
        head = "| network | what | kind | name |\n|---|---|---|---|\n"
        lines = tuple(
            f"| {_cell(place)} | {_DOES[each.does]} | {each.kind} | {_cell(each.name)} |\n"
            for place, each in found
        )
        more = "| | and {} more, in the full report | | |\n"
        yield _Table(f"{_open(f'Cloud resources: {total}')}{head}", lines, _CLOSE, more)
    passing = () if review.update is None else review.update.at_once.issues
    if passing:
        summary = f"Update in one step: {counted(len(passing), 'case')} of traffic blocked or allowed temporarily"
        lines = tuple(f"- {_PASSING[each.effect]}: {_code(str(each))}\n" for each in passing)
        yield _Table(_open(summary), lines, _CLOSE, "- and {} more, in the full report\n")
    if review.warnings_new or review.warnings_gone:
        counts = (len(review.warnings_new), len(review.warnings_gone), review.warnings_kept)
        summary = "Warnings: {} new, {} resolved, {} unchanged".format(*counts)
        warned = [("new", each) for each in review.warnings_new]
        warned += [("resolved", each) for each in review.warnings_gone]
        lines = tuple(
            f"- {how}: {_code(f'{each.kind.code}: {each.summary}')}\n" for how, each in warned
        )
        yield _Table(_open(summary), lines, _CLOSE, "- and {} more, in the full report\n")


_DOES: Final = {
    Does.CREATE: "create",
    Does.CHANGE: "update in place",
    Does.REPLACE: "replace",
    Does.DELETE: "delete",
}
_PASSING: Final = {Passing.CUT: "blocked", Passing.OPEN: "allowed"}


# ---- all of them ----


def _summary(reviews: Iterable[Review]) -> _Table:
    head = (
        "| stack | newly allowed | newly blocked | created | updated | replaced | deleted | nearest limit |\n"
        "|---|--:|--:|--:|--:|--:|--:|---|\n"
    )
    more = "| and {} more, in the full report | | | | | | | |\n"
    return _Table(head, tuple(map(_summed, reviews)), "", more)


def _summed(review: Review) -> str:
    if review.fails:
        return f"| ❌ {_cell(review.name)} | **not valid** | | | | | | |\n"
    counts = [
        len(headline.rows(several)) for several in (review.changes.opened, review.changes.cut)
    ]
    done = [each.does for _, several in review.operations for each in several]
    counts += [done.count(does) for does in Does]
    plans = None if review.new is None else review.new.plans
    use = None if plans is None else worst_use(plans)
    words = "" if use is None else f"{use.used} of {use.limit.most} {use.limit.what}"
    limit = "" if use is None else f"{words}: {_cell(use.where)}"
    return f"| {_cell(review.name)} | {' | '.join(map(str, counts))} | {limit} |\n"


def _alert(found: Comparison) -> str:
    """What a reader must not miss, each in a box that GitHub draws."""
    code = headline.code_changed(found, _code)
    boxes = [
        f"> [!CAUTION]\n> Not reviewed: {_code(headline.file_of(each))}: {_code(each.why)}\n\n"
        for each in found.not_reviewed
    ]
    boxes += [f"> [!WARNING]\n> {code}\n\n"] if code else []
    broken = [each for each in found.told if each.fails and not each.not_reviewed]
    if broken:
        files = ", ".join(_code(each.stack.file) for each in broken[:_MOST_FILES])
        more = f" and {len(broken) - _MOST_FILES} more" if len(broken) > _MOST_FILES else ""
        boxes.append(f"> [!CAUTION]\n> Not valid, so not compared: {files}{more}\n\n")
    parts = headline.cautions(found.told)
    if parts:
        boxes.append(f"> [!CAUTION]\n> Newly allowed: {', '.join(parts)}\n\n")
    return "".join(boxes)


#: More files than this are counted in a box.
_MOST_FILES: Final = 10
#: So many stacks have a heading each, and need no list of names.
_FEW: Final = 3


def _names(told: Sequence[Review]) -> str:
    """Every stack that is not new, by name, where there are many."""
    if len(told) <= _FEW:
        return ""
    parts: dict[str, list[str]] = {}
    for each in told:
        if each.edit == "renamed" and each.old is not None:
            parts.setdefault("Renamed", []).append(f"{_code(each.old.file)} → {_code(each.name)}")
        elif each.edit != "added":
            parts.setdefault(each.edit.capitalize(), []).append(_code(each.name))
    return "".join(f"{edit}: {', '.join(names)}.\n\n" for edit, names in parts.items())


def _unnamed(told: Sequence[Review]) -> str:
    number = sum(each.edit != "added" for each in told)
    return (
        f"**{number} stacks change that are not new, and a comment has no room for their names. "
        f"Do not merge before you read the full report.**\n"
    )


def _closing(found: Comparison, links: Links) -> str:
    ids = (found.base, found.head)
    sides = " → ".join(_code(each[:_DIGITS] if _is_id(each) else each) for each in ids)
    folder = "" if found.folder == "." else f"{_code(found.folder)}: "
    report = f" · [Full report]({links.report})" if links.report is not None else ""
    return f"\n{_NOT_COVERED}\n\n{folder}{sides} · exchange-ports {__version__}{report}\n"


#: Of an id, as git shows it in short.
_DIGITS: Final = 12


def _is_id(text: str) -> bool:
    return text.isalnum() and text.isascii()
