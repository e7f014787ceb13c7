"""Sets of ICMP messages: what AWS filters of ICMP, and Azure does not.

A security group rule names a type, or a type with a code (aws.md 2.4); a network security group
takes ICMP whole (azure.md 1). A set must be able to say the finer of the two.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final, NamedTuple, Self

from exchange_ports.traffic._intervals import Span, Spans, canonical
from exchange_ports.traffic._line import LineSet

__all__ = ["IcmpMessage", "IcmpSet"]

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

    def witness(self) -> IcmpMessage:
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
