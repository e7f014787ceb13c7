"""What a release consists of beside the code: hooks, image, forms, fragments. `make packages` builds and tries it."""

import re
import subprocess
import tarfile
import tomllib
from io import BytesIO
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml
from click.testing import CliRunner
from towncrier._shell import cli  # pyright: ignore[reportMissingTypeStubs]

from exchange_ports import __version__
from exchange_ports.cli import changed_stacks
from exchange_ports.plugin.schema import plugin_schema
from scripts import dist
from tests.support.paths import DEV, ROOT

PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FORMS: Final = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
HOOK: Final[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())[0]


def lines(name: str) -> list[str]:
    return (ROOT / name).read_text("utf-8").splitlines()


# ---- the hook of pre-commit ----


def test_the_hook_is_a_command_that_the_wheel_installs() -> None:
    assert HOOK["entry"] in PROJECT["project"]["scripts"]
    module, _, function = PROJECT["project"]["scripts"][HOOK["entry"]].partition(":")
    assert (module, function) == (changed_stacks.__name__, changed_stacks.main.__name__)


@pytest.mark.parametrize(
    "file, is_stack",
    [
        ("stacks/Pulumi.dev.yaml", True),
        ("Pulumi.prod-aws.yml", True),
        ("Pulumi.yaml", False),
        ("stacks/notes.yaml", False),
        ("MyPulumi.dev.yaml", False),
    ],
)
def test_the_hook_is_for_stack_files(file: str, is_stack: bool) -> None:
    assert bool(re.search(HOOK["files"], file)) is is_stack


def test_the_hook_plans_and_proves_and_leaves_other_projects_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "Pulumi.other.yaml"
    other.write_text("config:\n  aws:region: eu-west-1\n")
    wrong = tmp_path / "Pulumi.wrong.yaml"
    text = (ROOT / DEV).read_text("utf-8")
    wrong.write_text(text.replace("client_access", "client_acess"), encoding="utf-8")
    assert changed_stacks.main([str(other)]) == 0
    assert capsys.readouterr() == ("", "")
    assert changed_stacks.main([str(ROOT / DEV)]) == 0
    assert "Proved" in capsys.readouterr().out
    assert changed_stacks.main([str(wrong), str(ROOT / DEV)]) == 2
    assert 'Unknown role "client_acess"' in capsys.readouterr().err


# ---- packages ----


def test_every_supported_python_is_declared_and_in_the_workflow() -> None:
    declared = [
        each.rpartition(" ")[2]
        for each in PROJECT["project"]["classifiers"]
        if re.search(r":: 3\.\d+$", each)
    ]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == declared
    assert PROJECT["project"]["requires-python"] == f">={declared[0]}"


def test_a_plugin_archive_is_the_folder_with_the_wheel_and_exact_versions(tmp_path: Path) -> None:
    wheel = tmp_path / "exchange_ports-1.2.3-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    made = dist.plugin_archive(wheel, epoch=1_700_000_000)
    assert made == dist.plugin_archive(wheel, epoch=1_700_000_000)
    with tarfile.open(fileobj=BytesIO(made)) as archive:
        entries = archive.getmembers()
        requirements = cast("Any", archive.extractfile("requirements.txt")).read().decode()
    assert {each.name for each in entries} == {
        *("PulumiPlugin.yaml", "__main__.py", "constraints.txt", "requirements.txt", wheel.name)
    }
    assert {(each.mtime, each.mode, each.uid) for each in entries} == {(1_700_000_000, 0o644, 0)}
    assert requirements.split() == ["-c", "constraints.txt", f"./{wheel.name}[aws,azure]"]


def test_the_schema_of_a_release_names_its_repository() -> None:
    assert dist.schema(None) == plugin_schema() + "\n"
    assert '"pluginDownloadURL": "github://api.github.com/a/b"' in dist.schema("a/b")


def test_a_tag_that_is_not_the_version_is_refused() -> None:
    refused = subprocess.run(
        ["scripts/check_tag.sh", "v9.9.9"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0
    assert f"the tag is v9.9.9, and the version of exchange_ports/__init__.py is {__version__}" in (
        refused.stderr
    )


def test_the_pages_of_the_registry_name_what_the_schema_has() -> None:
    page = (ROOT / "docs" / "_index.md").read_text("utf-8")
    for name in ("topologyFile", "awsNetworks", "vpcId"):
        assert name in page
        assert f'"{name}"' in plugin_schema()


# ---- the image ----


def test_the_image_has_the_command_alone_and_does_not_run_as_root() -> None:
    *_, last = "\n".join(lines("Containerfile")).split("\nFROM ")
    users = re.findall(r"^USER (.+)$", last, re.MULTILINE)
    assert users == ["65532:65532"]
    assert re.search(r'^ENTRYPOINT \["exchange-ports"\]$', last, re.MULTILINE)
    assert "[aws" not in "\n".join(lines("Containerfile"))
    # What the build may read: neither stack files nor Git.
    assert lines(".containerignore") == lines(".dockerignore")
    assert lines(".containerignore")[0] == "*"


# ---- the changelog ----


def fragments() -> list[str]:
    return [path.name for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]


def test_every_fragment_has_a_known_type() -> None:
    types = [each["directory"] for each in PROJECT["tool"]["towncrier"]["type"]]
    known = re.compile(rf"(\d+|\+[\w-]+)\.({'|'.join(types)})(\.\d+)?\.md")
    assert [name for name in fragments() if not known.fullmatch(name)] == []
    page = (ROOT / "changelog.d" / "README.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == types


def test_fragments_become_a_section_of_the_changelog(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "CHANGELOG.md"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    before = (tmp_path / "CHANGELOG.md").read_text("utf-8")
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / "15.added.md").write_text("A plugin.\n")
    (tmp_path / "changelog.d" / "+names.removed.md").write_text("An old name.\n")
    asked = ["build", "--yes", "--dir", str(tmp_path), "--version", "9.0.0", "--date", "2027-01-01"]
    # No repository there, so nothing is staged.
    result = CliRunner().invoke(cast("Any", cli), asked)
    assert result.exit_code == 0, result.output
    after = (tmp_path / "CHANGELOG.md").read_text("utf-8")
    new = after.partition("<!-- releases -->")[2].partition("## [Unreleased]")[0]
    assert new.split() == (
        [
            "##",
            "[9.0.0]",
            "-",
            "2027-01-01",
            "###",
            "Added",
            "-",
            "A",
            "plugin.",
            "(#15)",
            "###",
            "Removed",
            "-",
            "An",
            "old",
            "name.",
        ]
    )
    assert before.partition("## [Unreleased]")[2] == after.partition("## [Unreleased]")[2]
    assert not list((tmp_path / "changelog.d").iterdir())


# ---- the forge ----


@pytest.mark.parametrize(
    "form", [path for path in FORMS if path.stem != "config"], ids=lambda x: x.stem
)
def test_a_form_has_labels_and_asks_for_what_is_needed(form: Path) -> None:
    content = yaml.safe_load(form.read_text("utf-8"))
    assert set(content) == {"name", "description", "labels", "body"}
    asked = [each for each in content["body"] if each["type"] != "markdown"]
    assert len({each["id"] for each in asked}) == len(asked) >= 2
    for each in asked:
        assert each["type"] in ("textarea", "input", "dropdown")
        assert each["attributes"]["label"]
        assert each["validations"]["required"] is True


def test_code_owners_are_of_files_that_exist() -> None:
    for line in lines(".github/CODEOWNERS"):
        if line and not line.startswith("#"):
            pattern, *owners = line.split()
            assert owners
            assert [owner for owner in owners if not owner.startswith("@")] == []
            assert pattern == "*" or (ROOT / pattern.lstrip("/")).exists(), pattern


@pytest.mark.parametrize(
    "words", ["Report a vulnerability", "gh attestation verify", "SHA256SUMS", "sbom.cdx.json"]
)
def test_the_security_policy_has_how_to_report_and_to_verify(words: str) -> None:
    assert words in (ROOT / "SECURITY.md").read_text("utf-8")
