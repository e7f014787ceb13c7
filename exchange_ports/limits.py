"""What a limit of a cloud is, and how much of it a plan takes.

The limits themselves stand in `aws.limits` and `azure.limits`. Must not know: any cloud.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import shorten
from typing import Final, Self

from exchange_ports.findings import Finding
from exchange_ports.findings.planned import OVER_LIMIT

__all__ = ["Limit", "Use", "over"]


@dataclass(frozen=True, slots=True)
class Limit:
    """How many of what a cloud allows, where that is written, and what really helps."""

    code: str
    cloud: str
    most: int
    what: str
    per: str
    cite: str
    checked: str
    way_out: str


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit one thing takes, and the three reasons that take the most."""

    limit: Limit
    where: str
    used: int
    largest: tuple[tuple[str, int], ...] = ()

    @classmethod
    def summed(cls, limit: Limit, where: str, weights: Iterable[tuple[str, int]]) -> Self:
        """The use that weights add up to, each given with its reason."""
        by_reason: Counter[str] = Counter()
        for reason, weight in weights:
            by_reason[reason] += weight
        largest = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))[:3]
        return cls(limit, where, by_reason.total(), tuple(largest))


def over(network: str, uses: Iterable[Use]) -> Iterator[Finding]:
    """A finding for each limit that is passed in a network."""
    for use in uses:
        if use.used > use.limit.most:
            says = "; ".join(f"{_short(reason)}: {count}" for reason, count in use.largest)
            yield OVER_LIMIT.at(
                ("topology", "networks", network),
                cloud=use.limit.cloud,
                where=use.where,
                used=use.used,
                most=use.limit.most,
                what=use.limit.what,
                per=use.limit.per,
                largest=f" (most is taken by: {says})" if says else "",
                way_out=use.limit.way_out,
            )


#: Characters. A finding cuts long facts at their end, and there the numbers stand.
_LONGEST_REASON: Final = 50


def _short(reason: str) -> str:
    return shorten(reason, _LONGEST_REASON, placeholder="...")
