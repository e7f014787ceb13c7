"""The boxes of a function from numbers to sets, as `_steps` has it: what it says in few words.

A box is some numbers with a set that all of them have. It is as wide as it can be where no other
number has all of the set, and the numbers have nothing else in common.
"""

from collections import defaultdict
from collections.abc import Iterator

from exchange_ports.traffic._atoms import Atoms
from exchange_ports.traffic._intervals import Span, Spans, canonical
from exchange_ports.traffic._steps import Steps

__all__ = ["disjoint_boxes", "widest_boxes"]


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
            wider = [spans for other, spans in masks.items() if other & mask == mask]
            yield canonical(span for spans in wider for span in spans), atoms.value(mask)
