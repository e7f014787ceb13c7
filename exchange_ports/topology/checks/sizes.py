"""How much a topology asks for, counted before anything is made of it.

A short file can ask for a great deal: 5,000 addresses and 5,000 ports in one flow are 25,000,000
combinations. The count is a product of lengths, so refusing takes no time and no memory.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from exchange_ports.findings import Finding, Path
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology.checks.naming import sip_peers
from exchange_ports.topology.fields import ROLE_WORDS, FlowEnd, ends_of
from exchange_ports.topology.groups import GroupKind
from exchange_ports.topology.models import AdditionalFlow, Topology

#: Combinations of addresses, groups and ports of all flows. A security group of AWS takes 1,000 rules
#: at the highest quota and a network security group of Azure 1,000, so no cloud takes so many.
MOST_COMBINATIONS: Final = 50_000
_FLOWS_OF_A_PEER: Final = 8


def combinations(topology: Topology) -> Iterator[Finding]:
    """The largest product, where all products together are more than can be compiled."""
    counts = dict(_counts(topology))
    total = sum(counts.values())
    if total > MOST_COMBINATIONS:
        path, most = max(counts.items(), key=lambda item: item[1])
        yield BY_CODE["too-many-combinations"].at(
            path, count=f"{most:,}", total=f"{total:,}", most=f"{MOST_COMBINATIONS:,}"
        )


def _counts(topology: Topology) -> Iterator[tuple[Path, int]]:
    for index, flow in enumerate(topology.additional_flows):
        ends = (_groups(topology, ends_of(end)) for end in (flow.source, flow.to))
        sources, destinations = ends
        yield ("additional_flows", index), sources * destinations * _ports(flow)
    sites = len(topology.sites)
    for key, client in topology.clients.items():
        ranges = 1 if isinstance(client.source, str) else len(client.source)
        to = sites if client.to is None else len(client.to)
        yield ("clients", key), ranges * len(client.services) * to
    for key, relay in topology.mail_flow.relays.items():
        to = sites if relay.sites is None else len(relay.sites)
        yield ("mail_flow", "relays", key), len(relay.source) * to
    for path, peer in sip_peers(topology):
        # Signaling, media and faxes, to each role, and back.
        to = sites if peer.to is None else len(peer.to)
        yield path, len(peer.addresses) * to * _FLOWS_OF_A_PEER


def _groups(topology: Topology, ends: Iterable[FlowEnd]) -> int:
    """How many ends of rules these stand for, at most: a role has a group at each site."""
    number = 0
    for end in ends:
        if end.is_external or end.site is not None or end.word not in ROLE_WORDS:
            number += 1
        elif end.word == GroupKind.EXCHANGE.value:
            number += len(topology.networks)
        else:
            number += len(topology.sites)
    return number


def _ports(flow: AdditionalFlow) -> int:
    return sum(max(1, len(each.ranges)) for each in flow.ports or ()) or 1
