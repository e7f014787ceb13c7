"""Reasons on one line and as JSON-ready data, alike in every report."""

from collections.abc import Iterable

from exchange_ports.catalog import BY_ID
from exchange_ports.flows import Reason

__all__ = ["reason_data", "why"]


def why(reasons: Iterable[Reason]) -> str:
    """The reasons on one line, each with its row of the published tables or its ticket."""
    return "; ".join(map(_marked, reasons))


def _marked(reason: Reason) -> str:
    marks = [reason.entry or reason.ticket or "", "accepted risk" if reason.accepted_risk else ""]
    said = ", ".join(mark for mark in marks if mark)
    return f"{reason.says} ({said})" if said else reason.says


def reason_data(reason: Reason) -> dict[str, object]:
    """What a reason says, and where it stands: the row with its table and address, or its operator."""
    entry = None if reason.entry is None else BY_ID[reason.entry]
    return {
        "says": reason.says,
        "entry": reason.entry,
        "source": reason.source,
        "table": None if entry is None else entry.cite.where.value,
        "row": None if entry is None else entry.cite.row,
        "url": None if entry is None else entry.cite.where.url,
        "accepted_risk": reason.accepted_risk,
        "owner": reason.owner,
        "ticket": reason.ticket,
        "review": reason.review,
    }
