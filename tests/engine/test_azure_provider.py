"""The test provider for Azure does what pulumi-azure-native does: what replaces, which calls, what is read back.

Rows and orders are written from azure.md 5 and azure-native's source (`provider/pkg/provider/provider.go`
and `diff.go`).
"""

import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from azure.mgmt.network import NetworkManagementClient, models
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as proto

from exchange_ports.offline import Registration
from tests.engine.arm import SUBSCRIPTION, Arm
from tests.engine.azure_provider import CREATE_FIRST, ENDPOINT, VERSION, AzureProvider
from tests.engine.control import Control, Fault
from tests.engine.deployment import Deployment, Refused
from tests.engine.made_up import Context, Died, program, registered, urn, words
from tests.engine.plugin import Plugin
from tests.engine.provider import UNKNOWN, plain, struct
from tests.support.paths import PATIENCE
from tests.support.recordings import recorded
from tests.support.resource_types import ASG, NSG

#: Its constructors take the fields of `properties` too, which its types do not say.
m: Any = models

GROUP: Final = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
EDGE: Final = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/edge"
EXCHANGE: Final = f"{GROUP}/providers/Microsoft.Network/applicationSecurityGroups/exchange"


def in_rg(token: str, name: str, /, **inputs: Any) -> Registration:
    return registered(
        token, name, **{"resourceGroupName": "rg", "location": "westeurope", **inputs}
    )


def asg(name: str = "exchange", **rest: Any) -> Registration:
    return in_rg(ASG, name, **{"applicationSecurityGroupName": name, **rest})


def nsg(*rules: dict[str, Any], name: str = "edge", **rest: Any) -> Registration:
    inputs = {"networkSecurityGroupName": name, "securityRules": list(rules), **rest}
    return in_rg(NSG, name, **inputs)


def rule(name: str = "in-25", **changed: Any) -> dict[str, Any]:
    return {
        "name": name,
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "description": "mail",
        "sourcePortRange": "*",
        "destinationPortRange": "25",
        "sourceAddressPrefix": "10.0.0.0/8",
        "destinationAddressPrefix": "*",
        **changed,
    }


def of_group() -> dict[str, Any]:
    given = rule("in-group", priority=200)
    del given["sourceAddressPrefix"]
    return {**given, "sourceApplicationSecurityGroups": [{"id": "exchange.id"}]}


def by_hand(priority: int) -> Any:
    """A rule that somebody made in the portal."""
    return m.SecurityRule(
        priority=priority,
        direction="Inbound",
        access="Allow",
        source_address_prefix="Internet",
        **dict.fromkeys(("protocol", "source_port_range", "destination_port_range"), "*"),
        destination_address_prefix="*",
    )


@pytest.fixture
def provider(control: Control, endpoint: str) -> AzureProvider:
    made = AzureProvider(control, endpoint)
    made.Configure(proto.ConfigureRequest(), None)
    return made


@pytest.fixture
def stack(arm: Arm, control: Control, endpoint: str) -> Iterator[Deployment]:
    arm.answer("PUT", GROUP, {"location": "westeurope"})
    yield Deployment(AzureProvider(control, endpoint), {})
    arm.forget_everything()


def rules(client: Any) -> list[tuple[str, int]]:
    found = client.network_security_groups.get("rg", "edge").security_rules
    return [(each.name, each.priority) for each in found]


# ---- the program and the provider mean the same ----


def test_the_program_asks_for_this_provider_and_these_resources() -> None:
    registrations = [one for one in recorded("dev", "azure").registrations if one.custom]
    assert {one.type for one in registrations} == {NSG, ASG}
    assert {one.version for one in registrations} == {VERSION}


# ---- what an update does ----


def test_a_creation_looks_first_and_then_puts_everything_at_once(
    stack: Deployment, control: Control, client: Any
) -> None:
    stack.up(program(nsg(rule(), rule("in-443", priority=101))))
    began = [call.call for call in control.calls() if "/operations/" not in call.sent["path"]]
    assert began == ["GET", "PUT", "GET"]
    assert stack.resources[urn(NSG, "edge")].id == EDGE
    assert rules(client) == [("in-25", 100), ("in-443", 101)]


def test_every_field_of_a_rule_gets_there(stack: Deployment, client: Any) -> None:
    lists = {
        "sourcePortRanges": ["1024-2047", "4096"],
        "destinationPortRanges": ["80", "443"],
        "sourceAddressPrefixes": ["10.0.0.0/8", "192.0.2.1"],
        "destinationApplicationSecurityGroups": [{"id": "exchange.id"}],
    }
    of_lists = rule("lists", priority=101) | lists
    for one in ("sourcePortRange", "destinationPortRange"):
        del of_lists[one]
    for side in ("source", "destination"):
        del of_lists[f"{side}AddressPrefix"]
    stack.up(program(asg(), nsg(rule(), of_lists)))
    for wanted in (rule(), stack.known(of_lists)):
        found = client.security_rules.get("rg", "edge", wanted["name"])
        stands = {"name": found["name"], **found["properties"]}
        assert {key: stands.get(key) for key in wanted} == wanted
        # And nothing but what ARM adds: its state, and lists that are empty.
        added = {key: value for key, value in stands.items() if key not in wanted}
        assert {key for key, value in added.items() if value} == {"provisioningState"}


def test_what_is_there_already_is_not_created(stack: Deployment, client: Any) -> None:
    client.network_security_groups.begin_create_or_update(
        "rg", "edge", m.NetworkSecurityGroup(location="westeurope")
    ).result()
    with pytest.raises(Refused, match=f"cannot create already existing resource '{EDGE}'"):
        stack.up(program(nsg(rule())))
    assert rules(client) == []


def test_what_is_read_is_what_was_registered(stack: Deployment, control: Control) -> None:
    # Not in the order of their names, in another's case, and lists where ARM has some of its own.
    several = rule("a-last", priority=300, destinationPortRanges=["80", "443"])
    del several["destinationPortRange"]
    wanted = program(
        asg(tags={"owner": "mail"}),
        nsg(rule(), several, of_group(), location="West Europe", tags={"owner": "mail"}),
    )
    stack.up(wanted)
    assert stack.refresh() == []
    assert stack.up(wanted) == []
    assert (
        stack.up(
            program(
                wanted.registrations[0], nsg(rule(), several, of_group(), tags={"owner": "mail"})
            )
        )
        == []
    )
    assert words(control) == ["PUT exchange", "PUT edge"]


@pytest.mark.parametrize(
    "after",
    [
        [rule(description="submission")],
        [rule(), rule("in-443", priority=101)],
        [rule("in-443", priority=101), rule()],
        [],
    ],
    ids=["text", "one more", "another order", "none"],
)
def test_rules_change_in_one_call(
    stack: Deployment, control: Control, client: Any, after: list[dict[str, Any]]
) -> None:
    stack.up(program(nsg(rule())))
    words(control)
    assert stack.up(program(nsg(*after))) == [("update", urn(NSG, "edge"))]
    assert words(control) == ["PUT edge"]
    assert rules(client) == sorted((each["name"], each["priority"]) for each in after)
    assert stack.up(program(nsg(*after))) == []


def test_two_rules_swap_their_priorities_in_one_call(stack: Deployment, client: Any) -> None:
    stack.up(program(nsg(rule("a"), rule("b", priority=200))))
    stack.up(program(nsg(rule("a", priority=200), rule("b"))))
    assert rules(client) == [("a", 200), ("b", 100)]


@pytest.mark.parametrize(
    "token, given, change, replaces",
    [
        (NSG, nsg(), {"networkSecurityGroupName": "perimeter"}, ["networkSecurityGroupName"]),
        (NSG, nsg(), {"resourceGroupName": "other"}, ["resourceGroupName"]),
        (NSG, nsg(), {"location": "eastus"}, ["location"]),
        (NSG, nsg(), {"location": "West Europe"}, []),
        (NSG, nsg(), {"securityRules": [rule()]}, []),
        (NSG, nsg(), {"flushConnection": True}, []),
        (NSG, nsg(), {"tags": {"owner": "mail"}}, []),
        (ASG, asg(), {"applicationSecurityGroupName": "all"}, ["applicationSecurityGroupName"]),
        (ASG, asg(), {"resourceGroupName": "other"}, ["resourceGroupName"]),
        (ASG, asg(), {"location": "eastus"}, ["location"]),
        (ASG, asg(), {"tags": {"owner": "mail"}}, []),
    ],
    ids=str,
)
def test_what_replaces_is_deleted_first_unless_the_provider_chose_the_name(
    provider: AzureProvider,
    token: str,
    given: Registration,
    change: dict[str, Any],
    replaces: list[str],
) -> None:
    def asked(olds: Mapping[str, Any]) -> Any:
        return provider.Diff(
            proto.DiffRequest(
                id="x",
                urn=urn(token, "x"),
                olds=struct({"etag": "1"}),
                old_inputs=struct(olds),
                news=struct({**given.inputs, **change}),
            ),
            None,
        )

    chosen = asked(given.inputs)
    assert list(chosen.replaces) == replaces
    assert chosen.deleteBeforeReplace is bool(replaces)
    assert asked({**given.inputs, CREATE_FIRST: True}).deleteBeforeReplace is False


def test_an_autoname_has_eight_digits_and_no_dash_and_stays(
    stack: Deployment, control: Control
) -> None:
    def unnamed(**rest: Any) -> Registration:
        return in_rg(ASG, "exchange", **rest)

    stack.up(program(unnamed()))
    made = stack.resources[urn(ASG, "exchange")]
    name = made.outputs["name"]
    assert name.startswith("exchange")
    assert len(name) == len("exchange") + 8
    assert made.inputs[CREATE_FIRST] is True
    assert stack.up(program(unnamed(tags={"owner": "mail"}))) == [("update", made.urn)]
    assert stack.resources[made.urn].id == made.id
    words(control)
    # Another place: both are there for a while.
    stack.up(program(unnamed(location="eastus")))
    assert words(control) == ["PUT exchange", "DELETE exchange"]
    assert stack.resources[made.urn].id != made.id


def test_rules_that_are_not_given_are_left_alone(stack: Deployment, client: Any) -> None:
    def without(**rest: Any) -> Registration:
        return in_rg(NSG, "edge", networkSecurityGroupName="edge", **rest)

    stack.up(program(without()))
    client.security_rules.begin_create_or_update("rg", "edge", "by-hand", by_hand(100)).result()
    stack.refresh()
    assert "securityRules" not in stack.resources[urn(NSG, "edge")].inputs
    stack.up(program(without(tags={"owner": "mail"})))
    assert rules(client) == [("by-hand", 100)]


def test_a_preview_makes_no_call(provider: AzureProvider, control: Control) -> None:
    inputs = struct(nsg(rule()).inputs)
    made = provider.Create(
        proto.CreateRequest(urn=urn(NSG, "edge"), properties=inputs, preview=True), None
    )
    assert made.id == ""
    unknown = {**of_group(), "sourceApplicationSecurityGroups": [{"id": UNKNOWN}]}
    difference = provider.Diff(
        proto.DiffRequest(
            id=EDGE, urn=urn(NSG, "edge"), old_inputs=inputs, news=struct(nsg(unknown).inputs)
        ),
        None,
    )
    # A group that is made anew is named anew, in place.
    assert (list(difference.diffs), list(difference.replaces)) == (["securityRules"], [])
    assert control.calls() == []


# ---- what ARM refuses reaches the user ----


@pytest.mark.parametrize(
    "wanted, code",
    [
        (nsg(rule("a"), rule("b")), "SecurityRuleConflict"),
        (nsg(rule(destinationPortRange="80,443")), "SecurityRuleInvalidPortRange"),
        (nsg(rule(sourceAddressPrefix="10.0.0.1/8")), "SecurityRuleInvalidAddressPrefix"),
        (nsg(name="edge-"), "InvalidResourceName"),
        (nsg(resourceGroupName="nowhere"), "ResourceGroupNotFound"),
        (
            nsg({**of_group(), "sourceApplicationSecurityGroups": [{"id": EXCHANGE}]}),
            "InvalidResourceReference",
        ),
    ],
)
def test_a_refusal_names_its_code_and_makes_nothing(
    stack: Deployment, arm: Arm, wanted: Registration, code: str
) -> None:
    with pytest.raises(Refused, match=code):
        stack.up(program(wanted))
    assert arm.ids == []
    assert stack.resources == {}


def test_a_refused_update_leaves_all_rules_as_they_were(stack: Deployment, client: Any) -> None:
    stack.up(program(nsg(rule("a"), rule("b", priority=200))))
    with pytest.raises(Refused, match="SecurityRuleConflict"):
        stack.up(program(nsg(rule("c"), rule("d"))))
    assert rules(client) == [("a", 100), ("b", 200)]
    assert stack.up(program(nsg(rule("c"), rule("d", priority=200)))) != []


def test_a_group_that_rules_name_goes_after_them(stack: Deployment, control: Control) -> None:
    stack.up(program(asg(), nsg(of_group())))
    # Who drops the group alone, and still names it by its id, is refused.
    by_id = {**of_group(), "sourceApplicationSecurityGroups": [{"id": EXCHANGE}]}
    with pytest.raises(Refused, match="cannot be deleted because it is referenced by"):
        stack.up(program(nsg(by_id)))
    words(control)
    # The rule goes with an edit in place, and the group in the same update, last.
    stack.up(program(nsg()))
    assert words(control) == ["PUT edge", "DELETE exchange"]


@pytest.mark.parametrize(
    "wanted, why",
    [
        (in_rg(NSG, "edge", resourceGroupName=None), "resourceGroupName"),
        (nsg(rule(), securityRule=[]), "not expected here"),
    ],
)
def test_what_the_provider_itself_refuses_makes_no_call(
    stack: Deployment, control: Control, wanted: Registration, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        stack.up(program(wanted))
    assert control.calls() == []


# ---- drift, import, what is gone ----


def test_what_was_changed_by_hand_is_found_and_mended(
    stack: Deployment, control: Control, client: Any
) -> None:
    wanted = program(asg(), nsg(rule(), of_group()))
    stack.up(wanted)
    there = client.network_security_groups.get("rg", "edge")
    there.security_rules[0].source_address_prefix = "0.0.0.0/0"
    client.network_security_groups.begin_create_or_update("rg", "edge", there).result()
    # One more, whose name stands before all others: every place in the list has another rule.
    client.security_rules.begin_create_or_update("rg", "edge", "by-hand", by_hand(300)).result()
    client.application_security_groups.begin_create_or_update(
        "rg", "exchange", m.ApplicationSecurityGroup(location="westeurope", tags={"by": "hand"})
    ).result()

    assert stack.refresh() == [urn(ASG, "exchange"), urn(NSG, "edge")]
    words(control)
    assert [word for word, _ in stack.up(wanted)] == ["update", "update"]
    assert words(control) == ["PUT exchange", "PUT edge"]
    found = client.network_security_groups.get("rg", "edge").security_rules
    assert [each.name for each in found] == ["in-25", "in-group"]
    assert found[0].source_address_prefix == "10.0.0.0/8"
    stack.refresh()
    assert stack.up(wanted) == []


def test_a_rule_made_by_hand_goes_with_the_next_update_even_unseen(
    stack: Deployment, client: Any
) -> None:
    stack.up(program(nsg(rule())))
    client.security_rules.begin_create_or_update("rg", "edge", "by-hand", by_hand(300)).result()
    stack.up(program(nsg(rule(description="submission"))))
    assert rules(client) == [("in-25", 100)]


def test_a_group_that_is_gone_is_made_again(stack: Deployment, client: Any) -> None:
    stack.up(program(nsg(rule())))
    client.network_security_groups.begin_delete("rg", "edge").result()
    assert stack.refresh() == [urn(NSG, "edge")]
    assert stack.up(program(nsg(rule()))) == [("create", urn(NSG, "edge"))]


def test_what_stands_is_adopted_and_then_nothing_changes(
    stack: Deployment, control: Control
) -> None:
    wanted = program(
        asg(tags={"owner": "mail"}), nsg(rule(), of_group()), nsg(rule(), name="perimeter")
    )
    stack.up(wanted)
    ids = {one: made.id for one, made in stack.resources.items()}
    stack.resources.clear()
    words(control)
    for one in wanted.registrations:
        stack.adopt(one, ids[one.urn])
    assert stack.up(wanted) == []
    assert words(control) == []
    # Of rules in another order than Azure's, which is that of their names, the first update is a PUT.
    stack.resources.clear()
    for one in wanted.registrations:
        stack.adopt(one, ids[one.urn])
    assert stack.up(
        program(wanted.registrations[0], nsg(of_group(), rule()), wanted.registrations[2])
    ) == [("update", urn(NSG, "edge"))]
    with pytest.raises(Refused, match="does not exist"):
        stack.adopt(wanted.registrations[0], f"{EXCHANGE}-not")


def test_an_adopted_group_without_rules_is_made_to_have_none(stack: Deployment) -> None:
    stack.up(program(nsg()))
    stack.resources.clear()
    stack.adopt(nsg(), EDGE)
    # An empty list is not told from none: one PUT more than needed.
    assert [word for word, _ in stack.up(program(nsg()))] == ["update"]
    assert stack.up(program(nsg())) == []


def test_what_is_gone_is_deleted_without_a_word(stack: Deployment, arm: Arm) -> None:
    stack.up(program(asg(), nsg(of_group())))
    arm.forget_everything()
    arm.answer("PUT", GROUP, {"location": "westeurope"})
    stack.destroy()
    assert stack.resources == {}


# ---- what goes wrong on purpose ----


def test_a_call_that_is_throttled_is_tried_again(stack: Deployment, control: Control) -> None:
    control.disturb(Fault("throttle", ("PUT",), times=2))
    stack.up(program(nsg(rule())))
    tried = [call.error for call in control.writes()]
    assert tried == ["RetryableError", "RetryableError", None]


def test_who_is_throttled_for_ever_gives_up(stack: Deployment, control: Control) -> None:
    control.disturb(Fault("throttle", ("PUT",), times=None))
    with pytest.raises(Refused, match="Status=429"):
        stack.up(program(nsg(rule())))
    assert len(control.writes()) == 4


def test_a_call_that_fails_once_fails_the_update_and_the_next_one_ends_it(
    stack: Deployment, control: Control, client: Any
) -> None:
    control.disturb(Fault("fail", ("PUT",), urn="*edge", code="AuthorizationFailed"))
    wanted = program(asg(), nsg(of_group()))
    with pytest.raises(Refused, match="AuthorizationFailed"):
        stack.up(wanted)
    assert list(stack.resources) == [urn(ASG, "exchange")]
    assert stack.up(wanted) == [("create", urn(NSG, "edge"))]
    assert rules(client) == [("in-group", 200)]


@pytest.mark.parametrize("after, stands", [(False, []), (True, [EDGE])])
def test_who_dies_at_a_call_leaves_it_unanswered(
    stack: Deployment, control: Control, arm: Arm, after: bool, stands: list[str]
) -> None:
    control.disturb(Fault("die", ("PUT",), after=after))
    with pytest.raises(Died):
        stack.up(program(nsg(rule())))
    *_, last = control.calls()
    assert (last.call, last.name, last.answered) == ("PUT", "edge", False)
    assert arm.ids == stands
    control.disturb()
    if after:
        # Until somebody imports it, it cannot be created: it is there (pulumi.md 4, azure.md 5).
        with pytest.raises(Refused, match="cannot create already existing resource"):
            stack.up(program(nsg(rule())))
        stack.adopt(nsg(rule()), EDGE)
    stack.up(program(nsg(rule())))


def test_a_group_that_cannot_be_read_after_it_was_made_is_not_forgotten(
    stack: Deployment, provider: AzureProvider, control: Control
) -> None:
    # The first look, the operation, and then this one.
    control.disturb(Fault("fail", ("GET",), nth=3, code="AuthorizationFailed"))
    context = Context()
    inputs = struct(nsg(rule()).inputs)
    with pytest.raises(Refused, match="AuthorizationFailed"):
        provider.Create(proto.CreateRequest(urn=urn(NSG, "edge"), properties=inputs), context)
    assert EDGE.encode() in context.details()


# ---- as a process ----


def test_a_plugin_serves_an_engine_and_ends_when_told(
    stack: Deployment, endpoint: str, tmp_path: Path, client: NetworkManagementClient
) -> None:
    plugin = Plugin("tests.engine.azure_provider", tmp_path, **{ENDPOINT: endpoint})
    try:
        assert plugin.ask.GetPluginInfo(empty_pb2.Empty()).version == VERSION
        given = {"azure-native:config:subscriptionId": SUBSCRIPTION}
        assert plugin.ask.Configure(proto.ConfigureRequest(variables=given)).supportsPreview
        request = proto.CreateRequest(urn=urn(NSG, "edge"), properties=struct(nsg(rule()).inputs))
        made = plugin.ask.Create(request)
        assert made.id == EDGE
        assert plain(made.properties)["provisioningState"] == "Succeeded"
        assert rules(client) == [("in-25", 100)]
        with pytest.raises(grpc.RpcError) as met:
            plugin.ask.Create(request)
        assert "cannot create already existing resource" in str(met.value)
        control = Control(tmp_path)
        assert control.processes() == [plugin.process.pid]
        assert {call.process for call in control.calls()} == {plugin.process.pid}
        plugin.process.send_signal(signal.SIGINT)
        assert plugin.process.wait(PATIENCE) == 0
    finally:
        plugin.close()
