"""Who is there before and after: one server stays one, whatever it is called and wherever it stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Final

from exchange_ports.findings import Path
from exchange_ports.pipeline import Plans
from exchange_ports.topology.groups import Group, group_members, identity
from exchange_ports.topology.matching import matched
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.addresses import FIRST_PLACEHOLDER, Address

__all__ = ["ServerChange", "ServerState", "pairs"]

_V6: Final = 6


@dataclass(frozen=True, slots=True)
class ServerState:
    """A server in one of both topologies."""

    name: str
    identity: str
    #: Where it is declared.
    path: Path
    platform: Platform
    in_perimeter: bool
    groups: tuple[Group, ...]
    addresses: tuple[Address, ...]
    #: Whether these are declared, and not made up.
    has_address: bool = True

    @property
    def managed(self) -> bool:
        """Whether its filter is ours."""
        return self.platform is not Platform.EXTERNAL


@dataclass(frozen=True, slots=True)
class ServerChange:
    """One server before and after; None where it is not there."""

    before: ServerState | None
    after: ServerState | None

    @property
    def seen(self) -> ServerState:
        """It as it is last seen."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a server is there before or after")
        return found


def pairs(old: Plans, new: Plans) -> tuple[ServerChange, ...]:
    """Every server, matched by identity, and then, in one network, by its addresses.

    Whoever declares no address keeps the one that is declared at the other time, or gets one that
    nobody has.
    """
    found = matched(_seen(old), _seen(new), (_identity, _place))
    found.sort(key=lambda pair: [one.name for one in reversed(pair) if one is not None])
    return tuple(_placed(found))


def _identity(one: ServerState) -> object:
    return one.identity


def _place(one: ServerState) -> object:
    return (one.groups[0].network, one.addresses) if one.addresses else None


def _placed(found: list[tuple[ServerState | None, ServerState | None]]) -> Iterator[ServerChange]:
    placeholder = FIRST_PLACEHOLDER
    for several in found:
        known = next((one.addresses for one in several if one is not None and one.addresses), ())
        # Where no address is declared, none is of IPv6 either: a rule may mean more by it (ICMP).
        if not known or any(own.version == _V6 for own in known):
            known = (IPv4Address(placeholder),)
            placeholder += 1
        yield ServerChange(*(one and _at(one, one.addresses or known) for one in several))


def _at(one: ServerState, addresses: tuple[Address, ...]) -> ServerState:
    return replace(one, addresses=addresses, has_address=bool(one.addresses))


def _seen(plans: Plans) -> Iterator[ServerState]:
    topology = plans.topology
    platforms: Mapping[str, Platform] = {
        identity(key, network): network.platform for key, network in topology.networks.items()
    }
    declared: dict[str, tuple[str, Path]] = {}
    for site, each in topology.sites.items():
        for key, server in each.servers.items():
            declared[key] = (identity(key, server), ("sites", site, "servers", key))
    for key, edge in topology.edge_servers.items():
        declared[key] = (identity(key, edge), ("edge_servers", key))
    for wearer in group_members(topology):
        known, path = declared[wearer.name]
        yield ServerState(
            wearer.name,
            known,
            path,
            platforms[wearer.network],
            wearer.in_perimeter,
            wearer.groups,
            wearer.hosts,
        )
