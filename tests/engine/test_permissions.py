"""permissions/*.json are enough for what the providers ask of the clouds, and hold nothing more.

moto's IAM decides on AWS, call by call, on the things that a call is about. On Azure, what is asked of
the Resource Manager is compared with the actions of the role.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import parse_qsl

import pytest
from moto import settings
from moto.iam.models import iam_backends

from exchange_ports.offline import Recording
from scripts import permissions
from tests.engine import ec2_server
from tests.engine.aws_account import Account
from tests.engine.aws_provider import AwsProvider
from tests.engine.azure_subscription import subscription
from tests.engine.control import Call
from tests.engine.deployment import Deployment, Refused
from tests.engine.ec2 import Guard
from tests.engine.stacks import Topology, changed
from tests.support.recordings import Platform, declared

pytestmark = pytest.mark.slow

FILES: Final = {path.stem: path for path in permissions.FOLDER.glob("*.json")}
#: Asked of EC2 only while a group cannot be deleted, which the provider here does not wait for.
SELDOM: Final = frozenset({"ec2:DescribeNetworkInterfaces"})
#: What a call is about, by the beginning of an id.
KINDS: Final = {
    "sg": "security-group",
    "sgr": "security-group-rule",
    "pl": "prefix-list",
    "eni": "network-interface",
}
#: What a call creates.
CREATED: Final = {"CreateSecurityGroup": "security-group", "CreateManagedPrefixList": "prefix-list"}


def content(name: str) -> dict[str, Any]:
    return json.loads(FILES[name].read_text("utf-8"))


def actions(policy: Mapping[str, Any]) -> set[str]:
    return {action for each in policy["Statement"] for action in each["Action"]}


def test_the_files_are_current() -> None:
    assert permissions.main(["--check"]) == 0
    assert set(FILES) == {name.removesuffix(".json") for name, _ in permissions.files()}


def test_a_file_that_is_not_current_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(permissions, "FOLDER", tmp_path)
    assert permissions.main(["--check"]) == 1
    assert "aws-deploy.json is not current" in capsys.readouterr().err
    assert permissions.main([]) == 0
    assert permissions.main(["--check"]) == 0


def types(recording: Recording) -> set[str]:
    return {one.type for one in recording.registrations if one.custom}


# ---- AWS ----


def arn(request: Any) -> str:
    """What a call is about, as IAM names it."""
    sent = dict(parse_qsl(cast("bytes", request.raw_body).decode()))
    action = str(request._get_action())
    if action.startswith("Describe"):
        return "*"
    named = ("ResourceId.1", "NetworkInterfaceId", "GroupId", "PrefixListId")
    id_ = next((sent[key] for key in named if key in sent), "*")
    kind = CREATED.get(action) or KINDS[id_.partition("-")[0]]
    return f"arn:aws:ec2:{ec2_server.REGION}:{ec2_server.ACCOUNT}:{kind}/{id_}"


Allow = Callable[[Mapping[str, Any]], None]


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Allow]:
    """From here on EC2 allows to new clients what a policy allows, and nothing else."""
    iam: Any = iam_backends[ec2_server.ACCOUNT]["aws"]

    def only(policy: Mapping[str, Any]) -> None:
        iam.create_user("eu-west-1", "deployer")
        iam.put_user_policy("deployer", "permissions", json.dumps(policy))
        key = iam.create_access_key("deployer")
        session = cast(Any, ec2_server.boto3).session.Session(
            aws_access_key_id=key.access_key_id, aws_secret_access_key=key.secret_access_key
        )
        monkeypatch.setattr(ec2_server, "_session", lambda: session)
        monkeypatch.setattr(Guard, "_determine_resource", arn, raising=False)
        monkeypatch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)

    yield only
    monkeypatch.undo()
    iam.reset()
    ec2_server.forget_everything()


def without(policy: Mapping[str, Any], action: str) -> dict[str, Any]:
    return {
        **policy,
        "Statement": [
            {**each, "Action": [one for one in each["Action"] if one != action]}
            for each in policy["Statement"]
        ],
    }


def small(platform: Platform) -> Topology:
    """Two servers, and something for every type of resource."""
    topology = declared("dev", platform)
    del topology["clients"]
    if platform == "aws":
        topology["networks"]["lab"]["exclusive_rules"] = True
    topology["private_blocks"] = ["10.0.0.0/8"]
    topology["additional_flows"].append(
        {"from": "exchange", "to": "internet", "ports": ["443/tcp"], "reason": "updates"}
    )
    return topology


def edited(topology: Topology) -> Topology:
    """A rule is added, one is changed, one is removed, and so is an entry of the prefix list."""
    after = changed(topology)
    after["private_blocks"] = ["10.0.0.0/8", "192.168.0.0/16"]
    return after


def test_the_policy_is_what_a_deployment_on_aws_needs(
    account: Callable[[str], Account], allow: Allow
) -> None:
    there = account("dev")
    before = small("aws")
    first = there.run(before, {"owner": "mail"})
    assert types(first) == set(permissions.AWS)
    second = there.run(edited(before), {"team": "mail"})

    policy = content("aws-deploy")
    allow(policy)
    deployment = Deployment(AwsProvider(there.control), there.deployment._places)
    deployment.up(first)
    deployment.up(second)
    deployment.destroy()
    calls = there.control.calls()
    # With exclusive rules, a rule can be gone before its own resource is deleted.
    assert {call.error for call in calls} <= {None, "InvalidSecurityGroupRuleId.NotFound"}
    assert {f"ec2:{call.call}" for call in calls} == actions(policy) - SELDOM


def test_what_the_policy_does_not_allow_is_refused(
    account: Callable[[str], Account], allow: Allow
) -> None:
    there = account("dev")
    first = there.run(small("aws"))
    allow(without(content("aws-deploy"), "ec2:CreateManagedPrefixList"))
    deployment = Deployment(AwsProvider(there.control), there.deployment._places)
    with pytest.raises(Refused, match="not authorized to perform: ec2:CreateManagedPrefixList"):
        deployment.up(first)


def test_who_attaches_groups_to_interfaces_may_do_nothing_else(
    account: Callable[[str], Account], allow: Allow
) -> None:
    ec2 = account("dev").ec2
    (vpc_id,) = {each["VpcId"] for each in ec2.describe_subnets()["Subnets"]}
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    eni = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc_id)["GroupId"]
    allow(content("aws-attach"))
    limited = ec2_server.client()
    limited.describe_network_interfaces(NetworkInterfaceIds=[eni])
    limited.modify_network_interface_attribute(NetworkInterfaceId=eni, Groups=[group])
    with pytest.raises(ec2_server.ClientError, match="not authorized to perform"):
        limited.create_security_group(GroupName="h", Description="d", VpcId=vpc_id)


# ---- Azure ----


def test_the_role_is_what_a_deployment_on_azure_needs(tmp_path: Path) -> None:
    before = small("azure")
    with subscription("dev", before, tmp_path) as there:
        first = there.run(before, {"owner": "mail"})
        assert types(first) == set(permissions.AZURE)
        there.deployment.up(first)
        there.deployment.up(there.run(edited(before), {"team": "mail"}))
        there.deployment.destroy()
        calls = there.control.calls()
    # The provider looks first whether the name is free.
    assert {call.error for call in calls if call.writes} == {None}
    asked = {action for call in calls for action in azure_actions(call)}
    assert asked == set(content("azure-deploy")["Actions"])


VERBS: Final = {"GET": "read", "PUT": "write", "DELETE": "delete"}


def azure_actions(call: Call) -> Iterator[str]:
    """What Azure asks of the caller's roles for a call."""
    kind = re.search(r"/resourceGroups/[^/]+/providers/([^/]+/[^/?]+)", call.sent["path"])
    # Where an operation stands, whoever began it may ask: no role of a resource group has a permission for that.
    if kind is None:
        assert "/operations/" in call.sent["path"]
        return
    yield f"{kind[1]}/{VERBS[call.call]}"
    if "ApplicationSecurityGroups" in json.dumps(call.sent.get("body")):
        yield "Microsoft.Network/applicationSecurityGroups/joinNetworkSecurityRule/action"
