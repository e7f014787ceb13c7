"""What is newly let through, or newly cut, at existing groups of neighbors to which rules are added.

By the flows of both sides, as everything here. Who is in an existing group is in no file: a rule that is
added to it reaches whoever is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from exchange_ports.differences.change import Cause, Change, ChangeEndpoint, Effect
from exchange_ports.differences.registration_diff import Registration
from exchange_ports.differences.standing import Standing
from exchange_ports.differences.topology_diff import EndpointText, pairs
from exchange_ports.differences.traffic_diff import Snapshot
from exchange_ports.findings import Path
from exchange_ports.flows import ExternalEndpoint, Flow, Reason, in_order
from exchange_ports.flows.flow_index import Way
from exchange_ports.planning import Plans
from exchange_ports.topology.groups import EDGE_KINDS, Group
from exchange_ports.topology.risk import Position
from exchange_ports.traffic.services import ServiceSet


class RegisteredPlans(NamedTuple):
    """A side: its plans, and what of them is registered where."""

    plans: Plans
    registration: Registration


class _Rule(NamedTuple):
    """At which group, in which direction, and which group of ours is the other end."""

    group_id: str
    #: As a filter of the neighbor has it.
    way: Way
    ours: Group


@dataclass(slots=True)
class _Allowed:
    """What is let through there, and why."""

    path: Path
    services: ServiceSet = field(default_factory=ServiceSet)
    reasons: dict[Reason, None] = field(default_factory=dict[Reason, None])
    ends: dict[ExternalEndpoint, None] = field(default_factory=dict[ExternalEndpoint, None])
    flows: dict[Flow, None] = field(default_factory=dict[Flow, None])


_Side = dict[_Rule, _Allowed]


def neighbor_changes(
    old: RegisteredPlans | None, new: RegisteredPlans | None
) -> tuple[Change, ...]:
    """What each side lets through at existing groups and the other does not."""
    before, after = ({} if side is None else _side(side.registration) for side in (old, new))
    found: list[Change] = []
    if new is not None:
        found += _changes(after, before, new.plans, Effect.OPENED)
    if old is not None:
        found += _changes(before, after, old.plans, Effect.CUT)
    return tuple(found)


def _side(registration: Registration) -> _Side:
    found: _Side = {}
    for network in registration.networks:
        bound = registration.target.neighbors(network.key)
        for flow in network.flows if bound else ():
            for ours, theirs, way in _ends(flow):
                group_id = bound.get(theirs.name)
                if ours.network != network.plan.network or not isinstance(group_id, str):
                    continue
                path = ("networks", network.key, "neighbor_security_groups", theirs.name)
                allowed = found.setdefault(_Rule(group_id, way, ours), _Allowed(path))
                allowed.services |= ServiceSet.of(flow.ports, 4) | ServiceSet.of(flow.ports, 6)
                allowed.reasons |= dict.fromkeys(flow.reasons)
                allowed.ends[theirs] = None
                allowed.flows[flow] = None
    return found


def _ends(flow: Flow) -> Iterator[tuple[Group, ExternalEndpoint, Way]]:
    one, other = flow.source, flow.destination
    if isinstance(one, Group) and isinstance(other, ExternalEndpoint):
        yield one, other, "in"
    if isinstance(one, ExternalEndpoint) and isinstance(other, Group):
        yield other, one, "out"


def _changes(here: _Side, there: _Side, plans: Plans, effect: Effect) -> Iterator[Change]:
    """What one version allows and the other does not; a wider group of ours is reported alone."""
    changed = {
        rule: left
        for rule, allowed in here.items()
        if (left := allowed.services - _all_of(there, rule) - _wider(here, rule))
    }
    if not changed:
        return
    servers = [each.after for each in pairs(plans, plans) if each.after is not None]
    snapshot = Snapshot(Standing.of(plans), servers)
    text = EndpointText(snapshot)
    for rule, services in sorted(changed.items(), key=lambda item: _order(item[0])):
        allowed = here[rule]
        ours = text.end([rule.ours], snapshot.flows.end(rule.ours))
        # Of a group that only the rollout still has, no server is here.
        zone = Position.PERIMETER if rule.ours.kind in EDGE_KINDS else Position.INSIDE
        ours = replace(ours, positions=ours.positions | {zone})
        theirs = _theirs(rule, allowed, snapshot, text)
        source, destination = (ours, theirs) if rule.way == "in" else (theirs, ours)
        asked = dict.fromkeys(
            path for flow in allowed.flows for path in snapshot.declared_at(flow, flow.reasons)
        )
        yield Change(
            effect,
            Cause.DECLARED,
            source,
            destination,
            services,
            (rule.way,),
            in_order(allowed.reasons),
            asked=tuple(asked),
            bound=allowed.path,
        )


def _order(rule: _Rule) -> tuple[str, str, str, str]:
    return (rule.group_id, rule.ours.network, rule.ours.key, rule.way)


def _all_of(side: _Side, rule: _Rule) -> ServiceSet:
    same = side.get(rule)
    return _wider(side, rule) | (ServiceSet() if same is None else same.services)


def _wider(side: _Side, rule: _Rule) -> ServiceSet:
    """What is let through for groups in which every member of the rule's group is too."""
    found = ServiceSet()
    for other, allowed in side.items():
        if (other.group_id, other.way, other.ours.network) == (
            rule.group_id,
            rule.way,
            rule.ours.network,
        ) and other.ours.key in rule.ours.implied_groups - {rule.ours.key}:
            found |= allowed.services
    return found


#: Where the members of an existing group may be.
_ANY_POSITION: Final = frozenset([Position.INSIDE, Position.PERIMETER])


def _theirs(
    rule: _Rule, allowed: _Allowed, snapshot: Snapshot, text: EndpointText
) -> ChangeEndpoint:
    addresses = snapshot.flows.end(next(iter(allowed.ends)))
    for each in allowed.ends:
        addresses |= snapshot.flows.end(each)
    end = text.end(allowed.ends, addresses)
    summary = f"members of {rule.group_id}, the group of {end.summary}"
    return replace(end, summary=summary, positions=end.positions | _ANY_POSITION)
