"""Two topologies side by side: which of the one is which of the other."""

from collections.abc import Callable, Iterable
from typing import TypeVar

__all__ = ["matched"]

_T = TypeVar("_T")


def matched(
    before: Iterable[_T], after: Iterable[_T], keys: Iterable[Callable[[_T], object]]
) -> list[tuple[_T | None, _T | None]]:
    """Each one before and after, None where it is not there: those who come or go are last.

    The first key decides, the next only over those whom it left alone; a key of None is nobody's.
    """
    old, new = list(before), list(after)
    pairs: list[tuple[_T | None, _T | None]] = []
    for key in keys:
        there: dict[object, _T] = {}
        for each in new:
            if key(each) is not None:
                there.setdefault(key(each), each)
        for one in list(old):
            other = there.pop(key(one), None)
            if other is not None:
                pairs.append((one, other))
                old.remove(one)
                new.remove(other)
    return [*pairs, *((one, None) for one in old), *((None, other) for other in new)]
