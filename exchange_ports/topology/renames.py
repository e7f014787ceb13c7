"""Networks, sites and servers that look renamed without an `id`, which would keep their groups.

A declaration under another key counts as another thing unless `id` names the key it had. Here the two are
recognized by what they contain. Must not know: flows, clouds.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from exchange_ports.findings import Path
from exchange_ports.topology import models
from exchange_ports.topology.groups import GroupKind, identity
from exchange_ports.topology.inventory import ExchangeServer, Inventory

#: One thing by which a declaration is known under any key: an address, a range, a server's identity.
_Mark: TypeAlias = tuple[object, ...]


class RenamedWithoutId(NamedTuple):
    """A declaration that looks renamed: `id` with the value `identity` would keep what it had."""

    what: str
    old: str
    new: str
    identity: str
    path: Path

    def text(self, quote: Callable[[str], str] = str) -> str:
        """The rename, and what to write."""
        path = ".".join(map(str, self.path))
        return (
            f"{self.what} {quote(self.old)} looks renamed to {quote(self.new)}: add "
            f"{quote(f'id: {self.identity}')} to {quote(path)} to keep its groups, which are "
            "replaced otherwise"
        )


def renamed_without_id(old: Inventory, new: Inventory) -> tuple[RenamedWithoutId, ...]:
    """The keys that look renamed and would keep their groups by an `id`: networks, sites, servers.

    Both come from topologies that passed their checks. A server without a group of its own keeps its groups
    under any name, so it is left out.
    """
    found: list[RenamedWithoutId] = []
    same: dict[str, str] = {}
    for what, field in (("network", "networks"), ("site", "sites")):
        before, after = (_declared(each, field) for each in (old, new))
        pairs = tuple(_pairs(before, after, same))
        same |= {f"{what}.{now.identity}": f"{what}.{was.identity}" for was, now in pairs}
        found += (
            RenamedWithoutId(what, was.key, now.key, was.identity, now.path)
            for was, now in pairs
            if now.has_groups
        )
    before, after = (_servers_with_own_group(each) for each in (old, new))
    for was, now in _pairs(before, after, same):
        found.append(RenamedWithoutId("server", was.key, now.key, was.identity, now.path))
    return tuple(found)


class _Thing(NamedTuple):
    """Something declared under a key, and the marks by which it is known under another one."""

    key: str
    identity: str
    path: Path
    marks: frozenset[_Mark]
    has_groups: bool = True


def _pairs(
    before: Mapping[str, _Thing], after: Mapping[str, _Thing], same: Mapping[str, str]
) -> Iterator[tuple[_Thing, _Thing]]:
    """What is gone with what is new and has the most marks of it, each once.

    `same` says of networks and sites that look renamed which ones they were.
    """
    gone = [each for key, each in before.items() if key not in after]
    new = {key: each for key, each in after.items() if key not in before}
    by_mark: defaultdict[_Mark, list[str]] = defaultdict(list)
    for key, each in new.items():
        for mark in each.marks:
            by_mark[_as_before(mark, same)].append(key)
    shared = [
        (number, was, key)
        for was in gone
        for key, number in Counter(k for mark in was.marks for k in by_mark.get(mark, ())).items()
    ]
    taken: set[str] = set()
    for _, was, key in sorted(shared, key=lambda each: (-each[0], each[1].key, each[2])):
        if was.identity not in taken and key in new:
            taken.add(was.identity)
            yield was, new.pop(key)


def _as_before(mark: _Mark, same: Mapping[str, str]) -> _Mark:
    return tuple(same.get(each, each) if isinstance(each, str) else each for each in mark)


def _declared(inventory: Inventory, field: str) -> dict[str, _Thing]:
    """The networks or the sites of a topology, by identity."""
    found: dict[str, _Thing] = {}
    declared: Mapping[str, models.Network | models.Site] = getattr(inventory.topology, field)
    for key, each in declared.items():
        if isinstance(each, models.Network):
            marks: set[_Mark] = {
                (each.platform, range_) for range_ in (*each.internal, *each.perimeter)
            }
            groups = each.platform is not models.Platform.EXTERNAL
        else:
            there = [server for server in inventory.servers if server.site == key]
            # Sites share domain controllers, so these tell only sites without servers.
            marks = {*(_names_and_addresses(there) if there else _neighbors(each))}
            groups = any(server.managed for server in there)
        name = identity(key, each)
        found[name] = _Thing(key, name, (field, key), frozenset(marks), groups)
    return found


def _neighbors(site: models.Site) -> Iterator[_Mark]:
    for neighbors in (site.domain_controllers, site.lync, site.other_exchange):
        yield from () if neighbors is None else ((each,) for each in neighbors.addresses)


def _names_and_addresses(servers: Iterable[ExchangeServer]) -> Iterator[_Mark]:
    for server in servers:
        yield ("server", server.identity)
        yield from ((address,) for address in server.declared_addresses)


#: The kinds of group that are named after one server.
_OF_A_SERVER: Final = frozenset(
    (GroupKind.SERVER, GroupKind.EDGESYNC_SERVER, GroupKind.EDGE_SERVER)
)


def _servers_with_own_group(inventory: Inventory) -> dict[str, _Thing]:
    """Every server by identity; marks only where a group is named after it."""
    found: dict[str, _Thing] = {}
    for server in inventory.servers:
        marks: set[_Mark] = set()
        if server.managed and any(group.kind in _OF_A_SERVER for group in server.groups):
            network = f"network.{server.network}"
            marks = {(network, address) for address in server.declared_addresses}
            if not marks:
                # Without an address: a server of the same roles at the same site.
                site = inventory.topology.sites.get(server.site)
                place = f"site.{identity(server.site, site)}"
                marks = {(network, place, tuple(sorted(server.roles)))}
        found[server.identity] = _Thing(server.name, server.identity, server.path, frozenset(marks))
    return found
