"""The programs of examples/ in TypeScript, Go and YAML, each in a checkout of its own, on a real engine.

Knows: which tools a language needs, and how they find packages without a network: in the caches that
`scripts/example_packages.sh` fills. Must not know: what the programs create.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pytest

from tests.engine import azure_provider, ec2_server
from tests.engine.aws_account import AWS
from tests.engine.aws_provider import ENDPOINT
from tests.engine.workspace import Plugin, Workspace, workspace
from tests.support.paths import ROOT

__all__ = ["LANGUAGES", "Language", "checkout", "ready", "registered"]


@dataclass(frozen=True, slots=True)
class Language:
    """A folder of examples/, and what runs it."""

    folder: str
    #: The language host of Pulumi, and the tools that it and the program need.
    tools: tuple[str, ...]
    #: What installs the program's packages before the plugin is added, and what follows it.
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    #: What stands for `runtime: ...` of the project here.
    runtime: tuple[str, str] | None = None
    #: The file with the topology.
    topology: str = "Pulumi.topology.yaml"


_AWS_IN_GO: Final = "github.com/pulumi/pulumi-aws/sdk/v7"

LANGUAGES: Final = (
    Language(
        "typescript",
        ("pulumi-language-nodejs", "node", "npm"),
        before=("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"),
    ),
    Language(
        "go",
        ("pulumi-language-go", "go"),
        # The module of pulumi-aws takes minutes to compile, and three of its resources are needed.
        before=("go", "mod", "edit", f"-replace={_AWS_IN_GO}={ROOT / 'tests/programs/go_aws'}"),
        after=("go", "build", "-o", "program", "."),
        # Compiled once, and not by each command.
        runtime=("runtime: go", "runtime: {name: go, options: {binary: program}}"),
    ),
    Language("yaml", ("pulumi-language-yaml",), topology="Pulumi.yaml"),
)

#: No provider of Azure creates anything here, but the plugin's Python packages name theirs.
_AZURE: Final = Plugin("azure-native", azure_provider.VERSION, "tests.engine.azure_provider")


def checkout(directory: Path) -> Path:
    """The files of the repository that a user gets with it, and an environment for the plugin.

    `pulumi package add` runs pip there, which finds every package among those of the tests: no index is asked.
    """
    made = directory / "checkout"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if name.partition("/")[0] not in ("tests", "bench", "docs") and (ROOT / name).is_file():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, made / name)
    environment = made / "plugin" / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/*/site-packages")
    (packages / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    # The engine has pip install `wheel`, which nothing needs.
    wheel = packages / "wheel-1.dist-info"
    wheel.mkdir()
    (wheel / "METADATA").write_text("Metadata-Version: 2.1\nName: wheel\nVersion: 1\n")
    return made


def _offline() -> dict[str, str]:
    """Each package manager with the caches of this machine, and without a network."""
    environment = {
        "PIP_NO_INDEX": "1",
        # pip's own reading of it: no isolation.
        "PIP_NO_BUILD_ISOLATION": "0",
        "npm_config_offline": "true",
        "npm_config_cache": str(Path.home() / ".npm"),
        "GOPROXY": "off",
        "GOSUMDB": "off",
        "GOFLAGS": "-mod=mod",
        "GOTOOLCHAIN": "local",
    }
    if shutil.which("go"):
        asked = ["go", "env", "-json", "GOMODCACHE", "GOCACHE"]
        environment |= json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    return environment


@contextmanager
def ready(language: Language, made: Path, directory: Path) -> Generator[Workspace]:
    """The program with the plugin added as its README says, and an empty stack `dev`. EC2 is the tests' own."""
    missing = [tool for tool in language.tools if shutil.which(tool) is None]
    if missing:
        _not_run(language, f"{', '.join(missing)} is not on PATH")
    project = made / "examples" / language.folder
    if language.runtime is not None:
        described = project / "Pulumi.yaml"
        described.write_text(described.read_text().replace(*language.runtime))
    with (
        ec2_server.served() as endpoint,
        workspace(
            directory, "dev", [AWS, _AZURE], {ENDPOINT: endpoint, **_offline()}, project=project
        ) as engine,
    ):
        try:
            if language.before:
                engine.run(*language.before)
            _place_version_of(engine)
            engine.pulumi("package", "add", "../../plugin")
            if language.after:
                engine.run(*language.after)
        except AssertionError as failed:
            if "ENOTCACHED" in str(failed) or "module lookup disabled" in str(failed):
                _not_run(language, "its packages are not cached: run scripts/example_packages.sh")
            raise
        engine.pulumi("stack", "init", "dev")
        engine.pulumi("config", "set", "aws:region", ec2_server.REGION, "--stack", "dev")
        yield engine


def _not_run(language: Language, why: str) -> None:
    text = f"examples/{language.folder} DID NOT RUN on the engine: {why}"
    warnings.warn(text, RuntimeWarning, stacklevel=2)
    pytest.skip(text)


def _place_version_of(engine: Workspace) -> None:
    """A package of npm asks for the provider of its own version."""
    described = engine.project / "node_modules" / "@pulumi" / "aws" / "package.json"
    if described.exists():
        version: str = json.loads(described.read_text())["version"]
        if version != AWS.version:
            engine.place(Plugin(AWS.package, version, AWS.module))


def registered(state: list[dict[str, Any]]) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Each resource of a state: its parent unless it is the stack, and its inputs, with `NAME.id` in place of ids."""
    stacks = {each["urn"] for each in state if each["type"] == "pulumi:pulumi:Stack"}
    names = {each["id"]: f"{_name(each['urn'])}.id" for each in state if each.get("id")}
    return {
        f"{each['type']} {_name(each['urn'])}": (
            "" if each.get("parent", "") in stacks else _name(each["parent"]),
            _named(_given(each.get("inputs", {})), names),
        )
        for each in state
        if not each["type"].startswith("pulumi:")
    }


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _given(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the provider filled in."""
    filled = {"__defaults", *inputs.get("__defaults", ())}
    return {key: value for key, value in inputs.items() if key not in filled}


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {key: _named(each, names) for key, each in fields.items()}
    if isinstance(value, list):
        return [_named(each, names) for each in cast("list[Any]", value)]
    return names.get(value, value) if isinstance(value, str) else value
