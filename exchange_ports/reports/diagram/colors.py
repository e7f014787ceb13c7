"""The colors of pictures on light and on dark pages; a test measures their contrast.

A color has one meaning: green is newly allowed, red is newly blocked, orange is an accepted risk. Zones have
neutral backgrounds.
"""

from collections.abc import Mapping
from typing import Final

from exchange_ports.reports.diagram.endpoints import Status
from exchange_ports.reports.diagram.zones import ZoneKind

RISK: Final = "risk"

LIGHT: Final[Mapping[str, str]] = {
    "page": "#ffffff",
    "ink": "#1f2328",
    "soft": "#4d5661",
    "line": "#424a53",
    "edge": "#6e7781",
    "rule": "#d0d7de",
    ZoneKind.INTERNET: "#eceef1",
    ZoneKind.PERIMETER: "#ece9f7",
    ZoneKind.INTERNAL: "#e2eefb",
    ZoneKind.NEIGHBORS: "#f4f5f6",
    Status.ALLOWED: "#11632a",
    Status.BLOCKED: "#a90f1b",
    RISK: "#8a3a00",
}
DARK: Final[Mapping[str, str]] = {
    "page": "#0d1117",
    "ink": "#e6edf3",
    "soft": "#b3bcc6",
    "line": "#b3bcc6",
    "edge": "#8b949e",
    "rule": "#30363d",
    ZoneKind.INTERNET: "#22272e",
    ZoneKind.PERIMETER: "#262140",
    ZoneKind.INTERNAL: "#12263a",
    ZoneKind.NEIGHBORS: "#191e25",
    Status.ALLOWED: "#56d364",
    Status.BLOCKED: "#ff9a94",
    RISK: "#ffb27a",
}
