"""Who stands where, what the flows mean for each server, and what its filter lets through.

Both sides of the proof are made here and nowhere brought together: `permitted` comes from the plans,
by the clouds' semantics; `meant` comes from the flows, by addresses.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import Evaluator, Way
from exchange_ports.flows import ExternalEndpoint, Flow
from exchange_ports.pipeline import Plans
from exchange_ports.topology.groups import Group, identity
from exchange_ports.topology.inventory import ExchangeServer, addresses_of
from exchange_ports.topology.models import Network as DeclaredNetwork
from exchange_ports.topology.models import Topology
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    Address,
    AddressSet,
)
from exchange_ports.traffic.ports import Ports, Protocol
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic

__all__ = ["WAYS", "NetworkRecord", "NetworkModel", "ExchangeServer", "carried"]

WAYS: Final[tuple[Way, Way]] = ("out", "in")

_V4: Final = AddressSet.of([EVERYTHING_V4])
_V6: Final = AddressSet.of([EVERYTHING_V6])


@dataclass(frozen=True, slots=True)
class NetworkRecord:
    """A network as it is declared, by the name that people use."""

    key: str
    declared: DeclaredNetwork


def carried(addresses: AddressSet, ports: Ports) -> Iterator[tuple[AddressSet, ServiceSet]]:
    """What ports mean at these addresses: ICMP is another protocol in each family."""
    if ports.protocol is Protocol.ICMP:
        yield addresses & _V4, ServiceSet.of(ports, 4)
        yield addresses & _V6, ServiceSet.of(ports, 6)
    else:
        yield addresses, ServiceSet.of(ports, 4)


class NetworkModel:
    """Plans and flows with every end as addresses."""

    def __init__(self, plans: Plans) -> None:
        """Place every server and read every plan.

        :raises ValueError: a cloud would refuse a plan.
        """
        self.plans = plans
        self.topology: Topology = plans.topology
        self.places: Mapping[str, NetworkRecord] = {
            identity(key, declared): NetworkRecord(key, declared)
            for key, declared in self.topology.networks.items()
        }
        self.servers: Mapping[str, ExchangeServer] = plans.inventory.by_name
        self.groups: Mapping[Group, AddressSet] = plans.inventory.addresses
        self.views: Mapping[str, Evaluator] = {
            plan.network: cloud_of(plan).evaluator.evaluator(
                plan, self.members(key), self.space(plan.network)
            )
            for key, plan in plans.networks.items()
        }
        self._ends: dict[int, tuple[ExternalEndpoint, AddressSet]] = {}
        self._carried: dict[Ports, ServiceSet] = {}
        self._flows: dict[tuple[Group, Way], list[Flow]] = defaultdict(list)
        for flow in plans.flows:
            if isinstance(flow.source, Group):
                self._flows[flow.source, "out"].append(flow)
            if isinstance(flow.destination, Group):
                self._flows[flow.destination, "in"].append(flow)
        self._pairs: dict[tuple[Group, Way], tuple[tuple[AddressSet, ServiceSet], ...]] = {}
        self._meant: dict[tuple[frozenset[Group], Way], Traffic] = {}

    def space(self, network: str) -> AddressSet:
        """The addresses of a network's zones."""
        declared = self.places[network].declared
        return AddressSet.of((*declared.internal, *declared.perimeter))

    def managed(self) -> Iterator[ExchangeServer]:
        """The servers whose filters are ours, internal ones first, each kind by name."""
        return iter(self.plans.inventory.managed)

    def permitted(self, server: ExchangeServer, way: Way, own: Address) -> Traffic:
        """What the server's own filter lets through, as (peer address, service)."""
        return self.views[server.network].permitted(server.name, way, own)

    def meant(self, server: ExchangeServer, way: Way) -> Traffic:
        """What flows say of the server, and what its cloud's platform always asks for."""
        worn = frozenset(server.groups)
        if (worn, way) not in self._meant:
            pairs = (pair for group in server.groups for pair in self._of(group, way))
            always = self.views[server.network].always[way]
            self._meant[worn, way] = Traffic.of(pairs) | always
        return self._meant[worn, way]

    def _of(self, group: Group, way: Way) -> tuple[tuple[AddressSet, ServiceSet], ...]:
        # Many servers wear a group, each with others beside it: what it means is looked up once.
        if (group, way) not in self._pairs:
            flows = self._flows.get((group, way), ())
            self._pairs[group, way] = tuple(pair for f in flows for pair in self.peers(f, way))
        return self._pairs[group, way]

    def flows_of(self, server: ExchangeServer, way: Way) -> Iterator[Flow]:
        """The flows that go out of a server, or into it."""
        for group in server.groups:
            yield from self._flows.get((group, way), ())

    def peers(self, flow: Flow, way: Way) -> Iterator[tuple[AddressSet, ServiceSet]]:
        """The other end of a flow, with what passes there."""
        end = self.end(flow.destination if way == "out" else flow.source)
        if flow.ports.protocol is Protocol.ICMP:
            return carried(end, flow.ports)
        # Few ports are asked for again and again.
        services = self._carried.get(flow.ports)
        if services is None:
            services = self._carried[flow.ports] = ServiceSet.of(flow.ports, 4)
        return iter(((end, services),))

    def end(self, end: Group | ExternalEndpoint) -> AddressSet:
        """The addresses of one end: those of a group are its wearers', in whatever network."""
        if isinstance(end, Group):
            return self.groups.get(end, AddressSet())
        # By identity: to hash an end with many ranges takes longer than to read them.
        known = self._ends.get(id(end))
        if known is None:
            known = self._ends[id(end)] = (end, AddressSet.of(end.ranges))
        return known[1]

    def server_at(self, address: Address) -> ExchangeServer | None:
        """Whose address it is."""
        return next((s for s in self.servers.values() if address in s.addresses), None)

    def members(self, key: str) -> dict[str, AddressSet]:
        """Who wears each group by what the plan says, which is what the cloud will see."""
        wearing: dict[str, list[ExchangeServer]] = defaultdict(list)
        for name, worn in self.plans.networks[key].memberships.items():
            for group in worn:
                if name in self.servers:
                    wearing[group].append(self.servers[name])
        return {group: addresses_of(several) for group, several in wearing.items()}
