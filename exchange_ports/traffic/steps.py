"""Sets of whole numbers as bits, where many of the same few are joined and compared.

The bounds of some sets cut the line into atoms, each wholly in or wholly out of every one of them.
A set is then a mask with a bit for each of its atoms: union is `|`, subset `a & b == a`.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from exchange_ports.traffic.spans import NOTHING, Span, Spans, canonical, subset


class Atoms:
    """The atoms of some sets. A mask is for the atoms that made it, and means nothing to others.

    >>> atoms = Atoms([((1, 5),), ((4, 9),)])
    >>> atoms.value(atoms.mask(((1, 5),)) | atoms.mask(((4, 9),)))
    ((1, 9),)
    """

    def __init__(self, sets: Iterable[Spans]) -> None:
        self._cuts = sorted({cut for spans in sets for a, b in spans for cut in (a, b + 1)})
        self._bits = {cut: bit for bit, cut in enumerate(self._cuts)}
        self._values: dict[int, Spans] = {0: NOTHING}

    @property
    def count(self) -> int:
        """How many bits a mask has."""
        return len(self._cuts)

    def mask(self, spans: Spans) -> int:
        """The atoms of one of the sets.

        :raises KeyError: it was not among them, and cuts through an atom.
        """
        mask = 0
        for first, last in spans:
            mask |= (1 << self._bits[last + 1]) - (1 << self._bits[first])
        return mask

    def value(self, mask: int) -> Spans:
        """The numbers in these atoms: the same object whenever it is asked for."""
        spans = self._values.get(mask)
        if spans is None:
            spans = self._values[mask] = tuple(self._runs(mask))
        return spans

    def _runs(self, mask: int) -> Iterator[Span]:
        # Neighboring bits are neighboring atoms, with nothing between: so a run of ones is one
        # interval, and no two runs are adjacent.
        while mask:
            low = mask & -mask
            # The carry clears the lowest run of ones and sets the bit above it.
            carried = mask + low
            above = carried & ~mask
            yield self._cuts[low.bit_length() - 1], self._cuts[above.bit_length() - 1] - 1
            mask &= carried


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


def disjoint_boxes(steps: Steps) -> dict[Spans, Spans]:
    """For each set that any number has, the numbers that have just this set.

    >>> disjoint_boxes(((0, 4, ((1, 2),)), (5, 6, ((1, 1),)), (8, 9, ((1, 2),))))
    {((1, 2),): ((0, 4), (8, 9)), ((1, 1),): ((5, 6),)}
    """
    numbers: defaultdict[Spans, list[Span]] = defaultdict(list)
    for first, last, value in steps:
        numbers[value].append((first, last))
    # Where steps are adjacent their sets differ, so these spans never are.
    return {value: tuple(spans) for value, spans in numbers.items()}


def widest_boxes(steps: Steps) -> Iterator[tuple[Spans, Spans]]:
    """Boxes, as (numbers, set), that together are the function and are as wide as they can be.

    No two of them make one box, none is held by others, and each function has its own.

    >>> list(widest_boxes(((0, 4, ((1, 2),)), (5, 6, ((1, 1),)))))
    [(((0, 4),), ((1, 2),)), (((0, 6),), ((1, 1),))]
    """
    groups = disjoint_boxes(steps)
    atoms = Atoms(groups)
    masks = {atoms.mask(value): spans for value, spans in groups.items()}
    for mask in masks:
        smaller = 0
        for other in masks:
            if other & mask == other != mask:
                smaller |= other
        # Where smaller sets make up this one, their boxes hold all that its box would.
        if smaller != mask:
            implied_groups = [spans for other, spans in masks.items() if other & mask == mask]
            yield canonical(span for spans in implied_groups for span in spans), atoms.value(mask)
