"""Where the ends of flows stand: lanes of servers by site and role, and who is outside.

Two topologies, before and now, are looked at as one: a server that both know by its identity is one
server. Where no comparison is asked for, both are the same topology.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from exchange_ports.flows import ExternalEndpoint
from exchange_ports.topology.groups import Group, GroupKind, ServerRole, identity, roles_of
from exchange_ports.topology.inventory import FIELDS, Inventory, accounts_name, name_of
from exchange_ports.topology.models import Network, Platform, Site, Topology
from exchange_ports.traffic.addresses import Network as Range
from exchange_ports.traffic.addresses import covers


class LaneKind(StrEnum):
    """What the servers of a lane are, in the words of its head."""

    EDGE = "Edge Transport"
    CLIENT_ACCESS = "Client Access"
    MAILBOX = "Mailbox"
    #: Servers with both roles, where no server of the site has one alone.
    EXCHANGE = "Exchange"


class Stand(StrEnum):
    """Whether something is in both topologies, only now, or only before."""

    KEPT = "kept"
    NEW = "new"
    CUT = "cut"


@dataclass(frozen=True, slots=True, order=True)
class PicturePlace:
    """An end of flows: servers of one lane that flows do not tell apart, or somebody outside.

    `servers` are identities; a lane has several places where flows are for some of it only.
    """

    site: str
    """The identity of the site; nothing for those outside that belong to no site."""
    kind: str
    network: str = ""
    servers: tuple[str, ...] = ()
    outside: ExternalEndpoint | None = None

    @property
    def lane(self) -> tuple[str, str, str]:
        """The lane's key. Only servers have a lane of their own."""
        return self.site, self.kind, self.network


class Member(NamedTuple):
    """A server of a lane: its name, and whether it comes or goes."""

    name: str
    stand: Stand


@dataclass(frozen=True, slots=True)
class Lane:
    """Servers of one role at one site; `network` by its key."""

    site: str
    kind: LaneKind
    network: str
    platform: Platform
    members: tuple[Member, ...]


_Key = tuple[str, str, str]
_OF_SITE: Final = frozenset(
    (*(field.replace("_", "-") for field in FIELDS), "accounts-domain-controllers")
)


_BOTH: Final = frozenset((ServerRole.CLIENT_ACCESS, ServerRole.MAILBOX))


class _Side:
    """One topology: which servers stand in which lane, and what they wear there."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.networks = {identity(k, net): (k, net) for k, net in topology.networks.items()}
        self.sites = {identity(k, site): (k, site) for k, site in topology.sites.items()}
        self.member_of = {server.name: server.groups for server in Inventory(topology).servers}
        self.names: dict[str, str] = {}
        self.owned = dict(self._owned())

    def _owned(self) -> Iterator[tuple[str, tuple[str, str]]]:
        for key, site in self.topology.sites.items():
            of = identity(key, site)
            for field in FIELDS:
                yield name_of(field, key, site), (of, field.replace("_", "-"))
            yield accounts_name(key, site), (of, "accounts-domain-controllers")

    def lanes(self, combined: Mapping[str, bool]) -> Iterator[tuple[_Key, str, frozenset[Group]]]:
        """Each server in each of its lanes, with the groups that it wears as such."""
        for of, (_, site) in self.sites.items():
            # A site without servers may be in no network.
            home = self._id_of(site.network) if site.network else ""
            for key, server in site.servers.items():
                self.names[identity(key, server)] = key
                for role in sorted(roles_of(server)):
                    kind = (
                        LaneKind.MAILBOX if role is ServerRole.MAILBOX else LaneKind.CLIENT_ACCESS
                    )
                    lane = LaneKind.EXCHANGE if combined[of] else kind
                    alone = len(roles_of(server)) == 1 or role is ServerRole.MAILBOX
                    groups = self._as(lane, key, alone=alone)
                    yield (of, lane, home), identity(key, server), groups
        for key, edge in self.topology.edge_servers.items():
            self.names[identity(key, edge)] = key
            of = identity(edge.site, self.topology.sites.get(edge.site))
            lane_key = (of, LaneKind.EDGE.value, self._id_of(edge.network))
            yield lane_key, identity(key, edge), frozenset(self.member_of[key])

    def _id_of(self, network: str) -> str:
        return identity(network, self.topology.networks[network])

    def _as(self, lane: LaneKind, server: str, *, alone: bool) -> frozenset[Group]:
        return frozenset(
            group
            for group in self.member_of[server]
            if lane is LaneKind.EXCHANGE
            or group.kind is GroupKind.EXCHANGE
            or (group.kind is GroupKind.CLIENT_ACCESS and lane is LaneKind.CLIENT_ACCESS)
            # A server's own group is drawn once, at its Mailbox role where it has that.
            or (group.kind is GroupKind.SERVER and alone)
            or (
                lane is LaneKind.MAILBOX
                and group.kind in (GroupKind.MAILBOX, GroupKind.EDGESYNC, GroupKind.EDGESYNC_SERVER)
            )
        )


def _has_both(site: Site | None) -> bool:
    return site is None or all(roles_of(s) >= _BOTH for s in site.servers.values())


class Landscape:
    """All places of two topologies, and what people call them."""

    def __init__(self, before: Topology, now: Topology) -> None:
        """Stand the servers of both in their lanes."""
        self._before, self._now = _Side(before), _Side(now)
        ids = [*self._now.sites, *(s for s in self._before.sites if s not in self._now.sites)]
        self.sites: tuple[str, ...] = tuple(ids)
        combined = {
            of: all(_has_both(side.sites.get(of, ("", None))[1]) for side in self._sides)
            for of in ids
        }
        was = {
            (lane, server): member_of for lane, server, member_of in self._before.lanes(combined)
        }
        now_ = {(lane, server): member_of for lane, server, member_of in self._now.lanes(combined)}
        self._places: list[tuple[PicturePlace, frozenset[Group], frozenset[Group]]] = []
        self.lanes: dict[_Key, Lane] = {}
        for lane in dict.fromkeys(key for key, _ in (*now_, *was)):
            here = {server: member_of for (key, server), member_of in now_.items() if key == lane}
            there = {server: member_of for (key, server), member_of in was.items() if key == lane}
            self._stand(lane, there, here)
        self._by_group: tuple[dict[Group, list[PicturePlace]], dict[Group, list[PicturePlace]]] = (
            {},
            {},
        )
        for place, *both in self._places:
            for known, member_of in zip(self._by_group, both, strict=True):
                for group in member_of:
                    known.setdefault(group, []).append(place)

    @cached_property
    def _sides(self) -> tuple[_Side, _Side]:
        return self._before, self._now

    def _stand(
        self, key: _Key, was: Mapping[str, frozenset[Group]], now: Mapping[str, frozenset[Group]]
    ) -> None:
        """The servers of one lane, in as many places as flows tell apart.

        A server that comes or goes stands with those who wear what it wears: the flow is the same.
        """
        places: dict[tuple[frozenset[Group], frozenset[Group]], list[str]] = {}
        for server in sorted(was.keys() & now.keys()):
            places.setdefault((was[server], now[server]), []).append(server)
        for server in sorted(was.keys() ^ now.keys()):
            member_of = (was if server in was else now)[server]
            side = 0 if server in was else 1
            alike = [both for both in places if both[side] == member_of]
            none: frozenset[Group] = frozenset()
            alone = (member_of, none) if server in was else (none, member_of)
            places.setdefault(alike[0] if alike else alone, []).append(server)
        for both, servers in places.items():
            place = PicturePlace(*key, tuple(sorted(servers)))
            self._places.append((place, *both))
        site, kind, network = key
        name, declared = self.network(network)
        self.lanes[key] = Lane(
            site,
            LaneKind(kind),
            name,
            declared.platform,
            tuple(
                Member(
                    self.server(server),
                    Stand.KEPT
                    if server in was and server in now
                    else Stand.NEW
                    if server in now
                    else Stand.CUT,
                )
                for server in sorted(was.keys() | now.keys())
            ),
        )

    def network(self, of: str) -> tuple[str, Network]:
        """A network's key and what is declared of it, by its identity."""
        return self._now.networks.get(of) or self._before.networks[of]

    def server(self, of: str) -> str:
        """A server's name, by its identity."""
        return self._now.names.get(of) or self._before.names[of]

    def site(self, of: str) -> str:
        """A site's name, by its identity; the identity of what Edge servers of no site stand for."""
        found = self._now.sites.get(of) or self._before.sites.get(of)
        return of if found is None else found[0]

    def of_end(self, end: Group | ExternalEndpoint, *, before: bool) -> tuple[PicturePlace, ...]:
        """The places of one end of a flow, of before or of now."""
        if isinstance(end, Group):
            return tuple(self._by_group[0 if before else 1].get(end, ()))
        return (self.of_outside(end),)

    def of_outside(self, end: ExternalEndpoint) -> PicturePlace:
        """The place of somebody outside: with its site where it is the neighbor of one."""
        for side in (self._now, self._before):
            if end.unrestricted and end.name in side.owned:
                return PicturePlace(*side.owned[end.name], outside=end)
        return PicturePlace("", "outside", outside=end)

    def places(self) -> tuple[PicturePlace, ...]:
        """Every place of servers."""
        return tuple(place for place, *_ in self._places)

    def perimeter_of(self, ranges: Iterable[Range]) -> str | None:
        """The network in whose perimeter all of these addresses stand, by its identity."""
        asked = tuple(ranges)
        for side in reversed(self._sides):
            for of, (_, declared) in side.networks.items():
                if declared.perimeter and covers(declared.perimeter, asked):
                    return of
        return None
