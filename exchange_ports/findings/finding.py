"""What a finding is: an error or a warning as data, and how it reads.

Knows: severities, places in a stack file, and the one form in which findings are shown.
Must not know: what can be declared. The tables of kinds stand in the files beside this one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

#: The way to a field, from the top of what was declared: ("sites", "hq", "servers", 0).
Path = tuple[str | int, ...]

#: Longer user text is cut: a finding is read on a terminal, and names have their own limit.
_LONGEST_FACT: Final = 200


class Severity(StrEnum):
    """How hard a finding is: an error stops everything, a warning is shown and goes on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: the file, and the line counted from 1. Either may be unknown."""

    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.file is None:
            return ""
        return self.file if self.line is None else f"{self.file}:{self.line}"


def printable(text: object) -> str:
    """User text as it may stand in a terminal: no control characters, and not without end."""
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in str(text)
    )
    return shown if len(shown) <= _LONGEST_FACT else shown[: _LONGEST_FACT - 3] + "..."


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding. The code is permanent: a released one is never used for another fault.

    `says`, `why` and `fix` are templates; `at` fills in the facts by name.
    """

    code: str
    summary: str
    why: str
    fix: str
    severity: Severity = Severity.ERROR

    def at(self, path: Iterable[str | int], /, **facts: object) -> "Finding":
        """A finding of this kind at the field `path`.

        :raises KeyError: when a template names a fact that is not given.
        """
        shown = {name: printable(fact) for name, fact in facts.items()}
        return Finding(
            self,
            tuple(path),
            self.summary.format_map(shown),
            self.why.format_map(shown),
            self.fix.format_map(shown),
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or unwise: what, where, why, and what would be right."""

    kind: Kind
    path: Path
    summary: str
    why: str
    fix: str
    place: Place = Place()

    @property
    def is_error(self) -> bool:
        """Whether it stops everything."""
        return self.kind.severity is Severity.ERROR

    @property
    def field(self) -> str:
        """The field path in dots, as a person would say it: `topology.sites.hq.servers.ex1`."""
        words = ""
        for step in self.path:
            if isinstance(step, int):
                words += f"[{step}]"
            else:
                words += ("." if words else "") + printable(step)
        return words

    def under(self, path: Path) -> "Finding":
        """The same finding, its path continued upwards by `path`."""
        return replace(self, path=(*path, *self.path))

    def also_at(self, places: int) -> "Finding":
        """The same finding, saying that it holds in so many other places too."""
        if not places:
            return self
        return replace(self, summary=f"{self.summary} (and in {counted(places, 'other place')})")

    def located(self, locate: Callable[[Path], Place]) -> "Finding":
        """The same finding with the place at which its field stands."""
        return replace(self, place=locate(self.path))

    def as_data(self) -> dict[str, object]:
        """The finding for JSON."""
        return {
            "code": self.kind.code,
            "severity": self.kind.severity.value,
            "file": self.place.file,
            "line": self.place.line,
            "field": self.field,
            "summary": self.summary,
            "why": self.why,
            "fix": self.fix,
        }

    def __str__(self) -> str:
        where = "  ".join(part for part in (str(self.place), self.field) if part)
        return "\n".join(
            [
                f"{self.kind.severity}[{self.kind.code}] {self.summary}",
                *([f"  {where}"] if where else []),
                f"  why: {self.why}",
                f"  fix: {self.fix}",
            ]
        )


def _hardest_first(finding: Finding) -> tuple[bool, str, int, str, str]:
    return (
        not finding.is_error,
        finding.place.file or "",
        finding.place.line or 0,
        finding.field,
        finding.kind.code,
    )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once: errors before warnings, then as they stand in the file."""
    return tuple(sorted(dict.fromkeys(findings), key=_hardest_first))


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if any is near."""
    from difflib import get_close_matches  # 3 ms that only mistakes should pay for

    by_lower = {each.lower().replace("-", "_"): each for each in known}
    close = get_close_matches(word.lower().replace("-", "_"), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def render(findings: Sequence[Finding], outcome: str = "nothing was changed") -> str:
    """All findings as text, hardest first, closed by a line that counts them.

    `outcome` is what an error means for whoever reads it.
    """
    ordered = in_order(findings)
    errors = sum(finding.is_error for finding in ordered)
    warnings = len(ordered) - errors
    counts = [counted(errors, "error")] if errors else []
    if warnings:
        counts.append(counted(warnings, "warning"))
    closing = ", ".join(counts) + (f"; {outcome}" if errors else "")
    return "\n".join([*map(str, ordered), *([closing] if counts else [])])


class Refused(ValueError):
    """What was declared cannot be used. `findings` has every reason, errors and warnings."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings; the text of the exception is their rendering."""
        self.findings: tuple[Finding, ...] = in_order(findings)
        super().__init__(render(self.findings))
