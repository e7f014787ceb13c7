"""One change: who newly reaches whom, or no longer does, on what, and why.

A change is a box: every one of its sources with every one of its destinations, on every one of its
services, at the filters that it names. So what it says in words is what it is as a set.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple, TypeAlias

from exchange_ports.clouds import declared_by_platform
from exchange_ports.findings import Path
from exchange_ports.flows import Reason
from exchange_ports.flows.flow_index import Way
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.risk import EVERY_PROTOCOL, Position, Risk, risks, sensitive
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic


class Effect(StrEnum):
    """What becomes of the traffic."""

    OPENED = "allowed"
    """Newly let through."""
    CUT = "blocked"
    """Newly cut."""
    REASON = "reason"
    """Let through before and after, and not for the same reasons."""


class Cause(StrEnum):
    """What in the topology made the change."""

    DECLARED = "declared"
    """What passes between those who are there before and after."""
    COMES = "server_added"
    """A server that was not there, or whose filter was not ours."""
    GOES = "server_removed"
    """A server that is no longer there, or whose filter is no longer ours."""
    ADDRESS = "address_changed"
    """A server that changes its address, and whom the others follow."""


#: Where an end stands, the most exposed first; outside are addresses that are no server of ours: a
#: neighbor, clients, another network.
EndpointZone: TypeAlias = Literal["Internet", "perimeter", "outside", "inside"]


@dataclass(frozen=True, slots=True)
class ChangeEndpoint:
    """One end of a change: all its addresses, the servers of ours among them, and both in words."""

    zone: EndpointZone
    #: The role or the neighbor, with its sites: "Client Access hq", "domain controllers of hq".
    summary: str
    #: By name, in order; empty where the end is no group of ours.
    servers: tuple[str, ...]
    addresses: AddressSet
    #: The role alone, where it is servers of ours: "Client Access", "Exchange".
    role: str = ""
    #: Whether some of it is of the organization and in no perimeter zone, wherever the rest is.
    reaches_inside: bool = False
    #: Where its addresses are, by what makes traffic risky: `private_blocks` decide nothing here.
    positions: frozenset[Position] = frozenset()
    #: What its ends outside are declared as; empty where it is servers of ours.
    kinds: frozenset[EndpointKind] = frozenset()

    def __str__(self) -> str:
        return self.summary

    @property
    def anyone(self) -> bool:
        """Whether it is the Internet as a whole, or most of it, and no range in particular."""
        most = self.addresses.size >= _MOST_OF_IT
        return self.zone == "Internet" and not self.servers and most


#: Addresses: half of IPv4.
_MOST_OF_IT: Final = 2**31


class AlreadyAllowed(NamedTuple):
    """A part of a change that the filters of one end let through at the other time too.

    So it is with servers that come or go: one end is new, and the other let its address in before.
    """

    way: Way
    sources: AddressSet
    destinations: AddressSet
    services: ServiceSet


@dataclass(frozen=True, slots=True)
class Change:
    """Every source with every destination on every service, and what becomes of it."""

    effect: Effect
    cause: Cause
    source: ChangeEndpoint
    destination: ChangeEndpoint
    services: ServiceSet
    #: At whose filters: `out` at those of the sources, `in` at those of the destinations.
    ways: tuple[Way, ...]
    #: Why it passes: after the update, or before it where it is cut.
    reasons: tuple[Reason, ...]
    #: Of `Effect.REASON`: the reasons that it passed for, and no longer does.
    former: tuple[Reason, ...] = ()
    #: The servers that come, go, move, or have other groups, and make the change.
    about: tuple[str, ...] = ()
    #: The fields that ask for it, as paths from the topology's top: those of the new topology, or of
    #: the old one where it is cut.
    asked: tuple[Path, ...] = ()
    already: tuple[AlreadyAllowed, ...] = ()
    #: Where a stack binds the existing group of a neighbor at which this changes, as a path from the
    #: stack's settings; empty where it changes at our own groups.
    bound: Path = ()

    def at(self, way: Way, own: AddressSet) -> Traffic:
        """What changes at the filters of some of the servers of one end, at their addresses `own`."""
        if way not in self.ways:
            return Traffic()
        ends = (self.source.addresses, self.destination.addresses)
        mine, theirs = ends if way == "out" else ends[::-1]
        if not mine & own:
            return Traffic()
        found = Traffic.of([(theirs, self.services)])
        for each in self.already:
            mine, theirs = (each[1], each[2]) if way == "out" else (each[2], each[1])
            if each.way == way and mine & own:
                found -= Traffic.of([(theirs, each.services)])
        return found

    @property
    def from_internet(self) -> bool:
        """Whether it comes from the Internet."""
        return self.source.zone == "Internet"

    @property
    def perimeter(self) -> bool:
        """Whether one end, and not both, is in a perimeter zone, or the Internet reaches it."""
        ends = (self.source.zone, self.destination.zone)
        return self.from_internet or "perimeter" in ends

    @property
    def inward(self) -> bool:
        """Whether it leads from a perimeter zone to the internal network, to a part of it at least."""
        end = self.destination
        inside = end.reaches_inside or end.zone in ("outside", "inside")
        return self.source.zone == "perimeter" and inside

    @property
    def accepted_risk(self) -> bool:
        """Whether an operator had to accept it."""
        return any(reason.accepted_risk for reason in self.reasons)

    @property
    def every_protocol(self) -> bool:
        """Whether every protocol is allowed now, and neither a ground rule nor a platform asks for it.

        Some of its ports may have been allowed before: what results decides.
        """
        return EVERY_PROTOCOL in sensitive(self.services) and not any(
            reason.entry in _GROUND_RULES or declared_by_platform(reason) for reason in self.reasons
        )

    @property
    def risks(self) -> tuple[Risk, ...]:
        """Why its traffic is risky, whatever was allowed before."""
        return risks(self.source.positions, self.destination.positions, self.services)

    @property
    def rank(self) -> int:
        """How bad it may be, the worst first."""
        signs = (self.from_internet, self.inward, self.accepted_risk, self.every_protocol)
        return next((rank for rank, sign in enumerate(signs) if sign), len(signs))


#: Between Exchange servers, domain controllers and Lync servers everything must pass.
_GROUND_RULES: Final = ("R1", "R2", "R3")


# ---- gates: what a review may refuse by itself ----


class Gate(StrEnum):
    """What stops at a gate, by the word that `--fail-on` takes."""

    NEWLY_ALLOWED = "newly_allowed"
    """Anything that is newly let through."""
    PERIMETER = "perimeter"
    """What is newly let through from the Internet, or with an end in a perimeter zone; and whatever is
    risky for where its ends are."""
    RISK = "risk"
    """What is newly let through at an accepted risk, on every protocol without a ground rule, or on ports
    that are sensitive between the Internet or a perimeter zone and the organization."""
    TARGET = "target"
    """Another place: network, account, region, or what is added there."""
    CODE = "code"
    """A change of code or of a pipeline."""

    @property
    def compares_traffic(self) -> bool:
        """Whether changes of traffic decide, and not what stands beside them."""
        return self not in (Gate.TARGET, Gate.CODE)


def held_by(gate: Gate, changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes that do not pass a gate.

    A risk that is newly accepted is held by `risk` also where the traffic passed before.
    """
    return tuple(change for change in changes if _held(gate, change))


def _held(gate: Gate, change: Change) -> bool:
    if not gate.compares_traffic:
        return False
    risky = change.accepted_risk or change.every_protocol or bool(change.risks)
    if change.effect is Effect.REASON:
        return gate is Gate.RISK and change.accepted_risk
    if change.effect is Effect.CUT:
        return False
    if gate is Gate.NEWLY_ALLOWED:
        return True
    return change.perimeter or bool(change.risks) if gate is Gate.PERIMETER else risky
