"""The view of an Azure network: loaded only where there is one."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Final

from exchange_ports.clouds.azure import evaluator as azure
from exchange_ports.clouds.azure.rules import (
    Access,
    Attachment,
    AzureRuleSet,
    Direction,
    GroupRef,
    Zone,
)
from exchange_ports.proof.clouds import AllowRule, NamedRule, NeighborEffect, Way
from exchange_ports.traffic.addresses import Address, AddressSet, address_at
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Packet, Traffic

__all__ = ["AzureView"]

#: Without its probes a load balancer takes every server out of service (azure.md 3).
_ALWAYS: Final[Mapping[Way, Traffic]] = {
    "in": Traffic.of([(azure.PROBE, ServiceSet.everything())]),
    "out": Traffic(),
}


class AzureView:
    """What the network security groups of one VNet let through, at whichever place they hang."""

    def __init__(
        self, plan: AzureRuleSet, members: Mapping[str, AddressSet], space: AddressSet
    ) -> None:
        """Read the plan.

        :raises ValueError: Azure would refuse it.
        """
        self._plan = plan
        # Peers, gateways and forced tunnelling add to the tags: `elsewhere` and `harm` ask about that.
        self._tags = azure.usual_tags(space)
        self._filters = azure.AzureFilters(plan, members, self._tags)

    @cached_property
    def _forced(self) -> azure.AzureFilters:
        """The same under forced tunnelling, where VirtualNetwork is everything."""
        return self._filters.where_tags_hold(azure.forced_tags())

    @property
    def rules(self) -> int:
        """How many rules of our own there are, default rules not counted."""
        return sum(len(group.rules) for group in self._plan.groups)

    @property
    def places(self) -> frozenset[Attachment]:
        """What its groups hang on."""
        return frozenset(group.at for group in self._plan.groups)

    @property
    def always(self) -> Mapping[Way, Traffic]:
        """The health probes of load balancers."""
        return _ALWAYS

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        """What the server's own filter lets through at one of its addresses."""
        return self._filters.permitted(server, Direction(way), own)

    def elsewhere(self, server: str, way: Way, own: Address) -> Traffic:
        """The same under forced tunnelling: the most that the tags can hold.

        Where no rule that names them has a say there is nothing to ask, and that is so wherever our
        denies stand before the default rules.
        """
        asked = (server, Direction(way), own)
        hangs = self._filters.hangs_on_tags(*asked)
        return (self._forced if hangs else self._filters).permitted(*asked)

    def decided(
        self, server: str, way: Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        """Whether one packet passes there, and the rule that decides."""
        decision = self._filters.decided_by(server, Direction(way), packet, own)
        at_subnet = {r.rule for r in decision.rulings if r.at is Attachment.SUBNETS}
        return decision.passes, tuple(
            NamedRule(rule.name + " at the subnet" * (rule in at_subnet), rule.reasons)
            for rule in decision.rules
        )

    def harm(self, zone: str, way: Way, others: AddressSet) -> Iterator[NeighborEffect]:
        """Where our groups are not as Azure's default rules alone, for a host of a zone's subnets.

        Groups at interfaces are at those of our servers only. The probe's rule lets in what a
        default rule lets in.
        """
        if Attachment.SUBNETS not in self.places:
            return
        asked = (Zone(zone), Direction(way), others)
        bare = replace(self._plan, groups=tuple(replace(g, rules=()) for g in self._plan.groups))
        for tags, filters, when in (
            (self._tags, self._filters, ""),
            (azure.forced_tags(), self._forced, "under forced tunnelling"),
        ):
            # The same groups with nothing of ours in them.
            defaults = azure.AzureFilters(bare, {}, tags)
            for part, permitted in filters.beside(*asked):
                for same, usual in defaults.beside(*asked[:2], part):
                    if permitted != usual:
                        own = address_at(same.smallest())
                        yield NeighborEffect(own, permitted - usual, usual - permitted, when)

    def written(self) -> Iterator[AllowRule]:
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
                yield AllowRule(
                    rule.name,
                    group.zone.value,
                    ours.key,
                    "in" if inward else "out",
                    peer.key if isinstance(peer, GroupRef) else None,
                    addresses,
                    services,
                )
