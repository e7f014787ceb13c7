"""The laws about what is not ours: hosts beside our servers, and what a network's tags hold.

A neighbour is any address of a zone that is no managed server's. It wears none of our groups. At
network interfaces, on either cloud, nothing of ours is on its way, so nothing can harm it; at subnets
Azure's default rules decide over it, and ours must change nothing about that.
"""

from collections.abc import Iterator
from typing import Final

from exchange_ports.clouds.base import NeighborEffect
from exchange_ports.flows.flow_index import WAYS, Way
from exchange_ports.proof.invariants import Failure
from exchange_ports.proof.network_model import FilterComparison, NetworkModel
from exchange_ports.topology.inventory import ExchangeServer, addresses_of
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.traffic import Traffic

__all__ = ["beyond_us"]


_UNHARMED: Final = "neighbours are unharmed"


def beyond_us(scene: NetworkModel) -> Iterator[Failure]:
    """Neighbours are unharmed, and what passes a server does not hang on what service tags hold."""
    yield from _unharmed(scene)
    yield from _whatever_tags_hold(scene)


def _unharmed(scene: NetworkModel) -> Iterator[Failure]:
    for key, plan in scene.plans.networks.items():
        view, declared = scene.views[plan.network], scene.places[plan.network].declared
        for place in sorted(view.places - {declared.attach_to}):
            summary = f"hang on {place}, and {declared.attach_to} are declared".replace("_", " ")
            yield Failure(_UNHARMED, f"the groups of {key}", summary)
        ours = addresses_of(s for s in scene.managed() if s.network == plan.network)
        for zone, ranges in (("internal", declared.internal), ("perimeter", declared.perimeter)):
            others = AddressSet.of(ranges) - ours
            for way in WAYS:
                yield from (_harmed(way, harm) for harm in view.harm(zone, way, others))


def _harmed(way: Way, harm: NeighborEffect) -> Failure:
    packet = (harm.opened or harm.cut).example()
    ends = (str(harm.own), str(packet.address))
    source, destination = ends if way == "out" else ends[::-1]
    did = "lets it" if harm.opened else "stops it on its way"
    summary = (
        f"{harm.own} is not ours, and a rule of ours {did} {way}, unlike Azure's default rules"
    )
    witness = f"{source} -> {destination} {packet.service}"
    return Failure(_UNHARMED, witness, f"{summary} {harm.when}".rstrip())


def _whatever_tags_hold(scene: NetworkModel) -> Iterator[Failure]:
    def under_forced_tunneling(server: ExchangeServer, way: Way, own: Address) -> Traffic:
        return scene.views[server.network].elsewhere(server.name, way, own)

    for server, way, _, opened, cut in FilterComparison().changes(
        scene.managed(), scene.permitted, under_forced_tunneling
    ):
        packet = (opened or cut).example()
        ends = (server.name, str(packet.address))
        source, destination = ends if way == "out" else ends[::-1]
        yield Failure(
            "whatever service tags hold",
            f"{source} -> {destination} {packet.service}",
            f"what {server.name} lets {way} is another under forced tunnelling, where "
            "VirtualNetwork is everything",
        )
