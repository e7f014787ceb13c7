"""Neighbors that filter strictly on their own side: what our end lacks, or has too much, shows there.

The model is `tests/proof/neighbors.md`: each neighbor's own filter, written from the published documents.
What is compared is every protocol and port there is, at the neighbor's address, on both clouds.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.base import Way
from exchange_ports.findings import Refused
from exchange_ports.flows.flow_index import WAYS
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.traffic.addresses import Address
from exchange_ports.traffic.services import TCP, UDP, PortSet, ServiceSet
from tests.support.mutants import mutants
from tests.support.recordings import PLATFORMS, Platform
from tests.support.rule_sets import NetworkPlan, networks_of
from tests.support.strategies import Data, declared, topologies
from tests.support.verdicts import table_rows

pytestmark = pytest.mark.slow

PAGE: Final = Path(__file__).parent / "neighbors.md"
COLUMNS: Final = ("neighbor", "address", "servers", "in", "out", "because")
EVERYTHING: Final = ServiceSet.everything()


class Admits(NamedTuple):
    """One line of a neighbor's filter."""

    neighbor: str
    address: Address
    servers: frozenset[str]
    #: What our servers may send it, and what it sends them.
    services: Mapping[str, ServiceSet]
    azure_only: bool


def reported(text: str) -> ServiceSet:
    """`all protocols`, `nothing`, or ports: `53/tcp 49152-65535/tcp`."""
    if text in ("all protocols", "nothing"):
        return EVERYTHING if text == "all protocols" else ServiceSet()
    found = ServiceSet()
    for word in text.split():
        numbers, _, protocol = word.partition("/")
        first, _, last = numbers.partition("-")
        ports = PortSet.of([(int(first), int(last or first))])
        found |= ServiceSet.on({"tcp": TCP, "udp": UDP}[protocol], ports)
    return found


@cache
def filters() -> tuple[Admits, ...]:
    rows: list[Admits] = []
    for line, heading, columns, cells in table_rows(PAGE.read_text(), PAGE.name):
        assert columns == COLUMNS, f"{PAGE.name}:{line}"
        neighbor, address, servers, inward, outward, because = cells
        assert because
        who = frozenset(() if servers == "nobody" else servers.split())
        services = {"out": reported(inward), "in": reported(outward)}
        azure = heading.endswith("(Azure only)")
        rows.append(Admits(neighbor, ip_address(address), who, services, azure))
    return tuple(rows)


def topology(platform: Platform) -> Data:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    data = yaml.safe_load(block)
    data["networks"]["corp"]["platform"] = platform
    return data


def differences(plans: Plans, platform: Platform) -> Iterator[str]:
    """Where our end and a neighbor's filter do not agree."""
    scene = NetworkModel(plans)
    for row in filters():
        if row.azure_only and platform != "azure":
            continue
        for server in scene.managed():
            for way in WAYS:
                ours = scene.permitted(server, way, server.addresses[0]).at(row.address)
                theirs = row.services[way] if server.name in row.servers else ServiceSet()
                word = "to" if way == "out" else "from"
                pair = f"{server.name} {word} {row.neighbor} {row.address}"
                if missing := theirs - ours:
                    yield f"{pair}: {missing} is needed, and our end stops it"
                if surplus := ours - theirs:
                    yield f"{pair}: {surplus} passes our end, and the neighbor never asked for it"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_our_end_lets_through_what_each_neighbor_admits_and_no_more(platform: Platform) -> None:
    plans = compile_plans(declared(topology(platform)))
    assert [*differences(plans, platform)] == []


def test_the_page_speaks_of_every_server_and_every_kind_of_neighbor() -> None:
    plans = compile_plans(declared(topology("aws")))
    spoken = frozenset[str]().union(*(row.servers for row in filters()))
    assert spoken == {server.name for server in NetworkModel(plans).managed()}
    assert len(filters()) >= 20
    assert sum(not row.servers for row in filters()) >= 4, "near misses"


def _rules(plan: NetworkPlan) -> list[tuple[str, aws.SecurityGroupRule | azure.SecurityRule]]:
    """Every rule with where it stands: both zones of a VNet have some that are alike."""
    if isinstance(plan, aws.AwsRuleSet):
        return [(rule.group, rule) for rule in plan.rules]
    return [(group.zone.value, rule) for group in plan.groups for rule in group.rules]


def _names_a_neighbor(rule: aws.SecurityGroupRule | azure.SecurityRule) -> bool:
    """Whether an allow rule has an end that is addresses: here these are neighbors' alone."""
    if isinstance(rule, aws.SecurityGroupRule):
        return not isinstance(rule.peer, aws.GroupRef)
    others = azure.Prefixes | azure.Tag
    ends = isinstance(rule.source, others) or isinstance(rule.destination, others)
    return rule.access is azure.Access.ALLOW and ends


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_neighbor_notices_every_rule_that_is_missing_or_wider_towards_it(
    platform: Platform,
) -> None:
    """The independent checker can fail."""
    plans = compile_plans(declared(topology(platform)))
    noticed = Counter[str]()
    for key, plan in networks_of(plans).items():
        for fault in mutants(plan):
            if fault.kind not in ("drop a rule", "widen ports by one", "flip direction"):
                continue
            there = _rules(fault.plan)
            ((_, changed),) = (rule for rule in _rules(plan) if rule not in there)
            if not _names_a_neighbor(changed):
                continue
            wrong = replace(plans, networks={**networks_of(plans), key: fault.plan})
            assert next(differences(wrong, platform), None), f"{fault.kind}: {fault.what}"
            noticed[fault.kind] += 1
    assert all(count >= 10 for count in noticed.values()), noticed
    assert len(noticed) == 3


# ---- any topology ----


def needed(data: Data) -> Iterator[tuple[str, Way, str, ServiceSet]]:
    """What the documents say that each server needs of neighbors, as the file names them.

    (server, way, range of the neighbor, services). Only what nothing else in the file could take
    away; smart hosts and relays stand in the page above.
    """
    sites: Mapping[str, Any] = data["sites"]
    places = {name: site["network"] for site in sites.values() for name in site.get("servers", {})}
    edges: Mapping[str, Any] = data.get("edge_servers", {})
    unrestricted = [
        address
        for site in sites.values()
        for kind in ("domain_controllers", "lync", "other_exchange")
        for address in site.get(kind, {}).get("addresses", ())
    ]
    dns = reported("53/tcp 53/udp")
    for name, network in places.items():
        for address in unrestricted:
            yield name, "out", address, EVERYTHING
            yield name, "in", address, EVERYTHING
        for address in _asked(data["name_servers"]["internal"], network):
            yield name, "out", address, dns
    for name, edge in edges.items():
        for address in _asked(data["name_servers"]["edge"], edge["network"]):
            yield name, "out", address, dns
        reputation = data.get("sender_reputation")
        if isinstance(reputation, dict):
            yield name, "out", "10.20.240.9", reported("1080/tcp")
    for name, network in [*places.items(), *((n, e["network"]) for n, e in edges.items())]:
        if data["networks"][network]["platform"] == "azure":
            yield name, "in", "168.63.129.16", EVERYTHING


def _asked(resolvers: Any, network: str) -> list[str]:
    chosen: Any = resolvers
    if isinstance(resolvers, dict):
        chosen = cast("dict[str, Any]", resolvers)[network]
    return cast("list[str]", chosen) if isinstance(chosen, list) else []


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(topologies())
def test_no_neighbor_misses_anything_in_any_topology(data: Data) -> None:
    try:
        plans = compile_plans(declared(deepcopy(data)))
    except Refused:
        assume(False)
        raise
    scene = NetworkModel(plans)
    for name, way, range_, services in needed(data):
        server = scene.servers[name]
        if not server.managed:
            continue
        for own in server.addresses:
            address = ip_network(range_)[0]
            ours = scene.permitted(server, way, own).at(address)
            assert services <= ours, f"{name} {way} {range_}: {services - ours} is stopped"
