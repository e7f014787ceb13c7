"""The proof says no where it must, law by law, with a packet that shows it.

That it says yes where it may is the matter of tests/proof/test_proof_laws; that no small fault gets
past it, of test_proof_mutants.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any, Final

import pytest

from exchange_ports.clouds.aws import plan as aws_plan
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import plan as azure_plan
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.rows import FlowContext
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import Failure, Proof, prove
from exchange_ports.proof.answers import own_address
from exchange_ports.proof.cross_cloud import Swap, swap
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.reports.proof_report import proof_report
from exchange_ports.reports.text_writer import to_text
from exchange_ports.topology.groups import Group, GroupKind
from exchange_ports.traffic.ports import Ports, tcp
from tests.support.strategies import GONE, WITH_EDGE, Data, declared, edited

ADDRESSED: Final = edited(
    WITH_EDGE,
    {"edge_servers.edge1.address": "10.20.240.5", "clients.office": {"from": ["10.64.0.0/16"]}},
)
AZURE: Final[Data] = {"networks.corp.platform": "azure"}
PROXY: Final = {"proxy": {"address": "10.20.240.9", "port": 8080, "type": "http_connect"}}
EDGE: Final = "edge-synced.hq"
WITH_IPV6: Final[Data] = {
    "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
    "networks.corp.perimeter": ["10.20.240.0/24", "2001:db8:f0::/64"],
}


def planned(*edits: Data) -> Plans:
    data = ADDRESSED
    for edit in edits:
        data = edited(data, edit)
    return compile_plans(declared(data))


def on_aws(plans: Plans, change: Callable[[aws.AwsRuleSet], aws.AwsRuleSet]) -> Plans:
    plan = plans.networks["corp"]
    assert isinstance(plan, aws.AwsRuleSet)
    return replace(plans, networks={"corp": change(plan)})


def meaning(plans: Plans, flows: Iterable[Flow]) -> Plans:
    """The same topology with other flows, and plans that are true to them."""
    wanted = tuple(flows)
    platform = plans.topology.networks["corp"].platform
    compile_network = aws_plan.compile_network if platform == "aws" else azure_plan.compile_network
    made = compile_network("corp", wanted, plans.inventory)
    return Plans(plans.inventory, wanted, {"corp": made})


def broken(plans: Plans) -> tuple[Failure, ...]:
    proof = prove(plans)
    assert proof.holds == (not proof.failures)
    return proof.failures


def text(proof: Proof, swaps: Iterable[Swap] = ()) -> str:
    return to_text(proof_report(proof, swaps))


def laws(plans: Plans) -> set[str]:
    return {failure.law for failure in broken(plans)}


def without(plan: aws.AwsRuleSet, **like: Any) -> aws.AwsRuleSet:
    kept = [
        rule
        for rule in plan.rules
        if not all(getattr(rule, name) == value for name, value in like.items())
    ]
    assert len(kept) == len(plan.rules) - 1
    return replace(plan, rules=tuple(kept))


# ---- permitted = required ----


def test_too_wide_an_internet_lets_edge_reach_a_domain_controller() -> None:
    def widened(plan: aws.AwsRuleSet) -> aws.AwsRuleSet:
        everyone = (ip_network("0.0.0.0/0"),)
        lists = tuple(replace(one, entries=everyone) for one in plan.prefix_lists)
        return replace(plan, prefix_lists=lists)

    reported = [str(failure) for failure in broken(on_aws(planned(), widened))]
    assert reported[0] == (
        "edge1 -> 10.20.2.10 (domain controllers of hq) 25/tcp: edge1 allows it outbound by "
        "edge-sending.hq/out/tcp/25/list.internet (outbound mail from the Edge server (E4)); "
        "10.20.2.10 (domain controllers of hq) is not managed; no flow requires it"
    )
    assert len(reported) >= 2


def test_a_missing_rule_names_the_flow_that_needs_it_and_both_ends() -> None:
    plans = on_aws(
        planned(),
        lambda plan: without(
            plan,
            group="edge-receiving.hq",
            direction=aws.Direction.OUT,
            peer=aws.GroupRef("mailbox.hq"),
        ),
    )
    (failure,) = broken(plans)
    assert failure.law == "permitted = required"
    assert str(failure).startswith(
        "edge1 -> ex1 25/tcp: no outbound rule of edge1 allows it; ex1 allows it inbound by "
    )
    assert str(failure).endswith("(E2)")


def test_a_server_without_an_address_is_proved_as_well() -> None:
    bare: Data = {"sites.hq.servers.ex1.address": GONE, "edge_servers.edge1.address": GONE}
    plans = planned(bare)
    assert prove(plans).holds
    found = broken(
        on_aws(
            plans,
            lambda plan: without(
                plan,
                group="edge-receiving.hq",
                direction=aws.Direction.OUT,
                peer=aws.GroupRef("mailbox.hq"),
            ),
        )
    )
    assert [failure.counterexample for failure in found] == ["edge1 -> ex1 25/tcp"]


def test_servers_without_addresses_are_told_apart_and_stand_nowhere_on_the_internet() -> None:
    bare: Data = {
        "sites.hq.servers.ex1.address": GONE,
        "sites.hq.servers.ex2": {"roles": ["mailbox"]},
        "edge_servers.edge1.address": GONE,
    }
    plans = planned(bare)
    at = [
        address for server in NetworkModel(plans).servers.values() for address in server.addresses
    ]
    assert len(set(at)) == 3
    # 25/tcp comes in from the Internet as well: an address of it would hide the missing rule.
    like = {"direction": aws.Direction.IN, "peer": aws.GroupRef("mailbox.hq")}
    found = broken(on_aws(plans, lambda plan: without(plan, group="edge-sending.hq", **like)))
    assert [failure.counterexample for failure in found] == ["ex1 -> edge1 25/tcp"]


def test_on_azure_the_deny_that_stops_a_packet_is_named() -> None:
    plans = planned(AZURE)
    plan = plans.networks["corp"]
    assert isinstance(plan, azure.AzureRuleSet)
    groups = tuple(
        replace(g, rules=tuple(r for r in g.rules if "50636" not in r.name)) for g in plan.groups
    )
    found = broken(replace(plans, networks={"corp": replace(plan, groups=groups)}))
    assert [failure.counterexample for failure in found] == ["ex1 -> edge1 50636/tcp"] * 2
    assert "ex1 blocks it outbound by out-" in str(found[0])
    assert "deny-any-all-all-to-all (all traffic that no rule above allows)" in str(found[0])


def test_without_the_probes_way_in_azure_balancers_would_take_servers_out() -> None:
    plans = planned(AZURE)
    plan = plans.networks["corp"]
    assert isinstance(plan, azure.AzureRuleSet)
    groups = tuple(
        replace(g, rules=tuple(r for r in g.rules if r.source != azure.Tag("AzureLoadBalancer")))
        for g in plan.groups
    )
    found = broken(replace(plans, networks={"corp": replace(plan, groups=groups)}))
    assert {failure.law for failure in found} == {"permitted = required"}
    assert all(failure.counterexample.startswith("168.63.129.16") for failure in found)
    assert all("the platform requires it" in str(failure) for failure in found)


@pytest.mark.parametrize("edits", [{}, AZURE])
def test_icmp_between_groups_with_ipv6_addresses_is_that_of_ipv6(edits: Data) -> None:
    # EC2's `icmp` is that of IPv4 alone: where both groups have IPv6 addresses, `icmpv6` it is.
    ping: Data = {
        **WITH_IPV6,
        "sites.hq.servers.ex1.address": "2001:db8:20::11",
        "edge_servers.edge1.address": "2001:db8:f0::5",
        "additional_flows": [
            {
                "from": "exchange",
                "to": "edge",
                "ports": ["icmp"],
                "reason": "p",
                "accept_risk": True,
            }
        ],
    }
    assert prove(planned(ping, edits)).holds


# ---- ground rules ----


@pytest.mark.parametrize("row", ["R1", "R3"])
@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_flows_that_forget_a_ground_rule_are_found_though_plans_are_true_to_them(
    row: str, platform: str
) -> None:
    second: Data = {"sites.hq.servers.ex2": {"roles": ["mailbox"], "address": "10.20.0.12"}}
    plans = planned(second, {"networks.corp.platform": platform})
    assert prove(meaning(plans, plans.flows)).holds
    kept = (flow for flow in plans.flows if all(reason.entry != row for reason in flow.reasons))
    found = broken(meaning(plans, kept))
    assert {failure.law for failure in found} == {"ground rules"}
    peer = "ex2" if row == "R1" else "10.20.2.10"
    assert found[0].counterexample.startswith(f"ex1 -> {peer}")


# ---- servers that are not published ----

#: Exchange 2019, of which ex2 is not published.
CLOSED: Final[Data] = {
    "version": 2019,
    "sites.hq.servers": {
        "ex1": {"address": "10.20.0.11"},
        "ex2": {"address": "10.20.0.12", "published": False, "own_group": True},
    },
    "clients.internet": {},
}
_CLOSED_GROUP: Final = Group("corp", GroupKind.UNPUBLISHED, "hq")


@pytest.mark.parametrize("platform", ["aws", "azure"])
@pytest.mark.parametrize("row, port", [("C1", 443), ("M1", 25), ("M6", 25)])
def test_a_flow_of_the_tables_from_the_internet_to_an_unpublished_server_is_found(
    row: str, port: int, platform: str
) -> None:
    plans = planned(CLOSED, {"networks.corp.platform": platform})
    assert prove(plans).holds
    source = FlowContext(plans.inventory).any_source(_CLOSED_GROUP)
    wrong = Flow(source, _CLOSED_GROUP, tcp(port), (Reason("a client", row),))
    found = broken(meaning(plans, (*plans.flows, wrong)))
    assert {each.law for each in found} == {"unpublished servers"}
    [failure] = found
    assert failure.counterexample.endswith(f"-> ex2 {port}/tcp")
    assert failure.summary.endswith("ex2 is not published")


@pytest.mark.parametrize("inside", ["10.64.0.0/12", "2001:db8:20::/80"])
def test_a_range_inside_reaches_an_unpublished_server_and_breaks_no_law(inside: str) -> None:
    """A zone of IPv6 has public addresses, and they are inside all the same."""
    plans = planned(CLOSED, {"networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"]})
    source = ExternalEndpoint("x", (ip_network(inside),), "x")
    flow = Flow(source, _CLOSED_GROUP, tcp(443), (Reason("a client", "C1"),))
    assert "unpublished servers" not in laws(meaning(plans, (*plans.flows, flow)))


@pytest.mark.parametrize(
    "edit",
    [
        {
            "additional_flows": [
                {
                    "from": "internet",
                    "to": to,
                    "ports": ["8443/tcp"],
                    "reason": "r",
                    "accept_risk": True,
                }
            ]
        }
        for to in ("ex2", "exchange", "mailbox@hq", "client_access")
    ]
    + [{"mail_flow.relays.r": {"from": "198.51.100.0/24", "accept_risk": True}}],
)
def test_what_is_accepted_reaches_an_unpublished_server(edit: Data) -> None:
    assert prove(planned(CLOSED, edit)).failures == ()


# ---- perimeter ----


def _between(source: GroupKind, to: GroupKind, reason: Reason, port: int) -> Flow:
    ends = {
        GroupKind.EDGE: Group("corp", GroupKind.EDGE, "hq"),
        GroupKind.EXCHANGE: Group("corp", GroupKind.EXCHANGE),
    }
    return Flow(ends[source], ends[to], tcp(port), (reason,))


@pytest.mark.parametrize("platform", ["aws", "azure"])
@pytest.mark.parametrize(
    "source, to, port, counterexample",
    [
        (GroupKind.EDGE, GroupKind.EXCHANGE, 445, "edge1 -> ex1 445/tcp"),
        (GroupKind.EXCHANGE, GroupKind.EDGE, 3389, "ex1 -> edge1 3389/tcp"),
        (GroupKind.EDGE, GroupKind.EDGE, 25, "edge1 -> edge2 25/tcp"),
    ],
)
def test_a_flow_of_the_tables_that_the_perimeter_forbids_is_found(
    source: GroupKind, to: GroupKind, port: int, counterexample: str, platform: str
) -> None:
    two: Data = {
        "edge_servers.edge2": {
            "network": "corp",
            "subscribed_site": "hq",
            "address": "10.20.240.6",
        }
    }
    plans = planned(two, {"networks.corp.platform": platform})
    assert prove(plans).holds
    row = Reason("as if it stood in a table", "E2")
    found = broken(meaning(plans, (*plans.flows, _between(source, to, row, port))))
    assert "perimeter" in {failure.law for failure in found}
    assert counterexample in {
        failure.counterexample for failure in found if failure.law == "perimeter"
    }
    # Who asks for it himself may have it.
    asked = Reason("asked for", accepted_risk=True)
    assert prove(meaning(plans, (*plans.flows, _between(source, to, asked, port)))).holds


@pytest.mark.parametrize(
    "edit, to, port, forbidden",
    [
        # A Mailbox server that the Edge server excepts takes no part in EdgeSync with it.
        (
            {"edge_servers.edge1.edgesync_except": ["ex1"]},
            "inside",
            50636,
            "ex1 -> edge1 50636/tcp",
        ),
        # Probes go to the proxy where there is one, and nowhere where nothing is declared.
        ({"sender_reputation": "disabled"}, "internet", 1080, "edge1 -> "),
        ({"sender_reputation": PROXY}, "internet", 1080, "edge1 -> "),
        ({"sender_reputation": GONE}, "internet", 1080, "edge1 -> "),
        ({"sender_reputation": "direct"}, "internet", 1080, None),
    ],
)
def test_the_perimeter_has_exceptions_and_probes_only_as_declared(
    edit: Data, to: str, port: int, forbidden: str | None
) -> None:
    plans = planned(edit)
    edge = Group("corp", GroupKind.EDGE, "hq")
    ends = (Group("corp", GroupKind.EXCHANGE), edge)
    if to == "internet":
        ends = (edge, FlowContext(plans.inventory).internet(edge))
    row = Flow(*ends, tcp(port), (Reason("as if it stood in a table", "E2"),))
    found = [
        each for each in broken(meaning(plans, (*plans.flows, row))) if each.law == "perimeter"
    ]
    assert bool(found) == (forbidden is not None)
    assert all(each.counterexample.startswith(forbidden or "") for each in found)


def test_a_port_that_is_another_one_is_found_on_both_sides() -> None:
    """What passes without a flow, and what a flow means and does not pass, each by its packet."""

    def moved(plan: aws.AwsRuleSet) -> aws.AwsRuleSet:
        (rule,) = (each for each in plan.rules if "50636" in str(each.ports) and each.group == EDGE)
        others = tuple(each for each in plan.rules if each is not rule)
        return replace(plan, rules=(*others, replace(rule, ports=tcp(50637))))

    found = broken(on_aws(planned(), moved))
    assert [each.counterexample for each in found if each.law == "permitted = required"] == [
        "ex1 -> edge1 50637/tcp",
        "ex1 -> edge1 50636/tcp",
    ]


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_a_documented_row_is_missed_only_where_neither_flow_nor_rule_has_it(platform: str) -> None:
    """Where one of them has it, the first law says that they differ, and that is enough."""
    plans = planned({"networks.corp.platform": platform})
    kept = [flow for flow in plans.flows if "E5" not in {r.entry for r in flow.reasons}]
    neither = meaning(plans, kept)
    assert laws(neither) == {"documented rows"}
    rule_only = Plans(plans.inventory, tuple(kept), plans.networks)
    flow_only = Plans(plans.inventory, plans.flows, neither.networks)
    assert laws(rule_only) == {"permitted = required"}
    assert laws(flow_only) == {"permitted = required"}


def test_the_address_of_a_server_towards_a_peer_is_of_the_same_family() -> None:
    several: Data = {"edge_servers.edge1.address": ["10.20.240.5", "10.20.240.6", "2001:db8:f0::5"]}
    edge = NetworkModel(planned(WITH_IPV6, several)).servers["edge1"]
    assert str(own_address(edge, ip_address("10.20.0.11"))) == "10.20.240.5"
    assert str(own_address(edge, ip_address("2001:db8:20::11"))) == "2001:db8:f0::5"
    # Where it has none of that family, the first one.
    only_ipv4 = NetworkModel(planned()).servers["edge1"]
    assert str(own_address(only_ipv4, ip_address("2001:db8:20::11"))) == "10.20.240.5"


# ---- the Internet inside ----


def test_what_the_internet_holds_of_the_inside_is_named_and_does_not_fail() -> None:
    assert prove(planned()).notes == ()
    anyone = prove(planned({"networks.corp.internet": "any"}))
    assert anyone.holds
    inside = (
        "domain controllers of hq, the internal zone of corp (10.20.0.0/20), "
        "the perimeter zone of corp (10.20.240.0/24), the rest of 10.0.0.0/8"
    )
    assert anyone.notes == (
        "edge1: 25/tcp outbound also to internal addresses, which its Internet contains: "
        f"{inside}; outbound mail from the Edge server (E4)",
        "edge1: 25/tcp inbound also from internal addresses, which its Internet contains: "
        f"{inside}; inbound mail to the Edge server (E1)",
    )


def test_of_ipv6_the_zones_that_the_internet_holds_are_named() -> None:
    ipv6 = prove(planned(WITH_IPV6))
    assert ipv6.holds
    zones = "the internal zone of corp (2001:db8:20::/64), the perimeter zone of corp (2001:db8:f0::/64)"
    assert [note.partition(" addresses, ")[2].partition(";")[0] for note in ipv6.notes] == [
        f"which its Internet contains: {zones}"
    ] * 2
    # Unique local addresses are no part of it, and the zones of IPv4 lie in private blocks.
    local: Data = {"networks.corp.internal": ["10.20.0.0/20", "fd00:20::/64"]}
    assert prove(planned(local)).notes == ()


PROBES: Final[Data] = {
    "sender_reputation": "direct",
    "clients.web": {"services": ["https", "http"]},
}


def test_two_ends_that_both_say_internet_meet_inside() -> None:
    assert prove(planned(PROBES)).notes == ()
    both = prove(planned(PROBES, {"networks.corp.internet": "any"})).notes[0]
    assert both == (
        "edge1 -> ex1 80/tcp: both ends allow it, as traffic with the Internet; outbound: sender reputation "
        "probes for open proxies (E8d); inbound: unencrypted web clients: calendar publishing, redirect "
        "to HTTPS, Autodiscover (C2)"
    )


def test_two_edge_servers_meet_where_the_internet_is_any_address() -> None:
    two: Data = {
        "networks.corp.internet": "any",
        **{
            f"edge_servers.edge{n}": {
                "network": "corp",
                "subscribed_site": "hq",
                "address": f"10.20.240.{n}",
            }
            for n in (6, 7)
        },
    }
    lines = [note.partition(":")[0] for note in prove(planned(two)).notes]
    assert lines[:2] == ["edge1 -> edge6, edge7 25/tcp", "edge6 -> edge1, edge7 25/tcp"]
    # Servers that may do the same share a line.
    assert lines[3:] == ["edge1, edge6, edge7"] * 2


def test_an_operator_who_writes_all_addresses_is_told_what_they_hold() -> None:
    flow = {"from": "edge", "to": "0.0.0.0/0", "ports": ["443/tcp"], "reason": "updates"}
    notes = prove(planned({"additional_flows": [{**flow, "accept_risk": True}]})).notes
    assert len(notes) == 1
    assert notes[0].startswith("edge1: 443/tcp outbound also to internal addresses, ")
    assert notes[0].endswith("; updates")
    clients: Data = {"clients.internet": {"services": ["https"]}}
    notes = prove(planned(clients, {"additional_flows": [{**flow, "accept_risk": True}]})).notes
    assert notes[0].startswith("edge1 -> ex1 443/tcp: both ends allow it")


def test_what_a_flow_means_by_name_is_no_residue() -> None:
    asked = {"from": "edge", "to": "client_access", "ports": ["80/tcp"], "reason": "asked for"}
    flows: Data = {"additional_flows": [{**asked, "accept_risk": True}]}
    notes = prove(planned(PROBES, flows, {"networks.corp.internet": "any"})).notes
    assert not any("->" in note for note in notes)


# ---- rules and servers ----


def _and(plan: aws.AwsRuleSet, *rules: aws.SecurityGroupRule) -> aws.AwsRuleSet:
    return replace(plan, rules=(*plan.rules, *rules))


def test_a_rule_that_a_single_other_one_covers_is_found() -> None:
    def narrower(plan: aws.AwsRuleSet) -> aws.AwsRuleSet:
        clients = next(rule for rule in plan.rules if str(rule.peer) == "10.64.0.0/16")
        return _and(plan, replace(clients, peer=ip_network("10.64.3.0/24")))

    (failure,) = broken(on_aws(planned(), narrower))
    assert failure.law == "every rule is needed"
    assert failure.counterexample.startswith("rule client-access.hq/in/tcp/")
    assert "/10.64.0.0/16 covers it" in str(failure)


def test_a_rule_of_a_narrower_group_that_a_wider_one_covers_is_found() -> None:
    def again(plan: aws.AwsRuleSet) -> aws.AwsRuleSet:
        self_rule = next(rule for rule in plan.rules if rule.peer == aws.GroupRef("exchange"))
        return _and(plan, replace(self_rule, group="mailbox.hq", peer=aws.GroupRef("mailbox.hq")))

    assert laws(on_aws(planned(), again)) == {"every rule is needed"}


def test_a_range_that_holds_todays_members_of_a_group_covers_no_rule_by_group() -> None:
    flow = {"from": "10.20.240.0/24", "to": "mailbox", "ports": ["25/tcp"], "reason": "r"}
    assert prove(planned({"additional_flows": [{**flow, "accept_risk": True}]})).holds


def _overlapping(platform: str) -> Plans:
    """Three rules of which two together name all of the third, and no single one does."""
    flows = [
        {"from": from_, "to": "client_access", "ports": [ports], "reason": from_}
        for from_, ports in (
            ("10.65.0.0/16", "8443/tcp"),
            ("10.65.0.0/17", "8440-8450/tcp"),
            ("10.65.128.0/17", "8441-8443/tcp"),
        )
    ]
    return planned({"additional_flows": flows, "networks.corp.platform": platform})


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_a_rule_that_others_cover_together_is_a_warning_and_no_failure(platform: str) -> None:
    proof = prove(_overlapping(platform))
    assert proof.holds
    (warning,) = proof.warnings
    assert "8443" in warning.partition(" of corp: ")[0]
    assert "8440-8450" in warning or "8440_8450" in warning
    assert warning.endswith(" cover it together")
    shown = text(proof)
    assert f"Rules that others cover together\n  {warning}" in shown
    many = replace(proof, warnings=(warning,) * 30)
    assert text(many).endswith("\n  and 18 more")
    assert prove(planned({"networks.corp.platform": platform})).warnings == ()


def test_a_rule_that_one_address_keeps_from_being_covered_is_none() -> None:
    plans = _overlapping("aws")
    short = ip_network("10.65.128.0/18")
    flows = tuple(
        replace(flow, source=replace(flow.source, ranges=(short,)))
        if isinstance(flow.source, ExternalEndpoint) and flow.source.ranges[0] == short.supernet()
        else flow
        for flow in plans.flows
    )
    proof = prove(meaning(plans, flows))
    assert proof.holds
    assert proof.warnings == ()


def _azure(plans: Plans, *rules: azure.SecurityRule) -> Plans:
    """With more rules in the group of the internal zone."""
    plan = plans.networks["corp"]
    assert isinstance(plan, azure.AzureRuleSet)
    groups = tuple(
        replace(g, rules=(*g.rules, *rules)) if g.zone is azure.Zone.INTERNAL else g
        for g in plan.groups
    )
    return replace(plans, networks={"corp": replace(plan, groups=groups)})


def _rule(
    name: str, priority: int, access: azure.Access, source: str, ports: Ports
) -> azure.SecurityRule:
    ends = azure.Prefixes((ip_network(source),)), azure.GroupRef("client-access.hq")
    return azure.SecurityRule(name, priority, azure.Direction.IN, access, ports, *ends, ())


def test_on_azure_an_allow_rule_behind_a_deny_is_found() -> None:
    plans = _overlapping("azure")
    allow = azure.Access.ALLOW
    # All of it passes already, by two other rules together: only its place behind the deny is wrong.
    late = _rule("late", 4096, allow, "10.65.64.0/18", tcp(8443))
    implied_groups = _rule("wide", 4096, allow, "10.65.0.0/16", tcp(8443))
    for rule in (late, implied_groups):
        reported = [str(failure) for failure in broken(_azure(plans, rule))]
        assert any(
            one.startswith(
                f"rule {rule.name} of corp: rules of higher priority decide all of its traffic, "
            )
            and one.endswith("-deny-any-all-all-to-all")
            for one in reported
        ), reported


def test_on_azure_an_allow_rule_of_which_a_deny_takes_a_part_is_not_what_is_meant() -> None:
    deny = _rule("early", 100, azure.Access.DENY, "10.64.3.0/24", tcp(443))
    found = broken(_azure(planned(AZURE), deny))
    assert [failure.law for failure in found] == ["permitted = required"]
    assert "ex1 blocks it inbound by early" in str(found[0])


def test_on_azure_a_deny_that_another_one_holds_is_found() -> None:
    deny = _rule("again", 4096, azure.Access.DENY, "10.1.0.0/16", tcp(445))
    found = broken(_azure(planned(AZURE), deny))
    assert [failure.counterexample for failure in found] == ["rule again of corp"]
    assert found[0].summary.endswith("-deny-any-all-all-to-all covers it")


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_the_rules_of_a_retired_group_are_needed(platform: str) -> None:
    """Servers of another stack may be in it, so its rules name somebody."""
    retired: Data = {
        "networks.corp.platform": platform,
        "networks.corp.retired_groups": ["mailbox.paris", "edge-receiving.paris"],
        "sites.paris": {"network": "corp", "servers": {"cas3": {"roles": ["client_access"]}}},
        "witness_servers.w": {"address": "10.20.7.60"},
    }
    plans = planned(retired)
    assert broken(plans) == ()
    assert "mailbox.paris" in {group.key for group in plans.inventory.groups}


def test_a_rule_of_a_retired_group_that_a_wider_one_covers_is_found() -> None:
    retired: Data = {
        "networks.corp.retired_groups": ["mailbox.paris"],
        "sites.paris": {"network": "corp", "servers": {"cas3": {"roles": ["client_access"]}}},
    }

    def again(plan: aws.AwsRuleSet) -> aws.AwsRuleSet:
        wide = next(
            r for r in plan.rules if r.group == "exchange" and str(r.peer).startswith("10.")
        )
        return _and(plan, replace(wide, group="mailbox.paris"))

    plans = planned(retired)
    assert broken(plans) == ()
    assert laws(on_aws(plans, again)) == {"every rule is needed"}


def test_a_rule_that_matches_no_traffic_is_found() -> None:
    def idle(plan: aws.AwsRuleSet) -> aws.AwsRuleSet:
        rule = plan.rules[0]
        empty = aws.PrefixList("none", ())
        more = replace(plan, prefix_lists=(*plan.prefix_lists, empty))
        without_members = replace(more, groups=(*more.groups, aws.SecurityGroup("nobody", "")))
        return _and(
            without_members, replace(rule, peer=aws.ListRef("none")), replace(rule, group="nobody")
        )

    reported = {str(failure).rpartition(": ")[2] for failure in broken(on_aws(planned(), idle))}
    assert reported == {"it matches no traffic", "nobody is attached to no server"}


def test_a_plan_must_be_about_the_servers_that_are_declared() -> None:
    def fewer(plan: aws.AwsRuleSet) -> aws.AwsRuleSet:
        return replace(plan, memberships={k: v for k, v in plan.memberships.items() if k != "ex1"})

    found = broken(on_aws(planned(), fewer))
    assert list(map(str, found)) == ["ex1 in corp: is declared, but in no plan"]


def test_a_plan_that_azure_would_refuse_is_no_proof() -> None:
    plans = planned(AZURE)
    plan = plans.networks["corp"]
    assert isinstance(plan, azure.AzureRuleSet)
    groups = tuple(
        replace(g, rules=(*g.rules, replace(g.rules[0], name="again"))) for g in plan.groups
    )
    proof = prove(replace(plans, networks={"corp": replace(plan, groups=groups)}))
    (failure,) = proof.failures
    assert failure.law == "the plan is valid in the cloud"
    assert "two rules have the priority" in str(failure)
    # Nothing was compared.
    figures = proof.figures
    assert (figures.servers, figures.directions, figures.rules, figures.boxes) == (0, 0, 0, 0)
    assert figures.flows == len(plans.flows)


# ---- the other cloud ----


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_the_same_topology_on_the_other_cloud_is_compared_with_what_there_is(platform: str) -> None:
    plans = planned({"networks.corp.platform": platform})
    (compared,) = swap(plans)
    assert compared.platform is not plans.topology.networks["corp"].platform
    assert (compared.holds, compared.servers, compared.over) == (True, 2, ())


def test_a_topology_of_both_clouds_is_compared_with_all_of_it_on_either() -> None:
    north: Data = {
        "networks.north": {"platform": "azure", "internal": ["10.40.0.0/20"]},
        "sites.oslo": {
            "network": "north",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.40.0.9"}},
        },
    }
    assert [(one.platform, one.holds, one.servers) for one in swap(planned(north))] == [
        ("aws", True, 3),
        ("azure", True, 3),
    ]


def test_where_the_other_cloud_permits_something_else_both_say_who_decides() -> None:
    like = {"direction": aws.Direction.IN, "peer": aws.GroupRef("mailbox.hq")}
    plans = on_aws(planned(), lambda plan: without(plan, group="edge-sending.hq", **like))
    (compared,) = swap(plans)
    (failure,) = compared.failures
    assert text(prove(plans), [compared]).endswith(
        f"\n\nAzure does not allow the same\n  {failure}"
    )
    assert failure.law == "both clouds allow the same"
    assert failure.counterexample == "ex1 -> edge1 25/tcp"
    assert failure.summary.startswith(
        "on AWS no inbound rule of edge1 allows it; on Azure edge1 allows it inbound by in-"
    )


def test_limits_of_the_other_cloud_are_reported_and_change_nothing() -> None:
    # A rule each: Azure takes 1,000 in a group, AWS 60 of a direction.
    many: Data = {
        "additional_flows": [
            {"from": f"10.66.{n}.0/24", "to": "client_access", "ports": ["8443/tcp"], "reason": "r"}
            for n in range(0, 200, 2)
        ],
        "networks.corp.platform": "azure",
    }
    plans = planned(many)
    (compared,) = swap(plans)
    assert compared.holds
    assert [finding.is_error for finding in compared.over] == [True]
    shown = text(prove(plans), [compared])
    assert "\n\nAWS allows the same: 2 servers, both directions\n" in shown
    assert "1 limit of AWS would be exceeded there:" in shown


# ---- figures ----


def test_the_figures_say_how_much_was_proved() -> None:
    plans = planned()
    figures = prove(plans).figures
    plan = plans.networks["corp"]
    assert isinstance(plan, aws.AwsRuleSet)
    assert (figures.servers, figures.directions) == (2, 4)
    assert (figures.rules, figures.flows) == (len(plan.rules), len(plans.flows))
    assert figures.boxes > figures.directions
