"""Two recorded programs say what the model of an update says of two plans, and keep its promises.

Checked by `tests.rollout.programs`, which knows neither plans nor names nor the model.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final, cast

import pulumi
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import Phase as HypothesisPhase
from hypothesis import strategies as st

from exchange_ports.clouds.aws.rules import SecurityGroupRule
from exchange_ports.clouds.base import PlannedResource
from exchange_ports.offline import Recording
from exchange_ports.planning import Plans
from exchange_ports.rollout import Phase, ServersIn, network_pairs, operations, plan_rollout
from exchange_ports.rollout.update import network_name
from exchange_ports.stackfile.stack_file import read_stack_file
from tests.engine.stacks import STACKS
from tests.rollout.programs import between, faults, run
from tests.support.edits import EDITS, edited_topologies
from tests.support.paths import ROOT
from tests.support.planning import planned_or_none as planned
from tests.support.resource_types import ASG, EGRESS, EXCLUSIVE, GROUP, INGRESS, LIST, NSG
from tests.support.strategies import SMALL, Data, edited, topologies

pytestmark = pytest.mark.slow

#: What the model calls the resources of each type.
KINDS: Final[Mapping[str, str]] = {
    GROUP: "security group",
    LIST: "prefix list",
    INGRESS: "rule",
    EGRESS: "rule",
    EXCLUSIVE: "exclusive rule set",
    ASG: "application security group",
    NSG: "network security group",
}

pairs = settings(
    # Each example runs several programs.
    max_examples=max(settings().max_examples // 8, 1),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[HypothesisPhase.explicit, HypothesisPhase.reuse, HypothesisPhase.generate],
)


def modeled(old: Plans, new: Plans) -> set[tuple[str, str, str]]:
    """What the model says is done: kind, logical name, and what."""
    return {
        (each.kind, f"exchange-{pair.new.network}-{each.name}", each.does.value)
        for pair in network_pairs(old, new)
        for each in operations(pair.old, pair.new)
    }


def done(before: Recording, after: Recording) -> set[tuple[str, str, str]]:
    """What an engine would do, in the same words."""
    return {(KINDS[did.type], did.name, did.does) for did in between(before, after)}


def agree(old: Data, new: Data, servers_in: ServersIn) -> int:
    """Both programs, and every step between them, do what the model says; none breaks a promise.

    Gives the number of steps.
    """
    one, other = planned(old), planned(new)
    assert one is not None
    assert other is not None
    before, after = run(old), run(new)
    assert done(before, after) == modeled(one, other)
    assert faults(before, after) == []
    found = plan_rollout(one, other, servers_in)
    steps = () if found.clean else found.steps or ()
    stands, is_there = before, {network_name(plan): plan for plan in one.networks.values()}
    for step in steps:
        # What is left to do at once is done without a step.
        given = {} if step.phase is Phase.AT_ONCE else {"phase": step.phase.value}
        made = run(new, old, servers_in=servers_in.value, **given)
        assert done(stands, made) == {
            (each.kind, f"exchange-{plan.network}-{each.name}", each.does.value)
            for pair in network_pairs(one, other)
            for plan in (step.plans[pair.place],)
            for each in operations(is_there.get(pair.place, pair.old), plan)
        }
        assert faults(stands, made) == []
        stands, is_there = made, dict(step.plans)
    if steps:
        assert done(stands, after) == set()
    return len(steps)


def _has_unpublished(data: Data) -> bool:
    return "'published': False" in repr(data)


@pairs
@given(st.data(), st.sampled_from(ServersIn))
def test_two_programs_do_what_the_model_says(draw: st.DataObject, servers_in: ServersIn) -> None:
    data = draw.draw(topologies())
    edit, _ = draw.draw(edited_topologies(data))
    assume(planned(data) is not None and planned(edit) is not None)
    # The longest names with an unpublished server's group are too long for Azure, and refused by name.
    assume(not any(_has_unpublished(each) for each in (data, edit)))
    event(f"{agree(data, edit, servers_in)} steps")


#: Some of the edits, two at a time. In `both` and `migration`, flows between its networks need an address of whoever
#: comes, and a role may be the last of its kind: the first two make no topology of it.
IN_STACKS: Final = (
    ("a server added", "a flow removed"),
    ("a role changed", "clients changed"),
    ("an address changed", "private blocks changed"),
    ("a server removed", "a flow added"),
)


@pytest.mark.parametrize(
    "stack, edits",
    [(s, e) for s in STACKS for e in (IN_STACKS[2:] if s in ("both", "migration") else IN_STACKS)],
    ids=lambda value: value if isinstance(value, str) else " and ".join(value),
)
def test_an_edit_of_a_stack_is_what_the_model_says(stack: str, edits: tuple[str, ...]) -> None:
    path = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
    old = cast("Data", read_stack_file(path.read_bytes(), path.name).config["topology"])
    new = deepcopy(old)
    for edit in edits:
        EDITS[edit](new, lambda several: several[-1])
    agree(old, new, ServersIn.THIS_STACK)


# ---- what is broken on purpose is seen, each by its own counterexample ----

#: A flow comes before others, a description changes, a server comes.
EDIT: Final[Data] = edited(
    SMALL,
    {
        "additional_flows": [
            {"from": "10.20.6.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": "admins"}
        ],
        "sites.hq.servers.ex2": {"roles": ["mailbox"], "address": "10.20.0.12"},
    },
)
Break = Callable[[pytest.MonkeyPatch], None]


def _made_with(kind: str, **more: Any) -> Break:
    """Every resource of a kind of `ec2` is made with something more; `opts` are merged."""

    def broken(patch: pytest.MonkeyPatch) -> None:
        from exchange_ports.clouds.aws import resources

        real = getattr(resources.ec2, kind)

        def made(name: str, *, opts: pulumi.ResourceOptions, **given: Any) -> Any:
            with_these = pulumi.ResourceOptions.merge(opts, more.get("opts"))
            rest = {key: value for key, value in more.items() if key != "opts"}
            return real(name, opts=with_these, **{**given, **rest})

        patch.setattr(resources.ec2, kind, made)

    return broken


def _index_in_the_name(patch: pytest.MonkeyPatch) -> None:
    from exchange_ports.clouds.aws import resources

    numbers: dict[str, int] = {}

    by_content = resources.resource

    def numbered(each: Any) -> PlannedResource:
        found = by_content(each)
        if not isinstance(each, SecurityGroupRule):
            return found
        # A new program begins at nought, as its rules come in another order.
        return replace(found, name=f"rule-{numbers.setdefault(str(each), len(numbers))}")

    def fresh(*_: object) -> str:
        numbers.clear()
        return ""

    real = resources.AwsNetwork.__init__

    def begun(self: Any, *given: Any, **named: Any) -> None:
        fresh()
        real(self, *given, **named)

    patch.setattr(resources, "resource", numbered)
    patch.setattr(resources.AwsNetwork, "__init__", begun)


def _outputs_that_resolve_early(patch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = pulumi.Output.all

    def early(*several: Any, **named: Any) -> Any:
        named.pop("standing", None)
        return real(*several, **named)

    patch.setattr(pulumi.Output, "all", early)


BROKEN: Final[Mapping[str, tuple[Break, str]]] = {
    "an index in the name": (_index_in_the_name, "one rule is called"),
    "delete-before-replace on a group": (
        _made_with("SecurityGroup", opts=pulumi.ResourceOptions(delete_before_replace=True)),
        "is deleted before it is replaced",
    ),
    "inline rules": (
        _made_with("SecurityGroup", egress=[{"protocol": "-1", "from_port": 0, "to_port": 0}]),
        "has rules inline",
    ),
    "outputs that resolve early": (_outputs_that_resolve_early, "rules may not stand yet"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_on_purpose_is_seen(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, counterexample = BROKEN[what]
    assert faults(run(SMALL), run(EDIT)) == []
    broken(monkeypatch)
    found = faults(run(SMALL), run(EDIT))
    assert found
    assert all(counterexample in text for text in found), found


def test_a_group_that_says_something_else_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """EC2 cannot change a description, and would replace the group: so changes of it are ignored."""
    before = run(SMALL)
    _made_with("SecurityGroup", description="what it is for now")(monkeypatch)
    after = run(SMALL)
    assert between(before, after) == frozenset()


def test_the_independent_checker_tells_a_replacement_from_an_edit_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = {**EDIT["additional_flows"][0], "reason": "the bastion"}
    worded = edited(EDIT, {"additional_flows": [flow]})
    assert {did.does for did in between(run(EDIT), run(worded))} == {"change"}
    _index_in_the_name(monkeypatch)
    # Rules that come first move the others to other names, and so to other groups.
    assert "replace" in {did.does for did in between(run(EDIT), run(SMALL))}
