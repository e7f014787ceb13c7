"""Which roles a server plays: the one place where the version of Exchange decides.

In Exchange 2013, Client Access and Mailbox are roles of their own, on one computer or on two. From 2016
on a Mailbox server is a Client Access server too (exchange.md 14): `roles_of` is what changes then.
"""

from enum import StrEnum

from exchange_ports.topology.models import Outbound, OutboundPath, Role, Server, Site, Topology

__all__ = ["ServerRole", "mailbox_servers", "roles_of", "send_connectors", "sites_with"]


class ServerRole(StrEnum):
    """What a server does. The words are those of additional flows."""

    CLIENT_ACCESS = "client_access"
    MAILBOX = "mailbox"
    EDGE = "edge"


_PLAYS = {Role.CLIENT_ACCESS: ServerRole.CLIENT_ACCESS, Role.MAILBOX: ServerRole.MAILBOX}


def roles_of(server: Server) -> frozenset[ServerRole]:
    """The roles that an internal Exchange server plays."""
    return frozenset(_PLAYS[role] for role in server.roles)


def sites_with(topology: Topology, role: ServerRole) -> tuple[str, ...]:
    """The keys of the sites that have a server in this role, in order."""
    return tuple(
        sorted(
            key
            for key, site in topology.sites.items()
            if any(role in roles_of(server) for server in site.servers.values())
        )
    )


def mailbox_servers(site: Site) -> tuple[str, ...]:
    """The keys of a site's Mailbox servers, in order."""
    return tuple(
        sorted(k for k, server in site.servers.items() if ServerRole.MAILBOX in roles_of(server))
    )


def send_connectors(topology: Topology) -> tuple[Outbound, ...]:
    """The Send connectors to the outside, as declared, or as an installation has them.

    Without Edge, Exchange makes no Send connector; a subscription makes one to the Internet, and
    who declares an Edge server without one says by it that its connectors were made by hand.
    """
    declared = topology.mail_flow.connectors
    if declared is None:
        sending = any(edge.sends for edge in topology.edge_servers.values())
        return (Outbound(through=OutboundPath.EDGE),) if sending else ()
    return tuple(each for each in declared if each.through is not OutboundPath.NONE)
