"""What is kept after each call is what stood then, and nothing is kept of a call that changed nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine import arm_server, ec2_server
from tests.engine.arm import SUBSCRIPTION, Arm, Json
from tests.engine.snapshots import kept_in, taken
from tests.engine.tenant import LOCATION, Tenant


def some_calls(ec2: Any) -> str:
    """Three that change something, one that looks, and one that is refused. The group's id."""
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_security_group(GroupName="mail", Description="mail", VpcId=vpc_id)
    ec2.describe_security_groups()
    rule: dict[str, Any] = {
        "GroupId": made["GroupId"],
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 25,
                "ToPort": 25,
                "IpRanges": [{"CidrIp": "10.1.0.0/16"}],
            }
        ],
    }
    ec2.authorize_security_group_ingress(**rule)
    with pytest.raises(ec2_server.ClientError, match=r"InvalidPermission\.Duplicate"):
        ec2.authorize_security_group_ingress(**rule)
    return str(made["GroupId"])


CALLS = ["CreateVpc", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress"]


def rules_of(snapshot: Any, group: str) -> list[int]:
    (page,) = snapshot.get_paginator("describe_security_group_rules").paginate()
    rules = page["SecurityGroupRules"]
    return [each["FromPort"] for each in rules if each["GroupId"] == group and not each["IsEgress"]]


def test_an_ec2_of_this_process_is_seen_after_each_call_while_it_is_watched() -> None:
    ec2_server.forget_everything()
    ec2 = ec2_server.client()
    with ec2_server.watched() as seen:
        group = some_calls(ec2)
    some_calls(ec2)
    assert [each.call for each in seen] == CALLS
    assert [rules_of(each, group) for each in seen] == [[], [], [25]]
    ec2_server.forget_everything()


def test_what_a_call_cannot_have_changed_is_as_it_was_before() -> None:
    """Each snapshot asks only for what its call can change; asked for everything, EC2 says the same."""
    ec2_server.forget_everything()
    ec2 = ec2_server.client()
    everything: list[str] = []

    def full(call: str, _: str) -> None:
        everything.append(str(taken(ec2, call)))

    with ec2_server.watched() as seen:
        ec2_server._WATCHING.append(full)
        first = some_calls(ec2)
        (group,) = ec2.describe_security_groups(GroupIds=[first])["SecurityGroups"]
        vpc_id = group["VpcId"]
        other = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc_id)[
            "GroupId"
        ]
        (rule,) = ec2.authorize_security_group_egress(
            GroupId=other,
            IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": first}]}],
        )["SecurityGroupRules"]
        one = rule["SecurityGroupRuleId"]
        ec2.create_tags(Resources=[one, first], Tags=[{"Key": "Name", "Value": "x"}])
        ec2.modify_security_group_rules(
            GroupId=other,
            SecurityGroupRules=[
                {
                    "SecurityGroupRuleId": one,
                    "SecurityGroupRule": {
                        "IpProtocol": "tcp",
                        "FromPort": 25,
                        "ToPort": 25,
                        "ReferencedGroupId": first,
                    },
                }
            ],
        )
        kept = ec2.create_managed_prefix_list(
            PrefixListName="x",
            AddressFamily="IPv4",
            MaxEntries=5,
            Entries=[{"Cidr": "10.1.0.0/16"}],
        )["PrefixList"]
        ec2.modify_managed_prefix_list(
            PrefixListId=kept["PrefixListId"],
            CurrentVersion=1,
            AddEntries=[{"Cidr": "10.2.0.0/16"}],
        )
        subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/20")["Subnet"]["SubnetId"]
        interface = ec2.create_network_interface(SubnetId=subnet, Groups=[first])[
            "NetworkInterface"
        ]["NetworkInterfaceId"]
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[other])
        ec2.delete_network_interface(NetworkInterfaceId=interface)
        ec2.revoke_security_group_egress(GroupId=other, SecurityGroupRuleIds=[one])
        ec2.delete_security_group(GroupId=other)
        ec2.delete_managed_prefix_list(PrefixListId=kept["PrefixListId"])
    ec2_server._WATCHING.remove(full)
    assert len(seen) == 16
    assert [_in_order(str(each)) for each in seen] == [_in_order(each) for each in everything]
    ec2_server.forget_everything()


def _in_order(snapshot: str) -> object:
    call, pages, entries = json.loads(snapshot)
    return call, {ask: sorted(page, key=str) for ask, page in pages.items()}, entries


@pytest.mark.slow
def test_an_ec2_of_its_own_process_writes_down_what_stands_after_each_call(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    assert kept_in(journal) == []
    with ec2_server.served(journal=journal) as endpoint:
        ec2 = ec2_server.client(endpoint)
        group = some_calls(ec2)
        now = json.loads(str(taken(ec2, CALLS[-1])))
    seen = kept_in(journal)
    assert [each.call for each in seen] == CALLS
    assert [rules_of(each, group) for each in seen] == [[], [], [25]]
    assert json.loads(str(seen[-1])) == now


def test_an_arm_is_copied_after_each_call_and_the_copy_stays_as_it_was() -> None:
    arm = Arm()
    seen: list[tuple[str, Arm]] = []
    with arm_server.serving(arm) as endpoint, arm_server.client(endpoint) as client:
        Tenant(arm, client, ["lab"])
        arm.watching.append(lambda method, _: seen.append((method, arm.copy())))
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-lab"
        path = f"{group}/providers/Microsoft.Network/networkSecurityGroups/mail"
        body: Json = {"location": LOCATION, "properties": {"securityRules": []}}
        assert arm.answer("PUT", path, body).status == 201
        assert arm.answer("PUT", path, {"properties": {}}).status == 400
        assert arm.answer("GET", path).status == 200
        assert arm.answer("DELETE", path).status == 202
    assert [method for method, _ in seen] == ["PUT", "DELETE"]
    assert [path in each.ids for _, each in seen] == [True, False]
