"""Sets of whole numbers as intervals: the arithmetic under every set of this package.

A value is a tuple of intervals, first and last number included: sorted, disjoint, and never
adjacent. Each set of numbers has exactly one such tuple, so tuples are equal where sets are. Every
function here takes such tuples and, but for `canonical`, relies on their form; every one that
returns intervals returns that form. What the numbers stand for is not known here.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final, Generic, Self, TypeAlias, TypeVar

Span: TypeAlias = tuple[int, int]
Spans: TypeAlias = tuple[Span, ...]

NOTHING: Final[Spans] = ()


def canonical(spans: Iterable[Span]) -> Spans:
    """The numbers that lie in any of `spans`, which may overlap, touch and come in any order.

    >>> canonical([(8, 9), (1, 3), (4, 5), (2, 2)])
    ((1, 5), (8, 9))
    """
    ordered = sorted(spans)
    joined = ordered[:1]
    for span in ordered[1:]:
        first, last = span
        before_first, before_last = joined[-1]
        if first > before_last + 1:
            joined.append(span)
        elif last > before_last:
            joined[-1] = (before_first, last)
    return tuple(joined)


def union(one: Spans, other: Spans) -> Spans:
    """The numbers in either.

    >>> union(((1, 3),), ((4, 5),))
    ((1, 5),)
    """
    if not (one and other):
        return one or other
    # Two sorted runs: Python's sort merges them in linear time.
    return canonical(one + other)


def intersection(one: Spans, other: Spans) -> Spans:
    """The numbers in both.

    >>> intersection(((1, 5), (8, 9)), ((4, 8),))
    ((4, 5), (8, 8))
    """
    shared: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        first, last = one[i]
        other_first, other_last = other[j]
        low = max(first, other_first)
        high = min(last, other_last)
        if low <= high:
            shared.append((low, high))
        # Whichever ends first can meet nothing more. Pieces of one interval lie in different
        # intervals of the other, so a gap is between any two of them.
        if last < other_last:
            i += 1
        else:
            j += 1
    return tuple(shared)


def difference(one: Spans, other: Spans) -> Spans:
    """The numbers in `one` that are not in `other`; the complement where `one` is the universe.

    >>> difference(((0, 9),), ((4, 5), (9, 9)))
    ((0, 3), (6, 8))
    """
    kept: list[Span] = []
    hole = 0
    for first, last in one:
        while hole < len(other) and other[hole][1] < first:
            hole += 1
        start = first
        # A hole that reaches beyond `last` is left standing: the next interval may begin in it.
        while hole < len(other) and other[hole][0] <= last:
            hole_first, hole_last = other[hole]
            if start < hole_first:
                kept.append((start, hole_first - 1))
            start = hole_last + 1
            if start > last:
                break
            hole += 1
        if start <= last:
            kept.append((start, last))
    return tuple(kept)


def subset(inner: Spans, outer: Spans) -> bool:
    """Whether every number of `inner` is in `outer`.

    >>> subset(((2, 3), (9, 9)), ((1, 3), (8, 9)))
    True
    """
    at = 0
    for first, last in inner:
        while at < len(outer) and outer[at][1] < last:
            at += 1
        # Nothing in `outer` is adjacent, so an interval lies in one of its intervals or in none.
        if at == len(outer) or outer[at][0] > first:
            return False
    return True


def contains(spans: Spans, number: int) -> bool:
    """Whether `number` is in the set.

    >>> contains(((1, 3), (8, 9)), 8)
    True
    """
    at = bisect_right(spans, number, key=_first)
    return at > 0 and number <= spans[at - 1][1]


def shifted(spans: Spans, by: int) -> Spans:
    """Every number plus `by`.

    >>> shifted(((1, 3),), 10)
    ((11, 13),)
    """
    return tuple((first + by, last + by) for first, last in spans)


def _first(span: Span) -> int:
    return span[0]


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

    def example(self) -> Member:
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

    @property
    def size(self) -> int:
        """How many places it has."""
        return sum(last - first + 1 for first, last in self.spans)

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
