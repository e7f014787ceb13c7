"""Whole stack files in pairs: where `diff` has nothing to say, the program registers the same."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from typing import Any, Final, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange_ports.cli.diff_command import _stack
from exchange_ports.cli.sides import NamedSide
from exchange_ports.offline import ProgramFailed, record
from exchange_ports.reports.review import Stack, review
from exchange_ports.rollout import stack_operations, unlisted
from exchange_ports.stackfile.project_file import (
    ProjectFile,
    environment_of,
    read_project_file,
    resolved,
)
from exchange_ports.stackfile.stack_file import NAMESPACE, read_stack_file
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

Config = dict[str, Any]
Pair = tuple[Config, Config]
#: A pair is a stack's settings and the project's defaults.
Edit = Callable[[Config, Config], None]

FILE: Final = "stacks/Pulumi.dev.yaml"
#: Among the settings of a pair, what stands beside `config` in the file.
ENVIRONMENT: Final = "environment"
OURS: Final = f"{NAMESPACE}:"
IDS: Final = {
    "aws": {"vpc_id": "vpc-1"},
    "azure": {"resource_group_name": "mail", "location": "westeurope"},
}
FLOW: Final = {
    "from": "10.20.6.0/24",
    "to": "exchange",
    "ports": ["3389/tcp"],
    "reason": "administration",
}


def base(platform: str, servers: int, *, flows: bool) -> Config:
    """A small stack."""
    return {
        "aws:region" if platform == "aws" else "azure-native:location": "here",
        f"{OURS}networks": {"corp": IDS[platform]},
        f"{OURS}topology": {
            "organization": "contoso",
            "networks": {"corp": {"platform": platform, "internal": ["10.20.0.0/20"]}},
            "sites": {
                "hq": {
                    "network": "corp",
                    "servers": {
                        f"ex{at}": {
                            "roles": ["client_access", "mailbox"],
                            "address": f"10.20.0.{10 + at}",
                        }
                        for at in range(1, servers + 1)
                    },
                    "domain_controllers": {"addresses": ["10.20.2.10"]},
                }
            },
            "clients": {"office": {"from": ["10.64.0.0/16", "10.65.0.0/16"]}},
            "name_servers": {"internal": "domain_controllers"},
            "additional_flows": [dict(FLOW)] * flows,
        },
    }


def setting(name: str, value: object) -> tuple[str, Edit]:
    def edit(config: Config, _: Config) -> None:
        config[name] = deepcopy(value)

    return f"{name} = {value}", edit


def default(name: str, value: object) -> tuple[str, Edit]:
    def edit(_: Config, project: Config) -> None:
        project[name] = {"value": value}

    return f"default {name} = {value}", edit


def topology(path: str, value: object) -> tuple[str, Edit]:
    def edit(config: Config, _: Config) -> None:
        *above, last = path.split(".")
        inner = config[f"{OURS}topology"]
        for step in above:
            inner = inner.setdefault(step, {})
        inner[last] = deepcopy(value)

    return f"{path} = {value}", edit


def network(key: str, value: object) -> tuple[str, Edit]:
    def edit(config: Config, _: Config) -> None:
        config[f"{OURS}networks"]["corp"] = {**config[f"{OURS}networks"]["corp"], key: value}

    return f"network {key} = {value}", edit


def previous(more: Mapping[str, object], step: str | None) -> tuple[str, Edit]:
    def edit(config: Config, _: Config) -> None:
        config[f"{OURS}previous"] = {**deepcopy(config[f"{OURS}topology"]), **more}
        if step is not None:
            config[f"{OURS}phase"] = step

    return f"previous {more} {step}", edit


def backwards(config: Config, _: Config) -> None:
    """The same in another order."""

    def turned(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        inner = cast("Config", value)
        return {key: turned(inner[key]) for key in reversed(inner)}

    for key in list(config):
        config[key] = turned(config.pop(key))


RDP: Final = {
    "from": "0.0.0.0/0",
    "to": "mailbox",
    "ports": ["3389/tcp"],
    "reason": "x",
    "accept_risk": True,
}
EDITS: Final[dict[str, Edit]] = dict(
    [
        ("another order", backwards),
        setting("aws:region", "there"),
        setting("azure-native:location", "there"),
        setting("aws:assumeRole", {"roleArn": "x"}),
        setting("aws:endpoints", [{"ec2": "http://x"}]),
        setting("pulumi:disable-default-providers", ["aws"]),
        setting("other:setting", "x"),
        setting("aws:defaultTags", {"tags": {"a": "b"}}),
        setting("azure-native:subscriptionId", "there"),
        setting(ENVIRONMENT, ["team/prod"]),
        setting(ENVIRONMENT, {"imports": ["team/other"]}),
        setting(ENVIRONMENT, {"values": {"pulumiConfig": {"aws:region": "there"}}}),
        setting(ENVIRONMENT, {"values": {"pulumiConfig": {f"{OURS}tags": {"a": "b"}}}}),
        setting(ENVIRONMENT, {"values": {"environmentVariables": {"AWS_PROFILE": "other"}}}),
        setting(f"{OURS}tags", {"a": "b"}),
        setting(f"{OURS}servers_in", "this_stack"),
        setting(f"{OURS}servers_in", "other_stack"),
        default(f"{OURS}tags", {"a": "b"}),
        default("aws:region", "there"),
        default("aws:profile", "other"),
        network("vpc_id", "vpc-2"),
        network("location", "northeurope"),
        network("resource_group_name", "other"),
        network("neighbor_security_groups", {"domain-controllers.hq": "sg-1"}),
        network("neighbor_security_groups", {"domain-controllers.hq": "sg-2"}),
        network("neighbor_security_groups", {}),
        previous({}, None),
        previous({"additional_flows": [RDP]}, None),
        previous({"additional_flows": [RDP]}, "add_rules"),
        previous({"clients": {}}, "add_rules"),
        topology("organization", "fabrikam"),
        topology("additional_flows", []),
        topology("additional_flows", [{**FLOW, "reason": "other"}]),
        topology("additional_flows", [{**FLOW, "owner": "mail"}]),
        topology("additional_flows", [{**FLOW, "ticket": "T-1"}]),
        topology("additional_flows", [{**FLOW, "ports": ["3389/tcp", "3389/udp"]}]),
        topology("additional_flows", [FLOW, FLOW]),
        topology("additional_flows", [RDP]),
        topology("clients.office.from", ["10.65.0.0/16", "10.64.0.0/16"]),
        topology("clients.office.from", ["10.64.0.0/15"]),
        topology("clients.other", {"from": ["10.64.0.0/16"]}),
        topology("networks.corp.id", "corp"),
        topology("networks.corp.id", "other"),
        topology("networks.corp.internet", "any"),
        topology("networks.corp.exclusive_rules", True),
        topology("networks.corp.quotas", {"rules_per_security_group": 100}),
        topology("networks.corp.retired_groups", ["mailbox.old"]),
        topology("networks.corp.internal", ["10.20.0.0/21", "10.20.8.0/21"]),
        topology("networks.corp.attach_to", "subnets"),
        topology("sites.hq.id", "hq"),
        topology("sites.hq.id", "other"),
        topology("sites.hq.servers.ex1.address", "10.20.0.99"),
        topology("sites.hq.servers.ex1.own_group", True),
        topology("sites.hq.servers.ex1.id", "other"),
        topology("sites.hq.servers.ex9", {"roles": ["mailbox"], "address": "10.20.0.50"}),
        topology("sites.hq.lync", {"addresses": ["10.20.4.0/28"]}),
        topology("private_blocks", ["10.0.0.0/8"]),
        topology("name_servers", {"internal": ["10.20.2.53"]}),
        topology("acknowledge", {"no-updates": "known"}),
        topology("mail_flow", {"inbound": {"from": ["10.20.7.25"]}}),
    ]
)


def side(config: Config, project: Config) -> NamedSide:
    text = content(config)
    return NamedSide(FILE, lambda: text, project_file(project))


def content(config: Config) -> bytes:
    inner = {key: value for key, value in config.items() if key != ENVIRONMENT}
    beside = {ENVIRONMENT: config[ENVIRONMENT]} if ENVIRONMENT in config else {}
    return json.dumps({"config": inner, **beside}).encode()


def project_file(defaults: Config) -> ProjectFile:
    name: dict[str, object] = {"name": NAMESPACE, "runtime": "python"}
    content = {**name, "config": defaults} if defaults else name
    return read_project_file(json.dumps(content).encode(), "Pulumi.yaml")


def registered(config: Config, project: Config) -> tuple[object, object]:
    """All that the program registers, with inputs and providers; and what it says where it stops."""
    return _registered(json.dumps(config, sort_keys=True), json.dumps(project, sort_keys=True))


@cache
def _registered(config: str, project: str) -> tuple[object, object]:
    stack = resolved(
        read_stack_file(content(json.loads(config)), FILE), project_file(json.loads(project))
    )
    every = {
        **stack.others,
        **{f"{OURS}{key}": value for key, value in stack.config.items()},
    }
    added = environment_of(stack.environment, NAMESPACE)
    texts = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in every.items()
    }
    try:
        made = record(ROOT, project=NAMESPACE, stack="dev", config=texts)
    except ProgramFailed as failed:
        return str(failed), ()
    targets = {key: text for key, text in texts.items() if not key.startswith(OURS)}
    targets.pop("other:setting", None)
    # What a named environment adds is another thing for each name.
    targets |= {"named": added.unknown, "variables": str(added.variables)}
    resources = sorted(
        (each.type, each.name, str(each.inputs), str(each.provider)) for each in made.registrations
    )
    return resources, targets


@settings(max_examples=4 * settings().max_examples)
@given(
    st.sampled_from(["aws", "azure"]),
    st.integers(1, 2),
    st.booleans(),
    st.lists(st.sampled_from(sorted(EDITS)), max_size=2, unique=True),
    st.lists(
        st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=2, unique=True),
        min_size=5,
        max_size=5,
    ),
)
def test_where_diff_says_nothing_the_same_is_registered(
    platform: str, servers: int, flows: bool, before: list[str], edits: list[list[str]]
) -> None:
    config = base(platform, servers, flows=flows)
    project: Config = {}
    for name in before:
        EDITS[name](config, project)
    stands = _stack(side(config, project), None)
    for names in edits:
        other, others = deepcopy((config, project))
        for name in names:
            EDITS[name](other, others)
        now = _stack(side(other, others), None)
        if review(stands, now, "changed").quiet:
            assert registered(config, project) == registered(other, others), (before, names)
        if nothing_is_done(stands, now):
            resources = [registered(*each)[0] for each in ((config, project), (other, others))]
            assert resources[0] == resources[1], (before, names)


def nothing_is_done(old: Stack, new: Stack) -> bool:
    """Whether no operation is listed, and none is said to be in no file."""
    if old.side is None or new.side is None:
        return False
    both = (old.side.registration, new.side.registration)
    return not unlisted(*both) and not any(each.done for each in stack_operations(*both))


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_most_edits_are_told_and_those_that_change_nothing_are_not(platform: str) -> None:
    """The law would be empty if `diff` spoke of everything, or of nothing."""
    config = base(platform, 1, flows=True)
    quiet: set[str] = set()
    stands = _stack(side(config, {}), None)
    for name, edit in EDITS.items():
        other = deepcopy(config)
        others: Config = {}
        edit(other, others)
        if review(stands, _stack(side(other, others), None), "changed").quiet:
            quiet.add(name)
    assert {"another order", f"{OURS}servers_in = this_stack"} & quiet
    assert len(quiet) < len(EDITS) / 3
