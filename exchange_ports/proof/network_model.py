"""Who stands where, what the flows mean for each server, and what its filter lets through.

Both sides of the proof are made here and nowhere brought together: `permitted` comes from the plans,
by the clouds' semantics; `required` comes from the flows, by addresses.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import Evaluator
from exchange_ports.flows import Flow
from exchange_ports.flows.flow_index import WAYS, FlowIndex, Way, traffic_of
from exchange_ports.flows.labels import AddressLabels
from exchange_ports.planning import Plans
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer, addresses_of
from exchange_ports.topology.models import Topology
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.traffic import Traffic


class NetworkModel:
    """Plans and flows with every end as addresses."""

    def __init__(self, plans: Plans) -> None:
        """Place every server and read every plan.

        :raises ValueError: a cloud would refuse a plan.
        """
        self.plans = plans
        self.topology: Topology = plans.topology
        self.places = plans.inventory.networks
        self.servers: Mapping[str, ExchangeServer] = plans.inventory.by_name
        self.views: Mapping[str, Evaluator] = {
            plan.network: cloud_of(plan).evaluator.evaluator(
                plan, self.members(key), self.space(plan.network)
            )
            for key, plan in plans.networks.items()
        }
        self.flows = FlowIndex(plans.flows, plans.inventory.addresses)
        self.labels = AddressLabels(plans.inventory, self.flows)
        self._required: dict[tuple[frozenset[Group], Way], Traffic] = {}
        self._unusable: dict[tuple[str, frozenset[Group], Way], Traffic] = {}
        self._usable: dict[tuple[int, int], tuple[Traffic, Traffic, Traffic]] = {}
        self._unusable_index = FlowIndex(
            (each.flow for each in plans.unusable), plans.inventory.addresses
        )
        self._usable_flows = frozenset(map(id, plans.usable_flows))

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

    def usable(self, server: ExchangeServer, way: Way, own: Address) -> Traffic:
        """What of it packets can be of: without traffic of flows that cannot work as declared."""
        permitted, unusable = self.permitted(server, way, own), self.unusable(server, way)
        if not unusable:
            return permitted
        # The same objects for the same traffic: comparisons know pairs that they have compared. Values keep
        # the permitted traffic alive, so that its id stays its own.
        key = (id(permitted), id(unusable))
        if key not in self._usable:
            self._usable[key] = (permitted - unusable, permitted, unusable)
        return self._usable[key][0]

    def unusable(self, server: ExchangeServer, way: Way) -> Traffic:
        """What the server's filter allows for flows alone that cannot work as declared."""
        groups = frozenset(server.groups)
        key = (server.network, groups, way)
        if key not in self._unusable:
            index = self._unusable_index
            found = index.traffic(index.flows_of(server.groups, way), way)
            if found:
                rest = [
                    flow for flow in self.flows_of(server, way) if id(flow) in self._usable_flows
                ]
                found -= self.flows.traffic(rest, way) | self.views[server.network].always[way]
                # On the way from the network's own zones nothing stands between.
                found -= found.within(self.space(server.network))
            self._unusable[key] = found
        return self._unusable[key]

    def required(self, server: ExchangeServer, way: Way) -> Traffic:
        """What flows need the server's filter to allow, and what its cloud's platform always needs."""
        groups = frozenset(server.groups)
        if (groups, way) not in self._required:
            several = (each for group in server.groups for each in self.flows.of_group(group, way))
            always = self.views[server.network].always[way]
            self._required[groups, way] = traffic_of(several) | always
        return self._required[groups, way]

    def flows_of(self, server: ExchangeServer, way: Way) -> Iterator[Flow]:
        """The flows that go out of a server, or into it."""
        return self.flows.flows_of(server.groups, way)

    def members(self, key: str) -> dict[str, AddressSet]:
        """The members of each group by what the plan says, which is what the cloud will see."""
        members: dict[str, list[ExchangeServer]] = defaultdict(list)
        for name, groups in self.plans.networks[key].memberships.items():
            for group in groups:
                if name in self.servers:
                    members[group].append(self.servers[name])
        return {group: addresses_of(several) for group, several in members.items()}


class FilterChange(NamedTuple):
    """What one filter allows and another one in its place does not."""

    server: ExchangeServer
    way: Way
    #: The server's address: filters of subnets tell its addresses apart.
    own: Address
    #: What is only allowed after, and only before.
    opened: Traffic
    cut: Traffic


_Filters: TypeAlias = Callable[[ExchangeServer, Way, Address], Traffic]


class FilterComparison:
    """Two sets of filters held against each other, server by server, each way, at each address.

    This is the comparison of what rules allow: of one plan with its flows, of two clouds, of a plan
    with and without a rule. `diff` compares two topologies by their flows, with reasons and without
    any rule: that the two agree is a law of the tests, so neither may use the other.
    """

    def __init__(self) -> None:
        """Begin with nothing compared."""
        #: Steps of traffic compared, on both sides.
        self.boxes = 0
        # Servers of one role share their traffic, and each pair is compared once. Values keep it alive.
        self._known: dict[tuple[int, int], tuple[Traffic, Traffic, Traffic, Traffic]] = {}

    def changes(
        self, servers: Iterable[ExchangeServer], before: _Filters, after: _Filters
    ) -> Iterator[FilterChange]:
        """The filters that do not allow the same."""
        for server in servers:
            for way in WAYS:
                for own in server.addresses:
                    was, now = before(server, way, own), after(server, way, own)
                    opened, cut = self._of(was, now)
                    if opened or cut:
                        yield FilterChange(server, way, own, opened, cut)

    def _of(self, was: Traffic, now: Traffic) -> tuple[Traffic, Traffic]:
        key = (id(was), id(now))
        if key not in self._known:
            self.boxes += len(was.steps) + len(now.steps)
            same = was is now or was == now
            opened, cut = (Traffic(), Traffic()) if same else (now - was, was - now)
            self._known[key] = (was, now, opened, cut)
        return self._known[key][2:]
