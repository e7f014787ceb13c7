"""Formulas over one packet, for z3.

Knows: how a packet is written in bits, and what z3 offers. Must not know: any cloud, plan or topology,
nor this package's own sets: a formula here owes them nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Final, TypeAlias

__all__ = [
    "CODE",
    "ICMP",
    "ICMPV6",
    "KIND",
    "NO",
    "PEER",
    "PORT",
    "PROTOCOL",
    "TCP",
    "UDP",
    "YES",
    "Address",
    "End",
    "Formula",
    "Range",
    "Seen",
    "all_of",
    "any_of",
    "apart",
    "at",
    "between",
    "either",
    "is_number",
    "negated",
    "of_six",
    "within",
]

# z3 has no types, and no stubs of it are published.
z3: Any = import_module("z3")

#: A formula of z3.
Formula: TypeAlias = Any
Address: TypeAlias = IPv4Address | IPv6Address
Range: TypeAlias = IPv4Network | IPv6Network

_BITS: Final = 128

#: IANA protocol numbers.
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58

PROTOCOL: Final[Formula] = z3.BitVec("protocol", 8)
#: The destination port, where the protocol has one.
PORT: Final[Formula] = z3.BitVec("port", 16)
#: Type and code, where it is ICMP of either family.
KIND: Final[Formula] = z3.BitVec("icmp type", 8)
CODE: Final[Formula] = z3.BitVec("icmp code", 8)

YES: Final[Formula] = z3.BoolVal(True)
NO: Final[Formula] = z3.BoolVal(False)


@dataclass(frozen=True)
class End:
    """One end of a packet: its family and its address, the latter in the low bits where it is IPv4."""

    six: Formula
    address: Formula


#: Whoever is at the other end.
PEER: Final = End(z3.Bool("IPv6"), z3.BitVec("peer", _BITS))

#: What there is: an address of IPv4 has 32 bits, and only ICMP has a type.
_POSSIBLE: Final = z3.Or(PEER.six, z3.ULE(PEER.address, (1 << 32) - 1))


def at(address: Address) -> End:
    """The end that is this address."""
    return End(z3.BoolVal(address.version == 6), z3.BitVecVal(int(address), _BITS))


def of_six(end: End) -> Formula:
    """It speaks IPv6."""
    return end.six


def within(end: End, range_: Range) -> Formula:
    """The end is inside a range: the bits of its prefix are the same."""
    return _peer_within(range_) if end is PEER else _within(end, range_)


@cache  # z3 makes a formula slowly, and the same ranges are asked about for every server
def _peer_within(range_: Range) -> Formula:
    return _within(PEER, range_)


def _within(end: End, range_: Range) -> Formula:
    top = range_.max_prefixlen - 1
    rest = range_.max_prefixlen - range_.prefixlen
    family = end.six if range_.version == 6 else z3.Not(end.six)
    if range_.prefixlen == 0:
        return family
    prefix = z3.Extract(top, rest, end.address)
    return z3.And(family, prefix == (int(range_.network_address) >> rest))


def between(value: Formula, first: int, last: int) -> Formula:
    """The number is `first` to `last`, both included."""
    return value == first if first == last else z3.And(z3.UGE(value, first), z3.ULE(value, last))


def is_number(value: Formula, number: int) -> Formula:
    """The number is this one."""
    return value == number


def all_of(*formulas: Formula) -> Formula:
    """Every one holds."""
    return z3.And(*formulas)


def any_of(formulas: Iterable[Formula]) -> Formula:
    """One at least holds; none of none does."""
    return z3.Or(*formulas)


def negated(formula: Formula) -> Formula:
    """It does not hold."""
    return z3.Not(formula)


def either(condition: Formula, then: Formula, otherwise: Formula) -> Formula:
    """One or the other, as the condition says."""
    return z3.If(condition, then, otherwise)


@dataclass(frozen=True)
class Seen:
    """A packet that tells two formulas apart, and which of the two holds for it."""

    peer: Address
    protocol: int
    port: int
    kind: int
    code: int
    first: bool

    def __str__(self) -> str:
        names = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmpv6"}
        what = names.get(self.protocol, f"protocol {self.protocol}")
        if self.protocol in (TCP, UDP):
            what = f"{self.port}/{what}"
        elif self.protocol in (ICMP, ICMPV6):
            what = f"{what} type {self.kind} code {self.code}"
        return f"{self.peer} {what}"


def apart(first: Formula, second: Formula) -> Seen | None:
    """A packet for which one of two formulas holds and the other does not; None if there is none.

    :raises RuntimeError: z3 does not know.
    """
    solver = z3.SolverFor("QF_BV")
    solver.add(_POSSIBLE, z3.Xor(first, second))
    found = solver.check()
    if found == z3.unsat:
        return None
    if found != z3.sat:
        raise RuntimeError(f"z3 does not know: {solver.reason_unknown()}")
    model = solver.model()

    def number(value: Formula) -> int:
        return int(model.eval(value, model_completion=True).as_long())

    def holds(formula: Formula) -> bool:
        return bool(z3.is_true(model.eval(formula, model_completion=True)))

    make = IPv6Address if holds(PEER.six) else IPv4Address
    protocol, port, kind, code = map(number, (PROTOCOL, PORT, KIND, CODE))
    return Seen(make(number(PEER.address)), protocol, port, kind, code, holds(first))
