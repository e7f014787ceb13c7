"""Findings about plans: limits of the clouds, and names that no cloud accepts."""

from typing import Final

from exchange_ports.findings.finding import Kind, Severity

__all__ = ["BAND_FULL", "KINDS", "NAME_TOO_LONG", "OVER_LIMIT"]

OVER_LIMIT: Final = Kind(
    "over-limit",
    Severity.ERROR,
    says="{where} needs {used} of {most} that {cloud} allows per {per}",
    why="the cloud refuses what is over its limit, and would do so half-way through an update "
    "(most is taken by: {largest})",
    fix="{way_out}",
)
BAND_FULL: Final = Kind(
    "no-free-priority",
    Severity.ERROR,
    says="the {zone} zone needs {used} priorities of {most} in the band for {band}",
    why="Azure wants a priority of its own for every rule of a direction",
    fix="join ranges or services into fewer rules",
)
NAME_TOO_LONG: Final = Kind(
    "name-too-long",
    Severity.ERROR,
    says="the name {name} has {length} of at most {most} characters",
    why="{cloud} refuses longer names, and the name is made of the names declared here",
    fix="shorten the network's, site's or server's name, or the component's",
)

KINDS: Final = (OVER_LIMIT, BAND_FULL, NAME_TOO_LONG)
