"""What a hybrid deployment with Exchange Online asks for each server, derived from the topology alone.

Loaded where one is declared. It knows the endpoints as data (`topology.microsoft_365`), and neither flows
nor groups.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

from exchange_ports.endpoints import EndpointSet
from exchange_ports.topology import microsoft_365, models
from exchange_ports.topology.groups import ServerRole, identity
from exchange_ports.topology.hybrid import HybridMode
from exchange_ports.topology.inventory import ExchangeServer, addresses_of
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import Ports, tcp

#: A row, the addresses of the peers, and the ports where they are not those of the row.
_Asked: TypeAlias = tuple[str, AddressSet, tuple[Ports, ...]]

_BOTH: Final = frozenset((ServerRole.CLIENT_ACCESS, ServerRole.MAILBOX))


class HybridRows:
    """The rows of a hybrid deployment for each server."""

    def __init__(self, topology: models.Topology, servers: Mapping[str, ExchangeServer]) -> None:
        """Keep what is declared, and who exchanges mail with Exchange Online."""
        hybrid = topology.hybrid
        assert hybrid is not None  # noqa: S101 - asked for where one is declared
        self._hybrid = hybrid
        self._topology = topology
        self._servers = servers
        self._snapshot = microsoft_365.snapshot(hybrid)
        self._networks = {identity(k, each): each for k, each in topology.networks.items()}
        self._receivers, self._senders = (
            frozenset(self._mail_servers(way)) for way in ("receives", "sends")
        )

    @property
    def edges(self) -> frozenset[str]:
        """The Edge servers that exchange mail with Exchange Online."""
        return (self._receivers | self._senders) & frozenset(self._topology.edge_servers)

    def _mail_servers(self, way: str) -> Iterator[str]:
        """Who receives from Exchange Online (`receives`), or sends to it (`sends`)."""
        if self._hybrid.mail == "edge":
            for name, edge in self._topology.edge_servers.items():
                if getattr(edge, way):
                    yield name
        roles = frozenset((ServerRole.CLIENT_ACCESS,)) if way == "receives" else _BOTH
        for name, server in self._servers.items():
            if server.is_edge:
                # A single Edge server is named for hybrid mail, whatever other mail it has.
                if name in self._named and name not in self._topology.sites:
                    yield name
            elif server.site in self._named or (
                name in self._named and name not in self._topology.sites
            ):
                closed = way == "receives" and server.site in self._named and not server.published
                if server.roles & roles and not closed:
                    yield name

    @property
    def _named(self) -> tuple[str, ...]:
        return self._hybrid.mail if isinstance(self._hybrid.mail, tuple) else ()

    def resolves_for_mail(self, server: ExchangeServer) -> bool:
        """Whether an internal server receives or sends hybrid mail, so that it looks up names for it."""
        return not server.is_edge and server.name in self._receivers | self._senders

    def of(
        self,
        server: ExchangeServer,
        way: Literal["in", "out"],
        internet: AddressSet,
        any_source: AddressSet,
    ) -> Iterator[_Asked]:
        """What must reach the server, or what it must reach.

        `internet` and `any_source` are what the Internet is as a destination, and as a source of clients.
        """
        if way == "in":
            yield from self._in(server, any_source)
        else:
            yield from self._out(server, internet)

    def _in(self, server: ExchangeServer, any_source: AddressSet) -> Iterator[_Asked]:
        if server.name in self._receivers:
            yield "H1", self._online(EndpointSet.HYBRID_MAIL, server), ()
        if server.is_edge:
            if server.name in self._senders:
                yield "E3", addresses_of(self._mailboxes_of(server)), ()
            return
        if self._publishes(server):
            source = self._hybrid.web_services.source
            modern = self._hybrid.mode is HybridMode.MODERN
            if source == "exchange_ranges":
                yield "H3", self._online(EndpointSet.EXCHANGE_ONLINE, server), ()
                yield "H3", self._online(EndpointSet.HYBRID_MAIL, server), ()
            elif source is not None and not isinstance(source, str):
                yield "H3", AddressSet.of(source), ()
            elif source == "internet" or not modern:
                yield "H3", any_source, ()
            hosts = [end.range_ for end in self._hybrid.agent_hosts if end.range_ is not None]
            if hosts:
                yield "H8", AddressSet.of(hosts), ()
        if ServerRole.MAILBOX in server.roles:
            for name in self.edges & self._receivers:
                edge = self._topology.edge_servers[name]
                if edge.site == server.site:
                    yield "E2", self._servers[name].address_set, (tcp(edge.delivery_port),)

    def _out(self, server: ExchangeServer, internet: AddressSet) -> Iterator[_Asked]:
        if server.name in self._senders:
            yield "H2", self._online(EndpointSet.HYBRID_MAIL, server), ()
        if server.is_edge:
            if server.name in self._receivers:
                port = self._topology.edge_servers[server.name].delivery_port
                yield "E2", addresses_of(self._mailboxes_of(server)), (tcp(port),)
            return
        yield "H4", self._online(EndpointSet.EXCHANGE_ONLINE, server), ()
        yield "H7", self._online(EndpointSet.SIGN_IN, server), ()
        if any(end.word == server.name for end in self._hybrid.agent_hosts):
            yield "H9", internet, ()
        if ServerRole.MAILBOX in server.roles:
            for name in self.edges & self._senders:
                if self._topology.edge_servers[name].site == server.site:
                    yield "E3", self._servers[name].address_set, ()

    def _publishes(self, server: ExchangeServer) -> bool:
        """Whether Exchange Online, or the Hybrid Agent, connects to the web services of a server."""
        if ServerRole.CLIENT_ACCESS not in server.roles:
            return False
        named = self._hybrid.web_services.to
        single = (
            named is not None and server.name in named and server.name not in self._topology.sites
        )
        by_site = named is None or server.site in named
        reached = server.published or self._hybrid.mode is HybridMode.MODERN
        return single or (by_site and reached)

    def _mailboxes_of(self, edge: ExchangeServer) -> Iterable[ExchangeServer]:
        return (
            each
            for each in self._servers.values()
            if ServerRole.MAILBOX in each.roles and each.site == edge.site
        )

    def _online(self, which: EndpointSet, server: ExchangeServer) -> AddressSet:
        network = self._networks[server.network]
        return AddressSet.of(microsoft_365.addresses(self._snapshot, which, network))
