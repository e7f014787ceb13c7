"""`check`: whether something passes, and who decides at each end."""

import argparse
from collections.abc import Sequence
from ipaddress import ip_address

from pydantic_core import PydanticCustomError

from exchange_ports.cli.codes import FINE, NO
from exchange_ports.cli.stacks import compiled, read
from exchange_ports.findings import Refused, nearest
from exchange_ports.findings.asked import NO_PACKET, UNKNOWN_END
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.proof.asking import Asked, ask
from exchange_ports.reports.proof import verdict_lines
from exchange_ports.reports.terminal import show
from exchange_ports.topology.groups import wearers
from exchange_ports.topology.values import INTERNET_WORD, read_ports
from exchange_ports.traffic.ports import Ports

__all__ = ["check"]


def check(asked: argparse.Namespace) -> int:
    """Whether something passes, and who decides."""
    plans, _ = compiled(read(asked.file))
    ports = _asked_ports(asked.ports)
    servers = [wearer.name for wearer in wearers(plans.topology)]
    source, destination = (_asked_end(end, servers) for end in (asked.source, asked.destination))
    try:
        verdict = ask(plans, source, destination, ports)
    except ValueError as none:
        named = {"source": asked.source, "destination": asked.destination}
        raise Refused([NO_PACKET.at((), why=none, **named)]) from None
    show(verdict_lines(verdict))
    return FINE if verdict.passes else NO


def _asked_ports(text: str) -> Ports:
    """Ports as they are written in a stack file.

    :raises Refused: they are none.
    """
    try:
        return read_ports(text)
    except PydanticCustomError as wrong:
        finding = BY_CODE[wrong.type].at((), **(wrong.context or {}))
        raise Refused([finding]) from None


def _asked_end(text: str, servers: Sequence[str]) -> Asked:
    """An end of a question: a server, an address, or the Internet.

    :raises Refused: it is none of them.
    """
    if text in servers:
        return Asked(server=text)
    if text == INTERNET_WORD:
        return Asked()
    try:
        return Asked(address=ip_address(text))
    except ValueError:
        meant = nearest(text, (*servers, INTERNET_WORD))
        known = f"the servers are {', '.join(servers)}"
        fix = f"write {meant}" if meant else "name a server, an address, or internet"
        raise Refused([UNKNOWN_END.at((), end=text, known=known, fix=fix)]) from None
