"""Every operation of the engine is listed, also of bindings and settings; what no file shows is said."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final

import pytest

from exchange_ports.cli.stacks import compiled_steps
from exchange_ports.cli.targets import target_of
from exchange_ports.differences.registration_diff import Registration
from exchange_ports.rollout import Does, stack_operations, unlisted
from exchange_ports.stackfile.project_file import read_project_file, resolved
from exchange_ports.stackfile.stack_file import read_stack_file

Config = dict[str, Any]
Edit = Callable[[Config], object]

OURS: Final = "exchange-ports:"
GROUPS: Final = {"domain-controllers.hq": "sg-1"}


def stack(platform: str = "aws") -> Config:
    ids = {
        "aws": {"vpc_id": "vpc-1"},
        "azure": {"resource_group_name": "mail", "location": "westeurope"},
    }
    site = {
        "network": "corp",
        "servers": {"ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"}},
        "domain_controllers": {"addresses": ["10.20.2.10"]},
    }
    return {
        "aws:region" if platform == "aws" else "azure-native:subscriptionId": "one",
        f"{OURS}networks": {"corp": ids[platform]},
        f"{OURS}topology": {
            "organization": "contoso",
            "networks": {"corp": {"platform": platform, "internal": ["10.20.0.0/20"]}},
            "sites": {"hq": site},
            "clients": {"internet": {}},
            "name_servers": {"internal": "domain_controllers"},
        },
    }


def registration(config: Config, project: str = "name: mail\n") -> Registration:
    read = read_stack_file(json.dumps({"config": config}).encode(), "Pulumi.a.yaml")
    file = read_project_file(project.encode(), "Pulumi.yaml")
    full = resolved(read, file)
    return Registration(compiled_steps(full).to_register(), target_of(full, file))


def done(old: Config, new: Config) -> dict[str, Counter[tuple[Does, str]]]:
    found = stack_operations(registration(old), registration(new))
    return {each.place: Counter((o.does, o.kind) for o in each.done) for each in found}


def edited(config: Config, edit: Edit) -> Config:
    other = deepcopy(config)
    edit(other)
    return other


def bind(groups: Mapping[str, str]) -> Edit:
    return lambda config: config[f"{OURS}networks"]["corp"].update(
        neighbor_security_groups=dict(groups)
    )


def setting(name: str, value: object) -> Edit:
    return lambda config: config.update({name: value})


CREATE, CHANGE, REPLACE, DELETE = Does


def test_another_region_replaces_everything_also_at_neighbors() -> None:
    old = edited(stack(), bind(GROUPS))
    found = done(old, edited(old, setting("aws:region", "two")))["corp on AWS"]
    assert {does for does, _ in found} == {REPLACE}
    created = stack_operations(None, registration(old))[0].done
    assert sum(found.values()) == len(created)
    assert {kind for _, kind in found} == {each.kind for each in created}


@pytest.mark.parametrize(
    "name, old, new",
    [
        ("aws:region", None, "two"),
        ("aws:region", "one", None),
        ("aws:profile", "one", "two"),
        ("aws:assumeRole", None, {"roleArn": "x"}),
        ("aws:endpoints", None, [{"ec2": "http://x"}]),
    ],
)
def test_what_no_file_shows_is_reported_in_place_of_nothing(
    name: str, old: object, new: object
) -> None:
    both = [edited(stack(), setting(name, each)) for each in (old, new)]
    for config in both:
        if config[name] is None:
            del config[name]
    assert done(*both) == {"corp on AWS": Counter()}
    (reported,) = unlisted(*map(registration, both))
    assert reported.startswith(f"{name}: ")
    assert "lists no operation" in reported


def test_another_subscription_is_no_operation_of_the_engine() -> None:
    old = stack("azure")
    new = edited(old, setting("azure-native:subscriptionId", "two"))
    assert done(old, new) == {"corp on Azure": Counter()}
    assert unlisted(registration(old), registration(new))[0].startswith("azure-native:subs")


def test_settings_of_a_provider_that_no_network_has_are_not_spoken_of() -> None:
    new = edited(stack(), setting("azure-native:location", "x"))
    assert unlisted(registration(stack()), registration(new)) == ()


def test_default_providers_that_are_switched_off_are_reported() -> None:
    new = edited(stack(), setting("pulumi:disable-default-providers", ["aws"]))
    (reported,) = unlisted(registration(stack()), registration(new))
    assert "rejects every resource" in reported


@pytest.mark.parametrize("project", ["name: other\n", "name: mail\nbackend: {url: s3://x}\n"])
def test_another_state_is_reported(project: str) -> None:
    (reported,) = unlisted(registration(stack()), registration(stack(), project))
    assert "With another state, all resources are created" in reported


@pytest.mark.parametrize(
    "tags",
    [
        setting(f"{OURS}tags", {"a": "b"}),
        setting("aws:defaultTags", {"tags": {"a": "b"}}),
    ],
)
def test_tags_change_what_has_tags(tags: Edit) -> None:
    new = edited(stack(), tags)
    found = done(stack(), new)["corp on AWS"]
    assert {does for does, _ in found} == {CHANGE}
    assert {kind for _, kind in found} == {"security group", "rule"}
    assert unlisted(registration(stack()), registration(new)) == ()


#: What is bound before and after, and what is done of the two rules of the neighbor's group.
BINDINGS: Final[dict[str, tuple[dict[str, str], dict[str, str], Counter[tuple[Does, str]]]]] = {
    "bound": ({}, GROUPS, Counter({(CREATE, "rule"): 2})),
    "no longer bound": (GROUPS, {}, Counter({(DELETE, "rule"): 2})),
    "another group": (GROUPS, {"domain-controllers.hq": "sg-2"}, Counter({(REPLACE, "rule"): 2})),
    "the same": (GROUPS, GROUPS, Counter()),
}


@pytest.mark.parametrize("before, after, expected", BINDINGS.values(), ids=list(BINDINGS))
def test_rules_at_the_groups_of_neighbors_are_operations(
    before: dict[str, str], after: dict[str, str], expected: Counter[tuple[Does, str]]
) -> None:
    both = [edited(stack(), bind(each)) for each in (before, after)]
    assert done(*both) == {"corp on AWS": expected}


def test_another_vpc_replaces_our_groups_and_edits_the_rules_at_neighbors() -> None:
    old = edited(stack(), bind(GROUPS))
    new = edited(old, lambda c: c[f"{OURS}networks"]["corp"].update(vpc_id="vpc-2"))
    found = done(old, new)["corp on AWS"]
    # The prefix list is in no VPC, and a rule in a neighbor's group is not in one of ours.
    assert found[CHANGE, "rule"] == 2
    assert {kind for does, kind in found if does is REPLACE} == {"security group", "rule"}
    assert set(found) == {(CHANGE, "rule"), (REPLACE, "rule"), (REPLACE, "security group")}


def test_a_network_that_only_the_topology_before_has_is_listed_while_a_step_keeps_it() -> None:
    """Before the step it stood; in the step it stands; after the last step it is deleted."""
    old = stack()
    old[f"{OURS}networks"]["branch"] = {"vpc_id": "vpc-9"}
    topology = old[f"{OURS}topology"]
    topology["networks"]["branch"] = {"platform": "aws", "internal": ["10.30.0.0/20"]}
    branch = deepcopy(topology["sites"]["hq"])
    branch |= {"network": "branch", "domain_controllers": {"addresses": ["10.30.2.10"]}}
    branch["servers"] = {"ex9": {**branch["servers"]["ex1"], "address": "10.30.0.11"}}
    topology["sites"]["branch"] = branch
    step = deepcopy(old)
    step[f"{OURS}previous"] = deepcopy(topology)
    step |= {f"{OURS}phase": "add_rules", f"{OURS}servers_in": "other_stack"}
    for several in ("networks", "sites"):
        del step[f"{OURS}topology"][several]["branch"]
    assert set(done(old, step)) == {"branch on AWS", "corp on AWS"}
    assert not any(does is DELETE for does, _ in done(old, step)["branch on AWS"])
    last = deepcopy(step)
    for key in ("previous", "phase", "servers_in"):
        del last[f"{OURS}{key}"]
    del last[f"{OURS}networks"]["branch"]
    found = done(step, last)["branch on AWS"]
    assert {does for does, _ in found} == {DELETE}
    assert (DELETE, "security group") in found
