"""Findings about plans: limits of the clouds, and names that no cloud accepts."""

from typing import Final

from exchange_ports.findings.finding import Kind, Severity

__all__ = ["KINDS", "NAME_TOO_LONG", "OVER_LIMIT", "PROBES_OVER_LIMIT"]

OVER_LIMIT: Final = Kind(
    "over-limit",
    Severity.ERROR,
    says="{where} needs {used} {what}, and {cloud} allows {most} per {per}",
    why="{cloud} refuses what is over its limit, half-way through an update{largest}",
    fix="{way_out}",
)
PROBES_OVER_LIMIT: Final = Kind(
    "probes-over-limit",
    Severity.ERROR,
    says="sender reputation's direct probes do not fit: {where} needs {used} {what}, and {cloud} "
    "allows {most} per {per}",
    why="{ports} are {ranges} ranges of ports, each to {prefixes} prefixes; {fit}",
    fix="set a proxy, switch it off, or {way_out}",
)
NAME_TOO_LONG: Final = Kind(
    "name-too-long",
    Severity.ERROR,
    says="the name {name} has {length} of at most {most} characters",
    why="{cloud} refuses longer names, and the name is made of the names declared here",
    fix="shorten the network's, site's or server's name, or the component's",
)

KINDS: Final = (OVER_LIMIT, PROBES_OVER_LIMIT, NAME_TOO_LONG)
