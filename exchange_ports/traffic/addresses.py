"""Address ranges of both families, compared as sets and kept as they were declared.

A rule in a cloud names prefixes, and its identity hangs on them, so prefixes are never merged or
split behind the user's back: 10.0.0.10/32 and 10.0.0.11/32 stay two. Only what lies inside another
prefix of the same set goes, since Azure refuses overlap inside one rule (azure.md 1).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
    summarize_address_range,
)
from typing import Final

__all__ = [
    "EVERYTHING_V4",
    "EVERYTHING_V6",
    "GLOBAL_UNICAST",
    "Network",
    "covers",
    "difference",
    "inside",
    "network",
    "overlap",
    "sort_key",
    "without_covered",
]

Network = IPv4Network | IPv6Network

EVERYTHING_V4: Final = IPv4Network("0.0.0.0/0")
EVERYTHING_V6: Final = IPv6Network("::/0")
#: All that is routed on the Internet of IPv6, so far (RFC 4291 2.4, IANA registry).
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")


def network(text: str) -> Network:
    """The range that `text` writes, an address alone being a range of one.

    :raises ValueError: not a range, or one with host bits.
    """
    return ip_network(text)


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


def _spans(ranges: Iterable[Network], version: int) -> list[tuple[int, int]]:
    """First and last address of each maximal run of a family, in order."""
    spans: list[tuple[int, int]] = []
    for range_ in sorted((r for r in ranges if r.version == version), key=sort_key):
        first, last = int(range_.network_address), int(range_.broadcast_address)
        if spans and first <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    return spans


def covers(outer: Sequence[Network], inner: Sequence[Network]) -> bool:
    """Whether every address of `inner` is in `outer`, taken together."""
    if len(outer) == len(inner) == 1:
        # Planners ask this of every pair of rules, and nearly always of two single ranges.
        return inside(inner[0], outer[0])
    for version in (4, 6):
        wide = _spans(outer, version)
        for first, last in _spans(inner, version):
            if not any(low <= first and last <= high for low, high in wide):
                return False
    return True


@lru_cache(maxsize=64)
def difference(whole: Network, holes: tuple[Network, ...]) -> tuple[Network, ...]:
    """`whole` without the `holes`, as the fewest prefixes.

    >>> [str(n) for n in difference(network("10.0.0.0/30"), (network("10.0.0.0/32"),))]
    ['10.0.0.1/32', '10.0.0.2/31']
    """
    start, end = int(whole.network_address), int(whole.broadcast_address)
    parts: list[tuple[int, int]] = []
    for first, last in _spans(holes, whole.version):
        if first > start:
            parts.append((start, min(first - 1, end)))
        start = max(start, last + 1)
    if start <= end:
        parts.append((start, end))
    address = IPv4Address if whole.version == 4 else IPv6Address  # noqa: PLR2004
    return tuple(
        prefix
        for first, last in parts
        if first <= last
        for prefix in summarize_address_range(address(first), address(last))  # pyright: ignore[reportArgumentType]
    )
