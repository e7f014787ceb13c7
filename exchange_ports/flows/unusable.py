"""Flows that cannot work as declared, whatever the rules allow: one answer for findings, proof and reports."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from exchange_ports.findings.command_kinds import RANGE_WITHOUT_FAMILY, SOURCE_TRANSLATED
from exchange_ports.findings.finding import Kind
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.flows.flow import ExternalEndpoint, Flow
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import ConnectedThrough
from exchange_ports.topology.risk import public_part
from exchange_ports.traffic.addresses import EVERYTHING_V4, Network, covers

#: The codes of the warnings about flows that cannot work as declared. `prove` fails on each of them.
UNUSABLE: frozenset[str] = frozenset(
    kind.code for kind in (RANGE_WITHOUT_FAMILY, SOURCE_TRANSLATED, BY_CODE["no-common-ip-version"])
)


@dataclass(frozen=True, slots=True)
class UnusableFlow:
    """A flow of which no packet passes as declared between our end and the other one."""

    flow: Flow
    kind: Kind
    ours: Group
    theirs: ExternalEndpoint


def unusable_flows(inventory: Inventory, flows: Iterable[Flow]) -> tuple[UnusableFlow, ...]:
    """Every flow that cannot work as declared, acknowledged or not."""
    several = tuple(flows)
    return (*_without_family(inventory, several), *_translated(inventory, several))


def outside_ends(flows: Iterable[Flow]) -> Iterator[tuple[Flow, Group, ExternalEndpoint]]:
    """Flows with one end that is not ours, and is not everyone."""
    for flow in flows:
        ends = (flow.source, flow.destination)
        for mine, end in (ends, ends[::-1]):
            ours = isinstance(mine, Group)
            if ours and isinstance(end, ExternalEndpoint) and not end.is_everyone:
                yield flow, mine, end


def _without_family(inventory: Inventory, flows: tuple[Flow, ...]) -> Iterator[UnusableFlow]:
    """Flows of which no range is of an IP version that a network has in which the other end is used."""
    known: dict[ExternalEndpoint, set[int]] = {}
    for _, mine, end in outside_ends(flows):
        declared = inventory.networks[mine.network].declared
        zones = (*declared.internal, *declared.perimeter)
        known.setdefault(end, set()).update(zone.version for zone in zones)
    for flow, mine, end in outside_ends(flows):
        # A range beside others that work does no harm: both families are often declared together.
        if not any(range_.version in known[end] for range_ in end.ranges):
            yield UnusableFlow(flow, RANGE_WITHOUT_FAMILY, mine, end)


def _translated(inventory: Inventory, flows: tuple[Flow, ...]) -> Iterator[UnusableFlow]:
    """Flows from public sources whose address the connection between networks replaces."""
    for flow in flows:
        source, mine = flow.source, flow.destination
        if not isinstance(source, ExternalEndpoint) or not isinstance(mine, Group):
            continue
        declared = inventory.networks[mine.network].declared
        if declared.connected_through is not ConnectedThrough.NAT or source.is_any:
            continue
        zones = (*declared.internal, *declared.perimeter)
        # Nothing is translated on the way from the network's own zones, which may have global addresses.
        if all(_public(range_) and not covers(zones, (range_,)) for range_ in source.ranges):
            yield UnusableFlow(flow, SOURCE_TRANSLATED, mine, source)


def _public(range_: Network) -> bool:
    return range_.version != EVERYTHING_V4.version or public_part(range_)
