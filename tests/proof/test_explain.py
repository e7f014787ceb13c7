"""`explain`: every rule has its reasons and its askers, and what is cut without it is what is cut."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings

from exchange_ports.cli import main
from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.flows.flow_index import WAYS
from exchange_ports.planning import compile_plans
from exchange_ports.proof.explain import Explainer, without
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.ports import ANY_PORTS
from tests.support.command import run
from tests.support.json_keys import REASON, keys
from tests.support.paths import ROOT
from tests.support.planning import planned
from tests.support.recordings import PLATFORMS, Platform, declared
from tests.support.strategies import edited, topologies
from tests.support.two_sites import TWO_SITES

PROD: Final = str(ROOT / "stacks/Pulumi.prod-aws.yaml")
AZURE: Final = str(ROOT / "stacks/Pulumi.prod-azure.yaml")


def explained(
    capsys: pytest.CaptureFixture[str], what: str, file: str = PROD
) -> tuple[int, dict[str, Any]]:
    code = main(["explain", file, what, "--json"])
    return code, json.loads(capsys.readouterr().out)


# ---- what is found ----


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_rule_of_a_plan_is_explained_by_its_name(platform: Platform) -> None:
    explainer = Explainer(compile_plans(load_topology(declared("prod-aws", platform))[0]))
    assert len(explainer.rules) > 20
    for rule in explainer.rules:
        told = explainer.explain([rule])
        assert rule.reasons or not rule.allows, rule
        assert [why.reason for why in told.whys] == list(rule.reasons)
        for why in told.whys:
            # Only the ground rule between servers, the probe and the denies have no asker.
            own = "probes" in why.reason.summary or not rule.allows
            assert why.fields or why.reason.entry == "R1" or (why.reason.entry is None and own)
        if rule.allows:
            assert told.cut, f"{rule.name} could be left out, and the proof would say so"
            assert not told.opened
        else:
            assert told.opened, f"nothing would pass without the deny {rule.name}"
            assert not told.cut


@pytest.mark.parametrize(
    "what",
    [
        "edge.hq/in/tcp/3389/10.20.6.0/24",
        "exchange-corp-edge.hq/in/tcp/3389/10.20.6.0/24",
        "other-name-corp-edge.hq/in/tcp/3389/10.20.6.0/24",
    ],
)
def test_a_rule_is_found_with_or_without_the_component_s_name(
    what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, data = explained(capsys, what)
    assert code == 0
    assert [rule["name"] for rule in data["rules"]] == ["edge.hq/in/tcp/3389/10.20.6.0/24"]


@pytest.mark.parametrize(
    "what, names",
    [
        ("50636", {"50636/tcp"}),
        ("50636/tcp", {"50636/tcp"}),
        ("53", {"53/tcp", "53/udp"}),
        ("53/udp", {"53/udp"}),
        ("5980-5985", {"5985-5986/tcp"}),
        ("any", {"all protocols"}),
    ],
)
def test_a_port_finds_the_rules_that_name_it(
    what: str, names: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, data = explained(capsys, what)
    assert code == 0
    assert {rule["ports"] for rule in data["rules"]} == names


@pytest.mark.parametrize(
    "what, likely",
    [
        ("994", "993/tcp"),
        ("50635/tcp", "50636/tcp"),
        ("edge.hq/in/tpc/3389/10.20.6.0/24", "edge.hq/in/tcp/3389/10.20.6.0/24"),
    ],
)
def test_an_unknown_name_is_refused_with_the_likely_ones(
    what: str, likely: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, data = explained(capsys, what)
    assert (code, data["found"], data["rules"]) == (1, False, [])
    assert data["likely"][0] == likely
    assert main(["explain", PROD, what]) == 1
    assert likely in capsys.readouterr().out


@pytest.mark.parametrize("what", ["70000", "25/tpc", "0", "26-25/tcp", "25,"])
def test_what_is_no_port_is_bad_input(what: str) -> None:
    ran = run("explain", PROD, what)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.startswith(b"error[bad-port")


@pytest.mark.parametrize(
    "what", ["\x1b[31m-corp-edge.hq/in/tcp/3389/10.20.6.0/24", "\x1b[31m", "a\nb"]
)
def test_a_hostile_name_is_shown_harmless(what: str) -> None:
    ran = run("explain", PROD, what)
    assert ran.returncode in (0, 1)
    assert b"\x1b" not in ran.stdout
    assert b"a\nb" not in ran.stdout


# ---- what is said ----


def test_who_asked_stands_at_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    _, data = explained(capsys, "edge.hq/in/tcp/3389/10.20.6.0/24")
    (reason,) = data["reasons"]
    declaration: dict[str, Any]
    (declaration,) = reason["declared_at"]
    assert (declaration["field"], declaration["file"]) == ("topology.additional_flows[1]", PROD)
    line: str = Path(PROD).read_text("utf-8").splitlines()[int(declaration["line"]) - 1]
    assert line.strip() == "- from: 10.20.6.0/24"
    assert (reason["owner"], reason["ticket"], reason["accepted_risk"]) == (
        "Messaging team",
        "MAIL-204",
        True,
    )


def test_a_row_comes_with_its_sentence_its_address_and_what_breaks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["explain", PROD, "50636"]) == 0
    text = capsys.readouterr().out
    for reported in (
        "EdgeSync from Mailbox servers to the Edge server",
        "mail flow table with Edge, row 5, E5",
        "https://learn.microsoft.com/",
        "without it   recipients and configuration on the Edge server",
        "mbx1, mbx2 -> edge1, edge2 50636/tcp: blocked",
    ):
        assert reported in text


def test_a_rule_whose_traffic_another_lets_through_cuts_nothing() -> None:
    plans = compile_plans(load_topology(declared("prod-aws", "aws"))[0])
    plan = plans.networks["corp"]
    assert isinstance(plan, AwsRuleSet)
    narrow = next(r for r in plan.rules if r.group == "edge.hq" and r.direction == "in")
    wide = replace(narrow, ports=ANY_PORTS)
    doubled = replace(plans, networks={"corp": replace(plan, rules=(*plan.rules, wide))})
    explainer = Explainer(doubled)
    told = explainer.explain([r for r in explainer.rules if r.name == rule_name(narrow)])
    assert (told.cut, told.opened, told.covered) == ((), (), (rule_name(wide),))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_of_one_server_alone_the_rules_among_servers_allow_no_traffic(platform: Platform) -> None:
    data = declared("dev", platform)
    del data["sites"]["lab"]["servers"]["ex2"]
    explainer = Explainer(compile_plans(load_topology(data)[0]))
    among = [r for r in explainer.rules if (r.group, r.peer) == ("exchange", "exchange")]
    assert among
    for rule in among:
        told = explainer.explain([rule])
        assert (told.cut, told.opened, told.covered) == ((), (), ())


#: Two sites and a site in a network of the other cloud, with clients and flows of several fields.
SEVERAL: Final = edited(
    TWO_SITES,
    {
        "networks.north": {"platform": "azure", "internal": ["10.40.0.0/20"]},
        "sites.oslo": {
            "network": "north",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.40.0.9"}},
        },
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["https"], "to": ["hq"]},
        "clients.branch": {"from": ["10.65.0.0/16"], "services": ["https"]},
        "additional_flows": [
            {"from": "10.64.0.9", "to": "client_access", "ports": ["443/tcp"], "reason": "probes"},
            {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["icmp"], "reason": "probes"},
            {"from": "10.20.0.0/20", "to": "mailbox", "ports": ["icmp"], "reason": "near"},
            {"from": "10.20.6.0/25", "to": "mailbox@hq", "ports": ["icmp"], "reason": "half"},
            {
                "from": "10.20.0.0/28",
                "to": "client_access@hq",
                "ports": ["443/tcp"],
                "reason": "own",
            },
        ],
    },
)


def test_the_explanation_of_every_rule_is_that_which_was_read(
    golden: Callable[[str, str], None],
) -> None:
    explainer = Explainer(compile_plans(load_topology(SEVERAL)[0]))
    lines = ["# Every rule of two networks, why it is there, and what is cut without it", ""]
    for rule in explainer.rules:
        told = explainer.explain([rule])
        lines.append(f"* {rule.network}: {rule.name}")
        for why in told.whys:
            fields = ", ".join(".".join(map(str, path)) for path in why.fields)
            lines.append(f"  * {why.reason.entry or why.reason.summary} at {fields or '-'}")
        lines += [f"  * cut: {each.summary}" for each in told.cut]
        lines += [f"  * opened: {each.summary}" for each in told.opened]
        lines += [f"  * covered by {name}" for name in told.covered]
    golden("proof/explained.md", "\n".join((*lines, "")))


# ---- laws ----


@settings(max_examples=15)
@given(topologies())
def test_what_is_cut_without_a_rule_is_the_difference_of_what_passes(data: Any) -> None:
    plans = planned(data)
    explainer = Explainer(plans)
    for rule in explainer.rules[:2]:
        told = explainer.explain([rule])
        before, after = NetworkModel(plans), NetworkModel(without(plans, [rule]))
        # What a server says to itself never leaves it.
        changed = any(
            before.permitted(server, way, own).within(~server.address_set)
            != after.permitted(server, way, own).within(~server.address_set)
            for server in before.managed()
            for way in WAYS
            for own in server.addresses
        )
        # A proved plan lets nothing out that the other end does not let in, but for neighbors.
        assert bool(told.cut or told.opened) <= changed, rule
        assert told.cut or told.opened or told.covered or not changed


# ---- JSON ----

WHERE: Final = dict.fromkeys(("field", "file", "line"))
RULE: Final = dict.fromkeys(
    (
        "network",
        "zone",
        "name",
        "group",
        "direction",
        "ports",
        "peer",
        "allows",
        "description",
    )
)


def test_json_has_the_keys_that_the_page_lists(capsys: pytest.CaptureFixture[str]) -> None:
    _, data = explained(capsys, "50636", AZURE)
    expected = {
        "query": None,
        "found": None,
        "likely": None,
        "reasons": [
            {
                **REASON,
                "effect_if_removed": None,
                "declared_at": [WHERE],
                "rules": [dict.fromkeys(("network", "name"))],
            }
        ],
        "rules": [RULE],
        "if_removed": {
            "blocked": [dict.fromkeys(("source", "destination", "ports", "packet"))],
            "allowed": None,
            "covered_by": None,
        },
        "rules_for_all_protocols": None,
    }
    assert keys(data) == expected
    _, unknown = explained(capsys, "994")
    assert list(unknown) == list(expected)
    page = (ROOT / "docs/asking.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    assert {*expected, *RULE, *WHERE, "blocked", "allowed", "covered_by"} <= named
