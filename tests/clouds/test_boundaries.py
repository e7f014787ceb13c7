"""Single packets at every boundary, asked of the naive checker and of the semantics.

For every stack on both clouds what the repository's program registers is checked, for random
topologies and hostile rule sets the plan in the same form. Run with `-s` to see how many packets.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import product
from typing import Any, Final, cast

import pytest
from hypothesis import HealthCheck, assume, given, settings

from exchange_ports.clouds.aws import evaluator as aws_semantics
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import evaluator as azure_semantics
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.findings import Refused
from exchange_ports.flows.flow_index import WAYS
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import Address
from exchange_ports.traffic.services import ServicePoint
from exchange_ports.traffic.traffic import Packet, Traffic
from tests.support.boundaries import addresses, asked, services
from tests.support.checker import Checker
from tests.support.hostile import MEMBERS, OWN, TAGS, aws_sets, azure_sets
from tests.support.paths import ROOT
from tests.support.recordings import PLATFORMS, Platform, recorded
from tests.support.recordings import declared as stack_declared
from tests.support.registering import checker_of
from tests.support.rule_sets import networks_of
from tests.support.smt.meaning import People
from tests.support.strategies import Data, declared, topologies

pytestmark = pytest.mark.slow

STACKS: Final = tuple(sorted(path.name.split(".")[1] for path in (ROOT / "stacks").glob("*.yaml")))
#: Of the boundary addresses and services of a plan every pair is asked about in the full profile, in
#: the quick one each address with so many services, in turn.
FULL: Final = settings().max_examples > 100
AT_EACH: Final = 1000 if FULL else 6

#: 10 random ones in the quick profile, 200 in the full one.
checked = settings(
    max_examples=settings().max_examples // 10, suppress_health_check=[HealthCheck.too_slow]
)


def pairs(
    peers: Iterable[Address], asks: list[ServicePoint]
) -> Iterable[tuple[Address, ServicePoint]]:
    """Every address with the services whose turn it is; all have theirs again and again."""
    if len(asks) <= AT_EACH:
        yield from product(peers, asks)
        return
    turn = 0
    for peer in peers:
        for _ in range(AT_EACH):
            yield peer, asks[turn % len(asks)]
            turn += 1
        turn += 1  # so that the next address does not always meet the same ones


def compared(
    checker: Checker,
    permitted: Traffic,
    way: str,
    own: Address,
    same: Collection[Address],
    packets: Iterable[tuple[Address, ServicePoint]],
    who: str,
) -> int:
    """How many packets were asked about; checker and semantics agree on every one."""
    count = 0
    at: dict[Address, Any] = {}
    for peer, service in packets:
        passes = asked(checker, way, own, peer, service, same)
        if passes is None:
            continue
        count += 1
        if peer not in at:
            at[peer] = permitted.at(peer)
        assert passes == (service in at[peer]), f"{who} {way}: {Packet(peer, service)} {passes}"
    return count


def in_scene(plans: Plans, checker: Callable[[str, Mapping[str, str]], Checker]) -> int:
    """The packets of every network of a topology, at one server for each combination of groups."""
    scene, count = NetworkModel(plans), 0
    everyone = [own for server in scene.servers.values() for own in server.addresses]
    for key, plan in networks_of(plans).items():
        ours = {str(own): s.name for s in _of(scene, plan.network) for own in s.addresses}
        asks, peers = services(plan), addresses(plan, everyone)
        checking = checker(key, ours)
        kinds = {(*plan.memberships[s.name], len(s.addresses)): s for s in _of(scene, plan.network)}
        for server, way in product(kinds.values(), WAYS):
            for own in server.addresses:
                permitted = scene.permitted(server, way, own)
                packets = pairs(peers, asks)
                same = server.addresses
                count += compared(checking, permitted, way, own, same, packets, server.name)
    return count


def _of(scene: NetworkModel, network: str) -> list[ExchangeServer]:
    return [s for s in scene.managed() if s.network == network]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("stack", STACKS)
def test_what_a_program_registers_lets_through_what_the_semantics_permit(
    stack: str, platform: Platform
) -> None:
    data = stack_declared(stack, platform)
    plans, recording = compile_plans(declared(data)), recorded(stack, platform)
    people = People(data)
    servers = cast("dict[str, Mapping[str, Any]]", recording.outputs["servers"])

    def checker(key: str, ours: Mapping[str, str]) -> Checker:
        here = {name: servers[name] for name in ours.values()}
        return Checker(recording.registrations, here, ours, [*map(str, people.space(key))])

    count = in_scene(plans, checker)
    print(f"\n{stack} on {platform}: {count:,} packets", end="")
    assert count > 300


@checked
@given(topologies())
def test_random_plans_let_through_what_the_semantics_permit(data: Data) -> None:
    try:
        plans = compile_plans(declared(data))
    except Refused:
        assume(False)
        raise
    people = People(data)

    def checker(key: str, ours: Mapping[str, str]) -> Checker:
        return checker_of(networks_of(plans)[key], ours, tuple(map(str, people.space(key))))

    in_scene(plans, checker)


@checked
@given(aws_sets)
def test_hostile_security_groups_let_through_what_the_semantics_permit(
    rules: aws.AwsRuleSet,
) -> None:
    filters = aws_semantics.AwsFilters(rules, MEMBERS)
    checker = checker_of(rules, _OURS, ("10.0.0.0/8",))
    packets = [*product(addresses(rules, OWN["t"]), services(rules))]
    for server, way in product("stu", WAYS):
        permitted = filters.permitted(server, aws.Direction(way))
        for own in OWN[server]:
            assert compared(checker, permitted, way, own, OWN[server], packets, server)


@checked
@given(azure_sets())
def test_hostile_network_security_groups_let_through_what_the_semantics_permit(
    rules: azure.AzureRuleSet,
) -> None:
    filters = azure_semantics.AzureFilters(rules, MEMBERS, TAGS)
    checker = checker_of(rules, _OURS, ("10.0.0.0/8",))
    packets = [*product(addresses(rules, OWN["t"]), services(rules))]
    for server, way in product("st", WAYS):
        own = OWN[server][0]
        permitted = filters.permitted(server, azure.Direction(way), own)
        assert compared(checker, permitted, way, own, OWN[server], packets, server)


_OURS: Final = {str(own): server for server, several in OWN.items() for own in several}
