"""What a cloud's own analyzer is asked about one network, so that routes and network ACLs are judged too.

Two kinds of questions, both made from flows: a path that must exist, and traffic of which nothing but the
declared part may pass. Each cloud writes them in the form of its service. IPv4 only: a question of IPv6 is
left out and named. Must not know: any cloud.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from typing import NamedTuple, TypeAlias

from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.flow import Endpoint, in_order
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer, Inventory
from exchange_ports.traffic.addresses import Address, AddressSet, Network
from exchange_ports.traffic.ports import Ports

__all__ = [
    "Allowed",
    "Asked",
    "Path",
    "Query",
    "Scope",
    "ScopeKind",
    "asked_of",
    "ipv4",
]

_V4 = 4


class Path(NamedTuple):
    """A path that must exist: one protocol and port, from one of our servers."""

    source: ExchangeServer
    #: One of our servers, or one address of the declared ones.
    destination: ExchangeServer | Address
    #: Of one port, or of all where a flow is of every protocol.
    ports: Ports
    reasons: tuple[Reason, ...]

    @property
    def summary(self) -> str:
        """What it is, in one line."""
        to = self.destination
        return f"{self.source.name} to {to.name if isinstance(to, ExchangeServer) else to} {self.ports}"


class Allowed(NamedTuple):
    """The declared part of a scope's traffic."""

    #: None is any address.
    sources: tuple[Network, ...] | None
    destinations: tuple[Network, ...]
    ports: Ports
    reasons: tuple[Reason, ...]


class ScopeKind(StrEnum):
    """From where nothing but the declared traffic may come."""

    INTERNET = "internet"
    PERIMETER = "perimeter"


class Scope(NamedTuple):
    """Traffic of which nothing but the declared part may pass."""

    kind: ScopeKind
    summary: str
    #: Empty for the Internet: it comes through its gateway, whatever its address.
    sources: tuple[ExchangeServer, ...]
    #: Servers, and the ranges in which they and all others are.
    servers: tuple[ExchangeServer, ...]
    destinations: tuple[Network, ...]
    allowed: tuple[Allowed, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """All questions about one network, and what is not asked, each as a sentence."""

    network: str
    scopes: tuple[Scope, ...]
    paths: tuple[Path, ...]
    left_out: tuple[str, ...]


class Query(NamedTuple):
    """A question in the form of a cloud's service."""

    #: What it asks, with the reasons.
    summary: str
    #: The answer that is right, in the service's own words.
    expected: str
    #: The operation of the service, and its input as the service's API has it.
    operation: str
    request: Mapping[str, object]
    #: The lines of a shell that ask it.
    commands: tuple[str, ...]


def asked_of(
    inventory: Inventory, flows: Iterable[Flow], usable: Iterable[Flow], network: str
) -> Asked:
    """The questions about the network with this identity.

    :param flows: all flows of the topology, in any order: rules allow them.
    :param usable: those of which packets pass.
    """
    left_out: dict[str, None] = {}
    scopes = tuple(_scopes(inventory, _ordered(flows), network))
    paths = tuple(_paths(inventory, _ordered(usable), network, left_out))
    return Asked(network, scopes, paths, tuple(left_out))


def _ordered(flows: Iterable[Flow]) -> list[Flow]:
    return sorted(flows, key=lambda flow: flow.order)


# ---- paths that must exist ----

_To: TypeAlias = ExchangeServer | Address


def _paths(
    inventory: Inventory, flows: Iterable[Flow], network: str, left_out: dict[str, None]
) -> Iterator[Path]:
    found: dict[tuple[str, _To | str, Ports], Path] = {}
    for flow in flows:
        if not isinstance(flow.source, Group) or flow.source.network != network:
            continue
        targets = tuple(_targets(inventory, flow.destination))
        if not targets:
            left_out[f"{_named(flow)}: its destination has no single IPv4 address"] = None
        for source in inventory.members.get(flow.source, ()):
            if not ipv4(source):
                left_out[f"{source.name} has no IPv4 address in the topology"] = None
                continue
            for to in targets:
                for ports in _each(flow.ports):
                    if isinstance(to, ExchangeServer) and to.name == source.name:
                        continue
                    key = (source.name, to.name if isinstance(to, ExchangeServer) else to, ports)
                    before = found.get(key)
                    reasons = (*before.reasons, *flow.reasons) if before else flow.reasons
                    found[key] = Path(source, to, ports, in_order(reasons))
    yield from found.values()


def _targets(inventory: Inventory, end: Endpoint) -> Iterator[_To]:
    if isinstance(end, Group):
        yield from (each for each in inventory.members.get(end, ()) if ipv4(each))
        return
    if end.is_everyone:
        return
    for range_ in end.ranges:
        if range_.version == _V4:
            # One address stands for a range.
            yield AddressSet.of([range_]).example()


def _each(ports: Ports) -> Iterator[Ports]:
    """The first port of each range stands for it: a path is of one port."""
    if not ports.ranges:
        yield ports
    for range_ in ports.ranges:
        yield Ports(ports.protocol, (range_._replace(last=range_.first),))


def _named(flow: Flow) -> str:
    ends = (
        each.key if isinstance(each, Group) else each.summary
        for each in (flow.source, flow.destination)
    )
    return " to ".join(ends) + f" {flow.ports}"


# ---- traffic of which nothing else may pass ----


def _scopes(inventory: Inventory, flows: Iterable[Flow], network: str) -> Iterator[Scope]:
    flows = tuple(flows)
    here = [each for each in inventory.in_network(network) if each.managed and ipv4(each)]
    if here:
        yield Scope(
            ScopeKind.INTERNET,
            "From the Internet, only the declared traffic reaches the servers.",
            (),
            tuple(here),
            tuple(range_ for each in here for range_ in ipv4(each)),
            tuple(_from_outside(inventory, flows, here, network)),
        )
    edges = tuple(each for each in inventory.managed if each.in_perimeter and ipv4(each))
    inside = tuple(each for each in here if not each.in_perimeter)
    ranges = tuple(
        range_ for range_ in inventory.networks[network].declared.internal if range_.version == _V4
    )
    if edges and ranges:
        yield Scope(
            ScopeKind.PERIMETER,
            "From the Edge servers, only the declared traffic reaches the internal zone.",
            edges,
            inside,
            ranges,
            tuple(_from_perimeter(inventory, flows, edges, ranges)),
        )


def _from_outside(
    inventory: Inventory, flows: Iterable[Flow], here: Iterable[ExchangeServer], network: str
) -> Iterator[Allowed]:
    servers = tuple(here)
    for flow in flows:
        source, to = flow.source, _at(inventory, flow.destination, servers)
        if to and isinstance(source, ExternalEndpoint) and source.is_any:
            yield Allowed(None, to, flow.ports, flow.reasons)
        elif to and (not isinstance(source, Group) or source.network != network):
            sources = _addresses(inventory, source).prefixes()
            if sources:
                yield Allowed(sources, to, flow.ports, flow.reasons)


def _from_perimeter(
    inventory: Inventory,
    flows: Iterable[Flow],
    edges: Iterable[ExchangeServer],
    ranges: Iterable[Network],
) -> Iterator[Allowed]:
    zone = AddressSet.of(ranges)
    for flow in flows:
        sources = _at(inventory, flow.source, edges)
        to = _addresses(inventory, flow.destination) & zone
        if sources and to:
            yield Allowed(sources, to.prefixes(), flow.ports, flow.reasons)


def _at(
    inventory: Inventory, end: Endpoint, among: Iterable[ExchangeServer]
) -> tuple[Network, ...]:
    """The addresses of those servers that an end names."""
    if not isinstance(end, Group):
        return ()
    names = {each.name for each in inventory.members.get(end, ())}
    return tuple(range_ for each in among if each.name in names for range_ in ipv4(each))


def _addresses(inventory: Inventory, end: Endpoint) -> AddressSet:
    if isinstance(end, Group):
        return AddressSet.of(
            range_ for each in inventory.members.get(end, ()) for range_ in ipv4(each)
        )
    return AddressSet.of(each for each in end.ranges if each.version == _V4)


def ipv4(server: ExchangeServer) -> tuple[Network, ...]:
    """The declared IPv4 addresses of a server, as ranges of one."""
    return tuple(ip_network(each) for each in server.declared_addresses if each.version == _V4)
