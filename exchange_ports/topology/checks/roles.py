"""Which roles an organization and its sites need (exchange.md 3: V2, V6)."""

from collections.abc import Iterator

from exchange_ports.findings import Finding, Path
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.models import Inbound, Role, Topology
from exchange_ports.topology.parts import sites_with

__all__ = ["roles", "sites_without_servers"]


def roles(topology: Topology) -> Iterator[Finding]:
    """Roles that are missing in the organization or a site."""
    served = sites_with(topology, Role.CLIENT_ACCESS)
    stored = sites_with(topology, Role.MAILBOX)
    for role, sites in ((Role.CLIENT_ACCESS, served), (Role.MAILBOX, stored)):
        if not sites:
            yield BY_CODE["organization-without-role"].at(("sites",), role=role)
    if served:
        for site in stored:
            if site not in served:
                yield BY_CODE["mailbox-without-client-access"].at(("sites", site), site=site)
    for key, edge in topology.edge_servers.items():
        if edge.site in topology.sites and edge.site not in stored:
            field = "subscribed_site" if edge.subscribed_site else "mail_site"
            path = ("edge_servers", key, field)
            yield BY_CODE["subscription-without-mailbox"].at(path, edge=key, site=edge.site)
    if not any(site.domain_controllers for site in topology.sites.values()):
        yield BY_CODE["no-domain-controller"].at(("sites",))


def sites_without_servers(topology: Topology) -> Iterator[Finding]:
    """Sites that are named for clients or mail and have no Client Access server."""
    served = sites_with(topology, Role.CLIENT_ACCESS)
    asked: list[tuple[Path, tuple[str, ...] | None]] = [
        (("clients", key, "to"), client.to) for key, client in topology.clients.items()
    ]
    inbound = topology.mail_flow.inbound
    if isinstance(inbound, Inbound):
        asked.append((("mail_flow", "inbound", "to"), inbound.to))
    for path, sites in asked:
        for index, site in enumerate(sites or ()):
            # An unknown site, or no Client Access server at all, is another finding.
            if served and site in topology.sites and site not in served:
                yield BY_CODE["no-server-to-serve"].at((*path, index), site=site)
