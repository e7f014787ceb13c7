"""What an edit changes, in a few sentences; its changes as rows; and the edits and the update in words.

Our own words are written as they are. Words of users pass through a `Quote`, so that whoever shows the text
can set them apart.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from exchange_ports import __version__
from exchange_ports.catalog import PORT_NAMES
from exchange_ports.clouds import declared_by_platform
from exchange_ports.differences import AddressChange, Cause, Change, ChangeEndpoint, Effect
from exchange_ports.differences.topology_diff import ServerNote, TopologyDiff
from exchange_ports.findings import Finding, counted, printable
from exchange_ports.flows import Reason
from exchange_ports.flows.labels import MOST, few
from exchange_ports.reports.review import Comparison, Review
from exchange_ports.rollout import Does, Operation
from exchange_ports.rollout import TransientEffect as Passing
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.services import TCP, UDP, ServiceSet, protocol_name

#: Letters. A set of services that is written longer is cut there.
_LONGEST_PORTS: Final = 78

#: How each kind of change is marked.
_SIGNS: Final = {Effect.OPENED: "+", Effect.CUT: "-", Effect.REASON: "="}
#: More clauses of a kind than this are counted in the headline.
_MOST_CLAUSES: Final = 3
#: More changed files of code than this are counted.
_MOST_FILES: Final = 10
#: The published row of EdgeSync.
_EDGESYNC: Final = "E5"

#: Sets words of users apart from ours.
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
        """What a reader must not miss, each in a word or two. Of what is blocked, nothing."""
        change = self.change
        if change.effect is Effect.CUT:
            return ()
        signs = (
            (change.from_internet, "from the Internet"),
            (change.inward, "from the perimeter to the internal network"),
            (change.accepted_risk, "accepted risk"),
            (change.every_protocol, "all protocols"),
            (bool(change.bound), "at an existing group"),
        )
        return tuple(word for sign, word in signs if sign)


def rows(changes: Iterable[Change]) -> list[HeadlineRow]:
    """The changes in order, each with its way back in one row."""
    several = list(changes)
    by_ends: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for index, change in enumerate(several):
        by_ends[change.source.summary, change.destination.summary].append(index)
    found: list[HeadlineRow] = []
    done: set[int] = set()
    for index, change in enumerate(several):
        if index in done:
            continue
        candidates = by_ends[change.destination.summary, change.source.summary]
        later = (each for each in candidates if each > index and each not in done)
        back = next((each for each in later if _is_back(change, several[each])), None)
        if back is not None:
            done.add(back)
        found.append(HeadlineRow(change, back is not None))
    return found


def _is_back(one: Change, other: Change) -> bool:
    return (
        (one.source, one.destination) == (other.destination, other.source)
        and (one.effect, one.cause, one.services) == (other.effect, other.cause, other.services)
        and (one.reasons, one.former) == (other.reasons, other.former)
    )


def follows(review: Review, change: Change) -> bool:
    """Whether a change follows from an edit that `edits` names: a server, a site, a neighbor's addresses."""
    if change.cause is not Cause.DECLARED:
        return True
    moved: dict[EndpointKind, AddressSet] = {}
    for each in review.changes.declared.addresses:
        if each.with_site or each.alone:
            here = each.removed if change.effect is Effect.CUT else each.added
            moved[each.kind] = moved.get(each.kind, AddressSet()) | here
    return any(
        len(end.kinds) == 1 and end.addresses <= moved.get(next(iter(end.kinds)), AddressSet())
        for end in (change.source, change.destination)
        if not end.servers
    )


def ports(services: ServiceSet) -> str:
    """The services in a few words, with the names of known ports."""
    text = str(services)
    if len(text) > _LONGEST_PORTS:
        return f"{text[: _LONGEST_PORTS - 4]} ..."
    named = services if services.size < (~services).size else ~services
    names = [
        name
        for protocol in (TCP, UDP)
        for span in named.ports(protocol).spans
        if (name := PORT_NAMES[protocol_name(protocol)].get(span)) is not None
    ]
    return f"{text} ({few(list(dict.fromkeys(names)))})" if names else text


def who(end: ChangeEndpoint) -> str:
    """One end: role or neighbor, and the servers by name."""
    names = f" ({few(list(end.servers))})" if end.servers else ""
    return printable(f"{end.summary}{names}")


def cited(reason: Reason) -> str:
    """Where a reason is from: the row, the platform's page, or the operator."""
    platform = declared_by_platform(reason)
    if platform:
        return platform.citation
    if reason.entry is not None:
        return reason.source
    marks = [reason.ticket, reason.owner and f"owner {reason.owner}"]
    marks.append(reason.review_by and f"until {reason.review_by}")
    return ", ".join(["the operator's words", *(mark for mark in marks if mark)])


# ---- the headline ----


def file_of(not_reviewed: Finding) -> str:
    """The file that a `not-reviewed` finding names."""
    return not_reviewed.summary.partition(": ")[2].removesuffix(".")


def headline(found: Comparison, quote: Quote = printable) -> str:
    """What a reader must know in ten seconds, in a few sentences."""
    texts = _of_stacks(found, quote)
    code = f"Code changed: {counted(len(found.code), 'file')}. " if found.code else ""
    if found.not_reviewed:
        files = [quote(file_of(each)) for each in found.not_reviewed]
        # "No stack file differs" would be wrong where it is not known which ones there are.
        rest = "" if texts == _NOTHING_DIFFERS else texts
        return f"Not reviewed: {_few(files)}. {code}{rest}".strip()
    return f"{code}{texts}"


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


def _of_stacks(found: Comparison, quote: Quote) -> str:
    reviews = found.reviews
    unknown = [quote(each.stack.file) for each in reviews if each.not_reviewed]
    broken = [quote(each.stack.file) for each in reviews if each.fails and not each.not_reviewed]
    texts = [f"not reviewed: {_few(unknown)}"] if unknown else []
    texts += [f"{_files(broken)} {_are(broken)} not valid"] if broken else []
    loaded = [each for each in reviews if not each.fails]
    if all(each.quiet for each in loaded):
        return _sentences([*texts, *_text_only(found, quote)]) or _NOTHING_DIFFERS
    elsewhere = [quote(each.name) for each in loaded if each.target]
    texts += [f"the target of {_few(elsewhere)} changes"] if elsewhere else []
    whole = list(_whole_stacks(loaded, quote))
    rest = [*_edited(loaded, quote), *_traffic(loaded, quote)]
    # However many stacks are new, what changes in another one is named before them.
    changed = any(each.edit not in _WHOLE and not each.quiet for each in loaded)
    texts += [*rest, *whole] if changed else [*whole, *rest]
    return _sentences([*texts, *_clouds(loaded), *_text_only(found, quote)])


def _text_only(found: Comparison, quote: Quote) -> Iterator[str]:
    names = [quote(each.stack.file) for each in found.text_only]
    if names:
        differ = "differs" if len(names) == 1 else "differ"
        yield f"{counted(len(names), 'stack file')} {differ} in text, not in effect: {_few(names)}"


def _traffic(reviews: Sequence[Review], quote: Quote) -> Iterator[str]:
    if all(each.changes.same_traffic for each in reviews):
        yield "the same traffic is allowed"
        if any(each.changes.of(Effect.REASON) for each in reviews):
            yield "some of it is allowed for another reason"
        return
    clauses = {effect: _clauses(reviews, effect, quote) for effect in _VERBS}
    there = {e: any(each.changes.of(e) for each in reviews) for e in _VERBS}
    if not any(clauses.values()):
        yield "no other traffic changes"
        return
    yield from (f"{verb} {_few(clauses[e])}" for e, verb in _VERBS.items() if clauses[e])
    for effect, verb in _VERBS.items():
        if not clauses[effect]:
            yield f"{verb} nothing {'else' if there[effect] else 'new'}"


_VERBS: Final = {Effect.OPENED: "allows", Effect.CUT: "blocks"}


#: Edits by which a stack gets or loses all its servers and traffic.
_WHOLE: Final = ("added", "deleted")


def _whole_stacks(reviews: Sequence[Review], quote: Quote) -> Iterator[str]:
    for edit, verb in (("added", "adds"), ("deleted", "removes")):
        names = [quote(each.name) for each in reviews if each.edit is edit]
        if names:
            yield f"{verb} the stack{'' if len(names) == 1 else 's'} {_few(names)}"


def _edited(reviews: Sequence[Review], quote: Quote) -> Iterator[str]:
    """The edits that are named by themselves, without what follows from them."""
    unknown = [quote(each.stack.file) for each in reviews if each.old_fails]
    if unknown:
        were = "was" if len(unknown) == 1 else "were"
        yield f"{_files(unknown)} {were} not valid before, so all of its traffic counts as newly allowed"
    reviews = [each for each in reviews if each.edit not in _WHOLE and not each.old_fails]
    yield from _sites_and_servers(reviews, quote)
    changed = [
        _address_change(each, quote)
        for review in reviews
        for each in review.changes.declared.addresses
        if not each.with_site and each.alone
    ]
    changed = list(dict.fromkeys(changed))
    yield from changed[:_MOST_CLAUSES]
    if len(changed) > _MOST_CLAUSES:
        yield f"addresses of {len(changed) - _MOST_CLAUSES} more neighbors change"
    yield from dict.fromkeys(text for each in reviews for text in _internet(each, quote))
    yield from dict.fromkeys(text for each in reviews for text in _endpoints(each, quote))
    unnamed = [
        f"{each.what} {quote(each.old)} looks renamed to {quote(each.new)}, without an id"
        for review in reviews
        for each in review.changes.without_id
    ]
    yield from list(dict.fromkeys(unnamed))[:_MOST_CLAUSES]
    renamed = [
        f"{each.what} {quote(each.old)} to {quote(each.new)}"
        for review in reviews
        for each in review.changes.renamed
    ]
    if renamed:
        yield f"renames {_few(list(dict.fromkeys(renamed)))}"


def _sites_and_servers(reviews: Sequence[Review], quote: Quote) -> Iterator[str]:
    for edit, verb in (("added", "adds"), ("removed", "removes")):
        sites: dict[str, None] = {}
        alone: dict[str, dict[str, None]] = {}
        for found in (review.changes for review in reviews):
            renamed = _looks_renamed(found)
            here = [
                each
                for each in found.declared.sites
                if each.edit == edit and each.name not in renamed
            ]
            for each in here:
                names = list(map(quote, each.servers))
                sites[f"site {quote(each.name)}" + (f" with {_few(names)}" if names else "")] = None
            for each in found.comes if edit == "added" else found.goes:
                if not any(each.name in site.servers for site in here):
                    alone.setdefault(each.role, {})[quote(each.name)] = None
        texts = [*sites, *(f"{role} {_servers(list(names))}" for role, names in alone.items())]
        if texts:
            yield f"{verb} {_few(texts)}"
    moved = list(dict.fromkeys(quote(m.name) for r in reviews for m in r.changes.moves))
    if moved:
        where = "another address" if len(moved) == 1 else "other addresses"
        yield f"moves {_few(moved)} to {where}"


def _looks_renamed(found: TopologyDiff) -> set[str]:
    """Sites that look renamed: each counts as removed and added, and a reader should see neither."""
    return {name for e in found.without_id if e.what == "site" for name in (e.old, e.new)}


def _servers(names: Sequence[str]) -> str:
    return f"server{'' if len(names) == 1 else 's'} {_few(names)}"


def _files(names: Sequence[str]) -> str:
    """Stack files at the beginning of a sentence, where a path alone would begin with a capital."""
    return f"stack file{'' if len(names) == 1 else 's'} {_few(names)}"


def _sentences(texts: Iterable[str]) -> str:
    return " ".join(f"{_capital(each)}." for each in texts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _few(texts: Sequence[str]) -> str:
    if len(texts) <= _MOST_CLAUSES:
        return ", ".join(texts[:-1]) + (" and " if len(texts) > 1 else "") + texts[-1]
    return f"{', '.join(texts[:_MOST_CLAUSES])} and {len(texts) - _MOST_CLAUSES} more"


def _are(several: Sequence[object]) -> str:
    return "is" if len(several) == 1 else "are"


@dataclass
class _Clause:
    """One property of all traffic from here to there."""

    services: ServiceSet
    rank: tuple[bool, int]


def _clauses(reviews: Iterable[Review], effect: Effect, quote: Quote) -> list[str]:
    """Who newly reaches whom on what, however many stacks share it; the worst first.

    What follows from an edit is reported with the edit, except for what must not be missed.
    """
    found: dict[str, _Clause] = {}
    for each in reviews:
        # However many stacks are new, what changes in another one is named before them.
        new = each.edit == "added"
        declared = each.changes.declared
        redefined = declared.internet_added | declared.internet_removed
        for row in rows(each.changes.of(effect)):
            if is_shown(each, row):
                text = _way(row, redefined, quote)
                if row.change.accepted_risk and effect is Effect.OPENED:
                    text += " (accepted risk)"
                rank = (new, row.change.rank)
                clause = found.setdefault(text, _Clause(ServiceSet(), rank))
                clause.services |= row.change.services
                clause.rank = min(clause.rank, rank)
    ordered = sorted(found.items(), key=lambda item: item[1].rank)
    return [f"{ports(clause.services)} {text}" for text, clause in ordered]


def is_shown(review: Review, row: HeadlineRow) -> bool:
    """Whether a row is to be seen at once: no edit implies it, or a reader must not miss it."""
    change = row.change
    if not follows(review, change):
        return True
    return change.cause in (Cause.DECLARED, Cause.COMES) and bool(row.labels)


def _way(row: HeadlineRow, redefined: AddressSet, quote: Quote) -> str:
    one, other = (_short(end, redefined, quote) for end in row.ends)
    return f"between {one} and {other}" if row.both_ways else f"from {one} to {other}"


def _short(end: ChangeEndpoint, redefined: AddressSet, quote: Quote) -> str:
    if end.servers:
        several = len(end.servers)
        return quote(end.servers[0]) if several == 1 else f"{several} {end.role} servers"
    if end.addresses <= redefined:
        return _written(end.addresses, quote)
    return "the Internet" if end.anyone else quote(end.summary)


def _clouds(reviews: Sequence[Review]) -> list[str]:
    found: dict[str, list[Operation]] = {}
    for each in reviews:
        for place, done in each.operations:
            found.setdefault(place.rpartition(" on ")[2], []).extend(done)
    texts = [f"{cloud}: {done_words(done)}" for cloud, done in sorted(found.items()) if done]
    if not texts and any(each.target for each in reviews):
        return [UNLISTED]
    return texts or ["no resource changes in any cloud"]


_DOES: Final = {
    Does.CREATE: "created",
    Does.CHANGE: "updated in place",
    Does.REPLACE: "replaced",
    Does.DELETE: "deleted",
}


#: In place of operations, where no file shows which there are.
UNLISTED: Final = "no operation that the files show"


def done_words(done: Iterable[Operation]) -> str:
    """`2 rules created, 1 network security group updated in place`."""
    kinds = Counter((each.does, each.kind) for each in done)
    texts = [
        f"{counted(number, kind)} {_DOES[does]}"
        for does in Does
        for (what, kind), number in sorted(kinds.items())
        if what is does
    ]
    return ", ".join(texts) or "nothing"


def cautions(reviews: Iterable[Review]) -> list[str]:
    """What is newly allowed and must not be missed, counted: `from the Internet (2 rows)`."""
    found = Counter(
        label
        for each in reviews
        for row in rows(each.changes.of(Effect.OPENED))
        if row.change.cause is not Cause.ADDRESS
        for label in row.labels
    )
    return [f"{label} ({counted(number, 'row')})" for label, number in found.items()]


# ---- the edits of one stack ----


def edits(review: Review, quote: Quote = printable) -> list[str]:
    """What was edited in one stack, and what somebody has to do for it beside the update."""
    texts = [*_of_file(review, quote), *_of_topology(review, quote)]
    return [_capital(each) for each in texts]


def _of_file(review: Review, quote: Quote) -> Iterator[str]:
    if review.edit == "renamed" and review.old is not None:
        yield f"the file had the name {quote(review.old.file)}"
    if review.edit == "added":
        yield "the file is new: all of its traffic counts as newly allowed"
    if review.edit == "deleted":
        yield "the file is removed: all of its traffic counts as newly blocked"
    if review.old_fails and not review.fails:
        yield "the file was not valid before: all of its traffic counts as newly allowed"


def _of_topology(review: Review, quote: Quote) -> Iterator[str]:
    found = review.changes
    yield from _internet(review, quote)
    yield from _endpoints(review, quote)
    of_sites: dict[str, list[str]] = {}
    for each in found.declared.addresses:
        if each.with_site:
            of_sites.setdefault(each.with_site, []).append(
                f"{each.what} {_written(each.after or each.before, quote)}"
            )
        else:
            yield _address_change(each, quote)
    renamed = _looks_renamed(found)
    for each in found.declared.sites:
        if each.name in renamed:
            continue
        own = "; ".join(of_sites.get(each.name, ()))
        yield f"site {quote(each.name)} {each.edit}" + (f": {own}" if own else "")
    yield from _of_servers(review, quote)
    yield from (
        f"{each.what} {quote(each.old)} renamed to {quote(each.new)}" for each in found.renamed
    )
    yield from (each.text(quote) for each in found.without_id)


def _endpoints(review: Review, quote: Quote) -> Iterator[str]:
    """Another endpoint snapshot, and what it changes in rules."""
    found = review.changes.declared.endpoints
    if found is None:
        return
    texts = [
        f"{each.set.label} {' and '.join(_gained_and_lost(each.added, each.removed))}"
        for each in found.sets
    ]
    rules = "; ".join(texts) or "no rule changes"
    if found.before == found.after:
        yield f"the endpoint snapshot {quote(found.after)} has other content: {rules}"
        return
    yield f"the endpoint snapshot changes from {quote(found.before)} to {quote(found.after)}: {rules}"


def _gained_and_lost(added: int, removed: int) -> Iterator[str]:
    for number, verb in ((added, "gains"), (removed, "loses")):
        if number:
            yield f"{verb} {counted(number, 'range')}"


def _of_servers(review: Review, quote: Quote) -> Iterator[str]:
    found = review.changes
    # Servers with equal texts are in one line: role, what is before and after "to each".
    alike: dict[tuple[str, str, str], list[str]] = {}
    for each in found.comes:
        site = f" in site {quote(each.site)}" if each.site else ""
        groups = f": attach {counted(each.groups, 'group')}" if each.groups else ""
        key = (each.role, f"added{site}{groups}", _edgesync(review, each, quote))
        alike.setdefault(key, []).append(quote(each.name))
    for each in found.goes:
        alike.setdefault((each.role, "removed", ""), []).append(quote(each.name))
    for several, edit in (
        (found.moves, "has another address"),
        (found.regrouped, "changes groups"),
    ):
        for each in several:
            alike.setdefault(("", f"{edit}: {quote(each.summary)}", ""), []).append(
                quote(each.name)
            )
    same = found.same_traffic and not any(done for _, done in review.operations)
    unchanged = ", no rule changes" if same else ""
    for each in found.upgraded:
        alike.setdefault(("", f"has another version: {each.summary}{unchanged}", ""), []).append(
            quote(each.name)
        )
    for (role, text, more), names in alike.items():
        each_of = " to each" if len(names) > 1 and "attach" in text and role else ""
        verb, _, rest = text.partition(" ")
        verb = _PLURAL.get(verb, verb) if len(names) > 1 else verb
        yield f"{role} {_servers(names)} {verb} {rest}{each_of}{more}".strip()


_PLURAL: Final = {"has": "have", "changes": "change"}


def _edgesync(review: Review, server: ServerNote, quote: Quote) -> str:
    """What somebody has to do for EdgeSync with a new server."""
    texts: dict[str, None] = {}
    for change in review.changes.opened:
        if not any(reason.entry == _EDGESYNC for reason in change.reasons):
            continue
        if server.name in change.source.servers:
            edges = _few(list(map(quote, change.destination.servers)))
            texts[f"renew the Edge subscription of {edges} for EdgeSync"] = None
        elif server.name in change.destination.servers:
            texts[f"create an Edge subscription to site {quote(server.site)} for EdgeSync"] = None
    return "".join(f"; {each}" for each in texts)


def _internet(review: Review, quote: Quote) -> Iterator[str]:
    declared = review.changes.declared
    if declared.internet_added:
        addresses = _written(declared.internet_added, quote)
        yield f"{addresses} now counts as the Internet (private_blocks)"
    if declared.internet_removed:
        addresses = _written(declared.internet_removed, quote)
        yield f"{addresses} no longer counts as the Internet (private_blocks)"


def _address_change(change: AddressChange, quote: Quote) -> str:
    what = f"{change.what} of {quote(change.of)}" if change.of else change.what
    if change.of and change.kind in (
        EndpointKind.CLIENTS,
        EndpointKind.RELAY,
        EndpointKind.WITNESS,
        EndpointKind.IP_GATEWAY,
        EndpointKind.FAX_PARTNER_SERVER,
    ):
        what = f"{change.what} {quote(change.of)}"
    if change.added and change.removed:
        sides = (_written(each, quote) for each in (change.removed, change.added))
        return f"{what}: {' → '.join(sides)}"
    edit, addresses = ("added", change.added) if change.added else ("removed", change.removed)
    if change.before and change.after:
        return f"{what}: {_written(addresses, quote)} {edit}"
    return f"{what} {edit}: {_written(addresses, quote)}"


def _written(addresses: AddressSet, quote: Quote) -> str:
    few_enough = len(addresses.spans) <= MOST
    return quote(str(addresses)) if few_enough else counted(len(addresses.prefixes()), "range")


# ---- the update of one stack ----


def update(review: Review, quote: Quote = printable) -> list[str]:
    """How the update of one stack is made without blocking required traffic or allowing other traffic."""
    return [_capital(each) for each in _of_update(review, quote)]


def _of_update(review: Review, quote: Quote) -> Iterator[str]:
    yield from map(quote, review.unlisted)
    found = review.update
    if found is None:
        return
    if found.clean:
        if found.moves or any(done for _, done in review.operations):
            yield "the update needs one step: no traffic is blocked or allowed temporarily"
        return
    passing = Counter(issue.effect for issue in found.at_once.issues)
    for effect, number in passing.items():
        yield (
            f"in an update in one step, traffic is {_PASSING[effect]} temporarily "
            f"({counted(number, 'case')})"
        )
    for each in found.refused:
        yield f"an update in one step is over a limit temporarily: {quote(each.summary)}"
    if held := [*found.held_zones, *found.held]:
        yield f"groups that servers of another stack may still be in: {quote(few(held))}"
    if found.replaced:
        yield f"groups that would be replaced: {quote(few(list(found.replaced)))}"
    if found.steps is None:
        yield "no sequence of phases was found that avoids this"
    else:
        phases = [step.phase.value for step in found.steps]
        yield f"an update in {counted(len(phases), 'phase')} avoids this: {', '.join(phases)}"


_PASSING: Final = {Passing.CUT: "blocked", Passing.OPEN: "allowed"}
