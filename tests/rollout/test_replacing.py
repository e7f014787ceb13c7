"""Groups that an update would replace while they are attached: said before, and no steps are offered."""

import json
from pathlib import Path
from typing import Any

import pytest

from exchange_ports.cli import main
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.rollout import ServersIn, plan_rollout
from exchange_ports.topology.validate import load_topology
from tests.support.paths import ROOT
from tests.support.recordings import PLATFORMS, Platform, declared

STACKS = ROOT / "stacks"


def plans(platform: Platform, attach_to: str | None = None, **network: Any) -> Plans:
    data = declared("prod-azure", platform)
    key = next(iter(data["networks"]))
    if attach_to is not None:
        data["networks"][key]["attach_to"] = attach_to
    data["networks"][key] |= network
    return compile_plans(load_topology(data)[0])


@pytest.mark.slow
@pytest.mark.parametrize("servers_in", ServersIn)
@pytest.mark.parametrize(
    "one, other", [("subnets", "network_interfaces"), ("network_interfaces", "subnets")]
)
def test_groups_that_shall_hang_elsewhere_are_named_and_have_no_steps(
    one: str, other: str, servers_in: ServersIn
) -> None:
    found = plan_rollout(plans("azure", one), plans("azure", other), servers_in)
    (network,) = plans("azure", one).networks
    words = [each.replace("_", " ") for each in (one, other)]
    assert found.replaced == tuple(
        f"the {zone} zone of {network} on Azure: from {words[0]} to {words[1]}"
        for zone in ("internal", "perimeter")
    )
    assert not found.clean
    assert found.steps is None


IDS = {"aws": "vpc_id", "azure": "location"}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    "before, after, reported",
    [
        ("here", "there", True),
        ("here", "here", False),
        # What only Pulumi knows, or no one gave, has no value to compare.
        (object(), "there", False),
        (None, "there", False),
        ("here", None, False),
    ],
)
def test_groups_that_shall_stand_elsewhere_are_named(
    platform: Platform, before: object, after: object, reported: bool
) -> None:
    same = plans(platform)
    (network,) = same.networks
    ids = tuple({network: {IDS[platform]: each}} for each in (before, after))
    found = plan_rollout(same, same, ServersIn.THIS_STACK, (ids[0], ids[1]))
    cloud = {"aws": "AWS", "azure": "Azure"}[platform]
    summary = f"every group of {network} on {cloud}: {IDS[platform]} from here to there"
    assert found.replaced == ((summary,) if reported else ())
    assert found.clean is not reported
    assert (found.steps is None) is reported


@pytest.mark.slow
def test_a_network_that_comes_replaces_nothing() -> None:
    (network,) = plans("aws").networks
    ids = ({network: {"vpc_id": "vpc-1"}}, {network: {"location": "westeurope"}})
    assert plan_rollout(plans("aws"), plans("azure"), ServersIn.THIS_STACK, ids).replaced == ()


def test_the_command_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (STACKS / "Pulumi.prod-azure.yaml").read_text()
    old = STACKS / "Pulumi.prod-azure.yaml"
    new = tmp_path / "Pulumi.new.yaml"
    new.write_text(text.replace("location: ", "location: other-"))
    assert main(["plan", str(new), "--against", str(old)]) == 1
    reported = capsys.readouterr().out
    assert "Groups that would be replaced while servers may have them\n  every group of" in reported
    assert "No sequence of phases" in reported
    assert main(["plan", str(new), "--against", str(old), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["clean"], found["phases"]) == (False, None)
    assert len(found["replaced_groups"]) == 1
