"""An update from a released version replaces and deletes nothing, unless it was deprecated before.

The files of a version are never changed after its release. Those of the version under way are rewritten by
`make golden`; review the difference as a change of what users' states hold.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import pytest

import exchange_ports
from tests.released.deprecated import DEPRECATED
from tests.released.upgrading import HERE, as_text, kept, loss, registered

pytestmark = pytest.mark.slow

RELEASED: Final = sorted(HERE.glob("*/*.yaml"))
UNDER_WAY: Final = [file for file in RELEASED if file.parent.name == exchange_ports.__version__]

now = cache(registered)


def name_of(file: Path) -> str:
    return f"{file.parent.name}-{file.stem}"


@pytest.mark.parametrize("file", UNDER_WAY, ids=name_of)
def test_the_record_of_the_version_under_way_is_current(
    file: Path, pytestconfig: pytest.Config
) -> None:
    record = file.with_suffix(".jsonl")
    text = as_text(now(file))
    if pytestconfig.getoption("--update-goldens"):
        record.write_text(text, encoding="utf-8")
    # Texts may still change: what counts is which resources there are, and what would replace them.
    before = kept(record.read_text("utf-8"))
    new = {each.urn for each in now(file)} - {each.urn for each in before}
    differing = [*loss(before, now(file)), *(f"{urn}: added" for urn in sorted(new))]
    assert differing == [], "run `make golden`, and review the difference"


@pytest.mark.parametrize("file", RELEASED, ids=name_of)
def test_an_update_from_a_release_replaces_nothing(file: Path) -> None:
    resources = kept(file.with_suffix(".jsonl").read_text("utf-8"))
    assert resources
    section = f"resources of {file.stem}"
    lost = [
        each
        for each in loss(resources, now(file))
        if not DEPRECATED.gone(section, each.rpartition(": ")[0])
    ]
    assert lost == [], f"users of {file.parent.name} lose resources"


def test_the_version_under_way_has_a_record_of_either_cloud() -> None:
    text = "".join(file.with_suffix(".jsonl").read_text("utf-8") for file in UNDER_WAY)
    for kind in ("aws:ec2/", "aws:vpc/", "azure-native:network:"):
        assert kind in text


def faults() -> Iterator[tuple[str, str]]:
    """A change of a resource that users have, and what is then reported."""
    yield "exchange-ports:index:AwsNetwork", r": deleted$"
    yield "aws:ec2/securityGroup:SecurityGroup", r": replaced, since description changed$"
    yield (
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        (r": replaced, since (cidrIpv4|referencedSecurityGroupId), prefixListId changed$"),
    )


@pytest.mark.parametrize("of, reported", list(faults()))
def test_a_resource_that_is_lost_or_replaced_is_reported(of: str, reported: str) -> None:
    (file,) = (each for each in UNDER_WAY if each.stem == "dev")
    before = kept(as_text(now(file)))
    one, *_ = (each for each in now(file) if each.type == of)
    others = [each for each in now(file) if each is not one]
    match of:
        case "aws:ec2/securityGroup:SecurityGroup":
            others.append(replace(one, inputs={**one.inputs, "description": "other"}))
        case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
            sources = ("cidrIpv4", "referencedSecurityGroupId")
            kept_inputs = {key: value for key, value in one.inputs.items() if key not in sources}
            others.append(replace(one, inputs={**kept_inputs, "prefixListId": "pl-1"}))
        case _:
            pass
    (found,) = loss(before, others)
    assert found.startswith(one.urn)
    assert re.search(reported, found), found


def test_a_renamed_resource_with_an_alias_is_not_lost() -> None:
    (file,) = (each for each in UNDER_WAY if each.stem == "dev")
    before = kept(as_text(now(file)))
    first, *others = (each for each in now(file) if each.custom)
    components = [each for each in now(file) if not each.custom]
    urn = f"{first.urn}-renamed"
    renamed = replace(first, urn=urn, aliases=({"name": first.name},))
    assert list(loss(before, [*components, renamed, *others])) == []
    (lost,) = loss(before, [*components, replace(renamed, aliases=()), *others])
    assert lost == f"{first.urn}: deleted"
