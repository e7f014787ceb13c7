"""What must pass: topology x catalog -> flows, each with its reasons.

Every row of the catalog has one rule here that says where it applies; the ports come from the row.
Must not know clouds, groups' resources, or how a flow is written as rules.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from exchange_ports.catalog import BY_ID, ENTRIES, NEEDS, SERVICES, Entry
from exchange_ports.topology.groups import Group, GroupKind, Wearer, identity
from exchange_ports.topology.models import (
    AdditionalFlow,
    Inbound,
    Outbound,
    OutboundPath,
    RelayTarget,
    SenderReputation,
    Topology,
)
from exchange_ports.topology.parts import Parts, send_connectors
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

__all__ = ["INTERNET", "Flow", "Outside", "Reason", "by_address", "described", "flows", "in_order"]

#: The name of the one end that both clouds treat as a shared set.
INTERNET: Final = "internet"

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


def by_address(group: Group, wearers: Iterable[Wearer]) -> Outside:
    """The wearers of a group as another network sees them: groups end where their network does."""
    ranges = [each for wearer in wearers if group in wearer.groups for each in wearer.addresses]
    says = f"{group.key} in {group.network}"
    fabric = group.kind is GroupKind.EXCHANGE
    return _outside(f"{group.key}@{group.network}", ranges, says, fabric=fabric)


Pairs = Iterable[tuple[Group | Outside, Group | Outside]]
#: Where a row applies, with ports in place of the row's where the user has others.
Places = Iterable[tuple[Group | Outside, Group | Outside, Ports | None]]


class _Topic:
    """What the rules below ask about a topology, worked out once."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.parts = Parts(topology)
        self._networks = {identity(key, net): net for key, net in topology.networks.items()}
        holes = tuple(b for b in topology.private_blocks if b.version == EVERYTHING_V4.version)
        self._public = difference(EVERYTHING_V4, (*holes, _NO_UNICAST))

    def _has_ipv6(self, network: str) -> bool:
        """The page's "Internet (any)" names no IP version: IPv6 counts where it is declared (A-22)."""
        declared = self._networks[network]
        zones = (*declared.internal, *declared.perimeter)
        return any(zone.version == EVERYTHING_V6.version for zone in zones)

    def internet(self, seen_from: Group) -> Outside:
        """The Internet as a destination, and as a source towards Edge: public addresses."""
        if self._networks[seen_from.network].internet == "any":
            return self._everything(seen_from.network)
        ipv6 = self._has_ipv6(seen_from.network)
        return Outside(
            INTERNET, self._public + ((_GLOBAL_UNICAST,) if ipv6 else ()), "the Internet"
        )

    def anywhere(self, seen_from: Group) -> Outside:
        """The Internet as a source towards Client Access: any, since balancers stand before it."""
        if self._networks[seen_from.network].internet == "public":
            return self.internet(seen_from)
        return self._everything(seen_from.network)

    def _everything(self, network: str) -> Outside:
        both = (EVERYTHING_V4, EVERYTHING_V6) if self._has_ipv6(network) else (EVERYTHING_V4,)
        return Outside("anywhere", both, "anywhere")

    @property
    def edge_takes_mail(self) -> bool:
        return bool(self.topology.edge_servers) and self.topology.mail_flow.inbound != "none"

    def deliverers(self) -> Outside | None:
        """Who delivers mail from outside, where it is not the Internet."""
        inbound = self.topology.mail_flow.inbound
        if isinstance(inbound, Inbound) and not isinstance(inbound.source, str):
            return _outside("inbound-mail", inbound.source, "those who deliver mail to us")
        return None

    def hops(self, connector: Outbound, sender: Group) -> Iterator[tuple[Outside, Ports | None]]:
        """To whom mail leaves, with the port where a smart host has its own."""
        if isinstance(connector.next_hop, str):
            yield self.internet(sender), None
            return
        by_port: dict[int, list[Network]] = {}
        for hop in connector.next_hop:
            by_port.setdefault(hop.port, []).append(network(str(hop.address)))
        for port, ranges in sorted(by_port.items()):
            yield _named_by_ranges("smart-hosts", ranges, "smart hosts"), _one(port)

    def resolvers(self, group: Group, *, edge: bool) -> tuple[Outside, ...]:
        """The name servers that rules must name; none where the platform's or the fabric serves."""
        servers = self.topology.name_servers
        asked = servers.edge if edge else servers.internal
        suffix = ""
        if isinstance(asked, dict):
            by_id = {identity(k, self.topology.networks[k]): v for k, v in asked.items()}
            asked, suffix = by_id.get(group.network), f".{group.network}"
        if asked is None or asked == "platform":
            return ()
        if asked == "domain_controllers":
            # Inside, the ground rules already let everything through to domain controllers.
            return self.domain_controllers() if edge else ()
        name = ("edge-name-servers" if edge else "name-servers") + suffix
        return (_outside(name, (network(str(a)) for a in asked), "name servers"),)

    def _neighbours(self, field_: str, says: str) -> Iterator[Outside]:
        for key, site in sorted(self.topology.sites.items()):
            declared = getattr(site, field_)
            if declared is not None:
                name = f"{field_.replace('_', '-')}.{identity(key, site)}"
                yield _outside(name, declared.addresses, f"{says} of {key}", fabric=True)

    def domain_controllers(self) -> tuple[Outside, ...]:
        accounts = (
            _outside(
                f"accounts-domain-controllers.{identity(key, site)}",
                site.domain_controllers.accounts_forest,
                f"accounts-forest domain controllers of {key}",
                fabric=True,
            )
            for key, site in sorted(self.topology.sites.items())
            if site.domain_controllers is not None and site.domain_controllers.accounts_forest
        )
        return (*self._neighbours("domain_controllers", "domain controllers"), *accounts)

    def lync(self) -> tuple[Outside, ...]:
        return tuple(self._neighbours("lync", "Lync servers"))

    def other_exchange(self) -> tuple[Outside, ...]:
        return tuple(self._neighbours("other_exchange", "other Exchange servers"))


def _outside(name: str, ranges: Iterable[Network], says: str, *, fabric: bool = False) -> Outside:
    return Outside(name, without_covered(ranges), says, fabric)


def _named_by_ranges(kind: str, ranges: Iterable[Network], says: str) -> Outside:
    """Ends of one kind that nobody named are told apart by what they are: their addresses."""
    kept = without_covered(ranges)
    return Outside(f"{kind}-{'_'.join(map(str, kept))}", kept, says)


def _one(port: int) -> Ports:
    return Ports(Protocol.TCP, (PortRange(port, port),))


def _as_in_row(pairs: Pairs) -> Places:
    """The places of a row whose ports are the row's own."""
    return ((source, destination, None) for source, destination in pairs)


def _both_ways(ours: Iterable[Group], theirs: Iterable[Outside]) -> Pairs:
    others = tuple(theirs)
    for one in ours:
        for other in others:
            yield one, other
            yield other, one


def _across(sources: Iterable[Group | Outside], to: Iterable[Group | Outside]) -> Pairs:
    ends = tuple(to)
    return ((source, end) for source in sources for end in ends)


def _fabric(topic: _Topic, _: Entry) -> Places:
    ours = topic.parts.exchange()
    yield from _as_in_row(_across(ours, ours))
    yield from _as_in_row(_both_ways(ours, topic.other_exchange()))


def _lync(topic: _Topic, _: Entry) -> Places:
    return _as_in_row(_both_ways(topic.parts.exchange(), topic.lync()))


def _domain_controllers(topic: _Topic, _: Entry) -> Places:
    return _as_in_row(_both_ways(topic.parts.exchange(), topic.domain_controllers()))


def _clients(topic: _Topic, entry: Entry) -> Places:
    for name, client in sorted(topic.topology.clients.items()):
        for service in client.services:
            if SERVICES[service] is not entry:
                continue
            rebound = topic.topology.service_ports.get(service)
            for server in topic.parts.client_access(client.to):
                source = (
                    topic.anywhere(server)
                    if isinstance(client.source, str)
                    else _outside(f"clients.{name}", client.source, f"clients {name}")
                )
                for ports in joined(rebound) if rebound else (None,):
                    yield source, server, ports


def joined(ports: Iterable[Ports]) -> tuple[Ports, ...]:
    """Ports of one protocol together, so that adjacent ones become one range."""
    together: dict[Protocol, Ports] = {}
    for each in ports:
        before = together.get(each.protocol)
        together[each.protocol] = each if before is None else before | each
    return tuple(together.values())


def _mail_to_client_access(topic: _Topic) -> tuple[Group, ...]:
    """Who takes mail from outside without Edge."""
    inbound = topic.topology.mail_flow.inbound
    if not isinstance(inbound, Inbound):
        return ()
    if topic.topology.edge_servers and inbound.to is None:
        return ()
    return topic.parts.client_access(inbound.to)


def _inbound(topic: _Topic, _: Entry) -> Places:
    for server in _mail_to_client_access(topic):
        yield topic.deliverers() or topic.anywhere(server), server, None


def _internet_facing_dns(topic: _Topic, _: Entry) -> Places:
    """The servers that mail enters or leaves by, where that is not Edge."""
    facing = {
        *_mail_to_client_access(topic),
        *(
            sender
            for connector in send_connectors(topic.topology)
            if connector.through is not OutboundPath.EDGE
            for sender in topic.parts.senders(connector)
        ),
    }
    for group in sorted(facing):
        yield from _as_in_row(_across([group], topic.resolvers(group, edge=False)))


def _all_resolve(topic: _Topic, _: Entry) -> Places:
    for group in topic.parts.exchange():
        yield from _as_in_row(_across([group], topic.resolvers(group, edge=False)))


def _edge_resolves(topic: _Topic, _: Entry) -> Places:
    for group in topic.parts.edge():
        yield from _as_in_row(_across([group], topic.resolvers(group, edge=True)))


def _sent(path: OutboundPath) -> Callable[[_Topic, Entry], Places]:
    """Outbound mail by the connectors of one path."""

    def places(topic: _Topic, _: Entry) -> Places:
        for connector in send_connectors(topic.topology):
            if connector.through is path:
                for sender in topic.parts.senders(connector):
                    for hop, ports in topic.hops(connector, sender):
                        yield sender, hop, ports

    return places


def _edge_receives(topic: _Topic, _: Entry) -> Places:
    if topic.edge_takes_mail:
        for edge in topic.parts.receiving():
            yield topic.deliverers() or topic.internet(edge), edge, None


def _edge_delivers(topic: _Topic, _: Entry) -> Places:
    if topic.edge_takes_mail:
        for mailbox, edge, port in topic.parts.receiving_pairs():
            yield edge, mailbox, None if port is None else _one(port)


def _site_sends_by_edge(topic: _Topic, _: Entry) -> Places:
    for connector in send_connectors(topic.topology):
        if connector.through is OutboundPath.EDGE:
            for mailbox, edge, _port in topic.parts.sending_pairs(connector):
                yield mailbox, edge, None


def _edgesync(topic: _Topic, _: Entry) -> Places:
    for mailbox, edge, port in topic.parts.edgesync_pairs():
        yield mailbox, edge, None if port is None else _one(port)


def _reputation_proxy(topic: _Topic, _: Entry) -> Places:
    declared = topic.topology.sender_reputation
    if isinstance(declared, SenderReputation):
        address = network(str(declared.proxy.address))
        proxy = _outside("reputation-proxy", [address], "sender reputation's proxy")
        for edge in topic.parts.edge():
            yield edge, proxy, _one(declared.proxy.port)


def _reputation_probes(topic: _Topic, _: Entry) -> Places:
    if topic.topology.sender_reputation == "direct":
        for edge in topic.parts.edge():
            yield edge, topic.internet(edge), None


def _relays(topic: _Topic, _: Entry) -> Places:
    for name, relay in sorted(topic.topology.mail_flow.relays.items()):
        source = _outside(f"relay.{name}", relay.source, f"relay {name}")
        mailbox = relay.to is RelayTarget.MAILBOX
        play = topic.parts.mailbox if mailbox else topic.parts.client_access
        for server in play(relay.sites):
            yield source, server, _one(relay.port)


def _witnesses(topic: _Topic, _: Entry) -> Places:
    for name, witness in sorted(topic.topology.witnesses.items()):
        address = network(str(witness.address))
        server = _outside(f"witness.{name}", [address], f"witness {name}")
        yield from _as_in_row(_across(topic.parts.mailbox(witness.sites), [server]))


#: Where each row of the catalog applies.
_WHERE: Final[Mapping[str, Callable[[_Topic, Entry], Places]]] = {
    "R1": _fabric,
    "R2": _lync,
    "R3": _domain_controllers,
    **dict.fromkeys((entry.id for entry in SERVICES.values()), _clients),
    "M1": _inbound,
    "M2": _sent(OutboundPath.MAILBOX),
    "M3": _sent(OutboundPath.CLIENT_ACCESS),
    "M4": _internet_facing_dns,
    "E1": _edge_receives,
    "E2": _edge_delivers,
    "E3": _site_sends_by_edge,
    "E4": _sent(OutboundPath.EDGE),
    "E5": _edgesync,
    "E7": _edge_resolves,
    "E8": _reputation_proxy,
    "E8d": _reputation_probes,
    "M6": _relays,
    "W1": _witnesses,
    "N1": _all_resolve,
}


def _of_entry(topic: _Topic, entry: Entry) -> Iterator[Flow]:
    reason = (Reason(entry.says, entry.id),)
    for source, destination, own in _WHERE[entry.id](topic, entry):
        for ports in entry.ports if own is None else (own,):
            yield Flow(source, destination, ports, reason)


def _of_operator(topic: _Topic, declared: AdditionalFlow) -> Iterator[Flow]:
    need = None if declared.need is None else NEEDS[declared.need]
    says = ": ".join(part for part in (need and need.says, declared.reason) if part)
    reason = Reason(
        says,
        None if need is None else need.id,
        accepted_risk=declared.accept_risk,
        owner=declared.owner,
        ticket=declared.ticket,
        review=declared.review,
    )
    ports = without_adjacent(declared.ports or (need.ports if need else ()))
    for one in ends_of(declared.source):
        for other in ends_of(declared.to):
            for source, target in _resolved(topic, one, other):
                for each in ports:
                    yield Flow(source, target, each, (reason,))


def _resolved(topic: _Topic, source: End, to: End) -> Pairs:
    """The ends of an additional flow; the Internet is what the other end's network means by it."""
    if source.word == INTERNET_WORD:
        return ((topic.internet(end), end) for end in _groups(topic, to))
    if to.word == INTERNET_WORD:
        return ((end, topic.internet(end)) for end in _groups(topic, source))
    return _across(_ends(topic, source), _ends(topic, to))


def _ends(topic: _Topic, end: End) -> tuple[Group | Outside, ...]:
    if end.range_ is not None:
        return (_outside(str(end.range_), [end.range_], str(end.range_)),)
    return _groups(topic, end)


def _groups(topic: _Topic, end: End) -> tuple[Group, ...]:
    return topic.parts.server(end.word) or topic.parts.role(end.word, end.site)


def flows(topology: Topology) -> tuple[Flow, ...]:
    """Everything that must pass, each flow once with all its reasons, in a fixed order.

    The topology must have passed its checks: every name in it is declared.
    """
    topic = _Topic(topology)
    found: dict[Flow, set[Reason]] = {}
    for entry in ENTRIES:
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
