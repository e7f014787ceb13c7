"""What holds for every plan of every topology, whatever the cloud."""

import os
import re
import subprocess
import sys
from copy import deepcopy
from ipaddress import IPv4Address, IPv6Address
from itertools import product
from typing import Final

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.clouds.aws.rules import AwsRuleSet, GroupRef, ListRef
from exchange_ports.clouds.azure.rules import GroupRef as AzureGroupRef
from exchange_ports.topology.groups import ServerRole, roles_of
from exchange_ports.topology.inventory import ExchangeServer, Inventory
from exchange_ports.traffic.ports import HIGHEST_PORT, Protocol
from tests.support.expand import (
    Packet,
    of_flow,
    packets,
    passes,
    passes_flows,
)
from tests.support.paths import ROOT
from tests.support.planning import (
    attempted,
    in_aws,
    in_azure,
    planned,
    slow,
    viewed,
)
from tests.support.rule_sets import networks_of
from tests.support.strategies import (
    Data,
    edited,
    shuffled,
    topologies,
)

pytestmark = pytest.mark.slow


@given(topologies())
def test_every_topology_compiles_or_is_over_a_limit_and_always_alike(data: Data) -> None:
    plans, findings = attempted(data)
    assert repr((plans, findings)) == repr(attempted(deepcopy(data)))
    event("compiled" if plans else "over a limit")
    errors = {finding.kind.code for finding in findings if finding.is_error}
    assert errors <= {"over-limit", "probes-over-limit"}
    if plans is None:
        assert findings
    else:
        ours = {k for k, each in data["networks"].items() if each["platform"] != "external"}
        assert set(networks_of(plans)) == ours
        assert plans.flows


@slow
@given(topologies())
def test_each_flow_is_written_at_each_managed_end(data: Data) -> None:
    plans = planned(data)
    for plan, here in viewed(plans):
        for flow in plans.flows:
            for packet in of_flow(flow, here):
                assert passes(plan, packet), (flow, packet)


@slow
@given(topologies(), st.data())
def test_nothing_passes_that_no_flow_says(data: Data, draw: st.DataObject) -> None:
    plans = planned(data)
    for plan, here in viewed(plans):
        near = packets(plans.flows, here)
        for packet in draw.draw(st.lists(near, min_size=20, max_size=20)):
            assert passes(plan, packet) == passes_flows(plans.flows, here, packet), packet


#: Corners of "any port (including random RPC ports) and any protocol".
ANYTHING: Final = (
    (Protocol.ANY, None),
    (Protocol.ESP, None),
    (Protocol.ICMP, None),
    (Protocol.TCP, 1),
    (Protocol.TCP, HIGHEST_PORT),
    (Protocol.UDP, HIGHEST_PORT),
)


def as_seen(server: ExchangeServer, other: ExchangeServer) -> list[str | IPv4Address | IPv6Address]:
    """How `other` appears to the filter of a server: by group in its network, else by address."""
    if other.network == server.network:
        return [other.name]
    return [*other.declared_addresses]


@slow
@given(topologies())
def test_everything_passes_between_two_internal_servers_wherever_they_are(data: Data) -> None:
    """The ground rules, at each end that is ours to filter."""
    plans = planned(data)
    of_network = {plan.network: plan for plan in networks_of(plans).values()}
    inside = [each for each in plans.inventory.servers if each.name not in data.get(EDGES, {})]
    for one, other in product(inside, inside):
        plan = of_network.get(one.network)
        for peer in as_seen(one, other) if plan is not None else ():
            for direction, (protocol, port) in product(("in", "out"), ANYTHING):
                assert plan is not None
                assert passes(plan, Packet(one.name, direction, peer, protocol, port))


EDGES: Final = "edge_servers"
#: Near what the tables say of Edge servers, and what operators let through most.
AT_EDGE: Final = (
    *ANYTHING,
    *((Protocol.TCP, port) for port in (24, 25, 26, 53, 389, 443, 2525, 3389, 50636, 50700)),
    (Protocol.UDP, 53),
)


def closed(data: Data) -> Data:
    """Without what operators open, and without the Internet being any address."""
    networks = {
        key: {k: v for k, v in network.items() if k != "internet"}
        for key, network in data["networks"].items()
    }
    return edited(data, {"networks": networks, "additional_flows": []})


@slow
@given(topologies(edge=True, ipv6=False))
def test_between_edge_and_the_inside_pass_mail_and_edgesync_alone(data: Data) -> None:
    """V1: whatever clients, mail flow, relays and name servers are declared."""
    plans = planned(closed(data))
    topology = plans.topology
    everyone = Inventory(topology).servers
    of_network = {plan.network: plan for plan in networks_of(plans).values()}
    for one, other in product(everyone, everyone):
        edge = topology.edge_servers.get(one.name)
        plan = of_network.get(one.network)
        if edge is None or plan is None or one is other:
            continue
        # By name and by address: both are how a packet may be let through.
        peers = {*as_seen(one, other), *(address for address in other.declared_addresses)}
        site = topology.sites[edge.site]
        partner = site.servers.get(other.name)
        stores = partner is not None and ServerRole.MAILBOX in roles_of(topology, partner)
        # A server that is named for hybrid mail exchanges it, whatever other mail it has.
        mail_names = topology.hybrid.mail_names if topology.hybrid is not None else ()
        hybrid = one.name in mail_names and one.name not in topology.sites
        allowed = {
            "out": {edge.delivery_port} if edge.receives or hybrid else set[int](),
            "in": ({25} if edge.sends or hybrid else set[int]())
            | ({edge.edgesync_port} if edge.subscribed_site else set[int]()),
        }
        relayed = {
            relay.port
            for relay in topology.mail_flow.relays.values()
            if relay.to == "edge" and edge.site in (relay.sites or (edge.site,))
            if any(
                address in range_ for address in other.declared_addresses for range_ in relay.source
            )
        }
        for direction, (protocol, port) in product(("in", "out"), AT_EDGE):
            passed = any(
                passes(plan, Packet(one.name, direction, peer, protocol, port)) for peer in peers
            )
            # A relay that is declared by a range is any host in it.
            by_relay = direction == "in" and protocol is Protocol.TCP and port in relayed
            if passed and not by_relay:
                assert stores, (one.name, direction, other.name, protocol, port)
                assert protocol is Protocol.TCP
                assert port in allowed[direction]


def test_the_seed_of_hashes_changes_no_plan() -> None:
    """Sets are sorted before anybody sees them, in every process."""
    found = {
        subprocess.run(
            [sys.executable, "-c", PRINTED],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(found) == 1
    assert len(found.pop()) > 10_000


#: A topology with something of everything, and its plans on both clouds.
PRINTED: Final = """
import yaml
from exchange_ports.planning import compile_plans
from exchange_ports.topology.validate import load_topology
data = yaml.safe_load(open("tests/released/0.1.0.yaml", encoding="utf-8"))
for platform in ("aws", "azure"):
    for network in data["networks"].values():
        network["platform"] = platform
    topology, findings = load_topology(data)
    plans = compile_plans(topology)
    print(findings, [flow.order for flow in plans.flows], plans.networks)
"""


@slow
@given(topologies(), st.data())
def test_the_order_in_which_things_are_declared_changes_nothing(
    data: Data, draw: st.DataObject
) -> None:
    other = draw.draw(shuffled(data))
    before, after = planned(data), planned(other)
    assert repr(before.flows) == repr(after.flows)
    # As text, since reasons and descriptions are no part of equality.
    assert repr(networks_of(before)) == repr(networks_of(after))


@given(topologies())
def test_every_server_has_groups_that_exist_and_every_rule_names_some(data: Data) -> None:
    plans = planned(data)
    for plan in networks_of(plans).values():
        gone = [each for each in plans.inventory.retired if each.group.network == plan.network]
        if isinstance(plan, AwsRuleSet):
            keys = {group.key for group in plan.groups}
            named = {rule.group for rule in plan.rules}
            named |= {rule.peer.key for rule in plan.rules if isinstance(rule.peer, GroupRef)}
            lists = {rule.peer.key for rule in plan.rules if isinstance(rule.peer, ListRef)}
            assert lists == {each.key for each in plan.prefix_lists}
        else:
            keys = {group.key for group in plan.application_groups}
            named = {
                side.key
                for group in plan.groups
                for rule in group.rules
                for side in (rule.source, rule.destination)
                if isinstance(side, AzureGroupRef)
            }
            zones = {each.zone for each in gone}
            assert {group.zone for group in plan.groups} == zones | set(plan.zones.values())
        attached = {key for groups in plan.memberships.values() for key in groups}
        assert attached | {each.group.key for each in gone} == keys
        assert attached.isdisjoint(each.group.key for each in gone)
        assert named <= keys


#: What both clouds take (aws.md 2.3, azure.md 1), and Pulumi in a URN.
AWS_NAME: Final = re.compile(r"[A-Za-z0-9._,/-]+")
AWS_TEXT: Final = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=;{}!$*]{1,255}")
AZURE_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")


@given(topologies())
def test_every_name_and_description_is_one_that_its_cloud_takes(data: Data) -> None:
    plans = planned(data)
    for plan in in_aws(plans):
        for rule in plan.rules:
            assert AWS_NAME.fullmatch(rule_name(rule)), rule_name(rule)
        for each in (*plan.groups, *plan.rules):
            assert AWS_TEXT.fullmatch(each.description), each.description
    for plan in in_azure(plans):
        for rule in (rule for group in plan.groups for rule in group.rules):
            assert AZURE_NAME.fullmatch(rule.name), rule.name
            assert 0 < len(rule.description) <= 140


# The same on both clouds.


def swapped(data: Data) -> Data:
    """Every network on the other cloud."""
    other = {"aws": "azure", "azure": "aws", "external": "external"}
    networks = {
        key: {**each, "platform": other[each["platform"]]} for key, each in data["networks"].items()
    }
    for network in networks.values():
        # A word of Azure's alone.
        network.pop("attach_to", None)
    return edited(data, {"networks": networks})


@slow
@given(topologies(), st.data())
def test_both_clouds_let_the_same_through(data: Data, draw: st.DataObject) -> None:
    plans, others = planned(data), planned(swapped(data))
    assert plans.flows == others.flows
    for (one, here), (other, there) in zip(viewed(plans), viewed(others), strict=True):
        assert here == there
        near = packets(plans.flows, here)
        for packet in draw.draw(st.lists(near, min_size=15, max_size=15)):
            assert passes(one, packet) == passes(other, packet), packet
