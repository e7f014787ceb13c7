"""Every Exchange server of a topology, once: who it is, where it is, what it does, and its groups.

The only place where a server's identity, zone, roles, addresses and group memberships are derived.
Flows, plans, proof, diff, rollout and reports read them here. Must not know: flows, clouds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import IPv4Address, ip_network
from typing import Final, NamedTuple, TypeVar

from exchange_ports.findings import Path
from exchange_ports.topology import models
from exchange_ports.topology.groups import (
    EDGE_KINDS,
    Group,
    RoleGroups,
    ServerRole,
    edge_groups,
    identity,
    internal_groups,
    is_published,
    retirable_groups,
    roles_of,
    version_of,
)
from exchange_ports.traffic.addresses import FIRST_PLACEHOLDER, Address, AddressSet, covers
from exchange_ports.traffic.addresses import Network as Range
from exchange_ports.versions import Version

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ExchangeServer:
    """An Exchange server: everything that later stages ask about it."""

    name: str
    """The key under which it is declared."""
    identity: str
    """Its `id`, or its name: keeps it one server where it is renamed."""
    path: Path
    """Where it is declared, from the topology's top."""
    site: str
    """The key of its site; of an Edge server, the site it exchanges mail with, empty where none is."""
    network: str
    """The identity of its network."""
    platform: models.Platform
    zone: models.Zone
    roles: frozenset[ServerRole]
    version: Version
    """Its version of Exchange."""
    published: bool
    """Whether clients and inbound mail reach its Client Access services."""
    groups: tuple[Group, ...]
    """The groups it is a member of, the widest first."""
    declared_addresses: tuple[Address, ...]
    """Its addresses as declared, in order; the order of the declaration does not matter."""
    addresses: tuple[Address, ...] = field(default=(), kw_only=True)
    """The same, or one placeholder where none is declared."""

    @property
    def managed(self) -> bool:
        """Whether its filtering is ours: it is in a VPC or VNet."""
        return self.platform is not models.Platform.EXTERNAL

    @property
    def in_perimeter(self) -> bool:
        """Whether it is in a perimeter zone."""
        return self.zone is models.Zone.PERIMETER

    @property
    def combined(self) -> bool:
        """Whether its version has the Client Access services on every Mailbox server."""
        return self.version.facts.combined and not self.is_edge

    @property
    def unpublished(self) -> bool:
        """Whether it has Client Access services that clients and inbound mail do not reach."""
        return ServerRole.CLIENT_ACCESS in self.roles and not self.published

    @property
    def has_address(self) -> bool:
        """Whether its address is declared."""
        return bool(self.declared_addresses)

    @property
    def ranges(self) -> tuple[Range, ...]:
        """Its declared addresses as ranges of one."""
        return tuple(ip_network(each) for each in self.declared_addresses)

    @property
    def address_set(self) -> AddressSet:
        """Its addresses, or its placeholder, as a set."""
        return addresses_of([self])

    @property
    def is_edge(self) -> bool:
        """Whether it is an Edge Transport server."""
        return ServerRole.EDGE in self.roles


@dataclass(frozen=True, slots=True)
class RetiredGroup:
    """A group that no declared server is a member of, kept for servers of another stack."""

    group: Group
    zone: models.Zone


class NetworkRecord(NamedTuple):
    """A network as it is declared, with the key that people use."""

    key: str
    declared: models.Network


class ServerPair(NamedTuple):
    """One server before and after; None where it is not there."""

    before: ExchangeServer | None
    after: ExchangeServer | None

    @property
    def latest(self) -> ExchangeServer:
        """The server as it is after, or as it was where it is removed."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a pair has a server before or after")
        return found


class Inventory:
    """The servers, groups and networks of one topology that has passed its checks."""

    def __init__(self, topology: models.Topology) -> None:
        """Derive everything about every server."""
        self.topology = topology
        #: Each network's key and declaration, by its identity.
        self.networks: Mapping[str, NetworkRecord] = {
            identity(key, network): NetworkRecord(key, network)
            for key, network in topology.networks.items()
        }
        #: Internal servers first, each kind by name.
        self.servers: tuple[ExchangeServer, ...] = tuple(
            _with_placeholders(sorted(self._all(), key=lambda each: (each.in_perimeter, each.name)))
        )
        self.by_name: Mapping[str, ExchangeServer] = {each.name: each for each in self.servers}
        #: The members of each group that has any, in order.
        self.members = _members(self.servers)
        self.retired: tuple[RetiredGroup, ...] = tuple(self._retired())
        #: Every group that is planned for, retired ones included, sorted.
        self.groups: tuple[Group, ...] = tuple(
            sorted({*self.members, *(each.group for each in self.retired)})
        )

    def __eq__(self, other: object) -> bool:
        """Whether both are of equal topologies: everything follows from these."""
        return isinstance(other, Inventory) and self.topology == other.topology

    def __hash__(self) -> int:
        return hash(self.topology.organization)

    def __repr__(self) -> str:
        return f"Inventory({self.topology!r})"

    @cached_property
    def managed(self) -> tuple[ExchangeServer, ...]:
        """The servers whose filtering is ours."""
        return tuple(server for server in self.servers if server.managed)

    @cached_property
    def addresses(self) -> Mapping[Group, AddressSet]:
        """The addresses of the members of each group that has any."""
        return group_addresses(self.servers)

    @cached_property
    def site_keys(self) -> Mapping[str, str]:
        """The key of each site, by its identity."""
        return {identity(key, site): key for key, site in self.topology.sites.items()}

    @cached_property
    def role_groups(self) -> RoleGroups:
        """The groups that stand for each role of the catalog."""
        return RoleGroups(
            self.topology, self.groups, ((each.name, each.groups) for each in self.servers)
        )

    def in_network(self, network: str) -> tuple[ExchangeServer, ...]:
        """The servers of the network with this identity."""
        return tuple(server for server in self.servers if server.network == network)

    def playing(self, role: ServerRole | None, site: str | None = None) -> tuple[str, ...]:
        """The names of the servers with a role, at a site by its key; None is any.

        Without a role: the internal Exchange servers.
        """
        return tuple(
            server.name
            for server in self.servers
            if (not server.is_edge if role is None else role in server.roles)
            and site in (None, server.site)
        )

    def _all(self) -> Iterator[ExchangeServer]:
        for site_key, site in self.topology.sites.items():
            for key, server in site.servers.items():
                yield self._internal(site_key, key, server)
        for key, edge in self.topology.edge_servers.items():
            yield self._edge(key, edge)

    def _internal(self, site_key: str, key: str, server: models.Server) -> ExchangeServer:
        site = self.topology.sites[site_key]
        network_key = site.network or ""
        network = self.topology.networks[network_key]
        network_id, server_id = identity(network_key, network), identity(key, server)
        roles = roles_of(self.topology, server)
        published = is_published(self.topology, site, server)
        groups = internal_groups(
            network_id,
            identity(site_key, site),
            server_id,
            roles,
            published=published,
            own_group=server.own_group,
            edgesync_exception=any(
                key in edge.edgesync_except
                for edge in self.topology.edge_servers.values()
                if edge.subscribed_site == site_key
            ),
        )
        declared = tuple(sorted(server.addresses, key=AddressSet.place))
        path = ("sites", site_key, "servers", key)
        where = (site_key, network_id, network.platform, models.Zone.INTERNAL)
        what = (roles, version_of(self.topology, server), published)
        return ExchangeServer(key, server_id, path, *where, *what, groups, declared)

    def _edge(self, key: str, edge: models.EdgeServer) -> ExchangeServer:
        network = self.topology.networks[edge.network]
        network_id, server_id = identity(edge.network, network), identity(key, edge)
        site_id = identity(edge.site, self.topology.sites.get(edge.site))
        groups = edge_groups(network_id, site_id, server_id, edge)
        declared = tuple(sorted(edge.addresses, key=AddressSet.place))
        zone = models.Zone.PERIMETER if _in_perimeter(edge, network) else models.Zone.INTERNAL
        where = (edge.site, network_id, network.platform, zone)
        what = (frozenset((ServerRole.EDGE,)), version_of(self.topology, edge), False)
        return ExchangeServer(
            key, server_id, ("edge_servers", key), *where, *what, groups, declared
        )

    def _retired(self) -> Iterator[RetiredGroup]:
        """The retired groups of every network; one with a member is not retired."""
        for key, network in sorted(self.topology.networks.items()):
            if not network.retired_groups:
                continue
            known = retirable_groups(self.topology, identity(key, network))
            for named in sorted(set(network.retired_groups)):
                group = known.get(named)
                if group is not None and group not in self.members:
                    exposed = bool(network.perimeter) and group.kind in EDGE_KINDS
                    yield RetiredGroup(
                        group, models.Zone.PERIMETER if exposed else models.Zone.INTERNAL
                    )


def _in_perimeter(edge: models.EdgeServer, network: models.Network) -> bool:
    """Whether an Edge server is in the perimeter: where there is one, unless its address is elsewhere."""
    ranges = [ip_network(address) for address in edge.addresses]
    return bool(network.perimeter) and (
        not ranges or any(covers(network.perimeter, (each,)) for each in ranges)
    )


def _with_placeholders(servers: Iterable[ExchangeServer]) -> Iterator[ExchangeServer]:
    """The servers, each without a declared address with one that no other has."""
    alone = (ServerPair(None, server) for server in servers)
    return (pair.latest for pair in with_addresses(alone))


def with_addresses(pairs: Iterable[ServerPair], *, keep_ipv6: bool = True) -> Iterator[ServerPair]:
    """The pairs, each server without a declared address with the one that it declares at the other time.

    A server that never declares one gets one that no other has. Without `keep_ipv6`, so does one that
    declares IPv6 at the other time only: a rule may mean more by that, such as ICMPv6.
    """
    placeholder = FIRST_PLACEHOLDER
    for pair in pairs:
        known = next((one.declared_addresses for one in pair if one and one.has_address), ())
        if not known or not (keep_ipv6 or all(isinstance(own, IPv4Address) for own in known)):
            known = (IPv4Address(placeholder),)
            placeholder += 1
        yield ServerPair(
            *(one and replace(one, addresses=one.declared_addresses or known) for one in pair)
        )


def addresses_of(servers: Iterable[ExchangeServer]) -> AddressSet:
    """The addresses of several servers."""
    return AddressSet.at(one for server in servers for one in server.addresses)


def _members(servers: Iterable[ExchangeServer]) -> Mapping[Group, tuple[ExchangeServer, ...]]:
    found: dict[Group, list[ExchangeServer]] = {}
    for server in servers:
        for group in server.groups:
            found.setdefault(group, []).append(server)
    return {group: tuple(members) for group, members in found.items()}


def group_addresses(servers: Iterable[ExchangeServer]) -> Mapping[Group, AddressSet]:
    """The addresses of the members of each group, of these servers."""
    return {group: addresses_of(members) for group, members in _members(servers).items()}


def matched(
    before: Iterable[_T], after: Iterable[_T], keys: Iterable[Callable[[_T], object]]
) -> list[tuple[_T | None, _T | None]]:
    """Each one before and after, None where it is not there: added and removed ones are last.

    The first key decides, the next only for those that are left; a key of None matches nothing.
    """
    old, new = list(before), list(after)
    pairs: list[tuple[_T | None, _T | None]] = []
    for key in keys:
        there: dict[object, _T] = {}
        for each in new:
            if key(each) is not None:
                there.setdefault(key(each), each)
        for one in list(old):
            other = there.pop(key(one), None)
            if other is not None:
                pairs.append((one, other))
                old.remove(one)
                new.remove(other)
    return [*pairs, *((one, None) for one in old), *((None, other) for other in new)]


def match_servers(
    old: Iterable[ExchangeServer],
    new: Iterable[ExchangeServer],
    where: Callable[[ExchangeServer], object] = lambda _: None,
) -> list[ServerPair]:
    """Every server of two topologies, matched by identity, then by its addresses in one network.

    `where` narrows the matching by identity: servers whose values differ are two servers. A server
    without a declared address keeps the address that it declares at the other time.
    """
    pairs = matched(
        old,
        new,
        (
            lambda one: (where(one), one.identity),
            lambda one: (
                (where(one), one.network, one.declared_addresses) if one.has_address else None
            ),
        ),
    )
    return [ServerPair(*pair) for pair in pairs]


# ---- neighbors by the names under which flows, reports and cloud ids know them ----


#: The fields of a site that declare neighboring internal servers.
FIELDS: Final = ("domain_controllers", "lync", "other_exchange")


def name_of(field: str, key: str, site: models.Site) -> str:
    """The neighbors of one field of a site: `domain-controllers.hq`."""
    return f"{field.replace('_', '-')}.{identity(key, site)}"


def accounts_name(key: str, site: models.Site) -> str:
    """The domain controllers of an accounts forest: `accounts-domain-controllers.hq`."""
    return f"accounts-domain-controllers.{identity(key, site)}"


def witness_name(name: str) -> str:
    """A witness server: `witness.fs1`."""
    return f"witness.{name}"


def ip_gateway_name(name: str) -> str:
    """A VoIP gateway, IP PBX or session border controller: `ip-gateway.gw1`."""
    return f"ip-gateway.{name}"


def fax_partner_server_name(name: str) -> str:
    """A fax partner server: `fax-partner-server.fax1`."""
    return f"fax-partner-server.{name}"


def neighbors(topology: models.Topology) -> tuple[str, ...]:
    """Every neighbor that has a name of its own, in order."""

    def everyone() -> Iterator[str]:
        for key, site in topology.sites.items():
            for named in FIELDS:
                if getattr(site, named) is not None:
                    yield name_of(named, key, site)
            if site.domain_controllers is not None and site.domain_controllers.accounts_forest:
                yield accounts_name(key, site)
        yield from map(witness_name, topology.witness_servers)
        if topology.unified_messaging is not None:
            yield from map(ip_gateway_name, topology.unified_messaging.ip_gateways)
            partners = topology.unified_messaging.fax_partner_servers
            yield from map(fax_partner_server_name, partners)

    return tuple(sorted(everyone()))
