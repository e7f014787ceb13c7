"""The component in programs in TypeScript, Go and YAML, on a real engine: what the READMEs of examples/ tell.

Every program creates the same VPC, firewall and interfaces; a program in Python, recorded offline, is held
against each.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from exchange_ports.component import ExchangeFirewall
from exchange_ports.offline import record
from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.engine.languages import LANGUAGES, Language, checkout, ready, registered
from tests.engine.workspace import Workspace
from tests.support.paths import ROOT

pytestmark = [
    pytest.mark.pulumi_engine,
    pytest.mark.slow,
    pytest.mark.filterwarnings("default::RuntimeWarning"),
]

#: The declared addresses.
SERVERS = {"ex1": "10.20.0.11", "ex2": "10.20.0.12"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout(tmp_path_factory.mktemp("languages"))


def in_python() -> None:
    """The program of examples/ in Python."""
    import pulumi_aws as aws

    path = ROOT / "examples" / "typescript" / "Pulumi.topology.yaml"
    settings: Any = yaml.safe_load(path.read_text())["config"]
    vpc = aws.ec2.Vpc("corp", cidr_block="10.20.0.0/16")
    subnet = aws.ec2.Subnet("corp", vpc_id=vpc.id, cidr_block="10.20.0.0/24")
    firewall = ExchangeFirewall(
        "exchange",
        {
            "topology": settings[f"{NAMESPACE}:topology"],
            "tags": settings[f"{NAMESPACE}:tags"],
            "aws_networks": {"corp": {"vpc_id": vpc.id}},
        },
    )
    for name, address in SERVERS.items():
        aws.ec2.NetworkInterface(
            name,
            subnet_id=subnet.id,
            private_ips=[address],
            security_groups=firewall.servers[name]["security_group_ids"],
        )


def of_python() -> dict[str, Any]:
    """What the program in Python registers, in the form of `registered`."""
    found = record(in_python, project="python", stack="dev", config={})
    names = {one.urn: one.name for one in found.registrations}
    return {
        f"{one.type} {one.name}": (names.get(one.parent or "", ""), one.inputs)
        for one in found.registrations
    }


@pytest.fixture(params=LANGUAGES, ids=lambda language: language.folder)
def program(
    request: pytest.FixtureRequest, made: Path, tmp_path: Path
) -> Iterator[tuple[Language, Workspace]]:
    language: Language = request.param
    with ready(language, made, tmp_path) as engine:
        yield language, engine


def test_a_program_makes_what_the_one_in_python_does_and_its_errors_are_findings(
    program: tuple[Language, Workspace],
) -> None:
    language, engine = program

    def run(*command: str, fails: bool = False) -> str:
        return engine.pulumi(*command, "--stack", "dev", fails=fails)

    # A wrong topology: every finding, with its location, and nothing of Python.
    declared = engine.project / language.topology
    right = declared.read_text()
    wrong = right.replace("[client_access, mailbox]", "[client_access, mailbx]", 1)
    wrong = wrong.replace("[10.20.0.0/24]", "[10.20.0.1/24]", 1)
    declared.write_text(wrong)
    said = run("preview", fails=True)
    assert "error[unknown-word]" in said
    assert "error[host-bits]" in said
    assert 'Did you mean "mailbox"?' in said
    # The SDK for Go adds that the engine stopped listening, with the word of its protocol.
    for never in ("Traceback", 'File "', "Unexpected <class"):
        assert never not in said
    declared.write_text(right)

    # A preview, and what it foresees.
    assert run("up", "--yes").count("18 to create") == 1
    assert registered(engine.export()) == of_python()
    run("preview", "--expect-no-changes")
    run("destroy", "--yes", "--skip-preview")
    assert engine.export() == []
    assert [call for call in engine.control.calls() if call.error] == []
