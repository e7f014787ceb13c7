"""Who is there before an update and after it: the network interfaces behind the filters."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Literal, NamedTuple, TypeAlias

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import RuleSet
from exchange_ports.pipeline import Plans
from exchange_ports.topology.inventory import matched
from exchange_ports.traffic.addresses import FIRST_PLACEHOLDER, Address

__all__ = ["ServerInterface", "Membership", "InterfaceState", "server_interfaces", "network_name"]

#: What a server wears: what it wore, all of what it wore and will wear, or what it will wear.
Membership: TypeAlias = Literal["before", "both", "after"]


class InterfaceState(NamedTuple):
    """The groups on a server's interfaces, their addresses, and their zone (Azure)."""

    groups: tuple[str, ...]
    addresses: tuple[Address, ...]
    zone: str = ""


@dataclass(frozen=True, slots=True)
class ServerInterface:
    """A managed server: what it wears before and after, None where it is not there."""

    name: str
    #: Keeps a server one server where it gets another name or another address.
    identity: str
    #: The network and its cloud, as `place_of` says them.
    place: str
    before: InterfaceState | None
    after: InterfaceState | None

    def wears(self, membership: Membership) -> InterfaceState | None:
        """What it wears then. With `both`, whoever goes is gone and whoever comes is not there."""
        if membership == "both":
            if self.before is None or self.after is None:
                return None
            groups = dict.fromkeys((*self.after.groups, *self.before.groups))
            return self.before._replace(groups=tuple(groups))
        return self.before if membership == "before" else self.after

    @property
    def comes(self) -> bool:
        """Whether it was not there before."""
        return self.before is None

    @property
    def goes(self) -> bool:
        """Whether it is not there afterwards."""
        return self.after is None

    @property
    def moves(self) -> bool:
        """Whether it comes, goes, or changes groups or addresses."""
        return self.before != self.after

    @property
    def key(self) -> tuple[str, str]:
        """Which one it is."""
        return (self.place, self.identity)


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    identity: str
    place: str
    worn: InterfaceState


def network_name(plan: RuleSet) -> str:
    """A network and its cloud: in another cloud it is another network."""
    return f"{plan.network} on {cloud_of(plan).name}"


def server_interfaces(old: Plans, new: Plans) -> tuple[ServerInterface, ...]:
    """Everyone who wears something of ours before or after, matched by identity, then by address."""
    pairs = matched(_found(old), _found(new), (_server, _standing))
    made = sorted(map(_body, pairs), key=lambda body: (body.place, body.name, body.before is None))
    return tuple(_placed(made))


def _server(one: _Found) -> object:
    return one.place, one.identity


def _standing(one: _Found) -> object:
    return (one.place, one.worn.addresses) if one.worn.addresses else None


def _body(pair: tuple[_Found | None, _Found | None]) -> ServerInterface:
    there = [each for each in pair if each is not None]
    before, after = (None if each is None else each.worn for each in pair)
    return ServerInterface(there[-1].name, there[-1].identity, there[-1].place, before, after)


def _placed(made: list[ServerInterface]) -> Iterator[ServerInterface]:
    """Whoever declares no address gets one, or keeps the one that is declared at another time."""
    placeholder = FIRST_PLACEHOLDER
    for body in made:
        worn = [each for each in (body.before, body.after) if each is not None]
        known = next((each.addresses for each in worn if each.addresses), ())
        if not known:
            known = (IPv4Address(placeholder),)
            placeholder += 1
        before, after = (
            each._replace(addresses=each.addresses or known) if each else None
            for each in (body.before, body.after)
        )
        yield replace(body, before=before, after=after)


def _found(plans: Plans) -> Iterator[_Found]:
    servers = plans.inventory.by_name
    for plan in plans.networks.values():
        for name, groups in plan.memberships.items():
            worn = InterfaceState(
                groups, servers[name].declared_addresses, str(plan.zones.get(name, ""))
            )
            yield _Found(name, servers[name].identity, network_name(plan), worn)
