"""Sets of port numbers."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Final, Literal, NamedTuple, Self

from exchange_ports.traffic.ports import HIGHEST_PORT, PortRange, Ports, Protocol
from exchange_ports.traffic.spans import LineSet, Span, Spans, canonical, intersection, shifted


class PortSet(LineSet[int]):
    """Any port numbers, 0 to 65535: a rule on all ports lets port 0 through as well.

    >>> print(~PortSet.of([(0, 24), (26, 65535)]))
    25
    """

    __slots__ = ()

    UNIVERSE: ClassVar[Spans] = ((0, HIGHEST_PORT),)

    @classmethod
    def of(cls, ports: Iterable[int | tuple[int, int]]) -> Self:
        """These ports and (first, last) ranges.

        :raises ValueError: one is not a port, or a range ends before it begins.
        """
        ranges = [PortRange(p, p) if isinstance(p, int) else PortRange(*p) for p in ports]
        for range_ in ranges:
            if not 0 <= range_.first <= range_.last <= HIGHEST_PORT:
                raise ValueError(f"{range_} is not a range of ports from 0 to {HIGHEST_PORT}")
        return cls(canonical((range_.first, range_.last) for range_ in ranges))

    @staticmethod
    def place(member: int) -> int:
        """The number itself.

        :raises ValueError: it is no port.
        """
        if not 0 <= member <= HIGHEST_PORT:
            raise ValueError(f"{member} is not a port from 0 to {HIGHEST_PORT}")
        return member

    def example(self) -> int:
        """The smallest port; 0, which nothing listens on, only where it is the only one.

        :raises ValueError: the set is empty.
        """
        smallest = self.smallest()
        above = self - PortSet(((0, 0),))
        return above.smallest() if above else smallest

    def __str__(self) -> str:
        """The ports and ranges: 25,1080-1081."""
        return ",".join(str(PortRange(*span)) for span in self.spans) or "nothing"


#: Protocol numbers are 8 bits (RFC 791, RFC 8200).
HIGHEST_PROTOCOL: Final = 255

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
ESP: Final = 50
AH: Final = 51
ICMPV6: Final = 58

#: The known protocols, those first that a reader recognises first.
NAMES: Final[Mapping[int, str]] = MappingProxyType(
    {
        TCP: "tcp",
        UDP: "udp",
        ICMP: "icmp",
        ICMPV6: "icmpv6",
        ESP: "esp",
        AH: "ah",
        47: "gre",
        2: "igmp",
        4: "ipv4",
        41: "ipv6",
        33: "dccp",
        88: "eigrp",
        89: "ospf",
        103: "pim",
        108: "ipcomp",
        112: "vrrp",
        115: "l2tp",
        132: "sctp",
        136: "udplite",
    }
)


def protocol_name(number: int) -> str:
    """The name of a known protocol, "protocol 253" for another.

    >>> protocol_name(50)
    'esp'
    """
    return NAMES.get(number, f"protocol {number}")


class ProtocolSet(LineSet[int]):
    """Any IP protocols.

    >>> print(ProtocolSet.of([AH, ESP, 253]))
    esp, ah, protocol 253
    """

    __slots__ = ()

    UNIVERSE: ClassVar[Spans] = ((0, HIGHEST_PROTOCOL),)

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Self:
        """The protocols of these numbers.

        :raises ValueError: one is not 0 to 255.
        """
        places = [cls.place(number) for number in numbers]
        return cls(canonical((place, place) for place in places))

    @staticmethod
    def place(member: int) -> int:
        """The number itself.

        :raises ValueError: it is no protocol's.
        """
        if not 0 <= member <= HIGHEST_PROTOCOL:
            raise ValueError(f"{member} is not a protocol from 0 to {HIGHEST_PROTOCOL}")
        return member

    def example(self) -> int:
        """The best known; the smallest where none is known.

        :raises ValueError: the set is empty.
        """
        smallest = self.smallest()
        return next((number for number in NAMES if number in self), smallest)

    def __str__(self) -> str:
        """The names, and numbers where a protocol has none or many stand in a row."""
        return ", ".join(text for span in self.spans for text in _written(span)) or "nothing"


#: More protocols in a row than this are written as numbers: a reader counts no further.
_BY_NAME: Final = 2


def _written(span: Span) -> Iterator[str]:
    first, last = span
    if last - first < _BY_NAME:
        yield from (protocol_name(number) for number in range(first, last + 1))
    else:
        yield f"protocols {first}-{last}"


#: How many codes a type has, and how many types there are: 8 bits each (RFC 792, RFC 4443).
_CODES: Final = 256


class IcmpMessage(NamedTuple):
    """A type with its code, as they stand in the packet."""

    type: int
    code: int

    def __str__(self) -> str:
        return f"type {self.type} code {self.code}"


class IcmpSet(LineSet[IcmpMessage]):
    """Any ICMP messages, of either family: which one is the protocol's business.

    >>> print(IcmpSet.of([8, (3, 4)]))
    type 3 code 4, type 8
    """

    __slots__ = ()

    # A message stands at type * 256 + code, so a type is 256 places in a row.
    UNIVERSE: ClassVar[Spans] = ((0, _CODES * _CODES - 1),)

    @classmethod
    def of(cls, messages: Iterable[int | tuple[int, int]]) -> Self:
        """These types with all their codes, and these (type, code) alone.

        :raises ValueError: a type or code is not 0 to 255.
        """
        spans: list[Span] = []
        for message in messages:
            if isinstance(message, int):
                first = cls.place(IcmpMessage(message, 0))
                spans.append((first, first + _CODES - 1))
            else:
                place = cls.place(IcmpMessage(*message))
                spans.append((place, place))
        return cls(canonical(spans))

    @staticmethod
    def place(member: IcmpMessage) -> int:
        """By type, then by code.

        :raises ValueError: type or code is not 0 to 255.
        """
        if not (0 <= member.type < _CODES and 0 <= member.code < _CODES):
            raise ValueError(f"{member} is no ICMP message: types and codes are 0 to {_CODES - 1}")
        return member.type * _CODES + member.code

    def example(self) -> IcmpMessage:
        """An echo request where it is in; otherwise the smallest.

        :raises ValueError: the set is empty.
        """
        smallest = IcmpMessage(*divmod(self.smallest(), _CODES))
        return next((echo for echo in _ECHO_REQUESTS if echo in self), smallest)

    def __str__(self) -> str:
        """The types, and where they are not whole the codes: type 3 codes 0-4, types 8-10."""
        return ", ".join(piece for span in self.spans for piece in _pieces(span)) or "nothing"


def _pieces(span: Span) -> Iterator[str]:
    (kind, code), (last_kind, last_code) = (divmod(place, _CODES) for place in span)
    if kind == last_kind and (code, last_code) != (0, _CODES - 1):
        yield f"type {kind} {_counted('code', code, last_code)}"
        return
    if code:
        yield f"type {kind} {_counted('code', code, _CODES - 1)}"
        kind += 1
    whole = last_kind if last_code == _CODES - 1 else last_kind - 1
    if kind <= whole:
        yield _counted("type", kind, whole)
    if whole < last_kind:
        yield f"type {last_kind} {_counted('code', 0, last_code)}"


def _counted(noun: str, first: int, last: int) -> str:
    return f"{noun} {first}" if first == last else f"{noun}s {first}-{last}"


#: What a ping sends, over IPv4 and over IPv6.
_ECHO_REQUESTS: Final = (IcmpMessage(8, 0), IcmpMessage(128, 0))


#: How many places a protocol has: port numbers are 16 bits, ICMP types and codes 8 each.
_WIDTH: Final = 1 << 16

#: The protocols whose ports a cloud filters. SCTP, DCCP and UDP-Lite have ports as well, but
#: there "any other number means all ports whatever ports are given" (aws.md 2.4).
_WITH_PORTS: Final = (TCP, UDP)

_WITH_MESSAGES: Final = (ICMP, ICMPV6)


class ServicePoint(NamedTuple):
    """One protocol with one port or ICMP message; None where the protocol has neither."""

    protocol: int
    detail: int | IcmpMessage | None = None

    def __str__(self) -> str:
        if self.detail is None:
            return protocol_name(self.protocol)
        if isinstance(self.detail, IcmpMessage):
            return f"{protocol_name(self.protocol)} {self.detail}"
        return f"{self.detail}/{protocol_name(self.protocol)}"


class ServiceSet(LineSet[ServicePoint]):
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
    def place(member: ServicePoint) -> int:
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

    def example(self) -> ServicePoint:
        """A service of the best known protocol: the one that its ports or messages would show.

        :raises ValueError: the set is empty.
        """
        protocol = self.protocols().example()
        if protocol in _WITH_PORTS:
            return ServicePoint(protocol, self.ports(protocol).example())
        if protocol in _WITH_MESSAGES:
            return ServicePoint(protocol, self.messages(protocol).example())
        return ServicePoint(protocol)

    def __str__(self) -> str:
        """Ports, messages and protocols: 25,80-81/tcp, icmp type 8, esp."""
        if not self.spans:
            return "nothing"
        missing = ~self
        if not missing:
            return "all protocols"
        if missing.size < self.size:
            return "all protocols except " + ", ".join(missing._parts())
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


#: ICMP is not here: it is another protocol in each IP version.
_NUMBERS: Final = {
    Protocol.TCP: TCP,
    Protocol.UDP: UDP,
    Protocol.ICMPV6: ICMPV6,
    Protocol.ESP: ESP,
    Protocol.AH: AH,
}
