"""Answers: the regions of an answer, a packet of each with the deciding rules, and its rows as text.

An atom is a server at some of its addresses, or addresses of no server. A region is every source with
every destination, but no server with itself and no family with the other.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.clouds.base import NamedRule
from exchange_ports.findings import counted
from exchange_ports.findings.command_kinds import SOURCE_TRANSLATED
from exchange_ports.flows import Flow, Reason, described
from exchange_ports.flows import in_order as reasons_in_order
from exchange_ports.flows.flow_index import Way
from exchange_ports.flows.labels import MOST, QueryEndpoint
from exchange_ports.proof.cloud_blocks import CloudBlock, cloud_blocks
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.inventory import ExchangeServer, addresses_of
from exchange_ports.topology.models import Attachment
from exchange_ports.traffic.addresses import Address, AddressSet, address_at
from exchange_ports.traffic.regroup import regroup
from exchange_ports.traffic.services import ServicePoint, ServiceSet
from exchange_ports.traffic.traffic import Packet, Traffic


@dataclass(frozen=True, slots=True)
class RegionEndpoint:
    """A server, or addresses of no declared server."""

    server: ExchangeServer | None
    addresses: AddressSet

    def of(self, version: int) -> "RegionEndpoint":
        """Its addresses of one family."""
        return RegionEndpoint(self.server, self.addresses & FAMILIES[version])

    @property
    def managed(self) -> bool:
        """Whether the plans filter it."""
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
    """The servers and addresses of an end of a question; addresses of no server are last, together."""
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


#: One end of a region: servers at addresses, and addresses.
Atom: TypeAlias = "tuple[str, AddressSet]"


@dataclass(frozen=True, slots=True)
class Region:
    """Traffic with one answer. `passes` is None where neither end is managed."""

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


def together(regions: Iterable[Region]) -> list[Region]:
    """Few regions of the same: services of one pair, then sources, then destinations together."""
    found = list(regions)
    for column in ("services", "sources", "destinations"):
        found = regroup(found, column)
    return found


_RANKS: Final = {True: 0, False: 1, None: 2}


def joined(regions: Iterable[Region]) -> list[Region]:
    """Allowed traffic first, then blocked traffic, then what is not managed.

    As few regions as it takes: services of one pair, then sources, then destinations together.
    """
    found = together(regions)
    # Traffic of a server with itself is in no question, so "all except itself" is as good as all.
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
    """Equal regions of both families in one: no packet is sent from one family to the other."""
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


#: Reasons on one line of a terminal.
_LONGEST: Final = 120


class EndVerdict(NamedTuple):
    """The verdict of one end about a packet. `passes` is None where the end is not managed."""

    passes: bool | None
    text: str
    rules: tuple[NamedRule, ...] = ()


#: Of an end without a filter of the plans.
NOT_MANAGED: Final = "not managed"

DIRECTIONS: Final[Mapping[Way, str]] = {"out": "outbound", "in": "inbound"}


class PacketText:
    """The names of a model's ends, and the verdict of each about a packet."""

    def __init__(self, model: NetworkModel) -> None:
        """Use the names of this model."""
        self._model = model
        self.name = model.labels.name

    def familiar(self, found: Traffic, server: ExchangeServer) -> Packet:
        """One packet of these, at the end that a reader knows best and is not the server itself."""
        addresses = found.addresses()
        others = addresses - server.address_set
        known = AddressSet()
        for other in self._model.servers.values():
            if other.has_address:
                known |= other.address_set
        for end in self._model.flows.outside:
            if end.unrestricted:
                known |= self._model.flows.end(end)
        # The smallest readable: another server, a neighbor, anyone else, itself.
        address = (
            address_at((others & known).smallest())
            if others & known
            else (others or addresses).example()
        )
        return Packet(address, found.at(address).example())

    def summary(
        self,
        server: ExchangeServer | None,
        way: Way,
        peer: Address,
        service: ServicePoint,
        own: Address | None = None,
    ) -> EndVerdict:
        """The verdict of one end: the server's filter at `own`, or at its first address of that family."""
        if server is None or not server.managed:
            return EndVerdict(None, NOT_MANAGED)
        own = own or own_address(server, peer)
        view = self._model.views[server.network]
        passes, rules = view.decided(server.name, way, Packet(peer, service), own)
        bound = DIRECTIONS[way]
        if passes:
            if not rules:
                summary = f"{server.name} allows it {bound}: no security group is attached"
                return EndVerdict(True, summary)
            return EndVerdict(True, f"{server.name} allows it {bound} by {_rules(rules)}", rules)
        if not rules:
            return EndVerdict(False, f"no {bound} rule of {server.name} allows it")
        return EndVerdict(False, f"{server.name} blocks it {bound} by {_rules(rules)}", rules)

    def packet(self, source: str, destination: str, service: ServicePoint) -> str:
        """`edge1 -> dc1 25/tcp`."""
        return f"{source} -> {destination} {service}"

    def flow(self, flows: Iterable[Flow]) -> str:
        """The reasons of flows on one line."""
        reasons = {reason for flow in flows for reason in flow.reasons}
        return described(reasons, _LONGEST)


def own_address(server: ExchangeServer, peer: Address) -> Address:
    """The address that a server uses with a peer: of the same family, where it has one."""
    fitting = [own for own in server.addresses if own.version == peer.version]
    return (fitting or list(server.addresses))[0]


def _rules(rules: tuple[NamedRule, ...]) -> str:
    first = rules[0]
    more = f" and {len(rules) - 1} more" if len(rules) > 1 else ""
    return f"{first.name}{_why(first.reasons)}{more}"


def _why(reasons: tuple[Reason, ...]) -> str:
    return f" ({described(reasons, _LONGEST)})" if reasons else " (a default rule)"


@dataclass(frozen=True, slots=True)
class End:
    """One end of a part: servers by name, all addresses that are no server's, and both for people."""

    servers: tuple[str, ...]
    addresses: AddressSet
    summary: str

    def __str__(self) -> str:
        return self.summary


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """Traffic with one answer: every source with every other destination, and each of the services.

    `passes` is None where neither end is managed. `packet` is an example, and `out` and `into` are the
    verdicts of both ends about it.
    """

    passes: bool | None
    source: End
    destination: End
    services: ServiceSet
    packet: str
    out: EndVerdict
    into: EndVerdict
    #: The clouds that block some of it although the rules of both ends allow it.
    cloud_blocks: tuple[CloudBlock, ...] = ()

    @property
    def summary(self) -> str:
        """The part as a packet is written."""
        return f"{self.source} -> {self.destination} {self.services}"

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it is allowed: the reasons of the rules that allow the packet, each once."""
        if not self.passes:
            return ()
        rules = (*self.out.rules, *self.into.rules)
        return reasons_in_order({reason for rule in rules for reason in rule.reasons})


class AnswerWriter:
    """Writes regions as rows of an answer."""

    def __init__(
        self, model: NetworkModel, source: QueryEndpoint, destination: QueryEndpoint
    ) -> None:
        """Write the answer to one question about a model."""
        self._model = model
        self._text = PacketText(model)
        self._asked = (source, destination)
        self._servers = addresses_of(model.servers.values())
        # The widest first, so that few names are needed.
        self._known = model.labels.widest

    def part(self, region: Region) -> AnswerRow:
        """A region with one packet of it, and the verdict of each end about that packet."""
        source, destination = _shown(region)
        service = region.services.example()
        peers = (source[1].example(), destination[1].example())
        names = [self._text.name(address) for address in peers]
        ends = [self._model.servers.get(name) for name, _ in (source, destination)]
        others = (at for name, at in region.destinations if not name)
        blocks = cloud_blocks(
            self._model.topology,
            (self._model.servers[name] for name, _ in region.sources if name),
            reduce(AddressSet.__or__, others, AddressSet()),
            region.services,
        )
        return AnswerRow(
            region.passes,
            self._end(region.sources, self._asked[0]),
            self._end(region.destinations, self._asked[1]),
            region.services,
            self._text.packet(names[0], names[1], service),
            self._verdict(ends[0], "out", peers, service),
            self._verdict(ends[1], "in", (peers[1], peers[0]), service),
            blocks if region.passes else (),
        )

    def of_two_families(self, region: Region) -> AnswerRow:
        """Ends without an IP version in common: no packet can be sent between them, whatever the rules allow."""
        one = self._end(region.sources, self._asked[0])
        other = self._end(region.destinations, self._asked[1])
        verb = "has" if len(region.sources) == 1 else "have"
        blocked = EndVerdict(
            False,
            f"blocked: {one} {verb} {_versions(region.sources)} addresses only, and {other} "
            f"{_versions(region.destinations)} addresses only",
        )
        names = [
            self._text.name(min(end, key=lambda atom: atom[0])[1].example())
            for end in (region.sources, region.destinations)
        ]
        packet = self._text.packet(names[0], names[1], region.services.example())
        return AnswerRow(False, one, other, region.services, packet, blocked, blocked)

    def _verdict(
        self,
        server: ExchangeServer | None,
        way: Way,
        own_and_peer: tuple[Address, Address],
        service: ServicePoint,
    ) -> EndVerdict:
        own, peer = own_and_peer
        verdict = self._text.summary(server, way, peer, service, own)
        if server is not None and verdict.passes and way == "in":
            unusable = self._model.unusable(server, way)
            if Packet(peer, service) in unusable:
                return EndVerdict(False, self._translated(server, verdict))
        if verdict.passes is None and self._at_a_subnet_of_ours(own):
            text = f"{verdict.text}, and decided by Azure's default rules"
            return verdict._replace(text=text)
        return verdict

    def _translated(self, server: ExchangeServer, verdict: EndVerdict) -> str:
        network = self._model.places[server.network].key
        return (
            f"blocked: address translation in front of {network} replaces the source, and "
            f"{server.name} allows the original source only, by {_rules(verdict.rules)} "
            f"({SOURCE_TRANSLATED.code})"
        )

    def _at_a_subnet_of_ours(self, address: Address) -> bool:
        """Whether a group of the plans may be associated with the subnet of a host that is not managed.

        Whether the default rules allow a packet there depends on the addresses in VirtualNetwork.
        """
        return any(
            place.declared.attach_to is Attachment.SUBNETS and address in self._model.space(network)
            for network, place in self._model.places.items()
        )

    def _end(self, atoms: frozenset[Atom], asked: QueryEndpoint) -> End:
        """Servers by name, with the address where not all of theirs are included; then addresses."""
        servers: dict[str, AddressSet] = {}
        others = AddressSet()
        for name, addresses in atoms:
            if name:
                servers[name] = servers.get(name, AddressSet()) | addresses
            else:
                others |= addresses
        named = tuple(
            name if at == self._model.servers[name].address_set else f"{name} at {at}"
            for name, at in sorted(servers.items())
        )
        rest = self._addresses(others, asked) if others else ()
        return End(named, others, ", ".join((*named, *rest)))

    def _addresses(self, found: AddressSet, asked: QueryEndpoint) -> tuple[str, ...]:
        """Addresses in short: neighbors by name, few ranges, or what is excluded from the question."""
        whole = AddressSet()
        for family in FAMILIES.values():
            if found & family:
                whole |= asked.addresses & family
        if found == whole:
            return (asked.summary,)
        known, rest = self._named(found)
        if len(rest.spans) <= MOST:
            return (*known, *([str(rest)] if rest else []))
        # What is left out, except servers, which are named by themselves.
        left_out, more = self._named(whole - found - self._servers)
        if len(left_out) <= MOST and not more:
            but = f" except {', '.join(left_out)}" if left_out else ""
            return (f"every other address{but}",)
        for end, summary in self._known.items():
            missing, (others, odd) = end - found, self._named(found - end)
            if missing != end and not odd and len(missing.spans) <= MOST:
                return (*others, f"{summary} except {missing}")
        first = AddressSet(rest.spans[:MOST])
        return (*known, f"{first} and {counted(len(rest.spans) - MOST, 'more range')}")

    def _named(self, found: AddressSet) -> tuple[list[str], AddressSet]:
        """The neighbors that are whole in a set, and what is left of it."""
        rest, names = found, list[str]()
        for end, summary in self._known.items():
            if end and end <= rest:
                rest -= end
                names.append(summary)
        return names, rest


def _versions(end: frozenset[Atom]) -> str:
    return ", ".join(
        f"IPv{version}" for version, family in FAMILIES.items() if any(at & family for _, at in end)
    )


def _shown(region: Region) -> tuple[Atom, Atom]:
    """The ends of one packet: servers by name before addresses, of one family, not of one server."""
    sources, targets = (
        sorted(end, key=lambda atom: (not atom[0], atom[0], atom[1].spans))
        for end in (region.sources, region.destinations)
    )
    for source in sources:
        for target in targets:
            itself = bool(source[0]) and source[0] == target[0]
            for family in FAMILIES.values():
                one, other = source[1] & family, target[1] & family
                if one and other and not itself:
                    return (source[0], one), (target[0], other)
    # A server may have an address of a family in which it declares none.
    return sources[0], targets[0]
