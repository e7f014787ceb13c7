"""A plan as the clouds' own command lines would print it once it stands, for tools that read that.

The answers of `aws ec2 describe-...` and `az network ... list`, with what our resources register
and a network interface for each server. Ids are names: no one looks them up.

On AWS, hosts of the network that are not ours get an interface whose group lets everything through:
a reader of security groups takes an address of the VPC without one for an address that no one has.
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Final

from exchange_ports.clouds.aws.rules import AwsRuleSet, Direction, GroupRef, ListRef, Peer
from exchange_ports.clouds.azure.rules import Anything, AzureRuleSet, Prefixes, Side, Tag, Zone
from exchange_ports.clouds.azure.rules import GroupRef as ApplicationGroupRef
from exchange_ports.clouds.azure.rules import SecurityRule as AzureRule
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.planning import Plans
from exchange_ports.topology.models import Network as DeclaredNetwork
from exchange_ports.traffic.addresses import EVERYTHING_V4
from exchange_ports.traffic.addresses import Network as Range
from exchange_ports.traffic.ports import HIGHEST_PORT, Protocol

__all__ = ["aws", "azure", "servers"]

_VPC: Final = "vpc-1"
_OWNER: Final = "111122223333"


def servers(plans: Plans, network: str) -> Mapping[str, str]:
    """The address of each server of a network, by name."""
    return {
        member.name: str(member.ranges[0].network_address)
        for member in plans.inventory.servers
        if member.network == network
    }


def aws(plans: Plans, network: str) -> list[dict[str, Any]]:
    """One VPC: its security groups, prefix lists, interfaces and subnets."""
    plan = plans.networks[network]
    if not isinstance(plan, AwsRuleSet):
        raise TypeError(f"{network} is not on AWS")
    declared = plans.topology.networks[network]
    subnets = {zone: f"subnet-{zone.replace('/', '-')}" for zone in _zones(declared)}
    answers: list[dict[str, Any]] = [
        {
            "Vpcs": [
                {
                    "VpcId": _VPC,
                    "CidrBlock": next(iter(subnets)),
                    "CidrBlockAssociationSet": [
                        {"CidrBlock": zone, "CidrBlockState": {"State": "associated"}}
                        for zone in subnets
                    ],
                }
            ]
        },
        {
            "Subnets": [
                {"SubnetId": subnet, "VpcId": _VPC, "CidrBlock": zone}
                for zone, subnet in subnets.items()
            ]
        },
        {"SecurityGroups": [*(_security_group(plan, each.key) for each in plan.groups), _open()]},
        {
            "NetworkInterfaces": [
                _interface(name, address, _zone_of(declared, address, subnets), groups)
                for name, address, groups in (
                    *(
                        (name, address, plan.memberships[name])
                        for name, address in servers(plans, plan.network).items()
                    ),
                    *((each, each, (_OPEN,)) for each in _neighbors(plans, declared)),
                )
            ]
        },
        {
            "PrefixLists": [
                {"PrefixListId": f"pl-{each.key}", "PrefixListName": each.key}
                for each in plan.prefix_lists
            ]
        },
    ]
    answers += [
        {
            "PrefixListId": f"pl-{each.key}",
            "Entries": [{"Cidr": str(entry)} for entry in each.entries],
        }
        for each in plan.prefix_lists
    ]
    return answers


def _neighbors(plans: Plans, declared: DeclaredNetwork) -> tuple[str, ...]:
    """Hosts inside the network that flows name and no one manages."""
    zones = (*declared.internal, *declared.perimeter)
    found: set[Range] = {
        range_
        for flow in plans.flows
        for end in (flow.source, flow.destination)
        if isinstance(end, ExternalEndpoint)
        for range_ in end.ranges
        if range_.num_addresses == 1 and any(range_.network_address in zone for zone in zones)
    }
    return tuple(str(range_.network_address) for range_ in sorted(found, key=str))


def _interface(name: str, address: str, subnet: str, groups: Iterable[str]) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": f"eni-{name}",
        "VpcId": _VPC,
        "SubnetId": subnet,
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"PrivateIpAddress": address, "Primary": True}],
        "Groups": [{"GroupId": f"sg-{key}", "GroupName": key} for key in groups],
    }


def _zones(declared: DeclaredNetwork) -> Iterator[str]:
    return (str(zone) for zone in (*declared.internal, *declared.perimeter))


def _zone_of(declared: DeclaredNetwork, address: str, subnets: Mapping[str, str]) -> str:
    for zone in (*declared.internal, *declared.perimeter):
        if ip_address(address) in zone:
            return subnets[str(zone)]
    raise ValueError(f"{address} is in no zone")


def _security_group(plan: AwsRuleSet, key: str) -> dict[str, Any]:
    def permissions(direction: Direction) -> list[dict[str, Any]]:
        return [
            _permission(rule.ip_protocol, rule.port_range, rule.peer)
            for rule in plan.rules
            if rule.group == key and rule.direction is direction
        ]

    return _group(key, permissions(Direction.IN), permissions(Direction.OUT))


_OPEN: Final = "open"


def _open() -> dict[str, Any]:
    everything = [_permission("-1", None, EVERYTHING_V4)]
    return _group(_OPEN, everything, everything)


def _group(key: str, ingress: object, egress: object) -> dict[str, Any]:
    return {
        "GroupId": f"sg-{key}",
        "GroupName": key,
        "VpcId": _VPC,
        "OwnerId": _OWNER,
        "Description": key,
        "IpPermissions": ingress,
        "IpPermissionsEgress": egress,
    }


def _permission(protocol: str, ports: tuple[int, int] | None, peer: Peer) -> dict[str, Any]:
    reported: dict[str, Any] = {
        "IpProtocol": protocol,
        "IpRanges": [],
        "Ipv6Ranges": [],
        "PrefixListIds": [],
        "UserIdGroupPairs": [],
    }
    if ports is not None:
        reported |= {"FromPort": ports[0], "ToPort": ports[1]}
    if isinstance(peer, GroupRef):
        reported["UserIdGroupPairs"] = [{"GroupId": f"sg-{peer.key}", "UserId": _OWNER}]
    elif isinstance(peer, ListRef):
        reported["PrefixListIds"] = [{"PrefixListId": f"pl-{peer.key}"}]
    elif peer.version == _IPV4:
        reported["IpRanges"] = [{"CidrIp": str(peer)}]
    else:
        reported["Ipv6Ranges"] = [{"CidrIpv6": str(peer)}]
    return reported


_IPV4: Final = 4
_IN_GROUP: Final = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/bench/providers"
    "/Microsoft.Network"
)


def azure(plans: Plans, network: str) -> list[dict[str, Any]]:
    """One VNet: its network security groups, interfaces and address space."""
    plan = plans.networks[network]
    if not isinstance(plan, AzureRuleSet):
        raise TypeError(f"{network} is not on Azure")
    declared = plans.topology.networks[network]
    vnet = f"{_IN_GROUP}/virtualNetworks/{network}"
    subnets = {zone: f"{vnet}/subnets/{zone.replace('/', '-')}" for zone in _zones(declared)}
    groups: list[dict[str, Any]] = [
        {
            "type": "Microsoft.Network/networkSecurityGroups",
            "id": _security_group_id(group.zone),
            "name": group.zone.value,
            "location": "westeurope",
            "securityRules": [_security_rule(rule) for rule in group.rules],
        }
        for group in plan.groups
    ]
    interfaces: list[dict[str, Any]] = [
        {
            "type": "Microsoft.Network/networkInterfaces",
            "id": f"{_IN_GROUP}/networkInterfaces/{name}",
            "name": name,
            "networkSecurityGroup": {"id": _security_group_id(plan.zones[name])},
            "ipConfigurations": [
                {
                    "name": "primary",
                    "privateIPAddress": address,
                    "subnet": {"id": _zone_of(declared, address, subnets)},
                    "applicationSecurityGroups": [
                        {"id": _application_group_id(key)} for key in plan.memberships[name]
                    ],
                }
            ],
        }
        for name, address in servers(plans, plan.network).items()
    ]
    space = {
        "type": "Microsoft.Network/virtualNetworks",
        "id": vnet,
        "name": network,
        "addressSpace": {"addressPrefixes": list(subnets)},
        "subnets": [
            {"id": subnet, "name": zone.replace("/", "-"), "addressPrefix": zone}
            for zone, subnet in subnets.items()
        ],
    }
    return [*groups, *interfaces, space]


def _security_group_id(zone: Zone) -> str:
    return f"{_IN_GROUP}/networkSecurityGroups/{zone.value}"


def _application_group_id(key: str) -> str:
    return f"{_IN_GROUP}/applicationSecurityGroups/{key}"


_PROTOCOLS: Final = {Protocol.ANY: "*", Protocol.TCP: "Tcp", Protocol.UDP: "Udp"}


def _security_rule(rule: AzureRule) -> dict[str, Any]:
    whole = f"1-{HIGHEST_PORT}"
    ports = ["*" if str(each) == whole else str(each) for each in rule.ports.ranges] or ["*"]
    return {
        "name": rule.name,
        "priority": rule.priority,
        "direction": "Inbound" if rule.direction.value == "in" else "Outbound",
        "access": rule.access.value.title(),
        "protocol": _PROTOCOLS[rule.ports.protocol],
        "sourcePortRange": "*",
        "destinationPortRanges": ports,
        **_side("source", rule.source),
        **_side("destination", rule.destination),
    }


def _side(which: str, side: Side) -> dict[str, Any]:
    if isinstance(side, ApplicationGroupRef):
        return {f"{which}ApplicationSecurityGroups": [{"id": _application_group_id(side.key)}]}
    if isinstance(side, Prefixes):
        return {f"{which}AddressPrefixes": [str(each) for each in side.ranges]}
    if isinstance(side, Tag):
        return {f"{which}AddressPrefix": side.name}
    assert isinstance(side, Anything)
    return {f"{which}AddressPrefix": "*"}
