"""What must pass: topology x catalog -> flows, each with its reasons.

Every row of the catalog has one rule here that says where it applies; the ports come from the row.
Must not know clouds, groups' resources, or how a flow is written as rules.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from exchange_ports.catalog import BY_ID, SERVICES, Entry
from exchange_ports.topology.groups import Group, identity
from exchange_ports.topology.models import (
    AdditionalFlow,
    Inbound,
    Outbound,
    OutboundPath,
    SenderReputation,
    Topology,
)
from exchange_ports.topology.parts import Parts, outbound_path
from exchange_ports.topology.values import INTERNET_WORD, End, ends_of
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    Network,
    difference,
    network,
    without_covered,
)
from exchange_ports.traffic.ports import PortRange, Ports, Protocol, without_adjacent

__all__ = ["Flow", "Outside", "Reason", "described", "flows", "in_order"]

#: Class D, class E and limited broadcast: no unicast address on the Internet (RFC 5771, RFC 1112).
_NO_UNICAST: Final = network("224.0.0.0/3")
#: The global unicast block (RFC 4291 2.4, IANA registry): all that is routed on the Internet.
_GLOBAL_UNICAST: Final = network("2000::/3")


@dataclass(frozen=True, slots=True, order=True)
class Outside:
    """An end that is not a managed server: a name for people and for identity, and its ranges."""

    name: str
    ranges: tuple[Network, ...]
    says: str = field(compare=False)
    #: Whether the ground rules are about it: a domain controller, Lync, another Exchange server.
    fabric: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a flow is there: a row of the published tables, or the operator's own words."""

    says: str
    entry: str | None = None
    accepted_risk: bool = False
    owner: str | None = None
    ticket: str | None = None
    review: str | None = None

    @property
    def source(self) -> str:
        """Where the reason stands: the row with its id, or that an operator gave it."""
        return (
            "additional flow" if self.entry is None else f"{BY_ID[self.entry].cite}, {self.entry}"
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """One thing that must pass. Reasons are no part of equality: a flow is what passes."""

    source: Group | Outside
    destination: Group | Outside
    ports: Ports
    reasons: tuple[Reason, ...] = field(compare=False)

    @property
    def order(self) -> tuple[str, ...]:
        """Sorts flows for people: by ends, then ports."""
        return (_end_key(self.source), _end_key(self.destination), str(self.ports))


def _end_key(end: Group | Outside) -> str:
    return f"0 {end.network} {end.key}" if isinstance(end, Group) else f"1 {end.name}"


Pairs = Iterable[tuple[Group | Outside, Group | Outside]]


class _Topic:
    """What the rules below ask about a topology, worked out once."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.parts = Parts(topology)
        zones = [z for n in topology.networks.values() for z in (*n.internal, *n.perimeter)]
        # The page's "Internet (any)" names no IP version: IPv6 counts where a network has it.
        ipv6 = any(zone.version == EVERYTHING_V6.version for zone in zones)
        holes = tuple(b for b in topology.private_blocks if b.version == EVERYTHING_V4.version)
        public = difference(EVERYTHING_V4, (*holes, _NO_UNICAST))
        self.internet = Outside(
            "internet", public + ((_GLOBAL_UNICAST,) if ipv6 else ()), "the Internet"
        )
        # Towards Client Access the source is any address: balancers inside stand before it.
        everything = (EVERYTHING_V4, EVERYTHING_V6) if ipv6 else (EVERYTHING_V4,)
        self.anywhere = Outside("anywhere", everything, "anywhere")

    @property
    def outbound(self) -> Outbound:
        return outbound_path(self.topology)

    @property
    def edge_takes_mail(self) -> bool:
        return bool(self.topology.edge_servers) and self.topology.mail_flow.inbound != "none"

    def inbound_from(self, public: Outside) -> Outside:
        inbound = self.topology.mail_flow.inbound
        if isinstance(inbound, Inbound) and not isinstance(inbound.source, str):
            return _outside("inbound-mail", inbound.source, "those who deliver mail to us")
        return public

    def mail_hops(self) -> tuple[tuple[Outside, Ports | None], ...]:
        """To whom mail leaves, with the port where a smart host has its own."""
        hops = self.outbound.next_hop
        if isinstance(hops, str):
            return ((self.internet, None),)
        by_port: dict[int, list[Network]] = {}
        for hop in hops:
            by_port.setdefault(hop.port, []).append(network(str(hop.address)))
        return tuple(
            (
                _outside(f"smart-hosts-{port}", ranges, "smart hosts"),
                Ports(Protocol.TCP, (PortRange(port, port),)),
            )
            for port, ranges in sorted(by_port.items())
        )

    def resolvers(self, *, edge: bool) -> tuple[Outside, ...]:
        """The name servers that rules must name; none where the platform's or the fabric serves."""
        servers = self.topology.name_servers
        asked = servers.edge if edge else servers.internal
        name, says = ("edge-name-servers" if edge else "name-servers"), "name servers"
        if asked is None or asked == "platform":
            return ()
        if asked == "domain_controllers":
            # Inside, the ground rules already let everything through to domain controllers.
            return self.domain_controllers() if edge else ()
        return (_outside(name, (network(str(a)) for a in asked), says),)

    def _neighbours(self, kind: str, says: str) -> tuple[Outside, ...]:
        return tuple(
            Outside(
                f"{kind}.{identity(key, site)}",
                without_covered(declared.addresses),
                f"{says} of {key}",
                fabric=True,
            )
            for key, site in sorted(self.topology.sites.items())
            if (declared := getattr(site, kind.replace("-", "_"))) is not None
        )

    def domain_controllers(self) -> tuple[Outside, ...]:
        return self._neighbours("domain-controllers", "domain controllers")

    def lync(self) -> tuple[Outside, ...]:
        return self._neighbours("lync", "Lync servers")

    def other_exchange(self) -> tuple[Outside, ...]:
        return self._neighbours("other-exchange", "other Exchange servers")


def _outside(name: str, ranges: Iterable[Network], says: str) -> Outside:
    return Outside(name, without_covered(ranges), says)


def _both_ways(ours: Iterable[Group], theirs: Iterable[Outside]) -> Pairs:
    others = tuple(theirs)
    for one in ours:
        for other in others:
            yield one, other
            yield other, one


def _across(sources: Iterable[Group | Outside], to: Iterable[Group | Outside]) -> Pairs:
    ends = tuple(to)
    return ((source, end) for source in sources for end in ends)


def _clients(topic: _Topic, entry: Entry) -> Pairs:
    for name, client in sorted(topic.topology.clients.items()):
        if any(SERVICES[service] is entry for service in client.services):
            source = (
                topic.anywhere
                if isinstance(client.source, str)
                else _outside(f"clients.{name}", client.source, f"clients {name}")
            )
            yield from _across([source], topic.parts.client_access(client.to))


def _inbound_to_client_access(topic: _Topic, _: Entry) -> Pairs:
    inbound = topic.topology.mail_flow.inbound
    if not isinstance(inbound, Inbound):
        return ()
    if topic.topology.edge_servers and inbound.to is None:
        return ()
    source = topic.inbound_from(topic.anywhere)
    return _across([source], topic.parts.client_access(inbound.to))


def _internet_facing_dns(topic: _Topic, _: Entry) -> Pairs:
    """The servers that mail enters or leaves by, where that is not Edge."""
    facing: list[Group] = [
        end for _, end in _inbound_to_client_access(topic, BY_ID["M1"]) if isinstance(end, Group)
    ]
    facing += _senders(topic, OutboundPath.MAILBOX) + _senders(topic, OutboundPath.CLIENT_ACCESS)
    return _across(sorted(set(facing)), topic.resolvers(edge=False))


def _senders(topic: _Topic, path: OutboundPath) -> list[Group]:
    if topic.outbound.through is not path:
        return []
    if path is OutboundPath.MAILBOX:
        return list(topic.parts.mailbox())
    if path is OutboundPath.CLIENT_ACCESS:
        # Any Client Access server in the site of the source Mailbox server may be picked (V8).
        return list(topic.parts.client_access())
    return list(topic.parts.edge()) if path is OutboundPath.EDGE else []


def _edge_delivers(topic: _Topic, _: Entry) -> Pairs:
    return topic.parts.edge_with_subscribed() if topic.edge_takes_mail else ()


def _site_sends_by_edge(topic: _Topic, _: Entry) -> Pairs:
    if topic.outbound.through is not OutboundPath.EDGE:
        return ()
    return ((mailbox, edge) for edge, mailbox in topic.parts.edge_with_subscribed())


def _reputation_proxy(topic: _Topic, _: Entry) -> Pairs:
    declared = topic.topology.sender_reputation
    if not isinstance(declared, SenderReputation):
        return ()
    address = network(str(declared.proxy.address))
    proxy = _outside("reputation-proxy", [address], "sender reputation's proxy")
    return _across(topic.parts.edge(), [proxy])


def _reputation_probes(topic: _Topic, _: Entry) -> Pairs:
    probing = topic.topology.sender_reputation == "direct"
    return _across(topic.parts.edge(), [topic.internet]) if probing else ()


def _edge_receives(topic: _Topic, _: Entry) -> Pairs:
    if not topic.edge_takes_mail:
        return ()
    return _across([topic.inbound_from(topic.internet)], topic.parts.edge())


#: Where each row applies. M2, M3, E4 and E8 are below: their ports may be the user's.
_WHERE: Final[Mapping[str, Callable[[_Topic, Entry], Pairs]]] = {
    "R1": lambda t, _: (
        *_across(t.parts.exchange(), t.parts.exchange()),
        *_both_ways(t.parts.exchange(), t.other_exchange()),
    ),
    "R2": lambda t, _: _both_ways(t.parts.exchange(), t.lync()),
    "R3": lambda t, _: _both_ways(t.parts.exchange(), t.domain_controllers()),
    **dict.fromkeys((entry.id for entry in SERVICES.values()), _clients),
    "M1": _inbound_to_client_access,
    "M4": _internet_facing_dns,
    "E1": _edge_receives,
    "E2": _edge_delivers,
    "E3": _site_sends_by_edge,
    "E5": lambda t, _: t.parts.edgesync_pairs(),
    "E7": lambda t, _: _across(t.parts.edge(), t.resolvers(edge=True)),
    "E8": _reputation_proxy,
    "E8d": _reputation_probes,
    "N1": lambda t, _: _across(t.parts.exchange(), t.resolvers(edge=False)),
}

_SENDERS: Final = {
    "M2": OutboundPath.MAILBOX,
    "M3": OutboundPath.CLIENT_ACCESS,
    "E4": OutboundPath.EDGE,
}


def _of_entry(topic: _Topic, entry: Entry) -> Iterator[Flow]:
    reason = (Reason(entry.says, entry.id),)
    if entry.id in _SENDERS:
        for hop, port in topic.mail_hops():
            for sender in _senders(topic, _SENDERS[entry.id]):
                for ports in entry.ports if port is None else (port,):
                    yield Flow(sender, hop, ports, reason)
        return
    ports = entry.ports
    declared = topic.topology.sender_reputation
    if not ports and isinstance(declared, SenderReputation):
        user_defined = PortRange(declared.proxy.port, declared.proxy.port)
        ports = (Ports(Protocol.TCP, (user_defined,)),)
    for source, destination in _WHERE[entry.id](topic, entry):
        for each in ports:
            yield Flow(source, destination, each, reason)


def _end(topic: _Topic, end: End) -> tuple[Group | Outside, ...]:
    if end.range_ is not None:
        return (_outside(str(end.range_), [end.range_], str(end.range_)),)
    if end.word == INTERNET_WORD:
        return (topic.internet,)
    named = topic.parts.server(end.word)
    return named or topic.parts.role(end.word, end.site)


def _of_operator(topic: _Topic, declared: AdditionalFlow) -> Iterator[Flow]:
    reason = Reason(
        declared.reason,
        accepted_risk=declared.accept_risk,
        owner=declared.owner,
        ticket=declared.ticket,
        review=declared.review,
    )
    sources = [e for end in ends_of(declared.source) for e in _end(topic, end)]
    targets = [e for end in ends_of(declared.to) for e in _end(topic, end)]
    for source, target in _across(sources, targets):
        for ports in without_adjacent(declared.ports):
            yield Flow(source, target, ports, (reason,))


def flows(topology: Topology) -> tuple[Flow, ...]:
    """Everything that must pass, each flow once with all its reasons, in a fixed order.

    The topology must have passed its checks: every name in it is declared.
    """
    topic = _Topic(topology)
    found: dict[Flow, set[Reason]] = {}
    for entry in BY_ID.values():
        for flow in _of_entry(topic, entry):
            found.setdefault(flow, set()).update(flow.reasons)
    for declared in topology.additional_flows:
        for flow in _of_operator(topic, declared):
            found.setdefault(flow, set()).update(flow.reasons)
    merged = [Flow(f.source, f.destination, f.ports, in_order(r)) for f, r in found.items()]
    return tuple(sorted(merged, key=lambda flow: flow.order))


_RANKS: Final = {id_: rank for rank, id_ in enumerate(BY_ID)}


def in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Rows in the order of the document, then operators' words."""
    return tuple(sorted(reasons, key=_reason_order))


def _reason_order(reason: Reason) -> tuple[int, str, bool, str, str, str]:
    # Every field is in it, so that two different reasons never change places between two runs.
    return (
        len(_RANKS) if reason.entry is None else _RANKS[reason.entry],
        reason.says,
        reason.accepted_risk,
        reason.ticket or "",
        reason.owner or "",
        reason.review or "",
    )


def described(reasons: Iterable[Reason], length: int) -> str:
    """The reasons as one line of at most `length` characters, cut between reasons.

    Each is named by its row or ticket, so that an operator who sees only the cloud's console can
    find it in the published table. Letters that a cloud refuses are the caller's affair.
    """
    said: list[str] = []
    for reason in in_order(reasons):
        mark = reason.entry or reason.ticket
        said.append(reason.says if mark is None else f"{reason.says} ({mark})")
    line = "; ".join(said)
    kept = len(said)
    while len(line) > length and kept > 1:
        kept -= 1
        line = "; ".join(said[:kept]) + f"; and {len(said) - kept} more"
    return line if len(line) <= length else line[: length - 3] + "..."
