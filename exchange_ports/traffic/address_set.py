"""Sets of addresses: which, and no longer how they were written."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import ClassVar, Final, Self

from exchange_ports.traffic._intervals import Span, Spans, canonical, intersection
from exchange_ports.traffic._line import LineSet
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    Address,
    Network,
    address_at,
    network,
    place_of,
    prefixes,
    span_of,
)

__all__ = ["AddressSet"]


class AddressSet(LineSet[Address]):
    """Any IPv4 and IPv6 addresses.

    10.0.0.0/9 and 10.128.0.0/9 together are the same value as 10.0.0.0/8. Families never meet:
    ::ffff:10.0.0.1 is another address than 10.0.0.1.

    >>> tens = AddressSet.of([network("10.0.0.0/9"), network("10.128.0.0/9")])
    >>> print(tens - AddressSet.of([network("10.0.0.0/32")]))
    10.0.0.1-10.255.255.255
    """

    __slots__ = ()

    UNIVERSE: ClassVar[Spans] = (span_of(EVERYTHING_V4), span_of(EVERYTHING_V6))

    @classmethod
    def of(cls, ranges: Iterable[Network]) -> Self:
        """The addresses in any of these ranges."""
        return cls(canonical(map(span_of, ranges)))

    @classmethod
    def between(cls, first: Address, last: Address) -> Self:
        """From `first` to `last`, both included.

        :raises ValueError: they are of two families, or `last` comes before `first`.
        """
        if first.version != last.version or place_of(last) < place_of(first):
            raise ValueError(f"{first}-{last} is not a range of addresses")
        return cls(((place_of(first), place_of(last)),))

    @staticmethod
    def place(member: Address) -> int:
        """Where an address stands: IPv4 before IPv6, then by number."""
        return place_of(member)

    def witness(self) -> Address:
        """A documentation address if there is one, then the smallest private, then any.

        One that ends in 0 looks like a network, so the next one is taken where that is in as well.

        >>> print(AddressSet.of([network("10.20.0.0/16")]).witness())
        10.20.0.1

        :raises ValueError: the set is empty.
        """
        self.smallest()
        for place in _FAMILIAR:
            found = intersection(self.spans, (place,))
            if found:
                first, last = found[0]
                return address_at(first + 1 if first % 256 == 0 and first < last else first)
        return address_at(self.smallest())

    def prefixes(self) -> tuple[Network, ...]:
        """The fewest prefixes that hold exactly these addresses, in order."""
        return tuple(prefixes(self.spans))

    def __str__(self) -> str:
        """The fewest prefixes and ranges: 10.0.0.7, 10.1.0.0/16, 10.3.0.1-10.3.0.9."""
        if not self.spans:
            return "nothing"
        return ", ".join(map(_written, self.spans))


def _written(span: Span) -> str:
    first, last = span
    if first == last:
        return str(address_at(first))
    size = last - first + 1
    # One prefix: as many addresses as a power of two, the first a multiple of it. The line of IPv6
    # begins at a power of two itself, so its places are as even as its numbers.
    if size & (size - 1) == 0 and first % size == 0:
        return str(next(prefixes((span,))))
    return f"{address_at(first)}-{address_at(last)}"


#: Where a reader looks first for an address that stands for many. Documentation addresses (RFC
#: 5737, RFC 3849) are read as "someone on the Internet"; 0.0.0.0/8 and what is no unicast, as a
#: mistake, so they come last.
_FAMILIAR: Final[tuple[Span, ...]] = (
    (place_of(IPv4Address("198.51.100.1")), place_of(IPv4Address("198.51.100.254"))),
    span_of(network("10.0.0.0/8")),
    span_of(network("172.16.0.0/12")),
    span_of(network("192.168.0.0/16")),
    (place_of(IPv4Address("1.0.0.0")), place_of(IPv4Address("223.255.255.255"))),
    (place_of(IPv6Address("2001:db8::1")), place_of(IPv6Address("2001:db8::ffff"))),
    span_of(network("2000::/3")),
    span_of(network("fc00::/7")),
)
