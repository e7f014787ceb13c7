"""The main statement of the proof, permitted = required, asked of z3 instead.

A packet is four bit-vectors. What the rules permit is a formula over the rules by address, in the
order in which a cloud evaluates them; what is meant is one over the flows by address. z3 looks for a
packet on which they differ. The rules' networks are written as their halves: two sides in the same
spelling are found equal by hashing, which says nothing about solving.

The one place that imports z3. Written apart from `exchange_ports.proof`, which it is held against.
"""

# z3 has no annotations: its operators return whatever they are given.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby
from typing import Any, Final, cast

import z3

from bench.workload import AddressFlow, by_address
from exchange_ports.clouds.aws.rules import AwsRuleSet, Direction, ListRef
from exchange_ports.clouds.aws.rules import GroupRef as AwsGroupRef
from exchange_ports.clouds.azure.rules import Access, Anything, AzureRuleSet, Side, Tag
from exchange_ports.clouds.azure.rules import GroupRef as ApplicationGroupRef
from exchange_ports.planning import Plans
from exchange_ports.topology.groups import Group
from exchange_ports.traffic.addresses import EVERYTHING_V4, Network, network
from exchange_ports.traffic.ports import ANY_PORTS, Ports, Protocol

__all__ = ["NAME", "Question", "halved", "needless", "questions", "same"]

NAME: Final = f"z3 {z3.get_version_string()}"

_IPV4: Final = 4
_BITS: Final = 32
#: IANA's protocol numbers.
_NUMBERS: Final = {Protocol.TCP: 6, Protocol.UDP: 17}
#: What the tag AzureLoadBalancer stands for (azure.md 2).
_PROBE: Final = network("168.63.129.16/32")


@dataclass(frozen=True, slots=True)
class Line:
    """A rule by address, and what it does with what it names."""

    names: AddressFlow
    allows: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """Both sides of the statement for one direction of one network security group or VPC."""

    #: First match first.
    permitted: tuple[Line, ...]
    meant: tuple[AddressFlow, ...]


def questions(plans: Plans) -> tuple[Question, ...]:
    """What z3 is asked about plans: one question for each filter and direction.

    :raises ValueError: an address of IPv6, which the workloads do not have.
    """
    return tuple(
        question
        for plan in plans.networks.values()
        for question in (
            _aws(plans, plan)
            if isinstance(plan, AwsRuleSet)
            else _azure(plans, cast("AzureRuleSet", plan))
        )
    )


def _members(plans: Plans, servers: Iterable[str]) -> dict[str, tuple[Network, ...]]:
    """The addresses of each group's members among these servers."""
    among = set(servers)
    attached: dict[str, tuple[Network, ...]] = {}
    for member in plans.inventory.servers:
        if member.name in among:
            for group in member.groups:
                attached[group.key] = attached.get(group.key, ()) + member.ranges
    return attached


def _meant(
    plans: Plans, own: dict[str, tuple[Network, ...]], here: str, way: Direction
) -> Iterator[AddressFlow]:
    """The flows at these servers' end, the end cut to these servers."""
    for flow, named in zip(plans.flows, by_address(plans.topology, plans.flows), strict=True):
        end = flow.source if way is Direction.OUT else flow.destination
        if isinstance(end, Group) and end.network == here and end.key in own:
            mine = own[end.key]
            yield (
                replace(named, source=mine)
                if way is Direction.OUT
                else replace(named, destination=mine)
            )


def _aws(plans: Plans, plan: AwsRuleSet) -> Iterator[Question]:
    members = _members(plans, plan.memberships)
    lists = {each.key: each.entries for each in plan.prefix_lists}
    for way in Direction:
        lines: list[Line] = []
        for rule in plan.rules:
            if rule.direction is not way:
                continue
            if isinstance(rule.peer, AwsGroupRef):
                peer = members[rule.peer.key]
            else:
                peer = lists[rule.peer.key] if isinstance(rule.peer, ListRef) else (rule.peer,)
            own = members[rule.group]
            ends = (own, peer) if way is Direction.OUT else (peer, own)
            lines.append(Line(AddressFlow(*ends, rule.ports)))
        yield Question(tuple(lines), tuple(_meant(plans, members, plan.network, way)))


def _azure(plans: Plans, plan: AzureRuleSet) -> Iterator[Question]:
    everyone = _members(plans, plan.memberships)
    for group in plan.groups:
        members = _members(plans, (name for name, zone in plan.zones.items() if zone == group.zone))
        own = tuple({each for several in members.values() for each in several})

        def ranges(side: Side, *, mine: bool) -> tuple[Network, ...]:
            if isinstance(side, ApplicationGroupRef):
                return (members if mine else everyone).get(side.key, ())  # noqa: B023
            if isinstance(side, Tag):
                return (_PROBE,)
            if isinstance(side, Anything):
                return own if mine else (EVERYTHING_V4,)  # noqa: B023
            return side.ranges

        for way in Direction:
            out = way is Direction.OUT
            lines = tuple(
                Line(
                    AddressFlow(
                        ranges(rule.source, mine=out),
                        ranges(rule.destination, mine=not out),
                        rule.ports,
                    ),
                    rule.access is Access.ALLOW,
                )
                for rule in sorted(group.rules, key=lambda rule: rule.priority)
                if rule.direction.value == way.value
            )
            meant = list(_meant(plans, members, plan.network, way))
            if not out:
                meant.append(AddressFlow((_PROBE,), own, ANY_PORTS))
            yield Question(lines, tuple(meant))


def halved(question: Question) -> Question:
    """The same question, every network of the rules written as its two halves."""

    def halves(ranges: Iterable[Network]) -> tuple[Network, ...]:
        return tuple(
            half
            for each in ranges
            for half in (each.subnets() if each.prefixlen < each.max_prefixlen else (each,))
        )

    return replace(
        question,
        permitted=tuple(
            replace(
                line,
                names=replace(
                    line.names,
                    source=halves(line.names.source),
                    destination=halves(line.names.destination),
                ),
            )
            for line in question.permitted
        ),
    )


@dataclass(frozen=True, slots=True)
class _Packet:
    source: Any
    destination: Any
    protocol: Any
    port: Any


def same(question: Question) -> bool:
    """Whether z3 finds no packet on which the two sides differ."""
    packet = _packet()
    solver = z3.Solver()
    solver.add(z3.Xor(_permitted(question.permitted, packet), _any(question.meant, packet)))
    return not _some(solver)


def needless(question: Question) -> tuple[Line, ...]:
    """The lines that name nothing, or nothing that the other lines of their verdict do not name."""
    packet = _packet()
    solver = z3.Solver()
    found: list[Line] = []
    for allows in (True, False):
        lines = [line for line in question.permitted if line.allows is allows]
        names = [_any([line.names], packet) for line in lines]
        for line, own in zip(lines, names, strict=True):
            solver.push()
            solver.add(own, z3.Not(z3.Or([other for other in names if other is not own])))
            if not _some(solver):
                found.append(line)
            solver.pop()
    return tuple(found)


def _packet() -> _Packet:
    return _Packet(
        z3.BitVec("source", _BITS),
        z3.BitVec("destination", _BITS),
        z3.BitVec("protocol", 8),
        z3.BitVec("port", 16),
    )


def _some(solver: Any) -> bool:
    """Whether there is a packet of which all that was added holds."""
    answer = solver.check()
    if answer == z3.unknown:
        raise RuntimeError(f"z3 gives up: {solver.reason_unknown()}")
    return bool(answer == z3.sat)


def _permitted(lines: Sequence[Line], packet: _Packet) -> Any:
    """First match decides, and what nothing matches is denied. Lines of one verdict have no order."""
    runs = [
        (allows, _any((line.names for line in run), packet))
        for allows, run in groupby(lines, key=lambda line: line.allows)
    ]

    def before(rest: Any, run: tuple[bool, Any]) -> Any:
        allows, matches = run
        return z3.Or(matches, rest) if allows else z3.And(z3.Not(matches), rest)

    return reduce(before, reversed(runs), z3.BoolVal(False))


def _any(flows: Iterable[AddressFlow], packet: _Packet) -> Any:
    return z3.Or(
        [
            z3.And(
                _in(packet.source, flow.source),
                _in(packet.destination, flow.destination),
                *_ports(packet, flow.ports),
            )
            for flow in flows
        ]
    )


def _in(address: Any, ranges: tuple[Network, ...]) -> Any:
    # By the leading bits, the spelling that z3 solves quickest: bounds take twice as long.
    return z3.Or([_leading(address, range_) for range_ in ranges])


def _leading(address: Any, range_: Network) -> Any:
    if range_.version != _IPV4:
        raise ValueError(f"{range_} is not IPv4")
    length = range_.prefixlen
    if length == 0:
        return z3.BoolVal(True)
    value = int(range_.network_address) >> (_BITS - length)
    return z3.Extract(_BITS - 1, _BITS - length, address) == value


def _ports(packet: _Packet, ports: Ports) -> Iterator[Any]:
    if ports.protocol is Protocol.ANY:
        return
    if ports.protocol not in _NUMBERS:
        raise ValueError(f"{ports} is not TCP, UDP or everything")
    yield packet.protocol == _NUMBERS[ports.protocol]
    yield z3.Or(
        [
            z3.And(z3.UGE(packet.port, each.first), z3.ULE(packet.port, each.last))
            for each in ports.ranges
        ]
    )
