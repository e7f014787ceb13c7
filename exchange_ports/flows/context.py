"""What the rows ask about a topology: who is there, and what the Internet means here."""

from collections.abc import Iterator
from typing import Final

from exchange_ports.flows.flow import ExternalEndpoint, external, one, smart_hosts
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import Group, identity
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import Inbound, Outbound
from exchange_ports.topology.role_groups import RoleGroups
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    GLOBAL_UNICAST,
    Network,
    difference,
    network,
)
from exchange_ports.traffic.ports import Ports

#: Class D, class E and limited broadcast: no unicast address on the Internet (RFC 5771, RFC 1112).
_NO_UNICAST: Final = network("224.0.0.0/3")


class FlowContext:
    """What the rules below ask about a topology, worked out once."""

    def __init__(self, inventory: Inventory) -> None:
        self.topology = topology = inventory.topology
        self.inventory = inventory
        self.parts = RoleGroups(inventory)
        self._networks = {of: network for of, (_, network) in inventory.networks.items()}
        holes = tuple(b for b in topology.private_blocks if b.version == EVERYTHING_V4.version)
        self._public = difference(EVERYTHING_V4, (*holes, _NO_UNICAST))

    def _has_ipv6(self, network: str) -> bool:
        """The page's "Internet (any)" names no IP version: IPv6 counts where it is declared (A-22)."""
        declared = self._networks[network]
        zones = (*declared.internal, *declared.perimeter)
        return any(zone.version == EVERYTHING_V6.version for zone in zones)

    def internet(self, seen_from: Group) -> ExternalEndpoint:
        """The Internet as a destination, and as a source towards Edge: public addresses."""
        if self._networks[seen_from.network].internet == "any":
            return self._everything(seen_from.network)
        ipv6 = self._has_ipv6(seen_from.network)
        kind = EndpointKind.INTERNET
        ranges = self._public + ((GLOBAL_UNICAST,) if ipv6 else ())
        return ExternalEndpoint(kind.value, ranges, "the Internet", kind=kind)

    def anywhere(self, seen_from: Group) -> ExternalEndpoint:
        """The Internet as a source towards Client Access: any, since balancers stand before it."""
        if self._networks[seen_from.network].internet == "public":
            return self.internet(seen_from)
        return self._everything(seen_from.network)

    def _everything(self, network: str) -> ExternalEndpoint:
        both = (EVERYTHING_V4, EVERYTHING_V6) if self._has_ipv6(network) else (EVERYTHING_V4,)
        kind = EndpointKind.ANY
        return ExternalEndpoint(kind.value, both, "anywhere", kind=kind)

    @property
    def edge_takes_mail(self) -> bool:
        """Whether mail from outside comes in by Edge servers."""
        return bool(self.topology.edge_servers) and self.topology.mail_flow.inbound != "none"

    def deliverers(self) -> ExternalEndpoint | None:
        """Who delivers mail from outside, where it is not the Internet."""
        inbound = self.topology.mail_flow.inbound
        if isinstance(inbound, Inbound) and not isinstance(inbound.source, str):
            summary = "those who deliver mail to us"
            return external(EndpointKind.INBOUND_MAIL, inbound.source, summary)
        return None

    def hops(
        self, connector: Outbound, sender: Group
    ) -> Iterator[tuple[ExternalEndpoint, Ports | None]]:
        """To whom mail leaves, with the port where a smart host has its own."""
        if isinstance(connector.next_hop, str):
            yield self.internet(sender), None
            return
        by_port: dict[int, list[Network]] = {}
        for hop in connector.next_hop:
            by_port.setdefault(hop.port, []).append(network(str(hop.address)))
        for port, ranges in sorted(by_port.items()):
            yield smart_hosts(ranges), one(port)

    def resolvers(self, group: Group, *, edge: bool) -> tuple[ExternalEndpoint, ...]:
        """The name servers that rules must name; none where the platform's or the fabric serves."""
        servers = self.topology.name_servers
        asked = servers.edge if edge else servers.internal
        of = ""
        if isinstance(asked, dict):
            by_id = {identity(k, self.topology.networks[k]): v for k, v in asked.items()}
            asked, of = by_id.get(group.network), group.network
        if asked is None or asked == "platform":
            return ()
        if asked == "domain_controllers":
            # Inside, the ground rules already let everything through to domain controllers.
            return self.domain_controllers() if edge else ()
        kind = EndpointKind.EDGE_NAME_SERVERS if edge else EndpointKind.NAME_SERVERS
        return (external(kind, (network(str(a)) for a in asked), "name servers", of),)

    def _neighbours(self, kind: EndpointKind, summary: str) -> Iterator[ExternalEndpoint]:
        for key, site in sorted(self.topology.sites.items()):
            declared = getattr(site, kind.replace("-", "_"))
            if declared is not None:
                of = identity(key, site)
                said = f"{summary} of {key}"
                yield external(kind, declared.addresses, said, of, unrestricted=True)

    def domain_controllers(self) -> tuple[ExternalEndpoint, ...]:
        """Domain controllers of every site, those of accounts forests apart."""
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
        return (*self._neighbours(EndpointKind.DOMAIN_CONTROLLERS, "domain controllers"), *accounts)

    def lync(self) -> tuple[ExternalEndpoint, ...]:
        """Lync servers of every site."""
        return tuple(self._neighbours(EndpointKind.LYNC, "Lync servers"))

    def other_exchange(self) -> tuple[ExternalEndpoint, ...]:
        """Exchange servers that are no servers of ours, of every site."""
        return tuple(self._neighbours(EndpointKind.OTHER_EXCHANGE, "other Exchange servers"))
