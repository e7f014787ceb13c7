"""Sets of every kind, by Hypothesis: their bounds from a pool of values that are easily got wrong.

Each is made from plain descriptions, which also say what is in it without the code under test: `Known`
carries both. `NEAR` are the members at which sets from the pool can differ, on both sides of each bound.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import combinations_with_replacement, product
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

from hypothesis import strategies as st

from exchange_ports.traffic.addresses import Address, AddressSet, Network
from exchange_ports.traffic.services import (
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    IcmpMessage,
    IcmpSet,
    PortSet,
    ProtocolSet,
    ServicePoint,
    ServiceSet,
)
from exchange_ports.traffic.traffic import Packet, Traffic
from tests.traffic.set_protocol import Set

__all__ = [
    "KINDS",
    "NEAR",
    "Known",
    "Pair",
    "address_sets",
    "knowns",
    "pairs",
    "pieces",
    "port_sets",
    "service_sets",
    "traffics",
    "two",
    "three",
]

Member = TypeVar("Member")
Pair: TypeAlias = tuple[AddressSet, ServiceSet]

KINDS: Final = (AddressSet, PortSet, IcmpSet, ProtocolSet, ServiceSet, Traffic)

#: The last and the first of each family, neighbors, what looks alike in both families, whole blocks.
_ADDRESSES: Final = tuple(
    map(
        ip_address,
        (
            "0.0.0.0",  # noqa: S104
            "0.0.0.1",
            "10.0.0.0",
            "10.0.0.11",
            "10.255.255.255",
            "11.0.0.0",
            "127.255.255.255",
            "128.0.0.0",
            "255.255.255.254",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.11",
            "2001:db8::",
            "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "8000::",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ),
    )
)
_NETWORKS: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/0",
            "0.0.0.0/1",
            "10.0.0.0/8",
            "10.0.0.10/31",
            "128.0.0.0/1",
            "::/0",
            "2001:db8::/32",
        ),
    )
)
#: Both ends, the bounds of bytes (ICMP types are every 256 places), neighbors.
_PORTS: Final = (0, 1, 25, 26, 255, 256, 443, 32767, 32768, 65534, 65535)
_BYTES: Final = (0, 1, 3, 8, 127, 128, 254, 255)
_PROTOCOLS: Final = (0, ICMP, 2, 5, TCP, 7, 16, UDP, 18, 50, 51, 57, ICMPV6, 59, 254, 255)


def _around(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    near = set(addresses)
    for address in addresses:
        number, highest = int(address), (1 << address.max_prefixlen) - 1
        near |= {type(address)(n) for n in (number - 1, number + 1) if 0 <= n <= highest}
    return tuple(sorted(near, key=lambda address: (address.version, int(address))))


def _about(numbers: tuple[int, ...], highest: int) -> tuple[int, ...]:
    return tuple(
        sorted({n + step for n in numbers for step in (-1, 0, 1) if 0 <= n + step <= highest})
    )


_NEAR_ADDRESSES: Final = _around(
    _ADDRESSES + tuple(end for n in _NETWORKS for end in (n.network_address, n.broadcast_address))
)
_NEAR_MESSAGES: Final = tuple(
    IcmpMessage(*m) for m in product(_about(_BYTES, 255), (0, 1, 3, 4, 255))
)
_NEAR_SERVICES: Final = (
    *(ServicePoint(protocol, port) for protocol in (TCP, UDP) for port in _about(_PORTS, 65535)),
    *(
        ServicePoint(protocol, message)
        for protocol in (ICMP, ICMPV6)
        for message in _NEAR_MESSAGES[::3]
    ),
    *(ServicePoint(p) for p in _about(_PROTOCOLS, 255) if p not in (TCP, UDP, ICMP, ICMPV6)),
)

NEAR: Final[dict[type, tuple[Any, ...]]] = {
    AddressSet: _NEAR_ADDRESSES,
    PortSet: _about(_PORTS, 65535),
    IcmpSet: _NEAR_MESSAGES,
    ProtocolSet: _about(_PROTOCOLS, 255),
    ServiceSet: _NEAR_SERVICES,
    Traffic: tuple(Packet(a, s) for a, s in product(_NEAR_ADDRESSES, _NEAR_SERVICES)),
}


@dataclass(frozen=True)
class Known(Generic[Member]):
    """A set, and whether a member is in it by what it was made from."""

    value: Set[Member]
    holds: Callable[[Member], bool]


# One strategy a kind: some pieces, what they make, and who is in one of them; or the complement.


def _between(numbers: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(combinations_with_replacement(numbers, 2))


_ADDRESS_PIECES: Final[list[Network | tuple[Address, Address]]] = [
    *_NETWORKS,
    *(
        (first, last)
        for first, last in combinations_with_replacement(_ADDRESSES, 2)
        if first.version == last.version
    ),
]
_MESSAGE_PIECES: Final[list[int | tuple[int, int]]] = [*_BYTES, *product(_BYTES, (0, 1, 4, 255))]
_SERVICE_PIECES: Final[list[int | tuple[int, Any]]] = [
    *_PROTOCOLS,
    *product((TCP, UDP), _between(_PORTS)),
    *product((ICMP, ICMPV6), _MESSAGE_PIECES),
]

Piece = TypeVar("Piece")


def _drawn(
    pool: Sequence[Piece],
    make: Callable[[list[Piece]], Set[Any]],
    holds: Callable[[Piece, Any], bool],
) -> st.SearchStrategy[Known[Any]]:
    def known(some: list[Piece], inverted: bool) -> Known[Any]:
        value = make(some)
        return Known(
            ~value if inverted else value,
            lambda member: any(holds(piece, member) for piece in some) != inverted,
        )

    return st.builds(known, st.lists(st.sampled_from(pool), max_size=5), st.booleans())


def _addresses(pieces: list[Network | tuple[Address, Address]]) -> AddressSet:
    value = AddressSet.of(piece for piece in pieces if not isinstance(piece, tuple))
    for piece in pieces:
        if isinstance(piece, tuple):
            value |= AddressSet.between(*piece)
    return value


def _holds_address(piece: Network | tuple[Address, Address], address: Address) -> bool:
    if not isinstance(piece, tuple):
        return address in piece
    first, last = piece
    return address.version == first.version and int(first) <= int(address) <= int(last)


def _holds_port(piece: tuple[int, int], port: int) -> bool:
    return piece[0] <= port <= piece[1]


def _holds_message(piece: int | tuple[int, int], message: IcmpMessage) -> bool:
    return piece in (message.type, tuple(message))


def _services(pieces: list[int | tuple[int, Any]]) -> ServiceSet:
    value = ServiceSet.of_protocols(ProtocolSet.of(p for p in pieces if isinstance(p, int)))
    for piece in pieces:
        if isinstance(piece, tuple):
            number, detail = piece
            if number in (TCP, UDP):
                value |= ServiceSet.on(number, PortSet.of([detail]))
            else:
                value |= ServiceSet.icmp(number, IcmpSet.of([detail]))
    return value


def _holds_service(piece: int | tuple[int, Any], service: ServicePoint) -> bool:
    if isinstance(piece, int):
        return piece == service.protocol
    number, detail = piece
    holds = _holds_port if number in (TCP, UDP) else _holds_message
    return number == service.protocol and holds(detail, cast("Any", service.detail))


_known_addresses: Final = _drawn(_ADDRESS_PIECES, _addresses, _holds_address)
_known_services: Final = _drawn(_SERVICE_PIECES, _services, _holds_service)


def _traffic(parts: list[tuple[Known[Address], Known[ServicePoint]]]) -> Known[Packet]:
    made = [(cast("AddressSet", a.value), cast("ServiceSet", s.value)) for a, s in parts]
    return Known(
        Traffic.of(made),
        lambda packet: any(a.holds(packet.address) and s.holds(packet.service) for a, s in parts),
    )


_KNOWN: Final[dict[type, st.SearchStrategy[Known[Any]]]] = {
    AddressSet: _known_addresses,
    PortSet: _drawn(_between(_PORTS), PortSet.of, _holds_port),
    IcmpSet: _drawn(_MESSAGE_PIECES, IcmpSet.of, _holds_message),
    ProtocolSet: _drawn(_PROTOCOLS, ProtocolSet.of, int.__eq__),
    ServiceSet: _known_services,
    Traffic: st.lists(st.tuples(_known_addresses, _known_services), max_size=4).map(_traffic),
}


def knowns(kind: type) -> st.SearchStrategy[Known[Any]]:
    return _KNOWN[kind]


def _of(kind: type) -> st.SearchStrategy[Set[Any]]:
    return _KNOWN[kind].map(lambda known: known.value)


def two() -> st.SearchStrategy[tuple[Set[Any], Set[Any]]]:
    """Two sets of one kind, whichever."""
    return st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(_of(kind), _of(kind)))


def three() -> st.SearchStrategy[tuple[Set[Any], Set[Any], Set[Any]]]:
    """Three sets of one kind, whichever."""
    return st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(_of(kind), _of(kind), _of(kind)))


def address_sets() -> st.SearchStrategy[AddressSet]:
    return _of(AddressSet).map(lambda value: cast("AddressSet", value))


def port_sets() -> st.SearchStrategy[PortSet]:
    return _of(PortSet).map(lambda value: cast("PortSet", value))


def service_sets() -> st.SearchStrategy[ServiceSet]:
    return _of(ServiceSet).map(lambda value: cast("ServiceSet", value))


def pairs() -> st.SearchStrategy[list[Pair]]:
    return st.lists(st.tuples(address_sets(), service_sets()), max_size=5)


def traffics() -> st.SearchStrategy[Traffic]:
    return _of(Traffic).map(lambda value: cast("Traffic", value))


def pieces(value: Hashable) -> tuple[tuple[Any, ...], ...]:
    """The form of a set: its intervals, or its steps."""
    return value.steps if isinstance(value, Traffic) else cast("Any", value).spans
