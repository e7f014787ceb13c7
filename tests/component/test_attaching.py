"""Groups at network interfaces that others create: attached after every rule, detached before any is deleted."""

from functools import cache
from typing import Any, Final

import pulumi
import pytest

from exchange_ports.component import ExchangeFirewall
from exchange_ports.offline import UNKNOWN, Recording, Registration
from tests.component.firewalls import firewall, run, topology
from tests.support.resource_types import EGRESS, GROUP, INGRESS
from tests.support.sdk import faults
from tests.support.strategies import edited

pytestmark = pytest.mark.slow

ATTACHMENT: Final = (
    "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment"
)


def networks(**interfaces: Any) -> Any:
    return {"corp": {"vpc_id": "vpc-1", "network_interfaces": interfaces}}


@cache
def recording() -> Recording:
    return run(lambda: firewall(networks=networks(ex1="eni-1", edge1="eni-2")))


def attached(found: Recording) -> dict[str, tuple[object, object]]:
    return {
        one.name: (one.inputs["networkInterfaceId"], one.inputs["securityGroupId"])
        for one in found.of_type(ATTACHMENT)
    }


def test_each_group_of_a_server_is_attached_and_no_other() -> None:
    groups = {
        "ex1": ("eni-1", ["exchange", "client-access.hq", "mailbox.hq", "edgesync.hq"]),
        "edge1": ("eni-2", ["edge.hq", "edge-receiving.hq", "edge-sending.hq", "edge-synced.hq"]),
    }
    assert attached(recording()) == {
        f"exchange-corp-attached/{server}/{group}": (interface, f"exchange-corp-{group}.id")
        for server, (interface, keys) in groups.items()
        for group in keys
    }
    assert [fault for one in recording().of_type(ATTACHMENT) for fault in faults(one)] == []


def test_an_attachment_depends_on_every_rule_and_no_rule_on_it() -> None:
    found = recording()
    kinds = (GROUP, INGRESS, EGRESS)
    rules = {one.urn for kind in kinds for one in found.of_type(kind)}
    attachments = {one.urn for one in found.of_type(ATTACHMENT)}
    for one in found.registrations:
        if one.urn in attachments:
            assert rules <= {*one.dependencies}
        else:
            assert not attachments & {*one.dependencies}


def test_everything_else_is_the_same() -> None:
    def others(found: Recording) -> list[Registration]:
        return [one for one in found.registrations if one.type != ATTACHMENT]

    assert others(recording()) == others(run(firewall))


def test_a_renamed_server_keeps_its_attachments() -> None:
    renamed = topology()
    servers = renamed["sites"]["hq"]["servers"]
    servers["mail1"] = {**servers.pop("ex1"), "id": "ex1"}
    found = run(lambda: firewall(renamed, networks(mail1="eni-1", edge1="eni-2")))
    assert attached(found) == attached(recording())


def test_during_an_update_in_phases_the_groups_of_the_phase_are_attached() -> None:
    # A server is added while a flow to its like is removed, which one step would open to it.
    third = {"roles": ["mailbox"], "address": "10.20.0.12"}
    after = edited(topology(), {"sites.hq.servers.ex3": third})
    del after["additional_flows"][0]

    def names(phase: str) -> set[str]:
        def program() -> None:
            given = networks(ex1="eni-1", ex3="eni-3")
            firewall(after, given, previous=topology(), phase=phase)

        return {name.split("/")[1] for name in attached(run(program))}

    assert names("add_rules") == {"ex1"}
    assert names("remove_rules") == {"ex1", "ex3"}


def test_an_interface_that_a_preview_does_not_know_and_a_secret_one() -> None:
    import pulumi_aws as aws

    def program() -> None:
        instance = aws.ec2.Instance("ex1", ami="ami-1", instance_type="m7i.xlarge")
        given = networks(
            ex1=instance.primary_network_interface_id, edge1=pulumi.Output.secret("eni-2")
        )
        firewall(networks=given, addresses={"ex1": instance.private_ip})

    found = run(program)
    assert attached(found).keys() == attached(recording()).keys()
    assert {interface for interface, _ in attached(found).values()} == {UNKNOWN, "eni-2"}
    for one in found.of_type(ATTACHMENT):
        assert ("networkInterfaceId" in one.secrets) == ("edge1" in one.name)


def test_the_arguments_of_every_language_have_it() -> None:
    def program() -> None:
        ExchangeFirewall(
            "exchange",
            {"topology": topology(), "aws_networks": networks(ex1="eni-1", edge1="eni-2")},
        )

    assert attached(run(program)) == attached(recording())
