"""The plans of the example stacks, whole and readable, and what must hold of any plan."""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from ipaddress import IPv4Network, ip_address, ip_network
from typing import Any, Final, TypeAlias

import pytest
import yaml

from exchange_ports.clouds.aws import names as aws_names
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.aws.plan import at_neighbors
from exchange_ports.clouds.aws.plan import compile_network as compile_aws
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.azure.names import BANDS
from exchange_ports.clouds.azure.plan import compile_network as compile_azure
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.stackfile.stack_file import read_stack_file
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import Group, GroupKind
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.addresses import overlap
from exchange_ports.traffic.ports import ANY_PORTS, Ports, Protocol, tcp
from tests.support.paths import ROOT
from tests.support.rule_sets import networks_of
from tests.support.strategies import GONE, SMALL, WITH_EDGE, declared, edited

STACKS: Final = ROOT / "stacks"
NAMES: Final = ("dev", "prod-aws", "prod-azure", "proxied")

Data: TypeAlias = dict[str, Any]

each_stack: Final = pytest.mark.parametrize("stack", NAMES)


def topology_of(stack: str) -> Data:
    """The topology of an example stack, as plain data."""
    file = STACKS / f"Pulumi.{stack}.yaml"
    topology: Any = read_stack_file(file.read_bytes(), file.name).config["topology"]
    assert isinstance(topology, dict)
    return dict[str, Any](topology)  # pyright: ignore[reportUnknownArgumentType]


def on(platform: str, data: Mapping[str, Any]) -> Data:
    (network,) = data["networks"]
    return edited(data, {f"networks.{network}.platform": platform})


def planned(data: Mapping[str, Any]) -> Plans:
    return compile_plans(declared(data))


def in_aws(data: Mapping[str, Any]) -> aws.AwsRuleSet:
    (plan,) = networks_of(planned(on("aws", data))).values()
    assert isinstance(plan, aws.AwsRuleSet)
    return plan


def in_azure(data: Mapping[str, Any]) -> azure.AzureRuleSet:
    (plan,) = networks_of(planned(on("azure", data))).values()
    assert isinstance(plan, azure.AzureRuleSet)
    return plan


def azure_rules(data: Mapping[str, Any]) -> list[azure.SecurityRule]:
    return [rule for group in in_azure(data).groups for rule in group.rules]


# A plan as text: name | what the cloud is told | description, one line a rule.


def as_text(plan: aws.AwsRuleSet | azure.AzureRuleSet) -> str:
    lines = _aws_text(plan) if isinstance(plan, aws.AwsRuleSet) else _azure_text(plan)
    return "\n".join(lines) + "\n"


def _aws_text(plan: aws.AwsRuleSet) -> list[str]:
    lines = [f"# {plan.network}: security groups of a VPC"]
    lines += ["", "## groups"] + [f"{group.key} | {group.description}" for group in plan.groups]
    for each in plan.prefix_lists:
        lines += ["", f"## prefix list {each.key}, max_entries {each.max_entries}"]
        lines += [str(entry) for entry in each.entries]
    lines += ["", "## servers"]
    lines += [f"{server} | {', '.join(keys)}" for server, keys in plan.memberships.items()]
    lines += ["", "## rules"]
    lines += [f"{aws_names.rule_name(r)} | {_aws_rule(r)} | {r.description}" for r in plan.rules]
    return lines


def _aws_rule(rule: aws.SecurityGroupRule) -> str:
    ports = "" if rule.port_range is None else f" {rule.port_range[0]}-{rule.port_range[1]}"
    preposition = "from" if rule.direction is aws.Direction.IN else "to"
    peer = rule.peer
    if isinstance(peer, aws.GroupRef):
        reported = f"sg {peer.key}"
    else:
        reported = f"pl {peer.key}" if isinstance(peer, aws.ListRef) else str(peer)
    return f"{rule.ip_protocol}{ports} {preposition} {reported}"


def _azure_text(plan: azure.AzureRuleSet) -> list[str]:
    lines = [f"# {plan.network}: network security groups of a VNet"]
    lines += ["", "## application security groups"]
    lines += [group.key for group in plan.application_groups]
    lines += ["", "## servers"]
    lines += [
        f"{server} | {plan.zones[server]} | {', '.join(keys)}"
        for server, keys in plan.memberships.items()
    ]
    for group in plan.groups:
        lines += ["", f"## {group.zone} zone"]
        lines += [f"{r.name} | {_azure_rule(r)} | {r.description}" for r in group.rules]
    return lines


def _azure_rule(rule: azure.SecurityRule) -> str:
    ports = ",".join(map(str, rule.ports.ranges)) or "*"
    protocol = "*" if str(rule.ports) == "all protocols" else rule.ports.protocol.value
    ends = f"{_side(rule.source)} -> {_side(rule.destination)}"
    return f"{rule.access} {protocol} {ports} {ends}"


def _side(side: azure.Side) -> str:
    if isinstance(side, azure.GroupRef):
        return f"asg {side.key}"
    if isinstance(side, azure.Prefixes):
        return ",".join(map(str, side.ranges))
    return "*" if isinstance(side, azure.Anything) else side.name


@each_stack
def test_the_plan_of_an_example_stack_is_as_reviewed(
    stack: str, golden: Callable[[str, str], None]
) -> None:
    for plan in networks_of(planned(topology_of(stack))).values():
        golden(f"plans/{stack}.txt", as_text(plan))


def test_the_plans_of_several_networks_are_as_reviewed(golden: Callable[[str, str], None]) -> None:
    """Both clouds and a place outside: what crosses goes by address, and outside gets no plan."""
    plans = planned(topology_of("both"))
    assert sorted(networks_of(plans)) == ["corp", "north"]
    for key, plan in networks_of(plans).items():
        golden(f"plans/both-{key}.txt", as_text(plan))


@pytest.mark.parametrize("stack, platform", [("prod-aws", "azure"), ("prod-azure", "aws")])
def test_production_on_the_other_cloud_is_as_reviewed(
    stack: str, platform: str, golden: Callable[[str, str], None]
) -> None:
    """The swap: nothing but `platform` changed."""
    for plan in networks_of(planned(on(platform, topology_of(stack)))).values():
        golden(f"plans/{stack}-on-{platform}.txt", as_text(plan))


#: What the plans were before a version could be declared (commit 9d527a4): the goldens without descriptions,
#: which are other words by now. By name of the golden, the SHA-256 of its text.
BEFORE_VERSIONS: Final[Mapping[str, str]] = {
    "both-corp": "66c2784f439fc1dbd264c48cb08f4cc214f4a1411eb3c70c2a0eeb393b8a81ec",
    "both-north": "49f06e974a0d355b4afdc23c6f723b4d7a6f24e2036b8f51f6a4b55557bdd230",
    "dev": "5c2ec80133b38f7953401523392230ad416402433fd4359ce48cbc943faa6e28",
    "prod-aws-on-azure": "031eb3043bd9b2b89b22ade3bf50ac8e01c037a17ba40529f7ac53b274fd1cbc",
    "prod-aws": "1d8714dd9e1815aee9b735022278a49f3bacf91a2afc5f37ae4d7e878c23985b",
    "prod-azure-on-aws": "c808f367c494ad0d83e01dae5a910072dd88caa3cf25a009d27f94ebdb3b7ba3",
    "prod-azure": "341f71cc6940b2fe770d30435006b3a1147004de8f1760a639cd115acc12d3b2",
    "proxied": "a3d021bb21e95a7a6355451fe405521cb988e29dad8c53247dbf68b794e11bee",
}


@pytest.mark.parametrize("name", BEFORE_VERSIONS)
def test_the_plan_of_a_file_of_2013_is_what_it_was_before_there_were_versions(name: str) -> None:
    text = (ROOT / "tests" / "goldens" / "plans" / f"{name}.txt").read_text("utf-8")
    # Of a rule everything but its description, which is the last column: name, protocol, ports and peer.
    rules = re.sub(r" \| [^|\n]*$", "", text, flags=re.MULTILINE)
    assert sha256(rules.encode()).hexdigest() == BEFORE_VERSIONS[name]


@each_stack
def test_a_file_without_a_version_is_one_of_2013(stack: str) -> None:
    data = topology_of(stack)
    assert "version" not in data
    plans = [networks_of(planned(each)) for each in (data, {**data, "version": 2013})]
    assert plans[0] == plans[1]


# The example stacks.


@each_stack
def test_an_example_stack_is_valid_as_it_stands(stack: str) -> None:
    _, findings = load_topology(topology_of(stack))
    assert [finding.kind.code for finding in findings if finding.is_error] == []


def differing(one: object, other: object, path: str = "") -> dict[str, tuple[object, object]]:
    """The fields in which two pieces of data differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        ours, theirs = dict[str, object](one), dict[str, object](other)  # pyright: ignore[reportUnknownArgumentType]
        found: dict[str, tuple[object, object]] = {}
        for key in sorted({*ours, *theirs}):
            found |= differing(ours.get(key), theirs.get(key), f"{path}.{key}".strip("."))
        return found
    return {} if one == other else {path: (one, other)}


def test_the_two_production_stacks_declare_the_same_organization() -> None:
    found = differing(topology_of("prod-aws"), topology_of("prod-azure"))
    assert found == {
        "networks.corp.platform": ("aws", "azure"),
        "mail_flow.outbound.next_hop": ("internet", [{"address": "203.0.113.25", "port": 587}]),
    }


def test_beside_the_topology_the_production_stacks_differ_in_cloud_ids_only() -> None:
    """Read as plain YAML, since `read_stack_file` has only what is ours."""
    one, other = (
        yaml.safe_load((STACKS / f"Pulumi.{stack}.yaml").read_text("utf-8"))["config"]
        for stack in ("prod-aws", "prod-azure")
    )
    found = {
        path for path in differing(one, other) if not path.startswith("exchange-ports:topology")
    }
    assert found == {
        "aws:region",
        "azure-native:location",
        "exchange-ports:networks.corp.vpc_id",
        "exchange-ports:networks.corp.resource_group_name",
        "exchange-ports:networks.corp.location",
    }


# What "Internet" means.


@pytest.mark.parametrize(
    "blocks, prefixes", [(GONE, 30), (["10.0.0.0/8"], 9)], ids=["by default", "10.0.0.0/8 alone"]
)
def test_the_internet_is_as_many_prefixes_as_the_design_says(blocks: object, prefixes: int) -> None:
    data = edited(WITH_EDGE, {"private_blocks": blocks})
    (internet,) = in_aws(data).prefix_lists
    assert (len(internet.entries), internet.max_entries) == (prefixes, prefixes)
    wide = [
        side.ranges
        for rule in azure_rules(data)
        for side in (rule.source, rule.destination)
        if isinstance(side, azure.Prefixes) and any(ip_address("8.8.8.8") in r for r in side.ranges)
    ]
    assert wide == [internet.entries] * 2, "as the source of Edge's mail and as its destination"


def test_where_the_internet_is_one_range_and_an_operator_names_it_too_one_rule_says_both() -> None:
    """A list of one prefix and that prefix: neither may be lost, and one is enough."""
    data = edited(
        WITH_EDGE,
        {
            "networks.corp.internal": ["128.0.0.0/20"],
            "networks.corp.perimeter": ["129.0.0.0/24"],
            "private_blocks": ["128.0.0.0/2", "192.0.0.0/3"],
            "accept_risk": {"private_blocks": "test"},
            "sites.hq.servers.ex1.address": "128.0.0.11",
            "edge_servers.edge1.own_group": True,
            "mail_flow.outbound": {"through": "edge", "servers": ["edge1"]},
            "additional_flows": [
                {
                    "from": "edge1",
                    "to": "0.0.0.0/1",
                    "ports": ["25/tcp"],
                    "reason": "test",
                    "accept_risk": True,
                }
            ],
        },
    )
    (rule,) = (
        r
        for r in in_aws(data).rules
        if (r.group, r.direction, str(r.ports)) == ("edge-server.edge1", "out", "25/tcp")
        and not isinstance(r.peer, aws.GroupRef)
    )
    assert [reason.entry for reason in rule.reasons] == ["E4", None]


# No rule that a single other one covers.


def office(*more: Mapping[str, Any]) -> Data:
    """Clients from anywhere and from an office, on one port."""
    return edited(
        SMALL,
        {
            "clients.internet": {"services": ["https"]},
            "clients.office": {"from": ["10.64.0.0/16"], "services": ["https", "imap"]},
            "additional_flows": list(more),
        },
    )


def test_the_reasons_of_a_covered_rule_move_to_the_one_that_covers_it() -> None:
    ask = {"from": "10.64.0.0/16", "to": "client_access", "ports": ["443/tcp"], "reason": "kiosks"}
    for rules in (in_aws(office(ask)).rules, azure_rules(office(ask))):
        on_443 = [rule for rule in rules if str(rule.ports) == "443/tcp"]
        assert len(on_443) == 1
        assert [reason.summary for reason in on_443[0].reasons][1:] == ["kiosks"]
        assert on_443[0].description.endswith("(C1); kiosks")


def test_a_rule_for_a_narrower_group_gives_way_to_one_for_a_wider() -> None:
    """RDP to all Exchange servers covers RDP to Mailbox servers, not the other way round."""
    wide = {"from": "10.20.6.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": "all"}
    narrow = {**wide, "to": "mailbox", "reason": "some"}
    (rule,) = (r for r in in_aws(office(wide, narrow)).rules if str(r.ports) == "3389/tcp")
    assert (rule.group, [r.summary for r in rule.reasons]) == ("exchange", ["all", "some"])
    (inline,) = (r for r in azure_rules(office(wide, narrow)) if str(r.ports) == "3389/tcp")
    assert inline.destination == azure.GroupRef("exchange")


def test_what_the_ground_rules_let_through_needs_no_other_rule() -> None:
    """Name servers that are domain controllers by address: everything passes there already."""
    data = edited(SMALL, {"name_servers.internal": ["10.20.2.10"]})
    assert not [rule for rule in in_aws(data).rules if str(rule.ports) != "all protocols"]
    (out,) = (
        r for r in in_aws(data).rules if str(r.peer) == "10.20.2.10/32" and r.direction == "out"
    )
    assert [reason.entry for reason in out.reasons] == ["R3", "N1"]


def test_two_clients_whose_names_differ_as_families_do_keep_their_rules() -> None:
    """`branches` has IPv6 ranges, and another source is called branches-v6."""
    data = edited(
        SMALL,
        {
            "clients.branches": {"from": ["10.64.0.0/16", "2001:db8:10::/48"]},
            "clients.branches-v6": {"from": ["10.65.0.0/16"]},
        },
    )
    reached = {
        str(range_)
        for rule in azure_rules(data)
        if str(rule.ports) == "443/tcp" and isinstance(rule.source, azure.Prefixes)
        for range_ in rule.source.ranges
    }
    assert reached == {"10.64.0.0/16", "10.65.0.0/16", "2001:db8:10::/48"}


def test_of_two_clients_with_the_same_addresses_in_other_prefixes_one_rule_stays() -> None:
    """Neither may be lost, and one is enough: the first by name."""
    data = edited(
        SMALL,
        {
            "clients.halves": {"from": ["10.64.0.0/25", "10.64.0.128/25"]},
            "clients.whole": {"from": ["10.64.0.0/24"]},
        },
    )
    (rule,) = (r for r in azure_rules(data) if str(r.ports) == "443/tcp")
    assert rule.source == azure.Prefixes((ip_network("10.64.0.0/25"), ip_network("10.64.0.128/25")))
    inline = [r.peer for r in in_aws(data).rules if str(r.ports) == "443/tcp"]
    assert inline == [ip_network("10.64.0.0/24")]


def test_groups_that_have_nothing_to_do_with_each_other_cover_nothing() -> None:
    """An operator's flow to one site and one to another: neither covers the other."""
    data = edited(
        WITH_EDGE,
        {
            "sites.paris": {
                "network": "corp",
                "servers": {"ex2": {"roles": ["client_access", "mailbox"]}},
            },
            "additional_flows": [
                {
                    "from": "edge",
                    "to": ["mailbox@hq", "mailbox@paris"],
                    "ports": ["25/tcp"],
                    "reason": "test",
                    "accept_risk": True,
                }
            ],
        },
    )
    peers = {
        rule.peer
        for rule in in_aws(data).rules
        if rule.group == "edge.hq" and rule.direction is aws.Direction.OUT
    }
    assert peers == {aws.GroupRef("mailbox.hq"), aws.GroupRef("mailbox.paris")}
    reached = {r.destination for r in azure_rules(data) if r.source == azure.GroupRef("edge.hq")}
    assert reached == {azure.GroupRef("mailbox.hq"), azure.GroupRef("mailbox.paris")}


# Ports and protocols.


def test_adjacent_ports_are_one_range() -> None:
    data = edited(WITH_EDGE, {"sender_reputation": "direct"})
    ports = {
        rule.port_range
        for rule in in_aws(data).rules
        if rule.group == "edge.hq" and isinstance(rule.peer, aws.ListRef)
    }
    assert ports == {(23, 23), (80, 80), (1080, 1081), (3128, 3128), (6588, 6588)}
    probes = [r for r in azure_rules(data) if str(r.ports) == "23,80,1080-1081,3128,6588/tcp"]
    assert len(probes) == 1, "one rule on Azure, where a rule takes several ranges"


def test_the_ground_rules_are_every_protocol_and_have_no_ports() -> None:
    """-1 without ports on AWS (0 would show as a change for ever), * on Azure."""
    unrestricted = [r for r in in_aws(SMALL).rules if r.ip_protocol == "-1"]
    assert {aws_names.rule_name(rule) for rule in unrestricted} == {
        "exchange/in/any/all/10.20.2.10/32",
        "exchange/in/any/all/exchange",
        "exchange/out/any/all/10.20.2.10/32",
        "exchange/out/any/all/exchange",
    }
    assert [rule.port_range for rule in unrestricted] == [None] * 4


@pytest.mark.parametrize(
    "ports, told",
    [
        ("icmp", ("icmp", (-1, -1))),
        ("esp", ("50", None)),
        ("ah", ("51", None)),
        ("any", ("-1", None)),
        ("161/udp", ("udp", (161, 161))),
        ("5985-5986/tcp", ("tcp", (5985, 5986))),
    ],
)
def test_ec2_is_told_protocols_in_its_own_words(ports: str, told: tuple[str, object]) -> None:
    ask = {"from": "10.20.6.0/24", "to": "exchange", "ports": [ports], "reason": "this"}
    (rule,) = (
        r
        for r in in_aws(edited(SMALL, {"additional_flows": [ask]})).rules
        if r.description == "this"
    )
    assert (rule.ip_protocol, rule.port_range) == told


def test_ping_from_ipv6_is_another_protocol() -> None:
    ask = {
        "from": "2001:db8::/64",
        "to": "exchange",
        "ports": ["icmp"],
        "reason": "this",
        "accept_risk": True,
    }
    rules = in_aws(edited(SMALL, {"additional_flows": [ask]})).rules
    assert [r.ip_protocol for r in rules if r.description == "this"] == ["icmpv6"]


@pytest.mark.parametrize(
    "addresses, families",
    [
        ({"ex1": "10.20.0.11", "ex2": "10.20.0.12"}, ["icmp"]),
        ({"ex1": "2001:db8:20::11", "ex2": "2001:db8:20::12"}, ["icmpv6"]),
        ({"ex1": "10.20.0.11", "ex2": "2001:db8:20::12"}, ["icmp", "icmpv6"]),
        # Whose address is not declared has one of IPv4.
        ({"ex1": None, "ex2": "2001:db8:20::12"}, ["icmp", "icmpv6"]),
        ({"ex1": None, "ex2": None}, ["icmp"]),
    ],
)
def test_ping_of_a_group_is_of_the_families_in_which_it_has_members(
    addresses: Mapping[str, str | None], families: list[str]
) -> None:
    servers = {
        name: {"roles": ["client_access", "mailbox"], **({"address": at} if at else {})}
        for name, at in addresses.items()
    }
    edit = {
        "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
        "sites.hq.servers": servers,
        "additional_flows": [_ping("exchange", "edge")],
    }
    rules = in_aws(edited(WITH_EDGE, edit)).rules
    pinged = [r.ip_protocol for r in rules if r.group == "edge.hq" and r.description == "ping"]
    assert pinged == families


def test_ping_of_a_retired_group_is_that_of_ipv4() -> None:
    edit = {
        "networks.corp.retired_groups": ["mailbox.hq"],
        "sites.hq.servers.ex1.roles": ["client_access"],
        "sites.paris": {"network": "corp", "servers": {"mbx3": {"roles": ["mailbox"]}}},
        "sites.paris.servers.cas3": {"roles": ["client_access"]},
        "edge_servers.edge1.subscribed_site": "paris",
        "additional_flows": [_ping("mailbox", "edge")],
    }
    rules = in_aws(edited(WITH_EDGE, edit)).rules
    retired = aws.GroupRef("mailbox.hq")
    assert [r.ip_protocol for r in rules if r.group == "edge.paris" and r.peer == retired] == [
        "icmp"
    ]


def _ping(source: str, to: str) -> Data:
    return {"from": source, "to": to, "ports": ["icmp"], "reason": "ping", "accept_risk": True}


# At the groups of neighbors that are given.

TWO_NETWORKS: Final = edited(
    WITH_EDGE,
    {
        "edge_servers.edge1.address": "10.20.240.5",
        "name_servers.edge": "domain_controllers",
        "networks.north": {"platform": "aws", "internal": ["10.40.0.0/20"]},
        "sites.oslo": {
            "network": "north",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.40.0.9"}},
        },
        "witness_servers.w": {"address": "10.20.7.60", "sites": ["hq"]},
    },
)
WITNESS: Final = [
    "witness.w/in/tcp/135/mailbox.hq",
    "witness.w/in/tcp/445/mailbox.hq",
    "witness.w/in/tcp/49152-65535/mailbox.hq",
]
UNRESTRICTED: Final = [
    "domain-controllers.hq/in/any/all/exchange",
    "domain-controllers.hq/out/any/all/exchange",
]


@pytest.mark.parametrize(
    "network, bound, rules",
    [
        ("corp", [], []),
        ("corp", ["witness.w"], WITNESS),
        (
            "corp",
            ["domain-controllers.hq"],
            sorted(
                [
                    *UNRESTRICTED,
                    "domain-controllers.hq/in/tcp/53/edge.hq",
                    "domain-controllers.hq/in/udp/53/edge.hq",
                ]
            ),
        ),
        # No one of this network reaches the witness, and no Edge server of it asks for names.
        ("north", ["domain-controllers.hq", "witness.w"], UNRESTRICTED),
    ],
)
def test_at_the_group_of_a_neighbor_there_is_what_flows_say_of_it(
    network: str, bound: list[str], rules: list[str]
) -> None:
    found = at_neighbors(network, planned(TWO_NETWORKS).flows, bound)
    assert [aws_names.rule_name(rule) for rule in found] == rules
    rows = {"witness.w": "W1", "domain-controllers.hq": "R3"}
    for rule in found:
        (reason,) = rule.reasons
        assert reason.entry == (
            "E7" if rule.ports.ranges[0:1] == tcp(53).ranges else rows[rule.group]
        )
        assert rule.description.endswith(f"({reason.entry})")


@pytest.mark.parametrize(
    "asked, rules",
    [
        ([("mailbox", tcp(445))], ["witness.w/in/tcp/445/mailbox.hq"]),
        # A wider group says it already, or the same one on more ports.
        ([("mailbox", tcp(445)), ("exchange", tcp(445))], ["witness.w/in/tcp/445/exchange"]),
        ([("exchange", tcp(445)), ("exchange", ANY_PORTS)], ["witness.w/in/any/all/exchange"]),
        ([("mailbox", tcp(445)), ("exchange", ANY_PORTS)], ["witness.w/in/any/all/exchange"]),
        # A narrower group, other ports or another group say nothing of it.
        (
            [("mailbox", ANY_PORTS), ("exchange", tcp(445))],
            ["witness.w/in/any/all/mailbox.hq", "witness.w/in/tcp/445/exchange"],
        ),
        (
            [("mailbox", tcp(445)), ("exchange", tcp(135))],
            ["witness.w/in/tcp/135/exchange", "witness.w/in/tcp/445/mailbox.hq"],
        ),
        (
            [("mailbox", Ports(Protocol.ICMP))],
            ["witness.w/in/icmp/all/mailbox.hq", "witness.w/in/icmpv6/all/mailbox.hq"],
        ),
    ],
)
def test_at_the_group_of_a_neighbor_no_rule_says_what_another_one_says(
    asked: list[tuple[str, Ports]], rules: list[str]
) -> None:
    exchange = Group("corp", GroupKind.EXCHANGE)
    mailbox = Group("corp", GroupKind.MAILBOX, "hq", frozenset(["exchange"]))
    witness = ExternalEndpoint("witness.w", (ip_network("10.20.7.60/32"),), "w")
    ends = {"exchange": exchange, "mailbox": mailbox}
    flows = [Flow(ends[who], witness, ports, (Reason("r"),)) for who, ports in asked]
    found = at_neighbors("corp", flows, ["witness.w"])
    assert [aws_names.rule_name(rule) for rule in found] == rules


# Names and descriptions.

#: What every field of EC2 takes (aws.md 2.3).
EC2_TEXT: Final = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=;{}!$*]{1,255}")
#: Azure: at most 80, and no other characters (azure.md 1).
AZURE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,78}[A-Za-z0-9_]")

#: Words that no cloud takes as they are, and too many of them.
WORDY: Final = edited(
    WITH_EDGE,
    {
        "additional_flows": [
            {
                "from": "10.20.6.0/24",
                "to": "exchange",
                "ports": ["3389/tcp"],
                "reason": f'Ä "<{number}>" & {"very " * 20}long',
                "ticket": f"M-{number}",
            }
            for number in range(5)
        ],
    },
)

_EVERY_TOPOLOGY: Final[Mapping[str, Mapping[str, Any]]] = {
    **{name: topology_of(name) for name in NAMES},
    "wordy": WORDY,
}
each_topology: Final = pytest.mark.parametrize(
    "data", _EVERY_TOPOLOGY.values(), ids=list(_EVERY_TOPOLOGY)
)


@each_topology
def test_ec2_takes_every_description(data: Mapping[str, Any]) -> None:
    plan = in_aws(data)
    for described in (*plan.groups, *plan.rules):
        assert EC2_TEXT.fullmatch(described.description), described.description


@each_topology
def test_azure_takes_every_description_and_name(data: Mapping[str, Any]) -> None:
    for rule in azure_rules(data):
        assert 0 < len(rule.description) <= 140
        assert rule.description.isprintable()
        assert AZURE_NAME.fullmatch(rule.name), rule.name


def test_a_description_takes_all_the_room_there_is_and_no_more() -> None:
    ask = {"from": "10.20.6.0/24", "to": "exchange", "ports": ["9/tcp"], "reason": "long " * 99}
    data = edited(SMALL, {"additional_flows": [ask]})
    (rule,) = (r for r in in_aws(data).rules if str(r.ports) == "9/tcp")
    assert (len(rule.description), rule.description[-3:]) == (255, "...")
    (inline,) = (r for r in azure_rules(data) if str(r.ports) == "9/tcp")
    assert (len(inline.description), inline.description[-3:]) == (140, "...")


@each_topology
def test_every_description_names_the_row_or_the_ticket(data: Mapping[str, Any]) -> None:
    for rule in in_aws(data).rules:
        first = rule.reasons[0]
        assert (first.entry or first.ticket or first.summary) in rule.description


def test_the_description_of_a_group_says_who_its_members_are_and_nothing_that_changes() -> None:
    """EC2 cannot change it: whatever else is declared, it stays, byte for byte."""
    before = {group.key: group.description for group in in_aws(WITH_EDGE).groups}
    more = edited(
        WITH_EDGE,
        {
            "organization": "fabrikam",
            "clients.internet": {"services": ["https", "pop"]},
            "sites.hq.servers.mbx2": {"roles": ["mailbox"]},
            "edge_servers.edge2": {"network": "corp", "subscribed_site": "hq"},
            "mail_flow.inbound": {"from": ["198.51.100.0/24"]},
            "sender_reputation": "direct",
        },
    )
    after = {group.key: group.description for group in in_aws(more).groups}
    assert before == {key: after[key] for key in before}
    assert len(set(after.values())) == len(after)


# Azure's own ways.


@each_topology
def test_the_probe_comes_first_and_the_denies_last(data: Mapping[str, Any]) -> None:
    for group in in_azure(data).groups:
        incoming = sorted(
            (r for r in group.rules if r.direction is azure.Direction.IN), key=lambda r: r.priority
        )
        assert incoming[0].source == azure.Tag("AzureLoadBalancer")
        assert [r.access for r in incoming[:-1]] == [azure.Access.ALLOW] * (len(incoming) - 1)
        for direction in azure.Direction:
            last = max(
                (r for r in group.rules if r.direction is direction), key=lambda r: r.priority
            )
            assert (last.access, last.source, last.destination, str(last.ports)) == (
                azure.Access.DENY,
                azure.Anything(),
                azure.Anything(),
                "all protocols",
            )


@each_topology
def test_rules_stand_in_the_band_of_what_they_are(data: Mapping[str, Any]) -> None:
    for rule in azure_rules(data):
        (band,) = (name for name, b in BANDS.items() if b.first <= rule.priority <= b.last)
        entries = {reason.entry for reason in rule.reasons}
        expected = (
            "denies"
            if rule.access is azure.Access.DENY
            else "probe"
            if isinstance(rule.source, azure.Tag)
            else "internal"
            if entries & {"R1", "R2", "R3"}
            else "flows"
        )
        assert band == expected, rule.name


@pytest.mark.parametrize(
    "source, to", [("exchange", "10.20.6.0/24"), ("edge", "exchange"), ("edge", "10.20.6.0/24")]
)
def test_every_protocol_to_whom_an_operator_names_is_no_rule_between_internal_servers(
    source: str, to: str
) -> None:
    asked = {**_ping(source, to), "ports": ["any"]}
    rules = azure_rules(edited(WITH_EDGE, {"additional_flows": [asked]}))
    bands = {
        name
        for rule in rules
        if "ping" in {reason.summary for reason in rule.reasons}
        for name, b in BANDS.items()
        if b.first <= rule.priority <= b.last
    }
    assert bands == {"flows"}


def test_a_group_with_members_in_two_zones_has_its_rules_in_both() -> None:
    edit = {
        "edge_servers.edge1.address": "10.20.240.5",
        "edge_servers.edge2": {
            "network": "corp",
            "subscribed_site": "hq",
            "address": "10.20.0.30",
        },
    }
    groups = in_azure(edited(WITH_EDGE, edit)).groups
    at_edge = {
        group.zone: sorted(
            r.name.partition("-")[2].partition("-")[2]
            for r in group.rules
            if azure.GroupRef("edge-receiving.hq") in (r.source, r.destination)
        )
        for group in groups
    }
    # The rules of the Mailbox servers stand in the internal zone only.
    assert set(at_edge) == set(azure.Zone)
    assert set(at_edge[azure.Zone.PERIMETER]) <= set(at_edge[azure.Zone.INTERNAL])
    assert len(at_edge[azure.Zone.PERIMETER]) == 2


@each_topology
def test_no_rule_of_ours_names_the_virtual_network(data: Mapping[str, Any]) -> None:
    """The tag holds the load balancer's probe address, and whatever is peered (azure.md 2, 3)."""
    tags = {
        side.name
        for rule in azure_rules(data)
        for side in (rule.source, rule.destination)
        if isinstance(side, azure.Tag)
    }
    assert tags == {"AzureLoadBalancer"}


@pytest.mark.slow
def test_a_plan_far_too_large_for_its_bands_has_every_rule_all_the_same() -> None:
    """Azure takes no priority above 4096; who counts the rules must see them all."""
    inventory = Inventory(declared(on("azure", SMALL)))
    exchange = inventory.servers[0].groups[0]
    hosts = IPv4Network("10.64.0.0/20").subnets(new_prefix=32)
    flows = [
        Flow(
            ExternalEndpoint(str(host), (host,), str(host)), exchange, tcp(3389), (Reason("hosts"),)
        )
        for host in hosts
    ]
    (group,) = compile_azure("corp", flows, inventory).groups
    inbound = [rule for rule in group.rules if rule.direction is azure.Direction.IN]
    assert len(inbound) == len(flows) + len(("probe", "deny"))
    beyond = range(4097, 4097 + len(flows) - BANDS["flows"].size)
    assert [rule.priority for rule in inbound[-len(beyond) :]] == [*beyond]
    assert len({rule.priority for rule in inbound}) == len({rule.name for rule in inbound})


@each_topology
def test_within_a_rule_addresses_do_not_overlap(data: Mapping[str, Any]) -> None:
    for rule in azure_rules(data):
        for side in (rule.source, rule.destination):
            if isinstance(side, azure.Prefixes):
                pairs = [(a, b) for i, a in enumerate(side.ranges) for b in side.ranges[:i]]
                assert not [pair for pair in pairs if overlap(*pair)]


@pytest.mark.parametrize("kind", [EndpointKind.PREFIX_LIST, EndpointKind.ADDRESSES])
def test_a_dated_set_of_addresses_is_one_prefix_list_or_one_augmented_rule(
    kind: EndpointKind,
) -> None:
    """Not only the Internet; what an operator lists himself stays a rule for each range on AWS."""
    inventory = Inventory(declared(on("aws", SMALL)))
    exchange = inventory.servers[0].groups[0]
    prefixes = ("52.96.0.0/14", "40.92.0.0/15", "2603:1006::/40", "2603:1016::/36")
    ranges = tuple(map(ip_network, prefixes))
    published = ExternalEndpoint("m365-mail", ranges, "Exchange Online", kind=kind)
    flows = [Flow(published, exchange, tcp(25), (Reason("hybrid mail"),))]
    plan = compile_aws("corp", flows, inventory)
    lists = {each.key: [*map(str, each.entries)] for each in plan.prefix_lists}
    if kind is EndpointKind.PREFIX_LIST:
        assert lists == {"m365-mail": [*prefixes[:2]], "m365-mail.v6": [*prefixes[2:]]}
        assert [rule.peer for rule in plan.rules] == [aws.ListRef(key) for key in lists]
    else:
        assert not lists
        assert {rule.peer for rule in plan.rules} == {*ranges}
    inventory = Inventory(declared(on("azure", SMALL)))
    (group,) = compile_azure("corp", flows, inventory).groups
    sources = {rule.source for rule in group.rules if str(rule.ports) == "25/tcp"}
    assert sources == {azure.Prefixes(ranges[:2]), azure.Prefixes(ranges[2:])}


def test_overlapping_ranges_of_one_source_are_given_without_the_inner_ones() -> None:
    data = edited(
        SMALL, {"clients.office": {"from": ["10.64.1.0/24", "10.64.0.0/16", "10.64.1.7"]}}
    )
    sides = {rule.source for rule in azure_rules(data) if str(rule.ports) == "443/tcp"}
    assert [_side(side) for side in sides] == ["10.64.0.0/16"]


@each_topology
def test_a_rule_has_one_application_security_group_a_side(data: Mapping[str, Any]) -> None:
    """By type: a side is one of four, and a group is named by one key."""
    keys = {group.key for group in in_azure(data).application_groups}
    for rule in azure_rules(data):
        for side in (rule.source, rule.destination):
            assert not isinstance(side, azure.GroupRef) or side.key in keys


def test_each_zone_has_its_own_network_security_group_and_only_where_servers_stand() -> None:
    assert [group.zone for group in in_azure(SMALL).groups] == ["internal"]
    assert [group.zone for group in in_azure(WITH_EDGE).groups] == ["internal", "perimeter"]
    assert in_azure(WITH_EDGE).zones == {"ex1": "internal", "edge1": "perimeter"}


# Determinism.


@each_topology
def test_the_order_of_declaration_changes_nothing(data: Mapping[str, Any]) -> None:
    def turned(value: object) -> object:
        if isinstance(value, dict):
            items = list(dict[str, object](value).items())  # pyright: ignore[reportUnknownArgumentType]
            return {key: turned(each) for key, each in reversed(items)}
        if isinstance(value, list):
            return [turned(each) for each in reversed(list[object](value))]  # pyright: ignore[reportUnknownArgumentType]
        return value

    other = turned(dict(data))
    assert isinstance(other, dict)
    for plan in (in_aws, in_azure):
        assert as_text(plan(dict[str, Any](other))) == as_text(plan(data))  # pyright: ignore[reportUnknownArgumentType]


def test_renaming_with_an_id_changes_no_name() -> None:
    before = edited(WITH_EDGE, {"sites.hq.servers.ex1.own_group": True, "clients.internet": {}})
    site = before["sites"]["hq"]
    after = edited(
        before,
        {
            "networks": {"head": {**before["networks"]["corp"], "id": "corp"}},
            "sites": {
                "berlin": {
                    **site,
                    "id": "hq",
                    "network": "head",
                    "servers": {"mail1": {**site["servers"]["ex1"], "id": "ex1"}},
                }
            },
            "edge_servers": {
                "gate1": {"network": "head", "subscribed_site": "berlin", "id": "edge1"}
            },
        },
    )
    names = {"ex1": "mail1", "edge1": "gate1"}
    for plan in (in_aws, in_azure):
        text = as_text(plan(before))
        for old, new in names.items():
            text = re.sub(rf"^{old} \|", f"{new} |", text, flags=re.MULTILINE)
        assert as_text(plan(after)) == text
