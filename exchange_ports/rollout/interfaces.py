"""Who is there before an update and after it: the network interfaces behind the filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from exchange_ports.clouds import cloud
from exchange_ports.clouds.base import RuleSet
from exchange_ports.pipeline import Plans
from exchange_ports.topology.inventory import ExchangeServer, match_servers, with_addresses
from exchange_ports.traffic.addresses import Address

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


def network_name(one: RuleSet | ExchangeServer) -> str:
    """A network and its cloud: in another cloud it is another network."""
    return f"{one.network} on {cloud(one.platform).name}"


def server_interfaces(old: Plans, new: Plans) -> tuple[ServerInterface, ...]:
    """Everyone who wears something of ours before or after, matched by identity, then by address."""
    before, after = (
        {name: plan for plan in plans.networks.values() for name in plan.memberships}
        for plans in (old, new)
    )
    pairs = match_servers(
        (old.inventory.by_name[name] for name in before),
        (new.inventory.by_name[name] for name in after),
        network_name,
    )
    pairs.sort(key=lambda pair: (network_name(pair.latest), pair.latest.name, pair.before is None))
    return tuple(
        ServerInterface(
            pair.latest.name,
            pair.latest.identity,
            network_name(pair.latest),
            _state(pair.before, before),
            _state(pair.after, after),
        )
        for pair in with_addresses(pairs)
    )


def _state(server: ExchangeServer | None, plans: Mapping[str, RuleSet]) -> InterfaceState | None:
    if server is None:
        return None
    plan = plans[server.name]
    zone = str(plan.zones.get(server.name, ""))
    return InterfaceState(plan.memberships[server.name], server.addresses, zone)
