"""The network interface of pulumi-aws, made by boto3 in EC2, and one group attached to another one.

Knows: what pulumi-aws does for it as far as groups go (hashicorp/terraform-provider-aws,
`internal/service/ec2/vpc_network_interface.go`, `vpc_network_interface_sg_attachment.go`): groups are a
set, written whole by one call. An attachment reads the set, and writes it with one group more or less,
under a lock of the provider.
Must not know: our program, which makes none.
"""

from threading import Lock
from typing import Any, Final, cast

from tests.engine.aws_kinds import Ec2Kind, code_of
from tests.engine.ec2_server import ClientError
from tests.engine.provider import Values

__all__ = ["NetworkInterface", "NetworkInterfaceAttachment"]

#: As the provider does: what one attachment reads and writes, another may not change in between.
_ONE_AT_A_TIME: Final = Lock()

_GONE = "InvalidNetworkInterfaceID.NotFound"


class NetworkInterface(Ec2Kind):
    token = "aws:ec2/networkInterface:NetworkInterface"  # noqa: S105
    inputs = frozenset(
        {"description", "privateIps", "region", "securityGroups", "subnetId", "tags"}
    )
    required = frozenset({"subnetId"})
    replacing = frozenset({"subnetId", "region"})
    computed = Ec2Kind.computed | {"region", "ownerId", "privateIp", "privateIps"}
    tagged_as = "network-interface"

    def same(self, key: str, old: Any, new: Any) -> bool:
        if key == "securityGroups":
            return sorted(cast("list[str]", old or [])) == sorted(cast("list[str]", new or []))
        return super().same(key, old, new)

    def create(self, inputs: Values) -> tuple[str, Values]:
        addresses = cast("list[str]", inputs.get("privateIps") or [])
        primary = {"PrivateIpAddress": addresses[0]} if addresses else {}
        made = self.ec2.create_network_interface(
            SubnetId=inputs["subnetId"],
            **primary,
            Description=inputs.get("description", ""),
            Groups=inputs.get("securityGroups") or [],
            **self.tag_specifications(inputs),
        )["NetworkInterface"]
        id_ = str(made["NetworkInterfaceId"])
        return id_, self.standing(id_, inputs)

    def read(self, id_: str, known: Values) -> Values | None:
        try:
            answer = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[id_])
        except ClientError as refused:
            if code_of(refused) == _GONE:
                return None
            raise
        (found,) = answer["NetworkInterfaces"]
        # In the order that the state has, where it is the same set.
        groups = [each["GroupId"] for each in found["Groups"]]
        known_groups = cast("list[str]", known.get("securityGroups") or [])
        return {
            # No text and an empty one are the same to the provider.
            "description": found["Description"] or None,
            "ownerId": found["OwnerId"],
            "privateIp": found["PrivateIpAddress"],
            "privateIps": [found["PrivateIpAddress"]],
            "region": self.ec2.meta.region_name,
            "securityGroups": known_groups if sorted(known_groups) == sorted(groups) else groups,
            "subnetId": found["SubnetId"],
            "tags": None,
            "tagsAll": {},
        }

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        attributes: dict[str, dict[str, Any]] = {
            "securityGroups": {"Groups": news.get("securityGroups") or []},
            "description": {"Description": {"Value": news.get("description", "")}},
        }
        for key, attribute in attributes.items():
            if not self.same(key, olds.get(key), news.get(key)):
                self.ec2.modify_network_interface_attribute(NetworkInterfaceId=id_, **attribute)
        return self.standing(id_, news)

    def delete(self, id_: str, olds: Values) -> None:
        try:
            self.ec2.delete_network_interface(NetworkInterfaceId=id_)
        except ClientError as refused:
            if code_of(refused) != _GONE:
                raise


class NetworkInterfaceAttachment(Ec2Kind):
    token = (
        "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment"  # noqa: S105
    )
    inputs = frozenset({"networkInterfaceId", "securityGroupId", "region"})
    required = frozenset({"networkInterfaceId", "securityGroupId"})
    replacing = inputs
    computed = frozenset({"region"})
    tagged_as = ""

    def create(self, inputs: Values) -> tuple[str, Values]:
        interface, group = str(inputs["networkInterfaceId"]), str(inputs["securityGroupId"])
        with _ONE_AT_A_TIME:
            groups = self._groups(interface)
            if group in groups:
                raise RuntimeError(f"{group} is already attached to {interface}")
            self._write(interface, [*groups, group])
        id_ = f"{group}_{interface}"
        return id_, self.standing(id_, inputs)

    def read(self, id_: str, known: Values) -> Values | None:
        group, _, interface = id_.partition("_")
        if group not in self._groups(interface):
            return None
        region = self.ec2.meta.region_name
        return {"networkInterfaceId": interface, "securityGroupId": group, "region": region}

    def delete(self, id_: str, olds: Values) -> None:
        group, _, interface = id_.partition("_")
        with _ONE_AT_A_TIME:
            groups = self._groups(interface)
            if group in groups:
                self._write(interface, [each for each in groups if each != group])

    def _groups(self, interface: str) -> list[str]:
        try:
            answer = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])
        except ClientError as refused:
            if code_of(refused) == _GONE:
                return []
            raise
        return [each["GroupId"] for each in answer["NetworkInterfaces"][0]["Groups"]]

    def _write(self, interface: str, groups: list[str]) -> None:
        self.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=groups)
