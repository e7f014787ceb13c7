"""Groups attached in EC2 to network interfaces that our program does not create, and detached again."""

from collections.abc import Callable
from typing import Any

import pytest

from exchange_ports.component import ExchangeFirewall
from exchange_ports.offline import Recording, record
from tests.engine.aws_account import Account
from tests.engine.live import without_ours
from tests.engine.stacks import changed
from tests.support.recordings import declared

pytestmark = pytest.mark.slow


def test_groups_are_attached_beside_those_of_others_and_detached_first(
    account: Callable[[str], Account],
) -> None:
    there = account("dev")
    topology = declared("dev", "aws")
    ((network, vpc),) = there.vpcs.items()
    subnet = there.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    theirs = there.ec2.create_security_group(GroupName="theirs", Description="x", VpcId=vpc)
    made = there.ec2.create_network_interface(SubnetId=subnet, Groups=[theirs["GroupId"]])
    interface = made["NetworkInterface"]["NetworkInterfaceId"]
    server = next(name for site in topology["sites"].values() for name in site["servers"])

    def run(declared: Any) -> Recording:
        ids: Any = {"vpc_id": vpc, "network_interfaces": {server: interface}}

        def program() -> None:
            ExchangeFirewall("exchange", topology=declared, networks={network: ids})

        return record(program, project="sample", stack="dev", config={})

    def groups() -> list[str]:
        answer = there.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])
        return [each["GroupId"] for each in answer["NetworkInterfaces"][0]["Groups"]]

    first = run(topology)
    there.deployment.up(first)
    ours = {
        one.id for one in there.deployment.resources.values() if ":SecurityGroup::" in one.urn
    } & {*groups()}
    assert len(ours) > 1
    assert {*groups()} == {*ours, theirs["GroupId"]}
    assert there.deployment.up(first) == []

    there.deployment.up(run(changed(topology)))
    assert {*groups()} == {*ours, theirs["GroupId"]}

    began = len(there.deployment.steps)
    there.deployment.destroy()
    # EC2 refuses to delete a group in use: the guard of these tests does too.
    kinds = [urn.split("::")[2].rpartition(":")[2] for _, urn in there.deployment.steps[began:]]
    detached = [at for at, kind in enumerate(kinds) if kind.endswith("Attachment")]
    assert detached == [*range(len(ours))]
    assert groups() == [theirs["GroupId"]]
    there.ec2.delete_network_interface(NetworkInterfaceId=interface)
    there.ec2.delete_security_group(GroupId=theirs["GroupId"])
    assert without_ours(there.ec2)
    assert [call for call in there.control.calls() if call.error] == []
