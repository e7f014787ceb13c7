"""Azure network security groups at subnets: what is registered, who is let through, who is unharmed.

That servers of ours are filtered as at interfaces is a law (tests/proof/test_proof_laws) and a situation
(docs/situations/azure-subnets.md). Here is what only subnets have: neighbors, and groups at both places.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any, Final, cast

import pytest

from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.azure.evaluator import AzureFilters, usual_tags
from exchange_ports.offline import Recording
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import Failure, prove
from exchange_ports.proof.reachability import QueryEndpoint, query
from exchange_ports.rollout.update import Does, operations
from exchange_ports.topology.fields import read_ports
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import ANY_PORTS, Ports, tcp
from exchange_ports.traffic.services import ServicePoint
from exchange_ports.traffic.traffic import Packet
from tests.component.registered import custom, planned_azure, registered_azure
from tests.support.checker import Checker
from tests.support.recordings import run_with
from tests.support.resource_types import ASG, NSG
from tests.support.situations import topology as situation
from tests.support.verdicts import own_addresses, subnets_of

pytestmark = pytest.mark.slow

PREFIX: Final = "exchange-corp"
AT: Final = azure.Attachment
IN, OUT = azure.Direction.IN, azure.Direction.OUT
INTERNAL, PERIMETER = azure.Zone.INTERNAL, azure.Zone.PERIMETER


@cache
def plans(attach_to: str = "subnets") -> Plans:
    from exchange_ports.topology.validate import load_topology

    data = situation("azure-subnets", "azure")
    network = {**data["networks"]["corp"], "attach_to": attach_to}
    return compile_plans(load_topology({**data, "networks": {"corp": network}})[0])


def rule_set(attach_to: str = "subnets") -> azure.AzureRuleSet:
    plan = plans(attach_to).networks["corp"]
    assert isinstance(plan, azure.AzureRuleSet)
    return plan


@cache
def recording() -> Recording:
    return run_with(situation("azure-subnets", "azure"), "azure-subnets")


# ---- what is planned and registered ----


def test_there_is_one_deny_each_way_for_each_kind_of_server_in_a_zone() -> None:
    denies = {
        group.zone: [rule.name for rule in group.rules if rule.access is azure.Access.DENY]
        for group in rule_set().groups
    }
    assert denies == {
        INTERNAL: [
            "in-4090-deny-any-all-all-to-exchange",
            "out-4016-deny-any-all-exchange-to-all",
        ],
        PERIMETER: [
            "in-4065-deny-any-all-all-to-edge.hq",
            "out-4029-deny-any-all-edge.hq-to-all",
        ],
    }


def test_every_rule_but_the_probes_is_for_servers_in_a_group() -> None:
    for group in rule_set().groups:
        assert group.at is AT.SUBNETS
        for rule in group.rules:
            ours = rule.destination if rule.direction is IN else rule.source
            if rule.source != azure.Tag("AzureLoadBalancer"):
                assert isinstance(ours, azure.GroupRef), rule.name
                assert ours.key in {
                    key for attached in rule_set().memberships.values() for key in attached
                }


def test_what_is_let_through_has_the_same_rules_at_both_places() -> None:
    """So nothing but the denies changes where a network is attached otherwise: names are kept."""

    def allows(attach_to: str) -> list[azure.SecurityRule]:
        groups = rule_set(attach_to).groups
        return [r for g in groups for r in g.rules if r.access is azure.Access.ALLOW]

    assert allows("subnets") == allows("network_interfaces")


def test_the_groups_of_subnets_are_registered_as_planned() -> None:
    planned = {f"{zone}-subnets": rules for zone, rules in planned_azure(rule_set()).items()}
    assert registered_azure(recording(), PREFIX) == planned
    parts = (rule_set().groups, rule_set().application_groups)
    assert len(custom(recording())) == sum(map(len, parts))


def test_servers_are_given_application_security_groups_and_subnets_the_rest() -> None:
    """Who attached what a server is given to its interface would filter it twice."""
    ids = {one.name: one.id for one in recording().registrations if one.type in (ASG, NSG)}
    assert recording().outputs["servers"] == {
        server: {"application_security_group_ids": [ids[f"{PREFIX}-{key}"] for key in attached]}
        for server, attached in rule_set().memberships.items()
    }
    assert recording().outputs["zones"] == {
        "corp": {zone: ids[f"{PREFIX}-{zone}-subnets"] for zone in ("internal", "perimeter")}
    }


def test_a_group_at_interfaces_never_turns_into_one_at_subnets_nor_back() -> None:
    """Its denies for everyone would cut off whoever is in the subnet: so it is another group."""
    keys = [{g.key for g in rule_set(at).groups} for at in ("network_interfaces", "subnets")]
    assert keys == [{"internal", "perimeter"}, {"internal-subnets", "perimeter-subnets"}]
    steps = operations(rule_set("network_interfaces"), rule_set())
    assert {(one.name, one.does) for one in steps if one.kind == "network security group"} == {
        ("internal", Does.DELETE),
        ("internal-subnets", Does.CREATE),
        ("perimeter", Does.DELETE),
        ("perimeter-subnets", Does.CREATE),
    }


# ---- neighbors ----


@cache
def checker(*virtual_network: str, bare: bool = False) -> Checker:
    """Over what is registered, or over the same groups with none of our rules in them."""
    data = situation("azure-subnets", "azure")
    registrations = recording().registrations
    if bare:
        registrations = tuple(
            replace(one, inputs={**one.inputs, "securityRules": []}) if one.type == NSG else one
            for one in registrations
        )
    return Checker(
        registrations,
        cast("Mapping[str, Mapping[str, Any]]", recording().outputs["servers"]),
        {address: name for name, address in own_addresses(data).items()},
        virtual_network or ("10.20.0.0/20", "10.20.240.0/24"),
        subnets_of(data, recording()),
    )


BACKUP, DC1, BYSTANDER = "10.20.0.77", "10.20.0.10", "10.20.240.77"
MBX1, EDGE1 = "10.20.0.21", "10.20.240.5"
OUTLOOK, OFFICE, PROBE = "198.51.100.7", "10.64.0.7", "168.63.129.16"


@pytest.mark.parametrize(
    "source, destination, port, way, passes, by",
    [
        # Between hosts of one subnet, of two, and from a server of ours: the VNet is open to itself.
        (BACKUP, DC1, 445, "out", True, "AllowVnetOutBound"),
        (BACKUP, DC1, 445, "in", True, "AllowVnetInBound"),
        (BYSTANDER, BACKUP, 445, "in", True, "AllowVnetInBound"),
        (MBX1, BACKUP, 445, "in", True, "AllowVnetInBound"),
        (EDGE1, BYSTANDER, 445, "in", True, "AllowVnetInBound"),
        # From beyond the VNet nothing comes in, to the Internet everything goes out.
        (OUTLOOK, BACKUP, 443, "in", False, "DenyAllInBound"),
        (OUTLOOK, BYSTANDER, 25, "in", False, "DenyAllInBound"),
        (OFFICE, BACKUP, 443, "in", False, "DenyAllInBound"),
        (BACKUP, OUTLOOK, 443, "out", True, "AllowInternetOutBound"),
        (BYSTANDER, OUTLOOK, 1, "out", True, "AllowInternetOutBound"),
    ],
)
def test_the_default_rules_decide_over_neighbors(
    source: str, destination: str, port: int, way: str, passes: bool, by: str
) -> None:
    asked = checker().out if way == "out" else checker().into
    decision = asked(source, destination, "tcp", port)
    assert (decision.passes, decision.by, decision.managed) == (passes, by, False)


def test_a_probe_reaches_a_neighbor_with_and_without_our_rules() -> None:
    for one in (checker(), checker(bare=True)):
        assert one.into(PROBE, BACKUP, "tcp", 80).passes


@pytest.mark.parametrize("tunneled", [False, True], ids=["usual", "forced tunneling"])
def test_our_rules_change_nothing_for_neighbors(tunneled: bool) -> None:
    virtual_network = ("0.0.0.0/0",) if tunneled else ()
    ours, bare = checker(*virtual_network), checker(*virtual_network, bare=True)
    peers = (DC1, BYSTANDER, MBX1, EDGE1, OUTLOOK, OFFICE, "10.20.0.22", "10.20.0.20", "11.0.0.0")
    ports = [("tcp", port) for port in (25, 443, 445, 50636)] + [("udp", 53), ("icmp", None)]
    for neighbor in (BACKUP, BYSTANDER, DC1, "10.20.0.20", "10.20.0.22", "10.20.240.4"):
        for peer in peers:
            for protocol, port in ports if peer != neighbor else ():
                packet = (protocol, port)
                assert (
                    ours.out(neighbor, peer, *packet).passes
                    == bare.out(neighbor, peer, *packet).passes
                )
                assert (
                    ours.into(peer, neighbor, *packet).passes
                    == bare.into(peer, neighbor, *packet).passes
                )


def test_a_server_that_lost_its_groups_is_open_at_a_subnet_and_closed_at_an_interface() -> None:
    packet = Packet(ip_address(BACKUP), ServicePoint(6, 445))
    for attach_to, passes in (("subnets", True), ("network_interfaces", False)):
        plan = rule_set(attach_to)
        lost = replace(plan, memberships={**plan.memberships, "mbx1": ()})
        space = AddressSet.of(map(ip_network, ("10.20.0.0/20", "10.20.240.0/24")))
        filters = AzureFilters(lost, {}, usual_tags(space))
        assert filters.decided_by("mbx1", IN, packet).passes is passes
        # Either way it is another traffic than was meant, so no such plan is registered.
        changed = replace(plans(attach_to), networks={"corp": lost})
        assert "permitted = required" in {failure.law for failure in prove(changed).failures}


# ---- the law ----


def changed(change: azure.SecurityRule, into: azure.SecurityRule | None) -> tuple[Failure, ...]:
    plan = rule_set()
    groups = tuple(
        replace(
            g, rules=tuple(into if r is change else r for r in g.rules if into or r is not change)
        )
        for g in plan.groups
    )
    return prove(replace(plans(), networks={"corp": replace(plan, groups=groups)})).failures  # type: ignore[arg-type]


def denies(zone: azure.Zone, direction: azure.Direction) -> azure.SecurityRule:
    (group,) = (group for group in rule_set().groups if group.zone is zone)
    (rule,) = (r for r in group.rules if r.access is azure.Access.DENY and r.direction is direction)
    return rule


@pytest.mark.parametrize(
    "zone, direction, shown",
    [
        (INTERNAL, IN, "10.20.0.0 -> 10.20.0.1"),
        (INTERNAL, OUT, "10.20.0.1 -> 10.20.0.0"),
        (PERIMETER, IN, "10.20.240.0"),
        (PERIMETER, OUT, "10.20.240.0"),
    ],
)
def test_a_deny_for_everyone_cuts_neighbors_off(
    zone: azure.Zone, direction: azure.Direction, shown: str
) -> None:
    rule = denies(zone, direction)
    everyone = replace(rule, source=azure.Anything(), destination=azure.Anything())
    found = [f for f in changed(rule, everyone) if f.law == "neighbors are unchanged"]
    assert found
    assert "a rule of the plan blocks it" in found[0].summary


def test_an_allow_for_everyone_opens_neighbors() -> None:
    (rule,) = (
        r
        for r in rule_set().groups[0].rules
        if r.direction is IN and r.ports == tcp(443) and r.access is azure.Access.ALLOW
    )
    found = changed(rule, replace(rule, destination=azure.Anything()))
    law = [f for f in found if f.law == "neighbors are unchanged"]
    # Under forced tunneling everything is let in to a neighbor anyway.
    assert len(law) == 1
    assert law[0].counterexample.endswith("443/tcp")
    assert law[0].summary.endswith(
        "a rule of the plan allows it inbound, unlike Azure's default rules"
    )


def test_without_its_deny_a_server_is_left_to_the_default_rules() -> None:
    for zone in azure.Zone:
        # What comes in then hangs on VirtualNetwork; what goes out goes anywhere either way.
        found = {failure.law for failure in changed(denies(zone, IN), None)}
        assert {"permitted = required", "independent of service tags"} <= found
        assert "permitted = required" in {f.law for f in changed(denies(zone, OUT), None)}


def test_groups_that_hang_elsewhere_than_declared_are_found() -> None:
    elsewhere = replace(plans(), networks={"corp": rule_set("network_interfaces")})
    (failure,) = prove(elsewhere).failures
    assert str(failure) == (
        "the groups of corp: are associated with network interfaces, but subnets are declared"
    )


def test_the_same_is_proved_at_both_places() -> None:
    at_both = (rule_set("network_interfaces").groups, rule_set().groups)
    assert prove(plans()).holds
    assert prove(plans("network_interfaces")).holds
    assert [g.at for groups in at_both for g in groups] == [
        *(AT.NETWORK_INTERFACES,) * 2,
        *(AT.SUBNETS,) * 2,
    ]


def test_of_a_neighbor_in_such_a_subnet_nothing_is_claimed_but_who_decides_is_reported() -> None:
    source, to = QueryEndpoint.server("mbx1"), QueryEndpoint.at(DC1)
    for attach_to, summary in (
        ("subnets", "not managed, and decided by Azure's default rules"),
        ("network_interfaces", "not managed"),
    ):
        (part,) = query(plans(attach_to), source, to, [read_ports("445/tcp")]).parts
        assert (part.passes, part.into.passes, part.into.text) == (True, None, summary)
    (stopped,) = query(
        plans(), QueryEndpoint.at(BACKUP), QueryEndpoint.server("mbx1"), [tcp(445)]
    ).parts
    assert stopped.into.text == (
        "mbx1 blocks it inbound by in-4090-deny-any-all-all-to-exchange at the subnet (all traffic that "
        "no rule above allows)"
    )


# ---- two groups on the way: a table of verdicts ----

S: Final = AT.SUBNETS
I: Final = AT.NETWORK_INTERFACES  # noqa: E741
ANYONE: Final = azure.Anything()
A, B, EMPTY = (azure.GroupRef(key) for key in ("a", "b", "empty"))


def rule(
    name: str,
    priority: int,
    access: str,
    direction: azure.Direction,
    source: azure.Side = ANYONE,
    destination: azure.Side = ANYONE,
    ports: Ports = ANY_PORTS,
) -> azure.SecurityRule:
    return azure.SecurityRule(
        name, priority, direction, azure.Access(access), ports, source, destination, ()
    )


def prefix(*texts: str) -> azure.Prefixes:
    return azure.Prefixes(tuple(map(ip_network, texts)))


def ruled(
    groups: Mapping[azure.Attachment, tuple[azure.SecurityRule, ...]],
    direction: azure.Direction,
    peer: str,
    service: ServicePoint,
) -> tuple[bool, list[str]]:
    """Whether it passes at the server of group a, and `place: rule` for each group that it met."""
    rules = azure.AzureRuleSet(
        "n",
        tuple(azure.NetworkSecurityGroup(INTERNAL, rules, at) for at, rules in groups.items()),
        tuple(azure.ApplicationGroup(key) for key in ("a", "b", "empty")),
        {"s": ("a",), "t": ("b",)},
        {"s": INTERNAL, "t": INTERNAL},
    )
    members = {
        "a": AddressSet.of([ip_network("10.0.0.1")]),
        "b": AddressSet.of([ip_network("10.0.0.2")]),
    }
    filters = AzureFilters(rules, members, usual_tags(AddressSet.of([ip_network("10.0.0.0/24")])))
    packet = Packet(ip_address(peer), service)
    decision = filters.decided_by("s", direction, packet)
    assert (packet in filters.permitted("s", direction)) == decision.passes
    words = {S: "subnet", I: "interface"}
    return decision.passes, [f"{words[each.at]}: {each.rule.name}" for each in decision.rulings]


T, FAR = "10.0.0.2", "198.51.100.7"
MAIL, WEB = ServicePoint(6, 25), ServicePoint(6, 443)


@pytest.mark.parametrize(
    "groups, direction, peer, service, passes, met",
    [
        pytest.param({}, IN, FAR, MAIL, True, [], id="no group at all: everything"),
        pytest.param({S: ()}, IN, T, MAIL, True, ["subnet: AllowVnetInBound"], id="subnet alone"),
        pytest.param({S: ()}, IN, FAR, MAIL, False, ["subnet: DenyAllInBound"], id="its default"),
        pytest.param(
            {S: (), I: ()},
            IN,
            T,
            MAIL,
            True,
            ["subnet: AllowVnetInBound", "interface: AllowVnetInBound"],
            id="in: the subnet's first",
        ),
        pytest.param(
            {S: (), I: ()},
            OUT,
            FAR,
            MAIL,
            True,
            ["interface: AllowInternetOutBound", "subnet: AllowInternetOutBound"],
            id="out: the interface's first",
        ),
        pytest.param(
            {S: (rule("no", 100, "deny", IN),), I: (rule("yes", 100, "allow", IN),)},
            IN,
            FAR,
            MAIL,
            False,
            ["subnet: no"],
            id="in: stopped at the subnet, it never reaches the interface",
        ),
        pytest.param(
            {S: (rule("yes", 100, "allow", IN),), I: (rule("no", 100, "deny", IN),)},
            IN,
            FAR,
            MAIL,
            False,
            ["subnet: yes", "interface: no"],
            id="in: let through at the subnet, stopped at the interface",
        ),
        pytest.param(
            {S: (rule("yes", 100, "allow", OUT),), I: (rule("no", 100, "deny", OUT),)},
            OUT,
            T,
            MAIL,
            False,
            ["interface: no"],
            id="out: stopped at the interface",
        ),
        pytest.param(
            {S: (rule("yes", 100, "allow", IN),), I: ()},
            IN,
            FAR,
            MAIL,
            False,
            ["subnet: yes", "interface: DenyAllInBound"],
            id="an allow at one place is none at the other",
        ),
        pytest.param(
            {
                S: (
                    rule("web", 100, "allow", IN, ports=tcp(443)),
                    rule("none of it", 101, "deny", IN, ports=tcp((1, 1000))),
                    rule("all", 102, "allow", IN),
                )
            },
            IN,
            FAR,
            MAIL,
            False,
            ["subnet: none of it"],
            id="a deny between allows",
        ),
        pytest.param(
            {
                S: (
                    rule("all", 102, "allow", IN),
                    rule("none of it", 101, "deny", IN, ports=tcp((1, 1000))),
                    rule("web", 100, "allow", IN, ports=tcp(443)),
                )
            },
            IN,
            FAR,
            WEB,
            True,
            ["subnet: web"],
            id="whatever the order of the list",
        ),
        pytest.param(
            {S: (rule("ours", 100, "deny", IN, destination=A),)},
            IN,
            T,
            MAIL,
            False,
            ["subnet: ours"],
            id="a deny for the server's group, from inside the subnet as well",
        ),
        pytest.param(
            {S: (rule("theirs", 100, "deny", IN, destination=B),)},
            IN,
            T,
            MAIL,
            True,
            ["subnet: AllowVnetInBound"],
            id="a deny for another group in the subnet is not applied",
        ),
        pytest.param(
            {S: (rule("from b", 100, "deny", IN, source=B, destination=A),)},
            IN,
            T,
            MAIL,
            False,
            ["subnet: from b"],
            id="the peer's group holds its members' addresses",
        ),
        pytest.param(
            {S: (rule("nobody", 100, "deny", IN, source=EMPTY),)},
            IN,
            T,
            MAIL,
            True,
            ["subnet: AllowVnetInBound"],
            id="a group with no member names nobody",
        ),
        pytest.param(
            {
                S: (rule("narrow", 101, "deny", IN, source=prefix("10.0.0.2/32")),),
                I: (rule("wide", 100, "allow", IN, source=prefix("10.0.0.0/24")),),
            },
            IN,
            T,
            MAIL,
            False,
            ["subnet: narrow"],
            id="overlapping prefixes at the two places",
        ),
        pytest.param(
            {S: (rule("vnet", 100, "deny", IN, source=azure.Tag("VirtualNetwork")),), I: ()},
            IN,
            PROBE,
            MAIL,
            False,
            ["subnet: vnet"],
            id="a deny of VirtualNetwork stops the probe, which is in it",
        ),
        pytest.param(
            {S: (), I: ()},
            IN,
            PROBE,
            MAIL,
            True,
            ["subnet: AllowVnetInBound", "interface: AllowVnetInBound"],
            id="the probe is in VirtualNetwork",
        ),
        pytest.param(
            {I: (rule("no", 100, "deny", IN),), S: ()},
            OUT,
            FAR,
            WEB,
            True,
            ["interface: AllowInternetOutBound", "subnet: AllowInternetOutBound"],
            id="each direction has rules of its own",
        ),
    ],
)
def test_both_places_must_allow_and_each_is_named(
    groups: Mapping[azure.Attachment, tuple[azure.SecurityRule, ...]],
    direction: azure.Direction,
    peer: str,
    service: ServicePoint,
    passes: bool,
    met: list[str],
) -> None:
    assert ruled(groups, direction, peer, service) == (passes, met)
