"""The component's `previous` and `phase`: what is said, what is registered, what is attached, what is refused.

Checked over recordings of whole programs, as in `tests/component/test_component.py`.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import pulumi
import pytest

from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.component import ExchangeFirewall, TopologyError
from exchange_ports.offline import ProgramFailed, Recording, record
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.rollout import Phase, ServersIn, network_pairs, plan_rollout
from tests.rollout.programs import TIME, ids_of, named, run
from tests.support.recordings import run_with
from tests.support.rule_sets import NetworkPlan, seen
from tests.support.strategies import GONE, SMALL, Data, declared, edited

pytestmark = pytest.mark.slow

ADMINS: Final = {
    "from": "10.20.6.0/24",
    "to": "exchange",
    "ports": ["3389/tcp"],
    "reason": "admins",
}
OLD: Final[Data] = edited(SMALL, {"additional_flows": [ADMINS]})
#: A server comes while a flow to its like is closed: open to it in passing on AWS.
NEW: Final[Data] = edited(
    SMALL, {"sites.hq.servers.ex2": {"roles": ["mailbox"], "address": "10.20.0.12"}}
)
#: A role goes from one server to another, and with it a flow.
MOVES: Final[Data] = edited(
    SMALL,
    {
        "sites.hq.servers.ex2": {"roles": ["client_access"], "address": "10.20.0.12"},
        "clients": {"internet": {"services": ["https"]}},
    },
)
MOVED: Final[Data] = edited(
    MOVES,
    {
        "sites.hq.servers.ex2.roles": ["mailbox"],
        "clients": {"internet": {"services": ["https", "imap"]}},
    },
)


def plans(data: Mapping[str, Any]) -> Plans:
    return compile_plans(declared(data))


def as_planned(plan: NetworkPlan) -> Recording:
    """One network's plan, registered without the component."""

    def program() -> None:
        if isinstance(plan, AwsRuleSet):
            from exchange_ports.clouds.aws.resources import AwsNetwork

            AwsNetwork(f"exchange-{plan.network}", plan, vpc_id="vpc-1")
        else:
            from exchange_ports.clouds.azure.resources import AzureNetwork

            AzureNetwork(
                f"exchange-{plan.network}", plan, resource_group_name="rg", location="westeurope"
            )

    return record(program, project="sample", stack="dev", config={})


def bare(data: Data, previous: Data, servers_in: str = "this_stack") -> Recording:
    """An expanding program without the ids of networks that go."""

    def program() -> None:
        ids = ids_of(data)
        ExchangeFirewall(
            "exchange",
            topology=data,
            networks=ids,
            previous=previous,
            phase="add_rules",
            servers_in=servers_in,
        )

    return record(program, project="sample", stack="dev", config={})


def refused(program: Callable[[], object]) -> list[str]:
    """The errors of a program that is refused, and nothing of which was registered."""
    with pytest.raises(ProgramFailed) as failed:
        program()
    assert failed.value.registrations == ()
    cause = failed.value.__cause__
    assert isinstance(cause, TopologyError)
    return [
        f"{each.kind.code} {each.field}: {each.why}" for each in cause.findings if each.is_error
    ]


def reported(recording: Recording, severity: str) -> list[str]:
    return [each.message for each in recording.logs if each.severity == severity]


def test_an_update_that_is_not_clean_is_warned_of_and_goes_on() -> None:
    recording = run(NEW, OLD)
    (warning,) = [text for text in reported(recording, "warning") if "one step" in text]
    assert "allowed during the update" in warning
    assert "10.20.6.1 -> ex2 3389/tcp: allowed when every rule is added" in warning
    assert "Without interruption in 2 phases" in warning
    assert "add_rules: " in warning
    assert "remove_rules: " in warning
    assert named(recording) == named(run(NEW))


def test_of_an_update_that_is_clean_nothing_is_reported() -> None:
    recording = run(edited(OLD, {"sites.hq.servers.ex1.address": "10.20.0.99"}), OLD)
    assert not [text for text in reported(recording, "warning") if "one step" in text]
    assert not [text for text in reported(recording, "warning") if "in passing" in text]


def test_where_servers_are_attached_elsewhere_another_step_may_be_clean() -> None:
    recording = run(NEW, OLD, servers_in="other_stack")
    assert not [text for text in reported(recording, "warning") if "one step" in text]


@pytest.mark.parametrize("platform", ["aws", "azure"])
@pytest.mark.parametrize("servers_in", ServersIn)
@pytest.mark.parametrize("old, new", [(OLD, NEW), (MOVES, MOVED)], ids=["comes", "moves"])
def test_a_step_registers_its_plans_and_gives_what_is_attached_at_its_end(
    old: Data, new: Data, servers_in: ServersIn, platform: str
) -> None:
    """One recording a step, held against the plans that the model showed clean."""
    on = {"networks.corp.platform": platform}
    old, new = edited(old, on), edited(new, on)
    found = plan_rollout(plans(old), plans(new), servers_in)
    assert found.steps is not None
    steps = [step for step in found.steps if step.phase is not Phase.AT_ONCE]
    for step in steps:
        recording = run(new, old, phase=step.phase.value, servers_in=servers_in.value)
        (plan,) = step.plans.values()
        servers = recording.outputs["servers"]
        assert isinstance(servers, dict)
        assert servers.keys() == plan.memberships.keys()
        assert named(recording) == named(as_planned(seen(plan)))
    if steps:
        last = run(new, old, phase=steps[-1].phase.value, servers_in=servers_in.value)
        assert named(last) == named(run(new))


def test_a_step_says_which_it_is_and_what_comes_next() -> None:
    (text,) = [t for t in reported(run(NEW, OLD, phase="add_rules"), "info") if "phase" in t]
    assert text.startswith("phase 1 of 2 of this update: add_rules: ")
    assert text.endswith("; then `remove_rules`")
    (text,) = [t for t in reported(run(NEW, OLD, phase="remove_rules"), "info") if "phase" in t]
    assert text.startswith("phase 2 of 2 of this update, after `add_rules`: remove_rules: ")
    assert text.endswith("; then remove `previous` and `phase`")


#: A flow to the Internet is closed, and the list of what the Internet is changes in place (AWS).
LISTED: Final[Data] = edited(
    OLD,
    {
        "private_blocks": ["10.0.0.0/8", "172.16.0.0/12"],
        "additional_flows": [ADMINS, TIME, {**TIME, "ports": ["4443/tcp"]}],
    },
)
ANOTHER_LIST: Final[Data] = edited(
    LISTED,
    {
        "private_blocks": ["10.0.0.0/8", "100.64.0.0/10"],
        "additional_flows": [ADMINS, {**TIME, "ports": ["4443/tcp"]}],
    },
)


def test_what_is_left_after_a_step_may_be_done_at_once() -> None:
    found = plan_rollout(plans(LISTED), plans(ANOTHER_LIST))
    assert [step.phase for step in found.steps or ()] == [Phase.REMOVE_LIST_RULES, Phase.AT_ONCE]
    made = run(ANOTHER_LIST, LISTED, phase="remove_list_rules")
    gone = {name for _, name in named(run(LISTED)).keys() - named(made).keys()}
    assert {name.partition("/")[2] for name in gone} == {"out/udp/123/list.internet"}
    (text,) = [t for t in reported(made, "info") if "phase" in t]
    assert text.startswith("phase 1 of 2 of this update: remove_list_rules: ")
    assert text.endswith("remove `previous` and `phase`, and the rest is done in one step")
    (text,) = refused(lambda: run(ANOTHER_LIST, LISTED, phase="add_rules"))
    assert text.endswith(
        "Its phases are remove_list_rules, in this order, and then all other changes."
    )


def test_there_is_no_step_round_a_limit() -> None:
    flows = [
        {**ADMINS, "from": "exchange", "to": f"10.{second}.0.0/16", "ports": ["9000/tcp"]}
        for second in range(100, 180)
    ]
    old = edited(OLD, {"additional_flows": flows[:40]})
    new = edited(OLD, {"additional_flows": flows[40:]})
    (text,) = refused(lambda: run(new, old, phase="add_rules"))
    assert text.startswith("phase-not-offered phase: During the update, old and new rules exist")
    assert "exceed a limit: exchange, out, IPv4 needs 82 rules" in text


def test_a_step_that_is_not_offered_is_refused_with_those_that_are() -> None:
    assert refused(lambda: run(NEW, OLD, phase="switch_groups")) == [
        "phase-not-offered phase: Its phases are add_rules, remove_rules, in this order."
    ]


def test_there_is_no_step_of_an_update_that_is_clean_at_once() -> None:
    assert refused(lambda: run(OLD, OLD, phase="add_rules")) == [
        "phase-not-offered phase: The update is safe in one step."
    ]
    assert run(OLD, OLD).registrations == run(OLD).registrations


def test_a_step_done_twice_is_the_same_program() -> None:
    for step in ("add_rules", "remove_rules"):
        once, again = (run(NEW, OLD, phase=step).registrations for _ in range(2))
        assert once == again


def test_there_is_no_step_where_a_group_would_be_replaced() -> None:
    hung = edited(ON_AZURE, {"networks.corp.attach_to": "subnets"})
    (text,) = refused(lambda: run(hung, ON_AZURE, phase="add_rules"))
    assert text.startswith("phase-not-offered phase: The update replaces groups")
    (warning,) = [text for text in reported(run(hung, ON_AZURE), "warning") if "one step" in text]
    assert "the internal zone of corp on Azure: from network interfaces to subnets" in warning


def test_a_step_needs_what_stands_now() -> None:
    (text,) = refused(lambda: run(NEW, phase="add_rules"))
    assert text.startswith("phase-without-previous phase: ")


@pytest.mark.parametrize(
    "rest, code",
    [
        ({"phase": "expnad"}, "unknown-word phase: "),
        ({"phase": "at once"}, "unknown-word phase: "),
        ({"phase": 1}, "wrong-type phase: "),
        ({"servers_in": "there"}, "unknown-word servers_in: "),
    ],
    ids=str,
)
def test_words_that_there_are_not_are_refused(rest: dict[str, Any], code: str) -> None:
    (text,) = refused(lambda: run(NEW, OLD, **rest))
    assert text.startswith(code)


def test_what_is_wrong_with_what_stands_now_is_reported_of_it() -> None:
    wrong = edited(OLD, {"sites.hq.servers.ex1.roles": ["client_access", "mailbux"]})
    (text,) = refused(lambda: run(NEW, wrong))
    assert text.startswith("unknown-word previous.sites.hq.servers.ex1.roles")
    texts = refused(lambda: run(edited(NEW, {"sites.hq.network": "cor"}), wrong, phase="expnad"))
    codes = {text.partition(" ")[0] for text in texts}
    assert codes == {"unknown-word", "undeclared"}, "all of it is said at once"
    assert len(texts) == 3
    flows = [
        {**ADMINS, "from": "exchange", "to": f"10.30.{n}.0/24", "ports": ["9000/tcp"]}
        for n in range(80)
    ]
    texts = refused(lambda: run(NEW, edited(OLD, {"additional_flows": flows})))
    assert texts
    assert all(text.startswith("over-limit previous.networks.corp") for text in texts)


@pytest.mark.parametrize("rest", [{}, {"phase": "add_rules"}], ids=["warned", "stepwise"])
@pytest.mark.parametrize("previous", ["old.yaml", 7, [OLD["sites"]], {}, True], ids=type)
def test_what_stands_now_must_be_a_topology(previous: Any, rest: Mapping[str, Any]) -> None:
    program = partial(plain, NEW, previous, **rest)
    texts = refused(partial(record, program, project="p", stack="s", config={}))
    assert all(text.split()[1].startswith("previous") for text in texts)


def plain(data: Data, previous: Any, **rest: Any) -> None:
    ExchangeFirewall("exchange", topology=data, networks=ids_of(data), previous=previous, **rest)


@pytest.mark.parametrize("step", ["add_rules", "remove_rules"])
def test_what_stands_now_may_be_given_as_a_model(step: str) -> None:
    program = partial(plain, NEW, declared(OLD), phase=step)
    made = record(program, project="sample", stack="dev", config={})
    assert named(made) == named(run(NEW, OLD, phase=step))


@pytest.mark.parametrize("rest", [{}, {"phase": "add_rules"}], ids=["warned", "stepwise"])
def test_the_topology_of_another_organization_never_stood_here(rest: Mapping[str, Any]) -> None:
    other = edited(OLD, {"organization": "fabrikam"})
    (text,) = refused(lambda: run(NEW, other, **rest))
    assert text.startswith("other-organization previous.organization")


def test_a_network_that_is_renamed_needs_its_ids_once() -> None:
    """Its `id` keeps it the same network, so nothing of it goes."""
    renamed = edited(
        NEW,
        {
            "networks": {"core": {**NEW["networks"]["corp"], "id": "corp"}},
            "sites.hq.network": "core",
        },
    )
    made = bare(renamed, OLD)
    assert named(made).keys() == named(run(NEW, OLD, phase="add_rules")).keys()


ON_AZURE: Final[Data] = edited(OLD, {"networks.corp.platform": "azure"})


def test_a_network_that_changes_its_cloud_needs_the_ids_of_both_while_both_stand() -> None:
    found = plan_rollout(plans(ON_AZURE), plans(NEW), ServersIn.OTHER_STACK)
    assert found.steps is not None
    first, *_, last = (step.phase.value for step in found.steps)
    lacking = [
        text.partition(":")[0] for text in refused(lambda: bare(NEW, ON_AZURE, "other_stack"))
    ]
    assert lacking == ["missing-cloud-id networks.corp"] * 2

    def clouds(step: str) -> set[str]:
        return {
            kind.split(":")[0]
            for kind, _ in named(run(NEW, ON_AZURE, phase=step, servers_in="other_stack"))
        }

    assert clouds(first) == {"aws", "azure-native"}
    assert clouds(last) == {"aws"}


@pytest.mark.parametrize("package", ["aws", "azure-native"])
def test_one_provider_cannot_make_both_clouds_of_a_network(package: str) -> None:
    """Pulumi would pass over it without a word for the other one's resources."""

    def program(**rest: Any) -> None:
        ids = ids_of(ON_AZURE, NEW)
        ids["corp"]["provider"] = pulumi.ProviderResource(package, "theirs", {})
        ExchangeFirewall("exchange", topology=NEW, networks=ids, previous=ON_AZURE, **rest)

    with pytest.raises(ProgramFailed) as failed:
        record(lambda: program(phase="add_rules"), project="p", stack="s", config={})
    assert "because the network changes its cloud" in failed.value.text
    if package == "aws":
        record(program, project="p", stack="s", config={})


@pytest.mark.parametrize("step", ["add_rules", "remove_rules"])
def test_at_neighbors_groups_stand_both_until_the_last_step(step: str) -> None:
    """Their rules only allow, and they have others of their own."""
    asked = edited(OLD, {"sites.hq.lync": {"addresses": ["10.20.4.10"]}})

    def program(data: Data, **rest: Any) -> None:
        ids = ids_of(data)
        ids["corp"]["neighbor_security_groups"] = {"lync.hq": "sg-theirs"}
        ExchangeFirewall("exchange", topology=data, networks=ids, **rest)

    def theirs(data: Data, **rest: Any) -> set[str]:
        made = record(lambda: program(data, **rest), project="p", stack="s", config={})
        names = [one.name for one in made.registrations]
        assert len(names) == len(set(names))
        return {one.name for one in made.registrations if "sg-theirs" in one.inputs.values()}

    assert len(theirs(asked)) == 2
    # The topology that is declared has no Lync server.
    expected = theirs(asked) if step == "add_rules" else set[str]()
    assert theirs(NEW, previous=asked, phase=step) == expected


TWO_NETWORKS: Final[Data] = edited(
    OLD,
    {
        "networks.old": {"platform": "aws", "internal": ["10.30.0.0/20"]},
        "sites.paris": {
            "network": "old",
            "servers": {"px1": {"roles": ["client_access", "mailbox"], "address": "10.30.0.11"}},
        },
    },
)


def test_a_network_that_goes_keeps_its_ids_until_its_last_step() -> None:
    """Paris moves into corp: its old network stands until the last step, and needs its ids."""
    moved = edited(
        TWO_NETWORKS,
        {
            "networks.old": GONE,
            "sites.paris.network": "corp",
            "sites.paris.servers": {
                "px1": {"roles": ["client_access", "mailbox"], "address": "10.20.1.11"}
            },
            "additional_flows": [],
        },
    )
    found = plan_rollout(plans(TWO_NETWORKS), plans(moved))
    assert found.steps is not None
    words = [step.phase.value for step in found.steps]
    assert words[0] == "add_rules"
    places = [pair.place for pair in network_pairs(plans(TWO_NETWORKS), plans(moved))]
    assert places == ["corp on AWS", "old on AWS"]
    lacking = refused(lambda: bare(moved, TWO_NETWORKS))
    assert [text.partition(":")[0] for text in lacking] == ["missing-cloud-id networks.old"]

    def networks(step: str) -> list[str]:
        recording = run(moved, TWO_NETWORKS, phase=step)
        kind = "exchange-ports:index:AwsNetwork"
        return sorted(one.name for one in recording.registrations if one.type == kind)

    assert networks(words[0]) == ["exchange-corp", "exchange-old"]
    assert networks(words[-1]) == ["exchange-corp"]


def test_a_network_that_goes_and_holds_nothing_is_not_registered() -> None:
    spare = edited(OLD, {"networks.spare": {"platform": "aws", "internal": ["10.40.0.0/20"]}})
    expanded = run(NEW, spare, phase="add_rules")
    assert not [one.name for one in expanded.registrations if "spare" in one.name]


def test_what_stands_between_is_proved_at_both_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    from exchange_ports import proof

    proved: list[Plans] = []
    real = proof.prove

    def prove(given: Plans) -> Any:
        proved.append(given)
        return real(given)

    monkeypatch.setattr(proof, "prove", prove)
    run(NEW, OLD, phase="add_rules")
    assert [each.topology for each in proved] == [declared(NEW), declared(OLD)]


@pytest.mark.parametrize("step", ["add_rules", "remove_rules"])
def test_a_stacks_configuration_says_the_same(step: str) -> None:
    """`exchange-ports:previous` and `exchange-ports:phase`, through the repository's own program."""
    recording = run_with(NEW, "dev", {"previous": OLD, "phase": step})
    assert named(recording).keys() == named(run(NEW, OLD, phase=step)).keys()


@pytest.mark.parametrize("key", ["stpe", "steps", "color"])
def test_a_setting_that_nothing_reads_is_refused_by_the_program_too(key: str) -> None:
    """A misspelled `phase` would do all at once."""
    texts = refused(lambda: run_with(NEW, "dev", {"previous": OLD, key: "add_rules"}))
    assert [text.partition(":")[0] for text in texts] == [f"unknown-setting {key}"]


@pytest.mark.parametrize("key", ["phase", "servers_in"])
def test_a_key_without_a_value_is_refused(key: str) -> None:
    """An empty `phase` would do all at once."""
    texts = refused(lambda: run_with(NEW, "dev", {key: ""}))
    assert f"unknown-word {key}" in [text.partition(":")[0] for text in texts]


@pytest.mark.parametrize("value", ["1", "true", "TRUE"])
def test_an_engine_that_goes_on_after_errors_is_warned_of(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONTINUE_ON_ERROR", value)
    texts = [text for text in reported(run(NEW), "warning") if "CONTINUE_ON_ERROR" in text]
    assert len(texts) == 1
    assert texts[0].startswith("PULUMI_CONTINUE_ON_ERROR is set: ")


@pytest.mark.parametrize("value", ["", "0", "false", None])
def test_of_one_that_stops_at_errors_nothing_is_reported(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONTINUE_ON_ERROR", raising=False)
    if value is not None:
        monkeypatch.setenv("PULUMI_CONTINUE_ON_ERROR", value)
    assert not [text for text in reported(run(NEW), "warning") if "CONTINUE_ON_ERROR" in text]


@pytest.mark.parametrize("key", ["previous", "phase"])
def test_neither_may_be_a_secret(key: str) -> None:
    given = {
        "exchange-ports:topology": json.dumps(NEW),
        "exchange-ports:networks": json.dumps(ids_of(NEW)),
        "exchange-ports:previous": json.dumps(OLD),
        "exchange-ports:phase": "add_rules",
    }

    def program() -> None:
        ExchangeFirewall.from_config("exchange", pulumi.Config("exchange-ports"))

    with pytest.raises(ProgramFailed) as failed:
        record(
            program,
            project="exchange-ports",
            stack="dev",
            config=given,
            secret_keys=[f"exchange-ports:{key}"],
        )
    assert "secret-topology" in failed.value.text
