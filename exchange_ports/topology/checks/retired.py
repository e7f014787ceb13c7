"""Retired groups: whether such a group can have been worn, and whether nobody wears it now."""

from collections.abc import Iterator

from exchange_ports.findings import Finding, Path, nearest
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.groups import identity, retirable, wearers, worn_by
from exchange_ports.topology.models import Platform, Topology

__all__ = ["groups"]


def groups(topology: Topology) -> Iterator[Finding]:
    """Keys of groups that there cannot be, and groups that somebody declared still wears."""
    for key, network in topology.networks.items():
        here = identity(key, network)
        known = retirable(topology, here)
        worn = _worn(topology, here) if network.retired_groups else set[str]()
        for place, group in enumerate(network.retired_groups):
            path: Path = ("networks", key, "retired_groups", place)
            if network.platform is Platform.EXTERNAL:
                what, fix = "a group of an external network: nothing is made there", "take it away"
                yield BY_CODE["undeclared"].at(path, name=group, what=what, fix=fix)
            elif group not in known:
                meant = nearest(group, known)
                fix = (
                    f"did you mean {meant}?"
                    if meant
                    else "keep the site or server that it is of declared until it is taken from here"
                )
                what = "a group of a site or server that is declared"
                yield BY_CODE["undeclared"].at(path, name=group, what=what, fix=fix)
            elif group in worn:
                yield BY_CODE["retired-group-worn"].at(path, group=group, network=key)


def _worn(topology: Topology, network: str) -> set[str]:
    """The keys of the groups that somebody wears in a network; none where it is unclear who is where."""
    places = [site.network for site in topology.sites.values() if site.servers]
    places += [edge.network for edge in topology.edge_servers.values()]
    if not set(places) <= set(topology.networks):
        return set()
    return {group.key for group in worn_by(wearers(topology)) if group.network == network}
