"""Quotas: raised by the cloud of their network. How high is that cloud's matter (`aws.limits`)."""

from collections.abc import Iterator

from exchange_ports.findings import Finding
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.models import Platform, Topology

__all__ = ["of_another_cloud"]


def of_another_cloud(topology: Topology) -> Iterator[Finding]:
    """Quotas of a network on which they mean nothing: all that can be raised are AWS's."""
    for key, network in topology.networks.items():
        why = _WHY_NONE.get(network.platform)
        for name in network.quotas.raised if why else ():
            yield BY_CODE["quota-of-another-cloud"].at(
                ("networks", key, "quotas", name),
                quota=name,
                network=key,
                platform=network.platform,
                why=why,
            )


_WHY_NONE = {
    Platform.AZURE: "Azure raises none of its limits on network security groups and application "
    "security groups, so nothing more would fit",
    Platform.EXTERNAL: "nothing is made in an external network, so nothing is counted there",
}
