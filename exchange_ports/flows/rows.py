"""Each row of the catalog: where it applies, and which fields of a topology declare its flows.

One entry of `ROWS` for each row: from the declaration to flows, and from a flow back to its fields.
Must not know: how a flow is written as rules, nor where in a file a field stands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from exchange_ports.catalog import (
    BY_ID,
    SERVICES,
    SMTP_PORT,
    CatalogEntry,
    CatalogSection,
    Service,
    StartupMode,
)
from exchange_ports.findings import Path
from exchange_ports.flows.flow import (
    Endpoint,
    ExternalEndpoint,
    Flow,
    RowFlows,
    across,
    as_in_row,
    both_ways,
    external,
    one,
    smart_hosts,
)
from exchange_ports.topology import models
from exchange_ports.topology.checks.naming import connectors, inbound_ways
from exchange_ports.topology.fields import ANY_WORD, INTERNET_WORD, EndpointKind
from exchange_ports.topology.groups import (
    EdgePair,
    Group,
    GroupKind,
    ServerRole,
    edges_receive_mail,
    identity,
    send_connectors,
)
from exchange_ports.topology.inventory import Inventory
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    GLOBAL_UNICAST,
    Network,
    difference,
    network,
)
from exchange_ports.traffic.ports import Ports, Protocol, joined
from exchange_ports.versions import Article, Version

if TYPE_CHECKING:
    from exchange_ports.flows.hybrid_rows import HybridContext

#: Class D, class E and limited broadcast: no unicast address on the Internet (RFC 5771, RFC 1112).
_NO_UNICAST: Final = network("224.0.0.0/3")


def public_ranges(topology: models.Topology) -> tuple[Network, ...]:
    """The public addresses of IPv4: those in no private block that are unicast."""
    holes = tuple(b for b in topology.private_blocks if b.version == EVERYTHING_V4.version)
    return difference(EVERYTHING_V4, (*holes, _NO_UNICAST))


class FlowContext:
    """What the rows below need of a topology, computed once."""

    def __init__(self, inventory: Inventory) -> None:
        self.topology = topology = inventory.topology
        self.inventory = inventory
        self.parts = inventory.role_groups
        self._networks = {of: network for of, (_, network) in inventory.networks.items()}
        self._public = public_ranges(topology)
        self._articles: dict[frozenset[Version], tuple[Article, ...]] = {}

    @cached_property
    def _versions(self) -> Mapping[Group, frozenset[Version]]:
        members = self.inventory.members.items()
        return {group: frozenset(each.version for each in several) for group, several in members}

    def versions(self, group: Group) -> frozenset[Version]:
        """The versions of a group's members; of one without members, that of the organization."""
        return self._versions.get(group) or frozenset((self.topology.version,))

    def articles(self, row: str, *ends: Endpoint) -> tuple[Article, ...]:
        """The articles of the servers at the ends of a row's flow, in the order of their versions."""
        if BY_ID[row].section is CatalogSection.UNIFIED_MESSAGING:
            # One page for both versions that have it, in the library of 2013.
            return (Article.EXCHANGE_2013,)
        ours = [end for end in ends if isinstance(end, Group)]
        versions = frozenset(each for end in ours for each in self.versions(end))
        if row == "M3" or (row == "M2" and any(end.kind in _PROXYING for end in ours)):
            # Servers of both articles may proxy mail, each by a row of its own article.
            versions = frozenset(each for each in versions if _proxy_row(each) == row)
        known = self._articles.get(versions)
        if known is None:
            cited = dict.fromkeys(version.facts.article for version in sorted(versions))
            known = self._articles[versions] = tuple(cited)
        return known

    def _has_ipv6(self, network: str) -> bool:
        """The page's "Internet (any)" names no IP version: IPv6 counts where it is declared (A-22)."""
        declared = self._networks[network]
        zones = (*declared.internal, *declared.perimeter)
        return any(zone.version == EVERYTHING_V6.version for zone in zones)

    def internet(self, seen_from: Group) -> ExternalEndpoint:
        """The Internet as a destination, and as a source towards Edge: public addresses."""
        if self._networks[seen_from.network].internet == "any":
            return self._any(seen_from.network)
        ipv6 = self._has_ipv6(seen_from.network)
        kind = EndpointKind.INTERNET
        ranges = self._public + ((GLOBAL_UNICAST,) if ipv6 else ())
        return ExternalEndpoint(kind.value, ranges, INTERNET_WORD, kind=kind)

    def any_source(self, seen_from: Group) -> ExternalEndpoint:
        """The Internet as a source towards Client Access: any address, since load balancers are inside."""
        if self._networks[seen_from.network].internet == "public":
            return self.internet(seen_from)
        return self._any(seen_from.network)

    def _any(self, network: str) -> ExternalEndpoint:
        both = (EVERYTHING_V4, EVERYTHING_V6) if self._has_ipv6(network) else (EVERYTHING_V4,)
        kind = EndpointKind.ANY
        return ExternalEndpoint(kind.value, both, ANY_WORD, kind=kind)

    @cached_property
    def edge_receives_mail(self) -> bool:
        """Whether Edge servers receive inbound mail other than hybrid mail."""
        return bool(self.topology.edge_servers) and edges_receive_mail(self.topology)

    @cached_property
    def hybrid(self) -> "HybridContext | None":
        """What a hybrid deployment asks for; None where there is none."""
        if self.topology.hybrid is None:
            return None
        # What only a hybrid deployment needs is not loaded for others.
        from exchange_ports.flows.hybrid_rows import HybridContext

        return HybridContext(self, self.topology.hybrid)

    @staticmethod
    def inbound_sources(
        ways: Iterable[models.Inbound], internet: ExternalEndpoint
    ) -> Iterator[ExternalEndpoint]:
        """The sources of inbound mail by these declarations: `internet`, ranges as one end, or both."""
        sources = [way.source for way in ways]
        if not sources or any(isinstance(source, str) for source in sources):
            yield internet
        ranges = [each for source in sources if not isinstance(source, str) for each in source]
        if ranges:
            summary = "inbound SMTP sources"
            yield external(EndpointKind.INBOUND_MAIL, ranges, summary)

    def hops(
        self, connector: models.Outbound, sender: Group
    ) -> Iterator[tuple[ExternalEndpoint, Ports | None]]:
        """The next hops of outbound mail, with the port where a smart host has its own."""
        if isinstance(connector.next_hop, str):
            yield self.internet(sender), None
            return
        by_port: dict[int, list[Network]] = {}
        for hop in connector.next_hop:
            by_port.setdefault(hop.port, []).append(network(str(hop.address)))
        for port, ranges in sorted(by_port.items()):
            yield smart_hosts(ranges), one(port)

    def resolvers(self, group: Group, *, edge: bool) -> tuple[ExternalEndpoint, ...]:
        """The name servers that need rules; none for the platform's, nor for domain controllers inside."""
        servers = self.topology.name_servers
        declared = servers.edge if edge else servers.internal
        of = ""
        if isinstance(declared, dict):
            by_id = {identity(k, self.topology.networks[k]): v for k, v in declared.items()}
            declared, of = by_id.get(group.network), group.network
        if declared is None or declared == "cloud_resolver":
            return ()
        if declared == "domain_controllers":
            # Inside, the ground rules allow all protocols to domain controllers already.
            return self.domain_controllers() if edge else ()
        kind = EndpointKind.EDGE_NAME_SERVERS if edge else EndpointKind.NAME_SERVERS
        return (external(kind, (network(str(a)) for a in declared), "name servers", of),)

    def _neighbors(self, kind: EndpointKind, summary: str) -> Iterator[ExternalEndpoint]:
        for key, site in sorted(self.topology.sites.items()):
            declared = getattr(site, kind.replace("-", "_"))
            if declared is not None:
                of = identity(key, site)
                yield external(
                    kind, declared.addresses, f"{summary} of {key}", of, unrestricted=True
                )

    def domain_controllers(self) -> tuple[ExternalEndpoint, ...]:
        """Domain controllers of every site; those of accounts forests are ends of their own."""
        accounts = (
            external(
                EndpointKind.ACCOUNTS_DOMAIN_CONTROLLERS,
                site.domain_controllers.accounts_forest,
                f"accounts-forest domain controllers of {key}",
                identity(key, site),
                unrestricted=True,
            )
            for key, site in sorted(self.topology.sites.items())
            if site.domain_controllers is not None and site.domain_controllers.accounts_forest
        )
        return (*self._neighbors(EndpointKind.DOMAIN_CONTROLLERS, "domain controllers"), *accounts)

    def lync(self) -> tuple[ExternalEndpoint, ...]:
        """Lync servers of every site."""
        return tuple(self._neighbors(EndpointKind.LYNC, "Lync servers"))

    def other_exchange(self) -> tuple[ExternalEndpoint, ...]:
        """Exchange servers of every site that are not managed."""
        return tuple(self._neighbors(EndpointKind.OTHER_EXCHANGE, "other Exchange servers"))


# ---- where each row applies ----


def _internal_exchange(context: FlowContext, _: CatalogEntry) -> RowFlows:
    ours = context.parts.exchange()
    yield from as_in_row(across(ours, ours))
    yield from as_in_row(both_ways(ours, context.other_exchange()))


def _lync(context: FlowContext, _: CatalogEntry) -> RowFlows:
    return as_in_row(both_ways(context.parts.exchange(), context.lync()))


def _domain_controllers(context: FlowContext, _: CatalogEntry) -> RowFlows:
    return as_in_row(both_ways(context.parts.exchange(), context.domain_controllers()))


def _clients(context: FlowContext, entry: CatalogEntry) -> RowFlows:
    for name, client in sorted(context.topology.clients.items()):
        for service in client.services:
            if SERVICES[service] is not entry:
                continue
            rebound = context.topology.service_ports.get(service)
            for server in context.parts.published_to(client.to):
                source = (
                    context.any_source(server)
                    if isinstance(client.source, str)
                    else external(EndpointKind.CLIENTS, client.source, f"clients {name}", name)
                )
                for ports in joined(rebound) if rebound else (None,):
                    yield source, server, ports


def _mail_to_client_access(context: FlowContext) -> dict[Group, list[models.Inbound]]:
    """The servers that receive inbound mail without Edge, each with its declarations."""
    found: dict[Group, list[models.Inbound]] = {}
    for way in context.topology.mail_flow.inbound_ways:
        if way.to is not None or not context.topology.edge_servers:
            for server in context.parts.published_to(way.to):
                found.setdefault(server, []).append(way)
    return found


def _inbound(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for server, ways in _mail_to_client_access(context).items():
        yield from _on_each_port(context, ways, server, context.any_source(server))


def _on_each_port(
    context: FlowContext,
    ways: Iterable[models.Inbound],
    server: Group,
    internet: ExternalEndpoint,
) -> RowFlows:
    """Inbound mail by several declarations: the sources of each port."""
    by_port: dict[int, list[models.Inbound]] = {}
    for way in ways:
        by_port.setdefault(way.port, []).append(way)
    # Without a declaration, Edge servers receive mail from the Internet on the usual port.
    for port, several in sorted((by_port or {SMTP_PORT: []}).items()):
        for source in context.inbound_sources(several, internet):
            yield source, server, None if port == SMTP_PORT else one(port)


def _internet_facing_dns(context: FlowContext, _: CatalogEntry) -> RowFlows:
    """The servers that receive inbound or send outbound mail, where that is not Edge."""
    facing = {
        *_mail_to_client_access(context),
        *(
            sender
            for connector in send_connectors(context.topology)
            if connector.through is not models.OutboundPath.EDGE
            for sender in context.parts.senders(connector)
        ),
    }
    if context.hybrid is not None:
        facing.update(context.hybrid.internal_receivers(), context.hybrid.internal_senders())
    for group in sorted(facing):
        yield from as_in_row(across([group], context.resolvers(group, edge=False)))


def _all_resolve(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for group in context.parts.exchange():
        yield from as_in_row(across([group], context.resolvers(group, edge=False)))


def _edge_resolves(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for group in context.parts.edge():
        yield from as_in_row(across([group], context.resolvers(group, edge=True)))


def _sent(context: FlowContext, entry: CatalogEntry) -> RowFlows:
    for connector in send_connectors(context.topology):
        for sender in _senders(context, connector, entry.id):
            for hop, ports in context.hops(connector, sender):
                yield sender, hop, ports


#: The groups of servers that may proxy mail.
_PROXYING: Final = (GroupKind.CLIENT_ACCESS, GroupKind.UNPUBLISHED)


def _proxy_row(version: Version) -> str:
    """The row by which a server of a version sends proxied mail.

    From Exchange 2016 on it is a Mailbox server, and row 3 of the table has the same ends as row 2.
    """
    return "M2" if version.facts.combined else "M3"


def _senders(context: FlowContext, connector: models.Outbound, row: str) -> Iterator[Group]:
    """The groups that send by a connector and are in a row: M2, M3 or E4."""
    path = connector.through
    for sender in context.parts.senders(connector):
        if path is models.OutboundPath.CLIENT_ACCESS:
            if row in map(_proxy_row, context.versions(sender)):
                yield sender
        elif row == ("M2" if path is models.OutboundPath.MAILBOX else "E4"):
            yield sender


def _edge_receives(context: FlowContext, _: CatalogEntry) -> RowFlows:
    if context.edge_receives_mail:
        for edge in context.parts.receiving():
            ways = context.topology.mail_flow.inbound_by_edge
            yield from _on_each_port(context, ways, edge, context.internet(edge))


def _edge_delivers(context: FlowContext, _: CatalogEntry) -> RowFlows:
    pairs = dict.fromkeys(context.parts.receiving_pairs() if context.edge_receives_mail else ())
    if context.hybrid is not None:
        pairs |= dict.fromkeys(context.hybrid.delivering_pairs())
    for mailbox, edge, port in pairs:
        yield edge, mailbox, None if port is None else one(port)


def _site_sends_by_edge(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for connector in send_connectors(context.topology):
        if connector.through is models.OutboundPath.EDGE:
            for mailbox, edge, _port in context.parts.sending_pairs(connector):
                yield mailbox, edge, None
    if context.hybrid is not None:
        for mailbox, edge, _port in context.hybrid.sending_pairs():
            yield mailbox, edge, None


def _edgesync(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for mailbox, edge, port in context.parts.edgesync_pairs():
        yield mailbox, edge, None if port is None else one(port)


def _reputation_proxy(context: FlowContext, _: CatalogEntry) -> RowFlows:
    declared = context.topology.sender_reputation
    if isinstance(declared, models.SenderReputation):
        address = network(str(declared.proxy.address))
        proxy = external(EndpointKind.REPUTATION_PROXY, [address], "sender reputation's proxy")
        for edge in context.parts.edge():
            yield edge, proxy, one(declared.proxy.port)


def _reputation_probes(context: FlowContext, _: CatalogEntry) -> RowFlows:
    if context.topology.sender_reputation == "direct":
        for edge in context.parts.edge():
            yield edge, context.internet(edge), None


def _relays(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for name, relay in sorted(context.topology.mail_flow.relays.items()):
        source = external(EndpointKind.RELAY, relay.source, f"relay {name}", name)
        play = {
            models.RelayTarget.CLIENT_ACCESS: context.parts.client_access,
            models.RelayTarget.MAILBOX: context.parts.mailbox,
            models.RelayTarget.EDGE: context.parts.edge,
        }[relay.to]
        for server in play(relay.sites):
            yield source, server, one(relay.port)


def _witnesses(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for name, witness in sorted(context.topology.witness_servers.items()):
        address = network(str(witness.address))
        server = external(EndpointKind.WITNESS, [address], f"witness server {name}", name)
        yield from as_in_row(across(context.parts.mailbox(witness.sites), [server]))


# ---- Unified Messaging ----


def _with_um(context: FlowContext, peer: models.SipPeer, role: ServerRole) -> Iterator[Group]:
    """The servers in a role that exchange calls with a peer: those of 2013 and 2016 only (V11)."""
    declared, topology = context.topology.unified_messaging, context.topology
    sites = topology.sites if declared is None else declared.sites or topology.sites
    names = tuple(peer.to or sites)
    parts = context.parts
    found = parts.client_access if role is ServerRole.CLIENT_ACCESS else parts.mailbox
    for group in found(name for name in names if name in topology.sites):
        if any(version.facts.unified_messaging for version in context.versions(group)):
            yield group
    for name in names:
        if name not in topology.sites and role in context.inventory.by_name[name].roles:
            yield from parts.server(name)


def _gateways(
    context: FlowContext, role: ServerRole
) -> Iterator[tuple[models.UnifiedMessaging, models.IpGateway, ExternalEndpoint, Group]]:
    """Each IP gateway with each group of servers in a role that it exchanges calls with."""
    declared = context.topology.unified_messaging
    if declared is None:
        return
    for name, gateway in sorted(declared.ip_gateways.items()):
        end = _peer(EndpointKind.IP_GATEWAY, gateway, f"IP gateway {name}", name)
        for group in _with_um(context, gateway, role):
            yield declared, gateway, end, group


def _fax_partners(
    context: FlowContext, role: ServerRole
) -> Iterator[tuple[models.FaxPartnerServer, ExternalEndpoint, Group]]:
    declared = context.topology.unified_messaging
    for name, server in sorted(declared.fax_partner_servers.items()) if declared else ():
        kind = EndpointKind.FAX_PARTNER_SERVER
        end = _peer(kind, server, f"fax partner server {name}", name)
        for group in _with_um(context, server, role):
            yield server, end, group


def _peer(kind: EndpointKind, peer: models.SipPeer, summary: str, name: str) -> ExternalEndpoint:
    return external(kind, (network(str(each)) for each in peer.addresses), summary, name)


def _listening(mode: StartupMode, unsecured: Ports, secured: Ports) -> tuple[Ports, ...]:
    """The ports on which a service listens in a startup mode (A-13)."""
    chosen = {StartupMode.TCP: (unsecured,), StartupMode.TLS: (secured,)}
    return joined(chosen.get(mode, (unsecured, secured)))


def _calls_to_router(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for declared, _gateway, peer, group in _gateways(context, ServerRole.CLIENT_ACCESS):
        unsecured = one(declared.sip_tcp_listening_port)
        secured = one(declared.sip_tls_listening_port)
        for ports in _listening(declared.startup_mode, unsecured, secured):
            yield peer, group, ports


def _calls_to_service(context: FlowContext, entry: CatalogEntry) -> RowFlows:
    unsecured, secured = entry.ports
    for declared, _gateway, peer, group in _gateways(context, ServerRole.MAILBOX):
        for ports in _listening(declared.startup_mode, unsecured, secured):
            yield peer, group, ports


def _calls_to_worker(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for _declared, _gateway, peer, group in _gateways(context, ServerRole.MAILBOX):
        yield peer, group, None


def _media_in(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for declared, _gateway, peer, group in _gateways(context, ServerRole.MAILBOX):
        yield peer, group, declared.media_ports


def _media_out(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for _declared, gateway, peer, group in _gateways(context, ServerRole.MAILBOX):
        yield group, peer, gateway.media_ports


def _outgoing_calls(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for declared, gateway, peer, group in _gateways(context, ServerRole.MAILBOX):
        if gateway.outcalls_allowed:
            yield group, peer, one(declared.port_of(gateway))


def _message_waiting(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for declared, gateway, peer, group in _gateways(context, ServerRole.MAILBOX):
        if gateway.message_waiting_indicator_allowed:
            yield group, peer, one(declared.port_of(gateway))


def _fax_calls(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for server, partner, group in _fax_partners(context, ServerRole.MAILBOX):
        udp = server.transport is models.FaxTransport.UDP
        port = one(server.port)
        yield group, partner, Ports(Protocol.UDP, port.ranges) if udp else port


def _fax_data(context: FlowContext, entry: CatalogEntry) -> RowFlows:
    for server, partner, group in _fax_partners(context, ServerRole.MAILBOX):
        for ports in joined(server.t38_ports or entry.ports):
            yield group, partner, ports
            yield partner, group, ports


def _faxes_by_mail(context: FlowContext, _: CatalogEntry) -> RowFlows:
    for server, partner, group in _fax_partners(context, ServerRole.CLIENT_ACCESS):
        yield partner, group, one(server.receive_connector_port)


# ---- the fields that declare a flow ----

_Fields = Callable[[FlowContext, Flow], Iterator[Path]]


def _outside(flow: Flow) -> Iterator[ExternalEndpoint]:
    return (end for end in (flow.source, flow.destination) if isinstance(end, ExternalEndpoint))


def _of_site(field: str, *more: str) -> _Fields:
    """A neighbor of a site, by the identity in its name."""

    def fields(context: FlowContext, flow: Flow) -> Iterator[Path]:
        for end in _outside(flow):
            for key, site in context.topology.sites.items():
                if identity(key, site) == end.of:
                    accounts = end.kind is EndpointKind.ACCOUNTS_DOMAIN_CONTROLLERS
                    inner = more if accounts else ()
                    yield ("sites", key, field, *inner)

    return fields


def _client_fields(service: Service) -> _Fields:
    def fields(context: FlowContext, flow: Flow) -> Iterator[Path]:
        for name, client in context.topology.clients.items():
            if (
                service in client.services
                and _is_from(flow, name, client)
                and _is_to(context, flow, client)
            ):
                named = "services" in client.model_fields_set
                yield ("clients", name, "services") if named else ("clients", name)
        if service in context.topology.service_ports:
            yield "service_ports", service.value

    return fields


def _is_from(flow: Flow, name: str, client: models.ClientSource) -> bool:
    if not isinstance(flow.source, ExternalEndpoint):
        return False
    if isinstance(client.source, str):
        return flow.source.is_everyone
    return flow.source.kind is EndpointKind.CLIENTS and flow.source.of == name


def _is_to(context: FlowContext, flow: Flow, client: models.ClientSource) -> bool:
    return flow.destination in context.parts.published_to(client.to)


def _inbound_field(context: FlowContext, flow: Flow) -> Iterator[Path]:
    """The declarations of inbound mail to a flow's server; for Edge, all that concern Edge."""
    if context.topology.mail_flow.inbound is None:
        yield from _edge_fields(context, (flow.source, flow.destination))
        return
    by_server = _mail_to_client_access(context)
    here = [way for server, ways in by_server.items() if server == flow.destination for way in ways]
    by_edge = context.topology.mail_flow.inbound_by_edge
    for path, way in inbound_ways(context.topology):
        if way in (here or by_edge):
            yield path


def _edge_fields(context: FlowContext, ends: Iterable[Endpoint]) -> Iterator[Path]:
    """The Edge servers that are members of a group, by the field with the site they exchange mail with."""
    member_of = set(ends)
    for member in context.inventory.servers:
        edge = context.topology.edge_servers.get(member.name)
        if edge is not None and member_of & set(member.groups):
            field = (
                "subscribed_site" if edge.subscribed_site is not None else "manual_connectors_site"
            )
            yield "edge_servers", member.name, field


def _send_connectors(row: str) -> _Fields:
    """The Send connectors by which a flow's sender sends, of a row: M2, M3 or E4."""

    def fields(context: FlowContext, flow: Flow) -> Iterator[Path]:
        ends = {flow.source, flow.destination}
        for where, connector in connectors(context.topology):
            # Towards the Edge server the next hop does not matter; from there it does.
            if any(
                sender == flow.destination
                or (
                    sender == flow.source
                    and any(hop == flow.destination for hop, _ in context.hops(connector, sender))
                )
                for sender in _senders(context, connector, row)
            ):
                yield where
        if context.topology.mail_flow.outbound is None:
            yield from _edge_fields(context, ends)

    return fields


def _field(*path: str) -> _Fields:
    def fields(context: FlowContext, flow: Flow) -> Iterator[Path]:
        del context, flow
        yield path

    return fields


def _name_servers(side: str) -> _Fields:
    """The name servers, of the flow's own network where each has its own."""

    def fields(context: FlowContext, flow: Flow) -> Iterator[Path]:
        declared = getattr(context.topology.name_servers, side)
        if not isinstance(declared, dict):
            yield "name_servers", side
        elif isinstance(flow.source, Group):
            for key, network in context.topology.networks.items():
                if key in declared and identity(key, network) == flow.source.network:
                    yield "name_servers", side, key

    return fields


def _named(kind: EndpointKind, *path: str) -> _Fields:
    """What a stack file declares under a key, which is in the end's name."""

    def fields(context: FlowContext, flow: Flow) -> Iterator[Path]:
        del context
        for end in _outside(flow):
            if end.kind is kind:
                yield (*path, end.of)

    return fields


_gateway_field: Final = _named(EndpointKind.IP_GATEWAY, "unified_messaging", "ip_gateways")
_fax_field: Final = _named(
    EndpointKind.FAX_PARTNER_SERVER, "unified_messaging", "fax_partner_servers"
)


def _subscription(context: FlowContext, flow: Flow) -> Iterator[Path]:
    yield from _edge_fields(context, (flow.destination,))


# ---- a hybrid deployment ----


def _hybrid_flows(context: FlowContext, entry: CatalogEntry) -> RowFlows:
    if context.hybrid is None:
        return ()
    from exchange_ports.flows import hybrid_rows

    return hybrid_rows.flows(context.hybrid, entry)


def _hybrid_fields(row: str) -> _Fields:
    def fields(context: FlowContext, flow: Flow) -> Iterator[Path]:
        if context.topology.hybrid is not None:
            from exchange_ports.flows import hybrid_rows

            yield from hybrid_rows.declared_at(row, context.topology.hybrid, flow)

    return fields


def _between_edge_and_site(context: FlowContext, flow: Flow) -> Iterator[Path]:
    """Inbound mail or hybrid mail, or both, that goes from Edge to its site."""
    hybrid = context.hybrid
    if hybrid is not None and _is_leg(flow, hybrid.delivering_pairs()):
        yield "hybrid", "mail"
        if not context.edge_receives_mail:
            return
    yield from _inbound_field(context, flow)


def _between_site_and_edge(context: FlowContext, flow: Flow) -> Iterator[Path]:
    """The Send connectors or hybrid mail, or both, by which mail goes from a site to Edge."""
    if context.hybrid is not None and _is_leg(flow, context.hybrid.sending_pairs()):
        yield "hybrid", "mail"
    yield from _send_connectors("E4")(context, flow)


def _is_leg(flow: Flow, pairs: Iterable[EdgePair]) -> bool:
    ends = {flow.source, flow.destination}
    return any({pair.mailbox, pair.edge} == ends for pair in pairs)


class CatalogRow(NamedTuple):
    """What a row of the catalog does with a topology."""

    flows: Callable[[FlowContext, CatalogEntry], RowFlows]
    """Where the row applies; the ports come from the row, unless the user has others."""
    declared_at: Callable[[FlowContext, Flow], Iterator[Path]]
    """The fields of the topology that declare one of its flows, as paths from the top of the topology."""


#: Every row of the catalog by its id. R1 between our own servers has no field.
ROWS: Final[Mapping[str, CatalogRow]] = {
    "R1": CatalogRow(_internal_exchange, _of_site("other_exchange")),
    "R2": CatalogRow(_lync, _of_site("lync")),
    "R3": CatalogRow(_domain_controllers, _of_site("domain_controllers", "accounts_forest")),
    **{
        entry.id: CatalogRow(_clients, _client_fields(service))
        for service, entry in SERVICES.items()
    },
    "M1": CatalogRow(_inbound, _inbound_field),
    "M2": CatalogRow(_sent, _send_connectors("M2")),
    "M3": CatalogRow(_sent, _send_connectors("M3")),
    "M4": CatalogRow(_internet_facing_dns, _name_servers("internal")),
    "E1": CatalogRow(_edge_receives, _inbound_field),
    "E2": CatalogRow(_edge_delivers, _between_edge_and_site),
    "E3": CatalogRow(_site_sends_by_edge, _between_site_and_edge),
    "E4": CatalogRow(_sent, _send_connectors("E4")),
    "E5": CatalogRow(_edgesync, _subscription),
    "E7": CatalogRow(_edge_resolves, _name_servers("edge")),
    "E8": CatalogRow(_reputation_proxy, _field("sender_reputation", "proxy")),
    "E8d": CatalogRow(_reputation_probes, _field("sender_reputation")),
    "M6": CatalogRow(_relays, _named(EndpointKind.RELAY, "mail_flow", "relays")),
    "W1": CatalogRow(_witnesses, _named(EndpointKind.WITNESS, "witness_servers")),
    "N1": CatalogRow(_all_resolve, _name_servers("internal")),
    **{
        row: CatalogRow(_hybrid_flows, _hybrid_fields(row))
        for row in ("H1", "H2", "H3", "H4", "H7", "H8", "H9")
    },
    # Unified Messaging.
    "U1": CatalogRow(_calls_to_router, _gateway_field),
    "U2": CatalogRow(_calls_to_service, _gateway_field),
    "U3": CatalogRow(_calls_to_worker, _gateway_field),
    "U4": CatalogRow(_media_in, _gateway_field),
    "F3": CatalogRow(_media_out, _gateway_field),
    "F4": CatalogRow(_outgoing_calls, _gateway_field),
    "F5": CatalogRow(_message_waiting, _gateway_field),
    "F9": CatalogRow(_fax_calls, _fax_field),
    "F9t": CatalogRow(_fax_data, _fax_field),
    "F10": CatalogRow(_faxes_by_mail, _fax_field),
}
