"""Which roles an organization and its sites need (exchange.md 3: V2, V6)."""

from collections.abc import Iterator
from typing import Final

from exchange_ports.findings import Finding, Path
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology.checks.selectors import connectors
from exchange_ports.topology.models import Inbound, OutboundPath, Topology
from exchange_ports.topology.roles import ServerRole, sites_with

__all__ = ["roles", "sites_without_servers"]


def roles(topology: Topology) -> Iterator[Finding]:
    """Roles that are missing in the organization or a site."""
    served = sites_with(topology, ServerRole.CLIENT_ACCESS)
    stored = sites_with(topology, ServerRole.MAILBOX)
    for role, sites in ((ServerRole.CLIENT_ACCESS, served), (ServerRole.MAILBOX, stored)):
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
    """Sites that are named for clients, mail or a witness and have no server to serve."""
    for path, sites, role in _asked(topology):
        with_role = sites_with(topology, role)
        for index, site in enumerate(sites or ()):
            # An unknown site, or no server in the role at all, is another finding.
            if with_role and site in topology.sites and site not in with_role:
                yield BY_CODE["no-server-to-serve"].at((*path, index), site=site, **_SERVES[role])


def _asked(topology: Topology) -> Iterator[tuple[Path, tuple[str, ...] | None, ServerRole]]:
    """Every list of sites whose servers in a role are asked for something."""
    for key, client in topology.clients.items():
        yield ("clients", key, "to"), client.to, ServerRole.CLIENT_ACCESS
    inbound = topology.mail_flow.inbound
    if isinstance(inbound, Inbound):
        yield ("mail_flow", "inbound", "to"), inbound.to, ServerRole.CLIENT_ACCESS
    for key, relay in topology.mail_flow.relays.items():
        yield ("mail_flow", "relays", key, "sites"), relay.sites, ServerRole(relay.to)
    for key, witness in topology.witnesses.items():
        yield ("witnesses", key, "sites"), witness.sites, ServerRole.MAILBOX
    for path, connector in connectors(topology):
        if connector.through in (OutboundPath.MAILBOX, OutboundPath.CLIENT_ACCESS):
            yield (*path, "sites"), connector.sites, ServerRole(connector.through)


_SERVES: Final = {
    ServerRole.CLIENT_ACCESS: {
        "role": "Client Access",
        "word": ServerRole.CLIENT_ACCESS.value,
        "why": "clients and mail that is handed in go to Client Access servers",
    },
    ServerRole.MAILBOX: {
        "role": "Mailbox",
        "word": ServerRole.MAILBOX.value,
        "why": "what is declared here is done by Mailbox servers",
    },
}
