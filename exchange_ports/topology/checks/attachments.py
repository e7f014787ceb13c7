"""What network security groups hang on: where a network may say so, and what that means for others."""

from collections.abc import Iterator

from exchange_ports.findings import Finding, Path
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.checks.walk import listed, managed
from exchange_ports.topology.models import Attachment, Platform, Topology
from exchange_ports.traffic.addresses import covers, network

__all__ = ["subnets", "subnets_of_one_server"]


def subnets(topology: Topology) -> Iterator[Finding]:
    """Networks whose groups hang on subnets: those that have no such groups, and what it does to others."""
    for key, declared in topology.networks.items():
        if declared.attach_to is not Attachment.SUBNETS:
            continue
        path: Path = ("networks", key, "attach_to")
        if declared.platform is not Platform.AZURE:
            yield BY_CODE["cannot-attach-to-subnets"].at(
                path, network=key, why=_WHY[declared.platform], fix="take `attach_to` away"
            )
        elif managed(topology, key) and _is_used(topology, key):
            yield BY_CODE["subnet-attachment"].at(path, network=key)


_WHY = {
    Platform.AWS: "security groups of AWS hang on network interfaces only",
    Platform.EXTERNAL: "nothing is made for an external network",
}


def _is_used(topology: Topology, key: str) -> bool:
    sites = (site for site in topology.sites.values() if site.network == key)
    return any(site.servers for site in sites) or any(
        edge.network == key for edge in topology.edge_servers.values()
    )


def subnets_of_one_server(topology: Topology) -> Iterator[Finding]:
    """Edge servers with an adapter in each zone: the group of a subnet is that of one zone."""
    for key, edge in topology.edge_servers.items():
        declared = topology.networks.get(edge.network)
        if declared is None or declared.attach_to is not Attachment.SUBNETS:
            continue
        places = [network(str(address)) for address in edge.addresses]
        inside = [place for place in places if covers(declared.internal, (place,))]
        if inside and any(covers(declared.perimeter, (place,)) for place in places):
            yield BY_CODE["cannot-attach-to-subnets"].at(
                ("edge_servers", key, "address"),
                network=edge.network,
                why=f"{key} has an adapter in each zone, and the subnet of "
                f"{listed(place.network_address for place in inside)} would have nothing for it, so "
                "Azure's default rules would decide there",
                fix=f"take `attach_to` away, or give {key} addresses of the perimeter only",
            )
