"""Each reading of docs/readings.md holds, and can be declared otherwise as the page says.

The page has the topology that all others begin with, and in each section the block that declares
otherwise. What passes is asked of the independent checker, about rules as the program registers them on both
clouds.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml

from exchange_ports.catalog import ENTRIES
from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.aws.rules import GroupRef as AwsGroup
from exchange_ports.clouds.aws.rules import SecurityGroupRule as AwsRule
from exchange_ports.clouds.azure.rules import Access, Tag
from exchange_ports.clouds.azure.rules import GroupRef as AzureGroup
from exchange_ports.clouds.azure.rules import SecurityRule as AzureRule
from exchange_ports.findings import Refused
from exchange_ports.flows import compile_flows
from exchange_ports.planning import compile_plans
from exchange_ports.reports.plan_report import closed
from exchange_ports.topology.groups import Group, GroupKind
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.ports import Ports, Protocol, tcp
from tests.support.paths import ROOT
from tests.support.recordings import PLATFORMS, Platform, run_with
from tests.support.recordings import declared as declared_in_stack
from tests.support.rule_sets import NetworkPlan, networks_of
from tests.support.strategies import GONE, Data, edited, flow_text
from tests.support.verdicts import ANY, Page, addresses, checker_of

PAGE: Final = (ROOT / "docs" / "readings.md").read_text("utf-8")
STACKS: Final = tuple(sorted(path.name.split(".")[1] for path in (ROOT / "stacks").iterdir()))
SITUATIONS: Final = tuple(
    sorted(p for p in (ROOT / "docs" / "situations").glob("*.md") if p.stem != "index")
)

on_both_clouds: Final = pytest.mark.parametrize("platform", PLATFORMS)

#: Who is asked about and is no server of ours. `cas1-v6` is another address of cas1.
WHO: Final = {
    "dc": "10.20.2.10",
    "accounts-dc": "10.64.2.10",
    "client": "10.64.0.7",
    "stranger": "192.0.2.25",
    "lync": "10.20.4.5",
    "av-edge": "203.0.113.40",
    "witness": "10.20.2.60",
    "dns": "10.20.2.53",
    "edge-dns": "10.20.240.53",
    "proxy": "10.20.240.9",
    "scanner": "10.20.7.30",
    "monitor": "10.20.8.5",
    "gateway": "10.20.9.5",
    "phone": "10.20.9.6",
    "stranger-v6": "2001:db8:ffff::25",
    "local-v6": "fd00::25",
    "cas1-v6": "2001:db8:20::11",
    "edge1-v6": "2001:db8:20:f0::5",
    "cas9-v6": "2001:db8:30::11",
}

SUBSCRIBED: Final = {
    "edge_servers.edge1": {"network": "corp", "address": "10.20.240.5", "subscribed_site": "hq"},
    "sender_reputation": "disabled",
}


def sections() -> dict[str, str]:
    """The text of each section of the page that is about one reading, by its number."""
    found = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    return {text[:4]: text for text in found if re.match(r"A-\d\d: ", text)}


def blocks(text: str) -> list[Data]:
    found = re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [cast("Data", yaml.safe_load(block)) for block in found]


def on(platform: Platform, edit: Mapping[str, Any] | None = None) -> Data:
    """The topology that the page begins with, on a cloud, with fields set as in `edited`."""
    base = blocks(PAGE.partition("\n## ")[0])[0]
    return edited(base, {"networks.corp.platform": platform, **(edit or {})})


def otherwise(number: str, data: Data) -> Data:
    """A topology with the block of a section laid over it."""
    (block,) = blocks(sections()[number])
    return laid_over(data, block)


def laid_over(below: Data, above: Data) -> Data:
    both = copy.deepcopy(below)
    for key, value in above.items():
        under = both.get(key)
        deeper = isinstance(under, dict) and isinstance(value, dict)
        both[key] = laid_over(cast("Data", under), cast("Data", value)) if deeper else value
    return both


def warned(data: Data) -> set[str]:
    """The codes of the warnings."""
    return {warning.kind.code for warning in load_topology(data)[1]}


class Registered:
    """What the program registers for a topology, and what passes then."""

    def __init__(self, data: Data) -> None:
        page = Page("a reading", WHO, ())
        self._known = addresses(page, data)
        self.checker = checker_of(page, data, run_with(data, "reading"))

    def opens(self, *questions: str) -> None:
        assert [each for each in questions if self._verdicts(each) != {True}] == []

    def closes(self, *questions: str) -> None:
        assert [each for each in questions if self._verdicts(each) != {False}] == []

    def _verdicts(self, question: str) -> set[bool | None]:
        """`mbx1 -> dc 389/tcp`, or with `any`: of all that `any` asks about."""
        source, destination, port = question.replace(" ->", "").split()
        number, _, protocol = port.partition("/")
        packets = ANY if port == "any" else [(protocol, int(number))]
        ends = self._known[source], self._known[destination]
        return {self.checker.passes(*ends, *packet).passes for packet in packets}


# --- Domain controllers, Lync and the witness -----------------------------------------------


@pytest.mark.slow
@on_both_clouds
def test_a_01_an_accounts_forest_is_not_part_of_the_internal_servers_until_it_is_listed(
    platform: Platform,
) -> None:
    data = on(platform, {"clients.accounts": {"from": ["10.64.0.0/16"]}})
    unlisted = Registered(data)
    unlisted.opens("mbx1 -> dc any", "dc -> mbx1 any", "accounts-dc -> cas1 443/tcp")
    unlisted.closes(
        *("mbx1 -> accounts-dc any", "accounts-dc -> mbx1 any"),
        *("mbx1 -> accounts-dc 389/tcp", "cas1 -> accounts-dc 88/udp", "accounts-dc -> cas1 any"),
    )
    listed = Registered(otherwise("A-01", data))
    listed.opens("mbx1 -> accounts-dc any", "accounts-dc -> cas1 any", "ex1 -> accounts-dc any")
    listed.closes("client -> mbx1 any", "mbx1 -> client any", "client -> cas1 any")


@on_both_clouds
def test_a_15_the_av_edge_of_lync_gets_nothing_by_itself(platform: Platform) -> None:
    data = on(platform, {"sites.hq.lync": {"addresses": ["10.20.4.0/28"]}})
    alone = Registered(data)
    alone.opens("mbx1 -> lync any", "lync -> cas1 any")
    alone.closes(
        *("mbx1 -> av-edge any", "av-edge -> mbx1 any", "cas1 -> av-edge any"),
        *("mbx1 -> av-edge 443/tcp", "mbx1 -> av-edge 3478/udp", "mbx1 -> av-edge 5061/tcp"),
    )
    declared = Registered(otherwise("A-15", data))
    declared.opens("mbx1 -> av-edge 443/tcp", "mbx1 -> av-edge 3478/udp")
    declared.closes("mbx1 -> av-edge 3478/tcp", "cas1 -> av-edge 443/tcp", "av-edge -> mbx1 any")


# --- Unified Messaging ----------------------------------------------------------------------

BESIDE_LATER: Final = "unified-messaging-beside-later-version"
CALLS: Final = {"unified_messaging": {"ip_gateways": {"gateway1": {"address": "10.20.9.5"}}}}
MODES: Final = ("tcp", "tls", "dual")


def calls(platform: Platform, mode: str | None = None) -> Data:
    """A gateway, and the startup mode where one is declared."""
    edit = {} if mode is None else {"unified_messaging.startup_mode": mode}
    return edited(on(platform, CALLS), edit)


@pytest.mark.slow
@on_both_clouds
def test_a_12_a_gateway_reaches_worker_processes_on_four_ports(platform: Platform) -> None:
    for mode in MODES:
        declared = Registered(calls(platform, mode))
        declared.opens(*(f"gateway -> mbx1 {port}/tcp" for port in range(5065, 5069)))
        declared.closes("gateway -> mbx1 5064/tcp", "gateway -> mbx1 5069/tcp")
        declared.closes("gateway -> cas1 5065/tcp", "phone -> mbx1 5065/tcp")
    data = calls(platform)
    del data["unified_messaging"]["ip_gateways"]
    by_lync = Registered(otherwise("A-12", data))
    by_lync.opens("lync -> mbx1 5065/tcp", "lync -> mbx1 5068/tcp")
    by_lync.closes("gateway -> mbx1 5065/tcp", "gateway -> mbx1 5068/tcp")


@pytest.mark.slow
@on_both_clouds
def test_a_13_the_startup_mode_decides_which_ports_are_open(platform: Platform) -> None:
    unsecured = ("gateway -> cas1 5060/tcp", "gateway -> mbx1 5062/tcp")
    secured = ("gateway -> cas1 5061/tcp", "gateway -> mbx1 5063/tcp")
    for mode in (None, "tcp"):
        declared = Registered(calls(platform, mode))
        declared.opens(*unsecured)
        declared.closes(*secured)
    by_tls = Registered(calls(platform, "tls"))
    by_tls.opens(*secured)
    by_tls.closes(*unsecured)
    by_both = Registered(otherwise("A-13", calls(platform)))
    by_both.opens(*unsecured, *secured)
    assert any("A-13" in line for line in closed(load_topology(calls(platform))[0]))
    assert not any("A-13" in line for line in closed(load_topology(calls(platform, "tcp"))[0]))


@pytest.mark.slow
@on_both_clouds
def test_a_14_declared_gateways_connect_to_mailbox_servers(platform: Platform) -> None:
    declared = Registered(calls(platform))
    declared.opens(
        "gateway -> mbx1 5062/tcp", "gateway -> ex1 5062/tcp", "gateway -> mbx1 5066/tcp"
    )
    declared.closes("phone -> mbx1 5062/tcp", "phone -> mbx1 5066/tcp", "stranger -> ex1 5062/tcp")
    narrowed = Registered(otherwise("A-14", calls(platform)))
    narrowed.opens("gateway -> ex1 5060/tcp", "gateway -> ex1 5062/tcp")
    narrowed.closes("gateway -> mbx1 5062/tcp", "gateway -> cas1 5060/tcp")
    # Groups of a site name no version: a later server in it is named by a warning, until gateways name servers.
    later = {"sites.hq.servers.new1": {"version": 2019, "address": "10.20.0.41"}}
    for data, warned in (
        (edited(calls(platform), later), True),
        (edited(otherwise("A-14", calls(platform)), later), False),
    ):
        topology, found = load_topology(data)
        assert any(each.kind.code == BESIDE_LATER for each in found) is warned
        reached = [
            flow_text(flow)
            for flow in compile_flows(Inventory(topology))
            if flow_text(flow).endswith("5062/tcp")
        ]
        group = "mailbox.hq" if warned else "server.ex1"
        assert reached == [f"ip-gateway.gateway1 -> {group} 5062/tcp"]


@pytest.mark.slow
@on_both_clouds
def test_a_16_signaling_is_tcp_and_media_is_udp(platform: Platform) -> None:
    declared = Registered(calls(platform))
    declared.opens(
        "gateway -> cas1 5060/tcp", "gateway -> mbx1 20000/udp", "mbx1 -> gateway 20001/udp"
    )
    declared.closes(
        *("gateway -> cas1 5060/udp", "gateway -> cas1 20000/udp", "cas1 -> gateway 20000/udp"),
        *("gateway -> mbx1 20001/tcp", "mbx1 -> gateway 20001/tcp", "gateway -> mbx1 1023/udp"),
    )
    by_udp = Registered(otherwise("A-16", calls(platform)))
    by_udp.opens("gateway -> cas1 5060/udp")
    by_udp.closes("phone -> cas1 5060/udp", "gateway -> cas1 5061/udp")


@pytest.mark.slow
@on_both_clouds
def test_a_17_a_witness_server_outside_exchange_is_reached_by_smb_and_rpc_only(
    platform: Platform,
) -> None:
    witness = Registered(on(platform, {"witness_servers.fsw1": {"address": "10.20.2.60"}}))
    witness.opens(
        *(f"mbx1 -> witness {port}/tcp" for port in (135, 445, 49152, 65535)),
        "ex1 -> witness 445/tcp",
    )
    witness.closes(
        *(f"mbx1 -> witness {port}/tcp" for port in (1, 134, 139, 443, 446, 5985, 49151)),
        *("mbx1 -> witness 445/udp", "mbx1 -> witness 135/udp", "mbx1 -> witness 50000/udp"),
        *("witness -> mbx1 445/tcp", "witness -> mbx1 any", "cas1 -> witness 445/tcp"),
    )
    unrestricted = Registered(otherwise("A-17", on(platform)))
    unrestricted.opens("mbx1 -> witness any", "witness -> mbx1 any", "cas1 -> witness any")


@on_both_clouds
def test_a_21_neighbors_get_no_rule_among_each_other(platform: Platform) -> None:
    data = on(platform, {**SUBSCRIBED, "sites.hq.lync": {"addresses": ["10.20.4.0/28"]}})
    topology, _ = load_topology(data)
    found = compile_flows(Inventory(topology))
    assert {
        other
        for flow in found
        for end, other in [(flow.source, flow.destination), (flow.destination, flow.source)]
        if getattr(end, "unrestricted", False)
    } == {Group("corp", GroupKind.EXCHANGE)}
    assert [f for f in found if Group not in {type(f.source), type(f.destination)}] == []

    plan = networks_of(compile_plans(topology))["corp"]
    assert set(plan.memberships) == {"cas1", "mbx1", "ex1", "edge1"}
    in_internal_servers = {
        name for name, groups in plan.memberships.items() if "exchange" in groups
    }
    assert in_internal_servers == {"cas1", "mbx1", "ex1"}
    attached = {group for groups in plan.memberships.values() for group in groups}
    assert [rule for rule in allowing(plan) if not named_groups(rule) & attached] == []

    cloud = Registered(data)
    cloud.opens("mbx1 -> ex1 any", "ex1 -> cas1 any", "mbx1 -> dc any", "lync -> mbx1 any")
    cloud.closes("edge1 -> mbx1 any", "edge1 -> dc any", "dc -> edge1 any", "lync -> edge1 any")

    among = {"from": "10.20.2.10", "to": "10.20.4.0/28", "ports": ["any"], "reason": "Lync"}
    with pytest.raises(Refused) as refused:
        load_topology({**data, "additional_flows": [among]})
    assert {f.kind.code for f in refused.value.findings if f.is_error} == {
        "flow-without-managed-server"
    }


def allowing(plan: NetworkPlan) -> list[AwsRule | AzureRule]:
    """All rules that let something through, but for Azure's probe, whose source is the platform."""
    if isinstance(plan, AwsRuleSet):
        return list(plan.rules)
    return [
        rule
        for group in plan.groups
        for rule in group.rules
        if rule.access is Access.ALLOW and not isinstance(rule.source, Tag)
    ]


def named_groups(rule: AwsRule | AzureRule) -> set[str]:
    """The groups on both sides of a rule."""
    if isinstance(rule, AwsRule):
        return {rule.group} | ({rule.peer.key} if isinstance(rule.peer, AwsGroup) else set())
    sides = (rule.source, rule.destination)
    return {side.key for side in sides if isinstance(side, AzureGroup)}


# --- Ports between internal servers ----------------------------------------------------------------

#: Rows in which a number is one of many: everything between internal servers, and Windows' dynamic range.
WIDE_ROWS: Final = {"R1", "R2", "R3", "W1"}


@cache
def all_plans() -> tuple[tuple[str, Data, tuple[NetworkPlan, ...]], ...]:
    """Topologies and plans of the stacks and of the situations' pages, each on both clouds."""
    asked = [
        *((s, p, declared_in_stack(s, p)) for s in STACKS for p in PLATFORMS),
        *((page.stem, p, of_page(page, p)) for page in SITUATIONS for p in PLATFORMS),
    ]
    return tuple(
        (
            f"{name} on {platform}",
            data,
            tuple(networks_of(compile_plans(load_topology(data)[0])).values()),
        )
        for name, platform, data in asked
    )


def of_page(page: Path, platform: Platform) -> Data:
    """The topology of a situation; what is elsewhere than on a cloud stays there."""
    (data,) = blocks(page.read_text("utf-8"))
    for network in data["networks"].values():
        if network["platform"] != "external":
            network["platform"] = platform
        if platform == "aws":
            network.pop("attach_to", None)  # on AWS nothing hangs on subnets
    return data


def declared_numbers(value: object) -> Iterator[int]:
    """The numbers in a topology: ports that someone named on purpose, and versions."""
    if isinstance(value, dict):
        for each in cast("Data", value).values():
            yield from declared_numbers(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from declared_numbers(each)
    elif isinstance(value, int):
        yield value
    elif isinstance(value, str) and re.fullmatch(r"\d+(-\d+)?/(tcp|udp)", value):
        yield from (int(number) for number in re.findall(r"\d+", value))


def rules_with(port: int) -> list[str]:
    """Rules of any topology that a row with this port has made, where no one declared the port."""
    rows = [e.id for e in ENTRIES if e.id not in WIDE_ROWS and covering(e.ports, port)]
    return rows + [
        f"{name}: {rule}"
        for name, data, plans in all_plans()
        if port not in declared_numbers(data)
        for plan in plans
        for rule in allowing(plan)
        if rule.ports.protocol is not Protocol.ANY
        if covering((rule.ports,), port)
        # An additional flow is the operator's own words.
        if {reason.entry for reason in rule.reasons} - {None, *WIDE_ROWS}
    ]


def covering(ports: tuple[Ports, ...], port: int) -> bool:
    return any(each.covers(tcp(port)) for each in ports)


@pytest.mark.slow
def test_a_02_the_backends_of_pop_and_imap_are_in_no_rule() -> None:
    backends = (1995, 1993, 444, 9955, 9933)
    assert {port: found for port in backends if (found := rules_with(port))} == {}
    for platform in PLATFORMS:
        services = ["https", "http", "imap", "pop", "smtp_submission"]
        data = on(platform, {"clients.office": {"from": ["10.64.0.0/16"], "services": services}})
        cloud = Registered(data)
        cloud.opens("client -> cas1 993/tcp", "client -> cas1 995/tcp")
        cloud.opens(*(f"cas1 -> mbx1 {port}/tcp" for port in backends))
        cloud.closes(*(f"client -> {s} {p}/tcp" for p in backends for s in ("cas1", "mbx1", "ex1")))
        watched = Registered(otherwise("A-02", data))
        watched.opens("monitor -> mbx1 1995/tcp")
        watched.closes("monitor -> mbx1 1993/tcp", "client -> mbx1 1995/tcp")


@pytest.mark.slow
def test_a_04_internal_listeners_are_in_no_rule() -> None:
    listeners = (2525, 717, 465, 475, 50389)
    assert {port: found for port in listeners if (found := rules_with(port))} == {}
    for platform in PLATFORMS:
        clients = {"clients.internet": {}, "mail_flow.outbound": {"through": "client_access"}}
        cloud = Registered(on(platform, clients))
        cloud.opens("mbx1 -> cas1 717/tcp", "cas1 -> mbx1 465/tcp", "mbx1 -> ex1 475/tcp")
        cloud.closes(*(f"stranger -> {s} {p}/tcp" for p in listeners for s in ("cas1", "mbx1")))
        edge = Registered(on(platform, SUBSCRIBED))
        edge.opens("edge1 -> mbx1 25/tcp", "mbx1 -> edge1 50636/tcp")
        edge.closes(*(f"edge1 -> {s} {p}/tcp" for p in listeners for s in ("mbx1", "ex1")))
        edge.closes(*(f"mbx1 -> edge1 {port}/tcp" for port in listeners))
        relayed = Registered(otherwise("A-04", on(platform)))
        relayed.opens("scanner -> mbx1 2525/tcp")
        relayed.closes("scanner -> mbx1 25/tcp", "scanner -> cas1 2525/tcp")


# --- Mail -----------------------------------------------------------------------------------


@pytest.mark.slow
@on_both_clouds
def test_a_03_a_proxied_server_gets_no_outbound_rule_of_its_own(platform: Platform) -> None:
    data = on(platform, {"mail_flow.outbound": {"through": "client_access"}})
    proxied = Registered(data)
    proxied.opens("cas1 -> stranger 25/tcp", "ex1 -> stranger 25/tcp", "mbx1 -> cas1 717/tcp")
    proxied.closes("mbx1 -> stranger 25/tcp", "mbx1 -> stranger 587/tcp")

    both = Registered(otherwise("A-03", data))
    both.opens("cas1 -> stranger 25/tcp", "mbx1 -> stranger 25/tcp")
    both.closes("mbx1 -> stranger 587/tcp", "stranger -> mbx1 25/tcp")

    # It is a matter of each server: mbx2 has a connector that is not proxied.
    direct = {"roles": ["mailbox"], "address": "10.20.0.22", "own_group": True}
    connectors = [
        {"through": "client_access", "servers": ["mbx1"]},
        {"through": "mailbox", "servers": ["mbx2"]},
    ]
    edit = {"sites.hq.servers.mbx2": direct, "mail_flow.outbound": connectors}
    mixed = Registered(on(platform, edit))
    mixed.opens("cas1 -> stranger 25/tcp", "mbx2 -> stranger 25/tcp")
    mixed.closes("mbx1 -> stranger 25/tcp")


@pytest.mark.slow
@on_both_clouds
def test_a_05_an_older_edge_server_delivers_on_25_unless_a_port_is_declared(
    platform: Platform,
) -> None:
    for version in (2007, 2010):
        data = on(platform, {**SUBSCRIBED, "edge_servers.edge1.version": version})
        assert "older-edge-delivery-port" in warned(data)
        older = Registered(data)
        older.opens("edge1 -> ex1 25/tcp", "edge1 -> mbx1 25/tcp")
        older.closes("edge1 -> ex1 2525/tcp", "edge1 -> mbx1 2525/tcp", "edge1 -> cas1 25/tcp")

        declared = otherwise("A-05", data)
        assert "older-edge-delivery-port" not in warned(declared)
        moved = Registered(declared)
        moved.opens("edge1 -> ex1 2525/tcp", "ex1 -> edge1 25/tcp", "stranger -> edge1 25/tcp")
        moved.closes("edge1 -> ex1 25/tcp", "ex1 -> edge1 2525/tcp", "edge1 -> cas1 2525/tcp")
    assert "older-edge-delivery-port" not in warned(on(platform, SUBSCRIBED))


@pytest.mark.slow
@on_both_clouds
def test_a_06_an_edge_server_without_a_subscription_speaks_25_both_ways(
    platform: Platform,
) -> None:
    by_hand = {
        **SUBSCRIBED,
        "edge_servers.edge1.subscribed_site": GONE,
        "edge_servers.edge1.manual_connectors_site": "hq",
        "mail_flow.outbound": {"through": "edge"},
    }
    data = on(platform, by_hand)
    edge = Registered(data)
    edge.opens("edge1 -> mbx1 25/tcp", "mbx1 -> edge1 25/tcp")
    edge.opens("stranger -> edge1 25/tcp", "edge1 -> stranger 25/tcp")
    edge.closes(
        *(f"edge1 -> mbx1 {port}/tcp" for port in (587, 465, 50636)),
        *(f"mbx1 -> edge1 {port}/tcp" for port in (587, 465, 50636)),
        "edge1 -> cas1 25/tcp",
    )
    moved = Registered(otherwise("A-06", data))
    moved.opens("edge1 -> mbx1 587/tcp", "mbx1 -> edge1 25/tcp")
    moved.closes("edge1 -> mbx1 25/tcp", "edge1 -> mbx1 465/tcp", "mbx1 -> edge1 587/tcp")


@pytest.mark.slow
@on_both_clouds
def test_a_07_probes_go_to_the_proxy_or_nowhere_unless_declared(platform: Platform) -> None:
    probes = [f"edge1 -> stranger {port}/tcp" for port in (23, 80, 1080, 1081, 3128, 6588)]
    proxy = {"proxy": {"address": "10.20.240.9", "port": 8080, "type": "http_connect"}}

    proxied = Registered(on(platform, {**SUBSCRIBED, "sender_reputation": proxy}))
    proxied.opens("edge1 -> proxy 8080/tcp")
    proxied.closes(*probes, "edge1 -> proxy 1080/tcp", "edge1 -> stranger 8080/tcp")

    data = edited(on(platform, SUBSCRIBED), {"sender_reputation": GONE})
    assert "sender-reputation-undeclared" in warned(data)
    Registered(data).closes(*probes, "edge1 -> proxy 8080/tcp")

    off = on(platform, SUBSCRIBED)
    assert "sender-reputation-undeclared" not in warned(off)
    Registered(off).closes(*probes)

    direct = otherwise("A-07", data)
    assert warned(direct) & {"sender-reputation-undeclared", "probes-to-any"} == {"probes-to-any"}
    open_ = Registered(direct)
    open_.opens(*probes)
    open_.closes("edge1 -> stranger 443/tcp", "edge1 -> dc 80/tcp", "stranger -> edge1 80/tcp")


# --- Names and the Internet -----------------------------------------------------------------


@on_both_clouds
def test_a_19_every_exchange_server_asks_the_name_servers_given_by_address(
    platform: Platform,
) -> None:
    """No mail enters or leaves here: it is not about Internet-facing servers alone."""
    unrestricted = on(platform)
    assert [
        f
        for f in compile_flows(Inventory(load_topology(unrestricted)[0]))
        if asks_for_names(f.ports)
    ] == []
    asked = Registered(unrestricted)
    asked.opens("cas1 -> dc 53/udp", "mbx1 -> dc 53/tcp")
    asked.closes("cas1 -> dns 53/udp", "mbx1 -> dns 53/tcp")

    apart = Registered(otherwise("A-19", unrestricted))
    apart.opens(
        *(f"{who} -> dns 53/{p}" for who in ("cas1", "mbx1", "ex1") for p in ("udp", "tcp"))
    )
    apart.closes("cas1 -> dns 54/udp", "mbx1 -> dns any", "dns -> cas1 53/udp", "dns -> mbx1 any")


def asks_for_names(ports: Ports) -> bool:
    return ports.protocol is not Protocol.ANY and any(a <= 53 <= b for a, b in ports.ranges)


@pytest.mark.slow
@on_both_clouds
def test_a_20_name_servers_that_are_not_declared_receive_no_queries(platform: Platform) -> None:
    data = on(platform, {**SUBSCRIBED, "name_servers.internal": "cloud_resolver"})
    for left_out, code in (
        ("name_servers", "missing-key"),
        ("name_servers.internal", "missing-key"),
        ("name_servers.edge", "edge-without-name-servers"),
    ):
        with pytest.raises(Refused) as refused:
            load_topology(edited(data, {left_out: GONE}))
        assert [f.kind.code for f in refused.value.findings if f.is_error] == [code]

    assert [
        f for f in compile_flows(Inventory(load_topology(data)[0])) if asks_for_names(f.ports)
    ] == []
    no_server = Registered(data)
    no_server.closes(
        *(f"edge1 -> {who} 53/udp" for who in ("dc", "dns", "edge-dns", "stranger")),
        *(f"mbx1 -> {who} 53/udp" for who in ("dns", "edge-dns", "stranger")),
    )
    named = Registered(otherwise("A-20", data))
    named.opens("edge1 -> edge-dns 53/udp", "edge1 -> edge-dns 53/tcp")
    named.closes(
        *(f"edge1 -> {who} 53/udp" for who in ("dc", "dns", "stranger")),
        *("mbx1 -> edge-dns 53/udp", "edge1 -> edge-dns 54/udp", "edge-dns -> edge1 53/udp"),
    )


@pytest.mark.slow
@on_both_clouds
def test_a_22_the_internet_has_ipv6_only_where_the_network_declares_it(
    platform: Platform,
) -> None:
    other = {"platform": platform, "internal": ["10.30.0.0/24"]}
    cas9 = {"roles": ["client_access"], "address": "10.30.0.11"}
    edit = {
        **SUBSCRIBED,
        "networks.other": other,
        "sites.rome": {"network": "other", "servers": {"cas9": cas9}},
        "clients.internet": {},
    }
    data = on(platform, edit)
    always = (
        *("stranger -> cas1 443/tcp", "stranger -> cas9 443/tcp"),
        *("stranger -> edge1 25/tcp", "edge1 -> stranger 25/tcp"),
    )
    where_declared = (
        *("stranger-v6 -> cas1-v6 443/tcp", "stranger-v6 -> cas1-v6 587/tcp"),
        *("stranger-v6 -> edge1-v6 25/tcp", "edge1-v6 -> stranger-v6 25/tcp"),
    )
    without = Registered(data)
    without.opens(*always)
    without.closes(*where_declared, "stranger-v6 -> cas9-v6 443/tcp")

    declared = Registered(otherwise("A-22", data))
    declared.opens(*always, *where_declared, "local-v6 -> cas1-v6 443/tcp")
    declared.closes(
        *("local-v6 -> edge1-v6 25/tcp", "edge1-v6 -> local-v6 25/tcp"),
        *("stranger-v6 -> cas9-v6 443/tcp", "stranger-v6 -> cas1-v6 25/tcp"),
    )


# --- The page -------------------------------------------------------------------------------

PARTS: Final = ("Open", "Reading", "In a rule", "Otherwise", "Test")


def test_every_ambiguity_is_on_the_page_once_and_in_order_of_its_kind() -> None:
    everywhere = re.findall(r"A-\d+", PAGE)
    assert sorted(everywhere) == [f"A-{number:02}" for number in range(1, 23)]
    rows = re.findall(r"^\| (A-\d\d) \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE)
    assert everywhere == [*sections(), *rows]
    assert list(sections()) == sorted(sections())


@pytest.mark.parametrize("number", sections())
def test_a_section_says_what_is_open_how_we_read_it_and_what_follows(number: str) -> None:
    section = sections()[number]
    assert tuple(re.findall(r"^\*\*([\w ]+)\.\*\* \S", section, re.MULTILINE)) == PARTS
    assert len(blocks(section)) == (0 if number == "A-21" else 1)


def test_every_section_names_its_test_and_every_test_of_a_reading_is_named() -> None:
    link = r"^\*\*Test\.\*\* \[tests/docs/test_readings\.py::(\w+)\]\(\.\./tests/docs/test_readings\.py\)$"
    named = {number: re.findall(link, text, re.M) for number, text in sections().items()}
    tests = sorted(name for name in globals() if re.match(r"test_a_\d", name))
    assert {number: len(names) for number, names in named.items()} == dict.fromkeys(named, 1)
    assert sorted(name for names in named.values() for name in names) == tests
    for number, (name,) in named.items():
        assert name.startswith(f"test_{number.lower().replace('-', '_')}_")
