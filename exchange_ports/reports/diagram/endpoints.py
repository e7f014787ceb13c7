"""The endpoints of a picture: servers by site and role, and everyone outside.

Two topologies, before and after a change, are shown as one: a server with the same identity in both is
one server. Without a comparison both are the same topology.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from exchange_ports.flows import ExternalEndpoint
from exchange_ports.topology.groups import Group, GroupKind, ServerRole, identity, roles_of
from exchange_ports.topology.inventory import FIELDS, Inventory, accounts_name, name_of
from exchange_ports.topology.models import Network, Platform, Topology
from exchange_ports.traffic.addresses import Network as Range
from exchange_ports.traffic.addresses import covers, sort_key


class ColumnRole(StrEnum):
    """The role of the servers of a column, as the column is titled."""

    EDGE = "Edge Transport"
    CLIENT_ACCESS = "Client Access"
    MAILBOX = "Mailbox"
    #: Servers with both roles, where no server of the site has one alone.
    EXCHANGE = "Exchange"


class Status(StrEnum):
    """Whether traffic is allowed, or a server declared, in both topologies or in one only."""

    UNCHANGED = "unchanged"
    ALLOWED = "newly_allowed"
    BLOCKED = "newly_blocked"


@dataclass(frozen=True, slots=True, order=True)
class DrawnEndpoint:
    """An end of flows: servers of one column that flows do not tell apart, or one end outside.

    `servers` are identities; a column has several endpoints where flows are for some of its servers only.
    """

    site: str
    """The identity of the site; empty for an end outside that belongs to no site."""
    kind: str
    network: str = ""
    servers: tuple[str, ...] = ()
    outside: ExternalEndpoint | None = None
    part: str = field(default="", compare=False)
    """Of an end outside of which a row is about some addresses only: which these are, in words."""

    @property
    def column(self) -> tuple[str, str, str]:
        """The key of the column. Only servers have a column of their own."""
        return self.site, self.kind, self.network

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The addresses of an end outside."""
        return () if self.outside is None else self.outside.ranges

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts endpoints, also those with ranges of both IP versions."""
        name = "" if self.outside is None else self.outside.name
        return (*self.column, self.servers, name, tuple(map(sort_key, self.ranges)))


class Member(NamedTuple):
    """A server of a column: its name, and whether it is added or removed."""

    name: str
    status: Status


@dataclass(frozen=True, slots=True)
class ServerColumn:
    """Servers of one role at one site; `network` by its key."""

    site: str
    role: ColumnRole
    network: str
    platform: Platform
    members: tuple[Member, ...]


ColumnKey = tuple[str, str, str]

#: Every role that a server may play. Since Exchange 2016 all servers play all of them.
_BOTH: Final = frozenset((ServerRole.CLIENT_ACCESS, ServerRole.MAILBOX))


_CLIENT_ACCESS: Final = (GroupKind.CLIENT_ACCESS, GroupKind.UNPUBLISHED)


class _OneTopology:
    """One topology: the servers of each column, and the groups that they are in there."""

    def __init__(self, inventory: Inventory) -> None:
        self.topology = topology = inventory.topology
        self.networks = {identity(k, net): (k, net) for k, net in topology.networks.items()}
        self.sites = {identity(k, site): (k, site) for k, site in topology.sites.items()}
        self.groups = {server.name: server.groups for server in inventory.servers}
        self.names: dict[str, str] = {}
        #: Whether a server has both roles by its version, by identity.
        self.combined = {server.identity: server.combined for server in inventory.servers}
        self.owned = dict(self._owned())

    def _owned(self) -> Iterator[tuple[str, tuple[str, str]]]:
        for key, site in self.topology.sites.items():
            of = identity(key, site)
            for name in FIELDS:
                yield name_of(name, key, site), (of, name.replace("_", "-"))
            yield accounts_name(key, site), (of, "accounts-domain-controllers")

    def columns(
        self, combined: Mapping[str, bool]
    ) -> Iterator[tuple[ColumnKey, str, frozenset[Group]]]:
        """Each server in each of its columns, with the groups that it has for that role."""
        for of, (_, site) in self.sites.items():
            # A site without servers may be in no network.
            home = self._id_of(site.network) if site.network else ""
            for key, server in site.servers.items():
                self.names[identity(key, server)] = key
                for role in sorted(roles_of(self.topology, server)):
                    single = (
                        ColumnRole.MAILBOX
                        if role is ServerRole.MAILBOX
                        else ColumnRole.CLIENT_ACCESS
                    )
                    drawn = ColumnRole.EXCHANGE if combined[of] else single
                    alone = len(roles_of(self.topology, server)) == 1 or role is ServerRole.MAILBOX
                    groups = self._groups_as(drawn, key, alone=alone)
                    yield (of, drawn, home), identity(key, server), groups
        for key, edge in self.topology.edge_servers.items():
            self.names[identity(key, edge)] = key
            of = identity(edge.site, self.topology.sites.get(edge.site))
            column = (of, ColumnRole.EDGE.value, self._id_of(edge.network))
            yield column, identity(key, edge), frozenset(self.groups[key])

    def _id_of(self, network: str) -> str:
        return identity(network, self.topology.networks[network])

    def _groups_as(self, drawn: ColumnRole, server: str, *, alone: bool) -> frozenset[Group]:
        return frozenset(
            group
            for group in self.groups[server]
            if drawn is ColumnRole.EXCHANGE
            or group.kind is GroupKind.EXCHANGE
            or (group.kind in _CLIENT_ACCESS and drawn is ColumnRole.CLIENT_ACCESS)
            # A server's own group is drawn once, at its Mailbox role where it has that.
            or (group.kind is GroupKind.SERVER and alone)
            or (
                drawn is ColumnRole.MAILBOX
                and group.kind in (GroupKind.MAILBOX, GroupKind.EDGESYNC, GroupKind.EDGESYNC_SERVER)
            )
        )


def _has_both(topology: Topology, of: str) -> bool:
    """Whether each server of a site, by the site's identity, has both roles; so too where there is none."""
    return all(
        roles_of(topology, server) >= _BOTH
        for key, site in topology.sites.items()
        if identity(key, site) == of
        for server in site.servers.values()
    )


#: The groups of a server in a column at one time, and what else tells its flows from those of others.
_State = tuple[frozenset[Group] | None, object]


class EndpointMap:
    """All endpoints of two topologies, and what people call them."""

    def __init__(
        self,
        before: Inventory,
        now: Inventory,
        alike: tuple[Mapping[str, object], Mapping[str, object]] = ({}, {}),
    ) -> None:
        """Sort the servers of both into columns.

        Servers of one column with different values of `alike`, before or now, are different endpoints.
        """
        self._alike = alike
        self._stays: set[DrawnEndpoint] = set()
        self._before, self._now = _OneTopology(before), _OneTopology(now)
        ids = [*self._now.sites, *(s for s in self._before.sites if s not in self._now.sites)]
        self.sites: tuple[str, ...] = tuple(ids)
        combined = {
            of: all(_has_both(each.topology, of) for each in self._topologies) for of in ids
        }
        old, new = (
            {(column, server): groups for column, server, groups in each.columns(combined)}
            for each in self._topologies
        )
        self._servers: list[tuple[DrawnEndpoint, frozenset[Group], frozenset[Group]]] = []
        self.columns: dict[ColumnKey, ServerColumn] = {}
        for column in dict.fromkeys(key for key, _ in (*new, *old)):
            here, there = (
                {server: groups for (key, server), groups in each.items() if key == column}
                for each in (new, old)
            )
            self._add_column(column, there, here)
        self._by_group: tuple[
            dict[Group, list[DrawnEndpoint]], dict[Group, list[DrawnEndpoint]]
        ] = ({}, {})
        for endpoint, *both in self._servers:
            for known, groups in zip(self._by_group, both, strict=True):
                for group in groups:
                    known.setdefault(group, []).append(endpoint)

    @cached_property
    def _topologies(self) -> tuple[_OneTopology, _OneTopology]:
        return self._before, self._now

    def _add_column(
        self,
        key: ColumnKey,
        old: Mapping[str, frozenset[Group]],
        new: Mapping[str, frozenset[Group]],
    ) -> None:
        """The servers of one column, in as many endpoints as flows tell apart.

        A server that one topology does not have is one endpoint with the servers in the same groups. A
        server that moves to another site, or has another role, is removed here and added there.
        """
        found: dict[tuple[_State, _State], list[str]] = {}
        states = {
            server: (
                (old.get(server), self._alike[0].get(server)),
                (new.get(server), self._alike[1].get(server)),
            )
            for server in sorted(old.keys() | new.keys())
        }
        kept = [server for server in states if server in self._in_both]
        for server in kept:
            found.setdefault(states[server], []).append(server)
        for server in sorted(states.keys() - set(kept)):
            index = 0 if server in old else 1
            mine = states[server]
            same = [state for state in found if state[index] == mine[index]]
            found.setdefault(same[0] if same else mine, []).append(server)
        for ((before, _), (after, _)), servers in found.items():
            endpoint = DrawnEndpoint(*key, tuple(sorted(servers)))
            self._servers.append((endpoint, before or frozenset(), after or frozenset()))
            if before is not None and after is not None:
                self._stays.add(endpoint)
        site, role, network = key
        name, declared = self.network(network)
        members = (
            Member(self.server(server), _status(server in old, server in new))
            for server in sorted(old.keys() | new.keys())
        )
        self.columns[key] = ServerColumn(
            site, ColumnRole(role), name, declared.platform, tuple(members)
        )

    def network(self, of: str) -> tuple[str, Network]:
        """The key and the declaration of a network, by its identity."""
        return self._now.networks.get(of) or self._before.networks[of]

    def server(self, of: str) -> str:
        """The name of a server, by its identity."""
        return self._now.names.get(of) or self._before.names[of]

    def combined(self, of: str) -> bool:
        """Whether a server has both roles by its version, by its identity: then it is a Mailbox server."""
        for each in self._topologies[::-1]:
            if of in each.names:
                return each.combined[of]
        return False

    def site(self, of: str) -> str:
        """The name of a site, by its identity; the identity itself where no site is declared."""
        found = self._now.sites.get(of) or self._before.sites.get(of)
        return of if found is None else found[0]

    def site_called(self, key: str) -> str:
        """The identity of the site with this key.

        :raises KeyError: there is none.
        """
        for each in (self._now, self._before):
            for of, (name, _) in each.sites.items():
                if name == key:
                    return of
        raise KeyError(key)

    def of_end(self, end: Group | ExternalEndpoint, *, before: bool) -> tuple[DrawnEndpoint, ...]:
        """The endpoints of one end of a flow, before or after the change."""
        if isinstance(end, Group):
            return tuple(self._by_group[0 if before else 1].get(end, ()))
        return (self.of_outside(end),)

    def of_outside(self, end: ExternalEndpoint, part: str = "") -> DrawnEndpoint:
        """The endpoint of an end outside: with its site where it belongs to one."""
        for each in (self._now, self._before):
            if end.unrestricted and end.name in each.owned:
                return DrawnEndpoint(*each.owned[end.name], outside=end, part=part)
        return DrawnEndpoint("", "outside", outside=end, part=part)

    def in_both(self, endpoint: DrawnEndpoint) -> bool:
        """Whether an endpoint of servers is in its column before and after; one outside always is."""
        return endpoint.outside is not None or endpoint in self._stays

    def has_changes(self, endpoint: DrawnEndpoint) -> bool:
        """Whether one of its servers is added or removed."""
        return any(server not in self._in_both for server in endpoint.servers)

    def kept(self, endpoint: DrawnEndpoint) -> str | None:
        """A server that both topologies have: what holds for it holds for all such of the endpoint."""
        return next((server for server in endpoint.servers if server in self._in_both), None)

    @cached_property
    def _in_both(self) -> frozenset[str]:
        return frozenset(self._before.names) & frozenset(self._now.names)

    def servers(self) -> tuple[DrawnEndpoint, ...]:
        """Every endpoint of servers."""
        return tuple(endpoint for endpoint, *_ in self._servers)

    def perimeter_of(self, ranges: Iterable[Range]) -> str | None:
        """The network whose perimeter zone contains all of these addresses, by its identity."""
        asked = tuple(ranges)
        for each in (self._now, self._before):
            for of, (_, declared) in each.networks.items():
                if declared.perimeter and covers(declared.perimeter, asked):
                    return of
        return None


def _status(before: bool, after: bool) -> Status:
    if before and after:
        return Status.UNCHANGED
    return Status.ALLOWED if after else Status.BLOCKED
