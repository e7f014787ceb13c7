"""CheckedConnection connections as rows: by role, region and port, so that thousands of hosts are one line."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Final

from exchange_ports.flows import ExternalEndpoint, Flow, Reason, in_order
from exchange_ports.flows.flow_index import Way
from exchange_ports.flows.labels import label
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.rehearsal.connections import Connection
from exchange_ports.rehearsal.folding import FOLDED, UNKNOWN, PortFolding, bare
from exchange_ports.rehearsal.verdicts import CheckedConnection, PlanChecker, Verdict, address_of
from exchange_ports.topology.fields import INTERNET_WORD
from exchange_ports.topology.groups import ServerRole
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.services import TCP, UDP, protocol_name

#: From here on Windows takes ports for RPC; so many of them are one range.
DYNAMIC: Final = (49152, 65535)
_MANY_DYNAMIC: Final = 3


@dataclass(frozen=True, slots=True)
class RowEnd:
    """One end of a row: servers of a role, or addresses of a region."""

    #: The role with its site, as an additional flow names it; or the region.
    name: str
    #: Whether it is a role of managed servers.
    managed: bool
    hosts: frozenset[str] = frozenset()

    @property
    def addresses(self) -> AddressSet:
        """Of a region: the addresses that were seen."""
        return AddressSet.at(map(address_of, self.hosts)) if not self.managed else AddressSet()


@dataclass(frozen=True, slots=True)
class Row:
    """Connections with one answer between two ends."""

    verdict: Verdict
    source: RowEnd
    destination: RowEnd
    protocol: int
    #: First and last port; none for a protocol without ports.
    ports: tuple[tuple[int, int], ...]
    bytes: int
    records: int
    connections: int
    first: int
    last: int
    decided: bool
    example: Connection
    #: Who blocks the example, and which way.
    blocked_at: tuple[tuple[str, Way], ...] = ()
    reasons: tuple[Reason, ...] = field(default=(), compare=False)

    @property
    def services(self) -> str:
        """Its ports with its protocol: `25,587/tcp`."""
        if self.protocol not in (TCP, UDP):
            return protocol_name(self.protocol)
        ports = ",".join(str(a) if a == b else f"{a}-{b}" for a, b in self.ports)
        return f"{ports or 'unknown ports'}/{protocol_name(self.protocol)}"


class Regions:
    """What hosts are called: servers by role and site, others by where they are."""

    def __init__(self, checker: PlanChecker) -> None:
        """Read the ends of all flows."""
        self._checker = checker
        self._model: NetworkModel = checker.model
        outside = self._model.flows.outside
        named = [end for end in outside if not end.is_everyone]
        self._ends: list[tuple[ExternalEndpoint, AddressSet]] = sorted(
            ((end, self._model.flows.end(end)) for end in named),
            key=lambda each: (each[1].size, each[0].name),
        )
        internet = [self._model.flows.end(end) for end in outside if end.is_internet]
        blocks = AddressSet.of(self._model.topology.private_blocks)
        self._private = blocks
        self._internet = internet
        self._zones = [
            zone
            for record in self._model.places.values()
            for zone in (*record.declared.internal, *record.declared.perimeter)
        ]
        self._known: dict[str, RowEnd] = {}

    def end(self, text: str) -> RowEnd:
        """The end that an address is of."""
        known = self._known.get(text)
        if known is None:
            server = self._checker.servers.get(text)
            managed = server is not None
            name = role_of(server) if server is not None else self._region(text)
            host = server.name if server is not None else text
            known = self._known[text] = RowEnd(name, managed, frozenset((host,)))
        return known

    def _region(self, text: str) -> str:
        address = address_of(text)
        for end, addresses in self._ends:
            if address in addresses:
                return label(end)
        for zone in self._zones:
            if address in zone:
                return str(zone)
        if address.is_global or (address.version == 4 and address not in self._private):  # noqa: PLR2004
            return INTERNET_WORD
        bits = 16 if address.version == 4 else 48  # noqa: PLR2004
        return str(ip_network((address, bits), strict=False))


def role_of(server: ExchangeServer) -> str:
    """The role of a server with its site, as an additional flow names it."""
    if server.is_edge:
        return ServerRole.EDGE.value
    role = ServerRole.MAILBOX if ServerRole.MAILBOX in server.roles else ServerRole.CLIENT_ACCESS
    return f"{role.value}@{server.site}"


@dataclass
class _Sum:
    """What is added up for one row."""

    clients: set[str] = field(default_factory=set[str])
    servers: set[str] = field(default_factory=set[str])
    ports: set[int] = field(default_factory=set[int])
    bytes: int = 0
    records: int = 0
    connections: int = 0
    first: int = 0
    last: int = 0
    example: CheckedConnection | None = None
    flows: dict[int, Flow] = field(default_factory=dict[int, Flow])

    def add(self, checked: CheckedConnection, client: RowEnd, server: RowEnd) -> None:
        one = checked.connection
        self.clients |= client.hosts
        self.servers |= server.hosts
        self.bytes += one.bytes
        self.records += one.records
        self.connections += 1
        self.first = one.first if not self.last else min(self.first, one.first)
        self.last = max(self.last, one.last)
        for flow in checked.flows:
            self.flows[id(flow)] = flow
        best = self.example
        if best is None or _order(one) < _order(best.connection):
            self.example = checked


def _order(one: Connection) -> tuple[object, ...]:
    """The example is the one with most bytes; then by address."""
    return (-one.bytes, one.client, one.server, one.port)


def rows(
    checked: Iterable[CheckedConnection], regions: Regions, folding: PortFolding
) -> tuple[Row, ...]:
    """The rows of some checked connections: the worst verdict first, then what moved most bytes."""
    sums: dict[tuple[object, ...], _Sum] = defaultdict(_Sum)
    for each in checked:
        one = each.connection
        client, server = regions.end(one.client), regions.end(one.server)
        port = _shown(one.port)
        dynamic = one.port >= FOLDED or (
            port is not None
            and port >= DYNAMIC[0]
            and port not in folding.named.get(one.protocol, frozenset())
        )
        key = (
            *(each.verdict, client.name, client.managed, server.name, server.managed),
            *(
                one.protocol,
                one.decided,
                "dynamic" if dynamic else port,
                each.blocked_at and tuple(way for _, way in each.blocked_at),
            ),
        )
        found = sums[key]
        if port is not None:
            found.ports.add(port)
        found.add(each, client, server)
    made = [_row(key, found, folded=key[7] == "dynamic") for key, found in sums.items()]
    return tuple(sorted(_ports_joined(made), key=_worst_first))


def _shown(port: int) -> int | None:
    """A port for people; none where it is not known."""
    return None if port == UNKNOWN else bare(port)


def _row(key: Sequence[object], found: _Sum, *, folded: bool) -> Row:
    verdict, client, client_managed, server, server_managed, protocol, decided = key[:7]
    assert found.example is not None  # noqa: S101 - a sum has at least one connection
    assert isinstance(verdict, Verdict)  # noqa: S101 - as the key is made
    if protocol not in (TCP, UDP):
        ports: tuple[tuple[int, int], ...] = ()
    elif folded and (len(found.ports) >= _MANY_DYNAMIC or found.example.connection.port >= FOLDED):
        ports = (DYNAMIC,) if min(found.ports) >= DYNAMIC[0] else ((1024, 65535),)
    else:
        ports = _ranges(found.ports)
    reasons = in_order(reason for flow in found.flows.values() for reason in flow.reasons)
    return Row(
        verdict,
        RowEnd(str(client), bool(client_managed), frozenset(found.clients)),
        RowEnd(str(server), bool(server_managed), frozenset(found.servers)),
        int(str(protocol)),
        ports,
        found.bytes,
        found.records,
        found.connections,
        found.first,
        found.last,
        bool(decided),
        found.example.connection,
        found.example.blocked_at,
        reasons,
    )


def _ranges(ports: Iterable[int]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for port in sorted(ports):
        if found and found[-1][1] == port - 1:
            found[-1] = (found[-1][0], port)
        else:
            found.append((port, port))
    return tuple(found)


def _ports_joined(several: Iterable[Row]) -> Iterable[Row]:
    """Rows that differ in their ports alone are one."""
    by: dict[object, list[Row]] = defaultdict(list)
    for row in several:
        by[row.verdict, row.source, row.destination, row.protocol, row.decided, row.reasons].append(
            row
        )
    for same in by.values():
        if len(same) == 1:
            yield same[0]
            continue
        best = min(same, key=lambda row: _order(row.example))
        yield replace(
            best,
            ports=tuple(sorted({range_ for row in same for range_ in row.ports})),
            bytes=sum(row.bytes for row in same),
            records=sum(row.records for row in same),
            connections=sum(row.connections for row in same),
            first=min(row.first for row in same),
            last=max(row.last for row in same),
        )


_RANKS: Final = {verdict: rank for rank, verdict in enumerate(Verdict)}


def _worst_first(row: Row) -> tuple[object, ...]:
    return (
        _RANKS[row.verdict],
        not row.decided,
        -row.bytes,
        -row.records,
        row.source.name,
        row.destination.name,
        row.protocol,
        row.ports,
    )
