"""Address ranges of both families, compared as sets and kept as they were declared.

Where only the addresses matter, and not how they were written, there is `AddressSet`. A rule in a cloud names prefixes, and its identity hangs on them, so prefixes are never merged or
split behind the user's back: 10.0.0.10/32 and 10.0.0.11/32 stay two. Only what lies inside another
prefix of the same set goes, since Azure refuses overlap inside one rule (azure.md 1).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

from exchange_ports.traffic._intervals import Span, Spans, canonical, subset
from exchange_ports.traffic._intervals import difference as spans_without

__all__ = [
    "Address",
    "EVERYTHING_V4",
    "EVERYTHING_V6",
    "FIRST_PLACEHOLDER",
    "GLOBAL_UNICAST",
    "Network",
    "address_at",
    "blocks",
    "brief",
    "covers",
    "difference",
    "inside",
    "network",
    "overlap",
    "place_of",
    "prefixes",
    "sort_key",
    "span_of",
    "spans_of",
    "without_covered",
]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

EVERYTHING_V4: Final = IPv4Network("0.0.0.0/0")
EVERYTHING_V6: Final = IPv6Network("::/0")
#: All that is routed on the Internet of IPv6, so far (RFC 4291 2.4, IANA registry).
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
#: The first address of class E, "reserved for future use" (RFC 1112 4), which stands for addresses that
#: are not declared: nobody can have or declare one, and no flow but one from or to any address
#: whatever has them in its ranges. Documentation space would not do: it is part of the Internet, and
#: so of rules that are not about the server.
FIRST_PLACEHOLDER: Final = int(IPv4Address("240.0.0.1"))


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
