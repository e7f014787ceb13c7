"""The semantics of both clouds agree with the naive checker over what the four stacks register.

The independent checker reads registrations and knows nothing of this package; the semantics read plans. Packets
are drawn where either could be off by one: at both ends of every range and port, and one beyond.
"""

import random
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import product
from typing import Any, Final, cast

import pytest

from exchange_ports.clouds.aws import evaluator as aws_semantics
from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.aws.rules import Direction as AwsDirection
from exchange_ports.clouds.azure import evaluator as azure_semantics
from exchange_ports.clouds.azure.rules import Direction as AzureDirection
from exchange_ports.offline import Recording
from exchange_ports.planning import compile_plans
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.addresses import Address, AddressSet, Network
from exchange_ports.traffic.services import IcmpMessage, ServicePoint
from exchange_ports.traffic.traffic import Packet, Traffic
from tests.support.checker import Checker, NotUnderstood
from tests.support.recordings import PLATFORMS, Platform, declared, recorded, run_with
from tests.support.rule_sets import NetworkPlan, networks_of
from tests.support.verdicts import own_addresses, subnets_of

pytestmark = pytest.mark.slow

STACKS: Final = ("dev", "prod-aws", "prod-azure", "proxied")
SAMPLE: Final = 2_000


def _around(range_: Network) -> set[Address]:
    numbers = {int(range_.network_address) + step for step in (-1, 0, 1)}
    numbers |= {int(range_.broadcast_address) + step for step in (-1, 0, 1)}
    kind = IPv4Address if range_.version == 4 else IPv6Address
    return {kind(n) for n in numbers if 0 <= n < 1 << range_.max_prefixlen}


def _filters(topology: dict[str, Any]) -> tuple[NetworkPlan, Any]:
    plans = compile_plans(load_topology(topology)[0])
    ((key, plan),) = networks_of(plans).items()
    own = own_addresses(topology)
    members = {
        group: AddressSet.of(
            ip_network(own[name])
            for name, attached in plan.memberships.items()
            if group in attached
        )
        for group in {each for attached in plan.memberships.values() for each in attached}
    }
    if isinstance(plan, AwsRuleSet):
        return plan, aws_semantics.AwsFilters(plan, members)
    zones = topology["networks"][key]
    space = AddressSet.of(map(ip_network, (*zones["internal"], *zones.get("perimeter", ()))))
    return plan, azure_semantics.AzureFilters(plan, members, azure_semantics.usual_tags(space))


def _near(traffics: list[Traffic]) -> tuple[list[Address], list[ServicePoint]]:
    boxes = [box for traffic in traffics for box in traffic.groups()]
    ranges = {range_ for box in boxes for range_ in box.addresses.prefixes()}
    addresses = {address for range_ in ranges for address in _around(range_)}
    ports = {
        (protocol, port + step)
        for box in boxes
        for protocol in (6, 17)
        for span in box.services.ports(protocol).spans
        for port in span
        for step in (-1, 0, 1)
        if 0 <= port + step <= 65535
    }
    services = {ServicePoint(*one) for one in ports}
    services |= {
        ServicePoint(1, IcmpMessage(8, 0)),
        ServicePoint(47),
        ServicePoint(50),
        ServicePoint(51),
    }
    return sorted(addresses, key=lambda a: (a.version, a)), sorted(services, key=str)


def _checked(service: ServicePoint) -> tuple[str, int | None]:
    name = {6: "tcp", 17: "udp", 1: "icmp", 47: "gre", 50: "esp", 51: "ah"}[service.protocol]
    return name, service.detail if isinstance(service.detail, int) else None


@cache
def _at_subnets(stack: str) -> tuple[dict[str, Any], Recording]:
    topology = declared(stack, "azure")
    for network in topology["networks"].values():
        network["attach_to"] = "subnets"
    return topology, run_with(topology, stack)


@pytest.mark.parametrize("place", [*PLATFORMS, "azure subnets"])
@pytest.mark.parametrize("stack", STACKS)
def test_the_independent_checker_says_the_same_at_every_boundary(stack: str, place: str) -> None:
    platform: Platform = "aws" if place == "aws" else "azure"
    if place == "azure subnets":
        topology, recording = _at_subnets(stack)
    else:
        topology, recording = declared(stack, platform), recorded(stack, platform)
    plan, filters = _filters(topology)
    own = own_addresses(topology)
    zones = [
        zone
        for net in topology["networks"].values()
        for zone in (*net["internal"], *net.get("perimeter", ()))
    ]
    managed = cast("dict[str, dict[str, Any]]", recording.outputs["servers"])
    ours = {own[name]: name for name in plan.memberships}
    subnets = subnets_of(topology, recording)
    checker = Checker(recording.registrations, managed, ours, zones, subnets)
    ways = AwsDirection if platform == "aws" else AzureDirection
    whole = [filters.permitted(name, way) for name, way in product(plan.memberships, ways)]
    addresses, services = _near(whole)
    # The servers themselves are asked about most: rules by group are about them.
    addresses += [ip_address(address) for address in own.values()] * 4
    chosen = random.Random(f"{stack} {place}")  # noqa: S311
    asked = passing = 0
    while asked < SAMPLE:
        name, way = chosen.choice(sorted(plan.memberships)), chosen.choice(list(ways))
        address, service = chosen.choice(addresses), chosen.choice(services)
        ends = (own[name], str(address))
        source, destination = ends if way.value == "out" else ends[::-1]
        try:
            ask = checker.out if way.value == "out" else checker.into
            decision = ask(source, destination, *_checked(service))
        except NotUnderstood:
            continue  # what no filter sees: itself, link-local, the other family
        packet = Packet(address, service)
        assert (packet in filters.permitted(name, way)) == decision.passes, (name, way, packet)
        decided = filters.decided_by(name, way, packet)
        assert decided.passes == decision.passes
        # The same rules: where the independent checker names descriptions, they are those of the rules found here.
        assert all(rule.description in decision.summary for rule in decided.rules), (
            decided,
            decision,
        )
        asked += 1
        passing += bool(decision.passes)
    # Both answers must be among them, or nothing was asked.
    assert SAMPLE * 0.05 < passing < SAMPLE * 0.95, passing


def test_what_is_never_filtered_names_its_document() -> None:
    for each in (*aws_semantics.UNFILTERED, *azure_semantics.UNFILTERED):
        assert "md" in each.cite
        assert each.summary
