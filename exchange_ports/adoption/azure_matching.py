"""Which of what exists in a resource group is which of what is wanted there.

Azure knows a group by its resource group and name, whose case means nothing; what another name has
is another group (azure.md 1, 5).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from exchange_ports.adoption.azure_existing import ExistingAzure, ExistingRule, Resource
from exchange_ports.adoption.expected import AzureNetworkExpectation, ExpectedResource
from exchange_ports.adoption.state import State
from exchange_ports.adoption.statuses import Found, ResourceStatus, ResourceVerdict
from exchange_ports.clouds.azure.rules import (
    Anything,
    Direction,
    GroupRef,
    NetworkSecurityGroup,
    Prefixes,
    SecurityRule,
    Side,
)
from exchange_ports.traffic.ports import Protocol

__all__ = ["in_resource_group", "rule_as_it_would_stand"]

_PROTOCOLS: Final = {
    Protocol.ANY: "*",
    Protocol.TCP: "tcp",
    Protocol.UDP: "udp",
    Protocol.ICMP: "icmp",
    Protocol.ICMPV6: "icmp",
    Protocol.ESP: "esp",
    Protocol.AH: "ah",
}
_DIRECTIONS: Final = {Direction.IN: "inbound", Direction.OUT: "outbound"}

_NSGS: Final = "networkSecurityGroups"
_ASGS: Final = "applicationSecurityGroups"


def in_resource_group(
    place: AzureNetworkExpectation, there: ExistingAzure, state: State, told: Mapping[str, str]
) -> Found:
    """How everything that is wanted in a resource group stands.

    `told` has the ids of what people made, by the logical name that it shall have.
    """
    matching = _Matching(place, state, told)
    verdicts = [
        matching.one(place.asg(group), there.asgs, _ASGS) for group in place.plan.application_groups
    ]
    for group in place.plan.groups:
        verdict = matching.one(place.nsg(group), there.nsgs, _NSGS)
        if verdict.stand is ResourceStatus.IMPORT:
            found = there.nsgs[verdict.id.lower()]
            edits = (*verdict.edits, *_of_rules(place, group, found))
            verdict = ResourceVerdict(verdict.wanted, ResourceStatus.IMPORT, verdict.id, edits)
        verdicts.append(verdict)
    return Found(place.network, place.urn, tuple(verdicts))


class _Matching:
    def __init__(
        self, place: AzureNetworkExpectation, state: State, told: Mapping[str, str]
    ) -> None:
        self._place = place
        self._told = told
        self._held = state.by_urn()
        self._holders = state.holders()

    def one(
        self, wanted: ExpectedResource, there: Mapping[str, Resource], type_: str
    ) -> ResourceVerdict:
        """How a group stands."""
        told = self._told.get(wanted.name)
        held = self._held.get(wanted.urn)
        if held is not None:
            if held.id.lower() not in there:
                return ResourceVerdict(wanted, ResourceStatus.GONE, held.id)
            if told is not None and told.lower() != held.id.lower():
                return ResourceVerdict(wanted, ResourceStatus.BLOCKED, told, because=(held.id,))
            return ResourceVerdict(wanted, ResourceStatus.KNOWN, held.id)
        named = [each for each in there.values() if self._is(wanted, each)]
        if told is not None:
            named = [there[told.lower()]]
        if not named:
            return ResourceVerdict(wanted, ResourceStatus.MISSING)
        if len(named) > 1:
            ids = [each.id for each in named]
            return ResourceVerdict(wanted, ResourceStatus.SEVERAL, ids[0], because=tuple(ids[1:]))
        return self._free(wanted, named[0], type_)

    def _free(self, wanted: ExpectedResource, found: Resource, type_: str) -> ResourceVerdict:
        """How a group stands that the state does not have."""
        if (holder := self._holders.get(found.id.lower())) is not None:
            return ResourceVerdict(
                wanted, ResourceStatus.HELD, found.id, because=(str(holder.urn),)
            )
        if because := tuple(self._replaces(wanted, found)):
            return ResourceVerdict(wanted, ResourceStatus.REPLACED, found.id, because=because)
        # As the program spells it: what an import takes out of the id is compared letter by letter.
        id_ = (
            f"/subscriptions/{found.subscription}/resourceGroups/{self._place.resource_group}"
            f"/providers/Microsoft.Network/{type_}/{wanted.name}"
        )
        return ResourceVerdict(
            wanted, ResourceStatus.IMPORT, id_, _retagged(self._place.tags, found.tags)
        )

    def _is(self, wanted: ExpectedResource, each: Resource) -> bool:
        here = self._place
        return (
            each.name.lower() == wanted.name.lower()
            and each.resource_group.lower() == here.resource_group.lower()
            and here.subscription in (None, each.subscription)
        )

    def _replaces(self, wanted: ExpectedResource, found: Resource) -> Iterator[str]:
        if found.name.lower() != wanted.name.lower():
            yield f"its name is {found.name}"
        if found.resource_group.lower() != self._place.resource_group.lower():
            yield f"it is in the resource group {found.resource_group}"
        if _plain(found.location) != _plain(self._place.location):
            yield f"it is in {found.location}"


def _plain(location: str) -> str:
    """A region without what means nothing in it (azure-native's `normalizedLocation`)."""
    return location.replace(" ", "").lower()


def _retagged(wanted: Mapping[str, str], found: Mapping[str, str]) -> tuple[str, ...]:
    changed = {key for key in {**wanted, **found} if wanted.get(key) != found.get(key)}
    return (f"changes its tags {', '.join(sorted(changed))}",) if changed else ()


def _of_rules(
    place: AzureNetworkExpectation, group: NetworkSecurityGroup, found: Resource
) -> Iterator[str]:
    """What the one PUT after an import changes in a network security group."""
    wanted = [rule_as_it_would_stand(place, rule, found.subscription) for rule in group.rules]
    old = {each.name: each for each in found.rules}
    new = {each.name: each for each in wanted}
    for verb, names in (
        ("takes away the rule", sorted(old.keys() - new.keys())),
        ("adds the rule", sorted(new.keys() - old.keys())),
        (
            "changes the rule",
            sorted(one for one in old.keys() & new.keys() if old[one] != new[one]),
        ),
    ):
        for name in names:
            yield f"{verb} {name}"
    if list(found.rules) != wanted and old == new:
        yield "puts it once more, as its rules are listed in another order"
    elif not found.rules and not wanted:
        # An import takes no empty list for written (azure.md 5).
        yield "puts it once more, as it has no rules"


def rule_as_it_would_stand(
    place: AzureNetworkExpectation, rule: SecurityRule, subscription: str
) -> ExistingRule:
    """A planned rule as Azure would print it, with what means nothing evened out."""
    ranges = tuple(str(range_) for range_ in rule.ports.ranges) or ("*",)
    return ExistingRule(
        rule.name,
        (
            rule.priority,
            _DIRECTIONS[rule.direction],
            rule.access.value,
            _PROTOCOLS[rule.ports.protocol],
            rule.description,
            ("*",),
            ranges,
            _side(place, rule.source, subscription),
            _side(place, rule.destination, subscription),
        ),
    )


def _side(place: AzureNetworkExpectation, side: Side, subscription: str) -> Sequence[str]:
    if isinstance(side, GroupRef):
        group = (
            f"/subscriptions/{subscription}/resourceGroups/{place.resource_group}"
            f"/providers/Microsoft.Network/{_ASGS}/{place.urn.name}-{side.key}"
        )
        return (group.lower(),)
    if isinstance(side, Prefixes):
        return tuple(str(range_) for range_ in side.ranges)
    return ("*",) if isinstance(side, Anything) else (side.name,)
