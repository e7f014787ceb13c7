"""Security groups that an update would replace while they are worn: no order of the engine is clean then.

A group is at one place: an AWS security group in its VPC, a network security group of Azure in its
resource group and location (aws.md 3.3, azure.md 3); and one for subnets is another than one for
interfaces. AWS creates the new one first. Azure's provider deletes first where the program gives
the name, as ours does, and Azure refuses that as long as anything wears the group (azure.md 3).
"""

from collections.abc import Iterable, Iterator, Mapping

from exchange_ports.clouds import cloud_of
from exchange_ports.pipeline import Plans
from exchange_ports.rollout.interfaces import network_name
from exchange_ports.rollout.network_pairs import NetworkPair
from exchange_ports.topology.bindings import CLOUD_IDS, as_mapping

__all__ = ["Ids", "moved_elsewhere", "reattached"]

#: Cloud ids by network, as they stand beside a topology; of one that only Pulumi knows nothing is said.
Ids = Mapping[str, object]


def reattached(pairs: Iterable[NetworkPair]) -> Iterator[str]:
    """The network security groups that change what they hang on (`attach_to`), in words."""
    for pair in pairs:
        for zone, *ends in cloud_of(pair.new).transitions.reattached(pair.old, pair.new):
            from_, to = (each.value.replace("_", " ") for each in ends)
            yield f"the {zone} zone of {pair.place}: from {from_} to {to}"


def moved_elsewhere(old: Plans, new: Plans, ids: tuple[Ids, Ids]) -> Iterator[str]:
    """The networks whose groups are at another place afterwards, in words."""
    before = {network_name(plan): key for key, plan in old.networks.items()}
    for key, plan in sorted(new.networks.items()):
        place = network_name(plan)
        if place not in before or not plan.member_groups:
            continue
        was = as_mapping(ids[0].get(before[place])) or {}
        will = as_mapping(ids[1].get(key)) or {}
        for name in CLOUD_IDS[new.topology.networks[key].platform]:
            one, other = was.get(name), will.get(name)
            if isinstance(one, str) and isinstance(other, str) and one != other:
                yield f"every group of {place}: {name} from {one} to {other}"
