"""The proof where people meet it: the component refuses what is not proved, `prove` and `check` answer."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pulumi
import pytest

from exchange_ports import component, pipeline
from exchange_ports.cli import main
from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.component import NotProved
from exchange_ports.findings import Finding
from exchange_ports.offline import ProgramFailed, record
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.topology.models import Topology
from tests.support.command import run
from tests.support.paths import DEV, ROOT, STACKS
from tests.support.strategies import WITH_EDGE, edited

TOPOLOGY: Final[Mapping[str, Any]] = edited(
    WITH_EDGE, {"edge_servers.edge1.address": "10.20.240.5"}
)


def without_its_first_rule(topology: Topology) -> tuple[Plans, tuple[Finding, ...]]:
    """What a broken planner would give."""
    plans = compile_plans(topology)
    plan = plans.networks["corp"]
    assert isinstance(plan, AwsRuleSet)
    return replace(plans, networks={"corp": replace(plan, rules=plan.rules[1:])}), ()


def program(**rest: Any) -> None:
    component.ExchangeFirewall(
        "exchange", topology=TOPOLOGY, networks={"corp": {"vpc_id": "vpc-1"}}, **rest
    )


# ---- the component ----


def test_a_plan_that_is_not_proved_registers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "planned", without_its_first_rule)
    with pytest.raises(ProgramFailed) as failed:
        record(program, project="sample", stack="dev", config={})
    assert isinstance(failed.value.__cause__, NotProved)
    assert "Traceback" not in failed.value.text
    text = failed.value.text
    assert "not proved, so no resource of this component was registered: " in text
    # Each counterexample on a line of its own: a packet, and what both ends say.
    assert [line for line in text.splitlines() if line.startswith("  ") and " -> " in line]
    assert "skip_proof=True" in text


def test_nothing_is_registered_before_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[object] = []

    def register(*arguments: object) -> None:
        registered.append(arguments)

    monkeypatch.setattr(pipeline, "planned", without_its_first_rule)
    monkeypatch.setattr(pulumi.ComponentResource, "__init__", register)
    with pytest.raises(NotProved):
        program()
    assert registered == []


def test_in_an_emergency_the_proof_is_skipped_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "planned", without_its_first_rule)
    recording = record(lambda: program(skip_proof=True), project="sample", stack="dev", config={})
    (warning,) = (log for log in recording.logs if "NOT PROVED" in log.message)
    assert "skip_proof is set" in warning.message
    assert len(recording.registrations) > 1


def test_what_is_proved_says_nothing_of_it() -> None:
    recording = record(program, project="sample", stack="dev", config={})
    assert not [log for log in recording.logs if "PROVED" in log.message]


# ---- exchange-ports prove ----


@pytest.mark.parametrize("stack", STACKS)
def test_prove_says_in_figures_what_was_proved(stack: str) -> None:
    ran = run("prove", f"stacks/{stack}")
    assert (ran.returncode, ran.stderr) == (0, b"")
    lines = ran.stdout.decode().splitlines()
    assert lines[0] == "Proved: the rules allow exactly the required traffic"
    assert " servers, " in lines[1]
    assert " directions, " in lines[1]
    assert len(lines) < 24


def test_prove_shows_counterexamples_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(topology: Topology) -> tuple[Plans, tuple[Finding, ...]]:
        plans = compile_plans(topology)
        (key, plan), *_ = plans.networks.items()
        assert isinstance(plan, AwsRuleSet)
        kept = tuple(rule for rule in plan.rules if "clients" not in rule.description)[2:]
        return replace(plans, networks={key: replace(plan, rules=kept)}), ()

    monkeypatch.setattr("exchange_ports.pipeline.planned", broken)
    assert main(["prove", str(ROOT / DEV)]) == 1
    reported = capsys.readouterr()
    assert reported.out.startswith("Not proved: ")
    assert "  permitted = required\n" in reported.out
    assert reported.err == ""


# ---- exchange-ports check ----


@pytest.mark.parametrize(
    "stack, source, destination, ports, passes, reported",
    [
        ("prod-aws", "edge1", "mbx2", "25/tcp", True, "mail flow table with Edge, row 2, E2"),
        ("prod-aws", "edge1", "mbx4", "25/tcp", False, "no outbound rule of edge1 allows it"),
        ("prod-aws", "mbx1", "edge1", "50636/tcp", True, "E5"),
        ("prod-aws", "mbx3", "edge1", "50636/tcp", False, "no outbound rule of mbx3 allows it"),
        ("prod-azure", "mbx3", "edge1", "50636/tcp", False, "mbx3 blocks it outbound by out-"),
        ("prod-azure", "mbx3", "cas3", "any", True, "R1"),
        ("prod-azure", "edge1", "edge2", "25/tcp", False, "edge2 blocks it inbound by in-"),
        ("prod-aws", "internet", "edge1", "25/tcp", True, "E1"),
        ("prod-aws", "internet", "edge1", "26/tcp", False, "no inbound rule of edge1 allows it"),
        ("prod-aws", "edge1", "internet", "25/tcp", True, "E4"),
        (
            "prod-aws",
            "edge1",
            "10.20.2.10",
            "25/tcp",
            False,
            "10.20.2.10 (domain controllers of hq)",
        ),
        ("prod-aws", "2001:db8:10::5", "cas1", "443/tcp", False, "IPv6 addresses only, and cas1"),
        ("prod-aws", "10.20.6.8", "edge1", "3389/tcp", True, "additional flow"),
        ("prod-aws", "10.20.6.8", "10.20.2.10", "25/tcp", False, "neither end is a managed server"),
        ("dev", "ex1", "ex2", "icmp", True, "R1"),
        ("dev", "internet", "ex1", "443/tcp", False, "no inbound rule of ex1 allows it"),
    ],
)
def test_check_answers_and_names_who_decided(
    stack: str,
    source: str,
    destination: str,
    ports: str,
    passes: bool,
    reported: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = str(ROOT / f"stacks/Pulumi.{stack}.yaml")
    code = main(["check", file, source, destination, ports])
    out, err = capsys.readouterr()
    assert code == (0 if passes else 1), out + err
    assert reported in out
    assert err == ""
    assert len(re.findall(r"^  source ", out, re.M)) == len(re.findall(r"^  dest", out, re.M))


@pytest.mark.parametrize(
    "end, meant", [("egde1", "edge1"), ("MBX1", "mbx1"), ("intrnet", "internet")]
)
def test_a_name_that_is_misspelled_is_answered_with_the_likely_one(
    end: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(ROOT / "stacks/Pulumi.prod-aws.yaml")
    assert main(["check", file, end, "mbx2", "25/tcp"]) == 2
    assert f'fix: Did you mean "{meant}"?\n' in capsys.readouterr().err


@pytest.mark.parametrize(
    "ports", ["25/tpc", "0/tcp", "0", "65536/udp", "", "25/tcp,", "-", "25/tcp 26/tcp", "²"]
)
def test_ports_that_are_none_are_bad_input(ports: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(ROOT / DEV), "ex1", "ex2", ports]) == 2
    assert capsys.readouterr().err.startswith(("error[bad-port", "error[unknown-ports"))


def test_help_names_both_commands_with_an_example() -> None:
    text = run("--help").stdout.decode()
    for command in ("prove", "check"):
        assert f"exchange-ports {command}" in text.partition("examples:")[2]
        assert run(command, "--help").returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments, loads", [(("plan", DEV), False), (("schema",), False), (("prove", DEV), True)]
)
def test_only_the_commands_that_prove_load_the_proof(
    arguments: tuple[str, ...], loads: bool
) -> None:
    code = (
        "import sys, json, io, contextlib\n"
        "from exchange_ports.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()): main(sys.argv[1:])\n"
        "print(json.dumps([m for m in sys.modules if m.startswith('exchange_ports') or m == 'pulumi']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, check=True
    )
    modules = json.loads(ran.stdout)
    assert ("exchange_ports.proof" in modules) == loads
    assert "pulumi" not in modules
    # An AWS stack needs nothing of Azure to be proved.
    assert "exchange_ports.clouds.azure.evaluator" not in modules
