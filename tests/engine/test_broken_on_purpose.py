"""What an update rests on, broken on purpose: each time the looks go red, with a counterexample of its own.

Without an engine: the recorded program is made by the provider in the order of the model, and the
same edit by our program as it is stands beside each.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from exchange_ports.clouds.aws.rules import SecurityGroupRule
from exchange_ports.clouds.base import PlannedResource
from tests.engine import ordering
from tests.engine.aws_kinds import SecurityGroup
from tests.engine.aws_provider import AwsProvider
from tests.engine.chain import BEGINNING, Topology, another_site
from tests.engine.clouds import opened
from tests.engine.updating import Modelled, Passed, foreseen
from tests.support.recordings import declared

pytestmark = pytest.mark.slow


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Callable[[], Modelled]]:
    with opened("aws", ["lab"]) as cloud:
        yield lambda: Modelled(cloud, tmp_path)


def edit(change: Callable[[Topology], Topology]) -> tuple[Topology, Topology]:
    """The smallest stack, and what it is after an edit."""
    before = declared(BEGINNING, "aws")
    return before, change(copy.deepcopy(before))


def reported(found: Passed) -> list[str]:
    return [str(trouble) for trouble in found.troubles]


def clean(found: Passed) -> bool:
    assert found.old is not None
    return (
        not found.refused
        and not reported(found)
        and not found.outside_the_model
        and found.steps == foreseen(found.old, found.new)
    )


# ---- an index in the rule's name ----


def indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are called by their place in the plan."""
    from exchange_ports.clouds.aws import resources

    places = count()
    by_content = resources.resource

    def by_place(each: Any) -> PlannedResource:
        found = by_content(each)
        if isinstance(each, SecurityGroupRule):
            return replace(found, name=f"rule-{next(places)}")
        return found

    monkeypatch.setattr(resources, "resource", by_place)


def _imap(topology: Topology) -> Topology:
    topology["clients"]["office"]["services"] = ["https", "smtp_submission", "imap"]
    return topology


def _no_submission(topology: Topology) -> Topology:
    topology["clients"]["office"]["services"] = ["https"]
    return topology


def test_with_names_of_what_a_rule_says_a_rule_that_comes_touches_no_other(
    stack: Callable[[], Modelled],
) -> None:
    there = stack()
    before, after = edit(_imap)
    there.up(before)
    assert clean(there.up(after))
    assert clean(there.up(before))


def test_with_an_index_in_the_name_a_rule_that_comes_cuts_another(
    stack: Callable[[], Modelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = stack()
    before, after = edit(_imap)
    indexed(monkeypatch)
    there.up(before)
    indexed(monkeypatch)
    found = there.up(after)
    assert reported(found)[0] == (
        "10.10.2.25 -> ex1 25/tcp: blocked after call 1, ModifySecurityGroupRules"
    )
    assert found.outside_the_model != []
    assert found.old is not None
    assert found.steps != foreseen(found.old, found.new)


def test_with_an_index_in_the_name_a_rule_that_goes_makes_duplicates(
    stack: Callable[[], Modelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = stack()
    before, after = edit(_no_submission)
    indexed(monkeypatch)
    there.up(before)
    indexed(monkeypatch)
    assert "InvalidPermission.Duplicate" in there.up(after).refused


# ---- a group that is replaced, or deleted before that ----


def described_anew(monkeypatch: pytest.MonkeyPatch, words: str, **options: Any) -> None:
    """Groups have more in their descriptions than what they are, and changes of that are not ignored."""
    from pulumi_aws import ec2

    from exchange_ports.clouds.aws import resources

    def group(name: str, *, description: str, opts: pulumi.ResourceOptions, **given: Any) -> Any:
        more = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(**options))
        more.ignore_changes = None
        return ec2.SecurityGroup(name, description=f"{description} {words}", opts=more, **given)

    other = SimpleNamespace(**{**vars(ec2), "SecurityGroup": group})
    monkeypatch.setattr(resources, "ec2", other)


def test_a_group_that_is_replaced_at_all_cuts_servers_from_each_other_while_they_change_over(
    stack: Callable[[], Modelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = stack()
    before, _ = edit(_imap)
    described_anew(monkeypatch, "as of May")
    there.up(before)
    described_anew(monkeypatch, "as of June")
    found = there.up(before)
    assert ("delete", "exchange-lab-exchange") in found.steps
    assert found.refused == ""
    # The rules of the new group name the new one, which the other server does not have yet.
    assert reported(found) == [
        f"{one} -> {other} all protocols: blocked after call 20, ModifyNetworkInterfaceAttribute"
        for one, other in (("ex1", "ex2"), ("ex2", "ex1"))
    ]


def by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are deleted by calls of their own, also where their group is."""
    from exchange_ports.clouds.aws import resources

    def options(*, deleted_with: object = None, **given: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(**given)

    options.merge = pulumi.ResourceOptions.merge  # type: ignore[attr-defined] - as the class has it
    other = SimpleNamespace(**{**vars(pulumi), "ResourceOptions": options})
    monkeypatch.setattr(resources, "pulumi", other)


def test_a_group_in_use_that_would_be_deleted_first_is_refused_and_keeps_its_rules(
    stack: Callable[[], Modelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = stack()
    before, _ = edit(_imap)
    described_anew(monkeypatch, "as of May", delete_before_replace=True)
    there.up(before)
    described_anew(monkeypatch, "as of June", delete_before_replace=True)
    found = there.up(before)
    assert "DependencyViolation" in found.refused
    assert reported(found) == []


def test_with_rules_that_go_by_themselves_it_is_refused_when_they_are_gone(
    stack: Callable[[], Modelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = stack()
    before, _ = edit(_imap)
    by_themselves(monkeypatch)
    described_anew(monkeypatch, "as of May", delete_before_replace=True)
    there.up(before)
    described_anew(monkeypatch, "as of June", delete_before_replace=True)
    found = there.up(before)
    assert "DependencyViolation" in found.refused
    assert (
        reported(found)[0]
        == "10.64.0.1 -> ex1 587/tcp: blocked after call 1, RevokeSecurityGroupIngress"
    )


# ---- rules inside the group ----


def _words(topology: Topology) -> Topology:
    topology["additional_flows"][0]["reason"] = "administration, as of the new year"
    return topology


def test_rules_of_their_own_change_their_words_and_nothing_else(
    stack: Callable[[], Modelled],
) -> None:
    there = stack()
    before, after = edit(_words)
    there.up(before)
    assert clean(there.up(after))


def test_rules_inside_the_group_are_gone_for_a_moment_when_their_words_change(
    stack: Callable[[], Modelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    from exchange_ports.clouds.aws import resources
    from tests.engine.inline_groups import InlineGroup, InlineNetwork

    kinds = tuple(InlineGroup if kind is SecurityGroup else kind for kind in AwsProvider.kinds)
    monkeypatch.setattr(AwsProvider, "kinds", kinds)
    monkeypatch.setattr(resources, "AwsNetwork", InlineNetwork)
    there = stack()
    before, after = edit(_words)
    assert there.up(before).refused == ""
    assert reported(there.up(after)) == [
        f"10.64.8.1 -> {server} 3389,5985-5986/tcp: blocked after call 1, RevokeSecurityGroupIngress"
        for server in ("ex1", "ex2")
    ]


# ---- outputs that resolve before the rules stand ----


def early(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ids of groups wait for the groups alone."""
    from exchange_ports.clouds.aws import resources

    def every(*several: Any, **named: Any) -> pulumi.Output[Any]:
        named.pop("standing", None)
        return cast(Any, pulumi.Output).all(*several, **named)

    hasty = SimpleNamespace(**{**vars(pulumi), "Output": SimpleNamespace(all=every)})
    monkeypatch.setattr(resources, "pulumi", hasty)


def test_servers_have_a_group_when_its_rules_stand(stack: Callable[[], Modelled]) -> None:
    there = stack()
    before, after = edit(another_site)
    there.up(before)
    needed = there.dependencies
    found = there.up(after, early=ordering.ATTACHMENTS)
    assert clean(found)
    assert ordering.faults(ordering.done(found.calls), needed, there.dependencies) == []


def test_with_outputs_that_resolve_early_servers_have_a_group_without_its_rules(
    stack: Callable[[], Modelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    early(monkeypatch)
    there = stack()
    before, after = edit(another_site)
    there.up(before)
    needed = there.dependencies
    found = there.up(after, early=ordering.ATTACHMENTS)
    assert reported(found)[0] == (
        "ex1 -> 10.10.2.25 25/tcp: blocked after call 7, ModifyNetworkInterfaceAttribute"
    )
    order = ordering.faults(ordering.done(found.calls), needed, there.dependencies)
    assert order[0] == (
        "update ex1 began before create exchange-lab-client-access.works/in/tcp/25/10.10.2.25/32 "
        "had ended"
    )
