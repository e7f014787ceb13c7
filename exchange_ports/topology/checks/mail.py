"""Mail flow, name servers and sender reputation that cannot work as declared (V3, V8)."""

from collections.abc import Iterator

from exchange_ports.findings import Finding
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.models import OutboundPath, Topology
from exchange_ports.topology.parts import outbound_path

__all__ = ["mail"]


def mail(topology: Topology) -> Iterator[Finding]:
    """What Edge servers need, and paths that no server can take."""
    outbound = outbound_path(topology)
    path = ("mail_flow", "outbound", "through")
    if outbound.through is OutboundPath.EDGE and not topology.edge_servers:
        yield BY_CODE["outbound-without-edge"].at(path)
    if outbound.through is OutboundPath.CLIENT_ACCESS:
        for site in sorted(
            {e.subscribed_site for e in topology.edge_servers.values() if e.subscribed_site}
        ):
            yield BY_CODE["proxied-past-edge"].at(path, site=site)
    if topology.edge_servers and topology.name_servers.edge is None:
        yield BY_CODE["edge-without-name-servers"].at(("name_servers",))
    if topology.sender_reputation is not None and not topology.edge_servers:
        yield BY_CODE["proxy-without-edge"].at(("sender_reputation",))
