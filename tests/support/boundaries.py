"""Single packets at every boundary of a rule set: first, last and one beyond of whatever it names.

Knows: rule sets as plain data. Must not know: what any of them lets through.
"""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Final

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.traffic.addresses import Address, Network
from exchange_ports.traffic.ports import HIGHEST_PORT, Ports
from exchange_ports.traffic.services import IcmpMessage, ServicePoint
from tests.support.checker import Checker, Detail, protocol_of
from tests.support.rule_sets import NetworkPlan

__all__ = ["addresses", "asked", "services"]

_TCP, _UDP = 6, 17
_ICMPS: Final = {1: 4, 58: 6}
#: IANA numbers by the words of a `Ports` value.
_NUMBERS: Final = {
    **{"tcp": (6,), "udp": (17,), "icmp": (1, 58), "icmpv6": (58,), "esp": (50,), "ah": (51,)},
    "any": (),
}
#: The ends of each family, and Azure's host, which has rules of its own.
_ENDS: Final = ("0.0.0.0/0", "::/0", "168.63.129.16/32")
#: Protocols beside those that rules name: the ends, and some with a say on other firewalls.
_PROTOCOLS: Final = (0, 2, 41, 47, 132, 255)


def addresses(plan: NetworkPlan, others: Iterable[Address]) -> list[Address]:
    """At every range that a rule names, at every server, and at the ends of both families."""
    named = {*map(ip_network, _ENDS), *map(ip_network, others), *_ranges(plan)}
    found = {
        at
        for range_ in named
        for place in (int(range_[0]), int(range_[-1]))
        for at in _near(range_, place)
    }
    return sorted(found, key=lambda at: (at.version, int(at)))


def _ranges(plan: NetworkPlan) -> Iterator[Network]:
    if isinstance(plan, aws.AwsRuleSet):
        for list_ in plan.prefix_lists:
            yield from list_.entries
        for rule in plan.rules:
            if not isinstance(rule.peer, aws.GroupRef | aws.ListRef):
                yield rule.peer
        return
    for group in plan.groups:
        for rule in group.rules:
            for side in (rule.source, rule.destination):
                yield from getattr(side, "ranges", ())


def _near(range_: Network, place: int) -> Iterator[Address]:
    for number in (place - 1, place, place + 1):
        if 0 <= number < 1 << range_.max_prefixlen:
            yield type(range_[0])(number)


def services(plan: NetworkPlan) -> list[ServicePoint]:
    """At every port range, type and protocol that a rule names, and one beyond."""
    every = (
        [rule.ports for rule in plan.rules]
        if isinstance(plan, aws.AwsRuleSet)
        else [rule.ports for group in plan.groups for rule in group.rules]
    )
    found = {service for ports in every for service in _at(ports)}
    found |= {ServicePoint(number, end) for number in (_TCP, _UDP) for end in (0, 1, HIGHEST_PORT)}
    echoes = ((0, 0), (0, 255), (3, 4), (8, 0), (128, 0), (255, 255))
    found |= {ServicePoint(number, IcmpMessage(*one)) for number in _ICMPS for one in echoes}
    numbers = {number for ports in every for number in _NUMBERS[ports.protocol.value]}
    near = {number + step for number in (*numbers, *_ICMPS, _TCP, _UDP) for step in (-1, 0, 1)}
    found |= {
        ServicePoint(number)
        for number in near.union(_PROTOCOLS)
        if number not in _ICMPS and number not in (_TCP, _UDP)
    }
    return sorted(found, key=str)


def _at(ports: Ports) -> Iterator[ServicePoint]:
    for number in _NUMBERS[ports.protocol.value]:
        for first, last in ports.ranges:
            if number in _ICMPS:
                for kind in (first - 1, first, first + 1):
                    for code in (last - 1, last, last + 1):
                        if 0 <= kind <= 255 and 0 <= code <= 255:
                            yield ServicePoint(number, IcmpMessage(kind, code))
            else:
                for port in (first - 1, first, last, last + 1):
                    if 0 <= port <= HIGHEST_PORT:
                        yield ServicePoint(number, port)


def asked(
    checker: Checker,
    way: str,
    own: Address,
    peer: Address,
    service: ServicePoint,
    same: Iterable[Address],
) -> bool | None:
    """What the independent checker says of one packet; None where no one filters it, or there is no such packet.

    `same` are all addresses of the server: what it says to itself reaches no filter.
    """
    if own.version != peer.version or peer in same:
        return None
    if peer.version == 4 and peer in _LINK_LOCAL:
        return None  # never filtered, on either cloud (aws.md 2.4, azure.md 3)
    if way == "out" and peer == _HOST:
        return None  # bypasses the groups (azure.md 3)
    if _ICMPS.get(service.protocol, own.version) != own.version:
        return None
    detail: Detail = service.detail
    if isinstance(service.detail, IcmpMessage):
        detail = (service.detail.type, service.detail.code)
    ends = (str(own), str(peer)) if way == "out" else (str(peer), str(own))
    question = checker.out if way == "out" else checker.into
    return question(*ends, protocol_of(service.protocol), detail).passes


_LINK_LOCAL: Final = ip_network("169.254.0.0/16")
_HOST: Final = ip_address("168.63.129.16")
