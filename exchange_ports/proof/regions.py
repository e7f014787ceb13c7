"""Pieces of an answer: who with whom, and what of it passes; and how few of them say it all.

An atom is a server at some of its addresses, or addresses of nobody's. A region is every source with
every destination, but nobody with itself and no family with the other.
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from exchange_ports.flows.flow_index import FlowIndex
from exchange_ports.flows.rows import public_ranges
from exchange_ports.planning import Plans
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.fields import INTERNET_WORD, ROLE_WORDS, EndpointKind
from exchange_ports.topology.inventory import ExchangeServer, Inventory
from exchange_ports.topology.models import Topology
from exchange_ports.topology.roles import ServerRole
from exchange_ports.traffic.addresses import (
    EVERYTHING_V6,
    GLOBAL_UNICAST,
    AddressSet,
    network,
)
from exchange_ports.traffic.regroup import regroup
from exchange_ports.traffic.services import ServiceSet

ANY_WORD: Final = "any"

#: Python also takes netmasks and scopes, which no rule does.
_LETTERS: Final = re.compile(r"[0-9a-fA-F:.]+(?:/[0-9]{1,3})?")

#: Ends that a stack file names by a key alone; `clients.office` is `office` too.
_BY_KEY: Final = (EndpointKind.CLIENTS, EndpointKind.RELAY, EndpointKind.WITNESS)


@dataclass(frozen=True, slots=True)
class QueryEndpoint:
    """One end of a question: servers by name, and addresses; whose are a server's mean that server."""

    #: How it reads in an answer.
    summary: str = field(compare=False)
    servers: tuple[str, ...] = ()
    addresses: AddressSet = field(default_factory=AddressSet)

    @classmethod
    def server(cls, name: str) -> "QueryEndpoint":
        """One server."""
        return cls(name, (name,))

    @classmethod
    def at(cls, range_: str) -> "QueryEndpoint":
        """An address or a range.

        :raises ValueError: it is neither, or has host bits.
        """
        if not _LETTERS.fullmatch(range_):
            raise ValueError(f"{range_} is no address")
        return cls(range_, (), AddressSet.of([network(range_)]))


class EndpointNames:
    """Every name that a question about one topology may use."""

    def __init__(self, plans: Plans) -> None:
        """Gather the names.

        Where several are called alike, the first of these is meant: a server, a word, a site, a neighbour.
        """
        topology = plans.topology
        named: dict[str, QueryEndpoint] = {}
        for name, asked in (
            *(
                (wearer.name, QueryEndpoint.server(wearer.name))
                for wearer in plans.inventory.servers
            ),
            (INTERNET_WORD, QueryEndpoint("the Internet", (), _internet(topology))),
            (ANY_WORD, QueryEndpoint("any address", (), AddressSet.everything())),
            *_roles(plans.inventory),
            *_sites(topology),
            *_neighbours(FlowIndex(plans.flows, {})),
        ):
            named.setdefault(name, asked)
        self.named: Mapping[str, QueryEndpoint] = named

    def find(self, text: str) -> QueryEndpoint:
        """The end that is called so, or at that address.

        :raises ValueError: there is none.
        """
        return self.named[text] if text in self.named else QueryEndpoint.at(text)


def _internet(topology: Topology) -> AddressSet:
    """Public addresses that no zone of ours has: of IPv6 only where a zone has any."""
    zones = AddressSet.of(
        zone
        for declared in topology.networks.values()
        for zone in (*declared.internal, *declared.perimeter)
    )
    public = AddressSet.of(public_ranges(topology))
    if zones & AddressSet.of([EVERYTHING_V6]):
        public |= AddressSet.of([GLOBAL_UNICAST])
    return public - zones


def _roles(inventory: Inventory) -> Iterator[tuple[str, QueryEndpoint]]:
    """`mailbox`, and `mailbox@hq`, as additional flows write it."""
    for word in ROLE_WORDS:
        role = None if word == "exchange" else ServerRole(word)
        for site in (None, *inventory.topology.sites):
            names = tuple(sorted(inventory.playing(role, site)))
            called = word if site is None else f"{word}@{site}"
            if names:
                yield called, QueryEndpoint(called, names)


def _sites(topology: Topology) -> Iterator[tuple[str, QueryEndpoint]]:
    for site, declared in topology.sites.items():
        if declared.servers:
            yield site, QueryEndpoint(site, tuple(sorted(declared.servers)))


def _neighbours(flows: FlowIndex) -> Iterator[tuple[str, QueryEndpoint]]:
    """Whoever stands outside in some flow, by the name that rules use, and by the key alone."""
    short: list[tuple[str, QueryEndpoint]] = []
    for end in flows.outside:
        # `anywhere` is a word of rules; people say `any`. Ranges are found as what they are.
        if not end.is_called_by_name:
            continue
        asked = QueryEndpoint(end.summary, (), flows.end(end))
        yield end.name, asked
        if end.kind in _BY_KEY:
            short.append((end.of, asked))
    yield from short


# ---- regions ----


@dataclass(frozen=True, slots=True)
class RegionEndpoint:
    """A server, or addresses of nobody's that is declared as one."""

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
        """A server at each of its addresses; addresses of nobody's stay together."""
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
    """Everyone whom an end of a question means; addresses of nobody's come last, together."""
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
