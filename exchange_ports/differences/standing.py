"""What stands at one time: the servers with their groups, the flows of which there are rules, and which rules.

Of a topology alone the flows are all that is known, and all of them stand. In a phase of a rollout there are
rules of two topologies, and only they say what is allowed: it is read by the semantics of each cloud.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import Evaluator, RuleSet
from exchange_ports.flows import Flow
from exchange_ports.flows.flow_index import Way
from exchange_ports.planning import Plans
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer, group_addresses
from exchange_ports.topology.platforms import Platform
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.traffic import Traffic


class StandingRules(NamedTuple):
    """The rules of one network, with the addresses of its zones."""

    rules: RuleSet
    space: AddressSet


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at one time, to be compared with what stands at another."""

    #: The topology that is declared, by which everything is named.
    plans: Plans
    #: The flows of which rules may stand.
    flows: tuple[Flow, ...]
    #: The servers that are there, each with the groups that are attached to it.
    servers: tuple[ExchangeServer, ...]
    #: Servers that are not there, and of which rules in other networks may have the address.
    absent: tuple[ExchangeServer, ...] = ()
    #: The rules of each network, by its identity and platform; None where all flows stand.
    rules: Mapping[tuple[str, Platform], StandingRules] | None = None

    @classmethod
    def of(cls, plans: Plans) -> "Standing":
        """What stands where a topology is registered as it is."""
        return cls(plans, plans.flows, plans.inventory.servers)

    def members(self, servers: Iterable[ExchangeServer]) -> Mapping[Group, AddressSet]:
        """The addresses of the members of each group, and of those that rules may still or already name.

        `servers` are those that are there, at the addresses at which they are compared.
        """
        declared = (each for each in self.absent if each.has_address)
        return group_addresses((*servers, *declared))


@dataclass(slots=True)
class Filters:
    """What the rules that stand allow, server by server."""

    standing: Standing
    #: Those of `standing`, at the addresses at which they are compared.
    servers: tuple[ExchangeServer, ...]
    _evaluators: dict[tuple[str, Platform], Evaluator] = field(
        default_factory=dict[tuple[str, Platform], Evaluator], init=False
    )

    @property
    def decide(self) -> bool:
        """Whether rules may allow less than the flows name."""
        return self.standing.rules is not None

    def allowed(self, server: ExchangeServer, way: Way, within: Traffic) -> Traffic:
        """The part of some traffic that a server's filter allows; all of it where all flows stand."""
        if self.standing.rules is None:
            return within
        network = (server.network, server.platform)
        if network not in self._evaluators:
            self._evaluators[network] = self._evaluator(network)
        found = Traffic()
        for own in server.addresses:
            found |= self._evaluators[network].permitted(server.name, way, own)
        return within & found

    def _evaluator(self, network: tuple[str, Platform]) -> Evaluator:
        rules, space = (self.standing.rules or {})[network]
        members: dict[str, AddressSet] = defaultdict(AddressSet)
        for server in self.servers:
            if (server.network, server.platform) == network:
                for group in server.groups:
                    members[group.key] |= server.address_set
        return cloud_of(rules).evaluator.evaluator(rules, members, space)
