"""The audit: for each server and direction, what runs against what is declared, and what explains it.

Two comparisons are put together. Traffic is compared as sets, so nothing that is allowed or blocked is missed;
groups, rules and attachments are compared one by one, so that each difference has a cause and a command.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import Evaluator
from exchange_ports.clouds.running import (
    Deviation,
    DeviationKind,
    Match,
    RunningNetwork,
    WantedNetwork,
    WantedServer,
)
from exchange_ports.findings import Refused
from exchange_ports.flows import Reason
from exchange_ports.flows import in_order as reasons_in_order
from exchange_ports.flows.flow_index import Way
from exchange_ports.flows.rows import public_ranges
from exchange_ports.planning import Plans
from exchange_ports.proof.answers import PacketText
from exchange_ports.proof.network_model import FilterChange, FilterComparison, NetworkModel
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.traffic import Traffic


class Peer(StrEnum):
    """Who is at the other end of traffic that should not be allowed, the worst first."""

    INTERNET = "internet"
    PERIMETER = "perimeter"
    OTHER = "other"


class Change(StrEnum):
    """How traffic differs from what is declared."""

    TOO_OPEN = "too_open"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class TrafficLine:
    """Traffic of some servers in one direction that runs otherwise than declared."""

    change: Change
    peer: Peer
    servers: tuple[str, ...]
    way: Way
    traffic: Traffic
    #: One packet of it, and the rules that decide about it now.
    packet: str
    rules: tuple[str, ...]
    #: Of missing traffic, why it is required.
    reasons: tuple[Reason, ...]
    #: The deviations that explain the packet.
    causes: tuple[Deviation, ...]
    #: The peers and ports, for people.
    text: str


class DeviationEffect(NamedTuple):
    """A difference of groups, rules or attachments, and whether it has a part in any change of traffic."""

    deviation: Deviation
    opens: bool
    blocks: bool

    @property
    def effect(self) -> str:
        """What it changes, in words."""
        if self.deviation.kind is DeviationKind.NOT_EVALUATED:
            return "its effect is not known"
        if self.opens and self.blocks:
            return "opens and blocks traffic"
        if self.opens:
            return "opens traffic"
        return "blocks required traffic" if self.blocks else "changes no traffic"


@dataclass(frozen=True, slots=True)
class NetworkAudit:
    """What was found in one network."""

    network: str
    matches: tuple[Match, ...]
    lines: tuple[TrafficLine, ...]
    deviations: tuple[DeviationEffect, ...]
    notes: tuple[Deviation, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.lines or self.deviations)


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found in all networks of which an export was given."""

    networks: tuple[NetworkAudit, ...]
    #: Networks of whose cloud nothing was given.
    not_checked: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether what runs is what is declared, in every network."""
        return not self.not_checked and all(each.equal for each in self.networks)


def audit(
    plans: Plans, running: Mapping[Platform, Any], settings: Mapping[str, Mapping[str, object]]
) -> Audit:
    """What runs compared with the plans. `settings` are the cloud ids of each network.

    :raises Refused: the export cannot be evaluated.
    """
    found: list[NetworkAudit] = []
    left: list[str] = []
    for key, plan in sorted(plans.networks.items()):
        there = running.get(plan.platform)
        if there is None:
            left.append(key)
            continue
        wanted = wanted_network(plans, key, settings.get(key, {}))
        filters = cloud_of(plan).running.filters(there, wanted)
        if isinstance(filters, list):
            raise Refused(filters)
        found.append(_NetworkAuditor(plans, wanted, filters).result())
    return Audit(tuple(found), tuple(left))


def wanted_network(plans: Plans, key: str, ids: Mapping[str, object]) -> WantedNetwork:
    """What is declared for a network, as `running` takes it."""
    plan = plans.networks[key]
    declared = plans.topology.networks[key]
    return WantedNetwork(
        key,
        plan,
        AddressSet.of((*declared.internal, *declared.perimeter)),
        ids,
        tuple(
            WantedServer(each.name, each.identity, each.declared_addresses)
            for each in plans.inventory.in_network(plan.network)
        ),
        declared.other_groups or 0,
    )


class _NetworkAuditor:
    """Compares one network."""

    def __init__(self, plans: Plans, wanted: WantedNetwork, running: RunningNetwork) -> None:
        self._wanted, self._running = wanted, running
        self._model = plans.once(NetworkModel)
        addresses: defaultdict[str, dict[Address, None]] = defaultdict(dict)
        for match in running.matches:
            addresses[match.server] |= dict.fromkeys(match.interface.addresses)
        #: The servers that have an interface, with the addresses that it has.
        self._servers = tuple(
            replace(each, addresses=tuple(addresses[each.name]))
            for each in plans.inventory.in_network(wanted.plan.network)
            if addresses.get(each.name)
        )
        self._planned = self._evaluator()
        topology = plans.topology
        self._internet = AddressSet.of(public_ranges(topology))
        self._perimeter = AddressSet.of(
            range_ for each in topology.networks.values() for range_ in each.perimeter
        )
        self._text = PacketText(self._model)

    def _evaluator(self) -> Evaluator:
        """The plan, with the addresses that the members of its groups have in the export."""
        plan = self._wanted.plan
        members: defaultdict[str, list[Address]] = defaultdict(list)
        for server in self._servers:
            for group in plan.memberships.get(server.name, ()):
                members[group] += server.addresses
        found = {group: AddressSet.at(several) for group, several in members.items()}
        return cloud_of(plan).evaluator.evaluator(plan, found, self._wanted.space)

    def result(self) -> NetworkAudit:
        """All that differs."""
        changes = tuple(
            FilterComparison().changes(
                self._servers,
                lambda server, way, own: self._planned.permitted(server.name, way, own),
                lambda server, way, own: self._running.permitted(server.name, way, own),
            )
        )
        deviations = tuple(self._running.deviations())
        counted = [each for each in deviations if each.kind is not DeviationKind.NOTE]
        return NetworkAudit(
            self._wanted.key,
            self._running.matches,
            tuple(self._lines(changes, counted)),
            tuple(self._effect(each, changes) for each in counted),
            tuple(each for each in deviations if each.kind is DeviationKind.NOTE),
        )

    def _effect(self, each: Deviation, changes: Iterable[FilterChange]) -> DeviationEffect:
        opens = blocks = False
        own = self._addresses(each.servers)
        for change in changes:
            opens |= bool(self._part(each, own, change, Change.TOO_OPEN, change.opened))
            blocks |= bool(self._part(each, own, change, Change.MISSING, change.cut))
        return DeviationEffect(each, opens, blocks)

    def _addresses(self, servers: Iterable[str]) -> AddressSet:
        known = {each.name: each for each in self._servers}
        return AddressSet.at(
            address for name in servers if name in known for address in known[name].addresses
        )

    def _part(
        self,
        each: Deviation,
        own: AddressSet,
        change: FilterChange,
        kind: Change,
        changed: Traffic,
    ) -> Traffic:
        """The part of a change that a deviation can explain."""
        if each.only is not None and each.only != _ONLY[kind]:
            return Traffic()
        if change.server.name in each.servers and each.way in (None, change.way):
            return changed if each.reach is None else changed & each.reach
        if each.kind in _OF_MEMBERS:
            # The rules of others name the group, so they allow more or less from its members.
            return changed.within(own)
        return Traffic()

    def _lines(
        self, changes: Iterable[FilterChange], deviations: Iterable[Deviation]
    ) -> Iterator[TrafficLine]:
        together: dict[tuple[Change, Peer, Way, Traffic], list[FilterChange]] = {}
        for each in changes:
            for change, traffic in ((Change.TOO_OPEN, each.opened), (Change.MISSING, each.cut)):
                for peer, part in self._by_peer(traffic):
                    together.setdefault((change, peer, each.way, part), []).append(each)
        causes = [(each, self._addresses(each.servers)) for each in deviations]
        ordered = sorted(
            together.items(),
            key=lambda item: (
                [*Change].index(item[0][0]),
                [*Peer].index(item[0][1]),
                item[0][2],
                item[1][0].server.name,
            ),
        )
        for (change, peer, way, traffic), several in ordered:
            yield self._line(change, peer, way, traffic, several, causes)

    def _line(
        self,
        change: Change,
        peer: Peer,
        way: Way,
        traffic: Traffic,
        several: list[FilterChange],
        causes: Iterable[tuple[Deviation, AddressSet]],
    ) -> TrafficLine:
        first = several[0]
        server = first.server
        packet = self._text.familiar(traffic, server)
        _, rules = self._running.decided(server.name, way, packet, first.own)
        one = Traffic.of([(AddressSet.at([packet.address]), traffic.at(packet.address))])
        explained = tuple(each for each, own in causes if self._part(each, own, first, change, one))
        reasons: tuple[Reason, ...] = ()
        if change is Change.MISSING:
            _, planned = self._planned.decided(server.name, way, packet, first.own)
            reasons = reasons_in_order({reason for rule in planned for reason in rule.reasons})
        ends = (server.name, self._text.name(packet.address))
        source, destination = ends if way == "out" else ends[::-1]
        return TrafficLine(
            change,
            peer,
            tuple(dict.fromkeys(each.server.name for each in several)),
            way,
            traffic,
            self._text.packet(source, destination, packet.service),
            tuple(rule.name for rule in rules),
            tuple(reasons),
            explained,
            self._described(traffic, way),
        )

    def _described(self, traffic: Traffic, way: Way) -> str:
        boxes = traffic.boxes()
        texts = [
            f"{each.services} {_WAYS[way]} {self._model.labels.several(each.addresses)}"
            for each in boxes[:_MOST_BOXES]
        ]
        left = len(boxes) - _MOST_BOXES
        return "; ".join([*texts, *([f"and {left} more"] if left > 0 else [])])

    def _by_peer(self, traffic: Traffic) -> Iterator[tuple[Peer, Traffic]]:
        """The traffic in parts, by who is at the other end."""
        for peer, addresses in (
            (Peer.PERIMETER, self._perimeter),
            (Peer.INTERNET, self._internet - self._perimeter),
            (Peer.OTHER, ~(self._internet | self._perimeter)),
        ):
            part = traffic.within(addresses)
            if part:
                yield peer, part


_ONLY: Final = {Change.TOO_OPEN: "opens", Change.MISSING: "blocks"}
#: Those that change who is in a group that rules of others name.
_OF_MEMBERS: Final = frozenset(
    {DeviationKind.NOT_ATTACHED, DeviationKind.ATTACHED_BESIDE, DeviationKind.GROUP_MISSING}
)
_WAYS: Final[Mapping[Way, str]] = {"in": "from", "out": "to"}
#: More parts of one line are counted.
_MOST_BOXES: Final = 3
