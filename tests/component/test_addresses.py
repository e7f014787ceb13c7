"""The real addresses of servers are compared with the declared ones before a group or rule is created."""

from functools import cache
from typing import Any, Final

import pulumi
import pulumi_aws as aws
import pytest

from exchange_ports.component import AddressMismatch, TopologyError
from exchange_ports.offline import ProgramFailed, Recording
from tests.component.firewalls import VNET, firewall, run, topology
from tests.support.resource_types import EGRESS, GROUP, INGRESS
from tests.support.strategies import edited

pytestmark = pytest.mark.slow

EX1: Final = "10.20.0.11"
OTHER: Final = "10.20.0.99"


def interface(**known: Any) -> aws.ec2.NetworkInterface:
    """An interface of the same program. Without an address, it is known only after the update."""
    return aws.ec2.NetworkInterface("ex1", subnet_id="subnet-1", **known)


def recorded(real: Any, platform: str = "aws", **rest: Any) -> Recording:
    """A program whose server ex1 has the address that `real` gives."""
    return run(lambda: firewall(topology(platform), addresses={"ex1": real()}, **rest))


def refused(real: Any, platform: str = "aws", **rest: Any) -> ProgramFailed:
    with pytest.raises(ProgramFailed) as failed:
        recorded(real, platform, **rest)
    assert isinstance(failed.value.__cause__, AddressMismatch | TopologyError)
    return failed.value


def firewall_of(recording: Recording) -> list[Any]:
    return [
        (one.urn, one.inputs, one.dependencies, one.property_dependencies)
        for one in recording.registrations
        if one.name != "ex1"
    ]


@cache
def without(platform: str) -> list[Any]:
    return firewall_of(run(lambda: firewall(topology(platform))))


@pytest.mark.parametrize(
    "real, platform",
    [
        (lambda: EX1, "aws"),
        (lambda: pulumi.Output.secret(EX1), "aws"),
        (lambda: interface(private_ip=EX1).private_ip, "azure"),
        (lambda: interface().private_ip, "aws"),
        (lambda: interface().private_ip, "azure"),
    ],
    ids=["value", "secret", "of a resource", "not known in a preview", "not known, Azure"],
)
def test_the_declared_address_changes_nothing(real: Any, platform: str) -> None:
    # No dependency either: an instance that is replaced must not replace its groups.
    assert firewall_of(recorded(real, platform)) == without(platform)


@pytest.mark.parametrize(
    "real, platform",
    [
        (lambda: pulumi.Output.from_input(OTHER), "azure"),
        (lambda: interface(private_ip=OTHER).private_ip, "aws"),
    ],
)
def test_another_address_stops_before_a_group_or_rule(real: Any, platform: str) -> None:
    failed = refused(real, platform)
    assert failed.text.splitlines() == [
        f"error[address-differs] The address of ex1 is {OTHER}; the topology declares {EX1}.",
        "  addresses.ex1",
        "  why: Rules between networks contain the declared address, so they would not apply to this server.",
        f"  fix: Write `{OTHER}` as `address` of ex1 at `sites.hq.servers.ex1`, or give the server the declared address.",
        "  see docs/findings/address-differs.md",
        "1 error; no group or rule of this component was created or changed",
    ]
    custom = {one.type for one in failed.registrations if one.custom}
    assert custom <= {
        "aws:ec2/networkInterface:NetworkInterface",
        "aws:ec2/managedPrefixList:ManagedPrefixList",
    }


def test_rules_at_the_groups_of_neighbors_wait_too() -> None:
    given: Any = {"vpc_id": "vpc-1", "neighbor_security_groups": {"domain-controllers.hq": "sg-1"}}
    networks = {"corp": given}
    real = lambda: interface(private_ip=OTHER).private_ip  # noqa: E731
    types = {one.type for one in refused(real, networks=networks).registrations}
    assert not types & {GROUP, INGRESS, EGRESS}


def test_a_known_address_stops_before_the_component() -> None:
    failed = refused(lambda: OTHER)
    assert failed.registrations == ()
    assert failed.text.endswith("1 error; no resource of this component was registered")


def test_a_secret_address_is_not_shown() -> None:
    def program() -> None:
        secret = pulumi.Output.secret
        firewall(addresses={"ex1": secret(OTHER), "edge1": secret("hunter2")})

    with pytest.raises(ProgramFailed) as failed:
        run(program)
    assert "address of ex1 is another one, which is secret;" in failed.value.text
    assert "Expected an IP address; got a secret value." in failed.value.text
    assert OTHER not in failed.value.text
    assert "hunter2" not in failed.value.text


@pytest.mark.parametrize(
    "value, got",
    [
        (f"{EX1}/32", f'"{EX1}/32"'),
        ("", '""'),
        (None, "nothing"),
        ([EX1], "a list"),
        (7, "a number"),
    ],
)
def test_what_is_no_address_is_refused_whenever_it_is_known(value: Any, got: str) -> None:
    later = len(got) % 2 == 0
    text = refused(lambda: pulumi.Output.from_input(value) if later else value).text
    assert f"error[wrong-type] Expected an IP address; got {got}." in text


def test_every_difference_is_shown_at_once() -> None:
    def program() -> None:
        later = pulumi.Output.from_input
        firewall(addresses={"ex1": later(OTHER), "edge1": later("10.20.240.9")})

    with pytest.raises(ProgramFailed) as failed:
        run(program)
    assert failed.value.text.count("error[address-differs]") == 2


@pytest.mark.parametrize(
    "given, code, text",
    [
        ({"ex11": EX1}, "undeclared", 'Did you mean "ex1"?'),
        ({"mail-host": EX1}, "undeclared", "Declared servers are edge1, ex1, ex2."),
        ({"ex1": EX1}, "address-not-declared", "at `sites.hq.servers.ex1`"),
        ([EX1], "wrong-type", "Expected a mapping; got a list."),
    ],
)
def test_what_cannot_be_compared_is_refused(given: Any, code: str, text: str) -> None:
    declared = topology()
    if code == "address-not-declared":
        # Inside its network, all rules about it are by group.
        del declared["sites"]["hq"]["servers"]["ex1"]["address"]
        run(lambda: firewall(declared))
    with pytest.raises(ProgramFailed) as failed:
        run(lambda: firewall(declared, addresses=given))
    assert f"error[{code}] " in failed.value.text
    assert text in failed.value.text


def test_during_an_update_the_address_of_before_is_right_too() -> None:
    deployed = edited(topology(), {"sites.hq.servers.ex1.address": OTHER})

    def program(real: str) -> None:
        firewall(previous=deployed, addresses={"ex1": pulumi.Output.from_input(real)})

    for real in (EX1, OTHER):
        run(lambda real=real: program(real))
    with pytest.raises(ProgramFailed, match=rf"declares {OTHER} or {EX1}\."):
        run(lambda: program("10.20.0.98"))


def test_the_arguments_of_every_language_have_it() -> None:
    from exchange_ports.component import ExchangeFirewall, ExchangeFirewallArgs

    def program(real: str) -> None:
        args: ExchangeFirewallArgs = {
            "topology": topology("azure"),
            "azure_networks": {"corp": VNET},
            "addresses": {"ex1": real},
        }
        ExchangeFirewall("exchange", args)

    run(lambda: program(EX1))
    with pytest.raises(ProgramFailed, match="address-differs"):
        run(lambda: program(OTHER))
