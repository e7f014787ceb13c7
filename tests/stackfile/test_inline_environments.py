"""A topology that an inline environment supplies is read where it is certain, and refused where it is not."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from exchange_ports import load
from exchange_ports.cli import main
from exchange_ports.cli.stacks import read
from exchange_ports.findings import Refused
from exchange_ports.stackfile.stack_file import read_stack_file
from tests.support.paths import ROOT
from tests.support.repository import Repository

STACK: Final = (ROOT / "stacks/Pulumi.dev.yaml").read_bytes()
CONFIG: Final[dict[str, Any]] = yaml.safe_load(STACK)["config"]
TOPOLOGY: Final[dict[str, Any]] = CONFIG["exchange-ports:topology"]
#: All but the topology.
OTHERS: Final = {key: each for key, each in CONFIG.items() if not key.endswith(":topology")}


def written(config: object, environment: object) -> str:
    return yaml.safe_dump({"config": config, "environment": environment}, sort_keys=False)


def supplied(**more: object) -> dict[str, object]:
    return {"values": {"pulumiConfig": {"exchange-ports:topology": TOPOLOGY}}, **more}


#: Stack files whose topology is their own or their environment's, and the same to Pulumi.
SAME: Final = {
    "settings beside it": written(OTHERS, supplied()),
    "no imports": written(OTHERS, supplied(imports=[])),
    "an old form of its name": written(
        OTHERS, {"values": {"pulumiConfig": {"exchange-ports:config:topology": TOPOLOGY}}}
    ),
    "nothing under config": written(None, supplied()),
    "no config": yaml.safe_dump({"environment": supplied()}),
    "as JSON": json.dumps({"environment": supplied()}, indent=1),
}


@pytest.mark.parametrize("text", SAME.values(), ids=list(SAME))
def test_the_topology_of_an_inline_environment_is_read(text: str) -> None:
    assert load(text).usable() == load(STACK.decode()).usable()


def test_what_the_file_declares_itself_is_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = {"exchange-ports:topology": {**TOPOLOGY, "organization": "own"}}
    Path("a.yaml").write_text(written(own, supplied()), "utf-8")
    assert read("a.yaml").config["topology"] == {**TOPOLOGY, "organization": "own"}


def test_findings_are_at_the_line_in_the_environment() -> None:
    broken = written(OTHERS, supplied()).replace("organization: contoso-dev", "organisation: x")
    found = load(broken).findings
    lines = broken.splitlines()
    assert {(each.kind.code, lines[(each.place.line or 0) - 1].strip()) for each in found} == {
        ("unknown-key", "organisation: x"),
        ("missing-key", "exchange-ports:topology:"),
    }


def test_a_name_without_a_namespace_is_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Pulumi.a.yaml").write_text(
        written(OTHERS, {"values": {"pulumiConfig": {"topology": TOPOLOGY}}}), "utf-8"
    )
    Path("Pulumi.yaml").write_text("name: exchange-ports\n", "utf-8")
    assert read("a").config["topology"] == TOPOLOGY
    Path("Pulumi.yaml").write_text("name: mail\n", "utf-8")
    with pytest.raises(Refused) as refused:
        read("a")
    assert [each.kind.code for each in refused.value.findings] == ["missing-topology"]


_PLAIN: Final = written(OTHERS, supplied())
#: Stack files of which no one can tell, and the code and the reason of what is said.
UNCERTAIN: Final = {
    "it imports another": (written(OTHERS, supplied(imports=["team/prod"])), "team/prod"),
    "an expression": (_PLAIN.replace("contoso-dev", "${organization}"), "expression"),
    "a function": (
        written(OTHERS, {"values": {"pulumiConfig": {"exchange-ports:topology": {"fn::x": 1}}}}),
        "expression",
    ),
    "an alias of another part of the file": (
        _PLAIN.replace("config:\n", "config:\n  aws:a: &a contoso-dev\n", 1).replace(
            "organization: contoso-dev", "organization: *a"
        ),
        "alias",
    ),
    "an alias as a key": (
        _PLAIN.replace("config:\n", "config:\n  aws:a: &a organization\n", 1).replace(
            "organization: contoso-dev", "*a : contoso-dev"
        ),
        "alias",
    ),
    "given twice": (
        written(
            OTHERS,
            {
                "values": {
                    "pulumiConfig": {
                        "exchange-ports:topology": TOPOLOGY,
                        "exchange-ports:config:topology": TOPOLOGY,
                    }
                }
            },
        ),
        "twice",
    ),
    "another part of an environment": (written(OTHERS, supplied(openers={})), "openers"),
}


@pytest.mark.parametrize("text, why", UNCERTAIN.values(), ids=list(UNCERTAIN))
def test_a_topology_that_is_not_certain_is_not_reviewed(text: str, why: str) -> None:
    (finding,) = load(text).findings
    assert finding.kind.code == "not-reviewed"
    assert why in finding.why


#: Stack files without a certain topology for another reason.
REFUSED: Final = {
    "no topology anywhere": (
        written(OTHERS, {"values": {"pulumiConfig": {"aws:region": "eu-west-1"}}}),
        "missing-topology",
    ),
    "a word that readers do not read alike": (
        _PLAIN.replace("organization: contoso-dev", "organization: off"),
        "unquoted-boolean",
    ),
    "no mapping": (
        written(OTHERS, {"values": {"pulumiConfig": {"exchange-ports:topology": [1]}}}),
        "setting-not-a-mapping",
    ),
}


@pytest.mark.parametrize("text, code", REFUSED.values(), ids=list(REFUSED))
def test_the_environment_s_topology_is_read_as_strictly_as_the_file_s(text: str, code: str) -> None:
    assert [each.kind.code for each in load(text).findings] == [code]


def test_only_who_knows_the_environment_reads_a_file_without_a_topology() -> None:
    with pytest.raises(Refused) as refused:
        read_stack_file(_PLAIN.encode(), "a.yaml")
    assert [each.kind.code for each in refused.value.findings] == ["missing-topology"]


@pytest.mark.slow
def test_an_edit_of_the_environment_s_topology_is_shown_as_traffic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = "stacks/Pulumi.dev.yaml"
    repository = Repository(tmp_path / "repository")
    monkeypatch.chdir(repository.path)
    repository.commit(
        {"Pulumi.yaml": "name: exchange-ports\nstackConfigDir: stacks\n", file: STACK.decode()}
    )

    def diff() -> tuple[int, list[dict[str, Any]]]:
        code = main(["diff", "--json", "--against", "HEAD"])
        return code, json.loads(capsys.readouterr().out)["stacks"]

    repository.write({file: _PLAIN})
    assert diff() == (0, [])
    repository.commit({file: _PLAIN})
    opened = {"from": "10.9.9.9", "to": ["exchange"], "ports": ["9100/tcp"], "reason": "backup"}
    more = {**TOPOLOGY, "additional_flows": [*TOPOLOGY.get("additional_flows", []), opened]}
    repository.write(
        {file: written(OTHERS, {"values": {"pulumiConfig": {"exchange-ports:topology": more}}})}
    )
    code, (stack,) = diff()
    assert code == 0
    assert [each["ports"] for each in stack["changes"]] == ["9100/tcp"]
