"""The package's own `Traffic` as a formula: what it says, read as numbers."""

from exchange_ports.traffic.traffic import Traffic
from tests.support.smt import logic
from tests.support.smt.logic import (
    CODE,
    ICMP,
    ICMPV6,
    KIND,
    PEER,
    PORT,
    PROTOCOL,
    TCP,
    UDP,
    Formula,
    z3,
)

__all__ = ["formula_of"]

#: Addresses stand on one line, IPv4 first and IPv6 from the bit above its own on; services on another,
#: 65,536 places a protocol: its ports, or its ICMP messages by type and code.
_ADDRESS: Formula = z3.Concat(z3.If(PEER.six, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1)), PEER.address)
_SERVICE: Formula = z3.Concat(
    PROTOCOL,
    z3.If(
        z3.Or(PROTOCOL == TCP, PROTOCOL == UDP),
        PORT,
        z3.If(
            z3.Or(PROTOCOL == ICMP, PROTOCOL == ICMPV6), z3.Concat(KIND, CODE), z3.BitVecVal(0, 16)
        ),
    ),
)


def formula_of(traffic: Traffic) -> Formula:
    """The packet is in it."""
    return logic.any_of(
        logic.all_of(
            logic.any_of(logic.between(_ADDRESS, *span) for span in box.addresses.spans),
            logic.any_of(logic.between(_SERVICE, *span) for span in box.services.spans),
        )
        for box in traffic.groups()
    )
