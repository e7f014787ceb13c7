"""Names and priorities of Azure rules: pure functions of what a rule says.

A rule's identity is its direction, protocol, ports and the logical names of both sides. A priority
is a band plus a hash of that identity, so it does not depend on which other rules exist, except on
collision. Names begin with the priority, so that sorted by name the rules stand in the order in
which Azure evaluates them, and a refresh reorders nothing (azure.md 5).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from typing import Final, NamedTuple

from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.base import Direction, PlannedResource

#: Rule names have at most 80 characters (azure.md 1; checked in `limits` too).
RULE_NAME_LENGTH: Final = 80
_HASH_LENGTH: Final = 8


class Band(NamedTuple):
    """Priorities from `first` to `last`. Released bands are a promise: they never move."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many priorities it has."""
        return self.last - self.first + 1


#: All allows before all denies, so the order inside a band never matters. 100 to 4096 is Azure's
#: whole range (azure.md 1). The bands of internal servers and of flows have room for all 1,000 rules that a group may hold, so
#: a plan whose band is full is over that limit too, and is refused for it.
BANDS: Final = {
    "probe": Band(100, 199),
    "internal": Band(200, 1199),
    "flows": Band(1200, 3999),
    "denies": Band(4000, 4096),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a rule the rule it is."""

    band: str
    direction: Direction
    access: azure.Access
    protocol: str
    ports: str
    source: str
    destination: str

    def __hash__(self) -> int:
        # Enums hash slowly, and these tell nearly all rules apart.
        return hash((self.protocol, self.ports, self.source, self.destination))

    def hash(self, turn: int) -> int:
        """A number that depends on the identity and the turn alone."""
        content = "\n".join(
            (self.direction, self.protocol, self.ports, self.source, self.destination, str(turn))
        )
        return int.from_bytes(blake2b(content.encode(), digest_size=8).digest(), "big")

    @property
    def order(self) -> tuple[int, str, str, str, str, str, str]:
        """Who comes first when two want one priority: decided by another hash."""
        return (
            self.hash(1),
            self.protocol,
            self.ports,
            self.source,
            self.destination,
            self.band,
            self.access,
        )


def priorities(identities: Iterable[Identity]) -> dict[Identity, int]:
    """A priority for each rule of one network security group, unique in its direction.

    Who comes first at a collision is decided by a second hash, and the other takes the next free
    priority of the band. Rules for which the band has no room go beyond all bands, counting on from
    the last: Azure takes none of those priorities, and a plan that has one is over a limit.
    """
    places = {
        (direction, name): _Places(band) for direction in Direction for name, band in BANDS.items()
    }
    beyond = {direction: count(_LAST + 1) for direction in Direction}
    given: dict[Identity, int] = {}
    for identity in sorted(set(identities), key=lambda each: each.order):
        priority = places[identity.direction, identity.band].take(identity.hash(0))
        given[identity] = next(beyond[identity.direction]) if priority is None else priority
    return given


class _Places:
    """The free priorities of one band."""

    def __init__(self, band: Band) -> None:
        self._band = band
        #: Where to look on from a place that is taken; a free one is not in it.
        self._next: dict[int, int] = {}

    def take(self, number: int) -> int | None:
        """The first free priority from a number's place on, or none: then all are taken."""
        band = self._band
        if len(self._next) == band.size:
            return None
        passed: list[int] = []
        place = number % band.size
        while place in self._next:
            passed.append(place)
            place = self._next[place]
        # Whoever comes to one of these later is here at once: a full band takes no longer.
        for each in (*passed, place):
            self._next[each] = (place + 1) % band.size
        return band.first + place


#: Azure's highest priority (azure.md 1).
_LAST: Final = max(band.last for band in BANDS.values())


_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")


def rule_name(identity: Identity, priority: int) -> str:
    """The physical name of a rule: `in-1234-tcp-25-edge.hq-to-mailbox.hq`.

    Longer ones are cut and closed by a hash of what was cut off.
    """
    summary = f"{identity.protocol}-{identity.ports}-{identity.source}-to-{identity.destination}"
    if identity.access is azure.Access.DENY:
        summary = f"deny-{summary}"
    name = f"{identity.direction}-{priority:04d}-{_UNSAFE.sub('-', summary)}"
    if len(name) <= RULE_NAME_LENGTH:
        return name
    digest = blake2b(summary.encode(), digest_size=_HASH_LENGTH // 2).hexdigest()
    return f"{name[: RULE_NAME_LENGTH - _HASH_LENGTH - 1]}-{digest}"


def band_of(priority: int) -> Band:
    """The band that holds a priority.

    :raises ValueError: none does.
    """
    for band in BANDS.values():
        if band.first <= priority <= band.last:
            return band
    raise ValueError(f"no band holds the priority {priority}")


_NUMBER: Final = re.compile(r"(?<=-)\d{4,}(?=-)")


def renumbered(name: str, priority: int) -> str:
    """A rule's name with another priority in it."""
    return _NUMBER.sub(f"{priority:04d}", name, count=1)


#: The types of resources that a rule set becomes.
NSG: Final = "azure-native:network:NetworkSecurityGroup"
ASG: Final = "azure-native:network:ApplicationSecurityGroup"


def resource(each: azure.NetworkSecurityGroup | azure.ApplicationGroup) -> PlannedResource:
    """The resource that a group becomes; its logical name is its physical one."""
    if isinstance(each, azure.ApplicationGroup):
        return PlannedResource("application security group", ASG, each.key)
    summary = tuple((rule, rule.description) for rule in each.rules)
    return PlannedResource("network security group", NSG, each.key, None, summary)


def planned_resources(rules: azure.AzureRuleSet) -> Iterator[PlannedResource]:
    """Every resource that a rule set becomes."""
    yield from map(resource, (*rules.application_groups, *rules.groups))


def counts(rules: azure.AzureRuleSet) -> tuple[tuple[int, str], ...]:
    """How many groups and rules there are."""
    return (
        (len(rules.groups), "network security group"),
        (sum(len(group.rules) for group in rules.groups), "rule"),
        (len(rules.application_groups), "application security group"),
    )


def as_data(rules: azure.AzureRuleSet) -> dict[str, object]:
    """Groups and rules as JSON-ready data."""
    return {
        "application_security_groups": [group.key for group in rules.application_groups],
        "network_security_groups": {
            group.zone.value: {rule.name: rule.description for rule in group.rules}
            for group in rules.groups
        },
    }
