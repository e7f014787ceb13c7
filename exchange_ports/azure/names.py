"""Names and priorities of Azure rules: pure functions of what a rule says.

A rule's identity is its direction, protocol, ports and the logical names of both sides. A priority
is a band plus a hash of that identity, so it does not depend on which other rules exist, except on
collision. Names begin with the priority, so that sorted by name the rules stand in the order in
which Azure evaluates them, and a refresh reorders nothing (azure.md 5).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, NamedTuple

from exchange_ports.azure.rules import Access, Direction

__all__ = ["BANDS", "Band", "Identity", "priorities", "rule_name"]

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
#: whole range (azure.md 1). Fabric and flows have room for all 1,000 rules that a group may hold, so
#: a plan whose band is full is over that limit too, and is refused for it.
BANDS: Final = {
    "probe": Band(100, 199),
    "fabric": Band(200, 1199),
    "flows": Band(1200, 3999),
    "denies": Band(4000, 4096),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a rule the rule it is."""

    band: str
    direction: Direction
    access: Access
    protocol: str
    ports: str
    source: str
    destination: str

    def hash(self, turn: int) -> int:
        """A number that depends on the identity and the turn alone."""
        said = "\n".join(
            (self.direction, self.protocol, self.ports, self.source, self.destination, str(turn))
        )
        return int.from_bytes(blake2b(said.encode(), digest_size=8).digest(), "big")

    @property
    def order(self) -> tuple[int, str, str, str, str]:
        """Who comes first when two want one priority: decided by another hash."""
        return (self.hash(1), self.protocol, self.ports, self.source, self.destination)


def priorities(identities: Iterable[Identity]) -> dict[Identity, int]:
    """A priority for each rule of one network security group, unique in its direction.

    Who comes first at a collision is decided by a second hash, and the other takes the next free
    priority of the band. A rule for which the band has no room is left out.
    """
    taken: dict[Direction, set[int]] = {direction: set() for direction in Direction}
    given: dict[Identity, int] = {}
    for identity in sorted(set(identities), key=lambda each: each.order):
        band = BANDS[identity.band]
        used = taken[identity.direction]
        start = identity.hash(0) % band.size
        for step in range(band.size):
            priority = band.first + (start + step) % band.size
            if priority not in used:
                used.add(priority)
                given[identity] = priority
                break
    return given


_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")


def rule_name(identity: Identity, priority: int) -> str:
    """The physical name of a rule: `in-1234-tcp-25-edge.hq-to-mailbox.hq`.

    Longer ones are cut and closed by a hash of what was cut off.
    """
    says = f"{identity.protocol}-{identity.ports}-{identity.source}-to-{identity.destination}"
    if identity.access is Access.DENY:
        says = f"deny-{says}"
    name = f"{identity.direction}-{priority:04d}-{_UNSAFE.sub('-', says)}"
    if len(name) <= RULE_NAME_LENGTH:
        return name
    digest = blake2b(says.encode(), digest_size=_HASH_LENGTH // 2).hexdigest()
    return f"{name[: RULE_NAME_LENGTH - _HASH_LENGTH - 1]}-{digest}"
