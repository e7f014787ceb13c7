"""Failures and verdicts in words: one packet, and who decides at each of its ends."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from exchange_ports.clouds.base import NamedRule
from exchange_ports.flows import Flow, Reason, described
from exchange_ports.flows.flow_index import Way
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import Address, AddressSet, address_at
from exchange_ports.traffic.services import Service
from exchange_ports.traffic.traffic import Packet, Traffic

#: Reasons on one line of a terminal.
_LONGEST: Final = 120


class EndVerdict(NamedTuple):
    """What one end says of a packet. `passes` is None where the end is not ours."""

    passes: bool | None
    text: str
    rules: tuple[NamedRule, ...] = ()


class PacketText:
    """How this scene's ends are called, and what they say."""

    def __init__(self, scene: NetworkModel) -> None:
        """Know who is there."""
        self._scene = scene
        self.name = scene.labels.name

    def familiar(self, found: Traffic, server: ExchangeServer) -> Packet:
        """One packet of these, at the end that a reader knows best and is not the server itself."""
        addresses = found.addresses()
        others = addresses - server.address_set
        known = AddressSet()
        for other in self._scene.servers.values():
            if other.has_address:
                known |= other.address_set
        for end in self._scene.flows.outside:
            if end.unrestricted:
                known |= self._scene.flows.end(end)
        # The smallest readable: another server, a neighbour, anyone else, itself.
        address = (
            address_at((others & known).smallest())
            if others & known
            else (others or addresses).example()
        )
        return Packet(address, found.at(address).example())

    def summary(
        self,
        server: ExchangeServer | None,
        way: Way,
        peer: Address,
        service: Service,
        own: Address | None = None,
    ) -> EndVerdict:
        """What one end lets through: the server's own filter, at `own` or its first address that fits."""
        if server is None or not server.managed:
            return EndVerdict(None, "not ours")
        own = own or own_address(server, peer)
        view = self._scene.views[server.network]
        passes, rules = view.decided(server.name, way, Packet(peer, service), own)
        verb = "lets it out" if way == "out" else "lets it in"
        if passes:
            if not rules:
                return EndVerdict(True, f"{server.name} {verb}: no security group is there")
            return EndVerdict(True, f"{server.name} {verb} by {_rules(rules)}", rules)
        if not rules:
            return EndVerdict(False, f"no rule of {server.name} {verb}")
        return EndVerdict(False, f"{server.name} stops it by {_rules(rules)}", rules)

    def packet(self, source: str, destination: str, service: Service) -> str:
        """`edge1 -> dc1 25/tcp`."""
        return f"{source} -> {destination} {service}"

    def flow(self, flows: Iterable[Flow]) -> str:
        """Why something is meant."""
        reasons = {reason for flow in flows for reason in flow.reasons}
        return described(reasons, _LONGEST)


def own_address(server: ExchangeServer, peer: Address) -> Address:
    """The address by which a server speaks with a peer: of the same family, where it has one."""
    fitting = [own for own in server.addresses if own.version == peer.version]
    return (fitting or list(server.addresses))[0]


def _rules(rules: tuple[NamedRule, ...]) -> str:
    first = rules[0]
    more = f" and {len(rules) - 1} more" if len(rules) > 1 else ""
    return f"{first.name}{_why(first.reasons)}{more}"


def _why(reasons: tuple[Reason, ...]) -> str:
    return f" ({described(reasons, _LONGEST)})" if reasons else " (a default rule)"
