"""Sets of services: which protocol, and which port or ICMP message of it.

All services stand on one line, 65,536 places for each protocol in the order of their numbers: its
ports, its ICMP messages, or, for a protocol that nobody filters any finer, always all of them or
none. So a set of services has one form, and everything is one interval.
"""

from collections.abc import Iterator
from typing import ClassVar, Final, Literal, NamedTuple, Self

from exchange_ports.traffic._intervals import (
    Spans,
    canonical,
    intersection,
    shifted,
)
from exchange_ports.traffic._line import LineSet
from exchange_ports.traffic.icmp import IcmpMessage, IcmpSet
from exchange_ports.traffic.port_set import PortSet
from exchange_ports.traffic.ports import Ports, Protocol
from exchange_ports.traffic.protocols import (
    AH,
    ESP,
    HIGHEST_PROTOCOL,
    ICMP,
    ICMPV6,
    NAMES,
    TCP,
    UDP,
    ProtocolSet,
    protocol_name,
)

__all__ = ["Service", "ServiceSet"]

#: How many places a protocol has: port numbers are 16 bits, ICMP types and codes 8 each.
_WIDTH: Final = 1 << 16

#: The protocols whose ports a cloud filters. SCTP, DCCP and UDP-Lite have ports as well, but
#: there "any other number means all ports whatever ports are given" (aws.md 2.4).
_WITH_PORTS: Final = (TCP, UDP)

_WITH_MESSAGES: Final = (ICMP, ICMPV6)


class Service(NamedTuple):
    """One protocol with one port or ICMP message; None where the protocol has neither."""

    protocol: int
    detail: int | IcmpMessage | None = None

    def __str__(self) -> str:
        if self.detail is None:
            return protocol_name(self.protocol)
        if isinstance(self.detail, IcmpMessage):
            return f"{protocol_name(self.protocol)} {self.detail}"
        return f"{self.detail}/{protocol_name(self.protocol)}"


class ServiceSet(LineSet[Service]):
    """Any services.

    >>> https = ServiceSet.on(TCP, PortSet.of([443]))
    >>> print(https | ServiceSet.of_protocols(ProtocolSet.of([ESP])))
    443/tcp, esp
    >>> print(~https)
    everything but 443/tcp
    """

    __slots__ = ()

    UNIVERSE: ClassVar[Spans] = ((0, (HIGHEST_PROTOCOL + 1) * _WIDTH - 1),)

    @classmethod
    def of(cls, ports: Ports, version: Literal[4, 6]) -> Self:
        """What `ports` names among packets of an IP version, on which it depends what ICMP is."""
        if ports.protocol is Protocol.ANY:
            return cls.everything()
        number = _NUMBERS.get(ports.protocol, ICMP if version == 4 else ICMPV6)  # noqa: PLR2004
        if ports.protocol.has_ports:
            return cls.on(number, PortSet.of(ports.ranges))
        return cls.of_protocols(ProtocolSet.of([number]))

    @classmethod
    def of_protocols(cls, protocols: ProtocolSet) -> Self:
        """These protocols, with all that they carry."""
        return cls(tuple((a * _WIDTH, (b + 1) * _WIDTH - 1) for a, b in protocols.spans))

    @classmethod
    def on(cls, protocol: int, ports: PortSet) -> Self:
        """These ports of TCP or of UDP.

        :raises ValueError: another protocol, whose ports no cloud filters.
        """
        if protocol not in _WITH_PORTS:
            raise ValueError(f"{protocol_name(protocol)} has no ports that a cloud filters")
        return cls(shifted(ports.spans, protocol * _WIDTH))

    @classmethod
    def icmp(cls, protocol: int, messages: IcmpSet) -> Self:
        """These messages of ICMP or of ICMPv6.

        :raises ValueError: another protocol.
        """
        if protocol not in _WITH_MESSAGES:
            raise ValueError(f"{protocol_name(protocol)} has no ICMP messages")
        return cls(shifted(messages.spans, protocol * _WIDTH))

    @staticmethod
    def place(member: Service) -> int:
        """By protocol, then by port or message.

        :raises ValueError: there is no such service, as 25/esp or icmp without a message.
        """
        protocol, detail = member
        first = ProtocolSet.place(protocol) * _WIDTH
        if protocol in _WITH_PORTS and isinstance(detail, int):
            return first + PortSet.place(detail)
        if protocol in _WITH_MESSAGES and isinstance(detail, IcmpMessage):
            return first + IcmpSet.place(detail)
        if detail is None and protocol not in _WITH_PORTS + _WITH_MESSAGES:
            return first
        raise ValueError(f"there is no service {member}")

    def ports(self, protocol: int) -> PortSet:
        """The ports of TCP or of UDP that are in the set.

        :raises ValueError: another protocol.
        """
        if protocol not in _WITH_PORTS:
            raise ValueError(f"{protocol_name(protocol)} has no ports that a cloud filters")
        return PortSet(self._within(protocol))

    def messages(self, protocol: int) -> IcmpSet:
        """The messages of ICMP or of ICMPv6 that are in the set.

        :raises ValueError: another protocol.
        """
        if protocol not in _WITH_MESSAGES:
            raise ValueError(f"{protocol_name(protocol)} has no ICMP messages")
        return IcmpSet(self._within(protocol))

    def protocols(self) -> ProtocolSet:
        """The protocols of which anything is in the set."""
        return ProtocolSet(canonical((a // _WIDTH, b // _WIDTH) for a, b in self.spans))

    def whole_protocols(self) -> ProtocolSet:
        """The protocols of which everything is in the set."""
        return ~(~self).protocols()

    def witness(self) -> Service:
        """A service of the best known protocol: the one that its ports or messages would show.

        :raises ValueError: the set is empty.
        """
        protocol = self.protocols().witness()
        if protocol in _WITH_PORTS:
            return Service(protocol, self.ports(protocol).witness())
        if protocol in _WITH_MESSAGES:
            return Service(protocol, self.messages(protocol).witness())
        return Service(protocol)

    def __str__(self) -> str:
        """Ports, messages and protocols: 25,80-81/tcp, icmp type 8, esp."""
        if not self.spans:
            return "nothing"
        missing = ~self
        if not missing:
            return "everything"
        if _places(missing.spans) < _places(self.spans):
            return "everything but " + ", ".join(missing._parts())
        return ", ".join(self._parts())

    def _within(self, protocol: int) -> Spans:
        first = protocol * _WIDTH
        block = ((first, first + _WIDTH - 1),)
        return shifted(intersection(self.spans, block), -first)

    def _parts(self) -> Iterator[str]:
        whole = self.whole_protocols()
        for protocol in NAMES:
            if protocol in whole:
                continue
            if protocol in _WITH_PORTS and (ports := self.ports(protocol)):
                yield f"{ports}/{protocol_name(protocol)}"
            if protocol in _WITH_MESSAGES and (messages := self.messages(protocol)):
                yield f"{protocol_name(protocol)} {messages}"
        if whole:
            yield str(whole)


def _places(spans: Spans) -> int:
    return sum(last - first + 1 for first, last in spans)


#: ICMP is not here: it is another protocol in each IP version.
_NUMBERS: Final = {
    Protocol.TCP: TCP,
    Protocol.UDP: UDP,
    Protocol.ICMPV6: ICMPV6,
    Protocol.ESP: ESP,
    Protocol.AH: AH,
}
