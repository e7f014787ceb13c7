"""What the policies check, on plain records, so that it can be tested without Pulumi.

The records have what a stack policy knows of each resource. In a preview an id may be unknown; which resource
an input depends on is known then, too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

#: The components that hold the groups and rules of each network.
NETWORKS = ("exchange-ports:index:AwsNetwork", "exchange-ports:index:AzureNetwork")
GROUP = "aws:ec2/securityGroup:SecurityGroup"
NSG = "azure-native:network:NetworkSecurityGroup"
#: Types that add rules to a group, with the input that names the group.
ADDS_RULES = {
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "securityGroupId",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "securityGroupId",
    "aws:ec2/securityGroupRule:SecurityGroupRule": "securityGroupId",
    "azure-native:network:SecurityRule": "networkSecurityGroupName",
}
ANY = frozenset({"0.0.0.0/0", "::/0", "*", "Internet"})


@dataclass(frozen=True)
class Resource:
    """A resource of the stack."""

    urn: str
    type: str
    name: str
    parent: str
    #: Empty while it is not known.
    id: str
    inputs: Mapping[str, Any]
    #: The URNs that each input depends on.
    depends_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


def foreign_rules(resources: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    """Each rule at a group of the component that the component did not make, with the reason."""
    every = list(resources)
    networks = {each.urn for each in every if each.type in NETWORKS}
    groups = [each for each in every if each.type in (GROUP, NSG) and each.parent in networks]
    for each in every:
        if each.parent in networks:
            continue
        names = sorted(group.name for group in groups_of(each, groups))
        if names:
            one = names[0] if len(names) == 1 else "a group of Exchange servers"
            yield (
                each.urn,
                f"{each.name} adds a rule to {one}. Declare the traffic in `additional_flows` of the "
                "topology, with its reason.",
            )


def open_perimeters(resources: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    """Each rule that allows any address to or from a perimeter, with the reason.

    The perimeter's own rules use the public addresses instead: any address contains the internal zone.
    """
    every = list(resources)
    networks = {each.urn for each in every if each.type in NETWORKS}
    edge = [each for each in every if each.type == GROUP and _is_edge(each)]
    for each in every:
        if groups_of(each, edge):
            ranges = {each.inputs.get("cidrIpv4"), each.inputs.get("cidrIpv6")}
            ranges |= {*(each.inputs.get("cidrBlocks") or ())}
            if ranges & ANY:
                yield each.urn, f"{each.name} allows any address at a group of Edge servers."
        elif each.type == NSG and each.parent in networks and "-perimeter" in each.name:
            for rule in each.inputs.get("securityRules") or ():
                far = "source" if rule.get("direction") == "Inbound" else "destination"
                if rule.get("access") == "Allow" and rule.get(f"{far}AddressPrefix") in ANY:
                    yield each.urn, f"{rule['name']} in {each.name} allows any address."


def groups_of(rule: Resource, groups: Iterable[Resource]) -> list[Resource]:
    """The groups that a resource adds a rule to: by id, or by what the input depends on while none is known."""
    key = ADDS_RULES.get(rule.type)
    if key is None:
        return []
    several = list(groups)
    by_id = [each for each in several if each.id and each.id == rule.inputs.get(key)]
    needed = rule.depends_on.get(key, ())
    return by_id or [each for each in several if each.urn in needed]


def _is_edge(group: Resource) -> bool:
    """Whether a group is one of Edge servers: `exchange-corp-edge-receiving.hq`."""
    return "-edge" in group.name and "-edgesync" not in group.name
