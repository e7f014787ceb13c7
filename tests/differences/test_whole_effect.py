"""Whatever decides what is registered and where is shown by `diff`, or the answer is "not reviewed"."""

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from exchange_ports import pipeline
from exchange_ports.cli import main
from tests.differences.written import START
from tests.support.paths import ROOT
from tests.support.repository import Repository

pytestmark = pytest.mark.slow

AWS: Final = "stacks/Pulumi.aws.yaml"
PROJECT: Final = "name: mail\nruntime: python\nstackConfigDir: stacks\n"
GATES: Final = ("newly_allowed", "perimeter", "risk", "target")
EVERY_GATE: Final = tuple(word for gate in GATES for word in ("--fail-on", gate))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.commit({"Pulumi.yaml": PROJECT, AWS: START[AWS]})
    monkeypatch.chdir(repository.path)
    return repository


def answer(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any], str, str]:
    """Exit code with every gate, and the answer as JSON, text and comment."""
    reported: list[str] = []
    codes: set[int] = set()
    for form in ("json", "text", "markdown"):
        code = main(["diff", "--against", "HEAD", "--format", form, *EVERY_GATE, *more])
        codes.add(code)
        reported.append(capsys.readouterr().out)
    (code,) = codes
    return code, json.loads(reported[0]), reported[1], reported[2]


#: What a project file becomes, and a part of the reason for not reviewing it.
PROJECTS: Final = {
    "outside": ("name: mail\nstackConfigDir: ../elsewhere\n", "outside of the repository"),
    "old form outside": ("name: mail\nconfig: ../../elsewhere\n", "outside of the repository"),
    "both forms": (
        "name: mail\nconfig: a\nstackConfigDir: b\n",
        "`config` and `stackConfigDir` name a folder",
    ),
    "two documents": (f"{PROJECT}---\nname: other\n", "second YAML document"),
    "two keys": (f"{PROJECT}stackConfigDir: other\n", "there twice"),
    "odd line separator": (f"{PROJECT}# \u2028stackConfigDir: other\n", "U+2028"),
    "tag": ("name: mail\nstackConfigDir: !!binary c3RhY2tz\n", "tag"),
    "folder is a list": ("name: mail\nstackConfigDir: [a, b]\n", "is not text"),
    "no name": ("runtime: python\n", "no `name`"),
    "too big": (PROJECT + "# x\n" * 400_000, "bytes"),
    "topology for all": (
        f"{PROJECT}config:\n  exchange-ports:topology: {{value: {{organization: x}}}}\n",
        "has a topology",
    ),
    "path into a setting": (
        f"{PROJECT}config:\n  exchange-ports:topology.sites: {{value: {{}}}}\n",
        "another setting",
    ),
    "text for a mapping": (
        f"{PROJECT}config:\n  exchange-ports:previous: {{value: '{{}}'}}\n",
        "a mapping",
    ),
}


@pytest.mark.parametrize("content, why", PROJECTS.values(), ids=list(PROJECTS))
def test_a_project_file_that_is_not_certain_is_not_reviewed(
    made: Repository, capsys: pytest.CaptureFixture[str], content: str, why: str
) -> None:
    made.write({"Pulumi.yaml": content})
    code, data, text, comment = answer(capsys)
    assert code == 2
    assert [why in each["why"] for each in data["not_reviewed"]] == [True]
    assert "Not reviewed: Pulumi.yaml" in text
    assert "> Not reviewed: `Pulumi.yaml`" in comment
    assert "No stack file differs" not in text + comment


@pytest.mark.parametrize("target", ["elsewhere.yaml", "/etc/hostname"])
def test_a_project_file_behind_a_link_is_not_reviewed(
    made: Repository, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    (made.path / "Pulumi.yaml").unlink()
    (made.path / "Pulumi.yaml").symlink_to(target)
    code, data, *_ = answer(capsys)
    assert (code, len(data["not_reviewed"])) == (2, 1)


def test_a_stack_file_of_the_work_tree_behind_a_link_does_not_load(
    made: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(START[AWS], "utf-8")
    (made.path / AWS).unlink()
    (made.path / AWS).symlink_to(secret)
    code, data, *_ = answer(capsys)
    assert (code, data["stacks"][0]["valid"]) == (2, False)
    assert "symbolic link" in data["stacks"][0]["findings"][0]["why"]


#: What is written behind the stack file, and a setting that is named for it.
TARGETS: Final = {
    "region": ("  aws:region: us-east-1\n", "setting aws:region"),
    "endpoints": ("  aws:endpoints: [{ec2: http://x}]\n", "setting aws:endpoints"),
    "assumed role": ("  aws:assumeRole: {roleArn: x}\n", "setting aws:assumeRole"),
    "encrypted": ("  aws:secretKey: {secure: AAAsecret}\n", "setting aws:secretKey"),
    "default providers": (
        "  pulumi:disable-default-providers: [aws]\n",
        "setting pulumi:disable-default-providers",
    ),
    "servers_in": ("  exchange-ports:servers_in: other_stack\n", "rollout servers_in"),
    "inline environment": (
        "environment: {values: {pulumiConfig: {aws:region: us-east-1}}}\n",
        "setting aws:region",
    ),
    "environment variable": (
        "environment: {values: {environmentVariables: {AWS_PROFILE: other}}}\n",
        "environment variable AWS_PROFILE",
    ),
}


@pytest.mark.parametrize("more, setting", TARGETS.values(), ids=list(TARGETS))
def test_another_target_is_shown_and_held_by_its_gate(
    made: Repository, capsys: pytest.CaptureFixture[str], more: str, setting: str
) -> None:
    stack = "".join(
        line for line in START[AWS].splitlines(keepends=True) if "aws:region" not in line
    )
    made.commit({AWS: stack})
    made.write({AWS: f"{stack.rstrip()}\n{more}"})
    code, data, text, comment = answer(capsys)
    assert (code, data["gates"]["target"]) == (1, 1)
    assert [each["setting"] for each in data["stacks"][0]["target"]] == [setting]
    for shown in (text, comment):
        assert setting in " ".join(shown.split())
        assert "No stack file differs" not in shown
        assert "No resource changes" not in shown
        assert "AAAsecret" not in shown


#: What is written in place of what, and a part of what is said.
BINDINGS: Final = {
    "another VPC": ("vpc_id: vpc-0a1b2c3d4e5f60718", "vpc_id: vpc-1", "vpc_id"),
    "rules at a neighbor": (
        "vpc_id: vpc-0a1b2c3d4e5f60718",
        "vpc_id: vpc-0a1b2c3d4e5f60718, neighbor_security_groups: {domain-controllers.hq: sg-0a1b2c3d4e5f60718}",
        "members of sg-0a1b2c3d4e5f60718, the group of domain controllers of hq",
    ),
}


@pytest.mark.parametrize("was, now, reported", BINDINGS.values(), ids=list(BINDINGS))
def test_another_binding_is_shown_and_held_by_its_gate(
    made: Repository, capsys: pytest.CaptureFixture[str], was: str, now: str, reported: str
) -> None:
    assert was in START[AWS]
    made.write({AWS: START[AWS].replace(was, now)})
    code, data, text, comment = answer(capsys)
    assert (code, data["gates"]["target"]) == (1, 1)
    assert reported in " ".join(text.split())
    assert reported in comment
    if reported == "vpc_id":
        (done,) = data["stacks"][0]["operations"].values()
        assert "replace" in {each["action"] for each in done}


@pytest.mark.parametrize("environment", ["[evil]", "{imports: [evil]}", "{values: {a: '${b}'}}"])
def test_an_environment_that_is_not_in_the_file_is_not_reviewed_when_it_changes(
    made: Repository, capsys: pytest.CaptureFixture[str], environment: str
) -> None:
    imported = f"{START[AWS].rstrip()}\nenvironment: {environment}\n"
    made.write({AWS: imported})
    code, _, text, comment = answer(capsys)
    assert code == 2
    assert text.startswith("Not reviewed: ")
    assert "### Not reviewed: " in comment
    # As long as it stays, the rest can be compared.
    made.commit({AWS: imported})
    assert answer(capsys)[0] == 0


def test_what_a_project_sets_for_all_stacks_counts(
    made: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    made.write({"Pulumi.yaml": f"{PROJECT}config:\n  exchange-ports:tags: {{value: {{a: b}}}}\n"})
    made.write({AWS: START[AWS].replace("exchange-ports:tags", "website:tags")})
    code, data, *_ = answer(capsys)
    assert code == 1
    assert "tag a" in [each["setting"] for each in data["stacks"][0]["target"]]


def test_a_stack_that_is_looked_for_elsewhere_is_compared_with_what_it_was(
    made: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    wider = START[AWS].replace("[https, smtp_submission]", "[https, smtp_submission, imap]")
    # It was there already, and no stack's file.
    made.commit({"evil/Pulumi.aws.yaml": wider})
    made.write({"Pulumi.yaml": PROJECT.replace("stackConfigDir: stacks", "config: evil")})
    code, data, *_ = answer(capsys)
    (stack,) = data["stacks"]
    assert (code, stack["old_file"], stack["file"]) == (1, AWS, "evil/Pulumi.aws.yaml")
    assert not stack["same_traffic"]


def test_a_risk_in_what_stands_before_the_update_is_shown_while_its_step_keeps_it(
    made: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """A flow that only `previous` has is registered by the step that keeps old and new rules.

    The step keeps both at groups that no server joins or leaves.
    """
    text = (ROOT / "tests/fixtures/updates/Pulumi.steps.yaml").read_text("utf-8")
    config = yaml.safe_load(text)["config"]
    server = {"roles": ["client_access", "mailbox"], "address": "10.10.0.21"}
    for each in ("previous", "topology"):
        site = {"network": "lab", "servers": {"ex9": server}}
        config[f"exchange-ports:{each}"]["sites"]["paris"] = site
    before = {"exchange-ports:networks": config["exchange-ports:networks"]}
    before["exchange-ports:topology"] = deepcopy(config["exchange-ports:previous"])
    made.commit({AWS: json.dumps({"config": before})})
    rdp = {"from": "0.0.0.0/0", "to": "mailbox@paris", "ports": ["3389/tcp"], "reason": "x"}
    config["exchange-ports:previous"]["additional_flows"].append({**rdp, "accept_risk": True})
    config.pop("aws:region")
    made.write({AWS: json.dumps({"config": config})})
    code, data, text, comment = answer(capsys)
    assert code == 1
    assert data["gates"]["risk"] >= 1
    assert data["gates"]["perimeter"] >= 1
    for shown in (text, comment):
        assert "3389/tcp" in shown
        assert "from the Internet" in shown


#: Of the component's own name, `exchange`, and the 40 letters of a network and of a site.
LONG: Final = "n" * 40


@pytest.mark.parametrize("command", ["plan", "prove"])
def test_a_name_that_the_component_would_refuse_is_refused_by_every_command(
    command: str, made: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "stacks/Pulumi.prod-azure.yaml").read_text("utf-8")
    long = re.sub(r"\bparis\b", "p" * 40, re.sub(r"\bcorp\b", LONG, text))
    made.commit({"stacks/Pulumi.azure.yaml": text})
    made.write({"stacks/Pulumi.azure.yaml": long})
    assert main([command, "stacks/Pulumi.azure.yaml"]) == 2
    assert "name-too-long" in capsys.readouterr().err
    code, data, *_ = answer(capsys)
    assert code == 2
    assert [each["valid"] for each in data["stacks"]] == [False]


def test_the_default_name_is_that_of_the_program() -> None:
    program = (ROOT / "__main__.py").read_text("utf-8")
    assert f'"{pipeline.COMPONENT}"' in program


@pytest.mark.parametrize(
    "setting, value",
    [("tags", {"team": "mail"}), ("networks", None)],
)
def test_plan_against_lists_operations_also_of_bindings_and_tags(
    setting: str, value: object, made: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    config = yaml.safe_load(START[AWS])["config"]
    if value is None:
        networks = deepcopy(config["exchange-ports:networks"])
        for each in networks.values():
            each["vpc_id"] = "vpc-00000000000000001"
        value = networks
    other = {**config, f"exchange-ports:{setting}": value}
    made.write({"stacks/Pulumi.other.yaml": json.dumps({"config": other})})
    main(["plan", "--json", "stacks/Pulumi.other.yaml", "--against", AWS])
    data = json.loads(capsys.readouterr().out)
    assert any(done for done in data["operations"].values())
