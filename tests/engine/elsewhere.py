"""Servers of another stack, which have groups of ours on their interfaces, and the rules that stand meanwhile.

Knows: EC2 by boto3. Must not know: our program, an engine, or what a rule is for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from tests.engine.snapshots import Snapshot, taken

__all__ = ["CHANGES", "Elsewhere"]

#: What replaces or deletes every group, as settings of tests/programs/named.
CHANGES: Final[Mapping[str, Mapping[str, str]]] = {
    "renamed": {"test:component": "mail"},
    "moved below another component": {"test:parent": "landing-zone"},
    "in another VPC": {"vpc_id": "another"},
}


@dataclass
class Elsewhere:
    """The VPCs of a stack, another VPC, and servers that somebody else attaches."""

    ec2: Any
    snapshots: Callable[[], Sequence[Snapshot]]
    networks: Sequence[str]
    vpcs: dict[str, str] = field(default_factory=dict[str, str])
    another: str = ""
    _interfaces: dict[str, str] = field(default_factory=dict[str, str])
    _seen: int = 0

    def __post_init__(self) -> None:
        self.vpcs = {name: self._vpc() for name in self.networks}
        self.another = self._vpc()

    def _vpc(self) -> str:
        return str(self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])

    def attach(self, outputs: Mapping[str, Any]) -> None:
        """Let each server have the groups that the output `servers` names."""
        for server, each in outputs.items():
            groups = cast("list[str]", each["security_group_ids"])
            if server in self._interfaces:
                self.ec2.modify_network_interface_attribute(
                    NetworkInterfaceId=self._interfaces[server], Groups=groups
                )
                continue
            found = self.ec2.describe_security_groups(GroupIds=groups[:1])["SecurityGroups"]
            subnet = self.ec2.create_subnet(
                VpcId=found[0]["VpcId"], CidrBlock=f"10.0.{len(self._interfaces)}.0/24"
            )["Subnet"]["SubnetId"]
            made = self.ec2.create_network_interface(
                SubnetId=subnet, Description=server, Groups=groups
            )
            self._interfaces[server] = str(made["NetworkInterface"]["NetworkInterfaceId"])

    def leave(self) -> None:
        """Take every server away."""
        for one in self._interfaces.values():
            self.ec2.delete_network_interface(NetworkInterfaceId=one)
        self._interfaces.clear()

    def rules(self) -> dict[str, str]:
        """Every rule that stands at groups of ours, by its id: what it is for."""
        self._seen = len(self.snapshots())
        return _rules(taken(self.ec2, "now"))

    def lost(self, stood: Mapping[str, str]) -> list[str]:
        """Which of the rules that stood were gone after a call since `rules` was asked: at which call first."""
        found: dict[str, str] = {}
        for each in self.snapshots()[self._seen :]:
            for rule in stood.keys() - _rules(each).keys():
                found.setdefault(rule, f"{stood[rule]} is gone after {each.call}")
        return sorted(found.values())


def _rules(snapshot: Snapshot) -> dict[str, str]:
    # Every VPC has a group of its own.
    groups = snapshot.pages["describe_security_groups"]
    ours = {each["GroupId"] for each in groups if each["GroupName"] != "default"}
    return {
        each["SecurityGroupRuleId"]: f"{each['GroupId']} {each.get('Description', '')}"
        for each in snapshot.pages["describe_security_group_rules"]
        if each["GroupId"] in ours
    }
