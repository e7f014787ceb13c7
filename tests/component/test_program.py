"""The repository's own program, unmodified, on every stack, fed as Pulumi feeds it."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pulumi
import pytest

from exchange_ports.component import ExchangeFirewall, TopologyError
from exchange_ports.findings import Finding
from exchange_ports.offline import ProgramFailed, Recording, record
from exchange_ports.stackfile.stack_file import NAMESPACE, StackFile, read_stack_file
from exchange_ports.topology.models import Topology
from exchange_ports.topology.validate import load_topology
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

STACKS: Final = {
    path.stem.removeprefix("Pulumi."): path for path in sorted((ROOT / "stacks").glob("*.yaml"))
}
every_stack = pytest.mark.parametrize("stack", STACKS)

#: Servers of each stack, from the files as a person reads them.
SERVERS: Final = {
    "both": {"cas1", "mbx1", "mbx2", "edge1", "edge2", "ex1", "ex2"},  # ex9 is on premises
    "dev": {"ex1", "ex2"},
    "hybrid": {"ex1", "ex2", "ex3", "edge1"},
    "migration": {"ex1", "ex2", "ex3", "cas1", "mbx1", "old1", "edge1"},
    "prod-aws": {"cas1", "cas2", "cas3", "mbx1", "mbx2", "mbx3", "mbx4", "edge1", "edge2"},
    "prod-azure": {"cas1", "cas2", "cas3", "mbx1", "mbx2", "mbx3", "mbx4", "edge1", "edge2"},
    "proxied": {"ex1", "cas2", "mbx2"},
}
#: What each stack is warned of.
WARNINGS: Final[dict[str, list[str]]] = {
    "both": [],
    "dev": [],
    "hybrid": [],
    "migration": [],
    "prod-aws": ["port-25-blocked"],
    "prod-azure": [],
    "proxied": [
        "azure-without-smart-host",
        "no-updates",
        "plain-text-from-internet",
        "plain-text-from-internet",
        "port-25-blocked",
    ],
}


def read(stack: str) -> StackFile:
    return read_stack_file(STACKS[stack].read_bytes(), f"stacks/{STACKS[stack].name}")


def as_pulumi_passes(file: StackFile) -> dict[str, str]:
    """Structured values as JSON text, under full keys; everything else as text."""
    own = {f"{NAMESPACE}:{key}": json.dumps(value) for key, value in file.config.items()}
    return {**own, **{key: str(value) for key, value in file.others.items()}}


def run(
    stack: str, config: Mapping[str, str], program: Path | Callable[[], object] = ROOT
) -> Recording:
    return record(program, project=NAMESPACE, stack=stack, config=config)


def stopped(config: Mapping[str, str], **options: Any) -> ProgramFailed:
    """How the program fails: by its findings alone, before it registers anything."""
    with pytest.raises(ProgramFailed) as failed:
        record(ROOT, project=NAMESPACE, stack="dev", config=config, **options)
    assert isinstance(failed.value.__cause__, TopologyError)
    assert "Traceback" not in failed.value.text
    assert failed.value.text.endswith("; no resource of this component was registered")
    assert failed.value.registrations == ()
    return failed.value


def test_the_program_is_short() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 20


@every_stack
def test_the_program_runs_on_every_stack(stack: str) -> None:
    recording = run(stack, as_pulumi_passes(read(stack)))
    (top,) = recording.children(recording.stack_urn)
    assert (top.type, top.name) == ("exchange-ports:index:ExchangeFirewall", "exchange")
    assert set(recording.outputs) == {"servers", "groups", "zones"}
    assert not recording.secret_outputs
    servers: Any = recording.outputs["servers"]
    assert set(servers) == SERVERS[stack]


@every_stack
def test_cloud_ids_and_tags_of_the_stack_file_arrive(stack: str) -> None:
    file = read(stack)
    recording = run(stack, as_pulumi_passes(file))
    networks: Any = file.config["networks"]
    taken = {"vpc_id": "vpcId", "resource_group_name": "resourceGroupName", "location": "location"}
    tags: Any = file.config.get("tags", {})
    for network, ids in networks.items():
        (component,) = (one for one in recording.registrations if one.name == f"exchange-{network}")
        made = recording.children(component.urn)
        for key, value in ids.items():
            found = {one.inputs[taken[key]] for one in made if taken[key] in one.inputs}
            assert found == {value}
        for one in made:
            given: Any = one.inputs.get("tags", {})
            assert {key: given.get(key) for key in tags} == tags


@every_stack
def test_each_warning_is_logged_once(stack: str) -> None:
    recording = run(stack, as_pulumi_passes(read(stack)))
    assert {logged.severity for logged in recording.logs} <= {"warning"}
    codes = [logged.message.partition("[")[2].partition("]")[0] for logged in recording.logs]
    assert sorted(codes) == WARNINGS[stack]
    assert len(set(recording.logs)) == len(recording.logs)


@every_stack
def test_pulumis_way_and_the_direct_reader_give_the_same_topology(stack: str) -> None:
    file = read(stack)
    given: list[tuple[Topology, tuple[Finding, ...]]] = []

    def program() -> None:
        given.append(load_topology(pulumi.Config(NAMESPACE).require_object("topology")))

    run(stack, as_pulumi_passes(file), program)
    assert given == [load_topology(file.config["topology"])]


@every_stack
def test_the_program_registers_what_the_component_does_for_the_file_itself(stack: str) -> None:
    file = read(stack)

    def program() -> None:
        networks: Any = file.config["networks"]
        tags: Any = file.config.get("tags")
        topology: Any = file.config["topology"]
        ExchangeFirewall("exchange", topology=topology, networks=networks, tags=tags)

    config = as_pulumi_passes(file)
    one, other = run(stack, config), run(stack, {}, program)
    assert one.registrations == other.registrations
    # A program that declares the same itself has no lines of a stack file.
    assert [without_place(each.message) for each in one.logs] == [
        each.message for each in other.logs
    ]


def without_place(message: str) -> str:
    return re.sub(r"^  stacks/\S+:\d+  ", "  ", message, flags=re.MULTILINE)


@every_stack
def test_two_runs_are_the_same(stack: str) -> None:
    config = as_pulumi_passes(read(stack))
    assert run(stack, config) == run(stack, config)


# ---- configuration that is not as it should be ----


def dev(**changes: object) -> dict[str, str]:
    """The configuration of `dev`; a key that is None is left out."""
    config = {**read("dev").config, **changes}
    return {
        f"{NAMESPACE}:{key}": json.dumps(value)
        for key, value in config.items()
        if value is not None
    }


def test_no_configuration_at_all_is_a_finding() -> None:
    assert stopped({}).text == (
        "error[wrong-type] Expected a mapping; got nothing.\n"
        "  topology\n"
        "  fix: Write a mapping.\n"
        "  see docs/findings/wrong-type.md\n"
        "1 error; no resource of this component was registered"
    )


def test_no_cloud_ids_are_a_finding_for_each_network() -> None:
    for config in (dev(networks=None), dev(networks={})):
        text = stopped(config).text
        assert text.startswith("error[missing-cloud-id] Network lab has no `vpc_id`.\n")
        assert text.endswith("\n1 error; no resource of this component was registered")


@pytest.mark.parametrize("value", ["a word", 5, [], True, {}])
def test_a_topology_of_another_shape_is_a_finding(value: object) -> None:
    assert "error[" in stopped(dev(topology=value)).text


@pytest.mark.parametrize("key", ["networks", "tags"])
@pytest.mark.parametrize("value", ["a word", 5, ["lab"], True])
def test_cloud_ids_and_tags_of_another_shape_are_a_finding(key: str, value: object) -> None:
    assert "error[wrong-type]" in stopped(dev(**{key: value})).text


def test_a_text_that_is_no_json_stops_the_program_without_a_traceback() -> None:
    config = dev() | {f"{NAMESPACE}:topology": "hello"}
    with pytest.raises(ProgramFailed) as failed:
        record(ROOT, project=NAMESPACE, stack="dev", config=config)
    assert "Traceback" not in failed.value.text
    assert failed.value.registrations == ()


@pytest.mark.parametrize("key", ["topology", "networks", "tags"])
def test_a_secret_setting_is_refused_without_showing_it(key: str) -> None:
    text = stopped(dev(), secret_keys=(f"{NAMESPACE}:{key}",)).text
    assert f"error[secret-topology] `{NAMESPACE}:{key}` is a secret" in text
    assert "contoso" not in text
    assert "vpc-" not in text


def test_all_that_is_wrong_is_told_at_once() -> None:
    topology: Any = read("dev").config["topology"]
    wrong = {**topology, "mail_flow": {"outbound": {"through": "mailbx"}}, "clinets": {}}
    text = stopped(dev(topology=wrong, networks={"lab": {}})).text
    for code in ("unknown-word", "unknown-key", "missing-cloud-id"):
        assert f"error[{code}]" in text
