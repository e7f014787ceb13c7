"""Regions of an answer: who with whom, and what of it passes; and how few of them say it all.

An atom is a server at some of its addresses, or addresses of no server. A region is every source with
every destination, but no server with itself and no family with the other.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from exchange_ports.flows.labels import QueryEndpoint
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.regroup import regroup
from exchange_ports.traffic.services import ServiceSet


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
