"""The independent checker itself, on rules written by hand. Each test fails when its rule of evaluation is broken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from tests.support.checker import Checker, Decision, NotUnderstood, protocol_of
from tests.support.resource_types import ASG, NSG


@dataclass(frozen=True)
class One:
    type: str
    id: str
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])


EX1: Final = "10.0.0.1"
EX2: Final = "10.0.0.2"
EDGE: Final = "10.0.9.1"
HOST: Final = "10.0.0.99"  # in the network, but not ours
INTERNET: Final = "198.51.100.7"
PROBE: Final = "168.63.129.16"
EX1_V6: Final = "2001:db8::1"
CLIENT_V6: Final = "2001:db8:10::5"
ADDRESSES: Final = {EX1: "ex1", EX2: "ex2", EDGE: "edge", EX1_V6: "ex1"}

# ---- AWS ----

SERVERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "ex1": {"security_group_ids": ["sg-exchange", "sg-cas"]},
    "ex2": {"security_group_ids": ["sg-exchange"]},
    "edge": {"security_group_ids": ["sg-edge"]},
}
GROUPS: Final = tuple(
    One("aws:ec2/securityGroup:SecurityGroup", name)
    for name in ("sg-exchange", "sg-cas", "sg-edge", "sg-empty")
)


def ingress(group: str, protocol: str = "tcp", **rule: object) -> One:
    inputs = {"securityGroupId": group, "ipProtocol": protocol, **rule}
    name = f"in {group} {protocol} {rule}"
    return One("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", name, inputs)


def egress(group: str, protocol: str = "tcp", **rule: object) -> One:
    inputs = {"securityGroupId": group, "ipProtocol": protocol, **rule}
    name = f"out {group} {protocol} {rule}"
    return One("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", name, inputs)


def prefix_list(*cidrs: str, family: str = "IPv4", most: float = 10.0) -> One:
    entries = [{"cidr": cidr} for cidr in cidrs]
    inputs = {"addressFamily": family, "entries": entries, "maxEntries": most}
    return One("aws:ec2/managedPrefixList:ManagedPrefixList", "pl-1", inputs)


def on_aws(*rules: One, servers: Mapping[str, Mapping[str, Any]] = SERVERS) -> Checker:
    return Checker([*GROUPS, *rules], servers, ADDRESSES)


def test_without_a_rule_nothing_passes_a_security_group() -> None:
    checker = on_aws()
    assert checker.into(HOST, EX1, "tcp", 443) == Decision(False, "no rule")
    assert checker.out(EX1, HOST, "tcp", 443) == Decision(False, "no rule")


def test_all_groups_that_a_server_has_allow_and_no_others() -> None:
    checker = on_aws(
        ingress("sg-exchange", fromPort=25, toPort=25, cidrIpv4="0.0.0.0/0"),
        ingress("sg-cas", fromPort=443, toPort=443, cidrIpv4="0.0.0.0/0"),
    )
    assert checker.into(HOST, EX1, "tcp", 25).passes
    assert checker.into(HOST, EX1, "tcp", 443).passes
    assert checker.into(HOST, EX2, "tcp", 25).passes
    assert not checker.into(HOST, EX2, "tcp", 443).passes


def test_ingress_rules_say_nothing_about_what_goes_out_nor_egress_about_what_comes_in() -> None:
    checker = on_aws(
        ingress("sg-edge", fromPort=25, toPort=25, cidrIpv4="0.0.0.0/0"),
        egress("sg-exchange", fromPort=53, toPort=53, cidrIpv4="0.0.0.0/0"),
    )
    assert not checker.out(EDGE, HOST, "tcp", 25).passes
    assert checker.into(HOST, EDGE, "tcp", 25).passes
    assert checker.out(EX1, HOST, "tcp", 53).passes
    assert not checker.into(HOST, EX1, "tcp", 53).passes


def test_a_port_range_holds_both_its_ends_and_no_more() -> None:
    checker = on_aws(ingress("sg-cas", fromPort=5985.0, toPort=5986.0, cidrIpv4="10.0.0.0/8"))
    passing = [port for port in range(5980, 5990) if checker.into(HOST, EX1, "tcp", port).passes]
    assert passing == [5985, 5986]


def test_a_protocol_is_its_own_and_not_another() -> None:
    checker = on_aws(
        ingress("sg-cas", fromPort=53, toPort=53, cidrIpv4="10.0.0.0/8"),
        ingress("sg-edge", "17", fromPort=53, toPort=53, cidrIpv4="10.0.0.0/8"),
        ingress("sg-edge", "icmp", fromPort=-1, toPort=-1, cidrIpv4="10.0.0.0/8"),
        ingress("sg-edge", "50", cidrIpv4="10.0.0.0/8"),
    )
    assert checker.into(HOST, EX1, "tcp", 53).passes
    assert not checker.into(HOST, EX1, "udp", 53).passes
    assert checker.into(HOST, EDGE, "udp", 53).passes
    assert not checker.into(HOST, EDGE, "tcp", 53).passes
    assert checker.into(HOST, EDGE, "icmp", None).passes
    assert checker.into(HOST, EDGE, "esp", None).passes
    assert not checker.into(HOST, EDGE, "ah", None).passes


def test_icmp_is_filtered_by_type_and_by_code() -> None:
    checker = on_aws(
        ingress("sg-cas", "icmp", fromPort=3, toPort=4, cidrIpv4="10.0.0.0/8"),
        ingress("sg-cas", "icmp", fromPort=8, toPort=-1, cidrIpv4="10.0.0.0/8"),
        ingress("sg-edge", "58", fromPort=-1, toPort=-1, cidrIpv6="::/0"),
    )
    messages = ((2, 4), (3, 3), (3, 4), (3, 5), (4, 4), (7, 0), (8, 0), (8, 255), (9, 0))
    passing = [message for message in messages if checker.into(HOST, EX1, "icmp", message).passes]
    assert passing == [(3, 4), (8, 0), (8, 255)]
    assert not checker.into(CLIENT_V6, EX1_V6, "icmpv6", (3, 4)).passes
    with pytest.raises(NotUnderstood):
        checker.into(HOST, EX1, "icmp", None)


def test_every_protocol_has_a_name() -> None:
    names = [protocol_of(number) for number in range(256)]
    assert len(set(names)) == 256
    assert [names[number] for number in (1, 6, 17, 47, 58, 255)] == [
        *("icmp", "tcp", "udp", "gre", "icmpv6", "255")
    ]
    checker = on_aws(ingress("sg-cas", "47", cidrIpv4="10.0.0.0/8"))
    assert checker.into(HOST, EX1, "gre", None).passes
    assert not checker.into(HOST, EX1, "46", None).passes


@pytest.mark.parametrize(
    "protocol, port",
    [("tcp", 1), ("udp", 65535), ("icmp", None), ("gre", None), ("esp", None), ("ah", None)],
)
def test_minus_one_is_every_protocol(protocol: str, port: int | None) -> None:
    checker = on_aws(ingress("sg-exchange", "-1", cidrIpv4="10.0.0.99/32"))
    assert checker.into(HOST, EX1, protocol, port).passes
    assert not checker.into("10.0.0.98", EX1, protocol, port).passes


def test_tcp_and_udp_on_every_port_are_not_every_protocol() -> None:
    whole: Mapping[str, object] = {"fromPort": 0, "toPort": 65535, "cidrIpv4": "0.0.0.0/0"}
    checker = on_aws(ingress("sg-cas", "tcp", **whole), ingress("sg-cas", "udp", **whole))
    assert checker.into(HOST, EX1, "udp", 137).passes
    assert not checker.into(HOST, EX1, "gre", None).passes


def test_a_group_stands_for_its_members_only() -> None:
    checker = on_aws(ingress("sg-exchange", "-1", referencedSecurityGroupId="sg-exchange"))
    assert checker.into(EX2, EX1, "tcp", 135).passes
    assert not checker.into(EDGE, EX1, "tcp", 135).passes
    assert not checker.into(HOST, EX1, "tcp", 135).passes


def test_a_group_that_has_no_members_allows_no_traffic() -> None:
    checker = on_aws(ingress("sg-exchange", "-1", referencedSecurityGroupId="sg-empty"))
    assert not checker.into(EX2, EX1, "tcp", 135).passes


def test_a_prefix_list_is_its_entries() -> None:
    checker = on_aws(
        prefix_list("0.0.0.0/5", "11.0.0.0/8"),
        egress("sg-edge", fromPort=25, toPort=25, prefixListId="pl-1"),
    )
    assert checker.out(EDGE, "7.255.255.255", "tcp", 25).passes
    assert checker.out(EDGE, "11.0.0.0", "tcp", 25).passes
    assert not checker.out(EDGE, "10.255.255.255", "tcp", 25).passes


def test_ipv4_and_ipv6_are_apart() -> None:
    four = on_aws(ingress("sg-cas", fromPort=443, toPort=443, cidrIpv4="0.0.0.0/0"))
    assert not four.into(CLIENT_V6, EX1_V6, "tcp", 443).passes
    six = on_aws(ingress("sg-cas", fromPort=443, toPort=443, cidrIpv6="2001:db8:10::/48"))
    assert six.into(CLIENT_V6, EX1_V6, "tcp", 443).passes
    assert not six.into("2001:db8:11::5", EX1_V6, "tcp", 443).passes
    assert not six.into(HOST, EX1, "tcp", 443).passes


def test_every_rule_that_allows_is_named() -> None:
    first = ingress(
        "sg-cas", fromPort=25, toPort=25, cidrIpv4="10.0.0.99/32", description="mail (M1)"
    )
    second = ingress(
        "sg-cas", fromPort=1, toPort=99, cidrIpv4="10.0.0.0/8", description="clients (C6)"
    )
    decision = on_aws(first, second).into(HOST, EX1, "tcp", 25)
    assert decision == Decision(True, f"{first.id} and {second.id}", "mail (M1); clients (C6)")


# ---- both ends ----


def test_two_ends_that_are_ours_must_agree() -> None:
    comes_in = ingress("sg-edge", fromPort=25, toPort=25, referencedSecurityGroupId="sg-cas")
    goes_out = egress("sg-cas", fromPort=25, toPort=25, referencedSecurityGroupId="sg-edge")
    assert on_aws(comes_in, goes_out).passes(EX1, EDGE, "tcp", 25).passes
    assert not on_aws(comes_in).passes(EX1, EDGE, "tcp", 25).passes
    assert not on_aws(goes_out).passes(EX1, EDGE, "tcp", 25).passes


def test_an_end_that_is_not_ours_has_no_say() -> None:
    checker = on_aws(ingress("sg-cas", fromPort=25, toPort=25, cidrIpv4="0.0.0.0/0"))
    assert checker.out(HOST, EX1, "tcp", 25).passes is None
    assert checker.passes(HOST, EX1, "tcp", 25).passes is True
    assert checker.passes(EX1, HOST, "tcp", 25).passes is False
    assert checker.passes(HOST, INTERNET, "tcp", 25).passes is None


# ---- Azure ----

FIELDS: Final = {
    "source": "sourceAddressPrefix",
    "sources": "sourceAddressPrefixes",
    "source_groups": "sourceApplicationSecurityGroups",
    "destination": "destinationAddressPrefix",
    "destinations": "destinationAddressPrefixes",
    "destination_groups": "destinationApplicationSecurityGroups",
    "port": "destinationPortRange",
    "ports": "destinationPortRanges",
}


def rule(priority: float, access: str, direction: str, **rest: Any) -> dict[str, Any]:
    """A rule: what is not given is `*`, as the name of a group is its reference."""
    written: dict[str, Any] = {
        "name": f"rule-{direction}-{priority}",
        "priority": priority,
        "access": access,
        "direction": direction,
        "protocol": rest.pop("protocol", "*"),
        "sourcePortRange": rest.pop("source_port", "*"),
    }
    for given, value in rest.items():
        groups = given.endswith("_groups")
        written[FIELDS.get(given, given)] = [{"id": one} for one in value] if groups else value
    for absent in ("source", "destination", "port"):
        if not {absent, f"{absent}s", f"{absent}_groups"} & set(rest):
            written[FIELDS[absent]] = "*"
    return written


def on_interface(*groups: str, nsg: str = "nsg") -> dict[str, Any]:
    return {"network_security_group_id": nsg, "application_security_group_ids": list(groups)}


def on_azure(*rules: dict[str, Any]) -> Checker:
    return Checker(
        [
            *(One(ASG, name) for name in ("asg-exchange", "asg-cas", "asg-empty")),
            One(NSG, "nsg", {"securityRules": list(rules)}),
            One(NSG, "nsg-edge", {"securityRules": []}),
        ],
        {
            "ex1": on_interface("asg-exchange", "asg-cas"),
            "ex2": on_interface("asg-exchange"),
            "edge": on_interface(nsg="nsg-edge"),
        },
        ADDRESSES,
        ["10.0.0.0/20"],
    )


@pytest.mark.parametrize(
    "source, destination, way, passes, by",
    [
        (HOST, EX1, "in", True, "AllowVnetInBound"),
        (PROBE, EX1, "in", True, "AllowVnetInBound"),
        (INTERNET, EX1, "in", False, "DenyAllInBound"),
        (EX1, HOST, "out", True, "AllowVnetOutBound"),
        (EX1, INTERNET, "out", True, "AllowInternetOutBound"),
        (EX1_V6, CLIENT_V6, "out", True, "AllowInternetOutBound"),
        (CLIENT_V6, EX1_V6, "in", False, "DenyAllInBound"),
    ],
)
def test_the_default_rules(source: str, destination: str, way: str, passes: bool, by: str) -> None:
    checker = on_azure()
    asked = checker.into if way == "in" else checker.out
    assert asked(source, destination, "udp", 137) == Decision(passes, by)


def test_a_probe_from_outside_the_network_passes_by_its_own_default_rule() -> None:
    checker = on_azure(rule(100, "Deny", "Inbound", source="VirtualNetwork"))
    assert not checker.into(PROBE, EX1, "tcp", 443).passes  # the tag contains the host
    nowhere = Checker(
        [One(NSG, "nsg", {"securityRules": []})], {"ex1": on_interface()}, {EX1: "ex1"}
    )
    decision = nowhere.into(PROBE, EX1, "tcp", 443)
    assert decision == Decision(True, "AllowAzureLoadBalancerInBound")


def test_what_is_in_no_network_and_goes_into_one_is_denied() -> None:
    checker = Checker(
        [One(NSG, "nsg", {"securityRules": []})], {"ex1": on_interface()}, {EX1: "ex1"}, [HOST]
    )
    assert checker.out(EX1, HOST, "tcp", 25) == Decision(False, "DenyAllOutBound")


def test_the_lower_priority_decides_whatever_the_order_of_the_list() -> None:
    allow = rule(200.0, "Allow", "Inbound", protocol="Tcp", port="443")
    deny_before = rule(150.0, "Deny", "Inbound", source="10.0.0.99")
    deny_after = rule(4000.0, "Deny", "Inbound")
    checker = on_azure(deny_after, allow, deny_before)
    assert checker.into(HOST, EX1, "tcp", 443) == Decision(False, "rule-Inbound-150.0")
    assert checker.into(INTERNET, EX1, "tcp", 443) == Decision(True, "rule-Inbound-200.0")
    assert checker.into(INTERNET, EX1, "tcp", 444) == Decision(False, "rule-Inbound-4000.0")


def test_priorities_are_numbers_and_not_text() -> None:
    checker = on_azure(rule(1000, "Deny", "Inbound"), rule(300, "Allow", "Inbound"))
    assert checker.into(HOST, EX1, "tcp", 443).by == "rule-Inbound-300"


def test_a_direction_has_its_own_rules() -> None:
    checker = on_azure(rule(100, "Deny", "Outbound"), rule(100, "Allow", "Inbound"))
    assert checker.into(INTERNET, EX1, "tcp", 443).passes
    assert not checker.out(EX1, INTERNET, "tcp", 443).passes


def test_a_server_is_filtered_by_its_own_group_of_rules() -> None:
    checker = on_azure(rule(100, "Deny", "Inbound"))
    assert not checker.into(HOST, EX1, "tcp", 443).passes
    assert checker.into(PROBE, EDGE, "tcp", 443).passes  # nsg-edge has the defaults only


def at_subnets(*rules: dict[str, Any], own: tuple[dict[str, Any], ...] = ()) -> Checker:
    """ex1 and ex2 stand in a subnet that has a group; ex2's interface has one of its own as well."""
    return Checker(
        [
            *(One(ASG, name) for name in ("asg-exchange", "asg-cas")),
            One(NSG, "nsg-subnet", {"securityRules": list(rules)}),
            One(NSG, "nsg", {"securityRules": list(own)}),
        ],
        {
            "ex1": {"application_security_group_ids": ["asg-exchange", "asg-cas"]},
            "ex2": on_interface("asg-exchange"),
        },
        {EX1: "ex1", EX2: "ex2"},
        ["10.0.0.0/20"],
        {"10.0.0.0/24": "nsg-subnet"},
    )


def test_traffic_inside_a_subnet_meets_its_group_on_its_way_out_and_on_its_way_in() -> None:
    assert at_subnets().passes(HOST, EX1, "tcp", 25).passes
    out = at_subnets(rule(100, "Deny", "Outbound", name="deny"))
    assert out.out(HOST, EX1, "tcp", 25) == Decision(False, "deny", managed=False)
    assert out.into(HOST, EX1, "tcp", 25).passes
    into = at_subnets(rule(100, "Deny", "Inbound", name="deny"))
    assert into.into(EX1, HOST, "tcp", 25) == Decision(False, "deny", managed=False)
    assert into.out(EX1, HOST, "tcp", 25).passes


def test_a_host_outside_the_subnet_is_not_ours() -> None:
    assert at_subnets().into(EX1, EDGE, "tcp", 25).passes is None


def test_subnet_and_interface_must_both_allow_and_the_first_to_deny_decides() -> None:
    subnet, interface = (rule(100, "Deny", "Inbound", name=at) for at in ("subnet", "interface"))
    assert at_subnets(subnet, own=(interface,)).into(HOST, EX2, "tcp", 25).by == "subnet"
    assert at_subnets(own=(interface,)).into(HOST, EX2, "tcp", 25).by == "interface"
    assert at_subnets(subnet).into(HOST, EX2, "tcp", 25).by == "subnet"
    both = at_subnets(
        rule(100, "Allow", "Inbound", name="a"), own=(rule(100, "Allow", "Inbound", name="b"),)
    )
    assert both.into(HOST, EX2, "tcp", 25).passes
    assert both.into(HOST, EX2, "tcp", 25).by == "a and b"
    subnet, interface = (rule(100, "Deny", "Outbound", name=at) for at in ("subnet", "interface"))
    assert at_subnets(subnet, own=(interface,)).out(EX2, HOST, "tcp", 25).by == "interface"


def test_a_server_that_meets_no_group_is_an_error() -> None:
    attached = {"ex1": {"application_security_group_ids": ["asg-exchange"]}}
    with pytest.raises(NotUnderstood, match="meets no group"):
        Checker([One(ASG, "asg-exchange")], attached, {EX1: "ex1"}).into(HOST, EX1, "tcp", 25)


def test_subnets_that_overlap_are_an_error() -> None:
    checker = Checker([], {}, {}, [], {"10.0.0.0/24": "a", "10.0.0.0/25": "b"})
    with pytest.raises(NotUnderstood, match="in two subnets"):
        checker.into(EX1, EX2, "tcp", 25)


def test_application_security_groups_apply_by_membership() -> None:
    checker = on_azure(
        rule(
            100, "Allow", "Inbound", source_groups=["asg-exchange"], destination_groups=["asg-cas"]
        ),
        rule(4000, "Deny", "Inbound"),
    )
    assert checker.into(EX2, EX1, "gre", None).passes
    assert not checker.into(EX1, EX2, "gre", None).passes  # ex2 is not in asg-cas
    assert not checker.into(EDGE, EX1, "gre", None).passes
    assert not checker.into(HOST, EX1, "gre", None).passes


def test_several_groups_do_not_work_while_one_of_them_is_empty() -> None:
    several = ["asg-exchange", "asg-empty"]
    broken = on_azure(
        rule(100, "Allow", "Inbound", source_groups=several), rule(4000, "Deny", "Inbound")
    )
    assert not broken.into(EX2, EX1, "tcp", 135).passes
    sound = on_azure(
        rule(100, "Allow", "Inbound", source_groups=["asg-exchange", "asg-cas"]),
        rule(4000, "Deny", "Inbound"),
    )
    assert sound.into(EX2, EX1, "tcp", 135).passes


def test_an_empty_group_matches_no_server() -> None:
    checker = on_azure(rule(100, "Deny", "Inbound", source_groups=["asg-empty"]))
    assert checker.into(HOST, EX1, "tcp", 135).by == "AllowVnetInBound"


def test_prefixes_and_ports_in_lists() -> None:
    checker = on_azure(
        rule(
            100,
            "Allow",
            "Inbound",
            protocol="Tcp",
            sources=["10.64.0.0/12", "2001:db8:10::/48"],
            ports=["143", "990-993"],
        ),
        rule(4000, "Deny", "Inbound"),
    )
    for port, passes in {
        142: False,
        143: True,
        144: False,
        989: False,
        990: True,
        994: False,
    }.items():
        assert checker.into("10.79.255.255", EX1, "tcp", port).passes is passes
    assert checker.into("10.64.0.0", EX1, "tcp", 993).passes
    assert not checker.into("10.80.0.0", EX1, "tcp", 993).passes
    assert not checker.into("10.64.0.0", EX1, "udp", 993).passes
    assert checker.into(CLIENT_V6, EX1_V6, "tcp", 993).passes


@pytest.mark.parametrize("written, meant", [("Icmp", "icmp"), ("Esp", "esp"), ("Ah", "ah")])
def test_protocols_without_ports(written: str, meant: str) -> None:
    checker = on_azure(
        rule(100, "Allow", "Inbound", protocol=written), rule(4000, "Deny", "Inbound")
    )
    for protocol in ("icmp", "esp", "ah", "gre"):
        assert checker.into(HOST, EX1, protocol, None).passes is (protocol == meant)
    assert not checker.into(HOST, EX1, "tcp", 7).passes


def test_the_tags_are_as_wide_as_the_network_that_is_given() -> None:
    checker = on_azure(
        rule(100, "Allow", "Outbound", destination="Internet"), rule(4000, "Deny", "Outbound")
    )
    assert checker.out(EX1, INTERNET, "tcp", 25).passes
    assert checker.out(EX1, "10.0.16.0", "tcp", 25).passes  # just past the network
    assert not checker.out(EX1, "10.0.15.255", "tcp", 25).passes
    denying = on_azure(rule(100, "Deny", "Inbound", source="Internet"))
    assert denying.into(PROBE, EX1, "tcp", 25).passes  # the host is under other tags


# ---- what is not understood ----

MAIL: Final[Mapping[str, Any]] = {"fromPort": 25, "toPort": 25}


@pytest.mark.parametrize(
    "strange",
    [
        ingress("sg-cas", **MAIL),
        ingress("sg-cas", **MAIL, cidrIpv4="10.0.0.0/8", prefixListId="pl-1"),
        ingress("sg-cas", **MAIL, cidrIpv4="10.0.0.99/8"),
        ingress("sg-cas", **MAIL, cidrIpv4="2001:db8::/32"),
        ingress("sg-cas", **MAIL, cidrIpv4="[unknown]"),
        ingress("sg-cas", **MAIL, cidrBlocks=["10.0.0.0/8"], cidrIpv4="10.0.0.0/8"),
        ingress("sg-cas", **MAIL, prefixListId="pl-2"),
        ingress("sg-cas", **MAIL, referencedSecurityGroupId="sg-2"),
        ingress("sg-cas", cidrIpv4="10.0.0.0/8"),
        ingress("sg-cas", fromPort=25.5, toPort=26, cidrIpv4="10.0.0.0/8"),
        ingress("sg-cas", fromPort=26, toPort=25, cidrIpv4="10.0.0.0/8"),
        ingress("sg-cas", "-1", **MAIL, cidrIpv4="10.0.0.0/8"),
        ingress("sg-cas", "icmp", fromPort=-1, toPort=0, cidrIpv4="10.0.0.0/8"),
        ingress("sg-cas", "icmp", fromPort=256, toPort=0, cidrIpv4="10.0.0.0/8"),
        ingress("sg-cas", "icmp", cidrIpv4="10.0.0.0/8"),
        ingress("sg-cas", "all", cidrIpv4="10.0.0.0/8"),
        One("aws:ec2/securityGroup:SecurityGroup", "sg-1", {"ingress": []}),
        One("aws:ec2/securityGroup:SecurityGroup", "sg-cas"),
        One("aws:ec2/securityGroupRule:SecurityGroupRule", "rule"),
        prefix_list("2001:db8::/32"),
        prefix_list("11.0.0.0/8", "12.0.0.0/8", most=1),
    ],
    ids=lambda one: f"{one.id} {dict(one.inputs)}",
)
def test_a_strange_security_group_rule_is_an_error(strange: One) -> None:
    uses_the_list = ingress("sg-cas", **MAIL, prefixListId="pl-1")
    rules = [strange, uses_the_list] if strange.id == "pl-1" else [strange]
    with pytest.raises((NotUnderstood, ValueError)):
        on_aws(*rules).into(HOST, EX1, "tcp", 25)


@pytest.mark.parametrize(
    "strange",
    [
        {"protocol": "tcp", "port": "25"},
        {"protocol": "TCP"},
        {"port": "25"},
        {"protocol": "Icmp", "port": "8"},
        {"protocol": "Tcp", "port": "25,26"},
        {"protocol": "Tcp", "port": "25", "ports": ["26"]},
        {"protocol": "Tcp", "ports": ["*"]},
        {"protocol": "Tcp", "ports": []},
        {"protocol": "Tcp", "port": "1-2-3"},
        {"protocol": "Tcp", "port": "26-25"},
        {"protocol": "Tcp", "port": "70000"},
        {"source_port": "25"},
        {"source": "10.0.0.99/8"},
        {"source": "Storage"},
        {"sources": ["VirtualNetwork"]},
        {"sources": ["*"]},
        {"sources": []},
        {"source": "*", "source_groups": ["asg-cas"]},
        {"source_groups": ["asg-2"]},
        {"sourcePortRanges": ["1-2"]},
        {"access": "allow"},
        {"direction": "inbound"},
        {"priority": 99},
        {"priority": 4097},
        {"priority": 4000, "name": "another"},
        {"name": "rule-Inbound-4000"},
    ],
    ids=str,
)
def test_a_strange_network_security_rule_is_an_error(strange: dict[str, Any]) -> None:
    odd = rule(
        strange.pop("priority", 100),
        strange.pop("access", "Allow"),
        strange.pop("direction", "Inbound"),
        **strange,
    )
    checker = on_azure(odd, rule(4000, "Deny", "Inbound"))
    with pytest.raises((NotUnderstood, ValueError)):
        checker.into(HOST, EX1, "tcp", 25)


@pytest.mark.parametrize(
    "source, destination, protocol, port",
    [
        (HOST, EX1_V6, "tcp", 25),
        (EX1, EX1, "tcp", 25),
        (HOST, EX1, "tcp", None),
        (HOST, EX1, "icmp", 8),
        (HOST, EX1, "Tcp", 25),
        (HOST, EX1, "sctp", None),
        (CLIENT_V6, EX1_V6, "icmp", None),
        (EX1, "169.254.169.254", "tcp", 80),
        (EX1, PROBE, "tcp", 80),
        ("ex1", EX2, "tcp", 80),
    ],
)
def test_a_strange_question_is_an_error(
    source: str, destination: str, protocol: str, port: int | None
) -> None:
    with pytest.raises((NotUnderstood, ValueError)):
        on_azure().passes(source, destination, protocol, port)


@pytest.mark.parametrize(
    "attached",
    [
        {"security_group_ids": ["sg-2"]},
        {"security_groups": ["sg-cas"]},
        {"network_security_group_id": "nsg"},
        on_interface(nsg="nsg-2"),
        {},
    ],
    ids=str,
)
def test_a_server_with_a_strange_group_is_an_error(attached: dict[str, Any]) -> None:
    servers = {**SERVERS, "ex1": attached}
    with pytest.raises(NotUnderstood):
        on_aws(servers=servers).into(HOST, EX1, "tcp", 25)


def test_an_address_of_a_server_without_outputs_is_an_error() -> None:
    with pytest.raises(NotUnderstood):
        Checker([], {}, {EX1: "ex1"})


def test_components_are_not_looked_at() -> None:
    component = One("exchange-ports:index:AwsNetwork", "", {"anything": 1})
    assert not on_aws(component).into(HOST, EX1, "tcp", 25).passes
