"""What a limit of a cloud is, and how much of it a plan takes.

The limits themselves stand in `aws.limits` and `azure.limits`. Must not know: any cloud.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import Final, Self

from exchange_ports.findings import Finding
from exchange_ports.findings.plan_kinds import NEAR_LIMIT, OVER_LIMIT

__all__ = ["NEVER", "Limit", "Use", "judged"]

#: For `Limit.near`: of what is full by design, or can only be right or wrong.
NEVER: Final = 101


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
    #: The percentage from which on a use is near, and warned of.
    near: int = 80
    #: Where the cloud raises it on request: what a network's `quotas` call it.
    quota: str = ""
    #: What the cloud raises it to at most; none where that is not written.
    highest: int | None = None

    def raised(self, quotas: Mapping[str, int]) -> Self:
        """The limit where a customer has these quotas."""
        most = quotas.get(self.quota, self.most)
        return self if most == self.most else replace(self, most=most)


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit one thing takes, and the three reasons that take the most."""

    limit: Limit
    where: str
    used: int
    largest: tuple[tuple[str, int], ...] = ()
    #: What helps here; where it is empty, what helps in general.
    way_out: str = ""

    @classmethod
    def summed(
        cls, limit: Limit, where: str, weights: Iterable[tuple[str, int]], way_out: str = ""
    ) -> Self:
        """The use that weights add up to, each given with its reason."""
        by_reason: Counter[str] = Counter()
        for reason, weight in weights:
            by_reason[reason] += weight
        largest = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))[:3]
        return cls(limit, where, by_reason.total(), tuple(largest), way_out)

    @property
    def is_over(self) -> bool:
        """Whether the cloud would refuse it."""
        return self.used > self.limit.most

    @property
    def is_near(self) -> bool:
        """Whether little is left: a warning is due from this percentage on."""
        return not self.is_over and self.used * 100 >= self.limit.most * self.limit.near

    @property
    def share(self) -> float:
        """The part of the limit that is taken: 1.0 is all of it."""
        return self.used / max(1, self.limit.most)


def judged(network: str, uses: Iterable[Use]) -> Iterator[Finding]:
    """An error for each limit that is passed in a network, a warning for each that is near."""
    for use in uses:
        if use.is_over or use.is_near:
            summary = "; ".join(f"{_short(reason)}: {count}" for reason, count in use.largest)
            yield (OVER_LIMIT if use.is_over else NEAR_LIMIT).at(
                ("topology", "networks", network),
                cloud=use.limit.cloud,
                where=use.where,
                used=use.used,
                most=use.limit.most,
                what=use.limit.what,
                per=use.limit.per,
                largest=f" (most is taken by: {summary})" if summary else "",
                way_out=use.way_out or use.limit.way_out,
            )


#: Characters. A finding cuts long facts at their end, and there the numbers stand.
_LONGEST_REASON: Final = 50


def _short(reason: str) -> str:
    return shorten(reason, _LONGEST_REASON, placeholder="...")
