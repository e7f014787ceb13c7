"""Sets whose members stand on a line of whole numbers: addresses, ports, protocols, services."""

from dataclasses import dataclass
from typing import ClassVar, Generic, Self, TypeVar

from exchange_ports.traffic._intervals import (
    NOTHING,
    Spans,
    contains,
    difference,
    intersection,
    subset,
    union,
)

__all__ = ["LineSet"]

Member = TypeVar("Member")


@dataclass(frozen=True, slots=True, repr=False)
class LineSet(Generic[Member]):
    """A set of places on the line of its kind, in the form of `_intervals`.

    A kind says which places there are (`UNIVERSE`), who stands where, and who is recognised. The
    constructor takes what is in that form and in the universe already; each kind has others that
    take what people write.
    """

    spans: Spans = NOTHING

    #: Every place that has a member.
    UNIVERSE: ClassVar[Spans]

    @classmethod
    def everything(cls) -> Self:
        """All that there is of the kind."""
        return cls(cls.UNIVERSE)

    @staticmethod
    def place(member: Member) -> int:
        """Where `member` stands on the line.

        :raises ValueError: there is no such member.
        """
        raise NotImplementedError

    def witness(self) -> Member:
        """One member: the smallest of those that a reader recognises.

        :raises ValueError: the set is empty.
        """
        raise NotImplementedError

    def smallest(self) -> int:
        """The first place.

        :raises ValueError: the set is empty.
        """
        if not self.spans:
            raise ValueError("nothing is in the empty set")
        return self.spans[0][0]

    # Sets of two kinds share no line: 25 is a port and a protocol.

    def __or__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        return type(self)(union(self.spans, other.spans))

    def __and__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        return type(self)(intersection(self.spans, other.spans))

    def __sub__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        return type(self)(difference(self.spans, other.spans))

    def __invert__(self) -> Self:
        return type(self)(difference(self.UNIVERSE, self.spans))

    def __le__(self, other: Self) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return subset(self.spans, other.spans)

    def __contains__(self, member: Member) -> bool:
        return contains(self.spans, self.place(member))

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"
