"""The scenes of docs/adopting.md: what was printed in each, made of the plan with fixed ids.

`tests/fixtures/adoption/<scene>/` holds them, as people would have them on disk; a test holds those
files against these, and `--update-goldens` writes them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from exchange_ports.adoption.compare import COMPONENT, expected_networks
from exchange_ports.clouds.aws.live import AwsNetworkExpectation
from exchange_ports.clouds.aws.rules import GroupRef, SecurityGroupRule
from exchange_ports.clouds.azure.live import AzureNetworkExpectation, rule_as_it_would_stand
from exchange_ports.clouds.base import Direction
from exchange_ports.clouds.existing import NetworkExpectation, Urn, fields_of, items_of
from exchange_ports.planning import compile_plans
from exchange_ports.stackfile.stack_file import NAMESPACE, read_stack_file
from exchange_ports.topology.validate import load_topology
from tests.support.paths import ROOT

__all__ = ["FOLDER", "SCENES", "as_text"]

Json = dict[str, Any]

FOLDER: Final = ROOT / "tests" / "fixtures" / "adoption"
_SUBSCRIPTION: Final = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"


def as_text(data: object) -> str:
    """JSON with an item of a list a line: short, and to be read."""
    return f"{_text(data)}\n"


def _text(data: object) -> str:
    items = items_of(data)
    if items is not None:
        return "[\n" + ",\n".join(f"  {json.dumps(each)}" for each in items) + "\n]"
    fields = fields_of(data)
    if not fields:
        return json.dumps(data)
    parts = (f"{json.dumps(key)}: {_text(value)}" for key, value in fields.items())
    return "{\n" + ",\n".join(parts) + "\n}"


class _Scene:
    """A stack of the repository, with ids for all that it wants."""

    def __init__(self, stack: str) -> None:
        file = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
        read = read_stack_file(file.read_bytes(), file.name)
        topology, _ = load_topology(read.config["topology"])
        self.component = Urn.of_stack(stack, NAMESPACE).child(COMPONENT, "exchange")
        self.stack = Urn.of_stack(stack, NAMESPACE)
        self.places: tuple[NetworkExpectation, ...] = expected_networks(
            compile_plans(topology), self.component, read.config, read.others
        )
        self._provider = ""

    @property
    def aws(self) -> AwsNetworkExpectation:
        (place,) = self.places
        assert isinstance(place, AwsNetworkExpectation)
        return place

    @property
    def azure(self) -> AzureNetworkExpectation:
        (place,) = self.places
        assert isinstance(place, AzureNetworkExpectation)
        return place

    def state(
        self, held: Mapping[Urn, str], begun: tuple[Urn, ...] = (), version: str = "aws 7.51.1"
    ) -> Json:
        """An export in which the engine knows these, by id, and began those."""
        package, number = version.split()
        default = self.stack.child(f"pulumi:providers:{package}", f"default_{number}")
        provider = f"{str(default).replace('.', '_')}::5bbb"
        network = self.places[0].urn
        above: list[Json] = [
            {"urn": str(self.stack), "type": self.stack.type},
            {"urn": provider.removesuffix("::5bbb"), "custom": True, "id": "5bbb", "type": "x"},
            {"urn": str(self.component), "type": self.component.type},
            {"urn": str(network), "type": network.type, "parent": str(self.component)},
        ]
        made = [
            {
                "urn": str(urn),
                "custom": True,
                "id": id_,
                "type": urn.type,
                "parent": str(network),
                "provider": provider,
            }
            for urn, id_ in held.items()
        ]
        pending = [
            {"resource": {"urn": str(urn), "custom": True, "type": urn.type}, "type": "creating"}
            for urn in begun
        ]
        deployment: Json = {"resources": [*above, *made]}
        if pending:
            deployment["pending_operations"] = pending
        return {"version": 3, "deployment": deployment}


def _default(place: AwsNetworkExpectation) -> Json:
    return _group(place, "sg-0d000000000000000", "default", "default VPC security group", {})


def _group(
    place: AwsNetworkExpectation, id_: str, name: str, description: str, tags: Mapping[str, str]
) -> Json:
    return {
        "GroupId": id_,
        "GroupName": name,
        "Description": description,
        "VpcId": place.vpc_id,
        "OwnerId": "123456789012",
        "SecurityGroupArn": f"arn:aws:ec2:eu-west-1:123456789012:security-group/{id_}",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


class _Account:
    """What stands in the account: the groups and rules of the plan, by ids in their order."""

    def __init__(self, place: AwsNetworkExpectation) -> None:
        self.place = place
        self.groups = {
            group.key: f"sg-0{at:02d}00000000000000"
            for at, group in enumerate(place.plan.groups, 1)
        }
        self.rules = {rule: f"sgr-0{at:03d}" for at, rule in enumerate(place.plan.rules, 1)}

    def held(self) -> dict[Urn, str]:
        """Everything by URN."""
        groups = {
            self.place.one(each).urn: self.groups[each.key] for each in self.place.plan.groups
        }
        return groups | {self.place.one(rule).urn: id_ for rule, id_ in self.rules.items()}

    def printed_groups(self) -> list[Json]:
        found = [_default(self.place)]
        for group in self.place.plan.groups:
            name = self.place.one(group).name
            tags = {"Name": name}
            id_ = self.groups[group.key]
            found.append(_group(self.place, id_, f"{name}-3f1c2a9", group.description, tags))
        return found

    def printed_rule(self, rule: SecurityGroupRule) -> Json:
        peer = (
            {"ReferencedGroupInfo": {"GroupId": self.groups[rule.peer.key]}}
            if isinstance(rule.peer, GroupRef)
            else {"CidrIpv4": str(rule.peer)}
        )
        first, last = rule.port_range or (-1, -1)
        return {
            "SecurityGroupRuleId": self.rules[rule],
            "GroupId": self.groups[rule.group],
            "IsEgress": rule.direction is Direction.OUT,
            "IpProtocol": rule.ip_protocol,
            "FromPort": first,
            "ToPort": last,
            **peer,
            "Description": rule.description,
        }


_EVERYTHING: Final = {"IsEgress": True, "IpProtocol": "-1", "FromPort": -1, "ToPort": -1}


def _interrupted() -> Json:
    """An update that was killed right after it made the rule for clients, before the next one."""
    scene = _Scene("dev")
    there = _Account(scene.aws)
    # In their order: 443 was made, 587 not yet, and the engine knows neither.
    begun = [rule for rule in there.rules if rule.group == "client-access.lab"][1:]
    urns = [there.place.one(rule).urn for rule in begun]
    held = {urn: id_ for urn, id_ in there.held().items() if urn not in urns}
    rules = [there.printed_rule(rule) for rule in there.rules if rule is not begun[-1]]
    return {
        "state.json": scene.state(held, tuple(urns)),
        "groups.json": {"SecurityGroups": there.printed_groups()},
        "rules.json": {"SecurityGroupRules": rules},
    }


def _replaced() -> Json:
    """A replacement that was killed right after it made a group: that one is no one's."""
    scene = _Scene("dev")
    there = _Account(scene.aws)
    name = "exchange-lab-mailbox.lab"
    (group,) = (each for each in there.place.plan.groups if each.key == "mailbox.lab")
    left = "sg-0f000000000000000"
    twice = _group(there.place, left, f"{name}-b07d4e1", group.description, {"Name": name})
    rules = [there.printed_rule(rule) for rule in there.rules]
    return {
        "state.json": scene.state(there.held(), (there.place.one(group).urn,)),
        "groups.json": {"SecurityGroups": [*there.printed_groups(), twice]},
        "rules.json": {"SecurityGroupRules": rules},
    }


def _by_hand() -> Json:
    """Groups that people made, of which two shall become ours."""
    scene = _Scene("dev")
    place = scene.aws
    servers, web = "sg-0a000000000000000", "sg-0b000000000000000"
    tcp = {"IsEgress": False, "IpProtocol": "tcp"}
    rdp, https = {"FromPort": 3389, "ToPort": 3389}, {"FromPort": 443, "ToPort": 443}
    any_in = {**_EVERYTHING, "IsEgress": False}
    rules = [
        {"GroupId": servers, **any_in, "ReferencedGroupInfo": {"GroupId": servers}},
        {"GroupId": servers, **any_in, "CidrIpv4": "10.10.1.10/32", "Description": "dc1"},
        {"GroupId": servers, **tcp, **rdp, "CidrIpv4": "10.64.8.0/24"},
        {"GroupId": servers, **tcp, **rdp, "CidrIpv4": "10.9.9.9/32", "Description": "Jo"},
        {"GroupId": servers, **_EVERYTHING, "CidrIpv4": "0.0.0.0/0"},
        {"GroupId": web, **tcp, **https, "CidrIpv4": "10.64.0.0/16"},
        {"GroupId": web, **_EVERYTHING, "CidrIpv4": "0.0.0.0/0"},
    ]
    numbered = [
        {"SecurityGroupRuleId": f"sgr-0{at:03d}", **rule} for at, rule in enumerate(rules, 1)
    ]
    return {
        "state.json": {"version": 3, "deployment": {"manifest": {}}},
        "groups.json": {
            "SecurityGroups": [
                _default(place),
                _group(place, servers, "exchange servers", "all Exchange servers, Jo", {}),
                _group(place, web, "exchange web", "from the office", {"cost": "mail"}),
            ]
        },
        "rules.json": {"SecurityGroupRules": numbered},
    }


def _azure() -> Json:
    """An update that was killed right after it put a network security group, to which somebody added."""
    scene = _Scene("prod-azure")
    place = scene.azure
    at = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/{place.resource_group}"

    def resource(type_: str, name: str, **more: object) -> Json:
        return {
            "id": f"{at}/providers/Microsoft.Network/{type_}/{name}",
            "location": place.location,
            "name": name,
            "resourceGroup": place.resource_group,
            "tags": dict(place.tags),
            "type": f"Microsoft.Network/{type_}",
            **more,
        }

    asgs = {
        place.one(group).urn: resource("applicationSecurityGroups", place.one(group).name)
        for group in place.plan.application_groups
    }
    nsgs: dict[Urn, Json] = {}
    for group in place.plan.groups:
        wanted = place.one(group)
        rules = [
            _as_the_cli_prints(rule_as_it_would_stand(place, rule, _SUBSCRIPTION))
            for rule in group.rules
        ]
        nsgs[wanted.urn] = resource("networkSecurityGroups", wanted.name, securityRules=rules)
    perimeter = next(urn for urn in nsgs if urn.name.endswith("-perimeter"))
    added = {**nsgs[perimeter]["securityRules"][-1], "name": "jo-was-here", "priority": 3999}
    nsgs[perimeter]["securityRules"].append(added)
    held = {urn: each["id"] for urn, each in (asgs | nsgs).items() if urn != perimeter}
    return {
        "state.json": scene.state(held, (perimeter,), "azure-native 3.29.0"),
        "nsgs.json": list(nsgs.values()),
        "asgs.json": list(asgs.values()),
    }


def _as_the_cli_prints(rule: Any) -> Json:
    priority, direction, access, protocol, description, sources, ports, source, destination = (
        rule.summary
    )

    def side(which: str, what: Sequence[str]) -> Json:
        if what[0].startswith("/subscriptions/"):
            return {f"{which}ApplicationSecurityGroups": [{"id": each} for each in what]}
        if len(what) > 1:
            return {f"{which}AddressPrefixes": list(what)}
        return {f"{which}AddressPrefix": what[0]}

    several = {"destinationPortRanges": list(ports)}
    return {
        "name": rule.name,
        "priority": priority,
        "direction": direction.capitalize(),
        "access": access.capitalize(),
        "protocol": protocol.capitalize(),
        "description": description,
        "sourcePortRange": sources[0],
        **(several if len(ports) > 1 else {"destinationPortRange": ports[0]}),
        **side("source", source),
        **side("destination", destination),
    }


SCENES: Final[Mapping[str, Callable[[], Json]]] = {
    "interrupted": _interrupted,
    "replaced": _replaced,
    "by-hand": _by_hand,
    "azure": _azure,
}


def write(folder: Path = FOLDER) -> None:
    """Write every scene."""
    for name, made in SCENES.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file, data in made().items():
            (folder / name / file).write_text(as_text(data), "utf-8")
