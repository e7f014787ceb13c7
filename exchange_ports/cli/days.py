"""Days on the command line: `--as-of 2027-03-31`."""

import re
from datetime import date
from typing import Final

from exchange_ports.findings import Finding, Refused
from exchange_ports.findings.command_kinds import BAD_AS_OF

#: Days as other people write them: 2027-3-1 and 20270301, 31.3.2027.
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})[-/.]?([0-9]{1,2})[-/.]?([0-9]{1,2})")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")

_MONTHS: Final = 12


def the_day(text: str) -> date:
    """A day as stack files write it: 2027-03-31.

    :raises Refused: it is none, or is written otherwise.
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Refused([_no_day(text, _why_none(*map(int, text.split("-"))), None)]) from None
    year_first, day_first = _YEAR_FIRST.fullmatch(text), _DAY_FIRST.fullmatch(text)
    parts = year_first.groups() if year_first else day_first.groups()[::-1] if day_first else ()
    try:
        meant = date(*map(int, parts)) if parts else None
    except ValueError:
        meant = None
    why = "a date is year, month and day"
    raise Refused([_no_day(text, why, meant)])


def _why_none(year: int, month: int, _: int) -> str:
    from calendar import monthrange  # only mistakes should pay for it

    if not year:
        return "the first year is 1"
    if not 1 <= month <= _MONTHS:
        return f"a year has {_MONTHS} months"
    return f"{year:04}-{month:02} has {monthrange(year, month)[1]} days"


def _no_day(text: str, why: str, meant: date | None) -> Finding:
    fix = (
        f"write `--as-of {meant}`"
        if meant
        else "write `--as-of 2027-03-31`; `$(date +%F)` is today"
    )
    return BAD_AS_OF.at((), text=text or "nothing", why=why, fix=fix)
