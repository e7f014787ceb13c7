"""Every small fault in the plans of the five stacks, on both clouds, is found by the proof.

A mutant that the proof does not find must permit what the plan permits, packet for packet: it is
equivalent. Run with `-s` to see how many of each kind were killed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import pytest

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.flows.flow_index import WAYS
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.addresses import Network, without_covered
from exchange_ports.traffic.ports import HIGHEST_PORT, PortRange, Ports
from tests.support.recordings import declared
from tests.support.rule_sets import NetworkPlan

STACKS: Final = ("both", "dev", "prod-aws", "prod-azure", "proxied")
Place = Literal["aws", "azure", "azure subnets"]
PLACES: Final[tuple[Place, ...]] = ("aws", "azure", "azure subnets")
_AT_SUBNETS: Final = (
    "drop a deny",
    "a deny for everyone",
    "an allow for everyone",
    "hung elsewhere",
)


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


# ---- AWS ----


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


# ---- Azure ----


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


# ---- both ----


def _worn_mutants(plan: NetworkPlan) -> Iterator[Mutant]:
    # An application security group or a security group of the network, worn by one server more or less.
    groups = plan.groups if isinstance(plan, aws.AwsRuleSet) else plan.application_groups
    keys: list[str] = [group.key for group in groups]
    for server, worn in plan.memberships.items():
        for key in keys:
            fewer = tuple(one for one in worn if one != key)
            kind = "one group too few" if key in worn else "one group too many"
            wears = {**plan.memberships, server: fewer if key in worn else (*worn, key)}
            yield Mutant(kind, f"{server} {key}", replace(plan, memberships=wears))


def mutants(plan: NetworkPlan) -> Iterator[Mutant]:
    if isinstance(plan, aws.AwsRuleSet):
        yield from _aws_mutants(plan)
    else:
        yield from _azure_mutants(plan)
    yield from _worn_mutants(plan)
    yield from _hung_elsewhere(plan)


def _permit_the_same(one: Plans, other: Plans) -> bool:
    scenes = (NetworkModel(one), NetworkModel(other))
    return all(
        scenes[0].permitted(server, way, own)
        == scenes[1].permitted(scenes[1].servers[server.name], way, own)
        for server in scenes[0].managed()
        for way in WAYS
        for own in server.addresses
    )


def _hung_elsewhere(plan: NetworkPlan) -> Iterator[Mutant]:
    # What servers and subnets are given to wear follows from it.
    for group in plan.groups if isinstance(plan, azure.AzureRuleSet) else ():
        other = next(at for at in azure.Attachment if at is not group.at)
        groups = tuple(replace(g, at=other) if g is group else g for g in plan.groups)
        yield Mutant("hung elsewhere", group.zone, replace(plan, groups=groups))


def on(stack: str, place: Place) -> Plans:
    """The plans of a stack, in a cloud or at the subnets of Azure."""
    topology = declared(stack, "aws" if place == "aws" else "azure")
    for network in topology["networks"].values():
        if place == "azure subnets":
            network["attach_to"] = "subnets"
    return compile_plans(load_topology(topology)[0])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("stack", STACKS)
def test_every_mutant_is_found_or_permits_the_same(stack: str, place: Place) -> None:
    plans = on(stack, place)
    assert prove(plans).holds
    killed, equivalent = Counter[str](), Counter[str]()
    survivors: list[str] = []
    for key, plan in plans.networks.items():
        for mutant in mutants(plan):
            mutated = replace(plans, networks={**plans.networks, key: mutant.plan})
            if not prove(mutated).holds:
                killed[mutant.kind] += 1
            elif _permit_the_same(plans, mutated):
                equivalent[mutant.kind] += 1
            else:
                survivors.append(f"{mutant.kind}: {mutant.what}")
    total = killed.total() + equivalent.total() + len(survivors)
    print(f"\n{stack} on {place}: {killed.total()}/{total} mutants killed", end="")
    print(f", {equivalent.total()} equivalent: {dict(equivalent)}" if equivalent else "")
    assert survivors == []
    # Nothing is written about the group, or another range of the same rule held the rest already.
    # At subnets an allow for everyone may be for those who wear the group already, and open to a
    # neighbour what the default rules open; the law of neighbours has held, so it opens no more.
    assert set(equivalent) <= {
        *("one group too many", "one group too few", "widen a peer by one bit"),
        "an allow for everyone",
    }
    if place == "azure subnets":
        assert min(killed[kind] for kind in _AT_SUBNETS) > 0, killed
    assert killed.total() >= 0.7 * total
