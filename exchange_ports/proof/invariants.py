"""The laws that are proved: each yields a failure for every server or rule that breaks it.

Ground rules and perimeter are read from the topology here, not from the flows: so a flow that should
not be, or one that is missing, is found as well.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from typing import Final

from exchange_ports.catalog import BY_ID, NEEDS
from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.flows import Flow
from exchange_ports.pipeline import NetworkPlan
from exchange_ports.proof.clouds import Way, evaluator
from exchange_ports.proof.documented_rows import DocumentedRows, RequiredTraffic
from exchange_ports.proof.network_model import (
    WAYS,
    NetworkModel,
    carried,
)
from exchange_ports.proof.packet_text import EndVerdict, PacketText
from exchange_ports.proof.redundancy import RuleIndex
from exchange_ports.topology.groups import identity
from exchange_ports.topology.inventory import ExchangeServer, RetiredGroup, addresses_of
from exchange_ports.topology.models import (
    EdgeServer,
    Inbound,
    OutboundPath,
    SenderReputation,
)
from exchange_ports.topology.roles import ServerRole, roles_of, send_connectors
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    FIRST_PLACEHOLDER,
    GLOBAL_UNICAST,
    AddressSet,
    difference,
    network,
)
from exchange_ports.traffic.ports import Ports, tcp
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Packet, Traffic

__all__ = ["Failure", "Invariants"]

_EVERYTHING: Final = ServiceSet.everything()

#: Class D, class E and limited broadcast are no part of the Internet (DESIGN 5).
_NO_UNICAST: Final = network("224.0.0.0/3")


@dataclass(frozen=True, slots=True)
class Failure:
    """One law that does not hold, with the packet or the rule that shows it."""

    law: str
    witness: str
    summary: str

    def __str__(self) -> str:
        return f"{self.witness}: {self.summary}"


class Invariants:
    """The laws over one scene. `boxes` counts what was compared."""

    def __init__(self, scene: NetworkModel) -> None:
        """Read what the topology says of neighbours."""
        self._scene = scene
        self._words = PacketText(scene)
        self._compared: dict[tuple[int, int], tuple[Traffic, Traffic]] = {}
        #: Keeps what is compared by identity alive.
        self._kept: list[Traffic] = []
        self.boxes = 0
        sites = scene.topology.sites.values()
        neighbours = [
            range_
            for site in sites
            for declared in (site.domain_controllers, site.lync, site.other_exchange)
            if declared is not None
            for range_ in (*declared.addresses, *getattr(declared, "accounts_forest", ()))
        ]
        self._neighbours = AddressSet.of(neighbours)
        self._internal = tuple(s for s in scene.servers.values() if s.name not in self._edges)

    @property
    def _edges(self) -> Mapping[str, EdgeServer]:
        return self._scene.topology.edge_servers

    # ---- permitted = meant ----

    def as_meant(self) -> Iterator[Failure]:
        """For each managed server, direction and address: what passes is what flows say."""
        for server in self._scene.managed():
            for way in WAYS:
                for own in server.addresses:
                    permitted = self._scene.permitted(server, way, own)
                    meant = self._scene.meant(server, way)
                    more, less = self._differences(permitted, meant)
                    if more:
                        packet = self._words.familiar(more, server)
                        yield self._failure(
                            "permitted = meant", server, way, packet, "no flow means it"
                        )
                    if less:
                        packet = self._words.familiar(less, server)
                        yield self._failure(
                            "permitted = meant", server, way, packet, self._why(server, way, packet)
                        )

    def _differences(self, permitted: Traffic, meant: Traffic) -> tuple[Traffic, Traffic]:
        # Servers of one role share both sides, and each pair of them is compared once.
        key = (id(permitted), id(meant))
        if key not in self._compared:
            self._kept += [permitted, meant]
            self.boxes += len(permitted.steps) + len(meant.steps)
            if permitted == meant:
                self._compared[key] = (Traffic(), Traffic())
            else:
                self._compared[key] = (permitted - meant, meant - permitted)
        return self._compared[key]

    def _why(self, server: ExchangeServer, way: Way, packet: Packet) -> str:
        flows = [
            flow
            for flow in self._scene.flows_of(server, way)
            if any(
                packet.address in a and packet.service in s for a, s in self._scene.peers(flow, way)
            )
        ]
        return f"meant by {self._words.flow(flows)}" if flows else "the platform needs it"

    def _failure(
        self, law: str, server: ExchangeServer, way: Way, packet: Packet, last: str
    ) -> Failure:
        """A packet between a server and its peer, and what both ends say of it."""
        peer = self._scene.server_at(packet.address)
        other = self._words.name(packet.address)
        ends = (server.name, other) if way == "out" else (other, server.name)
        own = next((a for a in server.addresses if a.version == packet.address.version), None)
        opposite: Way = "in" if way == "out" else "out"
        summary = [self._words.summary(server, way, packet.address, packet.service).text]
        far = (
            EndVerdict(None, "not ours")
            if own is None
            else self._words.summary(peer, opposite, own, packet.service)
        )
        summary.append(f"{other} is not ours" if far.passes is None else far.text)
        if last:
            summary.append(last)
        return Failure(law, self._words.packet(*ends, packet.service), "; ".join(summary))

    # ---- ground rules ----

    def ground_rules(self) -> Iterator[Failure]:
        """Everything passes between internal Exchange servers, and to and from the fabric's others."""
        unrestricted = addresses_of(self._internal) | self._neighbours
        asked = Traffic.of([(unrestricted, _EVERYTHING)])
        known: dict[int, Traffic] = {}
        for server in self._internal:
            if not server.managed:
                continue
            for way in WAYS:
                permitted = self._scene.permitted(server, way, server.addresses[0])
                self._kept.append(permitted)
                if id(permitted) not in known:
                    known[id(permitted)] = asked - permitted.within(unrestricted)
                missing = known[id(permitted)] - Traffic.of([(server.address_set, _EVERYTHING)])
                if missing:
                    packet = self._words.familiar(missing, server)
                    last = "the ground rules let everything through"
                    yield self._failure("ground rules", server, way, packet, last)

    # ---- documented rows ----

    def documented_rows(self) -> Iterator[Failure]:
        """Every row of the published tables that applies to a server passes at it."""
        rows = DocumentedRows(self._scene.topology, self._scene.servers)
        known: dict[tuple[int, tuple[RequiredTraffic, ...]], Traffic] = {}
        for server in self._scene.managed():
            for way in WAYS:
                asked = rows.of(server, way)
                for own in server.addresses:
                    permitted = self._scene.permitted(server, way, own)
                    self._kept.append(permitted)
                    key = (id(permitted), asked)
                    if key not in known:
                        pairs = ((one.peers, _ports(one.ports)) for one in asked)
                        known[key] = Traffic.of(pairs) - permitted
                    missing = known[key] - Traffic.of([(server.address_set, _EVERYTHING)])
                    if missing:
                        packet = self._words.familiar(missing, server)
                        row = next(
                            each.row
                            for each in asked
                            if packet.address in each.peers and packet.service in _ports(each.ports)
                        )
                        last = f"{BY_ID[row].cite}, {row} asks for it"
                        yield self._failure("documented rows", server, way, packet, last)

    # ---- perimeter ----

    def perimeter(self) -> Iterator[Failure]:
        """Edge servers do what DESIGN 5 says of them, and what additional flows add visibly."""
        for name, declared in self._edges.items():
            server = self._scene.servers[name]
            if not server.managed:
                continue
            for way in WAYS:
                allowed = self._may(server, declared, way)
                for own in server.addresses:
                    more = self._scene.permitted(server, way, own) - allowed
                    if more:
                        packet = self._words.familiar(more, server)
                        last = "an Edge server may not"
                        yield self._failure("perimeter", server, way, packet, last)

    def _may(self, server: ExchangeServer, declared: EdgeServer, way: Way) -> Traffic:
        """All that an Edge server may: what is named, and the Internet."""
        return self._named(server, declared, way) | Traffic.of(
            [(self._internet(server), _ports(self._internet_ports(way)))]
        )

    def _internet_ports(self, way: Way) -> tuple[Ports, ...]:
        if way == "in":
            return BY_ID["E1"].ports
        direct = self._scene.topology.sender_reputation == "direct"
        return BY_ID["E4"].ports + (BY_ID["E8d"].ports if direct else ())

    def _named(self, server: ExchangeServer, declared: EdgeServer, way: Way) -> Traffic:
        pairs = self._out(server, declared) if way == "out" else self._in(declared)
        always = self._scene.views[server.network].always[way]
        return Traffic.of(pairs) | always | self._added(server, way)

    def _out(
        self, server: ExchangeServer, declared: EdgeServer
    ) -> Iterator[tuple[AddressSet, ServiceSet]]:
        topology = self._scene.topology
        yield self._mailboxes(declared), _ports((tcp(declared.delivery_port),))
        asked = topology.name_servers.edge
        if isinstance(asked, dict):
            asked = asked.get(self._scene.places[server.network].key)
        if asked == "domain_controllers":
            yield self._neighbours, _ports(BY_ID["E7"].ports)
        elif asked is not None and not isinstance(asked, str):
            yield AddressSet.of(network(str(a)) for a in asked), _ports(BY_ID["E7"].ports)
        if isinstance(topology.sender_reputation, SenderReputation):
            proxy = topology.sender_reputation.proxy
            yield AddressSet.of([network(str(proxy.address))]), _ports((tcp(proxy.port),))
        for connector in send_connectors(topology):
            if connector.through is OutboundPath.EDGE and not isinstance(connector.next_hop, str):
                for hop in connector.next_hop:
                    yield AddressSet.of([network(str(hop.address))]), _ports((tcp(hop.port),))

    def _in(self, declared: EdgeServer) -> Iterator[tuple[AddressSet, ServiceSet]]:
        yield self._mailboxes(declared), _ports(BY_ID["E3"].ports)
        if declared.subscribed_site is not None:
            taking_part = self._mailboxes(declared, besides=declared.edgesync_except)
            yield taking_part, _ports((tcp(declared.edgesync_port),))
        inbound = self._scene.topology.mail_flow.inbound
        if isinstance(inbound, Inbound) and not isinstance(inbound.source, str):
            yield AddressSet.of(inbound.source), _ports(BY_ID["E1"].ports)

    def _mailboxes(self, declared: EdgeServer, besides: tuple[str, ...] = ()) -> AddressSet:
        site = self._scene.topology.sites.get(declared.site)
        return addresses_of(
            self._scene.servers[key]
            for key, one in (site.servers.items() if site else ())
            if ServerRole.MAILBOX in roles_of(one) and key not in besides
        )

    def _internet(self, server: ExchangeServer) -> AddressSet:
        declared = self._scene.places[server.network].declared
        ipv6 = any(
            z.version == GLOBAL_UNICAST.version for z in (*declared.internal, *declared.perimeter)
        )
        if declared.internet == "any":
            return AddressSet.of([EVERYTHING_V4, *([EVERYTHING_V6] if ipv6 else [])])
        blocks = self._scene.topology.private_blocks
        holes = tuple(b for b in blocks if b.version == EVERYTHING_V4.version)
        public = difference(EVERYTHING_V4, (*holes, _NO_UNICAST))
        return AddressSet.of([*public, *([GLOBAL_UNICAST] if ipv6 else [])])

    def _added(self, server: ExchangeServer, way: Way) -> Traffic:
        flows = (flow for flow in self._scene.flows_of(server, way) if _is_additional(flow))
        return Traffic.of(pair for flow in flows for pair in self._scene.peers(flow, way))

    # ---- rules ----

    def needless_rules(self) -> Iterator[Failure]:
        """No rule names nobody, and none names only what a single other one names."""
        for key, shelves in self._shelves.items():
            for rule in shelves.needless():
                yield Failure("every rule is needed", f"rule {rule.name} of {key}", rule.why)
        for key, plan in self._scene.plans.networks.items():
            if isinstance(plan, AwsRuleSet):
                # Security groups have no order and deny nothing (aws.md 2.4).
                continue
            from exchange_ports.proof.shadowing import shadowed

            space, members = self._scene.space(plan.network), self._scene.members(key)
            for rule in shadowed(plan, members, space, self._wider(key)):
                yield Failure("every rule is needed", f"rule {rule.name} of {key}", rule.why)

    def covered_together(self) -> Iterator[str]:
        """The rules that others cover together, though no single one does: a warning."""
        for key, shelves in self._shelves.items():
            for rule in shelves.together():
                yield f"rule {rule.name} of {key}: {rule.why}"

    @cached_property
    def _shelves(self) -> Mapping[str, RuleIndex]:
        return {key: self._sorted(key, plan) for key, plan in self._scene.plans.networks.items()}

    def _sorted(self, key: str, plan: NetworkPlan) -> RuleIndex:
        zones = getattr(plan, "zones", {})
        zones_matter = not isinstance(plan, AwsRuleSet)
        worn = {
            (str(zones.get(server, "")), group)
            for server, groups in plan.memberships.items()
            for group in groups
        }
        members = self._scene.members(key)
        seen = self._scene.views[plan.network]
        # Behind those of the servers that declare no address.
        first = stands_in = FIRST_PLACEHOLDER + len(self._scene.servers)
        for retired in self._retired:
            if retired.group.network == plan.network:
                zone = retired.zone.value if zones_matter else ""
                worn.add((zone, retired.group.key))
                # Somebody of another stack may be there, so a rule that names them names somebody.
                at = IPv4Address(stands_in)
                members[retired.group.key] = AddressSet.between(at, at)
                stands_in += 1
        if stands_in != first:
            seen = evaluator(plan, members, self._scene.space(plan.network))
        return RuleIndex(seen.written(), self._wider(key), worn)

    @property
    def _retired(self) -> tuple[RetiredGroup, ...]:
        return self._scene.plans.inventory.retired

    def _wider(self, key: str) -> Mapping[str, Collection[str]]:
        """The groups of a network, each with those that all of its wearers wear too."""
        here = identity(key, self._scene.topology.networks[key])
        groups = (*self._scene.groups, *(each.group for each in self._retired))
        return {group.key: group.implied_groups for group in groups if group.network == here}

    def wardrobe(self) -> Iterator[Failure]:
        """The plans are about the servers that are declared, each in its own network."""
        planned = {
            (name, plan.network)
            for plan in self._scene.plans.networks.values()
            for name in plan.memberships
        }
        declared = {(s.name, s.network) for s in self._scene.managed()}
        for name, where in sorted(planned ^ declared):
            summary = (
                "is declared, and in no plan" if (name, where) in declared else "is not declared"
            )
            yield Failure("every server has its plan", f"{name} in {where}", summary)


def _ports(several: tuple[Ports, ...]) -> ServiceSet:
    found = ServiceSet()
    for ports in several:
        for _, services in carried(AddressSet.everything(), ports):
            found |= services
    return found


def _is_additional(flow: Flow) -> bool:
    """Whether an operator asked for it: what the published tables do not know, or know as a need."""
    needs = {entry.id for entry in NEEDS.values()}
    return any(reason.entry is None or reason.entry in needs for reason in flow.reasons)
