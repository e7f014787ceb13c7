"""Internal traffic that is allowed because the declared Internet contains internal addresses: a note, no failure.

The Internet of a network may be any address; an operator may write 0.0.0.0/0, or half of it; and 2000::/3
contains the organization's own IPv6 addresses. Two such ends allow traffic between them: a server that may send
to any address reaches every server that accepts any source. Where one end is not managed, all that the other end
allows is allowed.

For proved plans only: their rules allow exactly the required traffic.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.flows import ExternalEndpoint, Flow, described
from exchange_ports.flows.flow_index import WAYS, Way
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer, addresses_of
from exchange_ports.topology.risk import ZoneMap
from exchange_ports.traffic.addresses import EVERYTHING_V4, GLOBAL_UNICAST, AddressSet
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic

#: A set that contains one of these contains internal addresses of some organization.
_WIDE: Final = (AddressSet.of([EVERYTHING_V4]), AddressSet.of([GLOBAL_UNICAST]))

#: Names on one line, then they are counted; and letters of its reasons.
_NAMES: Final = 4
_LONGEST: Final = 120

_Groups: TypeAlias = tuple[Group, ...]


def exposures(model: NetworkModel) -> Iterator[str]:
    """One line for each kind of internal traffic that is allowed only because it is in an Internet."""
    found = _Exposures(model)
    yield from found.between_ours()
    yield from found.towards_others()


def between_ours(model: NetworkModel) -> Iterator["Exposure"]:
    """The traffic between two managed servers that is allowed because both ends allow the Internet."""
    yield from _Exposures(model).pairs()


class Exposure(NamedTuple):
    """The traffic from one managed server to another that no flow between the two requires."""

    source: ExchangeServer
    destination: ExchangeServer
    services: ServiceSet


@dataclass(frozen=True, slots=True)
class _Wide:
    """The traffic of servers of the same groups with an Internet, one way, and its internal part."""

    flows: tuple[Flow, ...]
    #: Towards managed servers, and towards the rest of the internal network.
    ours: Traffic
    others: Traffic

    def why(self, services: ServiceSet, model: NetworkModel, way: Way) -> str:
        asked = (
            flow
            for flow in self.flows
            if any(peer.services & services for peer in model.flows.peers(flow, way))
        )
        return described({reason for flow in asked for reason in flow.reasons}, _LONGEST)


class _Exposures:
    def __init__(self, model: NetworkModel) -> None:
        self._model = model
        self._zones = ZoneMap(model.topology)
        self._known: dict[ExternalEndpoint, bool] = {}
        self._managed = tuple(model.managed())
        self._ours = addresses_of(self._managed)
        self._targets = tuple(_targets(model, self._ours))
        self._inside = AddressSet()
        for _, addresses in self._targets:
            self._inside |= addresses
        self._wide: Mapping[tuple[_Groups, Way], _Wide] = {
            (server.groups, way): self._of(server, way)
            for server in {s.groups: s for s in self._managed}.values()
            for way in WAYS
        }

    def pairs(self) -> Iterator[Exposure]:
        """Every two managed servers of which one reaches the other because both ends allow an Internet."""
        for source in self._managed:
            out = self._wide[source.groups, "out"]
            if not out.ours:
                continue
            for server in self._managed:
                into = self._wide[server.groups, "in"]
                if server is source or not into.ours:
                    continue
                services = _between(out.ours, into.ours, source, server)
                if services:
                    yield Exposure(source, server, services)

    def between_ours(self) -> Iterator[str]:
        """The same in lines: equal sources and destinations together, with their flows."""
        lines: dict[tuple[ServiceSet, str, str], dict[str, list[str]]] = {}
        for source, server, services in self.pairs():
            out = self._wide[source.groups, "out"]
            into = self._wide[server.groups, "in"]
            key = (
                services,
                out.why(services, self._model, "out"),
                into.why(services, self._model, "in"),
            )
            lines.setdefault(key, {}).setdefault(source.name, []).append(server.name)
        for (services, out_why, in_why), pairs in lines.items():
            for sources, servers in _alike(pairs):
                yield (
                    f"{_listed(sources)} -> {_listed(servers)} {services}: both ends allow it, "
                    f"as traffic with the Internet; outbound: {out_why}; inbound: {in_why}"
                )

    def towards_others(self) -> Iterator[str]:
        """The internal traffic that one end allows where the other is not managed."""
        lines: dict[tuple[Way, ServiceSet, str, tuple[str, ...]], list[str]] = {}
        for server in self._managed:
            for way in WAYS:
                wide = self._wide[server.groups, way]
                towards: dict[ServiceSet, list[str]] = {}
                for summary, addresses in self._targets if wide.others else ():
                    there = wide.others.within(addresses)
                    if there:
                        part = "" if there.addresses() == addresses else "part of "
                        towards.setdefault(there.services(), []).append(f"{part}{summary}")
                for services, whom in towards.items():
                    key = (way, services, wide.why(services, self._model, way), tuple(whom))
                    lines.setdefault(key, []).append(server.name)
        for (way, services, why, whom), names in lines.items():
            also = "outbound also to" if way == "out" else "inbound also from"
            yield (
                f"{_listed(names)}: {services} {also} internal addresses, which its Internet contains: "
                f"{', '.join(whom)}; {why}"
            )

    def _of(self, server: ExchangeServer, way: Way) -> _Wide:
        network = server.network
        flows = tuple(self._model.flows_of(server, way))
        wide = [flow for flow in flows if self._is_wide(_other(flow, way))]
        if not wide:
            return _Wide((), Traffic(), Traffic())
        traffic = self._model.flows.traffic
        narrow = traffic((flow for flow in flows if not self._is_wide(_other(flow, way))), way)
        named = traffic(wide, way)
        asked = [f for f in wide if self._was_asked(_other(f, way), network)]
        return _Wide(
            tuple(wide),
            named.within(self._ours) - narrow.within(self._ours),
            traffic(asked, way).within(self._inside) - narrow.within(self._inside),
        )

    def _is_wide(self, end: Group | ExternalEndpoint) -> bool:
        if isinstance(end, Group):
            return False
        known = self._known.get(end)
        if known is None:
            known = self._known[end] = (
                end.is_internet
                or any(one <= self._model.flows.end(end) for one in _WIDE)
                or any(map(self._zones.is_wide, end.ranges))
            )
        return known

    def _was_asked(self, end: Group | ExternalEndpoint, network: str) -> bool:
        # Any address is the usual source of clients and of mail towards Client Access servers, since
        # load balancers are inside (DESIGN 5); elsewhere the operator declared it.
        usual = isinstance(end, ExternalEndpoint) and end.is_any
        return not usual or self._model.places[network].declared.internet == "any"


def _other(flow: Flow, way: Way) -> Group | ExternalEndpoint:
    return flow.destination if way == "out" else flow.source


def _between(
    out: Traffic, into: Traffic, source: ExchangeServer, server: ExchangeServer
) -> ServiceSet:
    """The traffic between any two of their addresses of one family."""
    found = ServiceSet()
    for a in source.addresses:
        for b in server.addresses:
            if a.version == b.version:
                found |= out.at(b) & into.at(a)
    return found


def _targets(model: NetworkModel, ours: AddressSet) -> Iterator[tuple[str, AddressSet]]:
    """The internal addresses that are not managed, in named regions without common addresses."""
    taken = ours
    for summary, addresses in _known(model):
        rest = addresses - taken
        if rest:
            taken |= rest
            yield summary, rest


def _known(model: NetworkModel) -> Iterator[tuple[str, AddressSet]]:
    for server in model.servers.values():
        if not server.managed and server.has_address:
            yield server.name, server.address_set
    for key, site in model.topology.sites.items():
        for declared, summary in (
            (site.domain_controllers, "domain controllers"),
            (site.lync, "Lync servers"),
            (site.other_exchange, "other Exchange servers"),
        ):
            if declared is not None:
                ranges = (*declared.addresses, *getattr(declared, "accounts_forest", ()))
                yield f"{summary} of {key}", AddressSet.of(ranges)
    for place in model.places.values():
        for zone, ranges in (
            ("internal", place.declared.internal),
            ("perimeter", place.declared.perimeter),
        ):
            for range_ in ranges:
                yield f"the {zone} zone of {place.key} ({range_})", AddressSet.of([range_])
    for block in model.topology.private_blocks:
        yield f"the rest of {block}", AddressSet.of([block])


def _alike(pairs: Mapping[str, list[str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Sources that reach the same servers together."""
    sources: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for source, servers in pairs.items():
        sources[tuple(servers)].append(source)
    for servers, several in sources.items():
        yield several, list(servers)


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")
