"""The rules that stand in Azure, read back by azure-mgmt-network alone, as rule sets that the semantics read.

Knows: what Azure says of network and application security groups, subnets and interfaces; that a
group's name says which it is, and an interface's which server it is of.
Must not know: any state, recording or provider.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, Final

from exchange_ports.clouds.azure import rules as azure_rules
from exchange_ports.planning import Plans
from exchange_ports.traffic.ports import PortRange, Ports, Protocol

if TYPE_CHECKING:
    from azure.mgmt.network import NetworkManagementClient

__all__ = ["as_it_stands"]

_PROTOCOLS: Final = {
    "*": Protocol.ANY,
    "Tcp": Protocol.TCP,
    "Udp": Protocol.UDP,
    "Icmp": Protocol.ICMP,
    "Esp": Protocol.ESP,
    "Ah": Protocol.AH,
}
_DIRECTIONS: Final = {"Inbound": azure_rules.Direction.IN, "Outbound": azure_rules.Direction.OUT}
_ACCESS: Final = {"Allow": azure_rules.Access.ALLOW, "Deny": azure_rules.Access.DENY}


def as_it_stands(
    client: "NetworkManagementClient",
    plans: Plans,
    resource_groups: Mapping[str, str],
    unattached: azure_rules.Attachment | None = None,
) -> Plans:
    """The plans with what stands in Azure in the place of what was planned, to be proved.

    `resource_groups` has the name of each network's. Memberships are read from the interfaces.
    `unattached` is where a group will hang that hangs on nothing yet, if one may.
    """
    return replace(
        plans,
        networks={
            key: _rule_set(client, resource_groups[key], plan.network, unattached)
            for key, plan in plans.networks.items()
        },
    )


def _rule_set(
    client: Any, resource_group: str, network: str, unattached: azure_rules.Attachment | None
) -> azure_rules.AzureRuleSet:
    """What stands in a resource group.

    :raises KeyError: a rule names what has no name of ours, or an interface has no group of ours.
    :raises ValueError: a group hangs on nothing, or on interfaces and subnets, or a rule looks at
        what no rule of ours does.
    """
    prefix = f"exchange-{network}-"
    applications: dict[str, str] = {
        _key(each.id): _stripped(each.name, prefix)
        for each in client.application_security_groups.list(resource_group)
    }
    nsgs: dict[str, Any] = {
        _key(each.id): each for each in client.network_security_groups.list(resource_group)
    }
    zones_of = {one: _zone(_stripped(each.name, prefix)) for one, each in nsgs.items()}
    subnets: dict[str, Any] = {
        _key(subnet.id): subnet
        for vnet in client.virtual_networks.list(resource_group)
        for subnet in _all(vnet.subnets)
    }
    memberships: dict[str, tuple[str, ...]] = {}
    zones: dict[str, azure_rules.Zone] = {}
    for nic in client.network_interfaces.list(resource_group):
        (configuration,) = nic.ip_configurations
        attached = _all(configuration.application_security_groups)
        filtered = nic.network_security_group or (
            subnets[_key(configuration.subnet.id)].network_security_group
        )
        memberships[str(nic.name)] = tuple(applications[_key(each.id)] for each in attached)
        zones[str(nic.name)] = zones_of[_key(filtered.id)]
    return azure_rules.AzureRuleSet(
        network=network,
        groups=tuple(
            azure_rules.NetworkSecurityGroup(
                zones_of[one],
                tuple(_rule(rule, applications.__getitem__) for rule in _all(each.security_rules)),
                _at(each, unattached),
            )
            for one, each in sorted(nsgs.items())
        ),
        application_groups=tuple(map(azure_rules.ApplicationGroup, sorted(applications.values()))),
        memberships=memberships,
        zones=zones,
    )


def _zone(key: str) -> azure_rules.Zone:
    # One for subnets is called after its place as well; where it really hangs, `_at` asks Azure.
    return azure_rules.Zone(key.removesuffix("-subnets"))


def _all(several: Any) -> list[Any]:
    # What is empty may also be missing.
    return list(several or ())


def _key(id_: Any) -> str:
    # Ids differ in case and mean the same.
    return str(id_).lower()


def _stripped(name: Any, prefix: str) -> str:
    if not str(name).startswith(prefix):
        raise KeyError(f"{name} is none of ours")
    return str(name).removeprefix(prefix)


def _at(nsg: Any, unattached: azure_rules.Attachment | None) -> azure_rules.Attachment:
    found = [
        place
        for place, users in (
            (azure_rules.Attachment.NETWORK_INTERFACES, nsg.network_interfaces),
            (azure_rules.Attachment.SUBNETS, nsg.subnets),
        )
        if users
    ]
    if not found and unattached is not None:
        return unattached
    if len(found) != 1:
        raise ValueError(f"{nsg.name} hangs on {' and '.join(found) or 'nothing'}")
    return found[0]


def _rule(rule: Any, application: Callable[[str], str]) -> azure_rules.SecurityRule:
    if rule.source_port_range != "*" or rule.source_port_ranges:
        raise ValueError(f"{rule.name} looks at source ports")
    protocol = _PROTOCOLS[rule.protocol]
    return azure_rules.SecurityRule(
        name=rule.name,
        priority=rule.priority,
        direction=_DIRECTIONS[rule.direction],
        access=_ACCESS[rule.access],
        ports=Ports(protocol, tuple(_ports(rule, protocol))),
        source=_side(rule, "source", application),
        destination=_side(rule, "destination", application),
        reasons=(),
        description=rule.description or "",
    )


def _ports(rule: Any, protocol: Protocol) -> list[PortRange]:
    named = rule.destination_port_ranges or [rule.destination_port_range]
    if not protocol.has_ports:
        if named != ["*"]:
            raise ValueError(f"{rule.name} names ports of a protocol without any")
        return []
    return [_range("0-65535" if each == "*" else each) for each in named]


def _range(text: str) -> PortRange:
    first, _, last = text.partition("-")
    return PortRange(int(first), int(last or first))


def _side(rule: Any, which: str, application: Callable[[str], str]) -> azure_rules.Side:
    groups = getattr(rule, f"{which}_application_security_groups")
    several = getattr(rule, f"{which}_address_prefixes")
    one = getattr(rule, f"{which}_address_prefix")
    if groups:
        (group,) = groups
        return azure_rules.GroupRef(application(_key(group.id)))
    if one == "*":
        return azure_rules.Anything()
    if one and one[0].isalpha() and ":" not in one:
        return azure_rules.Tag(one)
    return azure_rules.Prefixes(tuple(ip_network(each) for each in several or [one]))
