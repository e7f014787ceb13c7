"""Sets of IP protocols, by the numbers that IANA gives them.

Names are those of IANA's register (https://www.iana.org/assignments/protocol-numbers), in small
letters, of the protocols that a reader may meet; every other number is a protocol as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Final, Self

from exchange_ports.traffic._intervals import Span, Spans, canonical
from exchange_ports.traffic._line import LineSet

__all__ = [
    "AH",
    "ESP",
    "HIGHEST_PROTOCOL",
    "ICMP",
    "ICMPV6",
    "NAMES",
    "ProtocolSet",
    "TCP",
    "UDP",
    "protocol_name",
]

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

    def witness(self) -> int:
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
