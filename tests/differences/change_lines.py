"""Changes of traffic as lines that a person reads."""

from typing import Any

from exchange_ports.differences import Change
from exchange_ports.differences.change import ChangeEndpoint


def end(one: Any) -> str:
    """Servers by name, few ranges as they are, and where the rest stands."""
    few = len(one.addresses.spans) <= 2
    who = " ".join(one.servers) or (str(one.addresses) if few else "others")
    return f"{who} ({one.zone})"


def row(change: Change) -> str:
    """Who, to whom, on what, at whose filters, and for which rows or words."""
    why, former = (
        " ".join(each.entry or each.summary for each in reasons)
        for reasons in (change.reasons, change.former)
    )
    what = f"{change.effect}, {change.cause} {' '.join(change.about)}".rstrip()
    ends = f"{end(change.source)} -> {end(change.destination)} {change.services}"
    return f"{what}: {ends} {'/'.join(change.ways)}: {why}" + (f", not {former}" if former else "")


def where(one: ChangeEndpoint) -> str:
    """One end, with all by which gates decide."""
    inside = " reaching the internal network" if one.reaches_inside else ""
    return f"{one.role or 'no role'}{inside} ({', '.join(sorted(one.positions))})"
