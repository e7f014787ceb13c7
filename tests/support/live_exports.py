"""Plans as the clouds would print them once they run: the answers of `aws ec2 describe-*` and `az network * list`.

Knows: the shapes of the answers, as botocore's service model and the Azure CLI have them. Must not know: how any
of it is read.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from exchange_ports.clouds.aws import names as aws_names
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.base import Direction
from exchange_ports.clouds.existing import PrintedDocument
from exchange_ports.planning import Plans
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.topology.models import Attachment, Platform
from exchange_ports.traffic.addresses import Address
from exchange_ports.traffic.ports import Protocol

__all__ = ["documents", "export_live", "settings_of"]

Json = dict[str, Any]
_SUBSCRIPTION: Final = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"


def export_live(plans: Plans, component: str = "exchange") -> dict[Platform, list[Any]]:
    """The outputs of all commands, by platform, for plans that run exactly."""
    found: dict[Platform, list[Any]] = {}
    for at, (key, plan) in enumerate(sorted(plans.networks.items())):
        if isinstance(plan, aws.AwsRuleSet):
            made: list[Any] = _aws(plans, key, plan, f"vpc-0{at:016x}", component)
        else:
            assert isinstance(plan, azure.AzureRuleSet)
            made = _azure(plans, key, plan, component)
        found.setdefault(plan.platform, []).extend(made)
    return found


def settings_of(plans: Plans) -> dict[str, Mapping[str, object]]:
    """What a stack file says of each network."""
    return {
        key: {"vpc_id": f"vpc-0{at:016x}"}
        if plan.platform is Platform.AWS
        else {"resource_group_name": f"rg-{key}", "location": "westeurope"}
        for at, (key, plan) in enumerate(sorted(plans.networks.items()))
    }


def documents(outputs: Iterable[Any]) -> list[PrintedDocument]:
    """The outputs as they are read from files."""
    return [
        PrintedDocument(f"{at}.json", json.loads(json.dumps(each)))
        for at, each in enumerate(outputs)
    ]


def _addresses(server: ExchangeServer, at: int, plans: Plans, key: str) -> tuple[Address, ...]:
    if server.declared_addresses:
        return server.declared_addresses
    declared = plans.topology.networks[key]
    zones = declared.perimeter if server.in_perimeter else declared.internal
    zone = next((each for each in zones if each.num_addresses > 64), zones[0])
    # From the end of the zone: the others are near its beginning.
    return (zone.broadcast_address - 2 - at,)


def _servers(plans: Plans, key: str) -> list[tuple[ExchangeServer, tuple[Address, ...]]]:
    network = plans.networks[key].network
    several = plans.inventory.in_network(network)
    return [(each, _addresses(each, at, plans, key)) for at, each in enumerate(several)]


# ---- AWS ----


def _aws(plans: Plans, key: str, plan: aws.AwsRuleSet, vpc: str, component: str) -> list[Json]:
    base = f"{component}-{plan.network}"
    number = vpc[-4:]
    groups = {g.key: f"sg-{number}{at:013x}" for at, g in enumerate(plan.groups)}
    lists = {each.key: f"pl-{number}{at:013x}" for at, each in enumerate(plan.prefix_lists)}
    rules = [
        _aws_rule(rule, f"sgr-{number}{at:013x}", groups, lists)
        for at, rule in enumerate(plan.rules)
    ]
    interfaces = [
        {
            "NetworkInterfaceId": f"eni-{number}{at:013x}",
            "VpcId": vpc,
            "SubnetId": f"subnet-{number}{int(server.in_perimeter):013x}",
            "Status": "in-use",
            "PrivateIpAddress": next((str(a) for a in addresses if a.version == 4), None),
            "PrivateIpAddresses": [
                {"Primary": n == 0, "PrivateIpAddress": str(a)}
                for n, a in enumerate(addresses)
                if a.version == 4
            ],
            "Ipv6Addresses": [{"Ipv6Address": str(a)} for a in addresses if a.version == 6],
            "Groups": [
                {"GroupId": groups[each], "GroupName": each}
                for each in plan.memberships[server.name]
            ],
            "Attachment": {"InstanceId": f"i-{number}{at:013x}", "Status": "attached"},
            "TagSet": [],
        }
        for at, (server, addresses) in enumerate(_servers(plans, key))
    ]
    instances = [
        {
            "InstanceId": f"i-{number}{at:013x}",
            "Tags": [{"Key": "Name", "Value": server.name}],
            "NetworkInterfaces": [],
        }
        for at, (server, _) in enumerate(_servers(plans, key))
    ]
    return [
        {
            "SecurityGroups": [
                {
                    "GroupId": groups[g.key],
                    "GroupName": f"{base}-{g.key}-0a1b2c3",
                    "Description": g.description,
                    "VpcId": vpc,
                    "OwnerId": "123456789012",
                    "Tags": [{"Key": "Name", "Value": f"{base}-{g.key}"}],
                }
                for g in plan.groups
            ]
        },
        {"SecurityGroupRules": rules},
        {
            "PrefixLists": [
                {
                    "PrefixListId": lists[each.key],
                    "PrefixListName": f"{base}-{aws_names.list_name(each.key)}-0a1b2c3",
                    "AddressFamily": f"IPv{each.entries[0].version}",
                    "OwnerId": "123456789012",
                    "MaxEntries": each.max_entries,
                    "Tags": [],
                }
                for each in plan.prefix_lists
            ]
        },
        *(
            {
                "PrefixListId": lists[each.key],
                "Entries": [{"Cidr": str(entry)} for entry in each.entries],
            }
            for each in plan.prefix_lists
        ),
        {"NetworkInterfaces": interfaces},
        {"Reservations": [{"ReservationId": "r-1", "Instances": instances}]},
    ]


def _aws_rule(
    rule: aws.SecurityGroupRule, id_: str, groups: Mapping[str, str], lists: Mapping[str, str]
) -> Json:
    first, last = rule.port_range or (-1, -1)
    found: Json = {
        "SecurityGroupRuleId": id_,
        "GroupId": groups[rule.group],
        "GroupOwnerId": "123456789012",
        "IsEgress": rule.direction is Direction.OUT,
        "IpProtocol": rule.ip_protocol,
        "FromPort": first,
        "ToPort": last,
        "Description": rule.description,
        "Tags": [],
    }
    if isinstance(rule.peer, aws.GroupRef):
        found["ReferencedGroupInfo"] = {
            "GroupId": groups[rule.peer.key],
            "UserId": "123456789012",
        }
    elif isinstance(rule.peer, aws.ListRef):
        found["PrefixListId"] = lists[rule.peer.key]
    else:
        found["CidrIpv4" if rule.peer.version == 4 else "CidrIpv6"] = str(rule.peer)
    return found


# ---- Azure ----

_PROTOCOLS: Final = {
    Protocol.ANY: "*",
    Protocol.TCP: "Tcp",
    Protocol.UDP: "Udp",
    Protocol.ICMP: "Icmp",
    Protocol.ESP: "Esp",
    Protocol.AH: "Ah",
}


def _azure(plans: Plans, key: str, plan: azure.AzureRuleSet, component: str) -> list[list[Json]]:
    base = f"{component}-{plan.network}"
    group = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/rg-{key}/providers/Microsoft.Network"
    vnet = f"{group}/virtualNetworks/vnet-{key}"

    def resource(type_: str, name: str, **more: object) -> Json:
        return {
            "id": f"{group}/{type_}/{name}",
            "location": "westeurope",
            "name": name,
            "resourceGroup": f"rg-{key}",
            "type": f"Microsoft.Network/{type_}",
            **more,
        }

    def asg(each: str) -> Json:
        return {"id": f"{group}/applicationSecurityGroups/{base}-{each}"}

    nsgs = [
        resource(
            "networkSecurityGroups",
            f"{base}-{each.key}",
            securityRules=[_azure_rule(rule, asg) for rule in each.rules],
        )
        for each in plan.groups
    ]
    of = {
        (each.zone, each.at): {"id": nsg["id"]} for each, nsg in zip(plan.groups, nsgs, strict=True)
    }
    nics = [
        resource(
            "networkInterfaces",
            f"{server.name}-nic",
            networkSecurityGroup=of.get((server.zone, Attachment.NETWORK_INTERFACES)),
            virtualMachine={
                "id": f"{group.removesuffix('Microsoft.Network')}Microsoft.Compute/virtualMachines/{server.name}"
            },
            ipConfigurations=[
                {
                    "name": f"ipconfig{at}",
                    "privateIPAddress": str(address),
                    "subnet": {"id": f"{vnet}/subnets/{server.zone}"},
                    "applicationSecurityGroups": [
                        asg(each) for each in plan.memberships[server.name]
                    ],
                }
                for at, address in enumerate(addresses)
            ],
        )
        for server, addresses in _servers(plans, key)
    ]
    declared = plans.topology.networks[key]
    vnets = [
        resource(
            "virtualNetworks",
            f"vnet-{key}",
            addressSpace={
                "addressPrefixes": [str(r) for r in (*declared.internal, *declared.perimeter)]
            },
            subnets=[
                {
                    "id": f"{vnet}/subnets/{zone}",
                    "name": str(zone),
                    "networkSecurityGroup": of.get((zone, Attachment.SUBNETS)),
                }
                for zone in dict.fromkeys(plan.zones.values())
            ],
        )
    ]
    asgs = [
        resource("applicationSecurityGroups", f"{base}-{each.key}")
        for each in plan.application_groups
    ]
    return [nsgs, asgs, nics, vnets]


def _azure_rule(rule: azure.SecurityRule, asg: Any) -> Json:
    def side(which: str, what: azure.Side) -> Json:
        if isinstance(what, azure.GroupRef):
            return {f"{which}ApplicationSecurityGroups": [asg(what.key)]}
        texts = (
            [str(each) for each in what.ranges]
            if isinstance(what, azure.Prefixes)
            else ["*" if isinstance(what, azure.Anything) else what.name]
        )
        if len(texts) > 1:
            return {f"{which}AddressPrefixes": texts, f"{which}AddressPrefix": None}
        return {f"{which}AddressPrefix": texts[0], f"{which}AddressPrefixes": []}

    ports = [str(each) for each in rule.ports.ranges] or ["*"]
    several = len(ports) > 1
    return {
        "name": rule.name,
        "priority": rule.priority,
        "direction": "Inbound" if rule.direction is Direction.IN else "Outbound",
        "access": rule.access.value.capitalize(),
        "protocol": _PROTOCOLS[rule.ports.protocol],
        "description": rule.description,
        "sourcePortRange": "*",
        "sourcePortRanges": [],
        "destinationPortRange": None if several else ports[0],
        "destinationPortRanges": ports if several else [],
        **side("source", rule.source),
        **side("destination", rule.destination),
    }
