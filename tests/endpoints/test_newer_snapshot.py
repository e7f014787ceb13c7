"""A package with a newer snapshot beside the old one: no plan changes, until a stack names the newer one."""

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any, Final

import pytest
import yaml

from exchange_ports.cli import main
from exchange_ports.differences import diff_plans
from exchange_ports.endpoints import Instance, shipped
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.stackfile.stack_file import read_stack_file
from exchange_ports.topology.validate import load_topology
from tests.support.paths import ROOT
from tests.support.strategies import declared, edited

STACKS: Final = tuple(sorted((ROOT / "stacks").glob("Pulumi.*.yaml")))
HYBRID: Final = ROOT / "stacks" / "Pulumi.hybrid.yaml"
PIN: Final = "2026081400"
FIXTURES: Final = ROOT / "tests" / "fixtures" / "endpoints"


def topology(stack: Path) -> dict[str, Any]:
    found: Any = read_stack_file(stack.read_bytes(), stack.name).config["topology"]
    return dict(found)


def plans() -> dict[str, Plans]:
    return {stack.stem: compile_plans(load_topology(topology(stack))[0]) for stack in STACKS}


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """Two more versions of the package's snapshots: one with another name, one with other ranges."""
    data = tmp_path / "data"
    copytree(shipped.DATA, data)
    versions: list[str] = []
    for name in ("new-name", "newer"):
        made = yaml.safe_load((FIXTURES / f"{name}.yaml").read_text("utf-8"))
        versions.append(made["version"])
        (data / f"worldwide-{made['version']}.json").write_text(json.dumps(made), "utf-8")
    monkeypatch.setattr(shipped, "DATA", data)
    monkeypatch.setitem(shipped.SHIPPED, Instance.WORLDWIDE, (PIN, *versions))
    shipped.shipped.cache_clear()
    yield versions[0], versions[1]
    shipped.shipped.cache_clear()


def test_a_newer_snapshot_beside_the_old_one_changes_no_plan(
    request: pytest.FixtureRequest,
) -> None:
    before = plans()
    request.getfixturevalue("newer")
    assert shipped.newest(Instance.WORLDWIDE).version == "2027010100"
    after = plans()
    assert {name: each.networks for name, each in after.items()} == {
        name: each.networks for name, each in before.items()
    }
    assert all(after[name].flows == each.flows for name, each in before.items())
    assert all(diff_plans(each, after[name]).same_traffic for name, each in before.items())


def said(old: Path, new: Path, capsys: pytest.CaptureFixture[str], form: str) -> str:
    assert main(["diff", str(old), str(new), "--format", form]) == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.fixture
def switched(newer: tuple[str, str], tmp_path: Path) -> tuple[Path, Path]:
    """The stack hybrid, with each of the newer versions."""
    text = HYBRID.read_text("utf-8")
    assert text.count(f'"{PIN}"') == 1
    files = tmp_path / "Pulumi.name.yaml", tmp_path / "Pulumi.ranges.yaml"
    for file, version in zip(files, newer, strict=True):
        file.write_text(text.replace(PIN, version), "utf-8")
    return files


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_another_pin_is_shown_by_what_it_changes_in_rules(
    form: str, switched: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    name, ranges = switched
    text = said(HYBRID, ranges, capsys, form)
    sentence = "endpoint snapshot changes from {} to {}: {}"
    old, new = (f"`{each}`" if form == "markdown" else each for each in (PIN, "2027010100"))
    rules = "hybrid mail gains 1 range; Exchange Online loses 1 range"
    assert f"The {sentence.format(old, new, rules)}." in text
    # Among the edits of the stack too.
    assert text.count(sentence.format(old, new, rules)) == 2
    assert "1 prefix list updated in place" in text or "2 prefix lists updated in place" in text
    text = said(HYBRID, name, capsys, form)
    new = new.replace("2027010100", "2026110100")
    assert (
        f"The {sentence.format(old, new, 'no rule changes')}. The same traffic is allowed." in text
    )
    assert "No resource changes in any cloud" in text


def test_ranges_of_ipv6_are_counted_where_a_network_has_ipv6(newer: tuple[str, str]) -> None:
    base = topology(HYBRID)
    made = yaml.safe_load((FIXTURES / "newer.yaml").read_text("utf-8"))
    made["sets"]["hybrid_mail"]["ranges"].remove("2a01:111:f403::/48")
    ipv6 = {"networks.corp.perimeter": ["10.20.240.0/24", "2001:db8:240::/64"]}
    for more, lost in (({}, 0), (ipv6, 1)):
        was, now = (
            compile_plans(declared(edited(base, {**more, "hybrid.endpoints": pin})))
            for pin in (newer[1], made)
        )
        found = diff_plans(was, now).declared.endpoints
        assert found is not None
        assert sum(each.removed for each in found.sets) == lost
        assert (found.before, found.after) == (newer[1], newer[1])


def test_the_same_snapshot_is_no_change_in_whichever_form() -> None:
    inline = {"hybrid.endpoints": "2026081400", "hybrid.mx": "on_premises"}
    was, now = (compile_plans(declared(edited(topology(HYBRID), each))) for each in ({}, inline))
    assert diff_plans(was, now).declared.endpoints is None
    without = topology(ROOT / "stacks" / "Pulumi.dev.yaml")
    assert diff_plans(was, compile_plans(declared(without))).declared.endpoints is None
