"""Ports that no rule tells apart, so that millions of client ports become few groups.

A port that a flow names is kept. Of the others, those between two ports at which any rule or flow begins or ends
are checked alike: one of them stands for all. So nothing that is checked changes by folding.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from exchange_ports.flows.flow_index import WAYS
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.traffic.services import TCP, UDP

#: Added to a port that stands for others.
FOLDED: Final = 1 << 16
#: A port that the log does not say.
UNKNOWN: Final = 1 << 17
_WIDTH: Final = 1 << 16
#: More ports in a row than these are no service: a range for media or RPC.
_MOST_NAMED: Final = 64
#: Below this port nothing is a client's.
FIRST_OF_CLIENTS: Final = 1024


class PortFolding:
    """Which ports are kept, and which one stands for a port that is not."""

    def __init__(self, models: Iterable[NetworkModel]) -> None:
        """Read every rule and flow of these models."""
        cuts: set[int] = set()
        named: dict[int, set[int]] = {TCP: set(), UDP: set()}
        for model in models:
            for server in model.managed():
                for way in WAYS:
                    for own in server.addresses:
                        for _, _, spans in model.usable(server, way, own).steps:
                            cuts.update(cut for a, b in spans for cut in (a, b + 1))
            for flow in model.plans.flows:
                if not flow.ports.protocol.has_ports:
                    continue
                number = TCP if flow.ports.protocol.value == "tcp" else UDP
                for first, last in flow.ports.ranges:
                    cuts |= {number * _WIDTH + first, number * _WIDTH + last + 1}
                    if last - first < _MOST_NAMED:
                        named[number].update(range(first, last + 1))
        self.named: dict[int, frozenset[int]] = {
            number: frozenset(ports) for number, ports in named.items()
        }
        self._first = {number: _firsts(cuts, number) for number in named}

    def stands_for(self, protocol: int, port: int) -> int:
        """The port that stands for this one, marked as such."""
        return FOLDED + self._first[protocol][port]

    def folded(self, protocol: int, one: int, other: int) -> tuple[int, int]:
        """The two ports of a connection whose direction is not known: the client's stands for many."""
        named = self.named.get(protocol)
        if named is None:
            return 0, 0
        first, second = one in named, other in named
        if first and second:
            return one, other
        if first == second:
            first = one <= other
        if first:
            return one, self._client(protocol, other)
        return self._client(protocol, one), other

    def _client(self, protocol: int, port: int) -> int:
        return port if port < FIRST_OF_CLIENTS else self.stands_for(protocol, port)

    def steps(self) -> Iterator[tuple[int, int]]:
        """Protocol and port, where ports begin to be checked alike."""
        for protocol, firsts in self._first.items():
            yield from ((protocol, first) for first in sorted(set(firsts)))

    def named_ports(self) -> Iterator[tuple[int, int]]:
        """Protocol and port of all that are named."""
        for protocol, named in self.named.items():
            yield from ((protocol, port) for port in sorted(named))

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """All named ports as ranges."""
        found: list[tuple[int, int]] = []
        for port in sorted(frozenset[int]().union(*self.named.values())):
            if found and found[-1][1] == port - 1:
                found[-1] = (found[-1][0], port)
            else:
                found.append((port, port))
        return tuple(found)


def _firsts(cuts: set[int], protocol: int) -> list[int]:
    """For each port the first one that is checked as it is."""
    base = protocol * _WIDTH
    here = sorted({0, *(cut - base for cut in cuts if base < cut < base + _WIDTH)})
    firsts: list[int] = []
    for first, after in pairwise((*here, _WIDTH)):
        firsts += [first] * (after - first)
    return firsts


def bare(port: int) -> int | None:
    """The port itself, whether it stands for others or not; None where it is not known."""
    return None if port == UNKNOWN else port & (FOLDED - 1)
