"""Mail flow, name servers and sender reputation that cannot work as declared (V3, V8, V12)."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from exchange_ports.catalog import BY_ID, SERVICES, SMTP_PORT
from exchange_ports.findings import Finding, Path
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology import models
from exchange_ports.topology.checks.naming import (
    connectors,
    inbound_ways,
    servers,
    sites_or_servers,
)
from exchange_ports.topology.groups import ServerRole, roles_of, sites_with
from exchange_ports.traffic.ports import Protocol, tcp


def send(topology: models.Topology) -> Iterator[Finding]:
    """Send connectors that no server can carry out."""
    declared = list(connectors(topology))
    for path, connector in declared:
        if connector.through is models.OutboundPath.EDGE and not topology.edge_servers:
            yield BY_CODE["outbound-without-edge"].at((*path, "through"))
        if connector.through is models.OutboundPath.CLIENT_ACCESS:
            for site in sorted(_proxied_past_edge(topology, connector)):
                yield BY_CODE["proxy-bypasses-edge"].at((*path, "through"), site=site)
        if connector.servers is not None and connector.sites is not None:
            yield BY_CODE["connector-sites-and-servers"].at(path)
        if connector.through is models.OutboundPath.EDGE and topology.edge_servers:
            yield from _edge_that_sends(topology, path, connector)


def _proxied_past_edge(topology: models.Topology, connector: models.Outbound) -> set[str]:
    """The sites of a proxied connector whose Edge servers send their mail."""
    with_edge = {
        edge.subscribed_site
        for edge in topology.edge_servers.values()
        if edge.subscribed_site and edge.sends
    }
    sites = set(topology.sites)
    if connector.sites is not None:
        sites = set(connector.sites)
    elif connector.servers is not None:
        sites = {site for site, _, key, _ in servers(topology) if key in connector.servers}
    return sites & with_edge


def _edge_that_sends(
    topology: models.Topology, path: Path, connector: models.Outbound
) -> Iterator[Finding]:
    edges = topology.edge_servers
    for index, name in enumerate(connector.servers or ()):
        if name in edges and not edges[name].sends:
            who = f"{name} does not send mail"
            yield BY_CODE["edge-does-not-send"].at((*path, "servers", index), who=who)
    for index, site in enumerate(connector.sites or ()):
        sending = any(edge.sends and edge.site == site for edge in edges.values())
        if site in topology.sites and not sending:
            who = f"no Edge server of site {site} sends mail"
            yield BY_CODE["edge-does-not-send"].at((*path, "sites", index), who=who)
    everyone = connector.servers is None and connector.sites is None
    if everyone and not any(edge.sends for edge in edges.values()):
        yield BY_CODE["edge-does-not-send"].at((*path, "through"), who="no Edge server sends mail")


def edge_servers(topology: models.Topology) -> Iterator[Finding]:
    """What Edge servers need, and what contradicts itself about one."""
    for key, edge in topology.edge_servers.items():
        path: Path = ("edge_servers", key)
        if (edge.subscribed_site is None) == (edge.manual_connectors_site is None):
            which = (
                "neither `{}` nor `{}`"
                if edge.manual_connectors_site is None
                else "both `{}` and `{}`"
            )
            which = which.format("subscribed_site", "manual_connectors_site")
            site = edge.site or min(topology.sites, default="...")
            yield BY_CODE["edge-site-unclear"].at(path, edge=key, which=which, site=site)
        if edge.subscribed_site is None and edge.edgesync_except:
            yield BY_CODE["edgesync-without-subscription"].at((*path, "edgesync_except"), edge=key)
        only_hybrid = topology.hybrid is not None and key in topology.hybrid.mail_names
        if not edge.receives and not edge.sends and not only_hybrid:
            yield BY_CODE["edge-without-mail"].at(path, edge=key)
    receives = any(edge.receives for edge in topology.edge_servers.values())
    for path, way in inbound_ways(topology):
        if way.to is None and topology.edge_servers and not receives:
            yield BY_CODE["edge-does-not-receive"].at(path)
    if topology.edge_servers and topology.name_servers.edge is None:
        yield BY_CODE["edge-without-name-servers"].at(("name_servers",))
    if topology.sender_reputation is not None and not topology.edge_servers:
        yield BY_CODE["sender-reputation-without-edge"].at(("sender_reputation",))
    yield from _resolvers_of_every_network(topology, topology.name_servers)


def _resolvers_of_every_network(
    topology: models.Topology, declared: models.NameServers
) -> Iterator[Finding]:
    """Name servers by network have to name every network with servers."""
    inside = {site.network for _, site, _, _ in servers(topology)}
    outside = {edge.network for edge in topology.edge_servers.values()}
    for side, needed in (("internal", inside), ("edge", outside)):
        by_network = getattr(declared, side)
        if isinstance(by_network, dict):
            for network in sorted(str(n) for n in needed if n in topology.networks):
                if network not in by_network:
                    yield BY_CODE["network-without-name-servers"].at(
                        ("name_servers", side), network=network, side=side
                    )


def relays(topology: models.Topology) -> Iterator[Finding]:
    """Receive connectors that would clash with one another."""
    declared = topology.mail_flow.relays
    for (one, first), (other, second) in combinations(sorted(declared.items()), 2):
        sites = set(first.sites or topology.sites) & set(second.sites or topology.sites)
        if sites and (first.to, first.port) == (second.to, second.port):
            shared = set(first.source) & set(second.source)
            for range_ in sorted(map(str, shared)):
                yield BY_CODE["receive-connectors-conflict"].at(
                    ("mail_flow", "relays", other),
                    one=one,
                    other=other,
                    range=range_,
                    port=first.port,
                    role=first.to,
                )
    yield from _relays_past_front_end(topology)
    yield from _relays_to_edge(topology)


def _relays_to_edge(topology: models.Topology) -> Iterator[Finding]:
    edges = {edge.site for edge in topology.edge_servers.values()}
    for key, relay in topology.mail_flow.relays.items():
        if relay.to is not models.RelayTarget.EDGE:
            continue
        path: Path = ("mail_flow", "relays", key)
        if not edges:
            yield BY_CODE["endpoint-without-servers"].at((*path, "to"), end=relay.to)
            continue
        for index, site in enumerate(relay.sites or ()):
            if site in topology.sites and site not in edges:
                end = f"{relay.to}@{site}"
                yield BY_CODE["endpoint-without-servers"].at((*path, "sites", index), end=end)


def _relays_past_front_end(topology: models.Topology) -> Iterator[Finding]:
    both = {ServerRole.CLIENT_ACCESS, ServerRole.MAILBOX}
    for key, relay in topology.mail_flow.relays.items():
        if relay.to is not models.RelayTarget.MAILBOX:
            continue
        for site, _, server_key, server in servers(topology):
            # On a combined server the front end owns the port that both would listen on.
            here = relay.sites is None or site in relay.sites
            if here and both <= roles_of(topology, server) and relay.port == SMTP_PORT:
                path = ("mail_flow", "relays", key, "to")
                yield BY_CODE["relay-behind-front-end"].at(path, relay=key, server=server_key)


def services(topology: models.Topology) -> Iterator[Finding]:
    """Ports that are bound anew and not used."""
    used = {service for client in topology.clients.values() for service in client.services}
    for service in topology.service_ports:
        if service not in used:
            yield BY_CODE["unused-service-ports"].at(("service_ports", service), service=service)


# ---- which roles an organization and its sites need (exchange.md 3: V2, V6) ----


def roles(topology: models.Topology) -> Iterator[Finding]:
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
            field = "subscribed_site" if edge.subscribed_site else "manual_connectors_site"
            path = ("edge_servers", key, field)
            yield BY_CODE["subscription-without-mailbox"].at(path, edge=key, site=edge.site)
    if not any(site.domain_controllers for site in topology.sites.values()):
        yield BY_CODE["no-domain-controller"].at(("sites",))


def sites_without_servers(topology: models.Topology) -> Iterator[Finding]:
    """Sites that are named for clients, mail or a witness and have no server to serve."""
    for path, sites, role in _asked(topology):
        with_role = sites_with(topology, role)
        for index, site in enumerate(sites or ()):
            # An unknown site, or no server in the role at all, is another finding.
            if with_role and site in topology.sites and site not in with_role:
                yield BY_CODE["site-without-role"].at((*path, index), site=site, **_SERVES[role])


def _asked(topology: models.Topology) -> Iterator[tuple[Path, tuple[str, ...] | None, ServerRole]]:
    """Every list of sites whose servers in a role are asked for something."""
    for path, named in sites_or_servers(topology):
        yield path, named, ServerRole.CLIENT_ACCESS
    for key, relay in topology.mail_flow.relays.items():
        if relay.to is not models.RelayTarget.EDGE:
            yield ("mail_flow", "relays", key, "sites"), relay.sites, ServerRole(relay.to)
    for key, witness in topology.witness_servers.items():
        yield ("witness_servers", key, "sites"), witness.sites, ServerRole.MAILBOX
    for path, connector in connectors(topology):
        if connector.through in (models.OutboundPath.MAILBOX, models.OutboundPath.CLIENT_ACCESS):
            yield (*path, "sites"), connector.sites, ServerRole(connector.through)


_SERVES: Final = {
    ServerRole.CLIENT_ACCESS: {
        "role": "Client Access",
        "word": ServerRole.CLIENT_ACCESS.value,
        "why": "Clients and relays connect to Client Access servers.",
    },
    ServerRole.MAILBOX: {
        "role": "Mailbox",
        "word": ServerRole.MAILBOX.value,
        "why": "Only Mailbox servers do this.",
    },
}


# ---- what can be declared and cannot be realized yet: refused, never ignored ----


#: What Set-ImapSettings and Set-PopSettings can bind anew.
_REBOUND = (models.Service.IMAP, models.Service.POP)


#: Rows whose port a relay's connector may share: connectors tell their clients apart (V12).
_SMTP_ROWS = ("M1", "C5", "C6")


def not_realized(topology: models.Topology) -> Iterator[Finding]:
    """What a topology says that no plan would contain."""
    for service in topology.service_ports:
        if service not in _REBOUND:
            yield BY_CODE["not-supported"].at(
                ("service_ports", service),
                what=f"Another port for {service}",
                why="Exchange can change the ports of IMAP and POP only.",
                fix="Remove the entry.",
            )


def rebound(topology: models.Topology) -> Iterator[Finding]:
    """Ports that IMAP4, POP3 or a relay's connector cannot be bound to."""
    taken = {
        ports: entry
        for entry in (*SERVICES.values(), BY_ID["M1"])
        for several in entry.ports
        for ports in several.one_by_one()
    }
    for key, relay in topology.mail_flow.relays.items():
        ports = tcp(relay.port)
        if ports in taken and taken[ports].id not in _SMTP_ROWS:
            yield BY_CODE["port-of-another-service"].at(
                ("mail_flow", "relays", key, "port"),
                service=f"relay {key}",
                ports=ports,
                other=taken[ports].summary,
            )
    for path, way in inbound_ways(topology):
        ports = tcp(way.port)
        if ports in taken and taken[ports].id not in _SMTP_ROWS:
            yield BY_CODE["port-of-another-service"].at(
                (*path, "port"), service="inbound mail", ports=ports, other=taken[ports].summary
            )
    for service, several in topology.service_ports.items():
        for index, ports in enumerate(several):
            path = ("service_ports", service, index)
            one = len(ports.ranges) == 1 and ports.ranges[0].first == ports.ranges[0].last
            if ports.protocol is not Protocol.TCP or not one:
                yield BY_CODE["not-one-tcp-port"].at(path, service=service, ports=ports)
            elif ports in taken and taken[ports] is not SERVICES[service]:
                yield BY_CODE["port-of-another-service"].at(
                    path, service=service, ports=ports, other=taken[ports].summary
                )


def of_another_cloud(topology: models.Topology) -> Iterator[Finding]:
    """Quotas of a network whose platform raises none, and groups of others where none count."""
    for key, network in topology.networks.items():
        facts = network.platform.facts
        field, fix = "other_groups", "Remove it."
        if network.other_groups is not None and facts.no_other_groups:
            if facts.also_at_subnets and network.attach_to is not models.Attachment.SUBNETS:
                fix = "Remove it, or list the groups at the subnets by id: `other_subnet_groups: [nsg-baseline]`."
            yield BY_CODE["other-groups-not-counted"].at(
                ("networks", key, field),
                field=field,
                network=key,
                why=facts.no_other_groups,
                fix=fix,
            )
        field = "other_subnet_groups"
        why = "Only Azure has network security groups at subnets."
        if facts.also_at_subnets and network.attach_to is models.Attachment.SUBNETS:
            why = "A subnet has one network security group. `attach_to: subnets` replaces that of others."
        elif facts.also_at_subnets:
            why = ""
        if network.other_subnet_groups and why:
            yield BY_CODE["other-groups-not-counted"].at(
                ("networks", key, field), field=field, network=key, why=why, fix="Remove it."
            )
        why = network.platform.facts.no_quotas
        for name in network.quotas.raised if why else ():
            yield BY_CODE["quota-of-another-cloud"].at(
                ("networks", key, "quotas", name),
                quota=name,
                network=key,
                platform=network.platform,
                why=why,
            )
