"""Review dates of additional flows: which have passed on a given day.

Must not know: what day it is. Whoever asks says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from exchange_ports.findings import Finding, counted
from exchange_ports.findings.command_kinds import REVIEW_PASSED
from exchange_ports.topology.fields import ends_of
from exchange_ports.topology.models import AdditionalFlow, Topology

__all__ = ["Reviews", "reviews"]


@dataclass(frozen=True, slots=True)
class Reviews:
    """The additional flows by their review dates, seen on one day."""

    as_of: date
    #: How many name a day of review.
    dated: int
    #: How many accept a risk and name no day.
    undated: int
    #: One for each whose day has passed; the day itself still counts as in time.
    passed: tuple[Finding, ...]

    @property
    def in_time(self) -> bool:
        """Whether no day of review has passed."""
        return not self.passed


def reviews(topology: Topology, as_of: date) -> Reviews:
    """What that day finds. The topology has passed its checks, so every review date is a day."""
    flows = topology.additional_flows
    return Reviews(
        as_of,
        sum(flow.review is not None for flow in flows),
        sum(flow.review is None and flow.accept_risk for flow in flows),
        tuple(_passed(topology, as_of)),
    )


def _passed(topology: Topology, as_of: date) -> Iterator[Finding]:
    for index, flow in enumerate(topology.additional_flows):
        if flow.review is None:
            continue
        days = (as_of - date.fromisoformat(flow.review)).days
        if days > 0:
            yield REVIEW_PASSED.at(
                ("topology", "additional_flows", index, "review"),
                flow=_said(flow),
                review=flow.review,
                ago=f"{counted(days, 'day')} before {as_of}",
                accepted=" with an accepted risk" if flow.accept_risk else "",
                owner=flow.owner or "whoever asked for it",
                ticket=f" ({flow.ticket})" if flow.ticket else "",
            )


def _said(flow: AdditionalFlow) -> str:
    sources, targets = (", ".join(map(str, ends_of(ends))) for ends in (flow.source, flow.to))
    ports = ", ".join(map(str, flow.ports)) if flow.ports else str(flow.need)
    return f"{sources} to {targets} {ports}"
