"""Ports as people write them on a command line: 443/tcp, tcp/443, https, 53, several with commas between.

What a report prints as ports is read back as the same ports.
"""

import re
from collections.abc import Iterator
from typing import Final

from pydantic_core import PydanticCustomError

from exchange_ports.catalog import PORTS_OF_SERVICES, SERVICES, Service
from exchange_ports.findings import Refused, nearest
from exchange_ports.findings.command_kinds import UNKNOWN_PORTS
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology.fields import read_ports
from exchange_ports.traffic.ports import ANY_PORTS, Ports, Protocol

#: A port without a protocol is one of TCP: so is every port of the tables but name resolution's.
_PLAIN: Final = (Protocol.TCP,)
_NUMBERS: Final = re.compile(r"[0-9]+(?:-[0-9]+)?")
_PROTOCOL_FIRST: Final = re.compile(r"(tcp|udp)/([0-9-]+)")


def ports_of(text: str, plain: tuple[Protocol, ...] = _PLAIN) -> tuple[Ports, ...]:
    """The ports that a text names. Numbers without a protocol take that of the next one: 25,587/tcp.

    `plain` are the protocols of numbers that none follows.

    :raises Refused: it names none.
    """
    found: list[Ports] = []
    protocols = tuple(map(str, plain))
    for each in reversed(text.split(",")):
        one = _PROTOCOL_FIRST.sub(r"\2/\1", each.strip().lower())
        if _NUMBERS.fullmatch(one):
            found += [_read(f"{one}/{protocol}") for protocol in reversed(protocols)]
            continue
        several = tuple(_named(one)) or (_read(one),)
        found += reversed(several)
        protocols = (str(several[-1].protocol),) if several[-1].protocol.has_ports else protocols
    return tuple(reversed(found))


def names_ports(text: str) -> bool:
    """Whether a text is about ports at all, rightly written or not: a rule is never called so."""
    first = re.split("[,/]", text.lower())[0].strip()
    about = (*(each.value for each in Protocol), str(ANY_PORTS), *PORTS_OF_SERVICES)
    return first[:1].isdigit() or first.startswith("-") or _key(first) in about


def _key(word: str) -> str:
    return word.replace("-", "_")


def _named(word: str) -> Iterator[Ports]:
    """The ports of a service, or those of one protocol: dns, dns/udp; and all, as reports write it."""
    name, _, protocol = word.partition("/")
    if word == str(ANY_PORTS):
        yield ANY_PORTS
    for ports in PORTS_OF_SERVICES.get(_key(name), ()):
        if protocol in ("", ports.protocol):
            yield ports


def _facts(wrong: PydanticCustomError) -> dict[str, object]:
    facts: dict[str, object] = dict(wrong.context or {})
    # Of several ports, as an argument has them.
    return {**facts, "example": str(facts.get("meant", "")).replace(", ", ",")}


#: What looks like an address or a range.
_ADDRESS: Final = re.compile(r"(?=.*[.:].*[.:])[0-9a-f.:]+(/[0-9]+)?")


def _read(word: str) -> Ports:
    if _ADDRESS.fullmatch(word):
        fix = f"It is an address. Write a port such as `{SERVICES[Service.HTTPS].ports[0]}`, or a service."
        raise Refused(
            [UNKNOWN_PORTS.at((), text=word, services=", ".join(PORTS_OF_SERVICES), fix=fix)]
        )
    try:
        return read_ports(word)
    except PydanticCustomError as wrong:
        unsupported = wrong.type == "unsupported-protocol"
        if (
            unsupported
            or not word
            or any(char.isdigit() for char in word)
            or word in ("tcp", "udp")
        ):
            raise Refused([BY_CODE[wrong.type].at((), **_facts(wrong))]) from None
    likely = nearest(word, PORTS_OF_SERVICES)
    raise Refused(
        [
            UNKNOWN_PORTS.at(
                (),
                text=word,
                services=", ".join(PORTS_OF_SERVICES),
                fix=f'Did you mean "{likely}"?'
                if likely
                else "Write a port such as `8443/tcp`, or a service.",
            )
        ]
    )
