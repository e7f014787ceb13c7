"""What the component gives to a program, by name."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, TypeVar

from exchange_ports.component.errors import UnknownName
from exchange_ports.planning import Plans
from exchange_ports.reports.handover_report import HandoverSide, handover

_T = TypeVar("_T")


class ByName(dict[str, _T]):
    """Outputs by name. For an unknown name, the error lists the names that there are."""

    def __init__(self, what: str, named: Mapping[str, _T]) -> None:
        super().__init__(named)
        self._what = what

    def __missing__(self, name: str) -> _T:
        raise UnknownName(
            f"No {self._what} is called `{name}`. There are: {', '.join(self) or 'none'}."
        )


class HandoverEnd(TypedDict):
    """One end of traffic that another team must allow."""

    name: str
    """What it is, in words: a role at a site, a neighbor, or `internet`."""
    network: str | None
    """The network of the topology that it is in; none outside of all networks."""
    zone: str | None
    """`internal` or `perimeter`; none outside of all networks."""
    servers: Sequence[str]
    """The declared servers, by name."""
    addresses: Sequence[str]
    """The addresses or ranges that a filter must have."""
    without_address: Sequence[str]
    """Servers without a declared address. A filter elsewhere cannot name them until one is declared."""


class HandoverEntry(TypedDict):
    """Traffic that a filter of another team must allow, in the direction in which connections are opened."""

    boundary: str
    """What is between the two ends: `networks`, `zones` of one network, `neighbors` or `internet`."""
    source: HandoverEnd
    """The end that opens the connection."""
    destination: HandoverEnd
    """The end that the connection is opened to."""
    ports: str
    """The ports, each with its protocol, as `plan` shows them; or `all protocols`."""
    reasons: Sequence[str]
    """The rows of Microsoft's tables, or the operator's words."""


def handover_entries(plans: Plans) -> tuple[HandoverEntry, ...]:
    """What other teams must allow, as `exchange-ports handover --json` lists it; reasons in words."""
    return tuple(
        HandoverEntry(
            boundary=row.crossing.value,
            source=_end(row.source),
            destination=_end(row.destination),
            ports=row.passes,
            reasons=[reason.summary for reason in row.reasons],
        )
        for row in handover(plans)
    )


def _end(side: HandoverSide) -> HandoverEnd:
    network, zone = side.place or (None, None)
    return HandoverEnd(
        name=side.name,
        network=network,
        zone=zone,
        servers=side.servers,
        addresses=side.addresses,
        without_address=side.unknown,
    )
