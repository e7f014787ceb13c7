"""What the options of the component do to its children, on recordings.

The table in docs/component.md is what these tests show.
"""

from collections.abc import Callable
from typing import Any, Final

import pulumi
import pulumi_aws as aws
import pytest

from exchange_ports.component import ExchangeFirewall
from exchange_ports.offline import ProgramFailed, Recording, Registration
from tests.component.firewalls import firewall, run, topology
from tests.support.resource_types import GROUP

pytestmark = pytest.mark.slow

FIREWALL: Final = "exchange-ports:index:ExchangeFirewall"
every_cloud = pytest.mark.parametrize("platform", ["aws", "azure"])


def program(platform: str, **options: Any) -> Callable[[], ExchangeFirewall]:
    return lambda: firewall(topology(platform), opts=pulumi.ResourceOptions(**options))


def children(recording: Recording) -> list[Registration]:
    return [one for one in recording.registrations if one.custom and not is_foreign(one)]


def is_foreign(one: Registration) -> bool:
    return one.name == "landing" or one.type.startswith("pulumi:providers:")


def top(recording: Recording) -> Registration:
    (one,) = recording.of_type(FIREWALL)
    return one


@every_cloud
def test_protect_reaches_every_child(platform: str) -> None:
    recording = run(program(platform, protect=True))
    assert {one.protect for one in recording.registrations} == {True}


@every_cloud
def test_without_protect_no_child_is_protected(platform: str) -> None:
    assert not [one for one in run(program(platform)).registrations if one.protect]


@every_cloud
def test_retain_on_delete_stays_with_the_component_and_the_engine_hands_it_on(
    platform: str,
) -> None:
    recording = run(program(platform, retain_on_delete=True))
    assert top(recording).retain_on_delete is True
    # None is "as the parent" (source: pulumi/pulumi, pkg/resource/deploy/source_eval.go, inheritFromParent).
    assert {one.retain_on_delete for one in children(recording)} == {None}


@every_cloud
def test_ignore_changes_reaches_no_child(platform: str) -> None:
    with_option = run(program(platform, ignore_changes=["tags", "securityRules"]))
    assert top(with_option).ignore_changes == ("tags", "securityRules")
    assert children(with_option) == children(run(program(platform)))


@every_cloud
def test_children_wait_for_what_the_component_depends_on(platform: str) -> None:
    def dependent() -> None:
        vpc = aws.ec2.Vpc("landing", cidr_block="10.20.0.0/16")
        program(platform, depends_on=[vpc])()

    recording = run(dependent)
    (vpc,) = recording.of_type("aws:ec2/vpc:Vpc")
    waiting = {vpc.urn}
    for one in children(recording):
        assert waiting & set(one.dependencies), one.name
        waiting.add(one.urn)


@every_cloud
def test_who_depends_on_the_component_waits_for_every_child(platform: str) -> None:
    def dependent() -> None:
        made = program(platform)()
        waits = pulumi.ResourceOptions(depends_on=[made])
        aws.ec2.Vpc("landing", cidr_block="10.20.0.0/16", opts=waits)

    recording = run(dependent)
    (vpc,) = recording.of_type("aws:ec2/vpc:Vpc")
    assert {one.urn for one in children(recording)} <= set(vpc.dependencies)


@every_cloud
def test_an_alias_stays_with_the_component_and_the_engine_derives_those_of_children(
    platform: str,
) -> None:
    recording = run(program(platform, aliases=[pulumi.Alias(name="mail")]))
    assert top(recording).aliases == ({"name": "mail"},)
    # The engine puts the new name in place of the old one, so a child's name must begin with it.
    assert all(one.name.startswith("exchange-") for one in children(recording))


@every_cloud
def test_delete_before_replace_and_replace_on_changes_reach_no_child(platform: str) -> None:
    recording = run(program(platform, delete_before_replace=True, replace_on_changes=["tags"]))
    assert children(recording) == children(run(program(platform)))


@every_cloud
def test_transformations_of_the_program_reach_every_child(platform: str) -> None:
    seen: list[str] = []

    def tag(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        seen.append(args.name)
        if args.type_ != GROUP:
            return None
        props: dict[str, Any] = dict(args.props)
        tags = {**props["tags"], "owner": "network team"}
        return pulumi.ResourceTransformationResult({**props, "tags": tags}, args.opts)

    recording = run(program(platform, transformations=[tag]))
    assert {one.name for one in children(recording)} <= set(seen)
    assert all(
        one.inputs["tags"] == {"Name": one.name, "owner": "network team"}
        for one in recording.of_type(GROUP)
    )


def test_transforms_need_an_engine() -> None:
    """tests/engine/test_options_engine.py has them."""

    def unchanged(_: pulumi.ResourceTransformArgs) -> None:
        return None

    with pytest.raises(ProgramFailed, match="offline: there is no engine"):
        run(program("aws", transforms=[unchanged]))


@every_cloud
def test_a_parent_hands_its_options_on(platform: str) -> None:
    def below() -> None:
        options = pulumi.ResourceOptions(protect=True)
        zone = pulumi.ComponentResource("sample:index:Zone", "zone", None, options)
        program(platform, parent=zone)()

    recording = run(below)
    assert {one.protect for one in recording.registrations} == {True}


def test_a_version_of_the_component_is_none_of_its_children() -> None:
    recording = run(program("aws", version="9.9.9"))
    assert {one.version for one in children(recording)} == {
        one.version for one in children(run(program("aws")))
    }
