"""Protocols and port ranges, as both clouds filter them.

A `Ports` value is one protocol with the set of its destination ports. Canonical: ranges are sorted,
disjoint and never adjacent, so equal sets are equal values. `Protocol.ANY` is every IP protocol
(-1 on AWS, * on Azure), which is more than TCP and UDP on all ports: ICMP, GRE and ESP are in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from exchange_ports.traffic.spans import canonical, subset

#: Port numbers are 16 bits (RFC 9293, RFC 768). Port 0 is reserved and never declared.
HIGHEST_PORT: Final = 0xFFFF


class Protocol(StrEnum):
    """The protocols that security groups and network security groups both filter by name."""

    ANY = "any"
    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"
    #: ICMP of IPv6, which EC2 filters apart. Never declared: `icmp` is that of both families.
    ICMPV6 = "icmpv6"
    ESP = "esp"
    AH = "ah"

    @property
    def has_ports(self) -> bool:
        """Whether the protocol has port numbers that a rule can name."""
        return self in (Protocol.TCP, Protocol.UDP)


class PortRange(NamedTuple):
    """Ports `first` to `last`, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def _canonical(ranges: Iterable[PortRange]) -> tuple[PortRange, ...]:
    # Adjacent ranges are one range: 1080 and 1081 cost one rule, not two.
    return tuple(PortRange(*span) for span in canonical(ranges))


@dataclass(frozen=True, slots=True, order=True)
class Ports:
    """One protocol and its destination ports. `ranges` is empty where ports have no meaning."""

    protocol: Protocol
    ranges: tuple[PortRange, ...] = ()

    def covers(self, other: "Ports") -> bool:
        """Whether every packet that `other` names is named by this one too."""
        if self.protocol is Protocol.ANY:
            return True
        if self.protocol is not other.protocol:
            return False
        return subset(other.ranges, self.ranges)

    def meets(self, other: "Ports") -> bool:
        """Whether some packet is named by both."""
        if Protocol.ANY in (self.protocol, other.protocol):
            return True
        return self.protocol is other.protocol and (
            not self.protocol.has_ports
            or any(
                mine.first <= theirs.last and theirs.first <= mine.last
                for mine in self.ranges
                for theirs in other.ranges
            )
        )

    def __or__(self, other: "Ports") -> "Ports":
        """Both together; only for values of one protocol."""
        if self.protocol is not other.protocol:
            raise ValueError(f"cannot join {self} and {other}: they are of different protocols")
        return Ports(self.protocol, _canonical([*self.ranges, *other.ranges]))

    def one_by_one(self) -> tuple["Ports", ...]:
        """The same ports, one value a range."""
        if len(self.ranges) <= 1:
            return (self,)
        return tuple(Ports(self.protocol, (single,)) for single in self.ranges)

    def __str__(self) -> str:
        if not self.protocol.has_ports:
            return "all protocols" if self.protocol is Protocol.ANY else self.protocol.value
        return ",".join(map(str, self.ranges)) + f"/{self.protocol}"


def joined(several: Iterable[Ports]) -> tuple[Ports, ...]:
    """The same ports, one value a protocol, so that neighbors and overlaps are one range."""
    together: dict[Protocol, Ports] = {}
    for ports in several:
        before = together.get(ports.protocol)
        together[ports.protocol] = ports if before is None else before | ports
    return tuple(together.values())


def without_adjacent(several: Iterable[Ports]) -> tuple[Ports, ...]:
    """The same ports, one value a range, neighbors and overlaps joined to one range.

    >>> [str(ports) for ports in without_adjacent([tcp(5986), tcp(25), tcp(5985)])]
    ['25/tcp', '5985-5986/tcp']
    """
    return tuple(single for ports in joined(several) for single in ports.one_by_one())


def _of(protocol: Protocol, ports: Iterable[int | tuple[int, int]]) -> Ports:
    ranges = [PortRange(p, p) if isinstance(p, int) else PortRange(*p) for p in ports]
    if not ranges:
        raise ValueError(f"{protocol} needs at least one port")
    for first, last in ranges:
        if not 0 < first <= last <= HIGHEST_PORT:
            raise ValueError(f"{first}-{last} is not a range of ports from 1 to {HIGHEST_PORT}")
    return Ports(protocol, _canonical(ranges))


def tcp(*ports: int | tuple[int, int]) -> Ports:
    """TCP on these ports or (first, last) ranges.

    >>> str(tcp(1081, 1080, 23))
    '23,1080-1081/tcp'

    :raises ValueError: no port at all, or one that is not 1 to 65535.
    """
    return _of(Protocol.TCP, ports)


def udp(*ports: int | tuple[int, int]) -> Ports:
    """UDP on these ports or (first, last) ranges.

    :raises ValueError: no port at all, or one that is not 1 to 65535.
    """
    return _of(Protocol.UDP, ports)


#: Every protocol on every port.
ANY_PORTS: Final = Ports(Protocol.ANY)
