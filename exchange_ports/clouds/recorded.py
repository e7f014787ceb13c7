"""Recorded traffic: what a flow log says, the same for every cloud, and the text that readers take it from.

A cloud's `flow_logs` turns lines or JSON into `FlowRecord`s. What a reader cannot read is counted in a
`Tally`, never raised: a log has millions of lines. Memory is bounded whatever a file holds. Must not know:
any cloud.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, cast

from exchange_ports.traffic.addresses import AddressSet, Network
from exchange_ports.traffic.ports import HIGHEST_PORT

#: Characters of one line; a record of 60 fields has 1,500.
MOST_OF_A_LINE: Final = 1 << 16
#: Characters of one JSON value: a record of an hour of a busy interface.
MOST_OF_A_VALUE: Final = 1 << 26
#: Interfaces that are listed one by one.
_MOST_INTERFACES: Final = 10_000
_CHUNK: Final = 1 << 20
HIGHEST_PROTOCOL: Final = 0xFF
#: The end of the year 9999: what is later is no time.
_LATEST: Final = 253_402_300_799


class FlowRecord(NamedTuple):
    """Packets of one connection, as one interface recorded them in one window."""

    source: str
    destination: str
    #: None where the log does not say it.
    source_port: int | None
    destination_port: int
    protocol: int
    #: Both directions together where the log counts whole connections.
    bytes: int
    #: Seconds since 1970; 0 where the log does not say it.
    first: int
    last: int
    refused: bool
    #: Whether the source opened the connection; None where the log does not say it.
    opened: bool | None
    #: Whether the destination answered, by this record alone.
    answered: bool
    #: The interface that recorded it; empty where the log does not say it.
    interface: str
    #: How many records of the log it stands for.
    records: int = 1


@dataclass
class Window:
    """What one interface recorded."""

    first: int = 0
    last: int = 0
    records: int = 0
    #: Windows in which records were lost, and windows without traffic.
    lost: int = 0
    idle: int = 0


@dataclass
class Tally:
    """What a reader saw, beside the records that it gave."""

    #: Records that were read, and those of them with a server of ours.
    records: int = 0
    ours: int = 0
    #: Of ours: what was accepted and refused.
    accepted: int = 0
    refused: int = 0
    #: Whether the fields say who opened connections.
    handshakes: bool = False
    #: Whether ends are addresses of interfaces: of what passes a NAT gateway, they are not the packet's.
    translated: bool = False
    interfaces: dict[str, Window] = field(default_factory=dict[str, Window])
    #: Faults by what they are, with how many there are, and where the first one is.
    faults: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, str] = field(default_factory=dict[str, str])
    #: What the log itself leaves out, in words.
    notes: dict[str, None] = field(default_factory=dict[str, None])

    def fault(self, what: str, where: str) -> None:
        """Count something that cannot be read."""
        self.faults[what] += 1
        self.examples.setdefault(what, where)

    def window(self, interface: str) -> Window:
        """What an interface recorded; beyond the limit, interfaces are counted together."""
        found = self.interfaces.get(interface)
        if found is None:
            if len(self.interfaces) >= _MOST_INTERFACES:
                interface = ""
            found = self.interfaces.setdefault(interface, Window())
        return found

    @property
    def span(self) -> tuple[int, int] | None:
        """The first and the last second of all records; None where there is none."""
        seen = [each for each in self.interfaces.values() if each.last]
        if not seen:
            return None
        return min(each.first for each in seen), max(each.last for each in seen)


class LogText(Protocol):
    """The text of one log, which is read once, from its beginning."""

    @property
    def name(self) -> str:
        """The file."""
        ...

    @property
    def head(self) -> str:
        """How it begins; reading still begins at the beginning."""
        ...

    def read(self) -> str:
        """The next characters, at most about a million; none at the end."""
        ...


#: Reads a log: gives the records that have one of these addresses at an end.
Reader: TypeAlias = Callable[[LogText, frozenset[str], Tally], Iterator[FlowRecord]]


class LogTable(NamedTuple):
    """How a table of records reads as SQL (DuckDB): an expression for each value of a record."""

    #: By the names of `FlowRecord`, without `answered` and `records`; and `status`.
    columns: Mapping[str, str]
    #: Columns that read as text, whatever a file holds.
    known: tuple[str, ...]


class FlowLogs(Protocol):
    """`flow_logs`: the flow logs of a cloud."""

    def reader(self, head: str, /) -> Reader | None:
        """What reads a log that begins so; None where it is no log of this cloud."""
        ...

    def table(self, names: tuple[str, ...], /) -> LogTable | None:
        """How a table with these columns reads as SQL; None where it is no log of this cloud."""
        ...

    def never_logged(self, zones: Iterable[Network], /) -> AddressSet:
        """Hosts of the platform, traffic with which is not recorded, in a network with these zones."""
        ...

    def queries(self) -> "Mapping[str, Callable[[QueryFacts], str]]":
        """Queries that make the neutral table where the log is, by the name of their language."""
        ...


class QueryFacts(NamedTuple):
    """What a query is about."""

    #: The addresses of all servers.
    servers: tuple[str, ...]
    #: Ports that rules name: of these the one at the server's end is known.
    ports: tuple[tuple[int, int], ...]


# ---- lines ----


def lines_of(text: LogText, tally: Tally) -> Iterator[str]:
    """The lines of a log. One that is too long is counted as a fault and left out."""
    rest, too_long = "", False
    while chunk := text.read():
        lines = (rest + chunk).split("\n")
        rest = lines.pop()
        if too_long and lines:
            lines.pop(0)
            too_long = False
        yield from lines
        if too_long or len(rest) > MOST_OF_A_LINE:
            if not too_long:
                tally.fault(f"a line has more than {MOST_OF_A_LINE} characters", text.name)
            rest, too_long = "", True
    if rest and not too_long:
        yield rest


# ---- JSON, value by value ----

_SPACE: Final = re.compile(r"[ \t\r\n,]*")
#: The beginning of a list of records: at the top, or under a name at the top.
_BEGIN: Final = re.compile(r'\s*(?:\[|\{\s*"(?:records|value)"\s*:\s*\[)')
_DECODER: Final = json.JSONDecoder()


def values_of(text: LogText, tally: Tally) -> Iterator[object]:
    """The values of the list of a JSON text, one after the other.

    The list may end anywhere: an hour that is still written has no end. What follows it is left out.
    """
    buffer = text.read()
    begin = _BEGIN.match(buffer)
    if begin is None:
        tally.fault("it has no list of records", text.name)
        return
    at, number, wanted = begin.end(), 0, 0
    while True:
        at = _SPACE.match(buffer, at).end()  # type: ignore[union-attr] # pyright: ignore[reportOptionalMemberAccess]
        if at < len(buffer) and buffer[at] == "]":
            return
        try:
            # A value is tried again when twice as much of it is there, so that time is linear.
            if len(buffer) - at < wanted:
                raise json.JSONDecodeError("more is needed", buffer, len(buffer))
            value, at = _DECODER.raw_decode(buffer, at)
        except (ValueError, RecursionError) as failed:
            # Other than for want of text: too deep, or a number of too many digits.
            more = text.read() if isinstance(failed, json.JSONDecodeError) else ""
            if not more or len(buffer) - at > MOST_OF_A_VALUE:
                if buffer[at:].strip():
                    tally.fault(
                        "a record is not valid JSON, or not complete",
                        f"{text.name}, record {number + 1}",
                    )
                return
            wanted = 2 * (len(buffer) - at) if len(buffer) - at >= wanted else wanted
            buffer, at = buffer[at:] + more, 0
            continue
        number, wanted = number + 1, 0
        yield cast("object", value)


def as_mapping(value: object) -> dict[str, Any]:
    """A JSON object; an empty one where it is something else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """A JSON list; an empty one where it is something else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


# ---- values ----


@lru_cache(maxsize=1 << 16)
def address_text(text: str) -> str:
    """An address as this package writes it; the text itself where it is none."""
    if ":" not in text:
        return text
    try:
        return str(ip_address(text))
    except ValueError:
        return text


@lru_cache(maxsize=1 << 16)
def is_address(text: str) -> bool:
    """Whether it is one IPv4 or IPv6 address."""
    if "%" in text or "/" in text:
        return False
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def port(text: str) -> int:
    """A port number.

    :raises ValueError: it is none.
    """
    number = whole(text)
    if number > HIGHEST_PORT:
        raise ValueError(f"{text[:20]} is not a port")
    return number


def protocol_number(text: str) -> int:
    """A protocol: its number, or T or U, tcp, udp, icmp.

    :raises ValueError: it is none.
    """
    known = _PROTOCOLS.get(text.lower())
    number = whole(text) if known is None else known
    if number > HIGHEST_PROTOCOL:
        raise ValueError(f"{text[:20]} is not a protocol")
    return number


_PROTOCOLS: Final = {
    "t": 6,
    "tcp": 6,
    "u": 17,
    "udp": 17,
    "icmp": 1,
    "icmpv6": 58,
    "esp": 50,
    "ah": 51,
}


def count(text: str) -> int:
    """A number of bytes or packets; 0 where it is left out.

    :raises ValueError: it is none.
    """
    return whole(text) if text and text != "-" else 0


def seconds(text: str) -> int:
    """A time in seconds or milliseconds since 1970, in seconds.

    :raises ValueError: it is none.
    """
    number = whole(text)
    if number > _LATEST or number > _MILLISECONDS:
        number //= 1000
    if number > _LATEST:
        raise ValueError(f"{text[:20]} is not a time")
    return number


#: A number of seconds above this would be in the year 5138; as milliseconds it is in 1973.
_MILLISECONDS: Final = 100_000_000_000


def whole(text: str) -> int:
    """A whole number that is not negative, in at most 19 digits of ASCII.

    :raises ValueError: it is none.
    """
    if len(text) > _DIGITS or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:20]} is not a number")
    return int(text)


_DIGITS: Final = 19
