"""What the published tables ask for each server, derived from the topology alone.

The other laws bound the plans from above, or hold them to the flows; this one bounds them from below, so
that a flow which was never compiled fails the proof too. Must not know: flows, the groups, the planners.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from exchange_ports.catalog import BY_ID, SERVICES, StartupMode
from exchange_ports.topology import models
from exchange_ports.topology.groups import ServerRole, identity, send_connectors
from exchange_ports.topology.inventory import ExchangeServer, addresses_of
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    GLOBAL_UNICAST,
    AddressSet,
    difference,
    network,
)
from exchange_ports.traffic.addresses import Network as Range
from exchange_ports.traffic.ports import Ports, tcp, udp

if TYPE_CHECKING:
    from exchange_ports.proof.hybrid_rows import HybridRows

#: Class D, class E and limited broadcast are no part of the Internet (DESIGN 5). Derived here again, so that
#: a mistake of the flows about the Internet is found.
_NO_UNICAST: Final = network("224.0.0.0/3")


@dataclass(frozen=True, slots=True)
class RequiredTraffic:
    """What one row of the tables asks for at one server, in one direction."""

    row: str
    peers: AddressSet
    ports: tuple[Ports, ...]


class DocumentedRows:
    """The rows that apply to each server of a topology that has passed its checks."""

    def __init__(self, topology: models.Topology, servers: Mapping[str, ExchangeServer]) -> None:
        """Keep what is declared, and the servers by name."""
        self._topology = topology
        self._servers = servers
        self._edges = topology.edge_servers
        self._connectors = send_connectors(topology)
        #: Each network's key and declaration, by its identity.
        self._networks = {
            identity(key, declared): (key, declared) for key, declared in topology.networks.items()
        }

    @cached_property
    def _hybrid(self) -> "HybridRows | None":
        """The rows of a hybrid deployment; what they need is not loaded for others."""
        if self._topology.hybrid is None:
            return None
        from exchange_ports.proof.hybrid_rows import HybridRows

        return HybridRows(self._topology, self._servers)

    def of(self, server: ExchangeServer, way: Literal["in", "out"]) -> tuple[RequiredTraffic, ...]:
        """What must reach the server, or what it must reach, row by row."""
        if way == "in":
            rows = self._edge_in(server) if server.is_edge else self._internal_in(server)
        else:
            rows = self._edge_out(server) if server.is_edge else self._internal_out(server)
        return (*rows, *(self._of_hybrid(server, way) if self._hybrid else ()))

    def _of_hybrid(
        self, server: ExchangeServer, way: Literal["in", "out"]
    ) -> Iterator[RequiredTraffic]:
        if self._hybrid is None:
            return
        internet = self.internet(server), self._any_source(server)
        for row, peers, ports in self._hybrid.of(server, way, *internet):
            yield self._row(row, peers, ports)
        if way == "out" and self._hybrid.resolves_for_mail(server):
            resolvers = self._name_servers(server)
            if resolvers:
                yield self._row("M4", resolvers)

    # ---- internal servers ----

    def _internal_in(self, server: ExchangeServer) -> Iterator[RequiredTraffic]:
        if server.published:
            yield from self._clients(server)
            for way in self._ways_to(server):
                yield self._row("M1", _delivering([way], self._any_source(server)), _port(way))
        if ServerRole.MAILBOX in server.roles:
            for name, edge in self._edges.items():
                if edge.site == server.site and self._edges_take_mail and edge.receives:
                    there = self._servers[name].address_set
                    yield self._row("E2", there, (tcp(edge.delivery_port),))
        for relay in self._topology.mail_flow.relays.values():
            if ServerRole(relay.to) in server.roles and _at(relay.sites, server):
                yield self._row("M6", AddressSet.of(relay.source), (tcp(relay.port),))
        yield from self._calls_in(server)

    def _clients(self, server: ExchangeServer) -> Iterator[RequiredTraffic]:
        for client in self._topology.clients.values():
            if not self._named(client.to, server):
                continue
            if isinstance(client.source, str):
                peers = self._any_source(server)
            else:
                peers = AddressSet.of(client.source)
            for service in client.services:
                row = SERVICES[service]
                rebound = self._topology.service_ports.get(service)
                yield RequiredTraffic(row.id, peers, tuple(rebound) if rebound else row.ports)

    def _internal_out(self, server: ExchangeServer) -> Iterator[RequiredTraffic]:
        sends = False
        for connector in self._connectors:
            row = self._sends_by(connector, server)
            if row is not None:
                sends = True
                yield from self._hops(row, connector, server)
        if ServerRole.MAILBOX in server.roles:
            for name, edge in self._edges.items():
                yield from self._to_edge(server, name, edge)
            for witness in self._topology.witness_servers.values():
                if _at(witness.sites, server):
                    at = AddressSet.of([network(str(witness.address))])
                    yield self._row("W1", at)
        yield from self._calls_out(server)
        resolvers = self._name_servers(server)
        if resolvers:
            yield self._row("N1", resolvers)
            if sends or (server.published and self._ways_to(server)):
                yield self._row("M4", resolvers)

    def _sends_by(self, connector: models.Outbound, server: ExchangeServer) -> str | None:
        """The row by which an internal server sends; none where it does not send by the connector."""
        if connector.through is models.OutboundPath.MAILBOX and ServerRole.MAILBOX in server.roles:
            if connector.servers is not None:
                return "M2" if server.name in connector.servers else None
            return "M2" if _at(connector.sites, server) else None
        if connector.through is models.OutboundPath.CLIENT_ACCESS and (
            ServerRole.CLIENT_ACCESS in server.roles
        ):
            # Any Client Access server in the site of the source Mailbox server may be picked (V8).
            sites = connector.sites
            if connector.servers is not None:
                sites = tuple(self._servers[name].site for name in connector.servers)
            # The 2016 article has no Client Access server: its Mailbox servers send in both cases.
            row = "M2" if server.version.facts.combined else "M3"
            return row if _at(sites, server) else None
        return None

    def _to_edge(
        self, server: ExchangeServer, name: str, edge: models.EdgeServer
    ) -> Iterator[RequiredTraffic]:
        if edge.site != server.site:
            return
        there = self._servers[name].address_set
        if self._sending(name, edge):
            yield self._row("E3", there)
        if edge.subscribed_site is not None and server.name not in edge.edgesync_except:
            yield self._row("E5", there, (tcp(edge.edgesync_port),))

    def _ways_to(self, server: ExchangeServer) -> list[models.Inbound]:
        """The ways by which mail from outside comes in by this Client Access server."""
        return [
            way
            for way in self._topology.mail_flow.inbound_ways
            if (way.to is not None or not self._edges) and self._named(way.to, server)
        ]

    def _named(self, names: tuple[str, ...] | None, server: ExchangeServer) -> bool:
        """Whether a list of sites and single servers names this one. A site's name comes first."""
        if names is None or server.site in names:
            return True
        return server.name in names and server.name not in self._topology.sites

    # ---- Unified Messaging: servers of Exchange 2013 and 2016, with the peers that name them ----

    def calls_by_group(self, server: ExchangeServer) -> Iterator[RequiredTraffic]:
        """Calls that a server without Unified Messaging may get: its groups have servers with it.

        Groups are by site and know no version, so a rule for some of a site's servers is for all.
        """
        if not server.is_edge and any(
            other.site == server.site and other.version.facts.unified_messaging
            for other in self._servers.values()
        ):
            yield from self._calls_in(server, by_group=True)

    def _calls_in(
        self, server: ExchangeServer, *, by_group: bool = False
    ) -> Iterator[RequiredTraffic]:
        """Calls and media of IP gateways, and what fax partner servers send."""
        declared = self._topology.unified_messaging
        if declared is None:
            return
        for gateway in declared.ip_gateways.values():
            if self._answers(server, gateway, by_group=by_group):
                peers = AddressSet.at(gateway.addresses)
                yield from self._calls_from(peers, declared, server)
        for fax in declared.fax_partner_servers.values():
            if self._answers(server, fax, by_group=by_group):
                peers = AddressSet.at(fax.addresses)
                if ServerRole.MAILBOX in server.roles:
                    yield self._row("F9t", peers, fax.t38_ports or ())
                if ServerRole.CLIENT_ACCESS in server.roles:
                    yield self._row("F10", peers, (tcp(fax.receive_connector_port),))

    def _calls_from(
        self, peers: AddressSet, declared: models.UnifiedMessaging, server: ExchangeServer
    ) -> Iterator[RequiredTraffic]:
        """The listeners of a server by the startup mode: without TLS, with TLS only, or both."""
        routers: list[Ports] = []
        services: list[Ports] = []
        unsecured, secured = BY_ID["U2"].ports
        if declared.startup_mode is not StartupMode.TLS:
            routers.append(tcp(declared.sip_tcp_listening_port))
            services.append(unsecured)
        if declared.startup_mode is not StartupMode.TCP:
            routers.append(tcp(declared.sip_tls_listening_port))
            services.append(secured)
        if ServerRole.CLIENT_ACCESS in server.roles:
            yield self._row("U1", peers, tuple(routers))
        if ServerRole.MAILBOX in server.roles:
            yield self._row("U2", peers, tuple(services))
            yield self._row("U3", peers)
            yield self._row("U4", peers, (declared.media_ports,) if declared.media_ports else ())

    def _calls_out(self, server: ExchangeServer) -> Iterator[RequiredTraffic]:
        """What a Mailbox server sends to IP gateways and fax partner servers."""
        declared = self._topology.unified_messaging
        if declared is None or ServerRole.MAILBOX not in server.roles:
            return
        for gateway in declared.ip_gateways.values():
            if self._answers(server, gateway):
                peers = AddressSet.at(gateway.addresses)
                sip = (tcp(declared.port_of(gateway)),)
                yield self._row("F3", peers, (gateway.media_ports,) if gateway.media_ports else ())
                if gateway.outcalls_allowed:
                    yield self._row("F4", peers, sip)
                if gateway.message_waiting_indicator_allowed:
                    yield self._row("F5", peers, sip)
        for fax in declared.fax_partner_servers.values():
            if self._answers(server, fax):
                peers = AddressSet.at(fax.addresses)
                by_udp = fax.transport is models.FaxTransport.UDP
                yield self._row("F9", peers, ((udp if by_udp else tcp)(fax.port),))
                yield self._row("F9t", peers, fax.t38_ports or ())

    def _answers(
        self, server: ExchangeServer, peer: models.SipPeer, *, by_group: bool = False
    ) -> bool:
        """Whether a server exchanges calls with a peer; `by_group`, whatever its own version."""
        declared = self._topology.unified_messaging
        if declared is None or not (by_group or server.version.facts.unified_messaging):
            return False
        return self._named(peer.to or declared.sites, server)

    # ---- Edge servers ----

    def _edge_in(self, server: ExchangeServer) -> Iterator[RequiredTraffic]:
        edge = self._edges[server.name]
        if self._edges_take_mail and edge.receives:
            ways = self._topology.mail_flow.inbound_ways
            if any(way.to is None for way in ways):
                ways = tuple(way for way in ways if way.to is None)
            for way in ways:
                yield self._row("E1", _delivering([way], self.internet(server)), _port(way))
            if not ways:
                yield self._row("E1", self.internet(server))
        for relay in self._topology.mail_flow.relays.values():
            if relay.to is models.RelayTarget.EDGE and _at(relay.sites, server):
                yield self._row("M6", AddressSet.of(relay.source), (tcp(relay.port),))
        mailboxes = self._mailboxes(edge)
        if self._sending(server.name, edge):
            yield self._row("E3", addresses_of(mailboxes))
        if edge.subscribed_site is not None:
            taking_part = (each for each in mailboxes if each.name not in edge.edgesync_except)
            yield self._row("E5", addresses_of(taking_part), (tcp(edge.edgesync_port),))

    def _edge_out(self, server: ExchangeServer) -> Iterator[RequiredTraffic]:
        edge = self._edges[server.name]
        if self._edges_take_mail and edge.receives:
            yield self._row("E2", addresses_of(self._mailboxes(edge)), (tcp(edge.delivery_port),))
        for connector in self._connectors:
            if self._sends_through(connector, server.name, edge):
                yield from self._hops("E4", connector, server)
        resolvers = self._name_servers(server)
        if resolvers:
            yield self._row("E7", resolvers)
        reputation = self._topology.sender_reputation
        if isinstance(reputation, models.SenderReputation):
            proxy = AddressSet.of([network(str(reputation.proxy.address))])
            yield self._row("E8", proxy, (tcp(reputation.proxy.port),))
        elif reputation == "direct":
            yield self._row("E8d", self.internet(server))

    def _sending(self, name: str, edge: models.EdgeServer) -> bool:
        return any(self._sends_through(connector, name, edge) for connector in self._connectors)

    def _sends_through(
        self, connector: models.Outbound, name: str, edge: models.EdgeServer
    ) -> bool:
        if connector.through is not models.OutboundPath.EDGE:
            return False
        if connector.servers is not None:
            return name in connector.servers
        return edge.sends and (connector.sites is None or edge.site in connector.sites)

    @property
    def _edges_take_mail(self) -> bool:
        """Whether Edge servers take mail from outside beside hybrid mail."""
        flow, hybrid = self._topology.mail_flow, self._topology.hybrid
        if hybrid is not None and flow.inbound is None:
            return hybrid.mx != "exchange_online"
        named_all = all(way.to is not None for way in flow.inbound_ways)
        if self._hybrid is not None and flow.inbound_ways and named_all and self._hybrid.edges:
            return False
        return flow.inbound != "none"

    def _mailboxes(self, edge: models.EdgeServer) -> tuple[ExchangeServer, ...]:
        return tuple(
            server
            for server in self._servers.values()
            if ServerRole.MAILBOX in server.roles and server.site == edge.site
        )

    # ---- peers ----

    @staticmethod
    def _row(row: str, peers: AddressSet, ports: tuple[Ports, ...] = ()) -> RequiredTraffic:
        return RequiredTraffic(row, peers, ports or BY_ID[row].ports)

    def _hops(
        self, row: str, connector: models.Outbound, server: ExchangeServer
    ) -> Iterator[RequiredTraffic]:
        if isinstance(connector.next_hop, str):
            yield self._row(row, self.internet(server))
            return
        for hop in connector.next_hop:
            yield self._row(row, AddressSet.of([network(str(hop.address))]), (tcp(hop.port),))

    def _name_servers(self, server: ExchangeServer) -> AddressSet:
        """The name servers that rules must name; empty where the platform or a ground rule serves."""
        declared = self._topology.name_servers
        asked = declared.edge if server.is_edge else declared.internal
        if isinstance(asked, dict):
            asked = asked.get(self._networks[server.network][0])
        if asked is None or asked == "cloud_resolver":
            return AddressSet()
        if isinstance(asked, str):
            return AddressSet.of(self._domain_controllers() if server.is_edge else ())
        return AddressSet.of(network(str(address)) for address in asked)

    def _domain_controllers(self) -> Iterator[Range]:
        for site in self._topology.sites.values():
            if site.domain_controllers is not None:
                yield from site.domain_controllers.addresses
                yield from site.domain_controllers.accounts_forest

    def internet(self, server: ExchangeServer) -> AddressSet:
        """Public addresses, or all where the network says `internet: any`."""
        declared = self._networks[server.network][1]
        if declared.internet == "any":
            return self._everything(declared)
        blocks = self._topology.private_blocks
        holes = tuple(block for block in blocks if block.version == EVERYTHING_V4.version)
        public = difference(EVERYTHING_V4, (*holes, _NO_UNICAST))
        return AddressSet.of([*public, *([GLOBAL_UNICAST] if _has_ipv6(declared) else [])])

    def _any_source(self, server: ExchangeServer) -> AddressSet:
        """Any address, since load balancers stand before Client Access; or public ones where declared."""
        declared = self._networks[server.network][1]
        public = declared.internet == "public"
        return self.internet(server) if public else self._everything(declared)

    @staticmethod
    def _everything(declared: models.Network) -> AddressSet:
        return AddressSet.of([EVERYTHING_V4, *([EVERYTHING_V6] if _has_ipv6(declared) else [])])


def _delivering(ways: Iterable[models.Inbound], internet: AddressSet) -> AddressSet:
    """Who delivers by these ways. Without any, Edge servers take mail from the Internet."""
    found = AddressSet()
    for way in ways:
        found |= internet if isinstance(way.source, str) else AddressSet.of(way.source)
    return found or internet


def _port(way: models.Inbound) -> tuple[Ports, ...]:
    """The port on which mail arrives."""
    return (tcp(way.port),)


def _at(sites: tuple[str, ...] | None, server: ExchangeServer) -> bool:
    return sites is None or server.site in sites


def _has_ipv6(declared: models.Network) -> bool:
    zones = (*declared.internal, *declared.perimeter)
    return any(zone.version == EVERYTHING_V6.version for zone in zones)
