"""What can be declared and cannot be realised yet: refused, never ignored."""

from collections.abc import Iterator

from exchange_ports.findings import Finding
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.checks.walk import listed
from exchange_ports.topology.models import Platform, Topology

__all__ = ["not_realised"]


def not_realised(topology: Topology) -> Iterator[Finding]:
    """What a topology says that no plan would contain."""
    kind = BY_CODE["not-realised"]
    for key, declared in topology.networks.items():
        if declared.platform is Platform.EXTERNAL:
            yield kind.at(
                ("networks", key, "platform"),
                what="an external network",
                fix="leave it out: neighbours elsewhere are declared by address at their site",
            )
    managed = {
        site.network
        for site in topology.sites.values()
        if site.servers and site.network in topology.networks
    }
    managed |= {edge.network for edge in topology.edge_servers.values()}
    if len(managed) > 1:
        yield kind.at(
            ("networks",),
            what=f"servers in more than one network ({listed(sorted(managed))})",
            fix="declare the servers of one network; neighbours elsewhere go by address",
        )
    for key, edge in topology.edge_servers.items():
        if edge.subscribed_site is None:
            yield kind.at(
                ("edge_servers", key),
                what="an Edge server without a subscription",
                fix="add `subscribed_site:` with the site it is subscribed to",
            )
    outbound = topology.mail_flow.outbound
    if isinstance(outbound, tuple):
        yield kind.at(
            ("mail_flow", "outbound"),
            what="more than one Send connector",
            fix="declare one: {through: ..., next_hop: ...}",
        )
    elif outbound is not None and outbound.servers is not None:
        yield kind.at(
            ("mail_flow", "outbound", "servers"),
            what="a Send connector of some Mailbox servers only",
            fix="leave `servers` out: every Mailbox server may send",
        )
    for side in ("internal", "edge"):
        if isinstance(getattr(topology.name_servers, side), dict):
            yield kind.at(
                ("name_servers", side),
                what="name servers by network",
                fix="list the addresses: [...]",
            )
