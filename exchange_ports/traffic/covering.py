"""Which of many boxes a single other one covers: what planners leave out.

A box is some addresses on some ports, under a label that says whose it is. Must not know: what
labels mean. The proof must not know this module, for it checks what planners leave out.

Wide boxes are placed first, so whatever covers a box stands already when its turn comes; and only
boxes that nothing covers stay, since covering is transitive: one of those covers it too. To find
them, a set of addresses is cut into aligned blocks (prefixes). Any two blocks lie in one another or
apart, so what holds a block is found at a few places above it, and no box is held against all.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from exchange_ports.traffic.addresses import blocks
from exchange_ports.traffic.ports import HIGHEST_PORT, Ports, Protocol
from exchange_ports.traffic.spans import NOTHING, Spans, subset

Label = TypeVar("Label", bound=Hashable)

#: The labels whose boxes cover those of one label, in tiers: a later one is asked where no earlier
#: one has an answer.
Tiers: TypeAlias = Sequence[Sequence[Label]]


class LabeledBox(NamedTuple, Generic[Label]):
    """Addresses and ports under a label. Without addresses the label says all that there is."""

    label: Label
    ports: Ports
    addresses: Spans = NOTHING


def widest(
    boxes: Iterable[LabeledBox[Label]], above: Callable[[Label], Tiers[Label]]
) -> dict[int, int]:
    """The places of boxes that another one covers, each with the place of one that stays.

    A box is covered by one of a label above its own that has all its addresses and all its ports.
    Of equal boxes the first stays. The one that stays is covered by none itself; where there are
    several, it is the first in the first tier that has any.

    `above` says the tiers of a label, the label itself among them. What is above a label that is
    above another must be above that one too.

    >>> from exchange_ports.traffic.ports import tcp
    >>> wide, narrow = ((0, 255),), ((8, 15),)
    >>> boxes = [Box("a", tcp(25), narrow), Box("a", tcp(25), wide), Box("a", tcp(80), narrow)]
    >>> widest(boxes, lambda label: [[label]])
    {0: 1}
    """
    levels: dict[Label, _Shelf] = {}
    equal: dict[int, int] = {}
    # Few ports are named often: each stands here once.
    named: dict[Spans, Spans] = {}
    for place, (label, ports, addresses) in enumerate(boxes):
        shelf = levels.get(label)
        if shelf is None:
            shelf = levels[label] = _Shelf()
        services = _services(ports)
        box = addresses, named.setdefault(services, services)
        first = shelf.boxes.setdefault(box, place)
        if first != place:
            equal[place] = first
    tiers = {label: above(label) for label in levels}
    covered: dict[int, int] = {}
    # A label has more above it than any of those.
    for label in sorted(levels, key=lambda each: sum(map(len, tiers[each]))):
        there = [[levels[each] for each in tier if each in levels] for tier in tiers[label]]
        shelf = levels[label]
        # What covers a box is larger than it is.
        for (addresses, services), place in sorted(shelf.boxes.items(), key=_smallness):
            cut = tuple(blocks(addresses))
            found = _found(there, addresses, cut, services)
            if found is None:
                shelf.place(addresses, cut, services, place)
            else:
                covered[place] = found
    return covered | {place: covered.get(first, first) for place, first in equal.items()}


#: A block's first place and its size in bits.
_Block: TypeAlias = tuple[int, int]


def _found(
    tiers: Sequence[Sequence["_Shelf"]], addresses: Spans, cut: Sequence[_Block], services: Spans
) -> int | None:
    for tier in tiers:
        best: int | None = None
        for shelf in tier:
            if not shelf.holds_any:
                continue
            for stack in shelf.holding(addresses, cut):
                first = stack.first_over(services)
                if first is not None and (best is None or first < best):
                    best = first
        if best is not None:
            return best
    return None


class _Shelf:
    """The boxes of one label: all of them by what they say, and those that stay so far by where."""

    __slots__ = ("_stacks", "_with_block", "boxes")

    def __init__(self) -> None:
        self.boxes: dict[tuple[Spans, Spans], int] = {}
        self._stacks: dict[Spans, _Stack] = {}
        #: The stacks of the sets that have a block, by its size and by its place among those of
        #: that size.
        self._with_block: dict[int, dict[int, list[_Stack]]] = {}

    @property
    def holds_any(self) -> bool:
        """Whether any box was placed."""
        return bool(self._stacks)

    def place(self, addresses: Spans, cut: Sequence[_Block], services: Spans, place: int) -> None:
        """Let a box stay. It covers none that was placed here before, and none of those covers it."""
        stack = self._stacks.get(addresses)
        if stack is None:
            stack = self._stacks[addresses] = _Stack(addresses)
            for first, bits in cut:
                self._with_block.setdefault(bits, {}).setdefault(first >> bits, []).append(stack)
        stack.add(services, place)

    def holding(self, addresses: Spans, cut: Sequence[_Block]) -> Iterable["_Stack"]:
        """The stacks of the sets that hold `addresses`, of which `cut` are the blocks."""
        if len(cut) == 1:
            return self._over(cut[0])
        if not cut:
            return self._stacks.values()
        # All blocks must lie in the set: the one that lies in the fewest leaves least to ask.
        fewest = min(map(self._over, cut), key=len)
        return [stack for stack in fewest if subset(addresses, stack.addresses)]

    def _over(self, block: _Block) -> list["_Stack"]:
        """The stacks of the sets in which a block lies: where it lies in a block of theirs."""
        first, size = block
        found: list[_Stack] = []
        for bits, stacks in self._with_block.items():
            if bits >= size:
                there = stacks.get(first >> bits)
                if there:
                    found += there
        return found


class _Stack:
    """The boxes of one set of addresses: none has all the ports of another."""

    __slots__ = ("_firsts", "_lasts", "_places", "_several", "addresses")

    def __init__(self, addresses: Spans) -> None:
        self.addresses = addresses
        # Of single intervals. None lies in another, so in order of the first they are in order of
        # the last as well.
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._places: list[int] = []
        self._several: tuple[tuple[Spans, int], ...] = ()

    def add(self, services: Spans, place: int) -> None:
        (first, last), *others = services
        if others:
            self._several += ((services, place),)
            return
        at = bisect_left(self._firsts, first)
        self._firsts.insert(at, first)
        self._lasts.insert(at, last)
        self._places.insert(at, place)

    def first_over(self, services: Spans) -> int | None:
        """The first of the boxes that have all of `services`."""
        stop = bisect_right(self._firsts, services[0][0])
        start = bisect_left(self._lasts, services[-1][1], 0, stop)
        found = min(self._places[start:stop], default=None) if start < stop else None
        for others, place in self._several:
            if (found is None or place < found) and subset(services, others):
                found = place
        return found


#: Each protocol has a stretch of the line of ports, and `any` has all of it.
_WIDTH: Final = HIGHEST_PORT + 1
_FIRST: Final = {protocol: at * _WIDTH for at, protocol in enumerate(Protocol)}
_EVERYTHING: Final = ((0, len(Protocol) * _WIDTH - 1),)


def _services(ports: Ports) -> Spans:
    start = _FIRST[ports.protocol]
    if ports.ranges:
        return tuple([(start + first, start + last) for first, last in ports.ranges])
    return _EVERYTHING if ports.protocol is Protocol.ANY else ((start, start + _WIDTH - 1),)


def _smallness(entry: tuple[tuple[Spans, Spans], int]) -> int:
    """Less for a box than for every other one that it covers."""
    return -sum([last - first + 1 for spans in entry[0] for first, last in spans])
