"""What passes between two ends, and who decides at each: the question that is asked at 3 a.m.

Exact: an end may be many servers and addresses, and all of what is asked is answered, in as few parts
as have one answer each. An atom is a server at some of its addresses, or addresses of no server; a region
is every source with every destination, but no server with itself and no family with the other.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from exchange_ports.flows.flow_index import WAYS, Way, services_of
from exchange_ports.flows.labels import QueryEndpoint
from exchange_ports.planning import Plans
from exchange_ports.proof.answers import AnswerRow, AnswerWriter
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.regroup import regroup
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic


@dataclass(frozen=True, slots=True)
class RegionEndpoint:
    """A server, or addresses of no declared server."""

    server: ExchangeServer | None
    addresses: AddressSet

    def of(self, version: int) -> "RegionEndpoint":
        """What of it is of one family."""
        return RegionEndpoint(self.server, self.addresses & FAMILIES[version])

    @property
    def managed(self) -> bool:
        """Whether its filter is ours."""
        return self.server is not None and self.server.managed

    def one_by_one(self) -> Iterator["RegionEndpoint"]:
        """A server at each of its addresses; addresses of no server stay together."""
        if self.server is None:
            if self.addresses:
                yield self
            return
        for address in self.server.addresses:
            if address in self.addresses:
                yield RegionEndpoint(self.server, AddressSet.between(address, address))


FAMILIES: Final = {
    version: AddressSet((span,)) for version, span in zip((4, 6), AddressSet.UNIVERSE, strict=True)
}


def parties(model: NetworkModel, asked: QueryEndpoint) -> list[RegionEndpoint]:
    """Everyone whom an end of a question means; addresses of no server come last, together."""
    found = [
        RegionEndpoint(model.servers[name], model.servers[name].address_set)
        for name in asked.servers
    ]
    rest = asked.addresses
    for server in model.servers.values():
        here = asked.addresses & server.address_set
        if here:
            found.append(RegionEndpoint(server, here))
            rest -= here
    return [*found, RegionEndpoint(None, rest)] if rest else found


#: Who stands at one end of a region: servers at addresses, and addresses.
Atom: TypeAlias = "tuple[str, AddressSet]"


@dataclass(frozen=True, slots=True)
class Region:
    """What has one answer. `passes` is None where neither end is ours."""

    passes: bool | None
    sources: frozenset[Atom]
    destinations: frozenset[Atom]
    services: ServiceSet


def region_of(
    passes: bool | None, one: RegionEndpoint, other: RegionEndpoint, services: ServiceSet
) -> Region:
    """The region of two parties."""
    return Region(passes, frozenset([_atom(one)]), frozenset([_atom(other)]), services)


def _atom(party: RegionEndpoint) -> Atom:
    return ("" if party.server is None else party.server.name, party.addresses)


_RANKS: Final = {True: 0, False: 1, None: 2}


def joined(regions: Iterable[Region]) -> list[Region]:
    """What passes first, then what does not, then what is not ours.

    As few regions as it takes: services of one pair, then sources, then destinations together.
    """
    found = list(regions)
    for column in ("services", "sources", "destinations"):
        found = regroup(found, column)
    # What a server says to itself is never asked, so "all but itself" is as good as all.
    found = _but_itself(found)
    return sorted(_families(found), key=lambda region: _RANKS[region.passes])


def _but_itself(regions: Iterable[Region]) -> list[Region]:
    """Servers that reach all but themselves, each a region so far, in one region."""
    found: list[Region] = []
    for region in regions:
        for index, other in enumerate(found):
            merged = _merged(region, other)
            alike = (region.passes, region.services) == (other.passes, other.services)
            everyone = merged.sources | merged.destinations
            # Both name everyone, at one end or the other: what is new in the merged one is a server
            # with itself. With addresses it could be two of them.
            if (
                alike
                and everyone == region.sources | region.destinations
                and everyone == other.sources | other.destinations
                and all(name for name, _ in merged.sources & merged.destinations)
            ):
                found[index] = merged
                break
        else:
            found.append(region)
    return found


def _merged(one: Region, other: Region) -> Region:
    return Region(
        one.passes,
        one.sources | other.sources,
        one.destinations | other.destinations,
        one.services | other.services,
    )


def _families(regions: Iterable[Region]) -> list[Region]:
    """The same said of both families is said once: no packet goes from one to the other."""
    found = list(regions)
    for of_v6 in [region for region in found if _within(region, 6)]:
        for index, of_v4 in enumerate(found):
            if _within(of_v4, 4) and _unplaced(of_v4) == _unplaced(of_v6):
                found[index] = _merged(of_v4, of_v6)
                found.remove(of_v6)
                break
    return found


def _within(region: Region, version: int) -> bool:
    family = FAMILIES[version]
    return all(at <= family for _, at in region.sources | region.destinations)


def _unplaced(region: Region) -> Hashable:
    """A region but for addresses."""
    sources, targets = ({name for name, _ in end} for end in (region.sources, region.destinations))
    return (region.passes, frozenset(sources), frozenset(targets), region.services)


class Verdict(StrEnum):
    """How much of what was asked passes. `NOT_OURS`: neither end has a filter of ours."""

    PASSES = "passes"
    IN_PART = "passes in part"
    STOPPED = "does not pass"
    NOT_OURS = "not ours"


@dataclass(frozen=True, slots=True)
class Answer:
    """All parts of the answer: what passes first, then what does not, then what is not ours."""

    parts: tuple[AnswerRow, ...]

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


def query(
    plans: Plans, source: QueryEndpoint, destination: QueryEndpoint, ports: Sequence[Ports]
) -> Answer:
    """How much of what `ports` name passes from one end to the other, at every address.

    :raises ValueError: there is no such packet.
    """
    model = plans.once(NetworkModel)
    pairs = [
        (one, other)
        for one in parties(model, source)
        for other in parties(model, destination)
        if one.server is None or one.server is not other.server
    ]
    if not pairs:
        raise ValueError("what a server says to itself reaches no filter")
    by_family = [(version, services_of(ports, at)) for version, at in FAMILIES.items()]
    found = [
        each
        for one, other in pairs
        for version, services in by_family
        for each in _regions(model, one.of(version), other.of(version), services)
    ]
    if not found:
        raise ValueError("one has IPv4 addresses only, the other IPv6 addresses only")
    writer = AnswerWriter(model, source, destination)
    return Answer(tuple(writer.part(each) for each in joined(found)))


def _regions(
    model: NetworkModel, source: RegionEndpoint, target: RegionEndpoint, services: ServiceSet
) -> Iterator[Region]:
    for one in source.one_by_one():
        for other in target.one_by_one():
            if not (one.managed or other.managed):
                yield region_of(None, one, other, services)
                continue
            # Of an end that is not ours nothing is claimed. At most one end is more than one address.
            outer = one if one.server is None else other
            asked = Traffic.of([(outer.addresses, services)])
            let = asked
            for way, mine, theirs in zip(WAYS, (one, other), (other, one), strict=True):
                if mine.managed:
                    let = let & _let(model, mine, way, theirs, outer)
            for passes, some in ((True, let), (False, asked - let)):
                for addresses, carried_there in some.groups():
                    if outer is one:
                        one_there, other_there = RegionEndpoint(one.server, addresses), other
                    else:
                        one_there, other_there = one, RegionEndpoint(other.server, addresses)
                    yield region_of(passes, one_there, other_there, carried_there)


def _let(
    model: NetworkModel,
    mine: RegionEndpoint,
    way: Way,
    theirs: RegionEndpoint,
    outer: RegionEndpoint,
) -> Traffic:
    """What one end lets through, as traffic at the addresses of the outer end."""
    if mine.server is None:
        return Traffic.everything()
    own = mine.addresses.example()
    permitted = model.permitted(mine.server, way, own)
    if theirs is outer:
        return permitted
    # The outer end is this one: one address, so what passes there is what passes to the other.
    return Traffic.of([(outer.addresses, permitted.at(theirs.addresses.example()))])
