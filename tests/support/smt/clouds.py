"""What both clouds let through, as formulas: written apart from the package's semantics.

Knows: aws.md 2 and azure.md 1 to 4, the documents themselves, and a rule set as plain data. Must not
know: how this package evaluates a rule set, nor how one comes about.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_network
from typing import Final

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.traffic.ports import Ports
from tests.support.rule_sets import NetworkPlan
from tests.support.smt import logic
from tests.support.smt.logic import NO, PEER, PORT, PROTOCOL, YES, Address, End, Formula, Range

__all__ = ["HOST", "Cloud", "of_ports"]

#: Where load balancers probe from (azure.md 3).
HOST: Final = ip_network("168.63.129.16/32")

#: IANA numbers by the words of a `Ports` value; ICMP is another one in each family.
_NUMBERS: Final = {"tcp": 6, "udp": 17, "icmpv6": 58, "esp": 50, "ah": 51}


@dataclass(frozen=True)
class Cloud:
    """One network: its rule set, who stands in it, and its own ranges."""

    plan: NetworkPlan
    #: The addresses of every server by name; of those in this network the ones are asked for that the
    #: plan dresses.
    where: Mapping[str, tuple[Address, ...]]
    space: tuple[Range, ...]
    _known: dict[str, Formula] = field(default_factory=dict[str, Formula])

    def permits(self, server: str, way: str, own: Address) -> Formula:
        """The server's own filter lets a packet through between `own` and whoever is at the other end."""
        if isinstance(self.plan, aws.AwsRuleSet):
            return self._aws(self.plan, server, way)
        return self._azure(self.plan, server, way, own)

    def _is_member(self, group: str) -> Formula:
        # A group is the private addresses of the interfaces in it (aws.md 2.4, azure.md 1); no one,
        # where no one is in it.
        if group not in self._known:
            self._known[group] = logic.any_of(
                logic.within(PEER, ip_network(address))
                for name, attached in self.plan.memberships.items()
                if group in attached
                for address in self.where.get(name, ())
            )
        return self._known[group]

    # ---- AWS ----

    def _aws(self, plan: aws.AwsRuleSet, server: str, way: str) -> Formula:
        # All groups of an interface are one set of rules, which only allow (aws.md 2.4).
        return logic.any_of(
            logic.all_of(
                _aws_service(rule.ip_protocol, rule.port_range), self._aws_peer(plan, rule.peer)
            )
            for rule in plan.rules
            if rule.direction.value == way and rule.group in plan.memberships[server]
        )

    def _aws_peer(self, plan: aws.AwsRuleSet, peer: aws.Peer) -> Formula:
        if isinstance(peer, aws.GroupRef):
            return self._is_member(peer.key)
        if isinstance(peer, aws.ListRef):
            (entries,) = (each.entries for each in plan.prefix_lists if each.key == peer.key)
            return _inside(PEER, entries)
        return logic.within(PEER, peer)

    # ---- Azure ----

    def _azure(self, plan: azure.AzureRuleSet, server: str, way: str, own: Address) -> Formula:
        groups = [group for group in plan.groups if group.zone == plan.zones[server]]
        if not groups:
            return YES  # no group at the interface: everything is allowed (azure.md 3)
        (group,) = groups
        verdict = self._default(way, server, own)
        # The first match in the order of priority decides (azure.md 1): so from the last to the first,
        # each has its say before whatever comes after it.
        for rule in sorted(group.rules, key=lambda rule: -rule.priority):
            if rule.direction.value != way:
                continue
            ours, theirs = (
                (rule.destination, rule.source) if way == "in" else (rule.source, rule.destination)
            )
            matches = logic.all_of(
                of_ports(rule.ports), self._ours(ours, server, own), self._theirs(theirs)
            )
            verdict = logic.either(matches, YES if rule.access.value == "allow" else NO, verdict)
        return verdict

    def _default(self, way: str, server: str, own: Address) -> Formula:
        """The six default rules, three in each direction (azure.md 2)."""
        ours_in_network = self._ours(azure.Tag("VirtualNetwork"), server, own)
        inside = logic.all_of(ours_in_network, self._tag("VirtualNetwork", PEER))
        second = "AzureLoadBalancer" if way == "in" else "Internet"
        return logic.either(inside, YES, logic.either(self._tag(second, PEER), YES, NO))

    def _ours(self, side: azure.Side, server: str, own: Address) -> Formula:
        # A rule with a group at our side is applied to the interfaces in it (azure.md 1).
        if isinstance(side, azure.GroupRef):
            return YES if side.key in self.plan.memberships[server] else NO
        if isinstance(side, azure.Tag) and side.name == "VirtualNetwork":
            return YES  # the interface is in the network
        return self._side(side, logic.at(own))

    def _theirs(self, side: azure.Side) -> Formula:
        if isinstance(side, azure.GroupRef):
            return self._is_member(side.key)
        return self._side(side, PEER)

    def _side(self, side: azure.Side, end: End) -> Formula:
        if isinstance(side, azure.Prefixes):
            return _inside(end, side.ranges)
        if isinstance(side, azure.Tag):
            return self._tag(side.name, end)
        return YES

    def _tag(self, name: str, end: End) -> Formula:
        # VirtualNetwork has the address of the host in it; the Internet is what has no other tag
        # (azure.md 3). Peers, gateways and routes would add to it: here are none.
        host = logic.within(end, HOST)
        network = logic.any_of((host, _inside(end, self.space)))
        return {
            "VirtualNetwork": network,
            "AzureLoadBalancer": host,
            "Internet": logic.negated(network),
        }[name]


def _inside(end: End, ranges: Iterable[Range]) -> Formula:
    return logic.any_of(logic.within(end, range_) for range_ in ranges)


@cache
def _aws_service(written: str, ports: tuple[int, int] | None) -> Formula:
    """Protocol, ports and ICMP as EC2 is given them (aws.md 2.4)."""
    if written == "-1":
        return YES
    if written in ("tcp", "udp"):
        assert ports is not None
        number = _NUMBERS[written]
        return logic.all_of(logic.is_number(PROTOCOL, number), logic.between(PORT, *ports))
    if written in ("icmp", "icmpv6"):
        assert ports is not None
        kind, code = ports
        # ICMP is a protocol of IPv4 and ICMPv6 one of IPv6; -1 is every type, or every code.
        family = logic.of_six(PEER) if written == "icmpv6" else logic.negated(logic.of_six(PEER))
        number = logic.ICMPV6 if written == "icmpv6" else logic.ICMP
        return logic.all_of(
            family,
            logic.is_number(PROTOCOL, number),
            YES if kind == -1 else logic.is_number(logic.KIND, kind),
            YES if code == -1 else logic.is_number(logic.CODE, code),
        )
    return logic.is_number(PROTOCOL, int(written))


@cache
def of_ports(ports: Ports) -> Formula:
    """Protocol and ports as words say them: any, tcp 25, icmp."""
    word = ports.protocol.value
    if word == "any":
        return YES
    if word == "icmp":
        # Of whichever family the packet is.
        return logic.either(
            logic.of_six(PEER),
            logic.is_number(PROTOCOL, logic.ICMPV6),
            logic.is_number(PROTOCOL, logic.ICMP),
        )
    return logic.all_of(logic.is_number(PROTOCOL, _NUMBERS[word]), *_numbers(word, ports))


def _numbers(word: str, ports: Ports) -> Iterator[Formula]:
    if word in ("tcp", "udp"):
        yield logic.any_of(logic.between(PORT, *range_) for range_ in ports.ranges)
