"""What one topology lets through and another does not, filter by filter, as boxes of servers.

Servers that are in the same groups before, and in the same after, are one class: their filters change
alike. For each class only what its flows newly name is looked at, and held against all that its filter
allowed before, so what another flow allowed already is no change. In a phase of a rollout the rules that stand
decide how much of what flows name is allowed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from exchange_ports.clouds import cloud, declared_by_platform
from exchange_ports.clouds.base import PlatformTraffic
from exchange_ports.differences.change import AlreadyAllowed, Cause, Effect
from exchange_ports.differences.standing import Filters, Standing
from exchange_ports.findings import Path
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.flow_index import WAYS, FlowIndex, PeerTraffic, Way
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import (
    ExchangeServer,
    ServerPair,
    addresses_of,
)
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import ANY_PORTS
from exchange_ports.traffic.regroup import regroup
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic


class Snapshot:
    """What stands at one time, as it is compared."""

    def __init__(self, standing: Standing, servers: Iterable[ExchangeServer]) -> None:
        """Index the flows, with these servers at their addresses."""
        self.plans = standing.plans
        self.servers = tuple(servers)
        self.flows = FlowIndex(standing.flows, standing.members(self.servers))
        self.filters = Filters(standing, self.servers)

    def declared_at(self, flow: Flow, reasons: Iterable[Reason]) -> Iterator[Path]:
        """The fields that ask for a flow."""
        if not any(map(declared_by_platform, flow.reasons)):
            for reason in reasons:
                yield from self.plans.origins.of(flow, reason)


def of_platform(group: Group, needed: PlatformTraffic) -> PeerTraffic:
    """What a platform needs every filter to allow, beside the flows."""
    flow = Flow(needed.source, group, ANY_PORTS, (needed.reason,))
    return PeerTraffic(needed.addresses, ServiceSet.of(ANY_PORTS, 4), flow)


def platform_needs(server: ExchangeServer | None) -> tuple[PlatformTraffic, ...]:
    """What the platform of a server's network needs its filter to allow."""
    if server is None or not server.managed:
        return ()
    return cloud(server.platform).platform_traffic


@dataclass(frozen=True, slots=True)
class ChangedTraffic:
    """A box of one flow or of several that say the same."""

    effect: Effect
    cause: Cause
    sources: AddressSet
    destinations: AddressSet
    services: ServiceSet
    ways: frozenset[Way]
    reasons: frozenset[Reason]
    about: frozenset[ExchangeServer]
    source_ends: frozenset[Group | ExternalEndpoint]
    destination_ends: frozenset[Group | ExternalEndpoint]
    source_role: str
    destination_role: str
    #: The fields that ask for it, in order.
    asked: dict[Path, None] = field(compare=False)
    already: frozenset[AlreadyAllowed] = frozenset()


@dataclass(frozen=True, slots=True)
class _Class:
    """Servers whose filters change alike: they are in the same groups, before and after."""

    before: tuple[ExchangeServer, ...]
    after: tuple[ExchangeServer, ...]
    addresses: AddressSet
    moved: bool

    @property
    def added(self) -> bool:
        """Whether they were not there, or their filters are ours only now."""
        return not self.before or (self.after[0].managed and not self.before[0].managed)

    @property
    def groups_before(self) -> tuple[Group, ...]:
        return () if self.added else self.before[0].groups

    @property
    def changed(self) -> bool:
        """Whether they are in other groups than before, or were added."""
        groups = [set(several[0].groups) if several else set[Group]() for several in self.sides]
        return self.added or groups[0] != groups[1]

    @property
    def sides(self) -> tuple[tuple[ExchangeServer, ...], tuple[ExchangeServer, ...]]:
        return (self.before, self.after)


class _Candidate(NamedTuple):
    """What a flow newly names, and for which reasons."""

    asks: PeerTraffic
    addresses: AddressSet
    reasons: tuple[Reason, ...]
    #: Whether the flow named it before too, and only the reasons are new.
    only_reasons: bool


def compare_traffic(
    old: Snapshot, new: Snapshot, pairs: Sequence[ServerPair], *, cut: bool
) -> list[ChangedTraffic]:
    """What `new` lets through and `old` does not; and what both do, for reasons that only `new` has.

    With `cut` the sides have changed places: what the first side lets through is newly cut.
    """
    turned = [ServerPair(pair.after, pair.before) for pair in pairs] if cut else list(pairs)
    found = list(_Comparison(old, new, turned, cut=cut).rows())
    return _joined(_both_ends(found))


class _Comparison:
    def __init__(
        self, old: Snapshot, new: Snapshot, pairs: Iterable[ServerPair], *, cut: bool
    ) -> None:
        self._old, self._new, self._cut = old, new, cut
        #: Whether flows alone do not say what is allowed on either side.
        self._by_rules = old.filters.decide or new.filters.decide
        self._classes = tuple(_classes(pairs, apart=self._by_rules))
        self._members: dict[Group, list[_Class]] = defaultdict(list)
        for each in self._classes:
            for group in each.after[0].groups:
                self._members[group].append(each)
        self._candidates: dict[tuple[Group, Way], tuple[_Candidate, ...]] = {}

    def rows(self) -> Iterator[ChangedTraffic]:
        for each in self._classes:
            if each.after[0].managed:
                for way in WAYS:
                    yield from self._of_class(each, way)

    def _of_class(self, own: _Class, way: Way) -> Iterator[ChangedTraffic]:
        candidates = [
            candidate
            for group in own.after[0].groups
            for candidate in self._of_group(
                group, way, known=group in own.groups_before and not self._by_rules
            )
        ]
        here, there = (several[0] if several else None for several in (own.after, own.before))
        needs, needed = (platform_needs(each) if way == "in" else () for each in (here, there))
        for need in needs:
            if need in needed:
                continue
            asks = of_platform(own.after[0].groups[0], need)
            candidates.append(_Candidate(asks, asks.addresses, asks.flow.reasons, False))
        if not candidates:
            return
        interest = AddressSet()
        for candidate in candidates:
            interest |= candidate.addresses
        before = [
            asks for group in own.groups_before for asks in self._old.flows.of_group(group, way)
        ]
        passed = _traffic(before, interest)
        if own.before:
            passed = self._old.filters.allowed(own.before[0], way, passed)
        # What a platform always needs was allowed before: no flow opens it.
        always = _traffic([of_platform(own.after[0].groups[0], need) for need in needed], interest)
        for candidate in candidates:
            named = Traffic.of([(candidate.addresses, candidate.asks.services)])
            named = self._new.filters.allowed(own.after[0], way, named)
            if not candidate.only_reasons:
                opened = named - passed - always
                yield from self._boxes(own, way, candidate, opened, Effect.OPENED)
            kept = named & passed
            if kept:
                yield from self._reasons(own, way, candidate, kept, before)

    def _reasons(
        self, own: _Class, way: Way, candidate: _Candidate, kept: Traffic, before: list[PeerTraffic]
    ) -> Iterator[ChangedTraffic]:
        at = kept.addresses()
        for reason in candidate.reasons:
            known = _traffic((asks for asks in before if _has(asks.flow, reason)), at)
            one = candidate._replace(reasons=(reason,))
            yield from self._boxes(own, way, one, kept - known, Effect.REASON)

    def _of_group(self, group: Group, way: Way, *, known: bool) -> tuple[_Candidate, ...]:
        """What the flows of a group newly name; all of it for those that were not in it."""
        asked = self._new.flows.of_group(group, way)
        if not known:
            return tuple(_Candidate(a, a.addresses, a.flow.reasons, False) for a in asked)
        if (group, way) not in self._candidates:
            self._candidates[group, way] = tuple(self._newly(group, way, asked))
        return self._candidates[group, way]

    def _newly(self, group: Group, way: Way, asked: Iterable[PeerTraffic]) -> Iterator[_Candidate]:
        before = {(asks.flow, asks.services): asks for asks in self._old.flows.of_group(group, way)}
        for asks in asked:
            same = before.get((asks.flow, asks.services))
            if same is None:
                yield _Candidate(asks, asks.addresses, asks.flow.reasons, False)
                continue
            if asks.addresses != same.addresses:
                more = asks.addresses - same.addresses
                if more:
                    yield _Candidate(asks, more, asks.flow.reasons, False)
            reasons = tuple(r for r in asks.flow.reasons if not _has(same.flow, r))
            both = asks.addresses & same.addresses if reasons else AddressSet()
            if both:
                yield _Candidate(asks, both, reasons, True)

    def _boxes(
        self, own: _Class, way: Way, candidate: _Candidate, found: Traffic, effect: Effect
    ) -> Iterator[ChangedTraffic]:
        flow = candidate.asks.flow
        peer = flow.destination if way == "out" else flow.source
        mine = flow.source if way == "out" else flow.destination
        for addresses, services in found.groups():
            for theirs, other in self._by_class(peer, addresses):
                cause, about = self._because(own, other)
                sources, targets = (
                    (own.addresses, theirs) if way == "out" else (theirs, own.addresses)
                )
                ends = (mine, peer) if way == "out" else (peer, mine)
                yield ChangedTraffic(
                    effect,
                    cause,
                    sources,
                    targets,
                    services,
                    frozenset([way]),
                    frozenset(candidate.reasons),
                    about,
                    frozenset([ends[0]]),
                    frozenset([ends[1]]),
                    _role(ends[0]),
                    _role(ends[1]),
                    dict.fromkeys(self._new.declared_at(flow, candidate.reasons)),
                )

    def _by_class(
        self, peer: Group | ExternalEndpoint, addresses: AddressSet
    ) -> Iterator[tuple[AddressSet, _Class | None]]:
        """Addresses of servers class by class, so that both ends of a flow say the same boxes.

        Without a class are ends outside, and servers that are not there at the moment.
        """
        rest = addresses
        several: Iterable[_Class] = ()
        if isinstance(peer, Group):
            # Rules may have the address of a server whose groups are not attached to it yet.
            several = self._classes if self._by_rules else self._members[peer]
        for other in several:
            here = addresses & other.addresses
            if here:
                yield here, other
                rest -= here
        if rest:
            yield rest, None

    def _because(
        self, own: _Class, other: _Class | None
    ) -> tuple[Cause, frozenset[ExchangeServer]]:
        both = [each for each in (own, other) if each is not None]
        comes = Cause.GOES if self._cut else Cause.COMES
        for cause, who in (
            (comes, [each for each in both if each.added]),
            (Cause.ADDRESS, [each for each in both if each.moved]),
            (Cause.DECLARED, [each for each in both if each.changed]),
        ):
            if who:
                return cause, frozenset(server for each in who for server in each.after)
        return Cause.DECLARED, frozenset()


def _classes(pairs: Iterable[ServerPair], *, apart: bool) -> Iterator[_Class]:
    """The classes of servers; each server alone where they are to stay `apart`."""
    found: dict[object, list[ServerPair]] = defaultdict(list)
    for pair in pairs:
        if pair.after is None:
            continue
        moved = pair.before is not None and pair.before.addresses != pair.after.addresses
        alone = pair.after.identity if apart else ""
        found[_state(pair.before), _state(pair.after), moved, alone].append(pair)
    for several in found.values():
        after = tuple(pair.after for pair in several if pair.after is not None)
        before = tuple(pair.before for pair in several if pair.before is not None)
        moved = bool(before) and before[0].addresses != after[0].addresses
        yield _Class(before, after, addresses_of(after), moved)


def _state(server: ExchangeServer | None) -> object:
    return None if server is None else (server.platform, server.groups)


def _has(flow: Flow, reason: Reason) -> bool:
    """Whether a flow has a reason. That another version of Exchange has it in another article is no change."""
    return any(reason.matches(each) for each in flow.reasons)


def _traffic(asked: Iterable[PeerTraffic], within: AddressSet) -> Traffic:
    pairs = ((asks.addresses & within, asks.services) for asks in asked)
    return Traffic.of((addresses, services) for addresses, services in pairs if addresses)


def _both_ends(rows: Iterable[ChangedTraffic]) -> Iterator[ChangedTraffic]:
    """What a server that is added or removed has with another, in one row, whatever each end allowed already.

    An address may be allowed before a server has it: clients from any address, for one.
    """
    alike: dict[ChangedTraffic, list[ChangedTraffic]] = defaultdict(list)
    for row in rows:
        if row.cause is Cause.DECLARED:
            yield row
        elif row.effect is not Effect.REASON:
            # Only their reasons are new where an address passed before: no news beside the server.
            alike[replace(row, services=ServiceSet(), ways=frozenset())].append(row)
    for several in alike.values():
        (whole,) = _regrouped(several, "services", "ways")
        already: set[AlreadyAllowed] = set()
        for way in whole.ways:
            missing = whole.services
            for row in several:
                if way in row.ways:
                    missing -= row.services
            if missing:
                already.add(AlreadyAllowed(way, whole.sources, whole.destinations, missing))
        yield replace(whole, already=frozenset(already))


def _joined(rows: Iterable[ChangedTraffic]) -> list[ChangedTraffic]:
    """As few rows as say the same: ways, then services, then sources, then destinations."""
    found = list(rows)
    for columns in _TOGETHER:
        found = _regrouped(found, *columns)
    return found


def _regrouped(rows: Iterable[ChangedTraffic], *columns: str) -> list[ChangedTraffic]:
    return regroup(rows, *columns, "already", "asked")


#: What may differ in each turn, and is put together.
_TOGETHER: Final = (
    ("ways",),
    ("reasons",),
    ("services",),
    ("sources", "source_ends", "about"),
    ("destinations", "destination_ends", "about"),
    ("sources", "source_ends", "about"),
)


def _role(end: Group | ExternalEndpoint) -> str:
    """An end outside keeps its own row; servers of one role join, and so do neighbors of one kind."""
    if isinstance(end, Group):
        return str(end.kind)
    joins = end.unrestricted and end.kind is not EndpointKind.GROUP
    return f"any {end.kind}" if joins else end.name
