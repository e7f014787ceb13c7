"""What two topologies declare differently, in the order of a stack file: sites, neighbors' addresses, the Internet.

One edit of a declaration changes traffic in many rows. These are the edits, so that a report names each once
and folds the rows that follow from it. Must not know: flows, nor what the edits allow or block.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, cast

from exchange_ports.flows.rows import public_ranges
from exchange_ports.planning import Plans
from exchange_ports.topology import models
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import identity
from exchange_ports.traffic.addresses import Address, AddressSet, Network

if TYPE_CHECKING:
    from exchange_ports.differences.endpoint_diff import EndpointsChange

Edit: TypeAlias = Literal["added", "removed"]


@dataclass(frozen=True, slots=True)
class AddressChange:
    """The addresses of a neighbor, before and after. A neighbor that is added or removed has none on one side."""

    kind: EndpointKind
    #: Which of its kind: the key of a site, of clients, of a relay; empty where there is one only.
    of: str
    before: AddressSet
    after: AddressSet
    #: Whether all else that is declared of it is the same: then its traffic is that of before, moved.
    alone: bool
    #: The site that is added or removed with it; empty where the site stays, or it is no site's.
    with_site: str = ""

    @property
    def what(self) -> str:
        """One of its addresses in words."""
        return _WORDS[self.kind]

    @property
    def added(self) -> AddressSet:
        """The addresses that are new."""
        return self.after - self.before

    @property
    def removed(self) -> AddressSet:
        """The addresses that are no longer there."""
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A site that is added or removed, with the servers declared in it."""

    edit: Edit
    name: str
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeclarationDiff:
    """The edits of one topology."""

    sites: tuple[SiteChange, ...] = ()
    addresses: tuple[AddressChange, ...] = ()
    #: Public IPv4 addresses that `internet` newly names, and those that it no longer names.
    internet_added: AddressSet = field(default_factory=AddressSet)
    internet_removed: AddressSet = field(default_factory=AddressSet)
    #: Another endpoint snapshot of a hybrid deployment.
    endpoints: "EndpointsChange | None" = None


def diff_declarations(old: Plans, new: Plans) -> DeclarationDiff:
    """The edits between two topologies. Pure; the same topologies give the same edits in the same order."""
    was, now = old.topology, new.topology
    sites = tuple(_sites(was, now))
    of_sites = {each.name for each in sites}
    public = [AddressSet.of(public_ranges(each)) for each in (was, now)]
    return DeclarationDiff(
        sites,
        tuple(_addresses(was, now, of_sites)),
        public[1] - public[0],
        public[0] - public[1],
        _endpoints(was, now),
    )


def _endpoints(was: models.Topology, now: models.Topology) -> "EndpointsChange | None":
    if was.hybrid is None or now.hybrid is None:
        return None
    # Most organizations are not hybrid, and this reads snapshots.
    from exchange_ports.differences.endpoint_diff import diff_endpoints

    return diff_endpoints(was, now)


def _sites(was: models.Topology, now: models.Topology) -> Iterator[SiteChange]:
    before, after = ({identity(k, s): k for k, s in each.sites.items()} for each in (was, now))
    for site, key in after.items():
        if site not in before:
            yield SiteChange("added", key, tuple(sorted(now.sites[key].servers)))
    for site, key in before.items():
        if site not in after:
            yield SiteChange("removed", key, tuple(sorted(was.sites[key].servers)))


class _Key(NamedTuple):
    kind: EndpointKind
    #: What it is matched by: the identity of a site, or a key.
    of: str


class _Declared(NamedTuple):
    of: str
    addresses: AddressSet
    #: All else that decides its traffic.
    rest: object = None
    site: str = ""


def _addresses(
    was: models.Topology, now: models.Topology, of_sites: set[str]
) -> Iterator[AddressChange]:
    before, after = (dict(_neighbors(each)) for each in (was, now))
    none = _Declared("", AddressSet())
    for key in dict.fromkeys((*after, *before)):
        one, other = before.get(key, none), after.get(key, none)
        if one.addresses != other.addresses:
            shown = other if key in after else one
            site = shown.site if shown.site in of_sites else ""
            alone = one.rest == other.rest and bool(one.addresses) and bool(other.addresses)
            yield AddressChange(key.kind, shown.of, one.addresses, other.addresses, alone, site)


def _neighbors(topology: models.Topology) -> Iterator[tuple[_Key, _Declared]]:
    for key, site in topology.sites.items():
        for kind, ranges in _of_site(site):
            declared = _Declared(key, AddressSet.of(ranges), site=key)
            yield _Key(kind, identity(key, site)), declared
    flow = topology.mail_flow
    for key, each in topology.clients.items():
        if not isinstance(each.source, str):
            rest = (each.services, each.to, topology.service_ports)
            declared = _Declared(key, AddressSet.of(each.source), rest)
            yield _Key(EndpointKind.CLIENTS, key), declared
    for key, each in flow.relays.items():
        declared = _Declared(key, AddressSet.of(each.source), (each.to, each.sites, each.port))
        yield _Key(EndpointKind.RELAY, key), declared
    for key, each in topology.witness_servers.items():
        yield (
            _Key(EndpointKind.WITNESS, key),
            _Declared(key, AddressSet.at([each.address]), each.sites),
        )
    yield from _unified_messaging(topology)
    for kind, declared in _single(topology):
        if declared.addresses:
            yield _Key(kind, ""), declared


def _unified_messaging(topology: models.Topology) -> Iterator[tuple[_Key, _Declared]]:
    found = topology.unified_messaging
    if found is None:
        return
    # What decides the ports of every peer.
    shared = found.model_copy(update={"ip_gateways": {}, "fax_partner_servers": {}})
    for kind, peers in (
        (EndpointKind.IP_GATEWAY, found.ip_gateways),
        (EndpointKind.FAX_PARTNER_SERVER, found.fax_partner_servers),
    ):
        for key, peer in peers.items():
            rest = [value for name, value in peer if name != "address"]
            yield _Key(kind, key), _Declared(key, AddressSet.at(peer.addresses), (shared, rest))


def _of_site(site: models.Site) -> Iterator[tuple[EndpointKind, tuple[Network, ...]]]:
    controllers = site.domain_controllers
    if controllers is not None:
        yield EndpointKind.DOMAIN_CONTROLLERS, controllers.addresses
        if controllers.accounts_forest:
            yield EndpointKind.ACCOUNTS_DOMAIN_CONTROLLERS, controllers.accounts_forest
    for kind, declared in (
        (EndpointKind.LYNC, site.lync),
        (EndpointKind.OTHER_EXCHANGE, site.other_exchange),
    ):
        if declared is not None:
            yield kind, declared.addresses


def _single(topology: models.Topology) -> Iterator[tuple[EndpointKind, _Declared]]:
    """Neighbors of which there is one of a kind, in however many places it is declared."""
    flow, reputation, servers = (
        topology.mail_flow,
        topology.sender_reputation,
        topology.name_servers,
    )
    hops: list[Address] = []
    connectors: list[object] = []
    for each in flow.connectors or ():
        several = () if isinstance(each.next_hop, str) else each.next_hop
        hops += [hop.address for hop in several]
        connectors.append((each.through, each.sites, each.servers, [hop.port for hop in several]))
    yield EndpointKind.SMART_HOSTS, _Declared("", AddressSet.at(hops), connectors)
    inbound = [way.source for way in flow.inbound_ways if not isinstance(way.source, str)]
    sources = AddressSet.of(range_ for ranges in inbound for range_ in ranges)
    targets = [way.to for way in flow.inbound_ways]
    yield EndpointKind.INBOUND_MAIL, _Declared("", sources, targets)
    for kind, declared in (
        (EndpointKind.NAME_SERVERS, servers.internal),
        (EndpointKind.EDGE_NAME_SERVERS, servers.edge),
    ):
        networks = sorted(declared) if isinstance(declared, dict) else None
        yield kind, _Declared("", AddressSet.at(_resolvers(declared)), networks)
    if isinstance(reputation, models.SenderReputation):
        proxy = reputation.proxy
        declared = _Declared("", AddressSet.at([proxy.address]), (proxy.port, proxy.type))
        yield EndpointKind.REPUTATION_PROXY, declared


def _resolvers(declared: object) -> Iterator[Address]:
    if isinstance(declared, dict):
        for each in cast("dict[str, object]", declared).values():
            yield from _resolvers(each)
    elif isinstance(declared, tuple):
        yield from cast("tuple[Address, ...]", declared)


#: One address of each kind in words.
_WORDS: Final = {
    EndpointKind.DOMAIN_CONTROLLERS: "domain controller",
    EndpointKind.ACCOUNTS_DOMAIN_CONTROLLERS: "accounts-forest domain controller",
    EndpointKind.LYNC: "Lync server",
    EndpointKind.OTHER_EXCHANGE: "other Exchange server",
    EndpointKind.CLIENTS: "clients",
    EndpointKind.RELAY: "relay",
    EndpointKind.WITNESS: "witness server",
    EndpointKind.SMART_HOSTS: "smart host",
    EndpointKind.INBOUND_MAIL: "inbound SMTP source",
    EndpointKind.NAME_SERVERS: "name server",
    EndpointKind.EDGE_NAME_SERVERS: "name server of Edge servers",
    EndpointKind.REPUTATION_PROXY: "sender reputation proxy",
    EndpointKind.IP_GATEWAY: "IP gateway",
    EndpointKind.FAX_PARTNER_SERVER: "fax partner server",
}
#: Nothing is declared differently.
SAME: Final = DeclarationDiff()
