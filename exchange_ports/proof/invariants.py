"""The proof and its laws: each law yields a failure for every server or rule that breaks it.

Ground rules and perimeter are read from the topology here, not from the flows: so a flow that should
not be, or one that is missing, is found as well.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from typing import Final

from exchange_ports.catalog import BY_ID, NEEDS, SERVICES
from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import NeighborEffect, RuleSet
from exchange_ports.findings import Finding
from exchange_ports.flows import Flow
from exchange_ports.flows.flow_index import OPPOSITE, WAYS, Way, services_of
from exchange_ports.planning import Plans
from exchange_ports.proof.answers import DIRECTIONS, NOT_MANAGED, EndVerdict, PacketText
from exchange_ports.proof.documented_rows import DocumentedRows
from exchange_ports.proof.exposure import exposures
from exchange_ports.proof.network_model import FilterComparison, NetworkModel
from exchange_ports.proof.redundancy import RuleIndex
from exchange_ports.topology.fields import EndpointKind, FlowEnd, ends_of
from exchange_ports.topology.groups import ServerRole, identity, roles_of, send_connectors
from exchange_ports.topology.inventory import ExchangeServer, RetiredGroup, addresses_of
from exchange_ports.topology.models import (
    PRIVATE_BLOCKS,
    EdgeServer,
    OutboundPath,
    RelayTarget,
    SenderReputation,
)
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    FIRST_PLACEHOLDER,
    GLOBAL_UNICAST,
    Address,
    AddressSet,
    network,
)
from exchange_ports.traffic.ports import Ports, tcp
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Packet, Traffic

_ALL_SERVICES: Final = ServiceSet.everything()

_PERMITTED: Final = "permitted = required"
_VALID: Final = "the plan is valid in the cloud"
#: The rows that reach published servers only: clients, and mail from outside without Edge servers.
_PUBLISHED_ROWS: Final = frozenset(("M1", *(entry.id for entry in SERVICES.values())))
#: Addresses that no host on the Internet has: shared address space of providers, "this network", loopback,
#: link-local, multicast and reserved (RFC 6890).
_NEVER_PUBLIC: Final = tuple(
    map(network, ("100.64.0.0/10", "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One law that does not hold, with the packet or the rule that shows it."""

    law: str
    counterexample: str
    summary: str

    def __str__(self) -> str:
        return f"{self.counterexample}: {self.summary}"


class Invariants:
    """The laws over one network model."""

    def __init__(self, model: NetworkModel) -> None:
        """Read the neighbors of the topology."""
        self._model = model
        self._text = PacketText(model)
        self._comparison = FilterComparison()
        self._rows = DocumentedRows(model.topology, model.servers)
        sites = model.topology.sites.values()
        neighbors = [
            range_
            for site in sites
            for declared in (site.domain_controllers, site.lync, site.other_exchange)
            if declared is not None
            for range_ in (*declared.addresses, *getattr(declared, "accounts_forest", ()))
        ]
        self._neighbors = AddressSet.of(neighbors)
        self._internal = tuple(s for s in model.servers.values() if s.name not in self._edges)

    @property
    def boxes(self) -> int:
        """How much was compared."""
        return self._comparison.boxes

    @property
    def _edges(self) -> Mapping[str, EdgeServer]:
        return self._model.topology.edge_servers

    # ---- permitted = required ----

    def permitted_is_required(self) -> Iterator[Failure]:
        """For each managed server, direction and address: what is allowed is what flows need."""
        for server, way, _, more, less in self._comparison.changes(
            self._model.managed(),
            lambda server, way, _: self._model.required(server, way),
            self._model.permitted,
        ):
            for found in filter(None, (more, less)):
                packet = self._text.familiar(found, server)
                why = "no flow requires it" if found is more else self._why(server, way, packet)
                yield self._failure(_PERMITTED, server, way, packet, why)

    def _why(self, server: ExchangeServer, way: Way, packet: Packet) -> str:
        flows = [
            flow
            for flow in self._model.flows_of(server, way)
            if any(
                packet.address in peer.addresses and packet.service in peer.services
                for peer in self._model.flows.peers(flow, way)
            )
        ]
        return f"required by {self._text.flow(flows)}" if flows else "the platform requires it"

    def _failure(
        self, law: str, server: ExchangeServer, way: Way, packet: Packet, last: str
    ) -> Failure:
        """A packet between a server and its peer, and the verdict of both ends."""
        peer = self._model.labels.server_at(packet.address)
        other = self._text.name(packet.address)
        ends = (server.name, other) if way == "out" else (other, server.name)
        own = next((a for a in server.addresses if a.version == packet.address.version), None)
        summary = [self._text.summary(server, way, packet.address, packet.service).text]
        far = (
            EndVerdict(None, NOT_MANAGED)
            if own is None
            else self._text.summary(peer, OPPOSITE[way], own, packet.service)
        )
        summary.append(f"{other} is {NOT_MANAGED}" if far.passes is None else far.text)
        if last:
            summary.append(last)
        return Failure(law, self._text.packet(*ends, packet.service), "; ".join(summary))

    # ---- ground rules ----

    def ground_rules(self) -> Iterator[Failure]:
        """Every protocol between internal Exchange servers, and with their domain controllers and Lync."""
        unrestricted = addresses_of(self._internal) | self._neighbors
        asked = Traffic.of([(unrestricted, _ALL_SERVICES)])
        # By identity, with what keeps it alive.
        known: dict[int, tuple[Traffic, Traffic]] = {}
        for server in self._internal:
            if not server.managed:
                continue
            for way in WAYS:
                permitted = self._model.permitted(server, way, server.addresses[0])
                if id(permitted) not in known:
                    known[id(permitted)] = (permitted, asked - permitted.within(unrestricted))
                missing = known[id(permitted)][1] - Traffic.of(
                    [(server.address_set, _ALL_SERVICES)]
                )
                if missing:
                    packet = self._text.familiar(missing, server)
                    last = "the ground rules allow all protocols"
                    yield self._failure("ground rules", server, way, packet, last)

    # ---- documented rows ----

    def documented_rows(self) -> Iterator[Failure]:
        """Every row of the published tables that applies to a server is allowed at it.

        What a flow requires and the plan does not allow is a failure of the first law already.
        """
        # By identity, with what keeps it alive.
        known: dict[object, tuple[Traffic, Traffic, Traffic]] = {}
        for server in self._model.managed():
            for way in WAYS:
                asked, required = self._rows.of(server, way), self._model.required(server, way)
                for own in server.addresses:
                    permitted = self._model.permitted(server, way, own)
                    key = (id(permitted), id(required), asked)
                    if key not in known:
                        pairs = ((one.peers, services_of(one.ports)) for one in asked)
                        known[key] = (permitted, required, Traffic.of(pairs) - permitted - required)
                    missing = known[key][2] - Traffic.of([(server.address_set, _ALL_SERVICES)])
                    if missing:
                        packet = self._text.familiar(missing, server)
                        row = next(
                            each.row
                            for each in asked
                            if packet.address in each.peers
                            and packet.service in services_of(each.ports)
                        )
                        last = f"{BY_ID[row].cite}, {row} requires it, and no flow does"
                        yield self._failure("documented rows", server, way, packet, last)

    # ---- servers that are not published ----

    def unpublished(self) -> Iterator[Failure]:
        """No public address reaches a server that is not published by the rows of clients and inbound mail.

        Neighbors, relays and gateways that are declared by public addresses do, and additional flows from
        the Internet whose risk is accepted.
        """
        for server in self._internal:
            if not server.managed or server.published:
                continue
            always = self._model.views[server.network].always["in"]
            allowed = Traffic.of(self._accepted(server)) | always
            for own in server.addresses:
                more = self._model.permitted(server, "in", own).within(self._public) - allowed
                if more:
                    packet = self._text.familiar(more, server)
                    last = f"{server.name} is not published"
                    yield self._failure("unpublished servers", server, "in", packet, last)

    @cached_property
    def _public(self) -> AddressSet:
        """Public addresses: no private block of RFC 1918 or RFC 6598, and no zone."""
        networks = self._model.topology.networks.values()
        zones = AddressSet.of(r for each in networks for r in (*each.internal, *each.perimeter))
        private = AddressSet.of((*PRIVATE_BLOCKS, *_NEVER_PUBLIC))
        return AddressSet.of((EVERYTHING_V4, GLOBAL_UNICAST)) - private - zones

    def _accepted(self, server: ExchangeServer) -> Iterator[tuple[AddressSet, ServiceSet]]:
        """The inbound traffic of an unpublished server that a neighbor, a relay or an additional flow has."""
        topology = self._model.topology
        yield self._neighbors, _ALL_SERVICES
        for row in (*self._rows.of(server, "in"), *self._rows.calls_by_group(server)):
            if row.row not in _PUBLISHED_ROWS:
                yield row.peers, services_of(row.ports)
        for flow in topology.additional_flows:
            if not any(_names(end, server) for end in ends_of(flow.to)):
                continue
            ports = flow.ports or (NEEDS[flow.need].ports if flow.need else ())
            for end in ends_of(flow.source):
                if end.range_ is not None:
                    yield AddressSet.of([end.range_]), services_of(ports)
                elif end.kind is EndpointKind.INTERNET and flow.accept_risk:
                    yield self._rows.internet(server), services_of(ports)

    # ---- perimeter ----

    def perimeter(self) -> Iterator[Failure]:
        """Edge servers have the traffic of DESIGN 5, and what additional flows add."""
        for name, declared in self._edges.items():
            server = self._model.servers[name]
            if not server.managed:
                continue
            for way in WAYS:
                allowed = self._may(server, declared, way)
                for own in server.addresses:
                    more = self._model.permitted(server, way, own) - allowed
                    if more:
                        packet = self._text.familiar(more, server)
                        last = "the perimeter rules do not allow it"
                        yield self._failure("perimeter", server, way, packet, last)

    def _may(self, server: ExchangeServer, declared: EdgeServer, way: Way) -> Traffic:
        """All traffic that an Edge server may have: what is declared, and the Internet."""
        return self._named(server, declared, way) | Traffic.of(
            [(self._rows.internet(server), services_of(self._internet_ports(way)))]
        )

    def _internet_ports(self, way: Way) -> tuple[Ports, ...]:
        if way == "in":
            ways = self._model.topology.mail_flow.inbound_by_edge
            declared = (tcp(each.port) for each in ways if isinstance(each.source, str))
            return (*BY_ID["E1"].ports, *declared)
        direct = self._model.topology.sender_reputation == "direct"
        return BY_ID["E4"].ports + (BY_ID["E8d"].ports if direct else ())

    def _named(self, server: ExchangeServer, declared: EdgeServer, way: Way) -> Traffic:
        pairs = self._out(server, declared) if way == "out" else self._in(declared)
        always = self._model.views[server.network].always[way]
        return Traffic.of(pairs) | always | self._added(server, way)

    def _out(
        self, server: ExchangeServer, declared: EdgeServer
    ) -> Iterator[tuple[AddressSet, ServiceSet]]:
        topology = self._model.topology
        yield self._mailboxes(declared), services_of((tcp(declared.delivery_port),))
        asked = topology.name_servers.edge
        if isinstance(asked, dict):
            asked = asked.get(self._model.places[server.network].key)
        if asked == "domain_controllers":
            yield self._neighbors, services_of(BY_ID["E7"].ports)
        elif asked is not None and not isinstance(asked, str):
            yield AddressSet.of(network(str(a)) for a in asked), services_of(BY_ID["E7"].ports)
        if isinstance(topology.sender_reputation, SenderReputation):
            proxy = topology.sender_reputation.proxy
            yield AddressSet.of([network(str(proxy.address))]), services_of((tcp(proxy.port),))
        for connector in send_connectors(topology):
            if connector.through is OutboundPath.EDGE and not isinstance(connector.next_hop, str):
                for hop in connector.next_hop:
                    yield AddressSet.of([network(str(hop.address))]), services_of((tcp(hop.port),))

    def _in(self, declared: EdgeServer) -> Iterator[tuple[AddressSet, ServiceSet]]:
        yield self._mailboxes(declared), services_of(BY_ID["E3"].ports)
        if declared.subscribed_site is not None:
            taking_part = self._mailboxes(declared, besides=declared.edgesync_except)
            yield taking_part, services_of((tcp(declared.edgesync_port),))
        ways = self._model.topology.mail_flow.inbound_ways
        for way in ways:
            # Edge receives what has no `to`, or all inbound mail where each has a `to`.
            by_edge = way.to is None or all(each.to is not None for each in ways)
            if by_edge and not isinstance(way.source, str):
                yield AddressSet.of(way.source), services_of((tcp(way.port),))
        for relay in self._model.topology.mail_flow.relays.values():
            if relay.to is RelayTarget.EDGE and declared.site in (relay.sites or (declared.site,)):
                yield AddressSet.of(relay.source), services_of((tcp(relay.port),))

    def _mailboxes(self, declared: EdgeServer, besides: tuple[str, ...] = ()) -> AddressSet:
        site = self._model.topology.sites.get(declared.site)
        return addresses_of(
            self._model.servers[key]
            for key, one in (site.servers.items() if site else ())
            if ServerRole.MAILBOX in roles_of(self._model.topology, one) and key not in besides
        )

    def _added(self, server: ExchangeServer, way: Way) -> Traffic:
        flows = (flow for flow in self._model.flows_of(server, way) if _is_additional(flow))
        return self._model.flows.traffic(flows, way)

    # ---- rules ----

    def redundant_rules(self) -> Iterator[Failure]:
        """No rule matches nothing, and none matches only what a single other one names."""
        for key, index in self._indexes.items():
            for rule in index.redundant():
                yield Failure("every rule is needed", f"rule {rule.name} of {key}", rule.why)
        for key, plan in self._model.plans.networks.items():
            for rule in self._model.views[plan.network].shadowed(self._wider(key)):
                yield Failure("every rule is needed", f"rule {rule.name} of {key}", rule.why)

    def covered_together(self) -> Iterator[str]:
        """The rules that others cover together, though no single one does: a warning."""
        for key, index in self._indexes.items():
            for rule in index.together():
                yield f"rule {rule.name} of {key}: {rule.why}"

    @cached_property
    def _indexes(self) -> Mapping[str, RuleIndex]:
        return {key: self._sorted(key, plan) for key, plan in self._model.plans.networks.items()}

    def _sorted(self, key: str, plan: RuleSet) -> RuleIndex:
        cloud = cloud_of(plan)
        attached = {
            (str(plan.zones.get(server, "")), group)
            for server, groups in plan.memberships.items()
            for group in groups
        }
        members = self._model.members(key)
        seen = self._model.views[plan.network]
        # Behind those of the servers that declare no address.
        first = stands_in = FIRST_PLACEHOLDER + len(self._model.servers)
        for retired in self._retired:
            if retired.group.network == plan.network:
                zone = retired.zone.value if cloud.capabilities.groups_by_zone else ""
                attached.add((zone, retired.group.key))
                # Servers of another stack may be members, so a rule for this group is not idle.
                at = IPv4Address(stands_in)
                members[retired.group.key] = AddressSet.between(at, at)
                stands_in += 1
        if stands_in != first:
            space = self._model.space(plan.network)
            seen = cloud.evaluator.evaluator(plan, members, space)
        return RuleIndex(seen.written(), self._wider(key), attached)

    @property
    def _retired(self) -> tuple[RetiredGroup, ...]:
        return self._model.plans.inventory.retired

    def _wider(self, key: str) -> Mapping[str, Collection[str]]:
        """The groups of a network, each with those that all of its members are in too."""
        here = identity(key, self._model.topology.networks[key])
        groups = (*self._model.flows.members, *(each.group for each in self._retired))
        return {group.key: group.implied_groups for group in groups if group.network == here}

    def memberships_are_declared(self) -> Iterator[Failure]:
        """The plans are about the servers that are declared, each in its own network."""
        planned = {
            (name, plan.network)
            for plan in self._model.plans.networks.values()
            for name in plan.memberships
        }
        declared = {(s.name, s.network) for s in self._model.managed()}
        for name, where in sorted(planned ^ declared):
            summary = (
                "is declared, but in no plan" if (name, where) in declared else "is not declared"
            )
            yield Failure("every server has its plan", f"{name} in {where}", summary)


def _names(end: FlowEnd, server: ExchangeServer) -> bool:
    """Whether the end of an additional flow names a server: by name, or by a role and its site."""
    by_role = end.word in ("exchange", *server.roles) and end.site in (None, server.site)
    return by_role or end.word == server.name


def _is_additional(flow: Flow) -> bool:
    """Whether an operator declared it: it is in no published table, or is a need."""
    needs = {entry.id for entry in NEEDS.values()}
    return any(reason.entry is None or reason.entry in needs for reason in flow.reasons)


# ---- hosts beside the managed servers, and the service tags of a network ----
# A neighbor is any address of a zone that is no managed server's. It is in none of our groups. With groups at
# network interfaces, on either cloud, no group of ours filters its traffic. With groups at subnets, Azure's
# default rules filter it, and our rules must not change that.

_UNHARMED: Final = "neighbors are unchanged"


def beyond_us(model: NetworkModel) -> Iterator[Failure]:
    """Neighbors are unchanged, and what a server allows does not depend on service tags."""
    yield from _unharmed(model)
    yield from _whatever_tags_hold(model)


def _unharmed(model: NetworkModel) -> Iterator[Failure]:
    for key, plan in model.plans.networks.items():
        view, declared = model.views[plan.network], model.places[plan.network].declared
        for place in sorted(view.places - {declared.attach_to}):
            summary = f"are associated with {place}, but {declared.attach_to} are declared".replace(
                "_", " "
            )
            yield Failure(_UNHARMED, f"the groups of {key}", summary)
        ours = addresses_of(s for s in model.managed() if s.network == plan.network)
        for zone, ranges in (("internal", declared.internal), ("perimeter", declared.perimeter)):
            others = AddressSet.of(ranges) - ours
            for way in WAYS:
                yield from (_harmed(way, harm) for harm in view.harm(zone, way, others))


def _harmed(way: Way, harm: NeighborEffect) -> Failure:
    packet = (harm.opened or harm.cut).example()
    ends = (str(harm.own), str(packet.address))
    source, destination = ends if way == "out" else ends[::-1]
    effect = "allows" if harm.opened else "blocks"
    summary = (
        f"{harm.own} is {NOT_MANAGED}, and a rule of the plan {effect} it {DIRECTIONS[way]}, unlike "
        "Azure's default rules"
    )
    packet_text = f"{source} -> {destination} {packet.service}"
    return Failure(_UNHARMED, packet_text, f"{summary} {harm.when}".rstrip())


def _whatever_tags_hold(model: NetworkModel) -> Iterator[Failure]:
    def under_forced_tunneling(server: ExchangeServer, way: Way, own: Address) -> Traffic:
        return model.views[server.network].elsewhere(server.name, way, own)

    for server, way, _, opened, cut in FilterComparison().changes(
        model.managed(), model.permitted, under_forced_tunneling
    ):
        packet = (opened or cut).example()
        ends = (server.name, str(packet.address))
        source, destination = ends if way == "out" else ends[::-1]
        yield Failure(
            "independent of service tags",
            f"{source} -> {destination} {packet.service}",
            f"the {DIRECTIONS[way]} traffic of {server.name} is different under forced tunneling, where "
            "VirtualNetwork contains all addresses",
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """How much was proved."""

    servers: int = 0
    directions: int = 0
    rules: int = 0
    flows: int = 0
    #: Ranges of traffic on both sides of all comparisons: adjacent addresses with one set of services.
    boxes: int = 0


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of the proof: figures, failures and notes."""

    figures: Figures
    failures: tuple[Failure, ...]
    notes: tuple[str, ...] = ()
    #: Rules that could be left out because others cover them together: no failure.
    warnings: tuple[str, ...] = ()
    #: The findings about flows that cannot work as declared, although the rules are those of the flows.
    unusable: tuple[Finding, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing failed, and every declared flow can work."""
        return self.holds and not self.unusable

    @property
    def holds(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


def prove(plans: Plans) -> Proof:
    """Compare what the plans allow with what the flows require. Pure: the same plans, the same proof."""
    try:
        model = plans.once(NetworkModel)
    except ValueError as refused:
        broken = Failure(_VALID, "the plan", str(refused))
        return Proof(Figures(flows=len(plans.flows)), (broken,))
    laws = Invariants(model)
    # Without the right servers nothing else can be compared.
    failures = tuple(laws.memberships_are_declared())
    if not failures:
        failures = (*_broken(laws), *beyond_us(model))
    servers = sum(1 for _ in model.managed())
    figures = Figures(
        servers,
        servers * len(WAYS),
        sum(view.rules for view in model.views.values()),
        len(plans.flows),
        laws.boxes,
    )
    unusable = plans.unusable_findings
    if failures:
        return Proof(figures, failures, unusable=unusable)
    return Proof(figures, (), tuple(exposures(model)), tuple(laws.covered_together()), unusable)


def _broken(laws: Invariants) -> Iterator[Failure]:
    yield from laws.permitted_is_required()
    yield from laws.ground_rules()
    yield from laws.documented_rows()
    yield from laws.unpublished()
    yield from laws.perimeter()
    yield from laws.redundant_rules()
