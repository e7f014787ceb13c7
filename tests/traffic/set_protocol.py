"""What every set of this package can do, whatever is in it."""

from typing import Protocol, Self, TypeVar

__all__ = ["Set"]

Member = TypeVar("Member")


class Set(Protocol[Member]):
    """An exact set: immutable, hashable, and equal to another exactly where the members are.

    Empty sets are false. Sets of different kinds are never equal and cannot be combined.
    """

    def __or__(self, other: Self, /) -> Self:
        """What is in either."""
        ...

    def __and__(self, other: Self, /) -> Self:
        """What is in both."""
        ...

    def __sub__(self, other: Self, /) -> Self:
        """What is in this one alone."""
        ...

    def __invert__(self) -> Self:
        """All that there is of the kind, but for this set."""
        ...

    def __le__(self, other: Self, /) -> bool:
        """Whether all of this set is in the other."""
        ...

    def __contains__(self, member: Member, /) -> bool: ...

    def __bool__(self) -> bool: ...

    def __hash__(self) -> int: ...

    def example(self) -> Member:
        """One member, the same for equal sets: the smallest of those that a reader recognises.

        Where the caller knows better what is familiar: `(found & familiar or found).witness()`.

        :raises ValueError: the set is empty.
        """
        ...
