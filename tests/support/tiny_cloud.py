"""A third cloud, as small as a cloud can be: what a new one has to offer, in one file.

Groups of allow rules, stateful, addresses only, 20 rules a group. In place of a folder of `clouds/` this
module is every part of itself. It stands in for AWS, so that topologies can name it (`as_aws`).
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from typing import Any, Final

import pulumi

from exchange_ports.clouds import registered
from exchange_ports.clouds.base import (
    AllowRule,
    Cloud,
    Direction,
    Limit,
    NamedRule,
    NeighborEffect,
    PlannedResource,
    PlannedRule,
    RedundantRule,
    TransientRules,
    Use,
    Way,
    below,
    limit_findings,
    long_names,
)
from exchange_ports.findings import Finding
from exchange_ports.flows import Flow, Reason, by_address, described, in_order
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import Attachment, Platform, Zone
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Packet, Traffic

# ---- rules ----


@dataclass(frozen=True, slots=True)
class TinyRule:
    """Some ports from or to some addresses, at one group."""

    group: str
    reasons: tuple[Reason, ...]
    direction: Direction
    ports: Ports
    addresses: AddressSet

    @property
    def name(self) -> str:
        """What the rule is made of; other addresses make another rule."""
        digest = blake2b(str(self.addresses).encode(), digest_size=4).hexdigest()
        return f"{self.group}.{self.direction}.{self.ports}.{digest}".replace("/", "-")

    @property
    def services(self) -> ServiceSet:
        return ServiceSet.of(self.ports, 4)


@dataclass(frozen=True, slots=True)
class TinyRuleSet:
    """All that one network gets."""

    network: str
    member_groups: tuple[str, ...]
    memberships: Mapping[str, tuple[str, ...]]
    rules: tuple[TinyRule, ...]

    @property
    def zones(self) -> Mapping[str, Zone]:
        return {}

    @property
    def exclusive(self) -> bool:
        return False

    @property
    def platform(self) -> Platform:
        return Platform.AWS


# ---- plan ----


def compile_network(network: str, flows: Iterable[Flow], inventory: Inventory) -> TinyRuleSet:
    groups = {group.key: group for group in inventory.groups if group.network == network}
    wanted: dict[tuple[str, Direction, Ports], tuple[AddressSet, list[Reason]]] = defaultdict(
        lambda: (AddressSet(), [])
    )
    for flow in flows:
        for ours, theirs, direction in (
            (flow.source, flow.destination, Direction.OUT),
            (flow.destination, flow.source, Direction.IN),
        ):
            if isinstance(ours, Group) and ours.network == network:
                end = (
                    by_address(theirs, inventory.members.get(theirs, ()))
                    if isinstance(theirs, Group)
                    else theirs
                )
                key = (ours.key, direction, flow.ports)
                addresses, reasons = wanted[key]
                wanted[key] = (addresses | AddressSet.of(end.ranges), [*reasons, *flow.reasons])
    rules = [
        TinyRule(group, in_order(reasons), direction, ports, addresses)
        for (group, direction, ports), (addresses, reasons) in wanted.items()
        if addresses
    ]
    return TinyRuleSet(
        network,
        tuple(sorted(groups)),
        {
            server.name: tuple(group.key for group in server.groups)
            for server in inventory.in_network(network)
        },
        _sorted(rule for rule in rules if not any(_covers(other, rule, groups) for other in rules)),
    )


def _covers(other: TinyRule, rule: TinyRule, groups: Mapping[str, Group]) -> bool:
    return (
        other is not rule
        and other.direction is rule.direction
        and other.group in {rule.group, *groups[rule.group].implied_groups}
        and rule.addresses <= other.addresses
        and rule.services <= other.services
        and (other.group, other.services) != (rule.group, rule.services)
    )


def _sorted(rules: Iterable[TinyRule]) -> tuple[TinyRule, ...]:
    return tuple(sorted(rules, key=lambda rule: rule.name))


def check_neighbors(*_: object) -> Iterator[Finding]:
    return iter(())


def rules_at_neighbors(rules: TinyRuleSet, *_: object) -> TinyRuleSet:
    return empty(rules.network)


# ---- limits ----

_limit = partial(Limit, cloud="Tiny", cite="tests/support/tiny_cloud.py", checked="2026-11-29")
RULES_PER_GROUP: Final = _limit("tiny-rules-per-group", 20, "rules", "group", "declare fewer ports")
_NAME_LENGTH: Final = 100


def uses(rules: TinyRuleSet, _quotas: Mapping[str, int]) -> tuple[Use, ...]:
    return tuple(
        Use.summed(
            RULES_PER_GROUP,
            key,
            ((rule.reasons[0].summary, 1) for rule in rules.rules if rule.group == key),
        )
        for key in rules.member_groups
    )


def check(rules: TinyRuleSet, key: str | None, quotas: Mapping[str, int]) -> Iterator[Finding]:
    return limit_findings(key or rules.network, uses(rules, quotas))


def check_change(*_: object) -> Iterator[Finding]:
    """Nothing."""
    return iter(())


def check_quotas(_quotas: Mapping[str, int], _key: str) -> Iterator[Finding]:
    return iter(())


def check_component_name(_name: str) -> Iterator[Finding]:
    return iter(())


def check_names(prefix: str, rules: TinyRuleSet) -> Iterator[Finding]:
    names = (below(prefix, each.name) for each in planned_resources(rules))
    return long_names(names, _NAME_LENGTH, "Tiny")


# ---- evaluator ----


class TinyEvaluator:
    def __init__(self, plan: TinyRuleSet) -> None:
        self._plan = plan
        self._known: dict[tuple[tuple[str, ...], Way], Traffic] = {}

    @property
    def places(self) -> frozenset[Attachment]:
        return frozenset({Attachment.NETWORK_INTERFACES})

    @property
    def rules(self) -> int:
        return len(self._plan.rules)

    @property
    def always(self) -> Mapping[Way, Traffic]:
        return {"in": Traffic(), "out": Traffic()}

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        groups = self._plan.memberships[server]
        if (groups, way) not in self._known:
            self._known[groups, way] = Traffic.of(
                (rule.addresses, rule.services) for rule in self._of(groups, way)
            )
        return self._known[groups, way]

    def elsewhere(self, server: str, way: Way, own: Address) -> Traffic:
        return self.permitted(server, way, own)

    def decided(
        self, server: str, way: Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        named = tuple(
            NamedRule(rule.name, rule.reasons)
            for rule in self._of(self._plan.memberships[server], way)
            if packet.address in rule.addresses and packet.service in rule.services
        )
        return bool(named), named

    def harm(self, zone: str, way: Way, others: AddressSet) -> Iterator[NeighborEffect]:
        return iter(())

    def written(self) -> Iterator[AllowRule]:
        for rule in self._plan.rules:
            way: Way = "in" if rule.direction is Direction.IN else "out"
            yield AllowRule(rule.name, "", rule.group, way, None, rule.addresses, rule.services)

    def planned_rules(self) -> Iterator[PlannedRule]:
        for rule in self._plan.rules:
            yield PlannedRule(
                self._plan.network,
                "",
                rule.name,
                rule.group,
                "in" if rule.direction is Direction.IN else "out",
                rule.ports,
                rule.addresses,
                "",
                True,
                described(rule.reasons, 200),
                rule.reasons,
            )

    def shadowed(self, implied_groups: Mapping[str, Iterable[str]]) -> Iterator[RedundantRule]:
        return iter(())

    def _of(self, groups: Collection[str], way: Way) -> Iterator[TinyRule]:
        return (r for r in self._plan.rules if r.group in groups and r.direction.value == way)


def evaluator(
    rules: TinyRuleSet, _members: Mapping[str, AddressSet], _space: AddressSet
) -> TinyEvaluator:
    return TinyEvaluator(rules)


# ---- names ----


def planned_resources(rules: TinyRuleSet) -> Iterator[PlannedResource]:
    for key in rules.member_groups:
        yield PlannedResource("group", "tiny:index:Group", key)
    for rule in rules.rules:
        yield PlannedResource("rule", "tiny:index:Rule", rule.name)


def counts(rules: TinyRuleSet) -> tuple[tuple[int, str], ...]:
    return (len(rules.member_groups), "group"), (len(rules.rules), "rule")


def as_data(rules: TinyRuleSet) -> dict[str, object]:
    return {
        "groups": list(rules.member_groups),
        "rules": {rule.name: described(rule.reasons, 200) for rule in rules.rules},
    }


# ---- transitions: every rule is added before one is removed ----


def empty(network: str) -> TinyRuleSet:
    return TinyRuleSet(network, (), {}, ())


def merged(
    old: TinyRuleSet, new: TinyRuleSet, keep: Callable[[str], tuple[bool, bool]]
) -> TinyRuleSet:
    rules = {r.name: r for r in old.rules if keep(r.group)[0]}
    rules |= {r.name: r for r in new.rules if keep(r.group)[1]}
    groups = tuple(sorted({*old.member_groups, *new.member_groups}))
    return replace(old, member_groups=groups, rules=_sorted(rules.values()))


def trimmed(old: TinyRuleSet, _new: TinyRuleSet) -> TinyRuleSet:
    return old


def transient_states(
    old: TinyRuleSet, new: TinyRuleSet, *, memberships_change: bool
) -> Iterator[TransientRules]:
    both = merged(old, new, lambda _: (True, True))
    for summary, rules in (
        ("before the first rule is added", replace(both, rules=old.rules)),
        ("when every rule is added", both),
    ):
        yield TransientRules(summary, rules, "before")
    if memberships_change:
        yield TransientRules("when servers change their groups", both, "changing")
    yield TransientRules("when every rule is added", both, "after")
    yield TransientRules("at its end", new, "after")


def holding(old: TinyRuleSet, new: TinyRuleSet) -> TinyRuleSet:
    return new


def zones_left(old: TinyRuleSet, new: TinyRuleSet) -> Iterator[Zone]:
    return iter(())


def with_memberships(
    rules: TinyRuleSet, memberships: Mapping[str, tuple[str, ...]], _zones: Mapping[str, str]
) -> TinyRuleSet:
    known = {
        who: tuple(key for key in groups if key in rules.member_groups)
        for who, groups in memberships.items()
    }
    return replace(rules, memberships=known)


def without(rules: TinyRuleSet, gone: frozenset[tuple[str, str]]) -> TinyRuleSet:
    return replace(rules, rules=tuple(r for r in rules.rules if ("", r.name) not in gone))


def reattached(
    _old: TinyRuleSet, _new: TinyRuleSet
) -> Iterator[tuple[Zone, Attachment, Attachment]]:
    return iter(())


# ---- resources ----


class TinyNetwork(pulumi.ComponentResource):
    servers: dict[str, Any]
    groups: dict[str, Any]
    zones: dict[str, Any]

    def __init__(
        self,
        name: str,
        rules: TinyRuleSet,
        tags: Mapping[str, Any] | None,
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        super().__init__(CLOUD.network_type, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        made = {
            each.name: pulumi.CustomResource(
                each.token, below(name, each.name), {"tags": tags or {}}, child
            )
            for each in planned_resources(rules)
        }
        self.groups = {key: made[key].id for key in rules.member_groups}
        self.servers = {
            server: pulumi.Output.all(groups=[self.groups[key] for key in keys])
            for server, keys in rules.memberships.items()
        }
        self.zones = {}
        self.register_outputs({"groups": self.groups, "servers": self.servers})


def register(
    name: str,
    rules: TinyRuleSet,
    _ids: Mapping[str, Any],
    _flows: Iterable[Flow],
    tags: Mapping[str, Any] | None,
    opts: pulumi.ResourceOptions | None,
) -> TinyNetwork:
    return TinyNetwork(name, rules, tags, opts)


CLOUD: Final = Cloud[TinyRuleSet](
    Platform.AWS,
    name="Tiny",
    network_type="tiny:index:Network",
    provider_package="tiny",
    load=lambda _: sys.modules[__name__],
)


def as_aws() -> AbstractContextManager[None]:
    """While it lasts, this is the cloud of networks that say `platform: aws`."""
    return registered(Platform.AWS, CLOUD)
