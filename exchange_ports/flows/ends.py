"""Ends of flows, and how they are put together."""

from collections.abc import Iterable

from exchange_ports.flows.flow import Outside
from exchange_ports.topology.groups import Group, GroupKind, Wearer
from exchange_ports.traffic.addresses import Network, without_covered
from exchange_ports.traffic.ports import PortRange, Ports, Protocol

__all__ = [
    "Pairs",
    "Places",
    "across",
    "as_in_row",
    "both_ways",
    "by_address",
    "named_by_ranges",
    "one",
    "outside",
]


def by_address(group: Group, wearers: Iterable[Wearer]) -> Outside:
    """The wearers of a group as another network sees them: groups end where their network does."""
    ranges = [each for wearer in wearers if group in wearer.groups for each in wearer.addresses]
    says = f"{group.key} in {group.network}"
    fabric = group.kind is GroupKind.EXCHANGE
    return outside(f"{group.key}@{group.network}", ranges, says, fabric=fabric)


Pairs = Iterable[tuple[Group | Outside, Group | Outside]]
#: Where a row applies, with ports in place of the row's where the user has others.
Places = Iterable[tuple[Group | Outside, Group | Outside, Ports | None]]


def outside(name: str, ranges: Iterable[Network], says: str, *, fabric: bool = False) -> Outside:
    """An end outside, without ranges that lie inside another of its own."""
    return Outside(name, without_covered(ranges), says, fabric)


def named_by_ranges(kind: str, ranges: Iterable[Network], says: str) -> Outside:
    """Ends of one kind that nobody named are told apart by what they are: their addresses."""
    kept = without_covered(ranges)
    return Outside(f"{kind}-{'_'.join(map(str, kept))}", kept, says)


def one(port: int) -> Ports:
    """One TCP port."""
    return Ports(Protocol.TCP, (PortRange(port, port),))


def as_in_row(pairs: Pairs) -> Places:
    """The places of a row whose ports are the row's own."""
    return ((source, destination, None) for source, destination in pairs)


def both_ways(ours: Iterable[Group], theirs: Iterable[Outside]) -> Pairs:
    """Each of ours with each of theirs, in both directions."""
    others = tuple(theirs)
    for one in ours:
        for other in others:
            yield one, other
            yield other, one


def across(sources: Iterable[Group | Outside], to: Iterable[Group | Outside]) -> Pairs:
    """Every source with every destination."""
    ends = tuple(to)
    return ((source, end) for source in sources for end in ends)
