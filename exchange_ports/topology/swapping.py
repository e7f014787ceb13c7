"""The same topology on the other cloud: what stays the same there is no matter of one platform.

Must not know: plans. Whether the other cloud takes the topology is for its planner and limits to say.
"""

from typing import Final

from exchange_ports.topology.models import Attachment, Platform, Quotas, Topology

__all__ = ["swapped"]


#: Of what only one cloud has: what says nothing.
_DEFAULTS: Final = {"quotas": Quotas(), "attach_to": Attachment.NETWORK_INTERFACES}


def swapped(topology: Topology, platform: Platform) -> Topology:
    """The topology with every VPC and VNet on one cloud; external networks stay what they are.

    What only one cloud has goes where it moves to the other: quotas of AWS, groups at subnets of
    Azure. The topology itself where nothing changes. It must have passed its checks: nothing else that
    makes it fail them depends on the platform, so the one that is returned passes them too.

    :raises ValueError: the platform is none that a filter of ours can stand on.
    """
    if platform is Platform.EXTERNAL:
        raise ValueError("no filter of ours stands in an external network")
    networks = {
        key: network
        if network.platform in (Platform.EXTERNAL, platform)
        else network.model_copy(update={"platform": platform, **_DEFAULTS})
        for key, network in topology.networks.items()
    }
    if networks == topology.networks:
        return topology
    return topology.model_copy(update={"networks": networks})
