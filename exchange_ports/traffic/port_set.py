"""Sets of port numbers."""

from collections.abc import Iterable
from typing import ClassVar, Self

from exchange_ports.traffic._intervals import Spans, canonical
from exchange_ports.traffic._line import LineSet
from exchange_ports.traffic.ports import HIGHEST_PORT, PortRange

__all__ = ["PortSet"]


class PortSet(LineSet[int]):
    """Any port numbers, 0 to 65535: a rule on all ports lets port 0 through as well.

    >>> print(~PortSet.of([(0, 24), (26, 65535)]))
    25
    """

    __slots__ = ()

    UNIVERSE: ClassVar[Spans] = ((0, HIGHEST_PORT),)

    @classmethod
    def of(cls, ports: Iterable[int | tuple[int, int]]) -> Self:
        """These ports and (first, last) ranges.

        :raises ValueError: one is not a port, or a range ends before it begins.
        """
        ranges = [PortRange(p, p) if isinstance(p, int) else PortRange(*p) for p in ports]
        for range_ in ranges:
            if not 0 <= range_.first <= range_.last <= HIGHEST_PORT:
                raise ValueError(f"{range_} is not a range of ports from 0 to {HIGHEST_PORT}")
        return cls(canonical((range_.first, range_.last) for range_ in ranges))

    @staticmethod
    def place(member: int) -> int:
        """The number itself.

        :raises ValueError: it is no port.
        """
        if not 0 <= member <= HIGHEST_PORT:
            raise ValueError(f"{member} is not a port from 0 to {HIGHEST_PORT}")
        return member

    def witness(self) -> int:
        """The smallest port; 0, which nothing listens on, only where it is the only one.

        :raises ValueError: the set is empty.
        """
        smallest = self.smallest()
        above = self - PortSet(((0, 0),))
        return above.smallest() if above else smallest

    def __str__(self) -> str:
        """The ports and ranges: 25,1080-1081."""
        return ",".join(str(PortRange(*span)) for span in self.spans) or "nothing"
