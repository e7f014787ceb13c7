"""Released names are a promise: what a version called something, every later one calls the same.

`<version>.txt` lists a release's names, and `<version>.yaml` is the topology behind its resources. A
file here is never changed after its release; the one of the version under way grows with the code. The
names of 0.1.0 are frozen by the review in docs/names.md: names may be added, none may change.
"""

import argparse
import json
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

import pulumi
import pytest
import yaml

import exchange_ports
from exchange_ports import component, findings
from exchange_ports.catalog import BY_ID
from exchange_ports.cli.arguments import COMMANDS, actions_of, volume_words
from exchange_ports.clouds.aws import limits as aws_limits
from exchange_ports.clouds.azure import limits as azure_limits
from exchange_ports.clouds.azure.names import BANDS
from exchange_ports.clouds.base import ServerGroups
from exchange_ports.component import (
    AwsNetworkArgs,
    AzureNetworkArgs,
    ExchangeFirewall,
    ExchangeFirewallArgs,
    HandoverEnd,
    HandoverEntry,
)
from exchange_ports.endpoints import EndpointSet, Instance
from exchange_ports.endpoints.shipped import SHIPPED, shipped
from exchange_ports.findings import Kind
from exchange_ports.offline import Registration, record
from exchange_ports.plugin.schema import plugin_schema
from exchange_ports.rollout import Phase, ServersIn
from exchange_ports.stackfile.stack_file import NAMESPACE, SETTINGS
from exchange_ports.topology.fields import INTERNET_WORD, ROLE_WORDS, EndpointKind
from exchange_ports.topology.groups import GroupKind
from exchange_ports.topology.models import Topology
from tests.released.deprecated import DEPRECATED, Deprecations, read

pytestmark = pytest.mark.slow

HERE: Final = Path(__file__).parent
UNDER_WAY: Final = HERE / f"{exchange_ports.__version__}.txt"
RELEASES: Final = sorted(HERE.glob("[0-9]*.txt"))

Names = Mapping[str, tuple[str, ...]]

IDS: Final[Mapping[str, Mapping[str, str]]] = {
    "aws": {"vpc_id": "vpc-0123456789abcdef0"},
    "azure": {"resource_group_name": "rg", "location": "westeurope"},
}


def listed(text: str) -> Names:
    """The names of a file by section: `[section]`, then one a line; `#` opens a comment."""
    sections: dict[str, list[str]] = {}
    names: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            names = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            names.append(line)
    return {section: tuple(names) for section, names in sections.items()}


#: What stack files are written by.
SCHEMA: Final[dict[str, Any]] = Topology.model_json_schema()


def fields() -> Iterator[str]:
    """Every key that a topology may have, by the model it is in."""
    for name, model in {"Topology": SCHEMA, **SCHEMA["$defs"]}.items():
        yield from (f"{name}.{key}" for key in model.get("properties", ()))


def words(schema: Any) -> Iterator[str]:
    """Every word that a field may hold."""
    if isinstance(schema, dict):
        data = cast("dict[str, Any]", schema)
        yield from map(str, data.get("enum", ()))
        yield from (str(data["const"]),) if "const" in data else ()
        for each in data.values():
            yield from words(each)
    elif isinstance(schema, list):
        for each in cast("list[Any]", schema):
            yield from words(each)


def finding_codes() -> Iterator[str]:
    """Every code of every table of findings."""
    for module in pkgutil.iter_modules(findings.__path__):
        kinds: tuple[Kind, ...] = getattr(
            import_module(f"{findings.__name__}.{module.name}"), "KINDS", ()
        )
        yield from (kind.code for kind in kinds)


def commands() -> Iterator[str]:
    """Every command with its options and the words that they take, and so every action of a command."""
    for name, command in COMMANDS.items():
        parser = argparse.ArgumentParser(add_help=False)
        command.words(parser)
        volume_words(parser)
        yield from _options(name, parser)


def _options(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    yield name
    for action in parser._actions:
        option = " ".join((name, *action.option_strings[-1:])) or action.dest
        if action.option_strings and action.option_strings[-1] != "--help":
            yield option
        if not isinstance(action, argparse._SubParsersAction):
            yield from (f"{option} {choice}" for choice in action.choices or ())
    for each, inner in actions_of(parser).items():
        yield from _options(f"{name} {each}", inner)


def endpoint_ranges() -> Iterator[str]:
    """What each set of each snapshot consists of: a stack that names the version has these rules."""
    for instance, versions in SHIPPED.items():
        for snapshot in (shipped(instance, version) for version in versions):
            for which, selection in snapshot.sets.items():
                text = " ".join(map(str, selection.ranges))
                digest = sha256(text.encode()).hexdigest()[:12]
                counted = f"{len(selection.ranges)} ranges {digest}"
                yield f"{instance} {snapshot.version} {which}: {counted}"


def plugin_names() -> Iterator[str]:
    """Every argument, output and field of the plugin's schema, each with what it takes."""
    schema: dict[str, Any] = json.loads(plugin_schema())
    for token, kind in {**schema["resources"], **schema["types"]}.items():
        name = token.rpartition(":")[2]
        for key in ("inputProperties", "properties"):
            for field, of in kind.get(key, {}).items():
                what = of.get("$ref") or of["type"]
                yield f"{name}.{field} {'in' if key == 'inputProperties' else 'out'} {what}"


def outputs() -> Iterator[str]:
    """What a program reads of the component, of a server's groups, and of the handover."""
    yield from (
        f"ExchangeFirewall.{name}"
        for name, each in vars(ExchangeFirewall).items()
        if isinstance(each, property)
    )
    for kind in (ExchangeFirewall, ServerGroups, HandoverEntry, HandoverEnd):
        yield from (f"{kind.__name__}.{name}" for name in kind.__annotations__)


def python_names() -> Iterator[str]:
    """What a Python program imports, and every argument."""
    yield from (f"exchange_ports.{name}" for name in exchange_ports.__all__)
    yield from (f"exchange_ports.component.{name}" for name in component.__all__)
    for kind in (ExchangeFirewallArgs, AwsNetworkArgs, AzureNetworkArgs):
        yield from (f"{kind.__name__}.{name}" for name in kind.__annotations__)


def program(topology: Mapping[str, Any], platform: str) -> None:
    networks: Mapping[str, Any] = topology["networks"]
    pulumi.export(
        "servers",
        ExchangeFirewall(
            "exchange",
            topology={
                **topology,
                "networks": {
                    key: {**network, "platform": platform} for key, network in networks.items()
                },
            },
            networks=dict.fromkeys(networks, IDS[platform]),  # type: ignore[dict-item]
        ).servers,
    )


def named(one: Registration) -> Iterator[str]:
    """What the cloud and Pulumi know a resource by, inline rules of Azure included."""
    yield f"{one.type} {one.name}"
    for field in ("networkSecurityGroupName", "applicationSecurityGroupName"):
        if field in one.inputs:
            yield f"{one.type} {one.name} {field} {one.inputs[field]}"
    rules: Any = one.inputs.get("securityRules", ())
    for rule in rules:
        yield f"{one.type} {one.name} securityRules {rule['name']}"


@cache
def resources(topology: Path) -> Mapping[str, tuple[str, ...]]:
    """What a topology registers on either cloud, by platform."""
    data: Any = yaml.safe_load(topology.read_text("utf-8"))
    made: dict[str, tuple[str, ...]] = {}
    for platform in IDS:
        recording = record(
            lambda on=platform: program(data, on), project=NAMESPACE, stack="released", config={}
        )
        made[f"resources on {platform}"] = tuple(
            sorted(
                name
                for one in recording.registrations
                if one.type != "pulumi:pulumi:Stack"
                for name in named(one)
            )
        )
    return made


def now(topology: Path) -> Names:
    """What the code calls things, in the sections of a file."""
    limits = [
        limit for cloud in (aws_limits, azure_limits) for limit in (*cloud.LIMITS, *cloud.TEXTS)
    ]
    return {
        "settings": tuple(f"{NAMESPACE}:{setting}" for setting in SETTINGS),
        "catalog rows": tuple(f"{entry.id} {entry.cite}" for entry in BY_ID.values()),
        "fields of a topology": tuple(sorted(fields())),
        "words of a topology": tuple(sorted({*ROLE_WORDS, INTERNET_WORD, *words(SCHEMA)})),
        "findings": tuple(sorted(finding_codes())),
        "commands": tuple(commands()),
        "instances of Microsoft 365": tuple(map(str, Instance)),
        "endpoint sets": tuple(map(str, EndpointSet)),
        "endpoint ranges": tuple(endpoint_ranges()),
        "plugin": tuple(sorted(plugin_names())),
        "outputs": tuple(outputs()),
        "python": tuple(python_names()),
        "phases": tuple(map(str, Phase)),
        "places of servers": tuple(map(str, ServersIn)),
        "ends of traffic": tuple(map(str, EndpointKind)),
        "limits": tuple(limit.code for limit in limits),
        "kinds of groups": tuple(map(str, GroupKind)),
        "priority bands": tuple(f"{name} {b.first}-{b.last}" for name, b in BANDS.items()),
        **resources(topology),
    }


def as_text(version: str, names: Names) -> str:
    """A file of this directory."""
    head = (
        f"# The names of {version}, frozen by the review in docs/names.md: names may be added, none may\n"
        "# change. After the release this file never changes."
    )
    parts = ["\n".join((f"[{section}]", *each)) for section, each in names.items()]
    return "\n\n".join((head, *parts)) + "\n"


@pytest.mark.parametrize("release", RELEASES, ids=[file.stem for file in RELEASES])
def test_nothing_that_was_released_is_lost(release: Path) -> None:
    promised = listed(release.read_text("utf-8"))
    kept = now(release.with_suffix(".yaml"))
    lost = [
        f"[{section}] {name}"
        for section, names in promised.items()
        for name in names
        if name not in kept.get(section, ()) and not DEPRECATED.gone(section, name)
    ]
    assert not lost, (
        f"{release.stem} promised these names, and users' states and scripts hold them:\n"
        + "\n".join(lost)
        + "\ndocs/compatibility.md describes how a name is deprecated first"
    )


def test_a_name_may_go_only_in_the_version_that_its_deprecation_names() -> None:
    (one,) = read(["[findings]", "0.2.0  0.4.0  old-code  =>  new-code"])
    for version, may_go in (((0, 2, 0), False), ((0, 3, 9), False), ((0, 4, 0), True)):
        assert Deprecations((one,), version).gone("findings", "old-code") is may_go
        assert not Deprecations((one,), version).gone("commands", "old-code")
        assert not Deprecations((one,), version).gone("findings", "new-code")
    assert not one.too_soon
    (soon,) = read(["[findings]", "0.2.0  0.2.1  old-code  =>  new-code"])
    assert soon.too_soon


@pytest.mark.parametrize("line", ["0.2.0  old-code", "0.2.0  0.3.0  old-code  =>  new-code"])
def test_a_deprecation_without_versions_or_section_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="old-code"):
        list(read([line]))


def test_every_deprecation_is_of_a_released_name_and_leaves_time() -> None:
    released = {
        (section, name)
        for file in RELEASES
        for section, names in listed(file.read_text("utf-8")).items()
        for name in names
    }
    for each in DEPRECATED.names:
        is_resource = each.section.startswith("resources of ")
        assert is_resource or (each.section, each.name) in released, each
        assert not each.too_soon, each


def test_the_version_under_way_lists_all_that_it_calls_by_a_name() -> None:
    """So that what is new becomes a promise with the release, and not by luck."""
    text = UNDER_WAY.read_text("utf-8") if UNDER_WAY.exists() else ""
    promised = listed(text)
    new = [
        f"[{section}] {name}"
        for section, names in now(UNDER_WAY.with_suffix(".yaml")).items()
        for name in names
        if name not in promised.get(section, ())
    ]
    assert not new, f"add to {UNDER_WAY.name}, each in its section:\n" + "\n".join(new)


def test_a_lost_name_is_noticed() -> None:
    """The reader of the files reads them."""
    text = as_text("1", {"findings": ("a-code", "b-code"), "bands": ("probe 100-199",)})
    assert listed(text) == {"findings": ("a-code", "b-code"), "bands": ("probe 100-199",)}


def test_every_kind_of_group_and_of_rule_is_among_the_promised_resources() -> None:
    text = json.dumps(resources(UNDER_WAY.with_suffix(".yaml")))
    for kind in GroupKind:
        assert f"exchange-corp-{kind}" in text, kind
    for peer in ("list.internet", "2001-db8-10--/48", "/icmp/all/", "in/tcp/25/edge-receiving.hq"):
        assert peer in text, peer
