"""Address ranges of both families, compared as sets and kept as they were declared.

Where only the addresses matter, and not how they were written, there is `AddressSet`. A rule in a cloud names prefixes, and its identity hangs on them, so prefixes are never merged or
split behind the user's back: 10.0.0.10/32 and 10.0.0.11/32 stay two. Only what lies inside another
prefix of the same set goes, since Azure refuses overlap inside one rule (azure.md 1).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import ClassVar, Final, Self

from exchange_ports.traffic.spans import LineSet, Span, Spans, canonical, intersection, subset
from exchange_ports.traffic.spans import difference as spans_without

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

EVERYTHING_V4: Final = IPv4Network("0.0.0.0/0")
EVERYTHING_V6: Final = IPv6Network("::/0")
#: All that is routed on the Internet of IPv6, so far (RFC 4291 2.4, IANA registry).
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
#: The first address of class E, "reserved for future use" (RFC 1112 4), which stands for addresses that
#: are not declared: no host can have one, and none can be declared, and no flow but one from or to any address
#: whatever has them in its ranges. Documentation space would not do: it is part of the Internet, and
#: so of rules that are not about the server.
FIRST_PLACEHOLDER: Final = int(IPv4Address("240.0.0.1"))


@lru_cache(maxsize=4096)  # a declaration and its rules write the same few ranges again and again
def network(text: str) -> Network:
    """The range that `text` writes, an address alone being a range of one.

    :raises ValueError: not a range, or one with host bits.
    """
    return ip_network(text)


def brief(range_: Network) -> str:
    """A range as people write it: an address alone without its prefix length."""
    return str(range_.network_address if range_.num_addresses == 1 else range_)


def sort_key(range_: Network) -> tuple[int, int, int]:
    """IPv4 before IPv6, then by address, the wider first."""
    return (range_.version, int(range_.network_address), range_.prefixlen)


def inside(inner: Network, outer: Network) -> bool:
    """Whether `inner` lies wholly in `outer`; never across families."""
    if inner.version != outer.version:
        return False
    shift = outer.max_prefixlen - outer.prefixlen
    return inner.prefixlen >= outer.prefixlen and (
        int(inner.network_address) >> shift == int(outer.network_address) >> shift
    )


def overlap(one: Network, other: Network) -> bool:
    """Whether two ranges share an address."""
    return inside(one, other) or inside(other, one)


def without_covered(ranges: Iterable[Network]) -> tuple[Network, ...]:
    """The ranges in order, each once, without those that lie inside another of them."""
    kept: list[Network] = []
    # In this order a range follows every range it lies in, and the last one kept is the only
    # one that can still hold it: kept ranges are disjoint and sorted.
    for candidate in sorted(set(ranges), key=sort_key):
        if not (kept and inside(candidate, kept[-1])):
            kept.append(candidate)
    return tuple(kept)


# Both families stand on one line: an IPv4 address where its number is, an IPv6 address at its
# number plus this. What lies between is no address, so no interval ever joins the two families.
_SIX: Final = 1 << 128


def place_of(address: Address) -> int:
    """Where an address stands on the line of both families."""
    return int(address) if address.version == 4 else _SIX + int(address)  # noqa: PLR2004


def address_at(place: int) -> Address:
    """The address that stands there.

    :raises ValueError: none does.
    """
    return IPv6Address(place - _SIX) if place >= _SIX else IPv4Address(place)


def span_of(range_: Network) -> Span:
    """The places of its first and last address.

    >>> span_of(network("0.0.0.8/30"))
    (8, 11)
    """
    first = place_of(range_.network_address)
    return (first, first + (1 << (range_.max_prefixlen - range_.prefixlen)) - 1)


def spans_of(ranges: Iterable[Network]) -> Spans:
    """The places of all their addresses."""
    return canonical(map(span_of, ranges))


def blocks(spans: Spans) -> Iterator[tuple[int, int]]:
    """The fewest blocks that are these places and no others, in order: first place, size in bits.

    A block is what a prefix is: aligned, so that any two lie in one another or apart.

    >>> list(blocks(((9, 12),)))
    [(9, 0), (10, 1), (12, 0)]
    """
    for start, last in spans:
        first = start
        while first <= last:
            # A block is as wide as its first place is even, and as what is left allows.
            bits = (last - first + 1).bit_length() - 1
            if first:
                bits = min(bits, (first & -first).bit_length() - 1)
            yield first, bits
            first += 1 << bits


def prefixes(spans: Spans) -> Iterator[Network]:
    """The fewest prefixes that hold the addresses at these places and no others, in order.

    >>> [str(range_) for range_ in prefixes(((9, 12),))]
    ['0.0.0.9/32', '0.0.0.10/31', '0.0.0.12/32']
    """
    for first, bits in blocks(spans):
        if first >= _SIX:
            yield IPv6Network((first - _SIX, EVERYTHING_V6.max_prefixlen - bits))
        else:
            yield IPv4Network((first, EVERYTHING_V4.max_prefixlen - bits))


def covers(outer: Sequence[Network], inner: Sequence[Network]) -> bool:
    """Whether every address of `inner` is in `outer`, taken together."""
    if len(outer) == len(inner) == 1:
        # Mostly it is asked of two single ranges.
        return inside(inner[0], outer[0])
    return subset(spans_of(inner), spans_of(outer))


@lru_cache(maxsize=64)
def difference(whole: Network, holes: tuple[Network, ...]) -> tuple[Network, ...]:
    """`whole` without the `holes`, as the fewest prefixes.

    >>> [str(n) for n in difference(network("10.0.0.0/30"), (network("10.0.0.0/32"),))]
    ['10.0.0.1/32', '10.0.0.2/31']
    """
    return tuple(prefixes(spans_without((span_of(whole),), spans_of(holes))))


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

    @classmethod
    def at(cls, addresses: Iterable[Address]) -> Self:
        """These addresses."""
        return cls(canonical((place_of(one), place_of(one)) for one in addresses))

    @staticmethod
    def place(member: Address) -> int:
        """Where an address stands: IPv4 before IPv6, then by number."""
        return place_of(member)

    def example(self) -> Address:
        """A documentation address if there is one, then the smallest private, then any.

        One that ends in 0 looks like a network, so the next one is taken where that is in as well.

        >>> print(AddressSet.of([network("10.20.0.0/16")]).example())
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
