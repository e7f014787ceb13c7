"""What an edit comes to in a sentence or two, its changes as rows, and what is said beside its traffic.

Words of ours stand as they are. Words of users go through a `Quote`, so that whoever shows the text
can set them apart.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from exchange_ports import __version__
from exchange_ports.clouds import asked_by_platform
from exchange_ports.differences import Cause, Change, ChangeEndpoint, Effect
from exchange_ports.findings import counted, printable
from exchange_ports.flows import Reason
from exchange_ports.flows.labels import few
from exchange_ports.reports.review import Comparison, Review
from exchange_ports.rollout import Does, Operation
from exchange_ports.rollout import TransientEffect as Passing
from exchange_ports.traffic.services import ServiceSet

#: Letters. A set of services that is written longer is cut there.
_LONGEST_PORTS: Final = 78

#: How each kind of change is marked.
_SIGNS: Final = {Effect.OPENED: "+", Effect.CUT: "-", Effect.REASON: "="}
#: More clauses of a kind than this are counted in the headline.
_MOST_CLAUSES: Final = 3
#: More changed files of code than this are counted.
_MOST_FILES: Final = 10
#: Ranks from here on are nothing special.
_ANY: Final = 4

#: Makes words of users fit to stand among ours.
Quote = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class HeadlineRow:
    """A change, or two that are each other's way back."""

    change: Change
    both_ways: bool

    @property
    def arrow(self) -> str:
        """Both ways, or one."""
        return "↔" if self.both_ways else "→"

    @property
    def ends(self) -> tuple[ChangeEndpoint, ChangeEndpoint]:
        """Who with whom; both ways, the server that makes the change stands first."""
        source, destination = self.change.source, self.change.destination
        if self.both_ways and set(destination.servers) == set(self.change.about):
            return destination, source
        return source, destination

    @property
    def sign(self) -> str:
        """+, - or =."""
        return _SIGNS[self.change.effect]

    @property
    def labels(self) -> tuple[str, ...]:
        """What a reader must not miss, each in a word or two. Of what is cut, nothing."""
        change = self.change
        if change.effect is Effect.CUT:
            return ()
        signs = (
            (change.from_internet, "from the Internet"),
            (change.inward, "perimeter to inside"),
            (change.accepted_risk, "accepted risk"),
            (change.every_protocol, "every protocol"),
            (bool(change.bound), "at an existing group"),
        )
        return tuple(word for sign, word in signs if sign)


def rows(changes: Iterable[Change]) -> list[HeadlineRow]:
    """The changes in order, each with its way back in one row."""
    found: list[HeadlineRow] = []
    waiting = list(changes)
    while waiting:
        change = waiting.pop(0)
        back = next((each for each in waiting if _is_back(change, each)), None)
        if back is not None:
            waiting.remove(back)
        found.append(HeadlineRow(change, back is not None))
    return found


def _is_back(one: Change, other: Change) -> bool:
    return (
        (one.source, one.destination) == (other.destination, other.source)
        and (one.effect, one.cause, one.services) == (other.effect, other.cause, other.services)
        and (one.reasons, one.former) == (other.reasons, other.former)
    )


def ports(services: ServiceSet) -> str:
    """The services in a few words."""
    said = str(services).replace("everything", "every protocol")
    return said if len(said) <= _LONGEST_PORTS else f"{said[: _LONGEST_PORTS - 4]} ..."


def who(end: ChangeEndpoint) -> str:
    """One end: role or neighbor, and the servers by name."""
    names = f" ({few(list(end.servers))})" if end.servers else ""
    return printable(f"{end.summary}{names}")


def cited(reason: Reason) -> str:
    """Where a reason stands: the row, the platform's page, or who asked."""
    platform = asked_by_platform(reason)
    if platform:
        return platform.citation
    if reason.entry is not None:
        return reason.source
    marks = [reason.ticket, reason.owner and f"owner {reason.owner}"]
    marks.append(reason.review_by and f"until {reason.review_by}")
    return ", ".join(["the operator's words", *(mark for mark in marks if mark)])


# ---- the headline ----


def headline(found: Comparison, quote: Quote = printable) -> str:
    """What a reader must know in ten seconds, as one sentence or two."""
    said = _of_stacks(found.reviews, quote)
    code = f"Code changed: {counted(len(found.code), 'file')}. " if found.code else ""
    if found.not_reviewed:
        files = [quote(each.summary.partition(": ")[2]) for each in found.not_reviewed]
        # Nobody may read "no stack file differs" where it is not known which ones there are.
        rest = "" if said == _NOTHING_DIFFERS else said
        return f"Not reviewed: {_few(files)}. {code}{rest}".strip()
    return f"{code}{said}"


def code_changed(found: Comparison, quote: Quote = printable) -> str:
    """Which code changed, and what that means for the comparison; empty where none did."""
    if not found.code:
        return ""
    names = [quote(each) for each in found.code[:_MOST_FILES]]
    if len(found.code) > _MOST_FILES:
        names.append(f"and {len(found.code) - _MOST_FILES} more")
    return (
        f"Code changed: {', '.join(names)}. These files can change what is registered. This comparison "
        f"does not run them: it shows what the stack files change, as exchange-ports {__version__} "
        f"reads them."
    )


_NOTHING_DIFFERS: Final = "No stack file differs."


def _of_stacks(reviews: Sequence[Review], quote: Quote) -> str:
    unknown = [quote(each.stack.file) for each in reviews if each.not_reviewed]
    broken = [quote(each.stack.file) for each in reviews if each.fails and not each.not_reviewed]
    said = [f"not reviewed: {_few(unknown)}"] if unknown else []
    said += [f"{_few(broken)} {_do(broken)} not load"] if broken else []
    loaded = [each for each in reviews if not each.fails]
    if not loaded:
        return f"{_sentence(said)}." if said else _NOTHING_DIFFERS
    if all(each.quiet for each in loaded):
        return f"{_sentence(said)}." if said else _NOTHING_DIFFERS
    elsewhere = [quote(each.name) for each in loaded if each.target]
    said += [f"the target of {_few(elsewhere)} changes"] if elsewhere else []
    said += _traffic(loaded, quote)
    return f"{_sentence(said)}. {_sentence(_clouds(loaded))}."


def _traffic(reviews: Sequence[Review], quote: Quote) -> Iterator[str]:
    if all(each.changes.same_traffic for each in reviews):
        yield "the same traffic passes"
        if any(each.changes.of(Effect.REASON) for each in reviews):
            yield "some of it for another reason"
    clauses = {effect: _clauses(reviews, effect, quote) for effect in _VERBS}
    there = {e: any(each.changes.of(e) for each in reviews) for e in _VERBS}
    for effect, verb in _VERBS.items():
        if clauses[effect]:
            yield f"{verb} {_few(clauses[effect])}"
        elif any(clauses.values()) and not there[effect]:
            yield f"{verb} nothing"
    yield from _come_and_gone(reviews, quote)
    if any(clauses.values()):
        rest = [verb for e, verb in _VERBS.items() if there[e] and not clauses[e]]
        yield from (f"{verb} nothing else" for verb in rest)
    elif any(there.values()):
        yield "nothing else is opened or cut"


_VERBS: Final = {Effect.OPENED: "opens", Effect.CUT: "cuts"}


def _come_and_gone(reviews: Sequence[Review], quote: Quote) -> Iterator[str]:
    for edit, verb in (("added", "adds"), ("deleted", "removes")):
        names = [quote(each.name) for each in reviews if each.edit is edit]
        if names:
            yield f"{verb} the environment{'' if len(names) == 1 else 's'} {_few(names)}"
    # An environment that comes or goes has all its servers with it.
    reviews = [each for each in reviews if each.edit not in ("added", "deleted")]
    for verb, tail, names in (
        ("adds", " with what it needs", [m.name for r in reviews for m in r.changes.comes]),
        ("removes", " with what it had", [m.name for r in reviews for m in r.changes.goes]),
        ("moves", " to another address", [m.name for r in reviews for m in r.changes.moves]),
    ):
        several = [quote(name) for name in dict.fromkeys(names)]
        if several:
            summary = tail.replace("it ", "they ").replace("needs", "need")
            summary = summary.replace("another address", "other addresses")
            yield f"{verb} {_few(several)}{tail if len(several) == 1 else summary}"


def _sentence(said: Iterable[str]) -> str:
    text = "; ".join(said)
    return text[:1].upper() + text[1:]


def _few(said: Sequence[str]) -> str:
    if len(said) <= _MOST_CLAUSES:
        return ", ".join(said[:-1]) + (" and " if len(said) > 1 else "") + said[-1]
    return f"{', '.join(said[:_MOST_CLAUSES])} and {len(said) - _MOST_CLAUSES} more"


def _do(several: Sequence[object]) -> str:
    return "does" if len(several) == 1 else "do"


@dataclass
class _Clause:
    """One thing that is said of all traffic from here to there."""

    services: ServiceSet
    rank: tuple[bool, int]


def _clauses(reviews: Iterable[Review], effect: Effect, quote: Quote) -> list[str]:
    """Who newly reaches whom on what, however many environments share it; the worst first.

    What comes or goes with a server is said by its name, but for what must not be missed.
    """
    found: dict[str, _Clause] = {}
    for each in reviews:
        # However many environments are new, what changes in another one is named before them.
        new = each.edit == "added"
        for row in rows(each.changes.of(effect)):
            change = row.change
            bad = change.cause is Cause.COMES and change.rank < _ANY
            if bad or change.cause is Cause.DECLARED:
                text = _way(row, quote)
                if change.accepted_risk and effect is Effect.OPENED:
                    text += " (accepted risk)"
                rank = (new, change.rank)
                clause = found.setdefault(text, _Clause(ServiceSet(), rank))
                clause.services |= change.services
                clause.rank = min(clause.rank, rank)
    ordered = sorted(found.items(), key=lambda item: item[1].rank)
    return [f"{ports(clause.services)} {text}" for text, clause in ordered]


def _way(row: HeadlineRow, quote: Quote) -> str:
    one, other = (_short(end, quote) for end in row.ends)
    return f"between {one} and {other}" if row.both_ways else f"from {one} to {other}"


def _short(end: ChangeEndpoint, quote: Quote) -> str:
    if end.servers:
        several = len(end.servers)
        return quote(end.servers[0]) if several == 1 else f"{several} {end.role} servers"
    return "the Internet" if end.anyone else quote(end.summary)


def _clouds(reviews: Sequence[Review]) -> list[str]:
    found: dict[str, list[Operation]] = {}
    for each in reviews:
        for place, done in each.operations:
            found.setdefault(place.rpartition(" on ")[2], []).extend(done)
    said = [f"{cloud}: {done_words(done)}" for cloud, done in sorted(found.items()) if done]
    if not said and any(each.target for each in reviews):
        return [UNLISTED]
    return said or ["no resource changes in any cloud"]


_DOES: Final = {
    Does.CREATE: "created",
    Does.CHANGE: "changed in place",
    Does.REPLACE: "replaced",
    Does.DELETE: "deleted",
}


#: In place of operations, where no file shows which there are.
UNLISTED: Final = "no operation that the files show"


def done_words(done: Iterable[Operation]) -> str:
    """`2 rules created, 1 network security group changed in place`."""
    kinds = Counter((each.does, each.kind) for each in done)
    said = [
        f"{counted(number, kind)} {_DOES[does]}"
        for does in Does
        for (what, kind), number in sorted(kinds.items())
        if what is does
    ]
    return ", ".join(said) or "nothing"


def cautions(reviews: Iterable[Review]) -> list[str]:
    """What is newly let through that nobody must miss, counted: `2 from the Internet`."""
    found = Counter(
        label
        for each in reviews
        for row in rows(each.changes.of(Effect.OPENED))
        if row.change.cause is not Cause.ADDRESS
        for label in row.labels
    )
    return [f"{number} {label}" for label, number in found.items()]


# ---- beside the traffic ----


def notes(review: Review, quote: Quote = printable) -> list[str]:
    """What is to be said of one stack beside its traffic."""
    return [*_of_file(review, quote), *_of_topology(review, quote), *_of_update(review, quote)]


def _of_file(review: Review, quote: Quote) -> Iterator[str]:
    if review.edit == "renamed" and review.old is not None:
        yield f"the file was called {quote(review.old.file)}"
    if review.edit == "added":
        yield "the file is new: everything in it counts as new"
    if review.edit == "deleted":
        yield "the file is gone: everything that it opened counts as cut"
    if review.old_fails and not review.fails:
        yield "the old side does not load: everything counts as new"


def _of_topology(review: Review, quote: Quote) -> Iterator[str]:
    found = review.changes
    for each in found.renamed:
        yield f"{each.what} {quote(each.old)} is called {quote(each.new)} now"
    yield from (each.text(quote) for each in found.without_id)
    for moved, one, several in (
        (found.moves, "has another address", "have other addresses"),
        (found.comes, "comes", "come"),
        (found.goes, "goes", "go"),
        (found.regrouped, "wears other groups", "wear other groups"),
    ):
        # Those of whom the same is said stand together.
        alike: dict[str, list[str]] = {}
        for each in moved:
            alike.setdefault(each.summary, []).append(quote(each.name))
        for summary, names in alike.items():
            yield f"{few(names)} {one if len(names) == 1 else several}: {quote(summary)}"


def _of_update(review: Review, quote: Quote) -> Iterator[str]:
    yield from map(quote, review.unlisted)
    found = review.update
    if found is None:
        return
    if found.clean:
        if found.moves or any(done for _, done in review.operations):
            yield "at once: nothing is cut or opened in passing"
        return
    passing = Counter(issue.effect for issue in found.at_once.issues)
    for effect, number in passing.items():
        yield f"at once: {counted(number, 'time')} traffic is {_PASSING[effect]} in passing"
    for each in found.refused:
        yield f"at once: over a limit in passing: {quote(each.summary)}"
    if found.held:
        yield f"groups that another stack may still wear: {quote(few(list(found.held)))}"
    if found.replaced:
        yield f"groups that would be replaced: {quote(few(list(found.replaced)))}"
    if found.steps is None:
        yield "no phases were found in which nothing is"
    else:
        phases = [step.phase.value for step in found.steps]
        yield f"in {counted(len(phases), 'phase')} nothing is: {', '.join(phases)}"


_PASSING: Final = {Passing.CUT: "cut", Passing.OPEN: "opened"}
