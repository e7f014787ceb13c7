"""The same topology on the other cloud: what stays the same there is no matter of one platform.

Must not know: plans. Whether the other cloud takes the topology is for its planner and limits to say.
"""

from exchange_ports.topology.models import Platform, Topology

__all__ = ["swapped"]


def swapped(topology: Topology, platform: Platform) -> Topology:
    """The topology with every VPC and VNet on one cloud; external networks stay what they are.

    The topology itself where nothing changes. It must have passed its checks: nothing that makes it
    fail them depends on the platform, so the one that is returned passes them too.

    :raises ValueError: the platform is none that a filter of ours can stand on.
    """
    if platform is Platform.EXTERNAL:
        raise ValueError("no filter of ours stands in an external network")
    networks = {
        key: network
        if network.platform in (Platform.EXTERNAL, platform)
        else network.model_copy(update={"platform": platform})
        for key, network in topology.networks.items()
    }
    if networks == topology.networks:
        return topology
    return topology.model_copy(update={"networks": networks})
