"""Who is there before an update and after it: the network interfaces behind the filters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Final, Literal, NamedTuple, TypeAlias

from exchange_ports.aws.rules import RuleSet as AwsRuleSet
from exchange_ports.plans import NetworkPlan, Plans
from exchange_ports.topology.groups import identity, wearers
from exchange_ports.topology.models import Topology
from exchange_ports.traffic.addresses import Address

__all__ = ["Body", "Membership", "Worn", "bodies", "place_of"]

#: Whether an interface wears what it wore, or what it will wear.
Membership: TypeAlias = Literal["before", "after"]

#: Class E is nobody's (RFC 1112 4): it stands for addresses that are not declared.
_FIRST_PLACEHOLDER: Final = int(IPv4Address("240.0.0.1"))


class Worn(NamedTuple):
    """The groups on an interface, and the zone that it stands in (Azure)."""

    groups: tuple[str, ...]
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A managed server's interface: what it wears before and after, None where it is not there.

    A server whose address changes is two: one goes, the other comes.
    """

    name: str
    #: The network and its cloud, as `place_of` says them.
    place: str
    addresses: tuple[Address, ...]
    before: Worn | None
    after: Worn | None

    def wears(self, membership: Membership) -> Worn | None:
        """What it wears then."""
        return self.before if membership == "before" else self.after

    @property
    def moves(self) -> bool:
        """Whether it comes, goes, or changes groups."""
        return self.before != self.after

    @property
    def key(self) -> tuple[str, str, tuple[Address, ...]]:
        """Which one it is."""
        return (self.place, self.name, self.addresses)


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    identity: str
    place: str
    addresses: tuple[Address, ...]
    worn: Worn


def place_of(plan: NetworkPlan) -> str:
    """A network and its cloud: in another cloud it is another network."""
    return f"{plan.network} on {'AWS' if isinstance(plan, AwsRuleSet) else 'Azure'}"


def bodies(old: Plans, new: Plans) -> tuple[Body, ...]:
    """Everyone who wears something of ours before or after, matched by identity, then by address."""
    before, after = list(_found(old)), list(_found(new))
    pairs: list[tuple[_Found | None, _Found | None]] = []
    for same in (_same_server, _same_place):
        for one in list(before):
            other = next((each for each in after if same(one, each)), None)
            if other is not None:
                pairs.append((one, other))
                before.remove(one)
                after.remove(other)
    pairs += [(one, None) for one in before]
    pairs += [(None, other) for other in after]
    made = sorted(map(_body, pairs), key=lambda body: (body.place, body.name, body.before is None))
    return tuple(_placed(made))


def _same_server(one: _Found, other: _Found) -> bool:
    same = (one.place, one.identity) == (other.place, other.identity)
    return same and (one.addresses == other.addresses or not (one.addresses and other.addresses))


def _same_place(one: _Found, other: _Found) -> bool:
    here = one.place == other.place
    return here and bool(one.addresses) and one.addresses == other.addresses


def _body(pair: tuple[_Found | None, _Found | None]) -> Body:
    there = [each for each in pair if each is not None]
    addresses = next((each.addresses for each in there if each.addresses), ())
    before, after = (None if each is None else each.worn for each in pair)
    return Body(there[-1].name, there[-1].place, addresses, before, after)


def _placed(made: list[Body]) -> Iterator[Body]:
    placeholder = _FIRST_PLACEHOLDER
    for body in made:
        if body.addresses:
            yield body
            continue
        yield replace(body, addresses=(IPv4Address(placeholder),))
        placeholder += 1


def _found(plans: Plans) -> Iterator[_Found]:
    identities = _identities(plans.topology)
    at = {
        wearer.name: tuple(range_.network_address for range_ in wearer.addresses)
        for wearer in wearers(plans.topology)
    }
    for plan in plans.networks.values():
        for name, worn in plan.wears.items():
            yield _Found(
                name,
                identities[name],
                place_of(plan),
                at[name],
                Worn(worn, _zone(plan, name)),
            )


def _zone(plan: NetworkPlan, name: str) -> str:
    zones: Mapping[str, str] = getattr(plan, "zones", {})
    return str(zones.get(name, ""))


def _identities(topology: Topology) -> dict[str, str]:
    found = {
        key: identity(key, server)
        for site in topology.sites.values()
        for key, server in site.servers.items()
    }
    return found | {key: identity(key, edge) for key, edge in topology.edge_servers.items()}
