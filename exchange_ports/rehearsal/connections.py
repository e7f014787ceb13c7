"""From groups of records to connections: each counted once, with who opened it where that is known."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from exchange_ports.rehearsal.folding import FOLDED, UNKNOWN, PortFolding
from exchange_ports.rehearsal.gather import Gathered, GroupKey


@dataclass(frozen=True, slots=True)
class Connection:
    """Connections of a client with a port of a server, all together."""

    client: str
    server: str
    protocol: int
    #: Of the server. Of the client only where it is not known who opened: else 0.
    port: int
    client_port: int
    bytes: int
    records: int
    first: int
    last: int
    #: Refused where it was recorded, and never answered.
    refused: bool
    #: Whether the log says who opened it; otherwise the client is the likely one.
    decided: bool

    def turned(self) -> "Connection":
        """The same as if the other end had opened it."""
        return replace(
            self,
            client=self.server,
            server=self.client,
            port=self.client_port,
            client_port=self.port,
        )


@dataclass(frozen=True, slots=True)
class Connections:
    """All connections, and what was left out as recorded elsewhere."""

    all: tuple[Connection, ...]
    #: Interfaces that are not those of servers, of which records are left out; and these records.
    passing: tuple[str, ...]
    passing_records: int


def connections(
    gathered: Gathered, servers: Collection[str], folding: PortFolding, *, translated: bool
) -> Connections:
    """The connections that some groups of records are of.

    `translated`: ends are addresses of interfaces, and not those in the packet.
    """
    passing = _passing(gathered, servers) if translated else set[str]()
    by_pair: dict[tuple[object, ...], list[tuple[GroupKey, list[int]]]] = defaultdict(list)
    left_out = 0
    for key, numbers in gathered.groups.items():
        if key.interface in passing:
            left_out += numbers[1] + numbers[2]
        else:
            by_pair[key[:5]].append((key, numbers))
    found = [each for several in by_pair.values() for each in _of_one(several, folding)]
    return Connections(tuple(_inherited(found)), tuple(sorted(passing)), left_out)


def _passing(gathered: Gathered, servers: Collection[str]) -> set[str]:
    """The interfaces of hosts that traffic of servers passes: NAT gateways, balancers.

    One end of every record of an interface is its own address. Where a server has an interface of its own
    in the sample, what others recorded of it adds nothing but translated addresses.
    """
    own: dict[str, set[str]] = {}
    for key in gathered.groups:
        if key.interface:
            ends = {key.one, key.other}
            if key.interface in own:
                own[key.interface] &= ends
            else:
                own[key.interface] = ends
    covered = {next(iter(ends)) for ends in own.values() if len(ends) == 1} & set(servers)
    return {
        interface
        for interface, ends in own.items()
        if ends and not ends & set(servers) and _all_covered(gathered, interface, covered, servers)
    }


def _all_covered(
    gathered: Gathered, interface: str, covered: set[str], servers: Collection[str]
) -> bool:
    seen = {
        end
        for key in gathered.groups
        if key.interface == interface
        for end in (key.one, key.other)
        if end in servers
    }
    return seen <= covered


_Numbers = list[int]


def _of_one(several: list[tuple[GroupKey, _Numbers]], folding: PortFolding) -> Iterator[Connection]:
    """The connection, or one for what was accepted and one for what was refused."""
    for decided in (True, False):
        here = [(key, numbers) for key, numbers in several if key.decided is decided]
        accepted = [(key, numbers) for key, numbers in here if not key.refused]
        refused = [(key, numbers) for key, numbers in here if key.refused]
        answered = any((numbers[2] and numbers[1]) or numbers[5] for _, numbers in accepted)
        if accepted and (answered or not refused):
            yield _connection(accepted, folding, refused=False)
        elif refused:
            yield _connection([*accepted, *refused], folding, refused=True)


def _connection(
    several: list[tuple[GroupKey, _Numbers]], folding: PortFolding, *, refused: bool
) -> Connection:
    # Each interface on the way recorded the same packets: the one that recorded most counts.
    by_interface: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for key, numbers in several:
        sums = by_interface[key.interface]
        sums[0] += numbers[0]
        sums[1] += numbers[1] + numbers[2]
    size, records = max(by_interface.values())
    key = several[0][0]
    made = Connection(
        key.one,
        key.other,
        key.protocol,
        key.other_port,
        key.one_port,
        size,
        records,
        min(numbers[3] for _, numbers in several),
        max(numbers[4] for _, numbers in several),
        refused,
        key.decided,
    )
    return made if key.decided or not _likely_client(made, folding) else made.turned()


def _likely_client(made: Connection, folding: PortFolding) -> bool:
    """Whether the end that is called the server looks like the client."""
    if made.client_port == UNKNOWN:
        return False
    named = folding.named.get(made.protocol, frozenset())
    if (made.port in named) != (made.client_port in named):
        return made.client_port in named
    if (made.port >= FOLDED) != (made.client_port >= FOLDED):
        return made.port >= FOLDED
    return made.client_port < made.port


def _inherited(found: Iterable[Connection]) -> Iterator[Connection]:
    """An undecided connection joins the one of the same ends and port whose handshake was recorded."""
    known: dict[tuple[str, str, int, int, bool], Connection] = {}
    undecided: list[Connection] = []
    for each in found:
        if each.decided:
            known[each.client, each.server, each.protocol, each.port, each.refused] = each
        else:
            undecided.append(each)
    for each in undecided:
        keys = [
            (one.client, one.server, one.protocol, one.port, one.refused)
            for one in (each, each.turned())
            if one.port < FOLDED
        ]
        same = [key for key in keys if key in known]
        if len(same) == 1 and each.protocol in _HANDSHAKES:
            known[same[0]] = _joined(known[same[0]], each)
        else:
            yield each
    yield from known.values()


#: The protocols of which a handshake is recorded.
_HANDSHAKES: Final = (6,)


def _joined(one: Connection, other: Connection) -> Connection:
    return replace(
        one,
        bytes=one.bytes + other.bytes,
        records=one.records + other.records,
        first=min(one.first, other.first),
        last=max(one.last, other.last),
    )
