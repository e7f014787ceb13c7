"""Which part of a flow the other topology allows too: held against what its rules allow, by each cloud's semantics."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final

import pytest

from exchange_ports.differences import FlowDiff, FlowPart, flow_diff
from exchange_ports.differences.flow_diff import FlowEnd
from exchange_ports.differences.topology_diff import pairs
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows.flow_index import WAYS, services_of
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.topology.fields import read_ports
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.services import PortSet
from exchange_ports.traffic.traffic import Traffic
from tests.differences.checker import permitted
from tests.support.strategies import GONE, WITH_EDGE, declared, edited

BASE: Final = edited(
    WITH_EDGE,
    {
        "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"], "address": "10.20.0.11"},
            "mbx1": {"roles": ["mailbox"], "address": ["10.20.0.12", "2001:db8:20::12"]},
            "mbx2": {"roles": ["mailbox"], "address": "10.20.0.13"},
        },
        "edge_servers.edge1.address": "10.20.240.5",
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["https", "imap"]},
        "additional_flows": [
            {
                "from": ["10.20.6.0/24", "2001:db8:6::/64"],
                "to": "mailbox",
                "ports": ["icmp", "22/tcp", "161/udp"],
                "reason": "monitoring",
            },
            {"from": "mailbox", "to": "client_access", "ports": ["8000-8999/tcp"], "reason": "a"},
        ],
    },
)
MONITORING: Final[dict[str, Any]] = BASE["additional_flows"][0]

EDITS: Final[Mapping[str, Mapping[str, Any]]] = {
    "nothing": {},
    "fewer ports and a narrower range": {
        "clients.office": {"from": ["10.64.0.0/17"], "services": ["imap"]},
        "additional_flows": [{**MONITORING, "from": "10.20.6.0/25", "ports": ["22/tcp"]}],
    },
    "other ranges of ports": {
        "additional_flows": [
            {**MONITORING, "ports": ["icmp", "20-30/tcp"]},
            {"from": "cas1", "to": "mbx1", "ports": ["8500-9000/tcp"], "reason": "b"},
        ],
        "sites.hq.servers.cas1.own_group": True,
        "sites.hq.servers.mbx1.own_group": True,
    },
    "ping of one IP version": {
        "additional_flows": [{**MONITORING, "from": "2001:db8:6::/65", "ports": ["icmp"]}]
    },
    "all protocols": {"additional_flows": [{**MONITORING, "ports": ["any"]}]},
    "a server of another role": {"sites.hq.servers.mbx2.roles": ["client_access"]},
    "a server more, and one less": {
        "sites.hq.servers.mbx2": GONE,
        "sites.hq.servers.mbx3": {"roles": ["mailbox"], "address": "10.20.0.14"},
    },
    "a server at another address": {"sites.hq.servers.mbx2.address": "10.20.0.33"},
    "no Edge server": {
        "edge_servers": {},
        "name_servers": {"internal": "domain_controllers"},
        "sender_reputation": GONE,
    },
    "an Edge server for sending only": {"edge_servers.edge1.receives": False},
    "a domain controller more": {
        "sites.hq.domain_controllers.addresses": ["10.20.2.10", "10.20.2.11"]
    },
    "a site that is not ours": {
        "networks.lab": {"platform": "external", "internal": ["10.90.0.0/24"]},
        "sites.lab": {
            "network": "lab",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.90.0.9"}},
        },
    },
}


def planned(data: Mapping[str, Any], platform: str) -> Plans:
    return compile_plans(declared(edited(data, {"networks.corp.platform": platform})))


class Allowed:
    """What the rules of one topology allow, at the addresses at which both are compared."""

    def __init__(self, plans: Plans, servers: Mapping[str, ExchangeServer]) -> None:
        numbers = dict(enumerate(servers.values()))
        self.servers = servers
        self._filters: dict[tuple[str, str], Traffic] = {}
        for key, traffic in permitted(plans, numbers).items():
            self._filters[numbers[key.server].identity, key.way] = traffic

    def by_both(self, ends: tuple[FlowEnd, FlowEnd], at: AddressSet, ports: Ports) -> bool:
        """Whether each end that is ours allows all of these ports; `at` are the addresses of the other one."""
        for mine, other, way in zip(ends, ends[::-1], WAYS, strict=True):
            if isinstance(mine, ExternalEndpoint):
                continue
            if mine not in self.servers:
                return False
            if not self.servers[mine].managed:
                continue
            peers = at
            if not isinstance(other, ExternalEndpoint):
                if other not in self.servers:
                    return False
                peers = self.servers[other].address_set
            needed = Traffic.of([(peers, services_of([ports], peers))])
            if not needed <= self._filters[mine, way]:
                return False
        return True


def ends_of(plans: Plans) -> Iterator[tuple[FlowEnd, FlowEnd, Ports]]:
    """Each flow, server by server."""
    members = plans.inventory.members
    for flow in plans.flows:
        several: list[list[FlowEnd]] = [
            [end]
            if isinstance(end, ExternalEndpoint)
            else [s.identity for s in members.get(end, ())]
            for end in (flow.source, flow.destination)
        ]
        for source, destination in product(*several):
            if source != destination:
                yield source, destination, flow.ports


@pytest.mark.parametrize("platform", ["aws", "azure"])
@pytest.mark.parametrize("edit", EDITS)
def test_the_parts_of_each_flow_are_what_the_rules_of_the_other_topology_allow(
    edit: str, platform: str
) -> None:
    old, new = planned(BASE, platform), planned(edited(BASE, EDITS[edit]), platform)
    diff, found = FlowDiff(old, new), pairs(old, new)
    both = (
        (new, Allowed(old, {p.before.identity: p.before for p in found if p.before}), False),
        (old, Allowed(new, {p.after.identity: p.after for p in found if p.after}), True),
    )
    shared = 0
    for mine, others, of_old in both:
        for source, destination, ports in ends_of(mine):
            parts = list(diff.parts(source, destination, ports, of_old=of_old))
            whole = next(
                (e for e in (source, destination) if isinstance(e, ExternalEndpoint)), None
            )
            ranges = AddressSet() if whole is None else AddressSet.of(whole.ranges)
            assert covers(parts, ranges, ports), (source, destination, ports, parts)
            for part in parts:
                at = ranges if part.addresses is None else part.addresses
                allowed = others.by_both((source, destination), at, part.ports)
                assert allowed == part.shared, (source, destination, part)
                shared += part.shared
    assert shared


def covers(parts: list[FlowPart], ranges: AddressSet, ports: Ports) -> bool:
    """Whether parts are all of a flow together."""
    there = ranges or AddressSet.everything()
    needed = Traffic.of([(there, services_of([ports], there))])
    found = Traffic()
    for part in parts:
        at = there if part.addresses is None else part.addresses
        found |= Traffic.of([(at, services_of([part.ports], at))])
    return found == needed


@pytest.mark.parametrize(
    "edit, names",
    [
        ("nothing", ()),
        ("a server at another address", ("mbx2",)),
        ("a server more, and one less", ()),
        ("a server of another role", ()),
    ],
)
def test_servers_with_another_declared_address_are_named(edit: str, names: tuple[str, ...]) -> None:
    diff = FlowDiff(planned(BASE, "aws"), planned(edited(BASE, EDITS[edit]), "aws"))
    assert diff.readdressed == names


def test_the_addresses_of_an_end_are_those_that_it_has_afterwards() -> None:
    old, new = (
        planned(BASE, "aws"),
        planned(edited(BASE, EDITS["a server at another address"]), "aws"),
    )
    diff = FlowDiff(old, new)
    assert str(diff.addresses("mbx2")) == "10.20.0.33"
    assert diff.addresses("nobody") == AddressSet()
    (office,) = {
        f.source
        for f in new.flows
        if isinstance(f.source, ExternalEndpoint) and f.source.of == "office"
    }
    assert isinstance(office, ExternalEndpoint)
    assert str(diff.addresses(office)) == "10.64.0.0/16"


def test_servers_with_equal_values_have_equal_flows() -> None:
    edit = {**EDITS["a server of another role"], "clients.near": {"from": ["10.20.0.12/31"]}}
    old, new = planned(BASE, "aws"), planned(edited(BASE, edit), "aws")
    before, after = FlowDiff(old, new).alike
    assert before["mbx1"] != before["cas1"]
    assert before["mbx2"] != before["mbx1"]
    assert len({str(value) for value in after.values()}) == len(after)


@pytest.mark.parametrize(
    "ports, allowed, parts",
    [
        ("440-450/tcp", ["440-445", "443-450"], ["443-445 +", "440-442 -", "446-450 -"]),
        ("440-450/tcp", ["440-450", "1-65535"], ["440-450 +"]),
        ("440-450/tcp", ["440-450", ""], ["440-450 -"]),
        ("440-450/tcp", ["", "440-450"], ["440-450 -"]),
        ("icmp", ["1-65535", "1-65535"], ["icmp +"]),
        ("icmp", ["1-65535", ""], ["icmp -"]),
        ("icmp", ["", "1-65535"], ["icmp -"]),
        ("icmp", ["", ""], ["icmp -"]),
    ],
)
def test_a_part_is_shared_where_every_end_allows_it(
    ports: str, allowed: list[str], parts: list[str]
) -> None:
    def ports_of(text: str) -> PortSet:
        first, _, last = text.partition("-")
        return PortSet.of([(int(first), int(last))]) if text else PortSet()

    found = flow_diff._split(read_ports(ports), [ports_of(each) for each in allowed])
    shown = [f"{str(each).removesuffix('/tcp')} {'+' if shared else '-'}" for each, shared in found]
    assert shown == parts
