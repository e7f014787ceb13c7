"""What Exchange Online is: the one place that decides which addresses stand for it in a topology.

Loaded only where a hybrid deployment is declared, as it reads a snapshot of the endpoints. Must not know:
flows, nor which server uses which addresses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from exchange_ports.endpoints import EndpointSet, Selection, Snapshot, ranges, select
from exchange_ports.endpoints.age import old_snapshot
from exchange_ports.endpoints.shipped import resolve
from exchange_ports.findings import Finding, Path
from exchange_ports.topology import models
from exchange_ports.topology.hybrid import Hybrid, HybridMode
from exchange_ports.traffic.addresses import EVERYTHING_V6, Network

#: The sets of which rules are made, in the order of reports.
USED: Final = (EndpointSet.HYBRID_MAIL, EndpointSet.EXCHANGE_ONLINE, EndpointSet.SIGN_IN)
#: The sources of requests where a stack file says `exchange_ranges`: the whole table of Exchange Online, as
#: Microsoft advises where EWS is restricted (exchange.md 9.3 and A-10).
EXCHANGE_RANGES: Final = (EndpointSet.EXCHANGE_ONLINE, EndpointSet.HYBRID_MAIL)
#: Where the snapshot is declared.
ENDPOINTS: Final[Path] = ("hybrid", "endpoints")


def snapshot(hybrid: Hybrid, at: Path = ENDPOINTS) -> Snapshot:
    """The snapshot that a hybrid deployment names.

    :raises Refused: there is none of that version, or what the file has in itself is wrong.
    """
    return resolve(hybrid.endpoints, hybrid.instance, at)


def old_endpoints(topology: models.Topology, as_of: date) -> Iterator[Finding]:
    """A warning where the snapshot of a topology is older than a year on a day, unless it is acknowledged."""
    if topology.hybrid is not None:
        found = old_snapshot(snapshot(topology.hybrid), as_of, ("topology", *ENDPOINTS))
        yield from (each for each in found if each.kind.code not in topology.acknowledge)


def used(hybrid: Hybrid) -> tuple[EndpointSet, ...]:
    """The sets of which a hybrid deployment makes rules."""
    restricted = hybrid.web_services.source == "exchange_ranges"
    mail = hybrid.mail is not None or restricted
    return tuple(each for each in USED if mail or each is not EndpointSet.HYBRID_MAIL)


def has_ipv6(network: models.Network) -> bool:
    """Whether a network has addresses of IPv6, so that rules name ranges of IPv6."""
    zones = (*network.internal, *network.perimeter)
    return any(zone.version == EVERYTHING_V6.version for zone in zones)


def addresses(known: Snapshot, which: EndpointSet, network: models.Network) -> tuple[Network, ...]:
    """The ranges of a set in the rules of a network: those of IPv6 only where it has IPv6."""
    return ranges(known, which, ipv6=has_ipv6(network))


def is_classic(hybrid: Hybrid) -> bool:
    """Whether Exchange Online connects to the organization, and not through the Hybrid Agent."""
    return hybrid.mode is not HybridMode.MODERN


def takes_requests(hybrid: Hybrid) -> bool:
    """Whether requests of Exchange Online come in: in the modern mode only where a source is declared."""
    return is_classic(hybrid) or hybrid.web_services.source is not None


@dataclass(frozen=True, slots=True)
class UsedSet:
    """A set of which rules are made, and what of it they leave out."""

    selection: Selection
    #: The ranges of IPv6 that are in no rule of these networks, which have no IPv6.
    left_out: tuple[Network, ...]
    networks: tuple[str, ...]


def used_sets(topology: models.Topology, hybrid: Hybrid) -> Iterator[UsedSet]:
    """The sets of which rules are made, in order."""
    known = snapshot(hybrid)
    without = tuple(
        sorted(
            key
            for key, network in topology.networks.items()
            if network.platform is not models.Platform.EXTERNAL and not has_ipv6(network)
        )
    )
    for which in used(hybrid):
        selection = select(known, which)
        left_out = selection.ranges_of(EVERYTHING_V6.version) if without else ()
        yield UsedSet(selection, left_out, without if left_out else ())
