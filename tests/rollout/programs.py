"""Recorded programs side by side: what an engine would do between two, and what must never be in one.

Written from pulumi.md 3 (an engine tells resources apart by URN) and from what replaces them (aws.md
2.6, 3.1 and 3.3; azure.md 5). Must not know: plans, names, nor the model in `exchange_ports.rollout`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import pulumi
import pulumi_aws as aws

from exchange_ports.component import ExchangeFirewall
from exchange_ports.offline import Recording, Registration, record
from tests.support.resource_types import ASG, EGRESS, EXCLUSIVE, GROUP, INGRESS, LIST, NSG

__all__ = [
    "ASG",
    "EXCLUSIVE",
    "GROUP",
    "LIST",
    "NSG",
    "RULES",
    "Did",
    "between",
    "cloud",
    "faults",
    "ids_of",
    "named",
    "run",
]

RULES: Final = (INGRESS, EGRESS)
INTERFACES: Final = (
    "aws:ec2/networkInterface:NetworkInterface",
    "azure-native:network:NetworkInterface",
)
#: The groups of servers, by token.
ATTACHED: Final = (GROUP, ASG, NSG)

#: The inputs of which a change replaces the resource. Of a rule also the kind of its peer.
_REPLACED_BY: Final[Mapping[str, frozenset[str]]] = {
    GROUP: frozenset({"name", "namePrefix", "description", "vpcId"}),
    LIST: frozenset({"addressFamily"}),
    INGRESS: frozenset({"securityGroupId"}),
    EGRESS: frozenset({"securityGroupId"}),
    EXCLUSIVE: frozenset({"securityGroupId"}),
    ASG: frozenset({"applicationSecurityGroupName", "resourceGroupName", "location"}),
    NSG: frozenset({"networkSecurityGroupName", "resourceGroupName", "location"}),
}
_PEERS: Final = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")

_IDS: Final[Mapping[str, Mapping[str, str]]] = {
    "aws": {"vpc_id": "vpc-1"},
    "azure": {"resource_group_name": "rg", "location": "westeurope"},
}

#: An additional flow to the Internet.
TIME: Final = {
    "from": "exchange",
    "to": "internet",
    "ports": ["123/udp"],
    "reason": "time",
    "accept_risk": True,
}


def ids_of(*topologies: Mapping[str, Any]) -> dict[str, Any]:
    """Cloud ids for every network of these topologies."""
    found: dict[str, dict[str, str]] = {}
    for data in topologies:
        for key, network in data["networks"].items():
            if network["platform"] in _IDS:
                found.setdefault(key, {}).update(_IDS[network["platform"]])
    return found


def run(
    data: Mapping[str, Any], previous: Mapping[str, Any] | None = None, **rest: Any
) -> Recording:
    """One run of a small program with this topology, in which every server has an interface."""
    stands = [previous] if previous is not None and rest.get("phase") else []

    def program() -> None:
        firewall = ExchangeFirewall(
            "exchange", topology=data, networks=ids_of(data, *stands), previous=previous, **rest
        )
        for server, attached in firewall.servers.items():
            _attach(server, attached)
        pulumi.export("servers", firewall.servers)
        pulumi.export("groups", firewall.groups)

    return recorded(program)


def recorded(program: Callable[[], object]) -> Recording:
    """What a program registers."""
    return record(program, project="sample", stack="dev", config={})


def _attach(server: str, attached: pulumi.Output[Any]) -> None:
    # Both clouds' in one: what is not there is left out by the recorder.
    aws.ec2.NetworkInterface(
        f"nic-{server}",
        subnet_id="subnet-1",
        description=attached.apply(lambda each: str(sorted(map(str, each.values())))),
    )


def named(recording: Recording) -> dict[tuple[str, str], Mapping[str, object]]:
    """The inputs of everything that is made in a cloud, by type and name; interfaces are left out."""
    return {(one.type, one.name): one.inputs for one in cloud(recording)}


def cloud(recording: Recording) -> Iterator[Registration]:
    """What is made in a cloud, but for the interfaces."""
    return (one for one in recording.registrations if one.custom and one.type not in INTERFACES)


class Did(NamedTuple):
    """What an engine does with one resource: create, change, replace or delete."""

    type: str
    name: str
    does: str


def between(before: Recording, after: Recording) -> frozenset[Did]:
    """What an engine would do to come from one program to the other."""
    old, new = ({one.urn: one for one in cloud(each)} for each in (before, after))
    return frozenset(
        Did(there.type, there.name, does)
        for urn in {**old, **new}
        for there in (new.get(urn) or old[urn],)
        for does in (_does(old.get(urn), new.get(urn)),)
        if does
    )


def _does(old: Registration | None, new: Registration | None) -> str | None:
    if old is None:
        return "create"
    if new is None:
        return "delete"
    if old.inputs == new.inputs:
        return None
    changed = {
        key for key in {**old.inputs, **new.inputs} if old.inputs.get(key) != new.inputs.get(key)
    } - set(new.ignore_changes)
    if not changed:
        return None
    return "replace" if changed & _REPLACED_BY[old.type] or _peer(old) != _peer(new) else "change"


def _peer(rule: Registration) -> str | None:
    return next((kind for kind in _PEERS if kind in rule.inputs), None)


def faults(before: Recording, after: Recording) -> list[str]:
    """What breaks the promise that an update neither cuts nor fails, in either program or between."""
    found = [text for each in (before, after) for text in _in_one(each)]
    found += _renamed(before, after)
    found += [
        f"{did.name} may be worn and is replaced"
        for did in between(before, after)
        if did.does == "replace" and did.type in ATTACHED
    ]
    return sorted(dict.fromkeys(found))


def _in_one(recording: Recording) -> Iterator[str]:
    standing = {one.urn for one in cloud(recording) if one.type in (*RULES, NSG)}
    for one in cloud(recording):
        if one.type in ATTACHED and one.delete_before_replace:
            yield f"{one.name} is deleted before it is replaced"
        if one.type == GROUP and {"ingress", "egress"} & set(one.inputs):
            yield f"{one.name} has rules inline, which are revoked before others are authorized"
        if one.type == NSG and "securityRules" not in one.inputs:
            yield f"{one.name} leaves its rules to others"
    for one in recording.registrations:
        if one.type in INTERFACES and one.name.startswith("nic-"):
            missing = _early(recording, one, standing)
            if missing:
                yield f"{one.name} wears groups of which {len(missing)} rules may not stand yet"


def _early(recording: Recording, interface: Registration, standing: set[str]) -> set[str]:
    """The rules of the interface's network that it does not wait for."""
    waits = set(interface.dependencies)
    parents = {recording.by_urn(urn).parent for urn in waits}
    return {urn for urn in standing if recording.by_urn(urn).parent in parents} - waits


def _renamed(before: Recording, after: Recording) -> Iterator[str]:
    """EC2 tells rules apart by what they say: under another name it is asked for one that is there."""
    names: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for recording in (before, after):
        once: dict[tuple[object, ...], str] = {}
        for one in cloud(recording):
            if one.type in RULES:
                peer = tuple(one.inputs.get(kind) for kind in _PEERS)
                ports = tuple(one.inputs.get(key) for key in ("ipProtocol", "fromPort", "toPort"))
                key = (one.type, one.inputs["securityGroupId"], ports, peer)
                names[key].add(one.name)
                if once.setdefault(key, one.name) != one.name:
                    yield f"{one.name} says what {once[key]} says"
    for several in names.values():
        if len(several) > 1:
            yield f"one rule is called {' and '.join(sorted(several))}"
