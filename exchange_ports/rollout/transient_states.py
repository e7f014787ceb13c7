"""The states of one network's cloud on the way from one rule set to another: the extremal ones.

Which rules can be there together depends on the cloud and stands in its `transitions`; which groups
servers are in at each moment is said here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import Cloud, RuleSet, WhenMembers
from exchange_ports.rollout.update import Membership, ServerInterface

#: The groups of servers in a state. `before` and `after`: all of them those from before, or after.
#: `changing`: each either. In three phases instead: `leaving`, those that go, and no others, may be
#: gone; `joining`, those that change their groups may be in both; `shedding`, they may have taken off
#: the old ones, and those that come may be there.
Memberships: TypeAlias = Literal["before", "changing", "leaving", "joining", "shedding", "after"]

_Possible: TypeAlias = tuple[Membership, ...]
_STAYING: Final[Mapping[Memberships, _Possible]] = {
    "before": ("before",),
    "changing": ("before", "after"),
    "leaving": ("before",),
    "joining": ("before", "both"),
    "shedding": ("both", "after"),
    "after": ("after",),
}
_GOING: Final[Mapping[Memberships, _Possible]] = {
    **_STAYING,
    "leaving": ("before", "after"),
    "joining": ("after",),
    "shedding": ("after",),
}


@dataclass(frozen=True, slots=True)
class TransientState:
    """One state of a network: the step of the update that it is in, the rules, and the groups of servers."""

    step: int
    summary: str
    rules: RuleSet
    memberships: Memberships

    def memberships_of(self, interface: ServerInterface) -> _Possible:
        """The groups that a server may be in, if it is there at all."""
        return (_GOING if interface.goes else _STAYING)[self.memberships]


def standing(step: int, rules: RuleSet, memberships: Memberships) -> Iterator[TransientState]:
    """A network whose rules do not change while servers change their groups."""
    yield TransientState(step, "while servers change their groups", rules, memberships)


def transition(
    step: int,
    old: RuleSet,
    new: RuleSet,
    memberships: tuple[Memberships, Memberships],
) -> Iterator[TransientState]:
    """One run of the engine from `old` to `new`.

    `memberships` are the groups of servers while things are created and edited, and while what is no
    longer wanted is deleted; where these differ, servers change their groups in between.

    :raises TypeError: the two are of different clouds.
    """
    first, last = memberships
    when: Mapping[WhenMembers, Memberships] = {
        "before": first,
        "changing": "changing",
        "after": last,
    }
    transitions = _one_cloud(old, new).transitions
    for state in transitions.transient_states(old, new, memberships_change=first != last):
        yield TransientState(step, state.summary, state.rules, when[state.members])


def merged(old: RuleSet, new: RuleSet, keep: Callable[[str], tuple[bool, bool]]) -> RuleSet:
    """A rule set with the rules of both that `keep` names for each group, with the memberships from before.

    :raises TypeError: the two are of different clouds.
    """
    return _one_cloud(old, new).transitions.merged(old, new, keep)


def trimmed(old: RuleSet, new: RuleSet) -> RuleSet:
    """The old rules but for those that must go before anything else changes; memberships as before."""
    return cloud_of(old).transitions.trimmed(old, new)


def _one_cloud(old: RuleSet, new: RuleSet) -> Cloud[Any]:
    if old.platform is not new.platform:
        raise TypeError("a network cannot be in two clouds")
    return cloud_of(new)
