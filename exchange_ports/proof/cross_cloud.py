"""The same topology on the other cloud: whether both clouds allow the same traffic.

Must not know: plans. Whether the other cloud accepts the topology is decided by its planner and limits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from exchange_ports.clouds import platforms
from exchange_ports.findings import Finding, Refused
from exchange_ports.flows.flow_index import Way
from exchange_ports.planning import Plans, planned
from exchange_ports.proof.answers import PacketText
from exchange_ports.proof.invariants import Failure
from exchange_ports.proof.network_model import FilterComparison, NetworkModel
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.topology.models import Attachment, Platform, Quotas, Topology
from exchange_ports.traffic.addresses import Address
from exchange_ports.traffic.traffic import Packet, Traffic

#: The defaults of what only one cloud has.
_DEFAULTS: Final = {"quotas": Quotas(), "attach_to": Attachment.NETWORK_INTERFACES}


def swapped(topology: Topology, platform: Platform) -> Topology:
    """The topology with every VPC and VNet on one cloud; external networks stay what they are.

    What only one cloud has is removed when it moves to the other: quotas of AWS, groups at subnets of
    Azure. The topology itself where nothing changes. It must have passed its checks: nothing else that
    makes it fail them depends on the platform, so the one that is returned passes them too.

    :raises ValueError: the platform has no filters.
    """
    if platform is Platform.EXTERNAL:
        raise ValueError("an external network has no filter")
    networks = {
        key: network
        if network.platform in (Platform.EXTERNAL, platform)
        else network.model_copy(update={"platform": platform, **_DEFAULTS})
        for key, network in topology.networks.items()
    }
    if networks == topology.networks:
        return topology
    return topology.model_copy(update={"networks": networks})


@dataclass(frozen=True, slots=True)
class Swap:
    """The comparison with one other cloud."""

    platform: Platform
    #: How many servers were compared, each both ways.
    servers: int
    failures: tuple[Failure, ...]
    #: Limits of the other cloud that the topology would exceed there; they do not concern the traffic.
    over: tuple[Finding, ...] = ()
    #: Why there is nothing to compare with: the other cloud's planner refuses the topology.
    refused: tuple[Finding, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing differs. A refusal is no difference."""
        return not self.failures


def swap(plans: Plans) -> tuple[Swap, ...]:
    """Compare with the same topology on each cloud that it does not wholly use.

    For every managed server, direction and address the same packets are allowed, except what a platform
    requires of every filter (the probes of Azure's load balancers). Takes about as long as to
    plan and read both. Pure.

    :raises ValueError: a cloud would refuse the plans themselves.
    """
    here = plans.once(NetworkModel)
    found: list[Swap] = []
    for platform in platforms():
        topology = swapped(plans.topology, platform)
        if topology is not plans.topology:
            found.append(_compared(here, platform, topology))
    return tuple(found)


def _compared(here: NetworkModel, platform: Platform, topology: Topology) -> Swap:
    try:
        plans, findings = planned(topology)
        over = tuple(finding for finding in findings if finding.is_error)
    except Refused as refused:
        return Swap(platform, 0, (), refused=refused.findings)
    try:
        there = NetworkModel(plans)
    except ValueError as broken:
        failure = Failure("the plan is valid in the cloud", f"on {platform.summary}", str(broken))
        return Swap(platform, 0, (failure,), over)
    servers = tuple(here.managed())
    failures = tuple(_differences(here, there, platform, servers))
    return Swap(platform, len(servers), failures, over)


def _differences(
    here: NetworkModel, there: NetworkModel, platform: Platform, servers: Sequence[ExchangeServer]
) -> Iterator[Failure]:
    def swapped_filter(server: ExchangeServer, way: Way, own: Address) -> Traffic:
        return there.permitted(there.servers[server.name], way, own)

    compared = FilterComparison().changes(servers, here.permitted, swapped_filter)
    for server, way, _, opened, cut in compared:
        network = server.network
        always = here.views[network].always[way] | there.views[network].always[way]
        found = (opened | cut) - always
        if found:
            packet = PacketText(here).familiar(found, server)
            yield _failure((here, there), platform, server, way, packet)


def _failure(
    models: tuple[NetworkModel, NetworkModel],
    platform: Platform,
    server: ExchangeServer,
    way: Way,
    packet: Packet,
) -> Failure:
    """A packet that one of both clouds allows, and the deciding rules there and here."""
    here, there = models
    words = PacketText(here)
    peer = words.name(packet.address)
    ends = (server.name, peer) if way == "out" else (peer, server.name)
    place = here.places[server.network]
    summary = [
        f"on {cloud.summary} {PacketText(model).summary(server, way, *packet).text}"
        for cloud, model in ((place.declared.platform, here), (platform, there))
    ]
    packet_text = words.packet(*ends, packet.service)
    return Failure("both clouds allow the same", packet_text, "; ".join(summary))
