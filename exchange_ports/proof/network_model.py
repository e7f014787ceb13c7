"""Who stands where, what the flows mean for each server, and what its filter lets through.

Both sides of the proof are made here and nowhere brought together: `permitted` comes from the plans,
by the clouds' semantics; `meant` comes from the flows, by addresses.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from exchange_ports.flows import ExternalEndpoint, Flow
from exchange_ports.pipeline import Plans
from exchange_ports.proof.clouds import Evaluator, Way, evaluator
from exchange_ports.topology.groups import Group, GroupMember, group_members, identity
from exchange_ports.topology.models import Network as DeclaredNetwork
from exchange_ports.topology.models import Topology
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    FIRST_PLACEHOLDER,
    Address,
    AddressSet,
)
from exchange_ports.traffic.ports import Ports, Protocol
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic

__all__ = ["WAYS", "NetworkRecord", "NetworkModel", "ModelServer", "addresses_of", "carried"]

WAYS: Final[tuple[Way, Way]] = ("out", "in")

_V4: Final = AddressSet.of([EVERYTHING_V4])
_V6: Final = AddressSet.of([EVERYTHING_V6])


@dataclass(frozen=True, slots=True)
class NetworkRecord:
    """A network as it is declared, by the name that people use."""

    key: str
    declared: DeclaredNetwork


@dataclass(frozen=True, slots=True)
class ModelServer:
    """An Exchange server: who it is, and the addresses it has or is given for the proof."""

    wearer: GroupMember
    addresses: tuple[Address, ...]
    #: Whether its filter is ours: it stands in a VPC or VNet.
    managed: bool

    @property
    def name(self) -> str:
        """The name by which it is declared."""
        return self.wearer.name

    @property
    def has_address(self) -> bool:
        """Whether its address is declared."""
        return bool(self.wearer.addresses)

    @property
    def at(self) -> AddressSet:
        """Its addresses as a set."""
        return addresses_of([self])


def addresses_of(servers: Iterable[ModelServer]) -> AddressSet:
    """The addresses of several servers."""
    places = sorted({AddressSet.place(one) for server in servers for one in server.addresses})
    found = AddressSet()
    return AddressSet(_joined(places)) if places else found


def _joined(places: list[int]) -> tuple[tuple[int, int], ...]:
    spans: list[tuple[int, int]] = []
    for place in places:
        if spans and spans[-1][1] + 1 == place:
            spans[-1] = (spans[-1][0], place)
        else:
            spans.append((place, place))
    return tuple(spans)


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
        self.servers: Mapping[str, ModelServer] = {
            server.name: server for server in self._placed(group_members(self.topology))
        }
        self.groups: Mapping[Group, AddressSet] = self._by_group()
        self.views: Mapping[str, Evaluator] = {
            plan.network: evaluator(plan, self.members(key), self.space(plan.network))
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

    def managed(self) -> Iterator[ModelServer]:
        """The servers whose filters are ours, internal ones first, each kind by name."""
        return (server for server in self.servers.values() if server.managed)

    def permitted(self, server: ModelServer, way: Way, own: Address) -> Traffic:
        """What the server's own filter lets through, as (peer address, service)."""
        return self.views[server.wearer.network].permitted(server.name, way, own)

    def meant(self, server: ModelServer, way: Way) -> Traffic:
        """What flows say of the server, and what its cloud's platform always asks for."""
        worn = frozenset(server.wearer.groups)
        if (worn, way) not in self._meant:
            pairs = (pair for group in server.wearer.groups for pair in self._of(group, way))
            always = self.views[server.wearer.network].always[way]
            self._meant[worn, way] = Traffic.of(pairs) | always
        return self._meant[worn, way]

    def _of(self, group: Group, way: Way) -> tuple[tuple[AddressSet, ServiceSet], ...]:
        # Many servers wear a group, each with others beside it: what it means is looked up once.
        if (group, way) not in self._pairs:
            flows = self._flows.get((group, way), ())
            self._pairs[group, way] = tuple(pair for f in flows for pair in self.peers(f, way))
        return self._pairs[group, way]

    def flows_of(self, server: ModelServer, way: Way) -> Iterator[Flow]:
        """The flows that go out of a server, or into it."""
        for group in server.wearer.groups:
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

    def server_at(self, address: Address) -> ModelServer | None:
        """Whose address it is."""
        return next((s for s in self.servers.values() if address in s.addresses), None)

    def _placed(self, dressed: Iterable[GroupMember]) -> Iterator[ModelServer]:
        planned = {plan.network for plan in self.plans.networks.values()}
        placeholder = FIRST_PLACEHOLDER
        for wearer in dressed:
            addresses = tuple(range_.network_address for range_ in wearer.addresses)
            if not addresses:
                addresses = (IPv4Address(placeholder),)
                placeholder += 1
            yield ModelServer(wearer, addresses, wearer.network in planned)

    def _by_group(self) -> dict[Group, AddressSet]:
        wearing: dict[Group, list[ModelServer]] = defaultdict(list)
        for server in self.servers.values():
            for group in server.wearer.groups:
                wearing[group].append(server)
        return {group: addresses_of(several) for group, several in wearing.items()}

    def members(self, key: str) -> dict[str, AddressSet]:
        """Who wears each group by what the plan says, which is what the cloud will see."""
        wearing: dict[str, list[ModelServer]] = defaultdict(list)
        for name, worn in self.plans.networks[key].memberships.items():
            for group in worn:
                if name in self.servers:
                    wearing[group].append(self.servers[name])
        return {group: addresses_of(several) for group, several in wearing.items()}
