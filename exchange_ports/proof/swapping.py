"""The same topology with its platform swapped permits the same.

Two planners that never see each other, and two clouds' semantics: where one of the four is wrong,
this shows it, whatever the flows say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from exchange_ports.findings import Finding, Refused
from exchange_ports.plans import Plans, planned
from exchange_ports.proof.clouds import Way
from exchange_ports.proof.laws import Failure
from exchange_ports.proof.scene import WAYS, Scene, Server
from exchange_ports.proof.words import Words
from exchange_ports.topology.models import Platform, Topology
from exchange_ports.topology.swapping import swapped
from exchange_ports.traffic.traffic import Packet, Traffic

__all__ = ["Swap", "swap"]

_CLOUDS: Final = (Platform.AWS, Platform.AZURE)


@dataclass(frozen=True, slots=True)
class Swap:
    """The comparison with one other cloud."""

    platform: Platform
    #: How many servers were compared, each both ways.
    servers: int
    failures: tuple[Failure, ...]
    #: Limits of the other cloud that the topology would be over there: no matter of what passes.
    over: tuple[Finding, ...] = ()
    #: Why there is nothing to compare with: the other cloud's planner refuses the topology.
    refused: tuple[Finding, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing differs. A refusal is no difference."""
        return not self.failures


def swap(plans: Plans) -> tuple[Swap, ...]:
    """Compare with the same topology on each cloud that it does not wholly stand on.

    For every managed server, direction and address the same packets pass, but for what a platform
    asks every filter to let through (the probes of Azure's load balancers). Takes about as long as to
    plan and read both. Pure.

    :raises ValueError: a cloud would refuse the plans themselves.
    """
    here = Scene(plans)
    found: list[Swap] = []
    for platform in _CLOUDS:
        topology = swapped(plans.topology, platform)
        if topology is not plans.topology:
            found.append(_compared(here, platform, topology))
    return tuple(found)


def _compared(here: Scene, platform: Platform, topology: Topology) -> Swap:
    try:
        plans, findings = planned(topology)
        over = tuple(finding for finding in findings if finding.is_error)
    except Refused as refused:
        return Swap(platform, 0, (), refused=refused.findings)
    try:
        there = Scene(plans)
    except ValueError as broken:
        failure = Failure("a cloud takes the plan", f"on {platform.says}", str(broken))
        return Swap(platform, 0, (failure,), over)
    servers = tuple(here.managed())
    failures = tuple(_differences(here, there, platform, servers))
    return Swap(platform, len(servers), failures, over)


def _differences(
    here: Scene, there: Scene, platform: Platform, servers: Sequence[Server]
) -> Iterator[Failure]:
    # Servers of one role share both sides, and each pair of them is compared once. Both scenes keep
    # what they permit.
    known: dict[tuple[int, int], Traffic] = {}
    for server in servers:
        other = there.servers[server.name]
        network = server.wearer.network
        for way in WAYS:
            always = here.views[network].always[way] | there.views[network].always[way]
            for own in server.addresses:
                ours = here.permitted(server, way, own)
                theirs = there.permitted(other, way, own)
                pair = (id(ours), id(theirs))
                if pair not in known:
                    same = ours == theirs
                    known[pair] = Traffic() if same else (ours - theirs) | (theirs - ours)
                found = known[pair] - always
                if found:
                    packet = Words(here).familiar(found, server)
                    yield _failure((here, there), platform, server, way, packet)


def _failure(
    scenes: tuple[Scene, Scene], platform: Platform, server: Server, way: Way, packet: Packet
) -> Failure:
    """A packet that passes on one of both clouds, and who decides there and here."""
    here, there = scenes
    words = Words(here)
    peer = words.name(packet.address)
    ends = (server.name, peer) if way == "out" else (peer, server.name)
    place = here.places[server.wearer.network]
    says = [
        f"on {cloud.says} {Words(scene).says(server, way, *packet).text}"
        for cloud, scene in ((place.declared.platform, here), (platform, there))
    ]
    witness = words.packet(*ends, packet.service)
    return Failure("the other cloud permits the same", witness, "; ".join(says))
