"""Records counted by connection, as many as fit into memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from exchange_ports.clouds.recorded import FlowRecord
from exchange_ports.rehearsal.folding import UNKNOWN, PortFolding

#: A group takes about 600 bytes.
MOST_GROUPS: Final = 1_000_000
_PORTS: Final = (6, 17)


class GroupKey(NamedTuple):
    """What records of one group have in common."""

    #: The client and the server where it is known who opened; else the ends in order.
    one: str
    one_port: int
    other: str
    other_port: int
    protocol: int
    refused: bool
    decided: bool
    interface: str


@dataclass
class Gathered:
    """Groups of records: bytes, records from one to other, records back, first and last second, answers.

    Answers are records that count both directions themselves, and show that the other end sent something.
    """

    groups: dict[GroupKey, list[int]] = field(default_factory=dict[GroupKey, list[int]])
    #: Records that are in no group, because there are too many groups.
    left_out: int = 0

    def add(self, key: GroupKey, numbers: list[int]) -> None:
        """Add the numbers of some records."""
        found = self.groups.get(key)
        if found is None:
            if len(self.groups) >= MOST_GROUPS:
                self.left_out += numbers[1] + numbers[2]
            else:
                self.groups[key] = numbers
            return
        found[0] += numbers[0]
        found[1] += numbers[1]
        found[2] += numbers[2]
        found[3] = min(found[3], numbers[3])
        found[4] = max(found[4], numbers[4])
        found[5] += numbers[5]


def gather(records: Iterable[FlowRecord], folding: PortFolding, into: Gathered) -> None:
    """Count records by connection."""
    # One loop over millions of records: what is done for each is written out.
    known: dict[tuple[int, int, int], tuple[int, int]] = {}
    groups, add = into.groups, into.add
    for record in records:
        (source, target, source_port, target_port, protocol, size, first, last) = record[:8]
        refused, opened, answered, interface, number = record[8:]
        forth, back = number, 0
        if opened:
            parts = (source, 0, target, target_port, protocol, refused, True, interface)
        elif opened is False and source_port is not None:
            parts = (target, 0, source, source_port, protocol, refused, True, interface)
            forth, back = 0, number
        else:
            if source_port is None:
                ports = (UNKNOWN if protocol in _PORTS else 0, target_port)
            else:
                both = (protocol, source_port, target_port)
                ports = known.get(both) or known.setdefault(both, folding.folded(*both))
                if len(known) > MOST_GROUPS:
                    known.clear()
            # Both directions of a connection are one group.
            if (source, ports[0]) <= (target, ports[1]) or source_port is None:
                parts = (source, ports[0], target, ports[1], protocol, refused, False, interface)
            else:
                parts = (target, ports[1], source, ports[0], protocol, refused, False, interface)
                forth, back = 0, number
        found = groups.get(parts)  # type: ignore[call-overload] # pyright: ignore[reportArgumentType, reportCallIssue]
        if found is None:
            add(GroupKey(*parts), [size, forth, back, first, last, int(answered)])
            continue
        found[0] += size
        found[1] += forth
        found[2] += back
        # As `min` and `max`, without two calls for each record.
        found[3] = first if first < found[3] else found[3]
        found[4] = last if last > found[4] else found[4]
        found[5] += answered
