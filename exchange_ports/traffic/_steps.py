"""Functions from whole numbers to sets: the arithmetic under traffic.

A value is a tuple of steps: first number, last number, and the set that each number between them
has. Steps are sorted and disjoint, no set is empty, and where one step begins right after another
their sets differ. Each function that is somewhere not empty has exactly one such tuple. Sets are
intervals in the form of `_intervals`, so all comparing is that of tuples.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from exchange_ports.traffic._atoms import Atoms
from exchange_ports.traffic._intervals import NOTHING, Span, Spans, subset

__all__ = [
    "Step",
    "Steps",
    "aligned",
    "below",
    "combined",
    "swept",
    "swept_twice",
    "value_at",
    "within",
]

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


def within(steps: Steps, numbers: Spans) -> Steps:
    """The function at these numbers alone; empty elsewhere. Quick where the numbers are few.

    >>> within(((0, 9, ((1, 1),)), (12, 15, ((2, 2),))), ((8, 12), (14, 20)))
    ((8, 9, ((1, 1),)), (12, 12, ((2, 2),)), (14, 15, ((2, 2),)))
    """
    kept: list[Step] = []
    for first, last in numbers:
        at = max(bisect_right(steps, first, key=_first) - 1, 0)
        while at < len(steps) and steps[at][0] <= last:
            start, stop, value = steps[at]
            if stop >= first:
                kept.append((max(start, first), min(stop, last), value))
            at += 1
    return tuple(kept)


def swept(pairs: Iterable[tuple[Spans, Spans]]) -> Steps:
    """The function that has, at each number, all sets whose numbers hold it: (numbers, set) each.

    >>> swept([(((0, 9),), ((1, 1),)), (((5, 9),), ((2, 2),))])
    ((0, 4, ((1, 1),)), (5, 9, ((1, 2),)))
    """
    of_value = _by_value(pairs)
    atoms = Atoms(of_value)
    # Numbers that are given together again and again, with one set each time, are one piece.
    together: defaultdict[Span, int] = defaultdict(int)
    for value, several in of_value.items():
        mask = atoms.mask(value)
        for numbers in several:
            for span in numbers:
                together[span] |= mask
    return _valued(atoms, _masks(together, int.__or__))


def swept_twice(pairs: Iterable[tuple[Spans, Spans]]) -> Steps:
    """The function that has, at each number, what two or more of the sets have whose numbers hold it.

    >>> swept_twice([(((0, 9),), ((1, 5),)), (((5, 9),), ((2, 2),)), (((0, 9),), ((5, 6),))])
    ((0, 4, ((5, 5),)), (5, 9, ((2, 2), (5, 5))))
    """
    of_value = _by_value(pairs)
    atoms = Atoms(of_value)
    # What is there once in the low bits of a mask, what is there twice in the high ones.
    low = (1 << atoms.count) - 1

    def join(one: int, other: int) -> int:
        return one | other | (one & other & low) << atoms.count

    together: defaultdict[Span, int] = defaultdict(int)
    for value, several in of_value.items():
        mask = atoms.mask(value)
        for numbers in several:
            for span in numbers:
                together[span] = join(together[span], mask)
    masks = _masks(together, join)
    return _valued(atoms, ((first, last, mask >> atoms.count) for first, last, mask in masks))


def _by_value(pairs: Iterable[tuple[Spans, Spans]]) -> Mapping[Spans, list[Spans]]:
    of_value: defaultdict[Spans, list[Spans]] = defaultdict(list)
    for numbers, value in pairs:
        if numbers and value:
            of_value[value].append(numbers)
    return of_value


def _valued(atoms: Atoms, pieces: Iterable[tuple[int, int, int]]) -> Steps:
    """Pieces with the sets of their masks; adjacent ones of the same make one, empty ones go."""
    steps: list[Step] = []
    before, end = 0, -1
    for first, last, mask in pieces:
        if not mask:
            continue
        if mask == before and first == end + 1:
            steps[-1] = (steps[-1][0], last, steps[-1][2])
        else:
            steps.append((first, last, atoms.value(mask)))
        before, end = mask, last
    return tuple(steps)


def _masks(
    together: Mapping[Span, int], join: Callable[[int, int], int]
) -> Iterator[tuple[int, int, int]]:
    """Pieces in order, each with the masks of all spans that hold it joined."""
    # The spans that are open: last number, mask, and that of all up to here joined. The one that
    # ends first is on top. Ranges mostly lie in one another or apart, so a new one goes on top too.
    stack: list[tuple[int, int, int]] = []
    start = 0
    for first, last in sorted(together):
        mask = together[first, last]
        while stack and stack[-1][0] < first:
            end, _, joined = stack.pop()
            if start <= end:
                yield start, end, joined
                start = end + 1
        if stack and start < first:
            yield start, first - 1, stack[-1][2]
        start = first
        above: list[tuple[int, int, int]] = []
        while stack and stack[-1][0] < last:
            above.append(stack.pop())
        stack.append((last, mask, join(stack[-1][2], mask) if stack else mask))
        while above:
            end, own, _ = above.pop()
            stack.append((end, own, join(stack[-1][2], own)))
    while stack:
        end, _, joined = stack.pop()
        if start <= end:
            yield start, end, joined
            start = end + 1


def _first(step: Step) -> int:
    return step[0]
