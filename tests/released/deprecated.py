"""`deprecations.txt`: the names that may be missing, and from which version on (docs/compatibility.md)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import exchange_ports

__all__ = ["DEPRECATED", "Deprecation", "Deprecations", "read"]

Version = tuple[int, ...]


def version(text: str) -> Version:
    return tuple(map(int, text.split(".")))


@dataclass(frozen=True)
class Deprecation:
    """A name that goes, in its section."""

    section: str
    name: str
    since: Version
    removed: Version
    replacement: str

    @property
    def too_soon(self) -> bool:
        """Whether no minor version lies between: a user would have no time."""
        return self.removed[:2] <= self.since[:2]


@dataclass(frozen=True)
class Deprecations:
    """All of them, as a version has them."""

    names: tuple[Deprecation, ...]
    now: Version

    def gone(self, section: str, name: str) -> bool:
        """Whether this version may be without a name."""
        return any(
            (each.section, each.name) == (section, name) and each.removed <= self.now
            for each in self.names
        )


def read(lines: Iterable[str]) -> Iterable[Deprecation]:
    """The lines of the file.

    :raises ValueError: a line is none of these.
    """
    section = ""
    for line in lines:
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            found = re.fullmatch(r"(\d[\d.]*)  (\d[\d.]*)  (.+?)  =>  (.+)", line)
            if found is None or not section:
                raise ValueError(line)
            since, removed, name, replacement = found.groups()
            yield Deprecation(section, name, version(since), version(removed), replacement)


DEPRECATED: Final = Deprecations(
    tuple(read((Path(__file__).parent / "deprecations.txt").read_text("utf-8").splitlines())),
    version(exchange_ports.__version__),
)
