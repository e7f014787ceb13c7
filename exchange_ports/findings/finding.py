"""An error or a warning as data, and the one form in which it is shown.

Knows: severities, and the file and line of a field.
Must not know: what can be declared. The tables of kinds are in the files beside this one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

#: The way to a field, from the top of what was declared: ("sites", "hq", "servers", 0).
Path = tuple[str | int, ...]

#: Where each finding has its page: a path in this repository until a site is published, then its address.
PAGES: Final = "docs/findings/"

#: Longer user text is cut: a finding is read on a terminal, and names have their own limit.
_LONGEST_FACT: Final = 240


class Severity(StrEnum):
    """An error stops the command. A warning is shown, and the command continues."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """The location of a field: the file, and the line counted from 1. Either may be unknown."""

    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.file is None:
            return ""
        return self.file if self.line is None else f"{self.file}:{self.line}"


def printable(text: object) -> str:
    """User text that a terminal can show: without control characters, and of limited length."""
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in str(text)
    )
    return shown if len(shown) <= _LONGEST_FACT else shown[: _LONGEST_FACT - 3] + "..."


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding. The code is permanent: a released one is never used for another fault.

    `summary`, `why` and `fix` are templates of full sentences; `at` fills in the facts by name. `why` is
    empty where the summary is enough.
    """

    code: str
    summary: str
    why: str
    fix: str
    severity: Severity = Severity.ERROR

    @property
    def page(self) -> str:
        """Where the finding is explained."""
        return f"{PAGES}{self.code}.md"

    def at(self, path: Iterable[str | int], /, **facts: object) -> "Finding":
        """A finding of this kind at the field `path`.

        :raises KeyError: when a template names a fact that is not given.
        """
        shown = {name: printable(fact) for name, fact in facts.items()}
        return Finding(
            self,
            tuple(path),
            self.summary.format_map(shown),
            _capitalized(self.why, shown),
            _capitalized(self.fix, shown),
        )


def _capitalized(template: str, facts: Mapping[str, str]) -> str:
    """The sentence of a template. Where a fact begins it, that fact is a clause and not a name."""
    text = template.format_map(facts)
    return text[:1].upper() + text[1:] if template.startswith("{") else text


@dataclass(frozen=True, slots=True)
class Finding:
    """One error or warning: what is wrong, where, why it matters, and what to write instead."""

    kind: Kind
    path: Path
    summary: str
    why: str
    fix: str
    place: Place = Place()

    @property
    def is_error(self) -> bool:
        """Whether it stops the command."""
        return self.kind.severity is Severity.ERROR

    @property
    def field(self) -> str:
        """The field path with dots: `topology.sites.hq.servers.ex1`."""
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
        """The same finding, with the number of other fields that have it too."""
        if not places:
            return self
        more = f"The same applies to {counted(places, 'other field')}."
        return replace(self, summary=f"{self.summary} {more}")

    def and_more(self, number: int) -> "Finding":
        """The same finding, with the number of others of its kind in the field that are not shown."""
        if not number:
            return self
        return replace(self, summary=f"{self.summary} There are {number} more in this field.")

    def located(self, locate: Callable[[Path], Place]) -> "Finding":
        """The same finding with the location of its field."""
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
            "page": self.kind.page,
        }

    def __str__(self) -> str:
        where = "  ".join(part for part in (str(self.place), self.field) if part)
        return "\n".join(
            [
                f"{self.kind.severity}[{self.kind.code}] {self.summary}",
                *([f"  {where}"] if where else []),
                *([f"  why: {self.why}"] if self.why else []),
                # Candidates are one below the other.
                "  fix: " + self.fix.replace("\n", "\n       "),
                f"  see {self.kind.page}",
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
    """Each finding once: errors before warnings, then in the order of the file."""
    return tuple(sorted(dict.fromkeys(findings), key=_hardest_first))


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most similar, if one is similar enough."""
    from difflib import get_close_matches  # 3 ms that only mistakes should pay for

    by_lower = {each.lower().replace("-", "_"): each for each in known}
    close = get_close_matches(word.lower().replace("-", "_"), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def render(findings: Sequence[Finding], outcome: str = "") -> str:
    """All findings as text, errors first, and a last line that counts them.

    `outcome` is what the errors prevented, where a command would have changed something.
    """
    ordered = in_order(findings)
    errors = sum(finding.is_error for finding in ordered)
    warnings = len(ordered) - errors
    counts = [counted(errors, "error")] if errors else []
    if warnings:
        counts.append(counted(warnings, "warning"))
    closing = ", ".join(counts) + (f"; {outcome}" if errors and outcome else "")
    return "\n".join([*map(str, ordered), *([closing] if counts else [])])


class Refused(ValueError):
    """A declaration that cannot be used. `findings` has every error and warning."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings; the text of the exception is their rendering."""
        self.findings: tuple[Finding, ...] = in_order(findings)
        super().__init__(render(self.findings))
