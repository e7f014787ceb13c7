"""Findings about plans: limits and quotas of the clouds, and names that no cloud accepts."""

from typing import Final

from exchange_ports.findings.finding import Kind, Severity

__all__ = [
    "KINDS",
    "NAME_TOO_LONG",
    "NEAR_LIMIT",
    "OVER_LIMIT",
    "PROBES_OVER_LIMIT",
    "QUOTA_TOO_HIGH",
    "WARNINGS",
]

OVER_LIMIT: Final = Kind(
    "over-limit",
    Severity.ERROR,
    summary="{where} needs {used} {what}, and {cloud} allows {most} per {per}",
    why="{cloud} refuses what is over its limit, half-way through an update{largest}",
    fix="{way_out}",
)
NEAR_LIMIT: Final = Kind(
    "near-limit",
    Severity.WARNING,
    summary="{where} takes {used} of the {most} {what} that {cloud} allows per {per}",
    why="soon something more will not fit, and {cloud} refuses it half-way through an "
    "update{largest}",
    fix="{way_out}",
)
PROBES_OVER_LIMIT: Final = Kind(
    "probes-over-limit",
    Severity.ERROR,
    summary="sender reputation's direct probes do not fit: {where} needs {used} {what}, and {cloud} "
    "allows {most} per {per}",
    why="{ports} are {ranges} ranges of ports, each to {prefixes} prefixes; {fit}",
    fix="set a proxy, switch it off, or {way_out}",
)
QUOTA_TOO_HIGH: Final = Kind(
    "quota-too-high",
    Severity.ERROR,
    summary="{asked} is more than AWS grants",
    why="{why}",
    fix="{fix}",
)
NAME_TOO_LONG: Final = Kind(
    "name-too-long",
    Severity.ERROR,
    summary="the name {name} has {length} of at most {most} characters",
    why="{cloud} refuses longer names, and the name is made of the names declared here",
    fix="shorten the network's, site's or server's name, or the component's",
)

KINDS: Final = (OVER_LIMIT, NEAR_LIMIT, PROBES_OVER_LIMIT, QUOTA_TOO_HIGH, NAME_TOO_LONG)

#: The codes of those that a topology may acknowledge.
WARNINGS: Final = frozenset(kind.code for kind in KINDS if kind.severity is Severity.WARNING)
