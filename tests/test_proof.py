"""The proof says no where it must, law by law, with a packet that shows it.

That it says yes where it may is the matter of tests/laws/test_proof_laws; that no small fault gets
past it, of test_proof_mutants.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any, Final

import pytest

from exchange_ports.aws import plan as aws_plan
from exchange_ports.aws import rules as aws
from exchange_ports.azure import plan as azure_plan
from exchange_ports.azure import rules as azure
from exchange_ports.flows import Flow, Reason
from exchange_ports.plans import Plans, compile_plans
from exchange_ports.proof import Failure, prove
from exchange_ports.proof.scene import Scene
from exchange_ports.topology.groups import Group, GroupKind
from exchange_ports.topology.parts import Parts
from exchange_ports.traffic.ports import tcp
from tests.strategies import GONE, WITH_EDGE, Data, declared, edited

ADDRESSED: Final = edited(
    WITH_EDGE,
    {"edge_servers.edge1.address": "10.20.240.5", "clients.office": {"from": ["10.64.0.0/16"]}},
)
AZURE: Final[Data] = {"networks.corp.platform": "azure"}
WITH_IPV6: Final[Data] = {
    "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
    "networks.corp.perimeter": ["10.20.240.0/24", "2001:db8:f0::/64"],
}


def planned(*edits: Data) -> Plans:
    data = ADDRESSED
    for edit in edits:
        data = edited(data, edit)
    return compile_plans(declared(data))


def on_aws(plans: Plans, change: Callable[[aws.RuleSet], aws.RuleSet]) -> Plans:
    plan = plans.networks["corp"]
    assert isinstance(plan, aws.RuleSet)
    return replace(plans, networks={"corp": change(plan)})


def meaning(plans: Plans, flows: Iterable[Flow]) -> Plans:
    """The same topology with other flows, and plans that are true to them."""
    wanted = tuple(flows)
    parts = Parts(plans.topology)
    platform = plans.topology.networks["corp"].platform
    compile_network = aws_plan.compile_network if platform == "aws" else azure_plan.compile_network
    made = compile_network("corp", wanted, parts.groups, parts.wearers)
    return Plans(plans.topology, wanted, {"corp": made})


def broken(plans: Plans) -> tuple[Failure, ...]:
    proof = prove(plans)
    assert proof.holds == (not proof.failures)
    return proof.failures


def laws(plans: Plans) -> set[str]:
    return {failure.law for failure in broken(plans)}


def without(plan: aws.RuleSet, **like: Any) -> aws.RuleSet:
    kept = [
        rule
        for rule in plan.rules
        if not all(getattr(rule, name) == value for name, value in like.items())
    ]
    assert len(kept) == len(plan.rules) - 1
    return replace(plan, rules=tuple(kept))


# ---- permitted = meant ----


def test_too_wide_an_internet_lets_edge_reach_a_domain_controller() -> None:
    def widened(plan: aws.RuleSet) -> aws.RuleSet:
        everyone = (ip_network("0.0.0.0/0"),)
        lists = tuple(replace(one, entries=everyone) for one in plan.prefix_lists)
        return replace(plan, prefix_lists=lists)

    said = [str(failure) for failure in broken(on_aws(planned(), widened))]
    assert said[0] == (
        "edge1 -> 10.20.2.10 (domain controllers of hq) 25/tcp: edge1 lets it out by "
        "edge-sending.hq/out/tcp/25/list.internet (outbound mail from the Edge server (E4)); "
        "10.20.2.10 (domain controllers of hq) is not ours; no flow means it"
    )
    assert len(said) >= 2


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
    assert failure.law == "permitted = meant"
    assert str(failure).startswith(
        "edge1 -> ex1 25/tcp: no rule of edge1 lets it out; ex1 lets it in by "
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
    assert [failure.witness for failure in found] == ["edge1 -> ex1 25/tcp"]


def test_servers_without_addresses_are_told_apart_and_stand_nowhere_on_the_internet() -> None:
    bare: Data = {
        "sites.hq.servers.ex1.address": GONE,
        "sites.hq.servers.ex2": {"roles": ["mailbox"]},
        "edge_servers.edge1.address": GONE,
    }
    plans = planned(bare)
    at = [address for server in Scene(plans).servers.values() for address in server.addresses]
    assert len(set(at)) == 3
    # 25/tcp comes in from the Internet as well: an address of it would hide the missing rule.
    like = {"direction": aws.Direction.IN, "peer": aws.GroupRef("mailbox.hq")}
    found = broken(on_aws(plans, lambda plan: without(plan, group="edge-sending.hq", **like)))
    assert [failure.witness for failure in found] == ["ex1 -> edge1 25/tcp"]


def test_on_azure_the_deny_that_stops_a_packet_is_named() -> None:
    plans = planned(AZURE)
    plan = plans.networks["corp"]
    assert isinstance(plan, azure.RuleSet)
    groups = tuple(
        replace(g, rules=tuple(r for r in g.rules if "50636" not in r.name)) for g in plan.groups
    )
    found = broken(replace(plans, networks={"corp": replace(plan, groups=groups)}))
    assert [failure.witness for failure in found] == ["ex1 -> edge1 50636/tcp"] * 2
    assert "ex1 stops it by out-" in str(found[0])
    assert "deny-any-all-all-to-all (whatever no rule above lets through)" in str(found[0])


def test_without_the_probes_way_in_azure_balancers_would_take_servers_out() -> None:
    plans = planned(AZURE)
    plan = plans.networks["corp"]
    assert isinstance(plan, azure.RuleSet)
    groups = tuple(
        replace(g, rules=tuple(r for r in g.rules if r.source != azure.Tag("AzureLoadBalancer")))
        for g in plan.groups
    )
    found = broken(replace(plans, networks={"corp": replace(plan, groups=groups)}))
    assert {failure.law for failure in found} == {"permitted = meant"}
    assert all(failure.witness.startswith("168.63.129.16") for failure in found)
    assert all("the platform needs it" in str(failure) for failure in found)


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
    assert found[0].witness.startswith(f"ex1 -> {peer}")


# ---- perimeter ----


def _between(source: GroupKind, to: GroupKind, reason: Reason, port: int) -> Flow:
    ends = {
        GroupKind.EDGE: Group("corp", GroupKind.EDGE, "hq"),
        GroupKind.EXCHANGE: Group("corp", GroupKind.EXCHANGE),
    }
    return Flow(ends[source], ends[to], tcp(port), (reason,))


@pytest.mark.parametrize("platform", ["aws", "azure"])
@pytest.mark.parametrize(
    "source, to, port, witness",
    [
        (GroupKind.EDGE, GroupKind.EXCHANGE, 445, "edge1 -> ex1 445/tcp"),
        (GroupKind.EXCHANGE, GroupKind.EDGE, 3389, "ex1 -> edge1 3389/tcp"),
        (GroupKind.EDGE, GroupKind.EDGE, 25, "edge1 -> edge2 25/tcp"),
    ],
)
def test_a_flow_of_the_tables_that_the_perimeter_forbids_is_found(
    source: GroupKind, to: GroupKind, port: int, witness: str, platform: str
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
    assert witness in {failure.witness for failure in found if failure.law == "perimeter"}
    # Who asks for it himself may have it.
    asked = Reason("asked for", accepted_risk=True)
    assert prove(meaning(plans, (*plans.flows, _between(source, to, asked, port)))).holds


def test_what_the_internet_holds_of_the_inside_is_named_and_does_not_fail() -> None:
    assert prove(planned()).notes == ()
    anyone = prove(planned({"networks.corp.internet": "any"}))
    assert anyone.holds
    assert [note.partition(":")[0] for note in anyone.notes] == ["edge1", "edge1"]
    assert anyone.notes[0] == (
        "edge1: what the Internet means in its network also lets 25/tcp out to the inside, as "
        "10.20.2.10 (domain controllers of hq)"
    )
    ipv6 = prove(planned(WITH_IPV6))
    assert ipv6.holds
    assert all("2001:db8:20::" in note for note in ipv6.notes)
    assert len(ipv6.notes) == 2


# ---- rules and servers ----


def _and(plan: aws.RuleSet, *rules: aws.Rule) -> aws.RuleSet:
    return replace(plan, rules=(*plan.rules, *rules))


def test_a_rule_that_a_single_other_one_covers_is_found() -> None:
    def narrower(plan: aws.RuleSet) -> aws.RuleSet:
        clients = next(rule for rule in plan.rules if str(rule.peer) == "10.64.0.0/16")
        return _and(plan, replace(clients, peer=ip_network("10.64.3.0/24")))

    (failure,) = broken(on_aws(planned(), narrower))
    assert failure.law == "every rule is needed"
    assert failure.witness.startswith("rule client-access.hq/in/tcp/")
    assert "/10.64.0.0/16 names all of it" in str(failure)


def test_a_rule_of_a_narrower_group_that_a_wider_one_covers_is_found() -> None:
    def again(plan: aws.RuleSet) -> aws.RuleSet:
        self_rule = next(rule for rule in plan.rules if rule.peer == aws.GroupRef("exchange"))
        return _and(plan, replace(self_rule, group="mailbox.hq", peer=aws.GroupRef("mailbox.hq")))

    assert laws(on_aws(planned(), again)) == {"every rule is needed"}


def test_a_range_that_holds_todays_members_of_a_group_covers_no_rule_by_group() -> None:
    flow = {"from": "10.20.240.0/24", "to": "mailbox", "ports": ["25/tcp"], "reason": "r"}
    assert prove(planned({"additional_flows": [{**flow, "accept_risk": True}]})).holds


def test_a_rule_that_names_nobody_is_found() -> None:
    def idle(plan: aws.RuleSet) -> aws.RuleSet:
        rule = plan.rules[0]
        empty = aws.PrefixList("none", ())
        more = replace(plan, prefix_lists=(*plan.prefix_lists, empty))
        unworn = replace(more, groups=(*more.groups, aws.SecurityGroup("nobody", "")))
        return _and(unworn, replace(rule, peer=aws.ListRef("none")), replace(rule, group="nobody"))

    said = {str(failure).rpartition(": ")[2] for failure in broken(on_aws(planned(), idle))}
    assert said == {"it names nobody", "nobody wears nobody"}


def test_a_plan_must_be_about_the_servers_that_are_declared() -> None:
    def fewer(plan: aws.RuleSet) -> aws.RuleSet:
        return replace(plan, wears={k: v for k, v in plan.wears.items() if k != "ex1"})

    found = broken(on_aws(planned(), fewer))
    assert list(map(str, found)) == ["ex1 in corp: is declared, and in no plan"]


def test_a_plan_that_azure_would_refuse_is_no_proof() -> None:
    plans = planned(AZURE)
    plan = plans.networks["corp"]
    assert isinstance(plan, azure.RuleSet)
    groups = tuple(
        replace(g, rules=(*g.rules, replace(g.rules[0], name="again"))) for g in plan.groups
    )
    (failure,) = broken(replace(plans, networks={"corp": replace(plan, groups=groups)}))
    assert failure.law == "a cloud takes the plan"
    assert "two rules have the priority" in str(failure)


# ---- figures ----


def test_the_figures_say_how_much_was_proved() -> None:
    plans = planned()
    figures = prove(plans).figures
    plan = plans.networks["corp"]
    assert isinstance(plan, aws.RuleSet)
    assert (figures.servers, figures.directions) == (2, 4)
    assert (figures.rules, figures.flows) == (len(plan.rules), len(plans.flows))
    assert figures.boxes > figures.directions
