"""What the component says to the author of a program, in whose words a stack file may not occur."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from exchange_ports.component import ExchangeFirewall, TopologyError
from exchange_ports.offline import ProgramFailed, record
from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.component.firewalls import VPC, firewall, run, topology
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


def refused(program: Any, **config: str) -> str:
    """What a program says whose topology is refused."""
    with pytest.raises(ProgramFailed) as failed:
        record(program, project=NAMESPACE, stack="dev", config=config)
    assert isinstance(failed.value.__cause__, TopologyError)
    return failed.value.text


def later(value: object) -> Any:
    return pulumi.Output.from_input(value)


def _address() -> None:
    declared = topology()
    next(iter(declared["sites"]["hq"]["servers"].values()))["address"] = later("10.20.0.11")
    firewall(declared)


def _controllers() -> None:
    declared = topology()
    declared["sites"]["hq"]["domain_controllers"]["addresses"] = later(["10.20.2.10"])
    firewall(declared)


@pytest.mark.parametrize(
    "program, field, fix",
    [
        (_address, "topology.sites.hq.servers.ex1.address", "pass it to the instance"),
        (_controllers, "topology.sites.hq.domain_controllers.addresses", "Write the value itself"),
        (lambda: firewall(later(topology())), "topology", "Write the value itself"),
        (lambda: firewall(previous=later(topology())), "previous", "Write the value itself"),
    ],
)
def test_an_output_inside_a_topology_is_answered_by_what_works(
    program: Any, field: str, fix: str
) -> None:
    reported = refused(program)
    assert reported.startswith("error[unresolved-output] ")
    assert f"\n  {field}\n" in reported
    assert fix in reported
    assert reported.endswith("1 error; no resource of this component was registered")


# ---- two components ----


def named(name: str, network: str = "corp", parent: pulumi.Resource | None = None) -> None:
    declared = topology()
    declared["networks"][network] = declared["networks"].pop("corp")
    for each in (*declared["sites"].values(), *declared["edge_servers"].values()):
        each["network"] = network
    ExchangeFirewall(
        name,
        topology=declared,
        networks={network: VPC},
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _twice() -> None:
    named("exchange")
    named("exchange")


def _by_their_networks() -> None:
    named("mail", "eu-west")
    named("mail-eu", "west")


@pytest.mark.parametrize(
    "program, name", [(_twice, "exchange"), (_by_their_networks, "mail-eu-west")]
)
def test_two_components_of_one_name_are_a_finding(program: Any, name: str) -> None:
    reported = refused(program)
    assert "error[component-name-taken]" in reported
    assert f"with a component named {name}.\n" in reported


def test_components_below_parents_of_different_types_may_have_one_name() -> None:
    def program() -> None:
        named("exchange", parent=pulumi.ComponentResource("test:index:One", "one"))
        named("exchange", parent=pulumi.ComponentResource("test:index:Other", "other"))

    assert run(program).registrations != ()


def test_two_components_of_different_names_are_none_nor_is_a_second_run() -> None:
    def program() -> None:
        named("exchange")
        named("mail")

    assert run(program).registrations == run(program).registrations


# ---- outputs by name ----


@pytest.mark.parametrize(
    "output, names, reported",
    [
        ("servers", ["ex9"], "No managed server is called `ex9`. There are: edge1, ex1, ex2."),
        ("groups", ["crop"], "is called `crop`. There are: corp."),
        ("groups", ["corp", "exchnge"], "No group of corp is called `exchnge`. There are: "),
        ("zones", ["corp"], "No network with zones is called `corp`. There are: none."),
    ],
)
def test_a_name_that_an_output_does_not_have_is_answered_by_those_it_has(
    output: str, names: list[str], reported: str
) -> None:
    def program() -> None:
        found: Any = getattr(firewall(), output)
        for name in names:
            found = found[name]

    with pytest.raises(ProgramFailed) as failed:
        run(program)
    assert reported in failed.value.text
    assert "Traceback" not in failed.value.text


# ---- settings of a stack ----


def settings(**given: str) -> dict[str, str]:
    all_ = {"topology": json.dumps(topology()), "networks": json.dumps({"corp": VPC}), **given}
    return {f"{NAMESPACE}:{key}": value for key, value in all_.items()}


def from_config() -> None:
    ExchangeFirewall.from_config("exchange", pulumi.Config(NAMESPACE))


def test_an_empty_step_is_refused_as_it_is_offline() -> None:
    reported = refused(from_config, **settings(phase=""))
    assert reported.startswith(
        'error[unknown-word] Unknown value "" of `phase`.\n  phase\n  fix: Write one of `'
    )


@pytest.mark.parametrize("setting", ["topology", "networks", "tags", "previous"])
def test_a_setting_that_is_text_is_a_finding_that_does_not_show_it(setting: str) -> None:
    reported = refused(from_config, **settings(**{setting: "hush hush"}))
    assert "error[wrong-type] Expected a mapping; got text." in reported
    assert f"\n  {setting}\n" in reported
    assert "hush" not in reported


def test_findings_name_the_line_of_the_stack_file_where_that_says_the_same(tmp_path: Path) -> None:
    wrong = topology()
    wrong["sites"]["hq"]["servers"]["ex1"]["roles"] = ["mailbx"]
    (tmp_path / "stacks").mkdir()
    (tmp_path / "__main__.py").write_text((ROOT / "__main__.py").read_text())
    file = tmp_path / "stacks" / "Pulumi.dev.yaml"
    lines = ["config:", f"  {NAMESPACE}:networks: {json.dumps({'corp': VPC})}"]
    lines += [f"  {NAMESPACE}:topology:", *(f"    {k}: {json.dumps(v)}" for k, v in wrong.items())]
    file.write_text("\n".join(lines))
    at = next(number for number, line in enumerate(lines, 1) if line.startswith("    sites:"))

    config = settings(topology=json.dumps(wrong))
    assert f"\n  stacks/Pulumi.dev.yaml:{at}  topology.sites.hq" in refused(tmp_path, **config)
    # What the engine was given is something else: then no line is named.
    file.write_text(file.read_text().replace("mailbx", "mailbox"))
    assert "stacks/" not in refused(tmp_path, **config)
