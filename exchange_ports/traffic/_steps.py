"""Functions from whole numbers to sets: the arithmetic under traffic.

A value is a tuple of steps: first number, last number, and the set that each number between them
has. Steps are sorted and disjoint, no set is empty, and where one step begins right after another
their sets differ. Each function that is somewhere not empty has exactly one such tuple. Sets are
intervals in the form of `_intervals`, so all comparing is that of tuples.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from exchange_ports.traffic._atoms import Atoms
from exchange_ports.traffic._intervals import NOTHING, Span, Spans, subset

__all__ = ["Step", "Steps", "aligned", "below", "combined", "swept", "value_at"]

Step: TypeAlias = tuple[int, int, Spans]
Steps: TypeAlias = tuple[Step, ...]

#: Above the line of addresses, which ends below 2 ** 129.
_END: Final = 1 << 130

_BEYOND: Final[Step] = (_END, _END, NOTHING)


def aligned(one: Steps, other: Steps) -> Iterator[tuple[int, int, Spans, Spans]]:
    """Pieces in order, each with what `one` and what `other` have on all of it; not both empty.

    >>> list(aligned(((0, 9, ((1, 1),)),), ((8, 12, ((2, 2),)),)))
    [(0, 7, ((1, 1),), ()), (8, 9, ((1, 1),), ((2, 2),)), (10, 12, (), ((2, 2),))]
    """
    left, right = iter(one), iter(other)
    first, last, value = next(left, _BEYOND)
    other_first, other_last, other_value = next(right, _BEYOND)
    while first < _END or other_first < _END:
        start = min(first, other_first)
        # Up to here neither side begins or ends.
        stop = min(
            last if first == start else first - 1,
            other_last if other_first == start else other_first - 1,
        )
        yield (
            start,
            stop,
            value if first == start else NOTHING,
            other_value if other_first == start else NOTHING,
        )
        if first == start:
            first = stop + 1
            if first > last:
                first, last, value = next(left, _BEYOND)
        if other_first == start:
            other_first = stop + 1
            if other_first > other_last:
                other_first, other_last, other_value = next(right, _BEYOND)


def combined(one: Steps, other: Steps, combine: Callable[[Spans, Spans], Spans]) -> Steps:
    """The function that has `combine` of both sets everywhere; of two empty ones that is empty."""
    # Few sets stand in many places, so two of them are combined once. They are told apart by
    # identity, which is quick, and safe while both sides hold them.
    known: dict[tuple[int, int], Spans] = {}
    results: dict[Spans, Spans] = {}
    pieces: list[Step] = []
    for first, last, value, other_value in aligned(one, other):
        both = (id(value), id(other_value))
        result = known.get(both)
        if result is None:
            result = combine(value, other_value)
            result = known[both] = results.setdefault(result, result)
        if pieces and pieces[-1][1] + 1 == first and pieces[-1][2] == result:
            pieces[-1] = (pieces[-1][0], last, result)
        elif result:
            pieces.append((first, last, result))
    return tuple(pieces)


def below(one: Steps, other: Steps) -> bool:
    """Whether everywhere all that `one` has is in what `other` has."""
    known: set[tuple[int, int]] = set()
    for _, _, value, other_value in aligned(one, other):
        both = (id(value), id(other_value))
        if both not in known:
            if not subset(value, other_value):
                return False
            known.add(both)
    return True


def value_at(steps: Steps, number: int) -> Spans:
    """The set that `number` has.

    >>> value_at(((0, 9, ((1, 1),)),), 10)
    ()
    """
    at = bisect_right(steps, number, key=_first) - 1
    return steps[at][2] if at >= 0 and number <= steps[at][1] else NOTHING


def swept(pairs: Iterable[tuple[Spans, Spans]]) -> Steps:
    """The function that has, at each number, all sets whose numbers hold it: (numbers, set) each.

    >>> swept([(((0, 9),), ((1, 1),)), (((5, 9),), ((2, 2),))])
    ((0, 4, ((1, 1),)), (5, 9, ((1, 2),)))
    """
    of_value: defaultdict[Spans, list[Spans]] = defaultdict(list)
    for numbers, value in pairs:
        if numbers and value:
            of_value[value].append(numbers)
    atoms = Atoms(of_value)
    # Numbers that are given together again and again, with one set each time, are one piece.
    together: defaultdict[Span, int] = defaultdict(int)
    for value, several in of_value.items():
        mask = atoms.mask(value)
        for numbers in several:
            for span in numbers:
                together[span] |= mask
    return tuple((first, last, atoms.value(mask)) for first, last, mask in _masks(together))


def _masks(together: dict[Span, int]) -> Iterator[tuple[int, int, int]]:
    """Steps in order, each with the masks of all spans that hold it joined; none has no mask."""
    begins: defaultdict[int, list[int]] = defaultdict(list)
    ends: defaultdict[int, list[int]] = defaultdict(list)
    for (first, last), mask in together.items():
        begins[first].append(mask)
        ends[last + 1].append(mask)
    # How many spans of each mask hold the place: masks repeat, so these stay few.
    held: dict[int, int] = {}
    start = joined = 0
    for place in sorted(begins.keys() | ends.keys()):
        before = joined
        if place in ends:
            for mask in ends[place]:
                held[mask] -= 1
                if not held[mask]:
                    del held[mask]
            joined = 0
            for mask in held:
                joined |= mask
        if place in begins:
            for mask in begins[place]:
                held[mask] = held.get(mask, 0) + 1
                joined |= mask
        if joined != before:
            if before:
                yield start, place - 1, before
            start = place


def _first(step: Step) -> int:
    return step[0]
