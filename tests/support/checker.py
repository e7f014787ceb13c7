"""Whether registered rules let a packet through: a second opinion, naive on purpose.

Knows: what the clouds' documents say of security groups (reference/aws.md 2, 3) and of network
security groups at network interfaces and at subnets (reference/azure.md 1, 2, 3, 5).
Must not know: this package. It sees resources as a program registered them, what each server's
interface has, and which group hangs on which subnet. Whatever it does not understand is an error, never ignored.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any, Final, Protocol, TypeAlias

from tests.support.resource_types import ASG, EGRESS, GROUP, INGRESS, LIST, NSG

__all__ = ["Decision", "Detail", "Checker", "NotUnderstood", "Registered", "protocol_of"]

#: IANA numbers, by which AWS may name a protocol. Only tcp and udp have ports.
_NAMES: Final = {
    **{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "47": "gre", "50": "esp", "51": "ah"}
}
#: A protocol has 8 bits; who has no name above goes by his number.
_NUMBERS: Final = {str(number): _NAMES.get(str(number), str(number)) for number in range(256)}
_AZURE_PROTOCOLS: Final = {"Tcp": "tcp", "Udp": "udp", "Icmp": "icmp", "Esp": "esp", "Ah": "ah"}
#: ICMP is a protocol of IPv4, ICMPv6 one of IPv6.
_FAMILIES: Final = {"icmp": 4, "icmpv6": 6}
#: The port of TCP or UDP, or ICMP's type and code. None: there is none, or it is any ICMP message.
Detail: TypeAlias = int | tuple[int, int] | None
#: Load balancer probes come from here, and the VirtualNetwork tag contains it (azure.md 3).
_AZURE_HOST: Final = ip_address("168.63.129.16")
#: Link-local services of the platforms, which neither filters (aws.md 2.4, azure.md 3).
_UNFILTERED: Final = ip_network("169.254.0.0/16")


_AWS_PEERS: Final = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
_AWS_RULE: Final = {
    *("securityGroupId", "ipProtocol", "fromPort", "toPort", "description", "tags"),
    *_AWS_PEERS,
}
_PLACE: Final = {"resourceGroupName", "location", "tags"}
_FIELDS: Final = {
    GROUP: {"description", "vpcId", "tags"},
    LIST: {"addressFamily", "entries", "maxEntries", "name", "tags"},
    INGRESS: _AWS_RULE,
    EGRESS: _AWS_RULE,
    NSG: _PLACE | {"networkSecurityGroupName", "securityRules"},
    ASG: _PLACE | {"applicationSecurityGroupName"},
}
_AZURE_PEERS: Final = ("AddressPrefix", "AddressPrefixes", "ApplicationSecurityGroups")
_AZURE_RULE: Final = {
    *("name", "priority", "direction", "access", "protocol", "description"),
    *("sourcePortRange", "destinationPortRange", "destinationPortRanges"),
    *(end + peer for end in ("source", "destination") for peer in _AZURE_PEERS),
}


class NotUnderstood(Exception):
    """A field, a form or a question to which the documents above have no answer."""


class Registered(Protocol):
    @property
    def type(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def inputs(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Decision:
    #: None: not ours to say.
    passes: bool | None
    #: The rule that decided, by name. On AWS all that allow, since none decides alone.
    by: str
    #: The descriptions of these rules.
    summary: str = ""
    #: A server of the program's. Of any other host we decide only what the group of its subnet does.
    managed: bool = True


@dataclass(frozen=True)
class _Packet:
    source: str
    destination: str
    protocol: str
    port: Detail


def protocol_of(number: int) -> str:
    """What a protocol is called here."""
    return _NUMBERS[str(number)]


class Checker:
    def __init__(
        self,
        registrations: Iterable[Registered],
        servers: Mapping[str, Mapping[str, Any]],
        addresses: Mapping[str, str],
        virtual_network: Sequence[str] = (),
        subnets: Mapping[str, str] | None = None,
    ) -> None:
        """`servers` is the stack's output, `addresses` says which address is which server's,
        `virtual_network` are the ranges of the Azure network, and `subnets` has the id of the network
        security group of each subnet that has one, by the subnet's range."""
        self._all: dict[str, dict[str, Mapping[str, Any]]] = {token: {} for token in _FIELDS}
        for one in registrations:
            if one.type.startswith(("aws:", "azure-native:")):  # else a component
                _need(one.type in _FIELDS, f"a resource of type {one.type}")
                _need(set(one.inputs) <= _FIELDS[one.type], f"{one.id} with {sorted(one.inputs)}")
                _need(one.id not in self._all[one.type], f"two resources with the id {one.id}")
                self._all[one.type][one.id] = one.inputs
        self._servers = servers
        self._at = {str(ip_address(address)): name for address, name in addresses.items()}
        self._in_order: dict[str, list[Mapping[str, Any]]] = {}
        self._network = [ip_network(text) for text in virtual_network]
        self._subnets = {ip_network(text): group for text, group in (subnets or {}).items()}
        _need(set(addresses.values()) <= set(servers), "an address of nobody in `servers`")

    def out(self, source: str, destination: str, protocol: str, port: Detail) -> Decision:
        """What the source's own filter says."""
        return self._filter(_packet(source, destination, protocol, port), "Outbound")

    def into(self, source: str, destination: str, protocol: str, port: Detail) -> Decision:
        """What the destination's own filter says."""
        return self._filter(_packet(source, destination, protocol, port), "Inbound")

    def passes(self, source: str, destination: str, protocol: str, port: Detail) -> Decision:
        """Both ends, as far as they are ours. Replies need no rule (aws.md 2.4, azure.md 3)."""
        out = self.out(source, destination, protocol, port)
        into = self.into(source, destination, protocol, port)
        ours = [end.passes for end in (out, into) if end.passes is not None]
        by, summary = f"out: {out.by}; in: {into.by}", f"{out.summary}; {into.summary}"
        return Decision(all(ours) if ours else None, by, summary)

    def _filter(self, packet: _Packet, direction: str) -> Decision:
        source, destination = self._at.get(packet.source), self._at.get(packet.destination)
        name = source if direction == "Outbound" else destination
        at_subnet = self._at_subnet(
            packet.source if direction == "Outbound" else packet.destination
        )
        if name is None:
            if at_subnet is None:
                return Decision(None, "not ours", managed=False)
            # Whoever stands in a subnet meets its group, also inside the subnet (azure.md 3).
            return replace(self._azure(at_subnet, packet, direction), managed=False)
        # What a server says to itself reaches no filter.
        _need(source != destination, f"{name} to itself")
        attached = self._servers[name]
        if set(attached) == {"security_group_ids"}:
            return self._aws(attached["security_group_ids"], packet, direction)
        asgs, nsg = "application_security_group_ids", "network_security_group_id"
        _need(set(attached) in ({asgs}, {asgs, nsg}), f"{name} wears {sorted(attached)}")
        # In: the subnet's group, then the interface's; out the other way round (azure.md 3).
        met = [group for group in (at_subnet, attached.get(nsg)) if group is not None]
        _need(bool(met), f"{name} meets no group at all: nobody filters it")
        if direction == "Outbound":
            met.reverse()
        decisions = [self._azure(group, packet, direction) for group in met]
        denied = [each for each in decisions if not each.passes]
        if denied:
            return denied[0]
        # Both must allow it (azure.md 3).
        by = " and ".join(each.by for each in decisions)
        return Decision(True, by, "; ".join(each.summary for each in decisions))

    def _at_subnet(self, address: str) -> str | None:
        there = [group for net, group in self._subnets.items() if _address(address) in net]
        _need(len(there) <= 1, f"{address} is in two subnets")
        return there[0] if there else None

    # ---- AWS ----

    def _aws(self, groups: Sequence[str], packet: _Packet, direction: str) -> Decision:
        rules, peer = self._all[INGRESS], packet.source
        if direction == "Outbound":
            rules, peer = self._all[EGRESS], packet.destination
        for group in groups:
            self._find(GROUP, group)
        allowing: list[str] = []
        for name, rule in rules.items():
            # Every part is looked at, so that none goes unread.
            reaches = [_aws_ports(rule, packet), self._aws_peer(rule, peer)]
            # All groups of an interface are one set of rules (aws.md 2.4).
            if rule["securityGroupId"] in groups and all(reaches):
                allowing.append(name)
        # Rules only allow; where none does, the answer is no (aws.md 2.4).
        summary = "; ".join(str(rules[name].get("description", "")) for name in allowing)
        return Decision(bool(allowing), " and ".join(allowing) or "no rule", summary)

    def _aws_peer(self, rule: Mapping[str, Any], peer: str) -> bool:
        # A rule has exactly one peer (aws.md 3.1).
        given = [field for field in _AWS_PEERS if field in rule]
        _need(len(given) == 1, f"a rule with {given}")
        value = rule[given[0]]
        if given[0] == "referencedSecurityGroupId":
            # The private addresses of the interfaces in that group (aws.md 2.4).
            self._find(GROUP, value)
            return value in self._attached(peer, "security_group_ids")
        if given[0] == "prefixListId":
            # A list is its entries, all of one family (aws.md 2.2, 3.2).
            prefixes = self._find(LIST, value)
            version = {"IPv4": 4, "IPv6": 6}[prefixes["addressFamily"]]
            cidrs = [entry["cidr"] for entry in prefixes["entries"]]
            _need(len(cidrs) <= _whole(prefixes["maxEntries"]), "more entries than maxEntries")
        else:
            cidrs, version = [value], 4 if given[0] == "cidrIpv4" else 6
        # The families are apart: 0.0.0.0/0 does not cover ::/0 (aws.md 2.4).
        _need(all(_network(cidr).version == version for cidr in cidrs), f"{cidrs}: family")
        return any(_inside(peer, cidr) for cidr in cidrs)

    # ---- Azure ----

    def _azure(self, nsg: str, packet: _Packet, direction: str) -> Decision:
        # The platform's services bypass the groups (azure.md 3).
        _need(packet.destination != str(_AZURE_HOST), "nothing filters what goes to Azure's host")
        if nsg not in self._in_order:
            self._in_order[nsg] = self._sorted(self._find(NSG, nsg)["securityRules"])
        # The first match in the order of priority decides (azure.md 1); the defaults come last.
        for rule in self._in_order[nsg]:
            # Every part is looked at, so that none goes unread.
            matches = [
                rule["direction"] == direction,
                _azure_ports(rule, packet),
                self._azure_peer(rule, "source", packet.source),
                self._azure_peer(rule, "destination", packet.destination),
            ]
            if all(matches):
                summary = str(rule.get("description", ""))
                return Decision(rule["access"] == "Allow", rule["name"], summary)
        raise AssertionError("the last default rule matches everything")

    def _sorted(self, rules: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        slots = [(rule["direction"], _whole(rule["priority"])) for rule in rules]
        # A priority is unique in its direction, 100 to 4096; a name in both (azure.md 1).
        _need(all(100 <= priority <= 4096 for _, priority in slots), "a priority out of range")
        _need(len(set(slots)) == len(rules), "two rules of one priority and direction")
        _need(len({rule["name"] for rule in rules}) == len(rules), "two rules of one name")
        for rule in rules:
            _need(set(rule) <= _AZURE_RULE, f"{rule['name']} with {sorted(rule)}")
            _need(rule["direction"] in ("Inbound", "Outbound"), f"direction of {rule['name']}")
            _need(rule["access"] in ("Allow", "Deny"), f"access of {rule['name']}")
        return [*sorted(rules, key=lambda rule: rule["priority"]), *_DEFAULT_RULES]

    def _azure_peer(self, rule: Mapping[str, Any], end: str, address: str) -> bool:
        # Prefix, prefixes or groups: exactly one of them, not empty (azure.md 1).
        given = [end + peer for peer in _AZURE_PEERS if rule.get(end + peer)]
        _need(len(given) == 1, f"{rule['name']}: {end} is {given}")
        value = rule[given[0]]
        if given[0].endswith("AddressPrefix"):
            return self._prefix(address, value)
        if given[0].endswith("AddressPrefixes"):
            # No tag and no `*` among several (azure.md 1).
            return any(_inside(address, prefix) for prefix in value)
        # Groups reach interfaces in them and no other; a rule that names several does not work
        # while one of them is empty (azure.md 1).
        key = "application_security_group_ids"
        groups = [group["id"] for group in value]
        for group in groups:
            self._find(ASG, group)
            if len(groups) > 1 and not any(
                group in one.get(key, ()) for one in self._servers.values()
            ):
                return False
        return any(group in self._attached(address, key) for group in groups)

    def _prefix(self, address: str, prefix: str) -> bool:
        if prefix not in ("VirtualNetwork", "Internet", "AzureLoadBalancer"):
            return prefix == "*" or _inside(address, prefix)
        host = address == str(_AZURE_HOST)
        # Peers, gateways and routes would add to the network (azure.md 3): here are none.
        inside = host or any(ip_address(address) in net for net in self._network)
        # The Internet is what is under no other tag (azure.md 3).
        return {"VirtualNetwork": inside, "Internet": not inside, "AzureLoadBalancer": host}[prefix]

    # ---- both ----

    def _attached(self, address: str, key: str) -> Sequence[str]:
        return self._servers[self._at[address]].get(key, ()) if address in self._at else ()

    def _find(self, token: str, one: str) -> Mapping[str, Any]:
        _need(one in self._all[token], f"{one!r} is not among what was registered as {token}")
        return self._all[token][one]


def _default(direction: str, name: str, source: str, destination: str, access: str) -> Any:
    """One of the six rules that every group ends with: all protocols, all ports (azure.md 2)."""
    ends = {"sourceAddressPrefix": source, "destinationAddressPrefix": destination}
    all_ports = {"protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*"}
    return {"name": name, "direction": direction, "access": access, **ends, **all_ports}


_DEFAULT_RULES: Final = (
    _default("Inbound", "AllowVnetInBound", "VirtualNetwork", "VirtualNetwork", "Allow"),
    _default("Inbound", "AllowAzureLoadBalancerInBound", "AzureLoadBalancer", "*", "Allow"),
    _default("Inbound", "DenyAllInBound", "*", "*", "Deny"),
    _default("Outbound", "AllowVnetOutBound", "VirtualNetwork", "VirtualNetwork", "Allow"),
    _default("Outbound", "AllowInternetOutBound", "*", "Internet", "Allow"),
    _default("Outbound", "DenyAllOutBound", "*", "*", "Deny"),
)


def _packet(source: str, destination: str, protocol: str, port: Detail) -> _Packet:
    ends = [_address(source), _address(destination)]
    _need(ends[0].version == ends[1].version, "a packet of two families")
    _need(protocol in _NUMBERS.values(), f"protocol {protocol}")
    _need(isinstance(port, int) == (protocol in ("tcp", "udp")), f"{protocol} with port {port}")
    _need(not isinstance(port, tuple) or protocol in _FAMILIES, f"{protocol} with type {port}")
    version = ends[0].version
    _need(_FAMILIES.get(protocol, version) == version, f"{protocol} between IPv{version} addresses")
    _need(not any(end in _UNFILTERED for end in ends), "nothing filters link-local addresses")
    return _Packet(str(ends[0]), str(ends[1]), protocol, port)


def _aws_ports(rule: Mapping[str, Any], packet: _Packet) -> bool:
    protocol = _NUMBERS.get(rule["ipProtocol"], rule["ipProtocol"])
    ports = [_whole(rule[field]) for field in ("fromPort", "toPort") if field in rule]
    if protocol in ("tcp", "udp"):  # these need ports (aws.md 2.4)
        _need(len(ports) == 2 and 0 <= ports[0] <= ports[1] <= 65535, f"{protocol} with {ports}")
        port = packet.port
        fits = isinstance(port, int) and ports[0] <= port <= ports[1]
        return protocol == packet.protocol and fits
    if protocol in _FAMILIES:  # these are type and code, -1 for all (aws.md 2.4)
        _need(len(ports) == 2 and all(-1 <= port <= 255 for port in ports), f"type, code {ports}")
        _need(ports[0] != -1 or ports[1] == -1, "a code of every type")
        return protocol == packet.protocol and _is_message(ports, packet.port)
    # Any other protocol, and -1, which is all protocols, means all ports (aws.md 2.4), and -1 with
    # ports never settles (3.5).
    _need(not ports, f"{protocol} with {ports}")
    _need(protocol == "-1" or protocol in _NUMBERS.values(), f"protocol {protocol}")
    return protocol in ("-1", packet.protocol)


def _is_message(asked: Sequence[int], message: Detail) -> bool:
    if not isinstance(message, tuple):
        _need(asked[0] == -1, "a rule by ICMP type, and a packet of any")
        return True
    return all(wanted in (-1, is_) for wanted, is_ in zip(asked, message, strict=True))


def _azure_ports(rule: Mapping[str, Any], packet: _Packet) -> bool:
    protocol = rule["protocol"]
    _need(protocol == "*" or protocol in _AZURE_PROTOCOLS, f"protocol {protocol}")
    _need(rule.get("sourcePortRange") == "*", "a rule by source port")
    one, several = rule.get("destinationPortRange"), rule.get("destinationPortRanges")
    _need(bool(one) != bool(several), "one of port range and port ranges")
    # That `Icmp` means ICMPv6 between IPv6 addresses is a reading: no document says (azure.md 1).
    named = "icmp" if packet.protocol == "icmpv6" else packet.protocol
    same = protocol == "*" or _AZURE_PROTOCOLS[protocol] == named
    if one == "*":  # in the singular field only (azure.md 1)
        return same
    # The documents do not say what ports mean to a protocol that has none.
    _need(protocol in ("Tcp", "Udp"), f"protocol {protocol} with ports")
    # A number or `a-b` (azure.md 1).
    texts = [str(text).split("-") for text in several or [one]]
    ranges = [(int(text[0]), int(text[-1])) for text in texts if len(text) <= 2]
    _need(len(ranges) == len(texts), f"ports {texts}")
    _need(all(0 <= low <= high <= 65535 for low, high in ranges), f"ports {ranges}")
    port = packet.port
    return same and isinstance(port, int) and any(low <= port <= high for low, high in ranges)


def _inside(address: str, cidr: str) -> bool:
    try:
        return _in_network(address, cidr)
    except ValueError as error:
        raise NotUnderstood(str(error)) from None


# Millions of questions are about a few addresses and ranges.
_network = cache(ip_network)
_address = cache(ip_address)


@cache
def _in_network(address: str, cidr: str) -> bool:
    return _address(address) in _network(cidr)


def _whole(number: object) -> int:
    # Numbers may have become floats on their way (aws.md 3.2, azure.md 5).
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        raise NotUnderstood(f"{number!r} is no whole number")
    return int(number)


def _need(condition: bool, otherwise: str) -> None:
    if not condition:
        raise NotUnderstood(otherwise)
