"""Every small fault of a plan: a rule less, a port or an address more, a group hung elsewhere."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.traffic.addresses import Network, without_covered
from exchange_ports.traffic.ports import HIGHEST_PORT, PortRange, Ports
from tests.support.rule_sets import NetworkPlan


class Mutant(NamedTuple):
    kind: str
    what: str
    plan: NetworkPlan


def _wider_ports(ports: Ports) -> Iterator[tuple[str, Ports]]:
    for at, (first, last) in enumerate(ports.ranges):
        implied_groups = [(first - 1, last)] if first > 1 else []
        implied_groups += [(first, last + 1)] if last < HIGHEST_PORT else []
        for one in implied_groups:
            ranges = (*ports.ranges[:at], PortRange(*one), *ports.ranges[at + 1 :])
            yield str(one), Ports(ports.protocol, ranges)


def _wider_range(range_: Network) -> list[Network]:
    return [range_.supernet()] if range_.prefixlen else []


def _aws_mutants(plan: aws.AwsRuleSet) -> Iterator[Mutant]:
    def with_rule(kind: str, at: int, rule: aws.SecurityGroupRule | None) -> Mutant:
        kept = () if rule is None else (rule,)
        rules = (*plan.rules[:at], *kept, *plan.rules[at + 1 :])
        return Mutant(kind, rule_name(plan.rules[at]), replace(plan, rules=rules))

    for at, rule in enumerate(plan.rules):
        yield with_rule("drop a rule", at, None)
        for _, ports in _wider_ports(rule.ports):
            yield with_rule("widen ports by one", at, replace(rule, ports=ports))
        if not isinstance(rule.peer, aws.GroupRef | aws.ListRef):
            for implied_groups in _wider_range(rule.peer):
                yield with_rule("widen a peer by one bit", at, replace(rule, peer=implied_groups))
        other = aws.Direction.OUT if rule.direction is aws.Direction.IN else aws.Direction.IN
        yield with_rule("flip direction", at, replace(rule, direction=other))
    for list_ in plan.prefix_lists:
        for at, entry in enumerate(list_.entries):
            for implied_groups in _wider_range(entry):
                entries = (*list_.entries[:at], implied_groups, *list_.entries[at + 1 :])
                lists = tuple(
                    replace(o, entries=entries) if o is list_ else o for o in plan.prefix_lists
                )
                what = f"{list_.key} {entry}"
                yield Mutant("widen a peer by one bit", what, replace(plan, prefix_lists=lists))


def _free(
    group: azure.NetworkSecurityGroup, direction: azure.Direction, start: int, step: int
) -> int:
    used = {rule.priority for rule in group.rules if rule.direction is direction}
    return next(p for p in range(start, 4097 if step > 0 else 99, step) if p not in used)


def _for_everyone(rule: azure.SecurityRule) -> azure.SecurityRule:
    """The same at whoever is behind the group."""
    if rule.direction is azure.Direction.IN:
        return replace(rule, destination=azure.Anything())
    return replace(rule, source=azure.Anything())


def _azure_mutants(plan: azure.AzureRuleSet) -> Iterator[Mutant]:
    def changed(
        kind: str,
        group: azure.NetworkSecurityGroup,
        rule: azure.SecurityRule,
        *into: azure.SecurityRule,
    ) -> Mutant:
        rules = (*(one for one in group.rules if one is not rule), *into)
        groups = tuple(replace(g, rules=rules) if g is group else g for g in plan.groups)
        return Mutant(kind, f"{group.zone}: {rule.name}", replace(plan, groups=groups))

    def implied_groups(side: azure.Side) -> Iterator[azure.Side]:
        if isinstance(side, azure.Prefixes):
            for at, range_ in enumerate(side.ranges):
                for one in _wider_range(range_):
                    ranges = (*side.ranges[:at], one, *side.ranges[at + 1 :])
                    yield azure.Prefixes(without_covered(ranges))

    for group in plan.groups:
        for rule in group.rules:
            denies = rule.access is azure.Access.DENY
            yield changed("drop a deny" if denies else "drop a rule", group, rule)
            if group.at is azure.Attachment.SUBNETS and _for_everyone(rule) != rule:
                kind = "a deny for everyone" if denies else "an allow for everyone"
                yield changed(kind, group, rule, _for_everyone(rule))
            for _, ports in _wider_ports(rule.ports):
                yield changed("widen ports by one", group, rule, replace(rule, ports=ports))
            for side in implied_groups(rule.source):
                yield changed("widen a peer by one bit", group, rule, replace(rule, source=side))
            for side in implied_groups(rule.destination):
                at = replace(rule, destination=side)
                yield changed("widen a peer by one bit", group, rule, at)
            inward = rule.direction is azure.Direction.IN
            other = azure.Direction.OUT if inward else azure.Direction.IN
            flipped = replace(
                rule,
                direction=other,
                source=rule.destination,
                destination=rule.source,
                priority=_free(group, other, rule.priority, 1),
            )
            yield changed("flip direction", group, rule, flipped)
            if rule.access is azure.Access.ALLOW:
                below = replace(rule, priority=_free(group, rule.direction, 4096, -1))
                yield changed("move a priority past a deny", group, rule, below)
            else:
                above = replace(rule, priority=_free(group, rule.direction, 100, 1))
                yield changed("move a deny above", group, rule, above)


def _membership_mutants(plan: NetworkPlan) -> Iterator[Mutant]:
    # An application security group or a security group of the network, with one member more or less.
    groups = plan.groups if isinstance(plan, aws.AwsRuleSet) else plan.application_groups
    keys: list[str] = [group.key for group in groups]
    for server, attached in plan.memberships.items():
        for key in keys:
            fewer = tuple(one for one in attached if one != key)
            kind = "one group too few" if key in attached else "one group too many"
            memberships = {
                **plan.memberships,
                server: fewer if key in attached else (*attached, key),
            }
            yield Mutant(kind, f"{server} {key}", replace(plan, memberships=memberships))


def mutants(plan: NetworkPlan) -> Iterator[Mutant]:
    if isinstance(plan, aws.AwsRuleSet):
        yield from _aws_mutants(plan)
    else:
        yield from _azure_mutants(plan)
    yield from _membership_mutants(plan)
    yield from _hung_elsewhere(plan)


def _hung_elsewhere(plan: NetworkPlan) -> Iterator[Mutant]:
    # The groups of servers and subnets follow from it.
    for group in plan.groups if isinstance(plan, azure.AzureRuleSet) else ():
        other = next(at for at in azure.Attachment if at is not group.at)
        groups = tuple(replace(g, at=other) if g is group else g for g in plan.groups)
        yield Mutant("hung elsewhere", group.zone, replace(plan, groups=groups))
