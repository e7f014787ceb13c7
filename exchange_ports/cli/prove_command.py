"""`prove`: that the rules let through what is meant, no more."""

import argparse
import re
from datetime import date
from typing import Final

from exchange_ports.cli.console import FINE, NO, doing
from exchange_ports.cli.stacks import compiled, read, warn
from exchange_ports.findings import Finding, Refused
from exchange_ports.findings.command_kinds import NO_SUCH_DAY
from exchange_ports.findings.plan_kinds import WARNINGS
from exchange_ports.proof import prove as proved
from exchange_ports.proof.cross_cloud import swap
from exchange_ports.reports.proof_report import proof_report
from exchange_ports.reports.writers import publish
from exchange_ports.topology.checks.additional import reviews


def prove(asked: argparse.Namespace) -> int:
    """What was proved, in figures, or what fails, with its witnesses."""
    as_of = None if asked.as_of is None else the_day(asked.as_of)
    stack = read(asked.file)
    plans, warnings = compiled(stack)
    dates = None if as_of is None else reviews(plans.topology, as_of)
    passed = [] if dates is None else [each.located(stack.locate) for each in dates.passed]
    with doing("proving"):
        proof = proved(plans)
        swaps = swap(plans) if asked.both and proof.holds else ()
    publish(proof_report(proof, swaps, dates, passed), "json" if asked.json else "text")
    # What is unwise about the topology is `plan`'s to say; of the plans, both say it.
    warned = [warning for warning in warnings if warning.kind.code in WARNINGS]
    warn([*([] if asked.json else passed), *warned])
    holds = proof.holds and all(each.holds for each in swaps)
    return FINE if holds and not passed else NO


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
    why = "days are written as year, month and day, and this command reads no clock"
    raise Refused([_no_day(text, why, meant)])


def _why_none(year: int, month: int, _: int) -> str:
    from calendar import monthrange  # only mistakes should pay for it

    if not year:
        return "years are counted from 1"
    if not 1 <= month <= _MONTHS:
        return f"a year has {_MONTHS} months"
    return f"{year:04}-{month:02} has {monthrange(year, month)[1]} days"


def _no_day(text: str, why: str, meant: date | None) -> Finding:
    fix = f"write {meant}" if meant else "write it as 2027-03-31; in a shell, $(date +%F) is today"
    return NO_SUCH_DAY.at((), text=text or "nothing", why=why, fix=fix)
