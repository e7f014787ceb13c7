"""Sets of whole numbers as bits, where many of the same few are joined and compared.

The bounds of some sets cut the line into atoms, each wholly in or wholly out of every one of them.
A set is then a mask with a bit for each of its atoms: union is `|`, subset `a & b == a`.
"""

from collections.abc import Iterable, Iterator

from exchange_ports.traffic._intervals import NOTHING, Span, Spans

__all__ = ["Atoms"]


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
        # Neighbouring bits are neighbouring atoms, with nothing between: so a run of ones is one
        # interval, and no two runs are adjacent.
        while mask:
            low = mask & -mask
            # The carry clears the lowest run of ones and sets the bit above it.
            carried = mask + low
            above = carried & ~mask
            yield self._cuts[low.bit_length() - 1], self._cuts[above.bit_length() - 1] - 1
            mask &= carried
