"""The settings of a stack that are ours: how they are called, and what is said of any other.

Must not know: what may be declared under one of them.
"""

from collections.abc import Iterable
from typing import Final

from exchange_ports.findings import Finding, Path
from exchange_ports.findings.file_kinds import UNKNOWN_SETTING

__all__ = ["FULL_NAMES", "NAMESPACE", "SETTINGS", "closest", "listed", "unknown_setting"]

#: The project's name, by which Pulumi files our settings: `exchange-ports:topology`.
NAMESPACE: Final = "exchange-ports"
#: Our settings, without the namespace. Only the first must be there.
SETTINGS: Final = ("topology", "networks", "tags", "previous", "step", "attached")
FULL_NAMES: Final = tuple(f"{NAMESPACE}:{name}" for name in SETTINGS)


def unknown_setting(name: str, at: Path) -> Finding:
    """That there is no such setting, and which one is meant, if one is. `name` is without namespace."""
    found = closest(name, SETTINGS)
    meant = f"`{NAMESPACE}:{found}`" if found else ""
    return UNKNOWN_SETTING.at(
        at,
        key=f"{NAMESPACE}:{name}",
        meant=meant and f", perhaps meant for {meant}",
        allowed=listed(FULL_NAMES),
        remedy=f"write {meant}" if meant else "delete it",
    )


def listed(names: Iterable[str]) -> str:
    """Names as one reads them: all of them, the last after `and`."""
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}"


def closest(name: str, known: Iterable[str]) -> str | None:
    """The one that is likely meant by a name, if one is."""
    # Only where something looks wrong: most files need not wait for this import.
    from difflib import get_close_matches

    found = get_close_matches(name.casefold(), known, n=1, cutoff=0.8)
    return found[0] if found else None
