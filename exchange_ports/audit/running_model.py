"""The model of the proof with the filters that run in place of planned ones: for `check --live`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exchange_ports.audit.compare import wanted_network
from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import (
    AllowRule,
    Evaluator,
    NamedRule,
    NeighborEffect,
    PlannedRule,
    RedundantRule,
)
from exchange_ports.clouds.running import RunningNetwork
from exchange_ports.findings import Refused
from exchange_ports.findings.command_kinds import INCOMPLETE_OUTPUT
from exchange_ports.flows import Reason
from exchange_ports.flows.flow_index import Way
from exchange_ports.planning import Plans
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.topology.models import Attachment, Platform
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.traffic import Packet, Traffic

#: What is known of a rule that runs: whoever made it.
_EXPORTED = (Reason("as exported"),)


class RunningModel(NetworkModel):
    """Plans and flows, where what a server's filter allows is what its exported groups allow."""

    def __init__(
        self,
        plans: Plans,
        running: Mapping[Platform, Any],
        settings: Mapping[str, Mapping[str, object]],
    ) -> None:
        """Read the filters of all networks of which there is an export.

        :raises Refused: there is none of a network, or it cannot be evaluated.
        """
        super().__init__(plans)
        views: dict[str, Evaluator] = {}
        addresses: defaultdict[str, dict[Address, None]] = defaultdict(dict)
        for key, plan in plans.networks.items():
            there = running.get(plan.platform)
            if there is None:
                raise Refused([_not_exported(f"an export of {key}")])
            wanted = wanted_network(plans, key, settings.get(key, {}))
            filters = cloud_of(plan).running.filters(there, wanted)
            if isinstance(filters, list):
                raise Refused(filters)
            for match in filters.matches:
                addresses[match.server] |= dict.fromkeys(match.interface.addresses)
            views[plan.network] = _RunningView(self.views[plan.network], filters)
        self.views = views
        self.servers = {
            name: server
            if server.has_address or name not in addresses
            else replace(server, addresses=tuple(addresses[name]))
            for name, server in self.servers.items()
        }

    def usable(self, server: ExchangeServer, way: Way, own: Address) -> Traffic:
        """What is allowed: flows that cannot work have no part in what runs."""
        return self.permitted(server, way, own)


def _not_exported(what: str) -> Any:
    return INCOMPLETE_OUTPUT.at(
        (), what="The export", missing=f"{what} is missing", fix="pass it with `--live` too"
    )


@dataclass(frozen=True)
class _RunningView:
    """What the exported groups of one network allow; of everything else, what the plan says."""

    plan: Evaluator
    running: RunningNetwork

    @property
    def rules(self) -> int:
        """How many rules are planned."""
        return self.plan.rules

    @property
    def places(self) -> frozenset[Attachment]:
        """What planned groups are associated with."""
        return self.plan.places

    @property
    def always(self) -> Mapping[Way, Traffic]:
        """What the platform needs every filter to allow."""
        return self.plan.always

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        """What the groups of the server's interface allow."""
        return self.running.permitted(server, way, self._own(server, own))

    def elsewhere(self, server: str, way: Way, own: Address) -> Traffic:
        """The same: an export is of one network."""
        return self.permitted(server, way, own)

    def decided(
        self, server: str, way: Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        """Whether one packet is allowed, and the exported rules that decide it."""
        passes, rules = self.running.decided(server, way, packet, self._own(server, own))
        return passes, tuple(NamedRule(each.name, _EXPORTED) for each in rules)

    def _own(self, server: str, own: Address) -> Address:
        there = [
            address
            for match in self.running.matches
            if match.server == server
            for address in match.interface.addresses
        ]
        if not there:
            raise Refused([_not_exported(f"the network interface of {server}")])
        return own if own in there else there[0]

    def harm(self, zone: str, way: Way, others: AddressSet) -> Iterator[NeighborEffect]:
        """What planned groups change for others."""
        return self.plan.harm(zone, way, others)

    def written(self) -> Iterator[AllowRule]:
        """The planned allow rules."""
        return self.plan.written()

    def planned_rules(self) -> Iterator[PlannedRule]:
        """The planned rules."""
        return self.plan.planned_rules()

    def shadowed(self, implied_groups: Mapping[str, Any]) -> Iterator[RedundantRule]:
        """Planned rules that never decide."""
        return self.plan.shadowed(implied_groups)
