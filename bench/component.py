"""What the component adds to a program: held against one that was written by hand and registers the same resources.

The hand-written program has no topology, no checks and no proof: only its resources, each with its values and
its references to others.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bench import rules
from bench.measure import Measured, interleaved
from exchange_ports.offline import Registration, record
from exchange_ports.plugin.spelling import snake_case

__all__ = ["HandWritten", "firewall", "hand_written", "measure"]

#: From the issue that asked for the component.
_TARGET: Final = 1.05
_VPC: Final = "vpc-0123456789abcdef0"


def firewall(topology: Mapping[str, Any]) -> None:
    """The program with the component."""
    from exchange_ports.component import ExchangeFirewall

    ExchangeFirewall("bench", {"topology": topology, "aws_networks": {"corp": {"vpc_id": _VPC}}})


@dataclass(frozen=True)
class HandWritten:
    """A resource as someone writes it down: class, name, values and options; `<name>.id` is another's id."""

    kind: Callable[..., Any]
    name: str
    values: Mapping[str, Any]
    #: Names of resources.
    depends_on: tuple[str, ...]
    deleted_with: str


def hand_written(registrations: tuple[Registration, ...]) -> Callable[[], None]:
    """The program with the resources that were registered, written one by one."""
    import pulumi
    from pulumi_aws import ec2, vpc

    kinds: Mapping[str, Callable[..., Any]] = {
        "aws:ec2/securityGroup:SecurityGroup": ec2.SecurityGroup,
        "aws:ec2/managedPrefixList:ManagedPrefixList": ec2.ManagedPrefixList,
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": vpc.SecurityGroupIngressRule,
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": vpc.SecurityGroupEgressRule,
    }
    named = {one.urn: one.name for one in registrations if one.custom}
    written = [
        HandWritten(
            kinds[one.type],
            one.name,
            {snake_case(key): value for key, value in one.inputs.items()},
            tuple(name for urn in one.dependencies if (name := named.get(urn)) is not None),
            named.get(one.deleted_with, ""),
        )
        for one in registrations
        if one.custom
    ]
    ids = {one.id for one in registrations if one.custom}

    def program() -> None:
        made: dict[str, Any] = {}
        # As a careful author does it: below a component, rules gone with their group, ids given out when
        # every rule is there.
        group = pulumi.ComponentResource("bench:index:Firewall", "bench")
        for each in written:
            values = {
                key: made[value.removesuffix(".id")].id
                if isinstance(value, str) and value in ids
                else value
                for key, value in each.values.items()
            }
            referred = {
                value.removesuffix(".id")
                for value in map(str, each.values.values())
                if value in ids
            }
            options = pulumi.ResourceOptions(
                parent=group,
                depends_on=[made[name] for name in each.depends_on if name not in referred] or None,
                deleted_with=made[each.deleted_with] if each.deleted_with else None,
            )
            made[each.name] = each.kind(each.name, **values, opts=options)
        standing = pulumi.Output.all(**{name: each.id for name, each in made.items()})
        groups = {name: standing[name] for name in made if "/" not in name}
        group.register_outputs({"groups": groups})

    return program


def measure(times: int = 7) -> Iterator[Measured]:
    """Both programs, run offline in turn."""
    topology = rules.topology()

    def run(program: Callable[[], None]) -> tuple[Registration, ...]:
        return record(program, project="bench", stack="bench", config={}).registrations

    ours = run(lambda: firewall(topology))
    theirs = hand_written(ours)
    other = run(theirs)
    same = [
        sorted((one.type, one.name, repr(sorted(one.inputs.items()))) for one in each if one.custom)
        for each in (ours, other)
    ]
    if same[0] != same[1]:
        raise AssertionError("the hand-written program registers other resources")
    # By CPU time and with the collector paused: what is held apart is five percent.
    component, by_hand = interleaved(
        lambda: run(lambda: firewall(topology)),
        lambda: run(theirs),
        times=times,
        clock=time.process_time,
        collecting=False,
    )
    count = len(same[0])
    yield Measured(
        f"the component, {count:,} resources",
        component,
        "a hand-written program with the same resources",
        by_hand,
        _TARGET,
    )
