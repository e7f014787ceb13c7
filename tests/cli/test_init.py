"""`init`: a first stack file that is valid as it stands, from options and from questions."""

import os
import pty
import subprocess
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from exchange_ports.api import load, plan, prove
from exchange_ports.cli.questions import QUESTIONS
from exchange_ports.topology.platforms import Platform
from exchange_ports.topology.starter import Answers, template_files
from exchange_ports.versions import Version
from tests.support.command import COMMAND, ENVIRONMENT, all_that_is_shown, run
from tests.support.paths import PATIENCE, ROOT, UPDATE

CLOUDS: Final = ("aws", "azure")


def shown(*options: str) -> str:
    ran = run("init", "new", "--stdout", *options)
    assert ran.returncode == 0, ran.stderr.decode()
    assert b"error[" not in ran.stderr
    return ran.stdout.decode()


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    "options",
    [
        (*edge, *clients, *mail)
        for edge, clients, mail in product(
            ((), ("--edge", "2", "--sites", "hq,paris")),
            ((), ("--clients", "10.64.0.0/16,10.65.0.0/16")),
            ((), ("--mail", "10.20.7.25")),
        )
    ],
    ids=" ".join,
)
def test_the_file_is_valid_and_proved_on_every_cloud(cloud: str, options: tuple[str, ...]) -> None:
    text = shown("--cloud", cloud, *options)
    assert "TODO" in text
    plans = plan(load(text).usable())
    assert plans.topology.networks["corp"].platform.value == cloud
    assert prove(plans).holds


def test_what_is_answered_is_what_is_declared() -> None:
    options = ("--organization", "fabrikam", "--sites", "hq,paris", "--servers", "3", "--edge", "2")
    ranges = ("--internal", "10.1.0.0/22", "--perimeter", "10.1.9.0/24", "--mail", "10.1.3.25")
    topology = load(shown("--cloud", "azure", *options, *ranges)).usable()
    assert topology.organization == "fabrikam"
    assert [(name, len(site.servers)) for name, site in topology.sites.items()] == [
        ("hq", 3),
        ("paris", 3),
    ]
    assert [*topology.edge_servers] == ["edge1", "edge2"]
    assert {edge.subscribed_site for edge in topology.edge_servers.values()} == {"hq"}
    network = topology.networks["corp"]
    assert [*map(str, (*network.internal, *network.perimeter))] == ["10.1.0.0/22", "10.1.9.0/24"]


@pytest.mark.parametrize("name", ["no", "ON", "123", "1e3", "2024-01-01", "null", "y"])
def test_names_stay_names_in_yaml(name: str) -> None:
    topology = load(shown("--organization", name, "--sites", name)).usable()
    assert (topology.organization, [*topology.sites]) == (name, [name])


@pytest.mark.parametrize(
    "options, reported",
    [
        (("--cloud", "gcp"), "'gcp' is not one of aws, azure"),
        (("--sites", "hq,hq"), "a name is given twice"),
        (("--sites", "h q"), "'h q' is not a name"),
        (("--servers", "0"), "'0' is not a number from 1 to 20"),
        (("--servers", "many"), "'many' is not a number from 1 to 20"),
        (("--internal", "10.20.0.1/20"), "not an IPv4 range without host bits"),
        (("--exchange-version", "2010"), "'2010' is not one of 2013, 2016, 2019, se"),
        (("--mail", "smtp.example.com"), "rules cannot contain host names"),
        (("--internal", "10.20.0.0/27", "--sites", "a,b"), "10.20.0.0/27 has 32 addresses"),
    ],
)
def test_a_wrong_answer_writes_nothing(
    options: tuple[str, ...], reported: str, tmp_path: Path
) -> None:
    ran = run("init", "new", *options, folder=tmp_path)
    assert ran.returncode == 2
    assert reported in " ".join(ran.stderr.decode().split())
    assert not [*tmp_path.iterdir()]


def test_without_a_terminal_the_defaults_are_listed_as_options(tmp_path: Path) -> None:
    some = run(
        "init", "new", "--stdout", "--sites", "hq", "--edge", "0", folder=tmp_path
    ).stderr.decode()
    assert "\n  --exchange-version se\n" in some
    assert "--sites" not in some
    # Not a question without Edge servers.
    assert "--perimeter" not in some
    assert (
        "--cloud" not in run("init", "new", "--stdout", "--quiet", folder=tmp_path).stderr.decode()
    )


def test_the_file_is_written_where_pulumi_looks_and_never_over_another(tmp_path: Path) -> None:
    ran = run("init", "new", folder=tmp_path)
    assert ran.stdout.decode().splitlines() == [
        "Wrote Pulumi.new.yaml. Replace the lines marked TODO, then run:",
        "  exchange-ports plan Pulumi.new.yaml",
        "An editor completes and checks the file with the schema that this writes:",
        "  exchange-ports schema --stack > exchange-ports.schema.json",
    ]
    assert run("plan", "Pulumi.new.yaml", folder=tmp_path).returncode == 0
    written = (tmp_path / "Pulumi.new.yaml").read_bytes()
    again = run("init", "new", "--servers", "5", folder=tmp_path)
    assert (again.returncode, (tmp_path / "Pulumi.new.yaml").read_bytes()) == (2, written)
    assert b"cannot-write-file" in again.stderr
    # Where the project has its stack files, whether or not there are any yet.
    (tmp_path / "Pulumi.yaml").write_text("name: mail\nruntime: python\nstackConfigDir: stacks\n")
    assert run("init", "new", folder=tmp_path).returncode == 0
    assert (tmp_path / "stacks" / "Pulumi.new.yaml").is_file()
    assert run("plan", "new", folder=tmp_path).returncode == 0


def test_the_version_of_edge_servers_is_declared() -> None:
    topology = load(shown("--edge", "1", "--edge-version", "2016")).usable()
    assert [edge.version for edge in topology.edge_servers.values()] == [Version.EXCHANGE_2016]


@pytest.mark.parametrize("version", ["2013", "2016", "2019", "se", "SE"])
def test_the_version_is_declared_once_and_for_edge_servers_too(version: str) -> None:
    text = shown("--edge", "1", "--exchange-version", version)
    topology = load(text).usable()
    assert topology.version == Version(version.lower())
    assert [edge.version for edge in topology.edge_servers.values()] == [None]
    assert text.count("version: ") == 1
    assert ("roles: [client_access, mailbox]" in text) is (version == "2013")


def test_an_organization_of_se_is_what_is_written_where_nothing_is_reported() -> None:
    text = shown("--sites", "hq,paris", "--edge", "1")
    assert load(text).usable().version is Version.SE
    assert "roles" not in text
    # Two sites, Edge, clients, mail and administration, with the lines to replace.
    assert len(text.splitlines()) <= 55


def test_an_editor_finds_the_schema_beside_the_file() -> None:
    first, *_ = shown().splitlines()
    assert first == "# yaml-language-server: $schema=exchange-ports.schema.json"


# ---- templates of `pulumi new` ----


def _template(cloud: str) -> Mapping[str, str]:
    answers: Any = {
        each.option.replace("-", "_"): each.read(each.default or "se") for each in QUESTIONS
    }
    answers["smart_host"] = answers.pop("mail")
    answers["cloud"] = Platform(cloud)
    return template_files(Answers(**answers))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_templates_are_what_init_writes(cloud: str, request: pytest.FixtureRequest) -> None:
    folder = ROOT / "templates" / cloud
    files = _template(cloud)
    if request.config.getoption(UPDATE):
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    there = (each for each in folder.rglob("*") if each.is_file())
    assert {str(each.relative_to(folder)): each.read_text() for each in there} == files


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_template_is_a_project_whose_program_is_ours(cloud: str, tmp_path: Path) -> None:
    files = _template(cloud)
    project = yaml.safe_load(files["Pulumi.yaml"])
    assert (project["name"], project["description"]) == ("${PROJECT}", "${DESCRIPTION}")
    assert all(each["default"] for each in project["template"]["config"].values())
    assert files["__main__.py"] == (ROOT / "__main__.py").read_text()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace("${PROJECT}", "mail"))
    assert run("plan", "dev", folder=tmp_path).returncode == 0


@pytest.mark.slow
def test_on_a_terminal_what_no_option_says_is_asked_until_it_can_be_read(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "init", "new", "--cloud", "azure", "--clients", "internet"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        # Organization; version; sites, wrong once; servers; no Edge, so nothing of it; all else as it is.
        os.write(ours, b"fabrikam\n2019\nhq,hq\nhq,paris\n1\n\n\n\n\n")
        seen = all_that_is_shown(ours).decode()
        assert process.wait(PATIENCE) == 0
    assert "a name is given twice" in seen
    assert "Cloud" not in seen
    assert "Range of the Edge" not in seen
    topology = load(tmp_path / "Pulumi.new.yaml").usable()
    assert (topology.organization, [*topology.sites]) == ("fabrikam", ["hq", "paris"])
