"""The semantics of both clouds seen alike: one view a network, whatever its platform.

Must not know: flows, topology, or what anyone meant. What only Azure needs is loaded when an Azure
network is there.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from exchange_ports.clouds.aws import evaluator as aws
from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.aws.rules import Direction as AwsDirection
from exchange_ports.clouds.aws.rules import GroupRef as AwsGroupRef
from exchange_ports.flows import Reason
from exchange_ports.pipeline import NetworkPlan
from exchange_ports.topology.models import Attachment
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Packet, Traffic

__all__ = ["NeighborEffect", "NamedRule", "Evaluator", "Way", "AllowRule", "evaluator"]

#: Seen from the server: what it lets in, or out.
Way: TypeAlias = Literal["in", "out"]


class NamedRule(NamedTuple):
    """A rule for people: its name in the cloud, and why it is there."""

    name: str
    reasons: tuple[Reason, ...]


class AllowRule(NamedTuple):
    """An allow rule of one of our groups, for the question whether it is needed."""

    name: str
    #: Where it stands: the zone's security group on Azure; nothing on AWS.
    place: str
    group: str
    way: Way
    #: The peer's group by key, None where the peer is addresses.
    peer: str | None
    addresses: AddressSet
    services: ServiceSet


class NeighborEffect(NamedTuple):
    """What our rules change for a host that is not ours, at one of its addresses."""

    own: Address
    opened: Traffic
    cut: Traffic
    #: The conditions under which, if it is not so under all.
    when: str


class Evaluator(Protocol):
    """What the filters of one network's servers let through, and who decides."""

    @property
    def rules(self) -> int:
        """How many rules there are."""
        ...

    @property
    def places(self) -> frozenset[Attachment]:
        """What its groups hang on."""
        ...

    @property
    def always(self) -> Mapping[Way, Traffic]:
        """What the platform asks every filter to let through, flow or no flow."""
        ...

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        """What the server's own filter lets through at one of its addresses."""
        ...

    def elsewhere(self, server: str, way: Way, own: Address) -> Traffic:
        """The same in a network whose service tags hold as much as they can."""
        ...

    def decided(
        self, server: str, way: Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        """Whether one packet passes there, and the rules that decide it."""
        ...

    def harm(self, zone: str, way: Way, others: AddressSet) -> Iterator[NeighborEffect]:
        """What changes for the hosts of a zone at these addresses, which wear nothing of ours."""
        ...

    def written(self) -> Iterator[AllowRule]:
        """The allow rules at our own groups."""
        ...


def evaluator(plan: NetworkPlan, members: Mapping[str, AddressSet], space: AddressSet) -> Evaluator:
    """The view of a plan, where `members` are who wears each group, and `space` is the network.

    :raises ValueError: the cloud would refuse the plan.
    """
    if isinstance(plan, AwsRuleSet):
        return _AwsView(plan, members)
    from exchange_ports.proof.azure_view import AzureView

    return AzureView(plan, members, space)


_NOTHING_ALWAYS: Final[Mapping[Way, Traffic]] = {"in": Traffic(), "out": Traffic()}


class _AwsView:
    def __init__(self, plan: AwsRuleSet, members: Mapping[str, AddressSet]) -> None:
        self._plan = plan
        self._filters = aws.AwsFilters(plan, members)

    @property
    def rules(self) -> int:
        return len(self._plan.rules)

    @property
    def places(self) -> frozenset[Attachment]:
        # There is nothing else that a security group hangs on (aws.md 2.4).
        return frozenset({Attachment.NETWORK_INTERFACES})

    @property
    def always(self) -> Mapping[Way, Traffic]:
        return _NOTHING_ALWAYS

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        return self._filters.permitted(server, AwsDirection(way))

    def elsewhere(self, server: str, way: Way, own: Address) -> Traffic:
        # Security groups know no tags.
        return self.permitted(server, way, own)

    def decided(
        self,
        server: str,
        way: Way,
        packet: Packet,
        own: Address,
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        decision = self._filters.decided_by(server, AwsDirection(way), packet)
        named = (NamedRule(rule_name(rule), rule.reasons) for rule in decision.rules)
        return decision.passes, tuple(sorted(named, key=lambda rule: rule.name))

    def harm(self, zone: str, way: Way, others: AddressSet) -> Iterator[NeighborEffect]:
        # Nothing of ours is on their way: security groups hang on the interfaces that wear them.
        return iter(())

    def written(self) -> Iterator[AllowRule]:
        for rule in self._plan.rules:
            addresses, services = self._filters.reach(rule)
            peer = rule.peer.key if isinstance(rule.peer, AwsGroupRef) else None
            way: Way = "in" if rule.direction is AwsDirection.IN else "out"
            yield AllowRule(rule_name(rule), "", rule.group, way, peer, addresses, services)
