"""Everything in which two topologies differ for those who read a pull request, with every end in words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from exchange_ports.clouds import platform_traffic
from exchange_ports.differences.change import (
    AlreadyAllowed,
    Cause,
    Change,
    ChangeEndpoint,
    Effect,
    EndpointZone,
)
from exchange_ports.differences.declaration_diff import SAME, DeclarationDiff, diff_declarations
from exchange_ports.differences.standing import Standing
from exchange_ports.differences.traffic_diff import ChangedTraffic, Snapshot, compare_traffic
from exchange_ports.findings import Path
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows import in_order as reasons_in_order
from exchange_ports.flows.flow_index import WAYS, Way
from exchange_ports.flows.labels import outside_label, role_of, roles_label
from exchange_ports.planning import Plans
from exchange_ports.topology.groups import EDGE_KINDS, Group, ServerRole, identity
from exchange_ports.topology.inventory import (
    ExchangeServer,
    ServerPair,
    addresses_of,
    match_servers,
    with_addresses,
)
from exchange_ports.topology.models import PRIVATE_BLOCKS
from exchange_ports.topology.renames import RenamedWithoutId, renamed_without_id
from exchange_ports.topology.risk import NEVER_PUBLIC, Position, ZoneMap
from exchange_ports.traffic.addresses import GLOBAL_UNICAST, AddressSet, network

_V4: Final = AddressSet.of([network("0.0.0.0/0")])
#: An organization's own IPv6 addresses are global as well: only who names most of them names the
#: Internet.
_MOST_OF_V6: Final = 2**124


class EndpointText:
    """How the ends of one topology are called, and where they stand."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Know who is there."""
        topology = snapshot.plans.topology
        self._snapshot = snapshot
        networks = topology.networks.values()
        self._zones = ZoneMap(topology)
        self._perimeter = AddressSet.of(r for each in networks for r in each.perimeter)
        ours = AddressSet.of(r for each in networks for r in (*each.internal, *each.perimeter))
        blocks = AddressSet.of(topology.private_blocks)
        self._public = _V4 - ours - blocks - _RFC1918 - NEVER_PUBLIC
        self._inside = (ours | blocks) - self._perimeter

    def end(
        self, ends: Iterable[Group | ExternalEndpoint], addresses: AddressSet
    ) -> ChangeEndpoint:
        """One end, of all that it was put together from."""
        inventory = self._snapshot.plans.inventory
        groups = [end for end in ends if isinstance(end, Group)]
        outside = sorted({end for end in ends if isinstance(end, ExternalEndpoint)})
        whole = AddressSet()
        for end in outside:
            whole |= self._snapshot.flows.end(end)
        # In a phase, rules may have the address of a server whose groups are not attached to it yet.
        by_address = addresses - whole if groups else AddressSet()
        members = [
            server
            for server in self._snapshot.servers
            if _has(by_address, server)
            or (set(groups) & set(server.groups) and _has(addresses, server))
        ]
        names = tuple(sorted(dict.fromkeys(server.name for server in members)))
        positions = self._positions(members, outside, addresses)
        # Of a group of which no server is there, the kind tells where its servers are.
        absent = bool(groups) and bool(addresses - addresses_of(members))
        if absent:
            positions |= {
                Position.PERIMETER if g.kind in EDGE_KINDS else Position.INSIDE for g in groups
            }
        if groups:
            perimeter = any(server.in_perimeter for server in members)
            if absent and not members:
                perimeter = all(group.kind in EDGE_KINDS for group in groups)
            zone = "perimeter" if perimeter else "inside"
        elif all(any(end == each.source for each in platform_traffic()) for end in outside):
            # A public address that only the platform's own host has.
            zone, positions = "outside", frozenset[Position]()
        else:
            zone = self._zone(addresses)
        parts = [
            *roles_label(groups, inventory),
            *outside_label(outside, addresses, _but_probes(whole - addresses)),
        ]
        kinds = {role_of(group, inventory) for group in groups}
        role = "" if not kinds else kinds.pop() if len(kinds) == 1 else "Exchange"
        inside = zone == "inside" or bool(addresses & self._inside)
        declared_as = frozenset(end.kind for end in outside)
        return ChangeEndpoint(
            zone, "; ".join(parts), names, addresses, role, inside, positions, declared_as
        )

    def _positions(
        self,
        members: Iterable[ExchangeServer],
        outside: Iterable[ExternalEndpoint],
        addresses: AddressSet,
    ) -> frozenset[Position]:
        """Where an end is: servers of ours in their zones, all others by their addresses."""
        found: set[Position] = set()
        for server in members:
            if not server.managed:
                found |= self._zones.positions(server.address_set)
            else:
                found.add(Position.PERIMETER if server.is_edge else Position.INSIDE)
        for end in outside:
            here = addresses & self._snapshot.flows.end(end)
            found |= self._zones.positions(here, every_protocol=end.unrestricted)
        return frozenset(found)

    def _zone(self, addresses: AddressSet) -> EndpointZone:
        if addresses & self._public or (addresses & _GLOBAL).size >= _MOST_OF_V6:
            return "Internet"
        return "perimeter" if addresses & self._perimeter else "outside"


_RFC1918: Final = AddressSet.of(PRIVATE_BLOCKS)
_GLOBAL: Final = AddressSet.of([GLOBAL_UNICAST])


def _but_probes(missing: AddressSet) -> AddressSet:
    """Without the platforms' own hosts, which are allowed anyway: that is no part of a word."""
    if missing:
        for each in platform_traffic():
            missing -= each.addresses
    return missing


def _has(addresses: AddressSet, server: ExchangeServer) -> bool:
    return any(own in addresses for own in server.addresses)


@dataclass(frozen=True, slots=True)
class Renamed:
    """Something that has another key and is the same: by its `id`, or by its address."""

    what: str
    old: str
    new: str
    path: Path


@dataclass(frozen=True, slots=True)
class ServerNote:
    """A server that is added or removed, or has another address or other groups: what of it, in words."""

    name: str
    summary: str
    path: Path
    #: "Mailbox", "Client Access and Mailbox", "Edge Transport".
    role: str = ""
    #: The key of its site; empty where it has none.
    site: str = ""
    #: How many groups are attached to it; 0 where its filtering is not ours.
    groups: int = 0


@dataclass(frozen=True, slots=True)
class TopologyDiff:
    """What is newly let through, newly cut, and let through for another reason; the worst first."""

    all: tuple[Change, ...]
    comes: tuple[ServerNote, ...] = ()
    goes: tuple[ServerNote, ...] = ()
    #: Whoever changes its address.
    moves: tuple[ServerNote, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    #: Servers that stay and are in other groups: these are to be attached or detached.
    regrouped: tuple[ServerNote, ...] = ()
    #: What looks renamed, and would keep its groups by an `id`.
    without_id: tuple[RenamedWithoutId, ...] = ()
    #: The edits of the declaration from which traffic follows.
    declared: DeclarationDiff = SAME
    #: Servers of another version of Exchange than before.
    upgraded: tuple[ServerNote, ...] = ()

    def of(self, *effects: Effect) -> tuple[Change, ...]:
        """Those with one of these effects."""
        return tuple(change for change in self.all if change.effect in effects)

    def with_changes(self, more: Iterable[Change]) -> "TopologyDiff":
        """The same with more changes, the worst first."""
        return replace(self, all=tuple(sorted((*self.all, *more), key=_worst_first)))

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
    return diff_standing(*(None if plans is None else Standing.of(plans) for plans in (old, new)))


def diff_standing(old: Standing | None, new: Standing | None) -> TopologyDiff:
    """The same of what stands at two times: a topology, or a phase of a rollout."""
    if old is None or new is None:
        there = old or new
        if there is None:
            return TopologyDiff(())
        found = matched_servers(there.servers, there.servers)
        nothing = replace(there, flows=(), servers=(), absent=(), rules=None)
        if old is None:
            return _changes(nothing, there, [ServerPair(None, each.after) for each in found])
        return _changes(there, nothing, [ServerPair(each.before, None) for each in found])
    return _changes(old, new, matched_servers(old.servers, new.servers))


def pairs(old: Plans, new: Plans) -> tuple[ServerPair, ...]:
    """The servers of two topologies, matched."""
    return matched_servers(old.inventory.servers, new.inventory.servers)


def matched_servers(
    old: Iterable[ExchangeServer], new: Iterable[ExchangeServer]
) -> tuple[ServerPair, ...]:
    """Every server, matched by identity, and then, in one network, by its addresses.

    A server that declares no address keeps the one that it declares at the other time, or gets one
    that no other server has.
    """
    found = match_servers(old, new)
    found.sort(key=lambda pair: [one.name for one in reversed(pair) if one is not None])
    return tuple(with_addresses(found, keep_ipv6=False))


def _changes(old: Standing, new: Standing, matched: Sequence[ServerPair]) -> TopologyDiff:
    before = Snapshot(old, (pair.before for pair in matched if pair.before is not None))
    after = Snapshot(new, (pair.after for pair in matched if pair.after is not None))
    opened = compare_traffic(before, after, matched, cut=False)
    cut = compare_traffic(after, before, matched, cut=True)
    made = [
        *_made(opened, EndpointText(after), Effect.OPENED),
        *_made(cut, EndpointText(before), Effect.CUT),
        *_reasons(opened, cut, EndpointText(after)),
    ]
    was, now = old.plans, new.plans
    return TopologyDiff(
        tuple(sorted(made, key=_worst_first)),
        tuple(_moved(pair.after) for pair in matched if pair.before is None and pair.after),
        tuple(_moved(pair.before) for pair in matched if pair.after is None and pair.before),
        tuple(_addresses_changed(matched)),
        tuple(_renamed(was, now, matched)),
        tuple(_regrouped(matched)),
        renamed_without_id(was.inventory, now.inventory),
        diff_declarations(was, now),
        tuple(_upgraded(matched)),
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


def _made(rows: Iterable[ChangedTraffic], ends: EndpointText, effect: Effect) -> Iterator[Change]:
    for row in rows:
        if row.effect is Effect.OPENED:
            yield _change(row, ends, effect)


def _change(row: ChangedTraffic, ends: EndpointText, effect: Effect) -> Change:
    ways: tuple[Way, ...] = tuple(way for way in WAYS if way in row.ways)
    about = sorted(row.about, key=lambda server: server.name)
    # First who makes the change, then what asks for the traffic.
    asked = dict.fromkeys((*(server.path for server in about), *row.asked))
    return Change(
        effect,
        row.cause,
        ends.end(row.source_ends, row.sources),
        ends.end(row.destination_ends, row.destinations),
        row.services,
        ways,
        reasons_in_order(row.reasons),
        about=tuple(server.name for server in about),
        asked=tuple(asked),
        already=tuple(sorted(row.already, key=_spans)),
    )


def _spans(already: AlreadyAllowed) -> tuple[object, ...]:
    where = (already.sources.spans, already.destinations.spans)
    return (already.way, *where, already.services.spans)


def _reasons(
    gained: Iterable[ChangedTraffic], lost: Iterable[ChangedTraffic], ends: EndpointText
) -> Iterator[Change]:
    """Traffic that passes for other reasons; where some come and some go, in one."""
    went: dict[object, ChangedTraffic] = {
        _box(row): row for row in lost if row.effect is Effect.REASON
    }
    for row in gained:
        if row.effect is Effect.REASON:
            former = went.pop(_box(row), None)
            change = _change(row, ends, Effect.REASON)
            yield replace(
                change, former=reasons_in_order(former.reasons) if former is not None else ()
            )
    for row in went.values():
        change = _change(row, ends, Effect.REASON)
        yield replace(change, reasons=(), former=change.reasons, asked=())


def _box(row: ChangedTraffic) -> object:
    return (row.sources, row.destinations, row.services, row.ways)


_ROLES: Final = {
    ServerRole.CLIENT_ACCESS: "Client Access",
    ServerRole.MAILBOX: "Mailbox",
    ServerRole.EDGE: "Edge Transport",
}


def _moved(server: ExchangeServer) -> ServerNote:
    summary = "perimeter" if server.in_perimeter else server.groups[0].network
    role = " and ".join(name for role, name in _ROLES.items() if role in server.roles)
    if server.combined:
        role = _ROLES[ServerRole.MAILBOX]
    groups = len(server.groups) if server.managed else 0
    return ServerNote(server.name, f"{role}, {summary}", server.path, role, server.site, groups)


def _addresses_changed(found: Iterable[ServerPair]) -> Iterator[ServerNote]:
    for pair in found:
        if pair.before and pair.after and pair.before.addresses != pair.after.addresses:
            was, now = (
                ", ".join(map(str, one.addresses)) if one.has_address else "no address declared"
                for one in (pair.before, pair.after)
            )
            yield ServerNote(pair.after.name, f"{was} -> {now}", pair.after.path)


def _upgraded(found: Iterable[ServerPair]) -> Iterator[ServerNote]:
    for pair in found:
        if pair.before and pair.after and pair.before.version != pair.after.version:
            was, now = pair.before.version.full_name, pair.after.version.short_name
            yield ServerNote(pair.after.name, f"{was} -> {now}", pair.after.path)


def _regrouped(found: Iterable[ServerPair]) -> Iterator[ServerNote]:
    for pair in found:
        if not (pair.before and pair.after and pair.after.managed):
            continue
        was, now = ({group.key for group in one.groups} for one in (pair.before, pair.after))
        parts = [
            f"{verb} {', '.join(sorted(keys))}"
            for verb, keys in (("attach", now - was), ("detach", was - now))
            if keys
        ]
        if parts:
            yield ServerNote(pair.after.name, "; ".join(parts), pair.after.path)


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


# ---- what is declared, end by end ----
