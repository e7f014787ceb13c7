"""Who is there before and after: one server stays one, whatever its name and location."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from exchange_ports.pipeline import Plans
from exchange_ports.topology.inventory import ExchangeServer, ServerPair, match_servers
from exchange_ports.traffic.addresses import FIRST_PLACEHOLDER, Address

__all__ = ["pairs"]

_V6: Final = 6


def pairs(old: Plans, new: Plans) -> tuple[ServerPair, ...]:
    """Every server, matched by identity, and then, in one network, by its addresses.

    A server that declares no address keeps the one that it declares at the other time, or gets one
    that no other server has.
    """
    found = match_servers(old.inventory.servers, new.inventory.servers)
    found.sort(key=lambda pair: [one.name for one in reversed(pair) if one is not None])
    return tuple(_with_addresses(found))


def _with_addresses(found: list[ServerPair]) -> Iterator[ServerPair]:
    placeholder = FIRST_PLACEHOLDER
    for pair in found:
        known = next((one.declared_addresses for one in pair if one and one.has_address), ())
        # Where no address is declared, none is of IPv6 either: a rule may mean more by it (ICMP).
        if not known or any(own.version == _V6 for own in known):
            known = (IPv4Address(placeholder),)
            placeholder += 1
        yield ServerPair(*(one and _at(one, known) for one in pair))


def _at(one: ExchangeServer, known: tuple[Address, ...]) -> ExchangeServer:
    return replace(one, addresses=one.declared_addresses or known)
