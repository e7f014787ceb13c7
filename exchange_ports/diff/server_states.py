"""Who is there before and after: one server stays one, whatever its name and location."""

from exchange_ports.pipeline import Plans
from exchange_ports.topology.inventory import ServerPair, match_servers, with_addresses


def pairs(old: Plans, new: Plans) -> tuple[ServerPair, ...]:
    """Every server, matched by identity, and then, in one network, by its addresses.

    A server that declares no address keeps the one that it declares at the other time, or gets one
    that no other server has.
    """
    found = match_servers(old.inventory.servers, new.inventory.servers)
    found.sort(key=lambda pair: [one.name for one in reversed(pair) if one is not None])
    return tuple(with_addresses(found, keep_ipv6=False))
