"""What `exchange_ports` offers to programs: its names, its examples, its types, and what its import costs."""

import doctest
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import exchange_ports
from exchange_ports import load, plan
from exchange_ports.component import ExchangeFirewall
from exchange_ports.findings import Refused
from exchange_ports.stackfile.nodes import MAX_BYTES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/python.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
DEV = ROOT / "stacks/Pulumi.dev.yaml"


def test_every_public_name_is_there_and_is_listed() -> None:
    for name in exchange_ports.__all__:
        assert getattr(exchange_ports, name).__doc__
    assert {*exchange_ports.__all__} < {*dir(exchange_ports)}
    assert exchange_ports.ExchangeFirewall is ExchangeFirewall
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = exchange_ports.nothing  # pyright: ignore[reportAttributeAccessIssue] - what is tested


@pytest.mark.parametrize("module", ["exchange_ports", "exchange_ports.api"])
def test_the_examples_in_docstrings_are_what_happens(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    tried = doctest.testmod(import_module(module))
    assert tried.attempted > 1
    assert tried.failed == 0


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_programs_of_the_page_run(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(program, "docs/python.md", "exec"), {})  # noqa: S102 - our own page


def test_the_import_alone_loads_nothing() -> None:
    asked = "import json, sys, exchange_ports; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", asked], cwd=ROOT))
    ours = {name for name in loaded if name.startswith("exchange_ports")}
    assert ours == {"exchange_ports"}
    assert not {"pydantic", "yaml", "pulumi", "importlib.metadata"} & {*loaded}


def test_the_functions_load_no_pulumi() -> None:
    asked = f"import sys; from exchange_ports import load, plan, prove; prove(plan(load({str(DEV)!r}).usable())); print('pulumi' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", asked], cwd=ROOT).split() == [b"False"]


def test_a_stack_file_is_read_by_its_path_or_from_its_text() -> None:
    by_path, by_text = load(DEV), load(DEV.read_text())
    assert by_path.usable() == by_text.usable()
    assert plan(by_path.usable()).flows


def test_faults_are_findings_with_their_lines(tmp_path: Path) -> None:
    text = DEV.read_text().replace("organization:", "organisation:", 1)
    loaded = load(text)
    assert loaded.topology is None
    assert any(finding.place and finding.place.line for finding in loaded.findings)
    with pytest.raises(Refused):
        loaded.usable()
    assert [each.kind.code for each in load(tmp_path).findings] == ["cannot-read-file"]


def test_no_more_of_a_file_is_read_than_a_stack_file_may_have(tmp_path: Path) -> None:
    large = tmp_path / "Pulumi.large.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    (finding,) = load(large).findings
    assert finding.kind.code == "file-too-big"
    assert f"{MAX_BYTES + 1} bytes" in str(finding)
    # A device has no end.
    (finding,) = load("/dev/zero").findings
    assert finding.kind.code == "file-too-big"


USER_PROGRAM = '''
"""A program as a user writes it."""

import pulumi

from exchange_ports import ExchangeFirewall, Topology, diff, load, plan, prove

topology: Topology = load("stacks/Pulumi.dev.yaml").usable()
proof = prove(plan(topology))
if not proof.holds:
    raise SystemExit("\\n".join(map(str, proof.failures)))
opened: list[str] = [str(change.services) for change in diff(None, topology).opened]
firewall = ExchangeFirewall(
    "exchange", topology=topology, networks={"lab": {"vpc_id": "vpc-0123456789abcdef0"}}
)
groups: pulumi.Output[list[str]] = firewall.servers["ex1"].apply(
    lambda attached: attached.get("security_group_ids", [])
)
pulumi.export("groups", groups)
pulumi.export("mailbox", firewall.groups["lab"]["mailbox.hq"])
'''


@pytest.mark.slow
def test_a_users_program_needs_no_type_comment(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(USER_PROGRAM)
    (tmp_path / "pyrightconfig.json").write_text(
        json.dumps({"typeCheckingMode": "strict", "extraPaths": [str(ROOT)]})
    )
    tool = [str(Path(sys.executable).with_name("basedpyright")), "--outputjson"]
    checked = subprocess.run(
        [*tool, "--pythonpath", sys.executable, "-p", str(tmp_path)],
        capture_output=True,
        check=False,
    )
    report = json.loads(checked.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    assert [each["message"] for each in report["generalDiagnostics"]] == []
