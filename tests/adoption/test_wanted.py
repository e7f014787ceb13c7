"""What adoption takes for wanted is what the program registers, by the same URNs and with the same words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from exchange_ports.adoption.compare import COMPONENT, expected_networks
from exchange_ports.clouds.aws.live import AwsNetworkExpectation
from exchange_ports.clouds.azure.live import AzureNetworkExpectation, rule_as_it_would_stand
from exchange_ports.clouds.existing import ExpectedResource, NetworkExpectation, Urn
from exchange_ports.offline import Recording, record
from exchange_ports.planning import compile_plans
from exchange_ports.stackfile.stack_file import NAMESPACE
from tests.engine.stacks import STACKS
from tests.support.paths import ROOT
from tests.support.recordings import PLATFORMS, Platform, declared
from tests.support.strategies import declared as understood

pytestmark = pytest.mark.slow

Json = dict[str, Any]

IDS: dict[str, Json] = {
    "aws": {"vpc_id": "vpc-0123456789abcdef0"},
    "azure": {"resource_group_name": "rg-x", "location": "westeurope"},
}


def run(stack: str, settings: Json) -> Recording:
    config = {f"{NAMESPACE}:{key}": json.dumps(value) for key, value in settings.items()}
    return record(ROOT, project=NAMESPACE, stack=stack, config=config)


def wanted_of(place: NetworkExpectation) -> Iterator[ExpectedResource]:
    if isinstance(place, AwsNetworkExpectation):
        yield from map(place.one, (*place.plan.groups, *place.plan.prefix_lists))
        yield from map(place.one, (*place.plan.rules, *place.at_neighbors))
    elif isinstance(place, AzureNetworkExpectation):
        yield from map(place.one, (*place.plan.application_groups, *place.plan.groups))


def settings_of(stack: str, platform: Platform) -> Json:
    topology = declared(stack, platform)
    networks = {name: dict(IDS[platform]) for name in topology["networks"]}
    if platform == "aws":
        site, network = next((name, each["network"]) for name, each in topology["sites"].items())
        networks[network]["neighbor_security_groups"] = {
            f"domain-controllers.{site}": "sg-0fedcba9876543210"
        }
    return {"topology": topology, "networks": networks, "tags": {"owner": "mail"}}


def places_of(stack: str, settings: Json) -> tuple[NetworkExpectation, ...]:
    component = Urn.of_stack(stack, NAMESPACE).child(COMPONENT, "exchange")
    return expected_networks(
        compile_plans(understood(settings["topology"])), component, settings, {}
    )


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("stack", STACKS)
def test_every_urn_and_parent_is_that_of_the_program(stack: str, platform: Platform) -> None:
    settings = settings_of(stack, platform)
    registered = [one for one in run(stack, settings).registrations if one.custom]
    wanted = [each for place in places_of(stack, settings) for each in wanted_of(place)]
    assert sorted((str(each.urn), str(each.parent)) for each in wanted) == sorted(
        (one.urn, one.parent) for one in registered
    )
    assert {each.name for each in wanted} == {one.name for one in registered}


@pytest.mark.parametrize("stack", STACKS)
def test_groups_at_subnets_are_named_as_the_program_names_them(stack: str) -> None:
    settings = settings_of(stack, "azure")
    for network in settings["topology"]["networks"].values():
        network["attach_to"] = "subnets"
    registered = [one for one in run(stack, settings).registrations if one.custom]
    wanted = [each for place in places_of(stack, settings) for each in wanted_of(place)]
    assert any(each.name.endswith("-internal-subnets") for each in wanted)
    assert sorted(str(each.urn) for each in wanted) == sorted(one.urn for one in registered)


@pytest.mark.parametrize("stack", STACKS)
def test_every_rule_of_azure_is_compared_as_the_program_puts_it(stack: str) -> None:
    settings = settings_of(stack, "azure")
    recording = run(stack, settings)
    for place in places_of(stack, settings):
        assert isinstance(place, AzureNetworkExpectation)
        for group in place.plan.groups:
            inputs: Any = recording.by_urn(str(place.one(group).urn)).inputs
            put = [_as_declared(rule) for rule in inputs["securityRules"]]
            reported = [rule_as_it_would_stand(place, rule, "s") for rule in group.rules]
            assert put == [(rule.name, *rule.summary) for rule in reported]


def _as_declared(rule: Json) -> tuple[object, ...]:
    """A recorded rule, in the order of what is compared."""
    words = (str(rule[key]).lower() for key in ("direction", "access", "protocol"))
    ports = (_of(rule, f"{which}PortRange") for which in ("source", "destination"))
    return (
        rule["name"],
        rule["priority"],
        *words,
        rule["description"],
        *ports,
        *(_side(rule, which) for which in ("source", "destination")),
    )


def _of(rule: Json, key: str) -> tuple[str, ...]:
    return tuple(rule[f"{key}s"]) if f"{key}s" in rule else (rule[key],)


def _side(rule: Json, which: str) -> tuple[str, ...]:
    groups = rule.get(f"{which}ApplicationSecurityGroups")
    if groups:
        # The recorder makes up ids: `<name>.id`.
        name = groups[0]["id"].removesuffix(".id")
        path = "/subscriptions/s/resourcegroups/rg-x/providers/microsoft.network"
        return (f"{path}/applicationsecuritygroups/{name}",)
    several = rule.get(f"{which}AddressPrefixes")
    return tuple(several) if several else (rule[f"{which}AddressPrefix"],)
