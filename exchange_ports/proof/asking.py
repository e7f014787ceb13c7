"""What passes between two ends, and who decides at each: the question that is asked at 3 a.m.

Exact: an end may be many servers and addresses, and all of what is asked is answered, in as few parts
as have one answer each.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.findings import counted
from exchange_ports.flows import Outside, Reason
from exchange_ports.flows import in_order as reasons_in_order
from exchange_ports.plans import Plans
from exchange_ports.proof.clouds import Way
from exchange_ports.proof.ends import Asked, said
from exchange_ports.proof.scene import WAYS, Scene, Server, addresses_of, carried
from exchange_ports.proof.words import Say, Words
from exchange_ports.traffic.address_set import AddressSet
from exchange_ports.traffic.addresses import Address
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.service_set import Service, ServiceSet
from exchange_ports.traffic.traffic import Traffic

__all__ = ["Answer", "Asked", "End", "Part", "Verdict", "ask"]

#: More ranges than this are counted.
_MOST_RANGES: Final = 3


class Verdict(StrEnum):
    """How much of what was asked passes. `NOT_OURS`: neither end has a filter of ours."""

    PASSES = "passes"
    IN_PART = "passes in part"
    STOPPED = "does not pass"
    NOT_OURS = "not ours"


@dataclass(frozen=True, slots=True)
class End:
    """One end of a part: servers by name, all addresses that are no server's, and both for people."""

    servers: tuple[str, ...]
    addresses: AddressSet
    says: str

    def __str__(self) -> str:
        return self.says


@dataclass(frozen=True, slots=True)
class Part:
    """What has one answer: every source with every other destination, and each of the services.

    `passes` is None where neither end is ours. `packet` is one of it, and `out` and `into` are what
    each end says of that packet.
    """

    passes: bool | None
    source: End
    destination: End
    services: ServiceSet
    packet: str
    out: Say
    into: Say

    @property
    def says(self) -> str:
        """The part as a packet is written."""
        return f"{self.source} -> {self.destination} {self.services}"

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it passes: the reasons of the rules that let the packet, each once."""
        if not self.passes:
            return ()
        rules = (*self.out.rules, *self.into.rules)
        return reasons_in_order({reason for rule in rules for reason in rule.reasons})


@dataclass(frozen=True, slots=True)
class Answer:
    """All parts of the answer: what passes first, then what does not, then what is not ours."""

    parts: tuple[Part, ...]

    @property
    def verdict(self) -> Verdict:
        """How much passes of what is ours to decide."""
        ours = {part.passes for part in self.parts} - {None}
        if not ours:
            return Verdict.NOT_OURS
        if len(ours) > 1:
            return Verdict.IN_PART
        return Verdict.PASSES if True in ours else Verdict.STOPPED

    @property
    def passes(self) -> bool:
        """Whether all passes that is ours to decide, and anything is."""
        return self.verdict is Verdict.PASSES

    def alike(self, other: "Answer") -> bool:
        """Whether the same passes, whoever decides it."""
        return _what(self) == _what(other)


def _what(answer: Answer) -> set[object]:
    # The words are made of the rest, but for names that only one side needs.
    return {
        (part.passes, end.servers, end.addresses, other.servers, other.addresses, part.services)
        for part in answer.parts
        for end, other in [(part.source, part.destination)]
    }


def ask(plans: Plans, source: Asked, destination: Asked, ports: Sequence[Ports]) -> Answer:
    """How much of what `ports` name passes from one end to the other, at every address.

    :raises ValueError: there is no such packet.
    """
    scene = Scene(plans)
    pairs = [
        (one, other)
        for one in _parties(scene, source)
        for other in _parties(scene, destination)
        if one.server is None or one.server is not other.server
    ]
    if not pairs:
        raise ValueError("what a server says to itself reaches no filter")
    found = [
        piece
        for one, other in pairs
        for version in (4, 6)
        for piece in _pieces(scene, one.of(version), other.of(version), _services(ports, version))
    ]
    if not found:
        raise ValueError("one has IPv4 addresses only, the other IPv6 addresses only")
    writer = _Writer(scene, source, destination)
    return Answer(tuple(writer.part(piece) for piece in _joined(found)))


@dataclass(frozen=True, slots=True)
class _Party:
    """A server, or addresses of nobody's that is declared as one."""

    server: Server | None
    addresses: AddressSet

    def of(self, version: int) -> "_Party":
        return _Party(self.server, self.addresses & _FAMILIES[version])

    @property
    def managed(self) -> bool:
        return self.server is not None and self.server.managed

    def one_by_one(self) -> Iterator["_Party"]:
        """A server at each of its addresses; addresses of nobody's stay together."""
        if self.server is None:
            if self.addresses:
                yield self
            return
        for address in self.server.addresses:
            if address in self.addresses:
                yield _Party(self.server, AddressSet.between(address, address))


_FAMILIES: Final = {
    version: AddressSet((span,)) for version, span in zip((4, 6), AddressSet.UNIVERSE, strict=True)
}


def _parties(scene: Scene, asked: Asked) -> list[_Party]:
    parties = [_Party(scene.servers[name], scene.servers[name].at) for name in asked.servers]
    rest = asked.addresses
    for server in scene.servers.values():
        here = asked.addresses & server.at
        if here:
            parties.append(_Party(server, here))
            rest -= here
    return [*parties, _Party(None, rest)] if rest else parties


def _services(ports: Iterable[Ports], version: int) -> ServiceSet:
    found = ServiceSet()
    for each in ports:
        for addresses, services in carried(_FAMILIES[version], each):
            if addresses:
                found |= services
    return found


#: Who stands at one end of a piece: servers at addresses, and addresses.
_Atom: TypeAlias = "tuple[str, AddressSet]"


class _Piece(NamedTuple):
    passes: bool | None
    sources: frozenset[_Atom]
    destinations: frozenset[_Atom]
    services: ServiceSet


def _pieces(scene: Scene, source: _Party, target: _Party, services: ServiceSet) -> Iterator[_Piece]:
    for one in source.one_by_one():
        for other in target.one_by_one():
            if not (one.managed or other.managed):
                yield _piece(None, one, other, services)
                continue
            # Of an end that is not ours nothing is claimed. At most one end is more than one address.
            outer = one if one.server is None else other
            asked = Traffic.of([(outer.addresses, services)])
            let = asked
            for way, mine, theirs in zip(WAYS, (one, other), (other, one), strict=True):
                if mine.managed:
                    let = let & _let(scene, mine, way, theirs, outer)
            for passes, some in ((True, let), (False, asked - let)):
                for addresses, carried_there in some.groups():
                    if outer is one:
                        one_there, other_there = _Party(one.server, addresses), other
                    else:
                        one_there, other_there = one, _Party(other.server, addresses)
                    yield _piece(passes, one_there, other_there, carried_there)


def _let(scene: Scene, mine: _Party, way: Way, theirs: _Party, outer: _Party) -> Traffic:
    """What one end lets through, as traffic at the addresses of the outer end."""
    if mine.server is None:
        return Traffic.everything()
    own = mine.addresses.witness()
    permitted = scene.permitted(mine.server, way, own)
    if theirs is outer:
        return permitted
    # The outer end is this one: one address, so what passes there is what passes to the other.
    return Traffic.of([(outer.addresses, permitted.at(theirs.addresses.witness()))])


def _piece(passes: bool | None, one: _Party, other: _Party, services: ServiceSet) -> _Piece:
    return _Piece(passes, frozenset([_atom(one)]), frozenset([_atom(other)]), services)


def _atom(party: _Party) -> _Atom:
    return ("" if party.server is None else party.server.name, party.addresses)


_RANKS: Final = {True: 0, False: 1, None: 2}


def _joined(pieces: Iterable[_Piece]) -> list[_Piece]:
    """As few pieces as it takes: services of one pair, then sources, then destinations together."""
    found = list(pieces)
    found = _together(found, lambda p: (p.passes, p.sources, p.destinations))
    found = _together(found, lambda p: (p.passes, p.destinations, p.services))
    found = _together(found, lambda p: (p.passes, p.sources, p.services))
    # What a server says to itself is never asked, so "all but itself" is as good as all.
    found = _but_itself(found)
    return sorted(_families(found), key=lambda piece: _RANKS[piece.passes])


def _but_itself(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Servers that reach all but themselves, each a piece so far, in one piece."""
    found: list[_Piece] = []
    for piece in pieces:
        for index, other in enumerate(found):
            merged = _merged(piece, other)
            alike = (piece.passes, piece.services) == (other.passes, other.services)
            everyone = merged.sources | merged.destinations
            # Both name everyone, at one end or the other: what is new in the merged one is a server
            # with itself. With addresses it could be two of them.
            if (
                alike
                and everyone == piece.sources | piece.destinations
                and everyone == other.sources | other.destinations
                and all(name for name, _ in merged.sources & merged.destinations)
            ):
                found[index] = merged
                break
        else:
            found.append(piece)
    return found


def _merged(one: _Piece, other: _Piece) -> _Piece:
    return _Piece(
        one.passes,
        one.sources | other.sources,
        one.destinations | other.destinations,
        one.services | other.services,
    )


def _families(pieces: Iterable[_Piece]) -> list[_Piece]:
    """The same said of both families is said once: no packet goes from one to the other."""
    found = list(pieces)
    for of_v6 in [piece for piece in found if _within(piece, 6)]:
        for index, of_v4 in enumerate(found):
            if _within(of_v4, 4) and _unplaced(of_v4) == _unplaced(of_v6):
                found[index] = _merged(of_v4, of_v6)
                found.remove(of_v6)
                break
    return found


def _within(piece: _Piece, version: int) -> bool:
    family = _FAMILIES[version]
    return all(at <= family for _, at in piece.sources | piece.destinations)


def _unplaced(piece: _Piece) -> Hashable:
    """A piece but for addresses."""
    sources, targets = ({name for name, _ in end} for end in (piece.sources, piece.destinations))
    return (piece.passes, frozenset(sources), frozenset(targets), piece.services)


def _together(pieces: Iterable[_Piece], key: Callable[[_Piece], Hashable]) -> list[_Piece]:
    shelves: dict[Hashable, _Piece] = {}
    for piece in pieces:
        before = shelves.get(key(piece))
        shelves[key(piece)] = piece if before is None else _merged(before, piece)
    return list(shelves.values())


class _Writer:
    """Pieces in words."""

    def __init__(self, scene: Scene, source: Asked, destination: Asked) -> None:
        self._scene = scene
        self._words = Words(scene)
        self._asked = (source, destination)
        ends = {end for flow in scene.plans.flows for end in (flow.source, flow.destination)}
        outside = [end for end in ends if isinstance(end, Outside) and end.name != "anywhere"]
        # The widest first, so that few names are needed.
        outside.sort(key=lambda end: (-sum(r.num_addresses for r in end.ranges), end.name))
        self._servers = addresses_of(scene.servers.values())
        self._known = {scene.end(end): said(end) for end in outside}

    def part(self, piece: _Piece) -> Part:
        source, destination = _shown(piece)
        service = piece.services.witness()
        peers = (source[1].witness(), destination[1].witness())
        names = [self._words.name(address) for address in peers]
        ends = [self._scene.servers.get(name) for name, _ in (source, destination)]
        return Part(
            piece.passes,
            self._end(piece.sources, self._asked[0]),
            self._end(piece.destinations, self._asked[1]),
            piece.services,
            self._words.packet(names[0], names[1], service),
            self._says(ends[0], "out", peers, service),
            self._says(ends[1], "in", (peers[1], peers[0]), service),
        )

    def _says(
        self,
        server: Server | None,
        way: Way,
        own_and_peer: tuple[Address, Address],
        service: Service,
    ) -> Say:
        own, peer = own_and_peer
        return self._words.says(server, way, peer, service, own)

    def _end(self, atoms: frozenset[_Atom], asked: Asked) -> End:
        """Servers by name, with the address where not all of theirs are meant; then addresses."""
        servers: dict[str, AddressSet] = {}
        others = AddressSet()
        for name, addresses in atoms:
            if name:
                servers[name] = servers.get(name, AddressSet()) | addresses
            else:
                others |= addresses
        named = tuple(
            name if at == self._scene.servers[name].at else f"{name} at {at}"
            for name, at in sorted(servers.items())
        )
        rest = self._addresses(others, asked) if others else ()
        return End(named, others, ", ".join((*named, *rest)))

    def _addresses(self, found: AddressSet, asked: Asked) -> tuple[str, ...]:
        """Addresses as people know them: neighbours by name, few ranges, or what is left of the asked."""
        whole = AddressSet()
        for family in _FAMILIES.values():
            if found & family:
                whole |= asked.addresses & family
        if found == whole:
            return (asked.says,)
        known, rest = self._named(found)
        if len(rest.spans) <= _MOST_RANGES:
            return (*known, *([str(rest)] if rest else []))
        # What is left out, but for servers, which are named by themselves.
        left_out, more = self._named(whole - found - self._servers)
        if len(left_out) <= _MOST_RANGES and not more:
            but = f" but {', '.join(left_out)}" if left_out else ""
            return (f"every other address{but}",)
        first = AddressSet(rest.spans[:_MOST_RANGES])
        return (*known, f"{first} and {counted(len(rest.spans) - _MOST_RANGES, 'more range')}")

    def _named(self, found: AddressSet) -> tuple[list[str], AddressSet]:
        """The neighbours that are whole in a set, and what is left of it."""
        rest, names = found, list[str]()
        for end, says in self._known.items():
            if end and end <= rest:
                rest -= end
                names.append(says)
        return names, rest


def _shown(piece: _Piece) -> tuple[_Atom, _Atom]:
    """The ends of one packet: servers by name before addresses, of one family, not of one server."""
    sources, targets = (
        sorted(end, key=lambda atom: (not atom[0], atom[0], atom[1].spans))
        for end in (piece.sources, piece.destinations)
    )
    for source in sources:
        for target in targets:
            itself = bool(source[0]) and source[0] == target[0]
            for family in _FAMILIES.values():
                one, other = source[1] & family, target[1] & family
                if one and other and not itself:
                    return (source[0], one), (target[0], other)
    raise AssertionError("a piece has at least one packet")
