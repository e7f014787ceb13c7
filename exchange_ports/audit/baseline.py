"""Known differences that somebody accepted: each with its owner, its reason and the day of its review."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from exchange_ports.clouds.existing import PrintedDocument, fields_of, items_of
from exchange_ports.findings import Finding
from exchange_ports.findings.command_kinds import WRONG_OUTPUT

_FIX: Final = 'Write a JSON list of {"key", "owner", "reason", "review_by"}, with the keys that `audit --json` prints'
#: More entries are no list that somebody reviews.
_MOST: Final = 1_000


class Accepted(BaseModel):
    """A difference that is known: its key in `audit --json`, who accepted it, why, and until when."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    key: str
    owner: str
    reason: str
    review_by: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The keys of the differences of an audit, beside those that were accepted."""

    differences: tuple[str, ...]
    entries: tuple[Accepted, ...] = ()
    as_of: date | None = None

    @property
    def accepted(self) -> dict[str, Accepted]:
        """The entries whose difference was found, by key."""
        there = set(self.differences)
        return {each.key: each for each in self.entries if each.key in there}

    @property
    def unused(self) -> tuple[Accepted, ...]:
        """The entries whose difference was not found."""
        accepted = self.accepted
        return tuple(each for each in self.entries if each.key not in accepted)

    @property
    def overdue(self) -> tuple[Accepted, ...]:
        """The entries whose day of review is before the day that is asked about."""
        if self.as_of is None:
            return ()
        return tuple(
            each for each in self.entries if date.fromisoformat(each.review_by) < self.as_of
        )

    @property
    def holds(self) -> bool:
        """Whether every difference is accepted, every entry is used, and no review is overdue."""
        accepted = self.accepted
        known = all(key in accepted for key in self.differences)
        return known and not self.unused and not self.overdue


def read_baseline(document: PrintedDocument) -> tuple[Accepted, ...] | list[Finding]:
    """The entries of a file, or all that is wrong with them."""
    items = items_of(document.data)
    if items is None or len(items) > _MOST:
        return [_wrong(document, (), "it is not a list" if items is None else "it is too long")]
    findings = [
        finding
        for at, item in enumerate(items)
        for finding in _wrongs(document, at, fields_of(item))
    ]
    if findings:
        return findings
    return tuple(Accepted(**fields_of(item)) for item in items)


def _wrongs(document: PrintedDocument, at: int, fields: Mapping[str, object]) -> Iterator[Finding]:
    try:
        found = Accepted.model_validate(fields)
        date.fromisoformat(found.review_by)
    except ValidationError as failed:
        first = failed.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        yield _wrong(document, (at,), f"{field}: {first['msg'].lower()}")
    except ValueError:
        yield _wrong(document, (at, "review_by"), "it is not a date, such as 2027-03-31")


def _wrong(document: PrintedDocument, path: tuple[str | int, ...], wrong: str) -> Finding:
    return document.at(WRONG_OUTPUT, path, file=document.file, wrong=wrong, fix=_FIX)
