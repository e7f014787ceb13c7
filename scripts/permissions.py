#!/usr/bin/env python3
"""Write the permissions that a deployment needs: permissions/*.json.

`AWS` and `AZURE` have, for each type of resource that the component registers, the actions that its provider
uses. Nothing else is granted. `--check` fails if a file is not current. It needs the standard library alone.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["AWS", "AZURE", "FOLDER", "files", "main"]

FOLDER: Final = Path(__file__).parent.parent / "permissions"


@dataclass(frozen=True, slots=True)
class Need:
    """Actions on one kind of thing."""

    actions: tuple[str, ...]
    #: What the actions are applied to: kinds of things of EC2. Empty where EC2 has no permission by resource.
    on: tuple[str, ...] = ()


def _tags(kind: str) -> Need:
    return Need(("CreateTags", "DeleteTags"), (kind,))


def _rule(way: str) -> tuple[Need, ...]:
    return (
        Need(
            (f"AuthorizeSecurityGroup{way}", f"RevokeSecurityGroup{way}"),
            ("security-group", "security-group-rule"),
        ),
        # A rule is changed in place, except its group and the type of its source (aws.md 3.1).
        Need(("ModifySecurityGroupRules",), ("security-group", "security-group-rule")),
        Need(("DescribeSecurityGroupRules",)),
        _tags("security-group-rule"),
    )


#: What pulumi-aws asks of EC2 for each type (docs/reference/aws.md 2.6 and 3).
AWS: Final[Mapping[str, tuple[Need, ...]]] = {
    "aws:ec2/securityGroup:SecurityGroup": (
        # A group is created in a VPC, which EC2 checks as well.
        Need(("CreateSecurityGroup",), ("security-group", "vpc")),
        Need(("DeleteSecurityGroup",), ("security-group",)),
        Need(("DescribeSecurityGroups",)),
        # A new group allows everything out; the provider removes that rule (aws.md 3.4).
        Need(("RevokeSecurityGroupEgress",), ("security-group", "security-group-rule")),
        # While a group cannot be deleted, the provider looks for the interfaces that have it (aws.md 2.6).
        Need(("DescribeNetworkInterfaces",)),
        _tags("security-group"),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("Ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("Egress"),
    "aws:ec2/managedPrefixList:ManagedPrefixList": (
        Need(
            (
                "CreateManagedPrefixList",
                "DeleteManagedPrefixList",
                "GetManagedPrefixListEntries",
                "ModifyManagedPrefixList",
            ),
            ("prefix-list",),
        ),
        Need(("DescribeManagedPrefixLists",)),
        _tags("prefix-list"),
    ),
    # With `exclusive_rules`: removes the rules that the component did not make.
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive": (
        Need(
            ("RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"),
            ("security-group", "security-group-rule"),
        ),
        Need(("DescribeSecurityGroupRules", "DescribeSecurityGroups")),
    ),
}

#: What pulumi-azure-native asks of Azure Resource Manager for each type (docs/reference/azure.md 5).
AZURE: Final[Mapping[str, tuple[str, ...]]] = {
    "azure-native:network:ApplicationSecurityGroup": (
        "Microsoft.Network/applicationSecurityGroups/delete",
        "Microsoft.Network/applicationSecurityGroups/read",
        "Microsoft.Network/applicationSecurityGroups/write",
    ),
    "azure-native:network:NetworkSecurityGroup": (
        # A rule that names an application security group joins it.
        "Microsoft.Network/applicationSecurityGroups/joinNetworkSecurityRule/action",
        "Microsoft.Network/networkSecurityGroups/delete",
        "Microsoft.Network/networkSecurityGroups/read",
        "Microsoft.Network/networkSecurityGroups/write",
    ),
}

#: What whoever attaches the groups to servers needs, which may be another identity.
AWS_ATTACHING: Final = (
    Need(("ModifyNetworkInterfaceAttribute",), ("network-interface", "security-group")),
    Need(("DescribeInstances", "DescribeNetworkInterfaces", "DescribeSecurityGroups")),
)
AZURE_ATTACHING: Final = (
    "Microsoft.Network/applicationSecurityGroups/joinIpConfiguration/action",
    "Microsoft.Network/applicationSecurityGroups/read",
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Network/networkInterfaces/write",
    "Microsoft.Network/networkSecurityGroups/join/action",
    "Microsoft.Network/networkSecurityGroups/read",
    # To write an interface is to join its subnet.
    "Microsoft.Network/virtualNetworks/subnets/join/action",
    "Microsoft.Network/virtualNetworks/subnets/read",
    # With `attach_to: subnets`.
    "Microsoft.Network/virtualNetworks/subnets/write",
)


def policy(needs: Iterable[Need]) -> dict[str, Any]:
    """A policy of IAM: one statement for each set of things that actions are applied to."""
    kinds_of: dict[str, set[str]] = {}
    for need in needs:
        for action in need.actions:
            kinds_of.setdefault(action, set()).update(need.on)
    statements: dict[tuple[str, ...], list[str]] = {}
    for action, kinds in sorted(kinds_of.items()):
        statements.setdefault(tuple(sorted(kinds)), []).append(f"ec2:{action}")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": _sid(kinds),
                "Effect": "Allow",
                "Action": actions,
                # EC2 has no permission by resource for what only lists.
                "Resource": [f"arn:aws:ec2:*:*:{kind}/*" for kind in kinds] or "*",
            }
            for kinds, actions in sorted(statements.items())
        ],
    }


def _sid(kinds: Sequence[str]) -> str:
    words = [word.capitalize() for kind in kinds for word in ("and", *kind.split("-"))][1:]
    return "".join(words) or "Look"


def role(name: str, description: str, actions: Iterable[str]) -> dict[str, Any]:
    """A custom role of Azure, as `az role definition create --role-definition` takes it."""
    return {
        "Name": name,
        "IsCustom": True,
        "Description": description,
        "Actions": sorted(set(actions)),
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": ["/subscriptions/00000000-0000-0000-0000-000000000000"],
    }


def files() -> Iterator[tuple[str, str]]:
    """The files in `FOLDER`: name and text."""
    made = {
        "aws-deploy": policy(need for needs in AWS.values() for need in needs),
        "aws-attach": policy(AWS_ATTACHING),
        "azure-deploy": role(
            "exchange-ports deploy",
            "Create, change and delete the security groups of exchange-ports.",
            (action for actions in AZURE.values() for action in actions),
        ),
        "azure-attach": role(
            "exchange-ports attach",
            "Attach the security groups of exchange-ports to network interfaces and subnets.",
            AZURE_ATTACHING,
        ),
    }
    for name, content in made.items():
        yield f"{name}.json", json.dumps(content, indent=2) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if one differs")
    asked = parser.parse_args(arguments)
    differing = 0
    for name, text in files():
        path = FOLDER / name
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        if asked.check:
            print(f"{path.name} is not current; run scripts/permissions.py", file=sys.stderr)
            differing += 1
        else:
            path.write_text(text, encoding="utf-8")
    return min(differing, 1)


if __name__ == "__main__":
    sys.exit(main())
