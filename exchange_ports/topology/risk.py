"""Risky traffic: which traffic must not be opened without a reason, decided on what results.

An end is classified by where its addresses are, and traffic by what it carries, whichever field declares
it. `private_blocks` do not make public addresses private here. Must not know: flows, findings.
"""

from collections.abc import Collection, Iterable
from enum import Enum, StrEnum, auto
from typing import Final, NamedTuple

from exchange_ports.catalog import SENSITIVE_PORTS, Part
from exchange_ports.topology import models
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    GLOBAL_UNICAST,
    AddressSet,
    Network,
    network,
)
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.services import AH, ESP, ICMP, ICMPV6, TCP, UDP, ProtocolSet, ServiceSet


class Position(StrEnum):
    """Where an end of traffic is."""

    PUBLIC = "the Internet"
    """Public addresses, or a range that is wider than any organization's."""
    PERIMETER = "the perimeter"
    """An Edge server, or addresses of a perimeter zone."""
    INSIDE = "the internal network"
    """Addresses of an internal zone, and all others that are not public."""


class Risk(NamedTuple):
    """One reason for which traffic is risky: from where to where, and what it carries."""

    source: Position
    destination: Position
    carries: str
    """`all protocols`, or what the ports are for, such as `remote administration`."""

    def __str__(self) -> str:
        return f"{self.carries} from {self.source} to {self.destination}"


#: What somebody outside must not use inside by accident, in this order. From the internal network to the perimeter
#: it is a way back for whoever took over an administrator's host, or a mistake in a port.
_WAYS: Final = (
    (Position.PUBLIC, Position.PERIMETER),
    (Position.PUBLIC, Position.INSIDE),
    (Position.PERIMETER, Position.INSIDE),
    (Position.INSIDE, Position.PERIMETER),
)


def services(several: Iterable[Ports]) -> ServiceSet:
    """All that several ports carry."""
    found = ServiceSet()
    for ports in several:
        found |= ServiceSet.of(ports, 4)
    return found


_SENSITIVE: Final = {name: services(several) for name, several in SENSITIVE_PORTS.items()}
#: The protocols that can be declared by `any` only. What is left of every protocol without the ports that
#: were open before still has them.
_OTHER_PROTOCOLS: Final = ServiceSet.of_protocols(
    ~ProtocolSet.of([TCP, UDP, ICMP, ICMPV6, ESP, AH])
)
EVERY_PROTOCOL: Final = "all protocols"


def sensitive(carried: ServiceSet) -> tuple[str, ...]:
    """What services carry that is sensitive: every protocol, or each thing that their ports are for."""
    if carried & _OTHER_PROTOCOLS:
        return (EVERY_PROTOCOL,)
    return tuple(name for name, theirs in _SENSITIVE.items() if carried & theirs)


def risks(
    source: Collection[Position], destination: Collection[Position], carried: ServiceSet
) -> tuple[Risk, ...]:
    """Why traffic is risky; none where it is not. The same traffic has the same risks everywhere."""
    return tuple(
        Risk(one, other, carries)
        for one, other in _WAYS
        if one in source and other in destination
        for carries in sensitive(carried)
    )


class Opener(Enum):
    """What opens traffic: how much of it is somebody's own choice."""

    OPERATOR = auto()
    """An additional flow."""
    RELAY = auto()
    """A relay."""
    CALLS = auto()
    """A row of Unified Messaging, for a peer that a field names."""
    NEIGHBOR = auto()
    """A row of the ground rules, for a neighbor that a field names."""
    ROW = auto()
    """Any other row of the published tables."""


def why_risky(
    source: Collection[Position],
    destination: Collection[Position],
    carried: ServiceSet,
    opener: Opener,
    *,
    to_mailbox: bool,
    to_unpublished: bool = False,
    wide: bool = False,
) -> tuple[str, ...]:
    """Why traffic must not be opened without a word, each reason as `X allows` continues; none where it may.

    `to_mailbox`: a Mailbox server is at its destination (V4). `to_unpublished`: a server there has Client
    Access services that are not published. `wide`: an end is a range that holds public addresses and others.
    """
    both = {*source, *destination}
    if both == {Position.INSIDE}:
        return ()
    if opener is Opener.CALLS:
        # The media ports contain nearly all others, so what they carry says nothing.
        where = (Position.PUBLIC, Position.PERIMETER)
        return tuple(f"calls, media or faxes with {each}" for each in where if each in both)
    found = risks(source, destination, carried)
    if opener is Opener.NEIGHBOR:
        # A neighbor of the ground rules is as much of a risk as a destination.
        found += risks(destination, source, carried)
    reasons = [str(each) for each in dict.fromkeys(found)]
    if opener is Opener.OPERATOR and wide:
        reasons.append("traffic with a range that contains public and internal addresses")
    if opener is Opener.OPERATOR and Position.PERIMETER in both:
        reasons.append(f"traffic with {Position.PERIMETER}")
    if opener in (Opener.OPERATOR, Opener.RELAY) and Position.PUBLIC in source:
        if to_unpublished:
            reasons.append(f"traffic from {Position.PUBLIC} to servers that are not published")
        elif to_mailbox:
            reasons.append(f"traffic from {Position.PUBLIC} to {Part.MAILBOX}")
    if opener is Opener.RELAY and {*source} == {Position.PERIMETER}:
        reasons.append(f"mail from a relay in {Position.PERIMETER}")
    return tuple(reasons)


# ---- where addresses are ----

_V4: Final = AddressSet.of([EVERYTHING_V4])
_GLOBAL: Final = AddressSet.of([GLOBAL_UNICAST])
#: What no host on the Internet has: "this network", loopback, link-local, classes D and E (RFC 6890).
NEVER_PUBLIC: Final = AddressSet.of(
    map(network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
)
#: Public whoever declares it: not RFC 1918, not RFC 6598 (shared address space of providers).
_PUBLIC_V4: Final = (
    _V4 - AddressSet.of((*models.PRIVATE_BLOCKS, network("100.64.0.0/10"))) - NEVER_PUBLIC
)
#: Very wide: more than a /8 of IPv4, which is the widest private block there is, so that more of it holds
#: public addresses; more than a /32 of IPv6, which is what a registry hands to a provider at least
#: (RIPE-738, ARIN NRPM 6.5). An organization's own IPv6 addresses are global too, so a narrower range is
#: taken to be somebody's in particular.
_WIDEST_V6: Final = 2**96


class ZoneMap:
    """Where the addresses of one topology are."""

    def __init__(self, topology: models.Topology) -> None:
        """Know the zones."""
        every = topology.networks.values()
        # What servers of ours have in a VPC or VNet is theirs, also where it is public space.
        ours = [each for each in every if each.platform is not models.Platform.EXTERNAL]
        self._perimeter = AddressSet.of(r for each in every for r in each.perimeter)
        zones = AddressSet.of(r for each in every for r in (*each.internal, *each.perimeter))
        managed = AddressSet.of(r for each in ours for r in (*each.internal, *each.perimeter))
        self._public = _PUBLIC_V4 - managed
        self._foreign = _GLOBAL - zones
        # Many flows name the same ranges.
        self._known: dict[tuple[Network, ...], frozenset[Position]] = {}

    def at(self, ranges: Iterable[Network]) -> frozenset[Position]:
        """Where ranges are."""
        key = tuple(ranges)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self.positions(AddressSet.of(key))
        return known

    def is_wide(self, range_: Network) -> bool:
        """Whether a range holds public addresses and others: no organization has such a range."""
        found = self.at((range_,))
        return Position.PUBLIC in found and len(found) > 1

    def positions(
        self, addresses: AddressSet, *, every_protocol: bool = False
    ) -> frozenset[Position]:
        """Where addresses are.

        With `every_protocol`, IPv6 addresses outside all zones are public however few they are.
        """
        public = addresses & self._public
        foreign = addresses & self._foreign
        if foreign.size > (0 if every_protocol else _WIDEST_V6):
            public |= foreign
        perimeter = addresses & self._perimeter
        parts = {
            Position.PUBLIC: public,
            Position.PERIMETER: perimeter,
            Position.INSIDE: addresses - public - perimeter,
        }
        return frozenset(position for position, part in parts.items() if part)


def public_part(range_: Network) -> bool:
    """Whether an IPv4 range holds public addresses, whatever a topology calls private."""
    return bool(AddressSet.of([range_]) & _PUBLIC_V4)
