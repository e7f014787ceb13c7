"""Everything in which two topologies differ for those who read a pull request."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from exchange_ports.differences.change import AlreadyAllowed, Cause, Change, Effect
from exchange_ports.differences.endpoint_text import EndpointText
from exchange_ports.differences.traffic_diff import ChangedTraffic, Snapshot, compared
from exchange_ports.findings import Path
from exchange_ports.flows import in_order as reasons_in_order
from exchange_ports.flows.flow_index import WAYS
from exchange_ports.planning import Plans
from exchange_ports.topology.groups import identity
from exchange_ports.topology.inventory import (
    ExchangeServer,
    ServerPair,
    match_servers,
    with_addresses,
)


@dataclass(frozen=True, slots=True)
class Renamed:
    """Something that has another key and is the same: by its `id`, or by its address."""

    what: str
    old: str
    new: str
    path: Path


@dataclass(frozen=True, slots=True)
class ServerNote:
    """A server that comes, goes, or has another address or other groups: what of it, in words."""

    name: str
    summary: str
    path: Path


@dataclass(frozen=True, slots=True)
class TopologyDiff:
    """What is newly let through, newly cut, and let through for another reason; the worst first."""

    all: tuple[Change, ...]
    comes: tuple[ServerNote, ...] = ()
    goes: tuple[ServerNote, ...] = ()
    #: Whoever changes its address.
    moves: tuple[ServerNote, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    #: Whoever stays and wears other groups: they are to be attached and taken off.
    regrouped: tuple[ServerNote, ...] = ()

    def of(self, *effects: Effect) -> tuple[Change, ...]:
        """Those with one of these effects."""
        return tuple(change for change in self.all if change.effect in effects)

    @property
    def opened(self) -> tuple[Change, ...]:
        """What is newly let through."""
        return self.of(Effect.OPENED)

    @property
    def cut(self) -> tuple[Change, ...]:
        """What is newly cut."""
        return self.of(Effect.CUT)

    @property
    def same_traffic(self) -> bool:
        """Whether exactly the same passes."""
        return not self.of(Effect.OPENED, Effect.CUT)


def diff_plans(old: Plans | None, new: Plans | None) -> TopologyDiff:
    """What passes in one and not in the other. Without one of them it is all new, or all cut.

    Exact and pure; the same topologies give the same changes in the same order.
    """
    if old is None or new is None:
        there = old or new
        if there is None:
            return TopologyDiff(())
        found = pairs(there, there)
        if old is None:
            return _changes(_nobody(there), there, [ServerPair(None, each.after) for each in found])
        return _changes(there, _nobody(there), [ServerPair(each.before, None) for each in found])
    return _changes(old, new, pairs(old, new))


def pairs(old: Plans, new: Plans) -> tuple[ServerPair, ...]:
    """Every server, matched by identity, and then, in one network, by its addresses.

    A server that declares no address keeps the one that it declares at the other time, or gets one
    that no other server has.
    """
    found = match_servers(old.inventory.servers, new.inventory.servers)
    found.sort(key=lambda pair: [one.name for one in reversed(pair) if one is not None])
    return tuple(with_addresses(found, keep_ipv6=False))


def _nobody(plans: Plans) -> Plans:
    """The same organization with no server and no flow."""
    return replace(plans, flows=(), networks={}, warnings=())


def _changes(old: Plans, new: Plans, found: Iterable[ServerPair]) -> TopologyDiff:
    matched = tuple(found)
    before = Snapshot(old, (pair.before for pair in matched if pair.before is not None))
    after = Snapshot(new, (pair.after for pair in matched if pair.after is not None))
    opened = compared(before, after, matched, cut=False)
    cut = compared(after, before, matched, cut=True)
    made = [
        *_made(opened, EndpointText(after), Effect.OPENED),
        *_made(cut, EndpointText(before), Effect.CUT),
        *_reasons(opened, cut, EndpointText(after)),
    ]
    return TopologyDiff(
        tuple(sorted(made, key=_worst_first)),
        tuple(_moved(pair.after) for pair in matched if pair.before is None and pair.after),
        tuple(_moved(pair.before) for pair in matched if pair.after is None and pair.before),
        tuple(_addresses_changed(matched)),
        tuple(_renamed(old, new, matched)),
        tuple(_regrouped(matched)),
    )


_EFFECTS: Final = tuple(Effect)
_CAUSES: Final = tuple(Cause)


def _worst_first(change: Change) -> tuple[object, ...]:
    return (
        _EFFECTS.index(change.effect),
        change.rank,
        _CAUSES.index(change.cause),
        change.destination.zone,
        change.source.summary,
        change.destination.summary,
        str(change.services),
        change.source.addresses.spans,
        change.destination.addresses.spans,
        change.ways,
    )


def _made(pieces: Iterable[ChangedTraffic], ends: EndpointText, effect: Effect) -> Iterator[Change]:
    for piece in pieces:
        if piece.effect is Effect.OPENED:
            yield _change(piece, ends, effect)


def _change(piece: ChangedTraffic, ends: EndpointText, effect: Effect) -> Change:
    ways = tuple(way for way in WAYS if way in piece.ways)
    about = sorted(piece.about, key=lambda server: server.name)
    # First who makes the change, then what asks for the traffic.
    asked = dict.fromkeys((*(server.path for server in about), *piece.asked))
    return Change(
        effect,
        piece.cause,
        ends.end(piece.source_ends, piece.sources),
        ends.end(piece.destination_ends, piece.destinations),
        piece.services,
        ways,
        reasons_in_order(piece.reasons),
        about=tuple(server.name for server in about),
        asked=tuple(asked),
        already=tuple(sorted(piece.already, key=_spans)),
    )


def _spans(already: AlreadyAllowed) -> tuple[object, ...]:
    where = (already.sources.spans, already.destinations.spans)
    return (already.way, *where, already.services.spans)


def _reasons(
    gained: Iterable[ChangedTraffic], lost: Iterable[ChangedTraffic], ends: EndpointText
) -> Iterator[Change]:
    """Traffic that passes for other reasons; where some come and some go, in one."""
    went: dict[object, ChangedTraffic] = {
        _box(piece): piece for piece in lost if piece.effect is Effect.REASON
    }
    for piece in gained:
        if piece.effect is Effect.REASON:
            former = went.pop(_box(piece), None)
            change = _change(piece, ends, Effect.REASON)
            yield replace(
                change, former=reasons_in_order(former.reasons) if former is not None else ()
            )
    for piece in went.values():
        change = _change(piece, ends, Effect.REASON)
        yield replace(change, reasons=(), former=change.reasons, asked=())


def _box(piece: ChangedTraffic) -> object:
    return (piece.sources, piece.destinations, piece.services, piece.ways)


def _moved(server: ExchangeServer) -> ServerNote:
    summary = "perimeter" if server.in_perimeter else server.groups[0].network
    kinds = {group.kind.partition("-")[0] for group in server.groups}
    roles = ("client", "Client Access"), ("mailbox", "Mailbox"), ("edge", "Edge Transport")
    role = " and ".join(name for kind, name in roles if kind in kinds)
    return ServerNote(server.name, f"{role}, {summary}", server.path)


def _addresses_changed(found: Iterable[ServerPair]) -> Iterator[ServerNote]:
    for pair in found:
        if pair.before and pair.after and pair.before.addresses != pair.after.addresses:
            was, now = (
                ", ".join(map(str, one.addresses)) if one.has_address else "no address declared"
                for one in (pair.before, pair.after)
            )
            yield ServerNote(pair.after.name, f"{was} before, {now} now", pair.after.path)


def _regrouped(found: Iterable[ServerPair]) -> Iterator[ServerNote]:
    for pair in found:
        if not (pair.before and pair.after and pair.after.managed):
            continue
        was, now = ({group.key for group in one.groups} for one in (pair.before, pair.after))
        said = [
            f"{verb} {', '.join(sorted(keys))}"
            for verb, keys in (("now wears", now - was), ("no longer", was - now))
            if keys
        ]
        if said:
            yield ServerNote(pair.after.name, ", ".join(said), pair.after.path)


def _renamed(old: Plans, new: Plans, found: Iterable[ServerPair]) -> Iterator[Renamed]:
    for field in ("networks", "sites"):
        before = {identity(k, each): k for k, each in getattr(old.topology, field).items()}
        for key, each in getattr(new.topology, field).items():
            was = before.get(identity(key, each), key)
            if was != key:
                yield Renamed(field.removesuffix("s"), was, key, (field, key))
    for pair in found:
        if pair.before and pair.after and pair.before.name != pair.after.name:
            yield Renamed("server", pair.before.name, pair.after.name, pair.after.path)
