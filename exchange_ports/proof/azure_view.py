"""The view of an Azure network: loaded only where there is one."""

from collections.abc import Iterator, Mapping
from typing import Final

from exchange_ports.azure import semantics as azure
from exchange_ports.azure.rules import Access, Direction, GroupRef, RuleSet
from exchange_ports.proof.clouds import NamedRule, Way, Written
from exchange_ports.traffic.address_set import AddressSet
from exchange_ports.traffic.addresses import Address
from exchange_ports.traffic.service_set import ServiceSet
from exchange_ports.traffic.traffic import Packet, Traffic

__all__ = ["AzureView"]

#: Without its probes a load balancer takes every server out of service (azure.md 3).
_ALWAYS: Final[Mapping[Way, Traffic]] = {
    "in": Traffic.of([(azure.PROBE, ServiceSet.everything())]),
    "out": Traffic(),
}


class AzureView:
    """What the network security groups at the interfaces of one VNet let through."""

    def __init__(self, plan: RuleSet, members: Mapping[str, AddressSet], space: AddressSet) -> None:
        """Read the plan.

        :raises ValueError: Azure would refuse it.
        """
        self._plan = plan
        # Peers, gateways and forced tunnelling would add to the tags. No rule of ours names one but
        # the probe's, and the denies come before the default rules, so nothing hangs on it.
        self._filters = azure.Filters(plan, members, azure.usual_tags(space))

    @property
    def rules(self) -> int:
        """How many rules of our own there are, default rules not counted."""
        return sum(len(group.rules) for group in self._plan.groups)

    @property
    def always(self) -> Mapping[Way, Traffic]:
        """The health probes of load balancers."""
        return _ALWAYS

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        """What the server's own filter lets through at one of its addresses."""
        return self._filters.permitted(server, Direction(way), own)

    def decided(
        self, server: str, way: Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        """Whether one packet passes there, and the rule that decides."""
        decision = self._filters.decided_by(server, Direction(way), packet, own)
        return decision.passes, tuple(NamedRule(r.name, r.reasons) for r in decision.rules)

    def written(self) -> Iterator[Written]:
        """The allow rules at our own groups: not the probe's and not the denies."""
        for group in self._plan.groups:
            for rule in group.rules:
                inward = rule.direction is Direction.IN
                ours, peer = (
                    (rule.destination, rule.source) if inward else (rule.source, rule.destination)
                )
                if rule.access is not Access.ALLOW or not isinstance(ours, GroupRef):
                    continue
                reach = self._filters.reach(rule)
                addresses, services = AddressSet(), ServiceSet()
                for some, carried in reach:
                    if some:
                        addresses, services = addresses | some, services | carried
                yield Written(
                    rule.name,
                    group.zone.value,
                    ours.key,
                    "in" if inward else "out",
                    peer.key if isinstance(peer, GroupRef) else None,
                    addresses,
                    services,
                )
